/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVE loads and stores on pages that a higher VTL protects, on the paravisor of protect.c: what is
 * allowed happens, what is not is told, with the address unless that is in a vector, or with that,
 * too, if "reports=yes" says that vtlemu has the processor's own report. The state of SVE stays
 * through an intercept, with --poison as well: nobody could prepare for that.
 */
#include "tests/guest/paravisor.h"
#include "tests/guest/sve-state.h"

#define VSM_PARTITION_CONFIG 0x000d0007u
#define ENABLE_PROTECTION 0x1ful /* with all rights for a start */
#define DATA 0x1122334455667788ul
#define NEW 0x99aabbccddeeff00ul
#define SPREAD 32 /* elements of 64 bits in the longest vectors */

static uint64_t page[PAGE / 8] __attribute__((aligned(4096)));
static uint64_t spread[SPREAD][PAGE / 8] __attribute__((aligned(4096)));
static struct sve_state before, after;

/* X0 is the address, X1 data, X2 the distance of elements; `site` is where the instruction is. */
#define ACCESS(name, instruction)                                                                  \
    extern const uint32_t site_##name[];                                                           \
    static __attribute__((noipa)) uint64_t name(volatile void *address, uint64_t operand,          \
                                                uint64_t stride)                                   \
    {                                                                                              \
        register volatile void *x0 __asm__("x0") = address;                                        \
        register uint64_t x1 __asm__("x1") = operand;                                              \
        register uint64_t x2 __asm__("x2") = stride;                                               \
        __asm__ volatile(".arch armv8.2-a+sve\n\tptrue p0.d\n\tmov z0.d, x1\n\t"                  \
                         "mov z1.d, x1\n\tindex z3.d, xzr, x2\n\t"                                 \
                         "site_" #name ": " instruction "\n\tfmov x1, d1"                          \
                         : "+r"(x0), "+r"(x1), "+r"(x2)                                            \
                         :                                                                         \
                         : "memory");                                                              \
        return x1;                                                                                 \
    }
ACCESS(load_vector, "ldr z1, [x0]")
ACCESS(load_contiguous, "ld1d {z1.d}, p0/z, [x0]")
ACCESS(load_broadcast, "ld1rd {z1.d}, p0/z, [x0]")
ACCESS(load_structures, "ld2d {z1.d, z2.d}, p0/z, [x0]")
ACCESS(load_predicate, "ldr p1, [x0]")
ACCESS(gather, "ld1d {z1.d}, p0/z, [x0, z3.d]")
ACCESS(store_vector, "str z0, [x0]")
ACCESS(store_contiguous, "st1d {z0.d}, p0, [x0]")
ACCESS(store_structures, "st2d {z0.d, z1.d}, p0, [x0]")
ACCESS(store_predicate, "str p0, [x0]")
ACCESS(scatter, "st1d {z0.d}, p0, [x0, z3.d]")

#define ROW(name, effect, scattered) {#name, name, site_##name, effect, scattered}

static const struct row {
    const char *name;
    uint64_t (*access)(volatile void *address, uint64_t operand, uint64_t stride);
    const uint32_t *site;
    unsigned effect;
    bool scattered; /* its addresses are in a vector */
} rows[] = {
    ROW(load_vector, R, false),
    ROW(load_contiguous, R, false),
    ROW(load_broadcast, R, false),
    ROW(load_structures, R, false),
    ROW(load_predicate, R, false),
    ROW(gather, R, true),
    ROW(store_vector, W, false),
    ROW(store_contiguous, W, false),
    ROW(store_structures, W, false),
    ROW(store_predicate, W, false),
    ROW(scatter, W, true),
};

static bool describes(const struct intercept *seen, const struct row *row, const void *address)
{
    bool unknown = row->scattered && !argument_is("reports", "yes");
    uintptr_t gpa = unknown ? (uintptr_t)page : (uintptr_t)address;

    return seen->type == INTERCEPT_PROTECTION && seen->pc == (uintptr_t)row->site &&
           seen->instruction == *row->site && seen->gpa == gpa &&
           seen->gva == (unknown ? 0 : gpa) &&
           seen->info == (unknown ? 0 : INFO_GVA_VALID | INFO_GVA_GPA_VALID) &&
           seen->access == (row->effect == W ? INTERCEPT_WRITE : INTERCEPT_READ);
}

