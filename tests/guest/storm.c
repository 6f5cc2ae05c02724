/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VPs that do nothing but interrupt each other, at VTL0, at VTL2 and across, while they call,
 * return, mask, unmask, wait and are interrupted by timers of both VTLs. Each sender has an SGI of
 * its own at each VTL, and an event flag for each receiver at the other one; it uses it again only
 * once the last one has been taken. So every interrupt can be counted: a lost one ends the traffic
 * from there to there, and a spurious one is seen.
 *
 * Both VTLs work on the same tables, which are VTL0's.
 */
#include "tests/guest/paravisor.h"

#define VP_ASSIST_PAGE 0x00090013u
#define ENABLE 1ul
#define SINT 2u
#define SINT2 0x000a0002u
#define SCONTROL 0x000a0010u
#define SIEFP 0x000a0012u
#define SINT_INTID 0x12u /* a PPI */
#define CREATE_PORT 0x0095ul
#define CONNECT_PORT 0x0096ul
#define SIGNAL_EVENT 0x005dul
#define SIGNAL_EVENT_DIRECT 0x00c0ul
#define EVENT_PORT 2
#define PORT 100       /* more by the VP that it leads to */
#define CONNECTION 200
#define FLAG(vp) ((vp) * 8ul) /* a byte each, which needs no atomic access here */
#define UART_PERIPHERAL_ID0 0xfe0
#define PL011_ID0 0x11
#define TIMER_MAX_US 300
#define LEVELS 2

enum kind { SGI_VTL0, SGI_VTL2, EVENT_DOWN, EVENT_UP, KINDS };

/* From one VP to another, of one kind. */
struct channel {
    volatile uint64_t sent, received;
    volatile uint64_t sent_at, slowest;
};

struct tables {
    struct channel channel[KINDS][GUEST_MAX_VPS][GUEST_MAX_VPS]; /* [..][from][to] */
    volatile uint64_t timers[LEVELS][GUEST_MAX_VPS];
    volatile uint64_t stop, spurious, refused, reasons[GUEST_MAX_VPS];
    volatile uint64_t ready[GUEST_MAX_VPS], stopped[GUEST_MAX_VPS];
    volatile uint64_t go;
    unsigned vps;
};

static struct tables own;
static struct tables *tables;
static struct random randoms[GUEST_MAX_VPS];
static uint8_t assist_pages[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));
static volatile uint8_t flags[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));
static uint64_t inputs[GUEST_MAX_VPS][PAGE / 8] __attribute__((aligned(4096)));

static unsigned level(void)
{
    return guest_vtl > 0;
}

static unsigned below(unsigned limit)
{
    return (unsigned)(random_next(&randoms[guest_vp()]) >> 33) % limit;
}

static void fence(void)
{
    __asm__ volatile("dmb sy" : : : "memory");
}

static void take(enum kind kind, unsigned from)
{
    struct channel *channel = &tables->channel[kind][from][guest_vp()];

    if (from >= tables->vps || channel->received + 1 != channel->sent) {
        tables->spurious++;
        return;
    }
    if (counter() - channel->sent_at > channel->slowest)
        channel->slowest = counter() - channel->sent_at;
    fence();
    channel->received++;
}

/* One interrupt may stand for several flags; the next one then finds none. */
static void take_events(void)
{
    volatile uint8_t *byte = &flags[guest_vp()][SINT * 0x100];

    for (unsigned from = 0; from < tables->vps; from++)
        if (byte[from]) {
            byte[from] = 0;
            fence();
            take(guest_vtl ? EVENT_UP : EVENT_DOWN, from);
        }
}

static void handler(unsigned intid)
{
    if (intid == INTID_TIMER_VIRTUAL) {
        timer_stop();
        tables->timers[level()][guest_vp()]++;
    } else if (intid == SINT_INTID) {
        take_events();
    } else {
        take(guest_vtl ? SGI_VTL2 : SGI_VTL0, intid);
    }
}

static uint64_t signal_event(unsigned to)
{
    uint64_t down[16] = {HV_PARTITION_SELF,
                         to | (uint64_t)SINT << 40 | FLAG(guest_vp()) << 48};
    uint64_t up_there[16] = {(CONNECTION + to) | FLAG(guest_vp()) << 32};

    return guest_vtl ? hv_call(HV_NATIVE, SIGNAL_EVENT_DIRECT | HV_FAST, down)
                     : hv_call(HV_NATIVE, SIGNAL_EVENT | HV_FAST, up_there);
}

