/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts by hypercall. VTL2 is a device for VTL0: it makes the hypercalls that VTL0 asks for,
 * and level and edge are what VTL0 has told its GIC. IPIs go from VTL0 and VTL2 to several VPs.
 */
#include "tests/guest/guest.h"

#define VPS 3u
#define OS_ID (1ul << 40)

#define ASSERT_VIRTUAL_INTERRUPT (0x94ul | HV_FAST)
#define CLUSTER_IPI (0x0bul | HV_FAST)
#define CLUSTER_IPI_EX (0x15ul | HV_FAST)
#define RETARGET (0x7eul | HV_FAST)
#define LONG_SPIN_WAIT (0x08ul | HV_FAST)
#define BANKS(count) ((uint64_t)(count) << 17)
#define ASSERTED (1ul << 34)
#define VTL(n) ((uint64_t)(n) << 32)
#define USE_VTL(n) ((0x10ul | (n)) << 32)
#define BAD_PARAMETER 5
#define DENIED 6
#define BAD_DEVICE 0x57

#define SPI_LEVEL 40u
#define SPI_EDGE 41u
#define PPI_LEVEL 18u
#define PPI_IPI 20u
#define NOT_THERE 200u
#define INTIDS 256
#define GICD_ICFGR 0x0c00
#define AGAIN 3 /* a level interrupts for ever: so often is taken for it */
#define SETTLE_MS 20
#define SETTLE_TRIES 50

/* A hypercall that VTL2 is to make. */
struct order {
    uint64_t control, block[16];
    volatile uint64_t result;
};

static volatile uint64_t taken[VPS][INTIDS];
static volatile uint64_t ready[VPS];

static void wait_a_while(void)
{
    uint64_t until = counter() + counter_hz() * SETTLE_MS / 1000;

    while (counter() < until)
        __asm__ volatile("yield");
}

/* So many interrupts of VP0, however long they take, and no more. */
static uint64_t take(unsigned intid, uint64_t count)
{
    unmask();
    wait_for(&taken[0][intid], count);
    wait_a_while();
    mask();
    return taken[0][intid];
}

/* --- At VTL2 ---------------------------------------------------------------------------------- */

static noreturn void serve(void)
{
    uint64_t message;

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, OS_ID);
    message = vtl_return(0);
    for (;;) {
        struct order *order = (struct order *)message;

        order->result = hv_call(HV_NATIVE, order->control, order->block);
        message = vtl_return(0);
    }
}

/* --- At VTL0 ---------------------------------------------------------------------------------- */

static uint64_t by_vtl2(struct order *order)
{
    vtl_call((uintptr_t)order);
    return order->result;
}

static uint64_t set_line_of(uint64_t target, uint64_t mpidr, uint64_t intid, bool high)
{
    struct order order = {ASSERT_VIRTUAL_INTERRUPT,
                          {HV_PARTITION_SELF, high ? ASSERTED : 0, mpidr, intid | VTL(target)}, 0};

    return by_vtl2(&order);
}

static uint64_t set_line(uint64_t mpidr, uint64_t intid, bool high)
{
    return set_line_of(0, mpidr, intid, high);
}

/* VTL2 lowers VP0's line from the handler, as a device does that the handler sees to. */
static void handle(unsigned intid)
{
    unsigned vp = guest_vp();

    if (++taken[vp][intid] == AGAIN && vp == 0 && intid == SPI_LEVEL)
        set_line(0, intid, false);
}

static void prepare_interrupts(void)
{
    gic_init();
    gic_enable(PPI_LEVEL);
    gic_enable(PPI_IPI);
    interrupt_handle(handle);
}

/* An SPI; what they are at first is not specified. */
static void prepare_spi(unsigned intid, bool edge)
{
    volatile uint32_t *config =
        (volatile uint32_t *)(uintptr_t)(GICD_BASE + GICD_ICFGR + intid / 16 * 4);
    uint32_t bit = 2u << intid % 16 * 2;

    *config = edge ? *config | bit : *config & ~bit;
    gic_enable(intid);
}

static void be_interrupted(uint64_t context)
{
    (void)context;
    prepare_interrupts();
    unmask();
    signal_value(&ready[guest_vp()], 1);
    for (;;)
        wait_for_interrupt();
}

static void test_level(void)
{
    uint64_t count;

    report(set_line(0, SPI_LEVEL, true) == 0 && set_line(0, SPI_LEVEL, false) == 0,
           "VTL2 raises and lowers a line of VTL0");
    count = take(SPI_LEVEL, 0);
    report(count == 0, "a level that has gone is no interrupt: %lu", count);
    set_line(0, SPI_LEVEL, true);
    count = take(SPI_LEVEL, AGAIN);
    report(count == AGAIN, "a level stays until VTL2 lowers it: %lu interrupts", count);
}

static void test_edge(void)
{
    uint64_t count;

    set_line(0, SPI_EDGE, true);
    set_line(0, SPI_EDGE, false);
    count = take(SPI_EDGE, 1);
    report(count == 1, "an edge waits: %lu interrupts", count);
    set_line(0, SPI_EDGE, true);
    count = take(SPI_EDGE, 2);
    set_line(0, SPI_EDGE, false);
    count += take(SPI_EDGE, 2);
    report(count == 4, "each assertion is one: %lu interrupts", count / 2);
}

