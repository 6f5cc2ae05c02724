/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of Linux' own KVM selftest of arm64 hypercalls (tools/testing/selftests/kvm/arm64/
 * hypercalls.c), with its three expectations of what the guest sees. On the command line:
 *   stage=disabled   none is served
 *   stage=enabled    all are
 *   stage=false      questions to the wrong service are answered by none
 */
#include "tests/guest/guest.h"

#define NOT_SUPPORTED (-1) /* SMCCC_RET_NOT_SUPPORTED, Arm DEN0028 */

struct call {
    uint32_t function;
    uint32_t argument;
    const char *name;
};

static const struct call calls[] = {
    {0x84000050, 0, "TRNG_VERSION"},
    {0x84000051, 0xc4000053, "TRNG_FEATURES of RND64"},
    {0x84000052, 0, "TRNG_GET_UUID"},
    {0x84000053, 0, "TRNG_RND32"},
    {0xc4000053, 0, "TRNG_RND64"},
    {0x80000001, 0xc5000020, "ARCH_FEATURES of PV_TIME_FEATURES"},
    {0xc5000020, 0xc5000021, "PV_TIME_FEATURES of PV_TIME_ST"},
    {0xc5000021, 0, "PV_TIME_ST"},
    {0x86000000, 0x86000001, "KVM_FEATURES"},
    {0x8600ff01, 0, "CALL_UID"},
    {0x86000001, 0, "KVM_PTP"},
};

static const struct call false_calls[] = {
    {0x84000051, 0x86000001, "TRNG_FEATURES of KVM_PTP"},
    {0x80000001, 0xc4000053, "ARCH_FEATURES of TRNG_RND64"},
    {0xc5000020, 0xc4000053, "PV_TIME_FEATURES of TRNG_RND64"},
};

/* The selftest compares 64 bits. */
static void try_call(const struct call *call, bool served)
{
    uint64_t x0 = smccc(call->function, call->argument, 0, 0);

    report(((int64_t)x0 != NOT_SUPPORTED) == served, "0x%x 0x%x %s: X0 0x%lx, is %s",
           call->function, call->argument, call->name, x0, served ? "served" : "not served");
}

void guest_main(void)
{
    bool wrong = argument_is("stage", "false");

    if (wrong) {
        for (unsigned i = 0; i < sizeof false_calls / sizeof false_calls[0]; i++)
            try_call(&false_calls[i], false);
        return;
    }
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
        try_call(&calls[i], argument_is("stage", "enabled"));
}
