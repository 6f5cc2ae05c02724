/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeping VPs out of the guest for a moment: to change what their pages allow, to let one of them
 * take a step that the others must not see, or to look at what KVM shows of a VM only then.
 *
 * Lock order: machine.life, visit.own, then vtl_partition.lock, stimers.lock or the one of vtl_ports or of a
 * VMBus, synic.lock, then a pause, then vtl_protection.lock, then machine.lock, then dormant.lock, timers.lock or
 * vmbuses.lock, under which none is taken. Who pauses may enter the guest itself, if it has said so.
 */
#ifndef EMU_PAUSE_H
#define EMU_PAUSE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Much longer than a step takes, even where the host is emulated. */
#define PAUSE_PATIENCE_US 50000

/* Who runs vCPUs: the thread of a VP, or the watcher of a dormant VTL. */
struct pause_member {
    gint in_guest; /* 1 + the VTL that runs, or 0; atomic */
    gint recalled; /* it is not to wait for its entry any longer; atomic */
    void (*kick)(struct pause_member *member); /* makes it leave the guest, or not enter it */
};

struct pause {
    GMutex lock;             /* for the conditions */
    GCond changed;           /* somebody has left the guest, or the pause is over */
    GCond over;              /* the next pause may begin */
    bool on;                 /* one at a time; under the lock */
    gint64 patience;         /* monotonic time when @by is asked to end it; under the lock */
    gint vtls;               /* set of VTLs that nobody may run; atomic */
    struct pause_member *by; /* who may; set before vtls */
    GPtrArray *members;
};

void pause_init(struct pause *pause);
void pause_clear(struct pause *pause);

/* Who there is; while nobody runs. */
void pause_add(struct pause *pause, struct pause_member *member);
void pause_remove_all(struct pause *pause);

/*
 * Waits until nobody but @by, which may be NULL, runs in one of @vtls, and keeps it so until
 * pause_end(). Not from inside the guest.
 *
 * What @by does in the guest may take for ever (WFI): if others wait for it, it
 * is kicked every PAUSE_PATIENCE_US, upon which it has to end the pause.
 */
void pause_begin(struct pause *pause, struct pause_member *by, uint16_t vtls);
void pause_end(struct pause *pause);

/*
 * Around KVM_RUN in @vtl. Entering waits while a pause concerns it; false: it has been recalled
 * meanwhile, and has not entered.
 */
bool pause_enter_guest(struct pause *pause, struct pause_member *member, unsigned vtl);
void pause_leave_guest(struct pause *pause, struct pause_member *member);

/* Has @member give up waiting for its entry, or wait again, from any thread. */
void pause_recall(struct pause *pause, struct pause_member *member, bool recall);

#endif
