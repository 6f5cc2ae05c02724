/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program does most, and what each costs: see bench.h. scripts/bench runs it where a KVM
 * is.
 *
 *   bench [--payloads FOLDER] [--images FOLDER] [--kvmtool FILE] [--runs N] [--steady] [--json]
 *         [--compare FILE] [PATTERN...]
 *
 * --compare is for where time is the number of instructions (scripts/bed --instructions): each row
 * is a test of its ratio, which may not have grown since FILE, an output of --json, was written.
 * With another kernel there is nothing to compare with: most of these instructions are the kernel's.
 */
#include <errno.h>
#include <fnmatch.h>
#include <json-glib/json-glib.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "emu/command.h"
#include "emu/layout.h"
#include "emu/log.h"
#include "tests/bench/bench.h"

#define ROUNDS 3u        /* in a run */
#define RUNS_MAX 99
#define FLOOR_EXITS 1000u
#define SLICES 20u       /* in a run */
#define SETTLE_S 5       /* a kernel that has just booted still prints its messages */
#define GIB (1024 * MIB)
#define PAGES(bytes) ((bytes) / 4096)

/* Ratios to the floor, or to another row, which comes before. */
#define TO_FLOOR NULL

/* What is protected is VTL2's own memory: a VTL0 of more than 384 MiB would not fit the payloads. */
#define LARGE {"--register-window=on", "--memory=1536M", "--vtl2-memory=1152M"}

/* With the register window, which is measured unless the name says otherwise, and without. */
#define WITH .options = {"--register-window=on"}
#define WITHOUT .options = {"--register-window=off"}

#define FUNCTIONS "--vtl-call-abi=smccc:0xc3000002", "--vtl-return-abi=smccc:0xc3000003"

/* One way each; a call and the return are counted as one. */
#define SWITCH(changes) \
    .what = "switch-" changes, .count = 1000, .vtl2 = true, \
    .counter = offsetof(struct stats, switches[STATS_VTL_CALL]), .operations = 2
#define HYPERCALL \
    .what = "hypercall", .count = 2000, .counter = offsetof(struct stats, hypercalls), \
    .operations = 1
#define INTERCEPT \
    .what = "intercept", .count = 300, .vtl2 = true, \
    .counter = offsetof(struct stats, violations), .operations = 1

