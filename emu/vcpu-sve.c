/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVE of a vCPU: see vcpu.h. Over KVM_{GET,SET}_ONE_REG a Z register has 2048 bits and a predicate
 * 256, whatever the length of vectors; what is beyond the longest reads as zero and is ignored
 * (Linux, Documentation/virt/kvm/api.rst, "arm64 SVE registers"; arch/arm64/kvm/guest.c).
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/vcpu.h"
#include "emu/vm.h"
#include "vtl/bank.h"
#include "vtl/poison.h"

/* Z registers have as many neighbours as Q registers; their numbers are in the low bits. */
#define NUMBER(row) (bank_table[row].hv_name & (VCPU_Z_REGISTERS - 1))

static int get_lengths(int fd, uint16_t *lengths)
{
    uint64_t set[KVM_ARM64_SVE_VLS_WORDS] = {0};
    int error = kvm_get_one_reg(fd, KVM_REG_ARM64_SVE_VLS, set);

    *lengths = (uint16_t)set[0];
    return error;
}

int vcpu_sve_begin(struct vcpu *vcpu, uint16_t lengths)
{
    uint64_t set[KVM_ARM64_SVE_VLS_WORDS] = {lengths};
    int feature = KVM_ARM_VCPU_SVE;
    int error = kvm_set_one_reg(vcpu->fd, KVM_REG_ARM64_SVE_VLS, set);

    if (error == 0)
        error = kvm_ioctl(vcpu->fd, KVM_ARM_VCPU_FINALIZE, &feature);
    return error;
}

/* A vCPU that has SVE, but nothing else. */
static int open_vcpu(int vm)
{
    struct kvm_vcpu_init init;
    int fd = ioctl(vm, KVM_CREATE_VCPU, 0ul), error;

    if (fd < 0)
        return -errno;
    error = kvm_ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init);
    init.features[0] |= 1u << KVM_ARM_VCPU_SVE;
    if (error >= 0)
        error = kvm_ioctl(fd, KVM_ARM_VCPU_INIT, &init);
    if (error >= 0)
        return fd;
    close(fd);
    return error;
}

int vcpu_sve_lengths(int kvm, uint16_t *lengths)
{
    int vm, vcpu, error;

    *lengths = 0;
    if (!kvm_check_extension(kvm, KVM_CAP_ARM_SVE))
        return 0;
    vm = vm_create(kvm);
    if (vm < 0)
        return vm;
    vcpu = open_vcpu(vm);
    error = vcpu < 0 ? vcpu : get_lengths(vcpu, lengths);
    if (vcpu >= 0)
        close(vcpu);
    close(vm);
    return error;
}

uint8_t *vcpu_z(struct vcpu *vcpu, size_t row)
{
    return vcpu->z[NUMBER(row)];
}

int vcpu_sve_read(struct vcpu *vcpu, size_t row, struct hv_u128 *value, uint8_t *whole)
{
    int error = kvm_get_one_reg(vcpu->fd, register_wide_id((size_t)register_whole(row)), whole);

    if (error == 0)
        memcpy(value, whole, sizeof(*value));
    return error;
}

/* KVM keeps them one after the other, each as long as the longest vectors (arch/arm64/kvm/guest.c,
 * sve_reg_to_region()). */
bool vcpu_sve_look(struct vcpu *vcpu, size_t row, struct hv_u128 *value)
{
    size_t size = vcpu->vector_bits / 8;
    uint8_t *whole = vcpu_z(vcpu, row);

    if (!vcpu->window.open)
        return false;
    memcpy(whole, vcpu->window.z + NUMBER(row) * size, size);
    memset(whole + size, 0, VCPU_Z_BYTES - size);
    memcpy(value, whole, sizeof(*value));
    return true;
}

int vcpu_sve_write(struct vcpu *vcpu, size_t row, struct hv_u128 value)
{
    uint8_t *whole = vcpu->z[NUMBER(row)];

    memcpy(whole, &value, sizeof(value));
    return kvm_set_one_reg(vcpu->fd, register_wide_id((size_t)register_whole(row)), whole);
}

/* What is known of a register that is damaged: its low part, if that is one of its own. */
static int read_low(struct vcpu *vcpu, const struct bank_register *reg, uint8_t *value)
{
    struct hv_u128 low;
    int error = vcpu_get(vcpu, reg->low_name, &low);

    if (error == 0)
        memcpy(value, &low, sizeof(low));
    return error;
}

/* Of up to 128 bits. What the processor does not have, it cannot lose. */
static int damage_narrow(struct vcpu *vcpu, size_t row, unsigned vp, unsigned vtl)
{
    const struct bank_register *reg = &bank_table[row];
    uint8_t bytes[sizeof(struct hv_u128)];
    struct hv_u128 value = {0};
    int error = vcpu_get(vcpu, reg->hv_name, &value);

    if (error < 0)
        return error == -ENOENT ? 0 : error;
    memcpy(bytes, &value, sizeof(bytes));
    poison(reg, vp, vtl, bytes, reg->size);
    memcpy(&value, bytes, sizeof(value));
    return vcpu_set(vcpu, reg->hv_name, value);
}

static int damage(struct vcpu *vcpu, size_t row, unsigned vp, unsigned vtl)
{
    const struct bank_register *reg = &bank_table[row];
    size_t size = bank_size(reg, vcpu->vector_bits);
    uint8_t value[VCPU_Z_BYTES] = {0};
    int error = reg->low_name ? read_low(vcpu, reg, value) : 0;

    if (error < 0 || !poison(reg, vp, vtl, value, size))
        return error;
    if (reg->low_name)
        memcpy(vcpu->z[NUMBER(row)], value, sizeof(value));
    vcpu->calls[STATS_SET]++;
    return kvm_set_one_reg(vcpu->fd, register_wide_id(row), value);
}

int vcpu_poison(struct vcpu *vcpu, const struct register_plan *plan, unsigned vp, unsigned vtl)
{
    int error = 0;

    for (size_t i = 0; i < plan->damaged_count && error == 0; i++)
        error = bank_table[plan->damaged[i]].scales
                    ? damage(vcpu, plan->damaged[i], vp, vtl)
                    : damage_narrow(vcpu, plan->damaged[i], vp, vtl);
    return error;
}

/* The cache has all of a Z register as long as it has its low part, which is in both by now. */
int vcpu_sve_copy(struct vcpu *from, struct vcpu *to, size_t row)
{
    const struct bank_register *reg = &bank_table[row];
    uint8_t value[VCPU_Z_BYTES] = {0};
    struct hv_u128 low;
    int error = reg->low_name ? vcpu_get(from, reg->low_name, &low)
                              : kvm_get_one_reg(from->fd, register_wide_id(row), value);

    if (error < 0)
        return error;
    if (reg->low_name && !memcmp(to->z[NUMBER(row)], from->z[NUMBER(row)], sizeof(value)))
        return 0;
    if (reg->low_name) {
        memcpy(value, from->z[NUMBER(row)], sizeof(value));
        memcpy(to->z[NUMBER(row)], value, sizeof(value));
    } else {
        from->calls[STATS_GET]++;
    }
    to->calls[STATS_SET]++;
    return kvm_set_one_reg(to->fd, register_wide_id(row), value);
}
