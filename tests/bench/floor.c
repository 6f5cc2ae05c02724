/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor of all exits, on a VM with nothing but a vCPU, and what the host asks for beside it: see
 * bench.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/machine.h"
#include "tests/bench/bench.h"
#include "vtl/bank.h"

#define WARM_UP 200

#define PSTATE_MASKED 0x3c5ull     /* EL1h, all interrupts masked (Arm ARM, C5.2 "SPSR_EL1") */
#define SCTLR_RES1 0x30d00800ull   /* no MMU (Arm ARM, D19.2) */
#define SCTLR_UCI (1ull << 26)     /* a bit that may differ without an effect here */
#define CPACR_FPEN (3ull << 20)

/* 1: hvc #0; b 1b */
static const uint32_t loop[] = {0xd4000002, 0x17ffffff};

/*
 * What loads X0-X30 and Q0-Q31 from the beginning of its page. With the MMU off: it has no use for
 * tables then.
 */
extern const uint32_t bench_load_stub[], bench_load_stub_end[];
__asm__(".pushsection .rodata\n"
        ".global bench_load_stub, bench_load_stub_end\n"
        ".balign 4\n"
        "bench_load_stub: adr x30, . - 1024\n"
        ".irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28\n"
        ".inst 0xa94003c0 | \\n | (\\n + 1) << 10 | \\n << 15\n" /* ldp Xn, Xn+1, [x30, 8 * n] */
        ".endr\n"
        ".irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30\n"
        ".inst 0xad4003c0 | \\n | (\\n + 1) << 10 | (\\n + 16) << 15\n" /* ldp Qn, Qn+1, [x30, 256 + 16 * n] */
        ".endr\n"
        "ldr x30, [x30, #240]\n"
        "hvc #0\n"
        "bench_load_stub_end:\n"
        ".popsection");
#define STUB_PAGE (LAYOUT_RAM_BASE + 4096)
#define STUB_CODE (STUB_PAGE + 1024)

struct stub_data {
    uint64_t x[32];
    struct hv_u128 q[32];
};

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

bool bench_has_sve(void)
{
    uint16_t lengths;
    int kvm = kvm_open();

    need(kvm, "/dev/kvm");
    need(vcpu_sve_lengths(kvm, &lengths), "SVE");
    close(kvm);
    return lengths != 0;
}

static const struct register_window_request window_request = {.vcpus = 1, .signal = VP_KICK_SIGNAL};

bool bench_has_window(void)
{
    static bool known, has;
    g_autoptr(GError) error = NULL;
    struct register_window *window = known ? NULL : register_window_open(&window_request, &error);

    if (!known && !window)
        g_printerr("bench: no rows with the register window: %s\n", error->message);
    has = known ? has : window != NULL;
    known = true;
    register_window_close(window);
    return has;
}

/* --- What is done with a bare vCPU -------------------------------------------------------------- */

struct bare {
    int kvm;
    struct memory memory;
    struct vm vm;
    struct vcpu vcpu;
    struct register_plan plan; /* the specification's */
    struct register_window *window;
    uint64_t count;
};

static void run_to_hvc(struct bare *bare)
{
    int error;

    do
        error = vcpu_run(&bare->vcpu);
    while (error == -EINTR); /* SIGSTOP */
    need(error, "KVM_RUN");
    if (bare->vcpu.run->exit_reason != KVM_EXIT_HYPERCALL)
        bench_fail("floor", "not a hypercall exit");
}

static void run_and_write(struct bare *bare)
{
    run_to_hvc(bare);
    vcpu_set64(&bare->vcpu, REG_PC, LAYOUT_RAM_BASE);
}

static void load_by_writes(struct bare *bare)
{
    const struct register_span *span = bare->plan.shared;
    size_t spans = bare->plan.shared_count;
    const struct hv_u128 value = {.low = ++bare->count};

    run_to_hvc(bare);
    for (; spans--; span++)
        for (size_t i = 0; i < span->count; i++)
            need(vcpu_set(&bare->vcpu, bank_table[span->first + i].hv_name, value), "a register");
}

