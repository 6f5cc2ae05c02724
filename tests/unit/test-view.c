/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rights on pages of a view, by this machine's own userfaultfd. Where the kernel has none that
 * will do, all of it is skipped.
 */
#include "emu/view.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "emu/view-uffd.h"
#include "tests/unit/unit.h"

#define PAGE 4096u
#define PAGES 24u
#define MANY (64u * 1024 * 1024 / PAGE)
#define STATES 3

/* Exit status of a test program that automake counts as skipped. */
#define SKIPPED 77

static const char *const state_names[STATES] = {"open", "read-only", "closed"};

static int fd;
static struct view view;

/* --- Accesses that may fail ------------------------------------------------------------------ */

static sigjmp_buf way_out;
static volatile int fault_code;
static void *volatile fault_address;

static void take_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    fault_code = info->si_code;
    fault_address = info->si_addr;
    siglongjmp(way_out, 1);
}

/* si_code of the SIGBUS that the access raises; 0: none. */
static int try_read(const uint8_t *where, uint8_t *value)
{
    if (sigsetjmp(way_out, 1))
        return fault_code;
    *value = *(const volatile uint8_t *)where;
    return 0;
}

static int try_write(uint8_t *where, uint8_t value)
{
    if (sigsetjmp(way_out, 1))
        return fault_code;
    *(volatile uint8_t *)where = value;
    return 0;
}

/*
 * x86 tells a poisoned page by a code of its own only if its kernel can take broken memory out of
 * use (Linux, arch/x86/mm/fault.c, do_sigbus()); arm64 always does.
 */
static bool is_poison(int code)
{
#ifdef __x86_64__
    if (code == BUS_ADRERR)
        return true;
#endif
    return code == BUS_MCEERR_AR;
}

/* --- Fixture --------------------------------------------------------------------------------- */

static void open_view(struct view *which, size_t pages)
{
    ck_assert_int_eq(view_open(which, fd, pages * PAGE), 0);
}

static void set_up(void)
{
    struct sigaction action = {.sa_sigaction = take_fault, .sa_flags = SA_SIGINFO};

    sigaction(SIGBUS, &action, NULL);
    fd = memfd_create("view", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, (off_t)MANY * PAGE), 0);
    open_view(&view, PAGES);
}

static void tear_down(void)
{
    view_close(&view);
    close(fd);
}

static uint8_t *address(const struct view *which, size_t page)
{
    return which->host + page * PAGE;
}

static uint8_t mark_of(size_t page)
{
    return (uint8_t)(page + 1);
}

/* Behind the view's back, so that it has nothing mapped. */
static void write_mark(size_t page)
{
    uint8_t mark = mark_of(page);

    ck_assert_int_eq(pwrite(fd, &mark, 1, (off_t)(page * PAGE)), 1);
}

/* The page allows what its state says, names itself when it does not, and has kept its data. */
static void check_page(const struct view *which, size_t page, enum view_state state,
                       const char *what)
{
    uint8_t *where = address(which, page) + 8, value = 0;
    int reading = try_read(address(which, page), &value), writing;

    ck_assert_msg(state == VIEW_CLOSED ? is_poison(reading) : !reading, "%s: page %zu: read %d",
                  what, page, reading);
    ck_assert_msg(reading || value == mark_of(page), "%s: page %zu: %u", what, page, value);
    writing = try_write(where, 0x5a);
    ck_assert_msg(!writing == (state == VIEW_OPEN), "%s: page %zu: write %d", what, page, writing);
    if (state == VIEW_CLOSED)
        ck_assert_msg(is_poison(writing) &&
                          (uintptr_t)fault_address / PAGE == (uintptr_t)where / PAGE,
                      "%s: page %zu: write %d", what, page, writing);
    if (state == VIEW_READ_ONLY)
        ck_assert_msg(writing != BUS_MCEERR_AR, "%s: page %zu: looks closed", what, page);
    ck_assert_int_eq(view_get(which, page), state);
}

static void set(size_t first, size_t count, enum view_state state)
{
    ck_assert_int_eq(view_set(&view, first, count, state), 0);
}

/* --- Tests ----------------------------------------------------------------------------------- */

START_TEST(open_at_first)
{
    write_mark(3);
    check_page(&view, 3, VIEW_OPEN, "new");
    ck_assert_ptr_null(view.state);
    ck_assert_int_eq(view.uffd, 0); /* nothing asked for until something is protected */
    ck_assert_int_eq(view_reset(&view, fd), 0);
    check_page(&view, 3, VIEW_OPEN, "reset");
}
END_TEST

/* What the view has mapped of a page when its state changes. */
enum touch { UNTOUCHED, READ, WRITTEN, TOUCHES };

static void touch(size_t page, enum touch how)
{
    uint8_t value;

    if (how == READ)
        try_read(address(&view, page), &value);
    if (how == WRITTEN)
        try_write(address(&view, page) + 16, 1);
}

