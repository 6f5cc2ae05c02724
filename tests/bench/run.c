/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of the benchmarks' payload, in a process of its own: see bench.h. */
#include <errno.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/console.h"
#include "emu/machine.h"
#include "tests/bench/bench.h"

#define US_PER_S 1e6

/* Of this process' memory what is not shared: the guest's RAM is a memfd. */
static uint64_t read_resident(void)
{
    g_autofree char *text = NULL;
    uint64_t pages = 0, shared = 0;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) ||
        sscanf(text, "%*u %" G_GINT64_MODIFIER "u %" G_GINT64_MODIFIER "u", &pages, &shared) != 2)
        bench_fail("/proc/self/statm", "cannot be read");
    return (pages - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* NULL: nobody reads what it says. */
static char *console_option(const char *console, unsigned vtl)
{
    return console ? g_strdup_printf("--vtl%u-console=file:%s.%u", vtl, console, vtl)
                   : g_strdup_printf("--vtl%u-console=null", vtl);
}

static GPtrArray *make_arguments(const char *payloads, const struct bench_job *job, unsigned rounds,
                                 const char *console)
{
    g_autofree char *words =
        g_strdup_printf("what=%s count=%u rounds=%u vps=%u pages=%" G_GINT64_MODIFIER "u", job->what,
                        job->count, rounds, job->vps, job->pages);
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(argv, g_strdup("run"));
    g_ptr_array_add(argv, g_strdup_printf("--cpus=%u", job->vps));
    for (unsigned vtl = 0; vtl <= (job->vtl2 ? 2 : 0); vtl += 2) {
        g_ptr_array_add(argv, g_strdup_printf("--vtl%u-kernel=%s/bench.vtl%u", vtl, payloads, vtl));
        g_ptr_array_add(argv, g_strdup_printf("--vtl%u-cmdline=%s", vtl, words));
        g_ptr_array_add(argv, console_option(console, vtl));
    }
    for (unsigned i = 0; i < BENCH_OPTIONS && job->options[i]; i++)
        g_ptr_array_add(argv, g_strdup(job->options[i]));
    return argv;
}

static void ignore_quit(void *context, int signal)
{
    (void)context;
    (void)signal;
}

static struct console_set *open_consoles(struct machine *machine, GError **error)
{
    struct console_set *set = console_set_new(ignore_quit, NULL);

    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        struct devices *devices = &machine->level[vtl].devices;
        struct console_sink sink = {devices_input, devices_listening, devices};

        if (!(machine->vtls & 1u << vtl))
            continue;
        devices->console =
            console_open(set, vtl, machine->options->level[vtl].console, &sink, error);
        if (!devices->console)
            bench_fail("console", (*error)->message);
    }
    console_set_start(set);
    return set;
}

/* What a child says first. */
struct begun {
    const uint64_t *counter;
};

static void tell(int fd, const void *what, size_t size)
{
    if (write(fd, what, size) != (ssize_t)size)
        bench_fail("pipe", g_strerror(errno));
}

/* In the child. */
static void run_machine(const struct options *options, const struct bench_job *job, int fd,
                        struct bench_run *run)
{
    struct begun begun;
    GError *error = NULL;
    struct machine *machine = machine_new(options, NULL, &error);
    struct console_set *consoles;

    if (!machine)
        bench_fail("machine", error->message);
    machine->unwatched = job->unwatched;
    consoles = open_consoles(machine, &error);
    if (!machine_power_on(machine, &error))
        bench_fail("machine", error->message);
    begun.counter = (const uint64_t *)(const void *)((char *)&machine->vps[0].stats + job->counter);
    tell(fd, &begun, sizeof(begun));
    machine_wait(machine, 0);
    if (machine->end != MACHINE_POWERED_OFF)
        bench_fail("machine", "the payload failed");
    run->resident = read_resident();
    machine_power_off(machine);
    console_set_finish(consoles);
    run->stats = machine->stats;
    console_set_free(consoles);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        machine->level[vtl].devices.console = NULL;
    machine_free(machine);
}

