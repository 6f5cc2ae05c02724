/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests see of the processor: its ID registers on KVM, and those features of the host that
 * they are not to see (fw-regs/cpu-features.h). KVM keeps ID registers per virtual machine, through
 * resets of its vCPUs, and takes other values only before the first of them runs.
 *
 * Arrays of struct id_value have id_register_count elements, in the order of id_registers.
 */
#ifndef EMU_CPU_FEATURES_H
#define EMU_CPU_FEATURES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "fw-regs/cpu-features.h"

struct machine;
struct vcpu;

/*
 * Reads the ID registers of a vCPU of @vm, and what KVM lets its user change of them: nothing before
 * Linux 6.7. DCZID_EL0 is the host's; what KVM shows by mistake is left out. 0 or a negative errno.
 */
int cpu_read(int vm, int vcpu, struct id_value *values);

/* The same of a vCPU as machines on this host have it, with SVE if there are @sve_lengths. */
int cpu_discover(int kvm, uint16_t sve_lengths, struct id_value *values);

/*
 * Decides what the guest sees: what this host has, without what the options disable. machine_new()
 * does it; machine.id then has the values for all VTLs, and stays.
 */
bool cpu_choose(struct machine *machine, GError **error);

/*
 * Has the guest see @wanted of the registers that are present there, because it has seen that
 * elsewhere, or is to; but not what the options disable. False if this host cannot show that: the
 * error names @whose it is, the register and its field, and both values. Before the machine gets
 * power.
 */
bool cpu_require(struct machine *machine, const struct id_value *wanted, const char *whose,
                 GError **error);

/*
 * Writes an ID register of a vCPU that has not run, but for the bits that KVM shows by mistake, and
 * sees that it is there: 0 or a negative errno.
 */
int cpu_write(int vcpu, const struct id_register *reg, uint64_t value);

/* Gives a new vCPU of the machine, which has not run, the values chosen. 0 or a negative errno. */
int cpu_apply(const struct machine *machine, struct vcpu *vcpu);

/* --- vtlemu cpu-features ----------------------------------------------------------------------- */

enum cpu_verdict {
    CPU_HIDEABLE, /* guests see it unless it is disabled */
    CPU_FIXED,    /* guests see it, and it cannot be hidden */
    CPU_ABSENT,   /* no guest sees it here: disabling it changes nothing */
};

struct cpu_listing {
    enum cpu_verdict verdict;
    char *reason; /* owned, may be NULL */
};

/* Finds out, by trying, what becomes of each feature here; @rows has cpu_feature_count elements. */
bool cpu_judge(struct cpu_listing *rows, GError **error);

/* argv[0] is "cpu-features". Returns an exit status of emu/error.h. */
int cpu_features_main(int argc, char **argv);

#endif
