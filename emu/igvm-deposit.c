/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts an IGVM file into memory, with what the host tells the guest: see igvm.h. */
#include <string.h>

#include "emu/igvm-private.h"

static void put_entry(GByteArray *map, uint64_t from, uint64_t to, enum igvm_memory_type type)
{
    uint8_t entry[sizeof(struct igvm_memory_map_entry)] = {0};

    if (from == to)
        return;
    IGVM_PUT(entry, struct igvm_memory_map_entry, page, from / IGVM_PAGE_SIZE);
    IGVM_PUT(entry, struct igvm_memory_map_entry, pages, (to - from) / IGVM_PAGE_SIZE);
    IGVM_PUT(entry, struct igvm_memory_map_entry, type, type);
    g_byte_array_append(map, entry, sizeof(entry));
}

/* VTL2 may protect its own part; an entry without pages ends the map. */
static void make_memory_map(const struct igvm_facts *facts, GByteArray *value)
{
    static const uint8_t last[sizeof(struct igvm_memory_map_entry)];
    const struct igvm_range *ram = &facts->room->ram, *vtl2 = &facts->room->vtl2;

    put_entry(value, ram->gpa, vtl2->gpa, IGVM_MEMORY);
    put_entry(value, vtl2->gpa, igvm_end(vtl2), IGVM_MEMORY_VTL2_PROTECTABLE);
    put_entry(value, igvm_end(vtl2), igvm_end(ram), IGVM_MEMORY);
    g_byte_array_append(value, last, sizeof(last));
}

static void make_vp_count(const struct igvm_facts *facts, GByteArray *value)
{
    g_byte_array_set_size(value, sizeof(uint32_t));
    igvm_put_number(value->data, sizeof(uint32_t), facts->vp_count);
}

/* No flag is set: memory is not shared with the host to begin with (IgvmEnvironmentInfo). */
static void make_environment(const struct igvm_facts *facts, GByteArray *value)
{
    (void)facts;
    g_byte_array_set_size(value, sizeof(uint32_t));
    memset(value->data, 0, value->len);
}

static void make_command_line(const struct igvm_facts *facts, GByteArray *value)
{
    const char *text = facts->command_line ? facts->command_line : "";

    g_byte_array_append(value, (const guint8 *)text, (guint)strlen(text) + 1);
}

/* None is set aside for devices that the guest may place. */
static void make_mmio_ranges(const struct igvm_facts *facts, GByteArray *value)
{
    (void)facts;
    g_byte_array_set_size(value, IGVM_MMIO_RANGES_SIZE);
    memset(value->data, 0, value->len);
}

static void make_device_tree(const struct igvm_facts *facts, GByteArray *value)
{
    gsize size;
    const guint8 *tree = g_bytes_get_data(facts->device_tree, &size);

    g_byte_array_append(value, tree, (guint)size);
}

static const struct {
    enum igvm_type type;
    void (*make)(const struct igvm_facts *facts, GByteArray *value);
} makers[] = {
    {IGVM_VP_COUNT_PARAMETER, make_vp_count},
    {IGVM_ENVIRONMENT_INFO_PARAMETER, make_environment},
    {IGVM_COMMAND_LINE, make_command_line},
    {IGVM_MEMORY_MAP, make_memory_map},
    {IGVM_MMIO_RANGES, make_mmio_ranges},
    {IGVM_DEVICE_TREE, make_device_tree},
};

static GByteArray *make_value(enum igvm_type type, const struct igvm_facts *facts)
{
    GByteArray *value = g_byte_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(makers); i++)
        if (makers[i].type == type)
            makers[i].make(facts, value);
    return value;
}

/* Writes a parameter into its area's content; only checks if that is NULL. */
static bool put_parameter(const struct igvm *igvm, const struct igvm_parameter *parameter,
                          const struct igvm_facts *facts, uint8_t *content, GError **error)
{
    const struct igvm_area *area = &g_array_index(igvm->areas, struct igvm_area, parameter->area);
    g_autoptr(GByteArray) value = make_value(parameter->type, facts);
    uint64_t room = area->page.range.size - parameter->offset;

    if (!area->inserted)
        return true; /* another platform's */
    if (value->len > room)
        return igvm_refuse(igvm, error, "%s has %u bytes, but there are only %" G_GUINT64_FORMAT
                           " for it in parameter area %u; make the file anew, or shorten "
                           "--vtl2-cmdline", igvm_type_name(parameter->type), value->len, room,
                           area->index);
    if (content)
        memcpy(content + parameter->offset, value->data, value->len);
    return true;
}

static bool check_parameters(const struct igvm *igvm, const struct igvm_facts *facts,
                             GError **error)
{
    for (guint i = 0; i < igvm->parameters->len; i++)
        if (!put_parameter(igvm, &g_array_index(igvm->parameters, struct igvm_parameter, i), facts,
                           NULL, error))
            return false;
    return true;
}

/* Areas that are inserted lie in RAM, so that they cannot be larger than that. */
static bool deposit_area(const struct igvm *igvm, guint index, const struct igvm_facts *facts,
                         igvm_write *write, void *context, GError **error)
{
    const struct igvm_area *area = &g_array_index(igvm->areas, struct igvm_area, index);
    const struct igvm_range *range = &area->page.range;
    g_autofree uint8_t *content = NULL;

    if (!area->inserted)
        return true;
    content = g_try_malloc0(range->size);
    if (!content)
        return igvm_refuse_memory(igvm, range, error);
    if (area->page.data)
        memcpy(content, area->page.data, range->size);
    for (guint i = 0; i < igvm->parameters->len; i++) {
        const struct igvm_parameter *parameter =
            &g_array_index(igvm->parameters, struct igvm_parameter, i);

        if (parameter->area == index && !put_parameter(igvm, parameter, facts, content, error))
            return false;
    }
    write(context, range->gpa, content, range->size);
    return true;
}

bool igvm_deposit(const struct igvm *igvm, const struct igvm_facts *facts, igvm_write *write,
                  void *context, GError **error)
{
    if (!check_parameters(igvm, facts, error))
        return false;
    for (guint i = 0; i < igvm->pages->len; i++) {
        const struct igvm_page *page = &g_array_index(igvm->pages, struct igvm_page, i);

        write(context, page->range.gpa, page->data, page->range.size);
    }
    for (guint i = 0; i < igvm->areas->len; i++)
        if (!deposit_area(igvm, i, facts, write, context, error))
            return false;
    return true;
}
