/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The immediate of an HVC instruction selects the calling convention.
 * Source: TLFS, "Hypercall Interface" (arm64).
 */
#ifndef SMCCC_HVC_H
#define SMCCC_HVC_H

#include <stdbool.h>
#include <stdint.h>

/* Size of every A64 instruction, in bytes. */
#define A64_INSN_SIZE 4

/* The first four are their immediates. */
enum hvc_convention {
    HVC_SMCCC,       /* #0: SMC Calling Convention; X0 holds the function id */
    HVC_HYPERCALL,   /* #1: Hyper-V native hypercall; X0 holds the control word */
    HVC_VTL_CALL,    /* #2 */
    HVC_VTL_RETURN,  /* #3 */
    HVC_UNDEFINED,   /* any other immediate: undefined-instruction exception */
    HVC_CONVENTIONS, /* how many there are */
};

/*
 * Is @insn an HVC? If so its immediate is stored in *@immediate.
 * A64: HVC is 11010100 000 imm16 000 10 (Arm ARM, C6.2 "HVC").
 */
bool hvc_decode(uint32_t insn, uint16_t *immediate);

/* The instruction word of `hvc #immediate`. */
uint32_t hvc_encode(uint16_t immediate);

/* The convention that an immediate selects. */
enum hvc_convention hvc_convention(uint16_t immediate);

/* A short name for logs, such as "vtl-call". */
const char *hvc_convention_name(enum hvc_convention convention);

#endif
