/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU's state from KVM and back: see vcpu-state.h. */
#include "emu/vcpu-state.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "emu/cpu-features.h"
#include "emu/error.h"
#include "emu/kvm.h"

static bool fail(const struct vcpu_image *image, int result, const char *what, GError **error)
{
    emu_set_error(error, EMU_ERROR_INTERNAL, "VP%u at VTL%u: KVM does not %s: %s", image->vp,
                  image->vtl, what, g_strerror(-result));
    return false;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *one = a, *other = b;

    return (*one > *other) - (*one < *other);
}

struct kvm_reg_list *vcpu_list_registers(int fd, int *result)
{
    struct kvm_reg_list *list =
        g_malloc(sizeof(*list) + VCPU_IMAGE_REGISTERS_MAX * sizeof(list->reg[0]));

    list->n = VCPU_IMAGE_REGISTERS_MAX;
    *result = kvm_ioctl(fd, KVM_GET_REG_LIST, list);
    if (*result < 0)
        g_clear_pointer(&list, g_free);
    else
        qsort(list->reg, (size_t)list->n, sizeof(list->reg[0]), compare);
    return list;
}

/* --- Saving ---------------------------------------------------------------------------------- */

static bool save_register(const struct vcpu *vcpu, struct vcpu_image *image, uint64_t id,
                          GError **error)
{
    g_autofree char *text = vcpu_register_text(id);
    struct vcpu_register reg = {.id = id};
    enum vcpu_order order;
    int result;

    if (!vcpu_register_order(id, &order) || vcpu_register_size(id) > VCPU_IMAGE_VALUE_MAX) {
        emu_set_error(error, EMU_ERROR_SETUP, "this host's KVM has %s, of a family that this vtlemu "
                      "does not know how to save; use a newer vtlemu", text);
        return false;
    }
    if (order == VCPU_SKIPPED)
        return true;
    result = kvm_get_one_reg(vcpu->fd, id, reg.value);
    if (result < 0) {
        emu_set_error(error, EMU_ERROR_INTERNAL, "VP%u at VTL%u: KVM does not read %s: %s",
                      image->vp, image->vtl, text, g_strerror(-result));
        return false;
    }
    g_array_append_val(image->registers, reg);
    return true;
}

static bool save_registers(const struct vcpu *vcpu, struct vcpu_image *image, GError **error)
{
    int result;
    g_autofree struct kvm_reg_list *list = vcpu_list_registers(vcpu->fd, &result);

    if (!list)
        return fail(image, result, "list its registers", error);
    for (uint64_t i = 0; i < list->n; i++)
        if (!save_register(vcpu, image, list->reg[i], error))
            return false;
    return true;
}

bool vcpu_save(const struct vcpu *vcpu, struct vcpu_image *image, GError **error)
{
    struct kvm_vcpu_events events = {0};
    struct kvm_mp_state state = {0};
    int result = kvm_ioctl(vcpu->fd, KVM_GET_MP_STATE, &state);

    if (result < 0)
        return fail(image, result, "tell whether it runs", error);
    result = kvm_ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &events);
    if (result < 0)
        return fail(image, result, "tell its pending exceptions", error);
    image->mp_state = state.mp_state;
    image->serror_pending = events.exception.serror_pending;
    image->serror_has_esr = events.exception.serror_has_esr;
    image->serror_esr = events.exception.serror_esr;
    return save_registers(vcpu, image, error);
}

/* --- Loading --------------------------------------------------------------------------------- */

static bool has(const struct kvm_reg_list *list, uint64_t id)
{
    return bsearch(&id, list->reg, (size_t)list->n, sizeof(id), compare) != NULL;
}

static bool do_without(const struct vcpu_image *image, const struct vcpu_register *reg,
                       GError **error)
{
    g_autofree char *text = vcpu_register_text(reg->id);

    if (vcpu_register_may_lack(reg) || vcpu_register_may_differ(reg->id) ||
        vcpu_register_is_out_of_reach(image, reg->id))
        return true;
    emu_set_error(error, EMU_ERROR_SETUP, "VP%u at VTL%u: this host has no %s, but the guest has "
                  "0x%" G_GINT64_MODIFIER "x there; use a host with the same kernel and processor, or "
                  "start the guest with less", image->vp, image->vtl, text,
                  vcpu_register_value(reg));
    return false;
}

