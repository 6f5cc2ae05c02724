/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of the machine that need no KVM: emu/fdt.c, emu/memory.c, emu/pause.c, emu/postmortem.c,
 * emu/stats.c, emu/sve.c, emu/trace.c.
 */
#include <errno.h>
#include <libfdt.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/fdt.h"
#include "emu/layout.h"
#include "emu/memory.h"
#include "emu/pause.h"
#include "emu/postmortem.h"
#include "emu/stats.h"
#include "emu/sve.h"
#include "emu/trace.h"
#include "tests/unit/unit.h"

static const uint64_t mpidrs[] = {0, 1, 0x100};

static const void *property(const void *tree, const char *path, const char *name, int size)
{
    int length;
    const void *data = fdt_getprop(tree, fdt_path_offset(tree, path), name, &length);

    ck_assert_msg(data && length == size, "%s %s: length %d", path, name, length);
    return data;
}

START_TEST(tree_is_complete)
{
    struct fdt_config config = {.vtl = 2, .vmbus = true, .cpus = 3, .mpidr = mpidrs, .memory_base = 0x48000000,
                                .memory_size = 0x123400000, .command_line = "a b",
                                .initrd_base = 0x49000000, .initrd_size = 0x1234};
    GBytes *tree = fdt_build(&config, NULL);
    gsize size;
    const void *data = g_bytes_get_data(tree, &size);
    const fdt64_t *memory;
    const fdt32_t *cells;

    ck_assert_int_eq(fdt_check_full(data, size), 0);
    ck_assert_str_eq(property(data, "/chosen", "bootargs", 4), "a b");
    ck_assert_str_eq(property(data, "/psci", "method", 4), "hvc");
    ck_assert_str_eq(property(data, "/hypervisor", "compatible", 17), "microsoft,hyperv");
    memory = property(data, "/memory@48000000", "reg", 16);
    ck_assert_uint_eq(fdt64_to_cpu(memory[0]), 0x48000000);
    ck_assert_uint_eq(fdt64_to_cpu(memory[1]), 0x123400000);
    memory = property(data, "/chosen", "linux,initrd-end", 8);
    ck_assert_uint_eq(fdt64_to_cpu(memory[0]), 0x49001234);
    property(data, "/cpus/cpu@100", "reg", 8);
    memory = property(data, "/interrupt-controller@8000000", "reg", 32);
    ck_assert_uint_eq(fdt64_to_cpu(memory[3]), 3 * LAYOUT_GICR_SIZE);
    cells = property(data, "/bus/vmbus", "interrupts", 12);
    ck_assert_uint_eq(fdt32_to_cpu(cells[0]), 1); /* a PPI, level-triggered as all of KVM's */
    ck_assert_uint_eq(fdt32_to_cpu(cells[1]), LAYOUT_PPI_SINT);
    ck_assert_uint_eq(fdt32_to_cpu(cells[2]), 4);
    cells = property(data, "/bus/vmbus", "microsoft,vtl", 4);
    ck_assert_uint_eq(fdt32_to_cpu(cells[0]), 2);
    cells = property(data, "/bus/vmbus", "microsoft,message-connection-id", 4);
    ck_assert_uint_eq(fdt32_to_cpu(cells[0]), 0x800074);
    ck_assert_str_eq(property(data, "/bus/vmbus", "status", 5), "okay");
    g_bytes_unref(tree);
}
END_TEST

START_TEST(tree_without_extras)
{
    struct fdt_config config = {.cpus = 1, .mpidr = mpidrs, .memory_base = LAYOUT_RAM_BASE,
                                .memory_size = MIB};
    GBytes *tree = fdt_build(&config, NULL);
    const void *data = g_bytes_get_data(tree, NULL);

    ck_assert_str_eq(property(data, "/chosen", "bootargs", 1), "");
    ck_assert_str_eq(property(data, "/bus/vmbus", "status", 9), "disabled");
    ck_assert_ptr_null(
        fdt_getprop(data, fdt_path_offset(data, "/chosen"), "linux,initrd-start", NULL));
    ck_assert_int_lt(fdt_path_offset(data, "/openhcl"), 0);
    ck_assert_int_lt(fdt_path_offset(data, "/pl031@9020000"), 0);
    g_bytes_unref(tree);
}
END_TEST

