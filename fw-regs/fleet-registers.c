/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware registers of guests and hosts, compared: see fleet.h. The rules are those of electing. */
#include "fw-regs/fleet-private.h"

/* The register of a host, if it has it. */
static const struct fw_host_reg *find(const struct manifest *host, uint64_t id)
{
    const struct fw_host_reg *reg = fw_host_find(&host->registers, id);

    return reg && reg->present ? reg : NULL;
}

/* Is a host without the register as one where it has that value? */
static bool is_absent_value(uint64_t id, uint64_t value)
{
    const struct fw_reg *reg = fw_reg_find(id);

    return reg && reg->has_absent && reg->absent == value;
}

static bool can_hold(const struct manifest *host, uint64_t id, uint64_t value)
{
    const struct fw_host_reg *reg = find(host, id);

    return reg ? fw_election_check_register(&host->registers, id, value, NULL)
               : is_absent_value(id, value);
}

static bool is_bitmap(uint64_t id)
{
    const struct fw_reg *reg = fw_reg_find(id);

    return reg ? reg->kind == FW_REG_BITMAP : (id & FW_ID_CLASS) == FW_ID_FEATURES;
}

static bool is_level(uint64_t id)
{
    const struct fw_reg *reg = fw_reg_find(id);

    return reg && reg->kind == FW_REG_LEVEL;
}

/* --- Can it migrate? -------------------------------------------------------------------------- */

/* The kernel or the vtlemu that would have the register and these services. */
static char *since_text(uint64_t id, uint64_t bits)
{
    const struct fw_reg *reg = fw_reg_find(id);
    const char *since = reg ? reg->since : NULL;

    for (unsigned bit = 0; reg && bit < reg->bit_count; bit++)
        if (bits >> bit & 1)
            since = reg->bits[bit].since;
    return since ? g_strdup_printf(", or have %s or newer there", since) : g_strdup("");
}

/* "--fw-reg std=-trng_v1_0": takes away what is beyond. */
static char *without_bits(uint64_t id, uint64_t bits, bool absent)
{
    g_autoptr(GString) list = g_string_new(NULL);
    g_autofree char *title = fw_reg_title(id);
    g_autofree char *since = absent ? since_text(id, bits) : g_strdup("");

    for (unsigned bit = 0; bit < 64; bit++) {
        g_autofree char *name = fw_reg_bit_text(id, bit);

        if (bits >> bit & 1)
            g_string_append_printf(list, "%s-%s", list->len ? "," : "", name);
    }
    return g_strdup_printf("start the guest with --fw-reg %s=%s%s", title, list->str, since);
}

static char *remedy_for(const struct manifest *host, uint64_t id, uint64_t value)
{
    const struct fw_host_reg *has = find(host, id);
    const struct fw_reg *reg = fw_reg_find(id);
    g_autofree char *title = fw_reg_title(id), *limit = NULL;

    if (is_level(id))
        return g_strdup("KVM lowers no workaround's level for a guest: start it on a host that has "
                        "this level, or a lower one");
    if (!has && !(reg && reg->has_absent))
        return g_strdup_printf("have %s or newer there: no guest can do without this register",
                               reg ? reg->since : "the same kernel");
    if (is_bitmap(id))
        return without_bits(id, has ? value & ~has->limit : value, !has);
    if (!has)
        return fleet_start_there(host);
    limit = fw_reg_text(id, has->limit);
    return g_strdup_printf("start the guest with --fw-reg %s=%s", title, limit);
}

static void refuse(const struct manifest *guest, const struct manifest *host, uint64_t id,
                   uint64_t value, struct fleet_report *report)
{
    const struct fw_host_reg *has = find(host, id);
    g_autofree char *title = fw_reg_title(id), *given = fw_reg_text(id, value);
    g_autofree char *limit = has ? fw_reg_text(id, has->limit) : NULL;

    fleet_add(report, MANIFEST_REGISTERS,
              has ? g_strdup_printf("%s: %s has %s; the most that %s can have is %s", title,
                                    guest->source, given, host->source, limit)
                  : g_strdup_printf("%s: %s has %s; %s has no such register", title,
                                    guest->source, given, host->source),
              remedy_for(host, id, value));
}

/* What the host has and the guest never had: it must stay away. */
static void check_new(const struct manifest *guest, const struct manifest *host,
                      const struct fw_host_reg *has, struct fleet_report *report)
{
    g_autofree char *title = fw_reg_title(has->id), *value = fw_reg_text(has->id, has->value);
    uint64_t absent = has->reg ? has->reg->absent : 0;

    if ((!has->reg || has->reg->has_absent) && can_hold(host, has->id, absent))
        return;
    fleet_add(report, MANIFEST_REGISTERS,
              g_strdup_printf("%s: %s does not tell what the guest has; %s has %s", title,
                              guest->source, host->source, value),
              g_strdup("take the guest's document with the same vtlemu as the host's"));
}

void fleet_registers_migrate(const struct manifest *guest, const struct manifest *host,
                             struct fleet_report *report)
{
    const struct fw_election *election = &guest->election;
    uint64_t value;

    for (size_t i = 0; i < election->count; i++)
        if (!can_hold(host, election->reg[i].id, election->reg[i].value))
            refuse(guest, host, election->reg[i].id, election->reg[i].value, report);
    for (size_t i = 0; i < host->registers.count; i++)
        if (host->registers.reg[i].present &&
            !fw_election_get(election, host->registers.reg[i].id, &value))
            check_new(guest, host, &host->registers.reg[i], report);
}

