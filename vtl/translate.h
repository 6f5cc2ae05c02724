/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage-1 translation of a guest virtual address at EL1&0, by the guest's own tables
 * (Arm ARM, D8 "The AArch64 Virtual Memory System Architecture").
 *
 * Permissions are not checked: the caller asks about an address that the VP has just executed.
 */
#ifndef VTL_TRANSLATE_H
#define VTL_TRANSLATE_H

#include <stdint.h>

/* The registers that govern translation. */
struct translate_regime {
    uint64_t sctlr;
    uint64_t tcr;
    uint64_t ttbr0;
    uint64_t ttbr1;
};

/* Reads one little-endian descriptor; 0 or a negative errno. */
typedef int (*translate_reader)(void *context, uint64_t gpa, uint64_t *descriptor);

/* Is stage 1 on? If not, a virtual address is a GPA. */
#define TRANSLATE_SCTLR_M (1ull << 0)

/* Does TTBR1_EL1 (rather than TTBR0_EL1) translate @va? */
#define TRANSLATE_IS_UPPER(va) ((va) >> 55 & 1)

/*
 * Stores the GPA of @va. -EFAULT: not mapped, or no address of this regime; -EINVAL: a regime
 * that no processor accepts; otherwise the reader's error.
 */
int translate_address(const struct translate_regime *regime, uint64_t va, translate_reader read,
                      void *context, uint64_t *gpa);

#endif
