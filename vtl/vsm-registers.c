/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers of Virtual Secure Mode (TLFS, VSM), one row each. */
#include "vtl/hv-register-row.h"

#define CAPABILITY_DENY_LOWER_VTL_STARTUP (1ull << 17)

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
    return (struct hv_u128){.low = CAPABILITY_DENY_LOWER_VTL_STARTUP};
}

static struct hv_u128 get_partition_config(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->partition->config[vtl]};
}

/* VTL0 has none; what is not there cannot be turned on. */
static enum hv_status set_partition_config(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                           uint64_t value)
{
    (void)name;
    if (vtl == 0)
        return HV_STATUS_INVALID_PARAMETER;
    if (value & ~HV_VSM_DENY_LOWER_VTL_STARTUP)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    vp->partition->config[vtl] = value;
    return HV_STATUS_SUCCESS;
}

static const struct hv_register registers[] = {
    {HV_REGISTER_VSM_VP_STATUS, "VsmVpStatus", HV_READ, get_vsm_vp_status, NULL},
    {HV_REGISTER_VSM_PARTITION_STATUS, "VsmPartitionStatus", HV_READ, get_vsm_partition_status,
     NULL},
    {HV_REGISTER_VSM_CAPABILITIES, "VsmCapabilities", HV_READ, get_vsm_capabilities, NULL},
    {HV_REGISTER_VSM_PARTITION_CONFIG, "VsmPartitionConfig", HV_READ | HV_WRITE,
     get_partition_config, set_partition_config},
};

const struct hv_register_table hv_vsm_registers = {registers, G_N_ELEMENTS(registers)};
