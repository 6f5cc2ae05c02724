/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PL011 model: see pl011.h. Register names and bits: Arm DDI 0183, chapter 3. */
#include "emu/pl011.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    DR = 0x000,
    RSR = 0x004,
    FR = 0x018,
    ILPR = 0x020,
    IBRD = 0x024,
    FBRD = 0x028,
    LCR_H = 0x02c,
    CR = 0x030,
    IFLS = 0x034,
    IMSC = 0x038,
    RIS = 0x03c,
    MIS = 0x040,
    ICR = 0x044,
    DMACR = 0x048,
    PERIPH_ID = 0xfe0,
    CELL_ID_END = 0x1000,
};

/* A terminal is there: clear to send, data set ready, data carrier detect. */
#define FR_MODEM (1u << 0 | 1u << 1 | 1u << 2)
#define FR_RXFE (1u << 4) /* receive FIFO empty */
#define FR_TXFF (1u << 5)
#define FR_RXFF (1u << 6)
#define FR_TXFE (1u << 7)
#define LCR_H_FEN (1u << 4) /* FIFOs enabled */
#define CR_UARTEN (1u << 0)
#define CR_RXE (1u << 9)
#define CR_RESET 0x300u     /* transmit and receive enabled, UART off */
#define IFLS_RX_SHIFT 3
#define IFLS_RX_MASK 7u
#define IFLS_RESET 0x12u
#define INT_RX (1u << 4)
#define INT_TX (1u << 5)
#define INT_RT (1u << 6) /* receive timeout */
#define INT_RECEIVE (INT_RX | INT_RT)
#define INT_ALL 0x7ffu

/*
 * So many reads of the flags in a row, without sending, and the guest is polling for input: a
 * byte never has to wait to be sent, so that a guest that only sends reads them a few times.
 */
#define POLLING 16

/* Bytes in the transmit FIFO above which INT_TX falls, whatever IFLS says: as after a reset. */
#define TX_TRIGGER (PL011_FIFO / 2)

/* PeriphID0-3 and CellID0-3 of an Arm PL011 r1p5. */
static const uint8_t identification[] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

/* Registers that are only remembered, and the bits they have. */
static const struct {
    uint32_t offset;
    uint32_t mask;
} plain[] = {
    {ILPR, 0xff}, {IBRD, 0xffff}, {FBRD, 0x3f}, {LCR_H, 0xff},
    {CR, 0xffff}, {IFLS, 0x3f},   {IMSC, INT_ALL}, {DMACR, 0x7},
};

/* Bytes in the receive FIFO at which INT_RX rises, by IFLS (3.3.11); the rest is reserved. */
static const unsigned triggers[IFLS_RX_MASK + 1] = {2, 4, 8, 12, 14, 14, 14, 14};

struct pl011 {
    const struct pl011_ops *ops;
    void *context;
    uint32_t plain[COUNT(plain)];
    uint32_t raw_interrupts;
    bool irq;
    bool announced;       /* rx_ready() was called since the guest became ready for input */
    unsigned polls;       /* reads of FR since the last byte was sent */
    unsigned head, count; /* of the receive FIFO */
    bool paced;           /* the transmit FIFO fills, see pl011_pace() */
    unsigned sent;        /* bytes in it */
    bool refused;         /* the guest has seen that it is full */
    uint8_t fifo[PL011_FIFO];
};

static int plain_index(uint32_t offset)
{
    for (size_t i = 0; i < COUNT(plain); i++)
        if (plain[i].offset == offset)
            return (int)i;
    return -1;
}

static uint32_t *plain_register(struct pl011 *uart, uint32_t offset)
{
    return &uart->plain[plain_index(offset)];
}

struct pl011 *pl011_new(const struct pl011_ops *ops, void *context)
{
    struct pl011 *uart = calloc(1, sizeof(*uart));

    if (!uart)
        abort(); /* as glib does */
    uart->ops = ops;
    uart->context = context;
    *plain_register(uart, CR) = CR_RESET;
    *plain_register(uart, IFLS) = IFLS_RESET;
    return uart;
}

void pl011_pace(struct pl011 *uart)
{
    uart->paced = true;
}

