/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts by hypercall: see interrupt-calls.h. */
#include "vtl/interrupt-calls.h"

#include "vtl/hypercalls.h"
#include "vtl/vp-set.h"

/* INTIDs (Arm IHI 0069, 2.2): SGIs are below the first PPI, special numbers above the last SPI. */
#define FIRST_PPI 16u
#define FIRST_SPI 32u
#define LAST_SPI 1019u

#define MPIDR_RES1 (1ull << 31)
#define CONTROL_TYPE 0xffffffffull
#define CONTROL_KNOWN (CONTROL_TYPE | HV_INTERRUPT_ASSERTED)
#define TARGET_KNOWN (HV_INTERRUPT_TARGET_MULTICAST | HV_INTERRUPT_TARGET_SET)

static struct vtl_vp *find_vp(const struct vtl_partition *partition, uint64_t mpidr)
{
    for (unsigned i = 0; i < partition->vp_count; i++)
        if (partition->vps[i].mpidr == (mpidr & ~MPIDR_RES1))
            return &partition->vps[i];
    return NULL;
}

static enum hv_status check_vtl(const struct vtl_vp *caller, unsigned vtl)
{
    if (vtl >= VTL_LEVELS)
        return HV_STATUS_INVALID_PARAMETER;
    if (vtl >= caller->active)
        return HV_STATUS_ACCESS_DENIED;
    return caller->partition->enabled & 1u << vtl ? HV_STATUS_SUCCESS
                                                  : HV_STATUS_INVALID_VTL_STATE;
}

static enum hv_status check_assert(const struct vtl_vp *caller,
                                   const struct hv_assert_interrupt *input)
{
    if (input->partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (input->zero[0] || input->zero[1] || input->zero[2] || input->control & ~CONTROL_KNOWN ||
        (input->control & CONTROL_TYPE) != HV_INTERRUPT_FIXED)
        return HV_STATUS_INVALID_PARAMETER;
    return check_vtl(caller, input->vtl);
}

/* The VP that has the interrupt; for an SPI any will do. */
static enum hv_status find_target(const struct vtl_vp *caller,
                                  const struct hv_assert_interrupt *input, unsigned *index)
{
    const struct vtl_vp *target = find_vp(caller->partition, input->destination);

    *index = caller->index;
    if (input->intid < FIRST_PPI || input->intid > LAST_SPI)
        return HV_STATUS_INVALID_PARAMETER;
    if (input->intid >= FIRST_SPI)
        return HV_STATUS_SUCCESS;
    if (!target)
        return HV_STATUS_INVALID_PARAMETER;
    *index = target->index;
    return target->enabled & 1u << input->vtl ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_VTL_STATE;
}

enum hv_status hv_assert_interrupt(void *context, const void *header, const void *element,
                                   void *output)
{
    const struct vtl_vp *caller = context;
    const struct vtl_partition *partition = caller->partition;
    const struct hv_assert_interrupt *input = header;
    enum hv_status status = check_assert(caller, input);
    unsigned index;

    (void)element;
    (void)output;
    if (status == HV_STATUS_SUCCESS)
        status = find_target(caller, input, &index);
    if (status != HV_STATUS_SUCCESS)
        return status;
    return partition->backend->set_interrupt_line(partition->machine, index, input->vtl,
                                                  input->intid,
                                                  input->control & HV_INTERRUPT_ASSERTED) < 0
               ? HV_STATUS_INVALID_PARAMETER
               : HV_STATUS_SUCCESS;
}

static bool have_vtl(const struct vtl_partition *partition, uint64_t vps, unsigned vtl)
{
    for (unsigned i = 0; i < partition->vp_count; i++)
        if (vps & 1ull << i && !(partition->vps[i].enabled & 1u << vtl))
            return false;
    return true;
}

/* What is wrong with the interrupt is so on all VPs: it fails on the first one or on none. */
static enum hv_status send(const struct vtl_vp *caller, const struct hv_cluster_ipi *input,
                           uint64_t vps)
{
    const struct vtl_partition *partition = caller->partition;
    unsigned vtl;
    enum hv_status status = hv_find_vtl(caller, input->vtl, &vtl);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->zero[0] || input->zero[1] || input->zero[2] || input->vector < FIRST_PPI ||
        input->vector >= FIRST_SPI)
        return HV_STATUS_INVALID_PARAMETER;
    if (!have_vtl(partition, vps, vtl))
        return HV_STATUS_INVALID_VTL_STATE;
    for (unsigned i = 0; i < partition->vp_count; i++)
        if (vps & 1ull << i && partition->backend->assert_interrupt(partition->machine, i, vtl,
                                                                    input->vector) < 0)
            return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

enum hv_status hv_cluster_ipi(void *context, const void *header, const void *element,
                              void *output)
{
    const struct vtl_vp *caller = context;
    const struct hv_cluster_ipi *input = header;

    (void)element;
    (void)output;
    return send(caller, input, input->vps & vp_set_all(caller->partition));
}

enum hv_status hv_cluster_ipi_ex(void *context, const void *header, const void *element,
                                 void *output)
{
    const struct vtl_vp *caller = context;
    const struct hv_cluster_ipi_ex *input = header;
    const struct hv_variable_header *banks = element;
    struct hv_cluster_ipi ipi = {.vector = input->vector, .vtl = input->vtl,
                                 .zero = {input->zero[0], input->zero[1], input->zero[2]}};
    uint64_t vps;
    enum hv_status status = vp_set_find(caller->partition, input->format, input->valid,
                                        banks->qwords, banks->count, &vps);

    (void)output;
    return status == HV_STATUS_SUCCESS ? send(caller, &ipi, vps) : status;
}

/* Without TARGET_SET the one qword is a mask of VPs, and nothing follows. */
static enum hv_status find_retarget_vps(const struct vtl_partition *partition,
                                        const struct hv_retarget_interrupt *input,
                                        const struct hv_variable_header *rest, uint64_t *vps)
{
    *vps = input->vps_or_format;
    if (!(input->flags & HV_INTERRUPT_TARGET_SET))
        return rest->count ? HV_STATUS_INVALID_PARAMETER : HV_STATUS_SUCCESS;
    if (!rest->count)
        return HV_STATUS_INVALID_PARAMETER;
    return vp_set_find(partition, input->vps_or_format, rest->qwords[0], rest->qwords + 1,
                       rest->count - 1, vps);
}

enum hv_status hv_retarget_interrupt(void *context, const void *header, const void *element,
                                     void *output)
{
    const struct vtl_vp *caller = context;
    const struct hv_retarget_interrupt *input = header;
    uint64_t vps;
    enum hv_status status;

    (void)output;
    if (input->partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (input->source != HV_INTERRUPT_SOURCE_MSI || input->zero || input->zero2 ||
        input->flags & ~TARGET_KNOWN)
        return HV_STATUS_INVALID_PARAMETER;
    status = find_retarget_vps(caller->partition, input, element, &vps);
    return status == HV_STATUS_SUCCESS ? HV_STATUS_INVALID_DEVICE_ID : status;
}

enum hv_status hv_long_spin_wait(void *context, const void *header, const void *element,
                                 void *output)
{
    const struct vtl_vp *caller = context;

    (void)header;
    (void)element;
    (void)output;
    /* With one VP there is none that could hold what the guest waits for. */
    if (caller->partition->vp_count > 1)
        g_thread_yield();
    return HV_STATUS_SUCCESS;
}
