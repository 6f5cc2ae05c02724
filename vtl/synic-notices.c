/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is to be told that a SINT can take a message (DeliverabilityNotifications): see synic.h. */
#include "smccc/hv-status.h"
#include "vtl/partition.h"
#include "vtl/synic.h"

/* The SINTs of @set that can take a message. A busy slot is marked, so that EOM is written. */
static uint16_t find_ready(struct vtl_vp *vp, unsigned vtl, uint16_t set)
{
    uint16_t ready = 0;

    for (unsigned sint = 0; sint < HV_SYNIC_SINTS; sint++)
        if (set & 1u << sint && synic_can_take(vp, vtl, sint))
            ready |= (uint16_t)(1u << sint);
    return ready;
}

void synic_look_for_ready(struct vtl_vp *vp, unsigned vtl)
{
    struct synic *synic = &vp->level[vtl].synic;

    for (unsigned by = vtl + 1; by < VTL_LEVELS; by++) {
        uint16_t ready = find_ready(vp, vtl, synic->awaited[by]);

        synic->awaited[by] &= (uint16_t)~ready;
        synic->ready[by] |= ready;
        if (ready) {
            vp->has_notices = true;
            vp->partition->backend->kick_vp(vp->partition->machine, vp->index);
        }
    }
}

enum hv_status synic_await(struct vtl_vp *vp, unsigned vtl, unsigned by, uint64_t value)
{
    struct synic *synic = &vp->level[vtl].synic;

    if (by <= vtl)
        return HV_STATUS_INVALID_PARAMETER;
    if (value & ((1ull << HV_NOTIFY_SINTS_SHIFT) - 1))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    g_mutex_lock(&synic->lock);
    synic->awaited[by] = (uint16_t)(value >> HV_NOTIFY_SINTS_SHIFT);
    synic->ready[by] = 0;
    synic_look_for_ready(vp, vtl);
    g_mutex_unlock(&synic->lock);
    return HV_STATUS_SUCCESS;
}

static bool has_notice(struct synic *synic, unsigned by)
{
    bool has;

    g_mutex_lock(&synic->lock);
    has = synic->ready[by];
    g_mutex_unlock(&synic->lock);
    return has;
}

static bool find_notice(struct vtl_vp *vp, unsigned above, unsigned *vtl, unsigned *by)
{
    for (*by = VTL_LEVELS - 1; *by > above; (*by)--)
        for (*vtl = 0; *vtl < *by; (*vtl)++)
            if (has_notice(&vp->level[*vtl].synic, *by))
                return true;
    return false;
}

bool synic_next_notice(struct vtl_vp *vp, unsigned above, unsigned *vtl, unsigned *by)
{
    unsigned any_vtl, any_by;

    if (!vp->has_notices)
        return false;
    if (find_notice(vp, above, vtl, by))
        return true;
    /* Cleared first: one that comes now is either found here, or sets it again. */
    vp->has_notices = false;
    if (find_notice(vp, 0, &any_vtl, &any_by))
        vp->has_notices = true;
    return false;
}

uint16_t synic_take_notice(struct vtl_vp *vp, unsigned vtl, unsigned by)
{
    struct synic *synic = &vp->level[vtl].synic;
    uint16_t sints;

    g_mutex_lock(&synic->lock);
    sints = synic->ready[by];
    synic->ready[by] = 0;
    g_mutex_unlock(&synic->lock);
    return sints;
}
