/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GICv3 of a VTL in a snapshot: see gic-image.h. */
#include "emu/gic-image.h"

#include "emu/layout.h"
#include "vtl/codec.h"
#include "vtl/partition.h"

/* Bits 15:0 of ARM64_SYS_REG(): KVM_DEV_ARM_VGIC_SYSREG_INSTR_MASK. */
#define ICC(op1, crn, crm, op2) (3u << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* A row of registers next to each other, 32 bits each. */
struct stretch {
    enum gic_group group;
    uint32_t where, count, step;
    uint32_t clear; /* distance to the register that clears what this one only sets; 0: none */
};

/* From GICD_ISENABLER to GICD_ICENABLER, and so on. */
#define CLEAR_DISTANCE 0x80u
#define SPIS (LAYOUT_INTERRUPTS - LAYOUT_SPI_BASE)
/* Registers with @bits for each interrupt, from that of the first SPI on. */
#define SPI_ROW(base, bits, clear)                                                                 \
    {GIC_DISTRIBUTOR, (base) + LAYOUT_SPI_BASE * (bits) / 8, SPIS * (bits) / 32, 4, (clear)}
#define SGI_FRAME 0x10000u
/* The same for the 32 of a VP. */
#define PPI_ROW(base, bits, clear) {GIC_REDISTRIBUTOR, SGI_FRAME + (base), (bits), 4, (clear)}
#define ONE(group, where) {(group), (where), 1, 4, 0}

/* GICD_IIDR before all else, which may change what KVM makes of the rest (arm-vgic-v3.rst). */
static const struct stretch distributor_first[] = {
    ONE(GIC_DISTRIBUTOR, 0x0008), /* GICD_IIDR */
    ONE(GIC_DISTRIBUTOR, 0x0000), /* GICD_CTLR */
};

/* Where LPIs are comes before GICR_CTLR, which may enable them. */
static const struct stretch redistributor[] = {
    {GIC_REDISTRIBUTOR, 0x0070, 2, 4, 0}, /* GICR_PROPBASER */
    {GIC_REDISTRIBUTOR, 0x0078, 2, 4, 0}, /* GICR_PENDBASER */
    ONE(GIC_REDISTRIBUTOR, 0x0000),       /* GICR_CTLR */
    ONE(GIC_REDISTRIBUTOR, 0x0014),       /* GICR_WAKER */
    PPI_ROW(0x080, 1, 0),                 /* GICR_IGROUPR0 */
    PPI_ROW(0x100, 1, CLEAR_DISTANCE),    /* GICR_ISENABLER0 */
    PPI_ROW(0xc00, 2, 0),                 /* GICR_ICFGR0, 1: before levels and what is pending */
    PPI_ROW(0x400, 8, 0),                 /* GICR_IPRIORITYR */
    {GIC_LINES, 0, 1, 32, 0},
    PPI_ROW(0x200, 1, 0),              /* GICR_ISPENDR0: from outside, it sets and clears */
    PPI_ROW(0x300, 1, CLEAR_DISTANCE), /* GICR_ISACTIVER0 */
};

static const struct stretch distributor[] = {
    SPI_ROW(0x0080, 1, 0),              /* GICD_IGROUPR */
    SPI_ROW(0x6000, 64, 0),             /* GICD_IROUTER */
    SPI_ROW(0x0100, 1, CLEAR_DISTANCE), /* GICD_ISENABLER */
    SPI_ROW(0x0c00, 2, 0),              /* GICD_ICFGR */
    SPI_ROW(0x0400, 8, 0),              /* GICD_IPRIORITYR */
    {GIC_LINES, LAYOUT_SPI_BASE, SPIS / 32, 32, 0},
    SPI_ROW(0x0200, 1, 0),              /* GICD_ISPENDR */
    SPI_ROW(0x0300, 1, CLEAR_DISTANCE), /* GICD_ISACTIVER */
};

