/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that guest RAM is kept in: see ram-file.h. */
#include "emu/ram-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Closes @fd; what has gone wrong before is still in errno afterwards. */
static void close_keeping_errno(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

/* --- A mount of our own ---------------------------------------------------------------------- */

/*
 * No page but those of RAM is ever there, so that the mount's usual limit, half of memory, is in
 * the way.
 */
static bool configure(int context)
{
    return fsconfig(context, FSCONFIG_SET_STRING, "huge", "within_size", 0) == 0 &&
           fsconfig(context, FSCONFIG_SET_STRING, "size", "0", 0) == 0 &&
           fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0;
}

/* A tmpfs that is attached nowhere: a descriptor, or -1 with errno. */
static int mount_tmpfs(void)
{
    int context = fsopen("tmpfs", FSOPEN_CLOEXEC), mount;

    if (context < 0)
        return -1;
    mount = configure(context) ? fsmount(context, FSMOUNT_CLOEXEC,
                                         MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
                               : -1;
    close_keeping_errno(context);
    return mount;
}

/* The mount lives as long as its file. */
static int open_in_mount(void)
{
    int mount = mount_tmpfs(), fd;

    if (mount < 0)
        return -1;
    fd = openat(mount, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    close_keeping_errno(mount);
    return fd;
}

/* --- The same without privileges ------------------------------------------------------------- */

/* Without an entry for who makes it, a file cannot be made (user_namespaces(7)). */
static bool map_user(const char *path, unsigned id)
{
    char line[sizeof("0 4294967295 1")];
    int length = snprintf(line, sizeof(line), "0 %u 1", id), fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, line, (size_t)length) == length;

    if (fd >= 0)
        close(fd);
    return good;
}

static bool deny_groups(void)
{
    int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, "deny", 4) == 4;

    if (fd >= 0)
        close(fd);
    return good;
}

/* Tells the descriptor, which is one of the parent's as well, or a negative errno. */
G_NORETURN static void be_child(int answer, unsigned user, unsigned group)
{
    int fd = map_user("/proc/self/uid_map", user) && deny_groups() &&
                     map_user("/proc/self/gid_map", group)
                 ? open_in_mount()
                 : -1;

    if (fd < 0)
        fd = -errno;
    if (write(answer, &fd, sizeof(fd)) != sizeof(fd))
        _exit(EXIT_FAILURE);
    _exit(EXIT_SUCCESS);
}

/*
 * The child shares our table of descriptors, and nothing else: its namespaces are its own, ours
 * stay. It calls nothing but the kernel, as other threads may have held locks.
 */
static int open_in_namespace(void)
{
    unsigned user = geteuid(), group = getegid();
    int answer[2], fd = -1;
    pid_t child;

    if (pipe2(answer, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    child = (pid_t)syscall(SYS_clone, CLONE_FILES | CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, NULL,
                           NULL, NULL, NULL);
    if (child == 0)
        be_child(answer[1], user, group);
    if (child < 0)
        fd = -errno;
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    if (child > 0 && read(answer[0], &fd, sizeof(fd)) != sizeof(fd))
        fd = -EIO;
    close(answer[0]);
    close(answer[1]);
    if (fd < 0)
        errno = -fd;
    return fd < 0 ? -1 : fd;
}

/* --- The interface --------------------------------------------------------------------------- */

static int open_memfd(void)
{
    return memfd_create("vtlemu-ram", MFD_CLOEXEC);
}

static int (*const openers[])(void) = {
    [RAM_FILE_MOUNT] = open_in_mount,
    [RAM_FILE_NAMESPACE] = open_in_namespace,
    [RAM_FILE_MEMFD] = open_memfd,
};

int ram_file_open_as(enum ram_file_kind kind, uint64_t size)
{
    int fd = openers[kind]();

    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)size) == 0)
        return fd;
    close_keeping_errno(fd);
    return -errno;
}

int ram_file_open(uint64_t size, enum ram_file_kind *kind)
{
    int fd = -1;

    for (size_t i = 0; i < G_N_ELEMENTS(openers) && fd < 0; i++) {
        fd = ram_file_open_as((enum ram_file_kind)i, size);
        if (kind)
            *kind = (enum ram_file_kind)i;
    }
    return fd;
}

bool ram_file_is_huge(enum ram_file_kind kind)
{
    g_autofree char *setting = NULL;

    if (!g_file_get_contents("/sys/kernel/mm/transparent_hugepage/shmem_enabled", &setting, NULL,
                             NULL) ||
        strstr(setting, "[deny]"))
        return false;
    return kind != RAM_FILE_MEMFD || !strstr(setting, "[never]");
}

void *ram_file_map(void *where, int fd, size_t size)
{
    void *host =
        mmap(where, size, PROT_READ | PROT_WRITE, MAP_SHARED | (where ? MAP_FIXED : 0), fd, 0);

    if (host == MAP_FAILED)
        return NULL;
    madvise(host, size, MADV_DONTFORK); /* sandbox.h */
    madvise(host, size, MADV_HUGEPAGE); /* for RAM_FILE_MEMFD; a wish */
    return host;
}
