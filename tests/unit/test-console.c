/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles: where output arrives, where input comes from, clients that come and go. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/log.h"
#include "tests/unit/console-fixture.h"
#include "tests/unit/unit.h"

/* Output for nobody is dropped; so clients speak first, which shows that they were let in. */
START_TEST(a_socket_serves_one_client_after_another)
{
    g_autofree char *where = fixture_place("unix");
    struct guest *guest = guest_open(2, where);
    int first, second;

    guest_print(guest, "for nobody\n");
    console_set_start(fixture.set);
    first = user_connect(where);
    user_type(first, "one ");
    guest_expect_input(guest, "one ");
    guest_print(guest, "hello\nlogin: "); /* a prompt has no newline */
    user_expect(first, "hello\nlogin: ");
    second = user_connect(where);
    user_type(second, "two");
    user_type(first, "more ");
    guest_expect_input(guest, "one more ");
    close(first);
    guest_expect_input(guest, "one more two");
    guest_print(guest, "hello again\n");
    user_expect(second, "hello again\n");
    fixture_end();
    user_expect_end(second);
    ck_assert_msg(!g_file_test(fixture_path(where), G_FILE_TEST_EXISTS), "%s is left", where);
}
END_TEST

START_TEST(input_waits_for_room)
{
    g_autofree char *where = fixture_place("unix"), *text = g_strnfill(1000, 'x');
    struct guest *guest = guest_open(0, where);
    int client;

    memcpy(text, "0123456789", 10);
    guest->room = 4;
    console_set_start(fixture.set);
    client = user_connect(where);
    user_type(client, text);
    guest_expect_input(guest, "0123");
    guest_make_room(guest, 3);
    guest_expect_input(guest, "0123456");
    guest_make_room(guest, 2000);
    guest_expect_input(guest, text);
    close(client);
}
END_TEST

/* Who typed at a guest that does not read must not keep the place after leaving. */
START_TEST(a_client_that_left_input_holds_nobody_up)
{
    g_autofree char *where = fixture_place("unix");
    struct guest *guest = guest_open(2, where);
    struct pollfd second = {.events = POLLIN};
    int first, third;

    guest->room = 1;
    console_set_start(fixture.set);
    first = user_connect(where);
    user_type(first, "typed ");
    guest_expect_input(guest, "t");
    close(first);
    guest_print(guest, "into the broken connection\n");
    second.fd = user_connect(where);
    for (int i = 0; i < PATIENCE_MS / 5 && poll(&second, 1, 5) == 0; i++)
        guest_print(guest, "tick\n");
    user_expect(second.fd, "tick\n");
    user_type(second.fd, "more");
    third = user_connect(where); /* does not push out one who is still there */
    guest_make_room(guest, 100);
    guest_expect_input(guest, "typed more");
    close(second.fd);
    close(third);
}
END_TEST

static gint hush;

static gpointer babble(gpointer guest)
{
    while (!g_atomic_int_get(&hush)) {
        guest_print(guest, "a line\n");
        g_thread_yield();
    }
    return NULL;
}

START_TEST(clients_may_vanish_amid_output)
{
    g_autofree char *where = fixture_place("unix");
    struct guest *guest = guest_open(0, where);
    GThread *thread;

    console_set_start(fixture.set);
    thread = g_thread_new("babble", babble, guest);
    for (int i = 0; i < 20; i++) {
        int client = user_connect(where);

        user_expect(client, "a line\n");
        close(client);
    }
    g_atomic_int_set(&hush, 1);
    g_thread_join(thread);
}
END_TEST

