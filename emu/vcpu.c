/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU and its register cache: see vcpu.h. */
#include "emu/vcpu.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/sve.h"
#include "vtl/bank.h"
#include "vtl/exception.h"

static int map_run(struct vcpu *vcpu, int kvm)
{
    int size = kvm_ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL);
    void *map;

    if (size < 0)
        return size;
    map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    madvise(map, (size_t)size, MADV_DONTFORK); /* sandbox.h */
    vcpu->run = map;
    vcpu->run_size = (size_t)size;
    return 0;
}

static int preferred_target(struct vcpu *vcpu, int vm)
{
    int error = kvm_ioctl(vm, KVM_ARM_PREFERRED_TARGET, &vcpu->init);

    /* The guest must see PSCI 1.x even in what KVM says of itself, although we answer the calls. */
    vcpu->init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
    return error;
}

static int initialize(struct vcpu *vcpu, uint16_t sve_lengths)
{
    int error;

    if (sve_lengths)
        vcpu->init.features[0] |= 1u << KVM_ARM_VCPU_SVE;
    error = vcpu_reset(vcpu);
    if (error < 0 || !sve_lengths)
        return error;
    vcpu->vector_bits = sve_longest(sve_lengths);
    return vcpu_sve_begin(vcpu, sve_lengths);
}

int vcpu_open(struct vcpu *vcpu, int kvm, int vm, unsigned index, uint16_t sve_lengths)
{
    int error;

    memset(vcpu, 0, sizeof(*vcpu));
    vcpu->fd = ioctl(vm, KVM_CREATE_VCPU, (unsigned long)index);
    if (vcpu->fd < 0)
        return -errno;
    error = map_run(vcpu, kvm);
    if (error >= 0)
        error = preferred_target(vcpu, vm);
    if (error >= 0)
        error = initialize(vcpu, sve_lengths);
    return error < 0 ? error : 0;
}

void vcpu_close(struct vcpu *vcpu)
{
    if (vcpu->run)
        munmap(vcpu->run, vcpu->run_size);
    if (vcpu->fd > 0)
        close(vcpu->fd);
    vcpu->run = NULL;
    vcpu->fd = 0;
}

static void forget(struct vcpu *vcpu)
{
    memset(vcpu->fresh, 0, sizeof(vcpu->fresh));
}

int vcpu_reset(struct vcpu *vcpu)
{
    forget(vcpu);
    vcpu->calls[STATS_OTHER]++;
    return kvm_ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &vcpu->init);
}

int vcpu_run(struct vcpu *vcpu)
{
    forget(vcpu);
    vcpu->calls[STATS_RUN]++;
    /* Not kvm_ioctl(): a signal must get through. */
    return ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : 0;
}

/*
 * KVM pays its debts at the next KVM_RUN, even one that does not run
 * (Documentation/virt/kvm/api.rst, KVM_RUN and immediate_exit).
 */
void vcpu_settle(struct vcpu *vcpu)
{
    __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    (void)vcpu_run(vcpu);
}

static uint64_t row_id(struct vcpu *vcpu, size_t row)
{
    uint64_t id = register_kvm_id(row);

    if (id == REGISTER_CCSIDR)
        id |= vcpu_get64(vcpu, REG_CSSELR_EL1) & KVM_REG_ARM_DEMUX_VAL_MASK;
    return id;
}

/* Is the row, one of Q0-Q31, a part of a Z register? */
static bool is_low_part(const struct vcpu *vcpu, size_t row)
{
    return vcpu->vector_bits && register_whole(row) >= 0;
}

static int read_row(struct vcpu *vcpu, size_t row)
{
    uint64_t id;
    int error;

    if (vcpu->fresh[row])
        return 0;
    vcpu->value[row] = (struct hv_u128){0};
    id = row_id(vcpu, row);
    if (!id)
        return register_read_host(row, &vcpu->value[row].low);
    vcpu->calls[STATS_GET]++;
    error = is_low_part(vcpu, row) ? vcpu_sve_read(vcpu, row, &vcpu->value[row])
                                   : kvm_get_one_reg(vcpu->fd, id, &vcpu->value[row]);
    vcpu->fresh[row] = error == 0 && !register_moves(row);
    return error;
}

