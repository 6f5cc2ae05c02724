/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that fills all registers of a thread, spins or makes a system call, and stores them again:
 * the compiler has no part in it. For C and for assembly.
 */
#ifndef TESTS_LINUX_SPIN_H
#define TESTS_LINUX_SPIN_H

/* struct registers */
#define REGISTERS_X 0
#define REGISTERS_NZCV 248
#define REGISTERS_FPCR 256
#define REGISTERS_FPSR 264
#define REGISTERS_TPIDR 272
#define REGISTERS_SP 280
#define REGISTERS_Q 288
#define REGISTERS_SIZE 800

/* struct spin */
#define SPIN_IN 0
#define SPIN_OUT REGISTERS_SIZE
#define SPIN_COUNT (2 * REGISTERS_SIZE)
#define SPIN_OWN (SPIN_COUNT + 8)

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* What a thread of Linux owns. */
struct registers {
    uint64_t x[31];
    uint64_t nzcv, fpcr, fpsr, tpidr, sp;
    uint64_t q[32][2];
};

/* SP points here meanwhile, so that a signal's frame goes below: keep room there. */
struct spin {
    struct registers in;  /* .sp: the address of this */
    struct registers out; /* .x[0] and .x[1] were each watched during one half of the time */
    uint64_t count;       /* turns of either half */
    uint64_t own[26];     /* the caller's registers */
} __attribute__((aligned(16)));

_Static_assert(offsetof(struct registers, nzcv) == REGISTERS_NZCV, "as the code has it");
_Static_assert(offsetof(struct registers, sp) == REGISTERS_SP, "as the code has it");
_Static_assert(offsetof(struct registers, q) == REGISTERS_Q, "as the code has it");
_Static_assert(sizeof(struct registers) == REGISTERS_SIZE, "as the code has it");
_Static_assert(offsetof(struct spin, own) == SPIN_OWN, "as the code has it");

void spin_registers(struct spin *spin);
void spin_call(struct spin *spin); /* a system call as `in` has it; its result is out.x[0] */
extern const char spin_begin[], spin_half[], spin_end[]; /* X0, then X1 counts */

/*
 * A block of SVE registers has Z0-Z31, P0-P15 and FFR, one behind the other, each as long as the
 * vector length makes it.
 */
void spin_sve(const void *in, void *out, uint64_t count);
void spin_sve_call(const void *in, void *out); /* across getpid() */
uint64_t spin_sve_length(void);                /* bytes, as the processor has it */
void spin_sve_destroy(void);
extern const char spin_sve_begin[], spin_sve_end[];
#endif

#endif
