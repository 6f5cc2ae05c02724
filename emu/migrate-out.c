/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of a migration: see migrate.h. */
#include <unistd.h>

#include "emu/dirty.h"
#include "emu/error.h"
#include "emu/freeze.h"
#include "emu/machine-state.h"
#include "emu/machine.h"
#include "emu/manifest.h"
#include "emu/migrate.h"
#include "emu/page-set.h"
#include "emu/snapshot-pages.h"

#define US_PER_MS 1000
#define CONNECT_MS 10000
/* A guest that writes faster than can be sent is stopped after so many rounds. */
#define ROUNDS_MAX 30
/* And after so many that have not got it any further. */
#define IDLE_ROUNDS_MAX 3
/* How long the guest may stand still before all is given up: a target that does not get on. */
#define FROZEN_MAX_S 60
/* How long to wait for DONE, when the guest is the target's already. */
#define DONE_MAX_S 30

struct migration {
    struct machine *machine;
    const struct control_job *job;
    const char *to;
    gint64 downtime_us;
    struct migration_channel *channel;
    struct snapshot_sink sink;
    struct snapshot_source source;
    struct snapshot_writer writer;
    struct dirty dirty;
    bool frozen;
    bool committed; /* the guest is the target's */
    unsigned rounds, idle_rounds;
    double rate;    /* bytes sent in a microsecond */
    gint64 frozen_at, stood_us;
};

static bool is_over(void *context)
{
    const struct migration *migration = context;

    return control_job_is_cancelled(migration->job) || machine_is_over(migration->machine);
}

/* --- Before the guest stands still ----------------------------------------------------------- */

static bool say_hello(struct migration *migration, GError **error)
{
    g_autoptr(manifest_auto) guest = manifest_of_machine(migration->machine, error);
    g_autofree char *text = guest ? manifest_to_text(guest) : NULL;

    return text && migration_write(&migration->sink, MIGRATION_HELLO, text, error) &&
           snapshot_begin_writing(&migration->writer, &migration->sink, error) &&
           machine_write_facts(migration->machine, &migration->writer, error) &&
           migration_flush(migration->channel, error) &&
           migration_expect(&migration->source, MIGRATION_ACCEPT, NULL, error);
}

static bool send_pages(struct migration *migration, GError **error)
{
    const struct dirty *dirty = &migration->dirty;
    uint64_t first = 0, count;

    for (; page_set_next(dirty->set, dirty->words, &first, &count); first += count)
        if (!snapshot_write_pages(&migration->writer, &migration->machine->memory, first, count,
                                  true, error))
            return false;
    return migration_flush(migration->channel, error);
}

static bool send_all_pages(struct migration *migration, GError **error)
{
    return machine_write_ram(migration->machine, &migration->writer, error) &&
           migration_flush(migration->channel, error);
}

/* One round, of all pages or of those written since; and what it has told about the connection. */
static bool do_round(struct migration *migration, GError **error)
{
    uint64_t sent = migration->channel->sent;
    gint64 begin = g_get_monotonic_time(), took;

    if (!(migration->rounds ? send_pages(migration, error) : send_all_pages(migration, error)))
        return false;
    took = MAX(g_get_monotonic_time() - begin, 1);
    migration->rounds++;
    migration->rate = MAX((double)(migration->channel->sent - sent) / (double)took, 1e-3);
    return true;
}

static bool is_little(const struct migration *migration)
{
    return (double)migration->dirty.count * SNAPSHOT_PAGE_SIZE <=
           migration->rate * (double)migration->downtime_us;
}

/* Until what is left can be sent while the guest stands still, or it does not get any less. */
static bool send_while_running(struct migration *migration, GError **error)
{
    uint64_t before = UINT64_MAX;

    do {
        if (!do_round(migration, error) || !dirty_take(&migration->dirty, error))
            return false;
        migration->idle_rounds += migration->dirty.count >= before;
        before = MIN(before, migration->dirty.count);
    } while (!is_little(migration) && migration->rounds < ROUNDS_MAX &&
             migration->idle_rounds < IDLE_ROUNDS_MAX);
    return true;
}

/* --- While it stands still ------------------------------------------------------------------- */

/* What was found at the end of the last round has not been sent yet. */
static bool freeze(struct migration *migration, GError **error)
{
    struct dirty *dirty = &migration->dirty;
    g_autofree uint64_t *left = g_memdup2(dirty->set, dirty->words * sizeof(*dirty->set));

    migration->frozen_at = g_get_monotonic_time();
    if (!machine_freeze(migration->machine, error))
        return false;
    migration->frozen = true;
    migration->channel->deadline = migration->frozen_at + FROZEN_MAX_S * G_TIME_SPAN_SECOND;
    if (!dirty_take(dirty, error))
        return false;
    for (size_t i = 0; i < dirty->words; i++)
        dirty->set[i] |= left[i];
    return true;
}

