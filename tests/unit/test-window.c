/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a register window, emu/vcpu-window.c: a window made by hand; and what KVM answers itself. */
#include <string.h>

#include "emu/kept-calls.h"
#include "emu/vcpu-window.h"
#include "tests/unit/unit.h"
#include "vtl/bank.h"

static struct window shown;
static struct vcpu_window window;
static __u64 number; /* of the KVM_RUN */

static void set_up(void)
{
    memset(&shown, 0, sizeof(shown));
    number = 1;
    window = (struct vcpu_window){.now = &shown, .run = &number};
}

/* As the programs in the kernel do. */
static void come_back(void)
{
    shown.run = number;
}

static void call(unsigned immediate)
{
    shown.call = (struct window_call){.run = number, .immediate = immediate};
}

static size_t row_of(uint32_t name)
{
    return (size_t)(bank_find(name) - bank_table);
}

static struct hv_u128 read_one(uint32_t name)
{
    struct hv_u128 value = {.low = UINT64_MAX, .high = UINT64_MAX};

    ck_assert_msg(vcpu_window_read(&window, row_of(name), 1, &value), "0x%x", name);
    return value;
}

static void run_once(void)
{
    vcpu_window_begin(&window);
    come_back();
    vcpu_window_end(&window);
}

/* Each register has a place of its own, and all of its bytes. */
START_TEST(each_register)
{
    const struct {
        uint32_t name;
        __u64 *place;
    } rows[] = {
        {0x00020000, &shown.general.x[0]}, {0x0002001e, &shown.general.x[30]},
        {0x00020020, &shown.general.sp}, {0x00020021, &shown.system[WINDOW_SP_EL1]},
        {0x00020022, &shown.general.pc}, {0x00020023, &shown.general.pstate},
        {0x00040002, &shown.system[WINDOW_SCTLR_EL1]},
        {0x00040004, &shown.system[WINDOW_CPACR_EL1]},
        {0x00040005, &shown.system[WINDOW_TTBR0_EL1]},
        {0x00040006, &shown.system[WINDOW_TTBR1_EL1]},
        {0x00040007, &shown.system[WINDOW_TCR_EL1]},
        {0x00040008, &shown.system[WINDOW_ESR_EL1]},
        {0x00040009, &shown.system[WINDOW_FAR_EL1]},
        {0x0004000b, &shown.system[WINDOW_MAIR_EL1]},
        {0x0004000c, &shown.system[WINDOW_VBAR_EL1]},
        {0x00040014, &shown.system[WINDOW_SPSR_EL1]},
        {0x00040015, &shown.system[WINDOW_ELR_EL1]},
    };

    run_once();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        *rows[i].place = UINT64_C(0xfedcba9800000000) + i;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hv_u128 value = read_one(rows[i].name);

        ck_assert_msg(value.low == UINT64_C(0xfedcba9800000000) + i && !value.high,
                      "register 0x%x", rows[i].name);
    }
}
END_TEST

START_TEST(vectors_and_spans)
{
    struct hv_u128 values[WINDOW_VECTORS];

    run_once();
    for (unsigned i = 0; i < WINDOW_VECTORS; i++) {
        shown.vector[i][0] = i;
        shown.vector[i][1] = ~(uint64_t)i;
    }
    for (unsigned i = 0; i < 31; i++)
        shown.general.x[i] = 100 + i;
    ck_assert(vcpu_window_read(&window, row_of(0x00030000), WINDOW_VECTORS, values));
    for (unsigned i = 0; i < WINDOW_VECTORS; i++)
        ck_assert(values[i].low == i && values[i].high == ~(uint64_t)i);
    ck_assert(vcpu_window_read(&window, row_of(0x00020000), 18, values));
    for (unsigned i = 0; i < 18; i++)
        ck_assert(values[i].low == 100 + i && !values[i].high);
}
END_TEST

/* Side by side, as they are in the window. */
START_TEST(shown_in_place)
{
    run_once();
    ck_assert_ptr_eq(vcpu_window_show(&window, row_of(0x00020000), 18),
                     (const uint8_t *)shown.general.x);
    ck_assert_ptr_eq(vcpu_window_show(&window, row_of(0x00030001), 2),
                     (const uint8_t *)&shown.vector[1]);
    ck_assert_ptr_null(vcpu_window_show(&window, row_of(0x00040002), 2));
    vcpu_window_begin(&window);
    ck_assert_ptr_null(vcpu_window_show(&window, row_of(0x00020000), 18));
}
END_TEST

/* Of neighbours in the table, not all are in a window, or side by side. */
START_TEST(what_is_not_there)
{
    struct hv_u128 values[4];

    run_once();
    ck_assert(!vcpu_window_read(&window, row_of(0x0005004d), 1, values)); /* MDSCR_EL1 */
    ck_assert(!vcpu_window_read(&window, row_of(0x00040002), 2, values)); /* SCTLR, ACTLR */
    ck_assert(!vcpu_window_read(&window, row_of(0x00020020), 2, values)); /* SP_EL0, SP_EL1 */
}
END_TEST

