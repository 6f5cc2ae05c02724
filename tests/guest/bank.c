/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shared registers at a switch: see bank.h. */
#include "tests/guest/bank.h"

#include "tests/guest/guest.h"

/* So many switches have X0 outside the reserved ranges: each VTL uses both of its sites twice. */
#define EARLY_SWITCHES 4
/* Numbers from here on are outside the sequence, and count as early. */
#define LATE_SWITCHES (1ul << 40)
/* Every so many, X0 is one of the edges. */
#define EDGE_RATE 2

_Static_assert(sizeof(struct bank) == BANK_SIZE, "bank-switch.S");
_Static_assert(offsetof(struct bank, q) == BANK_Q, "bank-switch.S");
_Static_assert(offsetof(struct bank_frame, in) == FRAME_IN, "bank-switch.S");
_Static_assert(offsetof(struct bank_frame, out_control.nzcv) == FRAME_OUT_NZCV, "bank-switch.S");
_Static_assert(offsetof(struct bank_frame, in_control.nzcv) == FRAME_IN_NZCV, "bank-switch.S");
_Static_assert(offsetof(struct bank_frame, in_pc) == FRAME_IN_PC, "bank-switch.S");

bool bank_is_shared(unsigned n)
{
    return n != 18 && n < 29;
}

static bool is_reserved(uint64_t x0)
{
    return (x0 & 0xbfff0000u) == 0x80000000u;
}

uint64_t bank_reserved_x0(uint64_t random)
{
    /* Ends of the ranges, and ids that KVM or its entry code serves. */
    static const uint32_t edges[] = {
        0x80000000, 0x80000001, 0x80008000, 0x80007fff, 0x80003fff,
        0x8000ffff, 0xc0000000, 0xc0000001, 0xc000ffff,
        0x84000050, 0x86000001, 0xc4000053, 0xc5000020, /* KVM's services, elsewhere */
    };
    uint64_t high = random & 0xffffffff00000000ul;
    unsigned choice = (unsigned)(random >> 1) & 0x7fff;

    if (random % EDGE_RATE)
        return high | edges[choice % ARRAY_SIZE(edges)];
    return high | 0x80000000u | (random & 0x40000000u) | (random >> 8 & 0xffff);
}

static uint64_t choose_x0(const struct bank_sequence *sequence, uint64_t number, uint64_t random)
{
    bool early = number < EARLY_SWITCHES || number >= LATE_SWITCHES;

    if (early)
        return is_reserved(random) ? ~random : random;
    return sequence->x0 == BANK_X0_RESERVED ? bank_reserved_x0(random) : random;
}

void bank_fill(const struct bank_sequence *sequence, uint64_t number, struct bank *bank)
{
    struct random random;

    random_seed(&random, sequence->seed ^ number << 8);
    bank->x[0] = choose_x0(sequence, number, random_next(&random));
    for (unsigned i = 1; i < BANK_X; i++)
        if (bank_is_shared(i))
            bank->x[i] = random_next(&random);
    for (unsigned i = 0; i < ARRAY_SIZE(bank->q); i++) {
        bank->q[i][0] = random_next(&random);
        bank->q[i][1] = random_next(&random);
    }
}

bool bank_compare(const struct bank *seen, const struct bank *expected, uint64_t number)
{
    bool good = true;

    for (unsigned i = 0; i < BANK_X; i++)
        if (bank_is_shared(i))
            good &= check(seen->x[i] == expected->x[i],
                          "switch %lu: X%u arrives as 0x%lx, 0x%lx was sent", number, i,
                          seen->x[i], expected->x[i]);
    for (unsigned i = 0; i < ARRAY_SIZE(seen->q); i++)
        good &= check(seen->q[i][0] == expected->q[i][0] && seen->q[i][1] == expected->q[i][1],
                      "switch %lu: Q%u arrives as 0x%016lx%016lx, 0x%016lx%016lx was sent", number,
                      i, seen->q[i][1], seen->q[i][0], expected->q[i][1], expected->q[i][0]);
    return good;
}
