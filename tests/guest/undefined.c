/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVCs that are undefined instructions: immediates nobody serves, a VTL call with no VTL above,
 * a VTL return from the lowest, and anything at EL0.
 *
 * VTL2 tests first and then returns to VTL0, which tests the rest. `alone` on the command line
 * says that there is no other VTL.
 */
#include "tests/guest/guest.h"

#define ESR_IL (1ul << 25)
#define PSTATE_SETTABLE (PSTATE_NZCV | PSTATE_DAIF)

/* What is executed, and where. */
struct attempt {
    const uint32_t *code; /* the instruction, a return behind it */
    uint64_t pstate;      /* mode, flags and masks it is executed with */
};

/* Executes code at pstate with known values in X0-X17; returns only if it is no exception. */
void enter(const uint32_t *code, uint64_t pstate, uint64_t stack);

/* The return address must survive ERET to EL0, from where SVC would be another exception. */
__asm__(".pushsection .text.enter, \"ax\"\n"
        "enter:\n"
        "    msr elr_el1, x0\n"
        "    msr spsr_el1, x1\n"
        "    msr sp_el0, x2\n"
        "    mov x0, #0x100\n"
        "    mov x1, #0x101\n"
        "    mov x2, #0x102\n"
        "    mov x3, #0x103\n"
        "    mov x17, #0x117\n"
        "    eret\n"
        ".popsection\n");

#define HVC(immediate) (0xd4000002u | (immediate) << 5)
#define RET 0xd65f03c0u

static uint32_t code[2] __attribute__((aligned(64)));
static uint64_t stack[64] __attribute__((aligned(16)));

static void make(unsigned immediate)
{
    code[0] = HVC(immediate);
    code[1] = RET;
    code_written(code, sizeof(code));
}

static void execute(void *argument)
{
    const struct attempt *attempt = argument;

    enter(attempt->code, attempt->pstate, (uintptr_t)(stack + ARRAY_SIZE(stack)));
}

static uint64_t vector_of(uint64_t pstate)
{
    switch (pstate & 0xf) {
    case PSTATE_EL0T:
        return VECTOR_EL0;
    case PSTATE_EL1T:
        return VECTOR_EL1T;
    default:
        return VECTOR_EL1H;
    }
}

static bool state_is_right(const struct exception *seen, uint64_t pstate)
{
    uint64_t fields = PSTATE_SETTABLE | 0xf;
    bool good = true;

    good &= check(seen->esr == ESR_IL, "ESR 0x%lx", seen->esr);
    good &= check(seen->elr == (uintptr_t)code, "ELR 0x%lx, the HVC is at 0x%lx", seen->elr,
                  (uintptr_t)code);
    good &= check((seen->spsr & fields) == pstate, "SPSR 0x%lx, PSTATE was 0x%lx", seen->spsr,
                  pstate);
    good &= check(seen->vector == vector_of(pstate), "vector 0x%lx", seen->vector);
    good &= check(seen->pstate == PSTATE_DAIF, "DAIF 0x%lx in the handler", seen->pstate);
    for (unsigned i = 0; i < 4; i++)
        good &= check(seen->x[i] == 0x100 + i, "X%u 0x%lx", i, seen->x[i]);
    good &= check(seen->x[17] == 0x117, "X17 0x%lx", seen->x[17]);
    return good;
}

static void expect_undefined(unsigned immediate, uint64_t pstate, const char *mode)
{
    struct attempt attempt = {code, pstate};
    struct exception seen = {0};
    bool taken;

    make(immediate);
    taken = exception_expect(execute, &attempt, &seen);
    report(taken && state_is_right(&seen, pstate), "hvc #%u at %s is undefined", immediate, mode);
}

static void test_immediate(unsigned immediate)
{
    expect_undefined(immediate, PSTATE_EL1H | PSTATE_DAIF, "EL1h");
    expect_undefined(immediate, PSTATE_EL1T | 0x90000000ul | 0x240, "EL1t");
}

static void test_el0(void)
{
    for (unsigned immediate = 0; immediate < 4; immediate++)
        expect_undefined(immediate, PSTATE_EL0T | 0x60000000ul, "EL0");
}

/* The conduit is HVC; SMC must neither work nor do harm. */
static void test_smc(void)
{
    struct registers registers = {.x = {PSCI_VERSION, 1, 2, 3}};

    call_smc0(&registers);
    report(registers.x[0] == SMCCC_NOT_SUPPORTED, "smc #0 is not supported");
    registers.x[0] = PSCI_SYSTEM_OFF;
    call_smc1(&registers);
    report(registers.x[0] == SMCCC_NOT_SUPPORTED, "smc #1 is not supported");
}

void guest_main(void)
{
    static const unsigned immediates[] = {4, 5, 0x7f, 0x100, 0x8000, 0xffff};

    for (size_t i = 0; i < ARRAY_SIZE(immediates); i++)
        test_immediate(immediates[i]);
    test_el0();
    test_smc();
    if (guest_vtl == 2 || argument_is("alone", ""))
        test_immediate(2);
    if (guest_vtl == 0)
        test_immediate(3);
    else if (!report_failures())
        vtl_return(0);
}
