/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's ids of the registers in vtl/bank.h.
 */
#ifndef EMU_REGISTERS_H
#define EMU_REGISTERS_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of bank_table that a vCPU can cache. */
#define REGISTERS_MAX 384

/* Names used by the VMM itself (HV_REGISTER_NAME). */
enum {
    REG_X0 = 0x00020000,
    REG_SP_EL1 = 0x00020021,
    REG_PC = 0x00020022,
    REG_PSTATE = 0x00020023,
    REG_SCTLR_EL1 = 0x00040002,
    REG_TTBR0_EL1 = 0x00040005,
    REG_TTBR1_EL1 = 0x00040006,
    REG_TCR_EL1 = 0x00040007,
    REG_ESR_EL1 = 0x00040008,
    REG_FAR_EL1 = 0x00040009,
    REG_MAIR_EL1 = 0x0004000b,
    REG_VBAR_EL1 = 0x0004000c,
    REG_SPSR_EL1 = 0x00040014,
    REG_ELR_EL1 = 0x00040015,
    REG_CSSELR_EL1 = 0x00040035,
};

/*
 * CCSIDR_EL1 of the first value of CSSELR_EL1; the ids of the others are greater by that value
 * (Linux, Documentation/virt/kvm/api.rst, "arm64 CCSIDR registers").
 */
#define REGISTER_CCSIDR                                                                            \
    (KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | KVM_REG_ARM_DEMUX_ID_CCSIDR)

/* Row of @hv_name in bank_table, or -1. */
int register_index(uint32_t hv_name);

/* KVM_{GET,SET}_ONE_REG id of a row; 0 if KVM has none. */
uint64_t register_kvm_id(size_t index);

/*
 * The same for a row whose value is wider than struct hv_u128 (Z, P, FFR), of a vCPU with SVE; 0:
 * it is not.
 */
uint64_t register_wide_id(size_t index);

/* The row of which row @index is the low part, as Q0 is of Z0; -1: none. */
int register_whole(size_t index);

/* May a row have another value although nobody has written it and the vCPU has not run? */
bool register_moves(size_t index);

/* Of a row without id: the host's own, if the guest reads that one; -ENOENT if not. */
int register_read_host(size_t index, uint64_t *value);

/* Rows that follow each other. */
struct register_span {
    size_t first, count;
};

/*
 * The rows of class BANK_SHARED, of which those in one span have the same size; stores how many
 * spans. Valid for the life of the program.
 */
const struct register_span *register_shared(size_t *count);

/* The same of class BANK_CORRUPTIBLE. */
const uint16_t *register_corruptible(size_t *count);

#endif
