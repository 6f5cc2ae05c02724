/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: /chosen/bootargs of the device tree. Just enough of the flattened format
 * (Devicetree Specification, chapter 5) to find one property.
 */
#include "tests/guest/guest.h"

#define FDT_MAGIC 0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE 2
#define FDT_PROP 3
#define FDT_END 9

#define CHOSEN_DEPTH 2 /* the root is 1 */
#define LINE_MAX 256

struct fdt_header {
    uint32_t magic, total_size, structure, strings;
};

/* Where a walk through the structure block is. */
struct walk {
    const uint8_t *at;
    const char *strings;
    unsigned depth;
    bool in_chosen;
};

static char line[LINE_MAX];

void arguments_init(const void *tree);

static uint32_t big_endian(const void *at)
{
    return __builtin_bswap32(*(const uint32_t *)at);
}

static uint32_t next(struct walk *walk)
{
    uint32_t value = big_endian(walk->at);

    walk->at += sizeof(value);
    return value;
}

static bool equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static size_t length(const char *string)
{
    size_t count = 0;

    while (string[count])
        count++;
    return count;
}

static void skip(struct walk *walk, size_t size)
{
    walk->at += (size + 3) & ~(size_t)3;
}

static void begin_node(struct walk *walk)
{
    const char *name = (const char *)walk->at;

    walk->depth++;
    walk->in_chosen = walk->depth == CHOSEN_DEPTH && equal(name, "chosen");
    skip(walk, length(name) + 1);
}

static void take_property(struct walk *walk)
{
    uint32_t size = next(walk);
    const char *name = walk->strings + next(walk);

    if (walk->in_chosen && size <= sizeof(line) && equal(name, "bootargs"))
        memcpy(line, walk->at, size);
    skip(walk, size);
}

void arguments_init(const void *tree)
{
    const struct fdt_header *header = tree;
    struct walk walk = {0};
    uint32_t token;

    if (!tree || big_endian(&header->magic) != FDT_MAGIC)
        return;
    walk.at = (const uint8_t *)tree + big_endian(&header->structure);
    walk.strings = (const char *)tree + big_endian(&header->strings);
    while ((token = next(&walk)) != FDT_END) {
        if (token == FDT_BEGIN_NODE)
            begin_node(&walk);
        else if (token == FDT_PROP)
            take_property(&walk);
        else if (token == FDT_END_NODE)
            walk.depth--, walk.in_chosen = false;
    }
}

/* What follows `name=` in the word that begins so, "" for the bare word, NULL without either. */
static const char *find(const char *name)
{
    size_t size = length(name);

    for (const char *word = line; *word; word++) {
        bool begins = word == line || word[-1] == ' ';

        if (!begins || memcmp(word, name, size))
            continue;
        if (word[size] == '=')
            return word + size + 1;
        if (word[size] == ' ' || !word[size])
            return "";
    }
    return NULL;
}

bool argument_is(const char *name, const char *value)
{
    const char *found = find(name);
    size_t size = length(value);

    return found && !memcmp(found, value, size) && (found[size] == ' ' || !found[size]);
}

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : UINT32_MAX;
}

uint64_t argument_number(const char *name, uint64_t fallback)
{
    const char *digit = find(name);
    unsigned base = 10;
    uint64_t number = 0;

    if (!digit || !*digit || *digit == ' ')
        return fallback;
    if (digit[0] == '0' && digit[1] == 'x') {
        base = 16;
        digit += 2;
    }
    for (; digit_of(*digit) < base; digit++)
        number = number * base + digit_of(*digit);
    check(!*digit || *digit == ' ', "the argument %s is no number", name);
    return number;
}
