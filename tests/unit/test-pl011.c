/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PL011: what Linux' amba-pl011 and a polling guest rely on, and accesses of all kinds. */
#include <glib.h>
#include <string.h>

#include "emu/pl011.h"
#include "tests/unit/unit.h"

/* Arm DDI 0183, chapter 3. */
enum {
    DR = 0x00, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34,
    IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44, DMACR = 0x48, PERIPH_ID = 0xfe0,
};
enum { FR_RXFE = 1 << 4, FR_TXFF = 1 << 5, FR_RXFF = 1 << 6, FR_TXFE = 1 << 7 };
enum { INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6 };
enum { CR_ON = 0x301, LCR_FEN = 1 << 4, WORD = 4 };

static struct {
    GString *sent;
    bool level;
    unsigned changes, ready;
    struct pl011 *uart;
} line;

/* The random accesses do much of this: every assertion is a system call, but for failures only. */
static void transmit(void *context, uint8_t byte)
{
    if (context != &line)
        ck_abort_msg("another context");
    g_string_append_c(line.sent, (char)byte);
}

static void set_irq(void *context, bool level)
{
    (void)context;
    if (level == line.level)
        ck_abort_msg("not a change");
    line.level = level;
    line.changes++;
}

static void rx_ready(void *context)
{
    (void)context;
    line.ready++;
}

static const struct pl011_ops ops = {transmit, set_irq, rx_ready};

static void start(void)
{
    memset(&line, 0, sizeof(line));
    line.sent = g_string_new(NULL);
    line.uart = pl011_new(&ops, &line);
}

static void stop(void)
{
    pl011_free(line.uart);
    g_string_free(line.sent, TRUE);
}

static uint32_t get(uint32_t offset)
{
    return pl011_read(line.uart, offset, WORD);
}

static void put(uint32_t offset, uint32_t value)
{
    pl011_write(line.uart, offset, WORD, value);
}

static size_t type(const char *text)
{
    return pl011_receive(line.uart, (const uint8_t *)text, strlen(text));
}

/* As amba-pl011 opens the port: hwinit, startup, enable_interrupts. */
static void open_port(void)
{
    put(ICR, 0x7d0);
    put(IMSC, INT_RX | INT_RT);
    put(LCR_H, 0x60 | LCR_FEN);
    put(CR, CR_ON);
    put(ICR, INT_RX | INT_RT);
    while (!(get(FR) & FR_RXFE))
        get(DR);
    put(IMSC, INT_RX | INT_RT);
}

START_TEST(it_names_itself)
{
    uint32_t id = 0, cell = 0;

    start();
    for (unsigned i = 0; i < 4; i++) {
        id |= get(PERIPH_ID + 4 * i) << 8 * i;
        cell |= get(PERIPH_ID + 16 + 4 * i) << 8 * i;
    }
    ck_assert_uint_eq(id & 0xfffff, 0x41011); /* what amba-pl011's table matches */
    ck_assert_uint_eq(cell, 0xb105f00d);
    stop();
}
END_TEST

START_TEST(it_sends_at_once)
{
    start();
    put(IMSC, INT_TX);
    for (const char *c = "hello"; *c; c++) {
        ck_assert_uint_eq(get(FR) & (FR_TXFF | FR_TXFE), FR_TXFE);
        put(DR, (uint8_t)*c);
    }
    ck_assert_str_eq(line.sent->str, "hello");
    ck_assert(line.level && get(MIS) == INT_TX);
    put(ICR, INT_TX);
    ck_assert(!line.level && line.changes == 2);
    stop();
}
END_TEST

/* As amba-pl011 sends: until the FIFO is full, then on an interrupt half of one. */
START_TEST(paced_it_fills)
{
    start();
    open_port();
    pl011_pace(line.uart);
    for (unsigned i = 0; i < PL011_FIFO; i++) {
        ck_assert_uint_eq(get(FR) & FR_TXFF, 0);
        put(DR, 'a' + i);
    }
    ck_assert(pl011_is_full(line.uart));
    ck_assert_uint_eq(get(FR) & (FR_TXFF | FR_TXFE), FR_TXFF);
    put(IMSC, INT_TX);
    ck_assert(!line.level);
    pl011_drain(line.uart);
    ck_assert(line.level && !pl011_is_full(line.uart));
    ck_assert_uint_eq(get(FR) & (FR_TXFF | FR_TXFE), FR_TXFE);
    for (unsigned i = 0; i < PL011_FIFO; i++)
        put(DR, 'A' + i);
    ck_assert(!line.level);
    ck_assert_str_eq(line.sent->str, "abcdefghijklmnopABCDEFGHIJKLMNOP");
    stop();
}
END_TEST

/* As amba-pl011 writes the console: with interrupts masked, until there is room. */
START_TEST(paced_it_has_room_at_the_second_look)
{
    start();
    open_port();
    pl011_pace(line.uart);
    for (unsigned i = 0; i < PL011_FIFO; i++)
        put(DR, 'a');
    ck_assert_uint_eq(get(FR) & FR_TXFF, FR_TXFF);
    ck_assert_uint_eq(get(FR) & FR_TXFF, 0);
    put(DR, 'b'); /* whoever does not look loses nothing */
    for (unsigned i = 0; i < 2 * PL011_FIFO; i++)
        put(DR, 'c');
    ck_assert_uint_eq(line.sent->len, 3 * PL011_FIFO + 1);
    stop();
}
END_TEST

