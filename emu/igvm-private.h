/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the IGVM loader share. Only igvm*.c include it. */
#ifndef EMU_IGVM_PRIVATE_H
#define EMU_IGVM_PRIVATE_H

#include "emu/igvm.h"

/* A variable header whose content lies in the file. */
struct igvm_header {
    unsigned number; /* from 0 */
    uint64_t offset; /* in the file */
    uint32_t type;   /* without IGVM_OPTIONAL */
    bool optional;
    uint32_t length;
    const uint8_t *body;
};

/* Set @error to "NAME: WHAT", or "NAME: header N (TYPE, at OFFSET): WHAT", and return false. */
bool igvm_refuse(const struct igvm *igvm, GError **error, const char *what, ...)
    G_GNUC_PRINTF(3, 4);
bool igvm_refuse_header(const struct igvm *igvm, const struct igvm_header *header, GError **error,
                        const char *what, ...) G_GNUC_PRINTF(4, 5);

/* The same: this host has no memory of its own for a copy of what goes to @range. */
bool igvm_refuse_memory(const struct igvm *igvm, const struct igvm_range *range, GError **error);

/* @size bytes at @offset of the file, or NULL with @error if they are not there. */
const uint8_t *igvm_file_data(const struct igvm *igvm, const struct igvm_header *header,
                              uint64_t offset, uint64_t size, GError **error);

/* Is it one of our pages' ranges: aligned, not empty, and without a wrap? */
bool igvm_check_range(const struct igvm *igvm, const struct igvm_header *header, uint64_t gpa,
                      uint64_t size, GError **error);

static inline uint64_t igvm_end(const struct igvm_range *range)
{
    return range->gpa + range->size;
}

static inline bool igvm_contains(const struct igvm_range *outer, const struct igvm_range *inner)
{
    return inner->gpa >= outer->gpa && inner->gpa - outer->gpa <= outer->size &&
           inner->size <= outer->size - (inner->gpa - outer->gpa);
}

static inline bool igvm_contains_gpa(const struct igvm_range *range, uint64_t gpa)
{
    return gpa >= range->gpa && gpa - range->gpa < range->size;
}

static inline bool igvm_overlap(const struct igvm_range *a, const struct igvm_range *b)
{
    return a->gpa < igvm_end(b) && b->gpa < igvm_end(a);
}

/* igvm-headers.c: takes one header; @last is the section that the one before belonged to. */
bool igvm_take_header(struct igvm *igvm, const struct igvm_header *header, unsigned *last,
                      GError **error);
/* What only the end of the file shows. */
bool igvm_check_whole(const struct igvm *igvm, GError **error);

/* Takes what one header says; its length and that it is for our platform have been checked. */
typedef bool igvm_take(struct igvm *igvm, const struct igvm_header *header, GError **error);

/* igvm-memory.c */
igvm_take igvm_take_page, igvm_take_error_range, igvm_take_required;

/* igvm-parameters.c */
igvm_take igvm_take_area, igvm_take_parameter, igvm_take_acpi, igvm_take_insert;

/* igvm-context.c: the registers at the file offset of a VP context; sets one that is there. */
igvm_take igvm_take_context;
bool igvm_set_register(struct igvm *igvm, uint32_t name, uint64_t value);

/*
 * igvm-tables.c: the tables in @bytes, those of @igvm->tables as the file has them, become those
 * for after the move by @igvm->moved_by; @igvm's ranges and registers are still the file's.
 */
bool igvm_move_tables(const struct igvm *igvm, uint8_t *bytes, GError **error);

#endif
