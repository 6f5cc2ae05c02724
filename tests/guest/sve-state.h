/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SVE for tests: lengths of vectors, and all registers at once. */
#ifndef GUEST_SVE_STATE_H
#define GUEST_SVE_STATE_H

#include "tests/guest/guest.h"

#define SVE_VECTORS 32
#define SVE_PREDICATES 16
#define SVE_UNIT 16ul /* bytes; the length of vectors is a multiple of it */
#define SVE_UNITS 16

/*
 * Z0-Z31, P0-P15 and FFR, one behind the other, as long as vectors are at the time: sve_z() and
 * sve_p() find them.
 */
struct sve_state {
    uint8_t bytes[SVE_VECTORS * SVE_UNITS * SVE_UNIT + (SVE_PREDICATES + 1) * SVE_UNITS * 2]
        __attribute__((aligned(16)));
};

static inline uint8_t *sve_z(struct sve_state *state, unsigned number, size_t length)
{
    return state->bytes + number * length;
}

/* @number SVE_PREDICATES is FFR. */
static inline uint8_t *sve_p(struct sve_state *state, unsigned number, size_t length)
{
    return state->bytes + SVE_VECTORS * length + number * length / 8;
}

/* Is there SVE on this processor? Lets EL1 and EL0 use it. */
bool sve_open(void);

/* Has vectors as long as @length bytes, or as the next shorter ones; how long they are. */
size_t sve_set_length(size_t length);

/* How long they are now. */
uint64_t sve_length(void);

/* All registers. No code of the runtime touches any of them. */
void sve_load(const struct sve_state *state);
void sve_store(struct sve_state *state);

#endif
