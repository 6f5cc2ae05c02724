/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PSCI on vps=N VPs (2), rounds=N times (20): what it says of itself, turning VPs on and off, suspending. */
#include "tests/guest/guest.h"

#define SMCCC_VERSION 0x80000000u
#define UNKNOWN_FUNCTION 0x840000ffu
#define UNKNOWN_MPIDR 0x12345
#define CONTEXT 0xfeedface00000000ul
#define SUSPEND_US 20000
#define MIGRATE_NOT_NEEDED 2

static volatile uint64_t contexts[GUEST_MAX_VPS];
static volatile uint64_t states[GUEST_MAX_VPS]; /* PSTATE and SCTLR as found, packed */
static volatile uint64_t arrivals[GUEST_MAX_VPS];
static volatile uint64_t leave[GUEST_MAX_VPS];

static void test_features(void)
{
    static const uint32_t known[] = {
        PSCI_VERSION, PSCI_CPU_SUSPEND, PSCI_CPU_OFF, PSCI_CPU_ON, PSCI_AFFINITY_INFO,
        PSCI_MIGRATE_INFO_TYPE, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES, SMCCC_VERSION,
    };
    uint64_t version = (uint32_t)psci(PSCI_VERSION, 0, 0, 0);
    bool good = true;

    report(version >> 16 == 1, "PSCI %lu.%lu", version >> 16, version & 0xffff);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        good &= check(psci(PSCI_FEATURES, known[i], 0, 0) >= 0, "PSCI_FEATURES denies 0x%x",
                      known[i]);
    report(good, "PSCI_FEATURES knows all functions");
    report(psci(PSCI_FEATURES, UNKNOWN_FUNCTION, 0, 0) == PSCI_NOT_SUPPORTED,
           "and does not know others");
    report(psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0) == MIGRATE_NOT_NEEDED,
           "no trusted OS that would migrate");
    report(smccc(SMCCC_VERSION, 0, 0, 0) >= 0x10000, "SMCCC is there");
}

static void secondary(uint64_t context)
{
    unsigned vp = guest_vp();

    contexts[vp] = context;
    states[vp] = sysreg_read(daif) | sysreg_read(CurrentEL) | (sysreg_read(sctlr_el1) & 1) << 32;
    signal_value(&arrivals[vp], arrivals[vp] + 1);
    wait_for(&leave[vp], arrivals[vp]);
}

static void wait_until_off(unsigned vp)
{
    while (psci(PSCI_AFFINITY_INFO, vp, 0, 0) != PSCI_OFF)
        continue;
}

static void test_on_and_off(unsigned vp, uint64_t round)
{
    uint64_t context = CONTEXT + vp + round * 0x100;

    check(psci(PSCI_AFFINITY_INFO, vp, 0, 0) == PSCI_OFF, "VP%u is not off", vp);
    check(vp_start(vp, secondary, context) == PSCI_SUCCESS, "CPU_ON of VP%u", vp);
    wait_for(&arrivals[vp], round + 1);
    check(contexts[vp] == context, "VP%u has context 0x%lx", vp, contexts[vp]);
    check(states[vp] == (PSTATE_DAIF | 0x4), "VP%u starts with state 0x%lx", vp, states[vp]);
    check(psci(PSCI_AFFINITY_INFO, vp, 0, 0) == PSCI_ON, "VP%u is not on", vp);
    check(vp_start(vp, secondary, 0) == PSCI_ALREADY_ON, "VP%u may be turned on twice", vp);
    signal_value(&leave[vp], round + 1);
    wait_until_off(vp);
}

static void test_all_on_and_off(unsigned vps, uint64_t rounds)
{
    unsigned before = report_failures();

    for (uint64_t round = 0; round < rounds; round++)
        for (unsigned vp = 1; vp < vps; vp++)
            test_on_and_off(vp, round);
    report(report_failures() == before, "%u VPs turned on and off %lu times", vps - 1, rounds);
}

static void test_parameters(unsigned vps)
{
    report(vp_start(0, secondary, 0) == PSCI_ALREADY_ON, "the caller is on already");
    report(psci(PSCI_CPU_ON, UNKNOWN_MPIDR, 0, 0) == PSCI_INVALID_PARAMETERS,
           "CPU_ON of an unknown MPIDR");
    report(psci(PSCI_CPU_ON, vps, 0, 0) == PSCI_INVALID_PARAMETERS, "CPU_ON of one too many");
    report(psci(PSCI_AFFINITY_INFO, UNKNOWN_MPIDR, 0, 0) == PSCI_INVALID_PARAMETERS,
           "AFFINITY_INFO of an unknown MPIDR");
    report(psci(PSCI_AFFINITY_INFO, 0, 0, 0) == PSCI_ON, "AFFINITY_INFO of the caller");
}

/* The timer's interrupt is masked and wakes all the same, as with WFI. */
static void test_suspend(void)
{
    uint64_t begin;

    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    begin = counter();
    timer_start(SUSPEND_US);
    report(psci(PSCI_CPU_SUSPEND, 0, 0, 0) == PSCI_SUCCESS, "CPU_SUSPEND returns");
    report(counter() - begin >= counter_hz() * SUSPEND_US / 1000000,
           "when the timer fires, not before");
    timer_stop();
}

void guest_main(void)
{
    unsigned vps = (unsigned)argument_number("vps", 2);

    test_features();
    test_parameters(vps);
    test_all_on_and_off(vps, argument_number("rounds", 20));
    test_suspend();
    if (report_failures())
        finish();
    print("vtl%lu: power off\n", guest_vtl);
    psci(PSCI_SYSTEM_OFF, 0, 0, 0);
    report(false, "SYSTEM_OFF returned");
}
