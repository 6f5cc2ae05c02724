/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stresses a guest's Linux with all processors busy, and finds an interrupt that got lost, a
 * register that was damaged, a page that is not what it should be. See doc/stress.md.
 */
#include "tests/linux/stress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/linux/spin.h"

#define STEP (5 * NS_PER_MS)    /* between two signals to threads */
#define BREAK_AFTER NS_PER_S    /* damage comes when all are at work */

struct options options = {
    .seconds = 60, .stall = 30, .slack_ms = 10000, .fp = 2, .sve = 1, .dmesg = "new",
};

static void usage(void)
{
    printf("Usage: stress [NAME=VALUE]...\n"
           "\n"
           "Keeps all processors busy for a while and checks that no register is damaged, no\n"
           "timer or wake-up lost, no page wrong. The last line is 'stress: PASS: ...'; there are\n"
           "lines 'stress: FAIL: ...' otherwise. Exit status: 0 passed, 1 failed.\n"
           "\n"
           "  seconds=N  how long (60)\n"
           "  stall=N    a thread without progress for so many seconds has failed (30)\n"
           "  slack=MS   a timer so late is lost (10000: an emulated machine is slow)\n"
           "  fp=N       threads on each processor that check X and Q registers (2)\n"
           "  sve=N      threads on each processor that check SVE registers (1)\n"
           "  need=sve   fail where there is no SVE\n"
           "  only=LIST  some kinds of work: fp,sve,timers,ipis,pages,faults (all)\n"
           "  dmesg=W    the kernel's log must be free of stalls, lockups, bugs and warnings:\n"
           "             new (from now on, the default), all (from the beginning) or off\n"
           "  nice=N     leaves others more of the processors, as nice(1) does: 0 to 19 (0)\n"
           "  seed=N     for random numbers (of the time)\n");
}

/* --- Arguments ------------------------------------------------------------------------------ */

static void bad_usage(const char *argument, const char *why)
{
    say("%s: %s (see stress --help)", argument, why);
    exit(EXIT_FAILURE);
}

static const struct {
    const char *name;
    uint64_t *value, least, most;
} numbers[] = {
    {"seconds", &options.seconds, 1, 1000000}, {"stall", &options.stall, 1, 100000},
    {"slack", &options.slack_ms, 0, 1000000},  {"fp", &options.fp, 0, 16},
    {"sve", &options.sve, 0, 16},              {"seed", &options.seed, 0, UINT64_MAX},
    {"nice", &options.nice, 0, 19},
};

static bool parse_number(const char *argument, size_t name_length)
{
    const char *text = argument + name_length + 1;

    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char *end;
        if (strlen(numbers[i].name) != name_length ||
            strncmp(argument, numbers[i].name, name_length) != 0)
            continue;
        errno = 0;
        *numbers[i].value = strtoull(text, &end, 0);
        if (errno || *end || end == text || *text == '-' || *numbers[i].value < numbers[i].least ||
            *numbers[i].value > numbers[i].most)
            bad_usage(argument, "no such number can be given");
        return true;
    }
    return false;
}

static bool parse_word(const char *argument)
{
    if (strcmp(argument, "need=sve") == 0)
        options.need_sve = true;
    else if (strcmp(argument, "dmesg=new") == 0 || strcmp(argument, "dmesg=all") == 0 ||
             strcmp(argument, "dmesg=off") == 0)
        options.dmesg = strchr(argument, '=') + 1;
    else if (strncmp(argument, "only=", 5) == 0)
        options.only = argument + 5;
    else if (strncmp(argument, "break=", 6) == 0)
        options.breaks = argument + 6;
    else
        return false;
    return true;
}

static void parse(int count, char **arguments)
{
    options.seed = (uint64_t)time(NULL) ^ now();
    for (int i = 1; i < count; i++) {
        const char *equals = strchr(arguments[i], '=');
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) {
            usage();
            exit(EXIT_SUCCESS);
        }
        if (!equals || (!parse_number(arguments[i], (size_t)(equals - arguments[i])) &&
                        !parse_word(arguments[i])))
            bad_usage(arguments[i], "not understood");
    }
    break_check();
}

/* --- Groups ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*add)(void);
} groups[] = {
    {"fp", add_registers}, {"sve", add_sve},     {"timers", add_timers},
    {"ipis", add_ipis},    {"pages", add_pages}, {"faults", add_faults},
};

/* The group that a name of LENGTH is, or NULL. */
static bool is_group(const char *name, size_t length, const char *group)
{
    return strlen(group) == length && strncmp(name, group, length) == 0;
}

static bool wanted(const char *group)
{
    const char *list = options.only;

    if (!list)
        return true;
    for (;; list++) {
        size_t length = strcspn(list, ",");
        if (is_group(list, length, group))
            return true;
        list += length;
        if (!*list)
            return false;
    }
}

