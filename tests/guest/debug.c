/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's own BRK and BKPT, while vtlemu has breakpoints of its own in place (there is a VTL
 * call in this payload): they stay the guest's.
 */
#include "tests/guest/guest.h"

#define ESR_EC_BRK 0x3c
#define ESR_EC_BKPT32 0x38
#define VECTOR_EL0_AARCH32 0x600
#define PSTATE_USER32 (0x10ul | PSTATE_DAIF)
#define BRK(comment) (0xd4200000u | (comment) << 5)
#define BKPT32 0xe1200070u

static uint32_t code[4] __attribute__((aligned(64)));

static void enter(void *pstate)
{
    __asm__ volatile("msr elr_el1, %0\n\tmsr spsr_el1, %1\n\teret"
                     :
                     : "r"((uintptr_t)code), "r"(*(const uint64_t *)pstate)
                     : "memory");
}

static void test(uint32_t instruction, uint64_t pstate, unsigned ec, uint64_t vector,
                 const char *name)
{
    struct exception seen = {0};
    bool taken;

    code[0] = instruction;
    code_written(code, sizeof(code));
    taken = exception_expect(enter, &pstate, &seen);
    report(taken && ESR_EC(seen.esr) == ec && seen.elr == (uintptr_t)code && seen.vector == vector,
           "%s: ESR 0x%lx, vector 0x%lx", name, seen.esr, seen.vector);
}

static bool has_aarch32(void)
{
    return (sysreg_read(id_aa64pfr0_el1) & 0xf) == 2;
}

void guest_main(void)
{
    if (argument_is("never", "1"))
        vtl_call(0);
    test(BRK(5), PSTATE_EL1H | PSTATE_DAIF, ESR_EC_BRK, VECTOR_EL1H, "BRK at EL1");
    test(BRK(6), PSTATE_EL0T, ESR_EC_BRK, VECTOR_EL0, "BRK at EL0");
    if (has_aarch32())
        test(BKPT32, PSTATE_USER32, ESR_EC_BKPT32, VECTOR_EL0_AARCH32, "BKPT at AArch32 EL0");
}
