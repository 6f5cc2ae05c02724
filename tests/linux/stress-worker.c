/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that are watched. */
#include "tests/linux/stress.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_WORKERS 1024
#define MOST_FAILURES 10
#define ALTERNATE_STACK 65536 /* SVE's frames are big */

__thread struct worker *self;
static struct worker workers[MAX_WORKERS];
static unsigned worker_count;
static int cpu_list[MAX_CPUS];
static unsigned cpu_count;
static atomic_bool stop_now;
static atomic_uint failure_count;
static _Atomic uint64_t tallies[TALLIES];
static _Atomic uint64_t watched_at;
static atomic_flag watching = ATOMIC_FLAG_INIT;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* closed until all are there */

static void write_line(const char *prefix, const char *format, va_list arguments)
{
    char line[512];
    int length = snprintf(line, sizeof line, "stress: %s", prefix);

    length += vsnprintf(line + length, sizeof line - (size_t)length - 1, format, arguments);
    if (length > (int)sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)length) < 0)
        _exit(EXIT_FAILURE);
}

void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line("", format, arguments);
    va_end(arguments);
}

void fail(struct worker *worker, const char *format, ...)
{
    char prefix[96];
    va_list arguments;

    atomic_store(&stop_now, true);
    if (atomic_fetch_add(&failure_count, 1) >= MOST_FAILURES)
        return;
    snprintf(prefix, sizeof prefix, "FAIL: %s (CPU %d, round %" PRIu64 "): ", worker->name,
             sched_getcpu(), atomic_load(&worker->progress));
    va_start(arguments, format);
    write_line(prefix, format, arguments);
    va_end(arguments);
}

unsigned failures(void) { return atomic_load(&failure_count); }
bool stopping(void) { return atomic_load_explicit(&stop_now, memory_order_relaxed); }
void stop(void) { atomic_store(&stop_now, true); }
uint64_t tally(enum tally what) { return atomic_load(&tallies[what]); }

/* Xorshift64*, by Vigna. */
uint64_t draw(struct worker *worker, uint64_t below)
{
    uint64_t x = worker->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    worker->random = x;
    return ((x * 0x2545f4914f6cdd1dull) >> 16) % below;
}

/* --- CPUs --------------------------------------------------------------------------------- */

static void find_cpus(void)
{
    cpu_set_t set;

    sched_getaffinity(0, sizeof set, &set);
    for (int i = 0; i < CPU_SETSIZE && cpu_count < MAX_CPUS; i++)
        if (CPU_ISSET(i, &set))
            cpu_list[cpu_count++] = i;
}

unsigned cpus(void)
{
    if (cpu_count == 0)
        find_cpus();
    return cpu_count;
}

int cpu_at(unsigned index) { return cpu_list[index % cpus()]; }

void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set))
        fail(self, "sched_setaffinity to CPU %d: %s", cpu, strerror(errno));
    else if (sched_getcpu() != cpu)
        fail(self, "runs on CPU %d although bound to CPU %d", sched_getcpu(), cpu);
}

/* --- The watchdog --------------------------------------------------------------------------- */

/* What the kernel says of a thread: its state, and where it waits. */
static void describe(const struct worker *worker, char *text, size_t size)
{
    static const char *const files[] = {"stat", "wchan", "syscall"};
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < 3; i++) {
        char path[64], line[128] = "";

        snprintf(path, sizeof path, "/proc/self/task/%d/%s", worker->tid, files[i]);
        FILE *file = fopen(path, "r");
        if (!file)
            continue;
        if (fgets(line, sizeof line, file))
            line[strcspn(line, "\n")] = '\0';
        fclose(file);
        used += (size_t)snprintf(text + used, size - used, " %s: %.60s;", files[i], line);
    }
}

static bool look_at(struct worker *worker, uint64_t passed)
{
    uint64_t progress = atomic_load(&worker->progress);
    char text[256];

    if (!atomic_load(&worker->running) || progress != worker->seen)
        worker->still = 0;
    else
        worker->still += passed;
    worker->seen = progress;
    if (worker->still > worker->longest)
        worker->longest = worker->still;
    if (worker->still < options.stall * NS_PER_S)
        return true;
    describe(worker, text, sizeof text);
    fail(worker, "no progress for %" PRIu64 " s, on CPU %d;%s", worker->still / NS_PER_S,
         worker->cpu, text);
    return false;
}

