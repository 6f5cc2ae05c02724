/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators"). */
#include "tests/guest/guest.h"

/* Similar seeds must not give similar numbers: splitmix64's mixing, and never 0. */
void random_seed(struct random *random, uint64_t seed)
{
    seed += 0x9e3779b97f4a7c15ul;
    seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9ul;
    seed = (seed ^ seed >> 27) * 0x94d049bb133111ebul;
    seed ^= seed >> 31;
    random->state = seed ? seed : 1;
}

uint64_t random_next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * 0x2545f4914f6cdd1dul;
}