/* --- Differences ------------------------------------------------------------------------------ */

/* "trng_v1_0 (at most trng_v1_0,bit1)", "1.1", "not there". */
static char *describe(const struct manifest *manifest, uint64_t id)
{
    const struct fw_host_reg *has = find(manifest, id);
    g_autofree char *text = NULL, *limit = NULL;
    uint64_t value;

    if (!has && !fw_election_get(&manifest->election, id, &value))
        return g_strdup("not there");
    if (!has)
        return fw_reg_text(id, value);
    text = fw_reg_text(id, has->value);
    limit = fw_reg_text(id, has->limit);
    return has->value == has->limit ? g_strdup(text)
                                    : g_strdup_printf("%s, at most %s", text, limit);
}

static void diff_one(const struct manifest *one, const struct manifest *other, uint64_t id,
                     struct fleet_report *report)
{
    g_autofree char *title = fw_reg_title(id);
    g_autofree char *first = describe(one, id), *second = describe(other, id);

    if (g_strcmp0(first, second))
        fleet_add(report, MANIFEST_REGISTERS,
                  g_strdup_printf("%s: %s: %s; %s: %s", title, one->source, first, other->source,
                                  second), NULL);
}

/* Has the document anything to say of the register? */
static bool tells(const struct manifest *manifest, uint64_t id)
{
    uint64_t value;

    return find(manifest, id) || fw_election_get(&manifest->election, id, &value);
}

/* The registers of @one, or of those that @before has not had. */
static void diff_all_of(const struct manifest *whose, const struct manifest *before,
                        const struct manifest *one, const struct manifest *other,
                        struct fleet_report *report)
{
    for (size_t i = 0; i < whose->registers.count; i++)
        if (whose->registers.reg[i].present &&
            !(before && tells(before, whose->registers.reg[i].id)))
            diff_one(one, other, whose->registers.reg[i].id, report);
    for (size_t i = 0; i < whose->election.count; i++)
        if (!find(whose, whose->election.reg[i].id) &&
            !(before && tells(before, whose->election.reg[i].id)))
            diff_one(one, other, whose->election.reg[i].id, report);
}

void fleet_registers_diff(const struct manifest *one, const struct manifest *other,
                          struct fleet_report *report)
{
    diff_all_of(one, NULL, one, other, report);
    diff_all_of(other, one, one, other, report);
}

/* --- What all can hold ------------------------------------------------------------------------ */

/* The most that each host can hold, going down from what the first one has. */
static bool common_value(const struct manifest *const *hosts, size_t count, uint64_t id,
                         bool limit, uint64_t *value)
{
    bool first = true;

    for (size_t i = 0; i < count; i++) {
        const struct fw_host_reg *has = find(hosts[i], id);
        const struct fw_reg *reg = fw_reg_find(id);
        uint64_t here;

        if (!has && !(reg && reg->has_absent))
            return false;
        here = !has ? reg->absent : limit ? has->limit : has->value;
        if (first)
            *value = here;
        else
            *value = is_bitmap(id) ? *value & here : MIN(*value, here);
        first = false;
    }
    return true;
}

/* Has every host the same value? */
static bool is_equal(const struct manifest *const *hosts, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (!find(hosts[i], id) || find(hosts[i], id)->value != find(hosts[0], id)->value)
            return false;
    return true;
}

static void note_uncommon(const struct manifest *const *hosts, size_t count, uint64_t id,
                          uint64_t value, struct fleet_report *report)
{
    g_autofree char *title = fw_reg_title(id), *lowest = fw_reg_text(id, value);

    for (size_t i = 0; i < count; i++) {
        const struct fw_host_reg *has = find(hosts[i], id);
        g_autofree char *text = has ? fw_reg_text(id, has->value) : NULL;

        if (has && has->value != value)
            fleet_add(report, MANIFEST_REGISTERS,
                      g_strdup_printf("%s: %s has %s, others no more than %s, and KVM lowers it for "
                                      "nobody", title, hosts[i]->source, text, lowest),
                      g_strdup_printf("start guests elsewhere than on %s", hosts[i]->source));
    }
}

/*
 * A level that KVM does not lower is nobody's to elect; services that are off by default stay off,
 * as far as they are not on everywhere.
 */
static void add_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                       uint64_t id, struct fleet_report *report)
{
    struct fw_host_reg reg = {.id = id, .reg = fw_reg_find(id), .present = true};
    g_autofree char *title = fw_reg_title(id);

    if (!common_value(hosts, count, id, false, &reg.value) ||
        !common_value(hosts, count, id, true, &reg.limit)) {
        fleet_add(report, MANIFEST_REGISTERS,
                  g_strdup_printf("%s: some hosts have no such register", title),
                  g_strdup("have the same kernel on all of them"));
        return;
    }
    common->registers.reg[common->registers.count++] = reg;
    if (is_level(id) && !is_equal(hosts, count, id))
        note_uncommon(hosts, count, id, reg.value, report);
    else
        fw_election_set(&common->election, id, reg.value);
}

void fleet_registers_common(struct manifest *common, const struct manifest *const *hosts,
                            size_t count, struct fleet_report *report)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < hosts[i]->registers.count; j++)
            if (hosts[i]->registers.reg[j].present &&
                !fw_host_find(&common->registers, hosts[i]->registers.reg[j].id) &&
                common->registers.count < FW_REGS_MAX)
                add_common(common, hosts, count, hosts[i]->registers.reg[j].id, report);
}
