/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interrupt for a higher VTL pre-empts the lower one at once, from wherever it comes; one for a
 * lower VTL waits (emu/dormant.c). VTL0 tells VTL2 by VTL calls what to arm, and looks what becomes
 * of it without calling again. With vps=2, other VPs' VTL2 sends.
 */
#include "tests/guest/paravisor.h"

#define VP_ASSIST_PAGE 0x00090013u
#define VSM_VINA 0x000d0005u
#define VINA_VECTOR 0x13u /* a PPI */
#define VINA_ENABLED (1ul << 8)
#define VINA_AUTO_RESET (1ul << 9)
#define ASSIST_VINA_STATUS 12
#define ENABLE 1ul
#define ICC_PMR S3_0_C4_C6_0
#define PMR_OPEN 0xf0
#define SGI 6
#define UART_IMSC 0x38
#define UART_ICR 0x44
#define UART_DR 0x00
#define UART_CR 0x30
#define UART_ENABLE 0x301 /* the UART, both ways */
#define UART_INT_RX (1u << 4)
#define UART_INT_TX (1u << 5)
#define DELAY_US 5000
#define ROUNDS 50
#define REASONS 4

enum command {
    COMMAND_TIMER,  /* own virtual timer in so many us */
    COMMAND_PMR,    /* own priority mask */
    COMMAND_LEAVE,  /* return so many interrupts without taking them */
    COMMAND_UART,   /* have the console interrupt */
    COMMAND_SEND,   /* an SGI to VTL2 of that VP */
    COMMAND_BUSY,   /* stay for so many us */
    COMMAND_OPEN,   /* the same, taking interrupts */
    COMMAND_VINA,   /* set VsmVina */
    COMMAND_CLEAR,  /* VinaAsserted */
    COMMAND_BOTH,   /* VTL1 sets its timer and has VTL2 set its own and stay until both are over */
    COMMAND_KEY,    /* have the console interrupt when a key is pressed */
    COMMAND_STAY,   /* set the timer in so many us, and stay four times as long */
};

/* What VTL2 has seen, in memory of VTL0. */
struct seen {
    volatile uint64_t entries[REASONS]; /* by reason */
    volatile uint64_t interrupts;
    volatile uint64_t intid;
    volatile uint64_t when; /* the counter at the last one */
    volatile uint64_t vina; /* VinaStatus at the end of the last command */
    volatile uint64_t key;   /* what came from the console */
    volatile uint64_t order; /* VTLs that took interrupts, a digit each */
};

static struct seen seen[GUEST_MAX_VPS];
static volatile uint64_t own_interrupts, own_when, started;

static void busy(uint64_t us)
{
    uint64_t until = counter() + counter_hz() * us / 1000000;

    while (counter() < until)
        continue;
}

/* --- VTL2 ------------------------------------------------------------------------------------- */

static uint8_t assist_pages[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));

static struct upper {
    struct shared shared;
    struct seen *seen;
    uint64_t leave;
} uppers[GUEST_MAX_VPS];

static volatile uint32_t *uart(unsigned offset)
{
    return (volatile uint32_t *)(uintptr_t)(UART_BASE + offset);
}

static void upper_handler(unsigned intid)
{
    struct seen *to = uppers[guest_vp()].seen;

    if (intid == INTID_TIMER_VIRTUAL)
        timer_stop();
    if (intid == INTID_UART) {
        *uart(UART_IMSC) = 0;
        to->key = *uart(UART_DR) & 0xff;
    }
    to->intid = intid;
    to->when = counter();
    to->order = to->order << 4 | guest_vtl;
    to->interrupts++;
}

/* On behalf of a VTL that has not called from that VP, perhaps because it is off there. */
static void send_to(const struct upper *upper, uint64_t vp)
{
    if (!uppers[vp].seen)
        uppers[vp].seen = upper->seen + vp - guest_vp();
    gic_send((unsigned)vp, SGI);
}

static void call_above(enum command what, uint64_t value, struct seen *here);

static void obey(struct upper *upper, const uint64_t *x)
{
    switch ((enum command)x[1]) {
    case COMMAND_TIMER:
        timer_start(x[2]);
        break;
    case COMMAND_PMR:
        sysreg_write(ICC_PMR, x[2]);
        break;
    case COMMAND_LEAVE:
        upper->leave = x[2];
        break;
    case COMMAND_UART:
        *uart(UART_ICR) = UART_INT_TX;
        *uart(UART_IMSC) = UART_INT_TX;
        print("vtl2: a line\n");
        break;
    case COMMAND_SEND:
        send_to(upper, x[2]);
        break;
    case COMMAND_BUSY:
        busy(x[2]);
        break;
    case COMMAND_OPEN:
        unmask();
        busy(x[2]);
        mask();
        break;
    case COMMAND_VINA:
        hv_set(HV_NATIVE, VSM_VINA, x[2]);
        break;
    case COMMAND_BOTH:
        timer_start(x[2]);
        call_above(COMMAND_STAY, x[2], upper->seen);
        break;
    case COMMAND_KEY:
        *uart(UART_CR) = UART_ENABLE;
        *uart(UART_IMSC) = UART_INT_RX;
        break;
    case COMMAND_STAY:
        timer_start(x[2]);
        busy(4 * x[2]);
        break;
    case COMMAND_CLEAR:
        assist_pages[guest_vp()][ASSIST_VINA_STATUS] = 0;
        break;
    }
}

