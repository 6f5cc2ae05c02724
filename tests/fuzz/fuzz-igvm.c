/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IGVM files: emu/igvm*.c. The input is the file; it is tried as it is, and again with size and
 * checksum put right, without which little would come further than the fixed header.
 */
#include "emu/igvm.h"

#include "emu/layout.h"
#include "tests/fuzz/fuzz.h"
#include "tests/igvm/builder.h"

#define RAM_SIZE (32 * MIB)
#define VTL2_SIZE (16 * MIB)

static const struct igvm_room rooms[] = {
    {.ram = {LAYOUT_RAM_BASE, RAM_SIZE},
     .vtl2 = {LAYOUT_RAM_BASE + RAM_SIZE - VTL2_SIZE, VTL2_SIZE},
     .only_vtl2 = true},
    {.ram = {0, RAM_SIZE}, .vtl2 = {MIB, VTL2_SIZE}, .only_vtl2 = false},
};

static bool is_in(const struct igvm_range *range, uint64_t gpa, uint64_t size)
{
    return gpa >= range->gpa && size <= range->size && gpa - range->gpa <= range->size - size;
}

struct memory {
    const struct igvm_room *room;
    uint8_t written[RAM_SIZE / IGVM_PAGE_SIZE]; /* of each page */
};

static void check_write(void *context, uint64_t gpa, const uint8_t *data, uint64_t size)
{
    struct memory *memory = context;
    const struct igvm_range *ram = &memory->room->ram;
    volatile uint8_t last = data ? data[size - 1] : 0;

    (void)last;
    FUZZ_CHECK(size > 0 && size % IGVM_PAGE_SIZE == 0 && gpa % IGVM_PAGE_SIZE == 0);
    FUZZ_CHECK(is_in(memory->room->only_vtl2 ? &memory->room->vtl2 : ram, gpa, size));
    for (uint64_t i = (gpa - ram->gpa) / IGVM_PAGE_SIZE; size; i++, size -= IGVM_PAGE_SIZE)
        FUZZ_CHECK(!memory->written[i]++);
}

static void check_required(const struct igvm *igvm, const struct igvm_room *room)
{
    for (guint i = 0; i < igvm->required->len; i++) {
        const struct igvm_required *required =
            &g_array_index(igvm->required, struct igvm_required, i);

        FUZZ_CHECK(is_in(required->protectable ? &room->vtl2 : &room->ram, required->range.gpa,
                         required->range.size));
    }
}

static void try_room(GBytes *file, const struct igvm_room *room)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) tree = g_bytes_new_static("a tree", 6);
    struct igvm_facts facts = {
        .room = room, .vp_count = 2, .command_line = "quiet", .device_tree = tree};
    struct memory memory = {.room = room};
    struct igvm *igvm = igvm_parse(file, "FILE", &error);
    bool good = igvm && igvm_place(igvm, room, &error);

    if (good)
        check_required(igvm, room);
    good = good && igvm_deposit(igvm, &facts, check_write, &memory, &error);
    FUZZ_CHECK(good == (error == NULL));
    igvm_free(igvm);
}

static void try_file(GBytes *file)
{
    g_autoptr(GError) error = NULL;
    struct facts *facts = facts_new();
    bool described = igvm_tell(file, "FILE", facts, &error);

    facts_free(facts);
    FUZZ_CHECK(described == (error == NULL));
    if (!described)
        return; /* parsing is the same for all rooms */
    for (size_t i = 0; i < G_N_ELEMENTS(rooms); i++)
        try_room(file, &rooms[i]);
}

static void put_right(uint8_t *bytes, size_t size)
{
    uint64_t offset = IGVM_GET(bytes, struct igvm_fixed_header, variable_header_offset);
    uint64_t length = IGVM_GET(bytes, struct igvm_fixed_header, variable_header_size);

    IGVM_PUT(bytes, struct igvm_fixed_header, total_file_size, size);
    if (offset <= size && length <= size - offset)
        builder_seal(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new(data, size), right = NULL;
    uint8_t *bytes;

    try_file(file);
    if (size < sizeof(struct igvm_fixed_header))
        return 0;
    bytes = g_memdup2(data, size);
    put_right(bytes, size);
    right = g_bytes_new_take(bytes, size);
    try_file(right);
    return 0;
}
