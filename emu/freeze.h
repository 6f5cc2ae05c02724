/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standing still: nobody runs in the guest, and nothing of the machine changes by itself.
 *
 * All VPs are between two instructions, KVM owes nothing to any vCPU, no watcher has one, nobody
 * visits or pauses anybody, timers and VMBus say nothing, consoles take no input. Only time goes on.
 * The threads of the VPs wait.
 *
 * machine.life is held meanwhile, so that power does not go: the end of the run, whatever its
 * reason, waits for machine_thaw(). Who takes long while it is frozen should look at
 * machine_is_over() now and then.
 */
#ifndef EMU_FREEZE_H
#define EMU_FREEZE_H

#include <glib.h>
#include <stdbool.h>

struct machine;

/*
 * From any thread but those of the machine itself; waits for power to be on, for another freeze, or
 * for a reset under way. False with @error: the run has ended or has no power, and nothing is
 * frozen. Otherwise the same thread has to call machine_thaw() or machine_give_up().
 */
bool machine_freeze(struct machine *machine, GError **error);

/* Goes on. If it cannot, the run ends as MACHINE_BROKEN. */
void machine_thaw(struct machine *machine);

/*
 * Instead of machine_thaw(): the run ends here, as the guest goes on elsewhere. It counts as if the
 * guest had powered off (MACHINE_MOVED).
 */
void machine_give_up(struct machine *machine);

/* Has somebody (the user, the guest before it froze) ended the run? From any thread. */
bool machine_is_over(struct machine *machine);

#endif
