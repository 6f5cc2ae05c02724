/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads and stores of one register or a pair, in all addressing modes
 * (Arm ARM, C4.1 "Loads and stores").
 */
#include "vtl/decode-parts.h"

#include <errno.h>

/* TCR_EL1, lower and upper half (Arm ARM, D19.2 "TCR_EL1"). */
#define TCR_T0SZ_SHIFT 0
#define TCR_T1SZ_SHIFT 16
#define TCR_SIZE_MASK 0x3f
#define TCR_TBI0 (1ull << 37)
#define TCR_TBI1 (1ull << 38)

/* "opc" of a single register; for SIMD bit 1 is part of the size. */
enum { OPC_STORE, OPC_LOAD, OPC_LOAD_SIGNED_64, OPC_LOAD_SIGNED_32 };

/* "opc" of a literal of a general register. */
enum { LITERAL_32, LITERAL_64, LITERAL_SIGNED_32, LITERAL_PREFETCH };

/* "opc" of a pair of general registers. */
enum { PAIR_32, PAIR_SIGNED_32, PAIR_64, PAIR_RESERVED };

/* Bits 24:23 of a pair. */
enum { PAIR_NO_ALLOCATE, PAIR_POST, PAIR_OFFSET, PAIR_PRE };

static unsigned opcode(const struct decode_state *state)
{
    return decode_field(state, 22, 2);
}

static int select_simd(const struct decode_state *state)
{
    unsigned scale = (opcode(state) >> 1) << 2 | DECODE_SIZE(state);

    if (scale > 4)
        return -ENOTSUP;
    state->out->simd = true;
    state->out->kind = opcode(state) & 1 ? DECODE_LOAD : DECODE_STORE;
    state->out->element_size = (uint8_t)(1u << scale);
    return 0;
}

/* Sizes 3 with a sign are a prefetch, where there is one, and else reserved. */
static int select_general(const struct decode_state *state)
{
    unsigned opc = opcode(state), size = DECODE_SIZE(state);

    if (opc == OPC_LOAD_SIGNED_32 && size >= 2)
        return -ENOTSUP;
    state->out->kind = opc == OPC_STORE ? DECODE_STORE : DECODE_LOAD;
    if (opc == OPC_LOAD_SIGNED_64 && size == 3)
        state->out->kind = DECODE_PREFETCH;
    state->out->element_size = (uint8_t)(1u << size);
    return 0;
}

/* Kind and size of an instruction with size in bits 31:30 and opc in bits 23:22. */
static int select_single(const struct decode_state *state)
{
    return DECODE_IS_SIMD(state) ? select_simd(state) : select_general(state);
}

static int transfer_single(const struct decode_state *state, uint64_t va)
{
    struct decode_insn *out = state->out;
    unsigned opc = opcode(state);

    if (out->kind == DECODE_PREFETCH) {
        out->element_size = 0;
        return 0;
    }
    decode_transfer(state, va);
    if (!out->simd && !out->writeback)
        decode_syndrome(state, opc >= OPC_LOAD_SIGNED_64,
                        opc == OPC_LOAD_SIGNED_64 || out->element_size == 8);
    return 0;
}

/* [Xn, #imm12], scaled */
static int unsigned_offset(const struct decode_state *state)
{
    int error = select_single(state);

    if (error < 0)
        return error;
    return transfer_single(state, decode_base(state) + (uint64_t)decode_field(state, 10, 12) *
                                                           state->out->element_size);
}

/* [Xn, #imm9] */
static int unscaled(const struct decode_state *state)
{
    int error = select_single(state);

    return error < 0 ? error : transfer_single(state, decode_base(state) + DECODE_IMM9(state));
}

/* Those of the forms with imm9 that have no prefetch. */
static int select_no_prefetch(const struct decode_state *state)
{
    int error = select_single(state);

    return error == 0 && state->out->kind == DECODE_PREFETCH ? -ENOTSUP : error;
}

