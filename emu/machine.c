/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Set-up, power and the end of a run: see machine.h. */
#include "emu/machine.h"

#include <signal.h>
#include <unistd.h>

#include "emu/cpu-features.h"
#include "emu/error.h"
#include "emu/kept-calls.h"
#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/sve.h"

#define FOR_EACH_VTL(machine, vtl)                                                                 \
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)                                                \
        if ((machine)->vtls & 1u << vtl)

static uint64_t read_counter_frequency(void)
{
    uint64_t value;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
}

uint32_t machine_zero_size(void)
{
    uint64_t value;

    __asm__ volatile("mrs %0, dczid_el0" : "=r"(value));
    return 4u << (value & 0xf);
}

/* Higher VTLs sit at the top of RAM, VTL2 above VTL1; VTL0 begins at its bottom. */
static void divide_memory(struct machine *machine)
{
    uint64_t top = machine->memory.base + machine->memory.size;

    for (int vtl = VTL_LEVELS - 1; vtl >= 0; vtl--) {
        struct level *level = &machine->level[vtl];

        level->size = machine->options->level[vtl].memory;
        top -= level->size;
        level->base = top;
        level->has_kernel = options_has_kernel(machine->options, (unsigned)vtl);
    }
}

static bool open_kvm(struct machine *machine, GError **error)
{
    machine->kvm = kvm_open();
    if (machine->kvm >= 0)
        return true;
    emu_set_error(error, EMU_ERROR_SETUP, "/dev/kvm: %s; vtlemu probe says what is missing, and "
                  "scripts/bed runs it where there is no KVM", g_strerror(-machine->kvm));
    return false;
}

static bool refuse_sve(const struct machine *machine, uint16_t host, GError **error)
{
    g_autofree char *lengths = host ? sve_text(host) : NULL;

    if (host)
        emu_set_error(error, EMU_ERROR_USAGE, "--sve %d: this host has vectors of %s; give one of "
                      "these lengths, or on", machine->options->sve, lengths);
    else
        emu_set_error(error, EMU_ERROR_SETUP, "--sve: KVM has no SVE for guests on this host (see "
                      "vtlemu probe); in the bed, scripts/bed --cpu max,pauth-impdef=on has it");
    return false;
}

/* All VTLs of all VPs have the same. */
static bool choose_sve(struct machine *machine, GError **error)
{
    int wanted = machine->options->sve, result;
    uint16_t host;

    if (wanted == OPTIONS_SVE_OFF)
        return true;
    result = vcpu_sve_lengths(machine->kvm, &host);
    if (result < 0) {
        emu_set_error(error, EMU_ERROR_SETUP, "--sve: KVM does not tell the lengths of vectors: %s",
                      g_strerror(-result));
        return false;
    }
    machine->sve_lengths = wanted == OPTIONS_SVE_ON ? host : sve_limit(host, (unsigned)wanted);
    return machine->sve_lengths || refuse_sve(machine, host, error);
}

static void tell_vectors(const struct machine *machine)
{
    g_autofree char *lengths = sve_text(machine->sve_lengths);

    if (machine->sve_lengths)
        g_info("guests have SVE, with vectors of %s", lengths);
    if (machine->options->poison && !machine->plan.damaged_count)
        g_info("--poison: there is nothing that a switch may corrupt: guests have no SVE "
               "(see --sve)");
}

/* The kick only has to interrupt KVM_RUN, which SA_RESTART does not change. */
static void ignore_kick(int signal)
{
    (void)signal;
}

static void catch_kicks(void)
{
    struct sigaction kick = {.sa_handler = ignore_kick, .sa_flags = SA_RESTART};

    sigaction(VP_KICK_SIGNAL, &kick, NULL);
}

static void kick_member(struct pause_member *member)
{
    machine_kick((struct vp *)((char *)member - offsetof(struct vp, pause)));
}

/* Is the vendor's UID KVM's to tell? */
static bool keeps_uid(const struct machine *machine)
{
    struct vtl_services services = elect_services(&machine->election);

    return !vtl_has_feature(&services, VTL_FEATURE_HYPERCALL);
}

