/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HvCallTranslateVirtualAddress against the processor's own AT instruction, on random tables in
 * the upper half of the address space: granule=4k (16k, 64k), rounds=N tables (8). With addresses
 * of 52 bits where the processor has them.
 */
#include "tests/guest/guest.h"

#define TRANSLATE (0x0052ul | HV_FAST)
#define READ (1ul << 0)
#define WRITE (1ul << 1)
#define SUPERVISOR (1ul << 6)
#define USER (1ul << 7)
#define PAN_SET (1ul << 8)
#define PAN_CLEAR (1ul << 9)
#define CODE_MASK 0xffffffffu
#define CODE_UNMAPPED 4

#define TABLES 8
#define POOL 0x44000000ul /* beyond the payload, within VTL0's memory */
#define POOL_SIZE (TABLES << 16)
#define RAM_SIZE 0x20000000ul
#define ADDRESSES 100
#define BLOCK_SHIFT 29 /* of the largest block that all granules have */

#define PAR_FAULT 1ul
#define PAR_ADDRESS 0x000ffffffffff000ul

#define TCR_T1SZ(size) ((uint64_t)(size) << 16)
#define TCR_T1_MASK (0xfffful << 16 | TCR_TBI1 | TCR_HPD1 | TCR_E0PD1 | TCR_DS)
#define TCR_DS (1ul << 59) /* LPA2, of both halves */
#define TCR_EPD1 (1ul << 23)
#define TCR_CACHED1 (0x35ul << 24)
#define TCR_TBI1 (1ul << 38)
#define TCR_HPD1 (1ul << 42)
#define TCR_E0PD1 (1ul << 56)

#define LPA_ADDRESS (0xful << 12)          /* bits 51:48 of a block's address */
#define LPA2_ADDRESS (3ul << 48 | 3ul << 8) /* bits 49:48 and 51:50 */
#define T1SZ_MIN 16
#define T1SZ_MIN_WIDE 12
#define T1SZ_MAX 39

static const struct granule_row {
    const char *name;
    enum granule granule;
    uint64_t tg1;
    uint64_t tcr_wide;     /* what 52 bits of address need */
    uint64_t address_wide; /* of a descriptor then */
} granules[] = {
    {"4k", GRANULE_4K, 2ul << 30, TCR_DS, LPA2_ADDRESS},
    {"16k", GRANULE_16K, 1ul << 30, TCR_DS, LPA2_ADDRESS},
    {"64k", GRANULE_64K, 3ul << 30, 0, LPA_ADDRESS},
};

static struct random random;
static const struct granule_row *granule;
static unsigned size_bits; /* T1SZ */
static bool wide;          /* 52 bits this time */
static unsigned translated, translated_wide;

static bool chance(unsigned percent)
{
    return random_next(&random) % 100 < percent;
}

/* ID_AA64MMFR0_EL1.TGran4, TGran16 (LPA2), ID_AA64MMFR2_EL1.VARange (LVA). */
static bool has_wide(void)
{
    switch (granule->granule) {
    case GRANULE_4K:
        return (sysreg_read(id_aa64mmfr0_el1) >> 28 & 0xf) == 1;
    case GRANULE_16K:
        return (sysreg_read(id_aa64mmfr0_el1) >> 20 & 0xf) == 2;
    default:
        return (sysreg_read(S3_0_C0_C7_2) >> 16 & 0xf) >= 1;
    }
}

/* Bits of TCR_EL1 that this processor has, or not; an absent one must stay clear. */
static uint64_t random_options(void)
{
    uint64_t options = chance(30) ? TCR_TBI1 : 0;

    if (sysreg_read(id_aa64mmfr1_el1) >> 12 & 0xf && chance(30))
        options |= TCR_HPD1;
    if (sysreg_read(S3_0_C0_C7_2) >> 60 & 0xf && chance(30)) /* ID_AA64MMFR2_EL1.E0PD */
        options |= TCR_E0PD1;
    if (chance(5))
        options |= TCR_EPD1;
    return options;
}

static uint64_t table_address(unsigned index)
{
    return POOL + ((uint64_t)index << granule->granule);
}

/*
 * Any attributes, an address that is aligned for a block as well as for a page. Beyond 48 bits
 * are blocks only: elsewhere the descriptor may lead to a table, and tables must be memory.
 */
static uint64_t random_descriptor(void)
{
    uint64_t bits = random_next(&random);
    uint64_t attributes = bits & (0x3ful << 2 | 3ul << 6 | 1ul << 11 | 7ul << 52 | 0xful << 59);

    if (chance(10))
        return bits & ~1ul;
    if (chance(90))
        attributes |= 1ul << 10; /* accessed */
    if (chance(60))
        return attributes | table_address(bits >> 8 & (TABLES - 1)) | 3;
    attributes |= (RAM_BASE + (bits >> 4 & (RAM_SIZE - 1))) >> BLOCK_SHIFT << BLOCK_SHIFT;
    if (chance(50))
        return attributes | 3;
    return attributes | (wide ? random_next(&random) & granule->address_wide : 0) | 1;
}

