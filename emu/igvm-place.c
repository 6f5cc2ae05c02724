/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the parts of an IGVM file go: see igvm.h. */
#include <string.h>

#include "emu/igvm-private.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"

/* --- Relocation ------------------------------------------------------------------------------ */

static void widen(struct igvm_range *whole, const struct igvm_range *part)
{
    uint64_t end = MAX(igvm_end(whole), igvm_end(part));

    whole->gpa = MIN(whole->gpa, part->gpa);
    whole->size = end - whole->gpa;
}

/* Does something at @gpa move? All that lies in the region does, and so do the page tables. */
static bool moves(const struct igvm *igvm, uint64_t gpa)
{
    return igvm->region.given && (igvm_contains_gpa(&igvm->region.range, gpa) ||
                                  (igvm->tables.given &&
                                   igvm_contains_gpa(&igvm->tables.range, gpa)));
}

/* All that moves, with what lies between, as the file has it. */
static struct igvm_range moving_extent(const struct igvm *igvm)
{
    struct igvm_range extent = igvm->region.range;

    if (igvm->tables.given)
        widen(&extent, &igvm->tables.range);
    for (guint i = 0; i < igvm->required->len; i++) {
        const struct igvm_required *required =
            &g_array_index(igvm->required, struct igvm_required, i);

        if (moves(igvm, required->range.gpa))
            widen(&extent, &required->range);
    }
    return extent;
}

static bool round_up(uint64_t *value, uint64_t unit)
{
    uint64_t rest = *value % unit;

    if (rest && *value > UINT64_MAX - (unit - rest))
        return false;
    *value += rest ? unit - rest : 0;
    return true;
}

/* The lowest base of the region that keeps to the file's rules and is in VTL2's memory. */
static bool find_base(const struct igvm *igvm, const struct igvm_range *extent,
                      const struct igvm_range *vtl2, uint64_t *base)
{
    const struct igvm_region *region = &igvm->region;
    uint64_t before = region->range.gpa - extent->gpa;
    uint64_t behind = igvm_end(extent) - region->range.gpa;

    if (extent->size > vtl2->size)
        return false;
    *base = MAX(vtl2->gpa + before, region->minimum);
    return round_up(base, region->alignment) && *base < igvm_end(vtl2) &&
           behind <= igvm_end(vtl2) - *base && *base <= region->maximum &&
           region->range.size <= region->maximum - *base;
}

static bool choose_move(struct igvm *igvm, const struct igvm_room *room, GError **error)
{
    const struct igvm_region *region = &igvm->region;
    struct igvm_range extent;
    uint64_t base;

    if (!region->given)
        return true;
    extent = moving_extent(igvm);
    if (igvm_contains(&room->vtl2, &extent))
        return true;
    if (!find_base(igvm, &extent, &room->vtl2, &base))
        return igvm_refuse(igvm, error, "its relocatable region and what goes with it, " HEX
                           " bytes, have no place in VTL2's memory, " HEX " to " HEX
                           ", as it is to begin at a multiple of " HEX " not below " HEX
                           " and to end not above " HEX "; give more --vtl2-memory, or other "
                           "--memory", extent.size, room->vtl2.gpa, igvm_end(&room->vtl2),
                           region->alignment, region->minimum, region->maximum);
    igvm->moved_by = base - region->range.gpa;
    return true;
}

/* --- Page tables ----------------------------------------------------------------------------- */

/* The tables as the file has them, into @bytes; its pages in that range are taken away. */
static void take_tables(struct igvm *igvm, uint8_t *bytes)
{
    guint kept = 0;

    for (guint i = 0; i < igvm->pages->len; i++) {
        struct igvm_page *page = &g_array_index(igvm->pages, struct igvm_page, i);

        if (!igvm_contains(&igvm->tables.range, &page->range))
            g_array_index(igvm->pages, struct igvm_page, kept++) = *page;
        else if (page->data)
            memcpy(bytes + (page->range.gpa - igvm->tables.range.gpa), page->data,
                   page->range.size);
    }
    g_array_set_size(igvm->pages, kept);
}

