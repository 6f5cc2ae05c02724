/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values and wishes: see election.h. */
#include "fw-regs/election.h"

#include <string.h>

/* Nobody needs a longer wish; a number of registers or services in it is bounded by that. */
#define WISH_MAX 1024

G_DEFINE_QUARK(fw-regs-error, fw_regs_error)

/* --- Values ----------------------------------------------------------------------------------- */

void fw_election_default(struct fw_election *election, const struct fw_host *host)
{
    election->count = 0;
    for (size_t i = 0; i < host->count; i++)
        if (host->reg[i].present)
            election->reg[election->count++] =
                (struct fw_elected){.id = host->reg[i].id, .value = host->reg[i].value};
}

static const struct fw_elected *find(const struct fw_election *election, uint64_t id)
{
    for (size_t i = 0; i < election->count; i++)
        if (election->reg[i].id == id)
            return &election->reg[i];
    return NULL;
}

bool fw_election_get(const struct fw_election *election, uint64_t id, uint64_t *value)
{
    const struct fw_elected *elected = find(election, id);

    *value = elected ? elected->value : 0;
    return elected != NULL;
}

uint64_t fw_election_value(const struct fw_election *election, uint64_t id)
{
    uint64_t value;

    fw_election_get(election, id, &value);
    return value;
}

bool fw_election_is_chosen(const struct fw_election *election, uint64_t id)
{
    const struct fw_elected *elected = find(election, id);

    return elected && elected->chosen;
}

bool fw_election_set(struct fw_election *election, uint64_t id, uint64_t value)
{
    struct fw_elected *elected = (struct fw_elected *)find(election, id);

    if (!elected && election->count == FW_REGS_MAX)
        return false;
    if (!elected)
        elected = &election->reg[election->count++];
    *elected = (struct fw_elected){.id = id, .value = value, .chosen = true};
    return true;
}

/* --- Texts to values -------------------------------------------------------------------------- */

/* What a value is looked up in; without a host, all that the table knows. */
struct place {
    const char *title; /* of the register, for errors */
    uint64_t id;
    const struct fw_reg *reg;
    uint64_t current, limit;
};

static bool is_bitmap(uint64_t id, const struct fw_reg *reg)
{
    return reg ? reg->kind == FW_REG_BITMAP : (id & FW_ID_CLASS) == FW_ID_FEATURES;
}

/* Words of wishes may be written in capitals, too. */
static bool is_word(const char *text, const char *word)
{
    return !g_ascii_strcasecmp(text, word);
}

static bool begins_with(const char *text, const char *prefix)
{
    return !g_ascii_strncasecmp(text, prefix, strlen(prefix));
}

static bool parse_number(const char *text, uint64_t *value)
{
    bool hex = begins_with(text, "0x");

    return g_ascii_string_to_unsigned(hex ? text + 2 : text, hex ? 16 : 10, 0, UINT64_MAX, value,
                                      NULL);
}

static char *bit_names(const struct fw_reg *reg)
{
    GString *names = g_string_new(NULL);

    for (unsigned bit = 0; reg && bit < reg->bit_count; bit++)
        g_string_append_printf(names, "%s, ", reg->bits[bit].name);
    g_string_append(names, "all, none, bitN or a number");
    return g_string_free(names, FALSE);
}

static bool parse_bit_number(const char *text, uint64_t *mask)
{
    uint64_t bit;

    if (!begins_with(text, "bit") ||
        !g_ascii_string_to_unsigned(text + strlen("bit"), 10, 0, 63, &bit, NULL))
        return false;
    *mask = UINT64_C(1) << bit;
    return true;
}

static bool parse_service(const struct place *place, const char *text, uint64_t *mask,
                          GError **error)
{
    g_autofree char *names = NULL, *shown = NULL;
    int bit = place->reg ? fw_reg_find_bit(place->reg, text) : -1;

    if (bit >= 0) {
        *mask = UINT64_C(1) << bit;
        return true;
    }
    if (is_word(text, "all") || is_word(text, "none")) {
        *mask = is_word(text, "all") ? place->limit : 0;
        return true;
    }
    if (parse_bit_number(text, mask) || parse_number(text, mask))
        return true;
    names = bit_names(place->reg);
    shown = g_strescape(text, NULL);
    g_set_error(error, FW_REGS_ERROR, FW_ERROR_UNKNOWN_BIT, "%s=%s: there is no such service; give "
                "%s", place->title, shown, names);
    return false;
}

static bool is_signed(const char *item)
{
    return *item == '+' || *item == '-';
}

static bool parse_bitmap(const struct place *place, const char *text, uint64_t *value,
                         GError **error)
{
    g_auto(GStrv) items = g_strsplit(text, ",", -1);

    *value = is_signed(text) ? place->current : 0;
    for (char **item = items; *item; item++) {
        uint64_t mask;

        if (!parse_service(place, *item + is_signed(*item), &mask, error))
            return false;
        *value = **item == '-' ? *value & ~mask : *value | mask;
    }
    return true;
}

