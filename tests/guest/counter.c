/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counter is one for all VTLs: it never goes back across a switch. VTL2 and VTL0 hand each
 * other what they have read, rounds=N times (500).
 */
#include "tests/guest/guest.h"

static uint64_t read_virtual(void)
{
    return counter();
}

static uint64_t read_physical(void)
{
    __asm__ volatile("isb" : : : "memory");
    return sysreg_read(cntpct_el0);
}

static uint64_t (*const reads[])(void) = {read_virtual, read_physical};
static const char *const names[] = {"CNTVCT_EL0", "CNTPCT_EL0"};

static void test_vtl0(unsigned which, uint64_t rounds)
{
    uint64_t before = reads[which](), longest = 0;
    bool good = true;

    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t peers = vtl_call(before), after = reads[which]();

        good &= check(peers >= before && after >= peers, "%s: 0x%lx here, 0x%lx there, 0x%lx here",
                      names[which], before, peers, after);
        longest = after - before > longest ? after - before : longest;
        before = after;
    }
    report(good, "%s is monotonic across %lu switches", names[which], 2 * rounds);
    /* A different offset that happened to be in order would show as a long round trip. */
    report(longest < 5 * counter_hz(), "and the longest round trip took %lu us",
           longest * 1000000 / counter_hz());
}

static void serve_vtl2(uint64_t rounds)
{
    uint64_t message = 0;

    for (unsigned which = 0; which < ARRAY_SIZE(reads); which++)
        for (uint64_t i = 0; i < rounds; i++) {
            message = vtl_return(message);
            check(reads[which]() >= message, "%s goes back", names[which]);
            message = reads[which]();
        }
    if (report_failures())
        finish();
    vtl_return(message);
}

void guest_main(void)
{
    uint64_t rounds = argument_number("rounds", 500);

    if (guest_vtl == 2)
        serve_vtl2(rounds);
    for (unsigned which = 0; which < ARRAY_SIZE(reads); which++)
        test_vtl0(which, rounds);
    report(counter_hz() > 0, "%lu Hz", counter_hz());
}
