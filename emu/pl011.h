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

/*
 * What the guest knows of it, to be saved; the ops and the pace are its owner's. Registers are those
 * that are only remembered, in the order of their offsets.
 */
#define PL011_PLAIN 8
struct pl011_state {
    uint32_t plain[PL011_PLAIN];
    uint32_t raw_interrupts;
    uint32_t polls;    /* reads of the flags in a row, as far as they count */
    uint32_t received; /* bytes in fifo[], the next one first */
    uint32_t sent;     /* bytes in the transmit FIFO */
    bool refused;      /* the guest has seen that that is full */
    uint8_t fifo[PL011_FIFO];
};
void pl011_get_state(const struct pl011 *uart, struct pl011_state *state);
/*
 * False if it could never have come to that; nothing has changed then. Calls no op: the interrupt
 * line is as the state says, and input that waits has to be announced by the owner.
 */
bool pl011_set_state(struct pl011 *uart, const struct pl011_state *state);

/* Does the guest want to hear of input (receive or timeout interrupt unmasked)? */
bool pl011_listening(const struct pl011 *uart);

#endif
