/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Visits: see visit.h. */
#include "emu/visit.h"

#include <errno.h>

#include "emu/machine.h"

/* How long a VP runs at least between two visits: enough to enter the guest on a slow host. */
#define REST_US 200

#define NOT_YET G_MAXINT64

void visits_init(struct visits *visits)
{
    *visits = (struct visits){0};
    g_mutex_init(&visits->lock);
    g_cond_init(&visits->changed);
}

void visits_clear(struct visits *visits)
{
    g_mutex_clear(&visits->lock);
    g_cond_clear(&visits->changed);
}

void visit_init(struct visit *visit)
{
    *visit = (struct visit){0};
    g_mutex_init(&visit->own);
}

void visit_clear(struct visit *visit)
{
    g_mutex_clear(&visit->own);
}

/* --- The visitor ------------------------------------------------------------------------------ */

/* With visits.lock held. False: somebody wants the visitor. */
static bool wait_for_turn(struct visits *visits, const struct visit *visitor)
{
    while (visits->busy && !g_atomic_int_get(&visitor->wanted))
        g_cond_wait(&visits->changed, &visits->lock);
    if (visits->busy)
        return false;
    visits->busy = true;
    return true;
}

static void wait_for_rest(struct visits *visits, const struct visit *host)
{
    while (g_get_monotonic_time() < host->rests_until)
        g_cond_wait_until(&visits->changed, &visits->lock, host->rests_until);
}

static bool announce(struct visits *visits, const struct visit *visitor, struct visit *host)
{
    bool mine;

    g_mutex_lock(&visits->lock);
    mine = wait_for_turn(visits, visitor);
    if (mine) {
        wait_for_rest(visits, host);
        g_atomic_int_set(&host->wanted, 1);
        g_cond_broadcast(&visits->changed);
    }
    g_mutex_unlock(&visits->lock);
    return mine;
}

int visit_begin(struct vp *visitor, struct vp *host)
{
    if (!announce(&host->machine->visits, &visitor->visit, &host->visit))
        return -EBUSY;
    machine_kick_safely(host);
    g_mutex_lock(&host->visit.own);
    power_catch_up(host);
    return 0;
}

void visit_end(struct vp *host)
{
    struct visits *visits = &host->machine->visits;

    g_mutex_unlock(&host->visit.own);
    g_mutex_lock(&visits->lock);
    visits->busy = false;
    g_atomic_int_set(&host->visit.wanted, 0);
    if (host->visit.at_door)
        host->visit.rests_until = NOT_YET;
    g_cond_broadcast(&visits->changed);
    g_mutex_unlock(&visits->lock);
}

/* --- The host --------------------------------------------------------------------------------- */

void visit_take_own(struct vp *vp)
{
    g_mutex_lock(&vp->visit.own);
}

void visit_give_own(struct vp *vp)
{
    g_mutex_unlock(&vp->visit.own);
}

bool visit_receive(struct vp *vp)
{
    struct visits *visits = &vp->machine->visits;

    if (!g_atomic_int_get(&vp->visit.wanted))
        return false;
    /* The others are kept out of the guest for it, perhaps the visitor needs the same. */
    protect_end_step(vp);
    /* What KVM owes to the vCPU would come over what the visitor writes. */
    vcpu_settle(&vp_active(vp)->vcpu);
    g_mutex_lock(&visits->lock);
    vp->visit.at_door = true;
    visit_give_own(vp);
    while (g_atomic_int_get(&vp->visit.wanted))
        g_cond_wait(&visits->changed, &visits->lock);
    vp->visit.at_door = false;
    g_mutex_unlock(&visits->lock);
    visit_take_own(vp);
    return true;
}

static void rest_until(struct vp *vp, gint64 time)
{
    struct visits *visits = &vp->machine->visits;

    g_mutex_lock(&visits->lock);
    vp->visit.rests_until = time;
    g_cond_broadcast(&visits->changed);
    g_mutex_unlock(&visits->lock);
}

/* Reading needs no lock: others write it only while this thread is at the door. */
void visit_note_entry(struct vp *vp)
{
    if (vp->visit.rests_until == NOT_YET)
        rest_until(vp, g_get_monotonic_time() + REST_US);
}

void visit_give_up(struct vp *vp)
{
    rest_until(vp, 0);
    visit_give_own(vp);
}
