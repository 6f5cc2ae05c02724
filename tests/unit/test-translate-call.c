/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HvCallTranslateVirtualAddress: who may ask, what the flags mean, execute permissions. */
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

/* 25 bits of address in pages of 4 KiB: 16 entries at the root, 512 below. */
#define TCR_25_BITS 39u
#define ROOT 0x1000u
#define LEAF 0x2000u
#define TABLE 3u
#define PAGE(gpa) ((gpa) | 1u << 10 | 3u) /* accessed */
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
        {PAGE(0x5000) & ~(1u << 10), 1, 0x3c5, HV_TRANSLATE_READ, 1}, /* never accessed */
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

START_TEST(mistakes)
{
    static const uint64_t bad_flags[] = {
        1ull << 3, HV_TRANSLATE_SET_BITS, 1ull << 10, 1ull << 55,
        HV_TRANSLATE_AS_SUPERVISOR | HV_TRANSLATE_AS_USER,
        HV_TRANSLATE_PAN_SET | HV_TRANSLATE_PAN_CLEAR,
        0x20ull << HV_TRANSLATE_VTL_SHIFT, 1ull << HV_TRANSLATE_VTL_SHIFT,
    };
    struct hv_translate_output output;

    for (size_t i = 0; i < G_N_ELEMENTS(bad_flags); i++)
        ck_assert_msg(ask(HV_VP_SELF, bad_flags[i], &output) == HV_STATUS_INVALID_PARAMETER,
                      "row %zu", i);
    ck_assert_uint_eq(ask(1, HV_TRANSLATE_READ, &output), HV_STATUS_INVALID_VP_STATE);
    ck_assert_uint_eq(ask(MEMORY_PARTITION_VPS, 0, &output), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(ask(HV_VP_SELF | 1ull << 63, 0, &output), HV_STATUS_INVALID_PARAMETER);
    set_register(2, TCR_EL1, 3 << 14); /* a granule that does not exist */
    ck_assert_uint_eq(code_of(HV_TRANSLATE_READ), HV_TRANSLATE_INVALID_TABLES);
}
END_TEST

UNIT_MAIN_WITH("translate-call", set_up, tear_down, permissions, page_and_cache_type, whose_tables, mistakes)
