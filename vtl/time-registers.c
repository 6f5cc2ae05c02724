/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers that tell a guest the time (TLFS, "Timers"), one row each. */
#include "vtl/hv-register-row.h"

/* The page that ReferenceTsc names (TLFS, "Partition Reference Time Enlightenment"). */
struct reference_page {
    uint32_t sequence; /* 0: not usable, ask TimeRefCount */
    uint32_t zero;
    uint64_t scale;    /* time = (counter * scale >> 64) + offset */
    uint64_t offset;
};
#define REFERENCE_HZ 10000000u

static struct hv_u128 get_vp_runtime(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    const struct vtl_partition *partition = vp->partition;

    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = partition->backend->vp_runtime(partition->machine, vp->index)};
}

static struct hv_u128 get_counter_hz(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    const struct vtl_partition *partition = vp->partition;

    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = partition->backend->counter_hz(partition->machine)};
}

static struct hv_u128 get_reference_time(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = vp->partition->backend->reference_time(vp->partition->machine)};
}

static struct hv_u128 get_reference_tsc(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->partition->reference_tsc[vtl]};
}

/* A counter too slow for a scale below 1 leaves the page unusable. */
static struct reference_page make_reference_page(uint64_t counter_hz)
{
    if (counter_hz <= REFERENCE_HZ)
        return (struct reference_page){0};
    return (struct reference_page){
        .sequence = 1,
        .scale = (uint64_t)(((unsigned __int128)REFERENCE_HZ << 64) / counter_hz)};
}

static enum hv_status set_reference_tsc(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                        struct hv_u128 value)
{
    struct vtl_partition *partition = vp->partition;
    const struct vtl_backend *backend = partition->backend;
    struct reference_page page = make_reference_page(backend->counter_hz(partition->machine));

    (void)name;
    if (value.low & HV_PAGE_REGISTER_ENABLE &&
        vtl_memory_write(partition, vtl, value.low & HV_PAGE_REGISTER_ADDRESS, &page,
                         sizeof(page)) < 0)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    partition->reference_tsc[vtl] =
        value.low & (HV_PAGE_REGISTER_ADDRESS | HV_PAGE_REGISTER_ENABLE);
    return HV_STATUS_SUCCESS;
}

static const struct hv_register registers[] = {
    {HV_REGISTER_CNTFRQ_EL0, "CNTFRQ_EL0", HV_READ, get_counter_hz, NULL},
    {HV_REGISTER_VP_RUNTIME, "VpRuntime", HV_READ, get_vp_runtime, NULL},
    {HV_REGISTER_TIME_REF_COUNT, "TimeRefCount", HV_READ | HV_EARLY_READ, get_reference_time, NULL},
    {HV_REGISTER_REFERENCE_TSC, "ReferenceTsc", HV_READ | HV_WRITE, get_reference_tsc,
     set_reference_tsc},
};

const struct hv_register_table hv_time_registers = {registers, G_N_ELEMENTS(registers)};