static bool parse_version(const char *text, uint64_t *value)
{
    g_auto(GStrv) parts = g_strsplit(text, ".", 3);
    uint64_t major, minor;

    if (g_strv_length(parts) != 2 ||
        !g_ascii_string_to_unsigned(parts[0], 10, 0, UINT16_MAX, &major, NULL) ||
        !g_ascii_string_to_unsigned(parts[1], 10, 0, UINT16_MAX, &minor, NULL))
        return false;
    *value = FW_PSCI(major, minor);
    return true;
}

/* Nobody can elect PSCI 0.1 (election-check.c). */
static bool is_offered(const struct fw_reg *reg, uint64_t value)
{
    return reg->kind != FW_REG_VERSION || value != FW_PSCI(0, 1);
}

static char *value_names(const struct fw_reg *reg)
{
    GString *names = g_string_new(NULL);

    for (unsigned i = 0; reg && i < reg->name_count; i++)
        if (is_offered(reg, reg->names[i].value))
            g_string_append_printf(names, "%s, ", reg->names[i].name);
    g_string_append(names, "or a number");
    return g_string_free(names, FALSE);
}

static bool parse_named(const struct place *place, const char *text, uint64_t *value,
                        GError **error)
{
    g_autofree char *names = NULL, *shown = NULL;

    for (unsigned i = 0; place->reg && i < place->reg->name_count; i++)
        if (is_word(text, place->reg->names[i].name)) {
            *value = place->reg->names[i].value;
            return true;
        }
    if (place->reg && place->reg->kind == FW_REG_VERSION && parse_version(text, value))
        return true;
    if (parse_number(text, value))
        return true;
    names = value_names(place->reg);
    shown = g_strescape(text, NULL);
    g_set_error(error, FW_REGS_ERROR, FW_ERROR_UNKNOWN_BIT, "%s=%s: there is no such %s; give %s",
                place->title, shown,
                place->reg && place->reg->kind == FW_REG_VERSION ? "version" : "level", names);
    return false;
}

static bool parse_value(const struct place *place, const char *text, uint64_t *value,
                        GError **error)
{
    return is_bitmap(place->id, place->reg) ? parse_bitmap(place, text, value, error)
                                            : parse_named(place, text, value, error);
}

/* --- Wishes ----------------------------------------------------------------------------------- */

static char *register_names(void)
{
    GString *names = g_string_new(NULL);

    for (size_t i = 0; i < fw_reg_count; i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "", fw_regs[i].option);
    return g_string_free(names, FALSE);
}

static bool fail_unknown(const char *name, GError **error)
{
    g_autofree char *names = register_names(), *shown = g_strescape(name, NULL);

    g_set_error(error, FW_REGS_ERROR, FW_ERROR_UNKNOWN_REGISTER, "%s: there is no such firmware "
                "register; give one of %s, or the number of one that vtlemu fw-regs list shows",
                shown, names);
    return false;
}

/* A register by option or by number. */
static bool find_register(const char *name, uint64_t *id, GError **error)
{
    const struct fw_reg *reg = fw_reg_find_option(name);

    if (reg) {
        *id = reg->id;
        return true;
    }
    if (begins_with(name, "0x") && parse_number(name, id))
        return true;
    return fail_unknown(name, error);
}

/* "REG=VALUE" into a copy of REG; @value points into @wish. */
static char *split(const char *wish, const char **value, GError **error)
{
    const char *sign = strlen(wish) <= WISH_MAX ? strchr(wish, '=') : NULL;
    g_autofree char *shown = NULL;

    if (sign && sign > wish && sign[1]) {
        *value = sign + 1;
        return g_strndup(wish, (gsize)(sign - wish));
    }
    shown = g_strndup(wish, 64);
    g_set_error(error, FW_REGS_ERROR, FW_ERROR_SYNTAX, "'%s' is no REG=VALUE; write it as in "
                "psci-version=1.1, std=trng_v1_0 or vendor-hyp=+ptp,-func_feat", shown);
    return NULL;
}

bool fw_election_parse(const char *wish, GError **error)
{
    const char *text = NULL;
    g_autofree char *name = split(wish, &text, error), *title = NULL;
    struct place place = {0};
    uint64_t value;

    if (!name || !find_register(name, &place.id, error))
        return false;
    place.title = title = fw_reg_title(place.id);
    place.reg = fw_reg_find(place.id);
    return parse_value(&place, text, &value, error);
}

static bool fail_absent(const struct fw_reg *reg, const char *title, GError **error)
{
    g_set_error(error, FW_REGS_ERROR, FW_ERROR_ABSENT, "%s: this host's kernel has no such "
                "firmware register%s%s; leave it out, or take a newer kernel", title,
                reg ? ", which there is since " : "", reg ? reg->since : "");
    return false;
}

