/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments, the main thread, the end: see paravisor.h. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tests/paravisor/devices.h"
#include "tests/paravisor/paravisor.h"

struct machine machine = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .wake = -1};

static const char usage[] =
    "Usage: paravisor [OPTION]...\n"
    "\n"
    "Runs VTL0 from VTL2's user space: its console is this terminal. /dev/hv_vtl must be there.\n"
    "\n"
    "  -v, --verbose        tell of each intercept; twice: of each access to the console, too\n"
    "  -e, --epoch SECONDS  VTL0's clock begins at so many seconds since 1970 (VTL2's own time)\n"
    "  -s, --statistics     at the end, tell what VTL0 was stopped for\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0 VTL0 has powered off, 3 it wants to be reset, 2 it did something unknown,\n"
    "1 set-up error, 128+N ended by signal N.\n";

static struct termios saved_terminal;
static bool terminal_is_raw;
static bool want_statistics;
static atomic_bool line_open;

/* --- Telling ---------------------------------------------------------------------------------- */

void tell_apart(bool open)
{
    atomic_store(&line_open, open);
}

/* A raw terminal does not return the carriage by itself. */
static const char *newline(void)
{
    return terminal_is_raw ? "\r\n" : "\n";
}

static void tell_list(const char *format, va_list arguments)
{
    char text[512];
    int size = vsnprintf(text, sizeof(text) - 2, format, arguments);

    size = size < (int)sizeof(text) - 3 ? size : (int)sizeof(text) - 3;
    fprintf(stderr, "%sparavisor: %.*s%s", atomic_exchange(&line_open, false) ? newline() : "",
            size, text, newline());
}

void tell(const char *format, ...)
{
    va_list arguments;

    devices_flush(); /* what VTL0 has written before comes before */
    va_start(arguments, format);
    tell_list(format, arguments);
    va_end(arguments);
}

void tell_more(const char *format, ...)
{
    va_list arguments;

    if (!machine.verbose)
        return;
    devices_flush();
    va_start(arguments, format);
    tell_list(format, arguments);
    va_end(arguments);
}

static void restore_terminal(void)
{
    if (terminal_is_raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_terminal);
    terminal_is_raw = false;
}

void die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell_list(format, arguments);
    va_end(arguments);
    restore_terminal();
    _exit(EXIT_SETUP);
}

/* --- The end ---------------------------------------------------------------------------------- */

