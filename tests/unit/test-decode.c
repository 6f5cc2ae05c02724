/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder of accesses. Words are as an assembler made them from the text beside each; what that
 * text accesses was written by hand.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "tests/unit/unit.h"
#include "vtl/decode.h"

enum {
    LOAD = DECODE_LOAD, STORE = DECODE_STORE, UPDATE = DECODE_UPDATE,
    CLEAN = DECODE_CACHE_CLEAN, INVALIDATE = DECODE_CACHE_INVALIDATE,
    ZERO = DECODE_ZERO, PREFETCH = DECODE_PREFETCH,
};

/* What else an instruction is. */
enum { SIMD = 1, PAIR = 2, EXCLUSIVE = 4, ORDERED = 8, USER = 16, BACK = 32 };

/* Where the ISS of ESR_EL2 has these fields. */
#define ISS(sas, sse, srt, sf) (1u << 24 | (sas) << 22 | (sse) << 21 | (srt) << 16 | (sf) << 15)

#define PC UINT64_C(0x400000)
#define ZERO_SIZE 64
#define PSTATE_UAO (1ull << 23)
#define PSTATE_C (1ull << 29)
#define PSTATE_N (1ull << 31)

/* The registers: odd addresses far from each other, and three offsets. */
#define X(n) (UINT64_C(0x700000000001) + (uint64_t)(n) * 0x10010001)
#define X26 UINT64_C(16)
#define X27 UINT64_C(0x780000010) /* W27 is negative */
#define X28 (-UINT64_C(16))

struct row {
    uint32_t word;
    const char *text;
    unsigned kind;
    uint64_t va;
    unsigned size, element, flags;
    uint32_t iss;
    uint64_t new_base;
};

struct word {
    uint32_t word;
    const char *text;
};