static void be_child(const char *payloads, const struct bench_job *job, unsigned rounds,
                     const char *console, int fd) G_GNUC_NORETURN;
static void be_child(const char *payloads, const struct bench_job *job, unsigned rounds,
                     const char *console, int fd)
{
    GPtrArray *argv = make_arguments(payloads, job, rounds, console);
    int argc = (int)argv->len;
    struct bench_run run = {0};
    GError *error = NULL;
    bool help;
    struct options *options;

    g_ptr_array_add(argv, NULL);
    options = options_parse(argc, (char **)argv->pdata, &help, &error);
    if (!options)
        bench_fail("options", error->message);
    run_machine(options, job, fd, &run);
    tell(fd, &run, sizeof(run));
    exit(EXIT_SUCCESS);
}

/* The payload's own words: what its rounds took, by its counter. */
static void read_rounds(const char *console, unsigned vtl, struct bench_run *run)
{
    g_autofree char *path = g_strdup_printf("%s.%u", console, vtl), *text = NULL;
    g_auto(GStrv) lines = NULL;
    uint64_t hz = 0, operations, ticks;

    if (g_file_get_contents(path, &text, NULL, NULL))
        lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; line && *line; line++) {
        sscanf(*line, "bench: hz %" G_GINT64_MODIFIER "u", &hz);
        if (hz && run->rounds < BENCH_ROUNDS_MAX &&
            sscanf(*line, "bench: round %" G_GINT64_MODIFIER "u %" G_GINT64_MODIFIER "u",
                   &operations, &ticks) == 2)
            run->us[run->rounds++] = US_PER_S * (double)ticks / (double)hz / (double)operations;
    }
    g_unlink(path);
}

static void hear(int fd, void *what, size_t size, const struct bench_job *job)
{
    if (read(fd, what, size) != (ssize_t)size)
        bench_fail(job->what, "the run failed");
}

/* Stores the pipe on which it can be heard. */
static struct bench_runner start(const char *payloads, const struct bench_job *job, unsigned rounds,
                                 const char *console, int *fd)
{
    struct bench_runner runner = {.operations = job->operations};
    struct begun begun;
    int fds[2];

    if (pipe(fds) < 0)
        bench_fail("pipe", g_strerror(errno));
    fflush(stdout);
    runner.pid = fork();
    if (runner.pid < 0)
        bench_fail("fork", g_strerror(errno));
    if (runner.pid == 0) {
        close(fds[0]);
        be_child(payloads, job, rounds, console, fds[1]);
    }
    close(fds[1]);
    *fd = fds[0];
    hear(*fd, &begun, sizeof(begun), job);
    runner.counter = begun.counter;
    return runner;
}

void bench_run(const char *payloads, const struct bench_job *job, unsigned rounds,
               struct bench_run *run)
{
    g_autofree char *folder = g_dir_make_tmp("vtlemu-bench-XXXXXX", NULL);
    g_autofree char *console = g_build_filename(folder ? folder : "", "console", NULL);
    struct bench_runner runner;
    int fd, status;

    if (!folder)
        bench_fail("a temporary folder", g_strerror(errno));
    runner = start(payloads, job, rounds, console, &fd);
    hear(fd, run, sizeof(*run), job);
    close(fd);
    if (waitpid(runner.pid, &status, 0) != runner.pid || status != 0)
        bench_fail(job->what, "the run failed");
    run->rounds = 0;
    for (unsigned vtl = 0; vtl <= 2; vtl += 2)
        read_rounds(console, vtl, run);
    g_rmdir(folder);
    if (run->rounds != rounds)
        bench_fail(job->what, "the payload did not measure what it was told to");
}

struct bench_runner bench_run_start(const char *payloads, const struct bench_job *job)
{
    struct bench_job endless = *job;
    struct bench_runner runner;
    int fd;

    endless.count = UINT_MAX;
    runner = start(payloads, &endless, 1, NULL, &fd);
    close(fd);
    return runner;
}
