/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rights on pages by userfaultfd: see view.h. */
#include "emu/view.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emu/ram-file.h"
#include "emu/view-uffd.h"

#define PAGE_SIZE 4096u

/* Beside enum view_state: a change has failed half-way. */
#define UNKNOWN 0xff

int view_open(struct view *view, int fd, size_t size)
{
    void *host = ram_file_map(NULL, fd, size);

    if (!host)
        return -errno;
    *view = (struct view){.host = host, .size = size};
    return 0;
}

static void forget(struct view *view)
{
    if (view->uffd > 0)
        close(view->uffd);
    view->uffd = 0;
    g_clear_pointer(&view->state, g_free);
}

void view_close(struct view *view)
{
    forget(view);
    if (view->host)
        munmap(view->host, view->size);
    *view = (struct view){0};
}

int view_reset(struct view *view, int fd)
{
    if (!view->state)
        return 0;
    forget(view);
    /* A new mapping in the old place knows nothing of what was set on that one. */
    return ram_file_map(view->host, fd, view->size) ? 0 : -errno;
}

static int register_view(struct view *view)
{
    struct uffdio_api api = {.api = UFFD_API, .features = VIEW_UFFD_FEATURES};
    struct uffdio_register registration = {
        .range = {.start = (uintptr_t)view->host, .len = view->size},
        .mode = UFFDIO_REGISTER_MODE_WP,
    };

    view->uffd = view_uffd_open();
    if (view->uffd < 0)
        return -errno;
    if (ioctl(view->uffd, UFFDIO_API, &api) < 0 ||
        ioctl(view->uffd, UFFDIO_REGISTER, &registration) < 0)
        return -errno;
    return 0;
}

/* Only now, so that who protects nothing needs no userfaultfd. */
static int prepare(struct view *view)
{
    int error;

    if (view->state)
        return 0;
    error = register_view(view);
    if (error == 0)
        view->state = g_try_malloc0(view->size / PAGE_SIZE);
    if (!view->state && error == 0)
        error = -ENOMEM;
    if (error < 0)
        forget(view);
    return error;
}

static int write_protect(struct view *view, size_t first, size_t count, bool on)
{
    struct uffdio_writeprotect argument = {
        .range = {.start = (uintptr_t)view->host + first * PAGE_SIZE, .len = count * PAGE_SIZE},
        .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
    };
    int result;

    do
        result = ioctl(view->uffd, UFFDIO_WRITEPROTECT, &argument);
    while (result < 0 && (errno == EAGAIN || errno == EINTR));
    return result < 0 ? -errno : 0;
}

/* Takes away what is mapped, poison as well; the memory itself stays in the file. */
static int unmap(struct view *view, size_t first, size_t count)
{
    return madvise(view->host + first * PAGE_SIZE, count * PAGE_SIZE, MADV_DONTNEED) < 0 ? -errno
                                                                                        : 0;
}

/* One call may do a part only; pages that somebody has touched again are unmapped again. */
static int poison(struct view *view, size_t first, size_t count)
{
    size_t done = 0;

    while (done < count) {
        struct uffdio_poison argument = {
            .range = {.start = (uintptr_t)view->host + (first + done) * PAGE_SIZE,
                      .len = (count - done) * PAGE_SIZE},
        };
        int error = ioctl(view->uffd, UFFDIO_POISON, &argument) < 0 ? -errno : 0;

        if (argument.updated > 0)
            done += (size_t)argument.updated / PAGE_SIZE;
        if (error == -EEXIST)
            error = unmap(view, first + done, count - done);
        if (error < 0 && error != -EAGAIN && error != -EINTR)
            return error;
    }
    return 0;
}

static int change(struct view *view, size_t first, size_t count, uint8_t from, enum view_state to)
{
    int error = 0;

    if (from == VIEW_READ_ONLY || from == UNKNOWN)
        error = write_protect(view, first, count, false);
    /* Write protection outlives it, so that it comes second. */
    if (error == 0 && (from == VIEW_CLOSED || from == UNKNOWN || to == VIEW_CLOSED))
        error = unmap(view, first, count);
    if (error == 0 && to == VIEW_READ_ONLY)
        error = write_protect(view, first, count, true);
    if (error == 0 && to == VIEW_CLOSED)
        error = poison(view, first, count);
    return error;
}

/* How many pages from @first on are in the same state. */
static size_t count_same(const struct view *view, size_t first, size_t count)
{
    size_t same = 1;

    while (same < count && view->state[first + same] == view->state[first])
        same++;
    return same;
}

int view_set(struct view *view, size_t first, size_t count, enum view_state state)
{
    size_t same;
    int error = prepare(view);

    for (; count > 0 && error == 0; first += same, count -= same) {
        same = count_same(view, first, count);
        if (view->state[first] != state)
            error = change(view, first, same, view->state[first], state);
        memset(view->state + first, error == 0 ? state : UNKNOWN, same);
    }
    return error;
}

enum view_state view_get(const struct view *view, size_t page)
{
    return view->state ? view->state[page] : VIEW_OPEN;
}
