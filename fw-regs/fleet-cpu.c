/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processors of guests and hosts, compared: see fleet.h. A guest may go where each field of its ID
 * registers is as it has seen it, or can be made so.
 */
#include <string.h>

#include "fw-regs/cpu-features.h"
#include "fw-regs/fleet-private.h"

#define SVE_UNIT 128u /* bits */
#define SVE_LENGTHS 16u

/* What a register says of one that has it not: zeroes, which no one can change. */
static struct id_value value_of(const struct manifest *manifest, size_t index)
{
    static const struct id_value none = {false, 0, 0};

    return manifest->id[index].present ? manifest->id[index] : none;
}

/* These follow from whether a guest has SVE, which it is asked for, and are never written. */
static bool is_of_sve(const struct id_register *reg, const struct id_field *field)
{
    return !strcmp(reg->name, "ID_AA64ZFR0_EL1") ||
           (!strcmp(reg->name, "ID_AA64PFR0_EL1") && field && !strcmp(field->name, "SVE"));
}

static bool has_sve(const struct manifest *guest)
{
    return guest->kind == MANIFEST_GUEST && manifest_has(guest, MANIFEST_SVE) &&
           guest->sve_lengths;
}

/* --- Can it migrate? -------------------------------------------------------------------------- */

/* Features of the guest that the field tells of and the host does not have: "-sha3,-sha512". */
static char *features_between(const struct id_register *reg, const struct id_field *field,
                              int64_t guest, int64_t host)
{
    GString *list = g_string_new(NULL);

    for (size_t i = 0; i < cpu_feature_count; i++)
        for (unsigned j = 0; j < CPU_FEATURE_FIELDS && cpu_features[i].fields[j].reg; j++) {
            const struct cpu_feature_field *named = &cpu_features[i].fields[j];

            if (cpu_features[i].means == CPU_BY_FIELDS && !strcmp(named->reg, reg->name) &&
                !strcmp(named->field, field->name) && guest >= named->level &&
                host < named->level)
                g_string_append_printf(list, "%s-%s", list->len ? "," : "", cpu_features[i].name);
        }
    return g_string_free(list, FALSE);
}

static char *field_remedy(const struct manifest *host, const struct id_register *reg,
                          const struct id_field *field, int64_t guest, int64_t has)
{
    g_autofree char *features = features_between(reg, field, guest, has);

    if (*features)
        return g_strdup_printf("start the guest with --cpu %s", features);
    if (field->rule == ID_SAME)
        return g_strdup("take a host with the same processor: guests know this one");
    return fleet_start_there(host);
}

static void check_field(const struct manifest *guest, const struct manifest *host, size_t index,
                        const struct id_field *field, struct fleet_report *report)
{
    const struct id_register *reg = &id_registers[index];
    struct id_value has = value_of(host, index), wanted = value_of(guest, index);
    int64_t wants = id_field_get(field, wanted.value), here = id_field_get(field, has.value);
    uint64_t mask = id_field_mask(field);
    bool writable = (has.writable & mask) == mask;

    if (wants == here || (writable && id_field_fits(field, here, wants)))
        return;
    /* Who has neither of them says nothing of the processor. */
    if (field->rule == ID_SAME && !(has.present && wanted.present))
        return;
    if (is_of_sve(reg, field) && !has_sve(guest))
        return;
    fleet_add(report, MANIFEST_CPU,
              g_strdup_printf("%s.%s: %s has %" G_GINT64_FORMAT "; %s has %" G_GINT64_FORMAT "%s",
                              reg->name, field->name, guest->source, wants, host->source, here,
                              id_field_fits(field, here, wants) ? ", and KVM there does not change it"
                                                                : ""),
              field_remedy(host, reg, field, wants, here));
}

/* Bits in no field: they must be as they were, or be made so. */
static void check_rest(const struct manifest *guest, const struct manifest *host, size_t index,
                       struct fleet_report *report)
{
    struct id_value has = value_of(host, index), wanted = value_of(guest, index);
    uint64_t rest = (has.value ^ wanted.value) & ~id_register_mask(&id_registers[index]);

    if (!(rest & ~has.writable) || (is_of_sve(&id_registers[index], NULL) && !has_sve(guest)))
        return;
    fleet_add(report, MANIFEST_CPU,
              g_strdup_printf("%s: %s has 0x%" G_GINT64_MODIFIER "x, %s has 0x%" G_GINT64_MODIFIER
                              "x in bits that this vtlemu does not know", id_registers[index].name,
                              guest->source, wanted.value & rest, host->source, has.value & rest),
              fleet_start_there(host));
}

