/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GICv3 and virtual timer, as little of them as tests need (Arm IHI 0069; Arm ARM, D12). */
#include "tests/guest/guest.h"

#define GICD_CTLR 0x0000
#define GICD_CTLR_ENABLE_G1 (1u << 1)
#define GICD_CTLR_ARE (1u << 4)
#define GICR_WAKER 0x0014
#define GICR_WAKER_SLEEP (1u << 1)
#define GICR_WAKER_ASLEEP (1u << 2)
#define GICR_SGI_FRAME 0x10000 /* as the distributor, for INTIDs below 32 */
#define IGROUPR 0x0080
#define ISENABLER 0x0100
#define IPRIORITYR 0x0400
#define IROUTER 0x6000 /* resets to VP 0 in practice, not by the specification */
#define PRIVATE_INTIDS 32

#define ICC_SRE S3_0_C12_C12_5
#define ICC_PMR S3_0_C4_C6_0
#define ICC_IGRPEN1 S3_0_C12_C12_7
#define ICC_SGI1R S3_0_C12_C11_5
#define PRIORITY 0x80
#define PRIORITY_MASK 0xf0
#define SGI1R_INTID_SHIFT 24

#define TIMER_ENABLE 1
#define US_PER_S 1000000

static volatile uint32_t *word(uint64_t address)
{
    return (volatile uint32_t *)address;
}

static uint64_t redistributor(void)
{
    return GICR_BASE + (uint64_t)guest_vp() * GICR_SIZE;
}

/* The frame that holds the registers of an INTID. */
static uint64_t frame_of(unsigned intid)
{
    return intid < PRIVATE_INTIDS ? redistributor() + GICR_SGI_FRAME : GICD_BASE;
}

void gic_init(void)
{
    *word(GICD_BASE + GICD_CTLR) = GICD_CTLR_ARE | GICD_CTLR_ENABLE_G1;
    *word(redistributor() + GICR_WAKER) &= ~GICR_WAKER_SLEEP;
    while (*word(redistributor() + GICR_WAKER) & GICR_WAKER_ASLEEP)
        continue;
    sysreg_write(ICC_SRE, 1);
    sysreg_write(ICC_PMR, PRIORITY_MASK);
    sysreg_write(ICC_IGRPEN1, 1);
}

void gic_enable(unsigned intid)
{
    uint64_t frame = frame_of(intid);
    uint32_t bit = 1u << intid % 32;

    *word(frame + IGROUPR + intid / 32 * 4) |= bit;
    *(volatile uint8_t *)(frame + IPRIORITYR + intid) = PRIORITY;
    if (intid >= PRIVATE_INTIDS)
        *(volatile uint64_t *)(frame + IROUTER + intid * 8ul) = guest_vp();
    *word(frame + ISENABLER + intid / 32 * 4) = bit;
}

void gic_send(unsigned vp, unsigned intid)
{
    sysreg_write(ICC_SGI1R, (uint64_t)intid << SGI1R_INTID_SHIFT | 1ul << vp);
}

uint64_t counter(void)
{
    __asm__ volatile("isb" : : : "memory");
    return sysreg_read(cntvct_el0);
}

uint64_t counter_hz(void)
{
    return sysreg_read(cntfrq_el0);
}

void timer_start(uint64_t microseconds)
{
    sysreg_write(cntv_cval_el0, counter() + counter_hz() * microseconds / US_PER_S);
    sysreg_write(cntv_ctl_el0, TIMER_ENABLE);
}

void timer_stop(void)
{
    sysreg_write(cntv_ctl_el0, 0);
}
