/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of the specification: vtl/strict*.c, each violated and each kept, and vtl/audit.c, on the
 * in-memory partition. VTL2 has closed pages 8 to 15 to VTL0, and VTL0 has run.
 */
#include <stdarg.h>
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"
#include "vtl/hypercalls.h"
#include "vtl/vp-registers.h"

#define FAST (1ull << 16)
#define REPS(n) ((uint64_t)(n) << 32)
#define START(n) ((uint64_t)(n) << 48)
#define VARIABLE(qwords) ((uint64_t)(qwords) << 17)
#define STATUS(result) ((result) & 0xffff)
#define GUEST_OS_ID 0x8100ull << 48

#define PAGE(n) ((n) * 4096ull)
#define CLOSED 8u /* the first page that VTL0 may not write, of so many: */
#define CLOSED_COUNT 8u
#define ENABLE HV_PAGE_REGISTER_ENABLE
#define CONFIG (HV_VSM_ENABLE_PROTECTION | HV_VSM_DEFAULT_RIGHTS)
#define UNMASKED 0x20ull

static struct memory_partition *partition;
static struct vtl_audit *audit;
static struct vtl_vp *vp;
static unsigned found[STRICT_RULES];
static char last[STRICT_TEXT];

static void note(void *context, struct vtl_vp *by, enum strict_rule rule, const char *what)
{
    ck_assert_ptr_eq(context, partition);
    ck_assert_ptr_eq(by, vp);
    found[rule]++;
    g_strlcpy(last, what, sizeof(last));
}

static uint64_t native(uint64_t control, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    struct smccc_registers registers = {{control, a, b, c, d, e}};

    ck_assert_int_eq(vtl_hypercall(vp, HVC_HYPERCALL, &registers), SMCCC_DONE);
    return registers.x[0];
}

static uint64_t set_of(uint64_t target, uint32_t name, uint64_t value)
{
    return native(HV_CALL_SET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF, target, name, 0,
                  value);
}

static uint64_t set(uint32_t name, uint64_t value)
{
    return set_of(HV_VP_SELF, name, value);
}

static uint64_t get(uint32_t name)
{
    return native(HV_CALL_GET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF, HV_VP_SELF, name, 0,
                  0);
}

static uint64_t protect(uint64_t page, unsigned rights)
{
    return native(HV_CALL_MODIFY_VTL_PROTECTION_MASK | FAST | REPS(1), HV_PARTITION_SELF, rights,
                  page, 0, 0);
}

static uint64_t spin_wait(uint64_t flags)
{
    return native(HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | flags, 1, 0, 0, 0, 0);
}

static uint64_t spin_wait_at(uint64_t gpa)
{
    return native(HV_CALL_NOTIFY_LONG_SPIN_WAIT, gpa, 0, 0, 0, 0);
}

static void forget(void)
{
    memset(found, 0, sizeof(found));
}

static void set_up(void)
{
    partition = memory_partition_new(0x5, 2);
    audit = vtl_audit_new(MEMORY_PARTITION_VPS);
    audit->violated = note;
    audit->context = partition;
    vtl_audit_begin(audit, partition->core, false);
    vp = &partition->core->vps[0];
    forget();
    ck_assert_uint_eq(set(HV_REGISTER_GUEST_OS_ID, GUEST_OS_ID), REPS(1));
    ck_assert_uint_eq(set(HV_REGISTER_VSM_PARTITION_CONFIG, CONFIG), REPS(1));
    for (unsigned i = 0; i < CLOSED_COUNT; i++)
        ck_assert_uint_eq(protect(CLOSED + i, HV_PAGE_READ), REPS(1));
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    vtl_enter(vp, 2, VTL_ENTRY_CALL);
}

static void tear_down(void)
{
    memory_partition_free(partition);
    vtl_audit_free(audit);
}

/* Nothing but @rule has been violated since forget(), and that once; STRICT_RULES: nothing. */
static void check_found(enum strict_rule rule, const char *what, size_t row)
{
    for (unsigned i = 0; i < STRICT_RULES; i++)
        ck_assert_msg(found[i] == (i == rule), "%s %zu: %s: %u times (%s)", what, row,
                      strict_rows[i].id, found[i], last);
    forget();
}

