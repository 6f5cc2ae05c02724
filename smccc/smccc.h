/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * smccc/ - how a guest calls its hypervisor on arm64.
 *
 * Pure code: no KVM, no Linux headers. Registers go in, registers come out.
 *
 *   hvc.h        the immediate of an HVC decides the convention
 *   vtl-abi.h    VTL calls and returns by a function id instead, for study
 *   function.h   SMCCC function ids, owners, and the table a call is looked up in
 *   psci.h       PSCI: function ids, errors, the calls as a table
 *   hypercall.h  Hyper-V hypercalls: control word, fast and memory forms, repetitions
 *   hv-status.h  Hyper-V status codes
 */
#ifndef SMCCC_SMCCC_H
#define SMCCC_SMCCC_H

#include "smccc/function.h"
#include "smccc/hv-status.h"
#include "smccc/hvc.h"
#include "smccc/hypercall.h"
#include "smccc/psci.h"
#include "smccc/vtl-abi.h"

#endif
