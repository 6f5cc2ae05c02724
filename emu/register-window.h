/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register window: vCPUs' registers without a system call for each.
 *
 * KVM for arm64 gives registers one by one, and a VTL switch wants 60 of them. A small program in
 * the kernel (window.bpf.c), called whenever KVM_RUN comes back, copies them where vtlemu can see
 * them. A second one is called when KVM sees to an HVC: it tells the immediate, which KVM does not,
 * and X0-X3 as they were before KVM has answered one that it does not forward; a signal then ends
 * KVM_RUN, so that no VTL call or return is lost, whatever X0 holds.
 *
 * Not seen: X0 whose low half is 0x80008000, 0x80007fff or 0x80003fff (ARCH_WORKAROUND_1 to 3),
 * which the hypervisor's entry code answers (Linux, arch/arm64/kvm/hyp/hyp-entry.S): breakpoints
 * guard the call sites that are known (sites.h).
 *
 * The programs need root, or CAP_BPF and CAP_PERFMON, and a kernel with BTF; only vCPUs that have
 * been given a window concern them. Other VMs of the host pay for the question, about 5 % of an
 * exit, as long as the window is open.
 */
#ifndef EMU_REGISTER_WINDOW_H
#define EMU_REGISTER_WINDOW_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "emu/vcpu.h"
#include "emu/window-layout.h"

struct register_window;

/* Where it cannot be had: what it takes. */
extern const char register_window_remedy[];

struct register_window_request {
    unsigned vcpus;       /* at most so many, numbered from 0 */
    unsigned vector_bits; /* the longest vectors of each; 0: they have no SVE */
    int signal;           /* for the thread whose call KVM has answered */
    const struct window_range *kept; /* what KVM answers itself */
    size_t kept_count;
};

/* Loads and attaches the programs. NULL with @error, which says what is missing. */
struct register_window *register_window_open(const struct register_window_request *request,
                                             GError **error);
void register_window_close(struct register_window *window);

/* From its next KVM_RUN on, vCPU @number has a window, until it or the window is closed. */
void register_window_give(struct register_window *window, unsigned number, struct vcpu *vcpu);

#endif
