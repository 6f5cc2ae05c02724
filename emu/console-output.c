/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guests print, and where it goes: see console.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "emu/console-private.h"

/* How long a line that is not complete has to stand still before another VTL's may tear it. Whoever
 * sits at a terminal waits for a prompt; whoever reads a file or a pipe later wants whole lines, and
 * a guest on a busy machine may be slow amid one. */
#define SETTLED_ON_TERMINAL_US (20 * 1000)
#define SETTLED_US (500 * 1000)

static int try_all(int fd, const uint8_t *next, size_t size)
{
    while (size) {
        ssize_t done = write(fd, next, size);
        struct pollfd room = {.fd = fd, .events = POLLOUT};

        if (done < 0 && errno == EAGAIN)
            poll(&room, 1, -1);
        else if (done < 0 && errno != EINTR)
            return errno;
        else if (done > 0) {
            next += done;
            size -= (size_t)done;
        }
    }
    return 0;
}

/* Writes all, waiting if need be. Returns 0 or an errno. */
static int write_all(struct console_set *set, int fd, const void *bytes, size_t size)
{
    int error;

    g_atomic_int_inc(&set->writing);
    error = try_all(fd, bytes, size);
    g_atomic_int_add(&set->writing, -1);
    return error;
}

void console_write_stdout(struct console_set *set, const void *bytes, size_t size)
{
    int error = write_all(set, STDOUT_FILENO, bytes, size);

    if (error == EPIPE)
        set->quit(set->quit_context, SIGPIPE);
    else if (error)
        g_debug("stdout: %s", g_strerror(error));
}

static void write_file(struct console *console)
{
    int error = write_all(console->set, console->fd, console->output, console->output_size);

    if (error && !console->lost)
        g_warning("the console of VTL%u: output is lost: %s", console->vtl, g_strerror(error));
    console->lost |= error != 0;
}

/* A line's beginning: whose it is, if there is more than one on stdio. */
static void write_prefix(const struct console *console)
{
    char prefix[16];

    if (console->set->stdio_count < 2)
        return;
    g_snprintf(prefix, sizeof(prefix), "[VTL%u] ", console->vtl);
    console_write_stdout(console->set, prefix, strlen(prefix));
}

static void write_stdio(struct console *console)
{
    struct console_set *set = console->set;
    const uint8_t *next = console->output, *end = next + console->output_size;

    if (g_atomic_int_get(&set->line_open) && set->last_writer != console) {
        console_write_stdout(set, "\n", 1);
        g_atomic_int_set(&set->line_open, false);
    }
    set->last_writer = console;
    while (next < end) {
        const uint8_t *newline = memchr(next, '\n', (size_t)(end - next));
        const uint8_t *stop = newline ? newline + 1 : end;
        bool begins = !g_atomic_int_get(&set->line_open);

        /* Before it can be seen, as whoever sees it may go on to log something. */
        g_atomic_int_set(&set->line_open, !newline);
        if (begins)
            write_prefix(console);
        console_write_stdout(set, next, (size_t)(stop - next));
        next = stop;
    }
}

void console_flush(struct console *console)
{
    if (!console->output_size)
        return;
    if (console->kind == KIND_STDIO)
        write_stdio(console);
    else if (console->kind == KIND_FILE)
        write_file(console);
    else if (console->fd >= 0 && write(console->fd, console->output, console->output_size) < 0 &&
             errno != EAGAIN)
        g_debug("console of VTL%u: output dropped: %s", console->vtl, g_strerror(errno));
    console->output_size = 0;
}

void console_write(struct console *console, const uint8_t *bytes, size_t size)
{
    struct console_set *set = console->set;
    bool first = false;

    if (console->kind == KIND_NULL)
        return;
    g_mutex_lock(&set->lock);
    for (size_t i = 0; i < size; i++) {
        first |= console->output_size == 0;
        console->output[console->output_size++] = bytes[i];
        if (bytes[i] == '\n' || console->output_size == CONSOLE_OUTPUT_MAX)
            console_flush(console);
    }
    first &= console->output_size > 0;
    console->grown = g_get_monotonic_time();
    g_mutex_unlock(&set->lock);
    if (first)
        console_wake(set); /* to flush later */
}

void console_input_ready(struct console *console)
{
    if (console->kind != KIND_NULL && console->kind != KIND_FILE)
        console_wake(console->set);
}

/* A line still being written is left whole if the lines of another VTL could tear it. */
static bool is_settled(const struct console *console, gint64 now)
{
    const struct console_set *set = console->set;

    return console->kind != KIND_STDIO || set->stdio_count < 2 ||
           now - console->grown >= (set->stdout_is_tty ? SETTLED_ON_TERMINAL_US : SETTLED_US);
}

void console_flush_settled(struct console_set *set)
{
    gint64 now = g_get_monotonic_time();

    g_mutex_lock(&set->lock);
    for (guint i = 0; i < set->consoles->len; i++) {
        struct console *console = g_ptr_array_index(set->consoles, i);

        if (is_settled(console, now))
            console_flush(console);
    }
    g_mutex_unlock(&set->lock);
}

void console_flush_all(struct console_set *set)
{
    g_mutex_lock(&set->lock);
    for (guint i = 0; i < set->consoles->len; i++)
        console_flush(g_ptr_array_index(set->consoles, i));
    g_mutex_unlock(&set->lock);
}

bool console_has_output(struct console_set *set)
{
    bool any = false;

    g_mutex_lock(&set->lock);
    for (guint i = 0; i < set->consoles->len; i++)
        any |= ((struct console *)g_ptr_array_index(set->consoles, i))->output_size > 0;
    g_mutex_unlock(&set->lock);
    return any;
}
