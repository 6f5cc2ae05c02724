/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest reports a crash by Hyper-V's crash registers, with a message. */
#include "tests/guest/guest.h"

#define HV_CRASH_P0 0x00000210u
#define HV_CRASH_CTL 0x00000215u
#define HV_CRASH_NOTIFY (1ul << 63)
#define HV_CRASH_MESSAGE (1ul << 62)

static const char message[] = "the guest's last words\nhave two lines";

void guest_main(void)
{
    const uint64_t parameters[] = {0x1111111111111111, 0x2222222222222222, 0x3333333333333333,
                                   (uintptr_t)message, sizeof(message) - 1};
    const uint64_t control = HV_CRASH_NOTIFY | HV_CRASH_MESSAGE;
    /* Two reports in one call; one is enough. */
    uint64_t twice[16] = {HV_PARTITION_SELF, HV_VP_SELF, HV_CRASH_CTL, 0, control, 0,
                          HV_CRASH_CTL,      0,          control};
    struct hv_value value;

    report(hv_get(HV_NATIVE, HV_CRASH_CTL, &value) == 0 && value.low & HV_CRASH_NOTIFY,
           "crashes can be reported");
    for (unsigned i = 0; i < ARRAY_SIZE(parameters); i++) {
        check(hv_set(HV_NATIVE, HV_CRASH_P0 + i, parameters[i]) == 0, "P%u is not writable", i);
        check(hv_get(HV_NATIVE, HV_CRASH_P0 + i, &value) == 0 && value.low == parameters[i],
              "P%u reads as 0x%lx", i, value.low);
    }
    if (report_failures())
        finish();
    hv_call(HV_SMCCC, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(2), twice);
    for (;;)
        wait_for_interrupt();
}