static const struct benchmark {
    const char *name;
    const char *what; /* for people */
    struct bench_job job;
    const char *baseline;
    double target; /* at most this ratio; 0: none is set */
} benchmarks[] = {
    {"bare-write", "a bare exit, and one register written", {.bare = BENCH_BARE_WRITE}, TO_FLOOR, 0},
    {"bare-window", "a bare exit with the register window", {.bare = BENCH_BARE_WINDOW}, TO_FLOOR, 0},
    {"load-writes", "a bare exit, and all shared registers written", {.bare = BENCH_LOAD_WRITES},
     TO_FLOOR, 0},
    {"load-stub", "the same registers loaded by the guest itself", {.bare = BENCH_LOAD_STUB},
     TO_FLOOR, 0},
    {"switch-0", "one-way VTL switch, no register changed", {SWITCH("0"), WITH}, TO_FLOOR, 1.2},
    {"switch-4", "4 registers changed", {SWITCH("4"), WITH}, TO_FLOOR, 1.9},
    {"switch-16", "16 registers changed", {SWITCH("16"), WITH}, TO_FLOOR, 0},
    {"switch-all", "all shared registers changed", {SWITCH("all"), WITH}, TO_FLOOR, 3},
    {"switch-4-unwatched", "nobody waits for interrupts of the other VTL",
     {SWITCH("4"), .unwatched = true, WITH}, TO_FLOOR, 0},
    {"switch-4-function", "by functions instead of immediates, nobody waits",
     {SWITCH("4-function"), .unwatched = true, .options = {"--register-window=on", FUNCTIONS}},
     TO_FLOOR, 0},
    {"switch-4-off-function", "without the register window",
     {SWITCH("4-function"), .unwatched = true, .options = {"--register-window=off", FUNCTIONS}},
     TO_FLOOR, 0},
    {"switch-4-sve", "with --sve on",
     {SWITCH("4"), .options = {"--register-window=on", "--sve=on"}, .sve = true}, TO_FLOOR, 0},
    {"switch-0-off", "no register changed, without the register window",
     {SWITCH("0"), WITHOUT}, TO_FLOOR, 0},
    {"switch-4-off", "4 registers changed", {SWITCH("4"), WITHOUT}, TO_FLOOR, 10},
    {"switch-16-off", "16 registers changed", {SWITCH("16"), WITHOUT}, TO_FLOOR, 0},
    {"switch-all-off", "all shared registers changed", {SWITCH("all"), WITHOUT}, TO_FLOOR, 0},
    {"switch-4-off-unwatched", "nobody waits for interrupts of the other VTL",
     {SWITCH("4"), .unwatched = true, WITHOUT}, TO_FLOOR, 0},
    {"vps-2", "a switch of any of 2 VPs at once",
     {.what = "switch-4", .count = 1000, .vps = 2, .vtl2 = true, WITH}, "switch-4", 0},
    {"vps-4", "a switch of any of 4 VPs at once",
     {.what = "switch-4", .count = 1000, .vps = 4, .vtl2 = true, WITH}, "switch-4", 0},
    {"hypercall", "the cheapest hypercall", {HYPERCALL, WITH}, TO_FLOOR, 1.3},
    {"hypercall-off", "without the register window", {HYPERCALL, WITHOUT}, TO_FLOOR, 0},
    {"intercept", "a denied load, to VTL2's handler and back", {INTERCEPT, WITH}, TO_FLOOR, 0},
    {"intercept-off", "without the register window", {INTERCEPT, WITHOUT}, TO_FLOOR, 0},
    {"protect-page", "a page closed",
     {.what = "protect", .count = 100, .pages = 1, .vtl2 = true, WITH}, TO_FLOOR, 0},
    {"protect-16M", "16 MiB closed",
     {.what = "protect", .count = 3, .pages = PAGES(16 * MIB), .vtl2 = true, WITH}, "protect-page",
     0},
    {"protect-1G", "1 GiB closed",
     {.what = "protect", .count = 1, .pages = PAGES(GIB), .vtl2 = true, .options = LARGE},
     "protect-page", 2000},
    {"lift-page", "a page opened", {.what = "lift", .count = 100, .pages = 1, .vtl2 = true, WITH},
     TO_FLOOR, 0},
    {"lift-1G", "1 GiB opened",
     {.what = "lift", .count = 1, .pages = PAGES(GIB), .vtl2 = true, .options = LARGE},
     "protect-page", 2000},
    {"boot-kvmtool", "Linux to its first process, in kvmtool", {.boot = BENCH_BOOT_KVMTOOL},
     TO_FLOOR, 0},
    {"boot", "the same at VTL0 of vtlemu", {.boot = BENCH_BOOT_VTL0}, "boot-kvmtool", 1},
    {"boot-vtl2", "Linux at VTL2, then another one at VTL0", {.boot = BENCH_BOOT_VTL2}, "boot", 0},
};

/* Of vtlemu's own memory, for each VTL of a guest. */
#define MEMORY_TARGET_MIB 5.0

struct figure {
    bool measured;
    double us, ratio; /* medians */
    double spread;    /* of the ratios, to their median: the middle half of slices, or all runs */
    double calls[STATS_CALLS]; /* system calls for one operation */
    double resident_mib;
};

static struct figure figures[G_N_ELEMENTS(benchmarks)];
static char *payloads, *image_folder, *kvmtool;
static int runs = 3;
static gboolean json, steady;
static char *compared; /* the path */
static char **patterns;

/* --- Figures ----------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts them. */
static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

/* Of sorted values, @part of them left out at each end. */
static double spread(const double *values, unsigned count, unsigned part)
{
    return (values[count - 1 - part] - values[part]) / values[count / 2];
}

static double boot_us(enum bench_boot boot)
{
    const struct bench_images images = {image_folder, kvmtool};

    return bench_boot(&images, boot);
}

/* NULL: the floor, as it is if the other row has not been measured. */
static const struct figure *baseline_of(const struct benchmark *benchmark)
{
    for (size_t i = 0; i < G_N_ELEMENTS(benchmarks); i++)
        if (!g_strcmp0(benchmarks[i].name, benchmark->baseline) && figures[i].measured)
            return &figures[i];
    return NULL;
}

static const char *baseline_name(const struct benchmark *benchmark)
{
    return baseline_of(benchmark) ? benchmark->baseline : "bare exit";
}

