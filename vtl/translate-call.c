/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translation by hypercall: see translate-call.h. */
#include "vtl/translate-call.h"

#include <errno.h>

#include "vtl/exception.h"
#include "vtl/translate.h"
#include "vtl/vp-registers.h"

#define PAGE_SHIFT 12
#define PSTATE_PAN (1ull << 22)

#define FLAGS_KNOWN                                                                                \
    (HV_TRANSLATE_READ | HV_TRANSLATE_WRITE | HV_TRANSLATE_EXECUTE | HV_TRANSLATE_SET_BITS |       \
     HV_TRANSLATE_NO_FLUSH | HV_TRANSLATE_AS_SUPERVISOR | HV_TRANSLATE_AS_USER |                   \
     HV_TRANSLATE_PAN_SET | HV_TRANSLATE_PAN_CLEAR | UINT64_C(0xff) << HV_TRANSLATE_VTL_SHIFT)

/*
 * How often a walk begins anew when another processor has changed the descriptor meanwhile: some
 * milliseconds' worth, more than an honest guest ever needs.
 */
#define WALKS_MAX 20000

#define CACHE_UNCACHED 0
#define CACHE_COMBINING 1
#define CACHE_WRITE_THROUGH 4
#define CACHE_WRITE_BACK 6

/* Whose tables are walked, and what for. */
struct walker {
    struct vtl_partition *partition;
    unsigned vtl;
    struct translate_regime regime;
    uint64_t va;
    uint64_t flags;
    struct translate_access access; /* who; of the kinds only write, for the update */
};

/* -ENXIO where there is no memory, to tell it from a descriptor that is not valid. */
static int read_descriptor(void *context, uint64_t gpa, uint64_t *descriptor)
{
    const struct walker *walker = context;
    int error = vtl_memory_read(walker->partition, walker->vtl, gpa, descriptor,
                                sizeof(*descriptor));

    return error < 0 ? -ENXIO : 0;
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
        .write = flags & HV_TRANSLATE_WRITE,
    };
}

static bool permits(const struct walker *walker, const struct translate_page *page, bool write,
                    bool execute, enum translate_verdict *verdict)
{
    struct translate_access access = walker->access;

    access.write = write;
    access.execute = execute;
    *verdict = translate_permits(&walker->regime, page, &access);
    return *verdict == TRANSLATE_PERMITTED;
}

/* Each kind of access that is asked about is checked by itself. */
static enum translate_verdict check_access(const struct walker *walker,
                                           const struct translate_page *page)
{
    enum translate_verdict verdict = TRANSLATE_PERMITTED;

    if (walker->flags & HV_TRANSLATE_READ && !permits(walker, page, false, false, &verdict))
        return verdict;
    if (walker->flags & HV_TRANSLATE_WRITE && !permits(walker, page, true, false, &verdict))
        return verdict;
    if (walker->flags & HV_TRANSLATE_EXECUTE && !permits(walker, page, false, true, &verdict))
        return verdict;
    return TRANSLATE_PERMITTED;
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

    return vtl_memory_read(walker->partition, walker->vtl, gpa, &byte, sizeof(byte)) == 0;
}

/* By what the tables say now; the access may still need them to be updated. */
static enum hv_translate_code walk(const struct walker *walker, struct translate_page *page)
{
    switch (translate_page(&walker->regime, walker->va, read_descriptor, (void *)walker, page)) {
    case 0:
        break;
    case -EINVAL:
        return HV_TRANSLATE_INVALID_TABLES;
    case -ENXIO:
        page->gpa = page->step[page->steps - 1];
        return HV_TRANSLATE_GPA_UNMAPPED;
    default:
        return HV_TRANSLATE_PAGE_NOT_PRESENT;
    }
    switch (check_access(walker, page)) {
    case TRANSLATE_PERMITTED:
        return HV_TRANSLATE_SUCCESS;
    case TRANSLATE_NOT_PRESENT:
        return HV_TRANSLATE_PAGE_NOT_PRESENT;
    default:
        return HV_TRANSLATE_PRIVILEGE_VIOLATION;
    }
}

/* Access flag and dirty state. -EAGAIN: the descriptor is no longer the one that was read. */
static int set_bits(const struct walker *walker, const struct translate_page *page)
{
    uint64_t updated;

    if (!(walker->flags & HV_TRANSLATE_SET_BITS) ||
        !translate_update(&walker->regime, page, &walker->access, &updated))
        return 0;
    return vtl_memory_exchange(walker->partition, walker->vtl, page->step[page->steps - 1],
                               page->descriptor, updated);
}

/*
 * A guest whose descriptor never stays the same while it is walked gets the answer for one that
 * comes and goes.
 */
static enum hv_translate_code translate(const struct walker *walker, struct translate_page *page)
{
    for (unsigned i = 0; i < WALKS_MAX; i++) {
        enum hv_translate_code code = walk(walker, page);
        int error;

        if (code != HV_TRANSLATE_SUCCESS)
            return code;
        error = set_bits(walker, page);
        if (error == 0)
            return is_mapped(walker, page->gpa) ? HV_TRANSLATE_SUCCESS : HV_TRANSLATE_GPA_UNMAPPED;
        if (error != -EAGAIN) {
            page->gpa = page->step[page->steps - 1];
            return HV_TRANSLATE_GPA_NO_WRITE;
        }
    }
    return HV_TRANSLATE_PAGE_NOT_PRESENT;
}

static struct walker make_walker(const struct vtl_vp *vp, unsigned vtl,
                                 const struct hv_translate_input *input)
{
    struct walker walker = {
        .partition = vp->partition,
        .vtl = vtl,
        .regime = vp_translation_regime(vp, vtl),
        .va = input->page << PAGE_SHIFT,
        .flags = input->flags,
        .access = make_access(input->flags, vp_register(vp, vtl, HV_REGISTER_PSTATE)),
    };

    if (!(input->flags & HV_TRANSLATE_EXECUTE))
        walker.va = translate_untag(&walker.regime, walker.va);
    return walker;
}

static uint8_t page_cache_type(const struct translate_regime *regime,
                               const struct translate_page *page)
{
    if (!(regime->sctlr & TRANSLATE_SCTLR_M))
        return CACHE_UNCACHED;
    return cache_type(translate_memory_type(regime, page));
}

enum hv_status hv_translate(struct vtl_vp *vp, unsigned vtl, const struct hv_translate_input *input,
                            struct hv_translate_output *output)
{
    struct walker walker = make_walker(vp, vtl, input);
    struct translate_page page;

    if (!flags_are_valid(input->flags))
        return HV_STATUS_INVALID_PARAMETER;
    output->code = translate(&walker, &page);
    if (output->code == HV_TRANSLATE_SUCCESS)
        output->cache_type = page_cache_type(&walker.regime, &page);
    if (output->code == HV_TRANSLATE_SUCCESS || output->code >= HV_TRANSLATE_GPA_UNMAPPED)
        output->page = page.gpa >> PAGE_SHIFT;
    return HV_STATUS_SUCCESS;
}
