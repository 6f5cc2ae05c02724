/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving a guest to another run, while it runs: see migration-wire.h for what is said, and
 * doc/migration.md for what it comes to.
 *
 *   migrate-out.c  the source's side, by a command of the control socket
 *   migrate-in.c   the target's side: `vtlemu run --incoming`
 */
#ifndef EMU_MIGRATE_H
#define EMU_MIGRATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/control.h"
#include "emu/machine-facts.h"
#include "emu/migration-wire.h"
#include "emu/snapshot.h"
#include "emu/socket.h"

struct machine;

/* How long the guest may stand still, in milliseconds, if nothing is said. */
#define MIGRATE_DOWNTIME_MS 300

/*
 * Moves the guest of @machine, which has power, to the target that listens at @to. If that succeeds
 * the run ends (machine_give_up()), and what to tell the user is returned, for the caller to free.
 *
 * NULL with @error if not: then the guest goes on here. There is one case in which nobody can say:
 * the connection breaks after COMMIT. Then the run ends as MACHINE_BROKEN, so that the guest never
 * runs twice.
 */
char *migrate_out(struct machine *machine, const char *to, int64_t downtime_ms,
                  const struct control_job *job, GError **error);

/* --- The target ------------------------------------------------------------------------------ */

/* A guest that is to come. */
struct incoming {
    const char *uri; /* the user's; must stay */
    struct socket_address address;
    int listener, connection;
    struct migration_channel *channel;
    struct snapshot_sink sink;
    struct snapshot_source source;
    struct snapshot_reader reader;
    struct manifest *guest; /* what it has been given where it is; owned */
};

/* Listens. Clear it even after an error. */
bool incoming_open(struct incoming *incoming, const char *uri, GError **error);

/*
 * Waits for the source, which is the only one that gets in, takes what it says of its guest and of
 * its machine, and compares the guest with this host. Gives up when @is_over(@context), which is looked at often, returns true.
 */
bool incoming_meet(struct incoming *incoming, bool (*is_over)(void *context), void *context,
                   struct machine_facts *facts, GError **error);

/*
 * Takes all of the guest into @machine, which is like @facts and has no
 * power yet, and runs it: what machine_thaw() does comes when the source has given it up. On error
 * the machine has no power, and the guest has not run here.
 */
bool incoming_take(struct incoming *incoming, struct machine *machine, GError **error);

/* Tells the source that it is not to be, and why. */
void incoming_refuse(struct incoming *incoming, const char *why);
void incoming_clear(struct incoming *incoming);

#endif
