/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace file: see trace.h. */
#include "emu/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/file.h"

struct trace {
    FILE *file;
    gint64 start; /* microseconds, monotonic */
};

struct trace *trace_open(const char *path, GError **error)
{
    int fd = file_open_output("--trace ", path, error);
    struct trace *trace;
    FILE *file;

    if (fd < 0)
        return NULL;
    file = fdopen(fd, "w");
    if (!file) {
        emu_set_error(error, EMU_ERROR_SETUP, "--trace %s: %s", path, g_strerror(errno));
        close(fd);
        return NULL;
    }
    trace = g_new0(struct trace, 1);
    trace->file = file;
    trace->start = g_get_monotonic_time();
    return trace;
}

bool trace_close(struct trace *trace)
{
    bool good;

    if (!trace)
        return true;
    good = !ferror(trace->file);
    good = fclose(trace->file) == 0 && good;
    g_free(trace);
    return good;
}

void trace_line(struct trace *trace, unsigned vp, unsigned vtl, const char *format, ...)
{
    double seconds;
    va_list arguments;

    if (!trace)
        return;
    seconds = (double)(g_get_monotonic_time() - trace->start) / G_USEC_PER_SEC;
    va_start(arguments, format);
    flockfile(trace->file);
    fprintf(trace->file, "%.6f vp%u vtl%u ", seconds, vp, vtl);
    vfprintf(trace->file, format, arguments);
    putc_unlocked('\n', trace->file);
    funlockfile(trace->file);
    va_end(arguments);
}
