/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * InternalActivityState: VTL2 holds VTL0 back before it has run, and lets it go with registers of
 * VTL2's choice.
 */
#include "tests/guest/guest.h"

#define INTERNAL_ACTIVITY_STATE 0x00000004u
#define STARTUP_SUSPEND 1ul
#define HALT 2ul
#define PC_NAME 0x00020022u
#define TPIDR_NAME 0x00040011u
#define USE_VTL 0x10ul
#define MARK 0x4321ul

/* Code for VTL0: calls with what it finds in TPIDR_EL0. */
void lower_entry(void);
__asm__(".pushsection .text.lower_entry, \"ax\"\n"
        "lower_entry:\n\tmrs x1, tpidr_el0\n\tmov x0, #0\n\thvc #2\n\tb lower_entry\n"
        ".popsection");

static uint64_t set(uint64_t vtl, uint32_t name, uint64_t value)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF | (USE_VTL | vtl) << 32, name, 0, value};

    return HV_STATUS(hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block));
}

static uint64_t get(uint64_t vtl, uint32_t name)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF | (USE_VTL | vtl) << 32, name};

    hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
    return block[HV_NATIVE_OUTPUT];
}

void guest_main(void)
{
    uint64_t message;

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    report(get(2, INTERNAL_ACTIVITY_STATE) == 0, "VTL2 runs");
    report(set(2, INTERNAL_ACTIVITY_STATE, STARTUP_SUSPEND) == 0x15, "it cannot suspend itself");
    report(set(0, INTERNAL_ACTIVITY_STATE, HALT) == 0x50, "nor halt VTL0");
    report(set(0, INTERNAL_ACTIVITY_STATE, STARTUP_SUSPEND) == 0 &&
               get(0, INTERNAL_ACTIVITY_STATE) == STARTUP_SUSPEND,
           "VTL0 is held back");
    set(0, PC_NAME, (uintptr_t)lower_entry);
    set(0, TPIDR_NAME, MARK);
    report(set(0, INTERNAL_ACTIVITY_STATE, 0) == 0 && get(0, INTERNAL_ACTIVITY_STATE) == 0,
           "and let go");
    message = vtl_return(0);
    report(message == MARK, "it comes from where it was sent: 0x%lx", message);
}
