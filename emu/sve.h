/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vector lengths of SVE, as sets: bit n - 1 stands for vectors of n * 128 bits, up to the 2048 that
 * the architecture allows (Arm ARM, B1.2; the order is that of KVM_REG_ARM64_SVE_VLS). 0: no SVE.
 */
#ifndef EMU_SVE_H
#define EMU_SVE_H

#include <stdint.h>

#define SVE_UNIT_BITS 128u
#define SVE_BITS_MAX 2048u

/* The longest in the set; 0 if it is empty. */
unsigned sve_longest(uint16_t lengths);

/* Those up to @bits; the empty set if @bits is not in @lengths itself. */
uint16_t sve_limit(uint16_t lengths, unsigned bits);

/* "128, 256 and 512 bits". The caller frees it. */
char *sve_text(uint16_t lengths);

#endif
