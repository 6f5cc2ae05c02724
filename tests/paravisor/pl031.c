/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PL031 model: see pl031.h. Registers: Arm DDI 0224, chapter 3. */
#include "tests/paravisor/pl031.h"

#include <stddef.h>

enum {
    DR = 0x000,
    MR = 0x004,
    LR = 0x008,
    CR = 0x00c,
    IMSC = 0x010,
    RIS = 0x014,
    MIS = 0x018,
    ICR = 0x01c,
    PERIPH_ID = 0xfe0,
    END = 0x1000,
};

#define INTERRUPT 1u
#define RUNS 1u /* CR: it has been started, and nothing stops it */
#define LOOK_MS 1000

/* PeriphID0-3 and CellID0-3. */
static const uint8_t identification[] = {0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

static uint32_t clock_of(const struct pl031 *rtc, uint64_t now)
{
    return rtc->offset + (uint32_t)now;
}

static void update_irq(struct pl031 *rtc)
{
    bool irq = rtc->raw & rtc->mask;

    if (irq == rtc->irq)
        return;
    rtc->irq = irq;
    rtc->set_irq(irq);
}

void pl031_init(struct pl031 *rtc, void (*set_irq)(bool level), uint32_t seconds, uint64_t now)
{
    *rtc = (struct pl031){.set_irq = set_irq, .offset = seconds - (uint32_t)now};
}

static uint32_t read_register(const struct pl031 *rtc, uint32_t offset, uint64_t now)
{
    if (offset >= PERIPH_ID && offset < END)
        return identification[(offset - PERIPH_ID) / sizeof(uint32_t)];
    switch (offset) {
    case DR:
        return clock_of(rtc, now);
    case MR:
        return rtc->match;
    case LR:
        return rtc->load;
    case CR:
        return RUNS;
    case IMSC:
        return rtc->mask;
    case RIS:
        return rtc->raw;
    case MIS:
        return rtc->raw & rtc->mask;
    default:
        return 0;
    }
}

uint32_t pl031_read(struct pl031 *rtc, uint32_t offset, unsigned size, uint64_t now)
{
    uint32_t value;

    if (offset % sizeof(uint32_t) || size > sizeof(uint32_t))
        return 0;
    pl031_ring(rtc, now);
    value = read_register(rtc, offset, now);
    return size == sizeof(uint32_t) ? value : value & ((1u << 8 * size) - 1);
}

void pl031_write(struct pl031 *rtc, uint32_t offset, unsigned size, uint32_t value, uint64_t now)
{
    if (offset % sizeof(uint32_t) || size != sizeof(uint32_t))
        return;
    switch (offset) {
    case MR:
        rtc->match = value;
        rtc->armed = (int32_t)(value - clock_of(rtc, now)) >= 0; /* it is reached when it is met */
        break;
    case LR:
        rtc->load = value;
        rtc->offset = value - (uint32_t)now;
        break;
    case IMSC:
        rtc->mask = value & INTERRUPT;
        break;
    case ICR:
        rtc->raw &= ~value;
        break;
    }
    pl031_ring(rtc, now);
    update_irq(rtc);
}

void pl031_ring(struct pl031 *rtc, uint64_t now)
{
    /* The counter wraps. */
    if (!rtc->armed || (int32_t)(clock_of(rtc, now) - rtc->match) < 0)
        return;
    rtc->armed = false;
    rtc->raw |= INTERRUPT;
    update_irq(rtc);
}

int pl031_timeout(const struct pl031 *rtc)
{
    return rtc->armed && rtc->mask ? LOOK_MS : -1;
}
