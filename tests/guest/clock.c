/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time is one: all VPs, at all VTLs, read all clocks there are, while they call, return, wait, are
 * suspended, pre-empted, interrupted and visited. What one has read is a floor for what others read
 * after that, wherever they run, and all clocks agree with the counter. No absolute time is
 * expected, as machines may be slow.
 *
 * All VTLs work on the same tables, which are VTL0's. vps=N and, for VTL0, rounds=N. With `reset`
 * VTL0 and VTL2 go through a reset of the partition with which time begins anew.
 */
#include "tests/guest/paravisor.h"

#define PRIVILEGES 0x00000200u
#define PRIVILEGE_FREQUENCY (1ul << 11)
#define FEATURE_FREQUENCY (1ul << (70 - 64))
#define PROCESSOR_CLOCK 0x00000240u
#define INTERRUPT_CLOCK 0x00000241u
#define CNTFRQ 0x00058000u
#define CNTPCT 0x0005800cu
#define CNTVCT 0x00058011u
#define TIME_REF_COUNT 0x00090004u
#define VP_ASSIST_PAGE 0x00090013u
#define REFERENCE_TSC 0x00090017u
#define STIMER_CONFIG 0x000b0000u
#define STIMER_COUNT 0x000b0001u
#define VSM_PARTITION_CONFIG 0x000d0007u
#define OS_ID (1ul << 40)
#define ENABLE 1ul
#define DIRECT(intid) (1ul << 12 | (uint64_t)(intid) << 4)
#define USE_VTL (0x10ul | guest_vtl)
#define PPI_STIMER 0x14u
#define UNKNOWN_NAME 0x5

#define REFERENCE_HZ 10000000ul
#define REFERENCE_US 10ul
#define ROUNDING 1ul /* of reference time, whose units are longer or shorter than a tick */
#define TIMER_MAX_US 300
#define LEVELS 3
#define HIGHEST (LEVELS - 1)
#define OUTLIVE 8
#define HANDOVERS 2000ul

/* From CLOCK_REFERENCE on in units of 100 ns. */
enum clock {
    CLOCK_VIRTUAL,
    CLOCK_PHYSICAL,
    CLOCK_REFERENCE,
    CLOCK_PAGE,
    CLOCKS,
};

static const char *const names[CLOCKS] = {"CNTVCT_EL0", "CNTPCT_EL0", "TimeRefCount",
                                          "the ReferenceTsc page"};

enum event {
    EVENT_READING,
    EVENT_CALL,    /* from this VTL to the next */
    EVENT_PREEMPT, /* this VTL has been entered for an interrupt */
    EVENT_TIMER,   /* virtual timer */
    EVENT_STIMER,
    EVENT_SUSPEND,
    EVENT_VISIT,
    EVENTS,
};

struct reading {
    volatile uint64_t clock[CLOCKS];
};

struct tables {
    struct reading latest[LEVELS][GUEST_MAX_VPS]; /* the floors */
    volatile uint64_t count[LEVELS][EVENTS][GUEST_MAX_VPS];
    volatile uint64_t failures[LEVELS][GUEST_MAX_VPS];
    volatile uint64_t stop, stopped[GUEST_MAX_VPS], hz;
    volatile uint64_t turn, time, partner; /* of the handovers; @partner: one has come for them */
    unsigned vps;
};

/* TLFS, "Partition Reference Time Enlightenment". */
struct reference_page {
    volatile uint32_t sequence, zero;
    volatile uint64_t scale, offset;
    uint8_t rest[PAGE - 24];
};

static struct tables own;
static struct tables *tables;
static struct reference_page reference_page __attribute__((aligned(4096)));
static uint8_t assist_pages[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));
static struct random randoms[GUEST_MAX_VPS];
static uint64_t timer_due[GUEST_MAX_VPS], stimer_due[GUEST_MAX_VPS];
static volatile uint64_t up[GUEST_MAX_VPS];

