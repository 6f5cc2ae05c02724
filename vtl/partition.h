/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A partition: its virtual processors (VPs), the VTLs each of them has, and the back end that
 * holds their registers and memory.
 *
 * Threads: a VP is changed by its own thread, or while it is stopped: see stop_vp(). What others
 * may see or change while it runs
 * (guest OS ids, crash registers, power states) is under vtl_partition.lock. Timers and message
 * queues have locks of their own, which come after it: see stimer.h and synic.h.
 */
#ifndef VTL_PARTITION_H
#define VTL_PARTITION_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vtl/bank-policy.h"
#include "vtl/protection.h"
#include "vtl/services.h"
#include "vtl/stimer.h"
#include "vtl/synic.h"

/* "This partition" and "this VP" in hypercalls (TLFS, "Partition IDs", "Virtual Processor"). */
#define HV_PARTITION_SELF UINT64_MAX
#define HV_VP_SELF 0xfffffffeu

struct audit_vp;

/* The VTL of a paravisor. */
#define VTL_PARAVISOR 2

#define HV_CRASH_PARAMETERS 5

/* Value slot of a register in hypercalls: 128 bits, narrower ones zero-extended. */
struct hv_u128 {
    uint64_t low;
    uint64_t high;
};

/* A guest's crash report (TLFS, "Guest Crash Registers"). */
struct vtl_crash {
    uint64_t control;
    uint64_t parameter[HV_CRASH_PARAMETERS];
};

/* State of a VTL at its first entry on a VP (TLFS, HV_INITIAL_VP_CONTEXT for arm64). */
struct vtl_initial_context {
    uint64_t pc;
    uint64_t sp; /* SP_EL1; the VTL starts at EL1h */
    uint64_t sctlr, mair, tcr, vbar, ttbr0, ttbr1;
    uint64_t x18;
};

/*
 * What the core needs of the machine. Functions return 0 or a negative errno. Registers are
 * named by HV_REGISTER_NAME and only those in bank_table are asked for, of a VP that is stopped or
 * on whose thread this is; -ENOENT says that this processor does not have one. Memory is all of
 * RAM, whatever a VTL may do with it: vtl_memory_read() and the like see to that. It is accessed as
 * guest-copy.h does.
 */
