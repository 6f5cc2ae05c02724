/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of enabling VTLs: see enable.h. */
#include "vtl/enable.h"

#include "vtl/audit.h"
#include "vtl/hv-registers.h"
#include "vtl/intercept.h"

#define A64_INSTRUCTION 4

/* The VTLs below @vtl in @set, of which there is always VTL0. */
static unsigned highest_below(uint16_t set, unsigned vtl)
{
    return vtl_highest(set & ((1u << vtl) - 1));
}

enum hv_status vtl_enable_for_partition(struct vtl_vp *caller, unsigned vtl, uint8_t flags)
{
    struct vtl_partition *partition = caller->partition;
    enum hv_status status = HV_STATUS_SUCCESS;

    g_mutex_lock(&partition->lock);
    if (vtl > caller->active && highest_below(partition->enabled, vtl) != caller->active)
        status = HV_STATUS_ACCESS_DENIED;
    else if (vtl > partition->maximum || flags)
        status = HV_STATUS_INVALID_PARAMETER;
    else if (partition->enabled & 1u << vtl)
        status = HV_STATUS_VTL_ALREADY_ENABLED;
    else if (vtl > vtl_offered(partition, caller->active))
        status = HV_STATUS_INVALID_PARAMETER;
    else
        partition->enabled |= 1u << vtl;
    g_mutex_unlock(&partition->lock);
    return status;
}

/* VTLs that some VP has. */
static uint16_t on_some_vp(const struct vtl_partition *partition)
{
    uint16_t set = 0;

    for (unsigned i = 0; i < partition->vp_count; i++)
        set |= partition->vps[i].enabled;
    return set;
}

static bool may_enable_for_vp(const struct vtl_vp *caller, unsigned vtl)
{
    uint16_t set = on_some_vp(caller->partition);

    if (vtl <= caller->active)
        return true;
    return !(set & 1u << vtl) && highest_below(set, vtl) == caller->active;
}

static enum hv_status check_context(const struct vtl_initial_context *context)
{
    return context->pc % A64_INSTRUCTION ? HV_STATUS_INVALID_REGISTER_VALUE : HV_STATUS_SUCCESS;
}

static enum hv_status check_enable(const struct vtl_vp *caller, const struct vtl_vp *target,
                                   unsigned vtl, const struct vtl_initial_context *context)
{
    if (!may_enable_for_vp(caller, vtl))
        return HV_STATUS_ACCESS_DENIED;
    if (vtl > caller->partition->maximum)
        return HV_STATUS_INVALID_PARAMETER;
    if (!(caller->partition->enabled & 1u << vtl))
        return HV_STATUS_INVALID_VTL_STATE;
    if (target->enabled & 1u << vtl)
        return HV_STATUS_VTL_ALREADY_ENABLED;
    return check_context(context);
}

enum hv_status vtl_enable_for_vp(struct vtl_vp *caller, struct vtl_vp *target, unsigned vtl,
                                 const struct vtl_initial_context *context)
{
    struct vtl_partition *partition = caller->partition;
    enum hv_status status;

    g_mutex_lock(&partition->lock);
    status = check_enable(caller, target, vtl, context);
    if (status == HV_STATUS_SUCCESS) {
        partition->backend->prepare_vp(partition->machine, target->index, vtl, context);
        target->idle |= (uint16_t)(1u << vtl);
        target->enabled |= 1u << vtl;
        if (G_UNLIKELY(target->audit))
            audit_prepare(target, vtl);
    }
    g_mutex_unlock(&partition->lock);
    return status;
}

bool vtl_may_start_vps(const struct vtl_partition *partition, unsigned vtl)
{
    for (unsigned higher = vtl + 1; higher < VTL_LEVELS; higher++)
        if (partition->config[higher] & HV_VSM_DENY_LOWER_VTL_STARTUP)
            return false;
    return true;
}

/* The VTLs above @vtl that intercept starts. */
static uint16_t interceptors(const struct vtl_partition *partition, unsigned vtl)
{
    uint16_t set = 0;

    for (unsigned higher = vtl + 1; higher < VTL_LEVELS; higher++)
        if (partition->config[higher] & HV_VSM_INTERCEPT_VP_STARTUP)
            set |= (uint16_t)(1u << higher);
    return set;
}

/*
 * Denial goes first, whoever denies: "starting or resetting a virtual processor" is what produces
 * the intercept (TLFS, VSM, HV_REGISTER_VSM_PARTITION_CONFIG), and what is denied starts none. A
 * VTL between the two could not make good its consent, as the denial holds for itself, too.
 */
enum vtl_start_verdict vtl_judge_start(const struct vtl_vp *caller, unsigned *owner)
{
    uint16_t set = interceptors(caller->partition, caller->active);
    uint16_t here = set & caller->enabled;

    if (!vtl_may_start_vps(caller->partition, caller->active) || (set && !here))
        return VTL_START_DENIED;
    if (!set)
        return VTL_START_ALLOWED;
    *owner = (unsigned)g_bit_nth_lsf(here, -1);
    return VTL_START_INTERCEPTED;
}

/* What @caller finds out before anybody starts anything. */
static enum hv_status check_start(struct vtl_vp *caller, const struct vtl_vp *target, unsigned vtl,
                                  const struct vtl_initial_context *context)
{
    unsigned owner = 0;
    enum vtl_start_verdict verdict = vtl_judge_start(caller, &owner);
    enum hv_status status = check_context(context);

    if (vtl > caller->active || verdict == VTL_START_DENIED)
        return HV_STATUS_ACCESS_DENIED;
    if (!(target->enabled & 1u << vtl))
        return HV_STATUS_INVALID_VTL_STATE;
    if (status == HV_STATUS_SUCCESS && verdict == VTL_START_INTERCEPTED)
        return vtl_intercept_call(caller, owner, HV_STATUS_ACCESS_DENIED);
    return status;
}

enum hv_status vtl_start_vp(struct vtl_vp *caller, struct vtl_vp *target, unsigned vtl,
                            const struct vtl_initial_context *context)
{
    struct vtl_partition *partition = caller->partition;
    enum hv_status status = check_start(caller, target, vtl, context);

    if (status == HV_STATUS_SUCCESS &&
        partition->backend->start_vp(partition->machine, target->index, vtl, context) < 0)
        return HV_STATUS_INVALID_VP_STATE;
    if (G_UNLIKELY(target->audit) && status == HV_STATUS_SUCCESS)
        audit_prepare(target, vtl);
    return status;
}
