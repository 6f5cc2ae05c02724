/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attacks of VTL0 on VTL2: the vault that VTL2 guards, and what the tables of attacks share.
 *
 *   hostile.c         the attacker's main program, and its way to run a table
 *   hostile-vault.c   VTL2: secrets, canaries, a few services
 *   hostile-access.c  instructions and translation tables
 *   hostile-call.c    hypercalls, PSCI, MMIO
 *   hostile-step.c    what happens while the VMM looks at or steps an instruction; races
 */
#ifndef GUEST_HOSTILE_H
#define GUEST_HOSTILE_H

#include "tests/guest/paravisor.h"

/* What the pages of the vault hold: VTL0 knows all but the secret. */
enum vault_page {
    VAULT_SECRET,
    VAULT_DESCRIPTORS, /* of a page of VTL0, valid, not accessed yet */
    VAULT_STORES,      /* `stxr w5, x3, [x7]` */
    VAULT_CALLS,       /* `hvc #3` */
    VAULT_PAGES,
};

/* --- VTL2 ---------------------------------------------------------------------------------- */

noreturn void vault_serve(void);

/* --- VTL0: what VTL2 does for it ----------------------------------------------------------- */

/* The first word of a page of the vault. */
uint64_t *vault_address(enum vault_page page);
/*
 * VTL2 looks after the vault, its registers, and whether its secret has come to VTL0's memory or
 * registers. 0 or the set of what is wrong.
 */
#define WRONG_VAULT 1u
#define WRONG_BORDER 2u    /* the page taken, or one that is read-only */
#define WRONG_REGISTERS 4u
#define WRONG_SYNTHETIC 8u
#define WRONG_LEAK 16u
unsigned vault_check(void);
/* Intercepts on this VP since the last check. */
uint64_t vault_intercepts(void);
/* Rights of VTL0 on a page of its own. */
uint64_t vault_rights(const volatile void *address, unsigned rights);
/* VTL2 fills a page of VTL0's memory with its secret and closes it. */
void vault_take(const volatile void *page);
/* VTL2 looks after what this page, which VTL0 may not write, holds now. */
void vault_watch(const volatile void *page);
/* More bits in VsmPartitionConfig. */
uint64_t vault_config(uint64_t bits);

/* --- VTL0: attacks ------------------------------------------------------------------------- */

/*
 * One attack. True: it has done no harm as far as VTL0 sees; an exception, or that VTL2 has thrown
 * it out of the attack, is as good. Data accesses that are intercepted are skipped.
 */
struct attack {
    const char *name;
    bool (*run)(void);
};

void attack_all(const struct attack *attacks, size_t count);
/* ESR_EL1 of who was thrown out, no exception class of the processor. */
#define THROWN_OUT (0x3eul << 26)
/* How the last attack of this VP ended, if by an exception or by VTL2. */
extern struct exception attack_end[GUEST_MAX_VPS];

extern const struct attack access_attacks[], walk_attacks[], call_attacks[], step_attacks[],
    race_attacks[];
extern const size_t access_attack_count, walk_attack_count, call_attack_count,
    step_attack_count, race_attack_count;

/* Three pages of VTL0; the middle one is VTL2's. */
extern uint8_t hostile_border[3 * PAGE];
/* A page that may be read and written but not executed, and one that may not be written. */
extern uint8_t hostile_data[PAGE], hostile_code[PAGE];

/* Registers hold this before something might come into them. */
#define POISON 0x5aa5c33c0ff01221ul

void hostile_mmu_off(void);
/* Runs body(argument) on VP1 or VP2 while this VP goes on. */
void helper_start(unsigned vp, void (*body)(void));
/* Until helper_stop() the body of a helper finds this true. */
bool helper_goes_on(void);
/* False if they do not come to their end. */
bool helper_stop(void);

#endif
