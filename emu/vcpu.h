/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One vCPU: the register bank of one VTL of one VP, and a cache of it.
 *
 * A register costs a system call to read and another to write, and a VTL switch moves 60 of
 * them. So a vCPU remembers what it has last read or written: as long as the vCPU has not run,
 * that is what KVM holds. Reading it again or writing the same value costs nothing. Nor does
 * reading what a window (register-window.h) shows; whoever reads does not know which it was.
 */
#ifndef EMU_VCPU_H
#define EMU_VCPU_H

#include <glib.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/registers.h"
#include "emu/stats.h"
#include "emu/vcpu-window.h"
#include "vtl/fault.h"
#include "vtl/partition.h"

/* Z registers as KVM has them, for vectors of any length. */
#define VCPU_Z_REGISTERS 32
#define VCPU_Z_BYTES 256

/* What is known of a register's value in KVM. */
enum vcpu_row {
    VCPU_ROW_UNKNOWN, /* as the vCPU has left it: a window shows it, and so does KVM */
    VCPU_ROW_CHANGED, /* written since: KVM tells, a window does not */
    VCPU_ROW_CACHED,  /* equals the cached value */
};

struct vcpu {
    int fd;
    struct kvm_run *run;
    size_t run_size;
    struct kvm_vcpu_init init;
    int breakpoints_generation; /* of the sites last given to KVM; -1: none are valid */
    bool stepping;              /* run one instruction at a time */
    uint64_t calls[STATS_CALLS];
    struct vcpu_window window;
    bool verify; /* whatever the window shows is asked of KVM, too; if they differ, all ends */
    uint8_t row[REGISTERS_MAX]; /* enum vcpu_row */
    struct hv_u128 value[REGISTERS_MAX];
    unsigned vector_bits; /* its longest vectors; 0: it has no SVE */
    uint8_t z[VCPU_Z_REGISTERS][VCPU_Z_BYTES]; /* with SVE: as long as Qn is cached */
};

/*
 * Creates vCPU @index of @vm, with SVE if there are @sve_lengths (sve.h), which must be all that
 * the host has up to the longest of them, and the same for all vCPUs of @vm; @kvm is /dev/kvm. 0 or
 * a negative errno.
 */
int vcpu_open(struct vcpu *vcpu, int kvm, int vm, unsigned index, uint16_t sve_lengths);
void vcpu_close(struct vcpu *vcpu);

/* Puts all registers to their reset values (the first call also completes creation). */
int vcpu_reset(struct vcpu *vcpu);

/*
 * Runs until the next exit. 0, or a negative errno (-EINTR after a signal or when
 * run->immediate_exit is set).
 */
int vcpu_run(struct vcpu *vcpu);

/*
 * Gives the vCPU what KVM still owes it, such as the end of a load from a device or an exception,
 * so that its registers are those between two instructions. It does not run.
 */
void vcpu_settle(struct vcpu *vcpu);

/* The HVC because of which it came back, if its window tells: valid until it runs again; or NULL. */
const struct window_call *vcpu_call(const struct vcpu *vcpu);

/*
 * The access to memory at which it was stopped, if its window tells: then it has come back because
 * of that, or of something else that came at once. False: it does not.
 */
bool vcpu_fault(const struct vcpu *vcpu, struct vtl_fault_report *report);

/* Registers by HV_REGISTER_NAME; -ENOENT for one that KVM does not have. */
int vcpu_get(struct vcpu *vcpu, uint32_t name, struct hv_u128 *value);
int vcpu_set(struct vcpu *vcpu, uint32_t name, struct hv_u128 value);

/* The same for 64-bit registers that always exist: failure is KVM's and is logged. */
uint64_t vcpu_get64(struct vcpu *vcpu, uint32_t name);
void vcpu_set64(struct vcpu *vcpu, uint32_t name, uint64_t value);

/* X0 to X(@count - 1), the same way. */
void vcpu_get_general(struct vcpu *vcpu, uint64_t *x, unsigned count);

/* Makes it stop after each instruction, from the next sites_apply() on. */
void vcpu_set_stepping(struct vcpu *vcpu, bool stepping);

/* Carries the shared bank over from the VTL that ran to the one that will. */
int vcpu_copy_shared(struct vcpu *from, struct vcpu *to, const struct register_plan *plan);

/*
 * Can the register of @bank_row (bank-rows.h) be read and written, as carrying it over takes? 0 or
 * a negative errno: -ENOENT, KVM does not have it.
 */
int vcpu_try_row(struct vcpu *vcpu, size_t bank_row);

/*
 * SVE, vcpu-sve.c. KVM has Q0-Q31 in memory of their own if a vCPU has no SVE, and else only as the
 * low parts of Z0-Z31, the rest of which is nobody's business but the VTL's: whoever writes Qn
 * keeps it. Hence the cache holds all of them.
 */

/* Vector lengths that guests on this host can have, if any. 0 or a negative errno. */
int vcpu_sve_lengths(int kvm, uint16_t *lengths);

/*
 * For the VTL that is entered: everything of its own that @plan has damaged becomes a pattern
 * that names @vp and @vtl (vtl/poison.h). What this processor does not have is left out.
 */
int vcpu_poison(struct vcpu *vcpu, const struct register_plan *plan, unsigned vp, unsigned vtl);

/* Carries Z, P or FFR over, row @row of bank_table; Q0-Q31 have come before. */
int vcpu_sve_copy(struct vcpu *from, struct vcpu *to, size_t row);

/*
 * For vcpu.c: gives a new vCPU its lengths; asks KVM for row @row, which is one of Q0-Q31, and stores
 * the Z register that it is a part of in @whole; looks for it in the window; writes it.
 */
int vcpu_sve_begin(struct vcpu *vcpu, uint16_t lengths);
int vcpu_sve_read(struct vcpu *vcpu, size_t row, struct hv_u128 *value, uint8_t *whole);
bool vcpu_sve_look(struct vcpu *vcpu, size_t row, struct hv_u128 *value);
int vcpu_sve_write(struct vcpu *vcpu, size_t row, struct hv_u128 value);

/* The cache of the Z register that Q register @row is a part of. */
uint8_t *vcpu_z(struct vcpu *vcpu, size_t row);

/* Makes a synchronous exception with syndrome @esr pending for EL1, taken at address @pc. */
void vcpu_inject_exception(struct vcpu *vcpu, uint64_t esr, uint64_t pc);

/* An external abort, as a bus error would cause it, on the access that caused this exit. */
int vcpu_inject_external_abort(struct vcpu *vcpu);

#endif
