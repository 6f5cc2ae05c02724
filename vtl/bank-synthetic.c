/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scopes of synthetic registers: see bank-synthetic.h. */
#include "vtl/bank-synthetic.h"

#include <glib.h>

#include "vtl/hv-registers.h"

#define TLFS "TLFS, VSM, \"Private and Shared State\""
#define FEATURES "TLFS, \"Feature and Interface Discovery\""
#define VSM "TLFS, VSM"
#define OURS "ours: the TLFS is silent"

static const struct bank_synthetic rows[] = {
    {HV_REGISTER_INSTRUCTION_EMULATION_HINTS, HV_REGISTER_INSTRUCTION_EMULATION_HINTS, BANK_SHARED,
     "one for each VP", OURS},
    {HV_REGISTER_INTERNAL_ACTIVITY_STATE, HV_REGISTER_INTERNAL_ACTIVITY_STATE, BANK_PRIVATE,
     "one for each VTL of a VP", OURS},
    {HV_REGISTER_HYPERVISOR_VERSION, HV_REGISTER_ISOLATION_CONFIGURATION, BANK_CONSTANT,
     "one for the partition", FEATURES},
    {HV_REGISTER_GUEST_CRASH_P0, HV_REGISTER_GUEST_CRASH_CTL, BANK_UNSPECIFIED,
     "one for each VTL of a VP", OURS},
    {HV_REGISTER_PENDING_EVENT0, HV_REGISTER_DELIVERABILITY_NOTIFICATIONS, BANK_PRIVATE,
     "one for each VTL of a VP", VSM},
    {HV_REGISTER_CNTFRQ_EL0, HV_REGISTER_CNTFRQ_EL0, BANK_CONSTANT, "one for the partition",
     "Arm ARM: what it is"},
    {HV_REGISTER_GICR_BASE_GPA, HV_REGISTER_GICR_BASE_GPA, BANK_PRIVATE,
     "one for each VTL of a VP", TLFS},
    {HV_REGISTER_VP_RUNTIME, HV_REGISTER_VP_RUNTIME, BANK_SHARED, "one for each VP", TLFS},
    {HV_REGISTER_GUEST_OS_ID, HV_REGISTER_GUEST_OS_ID, BANK_PRIVATE, "one for each VTL", TLFS},
    {HV_REGISTER_VP_INDEX, HV_REGISTER_VP_INDEX, BANK_SHARED, "one for each VP", TLFS},
    {HV_REGISTER_TIME_REF_COUNT, HV_REGISTER_TIME_REF_COUNT, BANK_SHARED, "one for the partition",
     TLFS},
    {HV_REGISTER_INTERFACE_VERSION, HV_REGISTER_INTERFACE_VERSION, BANK_CONSTANT,
     "one for the partition", FEATURES},
    {HV_REGISTER_VP_ASSIST_PAGE, HV_REGISTER_VP_ASSIST_PAGE, BANK_PRIVATE,
     "one for each VTL of a VP", TLFS},
    {HV_REGISTER_REFERENCE_TSC, HV_REGISTER_REFERENCE_TSC, BANK_PRIVATE, "one for each VTL", TLFS},
    {HV_REGISTER_SINT0, HV_REGISTER_SIRBP, BANK_PRIVATE, "one for each VTL of a VP", TLFS},
    {HV_REGISTER_STIMER0_CONFIG, HV_REGISTER_STIMER0_CONFIG + 7, BANK_PRIVATE,
     "one for each VTL of a VP", TLFS},
    {HV_REGISTER_VSM_VP_STATUS, HV_REGISTER_VSM_VP_STATUS, BANK_SHARED, "one for each VP", VSM},
    {HV_REGISTER_VSM_PARTITION_STATUS, HV_REGISTER_VSM_PARTITION_STATUS, BANK_SHARED,
     "one for the partition", VSM},
    {HV_REGISTER_VSM_VINA, HV_REGISTER_VSM_VINA, BANK_PRIVATE, "one for each VTL of a VP", VSM},
    {HV_REGISTER_VSM_CAPABILITIES, HV_REGISTER_VSM_CAPABILITIES, BANK_CONSTANT,
     "one for the partition", VSM},
    {HV_REGISTER_VSM_PARTITION_CONFIG, HV_REGISTER_VSM_PARTITION_CONFIG, BANK_PRIVATE,
     "one for each VTL above 0", VSM},
    {HV_REGISTER_GUEST_VSM_PARTITION_CONFIG, HV_REGISTER_GUEST_VSM_PARTITION_CONFIG, BANK_SHARED,
     "one for the partition", VSM},
    {HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0, HV_REGISTER_VSM_VP_WAIT_FOR_TLB_LOCK, BANK_PRIVATE,
     "one for each VTL of a VP", VSM},
    {HV_REGISTER_ISOLATION_CAPABILITIES, HV_REGISTER_ISOLATION_CAPABILITIES, BANK_CONSTANT,
     "one for the partition", FEATURES},
};

const struct bank_synthetic *bank_synthetic_find(uint32_t name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (name >= rows[i].first && name <= rows[i].last)
            return &rows[i];
    return NULL;
}