/*
 * A guest with VTL0 only switches nowhere: what the window would spare it is little, and loading the
 * programs takes time at each start.
 */
static bool wants_window(const struct machine *machine)
{
    enum options_window wish = machine->options->window;

    if (wish != OPTIONS_WINDOW_AUTO || machine->options->max_vtl > 0)
        return wish != OPTIONS_WINDOW_OFF;
    g_info("register window: not opened, as there is no VTL above 0; --register-window on opens it");
    return false;
}

/* True unless the user insists on a window that cannot be had. */
static bool open_window(struct machine *machine, GError **error)
{
    struct window_range kept[WINDOW_RANGES];
    struct register_window_request request = {
        .vcpus = (unsigned)machine->options->cpus * VTL_LEVELS,
        .vector_bits = sve_longest(machine->sve_lengths),
        .signal = VP_KICK_SIGNAL,
        .kept = kept,
        .kept_count = kept_calls(keeps_uid(machine), kept),
    };
    g_autoptr(GError) cause = NULL;

    if (!wants_window(machine))
        return true;
    machine->window = register_window_open(&request, &cause);
    if (machine->window || machine->options->window == OPTIONS_WINDOW_AUTO) {
        g_info("register window: %s", cause ? cause->message : "open");
        return true;
    }
    emu_set_error(error, EMU_ERROR_SETUP, "--register-window %s: %s; auto goes on without it "
                  "(see vtlemu probe)", machine->options->window_text, cause->message);
    return false;
}

static bool read_symbols(struct machine *machine, GError **error)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        const char *path = machine->options->level[vtl].symbols;
        g_autofree char *option = g_strdup_printf("--vtl%u-symbols ", vtl);

        if (!path)
            continue;
        machine->symbols[vtl] = symbols_read(option, path, error);
        if (!machine->symbols[vtl])
            return false;
        g_info("%s%s: %zu functions", option, path, symbols_count(machine->symbols[vtl]));
    }
    return true;
}

/* A report counts violations, too, without telling them. */
static void open_audit(struct machine *machine)
{
    const struct options *options = machine->options;

    if (options->strict == OPTIONS_STRICT_OFF && !options->report)
        return;
    machine->audit = vtl_audit_new((unsigned)options->cpus);
    if (options->strict == OPTIONS_STRICT_OFF)
        return;
    machine->strict = strict_log_new();
    machine->audit->violated = vp_violated;
    machine->audit->context = machine;
}

struct machine *machine_new(const struct options *options, struct trace *trace, GError **error)
{
    struct machine *machine = g_new0(struct machine, 1);

    catch_kicks();
    protect_catch_faults();
    machine->options = options;
    machine->trace = trace;
    machine->kvm = -1;
    machine->vtls = (uint16_t)((2u << options->max_vtl) - 1);
    machine->counter_hz = read_counter_frequency();
    g_mutex_init(&machine->life);
    g_mutex_init(&machine->lock);
    g_cond_init(&machine->changed);
    pause_init(&machine->pause);
    visits_init(&machine->visits);
    timers_init(&machine->timers);
    vmbuses_init(&machine->vmbuses);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        sites_init(&machine->level[vtl].sites);
        devices_init(&machine->level[vtl].devices, machine, vtl);
    }
    open_audit(machine);
    if (!read_symbols(machine, error) || !open_kvm(machine, error) || !choose_sve(machine, error) ||
        !cpu_choose(machine, error) ||
        !elect_choose(machine, error) || !open_window(machine, error) ||
        !memory_open(&machine->memory, options->memory, machine->vtls, error)) {
        machine_free(machine);
        return NULL;
    }
    register_plan_make(&machine->plan, &options->policy, options->poison,
                       sve_longest(machine->sve_lengths));
    tell_vectors(machine);
    divide_memory(machine);
    return machine;
}

