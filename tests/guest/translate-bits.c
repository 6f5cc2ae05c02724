/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HvCallTranslateVirtualAddress with "set page table bits" against what the processor itself
 * writes into a descriptor when it loads or stores there: granule=4k (16k, 64k). With a second VP
 * also against changes of the descriptor meanwhile.
 */
#include "tests/guest/guest.h"

#define TRANSLATE (0x0052ul | HV_FAST)
#define READ (1ul << 0)
#define WRITE (1ul << 1)
#define SET_BITS (1ul << 4)
#define SUPERVISOR (1ul << 6)
#define USER (1ul << 7)
#define CODE_MASK 0xffffffffu
#define CODE_NOT_PRESENT 1
#define CODE_PRIVILEGE 2
#define CODE_MAX 3

/* Beyond the payload, within VTL0's memory, each in 64 KiB of its own. */
#define ROOT 0x44000000ul
#define LEAF 0x44010000ul
#define DATA 0x44020000ul
#define TABLES_SIZE 0x20000ul
#define ROOT_INDEX_BITS 4

#define DESCRIPTOR_PAGE 3ul /* also a table */
#define DESCRIPTOR_BLOCK 1ul
#define NORMAL_MEMORY (1ul << 2 | 3ul << 8) /* as mmu.c has it */
#define AP_USER (1ul << 6)
#define AP_READ_ONLY (1ul << 7)
#define ACCESSED (1ul << 10)
#define DBM (1ul << 51)
#define SOFTWARE_SHIFT 55 /* four bits that the processor ignores */
#define SOFTWARE_MASK 0xful

#define TCR_T1SZ(bits) ((uint64_t)(64 - (bits)) << 16)
#define TCR_T1_MASK (0xfffful << 16 | TCR_HA | TCR_HD)
#define TCR_CACHED1 (0x35ul << 24)
#define TCR_HA (1ul << 39)
#define TCR_HD (1ul << 40)
#define HAFDBS_DIRTY 2 /* ID_AA64MMFR1_EL1[3:0] */

/* ESR_EL1's fault status codes without the level (Arm ARM, D19.2 "ESR_EL1"). */
#define FAULT_KIND(esr) (ESR_FSC(esr) >> 2)
#define FAULT_ACCESS_FLAG 2
#define FAULT_PERMISSION 3

#define RACES 500
#define RIVAL_PAUSE 1000 /* at most, in loops: longer than a walk */

static const struct granule_row {
    const char *name;
    enum granule granule;
    uint64_t tg1;
} granules[] = {
    {"4k", GRANULE_4K, 2ul << 30},
    {"16k", GRANULE_16K, 1ul << 30},
    {"64k", GRANULE_64K, 3ul << 30},
};

static const struct granule_row *granule;
static unsigned hafdbs;
static unsigned updates[2]; /* of the access flag alone, of the dirty state */

/* An access by an instruction; LDTR and STTR are those of EL0. */
#define ACCESS(name, instruction)                                                                  \
    static void name(void *address)                                                                \
    {                                                                                              \
        __asm__ volatile(instruction : : "r"(address) : "x1", "memory");                           \
    }
ACCESS(load, "ldr x1, [%0]")
ACCESS(store, "str xzr, [%0]")
ACCESS(load_user, "ldtr x1, [%0]")
ACCESS(store_user, "sttr xzr, [%0]")

static const struct access {
    const char *name;
    void (*run)(void *address);
    uint64_t flags;
} accesses[] = {
    {"read at EL1", load, READ | SUPERVISOR},
    {"write at EL1", store, WRITE | SUPERVISOR},
    {"read at EL0", load_user, READ | USER},
    {"write at EL0", store_user, WRITE | USER},
};

