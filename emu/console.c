/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles and their I/O thread: see console.h. */
#include "emu/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/file.h"

#define INPUT_MAX 256
#define OUTPUT_MAX 512
/* A prompt without a newline appears after this long. */
#define FLUSH_MS 20
#define US_PER_MS 1000

#define KEY_CTRL_A 1
#define KEY_CTRL_C 3

enum kind { KIND_NULL, KIND_STDIO, KIND_FILE, KIND_PTY, KIND_UNIX };

struct console {
    struct console_set *set;
    enum kind kind;
    unsigned vtl;
    struct console_sink sink;
    char *path;   /* of a socket, to be removed */
    int fd;       /* file, pty master or connected client; -1: none */
    int peer;     /* a pty's other side, held open so that the master never hangs up */
    int listener; /* socket; -1: none */
    bool lost;    /* the user knows that output cannot be written; under set.lock */
    bool left;    /* the client hung up while its input waits for the sink; I/O thread only */
    size_t pending, output_size;
    bool grown; /* output since the last look at it; under set.lock */
    uint8_t input[INPUT_MAX]; /* read but not yet taken by the sink; I/O thread only */
    uint8_t output[OUTPUT_MAX]; /* under set.lock */
};

struct console_set {
    GMutex lock; /* output, focus, list of consoles */
    GPtrArray *consoles;
    GThread *thread;
    int wake; /* eventfd */
    gint stop;
    void (*quit)(void *context, int signal);
    void *quit_context;
    gint64 flush_due; /* monotonic microseconds; 0: nothing to flush; I/O thread only */
    struct console *focus;
    unsigned stdio_count;
    bool stdin_open, stdin_is_tty, escape;
    struct console *last_writer; /* on stdout */
    bool line_open;              /* its line is not complete */
};

/* The terminal, of which a process has one. */
static struct termios saved_terminal;
static volatile sig_atomic_t terminal_is_raw;

void console_restore_terminal(void)
{
    if (terminal_is_raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_terminal);
    terminal_is_raw = 0;
}

/* A crash must not leave a terminal without echo. SA_RESETHAND: the second time is final. */
static void restore_and_die(int signal)
{
    console_restore_terminal();
    raise(signal);
}

static void guard_terminal(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGQUIT};
    struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = SA_RESETHAND | SA_NODEFER};

    for (size_t i = 0; i < G_N_ELEMENTS(fatal); i++)
        sigaction(fatal[i], &action, NULL);
    atexit(console_restore_terminal);
}

