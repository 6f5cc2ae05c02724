/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a run: see run.h. */
#include "emu/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "emu/console.h"
#include "emu/error.h"
#include "emu/log.h"
#include "emu/machine.h"

#define MS_PER_S 1000

/* What lives as long as the run, across resets of the guest. */
struct run {
    struct options *options;
    struct trace *trace;
    struct machine *machine;
    struct console_set *consoles;
    int signals; /* signalfd */
    gint64 deadline; /* monotonic microseconds; 0: none */
};

/* Signals that end the run are read from a descriptor, so that all clean-up happens in one place. */
static int open_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void quit(void *context)
{
    machine_end(context, MACHINE_QUIT, 0, NULL);
}

static bool open_console(struct run *run, unsigned vtl, GError **error)
{
    struct devices *devices = &run->machine->level[vtl].devices;
    struct console_sink sink = {
        .input = devices_input, .listening = devices_listening, .context = devices};

    devices->console =
        console_open(run->consoles, vtl, run->options->level[vtl].console, &sink, error);
    return devices->console != NULL;
}

static bool open_consoles(struct run *run, GError **error)
{
    unsigned boot = (unsigned)run->options->boot_vtl;

    run->consoles = console_set_new(quit, run->machine);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (run->machine->vtls & 1u << vtl && !open_console(run, vtl, error))
            return false;
    console_set_focus(run->consoles, run->machine->level[boot].devices.console);
    console_set_start(run->consoles);
    return true;
}

static int time_left_ms(const struct run *run)
{
    gint64 left;

    if (!run->deadline)
        return -1;
    left = (run->deadline - g_get_monotonic_time()) / MS_PER_S;
    return left > 0 ? (int)MIN(left, G_MAXINT - 1) + 1 : 0;
}

static void take_signal(struct run *run)
{
    struct signalfd_siginfo info;

    if (read(run->signals, &info, sizeof(info)) == sizeof(info))
        machine_end(run->machine, MACHINE_SIGNAL, info.ssi_signo, NULL);
}

/* Until the guest, the user or the clock ends it. */
static void wait_for_end(struct run *run)
{
    struct pollfd fds[] = {
        {.fd = run->machine->end_event, .events = POLLIN},
        {.fd = run->signals, .events = POLLIN},
    };

    while (!machine_ended(run->machine)) {
        int ready = poll(fds, G_N_ELEMENTS(fds), time_left_ms(run));

        if (ready == 0)
            machine_end(run->machine, MACHINE_TIMEOUT, 0, NULL);
        else if (ready > 0 && fds[1].revents)
            take_signal(run);
    }
}

static void drain_end_event(const struct machine *machine)
{
    uint64_t count;

    if (read(machine->end_event, &count, sizeof(count)) < 0 && errno != EAGAIN)
        g_warning("cannot read the end event: %s", g_strerror(errno));
}

/* A reset starts the guest anew on cleared memory. */
static bool run_guest(struct run *run, GError **error)
{
    enum machine_end end;

    do {
        if (!machine_power_on(run->machine, error))
            return false;
        wait_for_end(run);
        drain_end_event(run->machine);
        end = run->machine->end;
        machine_power_off(run->machine);
        if (end == MACHINE_RESET)
            g_info("the guest asked for a reset");
    } while (end == MACHINE_RESET && !run->options->no_reboot);
    return true;
}

static bool prepare(struct run *run, GError **error)
{
    run->signals = open_signals();
    if (run->options->trace) {
        run->trace = trace_open(run->options->trace, error);
        if (!run->trace)
            return false;
    }
    if (run->options->timeout)
        run->deadline =
            g_get_monotonic_time() + (gint64)run->options->timeout * G_TIME_SPAN_SECOND;
    run->machine = machine_new(run->options, run->trace, error);
    return run->machine && open_consoles(run, error);
}

static int report_end(const struct run *run)
{
    const struct machine *machine = run->machine;

    switch (machine->end) {
    case MACHINE_CRASHED:
        return EMU_EXIT_GUEST_CRASHED;
    case MACHINE_FAILED:
        g_printerr("vtlemu: the guest reported failure %u\n", machine->end_detail);
        return EMU_EXIT_GUEST_CRASHED;
    case MACHINE_BROKEN:
        g_printerr("vtlemu: %s\n", machine->end_message);
        return EMU_EXIT_INTERNAL;
    case MACHINE_TIMEOUT:
        g_printerr("vtlemu: ended by --timeout after %d seconds\n", run->options->timeout);
        return EMU_EXIT_TIMEOUT;
    case MACHINE_SIGNAL:
        return EMU_EXIT_SIGNAL + (int)machine->end_detail;
    case MACHINE_QUIT:
        return EMU_EXIT_SIGNAL + SIGINT;
    case MACHINE_RUNNING:
    case MACHINE_POWERED_OFF:
    case MACHINE_RESET:
        break;
    }
    return EMU_EXIT_OK;
}

static void finish(struct run *run)
{
    /* VPs stop before the consoles they write to go away. */
    if (run->machine)
        machine_power_off(run->machine);
    if (run->consoles)
        console_set_free(run->consoles);
    for (unsigned vtl = 0; run->machine && vtl < VTL_LEVELS; vtl++)
        run->machine->level[vtl].devices.console = NULL;
    if (!trace_close(run->trace))
        g_warning("--trace %s: lines were lost, writing failed", run->options->trace);
    if (run->signals > 0)
        close(run->signals);
}

static int run_options(struct options *options)
{
    struct run run = {.options = options};
    g_autoptr(GError) error = NULL;
    int status;

    if (prepare(&run, &error))
        run_guest(&run, &error);
    finish(&run);
    if (error) {
        g_printerr("vtlemu run: %s\n", error->message);
        status = emu_error_exit_status(error);
    } else {
        status = report_end(&run);
        if (options->summary)
            stats_print(&run.machine->stats);
    }
    machine_free(run.machine);
    return status;
}

int run_main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    bool help;
    struct options *options = options_parse(argc, argv, &help, &error);
    int status;

    if (!options) {
        if (help)
            return EMU_EXIT_OK;
        g_printerr("vtlemu run: %s\n", error->message);
        return EMU_EXIT_USAGE;
    }
    log_set_level(options->log_level);
    status = run_options(options);
    options_free(options);
    return status;
}
