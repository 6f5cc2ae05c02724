/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several VPs at VTL0 count in one page, by atomic instructions and by exclusives, while another
 * VP has the paravisor change what they may do with it. The paravisor allows what was denied, so
 * that in the end no step is lost and none is made twice; with "visits" in spite of VP0's looking
 * at the registers of the others all the time.
 */
#include "tests/guest/paravisor.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define ENABLE_PROTECTION 0x3ful
#define TPIDR_EL1 0x0004000eu
#define ICC_PMR_EL1 0x0006000cu
#define DEFAULT_CHANGES 120
#define GRAIN 16 /* counters are this many words apart */

static uint64_t page[PAGE / 8] __attribute__((aligned(4096)));
static volatile uint64_t counted[GUEST_MAX_VPS]; /* by each VP, once it has stopped */
static volatile uint64_t up[GUEST_MAX_VPS];
static volatile uint64_t stop;
static unsigned vps;

static bool has_lse(void)
{
    return sysreg_read(id_aa64isar0_el1) >> 20 & 0xf;
}

static void add_atomic(uint64_t *counter)
{
    __asm__ volatile(".arch_extension lse\n\tstadd %1, [%0]" : : "r"(counter), "r"(1ul) : "memory");
}

static void add_exclusive(uint64_t *counter)
{
    uint64_t value;
    uint32_t failed;

    __asm__ volatile("1: ldaxr %0, [%2]\n\tadd %0, %0, #1\n\tstlxr %w1, %0, [%2]\n\tcbnz %w1, 1b"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(counter)
                     : "memory");
}

static void count(uint64_t vp)
{
    uint64_t steps = 0;

    mmu_on();
    paravisor_policy(POLICY_ALLOW); /* each VP has its own */
    while (!stop) {
        add_exclusive(&page[0]);
        if (has_lse())
            add_atomic(&page[GRAIN]);
        page[(2 + vp) * GRAIN]++;
        steps++;
    }
    signal_value(&counted[vp], steps);
    vp_stop();
}

/* A look at the registers of a VP that is perhaps in the middle of a step, or at VTL2. */
static void visit(uint64_t vp, uint64_t value)
{
    uint64_t set[16] = {HV_PARTITION_SELF, vp, TPIDR_EL1, 0, value};
    uint64_t get[16] = {HV_PARTITION_SELF, vp, TPIDR_EL1 | (uint64_t)ICC_PMR_EL1 << 32};
    uint64_t result;

    result = hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), set);
    check(result == HV_REPS(1), "setting TPIDR_EL1 of VP%lu: 0x%lx", vp, result);
    result = hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(2), get);
    check(result == HV_REPS(2) && get[12] == value, "VP%lu has 0x%lx, not 0x%lx: 0x%lx", vp,
          get[12], value, result);
}

/* VP0 takes rights away and gives them back. */
static void disturb(uint64_t changes)
{
    static const unsigned rights[] = {R | W, R | X, RWX, 0, R, R | W, RWX};
    bool visits = argument_is("visits", "");

    for (uint64_t i = 0; i < changes; i++) {
        uint64_t result = paravisor_protect(page, 1, rights[i % ARRAY_SIZE(rights)]);

        check(HV_STATUS(result) == 0, "change %lu: 0x%lx", i, result);
        for (uint64_t until = counter() + counter_hz() / 200; counter() < until;)
            if (visits)
                visit(1 + i % (vps - 1), i << 32);
    }
    signal_value(&stop, 1);
}

static void run_vtl0(void)
{
    uint64_t sum = 0;

    vps = (unsigned)argument_number("vps", 3);
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION);
    mmu_prepare(GRANULE_4K);
    mmu_on();
    for (unsigned vp = 1; vp < vps; vp++)
        report(vp_start(vp, count, vp) == PSCI_SUCCESS, "VP%u counts", vp);
    disturb(argument_number("changes", DEFAULT_CHANGES));
    for (unsigned vp = 1; vp < vps; vp++) {
        wait_for(&counted[vp], 1);
        report(page[(2 + vp) * GRAIN] == counted[vp], "VP%u's own: %lu", vp, counted[vp]);
        sum += counted[vp];
    }
    report(page[0] == sum, "exclusives: %lu", page[0]);
    report(!has_lse() || page[GRAIN] == sum, "atomics: %lu", page[GRAIN]);
}

static void serve(uint64_t vp)
{
    signal_value(&up[vp], 1);
    paravisor_serve();
}

static void run_paravisor(void)
{
    vps = (unsigned)argument_number("vps", 3);
    for (unsigned vp = 1; vp < vps; vp++)
        if (vp_start(vp, serve, vp) == PSCI_SUCCESS)
            wait_for(&up[vp], 1);
    paravisor_serve();
}

void guest_main(void)
{
    if (guest_vtl == 0)
        run_vtl0();
    else
        run_paravisor();
}
