/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixture for consoles: see console-fixture.h. */
#include "tests/unit/console-fixture.h"

#include <check.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct console_fixture fixture;

static void tell(const char *text)
{
    g_string_append(fixture.told, text);
}

void fixture_set_up(void)
{
    signal(SIGPIPE, SIG_IGN); /* as run.c does for all of vtlemu */
    fixture.folder = g_dir_make_tmp("vtlemu-XXXXXX", NULL);
    fixture.told = g_string_new(NULL);
    g_set_printerr_handler(tell);
    fixture.set = console_set_new(NULL, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(fixture.guest); i++)
        fixture.guest[i] = (struct guest){.input = g_string_new(NULL), .room = 100};
}

void fixture_end(void)
{
    if (fixture.set)
        console_set_free(fixture.set);
    fixture.set = NULL;
}

void fixture_tear_down(void)
{
    fixture_end();
    for (size_t i = 0; i < G_N_ELEMENTS(fixture.guest); i++)
        g_string_free(fixture.guest[i].input, TRUE);
    g_string_free(fixture.told, TRUE);
    ck_assert_msg(g_rmdir(fixture.folder) == 0, "something is left in %s", fixture.folder);
    g_free(fixture.folder);
}

char *fixture_place(const char *kind)
{
    return g_strdup_printf("%s:%s/%s", kind, fixture.folder, kind);
}

const char *fixture_path(const char *place)
{
    return strchr(place, ':') + 1;
}

void fixture_take_stdio(void)
{
    int keys[2], lines[2];

    ck_assert(pipe(keys) == 0 && pipe(lines) == 0);
    fixture.stdout_before = dup(STDOUT_FILENO);
    dup2(keys[0], STDIN_FILENO);
    dup2(lines[1], STDOUT_FILENO);
    close(keys[0]);
    close(lines[1]);
    fixture.keyboard = keys[1];
    fixture.screen = lines[0];
}

void fixture_end_stdio(const char *rest)
{
    fixture_end();
    dup2(fixture.stdout_before, STDOUT_FILENO);
    close(fixture.stdout_before);
    user_expect(fixture.screen, rest);
    user_expect_end(fixture.screen);
}

static size_t take_input(void *context, const uint8_t *bytes, size_t size)
{
    struct guest *guest = context;
    size_t taken;

    g_mutex_lock(&guest->lock);
    taken = MIN(size, guest->room);
    guest->room -= taken;
    g_string_append_len(guest->input, (const char *)bytes, (gssize)taken);
    g_cond_signal(&guest->got_input);
    g_mutex_unlock(&guest->lock);
    return taken;
}

static bool is_listening(void *context)
{
    return context != NULL;
}

struct console *guest_try_open(unsigned vtl, const char *where, GError **error)
{
    struct console_sink sink = {take_input, is_listening, &fixture.guest[vtl]};

    return console_open(fixture.set, vtl, where, &sink, error);
}

struct guest *guest_open(unsigned vtl, const char *where)
{
    struct guest *guest = &fixture.guest[vtl];

    guest->console = guest_try_open(vtl, where, NULL);
    ck_assert_msg(guest->console != NULL, "%s", where);
    return guest;
}

void guest_print(struct guest *guest, const char *text)
{
    console_write(guest->console, (const uint8_t *)text, strlen(text));
}

void guest_make_room(struct guest *guest, size_t room)
{
    g_mutex_lock(&guest->lock);
    guest->room = room;
    g_mutex_unlock(&guest->lock);
    console_input_ready(guest->console);
}

void guest_expect_input(struct guest *guest, const char *text)
{
    gint64 late = g_get_monotonic_time() + PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    g_autofree char *got = NULL;

    g_mutex_lock(&guest->lock);
    while (guest->input->len < strlen(text) &&
           g_cond_wait_until(&guest->got_input, &guest->lock, late))
        continue;
    got = g_strdup(guest->input->str);
    g_mutex_unlock(&guest->lock);
    ck_assert_str_eq(got, text);
}

int user_connect(const char *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(address.sun_path, fixture_path(place), sizeof(address.sun_path));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void user_type(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

void user_expect(int fd, const char *text)
{
    g_autofree char *got = g_malloc0(strlen(text) + 1);
    struct pollfd event = {.fd = fd, .events = POLLIN};

    for (size_t size = 0; size < strlen(text);) {
        ssize_t more = 0;

        ck_assert_msg(poll(&event, 1, PATIENCE_MS) == 1, "'%s', not '%s'", got, text);
        more = read(fd, got + size, strlen(text) - size);
        ck_assert_msg(more > 0, "the end after '%s', not '%s'", got, text);
        size += (size_t)more;
    }
    ck_assert_str_eq(got, text);
}

void user_expect_end(int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN};
    char byte;

    ck_assert(poll(&event, 1, PATIENCE_MS) == 1 && read(fd, &byte, 1) == 0);
    close(fd);
}
