/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What manifests of a host and of its machines share: see manifest.h. */
#ifndef EMU_MANIFEST_PRIVATE_H
#define EMU_MANIFEST_PRIVATE_H

#include "emu/manifest.h"

/* What machines have that do not ask for less (KVM_CREATE_VM with type 0). */
#define VM_IPA_BITS 40u

/* Who this host is, unless there is a name, its kernel, and our version. */
void manifest_add_names(struct manifest *manifest);
/* The frequency of the counter and the size of pages. */
void manifest_add_numbers(struct manifest *manifest);
/* The GIC that machines have here. A negative errno: they have none. */
int manifest_add_gic(struct manifest *manifest, int kvm);

#endif
