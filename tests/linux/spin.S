/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <asm/unistd.h>

#include "tests/linux/spin.h"

    .arch armv8.2-a+sve
    .text

#define OWN(n) [x0, #(SPIN_OWN + (n) * 8)]
#define IN(what) [sp, #(SPIN_IN + (what))]
#define OUT(what) [sp, #(SPIN_OUT + (what))]

.macro function name
    .global \name
    .type \name, %function
\name:
.endm

/* What the procedure call standard wants back; SP is the block from here on. */
.macro keep_own
.irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    str x\n, OWN(\n - 19)
.endr
.irp n, 8, 9, 10, 11, 12, 13, 14, 15
    str d\n, OWN(12 + \n - 8)
.endr
    mrs x1, tpidr_el0
    str x1, OWN(20)
    mrs x1, fpcr
    str x1, OWN(21)
    mrs x1, fpsr
    str x1, OWN(22)
    mov x1, sp
    str x1, OWN(23)
    str x18, OWN(24)
    mov sp, x0
.endm

.macro return_own
    mov x0, sp
    ldr x18, OWN(24)
    ldr x1, OWN(23)
    mov sp, x1
    ldr x1, OWN(22)
    msr fpsr, x1
    ldr x1, OWN(21)
    msr fpcr, x1
    ldr x1, OWN(20)
    msr tpidr_el0, x1
.irp n, 8, 9, 10, 11, 12, 13, 14, 15
    ldr d\n, OWN(12 + \n - 8)
.endr
.irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    ldr x\n, OWN(\n - 19)
.endr
    ret
.endm

.macro fill
    ldr x0, IN(REGISTERS_FPCR)
    msr fpcr, x0
    ldr x0, IN(REGISTERS_FPSR)
    msr fpsr, x0
    ldr x0, IN(REGISTERS_TPIDR)
    msr tpidr_el0, x0
    ldr x0, IN(REGISTERS_NZCV)
    msr nzcv, x0
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr q\n, IN(REGISTERS_Q + \n * 16)
.endr
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    ldr x\n, IN(REGISTERS_X + \n * 8)
.endr
.endm

/* All but X1, which is stored already or not in question. */
.macro store
.irp n, 0,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    str x\n, OUT(REGISTERS_X + \n * 8)
.endr
    mrs x0, nzcv
    str x0, OUT(REGISTERS_NZCV)
    mrs x0, fpcr
    str x0, OUT(REGISTERS_FPCR)
    mrs x0, fpsr
    str x0, OUT(REGISTERS_FPSR)
    mrs x0, tpidr_el0
    str x0, OUT(REGISTERS_TPIDR)
    mov x0, sp
    str x0, OUT(REGISTERS_SP)
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str q\n, OUT(REGISTERS_Q + \n * 16)
.endr
.endm

/* Nothing in the loops touches NZCV. */
function spin_registers
    keep_own
    fill
    ldr x0, [sp, #SPIN_COUNT]
    .global spin_begin, spin_half, spin_end
spin_begin:
    sub x0, x0, #1
    cbnz x0, spin_begin
    ldr x0, IN(REGISTERS_X)
    str x1, OUT(REGISTERS_X + 8)
    ldr x1, [sp, #SPIN_COUNT]
spin_half:
    sub x1, x1, #1
    cbnz x1, spin_half
spin_end:
    store
    return_own

function spin_call
    keep_own
    fill
    svc #0
    str x1, OUT(REGISTERS_X + 8)
    store
    return_own

/* --- SVE ---------------------------------------------------------------------------------- */

.macro keep_d
    stp d8, d9, [sp, #-64]!
    stp d10, d11, [sp, #16]
    stp d12, d13, [sp, #32]
    stp d14, d15, [sp, #48]
.endm

.macro return_d
    ldp d10, d11, [sp, #16]
    ldp d12, d13, [sp, #32]
    ldp d14, d15, [sp, #48]
    ldp d8, d9, [sp], #64
    ret
.endm

/* Of X1, block; uses X5. */
.macro fill_sve
    addvl x5, x1, #31
    addvl x5, x5, #1
    ldr p0, [x5, #16, mul vl]
    wrffr p0.b
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    ldr p\n, [x5, #\n, mul vl]
.endr
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr z\n, [x1, #\n, mul vl]
.endr
.endm

/* To X2, block; uses X5. */
.macro store_sve
    addvl x5, x2, #31
    addvl x5, x5, #1
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str z\n, [x2, #\n, mul vl]
.endr
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    str p\n, [x5, #\n, mul vl]
.endr
    rdffr p0.b
    str p0, [x5, #16, mul vl]
.endm

function spin_sve
    keep_d
    mov x3, x2
    mov x2, x1
    mov x1, x0
    fill_sve
    .global spin_sve_begin, spin_sve_end
spin_sve_begin:
    sub x3, x3, #1
    cbnz x3, spin_sve_begin
spin_sve_end:
    store_sve
    return_d

function spin_sve_call
    keep_d
    mov x2, x1
    mov x1, x0
    fill_sve
    mov x8, #__NR_getpid
    svc #0
    store_sve
    return_d

function spin_sve_length
    rdvl x0, #1
    ret

function spin_sve_destroy
    keep_d
    ptrue p0.b
    wrffr p0.b
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    ptrue p\n\().b
.endr
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    dup z\n\().b, #0x55
.endr
    return_d

    .section .note.GNU-stack, "", %progbits
