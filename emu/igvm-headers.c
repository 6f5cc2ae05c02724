/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each variable header of an IGVM file means: see igvm.h. */
#include <glib.h>

#include "emu/igvm-private.h"

/* Have to come in this order. */
enum section {
    SECTION_PLATFORM,
    SECTION_INITIALIZATION,
    SECTION_DIRECTIVE,
};

#define NO_MASK SIZE_MAX

struct row {
    uint32_t type;
    const char *name;
    uint32_t length;  /* of the content; 0: any */
    size_t mask;      /* where its compatibility mask is */
    igvm_take *take; /* NULL: nothing that concerns us */
};

/* --- Platform -------------------------------------------------------------------------------- */

/* All others isolate a guest from its host; on arm64 there is Arm CCA. */
static bool take_platform(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    uint32_t mask = (uint32_t)IGVM_GET(header->body, struct igvm_supported_platform,
                                       compatibility_mask);
    uint64_t vtl = IGVM_GET(header->body, struct igvm_supported_platform, highest_vtl);
    uint64_t version = IGVM_GET(header->body, struct igvm_supported_platform, platform_version);

    if (!mask || mask & (mask - 1))
        return igvm_refuse_header(igvm, header, error, "its compatibility mask, 0x%x, is not one "
                                  "bit; make the file anew", mask);
    if (IGVM_GET(header->body, struct igvm_supported_platform, platform_type) !=
        IGVM_PLATFORM_VSM_ISOLATION)
        return true;
    if (igvm->mask)
        return igvm_refuse_header(igvm, header, error, "is the second one for VSM isolation; make "
                                  "the file anew");
    if (version != IGVM_VSM_ISOLATION_VERSION)
        return igvm_refuse_header(igvm, header, error, "is for version %" G_GUINT64_FORMAT " of "
                                  "VSM isolation, vtlemu has 1; give another file", version);
    if (vtl != IGVM_VTL)
        return igvm_refuse_header(igvm, header, error, "its highest VTL is %" G_GUINT64_FORMAT
                                  ", but vtlemu loads files for VTL2; give another one", vtl);
    if (IGVM_GET(header->body, struct igvm_supported_platform, shared_gpa_boundary))
        return igvm_refuse_header(igvm, header, error, "has a boundary for shared memory, which "
                                  "VSM isolation knows nothing of; make the file anew");
    igvm->mask = mask;
    return true;
}

/* --- Initialization -------------------------------------------------------------------------- */

/* VP 0 at VTL2 is the only one whose registers can be in a file for VSM isolation. */
static bool check_target(const struct igvm *igvm, const struct igvm_header *header, uint64_t vp,
                         uint64_t vtl, GError **error)
{
    if (vp == 0 && vtl == IGVM_VTL)
        return true;
    return igvm_refuse_header(igvm, header, error, "is about VP%" G_GUINT64_FORMAT " at VTL%"
                              G_GUINT64_FORMAT "; vtlemu knows only VP0 at VTL2 here; give another "
                              "file", vp, vtl);
}

#define REGION(field) IGVM_GET(header->body, struct igvm_relocatable_region, field)

static bool check_alignment(const struct igvm *igvm, const struct igvm_header *header,
                            GError **error)
{
    uint64_t alignment = REGION(alignment);

    if (alignment == 0 || alignment % IGVM_PAGE_SIZE || REGION(gpa) % alignment ||
        REGION(minimum_gpa) % alignment || REGION(maximum_gpa) % alignment)
        return igvm_refuse_header(igvm, header, error, "its addresses are no multiples of its "
                                  "alignment, 0x%" G_GINT64_MODIFIER "x, or that is not one of 4 "
                                  "KiB; make the file anew", alignment);
    return true;
}

