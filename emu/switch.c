/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one VTL of a VP to another: the shared bank moves, everything else stays in its vCPU.
 */
#include "emu/machine.h"

/*
 * What PSCI or the loader promised in X0 holds at the first entry only. That of a VTL which somebody
 * has turned on just now is still to come: power_wait() resets its registers first.
 */
static void give_start_argument(struct vp *vp, struct vp_level *level)
{
    g_mutex_lock(&vp->machine->lock);
    if (level->start_x0_pending && !level->due) {
        vcpu_set64(&level->vcpu, REG_X0, level->start_x0);
        level->start_x0_pending = false;
    }
    g_mutex_unlock(&vp->machine->lock);
}

/* Damages what @target may have lost while others ran. */
static int spoil(struct vp *vp, unsigned target)
{
    if (!vp->machine->plan.damaged_count || !vtl_gave_up(vp->core, target))
        return 0;
    trace_line(vp->machine->trace, TRACE_SWITCH, vp->core->index, target,
               "finds damaged what a switch may corrupt");
    return vcpu_poison(&vp->level[target].vcpu, &vp->machine->plan, vp->core->index, target);
}

/* A return by a function has an id in X0, which is nothing to the lower VTL: doc/vtl-abi.md. */
static void leave_x0(struct vp *vp, unsigned target)
{
    vcpu_set64(&vp_active(vp)->vcpu, REG_X0, vcpu_get64(&vp->level[target].vcpu, REG_X0));
}

/* Has the vCPU of @target ready to run. */
static int carry_over(struct vp *vp, unsigned target, enum stats_switch kind)
{
    int error;

    dormant_take(vp, target);
    error = power_enter(vp, target);
    if (error == 0 && kind == STATS_VTL_RETURN && vp->machine->options->vtl_abi.return_id)
        leave_x0(vp, target);
    if (error == 0)
        error = vcpu_copy_shared(&vp_active(vp)->vcpu, &vp->level[target].vcpu,
                                 &vp->machine->plan);
    return error == 0 ? spoil(vp, target) : error;
}

void vp_switch(struct vp *vp, unsigned target, enum vtl_entry_reason reason,
               enum stats_switch kind)
{
    static const char *const names[] = {
        [STATS_VTL_CALL] = "call", [STATS_VTL_RETURN] = "return", [STATS_INTERCEPT] = "intercept",
        [STATS_INTERRUPT] = "interrupt"};
    unsigned source = vp->core->active;
    struct vp_level *from = &vp->level[source], *to = &vp->level[target];
    int error = carry_over(vp, target, kind);

    if (error < 0) {
        vp_broken(vp, "VTL switch: KVM refuses a register: %s", g_strerror(-error));
        return;
    }
    vtl_enter(vp->core, target, reason);
    machine_note_entry(vp->machine, target);
    give_start_argument(vp, to);
    stats_count_switch(&vp->stats, kind);
    /* Only for a trace: reading PC is a system call. */
    if (trace_wants(vp->machine->trace, TRACE_SWITCH))
        trace_line(vp->machine->trace, TRACE_SWITCH, vp->core->index, source,
                   "switch to vtl%u by VTL %s, to come back at 0x%" G_GINT64_MODIFIER "x", target,
                   names[kind], vcpu_get64(&from->vcpu, REG_PC));
    to->by_interrupt = reason == VTL_ENTRY_INTERRUPT;
}

void vp_break_off(struct vp *vp)
{
    protect_end_step(vp);
    power_end_suspend(vp);
    vcpu_settle(&vp_active(vp)->vcpu);
}

bool vp_can_intercept(struct vp *vp, unsigned owner)
{
    return vp->core->enabled & 1u << owner && power_can_enter(vp, owner);
}

void vp_intercept(struct vp *vp, unsigned owner, enum vtl_entry_reason reason)
{
    vp_switch(vp, owner, reason, STATS_INTERCEPT);
}

/* "denied write at GPA 0x40204000, GVA 0x40204000, rights r-x" */
static void trace_memory(struct vp *vp, unsigned owner, enum hv_intercept_message type,
                         const struct vtl_fault *fault)
{
    static const char *const accesses[] = {
        [HV_ACCESS_READ] = "read", [HV_ACCESS_WRITE] = "write", [HV_ACCESS_EXECUTE] = "fetch"};
    bool unmapped = type == HV_MESSAGE_UNMAPPED_GPA;
    g_autofree char *gva = fault->gva_valid
                               ? g_strdup_printf("0x%" G_GINT64_MODIFIER "x", fault->gva)
                               : g_strdup("unknown");
    char rights[VTL_RIGHTS_TEXT];

    vtl_rights_text(vtl_protection_effective(vp->machine->partition, vp->core->active,
                                             fault->gpa / HV_PAGE_SIZE),
                    rights);
    trace_line(vp->machine->trace, TRACE_INTERCEPT, vp->core->index, vp->core->active,
               "intercept to vtl%u: %s %s%s at GPA 0x%" G_GINT64_MODIFIER "x, GVA %s, rights %s",
               owner, unmapped ? "unmapped" : "denied",
               accesses[vtl_intercept_access(vp->core, fault)], fault->in_walk ? " by walk" : "",
               fault->gpa, gva, unmapped ? "none, nothing is there" : rights);
}

void vp_intercept_memory(struct vp *vp, unsigned owner, enum hv_intercept_message type,
                         const struct vtl_fault *fault)
{
    if (trace_wants(vp->machine->trace, TRACE_INTERCEPT))
        trace_memory(vp, owner, type, fault);
    vp_intercept(vp, owner, vtl_intercept_memory(vp->core, owner, type, fault));
}
