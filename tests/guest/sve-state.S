/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All SVE registers at once, and how long they are: see sve-state.h. */
    .arch armv8.2-a+sve

.macro vectors instruction
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \instruction z\n, [x0, #\n, mul vl]
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \instruction z\n, [x0, #\n, mul vl]
    .endr
.endm

.macro predicates instruction
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \instruction p\n, [x1, #\n, mul vl]
    .endr
.endm

/* X1: behind 32 vectors. */
.macro find_predicates
    addvl   x1, x0, #31
    addvl   x1, x1, #1
.endm

    .section .text.sve_load, "ax"
    .global sve_load
sve_load:
    find_predicates
    ldr     p0, [x1, #16, mul vl]
    wrffr   p0.b
    vectors ldr
    predicates ldr
    ret

    .section .text.sve_store, "ax"
    .global sve_store
sve_store:
    find_predicates
    vectors str
    predicates str
    rdffr   p0.b
    str     p0, [x1, #16, mul vl]
    ldr     p0, [x1]
    ret

    .section .text.sve_length, "ax"
    .global sve_length
sve_length:
    rdvl    x0, #1
    ret
