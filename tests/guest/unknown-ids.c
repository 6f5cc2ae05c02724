/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Function ids that nobody serves: each gets -1 in X0, and nothing else changes. First random
 * ones, ids=N of them, then the whole vendor range, or a part of it with vendor=N.
 */
#include "tests/guest/guest.h"

#define VENDOR_RANGE 0x86000000u
#define VENDOR_COUNT 0x10000

/* Somebody answers these: vtlemu or KVM. */
static const struct {
    uint32_t first, last;
} served[] = {
    {0x46000001, 0x46000001}, /* Hyper-V hypercall */
    {0x80000000, 0x8000ffff}, /* Arm architecture, KVM's own */
    {0xc0000000, 0xc000ffff},
    {0x84000000, 0x840000ff}, /* PSCI, random numbers */
    {0xc4000000, 0xc40000ff},
    {0xc5000020, 0xc5000021}, /* stolen time */
    {0x86000000, 0x86000001}, /* KVM's features and clock */
    {0x86000040, 0x86000041}, /* KVM's implementations */
    {0x8600ff01, 0x8600ff01}, /* vendor UID */
    {0xc600ff01, 0xc600ff01},
};

static bool is_served(uint32_t id)
{
    for (size_t i = 0; i < ARRAY_SIZE(served); i++)
        if (id >= served[i].first && id <= served[i].last)
            return true;
    return false;
}

static bool try(struct random *random, uint64_t x0)
{
    struct registers before, after;
    bool good;

    for (unsigned i = 1; i < ARRAY_SIZE(before.x); i++)
        before.x[i] = random_next(random);
    before.x[0] = x0;
    after = before;
    call_hvc0(&after);
    good = check(after.x[0] == SMCCC_NOT_SUPPORTED, "id 0x%lx: X0 0x%lx", x0, after.x[0]);
    for (unsigned i = 1; i < ARRAY_SIZE(before.x); i++)
        good &= check(after.x[i] == before.x[i], "id 0x%lx: X%u 0x%lx -> 0x%lx", x0, i,
                      before.x[i], after.x[i]);
    return good;
}

static void test_random(struct random *random, uint64_t count)
{
    bool good = true;

    for (uint64_t i = 0; i < count; i++) {
        uint64_t x0 = random_next(random);

        if (!is_served((uint32_t)x0))
            good &= try(random, x0);
    }
    report(good, "%lu random ids are not supported and change nothing", count);
}

static void test_vendor(struct random *random, uint64_t count)
{
    bool good = true;

    for (uint32_t i = 0; i < count; i++)
        if (!is_served(VENDOR_RANGE + i))
            good &= try(random, VENDOR_RANGE + i);
    report(good, "nor are %lu of the vendor range", count);
}

void guest_main(void)
{
    struct random random;

    random_seed(&random, argument_number("seed", 1));
    test_random(&random, argument_number("ids", 100000));
    test_vendor(&random, argument_number("vendor", VENDOR_COUNT));
}
