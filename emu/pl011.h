/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PL011 UART (Arm DDI 0183), as Linux' amba-pl011 drives it. Pure: what leaves it goes through
 * pl011_ops. Not thread-safe; the owner locks. It knows no glib: tests/paravisor uses it, too.
 */
#ifndef EMU_PL011_H
#define EMU_PL011_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PL011_FIFO 16

struct pl011_ops {
    void (*transmit)(void *context, uint8_t byte);
    void (*set_irq)(void *context, bool level); /* called on changes only */
    void (*rx_ready)(void *context);            /* pl011_receive() may take more now */
};

struct pl011;

/* @ops must outlive it. */
struct pl011 *pl011_new(const struct pl011_ops *ops, void *context);
void pl011_free(struct pl011 *uart);

/*
 * From now on the transmit FIFO fills, until pl011_drain() says that the line has taken what is in
 * it. Otherwise the line takes every byte at once, and a guest's driver sends all that it has in one
 * go, with interrupts masked: too long for a VMM whose accesses are slow. No byte is lost, even
 * if the guest does not look whether there is room.
 */
void pl011_pace(struct pl011 *uart);
void pl011_drain(struct pl011 *uart);
bool pl011_is_full(const struct pl011 *uart);

/*
 * Register accesses, at any offset and of any size: registers are 32 bits wide, an access inside
 * one reads or writes its low bits, anything else reads as zero and ignores writes.
 */
uint32_t pl011_read(struct pl011 *uart, uint32_t offset, unsigned size);
void pl011_write(struct pl011 *uart, uint32_t offset, unsigned size, uint32_t value);

/*
 * Input from the line; returns how many bytes were taken. The rest may come after rx_ready().
 * Nothing is taken before the guest wants input: interrupts unmasked with the UART on, or polling.
 */
size_t pl011_receive(struct pl011 *uart, const uint8_t *bytes, size_t size);

/* Does the guest want to hear of input (receive or timeout interrupt unmasked)? */
bool pl011_listening(const struct pl011 *uart);

#endif
