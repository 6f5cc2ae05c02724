/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic registers, one row each: see hv-registers.h. */
#include "vtl/hv-registers.h"

#include "vtl/bank.h"

enum access {
    READ = 1 << 0,
    WRITE = 1 << 1,
    EARLY_READ = 1 << 2,
    EARLY_WRITE = 1 << 3,
};

struct hv_register {
    uint32_t name;
    const char *text;
    unsigned access;
    struct hv_u128 (*get)(const struct vtl_vp *vp, unsigned vtl, uint32_t name);
    enum hv_status (*set)(struct vtl_vp *vp, unsigned vtl, uint32_t name, uint64_t value);
};

/* HypervisorVersion: interface 10.0, as current Hyper-V; the build number is our own. */
#define VERSION_BUILD 100u
#define VERSION_MAJOR 10u

/* PrivilegesAndFeatures, low half: what this partition may do. Only what is there is offered. */
#define PRIVILEGE_REFERENCE_COUNTER (1ull << 1)
#define PRIVILEGE_INTERRUPT_CONTROL (1ull << 4) /* includes the VP assist page */
#define PRIVILEGE_HYPERCALL (1ull << 5)
#define PRIVILEGE_VP_INDEX (1ull << 6)
#define PRIVILEGE_VSM (1ull << 48)
#define PRIVILEGE_VP_REGISTERS (1ull << 49)
#define PRIVILEGE_START_VP (1ull << 53)
/* High half: features. */
#define FEATURE_GUEST_CRASH (1ull << (72 - 64))

/* Features, bits 63:32: spin this often before NotifyLongSpinWait; all ones: never. */
#define NEVER_NOTIFY_SPIN (0xffffffffull << 32)

#define LIMIT_VPS 64u

#define CAPABILITY_DENY_LOWER_VTL_STARTUP (1ull << 17)

#define VSM_STATUS_ENABLED_SHIFT 16
#define VSM_STATUS_MAXIMUM_SHIFT 16

static struct hv_u128 get_zero(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
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

static struct hv_u128 get_privileges(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    uint64_t low = PRIVILEGE_REFERENCE_COUNTER | PRIVILEGE_INTERRUPT_CONTROL | PRIVILEGE_HYPERCALL |
                   PRIVILEGE_VP_INDEX | PRIVILEGE_VP_REGISTERS | PRIVILEGE_START_VP;

    (void)vtl;
    (void)name;
    if (vp->partition->maximum > 0)
        low |= PRIVILEGE_VSM;
    return (struct hv_u128){.low = low, .high = FEATURE_GUEST_CRASH};
}

static struct hv_u128 get_features(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = NEVER_NOTIFY_SPIN};
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
                                          uint64_t value)
{
    vp->level[vtl].crash.parameter[name - HV_REGISTER_GUEST_CRASH_P0] = value;
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
                                        uint64_t value)
{
    const struct vtl_partition *partition = vp->partition;
    struct vtl_crash *crash = &vp->level[vtl].crash;

    (void)name;
    crash->control = value;
    if (value & HV_CRASH_NOTIFY)
        partition->backend->crashed(partition->machine, vp->index, vtl, crash);
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_guest_os_id(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->partition->guest_os_id[vtl]};
}

static enum hv_status set_guest_os_id(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                      uint64_t value)
{
    (void)name;
    vp->partition->guest_os_id[vtl] = value;
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_vp_index(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = vp->index};
}

static struct hv_u128 get_reference_time(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = vp->partition->backend->reference_time(vp->partition->machine)};
}

static struct hv_u128 get_assist_page(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->level[vtl].assist_page};
}

static enum hv_status set_assist_page(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                      uint64_t value)
{
    (void)name;
    vp->level[vtl].assist_page = value & (HV_PAGE_REGISTER_ADDRESS | HV_PAGE_REGISTER_ENABLE);
    return HV_STATUS_SUCCESS;
}

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

#define CRASH_PARAMETER(n)                                                                         \
    {                                                                                              \
        HV_REGISTER_GUEST_CRASH_P0 + (n), "GuestCrashP" #n, READ | WRITE | EARLY_READ | EARLY_WRITE, \
            get_crash_parameter, set_crash_parameter                                               \
    }

