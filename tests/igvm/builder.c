/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes IGVM files: see builder.h. */
#include "tests/igvm/builder.h"

#include <zlib.h>

/* A file offset in a header that is to be set. */
struct reference {
    guint field;  /* offset in the headers */
    guint offset; /* in the data */
};

#define PUT(type, field, value) IGVM_PUT(body, struct type, field, value)

void builder_init(struct builder *builder)
{
    builder->headers = g_byte_array_new();
    builder->data = g_byte_array_new();
    builder->references = g_array_new(FALSE, FALSE, sizeof(struct reference));
}

void builder_seal(uint8_t *file)
{
    uint64_t offset = IGVM_GET(file, struct igvm_fixed_header, variable_header_offset);
    uLong sum;

    IGVM_PUT(file, struct igvm_fixed_header, checksum, 0);
    sum = crc32(0, file, sizeof(struct igvm_fixed_header));
    sum = crc32(sum, file + offset,
                (uInt)IGVM_GET(file, struct igvm_fixed_header, variable_header_size));
    IGVM_PUT(file, struct igvm_fixed_header, checksum, sum);
}

static void put_fixed_header(uint8_t *body, const struct builder *builder, size_t total)
{
    PUT(igvm_fixed_header, magic, IGVM_MAGIC);
    PUT(igvm_fixed_header, format_version, IGVM_VERSION_2);
    PUT(igvm_fixed_header, variable_header_offset, sizeof(struct igvm_fixed_header));
    PUT(igvm_fixed_header, variable_header_size, builder->headers->len);
    PUT(igvm_fixed_header, total_file_size, total);
    PUT(igvm_fixed_header, architecture, IGVM_AARCH64);
    PUT(igvm_fixed_header, page_size, IGVM_PAGE_SIZE);
}

GBytes *builder_finish(struct builder *builder)
{
    guint start = (guint)sizeof(struct igvm_fixed_header) + builder->headers->len;
    gsize size = start + builder->data->len;
    uint8_t *file = g_malloc0(size);

    for (guint i = 0; i < builder->references->len; i++) {
        const struct reference *reference =
            &g_array_index(builder->references, struct reference, i);

        igvm_put_number(builder->headers->data + reference->field, sizeof(uint32_t),
                        start + reference->offset);
    }
    put_fixed_header(file, builder, size);
    memcpy(file + sizeof(struct igvm_fixed_header), builder->headers->data, builder->headers->len);
    if (builder->data->len)
        memcpy(file + start, builder->data->data, builder->data->len);
    builder_seal(file);
    g_byte_array_unref(builder->headers);
    g_byte_array_unref(builder->data);
    g_array_unref(builder->references);
    return g_bytes_new_take(file, size);
}

void builder_add(struct builder *builder, uint32_t type, const uint8_t *body, size_t length)
{
    static const uint8_t padding[IGVM_HEADER_ALIGNMENT];
    uint8_t header[sizeof(struct igvm_variable_header)];

    IGVM_PUT(header, struct igvm_variable_header, type, type);
    IGVM_PUT(header, struct igvm_variable_header, length, length);
    g_byte_array_append(builder->headers, header, sizeof(header));
    g_byte_array_append(builder->headers, body, (guint)length);
    g_byte_array_append(builder->headers, padding,
                        (guint)(-length & (IGVM_HEADER_ALIGNMENT - 1)));
}

void builder_add_data(struct builder *builder, uint32_t type, const uint8_t *body, size_t length,
                      size_t field, const void *data, size_t size)
{
    struct reference reference = {
        .field = builder->headers->len + (guint)(sizeof(struct igvm_variable_header) + field),
        .offset = builder->data->len,
    };

    builder_add(builder, type, body, length);
    g_byte_array_append(builder->data, data, (guint)size);
    g_array_append_val(builder->references, reference);
}

void builder_platform(struct builder *builder, uint32_t mask, enum igvm_platform_type type,
                      uint8_t highest_vtl)
{
    uint8_t body[sizeof(struct igvm_supported_platform)] = {0};

    PUT(igvm_supported_platform, compatibility_mask, mask);
    PUT(igvm_supported_platform, highest_vtl, highest_vtl);
    PUT(igvm_supported_platform, platform_type, type);
    PUT(igvm_supported_platform, platform_version, IGVM_VSM_ISOLATION_VERSION);
    builder_add(builder, IGVM_SUPPORTED_PLATFORM, body, sizeof(body));
}

void builder_region(struct builder *builder, uint64_t gpa, uint64_t size, uint8_t flags)
{
    uint8_t body[sizeof(struct igvm_relocatable_region)] = {0};

    PUT(igvm_relocatable_region, compatibility_mask, BUILDER_MASK);
    PUT(igvm_relocatable_region, vtl, 2);
    PUT(igvm_relocatable_region, flags, flags);
    PUT(igvm_relocatable_region, alignment, IGVM_LARGE_PAGE_SIZE);
    PUT(igvm_relocatable_region, gpa, gpa);
    PUT(igvm_relocatable_region, size, size);
    PUT(igvm_relocatable_region, maximum_gpa, UINT64_C(1) << 48);
    builder_add(builder, IGVM_RELOCATABLE_REGION, body, sizeof(body));
}

