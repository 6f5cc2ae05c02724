/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State as bytes: see codec.h. */
#include "vtl/codec.h"

#include <stdarg.h>
#include <string.h>

GQuark codec_error_quark(void)
{
    return g_quark_from_static_string("vtlemu-codec");
}

/* --- Writing ---------------------------------------------------------------------------------- */

static void write_integer(struct codec_writer *writer, uint64_t value, size_t size)
{
    const uint64_t bytes = GUINT64_TO_LE(value);

    codec_write_bytes(writer, &bytes, size);
}

void codec_write_u8(struct codec_writer *writer, uint8_t value)
{
    write_integer(writer, value, sizeof(value));
}

void codec_write_u16(struct codec_writer *writer, uint16_t value)
{
    write_integer(writer, value, sizeof(value));
}

void codec_write_u32(struct codec_writer *writer, uint32_t value)
{
    write_integer(writer, value, sizeof(value));
}

void codec_write_u64(struct codec_writer *writer, uint64_t value)
{
    write_integer(writer, value, sizeof(value));
}

void codec_write_bytes(struct codec_writer *writer, const void *bytes, size_t size)
{
    if (size)
        g_byte_array_append(writer->bytes, bytes, (guint)size);
}

/* --- Reading ---------------------------------------------------------------------------------- */

void codec_begin(struct codec_reader *reader, const void *bytes, size_t size)
{
    *reader = (struct codec_reader){.next = size ? bytes : (const uint8_t *)"", .left = size};
}

bool codec_end(struct codec_reader *reader, GError **error)
{
    if (reader->left && !reader->error)
        codec_fail(reader, "%zu bytes more than there should be", reader->left);
    if (!reader->error)
        return true;
    g_propagate_error(error, g_steal_pointer(&reader->error));
    return false;
}

void codec_at(struct codec_reader *reader, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_vsnprintf(reader->where, sizeof(reader->where), format, arguments);
    va_end(arguments);
}

bool codec_is_good(const struct codec_reader *reader)
{
    return !reader->error;
}

void codec_fail(struct codec_reader *reader, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    if (reader->error)
        return;
    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    reader->error = g_error_new(CODEC_ERROR, CODEC_ERROR_MALFORMED, "%s%s%s", reader->where,
                                *reader->where ? ": " : "", text);
}

void codec_require(struct codec_reader *reader, bool good, const char *name, uint64_t value,
                   const char *why)
{
    if (!good)
        codec_fail(reader, "%s is 0x%" G_GINT64_MODIFIER "x, but %s", name, value, why);
}

const uint8_t *codec_take(struct codec_reader *reader, const char *name, size_t size)
{
    const uint8_t *bytes = reader->next;

    if (size > reader->left)
        codec_fail(reader, "%s needs %zu bytes, and %zu are left", name, size, reader->left);
    if (reader->error)
        return NULL;
    reader->next += size;
    reader->left -= size;
    return bytes;
}

void codec_read_bytes(struct codec_reader *reader, const char *name, void *bytes, size_t size)
{
    const uint8_t *source = codec_take(reader, name, size);

    if (!source)
        memset(bytes, 0, size);
    else if (size)
        memcpy(bytes, source, size);
}

static uint64_t read_integer(struct codec_reader *reader, const char *name, size_t size)
{
    uint64_t bytes = 0;

    codec_read_bytes(reader, name, &bytes, size);
    return GUINT64_FROM_LE(bytes);
}

uint8_t codec_read_u8(struct codec_reader *reader, const char *name)
{
    return (uint8_t)read_integer(reader, name, sizeof(uint8_t));
}

uint16_t codec_read_u16(struct codec_reader *reader, const char *name)
{
    return (uint16_t)read_integer(reader, name, sizeof(uint16_t));
}

uint32_t codec_read_u32(struct codec_reader *reader, const char *name)
{
    return (uint32_t)read_integer(reader, name, sizeof(uint32_t));
}

uint64_t codec_read_u64(struct codec_reader *reader, const char *name)
{
    return read_integer(reader, name, sizeof(uint64_t));
}

/* 0 if it is none of those that may be. */
static uint64_t read_within(struct codec_reader *reader, const char *name, size_t size,
                            uint64_t bits, uint64_t max)
{
    uint64_t value = read_integer(reader, name, size);

    if (value & ~bits)
        codec_fail(reader, "%s is 0x%" G_GINT64_MODIFIER "x, with bits beyond 0x%"
                   G_GINT64_MODIFIER "x", name, value, bits);
    if (value > max)
        codec_fail(reader, "%s is %" G_GUINT64_FORMAT ", above %" G_GUINT64_FORMAT, name, value,
                   max);
    return reader->error ? 0 : value;
}

bool codec_read_bool(struct codec_reader *reader, const char *name)
{
    return read_within(reader, name, sizeof(uint8_t), UINT64_MAX, 1);
}

uint32_t codec_read_count(struct codec_reader *reader, const char *name, uint32_t max)
{
    return (uint32_t)read_within(reader, name, sizeof(uint32_t), UINT64_MAX, max);
}

/* --- Members of structs ----------------------------------------------------------------------- */

/* Any integer of the host's, by its size. */
union integer {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
};

static uint64_t load(const void *member, size_t size)
{
    union integer value;

    memcpy(&value, member, size);
    switch (size) {
    case sizeof(value.u8):
        return value.u8;
    case sizeof(value.u16):
        return value.u16;
    case sizeof(value.u32):
        return value.u32;
    default:
        g_assert(size == sizeof(value.u64));
        return value.u64;
    }
}

static void store(void *member, size_t size, uint64_t value)
{
    union integer stored;

    switch (size) {
    case sizeof(stored.u8):
        stored.u8 = (uint8_t)value;
        break;
    case sizeof(stored.u16):
        stored.u16 = (uint16_t)value;
        break;
    case sizeof(stored.u32):
        stored.u32 = (uint32_t)value;
        break;
    default:
        g_assert(size == sizeof(stored.u64));
        stored.u64 = value;
    }
    memcpy(member, &stored, size);
}

static void write_field(struct codec_writer *writer, const uint8_t *member,
                        const struct codec_field *field)
{
    for (unsigned i = 0; i < field->count; i++)
        write_integer(writer, load(member + (size_t)i * field->size, field->size), field->size);
}

static void read_field(struct codec_reader *reader, uint8_t *member,
                       const struct codec_field *field)
{
    for (unsigned i = 0; i < field->count; i++)
        store(member + (size_t)i * field->size, field->size,
              read_within(reader, field->name, field->size, field->bits, field->max));
}

void codec_write_fields(struct codec_writer *writer, const void *object,
                        const struct codec_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_field(writer, (const uint8_t *)object + fields[i].offset, &fields[i]);
}

void codec_read_fields(struct codec_reader *reader, void *object, const struct codec_field *fields,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        read_field(reader, (uint8_t *)object + fields[i].offset, &fields[i]);
}
