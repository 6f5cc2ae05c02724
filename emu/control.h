/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket of a run: `vtlemu run --control SOCKET`.
 *
 * A UNIX stream socket. A client writes one JSON object a line, and gets one a line: {"ok": ...} or
 * {"error": TEXT}. A request has "command" and the members that the command takes, no others:
 *
 *   {"command": "status"}                       what the run is doing
 *   {"command": "guest"}                        what the guest has been given: a guest document
 *   {"command": "snapshot", "file": PATH}       saves the partition; the guest goes on
 *   {"command": "migrate", "to": URI}           moves the guest; "downtime": milliseconds
 *   {"command": "quit"}                         ends the run, as Ctrl-A x does
 *
 * One thread serves all clients, so that none holds up another, or the run; commands that take
 * their time are carried out by a second one, one after the other.
 */
#ifndef EMU_CONTROL_H
#define EMU_CONTROL_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest line, in bytes, of either side, without its newline. A guest document takes about 20 KiB. */
#define CONTROL_REQUEST_MAX 8192u
#define CONTROL_REPLY_MAX (1024u * 1024u)
/* Clients at a time; others wait to be accepted. */
#define CONTROL_CLIENTS_MAX 8u

enum control_command {
    CONTROL_STATUS,
    CONTROL_GUEST,
    CONTROL_SNAPSHOT,
    CONTROL_MIGRATE,
    CONTROL_QUIT,
    CONTROL_COMMANDS,
};

/* Strings are owned, NULL for a command that does not take them. */
struct control_request {
    enum control_command command;
    char *file;       /* of snapshot */
    char *to;         /* of migrate */
    int64_t downtime; /* of migrate, in milliseconds; 0: not given */
};

/*
 * Parses a line of @size bytes without its newline; whatever it is, an error says what is wrong with
 * it. Release what is in *@request with control_request_clear(), which need not be done on error.
 */
bool control_parse(const char *line, size_t size, struct control_request *request, GError **error);
void control_request_clear(struct control_request *request);

/* A command that is being carried out. */
struct control_job;

/* Is the command to be given up, as the client has gone or the run ends? From any thread. */
bool control_job_is_cancelled(const struct control_job *job);

/* A descriptor that polls readable when it is; the job's. */
int control_job_descriptor(const struct control_job *job);

/*
 * Carries out a command: the member "ok" of the reply, owned by the caller, or NULL with @error.
 * CONTROL_STATUS and CONTROL_QUIT are called by the thread of all clients and must not wait, others
 * by a thread of their own, one at a time.
 */
typedef JsonNode *(*control_handler)(void *context, const struct control_request *request,
                                     struct control_job *job, GError **error);

struct control;

/*
 * Listens on @path. @handlers is one for each enum control_command; NULL: this run cannot do that.
 * It must outlive the server, as @context. A socket that nobody listens on any more is replaced; the
 * new one is the user's only (mode 0600). NULL with @error, which names --control.
 */
struct control *control_open(const char *path, const control_handler handlers[CONTROL_COMMANDS],
                             void *context, GError **error);

/*
 * Commands that take their time are carried out from now on; until then they wait. Stopping cancels
 * the one that is being carried out and waits for it; others wait again: nothing touches the
 * partition between control_stop() and control_start().
 */
void control_start(struct control *control);
void control_stop(struct control *control);

/* Cancels what is under way and waits for that; removes the socket. NULL is fine. */
void control_close(struct control *control);

/* For a process that is leaving at any price: removes the socket. From any thread. */
void control_abandon(const struct control *control);

/*
 * The client's side: sends @request, an object, and waits for the reply's "ok", which the caller
 * owns. NULL with @error: what the run said, or that there is none on @path.
 */
JsonNode *control_call(const char *path, JsonObject *request, GError **error);

/* A request for control_call(); owned by the caller. */
JsonObject *control_new_request(enum control_command command);

#endif
