/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manifests (fw-regs/manifest.h) of this host and of machines on it, and machines that are as a
 * manifest says.
 */
#ifndef EMU_MANIFEST_H
#define EMU_MANIFEST_H

#include "fw-regs/manifest.h"

struct machine;

/*
 * What this host can give guests, as far as its kernel tells: parts that it does not tell of are
 * left out. NULL with @error if there is no KVM, or no vCPU.
 */
struct manifest *manifest_of_host(GError **error);

/* What the guest of a machine with power has been given; from any thread. NULL with @error. */
struct manifest *manifest_of_machine(const struct machine *machine, GError **error);

/*
 * What the manifest of --fw-regs says beside its election: the guest sees the ID registers that are
 * in there, without what the options disable, and has no longer vectors than those; as far as this
 * host can, else false with @error. For machine_new().
 */
bool manifest_require(struct machine *machine, const char *text, size_t size, GError **error);

#endif
