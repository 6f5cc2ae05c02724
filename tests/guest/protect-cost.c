/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What protections cost, measured in round trips of a VTL call and its return: the medians of
 * several rounds each, on this machine and in this run.
 */
#include "tests/guest/paravisor.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define ENABLE_PROTECTION 0x3ful
#define DENY_ALL 0x21ul
#define MEBIBYTE 0x100000ul
#define ROUNDS 9

static uint64_t page[PAGE / 8] __attribute__((aligned(4096)));
/* Outside of what is loaded anywhere; a payload has 512 MiB to itself but for two ends of it. */
static uint8_t *const area = (uint8_t *)(RAM_BASE + 0x4000000ul);
static uint64_t round_trip;

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

static void nothing(void)
{
}

static void sort(uint64_t *values, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i; j && values[j] < values[j - 1]; j--) {
            uint64_t swap = values[j];

            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
}

/* @before, which is not measured, puts things as @body wants to find them. */
static uint64_t measure(void (*before)(void), void (*body)(void))
{
    uint64_t ticks[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t begin;

        before();
        begin = counter();
        body();
        ticks[i] = counter() - begin;
    }
    sort(ticks, ROUNDS);
    return ticks[ROUNDS / 2];
}

static void tell(const char *what, void (*before)(void), void (*body)(void))
{
    uint64_t tenths = measure(before, body) * 10 / round_trip;

    print("%s %lu.%lu\n", what, tenths / 10, tenths % 10);
}

/* All of RAM, by the default mask; what VTL0 needs it gets back as it goes on. */
static void measure_all(void)
{
    uint64_t begin = counter(), ticks;

    paravisor_set(VSM_PARTITION_CONFIG, DENY_ALL);
    ticks = counter() - begin;
    print("  close all of RAM in one call, and go on %lu\n", ticks / round_trip);
    report(paravisor_intercepts(NULL) > 0, "and so it has");
}

static void measure_pages(void)
{
    paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION);
    tell("  protect a page                        ", open_one, protect_one);
    tell("  open it again                         ", protect_one, open_one);
    tell("  protect 510 pages in one call         ", open_most, protect_most);
    tell("  open them                             ", protect_most, open_most);
    tell("  protect 64 MiB in 33 calls            ", open_much, protect_much);
    tell("  open them                             ", protect_much, open_much);
    tell("  a denied load, skipped by the paravisor ", close_page, load);
    tell("  a load from a page without execute    ", make_no_execute, load);
    tell("  an exclusive increment there          ", make_no_execute, exchange);
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    call();
    round_trip = measure(nothing, call);
    print("In round trips of a VTL call (%lu ns):\n", round_trip * 1000000000 / counter_hz());
    if (argument_is("all", "yes")) {
        paravisor_policy(POLICY_ALLOW);
        measure_all();
    } else {
        paravisor_policy(POLICY_SKIP);
        measure_pages();
    }
    report(true, "measured");
}
