/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage-1 walk: see translate.h. */
#include "vtl/translate.h"

#include <errno.h>
#include <stdbool.h>

/* TCR_EL1 (Arm ARM, D19.2 "TCR_EL1"). */
#define TCR_T0SZ_SHIFT 0
#define TCR_T1SZ_SHIFT 16
#define TCR_SIZE_MASK 0x3f
#define TCR_TG0_SHIFT 14
#define TCR_TG1_SHIFT 30
#define TCR_TG_MASK 3
#define TCR_EPD0 (1ull << 7)
#define TCR_EPD1 (1ull << 23)
#define TCR_DS (1ull << 59)
#define TCR_IPS_SHIFT 32
#define TCR_IPS_MASK 7

#define TCR_TBI0 (1ull << 37)
#define TCR_TBI1 (1ull << 38)
#define TCR_HA (1ull << 39)
#define TCR_HD (1ull << 40)
#define TCR_HPD0 (1ull << 41)
#define TCR_HPD1 (1ull << 42)
#define TCR_E0PD0 (1ull << 55)
#define TCR_E0PD1 (1ull << 56)

/* ID_AA64MMFR1_EL1.HAFDBS: 1 the processor sets access flags itself, 2 the dirty state as well. */
#define MMFR1_HAFDBS_MASK 0xf
#define HAFDBS_ACCESS 1
#define HAFDBS_DIRTY 2

#define SCTLR_WXN (1ull << 19)
#define SCTLR_EPAN (1ull << 57)

/* Of a page or block: lower and upper attributes (Arm ARM, D8.3). */
#define PAGE_ATTRIBUTE_SHIFT 2
#define PAGE_ATTRIBUTE_MASK 7
#define PAGE_USER (1ull << 6)      /* AP[1] */
#define PAGE_READ_ONLY (1ull << 7) /* AP[2] */
#define PAGE_ACCESSED (1ull << 10)
#define PAGE_DBM (1ull << 51)
#define PAGE_PXN (1ull << 53)
#define PAGE_UXN (1ull << 54)
/* Of a table: limits for all below it. */
#define TABLE_PXN (1ull << 59)
#define TABLE_UXN (1ull << 60)
#define TABLE_NO_USER (1ull << 61)   /* APTable[0] */
#define TABLE_READ_ONLY (1ull << 62) /* APTable[1] */

#define DESCRIPTOR_VALID (1ull << 0)
#define DESCRIPTOR_TABLE (1ull << 1)
#define DESCRIPTOR_SHIFT 3 /* log2 of a descriptor's size */

/* 52-bit addresses (FEAT_LPA with 64 KiB pages; FEAT_LPA2 otherwise, TCR_EL1.DS). */
#define LPA_64K_SHIFT 12
#define LPA_64K_MASK 0xfull
#define LPA2_SHIFT 8
#define LPA2_MASK 3ull
#define TTBR_LPA_SHIFT 2
#define VA_BITS_MAX 48
#define VA_BITS_MAX_WIDE 52 /* 64 KiB pages (FEAT_LVA), LPA2 */
#define OUTPUT_BITS_WIDE 52

/* One half of the address space. */
struct half {
    uint64_t ttbr;
    unsigned address_bits;
    unsigned granule_shift; /* 12, 14 or 16; 0 for a reserved encoding */
    bool lpa2;
    unsigned output_bits;
    bool disabled;
    bool hierarchical; /* tables limit what is below them */
    bool no_user;      /* all of it faults for EL0 (E0PD) */
};

static uint64_t low_bits(unsigned count)
{
    return (1ull << count) - 1;
}

static unsigned select_granule(uint64_t tcr, bool upper)
{
    static const unsigned tg0[] = {12, 16, 14, 0}, tg1[] = {0, 14, 12, 16};

    if (upper)
        return tg1[tcr >> TCR_TG1_SHIFT & TCR_TG_MASK];
    return tg0[tcr >> TCR_TG0_SHIFT & TCR_TG_MASK];
}

/* Of 52 bits, descriptors other than those of LPA2 and 64 KiB pages have room for 48 anyway. */
static unsigned select_output_bits(uint64_t tcr)
{
    static const unsigned bits[] = {32, 36, 40, 42, 44, 48, OUTPUT_BITS_WIDE, OUTPUT_BITS_WIDE};

    return bits[tcr >> TCR_IPS_SHIFT & TCR_IPS_MASK];
}

static struct half select_half(const struct translate_regime *regime, bool upper)
{
    uint64_t tcr = regime->tcr;
    unsigned size = tcr >> (upper ? TCR_T1SZ_SHIFT : TCR_T0SZ_SHIFT) & TCR_SIZE_MASK;
    unsigned granule_shift = select_granule(tcr, upper);

    return (struct half){
        .ttbr = upper ? regime->ttbr1 : regime->ttbr0,
        .address_bits = 64 - size,
        .granule_shift = granule_shift,
        .lpa2 = tcr & TCR_DS && granule_shift != 16,
        .output_bits = select_output_bits(tcr),
        .disabled = tcr & (upper ? TCR_EPD1 : TCR_EPD0),
        .hierarchical = !(tcr & (upper ? TCR_HPD1 : TCR_HPD0)),
        .no_user = tcr & (upper ? TCR_E0PD1 : TCR_E0PD0),
    };
}

