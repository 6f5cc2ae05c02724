/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rings of VMBus channels: see vmbus-ring.h. Who signals whom, and when: Linux,
 * drivers/hv/ring_buffer.c.
 */
#include "vtl/vmbus-ring.h"

#include <glib.h>
#include <stdatomic.h>

#include "smccc/hypercall.h"
#include "vtl/partition.h"
#include "vtl/vmbus-protocol.h"

G_STATIC_ASSERT(sizeof(struct vmbus_packet) == 16);

/* --- Memory ----------------------------------------------------------------------------------- */

static bool load(const struct vmbus_ring *ring, uint32_t offset, uint32_t *value)
{
    return vtl_memory_read(ring->partition, ring->vtl, ring->pages[0] * HV_PAGE_SIZE + offset,
                           value, sizeof(*value)) == 0;
}

static bool store(const struct vmbus_ring *ring, uint32_t offset, uint32_t value)
{
    return vtl_memory_write(ring->partition, ring->vtl, ring->pages[0] * HV_PAGE_SIZE + offset,
                            &value, sizeof(value)) == 0;
}

/* The data wraps at its end, and lies in pages anywhere. @index is below the size, as is @size. */
static bool copy(const struct vmbus_ring *ring, uint32_t index, void *bytes, size_t size,
                 bool write)
{
    uint8_t *next = bytes;

    while (size) {
        size_t part = MIN(size, HV_PAGE_SIZE - index % HV_PAGE_SIZE);
        uint64_t gpa = ring->pages[1 + index / HV_PAGE_SIZE] * HV_PAGE_SIZE + index % HV_PAGE_SIZE;
        int error = write ? vtl_memory_write(ring->partition, ring->vtl, gpa, next, part)
                          : vtl_memory_read(ring->partition, ring->vtl, gpa, next, part);

        if (error < 0)
            return false;
        next += part;
        size -= part;
        index = (uint32_t)((index + part) % ring->size);
    }
    return true;
}

static bool is_index(const struct vmbus_ring *ring, uint32_t index)
{
    return index < ring->size && index % VMBUS_PACKET_UNIT == 0;
}

static uint32_t advance(const struct vmbus_ring *ring, uint32_t index, size_t by)
{
    return (uint32_t)((index + by) % ring->size);
}

/* Bytes from @from up to @to. */
static uint32_t distance(const struct vmbus_ring *ring, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : ring->size - from + to;
}

bool vmbus_ring_reopen(struct vmbus_ring *ring, const uint64_t *pages, uint32_t count, uint32_t own,
                       bool waits)
{
    ring->pages = pages;
    ring->size = (count - 1) * HV_PAGE_SIZE;
    ring->own = own;
    ring->waits = waits;
    return is_index(ring, own);
}

bool vmbus_ring_open(struct vmbus_ring *ring, const uint64_t *pages, uint32_t count, bool reads)
{
    uint32_t own;

    ring->pages = pages;
    return load(ring, reads ? VMBUS_RING_READ : VMBUS_RING_WRITE, &own) &&
           vmbus_ring_reopen(ring, pages, count, own, false);
}

/* --- Reading ---------------------------------------------------------------------------------- */

/* How much there is to read; false if the index makes no sense. */
static bool find_used(const struct vmbus_ring *ring, uint32_t *used)
{
    uint32_t index;

    if (!load(ring, VMBUS_RING_WRITE, &index) || !is_index(ring, index))
        return false;
    /* What the guest wrote before the index. */
    atomic_thread_fence(memory_order_acquire);
    *used = distance(ring, ring->own, index);
    return true;
}

static bool is_packet(const struct vmbus_packet *packet, uint32_t used)
{
    uint32_t length = packet->length * VMBUS_PACKET_UNIT;
    uint32_t offset = packet->offset * VMBUS_PACKET_UNIT;

    return offset >= sizeof(*packet) && offset <= length &&
           length + VMBUS_PACKET_TRAILER <= used;
}

/* Is there just now the room that the guest has waited for? */
static bool ends_wait(const struct vmbus_ring *ring, uint32_t taken)
{
    uint32_t features, pending, used, room;

    atomic_thread_fence(memory_order_seq_cst);
    if (!load(ring, VMBUS_RING_FEATURES, &features) || !(features & VMBUS_RING_HAS_PENDING) ||
        !load(ring, VMBUS_RING_PENDING, &pending) || !pending || !find_used(ring, &used))
        return false;
    room = ring->size - used;
    return room > pending && (taken >= room || room - taken <= pending);
}

static enum vmbus_ring_result take(struct vmbus_ring *ring, const struct vmbus_packet *packet,
                                   void *payload, size_t *size)
{
    uint32_t offset = packet->offset * VMBUS_PACKET_UNIT;
    size_t length = packet->length * VMBUS_PACKET_UNIT - offset;

    if (packet->type != VMBUS_PACKET_INBAND || length > *size)
        return VMBUS_RING_SKIPPED;
    *size = length;
    return copy(ring, advance(ring, ring->own, offset), payload, length, false)
               ? VMBUS_RING_DONE
               : VMBUS_RING_BROKEN;
}

