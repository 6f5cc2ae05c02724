/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three VTLs: a call leads to the next higher one, a return to the next lower one. A message is
 * handed up and down; each VTL appends its number, so that it ends as the way that was taken.
 */
#include "tests/guest/guest.h"

#define EMPTY 1ul

static uint64_t append(uint64_t way)
{
    return way << 4 | guest_vtl;
}

/* VTL0 -> VTL1 -> VTL2 -> VTL1 -> VTL0. */
static void run_vtl0(void)
{
    uint64_t way = vtl_call(append(EMPTY));

    report(append(way) == 0x101210, "the way up and down is 0x%lx", append(way));
    way = vtl_call(append(EMPTY));
    report(append(way) == 0x101210, "and so it is again: 0x%lx", append(way));
}

static void serve_vtl1(void)
{
    uint64_t way = vtl_return(EMPTY);

    for (;;)
        way = vtl_return(append(vtl_call(append(way))));
}

static void serve_vtl2(void)
{
    uint64_t way = vtl_return(EMPTY);

    for (;;)
        way = vtl_return(append(way));
}

void guest_main(void)
{
    print("vtl%lu: booted\n", guest_vtl);
    if (guest_vtl == 0)
        run_vtl0();
    else if (guest_vtl == 1)
        serve_vtl1();
    else
        serve_vtl2();
}
