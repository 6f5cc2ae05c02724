/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stress program for a guest's Linux: its workers (threads that check something again and
 * again), what they share, and where each kind of them is added. Times are nanoseconds of
 * CLOCK_MONOTONIC.
 */
#ifndef TESTS_LINUX_STRESS_H
#define TESTS_LINUX_STRESS_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define PAGE 4096u
#define MAX_CPUS 64

/* What is counted for the last line. */
enum tally {
    TALLY_FP,
    TALLY_SVE,
    TALLY_TIMERS, /* expirations */
    TALLY_IPIS,   /* messages and changes of page tables that have to reach other CPUs */
    TALLY_FAULTS, /* pages touched */
    TALLY_CLOCK,
    TALLIES
};

struct options {
    uint64_t seconds, stall, slack_ms, fp, sve, nice, seed;
    bool need_sve;
    const char *only;  /* groups, separated by commas; NULL for all */
    const char *dmesg; /* "new", "all" or "off" */
    const char *breaks; /* what to damage on purpose, or NULL */
};

struct worker {
    char name[24];
    unsigned number; /* from 1 */
    int cpu;         /* pinned there; -1: anywhere */
    void (*run)(struct worker *worker);
    void *state; /* the kind's own */
    pthread_t thread;
    pid_t tid;
    bool wants_signals;
    uint64_t random;
    atomic_bool running;
    _Atomic uint64_t progress;
    /* The watchdog's: a progress, for how long it has been the same, and the most of that. */
    uint64_t seen, still, longest;
};

extern struct options options;

/* --- stress-worker.c ---------------------------------------------------------------------- */

/* The CPUs this process may run on, in their order. */
unsigned cpus(void);
int cpu_at(unsigned index);

/* Adds a worker, which start_workers() starts. NAME is copied. Returns it, owned by the module. */
struct worker *worker_add(const char *name, int cpu, void (*run)(struct worker *worker),
                          void *state);
void start_workers(void);
bool workers_running(void);
void join_workers(void);

/* Sends SIGUSR1 to one of those that want signals. */
void disturb_one(struct worker *main_worker);

/* Binds the calling thread to a CPU. */
void pin(int cpu);

/* Gives the calling thread a real-time priority. */
void be_urgent(void);

/* The worker that the calling thread is. */
extern __thread struct worker *self;

/* Has the time come to return from run()? */
bool stopping(void);
void stop(void);

/* After each round: counts what was checked, looks at the clock, keeps the watchdog quiet. */
void done(struct worker *worker, enum tally what, uint64_t count);
uint64_t tally(enum tally what);

/*
 * Within a long round, for the watchdog: each system call or fault may have to wait for locks that
 * threads on all processors want, which takes a second where a paravisor is busy, too.
 */
static inline void alive(struct worker *worker)
{
    atomic_fetch_add_explicit(&worker->progress, 1, memory_order_relaxed);
}

/* Reports what is wrong and ends the run; printed with the worker's name, CPU and round. */
void fail(struct worker *worker, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned failures(void);

/* Looks for workers without progress; fails and exits when there are some. Any thread may. */
void watch(void);

/* Says who was without progress for the longest time, to tell slowness from a loss. */
void say_slowest(void);

/* Prints one line "stress: ..." by one write. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t draw(struct worker *worker, uint64_t below); /* 0..below-1 */

/* --- stress-clock.c ----------------------------------------------------------------------- */

uint64_t now(void);
void sleep_for(uint64_t ns);

/* Others shall run, too, whatever the work since BEGIN costs here. */
void pause_after(struct worker *worker, uint64_t begin);

/* CLOCK_MONOTONIC and CNTVCT_EL0 go on together from the first call. */
void clock_begin(void);
void clock_check(struct worker *worker);

/* Moves the highest time seen by anybody, to see whether that is noticed. */
void break_clock(void);

/* --- The kinds; each adds its workers ------------------------------------------------------ */

void add_registers(void);
void add_sve(void);
void add_timers(void);
void add_ipis(void);
void add_pages(void);
void add_faults(void);

/* The vector lengths that SVE was checked with, as text. */
const char *sve_lengths(void);

/* Threads that read a page while it is remapped fault now and then; true if this was that. */
bool pages_fault(uintptr_t address);

/* --- stress-kernel.c: the kernel's own view ------------------------------------------------ */

void kernel_before(struct worker *main_worker);
void kernel_after(struct worker *main_worker);

/* --- stress-break.c: damage on purpose ------------------------------------------------------- */

/* Exits when nothing is called so. */
void break_check(void);
/* Called now and then by the main thread. */
void break_something(void);
/* Called by the handler of SIGUSR1, which interrupted the thread there. */
void break_registers(void *context);
bool breaks(const char *what);

void break_ipi(void);
void break_kernel(void);

/* A value that says whose it is: worker, round, and which register or word. */
uint64_t pattern(unsigned worker, uint64_t round, unsigned kind, unsigned number);
/* For messages: " (worker 3, round 7, kind 1, number 2)", or "" if it is no pattern. */
const char *pattern_text(uint64_t value, char text[64]);

#endif
