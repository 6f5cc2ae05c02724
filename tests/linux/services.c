/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uses in a guest's Linux what KVM serves by hypercalls, again and again: the clock of the host
 * (PTP), random numbers (TRNG) and stolen time. Says which of them there are, and every round
 * whether each goes on, so that one sees whether a guest that has moved still has its services.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/ptp_clock.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define LOG_SIZE (1u << 20)
#define LOG_READ_ALL 3 /* SYSLOG_ACTION_READ_ALL, syslog(2) */

/* What each service has to show for a round, and why it does not go on. */
struct report {
    char text[96];
    bool stopped;
};

struct service {
    const char *name;
    bool (*find)(void);
    void (*use)(struct report *report);
    bool found;
};

static struct {
    uint64_t rounds, pause_ms, spin_ms, apart_ms;
    const char *need;
} options = {.pause_ms = 500, .spin_ms = 50};

static void say(struct report *report, bool stopped, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct report *report, bool stopped, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(report->text, sizeof report->text, format, arguments);
    va_end(arguments);
    report->stopped = stopped;
}

static int64_t now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* The first line of a small file, without its end; false if it cannot be read. */
static bool read_line(const char *path, char *line, size_t size)
{
    FILE *file = fopen(path, "re");
    bool got = file && fgets(line, (int)size, file);

    if (file)
        fclose(file);
    if (got)
        line[strcspn(line, "\n")] = 0;
    return got;
}

/* --- The host's clock, drivers/ptp/ptp_kvm_common.c in Linux ----------------------------------- */

#define MAX_PTP 16

static struct {
    int file;
    int64_t last;
} ptp;

/* VMBus' time synchronization has a PTP clock, too: the name tells. */
static bool find_ptp(void)
{
    for (int i = 0; i < MAX_PTP; i++) {
        char path[64], name[64];

        snprintf(path, sizeof path, "/sys/class/ptp/ptp%d/clock_name", i);
        if (!read_line(path, name, sizeof name) || strcmp(name, "KVM virtual PTP") != 0)
            continue;
        snprintf(path, sizeof path, "/dev/ptp%d", i);
        ptp.file = open(path, O_RDWR | O_CLOEXEC);
        return ptp.file >= 0;
    }
    return false;
}

/*
 * The cross timestamp takes the counter that the hypercall returns; it shows that it is ours. Linux
 * refuses one whose moment is gone, as when the processor had other work between (EINVAL): again.
 */
static bool stamp_ptp(struct ptp_sys_offset_precise *stamp)
{
    for (int i = 0; i < 10; i++) {
        memset(stamp, 0, sizeof *stamp);
        if (ioctl(ptp.file, PTP_SYS_OFFSET_PRECISE, stamp) == 0)
            return true;
        if (errno != EINVAL)
            return false;
    }
    return false;
}

static void use_ptp(struct report *report)
{
    struct ptp_sys_offset_precise stamp;
    int64_t device, advance;

    if (!stamp_ptp(&stamp)) {
        say(report, true, "%s", strerror(errno));
        return;
    }
    device = stamp.device.sec * NS_PER_S + stamp.device.nsec;
    advance = ptp.last ? device - ptp.last : 0;
    say(report,
        (ptp.last && advance == 0) || advance < -(int64_t)options.apart_ms * NS_PER_MS,
        "%+" PRId64 " ms", advance / NS_PER_MS);
    ptp.last = device;
}

/* --- Random numbers, drivers/char/hw_random/arm_smccc_trng.c ----------------------------------- */

#define TRNG "smccc_trng"
#define RNG_CURRENT "/sys/class/misc/hw_random/rng_current"

static int trng;

static bool find_trng(void)
{
    char name[64];
    int choice = open(RNG_CURRENT, O_WRONLY | O_CLOEXEC);

    if (choice < 0)
        return false;
    if (write(choice, TRNG, strlen(TRNG)) < 0)
        name[0] = 0; /* the name tells */
    close(choice);
    if (!read_line(RNG_CURRENT, name, sizeof name) || strcmp(name, TRNG) != 0)
        return false;
    trng = open("/dev/hwrng", O_RDONLY | O_CLOEXEC);
    return trng >= 0;
}

static void use_trng(struct report *report)
{
    static uint64_t last[2];
    uint64_t number[2] = {0};
    ssize_t got = read(trng, number, sizeof number);

    if (got < 0)
        say(report, true, "%s", strerror(errno));
    else
        say(report, got == 0 || memcmp(number, last, sizeof last) == 0, "%zd bytes", got);
    memcpy(last, number, sizeof last);
}

/* --- Stolen time, arch/arm64/kernel/paravirt.c -------------------------------------------------- */

#define TICK (10 * NS_PER_MS) /* USER_HZ is 100 */
/* Of "cpu user nice system idle iowait irq softirq steal" in /proc/stat, proc.rst. */
#define USER_FIELD 1
#define SYSTEM_FIELD 3
#define STEAL_FIELD 8
#define IDLE_ROUNDS 8

static bool find_steal(void)
{
    char *text = malloc(LOG_SIZE);
    int length = text ? klogctl(LOG_READ_ALL, text, LOG_SIZE - 1) : -1;
    bool found = false;

    if (length >= 0) {
        text[length] = 0;
        found = strstr(text, "using stolen time PV");
    }
    free(text);
    return found;
}

