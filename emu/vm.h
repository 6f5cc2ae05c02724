/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The KVM virtual machine of one VTL: memory slot, SMCCC filter, GIC, counter offset, TLB flushes.
 */
#ifndef EMU_VM_H
#define EMU_VM_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/layout.h"
#include "emu/memory.h"

/* Memory slots of a VM. */
#define VM_SLOT_RAM 0u
#define VM_SLOT_FLUSH 1u
#define VM_SLOT_STOLEN 2u /* stolen.h */

/* For vm_flush_tlb(). */
struct vm_flush {
    GMutex lock;
    void *nothing;  /* what its memory slot lies on; NULL: there has been no flush */
    bool has_slot;
    unsigned clean; /* pages of it that are clean in KVM's dirty log, from the first one on */
};

/* Who drives the line of an SPI: it is high as long as anybody has it so. */
enum vm_line_driver {
    VM_LINE_DEVICE,     /* one of the VTL's own */
    VM_LINE_HIGHER_VTL, /* HvCallAssertVirtualInterrupt */
    VM_LINE_DRIVERS
};

/* For vm_set_spi(). */
struct vm_lines {
    GMutex lock;
    uint8_t high[LAYOUT_INTERRUPTS]; /* of each INTID, the set of those who have it so */
};

struct vm {
    int fd;
    int gic;
    unsigned breakpoints; /* hardware breakpoints a vCPU has */
    bool can_suspend;     /* KVM_MP_STATE_SUSPENDED works */
    bool kvm_uid;         /* the vendor's UID is KVM's to tell: kept-calls.h */
    struct vm_lines lines;
    struct vm_flush flush;
    void *stolen; /* records of stolen time, LAYOUT_STOLEN_SIZE bytes; NULL: none. stolen.h */
};

/* An empty VM with 40 bits of GPA, or as many as the host has. A descriptor or a negative errno. */
int vm_create(int kvm);

/*
 * Creates the VM of @vtl on the view that @memory has for it. @counter_offset is what the guest's
 * counters lag behind the host's, in ticks: the same for all VTLs, so that they agree on the time.
 * @kvm_uid: the vendor's UID is KVM's to tell, not ours.
 */
bool vm_open(struct vm *vm, int kvm, unsigned vtl, const struct memory *memory,
             uint64_t counter_offset, bool kvm_uid, GError **error);
void vm_close(struct vm *vm);

/* Changes @counter_offset, while no vCPU runs. 0 or a negative errno. */
int vm_set_counter_offset(const struct vm *vm, uint64_t offset);

/*
 * Has all processors forget the translations of the VM's guest, those of its own tables (stage 1)
 * and of walks half-way included: what it accesses from now on is translated by the tables as they
 * are. Instructions that other vCPUs have begun may still go by what was. From any thread, while
 * vCPUs are in KVM_RUN too. 0 or a negative errno: then nothing may have been forgotten.
 *
 * It keeps a memory slot at LAYOUT_FLUSH_BASE. If a guest accesses that, KVM_RUN ends with EFAULT.
 */
int vm_flush_tlb(struct vm *vm);

/*
 * After EFAULT: takes that slot away until the next flush, so that the guest, which tries again,
 * finds nothing there. False: there is none, which may have become so meanwhile.
 */
bool vm_flush_withdraw(struct vm *vm);

/* May an EFAULT be due to the slot? */
bool vm_has_flushed(struct vm *vm);

/* Has memory slots whose log of dirty pages is switched on from now on begin with all dirty. */
int vm_begin_dirty(struct vm *vm);

/* For vm_close(), after the VM itself has gone. */
void vm_flush_close(struct vm *vm);

/*
 * Has KVM note in which pages of RAM the guest writes, or not any more. All pages count as written at
 * first. From any thread, while vCPUs run, too. 0 or a negative errno.
 */
int vm_track(struct vm *vm, unsigned vtl, const struct memory *memory, bool on);

/*
 * Adds the pages of RAM that the guest has written to since the last time to @set, a bit for each
 * page of 4 KiB, of memory_set_words(). What is written while this runs counts the next time at the
 * latest. 0 or a negative errno: then some may have been forgotten.
 */
int vm_take_written(struct vm *vm, const struct memory *memory, uint64_t *set);

/* Creates the GIC; call after the last vCPU has been created, before the first one runs. */
bool vm_create_gic(struct vm *vm, unsigned vp_count, GError **error);

/* Sets the line of the SPI with INTID @intid; -EINVAL: the GIC has no such SPI. */
int vm_set_spi(struct vm *vm, enum vm_line_driver driver, uint32_t intid, bool high);

/* The same for the PPI with INTID @intid (16-31) of vCPU @index. -EPERM for a timer's. */
int vm_set_ppi(const struct vm *vm, unsigned index, uint32_t intid, bool high);

/* An edge of the SPI with INTID @intid, if the guest has it edge-triggered. */
int vm_pulse_spi(struct vm *vm, uint32_t intid);

/*
 * An edge of the PPI with INTID @intid (16-31) of the vCPU with affinity @mpidr, whatever its
 * configuration says. No vCPU of the VM may be in KVM_RUN meanwhile. -EPERM for a timer's.
 */
int vm_pulse_ppi(const struct vm *vm, uint64_t mpidr, uint32_t intid);

#endif