void pl011_free(struct pl011 *uart)
{
    free(uart);
}

static void update_irq(struct pl011 *uart)
{
    bool irq = uart->raw_interrupts & *plain_register(uart, IMSC);

    if (irq == uart->irq)
        return;
    uart->irq = irq;
    uart->ops->set_irq(uart->context, irq);
}

static bool has_fifo(struct pl011 *uart)
{
    return *plain_register(uart, LCR_H) & LCR_H_FEN;
}

/* Without FIFOs there is one holding register (3.3.7). */
static unsigned capacity(struct pl011 *uart)
{
    return has_fifo(uart) ? PL011_FIFO : 1;
}

static unsigned trigger(struct pl011 *uart)
{
    uint32_t level = *plain_register(uart, IFLS) >> IFLS_RX_SHIFT & IFLS_RX_MASK;

    return has_fifo(uart) ? triggers[level] : 1;
}

/*
 * Is the guest ready for input, by interrupt or by polling? What came before would be lost:
 * Linux empties the FIFO when it opens the port, and before that the UART is off.
 */
static bool wants_input(struct pl011 *uart)
{
    bool enabled = (*plain_register(uart, CR) & (CR_UARTEN | CR_RXE)) == (CR_UARTEN | CR_RXE);

    return (enabled && pl011_listening(uart)) || uart->polls >= POLLING;
}

/* Calls for the input that has waited, once. */
static void announce(struct pl011 *uart)
{
    bool wants = wants_input(uart);

    if (wants && !uart->announced)
        uart->ops->rx_ready(uart->context);
    uart->announced = wants;
}

bool pl011_is_full(const struct pl011 *uart)
{
    return uart->paced && uart->sent >= PL011_FIFO;
}

void pl011_drain(struct pl011 *uart)
{
    if (!uart->sent)
        return;
    uart->sent = 0;
    uart->refused = false;
    uart->raw_interrupts |= INT_TX;
    update_irq(uart);
}

/* Who looks again does nothing else until there is room, most likely with interrupts masked. */
static uint32_t read_transmit_flags(struct pl011 *uart)
{
    if (pl011_is_full(uart) && uart->refused)
        pl011_drain(uart);
    uart->refused = pl011_is_full(uart);
    return (uart->refused ? FR_TXFF : 0) | (uart->sent ? 0 : FR_TXFE);
}

static uint32_t read_flags(struct pl011 *uart)
{
    uint32_t flags = FR_MODEM | read_transmit_flags(uart);

    if (uart->count == 0)
        flags |= FR_RXFE;
    if (uart->count >= capacity(uart))
        flags |= FR_RXFF;
    if (uart->polls < POLLING)
        uart->polls++;
    return flags;
}

static uint32_t read_data(struct pl011 *uart)
{
    uint8_t byte;
    bool was_full = uart->count >= capacity(uart);

    if (uart->count == 0)
        return 0;
    byte = uart->fifo[uart->head];
    uart->head = (uart->head + 1) % PL011_FIFO;
    uart->count--;
    if (uart->count < trigger(uart))
        uart->raw_interrupts &= ~INT_RX;
    if (uart->count == 0)
        uart->raw_interrupts &= ~INT_RT;
    update_irq(uart);
    if (was_full || uart->count == 0)
        uart->ops->rx_ready(uart->context);
    return byte;
}

static uint32_t read_register(struct pl011 *uart, uint32_t offset)
{
    int index = plain_index(offset);

    if (index >= 0)
        return uart->plain[index];
    if (offset >= PERIPH_ID && offset < CELL_ID_END)
        return identification[(offset - PERIPH_ID) / sizeof(uint32_t)];
    switch (offset) {
    case DR:
        return read_data(uart);
    case FR:
        return read_flags(uart);
    case RIS:
        return uart->raw_interrupts;
    case MIS:
        return uart->raw_interrupts & *plain_register(uart, IMSC);
    default: /* RSR has no errors to tell */
        return 0;
    }
}

