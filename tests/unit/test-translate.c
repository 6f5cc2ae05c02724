/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage-1 walk with 52-bit addresses, and what it tells of itself: vtl/translate.c. */
#include "vtl/translate.h"

#include <errno.h>

#include "tests/unit/unit.h"

#define SIZE(rows) (sizeof(rows) / sizeof((rows)[0]))

/* TCR_EL1; both halves alike. */
#define TCR_SIZES(bits) ((64ull - (bits)) | (64ull - (bits)) << 16)
#define TCR_4K (0ull << 14 | 2ull << 30)
#define TCR_16K (2ull << 14 | 1ull << 30)
#define TCR_64K (1ull << 14 | 3ull << 30)
#define TCR_IPS(code) ((uint64_t)(code) << 32)
#define TCR_52 TCR_IPS(6)
#define TCR_DS (1ull << 59)
#define TCR_HA (1ull << 39)

#define TABLE 3ull
#define PAGE (1ull << 10 | 3)
#define BLOCK (1ull << 10 | 1)

#define UPPER(bits) (UINT64_MAX << (bits))

/* Memory of a few descriptors; the rest cannot be read. */
struct word {
    uint64_t gpa, descriptor;
};

struct memory {
    const struct word *words;
    size_t count;
};

static int read_word(void *context, uint64_t gpa, uint64_t *descriptor)
{
    const struct memory *memory = context;

    for (size_t i = 0; i < memory->count; i++)
        if (memory->words[i].gpa == gpa) {
            *descriptor = memory->words[i].descriptor;
            return 0;
        }
    return -ENXIO;
}

static struct translate_regime make_regime(uint64_t tcr, uint64_t ttbr)
{
    return (struct translate_regime){.sctlr = 1, .tcr = tcr, .ttbr0 = ttbr, .ttbr1 = ttbr};
}

struct wide_row {
    uint64_t tcr, ttbr, va;
    uint64_t gpa; /* what comes out */
    unsigned steps;
    struct word words[TRANSLATE_LEVELS];
};

/*
 * Where bits 51:48 of an address are: 64 KiB in bits 15:12 of a descriptor (FEAT_LPA); LPA2 49:48
 * in place and 51:50 in bits 9:8; in TTBR bits 5:2.
 */
