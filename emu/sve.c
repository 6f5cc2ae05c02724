/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of vector lengths: see sve.h. */
#include "emu/sve.h"

#include <glib.h>

unsigned sve_longest(uint16_t lengths)
{
    return lengths ? (unsigned)g_bit_storage(lengths) * SVE_UNIT_BITS : 0;
}

uint16_t sve_limit(uint16_t lengths, unsigned bits)
{
    uint16_t up_to = (uint16_t)((1u << bits / SVE_UNIT_BITS) - 1) & lengths;

    return bits && sve_longest(up_to) == bits ? up_to : 0;
}

char *sve_text(uint16_t lengths)
{
    GString *text = g_string_new(NULL);
    unsigned longest = sve_longest(lengths);

    for (unsigned bits = SVE_UNIT_BITS; bits <= longest; bits += SVE_UNIT_BITS) {
        if (!(lengths & 1u << (bits / SVE_UNIT_BITS - 1)))
            continue;
        if (text->len)
            g_string_append(text, bits == longest ? " and " : ", ");
        g_string_append_printf(text, "%u", bits);
    }
    g_string_append(text, " bits");
    return g_string_free(text, FALSE);
}
