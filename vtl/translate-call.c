/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translation by hypercall: see translate-call.h. */
#include "vtl/translate-call.h"

#include <errno.h>

#include "vtl/exception.h"
#include "vtl/translate.h"

#define PAGE_SHIFT 12
#define PSTATE_PAN (1ull << 22)

#define FLAGS_KNOWN                                                                                \
    (HV_TRANSLATE_READ | HV_TRANSLATE_WRITE | HV_TRANSLATE_EXECUTE | HV_TRANSLATE_NO_FLUSH |       \
     HV_TRANSLATE_AS_SUPERVISOR | HV_TRANSLATE_AS_USER | HV_TRANSLATE_PAN_SET |                    \
     HV_TRANSLATE_PAN_CLEAR | UINT64_C(0xff) << HV_TRANSLATE_VTL_SHIFT)

#define CACHE_UNCACHED 0
#define CACHE_COMBINING 1
#define CACHE_WRITE_THROUGH 4
#define CACHE_WRITE_BACK 6

/* Registers of the regime, by HV_REGISTER_NAME. */
enum { SCTLR_EL1 = 0x00040002, TTBR0_EL1 = 0x00040005, TTBR1_EL1, TCR_EL1, MAIR_EL1 = 0x0004000b };
#define PSTATE 0x00020023u

/* Whose tables are walked. */
struct walker {
    const struct vtl_partition *partition;
    unsigned vtl;
};

static uint64_t read_register(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    struct hv_u128 value = {0};

    vp->partition->backend->get_register(vp->partition->machine, vp->index, vtl, name, &value);
    return value.low;
}

static struct translate_regime read_regime(const struct vtl_vp *vp, unsigned vtl)
{
    return (struct translate_regime){
        .sctlr = read_register(vp, vtl, SCTLR_EL1),
        .tcr = read_register(vp, vtl, TCR_EL1),
        .ttbr0 = read_register(vp, vtl, TTBR0_EL1),
        .ttbr1 = read_register(vp, vtl, TTBR1_EL1),
        .mair = read_register(vp, vtl, MAIR_EL1),
    };
}

static int read_descriptor(void *context, uint64_t gpa, uint64_t *descriptor)
{
    const struct walker *walker = context;
    const struct vtl_partition *partition = walker->partition;

    return partition->backend->read_memory(partition->machine, walker->vtl, gpa, descriptor,
                                           sizeof(*descriptor));
}

static bool flags_are_valid(uint64_t flags)
{
    uint64_t levels = HV_TRANSLATE_AS_SUPERVISOR | HV_TRANSLATE_AS_USER;
    uint64_t pan = HV_TRANSLATE_PAN_SET | HV_TRANSLATE_PAN_CLEAR;

    return !(flags & ~FLAGS_KNOWN) && (flags & levels) != levels && (flags & pan) != pan;
}

static struct translate_access make_access(uint64_t flags, uint64_t pstate)
{
    bool user = (pstate & PSTATE_MODE_MASK) == PSTATE_EL0T;
    bool pan = pstate & PSTATE_PAN;

    return (struct translate_access){
        .user = flags & HV_TRANSLATE_AS_USER || (user && !(flags & HV_TRANSLATE_AS_SUPERVISOR)),
        .pan = flags & HV_TRANSLATE_PAN_SET || (pan && !(flags & HV_TRANSLATE_PAN_CLEAR)),
    };
}

/* Each kind of access that is asked about is checked by itself. */
static enum translate_verdict check_access(const struct translate_regime *regime,
                                           const struct translate_page *page, uint64_t flags,
                                           struct translate_access access)
{
    enum translate_verdict verdict = TRANSLATE_PERMITTED;

    if (flags & HV_TRANSLATE_READ)
        verdict = translate_permits(regime, page, &access);
    access.write = true;
    if (verdict == TRANSLATE_PERMITTED && flags & HV_TRANSLATE_WRITE)
        verdict = translate_permits(regime, page, &access);
    access.write = false;
    access.execute = true;
    if (verdict == TRANSLATE_PERMITTED && flags & HV_TRANSLATE_EXECUTE)
        verdict = translate_permits(regime, page, &access);
    return verdict;
}

/* A byte of MAIR_EL1 (Arm ARM, D19.2): the outer attributes decide, 0 is device memory. */
static uint8_t cache_type(uint8_t attribute)
{
    uint8_t outer = attribute >> 4;

    if (outer == 0)
        return CACHE_UNCACHED;
    if (outer == 4)
        return CACHE_COMBINING;
    return outer & 4 ? CACHE_WRITE_BACK : CACHE_WRITE_THROUGH;
}

static bool is_mapped(const struct walker *walker, uint64_t gpa)
{
    uint8_t byte;

    return walker->partition->backend->read_memory(walker->partition->machine, walker->vtl, gpa,
                                                   &byte, sizeof(byte)) == 0;
}

static enum hv_translate_code translate(const struct walker *walker,
                                        const struct translate_regime *regime, uint64_t va,
                                        uint64_t flags, uint64_t pstate,
                                        struct translate_page *page)
{
    int error = translate_page(regime, va, read_descriptor, (void *)walker, page);

    if (error == -EINVAL)
        return HV_TRANSLATE_INVALID_TABLES;
    if (error < 0)
        return HV_TRANSLATE_PAGE_NOT_PRESENT;
    switch (check_access(regime, page, flags, make_access(flags, pstate))) {
    case TRANSLATE_PERMITTED:
        return is_mapped(walker, page->gpa) ? HV_TRANSLATE_SUCCESS : HV_TRANSLATE_GPA_UNMAPPED;
    case TRANSLATE_NOT_PRESENT:
        return HV_TRANSLATE_PAGE_NOT_PRESENT;
    default:
        return HV_TRANSLATE_PRIVILEGE_VIOLATION;
    }
}

enum hv_status hv_translate(struct vtl_vp *vp, unsigned vtl, const struct hv_translate_input *input,
                            struct hv_translate_output *output)
{
    struct walker walker = {vp->partition, vtl};
    struct translate_regime regime = read_regime(vp, vtl);
    struct translate_page page = {0};
    uint64_t va = input->page << PAGE_SHIFT;

    if (!flags_are_valid(input->flags))
        return HV_STATUS_INVALID_PARAMETER;
    if (!(input->flags & HV_TRANSLATE_EXECUTE))
        va = translate_untag(&regime, va);
    output->code = translate(&walker, &regime, va, input->flags, read_register(vp, vtl, PSTATE),
                             &page);
    if (output->code != HV_TRANSLATE_SUCCESS)
        return HV_STATUS_SUCCESS;
    output->cache_type = regime.sctlr & TRANSLATE_SCTLR_M
                             ? cache_type(translate_memory_type(&regime, &page))
                             : CACHE_UNCACHED;
    output->page = page.gpa >> PAGE_SHIFT;
    return HV_STATUS_SUCCESS;
}
