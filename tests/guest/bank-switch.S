/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The call sites of VTL call and return with all registers: see bank.h. */
#include "tests/guest/bank.h"

/* X2 to X29, at their places in struct bank. */
.macro pairs instruction, base
    \instruction x2, x3, [\base, #16]
    \instruction x4, x5, [\base, #32]
    \instruction x6, x7, [\base, #48]
    \instruction x8, x9, [\base, #64]
    \instruction x10, x11, [\base, #80]
    \instruction x12, x13, [\base, #96]
    \instruction x14, x15, [\base, #112]
    \instruction x16, x17, [\base, #128]
    \instruction x18, x19, [\base, #144]
    \instruction x20, x21, [\base, #160]
    \instruction x22, x23, [\base, #176]
    \instruction x24, x25, [\base, #192]
    \instruction x26, x27, [\base, #208]
    \instruction x28, x29, [\base, #224]
.endm

/* Q0 to Q31; @base is the address of Q0. */
.macro vectors instruction, base
    \instruction q0, q1, [\base, #0]
    \instruction q2, q3, [\base, #32]
    \instruction q4, q5, [\base, #64]
    \instruction q6, q7, [\base, #96]
    \instruction q8, q9, [\base, #128]
    \instruction q10, q11, [\base, #160]
    \instruction q12, q13, [\base, #192]
    \instruction q14, q15, [\base, #224]
    \instruction q16, q17, [\base, #256]
    \instruction q18, q19, [\base, #288]
    \instruction q20, q21, [\base, #320]
    \instruction q22, q23, [\base, #352]
    \instruction q24, q25, [\base, #384]
    \instruction q26, q27, [\base, #416]
    \instruction q28, q29, [\base, #448]
    \instruction q30, q31, [\base, #480]
.endm

/* The struct bank_site @name, and its code, which can be copied and runs anywhere. */
.macro bank_switch name, immediate
    .section .text.\name, "ax"
    .balign 4
1:
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    str     x0, [sp, #-16]!
    mov     x1, sp
    str     x1, [x0, #FRAME_OUT_SP_EL1]
    ldr     x1, [x0, #FRAME_OUT_SP_EL0]
    msr     sp_el0, x1
    add     x2, x0, #BANK_Q
    vectors ldp, x2
    ldr     x1, [x0, #FRAME_OUT_NZCV]
    ldr     x2, [x0, #FRAME_OUT_SPSEL]
    msr     nzcv, x1
    msr     spsel, x2
    pairs   ldp, x0
    ldr     x30, [x0, #240]
    ldp     x0, x1, [x0]
2:  hvc     #\immediate
3:  stp     x0, x1, [sp, #-16]!
    ldr     x0, [sp, #16]
    add     x0, x0, #FRAME_IN
    pairs   stp, x0
    str     x30, [x0, #240]
    ldp     x2, x3, [sp], #16
    stp     x2, x3, [x0]
    add     x1, x0, #BANK_Q
    vectors stp, x1
    sub     x0, x0, #FRAME_IN
    mrs     x1, nzcv
    str     x1, [x0, #FRAME_IN_NZCV]
    mrs     x1, spsel
    str     x1, [x0, #FRAME_IN_SPSEL]
    adr     x1, 3b
    str     x1, [x0, #FRAME_IN_PC]
    msr     spsel, #1 /* SP_EL0 can be read while it is not in use only */
    mrs     x1, sp_el0
    str     x1, [x0, #FRAME_IN_SP_EL0]
    mov     x1, sp
    str     x1, [x0, #FRAME_IN_SP_EL1]
    add     sp, sp, #16
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret
4:
    .section .rodata.\name, "a"
    .balign 8
    .global \name
\name:
    .quad   1b, 2b, 4b
.endm

    bank_switch bank_call_a, 2
    bank_switch bank_call_b, 2
    bank_switch bank_return_a, 3
    bank_switch bank_return_b, 3
