/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Table, texts and discovery of firmware registers: see fw-regs.h. */
#include "fw-regs/fw-regs.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#define LINUX_BITMAPS "Linux 5.19"
#define LINUX_IMPLEMENTATION "Linux 6.15"
#define VTLEMU_FIRST "vtlemu 0.1"

static const struct fw_reg_bit std_bits[] = {
    {"trng_v1_0", "random numbers from the host", LINUX_BITMAPS,
     {0x84000050, 0x84000051, 0x84000052, 0x84000053, 0xc4000053}},
};

static const struct fw_reg_bit std_hyp_bits[] = {
    {"pv_time", "stolen time", LINUX_BITMAPS, {0xc5000020, 0xc5000021}},
};

static const struct fw_reg_bit vendor_hyp_bits[] = {
    {"func_feat", "KVM's vendor UID, and which of its functions there are", LINUX_BITMAPS,
     {0x86000000, 0x8600ff01}},
    {"ptp", "the host's clock", LINUX_BITMAPS, {0x86000001}},
};

static const struct fw_reg_bit vendor_hyp_2_bits[] = {
    {"discover_impl_ver", "how many types of processor the guest may come to run on",
     LINUX_IMPLEMENTATION, {0xc6000040}},
    {"discover_impl_cpus", "and which", LINUX_IMPLEMENTATION, {0xc6000041}},
};

/* The order of enum vtl_features and so on, in vtl/services.h. */
static const struct fw_reg_bit hv_features_bits[] = {
    {"hypercall", "Hyper-V's vendor UID, hypercalls, and what tells what there is", VTLEMU_FIRST,
     {0x8600ff01, 0xc600ff01, 0x46000001}},
    {"vp_runtime", "how long a processor has run", VTLEMU_FIRST, {0x00090000}},
    {"time_ref_count", "reference time", VTLEMU_FIRST, {0x00090004}},
    {"reference_tsc", "reference time without a call", VTLEMU_FIRST, {0x00090017}},
    {"synic", "messages and events", VTLEMU_FIRST,
     {0x000a0000, 0x000a0010, 0x000a0011, 0x000a0012, 0x000a0013, 0x000a0014, 0x000a0015}},
    {"stimer", "synthetic timers", VTLEMU_FIRST, {0x000b0000, 0x000b0001}},
    {"direct_stimer", "timers that interrupt without a message", VTLEMU_FIRST, {0}},
    {"sint_polling", "SINTs that are looked at without an interrupt", VTLEMU_FIRST, {0}},
    {"assist_page", "a page a processor for what there is to tell", VTLEMU_FIRST, {0x00090013}},
    {"vp_index", "the processor's index", VTLEMU_FIRST, {0x00090003}},
    {"crash", "reports of crashes", VTLEMU_FIRST,
     {0x00000210, 0x00000211, 0x00000212, 0x00000213, 0x00000214, 0x00000215}},
    {"vp_registers", "registers of other processors and VTLs, and the processor's own",
     VTLEMU_FIRST, {0}},
};

static const struct fw_reg_bit hv_calls_bits[] = {
    {"flush", "flushes of TLBs", VTLEMU_FIRST, {0x0002, 0x0013}},
    {"spin_wait", "HvCallNotifyLongSpinWait", VTLEMU_FIRST, {0x0008}},
    {"ipi", "interrupts to sets of processors", VTLEMU_FIRST, {0x000b, 0x0015}},
    {"translate", "translation of addresses", VTLEMU_FIRST, {0x0052, 0x00ac}},
    {"messages", "HvCallPostMessage", VTLEMU_FIRST, {0x005c}},
    {"events", "HvCallSignalEvent", VTLEMU_FIRST, {0x005d}},
    {"ports", "making ports and connections", VTLEMU_FIRST, {0x0058, 0x005b, 0x0095, 0x0096}},
    {"direct", "messages and events without a port", VTLEMU_FIRST, {0x00c0, 0x00c1}},
    {"interrupts", "interrupts of devices, for other VTLs", VTLEMU_FIRST, {0x007e, 0x0094}},
    {"start_vp", "starting processors", VTLEMU_FIRST, {0x0099, 0x009a}},
};