static void make_tables(void)
{
    uint64_t options = random_options();
    uint64_t tcr = sysreg_read(tcr_el1) & ~TCR_T1_MASK;

    wide = has_wide() && chance(60);
    options |= wide ? granule->tcr_wide : 0;
    size_bits = wide ? T1SZ_MIN_WIDE : T1SZ_MIN;
    size_bits += random_next(&random) % (T1SZ_MAX + 1 - size_bits);
    for (uint64_t *entry = (uint64_t *)POOL; entry < (uint64_t *)table_address(TABLES); entry++)
        *entry = random_descriptor();
    sysreg_write(ttbr1_el1, table_address(random_next(&random) & (TABLES - 1)));
    sysreg_write(tcr_el1, tcr | TCR_T1SZ(size_bits) | TCR_CACHED1 | granule->tg1 | options);
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
}

/* In the upper half, now and then not quite. */
static uint64_t random_address(void)
{
    uint64_t high = UINT64_MAX << (64 - size_bits);
    uint64_t address = (random_next(&random) | high | 1ul << 55) & ~0xffful;

    if (chance(10))
        address ^= 1ul << (64 - size_bits + random_next(&random) % size_bits);
    return address | 1ul << 55;
}

/* One AT instruction; PAR_EL1 tells what came of it. */
#define AT(name, instruction)                                                                      \
    static uint64_t name(uint64_t address)                                                         \
    {                                                                                              \
        __asm__ volatile(instruction ", %0\n\tisb" : : "r"(address) : "memory");                   \
        return sysreg_read(par_el1);                                                               \
    }
AT(at_s1e1r, "at s1e1r")
AT(at_s1e1w, "at s1e1w")
AT(at_s1e0r, "at s1e0r")
AT(at_s1e0w, "at s1e0w")
AT(at_s1e1rp, "sys #0, c7, c9, #0")
AT(at_s1e1wp, "sys #0, c7, c9, #1")

static const struct access {
    const char *name;
    uint64_t (*at)(uint64_t address);
    uint64_t flags;
    bool pan; /* needs FEAT_PAN2 */
} accesses[] = {
    {"read at EL1", at_s1e1r, READ | SUPERVISOR | PAN_CLEAR, false},
    {"write at EL1", at_s1e1w, WRITE | SUPERVISOR | PAN_CLEAR, false},
    {"read at EL0", at_s1e0r, READ | USER, false},
    {"write at EL0", at_s1e0w, WRITE | USER, false},
    {"read at EL1 with PAN", at_s1e1rp, READ | SUPERVISOR | PAN_SET, true},
    {"write at EL1 with PAN", at_s1e1wp, WRITE | SUPERVISOR | PAN_SET, true},
};

static bool has_pan2(void)
{
    return (sysreg_read(id_aa64mmfr1_el1) >> 20 & 0xf) >= 2;
}

static bool is_ram(uint64_t address)
{
    return address - RAM_BASE < RAM_SIZE;
}

static void compare(const struct access *access, uint64_t address)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF, access->flags, address >> 12};
    uint64_t par = access->at(address);
    uint64_t result = hv_call(HV_NATIVE, TRANSLATE, block);
    uint64_t code = block[HV_NATIVE_OUTPUT] & CODE_MASK, pa = par & PAR_ADDRESS;
    bool good = HV_STATUS(result) == 0;

    if (par & PAR_FAULT)
        good &= code != 0 && code != CODE_UNMAPPED;
    else if (is_ram(pa))
        good &= code == 0 && block[15] == pa >> 12;
    else
        good &= code == CODE_UNMAPPED && block[15] == pa >> 12;
    translated += !(par & PAR_FAULT);
    translated_wide += !(par & PAR_FAULT) && (size_bits < T1SZ_MIN || pa >> 48);
    check(good, "%s of 0x%lx: PAR_EL1 0x%lx, status 0x%lx, code %lu, page 0x%lx; T1SZ %u TCR 0x%lx",
          access->name, address, par, HV_STATUS(result), code, block[15], size_bits,
          sysreg_read(tcr_el1));
}

static void compare_all(uint64_t address)
{
    for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
        if (!accesses[i].pan || has_pan2())
            compare(&accesses[i], address);
}

static const struct granule_row *choose_granule(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(granules); i++)
        if (argument_is("granule", granules[i].name))
            return &granules[i];
    return &granules[0];
}

void guest_main(void)
{
    uint64_t rounds = argument_number("rounds", 8);

    granule = choose_granule();
    if (!mmu_has(granule->granule)) {
        report(true, "this processor has no such granule: skipped");
        return;
    }
    random_seed(&random, argument_number("seed", 1));
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    /* Tables of 64 KiB pages mean the same with TCR_EL1.DS. */
    mmu_prepare(has_wide() ? GRANULE_64K : GRANULE_4K);
    mmu_map(POOL, POOL, POOL_SIZE);
    mmu_on();
    if (has_pan2())
        __asm__ volatile(".inst 0xd500419f"); /* msr pan, #1 */
    for (uint64_t i = 0; i < rounds; i++) {
        make_tables();
        for (unsigned j = 0; j < ADDRESSES; j++)
            compare_all(random_address());
    }
    report(report_failures() == 0, "%lu tables, AT and the hypercall agree", rounds);
    report(translated > rounds * 10, "%u addresses led somewhere", translated);
    if (has_wide())
        report(translated_wide > rounds, "%u of them or where they led have 52 bits",
               translated_wide);
}
