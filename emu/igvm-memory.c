/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of IGVM files that are about memory: see igvm.h. */
#include "emu/igvm-private.h"

/* More than any sound file has; each is told to the user. */
#define REQUIRED_MAX 1024

#define PAGE(field) IGVM_GET(header->body, struct igvm_page_data, field)

static bool check_page(const struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    uint64_t flags = PAGE(flags);

    if (PAGE(data_type) != IGVM_PAGE_TYPE_NORMAL)
        return igvm_refuse_header(igvm, header, error, "is for data of type %" G_GUINT64_FORMAT
                                  ", which only AMD SEV-SNP has; make the file anew",
                                  PAGE(data_type));
    if (PAGE(reserved) ||
        flags & ~(uint64_t)(IGVM_PAGE_IS_2MB | IGVM_PAGE_UNMEASURED | IGVM_PAGE_SHARED))
        return igvm_refuse_header(igvm, header, error, "its flags, 0x%" G_GINT64_MODIFIER "x, are "
                                  "not known, or a reserved field is not zero; make the file anew",
                                  flags);
    if (flags & IGVM_PAGE_IS_2MB && PAGE(gpa) % IGVM_LARGE_PAGE_SIZE)
        return igvm_refuse_header(igvm, header, error, "GPA 0x%" G_GINT64_MODIFIER "x is no place "
                                  "for a page of 2 MiB; make the file anew", PAGE(gpa));
    return true;
}

/* Without isolation it makes no difference whether a page is measured, or shared with the host. */
bool igvm_take_page(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    uint64_t size = PAGE(flags) & IGVM_PAGE_IS_2MB ? IGVM_LARGE_PAGE_SIZE : IGVM_PAGE_SIZE;
    struct igvm_page page = {
        .range = {PAGE(gpa), size}, .type = IGVM_PAGE_DATA, .header = header->number,
        .offset = header->offset};

    if (!check_page(igvm, header, error) ||
        !igvm_check_range(igvm, header, page.range.gpa, size, error))
        return false;
    if (PAGE(file_offset)) {
        page.data = igvm_file_data(igvm, header, PAGE(file_offset), size, error);
        if (!page.data)
            return false;
    }
    g_array_append_val(igvm->pages, page);
    return true;
}

/* Zeroes, which the host may read on. */
bool igvm_take_error_range(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    struct igvm_page page = {
        .range = {IGVM_GET(header->body, struct igvm_error_range, gpa),
                  IGVM_GET(header->body, struct igvm_error_range, size)},
        .type = IGVM_ERROR_RANGE, .header = header->number, .offset = header->offset};

    if (!igvm_check_range(igvm, header, page.range.gpa, page.range.size, error))
        return false;
    g_array_append_val(igvm->pages, page);
    return true;
}

#define REQUIRED(field) IGVM_GET(header->body, struct igvm_required_memory, field)

bool igvm_take_required(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    struct igvm_required required = {
        .range = {REQUIRED(gpa), REQUIRED(number_of_bytes)},
        .protectable = REQUIRED(flags) & IGVM_REQUIRED_VTL2_PROTECTABLE,
        .header = header->number, .offset = header->offset};

    if (REQUIRED(flags) & ~(uint64_t)IGVM_REQUIRED_VTL2_PROTECTABLE || REQUIRED(reserved))
        return igvm_refuse_header(igvm, header, error, "its flags, 0x%" G_GINT64_MODIFIER "x, are "
                                  "not known, or a reserved field is not zero; make the file anew",
                                  REQUIRED(flags));
    if (!igvm_check_range(igvm, header, required.range.gpa, required.range.size, error))
        return false;
    if (igvm->required->len == REQUIRED_MAX)
        return igvm_refuse_header(igvm, header, error, "there are more than %d of these; give a "
                                  "file with fewer", REQUIRED_MAX);
    g_array_append_val(igvm->required, required);
    return true;
}
