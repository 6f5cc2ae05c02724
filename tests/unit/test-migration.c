/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two runs say to each other to move a guest, and the connection that it is said on. */
#include "emu/migration-wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define LARGE (3 * MIGRATION_BUFFER_SIZE + 17)

static GByteArray *bytes;
static struct snapshot_sink sink;
static struct snapshot_bytes rest;
static struct snapshot_source source;
static int pair[2];
static struct migration_channel *here, *there;

static void set_up(void)
{
    bytes = g_byte_array_new();
    sink = snapshot_sink_bytes(bytes);
    source = snapshot_source_bytes(&rest);
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    here = g_new(struct migration_channel, 1);
    there = g_new(struct migration_channel, 1);
    migration_channel_init(here, pair[0], "here");
    migration_channel_init(there, pair[1], "there");
}

static void close_end(unsigned end)
{
    if (pair[end] >= 0)
        close(pair[end]);
    pair[end] = -1;
}

static void tear_down(void)
{
    g_byte_array_unref(bytes);
    close_end(0);
    close_end(1);
    g_free(here);
    g_free(there);
}

static void rewind_bytes(void)
{
    rest = (struct snapshot_bytes){.next = bytes->data, .left = bytes->len};
}

static void check_error(GError **error, const char *what)
{
    ck_assert_ptr_nonnull(*error);
    ck_assert_msg(strstr((*error)->message, what) != NULL, "'%s' in: %s", what, (*error)->message);
    g_clear_error(error);
}

/* --- Messages -------------------------------------------------------------------------------- */

START_TEST(there_and_back)
{
    for (unsigned i = 0; i < MIGRATION_MESSAGES; i++) {
        bool has_text = i == MIGRATION_HELLO || i == MIGRATION_REFUSE;
        g_autofree char *text = NULL;
        enum migration_message message;

        g_byte_array_set_size(bytes, 0);
        ck_assert(migration_write(&sink, i, has_text ? "why \"so\" \xc3\xa4\n" : NULL, NULL));
        rewind_bytes();
        ck_assert(migration_read(&source, &message, &text, NULL));
        ck_assert_uint_eq(message, i);
        ck_assert_pstr_eq(text, has_text ? "why \"so\" \xc3\xa4\n" : NULL);
        ck_assert_uint_eq(rest.left, 0);
    }
}
END_TEST

/* Every byte of it counts, and every length. */
START_TEST(damaged)
{
    ck_assert(migration_write(&sink, MIGRATION_REFUSE, "no", NULL));
    for (guint i = 0; i < bytes->len * 8; i++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        enum migration_message message;

        bytes->data[i / 8] ^= (guint8)(1u << i % 8);
        rewind_bytes();
        ck_assert_msg(!migration_read(&source, &message, &text, &error), "bit %u", i);
        ck_assert_ptr_nonnull(error);
        bytes->data[i / 8] ^= (guint8)(1u << i % 8);
    }
    for (guint size = 0; size < bytes->len; size++) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        enum migration_message message;

        rest = (struct snapshot_bytes){.next = bytes->data, .left = size};
        ck_assert_msg(!migration_read(&source, &message, &text, &error), "%u bytes", size);
        ck_assert_ptr_nonnull(error);
    }
}
END_TEST

START_TEST(another_version)
{
    GError *error = NULL;

    ck_assert(migration_write(&sink, MIGRATION_READY, NULL, NULL));
    bytes->data[8] = 2;
    rewind_bytes();
    ck_assert(!migration_expect(&source, MIGRATION_READY, NULL, &error));
    check_error(&error, "version 2");
}
END_TEST

START_TEST(not_what_is_expected)
{
    GError *error = NULL;

    ck_assert(migration_write(&sink, MIGRATION_READY, NULL, NULL));
    ck_assert(migration_write(&sink, MIGRATION_REFUSE, "I am \033[31mfull", NULL));
    rewind_bytes();
    ck_assert(!migration_expect(&source, MIGRATION_ACCEPT, NULL, &error));
    check_error(&error, "READY instead of ACCEPT");
    ck_assert(!migration_expect(&source, MIGRATION_ACCEPT, NULL, &error));
    check_error(&error, "the target refuses: I am \\033[31mfull");
}
END_TEST

START_TEST(long_texts)
{
    g_autofree char *text = g_malloc0(2 * MIGRATION_HELLO_MAX), *got = NULL;
    enum migration_message message;

    memset(text, 'x', 2 * MIGRATION_HELLO_MAX - 1);
    memcpy(text + MIGRATION_REFUSE_MAX - 1, "\xc3\xa4", 2); /* not half of it */
    ck_assert(migration_write(&sink, MIGRATION_REFUSE, text, NULL));
    rewind_bytes();
    ck_assert(migration_read(&source, &message, &got, NULL));
    ck_assert_uint_eq(strlen(got), MIGRATION_REFUSE_MAX - 1);
}
END_TEST

/* --- Connections ----------------------------------------------------------------------------- */

