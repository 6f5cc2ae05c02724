/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Implementation discovery: see implementations.h. */
#include "emu/implementations.h"

#include <linux/kvm.h>

#include "emu/error.h"
#include "emu/kvm.h"
#include "emu/machine.h"

#define DISCOVER_VERSION 0xc6000040u
#define DISCOVER_CPUS 0xc6000041u

/* Major in bits 31:16; Linux takes 1.x only. */
#define INTERFACE_VERSION 0x10000u

/* SMCCC_RET_INVALID_PARAMETER (DEN 0028, 7.1.2). */
#define INVALID_PARAMETER ((uint64_t)-3)

#define SYSTEM_REGISTER(op1, op2) ARM64_SYS_REG(3, op1, 0, 0, op2)

static bool is_same(const struct implementation *a, const struct implementation *b)
{
    return a->midr == b->midr && a->revidr == b->revidr && a->aidr == b->aidr;
}

static void add(struct implementations *all, const struct implementation *cpu)
{
    for (unsigned i = 0; i < all->count; i++)
        if (is_same(&all->cpu[i], cpu))
            return;
    if (all->count < IMPLEMENTATIONS_MAX)
        all->cpu[all->count++] = *cpu;
}

static int read_cpu(const struct vcpu *vcpu, struct implementation *cpu)
{
    const struct {
        uint64_t id;
        uint64_t *value;
    } rows[] = {
        {SYSTEM_REGISTER(0, 0), &cpu->midr},
        {SYSTEM_REGISTER(0, 6), &cpu->revidr},
        {SYSTEM_REGISTER(1, 7), &cpu->aidr},
    };
    int error = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(rows) && error == 0; i++)
        error = kvm_get_one_reg(vcpu->fd, rows[i].id, rows[i].value);
    return error;
}

bool implementations_find(struct machine *machine, unsigned vtl, GError **error)
{
    machine->implementations.count = 0;
    for (unsigned i = 0; i < machine->vp_count; i++) {
        struct implementation cpu = {0};
        int result = read_cpu(&machine->vps[i].level[vtl].vcpu, &cpu);

        if (result < 0) {
            emu_set_error(error, EMU_ERROR_INTERNAL, "KVM does not tell what VP%u is: %s", i,
                          g_strerror(-result));
            return false;
        }
        add(&machine->implementations, &cpu);
    }
    return true;
}

static const struct implementations *known_to(void *context)
{
    return &vp_of(context)->machine->implementations;
}

static enum smccc_outcome answer_version(const struct smccc_service *service, void *context,
                                         struct smccc_registers *registers)
{
    (void)service;
    registers->x[0] = 0;
    registers->x[1] = INTERFACE_VERSION;
    registers->x[2] = known_to(context)->count;
    return SMCCC_DONE;
}

static enum smccc_outcome answer_cpu(const struct smccc_service *service, void *context,
                                     struct smccc_registers *registers)
{
    const struct implementations *all = known_to(context);
    uint64_t index = registers->x[1];

    (void)service;
    if (index >= all->count) {
        registers->x[0] = INVALID_PARAMETER;
        return SMCCC_DONE;
    }
    registers->x[0] = 0;
    registers->x[1] = all->cpu[index].midr;
    registers->x[2] = all->cpu[index].revidr;
    registers->x[3] = all->cpu[index].aidr;
    return SMCCC_DONE;
}

bool implementations_offers(const struct smccc_service *service, void *context, uint32_t id)
{
    uint64_t bit = id == DISCOVER_VERSION ? FW_VENDOR_HYP_2_IMPL_VER : FW_VENDOR_HYP_2_IMPL_CPUS;

    (void)service;
    return fw_election_value(&vp_of(context)->machine->election, FW_ID_VENDOR_HYP_2) & bit;
}

const struct smccc_function implementations_functions[IMPLEMENTATIONS_FUNCTION_COUNT] = {
    {DISCOVER_VERSION, "DiscoverImplementationVersion", answer_version},
    {DISCOVER_CPUS, "DiscoverImplementationCpus", answer_cpu},
};