static const struct fw_reg_bit hv_vsm_bits[] = {
    {"vtls", "Virtual Trust Levels", VTLEMU_FIRST, {0x000d, 0x000f}},
    {"protections", "rights of lower VTLs on pages", VTLEMU_FIRST, {0x000c, 0x00d4}},
    {"intercepts", "what lower VTLs do comes to a higher one", VTLEMU_FIRST, {0x004d}},
    {"vina", "telling a higher VTL of interrupts for lower ones", VTLEMU_FIRST, {0}},
    {"tlb_lock", "keeping the TLBs of lower VTLs as they are", VTLEMU_FIRST, {0}},
};

static const struct fw_reg_bit hv_vmbus_bits[] = {
    {"bus", "a VMBus to the host", VTLEMU_FIRST, {0}},
    {"heartbeat", "does the guest live?", VTLEMU_FIRST, {0}},
    {"shutdown", "asking the guest to shut down", VTLEMU_FIRST, {0}},
    {"timesync", "the time of day", VTLEMU_FIRST, {0}},
};

static const struct fw_reg_name psci_names[] = {
    {FW_PSCI(1, 3), "1.3", "Linux 6.13"}, {FW_PSCI(1, 2), "1.2", "Linux 6.13"},
    {FW_PSCI(1, 1), "1.1", "Linux 5.18"}, {FW_PSCI(1, 0), "1.0", "Linux 4.17"},
    {FW_PSCI(0, 2), "0.2", "Linux 4.17"}, {FW_PSCI(0, 1), "0.1", "Linux 4.17"},
};

static const struct fw_reg_name workaround_names[] = {
    {2, "not-required", "Linux 5.3"},
    {1, "available", "Linux 5.3"},
    {0, "not-available", "Linux 5.3"},
};

/* Bit 4 says that the mitigation is on; only with "available" (uapi/asm/kvm.h). */
static const struct fw_reg_name workaround_2_names[] = {
    {0x12, "enabled", "Linux 5.3"}, {3, "not-required", "Linux 5.3"},
    {2, "available", "Linux 5.3"},  {1, "unknown", "Linux 5.3"},
    {0, "not-available", "Linux 5.3"},
};

static const struct fw_reg_name workaround_3_names[] = {
    {2, "not-required", "Linux 5.17"},
    {1, "available", "Linux 5.17"},
    {0, "not-available", "Linux 5.17"},
};

#define NAMES(array) .names = (array), .name_count = G_N_ELEMENTS(array)
#define BITS(array) .bits = (array), .bit_count = G_N_ELEMENTS(array)
#define OWN(register_id, register_option, what, array)                                             \
    {                                                                                              \
        .id = (register_id), .option = (register_option), .name = (register_option),               \
        .kind = FW_REG_BITMAP, .owner = FW_OWNER_VTLEMU, .since = VTLEMU_FIRST,                    \
        .has_absent = true, .functions_are = (what), BITS(array)                                   \
    }

