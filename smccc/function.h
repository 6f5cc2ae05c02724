/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMC Calling Convention (Arm DEN 0028): function ids, owners, and the lookup of a call.
 */
#ifndef SMCCC_FUNCTION_H
#define SMCCC_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arguments and results of a call travel in X0-X17 (DEN 0028, 2.6). */
#define SMCCC_REGISTERS 18

#define SMCCC_SUCCESS 0u
/* In X0 for a function id that nobody serves (DEN 0028, 5.2). */
#define SMCCC_NOT_SUPPORTED ((uint64_t)-1)

#define SMCCC_FAST (1u << 31)
#define SMCCC_64BIT (1u << 30)
#define SMCCC_OWNER_SHIFT 24
#define SMCCC_OWNER_MASK 0x3fu

enum smccc_owner {
    SMCCC_OWNER_ARCH = 0,
    SMCCC_OWNER_OEM = 3,
    SMCCC_OWNER_STANDARD = 4,
    SMCCC_OWNER_STANDARD_HYP = 5,
    SMCCC_OWNER_VENDOR_HYP = 6,
};

/* Function numbers from here on are general queries, as the UID is (DEN 0028, 6.2). */
#define SMCCC_GENERAL_QUERIES 0xff00u

/* The call that returns the hypervisor's UID, in both widths (TLFS, "Feature Discovery"). */
#define SMCCC_VENDOR_UID 0x8600ff01u

/* X0-X17 of the caller: read by the service, changed in place. */
struct smccc_registers {
    uint64_t x[SMCCC_REGISTERS];
};

/* How the VP goes on after a call. */
enum smccc_outcome {
    SMCCC_DONE,  /* the registers hold the answer; continue after the instruction */
    SMCCC_RETRY, /* the registers hold new arguments; execute the instruction again */
    /* For a higher VTL to see to, before the instruction; registers: the answer if it cannot. */
    SMCCC_INTERCEPTED,
    SMCCC_STOP,  /* the VP was stopped or the partition ends: do not write the registers */
};

struct smccc_service;

/* @context is what smccc_dispatch() was given; the service is the one the row belongs to. */
typedef enum smccc_outcome (*smccc_handler)(const struct smccc_service *service, void *context,
                                            struct smccc_registers *registers);

/* A row serves the id exactly; SMC32 and SMC64 forms are two rows. */
struct smccc_function {
    uint32_t id;
    const char *name;
    smccc_handler handle;
};

/* The functions of one owner; @ops is for their handlers (psci_ops for PSCI). */
struct smccc_service {
    enum smccc_owner owner;
    const char *name;
    const struct smccc_function *functions;
    size_t count;
    const void *ops;
    /* Is the row @id there for this caller? NULL: all rows are. */
    bool (*offers)(const struct smccc_service *service, void *context, uint32_t id);
};

static inline enum smccc_owner smccc_function_owner(uint32_t id)
{
    return (enum smccc_owner)(id >> SMCCC_OWNER_SHIFT & SMCCC_OWNER_MASK);
}

/* The row of @service that serves @id for the caller that @context is, or NULL. */
const struct smccc_function *smccc_service_find(const struct smccc_service *service, void *context,
                                                uint32_t id);

/*
 * Answers the call in @registers. The id is the low half of X0; the upper half is ignored, as
 * KVM and DEN 0028 have it. An id that no row serves gets SMCCC_NOT_SUPPORTED in X0 and changes
 * nothing else.
 */
enum smccc_outcome smccc_dispatch(const struct smccc_service *services, size_t count, void *context,
                                  struct smccc_registers *registers);

#endif