START_TEST(registers_keep_their_bits)
{
    static const struct { uint32_t offset, mask; } rows[] = {
        {IBRD, 0xffff}, {FBRD, 0x3f}, {LCR_H, 0xff}, {CR, 0xffff}, {IFLS, 0x3f},
        {IMSC, 0x7ff}, {DMACR, 7}, {FR, 0}, {RIS, 0}, {MIS, 0}, {ICR, 0}, {0x04, 0}, {0x80, 0},
    };

    start();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint32_t before = get(rows[i].offset);

        put(rows[i].offset, UINT32_MAX);
        ck_assert_msg(get(rows[i].offset) == (rows[i].mask ? rows[i].mask : before),
                      "row %zu: 0x%x", i, get(rows[i].offset));
    }
    stop();
}
END_TEST

START_TEST(input_interrupts)
{
    start();
    open_port();
    ck_assert(pl011_listening(line.uart));
    ck_assert_uint_eq(type("a"), 1);
    ck_assert(line.level && get(MIS) == INT_RT); /* below the trigger: the timeout */
    ck_assert_uint_eq(type("bcdefgh"), 7);
    ck_assert_uint_eq(get(MIS), INT_RT | INT_RX);
    ck_assert_uint_eq(get(DR), 'a');
    ck_assert_uint_eq(get(MIS), INT_RT);
    for (const char *c = "bcdefgh"; *c; c++)
        ck_assert_uint_eq(get(DR), (uint8_t)*c);
    ck_assert(!line.level && get(FR) & FR_RXFE);
    ck_assert_uint_eq(get(DR), 0);
    ck_assert_uint_eq(line.changes, 2);
    stop();
}
END_TEST

START_TEST(a_full_fifo_says_when_it_has_room)
{
    start();
    open_port();
    ck_assert_uint_eq(type("0123456789abcdefgh"), PL011_FIFO);
    ck_assert(get(FR) & FR_RXFF);
    ck_assert_uint_eq(type("x"), 0);
    line.ready = 0;
    ck_assert_uint_eq(get(DR), '0');
    ck_assert_uint_eq(line.ready, 1);
    ck_assert_uint_eq(type("gh"), 1);
    for (const char *c = "123456789abcdefg"; *c; c++)
        ck_assert_uint_eq(get(DR), (uint8_t)*c);
    stop();
}
END_TEST

START_TEST(without_fifo_there_is_one_byte)
{
    start();
    open_port();
    put(LCR_H, 0x60);
    ck_assert_uint_eq(type("ab"), 1);
    ck_assert_uint_eq(get(FR) & (FR_RXFF | FR_RXFE), FR_RXFF);
    ck_assert(get(RIS) & INT_RX);
    ck_assert_uint_eq(get(DR), 'a');
    ck_assert_uint_eq(type("b"), 1);
    stop();
}
END_TEST

/* Linux empties the FIFO when it opens the port: what was typed before must not be in it. */
START_TEST(early_input_waits_for_the_driver)
{
    start();
    ck_assert_uint_eq(type("early"), 0);
    for (const char *c = "earlycon"; *c; c++) { /* and pl011_console_write */
        while (get(FR) & FR_TXFF)
            continue;
        put(CR, CR_ON);
        put(DR, (uint8_t)*c);
        put(CR, 0x300);
    }
    ck_assert_uint_eq(line.ready, 0);
    ck_assert_uint_eq(type("early"), 0);
    open_port();
    ck_assert_uint_eq(line.ready, 1);
    ck_assert_uint_eq(type("early"), 5);
    put(IMSC, 0); /* the port is closed */
    put(CR, 0x300);
    ck_assert_uint_eq(type("more"), 0);
    ck_assert(!pl011_listening(line.uart));
    stop();
}
END_TEST

/* Not even on another thread, between the steps of opening. */
START_TEST(nothing_is_announced_before_the_fifo_is_emptied)
{
    start();
    put(IMSC, INT_RX | INT_RT);
    put(CR, CR_ON);
    put(ICR, INT_RX | INT_RT);
    ck_assert_uint_eq(line.ready, 0);
    ck_assert(get(FR) & FR_RXFE);
    ck_assert_uint_eq(line.ready, 1);
    stop();
}
END_TEST

START_TEST(a_polling_guest_gets_input)
{
    unsigned polls = 0;

    start();
    while (!line.ready && polls++ < 100)
        ck_assert(get(FR) & FR_RXFE);
    ck_assert_uint_eq(line.ready, 1);
    ck_assert_uint_eq(type("k"), 1);
    ck_assert_uint_eq(get(DR), 'k');
    ck_assert_uint_eq(line.changes, 0);
    stop();
}
END_TEST

