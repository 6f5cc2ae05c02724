/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a run: see run.h. */
#include "emu/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "emu/console.h"
#include "emu/control.h"
#include "emu/error.h"
#include "emu/log.h"
#include "emu/file.h"
#include "emu/machine-facts.h"
#include "emu/machine-state.h"
#include "emu/machine.h"
#include "emu/migrate.h"
#include "emu/manifest.h"
#include "emu/outputs.h"
#include "emu/policy.h"
#include "emu/report.h"
#include "emu/sandbox.h"

#define US_PER_MS 1000
/*
 * How long a run that has been told to end may take over it: while it waits for who reads its
 * output, who may have gone to sleep, and at any rate; a busy host is slow.
 */
#define GRACE_S 3
#define GRACE_MAX_S 30
/* How often to try to tell the machine, if that would have to wait. */
#define RETRY_US 10000

/*
 * What lives as long as the run, across resets of the guest.
 *
 * The main thread waits for the guest. A second thread watches signals and the clock, because
 * everything else may have to wait for whoever reads the guest's output.
 */
struct run {
    struct options *options;
    struct trace *trace;
    int report; /* descriptor of --report, or -1 */
    struct machine *machine;
    struct console_set *consoles;
    struct control *control; /* NULL without --control */
    gint phase;              /* enum phase; atomic */
    GThread *watch;
    int signals;     /* signalfd */
    int wake;        /* eventfd, for the watch to look at what follows */
    gint shut_down;  /* the user wants the guest to shut down; atomic */
    gint quit;       /* the signal that stands for the user's wish to end the run; atomic */
    gint finished;   /* the watch may go; atomic */
    gint64 deadline; /* of --timeout, monotonic microseconds; 0: none; the watch's */
    unsigned pulses; /* of --pulse, so far */
    int restore;     /* descriptor of --restore, or -1 */
    struct snapshot_fd restore_place;
    struct snapshot_source restore_source;
    struct snapshot_reader restored; /* behind what the machine is */
    struct machine_facts facts;
    bool has_incoming;
    struct incoming incoming; /* of --incoming, until its guest runs */
    enum machine_end early;   /* why it ends without a machine; MACHINE_RUNNING: it does not */
    unsigned early_detail;
    gint64 grace;    /* when to see whether to leave at any price; 0: not yet; the watch's */
    gint64 last_grace; /* when to leave whatever is seen */
    enum machine_end wish; /* what the machine has yet to be told; the watch's */
    unsigned wish_detail;
};

/* What a run tells who asks. */
enum phase { PHASE_STARTING, PHASE_RUNNING, PHASE_ENDING };

static bool is_ignored(int signal)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/*
 * Signals that end the run, or ask the guest to, are read from a descriptor, so that all clean-up
 * happens in one place.
 * Those that our parent ignores, such as nohup's SIGHUP, stay ignored.
 */
static int open_signals(void)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that `ulimit -f` lets grow no more is an error of writing */
    sigemptyset(&set);
    for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
        if (!is_ignored(taken[i]))
            sigaddset(&set, taken[i]);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void wake(struct run *run)
{
    static const uint64_t one = 1;

    if (write(run->wake, &one, sizeof(one)) < 0)
        g_critical("cannot wake the watch: %s", g_strerror(errno));
}

/* By the console, which may be stuck itself: the watch does it. SIGUSR1 is a wish to the guest. */
static void quit(void *context, int signal)
{
    struct run *run = context;

    if (signal == SIGUSR1)
        g_atomic_int_set(&run->shut_down, 1);
    else
        g_atomic_int_set(&run->quit, signal);
    wake(run);
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

    run->consoles = console_set_new(quit, run);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (run->machine->vtls & 1u << vtl && !open_console(run, vtl, error))
            return false;
    console_set_focus(run->consoles, run->machine->level[boot].devices.console);
    console_set_start(run->consoles);
    return true;
}

/* --- Control --------------------------------------------------------------------------------- */