static bool half_is_valid(const struct half *half)
{
    bool wide = half->lpa2 || half->granule_shift == 16;

    return half->granule_shift && half->address_bits > half->granule_shift &&
           half->address_bits <= (wide ? VA_BITS_MAX_WIDE : VA_BITS_MAX);
}

/* Bits above the address must be a sign extension of it (top-byte-ignore is for data only). */
static bool is_canonical(const struct half *half, uint64_t va, bool upper)
{
    return va >> half->address_bits == (upper ? UINT64_MAX >> half->address_bits : 0);
}

/* The output address of a descriptor whose low @shift bits are not part of it. */
static uint64_t output_address(const struct half *half, uint64_t descriptor, unsigned shift)
{
    uint64_t address = descriptor & low_bits(half->lpa2 ? 50 : 48) & ~low_bits(shift);

    if (half->granule_shift == 16)
        return address | (descriptor >> LPA_64K_SHIFT & LPA_64K_MASK) << 48;
    if (half->lpa2)
        return address | (descriptor >> LPA2_SHIFT & LPA2_MASK) << 50;
    return address;
}

static uint64_t root_table(const struct half *half, unsigned index_bits)
{
    unsigned align = index_bits + DESCRIPTOR_SHIFT;
    uint64_t table = half->ttbr & low_bits(48) & ~low_bits(align < 6 ? 6 : align);

    if (half->lpa2 || (half->granule_shift == 16 && half->output_bits == OUTPUT_BITS_WIDE))
        table |= (half->ttbr >> TTBR_LPA_SHIFT & LPA_64K_MASK) << 48;
    return table;
}

/*
 * May an entry that translates 1 << @shift bytes be a block? Not at the first levels, unless there
 * are 52 bits of address (Arm ARM, D8.3.1 "VMSAv8-64 Block descriptor and Page descriptor formats").
 */
static bool block_is_valid(const struct half *half, unsigned shift)
{
    switch (half->granule_shift) {
    case 12:
        return shift <= (half->lpa2 ? 39 : 30);
    case 14:
        return shift <= (half->lpa2 ? 36 : 25);
    default:
        return shift <= (half->output_bits == OUTPUT_BITS_WIDE ? 42 : 29);
    }
}

/* What the last descriptor says; @limits are those of all tables on the way. */
static void fill_page(struct translate_page *page, const struct half *half, uint64_t limits)
{
    uint64_t descriptor = page->descriptor;

    if (!half->hierarchical)
        limits = 0;
    page->user = descriptor & PAGE_USER && !(limits & TABLE_NO_USER);
    page->absent_for_user = half->no_user;
    page->read_only = descriptor & PAGE_READ_ONLY || limits & TABLE_READ_ONLY;
    page->hardware_dirty = descriptor & PAGE_DBM && !(limits & TABLE_READ_ONLY);
    page->user_no_execute = descriptor & PAGE_UXN || limits & TABLE_UXN;
    page->privileged_no_execute = descriptor & PAGE_PXN || limits & TABLE_PXN;
    page->accessed = descriptor & PAGE_ACCESSED;
    page->attribute = descriptor >> PAGE_ATTRIBUTE_SHIFT & PAGE_ATTRIBUTE_MASK;
}

/* Reads the next descriptor of a walk; -EFAULT if it is invalid. */
static int take_step(struct translate_page *page, translate_reader read, void *context,
                     uint64_t gpa)
{
    int error;

    page->step[page->steps++] = gpa;
    error = read(context, gpa, &page->descriptor);
    if (error < 0)
        return error;
    return page->descriptor & DESCRIPTOR_VALID ? 0 : -EFAULT;
}

/* From the descriptor of a page or block that translates 1 << @shift bytes. */
static int finish_walk(const struct half *half, uint64_t va, unsigned shift, uint64_t limits,
                       struct translate_page *page)
{
    if (!block_is_valid(half, shift))
        return -EFAULT;
    page->gpa = output_address(half, page->descriptor, shift) | (va & low_bits(shift));
    fill_page(page, half, limits);
    return page->gpa >> half->output_bits ? -EINVAL : 0;
}

static int walk(const struct half *half, uint64_t va, translate_reader read, void *context,
                struct translate_page *page)
{
    uint64_t limits = 0;
    unsigned stride = half->granule_shift - DESCRIPTOR_SHIFT;
    unsigned levels = (half->address_bits - half->granule_shift + stride - 1) / stride;
    unsigned shift = half->granule_shift + (levels - 1) * stride;
    uint64_t table = root_table(half, half->address_bits - shift);
    uint64_t index = (va & low_bits(half->address_bits)) >> shift;

