/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands between the source and the target of a migration and does what a bad network or a bad peer
 * does:
 *
 *   relay LISTEN CONNECT WHAT
 *
 * LISTEN and CONNECT are paths of UNIX sockets; WHAT is
 *   pass            nothing: all goes through
 *   hello           the target is not reached: the connection ends at once
 *   accept, ready, done   ends both connections instead of passing on this answer of the target
 *   commit          ends both instead of passing on the source's COMMIT
 *   pages           ends both after PAGES_CUT bytes from the source
 *   damage          changes a bit of what the source sends, at byte PAGES_CUT
 *   garble          the answer ACCEPT reaches the source damaged
 *   twice           ACCEPT reaches the source twice: the second one is not due
 *   early           READY is said for the target as soon as it has said ACCEPT
 *   silent          the target says nothing: it is not even reached
 *   stall           takes no more from the source after PAGES_CUT bytes
 * The last two say `stalled` and wait until the source goes.
 * It ends with 0 once it has done so, or when one side has gone.
 */
#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emu/migration-wire.h"
#include "emu/socket.h"

#define PAGES_CUT 200000u
#define ANSWER_SIZE 32u /* of a message without text: migration-wire.c */
#define WAIT_MS 60000   /* for the target to listen, and for anything to happen */

struct relay {
    const char *what;
    int source, target;
    guint64 from_source; /* bytes passed on */
    unsigned answers;    /* of the target, passed on */
    bool over;
};

static bool is(const struct relay *relay, const char *what)
{
    return !strcmp(relay->what, what);
}

static void send_all(struct relay *relay, int fd, const guint8 *bytes, size_t size)
{
    while (size > 0 && !relay->over) {
        ssize_t part = send(fd, bytes, size, MSG_NOSIGNAL);

        if (part < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, WAIT_MS);
            continue;
        }
        relay->over = part <= 0;
        bytes += MAX(part, 0);
        size -= (size_t)MAX(part, 0);
    }
}

static void say(struct relay *relay, enum migration_message message)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct snapshot_sink sink = snapshot_sink_bytes(bytes);

    if (migration_write(&sink, message, NULL, NULL))
        send_all(relay, relay->source, bytes->data, bytes->len);
}

static void stall(struct relay *relay)
{
    puts("stalled");
    fflush(stdout);
    poll(&(struct pollfd){.fd = relay->source}, 1, WAIT_MS);
    relay->over = true;
}

/* After READY the source says COMMIT and nothing else. */
static void pass_from_source(struct relay *relay, guint8 *bytes, size_t size)
{
    guint64 first = relay->from_source;

    relay->over |= is(relay, "commit") && relay->answers == 2;
    if (is(relay, "pages") && first + size > PAGES_CUT) {
        size = (size_t)(PAGES_CUT - first);
        send_all(relay, relay->target, bytes, size);
        relay->over = true;
    }
    if (is(relay, "damage") && first <= PAGES_CUT && PAGES_CUT < first + size)
        bytes[PAGES_CUT - first] ^= 0x10;
    relay->from_source += size;
    if (is(relay, "stall") && relay->from_source > PAGES_CUT)
        stall(relay);
    if (!relay->over)
        send_all(relay, relay->target, bytes, size);
}

/* An answer that is whole; a REFUSE is passed on as it comes. */
static void pass_answer(struct relay *relay, guint8 *bytes, size_t size)
{
    static const char *const cuts[] = {"accept", "ready", "done"};
    unsigned number = relay->answers++;

    relay->over = number < G_N_ELEMENTS(cuts) && is(relay, cuts[number]);
    if (relay->over)
        return;
    if (number == 0 && is(relay, "garble"))
        bytes[size / 2] ^= 1;
    send_all(relay, relay->source, bytes, size);
    if (number == 0 && is(relay, "twice"))
        say(relay, MIGRATION_ACCEPT);
    if (number == 0 && is(relay, "early"))
        say(relay, MIGRATION_READY);
}

static void take(struct relay *relay, int from)
{
    guint8 bytes[65536];
    /* Answers one by one. */
    ssize_t size = read(from, bytes, from == relay->target ? ANSWER_SIZE : sizeof(bytes));

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0)
        relay->over = true;
    else if (from == relay->source)
        pass_from_source(relay, bytes, (size_t)size);
    else
        pass_answer(relay, bytes, (size_t)size);
}

static void work(struct relay *relay)
{
    while (!relay->over) {
        struct pollfd fds[] = {{.fd = relay->source, .events = POLLIN},
                               {.fd = relay->target, .events = POLLIN}};

        if (poll(fds, G_N_ELEMENTS(fds), WAIT_MS) <= 0)
            return;
        /* Answers first: what comes after a READY is a COMMIT. */
        if (fds[1].revents)
            take(relay, relay->target);
        else if (fds[0].revents)
            take(relay, relay->source);
    }
}

/* The target may take its time to begin. */
static int connect_patiently(const char *path)
{
    gint64 end = g_get_monotonic_time() + WAIT_MS * G_TIME_SPAN_MILLISECOND;
    int fd = socket_connect_path(path);

    while (fd < 0 && g_get_monotonic_time() < end) {
        g_usleep(100000);
        fd = socket_connect_path(path);
    }
    return fd;
}

int main(int argc, char **argv)
{
    struct relay relay = {.source = -1, .target = -1};
    int listener = argc == 4 ? socket_listen_path(argv[1], 0600, 1) : -1;

    if (listener < 0) {
        fprintf(stderr, "relay: LISTEN CONNECT WHAT: %s\n", strerror(errno));
        return 1;
    }
    relay.what = argv[3];
    poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, WAIT_MS);
    relay.source = accept(listener, NULL, NULL);
    if (is(&relay, "silent"))
        stall(&relay);
    else if (relay.source >= 0 && !is(&relay, "hello"))
        relay.target = connect_patiently(argv[2]);
    if (relay.target >= 0)
        work(&relay);
    close(listener);
    unlink(argv[1]);
    return 0;
}
