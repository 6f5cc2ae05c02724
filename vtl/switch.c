/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of VTL call and return: see switch.h. */
#include "vtl/switch.h"

#include "vtl/audit.h"
#include "vtl/hv-registers.h"
#include "vtl/port-call.h"
#include "vtl/vina.h"

/* Offset of VtlControl.EntryReason, a u32, in the VP assist page (TLFS, HV_VP_ASSIST_PAGE). */
#define ASSIST_ENTRY_REASON 8

bool vtl_call_target(const struct vtl_vp *vp, unsigned *target)
{
    uint16_t higher = vp->enabled & ~((2u << vp->active) - 1);

    if (!higher)
        return false;
    *target = (unsigned)g_bit_nth_lsf(higher, -1);
    return true;
}

bool vtl_return_target(const struct vtl_vp *vp, unsigned *target)
{
    uint16_t lower = vp->enabled & ((1u << vp->active) - 1) & ~vp->idle;

    if (!lower)
        return false;
    *target = vtl_highest(lower);
    return true;
}

static void write_entry_reason(struct vtl_vp *vp, uint32_t reason)
{
    uint64_t page = vp->level[vp->active].assist_page;

    if (page & HV_PAGE_REGISTER_ENABLE)
        vtl_memory_write(vp->partition, vp->active,
                         (page & HV_PAGE_REGISTER_ADDRESS) + ASSIST_ENTRY_REASON, &reason,
                         sizeof(reason));
}

bool vtl_gave_up(const struct vtl_vp *vp, unsigned vtl)
{
    return vp->level[vtl].gave_up;
}

void vtl_renew(struct vtl_vp *vp, unsigned vtl)
{
    vp->level[vtl].gave_up = false;
}

void vtl_start(struct vtl_vp *vp, unsigned vtl)
{
    vtl_renew(vp, vtl);
    vp->active = vtl;
    vp->idle &= (uint16_t)~(1u << vtl);
    if (G_UNLIKELY(vp->audit))
        audit_enter(vp, vtl);
}

void vtl_enter(struct vtl_vp *vp, unsigned target, enum vtl_entry_reason reason)
{
    bool higher = target > vp->active;

    /* TLFS, VSM, "TlbLocked": going back, a VP releases all locks that it holds. */
    if (!higher) {
        vtl_perform_return_actions(vp);
        vp->level[vp->active].tlb_locked = 0;
        vp->idle |= (uint16_t)(1u << vp->active);
    }
    vp->level[vp->active].gave_up = reason == VTL_ENTRY_CALL;
    vtl_start(vp, target);
    if (higher)
        write_entry_reason(vp, reason);
    vtl_vina_enter(vp);
}