/* To one that has taken the last one. With interrupts masked: nothing of ours comes between. */
static void send(void)
{
    unsigned to = below(tables->vps);
    bool event = below(2);
    enum kind of_events = guest_vtl ? EVENT_DOWN : EVENT_UP;
    enum kind kind = event ? of_events : guest_vtl ? SGI_VTL2 : SGI_VTL0;
    struct channel *channel = &tables->channel[kind][guest_vp()][to];

    if (channel->sent != channel->received)
        return;
    channel->sent_at = counter();
    channel->sent++;
    __asm__ volatile("dsb sy" : : : "memory");
    if (event)
        tables->refused += signal_event(to) != 0;
    else
        gic_send(to, guest_vp());
}

static void prepare_synic(void)
{
    hv_set(HV_NATIVE, SIEFP, (uintptr_t)flags[guest_vp()] | ENABLE);
    hv_set(HV_NATIVE, SINT2, SINT_INTID);
    hv_set(HV_NATIVE, SCONTROL, ENABLE);
}

static void prepare(void)
{
    gic_init();
    for (unsigned intid = 0; intid < GUEST_MAX_VPS; intid++)
        gic_enable(intid);
    gic_enable(INTID_TIMER_VIRTUAL);
    gic_enable(SINT_INTID);
    interrupt_handle(handler);
    prepare_synic();
    random_seed(&randoms[guest_vp()], 1 + guest_vp() + 100 * guest_vtl);
}

/* --- VTL2 ------------------------------------------------------------------------------------- */

static void act_upper(void)
{
    switch (below(4)) {
    case 0:
    case 1:
        send();
        break;
    case 2:
        timer_start(below(TIMER_MAX_US));
        break;
    default:
        break;
    }
}

/* For the events of VTL0: TLFS, HvCallCreatePort and HvCallConnectPort. */
static void make_port(void)
{
    unsigned vp = guest_vp();
    uint64_t *input = inputs[vp];
    uint64_t block[16] = {(uintptr_t)input};

    input[0] = input[2] = HV_PARTITION_SELF;
    input[1] = (PORT + vp) | guest_vtl << 32;
    input[3] = EVENT_PORT;
    input[4] = SINT | (uint64_t)vp << 32;
    input[5] = FLAG(GUEST_MAX_VPS) << 16; /* flags, from 0 on */
    check(hv_call(HV_NATIVE, CREATE_PORT, block) == 0, "no port for VP%u", vp);
}

static void connect(unsigned vp)
{
    uint64_t *input = inputs[guest_vp()];
    uint64_t block[16] = {(uintptr_t)input}, result;

    input[0] = input[2] = HV_PARTITION_SELF;
    input[1] = CONNECTION + vp;
    input[3] = PORT + vp;
    input[4] = EVENT_PORT;
    result = hv_call(HV_NATIVE, CONNECT_PORT, block);
    check(result == 0, "no connection to VP%u: 0x%lx", vp, result);
}

static void serve(uint64_t vp)
{
    static struct shared shareds[GUEST_MAX_VPS];
    struct shared *shared = &shareds[vp];
    const volatile uint32_t *reason = (uint32_t *)(assist_pages[vp] + ASSIST_REASON);

    prepare();
    make_port();
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_pages[vp] | ENABLE);
    vp_is_up();
    for (;;) {
        vtl_run_lower(shared);
        if (*reason == ENTRY_INTERRUPT)
            tables->reasons[vp]++;
        if (*reason == ENTRY_CALL) {
            tables = (struct tables *)shared->x[1];
            if (tables->go)
                act_upper();
        }
        /* Sometimes it leaves what is pending, and has to be entered for it again. */
        if (*reason == ENTRY_INTERRUPT || below(2)) {
            unmask();
            mask();
        }
    }
}

static void run_upper(void)
{
    unsigned vps = (unsigned)argument_number("vps", 1);

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    vp_start_others(vps, serve);
    serve(0);
}

/* --- VTL0 ------------------------------------------------------------------------------------- */