static bool take_region(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    struct igvm_region *region = &igvm->region;
    uint64_t flags = REGION(flags);

    if (region->given)
        return igvm_refuse_header(igvm, header, error, "is the second one; vtlemu moves one "
                                  "region; give a file with one");
    if (flags & ~(uint64_t)(IGVM_REGION_IS_VTL2 | IGVM_REGION_APPLY_PC))
        return igvm_refuse_header(igvm, header, error, "its flags, 0x%" G_GINT64_MODIFIER "x, have "
                                  "no meaning on arm64; make the file anew", flags);
    if (!(flags & IGVM_REGION_IS_VTL2))
        return igvm_refuse_header(igvm, header, error, "is not VTL2's; vtlemu moves nothing else; "
                                  "give another file");
    if (!check_target(igvm, header, REGION(vp_index), REGION(vtl), error) ||
        !igvm_check_range(igvm, header, REGION(gpa), REGION(size), error) ||
        !check_alignment(igvm, header, error))
        return false;
    *region = (struct igvm_region){
        .given = true,
        .range = {REGION(gpa), REGION(size)},
        .alignment = REGION(alignment),
        .minimum = REGION(minimum_gpa),
        .maximum = REGION(maximum_gpa),
        .moves_pc = flags & IGVM_REGION_APPLY_PC,
    };
    return true;
}

#define TABLES(field) IGVM_GET(header->body, struct igvm_page_table_relocation, field)

static bool take_tables(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    if (igvm->tables.given)
        return igvm_refuse_header(igvm, header, error, "is the second one; make the file anew");
    if (TABLES(reserved) || TABLES(used_size) % IGVM_PAGE_SIZE || TABLES(used_size) > TABLES(size))
        return igvm_refuse_header(igvm, header, error, "0x%" G_GINT64_MODIFIER "x bytes used of 0x%"
                                  G_GINT64_MODIFIER "x: these are not whole pages, too many, or a "
                                  "reserved field is not zero; make the file anew",
                                  TABLES(used_size), TABLES(size));
    if (!check_target(igvm, header, TABLES(vp_index), TABLES(vtl), error) ||
        !igvm_check_range(igvm, header, TABLES(gpa), TABLES(size), error))
        return false;
    igvm->tables = (struct igvm_tables){
        .given = true,
        .range = {TABLES(gpa), TABLES(size)},
        .used = TABLES(used_size),
        .header = header->number,
        .offset = header->offset,
    };
    return true;
}

/* --- The table ------------------------------------------------------------------------------- */

#define LENGTH(type) sizeof(struct type)
#define MASK(type) offsetof(struct type, compatibility_mask)
#define PARAMETER LENGTH(igvm_parameter_place), NO_MASK
/* About isolation from the host, of which there is none. */
#define ISOLATION 0, NO_MASK, NULL

static const struct row rows[] = {
    {IGVM_SUPPORTED_PLATFORM, "SUPPORTED_PLATFORM", LENGTH(igvm_supported_platform), NO_MASK,
     take_platform},
    {IGVM_GUEST_POLICY, "GUEST_POLICY", ISOLATION},
    {IGVM_RELOCATABLE_REGION, "RELOCATABLE_REGION", LENGTH(igvm_relocatable_region),
     MASK(igvm_relocatable_region), take_region},
    {IGVM_PAGE_TABLE_RELOCATION_REGION, "PAGE_TABLE_RELOCATION_REGION",
     LENGTH(igvm_page_table_relocation), MASK(igvm_page_table_relocation), take_tables},
    {IGVM_CORIM_DOCUMENT, "CORIM_DOCUMENT", ISOLATION},
    {IGVM_CORIM_SIGNATURE, "CORIM_SIGNATURE", ISOLATION},
    {IGVM_CCA_POLICY, "CCA_POLICY", ISOLATION},
    {IGVM_PARAMETER_AREA, "PARAMETER_AREA", LENGTH(igvm_parameter_area), NO_MASK, igvm_take_area},
    {IGVM_PAGE_DATA, "PAGE_DATA", LENGTH(igvm_page_data), MASK(igvm_page_data), igvm_take_page},
    {IGVM_PARAMETER_INSERT, "PARAMETER_INSERT", LENGTH(igvm_parameter_insert),
     MASK(igvm_parameter_insert), igvm_take_insert},
    {IGVM_VP_CONTEXT, "VP_CONTEXT", IGVM_VP_CONTEXT_LENGTH, MASK(igvm_vp_context),
     igvm_take_context},
    {IGVM_REQUIRED_MEMORY, "REQUIRED_MEMORY", LENGTH(igvm_required_memory),
     MASK(igvm_required_memory), igvm_take_required},
    {IGVM_VP_COUNT_PARAMETER, "VP_COUNT_PARAMETER", PARAMETER, igvm_take_parameter},
    {IGVM_SRAT, "SRAT", PARAMETER, igvm_take_acpi},
    {IGVM_MADT, "MADT", PARAMETER, igvm_take_acpi},
    {IGVM_MMIO_RANGES, "MMIO_RANGES", PARAMETER, igvm_take_parameter},
    {IGVM_SNP_ID_BLOCK, "SNP_ID_BLOCK", ISOLATION},
    {IGVM_MEMORY_MAP, "MEMORY_MAP", PARAMETER, igvm_take_parameter},
    {IGVM_ERROR_RANGE, "ERROR_RANGE", LENGTH(igvm_error_range), MASK(igvm_error_range),
     igvm_take_error_range},
    {IGVM_COMMAND_LINE, "COMMAND_LINE", PARAMETER, igvm_take_parameter},
    {IGVM_SLIT, "SLIT", PARAMETER, igvm_take_acpi},
    {IGVM_PPTT, "PPTT", PARAMETER, igvm_take_acpi},
    {IGVM_VBS_MEASUREMENT, "VBS_MEASUREMENT", ISOLATION},
    {IGVM_DEVICE_TREE, "DEVICE_TREE", PARAMETER, igvm_take_parameter},
    {IGVM_ENVIRONMENT_INFO_PARAMETER, "ENVIRONMENT_INFO_PARAMETER", PARAMETER, igvm_take_parameter},
};

