/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread of a VP. It waits until VTL0 is started there, and then runs it; what VTL0 is stopped
 * for is a message. VTL0 turns a processor off without asking: the thread stays in HV_VTL_RUN
 * then, until VTL0 turns it on again, which is asked (psci.c).
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "tests/paravisor/paravisor.h"

/* X18, X29 and X30 are private (TLFS, VSM). */
static bool is_private(unsigned number)
{
    return number == 18 || number >= 29;
}

#define ZERO_REGISTER 31

uint64_t vp_get_x(struct vp *vp, unsigned number)
{
    if (number == ZERO_REGISTER)
        return 0;
    return is_private(number) ? vtl_get(REGISTER_X0 + number) : vp->run->x[number];
}

void vp_set_x(struct vp *vp, unsigned number, uint64_t value)
{
    if (number == ZERO_REGISTER)
        return;
    if (is_private(number))
        vtl_set(REGISTER_X0 + number, value);
    else
        vp->run->x[number] = value;
}

void vp_kick(struct vp *vp)
{
    __atomic_store_n(&vp->run->cancel, 1, __ATOMIC_SEQ_CST);
    pthread_kill(vp->thread, SIGUSR1);
}

bool vp_request_start(struct vp *vp, uint64_t entry, uint64_t context)
{
    if (vp->start_pending)
        return false;
    vp->start_pending = true;
    vp->entry = entry;
    vp->context = context;
    vp_kick(vp);
    pthread_cond_broadcast(&machine.changed);
    return true;
}

/* Here, and not where VTL0 has asked for it: X0 is in our hands on this VP only. */
static void start(struct vp *vp)
{
    uint32_t status = vtl_start_vp(vp->vp, vp->entry);

    if (status != STATUS_SUCCESS)
        die("VP%u does not start at VTL0: status 0x%x", vp->vp, status);
    tell_more("VP%u: starts at 0x%llx", vp->vp, (unsigned long long)vp->entry);
    memset(vp->run->x, 0, sizeof(vp->run->x));
    vp->run->x[0] = vp->context;
}

/* False at the end. */
static bool prepare(struct vp *vp)
{
    bool begin, go;

    pthread_mutex_lock(&machine.lock);
    while (!machine.stop && !vp->on && !vp->start_pending)
        pthread_cond_wait(&machine.changed, &machine.lock);
    begin = vp->start_pending;
    vp->start_pending = false;
    vp->on |= begin;
    go = !machine.stop;
    pthread_mutex_unlock(&machine.lock);
    if (go && begin)
        start(vp);
    return go;
}

static void unknown(struct vp *vp, const struct message *message)
{
    vp->kinds[KIND_OTHER]++;
    tell("VP%u: VTL0 was stopped for an unknown reason, message 0x%x, at PC 0x%llx", vp->vp,
         message->type, (unsigned long long)message->pc);
    machine_stop(EXIT_BROKEN);
}

static void handle(struct vp *vp)
{
    struct message message;

    memcpy(&message, vp->run->message, sizeof(message));
    switch (message.type) {
    case MESSAGE_UNMAPPED_GPA:
    case MESSAGE_GPA_INTERCEPT:
        mmio_intercept(vp, &message);
        break;
    case MESSAGE_HYPERCALL:
        psci_hypercall(vp, &message);
        break;
    case MESSAGE_RESET:
        psci_reset(vp, &message);
        break;
    default:
        unknown(vp, &message);
    }
}

static void pin(struct vp *vp)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(vp->index, &set);
    if (sched_setaffinity(0, sizeof(set), &set) < 0)
        die("CPU %u: %s", vp->index, strerror(errno));
    vp->vp = (uint32_t)vtl_get_own(REGISTER_VP_INDEX);
    /* The host has prepared the first one, an earlier paravisor perhaps more. */
    vp->on = !(vtl_get(REGISTER_INTERNAL_ACTIVITY_STATE) & ACTIVITY_STARTUP_SUSPEND);
}

static void run(struct vp *vp)
{
    int error = vtl_run();

    if (error == EINTR)
        return;
    if (error)
        die("VP%u: VTL0 does not run: %s", vp->vp, strerror(error));
    if (vp->run->reason == HV_VTL_EXIT_MESSAGE)
        handle(vp);
    else
        tell_more("VP%u: a VTL call, X0 0x%llx", vp->vp, (unsigned long long)vp->run->x[0]);
}

void *vp_main(void *argument)
{
    struct vp *vp = argument;

    pin(vp);
    pthread_barrier_wait(&machine.ready);
    for (;;) {
        /* First this, then the look: whoever kicks has changed something before. */
        __atomic_store_n(&vp->run->cancel, 0, __ATOMIC_SEQ_CST);
        if (!prepare(vp))
            return NULL;
        run(vp);
    }
}
