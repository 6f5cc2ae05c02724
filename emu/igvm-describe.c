/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in an IGVM file, for the user: see igvm.h. */
#include "emu/igvm-private.h"
#include "vtl/bank.h"

static void tell_range(const struct igvm_range *range, struct facts *facts)
{
    facts_address(facts, "from", range->gpa);
    facts_address(facts, "to", igvm_end(range));
}

static void tell_pages(const struct igvm *igvm, struct facts *facts)
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
    facts_group(facts, "page range");
    facts_number(facts, "pages", igvm->pages->len);
    facts_number(facts, "of zeroes", zeroes);
    facts_address(facts, "from", extent.gpa);
    facts_address(facts, "to", end);
}

static void tell_region(const struct igvm_region *region, struct facts *facts)
{
    if (!region->given)
        return;
    facts_group(facts, "relocatable");
    tell_range(&region->range, facts);
    facts_address(facts, "in steps of", region->alignment);
    facts_address(facts, "at the least", region->minimum);
    facts_address(facts, "at the most", region->maximum);
    facts_flag(facts, "PC moves", region->moves_pc);
}

static void tell_memory(const struct igvm *igvm, struct facts *facts)
{
    tell_region(&igvm->region, facts);
    if (igvm->tables.given) {
        facts_group(facts, "page table");
        tell_range(&igvm->tables.range, facts);
    }
    for (guint i = 0; i < igvm->required->len; i++) {
        const struct igvm_required *required =
            &g_array_index(igvm->required, struct igvm_required, i);

        facts_group(facts, "required");
        tell_range(&required->range, facts);
        facts_flag(facts, "of VTL2", required->protectable);
    }
}

static void tell_parameters(const struct igvm *igvm, struct facts *facts)
{
    for (guint i = 0; i < igvm->parameters->len; i++) {
        const struct igvm_parameter *parameter =
            &g_array_index(igvm->parameters, struct igvm_parameter, i);
        const struct igvm_area *area = &g_array_index(igvm->areas, struct igvm_area,
                                                      parameter->area);

        if (!area->inserted)
            continue;
        facts_group(facts, "parameter");
        facts_text(facts, "parameter", igvm_type_name(parameter->type));
        facts_address(facts, "area", area->page.range.gpa);
        facts_address(facts, "at", parameter->offset);
    }
}

static void tell_registers(const struct igvm *igvm, struct facts *facts)
{
    for (guint i = 0; i < igvm->registers->len; i++) {
        const struct igvm_register *entry =
            &g_array_index(igvm->registers, struct igvm_register, i);

        facts_group(facts, "register");
        facts_text(facts, "register", bank_find(entry->name)->name);
        facts_address(facts, "value", entry->value.low);
    }
}

bool igvm_tell(GBytes *file, const char *name, struct facts *facts, GError **error)
{
    struct igvm *igvm = igvm_parse(file, name, error);

    if (!igvm)
        return false;
    facts_number(facts, "format version", igvm->version);
    facts_number(facts, "highest VTL", IGVM_VTL);
    facts_number(facts, "headers", igvm->headers);
    facts_number(facts, "for others", igvm->skipped);
    tell_memory(igvm, facts);
    tell_pages(igvm, facts);
    tell_parameters(igvm, facts);
    tell_registers(igvm, facts);
    igvm_free(igvm);
    return true;
}
