/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTL0 on vps=4 VPs against VTL2 and the VMM, by interrupts, timers and what starts and stops VPs:
 *
 *   off       VTL2 of a VP that is off at VTL0 still gets its interrupts
 *   restart   a VTL that VTL2 watches is stopped and started while others are stepped
 *   hold      VTL2 looks at registers of a VTL that it watches, while others are stepped
 *   flood     timers as fast as can be on all VPs; VTL2's own timer is still on time
 *   reset     the same, and SYSTEM_RESET in the middle of it; ends only by --timeout
 */
#include "tests/guest/paravisor.h"

#define MODIFY_VTL_PROTECTION_MASK 0x000cul
#define USE_VTL 0x10ul /* HV_INPUT_VTL */
#define INTERNAL_ACTIVITY_STATE 0x00000004u
#define PC_NAME 0x00020022u
#define VP_ASSIST_PAGE 0x00090013u
#define VSM_PARTITION_CONFIG 0x000d0007u
#define PROTECT_ALL_OPEN 0x1ful /* EnableVtlProtection, with all rights at first */
#define STIMER0_CONFIG 0x000b0000u
#define VSM_VINA 0x000d0005u
#define VINA_VECTOR 0x13u /* PPIs */
#define STIMER_VECTOR 0x14u
#define VINA_ENABLED (1ul << 8)
#define VINA_AUTO_RESET (1ul << 9)
#define TIMER_ENABLE (1ul << 0)
#define TIMER_PERIODIC (1ul << 1)
#define TIMER_AUTO_ENABLE (1ul << 3)
#define TIMER_DIRECT (1ul << 12)
#define TIMER_VECTOR_SHIFT 4
#define TIMERS 4
#define ENABLE 1ul
#define SGI 6
#define ARM_US 30000 /* longer than anybody waits before he watches */
#define ROUNDS 50
#define PATIENCE_S 5 /* with hardly any processor for it, in a bed */

enum command {
    COMMAND_NONE,
    COMMAND_SEND,    /* SGIs to VTL2 of that VP, one by one; 1 if all came */
    COMMAND_PROTECT, /* the page at X2 is to be rw- for VTL0 */
    COMMAND_RESTART, /* stops VTL0 of this VP, and waits until it is started; X2 times */
    COMMAND_HOLD,    /* reads VTL0's PC X2 times; the slowest one in us */
    COMMAND_TIMER,   /* its own synthetic timer X2 times; the latest one in us */
};

static volatile uint64_t restarts_wanted; /* in memory of VTL0, as VTL2 is told where that is */

static uint64_t to_us(uint64_t ticks)
{
    return ticks * 1000000 / counter_hz();
}

static void busy(uint64_t us)
{
    uint64_t until = counter() + counter_hz() * us / 1000000;

    while (counter() < until)
        continue;
}

/* --- VTL2 ------------------------------------------------------------------------------------- */

static uint8_t assist_pages[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));
static struct shared shareds[GUEST_MAX_VPS];
static volatile uint64_t interrupts[GUEST_MAX_VPS];

static void upper_handler(unsigned intid)
{
    (void)intid;
    interrupts[guest_vp()]++;
}

static bool has_come(unsigned vp, uint64_t count)
{
    uint64_t until = counter() + PATIENCE_S * counter_hz();

    while (interrupts[vp] < count)
        if (counter() > until)
            return false;
    return true;
}

static uint64_t send(unsigned vp)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t before = interrupts[vp];

        gic_send(vp, SGI);
        if (!has_come(vp, before + 1))
            return i;
    }
    return ROUNDS;
}

static uint64_t protect(uint64_t address)
{
    uint64_t block[16] = {HV_PARTITION_SELF, R | W, address / PAGE};

    hv_set(HV_NATIVE, VSM_PARTITION_CONFIG, PROTECT_ALL_OPEN);
    return hv_call(HV_NATIVE, MODIFY_VTL_PROTECTION_MASK | HV_FAST | HV_REPS(1), block);
}

static uint64_t lower_get(uint32_t name)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF | USE_VTL << 32, name};

    hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
    return block[HV_NATIVE_OUTPUT];
}

static uint64_t lower_set(uint32_t name, uint64_t value)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF | USE_VTL << 32, name, 0, value, 0};

    return HV_STATUS(
        hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block));
}

/* With calls in between, so that the VMM gets to watch what is below. */
static void stay(uint64_t us)
{
    lower_get(INTERNAL_ACTIVITY_STATE);
    busy(us);
}

