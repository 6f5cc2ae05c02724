/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rings of a VMBus channel, in memory of the guest, which may do with it what it likes: all is
 * copied and checked before it is used, with the rights of the VTL that has the bus. Our own index
 * is kept here; what the guest writes there does not count.
 */
#ifndef VTL_VMBUS_RING_H
#define VTL_VMBUS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vtl_partition;

/* One ring; we read it or write it. */
struct vmbus_ring {
    struct vtl_partition *partition;
    unsigned vtl;
    const uint64_t *pages; /* numbers of its pages: its header, then those of the data */
    uint32_t size;         /* bytes of data */
    uint32_t own;          /* our index */
    bool waits;            /* we have asked for room */
};

enum vmbus_ring_result {
    VMBUS_RING_DONE,
    VMBUS_RING_SKIPPED, /* a packet of another kind, or too large; it is gone */
    VMBUS_RING_EMPTY,
    VMBUS_RING_FULL,
    VMBUS_RING_BROKEN, /* what is there makes no sense, or the VTL may not access it */
};

/*
 * A ring of @count pages, at least 2, whose numbers must stay as long as it is used; @reads says
 * what we do with it. False if its index cannot be or it is not accessible.
 */
bool vmbus_ring_open(struct vmbus_ring *ring, const uint64_t *pages, uint32_t count, bool reads);

/*
 * The same for one that has been used before: its index was @own, which is not asked of the guest.
 * False if that cannot be.
 */
bool vmbus_ring_reopen(struct vmbus_ring *ring, const uint64_t *pages, uint32_t count, uint32_t own,
                       bool waits);

/*
 * Takes the next packet; stores the first @size bytes of its payload, which are all, and *@size.
 * *@signal: the guest waits for the room that is there now.
 */
enum vmbus_ring_result vmbus_ring_read(struct vmbus_ring *ring, void *payload, size_t *size,
                                       bool *signal);

/*
 * Writes a packet, which must not be larger than the ring; @payload of @size bytes, 65536 at most.
 * *@signal: the guest wants to hear of it. VMBUS_RING_FULL: it has been told that we wait for room.
 */
enum vmbus_ring_result vmbus_ring_write(struct vmbus_ring *ring, const void *payload, size_t size,
                                        bool *signal);

#endif
