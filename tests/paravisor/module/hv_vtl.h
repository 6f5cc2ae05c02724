/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/hv_vtl: VTL0 for the user space of VTL2's Linux. This header is the ABI.
 *
 * Opening it takes CAP_SYS_ADMIN. All numbers are those of Hyper-V's specification (TLFS); what is
 * left open there is as in OpenVMM's hvdef. Every call returns 0 or a value, or -1 and an errno:
 *
 *   EFAULT  a pointer leads nowhere
 *   EINVAL  what is asked for cannot be: see at each call
 *   EPERM   a hypercall or register that user space may not use; no CAP_SYS_ADMIN
 *   ENOTTY  no such call
 *   ENXIO   VTL0's memory is not known: there is no /openhcl in the device tree
 *   EIO     the hypervisor did something unknown; the kernel's log says what
 *
 * A hypercall that the hypervisor refuses is no error of the call: its status is returned apart.
 */
#ifndef HV_VTL_H
#define HV_VTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define HV_VTL_ABI 1
#define HV_VTL_DEVICE "/dev/hv_vtl"

/* HvCallGetVpRegisters and so on: the calling thread's own VP (HV_VP_INDEX_SELF). */
#define HV_VTL_VP_SELF 0xfffffffeu

struct hv_vtl_info {
    __u32 abi;             /* HV_VTL_ABI */
    __u32 vtl;             /* of this Linux */
    __u32 run_size;        /* of a run page, to be mapped */
    __u32 ranges;          /* how many HV_VTL_GET_RANGE knows */
    __u64 capabilities;    /* VsmCapabilities */
    __u32 intercept_page;  /* 1: messages come by the VP assist page; 0: by SINT 0 */
    __u32 zero;
};

/*
 * What a CPU's VTL0 and user space have in common. It is a page a CPU, to be mapped at offset
 * HV_VTL_MAP_RUN + CPU * page size, shared and writable; it stays what it is while the module is
 * loaded. The kernel reads it at each HV_VTL_RUN and writes it before that returns.
 */
struct hv_vtl_run {
    __u32 reason;    /* out: HV_VTL_EXIT_* */
    __u32 cancel;    /* in: if it is not 0, HV_VTL_RUN returns EINTR (a signal handler sets it) */
    __u64 entries;   /* out: how often VTL0 was entered, ever */
    __u64 interrupts; /* out: how often an interrupt for VTL2 ended that; they stay in the kernel */
    __u64 zero[5];
    /*
     * The shared registers: X0-X17 and X19-X28. The places of X18, X29 and X30 mean nothing: these
     * are private, see HV_VTL_GET_REGISTERS.
     */
    __u64 x[32];
    __u64 q[32][2];  /* Q0-Q31, low half first. FPCR and FPSR are private */
    __u8 message[256]; /* out: HV_MESSAGE, with HV_VTL_EXIT_MESSAGE */
};

#define HV_VTL_EXIT_MESSAGE 1u /* an intercept: see message */
#define HV_VTL_EXIT_CALL 2u    /* VTL0 has made a VTL call (hvc #2) */

/*
 * Values of 128 bits, as hypercalls have them. HV_VTL_GET_REGISTERS fills in value, both fill in
 * status (HV_STATUS_*), and end at the first register that is refused.
 */
struct hv_vtl_register {
    __u32 name;
    __u32 status;
    __u64 value[2];
};

#define HV_VTL_REGISTERS_MAX 64

/*
 * EPERM: with vtl 0 the shared registers: those of a VP that runs VTL2 at this moment are VTL2's
 * own, and VTL0's are in its run page. With vtl 2 all but those named in calls.c, which are about
 * VTLs and about nothing else. EINVAL: another vtl, or more than HV_VTL_REGISTERS_MAX.
 */
struct hv_vtl_registers {
    __u32 vp;        /* VP index, or HV_VTL_VP_SELF */
    __u32 vtl;       /* 0, or 2 for this Linux itself */
    __u32 count;
    __u32 done;      /* out: how many were read or written */
    __u64 registers; /* pointer to so many struct hv_vtl_register */
};

/*
 * A hypercall in its memory form. EPERM: not one of the calls in calls.c, or one that would be
 * about VTL2. EINVAL: other bits in control than call code, repetitions and start index; a block
 * larger than 4096 bytes; parameters that do not fit the block.
 */
struct hv_vtl_hypercall {
    __u64 control;
    __u64 input;       /* pointer */
    __u64 output;      /* pointer, or 0 if output_size is 0 */
    __u32 input_size;  /* bytes */
    __u32 output_size;
    __u64 result;      /* out: the whole result value, HV_STATUS_* in its low 16 bits */
};

/* VTL0's RAM, as the device tree has it. EINVAL: no such range. */
struct hv_vtl_range {
    __u32 index;     /* in */
    __u32 zero;
    __u64 base, size;
};

#define HV_VTL_MAGIC 0xe7

#define HV_VTL_GET_INFO _IOR(HV_VTL_MAGIC, 0, struct hv_vtl_info)
#define HV_VTL_GET_RANGE _IOWR(HV_VTL_MAGIC, 1, struct hv_vtl_range)
/*
 * Runs VTL0 on this CPU until there is something for user space to do: 0, and see reason.
 * Interrupts for VTL2 are taken meanwhile. The thread must be allowed on this CPU only.
 *   EINTR   a signal, or cancel; nothing is lost by calling again
 *   EINVAL  the thread may move to other CPUs
 *   EBUSY   another thread runs VTL0 on this CPU
 */
#define HV_VTL_RUN _IO(HV_VTL_MAGIC, 2)
#define HV_VTL_GET_REGISTERS _IOWR(HV_VTL_MAGIC, 3, struct hv_vtl_registers)
#define HV_VTL_SET_REGISTERS _IOWR(HV_VTL_MAGIC, 4, struct hv_vtl_registers)
#define HV_VTL_HYPERCALL _IOWR(HV_VTL_MAGIC, 5, struct hv_vtl_hypercall)

/*
 * What can be mapped: run pages, and VTL0's RAM at HV_VTL_MAP_RAM + GPA. EINVAL: anything that is
 * not all VTL0's, or that this Linux uses itself; a private mapping of a run page.
 */
#define HV_VTL_MAP_RUN 0ull
#define HV_VTL_MAP_RAM (1ull << 52)

#endif
