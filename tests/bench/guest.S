/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest code of the benchmark, position-independent flat binaries. The loop counter of VTL0 is
 * X18, which is private, so that it does not count as a changed register.
 */
#include "tests/bench/bench.h"

#define SYSTEM_OFF 0x84000008

.macro change_0
.endm

.macro change_4
.irp n, 0, 1, 2, 3
    add     x\n, x\n, #1
.endr
.endm

.macro change_all
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
    add     x\n, x\n, #1
.endr
.irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    add     x\n, x\n, #1
.endr
.irp v, v0.16b, v1.16b, v2.16b, v3.16b, v4.16b, v5.16b, v6.16b, v7.16b
    mvn     \v, \v
.endr
.irp v, v8.16b, v9.16b, v10.16b, v11.16b, v12.16b, v13.16b, v14.16b, v15.16b
    mvn     \v, \v
.endr
.irp v, v16.16b, v17.16b, v18.16b, v19.16b, v20.16b, v21.16b, v22.16b, v23.16b
    mvn     \v, \v
.endr
.irp v, v24.16b, v25.16b, v26.16b, v27.16b, v28.16b, v29.16b, v30.16b, v31.16b
    mvn     \v, \v
.endr
.endm

.macro set_up
    mov     x9, #(3 << 20)          /* CPACR_EL1.FPEN */
    msr     cpacr_el1, x9
    isb
.endm

/* VTL0: calls, BENCH_SWITCHES / 2 times, then powers off. */
.macro lower what
.globl bench_vtl0_\what, bench_vtl0_\what\()_end
.balign 8
bench_vtl0_\what:
    set_up
    ldr     x18, 2f
1:  change_\what
    hvc     #2
    subs    x18, x18, #1
    b.ne    1b
    ldr     w0, 3f
    hvc     #0
    b       .
.balign 8
2:  .quad   BENCH_SWITCHES / 2
3:  .word   SYSTEM_OFF
bench_vtl0_\what\()_end:
.endm

.macro upper what
.globl bench_vtl2_\what, bench_vtl2_\what\()_end
.balign 8
bench_vtl2_\what:
    set_up
1:  change_\what
    hvc     #3
    b       1b
bench_vtl2_\what\()_end:
.endm

.section .rodata
lower 0
upper 0
lower 4
upper 4
lower all
upper all

/* The floor: an exit for every HVC, and nothing to do. */
.globl bench_floor, bench_floor_end
.balign 8
bench_floor:
1:  hvc     #0
    b       1b
bench_floor_end:

.section .note.GNU-stack, "", %progbits
