/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flushing the TLBs of a VM: see vm_flush_tlb() in vm.h.
 *
 * KVM has no call for that. It flushes when a page of a memory slot becomes clean in its dirty log
 * (Linux, virt/kvm/kvm_main.c, kvm_clear_dirty_log_protect()), whether the guest has ever touched
 * the page or not, and a flush of a slot always takes the VMID's whole stage 1 along: `tlbi
 * vmalle1is` after the slot's own range, or `vmalls12e1is` (arch/arm64/kvm/hyp/pgtable.c,
 * kvm_tlb_flush_vmid_range(); hyp/vhe/tlb.c and hyp/nvhe/tlb.c, __kvm_tlb_flush_vmid_range(),
 * __kvm_tlb_flush_vmid()), inner shareable, and waited for by `dsb ish`.
 *
 * So there is a small slot, on nothing, whose pages begin dirty (KVM_DIRTY_LOG_INITIALLY_SET), and
 * each flush cleans one of them. When none is left the slot is made anew. Switching the log of a
 * slot on, or moving it, flushes too, but KVM then waits for its SRCU readers: ten times as slow.
 *
 * The guest must not notice. An access to the slot ends KVM_RUN with EFAULT; the slot is taken away
 * then, and the guest tries again.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/kvm.h"
#include "emu/layout.h"
#include "emu/vm.h"

#define WORD_BITS 64u
/* With the smallest pages a host may have. */
#define PAGES_MAX (LAYOUT_FLUSH_SIZE / (4 * KIB))

static unsigned page_count(void)
{
    return (unsigned)(LAYOUT_FLUSH_SIZE / (uint64_t)sysconf(_SC_PAGESIZE));
}

static int set_slot(struct vm *vm, uint64_t size)
{
    struct kvm_userspace_memory_region region = {
        .slot = VM_SLOT_FLUSH,
        .flags = KVM_MEM_LOG_DIRTY_PAGES,
        .guest_phys_addr = LAYOUT_FLUSH_BASE,
        .memory_size = size,
        .userspace_addr = (uintptr_t)vm->flush.nothing,
    };

    return kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

/* Addresses of ours that nobody may touch, KVM for its guest neither. */
static int reserve_nothing(struct vm_flush *flush)
{
    void *nothing;

    if (flush->nothing)
        return 0;
    nothing = mmap(NULL, LAYOUT_FLUSH_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (nothing == MAP_FAILED)
        return -errno;
    flush->nothing = nothing;
    return 0;
}

int vm_begin_dirty(struct vm *vm)
{
    struct kvm_enable_cap begin_dirty = {
        .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
        .args = {KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET},
    };

    return kvm_ioctl(vm->fd, KVM_ENABLE_CAP, &begin_dirty);
}

static int create_slot(struct vm *vm)
{
    int error = reserve_nothing(&vm->flush);

    if (error == 0)
        error = vm_begin_dirty(vm);
    if (error == 0)
        error = set_slot(vm, LAYOUT_FLUSH_SIZE);
    if (error == 0)
        vm->flush.clean = 0;
    vm->flush.has_slot = error == 0;
    return error;
}

static int delete_slot(struct vm *vm)
{
    int error = set_slot(vm, 0);

    if (error == 0)
        vm->flush.has_slot = false;
    return error;
}

static int clean_page(struct vm *vm)
{
    uint64_t bits[PAGES_MAX / WORD_BITS] = {0};
    struct kvm_clear_dirty_log log = {
        .slot = VM_SLOT_FLUSH, .num_pages = page_count(), .dirty_bitmap = bits};

    bits[vm->flush.clean / WORD_BITS] = UINT64_C(1) << vm->flush.clean % WORD_BITS;
    vm->flush.clean++;
    return kvm_ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &log);
}

int vm_flush_tlb(struct vm *vm)
{
    int error = 0;

    g_mutex_lock(&vm->flush.lock);
    if (vm->flush.has_slot && vm->flush.clean == page_count())
        error = delete_slot(vm);
    if (error == 0 && !vm->flush.has_slot)
        error = create_slot(vm);
    if (error == 0)
        error = clean_page(vm);
    g_mutex_unlock(&vm->flush.lock);
    return error;
}

bool vm_flush_withdraw(struct vm *vm)
{
    bool withdrawn;

    g_mutex_lock(&vm->flush.lock);
    withdrawn = vm->flush.has_slot && delete_slot(vm) == 0;
    g_mutex_unlock(&vm->flush.lock);
    return withdrawn;
}

bool vm_has_flushed(struct vm *vm)
{
    bool has;

    g_mutex_lock(&vm->flush.lock);
    has = vm->flush.nothing != NULL;
    g_mutex_unlock(&vm->flush.lock);
    return has;
}

void vm_flush_close(struct vm *vm)
{
    if (vm->flush.nothing)
        munmap(vm->flush.nothing, LAYOUT_FLUSH_SIZE);
    vm->flush.nothing = NULL;
    g_mutex_clear(&vm->flush.lock);
}
