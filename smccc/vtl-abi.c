/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VTL calls and returns by function id: see vtl-abi.h. */
#include "smccc/vtl-abi.h"

#include <stddef.h>

#include "smccc/function.h"

/* DEN 0028, 2.5. Bit 16 is a hint that no SVE state is live. */
#define ZERO_IN_FAST_CALLS 0x00ff0000u
/* Numbers of the vendor's that KVM has for its features (Linux, ARM_SMCCC_KVM_NUM_FUNCS). */
#define KVM_FUNCTIONS 128u

enum hvc_convention vtl_abi_convention(const struct vtl_abi *abi, enum hvc_convention convention,
                                       uint64_t x0)
{
    uint32_t id = convention == HVC_SMCCC ? (uint32_t)x0 : 0;

    if (id && id == abi->call_id)
        return HVC_VTL_CALL;
    if (id && id == abi->return_id)
        return HVC_VTL_RETURN;
    if ((convention == HVC_VTL_CALL && abi->call_id) ||
        (convention == HVC_VTL_RETURN && abi->return_id))
        return HVC_UNDEFINED;
    return convention;
}

const char *vtl_abi_problem(uint32_t id)
{
    const enum smccc_owner owner = smccc_function_owner(id);

    if (!(id & SMCCC_FAST))
        return "it is no fast call: bit 31 is not set";
    if (id & ZERO_IN_FAST_CALLS)
        return "bits 23:16 of a fast call are zero";
    if (owner != SMCCC_OWNER_OEM && owner != SMCCC_OWNER_VENDOR_HYP)
        return "its owner, bits 29:24, is neither 3 (OEM) nor 6 (vendor's hypervisor)";
    if (owner == SMCCC_OWNER_VENDOR_HYP && (uint16_t)id < KVM_FUNCTIONS)
        return "the vendor's numbers below 0x80 are KVM's own services";
    if ((uint16_t)id >= SMCCC_GENERAL_QUERIES)
        return "numbers from 0xff00 on are general queries";
    return NULL;
}
