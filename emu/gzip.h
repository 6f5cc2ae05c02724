/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacking of gzip files. They are not trusted. */
#ifndef EMU_GZIP_H
#define EMU_GZIP_H

#include <glib.h>
#include <stdbool.h>

/* Does @file begin like a gzip file? */
bool gzip_is(GBytes *file);

/*
 * The content of @file, at most @limit bytes (below 2 GiB). What follows the first member is
 * ignored. NULL with @error, which calls the file @name: damaged, truncated or too large.
 */
GBytes *gzip_unpack(GBytes *file, const char *name, gsize limit, GError **error);

#endif
