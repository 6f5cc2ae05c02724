/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel itself says: its counts of interrupts, and its log. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/linux/stress.h"

#define LINE 4096

/* Sums for each CPU, by its number. */
struct counts {
    bool known;
    uint64_t timer[MAX_CPUS], ipi[MAX_CPUS];
};

static struct counts counts_before;
static int log_file = -1;

/* --- /proc/interrupts ----------------------------------------------------------------------- */

/* "           CPU0       CPU2 ..." Returns how many. */
static unsigned parse_head(const char *line, unsigned columns[MAX_CPUS])
{
    unsigned count = 0;

    while ((line = strstr(line, "CPU")) && count < MAX_CPUS) {
        line += strlen("CPU");
        columns[count++] = (unsigned)strtoul(line, NULL, 10);
    }
    return count;
}

/* " 11:  1 2  GICv3  27 Level  arch_timer" or "IPI0:  1 2  Rescheduling interrupts". */
static void parse_line(const char *line, const unsigned columns[], unsigned count,
                       struct counts *counts)
{
    const char *colon = strchr(line, ':');
    uint64_t values[MAX_CPUS], *sums;
    char *end;

    if (!colon)
        return;
    for (unsigned i = 0; i < count; i++) {
        values[i] = strtoull(colon + 1, &end, 10);
        if (end == colon + 1)
            return;
        colon = end - 1;
    }
    sums = strstr(colon, "timer") ? counts->timer : NULL;
    if (strncmp(line, "IPI", 3) == 0)
        sums = counts->ipi;
    for (unsigned i = 0; sums && i < count; i++)
        if (columns[i] < MAX_CPUS)
            sums[columns[i]] += values[i];
}

static void read_counts(struct counts *counts)
{
    unsigned columns[MAX_CPUS], count;
    char line[LINE];
    FILE *file = fopen("/proc/interrupts", "r");

    memset(counts, 0, sizeof *counts);
    if (!file)
        return;
    if (fgets(line, sizeof line, file)) {
        count = parse_head(line, columns);
        while (fgets(line, sizeof line, file))
            parse_line(line + strspn(line, " "), columns, count, counts);
        counts->known = count > 0;
    }
    fclose(file);
}

/* Some kinds of work alone, or a run that ended early, do not need both on every CPU. */
static void compare_cpu(struct worker *worker, int cpu, uint64_t timer, uint64_t ipi)
{
    if (options.only || failures())
        return;
    if (timer == 0)
        fail(worker, "the kernel counts no timer interrupt on CPU %d", cpu);
    if (ipi == 0 && cpus() > 1)
        fail(worker, "the kernel counts no IPI on CPU %d", cpu);
}

static void compare_counts(struct worker *worker)
{
    struct counts after;
    uint64_t timers = 0, ipis = 0;

    read_counts(&after);
    if (!after.known || !counts_before.known) {
        say("/proc/interrupts: not to be read");
        return;
    }
    for (unsigned i = 0; i < cpus(); i++) {
        int cpu = cpu_at(i);
        uint64_t timer, ipi;

        if (cpu >= MAX_CPUS)
            continue;
        timer = after.timer[cpu] - counts_before.timer[cpu];
        ipi = after.ipi[cpu] - counts_before.ipi[cpu];
        compare_cpu(worker, cpu, timer, ipi);
        timers += timer;
        ipis += ipi;
    }
    say("the kernel counts %" PRIu64 " timer interrupts, %" PRIu64 " IPIs", timers, ipis);
}

/* --- The log ------------------------------------------------------------------------------ */

static const char bad_lines[] =
    "rcu.*stall|soft lockup|hard lockup|hung task|blocked for more than|BUG|WARNING|Oops|"
    "Unable to handle|irq [0-9]+: nobody cared|Unexpected interrupt";

static void open_log(void)
{
    if (strcmp(options.dmesg, "off") == 0)
        return;
    log_file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (log_file < 0)
        say("/dev/kmsg: %s: the kernel's log is not looked at", strerror(errno));
    else if (strcmp(options.dmesg, "new") == 0)
        lseek(log_file, 0, SEEK_END);
}

/* Records are "PREFIX;TEXT" and a newline; more lines tell properties. */
static void check_record(struct worker *worker, const regex_t *regex, char *record)
{
    char *text = strchr(record, ';');

    if (!text)
        return;
    text++;
    text[strcspn(text, "\n")] = '\0';
    if (regexec(regex, text, 0, NULL, 0) == 0)
        fail(worker, "the kernel's log: %s", text);
}

static void check_log(struct worker *worker)
{
    char record[LINE];
    regex_t regex;

    if (log_file < 0 || regcomp(&regex, bad_lines, REG_EXTENDED | REG_NOSUB))
        return;
    for (;;) {
        ssize_t size = read(log_file, record, sizeof record - 1);
        if (size < 0 && (errno == EPIPE || errno == EINTR))
            continue; /* old records were overwritten */
        if (size <= 0)
            break;
        record[size] = '\0';
        check_record(worker, &regex, record);
    }
    regfree(&regex);
    close(log_file);
}

void break_kernel(void)
{
    static const char text[] = "<4>WARNING: stress damages on purpose\n";
    static bool written;
    int fd = written ? -1 : open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

    written = true;
    if (fd >= 0 && write(fd, text, sizeof text - 1) < 0)
        say("/dev/kmsg: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
}

void kernel_before(struct worker *main_worker)
{
    (void)main_worker;
    open_log();
    read_counts(&counts_before);
}

void kernel_after(struct worker *main_worker)
{
    compare_counts(main_worker);
    check_log(main_worker);
}