static void is_silent(const char *what)
{
    check_found(STRICT_RULES, what, 0);
}

static void is_told(enum strict_rule rule)
{
    check_found(rule, strict_rows[rule].id, 0);
}

/* A test bed has the programs only: there is nothing to compare with there. */
static bool has_documents(void)
{
    g_autofree char *folder = g_path_get_dirname(STRICT_DOCUMENT);

    return g_file_test(folder, G_FILE_TEST_IS_DIR);
}

START_TEST(rows_are_complete)
{
    g_autofree char *page = NULL;
    bool documents = has_documents();

    ck_assert(!documents || g_file_get_contents(STRICT_DOCUMENT, &page, NULL, NULL));
    for (unsigned i = 0; i < STRICT_RULES; i++) {
        const struct strict_row *row = &strict_rows[i];
        g_autofree char *heading = g_strdup_printf("## %s\n", row->id);

        ck_assert_msg(row->id && row->says && row->source && row->hint, "row %u", i);
        for (unsigned j = 0; j < i; j++)
            ck_assert_str_ne(row->id, strict_rows[j].id);
        ck_assert_msg(!documents || strstr(page, heading), "%s is not in doc/strict.md", row->id);
    }
}
END_TEST

START_TEST(set_up_is_silent)
{
    is_silent("set-up");
}
END_TEST

/* --- Calls ------------------------------------------------------------------------------------ */

START_TEST(control_words)
{
    static const struct {
        uint64_t control;
        enum strict_rule rule;
    } rows[] = {
        {HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST, STRICT_RULES},
        {HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | 1ull << 27, STRICT_CONTROL_RESERVED},
        {HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | 1ull << 31, STRICT_CONTROL_RESERVED},
        {HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | 1ull << 44, STRICT_CONTROL_RESERVED},
        {HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | 1ull << 63, STRICT_CONTROL_RESERVED},
        {HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | REPS(1), STRICT_CONTROL_SHAPE},
        {HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | START(1), STRICT_CONTROL_SHAPE},
        {HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | VARIABLE(1), STRICT_CONTROL_SHAPE},
        {HV_CALL_GET_VP_REGISTERS | FAST, STRICT_CONTROL_SHAPE},
        {HV_CALL_GET_VP_REGISTERS | FAST | REPS(1) | START(1), STRICT_CONTROL_SHAPE},
        {HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX | FAST | VARIABLE(1), STRICT_RULES},
        {0x7777 | FAST | 1ull << 27, STRICT_RULES}, /* nobody knows what it would need */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        native(rows[i].control, 0, 0, 0, 0, 0);
        check_found(rows[i].rule, "control word", i);
    }
}
END_TEST

START_TEST(calls_before_the_guest_os_id)
{
    set(HV_REGISTER_GUEST_OS_ID, 0);
    is_silent("GuestOsId itself");
    spin_wait(0);
    is_told(STRICT_GUEST_OS_ID);
    get(HV_REGISTER_HYPERVISOR_VERSION);
    is_silent("an early register");
    get(HV_REGISTER_VP_INDEX);
    is_told(STRICT_GUEST_OS_ID);
    ck_assert_ptr_nonnull(strstr(last, "VpIndex"));
    set(HV_REGISTER_SCONTROL, 0);
    is_told(STRICT_GUEST_OS_ID);
    set(HV_REGISTER_GUEST_OS_ID, GUEST_OS_ID);
    spin_wait(0);
    get(HV_REGISTER_VP_INDEX);
    is_silent("identified");
}
END_TEST

