/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes Linux's device tree of the host's: the same, but /chosen also tells where the initial RAM
 * disk is, and its command line begins with the file's. Devicetree Specification 0.4, chapter 5.
 * The MMU may be off: no unaligned access; and nothing here would have to be relocated.
 */
#include <stdbool.h>
#include <stddef.h>

#include "tests/igvm/shim.h"

#define FDT_MAGIC 0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE 2u
#define FDT_PROP 3u
#define FDT_NOP 4u
#define FDT_END 9u
#define FDT_RESERVATION_SIZE 16u
#define CELL 4u
#define CHOSEN_DEPTH 2 /* the root is at depth 1 */

enum header_cell {
    TOTAL_SIZE = 1,
    OFF_STRUCT,
    OFF_STRINGS,
    OFF_RESERVATIONS,
    VERSION,
    LAST_COMPATIBLE,
    BOOT_CPU,
    SIZE_STRINGS,
    SIZE_STRUCT,
    HEADER_CELLS,
};

/* Names that are added behind the host's strings. */
static const char names[] = "bootargs\0linux,initrd-start\0linux,initrd-end";
#define NAME_BOOTARGS 0u
#define NAME_START 9u
#define NAME_END 28u

struct copy {
    const uint8_t *tree; /* the host's */
    uint8_t *out;
    uint32_t used, size; /* of out */
    bool bad;
    const struct shim_parameters *parameters;
    const char *command_line; /* the file's */
    uint64_t initrd;
    const uint8_t *bootargs;  /* the host's, or NULL */
    uint32_t bootargs_length;
};

/* The compiler may call these. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
uint8_t *shim_make_tree(uint8_t *shim, const struct shim_parameters *parameters);

void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile uint8_t *)to)[i] = (uint8_t)value;
    return to;
}

static uint32_t cell(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t header(const uint8_t *tree, enum header_cell index)
{
    return cell(tree + index * CELL);
}

static uint32_t length_of(const char *text)
{
    uint32_t length = 0;

    while (text[length])
        length++;
    return length;
}

static bool equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static uint32_t aligned(uint32_t length)
{
    return (length + CELL - 1) / CELL * CELL;
}

static void put_bytes(struct copy *copy, const void *bytes, uint32_t length)
{
    if (copy->bad || length > copy->size - copy->used) {
        copy->bad = true;
        return;
    }
    memcpy(copy->out + copy->used, bytes, length);
    copy->used += length;
}

static void put_cell(struct copy *copy, uint32_t value)
{
    uint8_t bytes[CELL] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                           (uint8_t)value};

    put_bytes(copy, bytes, sizeof(bytes));
}

static void pad(struct copy *copy)
{
    static const uint8_t zeroes[CELL];

    put_bytes(copy, zeroes, aligned(copy->used) - copy->used);
}

/* A property with one of our names; the value follows. */
static void put_property(struct copy *copy, uint32_t name, uint32_t length)
{
    put_cell(copy, FDT_PROP);
    put_cell(copy, length);
    put_cell(copy, header(copy->tree, SIZE_STRINGS) + name);
}

static void put_address(struct copy *copy, uint32_t name, uint64_t address)
{
    put_property(copy, name, 2 * CELL);
    put_cell(copy, (uint32_t)(address >> 32));
    put_cell(copy, (uint32_t)address);
}

/* The file's words, a blank, and the host's with its zero. */
static void put_bootargs(struct copy *copy)
{
    uint32_t length = length_of(copy->command_line);

    if (copy->bootargs_length <= 1) {
        put_property(copy, NAME_BOOTARGS, length + 1);
        put_bytes(copy, copy->command_line, length + 1);
    } else {
        put_property(copy, NAME_BOOTARGS, length + 1 + copy->bootargs_length);
        put_bytes(copy, copy->command_line, length);
        put_bytes(copy, " ", 1);
        put_bytes(copy, copy->bootargs, copy->bootargs_length);
    }
    pad(copy);
}

static void put_chosen(struct copy *copy)
{
    put_bootargs(copy);
    if (copy->parameters->initrd_size) {
        put_address(copy, NAME_START, copy->initrd);
        put_address(copy, NAME_END, copy->initrd + copy->parameters->initrd_size);
    }
}

/* Properties of /chosen that are ours, whatever the host says. */
static bool is_ours(const char *name)
{
    return equal(name, names + NAME_BOOTARGS) || equal(name, names + NAME_START) ||
           equal(name, names + NAME_END);
}

/* What an item of the structure is about. */
struct item {
    uint32_t token;
    uint32_t size;   /* with its token and padding */
    int depth;       /* of the node that it belongs to, or begins */
    bool in_chosen;
};

