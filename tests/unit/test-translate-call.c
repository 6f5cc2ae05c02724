/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HvCallTranslateVirtualAddress: who may ask, what the flags mean, execute permissions, updates of
 * the tables.
 */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define FAST (1ull << 16)
#define PSTATE_PAN (1ull << 22)
#define USE_VTL(vtl) ((uint64_t)(HV_INPUT_VTL_USE | (vtl)) << HV_TRANSLATE_VTL_SHIFT)

/* Registers by HV_REGISTER_NAME. */
#define PSTATE 0x00020023u
#define SCTLR_EL1 0x00040002u
#define TTBR0_EL1 0x00040005u
#define TCR_EL1 0x00040007u
#define MAIR_EL1 0x0004000bu
#define ID_AA64MMFR1_EL1 0x00022039u

#define TCR_HA (1ull << 39)
#define TCR_HD (1ull << 40)

/* 25 bits of address in pages of 4 KiB: 16 entries at the root, 512 below. */
#define TCR_25_BITS 39u
#define ROOT 0x1000u
#define LEAF 0x2000u
#define TABLE 3u
#define PAGE(gpa) ((gpa) | ACCESSED | 3u)
#define ACCESSED (1u << 10)
#define DBM (1ull << 51)
#define USER (1ull << 6)
#define READ_ONLY (1ull << 7)
#define PXN (1ull << 53)
#define UXN (1ull << 54)
#define WXN (1ull << 19)

static struct memory_partition *partition;

static void set_register(unsigned vtl, uint32_t name, uint64_t value)
{
    partition->core->backend->set_register(partition, 0, vtl, name, (struct hv_u128){value, 0});
}

static void set_descriptor(uint64_t gpa, uint64_t descriptor)
{
    memcpy(partition->ram + gpa, &descriptor, sizeof(descriptor));
}

static void set_up(void)
{
    partition = memory_partition_new(1 << 2, 2);
    partition->core->guest_os_id[0] = partition->core->guest_os_id[2] = 1;
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        set_register(vtl, SCTLR_EL1, 1);
        set_register(vtl, TCR_EL1, TCR_25_BITS);
        set_register(vtl, TTBR0_EL1, ROOT);
        set_register(vtl, MAIR_EL1, 0xbb440004ff);
        set_register(vtl, PSTATE, 0x3c5);
    }
    set_descriptor(ROOT, LEAF | TABLE);
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static uint64_t get_descriptor(uint64_t gpa)
{
    uint64_t descriptor;

    memcpy(&descriptor, partition->ram + gpa, sizeof(descriptor));
    return descriptor;
}

/* @hafdbs is what the processor has, of ID_AA64MMFR1_EL1. */
static void set_updates(uint64_t tcr, uint64_t hafdbs)
{
    set_register(2, TCR_EL1, TCR_25_BITS | tcr);
    set_register(2, ID_AA64MMFR1_EL1, hafdbs);
}

/* Page 0 of the address space, by VP0. */
static uint64_t ask(uint64_t vp, uint64_t flags, struct hv_translate_output *output)
{
    struct smccc_registers registers = {
        {HV_CALL_TRANSLATE_VIRTUAL_ADDRESS_EX | FAST, HV_PARTITION_SELF, vp, flags, 0}};

    vtl_hypercall(&partition->core->vps[0], HVC_HYPERCALL, &registers);
    memcpy(output, &registers.x[15], sizeof(*output));
    return registers.x[0];
}

static uint32_t code_of(uint64_t flags)
{
    struct hv_translate_output output;

    ck_assert_uint_eq(ask(HV_VP_SELF, flags, &output), HV_STATUS_SUCCESS);
    return output.code;
}

