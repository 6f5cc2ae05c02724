/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic interrupt controller (SynIC): each VTL of a VP has 16 interrupt sources (SINTs),
 * and two pages in guest memory: one with a slot for a message of each, one with 2048 event flags
 * of each.
 * Source: TLFS, "Inter-Partition Communication"; vectors are GIC INTIDs on arm64.
 *
 * Where the TLFS leaves a choice:
 *  - SCONTROL is 0 after creation, as the TLFS says. OpenVMM begins with 1 (hv1_emulator/synic.rs),
 *    but Linux writes it anyway, and a guest that forgets to should hear of it here.
 *  - Reserved bits are INVALID_REGISTER_VALUE: HvCallSetVpRegisters checks them. The TLFS wants
 *    them preserved, and they read as zero. Auto-EOI (there is no such thing on a GIC), intercept
 *    and proxy mode of a SINT are refused likewise.
 *  - An unmasked SINT needs a vector of 0x10-0xff, or else INVALID_PARAMETER (on x64 a fault).
 *    A masked one may have any (Linux, arch/x86/kvm/hyperv.c, synic_set_sint()).
 *  - A masked SINT holds messages back, and its interrupt with them, until it is unmasked; the
 *    TLFS would deliver the message and lose the interrupt.
 *  - Message page and event flag page are cleared when they are enabled or moved. On Hyper-V they
 *    are overlays, which are empty at first. A page where no memory is, or none that the VTL may
 *    write, is accepted (TLFS: "will not be accessible"): its messages wait for ever, its events
 *    are refused as if it were disabled. Pages that overlap (TLFS: "undefined behavior") are one
 *    memory, in which a flag may be taken for a message; nobody but their owner is harmed.
 *  - The end of an interrupt (EOI) does not retry delivery, as nobody sees it; EOM does, and a busy
 *    slot says that it is wanted.
 *  - The event ring, which is for root partitions, is a register only.
 *  - DeliverabilityNotifications, which a higher VTL writes for a lower one, is each higher VTL's
 *    own. A SINT is deliverable when it could take a message at once.
 */
#ifndef VTL_SYNIC_H
#define VTL_SYNIC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "smccc/hv-status.h"
#include "vtl/protection.h"

struct codec_reader;
struct codec_writer;
struct vtl_vp;

#define HV_SYNIC_SINTS 16

/* SINTx. */
#define HV_SINT_VECTOR 0xffull
#define HV_SINT_VECTOR_MIN 0x10u
#define HV_SINT_MASKED (1ull << 16)
#define HV_SINT_POLLING (1ull << 18) /* messages, but no interrupt */
#define HV_SINT_KNOWN (HV_SINT_VECTOR | HV_SINT_MASKED | HV_SINT_POLLING)

#define HV_SCONTROL_ENABLE 1ull
#define HV_SYNIC_VERSION 1u

/* HV_MESSAGE. */
#define HV_MESSAGE_PAYLOAD 240
#define HV_MESSAGE_NONE 0u              /* the type in an empty slot */
#define HV_MESSAGE_FLAG_PENDING (1u << 0) /* more are waiting: the guest is to write EOM */

struct hv_message {
    uint32_t type;
    uint8_t payload_size; /* bytes, at most HV_MESSAGE_PAYLOAD */
    uint8_t flags;
    uint8_t zero[2];
    uint64_t sender; /* partition or port; 0 for intercepts */
    uint8_t payload[HV_MESSAGE_PAYLOAD];
};

/* A timer's message (TLFS, HV_TIMER_MESSAGE_PAYLOAD). */
#define HV_STIMERS 4 /* of each VTL of a VP */
#define HV_MESSAGE_TIMER_EXPIRED 0x80000010u

struct hv_timer_payload {
    uint32_t timer;
    uint32_t zero;
    uint64_t expiration; /* reference time when it was due, and when it is delivered */
    uint64_t delivery;
};

/* The message of a timer that waits, or none. */
struct synic_timer {
    bool waits;
    unsigned sint;
    uint64_t expiration;
};

/* HV_SYNIC_EVENT_FLAGS: flags of one SINT. */
#define HV_EVENT_FLAGS 2048u

/* DeliverabilityNotifications: the SINTs in bits 63:48; what is below them x64 has. */
#define HV_NOTIFY_SINTS_SHIFT 48

/*
 * As many messages of a port wait as it has buffers (TLFS, "Guest Message Buffers"); and as many of
 * the hypervisor's own per SINT, whatever ports send there.
 */
#define SYNIC_QUEUE_LENGTH 16

/* Of a port: how many of its messages wait, in queues of any VP. */
struct synic_buffers {
    _Atomic unsigned used;
};

/*
 * The SynIC of one VTL of a VP. Registers are written under vtl_partition.lock and @lock, so
 * either is enough to read them; queues are under @lock. It is the innermost lock: with it held,
 * only the back end's time, memory and interrupt functions are called.
 */
struct synic {
    GMutex lock;
    uint64_t scontrol, siefp, simp, sirbp;
    uint64_t sint[HV_SYNIC_SINTS];
    GQueue queue[HV_SYNIC_SINTS]; /* of messages, each owned */
    struct synic_timer timer[HV_STIMERS];
    uint16_t awaited[VTL_LEVELS]; /* SINTs that a higher VTL wants to hear of, by that VTL */
    uint16_t ready[VTL_LEVELS];   /* those that can take a message now; it has not been told yet */
};

