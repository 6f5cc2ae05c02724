/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hypercalls and registers belong to which service: see services.h. */
#include "vtl/services.h"

#include <glib.h>

#include "vtl/hv-registers.h"
#include "vtl/hypercalls.h"

#define ALL(count) ((UINT64_C(1) << (count)) - 1)

const struct vtl_services vtl_all_services = {
    .features = ALL(VTL_FEATURES),
    .calls = ALL(VTL_CALL_GROUPS),
    .vsm = ALL(VTL_VSM_PARTS),
    .vmbus = ALL(VTL_VMBUS_PARTS),
};

/* One service: one bit of one member. */
#define FEATURE(bit) {.features = UINT64_C(1) << (bit)}
#define CALLS(bit) {.calls = UINT64_C(1) << (bit)}
#define VSM(bit) {.vsm = UINT64_C(1) << (bit)}

/* Calls that are in no row belong to VTL_FEATURE_HYPERCALL, as all do. */
static const struct {
    uint16_t code;
    struct vtl_services service;
} calls[] = {
    {HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, CALLS(VTL_CALLS_FLUSH)},
    {HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX, CALLS(VTL_CALLS_FLUSH)},
    {HV_CALL_NOTIFY_LONG_SPIN_WAIT, CALLS(VTL_CALLS_SPIN_WAIT)},
    {HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI, CALLS(VTL_CALLS_IPI)},
    {HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX, CALLS(VTL_CALLS_IPI)},
    {HV_CALL_TRANSLATE_VIRTUAL_ADDRESS, CALLS(VTL_CALLS_TRANSLATE)},
    {HV_CALL_TRANSLATE_VIRTUAL_ADDRESS_EX, CALLS(VTL_CALLS_TRANSLATE)},
    {HV_CALL_POST_MESSAGE, CALLS(VTL_CALLS_MESSAGES)},
    {HV_CALL_SIGNAL_EVENT, CALLS(VTL_CALLS_EVENTS)},
    {HV_CALL_DELETE_PORT, CALLS(VTL_CALLS_PORTS)},
    {HV_CALL_DISCONNECT_PORT, CALLS(VTL_CALLS_PORTS)},
    {HV_CALL_CREATE_PORT, CALLS(VTL_CALLS_PORTS)},
    {HV_CALL_CONNECT_PORT, CALLS(VTL_CALLS_PORTS)},
    {HV_CALL_SIGNAL_EVENT_DIRECT, CALLS(VTL_CALLS_DIRECT)},
    {HV_CALL_POST_MESSAGE_DIRECT, CALLS(VTL_CALLS_DIRECT)},
    {HV_CALL_RETARGET_DEVICE_INTERRUPT, CALLS(VTL_CALLS_INTERRUPTS)},
    {HV_CALL_ASSERT_VIRTUAL_INTERRUPT, CALLS(VTL_CALLS_INTERRUPTS)},
    {HV_CALL_START_VIRTUAL_PROCESSOR, CALLS(VTL_CALLS_START_VP)},
    {HV_CALL_GET_VP_INDEX_FROM_APIC_ID, CALLS(VTL_CALLS_START_VP)},
    {HV_CALL_ENABLE_PARTITION_VTL, VSM(VTL_VSM_VTLS)},
    {HV_CALL_ENABLE_VP_VTL, VSM(VTL_VSM_VTLS)},
    {HV_CALL_MODIFY_VTL_PROTECTION_MASK, VSM(VTL_VSM_PROTECTIONS)},
    {HV_CALL_CHECK_SPARSE_GPA_PAGE_VTL_ACCESS, VSM(VTL_VSM_PROTECTIONS)},
    {HV_CALL_INSTALL_INTERCEPT, VSM(VTL_VSM_INTERCEPTS)},
};

/* The same for registers, of which a row is a range. */
static const struct {
    uint32_t first, last;
    struct vtl_services service;
} registers[] = {
    {HV_REGISTER_GUEST_CRASH_P0, HV_REGISTER_GUEST_CRASH_CTL, FEATURE(VTL_FEATURE_CRASH)},
    {HV_REGISTER_VP_RUNTIME, HV_REGISTER_VP_RUNTIME, FEATURE(VTL_FEATURE_VP_RUNTIME)},
    {HV_REGISTER_VP_INDEX, HV_REGISTER_VP_INDEX, FEATURE(VTL_FEATURE_VP_INDEX)},
    {HV_REGISTER_TIME_REF_COUNT, HV_REGISTER_TIME_REF_COUNT, FEATURE(VTL_FEATURE_TIME_REF_COUNT)},
    {HV_REGISTER_VP_ASSIST_PAGE, HV_REGISTER_VP_ASSIST_PAGE, FEATURE(VTL_FEATURE_ASSIST_PAGE)},
    {HV_REGISTER_REFERENCE_TSC, HV_REGISTER_REFERENCE_TSC, FEATURE(VTL_FEATURE_REFERENCE_TSC)},
    {HV_REGISTER_SINT0, HV_REGISTER_SIRBP, FEATURE(VTL_FEATURE_SYNIC)},
    {HV_REGISTER_DELIVERABILITY_NOTIFICATIONS, HV_REGISTER_DELIVERABILITY_NOTIFICATIONS,
     FEATURE(VTL_FEATURE_SYNIC)},
    {HV_REGISTER_STIMER0_CONFIG, HV_REGISTER_STIMER0_COUNT + 6, FEATURE(VTL_FEATURE_STIMER)},
    {HV_REGISTER_VSM_VINA, HV_REGISTER_VSM_VINA, VSM(VTL_VSM_VINA)},
    {HV_REGISTER_VSM_VP_STATUS, HV_REGISTER_GUEST_VSM_PARTITION_CONFIG, VSM(VTL_VSM_VTLS)},
    {HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0, HV_REGISTER_VSM_VP_WAIT_FOR_TLB_LOCK,
     VSM(VTL_VSM_TLB_LOCK)},
};

static bool has(const struct vtl_services *services, const struct vtl_services *service)
{
    return !(service->features & ~services->features) && !(service->calls & ~services->calls) &&
           !(service->vsm & ~services->vsm);
}

bool vtl_offers_call(const struct vtl_services *services, uint16_t code)
{
    bool offers = vtl_has_feature(services, VTL_FEATURE_HYPERCALL);

    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        if (calls[i].code == code)
            return offers && has(services, &calls[i].service);
    return offers;
}

bool vtl_offers_register(const struct vtl_services *services, uint32_t name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(registers); i++)
        if (name >= registers[i].first && name <= registers[i].last &&
            !has(services, &registers[i].service))
            return false;
    return vtl_has_feature(services, VTL_FEATURE_HYPERCALL);
}
