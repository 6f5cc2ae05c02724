/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VTL2 tells VTL0 whether a number is odd: the example of doc/writing-a-guest-test.md. */
#include "tests/guest/guest.h"

static void ask(void)
{
    for (uint64_t i = 0; i < 10; i++)
        check(vtl_call(i) == i % 2, "VTL2 errs about %lu", i);
    report(report_failures() == 0, "ten numbers");
}

static void answer(void)
{
    uint64_t number = vtl_return(0);

    for (;;)
        number = vtl_return(number % 2);
}

void guest_main(void)
{
    if (guest_vtl == 0)
        ask();
    else
        answer();
}
