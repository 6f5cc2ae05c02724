/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exclusives, ordered accesses, atomics, 64-byte accesses (Arm ARM, C4.1 "Loads and stores"). */
#include "vtl/decode-parts.h"

#include <errno.h>

#define SINGLE_COPY_64_BYTES 64

/* Bit 15 of the exclusives. */
static bool bit_o0(const struct decode_state *state)
{
    return decode_field(state, 15, 1);
}

static void load_or_store(const struct decode_state *state)
{
    state->out->kind = DECODE_IS_LOAD(state) ? DECODE_LOAD : DECODE_STORE;
}

static int exclusive(const struct decode_state *state, unsigned size, bool pair)
{
    bool store = !DECODE_IS_LOAD(state);

    load_or_store(state);
    state->out->exclusive = true;
    state->out->ar = bit_o0(state);
    state->out->element_size = (uint8_t)size;
    state->out->pair = pair;
    state->out->rs = store ? (uint8_t)DECODE_RS(state) : 0;
    state->out->rt2 = pair ? (uint8_t)DECODE_RT2(state) : 0;
    decode_transfer(state, decode_base(state));
    return 0;
}

/* LDXR, LDAXR, STXR, STLXR and their byte and halfword forms */
static int exclusive_one(const struct decode_state *state)
{
    return exclusive(state, 1u << DECODE_SIZE(state), false);
}

/* LDXP, LDAXP, STXP, STLXP */
static int exclusive_pair(const struct decode_state *state)
{
    return exclusive(state, decode_field(state, 30, 1) ? 8 : 4, true);
}

static int ordered_access(const struct decode_state *state)
{
    state->out->ar = true;
    state->out->element_size = (uint8_t)(1u << DECODE_SIZE(state));
    decode_transfer(state, decode_base(state));
    decode_syndrome(state, false, state->out->element_size == 8);
    return 0;
}

/* LDAR, STLR, LDLAR, STLLR */
static int ordered(const struct decode_state *state)
{
    load_or_store(state);
    return ordered_access(state);
}

/* LDAPR (LRCPC) has bit 22 in another role. */
static int ordered_load(const struct decode_state *state)
{
    state->out->kind = DECODE_LOAD;
    return ordered_access(state);
}

static int update(const struct decode_state *state, unsigned size, bool ar)
{
    state->out->kind = DECODE_UPDATE;
    state->out->element_size = (uint8_t)size;
    state->out->ar = ar;
    decode_transfer(state, decode_base(state));
    return 0;
}

/* Acquire in bit 22, release in o0 */
static int compare_and_swap(const struct decode_state *state)
{
    state->out->rs = (uint8_t)DECODE_RS(state);
    return update(state, 1u << DECODE_SIZE(state), decode_field(state, 22, 1) || bit_o0(state));
}

/* Pairs begin at an even register; the tables see to it. */
static int compare_pair(const struct decode_state *state, unsigned size, bool ar)
{
    state->out->rs = (uint8_t)DECODE_RS(state);
    state->out->pair = true;
    state->out->rt2 = (uint8_t)(DECODE_RT(state) + 1);
    return update(state, size, ar);
}

static int compare_and_swap_pair(const struct decode_state *state)
{
    return compare_pair(state, decode_field(state, 30, 1) ? 8 : 4,
                        decode_field(state, 22, 1) || bit_o0(state));
}

/* Acquire in bit 23, release in bit 22 */
static bool atomic_is_ordered(const struct decode_state *state)
{
    return decode_field(state, 22, 2);
}

/* LDADD to LDUMIN, SWP; ST* are the same with XZR */
static int atomic(const struct decode_state *state)
{
    state->out->rs = (uint8_t)DECODE_RS(state);
    return update(state, 1u << DECODE_SIZE(state), atomic_is_ordered(state));
}

