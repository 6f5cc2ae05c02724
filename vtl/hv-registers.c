/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic registers, one row each: see hv-registers.h. */
#include "vtl/hv-registers.h"

#include "vtl/bank.h"
#include "vtl/hv-register-row.h"
#include "vtl/register-views.h"

/* HypervisorVersion: interface 10.0, as current Hyper-V; the build number is our own. */
#define VERSION_BUILD 100u
#define VERSION_MAJOR 10u

/* PrivilegesAndFeatures, low half: what this partition may do. Only what is there is offered. */
#define PRIVILEGE_VP_RUNTIME (1ull << 0)
#define PRIVILEGE_REFERENCE_COUNTER (1ull << 1)
#define PRIVILEGE_SYNIC (1ull << 2)
#define PRIVILEGE_STIMER (1ull << 3)
#define PRIVILEGE_INTERRUPT_CONTROL (1ull << 4) /* includes the VP assist page */
#define PRIVILEGE_HYPERCALL (1ull << 5)
#define PRIVILEGE_VP_INDEX (1ull << 6)
#define PRIVILEGE_REFERENCE_TSC (1ull << 9)
#define PRIVILEGE_POST_MESSAGES (1ull << 36)
#define PRIVILEGE_SIGNAL_EVENTS (1ull << 37)
#define PRIVILEGE_CREATE_PORT (1ull << 38)
#define PRIVILEGE_CONNECT_PORT (1ull << 39)
#define PRIVILEGE_VSM (1ull << 48)
#define PRIVILEGE_VP_REGISTERS (1ull << 49)
#define PRIVILEGE_START_VP (1ull << 53)
/* High half: features. */
#define FEATURE_GUEST_CRASH (1ull << (72 - 64))
#define FEATURE_SINT_POLLING (1ull << (76 - 64))
#define FEATURE_DIRECT_STIMER (1ull << (77 - 64))

/*
 * Features: calls with sets of VPs are there (TLFS, HvCallFlushVirtualAddressSpaceEx). Cluster IPIs
 * (bit 2) are there, too, but not recommended: ICC_SGI1R_EL1 needs no exit to us.
 */
#define RECOMMEND_EX_PROCESSOR_MASKS (1ull << 3)
/* Bits 63:32: spin this often before NotifyLongSpinWait; all ones: never. */
#define NEVER_NOTIFY_SPIN (0xffffffffull << 32)

#define LIMIT_VPS 64u

/* InterfaceVersion: "Hv#1", as CPUID leaf 0x40000001 has it elsewhere. */
#define INTERFACE_HV1 0x31237648u

/* InstructionEmulationHints: some VTL beside VTL0 is enabled on this VP. */
#define HINT_VTL_ENABLED 1u

struct hv_u128 hv_register_get_zero(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){0};
}

static struct hv_u128 get_version(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = VERSION_BUILD | (uint64_t)VERSION_MAJOR << 48};
}

/* Which privilege tells of which service; of calls or features, by the bit of the other half. */
struct privilege {
    bool of_calls;
    unsigned bit; /* enum vtl_feature or enum vtl_call_group */
    struct hv_u128 flags;
};