START_TEST(permissions)
{
    static const struct {
        uint64_t descriptor, sctlr, pstate, flags;
        uint32_t code;
    } rows[] = {
        {PAGE(0x5000), 1, 0x3c5, HV_TRANSLATE_READ | HV_TRANSLATE_WRITE | HV_TRANSLATE_EXECUTE, 0},
        {0, 1, 0x3c5, HV_TRANSLATE_READ, 1},
        {PAGE(0x5000) & ~ACCESSED, 1, 0x3c5, HV_TRANSLATE_READ, 1},
        {PAGE(0xffff0000), 1, 0x3c5, HV_TRANSLATE_READ, 4},
        {PAGE(0x5000) | READ_ONLY, 1, 0x3c5, HV_TRANSLATE_READ, 0},
        {PAGE(0x5000) | READ_ONLY, 1, 0x3c5, HV_TRANSLATE_READ | HV_TRANSLATE_WRITE, 2},
        {PAGE(0x5000), 1, 0x3c5, HV_TRANSLATE_READ | HV_TRANSLATE_AS_USER, 2},
        {PAGE(0x5000), 1, 0x3c0, HV_TRANSLATE_READ, 2}, /* EL0 is what runs */
        {PAGE(0x5000), 1, 0x3c0, HV_TRANSLATE_READ | HV_TRANSLATE_AS_SUPERVISOR, 0},
        {PAGE(0x5000) | USER, 1, 0x3c5 | PSTATE_PAN, HV_TRANSLATE_READ, 2},
        {PAGE(0x5000) | USER, 1, 0x3c5 | PSTATE_PAN, HV_TRANSLATE_READ | HV_TRANSLATE_PAN_CLEAR, 0},
        {PAGE(0x5000) | USER, 1, 0x3c5, HV_TRANSLATE_READ | HV_TRANSLATE_PAN_SET, 2},
        {PAGE(0x5000) | PXN, 1, 0x3c5, HV_TRANSLATE_EXECUTE, 2},
        {PAGE(0x5000) | PXN, 1, 0x3c5, HV_TRANSLATE_EXECUTE | HV_TRANSLATE_AS_USER, 0},
        {PAGE(0x5000) | UXN, 1, 0x3c5, HV_TRANSLATE_EXECUTE | HV_TRANSLATE_AS_USER, 2},
        {PAGE(0x5000) | USER, 1, 0x3c5, HV_TRANSLATE_EXECUTE, 2}, /* EL0 may write it */
        {PAGE(0x5000) | USER | READ_ONLY, 1, 0x3c5, HV_TRANSLATE_EXECUTE, 0},
        {PAGE(0x5000), 1 | WXN, 0x3c5, HV_TRANSLATE_EXECUTE, 2},
        {PAGE(0x5000) | READ_ONLY, 1 | WXN, 0x3c5, HV_TRANSLATE_EXECUTE, 0},
        {0, 0, 0x3c5, HV_TRANSLATE_READ | HV_TRANSLATE_WRITE, 0}, /* no MMU */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        set_descriptor(LEAF, rows[i].descriptor);
        set_register(2, SCTLR_EL1, rows[i].sctlr);
        set_register(2, PSTATE, rows[i].pstate);
        ck_assert_msg(code_of(rows[i].flags) == rows[i].code, "row %zu: code %u", i,
                      code_of(rows[i].flags));
    }
}
END_TEST