const struct fw_reg fw_regs[] = {
    {.id = FW_ID_PSCI, .option = "psci-version", .name = "PSCI_VERSION", .kind = FW_REG_VERSION,
     .since = "Linux 4.17", NAMES(psci_names)},
    {.id = FW_ID_WORKAROUND_1, .option = "workaround-1", .name = "WORKAROUND_1",
     .kind = FW_REG_LEVEL, .since = "Linux 5.3", .has_absent = true, NAMES(workaround_names)},
    {.id = FW_ID_WORKAROUND_2, .option = "workaround-2", .name = "WORKAROUND_2",
     .kind = FW_REG_LEVEL, .since = "Linux 5.3", .has_absent = true, NAMES(workaround_2_names)},
    {.id = FW_ID_WORKAROUND_3, .option = "workaround-3", .name = "WORKAROUND_3",
     .kind = FW_REG_LEVEL, .since = "Linux 5.17", .has_absent = true, NAMES(workaround_3_names)},
    {.id = FW_ID_STD, .option = "std", .name = "STD_BMAP", .kind = FW_REG_BITMAP,
     .since = LINUX_BITMAPS, .functions_are = "function ids", BITS(std_bits)},
    {.id = FW_ID_STD_HYP, .option = "std-hyp", .name = "STD_HYP_BMAP", .kind = FW_REG_BITMAP,
     .since = LINUX_BITMAPS, .functions_are = "function ids", BITS(std_hyp_bits)},
    {.id = FW_ID_VENDOR_HYP, .option = "vendor-hyp", .name = "VENDOR_HYP_BMAP",
     .kind = FW_REG_BITMAP, .since = LINUX_BITMAPS, .functions_are = "function ids",
     BITS(vendor_hyp_bits)},
    {.id = FW_ID_VENDOR_HYP_2, .option = "vendor-hyp-2", .name = "VENDOR_HYP_BMAP_2",
     .kind = FW_REG_BITMAP, .since = LINUX_IMPLEMENTATION, .has_absent = true,
     .functions_are = "function ids", BITS(vendor_hyp_2_bits)},
    OWN(FW_ID_HV_FEATURES, "hv-features", "registers", hv_features_bits),
    OWN(FW_ID_HV_CALLS, "hv-calls", "hypercalls", hv_calls_bits),
    OWN(FW_ID_HV_VSM, "hv-vsm", "hypercalls", hv_vsm_bits),
    OWN(FW_ID_HV_VMBUS, "hv-vmbus", NULL, hv_vmbus_bits),
};

const size_t fw_reg_count = G_N_ELEMENTS(fw_regs);

const struct fw_reg *fw_reg_find(uint64_t id)
{
    for (size_t i = 0; i < fw_reg_count; i++)
        if (fw_regs[i].id == id)
            return &fw_regs[i];
    return NULL;
}

const struct fw_reg *fw_reg_find_option(const char *option)
{
    for (size_t i = 0; i < fw_reg_count; i++)
        if (!g_ascii_strcasecmp(fw_regs[i].option, option))
            return &fw_regs[i];
    return NULL;
}

int fw_reg_find_bit(const struct fw_reg *reg, const char *name)
{
    for (unsigned bit = 0; bit < reg->bit_count; bit++)
        if (!g_ascii_strcasecmp(reg->bits[bit].name, name))
            return (int)bit;
    return -1;
}

uint64_t fw_reg_known(const struct fw_reg *reg)
{
    return (UINT64_C(1) << reg->bit_count) - 1;
}

/* --- Texts ------------------------------------------------------------------------------------ */

char *fw_reg_title(uint64_t id)
{
    const struct fw_reg *reg = fw_reg_find(id);

    return reg ? g_strdup(reg->option) : g_strdup_printf("0x%" G_GINT64_MODIFIER "x", id);
}

char *fw_reg_bit_text(uint64_t id, unsigned bit)
{
    const struct fw_reg *reg = fw_reg_find(id);

    return reg && bit < reg->bit_count ? g_strdup(reg->bits[bit].name)
                                       : g_strdup_printf("bit%u", bit);
}

static char *bitmap_text(uint64_t id, uint64_t value)
{
    GString *text = g_string_new(value ? NULL : "none");

    for (unsigned bit = 0; bit < 64; bit++) {
        g_autofree char *name = fw_reg_bit_text(id, bit);

        if (value >> bit & 1)
            g_string_append_printf(text, "%s%s", text->len ? "," : "", name);
    }
    return g_string_free(text, FALSE);
}

static bool is_version(uint64_t value)
{
    return value <= UINT32_MAX;
}

char *fw_reg_text(uint64_t id, uint64_t value)
{
    const struct fw_reg *reg = fw_reg_find(id);

    if (reg ? reg->kind == FW_REG_BITMAP : (id & FW_ID_CLASS) == FW_ID_FEATURES)
        return bitmap_text(id, value);
    for (unsigned i = 0; reg && i < reg->name_count; i++)
        if (reg->names[i].value == value)
            return g_strdup(reg->names[i].name);
    if (reg && reg->kind == FW_REG_VERSION && is_version(value))
        return g_strdup_printf("%u.%u", (unsigned)(value >> 16), (unsigned)(value & 0xffff));
    return g_strdup_printf("0x%" G_GINT64_MODIFIER "x", value);
}

