/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace file: a line an event, "SECONDS vpN vtlN EVENT DETAILS".
 */
#ifndef EMU_TRACE_H
#define EMU_TRACE_H

#include <glib.h>
#include <stdbool.h>

struct trace;

/* NULL with @error if @path cannot be written. */
struct trace *trace_open(const char *path, GError **error);

/* NULL is fine. False if lines were lost because writing failed. */
bool trace_close(struct trace *trace);

/* Writes a line; nothing if @trace is NULL. From any thread. */
void trace_line(struct trace *trace, unsigned vp, unsigned vtl, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

#endif
