/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the bus share: see vmbus.h. */
#ifndef VTL_VMBUS_PRIVATE_H
#define VTL_VMBUS_PRIVATE_H

#include <glib.h>

#include "vtl/partition.h"
#include "vtl/vmbus-gpadl.h"
#include "vtl/vmbus-ring.h"
#include "vtl/vmbus.h"

/* Numbers of channels begin with 1; 0 is the bus itself. */
#define VMBUS_FIRST_RELID 1u

struct vmbus_channel {
    struct vmbus *bus;
    uint32_t relid;
    bool offered;
    bool open;
    bool broken;    /* its rings make no sense */
    uint32_t gpadl; /* of both rings */
    uint32_t vp;    /* that gets the events */
    struct vmbus_ring from_guest, to_guest;
    struct vmbus_ic ic;
};

/*
 * The lock comes before synic.lock, and no other of the core's is held with it. Handlers of
 * messages and all vmbus_channel_*() functions are called with it.
 */
struct vmbus {
    GMutex lock;
    struct vtl_partition *partition;
    unsigned vtl;
    struct vmbus_host host;
    uint32_t version;     /* 0: no connection */
    uint32_t vp;          /* that gets the messages ... */
    unsigned sint;        /* ... by this SINT, and events, too */
    bool requested;       /* the guest has asked for offers */
    GPtrArray *gpadls;
    struct vmbus_channel channel[VMBUS_SERVICES];
    struct synic_buffers buffers;
    unsigned complaints;
    uint8_t packet[VMBUS_IC_PACKET_MAX];
};

/* Tells the user of nonsense, the first times. */
void vmbus_complain(struct vmbus *bus, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Is this a version of the protocol that is spoken here? */
bool vmbus_is_supported(uint32_t version);
#define VMBUS_COMPLAINTS_MAX 10u /* a guest must not fill disks */

/* Can there be two rings of channel @relid in @gpadl, the second from page @guest_offset on? */
bool vmbus_channel_fits(const struct vmbus_gpadl *gpadl, uint32_t relid, uint32_t guest_offset);

/* Sends a message, whose room has been seen to. */
void vmbus_send(struct vmbus *bus, const void *message, size_t size);

/* The offered channel of this number, or NULL. */
struct vmbus_channel *vmbus_channel_find(struct vmbus *bus, uint32_t relid);

/* Messages; their size is at least that of their struct. */
void vmbus_channel_open(struct vmbus *bus, const void *message, size_t size);
void vmbus_channel_close(struct vmbus *bus, const void *message, size_t size);
void vmbus_channel_modify(struct vmbus *bus, const void *message, size_t size);
void vmbus_channel_gpadl(struct vmbus *bus, const void *message, size_t size);
void vmbus_channel_gpadl_body(struct vmbus *bus, const void *message, size_t size);
void vmbus_channel_gpadl_teardown(struct vmbus *bus, const void *message, size_t size);

/* Closes all channels, and gives all pages back. */
void vmbus_channel_reset(struct vmbus *bus);

/* Reads what the guest has written; asks what is due. Returns when that is, or VMBUS_IC_NEVER. */
void vmbus_channel_read(struct vmbus_channel *channel);
uint64_t vmbus_channel_run(struct vmbus_channel *channel);

#endif
