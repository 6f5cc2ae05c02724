/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fw-regs/ - KVM's firmware registers on arm64: which hypercall services a guest sees.
 *
 * A table of the registers and their bits, and their discovery on a vCPU. Election, freezing and
 * comparison between hosts will build on these. Pure: a vCPU is reached through fw_reg_access.
 * Source: Linux, Documentation/virt/kvm/arm/fw-pseudo-registers.rst.
 */
#ifndef FW_REGS_FW_REGS_H
#define FW_REGS_FW_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fw_reg_kind {
    FW_REG_VERSION, /* PSCI version, major in bits 31:16 */
    FW_REG_LEVEL,   /* state of a workaround; larger is better */
    FW_REG_BITMAP,  /* a bit per service; any subset may be elected before the first run */
};

#define FW_REG_BITS 4

struct fw_reg {
    uint64_t id; /* of KVM_GET_ONE_REG */
    const char *name;
    enum fw_reg_kind kind;
    const char *bits[FW_REG_BITS]; /* names of the services, for bitmaps */
};

extern const struct fw_reg fw_regs[];
extern const size_t fw_reg_count;

/* Reaches a vCPU that has not run yet; returns 0 or a negative errno. */
struct fw_reg_access {
    int (*get)(void *context, uint64_t id, uint64_t *value);
    void *context;
};

/* What one host has of one register. */
struct fw_reg_value {
    bool present; /* older kernels lack some registers */
    uint64_t value;
};

/*
 * Reads all registers; @values has fw_reg_count elements. An absent register (-ENOENT) is no
 * error; any other failure is returned.
 */
int fw_regs_discover(const struct fw_reg_access *access, struct fw_reg_value *values);

/*
 * Describes a value for people, such as "1.3" or "0x3: function features, PTP", into @text of
 * @size bytes. Bits without a name are shown by number.
 */
void fw_reg_describe(const struct fw_reg *reg, uint64_t value, char *text, size_t size);

#endif