/* VTL0's tree with a paravisor's devices, and the paravisor's own. */
START_TEST(tree_of_paravisor)
{
    struct fdt_config config = {.cpus = 1, .mpidr = mpidrs, .memory_base = 0x50000000,
                                .memory_size = 0x8000000, .has_rtc = true,
                                .lower_base = LAYOUT_RAM_BASE, .lower_size = 0x10000000};
    GBytes *tree = fdt_build(&config, NULL);
    const void *data = g_bytes_get_data(tree, NULL);
    const fdt32_t *cells = property(data, "/pl031@9020000", "interrupts", 12);
    const fdt64_t *memory;

    ck_assert_uint_eq(fdt32_to_cpu(cells[1]), LAYOUT_RTC_SPI);
    memory = property(data, "/openhcl/memory@40000000", "reg", 16);
    ck_assert_uint_eq(fdt64_to_cpu(memory[0]), LAYOUT_RAM_BASE);
    ck_assert_uint_eq(fdt64_to_cpu(memory[1]), 0x10000000);
    cells = property(data, "/openhcl/memory@40000000", "openhcl,memory-type", 4);
    ck_assert_uint_eq(fdt32_to_cpu(*cells), 0);
    cells = property(data, "/openhcl/memory@50000000", "openhcl,memory-type", 4);
    ck_assert_uint_eq(fdt32_to_cpu(*cells), 1);
    /* Linux takes what says so for its own. */
    ck_assert_str_ne(fdt_getprop(data, fdt_path_offset(data, "/openhcl/memory@40000000"),
                                 "device_type", NULL), "memory");
    g_bytes_unref(tree);
}
END_TEST

START_TEST(tree_too_large)
{
    char *line = g_strnfill(FDT_MAX_SIZE, 'x');
    struct fdt_config config = {.cpus = 1, .mpidr = mpidrs, .command_line = line};
    GError *error = NULL;

    ck_assert_ptr_null(fdt_build(&config, &error));
    ck_assert(g_error_matches(error, EMU_ERROR, EMU_ERROR_SETUP));
    g_error_free(error);
    g_free(line);
}
END_TEST