/* Changed tables are a page like others, with data of its own. What moves is in VTL2's memory. */
static bool move_tables(struct igvm *igvm, GError **error)
{
    struct igvm_page page = {.range = igvm->tables.range,
                             .type = IGVM_PAGE_TABLE_RELOCATION_REGION,
                             .header = igvm->tables.header, .offset = igvm->tables.offset};
    uint8_t *bytes;

    if (!igvm->tables.given || !igvm->moved_by)
        return true;
    bytes = g_try_malloc0(igvm->tables.range.size);
    if (!bytes)
        return igvm_refuse_memory(igvm, &igvm->tables.range, error);
    take_tables(igvm, bytes);
    igvm->moved_tables = g_bytes_new_take(bytes, igvm->tables.range.size);
    if (!igvm_move_tables(igvm, bytes, error))
        return false;
    page.data = bytes;
    g_array_append_val(igvm->pages, page);
    return true;
}

/* --- Moving ---------------------------------------------------------------------------------- */

static void move_range(const struct igvm *igvm, struct igvm_range *range)
{
    if (moves(igvm, range->gpa))
        range->gpa += igvm->moved_by;
}

/* Nothing may be half inside of what moves. */
static bool check_whole(const struct igvm *igvm, const struct igvm_page *page,
                        const struct igvm_room *room, GError **error)
{
    const struct igvm_header header = {.number = page->header, .offset = page->offset,
                                       .type = page->type};
    const struct igvm_range *region = &igvm->region.range, *tables = &igvm->tables.range;

    (void)room;
    if (page->type == IGVM_PARAMETER_INSERT && igvm->tables.given &&
        igvm_overlap(tables, &page->range))
        return igvm_refuse_header(igvm, &header, error, "puts a parameter area where the page "
                                  "tables are; make the file anew");
    if ((igvm->region.given && igvm_overlap(region, &page->range) &&
         !igvm_contains(region, &page->range)) ||
        (igvm->tables.given && igvm_overlap(tables, &page->range) &&
         !igvm_contains(tables, &page->range)))
        return igvm_refuse_header(igvm, &header, error, "is partly in a region that can be moved, "
                                  "partly not; make the file anew");
    return true;
}

static void move_registers(struct igvm *igvm)
{
    uint64_t value;

    if (igvm->region.moves_pc && igvm_find_register(igvm, IGVM_REGISTER_PC, &value) &&
        igvm_contains_gpa(&igvm->region.range, value))
        igvm_set_register(igvm, IGVM_REGISTER_PC, value + igvm->moved_by);
    if (igvm->tables.given && igvm_find_register(igvm, IGVM_REGISTER_TTBR0_EL1, &value))
        igvm_set_register(igvm, IGVM_REGISTER_TTBR0_EL1, value + igvm->moved_by);
}

/* The ranges of region and tables go last: what moves is told by them. */
static void move_all(struct igvm *igvm)
{
    if (!igvm->moved_by)
        return;
    for (guint i = 0; i < igvm->pages->len; i++)
        move_range(igvm, &g_array_index(igvm->pages, struct igvm_page, i).range);
    for (guint i = 0; i < igvm->areas->len; i++)
        move_range(igvm, &g_array_index(igvm->areas, struct igvm_area, i).page.range);
    for (guint i = 0; i < igvm->required->len; i++)
        move_range(igvm, &g_array_index(igvm->required, struct igvm_required, i).range);
    move_registers(igvm);
    igvm->region.range.gpa += igvm->moved_by;
    igvm->tables.range.gpa += igvm->moved_by;
}

/* --- Does it fit? ---------------------------------------------------------------------------- */