/* Of all processors, in ticks; -1 if there is none. */
static int64_t stat_field(int field)
{
    char line[512], *rest, *word;

    if (!read_line("/proc/stat", line, sizeof line))
        return -1;
    word = strtok_r(line, " ", &rest);
    for (int i = 0; word && i < field; i++)
        word = strtok_r(NULL, " ", &rest);
    return word ? strtoll(word, NULL, 10) : -1;
}

/*
 * What has been stolen can only grow, and since the start not by more than the time of all
 * processors. (It may do so late: an idle processor accounts for it when it wakes up.) Linux that is
 * told too much takes all time for stolen, so that nobody has used any: for some rounds that is a
 * chance, as little time may have been left to us.
 */
static void use_steal(struct report *report)
{
    static int64_t last, last_used;
    static int idle_rounds;
    int64_t ticks = stat_field(STEAL_FIELD);
    int64_t used = stat_field(USER_FIELD) + stat_field(SYSTEM_FIELD);
    int64_t most = (now(CLOCK_BOOTTIME) / TICK + 1) * sysconf(_SC_NPROCESSORS_CONF);

    idle_rounds = used > last_used || !options.spin_ms ? 0 : idle_rounds + 1;
    say(report, ticks < last || ticks > most || idle_rounds >= IDLE_ROUNDS,
        "%+" PRId64 " ticks of %" PRId64, ticks - last, ticks);
    last = ticks;
    last_used = used;
}

/* --- Rounds --------------------------------------------------------------------------------- */

static struct service services[] = {
    {"ptp", find_ptp, use_ptp, false},
    {"trng", find_trng, use_trng, false},
    {"steal", find_steal, use_steal, false},
};
#define SERVICES (sizeof services / sizeof services[0])

static bool in_list(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || !at[length]))
            return true;
    return false;
}

/* False if one that is needed is missing. */
static bool find_all(void)
{
    bool all = true;

    for (unsigned i = 0; i < SERVICES; i++) {
        services[i].found = services[i].find();
        if (!services[i].found && options.need && in_list(options.need, services[i].name))
            all = false;
        printf("services: %s %s\n", services[i].found ? "found" : "no", services[i].name);
    }
    return all;
}

/* Time can be stolen only from who wants it. */
static void spin(void)
{
    int64_t end = now(CLOCK_MONOTONIC) + (int64_t)options.spin_ms * NS_PER_MS;

    while (now(CLOCK_MONOTONIC) < end)
        ;
}

/* One line; true if all that was found goes on. */
static bool play_round(uint64_t number)
{
    bool all = true;

    spin();
    printf("services: round %" PRIu64 ":", number);
    for (unsigned i = 0; i < SERVICES; i++) {
        struct report report = {.text = ""};

        if (!services[i].found)
            continue;
        services[i].use(&report);
        printf(" %s %s (%s)", services[i].name, report.stopped ? "STOPPED" : "on", report.text);
        all = all && !report.stopped;
    }
    puts("");
    return all;
}

/* --- Arguments ------------------------------------------------------------------------------ */

static void usage(void)
{
    printf("Usage: services [NAME=VALUE]...\n"
           "\n"
           "Uses KVM's hypercall services without end and tells every round whether each goes on:\n"
           "  ptp    the host's clock: the KVM virtual PTP clock advances\n"
           "  trng   random numbers: /dev/hwrng of smccc_trng (insmod arm_smccc_trng.ko before)\n"
           "  steal  stolen time: /proc/stat goes on, and does not exceed time\n"
           "\n"
           "  rounds=N   end after so many, with exit status 1 if one was STOPPED (no end)\n"
           "  pause=MS   between two rounds (500)\n"
           "  spin=MS    busy in every round, so that there is time to be stolen (50)\n"
           "  apart=MS   how far the host's clock may go back: that of another host, to which the\n"
           "             guest has moved, may be behind (0)\n"
           "  need=LIST  fail at once if one of these is missing, as in need=ptp,trng\n");
}

static const struct {
    const char *name;
    uint64_t *value, most;
} numbers[] = {
    {"rounds=", &options.rounds, UINT32_MAX},
    {"pause=", &options.pause_ms, 3600000},
    {"spin=", &options.spin_ms, 3600000},
    {"apart=", &options.apart_ms, 3600000},
};

static bool parse_number(const char *argument)
{
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t length = strlen(numbers[i].name);
        char *end;

        if (strncmp(argument, numbers[i].name, length) != 0)
            continue;
        errno = 0;
        *numbers[i].value = strtoull(argument + length, &end, 10);
        return !errno && !*end && argument[length] >= '0' && argument[length] <= '9' &&
               *numbers[i].value <= numbers[i].most;
    }
    return false;
}

static void parse(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) {
            usage();
            exit(EXIT_SUCCESS);
        }
        if (strncmp(arguments[i], "need=", 5) == 0) {
            options.need = arguments[i] + 5;
        } else if (!parse_number(arguments[i])) {
            printf("services: %s: not understood (see services --help)\n", arguments[i]);
            exit(EXIT_FAILURE);
        }
    }
}

int main(int count, char **arguments)
{
    bool all;

    setvbuf(stdout, NULL, _IOLBF, 0);
    parse(count, arguments);
    all = find_all();
    if (!all) {
        printf("services: FAIL: of %s some are missing\n", options.need);
        return EXIT_FAILURE;
    }
    for (uint64_t i = 1; !options.rounds || i <= options.rounds; i++) {
        all = play_round(i) && all;
        usleep((useconds_t)options.pause_ms * 1000);
    }
    printf("services: %s: %" PRIu64 " rounds\n", all ? "PASS" : "FAIL", options.rounds);
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
