/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest RAM in sections of a snapshot: runs of up to SNAPSHOT_PAGES_MAX pages of 4 KiB, each with
 * the number of its first page in RAM. Pages that nobody names are zero.
 */
#ifndef EMU_SNAPSHOT_PAGES_H
#define EMU_SNAPSHOT_PAGES_H

#include "emu/memory.h"
#include "emu/snapshot.h"

#define SNAPSHOT_PAGE_SIZE 4096u
/* In one section. */
#define SNAPSHOT_PAGES_MAX 256u
/* Of a section with @count pages. */
#define SNAPSHOT_PAGES_HEADER 16u

/*
 * Writes @count pages from page @first of RAM on. Pages that are zero are left out, or, if the
 * reader may have had something else in them (@all), named as such. The guest may change them
 * meanwhile: any mixture may be written then.
 */
bool snapshot_write_pages(struct snapshot_writer *writer, const struct memory *memory,
                          uint64_t first, uint64_t count, bool all, GError **error);

/*
 * All of RAM that is not zero. Holes of the file are skipped. Gives up, with an error, as soon as
 * @is_over(@context) is true; it may be NULL.
 */
bool snapshot_write_ram(struct snapshot_writer *writer, const struct memory *memory,
                        bool (*is_over)(void *context), void *context, GError **error);

/* Puts the pages of a section where they belong; all numbers are checked. */
bool snapshot_take_pages(const struct snapshot_section *section, struct memory *memory,
                         GError **error);

#endif
