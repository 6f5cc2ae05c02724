/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load-exclusive and store-exclusive on a page that the guest cannot access by itself: the store
 * succeeds if memory still holds what the load has seen. Unlike on hardware, it does so even if
 * it has held something else in between, or an exception has been taken.
 *
 * After the load the guest is stepped, so that its store is not missed, for no more instructions
 * than software may have in between and expect success (Arm ARM, B2.12.5 "Load-Exclusive and
 * Store-Exclusive instruction usage restrictions": 128 bytes).
 */
#ifndef EMU_EXCLUSIVE_H
#define EMU_EXCLUSIVE_H

#include <stdbool.h>

#include "vtl/fault.h"

#define EXCLUSIVE_DISTANCE 32

struct vp;

/*
 * Carries out the instruction that @fault describes, which the VTL may do, and moves PC on. False:
 * it must be executed, to get the exception that it deserves.
 */
bool exclusive_perform(struct vp *vp, const struct vtl_fault *fault);

#endif
