/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's window, as the program in the kernel (window.bpf.c) fills it and vtlemu reads it: the
 * vCPU's registers when KVM_RUN came back last.
 */
#ifndef EMU_WINDOW_LAYOUT_H
#define EMU_WINDOW_LAYOUT_H

#include <linux/types.h>

/* EL1's registers that exits are about: address translation, exceptions, and what messages tell. */
#define WINDOW_SYSTEM(ROW)                                                                         \
    ROW(SCTLR_EL1) ROW(CPACR_EL1) ROW(TTBR0_EL1) ROW(TTBR1_EL1) ROW(TCR_EL1) ROW(ESR_EL1)          \
    ROW(FAR_EL1) ROW(MAIR_EL1) ROW(VBAR_EL1) ROW(SP_EL1) ROW(ELR_EL1) ROW(SPSR_EL1)

#define WINDOW_INDEX(name) WINDOW_##name,
enum window_system { WINDOW_SYSTEM(WINDOW_INDEX) WINDOW_SYSTEM_COUNT };

/* As struct user_pt_regs (Linux, arch/arm64/include/uapi/asm/ptrace.h). */
struct window_general {
    __u64 x[31];
    __u64 sp; /* SP_EL0 */
    __u64 pc;
    __u64 pstate;
};

#define WINDOW_CALL_REGISTERS 4 /* X0-X3: KVM's own answer would be in them */

/* The last HVC that KVM was asked to see to. */
struct window_call {
    __u64 run; /* the number of the KVM_RUN that it was in */
    __u64 x[WINDOW_CALL_REGISTERS]; /* before KVM has answered */
    __u64 pc; /* behind it */
    __u32 immediate;
    __u16 answered;  /* KVM does so itself, although it is none of SMCCC's calls */
    __u16 signalled; /* the thread has a signal for that */
};

#define WINDOW_VECTORS 32

struct window {
    __u64 run; /* the number of the KVM_RUN that has come back last, as vtlemu counts them */
    struct window_general general;
    __u64 system[WINDOW_SYSTEM_COUNT];
    __u64 esr, far, hpfar; /* EL2's, of the vCPU's last exception */
    struct window_call call;
    __u64 vector[WINDOW_VECTORS][2] __attribute__((aligned(16))); /* Q0-Q31 of a vCPU without SVE */
};

/* Function ids that KVM answers itself, from @first to @last. */
struct window_range {
    __u32 first, last;
};

#define WINDOW_RANGES 8

#endif