void say_slowest(void)
{
    const struct worker *slowest = &workers[0];

    for (unsigned i = 1; i < worker_count; i++)
        if (workers[i].longest > slowest->longest)
            slowest = &workers[i];
    say("the slowest, %s, did not come on for %.1f s once", slowest->name,
        (double)slowest->longest / NS_PER_S);
}

void watch(void)
{
    bool good = true;
    uint64_t time = now(), passed = time - atomic_load(&watched_at);

    if (time < atomic_load(&watched_at) + NS_PER_S / 4 || atomic_flag_test_and_set(&watching))
        return;
    /* When nobody looked for long, the whole machine stood still, which is nobody's fault here. */
    if (passed > NS_PER_S)
        passed = NS_PER_S;
    for (unsigned i = 0; i < worker_count; i++)
        good &= look_at(&workers[i], passed);
    if (!good)
        _exit(EXIT_FAILURE); /* those cannot be waited for */
    atomic_store(&watched_at, time);
    atomic_flag_clear(&watching);
}

void done(struct worker *worker, enum tally what, uint64_t count)
{
    clock_check(worker);
    atomic_fetch_add_explicit(&tallies[TALLY_CLOCK], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&tallies[what], count, memory_order_relaxed);
    alive(worker);
    watch();
}

/* --- Workers ------------------------------------------------------------------------------ */

struct worker *worker_add(const char *name, int cpu, void (*run)(struct worker *worker),
                          void *state)
{
    struct worker *worker = &workers[worker_count];

    if (worker_count == MAX_WORKERS) {
        say("more than %d threads: give fp= or sve= less", MAX_WORKERS);
        exit(EXIT_FAILURE);
    }
    worker->number = ++worker_count;
    worker->cpu = cpu;
    worker->run = run;
    worker->state = state;
    worker->random = (options.seed + worker->number) * 0x9e3779b97f4a7c15ull | 1;
    if (cpu < 0)
        snprintf(worker->name, sizeof worker->name, "%s", name);
    else
        snprintf(worker->name, sizeof worker->name, "%s-%u on %d", name, worker->number, cpu);
    return worker;
}

static void use_alternate_stack(void)
{
    stack_t stack = {.ss_size = ALTERNATE_STACK};

    stack.ss_sp = malloc(stack.ss_size);
    if (stack.ss_sp)
        sigaltstack(&stack, NULL);
}

static void *start(void *argument)
{
    struct worker *worker = argument;

    self = worker;
    worker->tid = (pid_t)syscall(SYS_gettid);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    use_alternate_stack();
    if (worker->cpu >= 0)
        pin(worker->cpu);
    worker->run(worker);
    atomic_store(&worker->running, false);
    return NULL;
}

static void create(struct worker *worker)
{
    int error;

    atomic_store(&worker->running, true);
    if (worker->run == NULL) { /* the main thread */
        worker->tid = getpid();
        self = worker;
        return;
    }
    error = pthread_create(&worker->thread, NULL, start, worker);
    if (!error)
        return;
    atomic_store(&worker->running, false);
    fail(worker, "cannot be started: %s", strerror(error));
}

void start_workers(void)
{
    pthread_mutex_lock(&gate);
    for (unsigned i = 0; i < worker_count && !stopping(); i++)
        create(&workers[i]);
    clock_begin();
    atomic_store(&watched_at, now());
    pthread_mutex_unlock(&gate);
}

bool workers_running(void)
{
    for (unsigned i = 0; i < worker_count; i++)
        if (workers[i].run && atomic_load(&workers[i].running))
            return true;
    return false;
}

void join_workers(void)
{
    for (unsigned i = 0; i < worker_count; i++)
        if (workers[i].thread)
            pthread_join(workers[i].thread, NULL);
}

void disturb_one(struct worker *main_worker)
{
    for (unsigned i = 0; i < worker_count; i++) {
        struct worker *worker = &workers[draw(main_worker, worker_count)];
        if (worker->wants_signals && worker->thread) {
            pthread_kill(worker->thread, SIGUSR1);
            return;
        }
    }
}

/* Without the rights for it things are only slower, or some wake-ups go without an interrupt. */
void be_urgent(void)
{
    struct sched_param parameters = {.sched_priority = 1};

    sched_setscheduler(0, SCHED_FIFO, &parameters);
}
