/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time, which all threads look at and none may see going back. */
#include <inttypes.h>
#include <time.h>

#include "tests/linux/stress.h"

/*
 * A pause is up to so many times as long as the work before it. So the slower a machine is, the less
 * it gets to do: threads of real-time priority, above all, must not leave others without time.
 */
#define PAUSES 8
#define MOST_PAUSE (2 * NS_PER_S)

/* The counter and CLOCK_MONOTONIC may drift apart by adjtimex(), which moves at most 500 ppm. */
#define DRIFT_PPM 500
#define DRIFT_BASE (5 * NS_PER_MS)
#define TRIES 100

static _Atomic uint64_t highest_time, highest_counter;
static uint64_t counter_start, clock_start;

uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

void sleep_for(uint64_t ns)
{
    struct timespec time = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};

    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

void pause_after(struct worker *worker, uint64_t begin)
{
    uint64_t pause = draw(worker, (now() - begin) * PAUSES + 1);

    sleep_for(pause < MOST_PAUSE ? pause : MOST_PAUSE);
}

static uint64_t counter(void)
{
    uint64_t value;

    /* Arm ARM, The Generic Timer: a counter may be read earlier than the program says. */
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
}

static uint64_t counter_ns(uint64_t ticks)
{
    uint64_t frequency;

    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    return (uint64_t)((unsigned __int128)ticks * NS_PER_S / frequency);
}

/* Both at once, as far as nobody comes between. */
void clock_begin(void)
{
    uint64_t best = UINT64_MAX;

    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t before = counter(), time = now(), took = counter() - before;

        if (took < best) {
            best = took;
            counter_start = before;
            clock_start = time;
        }
    }
}

/* The highest value anybody has seen; the ISB of the next reading waits for this branch. */
static uint64_t highest(_Atomic uint64_t *place)
{
    uint64_t value = atomic_load(place);

    __asm__ volatile("cbz %0, 1f\n1:" ::"r"(value) : "memory");
    return value;
}

static void raise_to(_Atomic uint64_t *place, uint64_t value)
{
    uint64_t old = atomic_load(place);

    while (old < value && !atomic_compare_exchange_weak(place, &old, value))
        ;
}

/* Neither clock goes back, whichever CPU is asked, and they tell the same. */
void clock_check(struct worker *worker)
{
    uint64_t counter_max = highest(&highest_counter), time_max = highest(&highest_time);
    uint64_t before = counter(), time = now(), after = counter();
    uint64_t low = counter_ns(before - counter_start), high = counter_ns(after - counter_start);
    uint64_t elapsed = time - clock_start;
    uint64_t drift = DRIFT_BASE + elapsed / 1000000 * DRIFT_PPM;

    if (time < time_max)
        fail(worker, "CLOCK_MONOTONIC went back by %" PRIu64 " ns", time_max - time);
    if (before < counter_max || after < before)
        fail(worker, "CNTVCT_EL0 went back by %" PRIu64 " ticks", counter_max - before);
    if (elapsed + drift < low || elapsed > high + drift)
        fail(worker, "CLOCK_MONOTONIC says %" PRIu64 " ns, CNTVCT_EL0 %" PRIu64 " to %" PRIu64,
             elapsed, low, high);
    raise_to(&highest_counter, after);
    raise_to(&highest_time, time);
}

void break_clock(void) { raise_to(&highest_time, now() + NS_PER_S); }
