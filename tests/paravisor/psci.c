/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of PSCI (DEN 0022) is not done without us. InterceptVpStartup tells of each attempt to start
 * a VP, by the hypercall intercept (vtl/intercept.h in vtlemu); InterceptSystemReset of the end.
 */
#include "tests/paravisor/paravisor.h"

#define CPU_ON_32 0x84000003u
#define CPU_ON_64 0xc4000003u

#define PSCI_SUCCESS 0
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_DENIED (-3)
#define PSCI_ALREADY_ON (-4)
#define PSCI_ON_PENDING (-5)

#define HV_ACCESS_DENIED 6

#define HVC_SMCCC 0
#define A64_INSTRUCTION 4

static struct vp *find(uint32_t index)
{
    for (unsigned i = 0; i < machine.count; i++)
        if (machine.vps[i].vp == index)
            return &machine.vps[i];
    return NULL;
}

static int cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context)
{
    uint32_t index;
    uint64_t activity;
    struct vp *target = vtl_find_vp(mpidr, &index) ? find(index) : NULL;
    bool accepted;

    if (!target)
        return PSCI_INVALID_PARAMETERS;
    if (vtl_get_of(index, REGISTER_INTERNAL_ACTIVITY_STATE, &activity) != STATUS_SUCCESS)
        return PSCI_DENIED;
    if (!(activity & ACTIVITY_STARTUP_SUSPEND))
        return PSCI_ALREADY_ON;
    pthread_mutex_lock(&machine.lock);
    accepted = vp_request_start(target, entry, context);
    pthread_mutex_unlock(&machine.lock);
    return accepted ? PSCI_SUCCESS : PSCI_ON_PENDING;
}

static bool is_cpu_on(const struct message_hypercall *call)
{
    return call->immediate == HVC_SMCCC &&
           ((uint32_t)call->x[0] == CPU_ON_32 || (uint32_t)call->x[0] == CPU_ON_64);
}

void psci_hypercall(struct vp *vp, const struct message *message)
{
    const struct message_hypercall *call = &message->hypercall;
    /* In the 32-bit call the arguments are W1-W3. */
    uint64_t mask = (uint32_t)call->x[0] == CPU_ON_64 ? UINT64_MAX : UINT32_MAX;
    int result = HV_ACCESS_DENIED; /* HvCallStartVirtualProcessor: one way is enough */

    vp->kinds[KIND_START]++;
    if (is_cpu_on(call))
        result = cpu_on(call->x[1] & mask, call->x[2] & mask, call->x[3] & mask);
    tell_more("VP%u: `hvc #%u` with X0 0x%llx, X1 0x%llx, X2 0x%llx, X3 0x%llx: %d", vp->vp,
              call->immediate, (unsigned long long)call->x[0], (unsigned long long)call->x[1],
              (unsigned long long)call->x[2], (unsigned long long)call->x[3], result);
    vp_set_x(vp, 0, (uint64_t)(int64_t)result);
    vtl_set(REGISTER_PC, message->pc + A64_INSTRUCTION);
}

void psci_reset(struct vp *vp, const struct message *message)
{
    bool off = message->reset.kind == RESET_POWER_OFF;

    vp->kinds[KIND_RESET]++;
    tell("VP%u: VTL0 %s", vp->vp, off ? "powers off" : "wants to be reset");
    machine_stop(off ? EXIT_POWER_OFF : EXIT_REBOOT);
}
