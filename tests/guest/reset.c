/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYSTEM_RESET, again and again: each time the guest begins anew on cleared memory. */
#include "tests/guest/guest.h"

#define MARK 0x600d600d600d600dul
#define MARK_OFFSET 0x80000 /* beyond what is loaded and used */

extern const uint8_t guest_start[];

void guest_main(void)
{
    volatile uint64_t *mark = (volatile uint64_t *)((uintptr_t)guest_start + MARK_OFFSET);

    print("vtl%lu: booted\n", guest_vtl);
    report(*mark != MARK, "memory is cleared");
    if (report_failures())
        finish();
    *mark = MARK;
    psci(PSCI_SYSTEM_RESET, 0, 0, 0);
    report(false, "SYSTEM_RESET returned");
}