static bool holds(const struct vcpu *vcpu, size_t row, struct hv_u128 value)
{
    return vcpu->fresh[row] && vcpu->value[row].low == value.low &&
           vcpu->value[row].high == value.high;
}

static int write_row(struct vcpu *vcpu, size_t row, struct hv_u128 value)
{
    uint64_t id = register_kvm_id(row);
    bool low_part = is_low_part(vcpu, row);
    int error = low_part ? read_row(vcpu, row) : 0;

    if (error < 0 || holds(vcpu, row, value))
        return error;
    if (!id)
        return -ENOENT;
    if ((id & KVM_REG_SIZE_MASK) == KVM_REG_SIZE_U32 && value.low > UINT32_MAX)
        return -EINVAL;
    vcpu->value[row] = value;
    vcpu->calls[STATS_SET]++;
    error = low_part ? vcpu_sve_write(vcpu, row, value)
                     : kvm_set_one_reg(vcpu->fd, id, &vcpu->value[row]);
    /* KVM may keep less than was written (RES0 bits), except of what is carried at a switch. */
    vcpu->fresh[row] = error == 0 && bank_table[row].class == BANK_SHARED;
    return error;
}

int vcpu_get(struct vcpu *vcpu, uint32_t name, struct hv_u128 *value)
{
    int row = register_index(name);
    int error = row < 0 ? -ENOENT : read_row(vcpu, (size_t)row);

    if (error == 0)
        *value = vcpu->value[row];
    return error;
}

int vcpu_set(struct vcpu *vcpu, uint32_t name, struct hv_u128 value)
{
    int row = register_index(name);

    return row < 0 ? -ENOENT : write_row(vcpu, (size_t)row, value);
}

uint64_t vcpu_get64(struct vcpu *vcpu, uint32_t name)
{
    struct hv_u128 value = {0};
    int error = vcpu_get(vcpu, name, &value);

    if (error < 0)
        g_critical("KVM does not read register 0x%x: %s", name, g_strerror(-error));
    return value.low;
}

void vcpu_set64(struct vcpu *vcpu, uint32_t name, uint64_t value)
{
    int error = vcpu_set(vcpu, name, (struct hv_u128){.low = value});

    if (error < 0)
        g_critical("KVM does not write register 0x%x: %s", name, g_strerror(-error));
}

void vcpu_set_stepping(struct vcpu *vcpu, bool stepping)
{
    vcpu->stepping = stepping;
    vcpu->breakpoints_generation = -1;
}

int vcpu_copy_shared(struct vcpu *from, struct vcpu *to)
{
    size_t count;
    const uint8_t *rows = register_shared(&count);
    int error = 0;

    for (size_t i = 0; i < count && error == 0; i++) {
        error = read_row(from, rows[i]);
        if (error == 0)
            error = write_row(to, rows[i], from->value[rows[i]]);
    }
    return error;
}

void vcpu_inject_exception(struct vcpu *vcpu, uint64_t esr, uint64_t pc)
{
    struct exception_state state = {
        .pc = pc,
        .pstate = vcpu_get64(vcpu, REG_PSTATE),
        .sctlr = vcpu_get64(vcpu, REG_SCTLR_EL1),
        .vbar = vcpu_get64(vcpu, REG_VBAR_EL1),
    };
    struct exception_entry entry = exception_enter(&state);

    vcpu_set64(vcpu, REG_ESR_EL1, esr);
    vcpu_set64(vcpu, REG_ELR_EL1, entry.elr);
    vcpu_set64(vcpu, REG_SPSR_EL1, entry.spsr);
    vcpu_set64(vcpu, REG_PSTATE, entry.pstate);
    vcpu_set64(vcpu, REG_PC, entry.pc);
}

int vcpu_inject_external_abort(struct vcpu *vcpu)
{
    struct kvm_vcpu_events events = {.exception.ext_dabt_pending = 1};

    vcpu->calls[STATS_OTHER]++;
    return kvm_ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events);
}
