/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a VTL's GIC from KVM and back into a new one, while none of its vCPUs runs. */
#ifndef EMU_GIC_STATE_H
#define EMU_GIC_STATE_H

#include "emu/gic-image.h"
#include "emu/vm.h"

/* Into an initialized @image. @mpidr(index) is the affinity of a vCPU. */
bool gic_save(const struct vm *vm, unsigned vp_count, uint64_t (*mpidr)(unsigned index),
              struct gic_image *image, GError **error);

/*
 * Into a GIC that vm_create_gic() has made and nobody has used. Guest memory must be there before,
 * where tables for LPIs may be.
 */
bool gic_load(const struct vm *vm, unsigned vp_count, uint64_t (*mpidr)(unsigned index),
              const struct gic_image *image, GError **error);

#endif
