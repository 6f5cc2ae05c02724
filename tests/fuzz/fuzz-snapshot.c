/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot that somebody has made: its container, and all in it that can be looked at without KVM.
 * The input: sections, each a kind, a length and a payload, which are put into a container with right
 * checksums, as fuzzing would find none; or, if it begins with 0, a container as it is.
 *
 * What must hold: a section is an error, or what it says can be written and read again.
 */
#include "emu/gic-image.h"
#include "emu/layout.h"
#include "emu/machine-facts.h"
#include "emu/snapshot-pages.h"
#include "emu/vcpu-image.h"
#include "tests/fuzz/fuzz.h"

#define SECTIONS_MAX 16
#define SECTION_MAX 8192
#define VPS 2
#define RAM (64 * KIB)

static struct memory memory;

static bool same(const struct snapshot_section *section, const GByteArray *bytes)
{
    return bytes->len == section->size && memcmp(bytes->data, section->bytes, bytes->len) == 0;
}

static void take_facts(const struct snapshot_section *section)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct machine_facts facts;

    if (!machine_facts_read(section, &facts, NULL))
        return;
    machine_facts_write(&facts, bytes);
    FUZZ_CHECK(same(section, bytes));
}

static void take_vcpu(const struct snapshot_section *section)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct vcpu_image image;

    vcpu_image_init(&image, 0, 0);
    if (vcpu_image_read(section, &image, NULL)) {
        vcpu_image_write(&image, bytes);
        FUZZ_CHECK(same(section, bytes));
        for (guint i = 0; i < image.registers->len; i++) {
            const struct vcpu_register *reg =
                &g_array_index(image.registers, struct vcpu_register, i);
            g_autofree char *text = vcpu_register_text(reg->id);

            FUZZ_CHECK(*text);
            vcpu_register_may_lack(reg);
            vcpu_register_may_differ(reg->id);
        }
    }
    vcpu_image_clear(&image);
}

static void take_gic(const struct snapshot_section *section)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct gic_image image;

    gic_image_init(&image, 0);
    if (gic_image_read(section, VPS, &image, NULL)) {
        gic_image_write(&image, bytes);
        FUZZ_CHECK(same(section, bytes));
    }
    gic_image_clear(&image);
}

static void take(const struct snapshot_section *section)
{
    if (section->kind == SNAPSHOT_MACHINE)
        take_facts(section);
    else if (section->kind == SNAPSHOT_VCPU)
        take_vcpu(section);
    else if (section->kind == SNAPSHOT_GIC)
        take_gic(section);
    else if (section->kind == SNAPSHOT_PAGES)
        (void)snapshot_take_pages(section, &memory, NULL);
}

static void read_all(const uint8_t *bytes, size_t size)
{
    struct snapshot_bytes place = {bytes, size};
    struct snapshot_source source = snapshot_source_bytes(&place);
    g_auto(snapshot_reader) reader = {0};
    struct snapshot_section section;

    if (!snapshot_begin_reading(&reader, &source, NULL))
        return;
    while (snapshot_read(&reader, &section, NULL) && section.kind != SNAPSHOT_END)
        take(&section);
}

static void read_made(struct fuzz_input *input)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct snapshot_sink sink = snapshot_sink_bytes(bytes);
    struct snapshot_writer writer;
    static uint8_t payload[SECTION_MAX];

    snapshot_begin_writing(&writer, &sink, NULL);
    for (unsigned i = 0; i < SECTIONS_MAX && input->size > 0; i++) {
        enum snapshot_kind kind = (enum snapshot_kind)(fuzz_u8(input) % SNAPSHOT_END);
        size_t size = fuzz_u16(input) % SECTION_MAX;

        for (size_t at = 0; at < size; at++)
            payload[at] = fuzz_u8(input);
        if (kind != SNAPSHOT_TIME) /* the smallest of all */
            snapshot_write(&writer, kind, payload, size, NULL);
    }
    snapshot_end_writing(&writer, NULL);
    read_all(bytes->data, bytes->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};

    if (!memory.host)
        FUZZ_CHECK(memory_open(&memory, RAM, 0, NULL));
    if (size > 0 && data[0] == 0)
        read_all(data + 1, size - 1);
    else
        read_made(&input);
    return 0;
}
