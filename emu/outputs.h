/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that a run writes to must not be those that it reads, which would be gone: nobody wants a
 * kernel to be overwritten by its own log. Nor may what has to be whole share a file with anything.
 */
#ifndef EMU_OUTPUTS_H
#define EMU_OUTPUTS_H

#include <glib.h>
#include <stdbool.h>

#include "emu/options.h"

/* All that the options name; before any of it is opened for writing. False with @error. */
bool outputs_check(const struct options *options, GError **error);

/*
 * May a snapshot take the name @path while the run goes on? Not that of what is read again at a
 * reset, or being written; but that of --restore, which has been read. False with @error.
 */
bool outputs_spare(const struct options *options, const char *path, GError **error);

#endif