void machine_wake(void)
{
    uint64_t one = 1;

    /* A full counter means that the main thread has not looked yet. */
    if (write(machine.wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
        die("eventfd: %s", strerror(errno));
}

static void stop(int status)
{
    pthread_mutex_lock(&machine.lock);
    if (!machine.stop) {
        machine.stop = true;
        machine.status = status;
    }
    pthread_cond_broadcast(&machine.changed);
    for (unsigned i = 0; i < machine.count; i++)
        vp_kick(&machine.vps[i]);
    pthread_mutex_unlock(&machine.lock);
    machine_wake();
}

void machine_stop(enum exit_status status)
{
    stop((int)status);
}

static bool is_stopped(void)
{
    bool stopped;

    pthread_mutex_lock(&machine.lock);
    stopped = machine.stop;
    pthread_mutex_unlock(&machine.lock);
    return stopped;
}

static void tell_statistics(void)
{
    static const char *const names[KIND_COUNT] = {
        [KIND_CONSOLE] = "console", [KIND_CLOCK] = "clock",     [KIND_NOWHERE] = "nowhere",
        [KIND_PROTECTED] = "denied", [KIND_START] = "CPU_ON",   [KIND_RESET] = "reset",
        [KIND_OTHER] = "unknown",
    };

    for (unsigned i = 0; i < machine.count; i++) {
        const struct vp *vp = &machine.vps[i];
        char line[256];
        int used = snprintf(line, sizeof(line), "VP%u: %llu entries into VTL0, %llu interrupts",
                            vp->vp, (unsigned long long)vp->run->entries,
                            (unsigned long long)vp->run->interrupts);

        for (unsigned kind = 0; kind < KIND_COUNT; kind++)
            if (vp->kinds[kind])
                used += snprintf(line + used, sizeof(line) - (size_t)used, ", %s %llu",
                                 names[kind], (unsigned long long)vp->kinds[kind]);
        tell("%s", line);
    }
}

/* --- Set-up ----------------------------------------------------------------------------------- */

static uint64_t parse_epoch(const char *text)
{
    char *end;
    unsigned long long seconds = strtoull(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || seconds > UINT32_MAX)
        die("--epoch %s: give seconds since 1970, as date +%%s does", text);
    return seconds;
}

static uint64_t parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"verbose", no_argument, NULL, 'v'},    {"epoch", required_argument, NULL, 'e'},
        {"statistics", no_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    uint64_t epoch = (uint64_t)time(NULL);
    int option;

    while ((option = getopt_long(argc, argv, "ve:sh", options, NULL)) >= 0)
        switch (option) {
        case 'v':
            machine.verbose++;
            break;
        case 'e':
            epoch = parse_epoch(optarg);
            break;
        case 's':
            want_statistics = true;
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            exit(EXIT_SETUP);
        }
    if (optind < argc)
        die("%s: not an option (see --help)", argv[optind]);
    return epoch;
}

static void ignore(int number)
{
    (void)number;
}

/* SIGUSR1 only interrupts; the others come by a file descriptor. */
static int open_signals(void)
{
    const struct sigaction kick = {.sa_handler = ignore}; /* no SA_RESTART */
    sigset_t set;
    int fd;

    sigaction(SIGUSR1, &kick, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        die("signalfd: %s", strerror(errno));
    return fd;
}

static void make_terminal_raw(void)
{
    struct termios raw;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved_terminal) < 0)
        return;
    raw = saved_terminal;
    cfmakeraw(&raw);
    terminal_is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void create_vps(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    machine.count = count < 1 ? 1 : count > VPS_MAX ? VPS_MAX : (unsigned)count;
    for (unsigned i = 0; i < machine.count; i++) {
        machine.vps[i].index = i;
        machine.vps[i].run = vtl_map_run(i);
    }
    pthread_barrier_init(&machine.ready, NULL, machine.count + 1);
}

static void start_threads(void)
{
    for (unsigned i = 0; i < machine.count; i++) {
        int error = pthread_create(&machine.vps[i].thread, NULL, vp_main, &machine.vps[i]);

        if (error)
            die("no thread for VP%u: %s", i, strerror(error));
    }
    pthread_barrier_wait(&machine.ready);
}

/* --- The main thread -------------------------------------------------------------------------- */

static void take_signal(int fd)
{
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != sizeof(info))
        return;
    tell("ended by signal %u", info.ssi_signo);
    stop(128 + (int)info.ssi_signo);
}

static void serve(int signals)
{
    enum { WAKE, SIGNALS, INPUT, COUNT };
    struct pollfd fds[COUNT] = {[WAKE] = {.fd = machine.wake, .events = POLLIN},
                                [SIGNALS] = {.fd = signals, .events = POLLIN}};
    uint64_t ignored;

    while (!is_stopped()) {
        short wanted = devices_poll_input();
        int ready;

        fds[INPUT] = (struct pollfd){.fd = wanted ? STDIN_FILENO : -1, .events = wanted};
        ready = poll(fds, COUNT, devices_timeout());
        if (ready < 0 && errno != EINTR)
            die("poll: %s", strerror(errno));
        if (ready == 0)
            devices_flush();
        if (ready > 0 && fds[WAKE].revents && read(machine.wake, &ignored, sizeof(ignored)) < 0)
            tell_more("woken for nothing");
        if (ready > 0 && fds[SIGNALS].revents)
            take_signal(signals);
        devices_serve(ready > 0 ? fds[INPUT].revents : 0);
    }
}

int main(int argc, char **argv)
{
    uint64_t epoch = parse(argc, argv);
    int signals = open_signals();

    machine.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    vtl_open();
    create_vps();
    vault_close();
    devices_init(epoch);
    make_terminal_raw();
    start_threads();
    serve(signals);
    for (unsigned i = 0; i < machine.count; i++)
        pthread_join(machine.vps[i].thread, NULL);
    devices_flush();
    restore_terminal();
    if (want_statistics)
        tell_statistics();
    return machine.status;
}
