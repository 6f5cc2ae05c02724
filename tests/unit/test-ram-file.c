/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that guest RAM is kept in, of each kind that can be had here. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/layout.h"
#include "emu/ram-file.h"
#include "tests/unit/unit.h"

#define SIZE (64 * MIB)
#define KINDS (RAM_FILE_MEMFD + 1)

static int fd;

/* What a host says that does not let us: to mount, to have namespaces, to have huge pages. */
static bool is_refusal(int error)
{
    const int refusals[] = {EPERM, EACCES, ENOSYS, EINVAL, ENOSPC, EUSERS};

    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++)
        if (error == -refusals[i])
            return true;
    return false;
}

/* Opens a file of @kind; false: this host does not let us. */
static bool open_kind(int kind)
{
    fd = ram_file_open_as((enum ram_file_kind)kind, SIZE);
    ck_assert_msg(fd >= 0 || (kind != RAM_FILE_MEMFD && is_refusal(fd)), "kind %d: %s", kind,
                  g_strerror(-fd));
    return fd >= 0;
}

static void tear_down(void)
{
    if (fd >= 0)
        close(fd);
}

static void check_file(void)
{
    struct stat status;
    uint8_t *one = ram_file_map(NULL, fd, SIZE), *other = ram_file_map(NULL, fd, SIZE);

    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_uint_eq((uint64_t)status.st_size, SIZE);
    ck_assert(one && other);
    for (size_t i = 0; i < SIZE; i += MIB)
        ck_assert_uint_eq(one[i], 0);
    one[5 * MIB] = 7;
    ck_assert_uint_eq(other[5 * MIB], 7);
    ck_assert_ptr_eq(ram_file_map(other, fd, SIZE), other);
    ck_assert_uint_eq(other[5 * MIB], 7);
    munmap(one, SIZE);
    munmap(other, SIZE);
}

START_TEST(each_kind_is_zeroed_memory_that_all_mappings_share)
{
    if (open_kind(_i))
        check_file();
}
END_TEST

/* Of all mappings of files or anonymous memory shared between processes, in KiB. */
static unsigned long huge_kib(void)
{
    g_autofree char *text = NULL;
    unsigned long sum = 0;

    ck_assert(g_file_get_contents("/proc/self/smaps", &text, NULL, NULL));
    for (const char *line = strstr(text, "ShmemPmdMapped:"); line;
         line = strstr(line + 1, "ShmemPmdMapped:"))
        sum += strtoul(line + strlen("ShmemPmdMapped:"), NULL, 10);
    return sum;
}

/* As promised; a host short of memory may give small pages, but not for all 32. */
START_TEST(huge_pages_are_huge)
{
    uint8_t *ram;

    if (!open_kind(_i) || !ram_file_is_huge((enum ram_file_kind)_i))
        return;
    ram = ram_file_map(NULL, fd, SIZE);
    memset(ram, 1, SIZE);
    ck_assert_uint_gt(huge_kib(), 0);
    munmap(ram, SIZE);
}
END_TEST

START_TEST(children_have_no_mapping)
{
    uint8_t *ram;
    pid_t child;
    int status;

    ck_assert(open_kind(_i) || _i != RAM_FILE_MEMFD);
    ram = fd < 0 ? NULL : ram_file_map(NULL, fd, SIZE);
    child = ram ? fork() : -1;
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        _exit(*(volatile uint8_t *)ram);
    }
    if (child > 0) {
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
        munmap(ram, SIZE);
    }
}
END_TEST

#define DESCRIPTORS 64

static uint64_t open_descriptors(void)
{
    uint64_t set = 0;

    for (int i = 0; i < DESCRIPTORS; i++)
        set |= (uint64_t)(fcntl(i, F_GETFD) >= 0) << i;
    return set;
}

/* The child shares our descriptors: what it opens for itself must not stay. */
START_TEST(a_descriptor_is_all_that_opening_leaves)
{
    uint64_t before = open_descriptors();

    if (!open_kind(_i))
        return;
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_uint_eq(open_descriptors(), before | UINT64_C(1) << fd);
}
END_TEST

START_TEST(some_kind_can_be_had)
{
    enum ram_file_kind kind;

    fd = ram_file_open(SIZE, &kind);
    ck_assert_int_ge(fd, 0);
    check_file();
    for (int before = 0; before < (int)kind; before++)
        ck_assert_int_lt(ram_file_open_as((enum ram_file_kind)before, SIZE), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ram-file");
    TCase *cases = tcase_create("tests");

    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_loop_test(cases, each_kind_is_zeroed_memory_that_all_mappings_share, 0, KINDS);
    tcase_add_loop_test(cases, huge_pages_are_huge, 0, KINDS);
    tcase_add_loop_test(cases, children_have_no_mapping, 0, KINDS);
    tcase_add_loop_test(cases, a_descriptor_is_all_that_opening_leaves, 0, KINDS);
    tcase_add_test(cases, some_kind_can_be_had);
    tcase_set_timeout(cases, UNIT_TIMEOUT_S);
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
