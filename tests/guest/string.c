/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the compiler expects to be there. Byte by byte: no alignment to think of. */
#include "tests/guest/guest.h"

void *memcpy(void *to, const void *from, size_t size)
{
    uint8_t *target = to;
    const uint8_t *source = from;

    while (size--)
        *target++ = *source++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    uint8_t *target = to;

    while (size--)
        *target++ = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a, *right = b;

    for (; size--; left++, right++)
        if (*left != *right)
            return *left - *right;
    return 0;
}