/* Has VP1, which may be slow, stopped taking it? */
static bool settles(unsigned intid)
{
    for (unsigned i = 0; i < SETTLE_TRIES; i++) {
        uint64_t before = taken[1][intid];

        wait_a_while();
        wait_a_while();
        if (taken[1][intid] == before)
            return true;
    }
    return false;
}

/* KVM has PPIs level-triggered, and so do the guest's registers. */
static void test_ppi(void)
{

    report(set_line(1, PPI_LEVEL, true) == 0, "VTL2 raises a PPI of VP1");
    wait_for(&taken[1][PPI_LEVEL], AGAIN);
    set_line(1, PPI_LEVEL, false);
    report(settles(PPI_LEVEL) && !taken[0][PPI_LEVEL] && !taken[2][PPI_LEVEL],
           "which stays until it lowers it: %lu interrupts", taken[1][PPI_LEVEL]);
}

static void test_refused(void)
{
    struct order order = {ASSERT_VIRTUAL_INTERRUPT,
                          {HV_PARTITION_SELF, ASSERTED, 0, SPI_LEVEL}, 0};

    report(set_line(0, 5, true) == BAD_PARAMETER && set_line(0, 1023, true) == BAD_PARAMETER &&
               set_line(0, NOT_THERE, true) == BAD_PARAMETER &&
               set_line(0, 0x10000 + SPI_LEVEL, true) == BAD_PARAMETER,
           "no SGI, and no INTID that is not there");
    report(set_line(0, INTID_TIMER_VIRTUAL, true) == BAD_PARAMETER, "nor the timer's");
    report(set_line(9, PPI_LEVEL, true) == BAD_PARAMETER, "VP9 is not there");
    report(set_line_of(2, 0, SPI_LEVEL, true) == DENIED, "VTL2 does not interrupt itself");
    report(hv_call(HV_NATIVE, order.control, order.block) == DENIED, "nor does VTL0");
}

/* Waits until those VPs have taken so many, and the others have not. */
static void expect_ipis(const uint64_t *counts, uint64_t status, const char *what)
{
    bool good = status == 0;

    unmask();
    for (unsigned vp = 0; good && vp < VPS; vp++)
        wait_for(&taken[vp][PPI_IPI], counts[vp]);
    wait_a_while();
    mask();
    for (unsigned vp = 0; vp < VPS; vp++)
        good = good && taken[vp][PPI_IPI] == counts[vp];
    report(good, "%s: status 0x%lx, %lu %lu %lu interrupts", what, status, taken[0][PPI_IPI],
           taken[1][PPI_IPI], taken[2][PPI_IPI]);
}

static void test_ipis(void)
{
    static const uint64_t counts[][VPS] = {{0, 1, 1}, {1, 2, 2}, {1, 2, 3}, {2, 3, 3}};
    uint64_t mask_block[16] = {PPI_IPI, 6}, all_block[16] = {PPI_IPI, 1},
             sparse_block[16] = {PPI_IPI, 0, 1, 4};
    struct order order = {CLUSTER_IPI, {PPI_IPI | USE_VTL(0), 3}, 0};

    expect_ipis(counts[0], hv_call(HV_NATIVE, CLUSTER_IPI, mask_block), "an IPI to two VPs");
    expect_ipis(counts[1], hv_call(HV_SMCCC, CLUSTER_IPI_EX, all_block), "one to all");
    expect_ipis(counts[2], hv_call(HV_NATIVE, CLUSTER_IPI_EX | BANKS(1), sparse_block),
                "one to a sparse set");
    expect_ipis(counts[3], by_vtl2(&order), "one from VTL2 to two VPs at VTL0");
}

static void test_ipis_refused(void)
{
    uint64_t higher[16] = {PPI_IPI | USE_VTL(2), 1}, spi[16] = {SPI_EDGE, 1};
    uint64_t malformed[16] = {PPI_IPI, 0, 3, 1};

    report(hv_call(HV_NATIVE, CLUSTER_IPI, higher) == DENIED, "VTL0 sends VTL2 none");
    report(hv_call(HV_NATIVE, CLUSTER_IPI, spi) == BAD_PARAMETER, "an SPI goes to no VP");
    report(hv_call(HV_NATIVE, CLUSTER_IPI_EX | BANKS(1), malformed) == BAD_PARAMETER,
           "a set with too few banks");
}

static void test_others(void)
{
    uint64_t device[16] = {HV_PARTITION_SELF, 7, 1, GICD_BASE, 0, SPI_EDGE, 1};
    uint64_t spin[16] = {1000};

    report(hv_call(HV_NATIVE, RETARGET, device) == BAD_DEVICE, "there are no devices with MSIs");
    report(hv_call(HV_NATIVE, LONG_SPIN_WAIT, spin) == 0, "a long wait is noted");
}

void guest_main(void)
{
    if (guest_vtl != 0)
        serve();
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, OS_ID);
    prepare_interrupts();
    prepare_spi(SPI_LEVEL, false);
    prepare_spi(SPI_EDGE, true);
    for (unsigned vp = 1; vp < VPS; vp++) {
        check(vp_start(vp, be_interrupted, 0) == PSCI_SUCCESS, "VP%u does not start", vp);
        wait_for(&ready[vp], 1);
    }
    test_level();
    test_edge();
    test_ppi();
    test_refused();
    test_ipis();
    test_ipis_refused();
    test_others();
}
