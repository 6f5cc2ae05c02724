/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before an instruction is stepped over a page without execute, the processor has forgotten what
 * translations it knew: what it executes is what the tables have at PC. And how that is done leaves
 * nothing for the guest to see.
 */
#include "tests/guest/paravisor.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define ENABLE_PROTECTION 0x3ful
#define INTERCEPT_NOT_PRESENT (1ul << 14)

#define ALIAS MMU_LOW_ALIAS
#define MAP_UNIT 0x10000
#define ROUNDS 700 /* more than the slot that flushes has pages */

#define OLD 1ul
#define NEW 2ul

/* Each in a mapping of its own, as what is mapped comes in such units. */
static uint32_t old_code[MAP_UNIT / 4] __attribute__((aligned(MAP_UNIT)));
static uint32_t new_code[MAP_UNIT / 4] __attribute__((aligned(MAP_UNIT)));
/* What the old code loads, and the new. */
static uint64_t plain[PAGE / 8] __attribute__((aligned(4096))) = {OLD, NEW};
static uint64_t no_execute[PAGE / 8] __attribute__((aligned(4096))) = {OLD, NEW};

#define ACCESS(name, instruction)                                                                  \
    static __attribute__((noipa)) void name(void *address)                                         \
    {                                                                                              \
        register void *x0 __asm__("x0") = address;                                                 \
        __asm__ volatile(instruction : "+r"(x0) : : "x1", "x2", "x30", "memory");                  \
    }
ACCESS(load, "ldr x1, [x0]")
ACCESS(load_pair, "ldp x1, x2, [x0]")
ACCESS(store, "str xzr, [x0]")
ACCESS(store_pair, "stp xzr, xzr, [x0]")
ACCESS(fetch, "blr x0")

static const struct row {
    const char *name;
    void (*access)(void *address);
} rows[] = {
    {"a load", load},        {"a pair", load_pair}, {"a store", store},
    {"two words", store_pair}, {"a fetch", fetch},
};

static uint64_t step(void)
{
    return *(volatile uint64_t *)no_execute;
}

/* As where nothing is, although there has just been a flush. */
static void test_hidden(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        void *where = (void *)(FLUSH_BASE + i * PAGE);
        struct exception seen = {0};
        bool taken;

        step();
        taken = exception_expect(rows[i].access, where, &seen);
        report(taken && ESR_FSC(seen.esr) == ESR_FSC_EXTERNAL && seen.far == (uintptr_t)where,
               "%s finds nothing: ESR 0x%lx FAR 0x%lx", rows[i].name, seen.esr, seen.far);
    }
}

static void test_told(void)
{
    const volatile uint64_t *where = (const volatile uint64_t *)(FLUSH_BASE + 24);
    struct intercept seen = {0};
    uint64_t value;

    paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION | INTERCEPT_NOT_PRESENT);
    paravisor_policy(POLICY_EMULATE);
    step();
    value = *where;
    report(value == 0x1000 + 24 && paravisor_intercepts(&seen) == 1 &&
               seen.type == INTERCEPT_UNMAPPED && seen.gpa == (uintptr_t)where,
           "the paravisor is told: type 0x%x GPA 0x%lx", seen.type, seen.gpa);
}

static void forget_translations(void)
{
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
}

static uint64_t call_alias(const uint64_t *data)
{
    return ((uint64_t (*)(const uint64_t *))ALIAS)(data);
}

/* Whether the processor has gone by the old entry, until the step; then it must not. */
static bool was_stale(void)
{
    uint64_t before, stepped;

    mmu_remap_silently(ALIAS, old_code);
    forget_translations();
    check(call_alias(plain) == OLD, "the old code");
    mmu_remap_silently(ALIAS, new_code);
    before = call_alias(plain);
    stepped = call_alias(no_execute);
    check(stepped == NEW, "what is stepped is what the tables have at PC: %lu after %lu", stepped,
          before);
    return before == OLD;
}

static void test_stale(void)
{
    unsigned failures = report_failures(), stale = 0;

    for (unsigned i = 0; i < ROUNDS; i++)
        stale += was_stale();
    report(failures == report_failures(), "%u steps, %u with an old translation before them",
           (unsigned)ROUNDS, stale);
}

static void prepare_mmu(void)
{
    static const uint32_t codes[][2] = {{0xf9400000 /* ldr x0, [x0] */, 0xd65f03c0 /* ret */},
                                        {0xf9400400 /* ldr x0, [x0, #8] */, 0xd65f03c0}};

    memcpy(old_code, codes[0], sizeof(codes[0]));
    memcpy(new_code, codes[1], sizeof(codes[1]));
    code_written(old_code, sizeof(codes[0]));
    code_written(new_code, sizeof(codes[1]));
    mmu_prepare(GRANULE_4K);
    mmu_map(ALIAS, (uintptr_t)old_code, MAP_UNIT);
    mmu_on();
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    report(paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION) == 0, "protections are enabled");
    paravisor_protect(no_execute, 1, R | W);
    test_hidden();
    test_told();
    prepare_mmu();
    test_stale();
}
