/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be elected, and writing it to a vCPU: see election.h. */
#include "fw-regs/election.h"

#include <errno.h>
#include <string.h>

/* Bits of a workaround's level (Linux, arch/arm64/kvm/hypercalls.c, KVM_REG_FEATURE_LEVEL_MASK). */
#define LEVEL_MASK UINT64_C(0xf)
#define WORKAROUND_2_ENABLED UINT64_C(0x10)
#define WORKAROUND_2_AVAILABLE 2
#define WORKAROUND_2_NOT_REQUIRED 3

static bool fail(GError **error, enum fw_regs_error code, uint64_t id, uint64_t value,
                 const char *format, ...) G_GNUC_PRINTF(5, 6);

/* "REG=VALUE: what". */
static bool fail(GError **error, enum fw_regs_error code, uint64_t id, uint64_t value,
                 const char *format, ...)
{
    g_autofree char *title = fw_reg_title(id), *text = fw_reg_text(id, value), *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, FW_REGS_ERROR, (gint)code, "%s=%s: %s", title, text, what);
    return false;
}

static bool check_version(const struct fw_host_reg *has, uint64_t value, GError **error)
{
    g_autofree char *limit = fw_reg_text(has->id, has->limit);

    if (value == FW_PSCI(0, 1))
        return fail(error, FW_ERROR_RULE, has->id, value, "its calls have other numbers, and KVM "
                    "has it for processors without KVM_ARM_VCPU_PSCI_0_2 only; give 0.2 to %s, with "
                    "the dot (the number 1 is 0.1)", limit);
    if (value == FW_PSCI(0, 2) || (value >> 16 == 1 && value <= has->limit))
        return true;
    if (value > has->limit)
        return fail(error, FW_ERROR_LIMIT, has->id, value, "this host's limit is %s; give that or "
                    "an older one", limit);
    return fail(error, FW_ERROR_UNKNOWN_BIT, has->id, value, "there is no such version; give 0.2 "
                "or 1.0 to %s", limit);
}

static bool check_level(const struct fw_host_reg *has, uint64_t value, GError **error)
{
    g_autofree char *limit = fw_reg_text(has->id, has->limit);

    if (value & ~LEVEL_MASK)
        return fail(error, FW_ERROR_UNKNOWN_BIT, has->id, value, "there is no such level");
    if (value <= has->limit)
        return true;
    return fail(error, FW_ERROR_LIMIT, has->id, value, "this host has %s, and KVM takes that or "
                "less: a guest that counts on more would not be safe here", limit);
}

/* KVM knows two states of the host only, and takes the others for one of them. */
static bool check_workaround_2(const struct fw_host_reg *has, uint64_t value, GError **error)
{
    uint64_t level = value & LEVEL_MASK;

    if (value & ~(LEVEL_MASK | WORKAROUND_2_ENABLED) || level > WORKAROUND_2_NOT_REQUIRED)
        return fail(error, FW_ERROR_UNKNOWN_BIT, has->id, value, "there is no such level");
    if (value & WORKAROUND_2_ENABLED && level != WORKAROUND_2_AVAILABLE)
        return fail(error, FW_ERROR_RULE, has->id, value, "KVM has the bit \"enabled\" (0x10) with "
                    "the level \"available\" (2) only");
    if (level >= WORKAROUND_2_AVAILABLE && (has->limit & LEVEL_MASK) < WORKAROUND_2_NOT_REQUIRED)
        return fail(error, FW_ERROR_LIMIT, has->id, value, "this host has not-available, and KVM "
                    "takes available, enabled and not-required only where it has not-required");
    return true;
}

static bool check_bitmap(const struct fw_host_reg *has, uint64_t value, GError **error)
{
    uint64_t beyond = value & ~has->limit;
    uint64_t known = has->reg ? beyond & fw_reg_known(has->reg) : 0;
    g_autofree char *limit = fw_reg_text(has->id, has->limit), *bits = NULL;
    unsigned first;

    if (!beyond)
        return true;
    bits = fw_reg_text(has->id, known ? known : beyond);
    if (!known)
        return fail(error, FW_ERROR_UNKNOWN_BIT, has->id, value, "%s: neither this host nor vtlemu "
                    "knows it; the limit is %s", bits, limit);
    first = (unsigned)__builtin_ctzll(known);
    return fail(error, FW_ERROR_LIMIT, has->id, value, "%s: beyond this host's limit, which is %s; "
                "leave it out, or take a host with %s or newer", bits, limit,
                has->reg->bits[first].since);
}

