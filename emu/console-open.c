/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The places that consoles lead to, and the user's terminal: see console.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "emu/console-private.h"
#include "emu/error.h"
#include "emu/file.h"
#include "emu/socket.h"

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

void console_make_terminal_raw(void)
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
        set->stdout_is_tty = isatty(STDOUT_FILENO);
        /* A background job that touched the terminal would be stopped; it has no keyboard. */
        set->stdin_open = !set->stdin_is_tty || tcgetpgrp(STDIN_FILENO) == getpgrp();
        set->focus = console;
        if (set->stdin_is_tty && set->stdin_open)
            console_make_terminal_raw();
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

static bool open_unix(struct console *console, const char *path, GError **error)
{
    g_autofree char *where = g_strconcat("unix:", path, NULL);

    console->listener = socket_listen_path(path, S_IRWXU | S_IRWXG | S_IRWXO, 1);
    if (console->listener < 0)
        return open_failed(error, console->vtl, where);
    console->path = g_strdup(path);
    return true;
}

static const struct {
    const char *prefix;
    enum console_kind kind;
    bool takes_path;
    bool (*open)(struct console *console, const char *path, GError **error);
} kinds[] = {
    {"null", KIND_NULL, false, open_null},   {"stdio", KIND_STDIO, false, open_stdio},
    {"file:", KIND_FILE, true, open_file},   {"pty", KIND_PTY, false, open_pty},
    {"unix:", KIND_UNIX, true, open_unix},
};

bool console_open_kind(struct console *console, const char *where, GError **error)
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
