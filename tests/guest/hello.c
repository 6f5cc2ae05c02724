/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest payload: says hello. */
#include "tests/guest/guest.h"

static void undefined(void *argument)
{
    (void)argument;
    __asm__ volatile("udf #0");
}

void guest_main(void)
{
    struct exception seen;

    report(guest_vp() == 0, "hello from VP%u", guest_vp());
    report(argument_is("greeting", "moin"), "the command line arrives");
    report(argument_number("number", 1) == 42, "and so do numbers on it");
    report(exception_expect(undefined, NULL, &seen) && ESR_EC(seen.esr) == ESR_EC_UNKNOWN,
           "an undefined instruction is an exception");
}