static bool refuse(const struct vcpu *vcpu, const struct vcpu_image *image,
                   const struct vcpu_register *reg, int result, GError **error)
{
    g_autofree char *text = vcpu_register_text(reg->id);
    struct vcpu_register own = {.id = reg->id};

    if (vcpu_register_may_differ(reg->id))
        return true;
    kvm_get_one_reg(vcpu->fd, reg->id, own.value);
    emu_set_error(error, EMU_ERROR_SETUP, "VP%u at VTL%u: the guest has 0x%" G_GINT64_MODIFIER "x in "
                  "%s, but this host, where it is 0x%" G_GINT64_MODIFIER "x, does not take that: %s; "
                  "use a host that can do as much", image->vp, image->vtl, vcpu_register_value(reg),
                  text, vcpu_register_value(&own), g_strerror(-result));
    return false;
}

/* What KVM shows of an ID register by mistake it does not take back: cpu-features.h. */
static int write_register(const struct vcpu *vcpu, const struct vcpu_register *reg)
{
    const struct id_register *id = id_register_find_kvm(reg->id);

    return id ? cpu_write(vcpu->fd, id, vcpu_register_value(reg))
              : kvm_set_one_reg(vcpu->fd, reg->id, reg->value);
}

static bool load_register(const struct vcpu *vcpu, const struct vcpu_image *image,
                          const struct kvm_reg_list *list, const struct vcpu_register *reg,
                          GError **error)
{
    int result;

    if (!has(list, reg->id))
        return do_without(image, reg, error);
    result = write_register(vcpu, reg);
    return result == 0 || refuse(vcpu, image, reg, result, error);
}

/* The lengths are given when a vCPU is made, and cannot change. */
static bool check_vectors(const struct vcpu *vcpu, const struct vcpu_image *image,
                          const struct vcpu_register *reg, GError **error)
{
    struct vcpu_register own = {.id = reg->id};

    if (kvm_get_one_reg(vcpu->fd, reg->id, own.value) == 0 &&
        memcmp(own.value, reg->value, sizeof(own.value)) == 0)
        return true;
    return refuse(vcpu, image, reg, -EINVAL, error);
}

static bool load_registers(const struct vcpu *vcpu, const struct vcpu_image *image,
                           const struct kvm_reg_list *list, enum vcpu_order wanted, GError **error)
{
    for (guint i = 0; i < image->registers->len; i++) {
        const struct vcpu_register *reg = &g_array_index(image->registers, struct vcpu_register, i);
        enum vcpu_order order;
        bool good = true;

        if (!vcpu_register_order(reg->id, &order) || order != wanted)
            continue;
        good = order == VCPU_VECTORS ? check_vectors(vcpu, image, reg, error)
                                     : load_register(vcpu, image, list, reg, error);
        if (!good)
            return false;
    }
    return true;
}

static bool load_events(const struct vcpu *vcpu, const struct vcpu_image *image, GError **error)
{
    struct kvm_mp_state state = {.mp_state = image->mp_state};
    struct kvm_vcpu_events events = {
        .exception.serror_pending = image->serror_pending,
        .exception.serror_has_esr = image->serror_has_esr,
        .exception.serror_esr = image->serror_esr,
    };
    int result = 0;

    if (image->serror_pending)
        result = kvm_ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events);
    if (result < 0)
        return fail(image, result, "take its pending exceptions", error);
    result = kvm_ioctl(vcpu->fd, KVM_SET_MP_STATE, &state);
    return result >= 0 || fail(image, result, "take whether it runs", error);
}

bool vcpu_load(struct vcpu *vcpu, const struct vcpu_image *image, GError **error)
{
    int result;
    g_autofree struct kvm_reg_list *list = vcpu_list_registers(vcpu->fd, &result);

    if (!list)
        return fail(image, result, "list its registers", error);
    for (enum vcpu_order order = VCPU_VECTORS; order < VCPU_ORDERS; order++)
        if (!load_registers(vcpu, image, list, order, error))
            return false;
    return load_events(vcpu, image, error);
}
