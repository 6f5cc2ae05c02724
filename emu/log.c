/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log: see log.h. */
#include "emu/log.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    GLogLevelFlags flag; /* shown at this level and above */
} levels[] = {
    {"error", G_LOG_LEVEL_CRITICAL},
    {"warning", G_LOG_LEVEL_WARNING},
    {"info", G_LOG_LEVEL_INFO},
    {"debug", G_LOG_LEVEL_DEBUG},
};

static gint shown = G_LOG_LEVEL_WARNING; /* GLib's flags grow with unimportance */

static const char *level_name(GLogLevelFlags flag)
{
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        if (flag <= levels[i].flag)
            return levels[i].name;
    return "debug";
}

static GLogWriterOutput write_line(GLogLevelFlags flags, const GLogField *fields, gsize count,
                                   gpointer data)
{
    GLogLevelFlags flag = flags & G_LOG_LEVEL_MASK;

    (void)data;
    if ((gint)flag > g_atomic_int_get(&shown))
        return G_LOG_WRITER_HANDLED;
    for (gsize i = 0; i < count; i++)
        if (!strcmp(fields[i].key, "MESSAGE"))
            g_printerr("vtlemu: %s: %s\n", level_name(flag), (const char *)fields[i].value);
    return G_LOG_WRITER_HANDLED;
}

static gint *shared_line;

void log_share_line(gint *line_open)
{
    g_atomic_pointer_set(&shared_line, line_open);
}

static void print_error(const char *text)
{
    gint *line_open = g_atomic_pointer_get(&shared_line);
    bool torn = line_open && g_atomic_int_compare_and_exchange(line_open, 1, 0);

    flockfile(stderr);
    if (torn && *text != '\r' && *text != '\n')
        putc_unlocked('\n', stderr);
    fputs(text, stderr);
    fflush(stderr);
    funlockfile(stderr);
}

void log_init(void)
{
    g_set_printerr_handler(print_error);
    g_log_set_writer_func(write_line, NULL, NULL);
}

bool log_level_is_valid(const char *level)
{
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        if (!strcmp(level, levels[i].name))
            return true;
    return false;
}

void log_set_level(const char *level)
{
    for (size_t i = 0; level && i < G_N_ELEMENTS(levels); i++)
        if (!strcmp(level, levels[i].name))
            g_atomic_int_set(&shown, (gint)levels[i].flag);
}
