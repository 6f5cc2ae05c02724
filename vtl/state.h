/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a partition, as bytes and back: all that the core knows of it. What the back end has
 * (registers of the architecture, memory, time) is not the core's.
 *
 * Both are for a partition at which nobody else works: no VP runs, no timer is served, no bus
 * speaks. What is loaded is not believed: a value that the core could not have come to is an error.
 *
 * Each struct has a table of its members, in the file that changes them; what is not in one is
 * constant or derived, and said to be so there. tests/unit/test-state.c notices new members.
 */
#ifndef VTL_STATE_H
#define VTL_STATE_H

#include <glib.h>
#include <stdbool.h>

#include "vtl/codec.h"
#include "vtl/partition.h"

void vtl_partition_save(const struct vtl_partition *partition, struct codec_writer *writer);

/*
 * Loads what vtl_partition_save() wrote into a partition that vtl_partition_new() has just made:
 * with as many VPs, the same highest VTL, the same RAM, and the same ports of the VMM, so that buses
 * are there before. Takes its part of @reader, and no more. On error the partition is good for
 * nothing but vtl_partition_free().
 *
 * Calls nothing of the back end: vtl_partition_tell() does.
 */
bool vtl_partition_load(struct vtl_partition *partition, struct codec_reader *reader,
                        GError **error);

/*
 * Tells the back end of a loaded partition what it was told of the saved one: the rights of VTLs
 * on pages (protect(), for a back end with all rights on all) and when to serve timers
 * (set_timer()). Before VPs run. Returns 0, or the negative errno of protect().
 */
int vtl_partition_tell(struct vtl_partition *partition);

#endif
