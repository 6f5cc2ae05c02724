/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles: where output arrives, where input comes from, clients that come and go. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "emu/error.h"
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

static void assert_refused(const char *where, const char *why)
{
    GError *error = NULL;

    ck_assert_msg(!guest_try_open(1, where, &error) && error, "%s", where);
    ck_assert_msg(error->domain == EMU_ERROR && error->code == EMU_ERROR_USAGE, "%s", where);
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
               a_file_holds_the_output, lines_on_stdio_name_their_vtl, keys_go_where_the_focus_is,
               null_is_silent_and_does_not_count, what_is_none_of_the_kinds_is_refused,
               what_cannot_be_opened_is_refused)