/* From each state to each, whatever was mapped before and between. */
START_TEST(transitions)
{
    for (unsigned row = 0; row < STATES * STATES * TOUCHES; row++) {
        enum view_state from = row % STATES, to = row / STATES % STATES;
        enum touch how = row / STATES / STATES;
        char what[64];

        snprintf(what, sizeof(what), "%s to %s, touched %d", state_names[from], state_names[to],
                 how);
        set(0, PAGES, VIEW_OPEN);
        write_mark(5);
        touch(5, how);
        set(5, 1, from);
        touch(5, how);
        set(5, 1, to);
        check_page(&view, 5, to, what);
        set(5, 1, to); /* again: no change */
        check_page(&view, 5, to, what);
        set(5, 1, VIEW_OPEN);
        check_page(&view, 5, VIEW_OPEN, what);
    }
}
END_TEST

/* Without an access in between, which would map the page. */
START_TEST(chains)
{
    static const enum view_state chain[] = {
        VIEW_READ_ONLY, VIEW_CLOSED,    VIEW_READ_ONLY, VIEW_OPEN, VIEW_CLOSED,
        VIEW_OPEN,      VIEW_READ_ONLY, VIEW_CLOSED,    VIEW_OPEN, VIEW_READ_ONLY,
    };

    for (size_t last = 0; last < sizeof(chain) / sizeof(chain[0]); last++) {
        set(0, PAGES, VIEW_OPEN);
        write_mark(2);
        for (size_t i = 0; i <= last; i++)
            set(2, 1, chain[i]);
        check_page(&view, 2, chain[last], "chain");
    }
}
END_TEST

/* The pages on both sides stay what they are. */
START_TEST(neighbours)
{
    for (size_t page = 0; page < PAGES; page++)
        write_mark(page);
    set(4, 3, VIEW_CLOSED);
    set(10, 3, VIEW_READ_ONLY);
    for (size_t page = 0; page < PAGES; page++)
        check_page(&view, page,
                   page >= 4 && page < 7     ? VIEW_CLOSED
                   : page >= 10 && page < 13 ? VIEW_READ_ONLY
                                             : VIEW_OPEN,
                   "neighbours");
    set(0, 1, VIEW_CLOSED);
    set(PAGES - 1, 1, VIEW_READ_ONLY);
    check_page(&view, 0, VIEW_CLOSED, "first");
    check_page(&view, 1, VIEW_OPEN, "second");
    check_page(&view, PAGES - 1, VIEW_READ_ONLY, "last");
}
END_TEST

static void set_mixed(unsigned run)
{
    for (size_t page = 0; page < PAGES; page++) {
        write_mark(page);
        if (page % 2)
            touch(page, WRITTEN);
        set(page, 1, page / run % STATES);
    }
}

/* One call for pages of all states. */
START_TEST(mixed_ranges)
{
    for (unsigned to = 0; to < STATES; to++)
        for (unsigned run = 1; run <= 3; run++) {
            set_mixed(run);
            set(1, PAGES - 2, to);
            for (size_t page = 1; page < PAGES - 1; page++)
                check_page(&view, page, to, "mixed");
            check_page(&view, 0, VIEW_OPEN, "first of mixed");
            check_page(&view, PAGES - 1, (PAGES - 1) / run % STATES, "last of mixed");
        }
}
END_TEST

START_TEST(other_mappings)
{
    struct view other;
    uint8_t value = 0;

    open_view(&other, PAGES);
    write_mark(1);
    write_mark(2);
    set(1, 1, VIEW_CLOSED);
    set(2, 1, VIEW_READ_ONLY);
    check_page(&other, 1, VIEW_OPEN, "other");
    check_page(&other, 2, VIEW_OPEN, "other");
    /* What is written there is seen here, once that is allowed. */
    ck_assert_int_eq(try_write(address(&other, 1) + 100, 0x77), 0);
    ck_assert_int_eq(try_write(address(&other, 2) + 100, 0x78), 0);
    ck_assert_int_eq(try_read(address(&view, 2) + 100, &value), 0);
    ck_assert_uint_eq(value, 0x78);
    set(1, 1, VIEW_OPEN);
    ck_assert_int_eq(try_read(address(&view, 1) + 100, &value), 0);
    ck_assert_uint_eq(value, 0x77);
    /* Each view has rights of its own. */
    ck_assert_int_eq(view_set(&other, 1, 1, VIEW_CLOSED), 0);
    check_page(&other, 1, VIEW_CLOSED, "other");
    check_page(&view, 1, VIEW_OPEN, "view");
    view_close(&other);
    check_page(&view, 2, VIEW_READ_ONLY, "after the other");
}
END_TEST

/* KVM accesses pages from the kernel, which must get an error and not wait for somebody. */
START_TEST(kernel_accesses)
{
    int pipes[2];

    write_mark(6);
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(write(pipes[1], "12", 2), 2);
    set(6, 1, VIEW_READ_ONLY);
    ck_assert_int_eq(read(pipes[0], address(&view, 6) + 1, 1), -1);
    ck_assert_int_eq(errno, EFAULT);
    ck_assert_int_eq(write(pipes[1], address(&view, 6), 1), 1);
    set(6, 1, VIEW_CLOSED);
    ck_assert_int_eq(write(pipes[1], address(&view, 6), 1), -1);
    ck_assert_int_eq(errno, EFAULT);
    set(6, 1, VIEW_OPEN);
    ck_assert_int_eq(read(pipes[0], address(&view, 6) + 1, 1), 1);
    check_page(&view, 6, VIEW_OPEN, "after all");
    close(pipes[0]);
    close(pipes[1]);
}
END_TEST

