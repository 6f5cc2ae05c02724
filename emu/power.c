/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI for every VTL by itself: a call is about the caller's VTL on some VP.
 *
 * Each VTL of a VP is on, off, or about to be on. The VP's thread resets a vCPU that is about to
 * be on, so that nobody touches registers of a vCPU that another thread uses. Unless somebody comes
 * for the registers first: to the guest, they are what they are from when its call has returned,
 * and what it writes after that must stay. A VP whose active VTL is off waits here, open to visits.
 */
#include <errno.h>

#include "emu/igvm.h"
#include "emu/kvm.h"
#include "emu/machine.h"

/* Affinity fields of MPIDR_EL1; the others are not part of an address (DEN 0022, 5.1.4). */
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

/* KVM makes the affinity of a vCPU from its index (Linux, arch/arm64/kvm/sys_regs.c, reset_mpidr). */
uint64_t power_mpidr(unsigned index)
{
    return (index & 0xf) | (index >> 4 & 0xff) << 8 | (uint64_t)(index >> 12 & 0xff) << 16;
}

static struct vp *find_vp(struct machine *machine, uint64_t mpidr)
{
    for (unsigned i = 0; i < machine->vp_count; i++)
        if (power_mpidr(i) == mpidr)
            return &machine->vps[i];
    return NULL;
}

/* A lower VTL that runs must not be pulled out of the VP by PSCI: X0 is shared by both. */
static bool runs_lower(const struct vp *target, unsigned vtl)
{
    unsigned active = target->core->active;

    return active < vtl && target->level[active].power != PSCI_AFFINITY_OFF;
}

/* With the lock held; the caller says where it starts. */
static enum psci_status power_up(struct vp *target, unsigned vtl)
{
    struct vp_level *level = &target->level[vtl];

    if (level->power == PSCI_AFFINITY_ON)
        return PSCI_ALREADY_ON;
    if (level->power == PSCI_AFFINITY_ON_PENDING)
        return PSCI_ON_PENDING;
    if (runs_lower(target, vtl))
        return PSCI_DENIED;
    level->power = PSCI_AFFINITY_ON_PENDING;
    level->prepared = false;
    g_cond_broadcast(&target->machine->changed);
    return PSCI_SUCCESS;
}

/* With the lock held. Of @start, only PC counts if not @has_context. */
static void begin_at(struct vp_level *level, const struct vtl_initial_context *start,
                     bool has_context)
{
    level->start = *start;
    level->has_context = has_context;
    level->start_registers = NULL;
    g_atomic_int_set(&level->due, true);
}

static void begin_with_x0(struct vp_level *level, uint64_t x0)
{
    level->start_x0 = x0;
    level->start_x0_pending = true;
}

/* A VTL must have been enabled on the VP, and no higher one may have denied or intercepted it. */
static enum psci_status may_start(struct vtl_vp *caller, const struct vtl_vp *target)
{
    static const enum psci_status answers[] = {
        [VTL_START_ALLOWED] = PSCI_SUCCESS,
        [VTL_START_DENIED] = PSCI_DENIED,
        [VTL_START_INTERCEPTED] = PSCI_INTERCEPTED,
    };

    if (!(target->enabled & 1u << caller->active))
        return PSCI_DENIED;
    return answers[vtl_judge_start(caller, &caller->intercept_owner)];
}

static enum psci_status cpu_on(void *context, uint64_t mpidr, uint64_t entry, uint64_t context_id)
{
    struct vp *vp = vp_of(context);
    struct vp *target = find_vp(vp->machine, mpidr);
    struct vtl_initial_context start = {.pc = entry};
    enum psci_status status;

    if (!target)
        return PSCI_INVALID_PARAMETERS;
    status = may_start(vp->core, target->core);
    if (status != PSCI_SUCCESS)
        return status;
    g_mutex_lock(&vp->machine->lock);
    status = power_up(target, vp->core->active);
    if (status == PSCI_SUCCESS) {
        begin_at(&target->level[vp->core->active], &start, false);
        begin_with_x0(&target->level[vp->core->active], context_id);
        if (vp->core->audit)
            audit_prepare(target->core, vp->core->active);
    }
    g_mutex_unlock(&vp->machine->lock);
    g_info("VP%u at VTL%u: CPU_ON of VP%u, entry 0x%" G_GINT64_MODIFIER "x: %d", vp->core->index,
           vp->core->active, target->core->index, entry, status);
    return status;
}

