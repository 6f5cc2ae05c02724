/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread of the synthetic timers, on the in-memory partition with a clock that runs. */
#include "emu/timers.h"

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define REFERENCE_PER_US 10
#define MS 10000u
#define PPI 0x14u
#define DIRECT (HV_STIMER_DIRECT | (uint64_t)PPI << HV_STIMER_VECTOR_SHIFT)
#define PATIENCE_S 20
#define FAR (3600ull * 1000 * MS)

static struct memory_partition *partition;
static struct vtl_backend backend;
static struct timers timers;
static gint64 begin;
static gint expirations[MEMORY_PARTITION_VPS];

static uint64_t running_time(void *machine)
{
    (void)machine;
    return (uint64_t)(g_get_monotonic_time() - begin) * REFERENCE_PER_US;
}

static void set_timer(void *machine, unsigned vp, unsigned vtl, unsigned timer, uint64_t when)
{
    (void)machine;
    timers_set(&timers, vp, vtl, timer, when);
}

static int count_interrupt(void *machine, unsigned vp, unsigned vtl, uint32_t intid)
{
    (void)machine;
    (void)vtl;
    (void)intid;
    g_atomic_int_inc(&expirations[vp]);
    return 0;
}

static void set_up(void)
{
    partition = memory_partition_new(1, 0);
    backend = *partition->core->backend;
    backend.reference_time = running_time;
    backend.set_timer = set_timer;
    backend.assert_interrupt = count_interrupt;
    partition->core->backend = &backend;
    begin = g_get_monotonic_time();
    timers_init(&timers);
    timers_open(&timers, partition->core);
    ck_assert(timers_start(&timers));
}

static void tear_down(void)
{
    timers_stop(&timers);
    timers_close(&timers);
    timers_clear(&timers);
    memory_partition_free(partition);
}

static void start(unsigned vp, unsigned timer, uint64_t config, uint64_t count)
{
    struct vtl_vp *target = &partition->core->vps[vp];
    uint32_t name = HV_REGISTER_STIMER0_CONFIG + 2 * timer;

    ck_assert_int_eq(hv_register_set(target, 0, name + 1, (struct hv_u128){.low = count}), 0);
    ck_assert_int_eq(
        hv_register_set(target, 0, name, (struct hv_u128){.low = config | HV_STIMER_ENABLE}), 0);
}

/* Waits until the VP has had so many interrupts. */
static void wait_for(unsigned vp, gint count)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

    while (g_atomic_int_get(&expirations[vp]) < count && g_get_monotonic_time() < end)
        g_usleep(100);
    ck_assert_int_ge(g_atomic_int_get(&expirations[vp]), count);
}

START_TEST(not_before_its_time)
{
    uint64_t due = running_time(NULL) + 20 * MS;

    start(0, 0, DIRECT, due);
    wait_for(0, 1);
    ck_assert_uint_ge(running_time(NULL), due);
}
END_TEST

/* The thread sleeps for another one, or for none, when an earlier one is set. */
START_TEST(earlier_than_the_others)
{
    start(1, 0, DIRECT, FAR);
    g_usleep(1000);
    start(0, 0, DIRECT, running_time(NULL) + MS);
    wait_for(0, 1);
    start(0, 1, DIRECT, running_time(NULL) + MS);
    wait_for(0, 2);
    ck_assert_int_eq(g_atomic_int_get(&expirations[1]), 0);
}
END_TEST

START_TEST(periodic)
{
    uint64_t started = running_time(NULL);

    start(0, 3, DIRECT | HV_STIMER_PERIODIC, MS);
    wait_for(0, 50);
    ck_assert_uint_ge(running_time(NULL), started + 50 * MS);
}
END_TEST

/* Rewritten all the time by two threads while it runs. */
static gpointer rewrite(gpointer context)
{
    for (unsigned i = 0; i < 2000; i++)
        start(0, GPOINTER_TO_UINT(context), DIRECT | (i & 1 ? HV_STIMER_PERIODIC : 0), 1 + i % 30);
    return NULL;
}

START_TEST(rewritten)
{
    GThread *thread = g_thread_new("rewrite", rewrite, GUINT_TO_POINTER(0));

    rewrite(GUINT_TO_POINTER(1));
    g_thread_join(thread);
    start(1, 0, DIRECT, running_time(NULL) + MS);
    wait_for(1, 1);
}
END_TEST

/* Many times: it must neither hang nor serve anything afterwards. */
START_TEST(stopped)
{
    for (unsigned i = 0; i < 200; i++) {
        gint before;

        for (unsigned timer = 0; timer < HV_STIMERS; timer++)
            start(0, timer, DIRECT | HV_STIMER_PERIODIC, 1);
        timers_stop(&timers);
        before = g_atomic_int_get(&expirations[0]);
        if (i == 0)
            g_usleep(2000);
        ck_assert_int_eq(g_atomic_int_get(&expirations[0]), before);
        start(1, 0, DIRECT | HV_STIMER_PERIODIC, 1); /* a VP that still runs */
        ck_assert(timers_start(&timers));
    }
}
END_TEST

UNIT_MAIN_WITH("timers", set_up, tear_down, not_before_its_time, earlier_than_the_others, periodic,
               rewritten, stopped)
