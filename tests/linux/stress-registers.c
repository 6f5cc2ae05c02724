/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads whose registers must stay: while they are interrupted and switched, across system calls,
 * signals, and moves to other CPUs.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/linux/spin.h"
#include "tests/linux/stress.h"

#define MOST_TURNS (1u << 18)   /* some milliseconds in an emulated machine */
#define ROOM_FOR_SIGNALS 65536u /* below the block; SVE's frames are big */

/* Arm ARM, FPCR: AHP, DN, FZ, RMode. FPSR: QC, IDC, IXC to IOC. */
#define FPCR_BITS 0x07c00000u
#define FPSR_BITS 0x0800009fu
#define NZCV_BITS 0xf0000000u

enum kind { KIND_X, KIND_Q_LOW, KIND_Q_HIGH, KIND_OTHER };

struct area {
    uint8_t stack[ROOM_FOR_SIGNALS];
    struct spin spin;
};

static uint64_t own_tpidr(void)
{
    uint64_t value;

    __asm__("mrs %0, tpidr_el0" : "=r"(value));
    return value;
}

static void prepare(struct worker *worker, struct spin *spin)
{
    uint64_t round = atomic_load(&worker->progress) + 1;
    struct registers *in = &spin->in;

    memset(&spin->out, 0, sizeof spin->out);
    for (unsigned i = 0; i < 31; i++)
        in->x[i] = pattern(worker->number, round, KIND_X, i);
    for (unsigned i = 0; i < 32; i++) {
        in->q[i][0] = pattern(worker->number, round, KIND_Q_LOW, i);
        in->q[i][1] = pattern(worker->number, round, KIND_Q_HIGH, i);
    }
    in->nzcv = draw(worker, 16) << 28 & NZCV_BITS;
    in->fpcr = draw(worker, 1ull << 32) & FPCR_BITS;
    in->fpsr = draw(worker, 1ull << 32) & FPSR_BITS;
    in->tpidr = own_tpidr();
    in->sp = (uintptr_t)spin;
    spin->count = 1 + draw(worker, MOST_TURNS);
}

static void compare(struct worker *worker, const char *how, const char *name, uint64_t expected,
                    uint64_t found)
{
    char text[64];

    if (expected != found)
        fail(worker, "%s: %s: expected %016" PRIx64 ", found %016" PRIx64 "%s", how, name, expected,
             found, pattern_text(found, text));
}

static void compare_all(struct worker *worker, const char *how, const struct spin *spin)
{
    const struct registers *in = &spin->in, *out = &spin->out;
    char name[16];

    for (unsigned i = 0; i < 31; i++) {
        snprintf(name, sizeof name, "x%u", i);
        compare(worker, how, name, in->x[i], out->x[i]);
    }
    for (unsigned i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "q%u low", i);
        compare(worker, how, name, in->q[i][0], out->q[i][0]);
        snprintf(name, sizeof name, "q%u high", i);
        compare(worker, how, name, in->q[i][1], out->q[i][1]);
    }
    compare(worker, how, "nzcv", in->nzcv, out->nzcv);
    compare(worker, how, "fpcr", in->fpcr, out->fpcr);
    compare(worker, how, "fpsr", in->fpsr, out->fpsr);
    compare(worker, how, "tpidr_el0", in->tpidr, out->tpidr);
    compare(worker, how, "sp", in->sp, out->sp);
}

static void spin_round(struct worker *worker, struct spin *spin)
{
    spin_registers(spin);
    compare_all(worker, "while it spun", spin);
}

/* Nobody may need the thread pointer meanwhile. */
static void pointer_round(struct worker *worker, struct spin *spin)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    spin->in.tpidr = pattern(worker->number, atomic_load(&worker->progress), KIND_OTHER, 0);
    spin_registers(spin);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    compare_all(worker, "while it spun without signals", spin);
}

static void call_round(struct worker *worker, struct spin *spin, const char *how)
{
    spin_call(spin);
    if ((int64_t)spin->out.x[0] < 0 && spin->out.x[0] != (uint64_t)-EINTR)
        fail(worker, "%s: %s", how, strerror((int)-spin->out.x[0]));
    spin->in.x[0] = spin->out.x[0];
    compare_all(worker, how, spin);
}

static void getpid_round(struct worker *worker, struct spin *spin)
{
    spin->in.x[8] = SYS_getpid;
    call_round(worker, spin, "across getpid");
}

static void yield_round(struct worker *worker, struct spin *spin)
{
    spin->in.x[8] = SYS_sched_yield;
    call_round(worker, spin, "across sched_yield");
}

static void sleep_round(struct worker *worker, struct spin *spin)
{
    struct timespec time = {.tv_nsec = (long)draw(worker, NS_PER_MS)};

    spin->in.x[8] = SYS_nanosleep;
    spin->in.x[0] = (uintptr_t)&time;
    spin->in.x[1] = 0;
    call_round(worker, spin, "across nanosleep");
}

static void move_round(struct worker *worker, struct spin *spin)
{
    int cpu = cpu_at((unsigned)draw(worker, cpus()));
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    spin->in.x[8] = SYS_sched_setaffinity;
    spin->in.x[0] = 0;
    spin->in.x[1] = sizeof set;
    spin->in.x[2] = (uintptr_t)&set;
    call_round(worker, spin, "across a move to another CPU");
    if (sched_getcpu() != cpu)
        fail(worker, "is on CPU %d although it was moved to CPU %d", sched_getcpu(), cpu);
}

typedef void round_function(struct worker *worker, struct spin *spin);

static void run(struct worker *worker, round_function *const rounds[], unsigned count)
{
    struct area *area = aligned_alloc(16, sizeof *area);

    if (!area) {
        fail(worker, "out of memory");
        return;
    }
    memset(area, 0, sizeof *area);
    while (!stopping()) {
        prepare(worker, &area->spin);
        rounds[draw(worker, count)](worker, &area->spin);
        done(worker, TALLY_FP, 1);
    }
    free(area);
}

static void run_pinned(struct worker *worker)
{
    static round_function *const rounds[] = {
        spin_round, spin_round, spin_round, pointer_round, getpid_round, yield_round, sleep_round,
    };

    run(worker, rounds, sizeof rounds / sizeof rounds[0]);
}

static void run_moving(struct worker *worker)
{
    static round_function *const rounds[] = {move_round, spin_round, move_round};

    run(worker, rounds, sizeof rounds / sizeof rounds[0]);
}

void add_registers(void)
{
    for (unsigned i = 0; i < cpus(); i++)
        for (unsigned k = 0; k < options.fp; k++)
            worker_add("fp", cpu_at(i), run_pinned, NULL)->wants_signals = true;
    if (cpus() > 1)
        worker_add("fp-moving", -1, run_moving, NULL)->wants_signals = true;
}