static bool send_rest(struct migration *migration, GError **error)
{
    return send_pages(migration, error) &&
           machine_write_state(migration->machine, &migration->writer, error) &&
           snapshot_end_writing(&migration->writer, error) &&
           migration_flush(migration->channel, error) &&
           migration_expect(&migration->source, MIGRATION_READY, NULL, error);
}

/*
 * Once the last byte of COMMIT is on its way, the guest is the target's, whatever comes; before, the
 * target does not have a COMMIT.
 */
static bool commit(struct migration *migration, GError **error)
{
    if (!migration_write(&migration->sink, MIGRATION_COMMIT, NULL, error) ||
        !migration_flush(migration->channel, error))
        return false;
    migration->committed = true;
    migration->channel->is_over = NULL;
    migration->channel->deadline = g_get_monotonic_time() + DONE_MAX_S * G_TIME_SPAN_SECOND;
    if (!migration_expect(&migration->source, MIGRATION_DONE, NULL, error))
        return false;
    migration->stood_us = g_get_monotonic_time() - migration->frozen_at;
    return true;
}

/* --- The whole ------------------------------------------------------------------------------- */

static bool prepare(struct migration *migration, GError **error)
{
    struct socket_address address;
    int fd = -1;

    migration_channel_init(migration->channel, fd, migration->to); /* whoever refuses has none */
    if (migration->machine->options->pulse) {
        emu_set_error(error, EMU_ERROR_USAGE, "a run with --pulse does not migrate; run it without");
        return false;
    }
    /* Of two requests the second comes to its turn when the guest has gone. */
    if (machine_is_over(migration->machine)) {
        emu_set_error(error, EMU_ERROR_SETUP, "the run has ended, or is about to");
        return false;
    }
    if (socket_address_parse("migrate", migration->to, &address, error))
        fd = socket_connect("migrate", migration->to, &address, CONNECT_MS,
                            control_job_descriptor(migration->job), error);
    socket_address_clear(&address);
    migration_channel_init(migration->channel, fd, migration->to);
    migration->channel->is_over = is_over;
    migration->channel->context = migration;
    migration->sink = migration_sink(migration->channel);
    migration->source = migration_source(migration->channel);
    return fd >= 0;
}

static bool move(struct migration *migration, GError **error)
{
    return say_hello(migration, error) &&
           dirty_begin(&migration->dirty, migration->machine, error) &&
           send_while_running(migration, error) && freeze(migration, error) &&
           send_rest(migration, error) && commit(migration, error);
}

static char *describe(const struct migration *migration)
{
    return g_strdup_printf("the guest runs at %s now: %u round%s while it ran, %" G_GUINT64_FORMAT
                           " KiB sent, %" G_GINT64_FORMAT " ms of standing still", migration->to,
                           migration->rounds, migration->rounds == 1 ? "" : "s",
                           migration->channel->sent / KIB, migration->stood_us / US_PER_MS);
}

/* The guest must not run in two places, even if perhaps it then runs in none. */
static void give_up_unclear(struct migration *migration, GError **error)
{
    g_autofree char *why = error && *error ? g_strdup((*error)->message) : NULL;
    char *text = g_strdup_printf("the guest has been given to %s, which has not confirmed that it "
                                 "runs there (%s); look there. It does not run here any more",
                                 migration->to, why ? why : "?");

    g_clear_error(error);
    emu_set_error(error, EMU_ERROR_SETUP, "%s", text);
    machine_end(migration->machine, MACHINE_BROKEN, 0, text);
}

/* Unless the run has come to its end meanwhile, or had before: the guest may be elsewhere by now. */
static void go_on(struct migration *migration, GError **error)
{
    if (migration->channel->fd >= 0)
        migration_explain(migration->channel, error);
    g_prefix_error(error, machine_is_over(migration->machine)
                              ? "not migrated: "
                              : "not migrated, the guest goes on here: ");
}

static void finish(struct migration *migration, bool moved, GError **error)
{
    if (migration->committed && !moved)
        give_up_unclear(migration, error);
    if (!migration->committed)
        go_on(migration, error);
    dirty_end(&migration->dirty);
    if (migration->committed)
        machine_give_up(migration->machine);
    else if (migration->frozen)
        machine_thaw(migration->machine);
    if (migration->channel->fd >= 0)
        close(migration->channel->fd);
}

char *migrate_out(struct machine *machine, const char *to, int64_t downtime_ms,
                  const struct control_job *job, GError **error)
{
    g_autofree struct migration_channel *channel = g_new(struct migration_channel, 1);
    struct migration migration = {
        .machine = machine,
        .job = job,
        .to = to,
        .downtime_us = (downtime_ms ? downtime_ms : MIGRATE_DOWNTIME_MS) * US_PER_MS,
        .channel = channel,
    };
    bool moved = prepare(&migration, error) && move(&migration, error);
    char *text = moved ? describe(&migration) : NULL;

    if (moved)
        g_printerr("vtlemu: %s\n", text);
    finish(&migration, moved, error);
    return text;
}