static void wait_for_timer(void)
{
    uint64_t before = own.timers[0][guest_vp()];

    timer_start(below(TIMER_MAX_US));
    /* Masked, so that none is taken between the look and the wait. */
    while (own.timers[0][guest_vp()] == before) {
        wait_for_interrupt();
        unmask();
        mask();
    }
}

/* A load from a device, which an interrupt must not cut in two. */
static void load(void)
{
    volatile uint32_t *id = (volatile uint32_t *)(uintptr_t)(UART_BASE + UART_PERIPHERAL_ID0);

    check(*id == PL011_ID0, "a load from the console's device");
}

static void act(void)
{
    switch (below(8)) {
    case 0:
    case 1:
    case 2:
        send();
        break;
    case 3:
    case 4:
        vtl_call((uintptr_t)&own);
        break;
    case 5:
        wait_for_timer();
        break;
    case 6:
        load();
        break;
    default:
        unmask();
        for (volatile unsigned i = below(3000); i; i--)
            continue;
        mask();
    }
}

/* What is under way when the traffic ends must come, with nobody calling VTL2. */
static void run_lower(uint64_t vp)
{
    prepare();
    signal_value(&own.ready[vp], 1);
    wait_for(&own.go, 1);
    while (!own.stop)
        act();
    signal_value(&own.stopped[vp], 1);
    unmask();
    for (;;)
        continue;
}

static bool is_quiet(void)
{
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned from = 0; from < own.vps; from++)
            for (unsigned to = 0; to < own.vps; to++)
                if (own.channel[kind][from][to].sent != own.channel[kind][from][to].received)
                    return false;
    return true;
}

static void tell(enum kind kind)
{
    static const char *const names[KINDS] = {
        "VTL0 to VTL0", "VTL2 to VTL2", "VTL2 to VTL0", "VTL0 to VTL2"};
    uint64_t least = UINT64_MAX, sum = 0, slowest = 0, lost = 0;

    for (unsigned from = 0; from < own.vps; from++)
        for (unsigned to = 0; to < own.vps; to++) {
            const struct channel *channel = &own.channel[kind][from][to];

            sum += channel->received;
            lost += channel->sent - channel->received;
            least = channel->received < least ? channel->received : least;
            slowest = channel->slowest > slowest ? channel->slowest : slowest;
        }
    report(!lost && least > 0, "%s: %lu interrupts, none lost, at least %lu from each VP to each; "
           "the slowest took %lu us", names[kind], sum, least, slowest * 1000000 / counter_hz());
}

static void finish_storm(void)
{
    /* Each VP for itself may be in the middle of something; after that, only interrupts count. */
    signal_value(&own.stop, 1);
    for (unsigned vp = 1; vp < own.vps; vp++)
        wait_for(&own.stopped[vp], 1);
    unmask();
    for (uint64_t until = counter() + 5 * counter_hz(); !is_quiet() && counter() < until;)
        continue;
    mask();
}

void guest_main(void)
{
    uint64_t end, entries = 0;

    if (guest_vtl == 2)
        run_upper();
    tables = &own;
    own.vps = (unsigned)argument_number("vps", 2);
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    for (unsigned vp = 0; vp < own.vps; vp++)
        connect(vp);
    for (unsigned vp = 1; vp < own.vps; vp++)
        check(vp_start(vp, run_lower, vp) == PSCI_SUCCESS, "VP%u does not start", vp);
    prepare();
    for (unsigned vp = 1; vp < own.vps; vp++)
        wait_for(&own.ready[vp], 1);
    /* VTL2 learns where the tables are before anybody interrupts it. */
    vtl_call((uintptr_t)&own);
    signal_value(&own.go, 1);
    for (end = counter() + argument_number("seconds", 10) * counter_hz(); counter() < end;)
        act();
    finish_storm();
    for (unsigned vp = 0; vp < own.vps; vp++)
        entries += own.reasons[vp];
    report(own.spurious == 0, "nothing came that nobody had sent");
    report(entries > 0, "VTL2 was entered for interrupts %lu times", entries);
    report(own.refused == 0, "no event was refused");
    for (unsigned kind = 0; kind < KINDS; kind++)
        tell((enum kind)kind);
}
