/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual interrupt notification assist (TLFS, VSM, "Virtual Interrupt Notification Assist"): a
 * higher VTL that runs learns by an interrupt of its own that it keeps one from a lower VTL.
 *
 * It does so once, until it clears VinaAsserted in its VP assist page, or until it is entered again
 * if it has asked for auto-reset. Without an assist page only the latter can be.
 */
#ifndef VTL_VINA_H
#define VTL_VINA_H

#include <stdbool.h>

#include "vtl/partition.h"

/* VsmVina. There is no auto-EOI on a GIC. */
#define HV_VINA_VECTOR 0xffull /* an INTID */
#define HV_VINA_ENABLED (1ull << 8)
#define HV_VINA_AUTO_RESET (1ull << 9)
#define HV_VINA_KNOWN (HV_VINA_VECTOR | HV_VINA_ENABLED | HV_VINA_AUTO_RESET)

/* Has a VsmVina of this value the vector that it needs? */
bool vtl_vina_has_vector(uint64_t value);

/* Does the VTL that runs want to know of interrupts for lower ones? */
bool vtl_vina_watches(const struct vtl_vp *vp);

/*
 * On the VP's thread: an interrupt for @lower, below the VTL that runs, can be delivered as far as
 * its GIC is concerned. Whether PSTATE would let it is looked at here.
 */
void vtl_vina_notify(struct vtl_vp *vp, unsigned lower);

/* The VTL that runs now has been entered. */
void vtl_vina_enter(struct vtl_vp *vp);

#endif