static bool check_present(const struct fw_host_reg *has, uint64_t value, GError **error)
{
    if (has->reg ? has->reg->kind == FW_REG_BITMAP : (has->id & FW_ID_CLASS) == FW_ID_FEATURES)
        return check_bitmap(has, value, error);
    if (has->id == FW_ID_PSCI)
        return check_version(has, value, error);
    if (has->id == FW_ID_WORKAROUND_2)
        return check_workaround_2(has, value, error);
    if (has->reg)
        return check_level(has, value, error);
    return value == has->value ||
           fail(error, FW_ERROR_RULE, has->id, value, "nobody here knows what this register takes; "
                "leave it as it is");
}

bool fw_election_check_register(const struct fw_host *host, uint64_t id, uint64_t value,
                                GError **error)
{
    const struct fw_host_reg *has = fw_host_find(host, id);

    if (!has)
        return fail(error, FW_ERROR_UNKNOWN_REGISTER, id, value, "neither this host nor vtlemu has "
                    "such a firmware register");
    if (!has->present)
        return fail(error, FW_ERROR_ABSENT, id, value, "this host's kernel has no such firmware "
                    "register; there is one since %s", has->reg ? has->reg->since : "?");
    return check_present(has, value, error);
}

/* --- What needs what -------------------------------------------------------------------------- */

struct service {
    const char *reg, *bit; /* bit NULL: any of the register's */
};

/* A row's first needs its second. */
static const struct {
    struct service what, needs;
} needs[] = {
    {{"hv-features", NULL}, {"hv-features", "hypercall"}},
    {{"hv-calls", NULL}, {"hv-features", "hypercall"}},
    {{"hv-vsm", NULL}, {"hv-features", "hypercall"}},
    {{"hv-vmbus", NULL}, {"hv-features", "hypercall"}},
    {{"hv-features", "stimer"}, {"hv-features", "synic"}},
    {{"hv-features", "stimer"}, {"hv-features", "time_ref_count"}},
    {{"hv-features", "direct_stimer"}, {"hv-features", "stimer"}},
    {{"hv-features", "sint_polling"}, {"hv-features", "synic"}},
    {{"hv-calls", "messages"}, {"hv-features", "synic"}},
    {{"hv-calls", "events"}, {"hv-features", "synic"}},
    {{"hv-calls", "ports"}, {"hv-features", "synic"}},
    {{"hv-calls", "direct"}, {"hv-features", "synic"}},
    {{"hv-vsm", "protections"}, {"hv-vsm", "vtls"}},
    {{"hv-vsm", "intercepts"}, {"hv-vsm", "vtls"}},
    {{"hv-vsm", "intercepts"}, {"hv-features", "synic"}},
    {{"hv-vsm", "vina"}, {"hv-vsm", "vtls"}},
    {{"hv-vsm", "tlb_lock"}, {"hv-vsm", "vtls"}},
    {{"hv-vsm", "vtls"}, {"hv-features", "assist_page"}},
    {{"hv-vsm", "vtls"}, {"hv-features", "vp_registers"}},
    {{"hv-vmbus", NULL}, {"hv-vmbus", "bus"}},
    {{"hv-vmbus", "bus"}, {"hv-features", "synic"}},
    {{"hv-vmbus", "bus"}, {"hv-features", "vp_index"}},
    {{"hv-vmbus", "bus"}, {"hv-calls", "messages"}},
    {{"hv-vmbus", "bus"}, {"hv-calls", "events"}},
    {{"vendor-hyp-2", NULL}, {"vendor-hyp", "func_feat"}},
    {{"vendor-hyp-2", "discover_impl_cpus"}, {"vendor-hyp-2", "discover_impl_ver"}},
};

static bool has_service(const struct fw_election *election, const struct service *service)
{
    const struct fw_reg *reg = fw_reg_find_option(service->reg);
    uint64_t value = fw_election_value(election, reg->id);

    return service->bit ? value >> fw_reg_find_bit(reg, service->bit) & 1 : value != 0;
}

static bool check_combinations(const struct fw_election *election, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(needs); i++) {
        const struct service *what = &needs[i].what, *other = &needs[i].needs;

        if (!has_service(election, what) || has_service(election, other))
            continue;
        g_set_error(error, FW_REGS_ERROR, FW_ERROR_COMBINATION, "%s%s%s needs %s=%s, which is not "
                    "elected; give %s=+%s, too, or %s=%s%s%s", what->reg, what->bit ? "=" : "",
                    what->bit ? what->bit : "", other->reg, other->bit, other->reg, other->bit,
                    what->reg, what->bit ? "-" : "none", what->bit ? what->bit : "",
                    strcmp(other->bit, "hypercall") ? "" : "; --hv-services none leaves out all of "
                                                           "Hyper-V's");
        return false;
    }
    return true;
}

