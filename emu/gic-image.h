/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GICv3 of a VTL as a section of a snapshot: all registers by which KVM shows its state, in the
 * order in which they are written back. Which those are follows from the number of VPs alone, so that
 * only their values are saved. Knows no KVM.
 * Source: Linux, Documentation/virt/kvm/devices/arm-vgic-v3.rst; Arm IHI 0069.
 */
#ifndef EMU_GIC_IMAGE_H
#define EMU_GIC_IMAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/snapshot.h"

enum gic_group {
    GIC_DISTRIBUTOR,
    GIC_REDISTRIBUTOR, /* of a VP, as those below */
    GIC_LINES,         /* levels of the lines of 32 interrupts, from INTID @where on */
    GIC_CPU_INTERFACE,
};

struct gic_register {
    enum gic_group group;
    uint32_t where;  /* offset, INTID, or op0-op2 of a system register as KVM has it */
    uint32_t before; /* offset where all ones are to be written before; 0: none */
};

struct gic_value {
    uint8_t present; /* 0: this GIC has no such register */
    uint64_t value;
};

struct gic_image {
    uint32_t vtl;
    GArray *values; /* of struct gic_value, in the order of gic_walk(); owned */
};

/*
 * Calls @visit for each register of a GIC of @vp_count VPs, in the order in which they are to be
 * written, as long as it returns true; @vp is 0 for a distributor's.
 */
bool gic_walk(unsigned vp_count, bool (*visit)(void *context, unsigned vp,
                                               const struct gic_register *reg), void *context);
unsigned gic_count(unsigned vp_count);

void gic_image_init(struct gic_image *image, unsigned vtl);
void gic_image_clear(struct gic_image *image);
void gic_image_write(const struct gic_image *image, GByteArray *bytes);
/* Into an initialized one; it must be that of a GIC of @vp_count VPs. */
bool gic_image_read(const struct snapshot_section *section, unsigned vp_count,
                    struct gic_image *image, GError **error);

#endif
