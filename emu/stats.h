/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of a run: exits by kind, switches by reason, system calls.
 */
#ifndef EMU_STATS_H
#define EMU_STATS_H

#include <stdint.h>

/* KVM exit reasons counted one by one (linux/kvm.h has fewer than this). */
#define STATS_EXITS 64

enum stats_switch {
    STATS_VTL_CALL,
    STATS_VTL_RETURN,
    STATS_INTERCEPT,
    STATS_INTERRUPT,
    STATS_SWITCHES,
};

/* Names of kinds of switches. */
extern const char *const stats_switch_names[STATS_SWITCHES];

/* System calls made for vCPUs. */
enum stats_call {
    STATS_RUN,       /* KVM_RUN */
    STATS_GET,       /* KVM_GET_ONE_REG */
    STATS_SET,       /* KVM_SET_ONE_REG */
    STATS_OTHER,
    STATS_CALLS,
};

/* Counters of one VP; written by its thread only. */
struct stats {
    uint64_t exits[STATS_EXITS];
    uint64_t interrupted;            /* KVM_RUN ended by a signal */
    uint64_t switches[STATS_SWITCHES];
    uint64_t guarded;                /* switches caught by a breakpoint before the HVC */
    uint64_t recovered;              /* HVCs that KVM had answered already: register-window.h */
    uint64_t lost;                   /* switches that KVM swallowed: first use of a site */
    uint64_t hypercalls;
    uint64_t smccc_calls;
    uint64_t violations;             /* accesses that a higher VTL forbids */
    uint64_t steps;                  /* instructions carried out one by one, on such pages */
    uint64_t watches;                /* times a dormant VTL's vCPU was with its watcher */
    uint64_t watches_in_vain;        /* of these, broken off without having seen an interrupt */
    uint64_t heartbeats;             /* answered by guests, over VMBus */
    uint64_t heartbeats_missed;      /* not answered in time */
    uint64_t undefined;              /* undefined-instruction exceptions given to the guest */
    uint64_t first_switch_ns, last_switch_ns; /* CLOCK_MONOTONIC */
    uint64_t calls[STATS_CALLS];
};

/* Adds @from to @to; times widen the interval. */
void stats_add(struct stats *to, const struct stats *from);

/* Counts a switch and takes its time. */
void stats_count_switch(struct stats *stats, enum stats_switch reason);

/* Switches of all reasons. */
uint64_t stats_switches(const struct stats *stats);

/* A name for KVM's exit @reason; NULL if it has none. */
const char *stats_exit_name(uint32_t reason);

/* Prints them for people. */
void stats_print(const struct stats *stats);

#endif
