/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread of a VP: run the active VTL's vCPU, look why it came back, see to it, go on.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "emu/kept-calls.h"
#include "emu/kvm.h"
#include "emu/machine.h"
#include "emu/postmortem.h"

/* ESR_ELx.EC (Arm ARM, D19.2 "ESR_EL1"). */
#define ESR_EC_SHIFT 26
#define ESR_EC_BREAKPOINT 0x30
#define ESR_EC_STEP 0x32

#define COMPLAINTS_MAX 10
#define NS_PER_S UINT64_C(1000000000)

/* "0x40201234 (function+0x34)" */
static void add_address(GString *text, const struct vp *vp, uint64_t address)
{
    const struct symbols *symbols = vp->machine->symbols[vp->core->active];
    g_autofree char *symbol = symbols_at(symbols, address);

    g_string_append_printf(text, "0x%" G_GINT64_MODIFIER "x", address);
    if (symbol)
        g_string_append_printf(text, " (%s)", symbol);
}

/* A PC is often in a small function that everybody calls: X30 may tell who has done so. */
static char *describe_place(struct vp *vp, uint64_t pc)
{
    GString *text = g_string_new("PC ");

    add_address(text, vp, pc);
    g_string_append(text, ", X30 ");
    add_address(text, vp, vcpu_get64(&vp_active(vp)->vcpu, REG_X0 + 30));
    return g_string_free(text, FALSE);
}

static void tell_names(struct vp *vp, uint64_t pc)
{
    g_autofree char *place = describe_place(vp, pc);

    if (vp->machine->symbols[vp->core->active])
        g_printerr("vtlemu:   %s\n", place);
}

void vp_tell(struct vp *vp)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    struct postmortem registers = {
        .pc = vcpu_get64(vcpu, REG_PC),
        .pstate = vcpu_get64(vcpu, REG_PSTATE),
        .x30 = vcpu_get64(vcpu, REG_X0 + 30),
        .vbar = vcpu_get64(vcpu, REG_VBAR_EL1),
        .sctlr = vcpu_get64(vcpu, REG_SCTLR_EL1),
        .esr = vcpu_get64(vcpu, REG_ESR_EL1),
        .far = vcpu_get64(vcpu, REG_FAR_EL1),
        .elr = vcpu_get64(vcpu, REG_ELR_EL1),
        .spsr = vcpu_get64(vcpu, REG_SPSR_EL1),
    };
    g_autofree char *text = postmortem_text(vp->core->index, vp->core->active, &registers);

    if (!vp->told) {
        g_printerr("%s", text);
        tell_names(vp, registers.pc);
    }
    vp->told = true;
}

/* The call goes on, but no instruction of the guest comes after it. */
static void stop_at_call(struct vp *vp)
{
    vcpu_set64(&vp_active(vp)->vcpu, REG_PC, vp->call_pc);
    vp_tell(vp);
    machine_end(vp->machine, MACHINE_STRICT, 0, NULL);
}

void vp_violated(void *context, struct vtl_vp *core, enum strict_rule rule, const char *what)
{
    struct machine *machine = context;
    struct vp *vp = vp_of(core);
    g_autofree char *where = describe_place(vp, vp->call_pc);
    bool first = strict_log_tell(machine->strict, rule, core->index, core->active, vp->call_pc,
                                 where, what);

    if (first && machine->options->strict == OPTIONS_STRICT_STOP)
        stop_at_call(vp);
}

bool vp_may_complain(struct vp *vp)
{
    vp->complaints++;
    if (vp->complaints == COMPLAINTS_MAX)
        g_warning("VP%u: and so on; what follows of this kind is only counted", vp->core->index);
    return vp->complaints < COMPLAINTS_MAX;
}

void vp_broken(struct vp *vp, const char *format, ...)
{
    va_list arguments;
    char *message;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vp_tell(vp);
    machine_end(vp->machine, MACHINE_BROKEN, 0, message);
}

void vp_abort_access(struct vp *vp)
{
    int error = vcpu_inject_external_abort(&vp_active(vp)->vcpu);

    if (error < 0)
        vp_broken(vp, "KVM delivers no external abort: %s", g_strerror(-error));
}