static JsonNode *tell_status(void *context, const struct control_request *request,
                             struct control_job *job, GError **error)
{
    static const char *const names[] = {"starting", "running", "ending"};
    struct run *run = context;
    JsonObject *status = json_object_new();
    JsonNode *node;

    (void)request;
    (void)job;
    (void)error;
    json_object_set_string_member(status, "state", names[g_atomic_int_get(&run->phase)]);
    json_object_set_int_member(status, "cpus", run->options->cpus);
    json_object_set_int_member(status, "memory", (gint64)run->options->memory);
    node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, status);
    return node;
}

static JsonNode *tell_guest(void *context, const struct control_request *request,
                            struct control_job *job, GError **error)
{
    struct run *run = context;
    g_autoptr(manifest_auto) manifest = manifest_of_machine(run->machine, error);

    (void)request;
    (void)job;
    return manifest ? manifest_to_node(manifest) : NULL;
}

static JsonNode *end_by_control(void *context, const struct control_request *request,
                                struct control_job *job, GError **error)
{
    (void)request;
    (void)job;
    (void)error;
    quit(context, SIGINT);
    return json_node_init_string(json_node_alloc(), "the run ends");
}

static bool is_abandoned(void *job)
{
    return control_job_is_cancelled(job);
}

static JsonNode *save_by_control(void *context, const struct control_request *request,
                                 struct control_job *job, GError **error)
{
    struct run *run = context;

    if (!outputs_spare(run->options, request->file, error) ||
        !machine_save_file(run->machine, request->file, is_abandoned, job, error))
        return NULL;
    return json_node_init_string(json_node_alloc(), "saved");
}

static JsonNode *migrate_by_control(void *context, const struct control_request *request,
                                    struct control_job *job, GError **error)
{
    struct run *run = context;
    g_autofree char *text =
        migrate_out(run->machine, request->to, request->downtime, job, error);

    return text ? json_node_init_string(json_node_alloc(), text) : NULL;
}

static const control_handler handlers[CONTROL_COMMANDS] = {
    [CONTROL_STATUS] = tell_status,
    [CONTROL_SNAPSHOT] = save_by_control,
    [CONTROL_MIGRATE] = migrate_by_control,
    [CONTROL_GUEST] = tell_guest,
    [CONTROL_QUIT] = end_by_control,
};

static bool open_control(struct run *run, GError **error)
{
    if (!run->options->control)
        return true;
    run->control = control_open(run->options->control, handlers, run, error);
    return run->control != NULL;
}

/* The partition is there, and commands may be carried out on it, or it is about to go. */
static void set_phase(struct run *run, enum phase phase)
{
    g_atomic_int_set(&run->phase, phase);
    if (!run->control)
        return;
    if (phase == PHASE_RUNNING)
        control_start(run->control);
    else
        control_stop(run->control);
}

/* --- The watch ------------------------------------------------------------------------------- */

static int status_of_machine(const struct machine *machine);
static void tell_end(const struct run *run);

static gint64 next_look(const struct run *run)
{
    if (run->wish != MACHINE_RUNNING)
        return MIN(run->grace, g_get_monotonic_time() + RETRY_US);
    return run->grace ? run->grace : run->deadline;
}

static int time_left_ms(const struct run *run)
{
    gint64 next = next_look(run);
    gint64 left = (next - g_get_monotonic_time()) / US_PER_MS;

    if (!next)
        return -1;
    return left > 0 ? (int)MIN(left, G_MAXINT - 1) + 1 : 0;
}

/* Whatever holds up the run may keep the machine's lock, for which the watch must not wait. */
static void tell_wish(struct run *run)
{
    bool told = true;

    if (run->wish != MACHINE_RUNNING)
        machine_try_end(run->machine, run->wish, run->wish_detail, &told);
    if (told)
        run->wish = MACHINE_RUNNING;
}

