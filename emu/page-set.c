/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of pages: see page-set.h. */
#include "emu/page-set.h"

#define WORD_BITS 64u

static bool has(const uint64_t *set, uint64_t page)
{
    return set[page / WORD_BITS] >> page % WORD_BITS & 1;
}

/* The first page from @page on that is in the set, or is not; @end if there is none. */
static uint64_t find(const uint64_t *set, uint64_t page, uint64_t end, bool in)
{
    const uint64_t dull = in ? 0 : UINT64_MAX; /* a word without any */

    while (page < end && has(set, page) != in)
        page += page % WORD_BITS == 0 && set[page / WORD_BITS] == dull ? WORD_BITS : 1;
    return page;
}

bool page_set_next(const uint64_t *set, size_t words, uint64_t *first, uint64_t *count)
{
    uint64_t end = (uint64_t)words * WORD_BITS;

    *first = find(set, *first, end, true);
    if (*first >= end)
        return false;
    *count = find(set, *first, end, false) - *first;
    return true;
}

uint64_t page_set_count(const uint64_t *set, size_t words)
{
    uint64_t count = 0;

    for (size_t i = 0; i < words; i++)
        count += (uint64_t)__builtin_popcountll(set[i]);
    return count;
}

static void add_one(uint64_t *set, uint64_t first, size_t unit)
{
    for (uint64_t page = first; page < first + unit; page++)
        set[page / WORD_BITS] |= UINT64_C(1) << page % WORD_BITS;
}

void page_set_add(uint64_t *set, const uint64_t *log, size_t pages, size_t unit)
{
    for (uint64_t page = 0; page < pages; page++) {
        if (page % WORD_BITS == 0 && !log[page / WORD_BITS])
            page += WORD_BITS - 1;
        else if (has(log, page))
            add_one(set, page * unit, unit);
    }
}
