/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions and translation tables of a VTL, read with that VTL's rights: what follows from them
 * must not tell it what a higher one keeps to itself, however its mappings have changed.
 */
#ifndef VTL_FETCH_H
#define VTL_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "vtl/partition.h"
#include "vtl/translate.h"

/* Whose tables vtl_read_table(), a translate_reader, reads; its context. */
struct vtl_tables {
    struct vtl_partition *partition;
    unsigned vtl;
};

int vtl_read_table(void *tables, uint64_t gpa, uint64_t *descriptor);

/* The instruction at @pc, if the VTL may execute it there. */
bool vtl_fetch(struct vtl_tables tables, const struct translate_regime *regime, uint64_t pc,
               uint32_t *word);

#endif
