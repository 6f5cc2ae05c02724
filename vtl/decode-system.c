/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DC and IC by address (Arm ARM, C5.3 "A64 System instructions for cache maintenance"). */
#include "vtl/decode-parts.h"

#include <errno.h>

#define SYS_MASK 0xffffffe0u
#define SYS(op1, crn, crm, op2)                                                                    \
    (0xd5080000u | (op1) << 16 | (uint32_t)(crn) << 12 | (crm) << 8 | (op2) << 5)

static int by_line(const struct decode_state *state, enum decode_kind kind)
{
    state->out->kind = kind;
    state->out->rt = (uint8_t)DECODE_RT(state);
    decode_add(state, decode_register(state, DECODE_RT(state)), 1);
    return 0;
}

static int clean(const struct decode_state *state)
{
    return by_line(state, DECODE_CACHE_CLEAN);
}

static int invalidate(const struct decode_state *state)
{
    return by_line(state, DECODE_CACHE_INVALIDATE);
}

static int zero(const struct decode_state *state)
{
    uint64_t size = state->env->zero_size;

    if (!size)
        return -ENOTSUP;
    state->out->kind = DECODE_ZERO;
    state->out->rt = (uint8_t)DECODE_RT(state);
    decode_add(state, decode_register(state, DECODE_RT(state)) & -size, size);
    return 0;
}

static int unknown(const struct decode_state *state)
{
    (void)state;
    return -ENOTSUP;
}

/* Those by set and way or physical address, AT and TLBI access no virtual address. */
static const struct decode_row rows[] = {
    {SYS_MASK, SYS(0, 7, 6, 1), invalidate}, /* DC IVAC */
    {SYS_MASK, SYS(0, 7, 6, 3), invalidate}, /* DC IGVAC */
    {SYS_MASK, SYS(0, 7, 6, 5), invalidate}, /* DC IGDVAC */
    {SYS_MASK, SYS(3, 7, 4, 1), zero},       /* DC ZVA */
    {SYS_MASK, SYS(3, 7, 4, 3), zero},       /* DC GVA: tags alone */
    {SYS_MASK, SYS(3, 7, 4, 4), zero},       /* DC GZVA */
    {SYS_MASK, SYS(3, 7, 5, 1), clean},      /* IC IVAU */
    {SYS_MASK, SYS(3, 7, 10, 1), clean},     /* DC CVAC */
    {SYS_MASK, SYS(3, 7, 10, 3), clean},     /* DC CGVAC */
    {SYS_MASK, SYS(3, 7, 10, 5), clean},     /* DC CGDVAC */
    {SYS_MASK, SYS(3, 7, 11, 0), clean},     /* DC CVAOC */
    {SYS_MASK, SYS(3, 7, 11, 1), clean},     /* DC CVAU */
    {SYS_MASK, SYS(3, 7, 11, 7), clean},     /* DC CGDVAOC */
    {SYS_MASK, SYS(3, 7, 12, 1), clean},     /* DC CVAP */
    {SYS_MASK, SYS(3, 7, 12, 3), clean},     /* DC CGVAP */
    {SYS_MASK, SYS(3, 7, 12, 5), clean},     /* DC CGDVAP */
    {SYS_MASK, SYS(3, 7, 13, 1), clean},     /* DC CVADP */
    {SYS_MASK, SYS(3, 7, 13, 3), clean},     /* DC CGVADP */
    {SYS_MASK, SYS(3, 7, 13, 5), clean},     /* DC CGDVADP */
    {SYS_MASK, SYS(3, 7, 14, 1), clean},     /* DC CIVAC */
    {SYS_MASK, SYS(3, 7, 14, 3), clean},     /* DC CIGVAC */
    {SYS_MASK, SYS(3, 7, 14, 5), clean},     /* DC CIGDVAC */
    {SYS_MASK, SYS(3, 7, 15, 0), clean},     /* DC CIVAOC */
    {SYS_MASK, SYS(3, 7, 15, 7), clean},     /* DC CIGDVAOC */
    {0xffffff00, 0xd50b7400, unknown},       /* other DC of blocks, later than those above */
    {0xffdfff00, 0xd5087700, unknown},       /* GCSPUSHX, GCSPOPX, GCSPOPCX */
    {0xffdfff00, 0xd50b7700, unknown},       /* GCSPUSHM, GCSPOPM, GCSSS1, GCSSS2 */
};

int decode_system(const struct decode_state *state)
{
    return decode_rows(DECODE_ROWS(rows), state, -ENOENT);
}