/* Boots are measured anew: what was so a minute ago means nothing. */
static double baseline_us(const struct benchmark *benchmark)
{
    const struct figure *figure = baseline_of(benchmark);
    enum bench_boot boot = figure ? benchmarks[figure - figures].job.boot : BENCH_BOOT_NONE;

    if (boot)
        return boot_us(boot);
    return figure ? figure->us : bench_bare(BENCH_BARE_EXIT, FLOOR_EXITS);
}

/* KVM_RUNs for what the payload prints are none of the operations'. */
static double calls_of(const struct bench_run *run, enum stats_call call)
{
    uint64_t prints = call == STATS_RUN ? run->stats.exits[KVM_EXIT_MMIO] : 0;

    return (double)(run->stats.calls[call] - prints);
}

/* What the run without rounds does not: set-up, warm-up and the end are in both. */
static void count_calls(const struct bench_job *job, struct figure *figure)
{
    struct bench_run with, without;
    double operations = (double)ROUNDS * job->count * job->vps;

    bench_run(payloads, job, ROUNDS, &with);
    bench_run(payloads, job, 0, &without);
    for (unsigned i = 0; i < STATS_CALLS; i++)
        figure->calls[i] = (calls_of(&with, i) - calls_of(&without, i)) / operations;
    figure->resident_mib = (double)with.resident / MIB;
}

static struct bench_job complete(const struct bench_job *job)
{
    struct bench_job whole = *job;

    whole.vps = MAX(whole.vps, 1);
    whole.pages = MAX(whole.pages, 1);
    whole.count = MAX(whole.count, 1);
    return whole;
}

static double measure_once(const struct bench_job *job, struct bench_run *run)
{
    if (job->boot)
        return boot_us(job->boot);
    if (job->bare)
        return bench_bare(job->bare, FLOOR_EXITS);
    bench_run(payloads, job, ROUNDS, run);
    return median(run->us, run->rounds);
}

/* One after the other; the machine may become slower or faster meanwhile. */
static void measure_whole(const struct benchmark *benchmark, const struct bench_job *job,
                          struct figure *figure)
{
    double ratios[RUNS_MAX], us[RUNS_MAX];
    struct bench_run run;

    for (int i = 0; i < runs; i++) {
        double before = baseline_us(benchmark);

        us[i] = measure_once(job, &run);
        ratios[i] = us[i] / ((before + baseline_us(benchmark)) / 2);
    }
    figure->us = median(us, (unsigned)runs);
    figure->ratio = median(ratios, (unsigned)runs);
    figure->spread = spread(ratios, (unsigned)runs, 0);
}

/* In turns with the floor, with new processes for each run. */
static void measure_slices(const struct bench_job *job, struct figure *figure)
{
    static struct bench_slice slices[SLICES];
    static double ratios[RUNS_MAX * SLICES], us[RUNS_MAX * SLICES];
    unsigned count = 0;

    for (int i = 0; i < runs; i++) {
        struct bench_runner runner =
            job->bare ? bench_bare_start(job->bare) : bench_run_start(payloads, job);
        struct bench_runner floor = bench_bare_start(BENCH_BARE_EXIT);

        bench_slices(&runner, &floor, slices, SLICES);
        bench_runner_end(&floor);
        bench_runner_end(&runner);
        for (unsigned j = 0; j < SLICES; j++, count++) {
            us[count] = slices[j].us;
            ratios[count] = slices[j].ratio;
        }
    }
    figure->us = median(us, count);
    figure->ratio = median(ratios, count);
    figure->spread = spread(ratios, count, count / 4);
}

static void measure(const struct benchmark *benchmark, struct figure *figure)
{
    struct bench_job job = complete(&benchmark->job);

    if ((job.counter || job.bare) && !steady)
        measure_slices(&job, figure);
    else
        measure_whole(benchmark, &job, figure);
    if (!job.boot && !job.bare)
        count_calls(&job, figure);
    figure->measured = true;
}

/* --- The table --------------------------------------------------------------------------------- */

static bool is_wanted(const char *name)
{
    for (char **pattern = patterns; pattern && *pattern; pattern++)
        if (fnmatch(*pattern, name, 0) == 0)
            return true;
    return !patterns;
}

static bool can_boot(enum bench_boot boot)
{
    return g_file_test(image_folder, G_FILE_TEST_IS_DIR) && (boot != BENCH_BOOT_KVMTOOL || kvmtool);
}