/*
 * An access to a GPA where nothing is: a higher VTL may own it (VsmPartitionConfig.
 * InterceptNotPresent), otherwise the bus answers with an error, as it would on hardware.
 */
static void access_nowhere(struct vp *vp, uint64_t gpa)
{
    unsigned owner = vtl_intercept_wanted(vp->core, HV_VSM_INTERCEPT_NOT_PRESENT);
    struct vtl_fault fault;

    if (!owner || !vp_can_intercept(vp, owner)) {
        vp_abort_access(vp);
        return;
    }
    /* KVM would complete the access when the vCPU runs again; the higher VTL does, if it likes. */
    vp_active(vp)->vcpu.run->exit_reason = KVM_EXIT_UNKNOWN;
    if (vtl_fault_find(vp->core, gpa / HV_PAGE_SIZE, &fault) == VTL_FAULT_NOT_FOUND)
        fault = vtl_fault_unknown(vp->core, gpa / HV_PAGE_SIZE);
    vp_intercept_memory(vp, owner, HV_MESSAGE_UNMAPPED_GPA, &fault);
}

/* Of an exit and of what was done there: somebody's console would drown everything else. */
static enum trace_kind trace_kind(const struct vp *vp, const struct kvm_run *run)
{
    const struct devices *devices = &vp->machine->level[vp->core->active].devices;

    return run->exit_reason == KVM_EXIT_MMIO && devices_have(devices, run->mmio.phys_addr)
               ? TRACE_DEVICE
               : TRACE_EXIT;
}

static void exit_mmio(struct vp *vp)
{
    struct kvm_run *run = vp_active(vp)->vcpu.run;
    uint64_t value = 0;
    bool found;

    /* run->mmio.data is ours while the vCPU is stopped, but len comes from the guest's access. */
    memcpy(&value, run->mmio.data, MIN(run->mmio.len, sizeof(value)));
    found = devices_access(&vp->machine->level[vp->core->active].devices, run->mmio.phys_addr,
                           run->mmio.len, run->mmio.is_write, &value);
    trace_line(vp->machine->trace, trace_kind(vp, run), vp->core->index, vp->core->active,
               "%s of %u bytes at 0x%llx, 0x%" G_GINT64_MODIFIER "x",
               run->mmio.is_write ? "write" : "read", run->mmio.len, run->mmio.phys_addr, value);
    if (!found) {
        g_debug("VP%u at VTL%u: %s of %u bytes at GPA 0x%llx, where nothing is", vp->core->index,
                vp->core->active, run->mmio.is_write ? "write" : "read", run->mmio.len,
                run->mmio.phys_addr);
        access_nowhere(vp, run->mmio.phys_addr);
        return;
    }
    if (!run->mmio.is_write)
        memcpy(run->mmio.data, &value, MIN(run->mmio.len, sizeof(value)));
}

/* An access that the syndrome does not describe (pairs, SIMD, atomics) is none of our devices'. */
static void exit_nisv(struct vp *vp)
{
    access_nowhere(vp, vp_active(vp)->vcpu.run->arm_nisv.fault_ipa);
}

static void exit_debug(struct vp *vp)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    uint32_t esr = vcpu->run->debug.arch.hsr;
    uint64_t pc = vcpu_get64(vcpu, REG_PC);
    uint16_t immediate;

    if (esr >> ESR_EC_SHIFT == ESR_EC_STEP && vp->stepped) {
        protect_stepped(vp);
    } else if (esr >> ESR_EC_SHIFT != ESR_EC_BREAKPOINT) {
        /* Breakpoints make the guest's own BRK, BKPT and steps come to us, too; they are its own. */
        vcpu_inject_exception(vcpu, esr, pc);
    } else if (hvc_fetch(vp, pc, &immediate) && immediate != 0) {
        vp->stats.guarded++;
        hvc_perform(vp, pc, immediate);
    } else {
        /* The site holds something else by now: let it execute. */
        sites_remove(&vp->machine->level[vp->core->active].sites, pc);
    }
}

/* The only event that we ask for is the end of CPU_SUSPEND. */
static void exit_system_event(struct vp *vp)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;

    if (vcpu->run->system_event.type == KVM_SYSTEM_EVENT_WAKEUP)
        power_end_suspend(vp);
    else
        vp_broken(vp, "KVM reports the unknown system event %u", vcpu->run->system_event.type);
}