static void end_run(struct run *run, enum machine_end end, unsigned detail)
{
    if (run->wish == MACHINE_RUNNING) {
        run->wish = end;
        run->wish_detail = detail;
    }
    if (!run->grace) {
        run->grace = g_get_monotonic_time() + GRACE_S * G_TIME_SPAN_SECOND;
        run->last_grace = run->grace + (GRACE_MAX_S - GRACE_S) * G_TIME_SPAN_SECOND;
    }
    sandbox_cancel(); /* a kernel that is being unpacked */
    tell_wish(run);
}

static bool is_past(gint64 time)
{
    return time && g_get_monotonic_time() >= time;
}

static void take_signal(struct run *run, unsigned signal)
{
    if (signal == SIGUSR1)
        g_atomic_int_set(&run->shut_down, 1);
    else
        end_run(run, MACHINE_SIGNAL, signal);
}

static void look_at_signals(struct run *run)
{
    struct signalfd_siginfo info;
    uint64_t count;
    int wanted;

    if (read(run->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
        g_warning("cannot read the wake-up: %s", g_strerror(errno));
    wanted = g_atomic_int_get(&run->quit);
    if (wanted)
        end_run(run, MACHINE_SIGNAL, (unsigned)wanted);
    if (run->signals >= 0 && read(run->signals, &info, sizeof(info)) == sizeof(info))
        take_signal(run, info.ssi_signo);
    if (g_atomic_int_compare_and_exchange(&run->shut_down, 1, 0))
        vmbuses_shut_down(&run->machine->vmbuses);
}

/* Somebody waits for ever, for a reader of our output most likely; then stderr may be stuck, too. */
static void leave(struct run *run)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    int status;

    console_set_abandon(run->consoles);
    control_abandon(run->control);
    if (run->wish != MACHINE_RUNNING && run->machine->end == MACHINE_RUNNING) {
        run->machine->end = run->wish;
        run->machine->end_detail = run->wish_detail;
    }
    if (poll(&room, 1, 0) == 1 && room.revents == POLLOUT) {
        g_critical("something holds up the end of the run (does nobody read its output?); leaving");
        tell_end(run);
    }
    status = status_of_machine(run->machine);
    /* A report that is not whole is no report. */
    _exit(status == EMU_EXIT_OK && run->report >= 0 ? EMU_EXIT_INTERNAL : status);
}

/* Never if there is none. */
static bool is_full(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};

    return fd >= 0 && poll(&room, 1, 0) == 0;
}

/* Somebody who does not read will not in a minute; what is only slow comes to its end. */
static void look_at_end(struct run *run)
{
    if (is_full(STDOUT_FILENO) || is_full(STDERR_FILENO) || is_full(run->report) ||
        is_full(trace_descriptor(run->trace)) || console_set_waits(run->consoles) ||
        is_past(run->last_grace))
        leave(run);
    run->grace = g_get_monotonic_time() + G_TIME_SPAN_SECOND;
}

static gpointer watch(gpointer context)
{
    struct run *run = context;
    struct pollfd fds[] = {
        {.fd = run->signals, .events = POLLIN},
        {.fd = run->wake, .events = POLLIN},
    };

    while (!g_atomic_int_get(&run->finished)) {
        int ready = poll(fds, G_N_ELEMENTS(fds), time_left_ms(run));

        if (ready > 0)
            look_at_signals(run);
        tell_wish(run);
        if (ready != 0)
            continue;
        if (is_past(run->grace))
            look_at_end(run);
        else if (!run->grace && is_past(run->deadline))
            end_run(run, MACHINE_TIMEOUT, 0);
    }
    return NULL;
}

static void set_deadline(struct run *run)
{
    if (run->options->timeout && !run->deadline)
        run->deadline =
            g_get_monotonic_time() + (gint64)run->options->timeout * G_TIME_SPAN_SECOND;
}

static void start_watch(struct run *run)
{
    set_deadline(run);
    run->watch = g_thread_new("watch", watch, run);
}

