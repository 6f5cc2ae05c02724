/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a GIC from KVM and back: see gic-state.h. */
#include "emu/gic-state.h"

#include <errno.h>
#include <linux/kvm.h>

#include "emu/error.h"
#include "emu/kvm.h"

/* How KVM has a group (devices/arm-vgic-v3.rst). */
static const struct {
    uint32_t group;
    uint64_t attribute; /* set in all */
    bool wide;          /* values of 64 bits */
} groups[] = {
    [GIC_DISTRIBUTOR] = {KVM_DEV_ARM_VGIC_GRP_DIST_REGS, 0, false},
    [GIC_REDISTRIBUTOR] = {KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0, false},
    [GIC_LINES] = {KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO,
                   VGIC_LEVEL_INFO_LINE_LEVEL << KVM_DEV_ARM_VGIC_LINE_LEVEL_INFO_SHIFT, false},
    [GIC_CPU_INTERFACE] = {KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, 0, true},
};

struct transfer {
    const struct vm *vm;
    uint64_t (*mpidr)(unsigned index);
    const struct gic_image *image;
    guint next;
    GError **error;
};

static int transfer_one(const struct transfer *transfer, unsigned vp, enum gic_group group,
                  uint32_t where, bool write, uint64_t *value)
{
    uint32_t narrow = (uint32_t)*value;
    int error = kvm_access_gic(transfer->vm->gic, groups[group].group, transfer->mpidr(vp),
                               (uint32_t)groups[group].attribute | where, write,
                               groups[group].wide ? (void *)value : &narrow);

    if (!groups[group].wide && !write)
        *value = narrow;
    return error;
}

static bool fail(const struct transfer *transfer, unsigned vp, const struct gic_register *reg,
                 const char *what, uint64_t value, int result)
{
    static const char *const names[] = {
        [GIC_DISTRIBUTOR] = "the distributor's register",
        [GIC_REDISTRIBUTOR] = "the redistributor's register",
        [GIC_LINES] = "the interrupt lines from",
        [GIC_CPU_INTERFACE] = "the CPU interface's register",
    };

    emu_set_error(transfer->error, EMU_ERROR_SETUP, "VTL%u: this host's KVM does not %s 0x%"
                  G_GINT64_MODIFIER "x in %s 0x%x of its GIC (VP%u): %s", transfer->image->vtl, what,
                  value, names[reg->group], reg->where, vp, g_strerror(-result));
    return false;
}

/* Registers that not all GICs have: those of priority bits beyond the GIC's own. */
static bool is_optional(const struct gic_register *reg, int result)
{
    return reg->group == GIC_CPU_INTERFACE && (result == -EINVAL || result == -ENXIO);
}

static bool save_one(void *context, unsigned vp, const struct gic_register *reg)
{
    struct transfer *transfer = context;
    struct gic_value value = {.present = 1};
    int result = transfer_one(transfer, vp, reg->group, reg->where, false, &value.value);

    if (result < 0 && !is_optional(reg, result))
        return fail(transfer, vp, reg, "read", 0, result);
    if (result < 0)
        value = (struct gic_value){0};
    g_array_append_val(transfer->image->values, value);
    return true;
}

bool gic_save(const struct vm *vm, unsigned vp_count, uint64_t (*mpidr)(unsigned index),
              struct gic_image *image, GError **error)
{
    struct transfer transfer = {.vm = vm, .mpidr = mpidr, .image = image, .error = error};

    return gic_walk(vp_count, save_one, &transfer);
}

static bool load_one(void *context, unsigned vp, const struct gic_register *reg)
{
    struct transfer *transfer = context;
    struct gic_value value =
        g_array_index(transfer->image->values, struct gic_value, transfer->next++);
    uint64_t all = UINT32_MAX;
    int result = 0;

    if (!value.present)
        return true;
    if (reg->before)
        result = transfer_one(transfer, vp, reg->group, reg->before, true, &all);
    if (result == 0)
        result = transfer_one(transfer, vp, reg->group, reg->where, true, &value.value);
    /* No priority is active that this GIC could not have: it has none of those bits. */
    if (result < 0 && is_optional(reg, result) && !value.value)
        return true;
    return result == 0 || fail(transfer, vp, reg, "take", value.value, result);
}

bool gic_load(const struct vm *vm, unsigned vp_count, uint64_t (*mpidr)(unsigned index),
              const struct gic_image *image, GError **error)
{
    struct transfer transfer = {.vm = vm, .mpidr = mpidr, .image = image, .error = error};

    return gic_walk(vp_count, load_one, &transfer);
}
