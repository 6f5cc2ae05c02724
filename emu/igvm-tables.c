/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Relocation of the page tables in an IGVM file, as igvm_defs describes it for
 * PAGE_TABLE_RELOCATION_REGION. They map addresses to themselves. Entries that point to tables in
 * the region follow them; blocks and pages that map what has moved go to where it is now, for which
 * new tables may be needed. What maps more than the distance of the move stays.
 *
 * Descriptors: Arm ARM, D8.3, granule of 4 KiB, addresses of 48 bits.
 */
#include <string.h>

#include "emu/igvm-private.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"
#define ENTRIES 512u
#define LAST_LEVEL 3u
#define PAGE_SHIFT 12u
#define LEVEL_BITS 9u
#define DESCRIPTOR_VALID 0x1u
#define DESCRIPTOR_TABLE 0x2u /* at level 3: a page */
#define DESCRIPTOR_ADDRESS UINT64_C(0x0000fffffffff000)

/* TCR_EL1 (Arm ARM, D19.2) */
#define TCR_T0SZ 0x3fu
#define TCR_TG0_SHIFT 14
#define TCR_TG0 0x3u
#define TCR_TG0_4K 0u
/* Such that there are 1 to 512 entries in the first table, at level 0 or 1. */
#define T0SZ_MIN 16u
#define T0SZ_MAX 33u
#define T0SZ_LEVEL_0_MAX 24u

/* A block or page that maps elsewhere from now on. */
struct entry {
    uint64_t address;
    uint64_t descriptor;
    unsigned level;
};

struct mover {
    const struct igvm *igvm;
    uint8_t *bytes;
    uint8_t *seen;   /* of each page of the region: a table that the walk has come to */
    GArray *entries; /* of struct entry */
    uint64_t free;   /* offset of the next page for a new table */
    GError **error;
};

static unsigned shift_of(unsigned level)
{
    return PAGE_SHIFT + LEVEL_BITS * (LAST_LEVEL - level);
}

static uint8_t *slot(const struct mover *mover, uint64_t table, unsigned index)
{
    return mover->bytes + table + index * sizeof(uint64_t);
}

static uint64_t read_slot(const struct mover *mover, uint64_t table, unsigned index)
{
    return igvm_number(slot(mover, table, index), sizeof(uint64_t));
}

static void write_slot(const struct mover *mover, uint64_t table, unsigned index, uint64_t value)
{
    igvm_put_number(slot(mover, table, index), sizeof(uint64_t), value);
}

static bool is_table(uint64_t descriptor, unsigned level)
{
    return level < LAST_LEVEL && descriptor & DESCRIPTOR_TABLE;
}

/* Does what is at @address, 2^@shift bytes, map something that moves? */
static bool maps_moving(const struct igvm *igvm, uint64_t address, unsigned shift)
{
    struct igvm_range mapped = {address, UINT64_C(1) << shift};

    return igvm_overlap(&mapped, &igvm->region.range) || igvm_overlap(&mapped, &igvm->tables.range);
}

/* @moved_by may be negative, modulo 2^64. */
static bool is_far(uint64_t moved_by, unsigned shift)
{
    uint64_t distance = moved_by >> 63 ? -moved_by : moved_by;

    return distance >= UINT64_C(1) << shift;
}

static bool take_leaf(struct mover *mover, uint64_t table, unsigned index, uint64_t address,
                      unsigned level)
{
    const struct igvm *igvm = mover->igvm;
    uint64_t descriptor = read_slot(mover, table, index);
    uint64_t low = (UINT64_C(1) << shift_of(level)) - 1;
    struct entry entry = {.address = address + igvm->moved_by, .level = level};

    if (!maps_moving(igvm, address, shift_of(level)) || !is_far(igvm->moved_by, shift_of(level)))
        return true;
    if ((descriptor & DESCRIPTOR_ADDRESS & ~low) != address || entry.address & low)
        return igvm_refuse(igvm, mover->error, "its page tables map " HEX " to another address, or "
                           "by an entry that cannot move by " HEX "; make it anew", address,
                           igvm->moved_by);
    entry.descriptor = (descriptor & ~(DESCRIPTOR_ADDRESS & ~low)) | entry.address;
    g_array_append_val(mover->entries, entry);
    write_slot(mover, table, index, 0);
    return true;
}

static bool walk(struct mover *mover, uint64_t table, uint64_t address, unsigned level);

static bool take_slot(struct mover *mover, uint64_t table, unsigned index, uint64_t address,
                      unsigned level)
{
    const struct igvm_range *range = &mover->igvm->tables.range;
    uint64_t descriptor = read_slot(mover, table, index);
    uint64_t next = descriptor & DESCRIPTOR_ADDRESS;

    if (!(descriptor & DESCRIPTOR_VALID))
        return true;
    if (!is_table(descriptor, level))
        return take_leaf(mover, table, index, address, level);
    if (!igvm_contains_gpa(range, next))
        return true; /* a table somewhere else stays as it is */
    write_slot(mover, table, index,
               (descriptor & ~DESCRIPTOR_ADDRESS) |
                   ((next + mover->igvm->moved_by) & DESCRIPTOR_ADDRESS));
    return walk(mover, next - range->gpa, address, level + 1);
}

