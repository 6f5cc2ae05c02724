/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate of a VM: its vCPUs pass it on their way into KVM_RUN, and whoever needs all of them
 * outside for a moment closes it. KVM lets userspace at the state of a GIC only then
 * (Documentation/virt/kvm/devices/arm-vgic-v3.rst, -EBUSY).
 */
#ifndef EMU_GATE_H
#define EMU_GATE_H

#include <glib.h>
#include <pthread.h>
#include <stdbool.h>

#include "emu/layout.h"

struct gate {
    GMutex lock;
    GCond changed;
    bool closed;
    unsigned inside;
    int signal;
    struct {
        bool inside;
        pthread_t thread;
    } vcpu[LAYOUT_MAX_VPS];
};

/* @signal, which must have a handler, makes a thread inside leave. */
void gate_init(struct gate *gate, int signal);
void gate_clear(struct gate *gate);

/* Around KVM_RUN of vCPU @index, on its thread; gate_enter() waits while the gate is closed. */
void gate_enter(struct gate *gate, unsigned index);
void gate_leave(struct gate *gate, unsigned index);

/*
 * Sends everybody out and keeps them there until gate_open(). From any thread that is not inside.
 * What those inside do once they are out, as wait for a lock of the caller's, does not matter.
 */
void gate_close(struct gate *gate);
void gate_open(struct gate *gate);

#endif