static bool check_required(const struct igvm *igvm, const struct igvm_room *room, GError **error)
{
    for (guint i = 0; i < igvm->required->len; i++) {
        const struct igvm_required *required =
            &g_array_index(igvm->required, struct igvm_required, i);
        const struct igvm_range *range = required->protectable ? &room->vtl2 : &room->ram;
        struct igvm_header header = {.number = required->header, .offset = required->offset,
                                     .type = IGVM_REQUIRED_MEMORY};

        if (!igvm_contains(range, &required->range))
            return igvm_refuse_header(igvm, &header, error, "needs memory from " HEX " to " HEX
                                      ", but %s is from " HEX " to " HEX "; give more %s, or a "
                                      "file that can be moved", required->range.gpa,
                                      igvm_end(&required->range),
                                      required->protectable ? "VTL2's" : "all RAM", range->gpa,
                                      igvm_end(range),
                                      required->protectable ? "--vtl2-memory" : "--memory");
    }
    return true;
}

static bool check_page(const struct igvm *igvm, const struct igvm_page *page,
                       const struct igvm_room *room, GError **error)
{
    const struct igvm_range *range = room->only_vtl2 ? &room->vtl2 : &room->ram;
    struct igvm_header header = {.number = page->header, .offset = page->offset,
                                 .type = page->type};

    if (igvm_contains(range, &page->range))
        return true;
    return igvm_refuse_header(igvm, &header, error, "goes to " HEX " to " HEX ", but %s is from "
                              HEX " to " HEX "; give other --memory or --vtl2-memory, or a file "
                              "that can be moved", page->range.gpa, igvm_end(&page->range),
                              room->only_vtl2 ? "VTL2's memory, beside a kernel of VTL0 or VTL1,"
                                              : "guest RAM", range->gpa, igvm_end(range));
}

static int compare_pages(gconstpointer a, gconstpointer b)
{
    const struct igvm_page *const *one = a, *const *other = b;

    return ((*one)->range.gpa > (*other)->range.gpa) - ((*one)->range.gpa < (*other)->range.gpa);
}

/* All that is put into memory, by address. */
static GPtrArray *sorted_pages(const struct igvm *igvm)
{
    GPtrArray *sorted = g_ptr_array_new();

    for (guint i = 0; i < igvm->pages->len; i++)
        g_ptr_array_add(sorted, &g_array_index(igvm->pages, struct igvm_page, i));
    for (guint i = 0; i < igvm->areas->len; i++) {
        struct igvm_area *area = &g_array_index(igvm->areas, struct igvm_area, i);

        if (area->inserted)
            g_ptr_array_add(sorted, &area->page);
    }
    g_ptr_array_sort(sorted, compare_pages);
    return sorted;
}

static bool check_overlaps(const struct igvm *igvm, GPtrArray *sorted, GError **error)
{
    for (guint i = 1; i < sorted->len; i++) {
        const struct igvm_page *one = sorted->pdata[i - 1], *other = sorted->pdata[i];
        struct igvm_header header = {.number = other->header, .offset = other->offset,
                                     .type = other->type};

        if (igvm_overlap(&one->range, &other->range))
            return igvm_refuse_header(igvm, &header, error, "goes to " HEX ", where header %u has "
                                      "put something, too; make the file anew", other->range.gpa,
                                      one->header);
    }
    return true;
}

typedef bool check_one(const struct igvm *igvm, const struct igvm_page *page,
                       const struct igvm_room *room, GError **error);

static bool check_each(const struct igvm *igvm, GPtrArray *pages, check_one *check,
                       const struct igvm_room *room, GError **error)
{
    for (guint i = 0; i < pages->len; i++)
        if (!check(igvm, pages->pdata[i], room, error))
            return false;
    return true;
}

bool igvm_place(struct igvm *igvm, const struct igvm_room *room, GError **error)
{
    g_autoptr(GPtrArray) before = sorted_pages(igvm), after = NULL;

    if (!check_each(igvm, before, check_whole, room, error) ||
        !check_overlaps(igvm, before, error) || !choose_move(igvm, room, error) ||
        !move_tables(igvm, error))
        return false;
    move_all(igvm);
    after = sorted_pages(igvm);
    return check_required(igvm, room, error) && check_each(igvm, after, check_page, room, error) &&
           check_overlaps(igvm, after, error);
}
