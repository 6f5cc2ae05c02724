/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The back end of the VTL core: what struct vtl_backend asks for, on KVM. */
#include <time.h>

#include "emu/gic-registers.h"
#include "emu/layout.h"
#include "emu/machine.h"

#define REFERENCE_HZ 10000000u /* units of 100 ns */
#define NS_PER_REFERENCE 100u
#define NS_PER_S UINT64_C(1000000000)
/* A crash message is at most a page (TLFS, "Guest Crash Enlightenment"). */
#define CRASH_MESSAGE_MAX 4096u
#define CRASH_MESSAGE_GPA 3 /* parameter numbers */
#define CRASH_MESSAGE_SIZE 4
/* KVM has the GIC's registers while all vCPUs of the VM are out of KVM_RUN. */
static int access_gic(struct machine *machine, unsigned vp, unsigned vtl, uint32_t name,
                      uint64_t *value, bool write)
{
    uint64_t mpidr = machine->vps[vp].core->mpidr;
    int gic = machine->level[vtl].vm.gic;
    int error;

    pause_begin(&machine->pause, NULL, (uint16_t)(1u << vtl));
    error = write ? gic_register_set(gic, mpidr, name, *value)
                  : gic_register_get(gic, mpidr, name, value);
    pause_end(&machine->pause);
    return error;
}

static int backend_get(void *context, unsigned vp, unsigned vtl, uint32_t name,
                       struct hv_u128 *value)
{
    struct machine *machine = context;

    int error;

    if (gic_register_is(name))
        return access_gic(machine, vp, vtl, name, &value->low, false);
    power_catch_up(&machine->vps[vp]);
    dormant_hold(&machine->vps[vp], vtl);
    error = vcpu_get(&machine->vps[vp].level[vtl].vcpu, name, value);
    dormant_release(&machine->vps[vp], vtl);
    return error;
}

static int backend_set(void *context, unsigned vp, unsigned vtl, uint32_t name,
                       struct hv_u128 value)
{
    struct machine *machine = context;

    int error;

    if (gic_register_is(name))
        return access_gic(machine, vp, vtl, name, &value.low, true);
    power_catch_up(&machine->vps[vp]);
    dormant_hold(&machine->vps[vp], vtl);
    error = vcpu_set(&machine->vps[vp].level[vtl].vcpu, name, value);
    dormant_release(&machine->vps[vp], vtl);
    return error;
}

static int backend_stop(void *context, unsigned caller, unsigned index)
{
    struct machine *machine = context;
    struct vp *visitor = &machine->vps[caller];
    int error = visit_begin(visitor, &machine->vps[index]);

    trace_line(machine->trace, TRACE_VISIT, caller, visitor->core->active, "visit to vp%u%s",
               index, error < 0 ? " is put off" : "");
    return error;
}

static void backend_resume(void *context, unsigned index)
{
    struct machine *machine = context;

    visit_end(&machine->vps[index]);
}

static int backend_read(void *context, uint64_t gpa, void *buffer, size_t size)
{
    const struct machine *machine = context;

    return memory_read(&machine->memory, gpa, buffer, size);
}

static int backend_write(void *context, uint64_t gpa, const void *buffer, size_t size)
{
    struct machine *machine = context;

    return memory_write(&machine->memory, gpa, buffer, size);
}

static int backend_compare_exchange(void *context, uint64_t gpa, uint64_t expected,
                                    uint64_t desired)
{
    struct machine *machine = context;

    return memory_compare_exchange(&machine->memory, gpa, expected, desired);
}

static int backend_set_bits(void *context, uint64_t gpa, uint64_t bits, uint64_t *before)
{
    struct machine *machine = context;

    return memory_set_bits(&machine->memory, gpa, bits, before);
}

static uint64_t backend_time(void *context)
{
    const struct machine *machine = context;
    uint64_t ticks = counter_read() - machine->counter_offset;

    return (uint64_t)((unsigned __int128)ticks * REFERENCE_HZ / machine->counter_hz);
}

static int backend_interrupt(void *context, unsigned vp, unsigned vtl, uint32_t intid)
{
    struct machine *machine = context;
    struct level *level = &machine->level[vtl];
    int error;

    if (intid >= LAYOUT_SPI_BASE) {
        error = vm_pulse_spi(&level->vm, intid);
        machine_look(machine, vtl);
        return error;
    }
    pause_begin(&machine->pause, NULL, (uint16_t)(1u << vtl));
    error = vm_pulse_ppi(&level->vm, machine->vps[vp].core->mpidr, intid);
    pause_end(&machine->pause);
    dormant_look(&machine->vps[vp], vtl);
    return error;
}