/* ICC_SRE_EL1 before the others; active priorities last. */
static const struct stretch cpu_interface[] = {
    ONE(GIC_CPU_INTERFACE, ICC(0u, 12u, 12u, 5u)), /* ICC_SRE_EL1 */
    ONE(GIC_CPU_INTERFACE, ICC(0u, 12u, 12u, 4u)), /* ICC_CTLR_EL1 */
    ONE(GIC_CPU_INTERFACE, ICC(0u, 12u, 12u, 6u)), /* ICC_IGRPEN0_EL1 */
    ONE(GIC_CPU_INTERFACE, ICC(0u, 12u, 12u, 7u)), /* ICC_IGRPEN1_EL1 */
    ONE(GIC_CPU_INTERFACE, ICC(0u, 4u, 6u, 0u)),   /* ICC_PMR_EL1 */
    ONE(GIC_CPU_INTERFACE, ICC(0u, 12u, 8u, 3u)),  /* ICC_BPR0_EL1 */
    ONE(GIC_CPU_INTERFACE, ICC(0u, 12u, 12u, 3u)), /* ICC_BPR1_EL1 */
    {GIC_CPU_INTERFACE, ICC(0u, 12u, 8u, 4u), 4, 1, 0}, /* ICC_AP0R<n>_EL1 */
    {GIC_CPU_INTERFACE, ICC(0u, 12u, 9u, 0u), 4, 1, 0}, /* ICC_AP1R<n>_EL1 */
};

struct walk {
    bool (*visit)(void *context, unsigned vp, const struct gic_register *reg);
    void *context;
};

static bool walk_rows(const struct walk *walk, unsigned vp, const struct stretch *rows,
                      size_t count)
{
    for (size_t row = 0; row < count; row++)
        for (uint32_t i = 0; i < rows[row].count; i++) {
            uint32_t where = rows[row].where + i * rows[row].step;
            struct gic_register reg = {
                .group = rows[row].group,
                .where = where,
                .before = rows[row].clear ? where + rows[row].clear : 0,
            };

            if (!walk->visit(walk->context, vp, &reg))
                return false;
        }
    return true;
}

bool gic_walk(unsigned vp_count, bool (*visit)(void *context, unsigned vp,
                                               const struct gic_register *reg), void *context)
{
    const struct walk walk = {visit, context};

    if (!walk_rows(&walk, 0, distributor_first, G_N_ELEMENTS(distributor_first)))
        return false;
    for (unsigned vp = 0; vp < vp_count; vp++)
        if (!walk_rows(&walk, vp, redistributor, G_N_ELEMENTS(redistributor)))
            return false;
    if (!walk_rows(&walk, 0, distributor, G_N_ELEMENTS(distributor)))
        return false;
    for (unsigned vp = 0; vp < vp_count; vp++)
        if (!walk_rows(&walk, vp, cpu_interface, G_N_ELEMENTS(cpu_interface)))
            return false;
    return true;
}

static bool count_one(void *context, unsigned vp, const struct gic_register *reg)
{
    (void)vp;
    (void)reg;
    ++*(unsigned *)context;
    return true;
}

unsigned gic_count(unsigned vp_count)
{
    unsigned count = 0;

    gic_walk(vp_count, count_one, &count);
    return count;
}

/* --- Bytes ----------------------------------------------------------------------------------- */

void gic_image_init(struct gic_image *image, unsigned vtl)
{
    *image = (struct gic_image){
        .vtl = vtl, .values = g_array_new(FALSE, TRUE, sizeof(struct gic_value))};
}

void gic_image_clear(struct gic_image *image)
{
    g_clear_pointer(&image->values, g_array_unref);
}

static const struct codec_field fields[] = {
    CODEC_BOOL(struct gic_value, present),
    CODEC_ANY(struct gic_value, value),
};

void gic_image_write(const struct gic_image *image, GByteArray *bytes)
{
    struct codec_writer codec = {bytes};

    codec_write_u32(&codec, image->vtl);
    codec_write_u32(&codec, image->values->len);
    for (guint i = 0; i < image->values->len; i++)
        codec_write_fields(&codec, &g_array_index(image->values, struct gic_value, i), fields,
                           G_N_ELEMENTS(fields));
}

bool gic_image_read(const struct snapshot_section *section, unsigned vp_count,
                    struct gic_image *image, GError **error)
{
    uint32_t expected = gic_count(vp_count), count;
    struct codec_reader codec;

    codec_begin(&codec, section->bytes, section->size);
    codec_at(&codec, "a GIC");
    image->vtl = codec_read_count(&codec, "VTL", VTL_LEVELS - 1);
    count = codec_read_count(&codec, "number of registers", expected);
    codec_require(&codec, count == expected, "number of registers", count,
                  "must be that of a GIC for as many VPs");
    for (uint32_t i = 0; i < count && codec_is_good(&codec); i++) {
        struct gic_value value = {0};

        codec_read_fields(&codec, &value, fields, G_N_ELEMENTS(fields));
        g_array_append_val(image->values, value);
    }
    return codec_end(&codec, error);
}