static const struct privilege privileges[] = {
    {false, VTL_FEATURE_HYPERCALL, {.low = PRIVILEGE_HYPERCALL}},
    {false, VTL_FEATURE_VP_RUNTIME, {.low = PRIVILEGE_VP_RUNTIME}},
    {false, VTL_FEATURE_TIME_REF_COUNT, {.low = PRIVILEGE_REFERENCE_COUNTER}},
    {false, VTL_FEATURE_REFERENCE_TSC, {.low = PRIVILEGE_REFERENCE_TSC}},
    {false, VTL_FEATURE_SYNIC, {.low = PRIVILEGE_SYNIC}},
    {false, VTL_FEATURE_STIMER, {.low = PRIVILEGE_STIMER}},
    {false, VTL_FEATURE_DIRECT_STIMER, {.high = FEATURE_DIRECT_STIMER}},
    {false, VTL_FEATURE_SINT_POLLING, {.high = FEATURE_SINT_POLLING}},
    {false, VTL_FEATURE_ASSIST_PAGE, {.low = PRIVILEGE_INTERRUPT_CONTROL}},
    {false, VTL_FEATURE_VP_INDEX, {.low = PRIVILEGE_VP_INDEX}},
    {false, VTL_FEATURE_CRASH, {.high = FEATURE_GUEST_CRASH}},
    {false, VTL_FEATURE_VP_REGISTERS, {.low = PRIVILEGE_VP_REGISTERS}},
    {true, VTL_CALLS_MESSAGES, {.low = PRIVILEGE_POST_MESSAGES}},
    {true, VTL_CALLS_EVENTS, {.low = PRIVILEGE_SIGNAL_EVENTS}},
    {true, VTL_CALLS_PORTS, {.low = PRIVILEGE_CREATE_PORT | PRIVILEGE_CONNECT_PORT}},
    {true, VTL_CALLS_START_VP, {.low = PRIVILEGE_START_VP}},
};

static struct hv_u128 get_privileges(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    const struct vtl_services *services = &vp->partition->services;
    struct hv_u128 flags = {0};

    (void)vtl;
    (void)name;
    for (size_t i = 0; i < G_N_ELEMENTS(privileges); i++) {
        uint64_t has = privileges[i].of_calls ? services->calls : services->features;

        if (!(has >> privileges[i].bit & 1))
            continue;
        flags.low |= privileges[i].flags.low;
        flags.high |= privileges[i].flags.high;
    }
    if (vp->partition->maximum > 0)
        flags.low |= PRIVILEGE_VSM;
    return flags;
}

static struct hv_u128 get_features(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    const struct vtl_services *services = &vp->partition->services;
    bool sets = vtl_has_calls(services, VTL_CALLS_FLUSH) || vtl_has_calls(services, VTL_CALLS_IPI);

    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = NEVER_NOTIFY_SPIN | (sets ? RECOMMEND_EX_PROCESSOR_MASKS : 0)};
}

static struct hv_u128 get_limits(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = LIMIT_VPS | (uint64_t)LIMIT_VPS << 32};
}

static struct hv_u128 get_crash_parameter(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    return (struct hv_u128){
        .low = vp->level[vtl].crash.parameter[name - HV_REGISTER_GUEST_CRASH_P0]};
}

static enum hv_status set_crash_parameter(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                          struct hv_u128 value)
{
    vp->level[vtl].crash.parameter[name - HV_REGISTER_GUEST_CRASH_P0] = value.low;
    return HV_STATUS_SUCCESS;
}

/* Reads back what a guest may set, not what it has set. */
static struct hv_u128 get_crash_control(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = HV_CRASH_NOTIFY | HV_CRASH_MESSAGE};
}

static enum hv_status set_crash_control(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                        struct hv_u128 value)
{
    const struct vtl_partition *partition = vp->partition;
    struct vtl_crash *crash = &vp->level[vtl].crash;

    (void)name;
    crash->control = value.low;
    if (value.low & HV_CRASH_NOTIFY)
        partition->backend->crashed(partition->machine, vp->index, vtl, crash);
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_guest_os_id(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->partition->guest_os_id[vtl]};
}

static enum hv_status set_guest_os_id(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                      struct hv_u128 value)
{
    (void)name;
    vp->partition->guest_os_id[vtl] = value.low;
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_vp_index(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = vp->index};
}

static struct hv_u128 get_emulation_hints(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = vp->enabled & ~1u ? HINT_VTL_ENABLED : 0};
}

static struct hv_u128 get_interface_version(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = INTERFACE_HV1};
}