static void backend_set_timer(void *context, unsigned vp, unsigned vtl, unsigned timer,
                              uint64_t when)
{
    struct machine *machine = context;

    timers_set(&machine->timers, vp, vtl, timer, when);
}

static int backend_set_line(void *context, unsigned vp, unsigned vtl, uint32_t intid,
                            bool asserted)
{
    struct machine *machine = context;
    struct vm *vm = &machine->level[vtl].vm;
    int error = intid < LAYOUT_SPI_BASE ? vm_set_ppi(vm, vp, intid, asserted)
                                        : vm_set_spi(vm, VM_LINE_HIGHER_VTL, intid, asserted);

    if (asserted)
        machine_look(machine, vtl);
    return error;
}

static int backend_flush(void *context, unsigned vtl)
{
    struct machine *machine = context;

    return vm_flush_tlb(&machine->level[vtl].vm);
}

/* What the thread has used of a processor, the guest's code and ours for it. */
uint64_t machine_runtime(struct machine *machine, unsigned index)
{
    struct vp *vp = &machine->vps[index];
    struct timespec time = {0};
    uint64_t runtime;
    clockid_t clock;

    g_mutex_lock(&machine->lock);
    if (vp->has_thread && !vp->runtime_kept && pthread_getcpuclockid(vp->thread, &clock) == 0)
        clock_gettime(clock, &time);
    runtime = vp->runtime + (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
    /* One that is being ended is not seen any more, and has not said yet what it used. */
    runtime = vp->runtime_told = MAX(runtime, vp->runtime_told);
    g_mutex_unlock(&machine->lock);
    return runtime;
}

static uint64_t backend_runtime(void *context, unsigned index)
{
    return machine_runtime(context, index) / NS_PER_REFERENCE;
}

static uint64_t backend_counter_hz(void *context)
{
    return ((const struct machine *)context)->counter_hz;
}

static uint64_t backend_redistributor(void *context, unsigned vp)
{
    (void)context;
    return LAYOUT_GICR_BASE + vp * LAYOUT_GICR_SIZE;
}

static void backend_kick(void *context, unsigned vp)
{
    struct machine *machine = context;

    machine_kick_safely(&machine->vps[vp]);
}

/* With the rights of the VTL: the log must not show what is a higher one's. */
static void log_crash_message(const struct machine *machine, unsigned vtl,
                              const struct vtl_crash *crash)
{
    uint64_t size = MIN(crash->parameter[CRASH_MESSAGE_SIZE], CRASH_MESSAGE_MAX);
    g_autofree char *text = g_malloc0(size + 1);
    g_autofree char *safe = NULL;

    if (!(crash->control & HV_CRASH_MESSAGE) ||
        vtl_memory_read(machine->partition, vtl, crash->parameter[CRASH_MESSAGE_GPA], text, size) <
            0)
        return;
    /* The guest's bytes must not drive the user's terminal. */
    safe = g_strescape(text, "\n\t\"");
    g_printerr("vtlemu: the guest's last words:\n%s\n", safe);
}

static void backend_crashed(void *context, unsigned vp, unsigned vtl, const struct vtl_crash *crash)
{
    struct machine *machine = context;

    /* Once a run: what has ended must not go on filling the log. */
    if (!machine_end(machine, MACHINE_CRASHED, vtl, NULL))
        return;
    g_printerr("vtlemu: the guest crashed: VP%u at VTL%u, control 0x%" G_GINT64_MODIFIER "x\n", vp,
               vtl, crash->control);
    for (unsigned i = 0; i < HV_CRASH_PARAMETERS; i++)
        g_printerr("vtlemu:   P%u 0x%016" G_GINT64_MODIFIER "x\n", i, crash->parameter[i]);
    log_crash_message(machine, vtl, crash);
}

const struct vtl_backend machine_backend = {
    .get_register = backend_get,
    .set_register = backend_set,
    .read_memory = backend_read,
    .write_memory = backend_write,
    .compare_exchange = backend_compare_exchange,
    .set_bits = backend_set_bits,
    .stop_vp = backend_stop,
    .resume_vp = backend_resume,
    .stop_vtls = protect_stop,
    .resume_vtls = protect_resume,
    .protect = protect_pages,
    .reference_time = backend_time,
    .set_timer = backend_set_timer,
    .vp_runtime = backend_runtime,
    .counter_hz = backend_counter_hz,
    .redistributor = backend_redistributor,
    .prepare_vp = power_prepare_vp,
    .start_vp = power_start_vp,
    .assert_interrupt = backend_interrupt,
    .set_interrupt_line = backend_set_line,
    .flush_tlb = backend_flush,
    .is_suspended = power_is_suspended,
    .suspend = power_suspend,
    .kick_vp = backend_kick,
    .crashed = backend_crashed,
};
