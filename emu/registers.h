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

#include "emu/register-names.h"
#include "vtl/poison.h"

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

/* Does KVM keep whatever is written to the row? Of others it leaves out bits that are RES0. */
bool register_is_kept_whole(size_t index);

/* KVM's id of a register of bank-rows.h that bank_table does not have; 0: it can have none. */
uint64_t register_other_id(size_t bank_row);

/* Rows that follow each other. */
struct register_span {
    size_t first, count;
};

/* What a switch has to do, worked out beforehand from a bank policy: see register_plan_make(). */
struct register_plan {
    struct register_span shared[REGISTERS_MAX]; /* rows of one span have the same size */
    size_t shared_count;
    uint16_t wide[REGISTERS_MAX]; /* rows that are shared and wider than struct hv_u128 */
    size_t wide_count;
    uint64_t other[BANK_ROWS_MAX]; /* KVM's ids of those that are shared, and not in bank_table */
    size_t other_count;
    uint16_t damaged[REGISTERS_MAX]; /* rows */
    size_t damaged_count;
};

/* Of vCPUs whose longest vectors have @vector_bits; 0: they have no SVE. */
void register_plan_make(struct register_plan *plan, const struct bank_policy *policy,
                        enum poison_level poison, unsigned vector_bits);

#endif
