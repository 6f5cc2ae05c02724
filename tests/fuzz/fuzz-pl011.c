/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UART under a guest that does anything with it: emu/pl011.c. The input: accesses and keys.
 * Keys arrive in order and none is lost once it was taken; the interrupt line is told of changes.
 */
#include "emu/pl011.h"

#include "tests/fuzz/fuzz.h"

#define OFFSET_DR 0u
#define OFFSET_MASK 0x1fffu /* a page and what lies behind it */
#define KEYS_MAX 32u

struct line {
    GByteArray *taken; /* by the UART, and not yet read by the guest */
    bool irq;
};

static void transmit(void *context, uint8_t byte)
{
    (void)context;
    (void)byte;
}

static void set_irq(void *context, bool level)
{
    struct line *line = context;

    FUZZ_CHECK(level != line->irq);
    line->irq = level;
}

static void rx_ready(void *context)
{
    (void)context;
}

static const struct pl011_ops ops = {transmit, set_irq, rx_ready};

static void check_read(struct pl011 *uart, struct line *line, uint32_t offset, unsigned size)
{
    uint32_t value = pl011_read(uart, offset, size);

    if (offset != OFFSET_DR || size > sizeof(uint32_t))
        return;
    FUZZ_CHECK(value == (size && line->taken->len ? line->taken->data[0] : 0));
    if (line->taken->len)
        g_byte_array_remove_index(line->taken, 0);
}

static void check_receive(struct pl011 *uart, struct line *line, struct fuzz_input *input)
{
    uint8_t keys[KEYS_MAX];
    size_t size = fuzz_u8(input) % (KEYS_MAX + 1), taken;

    fuzz_take(input, keys, size);
    taken = pl011_receive(uart, keys, size);
    FUZZ_CHECK(taken <= size);
    g_byte_array_append(line->taken, keys, (guint)taken);
    FUZZ_CHECK(line->taken->len <= PL011_FIFO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct line line = {.taken = g_byte_array_new()};
    struct pl011 *uart = pl011_new(&ops, &line);

    while (input.size) {
        uint8_t choice = fuzz_u8(&input);
        unsigned width = 1u << (choice >> 4 & 3); /* 8 is no width of this bus */

        if (choice % 4 == 0)
            check_receive(uart, &line, &input);
        else if (choice % 4 == 1)
            pl011_write(uart, fuzz_u16(&input) & OFFSET_MASK, width, (uint32_t)fuzz_u64(&input));
        else if (choice % 8 == 3)
            pl011_pace(uart);
        else if (choice % 8 == 7)
            pl011_drain(uart);
        else
            check_read(uart, &line, fuzz_u16(&input) & OFFSET_MASK, width);
    }
    pl011_free(uart);
    g_byte_array_unref(line.taken);
    return 0;
}