static bool next_item(const uint8_t *at, struct item *item)
{
    uint32_t previous = item->token;

    if (previous == FDT_END_NODE) {
        item->in_chosen = item->in_chosen && item->depth != CHOSEN_DEPTH;
        item->depth--;
    }
    item->token = cell(at);
    item->size = CELL;
    if (item->token == FDT_BEGIN_NODE) {
        const char *name = (const char *)at + CELL;

        item->depth++;
        item->in_chosen = item->in_chosen || (item->depth == CHOSEN_DEPTH && equal(name, "chosen"));
        item->size += aligned(length_of(name) + 1);
    } else if (item->token == FDT_PROP) {
        item->size += 2 * CELL + aligned(cell(at + CELL));
    }
    return item->token <= FDT_NOP || item->token == FDT_END;
}

static const char *property_name(const struct copy *copy, const uint8_t *at)
{
    return (const char *)copy->tree + header(copy->tree, OFF_STRINGS) + cell(at + 2 * CELL);
}

/* Goes through the host's structure: once to find the command line, once to copy. */
static void go_through(struct copy *copy, bool copying)
{
    const uint8_t *at = copy->tree + header(copy->tree, OFF_STRUCT);
    const uint8_t *end = at + header(copy->tree, SIZE_STRUCT);
    struct item item = {0};

    while (at < end && item.token != FDT_END && !copy->bad) {
        bool ours;

        copy->bad = !next_item(at, &item);
        ours = item.token == FDT_PROP && item.in_chosen && item.depth == CHOSEN_DEPTH &&
               is_ours(property_name(copy, at));
        if (ours && equal(property_name(copy, at), names + NAME_BOOTARGS)) {
            copy->bootargs = at + 3 * CELL;
            copy->bootargs_length = cell(at + CELL);
        }
        if (copying && !ours)
            put_bytes(copy, at, item.size);
        if (copying && item.token == FDT_BEGIN_NODE && item.in_chosen && item.depth == CHOSEN_DEPTH)
            put_chosen(copy);
        at += item.size;
    }
}

static void put_reservations(struct copy *copy)
{
    const uint8_t *at = copy->tree + header(copy->tree, OFF_RESERVATIONS);
    bool last = false;

    while (!last && !copy->bad) {
        last = true;
        for (unsigned i = 0; i < FDT_RESERVATION_SIZE; i++)
            last = last && !at[i];
        put_bytes(copy, at, FDT_RESERVATION_SIZE);
        at += FDT_RESERVATION_SIZE;
    }
}

static void set_header(struct copy *copy, enum header_cell index, uint32_t value)
{
    uint32_t used = copy->used;

    copy->used = index * CELL;
    put_cell(copy, value);
    copy->used = used;
}

static void make(struct copy *copy)
{
    put_bytes(copy, copy->tree, HEADER_CELLS * CELL);
    set_header(copy, OFF_RESERVATIONS, copy->used);
    put_reservations(copy);
    set_header(copy, OFF_STRUCT, copy->used);
    go_through(copy, false);
    go_through(copy, true);
    set_header(copy, SIZE_STRUCT, copy->used - header(copy->out, OFF_STRUCT));
    set_header(copy, OFF_STRINGS, copy->used);
    put_bytes(copy, copy->tree + header(copy->tree, OFF_STRINGS),
              header(copy->tree, SIZE_STRINGS));
    put_bytes(copy, names, sizeof(names));
    set_header(copy, SIZE_STRINGS, copy->used - header(copy->out, OFF_STRINGS));
    set_header(copy, TOTAL_SIZE, copy->used);
}

/* Linux reads it through caches, which may hold what was there before. */
static void clean(const uint8_t *bytes, uint32_t size)
{
    uint64_t ctr, line;

    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    line = UINT64_C(4) << (ctr >> 16 & 0xf); /* DminLine (Arm ARM, D19.2 CTR_EL0) */
    for (uint64_t at = (uint64_t)bytes & ~(line - 1); at < (uint64_t)bytes + size; at += line)
        __asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb sy" : : : "memory");
}

/* Returns the new tree, or NULL. */
uint8_t *shim_make_tree(uint8_t *shim, const struct shim_parameters *parameters)
{
    struct copy copy = {
        .tree = shim + parameters->tree,
        .out = shim + parameters->new_tree,
        .size = (uint32_t)parameters->new_tree_size,
        .parameters = parameters,
        .command_line = (const char *)shim + parameters->command_line,
        .initrd = (uint64_t)shim + parameters->initrd,
    };

    if (cell(copy.tree) != FDT_MAGIC)
        return NULL;
    make(&copy);
    clean(copy.out, copy.used);
    return copy.bad ? NULL : copy.out;
}
