/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small paravisor: VTL0 as a process of VTL2's Linux sees it. All that it does it does by
 * Hyper-V's interface, through the module in module/.
 *
 *   main.c     arguments, the main thread: console, clock and signals
 *   vp.c       a thread a VP: runs VTL0, sees what it was stopped for
 *   mmio.c     accesses to devices, and to nowhere
 *   psci.c     VTL0 starts its processors, powers off, reboots
 *   devices.c  which devices there are; their locks and interrupts
 *   pl031.c    the clock; the console is emu/pl011.c
 *   vault.c    VTL2's memory is none of VTL0's
 *   vtl.c      the device of the module, hypercalls
 */
#ifndef PARAVISOR_H
#define PARAVISOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/paravisor/message.h"
#include "tests/paravisor/vtl.h"

/* Exit status, besides 1 for set-up errors and 128 + signal. */
enum exit_status {
    EXIT_POWER_OFF = 0,
    EXIT_SETUP = 1,
    EXIT_BROKEN = 2, /* VTL0 did what this paravisor does not know */
    EXIT_REBOOT = 3,
};

#define VPS_MAX 64

/* Intercepts by kind, for the statistics. */
enum intercept_kind {
    KIND_CONSOLE,
    KIND_CLOCK,
    KIND_NOWHERE,
    KIND_PROTECTED,
    KIND_START,
    KIND_RESET,
    KIND_OTHER,
    KIND_COUNT,
};

/* One VP: CPU number @index of this Linux. */
struct vp {
    unsigned index;     /* of the CPU */
    uint32_t vp;        /* of the hypervisor */
    pthread_t thread;
    struct hv_vtl_run *run;
    bool on;            /* VTL0 has been started here at some time; under machine.lock */
    bool start_pending; /* and is to start at entry, with context in X0; under machine.lock */
    uint64_t entry, context;
    uint64_t kinds[KIND_COUNT];
};

struct machine {
    unsigned count;
    struct vp vps[VPS_MAX];
    unsigned verbose; /* 1: tell of intercepts; 2: of the console's, too, which are many */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_barrier_t ready; /* all threads know their VPs */
    bool stop;
    int status;     /* once it is to stop */
    int wake;       /* an eventfd: the main thread shall look around */
};

extern struct machine machine;

/* VTL0's console is in the middle of a line: what is told begins on a new one. */
void tell_apart(bool open);
/* To stderr, with a newline. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same if --verbose. */
void tell_more(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, and the end with status EXIT_SETUP. From any thread. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The first one counts. From any thread. */
void machine_stop(enum exit_status status);
void machine_wake(void);

/* vp.c: the body of a VP's thread. */
void *vp_main(void *vp);
/* Makes VTL0 start there soon. False if it is about to already; with machine.lock. */
bool vp_request_start(struct vp *vp, uint64_t entry, uint64_t context);
/* Out of VTL0, to look around. */
void vp_kick(struct vp *vp);
/* VTL0's X registers (31: zero), of the calling VP. */
uint64_t vp_get_x(struct vp *vp, unsigned number);
void vp_set_x(struct vp *vp, unsigned number, uint64_t value);

/* mmio.c: MESSAGE_UNMAPPED_GPA and MESSAGE_GPA_INTERCEPT. */
void mmio_intercept(struct vp *vp, const struct message *message);

/* psci.c */
void psci_hypercall(struct vp *vp, const struct message *message);
void psci_reset(struct vp *vp, const struct message *message);

/* vault.c */
void vault_close(void);

#endif
