/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enabling VTLs and starting VPs: vtl/enable.c and its hypercalls. */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define FAST (1ull << 16)
#define REPS(count) ((uint64_t)(count) << 32)

static struct memory_partition *partition;

static void set_up(void)
{
    partition = memory_partition_new(1, 0);
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

static const struct vtl_initial_context context = {
    .pc = 0x1000, .sp = 0x2000, .sctlr = 3, .mair = 4, .tcr = 5, .vbar = 6, .ttbr0 = 7, .ttbr1 = 8,
    .x18 = 9,
};

/* A fast call with two qwords and perhaps a context, by hvc #1. */
static uint64_t call(unsigned caller, uint64_t control, uint64_t first, uint64_t second,
                     const struct vtl_initial_context *with)
{
    struct smccc_registers registers = {{control | FAST, first, second}};

    if (with)
        memcpy(&registers.x[3], with, sizeof(*with));
    vtl_hypercall(vp(caller), HVC_HYPERCALL, &registers);
    return registers.x[0];
}

static uint64_t enable_partition(unsigned vtl, unsigned flags)
{
    return call(0, HV_CALL_ENABLE_PARTITION_VTL, HV_PARTITION_SELF, vtl | flags << 8, NULL);
}

static uint64_t enable_vp(unsigned caller, uint32_t target, uint64_t vtl)
{
    return call(caller, HV_CALL_ENABLE_VP_VTL, HV_PARTITION_SELF, target | vtl << 32, &context);
}

static uint64_t start_vp(unsigned caller, uint32_t target, uint64_t vtl)
{
    return call(caller, HV_CALL_START_VIRTUAL_PROCESSOR, HV_PARTITION_SELF, target | vtl << 32,
                &context);
}

/* The caller must be the highest VTL enabled below the new one, which need not be next to it. */
START_TEST(partition_one_after_the_other)
{
    ck_assert_uint_eq(enable_partition(2, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(partition->core->enabled, 0x5);
    ck_assert_uint_eq(enable_partition(2, 0), HV_STATUS_VTL_ALREADY_ENABLED);
    ck_assert_uint_eq(enable_partition(1, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(enable_partition(2, 0), HV_STATUS_ACCESS_DENIED); /* VTL1's business now */
    vp(0)->active = 2;
    ck_assert_uint_eq(enable_partition(1, 0), HV_STATUS_VTL_ALREADY_ENABLED);
}
END_TEST

START_TEST(partition_mistakes)
{
    ck_assert_uint_eq(enable_partition(3, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(enable_partition(255, 0), HV_STATUS_INVALID_PARAMETER);
    for (unsigned bit = 0; bit < 8; bit++)
        ck_assert_uint_eq(enable_partition(1, 1u << bit), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(call(0, HV_CALL_ENABLE_PARTITION_VTL, HV_PARTITION_SELF, 1 | 1 << 16, NULL),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(call(0, HV_CALL_ENABLE_PARTITION_VTL, 0, 1, NULL),
                      HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(call(0, HV_CALL_ENABLE_PARTITION_VTL | REPS(1), HV_PARTITION_SELF, 1, NULL),
                      HV_STATUS_INVALID_HYPERCALL_INPUT);
    partition->core->guest_os_id[0] = 0;
    ck_assert_uint_eq(enable_partition(1, 0), HV_STATUS_ACCESS_DENIED);
    partition->core->guest_os_id[0] = 1;
    partition->core->maximum = 1;
    ck_assert_uint_eq(enable_partition(2, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(partition->core->enabled, 0x1);
}
END_TEST

START_TEST(vp_gets_its_context)
{
    ck_assert_uint_eq(enable_vp(0, 1, 2), HV_STATUS_INVALID_VTL_STATE);
    enable_partition(2, 0);
    ck_assert_uint_eq(enable_vp(0, 1, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vp(1)->enabled, 0x5);
    ck_assert_uint_eq(vp(0)->enabled, 0x1);
    ck_assert_uint_eq(partition->prepared, 1);
    ck_assert_uint_eq(partition->last_vp, 1);
    ck_assert_uint_eq(partition->last_vtl, 2);
    ck_assert_mem_eq(&partition->context, &context, sizeof(context));
}
END_TEST

/* Once some VP has the VTL, it is for that VTL to enable others. */
START_TEST(vp_by_whom)
{
    enable_partition(2, 0);
    ck_assert_uint_eq(enable_vp(0, HV_VP_SELF, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(enable_vp(0, 1, 2), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(enable_vp(1, 1, 2), HV_STATUS_ACCESS_DENIED);
    vp(0)->active = 2;
    ck_assert_uint_eq(enable_vp(0, 1, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(enable_vp(0, 1, 2), HV_STATUS_VTL_ALREADY_ENABLED);
    ck_assert_uint_eq(enable_vp(0, 2, 1), HV_STATUS_INVALID_VTL_STATE);
    ck_assert_uint_eq(enable_partition(1, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(enable_vp(0, 2, 1), HV_STATUS_SUCCESS); /* a lower one, always */
    ck_assert_uint_eq(vp(2)->enabled, 0x3);
}
END_TEST

START_TEST(vp_mistakes)
{
    struct vtl_initial_context odd = context;

    enable_partition(2, 0);
    odd.pc = 0x1002;
    ck_assert_uint_eq(call(0, HV_CALL_ENABLE_VP_VTL, HV_PARTITION_SELF, 1 | 2ull << 32, &odd),
                      HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(enable_vp(0, MEMORY_PARTITION_VPS, 2), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(enable_vp(0, 1, 3), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(enable_vp(0, 1, 2 | 1 << 8), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(call(0, HV_CALL_ENABLE_VP_VTL, 5, 1 | 2ull << 32, &context),
                      HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(partition->prepared, 0);
    ck_assert_uint_eq(vp(1)->enabled, 0x1);
}
END_TEST

START_TEST(start)
{
    ck_assert_uint_eq(start_vp(0, 1, 1), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(start_vp(0, 1, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(partition->last_vp, 1);
    ck_assert_mem_eq(&partition->context, &context, sizeof(context));
    ck_assert_uint_eq(start_vp(0, 1, 0), HV_STATUS_INVALID_VP_STATE);
    vp(0)->active = 2;
    ck_assert_uint_eq(start_vp(0, 2, 2), HV_STATUS_INVALID_VTL_STATE);
    partition->core->config[2] = HV_VSM_DENY_LOWER_VTL_STARTUP;
    ck_assert_uint_eq(start_vp(0, 2, 0), HV_STATUS_SUCCESS);
    vp(0)->active = 1;
    ck_assert_uint_eq(start_vp(0, 3, 0), HV_STATUS_ACCESS_DENIED);
    ck_assert(!vtl_may_start_vps(partition->core, 0));
    ck_assert(vtl_may_start_vps(partition->core, 2));
    ck_assert_uint_eq(partition->started, 2);
}
END_TEST

#define DENY HV_VSM_DENY_LOWER_VTL_STARTUP
#define INTERCEPT HV_VSM_INTERCEPT_VP_STARTUP

/* VTL1 and VTL2 everywhere. */
static void enable_all(void)
{
    partition->core->enabled = 7;
    for (unsigned i = 0; i < MEMORY_PARTITION_VPS; i++)
        vp(i)->enabled = 7;
}

START_TEST(start_verdicts)
{
    static const struct {
        unsigned active;
        uint16_t enabled; /* on the caller */
        uint64_t vtl1, vtl2;
        enum vtl_start_verdict verdict;
        unsigned owner;
    } rows[] = {
        {0, 7, 0, 0, VTL_START_ALLOWED, 0},
        {0, 7, 0, INTERCEPT, VTL_START_INTERCEPTED, 2},
        {0, 7, INTERCEPT, INTERCEPT, VTL_START_INTERCEPTED, 1}, /* the lower one is told first */
        {1, 7, INTERCEPT, INTERCEPT, VTL_START_INTERCEPTED, 2}, /* then it asks the other */
        {1, 7, INTERCEPT, 0, VTL_START_ALLOWED, 0},
        {2, 7, INTERCEPT | DENY, INTERCEPT | DENY, VTL_START_ALLOWED, 0},
        {0, 7, DENY, INTERCEPT, VTL_START_DENIED, 0},
        {0, 7, INTERCEPT, DENY, VTL_START_DENIED, 0},
        {0, 7, 0, INTERCEPT | DENY, VTL_START_DENIED, 0},
        {1, 7, DENY, INTERCEPT, VTL_START_INTERCEPTED, 2},
        {0, 5, INTERCEPT, INTERCEPT, VTL_START_INTERCEPTED, 2}, /* VTL1 is not on this VP */
        {0, 3, 0, INTERCEPT, VTL_START_DENIED, 0},              /* nobody to ask */
        {0, 1, INTERCEPT, INTERCEPT, VTL_START_DENIED, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned owner = 0;

        vp(0)->active = rows[i].active;
        vp(0)->enabled = rows[i].enabled;
        partition->core->config[1] = rows[i].vtl1;
        partition->core->config[2] = rows[i].vtl2;
        ck_assert_msg(vtl_judge_start(vp(0), &owner) == rows[i].verdict, "row %zu", i);
        ck_assert_msg(owner == rows[i].owner, "row %zu: owner %u", i, owner);
    }
}
END_TEST

static enum smccc_outcome start_by(enum hvc_convention convention,
                                   struct smccc_registers *registers)
{
    unsigned first = convention == HVC_SMCCC ? 1 : 0;

    *registers = (struct smccc_registers){{HV_SMCCC_FUNCTION}};
    registers->x[first] = HV_CALL_START_VIRTUAL_PROCESSOR | FAST;
    registers->x[first + 1] = HV_PARTITION_SELF;
    registers->x[first + 2] = 1;
    memcpy(&registers->x[first + 3], &context, sizeof(context));
    return vtl_hypercall(vp(0), convention, registers);
}

START_TEST(start_intercepted)
{
    struct smccc_registers registers;

    enable_all();
    partition->core->config[2] = INTERCEPT;
    ck_assert_int_eq(start_by(HVC_HYPERCALL, &registers), SMCCC_INTERCEPTED);
    ck_assert_uint_eq(vp(0)->intercept_owner, 2);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_ACCESS_DENIED); /* if it cannot be told */
    ck_assert_int_eq(start_by(HVC_SMCCC, &registers), SMCCC_INTERCEPTED);
    ck_assert_uint_eq(partition->started, 0);
    vp(0)->active = 2;
    ck_assert_int_eq(start_by(HVC_SMCCC, &registers), SMCCC_DONE);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_SUCCESS);
    ck_assert_uint_eq(partition->started, 1);
    ck_assert_uint_eq(partition->last_vtl, 0);
}
END_TEST

/* What could start nothing is answered here. */
START_TEST(start_intercepted_mistakes)
{
    struct smccc_registers registers;

    enable_all();
    partition->core->config[2] = INTERCEPT;
    ck_assert_uint_eq(start_vp(0, 1, 1), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(start_vp(0, MEMORY_PARTITION_VPS, 0), HV_STATUS_INVALID_VP_INDEX);
    vp(1)->enabled = 5;
    vp(0)->active = 1;
    ck_assert_uint_eq(start_vp(0, 1, 1), HV_STATUS_INVALID_VTL_STATE);
    vp(0)->active = 0;
    vp(0)->enabled = 1;
    ck_assert_int_eq(start_by(HVC_HYPERCALL, &registers), SMCCC_DONE);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_ACCESS_DENIED);
    vp(0)->enabled = 7;
    partition->core->guest_os_id[0] = 0;
    ck_assert_int_eq(start_by(HVC_HYPERCALL, &registers), SMCCC_DONE);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(partition->started, 0);
}
END_TEST

static uint64_t set_activity(unsigned by, unsigned vtl, uint64_t value)
{
    struct smccc_registers registers = {
        {HV_CALL_SET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF,
         1 | (uint64_t)(HV_INPUT_VTL_USE | vtl) << 32, HV_REGISTER_INTERNAL_ACTIVITY_STATE, 0,
         value}};

    vp(0)->active = by;
    ck_assert_int_eq(vtl_hypercall(vp(0), HVC_HYPERCALL, &registers), SMCCC_DONE);
    return registers.x[0];
}

/* To let VP1 go by its register is to start it; to hold it back is not. */
START_TEST(release_is_start)
{
    static const struct {
        uint64_t vtl1, vtl2;
        bool may[3]; /* VTL0, VTL1 and VTL2 */
    } rows[] = {
        {0, 0, {true, true, true}},
        {0, DENY, {false, false, true}},
        {DENY, 0, {false, true, true}},
        {0, INTERCEPT, {false, false, true}},
        {INTERCEPT, 0, {false, true, true}},
    };

    enable_all();
    vp(1)->active = 2;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        partition->core->config[1] = rows[i].vtl1;
        partition->core->config[2] = rows[i].vtl2;
        for (unsigned by = 0; by < VTL_LEVELS; by++) {
            ck_assert_uint_eq(set_activity(by, 0, 1), REPS(1));
            ck_assert_msg(set_activity(by, 0, 0) ==
                              (rows[i].may[by] ? REPS(1) : HV_STATUS_ACCESS_DENIED),
                          "row %zu by VTL%u", i, by);
            ck_assert_msg(partition->suspended[1][0] == !rows[i].may[by], "row %zu", i);
        }
    }
}
END_TEST

START_TEST(vp_index_by_mpidr)
{
    struct smccc_registers registers = {
        {HV_CALL_GET_VP_INDEX_FROM_APIC_ID | FAST | REPS(3), HV_PARTITION_SELF, 0, 0x300, 0x100,
         0x101}};

    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_INVALID_PARAMETER | REPS(2));
    ck_assert_uint_eq(registers.x[15], 3 | 1ull << 32);
    ck_assert_uint_eq(call(0, HV_CALL_GET_VP_INDEX_FROM_APIC_ID | REPS(1), HV_PARTITION_SELF, 1,
                           NULL),
                      HV_STATUS_ACCESS_DENIED);
    vp(0)->active = 2;
    ck_assert_uint_eq(call(0, HV_CALL_GET_VP_INDEX_FROM_APIC_ID | REPS(1), HV_PARTITION_SELF, 1,
                           NULL),
                      HV_STATUS_INVALID_VTL_STATE);
}
END_TEST

static enum hv_status offer(unsigned vtl, uint64_t maximum)
{
    return hv_register_set(vp(0), vtl, HV_REGISTER_GUEST_VSM_PARTITION_CONFIG,
                           (struct hv_u128){.low = maximum});
}

/* GuestVsmPartitionConfig: a paravisor says what VTLs those below it may have. */
START_TEST(paravisor_offers)
{
    enable_partition(2, 0);
    ck_assert_uint_eq(offer(1, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(offer(2, 2), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(offer(2, 0x10), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(offer(2, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(enable_partition(1, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(offer(2, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(enable_partition(1, 0), HV_STATUS_SUCCESS);
}
END_TEST

UNIT_MAIN_WITH("enable", set_up, tear_down, partition_one_after_the_other, partition_mistakes,
               vp_gets_its_context, vp_by_whom, vp_mistakes, start, start_verdicts,
               start_intercepted, start_intercepted_mistakes, release_is_start, vp_index_by_mpidr,
               paravisor_offers)
