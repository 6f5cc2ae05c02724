/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTL call and VTL return (TLFS, VSM, "VTL Call", "VTL Return").
 *
 * These decide; the caller moves the shared bank and runs the other VTL.
 */
#ifndef VTL_SWITCH_H
#define VTL_SWITCH_H

#include <stdbool.h>

#include "vtl/partition.h"

/* Why a VTL was entered (HV_VTL_ENTRY_REASON; 0 is unused). */
enum vtl_entry_reason {
    VTL_ENTRY_CALL = 1,
    VTL_ENTRY_INTERRUPT = 2,
    VTL_ENTRY_INTERCEPT = 3,
};

/*
 * The VTL that a VTL call of @vp leads to: the next higher one enabled on it. False: none is, and
 * the caller must get an undefined-instruction exception.
 */
bool vtl_call_target(const struct vtl_vp *vp, unsigned *target);

/*
 * The same for VTL return: the highest lower VTL that does not wait to be called. After a call that
 * is the caller; after an intercept, the VTL that was stopped, even if there is another in between.
 * False in the lowest one.
 */
bool vtl_return_target(const struct vtl_vp *vp, unsigned *target);

/*
 * Has @vtl, which does not run, left the VP by a VTL call or return of its own? It could prepare
 * for that, so that what a switch may corrupt can be corrupted when it goes on (TLFS, VSM, "Shared
 * State, On ARM64 Platforms": "Software should not rely on Z register contents being preserved
 * across VTL switches"). One that was stopped by an interrupt or an intercept, between any two
 * instructions, had no choice but to rely on it: it finds all private state as it was.
 */
bool vtl_gave_up(const struct vtl_vp *vp, unsigned vtl);

/* @vtl begins with new registers: it has given up nothing. */
void vtl_renew(struct vtl_vp *vp, unsigned vtl);

/* Makes @vtl the active VTL of a VP of which none runs. */
void vtl_start(struct vtl_vp *vp, unsigned vtl);

/*
 * Makes @target the active VTL. Leaving a higher one carries out the actions in its VP assist page
 * (vtl_perform_return_actions()). Entering a higher VTL writes @reason to its VP assist page, if it
 * has one; the write is skipped when the page has gone, as the guest gave a bad address. A VTL
 * return counts as VTL_ENTRY_CALL.
 */
void vtl_enter(struct vtl_vp *vp, unsigned target, enum vtl_entry_reason reason);

#endif
