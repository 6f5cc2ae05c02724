/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The paravisor's real-time clock: tests/paravisor/pl031.c. */
#include "tests/paravisor/pl031.h"
#include "tests/unit/unit.h"

/* Offsets of registers (Arm DDI 0224, 3.2). */
enum { DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

#define BEGIN 1000u  /* outside */
#define DATE 1750000000u

static bool line;
static unsigned changes;

static void set_irq(bool level)
{
    line = level;
    changes++;
}

static struct pl031 make(void)
{
    struct pl031 rtc;

    line = false;
    changes = 0;
    pl031_init(&rtc, set_irq, DATE, BEGIN);
    return rtc;
}

START_TEST(time_goes_on)
{
    struct pl031 rtc = make();

    ck_assert_uint_eq(pl031_read(&rtc, DR, 4, BEGIN), DATE);
    ck_assert_uint_eq(pl031_read(&rtc, DR, 4, BEGIN + 7), DATE + 7);
    pl031_write(&rtc, LR, 4, 42, BEGIN + 8);
    ck_assert_uint_eq(pl031_read(&rtc, LR, 4, BEGIN + 9), 42);
    ck_assert_uint_eq(pl031_read(&rtc, DR, 4, BEGIN + 9), 43);
    ck_assert_uint_eq(pl031_read(&rtc, CR, 4, BEGIN), 1);
}
END_TEST

START_TEST(alarm_rings)
{
    struct pl031 rtc = make();

    ck_assert_int_eq(pl031_timeout(&rtc), -1);
    pl031_write(&rtc, IMSC, 4, 1, BEGIN);
    pl031_write(&rtc, MR, 4, DATE + 3, BEGIN);
    ck_assert_int_gt(pl031_timeout(&rtc), 0);
    pl031_ring(&rtc, BEGIN + 2);
    ck_assert(!line);
    pl031_ring(&rtc, BEGIN + 4); /* late, but met */
    ck_assert(line);
    ck_assert_int_eq(pl031_timeout(&rtc), -1);
    ck_assert_uint_eq(pl031_read(&rtc, MIS, 4, BEGIN + 4), 1);
    pl031_write(&rtc, ICR, 4, 1, BEGIN + 4);
    ck_assert(!line);
    ck_assert_uint_eq(changes, 2);
    ck_assert_uint_eq(pl031_read(&rtc, RIS, 4, BEGIN + 5), 0);
}
END_TEST

/* It is seen in RIS, but interrupts nobody before IMSC says so; what is past is never met. */
START_TEST(alarm_masked_or_past)
{
    struct pl031 rtc = make();

    pl031_write(&rtc, MR, 4, DATE + 1, BEGIN);
    ck_assert_uint_eq(pl031_read(&rtc, RIS, 4, BEGIN + 1), 1);
    ck_assert(!line);
    pl031_write(&rtc, IMSC, 4, 1, BEGIN + 1);
    ck_assert(line);
    pl031_write(&rtc, ICR, 4, 1, BEGIN + 1);
    pl031_write(&rtc, MR, 4, DATE - 1, BEGIN + 2);
    pl031_ring(&rtc, BEGIN + 100);
    ck_assert(!line);
}
END_TEST

/* Linux finds it by its identification (AMBA). */
START_TEST(identification)
{
    static const uint32_t bytes[] = {0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct pl031 rtc = make();

    for (uint32_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
        ck_assert_uint_eq(pl031_read(&rtc, 0xfe0 + 4 * i, 4, BEGIN), bytes[i]);
}
END_TEST

START_TEST(odd_accesses)
{
    struct pl031 rtc = make();

    ck_assert_uint_eq(pl031_read(&rtc, DR, 1, BEGIN), DATE & 0xff);
    ck_assert_uint_eq(pl031_read(&rtc, DR, 8, BEGIN), 0);
    ck_assert_uint_eq(pl031_read(&rtc, 2, 2, BEGIN), 0);
    ck_assert_uint_eq(pl031_read(&rtc, 0x20, 4, BEGIN), 0);
    ck_assert_uint_eq(pl031_read(&rtc, 0x1000, 4, BEGIN), 0);
    ck_assert_uint_eq(pl031_read(&rtc, UINT32_MAX - 3, 4, BEGIN), 0);
    pl031_write(&rtc, LR, 2, 1, BEGIN);
    pl031_write(&rtc, DR, 4, 1, BEGIN);
    pl031_write(&rtc, 0xffc, 4, 1, BEGIN);
    ck_assert_uint_eq(pl031_read(&rtc, DR, 4, BEGIN), DATE);
}
END_TEST

UNIT_MAIN("pl031", time_goes_on, alarm_rings, alarm_masked_or_past, identification, odd_accesses)
