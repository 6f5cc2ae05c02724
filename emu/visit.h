/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Visits: the thread of a VP, in a hypercall, at the vCPUs of another VP.
 *
 * The vCPUs of a VP belong to whoever holds its visit.own. That is the VP's thread, in the guest
 * and out of it, unless the VP is off, or a visitor is there: then the thread waits between two
 * instructions of the guest.
 *
 * There is one visit at a time. Who waits for his turn while somebody wants to visit himself goes
 * home: his call is undone and made again afterwards. So no two VPs ever wait for each other.
 * And a VP that was visited is left alone until it has run for a moment, or guests that poll
 * another VP's registers would never let it change them.
 *
 * Lock order: visit.own comes first, before those in pause.h; visits.lock last.
 */
#ifndef EMU_VISIT_H
#define EMU_VISIT_H

#include <glib.h>
#include <stdbool.h>

struct vp;

/* A VP, as visits see it. */
struct visit {
    GMutex own;
    gint wanted;        /* a visitor waits or is there; atomic, written under visits.lock */
    /* Under visits.lock: */
    bool at_door;       /* the VP's thread waits for the visit to end */
    gint64 rests_until; /* when it may be visited again; G_MAXINT64: it has yet to run */
};

/* Of the whole machine. */
struct visits {
    GMutex lock;
    GCond changed;
    bool busy; /* somebody visits or is about to */
};

void visits_init(struct visits *visits);
void visits_clear(struct visits *visits);
void visit_init(struct visit *visit);
void visit_clear(struct visit *visit);

/*
 * On the thread of @visitor: stops @host, another VP, so that its vCPUs may be used until
 * visit_end(). -EBUSY: @visitor itself is to be visited, and must go back to the beginning of the
 * instruction it is in.
 */
int visit_begin(struct vp *visitor, struct vp *host);
void visit_end(struct vp *host);

/* For the VP's thread: from here on, and up to there, its vCPUs are its own. */
void visit_take_own(struct vp *vp);
void visit_give_own(struct vp *vp);

/* Between two instructions: lets a visitor in. True if there was one, who may change anything. */
bool visit_receive(struct vp *vp);

/* The VP is about to enter the guest. */
void visit_note_entry(struct vp *vp);

/* Its thread ends. */
void visit_give_up(struct vp *vp);

#endif
