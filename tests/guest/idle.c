/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing to do on any VP: VTL2 has returned, VTL0 waits for an interrupt that does not come; or,
 * with the argument `waits`, VTL2 itself waits. The host should have nothing to do either
 * (tests/kvm/idle looks).
 */
#include "tests/guest/guest.h"


static noreturn void idle(uint64_t vp)
{
    (void)vp;
    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    vp_is_up();
    for (;;)
        if (guest_vtl == 0 || argument_is("waits", ""))
            wait_for_interrupt();
        else
            vtl_return(0);
}

void guest_main(void)
{
    unsigned vps = (unsigned)argument_number("vps", 4);

    vp_start_others(vps, idle);
    print("vtl%lu: %u VPs wait\n", guest_vtl, vps);
    idle(0);
}
