/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of IGVM files that are about what the host tells the guest: see igvm.h. */
#include "emu/igvm-private.h"

/* More than any sound file has; they are searched one by one. */
#define AREAS_MAX 256
#define PARAMETERS_MAX 1024

/* -1 if there is none. */
static int find_area(const struct igvm *igvm, uint64_t index)
{
    for (guint i = 0; i < igvm->areas->len; i++)
        if (g_array_index(igvm->areas, struct igvm_area, i).index == index)
            return (int)i;
    return -1;
}

#define AREA(field) IGVM_GET(header->body, struct igvm_parameter_area, field)

bool igvm_take_area(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    struct igvm_area area = {
        .index = (uint32_t)AREA(parameter_area_index),
        .page = {.range = {0, AREA(number_of_bytes)}, .type = IGVM_PARAMETER_INSERT}};

    if (find_area(igvm, area.index) >= 0)
        return igvm_refuse_header(igvm, header, error, "parameter area %u exists already; make the "
                                  "file anew", area.index);
    if (igvm->areas->len == AREAS_MAX)
        return igvm_refuse_header(igvm, header, error, "there are more than %d parameter areas; "
                                  "give a file with fewer", AREAS_MAX);
    if (!igvm_check_range(igvm, header, 0, area.page.range.size, error))
        return false;
    if (AREA(file_offset)) {
        area.page.data =
            igvm_file_data(igvm, header, AREA(file_offset), area.page.range.size, error);
        if (!area.page.data)
            return false;
    }
    g_array_append_val(igvm->areas, area);
    return true;
}

/* An area that has been declared and has not been inserted, or NULL with @error. */
static struct igvm_area *open_area(const struct igvm *igvm, const struct igvm_header *header,
                                   uint64_t index, guint *position, GError **error)
{
    int found = find_area(igvm, index);
    struct igvm_area *area =
        found >= 0 ? &g_array_index(igvm->areas, struct igvm_area, found) : NULL;

    if (area && !area->inserted) {
        *position = (guint)found;
        return area;
    }
    igvm_refuse_header(igvm, header, error, "parameter area %" G_GUINT64_FORMAT " %s; make the "
                       "file anew", index,
                       area ? "has been inserted already" : "has not been declared");
    return NULL;
}

#define PLACE(field) IGVM_GET(header->body, struct igvm_parameter_place, field)

bool igvm_take_parameter(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    struct igvm_parameter parameter = {
        .type = (enum igvm_type)header->type, .offset = (uint32_t)PLACE(byte_offset)};
    const struct igvm_area *area =
        open_area(igvm, header, PLACE(parameter_area_index), &parameter.area, error);

    if (!area)
        return false;
    if (parameter.offset >= area->page.range.size)
        return igvm_refuse_header(igvm, header, error, "offset %u is behind the end of parameter "
                                  "area %u, %" G_GUINT64_FORMAT " bytes; make the file anew",
                                  parameter.offset, area->index, area->page.range.size);
    if (igvm->parameters->len == PARAMETERS_MAX)
        return igvm_refuse_header(igvm, header, error, "there are more than %d parameters; give a "
                                  "file with fewer", PARAMETERS_MAX);
    g_array_append_val(igvm->parameters, parameter);
    return true;
}

/* vtlemu has no ACPI: what a file wants to know by it is not there, as where a host has no SLIT. */
bool igvm_take_acpi(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    guint position;

    return open_area(igvm, header, PLACE(parameter_area_index), &position, error) != NULL;
}

bool igvm_take_insert(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    uint64_t gpa = IGVM_GET(header->body, struct igvm_parameter_insert, gpa);
    guint position;
    struct igvm_area *area =
        open_area(igvm, header,
                  IGVM_GET(header->body, struct igvm_parameter_insert, parameter_area_index),
                  &position, error);

    if (!area || !igvm_check_range(igvm, header, gpa, area->page.range.size, error))
        return false;
    area->inserted = true;
    area->page.range.gpa = gpa;
    area->page.header = header->number;
    area->page.offset = header->offset;
    return true;
}
