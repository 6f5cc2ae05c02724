/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that the user names: whole ones to read, and places to write to. Neither waits for the
 * other side of a FIFO.
 *
 * Errors begin with @option and the path, just as they stand: "--trace " and "--vtl0-console file:"
 * make what the user has written.
 */
#ifndef EMU_FILE_H
#define EMU_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The content of a regular file of at most @limit bytes, a copy, so that it stays as it is
 * whatever happens to the file. NULL with @error.
 */
GBytes *file_read(const char *option, const char *path, uint64_t limit, GError **error);

/* Opens a regular file for reading piece by piece. -1 with @error. */
int file_open_input(const char *option, const char *path, GError **error);

/*
 * Opens a file, device or FIFO for writing; a file is created or emptied, and writes go to its
 * end. -1 with @error.
 */
int file_open_output(const char *option, const char *path, GError **error);

/*
 * May a new file take the name @path? If nothing is there, or a regular file: who names a device, a
 * FIFO or a symbolic link does not mean that it should be gone. False with @error.
 */
bool file_may_replace(const char *option, const char *path, GError **error);

#endif
