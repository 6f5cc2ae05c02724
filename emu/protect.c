/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enforcement of rights on pages: see protect.h. */
#include "emu/protect.h"

#include <errno.h>
#include <signal.h>

#include "emu/exclusive.h"
#include "emu/machine.h"

/* ESR_EL1 of a data abort: EC and IL; WnR with a permission fault at level 3 (Arm ARM, D19.2). */
#define ESR_DATA_ABORT_EL0 0x92000000ull
#define ESR_DATA_ABORT_EL1 0x96000000ull
#define ESR_WRITE_REFUSED 0x4full

/* The address that KVM has told this thread by SIGBUS; 0: none. */
static _Thread_local volatile uintptr_t fault_address;

/*
 * KVM reports a poisoned page as it would a broken one (Linux, arch/arm64/kvm/mmu.c,
 * kvm_send_hwpoison_signal()). Any other SIGBUS is our own fault, and ends us as ever.
 */
static void take_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code == BUS_MCEERR_AR && !fault_address)
        fault_address = (uintptr_t)info->si_addr;
    else
        (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
}

void protect_catch_faults(void)
{
    struct sigaction action = {.sa_sigaction = take_fault, .sa_flags = SA_SIGINFO};

    sigaction(SIGBUS, &action, NULL);
}

static struct view *view_of(struct machine *machine, unsigned vtl)
{
    return &machine->memory.view[vtl];
}

static uint64_t first_page(const struct machine *machine)
{
    return machine->memory.base / HV_PAGE_SIZE;
}

/* What a page with these rights can be while the guest runs freely. */
static enum view_state state_at_rest(unsigned rights)
{
    const unsigned all = HV_PAGE_READ | HV_PAGE_WRITE | HV_PAGE_EXECUTE;

    if ((rights & all) == all)
        return VIEW_OPEN;
    return (rights & all) == (HV_PAGE_READ | HV_PAGE_EXECUTE) ? VIEW_READ_ONLY : VIEW_CLOSED;
}

/* And while an instruction that does not come from it is stepped. */
static enum view_state state_in_step(unsigned rights)
{
    if (!(rights & HV_PAGE_READ))
        return VIEW_CLOSED;
    return rights & HV_PAGE_WRITE ? VIEW_OPEN : VIEW_READ_ONLY;
}

void protect_stop(void *context, uint16_t vtls)
{
    struct machine *machine = context;

    pause_begin(&machine->pause, NULL, vtls);
}

void protect_resume(void *context)
{
    struct machine *machine = context;

    pause_end(&machine->pause);
}

int protect_pages(void *context, unsigned vtl, uint64_t page, uint64_t count, unsigned rights)
{
    struct machine *machine = context;

    if (!view_of(machine, vtl)->host)
        return 0; /* it cannot exist here */
    return view_set(view_of(machine, vtl), page - first_page(machine), count,
                    state_at_rest(rights));
}

/* --- Steps ----------------------------------------------------------------------------------- */

static bool is_stepping(const struct vp *vp)
{
    return vp->protect.step.active;
}

/* For pages that are open now, or for a store-exclusive that is to come. */
static void choose_stepping(struct vp *vp, unsigned vtl)
{
    const struct protect *protect = &vp->protect;

    vcpu_set_stepping(&vp->level[vtl].vcpu,
                      (protect->step.active && protect->step.vtl == vtl) ||
                          (protect->monitor.left && protect->monitor.vtl == vtl));
}

static unsigned rights_of(const struct vp *vp, uint64_t index)
{
    return vtl_protection_effective(vp->machine->partition, vp->protect.step.vtl,
                                    first_page(vp->machine) + index);
}

static void check_view(struct vp *vp, int error)
{
    if (error < 0)
        vp_broken(vp, "userfaultfd refuses to change the rights of a page: %s", g_strerror(-error));
}

static void close_page(struct vp *vp, uint64_t index)
{
    check_view(vp, view_set(view_of(vp->machine, vp->protect.step.vtl), index, 1,
                            state_at_rest(rights_of(vp, index))));
}

void protect_end_step(struct vp *vp)
{
    struct protect_step *step = &vp->protect.step;

    if (!step->active)
        return;
    for (unsigned i = 0; i < step->count; i++)
        close_page(vp, step->page[i]);
    step->active = false;
    choose_stepping(vp, step->vtl);
    pause_end(&vp->machine->pause);
}

/*
 * The processor may hold translations that the guest's tables no longer do. If it fetched by such
 * a one, from the very page that is opened for a load at what the tables have at PC, it would
 * execute what nobody may. Once the tables stand still, therefore, it is made to walk them as
 * vtl_fault_find() does, which looks again when the access is tried again.
 */