/* Stage 1's registers, as a guest's own would have to give way to the stub's. */
static void enter(struct bare *bare, uint64_t pc, uint64_t sctlr, uint64_t pstate)
{
    vcpu_set64(&bare->vcpu, REG_SCTLR_EL1, SCTLR_RES1 | sctlr);
    vcpu_set64(&bare->vcpu, REG_PSTATE, pstate);
    vcpu_set64(&bare->vcpu, REG_PC, pc);
    run_to_hvc(bare);
}

static void load_by_stub(struct bare *bare)
{
    struct stub_data data;

    bare->count++;
    for (unsigned i = 0; i < 32; i++) {
        data.x[i] = bare->count;
        data.q[i] = (struct hv_u128){.low = bare->count};
    }
    memory_write(&bare->memory, STUB_PAGE, &data, sizeof(data));
    enter(bare, STUB_CODE, 0, PSTATE_MASKED);
    if (bare->count == 1 && (vcpu_get64(&bare->vcpu, REG_X0 + 30) != bare->count ||
                             vcpu_get64(&bare->vcpu, REG_X0) != bare->count))
        bench_fail("load-stub", "it has not loaded the registers");
    enter(bare, LAYOUT_RAM_BASE, SCTLR_UCI, PSTATE_MASKED);
}

static void (*const bodies[])(struct bare *bare) = {
    [BENCH_BARE_EXIT] = run_to_hvc,      [BENCH_BARE_WRITE] = run_and_write,
    [BENCH_BARE_WINDOW] = run_to_hvc,    [BENCH_LOAD_WRITES] = load_by_writes,
    [BENCH_LOAD_STUB] = load_by_stub,
};

static void open_bare(struct bare *bare, enum bench_bare what)
{
    struct bank_policy policy;
    GError *error = NULL;

    *bare = (struct bare){.kvm = kvm_open()};
    need(bare->kvm, "/dev/kvm");
    if (!memory_open(&bare->memory, MIB, 1, &error) ||
        !vm_open(&bare->vm, bare->kvm, 0, &bare->memory, 0, false, &error))
        bench_fail("floor", error->message);
    need(vcpu_open(&bare->vcpu, bare->kvm, bare->vm.fd, 0, 0), "vCPU");
    bank_policy_init(&policy);
    register_plan_make(&bare->plan, &policy, POISON_OFF, 0);
    memory_write(&bare->memory, LAYOUT_RAM_BASE, loop, sizeof(loop));
    memory_write(&bare->memory, STUB_CODE, bench_load_stub,
                 (size_t)((const char *)bench_load_stub_end - (const char *)bench_load_stub));
    vcpu_set64(&bare->vcpu, REG_CPACR_EL1, CPACR_FPEN);
    vcpu_set64(&bare->vcpu, REG_PC, LAYOUT_RAM_BASE);
    if (what != BENCH_BARE_WINDOW)
        return;
    bare->window = register_window_open(&window_request, &error);
    if (!bare->window)
        bench_fail("the register window", error->message);
    register_window_give(bare->window, 0, &bare->vcpu);
}

static void close_bare(struct bare *bare)
{
    vcpu_close(&bare->vcpu);
    register_window_close(bare->window);
    vm_close(&bare->vm);
    memory_close(&bare->memory);
    close(bare->kvm);
}

double bench_bare(enum bench_bare what, unsigned count)
{
    struct bare bare;
    gint64 begin;
    double us;

    open_bare(&bare, what);
    for (unsigned i = 0; i < WARM_UP; i++)
        bodies[what](&bare);
    begin = g_get_monotonic_time();
    for (unsigned i = 0; i < count; i++)
        bodies[what](&bare);
    us = (double)(g_get_monotonic_time() - begin) / count;
    close_bare(&bare);
    return us;
}

static uint64_t done; /* in a child of its own */

struct bench_runner bench_bare_start(enum bench_bare what)
{
    struct bench_runner runner = {.counter = &done, .operations = 1};
    struct bare bare;

    fflush(stdout);
    runner.pid = fork();
    if (runner.pid < 0)
        bench_fail("fork", g_strerror(errno));
    if (runner.pid)
        return runner;
    open_bare(&bare, what);
    for (;; __atomic_store_n(&done, done + 1, __ATOMIC_RELAXED))
        bodies[what](&bare);
}
