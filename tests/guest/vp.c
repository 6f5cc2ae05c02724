/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other VPs: starting them, waiting for them, keeping out of each other's way. */
#include "tests/guest/guest.h"

static void (*entries[GUEST_MAX_VPS])(uint64_t context);

void vp_entry(void); /* start.S */
noreturn void vp_main(uint64_t context);

static void barrier(void)
{
    __asm__ volatile("dmb sy" : : : "memory");
}

int vp_start(unsigned vp, void (*entry)(uint64_t context), uint64_t context)
{
    entries[vp] = entry;
    barrier();
    return psci(PSCI_CPU_ON, vp, (uintptr_t)vp_entry, context);
}

void vp_main(uint64_t context)
{
    entries[guest_vp()](context);
    vp_stop();
}

static volatile uint64_t up[GUEST_MAX_VPS];

void vp_start_others(unsigned vps, void (*entry)(uint64_t vp))
{
    for (unsigned vp = 1; vp < vps; vp++) {
        int status = vp_start(vp, entry, vp);

        if (check(status == PSCI_SUCCESS, "VP%u does not start: %d", vp, status))
            wait_for(&up[vp], 1);
    }
}

void vp_is_up(void)
{
    signal_value(&up[guest_vp()], 1);
}

void vp_stop(void)
{
    psci(PSCI_CPU_OFF, 0, 0, 0);
    check(false, "CPU_OFF returned");
    finish();
}

void wait_for(const volatile uint64_t *flag, uint64_t value)
{
    while (*flag < value)
        __asm__ volatile("yield");
    barrier();
}

void signal_value(volatile uint64_t *flag, uint64_t value)
{
    barrier();
    *flag = value;
}

static uint64_t next_ticket(const struct lock *lock)
{
    uint64_t highest = 0;

    for (unsigned i = 0; i < GUEST_MAX_VPS; i++)
        if (lock->ticket[i] > highest)
            highest = lock->ticket[i];
    return highest + 1;
}

/* Does @other go before @self, which holds @ticket? */
static bool is_before(const struct lock *lock, unsigned other, unsigned self, uint64_t ticket)
{
    uint64_t others = lock->ticket[other];

    return others && (others < ticket || (others == ticket && other < self));
}

void lock_take(struct lock *lock)
{
    unsigned self = guest_vp();
    uint64_t ticket;

    lock->choosing[self] = 1;
    barrier();
    ticket = next_ticket(lock);
    lock->ticket[self] = ticket;
    barrier();
    lock->choosing[self] = 0;
    barrier();
    for (unsigned other = 0; other < GUEST_MAX_VPS; other++) {
        while (lock->choosing[other])
            barrier();
        while (is_before(lock, other, self, ticket))
            barrier();
    }
    barrier();
}

void lock_give(struct lock *lock)
{
    barrier();
    lock->ticket[guest_vp()] = 0;
}
