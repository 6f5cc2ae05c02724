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
    bool disabled;
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
        .disabled = tcr & (upper ? TCR_EPD1 : TCR_EPD0),
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

static int walk(const struct half *half, uint64_t va, translate_reader read, void *context,
                uint64_t *gpa)
{
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
            *gpa = output_address(half, descriptor, shift) | (va & low_bits(shift));
            return 0;
        }
        table = output_address(half, descriptor, half->granule_shift);
        shift -= stride;
        index = va >> shift & low_bits(stride);
    }
}

int translate_address(const struct translate_regime *regime, uint64_t va, translate_reader read,
                      void *context, uint64_t *gpa)
{
    bool upper = TRANSLATE_IS_UPPER(va);
    struct half half = select_half(regime, upper);

    if (!(regime->sctlr & TRANSLATE_SCTLR_M)) {
        *gpa = va;
        return 0;
    }
    if (!half_is_valid(&half))
        return -EINVAL;
    if (half.disabled || !is_canonical(&half, va, upper))
        return -EFAULT;
    return walk(&half, va, read, context, gpa);
}
