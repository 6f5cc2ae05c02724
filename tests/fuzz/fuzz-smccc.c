/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVC instructions, SMCCC function ids and PSCI: smccc/. The input: an instruction, what the
 * machine answers, X0-X17. Hyper-V's hypercall is for fuzz-dispatch.
 */
#include "tests/fuzz/fuzz.h"
#include "vtl/hypercalls.h"

/* What PSCI asks of the machine. */
struct machine {
    int answer;
    unsigned asked;
    bool ends; /* the caller */
    uint64_t arguments[3];
};

static enum psci_status cpu_on(void *context, uint64_t mpidr, uint64_t entry, uint64_t context_id)
{
    struct machine *machine = context;

    machine->asked++;
    memcpy(machine->arguments, (uint64_t[]){mpidr, entry, context_id}, sizeof(machine->arguments));
    return machine->answer;
}

static int affinity_info(void *context, uint64_t mpidr, uint64_t level)
{
    return cpu_on(context, mpidr, level, 0);
}

static enum psci_status cpu_off(void *context)
{
    struct machine *machine = context;

    machine->asked++;
    machine->ends = machine->answer == PSCI_SUCCESS;
    return machine->answer;
}

static void cpu_suspend(void *context)
{
    ((struct machine *)context)->asked++;
}

static void system_event(void *context, enum psci_system_event event)
{
    struct machine *machine = context;

    FUZZ_CHECK(event == PSCI_SYSTEM_OFF || event == PSCI_SYSTEM_RESET);
    machine->asked++;
    machine->ends = true;
}

static uint32_t version(void *context)
{
    (void)context;
    return PSCI_VERSION_OF(1, 3);
}

static const struct psci_ops ops = {version,     cpu_on,      affinity_info,
                                    cpu_off,     cpu_suspend, system_event};
/* The second one is VTL_SERVICE, but for any caller. */
static const struct smccc_service services[] = {
    PSCI_SERVICE(&ops),
    {.owner = SMCCC_OWNER_VENDOR_HYP, .functions = vtl_functions, .count = VTL_FUNCTION_COUNT},
};

static void check_instruction(uint32_t instruction)
{
    uint16_t immediate;

    if (!hvc_decode(instruction, &immediate))
        return;
    FUZZ_CHECK(hvc_encode(immediate) == instruction);
    FUZZ_CHECK(hvc_convention_name(hvc_convention(immediate)));
}

static bool is_served(uint32_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(services); i++)
        if (services[i].owner == smccc_function_owner(id) &&
            smccc_service_find(&services[i], NULL, id))
            return true;
    return false;
}

static void check_call(struct machine *machine, const struct smccc_registers *before)
{
    uint32_t id = (uint32_t)before->x[0];
    unsigned results = (id & ~SMCCC_64BIT) == SMCCC_VENDOR_UID ? 4 : 1;
    struct smccc_registers after = *before;
    enum smccc_outcome outcome =
        smccc_dispatch(services, G_N_ELEMENTS(services), machine, &after);

    FUZZ_CHECK(outcome == (machine->ends ? SMCCC_STOP : SMCCC_DONE) && machine->asked <= 1);
    if (!is_served(id))
        FUZZ_CHECK(after.x[0] == SMCCC_NOT_SUPPORTED && !machine->asked);
    /* The upper halves of what a 32-bit caller passes are nobody's business. */
    for (unsigned i = 0; !(id & SMCCC_64BIT) && i < G_N_ELEMENTS(machine->arguments); i++)
        FUZZ_CHECK(machine->arguments[i] <= UINT32_MAX);
    for (unsigned i = results; i < SMCCC_REGISTERS; i++)
        FUZZ_CHECK(after.x[i] == before->x[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct machine machine = {0};
    struct smccc_registers registers;

    check_instruction(fuzz_u16(&input) | (uint32_t)fuzz_u16(&input) << 16);
    machine.answer = -(int)(fuzz_u8(&input) % 7);
    for (unsigned i = 0; i < SMCCC_REGISTERS; i++)
        registers.x[i] = fuzz_u64(&input);
    if ((uint32_t)registers.x[0] != HV_SMCCC_FUNCTION)
        check_call(&machine, &registers);
    return 0;
}
