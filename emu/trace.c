/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace file: see trace.h. */
#include "emu/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/file.h"

struct trace {
    FILE *file;
    gint64 start; /* microseconds, monotonic */
    unsigned kinds;
};

static const char *const kind_names[] = {
    [TRACE_EXIT] = "exit",           [TRACE_DEVICE] = "device",   [TRACE_CALL] = "call",
    [TRACE_SWITCH] = "switch",       [TRACE_INTERCEPT] = "intercept",
    [TRACE_PROTECT] = "protect",     [TRACE_VISIT] = "visit",
    [TRACE_INTERRUPT] = "interrupt", [TRACE_KINDS] = NULL,
};

char *trace_kind_names(void)
{
    return g_strjoinv(", ", (char **)kind_names);
}

/* The set that @name stands for; 0: none. */
static unsigned find_kind(const char *name)
{
    for (unsigned i = 0; i < TRACE_KINDS; i++)
        if (!strcmp(name, kind_names[i]))
            return 1u << i;
    return 0;
}

/* What the first word takes away, it takes from all. */
bool trace_parse_kinds(const char *text, unsigned *kinds, char **bad)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    /* Either what is wanted or what is not: a list of both would mean too many things. */
    unsigned set = *text == '-' ? TRACE_ALL : 0;

    for (char **word = words; *word; word++) {
        bool away = **word == '-';
        unsigned kind = find_kind(*word + away);

        if (!kind || away != (*text == '-')) {
            *bad = g_strdup(*word);
            return false;
        }
        set = away ? set & ~kind : set | kind;
    }
    *kinds = set;
    return true;
}

struct trace *trace_open(const char *path, unsigned kinds, GError **error)
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
    trace->kinds = kinds;
    trace->start = g_get_monotonic_time();
    return trace;
}

void trace_flush(struct trace *trace)
{
    if (trace)
        fflush(trace->file); /* what goes wrong, trace_close() tells */
}

int trace_descriptor(const struct trace *trace)
{
    return trace ? fileno(trace->file) : -1;
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

bool trace_wants(const struct trace *trace, enum trace_kind kind)
{
    return trace && trace->kinds & 1u << kind;
}

void trace_line(struct trace *trace, enum trace_kind kind, unsigned vp, unsigned vtl,
                const char *format, ...)
{
    double seconds;
    va_list arguments;

    if (!trace_wants(trace, kind))
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
