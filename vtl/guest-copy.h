/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies to and from memory that a guest uses at the same time. A word of 1, 2, 4 or 8 bytes in its
 * natural alignment is accessed once, as a whole. memcpy() does not promise that: on arm64 glibc's
 * writes a word of four bytes twice, and whoever has seen and answered the first sees it again.
 */
#ifndef VTL_GUEST_COPY_H
#define VTL_GUEST_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GUEST_COPY_IS_WORD(type, address, size)                                                    \
    ((size) == sizeof(type) && (uintptr_t)(address) % sizeof(type) == 0)

#define GUEST_COPY_OUT(type)                                                                       \
    if (GUEST_COPY_IS_WORD(type, guest, size)) {                                                   \
        type word;                                                                                 \
                                                                                                   \
        memcpy(&word, from, sizeof(word));                                                         \
        __atomic_store_n((type *)guest, word, __ATOMIC_RELAXED);                                   \
        return;                                                                                    \
    }

static inline void guest_copy_out(void *guest, const void *from, size_t size)
{
    GUEST_COPY_OUT(uint8_t)
    GUEST_COPY_OUT(uint16_t)
    GUEST_COPY_OUT(uint32_t)
    GUEST_COPY_OUT(uint64_t)
    memcpy(guest, from, size);
}

#define GUEST_COPY_IN(type)                                                                        \
    if (GUEST_COPY_IS_WORD(type, guest, size)) {                                                   \
        type word = __atomic_load_n((const type *)guest, __ATOMIC_RELAXED);                        \
                                                                                                   \
        memcpy(to, &word, sizeof(word));                                                           \
        return;                                                                                    \
    }

static inline void guest_copy_in(void *to, const void *guest, size_t size)
{
    GUEST_COPY_IN(uint8_t)
    GUEST_COPY_IN(uint16_t)
    GUEST_COPY_IN(uint32_t)
    GUEST_COPY_IN(uint64_t)
    memcpy(to, guest, size);
}

#endif
