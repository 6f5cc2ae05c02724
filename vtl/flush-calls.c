/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flushing TLBs by hypercall: see flush-calls.h. */
#include "vtl/flush-calls.h"

#include "vtl/vp-set.h"

#define FLAGS_VTLS (HV_FLUSH_VTL0 | HV_FLUSH_VTL1)
#define FLAGS_VTLS_SHIFT 8
/* The extended format of ranges (bit 3) is for lists of addresses. */
#define FLAGS_KNOWN                                                                                \
    (HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_ADDRESS_SPACES | HV_FLUSH_NON_GLOBAL_ONLY |            \
     HV_FLUSH_USE_TARGET_VTL | FLAGS_VTLS)

/* Whose TLBs: a set of VTLs. */
static enum hv_status find_vtls(const struct vtl_vp *caller, uint64_t flags, uint16_t *vtls)
{
    uint16_t named = (flags & FLAGS_VTLS) >> FLAGS_VTLS_SHIFT;

    if (flags & ~FLAGS_KNOWN || !(flags & HV_FLUSH_USE_TARGET_VTL) != !named)
        return HV_STATUS_INVALID_PARAMETER;
    *vtls = named ? named : (uint16_t)(1u << caller->active);
    if (vtl_highest(*vtls) > caller->active)
        return HV_STATUS_ACCESS_DENIED;
    return *vtls & ~caller->partition->enabled ? HV_STATUS_INVALID_PARAMETER : HV_STATUS_SUCCESS;
}

/*
 * By a VTL above the caller's. One that takes the lock while the flush is under way comes after it:
 * what it finds in the tables from then on is what the flush was for.
 */
static bool is_locked(const struct vtl_vp *caller, uint64_t vps, uint16_t vtls)
{
    for (unsigned i = 0; i < caller->partition->vp_count; i++)
        for (unsigned owner = caller->active + 1; owner < VTL_LEVELS; owner++)
            if (vps & 1ull << i && caller->partition->vps[i].level[owner].tlb_locked & vtls)
                return true;
    return false;
}

static enum hv_status flush(const struct vtl_vp *caller, uint64_t vps, uint16_t vtls)
{
    const struct vtl_partition *partition = caller->partition;

    if (is_locked(caller, vps, vtls)) {
        g_thread_yield();
        return HV_STATUS_INTERRUPTED;
    }
    for (unsigned vtl = 0; vps && vtl < VTL_LEVELS; vtl++)
        if (vtls & 1u << vtl && partition->backend->flush_tlb(partition->machine, vtl) < 0)
            return HV_STATUS_OPERATION_FAILED;
    return HV_STATUS_SUCCESS;
}

enum hv_status hv_flush(void *context, const void *header, const void *element, void *output)
{
    const struct vtl_vp *caller = context;
    const struct hv_flush *input = header;
    uint64_t all = vp_set_all(caller->partition);
    uint64_t vps = input->flags & HV_FLUSH_ALL_PROCESSORS ? all : input->vps & all;
    uint16_t vtls;
    enum hv_status status = find_vtls(caller, input->flags, &vtls);

    (void)element;
    (void)output;
    return status == HV_STATUS_SUCCESS ? flush(caller, vps, vtls) : status;
}

enum hv_status hv_flush_ex(void *context, const void *header, const void *element, void *output)
{
    const struct vtl_vp *caller = context;
    const struct hv_flush_ex *input = header;
    const struct hv_variable_header *banks = element;
    uint64_t vps = vp_set_all(caller->partition);
    uint16_t vtls;
    enum hv_status status = find_vtls(caller, input->flags, &vtls);

    (void)output;
    if (status == HV_STATUS_SUCCESS && !(input->flags & HV_FLUSH_ALL_PROCESSORS))
        status = vp_set_find(caller->partition, input->format, input->valid, banks->qwords,
                             banks->count, &vps);
    return status == HV_STATUS_SUCCESS ? flush(caller, vps, vtls) : status;
}