bool fw_election_check(const struct fw_election *election, const struct fw_host *host,
                       GError **error)
{
    for (size_t i = 0; i < election->count; i++)
        if (!fw_election_check_register(host, election->reg[i].id, election->reg[i].value, error))
            return false;
    return check_combinations(election, error);
}

/* --- From elsewhere --------------------------------------------------------------------------- */

/* A register that is stored, but not here. */
static bool tolerate(const struct fw_elected *stored, GError **error)
{
    const struct fw_reg *reg = fw_reg_find(stored->id);
    g_autofree char *absent = NULL;

    if (reg && reg->has_absent && stored->value == reg->absent)
        return true;
    if (!reg || !reg->has_absent)
        return fail(error, FW_ERROR_ABSENT, stored->id, stored->value, "this host has no such "
                    "firmware register, and cannot do without it");
    absent = fw_reg_text(reg->id, reg->absent);
    return fail(error, FW_ERROR_ABSENT, stored->id, stored->value, "this host has no such firmware "
                "register (there is one since %s), and behaves as with %s; elect that where the "
                "guest starts", reg->since, absent);
}

/* A register that is here, but not stored, must not show the guest anything new. */
static bool supply(struct fw_election *election, const struct fw_host_reg *has, GError **error)
{
    if (has->reg && !has->reg->has_absent)
        return fail(error, FW_ERROR_ABSENT, has->id, has->value, "what the guest had is not known");
    return fw_election_set(election, has->id, has->reg ? has->reg->absent : 0);
}

bool fw_election_adopt(struct fw_election *election, const struct fw_host *host,
                       const struct fw_election *stored, GError **error)
{
    election->count = 0;
    for (size_t i = 0; i < stored->count; i++) {
        const struct fw_host_reg *has = fw_host_find(host, stored->reg[i].id);

        if (!has || !has->present) {
            if (!tolerate(&stored->reg[i], error))
                return false;
        } else {
            fw_election_set(election, has->id, stored->reg[i].value);
        }
    }
    for (size_t i = 0; i < host->count; i++) {
        uint64_t value;

        if (host->reg[i].present && !fw_election_get(election, host->reg[i].id, &value) &&
            !supply(election, &host->reg[i], error))
            return false;
    }
    return fw_election_check(election, host, error);
}

/* --- To a vCPU -------------------------------------------------------------------------------- */

static bool fail_write(const struct fw_elected *elected, int result, GError **error)
{
    if (result == -EBUSY)
        return fail(error, FW_ERROR_LATE, elected->id, elected->value, "too late: the virtual "
                    "machine has run, and what it sees is fixed from then on");
    if (result == -ENOENT)
        return fail(error, FW_ERROR_ABSENT, elected->id, elected->value, "this host's kernel has "
                    "no such firmware register");
    return fail(error, result == -EINVAL ? FW_ERROR_RULE : FW_ERROR_LIMIT, elected->id,
                elected->value, "KVM refuses it: %s", g_strerror(-result));
}

/* The level of a workaround stays the host's, which is no less. */
static bool reads_back(const struct fw_reg *reg, uint64_t wanted, uint64_t value)
{
    return (reg && reg->kind == FW_REG_LEVEL) || wanted == value;
}

static bool write_register(const struct fw_elected *elected, const struct fw_access *access,
                           GError **error)
{
    g_autofree char *text = NULL;
    uint64_t value = 0;
    int result = access->set(access->context, elected->id, elected->value);

    if (result == 0)
        result = access->get(access->context, elected->id, &value);
    if (result < 0)
        return fail_write(elected, result, error);
    if (reads_back(fw_reg_find(elected->id), elected->value, value))
        return true;
    text = fw_reg_text(elected->id, value);
    return fail(error, FW_ERROR_RULE, elected->id, elected->value, "KVM took it, but has %s", text);
}

bool fw_election_write(const struct fw_election *election, const struct fw_access *access,
                       GError **error)
{
    for (size_t i = 0; i < election->count; i++)
        if ((election->reg[i].id & FW_ID_CLASS) != FW_ID_VTLEMU &&
            !write_register(&election->reg[i], access, error))
            return false;
    return true;
}
