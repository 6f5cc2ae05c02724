/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the consoles of the guest lead: stdio, file:PATH, pty, unix:PATH or null.
 *
 * One I/O thread serves all consoles of a run. Several VTLs may share stdio: each line of output
 * then names its VTL, and the keyboard belongs to one of them at a time.
 */
#ifndef EMU_CONSOLE_H
#define EMU_CONSOLE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console;
struct console_set;

/* Where input goes. Both are called by the I/O thread, without locks held. */
struct console_sink {
    size_t (*input)(void *context, const uint8_t *bytes, size_t size); /* returns how many it took */
    bool (*listening)(void *context); /* does the guest read its console? */
    void *context;
};

/*
 * @quit is called, by any thread, when the user wants to end the run: with SIGINT for Ctrl-A x, with
 * SIGUSR1 for Ctrl-A s, which wants the guest to end it, with SIGPIPE when nobody is left to read
 * stdout. SIGPIPE itself must be ignored by the process.
 */
struct console_set *console_set_new(void (*quit)(void *context, int signal), void *context);

/* Starts the I/O thread, after the last console has been opened. */
void console_set_start(struct console_set *set);

/* Stops the I/O thread, writes out what is left, restores the terminal. May wait for readers. */
void console_set_finish(struct console_set *set);

/* Does a guest's output wait for its reader at this moment? From any thread. */
bool console_set_waits(struct console_set *set);

/* For one that waits for ever: restores the terminal and removes sockets, from any thread. */
void console_set_abandon(struct console_set *set);

/* Finishes if that has not been done, and frees all consoles. */
void console_set_free(struct console_set *set);

/* Gives the keyboard to @console, if it is on stdio. */
void console_set_focus(struct console_set *set, struct console *console);

/*
 * Opens the console of @vtl; the set owns it. Takes a copy of @sink. NULL with @error if @where is
 * none of the above or cannot be opened.
 */
struct console *console_open(struct console_set *set, unsigned vtl, const char *where,
                             const struct console_sink *sink, GError **error);

/*
 * Output of the guest, from any thread. Lines are written out at once, the rest soon after. Waits
 * for stdio and files; drops what a pty or socket does not take.
 */
void console_write(struct console *console, const uint8_t *bytes, size_t size);

/* The sink has room again. */
void console_input_ready(struct console *console);

/* Puts the terminal back as it was; safe in a signal handler and at any time. */
void console_restore_terminal(void);

#endif
