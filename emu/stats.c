/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of a run: see stats.h. */
#include "emu/stats.h"

#include <glib.h>
#include <linux/kvm.h>
#include <time.h>

#define NS_PER_S 1000000000ull
#define NS_PER_US 1000.0

static const char *const exit_names[STATS_EXITS] = {
    [KVM_EXIT_HYPERCALL] = "HVC or SMC",       [KVM_EXIT_DEBUG] = "breakpoint",
    [KVM_EXIT_MMIO] = "MMIO",                  [KVM_EXIT_INTR] = "signal",
    [KVM_EXIT_SYSTEM_EVENT] = "system event",  [KVM_EXIT_ARM_NISV] = "undecodable access",
    [KVM_EXIT_FAIL_ENTRY] = "failed entry",    [KVM_EXIT_INTERNAL_ERROR] = "internal error",
};

const char *const stats_switch_names[STATS_SWITCHES] = {
    [STATS_VTL_CALL] = "VTL call",
    [STATS_VTL_RETURN] = "VTL return",
    [STATS_INTERCEPT] = "intercept",
    [STATS_INTERRUPT] = "interrupt",
};

const char *stats_exit_name(uint32_t reason)
{
    return reason < STATS_EXITS ? exit_names[reason] : NULL;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void stats_count_switch(struct stats *stats, enum stats_switch reason)
{
    stats->switches[reason]++;
    stats->last_switch_ns = now_ns();
    if (!stats->first_switch_ns)
        stats->first_switch_ns = stats->last_switch_ns;
}

uint64_t stats_switches(const struct stats *stats)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < STATS_SWITCHES; i++)
        sum += stats->switches[i];
    return sum;
}

static void widen(struct stats *to, const struct stats *from)
{
    if (!from->first_switch_ns)
        return;
    if (!to->first_switch_ns || from->first_switch_ns < to->first_switch_ns)
        to->first_switch_ns = from->first_switch_ns;
    to->last_switch_ns = MAX(to->last_switch_ns, from->last_switch_ns);
}

void stats_add(struct stats *to, const struct stats *from)
{
    for (size_t i = 0; i < STATS_EXITS; i++)
        to->exits[i] += from->exits[i];
    for (size_t i = 0; i < STATS_SWITCHES; i++)
        to->switches[i] += from->switches[i];
    for (size_t i = 0; i < STATS_CALLS; i++)
        to->calls[i] += from->calls[i];
    to->interrupted += from->interrupted;
    to->guarded += from->guarded;
    to->recovered += from->recovered;
    to->lost += from->lost;
    to->hypercalls += from->hypercalls;
    to->smccc_calls += from->smccc_calls;
    to->undefined += from->undefined;
    to->violations += from->violations;
    to->steps += from->steps;
    to->watches += from->watches;
    to->watches_in_vain += from->watches_in_vain;
    to->heartbeats += from->heartbeats;
    to->heartbeats_missed += from->heartbeats_missed;
    widen(to, from);
}

static void print_count(const char *what, uint64_t count)
{
    if (count)
        g_printerr("  %-34s %10" G_GUINT64_FORMAT "\n", what, count);
}

static void print_switches(const struct stats *stats)
{
    uint64_t switches = stats_switches(stats);

    g_printerr("%" G_GUINT64_FORMAT " switches between VTLs\n", switches);
    for (size_t i = 0; i < STATS_SWITCHES; i++)
        print_count(stats_switch_names[i], stats->switches[i]);
    print_count("caught before the HVC (breakpoint)", stats->guarded);
    print_count("caught behind it (register window)", stats->recovered);
    print_count("LOST: answered by KVM itself", stats->lost);
    print_count("dormant VTLs watched", stats->watches);
    print_count("watched in vain", stats->watches_in_vain);
    if (switches > 1)
        g_printerr("  %-34s %10.1f us\n", "mean distance of two switches",
                   (double)(stats->last_switch_ns - stats->first_switch_ns) /
                       (double)(switches - 1) / NS_PER_US);
}

static void print_exits(const struct stats *stats)
{
    uint64_t sum = stats->interrupted;

    for (size_t i = 0; i < STATS_EXITS; i++)
        sum += stats->exits[i];
    g_printerr("%" G_GUINT64_FORMAT " exits from the guest\n", sum);
    for (size_t i = 0; i < STATS_EXITS; i++) {
        g_autofree char *number = g_strdup_printf("KVM exit reason %zu", i);

        print_count(exit_names[i] ? exit_names[i] : number, stats->exits[i]);
    }
    print_count("ended by a signal to the thread", stats->interrupted);
}

void stats_print(const struct stats *stats)
{
    static const char *const calls[STATS_CALLS] = {
        [STATS_RUN] = "KVM_RUN",
        [STATS_GET] = "register reads",
        [STATS_SET] = "register writes",
        [STATS_OTHER] = "others",
    };

    g_printerr("\nSummary\n");
    print_switches(stats);
    print_exits(stats);
    if (stats->smccc_calls + stats->hypercalls + stats->undefined)
        g_printerr("Calls the guest made\n");
    print_count("SMCCC functions", stats->smccc_calls);
    print_count("Hyper-V hypercalls", stats->hypercalls);
    print_count("undefined instructions", stats->undefined);
    if (stats->violations + stats->steps)
        g_printerr("Pages with less than all rights\n");
    print_count("accesses denied", stats->violations);
    print_count("instructions stepped", stats->steps);
    if (stats->heartbeats + stats->heartbeats_missed)
        g_printerr("Heartbeats over VMBus\n");
    print_count("answered", stats->heartbeats);
    print_count("not answered in time", stats->heartbeats_missed);
    g_printerr("System calls for vCPUs\n");
    for (size_t i = 0; i < STATS_CALLS; i++)
        print_count(calls[i], stats->calls[i]);
}
