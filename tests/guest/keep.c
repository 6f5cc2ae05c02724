/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTL2 has turned VsmPartitionConfig.ZeroMemoryOnReset off: what VTL0 leaves in memory is still
 * there after a reset. With the argument zero it has not, and memory is zeroed.
 */
#include "tests/guest/guest.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define MARK 0x6d656d6f72696573ul

/* Outside of all that is loaded, whose contents a reset renews. */
static volatile uint64_t *const place = (volatile uint64_t *)(RAM_BASE + 0x2000000ul);
static volatile uint64_t *const booted = (volatile uint64_t *)(RAM_BASE + 0x2001000ul);

static void run_vtl0(void)
{
    bool kept = *place == MARK && *booted == 1;

    if (kept) {
        report(true, "memory is kept over a reset");
        return;
    }
    *place = MARK;
    *booted = 1;
    print("vtl0: booted, memory has nothing of mine\n");
    psci(PSCI_SYSTEM_RESET, 0, 0, 0);
}

void guest_main(void)
{
    if (guest_vtl == 0) {
        run_vtl0();
        return;
    }
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    if (!argument_is("zero", "yes"))
        report(hv_set(HV_NATIVE, VSM_PARTITION_CONFIG, 0) == 0, "memory is to be kept");
    for (;;)
        vtl_return(0);
}