static bool can_run(const struct benchmark *benchmark)
{
    bool window = !g_strcmp0(benchmark->job.options[0], "--register-window=on") ||
                  benchmark->job.bare == BENCH_BARE_WINDOW;

    if (benchmark->job.boot)
        return can_boot(benchmark->job.boot);
    return (!window || bench_has_window()) && (!benchmark->job.sve || bench_has_sve());
}

/* Others are measured against it. */
static bool is_needed(const struct benchmark *benchmark)
{
    if (is_wanted(benchmark->name))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(benchmarks); i++)
        if (!g_strcmp0(benchmarks[i].baseline, benchmark->name) && is_wanted(benchmarks[i].name))
            return true;
    return false;
}

static void print_head(void)
{
    printf("%-22s %10s %9s %7s %-13s %7s   %s\n", "", "us", "ratio", "spread", "to", "target",
           "system calls: run, read, write, other");
}

/* A target is a ratio to the baseline that was meant. */
static bool has_target(const struct benchmark *benchmark)
{
    return benchmark->target > 0 && (!benchmark->baseline || baseline_of(benchmark));
}

static void print_row(const struct benchmark *benchmark, const struct figure *figure)
{
    g_autofree char *target =
        has_target(benchmark) ? g_strdup_printf("%.1f", benchmark->target) : g_strdup("");

    printf("%-22s %10.1f %9.2f %6.0f%% %-13s %7s   %.1f %.1f %.1f %.1f\n", benchmark->name,
           figure->us, figure->ratio, 100 * figure->spread,
           baseline_name(benchmark), target,
           figure->calls[STATS_RUN], figure->calls[STATS_GET], figure->calls[STATS_SET],
           figure->calls[STATS_OTHER]);
    fflush(stdout);
}

/* Of a run with one VTL, and with two. */
static void print_memory(const char *name, unsigned vtls)
{
    for (size_t i = 0; i < G_N_ELEMENTS(benchmarks); i++)
        if (figures[i].measured && !g_strcmp0(benchmarks[i].name, name))
            printf("%-22s %10.1f MiB above the guest's RAM, %.1f for each VTL (target %.1f)\n",
                   vtls == 1 ? "memory, 1 VTL" : "memory, 2 VTLs", figures[i].resident_mib,
                   figures[i].resident_mib / vtls, MEMORY_TARGET_MIB);
}

/* --- JSON -------------------------------------------------------------------------------------- */

static void add_number(JsonBuilder *builder, const char *name, double value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_double_value(builder, value);
}

static void add_figure(JsonBuilder *builder, const struct benchmark *benchmark,
                       const struct figure *figure)
{
    static const char *const calls[STATS_CALLS] = {"run", "read", "write", "other"};

    json_builder_set_member_name(builder, benchmark->name);
    json_builder_begin_object(builder);
    add_number(builder, "us", figure->us);
    add_number(builder, "ratio", figure->ratio);
    json_builder_set_member_name(builder, "to");
    json_builder_add_string_value(builder, baseline_name(benchmark));
    add_number(builder, "spread", figure->spread);
    if (has_target(benchmark))
        add_number(builder, "target", benchmark->target);
    add_number(builder, "resident_mib", figure->resident_mib);
    for (unsigned i = 0; i < STATS_CALLS; i++)
        add_number(builder, calls[i], figure->calls[i]);
    json_builder_end_object(builder);
}

static const char *kernel_release(void)
{
    static struct utsname name;

    if (uname(&name) < 0)
        bench_fail("uname", g_strerror(errno));
    return name.release;
}

static void print_json(void)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "kernel");
    json_builder_add_string_value(builder, kernel_release());
    for (size_t i = 0; i < G_N_ELEMENTS(benchmarks); i++)
        if (figures[i].measured)
            add_figure(builder, &benchmarks[i], &figures[i]);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    text = json_to_string(root, TRUE);
    printf("%s\n", text);
}

/* --- Growth ------------------------------------------------------------------------------------ */

#define GROWTH_MAX 1.1

static JsonNode *read_recorded(void)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;

    if (!json_parser_load_from_file(parser, compared, &error))
        bench_fail(compared, error->message);
    return json_parser_steal_root(parser);
}

static bool is_same_kernel(JsonNode *recorded)
{
    const char *kernel = JSON_NODE_HOLDS_OBJECT(recorded)
                             ? json_object_get_string_member_with_default(
                                   json_node_get_object(recorded), "kernel", "?")
                             : "?";

    if (!g_strcmp0(kernel, kernel_release()))
        return true;
    printf("skip instructions: recorded with Linux %s, this is %s; record them anew\n", kernel,
           kernel_release());
    return false;
}

