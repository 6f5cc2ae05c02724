/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry of the payload and of the VPs it starts, exception vectors, and what needs assembly in
 * exception handling.
 */
#include "tests/guest/layout.h"

#define CPACR_FPEN (3 << 20) /* floating point registers are not trapped */

/* MPIDR_EL1 -> number of the VP: KVM puts 16 VPs into a group of the lowest affinity level. */
.macro vp_number register, scratch
    mrs     \scratch, mpidr_el1
    and     \register, \scratch, #0xf
    ubfx    \scratch, \scratch, #8, #8
    orr     \register, \register, \scratch, lsl #4
.endm

/* Leaves X0 alone, which holds what the VP was started with. */
.macro processor_setup
    adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    mov     x1, #CPACR_FPEN
    msr     cpacr_el1, x1
    isb
    vp_number x1, x2
    add     x1, x1, #1
    mov     x2, #GUEST_STACK_SIZE
    adrp    x3, stacks
    add     x3, x3, :lo12:stacks
    madd    x1, x1, x2, x3
    mov     sp, x1
    mov     x29, #0
    mov     x30, #0
.endm

    .section .text.start, "ax"
    .global guest_start
guest_start:
    processor_setup
    adrp    x1, guest_bss
    add     x1, x1, :lo12:guest_bss
    adrp    x2, guest_bss_end
    add     x2, x2, :lo12:guest_bss_end
1:  cmp     x1, x2
    b.hs    2f
    stp     xzr, xzr, [x1], #16
    b       1b
2:  bl      arguments_init
    bl      guest_main
    b       finish

/* A VP that CPU_ON has started: X0 is the context id. */
    .global vp_entry
vp_entry:
    processor_setup
    b       vp_main

    .global guest_vp
guest_vp:
    vp_number x0, x1
    ret

/* --- Exceptions ---------------------------------------------------------------------------- */

.macro vector offset
    .balign 0x80
    sub     sp, sp, #EXCEPTION_SIZE
    stp     x0, x1, [sp]
    mov     x0, #\offset
    b       save_state
.endm

    .section .text.vectors, "ax"
    .balign 0x800
vectors:
    .irp group, 0x000, 0x200, 0x400, 0x600
    vector  (\group + 0x000)
    vector  (\group + 0x080)
    vector  (\group + 0x100)
    vector  (\group + 0x180)
    .endr

save_state:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x1, sp_el0
    stp     x30, x1, [sp, #240]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [sp, #EXCEPTION_ELR]
    mrs     x1, esr_el1
    mrs     x2, far_el1
    stp     x1, x2, [sp, #EXCEPTION_ESR]
    mrs     x1, daif
    stp     x0, x1, [sp, #EXCEPTION_VECTOR]
    mov     x0, sp
    bl      exception_dispatch
    /* An interrupt was handled: go on where it came. */
    ldp     x1, x2, [sp, #EXCEPTION_ELR]
    msr     elr_el1, x1
    msr     spsr_el1, x2
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldr     x30, [sp, #240]
    ldp     x0, x1, [sp]
    add     sp, sp, #EXCEPTION_SIZE
    eret

/*
 * int context_save(struct context *): returns 0, and once more with 1 after
 * context_restore(struct context *), as setjmp() and longjmp().
 */
    .section .text.context_save, "ax"
    .global context_save
context_save:
    stp     x19, x20, [x0]
    stp     x21, x22, [x0, #16]
    stp     x23, x24, [x0, #32]
    stp     x25, x26, [x0, #48]
    stp     x27, x28, [x0, #64]
    stp     x29, x30, [x0, #80]
    mov     x1, sp
    str     x1, [x0, #96]
    mov     x0, #0
    ret

    .section .text.context_restore, "ax"
    .global context_restore
context_restore:
    ldp     x19, x20, [x0]
    ldp     x21, x22, [x0, #16]
    ldp     x23, x24, [x0, #32]
    ldp     x25, x26, [x0, #48]
    ldp     x27, x28, [x0, #64]
    ldp     x29, x30, [x0, #80]
    ldr     x1, [x0, #96]
    mov     sp, x1
    mov     x0, #1
    ret

    .section .rodata.guest_vtl, "a"
    .global guest_vtl
    .balign 8
guest_vtl:
    .quad   GUEST_VTL

    .section .bss.stacks, "aw", %nobits
    .balign 16
stacks:
    .space  GUEST_MAX_VPS * GUEST_STACK_SIZE