static bool wish_present(struct fw_election *election, const struct fw_host *host,
                         struct place *place, const char *text, GError **error)
{
    uint64_t value;

    place->current = fw_election_value(election, place->id);
    return parse_value(place, text, &value, error) &&
           fw_election_check_register(host, place->id, value, error) &&
           fw_election_set(election, place->id, value);
}

/* What a guest has without the register may be asked for: a file for several hosts says it. */
static bool wish_absent(struct place *place, const char *text, GError **error)
{
    uint64_t value;

    if (!place->reg || !place->reg->has_absent)
        return fail_absent(place->reg, place->title, error);
    place->limit = is_bitmap(place->id, place->reg) ? fw_reg_known(place->reg) : 0;
    place->current = place->reg->absent;
    return parse_value(place, text, &value, error) &&
           (value == place->reg->absent || fail_absent(place->reg, place->title, error));
}

bool fw_election_wish(struct fw_election *election, const struct fw_host *host, const char *wish,
                      GError **error)
{
    const char *text = NULL;
    g_autofree char *name = split(wish, &text, error), *title = NULL;
    const struct fw_host_reg *has;
    struct place place = {0};

    if (!name || !find_register(name, &place.id, error))
        return false;
    place.title = title = fw_reg_title(place.id);
    has = fw_host_find(host, place.id);
    if (!has)
        return fail_unknown(title, error);
    place.reg = has->reg;
    place.limit = has->limit;
    return has->present ? wish_present(election, host, &place, text, error)
                        : wish_absent(&place, text, error);
}

/* --- vtlemu's own services ------------------------------------------------------------------- */

#define OWN_PREFIX "hv-"

/* What an item of --hv-services is in register @reg: some of its bits, perhaps none. */
static uint64_t own_bits(const struct fw_reg *reg, const char *item)
{
    int bit = fw_reg_find_bit(reg, item);

    if (is_word(item, "all") || is_word(item, reg->option + strlen(OWN_PREFIX)))
        return fw_reg_known(reg);
    return bit < 0 ? 0 : UINT64_C(1) << bit;
}

static bool is_own_item(const char *item)
{
    if (is_word(item, "none"))
        return true;
    for (size_t i = 0; i < fw_reg_count; i++)
        if (fw_regs[i].owner == FW_OWNER_VTLEMU && own_bits(&fw_regs[i], item))
            return true;
    return false;
}

static char *own_names(void)
{
    GString *names = g_string_new("all, none");

    for (size_t i = 0; i < fw_reg_count; i++) {
        if (fw_regs[i].owner != FW_OWNER_VTLEMU)
            continue;
        g_string_append_printf(names, ", %s (", fw_regs[i].option + strlen(OWN_PREFIX));
        for (unsigned bit = 0; bit < fw_regs[i].bit_count; bit++)
            g_string_append_printf(names, "%s%s", bit ? ", " : "", fw_regs[i].bits[bit].name);
        g_string_append_c(names, ')');
    }
    return g_string_free(names, FALSE);
}

bool fw_election_parse_services(const char *list, GError **error)
{
    g_auto(GStrv) items = g_strsplit(strlen(list) <= WISH_MAX ? list : "", ",", -1);
    g_autofree char *start = NULL;

    for (char **item = items; *item; item++)
        if (!is_own_item(*item + is_signed(*item))) {
            g_autofree char *names = own_names(), *shown = g_strescape(*item, NULL);

            g_set_error(error, FW_REGS_ERROR, FW_ERROR_UNKNOWN_BIT, "'%s': there is no such "
                        "service; give %s", shown, names);
            return false;
        }
    if (*items)
        return true;
    start = g_strndup(list, 64);
    g_set_error(error, FW_REGS_ERROR, FW_ERROR_SYNTAX, "'%s' is no list of services; give all, "
                "none, or names, as in hypercall,synic or -vmbus", start);
    return false;
}

static uint64_t own_value(const struct fw_reg *reg, uint64_t current, const char *list)
{
    g_auto(GStrv) items = g_strsplit(list, ",", -1);
    uint64_t value = is_signed(list) ? current : 0;

    for (char **item = items; *item; item++) {
        uint64_t mask = own_bits(reg, *item + is_signed(*item));

        value = **item == '-' ? value & ~mask : value | mask;
    }
    return value;
}

bool fw_election_wish_services(struct fw_election *election, const struct fw_host *host,
                               const char *list, GError **error)
{
    if (!fw_election_parse_services(list, error))
        return false;
    for (size_t i = 0; i < host->count; i++) {
        const struct fw_host_reg *has = &host->reg[i];
        uint64_t value;

        if (!has->reg || has->reg->owner != FW_OWNER_VTLEMU || !has->present)
            continue;
        value = own_value(has->reg, fw_election_value(election, has->id), list);
        if (!fw_election_check_register(host, has->id, value, error) ||
            !fw_election_set(election, has->id, value))
            return false;
    }
    return true;
}
