/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power State Coordination Interface (Arm DEN 0022), versions 0.2 to 1.3, over SMCCC: which one, and with
 * it which functions there are, is the machine's choice.
 *
 * This file knows the calls; what a call does to a VP is behind psci_ops. PSCI speaks of the
 * calling VTL only: CPU_ON from VTL2 starts VTL2 on the other VP.
 */
#ifndef SMCCC_PSCI_H
#define SMCCC_PSCI_H

#include <stdint.h>

#include "smccc/function.h"

/* As PSCI_VERSION returns it. */
#define PSCI_VERSION_OF(major, minor) ((uint32_t)(major) << 16 | (minor))

/* SYSTEM_OFF2 of 1.3: its type, and what PSCI_FEATURES says of it. */
#define PSCI_HIBERNATE_OFF 1

/* Return values (DEN 0022, 5.2.2); signed, in X0. */
enum psci_status {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
    PSCI_ON_PENDING = -5,
    PSCI_INTERNAL_FAILURE = -6,
    /* No guest sees this one: the call becomes SMCCC_INTERCEPTED. */
    PSCI_INTERCEPTED = 1,
};

/* Answers of AFFINITY_INFO; also the states a VTL of a VP is in. */
enum psci_affinity {
    PSCI_AFFINITY_ON = 0,
    PSCI_AFFINITY_OFF = 1,
    PSCI_AFFINITY_ON_PENDING = 2,
};

/* MIGRATE_INFO_TYPE: no trusted OS that would need migration. */
#define PSCI_MIGRATE_NOT_NEEDED 2

enum psci_system_event {
    PSCI_SYSTEM_OFF,
    PSCI_SYSTEM_RESET,
};

/*
 * What PSCI asks of the machine; @context is the calling VP.
 */
struct psci_ops {
    /* PSCI_VERSION(): 0.2 or newer. */
    uint32_t (*version)(void *context);
    /* PSCI_INTERCEPTED: it has done nothing, a higher VTL sees to it. */
    enum psci_status (*cpu_on)(void *context, uint64_t mpidr, uint64_t entry, uint64_t context_id);
    /* enum psci_affinity or a negative enum psci_status */
    int (*affinity_info)(void *context, uint64_t mpidr, uint64_t level);
    enum psci_status (*cpu_off)(void *context);
    /* Wait for a wake-up event, as WFI does; called for every power state (downgrade is allowed). */
    void (*cpu_suspend)(void *context);
    void (*system_event)(void *context, enum psci_system_event event);
};

#define PSCI_FUNCTION_COUNT 16
extern const struct smccc_function psci_functions[PSCI_FUNCTION_COUNT];

bool psci_offers(const struct smccc_service *service, void *context, uint32_t id);

/* The PSCI service on @psci_ops, as a row for smccc_dispatch(). */
#define PSCI_SERVICE(psci_ops)                                                                     \
    {                                                                                              \
        .owner = SMCCC_OWNER_STANDARD, .name = "PSCI", .functions = psci_functions,                \
        .count = PSCI_FUNCTION_COUNT, .ops = (psci_ops), .offers = psci_offers                     \
    }

#endif
