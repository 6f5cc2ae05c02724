/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exclusives by compare-and-swap: see exclusive.h. */
#include "emu/exclusive.h"

#include <string.h>

#include "emu/machine.h"

#define XZR 31
#define FAILED 1

/* Both words of a pair at once; the host's compiler would want a library for it. */
static bool swap_pair(uint64_t *where, const uint64_t before[2], const uint64_t after[2])
{
    uint64_t low, high;
    uint32_t failed = 0;

    do {
        __asm__ volatile("ldaxp %0, %1, [%2]" : "=&r"(low), "=&r"(high) : "r"(where) : "memory");
        if (low != before[0] || high != before[1]) {
            __asm__ volatile("clrex" : : : "memory");
            return false;
        }
        __asm__ volatile("stlxp %w0, %1, %2, [%3]"
                         : "=&r"(failed)
                         : "r"(after[0]), "r"(after[1]), "r"(where)
                         : "memory");
    } while (failed);
    return true;
}

static bool swap(uint8_t *where, unsigned size, const uint64_t before[2], const uint64_t after[2])
{
#define SWAP(type)                                                                                 \
    {                                                                                              \
        type expected = (type)before[0];                                                           \
                                                                                                   \
        return __atomic_compare_exchange_n((type *)(void *)where, &expected, (type)after[0],       \
                                           false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);             \
    }
    switch (size) {
    case 1:
        SWAP(uint8_t)
    case 2:
        SWAP(uint16_t)
    case 4:
        SWAP(uint32_t)
    case 8:
        SWAP(uint64_t)
    default:
        return swap_pair((uint64_t *)(void *)where, before, after);
    }
#undef SWAP
}

static uint64_t low_bytes(uint64_t value, unsigned size)
{
    return size < sizeof(value) ? value & ((1ull << 8 * size) - 1) : value;
}

static uint64_t get(struct vp *vp, unsigned reg, unsigned size)
{
    return reg == XZR ? 0 : low_bytes(vcpu_get64(&vp_active(vp)->vcpu, REG_X0 + reg), size);
}

static void set(struct vp *vp, unsigned reg, uint64_t value)
{
    if (reg != XZR)
        vcpu_set64(&vp_active(vp)->vcpu, REG_X0 + reg, value);
}

/* The registers of a pair of words are one value of twice their size, as it lies in memory. */
static void load(struct vp *vp, const struct decode_insn *insn, const uint64_t value[2])
{
    unsigned bits = 8 * insn->element_size;

    if (!insn->pair) {
        set(vp, insn->rt, value[0]);
    } else if (bits == 64) {
        set(vp, insn->rt, value[0]);
        set(vp, insn->rt2, value[1]);
    } else {
        set(vp, insn->rt, low_bytes(value[0], insn->element_size));
        set(vp, insn->rt2, value[0] >> bits);
    }
}

static void collect(struct vp *vp, const struct decode_insn *insn, uint64_t value[2])
{
    unsigned size = insn->element_size;

    value[0] = get(vp, insn->rt, size);
    value[1] = 0;
    if (insn->pair && size == sizeof(uint64_t))
        value[1] = get(vp, insn->rt2, size);
    else if (insn->pair)
        value[0] |= get(vp, insn->rt2, size) << 8 * size;
}

static void perform_load(struct vp *vp, const struct vtl_fault *fault, const uint8_t *where,
                         unsigned size)
{
    struct protect_monitor *monitor = &vp->protect.monitor;

    *monitor = (struct protect_monitor){
        .left = EXCLUSIVE_DISTANCE, .vtl = vp->core->active, .gpa = fault->gpa, .size = size};
    memcpy(monitor->value, where, size);
    load(vp, &fault->decoded, monitor->value);
}

static void perform_store(struct vp *vp, const struct vtl_fault *fault, uint8_t *where,
                          unsigned size)
{
    struct protect_monitor *monitor = &vp->protect.monitor;
    bool held = monitor->left && monitor->vtl == vp->core->active &&
                monitor->gpa == fault->gpa && monitor->size == size;
    uint64_t value[2];

    collect(vp, &fault->decoded, value);
    set(vp, fault->decoded.rs, held && swap(where, size, monitor->value, value) ? 0 : FAILED);
    monitor->left = 0;
}

static void perform(struct vp *vp, const struct vtl_fault *fault, unsigned size)
{
    struct memory *memory = &vp->machine->memory;
    uint8_t *where = memory->host + (fault->gpa - memory->base);

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (fault->decoded.kind == DECODE_LOAD)
        perform_load(vp, fault, where, size);
    else
        perform_store(vp, fault, where, size);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (fault->decoded.kind != DECODE_LOAD)
        memory_note_written(memory, fault->gpa, size);
}

bool exclusive_perform(struct vp *vp, const struct vtl_fault *fault)
{
    struct vtl_partition *partition = vp->machine->partition;
    struct vcpu *vcpu = &vp_active(vp)->vcpu;
    unsigned size = (unsigned)fault->decoded.access[0].size;
    bool permitted;

    /* Exclusives must be aligned, so that they lie in one page. */
    if (size > sizeof(vp->protect.monitor.value) || fault->gpa % size)
        return false;
    /* No higher VTL takes the right away in the middle of it. */
    g_rw_lock_reader_lock(&partition->protection.lock);
    permitted = vtl_protection_permits(partition, vp->core->active, fault->gpa, size,
                                       fault->rights);
    if (permitted)
        perform(vp, fault, size);
    g_rw_lock_reader_unlock(&partition->protection.lock);
    if (permitted)
        vcpu_set64(vcpu, REG_PC, vcpu_get64(vcpu, REG_PC) + A64_INSN_SIZE);
    return permitted;
}
