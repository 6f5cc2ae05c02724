/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views: register names that have no storage of their own. They show a part of another register
 * (DAIF of PSTATE), or another register altogether (ELR_ELx of a guest without EL2 is ELR_EL1).
 */
#ifndef VTL_REGISTER_VIEWS_H
#define VTL_REGISTER_VIEWS_H

#include <stdint.h>

#include "smccc/hv-status.h"
#include "vtl/partition.h"

struct register_view {
    uint32_t name; /* HV_REGISTER_NAME, in no other table */
    const char *text;
    uint32_t source; /* in bank_table */
    uint32_t other;  /* the same, for views of two */
    uint64_t mask;   /* bits that there are; they lie where the source has them */
    /* NULL: write-only, or read-only. set() gets a value within the mask. */
    enum hv_status (*get)(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                          struct hv_u128 *value);
    enum hv_status (*set)(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                          uint64_t value);
};

/* The view of that name, or NULL. */
const struct register_view *register_view_find(uint32_t name);

/* The names of all of them: from 0 on, until it returns false. */
bool register_view_nth(size_t index, uint32_t *name);

#endif
