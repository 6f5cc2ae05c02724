/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dormant VTLs: see dormant.h. */
#include "emu/dormant.h"

#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "emu/kvm.h"
#include "emu/machine.h"

/*
 * The delay before a watcher begins is a multiple of what it took to get the vCPU back lately, so
 * that a guest that calls again and again loses no more than a fifth of its time by that, whatever
 * the host. The greatest delay bounds how late an interrupt of an unwatched VTL may be.
 */
#define DELAY_PER_COST 4
#define DELAY_MIN_US 100
#define DELAY_MAX_US 5000
/* A watcher that finds that its VTL has run meanwhile waits so many times longer at most. */
#define PATIENCE_MAX 8

void dormant_init(struct dormant *dormant, struct vp *vp, unsigned vtl)
{
    *dormant = (struct dormant){.vp = vp, .vtl = vtl, .delay = DELAY_MIN_US, .patience = 1};
    g_mutex_init(&dormant->lock);
    g_cond_init(&dormant->changed);
}

static struct vp_level *level_of(const struct dormant *dormant)
{
    return &dormant->vp->level[dormant->vtl];
}

/* --- The watcher ------------------------------------------------------------------------------ */

/* What the watcher does not come to know by the condition. With the lock held. */
static void push_out(struct dormant *dormant)
{
    __atomic_store_n(&level_of(dormant)->vcpu.run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    pthread_kill(dormant->thread, VP_KICK_SIGNAL);
}

void dormant_kick(struct pause_member *member)
{
    push_out((struct dormant *)((char *)member - offsetof(struct dormant, pause)));
}

static bool may_watch(struct dormant *dormant, unsigned turn)
{
    bool may;

    g_mutex_lock(&dormant->lock);
    may = dormant->wanted && dormant->turn == turn && !dormant->quit;
    /* From here on a kick counts. */
    if (may)
        __atomic_store_n(&level_of(dormant)->vcpu.run->immediate_exit, 0, __ATOMIC_SEQ_CST);
    g_mutex_unlock(&dormant->lock);
    return may;
}

static int set_state(struct dormant *dormant, uint32_t state)
{
    struct kvm_mp_state argument = {.mp_state = state};

    return kvm_ioctl(level_of(dormant)->vcpu.fd, KVM_SET_MP_STATE, &argument);
}

static bool would_wake_up(const struct kvm_run *run)
{
    return run->exit_reason == KVM_EXIT_SYSTEM_EVENT &&
           run->system_event.type == KVM_SYSTEM_EVENT_WAKEUP;
}

/* In KVM_RUN until there is an interrupt (0), or somebody wants the vCPU (-EINTR). */
static int watch_once(struct dormant *dormant)
{
    struct pause *pause = &dormant->vp->machine->pause;
    const struct vcpu *vcpu = &level_of(dormant)->vcpu;
    int error;

    if (!pause_enter_guest(pause, &dormant->pause, dormant->vtl))
        return -EINTR;
    error = ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : 0;
    pause_leave_guest(pause, &dormant->pause);
    return error == 0 && !would_wake_up(vcpu->run) ? -EPROTO : error;
}

static int watch_while_wanted(struct dormant *dormant, unsigned turn)
{
    int error = set_state(dormant, KVM_MP_STATE_SUSPENDED);
    int back;

    while (error == 0) {
        error = may_watch(dormant, turn) ? watch_once(dormant) : -EINTR;
        if (error != -EINTR || !may_watch(dormant, turn))
            break;
        error = 0;
    }
    back = set_state(dormant, KVM_MP_STATE_RUNNABLE);
    return error == 0 || error == -EINTR ? MIN(back, error) : error;
}

/* The lock keeps the VP's thread from coming or going meanwhile. */
static void ring(struct dormant *dormant)
{
    struct machine *machine = dormant->vp->machine;

    trace_line(machine->trace, TRACE_INTERRUPT, dormant->vp->core->index, dormant->vtl,
               "has an interrupt, and does not run");
    g_mutex_lock(&machine->lock);
    machine_kick(dormant->vp);
    g_cond_broadcast(&machine->changed);
    g_mutex_unlock(&machine->lock);
}

/* With the lock held, which is given up meanwhile. */
static void watch(struct dormant *dormant)
{
    unsigned turn = dormant->turn;
    int error;

    dormant->armed = true;
    dormant->patience = 1;
    dormant->begun++;
    g_mutex_unlock(&dormant->lock);
    error = watch_while_wanted(dormant, turn);
    g_mutex_lock(&dormant->lock);
    if (error == 0) {
        dormant->wanted = false;
        g_atomic_int_or(&dormant->vp->rung, 1u << dormant->vtl);
    }
    dormant->armed = false;
    g_cond_broadcast(&dormant->changed);
    g_mutex_unlock(&dormant->lock);
    if (error == 0)
        ring(dormant);
    else if (error != -EINTR)
        machine_end(dormant->vp->machine, MACHINE_BROKEN, 0,
                    g_strdup_printf("KVM does not watch VTL%u of VP%u: %s", dormant->vtl,
                                    dormant->vp->core->index, g_strerror(-error)));
    g_mutex_lock(&dormant->lock);
}

/*
 * Somebody waits for the vCPU, and may be slow to see that it is there: it must not be gone again
 * by then. With the lock held.
 */
static bool is_recalled(const struct dormant *dormant)
{
    return g_atomic_int_get(&dormant->pause.recalled);
}

/* With the lock held. False: something has changed meanwhile. */
static bool wait_before(struct dormant *dormant)
{
    unsigned turn = dormant->turn;
    gint64 delay = MIN(dormant->delay * dormant->patience, DELAY_MAX_US);
    gint64 end = g_get_monotonic_time() + delay;

    bool over = false;

    while (dormant->wanted && !dormant->now && !dormant->quit && dormant->turn == turn && !over)
        over = !g_cond_wait_until(&dormant->changed, &dormant->lock, end);
    /* Whoever calls again and again is not looked at so often: each time wakes up this thread. */
    if (dormant->turn != turn)
        dormant->patience = MIN(2 * dormant->patience, PATIENCE_MAX);
    return dormant->wanted && (dormant->now || (over && dormant->turn == turn)) &&
           !dormant->quit && !is_recalled(dormant);
}

static void *watcher_main(void *argument)
{
    struct dormant *dormant = argument;

    g_mutex_lock(&dormant->lock);
    while (!dormant->quit) {
        if (!dormant->wanted || is_recalled(dormant)) {
            dormant->asleep = true;
            g_cond_wait(&dormant->changed, &dormant->lock);
            dormant->asleep = false;
        } else if (dormant->now || wait_before(dormant)) {
            dormant->now = false;
            watch(dormant);
        }
    }
    g_mutex_unlock(&dormant->lock);
    return NULL;
}

/* --- The VP ----------------------------------------------------------------------------------- */

static bool ensure_thread(struct dormant *dormant)
{
    int error = 0;

    if (!dormant->has_thread)
        error = pthread_create(&dormant->thread, NULL, watcher_main, dormant);
    dormant->has_thread = error == 0;
    if (error)
        vp_broken(dormant->vp, "no thread to watch VTL%u: %s", dormant->vtl, g_strerror(error));
    return dormant->has_thread;
}

static void begin(struct dormant *dormant)
{
    /* After one interrupt, the next one may be there already. */
    bool at_once = !dormant->hurried || level_of(dormant)->by_interrupt;

    if (!ensure_thread(dormant))
        return;
    g_atomic_int_set(&dormant->lent, true);
    dormant->since = g_get_monotonic_time();
    g_mutex_lock(&dormant->lock);
    dormant->wanted = true;
    dormant->now = at_once;
    dormant->turn++;
    /* Waking it is a system call; one that waits for its time finds out by itself. */
    if (dormant->asleep || at_once)
        g_cond_broadcast(&dormant->changed);
    g_mutex_unlock(&dormant->lock);
}

/* Is anything to come of it if a VTL that does not run has an interrupt? */
static bool has_a_say(const struct vp *vp, unsigned vtl)
{
    const struct vtl_vp *core = vp->core;
    bool counts = vtl > core->active || (vtl < core->active && vtl_vina_watches(core));

    return counts && core->enabled & 1u << vtl && !vp->machine->unwatched &&
           vp->machine->level[vtl].vm.can_suspend && power_is_on(vp, vtl);
}

void dormant_watch(struct vp *vp)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (!vp->level[vtl].dormant.lent && has_a_say(vp, vtl))
            begin(&vp->level[vtl].dormant);
}

