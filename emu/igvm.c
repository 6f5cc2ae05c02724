/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parser of IGVM files: see igvm.h. */
#include "emu/igvm.h"

#include <stdarg.h>
#include <string.h>
#include <zlib.h>

#include "emu/error.h"
#include "emu/igvm-private.h"
#include "emu/layout.h"

static bool refuse(const struct igvm *igvm, const char *where, GError **error, const char *what,
                   va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(what, arguments);

    emu_set_error(error, EMU_ERROR_SETUP, "%s: %s%s", igvm->name, where, text);
    return false;
}

bool igvm_refuse(const struct igvm *igvm, GError **error, const char *what, ...)
{
    va_list arguments;

    va_start(arguments, what);
    refuse(igvm, "", error, what, arguments);
    va_end(arguments);
    return false;
}

bool igvm_refuse_header(const struct igvm *igvm, const struct igvm_header *header, GError **error,
                        const char *what, ...)
{
    const char *type = igvm_type_name(header->type);
    g_autofree char *where = g_strdup_printf("header %u (%s, at 0x%" G_GINT64_MODIFIER "x): ",
                                             header->number, type ? type : "unknown type",
                                             header->offset);
    va_list arguments;

    va_start(arguments, what);
    refuse(igvm, where, error, what, arguments);
    va_end(arguments);
    return false;
}

bool igvm_refuse_memory(const struct igvm *igvm, const struct igvm_range *range, GError **error)
{
    return igvm_refuse(igvm, error, "there is no memory for its %" G_GUINT64_FORMAT " MiB at 0x%"
                       G_GINT64_MODIFIER "x; give a file with less, or use a larger host",
                       range->size / MIB, range->gpa);
}

const uint8_t *igvm_file_data(const struct igvm *igvm, const struct igvm_header *header,
                              uint64_t offset, uint64_t size, GError **error)
{
    gsize total;
    const uint8_t *data = g_bytes_get_data(igvm->content, &total);

    if (offset <= total && size <= total - offset)
        return data + offset;
    igvm_refuse_header(igvm, header, error,
                       "its %" G_GUINT64_FORMAT " bytes of data at 0x%" G_GINT64_MODIFIER
                       "x are not in the file, which has %" G_GSIZE_FORMAT
                       " bytes; make it or fetch it anew", size, offset, total);
    return NULL;
}

bool igvm_check_range(const struct igvm *igvm, const struct igvm_header *header, uint64_t gpa,
                      uint64_t size, GError **error)
{
    if (gpa % IGVM_PAGE_SIZE || size % IGVM_PAGE_SIZE || size == 0)
        return igvm_refuse_header(igvm, header, error,
                                  "GPA 0x%" G_GINT64_MODIFIER "x, size 0x%" G_GINT64_MODIFIER
                                  "x: not whole pages; make the file anew", gpa, size);
    if (size > UINT64_MAX - gpa)
        return igvm_refuse_header(igvm, header, error,
                                  "GPA 0x%" G_GINT64_MODIFIER "x, size 0x%" G_GINT64_MODIFIER
                                  "x: beyond all addresses; make the file anew", gpa, size);
    return true;
}

bool igvm_is(GBytes *file)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    return size >= IGVM_FIXED_HEADER_1 &&
           IGVM_GET(data, struct igvm_fixed_header, magic) == IGVM_MAGIC;
}

/* --- The fixed header ------------------------------------------------------------------------ */

#define FIXED(data, field) IGVM_GET(data, struct igvm_fixed_header, field)

/* Is it for this kind of machine? */
static bool check_kind(struct igvm *igvm, const uint8_t *data, gsize size, GError **error)
{
    uint64_t architecture;

    igvm->version = (unsigned)FIXED(data, format_version);
    if (igvm->version == IGVM_VERSION_1)
        return igvm_refuse(igvm, error, "an IGVM file of format version 1, which is for x64 only; "
                           "give one for arm64 (format version 2)");
    if (igvm->version != IGVM_VERSION_2)
        return igvm_refuse(igvm, error, "IGVM format version %u is not known (vtlemu knows 2); "
                           "give another file", igvm->version);
    if (size < sizeof(struct igvm_fixed_header))
        return igvm_refuse(igvm, error, "ends within the IGVM header; fetch or make it anew");
    architecture = FIXED(data, architecture);
    if (architecture == IGVM_X64)
        return igvm_refuse(igvm, error, "an IGVM file for x64; give one for arm64");
    if (architecture != IGVM_AARCH64)
        return igvm_refuse(igvm, error, "an IGVM file for the unknown architecture %"
                           G_GUINT64_FORMAT "; give one for arm64", architecture);
    if (FIXED(data, page_size) != IGVM_PAGE_SIZE)
        return igvm_refuse(igvm, error, "has pages of %" G_GUINT64_FORMAT " bytes; give a file "
                           "with pages of 4096", FIXED(data, page_size));
    return true;
}

static bool check_extent(struct igvm *igvm, const uint8_t *data, gsize size, GError **error)
{
    uint64_t offset = FIXED(data, variable_header_offset);
    uint64_t length = FIXED(data, variable_header_size);

    if (FIXED(data, total_file_size) != size)
        return igvm_refuse(igvm, error, "has %" G_GSIZE_FORMAT " bytes, but its header says %"
                           G_GUINT64_FORMAT "; fetch or make it anew", size,
                           FIXED(data, total_file_size));
    if (offset < sizeof(struct igvm_fixed_header) || offset % IGVM_HEADER_ALIGNMENT ||
        offset > size || length > size - offset)
        return igvm_refuse(igvm, error, "its variable headers, 0x%" G_GINT64_MODIFIER
                           "x bytes at 0x%" G_GINT64_MODIFIER "x, are not in the file, or not "
                           "aligned; make it anew", length, offset);
    return true;
}

