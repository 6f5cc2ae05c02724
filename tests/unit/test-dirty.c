/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages have been written to: sets of pages, and what the VMM writes itself. */
#include <errno.h>
#include <string.h>

#include "emu/layout.h"
#include "emu/memory.h"
#include "emu/page-set.h"
#include "tests/unit/unit.h"

#define WORDS 8u /* 512 pages: 2 MiB */
#define PAGES (WORDS * 64u)
#define ROUNDS 2000
#define RACES 100 /* that took place, of so many at most: */
#define RACES_MAX 400

static struct memory memory;

static void set_up(void)
{
    ck_assert(memory_open(&memory, 2 * MIB, 0x5, NULL));
    ck_assert_uint_eq(memory_set_words(&memory), WORDS);
}

static void tear_down(void)
{
    memory_close(&memory);
}

/* --- Sets ------------------------------------------------------------------------------------ */

/* Of runs of random lengths, one page in the set and one out of it at least. */
static void make_runs(GRand *rand, uint64_t *set, bool *in)
{
    bool value = g_rand_boolean(rand);

    memset(set, 0, WORDS * sizeof(*set));
    for (unsigned page = 0; page < PAGES; value = !value)
        for (int left = g_rand_int_range(rand, 1, 200); left && page < PAGES; left--, page++) {
            in[page] = value;
            set[page / 64] |= (uint64_t)value << page % 64;
        }
}

/* Of the pages from @first up to @end: whether all are in the set, or all out of it. */
static bool are_all(bool value, const bool *in, uint64_t first, uint64_t end)
{
    while (first < end && in[first] == value)
        first++;
    return first == end;
}

START_TEST(every_run_is_found)
{
    GRand *rand = g_rand_new_with_seed(6);

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t set[WORDS], first = 0, count, seen = 0, before = 0;
        bool in[PAGES];

        make_runs(rand, set, in);
        while (page_set_next(set, WORDS, &first, &count)) {
            uint64_t end = first + count;

            if (!count || end > PAGES || !are_all(false, in, before, first) ||
                !are_all(true, in, first, end))
                ck_abort_msg("round %u: pages %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, round,
                             first, end);
            seen += count;
            first = before = end;
        }
        if (!are_all(false, in, before, PAGES) || seen != page_set_count(set, WORDS))
            ck_abort_msg("round %u: %" G_GUINT64_FORMAT " pages", round, seen);
    }
    g_rand_free(rand);
}
END_TEST

START_TEST(larger_pages)
{
    uint64_t set[WORDS] = {1}, log[1] = {UINT64_C(1) << 31 | 1 << 1}, first = 0, count;

    page_set_add(set, log, 32, 16);
    ck_assert_uint_eq(page_set_count(set, WORDS), 1 + 2 * 16);
    ck_assert(page_set_next(set, WORDS, &first, &count));
    ck_assert(first == 0 && count == 1);
    first++;
    ck_assert(page_set_next(set, WORDS, &first, &count));
    ck_assert(first == 16 && count == 16);
    first += count;
    ck_assert(page_set_next(set, WORDS, &first, &count));
    ck_assert(first == 496 && count == 16);
    first += count;
    ck_assert(!page_set_next(set, WORDS, &first, &count));
}
END_TEST

/* --- Writes ---------------------------------------------------------------------------------- */

static uint64_t gpa(uint64_t page, uint64_t offset)
{
    return memory.base + page * MEMORY_PAGE_SIZE + offset;
}

/* Since the last time @count pages from @first on have been written, and no others. */
static void check_written(uint64_t first, uint64_t count)
{
    uint64_t set[WORDS] = {0}, from = 0, found = 0;

    memory_take_written(&memory, set);
    ck_assert_uint_eq(page_set_count(set, WORDS), count);
    if (!count)
        return;
    ck_assert(page_set_next(set, WORDS, &from, &found));
    ck_assert_uint_eq(from, first);
    ck_assert_uint_eq(found, count);
}