START_TEST(places_of_blocks)
{
    const uint64_t get_one = HV_CALL_GET_VP_REGISTERS | REPS(1); /* 0x14 in, 0x10 out */
    const struct {
        uint64_t in, out;
        enum strict_rule rule;
    } rows[] = {
        {PAGE(CLOSED), PAGE(CLOSED + 1), STRICT_RULES},
        {PAGE(CLOSED) + 4, PAGE(CLOSED + 1), STRICT_BLOCK_PLACE},
        {PAGE(CLOSED), PAGE(CLOSED + 1) + 4, STRICT_BLOCK_PLACE},
        {PAGE(CLOSED) + 4088, PAGE(CLOSED + 2), STRICT_BLOCK_PLACE},
        {PAGE(CLOSED), PAGE(CLOSED + 2) - 8, STRICT_BLOCK_PLACE},
        {PAGE(CLOSED), PAGE(CLOSED) + 0x10, STRICT_BLOCK_PLACE},
        {PAGE(CLOSED), PAGE(CLOSED) + 0x18, STRICT_RULES},
        {PAGE(1), PAGE(CLOSED), STRICT_INPUT_WRITABLE},
        {PAGE(CLOSED), PAGE(1), STRICT_RULES}, /* output is the caller's own affair */
        {PAGE(CLOSED + 4), PAGE(CLOSED), STRICT_BLOCK_OVERLAY},
        {PAGE(CLOSED), PAGE(CLOSED + 4), STRICT_BLOCK_OVERLAY},
        {PAGE(CLOSED + 5), PAGE(CLOSED), STRICT_BLOCK_OVERLAY},
        {PAGE(CLOSED + 6), PAGE(CLOSED), STRICT_BLOCK_OVERLAY},
        {PAGE(CLOSED + 7), PAGE(CLOSED), STRICT_BLOCK_OVERLAY},
    };

    set_of(1, HV_REGISTER_SIMP, PAGE(CLOSED + 4) | ENABLE);
    set(HV_REGISTER_SIEFP, PAGE(CLOSED + 5) | ENABLE);
    set(HV_REGISTER_VP_ASSIST_PAGE, PAGE(CLOSED + 6) | ENABLE);
    set(HV_REGISTER_REFERENCE_TSC, PAGE(CLOSED + 7) | ENABLE);
    is_silent("pages");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        memset(partition->ram + PAGE(CLOSED), 0, PAGE(CLOSED_COUNT));
        native(get_one, rows[i].in, rows[i].out, 0, 0, 0);
        check_found(rows[i].rule, "block", i);
    }
}
END_TEST

/* Before a lower VTL has run, nobody is there who could write; VTL0 has nobody below it. */
START_TEST(input_is_in_danger_from_those_who_run)
{
    spin_wait_at(PAGE(1));
    is_told(STRICT_INPUT_WRITABLE);
    spin_wait_at(PAGE(CLOSED));
    is_silent("closed");
    vtl_audit_begin(audit, partition->core, false);
    spin_wait_at(PAGE(1));
    is_silent("nobody else has run");
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    partition->core->guest_os_id[0] = GUEST_OS_ID;
    spin_wait_at(PAGE(1));
    is_silent("VTL0");
}
END_TEST

static const struct hv_call *find_call(uint16_t code)
{
    for (size_t i = 0; i < vtl_call_count; i++)
        if (vtl_calls[i].code == code)
            return &vtl_calls[i];
    ck_abort_msg("no call 0x%x", code);
}

/* Two elements, if there are any; the second one is the bad one. */
static void try_field(const struct strict_field *field, uint64_t value)
{
    const struct hv_call *call = find_call(field->call);
    struct hv_control control = {.code = call->code, .rep_count = field->in_element ? 2 : 0};
    uint8_t input[256] = {0};
    size_t base = field->in_element ? call->header_size + call->element_size : 0;

    ck_assert_uint_le(field->offset + field->size,
                      field->in_element ? call->element_size : call->header_size);
    memcpy(input + base + field->offset, &value, field->size);
    strict_input(vp, call, &control, input);
}

static uint64_t bits_of(const struct strict_field *field)
{
    uint64_t all = field->size == 8 ? UINT64_MAX : (1ull << 8 * field->size) - 1;

    return field->reserved & all;
}

/* Other rows may be about bits of the same field. */
static uint64_t bits_of_others(size_t except)
{
    const struct strict_field *field = &strict_fields[except];
    uint64_t bits = 0;

    for (size_t i = 0; i < strict_field_count; i++) {
        const struct strict_field *other = &strict_fields[i];

        if (i != except && other->call == field->call && other->in_element == field->in_element &&
            other->offset >= field->offset && other->offset < field->offset + field->size)
            bits |= bits_of(other) << 8 * (other->offset - field->offset);
    }
    return bits;
}

