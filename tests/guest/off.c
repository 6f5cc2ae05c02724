/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VP1 runs at VTL0 while its VTL2 has never been started: a VTL call there is undefined, and
 * leaves VP1 as it was. On VP0 the same call works.
 */
#include "tests/guest/guest.h"

static volatile uint64_t taken, done;

static void call(void *argument)
{
    (void)argument;
    vtl_call(1);
}

static void second(uint64_t context)
{
    struct exception seen = {0};

    (void)context;
    taken = exception_expect(call, NULL, &seen) && ESR_EC(seen.esr) == ESR_EC_UNKNOWN;
    signal_value(&done, 1);
}

static void run_vtl0(void)
{
    vtl_call(1);
    report(true, "a call from VP0 comes back");
    report(vp_start(1, second, 0) == PSCI_SUCCESS, "VP1 starts at VTL0");
    wait_for(&done, 1);
    report(taken, "a call to its VTL2, which is off, is undefined");
}

void guest_main(void)
{
    if (guest_vtl == 0)
        run_vtl0();
    else
        for (;;)
            vtl_return(0);
}