static unsigned below(unsigned limit)
{
    return (unsigned)(random_next(&randoms[guest_vp()]) >> 33) % limit;
}

static void note(enum event event)
{
    tables->count[guest_vtl][event][guest_vp()]++;
}

static uint64_t seen(unsigned level, enum event event)
{
    return tables->count[level][event][guest_vp()];
}

/* --- The clocks ------------------------------------------------------------------------------- */

static uint64_t get_of(unsigned vp, uint32_t name)
{
    uint64_t block[HV_FAST_QWORDS] = {HV_PARTITION_SELF, vp | USE_VTL << 32, name};
    uint64_t result =
        hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);

    check(result == HV_REPS(1), "register 0x%x of VP%u: 0x%lx", name, vp, result);
    return block[HV_NATIVE_OUTPUT];
}

static uint64_t get(uint32_t name)
{
    return get_of(HV_VP_SELF, name);
}

static void set(uint32_t name, uint64_t value)
{
    check(hv_set(HV_NATIVE, name, value) == 0, "register 0x%x does not take 0x%lx", name, value);
}

static uint64_t read_virtual(void)
{
    return counter();
}

static uint64_t read_physical(void)
{
    __asm__ volatile("isb" : : : "memory");
    return sysreg_read(cntpct_el0);
}

static uint64_t read_reference(void)
{
    return get(TIME_REF_COUNT);
}

/* The sequence changes when scale and offset do; while it is 0 the page says nothing. */
static uint64_t read_page(void)
{
    for (;;) {
        uint32_t sequence = reference_page.sequence;
        uint64_t scale, offset, ticks;

        if (!sequence)
            return read_reference();
        __asm__ volatile("dmb ld" : : : "memory");
        scale = reference_page.scale;
        offset = reference_page.offset;
        ticks = counter();
        __asm__ volatile("dmb ld" : : : "memory");
        if (reference_page.sequence == sequence)
            return (uint64_t)((unsigned __int128)ticks * scale >> 64) + offset;
    }
}

static uint64_t (*const reads[CLOCKS])(void) = {read_virtual, read_physical, read_reference,
                                                read_page};

/* Without overflow: by whole seconds. */
static uint64_t to_reference(uint64_t ticks)
{
    uint64_t hz = counter_hz();

    return ticks / hz * REFERENCE_HZ + ticks % hz * REFERENCE_HZ / hz;
}

static uint64_t less(uint64_t value, uint64_t by)
{
    return value > by ? value - by : 0;
}

static void copy(struct reading *to, const struct reading *from)
{
    for (unsigned i = 0; i < CLOCKS; i++)
        to->clock[i] = from->clock[i];
}

/* The latest that anybody has read, at any VTL. Counters are not read before this is known. */
static void find_floor(struct reading *floor)
{
    *floor = (struct reading){.clock = {0}};
    for (unsigned level = 0; level < LEVELS; level++)
        for (unsigned vp = 0; vp < tables->vps; vp++)
            for (unsigned i = 0; i < CLOCKS; i++) {
                uint64_t value = tables->latest[level][vp].clock[i];

                if (value > floor->clock[i])
                    floor->clock[i] = value;
            }
    __asm__ volatile("dsb sy\n\tisb" : : : "memory");
}

/* By the counter before and after; reference time is rounded. */
static void check_agreement(enum clock clock, uint64_t begin, uint64_t value, uint64_t end)
{
    if (clock >= CLOCK_REFERENCE) {
        begin = less(to_reference(begin), ROUNDING);
        end = to_reference(end) + ROUNDING;
    }
    check(value >= begin && value <= end, "%s: 0x%lx, by the counter 0x%lx to 0x%lx", names[clock],
          value, begin, end);
}