/* Where a descriptor is tried: as a page's, or as a block's in the root. */
static struct place {
    const char *name;
    uint64_t *descriptor;
    uint64_t type;
    uint64_t base; /* of what it maps */
} places[] = {
    {"page", (uint64_t *)LEAF, DESCRIPTOR_PAGE, DATA},
    {"block", (uint64_t *)ROOT, DESCRIPTOR_BLOCK, 0},
};

static unsigned block_shift(void)
{
    return 2 * granule->granule - 3;
}

static unsigned address_bits(void)
{
    return block_shift() + ROOT_INDEX_BITS;
}

/* The first address of the upper half leads to the first descriptors. */
static uint64_t address_of_data(const struct place *place)
{
    return (UINT64_MAX << address_bits()) + (DATA - place->base);
}

static void flush_tlb(void)
{
    __asm__ volatile("dsb sy\n\ttlbi vmalle1is\n\tdsb sy\n\tisb" : : : "memory");
}

static void set_descriptor(const struct place *place, uint64_t descriptor)
{
    *(volatile uint64_t *)ROOT = LEAF | DESCRIPTOR_PAGE;
    *(volatile uint64_t *)place->descriptor = descriptor;
    flush_tlb();
}

static uint64_t get_descriptor(const struct place *place)
{
    return *(volatile uint64_t *)place->descriptor;
}

static void set_tcr(uint64_t updating)
{
    uint64_t tcr = sysreg_read(tcr_el1) & ~TCR_T1_MASK;

    sysreg_write(tcr_el1,
                 tcr | TCR_T1SZ(address_bits()) | TCR_CACHED1 | granule->tg1 | updating);
    flush_tlb();
}

static uint64_t translate(uint64_t address, uint64_t flags)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF, flags, address >> 12};

    if (HV_STATUS(hv_call(HV_NATIVE, TRANSLATE, block)))
        return UINT64_MAX;
    return block[HV_NATIVE_OUTPUT] & CODE_MASK;
}

/* What the processor's own access comes to, in the hypercall's words. */
static uint64_t access_code(const struct access *access, uint64_t address)
{
    struct exception seen;

    if (!exception_expect(access->run, (void *)address, &seen))
        return 0;
    switch (FAULT_KIND(seen.esr)) {
    case FAULT_ACCESS_FLAG:
        return CODE_NOT_PRESENT;
    case FAULT_PERMISSION:
        return CODE_PRIVILEGE;
    default:
        return CODE_MAX;
    }
}

static void compare(const struct place *place, const struct access *access, uint64_t descriptor)
{
    uint64_t address = address_of_data(place), without, code, call, own_code, own;

    set_descriptor(place, descriptor);
    without = translate(address, access->flags);
    check(get_descriptor(place) == descriptor, "the call without the flag wrote 0x%lx",
          get_descriptor(place));
    code = translate(address, access->flags | SET_BITS);
    call = get_descriptor(place);
    set_descriptor(place, descriptor);
    own_code = access_code(access, address);
    own = get_descriptor(place);
    /* A processor may set the access flag in spite of a permission fault; the call never does. */
    if (own_code)
        own = descriptor;
    updates[!!((own ^ descriptor) & AP_READ_ONLY)] += own != descriptor;
    check(without == code && code == own_code && call == own,
          "%s, %s, 0x%lx, TCR_EL1 0x%lx: code %lu (%lu), processor %lu; descriptor 0x%lx, "
          "processor 0x%lx", place->name, access->name, descriptor, sysreg_read(tcr_el1), code,
          without, own_code, call, own);
}

static void compare_all(const struct place *place)
{
    static const uint64_t bits[] = {AP_USER, AP_READ_ONLY, ACCESSED, DBM};

    for (unsigned choice = 0; choice < 1u << ARRAY_SIZE(bits); choice++) {
        uint64_t descriptor = place->base | NORMAL_MEMORY | place->type;

        for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
            descriptor |= choice & 1u << i ? bits[i] : 0;
        for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
            compare(place, &accesses[i], descriptor);
    }
}