START_TEST(a_pty_is_announced_and_talks_both_ways)
{
    struct guest *guest = guest_open(2, "pty");
    char *path = strstr(fixture.told->str, "/dev/");
    int terminal;

    ck_assert_msg(path && strstr(fixture.told->str, "VTL2"), "told '%s'", fixture.told->str);
    terminal = open(g_strchomp(path), O_RDWR | O_NOCTTY);
    ck_assert_msg(terminal >= 0, "%s", path);
    console_set_start(fixture.set);
    guest_print(guest, "hello\r\nlogin: ");
    user_expect(terminal, "hello\r\nlogin: ");
    user_type(terminal, "me\r\x03");
    guest_expect_input(guest, "me\r\x03"); /* without an echo of the output */
    close(terminal);
    terminal = open(path, O_RDWR | O_NOCTTY);
    user_type(terminal, "!");
    guest_expect_input(guest, "me\r\x03!");
    close(terminal);
}
END_TEST

START_TEST(a_file_holds_the_output)
{
    g_autofree char *where = fixture_place("file"), *line = g_strnfill(2000, 'x'), *text = NULL;
    g_autofree char *before = g_strnfill(3000, 'o');
    g_autofree char *all = g_strconcat(line, "\nlogin: ", NULL);
    struct guest *guest;

    ck_assert(g_file_set_contents(fixture_path(where), before, -1, NULL));
    guest = guest_open(1, where);
    console_set_start(fixture.set);
    guest_print(guest, all);
    console_input_ready(guest->console);
    fixture_end();
    ck_assert(g_file_get_contents(fixture_path(where), &text, NULL, NULL));
    ck_assert_str_eq(text, all);
    g_remove(fixture_path(where));
}
END_TEST

/* Waiting for each part makes sure that it was not held back until the next. */
START_TEST(lines_on_stdio_name_their_vtl)
{
    struct guest *low, *high;

    fixture_take_stdio();
    low = guest_open(0, "stdio");
    high = guest_open(2, "stdio");
    console_set_start(fixture.set);
    guest_print(low, "one\ntwo\n");
    user_expect(fixture.screen, "[VTL0] one\n[VTL0] two\n");
    guest_print(high, "lo");
    user_expect(fixture.screen, "[VTL2] lo");
    guest_print(high, "gin: ");
    user_expect(fixture.screen, "gin: ");
    guest_print(low, "three");
    user_expect(fixture.screen, "\n[VTL0] three");
    guest_print(high, "root\n");
    user_expect(fixture.screen, "\n[VTL2] root\n");
    guest_print(low, "four\nfive");
    fixture_end_stdio("[VTL0] four\n[VTL0] five\n");
    close(fixture.keyboard);
}
END_TEST

/* The other VTL's line comes before it, and not amid it. */
START_TEST(a_slow_line_stays_whole)
{
    struct guest *low, *high;

    fixture_take_stdio();
    low = guest_open(0, "stdio");
    high = guest_open(2, "stdio");
    console_set_start(fixture.set);
    guest_print(low, "a slow ");
    g_usleep(100 * 1000);
    guest_print(high, "in between\n");
    guest_print(low, "line\n");
    user_expect(fixture.screen, "[VTL2] in between\n[VTL0] a slow line\n");
    fixture_end_stdio("");
    close(fixture.keyboard);
}
END_TEST

START_TEST(keys_go_where_the_focus_is)
{
    struct guest *low, *high;

    fixture_take_stdio();
    low = guest_open(0, "stdio");
    high = guest_open(2, "stdio");
    console_set_start(fixture.set);
    user_type(fixture.keyboard, "low\x01x"); /* Ctrl-A means something on terminals only */
    guest_expect_input(low, "low\x01x");
    console_set_focus(fixture.set, high->console);
    user_type(fixture.keyboard, "high");
    close(fixture.keyboard);
    guest_expect_input(high, "high");
    guest_expect_input(low, "low\x01x");
    guest_print(high, "on without a keyboard\n");
    fixture_end_stdio("[VTL2] on without a keyboard\n");
}
END_TEST

/* The log and what guests print, on one screen. */
static int share_screen(bool share)
{
    int before = dup(STDERR_FILENO);

    log_init();
    fixture_take_stdio();
    if (share)
        dup2(STDOUT_FILENO, STDERR_FILENO);
    return before;
}

