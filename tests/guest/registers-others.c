/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Architectural registers of other VPs by hypercall, whatever these do: run, wait, load from a
 * device, are off, are at another VTL, or do the same to the caller. Three VPs.
 */
#include "tests/guest/guest.h"

#define TRANSLATE_VIRTUAL_ADDRESS 0x52ul
#define TRANSLATE_READ 1ul
#define USE_VTL 0x10ul /* HV_INPUT_VTL */

#define INTERNAL_ACTIVITY 0x00000004u
#define STARTUP_SUSPEND 1ul
#define PENDING_EVENT0 0x00010004u
#define PENDING_EVENT1 0x00010005u
#define EVENT_PENDING 1ul
#define X20 0x00020014u
#define PC 0x00020022u
#define Q0 0x00030000u
#define TPIDR_EL1 0x0004000eu
#define TPIDRRO_EL0 0x00040010u
#define TPIDR_EL0 0x00040011u
#define VBAR_EL1 0x0004000cu
#define ICC_PMR_EL1 0x0006000cu

#define INVALID_VP_STATE 0x15
#define PL011_FR 0x18
#define ROUNDS 100
#define VPS 3
#define ABORT_ESR (0x25ul << 26 | 1ul << 25 | 0x10ul) /* a data abort from EL1 */

/* --- The hypercalls --------------------------------------------------------------------------- */