static void stop_watch(struct run *run)
{
    if (!run->watch)
        return;
    g_atomic_int_set(&run->finished, 1);
    wake(run);
    g_thread_join(run->watch);
}

/* --- The run --------------------------------------------------------------------------------- */

/* Was it the user who has ended the run, so that what did not work out is no error? */
static bool is_users_end(struct machine *machine)
{
    bool is;

    g_mutex_lock(&machine->lock);
    is = machine->end == MACHINE_SIGNAL || machine->end == MACHINE_TIMEOUT;
    g_mutex_unlock(&machine->lock);
    return is;
}

static void end_incoming(struct run *run)
{
    if (run->has_incoming)
        incoming_clear(&run->incoming);
    run->has_incoming = false;
}

/* The first time from the snapshot, or from another run, if there is one. */
static bool begin(struct run *run, GError **error)
{
    bool good;

    if (run->has_incoming) {
        if (!incoming_take(&run->incoming, run->machine, error))
            return false;
        end_incoming(run);
        return true;
    }
    if (run->restore < 0)
        return machine_power_on(run->machine, error);
    good = machine_restore(run->machine, &run->restored, error);
    if (!good)
        g_prefix_error(error, "--restore %s: ", run->options->restore);
    close(run->restore);
    run->restore = -1;
    snapshot_reader_clear(&run->restored);
    return good;
}

static bool power_on(struct run *run, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (begin(run, &failure) || is_users_end(run->machine))
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* Until the end; with --pulse, through one machine after the other. */
static bool wait_for_end(struct run *run, GError **error)
{
    gint64 pulse = run->options->pulse;

    while (!machine_wait(run->machine, pulse ? g_get_monotonic_time() + pulse : 0)) {
        if (!machine_pulse(run->machine, error)) {
            g_prefix_error(error, "--pulse %s: ", run->options->pulse_text);
            return false;
        }
        run->pulses++;
    }
    return true;
}

static bool can_boot_again(const struct run *run)
{
    if (run->options->no_reboot || options_can_boot(run->options))
        return !run->options->no_reboot;
    g_printerr("vtlemu: the guest asked for a reset, but its kernels are not in the snapshot; give "
               "them besides --restore to have it start anew\n");
    return false;
}

/* A reset starts the guest anew on cleared memory. */
static bool run_guest(struct run *run, GError **error)
{
    bool again;

    do {
        if (!power_on(run, error))
            return false;
        set_phase(run, PHASE_RUNNING);
        if (!wait_for_end(run, error))
            return false;
        set_phase(run, PHASE_ENDING);
        machine_power_off(run->machine);
        again = run->machine->end == MACHINE_RESET && can_boot_again(run);
        if (again)
            g_info("the guest asked for a reset");
    } while (again);
    return true;
}

/* What the machine is, from the beginning of the snapshot. */
static bool open_snapshot(struct run *run, GError **error)
{
    struct snapshot_section section;

    if (!run->options->restore)
        return true;
    run->restore = file_open_input("--restore ", run->options->restore, error);
    if (run->restore < 0)
        return false;
    run->restore_place = (struct snapshot_fd){run->restore, "the file"};
    run->restore_source = snapshot_source_fd(&run->restore_place);
    if (snapshot_begin_reading(&run->restored, &run->restore_source, error) &&
        snapshot_read(&run->restored, &section, error) &&
        machine_facts_read(&section, &run->facts, error))
        return machine_facts_adopt(&run->facts, run->options, error);
    g_prefix_error(error, "--restore %s: ", run->options->restore);
    return false;
}

/* Before there is a machine, and a watch. */
static bool is_called_off(void *context)
{
    struct run *run = context;
    struct signalfd_siginfo info;

    if (run->signals >= 0 && read(run->signals, &info, sizeof(info)) == sizeof(info) &&
        info.ssi_signo != SIGUSR1) {
        run->early = MACHINE_SIGNAL;
        run->early_detail = info.ssi_signo;
    } else if (run->early == MACHINE_RUNNING && is_past(run->deadline)) {
        run->early = MACHINE_TIMEOUT;
    }
    return run->early != MACHINE_RUNNING;
}

static bool meet_incoming(struct run *run, GError **error)
{
    if (!run->options->incoming)
        return true;
    set_deadline(run);
    run->has_incoming = true;
    return incoming_open(&run->incoming, run->options->incoming, error) &&
           incoming_meet(&run->incoming, is_called_off, run, &run->facts, error) &&
           machine_facts_adopt(&run->facts, run->options, error);
}

static bool suits_host(const struct run *run, GError **error)
{
    if (!options_are_restored(run->options) || machine_check_facts(run->machine, &run->facts, error))
        return true;
    if (run->options->restore)
        g_prefix_error(error, "--restore %s: ", run->options->restore);
    return false;
}

static bool prepare(struct run *run, GError **error)
{
    run->signals = open_signals();
    run->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!open_snapshot(run, error) || !meet_incoming(run, error) ||
        !outputs_check(run->options, error))
        return false;
    if (run->options->trace) {
        run->trace = trace_open(run->options->trace, run->options->trace_kinds, error);
        if (!run->trace)
            return false;
    }
    if (run->options->report) {
        run->report = file_open_output("--report ", run->options->report, error);
        if (run->report < 0)
            return false;
    }
    run->machine = machine_new(run->options, run->trace, error);
    if (!run->machine || !suits_host(run, error) || !open_consoles(run, error) ||
        !open_control(run, error))
        return false;
    start_watch(run);
    return true;
}