static gpointer echo(gpointer context)
{
    struct snapshot_source in = migration_source(there);
    struct snapshot_sink out = migration_sink(there);
    g_autofree uint8_t *all = g_malloc(LARGE);

    (void)context;
    there->deaf = true;
    ck_assert(in.read(in.context, all, LARGE, NULL));
    ck_assert(out.write(out.context, all, LARGE, NULL));
    ck_assert(migration_flush(there, NULL));
    return NULL;
}

START_TEST(many_bytes)
{
    struct snapshot_source in = migration_source(here);
    struct snapshot_sink out = migration_sink(here);
    g_autofree uint8_t *all = g_malloc(LARGE), *back = g_malloc(LARGE);
    GThread *thread = g_thread_new("echo", echo, NULL);

    for (size_t i = 0; i < LARGE; i++)
        all[i] = (uint8_t)(i * 7 / 3);
    for (size_t done = 0, part = 1; done < LARGE; done += part, part = MIN(part * 3, LARGE - done))
        ck_assert(out.write(out.context, all + done, part, NULL));
    ck_assert(migration_flush(here, NULL));
    ck_assert_uint_eq(here->sent, LARGE);
    ck_assert(in.read(in.context, back, LARGE, NULL));
    ck_assert_mem_eq(all, back, LARGE);
    g_thread_join(thread);
}
END_TEST

static gint stop;

static gpointer drip(gpointer context)
{
    (void)context;
    while (!g_atomic_int_get(&stop) && send(pair[1], "x", 1, MSG_NOSIGNAL) >= 0)
        g_usleep(1000);
    return NULL;
}

/* Who sends a byte now and then is late, too. */
START_TEST(dripping_peer)
{
    struct snapshot_source in = migration_source(here);
    g_autofree uint8_t *all = g_malloc(LARGE);
    GThread *thread = g_thread_new("drip", drip, NULL);
    GError *error = NULL;

    here->deadline = g_get_monotonic_time() + 300 * G_TIME_SPAN_MILLISECOND;
    ck_assert(!in.read(in.context, all, LARGE, &error));
    check_error(&error, "takes too long");
    g_atomic_int_set(&stop, 1);
    g_thread_join(thread);
}
END_TEST

START_TEST(silent_peer)
{
    struct snapshot_source in = migration_source(here);
    struct snapshot_sink out = migration_sink(here);
    g_autofree uint8_t *all = g_malloc0(16 * LARGE);
    GError *error = NULL;

    here->deadline = g_get_monotonic_time() + 100 * G_TIME_SPAN_MILLISECOND;
    ck_assert(!in.read(in.context, all, 1, &error));
    check_error(&error, "takes too long");
    here->deadline = g_get_monotonic_time() + 100 * G_TIME_SPAN_MILLISECOND;
    ck_assert(!out.write(out.context, all, 16 * LARGE, &error));
    check_error(&error, "takes too long");
}
END_TEST

static bool is_over(void *context)
{
    return g_atomic_int_get((gint *)context);
}

static gpointer end_it(gpointer context)
{
    g_usleep(50000);
    g_atomic_int_set((gint *)context, 1);
    return NULL;
}

START_TEST(given_up)
{
    struct snapshot_source in = migration_source(here);
    struct snapshot_sink out = migration_sink(here);
    gint over = 0;
    uint8_t byte = 0;
    GThread *thread = g_thread_new("end", end_it, &over);
    GError *error = NULL;

    here->is_over = is_over;
    here->context = &over;
    ck_assert(!in.read(in.context, &byte, 1, &error));
    check_error(&error, "given up");
    ck_assert(!out.write(out.context, &byte, 1, &error));
    check_error(&error, "given up");
    g_thread_join(thread);
}
END_TEST

START_TEST(peer_goes)
{
    struct snapshot_source in = migration_source(here);
    struct snapshot_sink out = migration_sink(here);
    g_autofree uint8_t *all = g_malloc0(LARGE);
    GError *error = NULL;

    close_end(1);
    ck_assert(!in.read(in.context, all, 1, &error));
    check_error(&error, "gone");
    ck_assert(!out.write(out.context, all, LARGE, &error));
    check_error(&error, "here: ");
    migration_explain(here, &error); /* there is nobody to explain it */
    ck_assert_ptr_null(error);
}
END_TEST

static gpointer refuse(gpointer text)
{
    migration_refuse(there, text);
    close_end(1);
    return NULL;
}

/* In the middle of what is being sent to it. */
START_TEST(refusing)
{
    struct snapshot_sink out = migration_sink(here);
    g_autofree uint8_t *all = g_malloc0(LARGE);
    GThread *thread = g_thread_new("refuse", refuse, (gpointer) "there is no room");
    GError *error = NULL;

    while (out.write(out.context, all, LARGE, &error))
        continue;
    ck_assert_ptr_nonnull(error);
    migration_explain(here, &error);
    check_error(&error, "the target refuses: there is no room");
    close_end(0);
    g_thread_join(thread);
}
END_TEST

UNIT_MAIN_WITH("migration", set_up, tear_down, there_and_back, damaged, another_version,
               not_what_is_expected, long_texts, many_bytes, dripping_peer, silent_peer, given_up,
               peer_goes, refusing)