void fleet_cpu_migrate(const struct manifest *guest, const struct manifest *host,
                       struct fleet_report *report)
{
    for (size_t i = 0; i < id_register_count; i++) {
        for (size_t j = 0; j < id_registers[i].field_count; j++)
            check_field(guest, host, i, &id_registers[i].fields[j], report);
        check_rest(guest, host, i, report);
    }
}

/* --- Differences ------------------------------------------------------------------------------ */

static void diff_field(const struct manifest *one, const struct manifest *other, size_t index,
                       const struct id_field *field, struct fleet_report *report)
{
    int64_t first = id_field_get(field, one->id[index].value);
    int64_t second = id_field_get(field, other->id[index].value);

    if (first != second)
        fleet_add(report, MANIFEST_CPU,
                  g_strdup_printf("%s.%s: %s: %" G_GINT64_FORMAT "; %s: %" G_GINT64_FORMAT,
                                  id_registers[index].name, field->name, one->source, first,
                                  other->source, second), NULL);
}

static void diff_bits(const struct manifest *one, const struct manifest *other, size_t index,
                      const char *what, uint64_t first, uint64_t second,
                      struct fleet_report *report)
{
    if (first != second)
        fleet_add(report, MANIFEST_CPU,
                  g_strdup_printf("%s: %s: %s: 0x%" G_GINT64_MODIFIER "x; %s: 0x%"
                                  G_GINT64_MODIFIER "x", id_registers[index].name, what,
                                  one->source, first, other->source, second), NULL);
}

static void diff_register(const struct manifest *one, const struct manifest *other, size_t index,
                          struct fleet_report *report)
{
    const struct id_register *reg = &id_registers[index];
    uint64_t rest = ~id_register_mask(reg);
    bool hosts = one->kind != MANIFEST_GUEST && other->kind != MANIFEST_GUEST;

    if (one->id[index].present != other->id[index].present) {
        const struct manifest *has = one->id[index].present ? one : other;

        fleet_add(report, MANIFEST_CPU,
                  g_strdup_printf("%s: only %s has it: 0x%" G_GINT64_MODIFIER "x", reg->name,
                                  has->source, has->id[index].value), NULL);
        return;
    }
    for (size_t j = 0; j < reg->field_count; j++)
        diff_field(one, other, index, &reg->fields[j], report);
    diff_bits(one, other, index, "other bits", one->id[index].value & rest,
              other->id[index].value & rest, report);
    if (hosts)
        diff_bits(one, other, index, "bits that KVM can change", one->id[index].writable,
                  other->id[index].writable, report);
}

void fleet_cpu_diff(const struct manifest *one, const struct manifest *other,
                    struct fleet_report *report)
{
    for (size_t i = 0; i < id_register_count; i++)
        diff_register(one, other, i, report);
}

/* --- What all can have ------------------------------------------------------------------------ */

/* Levels the field of @common and that of a host; false: they cannot be. */
static bool level_field(struct id_value *common, const struct id_field *field,
                        const struct id_value *host)
{
    int64_t one = id_field_get(field, common->value), other = id_field_get(field, host->value);
    int64_t level;

    if (!id_field_common(field, one, other, &level))
        return false;
    common->value = id_field_set(field, common->value, level);
    return true;
}

/* Who has more than the common value and cannot do with less. */
static void note_host(const struct manifest *host, size_t index, const struct id_field *field,
                      uint64_t common, struct fleet_report *report)
{
    struct id_value has = value_of(host, index);
    int64_t here = id_field_get(field, has.value), level = id_field_get(field, common);
    uint64_t mask = id_field_mask(field);

    if (here == level || (has.writable & mask) == mask ||
        is_of_sve(&id_registers[index], field) || (field->rule == ID_SAME && !has.present))
        return;
    fleet_add(report, MANIFEST_CPU,
              g_strdup_printf("%s.%s: %s has %" G_GINT64_FORMAT ", where %" G_GINT64_FORMAT " is "
                              "what all could have, and KVM there does not change it",
                              id_registers[index].name, field->name, host->source, here, level),
              g_strdup_printf("start guests elsewhere than on %s", host->source));
}

static void common_field(struct manifest *common, const struct manifest *const *hosts,
                         size_t count, size_t index, const struct id_field *field,
                         struct fleet_report *report)
{
    struct id_value *value = &common->id[index];

