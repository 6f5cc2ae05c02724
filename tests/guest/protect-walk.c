/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protections of VTL0's own translation tables: the processor's walks are accesses like any other,
 * and so are the updates that it makes by itself.
 */
#include "tests/guest/paravisor.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define ENABLE_PROTECTION 0x3ful

#define ALIAS MMU_LOW_ALIAS
#define TCR_HA (1ul << 39)
#define DESCRIPTOR_ACCESSED (1ul << 10)

#define SYNDROME_EC(esr) ((esr) >> 26 & 0x3f)
#define EC_INSTRUCTION_ABORT 0x20
#define EC_DATA_ABORT 0x24
#define SYNDROME_S1PTW (1ul << 7)

#define DATA 0x1122334455667788ul
#define CODE_RESULT 42

static uint64_t page[0x10000 / 8] __attribute__((aligned(0x10000)));
static volatile uint64_t *entry; /* of ALIAS, in the table of the last level */

static void forget_translations(void)
{
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
}

/* The paravisor writes it, whatever VTL0 may do. */
static void write_entry(uint64_t value)
{
    paravisor_write(entry, value);
    forget_translations();
}

static uint64_t load_alias(void)
{
    forget_translations();
    return *(volatile uint64_t *)(ALIAS + 64);
}

static uint64_t call_alias(void)
{
    forget_translations();
    return ((uint64_t (*)(void))ALIAS)();
}

static bool is_walk(const struct intercept *seen, uint64_t gva, unsigned access, unsigned ec)
{
    return seen->type == INTERCEPT_PROTECTION && seen->gva == gva &&
           seen->gpa == (uintptr_t)entry && seen->access == access &&
           seen->info == INFO_GVA_VALID && SYNDROME_EC(seen->syndrome) == ec &&
           seen->syndrome & SYNDROME_S1PTW;
}

static void test_load(void)
{
    struct intercept seen = {0};
    uint64_t value;

    paravisor_policy(POLICY_ALLOW);
    paravisor_protect((void *)entry, 1, 0);
    value = load_alias();
    report(paravisor_intercepts(&seen) == 1 && value == DATA &&
               is_walk(&seen, ALIAS + 64, INTERCEPT_READ, EC_DATA_ABORT),
           "a load's walk: GVA 0x%lx GPA 0x%lx syndrome 0x%lx", seen.gva, seen.gpa, seen.syndrome);
}

static void test_fetch(void)
{
    struct intercept seen = {0};
    uint64_t value;

    paravisor_policy(POLICY_ALLOW);
    paravisor_protect((void *)entry, 1, 0);
    value = call_alias();
    report(paravisor_intercepts(&seen) == 1 && value == CODE_RESULT &&
               is_walk(&seen, ALIAS, INTERCEPT_READ, EC_INSTRUCTION_ABORT),
           "a fetch's walk: GVA 0x%lx GPA 0x%lx access %u syndrome 0x%lx", seen.gva, seen.gpa,
           seen.access, seen.syndrome);
}

/* Without the right to execute it, the table is read one step at a time. */
static void test_step(void)
{
    uint64_t value;

    paravisor_policy(POLICY_WATCH);
    paravisor_protect((void *)entry, 1, R | W);
    value = load_alias();
    report(value == DATA && call_alias() == CODE_RESULT && paravisor_intercepts(NULL) == 0,
           "walks through a table that may be read: 0x%lx", value);
}

static bool sets_access_flag(void)
{
    return sysreg_read(id_aa64mmfr1_el1) & 0xf;
}

static void test_update(unsigned rights, unsigned expected)
{
    struct intercept seen = {0};
    uint64_t value, count;

    paravisor_policy(POLICY_ALLOW);
    write_entry(*entry & ~DESCRIPTOR_ACCESSED);
    paravisor_protect((void *)entry, 1, rights);
    value = load_alias();
    count = paravisor_intercepts(&seen);
    report(value == DATA && count == expected && paravisor_read(entry) & DESCRIPTOR_ACCESSED &&
               (!expected || is_walk(&seen, ALIAS + 64, INTERCEPT_WRITE, EC_DATA_ABORT)),
           "the access flag, with rights %u: %lu intercepts, syndrome 0x%lx", rights, count,
           seen.syndrome);
}

static void prepare(void)
{
    static const uint32_t code[] = {0xd2800540 /* mov x0, #42 */, 0xd65f03c0 /* ret */};

    memcpy(page, code, sizeof(code));
    page[8] = DATA;
    code_written(page, sizeof(code));
    mmu_prepare(GRANULE_4K);
    mmu_map(ALIAS, (uintptr_t)page, 0x10000);
    mmu_on();
    entry = mmu_entry(ALIAS);
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    prepare();
    report(paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION) == 0, "protections are enabled");
    test_load();
    test_fetch();
    test_step();
    if (!sets_access_flag()) {
        print("no hardware access flag here\n");
        return;
    }
    sysreg_write(tcr_el1, sysreg_read(tcr_el1) | TCR_HA);
    test_update(RWX, 0);
    test_update(R | X, 1);
    test_update(R | W, 0);
}
