/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMBus on the wire: messages between guest and host, rings, and the packets of integration
 * services. There is no specification of it; the layouts are those of Linux,
 * include/linux/hyperv.h, and of OpenVMM, vmbus_core and hyperv_ic_protocol. All is little-endian.
 */
#ifndef VTL_VMBUS_PROTOCOL_H
#define VTL_VMBUS_PROTOCOL_H

#include <stdint.h>

/*
 * Connections for messages to the host: of versions before 5.0, of later ones, and the one that
 * Hyper-V gives to VTL2 (Linux, drivers/hv/hyperv_vmbus.h, VMBUS_MESSAGE_CONNECTION_ID*).
 */
#define VMBUS_CONNECTION 1u
#define VMBUS_CONNECTION_5_0 4u
#define VMBUS_CONNECTION_REDIRECT 0x800074u
/* Those for events of a channel (OpenVMM, vmbus_core, ConnectionId::new()). */
#define VMBUS_CHANNEL_CONNECTION(relid, vtl) ((relid) | VMBUS_SINT << 12 | (uint32_t)(vtl) << 16)

#define VMBUS_SINT 2u         /* unless a guest names another one */
#define VMBUS_SYNIC_MESSAGE 1u /* type of its SynIC messages */

#define VMBUS_VERSION(major, minor) ((uint32_t)(major) << 16 | (minor))
#define VMBUS_VERSION_4_0 VMBUS_VERSION(4, 0)
#define VMBUS_VERSION_4_1 VMBUS_VERSION(4, 1)
#define VMBUS_VERSION_5_0 VMBUS_VERSION(5, 0)
#define VMBUS_VERSION_5_1 VMBUS_VERSION(5, 1)
#define VMBUS_VERSION_5_2 VMBUS_VERSION(5, 2)
#define VMBUS_VERSION_5_3 VMBUS_VERSION(5, 3)

enum vmbus_message_type {
    VMBUS_OFFER_CHANNEL = 1,
    VMBUS_REQUEST_OFFERS = 3,
    VMBUS_ALL_OFFERS_DELIVERED = 4,
    VMBUS_OPEN_CHANNEL = 5,
    VMBUS_OPEN_CHANNEL_RESULT = 6,
    VMBUS_CLOSE_CHANNEL = 7,
    VMBUS_GPADL_HEADER = 8,
    VMBUS_GPADL_BODY = 9,
    VMBUS_GPADL_CREATED = 10,
    VMBUS_GPADL_TEARDOWN = 11,
    VMBUS_GPADL_TORNDOWN = 12,
    VMBUS_RELID_RELEASED = 13,
    VMBUS_INITIATE_CONTACT = 14,
    VMBUS_VERSION_RESPONSE = 15,
    VMBUS_UNLOAD = 16,
    VMBUS_UNLOAD_RESPONSE = 17,
    VMBUS_MODIFY_CHANNEL = 22,
    VMBUS_MODIFY_CHANNEL_RESPONSE = 24,
    VMBUS_MESSAGES,
};

/* Statuses in answers; a guest only asks whether it is zero. The second is NTSTATUS. */
#define VMBUS_SUCCESS 0u
#define VMBUS_UNSUCCESSFUL 0xc0000001u

struct vmbus_header {
    uint32_t type;
    uint32_t zero;
};

struct vmbus_initiate_contact {
    struct vmbus_header header;
    uint32_t version;
    uint32_t vp;          /* that gets the messages */
    uint8_t sint, vtl;    /* the same, since 5.0; before, these 8 bytes are the interrupt page */
    uint8_t zero[2];
    uint32_t features;    /* since 6.0 */
    uint64_t monitor[2];  /* monitor pages, which nobody needs with events of their own */
};

struct vmbus_version_response {
    struct vmbus_header header;
    uint8_t supported;
    uint8_t state;
    uint16_t zero;
    uint32_t connection; /* for all further messages, since 5.0 */
};

#define VMBUS_USER_BYTES 120

struct vmbus_offer_channel {
    struct vmbus_header header;
    uint8_t type[16], instance[16]; /* GUIDs */
    uint32_t zero[4];
    uint16_t flags;
    uint16_t mmio;
    uint32_t pipe_mode;
    uint8_t user[VMBUS_USER_BYTES - 4];
    uint16_t subchannel;
    uint16_t zero2;
    uint32_t relid;
    uint8_t monitor, has_monitor;
    uint16_t dedicated;  /* signals go by the connection alone */
    uint32_t connection; /* for signals to the host */
};
#define VMBUS_OFFER_ENUMERATE 0x0001u
#define VMBUS_OFFER_PIPE 0x0010u
#define VMBUS_PIPE_OF_MESSAGES 4u

