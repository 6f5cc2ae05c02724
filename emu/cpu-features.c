/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ID registers on KVM: see cpu-features.h. */
#include "emu/cpu-features.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/kvm.h"
#include "emu/machine.h"
#include "emu/vcpu.h"
#include "emu/vm.h"

/* A bit a range of registers (api.rst, KVM_ARM_GET_REG_WRITABLE_MASKS). */
#define RANGE_ID_REGISTERS (1 << KVM_ARM_FEATURE_ID_RANGE)

static bool is_of_host(const struct id_register *reg)
{
    return !strcmp(reg->name, "DCZID_EL0");
}

static uint64_t read_dczid(void)
{
    uint64_t value;

    __asm__("mrs %0, dczid_el0" : "=r"(value));
    return value;
}

static void read_masks(int vm, struct id_value *values)
{
    uint64_t masks[KVM_ARM_FEATURE_ID_RANGE_SIZE] = {0};
    struct reg_mask_range range = {.addr = (uintptr_t)masks, .range = KVM_ARM_FEATURE_ID_RANGE};

    if (!(kvm_check_extension(vm, KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES) & RANGE_ID_REGISTERS) ||
        kvm_ioctl(vm, KVM_ARM_GET_REG_WRITABLE_MASKS, &range) < 0)
        return;
    for (size_t i = 0; i < id_register_count; i++) {
        const struct id_register *reg = &id_registers[i];

        values[i].writable = masks[KVM_ARM_FEATURE_ID_RANGE_IDX(3, reg->op1, 0, reg->crm,
                                                                reg->op2)] &
                             ~id_register_mistakes(reg);
    }
}

int cpu_read(int vm, int vcpu, struct id_value *values)
{
    for (size_t i = 0; i < id_register_count; i++) {
        struct id_value *value = &values[i];
        int error = 0;

        *value = (struct id_value){0};
        if (is_of_host(&id_registers[i]))
            value->value = read_dczid();
        else
            error = kvm_get_one_reg(vcpu, id_registers[i].kvm_id, &value->value);
        if (error < 0 && error != -ENOENT)
            return error;
        value->value &= ~id_register_mistakes(&id_registers[i]);
        value->present = error == 0;
    }
    read_masks(vm, values);
    return 0;
}

int cpu_discover(int kvm, uint16_t sve_lengths, struct id_value *values)
{
    int vm = vm_create(kvm), error;
    struct vcpu vcpu;

    if (vm < 0)
        return vm;
    error = vcpu_open(&vcpu, kvm, vm, 0, sve_lengths);
    if (error == 0)
        error = cpu_read(vm, vcpu.fd, values);
    vcpu_close(&vcpu);
    close(vm);
    return error;
}

static bool disable(struct machine *machine, GError **error)
{
    const struct options *options = machine->options;
    g_autofree char *why = NULL, *option = NULL;
    size_t feature;

    if (cpu_disabled_apply(&options->disabled, machine->id, &feature, &why))
        return true;
    option = options_disabling(options, feature);
    emu_set_error(error, EMU_ERROR_SETUP, "%s: %s; leave it on (vtlemu cpu-features tells what "
                  "this host can hide)", option, why);
    return false;
}

bool cpu_choose(struct machine *machine, GError **error)
{
    int result;

    machine->host_id = g_new0(struct id_value, id_register_count);
    result = cpu_discover(machine->kvm, machine->sve_lengths, machine->host_id);
    machine->id = g_memdup2(machine->host_id, id_register_count * sizeof(*machine->id));
    if (result < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "KVM does not tell the ID registers of its vCPUs: %s",
                      g_strerror(-result));
    return result >= 0 && disable(machine, error);
}

static void refuse(const struct id_register *reg, const struct id_field *field, uint64_t host,
                   uint64_t wanted, const char *whose, GError **error)
{
    if (field)
        emu_set_error(error, EMU_ERROR_SETUP, "%s: %s.%s is %" G_GINT64_FORMAT " there, but this "
                      "host cannot show a guest that, as it has %" G_GINT64_FORMAT, whose, reg->name,
                      field->name, id_field_get(field, wanted), id_field_get(field, host));
    else
        emu_set_error(error, EMU_ERROR_SETUP, "%s: %s is 0x%" G_GINT64_MODIFIER "x there, but this "
                      "host cannot show a guest that, as it has 0x%" G_GINT64_MODIFIER "x", whose,
                      reg->name, wanted, host);
}

bool cpu_require(struct machine *machine, const struct id_value *wanted, const char *whose,
                 GError **error)
{
    for (size_t i = 0; i < id_register_count; i++) {
        const struct id_field *field;

        if (!wanted[i].present || wanted[i].value == machine->id[i].value)
            continue;
        if (!id_register_fits(&id_registers[i], &machine->host_id[i], wanted[i].value, &field)) {
            refuse(&id_registers[i], field, machine->host_id[i].value, wanted[i].value, whose,
                   error);
            return false;
        }
        machine->id[i].value = wanted[i].value;
    }
    return disable(machine, error);
}

