/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intercepts: what a lower VTL does and a higher one is to decide. The higher VTL gets a message,
 * in slot 0 of its SynIC message page (SINT 0) or, if it prefers (VsmPartitionConfig.
 * InterceptPage), in its VP assist page, and the VP enters it. It changes what it likes of the
 * lower VTL (protections, registers, PC, a pending event) and returns.
 * Source: TLFS, VSM, "Secure Intercepts"; layouts of arm64 as in OpenVMM, hvdef.
 */
#ifndef VTL_INTERCEPT_H
#define VTL_INTERCEPT_H

#include <stdbool.h>

#include "smccc/smccc.h"
#include "vtl/fault.h"
#include "vtl/partition.h"
#include "vtl/switch.h"

/* SINT of intercepts (HV_SYNIC_INTERCEPTION_SINT_INDEX). */
#define HV_INTERCEPT_SINT 0

enum hv_intercept_message {
    HV_MESSAGE_UNMAPPED_GPA = 0x80000000u,
    HV_MESSAGE_GPA_INTERCEPT = 0x80000001u,
    HV_MESSAGE_HYPERCALL_INTERCEPT = 0x80000050u,
    HV_MESSAGE_SINT_DELIVERABLE = 0x80000062u,
    HV_MESSAGE_ARM64_RESET = 0x8001000cu,
};

/* What was tried (HV_INTERCEPT_ACCESS_READ and so on in the TLFS). */
enum hv_access {
    HV_ACCESS_READ = 0,
    HV_ACCESS_WRITE = 1,
    HV_ACCESS_EXECUTE = 2,
};

/* Header of all of them. */
struct hv_intercept_header {
    uint32_t vp;
    uint8_t instruction_length;
    uint8_t access;  /* enum hv_access */
    uint16_t state;  /* 1:0 exception level, 7:4 VTL */
    uint64_t pc;     /* at the instruction */
    uint64_t pstate;
};

struct hv_memory_intercept {
    struct hv_intercept_header header;
    uint32_t cache_type;
    uint8_t instruction_size; /* bytes of it that follow; 0: not fetched */
    uint8_t info;             /* HV_MEMORY_* */
    uint16_t zero;
    uint32_t instruction;
    uint32_t zero2;
    uint64_t gva;
    uint64_t gpa;
    uint64_t syndrome; /* as in ESR_EL2 */
};
#define HV_MEMORY_GVA_VALID 1u
#define HV_MEMORY_GVA_GPA_VALID 2u /* gpa is what gva leads to; the VTL's TLB is locked */

enum hv_reset_kind {
    HV_RESET_POWER_OFF = 0,
    HV_RESET_REBOOT = 1,
};

struct hv_reset_intercept {
    struct hv_intercept_header header;
    uint32_t kind;      /* enum hv_reset_kind */
    uint32_t psci_code;
};

struct hv_hypercall_intercept {
    struct hv_intercept_header header;
    uint16_t immediate;
    uint16_t zero;
    uint32_t flags;
    uint64_t x[SMCCC_REGISTERS];
};

/* SINTs of the VTL in header.state can take a message; header.pc is where that VTL is. */
struct hv_deliverable_notice {
    struct hv_intercept_header header;
    uint16_t sints;
    uint16_t zero[3];
};

/*
 * The VTL above the active one that @fault concerns: the one that denies it, the lowest if several
 * do. 0: none.
 */
unsigned vtl_intercept_owner(const struct vtl_vp *vp, const struct vtl_fault *fault);

/*
 * What its message says was tried: of several accesses the one that is denied; an atomic that may
 * read is told as a write.
 */
enum hv_access vtl_intercept_access(const struct vtl_vp *vp, const struct vtl_fault *fault);

/* The lowest VTL above the active one with bit @bit in its VsmPartitionConfig; 0: none. */
unsigned vtl_intercept_wanted(const struct vtl_vp *vp, uint64_t bit);

/* HvCallInstallIntercept (TLFS; layout as in Linux, hvhdk.h). */
struct hv_install_intercept {
    uint64_t partition;
    uint32_t access; /* HV_INTERCEPT_ACCESS_*; 0 removes it */
    uint32_t type;
    uint64_t parameter; /* of types that have one */
};
#define HV_INTERCEPT_ACCESS_EXECUTE 4u
#define HV_INTERCEPT_TYPE_HYPERCALL 8u
#define HV_INTERCEPT_TYPE_UNKNOWN_CONNECTION 13u /* HvInterceptTypeUnknownSynicConnection */

/*
 * Of the types there are two: hypercalls of lower VTLs that nobody here serves, and what they post
 * or signal to connections that they do not have. Both come as hypercall intercepts.
 */
enum hv_status vtl_intercept_install(struct vtl_vp *caller,
                                     const struct hv_install_intercept *input);

/*
 * The hypercall that the VP makes is for @owner to see to; if that cannot be, @otherwise is its
 * status. The result is what the call's handler returns.
 */
enum hv_status vtl_intercept_call(struct vtl_vp *vp, unsigned owner, enum hv_status otherwise);

/* The lowest VTL above the active one that wants such hypercalls; 0: none. */
unsigned vtl_intercept_hypercalls(const struct vtl_vp *vp);
/* The same for unknown connections. */
unsigned vtl_intercept_connections(const struct vtl_vp *vp);

/*
 * Starts of VPs (VsmPartitionConfig.InterceptVpStartup; vtl_judge_start() in enable.h). No message
 * for arm64 is published. Whoever starts a VP there makes an HVC, so the hypercall intercept says
 * it all: immediate 0 and PSCI's CPU_ON (0x84000003, 0xc4000003) in X0, or immediate 0 with
 * HvCallStartVirtualProcessor (0x99) in X1's control word, or immediate 1 with that in X0. PC is at
 * the HVC, and nothing has been done. The call names a VP that exists and has the VTL; the
 * hypercall was free of mistakes, but the owner reads the input of its memory form again, and has
 * to check it. It makes HvCallStartVirtualProcessor itself; or it sets registers of the other VP
 * and lets it go by InternalActivityState, which is the way to give it an X0; or it does neither.
 * Then it sets the caller's X0 and moves PC on. If it leaves PC alone, it is asked again.
 */

/*
 * Each gives @owner, a VTL enabled on @vp, its message; the caller then makes the VP enter it, for
 * the reason returned.
 */
enum vtl_entry_reason vtl_intercept_memory(struct vtl_vp *vp, unsigned owner,
                                           enum hv_intercept_message type,
                                           const struct vtl_fault *fault);
enum vtl_entry_reason vtl_intercept_reset(struct vtl_vp *vp, unsigned owner,
                                          enum hv_reset_kind kind, uint32_t psci_code);
enum vtl_entry_reason vtl_intercept_hypercall(struct vtl_vp *vp, unsigned owner,
                                              uint16_t immediate,
                                              const struct smccc_registers *registers);
/* @vtl and @owner are as synic_next_notice() said. */
enum vtl_entry_reason vtl_intercept_deliverable(struct vtl_vp *vp, unsigned vtl, unsigned owner);

#endif
