/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known call sites and their breakpoints: see sites.h. */
#include "emu/sites.h"

#include <string.h>

#include "emu/kvm.h"

/* DBGBCR<n>_EL1: all four bytes of the instruction, EL1 only, enabled (Arm ARM, D19.3). */
#define DBGBCR_BAS_ALL (0xfu << 5)
#define DBGBCR_PMC_EL1 (1u << 1)
#define DBGBCR_ENABLE (1u << 0)

void sites_init(struct sites *sites)
{
    memset(sites, 0, sizeof(*sites));
    g_mutex_init(&sites->lock);
}

void sites_clear(struct sites *sites, unsigned capacity)
{
    g_mutex_lock(&sites->lock);
    sites->capacity = MIN(capacity, SITES_MAX);
    sites->count = sites->next = 0;
    g_atomic_int_inc(&sites->generation);
    g_mutex_unlock(&sites->lock);
}

static int find(const struct sites *sites, uint64_t address)
{
    for (unsigned i = 0; i < sites->count; i++)
        if (sites->address[i] == address)
            return (int)i;
    return -1;
}

static unsigned make_room(struct sites *sites)
{
    unsigned slot = sites->next;

    if (sites->count < sites->capacity)
        return sites->count++;
    if (sites->evictions++ == 0)
        g_warning("more than %u call sites of VTL call and return: the hardware breakpoints do "
                  "not suffice to guard them all", sites->capacity);
    sites->next = (slot + 1) % sites->capacity;
    return slot;
}

bool sites_add(struct sites *sites, uint64_t address)
{
    bool add;

    g_mutex_lock(&sites->lock);
    add = sites->capacity && find(sites, address) < 0;
    if (add) {
        sites->address[make_room(sites)] = address;
        g_atomic_int_inc(&sites->generation);
    }
    g_mutex_unlock(&sites->lock);
    return add;
}

void sites_learn(struct sites *sites, uint64_t address)
{
    bool room;

    g_mutex_lock(&sites->lock);
    room = sites->count < sites->capacity;
    g_mutex_unlock(&sites->lock);
    if (room)
        sites_add(sites, address);
}

void sites_remove(struct sites *sites, uint64_t address)
{
    int slot;

    g_mutex_lock(&sites->lock);
    slot = find(sites, address);
    if (slot >= 0) {
        sites->address[slot] = sites->address[--sites->count];
        sites->next = 0;
        g_atomic_int_inc(&sites->generation);
    }
    g_mutex_unlock(&sites->lock);
}

static void fill(const struct sites *sites, bool stepping, struct kvm_guest_debug *debug)
{
    debug->control = sites->count ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW : 0;
    if (stepping)
        debug->control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
    for (unsigned i = 0; i < sites->count; i++) {
        debug->arch.dbg_bcr[i] = DBGBCR_BAS_ALL | DBGBCR_PMC_EL1 | DBGBCR_ENABLE;
        debug->arch.dbg_bvr[i] = sites->address[i];
    }
}

static int apply(struct sites *sites, struct vcpu *vcpu)
{
    struct kvm_guest_debug debug = {0};

    g_mutex_lock(&sites->lock);
    vcpu->breakpoints_generation = sites->generation;
    fill(sites, vcpu->stepping, &debug);
    g_mutex_unlock(&sites->lock);
    vcpu->calls[STATS_OTHER]++;
    return kvm_ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug);
}

int sites_apply(struct sites *sites, struct vcpu *vcpu)
{
    return vcpu->breakpoints_generation == g_atomic_int_get(&sites->generation) ? 0
                                                                               : apply(sites, vcpu);
}
