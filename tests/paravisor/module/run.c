// SPDX-License-Identifier: GPL-2.0-only
/*
 * VTL0 on this CPU. While it runs, this VTL does not exist, as for a hypervisor whose guest runs:
 * RCU, accounting and lockdep are told by what KVM tells them.
 */
#include <linux/cpuhotplug.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <asm/neon.h>

#include "hv_vtl-private.h"

static DEFINE_PER_CPU(struct hv_vtl_cpu, cpus);
static int online_state;

/* The assist page, and behind it room for a message page. */
#define PAGES_ORDER 1

struct hv_vtl_cpu *hv_vtl_cpu(unsigned int cpu)
{
    return per_cpu_ptr(&cpus, cpu);
}

/* What has to be seen to before VTL0 runs again. */
#define WORK (_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL | _TIF_NOTIFY_RESUME | _TIF_NEED_RESCHED | \
              _TIF_NEED_RESCHED_LAZY)
#define WORK_RESCHEDULE (_TIF_NEED_RESCHED | _TIF_NEED_RESCHED_LAZY)

static bool has_work(const struct hv_vtl_cpu *cpu)
{
    return read_thread_flags() & WORK || READ_ONCE(cpu->run->cancel);
}

static noinstr void enter(u64 *x)
{
    guest_state_enter_irqoff();
    hv_vtl_switch(x);
    guest_state_exit_irqoff();
}

/*
 * Once down and up, with interrupts masked before and after; the interrupt that has ended it, if
 * one has, is taken in between. As in KVM, the time until then is the guest's.
 */
static u32 enter_once(struct hv_vtl_cpu *cpu)
{
    u32 reason;

    guest_timing_enter_irqoff();
    enter(cpu->run->x);
    reason = hv_vtl_entry_reason(cpu);
    local_irq_enable();
    isb(); /* now at the latest it is taken */
    local_irq_disable();
    guest_timing_exit_irqoff();
    cpu->run->entries++;
    return reason;
}

/*
 * What is to be told to user space: HV_VTL_EXIT_* or an errno; 0: go on.
 */
static int judge(struct hv_vtl_cpu *cpu, u32 reason)
{
    if (hv_vtl_take_message(cpu, reason, cpu->run->message))
        return HV_VTL_EXIT_MESSAGE;
    if (reason == HV_VTL_ENTRY_CALL)
        return HV_VTL_EXIT_CALL;
    if (reason != HV_VTL_ENTRY_INTERRUPT) {
        pr_err_ratelimited("hv_vtl: entered for the unknown reason %u\n", reason);
        return -EIO;
    }
    cpu->run->interrupts++;
    return 0;
}

/* Until there is something to do elsewhere: the result of judge(), or 0 with has_work(). */
static int run_a_while(struct hv_vtl_cpu *cpu)
{
    int result = 0;

    preempt_disable();
    local_irq_disable();
    while (!result && !has_work(cpu))
        result = judge(cpu, enter_once(cpu));
    local_irq_enable();
    preempt_enable();
    return result;
}

/*
 * The kernel keeps Q0-Q31 for us while other tasks, or softirqs, use them (kernel_neon_begin()),
 * so that they are loaded and stored once, however many interrupts there are.
 */
static int run_with_q(struct hv_vtl_cpu *cpu)
{
    struct user_fpsimd_state state;
    int result;

    kernel_neon_begin(&state);
    hv_vtl_load_q(cpu->run->q);
    result = run_a_while(cpu);
    hv_vtl_store_q(cpu->run->q);
    kernel_neon_end(&state);
    return result;
}

static long run_on(struct hv_vtl_cpu *cpu)
{
    int result = 0;

    while (!result) {
        if (read_thread_flags() & WORK_RESCHEDULE)
            schedule();
        /* Others are done on the way to user space. */
        if (read_thread_flags() & WORK & ~WORK_RESCHEDULE || READ_ONCE(cpu->run->cancel))
            return -EINTR;
        result = run_with_q(cpu);
    }
    if (result < 0)
        return result;
    cpu->run->reason = result;
    return 0;
}

long hv_vtl_run(void)
{
    struct hv_vtl_cpu *cpu;
    long result;

    if (current->nr_cpus_allowed != 1)
        return -EINVAL;
    /* Others may change the affinity meanwhile: then it counts the next time. */
    migrate_disable();
    cpu = this_cpu_ptr(&cpus);
    result = -EBUSY;
    if (!atomic_cmpxchg(&cpu->running, 0, 1)) {
        result = run_on(cpu);
        atomic_set(&cpu->running, 0);
    }
    migrate_enable();
    return result;
}

int hv_vtl_run_mmap(struct vm_area_struct *vma)
{
    unsigned long cpu = vma->vm_pgoff;

    if (cpu >= nr_cpu_ids || !cpu_possible(cpu) || !(vma->vm_flags & VM_SHARED) ||
        vma->vm_flags & VM_EXEC || vma->vm_end - vma->vm_start != PAGE_SIZE)
        return -EINVAL;
    vm_flags_mod(vma, VM_DONTEXPAND, VM_MAYEXEC);
    return vm_insert_page(vma, vma->vm_start, virt_to_page(hv_vtl_cpu(cpu)->run));
}

static int cpu_online_here(unsigned int cpu)
{
    return hv_vtl_message_online(hv_vtl_cpu(cpu));
}

static int cpu_offline_here(unsigned int cpu)
{
    hv_vtl_message_offline(hv_vtl_cpu(cpu));
    return 0;
}

static void free_pages_of(struct hv_vtl_cpu *cpu)
{
    free_page((unsigned long)cpu->run);
    free_pages((unsigned long)cpu->assist, PAGES_ORDER);
}

static int allocate_pages(void)
{
    unsigned int i;

    BUILD_BUG_ON(sizeof(struct hv_vtl_run) > PAGE_SIZE);
    for_each_possible_cpu(i) {
        struct hv_vtl_cpu *cpu = hv_vtl_cpu(i);

        cpu->run = (void *)get_zeroed_page(GFP_KERNEL);
        cpu->assist = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, PAGES_ORDER);
        if (!cpu->run || !cpu->assist)
            return -ENOMEM;
    }
    return 0;
}

static void free_all_pages(void)
{
    unsigned int i;

    for_each_possible_cpu(i)
        free_pages_of(hv_vtl_cpu(i));
}

int hv_vtl_run_init(void)
{
    int error = allocate_pages();

    if (!error)
        online_state = error = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "hv_vtl:online",
                                                 cpu_online_here, cpu_offline_here);
    if (error < 0) {
        free_all_pages();
        return error;
    }
    return 0;
}

void hv_vtl_run_exit(void)
{
    cpuhp_remove_state(online_state);
    free_all_pages();
}