START_TEST(memory_bounds)
{
    static const struct {
        uint64_t gpa;
        size_t size;
        int result;
    } rows[] = {
        {LAYOUT_RAM_BASE, 8, 0},
        {LAYOUT_RAM_BASE + MIB - 8, 8, 0},
        {LAYOUT_RAM_BASE + MIB - 7, 8, -EFAULT},
        {LAYOUT_RAM_BASE + MIB, 1, -EFAULT},
        {LAYOUT_RAM_BASE - 1, 8, -EFAULT},
        {0, 8, -EFAULT},
        {UINT64_MAX - 3, 8, -EFAULT},
        {LAYOUT_RAM_BASE, SIZE_MAX, -EFAULT},
    };
    struct memory memory;
    uint64_t word;

    ck_assert(memory_open(&memory, MIB, 0x5, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t buffer[8] = {0};

        if (rows[i].size <= sizeof(buffer))
            ck_assert_msg(memory_write(&memory, rows[i].gpa, buffer, rows[i].size) ==
                              rows[i].result, "row %zu", i);
        ck_assert_msg(rows[i].result == 0 ||
                      memory_read(&memory, rows[i].gpa, buffer, rows[i].size) == rows[i].result,
                      "row %zu", i);
    }
    ck_assert_int_eq(memory_read_word(&memory, LAYOUT_RAM_BASE + 4, &word), -EFAULT);
    ck_assert_int_eq(memory_compare_exchange(&memory, LAYOUT_RAM_BASE + 4, 0, 1), -EFAULT);
    ck_assert_int_eq(memory_compare_exchange(&memory, LAYOUT_RAM_BASE + MIB, 0, 1), -EFAULT);
    memory_close(&memory);
}
END_TEST

START_TEST(memory_views)
{
    struct memory memory;
    uint64_t word = 0x1122334455667788;

    ck_assert(memory_open(&memory, MIB, 0x5, NULL));
    ck_assert_ptr_nonnull(memory.view[0].host);
    ck_assert_ptr_null(memory.view[1].host);
    ck_assert_ptr_ne(memory.view[0].host, memory.view[2].host);
    ck_assert_int_eq(memory_write(&memory, LAYOUT_RAM_BASE + 16, &word, sizeof(word)), 0);
    ck_assert_mem_eq(memory.view[2].host + 16, &word, sizeof(word));
    word = 0;
    ck_assert_int_eq(memory_read_word(&memory, LAYOUT_RAM_BASE + 16, &word), 0);
    ck_assert_uint_eq(word, 0x1122334455667788);
    ck_assert_int_eq(memory_compare_exchange(&memory, LAYOUT_RAM_BASE + 16, 7, 8), -EAGAIN);
    ck_assert_mem_eq(memory.view[2].host + 16, &word, sizeof(word));
    ck_assert_int_eq(memory_compare_exchange(&memory, LAYOUT_RAM_BASE + 16, word, 8), 0);
    word = 8;
    ck_assert_mem_eq(memory.view[0].host + 16, &word, sizeof(word));
    memory_clear(&memory);
    ck_assert_int_eq(memory_read_word(&memory, LAYOUT_RAM_BASE + 16, &word), 0);
    ck_assert_uint_eq(word, 0);
    memory_close(&memory);
}
END_TEST

START_TEST(memory_too_large)
{
    struct memory memory;
    GError *error = NULL;

    ck_assert(!memory_open(&memory, UINT64_C(1) << 62, 0x1, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "--memory"));
    g_error_free(error);
}
END_TEST

START_TEST(stats_add_up)
{
    struct stats sum = {0}, one = {.lost = 1, .calls = {[STATS_SET] = 5}};

    stats_count_switch(&one, STATS_VTL_CALL);
    stats_count_switch(&one, STATS_VTL_RETURN);
    stats_add(&sum, &one);
    stats_add(&sum, &one);
    ck_assert_uint_eq(stats_switches(&sum), 4);
    ck_assert_uint_eq(sum.lost, 2);
    ck_assert_uint_eq(sum.calls[STATS_SET], 10);
    ck_assert_uint_eq(sum.first_switch_ns, one.first_switch_ns);
    ck_assert_uint_eq(sum.last_switch_ns, one.last_switch_ns);
}
END_TEST

/* Writes a line of each kind. */
static char *trace_all_kinds(unsigned kinds)
{
    char path[] = "/tmp/vtlemu-trace-XXXXXX";
    struct trace *trace;
    char *text;

    close(g_mkstemp(path));
    trace = trace_open(path, kinds, NULL);
    for (unsigned kind = 0; kind < TRACE_KINDS; kind++)
        trace_line(trace, kind, 1, 2, "kind %u", kind);
    ck_assert(trace_close(trace));
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    unlink(path);
    return text;
}

START_TEST(trace_lines)
{
    g_autofree char *all = trace_all_kinds(TRACE_ALL), *one = trace_all_kinds(1u << TRACE_SWITCH);

    for (unsigned kind = 0; kind < TRACE_KINDS; kind++) {
        g_autofree char *line = g_strdup_printf(" vp1 vtl2 kind %u\n", kind);

        ck_assert_msg(strstr(all, line) != NULL, "no%sin: %s", line, all);
        ck_assert_int_eq(strstr(one, line) != NULL, kind == TRACE_SWITCH);
    }
    trace_line(NULL, TRACE_EXIT, 0, 0, "nothing");
    ck_assert(!trace_wants(NULL, TRACE_EXIT));
    ck_assert(trace_close(NULL));
    ck_assert_ptr_null(trace_open("/nonexistent/file", TRACE_ALL, NULL));
}
END_TEST

START_TEST(trace_is_flushed)
{
    char path[] = "/tmp/vtlemu-trace-XXXXXX";
    struct trace *trace;
    g_autofree char *text = NULL;

    close(g_mkstemp(path));
    trace = trace_open(path, TRACE_ALL, NULL);
    trace_line(trace, TRACE_EXIT, 1, 2, "here");
    trace_flush(trace);
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_msg(g_str_has_suffix(text, " vp1 vtl2 here\n"), "%s", text);
    ck_assert(trace_close(trace));
    trace_flush(NULL);
    ck_assert_int_eq(trace_descriptor(NULL), -1);
    unlink(path);
}
END_TEST

START_TEST(trace_filters)
{
    static const struct {
        const char *text;
        unsigned kinds;
    } rows[] = {
        {"switch", 1u << TRACE_SWITCH},
        {"call,intercept", 1u << TRACE_CALL | 1u << TRACE_INTERCEPT},
        {"-device", TRACE_ALL & ~(1u << TRACE_DEVICE)},
        {"-device,-visit", TRACE_ALL & ~(1u << TRACE_DEVICE | 1u << TRACE_VISIT)},
    };
    static const char *const mixed[] = {"exit,protect,-exit", "-device,device"};
    g_autofree char *names = trace_kind_names();

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned kinds = 0;
        char *bad = NULL;

        ck_assert_msg(trace_parse_kinds(rows[i].text, &kinds, &bad), "%s", rows[i].text);
        ck_assert_uint_eq(kinds, rows[i].kinds);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(mixed); i++) {
        g_autofree char *bad = NULL;
        unsigned kinds = 0;

        ck_assert(!trace_parse_kinds(mixed[i], &kinds, &bad));
        ck_assert_str_eq(bad, strrchr(mixed[i], ',') + 1);
    }
    ck_assert_str_eq(names, "exit, device, call, switch, intercept, protect, visit, interrupt");
}
END_TEST

