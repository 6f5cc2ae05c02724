/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU whose firmware registers follow KVM's rules: Linux, arch/arm64/kvm/hypercalls.c. */
#ifndef TESTS_UNIT_FW_VCPU_H
#define TESTS_UNIT_FW_VCPU_H

#include "fw-regs/fw-regs.h"

#define FW_VCPU_REGS 8
#define FW_VCPU_EXTRA 2

struct fw_vcpu_reg {
    uint64_t id, initial, value, limit;
    int error; /* instead of any access */
};

struct fw_vcpu {
    struct fw_vcpu_reg reg[FW_VCPU_REGS]; /* in the order of their ids */
    struct fw_vcpu_reg extra[FW_VCPU_EXTRA]; /* those with an id are there, too */
    bool has_run;
    bool forgetful; /* takes writes, and drops them */
    bool flood;     /* lists registers without end */
};

/* As on Linux 7.2, with workarounds that are not required. */
struct fw_vcpu fw_vcpu_new(void);
struct fw_access fw_vcpu_access(struct fw_vcpu *vcpu);

#endif
