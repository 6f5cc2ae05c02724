/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HVC decode: see hvc.h. */
#include "smccc/hvc.h"

#include <stddef.h>

#define HVC_OPCODE 0xd4000002u
#define HVC_OPCODE_MASK 0xffe0001fu
#define HVC_IMM_SHIFT 5
#define HVC_IMM_MASK 0xffffu

/* Immediate n of the table is convention n; all others are undefined. */
static const char *const convention_names[HVC_CONVENTIONS] = {
    [HVC_SMCCC] = "smccc",           [HVC_HYPERCALL] = "hypercall", [HVC_VTL_CALL] = "vtl-call",
    [HVC_VTL_RETURN] = "vtl-return", [HVC_UNDEFINED] = "undefined",
};

bool hvc_decode(uint32_t insn, uint16_t *immediate)
{
    if ((insn & HVC_OPCODE_MASK) != HVC_OPCODE)
        return false;
    *immediate = (insn >> HVC_IMM_SHIFT) & HVC_IMM_MASK;
    return true;
}

uint32_t hvc_encode(uint16_t immediate)
{
    return HVC_OPCODE | (uint32_t)immediate << HVC_IMM_SHIFT;
}

enum hvc_convention hvc_convention(uint16_t immediate)
{
    return immediate < HVC_UNDEFINED ? (enum hvc_convention)immediate : HVC_UNDEFINED;
}

const char *hvc_convention_name(enum hvc_convention convention)
{
    return convention < HVC_CONVENTIONS ? convention_names[convention] : NULL;
}
