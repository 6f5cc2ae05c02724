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
    BANK_CORRUPTIBLE, /* private, but a switch may corrupt it; here only if asked to: poison.h */
    BANK_UNSPECIFIED, /* the specification is silent; here it is private */
    BANK_CONSTANT,    /* the same for all VTLs, and read-only: what the processor is, its clock */
};

/* The longest vectors that SVE can have (Arm ARM, B1.2 "SVE vector registers"). */
#define BANK_VECTOR_BITS_MAX 2048

struct bank_register {
    const char *name;
    uint32_t hv_name; /* HV_REGISTER_NAME (TLFS; numbers as in hvgdk_mini.h) */
    uint16_t size;    /* bytes: 8, or 16 for Q0-Q31; with the longest vectors, if it scales */
    enum bank_class class;
    bool read_only; /* to hypercalls */
    bool scales;    /* with the length of vectors: Z, P, FFR */
    bool is_prefix; /* ones from bit 0 on, then zeros, and nothing else (Arm ARM, "FFR") */
    uint32_t low_name; /* the register that is its low part; 0: none */
};

/* Ordered by hv_name. */
extern const struct bank_register bank_table[];
extern const size_t bank_table_size;

/* The row of @hv_name, or NULL. */
const struct bank_register *bank_find(uint32_t hv_name);

/* The same if hypercalls have it: a value of theirs has 128 bits, no more (HV_REGISTER_VALUE). */
const struct bank_register *bank_find_value(uint32_t hv_name);

/*
 * Bytes that a register has on a processor whose longest vectors have @vector_bits (0: there is no
 * SVE, and what scales is not there).
 */
size_t bank_size(const struct bank_register *reg, unsigned vector_bits);

const char *bank_class_name(enum bank_class class);

#endif