static uint64_t restart(uint64_t rounds, volatile uint64_t *wanted)
{
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t until;

        stay(ARM_US);
        if (lower_set(INTERNAL_ACTIVITY_STATE, 1) != 0)
            return i;
        signal_value(wanted, *wanted + 1);
        until = counter() + PATIENCE_S * counter_hz();
        while (lower_get(INTERNAL_ACTIVITY_STATE))
            if (counter() > until)
                return i;
    }
    return rounds;
}

static uint64_t hold(uint64_t rounds)
{
    uint64_t slowest = 0;

    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t begin;

        stay(ARM_US);
        begin = counter();
        lower_get(PC_NAME);
        if (counter() - begin > slowest)
            slowest = counter() - begin;
    }
    return to_us(slowest);
}

static uint64_t time_timer(uint64_t rounds)
{
    unsigned vp = guest_vp();
    uint64_t slowest = 0;

    hv_set(HV_NATIVE, STIMER0_CONFIG,
           TIMER_AUTO_ENABLE | TIMER_DIRECT | (uint64_t)STIMER_VECTOR << TIMER_VECTOR_SHIFT);
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t before = interrupts[vp], begin = counter();

        hv_set(HV_NATIVE, STIMER0_CONFIG + 1, 1); /* long ago: at once */
        unmask();
        if (!has_come(vp, before + 1))
            return UINT64_MAX;
        mask();
        if (counter() - begin > slowest)
            slowest = counter() - begin;
    }
    return to_us(slowest);
}

static uint64_t obey(const uint64_t *x)
{
    switch ((enum command)x[1]) {
    case COMMAND_SEND:
        return send((unsigned)x[2]);
    case COMMAND_PROTECT:
        return protect(x[2]);
    case COMMAND_RESTART:
        return restart(x[2], (volatile uint64_t *)x[3]);
    case COMMAND_HOLD:
        return hold(x[2]);
    case COMMAND_TIMER:
        return time_timer(x[2]);
    case COMMAND_NONE:
        break;
    }
    return 0;
}

static void serve(uint64_t vp)
{
    struct shared *shared = &shareds[vp];
    const volatile uint32_t *reason = (uint32_t *)(assist_pages[vp] + ASSIST_REASON);

    gic_init();
    gic_enable(SGI);
    gic_enable(VINA_VECTOR);
    gic_enable(STIMER_VECTOR);
    interrupt_handle(upper_handler);
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_pages[vp] | ENABLE);
    hv_set(HV_NATIVE, VSM_VINA, VINA_VECTOR | VINA_ENABLED | VINA_AUTO_RESET);
    vp_is_up();
    for (;;) {
        vtl_run_lower(shared);
        if (*reason == ENTRY_CALL)
            shared->x[1] = obey(shared->x);
        unmask();
        mask();
    }
}

static void run_upper(void)
{
    unsigned vps = (unsigned)argument_number("vps", 4);

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    vp_start_others(vps, serve);
    serve(0);
}

/* --- VTL0 ------------------------------------------------------------------------------------- */

static uint8_t data_page[PAGE] __attribute__((aligned(4096)));
static volatile uint64_t stop, running[GUEST_MAX_VPS], result[GUEST_MAX_VPS];
static unsigned vps;