START_TEST(narrow_accesses_see_the_low_bits)
{
    start();
    put(IBRD, 0x1234);
    ck_assert_uint_eq(pl011_read(line.uart, IBRD, 1), 0x34);
    ck_assert_uint_eq(pl011_read(line.uart, IBRD, 2), 0x1234);
    pl011_write(line.uart, IBRD, 1, 0xabcd);
    ck_assert_uint_eq(get(IBRD), 0xcd);
    ck_assert_uint_eq(pl011_read(line.uart, IBRD, 8), 0);
    ck_assert_uint_eq(pl011_read(line.uart, IBRD + 1, 1), 0);
    pl011_write(line.uart, DR, 8, 'x');
    pl011_write(line.uart, DR + 2, 2, 'x');
    ck_assert_uint_eq(line.sent->len, 0);
    stop();
}
END_TEST

/* Any access at all is harmless; sanitizers watch. */
START_TEST(random_accesses_are_harmless)
{
    enum { ROUNDS = 200000, SEED = 20240229, SPACE = 0x1100 };
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    bool good = true;
    unsigned i = 0;

    start();
    for (; good && i < ROUNDS; i++) {
        uint32_t offset = (uint32_t)g_rand_int_range(rand, 0, SPACE);
        unsigned size = 1u << g_rand_int_range(rand, 0, 4);
        uint32_t value = g_rand_int(rand);
        size_t typed = value % 20;

        if (g_rand_boolean(rand))
            offset &= 0xfcu;
        if (value % 3 == 0)
            pl011_write(line.uart, offset, size, value);
        else if (value % 3 == 1)
            pl011_read(line.uart, offset, size);
        else
            good = pl011_receive(line.uart, (uint8_t[20]){0}, typed) <= typed;
        good = good && line.level == !!(get(RIS) & get(IMSC));
    }
    ck_assert_msg(good, "access %u", i - 1);
    pl011_read(line.uart, UINT32_MAX, 1);
    pl011_read(line.uart, UINT32_MAX - 3, WORD);
    pl011_write(line.uart, UINT32_MAX - 3, WORD, 0);
    stop();
}
END_TEST

/* The UART is another one from here on, which is as it was. */
static void move(void)
{
    struct pl011 *other = pl011_new(&ops, &line);
    struct pl011_state state;
    unsigned changes = line.changes, ready = line.ready;

    pl011_get_state(line.uart, &state);
    ck_assert(pl011_set_state(other, &state));
    pl011_free(line.uart);
    line.uart = other;
    ck_assert(line.changes == changes && line.ready == ready);
}

START_TEST(state_comes_back)
{
    start();
    open_port();
    put(IBRD, 0x1234);
    ck_assert_uint_eq(type("abcdefghijklmnopqr"), PL011_FIFO);
    ck_assert_uint_eq(get(DR), 'a');
    move();
    ck_assert_uint_eq(get(IBRD), 0x1234);
    ck_assert(line.level);
    for (char next = 'b'; next < 'a' + PL011_FIFO; next++)
        ck_assert_uint_eq(get(DR), next);
    ck_assert(!line.level && get(FR) & FR_RXFE);
    ck_assert_uint_eq(type("x"), 1);
    ck_assert_uint_eq(get(DR), 'x');
    stop();
}
END_TEST

/* The pace is the owner's; what is in the FIFO is not. */
START_TEST(state_of_a_paced_one)
{
    start();
    open_port();
    pl011_pace(line.uart);
    for (unsigned i = 0; i < PL011_FIFO; i++)
        put(DR, 'x');
    move();
    pl011_pace(line.uart);
    ck_assert(pl011_is_full(line.uart));
    ck_assert(get(FR) & FR_TXFF);
    pl011_drain(line.uart);
    ck_assert(!(get(FR) & FR_TXFF) && get(RIS) & INT_TX);
    stop();
}
END_TEST

START_TEST(impossible_states)
{
    struct pl011_state good, state;

    start();
    open_port();
    pl011_get_state(line.uart, &good);
    state = good;
    state.received = PL011_FIFO + 1;
    ck_assert(!pl011_set_state(line.uart, &state));
    state = good;
    state.sent = UINT32_MAX;
    ck_assert(!pl011_set_state(line.uart, &state));
    state = good;
    state.raw_interrupts = 1u << 11;
    ck_assert(!pl011_set_state(line.uart, &state));
    state = good;
    state.plain[0] = 0x100; /* ILPR has eight bits */
    ck_assert(!pl011_set_state(line.uart, &state));
    state = good;
    state.polls = 1000;
    ck_assert(!pl011_set_state(line.uart, &state));
    ck_assert_uint_eq(type("x"), 1);
    ck_assert_uint_eq(get(DR), 'x');
    stop();
}
END_TEST

UNIT_MAIN("pl011", it_names_itself, it_sends_at_once, paced_it_fills,
          paced_it_has_room_at_the_second_look, registers_keep_their_bits, input_interrupts,
          a_full_fifo_says_when_it_has_room, without_fifo_there_is_one_byte,
          early_input_waits_for_the_driver, nothing_is_announced_before_the_fifo_is_emptied,
          a_polling_guest_gets_input, narrow_accesses_see_the_low_bits,
          random_accesses_are_harmless, state_comes_back, state_of_a_paced_one, impossible_states)