enum vmbus_ring_result vmbus_ring_read(struct vmbus_ring *ring, void *payload, size_t *size,
                                       bool *signal)
{
    enum vmbus_ring_result result;
    struct vmbus_packet packet;
    uint32_t used, taken;

    *signal = false;
    if (!find_used(ring, &used))
        return VMBUS_RING_BROKEN;
    if (used == 0)
        return VMBUS_RING_EMPTY;
    if (used < sizeof(packet) || !copy(ring, ring->own, &packet, sizeof(packet), false) ||
        !is_packet(&packet, used))
        return VMBUS_RING_BROKEN;
    result = take(ring, &packet, payload, size);
    taken = packet.length * VMBUS_PACKET_UNIT + VMBUS_PACKET_TRAILER;
    ring->own = advance(ring, ring->own, taken);
    atomic_thread_fence(memory_order_release);
    if (!store(ring, VMBUS_RING_READ, ring->own))
        return VMBUS_RING_BROKEN;
    *signal = ends_wait(ring, taken);
    return result;
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* A ring is never filled up, as it would look empty. */
static enum vmbus_ring_result find_room(const struct vmbus_ring *ring, uint32_t need)
{
    uint32_t index;

    if (!load(ring, VMBUS_RING_READ, &index) || !is_index(ring, index))
        return VMBUS_RING_BROKEN;
    /* What the guest read before the index may be overwritten now. */
    atomic_thread_fence(memory_order_acquire);
    return ring->size - distance(ring, index, ring->own) > need ? VMBUS_RING_DONE
                                                                : VMBUS_RING_FULL;
}

/* Asks for room if there is none, and looks once more then, as the guest may have made some. */
static enum vmbus_ring_result claim_room(struct vmbus_ring *ring, uint32_t need)
{
    enum vmbus_ring_result result = find_room(ring, need);

    if (result == VMBUS_RING_FULL) {
        ring->waits = true;
        if (!store(ring, VMBUS_RING_PENDING, need))
            return VMBUS_RING_BROKEN;
        atomic_thread_fence(memory_order_seq_cst);
        result = find_room(ring, need);
    }
    if (result == VMBUS_RING_DONE && ring->waits) {
        ring->waits = false;
        store(ring, VMBUS_RING_PENDING, 0);
    }
    return result;
}

static bool put(const struct vmbus_ring *ring, const struct vmbus_packet *packet,
                const void *payload, size_t size)
{
    static const uint8_t padding[VMBUS_PACKET_UNIT];
    uint64_t trailer = (uint64_t)ring->own << 32;
    uint32_t index = advance(ring, ring->own, sizeof(*packet));
    uint32_t end = advance(ring, ring->own, packet->length * VMBUS_PACKET_UNIT);
    uint32_t padded = distance(ring, advance(ring, index, size), end);

    /* Nothing is written through these pointers but what the guest gets. */
    return copy(ring, ring->own, (void *)(uintptr_t)packet, sizeof(*packet), true) &&
           copy(ring, index, (void *)(uintptr_t)payload, size, true) &&
           copy(ring, advance(ring, index, size), (void *)(uintptr_t)padding, padded, true) &&
           copy(ring, end, &trailer, sizeof(trailer), true);
}

enum vmbus_ring_result vmbus_ring_write(struct vmbus_ring *ring, const void *payload, size_t size,
                                        bool *signal)
{
    size_t length = sizeof(struct vmbus_packet) +
                    (size + VMBUS_PACKET_UNIT - 1) / VMBUS_PACKET_UNIT * VMBUS_PACKET_UNIT;
    struct vmbus_packet packet = {
        .type = VMBUS_PACKET_INBAND,
        .offset = sizeof(packet) / VMBUS_PACKET_UNIT,
        .length = (uint16_t)(length / VMBUS_PACKET_UNIT),
    };
    enum vmbus_ring_result result = claim_room(ring, (uint32_t)length + VMBUS_PACKET_TRAILER);
    uint32_t masked;

    *signal = false;
    if (result != VMBUS_RING_DONE)
        return result;
    if (!put(ring, &packet, payload, size))
        return VMBUS_RING_BROKEN;
    ring->own = advance(ring, ring->own, length + VMBUS_PACKET_TRAILER);
    atomic_thread_fence(memory_order_release);
    if (!store(ring, VMBUS_RING_WRITE, ring->own))
        return VMBUS_RING_BROKEN;
    atomic_thread_fence(memory_order_seq_cst);
    *signal = load(ring, VMBUS_RING_MASK, &masked) && !masked;
    return VMBUS_RING_DONE;
}
