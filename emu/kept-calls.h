/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that KVM answers itself. An HVC with such a function id in X0 makes no exit, whatever its
 * immediate, so that a VTL call or return with it would be lost: see doc/call-sites.md.
 */
#ifndef EMU_KEPT_CALLS_H
#define EMU_KEPT_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/window-layout.h"

/*
 * Their function ids, in order; stores up to WINDOW_RANGES and returns how many. @kvm_uid: the
 * vendor's UID is KVM's to tell, not ours.
 */
size_t kept_calls(bool kvm_uid, struct window_range *ranges);

/* Is a call with @x0 one of them? */
bool kept_call(bool kvm_uid, uint64_t x0);

#endif