static __attribute__((noinline)) uint64_t command(enum command what, uint64_t a, uint64_t b)
{
    register uint64_t x0 __asm__("x0") = 0;
    register uint64_t x1 __asm__("x1") = what;
    register uint64_t x2 __asm__("x2") = a;
    register uint64_t x3 __asm__("x3") = b;

    __asm__ volatile("hvc #2" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    return x1;
}

static bool is_off(unsigned vp)
{
    return psci(PSCI_AFFINITY_INFO, vp, 0, 0) == PSCI_OFF;
}

static void start(unsigned vp, void (*body)(uint64_t context))
{
    running[vp] = 0;
    while (!is_off(vp))
        continue;
    check(vp_start(vp, body, vp) == PSCI_SUCCESS, "VP%u does not start", vp);
    wait_for(&running[vp], 1);
}

static void wait_until_off(unsigned first)
{
    signal_value(&stop, 1);
    for (unsigned vp = first; vp < vps; vp++)
        while (!is_off(vp))
            continue;
    stop = 0;
}

static void only_run(uint64_t vp)
{
    signal_value(&running[vp], 1);
}

static void test_off(void)
{
    uint64_t came;

    start(1, only_run);
    while (!is_off(1))
        continue;
    came = command(COMMAND_SEND, 1, 0);
    report(came == ROUNDS, "VTL2 of a VP that has turned itself off gets %lu of %u interrupts",
           came, ROUNDS);
}

/* Each access is a step, during which no other VP is in VTL0. */
static void step(void)
{
    (void)*(volatile uint64_t *)data_page;
}

static void step_on(uint64_t vp)
{
    signal_value(&running[vp], 1);
    while (!stop)
        step();
}

static void be_restarted(uint64_t vp)
{
    signal_value(&running[vp], 1);
    result[vp] = command(COMMAND_RESTART, ROUNDS, (uintptr_t)&restarts_wanted);
    signal_value(&running[vp], 2);
}

void vp_entry(void); /* start.S */

/* VP1 never comes to run what it is started for: VTL2 stops it again. The last time it does. */
static void test_restart(void)
{
    uint64_t until = counter() + 60 * counter_hz(), done = 0;

    for (unsigned vp = 2; vp < vps; vp++)
        start(vp, step_on);
    start(1, be_restarted);
    while (done < ROUNDS && counter() < until) {
        step();
        if (restarts_wanted == done)
            continue;
        done = restarts_wanted;
        if (done == ROUNDS)
            running[1] = 0;
        check(vp_start(1, only_run, 1) == PSCI_SUCCESS, "VP1 starts again");
    }
    wait_for(&running[1], 1);
    wait_until_off(1);
    report(done == ROUNDS, "VTL0 of a VP is restarted %lu times while others are stepped", done);
}

static void be_held(uint64_t vp)
{
    signal_value(&running[vp], 1);
    result[vp] = command(COMMAND_HOLD, ROUNDS, 0);
    signal_value(&running[vp], 2);
}

static void test_hold(void)
{
    for (unsigned vp = 2; vp < vps; vp++)
        start(vp, step_on);
    start(1, be_held);
    while (running[1] != 2)
        step();
    wait_until_off(1);
    report(result[1] < PATIENCE_S * 1000000ul, "VTL2 reads a register of VTL0 in %lu us at most",
           result[1]);
}

static void set_timers(uint64_t period, uint64_t config)
{
    for (unsigned i = 0; i < TIMERS; i++) {
        hv_set(HV_NATIVE, STIMER0_CONFIG + 2 * i, config);
        hv_set(HV_NATIVE, STIMER0_CONFIG + 2 * i + 1, period);
    }
}

static void flood(void)
{
    static const uint64_t counts[] = {1, UINT64_MAX, UINT64_MAX - 1, 1ul << 63, 2, 1};

    for (unsigned i = 0; i < ARRAY_SIZE(counts); i++)
        set_timers(counts[i], TIMER_PERIODIC | TIMER_AUTO_ENABLE | TIMER_DIRECT |
                                  (uint64_t)(STIMER_VECTOR + i % 4) << TIMER_VECTOR_SHIFT);
}

static void flood_on(uint64_t vp)
{
    signal_value(&running[vp], 1);
    while (!stop) {
        flood();
        for (unsigned i = 0; i < 1000 && !stop; i++)
            step();
    }
    set_timers(0, 0);
}

static void test_flood(void)
{
    uint64_t slowest;

    for (unsigned vp = 1; vp < vps; vp++)
        start(vp, flood_on);
    flood();
    slowest = command(COMMAND_TIMER, ROUNDS, 0);
    set_timers(0, 0);
    wait_until_off(1);
    report(slowest < PATIENCE_S * 1000000ul, "VTL2's own timer is late by %ld us at most",
           (long)slowest);
}

/* Life is short, and ends anywhere. */
static void test_reset(void)
{
    for (unsigned vp = 1; vp < vps; vp++)
        start(vp, flood_on);
    flood();
    busy(counter() % 50000);
    psci(PSCI_SYSTEM_RESET, 0, 0, 0);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"off", test_off}, {"restart", test_restart}, {"hold", test_hold}, {"flood", test_flood},
};

void guest_main(void)
{
    if (guest_vtl == 2)
        run_upper();
    vps = (unsigned)argument_number("vps", 4);
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 2ul << 40);
    command(COMMAND_PROTECT, (uintptr_t)data_page, 0);
    if (argument_is("only", "reset"))
        test_reset();
    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++)
        if (!argument_is("without", tests[i].name))
            tests[i].run();
}