struct vtl_backend {
    int (*get_register)(void *machine, unsigned vp, unsigned vtl, uint32_t name,
                        struct hv_u128 *value);
    int (*set_register)(void *machine, unsigned vp, unsigned vtl, uint32_t name,
                        struct hv_u128 value);
    int (*read_memory)(void *machine, uint64_t gpa, void *buffer, size_t size);
    int (*write_memory)(void *machine, uint64_t gpa, const void *buffer, size_t size);
    /*
     * Stores @desired in the aligned 64-bit word at @gpa, which must hold @expected, in one step
     * for all processors of the guest. -EAGAIN: it holds something else, and nothing is stored.
     */
    int (*compare_exchange)(void *machine, uint64_t gpa, uint64_t expected, uint64_t desired);
    /* Sets bits of such a word in one step, and stores what was there in *@before. */
    int (*set_bits)(void *machine, uint64_t gpa, uint64_t bits, uint64_t *before);
    /*
     * Stops @vp, another one than @caller, in whose call this is, between two instructions: its
     * registers may be read and written until resume_vp(). One VP at a time. -EBUSY: somebody
     * waits for @caller itself to stop, so that its call has to be begun anew.
     */
    int (*stop_vp)(void *machine, unsigned caller, unsigned vp);
    void (*resume_vp)(void *machine, unsigned vp);
    /* Keeps all VPs from running in the VTLs of the set @vtls, and lets them again. */
    void (*stop_vtls)(void *machine, uint16_t vtls);
    void (*resume_vtls)(void *machine);
    /*
     * Makes @rights (HV_PAGE_*) what @vtl, which is stopped, may do with @count pages from @page
     * on. When it returns, no VP can use a right any more that @vtl no longer has.
     */
    int (*protect)(void *machine, unsigned vtl, uint64_t page, uint64_t count, unsigned rights);
    /* Time since the partition began, in units of 100 ns. */
    uint64_t (*reference_time)(void *machine);
    /*
     * Has vtl_stimer_run() called when reference time is @when or later, instead of when it was
     * told before; UINT64_MAX: not at all. With any of the core's locks held, so that it must
     * neither call the core nor wait for somebody who does.
     */
    void (*set_timer)(void *machine, unsigned vp, unsigned vtl, unsigned timer, uint64_t when);
    /* How long the VP has run, in units of 100 ns. */
    uint64_t (*vp_runtime)(void *machine, unsigned vp);
    /* Ticks a second of the guest's counter (CNTVCT_EL0), which was 0 at reference time 0. */
    uint64_t (*counter_hz)(void *machine);
    /* GPA of the VP's GIC redistributor, the same for all VTLs. */
    uint64_t (*redistributor)(void *machine, unsigned vp);
    /* The first entry of the VP into @vtl, which must come to nothing else, finds @context. */
    void (*prepare_vp)(void *machine, unsigned vp, unsigned vtl,
                       const struct vtl_initial_context *context);
    /* Starts a VP that does not run; a negative errno if it does. */
    int (*start_vp)(void *machine, unsigned vp, unsigned vtl,
                    const struct vtl_initial_context *context);
    /*
     * Raises an edge of interrupt @intid at the GIC of @vtl: a PPI (16-31) of that VP, or an SPI.
     * From any thread, whatever the VP is doing; it stays pending until that VTL takes it. Fails
     * if the GIC has no such interrupt or keeps it for itself.
     */
    int (*assert_interrupt)(void *machine, unsigned vp, unsigned vtl, uint32_t intid);
    /*
     * Drives the line of interrupt @intid at the GIC of @vtl: a PPI (16-31) of that VP, or an SPI.
     * What that does is the GIC's configuration: a level stays until it is lowered, an edge is the
     * raising. Threads and errors as above.
     */
    int (*set_interrupt_line)(void *machine, unsigned vp, unsigned vtl, uint32_t intid,
                              bool asserted);
    /* Has all VPs forget the translations of @vtl's tables before it returns; from any thread. */
    int (*flush_tlb)(void *machine, unsigned vtl);
    /* Does @vtl of the VP wait to be started, by whatever means? */
    bool (*is_suspended)(void *machine, unsigned vp, unsigned vtl);
    /*
     * Has it wait, or go on with the registers that it has. A negative errno if that cannot be: the
     * VTL is the one that runs, or a lower one runs there.
     */
    int (*suspend)(void *machine, unsigned vp, unsigned vtl, bool suspend);
    /* The VP is to look soon what there is for it, synic_next_notice(). From any thread. */
    void (*kick_vp)(void *machine, unsigned vp);
    /* The guest at @vtl has reported a crash; the VP goes on until the guest stops. */
    void (*crashed)(void *machine, unsigned vp, unsigned vtl, const struct vtl_crash *crash);
};

/* What is private to one VTL of a VP, beside the architectural registers. */
struct vtl_vp_level {
    _Atomic uint64_t assist_page; /* written under vtl_partition.lock, read by the VP at a switch */
    struct vtl_crash crash;
    bool told_undelivered;       /* the user knows that it gets no intercept messages */
    _Atomic bool told_no_vector; /* and that it has chosen a vector that is none */
    struct hv_u128 event[2];     /* PendingEvent0 and 1: what it takes next; under the lock */
    _Atomic uint64_t vina;       /* VsmVina; written under the lock */
    bool vina_asserted;          /* for the VP's thread; what counts is in the assist page */
    _Atomic uint16_t tlb_locked; /* set of lower VTLs whose TLB this one has locked */
    bool gave_up; /* it does not run because of a VTL call or return of its own; switch.h */
    struct synic synic;
    struct stimers stimers;
};

struct vtl_vp {
    struct vtl_partition *partition;
    unsigned index;
    _Atomic unsigned active; /* the VTL that runs; written by the VP's thread only */
    uint64_t mpidr;          /* affinity fields of MPIDR_EL1 */
    _Atomic uint16_t enabled; /* set of VTLs enabled on this VP; written under the lock */
    _Atomic uint16_t idle;    /* those that wait to be called: enabled, or returned from */
    _Atomic bool has_notices; /* SINTs can take messages that a VTL has waited for: synic.h */
    unsigned refusals;        /* protections refused to its guest */
    unsigned intercept_owner; /* of a call that is SMCCC_INTERCEPTED: the VTL that sees to it */
    unsigned intercept_otherwise; /* and the status if that cannot be */
    struct audit_vp *audit;       /* what is seen of it: audit.h; NULL: nobody looks */
    struct vtl_vp_level level[VTL_LEVELS];
};