static void call(void *argument)
{
    const struct row *row = argument;

    row->access(&page[8], NEW, 8);
}

/*
 * A scatter to a page that can be read and executed, without report: neither KVM nor the registers
 * say where.
 */
static void test_nowhere(const struct row *row)
{
    struct exception seen = {0};

    check(exception_expect(call, (void *)row, &seen) && ESR_EC(seen.esr) == ESR_EC_DABT &&
              ESR_FSC(seen.esr) == ESR_FSC_EXTERNAL && seen.elr == (uintptr_t)row->site,
          "%s ends in an abort: ESR 0x%lx", row->name, seen.esr);
}

static void test_row(const struct row *row, unsigned rights)
{
    struct intercept seen = {0};
    bool allowed = !(row->effect & ~rights);
    unsigned count;

    paravisor_write(&page[8], DATA);
    paravisor_policy(POLICY_SKIP);
    if (row->scattered && !allowed && rights == (R | X) && !argument_is("reports", "yes")) {
        test_nowhere(row);
        return;
    }
    check(row->access(&page[8], NEW, 8) == (row->effect == R && allowed && row->access !=
                                            load_predicate ? DATA : NEW),
          "%s with rights %u: what it reads", row->name, rights);
    count = paravisor_intercepts(&seen);
    check(count == !allowed, "%s with rights %u: %u intercepts", row->name, rights, count);
    check(allowed || describes(&seen, row, &page[8]),
          "%s with rights %u is told: GPA 0x%lx GVA 0x%lx info %u access %u", row->name, rights,
          seen.gpa, seen.gva, seen.info, seen.access);
    check((paravisor_read(&page[8]) != DATA) == (allowed && row->effect == W),
          "%s with rights %u: what is in memory", row->name, rights);
}

static void test_rights(unsigned rights)
{
    unsigned failures = report_failures();

    check(HV_STATUS(paravisor_protect(page, 1, rights)) == 0, "protecting");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        test_row(&rows[i], rights);
    paravisor_protect(page, 1, RWX);
    report(report_failures() == failures, "rights %s%s%s: all kinds of access",
           rights & R ? "r" : "-", rights & W ? "w" : "-", rights & X ? "x" : "-");
}

/* As many pages at once as can be. */
static void test_spread(void)
{
    struct intercept seen;
    uint64_t value;

    for (unsigned i = 0; i < SPREAD; i++)
        spread[i][0] = DATA;
    paravisor_protect(spread, SPREAD, R | W);
    paravisor_policy(POLICY_SKIP);
    value = gather(spread, 0, PAGE);
    scatter(spread, NEW, PAGE);
    report(value == DATA && paravisor_read(&spread[0][0]) == NEW &&
               paravisor_intercepts(&seen) == 0,
           "a gather and a scatter over many pages that can only be read and written");
    paravisor_protect(spread, SPREAD, RWX);
}

static void test_state(void)
{
    size_t length = sve_set_length(SVE_UNITS * SVE_UNIT);
    size_t size = (SVE_VECTORS + SVE_PREDICATES / 8) * length;
    struct intercept seen;
    unsigned count;
    uint64_t value;

    for (size_t i = 0; i < size; i++)
        before.bytes[i] = (uint8_t)(i * 7 + i / 256);
    memset(sve_p(&before, SVE_PREDICATES, length), 0xff, length / 8);
    paravisor_protect(page, 1, 0);
    paravisor_policy(POLICY_EMULATE);
    sve_load(&before);
    value = *(volatile uint64_t *)&page[8];
    sve_store(&after);
    count = paravisor_intercepts(&seen);
    report(count == 1 && value == 0x1000 + 64 && !memcmp(&before, &after, size + length / 8),
           "an intercept leaves all SVE state alone");
    paravisor_protect(page, 1, RWX);
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    report(sve_open(), "there is SVE");
    sve_set_length(SVE_UNITS * SVE_UNIT);
    report(paravisor_set(VSM_PARTITION_CONFIG, ENABLE_PROTECTION) == 0, "protections are enabled");
    test_rights(RWX);
    test_rights(R | X);
    test_rights(0);
    test_rights(R);
    test_rights(R | W);
    test_spread();
    test_state();
}
