/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest runtime knows of the machine (emu/layout.h), for C and assembly.
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#define GICD_BASE 0x08000000
#define GICR_BASE 0x080a0000
#define GICR_SIZE 0x20000 /* a VP */
#define UART_BASE 0x09000000
#define TEST_DEVICE_BASE 0x09010000
#define RAM_BASE 0x40000000
#define HOLE_BASE 0x20000000 /* nothing is there */
#define FLUSH_BASE 0x3fe00000 /* nothing that the guest could see (LAYOUT_FLUSH_BASE) */

#define GUEST_MAX_VPS 8
#define GUEST_STACK_SIZE 0x4000
#define GUEST_SIZE 0x100000

/* struct exception, in bytes */
#define EXCEPTION_SP_EL0 248
#define EXCEPTION_ELR 256
#define EXCEPTION_ESR 272
#define EXCEPTION_VECTOR 288
#define EXCEPTION_SIZE 304

#endif
