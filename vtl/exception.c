/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exception entry into EL1: see exception.h. */
#include "vtl/exception.h"

/* Offsets from VBAR_EL1 (Arm ARM, D1.3.2 "Exception vectors"). */
#define VECTOR_EL1T 0x000u
#define VECTOR_EL1H 0x200u
#define VECTOR_EL0 0x400u
#define VECTOR_EL0_AARCH32 0x600u

#define PSTATE_AARCH32 (1ull << 4)
#define PSTATE_SSBS (1ull << 12)
#define PSTATE_PAN (1ull << 22)
#define PSTATE_DIT (1ull << 24)
#define PSTATE_TCO (1ull << 25)
#define PSTATE_NZCV 0xf0000000ull
/* What survives; the rest is cleared or set below. */
#define PSTATE_KEPT (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN)

#define SCTLR_SPAN (1ull << 23)
#define SCTLR_DSSBS (1ull << 44)

static uint64_t vector_offset(uint64_t pstate)
{
    if (pstate & PSTATE_AARCH32)
        return VECTOR_EL0_AARCH32;
    switch (pstate & PSTATE_MODE_MASK) {
    case PSTATE_EL1T:
        return VECTOR_EL1T;
    case PSTATE_EL1H:
        return VECTOR_EL1H;
    default:
        return VECTOR_EL0;
    }
}

struct exception_entry exception_enter(const struct exception_state *state)
{
    struct exception_entry entry = {
        .pc = state->vbar + vector_offset(state->pstate),
        .pstate = (state->pstate & PSTATE_KEPT) | PSTATE_RESET,
        .elr = state->pc,
        .spsr = state->pstate,
    };

    /* SPAN 0: privileged access is denied from here on. */
    if (!(state->sctlr & SCTLR_SPAN))
        entry.pstate |= PSTATE_PAN;
    if (state->sctlr & SCTLR_DSSBS)
        entry.pstate |= PSTATE_SSBS;
    return entry;
}