/* [Xn], #imm9 */
static int post_index(const struct decode_state *state)
{
    int error = select_no_prefetch(state);

    if (error < 0)
        return error;
    decode_write_back(state, decode_base(state) + DECODE_IMM9(state));
    return transfer_single(state, decode_base(state));
}

/* [Xn, #imm9]! */
static int pre_index(const struct decode_state *state)
{
    int error = select_no_prefetch(state);

    if (error < 0)
        return error;
    decode_write_back(state, decode_base(state) + DECODE_IMM9(state));
    return transfer_single(state, state->out->new_base);
}

/* LDTR, STTR: with PSTATE.UAO they are LDUR and STUR. */
static int unprivileged(const struct decode_state *state)
{
    int error = select_no_prefetch(state);

    if (error < 0)
        return error;
    error = transfer_single(state, decode_base(state) + DECODE_IMM9(state));
    state->out->access[0].user = decode_is_unprivileged(state);
    return error;
}

/* LDAPUR, STLUR (LRCPC2, for SIMD LRCPC3) */
static int ordered_unscaled(const struct decode_state *state)
{
    int error = select_no_prefetch(state);

    if (error < 0)
        return error;
    state->out->ar = true;
    return transfer_single(state, decode_base(state) + DECODE_IMM9(state));
}

/* "option": UXTW, LSL (UXTX), SXTW, SXTX. */
static uint64_t extend(uint64_t value, unsigned option)
{
    bool wide = option & 1, is_signed = option & 4;

    if (wide)
        return value;
    return is_signed ? decode_sign_extend(value, 32) : (uint32_t)value;
}

/* [Xn, Rm, extend #shift] */
static int register_offset(const struct decode_state *state)
{
    bool scaled = decode_field(state, 12, 1);
    int error = select_single(state);
    uint64_t offset;

    if (error < 0)
        return error;
    offset = extend(decode_register(state, DECODE_RM(state)), decode_field(state, 13, 3));
    return transfer_single(state,
                           decode_base(state) + offset * (scaled ? state->out->element_size : 1));
}

/*
 * A pointer without its PAC: these bits are copies of bit 55 then
 * (Arm ARM, D8.8 "Pointer authentication").
 */
static uint64_t strip_pac(const struct decode_state *state, uint64_t pointer)
{
    uint64_t tcr = state->env->tcr, mask;
    bool upper = pointer >> 55 & 1;
    bool ignores_top = tcr & (upper ? TCR_TBI1 : TCR_TBI0);
    unsigned size = tcr >> (upper ? TCR_T1SZ_SHIFT : TCR_T0SZ_SHIFT) & TCR_SIZE_MASK;

    mask = size ? UINT64_MAX << (64 - size) : 0;
    if (ignores_top)
        mask &= UINT64_MAX >> 8;
    return upper ? pointer | mask : pointer & ~mask;
}

/* LDRAA, LDRAB: imm10 is signed and scaled, with its sign in bit 22 */
static int authenticated(const struct decode_state *state)
{
    uint64_t offset = decode_sign_extend(
        decode_field(state, 22, 1) << 9 | decode_field(state, 12, 9), 10);
    uint64_t va = strip_pac(state, decode_base(state)) + offset * 8;
    bool writeback = decode_field(state, 11, 1);

    state->out->kind = DECODE_LOAD;
    state->out->element_size = 8;
    if (writeback)
        decode_write_back(state, va);
    decode_transfer(state, va);
    if (!writeback)
        decode_syndrome(state, false, true);
    return 0;
}