/* With interrupts masked, or else one could come between a reading and its publication. */
static uint64_t read_clocks(void)
{
    struct reading floor, now;

    find_floor(&floor);
    for (unsigned i = 0; i < CLOCKS; i++) {
        uint64_t begin = counter();

        now.clock[i] = reads[i]();
        check_agreement(i, begin, now.clock[i], counter());
        check(now.clock[i] >= floor.clock[i], "%s goes back: 0x%lx, and 0x%lx before", names[i],
              now.clock[i], floor.clock[i]);
    }
    check(counter_hz() == tables->hz, "%lu Hz here, %lu Hz at VTL0", counter_hz(), tables->hz);
    __asm__ volatile("dmb sy" : : : "memory");
    copy(&tables->latest[guest_vtl][guest_vp()], &now);
    tables->failures[guest_vtl][guest_vp()] = report_failures();
    note(EVENT_READING);
    return now.clock[CLOCK_REFERENCE];
}

/* --- All VTLs --------------------------------------------------------------------------------- */

static void handler(unsigned intid)
{
    unsigned vp = guest_vp();

    if (intid == INTID_TIMER_VIRTUAL) {
        timer_stop();
        check(counter() >= timer_due[vp], "the virtual timer comes too early");
        note(EVENT_TIMER);
    }
    if (read_clocks() < stimer_due[vp] && intid == PPI_STIMER)
        check(false, "the synthetic timer comes too early");
    if (intid == PPI_STIMER)
        note(EVENT_STIMER);
}

static void begin_timer(void)
{
    unsigned us = below(TIMER_MAX_US);

    timer_due[guest_vp()] = counter() + counter_hz() * us / 1000000;
    timer_start(us);
}

static void begin_stimer(void)
{
    uint64_t due = get(TIME_REF_COUNT) + below(TIMER_MAX_US) * REFERENCE_US;

    stimer_due[guest_vp()] = due;
    set(STIMER_COUNT, due);
    set(STIMER_CONFIG, DIRECT(PPI_STIMER) | ENABLE);
}

/*
 * The counter from one VP to another and back, as fast as can be: the smaller of the two ways is as
 * much as the counters may differ without being seen to go back. Returns this side's shortest way.
 */
static uint64_t hand_over(uint64_t side)
{
    uint64_t shortest = UINT64_MAX;

    for (uint64_t turn = side; turn < HANDOVERS; turn += 2) {
        uint64_t before, now;

        wait_for(&tables->turn, turn);
        before = tables->time;
        __asm__ volatile("dsb sy" : : : "memory");
        now = counter();
        check(now >= before, "the counter goes back from VP to VP: 0x%lx after 0x%lx", now, before);
        if (turn && now - before < shortest)
            shortest = now - before;
        tables->time = now;
        signal_value(&tables->turn, turn + 1);
    }
    return shortest;
}

/* What a VP has, as others see it. */
static void visit(void)
{
    unsigned vp = below(tables->vps);
    uint64_t begin = counter(), virtual = get_of(vp, CNTVCT), physical = get_of(vp, CNTPCT);
    uint64_t end = counter();

    check(virtual >= begin && physical >= virtual && end >= physical,
          "VP%u has CNTVCT_EL0 0x%lx and CNTPCT_EL0 0x%lx between 0x%lx and 0x%lx", vp, virtual,
          physical, begin, end);
    check(get_of(vp, CNTFRQ) == tables->hz, "VP%u has another frequency", vp);
    note(EVENT_VISIT);
}

static void prepare(void)
{
    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    gic_enable(PPI_STIMER);
    interrupt_handle(handler);
    random_seed(&randoms[guest_vp()], 1 + guest_vp() + 100 * guest_vtl);
}

/* Once for a VTL. */
static void prepare_page(void)
{
    set(HV_GUEST_OS_ID, OS_ID);
    report(!get(REFERENCE_TSC), "the ReferenceTsc page is off at first");
    set(REFERENCE_TSC, (uintptr_t)&reference_page | ENABLE);
    report(reference_page.sequence || counter_hz() <= REFERENCE_HZ, "and is there then");
}

/* --- Higher VTLs ------------------------------------------------------------------------------ */

static void act_upper(void)
{
    switch (below(4)) {
    case 0:
        begin_timer();
        break;
    case 1:
        begin_stimer();
        break;
    case 2:
        visit();
        break;
    default:
        break;
    }
}

