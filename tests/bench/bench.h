/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The benchmarks' common ground. Figures are ratios to a baseline that is measured right before, in
 * the same process: machines are busy, shared and emulated, so that times mean nothing by
 * themselves. Medians of several runs, with their spread.
 *
 *   floor.c   the baseline: a bare exit, KVM_RUN to KVM_RUN; and what the host asks for more
 *   run.c     one run of the payload tests/guest/bench.c in a process of its own
 *   slices.c  the two in turns, a twentieth of a second each
 *   boot.c    how long Linux takes to boot, here and in kvmtool
 *   bench.c   what is measured, and the table
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/stats.h"

/* Says what failed and ends the program. */
void bench_fail(const char *what, const char *why) G_GNUC_NORETURN;

/* On a VM with nothing but a vCPU, whose guest executes HVCs. */
enum bench_bare {
    BENCH_BARE_EXIT,   /* KVM_RUN is all that is called: the floor */
    BENCH_BARE_WRITE,  /* and one KVM_SET_ONE_REG */
    BENCH_BARE_WINDOW, /* KVM_RUN, with the register window */
    BENCH_LOAD_WRITES, /* KVM_RUN, and all registers that two VTLs share written */
    BENCH_LOAD_STUB,   /* and the guest loads them itself: doc/performance.md */
};

/* Microseconds of one, of @count. */
double bench_bare(enum bench_bare what, unsigned count);

/* A process that does the same for ever. */
struct bench_runner {
    pid_t pid;
    const uint64_t *counter; /* in its memory: how often */
    unsigned operations;     /* counted as one */
};

/* bench_runner_end() ends it. */
struct bench_runner bench_bare_start(enum bench_bare what);
void bench_runner_end(struct bench_runner *runner);

struct bench_slice {
    double us;    /* of one operation of the job */
    double ratio; /* to the floor's before and after it */
};

/* Both in turns, @count times. */
void bench_slices(const struct bench_runner *job, const struct bench_runner *floor,
                  struct bench_slice *slices, unsigned count);

/* Have guests SVE here? */
bool bench_has_sve(void);

enum bench_boot {
    BENCH_BOOT_NONE,
    BENCH_BOOT_KVMTOOL,
    BENCH_BOOT_VTL0,
    BENCH_BOOT_VTL2, /* and then VTL0 */
};

struct bench_images {
    const char *folder;  /* of kernels and initial RAM disks: scripts/images */
    const char *kvmtool; /* the program; NULL: there is none */
};

/* Microseconds to the first process of Linux, on one processor. */
double bench_boot(const struct bench_images *images, enum bench_boot what);

#define BENCH_OPTIONS 6

/* Can the register window be had? Tells why not, once. */
bool bench_has_window(void);

/* What the payload is to do; see tests/guest/bench.c. */
struct bench_job {
    enum bench_boot boot; /* nothing of what follows then */
    enum bench_bare bare; /* likewise */
    const char *what;
    unsigned count; /* operations of a round */
    unsigned vps;
    uint64_t pages;
    bool vtl2;      /* there is a VTL2 */
    bool sve;       /* it is about SVE */
    bool unwatched; /* nobody looks after dormant VTLs' interrupts */
    size_t counter; /* in struct stats, of what can be measured in slices; 0: it cannot be */
    unsigned operations; /* counted as one there */
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

/* The same without end, for slices. bench_runner_end() ends it. */
struct bench_runner bench_run_start(const char *payloads, const struct bench_job *job);

#endif
