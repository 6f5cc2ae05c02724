/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parsers of image formats share. Only image*.c include it. */
#ifndef EMU_IMAGE_PRIVATE_H
#define EMU_IMAGE_PRIVATE_H

#include <stdbool.h>

#include "emu/image.h"

/* A file's bytes and its name in errors. */
struct image_file {
    const uint8_t *data;
    size_t size;
    const char *name;
};

/* Sets @error to "NAME: WHAT" and returns false. */
bool image_refuse(const struct image_file *file, GError **error, const char *what, ...)
    G_GNUC_PRINTF(3, 4);

/* Are the @length bytes of @magic at @offset? */
bool image_has_magic(const struct image_file *file, size_t offset, const char *magic,
                     size_t length);

/* Little-endian number of @length bytes (at most 8) at @offset; 0 if that is behind the end. */
uint64_t image_number(const struct image_file *file, uint64_t offset, unsigned length);

/* Adds a segment that is known to be sound. */
void image_add_segment(struct image *image, uint64_t gpa, uint64_t mem_size, const uint8_t *data,
                       uint64_t data_size);

/* ELF (image-elf.c). */
bool image_parse_elf(struct image *image, const struct image_file *file, GError **error);

/* Refuses formats that one might take for a kernel (image-foreign.c); true for anything else. */
bool image_check_foreign(const struct image_file *file, GError **error);

#endif