uint32_t pl011_read(struct pl011 *uart, uint32_t offset, unsigned size)
{
    uint32_t value;

    if (offset % sizeof(uint32_t) || size > sizeof(uint32_t))
        return 0;
    value = read_register(uart, offset);
    announce(uart);
    return size == sizeof(uint32_t) ? value : value & ((1u << 8 * size) - 1);
}

static void write_data(struct pl011 *uart, uint32_t value)
{
    uart->ops->transmit(uart->context, (uint8_t)value);
    uart->polls = 0;
    uart->sent += uart->paced && !pl011_is_full(uart);
    if (uart->sent > TX_TRIGGER)
        uart->raw_interrupts &= ~INT_TX;
    else
        uart->raw_interrupts |= INT_TX; /* at once, as if it had been above that level */
}

static void write_register(struct pl011 *uart, uint32_t offset, uint32_t value)
{
    int index = plain_index(offset);

    if (index >= 0)
        uart->plain[index] = value & plain[index].mask;
    else if (offset == DR)
        write_data(uart, value);
    else if (offset == ICR)
        uart->raw_interrupts &= ~value;
    update_irq(uart);
}

void pl011_write(struct pl011 *uart, uint32_t offset, unsigned size, uint32_t value)
{
    if (offset % sizeof(uint32_t) || size > sizeof(uint32_t))
        return;
    if (size < sizeof(uint32_t))
        value &= (1u << 8 * size) - 1;
    write_register(uart, offset, value);
    /* Linux turns the UART on (CR), clears interrupts (ICR) and empties the FIFO, in that order. */
    if (offset != CR && offset != ICR)
        announce(uart);
}

size_t pl011_receive(struct pl011 *uart, const uint8_t *bytes, size_t size)
{
    size_t taken = 0;

    if (!wants_input(uart))
        return 0;
    for (; taken < size && uart->count < capacity(uart); taken++) {
        uart->fifo[(uart->head + uart->count) % PL011_FIFO] = bytes[taken];
        uart->count++;
    }
    if (taken) {
        /* The line goes quiet after these, so that the timeout interrupt is due at once. */
        uart->raw_interrupts |= INT_RT;
        if (uart->count >= trigger(uart))
            uart->raw_interrupts |= INT_RX;
        update_irq(uart);
    }
    return taken;
}

bool pl011_listening(const struct pl011 *uart)
{
    return uart->plain[plain_index(IMSC)] & INT_RECEIVE;
}

/* --- State ------------------------------------------------------------------------------------ */

_Static_assert(COUNT(plain) == PL011_PLAIN, "all registers that are remembered are saved");

void pl011_get_state(const struct pl011 *uart, struct pl011_state *state)
{
    *state = (struct pl011_state){
        .raw_interrupts = uart->raw_interrupts,
        .polls = uart->polls,
        .received = uart->count,
        .sent = uart->sent,
        .refused = uart->refused,
    };
    for (size_t i = 0; i < COUNT(plain); i++)
        state->plain[i] = uart->plain[i];
    for (unsigned i = 0; i < uart->count; i++)
        state->fifo[i] = uart->fifo[(uart->head + i) % PL011_FIFO];
}

static bool is_possible(const struct pl011_state *state)
{
    for (size_t i = 0; i < COUNT(plain); i++)
        if (state->plain[i] & ~plain[i].mask)
            return false;
    return !(state->raw_interrupts & ~INT_ALL) && state->polls <= POLLING &&
           state->received <= PL011_FIFO && state->sent <= PL011_FIFO;
}

bool pl011_set_state(struct pl011 *uart, const struct pl011_state *state)
{
    if (!is_possible(state))
        return false;
    for (size_t i = 0; i < COUNT(plain); i++)
        uart->plain[i] = state->plain[i];
    for (size_t i = 0; i < PL011_FIFO; i++)
        uart->fifo[i] = state->fifo[i];
    uart->raw_interrupts = state->raw_interrupts;
    uart->polls = state->polls;
    uart->head = 0;
    uart->count = state->received;
    uart->sent = state->sent;
    uart->refused = state->refused;
    uart->irq = uart->raw_interrupts & *plain_register(uart, IMSC);
    uart->announced = wants_input(uart);
    return true;
}
