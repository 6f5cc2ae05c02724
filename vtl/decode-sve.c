/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVE (Arm ARM, C4.1 "SVE Memory"). What is contiguous is told as one range, whichever elements the
 * predicate leaves out. Gathers and scatters, whose addresses are in vectors, and the contiguous
 * forms of SVE2.1, are told without a range.
 */
#include "vtl/decode-parts.h"

#include <errno.h>

/* LD1*: log2 of the bytes in memory and in the register, by "dtype". */
static const struct {
    uint8_t memory, element;
} types[16] = {
    {0, 0}, {0, 1}, {0, 2}, {0, 3}, {2, 3}, {1, 1}, {1, 2}, {1, 3},
    {1, 3}, {1, 2}, {2, 2}, {2, 3}, {0, 3}, {0, 2}, {0, 1}, {3, 3},
};

#define IMM4(state) decode_sign_extend(decode_field(state, 16, 4), 4)
#define MSZ(state) decode_field(state, 23, 2)

static void start(const struct decode_state *state)
{
    bool store = (state->insn & 0xfe000000) == 0xe4000000;

    state->out->kind = store ? DECODE_STORE : DECODE_LOAD;
    state->out->simd = true;
    state->out->rt = (uint8_t)DECODE_RT(state);
}

/* @size bytes, @distance from the base. */
static int contiguous(const struct decode_state *state, uint64_t distance, uint64_t size)
{
    start(state);
    state->out->rn = (uint8_t)DECODE_RN(state);
    decode_add(state, decode_base(state) + distance, size);
    return 0;
}

/* Rm counts elements of 1 << @shift bytes. */
static uint64_t index_register(const struct decode_state *state, unsigned shift)
{
    return decode_register(state, DECODE_RM(state)) << shift;
}

/* LDR, STR: imm9 counts registers of @size bytes. */
static int whole(const struct decode_state *state, uint64_t size)
{
    uint32_t imm9 = decode_field(state, 16, 6) << 3 | decode_field(state, 10, 3);

    return contiguous(state, decode_sign_extend(imm9, 9) * size, size);
}

static int vector(const struct decode_state *state)
{
    return whole(state, state->env->vector_size);
}

static int predicate(const struct decode_state *state)
{
    return whole(state, state->env->vector_size / 8);
}

static uint64_t load_size(const struct decode_state *state)
{
    unsigned type = decode_field(state, 21, 4);

    return (uint64_t)state->env->vector_size >> (types[type].element - types[type].memory);
}

/* LD1*, LDNF1* */
static int load_immediate(const struct decode_state *state)
{
    uint64_t size = load_size(state);

    return contiguous(state, IMM4(state) * size, size);
}

/* LD1*, LDFF1* */
static int load_register(const struct decode_state *state)
{
    return contiguous(state, index_register(state, types[decode_field(state, 21, 4)].memory),
                      load_size(state));
}

static int scattered(const struct decode_state *state)
{
    start(state);
    return 0;
}

/* ST1*; an element must not be narrower than what of it is stored. */
static int store(const struct decode_state *state, bool by_register)
{
    unsigned memory = MSZ(state), element = decode_field(state, 21, 2);
    uint64_t size;

    if (element < memory)
        return scattered(state);
    size = (uint64_t)state->env->vector_size >> (element - memory);
    return contiguous(state, by_register ? index_register(state, memory) : IMM4(state) * size,
                      size);
}

static int store_immediate(const struct decode_state *state)
{
    return store(state, false);
}

static int store_register(const struct decode_state *state)
{
    return store(state, true);
}

/* LDNT1*, STNT1*, and LD2* to LD4*, ST2* to ST4*. */
static uint64_t structure_size(const struct decode_state *state)
{
    return (uint64_t)state->env->vector_size * (decode_field(state, 21, 2) + 1);
}

static int structure_immediate(const struct decode_state *state)
{
    uint64_t size = structure_size(state);

    return contiguous(state, IMM4(state) * size, size);
}

static int structure_register(const struct decode_state *state)
{
    return contiguous(state, index_register(state, MSZ(state)), structure_size(state));
}

/* LD1RQ*, LD1RO*: 16 or 32 bytes. */
static int replicate(const struct decode_state *state, bool by_register)
{
    unsigned length = decode_field(state, 21, 2);
    uint64_t size = UINT64_C(16) << length;

    if (length > 1)
        return scattered(state);
    return contiguous(state, by_register ? index_register(state, MSZ(state)) : IMM4(state) * size,
                      size);
}

static int replicate_immediate(const struct decode_state *state)
{
    return replicate(state, false);
}

static int replicate_register(const struct decode_state *state)
{
    return replicate(state, true);
}

/* LD1R*: one element. */
static int broadcast(const struct decode_state *state)
{
    unsigned type = decode_field(state, 23, 2) << 2 | decode_field(state, 13, 2);
    uint64_t size = UINT64_C(1) << types[type].memory;

    return contiguous(state, decode_field(state, 16, 6) * size, size);
}

static const struct decode_row rows[] = {
    {0xffc0e000, 0x85804000, vector},
    {0xffc0e010, 0x85800000, predicate},
    {0xfe408000, 0x84408000, broadcast},
    {0xfe00e000, 0xa400a000, load_immediate},
    {0xfe00e000, 0xa4004000, load_register},
    {0xfe00e000, 0xa4006000, load_register}, /* first-fault */
    {0xfe10e000, 0xa400e000, structure_immediate},
    {0xfe00e000, 0xa400c000, structure_register},
    {0xfe10e000, 0xa4002000, replicate_immediate},
    {0xfe00e000, 0xa4000000, replicate_register},
    {0xffc0e000, 0xe5804000, vector},
    {0xffc0e010, 0xe5800000, predicate},
    {0xfe10e000, 0xe400e000, store_immediate},
    {0xfe00e000, 0xe4004000, store_register},
    {0xfe10e000, 0xe410e000, structure_immediate},
    {0xfe00e000, 0xe4006000, structure_register},
    {0, 0, scattered},
};

int decode_sve(const struct decode_state *state)
{
    return state->env->vector_size ? decode_rows(DECODE_ROWS(rows), state, -ENOTSUP) : -ENOTSUP;
}