    for (size_t i = 1; i < count; i++) {
        struct id_value has = value_of(hosts[i], index);

        /* Who does not show which processor it is says nothing of it. */
        if ((field->rule == ID_SAME && !(has.present && hosts[0]->id[index].present)) ||
            level_field(value, field, &has))
            continue;
        fleet_add(report, MANIFEST_CPU,
                  g_strdup_printf("%s.%s: %s and %s differ, and no value does for both",
                                  id_registers[index].name, field->name, hosts[0]->source,
                                  hosts[i]->source),
                  g_strdup("keep guests on hosts with the same processor"));
        return;
    }
    for (size_t i = 0; i < count; i++)
        note_host(hosts[i], index, field, value->value, report);
}

static void common_register(struct manifest *common, const struct manifest *const *hosts,
                            size_t count, size_t index, struct fleet_report *report)
{
    struct id_value *value = &common->id[index];

    *value = value_of(hosts[0], index);
    for (size_t i = 1; i < count; i++) {
        struct id_value has = value_of(hosts[i], index);

        value->writable &= has.writable;
        value->present |= has.present;
    }
    for (size_t j = 0; j < id_registers[index].field_count; j++)
        common_field(common, hosts, count, index, &id_registers[index].fields[j], report);
}

void fleet_cpu_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                      struct fleet_report *report)
{
    for (size_t i = 0; i < id_register_count; i++)
        common_register(common, hosts, count, i, report);
}

/* --- Lengths of SVE vectors ------------------------------------------------------------------- */

static char *lengths_text(uint16_t lengths)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < SVE_LENGTHS; i++)
        if (lengths >> i & 1)
            g_string_append_printf(text, "%s%u", text->len ? ", " : "", (i + 1) * SVE_UNIT);
    if (text->len)
        g_string_append(text, " bits");
    else
        g_string_append(text, "none");
    return g_string_free(text, FALSE);
}

/* The lengths up to the longest of @wanted, which must be all that a vCPU has (Linux, api.rst). */
static uint16_t up_to(uint16_t lengths, uint16_t wanted)
{
    uint16_t mask = wanted;

    for (unsigned shift = 1; shift < SVE_LENGTHS; shift *= 2)
        mask |= mask >> shift;
    return lengths & mask;
}

/* The most lengths that both can give a guest. */
static uint16_t common_lengths(uint16_t one, uint16_t other)
{
    for (unsigned i = SVE_LENGTHS; i-- > 0;) {
        uint16_t longest = (uint16_t)(1u << i);

        if (one & other & longest && up_to(one, longest) == up_to(other, longest))
            return up_to(one, longest);
    }
    return 0;
}

void fleet_sve_migrate(const struct manifest *guest, const struct manifest *host,
                       struct fleet_report *report)
{
    uint16_t wanted = has_sve(guest) ? guest->sve_lengths : 0, both;
    g_autofree char *given = lengths_text(wanted), *has = lengths_text(host->sve_lengths);
    unsigned longest = 0;

    if (up_to(host->sve_lengths, wanted) == wanted)
        return;
    both = common_lengths(wanted, host->sve_lengths);
    for (unsigned i = 0; i < SVE_LENGTHS; i++)
        if (both >> i & 1)
            longest = (i + 1) * SVE_UNIT;
    fleet_add(report, MANIFEST_SVE,
              g_strdup_printf("%s has vectors of %s; %s can give %s", guest->source, given,
                              host->source, has),
              longest ? g_strdup_printf("start the guest with --sve %u", longest)
                      : g_strdup("start the guest with --sve off"));
}

void fleet_sve_diff(const struct manifest *one, const struct manifest *other,
                    struct fleet_report *report)
{
    g_autofree char *first = lengths_text(one->sve_lengths);
    g_autofree char *second = lengths_text(other->sve_lengths);

    if (one->sve_lengths != other->sve_lengths)
        fleet_add(report, MANIFEST_SVE,
                  g_strdup_printf("vectors: %s: %s; %s: %s", one->source, first, other->source,
                                  second), NULL);
}

void fleet_sve_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                      struct fleet_report *report)
{
    (void)report;
    common->sve_lengths = hosts[0]->sve_lengths;
    for (size_t i = 1; i < count; i++)
        common->sve_lengths = common_lengths(common->sve_lengths, hosts[i]->sve_lengths);
}
