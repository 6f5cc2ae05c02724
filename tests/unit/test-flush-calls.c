/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flushes by hypercall: whose TLBs, and how a TLB lock of a higher VTL holds them up, however that
 * has come to be.
 */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define FAST (1ull << 16)
#define BANKS(count) ((uint64_t)(count) << 17)
#define ALL HV_FLUSH_ALL_PROCESSORS
#define USE HV_FLUSH_USE_TARGET_VTL
#define VTL0 HV_FLUSH_VTL0
#define VTL1 HV_FLUSH_VTL1
#define USE_VTL(vtl) ((uint64_t)(HV_INPUT_VTL_USE | (vtl)) << HV_TRANSLATE_VTL_SHIFT)
#define ANY_TABLE 0x12345000u

static struct memory_partition *partition;
static struct vtl_vp *vps;

static void set_up(void)
{
    partition = memory_partition_new(7, 2);
    vps = partition->core->vps;
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        partition->core->guest_os_id[vtl] = 1;
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static enum smccc_outcome call(unsigned vtl, struct smccc_registers *registers)
{
    vps[0].active = vtl;
    return vtl_hypercall(&vps[0], HVC_HYPERCALL, registers);
}

static struct smccc_registers flush_call(uint64_t flags, uint64_t mask)
{
    return (struct smccc_registers){
        {HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE | FAST, ANY_TABLE, flags, mask}};
}

/* By VP0. */
static uint64_t flush(unsigned vtl, uint64_t flags, uint64_t mask)
{
    struct smccc_registers registers = flush_call(flags, mask);

    ck_assert_int_eq(call(vtl, &registers), SMCCC_DONE);
    return registers.x[0];
}

/* A call that is to be made again, just as it was. */
static bool is_held_up(unsigned vtl, uint64_t flags, uint64_t mask)
{
    struct smccc_registers registers = flush_call(flags, mask), before = registers;
    enum smccc_outcome outcome = call(vtl, &registers);

    ck_assert(outcome == SMCCC_RETRY || registers.x[0] == HV_STATUS_SUCCESS);
    ck_assert(outcome != SMCCC_RETRY || !memcmp(&registers, &before, sizeof(before)));
    return outcome == SMCCC_RETRY;
}

START_TEST(whose_tlb)
{
    static const struct {
        unsigned caller;
        uint64_t flags, mask;
        enum hv_status status;
        unsigned flushed; /* a set of VTLs */
    } rows[] = {
        {0, ALL, 0, HV_STATUS_SUCCESS, 1},
        {0, 0, 1, HV_STATUS_SUCCESS, 1},
        {0, 0, UINT64_MAX, HV_STATUS_SUCCESS, 1},
        {0, 0, 0, HV_STATUS_SUCCESS, 0},
        {0, 0, 0x30, HV_STATUS_SUCCESS, 0}, /* VPs that are not there */
        {2, ALL, 0, HV_STATUS_SUCCESS, 4},
        {1, HV_FLUSH_ALL_ADDRESS_SPACES, 2, HV_STATUS_SUCCESS, 2},
        {1, HV_FLUSH_NON_GLOBAL_ONLY, 2, HV_STATUS_SUCCESS, 2},
        {2, ALL | USE | VTL0, 0, HV_STATUS_SUCCESS, 1},
        {2, ALL | USE | VTL1, 0, HV_STATUS_SUCCESS, 2},
        {2, ALL | USE | VTL0 | VTL1, 0, HV_STATUS_SUCCESS, 3},
        {1, USE | VTL0 | VTL1, 4, HV_STATUS_SUCCESS, 3},
        {0, USE | VTL0, 4, HV_STATUS_SUCCESS, 1},
        {0, ALL | USE | VTL1, 0, HV_STATUS_ACCESS_DENIED, 0},
        {0, ALL | USE | VTL0 | VTL1, 0, HV_STATUS_ACCESS_DENIED, 0},
        {2, ALL | USE, 0, HV_STATUS_INVALID_PARAMETER, 0},
        {2, ALL | VTL0, 0, HV_STATUS_INVALID_PARAMETER, 0},
        {2, ALL | 1 << 3, 0, HV_STATUS_INVALID_PARAMETER, 0},
        {2, ALL | 1 << 5, 0, HV_STATUS_INVALID_PARAMETER, 0},
        {2, ALL | USE | 1 << 10, 0, HV_STATUS_INVALID_PARAMETER, 0},
        {2, ALL | 1ull << 63, 0, HV_STATUS_INVALID_PARAMETER, 0},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        memset(partition->flushes, 0, sizeof(partition->flushes));
        ck_assert_msg(flush(rows[i].caller, rows[i].flags, rows[i].mask) == rows[i].status,
                      "row %u", i);
        for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
            ck_assert_msg(partition->flushes[vtl] == (rows[i].flushed >> vtl & 1), "row %u", i);
    }
}
END_TEST

START_TEST(not_to_be_had)
{
    partition->flush_fails = true;
    ck_assert_uint_eq(flush(0, ALL, 0), HV_STATUS_OPERATION_FAILED);
    partition->flush_fails = false;
    partition->core->enabled = 1 | 4;
    ck_assert_uint_eq(flush(2, ALL | USE | VTL1, 0), HV_STATUS_INVALID_PARAMETER);
    /* Lists of addresses are for x64. */
    for (uint64_t code = 3; code <= 0x14; code += 0x11) {
        struct smccc_registers registers = {{code | FAST | 1ull << 32}};

        ck_assert_int_eq(call(2, &registers), SMCCC_DONE);
        ck_assert_uint_eq(registers.x[0], HV_STATUS_INVALID_HYPERCALL_CODE);
    }
}
END_TEST

static uint64_t flush_set(uint64_t flags, uint64_t format, uint64_t valid, uint64_t bank,
                          unsigned count)
{
    struct smccc_registers registers = {
        {HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX | FAST | BANKS(count), ANY_TABLE, flags, format,
         valid, bank}};

    ck_assert_int_eq(call(0, &registers), SMCCC_DONE);
    return registers.x[0];
}

START_TEST(sets_of_vps)
{
    ck_assert_uint_eq(flush_set(0, 0, 1, 2, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flush_set(0, 1, 0, 0, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flush_set(ALL, 0, 0, 0, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flush_set(ALL, 7, 7, 7, 1), HV_STATUS_SUCCESS); /* does not count */
    ck_assert_uint_eq(partition->flushes[0], 4);
    ck_assert_uint_eq(flush_set(0, 0, 2, 2, 1), HV_STATUS_SUCCESS); /* nobody */
    ck_assert_uint_eq(flush_set(0, 0, 1, 2, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flush_set(0, 0, 3, 2, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flush_set(0, 2, 1, 2, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flush_set(ALL | VTL0, 1, 0, 0, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flush_set(ALL | USE | VTL1, 1, 0, 0, 0), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(partition->flushes[0], 4);
}
END_TEST

/* --- TLB locks ------------------------------------------------------------------------------- */

START_TEST(held_up_by_a_lock)
{
    vps[2].level[2].tlb_locked = 1 << 0;
    ck_assert(is_held_up(0, ALL, 0));
    ck_assert(is_held_up(0, 0, 1 << 2));
    ck_assert(is_held_up(0, 0, UINT64_MAX));
    ck_assert(is_held_up(1, ALL | USE | VTL0, 0)); /* VTL1, too, is below the owner */
    ck_assert(is_held_up(1, ALL | USE | VTL0 | VTL1, 0));
    ck_assert_uint_eq(partition->flushes[0] + partition->flushes[1], 0);
    /* Other VPs, another VTL's TLB, the owner's VTL itself. */
    ck_assert(!is_held_up(0, 0, 1 << 1 | 1 << 3));
    ck_assert(!is_held_up(1, ALL, 0));
    ck_assert(!is_held_up(2, ALL | USE | VTL0, 0));
    vps[2].level[2].tlb_locked = 0;
    ck_assert(!is_held_up(0, ALL, 0));
    ck_assert_uint_eq(partition->flushes[0], 3);
}
END_TEST

START_TEST(held_up_by_vtl1)
{
    vps[1].level[1].tlb_locked = 1 << 0;
    ck_assert(is_held_up(0, ALL, 0));
    ck_assert(!is_held_up(1, ALL | USE | VTL0, 0));
    ck_assert(!is_held_up(2, ALL | USE | VTL0, 0));
}
END_TEST

START_TEST(sets_are_held_up)
{
    struct smccc_registers registers = {
        {HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX | FAST | BANKS(1), ANY_TABLE, 0, 0, 1, 4}};

    vps[2].level[2].tlb_locked = 1 << 0;
    ck_assert_int_eq(call(0, &registers), SMCCC_RETRY);
    vtl_enter(&vps[2], 0, VTL_ENTRY_CALL); /* the VP returns, and releases it */
    ck_assert_int_eq(call(0, &registers), SMCCC_DONE);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_SUCCESS);
    ck_assert_uint_eq(partition->flushes[0], 1);
}
END_TEST

/* By VP0 at VTL2; VTL0's MMU is off. */
static uint32_t translate(uint64_t vp, uint64_t flags, uint64_t page)
{
    struct smccc_registers registers = {
        {HV_CALL_TRANSLATE_VIRTUAL_ADDRESS_EX | FAST, HV_PARTITION_SELF, vp, flags, page}};
    struct hv_translate_output output;

    ck_assert_int_eq(call(2, &registers), SMCCC_DONE);
    if (registers.x[0] != HV_STATUS_SUCCESS)
        return UINT32_MAX;
    memcpy(&output, &registers.x[15], sizeof(output));
    return output.code;
}

START_TEST(translation_locks)
{
    ck_assert_uint_eq(translate(2, USE_VTL(0), 5), HV_TRANSLATE_SUCCESS);
    ck_assert_uint_eq(vps[2].level[2].tlb_locked, 0);
    ck_assert_uint_eq(translate(2, USE_VTL(0) | HV_TRANSLATE_NO_FLUSH, 5), HV_TRANSLATE_SUCCESS);
    ck_assert_uint_eq(vps[2].level[2].tlb_locked, 1 << 0);
    ck_assert_uint_eq(vps[0].level[2].tlb_locked, 0);
    ck_assert(is_held_up(0, 0, 1 << 2));
    ck_assert(!is_held_up(0, 0, 1 << 0));
    ck_assert_uint_eq(translate(HV_VP_SELF, USE_VTL(1) | HV_TRANSLATE_NO_FLUSH, 5),
                      HV_TRANSLATE_SUCCESS);
    ck_assert_uint_eq(vps[0].level[2].tlb_locked, 1 << 1);
}
END_TEST

/* Only a translation that succeeds, and nothing that was there before goes. */
START_TEST(translation_locks_if_successful)
{
    const uint64_t lock = USE_VTL(0) | HV_TRANSLATE_NO_FLUSH;
    const uint64_t nowhere = 1ull << 20, bad = HV_TRANSLATE_AS_USER | HV_TRANSLATE_AS_SUPERVISOR;

    ck_assert_uint_eq(translate(2, lock, nowhere), HV_TRANSLATE_GPA_UNMAPPED);
    ck_assert_uint_eq(translate(2, lock | bad, 5), UINT32_MAX);
    ck_assert_uint_eq(vps[2].level[2].tlb_locked, 0);
    vps[2].level[2].tlb_locked = 1;
    ck_assert_uint_eq(translate(2, lock, nowhere), HV_TRANSLATE_GPA_UNMAPPED);
    ck_assert_uint_eq(translate(2, lock | bad, 5), UINT32_MAX);
    ck_assert_uint_eq(vps[2].level[2].tlb_locked, 1);
    /* Its own TLB nobody keeps from anybody. */
    ck_assert_uint_eq(translate(HV_VP_SELF, HV_TRANSLATE_NO_FLUSH, 5), HV_TRANSLATE_SUCCESS);
    ck_assert_uint_eq(vps[0].level[2].tlb_locked, 0);
}
END_TEST

UNIT_MAIN_WITH("flush-calls", set_up, tear_down, whose_tlb, not_to_be_had, sets_of_vps,
               held_up_by_a_lock, held_up_by_vtl1, sets_are_held_up, translation_locks,
               translation_locks_if_successful)
