/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest asks for a VTL call and a VTL return: by the immediates of the specification (`hvc #2`,
 * `hvc #3`), which are no SMC Calling Convention, or, for study, by a function of it (`hvc #0` with
 * an id in X0). The rules of the second one are ours: doc/vtl-abi.md.
 */
#ifndef SMCCC_VTL_ABI_H
#define SMCCC_VTL_ABI_H

#include "smccc/hvc.h"

struct vtl_abi {
    uint32_t call_id, return_id; /* SMCCC function ids; 0: the immediates 2 and 3 */
};

/*
 * What an HVC means whose immediate selects @convention, with @x0 in X0. An immediate that an id has
 * taken the place of is undefined.
 */
enum hvc_convention vtl_abi_convention(const struct vtl_abi *abi, enum hvc_convention convention,
                                       uint64_t x0);

/*
 * Why @id cannot be a VTL call or return, as half a sentence; NULL: it can. One that can is none of
 * those that KVM answers itself or that the specifications give another meaning.
 */
const char *vtl_abi_problem(uint32_t id);

#endif