void power_prepare_vp(void *context, unsigned vp, unsigned vtl,
                      const struct vtl_initial_context *start)
{
    struct machine *machine = context;
    struct vp_level *level = &machine->vps[vp].level[vtl];

    g_mutex_lock(&machine->lock);
    begin_at(level, start, true);
    level->prepared = true;
    g_mutex_unlock(&machine->lock);
}

int power_start_vp(void *context, unsigned vp, unsigned vtl,
                   const struct vtl_initial_context *start)
{
    struct machine *machine = context;
    struct vp_level *level = &machine->vps[vp].level[vtl];
    enum psci_status status;

    g_mutex_lock(&machine->lock);
    status = power_up(&machine->vps[vp], vtl);
    if (status == PSCI_SUCCESS) {
        begin_at(level, start, true);
        /* The context has no X0. It is shared: a lower VTL finds what the higher one leaves there. */
        level->start_x0_pending = false;
    }
    g_mutex_unlock(&machine->lock);
    return status == PSCI_SUCCESS ? 0 : -EALREADY;
}

/* With the lock held. It goes on with the registers that it has, or is due to have. */
static int resume(struct vp *vp, unsigned vtl)
{
    switch (power_up(vp, vtl)) {
    case PSCI_SUCCESS:
        vp->level[vtl].start_x0_pending = false;
        return 0;
    case PSCI_DENIED:
        return -EBUSY;
    default:
        return 0; /* it runs already, or is about to */
    }
}

static int stop(struct vp *vp, unsigned vtl)
{
    if (vp->core->active == vtl && vp->level[vtl].power != PSCI_AFFINITY_OFF)
        return -EBUSY;
    vp->level[vtl].power = PSCI_AFFINITY_OFF;
    vp->level[vtl].prepared = false;
    return 0;
}

int power_suspend(void *context, unsigned index, unsigned vtl, bool suspend)
{
    struct machine *machine = context;
    struct vp *vp = &machine->vps[index];
    int error;

    g_mutex_lock(&machine->lock);
    error = suspend ? stop(vp, vtl) : resume(vp, vtl);
    g_mutex_unlock(&machine->lock);
    return error;
}

static enum psci_affinity affinity_state(struct machine *machine, const struct vp *vp,
                                         unsigned vtl)
{
    enum psci_affinity power;

    g_mutex_lock(&machine->lock);
    power = vp->level[vtl].power;
    g_mutex_unlock(&machine->lock);
    return power;
}

bool power_is_suspended(void *context, unsigned vp, unsigned vtl)
{
    struct machine *machine = context;

    return affinity_state(machine, &machine->vps[vp], vtl) == PSCI_AFFINITY_OFF;
}

/* A level above 0 asks about a group of VPs: on if one of them is (DEN 0022, 5.7.1). */
static int affinity_info(void *context, uint64_t mpidr, uint64_t level)
{
    static const uint64_t masks[] = {MPIDR_AFFINITY, MPIDR_AFFINITY & ~UINT64_C(0xff),
                                     MPIDR_AFFINITY & ~UINT64_C(0xffff), UINT64_C(0xff00000000)};
    struct vp *vp = vp_of(context);
    int found = PSCI_INVALID_PARAMETERS;

    if (level >= G_N_ELEMENTS(masks) || mpidr & ~MPIDR_AFFINITY)
        return PSCI_INVALID_PARAMETERS;
    for (unsigned i = 0; i < vp->machine->vp_count; i++) {
        enum psci_affinity state;

        if ((power_mpidr(i) & masks[level]) != (mpidr & masks[level]))
            continue;
        state = affinity_state(vp->machine, &vp->machine->vps[i], vp->core->active);
        if (found < 0 || found == PSCI_AFFINITY_OFF || state == PSCI_AFFINITY_ON)
            found = state;
    }
    return found;
}

static enum psci_status cpu_off(void *context)
{
    struct vp *vp = vp_of(context);

    g_mutex_lock(&vp->machine->lock);
    vp_active(vp)->power = PSCI_AFFINITY_OFF;
    g_mutex_unlock(&vp->machine->lock);
    return PSCI_SUCCESS;
}

/* KVM waits for a wake-up event and reports it (exit_system_event in vp.c). */
static void cpu_suspend(void *context)
{
    struct vp *vp = vp_of(context);
    struct kvm_mp_state suspended = {.mp_state = KVM_MP_STATE_SUSPENDED};
    int error;

    if (!vp->machine->level[vp->core->active].vm.can_suspend)
        return; /* waking up at once is allowed */
    vp_active(vp)->vcpu.calls[STATS_OTHER]++;
    vp_active(vp)->in_cpu_suspend = true;
    error = kvm_ioctl(vp_active(vp)->vcpu.fd, KVM_SET_MP_STATE, &suspended);
    if (error < 0)
        vp_broken(vp, "KVM refuses to suspend: %s", g_strerror(-error));
}

