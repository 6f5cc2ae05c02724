/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic interrupt controller (SynIC): each VTL of a VP has 16 interrupt sources (SINTs),
 * and a page in guest memory with a slot for one message of each.
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
 *  - The message page is cleared when it is enabled or moved. On Hyper-V it is an overlay, which
 *    is empty at first.
 *  - The end of an interrupt (EOI) does not retry delivery, as nobody sees it; EOM does, and a busy
 *    slot says that it is wanted.
 *  - Event flag page and event ring are registers only: nothing signals events yet.
 */
#ifndef VTL_SYNIC_H
#define VTL_SYNIC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct vtl_vp;

#define HV_SYNIC_SINTS 16

/* SINTx. */
#define HV_SINT_VECTOR 0xffull
#define HV_SINT_VECTOR_MIN 0x10u
#define HV_SINT_MASKED (1ull << 16)
#define HV_SINT_POLLING (1ull << 18) /* messages, but no interrupt */

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

/* As many wait per SINT as a port has buffers (TLFS, "Guest Message Buffers"). */
#define SYNIC_QUEUE_LENGTH 16

/*
 * The SynIC of one VTL of a VP. Registers are written under vtl_partition.lock and @lock, so
 * either is enough to read them; queues are under @lock. It is the innermost lock: with it held,
 * only the back end's time, memory and interrupt functions are called.
 */
struct synic {
    GMutex lock;
    uint64_t scontrol, siefp, simp, sirbp;
    uint64_t sint[HV_SYNIC_SINTS];
    GQueue queue[HV_SYNIC_SINTS]; /* of struct hv_message, each owned */
    struct synic_timer timer[HV_STIMERS];
};

/* Reset values, empty queues. */
void synic_init(struct synic *synic);
void synic_clear(struct synic *synic);

enum synic_result {
    SYNIC_DELIVERED, /* it is in the message page */
    SYNIC_QUEUED,    /* it will be, once the guest has made that possible */
    SYNIC_REFUSED,   /* malformed, or as many wait already as may */
};

/*
 * Posts a message to a SINT of @vtl on the VP: into its slot, if SynIC, page and SINT are enabled
 * and the slot is empty, with the SINT's interrupt; or else into a queue. Queued messages are
 * delivered in order when another one is posted, when the guest writes EOM, and when it enables
 * what was disabled.
 * The page is accessed with the rights of @vtl; without them the message waits. @message is copied;
 * its flags do not matter. From any thread, with or without vtl_partition.lock.
 * Whether a VP whose SynIC is disabled may be sent to at all is for the caller to say: guests'
 * messages may not, intercepts may (TLFS, "Messages").
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

#endif
