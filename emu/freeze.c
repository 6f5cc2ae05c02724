/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standing still: see freeze.h. */
#include "emu/freeze.h"

#include "emu/error.h"
#include "emu/machine.h"

bool machine_is_over(struct machine *machine)
{
    bool is_over;

    g_mutex_lock(&machine->lock);
    is_over = machine->end != MACHINE_RUNNING;
    g_mutex_unlock(&machine->lock);
    return is_over;
}

static bool refuse(struct machine *machine, GError **error)
{
    if (machine->powered && !machine_is_over(machine))
        return false;
    emu_set_error(error, EMU_ERROR_SETUP, "the run has ended, or is about to");
    return true;
}

static void freeze_devices(struct machine *machine, bool frozen)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (machine->vtls & 1u << vtl)
            devices_freeze(&machine->level[vtl].devices, frozen);
}

/*
 * What a VP's thread or a visitor would do with its vCPUs next: starts what is due, and has them
 * back from their watchers, who see what there is to see when they come again. What the active VTL
 * has been told of lower ones it need not be told once more.
 */
static void settle(struct vp *vp)
{
    guint notified = vp->notified;

    power_catch_up(vp);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (vp->machine->vtls & 1u << vtl)
            dormant_take(vp, vtl);
    vp->notified = notified;
}

bool machine_freeze(struct machine *machine, GError **error)
{
    g_mutex_lock(&machine->life);
    if (refuse(machine, error)) {
        g_mutex_unlock(&machine->life);
        return false;
    }
    machine_park_threads(machine);
    freeze_devices(machine, true);
    for (unsigned i = 0; i < machine->vp_count; i++)
        settle(&machine->vps[i]);
    /* The guest may have powered off while it was being stopped. */
    if (refuse(machine, error)) {
        freeze_devices(machine, false);
        g_mutex_unlock(&machine->life);
        return false;
    }
    return true;
}

/* Guest time goes on where it was, not where it would have come to meanwhile. */
static int resume_time(struct machine *machine)
{
    int error = 0;

    if (!machine->is_restored)
        return 0;
    machine->is_restored = false;
    machine->counter_offset = counter_read() - machine->restored_ticks;
    for (unsigned vtl = 0; vtl < VTL_LEVELS && error == 0; vtl++)
        if (machine->vtls & 1u << vtl)
            error = vm_set_counter_offset(&machine->level[vtl].vm, machine->counter_offset);
    return error;
}

void machine_thaw(struct machine *machine)
{
    g_autoptr(GError) error = NULL;
    int result = resume_time(machine);

    if (result < 0)
        machine_end(machine, MACHINE_BROKEN, 0,
                    g_strdup_printf("KVM refuses the counter offset: %s", g_strerror(-result)));
    freeze_devices(machine, false);
    if (!machine_is_over(machine) && !machine_start_threads(machine, &error))
        machine_end(machine, MACHINE_BROKEN, 0, g_strdup(error->message));
    g_mutex_unlock(&machine->life);
}

void machine_give_up(struct machine *machine)
{
    machine_end(machine, MACHINE_MOVED, 0, NULL);
    freeze_devices(machine, false);
    g_mutex_unlock(&machine->life);
}