/* Read-check-write of a translation table entry (THE): RCW*, RCWS* */
static int checked_atomic(const struct decode_state *state)
{
    state->out->rs = (uint8_t)DECODE_RS(state);
    return update(state, 8, atomic_is_ordered(state));
}

/* The same of 128 bits: RCWCASP, RCWSCASP */
static int checked_compare_pair(const struct decode_state *state)
{
    return compare_pair(state, 8, atomic_is_ordered(state));
}

/*
 * LDCLRP, LDSETP, SWPP (LSE128), RCWCLRP, RCWSETP, RCWSWPP (THE with D128): the second register is
 * in the place of Rs.
 */
static int atomic_pair(const struct decode_state *state)
{
    state->out->pair = true;
    state->out->rt2 = (uint8_t)DECODE_RS(state);
    return update(state, 8, atomic_is_ordered(state));
}

/* Eight registers from Rt on (LS64) */
static int transfer_64_bytes(const struct decode_state *state, enum decode_kind kind)
{
    state->out->kind = kind;
    state->out->element_size = SINGLE_COPY_64_BYTES;
    decode_transfer(state, decode_base(state));
    return 0;
}

static int load_64_bytes(const struct decode_state *state)
{
    return transfer_64_bytes(state, DECODE_LOAD);
}

static int store_64_bytes(const struct decode_state *state)
{
    return transfer_64_bytes(state, DECODE_STORE);
}

/* The status goes to Rs */
static int store_64_bytes_status(const struct decode_state *state)
{
    state->out->rs = (uint8_t)DECODE_RS(state);
    return transfer_64_bytes(state, DECODE_STORE);
}

static const struct decode_row exclusive_rows[] = {
    {0xbfa17c01, 0x08207c00, compare_and_swap_pair},
    {0x3fa07c00, 0x08a07c00, compare_and_swap},
    {0xbfa00000, 0x88200000, exclusive_pair},
    {0x3fa00000, 0x08000000, exclusive_one},
    {0x3fa00000, 0x08800000, ordered},
};

static const struct decode_row atomic_rows[] = {
    {0x3f208c00, 0x38200000, atomic}, /* LDADD to LDUMIN */
    {0x3f20fc00, 0x38208000, atomic}, /* SWP */
    {0x3fe0fc00, 0x38a0c000, ordered_load},
    {0xbf20fc00, 0x38209000, checked_atomic},        /* RCWCLR */
    {0xbf20fc00, 0x3820a000, checked_atomic},        /* RCWSWP */
    {0xbf20fc00, 0x3820b000, checked_atomic},        /* RCWSET */
    {0xfffffc00, 0xf83fd000, load_64_bytes},         /* LD64B */
    {0xfffffc00, 0xf83f9000, store_64_bytes},        /* ST64B */
    {0xffe0fc00, 0xf820a000, store_64_bytes_status}, /* ST64BV0 */
    {0xffe0fc00, 0xf820b000, store_64_bytes_status}, /* ST64BV */
    {0xff20fc00, 0x19201000, atomic_pair},           /* LDCLRP */
    {0xff20fc00, 0x19203000, atomic_pair},           /* LDSETP */
    {0xff20fc00, 0x19208000, atomic_pair},           /* SWPP */
    {0xbf20fc00, 0x19209000, atomic_pair},           /* RCWCLRP */
    {0xbf20fc00, 0x1920a000, atomic_pair},           /* RCWSWPP */
    {0xbf20fc00, 0x1920b000, atomic_pair},           /* RCWSETP */
    {0xbf20fc00, 0x19200800, checked_atomic},        /* RCWCAS */
    {0xbf21fc01, 0x19200c00, checked_compare_pair},  /* RCWCASP */
};

int decode_exclusive(const struct decode_state *state)
{
    return decode_rows(DECODE_ROWS(exclusive_rows), state, -ENOTSUP);
}

int decode_atomic(const struct decode_state *state)
{
    return decode_rows(DECODE_ROWS(atomic_rows), state, -ENOTSUP);
}