/* imm19 words from the instruction */
static int literal(const struct decode_state *state)
{
    unsigned opc = DECODE_SIZE(state);
    bool simd = DECODE_IS_SIMD(state);
    uint64_t va = state->env->pc + decode_sign_extend(decode_field(state, 5, 19), 19) * 4;

    state->out->kind = opc == LITERAL_PREFETCH ? DECODE_PREFETCH : DECODE_LOAD;
    if (opc == LITERAL_PREFETCH)
        return simd ? -ENOTSUP : 0;
    state->out->simd = simd;
    state->out->element_size = (uint8_t)(simd ? 4u << opc : opc == LITERAL_64 ? 8 : 4);
    decode_transfer(state, va);
    state->out->rn = 0; /* part of the offset */
    if (!simd)
        decode_syndrome(state, opc == LITERAL_SIGNED_32, opc != LITERAL_32);
    return 0;
}

/* Bytes of each register; 0: reserved, or tags (STGP). */
static unsigned pair_size(const struct decode_state *state)
{
    unsigned opc = DECODE_SIZE(state);
    bool no_allocate = decode_field(state, 23, 2) == PAIR_NO_ALLOCATE;

    if (opc == PAIR_RESERVED)
        return 0;
    if (DECODE_IS_SIMD(state))
        return 4u << opc;
    if (opc == PAIR_SIGNED_32 && (no_allocate || !DECODE_IS_LOAD(state)))
        return 0;
    return opc == PAIR_64 ? 8 : 4;
}

/* LDP, STP, LDNP, STNP, LDPSW: imm7 is scaled */
static int pair(const struct decode_state *state)
{
    unsigned mode = decode_field(state, 23, 2), size = pair_size(state);
    uint64_t base, moved;

    if (!size)
        return -ENOTSUP;
    base = decode_base(state);
    moved = base + decode_sign_extend(decode_field(state, 15, 7), 7) * size;
    state->out->kind = DECODE_IS_LOAD(state) ? DECODE_LOAD : DECODE_STORE;
    state->out->simd = DECODE_IS_SIMD(state);
    state->out->element_size = (uint8_t)size;
    state->out->pair = true;
    state->out->rt2 = (uint8_t)DECODE_RT2(state);
    if (mode == PAIR_POST || mode == PAIR_PRE)
        decode_write_back(state, moved);
    decode_transfer(state, mode == PAIR_POST ? base : moved);
    return 0;
}

/*
 * LDIAPP, STILP (LRCPC3): loads step up behind the access, stores step down before it, or neither
 * (bit 12). LDAPR and STLR with writeback (bit 23) are the same of one register.
 */
static int ordered_step(const struct decode_state *state)
{
    bool load = DECODE_IS_LOAD(state), one = decode_field(state, 23, 1);
    bool steps = !decode_field(state, 12, 1);
    unsigned element = DECODE_SIZE(state) & 1 ? 8 : 4, size = one ? element : 2 * element;
    uint64_t base = decode_base(state);

    state->out->kind = load ? DECODE_LOAD : DECODE_STORE;
    state->out->element_size = (uint8_t)element;
    state->out->ar = true;
    state->out->pair = !one;
    state->out->rt2 = one ? 0 : (uint8_t)DECODE_RM(state);
    if (steps)
        decode_write_back(state, load ? base + size : base - size);
    decode_transfer(state, steps && !load ? state->out->new_base : base);
    return 0;
}

static const struct decode_row rows[] = {
    {0x3b000000, 0x39000000, unsigned_offset},
    {0x3b200c00, 0x38000000, unscaled},
    {0x3b200c00, 0x38000400, post_index},
    {0x3b200c00, 0x38000c00, pre_index},
    {0x3f200c00, 0x38000800, unprivileged},
    {0x3b204c00, 0x38204800, register_offset},
    {0xff200400, 0xf8200400, authenticated},
    {0x3b000000, 0x18000000, literal},
    {0x3a000000, 0x28000000, pair},
    {0x3f200c00, 0x19000000, ordered_unscaled},
    {0x3f200c00, 0x1d000800, ordered_unscaled},
    {0xbfa0ec00, 0x99000800, ordered_step},
    {0xbfbffc00, 0x99800800, ordered_step},
};

int decode_general(const struct decode_state *state)
{
    return decode_rows(DECODE_ROWS(rows), state, -ENOTSUP);
}