static void unshare_screen(int before)
{
    dup2(before, STDERR_FILENO);
    close(before);
}

START_TEST(the_log_begins_on_a_new_line)
{
    int before = share_screen(true);
    struct guest *low = guest_open(0, "stdio");

    guest_open(2, "stdio");
    console_set_start(fixture.set);
    guest_print(low, "a whole line\n");
    user_expect(fixture.screen, "[VTL0] a whole line\n");
    g_warning("one");
    guest_print(low, "half");
    user_expect(fixture.screen, "vtlemu: warning: one\n[VTL0] half");
    g_warning("two");
    g_warning("three");
    guest_print(low, " a line\n");
    user_expect(fixture.screen, "\nvtlemu: warning: two\nvtlemu: warning: three\n[VTL0]  a line\n");
    guest_print(low, "end");
    user_expect(fixture.screen, "[VTL0] end");
    g_printerr("\r\nkeyboard\r\n");
    unshare_screen(before);
    fixture_end_stdio("\r\nkeyboard\r\n");
    close(fixture.keyboard);
}
END_TEST

START_TEST(a_log_elsewhere_leaves_lines_alone)
{
    int before = share_screen(false);
    struct guest *guest = guest_open(0, "stdio");

    console_set_start(fixture.set);
    guest_print(guest, "half");
    user_expect(fixture.screen, "half");
    g_warning("this is part of the test");
    guest_print(guest, " a line\n");
    unshare_screen(before);
    fixture_end_stdio(" a line\n");
    close(fixture.keyboard);
}
END_TEST

START_TEST(null_is_silent_and_does_not_count)
{
    struct guest *low, *high;

    fixture_take_stdio();
    low = guest_open(0, "stdio");
    high = guest_open(2, "null");
    console_set_focus(fixture.set, high->console);
    console_set_start(fixture.set);
    guest_print(high, "nothing\n");
    console_input_ready(high->console);
    guest_print(low, "alone\n");
    user_type(fixture.keyboard, "keys");
    guest_expect_input(low, "keys");
    fixture_end_stdio("alone\n");
    close(fixture.keyboard);
}
END_TEST

/* --- A terminal ------------------------------------------------------------------------------ */

static gint quit_signal;

static void note_quit(void *context, int signal)
{
    (void)context;
    g_atomic_int_set(&quit_signal, signal);
}

/* Takes nothing and reads nothing, as a guest that hangs or is still booting. */
static size_t take_nothing(void *context, const uint8_t *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return 0;
}

static bool never_listening(void *context)
{
    (void)context;
    return false;
}

/* In a process whose terminal is @name: exits with the signal that ends the run. */
static G_GNUC_NORETURN void run_on_terminal(const char *name)
{
    static const struct console_sink sink = {take_nothing, never_listening, NULL};
    struct console_set *set;
    int fd;

    setsid();
    fd = open(name, O_RDWR); /* the first terminal of a session leader is its own */
    dup2(fd, STDIN_FILENO);
    set = console_set_new(note_quit, NULL);
    console_open(set, 0, "stdio", &sink, NULL);
    console_set_start(set);
    for (unsigned ms = 0; ms < PATIENCE_MS && !g_atomic_int_get(&quit_signal); ms++)
        g_usleep(1000);
    console_set_free(set);
    _exit(g_atomic_int_get(&quit_signal));
}

