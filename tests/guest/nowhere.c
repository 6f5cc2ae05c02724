/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A jump to where nothing is, with the exception vectors there as well: the guest takes aborts
 * without end. vtlemu must survive it and end the run when its time is over.
 */
#include "tests/guest/guest.h"

void guest_main(void)
{
    print("vtl%lu: going nowhere\n", guest_vtl);
    sysreg_write(vbar_el1, HOLE_BASE);
    ((void (*)(void))(uintptr_t)HOLE_BASE)();
    report(false, "came back from nowhere");
}
