/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State as bytes: little-endian, without gaps, in the order in which it is written. Who reads
 * believes nothing: every value has bounds, and the first that is not within them is the error, with
 * its name. After an error all further values are 0, so that a reader may look once, at the end; but
 * it must look before it allocates or loops by a value that it has not bounded itself.
 *
 * Structs are described by tables of their members, so that writing and reading cannot differ.
 */
#ifndef VTL_CODEC_H
#define VTL_CODEC_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_error {
    CODEC_ERROR_MALFORMED, /* too short, too long, or a value out of its bounds */
};
#define CODEC_ERROR codec_error_quark()
GQuark codec_error_quark(void);

/* --- Writing ---------------------------------------------------------------------------------- */

struct codec_writer {
    GByteArray *bytes; /* owned by whoever has made it */
};

void codec_write_u8(struct codec_writer *writer, uint8_t value);
void codec_write_u16(struct codec_writer *writer, uint16_t value);
void codec_write_u32(struct codec_writer *writer, uint32_t value);
void codec_write_u64(struct codec_writer *writer, uint64_t value);
void codec_write_bytes(struct codec_writer *writer, const void *bytes, size_t size);

/* --- Reading ---------------------------------------------------------------------------------- */

#define CODEC_WHERE_MAX 64

struct codec_reader {
    const uint8_t *next; /* of @left bytes; the reader's user owns them */
    size_t left;
    char where[CODEC_WHERE_MAX]; /* what is being read, for errors; see codec_at() */
    GError *error;               /* the first, or NULL */
};

/* Begins to read @size bytes, which must stay. It must come to codec_end(). */
void codec_begin(struct codec_reader *reader, const void *bytes, size_t size);
/* False, with the error, if there was one or if bytes are left over. */
bool codec_end(struct codec_reader *reader, GError **error);

/* What follows belongs to this, such as "VP1, VTL2": errors say so. */
void codec_at(struct codec_reader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Has nothing gone wrong so far? */
bool codec_is_good(const struct codec_reader *reader);
/* The bytes make no sense because of something else than a single value. The first error counts. */
void codec_fail(struct codec_reader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Fails with "NAME is VALUE" and @why, such as "must be a VTL that is enabled", unless @good. */
void codec_require(struct codec_reader *reader, bool good, const char *name, uint64_t value,
                   const char *why);

/* The next value, which is called @name in errors; 0 after an error. */
uint8_t codec_read_u8(struct codec_reader *reader, const char *name);
uint16_t codec_read_u16(struct codec_reader *reader, const char *name);
uint32_t codec_read_u32(struct codec_reader *reader, const char *name);
uint64_t codec_read_u64(struct codec_reader *reader, const char *name);
bool codec_read_bool(struct codec_reader *reader, const char *name);
/* A u32 of at most @max. */
uint32_t codec_read_count(struct codec_reader *reader, const char *name, uint32_t max);
/* Stores @size bytes; zeroes after an error. */
void codec_read_bytes(struct codec_reader *reader, const char *name, void *bytes, size_t size);
/* Skips @size bytes and returns where they are, valid as long as what is read; NULL on error. */
const uint8_t *codec_take(struct codec_reader *reader, const char *name, size_t size);

/* --- Members of structs ----------------------------------------------------------------------- */

/*
 * A member, or an array of them: integers, enums, booleans, atomic or not, of 1, 2, 4 or 8 bytes,
 * which nobody else changes meanwhile. A value has no bits but @bits and is @max at most.
 */
struct codec_field {
    const char *name;
    uint16_t offset;
    uint8_t size;   /* of one, in bytes */
    uint16_t count; /* of elements */
    uint64_t bits, max;
};

#define CODEC_FIELD(type, member, allowed_bits, maximum)                                           \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member),                                         \
        .size = sizeof(((type *)NULL)->member), .count = 1, .bits = (allowed_bits),                \
        .max = (maximum)                                                                           \
    }
#define CODEC_ARRAY(type, member, allowed_bits, maximum)                                           \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member),                                         \
        .size = sizeof(((type *)NULL)->member[0]), .count = G_N_ELEMENTS(((type *)NULL)->member),  \
        .bits = (allowed_bits), .max = (maximum)                                                   \
    }
/* Any value; only those bits; at most that; a boolean. */
#define CODEC_ANY(type, member) CODEC_FIELD(type, member, UINT64_MAX, UINT64_MAX)
#define CODEC_BITS(type, member, bits) CODEC_FIELD(type, member, bits, UINT64_MAX)
#define CODEC_UPTO(type, member, max) CODEC_FIELD(type, member, UINT64_MAX, max)
#define CODEC_BOOL(type, member) CODEC_FIELD(type, member, 1, 1)
#define CODEC_ARRAY_ANY(type, member) CODEC_ARRAY(type, member, UINT64_MAX, UINT64_MAX)
#define CODEC_ARRAY_BITS(type, member, bits) CODEC_ARRAY(type, member, bits, UINT64_MAX)

/* The members of *@object by their table of @count rows; on error the rest of them becomes 0. */
void codec_write_fields(struct codec_writer *writer, const void *object,
                        const struct codec_field *fields, size_t count);
void codec_read_fields(struct codec_reader *reader, void *object, const struct codec_field *fields,
                       size_t count);

#endif
