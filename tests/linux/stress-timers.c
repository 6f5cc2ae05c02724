/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On each CPU: every expiration of a timer comes, none before its time, none much later. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/linux/stress.h"

#define SHORTEST (NS_PER_MS / 2)
#define LONGEST (10 * NS_PER_MS)
#define READINGS 20 /* of one periodic timer before there is another */
#define TIMER_SIGNAL SIGRTMIN

/* A periodic timer, by its first expiration and what lies between two. */
struct series {
    const char *what;
    uint64_t first, interval;
    uint64_t seen; /* expirations */
};

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static struct series series_new(struct worker *worker, const char *what)
{
    return (struct series){
        .what = what,
        .first = now() + SHORTEST + draw(worker, LONGEST),
        .interval = SHORTEST + draw(worker, LONGEST),
    };
}

static uint64_t due_by(const struct series *series, uint64_t time)
{
    return time < series->first ? 0 : (time - series->first) / series->interval + 1;
}

static void check_late(struct worker *worker, const char *what, uint64_t due, uint64_t time)
{
    if (time < due)
        fail(worker, "%s expired %" PRIu64 " ns too early", what, due - time);
    else if (time - due > options.slack_ms * NS_PER_MS)
        fail(worker, "%s is lost, or late by %" PRIu64 " ms", what, (time - due) / NS_PER_MS);
}

/* COUNT more expirations were reported between BEFORE and AFTER. */
static void series_check(struct worker *worker, struct series *series, uint64_t count,
                         uint64_t before, uint64_t after)
{
    uint64_t least = due_by(series, before), most = due_by(series, after);

    check_late(worker, series->what, series->first + series->seen * series->interval, after);
    series->seen += count;
    if (series->seen < least || series->seen > most)
        fail(worker, "%s: %" PRIu64 " expirations reported, %" PRIu64 " to %" PRIu64 " were due",
             series->what, series->seen, least, most);
}

/* --- Sleeping ----------------------------------------------------------------------------- */

static uint64_t sleep_round(struct worker *worker)
{
    uint64_t due = now() + draw(worker, LONGEST);
    struct timespec time = timespec_of(due);
    int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);

    if (error)
        fail(worker, "clock_nanosleep: %s", strerror(error));
    check_late(worker, "clock_nanosleep", due, now());
    return 1;
}

static uint64_t relative_round(struct worker *worker)
{
    uint64_t begin = now(), ns = draw(worker, LONGEST);
    struct timespec time = timespec_of(ns);

    if (nanosleep(&time, NULL))
        fail(worker, "nanosleep: %s", strerror(errno));
    check_late(worker, "nanosleep", begin + ns, now());
    return 1;
}

/* --- timerfd ------------------------------------------------------------------------------ */

static void read_timer(struct worker *worker, int fd, struct series *series)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    uint64_t before = now(), count = 0;
    int ready = poll(&poll_fd, 1, (int)(options.slack_ms + LONGEST / NS_PER_MS + 1));

    if (ready == 1 && breaks("timer") && draw(worker, 2) &&
        read(fd, &count, sizeof count) > 0)
        return; /* nobody counts these */
    if (ready == 0)
        fail(worker, "%s does not expire", series->what);
    else if (read(fd, &count, sizeof count) == sizeof count)
        series_check(worker, series, count, before, now());
    else if (errno != EAGAIN)
        fail(worker, "reading a timerfd: %s", strerror(errno));
}

static uint64_t timerfd_round(struct worker *worker)
{
    struct series series = series_new(worker, "timerfd");
    struct itimerspec when = {timespec_of(series.interval), timespec_of(series.first)};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL)) {
        fail(worker, "timerfd: %s", strerror(errno));
        return 0;
    }
    for (unsigned i = 0; i < READINGS && !stopping(); i++)
        read_timer(worker, fd, &series);
    close(fd);
    return series.seen;
}

/* --- POSIX timers --------------------------------------------------------------------------- */

static void wait_for_signal(struct worker *worker, const sigset_t *set, struct series *series)
{
    struct timespec most = timespec_of(options.slack_ms * NS_PER_MS + LONGEST + NS_PER_MS);
    uint64_t before = now();
    siginfo_t info;

    if (sigtimedwait(set, &info, &most) != TIMER_SIGNAL)
        fail(worker, "%s does not expire", series->what);
    else
        series_check(worker, series, 1 + (uint64_t)info.si_overrun, before, now());
}

static void drain(const sigset_t *set)
{
    struct timespec none = {0};

    while (sigtimedwait(set, NULL, &none) == TIMER_SIGNAL)
        ;
}

static uint64_t posix_round(struct worker *worker)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = TIMER_SIGNAL};
    struct series series;
    struct itimerspec when;
    timer_t timer;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, TIMER_SIGNAL);
    event._sigev_un._tid = worker->tid;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer)) {
        fail(worker, "timer_create: %s", strerror(errno));
        return 0;
    }
    series = series_new(worker, "POSIX timer");
    when = (struct itimerspec){timespec_of(series.interval), timespec_of(series.first)};
    if (timer_settime(timer, TIMER_ABSTIME, &when, NULL))
        fail(worker, "timer_settime: %s", strerror(errno));
    for (unsigned i = 0; i < READINGS && !stopping(); i++)
        wait_for_signal(worker, &set, &series);
    timer_delete(timer);
    drain(&set);
    return series.seen;
}

static void run(struct worker *worker)
{
    static uint64_t (*const rounds[])(struct worker *) = {
        sleep_round, relative_round, timerfd_round, posix_round,
    };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, TIMER_SIGNAL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    while (!stopping())
        done(worker, TALLY_TIMERS, rounds[draw(worker, sizeof rounds / sizeof rounds[0])](worker));
}

void add_timers(void)
{
    for (unsigned i = 0; i < cpus(); i++)
        worker_add("timers", cpu_at(i), run, NULL);
}
