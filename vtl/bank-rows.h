/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every register that a bank policy can speak of: first the rows of bank_table, which hypercalls
 * know by number, then those of the processor that the table does not have, by their names in the
 * Arm ARM. Synthetic registers are hv-registers.h's business: bank-synthetic.h says whose they are.
 */
#ifndef VTL_BANK_ROWS_H
#define VTL_BANK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vtl/bank.h"

enum bank_group {
    BANK_GENERAL, /* X0-X30, stack pointers, PC, PSTATE */
    BANK_VECTORS, /* Q0-Q31 */
    BANK_SVE,
    BANK_SME,
    BANK_PROCESSOR, /* what the processor is */
    BANK_SYSTEM,
    BANK_KEYS, /* pointer authentication */
    BANK_TAGS, /* memory tagging */
    BANK_DEBUG,
    BANK_TRACE, /* trace filter, branch records */
    BANK_PMU,
    BANK_AMU,
    BANK_SPE,
    BANK_TRBE,
    BANK_RAS,
    BANK_MPAM,
    BANK_LOR,
    BANK_GCS,
    BANK_TIMER,
    BANK_GIC,
    BANK_AARCH32, /* AArch32's own, which AArch64 sees at EL2 and above */
    BANK_GROUPS
};

/* op0, op1, CRn, CRm, op2 of MRS and MSR (Arm ARM, C5.3), as KVM's ids have them, too. */
#define BANK_ENCODING(op0, op1, crn, crm, op2)                                                     \
    ((uint16_t)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))

struct bank_row {
    const char *name;
    enum bank_class class;
    enum bank_group group;
    const struct bank_register *reg; /* in bank_table; NULL: it is not there */
    uint16_t encoding;               /* of one that is not, if it has any; else 0 */
};

/* More than there are. */
#define BANK_ROWS_MAX 640

/* How many; row number i of them, those of bank_table in their order. */
size_t bank_row_count(void);
struct bank_row bank_row(size_t index);

/* The row of that name, upper and lower case being the same; -1: there is none. */
int bank_row_find(const char *name);

/* "general", "SPE" */
const char *bank_group_name(enum bank_group group);

/* Where the claim comes from that a register of @group is of @class. */
const char *bank_row_source(const struct bank_row *row);

#endif