/* VTL1 calls VTL2 on its way. */
static void take_call(struct tables *callers)
{
    tables = callers;
    read_clocks();
    act_upper();
    if (guest_vtl == HIGHEST && tables->partner && guest_vp() == 1)
        hand_over(1);
    if (guest_vtl == 1) {
        note(EVENT_CALL);
        vtl_call((uintptr_t)tables);
    }
    read_clocks();
}

static void serve(uint64_t vp)
{
    static struct shared shareds[GUEST_MAX_VPS];
    struct shared *shared = &shareds[vp];
    const volatile uint32_t *reason = (uint32_t *)(assist_pages[vp] + ASSIST_REASON);

    prepare();
    set(VP_ASSIST_PAGE, (uintptr_t)assist_pages[vp] | ENABLE);
    signal_value(&up[vp], 1);
    for (;;) {
        vtl_run_lower(shared);
        if (*reason == ENTRY_CALL)
            take_call((struct tables *)shared->x[1]);
        if (*reason != ENTRY_INTERRUPT)
            continue;
        note(EVENT_PREEMPT);
        read_clocks();
        unmask();
        mask();
    }
}

static noreturn void run_upper(void)
{
    unsigned vps = (unsigned)argument_number("vps", 1);

    prepare_page();
    if (argument_is("reset", ""))
        set(VSM_PARTITION_CONFIG, 0); /* memory is kept */
    for (unsigned vp = 1; vp < vps; vp++) {
        check(vp_start(vp, serve, vp) == PSCI_SUCCESS, "VP%u does not start", vp);
        wait_for(&up[vp], 1);
    }
    serve(0);
    finish();
}

/* --- VTL0 ------------------------------------------------------------------------------------- */

static void call(void)
{
    note(EVENT_CALL);
    vtl_call((uintptr_t)&own);
}

static void wait_for_timer(void)
{
    uint64_t before = seen(0, EVENT_TIMER);

    begin_timer();
    while (seen(0, EVENT_TIMER) == before) {
        wait_for_interrupt(); /* masked, so that none comes between the look and the wait */
        unmask();
        mask();
    }
}

static void wait_for_stimer(void)
{
    uint64_t before = seen(0, EVENT_STIMER);

    begin_stimer();
    unmask();
    while (seen(0, EVENT_STIMER) == before)
        continue;
    mask();
}

/* An interrupt that is masked wakes it, too. */
static void suspend(void)
{
    begin_timer();
    check(psci(PSCI_CPU_SUSPEND, 0, 0, 0) == PSCI_SUCCESS, "CPU_SUSPEND");
    check(counter() >= timer_due[guest_vp()], "CPU_SUSPEND returns too early");
    read_clocks();
    timer_stop();
    note(EVENT_SUSPEND);
}

static void act(void)
{
    static void (*const acts[])(void) = {call,    call,  call, wait_for_timer, wait_for_stimer,
                                         suspend, visit};

    read_clocks();
    acts[below(ARRAY_SIZE(acts))]();
    read_clocks();
}

static void run_lower(uint64_t vp)
{
    prepare();
    while (!own.stop)
        act();
    if (vp == 1) {
        own.partner = 1;
        call();
    }
    signal_value(&own.stopped[vp], 1);
}

static uint64_t sum_of(unsigned level, enum event event)
{
    uint64_t sum = 0;

    for (unsigned vp = 0; vp < own.vps; vp++)
        sum += own.count[level][event][vp];
    return sum;
}

static void tell(unsigned level)
{
    bool good = true;

    for (unsigned vp = 0; vp < own.vps; vp++)
        good &= !own.failures[level][vp] && own.count[level][EVENT_READING][vp] > 0;
    report(good, "VTL%u: all clocks in order, on each of %u VPs", level, own.vps);
    print("vtl0: %lu readings, %lu calls, %lu pre-emptions, %lu virtual timers, %lu synthetic "
          "timers, %lu suspensions, %lu visits\n", sum_of(level, EVENT_READING),
          sum_of(level, EVENT_CALL), sum_of(level, EVENT_PREEMPT), sum_of(level, EVENT_TIMER),
          sum_of(level, EVENT_STIMER), sum_of(level, EVENT_SUSPEND), sum_of(level, EVENT_VISIT));
}

