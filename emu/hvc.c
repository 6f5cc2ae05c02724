/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest calls by HVC: the immediate selects the convention. KVM does not tell it: it comes
 * from the register window, or is fetched from the guest's code.
 */
#include "emu/machine.h"

/* Registers that carry the arguments of an SMCCC call other than a Hyper-V hypercall. */
#define SHORT_ARGUMENTS 4

static const struct smccc_service services[] = {
    PSCI_SERVICE(&power_psci_ops),
    VTL_SERVICE,
    IMPLEMENTATIONS_SERVICE,
};

static const struct vtl_abi *abi_of(const struct vp *vp)
{
    return &vp->machine->options->vtl_abi;
}

static struct translate_regime read_regime(struct vcpu *vcpu, uint64_t va)
{
    struct translate_regime regime = {.sctlr = vcpu_get64(vcpu, REG_SCTLR_EL1)};

    if (!(regime.sctlr & TRANSLATE_SCTLR_M))
        return regime;
    regime.tcr = vcpu_get64(vcpu, REG_TCR_EL1);
    if (TRANSLATE_IS_UPPER(va))
        regime.ttbr1 = vcpu_get64(vcpu, REG_TTBR1_EL1);
    else
        regime.ttbr0 = vcpu_get64(vcpu, REG_TTBR0_EL1);
    return regime;
}

bool hvc_fetch(struct vp *vp, uint64_t pc, uint16_t *immediate)
{
    struct translate_regime regime = read_regime(&vp_active(vp)->vcpu, pc);
    struct vtl_tables tables = {vp->machine->partition, vp->core->active};
    uint32_t instruction;

    return vtl_fetch(tables, &regime, pc, &instruction) && hvc_decode(instruction, immediate);
}

/*
 * Writes back what the call returns, and nothing else: a hypercall may have set a register of the
 * caller, such as X15, that is none of its results.
 */
static void write_results(struct vcpu *vcpu, const struct smccc_registers *before,
                          const struct smccc_registers *after)
{
    for (unsigned i = 0; i < SMCCC_REGISTERS; i++)
        if (after->x[i] != before->x[i])
            vcpu_set64(vcpu, REG_X0 + i, after->x[i]);
}

/*
 * A higher VTL completes the call: it sets the result and moves PC on, or has it made again. It
 * sees all registers of a call, even one that was read with few.
 */
static bool intercept(struct vp *vp, enum hvc_convention convention)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    unsigned owner = vp->core->intercept_owner;
    struct smccc_registers registers;

    if (!vp_can_intercept(vp, owner))
        return false;
    vcpu_get_general(vcpu, registers.x, SMCCC_REGISTERS);
    trace_line(vp->machine->trace, TRACE_INTERCEPT, vp->core->index, vp->core->active,
               "intercept to vtl%u: `hvc #%u`, X0 0x%" G_GINT64_MODIFIER "x", owner,
               (unsigned)convention, registers.x[0]);
    vcpu_set64(vcpu, REG_PC, vp->call_pc);
    vp_intercept(vp, owner,
                 vtl_intercept_hypercall(vp->core, owner, (uint16_t)convention, &registers));
    return true;
}

static void trace_result(struct vp *vp, enum smccc_outcome outcome, uint64_t result)
{
    if (outcome == SMCCC_DONE)
        trace_line(vp->machine->trace, TRACE_CALL, vp->core->index, vp->core->active,
                   "hypercall answered 0x%" G_GINT64_MODIFIER "x (%s)", result,
                   hv_status_name((uint16_t)result));
}

static void finish(struct vp *vp, enum smccc_outcome outcome, enum hvc_convention convention,
                   const struct smccc_registers *before, struct smccc_registers *after)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    uint64_t pc = vp->call_pc;

    if (outcome == SMCCC_STOP ||
        (outcome == SMCCC_INTERCEPTED && intercept(vp, convention)))
        return;
    write_results(vcpu, before, after);
    vcpu_set64(vcpu, REG_PC, outcome == SMCCC_RETRY ? pc : pc + A64_INSN_SIZE);
}