static const struct row *find_row(uint32_t type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

const char *igvm_type_name(uint32_t type)
{
    const struct row *row = find_row(type & ~IGVM_OPTIONAL);

    return row ? row->name : NULL;
}

/* Types of no section may stand anywhere. */
static bool check_section(const struct igvm *igvm, const struct igvm_header *header,
                          unsigned *last, GError **error)
{
    unsigned section = *last;

    if (header->type <= IGVM_PLATFORM_LAST)
        section = SECTION_PLATFORM;
    else if (header->type <= IGVM_INITIALIZATION_LAST)
        section = SECTION_INITIALIZATION;
    else if (header->type >= IGVM_DIRECTIVE_FIRST && header->type <= IGVM_DIRECTIVE_LAST)
        section = SECTION_DIRECTIVE;
    if (section < *last)
        return igvm_refuse_header(igvm, header, error, "stands behind headers of a later section "
                                  "(platforms, initialization, directives); make the file anew");
    *last = section;
    return true;
}

static bool take_unknown(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    if (!header->optional)
        return igvm_refuse_header(igvm, header, error, "vtlemu does not know type 0x%x, and the "
                                  "file says that it must; give another file", header->type);
    igvm->skipped++;
    return true;
}

static bool concerns_us(const struct igvm *igvm, const struct igvm_header *header,
                        const struct row *row)
{
    if (!row->take)
        return false;
    return row->mask == NO_MASK || igvm_number(header->body + row->mask, 4) & igvm->mask;
}

bool igvm_take_header(struct igvm *igvm, const struct igvm_header *header, unsigned *last,
                      GError **error)
{
    const struct row *row = find_row(header->type);

    if (!check_section(igvm, header, last, error))
        return false;
    if (!row)
        return take_unknown(igvm, header, error);
    if (row->length && header->length != row->length)
        return igvm_refuse_header(igvm, header, error, "is %u bytes long instead of %u; make the "
                                  "file anew", header->length, row->length);
    if (concerns_us(igvm, header, row))
        return row->take(igvm, header, error);
    igvm->skipped++;
    return true;
}

bool igvm_check_whole(const struct igvm *igvm, GError **error)
{
    uint64_t pc;

    if (!igvm->mask)
        return igvm_refuse(igvm, error, "is not for VSM isolation (Hyper-V's VTLs), but for other "
                           "platforms; give another file");
    if (!igvm_find_register(igvm, IGVM_REGISTER_PC, &pc))
        return igvm_refuse(igvm, error, "has no VP context with a PC for VP0 at VTL2; make it "
                           "anew");
    if (igvm->region.given && igvm->tables.given &&
        igvm_overlap(&igvm->region.range, &igvm->tables.range))
        return igvm_refuse(igvm, error, "its relocatable region and its page tables overlap; make "
                           "it anew");
    return true;
}
