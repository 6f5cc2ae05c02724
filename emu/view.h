/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VTL's VM can do with the pages of its view of guest RAM, by userfaultfd: KVM itself
 * gives userspace no say in the rights of a page.
 *
 *   VIEW_OPEN       all
 *   VIEW_READ_ONLY  read and execute; a write ends KVM_RUN with EFAULT (UFFDIO_WRITEPROTECT)
 *   VIEW_CLOSED     nothing; any access ends it with SIGBUS, which names the page (UFFDIO_POISON)
 *
 * There is no way to forbid execution alone: pages without that right are closed as well, and
 * emu/protect.c opens them for single accesses.
 * Source: Linux, Documentation/admin-guide/mm/userfaultfd.rst.
 */
#ifndef EMU_VIEW_H
#define EMU_VIEW_H

#include <stddef.h>
#include <stdint.h>

enum view_state {
    VIEW_OPEN,
    VIEW_READ_ONLY,
    VIEW_CLOSED,
};

struct view {
    uint8_t *host;  /* the mapping; NULL: the VTL has none */
    size_t size;    /* bytes */
    int uffd;       /* 0 as long as nothing has been protected */
    uint8_t *state; /* of each page; NULL as long as nothing is protected */
};

/* Maps @size bytes of @fd. 0 or a negative errno. */
int view_open(struct view *view, int fd, size_t size);
void view_close(struct view *view);

/* Opens all pages again, as at a reset. */
int view_reset(struct view *view, int fd);

/*
 * Puts @count pages from index @first on into @state. No other thread may run a vCPU on the view
 * unless all these pages have been open before. 0 or a negative errno; the pages may be in any
 * state after an error, until they have been put into one again.
 */
int view_set(struct view *view, size_t first, size_t count, enum view_state state);

/* The state of a page, if the last view_set() on it succeeded; open if there was none. */
enum view_state view_get(const struct view *view, size_t page);

#endif