void machine_free(struct machine *machine)
{
    if (!machine)
        return;
    machine_power_off(machine);
    memory_close(&machine->memory);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        devices_free(&machine->level[vtl].devices);
    register_window_close(machine->window);
    vtl_audit_free(machine->audit);
    strict_log_free(machine->strict);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        symbols_free(machine->symbols[vtl]);
    if (machine->kvm >= 0)
        close(machine->kvm);
    g_mutex_clear(&machine->life);
    g_mutex_clear(&machine->lock);
    g_cond_clear(&machine->changed);
    pause_clear(&machine->pause);
    visits_clear(&machine->visits);
    timers_clear(&machine->timers);
    vmbuses_clear(&machine->vmbuses);
    g_free(machine->end_message);
    g_free(machine->id);
    g_free(machine->host_id);
    g_free(machine);
}

static bool has_vcpu(int result, unsigned vp, unsigned vtl, const char *what, const char *remedy,
                     GError **error)
{
    if (result < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "%s VP%u at VTL%u: %s; %s", what, vp, vtl,
                      g_strerror(-result), remedy);
    return result >= 0;
}

static bool open_vcpus(struct machine *machine, unsigned vtl, GError **error)
{
    for (unsigned i = 0; i < machine->vp_count; i++) {
        struct vcpu *vcpu = &machine->vps[i].level[vtl].vcpu;

        if (!has_vcpu(vcpu_open(vcpu, machine->kvm, machine->level[vtl].vm.fd, i,
                                machine->sve_lengths), i, vtl, "KVM creates no vCPU for",
                      "perhaps --cpus is too large for this host", error) ||
            !has_vcpu(cpu_apply(machine, vcpu), i, vtl, "KVM does not hide processor features from",
                      "vtlemu cpu-features tells which ones it can hide", error))
            return false;
        if (machine->window)
            register_window_give(machine->window, i * VTL_LEVELS + vtl, vcpu);
        vcpu->verify = machine->options->window == OPTIONS_WINDOW_VERIFY;
    }
    return true;
}

static bool open_level(struct machine *machine, unsigned vtl, bool boot, GError **error)
{
    struct level *level = &machine->level[vtl];

    if (!vm_open(&level->vm, machine->kvm, vtl, &machine->memory, machine->counter_offset,
                 keeps_uid(machine), error) ||
        !open_vcpus(machine, vtl, error) || !elect_apply(machine, vtl, error) ||
        !vm_create_gic(&level->vm, machine->vp_count, error))
        return false;
    sites_clear(&level->sites, level->vm.breakpoints);
    devices_power(&level->devices, true);
    return !boot || !level->has_kernel || load_level(machine, vtl, error);
}

/* The boot VP has all its VTLs; the others come by CPU_ON. */
static void prepare_boot_vp(struct machine *machine)
{
    FOR_EACH_VTL (machine, vtl) {
        struct vp_level *level = &machine->vps[0].level[vtl];

        if (!(machine->partition->enabled & 1u << vtl))
            continue;
        level->power = PSCI_AFFINITY_ON_PENDING;
        level->due = true;
        level->start.pc = machine->level[vtl].entry;
        level->start_x0 = machine->level[vtl].device_tree;
        level->start_x0_pending = machine->level[vtl].has_kernel;
        level->start_registers = machine->level[vtl].registers;
        if (machine->audit && machine->level[vtl].has_kernel)
            audit_prepare(machine->vps[0].core, vtl);
    }
}

static void init_level(struct vp *vp, unsigned vtl)
{
    struct vp_level *level = &vp->level[vtl];

    level->power = PSCI_AFFINITY_OFF;
    dormant_init(&level->dormant, vp, vtl);
    level->dormant.pause.kick = dormant_kick;
    pause_add(&vp->machine->pause, &level->dormant.pause);
}

