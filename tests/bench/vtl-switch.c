/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VTL switch costs: its one-way time as a multiple of a bare HVC exit round trip, measured
 * in the same run, and the system calls it takes.
 *
 * The floor is KVM_RUN alone: the guest executes HVC, KVM_RUN returns, KVM_RUN is called again.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/log.h"
#include "emu/machine.h"
#include "tests/bench/bench.h"

#define NS_PER_US 1000.0
#define WARM_UP 200

extern const char bench_floor[], bench_floor_end[];
#define DECLARE(what)                                                                              \
    extern const char bench_vtl0_##what[], bench_vtl0_##what##_end[];                              \
    extern const char bench_vtl2_##what[], bench_vtl2_##what##_end[]
DECLARE(0);
DECLARE(4);
DECLARE(all);

#define VARIANT(what, text)                                                                        \
    {                                                                                              \
        text, {bench_vtl0_##what, bench_vtl0_##what##_end},                                        \
        {                                                                                          \
            bench_vtl2_##what, bench_vtl2_##what##_end                                             \
        }                                                                                          \
    }

static const struct {
    const char *name;
    const char *vtl0[2], *vtl2[2]; /* begin and end of the code */
} variants[] = {
    VARIANT(0, "0"),
    VARIANT(4, "4"),
    VARIANT(all, "all"),
};

static void fail(const char *what, const char *why)
{
    g_printerr("vtl-switch: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void need(int result, const char *what)
{
    if (result < 0)
        fail(what, g_strerror(-result));
}

static double run_bare(struct vcpu *vcpu, unsigned count)
{
    gint64 start = g_get_monotonic_time();

    for (unsigned i = 0; i < count; i++) {
        need(vcpu_run(vcpu), "KVM_RUN");
        if (vcpu->run->exit_reason != KVM_EXIT_HYPERCALL)
            fail("floor", "not a hypercall exit");
    }
    return (double)(g_get_monotonic_time() - start) / count;
}

/* Does KVM have SVE for guests here? */
static bool host_has_sve(void)
{
    uint16_t lengths;
    int kvm = kvm_open();

    need(kvm, "/dev/kvm");
    need(vcpu_sve_lengths(kvm, &lengths), "SVE");
    close(kvm);
    return lengths != 0;
}

/* Microseconds of a bare exit round trip. */
static double measure_floor(void)
{
    struct memory memory;
    struct vm vm;
    struct vcpu vcpu;
    GError *error = NULL;
    int kvm = kvm_open();
    double result;

    need(kvm, "/dev/kvm");
    if (!memory_open(&memory, MIB, 1, &error) || !vm_open(&vm, kvm, 0, &memory, 0, false, &error))
        fail("floor", error->message);
    need(vcpu_open(&vcpu, kvm, vm.fd, 0, 0), "vCPU");
    memory_write(&memory, LAYOUT_RAM_BASE, bench_floor, (size_t)(bench_floor_end - bench_floor));
    vcpu_set64(&vcpu, REG_PC, LAYOUT_RAM_BASE);
    run_bare(&vcpu, WARM_UP);
    result = run_bare(&vcpu, BENCH_SWITCHES);
    vcpu_close(&vcpu);
    vm_close(&vm);
    memory_close(&memory);
    return result;
}

/* A flat binary in a file, as vtlemu run takes it. */
static char *write_code(const char *const code[2])
{
    GError *error = NULL;
    char *path = NULL;
    int fd = g_file_open_tmp("vtlemu-bench-XXXXXX", &path, &error);

    if (fd < 0 || !g_file_set_contents(path, code[0], code[1] - code[0], &error))
        fail("code", error->message);
    g_close(fd, NULL);
    return path;
}

static struct stats run_machine(const struct options *options, bool watched)
{
    GError *error = NULL;
    struct machine *machine = machine_new(options, NULL, &error);
    struct stats stats;

    if (machine)
        machine->unwatched = !watched;
    if (!machine || !machine_power_on(machine, &error))
        fail("machine", error->message);
    machine_wait(machine, 0);
    if (machine->end != MACHINE_POWERED_OFF)
        fail("machine", "did not power off");
    machine_power_off(machine);
    stats = machine->stats;
    machine_free(machine);
    return stats;
}

static struct stats run_variant(size_t variant, bool watched, const char *sve)
{
    g_autofree char *vtl0 = write_code(variants[variant].vtl0);
    g_autofree char *vtl2 = write_code(variants[variant].vtl2);
    g_autofree char *sve_option = g_strdup_printf("--sve=%s", sve);
    char *argv[] = {"run", sve_option, "--vtl0-kernel", vtl0, "--vtl2-kernel", vtl2, NULL};
    GError *error = NULL;
    bool help;
    struct options *options = options_parse(G_N_ELEMENTS(argv) - 1, argv, &help, &error);
    struct stats stats;

    if (!options)
        fail("options", error->message);
    stats = run_machine(options, watched);
    options_free(options);
    g_unlink(vtl0);
    g_unlink(vtl2);
    return stats;
}

static void print_row(const char *name, const struct stats *stats, double floor)
{
    double switches = (double)stats_switches(stats);
    double us = (double)(stats->last_switch_ns - stats->first_switch_ns) / NS_PER_US / (switches - 1);

    printf("%-18s %10.1f %10.2f   %5.1f %8.1f %8.1f %8.2f %8.4f\n", name, us, us / floor,
           (double)stats->calls[STATS_RUN] / switches, (double)stats->calls[STATS_GET] / switches,
           (double)stats->calls[STATS_SET] / switches,
           (double)stats->calls[STATS_OTHER] / switches, (double)stats->watches / switches);
}

static void measure(size_t variant, bool watched, const char *sve, const char *what, double floor)
{
    struct stats stats = run_variant(variant, watched, sve);
    g_autofree char *name = g_strdup_printf("%s%s", variants[variant].name, what);

    print_row(name, &stats, floor);
    fflush(stdout);
}

int main(void)
{
    bool sve = host_has_sve();
    double floor;

    log_init();
    floor = measure_floor();
    printf("One-way VTL switch, %u switches each\n\n", BENCH_SWITCHES);
    printf("%-18s %10s %10s   %s\n", "registers changed", "us", "x floor",
           "system calls: run, read, write, other; watches");
    printf("%-18s %10.1f %10.2f   %5.1f %8.1f %8.1f %8.2f\n", "bare HVC exit", floor, 1.0, 1.0, 0.0,
           0.0, 0.0);
    for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
        measure(i, true, "off", "", floor);
        measure(i, false, "off", ", unwatched", floor);
        if (sve)
            measure(i, true, "on", ", SVE", floor);
    }
    return EXIT_SUCCESS;
}