static void (*const exit_handlers[STATS_EXITS])(struct vp *vp) = {
    [KVM_EXIT_HYPERCALL] = hvc_exit,
    [KVM_EXIT_MMIO] = exit_mmio,
    [KVM_EXIT_ARM_NISV] = exit_nisv,
    [KVM_EXIT_DEBUG] = exit_debug,
    [KVM_EXIT_SYSTEM_EVENT] = exit_system_event,
};

static void handle_exit(struct vp *vp)
{
    const struct kvm_run *run = vp_active(vp)->vcpu.run;
    uint32_t reason = run->exit_reason;

    trace_line(vp->machine->trace, trace_kind(vp, run), vp->core->index, vp->core->active,
               "exit %u (%s)", reason, stats_exit_name(reason) ? stats_exit_name(reason) : "?");
    if (reason >= STATS_EXITS || !exit_handlers[reason]) {
        vp_broken(vp, "KVM_RUN ended for a reason unknown to vtlemu: %u", reason);
        return;
    }
    vp->stats.exits[reason]++;
    exit_handlers[reason](vp);
}

/* Is the HVC in @event one that KVM has answered instead of forwarding it? */
static bool was_swallowed(const struct vp *vp, const struct hvc_event *event)
{
    const struct vm *vm = &vp->machine->level[vp->core->active].vm;

    return event->immediate != 0 && kept_call(vm->kvm_uid, event->x0);
}

static void report_swallowed(struct vp *vp, const struct hvc_event *event)
{
    uint64_t pc = event->pc - A64_INSN_SIZE;
    enum hvc_convention convention =
        vtl_abi_convention(&vp->machine->options->vtl_abi,
                           hvc_convention((uint16_t)event->immediate), event->x0);

    if (G_UNLIKELY(vp->core->audit)) {
        vp->call_pc = pc;
        audit_swallowed(vp->core, (uint16_t)event->immediate, event->x0);
    }
    if (convention != HVC_VTL_CALL && convention != HVC_VTL_RETURN) {
        g_info("VP%u at VTL%u: `hvc #%u` at PC 0x%" G_GINT64_MODIFIER "x was answered by KVM",
               vp->core->index, vp->core->active, (unsigned)event->immediate, pc);
        return;
    }
    vp->stats.lost++;
    sites_add(&vp->machine->level[vp->core->active].sites, pc);
    if (!vp_may_complain(vp))
        return;
    g_critical("VP%u at VTL%u: LOST %s: `hvc #%u` at PC 0x%" G_GINT64_MODIFIER
               "x with X0=0x%" G_GINT64_MODIFIER "x was answered by KVM itself, which has "
               "overwritten X0-X3. This was the first use of the call site; it is guarded now.",
               vp->core->index, vp->core->active, hvc_convention_name(convention),
               (unsigned)event->immediate, pc, event->x0);
}

/*
 * KVM has answered an HVC that is not one of SMCCC's: the guest stands behind it. On some kernels
 * the signal comes by an interrupt (irq_work), and the guest may be quicker, or there is none; then
 * it is too late.
 */
static bool take_back(struct vp *vp)
{
    const struct window_call *call = vcpu_call(&vp_active(vp)->vcpu);
    struct hvc_event event;

    if (!call || !call->answered)
        return false;
    if (call->signalled && vcpu_get64(&vp_active(vp)->vcpu, REG_PC) == call->pc) {
        hvc_take_back(vp, call);
        return true;
    }
    event = (struct hvc_event){call->pc, call->x[0], call->immediate};
    report_swallowed(vp, &event);
    return false;
}

static void check_watch(struct vp *vp)
{
    struct hvc_event event;

    while (hvc_watch_next(&vp->watch, &event))
        if (was_swallowed(vp, &event))
            report_swallowed(vp, &event);
}

/*
 * What a higher VTL, or another VP, has had happen to this one. Not in the middle of a step: its
 * pages are open for one instruction, which the first of a handler is not; and it must not wait
 * for the partition's lock, whose owner may be waiting for the end of the step.
 */
static void deliver_event(struct vp *vp)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    uint64_t syndrome, address;

    if (vp->protect.step.active || !vtl_event_take(vp->core, &syndrome, &address))
        return;
    vcpu_set64(vcpu, REG_FAR_EL1, address);
    vcpu_inject_exception(vcpu, syndrome, vcpu_get64(vcpu, REG_PC));
}

