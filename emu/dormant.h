/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTLs that do not run on a VP at the moment, and the interrupts that come for them.
 *
 * Only a vCPU inside KVM_RUN tells userspace that an interrupt has become pending for it: its timer
 * expired, another vCPU of the same VM sent it an SGI, a line rose. So a thread, the watcher, runs
 * the dormant vCPU in KVM_MP_STATE_SUSPENDED, where no instruction executes and KVM reports
 * KVM_SYSTEM_EVENT_WAKEUP as soon as an interrupt is deliverable by the GIC's priority mask,
 * whatever PSTATE.DAIF says (api.rst, KVM_SET_MP_STATE): the rule of TLFS, VSM, "VTL entry" by
 * interrupt. Then the VP is told, and enters that VTL if it is higher than the one that runs.
 *
 * Lending a vCPU to another thread and getting it back costs several switches. So a watcher waits
 * before it begins, if the VTL has been called again soon the last time: one that is called again
 * and again is not watched at all, and neither costs nor misses anything, as it takes its
 * interrupts when it runs. How long it waits adapts to the host. It begins at once when the VTL was
 * left alone for longer the last time, was entered because of an interrupt, or when somebody knows
 * that there is something to see. Begun late or not, it sees what is pending by then: nothing is
 * lost.
 *
 * Locks: dormant.lock is held for system calls on that vCPU, and comes after those in pause.h.
 * Before Linux 6.12 KVM waits for an RCU grace period when a vCPU changes its thread.
 */
#ifndef EMU_DORMANT_H
#define EMU_DORMANT_H

#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/pause.h"

struct vp;

/* One VTL of a VP, and its watcher. */
struct dormant {
    struct vp *vp;
    unsigned vtl;
    gint lent;       /* the vCPU may be with the watcher; written by the VP's thread, atomic */
    gint64 since;    /* when it was lent; for the VP's thread */
    bool hurried;    /* the VTL was called again soon the last time; likewise */
    GMutex lock;
    GCond changed;
    /* Under the lock: */
    bool has_thread;
    bool asleep;     /* the thread waits for something to do */
    bool quit;
    bool wanted;     /* there is something to watch */
    bool now;        /* without waiting first */
    bool armed;      /* the thread has the vCPU */
    unsigned turn;   /* counts what the thread must not carry over: it begins anew with each */
    gint64 delay;    /* how long to wait before it begins, in us */
    unsigned patience; /* times that, as the VTL has been called again and again */
    uint64_t begun, in_vain; /* for the summary */
    pthread_t thread;
    struct pause_member pause; /* the watcher in KVM_RUN counts as being in the guest */
};

void dormant_init(struct dormant *dormant, struct vp *vp, unsigned vtl);
/* Ends the watcher, once the VP's thread has ended. */
void dormant_stop(struct dormant *dormant);
void dormant_clear(struct dormant *dormant);

/*
 * For the VP's thread, which is about to enter the guest or to wait: has those VTLs watched that
 * have something to say now: those above the active one, and those below, if that wants to be told
 * (VINA).
 */
void dormant_watch(struct vp *vp);

/* For the VP's thread, or a visitor in its place: the vCPU of @vtl is its own again. */
void dormant_take(struct vp *vp, unsigned vtl);

/*
 * For those who may touch a vCPU that does not run (the VP's thread and its visitors): the watcher
 * keeps away from it in between.
 */
void dormant_hold(struct vp *vp, unsigned vtl);
void dormant_release(struct vp *vp, unsigned vtl);

/* From any thread: @vtl of the VP may have an interrupt now. */
void dormant_look(struct vp *vp, unsigned vtl);

/*
 * For the VP's thread, between two instructions: enters the highest VTL above the active one that
 * has an interrupt (true), or tells the active one what those below have (false).
 */
bool dormant_attend(struct vp *vp);
/* Would it? For a VP that waits to be started; atomic. */
bool dormant_is_rung(const struct vp *vp);

/* A pause wants the watcher out of KVM_RUN. */
void dormant_kick(struct pause_member *member);

#endif