START_TEST(postmortem_says_what_registers_mean)
{
    static const struct {
        struct postmortem registers;
        const char *says;
    } rows[] = {
        {{.pc = 0x40200010, .vbar = 0x40201000}, "VP3 was at VTL2, PC 0x40200010\n"},
        {{.pc = 0x40201000, .vbar = 0x40201000},
         "(VBAR_EL1+0x0: synchronous exception from EL1 with"},
        {{.pc = 0x200},
         "PC 0x200, in its vectors (VBAR_EL1+0x200: synchronous exception from EL1)\n"},
        {{.pc = 0x7ff}, "SError from EL0 in AArch32"},
        {{.pc = 0x800}, "PC 0x800\n"},
        {{.pstate = 0x3c5}, "PSTATE 0x3c5 (EL1, IRQs masked)"},
        {{.pstate = 0x344}, "(EL1 with SP_EL0, IRQs on)"},
        {{.pstate = 0x10}, "no mode of AArch64"},
        {{.sctlr = 5, .x30 = 0x77}, "SCTLR_EL1 0x5 (MMU on), VBAR_EL1 0x0, X30 0x77\n"},
        {{.esr = POSTMORTEM_UNSET, .far = POSTMORTEM_UNSET, .elr = 1, .spsr = 2},
         "last exception: ESR_EL1 not set, FAR_EL1 not set, ELR_EL1 0x1, SPSR_EL1 0x2\n"},
        {{.esr = 0x2000000}, "ESR_EL1 0x2000000 (undefined instruction), FAR_EL1 0x0"},
        {{.esr = 0x96000047}, "(data abort at a write, translation fault, level 3)"},
        {{.esr = 0x9200000d}, "(data abort from EL0 at a read, permission fault, level 1)"},
        {{.esr = 0x86000010}, "(instruction abort, external abort)"},
        {{.esr = 0x96000016}, "(data abort at a read, external abort of a table walk, level 2)"},
        {{.esr = 0x96000021}, "(data abort at a read, alignment fault)"},
        {{.esr = 0x9600003f}, "(data abort at a read), FAR_EL1"},
        {{.esr = UINT64_MAX}, "ESR_EL1 0xffffffffffffffff, FAR_EL1"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = postmortem_text(3, 2, &rows[i].registers);

        ck_assert_msg(strstr(text, rows[i].says) != NULL, "no '%s' in %s", rows[i].says, text);
    }
}
END_TEST

#define RUNNERS 3
#define PAUSES 300u
#define PAUSED_VTL 1u

/* In place of VPs in KVM_RUN, which do not come back by themselves. */
static struct runner {
    struct pause_member member;
    GMutex lock;
    GCond kicked;
    bool kick;
} runners[RUNNERS];

static struct {
    struct pause pause;
    _Atomic unsigned inside;
    _Atomic unsigned rounds;
    _Atomic bool stop;
} yard;

static void kick_runner(struct pause_member *member)
{
    struct runner *runner = (struct runner *)member;

    g_mutex_lock(&runner->lock);
    runner->kick = true;
    g_cond_signal(&runner->kicked);
    g_mutex_unlock(&runner->lock);
}

static void stay_until_kicked(struct runner *runner)
{
    g_mutex_lock(&runner->lock);
    while (!runner->kick)
        g_cond_wait(&runner->kicked, &runner->lock);
    g_mutex_unlock(&runner->lock);
}

static void *run_inside(void *argument)
{
    struct runner *runner = argument;

    while (!yard.stop) {
        g_mutex_lock(&runner->lock);
        runner->kick = false;
        g_mutex_unlock(&runner->lock);
        pause_enter_guest(&yard.pause, &runner->member, PAUSED_VTL);
        yard.inside++;
        if (!yard.stop)
            stay_until_kicked(runner);
        yard.inside--;
        pause_leave_guest(&yard.pause, &runner->member);
        yard.rounds++;
    }
    return NULL;
}

static void *pause_often(void *unused)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < PAUSES; i++) {
        pause_begin(&yard.pause, NULL, 1u << PAUSED_VTL);
        wrong += yard.inside != 0;
        g_thread_yield();
        wrong += yard.inside != 0;
        pause_end(&yard.pause);
    }
    return GUINT_TO_POINTER(wrong + (unused != NULL));
}

