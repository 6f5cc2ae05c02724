/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Violations of the specification's rules (vtl/strict.h) on their way to the user: each once for a
 * rule, a VTL and a PC. From any thread.
 */
#ifndef EMU_STRICT_H
#define EMU_STRICT_H

#include <stdbool.h>
#include <stdint.h>

#include "vtl/strict.h"

/*
 * So many places are told of a rule at a VTL, so that nobody's flood hides what others do. A guest
 * chooses where its code is; it must not fill disk or memory.
 */
#define STRICT_TOLD_MAX 50u

struct strict_log;

struct strict_log *strict_log_new(void);
void strict_log_free(struct strict_log *log);

/*
 * The VTL on the VP violates @rule with the HVC at @pc; @what was found. Prints that if it is the
 * first time there, with @where, which says in words where that is: PC, function and so on.
 * Returns whether it is the first violation of the run, told or only counted.
 */
bool strict_log_tell(struct strict_log *log, enum strict_rule rule, unsigned vp, unsigned vtl,
                     uint64_t pc, const char *where, const char *what);

/* How many there were, told or not. */
uint64_t strict_log_count(const struct strict_log *log);

/* Sums up, for the user; nothing if there was none. */
void strict_log_print(const struct strict_log *log);

#endif
