/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hyper-V hypercalls in both conventions (TLFS, "Hypercall Interface"; Linux, hv_core.c). */
#include "tests/guest/guest.h"

#define HV_SMCCC_FUNCTION 0x46000001u

uint64_t hv_call(enum hv_convention convention, uint64_t control, uint64_t block[HV_FAST_QWORDS])
{
    struct registers registers;
    unsigned first = convention == HV_SMCCC ? 1 : 0; /* where the control word is */

    registers.x[17] = 0;
    registers.x[0] = HV_SMCCC_FUNCTION;
    registers.x[first] = control;
    memcpy(&registers.x[first + 1], block, HV_FAST_QWORDS * sizeof(block[0]));
    if (convention == HV_SMCCC)
        call_hvc0(&registers);
    else
        call_hvc1(&registers);
    memcpy(block, &registers.x[first + 1], HV_FAST_QWORDS * sizeof(block[0]));
    return registers.x[0];
}

static unsigned round_to_pair(unsigned qwords)
{
    return (qwords + 1) / 2 * 2;
}

unsigned hv_fast_output(enum hv_convention convention, unsigned input_qwords,
                        unsigned output_qwords)
{
    return convention == HV_SMCCC ? round_to_pair(input_qwords)
                                  : HV_FAST_QWORDS - round_to_pair(output_qwords);
}

unsigned hv_get(enum hv_convention convention, uint32_t name, struct hv_value *value)
{
    uint64_t block[HV_FAST_QWORDS] = {HV_PARTITION_SELF, HV_VP_SELF, name};
    unsigned output = hv_fast_output(convention, 3, 2);
    uint64_t result =
        hv_call(convention, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);

    *value = (struct hv_value){block[output], block[output + 1]};
    return HV_STATUS(result);
}

unsigned hv_set(enum hv_convention convention, uint32_t name, uint64_t value)
{
    uint64_t block[HV_FAST_QWORDS] = {HV_PARTITION_SELF, HV_VP_SELF, name, 0, value};

    return HV_STATUS(
        hv_call(convention, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block));
}
