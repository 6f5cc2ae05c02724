/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flushes by hypercall: what the processors knew of the tables is gone, on all VPs; and one that
 * VTL0 asks for waits as long as VTL2 keeps the TLB locked on another VP.
 */
#include "tests/guest/guest.h"

#define OS_ID (1ul << 40)
#define FLUSH_SPACE (0x02ul | HV_FAST)
#define FLUSH_SPACE_EX (0x13ul | HV_FAST)
#define FLUSH_LIST (0x03ul | HV_FAST | HV_REPS(1))
#define TRANSLATE (0xacul | HV_FAST)
#define BANKS(count) ((uint64_t)(count) << 17)
#define ALL_PROCESSORS 1ul
#define USE_TARGET_VTL (1ul << 4)
#define TARGET_VTL1 (1ul << 9)
#define BAD_CODE 2
#define DENIED 6

#define SECURE_CONFIG_VTL0 0x000d0010u
#define TLB_LOCKED 2ul
#define USE_VTL0 (0x10ul << 56) /* of a translation */
#define INHIBIT_FLUSH (1ul << 5)
#define LOCK_MS 100

#define ALIAS MMU_LOW_ALIAS
#define MAP_UNIT 0x10000
#define ROUNDS 200

#define OLD 1ul
#define NEW 2ul

/* How VTL2 locks, and how it unlocks: by hand, or by going back to VTL0. */
enum lock_way { BY_REGISTER, BY_TRANSLATION };

/* Of VTL0; VTL2 on VP1 gets its address. */
static struct exchange {
    volatile uint64_t way, begin, locked, tried, released;
} exchanges[2];

/* Each in a mapping of its own, as what is mapped comes in such units. */
static uint64_t old_data[MAP_UNIT / 8] __attribute__((aligned(MAP_UNIT))) = {OLD};
static uint64_t new_data[MAP_UNIT / 8] __attribute__((aligned(MAP_UNIT))) = {NEW};
static volatile uint64_t *const alias = (volatile uint64_t *)ALIAS;
static volatile uint64_t ready, rounds, seen;

/* --- At VTL2 ---------------------------------------------------------------------------------- */

static uint64_t lock_by_translation(void)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF, USE_VTL0 | INHIBIT_FLUSH,
                          (uintptr_t)old_data >> 12};

    return hv_call(HV_NATIVE, TRANSLATE, block);
}

static void hold_lock(struct exchange *exchange)
{
    bool by_register = exchange->way == BY_REGISTER;
    uint64_t status = by_register ? hv_set(HV_NATIVE, SECURE_CONFIG_VTL0, TLB_LOCKED)
                                  : lock_by_translation();
    struct hv_value locked;
    uint64_t until;

    hv_get(HV_NATIVE, SECURE_CONFIG_VTL0, &locked);
    check(status == 0 && locked.low == TLB_LOCKED, "VTL2 has locked: 0x%lx 0x%lx", status,
          locked.low);
    signal_value(&exchange->locked, 1);
    wait_for(&exchange->tried, 1);
    until = counter() + counter_hz() * LOCK_MS / 1000;
    while (counter() < until)
        __asm__ volatile("yield");
    signal_value(&exchange->released, 1);
    if (by_register)
        hv_set(HV_NATIVE, SECURE_CONFIG_VTL0, 0);
}

static void serve(uint64_t context)
{
    uint64_t message = vtl_return(context);

    for (;;) {
        hold_lock((struct exchange *)message);
        message = vtl_return(0);
    }
}

static noreturn void be_paravisor(void)
{
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, OS_ID);
    check(vp_start(1, serve, 0) == PSCI_SUCCESS, "VTL2 does not start VP1");
    serve(0);
    finish();
}

/* --- At VTL0 ---------------------------------------------------------------------------------- */

static uint64_t flush(void)
{
    uint64_t block[16] = {sysreg_read(ttbr0_el1), ALL_PROCESSORS, 0};

    return hv_call(HV_NATIVE, FLUSH_SPACE, block);
}

static uint64_t flush_set(uint64_t bank)
{
    uint64_t block[16] = {sysreg_read(ttbr0_el1), 0, 0, 1, bank};

    return hv_call(HV_SMCCC, FLUSH_SPACE_EX | BANKS(1), block);
}

/* VP1 goes to VTL2 twice, then through the alias for ever. */
static void be_other(uint64_t context)
{
    (void)context;
    for (unsigned i = 0; i < ARRAY_SIZE(exchanges); i++) {
        wait_for(&exchanges[i].begin, 1);
        vtl_call((uintptr_t)&exchanges[i]);
    }
    wait_for(&ready, 1);
    mmu_on();
    for (;;) {
        seen = *alias;
        __asm__ volatile("dmb sy" : : : "memory");
        rounds++;
    }
}

static void test_lock(enum lock_way way, const char *text)
{
    struct exchange *exchange = &exchanges[way];
    uint64_t others, status;

    signal_value(&exchange->begin, 1);
    wait_for(&exchange->locked, 1);
    others = flush_set(1);
    check(others == 0 && !exchange->released, "VP0's own TLB is not locked: 0x%lx", others);
    signal_value(&exchange->tried, 1);
    status = flush_set(2);
    report(status == 0 && exchange->released, "a flush waits until VTL2 unlocks %s: 0x%lx, %lu",
           text, status, exchange->released);
}

static void test_refused(void)
{
    uint64_t block[16] = {0, ALL_PROCESSORS | USE_TARGET_VTL | TARGET_VTL1};

    report(hv_call(HV_NATIVE, FLUSH_SPACE, block) == DENIED, "VTL0 flushes no higher VTL");
    report(HV_STATUS(hv_call(HV_NATIVE, FLUSH_LIST, block)) == BAD_CODE, "lists are for x64");
}

/* After what it is doing now, VP1 has gone through the alias once more. */
static uint64_t seen_by_other(void)
{
    uint64_t round = rounds;

    wait_for(&rounds, round + 2);
    return seen;
}

static void test_stale(void)
{
    unsigned failures = report_failures(), stale = 0, stale_there = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t expected = i % 2 ? OLD : NEW;

        (void)*alias; /* waiting for VP1, the processor may have forgotten it */
        mmu_remap_silently(ALIAS, i % 2 ? old_data : new_data);
        stale += *alias != expected;
        stale_there += seen_by_other() != expected;
        check((i % 3 ? flush() : flush_set(3)) == 0, "a flush");
        check(*alias == expected, "VP0 goes by the tables: %lu", *alias);
        check(seen_by_other() == expected, "VP1 goes by the tables: %lu", seen);
    }
    report(failures == report_failures(),
           "%u flushes, before them %u old translations on VP0, %u on VP1", (unsigned)ROUNDS, stale,
           stale_there);
}

static void prepare_mmu(void)
{
    mmu_prepare(GRANULE_4K);
    mmu_map(ALIAS, (uintptr_t)old_data, MAP_UNIT);
    mmu_on();
    signal_value(&ready, 1);
    wait_for(&rounds, 1);
}

void guest_main(void)
{
    if (guest_vtl != 0)
        be_paravisor();
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, OS_ID);
    exchanges[BY_TRANSLATION].way = BY_TRANSLATION;
    check(vp_start(1, be_other, 0) == PSCI_SUCCESS, "VP1 does not start");
    test_lock(BY_REGISTER, "by hand");
    test_lock(BY_TRANSLATION, "by returning");
    test_refused();
    prepare_mmu();
    test_stale();
}
