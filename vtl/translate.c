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
#define TCR_IPS_52_BITS 6

#define TCR_TBI0 (1ull << 37)
#define TCR_TBI1 (1ull << 38)
#define TCR_HA (1ull << 39)
#define TCR_HD (1ull << 40)
#define TCR_HPD0 (1ull << 41)
#define TCR_HPD1 (1ull << 42)
#define TCR_E0PD0 (1ull << 55)
#define TCR_E0PD1 (1ull << 56)

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

/* One half of the address space. */
struct half {
    uint64_t ttbr;
    unsigned address_bits;
    unsigned granule_shift; /* 12, 14 or 16; 0 for a reserved encoding */
    bool lpa2;
    bool wide_outputs; /* 52 bits of output address */
    bool disabled;
    bool hierarchical; /* tables limit what is below them */
    bool no_user;      /* all of it faults for EL0 (E0PD) */
};

static uint64_t low_bits(unsigned count)
{
    return (1ull << count) - 1;
}

static struct half select_half(const struct translate_regime *regime, bool upper)
{
    static const unsigned tg0[] = {12, 16, 14, 0}, tg1[] = {0, 14, 12, 16};
    uint64_t tcr = regime->tcr;
    unsigned size = tcr >> (upper ? TCR_T1SZ_SHIFT : TCR_T0SZ_SHIFT) & TCR_SIZE_MASK;

    return (struct half){
        .ttbr = upper ? regime->ttbr1 : regime->ttbr0,
        .address_bits = 64 - size,
        .granule_shift = upper ? tg1[tcr >> TCR_TG1_SHIFT & TCR_TG_MASK]
                               : tg0[tcr >> TCR_TG0_SHIFT & TCR_TG_MASK],
        .lpa2 = tcr & TCR_DS,
        .wide_outputs = (tcr >> TCR_IPS_SHIFT & TCR_IPS_MASK) == TCR_IPS_52_BITS,
        .disabled = tcr & (upper ? TCR_EPD1 : TCR_EPD0),
        .hierarchical = !(tcr & (upper ? TCR_HPD1 : TCR_HPD0)),
        .no_user = tcr & (upper ? TCR_E0PD1 : TCR_E0PD0),
    };
}

static bool half_is_valid(const struct half *half)
{
    return half->granule_shift && half->address_bits > half->granule_shift &&
           half->address_bits <= 52;
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

    if (half->lpa2 || (half->granule_shift == 16 && half->address_bits > 48))
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
        return shift <= (half->wide_outputs ? 42 : 29);
    }
}

/* @limits are those of all tables on the way. */
static void fill_page(struct translate_page *page, const struct half *half, uint64_t descriptor,
                      uint64_t limits, uint64_t gpa)
{
    if (!half->hierarchical)
        limits = 0;
    *page = (struct translate_page){
        .gpa = gpa,
        .user = descriptor & PAGE_USER && !(limits & TABLE_NO_USER),
        .absent_for_user = half->no_user,
        .read_only = descriptor & PAGE_READ_ONLY || limits & TABLE_READ_ONLY,
        .hardware_dirty = descriptor & PAGE_DBM && !(limits & TABLE_READ_ONLY),
        .user_no_execute = descriptor & PAGE_UXN || limits & TABLE_UXN,
        .privileged_no_execute = descriptor & PAGE_PXN || limits & TABLE_PXN,
        .accessed = descriptor & PAGE_ACCESSED,
        .attribute = descriptor >> PAGE_ATTRIBUTE_SHIFT & PAGE_ATTRIBUTE_MASK,
    };
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
        bool last = shift == half->granule_shift;
        uint64_t descriptor;
        int error = read(context, table + (index << DESCRIPTOR_SHIFT), &descriptor);

        if (error < 0)
            return error;
        if (!(descriptor & DESCRIPTOR_VALID) || (last && !(descriptor & DESCRIPTOR_TABLE)))
            return -EFAULT;
        if (last || !(descriptor & DESCRIPTOR_TABLE)) {
            if (!block_is_valid(half, shift))
                return -EFAULT;
            fill_page(page, half, descriptor, limits,
                      output_address(half, descriptor, shift) | (va & low_bits(shift)));
            return 0;
        }
        limits |= descriptor;
        table = output_address(half, descriptor, half->granule_shift);
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

/* The processor sets the dirty state itself when it may (TCR_EL1.HD). */
static bool is_writable(const struct translate_regime *regime, const struct translate_page *page)
{
    return !page->read_only || (page->hardware_dirty && regime->tcr & TCR_HD);
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
    if ((access->user && page->absent_for_user) || (!page->accessed && !(regime->tcr & TCR_HA)))
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
