/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register banks are data: one row says whether the VTLs of a VP share a register.
 * Source of every row: TLFS, VSM, "Private and Shared State" (arm64), unless it says otherwise.
 */
#ifndef VTL_BANK_H
#define VTL_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bank_class {
    BANK_SHARED,      /* one value for all VTLs of the VP: a switch carries it over */
    BANK_PRIVATE,     /* a value per VTL */
    BANK_CORRUPTIBLE, /* the specification lets a switch corrupt it; here it is left alone */
    BANK_UNSPECIFIED, /* the specification is silent; here it is private */
    BANK_CONSTANT,    /* the same for all VTLs, and read-only: what the processor is, its clock */
};

struct bank_register {
    const char *name;
    uint32_t hv_name; /* HV_REGISTER_NAME (TLFS; numbers as in hvgdk_mini.h) */
    uint8_t size;     /* bytes: 8, or 16 for Q0-Q31 */
    enum bank_class class;
    bool read_only; /* to hypercalls */
};

/* Ordered by hv_name. */
extern const struct bank_register bank_table[];
extern const size_t bank_table_size;

/* The row of @hv_name, or NULL. */
const struct bank_register *bank_find(uint32_t hv_name);

const char *bank_class_name(enum bank_class class);

#endif