static void create_vps(struct machine *machine)
{
    machine->vp_count = (unsigned)machine->options->cpus;
    machine->partition =
        vtl_partition_new(machine->vp_count, options_vtls(machine->options),
                          (unsigned)machine->options->max_vtl,
                          (unsigned)machine->options->boot_vtl, &machine_backend, machine);
    vtl_partition_set_ram(machine->partition, machine->memory.base / HV_PAGE_SIZE,
                          machine->memory.size / HV_PAGE_SIZE);
    machine->partition->zero_size = machine_zero_size();
    machine->partition->vector_lengths = machine->sve_lengths;
    machine->partition->services = elect_services(&machine->election);
    machine->partition->policy = machine->options->policy;
    machine->partition->x0_is_private = machine->options->vtl_abi.return_id != 0;
    echo_register(machine->partition);
    vmbuses_open(&machine->vmbuses, machine->partition,
                 machine->partition->services.vmbus ? options_vmbuses(machine->options) : 0);
    timers_open(&machine->timers, machine->partition);
    machine->vps = g_new0(struct vp, machine->vp_count);
    for (unsigned i = 0; i < machine->vp_count; i++) {
        machine->vps[i].machine = machine;
        machine->vps[i].pause.kick = kick_member;
        pause_add(&machine->pause, &machine->vps[i].pause);
        visit_init(&machine->vps[i].visit);
        machine->vps[i].core = &machine->partition->vps[i];
        machine->vps[i].core->mpidr = power_mpidr(i);
        FOR_EACH_VTL (machine, vtl)
            init_level(&machine->vps[i], vtl);
    }
}

static void thaw_threads(struct machine *machine)
{
    g_mutex_lock(&machine->lock);
    machine->frozen = false;
    g_cond_broadcast(&machine->changed);
    g_mutex_unlock(&machine->lock);
}

bool machine_start_threads(struct machine *machine, GError **error)
{
    thaw_threads(machine);
    if (!timers_start(&machine->timers)) {
        emu_set_error(error, EMU_ERROR_INTERNAL, "no thread for the timers");
        return false;
    }
    if (!vmbuses_start(&machine->vmbuses)) {
        emu_set_error(error, EMU_ERROR_INTERNAL, "no thread for VMBus");
        return false;
    }
    for (unsigned i = 0; i < machine->vp_count; i++) {
        struct vp *vp = &machine->vps[i];
        int result;

        if (vp->has_thread)
            continue;
        /* Those that run already may ask for this one's time. */
        g_mutex_lock(&machine->lock);
        result = pthread_create(&vp->thread, NULL, vp_main, vp);
        vp->has_thread = result == 0;
        g_mutex_unlock(&machine->lock);
        if (result) {
            emu_set_error(error, EMU_ERROR_INTERNAL, "no thread for VP%u: %s", i,
                          g_strerror(result));
            return false;
        }
    }
    return true;
}

/* A new life after a reset, unless the user has had enough meanwhile. */
static void begin(struct machine *machine)
{
    g_mutex_lock(&machine->lock);
    if (machine->end == MACHINE_RESET)
        machine->end = MACHINE_RUNNING;
    g_mutex_unlock(&machine->lock);
}

bool machine_build(struct machine *machine, bool boot, GError **error)
{
    machine->powered = true;
    machine->is_restored = machine->quit = false;
    machine->counter_offset = counter_read();
    begin(machine);
    create_vps(machine);
    if (machine->audit && machine->is_renewed)
        vtl_audit_continue(machine->audit, machine->partition);
    else if (machine->audit)
        vtl_audit_begin(machine->audit, machine->partition, !boot);
    machine->is_renewed = false;
    FOR_EACH_VTL (machine, vtl)
        if (!open_level(machine, vtl, boot, error))
            return false;
    if (!policy_check(machine, error))
        return false;
    if (boot)
        prepare_boot_vp(machine);
    return true;
}

bool machine_power_on(struct machine *machine, GError **error)
{
    bool is_on;

    g_mutex_lock(&machine->life);
    is_on = machine_build(machine, true, error) && machine_start_threads(machine, error);
    g_mutex_unlock(&machine->life);
    return is_on;
}

