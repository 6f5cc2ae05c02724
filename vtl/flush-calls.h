/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flushing TLBs by hypercall: HvCallFlushVirtualAddressSpace and ...Ex. (Those of address lists are
 * for x64 only, by the TLFS.) Whatever address space, VPs and mappings are named, the back end
 * flushes the TLB of the whole VTL on all VPs, which is never less than was asked for.
 *
 * As long as a higher VTL than the caller's has locked the TLB of one of the VPs (by
 * VsmVpSecureConfigVtln or HvCallTranslateVirtualAddress, or with an intercept), the call is
 * INTERRUPTED. A guest's own TLBI instructions do not wait: nobody sees them.
 *
 * Source: TLFS, HvCallFlushVirtualAddressSpace(Ex) and VSM, "TlbLocked"; flags of VTLs as in
 * OpenVMM, hvdef, HvFlushFlags.
 */
#ifndef VTL_FLUSH_CALLS_H
#define VTL_FLUSH_CALLS_H

#include "smccc/hypercall.h"
#include "vtl/partition.h"

#define HV_FLUSH_ALL_PROCESSORS (1ull << 0)     /* the set does not count */
#define HV_FLUSH_ALL_ADDRESS_SPACES (1ull << 1) /* the address space does not count */
#define HV_FLUSH_NON_GLOBAL_ONLY (1ull << 2)    /* others may stay */
#define HV_FLUSH_USE_TARGET_VTL (1ull << 4)     /* those of the next two, not the caller's */
#define HV_FLUSH_VTL0 (1ull << 8)
#define HV_FLUSH_VTL1 (1ull << 9)

struct hv_flush {
    uint64_t address_space; /* any: TTBR0_EL1, say */
    uint64_t flags;
    uint64_t vps; /* a mask */
};

struct hv_flush_ex {
    uint64_t address_space;
    uint64_t flags;
    uint64_t format, valid; /* HV_VP_SET; the banks are the variable header */
};

/*
 * Handlers, see hypercall.h; the context is the calling vtl_vp. INVALID_PARAMETER: other flags, a
 * VTL named without USE_TARGET_VTL or the reverse, or one that is not enabled, or no set of VPs.
 * ACCESS_DENIED: a VTL above the caller's. OPERATION_FAILED: the back end could not.
 */
enum hv_status hv_flush(void *context, const void *header, const void *element, void *output);
enum hv_status hv_flush_ex(void *context, const void *header, const void *element, void *output);

#endif