static int exit_status(enum machine_end end, unsigned detail)
{
    switch (end) {
    case MACHINE_CRASHED:
    case MACHINE_FAILED:
        return EMU_EXIT_GUEST_CRASHED;
    case MACHINE_BROKEN:
        return EMU_EXIT_INTERNAL;
    case MACHINE_TIMEOUT:
        return EMU_EXIT_TIMEOUT;
    case MACHINE_STRICT:
        return EMU_EXIT_STRICT;
    case MACHINE_SIGNAL:
        return EMU_EXIT_SIGNAL + (int)detail;
    case MACHINE_RUNNING:
    case MACHINE_STOPPED:
    case MACHINE_MOVED:
    case MACHINE_POWERED_OFF:
    case MACHINE_RESET:
        break;
    }
    return EMU_EXIT_OK;
}

static void tell_why(const struct run *run, enum machine_end end, unsigned detail)
{
    if (end == MACHINE_FAILED)
        g_printerr("vtlemu: the guest reported failure (%u)\n", detail);
    else if (end == MACHINE_BROKEN)
        g_printerr("vtlemu: %s\n", run->machine->end_message);
    else if (end == MACHINE_SIGNAL && detail != SIGPIPE)
        g_printerr("vtlemu: ended by signal %u (%s)\n", detail, g_strsignal((int)detail));
    else if (end == MACHINE_STRICT)
        g_printerr("vtlemu: ended by --strict=stop\n");
    else if (end == MACHINE_TIMEOUT)
        g_printerr("vtlemu: ended by --timeout after %d seconds\n", run->options->timeout);
}

static void tell_end(const struct run *run)
{
    if (run->options->pulse)
        g_printerr("vtlemu: --pulse: saved and restored %u times\n", run->pulses);
    tell_why(run, run->machine->end, run->machine->end_detail);
}

/* Violations count if all else was well. */
static int status_of_machine(const struct machine *machine)
{
    int status = exit_status(machine->end, machine->end_detail);

    return status == EMU_EXIT_OK && machine->strict && strict_log_count(machine->strict)
               ? EMU_EXIT_STRICT
               : status;
}

