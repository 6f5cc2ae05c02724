/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Life of the consoles: see console.h. */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/console-private.h"
#include "emu/log.h"

void console_wake(struct console_set *set)
{
    static const uint64_t one = 1;

    if (write(set->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
        g_warning("console: cannot wake the I/O thread: %s", g_strerror(errno));
}

struct console_set *console_set_new(void (*quit)(void *context, int signal), void *context)
{
    struct console_set *set = g_new0(struct console_set, 1);

    set->quit = quit;
    set->quit_context = context;
    set->consoles = g_ptr_array_new();
    set->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_mutex_init(&set->lock);
    return set;
}

static void close_console(struct console *console)
{
    int fds[] = {console->fd, console->peer, console->listener};

    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (console->path)
        unlink(console->path);
    g_free(console->path);
    g_free(console);
}

struct console *console_open(struct console_set *set, unsigned vtl, const char *where,
                             const struct console_sink *sink, GError **error)
{
    struct console *console = g_new0(struct console, 1);

    console->set = set;
    console->vtl = vtl;
    console->sink = *sink;
    console->fd = console->peer = console->listener = -1;
    if (!console_open_kind(console, where, error)) {
        close_console(console);
        return NULL;
    }
    g_ptr_array_add(set->consoles, console);
    return console;
}

/* Do guests print to where the log goes: one terminal, file or pipe? */
static bool shares_with_log(const struct console_set *set)
{
    struct stat out, log;

    return set->stdio_count && fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &log) == 0 &&
           out.st_dev == log.st_dev && out.st_ino == log.st_ino;
}

void console_set_start(struct console_set *set)
{
    if (shares_with_log(set))
        log_share_line(&set->line_open);
    set->thread = g_thread_new("console", console_serve, set);
}

void console_set_focus(struct console_set *set, struct console *console)
{
    g_mutex_lock(&set->lock);
    if (console->kind == KIND_STDIO)
        set->focus = console;
    g_mutex_unlock(&set->lock);
}

void console_set_finish(struct console_set *set)
{
    g_atomic_int_set(&set->stop, 1);
    console_wake(set);
    if (set->thread)
        g_thread_join(set->thread);
    set->thread = NULL;
    console_flush_all(set);
    log_share_line(NULL);
    if (g_atomic_int_get(&set->line_open) && set->stdio_count)
        console_write_stdout(set, "\n", 1);
    g_atomic_int_set(&set->line_open, false);
    console_restore_terminal();
}

bool console_set_waits(struct console_set *set)
{
    return g_atomic_int_get(&set->writing);
}

/* The list stands still, and paths do not change. */
void console_set_abandon(struct console_set *set)
{
    console_restore_terminal();
    for (guint i = 0; i < set->consoles->len; i++) {
        const struct console *console = g_ptr_array_index(set->consoles, i);

        if (console->path)
            unlink(console->path);
    }
}

void console_set_free(struct console_set *set)
{
    console_set_finish(set);
    for (guint i = 0; i < set->consoles->len; i++)
        close_console(g_ptr_array_index(set->consoles, i));
    g_ptr_array_unref(set->consoles);
    close(set->wake);
    g_mutex_clear(&set->lock);
    g_free(set);
}
