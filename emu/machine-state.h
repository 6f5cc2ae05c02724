/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a machine as sections of a snapshot, and back. The order:
 *
 *   SNAPSHOT_MACHINE  what it is; can be written while the guest runs
 *   SNAPSHOT_PAGES    guest RAM; may come in several rounds, the last of them when it is frozen
 *   the others        state; the machine is frozen
 *   SNAPSHOT_END
 *
 * Who reads takes SNAPSHOT_MACHINE first, makes a machine that is like it (machine-facts.h), then
 * machine_begin_restore(), machine_take_section() for each of the others and, after SNAPSHOT_END,
 * machine_end_restore(). From then on it is frozen as the other one was: machine_thaw() lets it go on,
 * machine_give_up() or machine_power_off() does away with it.
 */
#ifndef EMU_MACHINE_STATE_H
#define EMU_MACHINE_STATE_H

#include "emu/snapshot.h"

struct machine;
struct machine_facts;

/* What the machine is. At any time while it has power. */
bool machine_write_facts(struct machine *machine, struct snapshot_writer *writer, GError **error);
/* All of RAM that is not zero. It need not be frozen; gives up when the run is over. */
bool machine_write_ram(struct machine *machine, struct snapshot_writer *writer, GError **error);
/* Everything else; it must be frozen. Without SNAPSHOT_END. */
bool machine_write_state(struct machine *machine, struct snapshot_writer *writer, GError **error);

/*
 * Power for a machine_new() that is to become what the snapshot says: VMs, vCPUs, no images. On
 * error machine_power_off() is due. Takes machine.life, as machine_freeze() does.
 */
bool machine_begin_restore(struct machine *machine, GError **error);
/* Any section but SNAPSHOT_MACHINE and SNAPSHOT_END, in the order in which they were written. */
bool machine_take_section(struct machine *machine, const struct snapshot_section *section,
                          GError **error);
/* Is everything there? Then it is frozen, and ready for machine_thaw(). */
bool machine_end_restore(struct machine *machine, GError **error);
/* After an error of one of these: machine_power_off() follows. Gives machine.life back. */
void machine_abandon_restore(struct machine *machine);

/* Can this host have the machine of @facts, that @machine was made for? Has it show the same
 * processor. Before it gets power. */
bool machine_check_facts(struct machine *machine, const struct machine_facts *facts,
                         GError **error);

/*
 * Freezes, saves the whole to file @path, which appears when it is complete, and thaws. Gives up when
 * the run is over, or when @is_unwanted(@context) is true; it may be NULL.
 */
bool machine_save_file(struct machine *machine, const char *path,
                       bool (*is_unwanted)(void *context), void *context, GError **error);

/*
 * All sections after SNAPSHOT_MACHINE, up to SNAPSHOT_END, and what is above for them: then it is
 * frozen, or, after machine_restore(), runs.
 */
bool machine_receive(struct machine *machine, struct snapshot_reader *reader, GError **error);
bool machine_restore(struct machine *machine, struct snapshot_reader *reader, GError **error);

/*
 * Freezes, saves the whole in memory, takes power away, restores and thaws: a test. True if the run
 * has ended meanwhile, too.
 */
bool machine_pulse(struct machine *machine, GError **error);

#endif