static void perform_smccc(struct vp *vp)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    struct smccc_registers arguments = {0}, registers;
    uint32_t id = (uint32_t)vcpu_get64(vcpu, REG_X0);
    unsigned count = id == HV_SMCCC_FUNCTION ? SMCCC_REGISTERS : SHORT_ARGUMENTS;
    enum smccc_outcome outcome;

    vp->stats.smccc_calls++;
    vp->stats.hypercalls += id == HV_SMCCC_FUNCTION;
    vcpu_get_general(vcpu, arguments.x, count);
    registers = arguments;
    trace_line(vp->machine->trace, TRACE_CALL, vp->core->index, vp->core->active,
               "smccc 0x%08x 0x%" G_GINT64_MODIFIER "x%s%s", id, registers.x[1],
               id == HV_SMCCC_FUNCTION ? " " : "",
               id == HV_SMCCC_FUNCTION ? vtl_hypercall_name(registers.x[1]) : "");
    outcome = smccc_dispatch(services, G_N_ELEMENTS(services), vp->core, &registers);
    if (id == HV_SMCCC_FUNCTION)
        trace_result(vp, outcome, registers.x[0]);
    finish(vp, outcome, HVC_SMCCC, &arguments, &registers);
}

static void perform_hypercall(struct vp *vp)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    struct smccc_registers arguments, registers;
    enum smccc_outcome outcome;

    vp->stats.hypercalls++;
    vcpu_get_general(vcpu, arguments.x, SMCCC_REGISTERS);
    registers = arguments;
    trace_line(vp->machine->trace, TRACE_CALL, vp->core->index, vp->core->active,
               "hypercall 0x%" G_GINT64_MODIFIER "x %s", registers.x[0],
               vtl_hypercall_name(registers.x[0]));
    outcome = vtl_hypercall(vp->core, HVC_HYPERCALL, &registers);
    trace_result(vp, outcome, registers.x[0]);
    finish(vp, outcome, HVC_HYPERCALL, &arguments, &registers);
}

static void perform_undefined(struct vp *vp)
{
    vp->stats.undefined++;
    trace_line(vp->machine->trace, TRACE_CALL, vp->core->index, vp->core->active,
               "undefined at 0x%" G_GINT64_MODIFIER "x", vp->call_pc);
    vcpu_inject_exception(&vp_active(vp)->vcpu, ESR_UNDEFINED, vp->call_pc);
}

/* Of a switch to @target, by whatever ABI. A VTL that is off waits, and may be told where to begin. */
static void audit_switch(struct vp *vp, unsigned target)
{
    struct machine *machine = vp->machine;
    bool is_lower = target < vp->core->active;

    strict_check(vp->core, STRICT_SWITCH_NOWHERE, true, "VTL%u", target);
    strict_check(vp->core, STRICT_RETURN_UNPREPARED,
                 !is_lower || audit_is_prepared(vp->core, target) ||
                     power_is_suspended(machine, vp->core->index, target),
                 "VTL%u would run, and nobody has said where it begins", target);
}

static void switch_to(struct vp *vp, unsigned target, enum stats_switch kind)
{
    if (G_UNLIKELY(vp->core->audit))
        audit_switch(vp, target);
    vcpu_set64(&vp_active(vp)->vcpu, REG_PC, vp->call_pc + A64_INSN_SIZE);
    vp_switch(vp, target, VTL_ENTRY_CALL, kind);
}

/* There is no VTL to go to: a function, unlike an instruction, is not supported then. */
static void refuse_switch(struct vp *vp, uint32_t id)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;

    if (!id) {
        if (G_UNLIKELY(vp->core->audit))
            strict_check(vp->core, STRICT_SWITCH_NOWHERE, false, "there is no VTL to go to");
        perform_undefined(vp);
        return;
    }
    trace_line(vp->machine->trace, TRACE_CALL, vp->core->index, vp->core->active,
               "smccc 0x%08x: there is no VTL to go to", id);
    vcpu_set64(vcpu, REG_X0, SMCCC_NOT_SUPPORTED);
    vcpu_set64(vcpu, REG_PC, vp->call_pc + A64_INSN_SIZE);
}

/* Who switches by an immediate has anything in X0. A second use of this site is safe whatever it is. */
static void guard_site(struct vp *vp, uint32_t id)
{
    if (!id)
        sites_add(&vp->machine->level[vp->core->active].sites, vp->call_pc);
}

