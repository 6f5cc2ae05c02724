/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's side of VMBus: the buses of the VTLs that have one, and the thread that speaks there,
 * which sleeps as long as there is nothing to say.
 *
 * @lock is an innermost one: whoever holds it waits for nobody.
 */
#ifndef EMU_VMBUS_H
#define EMU_VMBUS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/stats.h"
#include "vtl/partition.h"
#include "vtl/vmbus.h"

struct vmbuses {
    GMutex lock;
    GCond changed;
    GThread *thread;
    struct vtl_partition *partition;
    struct vmbus *bus[VTL_LEVELS]; /* NULL: it has none; while the thread lives, they stay */
    bool stop;       /* under the lock, as below */
    bool again;      /* somebody has something to say */
    bool shut_down;  /* the user wants the guest to shut down */
};

void vmbuses_init(struct vmbuses *buses);
void vmbuses_clear(struct vmbuses *buses);

/* Buses for the VTLs of the set @vtls; before VPs run. */
void vmbuses_open(struct vmbuses *buses, struct vtl_partition *partition, uint16_t vtls);
/* After the partition is gone. Safe without vmbuses_open(), as is all that ends something here. */
void vmbuses_close(struct vmbuses *buses);

/* From now on somebody speaks. False: there is no thread. */
bool vmbuses_start(struct vmbuses *buses);
/* Waits until what is being said is said. VPs may still run, and have to let interrupts in. */
void vmbuses_stop(struct vmbuses *buses);

/*
 * The user wants the guest to shut down: that of the lowest VTL that listens, as the end of one is
 * the end of all. The user is told whom that is, or that nobody listens. From any thread; waits for
 * nobody.
 */
void vmbuses_shut_down(struct vmbuses *buses);

/*
 * The state of all buses, as bytes and back, while the thread is stopped; see vmbus_load(). The
 * same VTLs must have one.
 */
void vmbuses_save(const struct vmbuses *buses, struct codec_writer *writer);
bool vmbuses_load(struct vmbuses *buses, struct codec_reader *reader);

/* Adds the heartbeats of all buses. */
void vmbuses_count(struct vmbuses *buses, struct stats *stats);

#endif