static const struct hv_register registers[] = {
    {HV_REGISTER_HYPERVISOR_VERSION, "HypervisorVersion", READ | EARLY_READ, get_version, NULL},
    {HV_REGISTER_PRIVILEGES_AND_FEATURES, "PrivilegesAndFeaturesInfo", READ | EARLY_READ,
     get_privileges, NULL},
    {HV_REGISTER_FEATURES, "FeaturesInfo", READ | EARLY_READ, get_features, NULL},
    {HV_REGISTER_IMPLEMENTATION_LIMITS, "ImplementationLimitsInfo", READ | EARLY_READ, get_limits,
     NULL},
    {HV_REGISTER_HARDWARE_FEATURES, "HardwareFeaturesInfo", READ | EARLY_READ, get_zero, NULL},
    CRASH_PARAMETER(0),
    CRASH_PARAMETER(1),
    CRASH_PARAMETER(2),
    CRASH_PARAMETER(3),
    CRASH_PARAMETER(4),
    {HV_REGISTER_GUEST_CRASH_CTL, "GuestCrashCtl", READ | WRITE | EARLY_READ | EARLY_WRITE,
     get_crash_control, set_crash_control},
    {HV_REGISTER_GUEST_OS_ID, "GuestOsId", READ | WRITE | EARLY_READ | EARLY_WRITE, get_guest_os_id,
     set_guest_os_id},
    {HV_REGISTER_VP_INDEX, "VpIndex", READ, get_vp_index, NULL},
    {HV_REGISTER_TIME_REF_COUNT, "TimeRefCount", READ | EARLY_READ, get_reference_time, NULL},
    {HV_REGISTER_VP_ASSIST_PAGE, "VpAssistPage", READ | WRITE, get_assist_page, set_assist_page},
    {HV_REGISTER_VSM_VP_STATUS, "VsmVpStatus", READ, get_vsm_vp_status, NULL},
    {HV_REGISTER_VSM_PARTITION_STATUS, "VsmPartitionStatus", READ, get_vsm_partition_status, NULL},
    {HV_REGISTER_VSM_CAPABILITIES, "VsmCapabilities", READ, get_vsm_capabilities, NULL},
    {HV_REGISTER_VSM_PARTITION_CONFIG, "VsmPartitionConfig", READ | WRITE, get_partition_config,
     set_partition_config},
};

static const struct hv_register *find_synthetic(uint32_t name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(registers); i++)
        if (registers[i].name == name)
            return &registers[i];
    return NULL;
}

bool hv_register_is_architectural(uint32_t name)
{
    return bank_find(name) != NULL;
}

bool hv_register_exists(uint32_t name)
{
    return find_synthetic(name) || hv_register_is_architectural(name);
}

const char *hv_register_text(uint32_t name)
{
    const struct hv_register *synthetic = find_synthetic(name);
    const struct bank_register *architectural = bank_find(name);

    return synthetic ? synthetic->text : architectural ? architectural->name : NULL;
}

bool hv_register_is_early(uint32_t name, bool write)
{
    const struct hv_register *reg = find_synthetic(name);

    return reg && reg->access & (write ? EARLY_WRITE : EARLY_READ);
}

/* A shared register has one value, and the active VTL holds it. */
static unsigned bank_of(const struct vtl_vp *vp, unsigned vtl, const struct bank_register *reg)
{
    return reg->class == BANK_SHARED ? vp->active : vtl;
}

static enum hv_status get_architectural(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                        struct hv_u128 *value)
{
    const struct vtl_partition *partition = vp->partition;
    const struct bank_register *reg = bank_find(name);

    if (!reg || partition->backend->get_register(partition->machine, vp->index,
                                                 bank_of(vp, vtl, reg), name, value) < 0)
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

static enum hv_status set_architectural(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                        struct hv_u128 value)
{
    const struct vtl_partition *partition = vp->partition;
    const struct bank_register *reg = bank_find(name);

    if (!reg || reg->class == BANK_CONSTANT)
        return HV_STATUS_INVALID_PARAMETER;
    if (partition->backend->set_register(partition->machine, vp->index, bank_of(vp, vtl, reg), name,
                                         value) < 0)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    return HV_STATUS_SUCCESS;
}

enum hv_status hv_register_get(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                               struct hv_u128 *value)
{
    const struct hv_register *reg = find_synthetic(name);

    if (!reg)
        return get_architectural(vp, vtl, name, value);
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
        return set_architectural(vp, vtl, name, value);
    if (!(reg->access & WRITE))
        return HV_STATUS_INVALID_PARAMETER;
    g_mutex_lock(&vp->partition->lock);
    status = reg->set(vp, vtl, name, value.low);
    g_mutex_unlock(&vp->partition->lock);
    return status;
}
