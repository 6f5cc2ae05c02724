/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest RAM: one file (ram-file.h) for the partition. The VMM has a mapping of its own, and every
 * VTL has a view, the mapping that its VM's memory slot points to, so that protections can differ
 * per VTL.
 */
#ifndef EMU_MEMORY_H
#define EMU_MEMORY_H

#include <glib.h>
#include <stdint.h>

#include "emu/view.h"
#include "vtl/partition.h"

/* Of guest RAM, for who asks what has been written: a bit each. */
#define MEMORY_PAGE_SIZE 4096u

struct memory {
    int fd;
    uint64_t base; /* GPA of the first byte */
    uint64_t size; /* bytes */
    uint8_t *host; /* the VMM's own mapping */
    struct view view[VTL_LEVELS];
    gint tracking;      /* writes of ours are noted; atomic */
    uint64_t *written;  /* a bit a page, if they are; atomic */
};

/* RAM of @size bytes at LAYOUT_RAM_BASE, zeroed, with a view for each VTL in the set @vtls. */
bool memory_open(struct memory *memory, uint64_t size, uint16_t vtls, GError **error);
void memory_close(struct memory *memory);

/* Zeroes RAM, as at a reset of the partition. */
void memory_clear(struct memory *memory);

/* Lifts all protections of all views. 0 or a negative errno. */
int memory_open_views(struct memory *memory);

/*
 * Notes in which pages the VMM itself writes from now on; what the guest does is KVM's to note: see
 * dirty.h. 0 or a negative errno. Not while another thread may write, switch it off again.
 */
int memory_track(struct memory *memory);
void memory_untrack(struct memory *memory);

/* Words of 64 pages that a set of all pages of RAM takes. */
size_t memory_set_words(const struct memory *memory);

/*
 * Adds the pages noted to @set, of memory_set_words(), and forgets them. What is written while this
 * runs is noted now or the next time; nothing is ever noted before it has been written.
 */
void memory_take_written(struct memory *memory, uint64_t *set);

/* For writes that go past the functions below, after each of them. Cheap if nobody tracks. */
void memory_note_written(struct memory *memory, uint64_t gpa, size_t size);

/*
 * Copy from or to guest RAM. -EFAULT, and nothing is copied, unless all of it is RAM. The guest
 * may change memory meanwhile: callers check the copy, not the original.
 */
int memory_read(const struct memory *memory, uint64_t gpa, void *buffer, size_t size);
int memory_write(struct memory *memory, uint64_t gpa, const void *buffer, size_t size);

/* Reads an aligned 64-bit word in one access, as a table walker does. */
int memory_read_word(void *memory, uint64_t gpa, uint64_t *word);

/*
 * Replaces an aligned 64-bit word if it is @expected, in one step for the guest's processors too.
 * -EAGAIN if it is something else.
 */
int memory_compare_exchange(struct memory *memory, uint64_t gpa, uint64_t expected,
                            uint64_t desired);

/* Sets bits of an aligned 64-bit word likewise; *@before is what it was. */
int memory_set_bits(struct memory *memory, uint64_t gpa, uint64_t bits, uint64_t *before);

#endif
