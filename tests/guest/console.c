/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PL011 as output, and formatting of text: see console.h. */
#include "tests/guest/console.h"

#include "tests/guest/guest.h"

#define UART_DR 0x00
#define UART_FR 0x18
#define UART_FR_TXFF (1u << 5)

/* A conversion as it stands in the format. */
struct conversion {
    char fill;
    unsigned width;
    bool is_long;
    char kind;
};

static struct lock console_lock;

static volatile uint32_t *uart(unsigned offset)
{
    return (volatile uint32_t *)(uintptr_t)(UART_BASE + offset);
}

static void send(char byte)
{
    while (*uart(UART_FR) & UART_FR_TXFF)
        continue;
    *uart(UART_DR) = (uint8_t)byte;
}

void console_send(const struct text *text)
{
    lock_take(&console_lock);
    for (size_t i = 0; i < text->length; i++) {
        if (text->bytes[i] == '\n')
            send('\r');
        send(text->bytes[i]);
    }
    lock_give(&console_lock);
}

static void add_byte(struct text *text, char byte)
{
    if (text->length < sizeof(text->bytes))
        text->bytes[text->length++] = byte;
}

static void add_string(struct text *text, const char *string)
{
    while (*string)
        add_byte(text, *string++);
}

static void add_number(struct text *text, const struct conversion *conversion, uint64_t number,
                       unsigned base)
{
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    for (unsigned i = count; i < conversion->width; i++)
        add_byte(text, conversion->fill);
    while (count)
        add_byte(text, digits[--count]);
}

static void add_signed(struct text *text, const struct conversion *conversion, int64_t number)
{
    if (number < 0)
        add_byte(text, '-');
    add_number(text, conversion, number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
}

/* Reads what follows a %; returns the rest of the format. */
static const char *parse(const char *format, struct conversion *conversion)
{
    *conversion = (struct conversion){.fill = ' '};
    if (*format == '0')
        conversion->fill = *format++;
    while (*format >= '0' && *format <= '9')
        conversion->width = conversion->width * 10 + (unsigned)(*format++ - '0');
    while (*format == 'l') {
        conversion->is_long = true;
        format++;
    }
    conversion->kind = *format;
    return *format ? format + 1 : format;
}

static uint64_t next_unsigned(const struct conversion *conversion, va_list *arguments)
{
    return conversion->is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);
}

static int64_t next_signed(const struct conversion *conversion, va_list *arguments)
{
    return conversion->is_long ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
}

static void convert(struct text *text, const struct conversion *conversion, va_list *arguments)
{
    switch (conversion->kind) {
    case 's':
        add_string(text, va_arg(*arguments, const char *));
        break;
    case 'c':
        add_byte(text, (char)va_arg(*arguments, int));
        break;
    case 'd':
        add_signed(text, conversion, next_signed(conversion, arguments));
        break;
    case 'u':
        add_number(text, conversion, next_unsigned(conversion, arguments), 10);
        break;
    case 'x':
        add_number(text, conversion, next_unsigned(conversion, arguments), 16);
        break;
    default:
        add_byte(text, conversion->kind);
    }
}

void text_add_list(struct text *text, const char *format, va_list arguments)
{
    va_list rest;

    va_copy(rest, arguments); /* so that its address may be passed on */
    while (*format) {
        struct conversion conversion;

        if (*format != '%') {
            add_byte(text, *format++);
            continue;
        }
        format = parse(format + 1, &conversion);
        convert(text, &conversion, &rest);
    }
    va_end(rest);
}

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_add_list(text, format, arguments);
    va_end(arguments);
}

void print(const char *format, ...)
{
    struct text text = {.length = 0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    console_send(&text);
}