/* A program that was left out: nothing is believed, not even what is there when it is not. */
START_TEST(not_open)
{
    struct hv_u128 value;

    ck_assert(!vcpu_window_read(&window, row_of(0x00020000), 1, &value));
    vcpu_window_begin(&window);
    vcpu_window_end(&window);
    ck_assert(!vcpu_window_read(&window, row_of(0x00020000), 1, &value));
    run_once();
    vcpu_window_begin(&window);
    vcpu_window_end(&window);
    ck_assert(!vcpu_window_read(&window, row_of(0x00020000), 1, &value));
    run_once();
    ck_assert(vcpu_window_read(&window, row_of(0x00020000), 1, &value));
    vcpu_window_begin(&window);
    ck_assert(!vcpu_window_read(&window, row_of(0x00020000), 1, &value));
    window = (struct vcpu_window){0};
    vcpu_window_begin(&window);
    vcpu_window_end(&window);
    ck_assert(!window.open);
}
END_TEST

/* An HVC counts for the KVM_RUN that it was in. */
START_TEST(calls)
{
    run_once();
    ck_assert_ptr_null(vcpu_window_call(&window));
    vcpu_window_begin(&window);
    call(2);
    come_back();
    vcpu_window_end(&window);
    ck_assert_ptr_eq(vcpu_window_call(&window), &shown.call);
    run_once();
    ck_assert_ptr_null(vcpu_window_call(&window));
}
END_TEST

/* The program that shows the registers was left out, once: the call is known, and known once. */
START_TEST(call_in_a_window_that_is_not_open)
{
    vcpu_window_begin(&window);
    call(3);
    vcpu_window_end(&window);
    ck_assert(!window.open);
    ck_assert_ptr_eq(vcpu_window_call(&window), &shown.call);
    run_once();
    ck_assert_ptr_null(vcpu_window_call(&window));
    vcpu_window_begin(&window);
    vcpu_window_end(&window);
    ck_assert_ptr_null(vcpu_window_call(&window));
}
END_TEST

/* ESR_EL2 as the architecture has it: class, validity of FAR, walk, write, fault status. */
START_TEST(faults)
{
    static const struct {
        uint64_t esr;
        bool is_fault;
        struct vtl_fault_report report;
    } rows[] = {
        {0x93820007, true, {.gpa = 0x48765010, .gva = 0xffff000012345010, .gva_valid = true}},
        {0x9200004f, true,
         {.gpa = 0x48765010, .gva = 0xffff000012345010, .gva_valid = true, .write = true}},
        {0x9200014f, true, {.gpa = 0x48765010, .gva = 0xffff000012345010, .gva_valid = true}},
        {0x92000087, true,
         {.gpa = 0x48765000, .gva = 0xffff000012345010, .gva_valid = true, .in_walk = true}},
        {0x8200000f, true,
         {.gpa = 0x48765010, .gva = 0xffff000012345010, .gva_valid = true, .fetch = true}},
        {0x9200044f, true, {.gpa = 0x48765000, .gva = 0xffff000012345010, .write = true}},
        {0x92000010, false, {0}}, /* an external abort */
        {0x5a000002, false, {0}}, /* hvc #2 */
        {0x96000007, false, {0}}, /* EL2's own */
    };

    run_once();
    shown.far = 0xffff000012345010;
    shown.hpfar = 0x8000000000487650; /* NS is not a part of the address */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vtl_fault_report report;

        shown.esr = rows[i].esr;
        ck_assert_msg(vcpu_window_fault(&window, &report) == rows[i].is_fault, "row %zu", i);
        ck_assert_msg(!rows[i].is_fault ||
                          (report.gpa == rows[i].report.gpa && report.gva == rows[i].report.gva &&
                           report.gva_valid == rows[i].report.gva_valid &&
                           report.fetch == rows[i].report.fetch &&
                           report.write == rows[i].report.write &&
                           report.in_walk == rows[i].report.in_walk),
                      "row %zu", i);
    }
    vcpu_window_begin(&window);
    vcpu_window_end(&window);
    shown.esr = 0x93820007;
    ck_assert(!vcpu_window_fault(&window, &(struct vtl_fault_report){0}));
}
END_TEST

/* A switch with such an X0 is lost, or caught behind its HVC. */
START_TEST(what_kvm_answers)
{
    static const struct {
        uint64_t x0;
        bool kvm_uid, kept;
    } rows[] = {
        /* The architecture's ranges. */
        {0x80000000, false, true}, {0x8000ffff, false, true}, {0xc0000000, false, true},
        {0xc000ffff, false, true}, {0x7fffffff, false, false}, {0x80010000, false, false},
        {0xbfffffff, false, false}, {0xc0010000, false, false}, {0x84000000, false, false},
        /* The high half does not count. */
        {0xdeadbeef80001234, false, true}, {0x8000000000000000, false, false},
        /* TRNG, KVM's features and PTP, stolen time. */
        {0x84000050, false, true}, {0x84000053, false, true}, {0x84000054, false, false},
        {0x86000000, false, true}, {0xdeadbeef86000001, false, true}, {0x86000002, false, false},
        {0xc4000053, false, true}, {0xc4000052, false, false}, {0xc5000020, false, true},
        {0xc5000021, false, true}, {0xc5000022, false, false},
        /* The vendor's UID, without Hyper-V's services. */
        {0x8600ff01, false, false}, {0x8600ff01, true, true}, {0x8600ff02, true, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(kept_call(rows[i].kvm_uid, rows[i].x0) == rows[i].kept, "row %zu", i);
}
END_TEST

UNIT_MAIN_WITH("register window", set_up, NULL, each_register, vectors_and_spans,
               shown_in_place, what_is_not_there, not_open, calls, call_in_a_window_that_is_not_open, faults,
               what_kvm_answers)
