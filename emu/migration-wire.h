/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two runs say to each other to move a guest, beside the snapshot itself (snapshot.h), in this
 * order; doc/migration.md has the format.
 *
 *   source                                         target
 *   HELLO: what the guest has been given     ──►
 *   begin of the snapshot, SNAPSHOT_MACHINE  ──►
 *                                            ◄──   ACCEPT: a machine like that is there
 *   SNAPSHOT_PAGES in rounds, the guest runs ──►
 *   the rest, the guest stands still, END    ──►
 *                                            ◄──   READY: all of it has been taken
 *   COMMIT: the guest runs here no more      ──►
 *                                            ◄──   DONE: it runs here
 *
 * Instead of any answer, and at any time before it, the target may say REFUSE, with the reason; then
 * it is over. A peer that goes away before COMMIT leaves the guest at the source.
 */
#ifndef EMU_MIGRATION_WIRE_H
#define EMU_MIGRATION_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/snapshot.h"

enum migration_message {
    MIGRATION_HELLO,
    MIGRATION_ACCEPT,
    MIGRATION_REFUSE,
    MIGRATION_READY,
    MIGRATION_COMMIT,
    MIGRATION_DONE,
    MIGRATION_MESSAGES,
};

/* The text of a HELLO, a document of fw-regs/manifest.h, or of a REFUSE; others have none. */
#define MIGRATION_HELLO_MAX (1u << 20)
#define MIGRATION_REFUSE_MAX (16u << 10)

/* "READY". */
const char *migration_message_name(enum migration_message message);

/* @text may be NULL; what is too long for a REFUSE is cut off. */
bool migration_write(const struct snapshot_sink *sink, enum migration_message message,
                     const char *text, GError **error);

/*
 * The next message, whatever it is. *@text is its text, valid UTF-8, for the caller to free, or NULL
 * if it has none. False with @error if what comes is none, a damaged one, or of a newer version.
 */
bool migration_read(const struct snapshot_source *source, enum migration_message *message,
                    char **text, GError **error);

/*
 * Waits for @message: anything else is an error, a REFUSE with the peer's reason. *@text as above;
 * @text may be NULL.
 */
bool migration_expect(const struct snapshot_source *source, enum migration_message message,
                      char **text, GError **error);

/* The error that a REFUSE with @text, which may be NULL, stands for. */
void migration_refusal(const char *text, GError **error);

/* --- Connections ----------------------------------------------------------------------------- */

/*
 * A connection with buffers, so that many small pieces are no harm. Nobody waits for ever: each
 * piece has to be through within MIGRATION_PIECE_S, all before @deadline, and none once @is_over
 * returns true.
 */
#define MIGRATION_PIECE_S 30
#define MIGRATION_BUFFER_SIZE 65536u

struct migration_channel {
    int fd;       /* a socket that does not block; the user's */
    const char *name; /* for errors; must stay */
    gint64 deadline;  /* monotonic microseconds; 0: none */
    bool (*is_over)(void *context); /* looked at often; NULL: never */
    void *context;
    uint64_t sent;    /* bytes */
    bool deaf;        /* what the peer says meanwhile does not end a write: the target's */
    size_t in_next, in_size, out_size; /* of the buffers */
    uint8_t in[MIGRATION_BUFFER_SIZE], out[MIGRATION_BUFFER_SIZE];
};

/* All else in @channel is to be 0. */
void migration_channel_init(struct migration_channel *channel, int fd, const char *name);

/*
 * What is written is on its way at migration_flush(), or when the buffer is full. Unless @deaf, it
 * ends with an error as soon as the peer says something: a REFUSE then, see migration_explain().
 */
struct snapshot_sink migration_sink(struct migration_channel *channel);
struct snapshot_source migration_source(struct migration_channel *channel);
bool migration_flush(struct migration_channel *channel, GError **error);

/* After an error: if the peer has said why, puts that in its place. Waits a moment for it. */
void migration_explain(struct migration_channel *channel, GError **error);

/* Says REFUSE with @text, if that is possible within a moment, and lets it arrive. */
void migration_refuse(struct migration_channel *channel, const char *text);

#endif