static void forget_translations(struct vp *vp, unsigned vtl)
{
    int error = vm_flush_tlb(&vp->machine->level[vtl].vm);

    if (error < 0)
        vp_broken(vp, "KVM does not flush the TLB: %s", g_strerror(-error));
}

/* No page is open yet: the VP has to stop at the first one once more. */
static void begin_step(struct vp *vp)
{
    unsigned vtl = vp->core->active;

    pause_begin(&vp->machine->pause, &vp->pause, (uint16_t)(1u << vtl));
    forget_translations(vp, vtl);
    vp->protect.step = (struct protect_step){.active = true, .vtl = vtl};
    choose_stepping(vp, vtl);
    vp->stats.steps++;
}

/* If there are too many, the oldest goes: the instruction will ask for it again. */
static void open_page(struct vp *vp, uint64_t index)
{
    struct protect_step *step = &vp->protect.step;
    unsigned slot = step->count;

    if (slot == PROTECT_STEP_PAGES) {
        close_page(vp, step->page[0]);
        memmove(&step->page[0], &step->page[1], (PROTECT_STEP_PAGES - 1) * sizeof(step->page[0]));
        slot--;
    } else {
        step->count++;
    }
    step->page[slot] = index;
    check_view(vp, view_set(view_of(vp->machine, step->vtl), index, 1,
                            state_in_step(rights_of(vp, index))));
}

/* --- Faults ---------------------------------------------------------------------------------- */

static void trace_fault(struct vp *vp, const struct vtl_fault *fault, const char *outcome)
{
    trace_line(vp->machine->trace, TRACE_PROTECT, vp->core->index, vp->core->active,
               "%s%s%s%s at GPA 0x%" G_GINT64_MODIFIER "x, GVA 0x%" G_GINT64_MODIFIER "x: %s",
               fault->rights & HV_PAGE_READ ? "read" : "",
               fault->rights & HV_PAGE_WRITE ? "write" : "",
               fault->rights & HV_PAGE_EXECUTE ? "fetch" : "", fault->in_walk ? " by walk" : "",
               fault->gpa, fault->gva, outcome);
}

static void deny(struct vp *vp, const struct vtl_fault *fault)
{
    unsigned owner = vtl_intercept_owner(vp->core, fault);

    protect_end_step(vp);
    if (!owner)
        return; /* another VP has had the right given back meanwhile: once more, then */
    vp->stats.violations++;
    trace_fault(vp, fault, "denied");
    if (vp_can_intercept(vp, owner))
        vp_intercept_memory(vp, owner, HV_MESSAGE_GPA_INTERCEPT, fault);
    else
        vp_abort_access(vp); /* there is nobody to be told */
}

static void step_through(struct vp *vp, uint64_t page, const struct vtl_fault *fault)
{
    /* With the others out of the way, is it still so? They may have changed code and tables. */
    if (!is_stepping(vp)) {
        begin_step(vp);
        return;
    }
    trace_fault(vp, fault, "stepped");
    open_page(vp, page - first_page(vp->machine));
}

/* An access that leads nowhere: the guest gets an abort. */
static void give_up(struct vp *vp, const char *why)
{
    protect_end_step(vp);
    if (vp_may_complain(vp))
        g_warning("VP%u at VTL%u: an access at PC 0x%" G_GINT64_MODIFIER "x to a protected page "
                  "%s; the guest gets an abort", vp->core->index, vp->core->active,
                  vcpu_get64(&vp_active(vp)->vcpu, REG_PC), why);
    vp_abort_access(vp);
}

/* A gather or scatter begins anew each time, and would for ever. */
static bool has_too_many(const struct vp *vp, const struct vtl_fault *fault)
{
    return is_stepping(vp) && vp->protect.step.count == PROTECT_STEP_PAGES && fault->is_data &&
           !fault->decoded.count;
}

static void permit(struct vp *vp, uint64_t page, const struct vtl_fault *fault)
{
    if (fault->is_data && !fault->in_walk && fault->decoded.exclusive &&
        exclusive_perform(vp, fault)) {
        trace_fault(vp, fault, "carried out");
        protect_end_step(vp);
        choose_stepping(vp, vp->core->active);
        return;
    }
    if (has_too_many(vp, fault))
        give_up(vp, "needs too many of them");
    else
        step_through(vp, page, fault);
}

/* An access that nothing explains, perhaps as another VP has changed what would. */
static void wonder(struct vp *vp)
{
    if (++vp->protect.riddles < PROTECT_RIDDLES_MAX)
        return;
    vp->protect.riddles = 0;
    give_up(vp, "cannot be decoded");
}