/* A VTL has its redistributor from the time it is enabled on the VP. */
static struct hv_u128 get_redistributor(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    const struct vtl_partition *partition = vp->partition;

    (void)name;
    if (!(vp->enabled & 1u << vtl))
        return (struct hv_u128){0};
    return (struct hv_u128){
        .low = partition->backend->redistributor(partition->machine, vp->index)};
}

static struct hv_u128 get_assist_page(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->level[vtl].assist_page};
}

static enum hv_status set_assist_page(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                      struct hv_u128 value)
{
    (void)name;
    vp->level[vtl].assist_page = value.low & (HV_PAGE_REGISTER_ADDRESS | HV_PAGE_REGISTER_ENABLE);
    return HV_STATUS_SUCCESS;
}

/* For all that may be known before the guest has told its OS id. */
#define READ_EARLY (HV_READ | HV_EARLY_READ)
#define ALL_EARLY (READ_EARLY | HV_WRITE | HV_EARLY_WRITE)

#define CRASH_PARAMETER(n)                                                                         \
    {                                                                                              \
        HV_REGISTER_GUEST_CRASH_P0 + (n), "GuestCrashP" #n, ALL_EARLY, get_crash_parameter,        \
            set_crash_parameter                                                                    \
    }

static const struct hv_register registers[] = {
    {HV_REGISTER_INSTRUCTION_EMULATION_HINTS, "InstructionEmulationHints", HV_READ,
     get_emulation_hints, NULL},
    {HV_REGISTER_HYPERVISOR_VERSION, "HypervisorVersion", READ_EARLY, get_version, NULL},
    {HV_REGISTER_PRIVILEGES_AND_FEATURES, "PrivilegesAndFeaturesInfo", READ_EARLY, get_privileges,
     NULL},
    {HV_REGISTER_FEATURES, "FeaturesInfo", READ_EARLY, get_features, NULL},
    {HV_REGISTER_IMPLEMENTATION_LIMITS, "ImplementationLimitsInfo", READ_EARLY, get_limits, NULL},
    {HV_REGISTER_HARDWARE_FEATURES, "HardwareFeaturesInfo", READ_EARLY, hv_register_get_zero, NULL},
    {HV_REGISTER_CPU_MANAGEMENT_FEATURES, "CpuManagementFeaturesInfo", HV_READ,
     hv_register_get_zero, NULL},
    {HV_REGISTER_PASID_FEATURES, "PasidFeaturesInfo", HV_READ, hv_register_get_zero, NULL},
    {HV_REGISTER_SKIP_LEVEL_FEATURES, "SkipLevelFeaturesInfo", HV_READ, hv_register_get_zero, NULL},
    {HV_REGISTER_NESTED_VIRT_FEATURES, "NestedVirtFeaturesInfo", HV_READ, hv_register_get_zero,
     NULL},
    {HV_REGISTER_IPT_FEATURES, "IptFeaturesInfo", HV_READ, hv_register_get_zero, NULL},
    {HV_REGISTER_ISOLATION_CONFIGURATION, "IsolationConfiguration", HV_READ, hv_register_get_zero,
     NULL},
    CRASH_PARAMETER(0),
    CRASH_PARAMETER(1),
    CRASH_PARAMETER(2),
    CRASH_PARAMETER(3),
    CRASH_PARAMETER(4),
    {HV_REGISTER_GUEST_CRASH_CTL, "GuestCrashCtl", ALL_EARLY, get_crash_control, set_crash_control},
    {HV_REGISTER_GICR_BASE_GPA, "GicrBaseGpa", HV_READ, get_redistributor, NULL},
    {HV_REGISTER_GUEST_OS_ID, "GuestOsId", ALL_EARLY, get_guest_os_id, set_guest_os_id},
    {HV_REGISTER_VP_INDEX, "VpIndex", HV_READ, get_vp_index, NULL},
    {HV_REGISTER_INTERFACE_VERSION, "InterfaceVersion", HV_READ, get_interface_version, NULL},
    {HV_REGISTER_VP_ASSIST_PAGE, "VpAssistPage", HV_READ | HV_WRITE, get_assist_page,
     set_assist_page},
    {HV_REGISTER_ISOLATION_CAPABILITIES, "IsolationCapabilities", HV_READ, hv_register_get_zero,
     NULL},
};

