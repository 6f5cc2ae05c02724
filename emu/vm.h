/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The KVM virtual machine of one VTL: memory slot, SMCCC filter, GIC, counter offset.
 */
#ifndef EMU_VM_H
#define EMU_VM_H

#include <glib.h>
#include <stdint.h>

#include "emu/memory.h"

struct vm {
    int fd;
    int gic;
    unsigned breakpoints; /* hardware breakpoints a vCPU has */
    bool can_suspend;     /* KVM_MP_STATE_SUSPENDED works */
};

/*
 * Creates the VM of @vtl on the view that @memory has for it. @counter_offset is what the guest's
 * counters lag behind the host's, in ticks: the same for all VTLs, so that they agree on the time.
 */
bool vm_open(struct vm *vm, int kvm, unsigned vtl, const struct memory *memory,
             uint64_t counter_offset, GError **error);
void vm_close(struct vm *vm);

/* Creates the GIC; call after the last vCPU has been created, before the first one runs. */
bool vm_create_gic(struct vm *vm, unsigned vp_count, GError **error);

/* Sets the level of SPI @spi (0 is INTID 32). */
int vm_set_spi(const struct vm *vm, unsigned spi, bool level);

/* An edge of the SPI with INTID @intid, if the guest has it edge-triggered. */
int vm_pulse_spi(const struct vm *vm, uint32_t intid);

/*
 * An edge of the PPI with INTID @intid (16-31) of the vCPU with affinity @mpidr, whatever its
 * configuration says. No vCPU of the VM may be in KVM_RUN meanwhile. -EPERM for a timer's.
 */
int vm_pulse_ppi(const struct vm *vm, uint64_t mpidr, uint32_t intid);

#endif
