/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Medians of ratios: see measure.h. */
#include "tests/guest/measure.h"

#define ROUNDS 9

static uint64_t unit;

static void sort(uint64_t *values, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i; j && values[j] < values[j - 1]; j--) {
            uint64_t swap = values[j];

            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
}

static uint64_t median(void (*before)(void), void (*body)(void))
{
    uint64_t ticks[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t begin;

        if (before)
            before();
        begin = counter();
        body();
        ticks[i] = counter() - begin;
    }
    sort(ticks, ROUNDS);
    return ticks[ROUNDS / 2];
}

void measure_unit(const char *name, void (*body)(void))
{
    body();
    unit = median(NULL, body);
    print("In units of %s (%lu ns):\n", name, unit * 1000000000 / counter_hz());
}

uint64_t measured_unit(void)
{
    return unit;
}

void measure(const char *what, void (*before)(void), void (*body)(void))
{
    uint64_t tenths = median(before, body) * 10 / unit;

    print("  %s %lu.%lu\n", what, tenths / 10, tenths % 10);
}
