/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The partition as KVM runs it: a VM per VTL on one memory, a thread per VP.
 *
 *   machine.c   set-up, power, and the end of a run
 *   backend.c   what the VTL core asks of KVM
 *   load.c      images, initial RAM disks and device trees into memory
 *   load-igvm.c VTL2 from an IGVM file
 *   vp.c        the thread of a VP: run, exit, dispatch
 *   register-window.c  registers by a program in the kernel
 *   hvc.c       what a guest calls: convention, services, VTL switch
 *   power.c     PSCI
 *   protect.c   pages that a VTL may not access, and what happens if it does
 *   pause.c     keeping VPs out of the guest for a moment
 *   freeze.c    standing still, and going on
 *   machine-state.c  the whole as a snapshot, and back
 *   timers.c    the thread of the synthetic timers
 *   vmbus.c     the host's side of VMBus
 *   visit.c     one VP's thread at another VP's registers
 *   dormant.c   interrupts for VTLs that do not run
 *   devices.c   the MMIO devices of a VTL
 *   elect.c     which services the guest gets
 *   stolen.c    stolen time
 *   implementations.c  on which processors the guest may come to run
 *   policy-check.c  whether KVM can obey the bank policy
 *   strict.c    violations of the specification, told
 *   symbols.c   names for addresses of a guest's code
 *   report.c    what the guest has used
 *   echo.c      ports that send back what they get, for tests
 *
 * Locking: machine.lock guards power states and the end of the run; everything else of a VP
 * belongs to its thread, or to its visitor.
 */
#ifndef EMU_MACHINE_H
#define EMU_MACHINE_H

#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/cpu-features.h"
#include "emu/devices.h"
#include "emu/dormant.h"
#include "emu/echo.h"
#include "emu/elect.h"
#include "emu/hvc-watch.h"
#include "emu/implementations.h"
#include "emu/memory.h"
#include "emu/options.h"
#include "emu/pause.h"
#include "emu/policy.h"
#include "emu/protect.h"
#include "emu/register-window.h"
#include "emu/sites.h"
#include "emu/snapshot.h"
#include "emu/stats.h"
#include "emu/strict.h"
#include "emu/symbols.h"
#include "emu/timers.h"
#include "emu/trace.h"
#include "emu/vcpu.h"
#include "emu/visit.h"
#include "emu/vm.h"
#include "emu/vmbus.h"
#include "smccc/smccc.h"
#include "vtl/vtl.h"

/* Why a run ended. */
enum machine_end {
    MACHINE_RUNNING,
    MACHINE_POWERED_OFF,
    MACHINE_RESET,
    MACHINE_CRASHED,  /* the guest reported a crash by Hyper-V's crash registers */
    MACHINE_FAILED,   /* the guest reported a failure to the test device */
    MACHINE_BROKEN,   /* KVM or vtlemu failed */
    MACHINE_TIMEOUT,
    MACHINE_SIGNAL,   /* or Ctrl-A x, which counts as SIGINT */
    MACHINE_STOPPED,  /* machine_power_off() before any of these */
    MACHINE_STRICT,   /* the guest has violated a rule, and --strict=stop is given */
    MACHINE_MOVED,    /* the guest goes on elsewhere: machine_give_up() */
};

/* One VTL of one VP. */
struct vp_level {
    struct vcpu vcpu;
    enum psci_affinity power;   /* under machine.lock */
    struct vtl_initial_context start; /* what it finds when it starts; only PC if !has_context */
    bool has_context;
    gint due;                   /* the vCPU has yet to be reset to this; atomic */
    bool prepared;              /* off, but a VTL call or return into it starts it */
    uint64_t start_x0;          /* what it finds in X0 when it is first entered */
    bool start_x0_pending;
    const GArray *start_registers; /* set on top when it starts: level.registers, or NULL */
    bool in_cpu_suspend;        /* KVM waits for its wake-up event */
    bool by_interrupt;          /* it was last entered because of an interrupt */
    struct dormant dormant;
};