static const char *end_text(enum machine_end end)
{
    static const char *const texts[] = {
        [MACHINE_RUNNING] = "it had not begun",
        [MACHINE_POWERED_OFF] = "the guest powered off",
        [MACHINE_RESET] = "the guest asked for a reset",
        [MACHINE_CRASHED] = "the guest crashed",
        [MACHINE_FAILED] = "the guest reported failure",
        [MACHINE_BROKEN] = "vtlemu failed",
        [MACHINE_TIMEOUT] = "--timeout ran out",
        [MACHINE_SIGNAL] = "by a signal",
        [MACHINE_STOPPED] = "it was stopped",
        [MACHINE_STRICT] = "--strict=stop",
        [MACHINE_MOVED] = "the guest has moved",
    };

    return texts[end];
}

static bool write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left) {
        ssize_t written = write(fd, text, left);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        left -= (size_t)written;
    }
    return true;
}

/* While there is a watch, as it may have to wait for who reads it. */
static void write_report(const struct run *run)
{
    const struct machine *machine = run->machine;
    const struct options *options = run->options;
    g_autofree char *call_abi = options_call_abi_text(options->vtl_abi.call_id);
    g_autofree char *return_abi = options_return_abi_text(options->vtl_abi.return_id);
    g_autofree char *policy = policy_text(options->bank_policy, &options->policy);
    const struct report_run facts = {
        .call_abi = call_abi,
        .return_abi = return_abi,
        .policy = policy,
        .poison = poison_level_name(options->poison),
        .end = end_text(machine->end),
        .status = status_of_machine(machine),
        .switch_names = stats_switch_names,
        .switches = machine->stats.switches,
        .switch_count = STATS_SWITCHES,
    };
    g_autofree char *text = report_is_json(options->report)
                                ? report_to_json(machine->audit, &facts)
                                : report_to_text(machine->audit, &facts);

    if (!write_all(run->report, text))
        g_warning("--report %s: it is not whole, writing failed: %s", options->report,
                  g_strerror(errno));
}

/* @has_run: to an end that is not vtlemu's own error. */
static void finish(struct run *run, bool has_run)
{
    control_close(run->control);
    /* VPs stop before the consoles they write to go away. */
    if (run->machine)
        machine_power_off(run->machine);
    if (run->consoles)
        console_set_finish(run->consoles);
    if (has_run && run->options->report)
        write_report(run);
    trace_flush(run->trace);
    stop_watch(run);
    if (run->consoles)
        console_set_free(run->consoles);
    for (unsigned vtl = 0; run->machine && vtl < VTL_LEVELS; vtl++)
        run->machine->level[vtl].devices.console = NULL;
    if (!trace_close(run->trace))
        g_warning("--trace %s: lines were lost, writing failed", run->options->trace);
    if (run->signals >= 0)
        close(run->signals);
    if (run->wake >= 0)
        close(run->wake);
    if (run->restore >= 0)
        close(run->restore);
    snapshot_reader_clear(&run->restored);
}

static int run_options(struct options *options)
{
    struct run run = {
        .options = options, .signals = -1, .wake = -1, .restore = -1, .report = -1};
    g_autoptr(GError) error = NULL;
    int status;

    if (prepare(&run, &error))
        run_guest(&run, &error);
    if (error && run.has_incoming)
        incoming_refuse(&run.incoming, error->message);
    end_incoming(&run);
    finish(&run, !error && run.early == MACHINE_RUNNING);
    if (run.early != MACHINE_RUNNING) {
        tell_why(&run, run.early, run.early_detail);
        status = exit_status(run.early, run.early_detail);
    } else if (error) {
        g_printerr("vtlemu run: %s\n", error->message);
        status = emu_error_exit_status(error);
    } else {
        tell_end(&run);
        machine_tell_unused(run.machine);
        if (run.machine->strict)
            strict_log_print(run.machine->strict);
        status = status_of_machine(run.machine);
        if (options->summary)
            stats_print(&run.machine->stats);
    }
    if (run.report >= 0)
        close(run.report);
    machine_free(run.machine);
    return status;
}

int run_main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    bool help;
    struct options *options = options_parse(argc, argv, &help, &error);
    int status;

    if (options && !options_choose_policy(options, &error))
        g_clear_pointer(&options, options_free);
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
