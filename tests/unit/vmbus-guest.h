/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of a VMBus, at VTL2 of VP0 of a partition in plain memory, for the unit test and
 * the fuzz target: sends messages, takes answers from its SynIC, has rings.
 */
#ifndef TESTS_UNIT_VMBUS_GUEST_H
#define TESTS_UNIT_VMBUS_GUEST_H

#include "tests/unit/memory-partition.h"
#include "vtl/vmbus-protocol.h"

#define GUEST_VTL 2
#define GUEST_SIMP 0x1000u
#define GUEST_SIEFP 0x2000u
#define GUEST_PPI 0x12u
/* Rings, one channel after the other; each has two of these. */
#define GUEST_RINGS 0x4000u
#define GUEST_RING_PAGES 2u
#define GUEST_GPADL(relid) (0x100u + (relid))

struct vmbus_guest {
    struct memory_partition *partition;
    struct vmbus *bus;
    uint64_t host_time; /* what the host says it is */
    unsigned wakes;     /* how often the bus has woken the host */
    bool moves;         /* partition and bus are saved and loaded whenever the guest does something */
};

/* A guest whose SynIC is on, and which has not connected. */
void vmbus_guest_init(struct vmbus_guest *guest);
void vmbus_guest_clear(struct vmbus_guest *guest);

/* Saves and loads partition and bus. */
void vmbus_guest_move(struct vmbus_guest *guest);

/* Sends a message by @connection, with the first four bytes, its type, in place. */
enum hv_status vmbus_guest_post(struct vmbus_guest *guest, uint32_t connection,
                                const void *message, size_t size);
/* Takes the message in the slot of @sint, and writes EOM; 0, or its type as a VMBus message. */
uint32_t vmbus_guest_take(struct vmbus_guest *guest, unsigned sint, struct hv_message *message);
/* Takes and clears the event flag of the channel on @vp. */
bool vmbus_guest_take_flag(struct vmbus_guest *guest, unsigned vp, uint32_t relid);
enum hv_status vmbus_guest_signal(struct vmbus_guest *guest, uint32_t relid);

/* GPA of a channel's ring to the host, or to the guest. */
uint32_t vmbus_guest_ring(uint32_t relid, bool to_guest);

/* The messages of a good guest. */
void vmbus_guest_contact(struct vmbus_guest *guest, uint32_t connection, uint32_t version);
void vmbus_guest_request_offers(struct vmbus_guest *guest);
void vmbus_guest_lend(struct vmbus_guest *guest, uint32_t relid);
void vmbus_guest_open(struct vmbus_guest *guest, uint32_t relid, uint32_t vp);

/* Writes a packet, whose payload has @size bytes, a multiple of 8, and signals. */
void vmbus_guest_write(struct vmbus_guest *guest, uint32_t relid, const void *payload, size_t size);
/* Takes the next packet; the size of its payload, or 0. */
size_t vmbus_guest_read(struct vmbus_guest *guest, uint32_t relid, void *payload, size_t room);

#endif
