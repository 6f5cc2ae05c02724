/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * InternalActivityState (TLFS, HV_INTERNAL_ACTIVITY_REGISTER): whether a VTL of a VP waits to be
 * started. A higher VTL holds it there, or lets it go with the registers that it has by then.
 * To let go is to start: it takes the right to do so (hv_register_may_start()).
 */
#include "vtl/enable.h"
#include "vtl/hv-register-row.h"

/* Halt and idle (bits 1 and 2) come and go inside the processor: WFI tells nobody. */
#define ACTIVITY_STARTUP_SUSPEND 1ull

static struct hv_u128 get_activity(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    const struct vtl_partition *partition = vp->partition;
    bool suspended = partition->backend->is_suspended(partition->machine, vp->index, vtl);

    (void)name;
    return (struct hv_u128){.low = suspended ? ACTIVITY_STARTUP_SUSPEND : 0};
}

static enum hv_status set_activity(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                   struct hv_u128 value)
{
    const struct vtl_partition *partition = vp->partition;

    (void)name;
    if (value.low & ~ACTIVITY_STARTUP_SUSPEND)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (!(vp->enabled & 1u << vtl))
        return HV_STATUS_INVALID_VTL_STATE;
    if (partition->backend->suspend(partition->machine, vp->index, vtl, value.low) < 0)
        return HV_STATUS_INVALID_VP_STATE;
    if (!value.low)
        vp->idle &= (uint16_t)~(1u << vtl); /* it goes on as soon as those above return */
    return HV_STATUS_SUCCESS;
}

/*
 * Whatever the state is: between a look at it and the write, a higher VTL may suspend what is then
 * let go. And if starts are intercepted, this one is denied: a register may be one of many in a
 * call, of which some are written already, and who wants the higher VTL's consent has calls that
 * it is asked for.
 */
bool hv_register_may_start(const struct vtl_vp *caller, uint32_t name, struct hv_u128 value)
{
    unsigned owner;

    return name != HV_REGISTER_INTERNAL_ACTIVITY_STATE || value.low & ACTIVITY_STARTUP_SUSPEND ||
           vtl_judge_start(caller, &owner) == VTL_START_ALLOWED;
}

static const struct hv_register registers[] = {
    {HV_REGISTER_INTERNAL_ACTIVITY_STATE, "InternalActivityState", HV_READ | HV_WRITE,
     get_activity, set_activity},
};

const struct hv_register_table hv_activity_registers = {registers, G_N_ELEMENTS(registers)};
