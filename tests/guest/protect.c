/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protections of VTL0's pages by a higher VTL: every right, tried by every kind of instruction.
 * What is allowed happens as if nothing were; what is not ends in an intercept that tells exactly
 * what was tried.
 */
#include "tests/guest/paravisor.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define ENABLE_PROTECTION 0x1ful /* with all rights for a start */
#define ZERO_ON_RESET 0x20ul

#define DATA 0x1122334455667788ul
#define NEW 0x99aabbccddeeff00ul
#define CODE_RESULT 42

/* What an instruction does to the page. */
enum effect {
    READS = R,
    WRITES = W,
    UPDATES = R | W,
};

/* ESR_EL2 of the message (Arm ARM, D19.2). */
#define SYNDROME_EC(esr) ((esr) >> 26 & 0x3f)
#define EC_INSTRUCTION_ABORT 0x20
#define EC_DATA_ABORT 0x24
#define SYNDROME_WNR (1ul << 6)
#define PERMISSION_FAULT 0xf

static uint64_t page[PAGE / 8] __attribute__((aligned(4096)));

/* X0 is the address, X1 the operand and the result; `site` is where the instruction is. */
#define ACCESS(name, instruction)                                                                  \
    extern const uint32_t site_##name[];                                                           \
    static __attribute__((noipa)) uint64_t name(volatile void *address, uint64_t operand)          \
    {                                                                                              \
        register volatile void *x0 __asm__("x0") = address;                                        \
        register uint64_t x1 __asm__("x1") = operand;                                              \
        __asm__ volatile(".arch_extension lse\n\t"                                                 \
                         "mov x2, x1\n\tdup v0.2d, x1\n\t"                                        \
                         "site_" #name ": " instruction                                            \
                         : "+r"(x0), "+r"(x1)                                                      \
                         :                                                                         \
                         : "x2", "x3", "x4", "x5", "memory");                                      \
        return x1;                                                                                 \
    }
ACCESS(load_byte, "ldrb w1, [x0]")
ACCESS(load_word, "ldr w1, [x0]")
ACCESS(load_double, "ldr x1, [x0]")
ACCESS(load_signed, "ldrsh x1, [x0]")

ACCESS(load_post, "ldr x1, [x0], #8")
ACCESS(load_acquire, "ldar x1, [x0]")
ACCESS(load_pair, "ldp x1, x3, [x0]")
ACCESS(load_vector, "ldr q0, [x0]\n\tmov x1, v0.d[0]")
ACCESS(load_structure, "ld1 {v0.2d}, [x0]\n\tmov x1, v0.d[0]")
ACCESS(load_exclusive, "ldxr x1, [x0]\n\tclrex")
ACCESS(load_exclusive_pair, "ldxp x1, x3, [x0]\n\tclrex")
ACCESS(store_byte, "strb w1, [x0]")
ACCESS(store_double, "str x1, [x0]")
ACCESS(store_pre, "str x1, [x0, #0]!")
ACCESS(store_release, "stlr x1, [x0]")
ACCESS(store_pair, "stp x1, x1, [x0]")
ACCESS(store_vector, "str q0, [x0]")
ACCESS(store_structure, "st1 {v0.2d}, [x0]")
ACCESS(zero_cache_line, "dc zva, x0")
ACCESS(atomic_add, "ldadd x1, x2, [x0]")
ACCESS(atomic_swap, "swpal x1, x2, [x0]")
ACCESS(compare_and_swap, "cas x2, x1, [x0]")
ACCESS(clean_line, "dc cvac, x0")
ACCESS(clean_invalidate_line, "dc civac, x0")

#define ROW(name, effect, kind) {#name, name, site_##name, effect, kind}