/* Of @vtl on @vp, by one convention or the other. */
static struct hv_value get_from(unsigned vp, unsigned vtl, uint32_t name, bool smccc_call)
{
    uint64_t block[16] = {HV_PARTITION_SELF, vp | (USE_VTL | vtl) << 32, name};
    uint64_t result = hv_call(smccc_call ? HV_SMCCC : HV_NATIVE,
                              HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
    unsigned output = smccc_call ? 4 : 14;

    check(result == HV_REPS(1), "reading 0x%x of VP%u: 0x%lx", name, vp, result);
    return (struct hv_value){block[output], block[output + 1]};
}

static void set_in(unsigned vp, unsigned vtl, uint32_t name, struct hv_value value,
                   bool smccc_call)
{
    uint64_t block[16] = {HV_PARTITION_SELF, vp | (USE_VTL | vtl) << 32, name, 0, value.low,
                          value.high};
    uint64_t result = hv_call(smccc_call ? HV_SMCCC : HV_NATIVE,
                              HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);

    check(result == HV_REPS(1), "writing 0x%x of VP%u: 0x%lx", name, vp, result);
}

static uint64_t get(unsigned vp, uint32_t name)
{
    return get_from(vp, (unsigned)guest_vtl, name, false).low;
}

static void set(unsigned vp, uint32_t name, uint64_t value)
{
    set_in(vp, (unsigned)guest_vtl, name, (struct hv_value){value, 0}, true);
}

/* --- What VP1 does ---------------------------------------------------------------------------- */

/* Each says by the number of the round that it is about to begin, and what it has found. */
static volatile struct {
    uint64_t round;
    uint64_t landing; /* where to set PC to */
    uint64_t done;
    uint64_t value, thread;
} host;

#define LOOP(instructions)                                                                         \
    __asm__ volatile("mov x20, #0\n\tdmb sy\n\tstr %1, [%2]\n1:\t" instructions                    \
                     "\n\tcbz x20, 1b\n\tmov %0, x20"                                              \
                     : "=r"(value)                                                                 \
                     : "r"(round), "r"(&host.round), "r"((uint64_t)UART_BASE + PL011_FR)           \
                     : "x9", "x20", "memory")

/* Until somebody else changes X20. */
static uint64_t loop_running(uint64_t round)
{
    uint64_t value;

    LOOP("nop");
    return value;
}

static uint64_t loop_waiting(uint64_t round)
{
    uint64_t value;

    LOOP("wfi");
    return value;
}

static uint64_t loop_loading(uint64_t round)
{
    uint64_t value;

    LOOP("ldr w9, [%3]");
    return value;
}

/* For ever, until somebody else sets PC: not one instruction of those there is left out. */
static uint64_t loop_to_leave(uint64_t round)
{
    uint64_t value;

    __asm__ volatile("mov x20, #0\n\tadr x9, 2f\n\tstr x9, [%3]\n\tdmb sy\n\tstr %1, [%2]\n"
                     "1:\tldr w9, [%4]\n\tb 1b\n"
                     "2:\tadd x20, x20, #1\n\tadd x20, x20, #2\n\tmov %0, x20"
                     : "=r"(value)
                     : "r"(round), "r"(&host.round), "r"(&host.landing),
                       "r"((uint64_t)UART_BASE + PL011_FR)
                     : "x9", "x20", "memory");
    return value;
}

static uint64_t (*const loops[])(uint64_t round) = {loop_running, loop_waiting, loop_loading};
static const char *const loop_names[] = {"runs", "waits for an interrupt", "loads from a device"};

static void be_interrupted(void *round)
{
    loop_running((uint64_t)(uintptr_t)round);
}

static void host_exceptions(uint64_t *round)
{
    for (unsigned i = 0; i < ROUNDS; i++, (*round)++) {
        struct exception exception = {0};
        bool seen = exception_expect(be_interrupted, (void *)(uintptr_t)*round, &exception);

        host.value = seen && exception.esr == ABORT_ESR ? exception.far : 0;
        signal_value(&host.done, *round);
    }
}

static void host_tables(uint64_t round)
{
    mmu_on();
    signal_value(&host.round, round);
    loop_running(round);
}

/* Round after round, in the order in which VP0 asks for them. */
static void be_host(uint64_t context)
{
    uint64_t round = 1;

    (void)context;
    for (size_t kind = 0; kind < ARRAY_SIZE(loops); kind++)
        for (unsigned i = 0; i < ROUNDS; i++, round++) {
            host.value = loops[kind](round);
            host.thread = sysreg_read(tpidr_el1);
            signal_value(&host.done, round);
        }
    for (unsigned i = 0; i < ROUNDS; i++, round++) {
        host.value = loop_to_leave(round);
        signal_value(&host.done, round);
    }
    host_exceptions(&round);
    host_tables(round);
}

/* --- What VP0 does to it ---------------------------------------------------------------------- */

static void test_off(unsigned vp)
{
    bool good = true;

    for (uint64_t i = 1; i <= ROUNDS; i++) {
        set(vp, TPIDR_EL1, i << 32);
        set(vp, X20, ~i);
        good &= check(get(vp, TPIDR_EL1) == i << 32 && get(vp, X20) == ~i, "round %lu", i);
    }
    report(good, "VP%u that is off", vp);
}

static void test_loop(size_t kind, uint64_t *round)
{
    bool good = true;

    for (uint64_t i = 0; i < ROUNDS; i++, (*round)++) {
        uint64_t value = ~*round;

        wait_for(&host.round, *round);
        set(1, TPIDR_EL1, value);
        good &= check(get(1, X20) == 0, "X20 0x%lx, for 0", get(1, X20));
        set(1, X20, value);
        wait_for(&host.done, *round);
        good &= check(host.value == value && host.thread == value,
                      "found 0x%lx and 0x%lx, not 0x%lx", host.value, host.thread, value);
    }
    report(good, "VP1 that %s finds what VP0 sets, %u times", loop_names[kind], ROUNDS);
}

static void test_pc(uint64_t *round)
{
    bool good = true;

    for (uint64_t i = 0; i < ROUNDS; i++, (*round)++) {
        wait_for(&host.round, *round);
        good &= check(host.landing - get(1, PC) <= 8, "PC is 0x%lx", get(1, PC));
        set(1, PC, host.landing);
        wait_for(&host.done, *round);
        good &= check(host.value == 3, "jumped: %lu, not 3", host.value);
    }
    report(good, "VP1 goes on where VP0 says, %u times", ROUNDS);
}

static void test_events(uint64_t *round)
{
    bool good = true;

    for (uint64_t i = 0; i < ROUNDS; i++, (*round)++) {
        struct hv_value event = {EVENT_PENDING, ABORT_ESR};

        wait_for(&host.round, *round);
        set(1, PENDING_EVENT1, 0x1000 + i);
        set_in(1, (unsigned)guest_vtl, PENDING_EVENT0, event, false);
        wait_for(&host.done, *round);
        good &= check(host.value == 0x1000 + i, "FAR_EL1 0x%lx", host.value);
    }
    report(good, "VP1 takes the exceptions that VP0 gives it, %u times", ROUNDS);
}

static uint64_t translate(uint64_t vp, uint64_t va)
{
    uint64_t block[16] = {HV_PARTITION_SELF, vp, TRANSLATE_READ, va >> 12};
    uint64_t result = hv_call(HV_NATIVE, TRANSLATE_VIRTUAL_ADDRESS | HV_FAST, block);

    check(result == 0 && (uint32_t)block[HV_NATIVE_OUTPUT] == 0,
          "translation for VP%lu: 0x%lx, 0x%lx", vp, result, block[HV_NATIVE_OUTPUT]);
    return block[15] << 12;
}

static void test_tables(uint64_t round)
{
    bool good = true;

    wait_for(&host.round, round);
    for (unsigned i = 0; i < ROUNDS; i++)
        good &= check(translate(1, MMU_LOW_ALIAS + 0x3000) == RAM_BASE + 0x3000, "round %u", i);
    report(good && translate(0, RAM_BASE + 0x3000) == RAM_BASE + 0x3000,
           "VP1's tables, %u times", ROUNDS);
}

/* One call, several repetitions, each of which may have to wait. */
static void test_repetitions(void)
{
    static const uint32_t names[] = {TPIDR_EL1, ICC_PMR_EL1, X20, VBAR_EL1, TPIDR_EL0};
    static volatile uint64_t input[8], output[2 * ARRAY_SIZE(names)];
    uint64_t block[16] = {(uintptr_t)input, (uintptr_t)output}, result;
    volatile uint32_t *list = (volatile uint32_t *)&input[2];

    input[0] = HV_PARTITION_SELF;
    input[1] = 1 | (USE_VTL | guest_vtl) << 32;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        list[i] = names[i];
    set(1, ICC_PMR_EL1, 0xf0);
    set(1, TPIDR_EL1, 0x1234);
    set(1, TPIDR_EL0, 0x5678);
    result = hv_call(HV_SMCCC, HV_CALL_GET_VP_REGISTERS | HV_REPS(ARRAY_SIZE(names)), block);
    report(result == HV_REPS(ARRAY_SIZE(names)) && output[0] == 0x1234 && output[2] == 0xf0 &&
               output[4] == 0 && output[6] == sysreg_read(vbar_el1) && output[8] == 0x5678,
           "five registers in one call: 0x%lx", result);
}

static void visit_one(void)
{
    uint64_t round = 1;

    test_off(1);
    mmu_prepare(GRANULE_4K);
    mmu_map(MMU_LOW_ALIAS, RAM_BASE, 0x200000);
    check(vp_start(1, be_host, 0) == PSCI_SUCCESS, "CPU_ON of VP1");
    for (size_t kind = 0; kind < ARRAY_SIZE(loops); kind++)
        test_loop(kind, &round);
    test_pc(&round);
    test_events(&round);
    test_tables(round);
    test_repetitions();
    set(1, X20, 1);
}

/* --- Everybody to everybody ------------------------------------------------------------------- */

/* Each VP has registers of each other VP for itself. */
static const uint32_t threads[VPS] = {TPIDR_EL1, TPIDR_EL0, TPIDRRO_EL0};
static volatile uint64_t arrived[VPS], finished[VPS], last[VPS][VPS];

static void visit(unsigned vp, unsigned vtl, struct random *random)
{
    unsigned self = guest_vp();
    struct hv_value wide = {random_next(random), random_next(random)}, found;
    uint64_t value = random_next(random);

    set_in(vp, vtl, threads[self], (struct hv_value){value, 0}, wide.low & 1);
    set_in(vp, vtl, Q0 + self, wide, wide.low & 2);
    found = get_from(vp, vtl, threads[self], wide.low & 4);
    check(found.low == value && found.high == 0, "0x%lx of VP%u, not 0x%lx", found.low, vp, value);
    found = get_from(vp, vtl, Q0 + self, wide.low & 8);
    check(found.low == wide.low && found.high == wide.high, "Q%u of VP%u", self, vp);
    last[self][vp] = value;
}

static void visit_all(uint64_t rounds)
{
    struct random random;

    random_seed(&random, 1 + guest_vp());
    for (uint64_t i = 0; i < rounds; i++)
        for (unsigned vp = 0; vp < VPS; vp++)
            visit(vp, (unsigned)guest_vtl, &random);
}

static void wait_for_all(const volatile uint64_t *flags)
{
    for (unsigned vp = 0; vp < VPS; vp++)
        wait_for(&flags[vp], 1);
}

static void be_one_of_all(uint64_t rounds)
{
    unsigned self = guest_vp();
    bool good;

    signal_value(&arrived[self], 1);
    wait_for_all(arrived);
    visit_all(rounds);
    signal_value(&finished[self], 1);
    wait_for_all(finished);
    good = sysreg_read(tpidr_el1) == last[0][self] && sysreg_read(tpidr_el0) == last[1][self] &&
           sysreg_read(tpidrro_el0) == last[2][self];
    check(good, "VP%u has lost a value", self);
    signal_value(&arrived[self], 2);
    if (self)
        for (;;)
            wait_for_interrupt();
    wait_for(&arrived[1], 2);
    wait_for(&arrived[2], 2);
    report(report_failures() == 0, "%u VPs at each other's registers, %lu rounds", VPS, rounds);
}

static void visit_each_other(uint64_t rounds)
{
    for (unsigned vp = 1; vp < VPS; vp++)
        check(vp_start(vp, be_one_of_all, rounds) == PSCI_SUCCESS, "CPU_ON of VP%u", vp);
    be_one_of_all(rounds);
}

/* The run ends in the midst of it. */
static void visit_to_the_end(uint64_t rounds)
{
    for (unsigned vp = 1; vp < VPS; vp++)
        check(vp_start(vp, visit_all, UINT64_MAX) == PSCI_SUCCESS, "CPU_ON of VP%u", vp);
    visit_all(rounds);
    report(report_failures() == 0, "it ends");
}

/* --- A VP that is about to start -------------------------------------------------------------- */

static volatile uint64_t written; /* the round in which VP0 has written what it wants to */

static void be_started(uint64_t round)
{
    wait_for(&written, round);
    host.thread = sysreg_read(tpidr_el1);
    signal_value(&host.done, round);
}

static void start_and_visit(uint64_t round, struct random *random)
{
    check(vp_start(1, be_started, round) == PSCI_SUCCESS, "CPU_ON of VP1");
    visit(1, (unsigned)guest_vtl, random);
    signal_value(&written, round);
    wait_for(&host.done, round);
    check(host.thread == last[0][1], "VP1 found 0x%lx, not 0x%lx", host.thread, last[0][1]);
    while (psci(PSCI_AFFINITY_INFO, 1, 0, 0) != PSCI_OFF)
        ;
}

/* What is written once CPU_ON has returned comes after the initial state that this gives. */
static void visit_at_start(uint64_t rounds)
{
    struct random random;

    random_seed(&random, 1);
    for (uint64_t round = 1; round <= rounds; round++)
        start_and_visit(round, &random);
    report(report_failures() == 0, "VP1 starts with what VP0 sets, %lu times", rounds);
}

/* --- The registers of VTL0 while the VP is at VTL2 -------------------------------------------- */

static volatile uint64_t thread_above;

static void be_above(uint64_t context)
{
    (void)context;
    sysreg_write(tpidr_el1, 0xabcd);
    host.value = loop_running(1);
    thread_above = sysreg_read(tpidr_el1);
    signal_value(&host.done, 1);
    for (;;)
        wait_for_interrupt();
}

static void start_above(void)
{
    check(vp_start(1, be_above, 0) == PSCI_SUCCESS, "CPU_ON of VP1");
    wait_for(&host.round, 1);
}

static void visit_below(void)
{
    struct random random;

    random_seed(&random, 1);
    start_above();
    for (unsigned i = 0; i < ROUNDS; i++)
        visit(1, 0, &random);
    /* X20 is shared: of VTL0, too, it is the one that VTL2 has now. */
    set_in(1, 0, X20, (struct hv_value){0x77, 0}, false);
    wait_for(&host.done, 1);
    report(host.value == 0x77 && thread_above == 0xabcd && get_from(1, 0, TPIDR_EL1, true).low ==
           last[0][1] && report_failures() == 0, "VTL0's registers of VP1 that is at VTL2");
}

/* VTL0 of VP0, while VP1 is at VTL2, whose registers are none of its business. */
static void visit_above(void)
{
    uint64_t read[16] = {HV_PARTITION_SELF, 1, X20}, write[16] = {HV_PARTITION_SELF, 1, X20, 0, 1};

    report(hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), read) ==
                   INVALID_VP_STATE &&
               hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), write) ==
                   INVALID_VP_STATE,
           "X20 of VP1 at VTL2 is not VTL0's");
    set(1, TPIDR_EL1, 0x1234);
    report(get(1, TPIDR_EL1) == 0x1234, "TPIDR_EL1 of VP1's VTL0 is");
    vtl_call(0);
}

