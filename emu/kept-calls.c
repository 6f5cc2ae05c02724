/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What KVM answers itself: see kept-calls.h. */
#include "emu/kept-calls.h"

#include <glib.h>

#include "smccc/function.h"

/*
 * Function ids that KVM keeps: services it provides itself, whose presence its firmware bitmap
 * registers decide (a filter would take precedence over them), and the architecture ranges, which
 * it never forwards. Everything else comes to us: X0 is arbitrary at a VTL call.
 * Source: Linux, arch/arm64/kvm/hypercalls.c. Ordered, not overlapping.
 */
static const struct {
    uint32_t first, last;
    const char *what;
} kept[] = {
    {0x80000000, 0x8000ffff, "Arm architecture, 32-bit"},
    {0x84000050, 0x84000053, "TRNG, 32-bit"},
    {0x86000000, 0x86000001, "KVM features, PTP"},
    {SMCCC_VENDOR_UID, SMCCC_VENDOR_UID, "vendor UID, of a guest without Hyper-V's services"},
    {0xc0000000, 0xc000ffff, "Arm architecture, 64-bit"},
    {0xc4000053, 0xc4000053, "TRNG, 64-bit"},
    {0xc5000020, 0xc5000021, "paravirtualized time"},
};

_Static_assert(G_N_ELEMENTS(kept) <= WINDOW_RANGES, "kept function ids");

size_t kept_calls(bool kvm_uid, struct window_range *ranges)
{
    size_t count = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
        if (kept[i].first != SMCCC_VENDOR_UID || kvm_uid)
            ranges[count++] = (struct window_range){kept[i].first, kept[i].last};
    return count;
}

bool kept_call(bool kvm_uid, uint64_t x0)
{
    struct window_range ranges[WINDOW_RANGES];
    size_t count = kept_calls(kvm_uid, ranges);
    uint32_t id = (uint32_t)x0; /* KVM looks at no more (smccc_get_function()) */

    for (size_t i = 0; i < count; i++)
        if (id >= ranges[i].first && id <= ranges[i].last)
            return true;
    return false;
}
