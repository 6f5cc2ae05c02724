/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GIC CPU interface of a vCPU: registers that KVM has in the GIC's device, not in the vCPU,
 * and gives out only while no vCPU of the VM is inside KVM_RUN.
 */
#ifndef EMU_GIC_REGISTERS_H
#define EMU_GIC_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

/* Is @name (HV_REGISTER_NAME) one of them? */
bool gic_register_is(uint32_t name);

/*
 * Reads or writes one, of the vCPU with affinity @mpidr. -EBUSY: some vCPU runs; -ENOENT: this GIC
 * does not have the register; another negative errno: it does not take the value.
 */
int gic_register_get(int gic, uint64_t mpidr, uint32_t name, uint64_t *value);
int gic_register_set(int gic, uint64_t mpidr, uint32_t name, uint64_t value);

#endif
