/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VTL switch may corrupt, corrupted on purpose, so that software which relies on it is found
 * out. What that is, the bank policy says (BANK_CORRUPTIBLE, and on request BANK_UNSPECIFIED);
 * when, vtl_gave_up() in switch.h.
 *
 * The pattern tells who has lost what: 0xbadc0de000VVTTRR in each 64 bits, VV being the VP, TT the
 * VTL and RR the low byte of the register's number. A register with fewer bits has those of them
 * that are in poison_mask(). FFR, which can only hold a row of ones from bit 0 on, has 2 * VTL + 1
 * of them: an odd number, which no load of elements wider than a byte leaves there.
 */
#ifndef VTL_POISON_H
#define VTL_POISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vtl/bank-policy.h"

/* How much is damaged. */
enum poison_level {
    POISON_OFF,
    POISON_CORRUPTIBLE,
    POISON_UNSPECIFIED, /* and that */
    POISON_LEVELS
};

/* "off", "corruptible", "unspecified" */
const char *poison_level_name(enum poison_level level);

/*
 * The bits that may be damaged, in each 64 of the register; 0: none, as the VTL could not live on
 * to notice, or would be told what never was. Whole registers if they scale.
 */
uint64_t poison_mask(const struct bank_register *reg);

/* Is row @row of bank_table damaged at all? */
bool poison_wants(const struct bank_policy *policy, enum poison_level level, size_t row);

/* How many of its @size bytes poison() would damage: not what is a register of its own. */
size_t poison_size(const struct bank_register *reg, size_t size);

/* The pattern of a register that is no FFR. */
uint64_t poison_word(const struct bank_register *reg, unsigned vp, unsigned vtl);

/*
 * Damages @value, the @size bytes that @reg has on this processor, the lowest first. A low part
 * that is a register of its own stays. Returns how many bytes the pattern is in; 0: it has none, or
 * all of it is that low part.
 */
size_t poison(const struct bank_register *reg, unsigned vp, unsigned vtl, uint8_t *value,
              size_t size);

/* Rows of bank_table of which poison() would damage anything, given the longest vectors. */
unsigned poison_count(const struct bank_policy *policy, enum poison_level level,
                      unsigned vector_bits);

#endif
