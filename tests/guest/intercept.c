/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intercepts other than of protections: a higher VTL owns what lies at addresses where nothing
 * is, and decides about reset and power-off. How it is told: by SINT 0 or in its assist page.
 */
#include "tests/guest/paravisor.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define INTERCEPT_PAGE (1ul << 12)
#define INTERCEPT_NOT_PRESENT (1ul << 14)
#define INTERCEPT_SYSTEM_RESET (1ul << 15)

#define INTERCEPT_TYPE_HYPERCALL 8
#define ACCESS_EXECUTE 4
#define UNKNOWN_CALL 0x7777ul

#define REASON_INTERRUPT 2
#define REASON_INTERCEPT 3
#define RESET_POWER_OFF 0
#define RESET_REBOOT 1
#define ISS_VALID (1ul << 24)
#define TRANSLATION_FAULT 0x07

static volatile uint64_t *const hole = (volatile uint64_t *)HOLE_BASE;

static __attribute__((noipa)) void store_pair(volatile uint64_t *where)
{
    __asm__ volatile("stp xzr, xzr, [%0]" : : "r"(where) : "memory");
}

static void load(void *address)
{
    (void)*(volatile uint64_t *)address;
}

static bool is_unmapped(const struct intercept *seen, const volatile void *where, unsigned access)
{
    return seen->type == INTERCEPT_UNMAPPED && seen->gpa == (uintptr_t)where &&
           seen->gva == (uintptr_t)where && seen->access == access &&
           (seen->syndrome & 0x3f) == TRANSLATION_FAULT && seen->byte_count == 4;
}

static void test_nobody(void)
{
    struct exception seen = {0};

    report(exception_expect(load, (void *)hole, &seen) && ESR_FSC(seen.esr) == ESR_FSC_EXTERNAL,
           "nobody owns the hole: ESR 0x%lx", seen.esr);
}

static void test_device(void)
{
    struct intercept seen = {0};
    unsigned wrong = 0;

    report(paravisor_set(VSM_PARTITION_CONFIG, INTERCEPT_NOT_PRESENT) == 0, "the paravisor does");
    paravisor_policy(POLICY_EMULATE);
    for (unsigned i = 0; i < 100; i++)
        wrong += hole[i] != 0x1000 + 8ul * i;
    report(wrong == 0 && paravisor_intercepts(&seen) == 100, "it emulates 100 loads");
    report(is_unmapped(&seen, &hole[99], INTERCEPT_READ) && seen.syndrome & ISS_VALID,
           "and is told of each: GPA 0x%lx syndrome 0x%lx", seen.gpa, seen.syndrome);
    hole[7] = 1;
    report(paravisor_intercepts(&seen) == 101 && is_unmapped(&seen, &hole[7], INTERCEPT_WRITE),
           "a store: GPA 0x%lx syndrome 0x%lx", seen.gpa, seen.syndrome);
    store_pair(&hole[8]);
    report(paravisor_intercepts(&seen) == 102 && is_unmapped(&seen, &hole[8], INTERCEPT_WRITE) &&
               !(seen.syndrome & ISS_VALID),
           "a pair, without details: GPA 0x%lx syndrome 0x%lx", seen.gpa, seen.syndrome);
    report(paravisor_entry_reason() == REASON_INTERRUPT, "entered for an interrupt");
}

static void test_assist_page(void)
{
    struct intercept seen = {0};

    paravisor_set(VSM_PARTITION_CONFIG, INTERCEPT_NOT_PRESENT | INTERCEPT_PAGE);
    paravisor_policy(POLICY_EMULATE);
    report(hole[3] == 0x1000 + 24 && paravisor_intercepts(&seen) == 1 &&
               is_unmapped(&seen, &hole[3], INTERCEPT_READ),
           "a message in the assist page");
    report(paravisor_entry_reason() == REASON_INTERCEPT, "entered for an intercept");
}

/* The paravisor skips the call, as the lower VTL's PC is in its hands. */
static void test_reset(void)
{
    static const struct {
        const char *name;
        uint32_t function;
        uint32_t kind;
    } rows[] = {
        {"reset", PSCI_SYSTEM_RESET, RESET_REBOOT},
        {"power-off", PSCI_SYSTEM_OFF, RESET_POWER_OFF},
    };

    paravisor_set(VSM_PARTITION_CONFIG, INTERCEPT_SYSTEM_RESET);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct intercept seen = {0};

        paravisor_policy(POLICY_SKIP);
        psci(rows[i].function, 0, 0, 0);
        report(paravisor_intercepts(&seen) == 1 && seen.type == INTERCEPT_RESET &&
                   seen.cache_type == rows[i].kind,
               "%s is for the paravisor to decide: type 0x%x kind %u", rows[i].name, seen.type,
               seen.cache_type);
    }
}

static void test_hypercall(void)
{
    uint64_t block[16] = {0x1234, 0x5678};
    struct intercept seen = {0};
    uint64_t result;

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    report(hv_call(HV_NATIVE, UNKNOWN_CALL | HV_FAST, block) == 2, "a call that nobody serves");
    report(paravisor_install(INTERCEPT_TYPE_HYPERCALL, 1) == 5, "they are not read");
    report(paravisor_install(INTERCEPT_TYPE_HYPERCALL, ACCESS_EXECUTE) == 0,
           "the paravisor wants such calls");
    paravisor_policy(POLICY_ANSWER);
    result = hv_call(HV_NATIVE, UNKNOWN_CALL | HV_FAST, block);
    report(result == 0x1235 && paravisor_intercepts(&seen) == 1 &&
               seen.type == INTERCEPT_HYPERCALL && seen.cache_type == 1 &&
               seen.instruction == (UNKNOWN_CALL | HV_FAST) && seen.gpa == 0x5678,
           "and answers them: 0x%lx, immediate %u, X0 0x%x X1 0x%lx X2 0x%lx", result,
           seen.cache_type, seen.instruction, seen.gva, seen.gpa);
    report(hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS, block) == 3, "others are not its business");
    report(paravisor_install(INTERCEPT_TYPE_HYPERCALL, 0) == 0, "it has had enough");
    report(hv_call(HV_SMCCC, UNKNOWN_CALL, block) == 2, "nobody serves it, as before");
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    test_nobody();
    test_device();
    test_assist_page();
    test_reset();
    test_hypercall();
    if (argument_is("sint", "irq")) {
        unsigned taken = paravisor_interrupts();

        report(taken == 102 + 2 + 1, "messages interrupt the paravisor: %u", taken);
    }
}
