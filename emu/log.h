/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines go to stderr as "vtlemu: LEVEL: text"; g_critical() is an error, g_warning() and so on. */
#ifndef EMU_LOG_H
#define EMU_LOG_H

#include <stdbool.h>

/* Takes over GLib's log; call once at the start of the program. */
void log_init(void);

/* Is it "error", "warning", "info" or "debug"? */
bool log_level_is_valid(const char *level);

/* What is shown from now on; NULL leaves it at "warning". */
void log_set_level(const char *level);

#endif
