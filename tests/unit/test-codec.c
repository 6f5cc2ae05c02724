/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State as bytes: bounds, order, and errors that say what is wrong. */
#include <stdatomic.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "vtl/codec.h"

enum colour { RED, GREEN, BLUE };

struct sample {
    uint64_t any;
    _Atomic uint16_t bits;
    bool yes;
    unsigned small;
    enum colour colour;
    uint8_t list[3];
};

static const struct codec_field fields[] = {
    CODEC_ANY(struct sample, any),       CODEC_BITS(struct sample, bits, 0x8001),
    CODEC_BOOL(struct sample, yes),      CODEC_UPTO(struct sample, small, 7),
    CODEC_UPTO(struct sample, colour, BLUE), CODEC_ARRAY_ANY(struct sample, list),
};

/* Bytes before each member of a sample, and in all. */
enum { AT_ANY = 0, AT_BITS = 8, AT_YES = 10, AT_SMALL = 11, AT_COLOUR = 15, AT_LIST = 19, SIZE = 22 };

static struct codec_writer writer;
static struct codec_reader reader;

static void set_up(void)
{
    writer.bytes = g_byte_array_new();
}

static void tear_down(void)
{
    g_byte_array_unref(writer.bytes);
}

static void begin(void)
{
    codec_begin(&reader, writer.bytes->data, writer.bytes->len);
}

static void write_sample(void)
{
    const struct sample sample = {UINT64_C(0x1122334455667788), 0x8001, true, 7, BLUE, {1, 2, 3}};

    codec_write_fields(&writer, &sample, fields, G_N_ELEMENTS(fields));
}

static void expect_error(const char *text)
{
    GError *error = NULL;

    ck_assert(!codec_end(&reader, &error));
    ck_assert(g_error_matches(error, CODEC_ERROR, CODEC_ERROR_MALFORMED));
    ck_assert_msg(strstr(error->message, text) != NULL, "'%s' instead of '%s'", error->message,
                  text);
    g_error_free(error);
}

START_TEST(integers_are_little_endian)
{
    static const uint8_t expected[] = {1, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8, 0xaa};

    codec_write_u8(&writer, 1);
    codec_write_u16(&writer, 0x0203);
    codec_write_u32(&writer, 0x04050607);
    codec_write_u64(&writer, UINT64_C(0x08090a0b0c0d0e0f));
    codec_write_bytes(&writer, "\xaa", 1);
    ck_assert_uint_eq(writer.bytes->len, sizeof(expected));
    ck_assert_mem_eq(writer.bytes->data, expected, sizeof(expected));
    begin();
    ck_assert_uint_eq(codec_read_u8(&reader, "a"), 1);
    ck_assert_uint_eq(codec_read_u16(&reader, "b"), 0x0203);
    ck_assert_uint_eq(codec_read_u32(&reader, "c"), 0x04050607);
    ck_assert_uint_eq(codec_read_u64(&reader, "d"), UINT64_C(0x08090a0b0c0d0e0f));
    ck_assert_uint_eq(*codec_take(&reader, "e", 1), 0xaa);
    ck_assert(codec_end(&reader, NULL));
}
END_TEST

START_TEST(members_come_back)
{
    struct sample sample;

    write_sample();
    ck_assert_uint_eq(writer.bytes->len, SIZE);
    begin();
    codec_read_fields(&reader, &sample, fields, G_N_ELEMENTS(fields));
    ck_assert(codec_end(&reader, NULL));
    ck_assert(sample.any == UINT64_C(0x1122334455667788) && sample.bits == 0x8001 && sample.yes);
    ck_assert(sample.small == 7 && sample.colour == BLUE && sample.list[2] == 3);
}
END_TEST

/* Each in turn; what comes after the wrong one is 0. */
START_TEST(members_have_bounds)
{
    static const struct {
        unsigned at;
        uint8_t value;
        const char *error;
    } wrong[] = {
        {AT_BITS, 3, "bits is 0x8003, with bits beyond 0x8001"},
        {AT_YES, 2, "yes is 0x2"},
        {AT_SMALL, 8, "small is 8, above 7"},
        {AT_COLOUR, 3, "colour is 3, above 2"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        struct sample sample;

        g_byte_array_set_size(writer.bytes, 0);
        write_sample();
        writer.bytes->data[wrong[i].at] = wrong[i].value;
        begin();
        codec_at(&reader, "VP%u", 3u);
        codec_read_fields(&reader, &sample, fields, G_N_ELEMENTS(fields));
        ck_assert(sample.any == UINT64_C(0x1122334455667788) && sample.list[0] == 0);
        expect_error(wrong[i].error);
    }
}
END_TEST

START_TEST(ends_everywhere)
{
    write_sample();
    for (guint size = 0; size < SIZE; size++) {
        struct sample sample;

        codec_begin(&reader, writer.bytes->data, size);
        codec_read_fields(&reader, &sample, fields, G_N_ELEMENTS(fields));
        ck_assert(!codec_is_good(&reader));
        expect_error("are left");
    }
}
END_TEST

START_TEST(more_than_there_should_be)
{
    write_sample();
    begin();
    codec_read_u64(&reader, "any");
    expect_error("14 bytes more than there should be");
}
END_TEST

START_TEST(the_first_error_counts)
{
    codec_write_u32(&writer, 5);
    codec_write_u8(&writer, 2);
    begin();
    codec_at(&reader, "the list");
    ck_assert_uint_eq(codec_read_count(&reader, "length", 4), 0);
    ck_assert(!codec_read_bool(&reader, "flag"));
    codec_fail(&reader, "something else");
    ck_assert_ptr_null(codec_take(&reader, "rest", 0));
    expect_error("the list: length is 5, above 4");
}
END_TEST

START_TEST(requirements)
{
    begin();
    codec_require(&reader, true, "vtl", 3, "must be less");
    ck_assert(codec_is_good(&reader));
    codec_require(&reader, false, "vtl", 3, "must be less");
    expect_error("vtl is 0x3, but must be less");
}
END_TEST

START_TEST(sizes_beyond_all)
{
    codec_write_u8(&writer, 1);
    begin();
    ck_assert_ptr_null(codec_take(&reader, "everything", SIZE_MAX));
    expect_error("everything needs");
}
END_TEST

UNIT_MAIN_WITH("codec", set_up, tear_down, integers_are_little_endian, members_come_back,
               members_have_bounds, ends_everywhere, more_than_there_should_be,
               the_first_error_counts, requirements, sizes_beyond_all)