    for (;;) {
        bool last = shift == half->granule_shift, is_table;
        int error;

        if (table >> half->output_bits)
            return -EINVAL;
        error = take_step(page, read, context, table + (index << DESCRIPTOR_SHIFT));
        if (error < 0)
            return error;
        is_table = page->descriptor & DESCRIPTOR_TABLE;
        if (last && !is_table) /* a reserved encoding: there are no blocks at this level */
            return -EFAULT;
        if (last || !is_table)
            return finish_walk(half, va, shift, limits, page);
        limits |= page->descriptor;
        table = output_address(half, page->descriptor, half->granule_shift);
        shift -= stride;
        index = va >> shift & low_bits(stride);
    }
}

/* Without stage 1 everything may be done; EL0's and EL1's view are one. */
static struct translate_page flat_page(uint64_t va)
{
    return (struct translate_page){.gpa = va, .user = true, .accessed = true};
}

int translate_page(const struct translate_regime *regime, uint64_t va, translate_reader read,
                   void *context, struct translate_page *page)
{
    bool upper = TRANSLATE_IS_UPPER(va);
    struct half half = select_half(regime, upper);

    *page = (struct translate_page){0};
    if (!(regime->sctlr & TRANSLATE_SCTLR_M)) {
        *page = flat_page(va);
        return 0;
    }
    if (!half_is_valid(&half))
        return -EINVAL;
    if (half.disabled || !is_canonical(&half, va, upper))
        return -EFAULT;
    return walk(&half, va, read, context, page);
}

int translate_address(const struct translate_regime *regime, uint64_t va, translate_reader read,
                      void *context, uint64_t *gpa)
{
    struct translate_page page;
    int error = translate_page(regime, va, read, context, &page);

    if (error == 0)
        *gpa = page.gpa;
    return error;
}

/* Does the processor set access flags itself? */
static bool sets_accessed(const struct translate_regime *regime)
{
    return regime->tcr & TCR_HA && (regime->mmfr1 & MMFR1_HAFDBS_MASK) >= HAFDBS_ACCESS;
}

/* And the dirty state? Only along with access flags (Arm ARM, D19.2 "TCR_EL1", HD). */
static bool sets_dirty(const struct translate_regime *regime)
{
    return sets_accessed(regime) && regime->tcr & TCR_HD &&
           (regime->mmfr1 & MMFR1_HAFDBS_MASK) >= HAFDBS_DIRTY;
}

static bool is_writable(const struct translate_regime *regime, const struct translate_page *page)
{
    return !page->read_only || (page->hardware_dirty && sets_dirty(regime));
}

/* What EL0 may write, EL1 never executes; with WXN nobody executes what he may write. */
static bool is_executable(const struct translate_regime *regime, const struct translate_page *page,
                          bool user)
{
    bool writable = is_writable(regime, page);

    if (user)
        return !page->user_no_execute && !(page->user && writable && regime->sctlr & SCTLR_WXN);
    return !page->privileged_no_execute && !(page->user && writable) &&
           !(writable && regime->sctlr & SCTLR_WXN);
}

/* PAN: EL1 does not touch the data of EL0; with EPAN neither what EL0 may only execute. */
static bool pan_forbids(const struct translate_regime *regime, const struct translate_page *page)
{
    return page->user || (regime->sctlr & SCTLR_EPAN && !page->user_no_execute);
}

enum translate_verdict translate_permits(const struct translate_regime *regime,
                                         const struct translate_page *page,
                                         const struct translate_access *access)
{
    if (!(regime->sctlr & TRANSLATE_SCTLR_M))
        return TRANSLATE_PERMITTED;
    if ((access->user && page->absent_for_user) || (!page->accessed && !sets_accessed(regime)))
        return TRANSLATE_NOT_PRESENT;
    if (access->execute)
        return is_executable(regime, page, access->user) ? TRANSLATE_PERMITTED
                                                         : TRANSLATE_NO_EXECUTE;
    if (access->user && !page->user)
        return TRANSLATE_PRIVILEGE;
    if (!access->user && access->pan && pan_forbids(regime, page))
        return TRANSLATE_PRIVILEGE;
    if (access->write && !is_writable(regime, page))
        return TRANSLATE_NO_WRITE;
    return TRANSLATE_PERMITTED;
}

bool translate_update(const struct translate_regime *regime, const struct translate_page *page,
                      const struct translate_access *access, uint64_t *updated)
{
    *updated = page->descriptor;
    if (!(regime->sctlr & TRANSLATE_SCTLR_M))
        return false;
    if (sets_accessed(regime))
        *updated |= PAGE_ACCESSED;
    if (access->write && page->hardware_dirty && sets_dirty(regime))
        *updated &= ~PAGE_READ_ONLY;
    return *updated != page->descriptor;
}

uint8_t translate_memory_type(const struct translate_regime *regime,
                              const struct translate_page *page)
{
    return (uint8_t)(regime->mair >> 8 * page->attribute);
}

uint64_t translate_untag(const struct translate_regime *regime, uint64_t va)
{
    bool upper = TRANSLATE_IS_UPPER(va);

    if (!(regime->sctlr & TRANSLATE_SCTLR_M) || !(regime->tcr & (upper ? TCR_TBI1 : TCR_TBI0)))
        return va;
    return upper ? va | UINT64_C(0xff) << 56 : va & UINT64_MAX >> 8;
}
