/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Architectural registers of a stopped VP, for the core's own use. Names: HV_REGISTER_NAME of
 * arm64 (Linux, hvgdk_mini.h). A register that the back end cannot read is 0; it has said so.
 */
#ifndef VTL_VP_REGISTERS_H
#define VTL_VP_REGISTERS_H

#include <stdint.h>

#include "vtl/partition.h"
#include "vtl/translate.h"

enum hv_architectural_register {
    HV_REGISTER_X0 = 0x00020000,
    HV_REGISTER_SP_EL0 = 0x00020020,
    HV_REGISTER_SP_EL1 = 0x00020021,
    HV_REGISTER_PC = 0x00020022,
    HV_REGISTER_PSTATE = 0x00020023,
    HV_REGISTER_ID_AA64MMFR1_EL1 = 0x00022039,
    HV_REGISTER_SCTLR_EL1 = 0x00040002,
    HV_REGISTER_TTBR0_EL1 = 0x00040005,
    HV_REGISTER_TTBR1_EL1 = 0x00040006,
    HV_REGISTER_TCR_EL1 = 0x00040007,
    HV_REGISTER_MAIR_EL1 = 0x0004000b,
    HV_REGISTER_ZCR_EL1 = 0x00040071,
};

uint64_t vp_register(const struct vtl_vp *vp, unsigned vtl, uint32_t name);

/* SP_EL0 or SP_EL1, whichever PSTATE selects. */
uint64_t vp_stack_pointer(const struct vtl_vp *vp, unsigned vtl);

/* Bytes of a Z register as ZCR_EL1 has them for EL1 and EL0; 0 without SVE. */
uint32_t vp_vector_size(const struct vtl_vp *vp, unsigned vtl);

/* What governs the VTL's stage 1. */
struct translate_regime vp_translation_regime(const struct vtl_vp *vp, unsigned vtl);

#endif
