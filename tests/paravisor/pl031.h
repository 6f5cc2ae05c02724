/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PL031 real-time clock (Arm DDI 0224), as Linux' rtc-pl031 drives it: a counter of seconds
 * with an alarm. Pure; the time comes from outside, in seconds since some moment. The owner locks.
 */
#ifndef PARAVISOR_PL031_H
#define PARAVISOR_PL031_H

#include <stdbool.h>
#include <stdint.h>

struct pl031 {
    void (*set_irq)(bool level); /* called on changes only */
    uint32_t offset;             /* the clock less the time outside */
    uint32_t match, load, mask, raw;
    bool armed;                  /* the alarm has been set, and is to come */
    bool irq;
};

void pl031_init(struct pl031 *rtc, void (*set_irq)(bool level), uint32_t seconds, uint64_t now);
uint32_t pl031_read(struct pl031 *rtc, uint32_t offset, unsigned size, uint64_t now);
void pl031_write(struct pl031 *rtc, uint32_t offset, unsigned size, uint32_t value, uint64_t now);

/* Is it time for the alarm? */
void pl031_ring(struct pl031 *rtc, uint64_t now);
/* When to look again, in ms; -1: never. */
int pl031_timeout(const struct pl031 *rtc);

#endif
