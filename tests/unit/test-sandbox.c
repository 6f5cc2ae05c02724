/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that is not trusted, and unpacking by it: emu/sandbox.c, emu/unpack.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "emu/sandbox.h"
#include "emu/unpack.h"
#include "tests/unit/unit.h"

#define PATIENCE_US (10 * G_TIME_SPAN_SECOND)

/* What works and their tests share. */
struct shared {
    volatile int number;
    volatile int began;
};

static int private_number; /* not in sandbox memory */

static struct shared *shared_new(void)
{
    return sandbox_memory_new(sizeof(struct shared), "FILE", NULL);
}

static bool run(void (*work)(void *context), struct shared *shared, GError **error)
{
    return sandbox_run(work, shared, "FILE", error);
}

/* The kernel may have no seccomp; then a system call is only useless. */
static bool has_seccomp(void)
{
    g_autofree char *text = NULL;

    return g_file_get_contents("/proc/self/status", &text, NULL, NULL) &&
           strstr(text, "Seccomp:") != NULL;
}

/* --- Works ----------------------------------------------------------------------------------- */

static void compute(void *context)
{
    struct shared *shared = context;

    private_number = 1;
    shared->number = 42;
}

static void open_file(void *context)
{
    struct shared *shared = context;

    shared->number = (int)syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static void write_file(void *context)
{
    struct shared *shared = context;

    shared->number = (int)syscall(SYS_write, STDERR_FILENO, "x", 1);
}

static void call_for_a_process(void *context)
{
    (void)context;
    syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void crash(void *context)
{
    (void)context;
    signal(SIGABRT, SIG_DFL); /* stopped here, or there */
    abort();
}

static void run_for_ever(void *context)
{
    struct shared *shared = context;

    shared->began = 1;
    for (;;)
        shared->number++;
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void assert_no_child(void)
{
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

START_TEST(results_come_in_sandbox_memory_only)
{
    struct shared *shared = shared_new();

    ck_assert(run(compute, shared, NULL));
    ck_assert_int_eq(shared->number, 42);
    ck_assert_int_eq(private_number, 0);
    assert_no_child();
    sandbox_memory_free(shared, sizeof(*shared));
}
END_TEST

/* As a parent that ignores SIGCHLD leaves it to its children. */
START_TEST(nobody_need_tell_how_a_child_ended)
{
    struct shared *shared = shared_new();

    signal(SIGCHLD, SIG_IGN);
    ck_assert(run(compute, shared, NULL));
    ck_assert_int_eq(shared->number, 42);
    sandbox_memory_free(shared, sizeof(*shared));
}
END_TEST

START_TEST(system_calls_end_it)
{
    static void (*const works[])(void *context) = {open_file, write_file, call_for_a_process, crash};

    for (size_t i = 0; has_seccomp() && i < G_N_ELEMENTS(works); i++) {
        struct shared *shared = shared_new();
        g_autoptr(GError) error = NULL;

        ck_assert_msg(!run(works[i], shared, &error), "work %zu", i);
        ck_assert_msg(g_str_has_prefix(error->message, "FILE: what unpacked it was stopped: "), "%s",
                      error->message);
        ck_assert_int_eq(emu_error_exit_status(error), EMU_EXIT_USAGE);
        ck_assert_int_eq(shared->number, 0);
        assert_no_child();
        sandbox_memory_free(shared, sizeof(*shared));
    }
}
END_TEST

static bool comes_true(volatile int *flag)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_US;

    while (!*flag && g_get_monotonic_time() < end)
        g_usleep(1000);
    return *flag;
}

/* It has stopped when the number stays. */
static bool comes_to_rest(struct shared *shared)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_US;
    int before;

    do {
        before = shared->number;
        g_usleep(100000);
    } while (shared->number != before && g_get_monotonic_time() < end);
    return shared->number == before;
}

/* Ctrl-C, --timeout or a crash of vtlemu leave nothing behind. */
START_TEST(it_dies_with_who_waits_for_it)
{
    struct shared *shared = shared_new();
    pid_t waiter = fork();

    if (waiter == 0) {
        run(run_for_ever, shared, NULL);
        _exit(0);
    }
    ck_assert(comes_true(&shared->began));
    kill(waiter, SIGKILL);
    ck_assert_int_eq(waitpid(waiter, NULL, 0), waiter);
    ck_assert(comes_to_rest(shared));
    sandbox_memory_free(shared, sizeof(*shared));
}
END_TEST

static gpointer wait_for_ever(gpointer context)
{
    GError *error = NULL;

    run(run_for_ever, context, &error);
    return error;
}

/* The end of a run need not wait until a large kernel has been unpacked. */
START_TEST(it_can_be_cancelled)
{
    struct shared *shared = shared_new();
    GThread *waiter = g_thread_new("waiter", wait_for_ever, shared);
    g_autoptr(GError) error = NULL;

    ck_assert(comes_true(&shared->began));
    sandbox_cancel();
    error = g_thread_join(waiter);
    ck_assert(error != NULL);
    assert_no_child();
    /* Nor does any other begin then. */
    ck_assert(!run(run_for_ever, shared, NULL));
    assert_no_child();
    sandbox_memory_free(shared, sizeof(*shared));
}
END_TEST

/* --- Unpacking ------------------------------------------------------------------------------- */

#define BOMB_SIZE (8 * MIB)

static size_t pack(enum unpack_method method, const void *data, size_t size, uint8_t *out,
                   size_t room)
{
    z_stream stream = {.next_in = (uint8_t *)data, .avail_in = (uInt)size, .next_out = out,
                       .avail_out = (uInt)room};

    if (method == UNPACK_ZSTD)
        return ZSTD_compress(out, room, data, size, 3);
    deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return room - stream.avail_out;
}

static void assert_fails(enum unpack_method method, const uint8_t *data, size_t size,
                         uint64_t limit, const char *text)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(unpack(method, data, size, limit, "FILE", &error));
    ck_assert_msg(strstr(error->message, text) != NULL, "%s", error->message);
}

START_TEST(what_is_packed_comes_out)
{
    static const char text[] = "what is packed comes out, and what follows it is ignored";
    uint8_t packed[256] = {0};

    for (unsigned method = UNPACK_GZIP; method <= UNPACK_ZSTD; method++) {
        size_t size = pack(method, text, sizeof(text), packed, sizeof(packed));
        g_autoptr(GBytes) exact = unpack(method, packed, size, sizeof(text), "FILE", NULL);
        g_autoptr(GBytes) more = unpack(method, packed, size + 8, sizeof(text), "FILE", NULL);

        ck_assert_ptr_nonnull(exact);
        ck_assert_ptr_nonnull(more);
        ck_assert(g_bytes_equal(exact, more));
        ck_assert_uint_eq(g_bytes_get_size(exact), sizeof(text));
        ck_assert_mem_eq(g_bytes_get_data(exact, NULL), text, sizeof(text));
        assert_fails(method, packed, size, sizeof(text) - 1, "larger than");
        assert_fails(method, packed, size - 1, sizeof(text), "damaged or truncated");
        assert_fails(method, packed + 1, size - 1, sizeof(text), "damaged or truncated");
    }
}
END_TEST

START_TEST(bombs_are_refused)
{
    g_autofree uint8_t *zeroes = g_malloc0(BOMB_SIZE), *packed = g_malloc(BOMB_SIZE);

    for (unsigned method = UNPACK_GZIP; method <= UNPACK_ZSTD; method++) {
        size_t size = pack(method, zeroes, BOMB_SIZE, packed, BOMB_SIZE);
        g_autoptr(GBytes) good = unpack(method, packed, size, BOMB_SIZE, "FILE", NULL);

        ck_assert_ptr_nonnull(good);
        assert_fails(method, packed, size, BOMB_SIZE - 1, "larger than 7 MiB when unpacked");
        assert_fails(method, packed, size, 0, "larger than 0 MiB");
    }
}
END_TEST

UNIT_MAIN("sandbox", results_come_in_sandbox_memory_only, nobody_need_tell_how_a_child_ended,
          system_calls_end_it, it_dies_with_who_waits_for_it, it_can_be_cancelled,
          what_is_packed_comes_out, bombs_are_refused)
