/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target of a migration: see migrate.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/freeze.h"
#include "emu/machine-state.h"
#include "emu/machine.h"
#include "emu/manifest.h"
#include "emu/migrate.h"
#include "fw-regs/fleet.h"

#define LOOK_MS 100
/* How long the source may take from READY to COMMIT: it has nothing left to do. */
#define COMMIT_MAX_S 60

bool incoming_open(struct incoming *incoming, const char *uri, GError **error)
{
    *incoming = (struct incoming){.uri = uri, .listener = -1, .connection = -1};
    if (!socket_address_parse("--incoming", uri, &incoming->address, error))
        return false;
    incoming->listener = socket_listen("--incoming", uri, &incoming->address, error);
    return incoming->listener >= 0;
}

/* Nobody else is to wait in vain: to connect is refused from now on. */
static void stop_listening(struct incoming *incoming)
{
    if (incoming->listener < 0)
        return;
    close(incoming->listener);
    incoming->listener = -1;
    if (incoming->address.path)
        unlink(incoming->address.path);
}

static bool await_source(struct incoming *incoming, bool (*is_over)(void *context), void *context,
                         GError **error)
{
    struct pollfd one = {.fd = incoming->listener, .events = POLLIN};

    while (incoming->connection < 0) {
        if (is_over(context)) {
            emu_set_error(error, EMU_ERROR_SETUP, "--incoming %s: nobody has come", incoming->uri);
            return false;
        }
        if (poll(&one, 1, LOOK_MS) > 0)
            incoming->connection = accept4(incoming->listener, NULL, NULL,
                                           SOCK_CLOEXEC | SOCK_NONBLOCK);
    }
    stop_listening(incoming);
    return true;
}

static bool read_hello(struct incoming *incoming, GError **error)
{
    g_autofree char *text = NULL;

    if (!migration_expect(&incoming->source, MIGRATION_HELLO, &text, error))
        return false;
    incoming->guest = manifest_parse("the guest", text ? text : "", text ? strlen(text) : 0, error);
    return incoming->guest != NULL;
}

/* Before anything is built: what this host lacks is told by name, all of it. */
static bool compare(const struct incoming *incoming, GError **error)
{
    g_autoptr(manifest_auto) host = manifest_of_host(error);
    g_autoptr(fleet_report_auto) report = host ? fleet_can_migrate(incoming->guest, host) : NULL;
    g_autofree char *text = NULL;

    if (!report)
        return false;
    if (report->findings->len == 0)
        return true;
    text = fleet_findings_text(report);
    emu_set_error(error, EMU_ERROR_SETUP, "this host cannot have the guest:\n%s", g_strchomp(text));
    return false;
}

static bool read_facts(struct incoming *incoming, struct machine_facts *facts, GError **error)
{
    struct snapshot_section section;

    return snapshot_begin_reading(&incoming->reader, &incoming->source, error) &&
           snapshot_read(&incoming->reader, &section, error) &&
           machine_facts_read(&section, facts, error);
}

bool incoming_meet(struct incoming *incoming, bool (*is_over)(void *context), void *context,
                   struct machine_facts *facts, GError **error)
{
    if (!await_source(incoming, is_over, context, error))
        return false;
    incoming->channel = g_new(struct migration_channel, 1);
    migration_channel_init(incoming->channel, incoming->connection, incoming->uri);
    incoming->channel->deaf = true;
    incoming->channel->is_over = is_over;
    incoming->channel->context = context;
    incoming->sink = migration_sink(incoming->channel);
    incoming->source = migration_source(incoming->channel);
    return read_hello(incoming, error) && compare(incoming, error) &&
           read_facts(incoming, facts, error);
}

/* --- With a machine -------------------------------------------------------------------------- */

static bool machine_is_done(void *machine)
{
    return machine_is_over(machine);
}

static bool say(struct incoming *incoming, enum migration_message message, GError **error)
{
    return migration_write(&incoming->sink, message, NULL, error) &&
           migration_flush(incoming->channel, error);
}

static bool take_all(struct incoming *incoming, struct machine *machine, GError **error)
{
    return say(incoming, MIGRATION_ACCEPT, error) &&
           machine_receive(machine, &incoming->reader, error);
}

/* From here to the end of machine_thaw() the guest is nobody's but ours, if COMMIT has come. */
static bool take_over(struct incoming *incoming, GError **error)
{
    incoming->channel->deadline = g_get_monotonic_time() + COMMIT_MAX_S * G_TIME_SPAN_SECOND;
    return say(incoming, MIGRATION_READY, error) &&
           migration_expect(&incoming->source, MIGRATION_COMMIT, NULL, error);
}

bool incoming_take(struct incoming *incoming, struct machine *machine, GError **error)
{
    incoming->channel->is_over = machine_is_done;
    incoming->channel->context = machine;
    if (!take_all(incoming, machine, error))
        return false;
    if (!take_over(incoming, error)) {
        machine_abandon_restore(machine);
        return false;
    }
    machine_thaw(machine);
    incoming->channel->is_over = NULL;
    /* If this does not arrive, the guest runs here all the same. */
    if (!say(incoming, MIGRATION_DONE, NULL))
        g_warning("--incoming %s: the source does not hear that the guest runs here", incoming->uri);
    return true;
}

void incoming_refuse(struct incoming *incoming, const char *why)
{
    if (incoming->channel)
        migration_refuse(incoming->channel, why);
}

void incoming_clear(struct incoming *incoming)
{
    stop_listening(incoming);
    if (incoming->connection >= 0)
        close(incoming->connection);
    if (incoming->channel)
        snapshot_reader_clear(&incoming->reader);
    g_clear_pointer(&incoming->channel, g_free);
    g_clear_pointer(&incoming->guest, manifest_free);
    socket_address_clear(&incoming->address);
}
