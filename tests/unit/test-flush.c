/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLB flushes on real KVM: a vCPU that goes round a loop, by a translation that its tables no
 * longer hold, goes by the new one as soon as vm_flush_tlb() has returned, without leaving KVM_RUN.
 * Where there is no KVM it is skipped.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/memory.h"
#include "emu/page-set.h"
#include "emu/vcpu.h"
#include "emu/vm.h"
#include "tests/unit/unit.h"

#define SKIPPED 77 /* automake's */

#define PAGE (4 * KIB)
#define WORDS 8u /* of a set of all pages */
#define TRIALS 100
#define FLUSHERS 3
#define FLUSHES 700 /* of each flusher: more than the slot has pages */

/* RAM by pages: tables of three levels, code, mailbox, and what the alias shows. */
enum { TABLE1, TABLE2, TABLE3, CODE, MAILBOX, VALUE0, VALUE1, ALIAS };

/* Descriptors and registers for pages of 4 KiB in 39 bits (Arm ARM, D8.3, D19.2). */
#define TABLE 3ull
#define NORMAL_PAGE (3ull | 3ull << 8 | 1ull << 10) /* inner shareable, accessed; attributes 0 */
#define MAIR_WRITE_BACK 0xffull
#define TCR_39_BITS (25ull | 0x35ull << 8 | 1ull << 23 | 2ull << 32) /* cached; no TTBR1; 40 bits */
#define SCTLR_ON (0x30d00800ull | 1ull << 12 | 1ull << 2 | 1ull << 0)

/*
 * X0 is the alias, X11 the mailbox. X4 counts the rounds, which the second word of the mailbox
 * shows; the first one is in which round the alias last changed.
 */
static const uint32_t code[] = {
    0xf9400001, /* 0: ldr x1, [x0] */
    0x91000484, /* add x4, x4, #1 */
    0xf9000564, /* str x4, [x11, #8] */
    0xeb02003f, /* cmp x1, x2 */
    0x54ffff80, /* b.eq 0b */
    0xf9000164, /* str x4, [x11] */
    0xaa0103e2, /* mov x2, x1 */
    0x17fffff9, /* b 0b */
};

static struct memory memory;
static struct vm vm;
static struct vcpu vcpu;
static int kvm;
static GThread *runner;
static gint ending, returns;
static volatile uint64_t *entry, *mailbox;

static uint64_t gpa(unsigned page)
{
    return LAYOUT_RAM_BASE + page * PAGE;
}

static uint64_t *host(unsigned page)
{
    return (uint64_t *)(void *)(memory.host + page * PAGE);
}

static void kick(int signal)
{
    (void)signal;
}

static gpointer run(gpointer thread)
{
    *(pthread_t *)thread = pthread_self();
    while (!g_atomic_int_get(&ending)) {
        int error = vcpu_run(&vcpu);

        ck_assert_msg(error == -EINTR, "KVM_RUN ends: %d, exit %u", error, vcpu.run->exit_reason);
        g_atomic_int_inc(&returns);
    }
    return NULL;
}

static void write_memory(void)
{
    host(TABLE1)[1] = gpa(TABLE2) | TABLE;
    host(TABLE2)[0] = gpa(TABLE3) | TABLE;
    for (unsigned i = 0; i < ALIAS; i++)
        host(TABLE3)[i] = gpa(i) | NORMAL_PAGE;
    entry = &host(TABLE3)[ALIAS];
    *entry = gpa(VALUE0) | NORMAL_PAGE;
    *host(VALUE1) = 1;
    mailbox = host(MAILBOX);
    memcpy(host(CODE), code, sizeof(code));
}

static void set_registers(void)
{
    vcpu_set64(&vcpu, REG_PC, gpa(CODE));
    vcpu_set64(&vcpu, REG_X0, gpa(ALIAS));
    vcpu_set64(&vcpu, REG_X0 + 11, gpa(MAILBOX));
    vcpu_set64(&vcpu, REG_MAIR_EL1, MAIR_WRITE_BACK);
    vcpu_set64(&vcpu, REG_TCR_EL1, TCR_39_BITS);
    vcpu_set64(&vcpu, REG_TTBR0_EL1, gpa(TABLE1));
    vcpu_set64(&vcpu, REG_SCTLR_EL1, SCTLR_ON);
}

