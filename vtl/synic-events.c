/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event flags of the SynIC (TLFS, "SynIC Event Flags"): see synic.h. */
#include "vtl/hv-registers.h"
#include "vtl/synic.h"

#define WORD_BITS 64u

/*
 * In the guest's byte order flag n is bit n % 8 of byte n / 8, so bit n % 64 of a word. With
 * synic.lock held.
 */
static enum synic_result set_flag(struct vtl_vp *vp, unsigned vtl, unsigned sint, unsigned flag,
                                  bool *newly)
{
    const struct synic *synic = &vp->level[vtl].synic;
    uint64_t gpa = (synic->siefp & HV_PAGE_REGISTER_ADDRESS) + sint * (HV_EVENT_FLAGS / 8) +
                   flag / WORD_BITS * sizeof(uint64_t);
    uint64_t bit = 1ull << flag % WORD_BITS, before;

    if (!synic_has_page(synic, synic->siefp) || synic->sint[sint] & HV_SINT_MASKED ||
        vtl_memory_set_bits(vp->partition, vtl, gpa, bit, &before) < 0)
        return SYNIC_OFF;
    *newly = !(before & bit);
    if (*newly)
        synic_interrupt(vp, vtl, sint);
    return SYNIC_DELIVERED;
}

enum synic_result synic_signal(struct vtl_vp *vp, unsigned vtl, unsigned sint, unsigned flag,
                               bool *newly)
{
    enum synic_result result;

    *newly = false;
    if (vtl >= VTL_LEVELS || sint >= HV_SYNIC_SINTS || flag >= HV_EVENT_FLAGS)
        return SYNIC_REFUSED;
    g_mutex_lock(&vp->level[vtl].synic.lock);
    result = set_flag(vp, vtl, sint, flag, newly);
    g_mutex_unlock(&vp->level[vtl].synic.lock);
    return result;
}
