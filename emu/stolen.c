/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stolen time: see stolen.h. */
#include "emu/stolen.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/error.h"
#include "emu/kvm.h"
#include "emu/machine.h"

/* DEN 0057: a record is 64-byte aligned. */
#define RECORD_SIZE 64u
/* Revision and attributes come first, 32 bits each. */
#define RECORD_STOLEN 8u

G_STATIC_ASSERT(LAYOUT_MAX_VPS * RECORD_SIZE <= LAYOUT_STOLEN_SIZE);

bool stolen_is_there(int kvm)
{
    return kvm_check_extension(kvm, KVM_CAP_STEAL_TIME) > 0;
}

/* Shared, as a child that unpacks kernels must not make KVM write to a copy. */
static int map_slot(struct vm *vm)
{
    struct kvm_userspace_memory_region region = {
        .slot = VM_SLOT_STOLEN,
        .guest_phys_addr = LAYOUT_STOLEN_BASE,
        .memory_size = LAYOUT_STOLEN_SIZE,
    };
    void *map = mmap(NULL, LAYOUT_STOLEN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0);

    if (map == MAP_FAILED)
        return -errno;
    vm->stolen = map;
    region.userspace_addr = (uintptr_t)map;
    return kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static int set_record(const struct vcpu *vcpu, unsigned index)
{
    uint64_t address = LAYOUT_STOLEN_BASE + (uint64_t)index * RECORD_SIZE;

    return kvm_set_attribute(vcpu->fd, KVM_ARM_VCPU_PVTIME_CTRL, KVM_ARM_VCPU_PVTIME_IPA, &address);
}

bool stolen_open(struct machine *machine, unsigned vtl, GError **error)
{
    int result = map_slot(&machine->level[vtl].vm);

    for (unsigned i = 0; i < machine->vp_count && result == 0; i++)
        result = set_record(&machine->vps[i].level[vtl].vcpu, i);
    if (result < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "std-hyp=pv_time: VTL%u: KVM gives no stolen time: "
                      "%s; leave it out", vtl, g_strerror(-result));
    return result == 0;
}

static unsigned char *stolen_place(const struct vm *vm, unsigned vp)
{
    return (unsigned char *)vm->stolen + vp * RECORD_SIZE + RECORD_STOLEN;
}

uint64_t stolen_get(const struct vm *vm, unsigned vp)
{
    uint64_t value;

    memcpy(&value, stolen_place(vm, vp), sizeof(value));
    return GUINT64_FROM_LE(value);
}

void stolen_set(struct vm *vm, unsigned vp, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(stolen_place(vm, vp), &value, sizeof(value));
}

void stolen_close(struct vm *vm)
{
    if (vm->stolen)
        munmap(vm->stolen, LAYOUT_STOLEN_SIZE);
    vm->stolen = NULL;
}
