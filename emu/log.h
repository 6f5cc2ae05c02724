/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines go to stderr as "vtlemu: LEVEL: text"; g_critical() is an error, g_warning() and so on. */
#ifndef EMU_LOG_H
#define EMU_LOG_H

#include <glib.h>
#include <stdbool.h>

/* Takes over GLib's log and g_printerr(); call once at the start of the program. */
void log_init(void);

/* Is it "error", "warning", "info" or "debug"? */
bool log_level_is_valid(const char *level);

/* What is shown from now on; NULL leaves it at "warning". */
void log_set_level(const char *level);

/*
 * What goes to stderr begins on a new line when *@line_open, which is atomic, says that whoever
 * prints to the same place has not finished one; that line is then over, and *@line_open becomes
 * 0. No lock is taken, so that a writer who is stuck holds up no log; two lines that come at the
 * very same time may still meet. NULL: nobody prints there any more.
 */
void log_share_line(gint *line_open);

#endif
