/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What memory an A64 instruction accesses, from its word and the registers before it executes
 * (Arm ARM, C4.1 "A64 instruction set encoding"). For a fault of which only the PC is known.
 *
 * Known: all loads and stores of general and SIMD&FP registers with their pairs, structures,
 * exclusives, acquire and release forms (LRCPC, LRCPC2, LRCPC3, LOR), atomics (LSE, LSE128, THE),
 * 64-byte accesses (LS64), PAC loads, copies and fills (MOPS), prefetches, cache maintenance and
 * zeroing by address, and SVE, but for the addresses of gathers and scatters: these are loads and
 * stores without a range (as are, wrongly, SVE's prefetches, which never fault).
 * Not known, -ENOTSUP: SME, SVE without a known length of vectors, memory tags (MTE) but for DC and
 * SETG*, guarded control stacks (GCS), unprivileged atomics (LSUI), atomics of floats (LSFE), and
 * every reserved encoding among the other loads and stores: if the processor executed it, it is
 * newer than this decoder.
 * Not told: accesses besides the instruction's own (its fetch, translation tables, the GCS of BL
 * and RET).
 *
 * Addresses are as the processor forms them before it translates: they may have a tag in their top
 * byte (translate_untag()), ranges wrap at 2^64, and any range may cross pages: check each one.
 */
#ifndef VTL_DECODE_H
#define VTL_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum decode_kind {
    DECODE_LOAD,
    DECODE_STORE,
    DECODE_UPDATE,           /* atomics read and write, even if they end up storing nothing */
    DECODE_COPY,             /* CPY*: access 0 is the source, access 1 the destination */
    DECODE_SET,              /* SET*: memset */
    DECODE_CACHE_CLEAN,      /* DC CVAC and the like, IC IVAU: need read access */
    DECODE_CACHE_INVALIDATE, /* DC IVAC and the like: need write access */
    DECODE_ZERO,             /* DC ZVA, GVA, GZVA */
    DECODE_PREFETCH,         /* never faults: no accesses are told */
};

/* A copy has two ranges, all else at most one. */
#define DECODE_MAX_ACCESSES 2

/*
 * One contiguous range, of which SVE may leave out elements, @size (never 0) bytes from @va.
 *
 * Cache maintenance acts on a line, which no page cuts: the range is the byte that the instruction
 * names. For DC ZVA and its kind it is the aligned block.
 */
struct decode_access {
    uint64_t va;
    uint64_t size; /* small, but for copies and fills, where the guest chooses: up to 2^64 - 1 */
    bool read, write;
    bool user; /* checked as if by EL0 (LDTR and its kind) */
};

struct decode_insn {
    enum decode_kind kind;

    /*
     * The ranges. The order of accesses within one is not known, but for copies and fills, which go
     * forwards or (@backward) from the end; a copy reads each piece before it writes it. These may
     * stop at any point and execute again from there: the ranges are all that is left to do, for
     * the prologue, main and epilogue instruction alike, though this one may do just a part.
     */
    unsigned count;
    struct decode_access access[DECODE_MAX_ACCESSES];
    bool backward;

    bool exclusive; /* LDXR, STXR, LDXP, STXP; acquire and release forms too */
    bool simd;      /* rt, rt2 are V registers */
    bool pair;      /* two registers: rt and rt2; for CASP rs and rs + 1 too */
    bool writeback; /* rn becomes @new_base; not told for copies and fills */
    uint64_t new_base;

    /*
     * As in the ISS of ESR_EL2 for a data abort (Arm ARM, D19.2 "ESR_EL2"); but for @ar only if
     * @iss_valid: one general-purpose register, not exclusive, not atomic, no writeback.
     */
    bool iss_valid; /* ISV */
    uint8_t sas;    /* log2 of the size in bytes */
    bool sse;       /* sign-extends */
    uint8_t srt;    /* 31 is XZR */
    bool sf;        /* a 64-bit register */
    bool ar;        /* acquires or releases; told for exclusives and atomics too */

    /* Register numbers, 0 where there is none; 31 is SP as a base (rn), else XZR. */
    uint8_t rt, rt2, rs, rn;
    uint8_t element_size; /* bytes of one register or element; 0 if that makes no sense */
};

/* The value of X0 to X30, or, 31, of the SP in use. */
typedef uint64_t (*decode_reader)(void *context, unsigned reg);

/* What an address may depend on, before the instruction executes. */
struct decode_environment {
    decode_reader read;
    void *context;
    uint64_t pc;
    uint64_t pstate;    /* in the layout of SPSR_ELx: UAO, and N and C for copies and fills */
    uint64_t tcr;       /* TCR_EL1, tells where a pointer has its PAC (LDRAA, LDRAB) */
    uint32_t zero_size; /* bytes that DC ZVA zeroes: 4 << DCZID_EL0.BS; 0: not known */
    uint32_t vector_size; /* bytes of a Z register as the vectors are at the time; 0: not known */
};

/*
 * Decodes @insn. 0; -ENOENT: accesses no memory; -ENOTSUP: may access memory in a way not known
 * here. After an error @out says nothing.
 *
 * LDRAA and LDRAB are taken to authenticate their pointer: if that fails, the processor has no
 * address to access, and faults before stage 2.
 */
int decode(uint32_t insn, const struct decode_environment *env, struct decode_insn *out);

#endif
