/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest of a snapshot has been given, as far as the snapshot tells before its state. */
#ifndef EMU_MANIFEST_SNAPSHOT_H
#define EMU_MANIFEST_SNAPSHOT_H

#include "fw-regs/manifest.h"

/* Does the file begin as a snapshot does? Files that cannot be read do not. */
bool manifest_is_snapshot(const char *path);

/* NULL with @error, which begins with @option and the path. */
struct manifest *manifest_of_snapshot(const char *option, const char *path, GError **error);

#endif