/* Reset values, empty queues. */
void synic_init(struct synic *synic);
void synic_clear(struct synic *synic);

enum synic_result {
    SYNIC_DELIVERED, /* it is in the message page */
    SYNIC_QUEUED,    /* it will be, once the guest has made that possible */
    SYNIC_REFUSED,   /* malformed, or as many wait already as may */
    SYNIC_OFF,       /* SynIC, page or SINT are disabled, and must not be for this */
    SYNIC_BUSY,      /* it could only be queued, and is not to be */
};

/*
 * Posts a message to a SINT of @vtl on the VP: into its slot, if SynIC, page and SINT are enabled
 * and the slot is empty, with the SINT's interrupt; or else into a queue. Queued messages are
 * delivered in order when another one is posted, when the guest writes EOM, and when it enables
 * what was disabled.
 * The page is accessed with the rights of @vtl; without them the message waits. @message is copied;
 * its flags do not matter. From any thread, with or without vtl_partition.lock.
 * This is for the hypervisor's own messages, such as intercepts, which may be sent to a VP whose
 * SynIC is disabled (TLFS, "Messages").
 */
enum synic_result synic_post(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                             const struct hv_message *message);

/*
 * The same for the message of timer @timer that was due at @expiration, which waits in a buffer of
 * its own, behind the messages of the SINT's queue. SYNIC_REFUSED: an earlier message of the timer
 * still waits there.
 */
enum synic_result synic_post_timer(struct vtl_vp *vp, unsigned vtl, unsigned sint, unsigned timer,
                                   uint64_t expiration);
/* Drops the message of the timer that waits, if any. */
void synic_cancel_timer(struct vtl_vp *vp, unsigned vtl, unsigned timer);

/*
 * The same for messages through a port, which uses its buffers for those that wait: SYNIC_OFF if
 * SynIC or message page are disabled. @buffers must stay until none is used, or synic_forget().
 */
enum synic_result synic_post_through(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                                     const struct hv_message *message,
                                     struct synic_buffers *buffers);

/* Drops what waits for the SINT in these buffers. */
void synic_forget(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                  const struct synic_buffers *buffers);

/*
 * The same at once or not at all: SYNIC_OFF if SynIC, page or SINT are disabled, SYNIC_BUSY if the
 * slot is not free (OpenVMM, hv1_emulator, post_message()).
 */
enum synic_result synic_post_direct(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                                    const struct hv_message *message);

/* May guests post messages there, and signal events, as far as SynIC and pages are concerned? */
bool synic_takes_messages(struct vtl_vp *vp, unsigned vtl);
bool synic_takes_events(struct vtl_vp *vp, unsigned vtl);

/*
 * Sets event flag @flag of a SINT, with an interrupt if it was not set before; *@newly says which.
 * SYNIC_OFF if SynIC, event flag page or SINT are disabled, or the page is no memory that @vtl may
 * write. From any thread, as synic_post().
 */
enum synic_result synic_signal(struct vtl_vp *vp, unsigned vtl, unsigned sint, unsigned flag,
                               bool *newly);

/* Has a SINT of this value the vector that it needs? */
bool synic_sint_has_vector(uint64_t value);

/*
 * As vtl_partition_save() and vtl_partition_load() say. Ports are there before, as messages wait in
 * their buffers; the VP's has_notices is seen to.
 */
void synic_save(const struct vtl_vp *vp, unsigned vtl, struct codec_writer *writer);
void synic_load(struct vtl_vp *vp, unsigned vtl, struct codec_reader *reader);

/* For the files of the SynIC: a message that waits, and in whose buffer; NULL: the hypervisor's. */
struct synic_entry {
    struct hv_message message;
    struct synic_buffers *buffers;
};
struct synic_entry *synic_entry_new(const struct hv_message *message,
                                    struct synic_buffers *buffers);

/*
 * For the files of the SynIC, with synic.lock held: is the SynIC on, and with it the page that the
 * register @page names? Interrupts as the SINT says; delivers what can be
 * delivered; can the SINT take a message, with nothing waiting before it? Else its slot is marked, so
 * that the guest writes EOM. What somebody waits for may have come true.
 */
bool synic_has_page(const struct synic *synic, uint64_t page);
void synic_scan_all(struct vtl_vp *vp, unsigned vtl);
bool synic_can_take(struct vtl_vp *vp, unsigned vtl, unsigned sint);
void synic_look_for_ready(struct vtl_vp *vp, unsigned vtl);
void synic_interrupt(struct vtl_vp *vp, unsigned vtl, unsigned sint);

/*
 * VTL @by writes DeliverabilityNotifications of a lower one. INVALID_PARAMETER: it is not lower,
 * INVALID_REGISTER_VALUE: bits that do not exist.
 */
enum hv_status synic_await(struct vtl_vp *vp, unsigned vtl, unsigned by, uint64_t value);

/*
 * Is a VTL to be told that SINTs of @vtl can take messages? The highest VTL above @above, if
 * several are; *@vtl is then the lowest it has asked for. Cheap if there is none.
 */
bool synic_next_notice(struct vtl_vp *vp, unsigned above, unsigned *vtl, unsigned *by);
/* These SINTs, which @by now knows of. */
uint16_t synic_take_notice(struct vtl_vp *vp, unsigned vtl, unsigned by);

#endif
