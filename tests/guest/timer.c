/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts through the GIC: virtual timer, console, and SGIs from VP to VP (vps=2). */
#include "tests/guest/guest.h"

#define DELAY_US 10000
#define SGI 5
#define ROUNDS 50
#define UART_IMSC 0x38
#define UART_ICR 0x44
#define UART_INT_TX (1u << 5)

static volatile uint64_t taken[GUEST_MAX_VPS];
static volatile unsigned last_intid[GUEST_MAX_VPS];
static volatile uint64_t ready;

static volatile uint32_t *uart(unsigned offset)
{
    return (volatile uint32_t *)(uintptr_t)(UART_BASE + offset);
}

static void handler(unsigned intid)
{
    unsigned vp = guest_vp();

    last_intid[vp] = intid;
    taken[vp]++;
    if (intid == INTID_TIMER_VIRTUAL)
        timer_stop();
    if (intid == INTID_UART)
        *uart(UART_IMSC) = 0;
}

static bool delay_is_over(uint64_t begin)
{
    return counter() - begin >= counter_hz() * DELAY_US / 1000000;
}

static void test_busy(void)
{
    uint64_t begin = counter(), before = taken[0];

    timer_start(DELAY_US);
    unmask();
    wait_for(&taken[0], before + 1);
    mask();
    report(last_intid[0] == INTID_TIMER_VIRTUAL && delay_is_over(begin),
           "the virtual timer interrupts");
}

/* WFI may end early, but not before long it must end for good. */
static void test_wfi(void)
{
    uint64_t before = taken[0];
    bool good = true;

    for (unsigned i = 1; i <= ROUNDS; i++) {
        uint64_t begin = counter();

        timer_start(DELAY_US);
        /* Masked, so that none is taken between the look and the wait. */
        while (taken[0] < before + i) {
            wait_for_interrupt();
            unmask();
            mask();
        }
        good &= check(delay_is_over(begin), "round %u: too early", i);
    }
    report(good, "WFI wakes for it %u times", ROUNDS);
}

static void test_masked_wfi(void)
{
    uint64_t begin = counter(), before = taken[0];

    timer_start(DELAY_US);
    while (!delay_is_over(begin))
        wait_for_interrupt();
    report(taken[0] == before, "WFI wakes with interrupts masked, and none is taken");
    unmask();
    wait_for(&taken[0], before + 1);
    mask();
    report(taken[0] == before + 1, "until they are unmasked");
}

static void test_uart(void)
{
    uint64_t before = taken[0];

    gic_enable(INTID_UART);
    *uart(UART_ICR) = UART_INT_TX;
    *uart(UART_IMSC) = UART_INT_TX;
    unmask();
    print("vtl%lu: a line whose end is told by an interrupt\n", guest_vtl);
    wait_for(&taken[0], before + 1);
    mask();
    report(last_intid[0] == INTID_UART, "the console interrupts");
}

static void secondary(uint64_t context)
{
    (void)context;
    gic_init();
    gic_enable(SGI);
    interrupt_handle(handler);
    unmask();
    signal_value(&ready, 1);
    for (;;)
        wait_for_interrupt();
}

static void test_sgi(void)
{
    bool good;

    good = check(vp_start(1, secondary, 0) == PSCI_SUCCESS, "CPU_ON of VP1");
    wait_for(&ready, 1);
    for (uint64_t i = 1; i <= ROUNDS && good; i++) {
        gic_send(1, SGI);
        wait_for(&taken[1], i);
        good &= check(last_intid[1] == SGI, "VP1 took INTID %u", last_intid[1]);
    }
    report(good, "%u SGIs wake VP1 from WFI", ROUNDS);
}

void guest_main(void)
{
    interrupt_handle(handler);
    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    test_busy();
    test_wfi();
    test_masked_wfi();
    test_uart();
    if (argument_number("vps", 1) > 1)
        test_sgi();
}