static void prepare_upper(unsigned vp)
{
    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    gic_enable(SGI);
    gic_enable(VINA_VECTOR);
    gic_enable(INTID_UART);
    interrupt_handle(upper_handler);
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_pages[vp] | ENABLE);
}

/* With interrupts masked all the time but for the moment when they are taken. */
static void serve(uint64_t vp)
{
    struct upper *upper = &uppers[vp];
    const volatile uint32_t *reason = (uint32_t *)(assist_pages[vp] + ASSIST_REASON);

    prepare_upper((unsigned)vp);
    vp_is_up();
    for (;;) {
        vtl_run_lower(&upper->shared);
        if (*reason == ENTRY_CALL) {
            upper->seen = (struct seen *)upper->shared.x[3];
            obey(upper, upper->shared.x);
            upper->seen->vina = *(volatile uint8_t *)(assist_pages[vp] + ASSIST_VINA_STATUS);
        }
        upper->seen->entries[*reason % REASONS]++;
        if (*reason != ENTRY_INTERRUPT)
            continue;
        if (upper->leave) {
            upper->leave--;
            continue;
        }
        unmask();
        mask();
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

static __attribute__((noinline)) void call_above(enum command what, uint64_t value,
                                                 struct seen *here)
{
    register uint64_t x0 __asm__("x0") = 0;
    register uint64_t x1 __asm__("x1") = what;
    register uint64_t x2 __asm__("x2") = value;
    register uint64_t x3 __asm__("x3") = (uintptr_t)here;

    __asm__ volatile("hvc #2" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
}

static void command(enum command what, uint64_t value)
{
    call_above(what, value, &seen[guest_vp()]);
}

/* What VTL2 sees from now on. */
static struct seen *watch(void)
{
    struct seen *here = &seen[guest_vp()];

    here->interrupts = 0;
    here->order = 0;
    for (unsigned i = 0; i < REASONS; i++)
        here->entries[i] = 0;
    return here;
}

static bool entered(const struct seen *here, uint64_t calls, uint64_t interrupts)
{
    return here->entries[ENTRY_CALL] == calls && here->entries[ENTRY_INTERRUPT] == interrupts &&
           here->entries[ENTRY_INTERCEPT] == 0;
}

static void spin(void)
{
}

static void suspend(void)
{
    psci(PSCI_CPU_SUSPEND, 0, 0, 0);
}

/* The VTL2 timer, while VTL0 does @idle with its own interrupts masked. */
static void test_timer(void (*idle)(void), const char *what)
{
    bool good = true;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct seen *here = watch();
        uint64_t begin = counter();

        command(COMMAND_TIMER, DELAY_US);
        /* VTL2 may come between the look and the wait, of which VTL0 would learn nothing. */
        timer_start(4 * DELAY_US);
        while (!here->interrupts)
            idle();
        timer_stop();
        good &= check(here->when - begin >= counter_hz() * DELAY_US / 1000000, "too early");
        good &= check(here->intid == INTID_TIMER_VIRTUAL && entered(here, 1, 1),
                      "interrupt %lu, entries %lu and %lu", here->intid,
                      here->entries[ENTRY_CALL], here->entries[ENTRY_INTERRUPT]);
    }
    report(good, "the timer of VTL2 pre-empts VTL0 while it %s", what);
}

static void test_priority_mask(void)
{
    struct seen *here = watch();

    command(COMMAND_PMR, 0);
    command(COMMAND_TIMER, DELAY_US);
    busy(10 * DELAY_US);
    report(entered(here, 2, 0), "VTL2's priority mask keeps its interrupt off");
    command(COMMAND_PMR, PMR_OPEN);
    while (!here->interrupts)
        continue;
    report(entered(here, 3, 1), "and lets it come");
}

static void test_left(void)
{
    struct seen *here = watch();

    command(COMMAND_LEAVE, 3);
    command(COMMAND_TIMER, DELAY_US);
    while (!here->interrupts)
        continue;
    report(entered(here, 2, 4), "an interrupt that VTL2 leaves comes again: %lu entries",
           here->entries[ENTRY_INTERRUPT]);
}

static void test_line(void)
{
    struct seen *here = watch();

    command(COMMAND_UART, 0);
    while (!here->interrupts)
        continue;
    report(here->intid == INTID_UART && entered(here, 1, 1), "so does a device of VTL2");
}

/* From outside, at any time. */
static void test_key(void)
{
    struct seen *here = watch();

    command(COMMAND_KEY, 0);
    while (!here->interrupts)
        continue;
    report(here->intid == INTID_UART && entered(here, 1, 1) && here->key == 'k',
           "a key for VTL2's console pre-empts VTL0: %c", (char)here->key);
}

static void handler(unsigned intid)
{
    (void)intid;
    timer_stop();
    own_when = counter();
    own_interrupts++;
}

static void test_lower_waits(void)
{
    uint64_t begin, end;

    watch();
    unmask();
    begin = counter();
    timer_start(DELAY_US);
    command(COMMAND_BUSY, 10 * DELAY_US);
    while (!own_interrupts)
        continue;
    mask();
    end = counter();
    report(own_interrupts == 1 && own_when - begin >= counter_hz() * 10 * DELAY_US / 1000000 &&
               own_when <= end,
           "an interrupt for VTL0 waits until VTL2 returns");
}

/* VTL0's timer expires while VTL2 stays, and takes interrupts: is VTL2 told? */
static void expect_vina(bool told, bool asserted, const char *when)
{
    struct seen *here = watch();
    uint64_t before = own_interrupts;

    timer_start(DELAY_US);
    command(COMMAND_OPEN, 10 * DELAY_US);
    unmask();
    while (own_interrupts == before)
        continue;
    mask();
    report(here->interrupts == told && (!told || here->intid == VINA_VECTOR) &&
               here->vina == asserted,
           "VTL2 is %stold of VTL0's interrupt %s", told ? "" : "not ", when);
}

static void test_vina(void)
{
    expect_vina(false, false, "without VINA");
    command(COMMAND_VINA, VINA_VECTOR | VINA_ENABLED | VINA_AUTO_RESET);
    expect_vina(false, false, "that it has masked");
    unmask();
    expect_vina(true, true, "by VINA");
    unmask();
    expect_vina(true, true, "again, after auto-reset");
    unmask();
    command(COMMAND_VINA, VINA_VECTOR | VINA_ENABLED);
    expect_vina(true, true, "without auto-reset, once");
    unmask();
    expect_vina(false, true, "as long as VINA is asserted");
    unmask();
    command(COMMAND_CLEAR, 0);
    expect_vina(true, true, "after that is cleared");
    command(COMMAND_VINA, 0);
}

/* Of VTL2 at this VP, by an SGI to VTL2 at the other. */
static void test_sgi(unsigned to)
{
    struct seen *there = &seen[to];
    uint64_t before = there->interrupts;
    bool good = true;

    for (unsigned i = 1; i <= ROUNDS; i++) {
        command(COMMAND_SEND, to);
        while (there->interrupts < before + i)
            continue;
        good &= check(there->intid == SGI && there->interrupts == before + i, "%lu interrupts",
                      there->interrupts - before);
    }
    report(good, "%u SGIs of VTL2 to VP%u", ROUNDS, to);
}

static void secondary(uint64_t context)
{
    (void)context;
    watch();
    command(COMMAND_LEAVE, 0);
    signal_value(&started, 1);
    for (;;)
        wait_for_interrupt();
}

/* Both are pending when VTL2 returns: it is entered again before VTL1 gets its own. */
static void test_three_levels(void)
{
    struct seen *here = watch();

    command(COMMAND_BOTH, DELAY_US);
    while (here->interrupts < 2)
        continue;
    report(here->order == 0x21, "of two VTLs with interrupts the higher one goes first: %lx",
           here->order);
}

/*
 * SGIs while VP1 does something else at VTL0. Those that come before VTL2 has left VP1 after the
 * one before need no entry, which is a matter of the host's load; but not half of them.
 */
static void test_sgi_entries(const char *state)
{
    uint64_t before = seen[1].entries[ENTRY_INTERRUPT];

    test_sgi(1);
    report(seen[1].entries[ENTRY_INTERRUPT] - before >= ROUNDS / 2, "VP1 was %s at VTL0", state);
}

static void test_other_vp(void)
{
    test_sgi_entries("off");
    report(vp_start(1, secondary, 0) == PSCI_SUCCESS, "VP1 starts at VTL0");
    wait_for(&started, 1);
    test_sgi_entries("in WFI");
}

void guest_main(void)
{
    if (guest_vtl)
        run_upper();
    interrupt_handle(handler);
    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    if (argument_is("levels", "3")) {
        test_three_levels();
        return;
    }
    if (argument_is("key", "")) {
        test_key();
        return;
    }
    test_timer(spin, "is busy");
    test_timer(wait_for_interrupt, "waits by WFI");
    test_timer(suspend, "is suspended by PSCI");
    test_priority_mask();
    test_left();
    test_line();
    test_lower_waits();
    test_vina();
    if (argument_number("vps", 1) > 1)
        test_other_vp();
}
