/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the target of a migration reads, as far as that needs no KVM: messages, the guest's document,
 * what its machine is, pages. The input: the stream, or, if it does not begin as one, a body that
 * each message and section of a good stream is made of, so that checksums do not keep it out.
 */
#include <unistd.h>

#include "emu/machine-facts.h"
#include "emu/memory.h"
#include "emu/migration-wire.h"
#include "emu/snapshot-pages.h"
#include "fw-regs/manifest.h"
#include "tests/fuzz/fuzz.h"

#define RAM_SIZE (2u << 20)

static void take_machine(const struct snapshot_section *section)
{
    g_autoptr(GError) error = NULL;
    struct machine_facts facts;
    bool good = machine_facts_read(section, &facts, &error);

    FUZZ_CHECK(good == !error);
    FUZZ_CHECK(!good || (facts.cpus >= 1 && facts.memory > 0));
}

static void take_pages(const struct snapshot_section *section, struct memory *memory)
{
    g_autoptr(GError) error = NULL;

    FUZZ_CHECK(snapshot_take_pages(section, memory, &error) == !error);
}

static void take_sections(const struct snapshot_source *source, struct memory *memory)
{
    struct snapshot_reader reader;
    struct snapshot_section section = {.kind = SNAPSHOT_MACHINE};
    bool good = snapshot_begin_reading(&reader, source, NULL);

    while (good && section.kind != SNAPSHOT_END && snapshot_read(&reader, &section, NULL)) {
        if (section.kind == SNAPSHOT_MACHINE)
            take_machine(&section);
        else if (section.kind == SNAPSHOT_PAGES)
            take_pages(&section, memory);
    }
    snapshot_reader_clear(&reader);
}

static void take_stream(const uint8_t *data, size_t size, struct memory *memory)
{
    struct snapshot_bytes bytes = {.next = data, .left = size};
    struct snapshot_source source = snapshot_source_bytes(&bytes);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    struct manifest *guest;

    if (migration_expect(&source, MIGRATION_HELLO, &text, &error)) {
        guest = manifest_parse("the guest", text ? text : "", text ? strlen(text) : 0, NULL);
        g_clear_pointer(&guest, manifest_free);
        take_sections(&source, memory);
    } else {
        FUZZ_CHECK(error);
    }
}

/* A stream whose sums are right. */
static void make_stream(const uint8_t *data, size_t size, struct memory *memory)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct snapshot_sink sink = snapshot_sink_bytes(bytes);
    g_autofree char *text = g_strndup((const char *)data, MIN(size, 4096));
    struct snapshot_writer writer;

    FUZZ_CHECK(migration_write(&sink, MIGRATION_HELLO, text, NULL) &&
               snapshot_begin_writing(&writer, &sink, NULL) &&
               snapshot_write(&writer, SNAPSHOT_MACHINE, data, size, NULL) &&
               snapshot_write(&writer, SNAPSHOT_PAGES, data, size, NULL) &&
               snapshot_end_writing(&writer, NULL));
    take_stream(bytes->data, bytes->len, memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory memory;

    if (size > 65536)
        return 0;
    FUZZ_CHECK(memory_open(&memory, RAM_SIZE, 1, NULL));
    take_stream(data, size, &memory);
    make_stream(data, size, &memory);
    memory_close(&memory);
    return 0;
}
