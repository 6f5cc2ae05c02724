/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVC and SMC with chosen registers. Each function has a section of its own: a payload that does
 * not use one does not contain it, and vtlemu need not guard its call site.
 */

/* void NAME(struct registers *): X0-X17 in and out. */
.macro call name, instruction:vararg
    .section .text.\name, "ax"
    .global \name
\name:
    stp     x0, x30, [sp, #-16]!
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x0, x1, [x0]
    \instruction
    ldr     x30, [sp]
    stp     x0, x1, [x30]
    stp     x2, x3, [x30, #16]
    stp     x4, x5, [x30, #32]
    stp     x6, x7, [x30, #48]
    stp     x8, x9, [x30, #64]
    stp     x10, x11, [x30, #80]
    stp     x12, x13, [x30, #96]
    stp     x14, x15, [x30, #112]
    stp     x16, x17, [x30, #128]
    ldp     x0, x30, [sp], #16
    ret
.endm

    call    call_hvc0, hvc #0
    call    call_hvc1, hvc #1
    call    call_smc0, smc #0
    call    call_smc1, smc #1

/* uint64_t NAME(uint64_t message): the other VTL may change all but X18, X29, X30 and SP. */
.macro switch name, instruction:vararg
    .section .text.\name, "ax"
    .global \name
\name:
    stp     x19, x20, [sp, #-80]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    mov     x1, x0
    mov     x0, #0
    \instruction
    mov     x0, x1
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldp     x19, x20, [sp], #80
    ret
.endm

    switch  vtl_call, hvc #2
    switch  vtl_return, hvc #3

/*
 * void NAME(struct shared *): X0-X17 and X19-X28 in and out of the other VTL; X30, which is private,
 * remembers where they are.
 */
.macro exchange name, instruction:vararg
    .section .text.\name, "ax"
    .global \name
\name:
    stp     x19, x20, [sp, #-96]!
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    str     x30, [sp, #80]
    mov     x30, x0
    ldp     x2, x3, [x30, #16]
    ldp     x4, x5, [x30, #32]
    ldp     x6, x7, [x30, #48]
    ldp     x8, x9, [x30, #64]
    ldp     x10, x11, [x30, #80]
    ldp     x12, x13, [x30, #96]
    ldp     x14, x15, [x30, #112]
    ldp     x16, x17, [x30, #128]
    ldp     x19, x20, [x30, #144]
    ldp     x21, x22, [x30, #160]
    ldp     x23, x24, [x30, #176]
    ldp     x25, x26, [x30, #192]
    ldp     x27, x28, [x30, #208]
    ldp     x0, x1, [x30]
    \instruction
    stp     x0, x1, [x30]
    stp     x2, x3, [x30, #16]
    stp     x4, x5, [x30, #32]
    stp     x6, x7, [x30, #48]
    stp     x8, x9, [x30, #64]
    stp     x10, x11, [x30, #80]
    stp     x12, x13, [x30, #96]
    stp     x14, x15, [x30, #112]
    stp     x16, x17, [x30, #128]
    stp     x19, x20, [x30, #144]
    stp     x21, x22, [x30, #160]
    stp     x23, x24, [x30, #176]
    stp     x25, x26, [x30, #192]
    stp     x27, x28, [x30, #208]
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldr     x30, [sp, #80]
    ldp     x19, x20, [sp], #96
    ret
.endm

    exchange vtl_run_lower, hvc #3
    exchange vtl_run_higher, hvc #2
    exchange vtl_run_other, hvc #0
