/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loops of bench.c: VTL calls and returns between which 0, 4, 16 or all shared registers
 * change. The counter is X18, which is private, so that it does not count as a changed register.
 */

.macro change_0
.endm

.macro change_4
.irp n, 0, 1, 2, 3
    add     x\n, x\n, #1
.endr
.endm

.macro change_16
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    add     x\n, x\n, #1
.endr
.endm

.macro invert n
    mvn     v\n\().16b, v\n\().16b
.endm

.macro change_all
    change_16
.irp n, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    add     x\n, x\n, #1
.endr
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    invert  \n
.endr
.irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    invert  \n
.endr
.endm

.macro keep
    stp     x29, x30, [sp, #-112]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    str     x18, [sp, #96]
.endm

.macro give_back
    ldr     x18, [sp, #96]
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #112
.endm

/*
 * void bench_call(uint64_t count, const void *change)
 * void bench_return(const void *change), which does not return
 * bench_call_function(), bench_return_function(): the same by functions (--vtl-call-abi).
 * One call site each: KVM has six breakpoints to guard them with. X29 and X30 are private.
 */
.macro function number
    mov     w0, \number
    movk    w0, #0xc300, lsl #16
    hvc     #0
.endm

.macro switches suffix, call, return
.section .text.bench_call\suffix, "ax"
.globl bench_call\suffix
bench_call\suffix:
    keep
    mov     x18, x0
    mov     x29, x1
1:  blr     x29
    \call
    subs    x18, x18, #1
    b.ne    1b
    give_back
    ret

.section .text.bench_return\suffix, "ax"
.globl bench_return\suffix
bench_return\suffix:
    mov     x29, x0
1:  blr     x29
    \return
    b       1b
.endm

switches "", "hvc #2", "hvc #3"
switches _function, "function #2", "function #3"

/* What @change may be. */
.macro change what
.section .text.bench_change_\what, "ax"
.globl bench_change_\what
bench_change_\what:
    change_\what
    ret
.endm

change 0
change 4
change 16
change all

/* void bench_hypercall(uint64_t count, uint64_t control, uint64_t input): `hvc #1`, fast. */
.section .text.bench_hypercall, "ax"
.globl bench_hypercall
bench_hypercall:
    mov     x9, x0
    mov     x10, x1
    mov     x11, x2
1:  mov     x0, x10
    mov     x1, x11
    hvc     #1
    subs    x9, x9, #1
    b.ne    1b
    ret

.section .note.GNU-stack, "", %progbits