/* A moving average. */
static void learn_cost(struct dormant *dormant, gint64 cost)
{
    gint64 delay = (3 * dormant->delay + DELAY_PER_COST * cost) / 4;

    dormant->delay = CLAMP(delay, DELAY_MIN_US, DELAY_MAX_US);
}

/*
 * With the lock held: the vCPU comes back, at once even if a pause keeps the watcher out,
 * as whoever makes it may wait for a lock that our caller holds.
 */
static void wait_until_disarmed(struct dormant *dormant)
{
    struct pause *pause = &dormant->vp->machine->pause;
    gint64 begin;

    dormant->turn++;
    if (!dormant->armed)
        return;
    dormant->in_vain++;
    begin = g_get_monotonic_time();
    while (dormant->armed) {
        pause_recall(pause, &dormant->pause, true);
        push_out(dormant);
        g_cond_wait(&dormant->changed, &dormant->lock);
    }
    pause_recall(pause, &dormant->pause, false);
    g_cond_broadcast(&dormant->changed);
    learn_cost(dormant, g_get_monotonic_time() - begin);
}

void dormant_take(struct vp *vp, unsigned vtl)
{
    struct dormant *dormant = &vp->level[vtl].dormant;

    if (!dormant->lent)
        return;
    g_mutex_lock(&dormant->lock);
    dormant->hurried = g_get_monotonic_time() - dormant->since < dormant->delay;
    dormant->wanted = false;
    wait_until_disarmed(dormant);
    g_mutex_unlock(&dormant->lock);
    g_atomic_int_set(&dormant->lent, false);
    g_atomic_int_and(&vp->rung, ~(1u << vtl));
    vp->notified &= ~(1u << vtl);
}

