/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What things cost a guest, in units of another thing that is measured in the same run: medians,
 * as machines are busy and emulated.
 */
#ifndef GUEST_MEASURE_H
#define GUEST_MEASURE_H

#include "tests/guest/guest.h"

/* The unit: @body's time, printed as @name. */
void measure_unit(const char *name, void (*body)(void));
/* In counter ticks. */
uint64_t measured_unit(void);

/* Prints what @body takes, in units. @before, or NULL, comes first each time, unmeasured. */
void measure(const char *what, void (*before)(void), void (*body)(void));

#endif