START_TEST(reserved_fields)
{
    for (size_t i = 0; i < strict_field_count; i++) {
        const struct strict_field *field = &strict_fields[i];
        uint64_t bits = bits_of(field);

        try_field(field, 0);
        check_found(STRICT_RULES, "field", i);
        for (unsigned bit = 0; bit < 64; bit++)
            if (bits >> bit & 1) {
                try_field(field, 1ull << bit);
                check_found(field->rule, "field", i);
            }
        try_field(field, ~(bits | bits_of_others(i)));
        check_found(STRICT_RULES, "field", i);
    }
}
END_TEST

/* By a call, as guests make it. */
START_TEST(reserved_fields_by_call)
{
    native(HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST, 1ull << 32, 0, 0, 0, 0);
    is_told(STRICT_INPUT_RESERVED);
    native(HV_CALL_GET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF, HV_VP_SELF | 0x20ull << 32,
           HV_REGISTER_VP_INDEX, 0, 0);
    is_told(STRICT_INPUT_VTL);
    native(HV_CALL_GET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF, HV_VP_SELF | 0x12ull << 32,
           HV_REGISTER_VP_INDEX, 0, 0);
    is_silent("VTL2 by name");
    native(HV_CALL_SET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF, HV_VP_SELF,
           HV_REGISTER_SCONTROL | 1ull << 32, 0, 0);
    is_told(STRICT_INPUT_RESERVED);
}
END_TEST

/* --- Protections ------------------------------------------------------------------------------ */

START_TEST(protections)
{
    protect(CLOSED, HV_PAGE_READ);
    is_told(STRICT_PROTECTION_UNCHANGED);
    protect(CLOSED, HV_PAGE_READ | HV_PAGE_WRITE);
    is_silent("a change");
    native(HV_CALL_MODIFY_VTL_PROTECTION_MASK | FAST | REPS(2), HV_PARTITION_SELF, HV_PAGE_READ,
           CLOSED + 1, CLOSED, 0);
    is_silent("one of two pages");
    native(HV_CALL_MODIFY_VTL_PROTECTION_MASK | FAST | REPS(2), HV_PARTITION_SELF, HV_PAGE_READ,
           CLOSED + 1, CLOSED, 0);
    is_told(STRICT_PROTECTION_UNCHANGED);
    protect(CLOSED, HV_PAGE_READ | 0x100);
    is_told(STRICT_PROTECTION_FLAGS);
    protect(1ull << 40, HV_PAGE_READ);
    protect(UINT64_MAX, HV_PAGE_READ);
    is_silent("no RAM");
}
END_TEST

static uint64_t protect_three(unsigned rights, uint64_t first, uint64_t second, uint64_t third)
{
    return native(HV_CALL_MODIFY_VTL_PROTECTION_MASK | FAST | REPS(3), HV_PARTITION_SELF, rights,
                  first, second, third);
}

/* Rules are about the pages that the call comes to. */
START_TEST(pages_up_to_the_first_that_is_no_ram)
{
    const uint64_t beyond = MEMORY_PARTITION_PAGES;

    protect_three(HV_PAGE_READ, CLOSED, beyond, CLOSED + 1);
    is_told(STRICT_PROTECTION_UNCHANGED);
    ck_assert_msg(strstr(last, "of 1 page from") != NULL, "%s", last);
    protect_three(HV_PAGE_READ, 1, UINT64_MAX, CLOSED);
    is_silent("a page that changes, before one that is no RAM");
    set(HV_REGISTER_SIMP, PAGE(CLOSED + 2) | ENABLE);
    protect_three(HV_PAGE_ALL, CLOSED, beyond, CLOSED + 2);
    is_silent("SIMP behind the page that is no RAM");
    protect_three(HV_PAGE_ALL, CLOSED + 1, CLOSED + 2, beyond);
    is_told(STRICT_PROTECTION_RELEASES);
    protect_three(HV_PAGE_READ, UINT64_MAX, CLOSED, CLOSED);
    is_silent("no RAM at once");
    set(HV_REGISTER_SIMP, 0);
}
END_TEST

