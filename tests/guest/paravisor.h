/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A paravisor as small as can be, for tests of protections and intercepts. It runs at a higher VTL
 * (the payload's other half calls paravisor_serve()), does what VTL0 asks for by VTL call, and
 * deals with intercepts as VTL0 has told it beforehand.
 */
#ifndef GUEST_PARAVISOR_H
#define GUEST_PARAVISOR_H

#include "tests/guest/guest.h"

#define PAGE 4096ul

/* Rights on pages. */
#define R 1u
#define W 2u
#define X 4u
#define RWX 7u

/* What it does about an intercept. */
enum policy {
    POLICY_SKIP,    /* goes on behind the instruction; a fetch is returned from */
    POLICY_ALLOW,   /* gives the page all rights and lets the VP try again */
    POLICY_INJECT,  /* gives VTL0 a data abort */
    POLICY_EMULATE, /* of a load: its register becomes 0x1000 + the low 12 bits of the GPA */
    POLICY_WATCH,   /* nothing; the VP tries again */
    POLICY_ANSWER,  /* of a hypercall: X0 becomes X1 + 1 */
    POLICY_START,   /* of CPU_ON and HvCallStartVirtualProcessor: does what VTL0 wants */
    POLICY_REFUSE,  /* of these: VTL0 finds "denied" */
};

/* HV_MESSAGE with an arm64 memory intercept (hvdef). */
struct intercept {
    uint32_t type;
    uint8_t size, flags, zero[2];
    uint64_t sender;
    uint32_t vp;
    uint8_t length, access;
    uint16_t state;
    uint64_t pc, pstate;
    uint32_t cache_type; /* of a reset: its kind; of a hypercall: the immediate */
    uint8_t byte_count, info;
    uint16_t zero2;
    uint32_t instruction, zero3;
    uint64_t gva, gpa, syndrome; /* of a hypercall: X1-X3 */
    uint64_t x4[14];             /* of a hypercall: X4-X17 */
};

#define INTERCEPT_UNMAPPED 0x80000000u
#define INTERCEPT_PROTECTION 0x80000001u
#define INTERCEPT_HYPERCALL 0x80000050u
#define INTERCEPT_DELIVERABLE 0x80000062u /* cache_type: the SINTs */
#define INTERCEPT_RESET 0x8001000cu
#define INTERCEPT_READ 0
#define INTERCEPT_WRITE 1
#define INTERCEPT_EXECUTE 2
#define INFO_GVA_VALID 1u
#define INFO_GVA_GPA_VALID 2u

/* --- For the higher VTL ----------------------------------------------------------------------- */

/* X0-X17 and X19-X28, in this order; call.S knows it. */
struct shared {
    uint64_t x[28];
};

/* Runs the next lower VTL with these registers until it comes back with others. */
void vtl_run_lower(struct shared *shared);
/* The same from below, by a VTL call; and by whatever function X0 says (abi.c). */
void vtl_run_higher(struct shared *shared);
void vtl_run_other(struct shared *shared);

/* Where the VP assist page has HV_VTL_ENTRY_REASON, and what it may be. */
#define ASSIST_REASON 8
#define ENTRY_CALL 1
#define ENTRY_INTERRUPT 2
#define ENTRY_INTERCEPT 3

/*
 * The paravisor: never returns. On each VP that is to come there. It looks for messages by
 * itself, unless the payload has the argument sint=irq: then SINT 0 interrupts it.
 */
noreturn void paravisor_serve(void);

/* --- For VTL0 ------------------------------------------------------------------------------ */

/* Sets a register of the higher VTL itself; the status. */
unsigned paravisor_set(uint32_t name, uint64_t value);
/* Reads one. */
uint64_t paravisor_get(uint32_t name);
/* HvCallModifyVtlProtectionMask for @count pages at @address; the result value. */
uint64_t paravisor_protect(const volatile void *address, uint64_t count, unsigned rights);
/* From now on, and forgets the intercepts so far. */
void paravisor_policy(enum policy policy);
/* How many there have been, and the last one. */
unsigned paravisor_intercepts(struct intercept *last);
/* How it was entered the last time before this call (HV_VTL_ENTRY_REASON). */
unsigned paravisor_entry_reason(void);
/* How many interrupts it has taken for its messages, if it runs with the argument sint=irq. */
unsigned paravisor_interrupts(void);
/* HvCallInstallIntercept; the status. */
unsigned paravisor_install(uint32_t type, uint32_t access);
/* A hypercall of the higher VTL, with its blocks in memory; the result value. */
uint64_t paravisor_call(uint64_t control, const void *in, void *out);
/* A load and a store by the higher VTL. */
uint64_t paravisor_read(const volatile uint64_t *address);
void paravisor_write(volatile uint64_t *address, uint64_t value);
/* HvCallCheckSparseGpaPageVtlAccess for one page and VTL0; the result value, *@element its output. */
uint64_t paravisor_check(const volatile void *address, unsigned rights, uint64_t *element);

#endif
