/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HvCallModifyVtlProtectionMask and HvCallCheckSparseGpaPageVtlAccess.
 * Source: TLFS, "Hypercall Reference"; of the second, which the TLFS does not describe, the
 * layout as in OpenVMM's hvdef. The first says to the log what it did or refused: who brings up a
 * paravisor needs it.
 */
#ifndef VTL_PROTECTION_CALL_H
#define VTL_PROTECTION_CALL_H

#include "smccc/hypercall.h"
#include "vtl/partition.h"

/* HvCallModifyVtlProtectionMask; its elements are page numbers. */
struct hv_modify_protection {
    uint64_t partition;
    uint32_t rights; /* HV_PAGE_*: what lower VTLs may do */
    uint8_t vtl;     /* HV_INPUT_VTL: whose protections these are */
    uint8_t zero[3];
};

/* HvCallCheckSparseGpaPageVtlAccess; its elements are page numbers. */
struct hv_check_access {
    uint64_t partition;
    uint8_t vtl;    /* HV_INPUT_VTL: who would access */
    uint8_t rights; /* HV_PAGE_* */
    uint8_t zero[6];
};

/* What an element of the second call's output says. */
#define HV_CHECK_INTERCEPTED 1u
#define HV_CHECK_DENIED_SHIFT 8
#define HV_CHECK_VTL_SHIFT 16

/* Handlers of smccc/hypercall.h; the context is the calling vtl_vp. */
enum hv_status hv_modify_protection(void *context, const void *header, const void *elements,
                                    size_t begin, size_t end, size_t *done);
enum hv_status hv_check_access(void *context, const void *header, const void *element,
                               void *output);

#endif