START_TEST(pages_given_away)
{
    static const uint32_t names[] = {HV_REGISTER_SIMP, HV_REGISTER_SIEFP,
                                     HV_REGISTER_VP_ASSIST_PAGE, HV_REGISTER_REFERENCE_TSC};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        set(names[i], PAGE(CLOSED + i) | ENABLE);
        protect(CLOSED + i, HV_PAGE_ALL);
        check_found(STRICT_PROTECTION_RELEASES, "page", i);
        protect(CLOSED + i, HV_PAGE_READ);
        check_found(STRICT_RULES, "page, closed", i);
        set(names[i], 0);
        protect(CLOSED + i, HV_PAGE_ALL);
        check_found(STRICT_RULES, "page, not used", i);
    }
}
END_TEST

/* --- Registers -------------------------------------------------------------------------------- */

START_TEST(reserved_bits)
{
    for (size_t i = 0; i < strict_bits_count; i++)
        for (uint32_t name = strict_bits[i].first; name <= strict_bits[i].last; name++) {
            ck_assert_msg(hv_register_exists(name), "0x%x", name);
            for (unsigned bit = 0; bit < 64; bit++)
                if (strict_bits[i].reserved >> bit & 1) {
                    strict_register(vp, vp, 2, name, (struct hv_u128){.low = 1ull << bit});
                    check_found(STRICT_REGISTER_RESERVED, hv_register_text(name), bit);
                }
            strict_register(vp, vp, 2, name, (struct hv_u128){.high = 1});
            check_found(STRICT_REGISTER_RESERVED, hv_register_text(name), 64);
        }
    set(HV_REGISTER_SCONTROL, 2);
    is_told(STRICT_REGISTER_RESERVED);
    set(HV_REGISTER_SCONTROL, 1);
    set(HV_REGISTER_STIMER0_COUNT, UINT64_MAX);
    set(HV_REGISTER_GUEST_CRASH_P0, UINT64_MAX);
    is_silent("values");
}
END_TEST

/* What a guest does in turn, and what it is told. */
struct step {
    uint32_t name;
    uint64_t value;
    enum strict_rule rule;
};

static void take(const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        set(steps[i].name, steps[i].value);
        check_found(steps[i].rule, "step", i);
    }
}

START_TEST(synic_pages)
{
    static const struct step steps[] = {
        {HV_REGISTER_SIMP, PAGE(8) | ENABLE, STRICT_RULES},
        {HV_REGISTER_SIEFP, PAGE(9) | ENABLE, STRICT_RULES},
        {HV_REGISTER_SIMP, PAGE(10) | ENABLE, STRICT_RULES}, /* the SynIC is off */
        {HV_REGISTER_SCONTROL, 1, STRICT_RULES},
        {HV_REGISTER_SIMP, PAGE(8) | ENABLE, STRICT_SYNIC_IN_USE}, /* SINTs are unmasked at first */
        {HV_REGISTER_SIMP, PAGE(8) | ENABLE, STRICT_RULES},        /* the same again */
        {HV_REGISTER_SIEFP, 0, STRICT_SYNIC_IN_USE},
        {HV_REGISTER_SIEFP, PAGE(9) | ENABLE, STRICT_RULES},
        {HV_REGISTER_SIMP, PAGE(8), STRICT_SYNIC_IN_USE},
        {HV_REGISTER_SIMP, PAGE(8) | ENABLE, STRICT_RULES},
        {HV_REGISTER_SCONTROL, 0, STRICT_RULES},
        {HV_REGISTER_SIMP, 0, STRICT_RULES},
    };

    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++)
        set(HV_REGISTER_SINT0 + i, i == 5 ? UNMASKED : HV_SINT_MASKED);
    take(steps, G_N_ELEMENTS(steps));
    set(HV_REGISTER_SINT0 + 5, HV_SINT_MASKED);
    set(HV_REGISTER_SCONTROL, 1);
    set(HV_REGISTER_SIEFP, 0);
    is_silent("all SINTs are masked");
}
END_TEST