static double recorded_ratio(JsonNode *recorded, const char *name)
{
    g_autofree char *path = g_strdup_printf("$['%s']['ratio']", name);
    g_autoptr(JsonNode) found = json_path_query(path, recorded, NULL);
    JsonArray *array = found ? json_node_get_array(found) : NULL;

    return array && json_array_get_length(array) == 1 ? json_array_get_double_element(array, 0) : 0;
}

/* Prints a line for each row; false if one has grown. */
static bool compare_all(JsonNode *recorded)
{
    bool good = true;

    for (size_t i = 0; i < G_N_ELEMENTS(benchmarks); i++) {
        double now = figures[i].ratio, before;
        bool fits;

        if (!figures[i].measured)
            continue;
        before = recorded_ratio(recorded, benchmarks[i].name);
        fits = now <= before * GROWTH_MAX;
        printf("%s instructions-%s: %.2f times %s; it was %.2f\n", fits ? "ok" : "not ok",
               benchmarks[i].name, now,
               benchmarks[i].baseline ? benchmarks[i].baseline : "a bare exit", before);
        good = good && fits;
    }
    return good;
}

/* --- The command line -------------------------------------------------------------------------- */

static void list_names(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(benchmarks); i++)
        printf("%-22s %s\n", benchmarks[i].name, benchmarks[i].what);
}

static void parse(int argc, char **argv)
{
    gboolean list = FALSE;
    const GOptionEntry entries[] = {
        {"list", 'l', 0, G_OPTION_ARG_NONE, &list, "tell what there is to measure", NULL},
        COMMAND_JSON(&json),
        {"compare", 0, 0, G_OPTION_ARG_FILENAME, &compared,
         "tell which ratio has grown by more than a tenth since this output of --json", "FILE"},
        {"runs", 0, 0, G_OPTION_ARG_INT, &runs, "runs of each, of which the median counts (3)", "N"},
        {"steady", 0, 0, G_OPTION_ARG_NONE, &steady,
         "time does not waver here (scripts/bed --instructions): no slices", NULL},
        {"images", 0, 0, G_OPTION_ARG_FILENAME, &image_folder,
         "kernels and RAM disks for boot*, by scripts/images (images)", "FOLDER"},
        {"kvmtool", 0, 0, G_OPTION_ARG_FILENAME, &kvmtool,
         "kvmtool's program, to compare boot with", "FILE"},
        {"payloads", 0, 0, G_OPTION_ARG_FILENAME, &payloads, "where tests/guest was built (guest)",
         "FOLDER"},
        COMMAND_END,
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[PATTERN...] - measure vtlemu");
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        bench_fail("usage", error->message);
    if (runs < 1 || runs > RUNS_MAX)
        bench_fail("usage", "--runs: give 1 to 99");
    steady = steady || compared;
    if (!payloads)
        payloads = g_strdup("guest");
    if (!image_folder)
        image_folder = g_strdup("images");
    if (argc > 1)
        patterns = g_strdupv(argv + 1);
    if (list) {
        list_names();
        exit(EXIT_SUCCESS);
    }
}

static unsigned measure_all(bool show)
{
    unsigned count = 0;

    g_usleep(SETTLE_S * G_USEC_PER_SEC);
    for (size_t i = 0; i < G_N_ELEMENTS(benchmarks); i++) {
        if (!is_needed(&benchmarks[i]) || !can_run(&benchmarks[i]))
            continue;
        count++;
        measure(&benchmarks[i], &figures[i]);
        if (show)
            print_row(&benchmarks[i], &figures[i]);
    }
    return count;
}

static int compare_with_recorded(void)
{
    g_autoptr(JsonNode) recorded = read_recorded();
    bool good = !is_same_kernel(recorded) || (measure_all(false) && compare_all(recorded));

    printf("instructions: done\n"); /* scripts/check looks for it */
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    bool show;

    parse(argc, argv);
    show = !json;
    log_init();
    if (compared)
        return compare_with_recorded();
    if (show)
        print_head();
    if (!measure_all(show))
        bench_fail("usage", "no benchmark of that name; --list tells their names");
    if (json)
        print_json();
    if (show) {
        print_memory("hypercall", 1);
        print_memory("switch-4", 2);
    }
    return EXIT_SUCCESS;
}