int cpu_write(int vcpu, const struct id_register *reg, uint64_t value)
{
    uint64_t seen = 0, mistakes = id_register_mistakes(reg);
    int error = mistakes ? kvm_get_one_reg(vcpu, reg->kvm_id, &seen) : 0;

    value = (value & ~mistakes) | (seen & mistakes);
    if (error == 0)
        error = kvm_set_one_reg(vcpu, reg->kvm_id, &value);
    if (error == 0)
        error = kvm_get_one_reg(vcpu, reg->kvm_id, &seen);
    return error == 0 && seen != value ? -EIO : error;
}

/* Writes what differs from @before. */
static int write_values(int vcpu, const struct id_value *before, const struct id_value *values)
{
    int error = 0;

    for (size_t i = 0; i < id_register_count && error == 0; i++)
        if (values[i].value != before[i].value)
            error = cpu_write(vcpu, &id_registers[i], values[i].value);
    return error;
}

int cpu_apply(const struct machine *machine, struct vcpu *vcpu)
{
    return write_values(vcpu->fd, machine->host_id, machine->id);
}

/* --- vtlemu cpu-features ----------------------------------------------------------------------- */

static char *explain_absent(const struct cpu_feature *feature)
{
    switch (feature->means) {
    case CPU_BY_PAUTH:
        return g_strdup("vtlemu's vCPUs have no pointer authentication");
    case CPU_BY_PMU:
        return g_strdup("vtlemu's vCPUs have no PMU");
    case CPU_NEVER:
        return g_strdup("KVM tells no guest of such a cache");
    case CPU_BY_FIELDS:
    case CPU_BY_SVE:
    case CPU_BY_FIRMWARE:
    case CPU_NEEDED:
        break;
    }
    return NULL;
}

/* What a mask promises, a field of its own rules may not keep: it is tried, and undone. */
static void judge_seen(int vcpu, const struct cpu_feature *feature, const struct id_value *values,
                       struct cpu_listing *row)
{
    g_autofree struct id_value *less =
        g_memdup2(values, id_register_count * sizeof(*values));
    int error;

    row->verdict = CPU_FIXED;
    if (!cpu_feature_hide(feature, less, &row->reason))
        return;
    error = write_values(vcpu, values, less);
    if (error < 0)
        row->reason = g_strdup_printf("KVM refuses it: %s", g_strerror(-error));
    else
        row->verdict = CPU_HIDEABLE;
    if (feature->means == CPU_BY_SVE && error == 0)
        row->reason = g_strdup("guests have it with --sve only");
    (void)write_values(vcpu, less, values);
}

static void judge(int vcpu, const struct cpu_feature *feature, const struct id_value *values,
                  struct cpu_listing *row)
{
    *row = (struct cpu_listing){CPU_ABSENT, NULL};
    if (!strcmp(feature->name, "sve") && cpu_feature_is_seen(feature, values)) {
        row->reason = g_strdup("guests have it with --sve only");
    } else if (feature->means == CPU_BY_FIRMWARE) {
        row->verdict = CPU_FIXED;
        row->reason = g_strdup("a firmware register says it; elect its level with --fw-reg");
    } else if (cpu_feature_is_seen(feature, values)) {
        judge_seen(vcpu, feature, values, row);
    } else {
        row->reason = explain_absent(feature);
    }
}

static int judge_all(int kvm, int vm, struct cpu_listing *rows)
{
    g_autofree struct id_value *values = g_new0(struct id_value, id_register_count);
    struct vcpu vcpu;
    uint16_t lengths;
    int error = vcpu_sve_lengths(kvm, &lengths);

    if (error < 0)
        return error;
    error = vcpu_open(&vcpu, kvm, vm, 0, lengths);
    if (error == 0)
        error = cpu_read(vm, vcpu.fd, values);
    for (size_t i = 0; i < cpu_feature_count && error == 0; i++)
        judge(vcpu.fd, &cpu_features[i], values, &rows[i]);
    vcpu_close(&vcpu);
    return error;
}

bool cpu_judge(struct cpu_listing *rows, GError **error)
{
    int kvm = kvm_open(), vm, result;

    if (kvm < 0) {
        emu_set_error(error, EMU_ERROR_SETUP, "/dev/kvm: %s; vtlemu probe says what is missing",
                      g_strerror(-kvm));
        return false;
    }
    vm = vm_create(kvm);
    result = vm < 0 ? vm : judge_all(kvm, vm, rows);
    if (result < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "KVM gives no vCPU to look at: %s",
                      g_strerror(-result));
    if (vm >= 0)
        close(vm);
    close(kvm);
    return result >= 0;
}
