/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMCCC and PSCI calls. */
#include "tests/guest/guest.h"

uint64_t smccc(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
    struct registers registers = {.x = {function, a, b, c}};

    call_hvc0(&registers);
    return registers.x[0];
}

/* The 32-bit calls answer with 32 bits, so that -1 may come with or without the upper half. */
int psci(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
    return (int)smccc(function, a, b, c);
}
