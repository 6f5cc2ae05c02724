/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the user names: see file.h. */
#include "emu/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/layout.h"

static void fail(GError **error, const char *option, const char *path, const char *why)
{
    emu_set_error(error, EMU_ERROR_SETUP, "%s%s: %s", option, path, why);
}

/* Reads @size bytes, or fewer if the file shrinks. -1 with errno. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t part = read(fd, bytes + done, size - done);

        if (part < 0 && errno != EINTR)
            return -1;
        if (part == 0)
            break;
        done += part > 0 ? (size_t)part : 0;
    }
    return (ssize_t)done;
}

static GBytes *read_regular(int fd, const char *option, const char *path, uint64_t limit,
                            GError **error)
{
    g_autofree uint8_t *bytes = NULL;
    struct stat status;
    ssize_t size;

    if (fstat(fd, &status) < 0) {
        fail(error, option, path, g_strerror(errno));
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        fail(error, option, path, "not a regular file; give a file");
        return NULL;
    }
    if ((uint64_t)status.st_size > limit) {
        emu_set_error(error, EMU_ERROR_SETUP,
                      "%s%s: larger than %" G_GUINT64_FORMAT " MiB; give another file or more "
                      "--memory", option, path, limit / MIB);
        return NULL;
    }
    bytes = g_try_malloc((size_t)status.st_size + 1); /* g_try_malloc(0) is NULL */
    if (!bytes) {
        fail(error, option, path, g_strerror(ENOMEM));
        return NULL;
    }
    size = read_all(fd, bytes, (size_t)status.st_size);
    if (size < 0) {
        fail(error, option, path, g_strerror(errno));
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&bytes), (gsize)size);
}

/* scripts/bed sets the variable: a newcomer's file is on another machine. */
static const char *bed_hint(void)
{
    if (errno != ENOENT || !g_getenv("VTLEMU_BED"))
        return "";
    return "; give it to scripts/bed by --file, and name it here without its folder";
}

static int open_input(const char *option, const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        g_autofree char *why = g_strconcat(g_strerror(errno), bed_hint(), NULL);

        fail(error, option, path, why);
    }
    return fd;
}

int file_open_input(const char *option, const char *path, GError **error)
{
    int fd = open_input(option, path, error);
    struct stat status;

    if (fd < 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)))
        return fd;
    fail(error, option, path, "not a regular file; give a file");
    close(fd);
    return -1;
}

GBytes *file_read(const char *option, const char *path, uint64_t limit, GError **error)
{
    int fd = open_input(option, path, error);
    GBytes *bytes;

    if (fd < 0)
        return NULL;
    bytes = read_regular(fd, option, path, limit, error);
    close(fd);
    return bytes;
}

int file_open_output(const char *option, const char *path, GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                  0666);

    /* Only opening must not wait; writing may. */
    if (fd >= 0 && fcntl(fd, F_SETFL, O_APPEND) < 0) {
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        fail(error, option, path,
             errno == ENXIO ? "nobody reads from it; start the reader first" : g_strerror(errno));
    return fd;
}

bool file_may_replace(const char *option, const char *path, GError **error)
{
    struct stat status;

    if (lstat(path, &status) < 0 || S_ISREG(status.st_mode))
        return true;
    fail(error, option, path,
         S_ISLNK(status.st_mode)
             ? "a symbolic link; give the file that it leads to"
             : "there is something that is not a regular file; give another name");
    return false;
}
