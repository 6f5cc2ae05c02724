/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers of Virtual Secure Mode (TLFS, VSM), one row each. */
#include "vtl/hv-register-row.h"

#define CAPABILITY_DENY_LOWER_VTL_STARTUP (1ull << 17)
#define CAPABILITY_INTERCEPT_PAGE (1ull << 27)
#define CAPABILITY_RETURN_ACTIONS (1ull << 28)
#define CAPABILITY_INTERCEPT_NOT_PRESENT (1ull << 30)
#define CAPABILITY_INTERCEPT_SYSTEM_RESET (1ull << 32)

#define VSM_STATUS_ENABLED_SHIFT 16
#define VSM_STATUS_MAXIMUM_SHIFT 16

static struct hv_u128 get_vsm_vp_status(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = vp->active |
                                   (uint64_t)vp->enabled << VSM_STATUS_ENABLED_SHIFT};
}

static struct hv_u128 get_vsm_partition_status(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    uint16_t enabled = vp->partition->enabled;

    (void)vtl;
    (void)name;
    return (struct hv_u128){
        .low = enabled | (uint64_t)vp->partition->maximum << VSM_STATUS_MAXIMUM_SHIFT};
}

static struct hv_u128 get_vsm_capabilities(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){
        .low = CAPABILITY_DENY_LOWER_VTL_STARTUP | CAPABILITY_INTERCEPT_PAGE |
               CAPABILITY_RETURN_ACTIONS | CAPABILITY_INTERCEPT_NOT_PRESENT |
               CAPABILITY_INTERCEPT_SYSTEM_RESET};
}

static struct hv_u128 get_partition_config(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->partition->config[vtl]};
}

/* What may be set to which value, without regard to what it is now. */
#define CONFIG_KNOWN                                                                               \
    (HV_VSM_ENABLE_PROTECTION | HV_VSM_DEFAULT_RIGHTS | HV_VSM_ZERO_MEMORY_ON_RESET |              \
     HV_VSM_DENY_LOWER_VTL_STARTUP | HV_VSM_INTERCEPT_VP_STARTUP |                                 \
     HV_VSM_INTERCEPT_CPUID_UNIMPLEMENTED | HV_VSM_INTERCEPT_UNRECOVERABLE_EXCEPTION |             \
     HV_VSM_INTERCEPT_PAGE | HV_VSM_INTERCEPT_NOT_PRESENT | HV_VSM_INTERCEPT_SYSTEM_RESET)

static unsigned default_rights(uint64_t config)
{
    return (config & HV_VSM_DEFAULT_RIGHTS) >> HV_VSM_DEFAULT_RIGHTS_SHIFT;
}

/* Once protections are on, they stay on and keep their default (TLFS, "Enable VTL Protections"). */
bool hv_vsm_config_is_valid(uint64_t before, uint64_t value)
{
    const uint64_t once = HV_VSM_ENABLE_PROTECTION | HV_VSM_DEFAULT_RIGHTS;

    if (value & ~CONFIG_KNOWN || !vtl_protection_is_valid(default_rights(value)))
        return false;
    return !(before & HV_VSM_ENABLE_PROTECTION) || (before & once) == (value & once);
}

/* VTL0 has none. */
static enum hv_status set_partition_config(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                           struct hv_u128 value)
{
    uint64_t before = vp->partition->config[vtl];
    enum hv_status status = HV_STATUS_SUCCESS;

    (void)name;
    if (vtl == 0)
        return HV_STATUS_INVALID_PARAMETER;
    if (!hv_vsm_config_is_valid(before, value.low))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (value.low & ~before & HV_VSM_ENABLE_PROTECTION)
        status = vtl_protection_enable(vp->partition, vtl, default_rights(value.low));
    if (status != HV_STATUS_SUCCESS)
        return status;
    vp->partition->config[vtl] = value.low;
    g_info("VP%u: VsmPartitionConfig of VTL%u is 0x%" G_GINT64_MODIFIER "x (lower VTLs begin with "
           "rights 0x%x)", vp->index, vtl, value.low, default_rights(value.low));
    return status;
}