struct vp {
    struct machine *machine;
    struct vtl_vp *core;
    pthread_t thread;
    bool has_thread; /* under machine.lock */
    bool parked;     /* the thread waits for the end of a freeze, or has ended; likewise */
    struct stats stats;
    struct hvc_watch watch;
    unsigned complaints;
    bool told;        /* the user has seen its registers */
    uint64_t call_pc; /* of the HVC that is being carried out */
    struct protect protect;
    bool stepped; /* it was to come back after one instruction */
    struct pause_member pause;
    struct visit visit;
    uint64_t runtime; /* ns that threads before this one have used; under machine.lock */
    bool runtime_kept; /* that of the present one is in it; likewise */
    uint64_t runtime_told; /* the most that a guest has been told; likewise */
    guint rung; /* set of dormant VTLs that have an interrupt; atomic */
    guint notified; /* of these, lower ones whose interrupts the active VTL has been told of */
    struct vp_level level[VTL_LEVELS];
};

/* One VTL of the machine. */
struct level {
    struct vm vm;
    struct sites sites;
    struct devices devices;
    uint64_t base, size;  /* its part of guest RAM */
    bool has_kernel;
    gint entered;         /* some VP has run in it; atomic */
    uint64_t entry;
    uint64_t device_tree; /* GPA, or whatever the boot VP is to find in X0 */
    GArray *registers;    /* of struct igvm_register, what an IGVM file starts the boot VP with */
};

/* What of a snapshot has come; sets of VPs. */
struct machine_restore {
    enum snapshot_kind kind; /* of the last section */
    bool time, core;
    uint64_t vps, vcpus[VTL_LEVELS], gics[VTL_LEVELS], levels[VTL_LEVELS], devices[VTL_LEVELS];
};

struct machine {
    const struct options *options;
    struct trace *trace;
    int kvm;
    uint16_t vtls;       /* set of VTLs that may exist: each has a VM */
    uint16_t sve_lengths; /* of vectors, for all VTLs of all VPs: sve.h */
    struct register_plan plan; /* what a switch moves and damages */
    struct id_value *id;      /* owned: ID registers for all VTLs of all VPs: cpu-features.h */
    struct id_value *host_id; /* owned: the same if nobody asked for less */
    struct fw_host fw_host;       /* the firmware registers of the host */
    struct fw_election election; /* and what the guest has of them; elect.h */
    struct implementations implementations;
    bool powered;
    struct memory memory;
    struct level level[VTL_LEVELS];
    struct vtl_partition *partition;
    uint64_t counter_offset; /* host counter at the beginning of guest time */
    uint64_t counter_hz;
    unsigned vp_count;
    struct vp *vps;
    struct pause pause;
    struct visits visits;
    struct timers timers;
    struct vmbuses vmbuses;
    struct register_window *window; /* NULL: there is none */
    bool unwatched; /* dormant VTLs are: what they cost otherwise, a benchmark asks */

    GMutex life;              /* whoever turns power on or off, or has the machine frozen */
    bool is_renewed;          /* it is about to be built again as it was, by --pulse */
    bool is_restored;         /* it has yet to go on at @restored_ticks; by who holds life */
    uint64_t restored_ticks;  /* of the guest's counter */
    struct machine_restore restore; /* likewise */

    GMutex lock;
    GCond changed;            /* a power state, the end or a freeze */
    bool frozen;              /* VPs' threads wait where they are; under the lock */
    bool quit;                /* and end; likewise */
    enum machine_end end;     /* the first reason wins, but the user's over a reset */
    unsigned end_detail;      /* failure number or signal */
    char *end_message;        /* for MACHINE_BROKEN; owned */
    struct stats stats;       /* of VPs that have stopped */
    struct vtl_audit *audit;  /* of all partitions of the run; NULL: nobody wants to know */
    struct strict_log *strict; /* NULL: violations are not told */
    struct symbols *symbols[VTL_LEVELS]; /* or NULL */
};

