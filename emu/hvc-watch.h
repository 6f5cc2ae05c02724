/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look-out for VTL calls and returns that KVM swallows, for machines without register window,
 * which makes up for them (register-window.h).
 *
 * KVM answers an HVC itself when the low half of X0 is one of the ids in kept-calls.h, and no exit
 * follows. Known call sites have breakpoints (sites.h); the first use of a site is seen here:
 * the kernel's tracepoint kvm:kvm_hvc_arm64 tells PC, X0 and immediate of every HVC that the
 * thread's vCPU executes, and a signal then ends KVM_RUN. KVM has overwritten X0-X3 by then, so
 * the switch cannot be made up for, only reported.
 *
 * Not seen: X0 whose low half is 0x80008000, 0x80007fff or 0x80003fff (ARCH_WORKAROUND_1 to 3),
 * which the hypervisor's entry code answers before any of this (Linux, arch/arm64/kvm/hyp/hyp-entry.S).
 */
#ifndef EMU_HVC_WATCH_H
#define EMU_HVC_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hvc_watch {
    int fd; /* perf event; 0: not watching */
    void *ring;
    size_t ring_size;
};

struct hvc_event {
    uint64_t pc; /* behind the HVC */
    uint64_t x0;
    uint64_t immediate;
};

/*
 * Watches the calling thread; @signal is sent to it for every HVC with a nonzero immediate.
 * Needs tracefs and the right to open perf events. 0 or a negative errno.
 */
int hvc_watch_open(struct hvc_watch *watch, int signal);
void hvc_watch_close(struct hvc_watch *watch);

/* Takes the next event; false if there is none. */
bool hvc_watch_next(struct hvc_watch *watch, struct hvc_event *event);

#endif