/* GuestVsmPartitionConfig, of the paravisor: how many VTLs those below it may have. */
#define GUEST_CONFIG_MAXIMUM 0xfull

static struct hv_u128 get_guest_config(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vtl == VTL_PARAVISOR ? vp->partition->offered : 0};
}

static enum hv_status set_guest_config(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                       struct hv_u128 value)
{
    (void)name;
    if (vtl != VTL_PARAVISOR)
        return HV_STATUS_INVALID_PARAMETER;
    if (value.low & ~GUEST_CONFIG_MAXIMUM || value.low >= VTL_PARAVISOR)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    vp->partition->offered = (unsigned)value.low;
    return HV_STATUS_SUCCESS;
}

/* VsmVpSecureConfigVtln: of MBEC, TLB lock and shadow stacks there is the second only. */
#define SECURE_CONFIG_TLB_LOCKED (1ull << 1)

static unsigned secured_vtl(uint32_t name)
{
    return name - HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0;
}

static struct hv_u128 get_secure_config(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    bool locked = vp->level[vtl].tlb_locked & 1u << secured_vtl(name);

    return (struct hv_u128){.low = locked ? SECURE_CONFIG_TLB_LOCKED : 0};
}

static enum hv_status set_secure_config(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                        struct hv_u128 value)
{
    uint16_t bit = (uint16_t)(1u << secured_vtl(name));

    if (secured_vtl(name) >= vtl)
        return HV_STATUS_INVALID_PARAMETER;
    if (value.low & ~SECURE_CONFIG_TLB_LOCKED)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (value.low & SECURE_CONFIG_TLB_LOCKED)
        vp->level[vtl].tlb_locked |= bit;
    else
        vp->level[vtl].tlb_locked &= (uint16_t)~bit;
    return HV_STATUS_SUCCESS;
}

/* VsmVpWaitForTlbLock. */
#define WAIT_FOR_TLB_LOCK 1ull

static bool others_lock_tlbs(const struct vtl_vp *vp, unsigned vtl)
{
    const struct vtl_partition *partition = vp->partition;

    for (unsigned i = 0; i < partition->vp_count; i++)
        if (i != vp->index && partition->vps[i].level[vtl].tlb_locked)
            return true;
    return false;
}

/* The VP waits in its own hypercall, which is made again and again until the others are done. */
static enum hv_status wait_for_tlb_lock(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                        struct hv_u128 value)
{
    (void)name;
    if (vtl == 0)
        return HV_STATUS_INVALID_PARAMETER;
    if (value.low & ~WAIT_FOR_TLB_LOCK)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    return value.low && others_lock_tlbs(vp, vtl) ? HV_STATUS_INTERRUPTED : HV_STATUS_SUCCESS;
}

static const struct hv_register registers[] = {
    {HV_REGISTER_VSM_VP_STATUS, "VsmVpStatus", HV_READ, get_vsm_vp_status, NULL},
    {HV_REGISTER_VSM_PARTITION_STATUS, "VsmPartitionStatus", HV_READ, get_vsm_partition_status,
     NULL},
    {HV_REGISTER_VSM_CAPABILITIES, "VsmCapabilities", HV_READ, get_vsm_capabilities, NULL},
    {HV_REGISTER_VSM_PARTITION_CONFIG, "VsmPartitionConfig", HV_READ | HV_WRITE,
     get_partition_config, set_partition_config},
    {HV_REGISTER_GUEST_VSM_PARTITION_CONFIG, "GuestVsmPartitionConfig", HV_READ | HV_WRITE,
     get_guest_config, set_guest_config},
    {HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0, "VsmVpSecureConfigVtl0", HV_READ | HV_WRITE,
     get_secure_config, set_secure_config},
    {HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0 + 1, "VsmVpSecureConfigVtl1", HV_READ | HV_WRITE,
     get_secure_config, set_secure_config},
    {HV_REGISTER_VSM_VP_WAIT_FOR_TLB_LOCK, "VsmVpWaitForTlbLock", HV_WRITE, NULL,
     wait_for_tlb_lock},
};

const struct hv_register_table hv_vsm_registers = {registers, G_N_ELEMENTS(registers)};