static void check_groups(void)
{
    for (const char *list = options.only; list; list = strchr(list, ',')) {
        bool known = false;
        list += *list == ',';
        for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++)
            known |= is_group(list, strcspn(list, ","), groups[i].name);
        if (!known)
            bad_usage(options.only, "no such kind of work");
    }
}

static void run_stalled(struct worker *worker)
{
    (void)worker;
    while (!stopping())
        sleep_for(NS_PER_S);
}

static void add_groups(void)
{
    for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (wanted(groups[i].name))
            groups[i].add();
    if (breaks("stall"))
        worker_add("sleeper", cpu_at(0), run_stalled, NULL);
}

/* --- Signals ------------------------------------------------------------------------------ */

static void destroy_q(void)
{
    __asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\tmovi v\\n\\().16b, #0x55\n\t"
                     ".endr\n\t.irp n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
                     "movi v\\n\\().16b, #0xaa\n\t.endr\n\tmsr fpsr, xzr\n\tmsr fpcr, xzr" ::
                         : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11",
                           "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
                           "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

/* All that the interrupted code has in registers is the kernel's to keep. */
static void on_disturbance(int number, siginfo_t *info, void *context)
{
    const ucontext_t *interrupted = context;

    (void)number;
    (void)info;
    destroy_q();
    if (interrupted->uc_mcontext.pc >= (uintptr_t)spin_sve_begin &&
        interrupted->uc_mcontext.pc < (uintptr_t)spin_sve_end)
        spin_sve_destroy();
    break_registers(context);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    const ucontext_t *where = context;

    if (number == SIGSEGV && pages_fault((uintptr_t)info->si_addr))
        return;
    fail(self, "signal %d (%s), code %d, address %p, PC %#" PRIx64, number, strsignal(number),
         info->si_code, info->si_addr, (uint64_t)where->uc_mcontext.pc);
    _exit(EXIT_FAILURE);
}

static void handle_signals(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    struct sigaction action = {.sa_sigaction = on_disturbance, .sa_flags = SA_SIGINFO | SA_RESTART};

    sigaction(SIGUSR1, &action, NULL);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigaction(faults[i], &action, NULL);
}

/* --- The run ------------------------------------------------------------------------------ */

static void check_sve(struct worker *worker)
{
    if (options.need_sve && strcmp(sve_lengths(), "none") == 0)
        fail(worker, "SVE is needed, and there is none");
}

/* Until the time is over or something is wrong, and everybody has ended. */
static void attend(struct worker *worker)
{
    uint64_t begin = now(), broken = 0;

    be_urgent();
    while (workers_running()) {
        uint64_t time = now() - begin;
        if (time >= options.seconds * NS_PER_S)
            stop();
        disturb_one(worker);
        if (time > BREAK_AFTER && time > broken + 10 * STEP) {
            break_something();
            broken = time;
        }
        sleep_for(STEP);
        alive(worker);
        watch();
    }
    join_workers();
}

static int report(struct worker *main_worker, uint64_t begin)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < TALLIES; i++)
        total += tally(i);
    say_slowest();
    if (total == 0)
        fail(main_worker, "nothing was checked");
    if (failures()) {
        say("%u failures after %" PRIu64 " s", failures(), (now() - begin) / NS_PER_S);
        return EXIT_FAILURE;
    }
    say("PASS: %" PRIu64 " checks in %" PRIu64 " s on %u CPUs: FP %" PRIu64 ", SVE %" PRIu64
        " (vl %s), timers %" PRIu64 ", IPIs %" PRIu64 ", faults %" PRIu64 ", clock %" PRIu64,
        total, (now() - begin) / NS_PER_S, cpus(), tally(TALLY_FP), tally(TALLY_SVE), sve_lengths(),
        tally(TALLY_TIMERS), tally(TALLY_IPIS), tally(TALLY_FAULTS), tally(TALLY_CLOCK));
    return EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    struct worker *main_worker;
    uint64_t begin = now();

    parse(count, arguments);
    check_groups();
    say("%" PRIu64 " s on %u CPUs, seed=%" PRIu64, options.seconds, cpus(), options.seed);
    if (setpriority(PRIO_PROCESS, 0, (int)options.nice))
        say("nice=%" PRIu64 ": %s", options.nice, strerror(errno));
    main_worker = worker_add("main", -1, NULL, NULL);
    self = main_worker;
    handle_signals();
    kernel_before(main_worker);
    add_groups();
    check_sve(main_worker);
    start_workers();
    attend(main_worker);
    kernel_after(main_worker);
    return report(main_worker, begin);
}