static const struct wide_row wide_rows[] = {
    /* LVA: 52 bits of address are 10 of the root's index, 13 and 13 */
    {TCR_64K | TCR_52 | TCR_SIZES(52), 0x40010000 | 0xa << 2,
     0x3ffull << 42 | 5ull << 29 | 7 << 16 | 0x123, 0x000f000012340123, 3,
     {{0xa000040010000 + 0x3ff * 8, 0x50000 | 0xb << 12 | TABLE},
      {0xb000000050000 + 5 * 8, 0x60000 | 0xc << 12 | TABLE},
      {0xc000000060000 + 7 * 8, 0x12340000 | 0xf << 12 | PAGE}}},
    {TCR_64K | TCR_52 | TCR_SIZES(52), 0x40010000, UPPER(52) | 1ull << 42 | 0x0012345678,
     0x000800000000000 | 0x3ull << 48 | 0x0012345678, 1,
     {{0x40010000 + 8, 0x000800000000000 | 0x3 << 12 | BLOCK}}}, /* 4 TiB */
    {TCR_64K | TCR_52 | TCR_SIZES(48), 0x40010000 | 1 << 2, UPPER(48) | 3ull << 29 | 0x1234567,
     0x0005000020000000 | 0x1234567, 2,
     {{0x1000040010000, 0x50000 | TABLE}, {0x50000 + 3 * 8, 0x20000000 | 5 << 12 | BLOCK}}},
    /* a small root of 64 KiB: 6 bits, aligned to 512 bytes */
    {TCR_64K | TCR_52 | TCR_SIZES(48), 0x40010e00 | 8 << 2, 0x3full << 42, 0, 2,
     {{0x8000040010e00 + 0x3f * 8, 0x50000 | TABLE}, {0x50000, BLOCK}}},
    /* without 52 bits of output TTBR and descriptors are as they always were */
    {TCR_64K | TCR_IPS(5) | TCR_SIZES(52), 0x40010000 | 1 << 2, 2ull << 42 | 9 << 16,
     0xfffffff20000, 3,
     {{0x40010000 + 16, 0x50000 | TABLE}, {0x50000, 0x60000 | TABLE},
      {0x60000 + 9 * 8, 0xfffffff20000 | PAGE}}},
    /* LPA2 is not for 64 KiB: bits 49:48 and 9:8 are no part of the address */
    {TCR_64K | TCR_52 | TCR_DS | TCR_SIZES(48), 0x40010000, 0x123, 0x8000000000123, 1,
     {{0x40010000, 3ull << 48 | 8 << 12 | 3 << 8 | BLOCK}}},
    /* LPA2, 4 KiB, 52 bits: five levels, the first with 4 bits of index */
    {TCR_4K | TCR_52 | TCR_DS | TCR_SIZES(52), 0x40010080 | 0xd << 2,
     0xfull << 48 | 1ull << 39 | 2ull << 30 | 3 << 21 | 4 << 12 | 0x567, 0x000f123456789567, 5,
     {{0xd000040010080 + 0xf * 8, 0x1000050000000 | 1 << 8 | TABLE},
      {0x5000050000000 + 1 * 8, 0x51000 | TABLE},
      {0x51000 + 2 * 8, 0x2000052000000 | 2 << 8 | TABLE},
      {0xa000052000000 + 3 * 8, 0x53000 | TABLE},
      {0x53000 + 4 * 8, 0x3123456789000 | 3 << 8 | PAGE}}},
    {TCR_4K | TCR_52 | TCR_DS | TCR_SIZES(52), 0x40010000, UPPER(52) | 5ull << 39 | 0x7b12345678,
     0x4ull << 48 | 1ull << 39 | 0x7b12345678, 2,
     {{0x40010000, 0x50000 | TABLE},
      {0x50000 + 5 * 8, 1ull << 39 | 1 << 8 | BLOCK}}}, /* 512 GiB */
    {TCR_4K | TCR_52 | TCR_DS | TCR_SIZES(48), 0x40010000, UPPER(48) | 6ull << 30 | 0x12345678,
     0x9ull << 48 | 2ull << 30 | 0x12345678, 2,
     {{0x40010000, 0x50000 | TABLE},
      {0x50000 + 6 * 8, 1ull << 48 | 2ull << 30 | 2 << 8 | BLOCK}}},
    /* LPA2, 16 KiB, 52 bits: four levels, the first with 5 bits of index */
    {TCR_16K | TCR_52 | TCR_DS | TCR_SIZES(52), 0x40010100 | 3 << 2,
     UPPER(52) | 0x1full << 47 | 1ull << 36 | 2 << 25 | 3 << 14 | 0x1567, 0x000f123456789567, 4,
     {{0x3000040010100 + 0x1f * 8, 0x50000 | TABLE},
      {0x50000 + 1 * 8, 0x2000054000000 | 1 << 8 | TABLE},
      {0x6000054000000 + 2 * 8, 0x58000 | TABLE},
      {0x58000 + 3 * 8, 0x3123456788000 | 3 << 8 | PAGE}}},
    {TCR_16K | TCR_52 | TCR_DS | TCR_SIZES(52), 0x40010000, 1ull << 47 | 2ull << 36 | 0xf12345678,
     0xcull << 48 | 7ull << 36 | 0xf12345678, 2,
     {{0x40010000 + 8, 0x50000 | TABLE},
      {0x50000 + 2 * 8, 7ull << 36 | 3 << 8 | BLOCK}}}, /* 64 GiB */
};

START_TEST(wide_addresses)
{
    const struct wide_row *row = &wide_rows[_i];
    struct translate_regime regime = make_regime(row->tcr, row->ttbr);
    struct memory memory = {row->words, row->steps};
    struct translate_page page;

    ck_assert_int_eq(translate_page(&regime, row->va, read_word, &memory, &page), 0);
    ck_assert_msg(page.gpa == row->gpa, "0x%llx", (unsigned long long)page.gpa);
    ck_assert_uint_eq(page.steps, row->steps);
    for (unsigned i = 0; i < row->steps; i++)
        ck_assert_uint_eq(page.step[i], row->words[i].gpa);
    ck_assert_uint_eq(page.descriptor, row->words[row->steps - 1].descriptor);
}
END_TEST

