/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMBus of a VTL: the guest connects, is offered the channels of integration services, opens
 * them by lending pages for rings, and host and guest talk there. Whom to believe:
 * vmbus-protocol.h.
 *
 *   vmbus.c           connection and offers
 *   vmbus-channel.c   GPADLs and channels by message; packets and signals
 *   vmbus-gpadl.h     pages that the guest lends
 *   vmbus-ring.h      rings in them
 *   vmbus-ic.h        what integration services say
 *
 * Where there is a choice:
 *  - Versions 4.0 to 5.3, which are those that Linux knows but 6.0; others are answered as not
 *    supported, and the guest tries the next one.
 *  - Channels signal by connections and event flags of their own ("dedicated"); interrupt page and
 *    monitor pages are not used.
 *  - Since 5.0 a guest says which VTL gets the messages. That is the one that has the bus, or the
 *    version is not supported.
 *  - A message that makes no sense in its place has no effect, and the user hears of the first of
 *    them; where the protocol has a status, the guest gets that.
 *  - A guest that does not take its messages cannot send others (INSUFFICIENT_BUFFERS), so that no
 *    answer is lost.
 *  - A ring whose indices or packets make no sense is left alone until the channel is opened anew.
 *  - No offer is ever rescinded.
 */
#ifndef VTL_VMBUS_H
#define VTL_VMBUS_H

#include <stdbool.h>
#include <stdint.h>

#include "vtl/vmbus-ic.h"

struct codec_reader;
struct codec_writer;
struct vtl_partition;
struct vmbus;

/* What the bus needs of the host. */
struct vmbus_host {
    /* Time of day, in units of 100 ns since 1601. */
    uint64_t (*time_of_day)(void *context);
    /* vmbus_run() has something to do. With the bus locked: it waits for nobody. */
    void (*wake)(void *context);
    void *context;
};

/*
 * A bus for @vtl, with its ports; before VPs run. @host is copied. To be freed after the partition,
 * whose message queues know it.
 */
struct vmbus *vmbus_new(struct vtl_partition *partition, unsigned vtl,
                        const struct vmbus_host *host);
void vmbus_free(struct vmbus *bus);

/*
 * Says what is due to the guest, and reads what it may have written. Returns the reference time
 * when it is to be called again, or VMBUS_IC_NEVER; sooner if the bus wakes the host. From any
 * thread that holds no lock.
 */
uint64_t vmbus_run(struct vmbus *bus);

/* Asks the guest to shut down; false if it does not listen. As vmbus_run(), which is then due. */
bool vmbus_shut_down(struct vmbus *bus);

/*
 * The state of the bus, as bytes and back (state.h), while nobody uses it. What is loaded counts as
 * written by anybody; rings are checked as they are when a guest opens them, so that guest memory
 * must be there, and the partition's protections. A guest that was told the time is told anew, as it
 * has stood still. False, with the reader's error: the bus is good for vmbus_free() only.
 */
void vmbus_save(const struct vmbus *bus, struct codec_writer *writer);
bool vmbus_load(struct vmbus *bus, struct codec_reader *reader);

struct vmbus_counts {
    uint64_t heartbeats, missed; /* answered by the guest, and not answered in time */
};
struct vmbus_counts vmbus_count(struct vmbus *bus);

#endif
