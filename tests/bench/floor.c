/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The floor of all exits, on a VM with nothing but a vCPU: see bench.h. */
#include <stdlib.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/machine.h"
#include "tests/bench/bench.h"

#define WARM_UP 200

/* 1: hvc #0; b 1b */
static const uint32_t loop[] = {0xd4000002, 0x17ffffff};

void bench_fail(const char *what, const char *why)
{
    g_printerr("bench: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void need(int result, const char *what)
{
    if (result < 0)
        bench_fail(what, g_strerror(-result));
}

static double run_bare(struct vcpu *vcpu, unsigned count)
{
    gint64 start = g_get_monotonic_time();

    for (unsigned i = 0; i < count; i++) {
        need(vcpu_run(vcpu), "KVM_RUN");
        if (vcpu->run->exit_reason != KVM_EXIT_HYPERCALL)
            bench_fail("floor", "not a hypercall exit");
    }
    return (double)(g_get_monotonic_time() - start) / count;
}

bool bench_has_sve(void)
{
    uint16_t lengths;
    int kvm = kvm_open();

    need(kvm, "/dev/kvm");
    need(vcpu_sve_lengths(kvm, &lengths), "SVE");
    close(kvm);
    return lengths != 0;
}

bool bench_has_window(void)
{
    static const struct register_window_request request = {.vcpus = 1, .signal = VP_KICK_SIGNAL};
    static bool known, has;
    g_autoptr(GError) error = NULL;
    struct register_window *window = known ? NULL : register_window_open(&request, &error);

    if (!known && !window)
        g_printerr("bench: no rows with the register window: %s\n", error->message);
    has = known ? has : window != NULL;
    known = true;
    register_window_close(window);
    return has;
}

double bench_floor(unsigned exits)
{
    struct memory memory;
    struct vm vm;
    struct vcpu vcpu;
    GError *error = NULL;
    int kvm = kvm_open();
    double result;

    need(kvm, "/dev/kvm");
    if (!memory_open(&memory, MIB, 1, &error) || !vm_open(&vm, kvm, 0, &memory, 0, false, &error))
        bench_fail("floor", error->message);
    need(vcpu_open(&vcpu, kvm, vm.fd, 0, 0), "vCPU");
    memory_write(&memory, LAYOUT_RAM_BASE, loop, sizeof(loop));
    vcpu_set64(&vcpu, REG_PC, LAYOUT_RAM_BASE);
    run_bare(&vcpu, WARM_UP);
    result = run_bare(&vcpu, exits);
    vcpu_close(&vcpu);
    vm_close(&vm);
    memory_close(&memory);
    close(kvm);
    return result;
}