static const struct hv_register_table own_registers = {registers, G_N_ELEMENTS(registers)};
static const struct hv_register_table *const tables[] = {
    &own_registers,
    &hv_activity_registers,
    &hv_event_registers,
    &hv_stimer_registers,
    &hv_synic_registers,
    &hv_time_registers,
    &hv_vina_registers, &hv_vsm_registers,
};

static const struct hv_register *find_synthetic(uint32_t name)
{
    for (size_t table = 0; table < G_N_ELEMENTS(tables); table++)
        for (size_t i = 0; i < tables[table]->count; i++)
            if (tables[table]->rows[i].name == name)
                return &tables[table]->rows[i];
    return NULL;
}

bool hv_register_nth(size_t index, uint32_t *name)
{
    for (size_t table = 0; table < G_N_ELEMENTS(tables); table++) {
        if (index < tables[table]->count) {
            *name = tables[table]->rows[index].name;
            return true;
        }
        index -= tables[table]->count;
    }
    return false;
}

bool hv_register_is_architectural(uint32_t name)
{
    return bank_find_value(name) || register_view_find(name);
}

bool hv_register_exists(uint32_t name)
{
    return find_synthetic(name) || hv_register_is_architectural(name);
}

const char *hv_register_text(uint32_t name)
{
    const struct hv_register *synthetic = find_synthetic(name);
    const struct bank_register *architectural = bank_find_value(name);
    const struct register_view *view = register_view_find(name);

    if (synthetic)
        return synthetic->text;
    if (view)
        return view->text;
    return architectural ? architectural->name : NULL;
}

bool hv_register_needs_stop(uint32_t name)
{
    const struct hv_register *synthetic = find_synthetic(name);

    return synthetic ? synthetic->access & HV_OF_STOPPED : hv_register_is_architectural(name);
}

bool hv_register_is_early(uint32_t name, bool write)
{
    const struct hv_register *reg = find_synthetic(name);

    return reg && reg->access & (write ? HV_EARLY_WRITE : HV_EARLY_READ);
}

enum hv_status hv_register_get(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                               struct hv_u128 *value)
{
    const struct hv_register *reg = find_synthetic(name);

    if (!reg)
        return hv_architectural_get(vp, vtl, name, value);
    if (!(reg->access & HV_READ))
        return HV_STATUS_INVALID_PARAMETER;
    g_mutex_lock(&vp->partition->lock);
    *value = reg->get(vp, vtl, name);
    g_mutex_unlock(&vp->partition->lock);
    return HV_STATUS_SUCCESS;
}

enum hv_status hv_register_set(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                               struct hv_u128 value)
{
    const struct hv_register *reg = find_synthetic(name);
    enum hv_status status;

    if (!reg)
        return hv_architectural_set(vp, vtl, name, value);
    if (!(reg->access & HV_WRITE))
        return HV_STATUS_INVALID_PARAMETER;
    g_mutex_lock(&vp->partition->lock);
    status = reg->set(vp, vtl, name, value);
    g_mutex_unlock(&vp->partition->lock);
    return status;
}

enum hv_status hv_register_set_by(struct vtl_vp *vp, unsigned vtl, unsigned by, uint32_t name,
                                  struct hv_u128 value)
{
    enum hv_status status;

    if (name != HV_REGISTER_DELIVERABILITY_NOTIFICATIONS)
        return hv_register_set(vp, vtl, name, value);
    g_mutex_lock(&vp->partition->lock);
    status = synic_await(vp, vtl, by, value.low);
    g_mutex_unlock(&vp->partition->lock);
    return status;
}
