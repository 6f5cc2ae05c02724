/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What KVM has of each register: see banks.h. */
#include <linux/kvm.h>
#include <unistd.h>

#include "emu/banks.h"
#include "emu/error.h"
#include "emu/kvm.h"
#include "emu/vcpu-state.h"
#include "emu/vcpu.h"
#include "emu/vm.h"

/* The part of a KVM id that is the same for all 64-bit system registers of arm64. */
#define SYSTEM_ID (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG)
#define SYSTEM_MASK (~UINT64_C(0xffff))

static bool can_read(struct vcpu *vcpu, size_t row)
{
    struct hv_u128 value;

    if (row < bank_table_size)
        return !bank_table[row].scales && vcpu_get(vcpu, bank_table[row].hv_name, &value) == 0;
    return register_other_id(row) && kvm_get_one_reg(vcpu->fd, register_other_id(row), &value) == 0;
}

static enum banks_state find_state(struct vcpu *vcpu, size_t row)
{
    if (bank_row(row).class != BANK_CONSTANT && vcpu_try_row(vcpu, row) == 0)
        return BANKS_WRITABLE;
    return can_read(vcpu, row) ? BANKS_READ_ONLY : BANKS_NOTHING;
}

static bool is_row(uint64_t id)
{
    for (size_t i = 0; i < bank_row_count(); i++)
        if (id == (i < bank_table_size ? register_kvm_id(i) : register_other_id(i)))
            return true;
    return false;
}

static int find_more(const struct vcpu *vcpu, struct banks_host *host)
{
    int result;
    g_autofree struct kvm_reg_list *list = vcpu_list_registers(vcpu->fd, &result);

    if (!list)
        return result;
    host->more = g_new0(uint16_t, list->n + 1);
    for (uint64_t i = 0; i < list->n; i++)
        if ((list->reg[i] & SYSTEM_MASK) == SYSTEM_ID && !is_row(list->reg[i]))
            host->more[host->more_count++] = (uint16_t)list->reg[i];
    return 0;
}

static int probe_vcpu(int kvm, int vm, struct banks_host *host)
{
    struct vcpu vcpu = {0};
    uint16_t lengths;
    int error = vcpu_sve_lengths(kvm, &lengths);

    if (error == 0)
        error = vcpu_open(&vcpu, kvm, vm, 0, lengths);
    for (size_t i = 0; i < bank_row_count() && error == 0; i++)
        host->state[i] = (uint8_t)find_state(&vcpu, i);
    if (error == 0)
        error = find_more(&vcpu, host);
    vcpu_close(&vcpu);
    return error;
}

static int probe_vm(int kvm, struct banks_host *host)
{
    int vm = vm_create(kvm), error;

    if (vm < 0)
        return vm;
    error = probe_vcpu(kvm, vm, host);
    close(vm);
    return error;
}

bool banks_probe(struct banks_host *host, GError **error)
{
    int kvm = kvm_open(), result;

    *host = (struct banks_host){.known = kvm >= 0};
    if (kvm < 0)
        return true;
    result = probe_vm(kvm, host);
    close(kvm);
    if (result < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "KVM does not tell the registers of its vCPUs: %s",
                      g_strerror(-result));
    return result == 0;
}