static void set_up(void)
{
    GError *error = NULL;

    kvm = kvm_open();
    ck_assert_int_ge(kvm, 0);
    ck_assert(memory_open(&memory, 2 * MIB, 1, &error));
    ck_assert_msg(vm_open(&vm, kvm, 0, &memory, 0, false, &error), "%s", error ? error->message : "");
    ck_assert_int_eq(vcpu_open(&vcpu, kvm, vm.fd, 0, 0), 0);
    write_memory();
    set_registers();
}

static void tear_down(void)
{
    vcpu_close(&vcpu);
    vm_close(&vm);
    memory_close(&memory);
    close(kvm);
}

static void start(pthread_t *thread)
{
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = kick}, NULL);
    g_atomic_int_set(&ending, 0);
    runner = g_thread_new("vCPU", run, thread);
    while (!mailbox[1])
        g_usleep(1000);
}

static void stop(pthread_t thread)
{
    g_atomic_int_set(&ending, 1);
    vcpu.run->immediate_exit = 1;
    pthread_kill(thread, SIGUSR1);
    g_thread_join(runner);
}

/* The guest may be anywhere in the round that it is in. */
static void try_once(unsigned trial)
{
    uint64_t round;

    mailbox[0] = 0;
    *entry = gpa(trial % 2 ? VALUE0 : VALUE1) | NORMAL_PAGE;
    __sync_synchronize();
    ck_assert_int_eq(vm_flush_tlb(&vm), 0);
    __sync_synchronize();
    round = mailbox[1];
    while (!mailbox[0])
        g_usleep(100);
    ck_assert_msg(mailbox[0] <= round + 2, "trial %u: the old translation is in use for %d rounds",
                  trial, (int)(mailbox[0] - round));
}

START_TEST(forgets_while_running)
{
    pthread_t thread;

    start(&thread);
    for (unsigned i = 0; i < TRIALS; i++)
        try_once(i);
    ck_assert_int_eq(g_atomic_int_get(&returns), 0);
    stop(thread);
}
END_TEST

static gpointer flush(gpointer context)
{
    int error = 0;

    (void)context;
    for (unsigned i = 0; i < FLUSHES && error == 0; i++)
        error = vm_flush_tlb(&vm);
    return GINT_TO_POINTER(error);
}

START_TEST(from_any_thread)
{
    GThread *threads[FLUSHERS];
    pthread_t thread;

    start(&thread);
    for (unsigned i = 0; i < FLUSHERS; i++)
        threads[i] = g_thread_new("flusher", flush, NULL);
    for (unsigned i = 0; i < FLUSHERS; i++)
        ck_assert_int_eq(GPOINTER_TO_INT(g_thread_join(threads[i])), 0);
    stop(thread);
}
END_TEST

/* The guest writes to its mailbox all the time, and to nothing else. */
START_TEST(notes_what_is_written)
{
    pthread_t thread;

    start(&thread);
    for (unsigned i = 0; i < TRIALS; i++) {
        uint64_t all[WORDS] = {0}, some[WORDS] = {0}, round;

        ck_assert_int_eq(vm_track(&vm, 0, &memory, true), 0);
        ck_assert_int_eq(vm_take_written(&vm, &memory, all), 0);
        ck_assert_uint_eq(page_set_count(all, WORDS), WORDS * 64);
        for (round = mailbox[1]; mailbox[1] < round + 2;)
            g_usleep(100);
        ck_assert_int_eq(vm_flush_tlb(&vm), 0); /* by a dirty log of its own */
        ck_assert_int_eq(vm_take_written(&vm, &memory, some), 0);
        ck_assert_uint_eq(page_set_count(some, WORDS), 1);
        ck_assert_uint_eq(some[0], UINT64_C(1) << MAILBOX);
        ck_assert_int_eq(vm_track(&vm, 0, &memory, false), 0);
    }
    ck_assert_int_eq(g_atomic_int_get(&returns), 0);
    stop(thread);
}
END_TEST

START_TEST(can_be_withdrawn)
{
    ck_assert(!vm_has_flushed(&vm));
    ck_assert(!vm_flush_withdraw(&vm));
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(vm_flush_tlb(&vm), 0);
        ck_assert(vm_flush_withdraw(&vm));
        ck_assert(!vm_flush_withdraw(&vm));
        ck_assert(vm_has_flushed(&vm));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {forgets_while_running, from_any_thread, notes_what_is_written,
                                   can_be_withdrawn};
    Suite *suite = suite_create("flush");
    int fd = kvm_open();

    if (fd < 0) {
        printf("flush: no KVM here\n");
        return SKIPPED;
    }
    close(fd);
    unit_add(suite, set_up, tear_down, tests, G_N_ELEMENTS(tests));
    return unit_run(suite);
}
