/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the consoles share: console.c has their life, console-open.c the kinds of
 * places and the terminal, console-output.c what guests print, console-input.c the I/O thread.
 */
#ifndef EMU_CONSOLE_PRIVATE_H
#define EMU_CONSOLE_PRIVATE_H

#include "emu/console.h"

#define CONSOLE_INPUT_MAX 256
#define CONSOLE_OUTPUT_MAX 512

enum console_kind { KIND_NULL, KIND_STDIO, KIND_FILE, KIND_PTY, KIND_UNIX };

struct console {
    struct console_set *set;
    enum console_kind kind;
    unsigned vtl;
    struct console_sink sink;
    char *path;   /* of a socket, to be removed */
    int fd;       /* file, pty master or connected client; -1: none */
    int peer;     /* a pty's other side, held open so that the master never hangs up */
    int listener; /* socket; -1: none */
    bool lost;    /* the user knows that output cannot be written; under set.lock */
    bool left;    /* the client hung up while its input waits for the sink; I/O thread only */
    size_t pending, output_size;
    gint64 grown; /* when it printed last: monotonic microseconds; under set.lock */
    uint8_t input[CONSOLE_INPUT_MAX]; /* read but not yet taken by the sink; I/O thread only */
    uint8_t output[CONSOLE_OUTPUT_MAX]; /* under set.lock */
};

struct console_set {
    GMutex lock; /* output, focus, list of consoles */
    GPtrArray *consoles;
    GThread *thread;
    int wake; /* eventfd */
    gint stop;
    void (*quit)(void *context, int signal);
    void *quit_context;
    gint64 flush_due; /* monotonic microseconds; 0: nothing to flush; I/O thread only */
    struct console *focus;
    unsigned stdio_count;
    bool stdin_open, stdin_is_tty, stdout_is_tty, escape;
    struct console *last_writer; /* on stdout */
    gint writing;   /* atomic: how many threads are about it */
    gint line_open; /* its line is not complete; atomic: the log may complete it */
};

/* Keys go to the guest as they are; output still gets its carriage returns. */
void console_make_terminal_raw(void);

/* Opens what @where names, and sets the console's kind; false with @error. */
bool console_open_kind(struct console *console, const char *where, GError **error);

/* Makes the I/O thread look around. */
void console_wake(struct console_set *set);
/* Its body; the context is the set. */
gpointer console_serve(gpointer context);

/* To stdout. Once its reader has gone, as in `vtlemu run ... | head`, there is nothing to run for. */
void console_write_stdout(struct console_set *set, const void *bytes, size_t size);
/* Writes out what a console holds, all that has settled, or all. The first with the lock held. */
void console_flush(struct console *console);
void console_flush_settled(struct console_set *set);
void console_flush_all(struct console_set *set);
bool console_has_output(struct console_set *set);

#endif