struct vmbus_open_channel {
    struct vmbus_header header;
    uint32_t relid;
    uint32_t open_id;
    uint32_t gpadl;        /* of both rings: first that to the host, then that to the guest */
    uint32_t vp;           /* that gets the events */
    uint32_t guest_offset; /* where the second begins, in pages */
    uint8_t user[VMBUS_USER_BYTES];
};

struct vmbus_open_result {
    struct vmbus_header header;
    uint32_t relid, open_id, status;
};

/* Messages that only name a channel. */
struct vmbus_relid {
    struct vmbus_header header;
    uint32_t relid;
};

struct vmbus_modify_channel {
    struct vmbus_header header;
    uint32_t relid, vp;
};

struct vmbus_modify_response {
    struct vmbus_header header;
    uint32_t relid, status;
};

/* Followed by the ranges, each a count and an offset in bytes, and the numbers of its pages. */
struct vmbus_gpadl_header {
    struct vmbus_header header;
    uint32_t relid, gpadl;
    uint16_t size;   /* bytes of all ranges */
    uint16_t ranges;
};

struct vmbus_gpa_range {
    uint32_t size, offset;
};

/* Followed by further numbers of pages. */
struct vmbus_gpadl_body {
    struct vmbus_header header;
    uint32_t number, gpadl;
};

struct vmbus_gpadl_created {
    struct vmbus_header header;
    uint32_t relid, gpadl, status;
};

struct vmbus_gpadl_teardown {
    struct vmbus_header header;
    uint32_t relid, gpadl;
};

struct vmbus_gpadl_torndown {
    struct vmbus_header header;
    uint32_t gpadl;
};

/* --- Rings ------------------------------------------------------------------------------------ */

/* The first page of a ring; offsets in bytes, the data has the pages behind it. */
#define VMBUS_RING_WRITE 0u
#define VMBUS_RING_READ 4u
#define VMBUS_RING_MASK 8u     /* the reader wants no signals now */
#define VMBUS_RING_PENDING 12u /* the writer waits for so much room */
#define VMBUS_RING_FEATURES 64u
#define VMBUS_RING_HAS_PENDING 1u

/* A packet; sizes in units of 8 bytes. Behind it are 8 bytes with the place where it began. */
struct vmbus_packet {
    uint16_t type;
    uint16_t offset; /* of the payload */
    uint16_t length; /* of all but what is behind it */
    uint16_t flags;
    uint64_t transaction;
};
#define VMBUS_PACKET_INBAND 6u
#define VMBUS_PACKET_UNIT 8u
#define VMBUS_PACKET_TRAILER 8u

/* --- Integration services --------------------------------------------------------------------- */

struct vmbus_pipe_header {
    uint32_t type;
    uint32_t size; /* of what follows */
};
#define VMBUS_PIPE_DATA 1u

struct vmbus_ic_version {
    uint16_t major, minor;
};

struct vmbus_ic_header {
    struct vmbus_ic_version framework;
    uint16_t type;
    struct vmbus_ic_version version;
    uint16_t size;   /* of what follows */
    uint32_t status; /* an HRESULT */
    uint8_t transaction;
    uint8_t flags;
    uint8_t zero[2];
};

enum vmbus_ic_type {
    VMBUS_IC_NEGOTIATE = 0,
    VMBUS_IC_HEARTBEAT = 1,
    VMBUS_IC_SHUTDOWN = 3,
    VMBUS_IC_TIMESYNC = 4,
};

#define VMBUS_IC_TRANSACTION 1u
#define VMBUS_IC_REQUEST 2u
#define VMBUS_IC_RESPONSE 4u

/* Followed by versions, first those of the framework. */
struct vmbus_ic_negotiate {
    uint16_t frameworks, versions;
    uint32_t zero;
};

/* A guest answers with the next number. */
struct vmbus_ic_heartbeat {
    uint64_t sequence;
    uint32_t zero[8];
};

struct vmbus_ic_shutdown {
    uint32_t reason;
    uint32_t timeout; /* seconds */
    uint32_t flags;
    char text[2048];
};
#define VMBUS_IC_SHUTDOWN_PLANNED 0x80000000u

/* Times in units of 100 ns, that of the host since 1601. */
struct vmbus_ic_timesync {
    uint64_t host_time;
    uint64_t guest_time, round_trip; /* not used */
    uint8_t flags;
    uint8_t zero[3];
};

/* Since 4.0. */
struct vmbus_ic_timesync_4 {
    uint64_t host_time;
    uint64_t reference_time; /* when that was */
    uint8_t flags;
    uint8_t leap, stratum; /* as in NTP */
    uint8_t zero[5];
};
#define VMBUS_IC_TIME_SYNC 1u   /* the guest is to set its clock */
#define VMBUS_IC_TIME_SAMPLE 2u /* it may */

#endif