/* A machine with memory, without power. NULL on error. */
struct machine *machine_new(const struct options *options, struct trace *trace, GError **error);
void machine_free(struct machine *machine);

/* Creates VMs and vCPUs, loads the images and starts the VPs. */
bool machine_power_on(struct machine *machine, GError **error);

/* What DC ZVA zeroes, in bytes; guests see the host's DCZID_EL0. */
uint32_t machine_zero_size(void);

/* Stops all VPs, waits for their threads and gives the VMs back. Safe without power, too. */
void machine_power_off(struct machine *machine);

/*
 * Ends the run, from any thread. True if @end is the reason that counts: the first one, or
 * MACHINE_TIMEOUT or MACHINE_SIGNAL after a reset, which would go on for ever otherwise. @message
 * is for MACHINE_BROKEN, taken over, and may be NULL.
 */
bool machine_end(struct machine *machine, enum machine_end end, unsigned detail, char *message);

/* The same for who must not wait: gives up, with *@told false, if somebody keeps machine.lock. */
bool machine_try_end(struct machine *machine, enum machine_end end, unsigned detail, bool *told);

/* Waits until the run has ended (true), or until monotonic time @until, if that is not 0. */
bool machine_wait(struct machine *machine, gint64 until);

/*
 * For freeze.c and machine-state.c, with machine.life held. The threads of VPs, timers and VMBus:
 * begins them where the VPs are, has them wait there, or end. machine_build() gives power, without images if not
 * to @boot; machine_tear_down() takes it away, @clear: with what is in memory.
 */
bool machine_start_threads(struct machine *machine, GError **error);
void machine_park_threads(struct machine *machine);
void machine_stop_threads(struct machine *machine);
bool machine_build(struct machine *machine, bool boot, GError **error);
void machine_tear_down(struct machine *machine, bool clear);

/* An interrupt of @vtl may have come, for whichever VP. */
void machine_look(struct machine *machine, unsigned vtl);

/* Some VP runs in @vtl from now on. */
void machine_note_entry(struct machine *machine, unsigned vtl);

/* Tells the user of VTLs whose kernel has never run. */
void machine_tell_unused(struct machine *machine);

/* Makes the VP's thread leave KVM_RUN soon and look around. */
void machine_kick(struct vp *vp);
/* The same with machine.lock, which keeps the thread from coming or going meanwhile. */
void machine_kick_safely(struct vp *vp);

/* For that thread, before it looks: a kick from now on counts again. */
void machine_was_kicked(struct vp *vp);