/*
 * What the caller of a function finds in X0 when it goes on, if the return leaves it alone and the
 * higher VTL has not set it meanwhile.
 */
static void leave_result(struct vp *vp, unsigned caller)
{
    if (abi_of(vp)->call_id && abi_of(vp)->return_id)
        vcpu_set64(&vp->level[caller].vcpu, REG_X0, SMCCC_SUCCESS);
}

static void perform_vtl_call(struct vp *vp)
{
    unsigned target, caller = vp->core->active;

    if (!vtl_call_target(vp->core, &target) || !power_can_enter(vp, target)) {
        refuse_switch(vp, abi_of(vp)->call_id);
        return;
    }
    guard_site(vp, abi_of(vp)->call_id);
    switch_to(vp, target, STATS_VTL_CALL);
    leave_result(vp, caller);
}

static void perform_vtl_return(struct vp *vp)
{
    unsigned target;

    if (!vtl_return_target(vp->core, &target)) {
        refuse_switch(vp, abi_of(vp)->return_id);
        return;
    }
    guard_site(vp, abi_of(vp)->return_id);
    switch_to(vp, target, STATS_VTL_RETURN);
}

/* Without Hyper-V's services it is an immediate that nobody serves. */
static void perform_hv(struct vp *vp)
{
    if (vtl_has_feature(&vp->core->partition->services, VTL_FEATURE_HYPERCALL))
        perform_hypercall(vp);
    else
        perform_undefined(vp);
}

static void (*const performers[HVC_CONVENTIONS])(struct vp *vp) = {
    [HVC_SMCCC] = perform_smccc,           [HVC_HYPERCALL] = perform_hv,
    [HVC_VTL_CALL] = perform_vtl_call,     [HVC_VTL_RETURN] = perform_vtl_return,
    [HVC_UNDEFINED] = perform_undefined,
};

void hvc_perform(struct vp *vp, uint64_t pc, uint16_t immediate)
{
    enum hvc_convention convention = hvc_convention(immediate);

    /*
     * Only KVM's own exit brings a call of SMCCC, with the low half of X0. Asking the vCPU for X0 alone
     * would make the copy of all shared registers dearer.
     */
    convention = vtl_abi_convention(abi_of(vp), convention,
                                    vp_active(vp)->vcpu.run->hypercall.nr);
    vp->call_pc = pc;
    if (G_UNLIKELY(vp->core->audit))
        audit_hvc(vp->core, immediate);
    performers[convention](vp);
}

/* Nobody serves SMC here; the conduit is HVC. KVM has already moved PC on. */
static void refuse_smc(struct vp *vp)
{
    vcpu_set64(&vp_active(vp)->vcpu, REG_X0, SMCCC_NOT_SUPPORTED);
}

void hvc_exit(struct vp *vp)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    const struct window_call *call = vcpu_call(vcpu);
    uint64_t pc;
    uint16_t immediate;

    if (vcpu->run->hypercall.flags & KVM_HYPERCALL_EXIT_SMC) {
        refuse_smc(vp);
        return;
    }
    pc = vcpu_get64(vcpu, REG_PC) - A64_INSN_SIZE;
    /* It is the one before if the kernel has left out a program. */
    if (call && (uint32_t)call->x[0] == (uint32_t)vcpu->run->hypercall.nr) {
        immediate = (uint16_t)call->immediate;
    } else if (!hvc_fetch(vp, pc, &immediate)) {
        /* Another VP changes the code or its mapping under our eyes; only the guest suffers. */
        if (vp_may_complain(vp))
            g_warning("VP%u at VTL%u: no HVC found at PC 0x%" G_GINT64_MODIFIER "x; taken for `hvc #0`",
                      vp->core->index, vp->core->active, pc);
        immediate = HVC_SMCCC;
    }
    hvc_perform(vp, pc, immediate);
}

void hvc_take_back(struct vp *vp, const struct window_call *call)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;

    for (unsigned i = 0; i < WINDOW_CALL_REGISTERS; i++)
        vcpu_set64(vcpu, REG_X0 + i, call->x[i]);
    vp->stats.recovered++;
    hvc_perform(vp, call->pc - A64_INSN_SIZE, (uint16_t)call->immediate);
}
