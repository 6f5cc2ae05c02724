/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lengths of vectors: see sve-state.h. */
#include "tests/guest/sve-state.h"

#define ZCR_EL1 S3_0_C1_C2_0
#define CPACR_SVE_AND_FP (3ul << 16 | 3ul << 20) /* ZEN, FPEN: no traps */
#define PFR0_SVE_SHIFT 32

bool sve_open(void)
{
    if (!(sysreg_read(id_aa64pfr0_el1) >> PFR0_SVE_SHIFT & 0xf))
        return false;
    sysreg_write(cpacr_el1, CPACR_SVE_AND_FP);
    return true;
}

size_t sve_set_length(size_t length)
{
    sysreg_write(ZCR_EL1, length / SVE_UNIT - 1);
    return sve_length();
}
