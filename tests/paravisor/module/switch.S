/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way down to VTL0 and back up.
 *
 * VTL return is `hvc #3`. The VTLs share X0-X17, X19-X28 and Q0-Q31; X18, X29, X30, SP, PC and the
 * system registers are each VTL's own (TLFS, VSM, "Virtual Processor State Isolation"), so that
 * X29 and SP are ours all the time: the frame below is a proper one whatever runs.
 */
#include <linux/linkage.h>
#include <asm/asm-bug.h>
#include <asm/assembler.h>
#include <asm/bug.h>

#define FRAME 0x70
#define SAVED_X0 0x60
#define TAINT_WARN 9 /* linux/panic.h, which is not for assembly */
/* Of struct hv_vtl_run.x. */
#define X(n) (8 * (n))

/* void hv_vtl_switch(u64 *x) */
SYM_FUNC_START(hv_vtl_switch)
    stp     x29, x30, [sp, #-FRAME]!
    mov     x29, sp
    stp     x19, x20, [sp, #0x10]
    stp     x21, x22, [sp, #0x20]
    stp     x23, x24, [sp, #0x30]
    stp     x25, x26, [sp, #0x40]
    stp     x27, x28, [sp, #0x50]
    str     x0, [sp, #SAVED_X0]

    ldp     x2, x3, [x0, #X(2)]
    ldp     x4, x5, [x0, #X(4)]
    ldp     x6, x7, [x0, #X(6)]
    ldp     x8, x9, [x0, #X(8)]
    ldp     x10, x11, [x0, #X(10)]
    ldp     x12, x13, [x0, #X(12)]
    ldp     x14, x15, [x0, #X(14)]
    ldp     x16, x17, [x0, #X(16)]
    ldp     x19, x20, [x0, #X(19)]
    ldp     x21, x22, [x0, #X(21)]
    ldp     x23, x24, [x0, #X(23)]
    ldp     x25, x26, [x0, #X(25)]
    ldp     x27, x28, [x0, #X(27)]
    ldp     x0, x1, [x0, #X(0)]
    hvc     #3
#ifdef HV_VTL_TEST_TRACE
    /* A warning with all registers VTL0's, which shows the trace: see the README. */
    ASM_BUG_FLAGS(BUGFLAG_WARNING | BUGFLAG_ONCE | BUGFLAG_TAINT(TAINT_WARN))
#endif
    stp     x0, x1, [sp, #-16]!
    ldr     x0, [sp, #16 + SAVED_X0]
    stp     x2, x3, [x0, #X(2)]
    stp     x4, x5, [x0, #X(4)]
    stp     x6, x7, [x0, #X(6)]
    stp     x8, x9, [x0, #X(8)]
    stp     x10, x11, [x0, #X(10)]
    stp     x12, x13, [x0, #X(12)]
    stp     x14, x15, [x0, #X(14)]
    stp     x16, x17, [x0, #X(16)]
    stp     x19, x20, [x0, #X(19)]
    stp     x21, x22, [x0, #X(21)]
    stp     x23, x24, [x0, #X(23)]
    stp     x25, x26, [x0, #X(25)]
    stp     x27, x28, [x0, #X(27)]
    ldp     x2, x3, [sp], #16
    stp     x2, x3, [x0, #X(0)]

    ldp     x19, x20, [sp, #0x10]
    ldp     x21, x22, [sp, #0x20]
    ldp     x23, x24, [sp, #0x30]
    ldp     x25, x26, [sp, #0x40]
    ldp     x27, x28, [sp, #0x50]
    ldp     x29, x30, [sp], #FRAME
    ret
SYM_FUNC_END(hv_vtl_switch)

.macro all_q op
    \op     q0, q1, [x0, #32 * 0]
    \op     q2, q3, [x0, #32 * 1]
    \op     q4, q5, [x0, #32 * 2]
    \op     q6, q7, [x0, #32 * 3]
    \op     q8, q9, [x0, #32 * 4]
    \op     q10, q11, [x0, #32 * 5]
    \op     q12, q13, [x0, #32 * 6]
    \op     q14, q15, [x0, #32 * 7]
    \op     q16, q17, [x0, #32 * 8]
    \op     q18, q19, [x0, #32 * 9]
    \op     q20, q21, [x0, #32 * 10]
    \op     q22, q23, [x0, #32 * 11]
    \op     q24, q25, [x0, #32 * 12]
    \op     q26, q27, [x0, #32 * 13]
    \op     q28, q29, [x0, #32 * 14]
    \op     q30, q31, [x0, #32 * 15]
.endm

/* void hv_vtl_load_q(const void *q) */
SYM_FUNC_START(hv_vtl_load_q)
    all_q   ldp
    ret
SYM_FUNC_END(hv_vtl_load_q)

/* void hv_vtl_store_q(void *q) */
SYM_FUNC_START(hv_vtl_store_q)
    all_q   stp
    ret
SYM_FUNC_END(hv_vtl_store_q)