void power_end_suspend(struct vp *vp)
{
    struct kvm_mp_state runnable = {.mp_state = KVM_MP_STATE_RUNNABLE};
    int error;

    if (!vp_active(vp)->in_cpu_suspend)
        return;
    vp_active(vp)->in_cpu_suspend = false;
    vp_active(vp)->vcpu.calls[STATS_OTHER]++;
    error = kvm_ioctl(vp_active(vp)->vcpu.fd, KVM_SET_MP_STATE, &runnable);
    if (error < 0)
        vp_broken(vp, "KVM does not end a CPU_SUSPEND: %s", g_strerror(-error));
}

/* A higher VTL decides what becomes of the whole; the call can be made again. */
static void intercept_event(struct vp *vp, unsigned owner, enum psci_system_event event)
{
    bool off = event == PSCI_SYSTEM_OFF;
    struct vcpu *vcpu = &vp_active(vp)->vcpu;

    trace_line(vp->machine->trace, TRACE_INTERCEPT, vp->core->index, vp->core->active,
               "intercept to vtl%u: %s", owner, off ? "SYSTEM_OFF" : "SYSTEM_RESET");
    vcpu_set64(vcpu, REG_PC, vp->call_pc);
    vp_intercept(vp, owner,
                 vtl_intercept_reset(vp->core, owner, off ? HV_RESET_POWER_OFF : HV_RESET_REBOOT,
                                     (uint32_t)vcpu_get64(vcpu, REG_X0)));
}

static void system_event(void *context, enum psci_system_event event)
{
    struct vp *vp = vp_of(context);
    unsigned owner = vtl_intercept_wanted(vp->core, HV_VSM_INTERCEPT_SYSTEM_RESET);

    if (owner && vp_can_intercept(vp, owner)) {
        intercept_event(vp, owner, event);
        return;
    }
    machine_end(vp->machine, event == PSCI_SYSTEM_OFF ? MACHINE_POWERED_OFF : MACHINE_RESET, 0,
                NULL);
}

static uint32_t version(void *context)
{
    return (uint32_t)fw_election_value(&vp_of(context)->machine->election, FW_ID_PSCI);
}

const struct psci_ops power_psci_ops = {
    .version = version,
    .cpu_on = cpu_on,
    .affinity_info = affinity_info,
    .cpu_off = cpu_off,
    .cpu_suspend = cpu_suspend,
    .system_event = system_event,
};

/* The highest VTL of an idle VP that somebody has turned on, or -1. */
static int find_pending(const struct vp *vp)
{
    for (int vtl = VTL_LEVELS - 1; vtl >= 0; vtl--)
        if (vp->level[vtl].power == PSCI_AFFINITY_ON_PENDING)
            return vtl;
    return -1;
}