static void be_visited_above(void)
{
    start_above();
    vtl_return(0);
    set(1, X20, 0x77);
    wait_for(&host.done, 1);
    report(host.value == 0x77 && thread_above == 0xabcd, "VTL2 on VP1 has noticed nothing");
}

/* --- VTL0 of a VP that is at VTL2, about to start --------------------------------------------- */

#define LATE 0x5678ul

/* To be held back for a moment takes nothing from it, either. */
static void hold_back(void)
{
    set_in(HV_VP_SELF, 0, INTERNAL_ACTIVITY, (struct hv_value){STARTUP_SUSPEND, 0}, false);
    set_in(HV_VP_SELF, 0, INTERNAL_ACTIVITY, (struct hv_value){0, 0}, false);
}

/* The VP itself has it from VP0 that its VTL0 has been told to start, and leaves VTL2 only then. */
static void be_late_above(uint64_t context)
{
    (void)context;
    signal_value(&host.round, 1);
    wait_for(&written, 1);
    if (argument_is("held", ""))
        hold_back();
    set_in(HV_VP_SELF, 0, TPIDR_EL1, (struct hv_value){LATE, 0}, false);
    check(get_from(HV_VP_SELF, 0, TPIDR_EL1, false).low == LATE, "read back");
    vtl_return(0);
}

