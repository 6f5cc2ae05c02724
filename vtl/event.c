/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pending events: see event.h. */
#include "vtl/event.h"

#include "vtl/hv-register-row.h"

static struct hv_u128 get_event(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    return vp->level[vtl].event[name - HV_REGISTER_PENDING_EVENT0];
}

static enum hv_status set_event(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                struct hv_u128 value)
{
    if (value.low & ~HV_EVENT_PENDING)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    vp->level[vtl].event[0] = value;
    (void)name;
    return HV_STATUS_SUCCESS;
}

static enum hv_status set_address(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                  struct hv_u128 value)
{
    (void)name;
    vp->level[vtl].event[1] = value;
    return HV_STATUS_SUCCESS;
}

bool vtl_event_take(struct vtl_vp *vp, uint64_t *syndrome, uint64_t *address)
{
    struct vtl_vp_level *level = &vp->level[vp->active];
    bool pending;

    /* Rare: the lock can wait. An event is set by this VP itself, or while it is stopped. */
    if (!(level->event[0].low & HV_EVENT_PENDING))
        return false;
    g_mutex_lock(&vp->partition->lock);
    pending = level->event[0].low & HV_EVENT_PENDING;
    *syndrome = level->event[0].high;
    *address = level->event[1].low;
    level->event[0] = level->event[1] = (struct hv_u128){0};
    g_mutex_unlock(&vp->partition->lock);
    return pending;
}

/* What is pending is looked at before the VP enters the guest: it must come back for a new one. */
#define ACCESS (HV_READ | HV_WRITE | HV_OF_STOPPED)

static const struct hv_register registers[] = {
    {HV_REGISTER_PENDING_EVENT0, "PendingEvent0", ACCESS, get_event, set_event},
    {HV_REGISTER_PENDING_EVENT0 + 1, "PendingEvent1", ACCESS, get_event, set_address},
};

const struct hv_register_table hv_event_registers = {registers, G_N_ELEMENTS(registers)};
