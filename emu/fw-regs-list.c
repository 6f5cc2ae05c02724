/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu fw-regs list`: see fw-regs-list.h. */
#include "emu/fw-regs-list.h"

#include <string.h>

#include "fw-regs/json.h"

static const char *const kind_names[] = {
    [FW_REG_VERSION] = "version", [FW_REG_LEVEL] = "level", [FW_REG_BITMAP] = "bitmap"};

static bool is_bitmap(const struct fw_host_reg *reg)
{
    return reg->reg ? reg->reg->kind == FW_REG_BITMAP
                    : (reg->id & FW_ID_CLASS) == FW_ID_FEATURES;
}

/* --- Text ------------------------------------------------------------------------------------- */

static void print_functions(GString *text, const struct fw_reg *reg, const struct fw_reg_bit *bit)
{
    int width = !strcmp(reg->functions_are ? reg->functions_are : "", "hypercalls") ? 4 : 8;

    for (unsigned i = 0; i < FW_FUNCTIONS_MAX && bit->functions[i]; i++)
        g_string_append_printf(text, "%s0x%0*x", i ? " " : "", width, bit->functions[i]);
}

/* "  bit 1  ptp  on  Linux 5.19  0x86000001  the host's clock". */
static void print_bit(GString *text, const struct fw_host_reg *reg, unsigned bit)
{
    const struct fw_reg_bit *row =
        reg->reg && bit < reg->reg->bit_count ? &reg->reg->bits[bit] : NULL;
    const char *state = !(reg->limit >> bit & 1)  ? "not here"
                        : reg->value >> bit & 1 ? "on"
                                                : "off";
    g_autofree char *name = fw_reg_bit_text(reg->id, bit);

    g_string_append_printf(text, "    bit %-2u %-18s %-9s", bit, name, reg->present ? state : "-");
    if (row) {
        g_string_append_printf(text, "%-11s %s", row->since, row->text);
        if (row->functions[0])
            g_string_append(text, ": ");
        print_functions(text, reg->reg, row);
    } else {
        g_string_append(text, "unknown to this vtlemu");
    }
    g_string_append_c(text, '\n');
}

static void print_register(GString *text, const struct fw_host_reg *reg)
{
    g_autofree char *title = fw_reg_title(reg->id), *value = fw_reg_text(reg->id, reg->value),
                    *limit = fw_reg_text(reg->id, reg->limit);
    uint64_t bits = reg->limit | (reg->reg && is_bitmap(reg) ? fw_reg_known(reg->reg) : 0);

    g_string_append_printf(text, "%-14s", title);
    if (!reg->present)
        g_string_append(text, "not in this kernel");
    else if (is_bitmap(reg))
        g_string_append_printf(text, "default 0x%" G_GINT64_MODIFIER "x, limit 0x%"
                               G_GINT64_MODIFIER "x", reg->value, reg->limit);
    else
        g_string_append_printf(text, "default %s, limit %s", value, limit);
    g_string_append_printf(text, "  (%s, %s", reg->reg ? reg->reg->name : "unknown to this vtlemu",
                           reg->reg ? reg->reg->since : "id above");
    g_string_append_printf(text, ", 0x%" G_GINT64_MODIFIER "x)\n", reg->id);
    for (unsigned bit = 0; is_bitmap(reg) && bit < 64; bit++)
        if (bits >> bit & 1)
            print_bit(text, reg, bit);
}

char *fw_regs_list_text(const struct fw_host *host)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < host->count; i++)
        print_register(text, &host->reg[i]);
    return g_string_free(text, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void build_bit(JsonBuilder *builder, const struct fw_host_reg *reg, unsigned bit)
{
    const struct fw_reg_bit *row =
        reg->reg && bit < reg->reg->bit_count ? &reg->reg->bits[bit] : NULL;
    g_autofree char *name = fw_reg_bit_text(reg->id, bit);

    json_builder_begin_object(builder);
    json_put_number(builder, "bit", bit);
    json_put_string(builder, "name", name);
    json_builder_set_member_name(builder, "default");
    json_builder_add_boolean_value(builder, reg->value >> bit & 1);
    json_builder_set_member_name(builder, "limit");
    json_builder_add_boolean_value(builder, reg->limit >> bit & 1);
    if (row) {
        json_put_string(builder, "since", row->since);
        json_put_string(builder, "description", row->text);
        json_builder_set_member_name(builder, "functions");
        json_builder_begin_array(builder);
        for (unsigned i = 0; i < FW_FUNCTIONS_MAX && row->functions[i]; i++) {
            g_autofree char *function = g_strdup_printf("0x%x", row->functions[i]);

            json_builder_add_string_value(builder, function);
        }
        json_builder_end_array(builder);
    }
    json_builder_end_object(builder);
}

static void build_bits(JsonBuilder *builder, const struct fw_host_reg *reg)
{
    uint64_t bits = reg->limit | (reg->reg ? fw_reg_known(reg->reg) : 0);

    if (reg->reg && reg->reg->functions_are)
        json_put_string(builder, "functions_are", reg->reg->functions_are);
    json_builder_set_member_name(builder, "bits");
    json_builder_begin_array(builder);
    for (unsigned bit = 0; bit < 64; bit++)
        if (bits >> bit & 1)
            build_bit(builder, reg, bit);
    json_builder_end_array(builder);
}

static void build_register(JsonBuilder *builder, const struct fw_host_reg *reg)
{
    g_autofree char *title = fw_reg_title(reg->id), *value = fw_reg_text(reg->id, reg->value),
                    *limit = fw_reg_text(reg->id, reg->limit);

    json_builder_begin_object(builder);
    json_put_string(builder, "register", title);
    json_put_hex(builder, "id", reg->id);
    if (reg->reg) {
        json_put_string(builder, "name", reg->reg->name);
        json_put_string(builder, "owner", reg->reg->owner == FW_OWNER_KVM ? "kvm" : "vtlemu");
        json_put_string(builder, "kind", kind_names[reg->reg->kind]);
        json_put_string(builder, "since", reg->reg->since);
    }
    json_builder_set_member_name(builder, "present");
    json_builder_add_boolean_value(builder, reg->present);
    if (reg->present) {
        json_put_string(builder, "default", value);
        json_put_string(builder, "limit", limit);
        json_put_hex(builder, "default_value", reg->value);
        json_put_hex(builder, "limit_value", reg->limit);
    }
    if (is_bitmap(reg))
        build_bits(builder, reg);
    json_builder_end_object(builder);
}

char *fw_regs_list_json(const struct fw_host *host)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "registers");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < host->count; i++)
        build_register(builder, &host->reg[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return json_text(builder);
}