static void set_context(struct vcpu *vcpu, const struct vtl_initial_context *start)
{
    const struct {
        uint32_t name;
        uint64_t value;
    } rows[] = {
        {REG_SP_EL1, start->sp},      {REG_SCTLR_EL1, start->sctlr}, {REG_MAIR_EL1, start->mair},
        {REG_TCR_EL1, start->tcr},    {REG_VBAR_EL1, start->vbar},   {REG_TTBR0_EL1, start->ttbr0},
        {REG_TTBR1_EL1, start->ttbr1}, {REG_X0 + 18, start->x18},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        vcpu_set64(vcpu, rows[i].name, rows[i].value);
}

/* Those of an IGVM file. */
static int set_start_registers(struct vcpu *vcpu, const GArray *registers)
{
    int error = 0;

    for (guint i = 0; registers && error == 0 && i < registers->len; i++) {
        const struct igvm_register *entry = &g_array_index(registers, struct igvm_register, i);

        error = vcpu_set(vcpu, entry->name, entry->value);
        if (error < 0)
            g_critical("KVM does not set register 0x%08x to what the IGVM file says", entry->name);
    }
    return error;
}

static int reset_registers(struct vp_level *level)
{
    int error = vcpu_reset(&level->vcpu);

    if (error < 0)
        return error;
    vcpu_set64(&level->vcpu, REG_PC, level->start.pc);
    if (level->has_context)
        set_context(&level->vcpu, &level->start);
    return set_start_registers(&level->vcpu, level->start_registers);
}

/* With the lock held: the vCPU is this thread's, and has the registers that it is due to have. */
static int take_registers(struct vp *vp, unsigned vtl)
{
    struct vp_level *level = &vp->level[vtl];
    int error;

    dormant_take(vp, vtl);
    if (!level->due)
        return 0;
    error = reset_registers(level);
    vtl_renew(vp->core, vtl);
    if (error == 0)
        g_atomic_int_set(&level->due, false);
    return error;
}

/*
 * PSCI's initial state: reset values, EL1h with MMU off, PC and X0 as asked (DEN 0022, 6.4); or
 * that with Hyper-V's initial context on top. With the lock held.
 */
static int start_level(struct vp *vp, unsigned vtl)
{
    struct vp_level *level = &vp->level[vtl];
    int error = take_registers(vp, vtl);

    if (error < 0)
        return error;
    level->power = PSCI_AFFINITY_ON;
    level->prepared = false;
    if (vtl != vp->core->active)
        return 0;
    machine_note_entry(vp->machine, vtl);
    if (level->start_x0_pending)
        vcpu_set64(&level->vcpu, REG_X0, level->start_x0);
    level->start_x0_pending = false;
    return 0;
}

int power_enter(struct vp *vp, unsigned vtl)
{
    int error = 0;

    g_mutex_lock(&vp->machine->lock);
    if (vp->level[vtl].prepared)
        error = start_level(vp, vtl);
    g_mutex_unlock(&vp->machine->lock);
    return error;
}

/* A VTL that has not been started on this VP, or has been turned off, serves no calls. */
bool power_can_enter(struct vp *vp, unsigned vtl)
{
    bool can;

    g_mutex_lock(&vp->machine->lock);
    can = vp->level[vtl].power != PSCI_AFFINITY_OFF || vp->level[vtl].prepared;
    g_mutex_unlock(&vp->machine->lock);
    return can;
}

bool power_is_on(const struct vp *vp, unsigned vtl)
{
    return affinity_state(vp->machine, vp, vtl) == PSCI_AFFINITY_ON;
}

/* Starts what is pending; with the lock held. A dormant lower VTL keeps for its first entry. */
static int start_pending(struct vp *vp)
{
    int pending = find_pending(vp);
    int error = 0;

    while (pending >= 0 && error == 0) {
        if (vp_active(vp)->power == PSCI_AFFINITY_OFF)
            vtl_start(vp->core, (unsigned)pending);
        error = start_level(vp, (unsigned)pending);
        pending = find_pending(vp);
    }
    return error;
}

static void check_started(struct vp *vp, int error)
{
    if (error < 0)
        vp_broken(vp, "KVM does not reset a processor: %s", g_strerror(-error));
}

static bool is_due(const struct vp *vp)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (g_atomic_int_get(&vp->level[vtl].due))
            return true;
    return false;
}

/*
 * What is pending starts altogether, as X0 belongs to the VTL that the VP will be at. Whoever has
 * made something due in the guest's eyes before this call has made it so in ours: no lock to look.
 */
void power_catch_up(struct vp *vp)
{
    int error;

    if (!is_due(vp))
        return;
    g_mutex_lock(&vp->machine->lock);
    error = start_pending(vp);
    for (unsigned vtl = 0; vtl < VTL_LEVELS && error == 0; vtl++)
        if (vp->level[vtl].due)
            error = take_registers(vp, vtl);
    g_mutex_unlock(&vp->machine->lock);
    check_started(vp, error);
}

/* With the lock held, which is given up meanwhile; whoever likes may visit a VP that is off. */
static void wait_for_change(struct vp *vp)
{
    struct machine *machine = vp->machine;

    visit_give_own(vp);
    g_cond_wait(&machine->changed, &machine->lock);
    g_mutex_unlock(&machine->lock);
    visit_take_own(vp);
    g_mutex_lock(&machine->lock);
}

bool power_wait(struct vp *vp)
{
    struct machine *machine = vp->machine;
    int error;
    bool go;

    g_mutex_lock(&machine->lock);
    error = start_pending(vp);
    while (!machine->end && !machine->frozen && !machine->quit && error == 0 && vp_active(vp)->power != PSCI_AFFINITY_ON &&
           !dormant_is_rung(vp)) {
        wait_for_change(vp);
        error = start_pending(vp);
    }
    go = machine->end == MACHINE_RUNNING && !machine->frozen && !machine->quit;
    g_mutex_unlock(&machine->lock);
    check_started(vp, error);
    return go && error == 0;
}
