/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that serves the synthetic timers of a partition when their time has come. It sleeps as
 * long as none is set.
 *
 * @lock is the innermost of all: whoever holds it waits for nobody.
 */
#ifndef EMU_TIMERS_H
#define EMU_TIMERS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "vtl/partition.h"

struct timers {
    GMutex lock;
    GCond changed;
    GThread *thread;
    struct vtl_partition *partition;
    gint64 paid_until; /* monotonic time up to which services are paid for; for the thread */
    bool stop;       /* under the lock, as all below */
    uint64_t next;   /* what the thread waits for: reference time, or STIMER_NEVER */
    unsigned count;
    uint64_t *when;  /* reference time for each timer of each VTL of each VP, or STIMER_NEVER */
};

void timers_init(struct timers *timers);
void timers_clear(struct timers *timers);

/* Timers of @partition, which must outlive timers_close(), can be set, but nobody serves them. */
void timers_open(struct timers *timers, struct vtl_partition *partition);
/* From now on they are served. False: there is no thread. */
bool timers_start(struct timers *timers);
/*
 * Waits until what is being served is, and serves nothing more until timers_start(). Safe without
 * that. VPs may still run, and have to let an interrupt in (emu/pause.h).
 */
void timers_stop(struct timers *timers);
/* Forgets all timers; after timers_stop(). Safe without timers_open(). */
void timers_close(struct timers *timers);

/* For struct vtl_backend: see there. */
void timers_set(struct timers *timers, unsigned vp, unsigned vtl, unsigned timer, uint64_t when);

#endif
