/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests of a partition use of the interface, counted, and whether they keep its rules
 * (strict.h). Nobody looks unless a partition is given an audit, and then a VP's `audit` is NULL:
 * that is all it costs.
 *
 * An audit outlives the partitions it is given to, one after the other, as a run its guest's
 * resets. Threads: what is counted for a VP is written by that VP's thread, and may be read once
 * that stands still. VTLs that are prepared, or have run, are atomic.
 */
#ifndef VTL_AUDIT_H
#define VTL_AUDIT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smccc/smccc.h"
#include "vtl/intercept.h"
#include "vtl/partition.h"
#include "vtl/strict.h"

/* What strict_check() may say, in bytes. */
#define STRICT_TEXT 160

/* Rows of vtl_calls, and room for more. */
#define AUDIT_CALLS 48
/* Status codes are below that (smccc/hv-status.h). */
#define AUDIT_STATUSES 0x100
/* Immediates of HVC, and those that nobody knows. */
#define AUDIT_IMMEDIATES 5

/* How a hypercall was made: by the convention, and with its input in registers or in memory. */
enum audit_form {
    AUDIT_SMCCC_MEMORY,
    AUDIT_SMCCC_FAST,
    AUDIT_NATIVE_MEMORY,
    AUDIT_NATIVE_FAST,
    AUDIT_FORMS,
};

enum audit_intercept {
    AUDIT_MEMORY,
    AUDIT_UNMAPPED,
    AUDIT_HYPERCALL,
    AUDIT_RESET,
    AUDIT_DELIVERABLE,
    AUDIT_INTERCEPTS,
};

struct audit_rule {
    uint64_t checked, violated;
};

struct audit_call {
    uint64_t made[VTL_LEVELS]; /* by the calling VTL; one that is interrupted counts at its end */
    uint64_t forms[AUDIT_FORMS];
    uint64_t intercepted; /* and has no status here */
    uint64_t status[AUDIT_STATUSES];
};

/* Of a register, by hypercall; by the calling VTL. */
struct audit_register {
    uint64_t reads[VTL_LEVELS], writes[VTL_LEVELS];
    uint64_t refused;
};

struct audit_vp {
    struct vtl_audit *whole;
    _Atomic uint16_t prepared; /* VTLs that somebody has given a beginning on this VP */
    struct audit_rule rule[STRICT_RULES];
    struct audit_call call[AUDIT_CALLS];
    uint64_t unknown_calls; /* codes that nobody here serves, or that were not elected */
    struct audit_register *registers; /* by the numbers of audit_register_name() */
    uint64_t unknown_registers;
    uint64_t immediates[AUDIT_IMMEDIATES];
    uint64_t intercepts[AUDIT_INTERCEPTS];
};

struct vtl_audit {
    /*
     * The active VTL of @vp has violated a rule; on the VP's thread, perhaps with
     * vtl_partition.lock held. @what says what was found. NULL: it is only counted.
     */
    void (*violated)(void *context, struct vtl_vp *vp, enum strict_rule rule, const char *what);
    void *context;
    _Atomic uint16_t ran; /* VTLs that have run, on some VP */
    unsigned vp_count;
    struct audit_vp *vps;
    GArray *names;       /* of uint32_t: all registers that hypercalls know */
    GHashTable *numbers; /* the other way round */
};

struct vtl_audit *vtl_audit_new(unsigned vp_count);
void vtl_audit_free(struct vtl_audit *audit);

/*
 * Has the partition audited from its beginning on, before any VP runs. If it is to be loaded, what
 * has happened to it before is not known, and nobody is blamed for it.
 */
void vtl_audit_begin(struct vtl_audit *audit, struct vtl_partition *partition, bool loaded);

/*
 * Has a partition audited that is to be loaded and goes on where the one before was saved: what has
 * been seen of that one stays true.
 */
void vtl_audit_continue(struct vtl_audit *audit, struct vtl_partition *partition);

/* All VPs together, for the caller to free. */
struct audit_vp *vtl_audit_sum(const struct vtl_audit *audit);
void vtl_audit_vp_free(struct audit_vp *vp);

/* Names of registers from number 0 on, until it returns false. */
bool audit_register_name(const struct vtl_audit *audit, size_t number, uint32_t *name);

/* --- For those who see it happen, of a VP that is audited -------------------------------------- */

/* @vtl of the VP has been given somewhere to begin. From any thread. */
void audit_prepare(struct vtl_vp *vp, unsigned vtl);
bool audit_is_prepared(const struct vtl_vp *vp, unsigned vtl);
/* It runs. */
void audit_enter(struct vtl_vp *vp, unsigned vtl);

/* An HVC with that immediate. */
void audit_hvc(struct vtl_vp *vp, uint16_t immediate);
/*
 * The same of one that the hypervisor below has answered itself, with @x0 in X0; what was in the
 * other registers may be gone.
 */
void audit_swallowed(struct vtl_vp *vp, uint16_t immediate, uint64_t x0);
/* The hypercall with that control word is over. */
void audit_call(struct vtl_vp *vp, uint64_t word, enum hvc_convention convention,
                enum smccc_outcome outcome, uint64_t result);
/* @caller has accessed a register of @vtl of @target. */
void audit_register(struct vtl_vp *caller, struct vtl_vp *target, unsigned vtl, uint32_t name,
                    bool write, enum hv_status status);
void audit_intercept(struct vtl_vp *vp, enum hv_intercept_message type);

#endif