/* --- Discovery -------------------------------------------------------------------------------- */

/* The highest minor version that is tried: Linux adds one now and then. */
#define PSCI_MINOR_MAX 15

/* The most that KVM takes; whatever it says is left in the register. */
static uint64_t try_versions(const struct fw_access *access, const struct fw_host_reg *reg)
{
    for (uint64_t minor = PSCI_MINOR_MAX + 1; minor-- > 0;)
        if (access->set(access->context, reg->id, FW_PSCI(1, minor)) == 0)
            return FW_PSCI(1, minor);
    return reg->value;
}

static uint64_t try_bits(const struct fw_access *access, const struct fw_host_reg *reg)
{
    uint64_t limit = reg->value;

    for (unsigned bit = 0; bit < 64; bit++)
        if (!(limit >> bit & 1) &&
            access->set(access->context, reg->id, UINT64_C(1) << bit) == 0)
            limit |= UINT64_C(1) << bit;
    return limit;
}

/*
 * The level of a workaround is the host's whatever is written; a write only asks whether the host
 * is good enough. So the default is the limit.
 */
static int find_limit(const struct fw_access *access, struct fw_host_reg *reg)
{
    if (reg->id == FW_ID_PSCI)
        reg->limit = try_versions(access, reg);
    else if ((reg->id & FW_ID_CLASS) == FW_ID_FEATURES)
        reg->limit = try_bits(access, reg);
    else
        reg->limit = reg->value;
    return reg->limit == reg->value && reg->id != FW_ID_PSCI
               ? 0
               : access->set(access->context, reg->id, reg->value);
}

static int discover_register(const struct fw_access *access, struct fw_host_reg *reg)
{
    int error = access->get(access->context, reg->id, &reg->value);

    reg->present = error == 0;
    if (error < 0) {
        reg->value = 0;
        return error == -ENOENT ? 0 : error;
    }
    return find_limit(access, reg);
}

static void begin_host(struct fw_host *host)
{
    *host = (struct fw_host){.count = fw_reg_count};
    for (size_t i = 0; i < fw_reg_count; i++) {
        host->reg[i].id = fw_regs[i].id;
        host->reg[i].reg = &fw_regs[i];
    }
}

void fw_host_own(struct fw_host *host)
{
    begin_host(host);
    for (size_t i = 0; i < host->count; i++) {
        struct fw_host_reg *reg = &host->reg[i];

        if (reg->reg->owner != FW_OWNER_VTLEMU)
            continue;
        reg->present = true;
        reg->value = reg->limit = fw_reg_known(reg->reg);
    }
}

/* What KVM has beyond the table. */
static int add_unknown(const struct fw_access *access, struct fw_host *host)
{
    uint64_t ids[FW_REGS_MAX];
    int count = access->list ? access->list(access->context, ids, FW_REGS_MAX) : 0;

    if (count > FW_REGS_MAX)
        return -E2BIG;
    for (int i = 0; i < count; i++) {
        if (fw_host_find(host, ids[i]))
            continue;
        if (host->count == FW_REGS_MAX)
            return -E2BIG;
        host->reg[host->count++] = (struct fw_host_reg){.id = ids[i]};
    }
    return MIN(count, 0);
}

int fw_host_discover(const struct fw_access *access, struct fw_host *host)
{
    int error;

    fw_host_own(host);
    error = add_unknown(access, host);
    for (size_t i = 0; i < host->count && error == 0; i++)
        if (!host->reg[i].reg || host->reg[i].reg->owner == FW_OWNER_KVM)
            error = discover_register(access, &host->reg[i]);
    return error;
}

const struct fw_host_reg *fw_host_find(const struct fw_host *host, uint64_t id)
{
    for (size_t i = 0; i < host->count; i++)
        if (host->reg[i].id == id)
            return &host->reg[i];
    return NULL;
}
