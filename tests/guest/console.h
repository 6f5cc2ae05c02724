/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text output of the runtime itself: a line is put together first, then sent in one go.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

/* Text under construction; what does not fit is left out. */
struct text {
    char bytes[512];
    size_t length;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_list(struct text *text, const char *format, va_list arguments);

/* Sends it to the PL011; VPs take turns. */
void console_send(const struct text *text);

#endif
