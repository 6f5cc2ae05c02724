/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose the synthetic registers are (hv-registers.h): the VTL's, the VP's, the partition's. */
#ifndef VTL_BANK_SYNTHETIC_H
#define VTL_BANK_SYNTHETIC_H

#include <stdint.h>

#include "vtl/bank.h"

struct bank_synthetic {
    uint32_t first, last;  /* HV_REGISTER_NAME */
    enum bank_class class; /* among the VTLs of a VP */
    const char *scope;     /* what there is one for */
    const char *source;
};

/* The row of @name; NULL: it is no synthetic register. */
const struct bank_synthetic *bank_synthetic_find(uint32_t name);

#endif