START_TEST(assist_pages)
{
    static const struct step steps[] = {
        {HV_REGISTER_VP_ASSIST_PAGE, PAGE(8) | ENABLE, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, PAGE(9) | ENABLE, STRICT_RULES},
        {HV_REGISTER_VSM_PARTITION_CONFIG, CONFIG | HV_VSM_INTERCEPT_PAGE, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, 0, STRICT_ASSIST_IN_USE},
        {HV_REGISTER_VP_ASSIST_PAGE, PAGE(8) | ENABLE, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, PAGE(9) | ENABLE, STRICT_ASSIST_IN_USE},
        {HV_REGISTER_VSM_PARTITION_CONFIG, CONFIG, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, 0, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, PAGE(8) | ENABLE, STRICT_RULES},
        {HV_REGISTER_VSM_VINA, HV_VINA_ENABLED | UNMASKED, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, 0, STRICT_ASSIST_IN_USE},
        {HV_REGISTER_VSM_VINA, 0, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, PAGE(8) | ENABLE, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, 0, STRICT_RULES},
    };

    take(steps, G_N_ELEMENTS(steps));
}
END_TEST

START_TEST(places_of_pages)
{
    static const struct step steps[] = {
        {HV_REGISTER_SIMP, PAGE(16) | ENABLE, STRICT_PAGE_PLACE}, /* behind RAM */
        {HV_REGISTER_SIMP, PAGE(16), STRICT_RULES},               /* but disabled */
        {HV_REGISTER_REFERENCE_TSC, PAGE(16) | ENABLE, STRICT_PAGE_PLACE},
        {HV_REGISTER_SIMP, PAGE(8) | ENABLE, STRICT_RULES},
        {HV_REGISTER_SIEFP, PAGE(8) | ENABLE, STRICT_PAGE_OVERLAP},
        {HV_REGISTER_SIEFP, PAGE(9) | ENABLE, STRICT_RULES},
        {HV_REGISTER_VP_ASSIST_PAGE, PAGE(9) | ENABLE, STRICT_PAGE_OVERLAP},
        {HV_REGISTER_VP_ASSIST_PAGE, PAGE(10) | ENABLE, STRICT_RULES},
        {HV_REGISTER_REFERENCE_TSC, PAGE(10) | ENABLE, STRICT_PAGE_OVERLAP},
        {HV_REGISTER_REFERENCE_TSC, PAGE(11) | ENABLE, STRICT_RULES},
        {HV_REGISTER_REFERENCE_TSC, PAGE(11) | ENABLE, STRICT_RULES},
    };

    take(steps, G_N_ELEMENTS(steps));
    set_of(1, HV_REGISTER_SIMP, PAGE(8) | ENABLE);
    is_told(STRICT_PAGE_OVERLAP); /* another VP's */
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    partition->core->guest_os_id[0] = GUEST_OS_ID;
    set(HV_REGISTER_SIMP, PAGE(9) | ENABLE);
    is_told(STRICT_PAGE_PLACE); /* which it may not write; VTL2's own page is its own affair */
    set(HV_REGISTER_SIMP, PAGE(1) | ENABLE);
    is_silent("VTL0's memory");
}
END_TEST

START_TEST(vectors_of_sints)
{
    set(HV_REGISTER_SINT0, 5);
    is_told(STRICT_SINT_VECTOR);
    set(HV_REGISTER_SINT0, 5 | HV_SINT_MASKED);
    set(HV_REGISTER_SINT0 + 15, 16);
    is_silent("vectors");
}
END_TEST

/* --- HVC, and where VTLs begin ---------------------------------------------------------------- */

START_TEST(immediates)
{
    for (uint16_t i = 0; i < 4; i++)
        audit_hvc(vp, i);
    is_silent("known ones");
    audit_hvc(vp, 4);
    is_told(STRICT_HVC_IMMEDIATE);
    audit_hvc(vp, UINT16_MAX);
    is_told(STRICT_HVC_IMMEDIATE);
    ck_assert_uint_eq(audit->vps[0].immediates[4], 2);
    ck_assert_uint_eq(audit->vps[0].immediates[1], 1);
}
END_TEST