void machine_kick(struct vp *vp)
{
    /* Whichever vCPU the thread is about to run: it leaves at once, or is pushed out. It runs none
     * that it has lent, and sees what there is to see when it takes that back. */
    FOR_EACH_VTL (vp->machine, vtl)
        if (vp->level[vtl].vcpu.run && !g_atomic_int_get(&vp->level[vtl].dormant.lent))
            __atomic_store_n(&vp->level[vtl].vcpu.run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    if (vp->has_thread)
        pthread_kill(vp->thread, VP_KICK_SIGNAL);
}

void machine_kick_safely(struct vp *vp)
{
    g_mutex_lock(&vp->machine->lock);
    machine_kick(vp);
    g_mutex_unlock(&vp->machine->lock);
}

void machine_was_kicked(struct vp *vp)
{
    FOR_EACH_VTL (vp->machine, vtl)
        if (!vp->level[vtl].dormant.lent &&
            __atomic_load_n(&vp->level[vtl].vcpu.run->immediate_exit, __ATOMIC_RELAXED))
            __atomic_store_n(&vp->level[vtl].vcpu.run->immediate_exit, 0, __ATOMIC_SEQ_CST);
}

static bool counts(enum machine_end before, enum machine_end end)
{
    return before == MACHINE_RUNNING ||
           (before == MACHINE_RESET && (end == MACHINE_TIMEOUT || end == MACHINE_SIGNAL));
}

/* With the lock held. @message is taken over. */
static bool end_locked(struct machine *machine, enum machine_end end, unsigned detail,
                       char *message)
{
    g_autofree char *rest = message;
    bool accepted = counts(machine->end, end);

    if (accepted) {
        machine->end = end;
        machine->end_detail = detail;
        g_free(machine->end_message);
        machine->end_message = g_steal_pointer(&rest);
    }
    g_cond_broadcast(&machine->changed);
    return accepted;
}

bool machine_end(struct machine *machine, enum machine_end end, unsigned detail, char *message)
{
    bool accepted;

    g_mutex_lock(&machine->lock);
    accepted = end_locked(machine, end, detail, message);
    g_mutex_unlock(&machine->lock);
    return accepted;
}

bool machine_try_end(struct machine *machine, enum machine_end end, unsigned detail, bool *told)
{
    bool accepted = false;

    *told = g_mutex_trylock(&machine->lock);
    if (*told) {
        accepted = end_locked(machine, end, detail, NULL);
        g_mutex_unlock(&machine->lock);
    }
    return accepted;
}

bool machine_wait(struct machine *machine, gint64 until)
{
    bool in_time = true, has_ended;

    g_mutex_lock(&machine->lock);
    while (machine->end == MACHINE_RUNNING && in_time)
        if (until)
            in_time = g_cond_wait_until(&machine->changed, &machine->lock, until);
        else
            g_cond_wait(&machine->changed, &machine->lock);
    has_ended = machine->end != MACHINE_RUNNING;
    g_mutex_unlock(&machine->lock);
    return has_ended;
}

void machine_look(struct machine *machine, unsigned vtl)
{
    for (unsigned i = 0; i < machine->vp_count; i++)
        dormant_look(&machine->vps[i], vtl);
}

void machine_note_entry(struct machine *machine, unsigned vtl)
{
    if (!g_atomic_int_get(&machine->level[vtl].entered)) {
        g_atomic_int_set(&machine->level[vtl].entered, 1);
        g_info("VTL%u runs", vtl);
    }
}

void machine_tell_unused(struct machine *machine)
{
    FOR_EACH_VTL (machine, vtl)
        if (machine->level[vtl].has_kernel && !g_atomic_int_get(&machine->level[vtl].entered))
            g_warning("VTL%u has a kernel but never ran: VTL%d made no VTL %s", vtl,
                      machine->options->boot_vtl,
                      (int)vtl < machine->options->boot_vtl ? "return" : "call");
}

/* Where everybody was at the end. The threads are no more, their vCPUs are free to be read. */
static void tell_positions(struct machine *machine)
{
    for (unsigned i = 0; i < machine->vp_count; i++) {
        struct vp *vp = &machine->vps[i];

        if (vp_active(vp)->power == PSCI_AFFINITY_OFF) {
            g_printerr("vtlemu: VP%u is off\n", i);
        } else {
            if (!vp->told)
                vcpu_settle(&vp_active(vp)->vcpu);
            vp_tell(vp);
        }
    }
}

static void collect_stats(struct machine *machine, struct vp *vp)
{
    FOR_EACH_VTL (machine, vtl)
        for (unsigned i = 0; i < STATS_CALLS; i++)
            vp->stats.calls[i] += vp->level[vtl].vcpu.calls[i];
    FOR_EACH_VTL (machine, vtl) {
        vp->stats.watches += vp->level[vtl].dormant.begun;
        vp->stats.watches_in_vain += vp->level[vtl].dormant.in_vain;
    }
    stats_add(&machine->stats, &vp->stats);
}

/* No other VP may kick a thread that is no more. */
static void stop_thread(struct vp *vp)
{
    bool had_thread;

    g_mutex_lock(&vp->machine->lock);
    had_thread = vp->has_thread;
    vp->has_thread = false;
    g_mutex_unlock(&vp->machine->lock);
    if (had_thread)
        pthread_join(vp->thread, NULL);
}

/* Has VPs' threads wait, or end if they are to @quit. */
static void call_back(struct machine *machine, bool quit)
{
    /* First, as they keep VPs out of the guest by kicking their threads, which must be there. */
    timers_stop(&machine->timers);
    vmbuses_stop(&machine->vmbuses);
    g_mutex_lock(&machine->lock);
    machine->frozen = true;
    machine->quit = quit;
    g_cond_broadcast(&machine->changed);
    g_mutex_unlock(&machine->lock);
    for (unsigned i = 0; i < machine->vp_count; i++)
        if (machine->vps[i].has_thread)
            machine_kick(&machine->vps[i]);
}

void machine_park_threads(struct machine *machine)
{
    call_back(machine, false);
    g_mutex_lock(&machine->lock);
    for (unsigned i = 0; i < machine->vp_count; i++)
        while (machine->vps[i].has_thread && !machine->vps[i].parked)
            g_cond_wait(&machine->changed, &machine->lock);
    g_mutex_unlock(&machine->lock);
}

void machine_stop_threads(struct machine *machine)
{
    call_back(machine, true);
    for (unsigned i = 0; i < machine->vp_count; i++)
        stop_thread(&machine->vps[i]);
}

static void stop_watchers(struct machine *machine)
{
    for (unsigned i = 0; i < machine->vp_count; i++) {
        FOR_EACH_VTL (machine, vtl)
            dormant_stop(&machine->vps[i].level[vtl].dormant);
        collect_stats(machine, &machine->vps[i]);
    }
}

/* A guest may want to find its memory as it was, once it has been reset. */
static void give_memory_back(struct machine *machine, bool clear)
{
    int error = memory_open_views(&machine->memory);

    if (error < 0)
        g_critical("cannot lift the protections of memory: %s", g_strerror(-error));
    if (clear)
        memory_clear(&machine->memory);
}

void machine_tear_down(struct machine *machine, bool clear)
{
    machine_stop_threads(machine);
    stop_watchers(machine);
    vmbuses_count(&machine->vmbuses, &machine->stats);
    if (machine->end == MACHINE_TIMEOUT || machine->end == MACHINE_BROKEN ||
        machine->end == MACHINE_STRICT)
        tell_positions(machine);
    FOR_EACH_VTL (machine, vtl) {
        devices_power(&machine->level[vtl].devices, false);
        for (unsigned i = 0; i < machine->vp_count; i++)
            vcpu_close(&machine->vps[i].level[vtl].vcpu);
        vm_close(&machine->level[vtl].vm);
        g_clear_pointer(&machine->level[vtl].registers, g_array_unref);
    }
    give_memory_back(machine, clear);
    pause_remove_all(&machine->pause);
    for (unsigned i = 0; i < machine->vp_count; i++) {
        visit_clear(&machine->vps[i].visit);
        FOR_EACH_VTL (machine, vtl)
            dormant_clear(&machine->vps[i].level[vtl].dormant);
    }
    g_clear_pointer(&machine->vps, g_free);
    g_clear_pointer(&machine->partition, vtl_partition_free);
    vmbuses_close(&machine->vmbuses);
    timers_close(&machine->timers);
    machine->vp_count = 0;
    machine->powered = false;
}

void machine_power_off(struct machine *machine)
{
    g_mutex_lock(&machine->life);
    if (machine->powered) {
        machine_end(machine, MACHINE_STOPPED, 0, NULL);
        machine_tear_down(machine, machine->end != MACHINE_RESET ||
                                       vtl_zeroes_memory_on_reset(machine->partition));
    }
    g_mutex_unlock(&machine->life);
}
