/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State that a switch may corrupt: see poison.h. */
#include "vtl/poison.h"

#include <string.h>

#define MARK 0xbadc0de000000000ull
#define VP_SHIFT 16
#define VTL_SHIFT 8

uint64_t poison_word(const struct bank_register *reg, unsigned vp, unsigned vtl)
{
    return MARK | (uint64_t)(vp & 0xff) << VP_SHIFT | (uint64_t)(vtl & 0xff) << VTL_SHIFT |
           (reg->hv_name & 0xff);
}

/* Where it begins: behind what is another register's. */
static size_t first_byte(const struct bank_register *reg)
{
    return reg->low_name ? bank_find(reg->low_name)->size : 0;
}

static size_t damaged(const struct bank_register *reg, size_t size)
{
    size_t first = first_byte(reg);

    return reg->class == BANK_CORRUPTIBLE && size > first ? size - first : 0;
}

size_t poison(const struct bank_register *reg, unsigned vp, unsigned vtl, uint8_t *value,
              size_t size)
{
    uint64_t word = reg->is_prefix ? (2ull << 2 * vtl) - 1 : poison_word(reg, vp, vtl);
    size_t count = damaged(reg, size);

    if (!count)
        return 0;
    memset(value + size - count, 0, count);
    for (size_t i = size - count; i < size; i++)
        if (!reg->is_prefix || i < sizeof(word))
            value[i] = (uint8_t)(word >> i % sizeof(word) * 8);
    return count;
}

unsigned poison_count(unsigned vector_bits)
{
    unsigned count = 0;

    for (size_t i = 0; i < bank_table_size; i++)
        count += damaged(&bank_table[i], bank_size(&bank_table[i], vector_bits)) > 0;
    return count;
}
