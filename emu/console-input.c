/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What users type, and the I/O thread that serves all consoles: see console.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emu/console-private.h"

/* A prompt without a newline appears after this long. */
#define FLUSH_MS 20
#define US_PER_MS 1000

#define KEY_CTRL_A 1
#define KEY_CTRL_C 3

static void deliver(struct console *console)
{
    size_t taken;

    if (!console->pending)
        return;
    taken = console->sink.input(console->sink.context, console->input, console->pending);
    console->pending -= taken;
    memmove(console->input, console->input + taken, console->pending);
}

static void push(struct console *console, uint8_t byte)
{
    if (console->pending < CONSOLE_INPUT_MAX)
        console->input[console->pending++] = byte;
}

static struct console *get_focus(struct console_set *set)
{
    struct console *focus;

    g_mutex_lock(&set->lock);
    focus = set->focus;
    g_mutex_unlock(&set->lock);
    return focus;
}

static void focus_next(struct console_set *set)
{
    guint index = 0;

    g_mutex_lock(&set->lock);
    g_ptr_array_find(set->consoles, set->focus, &index);
    do {
        index = (index + 1) % set->consoles->len;
        set->focus = g_ptr_array_index(set->consoles, index);
    } while (set->focus->kind != KIND_STDIO);
    g_printerr("\r\n[the keyboard is VTL%u's]\r\n", set->focus->vtl);
    g_mutex_unlock(&set->lock);
}

/* The key after Ctrl-A. */
static void escape_key(struct console_set *set, uint8_t key)
{
    switch (key) {
    case 'x':
        set->quit(set->quit_context, SIGINT);
        break;
    case 's':
        set->quit(set->quit_context, SIGUSR1);
        break;
    case 'c':
        focus_next(set);
        break;
    case KEY_CTRL_A:
        push(get_focus(set), key);
        break;
    default:
        g_printerr("\r\nCtrl-A x  end the run\r\nCtrl-A s  ask the guest to shut down\r\n"
                   "Ctrl-A c  give the keyboard to the next VTL\r\n"
                   "Ctrl-A Ctrl-A  send Ctrl-A\r\n");
    }
}

static void terminal_key(struct console_set *set, uint8_t key)
{
    struct console *focus = get_focus(set);

    if (set->escape) {
        set->escape = false;
        escape_key(set, key);
    } else if (key == KEY_CTRL_A) {
        set->escape = true;
    } else if (key == KEY_CTRL_C && !focus->sink.listening(focus->sink.context)) {
        set->quit(set->quit_context, SIGINT);
    } else {
        push(focus, key);
    }
}

static void read_stdin(struct console_set *set)
{
    uint8_t bytes[CONSOLE_INPUT_MAX];
    ssize_t size = read(STDIN_FILENO, bytes, sizeof(bytes));

    if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN))
        set->stdin_open = false; /* the run goes on without a keyboard */
    for (ssize_t i = 0; i < size; i++) {
        if (set->stdin_is_tty)
            terminal_key(set, bytes[i]);
        else
            push(get_focus(set), bytes[i]);
    }
}

static void replace_client(struct console *console, int fd)
{
    g_mutex_lock(&console->set->lock);
    if (console->fd >= 0)
        close(console->fd);
    console->fd = fd;
    console->left = false;
    g_mutex_unlock(&console->set->lock);
}

static void read_console(struct console *console)
{
    ssize_t size = read(console->fd, console->input, CONSOLE_INPUT_MAX);

    if (size > 0)
        console->pending = (size_t)size;
    else if (console->kind == KIND_UNIX && (size == 0 || errno != EAGAIN))
        replace_client(console, -1);
}

static void accept_client(struct console *console)
{
    int fd = accept4(console->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0)
        replace_client(console, fd);
}

/* What to wait for of a console; a descriptor of -1 is skipped by poll(). */
static struct pollfd console_poll(const struct console *console)
{
    bool client = console->fd >= 0 && console->kind != KIND_FILE;

    /* A sink that takes nothing must not keep the place for a client that has left. */
    if (client && !(console->left && console->pending))
        return (struct pollfd){.fd = console->fd, .events = console->pending ? 0 : POLLIN};
    return (struct pollfd){.fd = console->listener, .events = POLLIN};
}

static void serve_console(struct console *console, const struct pollfd *event)
{
    if (event->revents && event->fd == console->listener)
        accept_client(console);
    else if (event->revents && console->pending)
        console->left = true;
    else if (event->revents)
        read_console(console);
    deliver(console);
}

/* What has waited for a while is flushed, however busy other consoles are. */
static int flush_timeout_ms(struct console_set *set)
{
    gint64 now = g_get_monotonic_time();

    if (!console_has_output(set))
        set->flush_due = 0;
    else if (!set->flush_due)
        set->flush_due = now + FLUSH_MS * US_PER_MS;
    if (!set->flush_due)
        return -1;
    return set->flush_due > now ? (int)((set->flush_due - now) / US_PER_MS) + 1 : 0;
}

static void flush_if_due(struct console_set *set)
{
    if (!set->flush_due || g_get_monotonic_time() < set->flush_due)
        return;
    console_flush_settled(set);
    set->flush_due = 0;
}

static void take_wake(struct console_set *set)
{
    uint64_t count;

    if (read(set->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
        g_warning("console: %s", g_strerror(errno));
}

/* The thread starts after the last console has been opened, so that the list stands still. */
static void serve_once(struct console_set *set, struct pollfd *events)
{
    guint count = set->consoles->len;
    struct console *focus = get_focus(set);
    /* Keys that end the run must get through even when the guest takes no input. */
    bool read_keys = set->stdin_open && focus && (set->stdin_is_tty || !focus->pending);
    int timeout = flush_timeout_ms(set);

    for (guint i = 0; i < count; i++)
        events[i] = console_poll(g_ptr_array_index(set->consoles, i));
    events[count] = (struct pollfd){.fd = set->wake, .events = POLLIN};
    events[count + 1] = (struct pollfd){.fd = read_keys ? STDIN_FILENO : -1, .events = POLLIN};
    if (poll(events, count + 2, timeout) < 0) {
        g_debug("console: %s", g_strerror(errno));
        return;
    }
    flush_if_due(set);
    if (events[count].revents)
        take_wake(set);
    if (events[count + 1].revents)
        read_stdin(set);
    for (guint i = 0; i < count; i++)
        serve_console(g_ptr_array_index(set->consoles, i), &events[i]);
}

gpointer console_serve(gpointer context)
{
    struct console_set *set = context;
    g_autofree struct pollfd *events = g_new0(struct pollfd, set->consoles->len + 2);

    while (!g_atomic_int_get(&set->stop))
        serve_once(set, events);
    return NULL;
}