/* What this processor has not must stay clear. */
static void compare_with_hardware(void)
{
    static const uint64_t updating[] = {0, TCR_HA, TCR_HA | TCR_HD};
    unsigned kinds = hafdbs >= HAFDBS_DIRTY ? HAFDBS_DIRTY : hafdbs;

    for (unsigned kind = 0; kind <= kinds; kind++) {
        set_tcr(updating[kind]);
        for (size_t i = 0; i < ARRAY_SIZE(places); i++)
            compare_all(&places[i]);
    }
    report(report_failures() == 0, "the call writes what the processor writes (HAFDBS %u)", hafdbs);
    report((updates[0] > 0) == (kinds > 0) && (updates[1] > 0) == (kinds >= HAFDBS_DIRTY),
           "%u times the access flag, %u times the dirty state", updates[0], updates[1]);
}

/* --- The other processor ------------------------------------------------------------------- */

static volatile uint64_t rival_started, rival_stop, rival_stopped;
static uint64_t rival_rounds, rival_seen; /* how often the access flag was there */

/* Counts in the descriptor's software bits and clears its access flag, in one step. */
static uint64_t change_descriptor(uint64_t *descriptor)
{
    uint64_t old, new;
    uint32_t failed;

    do {
        __asm__ volatile("ldxr %0, [%1]" : "=r"(old) : "r"(descriptor) : "memory");
        new = old + (1ul << SOFTWARE_SHIFT);
        new = (old & ~(SOFTWARE_MASK << SOFTWARE_SHIFT | ACCESSED)) |
              (new & SOFTWARE_MASK << SOFTWARE_SHIFT);
        __asm__ volatile("stxr %w0, %1, [%2]" : "=&r"(failed) : "r"(new), "r"(descriptor)
                         : "memory");
    } while (failed);
    return old;
}

static void rival(uint64_t context)
{
    struct random random;

    random_seed(&random, context);
    mmu_on();
    signal_value(&rival_started, 1);
    while (!rival_stop) {
        rival_seen += !!(change_descriptor((uint64_t *)LEAF) & ACCESSED);
        rival_rounds++;
        /* At full speed it would leave the call no moment to write. */
        for (uint64_t pause = random_next(&random) % RIVAL_PAUSE; pause; pause--)
            __asm__ volatile("yield");
    }
    signal_value(&rival_stopped, 1);
}

static void race(void)
{
    const struct place *place = &places[0];
    uint64_t bad = 0, left;

    set_tcr(TCR_HA);
    set_descriptor(place, place->base | NORMAL_MEMORY | place->type);
    check(vp_start(1, rival, 1) == PSCI_SUCCESS, "VP1 does not start");
    wait_for(&rival_started, 1);
    for (unsigned i = 0; i < RACES; i++)
        bad += translate(address_of_data(place), READ | SUPERVISOR | SET_BITS) != 0;
    signal_value(&rival_stop, 1);
    wait_for(&rival_stopped, 1);
    left = get_descriptor(place) >> SOFTWARE_SHIFT & SOFTWARE_MASK;
    report(left == (rival_rounds & SOFTWARE_MASK),
           "no change of another processor is lost, of %lu", rival_rounds);
    report(bad == 0 && rival_seen > 0, "%lu calls failed; the other saw the flag %lu times", bad,
           rival_seen);
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
    granule = choose_granule();
    if (!mmu_has(granule->granule)) {
        report(true, "this processor has no such granule: skipped");
        return;
    }
    hafdbs = sysreg_read(id_aa64mmfr1_el1) & 0xf;
    places[1].base = DATA >> block_shift() << block_shift();
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    mmu_prepare(GRANULE_4K);
    mmu_map(ROOT, ROOT, TABLES_SIZE);
    mmu_on();
    sysreg_write(ttbr1_el1, ROOT);
    compare_with_hardware();
    if (hafdbs && argument_is("race", ""))
        race();
}
