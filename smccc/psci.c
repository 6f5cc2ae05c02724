/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PSCI calls as a table: see psci.h. */
#include "smccc/psci.h"

#include <stdbool.h>

#define PSCI_FN(number) (SMCCC_FAST | (uint32_t)SMCCC_OWNER_STANDARD << SMCCC_OWNER_SHIFT | (number))
#define PSCI_FN64(number) (PSCI_FN(number) | SMCCC_64BIT)

/* SMCCC_VERSION, which KVM answers itself; PSCI_FEATURES must admit it exists (DEN 0022, 5.15). */
#define SMCCC_VERSION_ID 0x80000000u

/* SMC32 calls pass 32-bit arguments; the upper halves are undefined (DEN 0028, 3.1). */
static uint64_t argument(const struct smccc_registers *registers, unsigned n)
{
    bool wide = registers->x[0] & SMCCC_64BIT;

    return wide ? registers->x[n] : (uint32_t)registers->x[n];
}

static enum smccc_outcome answer(struct smccc_registers *registers, int64_t value)
{
    registers->x[0] = (uint64_t)value;
    return SMCCC_DONE;
}

static enum smccc_outcome version(const struct smccc_service *service, void *context,
                                  struct smccc_registers *registers)
{
    const struct psci_ops *ops = service->ops;

    return answer(registers, ops->version(context));
}

static enum smccc_outcome cpu_suspend(const struct smccc_service *service, void *context,
                                      struct smccc_registers *registers)
{
    const struct psci_ops *ops = service->ops;

    ops->cpu_suspend(context);
    return answer(registers, PSCI_SUCCESS);
}

static enum smccc_outcome cpu_off(const struct smccc_service *service, void *context,
                                  struct smccc_registers *registers)
{
    const struct psci_ops *ops = service->ops;
    enum psci_status status = ops->cpu_off(context);

    return status == PSCI_SUCCESS ? SMCCC_STOP : answer(registers, status);
}

static enum smccc_outcome cpu_on(const struct smccc_service *service, void *context,
                                 struct smccc_registers *registers)
{
    const struct psci_ops *ops = service->ops;
    enum psci_status status = ops->cpu_on(context, argument(registers, 1), argument(registers, 2),
                                          argument(registers, 3));

    if (status != PSCI_INTERCEPTED)
        return answer(registers, status);
    answer(registers, PSCI_DENIED);
    return SMCCC_INTERCEPTED;
}

static enum smccc_outcome affinity_info(const struct smccc_service *service, void *context,
                                        struct smccc_registers *registers)
{
    const struct psci_ops *ops = service->ops;

    return answer(registers,
                  ops->affinity_info(context, argument(registers, 1), argument(registers, 2)));
}

static enum smccc_outcome migrate_info_type(const struct smccc_service *service, void *context,
                                            struct smccc_registers *registers)
{
    (void)service;
    (void)context;
    return answer(registers, PSCI_MIGRATE_NOT_NEEDED);
}

static enum smccc_outcome system_off(const struct smccc_service *service, void *context,
                                     struct smccc_registers *registers)
{
    const struct psci_ops *ops = service->ops;

    (void)registers;
    ops->system_event(context, PSCI_SYSTEM_OFF);
    return SMCCC_STOP;
}

static enum smccc_outcome system_reset(const struct smccc_service *service, void *context,
                                       struct smccc_registers *registers)
{
    const struct psci_ops *ops = service->ops;

    (void)registers;
    ops->system_event(context, PSCI_SYSTEM_RESET);
    return SMCCC_STOP;
}

/* Type 0 is an architectural warm reset; vendor types are none of ours (DEN 0022, 5.16). */
static enum smccc_outcome system_reset2(const struct smccc_service *service, void *context,
                                        struct smccc_registers *registers)
{
    if ((uint32_t)registers->x[1] != 0)
        return answer(registers, PSCI_INVALID_PARAMETERS);
    return system_reset(service, context, registers);
}

/*
 * HIBERNATE_OFF is the only type, and 0 means it, too (DEN 0022 F.b, 5.11.2; as KVM has it). What
 * makes it different from SYSTEM_OFF is the guest's affair.
 */
static enum smccc_outcome system_off2(const struct smccc_service *service, void *context,
                                      struct smccc_registers *registers)
{
    if (argument(registers, 1) > PSCI_HIBERNATE_OFF || argument(registers, 2))
        return answer(registers, PSCI_INVALID_PARAMETERS);
    return system_off(service, context, registers);
}

static enum smccc_outcome features(const struct smccc_service *service, void *context,
                                   struct smccc_registers *registers)
{
    uint32_t id = (uint32_t)registers->x[1];
    const struct smccc_function *function = smccc_service_find(service, context, id);

    if (function && function->handle == system_off2)
        return answer(registers, PSCI_HIBERNATE_OFF);
    return answer(registers, function || id == SMCCC_VERSION_ID ? PSCI_SUCCESS
                                                                : PSCI_NOT_SUPPORTED);
}

/* The first version that has a function; all that are in no row are as old as the SMC calls. */
static const struct {
    uint32_t id;
    uint32_t version;
} beginnings[] = {
    {PSCI_FN(0x0a), PSCI_VERSION_OF(1, 0)},   {PSCI_FN(0x12), PSCI_VERSION_OF(1, 1)},
    {PSCI_FN64(0x12), PSCI_VERSION_OF(1, 1)}, {PSCI_FN(0x15), PSCI_VERSION_OF(1, 3)},
    {PSCI_FN64(0x15), PSCI_VERSION_OF(1, 3)},
};

bool psci_offers(const struct smccc_service *service, void *context, uint32_t id)
{
    const struct psci_ops *ops = service->ops;

    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
        if (beginnings[i].id == id)
            return ops->version(context) >= beginnings[i].version;
    return true;
}

const struct smccc_function psci_functions[PSCI_FUNCTION_COUNT] = {
    {PSCI_FN(0x00), "PSCI_VERSION", version},
    {PSCI_FN(0x01), "CPU_SUSPEND", cpu_suspend},
    {PSCI_FN64(0x01), "CPU_SUSPEND", cpu_suspend},
    {PSCI_FN(0x02), "CPU_OFF", cpu_off},
    {PSCI_FN(0x03), "CPU_ON", cpu_on},
    {PSCI_FN64(0x03), "CPU_ON", cpu_on},
    {PSCI_FN(0x04), "AFFINITY_INFO", affinity_info},
    {PSCI_FN64(0x04), "AFFINITY_INFO", affinity_info},
    {PSCI_FN(0x06), "MIGRATE_INFO_TYPE", migrate_info_type},
    {PSCI_FN(0x08), "SYSTEM_OFF", system_off},
    {PSCI_FN(0x09), "SYSTEM_RESET", system_reset},
    {PSCI_FN(0x0a), "PSCI_FEATURES", features},
    {PSCI_FN(0x12), "SYSTEM_RESET2", system_reset2},
    {PSCI_FN64(0x12), "SYSTEM_RESET2", system_reset2},
    {PSCI_FN(0x15), "SYSTEM_OFF2", system_off2},
    {PSCI_FN64(0x15), "SYSTEM_OFF2", system_off2},
};