static void be_late_below(uint64_t context)
{
    (void)context; /* X0 is VTL2's once it has held VTL0 back */
    host.thread = sysreg_read(tpidr_el1);
    signal_value(&host.done, 1);
}

static void late_above(void)
{
    check(vp_start(1, be_late_above, 0) == PSCI_SUCCESS, "CPU_ON of VP1 at VTL2");
    wait_for(&host.round, 1);
    vtl_return(0);
    signal_value(&written, 1);
    vtl_return(0);
}

static void late_below(void)
{
    check(vp_start(1, be_late_below, 0) == PSCI_SUCCESS, "CPU_ON of VP1 at VTL0");
    vtl_call(0);
    wait_for(&host.done, 1);
    report(host.thread == LATE, "VP1's VTL0 starts with what its VTL2 sets: 0x%lx", host.thread);
}

void guest_main(void)
{
    uint64_t rounds = argument_number("rounds", 200);

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    if (argument_is("all", ""))
        visit_each_other(rounds);
    else if (argument_is("end", ""))
        visit_to_the_end(rounds);
    else if (argument_is("start", ""))
        visit_at_start(rounds);
    else if (argument_is("late", ""))
        (guest_vtl ? late_above : late_below)();
    else if (argument_is("below", ""))
        visit_below();
    else if (argument_is("above", ""))
        (guest_vtl ? be_visited_above : visit_above)();
    else
        visit_one();
}
