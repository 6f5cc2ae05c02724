/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vtl/ - Hyper-V's Virtual Trust Levels, without a hypervisor.
 *
 * The core sees registers, guest memory and time through struct vtl_backend. emu/ implements
 * that on KVM; the unit tests implement it in plain memory.
 *
 *   partition.h     the partition, its VPs, what each VTL of a VP holds; the back end
 *   bank.h          which registers the VTLs of a VP share, as a table
 *   bank-rows.h     every register of the processor, and where the claim about it comes from
 *   bank-policy.h   the table as a user has changed it
 *   codec.h         state as bytes, and back
 *   enable.h        enabling VTLs and starting VPs: who may, and when
 *   synic.h         the synthetic interrupt controller: messages and events for a VTL of a VP
 *   services.h      which of all this a partition has
 *   stimer.h        synthetic timers of a VTL of a VP
 *   ports.h         where guests' messages and events go: ports and connections
 *   port-call.h     the same by hypercall
 *   switch.h        VTL call and VTL return: who may, and where it leads
 *   poison.h        what a switch may corrupt, corrupted
 *   guest-copy.h    copies from and to memory that a guest uses at the same time
 *   hv-registers.h  synthetic registers, one row each
 *   register-views.h  names for parts of registers, and for others of the same contents
 *   hypercalls.h    the Hyper-V hypercalls that the core answers
 *   interrupt-calls.h  interrupts for other VTLs and VPs, by hypercall
 *   flush-calls.h   flushing TLBs, by hypercall
 *   vp-set.h        sets of VPs in hypercalls
 *   protection.h    what lower VTLs may do with each page
 *   protection-call.h  the same by hypercall
 *   fetch.h         its instructions and tables, with the rights of the VTL
 *   fault.h         what a guest wanted on a page where it was stopped
 *   decode.h        what memory an instruction accesses
 *   intercept.h     messages to a higher VTL about what a lower one does
 *   event.h         exceptions that a higher VTL gives to a lower one
 *   vina.h          telling a higher VTL of interrupts that wait for lower ones
 *   audit.h         what guests use of all this, counted
 *   strict.h        what the specification asks of them, a row each rule
 *   vmbus.h         the bus to the host, with integration services
 *   vp-registers.h  registers of a stopped VP
 *   exception.h     entry of an exception into EL1, as the processor would do it
 *   state.h         all of that, saved and loaded
 *   translate.h     stage-1 translation of a guest virtual address
 *   translate-call.h  the same for a higher VTL, by hypercall
 */
#ifndef VTL_VTL_H
#define VTL_VTL_H

#include "vtl/audit.h"
#include "vtl/bank.h"
#include "vtl/bank-policy.h"
#include "vtl/bank-rows.h"
#include "vtl/codec.h"
#include "vtl/decode.h"
#include "vtl/enable.h"
#include "vtl/event.h"
#include "vtl/exception.h"
#include "vtl/fault.h"
#include "vtl/fetch.h"
#include "vtl/flush-calls.h"
#include "vtl/hv-registers.h"
#include "vtl/hypercalls.h"
#include "vtl/intercept.h"
#include "vtl/interrupt-calls.h"
#include "vtl/partition.h"
#include "vtl/poison.h"
#include "vtl/port-call.h"
#include "vtl/ports.h"
#include "vtl/protection.h"
#include "vtl/register-views.h"
#include "vtl/state.h"
#include "vtl/services.h"
#include "vtl/stimer.h"
#include "vtl/strict.h"
#include "vtl/switch.h"
#include "vtl/synic.h"
#include "vtl/translate.h"
#include "vtl/translate-call.h"
#include "vtl/vina.h"
#include "vtl/vmbus.h"

#endif