/* backend.c: KVM, as the VTL core sees it; its machine is a struct machine. */
extern const struct vtl_backend machine_backend;
/* How long the VP has run, in ns; never less than before. */
uint64_t machine_runtime(struct machine *machine, unsigned index);
/* The host's counter; all time of the guest is made of it. */
static inline uint64_t counter_read(void)
{
    uint64_t value;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

/* load.c: puts the images of a level into memory; sets entry and device_tree. */
bool load_level(struct machine *machine, unsigned vtl, GError **error);
/* load-igvm.c: the same from an IGVM file; sets registers as well. */
bool load_igvm(struct machine *machine, GError **error);
/* load.c: the device tree of a level without initial RAM disk; --dump-dtb may want it, too. */
GBytes *load_tree(struct machine *machine, unsigned vtl, GError **error);

/* vp.c: body of a VP's thread. machine_new() gives the signal a handler. */
#define VP_KICK_SIGNAL SIGUSR2
void *vp_main(void *vp);
static inline struct vp_level *vp_active(struct vp *vp)
{
    return &vp->level[vp->core->active];
}
/* The VP that the VTL core knows as @core, the context of everything a guest calls. */
static inline struct vp *vp_of(const struct vtl_vp *core)
{
    struct machine *machine = core->partition->machine;

    return &machine->vps[core->index];
}
/* May the VP trouble the user once more with what its guest does? A guest must not fill disks. */
bool vp_may_complain(struct vp *vp);
/*
 * Makes another VTL of the VP, which must be able to run, the active one; its PC must be where the
 * one that is left goes on later.
 */
void vp_switch(struct vp *vp, unsigned target, enum vtl_entry_reason reason,
               enum stats_switch kind);
/*
 * Before a switch that the VTL which runs has not caused: it is between two instructions then, and
 * its registers are what the next one will find.
 */
void vp_break_off(struct vp *vp);
/* Can VTL @owner, a higher one, be entered on this VP to see to an intercept? Enters it. */
bool vp_can_intercept(struct vp *vp, unsigned owner);
void vp_intercept(struct vp *vp, unsigned owner, enum vtl_entry_reason reason);
/* The same with the message about an access, HV_MESSAGE_GPA_INTERCEPT or _UNMAPPED_GPA. */
void vp_intercept_memory(struct vp *vp, unsigned owner, enum hv_intercept_message type,
                         const struct vtl_fault *fault);
/* The access that has stopped the VP ends in an external abort for the guest. */
void vp_abort_access(struct vp *vp);
/* Shows the user the registers of the active VTL, once; by the VP's thread, or after its end. */
void vp_tell(struct vp *vp);
/* The guest has violated a rule: see struct vtl_audit. */
void vp_violated(void *machine, struct vtl_vp *core, enum strict_rule rule, const char *what);
/* Ends the run because of KVM or ourselves, and shows the VP's registers. */
void vp_broken(struct vp *vp, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* hvc.c: the HVC before PC (an exit) or at PC (a breakpoint). */
void hvc_exit(struct vp *vp);
/* The guest is right behind @call, which KVM has answered: takes that back and carries it out. */
void hvc_take_back(struct vp *vp, const struct window_call *call);
/* Stores the immediate of the HVC at @pc; false if there is none. */
bool hvc_fetch(struct vp *vp, uint64_t pc, uint16_t *immediate);
/* Carries out the HVC at @pc. */
void hvc_perform(struct vp *vp, uint64_t pc, uint16_t immediate);

/* power.c */
extern const struct psci_ops power_psci_ops;
/*
 * The active VTL goes on, if it waits in CPU_SUSPEND. So it does when a higher VTL is entered,
 * which may want it to take an exception; PSCI allows waking up early (DEN 0022, 5.1.2).
 */
void power_end_suspend(struct vp *vp);
/* Does @vtl of the VP run when its turn comes? */
bool power_is_on(const struct vp *vp, unsigned vtl);
/* Before a switch into @vtl: starts it if it has only been prepared. A negative errno, or 0. */
int power_enter(struct vp *vp, unsigned vtl);
/* May the VP switch into @vtl? */
bool power_can_enter(struct vp *vp, unsigned vtl);
/* For the VTL core: see struct vtl_backend. */
void power_prepare_vp(void *machine, unsigned vp, unsigned vtl,
                      const struct vtl_initial_context *context);
int power_start_vp(void *machine, unsigned vp, unsigned vtl,
                   const struct vtl_initial_context *context);
bool power_is_suspended(void *machine, unsigned vp, unsigned vtl);
int power_suspend(void *machine, unsigned vp, unsigned vtl, bool suspend);
/* KVM makes the affinity of a vCPU from its index. */
uint64_t power_mpidr(unsigned index);
/*
 * For whoever has the vCPUs of the VP and wants their registers: those of VTLs that have been told
 * to start, or been given an initial context, are so from here on.
 */
void power_catch_up(struct vp *vp);
/* Waits until the VP has something to run. False when the run has ended. */
bool power_wait(struct vp *vp);

#endif
