/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry of a synchronous exception into EL1, as the processor does it
 * (Arm ARM, aarch64/exceptions/takeexception, AArch64.TakeException).
 */
#ifndef VTL_EXCEPTION_H
#define VTL_EXCEPTION_H

#include <stdint.h>

/* PSTATE in the layout of SPSR_ELx. */
#define PSTATE_MODE_MASK 0xfu
#define PSTATE_EL0T 0x0u
#define PSTATE_EL1T 0x4u
#define PSTATE_EL1H 0x5u
/* Selects SP_ELx rather than SP_EL0. */
#define PSTATE_SP 0x1u
#define PSTATE_DAIF 0x3c0ull
#define PSTATE_I 0x80ull
/* EL1h, all interrupts masked: how a VP starts. */
#define PSTATE_RESET (PSTATE_EL1H | PSTATE_DAIF)

/* ESR_EL1 of an undefined instruction: EC 0 (unknown reason), IL 1 (32-bit instruction). */
#define ESR_UNDEFINED 0x02000000ull

struct exception_state {
    uint64_t pc;
    uint64_t pstate;
    uint64_t sctlr;
    uint64_t vbar;
};

/* What the entry leaves in the registers. */
struct exception_entry {
    uint64_t pc;
    uint64_t pstate;
    uint64_t elr;
    uint64_t spsr;
};

/* A synchronous exception taken to EL1 from EL1 or EL0 (AArch64); state.pc becomes ELR_EL1. */
struct exception_entry exception_enter(const struct exception_state *state);

#endif