/* Two threads keep the others out again and again; a pause of another VTL is nothing to them. */
START_TEST(pause_keeps_out)
{
    GThread *threads[RUNNERS], *other;

    pause_init(&yard.pause);
    for (unsigned i = 0; i < RUNNERS; i++) {
        runners[i].member.kick = kick_runner;
        pause_add(&yard.pause, &runners[i].member);
    }
    for (unsigned i = 0; i < RUNNERS; i++)
        threads[i] = g_thread_new("runner", run_inside, &runners[i]);
    while (yard.inside < RUNNERS)
        g_thread_yield();
    pause_begin(&yard.pause, NULL, 1u << (PAUSED_VTL + 1));
    ck_assert_uint_eq(yard.inside, RUNNERS);
    pause_end(&yard.pause);
    other = g_thread_new("pauser", pause_often, NULL);
    ck_assert_ptr_null(pause_often(NULL));
    ck_assert_ptr_null(g_thread_join(other));
    pause_begin(&yard.pause, NULL, 1u << PAUSED_VTL);
    yard.stop = true;
    pause_end(&yard.pause);
    for (unsigned i = 0; i < RUNNERS; i++)
        g_thread_join(threads[i]);
    ck_assert_uint_gt(yard.rounds, RUNNERS);
    pause_clear(&yard.pause);
}
END_TEST

static void *try_to_enter(void *member)
{
    bool entered = pause_enter_guest(&yard.pause, member, PAUSED_VTL);

    if (entered)
        pause_leave_guest(&yard.pause, member);
    return GINT_TO_POINTER(entered);
}

/* Who waits for the end of a pause can be called off, and that before it begins to wait, too. */
START_TEST(pause_recalls)
{
    struct pause_member member = {.kick = kick_runner};
    GThread *thread;

    pause_init(&yard.pause);
    pause_add(&yard.pause, &member);
    pause_begin(&yard.pause, NULL, 1u << PAUSED_VTL);
    thread = g_thread_new("member", try_to_enter, &member);
    g_usleep(10000);
    pause_recall(&yard.pause, &member, true);
    ck_assert_ptr_null(g_thread_join(thread));
    ck_assert_ptr_null(try_to_enter(&member));
    ck_assert_int_eq(member.in_guest, 0);
    pause_recall(&yard.pause, &member, false);
    pause_end(&yard.pause);
    ck_assert_ptr_nonnull(try_to_enter(&member));
    pause_clear(&yard.pause);
}
END_TEST

/* 128, 256, 384 and 512 bits are the bits 0 to 3 of a set. */
START_TEST(vector_lengths)
{
    static const struct {
        uint16_t host;
        unsigned bits;
        uint16_t limited;
        const char *text;
    } rows[] = {
        {0x1, 128, 0x1, "128 bits"},
        {0x3, 256, 0x3, "128 and 256 bits"},
        {0x3, 128, 0x1, "128 and 256 bits"},
        {0xb, 512, 0xb, "128, 256 and 512 bits"},
        {0xb, 384, 0, "128, 256 and 512 bits"}, /* not there */
        {0xb, 640, 0, "128, 256 and 512 bits"},
        {0xffff, 2048, 0xffff, NULL},
        {0xb, 0, 0, NULL},
        {0, 128, 0, " bits"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = sve_text(rows[i].host);

        ck_assert_msg(sve_limit(rows[i].host, rows[i].bits) == rows[i].limited, "row %zu", i);
        ck_assert_msg(!rows[i].text || !strcmp(text, rows[i].text), "row %zu: %s", i, text);
    }
    ck_assert_uint_eq(sve_longest(0), 0);
    ck_assert_uint_eq(sve_longest(0xb), 512);
    ck_assert_uint_eq(sve_longest(0xffff), 2048);
}
END_TEST

UNIT_MAIN("machine-parts", pause_keeps_out, pause_recalls, tree_is_complete, tree_without_extras,
          tree_of_paravisor, tree_too_large, memory_bounds, memory_views, memory_too_large,
          stats_add_up, trace_lines, trace_is_flushed, trace_filters,
          postmortem_says_what_registers_mean, vector_lengths)
