/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integration services of VMBus: what the host says in their channels, and what becomes of the
 * guest's answers. Messages: Linux, drivers/hv/hv_util.c; OpenVMM, hyperv_ic.
 *
 * The host asks, the guest answers; the first question is which versions the guest knows. One
 * question is open at a time. A service whose guest knows none of our versions stays silent.
 */
#ifndef VTL_VMBUS_IC_H
#define VTL_VMBUS_IC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vtl/vmbus-protocol.h"

struct codec_reader;
struct codec_writer;

/* Of all services. */
#define VMBUS_IC_PACKET_MAX 4096u
#define VMBUS_IC_NEVER UINT64_MAX

/* In units of 100 ns: how often Hyper-V asks (Linux, hv_util.c; OpenVMM, timesync.rs). */
#define VMBUS_IC_SECOND 10000000u
#define VMBUS_HEARTBEAT_PERIOD (2 * VMBUS_IC_SECOND)
#define VMBUS_TIMESYNC_PERIOD (5 * VMBUS_IC_SECOND)
/* So many heartbeats without an answer, one after the other, are worth a warning. */
#define VMBUS_HEARTBEATS_LOST 5

enum vmbus_service {
    VMBUS_HEARTBEAT,
    VMBUS_SHUTDOWN,
    VMBUS_TIMESYNC,
    VMBUS_SERVICES,
};

/* What tells them apart: interface and instance as Hyper-V has them. */
struct vmbus_service_row {
    const char *name;
    uint8_t type[16], instance[16];
};
extern const struct vmbus_service_row vmbus_services[VMBUS_SERVICES];

enum vmbus_ic_state {
    VMBUS_IC_BEGINS,  /* versions are to be asked for */
    VMBUS_IC_WAITS,   /* and have been */
    VMBUS_IC_READY,
    VMBUS_IC_USELESS, /* there is no version in common */
};

struct vmbus_ic {
    enum vmbus_service service;
    unsigned vtl;               /* for the log */
    enum vmbus_ic_state state;
    struct vmbus_ic_version framework, version; /* once READY */
    uint64_t due;               /* reference time of what is next, or VMBUS_IC_NEVER */
    bool open;                  /* a question has no answer yet */
    uint64_t sequence;          /* of the last heartbeat */
    unsigned lost;              /* heartbeats without an answer, now */
    uint64_t answered, missed;  /* heartbeats in all */
    bool told_time;             /* the guest has been told to set its clock */
    bool told_useless;          /* the user knows that there is no version in common */
    bool wanted;                /* a shutdown that has not been asked for yet */
};

/* What time it is. */
struct vmbus_time {
    uint64_t reference; /* the guest's reference time */
    uint64_t host;      /* time of day; both in units of 100 ns, this one since 1601 */
};

/* The guest has just opened the channel; counters stay. */
void vmbus_ic_open(struct vmbus_ic *ic, uint64_t reference);

/*
 * Puts the question that is due into @packet, if there is one, and returns its size; or 0. It
 * counts as asked with vmbus_ic_asked() only.
 */
size_t vmbus_ic_question(struct vmbus_ic *ic, const struct vmbus_time *now,
                         uint8_t packet[VMBUS_IC_PACKET_MAX]);
void vmbus_ic_asked(struct vmbus_ic *ic, uint64_t reference);

/* What the guest says. False: nobody understands that; it has no effect. */
bool vmbus_ic_answer(struct vmbus_ic *ic, uint64_t reference, const uint8_t *packet, size_t size);

/* The guest is to be asked to shut down. False: it cannot be, or it has been. */
bool vmbus_ic_shut_down(struct vmbus_ic *ic, uint64_t reference);

/*
 * As vmbus_save() and vmbus_load() say. A guest that was told the time is told anew, at once:
 * what it was told may be long ago.
 */
void vmbus_ic_save(const struct vmbus_ic *ic, struct codec_writer *writer);
void vmbus_ic_load(struct vmbus_ic *ic, struct codec_reader *reader);

#endif
