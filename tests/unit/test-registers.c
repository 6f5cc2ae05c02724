/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers by hypercall, on the in-memory partition: views, what the processor lacks, read-only
 * and write-only ones, the clock, and the status and repetition count of each failure.
 */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define FAST (1ull << 16)
#define REPS(n) ((uint64_t)(n) << 32)

#define SP 0x0002001fu
#define SP_EL0 0x00020020u
#define SP_EL1 0x00020021u
#define PC 0x00020022u
#define PSTATE 0x00020023u
#define XZR 0x0002fffeu
#define SPSR_EL2 0x00021002u
#define CURRENT_EL 0x00021003u
#define ID_AA64DFR0_EL1 0x00022028u
#define DBGBCR0_EL1 0x00050000u
#define DBGWVR0_EL1 0x00050030u
#define OSLAR_EL1 0x00050052u
#define OSLSR_EL1 0x00050053u
#define CNTV_CVAL_EL0 0x0005800fu
#define CNTV_TVAL_EL0 0x00058010u
#define CNTVCT_EL0 0x00058011u
#define TPIDR_EL1 0x0004000eu
#define APIAKEYLO_EL1 0x0004002du

static struct memory_partition *partition;

static void set_up(void)
{
    partition = memory_partition_new(1 << 0 | 1 << 2, 2);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        partition->core->guest_os_id[vtl] = 1;
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static struct vtl_vp *vp(unsigned index)
{
    return &partition->core->vps[index];
}

/* A register of VP0 as it is, past the hypercalls. */
static uint64_t *raw(unsigned vtl, uint32_t name)
{
    return &partition->registers[0][vtl][bank_find(name) - bank_table].low;
}

/* Fast calls of VP0 at VTL2 by hvc #1 for its own VTL, or for @vtl. */
static uint64_t get_of(uint8_t vtl, uint32_t name, struct hv_u128 *value)
{
    struct smccc_registers registers = {{HV_CALL_GET_VP_REGISTERS | FAST | REPS(1),
                                         HV_PARTITION_SELF,
                                         HV_VP_SELF | (HV_INPUT_VTL_USE | (uint64_t)vtl) << 32,
                                         name}};

    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    *value = (struct hv_u128){registers.x[15], registers.x[16]};
    return registers.x[0];
}

static uint64_t set_of(uint8_t vtl, uint32_t name, struct hv_u128 value)
{
    struct smccc_registers registers = {{HV_CALL_SET_VP_REGISTERS | FAST | REPS(1),
                                         HV_PARTITION_SELF,
                                         HV_VP_SELF | (HV_INPUT_VTL_USE | (uint64_t)vtl) << 32,
                                         name, 0, value.low, value.high}};

    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    return registers.x[0];
}

static uint64_t get(uint32_t name)
{
    struct hv_u128 value;

    ck_assert_msg(get_of(2, name, &value) == REPS(1), "register 0x%x", name);
    ck_assert_uint_eq(value.high, 0);
    return value.low;
}

static uint64_t get_status(uint32_t name)
{
    struct hv_u128 value;

    return get_of(2, name, &value);
}

static uint64_t set(uint32_t name, uint64_t value)
{
    return set_of(2, name, (struct hv_u128){.low = value});
}

START_TEST(names_are_unique)
{
    for (uint32_t name = 0; name < 0x100000; name++) {
        const struct register_view *view = register_view_find(name);

        if (!view)
            continue;
        ck_assert_msg(!bank_find(name), "%s", view->text);
        ck_assert_str_eq(hv_register_text(name), view->text);
        ck_assert(hv_register_exists(name) && hv_register_is_architectural(name));
        ck_assert_msg(!view->source || bank_find(view->source), "%s", view->text);
        ck_assert_msg(!view->other || bank_find(view->other), "%s", view->text);
    }
    ck_assert_ptr_null(hv_register_text(0x00090014));
    ck_assert_str_eq(hv_register_text(OSLSR_EL1), "OSLSR_EL1");
    ck_assert_str_eq(hv_register_text(HV_REGISTER_VP_RUNTIME), "VpRuntime");
}
END_TEST

START_TEST(pieces_of_pstate)
{
    static const struct {
        uint32_t name;
        uint64_t mask;
    } rows[] = {
        {0x00021004, 0x3c0},      {0x00021005, 0x1000000}, {0x00021006, 0xf0000000},
        {0x00021007, 0x400000},   {0x00021008, 1},         {0x00021009, 0x1000},
        {0x0002100a, 0x2000000},  {0x0002100b, 0x800000},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        *raw(2, PSTATE) = UINT32_MAX;
        ck_assert_uint_eq(get(rows[i].name), rows[i].mask);
        ck_assert_uint_eq(set(rows[i].name, 0), REPS(1));
        ck_assert_uint_eq(*raw(2, PSTATE), UINT32_MAX & ~rows[i].mask);
        ck_assert_uint_eq(set(rows[i].name, rows[i].mask), REPS(1));
        ck_assert_uint_eq(*raw(2, PSTATE), UINT32_MAX);
        ck_assert_uint_eq(set(rows[i].name, rows[i].mask << 1), HV_STATUS_INVALID_REGISTER_VALUE);
    }
    *raw(2, PSTATE) = 0x3c5;
    ck_assert_uint_eq(get(CURRENT_EL), 4);
    ck_assert_uint_eq(set(CURRENT_EL, 0), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

/* What a paravisor asks of the VTL below. */
START_TEST(views_of_a_lower_vtl)
{
    struct hv_u128 value;

    *raw(0, PSTATE) = 0x60000004; /* EL1t */
    *raw(0, SP_EL0) = 0x1000;
    *raw(0, SP_EL1) = 0x2000;
    *raw(2, PSTATE) = 0x3c5;
    ck_assert_uint_eq(get_of(0, SPSR_EL2, &value), REPS(1));
    ck_assert_uint_eq(value.low, 0x60000004);
    ck_assert_uint_eq(get_of(0, SP, &value), REPS(1));
    ck_assert_uint_eq(value.low, 0x1000);
    *raw(0, PSTATE) = 5;
    ck_assert_uint_eq(set_of(0, SP, (struct hv_u128){.low = 0x3000}), REPS(1));
    ck_assert_uint_eq(*raw(0, SP_EL0), 0x1000);
    ck_assert_uint_eq(*raw(0, SP_EL1), 0x3000);
    ck_assert_uint_eq(set_of(0, SPSR_EL2 - 1, (struct hv_u128){.low = 0x4000}), REPS(1));
    ck_assert_uint_eq(*raw(0, PC), 0x4000);
    ck_assert_uint_eq(*raw(2, PC), 0);
}
END_TEST

START_TEST(elx_means_el1)
{
    static const struct {
        uint32_t elx, el1;
    } rows[] = {
        {0x2100c, 0x40015}, {0x2100d, 0x40014}, {0x40073, 0x40016}, {0x40074, 0x40017},
        {0x40075, 0x40018}, {0x40076, 0x4000d}, {0x40077, 0x40004}, {0x40078, 0x40008},
        {0x40079, 0x40009}, {0x4007a, 0x4000b}, {0x4007b, 0x40002}, {0x4007c, 0x40007},
        {0x4007d, 0x40005}, {0x4007f, 0x40006}, {0x40080, 0x4000c}, {0x40081, 0x40071},
        {0x58013, 0x58008}, {0x58014, 0x58009}, {0x58015, 0x5800a}, {0x58017, 0x5800e},
        {0x58018, 0x5800f},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        ck_assert_uint_eq(set(rows[i].elx, 0x123 + i), REPS(1));
        ck_assert_uint_eq(*raw(2, rows[i].el1), 0x123 + i);
        *raw(2, rows[i].el1) = 0x456 + i;
        ck_assert_uint_eq(get(rows[i].elx), 0x456 + i);
    }
}
END_TEST

START_TEST(zero_register)
{
    ck_assert_uint_eq(set(XZR, 77), REPS(1));
    ck_assert_uint_eq(get(XZR), 0);
}
END_TEST

START_TEST(timer_values)
{
    *raw(2, CNTVCT_EL0) = 1000;
    *raw(2, CNTV_CVAL_EL0) = 1500;
    ck_assert_uint_eq(get(CNTV_TVAL_EL0), 500);
    *raw(2, CNTVCT_EL0) = 1501;
    ck_assert_uint_eq(get(CNTV_TVAL_EL0), 0xffffffff);
    ck_assert_uint_eq(set(CNTV_TVAL_EL0, 0xffffffff), REPS(1));
    ck_assert_uint_eq(*raw(2, CNTV_CVAL_EL0), 1500);
    ck_assert_uint_eq(set(CNTV_TVAL_EL0, 9), REPS(1));
    ck_assert_uint_eq(*raw(2, CNTV_CVAL_EL0), 1510);
    ck_assert_uint_eq(set(CNTV_TVAL_EL0, 1ull << 32), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(set(CNTVCT_EL0, 0), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(debug_registers)
{
    *raw(2, ID_AA64DFR0_EL1) = 5 << 12 | 3 << 20; /* six breakpoints, four watchpoints */
    ck_assert_uint_eq(set(DBGBCR0_EL1 + 5, 1), REPS(1));
    ck_assert_uint_eq(get(DBGBCR0_EL1 + 5), 1);
    ck_assert_uint_eq(set(DBGBCR0_EL1 + 6, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(get_status(DBGBCR0_EL1 + 6), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set(DBGWVR0_EL1 + 3, 8), REPS(1));
    ck_assert_uint_eq(set(DBGWVR0_EL1 + 4, 8), HV_STATUS_INVALID_PARAMETER);
    *raw(2, OSLSR_EL1) = 8;
    ck_assert_uint_eq(set(OSLAR_EL1, 1), REPS(1));
    ck_assert_uint_eq(get(OSLSR_EL1), 0xa);
    ck_assert_uint_eq(set(OSLAR_EL1, 0), REPS(1));
    ck_assert_uint_eq(get(OSLSR_EL1), 8);
    ck_assert_uint_eq(set(OSLSR_EL1, 8), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(get_status(OSLAR_EL1), HV_STATUS_INVALID_PARAMETER); /* write-only */
}
END_TEST

START_TEST(what_is_not_there)
{
    static const uint32_t unknown[] = {
        0x00021000, /* SP_EL2 */        0x00030100, /* Z0 */      0x00040040, /* HCR_EL2 */
        0x00040057, /* RNDR */          0x00052001, /* PMCCNTR */ 0x00054000, /* PMBIDR */
        0x0006000a, /* ICC_IAR1 */      0x00071000, /* MPAM0 */   0x00022040, /* no ID register */
        0x0003011f, /* Z31 */           0x00030120, /* P0 */      0x00030130, /* FFR */
        0x00090014, /* VpRootSignalCount */                       0x12345678,
    };
    struct hv_u128 value;

    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        ck_assert_msg(get_status(unknown[i]) == HV_STATUS_INVALID_PARAMETER, "0x%x", unknown[i]);
        ck_assert_msg(set(unknown[i], 0) == HV_STATUS_INVALID_PARAMETER, "0x%x", unknown[i]);
    }
    partition->missing = APIAKEYLO_EL1;
    ck_assert_uint_eq(get_status(APIAKEYLO_EL1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set(APIAKEYLO_EL1, 1), HV_STATUS_INVALID_PARAMETER);
    partition->missing = PSTATE; /* of a view's source, as well */
    ck_assert_uint_eq(get_status(SP), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set(SP, 0), HV_STATUS_INVALID_PARAMETER);
    vp(0)->active = 0;
    ck_assert_uint_eq(get_of(2, SPSR_EL2, &value), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(set_of(2, SPSR_EL2, value), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(get_of(2, 0x12345678, &value), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(bits_that_do_not_exist)
{
    struct hv_u128 wide = {.low = 1, .high = 1};

    ck_assert_uint_eq(set_of(2, TPIDR_EL1, wide), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(set_of(2, 0x0004007d, wide), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(set_of(2, 0x00030000, wide), REPS(1)); /* Q0 */
    ck_assert_uint_eq(partition->registers[0][2][bank_find(0x00030000) - bank_table].high, 1);
}
END_TEST

/* Elements before the one that fails are done and counted, those after it are left alone. */
START_TEST(repetitions_completed)
{
    struct {
        uint64_t target, vp;
        struct {
            uint32_t name, zero[3];
            struct hv_u128 value;
        } elements[3];
    } input = {HV_PARTITION_SELF, HV_VP_SELF,
               {{TPIDR_EL1, {0}, {11, 0}}, {0, {0}, {0, 0}}, {PC, {0}, {13, 0}}}};
    static const struct {
        uint32_t name;
        enum hv_status status;
    } rows[] = {
        {0x12345678, HV_STATUS_INVALID_PARAMETER},
        {HV_REGISTER_VP_INDEX, HV_STATUS_INVALID_PARAMETER}, /* read-only */
        {CURRENT_EL, HV_STATUS_INVALID_PARAMETER},           /* the same, a view */
        {0x00022000, HV_STATUS_INVALID_PARAMETER},           /* the same, MIDR_EL1 */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct smccc_registers registers = {{HV_CALL_SET_VP_REGISTERS | REPS(3), 0x1000, 0}};

        *raw(2, TPIDR_EL1) = 0;
        input.elements[1].name = rows[i].name;
        memcpy(partition->ram + 0x1000, &input, sizeof(input));
        vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
        ck_assert_uint_eq(registers.x[0], rows[i].status | REPS(1));
        ck_assert_uint_eq(*raw(2, TPIDR_EL1), 11);
        ck_assert_uint_eq(*raw(2, PC), 0);
    }
}
END_TEST

START_TEST(synthetic_constants)
{
    struct hv_u128 value;

    ck_assert_uint_eq(get(HV_REGISTER_INTERFACE_VERSION), 0x31237648);
    for (uint32_t name = HV_REGISTER_CPU_MANAGEMENT_FEATURES;
         name <= HV_REGISTER_ISOLATION_CONFIGURATION; name++) {
        ck_assert_uint_eq(get(name), 0);
        ck_assert_uint_eq(set(name, 0), HV_STATUS_INVALID_PARAMETER);
    }
    ck_assert_uint_eq(get(HV_REGISTER_ISOLATION_CAPABILITIES), 0);
    ck_assert_uint_eq(get(HV_REGISTER_INSTRUCTION_EMULATION_HINTS), 1);
    ck_assert_uint_eq(get(HV_REGISTER_GICR_BASE_GPA), MEMORY_PARTITION_GICR);
    vp(0)->enabled = 1 << 2;
    ck_assert_uint_eq(get_of(0, HV_REGISTER_GICR_BASE_GPA, &value), REPS(1));
    ck_assert_uint_eq(value.low, 0);
}
END_TEST

START_TEST(synthetic_time)
{
    struct smccc_registers other = {{HV_CALL_GET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF,
                                     3, HV_REGISTER_VP_RUNTIME}};

    partition->runtime = 500;
    ck_assert_uint_eq(get(HV_REGISTER_VP_RUNTIME), 500);
    vtl_hypercall(vp(0), HVC_HYPERCALL, &other);
    ck_assert_uint_eq(other.x[15], 503);
    ck_assert_uint_eq(set(HV_REGISTER_VP_RUNTIME, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set(HV_REGISTER_TIME_REF_COUNT, 0), HV_STATUS_INVALID_PARAMETER);
    partition->counter_hz = 62500000;
    ck_assert_uint_eq(get(HV_REGISTER_CNTFRQ_EL0), 62500000);
}
END_TEST

static uint64_t page_word(uint64_t gpa)
{
    uint64_t word;

    memcpy(&word, partition->ram + gpa, sizeof(word));
    return word;
}

START_TEST(reference_page)
{
    struct hv_u128 value;
    unsigned __int128 ticks = 62500000ull * 1000;

    partition->counter_hz = 62500000;
    ck_assert_uint_eq(set(HV_REGISTER_REFERENCE_TSC, 0x3000), REPS(1)); /* off: nothing written */
    ck_assert_uint_eq(page_word(0x3000), 0);
    ck_assert_uint_eq(set(HV_REGISTER_REFERENCE_TSC, 0x3fff), REPS(1));
    ck_assert_uint_eq(get(HV_REGISTER_REFERENCE_TSC), 0x3001);
    ck_assert_uint_eq(page_word(0x3000), 1);
    ck_assert_uint_eq(page_word(0x3010), 0);
    /* A thousand seconds, within a tick of 100 ns. */
    ck_assert_uint_ge((uint64_t)(ticks * page_word(0x3008) >> 64), 9999999999);
    ck_assert_uint_le((uint64_t)(ticks * page_word(0x3008) >> 64), 10000000000);
    /* Each VTL has its own. */
    ck_assert_uint_eq(get_of(0, HV_REGISTER_REFERENCE_TSC, &value), REPS(1));
    ck_assert_uint_eq(value.low, 0);
    ck_assert_uint_eq(set(HV_REGISTER_REFERENCE_TSC, 0xffffff001),
                      HV_STATUS_INVALID_REGISTER_VALUE); /* no memory */
    ck_assert_uint_eq(get(HV_REGISTER_REFERENCE_TSC), 0x3001);
    partition->counter_hz = 10000000; /* too slow */
    ck_assert_uint_eq(set(HV_REGISTER_REFERENCE_TSC, 0x3001), REPS(1));
    ck_assert_uint_eq(page_word(0x3000), 0);
}
END_TEST

UNIT_MAIN_WITH("registers", set_up, tear_down, names_are_unique, pieces_of_pstate,
               views_of_a_lower_vtl, elx_means_el1, zero_register, timer_values, debug_registers,
               what_is_not_there, bits_that_do_not_exist, repetitions_completed,
               synthetic_constants, synthetic_time, reference_page)
