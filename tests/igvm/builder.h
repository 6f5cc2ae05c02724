/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes IGVM files (emu/igvm-format.h): for make-igvm and for tests. Checks nothing, so that it can
 * make bad ones, too.
 */
#ifndef TESTS_IGVM_BUILDER_H
#define TESTS_IGVM_BUILDER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/igvm-format.h"

/* The compatibility mask of all headers but those that say otherwise. */
#define BUILDER_MASK 1u

struct builder {
    GByteArray *headers; /* variable headers */
    GByteArray *data;    /* file data */
    GArray *references;  /* where the headers refer to the data */
};

struct builder_register {
    uint32_t name;
    uint64_t value;
};

void builder_init(struct builder *builder);

/* The file; @builder is empty and unusable afterwards. */
GBytes *builder_finish(struct builder *builder);

/* Corrects the checksum of @file, whose headers have been changed. */
void builder_seal(uint8_t *file);

/* Appends any header. */
void builder_add(struct builder *builder, uint32_t type, const uint8_t *body, size_t length);

/* The same, and puts @size bytes of @data into the file; they are what @field of the body is of. */
void builder_add_data(struct builder *builder, uint32_t type, const uint8_t *body, size_t length,
                      size_t field, const void *data, size_t size);

void builder_platform(struct builder *builder, uint32_t mask, enum igvm_platform_type type,
                      uint8_t highest_vtl);
/* Of VTL2, steps of 2 MiB, minimum 0, maximum 2^48. */
void builder_region(struct builder *builder, uint64_t gpa, uint64_t size, uint8_t flags);
void builder_tables(struct builder *builder, uint64_t gpa, uint64_t size, uint64_t used);
void builder_required(struct builder *builder, uint64_t gpa, uint32_t size, uint32_t flags);
/* @data has 4 KiB, or is NULL for zeroes. */
void builder_page(struct builder *builder, uint64_t gpa, const void *data);
void builder_area(struct builder *builder, uint32_t index, uint64_t size, const void *data);
void builder_parameter(struct builder *builder, enum igvm_type type, uint32_t index,
                       uint32_t offset);
void builder_insert(struct builder *builder, uint32_t index, uint64_t gpa);
/* The VP context of VP0. */
void builder_registers(struct builder *builder, uint8_t vtl,
                       const struct builder_register *registers, size_t count);

#endif