START_TEST(page_and_cache_type)
{
    static const uint8_t cache_types[] = {6, 0, 0, 1, 4}; /* of MAIR_EL1's five bytes */
    struct hv_translate_output output;

    for (unsigned i = 0; i < G_N_ELEMENTS(cache_types); i++) {
        set_descriptor(LEAF, PAGE(0x5000) | i << 2);
        ck_assert_uint_eq(ask(HV_VP_SELF, HV_TRANSLATE_READ, &output), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(output.page, 5);
        ck_assert_msg(output.cache_type == cache_types[i], "attribute %u: %u", i,
                      output.cache_type);
    }
}
END_TEST

START_TEST(whose_tables)
{
    struct hv_translate_output output;

    set_descriptor(LEAF, PAGE(0x5000));
    set_register(0, SCTLR_EL1, 0);
    ck_assert_uint_eq(ask(HV_VP_SELF, USE_VTL(0) | HV_TRANSLATE_READ, &output), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output.page, 0);
    ck_assert_uint_eq(ask(HV_VP_SELF, USE_VTL(2) | HV_TRANSLATE_READ, &output), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output.page, 5);
    ck_assert_uint_eq(ask(HV_VP_SELF, USE_VTL(1), &output), HV_STATUS_INVALID_PARAMETER);
    partition->core->vps[0].active = 0;
    ck_assert_uint_eq(ask(HV_VP_SELF, USE_VTL(2), &output), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(other_vps)
{
    struct smccc_registers registers = {{HV_CALL_TRANSLATE_VIRTUAL_ADDRESS | FAST,
                                         HV_PARTITION_SELF, 1, HV_TRANSLATE_READ, 0}};
    const struct smccc_registers before = registers;
    struct hv_translate_output output;

    set_descriptor(LEAF, PAGE(0x5000));
    ck_assert_uint_eq(ask(1, HV_TRANSLATE_READ, &output), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output.page, 0); /* VP1 has no MMU on */
    ck_assert_uint_eq(ask(0, HV_TRANSLATE_READ, &output), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output.page, 5);
    ck_assert_uint_eq(partition->stops, 1);
    partition->busy = 1;
    ck_assert_int_eq(vtl_hypercall(&partition->core->vps[0], HVC_HYPERCALL, &registers),
                     SMCCC_RETRY);
    ck_assert_mem_eq(&registers, &before, sizeof(before));
}
END_TEST

START_TEST(updates)
{
    enum { R = HV_TRANSLATE_READ, W = HV_TRANSLATE_WRITE, X = HV_TRANSLATE_EXECUTE,
           SET = HV_TRANSLATE_SET_BITS };
    static const uint64_t old = PAGE(0x5000) & ~(uint64_t)ACCESSED, clean = READ_ONLY | DBM;
    static const struct {
        uint64_t tcr, hafdbs, flags, before, after;
        uint32_t code;
    } rows[] = {
        {TCR_HA, 1, R | SET, old, old | ACCESSED, 0},
        {TCR_HA, 1, X | SET, old, old | ACCESSED, 0},
        {TCR_HA, 1, SET, old, old | ACCESSED, 0},
        {TCR_HA, 1, R, old, old, 0},
        {TCR_HA, 0, R | SET, old, old, 1}, /* the processor has no such thing */
        {0, 2, R | SET, old, old, 1},
        {TCR_HD, 2, R | SET, old, old, 1},
        {TCR_HA | TCR_HD, 2, R | SET, old | clean, old | clean | ACCESSED, 0},
        {TCR_HA | TCR_HD, 2, W | SET, old | clean, (old | DBM | ACCESSED), 0},
        {TCR_HA | TCR_HD, 2, R | W | SET, PAGE(0x5000) | clean, PAGE(0x5000) | DBM, 0},
        {TCR_HA | TCR_HD, 2, W, PAGE(0x5000) | clean, PAGE(0x5000) | clean, 0},
        {TCR_HA | TCR_HD, 1, W | SET, PAGE(0x5000) | clean, PAGE(0x5000) | clean, 2},
        {TCR_HA, 2, W | SET, PAGE(0x5000) | clean, PAGE(0x5000) | clean, 2},
        {TCR_HD, 2, W | SET, PAGE(0x5000) | clean, PAGE(0x5000) | clean, 2},
        {TCR_HA | TCR_HD, 2, W | SET, old | READ_ONLY, old | READ_ONLY, 2},
        {TCR_HA | TCR_HD, 2, W | SET | HV_TRANSLATE_AS_USER, old | clean, old | clean, 2},
        {TCR_HA, 1, R | SET, 0xffff0003, 0xffff0003 | ACCESSED, 4}, /* a device, say */
        {TCR_HA | TCR_HD, 2, W | SET, 0, 0, 1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        set_descriptor(LEAF, rows[i].before);
        set_updates(rows[i].tcr, rows[i].hafdbs);
        ck_assert_msg(code_of(rows[i].flags) == rows[i].code, "row %zu", i);
        ck_assert_msg(get_descriptor(LEAF) == rows[i].after, "row %zu: 0x%llx", i,
                      (unsigned long long)get_descriptor(LEAF));
        ck_assert_uint_eq(get_descriptor(ROOT), LEAF | TABLE);
    }
}
END_TEST

START_TEST(tables_limit_updates)
{
    set_updates(TCR_HA | TCR_HD, 2);
    set_descriptor(ROOT, LEAF | TABLE | 1ull << 62); /* APTable: read-only */
    set_descriptor(LEAF, PAGE(0x5000) | READ_ONLY | DBM);
    ck_assert_uint_eq(code_of(HV_TRANSLATE_WRITE | HV_TRANSLATE_SET_BITS), 2);
    ck_assert_uint_eq(get_descriptor(LEAF), PAGE(0x5000) | READ_ONLY | DBM);
}
END_TEST

/* Another processor changes the descriptor between the walk and the update. */
START_TEST(races)
{
    uint64_t flags = HV_TRANSLATE_READ | HV_TRANSLATE_SET_BITS;

    set_updates(TCR_HA, 1);
    set_descriptor(LEAF, 0x5003);
    partition->rivals = 3;
    partition->rival_bits = 1ull << 55;
    ck_assert_uint_eq(code_of(flags), HV_TRANSLATE_SUCCESS);
    ck_assert_uint_eq(partition->exchanges, 4);
    ck_assert_uint_eq(get_descriptor(LEAF), PAGE(0x5000) | 1ull << 55);

    set_descriptor(LEAF, 0x5003);
    partition->rivals = 1;
    partition->rival_bits = 1; /* valid no more */
    ck_assert_uint_eq(code_of(flags), HV_TRANSLATE_PAGE_NOT_PRESENT);
    ck_assert_uint_eq(get_descriptor(LEAF), 0x5002);

    set_descriptor(LEAF, 0x5003);
    partition->rivals = UINT32_MAX; /* it never stops, we do */
    partition->rival_bits = 1ull << 55;
    ck_assert_uint_eq(code_of(flags), HV_TRANSLATE_PAGE_NOT_PRESENT);
}
END_TEST

/* The page that is told is then that of the table. */
START_TEST(tables_out_of_reach)
{
    struct hv_translate_output output;

    set_updates(TCR_HA, 1);
    set_descriptor(LEAF, 0x5003);
    partition->tables_fixed = true;
    ask(HV_VP_SELF, HV_TRANSLATE_READ | HV_TRANSLATE_SET_BITS, &output);
    ck_assert_uint_eq(output.code, HV_TRANSLATE_GPA_NO_WRITE);
    ck_assert_uint_eq(output.page, LEAF >> 12);
    set_descriptor(ROOT, 0xffff0000 | TABLE);
    ask(HV_VP_SELF, HV_TRANSLATE_READ | HV_TRANSLATE_SET_BITS, &output);
    ck_assert_uint_eq(output.code, HV_TRANSLATE_GPA_UNMAPPED);
    ck_assert_uint_eq(output.page, 0xffff0);
}
END_TEST

START_TEST(mistakes)
{
    static const uint64_t bad_flags[] = {
        1ull << 3, 1ull << 10, 1ull << 55,
        HV_TRANSLATE_AS_SUPERVISOR | HV_TRANSLATE_AS_USER,
        HV_TRANSLATE_PAN_SET | HV_TRANSLATE_PAN_CLEAR,
        0x20ull << HV_TRANSLATE_VTL_SHIFT, 1ull << HV_TRANSLATE_VTL_SHIFT,
    };
    struct hv_translate_output output;

    for (size_t i = 0; i < G_N_ELEMENTS(bad_flags); i++)
        ck_assert_msg(ask(HV_VP_SELF, bad_flags[i], &output) == HV_STATUS_INVALID_PARAMETER,
                      "row %zu", i);
    ck_assert_uint_eq(ask(MEMORY_PARTITION_VPS, 0, &output), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(ask(HV_VP_SELF | 1ull << 63, 0, &output), HV_STATUS_INVALID_PARAMETER);
    set_register(2, TCR_EL1, 3 << 14); /* a granule that does not exist */
    ck_assert_uint_eq(code_of(HV_TRANSLATE_READ), HV_TRANSLATE_INVALID_TABLES);
}
END_TEST

UNIT_MAIN_WITH("translate-call", set_up, tear_down, permissions, page_and_cache_type, whose_tables, other_vps,
               updates, tables_limit_updates, races, tables_out_of_reach, mistakes)
