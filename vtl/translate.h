/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage-1 translation of a guest virtual address at EL1&0, by the guest's own tables
 * (Arm ARM, D8 "The AArch64 Virtual Memory System Architecture").
 *
 * translate_address() does not check permissions, for an address that the VP has just executed;
 * translate_page() tells them, and translate_permits() checks them as the processor would.
 *
 * Not modelled: permission indirection and overlays (TCR2_EL1.PIE, POE) and access flags of tables
 * (TCR2_EL1.HAFT), which KVM's guests here do not have.
 */
#ifndef VTL_TRANSLATE_H
#define VTL_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

/* The registers that govern translation. */
struct translate_regime {
    uint64_t sctlr;
    uint64_t tcr;
    uint64_t ttbr0;
    uint64_t ttbr1;
    uint64_t mair;  /* for memory types only */
    uint64_t mmfr1; /* ID_AA64MMFR1_EL1: does the processor update descriptors (HAFDBS)? */
};

/* Levels -1 to 3: the most that a walk can have (4 KiB pages, 52 bits). */
#define TRANSLATE_LEVELS 5

/* What the tables say of a page or block. */
struct translate_page {
    uint64_t gpa;         /* of the address that was asked about */
    bool user;            /* EL0 may access data; PAN keeps EL1 away */
    bool absent_for_user; /* whatever the tables say (TCR_EL1.E0PD) */
    bool read_only;       /* for EL1 and EL0 */
    bool hardware_dirty;  /* read-only until the processor itself makes it writable (DBM) */
    bool user_no_execute, privileged_no_execute;
    bool accessed;        /* the access flag */
    uint8_t attribute;    /* index into MAIR_EL1 */

    /*
     * The walk itself: GPAs of the descriptors, in the order in which they were read. These two
     * are also there if translate_page() fails; the last step is then the one that failed. No
     * steps: no descriptor was asked for, because stage 1 is off or the address cannot be one.
     */
    unsigned steps;
    uint64_t step[TRANSLATE_LEVELS];
    uint64_t descriptor; /* what the last step read: the page's or block's own */
};

/* An access to check. */
struct translate_access {
    bool write, execute; /* a read otherwise */
    bool user;           /* by EL0 */
    bool pan;            /* PSTATE.PAN */
};

enum translate_verdict {
    TRANSLATE_PERMITTED,
    TRANSLATE_NOT_PRESENT, /* access flag fault */
    TRANSLATE_PRIVILEGE,   /* EL0 may not, or PAN */
    TRANSLATE_NO_WRITE,
    TRANSLATE_NO_EXECUTE,
};

/* Reads one little-endian descriptor, @gpa is aligned; 0 or a negative errno. */
typedef int (*translate_reader)(void *context, uint64_t gpa, uint64_t *descriptor);

/* Is stage 1 on? If not, a virtual address is a GPA. */
#define TRANSLATE_SCTLR_M (1ull << 0)

/* Does TTBR1_EL1 (rather than TTBR0_EL1) translate @va? */
#define TRANSLATE_IS_UPPER(va) ((va) >> 55 & 1)

/*
 * Stores what the tables say of @va. -EFAULT: not mapped, or no address of this regime; -EINVAL: a
 * regime that no processor accepts, or an output address beyond what TCR_EL1.IPS allows; otherwise
 * the reader's error.
 */
int translate_page(const struct translate_regime *regime, uint64_t va, translate_reader read,
                   void *context, struct translate_page *page);

/* May the page be accessed like that? */
enum translate_verdict translate_permits(const struct translate_regime *regime,
                                         const struct translate_page *page,
                                         const struct translate_access *access);

/*
 * Does such an access, which must be permitted, make the processor write the page's descriptor, at
 * the last step's GPA? If so, stores what it writes: the access flag set, and for a write AP[2]
 * clear (Arm ARM, D8.5 "Hardware updates to the translation tables").
 */
bool translate_update(const struct translate_regime *regime, const struct translate_page *page,
                      const struct translate_access *access, uint64_t *updated);

/* The attribute byte of the page's memory type in MAIR_EL1. */
uint8_t translate_memory_type(const struct translate_regime *regime,
                              const struct translate_page *page);

/*
 * @va as a data access sees it: with top-byte-ignore (TCR_EL1.TBI0, TBI1) bits 63:56 do not count.
 */
uint64_t translate_untag(const struct translate_regime *regime, uint64_t va);

/* The GPA alone. */
int translate_address(const struct translate_regime *regime, uint64_t va, translate_reader read,
                      void *context, uint64_t *gpa);

#endif
