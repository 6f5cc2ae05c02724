/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections of a migration: see migration-wire.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/migration-wire.h"

/* How often to look whether it is over. */
#define LOOK_MS 100
/* For last words. */
#define MOMENT_US (2 * G_TIME_SPAN_SECOND)

void migration_channel_init(struct migration_channel *channel, int fd, const char *name)
{
    channel->fd = fd;
    channel->name = name;
    channel->deadline = 0;
    channel->is_over = NULL;
    channel->context = NULL;
    channel->sent = 0;
    channel->deaf = false;
    channel->in_next = channel->in_size = channel->out_size = 0;
}

static bool fail(const struct migration_channel *channel, GError **error, const char *what)
{
    emu_set_error(error, EMU_ERROR_SETUP, "%s: %s", channel->name, what);
    return false;
}

/* Until when a piece that begins now has to be through. */
static gint64 end_of_piece(const struct migration_channel *channel)
{
    gint64 end = g_get_monotonic_time() + MIGRATION_PIECE_S * G_TIME_SPAN_SECOND;

    return channel->deadline ? MIN(end, channel->deadline) : end;
}

/* Waits until one of @events can be had; stores which. */
static bool await(const struct migration_channel *channel, short events, gint64 end, short *got,
                  GError **error)
{
    struct pollfd one = {.fd = channel->fd, .events = events};

    while (poll(&one, 1, LOOK_MS) <= 0) {
        if (channel->is_over && channel->is_over(channel->context))
            return fail(channel, error, "it has been given up: the run or the command has ended");
        if (g_get_monotonic_time() >= end)
            return fail(channel, error, "the other side takes too long");
    }
    *got = one.revents;
    return true;
}

static bool has_input(const struct migration_channel *channel)
{
    return channel->in_next < channel->in_size;
}

static bool send_some(struct migration_channel *channel, const uint8_t **next, size_t *size,
                      gint64 end, GError **error)
{
    short events;
    ssize_t part;

    if (!await(channel, POLLOUT | (channel->deaf ? 0 : POLLIN), end, &events, error))
        return false;
    if (!channel->deaf && (events & POLLIN || has_input(channel)))
        return fail(channel, error, "the other side has broken it off");
    part = send(channel->fd, *next, *size, MSG_NOSIGNAL);
    if (part < 0)
        return errno == EAGAIN || errno == EINTR || fail(channel, error, g_strerror(errno));
    *next += part;
    *size -= (size_t)part;
    channel->sent += (uint64_t)part;
    return true;
}

static bool send_all(struct migration_channel *channel, const uint8_t *next, size_t size,
                     GError **error)
{
    gint64 end = end_of_piece(channel);

    while (size > 0)
        if (!send_some(channel, &next, &size, end, error))
            return false;
    return true;
}

bool migration_flush(struct migration_channel *channel, GError **error)
{
    size_t size = channel->out_size;

    channel->out_size = 0;
    return send_all(channel, channel->out, size, error);
}

static bool write_piece(void *context, const void *bytes, size_t size, GError **error)
{
    struct migration_channel *channel = context;

    if (channel->is_over && channel->is_over(channel->context))
        return fail(channel, error, "it has been given up: the run or the command has ended");
    if (size > sizeof(channel->out) - channel->out_size && !migration_flush(channel, error))
        return false;
    if (size > sizeof(channel->out))
        return send_all(channel, bytes, size, error);
    memcpy(channel->out + channel->out_size, bytes, size);
    channel->out_size += size;
    return true;
}

static bool receive(struct migration_channel *channel, gint64 end, GError **error)
{
    ssize_t part = -1;
    short events;

    while (part < 0) {
        if (!await(channel, POLLIN, end, &events, error))
            return false;
        part = read(channel->fd, channel->in, sizeof(channel->in));
        if (part == 0)
            return fail(channel, error, "the other side has gone");
        if (part < 0 && errno != EAGAIN && errno != EINTR)
            return fail(channel, error, g_strerror(errno));
    }
    channel->in_next = 0;
    channel->in_size = (size_t)part;
    return true;
}

static bool read_piece(void *context, void *buffer, size_t size, GError **error)
{
    struct migration_channel *channel = context;
    gint64 end = end_of_piece(channel);
    uint8_t *next = buffer;

    while (size > 0) {
        size_t part;

        if (!has_input(channel) && !receive(channel, end, error))
            return false;
        /* Who sends byte by byte is late as well. */
        if (g_get_monotonic_time() >= end)
            return fail(channel, error, "the other side takes too long");
        part = MIN(size, channel->in_size - channel->in_next);
        memcpy(next, channel->in + channel->in_next, part);
        channel->in_next += part;
        next += part;
        size -= part;
    }
    return true;
}

struct snapshot_sink migration_sink(struct migration_channel *channel)
{
    return (struct snapshot_sink){.write = write_piece, .context = channel};
}

struct snapshot_source migration_source(struct migration_channel *channel)
{
    return (struct snapshot_source){.read = read_piece, .context = channel};
}

void migration_explain(struct migration_channel *channel, GError **error)
{
    struct snapshot_source source = migration_source(channel);
    enum migration_message message = MIGRATION_MESSAGES;
    g_autofree char *text = NULL;

    channel->deadline = g_get_monotonic_time() + MOMENT_US;
    if (channel->is_over && channel->is_over(channel->context))
        return;
    if (!migration_read(&source, &message, &text, NULL) || message != MIGRATION_REFUSE)
        return;
    g_clear_error(error);
    migration_refusal(text, error);
}

/* What is left unread when a TCP connection is closed may take the last words along. */
static void drain(struct migration_channel *channel)
{
    gint64 end = g_get_monotonic_time() + MOMENT_US;

    shutdown(channel->fd, SHUT_WR);
    channel->is_over = NULL;
    while (receive(channel, end, NULL))
        continue;
}

void migration_refuse(struct migration_channel *channel, const char *text)
{
    struct snapshot_sink sink = migration_sink(channel);

    channel->deadline = g_get_monotonic_time() + MOMENT_US;
    channel->is_over = NULL;
    channel->out_size = 0;
    channel->deaf = true;
    if (migration_write(&sink, MIGRATION_REFUSE, text, NULL) && migration_flush(channel, NULL))
        drain(channel);
}