static bool check_sum(struct igvm *igvm, const uint8_t *data, GError **error)
{
    uint8_t head[sizeof(struct igvm_fixed_header)];
    uint32_t length = (uint32_t)FIXED(data, variable_header_size);
    uLong sum;

    memcpy(head, data, sizeof(head));
    IGVM_PUT(head, struct igvm_fixed_header, checksum, 0);
    sum = crc32(crc32(0, head, sizeof(head)), data + FIXED(data, variable_header_offset), length);
    if (sum == FIXED(data, checksum))
        return true;
    return igvm_refuse(igvm, error, "its headers are damaged: CRC-32 is 0x%08lx instead of 0x%08"
                       G_GINT64_MODIFIER "x; fetch or make it anew", sum, FIXED(data, checksum));
}

static bool check_fixed_header(struct igvm *igvm, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(igvm->content, &size);

    if (!igvm_is(igvm->content))
        return igvm_refuse(igvm, error, "not an IGVM file; give one, or give a kernel to "
                           "--vtl2-kernel");
    return check_kind(igvm, data, size, error) && check_extent(igvm, data, size, error) &&
           check_sum(igvm, data, error);
}

/* --- The variable headers -------------------------------------------------------------------- */

/* The header at @offset, of which @left bytes of variable headers are left. */
static bool read_header(const struct igvm *igvm, uint64_t offset, uint64_t left,
                        struct igvm_header *header, GError **error)
{
    const uint8_t *data = (const uint8_t *)g_bytes_get_data(igvm->content, NULL) + offset;

    header->number = igvm->headers;
    header->offset = offset;
    if (left < sizeof(struct igvm_variable_header))
        return igvm_refuse_header(igvm, header, error, "is cut off; make the file anew");
    header->type = (uint32_t)IGVM_GET(data, struct igvm_variable_header, type);
    header->optional = header->type & IGVM_OPTIONAL;
    header->type &= ~IGVM_OPTIONAL;
    header->length = (uint32_t)IGVM_GET(data, struct igvm_variable_header, length);
    header->body = data + sizeof(struct igvm_variable_header);
    if (header->length > left - sizeof(struct igvm_variable_header))
        return igvm_refuse_header(igvm, header, error, "its length, %u bytes, goes beyond the "
                                  "variable headers; make the file anew", header->length);
    return true;
}

/* Up to the next multiple of 8; zeroes, and the last header may do without. */
static bool skip_padding(const struct igvm *igvm, const struct igvm_header *header, uint64_t left,
                         uint64_t *taken, GError **error)
{
    uint64_t end = sizeof(struct igvm_variable_header) + header->length;
    uint64_t aligned = (end + IGVM_HEADER_ALIGNMENT - 1) / IGVM_HEADER_ALIGNMENT *
                       IGVM_HEADER_ALIGNMENT;

    *taken = MIN(aligned, left);
    for (uint64_t i = header->length; i < *taken - sizeof(struct igvm_variable_header); i++)
        if (header->body[i])
            return igvm_refuse_header(igvm, header, error, "its padding is not zero; make the file "
                                      "anew");
    return true;
}

static bool take_headers(struct igvm *igvm, GError **error)
{
    const uint8_t *data = g_bytes_get_data(igvm->content, NULL);
    uint64_t offset = FIXED(data, variable_header_offset);
    uint64_t left = FIXED(data, variable_header_size);
    unsigned section = 0;

    while (left) {
        struct igvm_header header = {0};
        uint64_t taken;

        if (!read_header(igvm, offset, left, &header, error) ||
            !skip_padding(igvm, &header, left, &taken, error) ||
            !igvm_take_header(igvm, &header, &section, error))
            return false;
        igvm->headers++;
        offset += taken;
        left -= taken;
    }
    return true;
}

struct igvm *igvm_parse(GBytes *file, const char *name, GError **error)
{
    struct igvm *igvm = g_new0(struct igvm, 1);

    igvm->content = g_bytes_ref(file);
    igvm->name = g_strdup(name);
    igvm->pages = g_array_new(FALSE, TRUE, sizeof(struct igvm_page));
    igvm->areas = g_array_new(FALSE, TRUE, sizeof(struct igvm_area));
    igvm->parameters = g_array_new(FALSE, TRUE, sizeof(struct igvm_parameter));
    igvm->required = g_array_new(FALSE, TRUE, sizeof(struct igvm_required));
    igvm->registers = g_array_new(FALSE, TRUE, sizeof(struct igvm_register));
    if (check_fixed_header(igvm, error) && take_headers(igvm, error) &&
        igvm_check_whole(igvm, error))
        return igvm;
    igvm_free(igvm);
    return NULL;
}

void igvm_free(struct igvm *igvm)
{
    if (!igvm)
        return;
    g_array_unref(igvm->pages);
    g_array_unref(igvm->areas);
    g_array_unref(igvm->parameters);
    g_array_unref(igvm->required);
    g_array_unref(igvm->registers);
    g_bytes_unref(igvm->content);
    g_clear_pointer(&igvm->moved_tables, g_bytes_unref);
    g_free(igvm->name);
    g_free(igvm);
}