START_TEST(resetting)
{
    const uint8_t *host = view.host;

    set_mixed(1);
    for (unsigned round = 0; round < 2; round++) {
        ck_assert_int_eq(view_reset(&view, fd), 0);
        ck_assert_ptr_eq(view.host, host); /* KVM has been told that */
        ck_assert_ptr_null(view.state);
        for (size_t page = 0; page < PAGES; page++)
            check_page(&view, page, VIEW_OPEN, "reset");
        set(3, 2, VIEW_CLOSED);
        set(7, 1, VIEW_READ_ONLY);
        check_page(&view, 4, VIEW_CLOSED, "after a reset");
        check_page(&view, 7, VIEW_READ_ONLY, "after a reset");
        check_page(&view, 8, VIEW_OPEN, "after a reset");
    }
}
END_TEST

/* Nothing has changed then, and it may be tried again. */
START_TEST(no_userfaultfd)
{
    struct rlimit before, none;

    write_mark(1);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(view_set(&view, 1, 1, VIEW_CLOSED), -EMFILE);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    check_page(&view, 1, VIEW_OPEN, "failed");
    ck_assert_int_eq(view.uffd, 0);
    set(1, 1, VIEW_CLOSED);
    check_page(&view, 1, VIEW_CLOSED, "tried again");
}
END_TEST

/* Half-way through a change: whatever state is asked for then, the page gets there. */
START_TEST(change_fails)
{
    for (unsigned row = 0; row < STATES * STATES * STATES; row++) {
        enum view_state from = row % STATES, to = row / STATES % STATES;
        enum view_state then = row / STATES / STATES;
        int uffd, nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

        set(0, PAGES, VIEW_OPEN);
        write_mark(3);
        touch(3, WRITTEN);
        set(3, 1, from);
        uffd = dup(view.uffd);
        ck_assert_int_eq(dup2(nothing, view.uffd), view.uffd);
        ck_assert_int_eq(view_set(&view, 3, 1, to) < 0,
                         from != to && (from == VIEW_READ_ONLY || to != VIEW_OPEN));
        ck_assert_int_eq(dup2(uffd, view.uffd), view.uffd);
        set(3, 1, then);
        check_page(&view, 3, then, "after a failure");
        close(nothing);
        close(uffd);
    }
}
END_TEST

static void check_some(const struct view *which, enum view_state state)
{
    static const size_t pages[] = {0, 1, 511, 512, 777, 4096, MANY / 2, MANY - 2, MANY - 1};

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        check_page(which, pages[i], state, "of many");
}

/* 64 MiB in one call: most untouched, a part mapped. */
START_TEST(many_pages)
{
    static const enum view_state states[] = {VIEW_CLOSED, VIEW_READ_ONLY, VIEW_CLOSED, VIEW_OPEN,
                                             VIEW_READ_ONLY, VIEW_OPEN};
    struct view large;

    open_view(&large, MANY);
    for (size_t page = 0; page < MANY; page++)
        write_mark(page);
    for (size_t page = 300; page < MANY; page += 3)
        try_write(address(&large, page) + 16, 1);
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        ck_assert_int_eq(view_set(&large, 0, MANY, states[i]), 0);
        check_some(&large, states[i]);
    }
    view_close(&large);
}
END_TEST

START_TEST(opening_fails)
{
    struct view none = {0};

    ck_assert_int_eq(view_open(&none, -1, PAGE), -EBADF);
    ck_assert_ptr_null(none.host);
    ck_assert_int_eq(view_open(&none, fd, 0), -EINVAL);
    view_close(&none);
}
END_TEST

/* As emu/view.c asks for it. */
static bool has_userfaultfd(void)
{
    struct uffdio_api api = {.api = UFFD_API, .features = VIEW_UFFD_FEATURES};
    int uffd = view_uffd_open();
    bool fit = uffd >= 0 && ioctl(uffd, UFFDIO_API, &api) == 0;

    if (uffd >= 0)
        close(uffd);
    return fit && sysconf(_SC_PAGESIZE) == PAGE;
}

int main(void)
{
    const TTest *const tests[] = {
        open_at_first,   transitions, chains,         neighbours, mixed_ranges, other_mappings,
        kernel_accesses, resetting,   no_userfaultfd, many_pages, opening_fails,
        change_fails,
    };
    Suite *suite = suite_create("view");

    if (!has_userfaultfd()) {
        printf("view: skipped, this kernel has no userfaultfd with poison and pages of 4 KiB\n");
        return SKIPPED;
    }
    unit_add(suite, set_up, tear_down, tests, sizeof(tests) / sizeof(tests[0]));
    return unit_run(suite);
}
