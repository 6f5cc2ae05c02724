/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hypercalls' way to the registers of bank.h and their views, in the back end. */
#include <errno.h>

#include "vtl/bank.h"
#include "vtl/hv-register-row.h"
#include "vtl/register-views.h"

/* DBGBCRn, DBGWCRn, DBGBVRn, DBGWVRn: bits 5:4 say which, bits 3:0 are n. */
#define DEBUG_FIRST 0x00050000u
#define DEBUG_LAST 0x0005003fu
#define DEBUG_WATCHPOINT 0x10u
#define DEBUG_NUMBER 0xfu
#define REG_X0 0x00020000u
#define REG_ID_AA64DFR0 0x00022028u
#define DFR0_BRPS_SHIFT 12
#define DFR0_WRPS_SHIFT 20

/*
 * A shared register has one value, and the active VTL holds it. But where that has been turned off
 * or never begun, nothing will carry its values over: what another VTL starts with is its own.
 */
static unsigned bank_of(const struct vtl_vp *vp, unsigned vtl, const struct bank_register *reg)
{
    const struct vtl_partition *partition = vp->partition;
    unsigned active = vp->active;

    if (!bank_policy_shares(&partition->policy, reg) || vtl == active ||
        (reg->hv_name == REG_X0 && partition->x0_is_private) ||
        partition->backend->is_suspended(partition->machine, vp->index, active))
        return vtl;
    return active;
}

static unsigned holder_of(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    const struct bank_register *reg = bank_find(name);

    return reg ? bank_of(vp, vtl, reg) : vtl;
}

/* A view may show a register that is shared: ELR_ELx is ELR_EL1 (register-views.c). */
unsigned hv_register_holder(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    const struct register_view *view = register_view_find(name);

    return view ? MAX(holder_of(vp, vtl, view->source), holder_of(vp, vtl, view->other))
                : holder_of(vp, vtl, name);
}

static enum hv_status backend_status(int error, enum hv_status refused)
{
    if (error == -ENOENT)
        return HV_STATUS_INVALID_PARAMETER;
    return error < 0 ? refused : HV_STATUS_SUCCESS;
}

enum hv_status hv_bank_get(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 *value)
{
    const struct vtl_partition *partition = vp->partition;
    const struct bank_register *reg = bank_find_value(name);

    if (!reg)
        return HV_STATUS_INVALID_PARAMETER;
    return backend_status(partition->backend->get_register(partition->machine, vp->index,
                                                           bank_of(vp, vtl, reg), name, value),
                          HV_STATUS_INVALID_PARAMETER);
}

enum hv_status hv_bank_set(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    const struct vtl_partition *partition = vp->partition;
    const struct bank_register *reg = bank_find_value(name);

    if (!reg)
        return HV_STATUS_INVALID_PARAMETER;
    return backend_status(partition->backend->set_register(partition->machine, vp->index,
                                                           bank_of(vp, vtl, reg), name, value),
                          HV_STATUS_INVALID_REGISTER_VALUE);
}

/* How many there are is in ID_AA64DFR0_EL1 (Arm ARM, D24.2): BRPs and WRPs, less one. */
static bool is_implemented(struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    unsigned number = name & DEBUG_NUMBER;
    bool watchpoint = name & DEBUG_WATCHPOINT;
    struct hv_u128 features;

    if (name < DEBUG_FIRST || name > DEBUG_LAST)
        return true;
    return hv_bank_get(vp, vtl, REG_ID_AA64DFR0, &features) == HV_STATUS_SUCCESS &&
           number <= (features.low >> (watchpoint ? DFR0_WRPS_SHIFT : DFR0_BRPS_SHIFT) & 0xf);
}

enum hv_status hv_architectural_get(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                    struct hv_u128 *value)
{
    const struct register_view *view = register_view_find(name);

    if (view)
        return view->get ? view->get(view, vp, vtl, value) : HV_STATUS_INVALID_PARAMETER;
    if (!is_implemented(vp, vtl, name))
        return HV_STATUS_INVALID_PARAMETER;
    return hv_bank_get(vp, vtl, name, value);
}

static enum hv_status set_bank(struct vtl_vp *vp, unsigned vtl, const struct bank_register *reg,
                               struct hv_u128 value)
{
    if (reg->read_only || !is_implemented(vp, vtl, reg->hv_name))
        return HV_STATUS_INVALID_PARAMETER;
    if (reg->size < sizeof(value) && value.high)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    return hv_bank_set(vp, vtl, reg->hv_name, value);
}

static enum hv_status set_view(struct vtl_vp *vp, unsigned vtl, const struct register_view *view,
                               struct hv_u128 value)
{
    if (!view->set)
        return HV_STATUS_INVALID_PARAMETER;
    if (value.low & ~view->mask || value.high)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    return view->set(view, vp, vtl, value.low);
}

/* Bits beyond a register's size must be zero (TLFS, HvCallSetVpRegisters). */
enum hv_status hv_architectural_set(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                    struct hv_u128 value)
{
    const struct register_view *view = register_view_find(name);
    const struct bank_register *reg = bank_find_value(name);

    if (view)
        return set_view(vp, vtl, view, value);
    return reg ? set_bank(vp, vtl, reg, value) : HV_STATUS_INVALID_PARAMETER;
}
