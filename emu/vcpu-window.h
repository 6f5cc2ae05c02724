/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's window (register-window.h), as vcpu.c reads it: the second source of registers beside
 * KVM's ONE_REG interface.
 */
#ifndef EMU_VCPU_WINDOW_H
#define EMU_VCPU_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/window-layout.h"
#include "vtl/fault.h"
#include "vtl/partition.h"

struct vcpu_window {
    const struct window *now; /* NULL: it has none */
    const uint8_t *z;         /* Z0-Z31, if it has SVE */
    __u64 *run;               /* the number of the last KVM_RUN, for the program in the kernel */
    bool open;                /* it shows the registers as that has left them */
};

/* Around KVM_RUN. The program in the kernel may have been left out: then the window is not open. */
void vcpu_window_begin(struct vcpu_window *window);
void vcpu_window_end(struct vcpu_window *window);

/*
 * Where the window shows @count rows of bank_table from @row on, all of the same size, one after the
 * other; NULL: it does not show them all. Q0-Q31 are those of a vCPU without SVE.
 */
const uint8_t *vcpu_window_show(const struct vcpu_window *window, size_t row, size_t count);

/* Stores these rows; false: it does not show them all. */
bool vcpu_window_read(const struct vcpu_window *window, size_t row, size_t count,
                      struct hv_u128 *values);

/* The HVC that KVM saw to last before it came back; NULL: there was none, or it is not known. */
const struct window_call *vcpu_window_call(const struct vcpu_window *window);

/*
 * The access to memory that was the vCPU's last exception; false: there was another one, not stage 2's
 * business, or the window is not open.
 */
bool vcpu_window_fault(const struct vcpu_window *window, struct vtl_fault_report *report);

#endif