/* Those of the TLFS are another name for an x64 machine's clocks: arm64 has CNTFRQ_EL0. */
static void test_frequencies(void)
{
    struct hv_value value = {0};

    report(counter_hz() > 0 && get(CNTFRQ) == counter_hz(), "%lu Hz by both CNTFRQ_EL0",
           counter_hz());
    hv_get(HV_NATIVE, PRIVILEGES, &value);
    report(!(value.low & PRIVILEGE_FREQUENCY) && !(value.high & FEATURE_FREQUENCY) &&
               hv_get(HV_NATIVE, PROCESSOR_CLOCK, &value) == UNKNOWN_NAME &&
               hv_get(HV_NATIVE, INTERRUPT_CLOCK, &value) == UNKNOWN_NAME,
           "frequency registers are neither offered nor there");
}

static void test_handover(void)
{
    unsigned before = report_failures();
    uint64_t shortest = hand_over(0);

    report(report_failures() == before, "VP1 at VTL%u and VP0 at VTL0 hand over the counter %lu "
           "times; the shortest way here took %lu ns", HIGHEST, HANDOVERS,
           shortest * 1000000000 / counter_hz());
}

static void test_clocks(void)
{
    uint64_t rounds = argument_number("rounds", 200);

    for (unsigned vp = 1; vp < own.vps; vp++)
        check(vp_start(vp, run_lower, vp) == PSCI_SUCCESS, "VP%u does not start", vp);
    prepare();
    while (rounds--)
        act();
    signal_value(&own.stop, 1);
    if (own.vps > 1)
        test_handover();
    for (unsigned vp = 1; vp < own.vps; vp++)
        wait_for(&own.stopped[vp], 1);
    for (unsigned level = 0; level < LEVELS; level++)
        if (own.count[level][EVENT_READING][0])
            tell(level);
    report(sum_of(HIGHEST, EVENT_PREEMPT) > 0, "VTL%u has pre-empted others", HIGHEST);
}

/* --- Reset ------------------------------------------------------------------------------------ */

/* Outside of all that is loaded, whose contents a reset renews. */
static struct {
    volatile uint64_t mark;
    struct reading last;
} *const kept = (void *)(RAM_BASE + 0x2000000ul);
#define MARK 0x74696d65666c6965ul

/* So long that this life's last readings are no match for the next one's first. */
static noreturn void reset(uint64_t first)
{
    while (counter() < OUTLIVE * first)
        continue;
    read_clocks();
    copy(&kept->last, &own.latest[0][0]);
    signal_value(&kept->mark, MARK);
    psci(PSCI_SYSTEM_RESET, 0, 0, 0);
    check(false, "SYSTEM_RESET returned");
    finish();
}

static void test_second_life(void)
{
    bool good = true;

    for (unsigned i = 0; i < CLOCKS; i++)
        good &= check(own.latest[0][0].clock[i] < kept->last.clock[i], "%s: 0x%lx, 0x%lx before",
                      names[i], own.latest[0][0].clock[i], kept->last.clock[i]);
    report(good, "time has begun anew with the reset, all clocks at once");
}

void guest_main(void)
{
    uint64_t first = counter();
    bool again = argument_is("reset", "") && kept->mark == MARK;

    if (guest_vtl > 0)
        run_upper();
    tables = &own;
    own.vps = (unsigned)argument_number("vps", 1);
    own.hz = counter_hz();
    prepare_page();
    read_clocks();
    if (again)
        test_second_life();
    test_frequencies();
    test_clocks();
    if (argument_is("reset", "") && !again && !report_failures())
        reset(first);
}
