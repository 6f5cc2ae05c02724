/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of pages: words of 64 bits, the first page in the lowest one. */
#ifndef EMU_PAGE_SET_H
#define EMU_PAGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The next run of pages in @set, of @words words, that begins at page *@first or later: false if
 * there is none. Otherwise *@first and *@count say which.
 */
bool page_set_next(const uint64_t *set, size_t words, uint64_t *first, uint64_t *count);

uint64_t page_set_count(const uint64_t *set, size_t words);

/* Adds to @set the @pages larger pages in @log, of @unit pages each. */
void page_set_add(uint64_t *set, const uint64_t *log, size_t pages, size_t unit);

#endif
