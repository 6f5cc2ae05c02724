/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables for any granule, built of pages only (no blocks), in 36-bit address spaces
 * (Arm ARM, D8.3 "Translation table descriptor formats").
 */
#include "tests/guest/guest.h"

#define VA_BITS 36
#define LAST_LEVEL 3
#define POOL_SIZE 0x60000
#define DESCRIPTOR_SHIFT 3
#define MAP_UNIT 0x10000 /* a page of the largest granule */

#define DESCRIPTOR_VALID 1ul
#define DESCRIPTOR_TABLE 3ul /* also a page at the last level */
#define DESCRIPTOR_ACCESSED (1ul << 10)
#define DESCRIPTOR_INNER_SHAREABLE (3ul << 8)
#define DESCRIPTOR_ATTRIBUTES(index) ((uint64_t)(index) << 2)
#define DESCRIPTOR_NO_EXECUTE (3ul << 53)
#define DESCRIPTOR_ADDRESS 0x0000fffffffff000ul

#define MAIR_DEVICE 0
#define MAIR_NORMAL 1
#define MAIR_VALUE (0x04ul | 0xfful << 8) /* device nGnRE; normal write-back */

#define NORMAL (DESCRIPTOR_ATTRIBUTES(MAIR_NORMAL) | DESCRIPTOR_INNER_SHAREABLE)
#define DEVICE (DESCRIPTOR_ATTRIBUTES(MAIR_DEVICE) | DESCRIPTOR_NO_EXECUTE)

#define TCR_SIZES ((64ul - VA_BITS) | (64ul - VA_BITS) << 16)
#define TCR_CACHED (0x35ul << 8 | 0x35ul << 24) /* inner shareable, write-back walks */
#define SCTLR_MMU_AND_CACHES (1ul << 0 | 1ul << 2 | 1ul << 12)

/* ID_AA64MMFR0_EL1 says for each granule whether it is there, and TCR_EL1 has codes for it. */
static const struct granule_row {
    enum granule granule;
    unsigned id_shift;
    unsigned id_absent; /* value of the field that says no */
    uint64_t tcr;       /* TG0 and TG1 */
} granules[] = {
    {GRANULE_4K, 28, 0xf, 0ul << 14 | 2ul << 30},
    {GRANULE_16K, 20, 0x0, 2ul << 14 | 1ul << 30},
    {GRANULE_64K, 24, 0xf, 1ul << 14 | 3ul << 30},
};

static uint8_t pool[POOL_SIZE] __attribute__((aligned(MAP_UNIT)));
static size_t pool_used;
static uint64_t *roots[2]; /* TTBR0, TTBR1 */
static unsigned page_shift;

extern const uint8_t guest_start[];

static const struct granule_row *find_row(enum granule granule)
{
    for (size_t i = 0; i < ARRAY_SIZE(granules); i++)
        if (granules[i].granule == granule)
            return &granules[i];
    return NULL;
}

bool mmu_has(enum granule granule)
{
    const struct granule_row *row = find_row(granule);

    return (sysreg_read(id_aa64mmfr0_el1) >> row->id_shift & 0xf) != row->id_absent;
}

static unsigned level_bits(void)
{
    return page_shift - DESCRIPTOR_SHIFT;
}

static unsigned level_shift(unsigned level)
{
    return page_shift + (LAST_LEVEL - level) * level_bits();
}

/* The first level whose entries the top bits of an address select. */
static unsigned root_level(void)
{
    unsigned level = LAST_LEVEL;

    while (level_shift(level) + level_bits() < VA_BITS)
        level--;
    return level;
}

/* The pool is in .bss, hence zero. */
static uint64_t *new_table(void)
{
    uint64_t *table = (uint64_t *)(pool + pool_used);

    pool_used += 1ul << page_shift;
    if (pool_used > POOL_SIZE) {
        report(false, "mmu: out of page tables");
        finish();
    }
    return table;
}

uint64_t *mmu_entry(uint64_t va)
{
    uint64_t *table = roots[va >> 55 & 1];
    uint64_t index_mask = (1ul << level_bits()) - 1;
    unsigned level = root_level();

    va &= (1ul << VA_BITS) - 1;
    for (;;) {
        uint64_t *entry = &table[va >> level_shift(level) & index_mask];

        if (level++ == LAST_LEVEL)
            return entry;
        if (!(*entry & DESCRIPTOR_VALID))
            *entry = (uintptr_t)new_table() | DESCRIPTOR_TABLE;
        table = (uint64_t *)(*entry & DESCRIPTOR_ADDRESS);
    }
}

static void map(uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes)
{
    for (uint64_t done = 0; done < size; done += 1ul << page_shift)
        *mmu_entry(va + done) = (pa + done) | attributes | DESCRIPTOR_ACCESSED | DESCRIPTOR_TABLE;
    __asm__ volatile("dsb sy\n\tisb" : : : "memory");
}

void mmu_map(uint64_t va, uint64_t pa, uint64_t size)
{
    map(va, pa, size, NORMAL);
}

void mmu_remap_silently(uint64_t va, const void *to)
{
    uint64_t *entry = mmu_entry(va);

    *entry = (*entry & ~DESCRIPTOR_ADDRESS) | (uintptr_t)to;
    __asm__ volatile("dsb sy\n\tisb" : : : "memory");
}

void mmu_prepare(enum granule granule)
{
    uint64_t own = (uintptr_t)guest_start & -(uint64_t)GUEST_SIZE;

    page_shift = granule;
    roots[0] = new_table();
    roots[1] = new_table();
    map(own, own, GUEST_SIZE, NORMAL);
    map(UART_BASE, UART_BASE, MAP_UNIT, DEVICE);
    map(TEST_DEVICE_BASE, TEST_DEVICE_BASE, MAP_UNIT, DEVICE);
    map(GICD_BASE, GICD_BASE, MAP_UNIT, DEVICE);
    map(GICR_BASE, GICR_BASE, GUEST_MAX_VPS * GICR_SIZE, DEVICE);
}

void mmu_on(void)
{
    uint64_t physical_size = sysreg_read(id_aa64mmfr0_el1) & 0x7;

    sysreg_write(mair_el1, MAIR_VALUE);
    sysreg_write(tcr_el1, TCR_SIZES | TCR_CACHED | find_row(page_shift)->tcr | physical_size << 32);
    sysreg_write(ttbr0_el1, (uintptr_t)roots[0]);
    sysreg_write(ttbr1_el1, (uintptr_t)roots[1]);
    __asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tic iallu\n\tdsb sy\n\tisb" : : : "memory");
    sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) | SCTLR_MMU_AND_CACHES);
}

void code_written(const void *code, size_t size)
{
    const uint32_t *end = (const uint32_t *)((const uint8_t *)code + size);

    /* By the word, which is right for caches with lines of any size. */
    for (const uint32_t *word = code; word < end; word++)
        __asm__ volatile("dc cvau, %0" : : "r"(word) : "memory");
    __asm__ volatile("dsb sy" : : : "memory");
    for (const uint32_t *word = code; word < end; word++)
        __asm__ volatile("ic ivau, %0" : : "r"(word) : "memory");
    __asm__ volatile("dsb sy\n\tisb" : : : "memory");
}
