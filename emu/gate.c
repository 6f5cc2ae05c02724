/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate of a VM: see gate.h. */
#include "emu/gate.h"

#include <signal.h>

/* A signal may come when a thread is past the gate but not yet in KVM_RUN: it gets another one. */
#define PATIENCE_US 500

void gate_init(struct gate *gate, int signal)
{
    *gate = (struct gate){.signal = signal};
    g_mutex_init(&gate->lock);
    g_cond_init(&gate->changed);
}

void gate_clear(struct gate *gate)
{
    g_mutex_clear(&gate->lock);
    g_cond_clear(&gate->changed);
}

void gate_enter(struct gate *gate, unsigned index)
{
    g_mutex_lock(&gate->lock);
    while (gate->closed)
        g_cond_wait(&gate->changed, &gate->lock);
    gate->vcpu[index].thread = pthread_self();
    gate->vcpu[index].inside = true;
    gate->inside++;
    g_mutex_unlock(&gate->lock);
}

void gate_leave(struct gate *gate, unsigned index)
{
    g_mutex_lock(&gate->lock);
    gate->vcpu[index].inside = false;
    gate->inside--;
    if (gate->closed)
        g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
}

static void signal_all(const struct gate *gate)
{
    for (unsigned i = 0; i < LAYOUT_MAX_VPS; i++)
        if (gate->vcpu[i].inside)
            pthread_kill(gate->vcpu[i].thread, gate->signal);
}

void gate_close(struct gate *gate)
{
    g_mutex_lock(&gate->lock);
    while (gate->closed) /* by somebody else */
        g_cond_wait(&gate->changed, &gate->lock);
    gate->closed = true;
    while (gate->inside) {
        signal_all(gate);
        g_cond_wait_until(&gate->changed, &gate->lock, g_get_monotonic_time() + PATIENCE_US);
    }
    g_mutex_unlock(&gate->lock);
}

void gate_open(struct gate *gate)
{
    g_mutex_lock(&gate->lock);
    gate->closed = false;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
}
