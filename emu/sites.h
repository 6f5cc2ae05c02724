/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call sites of `hvc #2` and `hvc #3`, guarded by hardware breakpoints.
 *
 * KVM ignores the immediate of an HVC and answers by itself whenever the low half of X0 lies in
 * the Arm architecture ranges; X0 is arbitrary data at a VTL switch, so that such a switch would
 * be lost. A breakpoint fires before the HVC executes. Each VTL has a set of known sites; they are
 * virtual addresses, so the instruction is fetched and looked at again whenever one fires.
 */
#ifndef EMU_SITES_H
#define EMU_SITES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/vcpu.h"

/* The architecture allows no more (ID_AA64DFR0_EL1.BRPs is four bits wide). */
#define SITES_MAX 16

struct sites {
    GMutex lock;
    unsigned capacity;  /* breakpoints that the host has */
    unsigned count;
    unsigned next;      /* the one to give up when a new site needs room */
    gint generation;    /* changes with the set; atomic */
    uint64_t evictions;
    uint64_t address[SITES_MAX];
};

void sites_init(struct sites *sites);
void sites_clear(struct sites *sites, unsigned capacity);

/*
 * Adds a site. True if it was not known. If there is no room, the oldest one loses its
 * breakpoint, which is counted and logged once, as its switches can then get lost again.
 */
bool sites_add(struct sites *sites, uint64_t address);

/* Adds a site before it has been used, if there is room. */
void sites_learn(struct sites *sites, uint64_t address);

/* Forgets a site that holds another instruction by now. */
void sites_remove(struct sites *sites, uint64_t address);

/* Gives the set to the vCPU if it has changed; call before running it. 0 or a negative errno. */
int sites_apply(struct sites *sites, struct vcpu *vcpu);

#endif
