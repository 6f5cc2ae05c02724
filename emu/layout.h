/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that every VTL sees: guest physical addresses and interrupts.
 *
 * Each VTL has its own devices at the same addresses; guest RAM is common to all.
 */
#ifndef EMU_LAYOUT_H
#define EMU_LAYOUT_H

#include <stdint.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define LAYOUT_GICD_BASE UINT64_C(0x08000000)
#define LAYOUT_GICD_SIZE (64 * KIB)
#define LAYOUT_GICR_BASE UINT64_C(0x080a0000)
#define LAYOUT_GICR_SIZE (128 * KIB) /* one frame pair a VP */

#define LAYOUT_UART_BASE UINT64_C(0x09000000)
#define LAYOUT_UART_SIZE (4 * KIB)
#define LAYOUT_TEST_BASE UINT64_C(0x09010000) /* the test device: see devices.h */
#define LAYOUT_TEST_SIZE (4 * KIB)
/* VTL0's, if a higher VTL emulates its devices: vtlemu has no clock of its own. */
#define LAYOUT_RTC_BASE UINT64_C(0x09020000)
#define LAYOUT_RTC_SIZE (4 * KIB)

/* Kept free for virtio-mmio: block, network, entropy. */
#define LAYOUT_VIRTIO_BASE UINT64_C(0x0a000000)
#define LAYOUT_VIRTIO_SIZE (32 * UINT64_C(512))

/* Nothing, as far as the guest is concerned; KVM may have a memory slot there: vm_flush_tlb(). */
#define LAYOUT_FLUSH_BASE (LAYOUT_RAM_BASE - LAYOUT_FLUSH_SIZE)
#define LAYOUT_FLUSH_SIZE (2 * MIB)

/* Records of stolen time, in a memory slot if it is elected: stolen.h. As large as any page. */
#define LAYOUT_STOLEN_BASE (LAYOUT_FLUSH_BASE - LAYOUT_STOLEN_SIZE)
#define LAYOUT_STOLEN_SIZE (64 * KIB)

#define LAYOUT_RAM_BASE UINT64_C(0x40000000)

/* Interrupts. An SPI number n is INTID 32 + n, a PPI number n is INTID 16 + n. */
#define LAYOUT_PPI_BASE 16
#define LAYOUT_SPI_BASE 32
#define LAYOUT_UART_SPI 1
#define LAYOUT_RTC_SPI 2
#define LAYOUT_PPI_SINT 2 /* for SINTs, as on Hyper-V (OpenVMM's default) */
#define LAYOUT_PPI_TIMER_SECURE 13
#define LAYOUT_PPI_TIMER_PHYSICAL 14
#define LAYOUT_PPI_TIMER_VIRTUAL 11
#define LAYOUT_PPI_TIMER_HYPERVISOR 10
/* INTIDs a GIC has: 32 private ones and 96 SPIs. */
#define LAYOUT_INTERRUPTS 128

#define LAYOUT_MAX_VPS 64

#endif
