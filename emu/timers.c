/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timers' thread: see timers.h. */
#include "emu/timers.h"

#define PER_VP (VTL_LEVELS * HV_STIMERS)
#define REFERENCE_PER_US 10u
/* Reference time and the monotonic clock differ by little; they are compared this often. */
#define SLEEP_MAX_US G_USEC_PER_SEC
/*
 * An interrupt may stop all VPs for a moment, on a slow host for longer than the shortest period
 * that a guest may ask for. So in the long run the timers get half of the time, and guests the
 * rest: each service costs twice what it took, of which so much may be owed.
 */
#define SERVICE_PRICE 2
#define CREDIT_US 20000

void timers_init(struct timers *timers)
{
    *timers = (struct timers){.next = STIMER_NEVER};
    g_mutex_init(&timers->lock);
    g_cond_init(&timers->changed);
}

void timers_clear(struct timers *timers)
{
    g_mutex_clear(&timers->lock);
    g_cond_clear(&timers->changed);
}

/* The timer whose turn is first: 768 at most have to be looked at. */
static unsigned find_first(const struct timers *timers)
{
    unsigned first = 0;

    for (unsigned i = 1; i < timers->count; i++)
        if (timers->when[i] < timers->when[first])
            first = i;
    return first;
}

/* With the lock held; ends early if something changes. */
static void sleep_until(struct timers *timers, uint64_t when, uint64_t now)
{
    uint64_t left = (when - now) / REFERENCE_PER_US + 1;

    timers->next = when;
    if (when == STIMER_NEVER)
        g_cond_wait(&timers->changed, &timers->lock);
    else
        g_cond_wait_until(&timers->changed, &timers->lock,
                          g_get_monotonic_time() + (gint64)MIN(left, SLEEP_MAX_US));
    timers->next = 0;
}

/* Without the lock, as this sends messages and interrupts. */
static void run_timer(struct timers *timers, unsigned index)
{
    gint64 begin = g_get_monotonic_time();

    vtl_stimer_run(&timers->partition->vps[index / PER_VP], index % PER_VP / HV_STIMERS,
                   index % HV_STIMERS);
    timers->paid_until = MAX(timers->paid_until, begin) +
                         SERVICE_PRICE * (g_get_monotonic_time() - begin);
}

/* With the lock held. True: it has waited, and things may have changed. */
static bool pay_debts(struct timers *timers)
{
    gint64 end = timers->paid_until - CREDIT_US;

    if (g_get_monotonic_time() >= end)
        return false;
    g_cond_wait_until(&timers->changed, &timers->lock, end);
    return true;
}

static gpointer serve(gpointer context)
{
    struct timers *timers = context;
    const struct vtl_partition *partition = timers->partition;

    g_mutex_lock(&timers->lock);
    while (!timers->stop) {
        uint64_t now = partition->backend->reference_time(partition->machine);
        unsigned first = find_first(timers);

        if (timers->when[first] == STIMER_NEVER || timers->when[first] > now) {
            sleep_until(timers, timers->when[first], now);
            continue;
        }
        if (pay_debts(timers))
            continue;
        timers->when[first] = STIMER_NEVER;
        g_mutex_unlock(&timers->lock);
        run_timer(timers, first);
        g_mutex_lock(&timers->lock);
    }
    g_mutex_unlock(&timers->lock);
    return NULL;
}

void timers_open(struct timers *timers, struct vtl_partition *partition)
{
    g_mutex_lock(&timers->lock);
    timers->partition = partition;
    timers->count = partition->vp_count * PER_VP;
    timers->when = g_new(uint64_t, timers->count);
    for (unsigned i = 0; i < timers->count; i++)
        timers->when[i] = STIMER_NEVER;
    g_mutex_unlock(&timers->lock);
}

bool timers_start(struct timers *timers)
{
    timers->stop = false;
    timers->paid_until = 0;
    timers->next = 0;
    timers->thread = g_thread_try_new("timers", serve, timers, NULL);
    return timers->thread != NULL;
}

void timers_stop(struct timers *timers)
{
    g_mutex_lock(&timers->lock);
    timers->stop = true;
    g_cond_signal(&timers->changed);
    g_mutex_unlock(&timers->lock);
    if (timers->thread)
        g_thread_join(g_steal_pointer(&timers->thread));
}

void timers_close(struct timers *timers)
{
    g_mutex_lock(&timers->lock);
    timers->count = 0;
    g_clear_pointer(&timers->when, g_free);
    g_mutex_unlock(&timers->lock);
}

void timers_set(struct timers *timers, unsigned vp, unsigned vtl, unsigned timer, uint64_t when)
{
    unsigned index = vp * PER_VP + vtl * HV_STIMERS + timer;

    g_mutex_lock(&timers->lock);
    if (index < timers->count) {
        timers->when[index] = when;
        if (when < timers->next)
            g_cond_signal(&timers->changed);
    }
    g_mutex_unlock(&timers->lock);
}