static const struct row {
    const char *name;
    uint64_t (*access)(volatile void *address, uint64_t operand);
    const uint32_t *site;
    unsigned effect;
    enum { ALWAYS, LSE, MAINTENANCE } kind;
} rows[] = {
    ROW(load_byte, READS, ALWAYS),
    ROW(load_word, READS, ALWAYS),
    ROW(load_double, READS, ALWAYS),
    ROW(load_signed, READS, ALWAYS),
    ROW(load_post, READS, ALWAYS),
    ROW(load_acquire, READS, ALWAYS),
    ROW(load_pair, READS, ALWAYS),
    ROW(load_vector, READS, ALWAYS),
    ROW(load_structure, READS, ALWAYS),
    ROW(load_exclusive, READS, ALWAYS),
    ROW(load_exclusive_pair, READS, ALWAYS),
    ROW(store_byte, WRITES, ALWAYS),
    ROW(store_double, WRITES, ALWAYS),
    ROW(store_pre, WRITES, ALWAYS),
    ROW(store_release, WRITES, ALWAYS),
    ROW(store_pair, WRITES, ALWAYS),
    ROW(store_vector, WRITES, ALWAYS),
    ROW(store_structure, WRITES, ALWAYS),
    ROW(zero_cache_line, WRITES, ALWAYS),
    ROW(atomic_add, UPDATES, LSE),
    ROW(atomic_swap, UPDATES, LSE),
    ROW(compare_and_swap, UPDATES, LSE),
    ROW(clean_line, READS, MAINTENANCE),
    ROW(clean_invalidate_line, READS, MAINTENANCE),
};

static bool has_lse(void)
{
    return sysreg_read(id_aa64isar0_el1) >> 20 & 0xf;
}

static void use_vectors(void)
{
    sysreg_write(cpacr_el1, 3ul << 20);
}

/* Nothing but what was tried, exactly. */
static bool describes(const struct intercept *seen, const struct row *row, const void *address,
                      unsigned rights)
{
    bool write = !(row->effect & ~rights & R);

    return seen->type == INTERCEPT_PROTECTION && seen->pc == (uintptr_t)row->site &&
           seen->vp == guest_vp() && seen->length == 4 && seen->byte_count == 4 &&
           seen->instruction == *row->site && seen->gpa == (uintptr_t)address &&
           seen->gva == (uintptr_t)address &&
           seen->info == (INFO_GVA_VALID | INFO_GVA_GPA_VALID) && seen->state == 1 &&
           seen->access == (write ? INTERCEPT_WRITE : INTERCEPT_READ) &&
           SYNDROME_EC(seen->syndrome) == EC_DATA_ABORT &&
           (seen->syndrome & 0x3f) == PERMISSION_FAULT;
}

static void show(const struct intercept *seen)
{
    print("  type 0x%x access %u state 0x%x PC 0x%lx info %u instruction 0x%x GVA 0x%lx GPA 0x%lx "
          "syndrome 0x%lx\n",
          seen->type, seen->access, seen->state, seen->pc, seen->info, seen->instruction,
          seen->gva, seen->gpa, seen->syndrome);
}

static void test_row(const struct row *row, unsigned rights)
{
    struct intercept seen = {0};
    bool allowed = !(row->effect & ~rights);
    unsigned count;

    paravisor_write(&page[8], DATA);
    paravisor_write(&page[9], DATA);
    paravisor_policy(POLICY_SKIP);
    row->access(&page[8], NEW);
    count = paravisor_intercepts(&seen);
    /* Emulated processors need not look where cache maintenance goes. */
    if (count == 0 && row->kind == MAINTENANCE)
        return;
    if (!check(count == !allowed, "%s with rights %u: %u intercepts", row->name, rights, count))
        return;
    if (!allowed && !check(describes(&seen, row, &page[8], rights), "%s with rights %u: told",
                           row->name, rights))
        show(&seen);
    /* Denied, it has not written; allowed, it has. A cas finds what it expects or does not. */
    if (!allowed || row->effect == READS)
        check(paravisor_read(&page[8]) == DATA, "%s with rights %u left it alone", row->name,
              rights);
    else if (row->access != compare_and_swap)
        check(paravisor_read(&page[8]) != DATA, "%s with rights %u has written", row->name,
              rights);
}

/* A load gets what is there. */
static void test_values(unsigned rights)
{
    if (!(rights & R))
        return;
    paravisor_write(&page[8], DATA);
    check(load_double(&page[8], 0) == DATA, "ldr with rights %u", rights);
    check(load_byte(&page[8], 0) == (DATA & 0xff), "ldrb with rights %u", rights);
    check(load_signed(&page[8], 0) == 0x7788, "ldrsh with rights %u", rights);
    check(load_vector(&page[8], 0) == DATA, "ldr q with rights %u", rights);
    check(load_exclusive(&page[8], 0) == DATA, "ldxr with rights %u", rights);
    if (!(rights & W))
        return;
    store_double(&page[8], NEW);
    check(paravisor_read(&page[8]) == NEW, "str with rights %u", rights);
    if (has_lse()) {
        atomic_add(&page[8], 1);
        check(paravisor_read(&page[8]) == NEW + 1, "ldadd with rights %u", rights);
    }
}