/* A table that is used twice would be changed twice; a file could make that take for ever. */
static bool walk(struct mover *mover, uint64_t table, uint64_t address, unsigned level)
{
    if (table >= mover->igvm->tables.used)
        return igvm_refuse(mover->igvm, mover->error, "its page tables use a table at offset " HEX
                           ", where its region is unused; make it anew", table);
    if (mover->seen[table / IGVM_PAGE_SIZE])
        return igvm_refuse(mover->igvm, mover->error, "its page tables use the table at offset " HEX
                           " twice; make it anew", table);
    mover->seen[table / IGVM_PAGE_SIZE] = 1;
    for (unsigned i = 0; i < ENTRIES; i++)
        if (!take_slot(mover, table, i, address + ((uint64_t)i << shift_of(level)), level))
            return false;
    return true;
}

/* The table below slot @index of @table; a new one if there is none. */
static bool descend(struct mover *mover, uint64_t *table, unsigned index, const struct entry *entry,
                    unsigned level)
{
    const struct igvm_tables *tables = &mover->igvm->tables;
    uint64_t base = tables->range.gpa + mover->igvm->moved_by;
    struct igvm_range moved = {base, tables->range.size};
    uint64_t descriptor = read_slot(mover, *table, index);

    if (!(descriptor & DESCRIPTOR_VALID)) {
        if (mover->free >= tables->range.size)
            return igvm_refuse(mover->igvm, mover->error, "has too little room for page tables; "
                               "make it anew with more, or such that it need not be moved");
        descriptor = (base + mover->free) | DESCRIPTOR_TABLE | DESCRIPTOR_VALID;
        memset(mover->bytes + mover->free, 0, IGVM_PAGE_SIZE);
        mover->free += IGVM_PAGE_SIZE;
        write_slot(mover, *table, index, descriptor);
    } else if (!is_table(descriptor, level) ||
               !igvm_contains_gpa(&moved, descriptor & DESCRIPTOR_ADDRESS)) {
        return igvm_refuse(mover->igvm, mover->error, "its page tables map " HEX " already, where "
                           "something is moved to; make it anew", entry->address);
    }
    *table = (descriptor & DESCRIPTOR_ADDRESS) - base;
    return true;
}

static bool put_entry(struct mover *mover, const struct entry *entry, uint64_t root,
                      unsigned first_level, unsigned bits)
{
    uint64_t table = root;
    unsigned index = 0;

    if (entry->address >> bits)
        return igvm_refuse(mover->igvm, mover->error, "its page tables cannot map " HEX ", where "
                           "something is moved to; give other --memory", entry->address);
    for (unsigned level = first_level; level <= entry->level; level++) {
        index = entry->address >> shift_of(level) & (ENTRIES - 1);
        if (level < entry->level && !descend(mover, &table, index, entry, level))
            return false;
    }
    if (read_slot(mover, table, index) & DESCRIPTOR_VALID &&
        read_slot(mover, table, index) != entry->descriptor)
        return igvm_refuse(mover->igvm, mover->error, "its page tables map " HEX " already, where "
                           "something is moved to; make it anew", entry->address);
    write_slot(mover, table, index, entry->descriptor);
    return true;
}

static bool put_entries(struct mover *mover, uint64_t root, unsigned level, unsigned bits)
{
    for (guint i = 0; i < mover->entries->len; i++)
        if (!put_entry(mover, &g_array_index(mover->entries, struct entry, i), root, level, bits))
            return false;
    return true;
}

/* Where the walk begins: offset of the first table, its level, and how many bits it translates. */
static bool find_root(const struct igvm *igvm, uint64_t *root, unsigned *level, unsigned *bits,
                      GError **error)
{
    uint64_t ttbr0 = 0, tcr = 0;
    unsigned t0sz;

    if (!igvm_find_register(igvm, IGVM_REGISTER_TTBR0_EL1, &ttbr0) ||
        !igvm_find_register(igvm, IGVM_REGISTER_TCR_EL1, &tcr))
        return igvm_refuse(igvm, error, "has page tables to be moved, but its VP context has no "
                           "TTBR0_EL1 or no TCR_EL1; make it anew");
    t0sz = tcr & TCR_T0SZ;
    if ((tcr >> TCR_TG0_SHIFT & TCR_TG0) != TCR_TG0_4K || t0sz < T0SZ_MIN || t0sz > T0SZ_MAX)
        return igvm_refuse(igvm, error, "TCR_EL1 " HEX ": vtlemu moves only page tables of 4 KiB "
                           "granules with 31 to 48 bits; make it anew", tcr);
    if (ttbr0 % IGVM_PAGE_SIZE || !igvm_contains_gpa(&igvm->tables.range, ttbr0))
        return igvm_refuse(igvm, error, "TTBR0_EL1 " HEX " is not in its region for page tables; "
                           "make it anew", ttbr0);
    *root = ttbr0 - igvm->tables.range.gpa;
    *level = t0sz <= T0SZ_LEVEL_0_MAX ? 0 : 1;
    *bits = 64 - t0sz;
    return true;
}

bool igvm_move_tables(const struct igvm *igvm, uint8_t *bytes, GError **error)
{
    g_autofree uint8_t *seen = g_malloc0(igvm->tables.range.size / IGVM_PAGE_SIZE);
    g_autoptr(GArray) entries = g_array_new(FALSE, TRUE, sizeof(struct entry));
    struct mover mover = {.igvm = igvm, .bytes = bytes, .seen = seen, .entries = entries,
                          .free = igvm->tables.used, .error = error};
    unsigned level = 0, bits = 0;
    uint64_t root = 0;

    return find_root(igvm, &root, &level, &bits, error) && walk(&mover, root, 0, level) &&
           put_entries(&mover, root, level, bits);
}
