/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The benchmarks' common ground. Figures are ratios to a baseline that is measured right before, in
 * the same process: machines are busy, shared and emulated, so that times mean nothing by
 * themselves. Medians of several runs, with their spread.
 *
 *   floor.c   the baseline: a bare exit, KVM_RUN to KVM_RUN
 *   run.c     one run of the payload tests/guest/bench.c in a process of its own
 *   bench.c   what is measured, and the table
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <glib.h>
#include <stdint.h>

#include "emu/stats.h"

/* Says what failed and ends the program. */
void bench_fail(const char *what, const char *why) G_GNUC_NORETURN;

/* Microseconds from a guest's HVC to the next one, when KVM_RUN is all that is called. */
double bench_floor(unsigned exits);

/* Have guests SVE here? */
bool bench_has_sve(void);

#define BENCH_OPTIONS 6

/* Can the register window be had? Tells why not, once. */
bool bench_has_window(void);

/* What the payload is to do; see tests/guest/bench.c. */
struct bench_job {
    const char *what;
    unsigned count; /* operations of a round */
    unsigned vps;
    uint64_t pages;
    bool vtl2;      /* there is a VTL2 */
    bool sve;       /* it is about SVE */
    bool unwatched; /* nobody looks after dormant VTLs' interrupts */
    const char *options[BENCH_OPTIONS]; /* more of vtlemu run's; ends with NULL */
};

#define BENCH_ROUNDS_MAX 32u

/* What came of it. */
struct bench_run {
    unsigned rounds;
    double us[BENCH_ROUNDS_MAX]; /* of one operation, in each round */
    struct stats stats;
    uint64_t resident; /* bytes of vtlemu's own memory, not the guest's, while the guest is there */
};

/* Runs the payload in the folder @payloads. */
void bench_run(const char *payloads, const struct bench_job *job, unsigned rounds,
               struct bench_run *run);

#endif
