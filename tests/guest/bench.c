/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests/bench measures, from within the guest. It prints
 *   bench: hz HZ
 *   bench: round OPERATIONS TICKS       (a line for each round)
 * in ticks of the counter. Arguments, the same for all VTLs: what=..., count=OPERATIONS of a round,
 * rounds=N, vps=N.
 *
 *   switch-0, -4, -16, -all   one-way switches, with so many shared registers changed between two
 *   switch-4-function         the same by functions 0xc3000002 and 0xc3000003
 *   hypercall                 HvCallNotifyLongSpinWait, which has nothing to do
 *   intercept                 a denied load, which the paravisor steps over
 *   protect, lift             rights of VTL0 to `pages` pages taken away, and given back; by VTL2
 */
#include "tests/guest/paravisor.h"

#define MODIFY_VTL_PROTECTION_MASK 0x000cul
#define NOTIFY_LONG_SPIN_WAIT 0x0008ul
#define VSM_PARTITION_CONFIG 0x000d0007u
#define ENABLE_PROTECTION 0x3ful
#define FPEN (3ul << 20)         /* CPACR_EL1 */
#define PAGES_A_CALL (PAGE / 8 - 2) /* that fit the input page */
#define BEHIND (64ul << 20)         /* behind this payload: nothing else is there */

/* bench-loop.S; the changes keep to no calling convention. */
extern const char bench_change_0[], bench_change_4[], bench_change_16[], bench_change_all[];
void bench_call(uint64_t count, const void *change);
noreturn void bench_return(const void *change);
void bench_call_function(uint64_t count, const void *change);
noreturn void bench_return_function(const void *change);
void bench_hypercall(uint64_t count, uint64_t control, uint64_t input);

static uint64_t page[PAGE / 8] __attribute__((aligned(4096)));
static uint64_t protect_input[PAGE / 8] __attribute__((aligned(4096)));
static uint64_t count, rounds, pages; /* arguments */
static unsigned vps;

/* --- What is measured: @operations of it ------------------------------------------------------- */

static const struct {
    const char *name;
    const void *change;
    bool function;
} switches[] = {
    {"switch-0", bench_change_0, false},
    {"switch-4", bench_change_4, false},
    {"switch-16", bench_change_16, false},
    {"switch-all", bench_change_all, false},
    {"switch-4-function", bench_change_4, true},
};

static const void *change; /* between two switches */
static void (*call)(uint64_t count, const void *change) = bench_call;
static void (*back)(const void *change) = bench_return; /* does not return */

/* A call and the return are two. */
static void make_switches(uint64_t operations)
{
    call(operations / 2, change);
}

static void make_hypercalls(uint64_t operations)
{
    bench_hypercall(operations, NOTIFY_LONG_SPIN_WAIT | HV_FAST, 1);
}

static void load_denied(uint64_t operations)
{
    for (uint64_t i = 0; i < operations; i++)
        (void)*(volatile uint64_t *)page;
}

static void modify_rights(uint64_t rights)
{
    uint64_t left = pages, next = ((uintptr_t)page + BEHIND) / PAGE;

    while (left) {
        uint64_t part = left < PAGES_A_CALL ? left : PAGES_A_CALL;
        uint64_t block[16] = {(uintptr_t)protect_input}, result;

        protect_input[0] = HV_PARTITION_SELF;
        protect_input[1] = rights;
        for (uint64_t i = 0; i < part; i++)
            protect_input[2 + i] = next + i;
        result = hv_call(HV_NATIVE, MODIFY_VTL_PROTECTION_MASK | HV_REPS(part), block);
        if (!check(result == HV_REPS(part), "protection of %lu pages: 0x%lx", part, result))
            return;
        next += part;
        left -= part;
    }
}

/* So much of a round comes first and is not measured. */
static uint64_t warm_up(void)
{
    return count / 10 + 2;
}

/* --- Rounds ------------------------------------------------------------------------------------ */

