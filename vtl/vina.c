/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notifications of interrupts for lower VTLs: see vina.h. */
#include "vtl/vina.h"

#include "vtl/exception.h"
#include "vtl/hv-register-row.h"
#include "vtl/vp-registers.h"

/* VtlControl.VinaStatus, a byte in the VP assist page whose bit 0 is VinaAsserted. */
#define ASSIST_VINA_STATUS 12
#define VINA_ASSERTED 1u

bool vtl_vina_watches(const struct vtl_vp *vp)
{
    return vp->level[vp->active].vina & HV_VINA_ENABLED;
}

static bool status_address(const struct vtl_vp *vp, uint64_t *gpa)
{
    uint64_t page = vp->level[vp->active].assist_page;

    *gpa = (page & HV_PAGE_REGISTER_ADDRESS) + ASSIST_VINA_STATUS;
    return page & HV_PAGE_REGISTER_ENABLE;
}

static bool is_asserted(const struct vtl_vp *vp)
{
    uint8_t status;
    uint64_t gpa;

    if (status_address(vp, &gpa) &&
        vtl_memory_read(vp->partition, vp->active, gpa, &status, sizeof(status)) == 0)
        return status & VINA_ASSERTED;
    return vp->level[vp->active].vina_asserted;
}

/* Like the entry reason, it is lost if the guest's page has gone. */
static void set_asserted(struct vtl_vp *vp, bool asserted)
{
    uint8_t status = asserted ? VINA_ASSERTED : 0;
    uint64_t gpa;

    vp->level[vp->active].vina_asserted = asserted;
    if (status_address(vp, &gpa))
        vtl_memory_write(vp->partition, vp->active, gpa, &status, sizeof(status));
}

void vtl_vina_notify(struct vtl_vp *vp, unsigned lower)
{
    uint32_t vector = (uint32_t)(vp->level[vp->active].vina & HV_VINA_VECTOR);

    if (!vtl_vina_watches(vp) || vp_register(vp, lower, HV_REGISTER_PSTATE) & PSTATE_I ||
        is_asserted(vp))
        return;
    set_asserted(vp, true);
    vtl_raise(vp, vp->active, vector, "VsmVina");
}

void vtl_vina_enter(struct vtl_vp *vp)
{
    if (vp->level[vp->active].vina & HV_VINA_AUTO_RESET)
        set_asserted(vp, false);
}

bool vtl_vina_has_vector(uint64_t value)
{
    return !(value & HV_VINA_ENABLED) || (value & HV_VINA_VECTOR) >= HV_SINT_VECTOR_MIN;
}

static struct hv_u128 get_vina(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->level[vtl].vina};
}

/* There is nothing below VTL0 that it could be told of. */
static enum hv_status set_vina(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    (void)name;
    if (vtl == 0)
        return HV_STATUS_INVALID_PARAMETER;
    if (value.low & ~HV_VINA_KNOWN)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (!vtl_vina_has_vector(value.low))
        return HV_STATUS_INVALID_PARAMETER;
    vp->level[vtl].vina = value.low;
    return HV_STATUS_SUCCESS;
}

static const struct hv_register registers[] = {
    {HV_REGISTER_VSM_VINA, "VsmVina", HV_READ | HV_WRITE, get_vina, set_vina},
};

const struct hv_register_table hv_vina_registers = {registers, G_N_ELEMENTS(registers)};
