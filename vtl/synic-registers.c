/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers of the SynIC: see synic.h. */
#include "smccc/hypercall.h"
#include "vtl/hv-register-row.h"
#include "vtl/synic.h"

/* Every write may be what a message has waited for. */
static void store_and_scan(struct vtl_vp *vp, unsigned vtl, uint64_t *reg, uint64_t value)
{
    struct synic *synic = &vp->level[vtl].synic;

    g_mutex_lock(&synic->lock);
    *reg = value;
    synic_scan_all(vp, vtl);
    synic_look_for_ready(vp, vtl);
    g_mutex_unlock(&synic->lock);
}

static struct hv_u128 get_sint(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    return (struct hv_u128){.low = vp->level[vtl].synic.sint[name - HV_REGISTER_SINT0]};
}

static enum hv_status set_sint(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    bool polling = vtl_has_feature(&vp->partition->services, VTL_FEATURE_SINT_POLLING);

    if (value.low & ~(polling ? HV_SINT_KNOWN : HV_SINT_KNOWN & ~HV_SINT_POLLING))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (!synic_sint_has_vector(value.low))
        return HV_STATUS_INVALID_PARAMETER;
    store_and_scan(vp, vtl, &vp->level[vtl].synic.sint[name - HV_REGISTER_SINT0], value.low);
    return HV_STATUS_SUCCESS;
}

bool synic_sint_has_vector(uint64_t value)
{
    return value & HV_SINT_MASKED || (value & HV_SINT_VECTOR) >= HV_SINT_VECTOR_MIN;
}

static struct hv_u128 get_scontrol(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->level[vtl].synic.scontrol};
}

static enum hv_status set_scontrol(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                   struct hv_u128 value)
{
    (void)name;
    if (value.low & ~HV_SCONTROL_ENABLE)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    store_and_scan(vp, vtl, &vp->level[vtl].synic.scontrol, value.low);
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_version(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = HV_SYNIC_VERSION};
}

static const uint64_t *find_page(const struct synic *synic, uint32_t name)
{
    return name == HV_REGISTER_SIMP ? &synic->simp : name == HV_REGISTER_SIEFP ? &synic->siefp
                                                                               : &synic->sirbp;
}

static struct hv_u128 get_page(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    return (struct hv_u128){.low = *find_page(&vp->level[vtl].synic, name)};
}

/* Clears what is to become a page of the SynIC; it need not be memory. */
static void clear_page(const struct vtl_vp *vp, unsigned vtl, uint64_t page)
{
    static const uint8_t zeroes[HV_PAGE_SIZE];

    vtl_memory_write(vp->partition, vtl, page & HV_PAGE_REGISTER_ADDRESS, zeroes, sizeof(zeroes));
}

static enum hv_status set_page(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    struct synic *synic = &vp->level[vtl].synic;
    uint64_t *page = name == HV_REGISTER_SIMP ? &synic->simp : &synic->siefp;

    if (value.low & ~HV_PAGE_REGISTER_KNOWN)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (value.low & HV_PAGE_REGISTER_ENABLE && value.low != *page)
        clear_page(vp, vtl, value.low);
    store_and_scan(vp, vtl, page, value.low);
    return HV_STATUS_SUCCESS;
}

/* Remembered, without effect. */
static enum hv_status set_ring(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    (void)name;
    if (value.low & ~HV_PAGE_REGISTER_KNOWN)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    store_and_scan(vp, vtl, &vp->level[vtl].synic.sirbp, value.low);
    return HV_STATUS_SUCCESS;
}

/* The guest has emptied slots; the value does not matter. */
static enum hv_status set_eom(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    struct synic *synic = &vp->level[vtl].synic;

    (void)name;
    (void)value.low;
    g_mutex_lock(&synic->lock);
    synic_scan_all(vp, vtl);
    synic_look_for_ready(vp, vtl);
    g_mutex_unlock(&synic->lock);
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_notifications(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    uint64_t awaited = 0;

    (void)name;
    for (unsigned by = 0; by < VTL_LEVELS; by++)
        awaited |= vp->level[vtl].synic.awaited[by];
    return (struct hv_u128){.low = awaited << HV_NOTIFY_SINTS_SHIFT};
}

/* hv_register_set_by() knows who asks; a VTL does not ask for itself. */
static enum hv_status set_notifications(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                        struct hv_u128 value)
{
    (void)name;
    return synic_await(vp, vtl, vtl, value.low);
}

#define READ_WRITE (HV_READ | HV_WRITE)
#define SINT(n) {HV_REGISTER_SINT0 + (n), "Sint" #n, READ_WRITE, get_sint, set_sint}

static const struct hv_register registers[] = {
    SINT(0),
    SINT(1),
    SINT(2),
    SINT(3),
    SINT(4),
    SINT(5),
    SINT(6),
    SINT(7),
    SINT(8),
    SINT(9),
    SINT(10),
    SINT(11),
    SINT(12),
    SINT(13),
    SINT(14),
    SINT(15),
    /* A VP looks for notices before it enters the guest: it must come back for one. */
    {HV_REGISTER_DELIVERABILITY_NOTIFICATIONS, "DeliverabilityNotifications",
     READ_WRITE | HV_OF_STOPPED, get_notifications, set_notifications},
    {HV_REGISTER_SCONTROL, "Scontrol", READ_WRITE, get_scontrol, set_scontrol},
    {HV_REGISTER_SVERSION, "Sversion", HV_READ, get_version, NULL},
    {HV_REGISTER_SIEFP, "Siefp", READ_WRITE, get_page, set_page},
    {HV_REGISTER_SIMP, "Simp", READ_WRITE, get_page, set_page},
    {HV_REGISTER_EOM, "Eom", READ_WRITE, hv_register_get_zero, set_eom},
    {HV_REGISTER_SIRBP, "Sirbp", READ_WRITE, get_page, set_ring},
};

const struct hv_register_table hv_synic_registers = {registers, G_N_ELEMENTS(registers)};