static void print_round(uint64_t operations, uint64_t ticks)
{
    print("bench: round %lu %lu\n", operations, ticks);
}

static void measure_rounds(void (*body)(uint64_t operations))
{
    body(warm_up());
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t begin = counter();

        body(count);
        print_round(count, counter() - begin);
    }
}

/* What takes rights away has to give them back each time, and the other way round. */
static void measure_protection(bool lift)
{
    modify_rights(lift ? 0 : RWX);
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t ticks = 0, begin;

        for (uint64_t j = 0; j < count; j++) {
            if (lift)
                modify_rights(0);
            begin = counter();
            modify_rights(lift ? RWX : 0);
            ticks += counter() - begin;
            if (!lift)
                modify_rights(RWX);
        }
        print_round(count, ticks);
    }
}

/* --- VTL0 -------------------------------------------------------------------------------------- */

static volatile uint64_t ready[GUEST_MAX_VPS], done[GUEST_MAX_VPS], begun;

/* All VPs at once; the ticks are those from the first's beginning to the last's end. */
static void switch_on(uint64_t vp)
{
    sysreg_write(cpacr_el1, FPEN);
    vp_is_up();
    make_switches(warm_up());
    for (uint64_t i = 1; i <= rounds; i++) {
        signal_value(&ready[vp], i);
        wait_for(&begun, i);
        make_switches(count);
        signal_value(&done[vp], i);
    }
    vp_stop();
}

static void measure_vps(void)
{
    make_switches(warm_up());
    vp_start_others(vps, switch_on);
    for (uint64_t i = 1; i <= rounds; i++) {
        uint64_t begin;

        for (unsigned vp = 1; vp < vps; vp++)
            wait_for(&ready[vp], i);
        begin = counter();
        signal_value(&begun, i);
        make_switches(count);
        for (unsigned vp = 1; vp < vps; vp++)
            wait_for(&done[vp], i);
        print_round(count * vps, counter() - begin);
    }
}

static void measure_intercepts(void)
{
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION);
    paravisor_policy(POLICY_SKIP);
    check(HV_STATUS(paravisor_protect(page, 1, 0)) == 0, "protection of a page");
    measure_rounds(load_denied);
    check(paravisor_intercepts(NULL) >= rounds * count, "each load is an intercept");
}

static void run_lower(void)
{
    if (argument_is("what", "intercept"))
        measure_intercepts();
    else if (argument_is("what", "hypercall")) {
        hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
        measure_rounds(make_hypercalls);
    } else
        measure_vps();
}

/* --- VTL2 -------------------------------------------------------------------------------------- */

static void answer(uint64_t vp)
{
    (void)vp;
    sysreg_write(cpacr_el1, FPEN);
    vp_is_up();
    back(change);
}

static void print_unit(void)
{
    print("bench: hz %lu\n", counter_hz());
}

static void protect_as_vtl2(bool lift)
{
    print_unit();
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    hv_set(HV_NATIVE, VSM_PARTITION_CONFIG, ENABLE_PROTECTION);
    measure_protection(lift);
    finish();
}

static void run_higher(void)
{
    if (argument_is("what", "protect") || argument_is("what", "lift"))
        protect_as_vtl2(argument_is("what", "lift"));
    if (argument_is("what", "intercept"))
        paravisor_serve();
    vp_start_others(vps, answer);
    back(change);
}

void guest_main(void)
{
    sysreg_write(cpacr_el1, FPEN);
    count = argument_number("count", 1000);
    rounds = argument_number("rounds", 3);
    pages = argument_number("pages", 1);
    vps = (unsigned)argument_number("vps", 1);
    for (unsigned i = 0; i < ARRAY_SIZE(switches); i++)
        if (argument_is("what", switches[i].name)) {
            change = switches[i].change;
            call = switches[i].function ? bench_call_function : bench_call;
            back = switches[i].function ? bench_return_function : bench_return;
        }
    if (guest_vtl != 0)
        run_higher();
    print_unit();
    run_lower();
}
