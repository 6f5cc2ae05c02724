/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files given as kernels: emu/image*.c, emu/unpack.c, emu/facts.c. The input is the file. */
#include "emu/image.h"

#include "emu/layout.h"
#include "emu/sandbox.h"
#include "tests/fuzz/fuzz.h"

#define BASE (LAYOUT_RAM_BASE + 2 * MIB)
#define UNPACKED_MAX (4 * MIB)

static const struct image_segment *segment(const struct image *image, guint i)
{
    return &g_array_index(image->segments, struct image_segment, i);
}

/* What image.h promises. */
static void check_segment(const struct image *image, guint i)
{
    const struct image_segment *a = segment(image, i);
    gsize size;
    const uint8_t *data = g_bytes_get_data(image->content, &size);

    FUZZ_CHECK(a->mem_size > 0 && a->data_size <= a->mem_size);
    FUZZ_CHECK(a->mem_size <= UINT64_MAX - a->gpa);
    FUZZ_CHECK(a->data >= data && a->data <= data + size);
    FUZZ_CHECK(a->data_size <= (size_t)(data + size - a->data));
    for (guint j = 0; j < i; j++) {
        const struct image_segment *b = segment(image, j);

        FUZZ_CHECK(a->gpa + a->mem_size <= b->gpa || b->gpa + b->mem_size <= a->gpa);
    }
}

/* `vtlemu inspect` agrees, and shows nothing that a terminal might obey. */
static void check_told(GBytes *file, bool good)
{
    struct facts *facts = facts_new();
    g_autofree char *text = NULL, *json = NULL;

    FUZZ_CHECK(image_tell(file, "FILE", UNPACKED_MAX, facts, NULL) == good);
    text = facts_to_text(facts);
    json = facts_to_json(facts);
    for (const char *c = text; *c; c++)
        FUZZ_CHECK(g_ascii_isprint(*c) || *c == '\n');
    FUZZ_CHECK(*json == '{');
    facts_free(facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) file = g_bytes_new(data, size);
    struct image *image;

    sandbox_disable();
    image = image_parse(file, "FILE", BASE, UNPACKED_MAX, &error);
    FUZZ_CHECK(!image == (error != NULL));
    for (guint i = 0; image && i < image->segments->len; i++)
        check_segment(image, i);
    check_told(file, image != NULL);
    image_free(image);
    return 0;
}
