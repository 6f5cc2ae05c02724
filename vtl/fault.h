/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explaining a fault: KVM says at best on which page a guest was stopped. What it wanted there
 * follows from the instruction at its PC, the registers, and its translation tables.
 */
#ifndef VTL_FAULT_H
#define VTL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "vtl/decode.h"
#include "vtl/partition.h"

/* One access of the instruction at PC. */
struct vtl_fault {
    unsigned rights; /* HV_PAGE_*: what it needs */
    uint64_t gpa;    /* of a gather or scatter: of the page */
    uint64_t gva;    /* being translated, if in_walk */
    bool gva_valid;
    bool stage1_permits; /* the VTL's own tables allow it, as far as the walk goes by them */
    bool in_walk;    /* the processor reads or updates a translation table for gva */
    uint32_t word;   /* the instruction, if has_word */
    bool has_word;
    bool is_data;    /* an access of the instruction itself: decoded says which */
    struct decode_insn decoded;
};

enum vtl_fault_verdict {
    VTL_FAULT_NOT_FOUND, /* no such access: code, registers or tables are not what they were */
    VTL_FAULT_PERMITTED, /* an access to the page, which the VTL may do */
    VTL_FAULT_DENIED,    /* one which it may not */
};

/*
 * Looks for an access that the active VTL of @vp, stopped before the instruction at its PC, may
 * not do, on @page only unless that is VTL_FAULT_ANY_PAGE. The first such access in the order of
 * the processor is told, or else the first one to @page.
 */
#define VTL_FAULT_ANY_PAGE UINT64_MAX
enum vtl_fault_verdict vtl_fault_find(struct vtl_vp *vp, uint64_t page, struct vtl_fault *fault);

/* What the processor has said of the access that it was stopped at (Arm ARM, "ESR_EL2"). */
struct vtl_fault_report {
    uint64_t gpa; /* in a walk: of the page with the descriptor */
    uint64_t gva;
    bool gva_valid;
    bool fetch, write; /* or else a read */
    bool in_walk;
};

/*
 * The same with the processor's report, which counts if nothing, or nothing that is denied, can be
 * found: of instructions that cannot be decoded, and of addresses in vectors.
 */
enum vtl_fault_verdict vtl_fault_explain(struct vtl_vp *vp, const struct vtl_fault_report *report,
                                         struct vtl_fault *fault);

/* The same after nothing could be found: all that is known is the page. */
struct vtl_fault vtl_fault_unknown(const struct vtl_vp *vp, uint64_t page);

#endif
