/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job and the floor in turns, in slices too short for the machine to become another one
 * meanwhile: see bench.h. Each is a process that would go on for ever and is stopped most of the
 * time; how far they get is read from outside.
 */
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define SLICE_US 60000
/* After SIGCONT: threads come to run again, caches fill. */
#define LEAD_IN_US 5000
#define WARM_UP 200 /* operations */
#define POLL_US 1000
#define PATIENCE_US (60 * G_USEC_PER_SEC)

static uint64_t progress(const struct bench_runner *runner)
{
    uint64_t count = 0;
    struct iovec to = {&count, sizeof(count)};
    struct iovec from = {(void *)runner->counter, sizeof(count)};

    if (process_vm_readv(runner->pid, &to, 1, &from, 1, 0) != sizeof(count))
        bench_fail("the progress of a run", g_strerror(errno));
    return count;
}

static void stop(const struct bench_runner *runner)
{
    int status;

    if (kill(runner->pid, SIGSTOP) < 0 || waitpid(runner->pid, &status, WUNTRACED) != runner->pid ||
        !WIFSTOPPED(status))
        bench_fail("a run", "ended before it was to");
}

/* A window with the first exits takes long to open: that is waited for here. */
static void warm_up(const struct bench_runner *runner)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_US;

    while (progress(runner) < WARM_UP) {
        if (g_get_monotonic_time() > end)
            bench_fail("a run", "does not get on");
        g_usleep(POLL_US);
    }
    stop(runner);
}

/* Microseconds of an operation. */
static double run_slice(const struct bench_runner *runner)
{
    uint64_t count;
    gint64 begin;
    double us;

    kill(runner->pid, SIGCONT);
    g_usleep(LEAD_IN_US);
    count = progress(runner);
    begin = g_get_monotonic_time();
    /* One that is slower than a slice is long gets what it takes. */
    do
        g_usleep(SLICE_US);
    while (progress(runner) == count);
    us = (double)(g_get_monotonic_time() - begin) / (double)(progress(runner) - count);
    stop(runner);
    return us / runner->operations;
}

void bench_runner_end(struct bench_runner *runner)
{
    kill(runner->pid, SIGKILL);
    if (waitpid(runner->pid, NULL, 0) != runner->pid)
        bench_fail("waitpid", g_strerror(errno));
}

void bench_slices(const struct bench_runner *job, const struct bench_runner *floor,
                  struct bench_slice *slices, unsigned count)
{
    double before;

    warm_up(floor);
    warm_up(job);
    before = run_slice(floor);
    for (unsigned i = 0; i < count; i++) {
        double us = run_slice(job), after = run_slice(floor);

        slices[i] = (struct bench_slice){us, us / ((before + after) / 2)};
        before = after;
    }
}