/*
 * A higher VTL has asked to be told when a SINT of a lower one can take a message. Not in the
 * middle of a step, which belongs to the VTL that makes it.
 */
static bool deliver_notice(struct vp *vp)
{
    unsigned vtl, owner;

    if (vp->protect.step.active ||
        !synic_next_notice(vp->core, vp->core->active, &vtl, &owner) ||
        !vp_can_intercept(vp, owner))
        return false;
    vp_break_off(vp);
    vp_intercept(vp, owner, vtl_intercept_deliverable(vp->core, vtl, owner));
    return true;
}

static void run_once(struct vp *vp)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    int error;

    deliver_event(vp);
    dormant_watch(vp);
    error = sites_apply(&vp->machine->level[vp->core->active].sites, vcpu);
    if (error < 0) {
        vp_broken(vp, "KVM refuses the breakpoints: %s", g_strerror(-error));
        return;
    }
    vp->stepped = vcpu->stepping;
    pause_enter_guest(&vp->machine->pause, &vp->pause, vp->core->active);
    visit_note_entry(vp);
    error = vcpu_run(vcpu);
    pause_leave_guest(&vp->machine->pause, &vp->pause);
    check_watch(vp);
    if (protect_fault(vp, error))
        return;
    /* Either the instruction has come to its end, or others cannot wait for it any longer. */
    protect_end_step(vp);
    if (take_back(vp))
        return;
    if (error == -EINTR || error == -EAGAIN)
        vp->stats.interrupted++;
    else if (error < 0)
        vp_broken(vp, "KVM_RUN failed: %s", g_strerror(-error));
    else
        handle_exit(vp);
}

/* The register window sees all that this one can only report. */
static void open_watch(struct vp *vp)
{
    int error = vp->machine->window ? 0 : hvc_watch_open(&vp->watch, VP_KICK_SIGNAL);

    if (error < 0)
        g_info("VP%u: no look-out for switches that KVM swallows at the first use of a call site: "
               "%s (see vtlemu probe)", vp->core->index, g_strerror(-error));
}

/* The next thread begins with none. */
static void keep_runtime(struct vp *vp)
{
    struct timespec time = {0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    g_mutex_lock(&vp->machine->lock);
    vp->runtime_kept = true;
    vp->runtime += (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
    g_mutex_unlock(&vp->machine->lock);
}

static void begin_runtime(struct vp *vp)
{
    g_mutex_lock(&vp->machine->lock);
    vp->runtime_kept = false;
    g_mutex_unlock(&vp->machine->lock);
}

/* Until the machine is to stand still, or has ended. */
static void run_freely(struct vp *vp)
{
    visit_take_own(vp);
    /* What is dormant is watched while the VP waits, too, if what is active has been turned off. */
    while (machine_was_kicked(vp), dormant_watch(vp), power_wait(vp))
        if (!visit_receive(vp) && !deliver_notice(vp) && !dormant_attend(vp))
            run_once(vp);
    protect_end_step(vp);
    /* What KVM owes to the vCPU would come over what a visitor writes, and is not in a snapshot. */
    if (power_is_on(vp, vp->core->active))
        vcpu_settle(&vp_active(vp)->vcpu);
    visit_give_up(vp);
}

/*
 * While the machine stands still, others have the vCPUs; this thread stays, as KVM counts the time
 * that is stolen from it. False: it is to end.
 */
static bool park(struct vp *vp)
{
    struct machine *machine = vp->machine;
    bool go;

    g_mutex_lock(&machine->lock);
    vp->parked = true;
    g_cond_broadcast(&machine->changed);
    while (machine->frozen && !machine->quit)
        g_cond_wait(&machine->changed, &machine->lock);
    go = machine->end == MACHINE_RUNNING && !machine->quit;
    vp->parked = !go;
    g_mutex_unlock(&machine->lock);
    return go;
}

void *vp_main(void *argument)
{
    struct vp *vp = argument;

    begin_runtime(vp);
    open_watch(vp);
    do
        run_freely(vp);
    while (park(vp));
    keep_runtime(vp);
    hvc_watch_close(&vp->watch);
    return NULL;
}
