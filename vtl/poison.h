/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VTL switch may corrupt, corrupted on purpose, so that software which relies on it is found
 * out. What that is, the bank table says (BANK_CORRUPTIBLE); when, vtl_gave_up() in switch.h.
 *
 * The pattern tells who has lost what: 0xbadc0de000VVTTRR in each 64 bits, VV being the VP, TT the
 * VTL and RR the low byte of the register's number. A predicate has the low bits of it. FFR, which
 * can only hold a row of ones from bit 0 on, has 2 * VTL + 1 of them: an odd number, which no load
 * of elements wider than a byte leaves there.
 */
#ifndef VTL_POISON_H
#define VTL_POISON_H

#include <stddef.h>
#include <stdint.h>

#include "vtl/bank.h"

/* The pattern of a register that is no FFR. */
uint64_t poison_word(const struct bank_register *reg, unsigned vp, unsigned vtl);

/*
 * Damages @value, the @size bytes that @reg has on this processor, the lowest first. A low part
 * that is a register of its own stays. Returns how many bytes are the pattern's; 0: it may not be
 * corrupted, or all of it is that low part.
 */
size_t poison(const struct bank_register *reg, unsigned vp, unsigned vtl, uint8_t *value,
              size_t size);

/* Rows of bank_table of which poison() would damage anything, given the longest vectors. */
unsigned poison_count(unsigned vector_bits);

#endif