START_TEST(narrow_addresses)
{
    static const struct {
        uint64_t tcr, va, descriptor; /* of the root, at 0x40010000 */
        int error;
    } rows[] = {
        /* blocks that exist with 52 bits only */
        {TCR_64K | TCR_IPS(5) | TCR_SIZES(48), 0, BLOCK, -EFAULT},
        {TCR_64K | TCR_52 | TCR_SIZES(48), 0, BLOCK, 0},
        {TCR_4K | TCR_52 | TCR_SIZES(48), 0, BLOCK, -EFAULT},
        {TCR_4K | TCR_52 | TCR_DS | TCR_SIZES(48), 0, BLOCK, 0},
        {TCR_16K | TCR_52 | TCR_SIZES(47), 0, BLOCK, -EFAULT},
        {TCR_16K | TCR_52 | TCR_DS | TCR_SIZES(47), 0, BLOCK, 0},
        /* 52 bits of virtual address: not without LPA2 */
        {TCR_4K | TCR_52 | TCR_SIZES(49), 0, BLOCK, -EINVAL},
        {TCR_16K | TCR_52 | TCR_SIZES(52), 0, BLOCK, -EINVAL},
        {TCR_64K | TCR_52 | TCR_SIZES(53), 0, BLOCK, -EINVAL},
        {TCR_64K | TCR_52 | TCR_SIZES(52), 1ull << 52, BLOCK, -EFAULT},
        {TCR_64K | TCR_52 | TCR_SIZES(52), UPPER(52) & ~(1ull << 54), BLOCK, -EFAULT},
        /* output addresses beyond TCR_EL1.IPS, of a block and of a table */
        {TCR_4K | TCR_IPS(0) | TCR_SIZES(39), 0, 3ull << 30 | BLOCK, 0},
        {TCR_4K | TCR_IPS(0) | TCR_SIZES(39), 0, 4ull << 30 | BLOCK, -EINVAL},
        {TCR_4K | TCR_IPS(1) | TCR_SIZES(39), 0, 4ull << 30 | BLOCK, 0},
        {TCR_4K | TCR_IPS(4) | TCR_SIZES(39), 0, 1ull << 44 | TABLE, -EINVAL},
        {TCR_4K | TCR_IPS(5) | TCR_SIZES(39), 0, 1ull << 44 | TABLE, -ENXIO},
        /* bits that are no part of an address */
        {TCR_4K | TCR_IPS(5) | TCR_SIZES(39), 0, 3ull << 48 | 3 << 8 | BLOCK, 0},
        {TCR_4K | TCR_IPS(5) | TCR_DS | TCR_SIZES(39), 0, 1ull << 48 | BLOCK, -EINVAL},
    };

    for (size_t i = 0; i < SIZE(rows); i++) {
        struct translate_regime regime = make_regime(rows[i].tcr, 0x40010000);
        struct word word = {0x40010000, rows[i].descriptor};
        struct memory memory = {&word, 1};
        struct translate_page page;
        int error = translate_page(&regime, rows[i].va, read_word, &memory, &page);

        ck_assert_msg(error == rows[i].error, "row %zu: %d", i, error);
    }
}
END_TEST

/* A walk that fails tells how far it came. */
START_TEST(steps)
{
    static const struct {
        struct word words[2];
        int error;
        unsigned steps;
    } rows[] = {
        {{{0x1000, 0}, {0}}, -EFAULT, 1},
        {{{0x1000, 0x2000 | TABLE}, {0x2000, 0}}, -EFAULT, 2},
        {{{0x1000, 0x2000 | TABLE}, {0x2000, BLOCK}}, -EFAULT, 2}, /* none at the last level */
        {{{0x1000, 0x2000 | TABLE}, {0}}, -ENXIO, 2},
        {{{0}, {0}}, -ENXIO, 1},
        {{{0x1000, 0x2000 | TABLE}, {0x2000, 0x5000 | PAGE}}, 0, 2},
    };
    struct translate_regime regime = make_regime(TCR_4K | TCR_SIZES(25), 0x1000);
    struct translate_page page;

    for (size_t i = 0; i < SIZE(rows); i++) {
        struct memory memory = {rows[i].words, 2};

        ck_assert_int_eq(translate_page(&regime, 0, read_word, &memory, &page), rows[i].error);
        ck_assert_uint_eq(page.steps, rows[i].steps);
        ck_assert_uint_eq(page.step[page.steps - 1], page.steps == 1 ? 0x1000 : 0x2000);
    }
    ck_assert_int_eq(translate_page(&regime, 1ull << 30, read_word, NULL, &page), -EFAULT);
    ck_assert_uint_eq(page.steps, 0);
    regime.sctlr = 0;
    ck_assert_int_eq(translate_page(&regime, 0, read_word, NULL, &page), 0);
    ck_assert_uint_eq(page.steps, 0);
}
END_TEST

START_TEST(update_of_nothing)
{
    struct translate_regime regime = make_regime(TCR_4K | TCR_HA | TCR_SIZES(25), 0x1000);
    struct translate_access write = {.write = true};
    struct translate_page page;
    uint64_t updated;

    regime.mmfr1 = 2;
    regime.sctlr = 0;
    ck_assert_int_eq(translate_page(&regime, 0x1234, read_word, NULL, &page), 0);
    ck_assert(!translate_update(&regime, &page, &write, &updated));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("translate");
    TCase *cases = tcase_create("tests");


    tcase_add_loop_test(cases, wide_addresses, 0, SIZE(wide_rows));
    tcase_add_test(cases, narrow_addresses);
    tcase_add_test(cases, steps);
    tcase_add_test(cases, update_of_nothing);
    tcase_set_timeout(cases, UNIT_TIMEOUT_S);
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