struct vtl_partition {
    const struct vtl_backend *backend;
    void *machine;
    struct vtl_services services; /* elected; all, unless set before any VP runs */
    GMutex lock;
    _Atomic uint16_t enabled;    /* set of VTLs enabled for the partition; written under lock */
    unsigned maximum;            /* the highest VTL that may be enabled */
    _Atomic unsigned offered;    /* by VTLs below a paravisor, as that has it; under lock */
    _Atomic uint64_t config[VTL_LEVELS]; /* VsmPartitionConfig of each VTL; written under lock */
    _Atomic uint64_t guest_os_id[VTL_LEVELS]; /* written under lock */
    uint64_t reference_tsc[VTL_LEVELS]; /* ReferenceTsc of each VTL; under lock */
    _Atomic uint16_t hypercall_intercepts; /* set of VTLs that want what nobody serves */
    _Atomic uint16_t connection_intercepts; /* and what goes to connections that nobody has */
    struct vtl_protection protection;
    struct vtl_ports *ports; /* and connections; ports.h */
    uint32_t zero_size;   /* bytes that DC ZVA zeroes (DCZID_EL0.BS) */
    uint16_t vector_lengths; /* SVE: bit n - 1 for vectors of n * 128 bits; 0: there is none */
    bool x0_is_private; /* a VTL return has a function id there (smccc/vtl-abi.h) */
    unsigned vp_count;
    struct vtl_vp *vps;
    struct bank_policy policy; /* the specification's, unless set before any VP runs */
};

/*
 * A partition of @vp_count VPs, whose VTLs in the set @enabled (VTL0 is always one) are enabled
 * on every VP, as after Hyper-V's boot shim has done its work; each VP starts in @boot_vtl. The
 * guest may enable others up to @maximum.
 * @machine goes to every function of @backend; both must outlive the partition.
 */
struct vtl_partition *vtl_partition_new(unsigned vp_count, uint16_t enabled, unsigned maximum,
                                        unsigned boot_vtl, const struct vtl_backend *backend,
                                        void *machine);
void vtl_partition_free(struct vtl_partition *partition);

/*
 * Is memory to be zeroed when the partition is reset? It is, unless all VTLs above 0 say otherwise
 * (VsmPartitionConfig.ZeroMemoryOnReset; TLFS, VSM, "Zero Memory on Reset").
 */
bool vtl_zeroes_memory_on_reset(const struct vtl_partition *partition);

/* The RAM that VTLs may protect, in pages of 4 KiB; before any VP runs. */
void vtl_partition_set_ram(struct vtl_partition *partition, uint64_t first_page, uint64_t count);

/*
 * Copies from or to guest memory with the rights of @vtl. -EACCES: it does not have them; -EFAULT:
 * not all of it is RAM. Nothing is copied then. Once a VTL has taken a right away, no copy that
 * needed it is still on its way.
 */
int vtl_memory_read(struct vtl_partition *partition, unsigned vtl, uint64_t gpa, void *buffer,
                    size_t size);
int vtl_memory_write(struct vtl_partition *partition, unsigned vtl, uint64_t gpa,
                     const void *buffer, size_t size);
/* The same for struct vtl_backend's compare_exchange(). */
int vtl_memory_exchange(struct vtl_partition *partition, unsigned vtl, uint64_t gpa,
                        uint64_t expected, uint64_t desired);
/* And for its set_bits(). */
int vtl_memory_set_bits(struct vtl_partition *partition, unsigned vtl, uint64_t gpa, uint64_t bits,
                        uint64_t *before);

/* The highest VTL that @vtl may enable: a paravisor, once it is there, limits those below it. */
unsigned vtl_offered(const struct vtl_partition *partition, unsigned vtl);

/*
 * Raises an edge of @vector, which the guest has chosen for @what, at @vtl of the VP. If its GIC
 * has no such interrupt, or keeps it for a timer, that is the guest's mistake: nothing comes, and
 * the user is told, once for each VTL of a VP, as a guest must not fill disks. From any thread.
 */
void vtl_raise(struct vtl_vp *vp, unsigned vtl, uint32_t vector, const char *what);

/* The highest VTL in a set of VTLs. */
unsigned vtl_highest(uint16_t set);

#endif
