/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that guest RAM is kept in, of huge pages where the host can be brought to it: with them
 * a guest's Linux boots with a sixth of the exits, most of which are its memory faults.
 *
 * A memfd has huge pages only if the administrator says so for all of the host
 * (/sys/kernel/mm/transparent_hugepage/shmem_enabled, `never` by default). A tmpfs has a say of its
 * own, its option huge= (Linux, admin-guide/mm/transhuge.rst, "Shmem / tmpfs"). So we mount one
 * that only we see, which nothing else is kept in and which goes with its file.
 */
#ifndef EMU_RAM_FILE_H
#define EMU_RAM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ram_file_kind {
    RAM_FILE_MOUNT,     /* huge pages, by a mount of our own: for root */
    RAM_FILE_NAMESPACE, /* the same, by a child in a user namespace of its own: for others */
    RAM_FILE_MEMFD,     /* huge pages if shmem_enabled is `advise` or more */
};

/*
 * A file of @size zero bytes, without name, that goes with its last descriptor and mapping.
 * Descriptor, closed on exec, or a negative errno.
 */
int ram_file_open_as(enum ram_file_kind kind, uint64_t size);

/* The first kind that can be had here, stored in @kind (may be NULL). */
int ram_file_open(uint64_t size, enum ram_file_kind *kind);

/* Has a file of @kind huge pages, as this host is set? */
bool ram_file_is_huge(enum ram_file_kind kind);

/*
 * Maps all @size bytes, anywhere or, in place of what is there, at @where; children do not have the
 * mapping (sandbox.h). NULL with errno.
 */
void *ram_file_map(void *where, int fd, size_t size);

#endif