static void write_code(void)
{
    static const uint32_t code[] = {0xd2800540 /* mov x0, #42 */, 0xd65f03c0 /* ret */};

    memcpy((void *)page, code, sizeof(code));
    code_written((const void *)page, sizeof(code));
}

static void test_fetch(unsigned rights)
{
    struct intercept seen = {0};
    uint64_t (*code)(void) = (uint64_t (*)(void))(uintptr_t)page;
    uint64_t result;

    paravisor_policy(POLICY_SKIP);
    result = code();
    if (paravisor_intercepts(&seen) == 0) {
        check(rights & X && result == CODE_RESULT, "a fetch with rights %u", rights);
        return;
    }
    if (!check(!(rights & X) && seen.access == INTERCEPT_EXECUTE && seen.pc == (uintptr_t)page &&
                   seen.gva == (uintptr_t)page && seen.gpa == (uintptr_t)page &&
                   SYNDROME_EC(seen.syndrome) == EC_INSTRUCTION_ABORT && seen.byte_count == 0,
               "a fetch with rights %u is told", rights))
        show(&seen);
}

static void test_rights(unsigned rights)
{
    unsigned before = report_failures();

    paravisor_protect(page, 1, RWX);
    write_code();
    check(HV_STATUS(paravisor_protect(page, 1, rights)) == 0, "protecting");
    test_fetch(rights);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].kind != LSE || has_lse())
            test_row(&rows[i], rights);
    test_values(rights);
    report(report_failures() == before, "rights %s%s%s: all kinds of access",
           rights & R ? "r" : "-", rights & W ? "w" : "-", rights & X ? "x" : "-");
}

static void test_set_up(void)
{
    report(paravisor_protect(page, 1, 0) == 6 /* ACCESS_DENIED */, "not before it is enabled");
    report(paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION | ZERO_ON_RESET) == 0,
           "protections are enabled");
    report(paravisor_set(VSM_PARTITION_CONFIG, ZERO_ON_RESET) == 0x50, "once and for all");
    report(paravisor_protect(page, 1, W) == 5, "no writing without reading");
    report(paravisor_protect((const void *)UART_BASE, 1, R) == 5, "only RAM can be protected");
}

static void test_check(void)
{
    uint64_t element = 0;

    paravisor_protect(page, 1, R);
    report(paravisor_check(page, RWX, &element) == HV_REPS(1) &&
               element == (1ul | (W | X) << 8 | (uint64_t)paravisor_get(0x000d0003) % 16 << 16),
           "HvCallCheckSparseGpaPageVtlAccess: 0x%lx", element);
    report(paravisor_check(page, R, &element) == HV_REPS(1) && element == 0, "reading is allowed");
}

static void load(void *address)
{
    load_double(address, 0);
}

/* The other policies: what a paravisor may do about it. */
static void test_policies(void)
{
    struct exception seen = {0};
    struct intercept last;
    uint64_t value;

    paravisor_protect(page, 1, 0);
    paravisor_write(&page[8], DATA);
    paravisor_policy(POLICY_EMULATE);
    value = load_double(&page[8], 0);
    report(value == 0x1000 + 64 && paravisor_intercepts(&last) == 1, "a load is emulated: 0x%lx",
           value);
    report(paravisor_entry_reason() == 2, "the entry reason is an interrupt");
    paravisor_policy(POLICY_ALLOW);
    value = load_double(&page[8], 0);
    report(value == DATA && paravisor_intercepts(&last) == 1, "a load is allowed and repeated");
    paravisor_protect(page, 1, 0);
    paravisor_policy(POLICY_INJECT);
    report(exception_expect(load, &page[8], &seen) &&
               ESR_EC(seen.esr) == ESR_EC_DABT && seen.far == (uintptr_t)&page[8] &&
               seen.elr == (uintptr_t)site_load_double,
           "an abort is injected: ESR 0x%lx FAR 0x%lx", seen.esr, seen.far);
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    use_vectors();
    test_set_up();
    test_rights(RWX);
    test_rights(R | X);
    test_rights(0);
    test_rights(R);
    test_rights(R | W);
    test_rights(RWX);
    test_check();
    test_policies();
}