void dormant_hold(struct vp *vp, unsigned vtl)
{
    struct dormant *dormant = &vp->level[vtl].dormant;

    g_mutex_lock(&dormant->lock);
    wait_until_disarmed(dormant);
}

void dormant_release(struct vp *vp, unsigned vtl)
{
    g_mutex_unlock(&vp->level[vtl].dormant.lock);
}

void dormant_look(struct vp *vp, unsigned vtl)
{
    struct dormant *dormant = &vp->level[vtl].dormant;

    g_mutex_lock(&dormant->lock);
    if (dormant->wanted && !dormant->armed) {
        dormant->now = true;
        g_cond_broadcast(&dormant->changed);
    }
    g_mutex_unlock(&dormant->lock);
}

void dormant_stop(struct dormant *dormant)
{
    g_mutex_lock(&dormant->lock);
    dormant->quit = true;
    if (dormant->armed)
        push_out(dormant);
    g_cond_broadcast(&dormant->changed);
    g_mutex_unlock(&dormant->lock);
    if (dormant->has_thread)
        pthread_join(dormant->thread, NULL);
}

void dormant_clear(struct dormant *dormant)
{
    g_mutex_clear(&dormant->lock);
    g_cond_clear(&dormant->changed);
}

/* The VTLs above the active one that have an interrupt. */
static unsigned rung_above(const struct vp *vp)
{
    return (unsigned)g_atomic_int_get(&vp->rung) & ~((2u << vp->core->active) - 1);
}

bool dormant_is_rung(const struct vp *vp)
{
    return rung_above(vp) != 0;
}

static void preempt(struct vp *vp, unsigned target)
{
    /* It may have been turned off meanwhile. */
    if (!power_can_enter(vp, target)) {
        dormant_take(vp, target);
        return;
    }
    vp_break_off(vp);
    vp_switch(vp, target, VTL_ENTRY_INTERRUPT, STATS_INTERRUPT);
}

/*
 * A VTL below has an interrupt. KVM does not say which, nor when another one joins it: it counts
 * as one until that VTL has run.
 */
static void tell_of_lower(struct vp *vp)
{
    unsigned below = (1u << vp->core->active) - 1;
    unsigned rung = (unsigned)g_atomic_int_get(&vp->rung) & below & ~vp->notified;

    if (!rung || !vtl_vina_watches(vp->core))
        return;
    protect_end_step(vp);
    vp->notified |= rung;
    for (unsigned vtl = 0; rung >> vtl; vtl++)
        if (rung & 1u << vtl)
            vtl_vina_notify(vp->core, vtl);
}

bool dormant_attend(struct vp *vp)
{
    unsigned rung = rung_above(vp);

    if (rung)
        preempt(vp, (unsigned)g_bit_storage(rung) - 1);
    else
        tell_of_lower(vp);
    return rung;
}
