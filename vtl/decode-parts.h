/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the decoder share; others include decode.h. */
#ifndef VTL_DECODE_PARTS_H
#define VTL_DECODE_PARTS_H

#include "vtl/decode.h"

#include <stddef.h>

/* One decode on its way. */
struct decode_state {
    uint32_t insn;
    const struct decode_environment *env;
    struct decode_insn *out;
};

/* A class of instructions: those whose word, under @mask, is @value. */
struct decode_row {
    uint32_t mask, value;
    int (*decode)(const struct decode_state *state);
};

#define DECODE_ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

/* The first row that matches, else @otherwise. */
int decode_rows(const struct decode_row *rows, size_t count, const struct decode_state *state,
                int otherwise);

/* @width bits of the instruction from bit @low. */
static inline uint32_t decode_field(const struct decode_state *state, unsigned low, unsigned width)
{
    return state->insn >> low & ((1u << width) - 1);
}

/* The low @width bits of @value, as a signed number. */
static inline uint64_t decode_sign_extend(uint64_t value, unsigned width)
{
    uint64_t sign = UINT64_C(1) << (width - 1);

    return ((value & (sign * 2 - 1)) ^ sign) - sign;
}

/* Fields that are at the same place in all loads and stores. */
#define DECODE_RT(state) decode_field(state, 0, 5)
#define DECODE_RN(state) decode_field(state, 5, 5)
#define DECODE_RT2(state) decode_field(state, 10, 5)
#define DECODE_RS(state) decode_field(state, 16, 5)
#define DECODE_RM(state) decode_field(state, 16, 5)
#define DECODE_IMM9(state) decode_sign_extend(decode_field(state, 12, 9), 9)
#define DECODE_SIZE(state) decode_field(state, 30, 2)
#define DECODE_IS_LOAD(state) decode_field(state, 22, 1)
#define DECODE_IS_SIMD(state) decode_field(state, 26, 1)

/* A register that is no base: 31 is XZR. */
uint64_t decode_register(const struct decode_state *state, unsigned reg);

/* The base register Rn: 31 is SP. */
uint64_t decode_base(const struct decode_state *state);

/* Adds a range, which reads and writes as the kind of the instruction says. */
void decode_add(const struct decode_state *state, uint64_t va, uint64_t size);

/* Stores the registers and the range of a load or store of rt, or rt and rt2 (pair). */
void decode_transfer(const struct decode_state *state, uint64_t va);

/* The base register becomes @base. */
void decode_write_back(const struct decode_state *state, uint64_t base);

/* Is an unprivileged access (LDTR, CPY*RT) one? With PSTATE.UAO it is as any other. */
bool decode_is_unprivileged(const struct decode_state *state);

/* The ISS of a load or store of one general register, of 64 bits if @sf. */
void decode_syndrome(const struct decode_state *state, bool sse, bool sf);

/* The groups, each in a file of its own. */
int decode_general(const struct decode_state *state);    /* registers, pairs, literals */
int decode_exclusive(const struct decode_state *state);  /* exclusives, ordered, compare and swap */
int decode_atomic(const struct decode_state *state);     /* read-modify-write, 64-byte accesses */
int decode_structures(const struct decode_state *state); /* LD1 to LD4 */
int decode_mops(const struct decode_state *state);       /* copies and fills */
int decode_sve(const struct decode_state *state);        /* vectors of any length, predicates */
int decode_system(const struct decode_state *state);     /* DC, IC */

#endif