/* Answered by KVM: X0's low half is 0x8000xxxx or 0xc000xxxx. Bit 31 of a control word is reserved. */
START_TEST(swallowed_calls)
{
    const uint64_t word = 0x80000000u | FAST | HV_CALL_NOTIFY_LONG_SPIN_WAIT;

    audit_swallowed(vp, 4, 0x80000000);
    is_told(STRICT_HVC_IMMEDIATE);
    ck_assert_uint_eq(audit->vps[0].immediates[4], 1);
    audit_swallowed(vp, 2, word);
    audit_swallowed(vp, 3, word);
    audit_swallowed(vp, 1, 0x80007777);
    is_silent("switches, and a call that nobody knows");
    audit_swallowed(vp, 1, word);
    is_told(STRICT_CONTROL_RESERVED);
    partition->core->guest_os_id[2] = 0;
    audit_swallowed(vp, 1, word);
    ck_assert_uint_eq(found[STRICT_GUEST_OS_ID], 1);
    forget();
    partition->core->services.features &= ~(UINT64_C(1) << VTL_FEATURE_HYPERCALL);
    audit_swallowed(vp, 1, word);
    is_silent("without Hyper-V's services");
}
END_TEST

START_TEST(prepared_vtls)
{
    const struct vtl_initial_context context = {.pc = PAGE(1)};
    struct vtl_vp *other = &partition->core->vps[1];

    ck_assert(!audit_is_prepared(vp, 0));
    get(HV_REGISTER_PC);
    ck_assert(!audit_is_prepared(vp, 0));
    native(HV_CALL_SET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF, HV_VP_SELF | 0x10ull << 32,
           HV_REGISTER_PC, 0, PAGE(1));
    ck_assert(audit_is_prepared(vp, 0) && !audit_is_prepared(vp, 2));
    ck_assert_int_eq(vtl_start_vp(vp, other, 0, &context), HV_STATUS_SUCCESS);
    ck_assert(audit_is_prepared(other, 0) && !audit_is_prepared(other, 2));
    partition->core->enabled |= 2;
    ck_assert_int_eq(vtl_enable_for_vp(vp, other, 1, &context), HV_STATUS_SUCCESS);
    ck_assert(audit_is_prepared(other, 1));
    vtl_audit_begin(audit, partition->core, true);
    ck_assert(audit_is_prepared(vp, 0) && audit_is_prepared(vp, 2));
}
END_TEST

/* A partition that is saved and loaded in place: what was seen before still holds. */
START_TEST(what_is_seen_survives)
{
    ck_assert(!audit_is_prepared(vp, 0));
    memory_partition_move(partition, NULL, 0, NULL);
    vp = &partition->core->vps[0];
    vtl_audit_continue(audit, partition->core);
    ck_assert_msg(!audit_is_prepared(vp, 0), "nobody has prepared it meanwhile");
    ck_assert_msg(audit->ran & 1, "VTL0 has run");
    spin_wait_at(PAGE(1));
    is_told(STRICT_INPUT_WRITABLE);
    for (unsigned i = 0; i < MEMORY_PARTITION_VPS; i++)
        ck_assert_ptr_eq(partition->core->vps[i].audit, &audit->vps[i]);
}
END_TEST

/* --- Counters --------------------------------------------------------------------------------- */

static size_t call_number(uint16_t code)
{
    return (size_t)(find_call(code) - vtl_calls);
}

static size_t register_number(uint32_t name)
{
    uint32_t found_name;

    for (size_t i = 0; audit_register_name(audit, i, &found_name); i++)
        if (found_name == name)
            return i;
    ck_abort_msg("no register 0x%x", name);
}