/* Keys go to the guest as they are; output still gets its carriage returns. */
static void make_terminal_raw(void)
{
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &saved_terminal) < 0)
        return;
    raw = saved_terminal;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST;
    guard_terminal();
    terminal_is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static void wake(struct console_set *set)
{
    static const uint64_t one = 1;

    if (write(set->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
        g_warning("console: cannot wake the I/O thread: %s", g_strerror(errno));
}

/* Writes all, waiting if need be. Returns 0 or an errno. */
static int write_all(int fd, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;

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

/* To stdout. Once its reader has gone, as in `vtlemu run ... | head`, there is nothing to run for. */
static void write_stdout(struct console_set *set, const void *bytes, size_t size)
{
    int error = write_all(STDOUT_FILENO, bytes, size);

    if (error == EPIPE)
        set->quit(set->quit_context, SIGPIPE);
    else if (error)
        g_debug("stdout: %s", g_strerror(error));
}

static void write_file(struct console *console)
{
    int error = write_all(console->fd, console->output, console->output_size);

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
    write_stdout(console->set, prefix, strlen(prefix));
}

static void write_stdio(struct console *console)
{
    struct console_set *set = console->set;
    const uint8_t *next = console->output, *end = next + console->output_size;

    if (set->line_open && set->last_writer != console) {
        write_stdout(set, "\n", 1);
        set->line_open = false;
    }
    set->last_writer = console;
    while (next < end) {
        const uint8_t *newline = memchr(next, '\n', (size_t)(end - next));
        const uint8_t *stop = newline ? newline + 1 : end;

        if (!set->line_open)
            write_prefix(console);
        write_stdout(set, next, (size_t)(stop - next));
        set->line_open = !newline;
        next = stop;
    }
}

/* With the lock held. */
static void flush(struct console *console)
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
        if (bytes[i] == '\n' || console->output_size == OUTPUT_MAX)
            flush(console);
    }
    first &= console->output_size > 0;
    console->grown = true;
    g_mutex_unlock(&set->lock);
    if (first)
        wake(set); /* to flush later */
}

void console_input_ready(struct console *console)
{
    if (console->kind != KIND_NULL && console->kind != KIND_FILE)
        wake(console->set);
}

/* --- Input: the I/O thread ------------------------------------------------------------------- */

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
    if (console->pending < INPUT_MAX)
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
    case 'c':
        focus_next(set);
        break;
    case KEY_CTRL_A:
        push(get_focus(set), key);
        break;
    default:
        g_printerr("\r\nCtrl-A x  end the run\r\nCtrl-A c  give the keyboard to the next VTL\r\n"
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
    uint8_t bytes[INPUT_MAX];
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
    ssize_t size = read(console->fd, console->input, INPUT_MAX);

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

/* A line still being written is left whole if the lines of another VTL could tear it. */
static bool is_settled(struct console *console)
{
    bool settled = !console->grown || console->set->stdio_count < 2;

    console->grown = false;
    return settled;
}

static void flush_settled(struct console_set *set)
{
    g_mutex_lock(&set->lock);
    for (guint i = 0; i < set->consoles->len; i++) {
        struct console *console = g_ptr_array_index(set->consoles, i);

        if (is_settled(console))
            flush(console);
    }
    g_mutex_unlock(&set->lock);
}

static void flush_all(struct console_set *set)
{
    g_mutex_lock(&set->lock);
    for (guint i = 0; i < set->consoles->len; i++)
        flush(g_ptr_array_index(set->consoles, i));
    g_mutex_unlock(&set->lock);
}

static bool has_output(struct console_set *set)
{
    bool any = false;

    g_mutex_lock(&set->lock);
    for (guint i = 0; i < set->consoles->len; i++)
        any |= ((struct console *)g_ptr_array_index(set->consoles, i))->output_size > 0;
    g_mutex_unlock(&set->lock);
    return any;
}

/* What has waited for a while is flushed, however busy other consoles are. */
static int flush_timeout_ms(struct console_set *set)
{
    gint64 now = g_get_monotonic_time();

    if (!has_output(set))
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
    flush_settled(set);
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

static gpointer serve(gpointer context)
{
    struct console_set *set = context;
    g_autofree struct pollfd *events = g_new0(struct pollfd, set->consoles->len + 2);

    while (!g_atomic_int_get(&set->stop))
        serve_once(set, events);
    return NULL;
}

/* --- Opening and closing --------------------------------------------------------------------- */

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

static bool open_failed(GError **error, unsigned vtl, const char *where)
{
    emu_set_error(error, EMU_ERROR_USAGE, "--vtl%u-console %s: %s%s", vtl, where, g_strerror(errno),
                  errno == EADDRINUSE ? "; remove it, or give another path" : "");
    return false;
}

static bool open_null(struct console *console, const char *path, GError **error)
{
    (void)console;
    (void)path;
    (void)error;
    return true;
}

static bool open_stdio(struct console *console, const char *path, GError **error)
{
    struct console_set *set = console->set;

    (void)path;
    (void)error;
    if (set->stdio_count++ == 0) {
        set->stdin_is_tty = isatty(STDIN_FILENO);
        /* A background job that touched the terminal would be stopped; it has no keyboard. */
        set->stdin_open = !set->stdin_is_tty || tcgetpgrp(STDIN_FILENO) == getpgrp();
        set->focus = console;
        if (set->stdin_is_tty && set->stdin_open)
            make_terminal_raw();
    }
    return true;
}

static bool open_file(struct console *console, const char *path, GError **error)
{
    g_autofree char *option = g_strdup_printf("--vtl%u-console file:", console->vtl);

    console->fd = file_open_output(option, path, error);
    return console->fd >= 0;
}

/* A fresh pty echoes what the guest prints back to it as input. */
static bool make_pty_raw(int fd)
{
    struct termios raw;

    if (tcgetattr(fd, &raw) < 0)
        return false;
    cfmakeraw(&raw);
    return tcsetattr(fd, TCSANOW, &raw) == 0;
}

static bool open_pty(struct console *console, const char *path, GError **error)
{
    char name[64];

    (void)path;
    console->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (console->fd < 0 || grantpt(console->fd) < 0 || unlockpt(console->fd) < 0 ||
        ptsname_r(console->fd, name, sizeof(name)) != 0)
        return open_failed(error, console->vtl, "pty");
    console->peer = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (console->peer < 0 || !make_pty_raw(console->peer))
        return open_failed(error, console->vtl, "pty");
    g_printerr("vtlemu: the console of VTL%u is at %s\n", console->vtl, name);
    return true;
}

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* One that nobody listens on was left by a run that was killed. */
static void remove_stale_socket(const struct sockaddr_un *address)
{
    int fd = new_socket();
    struct stat status;

    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
        errno == ECONNREFUSED && lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(address->sun_path);
    close(fd);
}

static bool open_unix(struct console *console, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *where = g_strconcat("unix:", path, NULL);

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return open_failed(error, console->vtl, where);
    }
    strcpy(address.sun_path, path);
    remove_stale_socket(&address);
    console->listener = new_socket();
    if (console->listener < 0 ||
        bind(console->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(console->listener, 1) < 0)
        return open_failed(error, console->vtl, where);
    console->path = g_strdup(path);
    return true;
}

static const struct {
    const char *prefix;
    enum kind kind;
    bool takes_path;
    bool (*open)(struct console *console, const char *path, GError **error);
} kinds[] = {
    {"null", KIND_NULL, false, open_null},   {"stdio", KIND_STDIO, false, open_stdio},
    {"file:", KIND_FILE, true, open_file},   {"pty", KIND_PTY, false, open_pty},
    {"unix:", KIND_UNIX, true, open_unix},
};

static bool open_kind(struct console *console, const char *where, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const char *rest = where + strlen(kinds[i].prefix);

        if (!g_str_has_prefix(where, kinds[i].prefix) || !*rest != !kinds[i].takes_path)
            continue;
        console->kind = kinds[i].kind;
        return kinds[i].open(console, rest, error);
    }
    emu_set_error(error, EMU_ERROR_USAGE,
                  "--vtl%u-console %s: give stdio, file:PATH, pty, unix:PATH or null",
                  console->vtl, where);
    return false;
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
    if (!open_kind(console, where, error)) {
        close_console(console);
        return NULL;
    }
    g_ptr_array_add(set->consoles, console);
    return console;
}

void console_set_start(struct console_set *set)
{
    set->thread = g_thread_new("console", serve, set);
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
    wake(set);
    if (set->thread)
        g_thread_join(set->thread);
    set->thread = NULL;
    flush_all(set);
    if (set->line_open && set->stdio_count)
        write_stdout(set, "\n", 1);
    set->line_open = false;
    console_restore_terminal();
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
