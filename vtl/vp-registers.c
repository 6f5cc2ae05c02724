/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of a stopped VP: see vp-registers.h. */
#include "vtl/vp-registers.h"

#include "vtl/exception.h"

uint64_t vp_register(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    struct hv_u128 value = {0};

    vp->partition->backend->get_register(vp->partition->machine, vp->index, vtl, name, &value);
    return value.low;
}

uint64_t vp_stack_pointer(const struct vtl_vp *vp, unsigned vtl)
{
    bool own = vp_register(vp, vtl, HV_REGISTER_PSTATE) & PSTATE_SP;

    return vp_register(vp, vtl, own ? HV_REGISTER_SP_EL1 : HV_REGISTER_SP_EL0);
}

/*
 * ZCR_EL1.LEN asks for a number of units of 128 bits, less one; vectors become as long as that, or
 * as the next shorter ones that there are (Arm ARM, "ZCR_EL1").
 */
#define ZCR_LEN 0xfu
#define VECTOR_UNIT 16u

uint32_t vp_vector_size(const struct vtl_vp *vp, unsigned vtl)
{
    unsigned lengths = vp->partition->vector_lengths;

    if (!lengths)
        return 0;
    lengths &= (2u << (vp_register(vp, vtl, HV_REGISTER_ZCR_EL1) & ZCR_LEN)) - 1;
    return lengths ? (uint32_t)g_bit_storage(lengths) * VECTOR_UNIT : VECTOR_UNIT;
}

struct translate_regime vp_translation_regime(const struct vtl_vp *vp, unsigned vtl)
{
    return (struct translate_regime){
        .sctlr = vp_register(vp, vtl, HV_REGISTER_SCTLR_EL1),
        .tcr = vp_register(vp, vtl, HV_REGISTER_TCR_EL1),
        .ttbr0 = vp_register(vp, vtl, HV_REGISTER_TTBR0_EL1),
        .ttbr1 = vp_register(vp, vtl, HV_REGISTER_TTBR1_EL1),
        .mair = vp_register(vp, vtl, HV_REGISTER_MAIR_EL1),
        .mmfr1 = vp_register(vp, vtl, HV_REGISTER_ID_AA64MMFR1_EL1),
    };
}
