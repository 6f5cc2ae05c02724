/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry of the shim: see shim.h. MMU on or off, position independent. */
#include "tests/igvm/shim.h"

#define STACK_SIZE 4096
#define SCTLR_M_C_I 0x1005 /* MMU and caches (Arm ARM, D19.2 SCTLR_EL1) */

    .section .text.start, "ax"
    .globl _start
_start:
    b       1f
    .balign SHIM_PARAMETERS
parameters:
    .quad   0x4d4948534d564749  /* SHIM_MAGIC: make-igvm fills in the rest */
    .fill   7, 8, 0
1:
    adr     x0, _start
    adr     x1, parameters
    adrp    x2, stack_end
    add     x2, x2, :lo12:stack_end
    mov     sp, x2
    bl      shim_make_tree
    cbz     x0, 2f
    /* Call the kernel image: MMU off, X0 the tree, X1 to X3 zero. */
    mrs     x4, sctlr_el1
    mov     x5, #SCTLR_M_C_I
    bic     x4, x4, x5
    msr     sctlr_el1, x4
    isb
    adr     x4, _start
    ldr     x5, [x4, #SHIM_KERNEL]
    add     x4, x4, x5
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    br      x4
    /* The host gave no device tree that one can read. */
2:
    wfi
    b       2b

    .section .data
    .balign 16
    .space  STACK_SIZE
stack_end:
