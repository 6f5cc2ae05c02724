/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stolen time (Arm DEN 0057): KVM tells each vCPU how long its thread has waited for a processor,
 * in a record of 64 bytes that the guest finds by PV_TIME_ST. The records of a VTL lie in a small
 * memory slot of their own, at LAYOUT_STOLEN_BASE: KVM writes there whenever a vCPU is loaded, which
 * no protection of a higher VTL could stop if it were RAM.
 *
 * Source: Linux, Documentation/virt/kvm/devices/vcpu.rst, KVM_ARM_VCPU_PVTIME_CTRL.
 */
#ifndef EMU_STOLEN_H
#define EMU_STOLEN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct machine;
struct vm;

/* Can this host's KVM tell it? */
bool stolen_is_there(int kvm);

/*
 * Gives the vCPUs of @vtl their records; before they run. All is zero: KVM begins a record when the
 * guest asks where it is.
 */
bool stolen_open(struct machine *machine, unsigned vtl, GError **error);

/*
 * What has been stolen from a VP so far, in nanoseconds: a guest that is saved and restored goes on
 * from there, as Linux takes the differences. Of a VM with records, and while the VP does not run.
 */
uint64_t stolen_get(const struct vm *vm, unsigned vp);
void stolen_set(struct vm *vm, unsigned vp, uint64_t value);

/* After the VM has gone; for one without, too. */
void stolen_close(struct vm *vm);

#endif
