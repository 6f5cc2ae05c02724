/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that a higher VTL makes a lower one take (HvRegisterPendingEvent0 and 1): of those that
 * there are on arm64, exceptions. Source: OpenVMM, hvdef, HvArm64PendingExceptionEvent.
 */
#ifndef VTL_EVENT_H
#define VTL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "vtl/partition.h"

/* The first quadword of PendingEvent0; the second is the syndrome, PendingEvent1 the address. */
#define HV_EVENT_PENDING 1ull

/*
 * Takes the exception that waits for the active VTL of @vp, if one does: its ESR_EL1 and FAR_EL1.
 * For the VP's own thread, before the VTL runs.
 */
bool vtl_event_take(struct vtl_vp *vp, uint64_t *syndrome, uint64_t *address);

#endif