START_TEST(every_way_to_write)
{
    uint8_t bytes[3 * MEMORY_PAGE_SIZE] = {1};
    uint64_t before;

    ck_assert_int_eq(memory_track(&memory), 0);
    check_written(0, 0);
    ck_assert_int_eq(memory_write(&memory, gpa(5, 8), bytes, 8), 0);
    check_written(5, 1);
    check_written(0, 0); /* forgotten */
    ck_assert_int_eq(memory_write(&memory, gpa(0, 1), bytes, sizeof(bytes)), 0);
    check_written(0, 4);
    ck_assert_int_eq(memory_write(&memory, gpa(62, 0), bytes, sizeof(bytes)), 0);
    check_written(62, 3);
    ck_assert_int_eq(memory_write(&memory, gpa(9, 4095), bytes, 2), 0);
    check_written(9, 2);
    ck_assert_int_eq(memory_set_bits(&memory, gpa(PAGES - 1, 4088), 4, &before), 0);
    check_written(PAGES - 1, 1);
    ck_assert_int_eq(memory_compare_exchange(&memory, gpa(7, 0), 0, 1), 0);
    check_written(7, 1);
    memory_clear(&memory);
    check_written(0, PAGES);
    memory_note_written(&memory, gpa(3, 0), 16);
    check_written(3, 1);
}
END_TEST

START_TEST(what_does_not_count)
{
    uint8_t bytes[16] = {0};
    uint64_t before;

    ck_assert_int_eq(memory_write(&memory, gpa(1, 0), bytes, sizeof(bytes)), 0); /* not yet */
    ck_assert_int_eq(memory_track(&memory), 0);
    check_written(0, 0);
    ck_assert_int_eq(memory_write(&memory, gpa(PAGES, -8), bytes, sizeof(bytes)), -EFAULT);
    ck_assert_int_eq(memory_write(&memory, gpa(4, 0), bytes, 0), 0);
    ck_assert_int_eq(memory_compare_exchange(&memory, gpa(4, 0), 1, 2), -EAGAIN);
    ck_assert_int_eq(memory_set_bits(&memory, gpa(4, 4), 1, &before), -EFAULT);
    ck_assert_int_eq(memory_read(&memory, gpa(4, 0), bytes, sizeof(bytes)), 0);
    check_written(0, 0);
    memory_untrack(&memory);
    ck_assert_int_eq(memory_write(&memory, gpa(1, 0), bytes, sizeof(bytes)), 0);
    ck_assert_int_eq(memory_track(&memory), 0);
    check_written(0, 0);
}
END_TEST

/* --- Races ----------------------------------------------------------------------------------- */

static gint done;

/* Writes once to every page: so no later note makes up for one that has been lost. */
static gpointer write_all(gpointer number)
{
    const uint64_t value = GPOINTER_TO_UINT(number);
    uint64_t page = 0;

    while (page < PAGES && !memory_write(&memory, gpa(page, 0), &value, sizeof(value)))
        page++;
    g_atomic_int_set(&done, 1);
    return GUINT_TO_POINTER(page);
}

/* Returns whether that was anything. */
static bool copy_written(uint8_t *copy)
{
    uint64_t set[WORDS] = {0}, first = 0, count;

    memory_take_written(&memory, set);
    for (; page_set_next(set, WORDS, &first, &count); first += count)
        memcpy(copy + first * MEMORY_PAGE_SIZE, memory.host + first * MEMORY_PAGE_SIZE,
               count * MEMORY_PAGE_SIZE);
    return page_set_count(set, WORDS) > 0;
}

/* Returns whether it took place: notes have been taken while others were made. */
static bool race(uint8_t *copy, unsigned number)
{
    GThread *writer;
    unsigned parts = 0;

    g_atomic_int_set(&done, 0);
    writer = g_thread_new("writer", write_all, GUINT_TO_POINTER(number));
    for (bool last = false; !last;) {
        last = g_atomic_int_get(&done);
        if (copy_written(copy))
            parts++;
        else
            g_thread_yield(); /* to it, where there are not enough processors */
    }
    ck_assert_uint_eq(GPOINTER_TO_UINT(g_thread_join(writer)), PAGES);
    for (uint64_t at = 0; at < memory.size; at += MEMORY_PAGE_SIZE)
        if (memcmp(copy + at, memory.host + at, sizeof(uint64_t)))
            ck_abort_msg("race %u: page %" G_GUINT64_FORMAT, number, at / MEMORY_PAGE_SIZE);
    return parts > 1;
}

/* A copy that is made only of pages that are noted ends as the memory does. */
START_TEST(nothing_is_lost)
{
    g_autofree uint8_t *copy = g_malloc0(memory.size);
    unsigned races = 0;

    ck_assert_int_eq(memory_track(&memory), 0);
    memcpy(copy, memory.host, memory.size);
    for (unsigned i = 1; i <= RACES_MAX && races < RACES; i++)
        races += race(copy, i);
    ck_assert_mem_eq(copy, memory.host, memory.size);
}
END_TEST

UNIT_MAIN_WITH("dirty", set_up, tear_down, every_run_is_found, larger_pages, every_way_to_write,
               what_does_not_count, nothing_is_lost)