/* With the processor's own words, if they can be had. */
static enum vtl_fault_verdict explain(struct vp *vp, uint64_t page, struct vtl_fault *fault)
{
    struct vtl_fault_report report;

    if (vcpu_fault(&vp_active(vp)->vcpu, &report) &&
        (page == VTL_FAULT_ANY_PAGE || page == report.gpa / HV_PAGE_SIZE))
        return vtl_fault_explain(vp->core, &report, fault);
    return vtl_fault_find(vp->core, page, fault);
}

static void handle_closed(struct vp *vp, uint64_t page)
{
    struct vtl_fault fault;
    enum vtl_fault_verdict verdict = explain(vp, page, &fault);

    switch (verdict) {
    case VTL_FAULT_DENIED:
        deny(vp, &fault);
        break;
    case VTL_FAULT_PERMITTED:
        permit(vp, page, &fault);
        break;
    case VTL_FAULT_NOT_FOUND:
        /* An instruction that cannot be decoded, on a page that the VTL may not even read. */
        fault = vtl_fault_unknown(vp->core, page);
        if (vtl_intercept_owner(vp->core, &fault) && fault.rights & HV_PAGE_READ &&
            is_stepping(vp))
            deny(vp, &fault);
        else if (!is_stepping(vp))
            begin_step(vp);
        else
            wonder(vp);
        break;
    }
}

/*
 * A store-exclusive that stage 1 forbids, on a page that is closed: the processor would fault, if it
 * believed in the exclusive access. So does the guest, which may have to copy the page first.
 */
static void refuse_by_stage1(struct vp *vp, const struct vtl_fault *fault)
{
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    bool user = (vcpu_get64(vcpu, REG_PSTATE) & PSTATE_MODE_MASK) == PSTATE_EL0T;

    vp->protect.monitor.left = 0;
    vcpu_set64(vcpu, REG_FAR_EL1, fault->gva);
    vcpu_inject_exception(vcpu, (user ? ESR_DATA_ABORT_EL0 : ESR_DATA_ABORT_EL1) | ESR_WRITE_REFUSED,
                          vcpu_get64(vcpu, REG_PC));
}

/*
 * Between load-exclusive and store-exclusive. The store would not even fault: the processor sees
 * that it has no exclusive access, and that is all.
 */
void protect_stepped(struct vp *vp)
{
    struct protect_monitor *monitor = &vp->protect.monitor;
    unsigned vtl = vp->core->active;
    uint64_t page = monitor->gpa / HV_PAGE_SIZE;
    struct vtl_fault fault;

    if (!monitor->left || monitor->vtl != vtl)
        return;
    monitor->left--;
    switch (vtl_fault_find(vp->core, page, &fault)) {
    case VTL_FAULT_DENIED:
        deny(vp, &fault);
        break;
    case VTL_FAULT_PERMITTED:
        if (!fault.is_data || fault.in_walk || !fault.decoded.exclusive)
            break;
        if (fault.stage1_permits)
            permit(vp, page, &fault);
        else if (fault.decoded.kind == DECODE_STORE)
            refuse_by_stage1(vp, &fault);
        break;
    case VTL_FAULT_NOT_FOUND:
        break;
    }
    if (!monitor->left)
        choose_stepping(vp, vtl);
}

/*
 * A write to a read-only page; which, KVM does not say. Or an access to the slot that is there for
 * flushes only: there is nothing for the guest, and will be nothing when it tries again.
 */
static void handle_unnamed(struct vp *vp)
{
    struct vtl_fault fault;

    if (explain(vp, VTL_FAULT_ANY_PAGE, &fault) == VTL_FAULT_DENIED)
        deny(vp, &fault);
    else if (!vm_flush_withdraw(&vp->machine->level[vp->core->active].vm))
        wonder(vp);
}

static bool find_page(const struct machine *machine, const struct view *view, uintptr_t address,
                      uint64_t *page)
{
    uintptr_t offset = address - (uintptr_t)view->host;

    if (offset >= view->size)
        return false;
    *page = first_page(machine) + offset / HV_PAGE_SIZE;
    return true;
}

bool protect_fault(struct vp *vp, int error)
{
    const struct view *view = view_of(vp->machine, vp->core->active);
    uintptr_t address = fault_address;
    uint64_t page;

    fault_address = 0;
    if (address && find_page(vp->machine, view, address, &page) && view->state) {
        handle_closed(vp, page);
        return true;
    }
    if (address) {
        vp_broken(vp, "the host's memory is broken at %p", (void *)address);
        return true;
    }
    if (error == -EFAULT &&
        (view->state || vm_has_flushed(&vp->machine->level[vp->core->active].vm))) {
        handle_unnamed(vp);
        return true;
    }
    if (error == 0)
        vp->protect.riddles = 0;
    return false;
}
