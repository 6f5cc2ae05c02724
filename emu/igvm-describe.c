/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in an IGVM file, for the user: see igvm.h. */
#include "emu/igvm-private.h"
#include "vtl/bank.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"

static void describe_range(GString *text, const char *what, const struct igvm_range *range)
{
    g_string_append_printf(text, "%s: " HEX " to " HEX "\n", what, range->gpa, igvm_end(range));
}

static void describe_pages(const struct igvm *igvm, GString *text)
{
    struct igvm_range extent = {UINT64_MAX, 0};
    uint64_t end = 0, zeroes = 0;

    for (guint i = 0; i < igvm->pages->len; i++) {
        const struct igvm_page *page = &g_array_index(igvm->pages, struct igvm_page, i);

        extent.gpa = MIN(extent.gpa, page->range.gpa);
        end = MAX(end, igvm_end(&page->range));
        zeroes += !page->data;
    }
    if (!igvm->pages->len)
        return;
    g_string_append_printf(text, "pages: %u, of these %" G_GUINT64_FORMAT " of zeroes, within " HEX
                           " to " HEX "\n", igvm->pages->len, zeroes, extent.gpa, end);
}

static void describe_region(const struct igvm *igvm, GString *text)
{
    const struct igvm_region *region = &igvm->region;

    if (region->given)
        g_string_append_printf(text, "relocatable region: " HEX " to " HEX ", in steps of " HEX
                               ", to " HEX " at the least and " HEX " at the most%s\n",
                               region->range.gpa, igvm_end(&region->range), region->alignment,
                               region->minimum, region->maximum,
                               region->moves_pc ? ", PC moves with it" : "");
    if (igvm->tables.given)
        describe_range(text, "page tables", &igvm->tables.range);
    for (guint i = 0; i < igvm->required->len; i++) {
        const struct igvm_required *required =
            &g_array_index(igvm->required, struct igvm_required, i);

        describe_range(text, required->protectable ? "required memory of VTL2" : "required memory",
                       &required->range);
    }
}

static void describe_parameters(const struct igvm *igvm, GString *text)
{
    for (guint i = 0; i < igvm->areas->len; i++) {
        const struct igvm_area *area = &g_array_index(igvm->areas, struct igvm_area, i);

        if (!area->inserted)
            continue;
        describe_range(text, "parameter area", &area->page.range);
        for (guint j = 0; j < igvm->parameters->len; j++) {
            const struct igvm_parameter *parameter =
                &g_array_index(igvm->parameters, struct igvm_parameter, j);

            if (parameter->area == i)
                g_string_append_printf(text, "  at 0x%x: %s\n", parameter->offset,
                                       igvm_type_name(parameter->type));
        }
    }
}

static void describe_registers(const struct igvm *igvm, GString *text)
{
    g_string_append(text, "registers of VP0 at VTL2:\n");
    for (guint i = 0; i < igvm->registers->len; i++) {
        const struct igvm_register *entry =
            &g_array_index(igvm->registers, struct igvm_register, i);

        g_string_append_printf(text, "  %s " HEX "\n", bank_find(entry->name)->name,
                               entry->value.low);
    }
}

bool igvm_describe(GBytes *file, const char *name, GString *text, GError **error)
{
    struct igvm *igvm = igvm_parse(file, name, error);

    if (!igvm)
        return false;
    g_string_append_printf(text, "IGVM file for arm64, format version %u, for VSM isolation, "
                           "highest VTL %d: %u variable headers, %u of them for others\n",
                           igvm->version, IGVM_VTL, igvm->headers, igvm->skipped);
    describe_region(igvm, text);
    describe_pages(igvm, text);
    describe_parameters(igvm, text);
    describe_registers(igvm, text);
    igvm_free(igvm);
    return true;
}
