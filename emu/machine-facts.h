/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine is, as far as its snapshot has to find the same again: SNAPSHOT_MACHINE, the first
 * section. Knows no KVM.
 */
#ifndef EMU_MACHINE_FACTS_H
#define EMU_MACHINE_FACTS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/options.h"
#include "emu/snapshot.h"
#include "fw-regs/election.h"

/* More than there are ID registers. */
#define MACHINE_FACTS_IDS 128u

/* A register by KVM's id. */
struct machine_fact {
    uint64_t id;
    uint64_t value;
};

struct machine_facts {
    uint32_t cpus;
    uint64_t memory;                    /* bytes */
    uint64_t level_memory[VTL_LEVELS];  /* as struct level_options has it */
    uint16_t kernels;                   /* set of VTLs that have one */
    uint32_t boot_vtl, max_vtl;
    uint16_t vmbuses;                   /* set of VTLs that have one */
    bool higher_has_devices;
    uint8_t poison;                     /* enum poison_level */
    struct bank_policy policy;          /* before version 3 of the section the specification's */
    uint32_t call_id, return_id;        /* smccc/vtl-abi.h */
    uint16_t sve_lengths;               /* sve.h; 0: no SVE */
    uint32_t zero_size;                 /* bytes that DC ZVA zeroes */
    uint64_t counter_hz;                /* ticks of the guest's counter a second */
    struct fw_election election;        /* what guests see of firmware registers */
    uint32_t id_count;
    struct machine_fact id[MACHINE_FACTS_IDS]; /* what guests see of the processor: id-fields.h */
};

void machine_facts_write(const struct machine_facts *facts, GByteArray *bytes);
/* Refuses what no machine can be. */
bool machine_facts_read(const struct snapshot_section *section, struct machine_facts *facts,
                        GError **error);

/*
 * Has @options, of a command line with --restore or --incoming, describe the machine of @facts. What
 * the user has given besides must say the same: what does not is refused by its name.
 */
bool machine_facts_adopt(const struct machine_facts *facts, struct options *options,
                         GError **error);

#endif
