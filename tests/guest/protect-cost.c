/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What protections cost, measured in round trips of a VTL call and its return: the medians of
 * several rounds each, on this machine and in this run.
 */
#include "tests/guest/measure.h"
#include "tests/guest/paravisor.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define ENABLE_PROTECTION 0x3ful
#define DENY_ALL 0x21ul
#define MEBIBYTE 0x100000ul

static uint64_t page[PAGE / 8] __attribute__((aligned(4096)));
/* Outside of what is loaded anywhere; a payload has 512 MiB to itself but for two ends of it. */
static uint8_t *const area = (uint8_t *)(RAM_BASE + 0x4000000ul);

static void call(void)
{
    paravisor_entry_reason();
}

static void protect_one(void)
{
    paravisor_protect(area, 1, R | X);
}

static void open_one(void)
{
    paravisor_protect(area, 1, RWX);
}

static void protect_most(void)
{
    paravisor_protect(area, 510, 0);
}

static void open_most(void)
{
    paravisor_protect(area, 510, RWX);
}

static void protect_much(void)
{
    paravisor_protect(area, 64 * MEBIBYTE / PAGE, 0);
}

static void open_much(void)
{
    paravisor_protect(area, 64 * MEBIBYTE / PAGE, RWX);
}

static void close_page(void)
{
    paravisor_protect(page, 1, 0);
}

static void make_no_execute(void)
{
    paravisor_protect(page, 1, R | W);
}

static void load(void)
{
    (void)*(volatile uint64_t *)page;
}

static void exchange(void)
{
    uint64_t value;
    uint32_t failed;

    __asm__ volatile("1: ldaxr %0, [%2]\n\tadd %0, %0, #1\n\tstlxr %w1, %0, [%2]\n\tcbnz %w1, 1b"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(page)
                     : "memory");
}

/* All of RAM, by the default mask; what VTL0 needs it gets back as it goes on. */
static void measure_all(void)
{
    uint64_t begin = counter(), ticks;

    paravisor_set(VSM_PARTITION_CONFIG, DENY_ALL);
    ticks = counter() - begin;
    print("  close all of RAM in one call, and go on %lu\n", ticks / measured_unit());
    report(paravisor_intercepts(NULL) > 0, "and so it has");
}

static void measure_pages(void)
{
    paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION);
    measure("protect a page                        ", open_one, protect_one);
    measure("open it again                         ", protect_one, open_one);
    measure("protect 510 pages in one call         ", open_most, protect_most);
    measure("open them                             ", protect_most, open_most);
    measure("protect 64 MiB in 33 calls            ", open_much, protect_much);
    measure("open them                             ", protect_much, open_much);
    measure("a denied load, skipped by the paravisor ", close_page, load);
    measure("a load from a page without execute    ", make_no_execute, load);
    measure("an exclusive increment there          ", make_no_execute, exchange);
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    measure_unit("a VTL call and its return", call);
    if (argument_is("all", "yes")) {
        paravisor_policy(POLICY_ALLOW);
        measure_all();
    } else {
        paravisor_policy(POLICY_SKIP);
        measure_pages();
    }
    report(true, "measured");
}