START_TEST(calls_are_counted)
{
    const struct audit_call *spin =
        &audit->vps[0].call[call_number(HV_CALL_NOTIFY_LONG_SPIN_WAIT)];
    struct smccc_registers registers = {
        {HV_SMCCC_FUNCTION, HV_CALL_NOTIFY_LONG_SPIN_WAIT | FAST | REPS(1), 1}};

    ck_assert_uint_le(vtl_call_count, AUDIT_CALLS);
    spin_wait(0);
    spin_wait_at(PAGE(CLOSED));
    vtl_hypercall(vp, HVC_SMCCC, &registers);
    native(0x7777, 0, 0, 0, 0, 0);
    ck_assert_uint_eq(spin->made[2], 3);
    ck_assert_uint_eq(spin->made[0], 0);
    ck_assert_uint_eq(spin->forms[AUDIT_NATIVE_FAST], 1);
    ck_assert_uint_eq(spin->forms[AUDIT_NATIVE_MEMORY], 1);
    ck_assert_uint_eq(spin->forms[AUDIT_SMCCC_FAST], 1);
    ck_assert_uint_eq(spin->status[HV_STATUS_SUCCESS], 2);
    ck_assert_uint_eq(spin->status[HV_STATUS_INVALID_HYPERCALL_INPUT], 1);
    ck_assert_uint_eq(audit->vps[0].unknown_calls, 1);
    ck_assert_uint_eq(audit->vps[1].unknown_calls, 0);
}
END_TEST

START_TEST(registers_are_counted)
{
    const struct audit_register *own = audit->vps[0].registers;
    const struct audit_register *simp = &own[register_number(HV_REGISTER_SIMP)];
    const struct audit_register *pc = &own[register_number(HV_REGISTER_PC)];

    get(HV_REGISTER_SIMP);
    get(HV_REGISTER_SIMP);
    set(HV_REGISTER_SIMP, 2);
    get(HV_REGISTER_PC);
    get(0x7777);
    ck_assert_uint_eq(simp->reads[2], 2);
    ck_assert_uint_eq(simp->writes[2], 1);
    ck_assert_uint_eq(simp->refused, 1);
    ck_assert_uint_eq(pc->reads[2], 1);
    ck_assert_uint_eq(pc->refused, 0);
    ck_assert_uint_eq(audit->vps[0].unknown_registers, 1);
}
END_TEST

START_TEST(all_vps_are_summed)
{
    struct audit_vp *sum;
    size_t spin = call_number(HV_CALL_NOTIFY_LONG_SPIN_WAIT);

    spin_wait(0);
    get(HV_REGISTER_VP_INDEX);
    vp = &partition->core->vps[3];
    spin_wait(0);
    get(HV_REGISTER_VP_INDEX);
    audit_hvc(vp, 3);
    audit_intercept(vp, HV_MESSAGE_UNMAPPED_GPA);
    sum = vtl_audit_sum(audit);
    ck_assert_uint_eq(sum->call[spin].made[2], 2);
    ck_assert_uint_eq(sum->registers[register_number(HV_REGISTER_VP_INDEX)].reads[2], 2);
    ck_assert_uint_eq(sum->immediates[3], 1);
    ck_assert_uint_eq(sum->intercepts[AUDIT_UNMAPPED], 1);
    ck_assert_uint_gt(sum->rule[STRICT_CONTROL_RESERVED].checked, 4);
    ck_assert_uint_eq(sum->rule[STRICT_CONTROL_RESERVED].violated, 0);
    vtl_audit_vp_free(sum);
}
END_TEST

/* Without an audit nothing is looked at, and calls do the same. */
START_TEST(nobody_looks)
{
    vp->audit = NULL;
    ck_assert_uint_eq(spin_wait(1ull << 27), HV_STATUS_INVALID_HYPERCALL_INPUT);
    ck_assert_uint_eq(STATUS(set(HV_REGISTER_SCONTROL, 2)), HV_STATUS_INVALID_REGISTER_VALUE);
    protect(CLOSED, HV_PAGE_READ);
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    is_silent("nobody looks");
    ck_assert_uint_eq(audit->vps[0].rule[STRICT_CONTROL_RESERVED].violated, 0);
}
END_TEST

UNIT_MAIN_WITH("strict", set_up, tear_down, rows_are_complete, set_up_is_silent, control_words,
               calls_before_the_guest_os_id, places_of_blocks,
               input_is_in_danger_from_those_who_run, reserved_fields, reserved_fields_by_call,
               protections, pages_up_to_the_first_that_is_no_ram, pages_given_away,
               reserved_bits, synic_pages, assist_pages, places_of_pages, vectors_of_sints,
               immediates, swallowed_calls, prepared_vtls, what_is_seen_survives, calls_are_counted,
               registers_are_counted, all_vps_are_summed, nobody_looks)