static const struct row rows[] = {
    /* unsigned offset */
    {0xf9400441, "ldr x1, [x2, #8]", LOAD, X(2) + 8, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xb97ffc41, "ldr w1, [x2, #16380]", LOAD, X(2) + 16380, 4, 4, 0, ISS(2, 0, 1, 0), 0},
    {0xf97ffffe, "ldr x30, [sp, #32760]", LOAD, X(31) + 32760, 8, 8, 0, ISS(3, 0, 30, 1), 0},
    {0x797ffc83, "ldrh w3, [x4, #8190]", LOAD, X(4) + 8190, 2, 2, 0, ISS(1, 0, 3, 0), 0},
    {0x397ffc83, "ldrb w3, [x4, #4095]", LOAD, X(4) + 4095, 1, 1, 0, ISS(0, 0, 3, 0), 0},
    {0x39c004c5, "ldrsb w5, [x6, #1]", LOAD, X(6) + 1, 1, 1, 0, ISS(0, 1, 5, 0), 0},
    {0x398000c5, "ldrsb x5, [x6]", LOAD, X(6), 1, 1, 0, ISS(0, 1, 5, 1), 0},
    {0x79c00507, "ldrsh w7, [x8, #2]", LOAD, X(8) + 2, 2, 2, 0, ISS(1, 1, 7, 0), 0},
    {0x79800507, "ldrsh x7, [x8, #2]", LOAD, X(8) + 2, 2, 2, 0, ISS(1, 1, 7, 1), 0},
    {0xb9800549, "ldrsw x9, [x10, #4]", LOAD, X(10) + 4, 4, 4, 0, ISS(2, 1, 9, 1), 0},
    {0xf9000441, "str x1, [x2, #8]", STORE, X(2) + 8, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xb900005f, "str wzr, [x2]", STORE, X(2), 4, 4, 0, ISS(2, 0, 31, 0), 0},
    {0x790007eb, "strh w11, [sp, #2]", STORE, X(31) + 2, 2, 2, 0, ISS(1, 0, 11, 0), 0},
    {0x39000dac, "strb w12, [x13, #3]", STORE, X(13) + 3, 1, 1, 0, ISS(0, 0, 12, 0), 0},
    {0x3d400c41, "ldr b1, [x2, #3]", LOAD, X(2) + 3, 1, 1, SIMD, 0, 0},
    {0x7d400c41, "ldr h1, [x2, #6]", LOAD, X(2) + 6, 2, 2, SIMD, 0, 0},
    {0xbd400441, "ldr s1, [x2, #4]", LOAD, X(2) + 4, 4, 4, SIMD, 0, 0},
    {0xfd400441, "ldr d1, [x2, #8]", LOAD, X(2) + 8, 8, 8, SIMD, 0, 0},
    {0x3dfffc41, "ldr q1, [x2, #65520]", LOAD, X(2) + 65520, 16, 16, SIMD, 0, 0},
    {0x3d000c41, "str b1, [x2, #3]", STORE, X(2) + 3, 1, 1, SIMD, 0, 0},
    {0xfd0007ff, "str d31, [sp, #8]", STORE, X(31) + 8, 8, 8, SIMD, 0, 0},
    {0x3d800441, "str q1, [x2, #16]", STORE, X(2) + 16, 16, 16, SIMD, 0, 0},
    /* unscaled */
    {0xf8500041, "ldur x1, [x2, #-256]", LOAD, X(2) - 256, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xb84ff041, "ldur w1, [x2, #255]", LOAD, X(2) + 255, 4, 4, 0, ISS(2, 0, 1, 0), 0},
    {0x385ff041, "ldurb w1, [x2, #-1]", LOAD, X(2) - 1, 1, 1, 0, ISS(0, 0, 1, 0), 0},
    {0x38dff041, "ldursb w1, [x2, #-1]", LOAD, X(2) - 1, 1, 1, 0, ISS(0, 1, 1, 0), 0},
    {0x789fd041, "ldursh x1, [x2, #-3]", LOAD, X(2) - 3, 2, 2, 0, ISS(1, 1, 1, 1), 0},
    {0xb89fd041, "ldursw x1, [x2, #-3]", LOAD, X(2) - 3, 4, 4, 0, ISS(2, 1, 1, 1), 0},
    {0xf81f83ff, "stur xzr, [sp, #-8]", STORE, X(31) - 8, 8, 8, 0, ISS(3, 0, 31, 1), 0},
    {0x78001041, "sturh w1, [x2, #1]", STORE, X(2) + 1, 2, 2, 0, ISS(1, 0, 1, 0), 0},
    {0x3cdf7041, "ldur q1, [x2, #-9]", LOAD, X(2) - 9, 16, 16, SIMD, 0, 0},
    {0x7c1f7041, "stur h1, [x2, #-9]", STORE, X(2) - 9, 2, 2, SIMD, 0, 0},
    /* post- and pre-index */
    {0xf8408441, "ldr x1, [x2], #8", LOAD, X(2), 8, 8, BACK, 0, X(2) + 8},
    {0x38d00441, "ldrsb w1, [x2], #-256", LOAD, X(2), 1, 1, BACK, 0, X(2) - 256},
    {0xb8804441, "ldrsw x1, [x2], #4", LOAD, X(2), 4, 4, BACK, 0, X(2) + 4},
    {0xb80107e1, "str w1, [sp], #16", STORE, X(31), 4, 4, BACK, 0, X(31) + 16},
    {0x38001441, "strb w1, [x2], #1", STORE, X(2), 1, 1, BACK, 0, X(2) + 1},
    {0x3cc10441, "ldr q1, [x2], #16", LOAD, X(2), 16, 16, SIMD | BACK, 0, X(2) + 16},
    {0xbc1fc441, "str s1, [x2], #-4", STORE, X(2), 4, 4, SIMD | BACK, 0, X(2) - 4},
    {0xf8408c41, "ldr x1, [x2, #8]!", LOAD, X(2) + 8, 8, 8, BACK, 0, X(2) + 8},
    {0x789fec41, "ldrsh x1, [x2, #-2]!", LOAD, X(2) - 2, 2, 2, BACK, 0, X(2) - 2},
    {0xf81f0ffe, "str x30, [sp, #-16]!", STORE, X(31) - 16, 8, 8, BACK, 0, X(31) - 16},
    {0x780ffc41, "strh w1, [x2, #255]!", STORE, X(2) + 255, 2, 2, BACK, 0, X(2) + 255},
    {0x3c401c41, "ldr b1, [x2, #1]!", LOAD, X(2) + 1, 1, 1, SIMD | BACK, 0, X(2) + 1},
    {0x3c9f0c41, "str q1, [x2, #-16]!", STORE, X(2) - 16, 16, 16, SIMD | BACK, 0, X(2) - 16},
    /* unprivileged */
    {0xf8408841, "ldtr x1, [x2, #8]", LOAD, X(2) + 8, 8, 8, USER, ISS(3, 0, 1, 1), 0},
    {0xb85fc841, "ldtr w1, [x2, #-4]", LOAD, X(2) - 4, 4, 4, USER, ISS(2, 0, 1, 0), 0},
    {0x38400841, "ldtrb w1, [x2]", LOAD, X(2), 1, 1, USER, ISS(0, 0, 1, 0), 0},
    {0x38800841, "ldtrsb x1, [x2]", LOAD, X(2), 1, 1, USER, ISS(0, 1, 1, 1), 0},
    {0x78c00841, "ldtrsh w1, [x2]", LOAD, X(2), 2, 2, USER, ISS(1, 1, 1, 0), 0},
    {0xb8800841, "ldtrsw x1, [x2]", LOAD, X(2), 4, 4, USER, ISS(2, 1, 1, 1), 0},
    {0xf8100841, "sttr x1, [x2, #-256]", STORE, X(2) - 256, 8, 8, USER, ISS(3, 0, 1, 1), 0},
    {0x78002841, "sttrh w1, [x2, #2]", STORE, X(2) + 2, 2, 2, USER, ISS(1, 0, 1, 0), 0},
    {0x38000be1, "sttrb w1, [sp]", STORE, X(31), 1, 1, USER, ISS(0, 0, 1, 0), 0},
    /* register offset */
    {0xf87a6841, "ldr x1, [x2, x26]", LOAD, X(2) + 16, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xf87a7841, "ldr x1, [x2, x26, lsl #3]", LOAD, X(2) + 128, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xf87c6841, "ldr x1, [x2, x28]", LOAD, X(2) - 16, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xf87cf841, "ldr x1, [x2, x28, sxtx #3]", LOAD, X(2) - 128, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xb87b4841, "ldr w1, [x2, w27, uxtw]", LOAD, X(2) + 0x80000010, 4, 4, 0, ISS(2, 0, 1, 0), 0},
    {0xb87b5841, "ldr w1, [x2, w27, uxtw #2]", LOAD, X(2) + 0x200000040, 4, 4, 0,
     ISS(2, 0, 1, 0), 0},
    {0xb87bc841, "ldr w1, [x2, w27, sxtw]", LOAD, X(2) - 0x7ffffff0, 4, 4, 0, ISS(2, 0, 1, 0), 0},
    {0xb8bcdbe1, "ldrsw x1, [sp, w28, sxtw #2]", LOAD, X(31) - 64, 4, 4, 0, ISS(2, 1, 1, 1), 0},
    {0x387a7841, "ldrb w1, [x2, x26, lsl #0]", LOAD, X(2) + 16, 1, 1, 0, ISS(0, 0, 1, 0), 0},
    {0x78ff6841, "ldrsh w1, [x2, xzr]", LOAD, X(2), 2, 2, 0, ISS(1, 1, 1, 0), 0},
    {0xf8226b61, "str x1, [x27, x2]", STORE, X27 + X(2), 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0x783a5841, "strh w1, [x2, w26, uxtw #1]", STORE, X(2) + 32, 2, 2, 0, ISS(1, 0, 1, 0), 0},
    {0x3cfa7841, "ldr q1, [x2, x26, lsl #4]", LOAD, X(2) + 256, 16, 16, SIMD, 0, 0},
    {0x3c7cc841, "ldr b1, [x2, w28, sxtw]", LOAD, X(2) - 16, 1, 1, SIMD, 0, 0},
    {0xfc3cd841, "str d1, [x2, w28, sxtw #3]", STORE, X(2) - 128, 8, 8, SIMD, 0, 0},
    /* literal */
    {0x58000041, "ldr x1, .+8", LOAD, PC + 8, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0x18ffffe1, "ldr w1, .-4", LOAD, PC - 4, 4, 4, 0, ISS(2, 0, 1, 0), 0},
    {0x987fffe1, "ldrsw x1, .+1048572", LOAD, PC + 1048572, 4, 4, 0, ISS(2, 1, 1, 1), 0},
    {0x1c800001, "ldr s1, .-1048576", LOAD, PC - 1048576, 4, 4, SIMD, 0, 0},
    {0x5c000081, "ldr d1, .+16", LOAD, PC + 16, 8, 8, SIMD, 0, 0},
    {0x9c000081, "ldr q1, .+16", LOAD, PC + 16, 16, 16, SIMD, 0, 0},
    /* pairs */
    {0xa9400861, "ldp x1, x2, [x3]", LOAD, X(3), 16, 8, PAIR, 0, 0},
    {0x29600861, "ldp w1, w2, [x3, #-256]", LOAD, X(3) - 256, 8, 4, PAIR, 0, 0},
    {0x695f8861, "ldpsw x1, x2, [x3, #252]", LOAD, X(3) + 252, 8, 4, PAIR, 0, 0},
    {0xa9207bfd, "stp x29, x30, [sp, #-512]", STORE, X(31) - 512, 16, 8, PAIR, 0, 0},
    {0xa9bf7bfd, "stp x29, x30, [sp, #-16]!", STORE, X(31) - 16, 16, 8, PAIR | BACK, 0, X(31) - 16},
    {0xa8c17bfd, "ldp x29, x30, [sp], #16", LOAD, X(31), 16, 8, PAIR | BACK, 0, X(31) + 16},
    {0x68c10861, "ldpsw x1, x2, [x3], #8", LOAD, X(3), 8, 4, PAIR | BACK, 0, X(3) + 8},
    {0x69c10861, "ldpsw x1, x2, [x3, #8]!", LOAD, X(3) + 8, 8, 4, PAIR | BACK, 0, X(3) + 8},
    {0x28bf7c7f, "stp wzr, wzr, [x3], #-8", STORE, X(3), 8, 4, PAIR | BACK, 0, X(3) - 8},
    {0xa85f8861, "ldnp x1, x2, [x3, #504]", LOAD, X(3) + 504, 16, 8, PAIR, 0, 0},
    {0x283f8861, "stnp w1, w2, [x3, #-4]", STORE, X(3) - 4, 8, 4, PAIR, 0, 0},
    {0x2d408861, "ldp s1, s2, [x3, #4]", LOAD, X(3) + 4, 8, 4, SIMD | PAIR, 0, 0},
    {0x6dc08861, "ldp d1, d2, [x3, #8]!", LOAD, X(3) + 8, 16, 8, SIMD | PAIR | BACK, 0, X(3) + 8},
    {0xad200861, "stp q1, q2, [x3, #-1024]", STORE, X(3) - 1024, 32, 16, SIMD | PAIR, 0, 0},
    {0xacdf8861, "ldp q1, q2, [x3], #1008", LOAD, X(3), 32, 16, SIMD | PAIR | BACK, 0, X(3) + 1008},
    {0xac008861, "stnp q1, q2, [x3, #16]", STORE, X(3) + 16, 32, 16, SIMD | PAIR, 0, 0},
    {0x6c400861, "ldnp d1, d2, [x3]", LOAD, X(3), 16, 8, SIMD | PAIR, 0, 0},
    /* structures of whole registers */
    {0x0c407041, "ld1 {v1.8b}, [x2]", LOAD, X(2), 8, 1, SIMD, 0, 0},
    {0x4c407041, "ld1 {v1.16b}, [x2]", LOAD, X(2), 16, 1, SIMD, 0, 0},
    {0x0c40ac41, "ld1 {v1.1d, v2.1d}, [x2]", LOAD, X(2), 16, 8, SIMD, 0, 0},
    {0x4c406841, "ld1 {v1.4s-v3.4s}, [x2]", LOAD, X(2), 48, 4, SIMD, 0, 0},
    {0x4c402fff, "ld1 {v31.2d, v0.2d, v1.2d, v2.2d}, [sp]", LOAD, X(31), 64, 8, SIMD, 0, 0},
    {0x0c002441, "st1 {v1.4h-v4.4h}, [x2]", STORE, X(2), 32, 2, SIMD, 0, 0},
    {0x4c408441, "ld2 {v1.8h-v2.8h}, [x2]", LOAD, X(2), 32, 2, SIMD, 0, 0},
    {0x0c004841, "st3 {v1.2s-v3.2s}, [x2]", STORE, X(2), 24, 4, SIMD, 0, 0},
    {0x4c404041, "ld3 {v1.16b-v3.16b}, [x2]", LOAD, X(2), 48, 1, SIMD, 0, 0},
    {0x4c000c41, "st4 {v1.2d-v4.2d}, [x2]", STORE, X(2), 64, 8, SIMD, 0, 0},
    {0x4cdf7041, "ld1 {v1.16b}, [x2], #16", LOAD, X(2), 16, 1, SIMD | BACK, 0, X(2) + 16},
    {0x0cdf0041, "ld4 {v1.8b-v4.8b}, [x2], #32", LOAD, X(2), 32, 1, SIMD | BACK, 0, X(2) + 32},
    {0x4c9c8841, "st2 {v1.4s-v2.4s}, [x2], x28", STORE, X(2), 32, 4, SIMD | BACK, 0, X(2) - 16},
    {0x4c9f6fe1, "st1 {v1.2d-v3.2d}, [sp], #48", STORE, X(31), 48, 8, SIMD | BACK, 0, X(31) + 48},
    /* structures of single lanes */
    {0x4d401c41, "ld1 {v1.b}[15], [x2]", LOAD, X(2), 1, 1, SIMD, 0, 0},
    {0x4d405841, "ld1 {v1.h}[7], [x2]", LOAD, X(2), 2, 2, SIMD, 0, 0},
    {0x4d009041, "st1 {v1.s}[3], [x2]", STORE, X(2), 4, 4, SIMD, 0, 0},
    {0x4d008441, "st1 {v1.d}[1], [x2]", STORE, X(2), 8, 8, SIMD, 0, 0},
    {0x0d600441, "ld2 {v1.b, v2.b}[1], [x2]", LOAD, X(2), 2, 1, SIMD, 0, 0},
    {0x0d208441, "st2 {v1.d, v2.d}[0], [x2]", STORE, X(2), 16, 8, SIMD, 0, 0},
    {0x0d407041, "ld3 {v1.h-v3.h}[2], [x2]", LOAD, X(2), 6, 2, SIMD, 0, 0},
    {0x0d9fb041, "st3 {v1.s-v3.s}[1], [x2], #12", STORE, X(2), 12, 4, SIMD | BACK, 0, X(2) + 12},
    {0x4dfaa441, "ld4 {v1.d-v4.d}[1], [x2], x26", LOAD, X(2), 32, 8, SIMD | BACK, 0, X(2) + 16},
    {0x4d202441, "st4 {v1.b-v4.b}[9], [x2]", STORE, X(2), 4, 1, SIMD, 0, 0},
    {0x0d40c041, "ld1r {v1.8b}, [x2]", LOAD, X(2), 1, 1, SIMD, 0, 0},
    {0x4ddfcc41, "ld1r {v1.2d}, [x2], #8", LOAD, X(2), 8, 8, SIMD | BACK, 0, X(2) + 8},
    {0x4d60c841, "ld2r {v1.4s, v2.4s}, [x2]", LOAD, X(2), 8, 4, SIMD, 0, 0},
    {0x4ddfe441, "ld3r {v1.8h-v3.8h}, [x2], #6", LOAD, X(2), 6, 2, SIMD | BACK, 0, X(2) + 6},
    {0x0dfcec41, "ld4r {v1.1d-v4.1d}, [x2], x28", LOAD, X(2), 32, 8, SIMD | BACK, 0, X(2) - 16},
    {0x4d4185e3, "ldap1 {v3.d}[1], [x15]", LOAD, X(15), 8, 8, SIMD | ORDERED, 0, 0},
    {0x0d0185e3, "stl1 {v3.d}[0], [x15]", STORE, X(15), 8, 8, SIMD | ORDERED, 0, 0},
    /* exclusives */
    {0xc85f7c41, "ldxr x1, [x2]", LOAD, X(2), 8, 8, EXCLUSIVE, 0, 0},
    {0x885f7fe1, "ldxr w1, [sp]", LOAD, X(31), 4, 4, EXCLUSIVE, 0, 0},
    {0x085f7c41, "ldxrb w1, [x2]", LOAD, X(2), 1, 1, EXCLUSIVE, 0, 0},
    {0xc85ffc41, "ldaxr x1, [x2]", LOAD, X(2), 8, 8, EXCLUSIVE | ORDERED, 0, 0},
    {0x485ffc41, "ldaxrh w1, [x2]", LOAD, X(2), 2, 2, EXCLUSIVE | ORDERED, 0, 0},
    {0xc8037c41, "stxr w3, x1, [x2]", STORE, X(2), 8, 8, EXCLUSIVE, 0, 0},
    {0x48037c41, "stxrh w3, w1, [x2]", STORE, X(2), 2, 2, EXCLUSIVE, 0, 0},
    {0x8803fc41, "stlxr w3, w1, [x2]", STORE, X(2), 4, 4, EXCLUSIVE | ORDERED, 0, 0},
    {0x0803fc41, "stlxrb w3, w1, [x2]", STORE, X(2), 1, 1, EXCLUSIVE | ORDERED, 0, 0},
    {0xc87f0c41, "ldxp x1, x3, [x2]", LOAD, X(2), 16, 8, EXCLUSIVE | PAIR, 0, 0},
    {0x887f8c41, "ldaxp w1, w3, [x2]", LOAD, X(2), 8, 4, EXCLUSIVE | PAIR | ORDERED, 0, 0},
    {0x88240c41, "stxp w4, w1, w3, [x2]", STORE, X(2), 8, 4, EXCLUSIVE | PAIR, 0, 0},
    {0xc8248c41, "stlxp w4, x1, x3, [x2]", STORE, X(2), 16, 8, EXCLUSIVE | PAIR | ORDERED, 0, 0},
    /* acquire and release */
    {0xc8dffc41, "ldar x1, [x2]", LOAD, X(2), 8, 8, ORDERED, ISS(3, 0, 1, 1), 0},
    {0x08dffc41, "ldarb w1, [x2]", LOAD, X(2), 1, 1, ORDERED, ISS(0, 0, 1, 0), 0},
    {0x889ffc41, "stlr w1, [x2]", STORE, X(2), 4, 4, ORDERED, ISS(2, 0, 1, 0), 0},
    {0x489ffc5f, "stlrh wzr, [x2]", STORE, X(2), 2, 2, ORDERED, ISS(1, 0, 31, 0), 0},
    {0xc8df7c41, "ldlar x1, [x2]", LOAD, X(2), 8, 8, ORDERED, ISS(3, 0, 1, 1), 0},
    {0x089f7c41, "stllrb w1, [x2]", STORE, X(2), 1, 1, ORDERED, ISS(0, 0, 1, 0), 0},
    {0xf8bfc041, "ldapr x1, [x2]", LOAD, X(2), 8, 8, ORDERED, ISS(3, 0, 1, 1), 0},
    {0x78bfc3e1, "ldaprh w1, [sp]", LOAD, X(31), 2, 2, ORDERED, ISS(1, 0, 1, 0), 0},
    {0xd95f8041, "ldapur x1, [x2, #-8]", LOAD, X(2) - 8, 8, 8, ORDERED, ISS(3, 0, 1, 1), 0},
    {0x194ff041, "ldapurb w1, [x2, #255]", LOAD, X(2) + 255, 1, 1, ORDERED, ISS(0, 0, 1, 0), 0},
    {0x19800041, "ldapursb x1, [x2]", LOAD, X(2), 1, 1, ORDERED, ISS(0, 1, 1, 1), 0},
    {0x59c00041, "ldapursh w1, [x2]", LOAD, X(2), 2, 2, ORDERED, ISS(1, 1, 1, 0), 0},
    {0x99800041, "ldapursw x1, [x2]", LOAD, X(2), 4, 4, ORDERED, ISS(2, 1, 1, 1), 0},
    {0x99100041, "stlur w1, [x2, #-256]", STORE, X(2) - 256, 4, 4, ORDERED, ISS(2, 0, 1, 0), 0},
    {0x59004041, "stlurh w1, [x2, #4]", STORE, X(2) + 4, 2, 2, ORDERED, ISS(1, 0, 1, 0), 0},
    {0x1d9fb9e3, "stlur q3, [x15, #-5]", STORE, X(15) - 5, 16, 16, SIMD | ORDERED, 0, 0},
    {0x5d5f99e3, "ldapur h3, [x15, #-7]", LOAD, X(15) - 7, 2, 2, SIMD | ORDERED, 0, 0},
    {0x99000a18, "stilp w24, w0, [x16, #-8]!", STORE, X(16) - 8, 8, 4, PAIR | ORDERED | BACK,
     0, X(16) - 8},
    {0xd9031bfb, "stilp x27, x3, [sp]", STORE, X(31), 16, 8, PAIR | ORDERED, 0, 0},
    {0xd9450abd, "ldiapp x29, x5, [x21], #16", LOAD, X(21), 16, 8, PAIR | ORDERED | BACK,
     0, X(21) + 16},
    {0x99461bfe, "ldiapp w30, w6, [sp]", LOAD, X(31), 8, 4, PAIR | ORDERED, 0, 0},
    {0x998009e3, "stlr w3, [x15, #-4]!", STORE, X(15) - 4, 4, 4, ORDERED | BACK, 0, X(15) - 4},
    {0xd9c009e3, "ldapr x3, [x15], #8", LOAD, X(15), 8, 8, ORDERED | BACK, 0, X(15) + 8},
    /* atomics */
    {0xf8230041, "ldadd x3, x1, [x2]", UPDATE, X(2), 8, 8, 0, 0, 0},
    {0xb8e303e1, "ldaddal w3, w1, [sp]", UPDATE, X(31), 4, 4, ORDERED, 0, 0},
    {0x38231041, "ldclrb w3, w1, [x2]", UPDATE, X(2), 1, 1, 0, 0, 0},
    {0x78a32041, "ldeorah w3, w1, [x2]", UPDATE, X(2), 2, 2, ORDERED, 0, 0},
    {0xf8633041, "ldsetl x3, x1, [x2]", UPDATE, X(2), 8, 8, ORDERED, 0, 0},
    {0xb8234041, "ldsmax w3, w1, [x2]", UPDATE, X(2), 4, 4, 0, 0, 0},
    {0xf8235041, "ldsmin x3, x1, [x2]", UPDATE, X(2), 8, 8, 0, 0, 0},
    {0x38236041, "ldumaxb w3, w1, [x2]", UPDATE, X(2), 1, 1, 0, 0, 0},
    {0x78237041, "lduminh w3, w1, [x2]", UPDATE, X(2), 2, 2, 0, 0, 0},
    {0xf823005f, "stadd x3, [x2]", UPDATE, X(2), 8, 8, 0, 0, 0},
    {0xf8238041, "swp x3, x1, [x2]", UPDATE, X(2), 8, 8, 0, 0, 0},
    {0x38e38041, "swpalb w3, w1, [x2]", UPDATE, X(2), 1, 1, ORDERED, 0, 0},
    {0xc8a37c41, "cas x3, x1, [x2]", UPDATE, X(2), 8, 8, 0, 0, 0},
    {0x08e37c41, "casab w3, w1, [x2]", UPDATE, X(2), 1, 1, ORDERED, 0, 0},
    {0x48a3fc41, "caslh w3, w1, [x2]", UPDATE, X(2), 2, 2, ORDERED, 0, 0},
    {0x88e3ffe1, "casal w3, w1, [sp]", UPDATE, X(31), 4, 4, ORDERED, 0, 0},
    {0x48247c46, "casp x4, x5, x6, x7, [x2]", UPDATE, X(2), 16, 8, PAIR, 0, 0},
    {0x0864fc46, "caspal w4, w5, w6, w7, [x2]", UPDATE, X(2), 8, 4, PAIR | ORDERED, 0, 0},
    {0x19221161, "ldclrp x1, x2, [x11]", UPDATE, X(11), 16, 8, PAIR, 0, 0},
    {0x19f633f5, "ldsetpal x21, x22, [sp]", UPDATE, X(31), 16, 8, PAIR | ORDERED, 0, 0},
    {0x19a28161, "swppa x1, x2, [x11]", UPDATE, X(11), 16, 8, PAIR | ORDERED, 0, 0},
    {0x19200881, "rcwcas x0, x1, [x4]", UPDATE, X(4), 8, 8, 0, 0, 0},
    {0x59640fe6, "rcwscaspl x4, x5, x6, x7, [sp]", UPDATE, X(31), 16, 8, PAIR | ORDERED, 0, 0},
    {0x78e09081, "rcwsclral x0, x1, [x4]", UPDATE, X(4), 8, 8, ORDERED, 0, 0},
    {0x1920b081, "rcwsetp x1, x0, [x4]", UPDATE, X(4), 16, 8, PAIR, 0, 0},
    /* 64 bytes */
    {0xf83fd1a2, "ld64b x2, [x13]", LOAD, X(13), 64, 64, 0, 0, 0},
    {0xf83f93e2, "st64b x2, [sp]", STORE, X(31), 64, 64, 0, 0, 0},
    {0xf821b1a2, "st64bv x1, x2, [x13]", STORE, X(13), 64, 64, 0, 0, 0},
    {0xf821a1a2, "st64bv0 x1, x2, [x13]", STORE, X(13), 64, 64, 0, 0, 0},
    /* pointers with PAC */
    {0xf8600441, "ldraa x1, [x2, #-4096]", LOAD, X(2) - 4096, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xf8bff441, "ldrab x1, [x2, #4088]", LOAD, X(2) + 4088, 8, 8, 0, ISS(3, 0, 1, 1), 0},
    {0xf8201fe1, "ldraa x1, [sp, #8]!", LOAD, X(31) + 8, 8, 8, BACK, 0, X(31) + 8},
    /* caches */
    {0xd50b7422, "dc zva, x2", ZERO, X(2) & -64, 64, 0, 0, 0, 0},
    {0xd50b7462, "dc gva, x2", ZERO, X(2) & -64, 64, 0, 0, 0, 0},
    {0xd50b749e, "dc gzva, x30", ZERO, X(30) & -64, 64, 0, 0, 0, 0},
    {0xd50b7a23, "dc cvac, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7b23, "dc cvau, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7c23, "dc cvap, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7d23, "dc cvadp, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7e23, "dc civac, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7a63, "dc cgvac, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7aa3, "dc cgdvac, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7c63, "dc cgvap, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7ca3, "dc cgdvap, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7d63, "dc cgvadp, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7da3, "dc cgdvadp, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7e63, "dc cigvac, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7ea3, "dc cigdvac, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7523, "ic ivau, x3", CLEAN, X(3), 1, 0, 0, 0, 0},
    {0xd50b7a3f, "dc cvac, xzr", CLEAN, 0, 1, 0, 0, 0, 0},
    {0xd5087625, "dc ivac, x5", INVALIDATE, X(5), 1, 0, 0, 0, 0},
    {0xd5087665, "dc igvac, x5", INVALIDATE, X(5), 1, 0, 0, 0, 0},
    {0xd50876a5, "dc igdvac, x5", INVALIDATE, X(5), 1, 0, 0, 0, 0},
    /* prefetches */
    {0xf9800440, "prfm pldl1keep, [x2, #8]", PREFETCH, 0, 0, 0, 0, 0, 0},
    {0xf89ff055, "prfum pstl3strm, [x2, #-1]", PREFETCH, 0, 0, 0, 0, 0, 0},
    {0xf8a37848, "prfm plil1keep, [x2, x3, lsl #3]", PREFETCH, 0, 0, 0, 0, 0, 0},
    {0xd8000042, "prfm pldl2keep, .+8", PREFETCH, 0, 0, 0, 0, 0, 0},
    {0xf8a34858, "prfm #24, [x2, w3, uxtw]", PREFETCH, 0, 0, 0, 0, 0, 0},
};

static const struct word not_memory[] = {
    {0xd503201f, "nop"},
    {0xd65f03c0, "ret"},
    {0x94000002, "bl .+8"},
    {0x54ffffc0, "b.eq .-8"},
    {0xb4000021, "cbz x1, .+4"},
    {0xd61f0060, "br x3"},
    {0xd63f0060, "blr x3"},
    {0xd69f03e0, "eret"},
    {0xd4000001, "svc #0"},
    {0xd4000022, "hvc #1"},
    {0xd4000003, "smc #0"},
    {0xd4200000, "brk #0"},
    {0xd4400000, "hlt #0"},
    {0xd503207f, "wfi"},
    {0xd503205f, "wfe"},
    {0xd5033fdf, "isb"},
    {0xd5033f9f, "dsb sy"},
    {0xd5033bbf, "dmb ish"},
    {0xd5033f5f, "clrex"},
    {0xd518c000, "msr vbar_el1, x0"},
    {0xd5385200, "mrs x0, esr_el1"},
    {0xd50342df, "msr daifset, #2"},
    {0xd508871f, "tlbi vmalle1"},
    {0xd5088323, "tlbi vae1is, x3"},
    {0xd5087803, "at s1e1r, x3"},
    {0xd50c78e3, "at s12e0w, x3"},
    {0xd508751f, "ic iallu"},
    {0xd5087643, "dc isw, x3"},
    {0xd5087a43, "dc csw, x3"},
    {0xd5087e43, "dc cisw, x3"},
    {0x8b030041, "add x1, x2, x3"},
    {0xd10043ff, "sub sp, sp, #16"},
    {0xd28000a1, "movz x1, #5"},
    {0x90000001, "adrp x1, .+4096"},
    {0x9b037c41, "mul x1, x2, x3"},
    {0x9a830041, "csel x1, x2, x3, eq"},
    {0xd503233f, "paciasp"},
    {0xd50323bf, "autiasp"},
    {0xd65f0bff, "retaa"},
    {0x1e632841, "fadd d1, d2, d3"},
    {0x4ea38441, "add v1.4s, v2.4s, v3.4s"},
    {0x4e284841, "aese v1.16b, v2.16b"},
    {0x2518e3e0, "ptrue p0.b"},
    {0x04a30041, "add z1.s, z2.s, z3.s"},
    {0x04bf5021, "rdvl x1, #1"},
    {0x00000000, "udf #0"},
};

static const struct word not_known[] = {
    {0xa400a041, "ld1b {z1.b}, p0/z, [x2]"},
    {0xe5e34041, "st1d {z1.d}, p0, [x2, x3, lsl #3]"},
    {0x85804041, "ldr z1, [x2]"},
    {0xe5800041, "str p1, [x2]"},
    {0xc543e041, "ldff1w {z1.d}, p0/z, [x2, z3.d]"},
    {0xe01f0040, "ld1b {za0h.b[w12, #0]}, p0/z, [x2]"},
    {0xe1200040, "str za[w12, #0], [x2]"},
    {0xd9200841, "stg x1, [x2]"},
    {0xd9600041, "ldg x1, [x2]"},
    {0xd9200041, "stzgm x1, [x2]"},
    {0x69000861, "stgp x1, x2, [x3]"},
    /* later than most assemblers, or reserved */
    {0xd91f0c41, "gcsstr x1, [x2]"},
    {0xd50b7701, "gcspushm x1"},
    {0xd50b74a1, "dc gbva, x1"},
    {0x19a30441, "ldtadda w3, w1, [x2]"},
    {0xa0000041, "ld1b {z0.b-z1.b}, pn8/z, [x2, x0]"},
    {0x3c230041, "ldbfadd h3, h1, [x2]"},
    {0xf8c00041, "reserved: size 3, opc 3"},
    {0x7d800041, "reserved: SIMD of 32 bytes"},
    {0x0c401c41, "reserved: ld1 with opcode 1"},
    {0x0c400c41, "reserved: ld4 of 1d"},
    {0x0d409c41, "reserved: lane size"},
    {0x38600841, "reserved: extension 0"},
    {0x08217c42, "reserved: casp of an odd register"},
    {0xf8800441, "reserved: prfm with post-index"},
    {0xdc000041, "reserved: literal of 32 bytes"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t read_register(void *context, unsigned reg)
{
    static const uint64_t offsets[] = {X26, X27, X28};

    ck_assert_ptr_null(context);
    ck_assert_uint_le(reg, 31);
    return reg >= 26 && reg <= 28 ? offsets[reg - 26] : X(reg);
}

static struct decode_environment usual(void)
{
    return (struct decode_environment){
        .read = read_register,
        .pc = PC,
        .tcr = 16 | 16 << 16,
        .zero_size = ZERO_SIZE,
    };
}

static int decode_usual(uint32_t word, struct decode_insn *insn)
{
    struct decode_environment env = usual();

    return decode(word, &env, insn);
}

static unsigned flags_of(const struct decode_insn *insn)
{
    return (insn->simd ? SIMD : 0) | (insn->pair ? PAIR : 0) | (insn->exclusive ? EXCLUSIVE : 0) |
           (insn->ar ? ORDERED : 0) | (insn->access[0].user ? USER : 0) |
           (insn->writeback ? BACK : 0);
}

static uint32_t iss_of(const struct decode_insn *insn)
{
    return insn->iss_valid ? ISS((uint32_t)insn->sas, insn->sse, (uint32_t)insn->srt, insn->sf) : 0;
}

static void check_access(const struct row *row, const struct decode_insn *insn)
{
    bool reads = row->kind == LOAD || row->kind == UPDATE || row->kind == CLEAN;
    bool writes = row->kind != LOAD && row->kind != CLEAN;

    ck_assert_uint_eq(insn->count, row->size != 0);
    if (!row->size)
        return;
    ck_assert_msg(insn->access[0].va == row->va, "%s: %#" PRIx64 ", not %#" PRIx64, row->text,
                  insn->access[0].va, row->va);
    ck_assert_msg(insn->access[0].size == row->size, "%s: %" PRIu64 " bytes", row->text,
                  insn->access[0].size);
    ck_assert_msg(insn->access[0].read == reads && insn->access[0].write == writes, "%s",
                  row->text);
}

static void check_row(const struct row *row)
{
    struct decode_insn insn;

    ck_assert_msg(decode_usual(row->word, &insn) == 0, "%s", row->text);
    ck_assert_msg(insn.kind == row->kind, "%s: kind %d", row->text, insn.kind);
    check_access(row, &insn);
    ck_assert_msg(insn.element_size == row->element, "%s: elements of %d", row->text,
                  insn.element_size);
    ck_assert_msg(flags_of(&insn) == row->flags, "%s: flags %#x", row->text, flags_of(&insn));
    ck_assert_msg(iss_of(&insn) == row->iss, "%s: ISS %#x", row->text, iss_of(&insn));
    ck_assert_msg(insn.new_base == row->new_base, "%s: base %#" PRIx64, row->text, insn.new_base);
}

START_TEST(every_access_is_known)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(&rows[i]);
}
END_TEST

START_TEST(others_access_nothing)
{
    struct decode_insn insn;

    for (size_t i = 0; i < COUNT(not_memory); i++)
        ck_assert_msg(decode_usual(not_memory[i].word, &insn) == -ENOENT, "%s",
                      not_memory[i].text);
}
END_TEST

START_TEST(what_is_not_known_is_not_guessed)
{
    struct decode_insn insn;

    for (size_t i = 0; i < COUNT(not_known); i++)
        ck_assert_msg(decode_usual(not_known[i].word, &insn) == -ENOTSUP, "%s",
                      not_known[i].text);
}
END_TEST

START_TEST(registers_are_told)
{
    static const struct {
        uint32_t word;
        uint8_t rt, rt2, rs, rn;
    } wanted[] = {
        {0xf9400441, 1, 0, 0, 2},    /* ldr x1, [x2, #8] */
        {0x3d800441, 1, 0, 0, 2},    /* str q1, [x2, #16] */
        {0x58000041, 1, 0, 0, 0},    /* ldr x1, .+8 */
        {0xa9be7bfd, 29, 30, 0, 31}, /* stp x29, x30, [sp, #-32] with writeback */
        {0xc8037c41, 1, 0, 3, 2},    /* stxr w3, x1, [x2] */
        {0xc85f7c41, 1, 0, 0, 2},    /* ldxr x1, [x2] */
        {0xc8240c41, 1, 3, 4, 2},    /* stxp w4, x1, x3, [x2] */
        {0xc87f0c41, 1, 3, 0, 2},    /* ldxp x1, x3, [x2] */
        {0xc89ffc41, 1, 0, 0, 2},    /* stlr x1, [x2] */
        {0xf8230041, 1, 0, 3, 2},    /* ldadd x3, x1, [x2] */
        {0xc8a37c41, 1, 0, 3, 2},    /* cas x3, x1, [x2] */
        {0x48247c46, 6, 7, 4, 2},    /* casp x4, x5, x6, x7, [x2] */
        {0x19221161, 1, 2, 0, 11},   /* ldclrp x1, x2, [x11] */
        {0xd9031bfb, 27, 3, 0, 31},  /* stilp x27, x3, [sp] */
        {0x4c407041, 1, 0, 0, 2},    /* ld1 {v1.16b}, [x2] */
        {0xd50b7a23, 3, 0, 0, 0},    /* dc cvac, x3 */
    };
    struct decode_insn insn;

    for (size_t i = 0; i < COUNT(wanted); i++) {
        ck_assert_int_eq(decode_usual(wanted[i].word, &insn), 0);
        ck_assert_msg(insn.rt == wanted[i].rt && insn.rt2 == wanted[i].rt2 &&
                          insn.rs == wanted[i].rs && insn.rn == wanted[i].rn,
                      "%#x: %d %d %d %d", wanted[i].word, insn.rt, insn.rt2, insn.rs, insn.rn);
    }
}
END_TEST

START_TEST(user_access_override_lifts_unprivileged)
{
    struct decode_environment env = usual();
    struct decode_insn insn;

    env.pstate = PSTATE_UAO;
    ck_assert_int_eq(decode(0xf8408841, &env, &insn), 0); /* ldtr x1, [x2, #8] */
    ck_assert(!insn.access[0].user);
}
END_TEST

START_TEST(zeroing_needs_a_block_size)
{
    struct decode_environment env = usual();
    struct decode_insn insn;

    env.zero_size = 0;
    ck_assert_int_eq(decode(0xd50b7422, &env, &insn), -ENOTSUP); /* dc zva, x2 */
    env.zero_size = 2048;
    ck_assert_int_eq(decode(0xd50b7422, &env, &insn), 0);
    ck_assert(insn.access[0].va == (X(2) & ~UINT64_C(2047)) && insn.access[0].size == 2048);
}
END_TEST

/* X0, X1, X2 of these tests. */
static uint64_t read_array(void *context, unsigned reg)
{
    ck_assert_uint_le(reg, 2);
    return ((const uint64_t *)context)[reg];
}

START_TEST(pointers_lose_their_pac)
{
    enum { T0SZ_16 = 16, T1SZ_16 = 16 << 16, T1SZ_25 = 25 << 16 };
    static const uint64_t tbi0 = 1ull << 37, tbi1 = 1ull << 38;
    const struct {
        uint64_t tcr, pointer, va;
    } wanted[] = {
        {T0SZ_16, 0xab550000f0000000, 0x00000000f0000000}, /* bit 55 is clear */
        {T0SZ_16, 0xab7f7654f0000000, 0x00007654f0000000},
        {T0SZ_16 | tbi0, 0xab7f7654f0000000, 0xab007654f0000000},
        {T1SZ_16, 0x12bf7654f0000000, 0xffff7654f0000000},
        {T1SZ_25, 0x12bf7634f0000000, 0xffffffb4f0000000},
        {T1SZ_25 | tbi1, 0x12bf7634f0000000, 0x12ffffb4f0000000},
        {0x3f, 0x007f7654f0000001, 1},
    };
    struct decode_insn insn;

    for (size_t i = 0; i < COUNT(wanted); i++) {
        uint64_t registers[3] = {0, 0, wanted[i].pointer};
        struct decode_environment env = {read_array, registers, .tcr = wanted[i].tcr};

        ck_assert_int_eq(decode(0xf8200441, &env, &insn), 0); /* ldraa x1, [x2] */
        ck_assert_msg(insn.access[0].va == wanted[i].va, "row %zu: %#" PRIx64, i,
                      insn.access[0].va);
    }
}
END_TEST

/* Copies to X0 from X1, fills at X0, of X2 bytes. */
struct move {
    uint32_t word;
    const char *text;
    uint64_t pstate, x0, x1, x2;
    uint64_t size, source, destination; /* size 0: no accesses */
    bool backward, user_read, user_write;
};

#define A 0 /* PSTATE of the two options */
#define B PSTATE_C
#define BN (PSTATE_C | PSTATE_N)
#define MINUS(n) (-UINT64_C(n))

static const struct move copies[] = {
    {0x19010440, "cpyfp", A, 0x5000, 0x1000, 0x100, 0x100, 0x1000, 0x5000, false, false, false},
    {0x19010440, "cpyfp overlap", A, 0x1080, 0x1000, 0x100, 0x100, 0x1000, 0x1080, false, false,
     false},
    {0x19010440, "cpyfp huge", A, 0x5000, 0x1000, UINT64_MAX, INT64_MAX, 0x1000, 0x5000, false,
     false, false},
    {0x19010440, "cpyfp nothing", A, 0x5000, 0x1000, 0, 0, 0, 0, false, false, false},
    {0x19410440, "cpyfm A", A, 0x5100, 0x1100, MINUS(0x40), 0x40, 0x10c0, 0x50c0, false, false,
     false},
    {0x19410440, "cpyfm B", B, 0x50c0, 0x10c0, 0x40, 0x40, 0x10c0, 0x50c0, false, false, false},
    {0x19810440, "cpyfe A", A, 0x5100, 0x1100, MINUS(1), 1, 0x10ff, 0x50ff, false, false, false},
    {0x19810440, "cpyfe B", B, 0x50ff, 0x10ff, 1, 1, 0x10ff, 0x50ff, false, false, false},
    {0x1d010440, "cpyp", A, 0x5000, 0x1000, 0x100, 0x100, 0x1000, 0x5000, false, false, false},
    {0x1d010440, "cpyp down", A, 0x1000, 0x1080, 0x100, 0x100, 0x1080, 0x1000, false, false,
     false},
    {0x1d010440, "cpyp up", A, 0x1080, 0x1000, 0x100, 0x100, 0x1000, 0x1080, true, false, false},
    {0x1d010440, "cpyp up, tags", A, 0x1080, 0xab00000000001000, 0x100, 0x100,
     0xab00000000001000, 0x1080, true, false, false},
    {0x1d010440, "cpyp huge", A, 0x1000, 0x5000, UINT64_MAX, 0x007fffffffffffff, 0x5000, 0x1000,
     false, false, false},
    {0x1d410440, "cpym A forward", A, 0x5100, 0x1100, MINUS(0x40), 0x40, 0x10c0, 0x50c0, false,
     false, false},
    {0x1d410440, "cpym A backward", A, 0x1080, 0x1000, 0x40, 0x40, 0x1000, 0x1080, true, false,
     false},
    {0x1d410440, "cpym B forward", B, 0x50c0, 0x10c0, 0x40, 0x40, 0x10c0, 0x50c0, false, false,
     false},
    {0x1d410440, "cpym B backward", BN, 0x1180, 0x1100, 0x40, 0x40, 0x10c0, 0x1140, true, false,
     false},
    {0x1d810440, "cpye A backward", A, 0x1080, 0x1000, 3, 3, 0x1000, 0x1080, true, false, false},
    {0x1d810440, "cpye done", A, 0x1080, 0x1000, 0, 0, 0, 0, true, false, false},
    {0x1d012440, "cpyprt", A, 0x5000, 0x1000, 1, 1, 0x1000, 0x5000, false, true, false},
    {0x1d411440, "cpymwt", B, 0x5000, 0x1000, 1, 1, 0x1000, 0x5000, false, false, true},
    {0x19013440, "cpyfpt", A, 0x5000, 0x1000, 1, 1, 0x1000, 0x5000, false, true, true},
    {0x1d01f440, "cpyptn", A, 0x5000, 0x1000, 1, 1, 0x1000, 0x5000, false, true, true},
    {0x1d01f440, "cpyptn, UAO", PSTATE_UAO, 0x5000, 0x1000, 1, 1, 0x1000, 0x5000, false, false,
     false},
};

static const struct move fills[] = {
    {0x19c10440, "setp", A, 0x5000, 0, 0x100, 0x100, 0, 0x5000, false, false, false},
    {0x19c10440, "setp huge", A, 0x5000, 0, UINT64_MAX, INT64_MAX, 0, 0x5000, false, false, false},
    {0x19c10440, "setp nothing", A, 0x5000, 0, 0, 0, 0, 0, false, false, false},
    {0x19c14440, "setm A", A, 0x5100, 0, MINUS(0x40), 0x40, 0, 0x50c0, false, false, false},
    {0x19c14440, "setm B", B, 0x50c0, 0, 0x40, 0x40, 0, 0x50c0, false, false, false},
    {0x19df8440, "sete of xzr", A, 0x5100, 0, MINUS(1), 1, 0, 0x50ff, false, false, false},
    {0x19c11440, "setpt", A, 0x5000, 0, 1, 1, 0, 0x5000, false, false, true},
    {0x19c16440, "setmn", B, 0x5000, 0, 1, 1, 0, 0x5000, false, false, false},
    {0x1dc10440, "setgp", A, 0x5000, 0, 0x40, 0x40, 0, 0x5000, false, false, false},
    {0x1dc18440, "setge", B, 0x5000, 0, 0x40, 0x40, 0, 0x5000, false, false, false},
};

static void decode_move(const struct move *move, struct decode_insn *insn)
{
    uint64_t registers[] = {move->x0, move->x1, move->x2};
    struct decode_environment env = {read_array, registers, .pstate = move->pstate};

    ck_assert_msg(decode(move->word, &env, insn) == 0, "%s", move->text);
    ck_assert_msg(insn->backward == move->backward, "%s", move->text);
}

static void check_range(const struct move *move, const struct decode_access *access, bool write)
{
    ck_assert_msg(access->va == (write ? move->destination : move->source), "%s: %#" PRIx64,
                  move->text, access->va);
    ck_assert_msg(access->size == move->size, "%s: %" PRIu64, move->text, access->size);
    ck_assert_msg(access->write == write && access->read == !write, "%s", move->text);
    ck_assert_msg(access->user == (write ? move->user_write : move->user_read), "%s", move->text);
}

START_TEST(copies_tell_what_is_left)
{
    struct decode_insn insn;

    for (size_t i = 0; i < COUNT(copies); i++) {
        decode_move(&copies[i], &insn);
        ck_assert_int_eq(insn.kind, DECODE_COPY);
        ck_assert_uint_eq(insn.count, copies[i].size ? 2 : 0);
        if (!insn.count)
            continue;
        check_range(&copies[i], &insn.access[0], false);
        check_range(&copies[i], &insn.access[1], true);
    }
}
END_TEST

START_TEST(fills_tell_what_is_left)
{
    struct decode_insn insn;

    for (size_t i = 0; i < COUNT(fills); i++) {
        decode_move(&fills[i], &insn);
        ck_assert_int_eq(insn.kind, DECODE_SET);
        ck_assert_uint_eq(insn.count, fills[i].size != 0);
        if (insn.count)
            check_range(&fills[i], &insn.access[0], true);
    }
}
END_TEST

/* --- SVE -------------------------------------------------------------------------------------- */

/* Of vectors of @bytes. */
struct vector_row {
    uint32_t word;
    const char *text;
    unsigned bytes, kind;
    uint64_t va;
    unsigned size;
};

static const struct vector_row vectors[] = {
    {0x85804c41, "ldr z1, [x2, #3, mul vl]", 32, LOAD, X(2) + 3 * 32, 32},
    {0x85804c41, "ldr z1, [x2, #3, mul vl]", 256, LOAD, X(2) + 3 * 256, 256},
    {0x85a043e1, "ldr z1, [sp, #-256, mul vl]", 16, LOAD, X(31) - 256 * 16, 16},
    {0x85bf1441, "ldr p1, [x2, #-3, mul vl]", 32, LOAD, X(2) - 3 * 4, 4},
    {0xe59f5c41, "str z1, [x2, #255, mul vl]", 64, STORE, X(2) + 255 * 64, 64},
    {0xe580044f, "str p15, [x2, #1, mul vl]", 16, STORE, X(2) + 2, 2},
    {0xa400a041, "ld1b {z1.b}, p0/z, [x2]", 32, LOAD, X(2), 32},
    {0xa468a041, "ld1b {z1.d}, p0/z, [x2, #-8, mul vl]", 32, LOAD, X(2) - 8 * 4, 4},
    {0xa5c7a041, "ld1sb {z1.h}, p0/z, [x2, #7, mul vl]", 32, LOAD, X(2) + 7 * 16, 16},
    {0xa481a041, "ld1sw {z1.d}, p0/z, [x2, #1, mul vl]", 32, LOAD, X(2) + 16, 16},
    {0xa521a041, "ld1sh {z1.s}, p0/z, [x2, #1, mul vl]", 32, LOAD, X(2) + 16, 16},
    {0xa501a041, "ld1sh {z1.d}, p0/z, [x2, #1, mul vl]", 32, LOAD, X(2) + 8, 8},
    {0xa541a041, "ld1w {z1.s}, p0/z, [x2, #1, mul vl]", 32, LOAD, X(2) + 32, 32},
    {0xa561a041, "ld1w {z1.d}, p0/z, [x2, #1, mul vl]", 32, LOAD, X(2) + 16, 16},
    {0xa5e1a041, "ld1d {z1.d}, p0/z, [x2, #1, mul vl]", 48, LOAD, X(2) + 48, 48},
    {0xa4ba4041, "ld1h {z1.h}, p0/z, [x2, x26, lsl #1]", 32, LOAD, X(2) + 2 * X26, 32},
    {0xa5fa5fe1, "ld1d {z1.d}, p7/z, [sp, x26, lsl #3]", 32, LOAD, X(31) + 8 * X26, 32},
    {0xa41f6041, "ldff1b {z1.b}, p0/z, [x2, xzr]", 32, LOAD, X(2), 32},
    {0xa57a6041, "ldff1w {z1.d}, p0/z, [x2, x26, lsl #2]", 32, LOAD, X(2) + 4 * X26, 16},
    {0xa5f2a041, "ldnf1d {z1.d}, p0/z, [x2, #2, mul vl]", 32, LOAD, X(2) + 64, 32},
    {0xa402e041, "ldnt1b {z1.b}, p0/z, [x2, #2, mul vl]", 32, LOAD, X(2) + 64, 32},
    {0xa51ac041, "ldnt1w {z1.s}, p0/z, [x2, x26, lsl #2]", 32, LOAD, X(2) + 4 * X26, 32},
    {0xa421e041, "ld2b {z1.b, z2.b}, p0/z, [x2, #2, mul vl]", 32, LOAD, X(2) + 64, 64},
    {0xa4c8e041, "ld3h {z1.h-z3.h}, p0/z, [x2, #-24, mul vl]", 32, LOAD, X(2) - 24 * 32, 96},
    {0xa5fac041, "ld4d {z1.d-z4.d}, p0/z, [x2, x26, lsl #3]", 32, LOAD, X(2) + 8 * X26, 128},
    {0x847f8041, "ld1rb {z1.b}, p0/z, [x2, #63]", 32, LOAD, X(2) + 63, 1},
    {0x84c18041, "ld1rsw {z1.d}, p0/z, [x2, #4]", 32, LOAD, X(2) + 4, 4},
    {0x85ffe041, "ld1rd {z1.d}, p0/z, [x2, #504]", 32, LOAD, X(2) + 504, 8},
    {0xa4012041, "ld1rqb {z1.b}, p0/z, [x2, #16]", 64, LOAD, X(2) + 16, 16},
    {0xa59a0041, "ld1rqd {z1.d}, p0/z, [x2, x26, lsl #3]", 64, LOAD, X(2) + 8 * X26, 16},
    {0xa52f2041, "ld1row {z1.s}, p0/z, [x2, #-32]", 64, LOAD, X(2) - 32, 32},
    {0xa4ba0041, "ld1roh {z1.h}, p0/z, [x2, x26, lsl #1]", 64, LOAD, X(2) + 2 * X26, 32},
    {0xe400e041, "st1b {z1.b}, p0, [x2]", 32, STORE, X(2), 32},
    {0xe44fe041, "st1b {z1.s}, p0, [x2, #-1, mul vl]", 32, STORE, X(2) - 8, 8},
    {0xe4e7e041, "st1h {z1.d}, p0, [x2, #7, mul vl]", 32, STORE, X(2) + 7 * 8, 8},
    {0xe55a4041, "st1w {z1.s}, p0, [x2, x26, lsl #2]", 32, STORE, X(2) + 4 * X26, 32},
    {0xe57a4041, "st1w {z1.d}, p0, [x2, x26, lsl #2]", 32, STORE, X(2) + 4 * X26, 16},
    {0xe5e1e3e1, "st1d {z1.d}, p0, [sp, #1, mul vl]", 32, STORE, X(31) + 32, 32},
    {0xe5fa4041, "st1d {z1.d}, p0, [x2, x26, lsl #3]", 32, STORE, X(2) + 8 * X26, 32},
    {0xe411e041, "stnt1b {z1.b}, p0, [x2, #1, mul vl]", 32, STORE, X(2) + 32, 32},
    {0xe59a6041, "stnt1d {z1.d}, p0, [x2, x26, lsl #3]", 32, STORE, X(2) + 8 * X26, 32},
    {0xe43fe041, "st2b {z1.b, z2.b}, p0, [x2, #-2, mul vl]", 32, STORE, X(2) - 64, 64},
    {0xe55a6041, "st3w {z1.s-z3.s}, p0, [x2, x26, lsl #2]", 32, STORE, X(2) + 4 * X26, 96},
    {0xe5f1e041, "st4d {z1.d-z4.d}, p0, [x2, #4, mul vl]", 32, STORE, X(2) + 128, 128},
    /* Gathers and scatters have no range. */
    {0x85034041, "ld1w {z1.s}, p0/z, [x2, z3.s, uxtw]", 32, LOAD, 0, 0},
    {0x8521c041, "ld1w {z1.s}, p0/z, [z2.s, #4]", 32, LOAD, 0, 0},
    {0xc5a0e041, "ldff1d {z1.d}, p0/z, [z2.d]", 32, LOAD, 0, 0},
    {0xc5e3c041, "ld1d {z1.d}, p0/z, [x2, z3.d, lsl #3]", 32, LOAD, 0, 0},
    {0xc4434041, "ld1b {z1.d}, p0/z, [x2, z3.d, sxtw]", 32, LOAD, 0, 0},
    {0x8503a041, "ldnt1w {z1.s}, p0/z, [z2.s, x3]", 32, LOAD, 0, 0},
    {0xc583c041, "ldnt1d {z1.d}, p0/z, [z2.d, x3]", 32, LOAD, 0, 0},
    {0xc543e041, "ldff1w {z1.d}, p0/z, [x2, z3.d]", 32, LOAD, 0, 0},
    {0xe5438041, "st1w {z1.s}, p0, [x2, z3.s, uxtw]", 32, STORE, 0, 0},
    {0xe5c1a041, "st1d {z1.d}, p0, [z2.d, #8]", 32, STORE, 0, 0},
    {0xe5a3a041, "st1d {z1.d}, p0, [x2, z3.d, lsl #3]", 32, STORE, 0, 0},
    {0xe4032041, "stnt1b {z1.d}, p0, [z2.d, x3]", 32, STORE, 0, 0},
    {0xe5432041, "stnt1w {z1.s}, p0, [z2.s, x3]", 32, STORE, 0, 0},
    {0xe460a041, "st1b {z1.s}, p0, [z2.s]", 32, STORE, 0, 0},
    /* Nor has what is newer: {z1.q}. */
    {0xe500e041, "st1w {z1.q}, p0, [x2]", 32, STORE, 0, 0},
    {0xa5102041, "ld1w {z1.q}, p0/z, [x2]", 32, LOAD, 0, 0},
    {0xa490e041, "ld2q {z1.q, z2.q}, p0/z, [x2]", 32, LOAD, 0, 0},
};

START_TEST(vectors_of_any_length)
{
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const struct vector_row *row = &vectors[i];
        struct decode_environment env = usual();
        struct decode_insn insn;

        env.vector_size = row->bytes;
        ck_assert_msg(decode(row->word, &env, &insn) == 0, "%s", row->text);
        ck_assert_msg(insn.kind == row->kind && insn.simd && !insn.iss_valid, "%s", row->text);
        ck_assert_msg(insn.count == (row->size != 0), "%s", row->text);
        ck_assert_msg(!row->size || (insn.access[0].va == row->va &&
                                     insn.access[0].size == row->size),
                      "%s: %" PRIu64 " bytes at %#" PRIx64, row->text, insn.access[0].size,
                      insn.access[0].va);
        ck_assert_msg(!row->size || insn.access[0].write == (row->kind == STORE), "%s", row->text);
        env.vector_size = 0;
        ck_assert_msg(decode(row->word, &env, &insn) == -ENOTSUP, "%s", row->text);
    }
}
END_TEST

/* xorshift64* */
static uint64_t random_number(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static uint64_t read_random(void *context, unsigned reg)
{
    (void)context;
    if (reg > 31)
        ck_abort_msg("register %u", reg);
    return random_number() >> (random_number() & 63);
}

/* Half of all words are made loads and stores. */
static uint32_t random_word(unsigned i)
{
    uint32_t word = (uint32_t)(random_number() >> 32);

    return i & 1 ? word : (word & ~0x0a000000u) | 0x08000000;
}

static void check_robust(uint32_t word, const struct decode_environment *env)
{
    struct decode_insn insn;
    int error = decode(word, env, &insn);

    if (error == -ENOENT || error == -ENOTSUP)
        return;
    if (error || insn.count > DECODE_MAX_ACCESSES)
        ck_abort_msg("%#x: %d, %u ranges", word, error, insn.count);
    for (unsigned i = 0; i < insn.count; i++)
        if (!insn.access[i].size || !(insn.access[i].read || insn.access[i].write))
            ck_abort_msg("%#x: an empty range", word);
    if (insn.iss_valid && (insn.count != 1 || insn.access[0].size != 1u << insn.sas))
        ck_abort_msg("%#x: an ISS that does not fit", word);
}

START_TEST(any_word_is_decoded_safely)
{
    for (unsigned i = 0; i < 3000000; i++) {
        struct decode_environment env = {
            .read = read_random,
            .pc = random_number(),
            .pstate = random_number(),
            .tcr = random_number(),
            .zero_size = i & 4 ? ZERO_SIZE : 0,
            .vector_size = i & 8 ? 16 + (i & 0xf0) : 0,
        };

        check_robust(random_word(i), &env);
    }
}
END_TEST

UNIT_MAIN("decode", every_access_is_known, others_access_nothing, what_is_not_known_is_not_guessed,
          registers_are_told, user_access_override_lifts_unprivileged, zeroing_needs_a_block_size,
          pointers_lose_their_pac, copies_tell_what_is_left, fills_tell_what_is_left,
          vectors_of_any_length, any_word_is_decoded_safely)
