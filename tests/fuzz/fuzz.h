/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fuzz targets share. A target is a file fuzz-NAME.c with one function, which makes what it
 * wants of the bytes it gets and checks what must hold whatever they are. Drivers: libFuzzer
 * (scripts/fuzz) and replay.c (make check). See doc/fuzzing.md.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The target; must return 0 and keep nothing from one call to the next. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike an assertion it is always there. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What is left of the input. Behind its end there are zeroes. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

static inline void fuzz_take(struct fuzz_input *input, void *bytes, size_t size)
{
    size_t taken = MIN(size, input->size);

    memset(bytes, 0, size);
    if (taken)
        memcpy(bytes, input->data, taken);
    input->data += taken;
    input->size -= taken;
}

static inline uint8_t fuzz_u8(struct fuzz_input *input)
{
    uint8_t value;

    fuzz_take(input, &value, sizeof(value));
    return value;
}

static inline uint16_t fuzz_u16(struct fuzz_input *input)
{
    uint16_t value;

    fuzz_take(input, &value, sizeof(value));
    return GUINT16_FROM_LE(value);
}

static inline uint64_t fuzz_u64(struct fuzz_input *input)
{
    uint64_t value;

    fuzz_take(input, &value, sizeof(value));
    return GUINT64_FROM_LE(value);
}

/* For g_set_print_handler() and its like: the target's talk would fill the log. */
static inline void fuzz_hush(const char *text)
{
    (void)text;
}

#endif
