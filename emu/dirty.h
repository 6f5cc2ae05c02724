/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages of guest RAM have been written to: by the guest in any of its VTLs, as KVM notes it
 * for each VTL's memory slot, or by vtlemu for it, as memory.c does.
 *
 * Pages that a VTL may not write (view.h) are not written by it, and noted for whoever may. What is
 * noted of a page stays when its rights change, as KVM notes a write when it lets it happen.
 */
#ifndef EMU_DIRTY_H
#define EMU_DIRTY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;

struct dirty {
    struct machine *machine; /* NULL: nothing is noted */
    uint64_t *set; /* page-set.h, of pages of 4 KiB: what the last dirty_take() has found */
    size_t words;  /* of it */
    uint64_t count; /* pages in it */
};

/*
 * Begins to note, with nothing written: from now on RAM may be read. The machine keeps its power
 * until dirty_end(); the guest may run. False with @error, and nothing is noted.
 */
bool dirty_begin(struct dirty *dirty, struct machine *machine, GError **error);

/* Stores in @dirty what has been written since the last time. False with @error: all is to be sent. */
bool dirty_take(struct dirty *dirty, GError **error);

/* Notes no longer. Also after dirty_begin() has failed. */
void dirty_end(struct dirty *dirty);

#endif
