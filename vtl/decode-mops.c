/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPY* and SET* (Arm ARM, C4.1 "Memory Copy and Memory Set", C6.2 "CPYP, CPYM, CPYE" and
 * "SETP, SETM, SETE").
 *
 * The prologue takes addresses and a length. What it leaves to main and epilogue is the processor's
 * choice of two, which PSTATE.C tells:
 *   A, C clear: forwards, the addresses are the ends and Xn is minus what is left; backwards, the
 *               addresses are the starts and Xn is what is left.
 *   B, C set:   Xn is what is left; the addresses are where to go on, and backwards (N set) that is
 *               the byte above.
 */
#include "vtl/decode-parts.h"

#include <errno.h>

#define PSTATE_C (1ull << 29)
#define PSTATE_N (1ull << 31)

/* What a prologue takes a greater length for. */
#define COPY_FORWARD_MAX 0x7fffffffffffffffull
#define COPY_MAX 0x007fffffffffffffull
#define SET_MAX 0x7fffffffffffffffull

/* Addresses are compared without their top byte. */
#define COMPARED 0x00ffffffffffffffull

/* Bits of "options", 15:12 */
#define OPTION_USER_WRITE (1u << 12)
#define OPTION_USER_READ (1u << 13)

#define COPY_BOTH_WAYS (1u << 26) /* memmove, else CPYF* */

/* What is left to do. */
struct remainder {
    uint64_t length;
    bool from_end; /* the addresses are behind the range */
};

static bool is_user(const struct decode_state *state, uint32_t option)
{
    return state->insn & option && decode_is_unprivileged(state);
}

static bool is_negative(uint64_t value)
{
    return value >> 63;
}

static void add_range(const struct decode_state *state, uint64_t address,
                      const struct remainder *left, bool write)
{
    struct decode_insn *out = state->out;

    out->access[out->count++] = (struct decode_access){
        .va = left->from_end ? address - left->length : address,
        .size = left->length,
        .read = !write,
        .write = write,
        .user = is_user(state, write ? OPTION_USER_WRITE : OPTION_USER_READ),
    };
}

/* Does the destination begin inside the source? */
static bool must_go_backward(uint64_t source, uint64_t destination, uint64_t length)
{
    source &= COMPARED;
    destination &= COMPARED;
    return source < destination && ((source + length) & COMPARED) > destination;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

/* Destination, source or byte to set, length. */
struct operands {
    uint64_t rd, rs, rn;
};

/* Reserved: 31 (but as the byte to set, XZR), and a register in two roles. */
static int read_operands(const struct decode_state *state, struct operands *operands)
{
    unsigned rd = DECODE_RT(state), rn = DECODE_RN(state), rs = DECODE_RS(state);

    if (DECODE_SIZE(state) != 0 || rd == 31 || rn == 31 || rd == rn || rs == rd || rs == rn)
        return -ENOTSUP;
    state->out->rt = (uint8_t)rd;
    state->out->rs = (uint8_t)rs;
    state->out->rn = (uint8_t)rn;
    *operands = (struct operands){
        decode_register(state, rd),
        decode_register(state, rs),
        decode_register(state, rn),
    };
    return 0;
}

static int copy(const struct decode_state *state, const struct operands *operands,
                const struct remainder *left)
{
    state->out->kind = DECODE_COPY;
    if (left->length) {
        add_range(state, operands->rs, left, false);
        add_range(state, operands->rd, left, true);
    }
    return 0;
}

/* There is no copy from XZR. */
static int copy_operands(const struct decode_state *state, struct operands *operands)
{
    return DECODE_RS(state) == 31 ? -ENOTSUP : read_operands(state, operands);
}

static int copy_prologue(const struct decode_state *state)
{
    bool both_ways = state->insn & COPY_BOTH_WAYS;
    struct remainder left = {0};
    struct operands operands;
    int error = copy_operands(state, &operands);

    if (error < 0)
        return error;
    left.length = at_most(operands.rn, both_ways ? COPY_MAX : COPY_FORWARD_MAX);
    state->out->backward = both_ways && must_go_backward(operands.rs, operands.rd, left.length);
    return copy(state, &operands, &left);
}

static int copy_rest(const struct decode_state *state)
{
    bool both_ways = state->insn & COPY_BOTH_WAYS, option_b = state->env->pstate & PSTATE_C;
    struct remainder left = {0};
    struct operands operands;
    int error = copy_operands(state, &operands);
    bool negative;

    if (error < 0)
        return error;
    negative = is_negative(operands.rn) && !option_b;
    left.length = negative ? -operands.rn : operands.rn;
    if (option_b)
        state->out->backward = both_ways && state->env->pstate & PSTATE_N;
    else
        state->out->backward = both_ways && !negative;
    left.from_end = option_b ? state->out->backward : negative;
    return copy(state, &operands, &left);
}

static int set(const struct decode_state *state, const struct operands *operands,
               const struct remainder *left)
{
    state->out->kind = DECODE_SET;
    if (left->length)
        add_range(state, operands->rd, left, true);
    return 0;
}

static int set_prologue(const struct decode_state *state)
{
    struct remainder left = {0};
    struct operands operands;
    int error = read_operands(state, &operands);

    if (error < 0)
        return error;
    left.length = at_most(operands.rn, SET_MAX);
    return set(state, &operands, &left);
}

static int set_rest(const struct decode_state *state)
{
    struct remainder left = {0};
    struct operands operands;
    int error = read_operands(state, &operands);

    if (error < 0)
        return error;
    left.from_end = is_negative(operands.rn) && !(state->env->pstate & PSTATE_C);
    left.length = left.from_end ? -operands.rn : operands.rn;
    return set(state, &operands, &left);
}

/*
 * Prologue, main, epilogue: op1 of copies, the upper half of op2 of fills. SETG* (bit 26) sets tags
 * too.
 */
static const struct decode_row rows[] = {
    {0x00c00000, 0x00000000, copy_prologue},
    {0x00c00000, 0x00400000, copy_rest},
    {0x00c00000, 0x00800000, copy_rest},
    {0x00c0c000, 0x00c00000, set_prologue},
    {0x00c0c000, 0x00c04000, set_rest},
    {0x00c0c000, 0x00c08000, set_rest},
};

int decode_mops(const struct decode_state *state)
{
    return decode_rows(DECODE_ROWS(rows), state, -ENOTSUP);
}
