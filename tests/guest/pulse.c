/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VTL2 whose timer keeps pre-empting whatever runs below it, on every VP, at random times: for a
 * kernel at VTL0 that knows nothing of it and must not be disturbed. It ends nothing; the kernel
 * powers off.
 */
#include "tests/guest/paravisor.h"

#define VP_ASSIST_PAGE 0x00090013u
#define ENABLE 1ul

static struct shared shareds[GUEST_MAX_VPS];
static struct random randoms[GUEST_MAX_VPS];
static volatile uint64_t pulses;
static uint8_t assist_pages[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));

static void start(void)
{
    uint64_t most = argument_number("us", 20000);

    timer_start(1 + (random_next(&randoms[guest_vp()]) >> 20) % most);
}

static void handler(unsigned intid)
{
    (void)intid;
    start();
}

/* VTL0 makes no VTL calls, so that each entry is for an interrupt. */
static void serve(uint64_t vp)
{
    const volatile uint32_t *reason = (uint32_t *)(assist_pages[vp] + ASSIST_REASON);

    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    interrupt_handle(handler);
    random_seed(&randoms[vp], vp + 1);
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_pages[vp] | ENABLE);
    start();
    vp_is_up();
    for (;;) {
        vtl_run_lower(&shareds[vp]);
        check(*reason == ENTRY_INTERRUPT, "entered for reason %u", *reason);
        unmask();
        mask();
        if (vp == 0 && ++pulses == 50)
            print("vtl2: 50 pulses\n");
    }
}

void guest_main(void)
{
    unsigned vps = (unsigned)argument_number("vps", 1);

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    vp_start_others(vps, serve);
    serve(0);
}
