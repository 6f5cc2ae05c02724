/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD1 to LD4, ST1 to ST4: all access contiguous memory (Arm ARM, C4.1 "Loads and stores"). */
#include "vtl/decode-parts.h"

#include <errno.h>

#define POST_INDEX (1u << 23)
#define Q_REGISTERS (1u << 30)

/* Rm 31: by as much as was accessed. */
static void finish(const struct decode_state *state, unsigned bytes)
{
    uint64_t base = decode_base(state);
    unsigned rm = DECODE_RM(state);

    state->out->kind = DECODE_IS_LOAD(state) ? DECODE_LOAD : DECODE_STORE;
    state->out->simd = true;
    state->out->rt = (uint8_t)DECODE_RT(state);
    state->out->rn = (uint8_t)DECODE_RN(state);
    if (state->insn & POST_INDEX)
        decode_write_back(state, base + (rm == 31 ? bytes : decode_register(state, rm)));
    decode_add(state, base, bytes);
}

/* Whole registers. */
static int multiple(const struct decode_state *state)
{
    /* By "opcode"; 0 is reserved. */
    static const struct {
        uint8_t registers;
        bool interleaved;
    } forms[16] = {
        [0] = {4, true},  [2] = {4, false},  [4] = {3, true}, [6] = {3, false},
        [7] = {1, false}, [8] = {2, true}, [10] = {2, false},
    };
    unsigned form = decode_field(state, 12, 4), size = decode_field(state, 10, 2);
    bool q = state->insn & Q_REGISTERS;

    if (!forms[form].registers || (forms[form].interleaved && size == 3 && !q))
        return -ENOTSUP;
    state->out->element_size = (uint8_t)(1u << size);
    finish(state, forms[form].registers * (q ? 16u : 8u));
    return 0;
}

/* Bytes of an element of a single structure; 0: reserved. */
static unsigned single_size(const struct decode_state *state)
{
    unsigned scale = decode_field(state, 14, 2), size = decode_field(state, 10, 2);
    bool s = decode_field(state, 12, 1);

    switch (scale) {
    case 0:
        return 1;
    case 1:
        return size & 1 ? 0 : 2;
    case 2:
        return size == 0 ? 4 : size == 1 && !s ? 8 : 0;
    default: /* LD1R to LD4R */
        return DECODE_IS_LOAD(state) && !s ? 1u << size : 0;
    }
}

/* One lane, or all lanes alike, of one to four registers. */
static int single(const struct decode_state *state)
{
    unsigned size = single_size(state);
    unsigned registers = (decode_field(state, 13, 1) << 1 | decode_field(state, 21, 1)) + 1;

    if (!size)
        return -ENOTSUP;
    state->out->element_size = (uint8_t)size;
    finish(state, registers * size);
    return 0;
}

/* LDAP1, STL1 (LRCPC3) */
static int ordered(const struct decode_state *state)
{
    state->out->ar = true;
    return single(state);
}

static const struct decode_row rows[] = {
    {0xbfbf0000, 0x0c000000, multiple},
    {0xbfa00000, 0x0c800000, multiple}, /* post-index */
    {0xbf9f0000, 0x0d000000, single},
    {0xbf800000, 0x0d800000, single}, /* post-index */
    {0xbfbffc00, 0x0d018400, ordered},
};

int decode_structures(const struct decode_state *state)
{
    return decode_rows(DECODE_ROWS(rows), state, -ENOTSUP);
}