void builder_tables(struct builder *builder, uint64_t gpa, uint64_t size, uint64_t used)
{
    uint8_t body[sizeof(struct igvm_page_table_relocation)] = {0};

    PUT(igvm_page_table_relocation, compatibility_mask, BUILDER_MASK);
    PUT(igvm_page_table_relocation, vtl, 2);
    PUT(igvm_page_table_relocation, gpa, gpa);
    PUT(igvm_page_table_relocation, size, size);
    PUT(igvm_page_table_relocation, used_size, used);
    builder_add(builder, IGVM_PAGE_TABLE_RELOCATION_REGION, body, sizeof(body));
}

void builder_required(struct builder *builder, uint64_t gpa, uint32_t size, uint32_t flags)
{
    uint8_t body[sizeof(struct igvm_required_memory)] = {0};

    PUT(igvm_required_memory, gpa, gpa);
    PUT(igvm_required_memory, compatibility_mask, BUILDER_MASK);
    PUT(igvm_required_memory, number_of_bytes, size);
    PUT(igvm_required_memory, flags, flags);
    builder_add(builder, IGVM_REQUIRED_MEMORY, body, sizeof(body));
}

void builder_page(struct builder *builder, uint64_t gpa, const void *data)
{
    uint8_t body[sizeof(struct igvm_page_data)] = {0};

    PUT(igvm_page_data, gpa, gpa);
    PUT(igvm_page_data, compatibility_mask, BUILDER_MASK);
    if (data)
        builder_add_data(builder, IGVM_PAGE_DATA, body, sizeof(body),
                         offsetof(struct igvm_page_data, file_offset), data, IGVM_PAGE_SIZE);
    else
        builder_add(builder, IGVM_PAGE_DATA, body, sizeof(body));
}

void builder_area(struct builder *builder, uint32_t index, uint64_t size, const void *data)
{
    uint8_t body[sizeof(struct igvm_parameter_area)] = {0};

    PUT(igvm_parameter_area, number_of_bytes, size);
    PUT(igvm_parameter_area, parameter_area_index, index);
    if (data)
        builder_add_data(builder, IGVM_PARAMETER_AREA, body, sizeof(body),
                         offsetof(struct igvm_parameter_area, file_offset), data, size);
    else
        builder_add(builder, IGVM_PARAMETER_AREA, body, sizeof(body));
}

void builder_parameter(struct builder *builder, enum igvm_type type, uint32_t index,
                       uint32_t offset)
{
    uint8_t body[sizeof(struct igvm_parameter_place)] = {0};

    PUT(igvm_parameter_place, parameter_area_index, index);
    PUT(igvm_parameter_place, byte_offset, offset);
    builder_add(builder, type, body, sizeof(body));
}

void builder_insert(struct builder *builder, uint32_t index, uint64_t gpa)
{
    uint8_t body[sizeof(struct igvm_parameter_insert)] = {0};

    PUT(igvm_parameter_insert, gpa, gpa);
    PUT(igvm_parameter_insert, compatibility_mask, BUILDER_MASK);
    PUT(igvm_parameter_insert, parameter_area_index, index);
    builder_add(builder, IGVM_PARAMETER_INSERT, body, sizeof(body));
}

static void append_register(GByteArray *list, uint8_t vtl, const struct builder_register *entry)
{
    uint8_t body[sizeof(struct igvm_vbs_register)] = {0};

    PUT(igvm_vbs_register, vtl, vtl);
    igvm_put_number(body + offsetof(struct igvm_vbs_register, name), sizeof(uint32_t), entry->name);
    igvm_put_number(body + offsetof(struct igvm_vbs_register, value), sizeof(uint64_t),
                    entry->value);
    g_byte_array_append(list, body, sizeof(body));
}

void builder_registers(struct builder *builder, uint8_t vtl,
                       const struct builder_register *registers, size_t count)
{
    uint8_t body[IGVM_VP_CONTEXT_LENGTH] = {0}, number[IGVM_REGISTER_COUNT_SIZE];
    g_autoptr(GByteArray) list = g_byte_array_new();

    igvm_put_number(number, sizeof(number), count);
    g_byte_array_append(list, number, sizeof(number));
    for (size_t i = 0; i < count; i++)
        append_register(list, vtl, &registers[i]);
    PUT(igvm_vp_context, compatibility_mask, BUILDER_MASK);
    builder_add_data(builder, IGVM_VP_CONTEXT, body, sizeof(body),
                     offsetof(struct igvm_vp_context, file_offset), list->data, list->len);
}
