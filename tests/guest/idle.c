/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing to do on any VP: VTL2 has returned, VTL0 waits for an interrupt that does not come; or, with
 * the argument `waits`, VTL2 itself waits. The host should have nothing to do either (tests/kvm/idle
 * looks).
 */
#include "tests/guest/guest.h"

static volatile uint64_t up[GUEST_MAX_VPS];

static noreturn void idle(uint64_t vp)
{
    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    signal_value(&up[vp], 1);
    for (;;)
        if (guest_vtl == 0 || argument_is("waits", ""))
            wait_for_interrupt();
        else
            vtl_return(0);
}

void guest_main(void)
{
    unsigned vps = (unsigned)argument_number("vps", 4);

    for (unsigned vp = 1; vp < vps; vp++) {
        check(vp_start(vp, idle, vp) == PSCI_SUCCESS, "VP%u does not start", vp);
        wait_for(&up[vp], 1);
    }
    print("vtl%lu: %u VPs wait\n", guest_vtl, vps);
    idle(0);
}