static int type_on_terminal(const char *keys)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), status = 0;
    char name[64];
    pid_t child;

    grantpt(master);
    unlockpt(master);
    ptsname_r(master, name, sizeof(name));
    child = fork();
    if (child == 0)
        run_on_terminal(name);
    /* Until the terminal is raw, Ctrl-C would be a signal. */
    for (struct termios mode = {.c_lflag = ISIG}; mode.c_lflag & ISIG; g_usleep(1000))
        tcgetattr(master, &mode);
    user_type(master, keys);
    waitpid(child, &status, 0);
    close(master);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(keys_that_end_the_run_get_through)
{
    ck_assert_int_eq(type_on_terminal("\x01x"), SIGINT);
    ck_assert_int_eq(type_on_terminal("\x03"), SIGINT);
    ck_assert_int_eq(type_on_terminal("keys that nobody takes\x03"), SIGINT);
    ck_assert_int_eq(type_on_terminal("more keys\x01x"), SIGINT);
    ck_assert_int_eq(type_on_terminal("\x01s"), SIGUSR1); /* or have the guest end it */
}
END_TEST

START_TEST(a_reader_that_left_ends_the_run)
{
    struct guest *guest;

    fixture_take_stdio();
    console_set_free(fixture.set);
    fixture.set = console_set_new(note_quit, NULL);
    guest = guest_open(0, "stdio");
    console_set_start(fixture.set);
    close(fixture.screen);
    guest_print(guest, "is anybody there?\n");
    ck_assert_int_eq(g_atomic_int_get(&quit_signal), SIGPIPE);
    fixture_end();
    dup2(fixture.stdout_before, STDOUT_FILENO);
    close(fixture.stdout_before);
    close(fixture.keyboard);
}
END_TEST

static void assert_refused(const char *where, const char *why)
{
    GError *error = NULL;

    ck_assert_msg(!guest_try_open(1, where, &error) && error, "%s", where);
    ck_assert_msg(emu_error_exit_status(error) == EMU_EXIT_USAGE, "%s", where);
    ck_assert_msg(g_str_has_prefix(error->message, "--vtl1-console ") &&
                  strstr(error->message, why), "'%s', not '%s'", error->message, why);
    g_error_free(error);
}

START_TEST(what_is_none_of_the_kinds_is_refused)
{
    static const char *const wheres[] = {
        "",      "nul",  "null:", "nullx",  "stdio:", "stdio ", "STDIO", "file",    "file:",
        "unix:", "unix", "pty:",  "/tmp/x", "pipe:x", " null",  ":",     "unix/x",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wheres); i++)
        assert_refused(wheres[i], "give stdio, file:PATH, pty, unix:PATH or null");
}
END_TEST

START_TEST(what_cannot_be_opened_is_refused)
{
    g_autofree char *where = fixture_place("unix"), *text = NULL, *long_name = g_strnfill(200, 'x');
    g_autofree char *too_long = g_strconcat(where, long_name, NULL);

    assert_refused("file:/nowhere/log", "/nowhere/log: No such file");
    assert_refused("file:/", "/: Is a directory");
    assert_refused("unix:/nowhere/socket", "/nowhere/socket: No such file");
    assert_refused(too_long, "name too long");
    ck_assert(g_file_set_contents(fixture_path(where), "precious", -1, NULL));
    assert_refused(where, fixture_path(where));
    assert_refused(where, "in use");
    fixture_end();
    ck_assert(g_file_get_contents(fixture_path(where), &text, NULL, NULL));
    ck_assert_str_eq(text, "precious");
    g_remove(fixture_path(where));
}
END_TEST

UNIT_MAIN_WITH("console", fixture_set_up, fixture_tear_down,
               a_socket_serves_one_client_after_another,
               input_waits_for_room, a_client_that_left_input_holds_nobody_up,
               clients_may_vanish_amid_output, a_pty_is_announced_and_talks_both_ways,
               a_file_holds_the_output, lines_on_stdio_name_their_vtl, a_slow_line_stays_whole,
               keys_go_where_the_focus_is,
               keys_that_end_the_run_get_through, a_reader_that_left_ends_the_run,
               the_log_begins_on_a_new_line, a_log_elsewhere_leaves_lines_alone,
               null_is_silent_and_does_not_count, what_is_none_of_the_kinds_is_refused,
               what_cannot_be_opened_is_refused)
