/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls: the engine (smccc/hypercall.c) on calls of its own, and the calls and registers of
 * the core (vtl/hypercalls.c, vtl/hv-registers.c) on the in-memory partition.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define FAST (1ull << 16)
#define REPS(n) ((uint64_t)(n) << 32)
#define START(n) ((uint64_t)(n) << 48)
#define STATUS(result) ((result) & 0xffff)
#define COMPLETED(result) ((result) >> 32 & 0xfff)

/* --- The engine, on two calls of its own ------------------------------------------------------ */

#define CALL_SWAP 0x100  /* simple: two words in, the same words swapped out */
#define CALL_DOUBLE 0x101 /* rep: doubles a word; fails for 13 */
#define CALL_LATE 0x102  /* not admitted */
#define CALL_SLOW 0x103  /* simple: is interrupted as often as `interruptions` says */
#define UNLUCKY 13

static uint8_t ram[2 * HV_PAGE_SIZE];

static enum hv_status swap(void *context, const void *header, const void *element, void *output)
{
    const uint64_t *in = header;
    uint64_t *out = output;

    (void)context;
    (void)element;
    out[0] = in[1];
    out[1] = in[0];
    return HV_STATUS_SUCCESS;
}

static unsigned interruptions;

static bool is_interrupted(void)
{
    return interruptions && interruptions--;
}

static enum hv_status slow(void *context, const void *header, const void *element, void *output)
{
    return is_interrupted() ? HV_STATUS_INTERRUPTED : swap(context, header, element, output);
}

#define SLOW_ELEMENT 77

static enum hv_status twice(void *context, const void *header, const void *element, void *output)
{
    uint64_t in;

    (void)context;
    (void)header;
    memcpy(&in, element, sizeof(in));
    if (in == SLOW_ELEMENT && is_interrupted())
        return HV_STATUS_INTERRUPTED;
    if (in == UNLUCKY)
        return HV_STATUS_OPERATION_FAILED;
    in *= 2;
    memcpy(output, &in, sizeof(in));
    return HV_STATUS_SUCCESS;
}

static const struct hv_call calls[] = {
    {CALL_SWAP, "Swap", HV_CALL_EARLY, 16, 0, 16, swap, NULL},
    {CALL_DOUBLE, "Double", HV_CALL_EARLY | HV_CALL_REP, 8, 8, 8, twice, NULL},
    {CALL_LATE, "Late", 0, 0, 0, 0, swap, NULL},
    {CALL_SLOW, "Slow", HV_CALL_EARLY, 16, 0, 16, slow, NULL},
};

static enum hv_status admit(void *context, const struct hv_call *call)
{
    (void)context;
    return call->flags & HV_CALL_EARLY ? HV_STATUS_SUCCESS : HV_STATUS_ACCESS_DENIED;
}

static int read_ram(void *context, uint64_t gpa, void *buffer, size_t size)
{
    (void)context;
    if (gpa > sizeof(ram) || size > sizeof(ram) - gpa)
        return -EFAULT;
    memcpy(buffer, ram + gpa, size);
    return 0;
}

static int write_ram(void *context, uint64_t gpa, const void *buffer, size_t size)
{
    (void)context;
    if (gpa > sizeof(ram) || size > sizeof(ram) - gpa)
        return -EFAULT;
    memcpy(ram + gpa, buffer, size);
    return 0;
}

static const struct hv_call_environment environment = {
    .calls = calls, .count = G_N_ELEMENTS(calls), .admit = admit, .read = read_ram,
    .write = write_ram};

static uint64_t native(struct smccc_registers *registers)
{
    ck_assert_int_eq(hv_call_dispatch(&environment, NULL, HVC_HYPERCALL, registers), SMCCC_DONE);
    return registers->x[0];
}

static uint64_t by_memory(uint64_t control, uint64_t in, uint64_t out)
{
    struct smccc_registers registers = {{control, in, out}};

    return native(&registers);
}

START_TEST(engine_fast_places)
{
    struct smccc_registers registers = {{0, CALL_SWAP | FAST, 3, 4}};

    /* SMCCC: behind the input, X4 and X5. */
    hv_call_dispatch(&environment, NULL, HVC_SMCCC, &registers);
    ck_assert_uint_eq(registers.x[0], 0);
    ck_assert_uint_eq(registers.x[4], 4);
    ck_assert_uint_eq(registers.x[5], 3);
    ck_assert_uint_eq(registers.x[1], CALL_SWAP | FAST);
    /* Native: the last pair, X15 and X16. */
    registers = (struct smccc_registers){{CALL_SWAP | FAST, 3, 4}};
    ck_assert_uint_eq(native(&registers), 0);
    ck_assert_uint_eq(registers.x[15], 4);
    ck_assert_uint_eq(registers.x[16], 3);
    ck_assert_uint_eq(registers.x[3], 0);
}
END_TEST

START_TEST(engine_memory)
{
    uint64_t in[2] = {7, 8}, out[2];

    memcpy(ram + 64, in, sizeof(in));
    ck_assert_uint_eq(by_memory(CALL_SWAP, 64, 128), 0);
    memcpy(out, ram + 128, sizeof(out));
    ck_assert_uint_eq(out[0], 8);
    ck_assert_uint_eq(out[1], 7);
}
END_TEST

START_TEST(engine_bad_control)
{
    static const struct {
        uint64_t control;
        uint16_t status;
    } rows[] = {
        {0x104, HV_STATUS_INVALID_HYPERCALL_CODE},
        {CALL_LATE, HV_STATUS_ACCESS_DENIED},
        {CALL_SWAP | 1ull << 27, HV_STATUS_INVALID_HYPERCALL_INPUT},
        {CALL_SWAP | 1ull << 31, HV_STATUS_INVALID_HYPERCALL_INPUT},
        {CALL_SWAP | 1ull << 44, HV_STATUS_INVALID_HYPERCALL_INPUT},
        {CALL_SWAP | 1ull << 60, HV_STATUS_INVALID_HYPERCALL_INPUT},
        {CALL_SWAP | 1ull << 17, HV_STATUS_INVALID_HYPERCALL_INPUT}, /* variable header */
        {CALL_SWAP | REPS(1), HV_STATUS_INVALID_HYPERCALL_INPUT},
        {CALL_SWAP | START(1), HV_STATUS_INVALID_HYPERCALL_INPUT},
        {CALL_DOUBLE, HV_STATUS_INVALID_HYPERCALL_INPUT},
        {CALL_DOUBLE | REPS(2) | START(2), HV_STATUS_INVALID_HYPERCALL_INPUT},
        {CALL_DOUBLE | FAST | REPS(8), HV_STATUS_INVALID_HYPERCALL_INPUT}, /* 72 + 64 > 128 */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(STATUS(by_memory(rows[i].control, 0, 64)) == rows[i].status, "row %zu", i);
}
END_TEST

START_TEST(engine_bad_blocks)
{
    static const struct {
        uint64_t in, out;
        uint16_t status;
    } rows[] = {
        {4, 64, HV_STATUS_INVALID_ALIGNMENT},
        {0, 65, HV_STATUS_INVALID_ALIGNMENT},
        {HV_PAGE_SIZE - 8, 64, HV_STATUS_INVALID_ALIGNMENT},
        {0, HV_PAGE_SIZE - 8, HV_STATUS_INVALID_ALIGNMENT},
        {0, 8, HV_STATUS_INVALID_HYPERCALL_INPUT},  /* overlap */
        {16, 16, HV_STATUS_INVALID_HYPERCALL_INPUT},
        {sizeof(ram), 64, HV_STATUS_INVALID_HYPERCALL_INPUT},
        {0, sizeof(ram), HV_STATUS_INVALID_HYPERCALL_INPUT},
        {UINT64_MAX - 15, 64, HV_STATUS_INVALID_HYPERCALL_INPUT},
        {0, 64, HV_STATUS_SUCCESS},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(STATUS(by_memory(CALL_SWAP, rows[i].in, rows[i].out)) == rows[i].status,
                      "row %zu", i);
}
END_TEST

START_TEST(engine_repetitions)
{
    uint64_t in[5] = {0, 1, 2, UNLUCKY, 4}, out[4] = {9, 9, 9, 9};
    uint64_t result;

    memcpy(ram, in, sizeof(in));
    memcpy(ram + 512, out, sizeof(out));
    /* Elements 1 and 2 of 0..3: 13 is the third and fails, what was done before is kept. */
    result = by_memory(CALL_DOUBLE | REPS(4) | START(1), 0, 512);
    memcpy(out, ram + 512, sizeof(out));
    ck_assert_uint_eq(STATUS(result), HV_STATUS_OPERATION_FAILED);
    ck_assert_uint_eq(COMPLETED(result), 2);
    ck_assert_uint_eq(out[0], 9);
    ck_assert_uint_eq(out[1], 4);
    ck_assert_uint_eq(out[2], 9);
    result = by_memory(CALL_DOUBLE | REPS(2), 0, 512);
    ck_assert_uint_eq(result, REPS(2));
}
END_TEST

static enum smccc_outcome dispatch(enum hvc_convention convention,
                                   struct smccc_registers *registers)
{
    return hv_call_dispatch(&environment, NULL, convention, registers);
}

/* Nothing has changed but the start index, and what is done is there. */
START_TEST(engine_continues_fast)
{
    const uint64_t control = CALL_DOUBLE | FAST | REPS(3);
    /* The header, then 3 elements; output in X6, X7, X8 or X13, X14, X15. */
    const struct smccc_registers by_smccc = {
        {0x46000001, control, 0, 1, SLOW_ELEMENT, 3, [16] = 99}};
    const struct smccc_registers by_native = {{control, 0, 1, SLOW_ELEMENT, 3, [17] = 99}};
    struct smccc_registers expected = by_smccc, registers = by_smccc;

    interruptions = 2;
    expected.x[1] = control | START(1);
    expected.x[6] = 2;
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(dispatch(HVC_SMCCC, &registers), SMCCC_RETRY);
        ck_assert_mem_eq(&registers, &expected, sizeof(expected));
    }
    ck_assert_int_eq(dispatch(HVC_SMCCC, &registers), SMCCC_DONE);
    ck_assert_uint_eq(registers.x[0], REPS(3));
    ck_assert_uint_eq(registers.x[1], control | START(1));
    ck_assert_uint_eq(registers.x[6], 2);
    ck_assert_uint_eq(registers.x[7], 2 * SLOW_ELEMENT);
    ck_assert_uint_eq(registers.x[8], 6);

    interruptions = 1;
    expected = registers = by_native;
    expected.x[0] = control | START(1);
    expected.x[13] = 2;
    ck_assert_int_eq(dispatch(HVC_HYPERCALL, &registers), SMCCC_RETRY);
    ck_assert_mem_eq(&registers, &expected, sizeof(expected));
    ck_assert_uint_eq(native(&registers), REPS(3));
    ck_assert_uint_eq(registers.x[13], 2);
    ck_assert_uint_eq(registers.x[14], 2 * SLOW_ELEMENT);
    ck_assert_uint_eq(registers.x[15], 6);
}
END_TEST

START_TEST(engine_continues_in_memory)
{
    const uint64_t in[5] = {0, 1, SLOW_ELEMENT, SLOW_ELEMENT, UNLUCKY};
    uint64_t out[4] = {9, 9, 9, 9};
    struct smccc_registers registers = {{0x46000001, CALL_DOUBLE | REPS(4), 0, 512}};
    struct smccc_registers expected = registers;

    memcpy(ram, in, sizeof(in));
    memcpy(ram + 512, out, sizeof(out));
    interruptions = 1;
    expected.x[1] |= START(1);
    ck_assert_int_eq(dispatch(HVC_SMCCC, &registers), SMCCC_RETRY);
    ck_assert_mem_eq(&registers, &expected, sizeof(expected));
    memcpy(out, ram + 512, sizeof(out));
    ck_assert_uint_eq(out[0], 2);
    ck_assert_uint_eq(out[1], 9);
    /* It goes on, to another end. */
    ck_assert_int_eq(dispatch(HVC_SMCCC, &registers), SMCCC_DONE);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_OPERATION_FAILED | REPS(3));
    memcpy(out, ram + 512, sizeof(out));
    ck_assert_uint_eq(out[0], 2);
    ck_assert_uint_eq(out[2], 2 * SLOW_ELEMENT);
    ck_assert_uint_eq(out[3], 9);
}
END_TEST

START_TEST(engine_repeats_a_simple_call)
{
    const struct smccc_registers before = {{CALL_SLOW | FAST, 3, 4}};
    struct smccc_registers registers = before;

    interruptions = 3;
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(dispatch(HVC_HYPERCALL, &registers), SMCCC_RETRY);
        ck_assert_mem_eq(&registers, &before, sizeof(before));
    }
    ck_assert_uint_eq(native(&registers), 0);
    ck_assert_uint_eq(registers.x[15], 4);
}
END_TEST

START_TEST(engine_survives_anything)
{
    enum smccc_outcome outcome = SMCCC_DONE;
    uint64_t state = 1;

    for (unsigned i = 0; i < 200000 && outcome == SMCCC_DONE; i++) {
        struct smccc_registers registers;

        for (unsigned j = 0; j < SMCCC_REGISTERS; j++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            registers.x[j] = j == 0 ? (state & 0x0fff0fff000100ffull) | CALL_SWAP
                                    : state >> (state >> 60) * 4;
        }
        outcome = dispatch(HVC_HYPERCALL, &registers);
    }
    ck_assert_int_eq(outcome, SMCCC_DONE);
}
END_TEST

/* --- The core's calls ------------------------------------------------------------------------- */

static struct memory_partition *partition;

static void set_up(void)
{
    partition = memory_partition_new(1 << 0 | 1 << 2, 2);
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static struct vtl_vp *vp(unsigned index)
{
    return &partition->core->vps[index];
}

/* Fast HvCallGetVpRegisters by hvc #1. */
static uint64_t get(unsigned caller, uint32_t target, uint8_t input_vtl, uint32_t name,
                    uint64_t value[2])
{
    struct smccc_registers registers = {{HV_CALL_GET_VP_REGISTERS | FAST | REPS(1),
                                         HV_PARTITION_SELF, target | (uint64_t)input_vtl << 32,
                                         name}};

    vtl_hypercall(vp(caller), HVC_HYPERCALL, &registers);
    value[0] = registers.x[15];
    value[1] = registers.x[16];
    return registers.x[0];
}

static uint64_t set(unsigned caller, uint32_t target, uint8_t input_vtl, uint32_t name,
                    uint64_t value)
{
    struct smccc_registers registers = {{HV_CALL_SET_VP_REGISTERS | FAST | REPS(1),
                                         HV_PARTITION_SELF, target | (uint64_t)input_vtl << 32,
                                         name, 0, value, 0}};

    vtl_hypercall(vp(caller), HVC_HYPERCALL, &registers);
    return registers.x[0];
}

static void identify(unsigned caller)
{
    ck_assert_uint_eq(set(caller, HV_VP_SELF, 0, HV_REGISTER_GUEST_OS_ID, 1ull << 40), REPS(1));
}

static uint64_t get_self(uint32_t name)
{
    uint64_t value[2];

    ck_assert_uint_eq(get(0, HV_VP_SELF, 0, name, value), REPS(1));
    return value[0];
}

START_TEST(core_smccc_services)
{
    static const struct smccc_service services[] = {VTL_SERVICE};
    struct smccc_registers registers = {{0x8600ff01}};

    smccc_dispatch(services, 1, vp(0), &registers);
    ck_assert_uint_eq(registers.x[0], 0x4d32ba58);
    ck_assert_uint_eq(registers.x[1], 0xcd244764);
    ck_assert_uint_eq(registers.x[2], 0x8eef6c75);
    ck_assert_uint_eq(registers.x[3], 0x16597024);
    /* GuestOsId as Linux sets and reads it, by function id. */
    registers = (struct smccc_registers){{HV_SMCCC_FUNCTION,
                                          HV_CALL_SET_VP_REGISTERS | FAST | REPS(1),
                                          HV_PARTITION_SELF, HV_VP_SELF, HV_REGISTER_GUEST_OS_ID, 0,
                                          0x8100000000000000}};
    smccc_dispatch(services, 1, vp(0), &registers);
    ck_assert_uint_eq(registers.x[0], REPS(1));
    registers = (struct smccc_registers){{HV_SMCCC_FUNCTION,
                                          HV_CALL_GET_VP_REGISTERS | FAST | REPS(1),
                                          HV_PARTITION_SELF, HV_VP_SELF, HV_REGISTER_GUEST_OS_ID}};
    smccc_dispatch(services, 1, vp(0), &registers);
    ck_assert_uint_eq(registers.x[6], 0x8100000000000000);
}
END_TEST

START_TEST(core_before_guest_os_id)
{
    static const uint32_t early[] = {HV_REGISTER_GUEST_OS_ID, HV_REGISTER_HYPERVISOR_VERSION,
                                     HV_REGISTER_PRIVILEGES_AND_FEATURES, HV_REGISTER_FEATURES,
                                     HV_REGISTER_IMPLEMENTATION_LIMITS,
                                     HV_REGISTER_HARDWARE_FEATURES, HV_REGISTER_TIME_REF_COUNT,
                                     HV_REGISTER_GUEST_CRASH_CTL, HV_REGISTER_GUEST_CRASH_P0 + 4};
    uint64_t value[2];

    for (size_t i = 0; i < G_N_ELEMENTS(early); i++)
        ck_assert_msg(get(0, HV_VP_SELF, 0, early[i], value) == REPS(1), "0x%x", early[i]);
    ck_assert_uint_eq(get(0, HV_VP_SELF, 0, HV_REGISTER_VP_INDEX, value), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(set(0, HV_VP_SELF, 0, HV_REGISTER_VP_ASSIST_PAGE, 1),
                      HV_STATUS_ACCESS_DENIED);
    identify(0);
    ck_assert_uint_eq(get_self(HV_REGISTER_VP_INDEX), 0);
    /* Each VTL has an id of its own. */
    vp(0)->active = 0;
    ck_assert_uint_eq(get_self(HV_REGISTER_GUEST_OS_ID), 0);
    ck_assert_uint_eq(get(0, HV_VP_SELF, 0, HV_REGISTER_VP_INDEX, value), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(core_register_values)
{
    identify(0);
    partition->time = 12345;
    ck_assert_uint_eq(get_self(HV_REGISTER_TIME_REF_COUNT), 12345);
    ck_assert_uint_eq(get_self(HV_REGISTER_VSM_VP_STATUS), 2 | 0x5 << 16);
    ck_assert_uint_eq(get_self(HV_REGISTER_VSM_PARTITION_STATUS), 0x5 | 2 << 16);
    ck_assert_uint_eq(get_self(HV_REGISTER_PRIVILEGES_AND_FEATURES) >> 48 & 3, 3);
    ck_assert_uint_eq(get_self(HV_REGISTER_FEATURES), 0xffffffff00000008); /* VP sets */
    ck_assert_uint_eq(get_self(HV_REGISTER_GUEST_CRASH_CTL), HV_CRASH_NOTIFY | HV_CRASH_MESSAGE);
    ck_assert_uint_eq(set(0, HV_VP_SELF, 0, HV_REGISTER_VP_ASSIST_PAGE, 0x1fff), REPS(1));
    ck_assert_uint_eq(get_self(HV_REGISTER_VP_ASSIST_PAGE), 0x1001);
}
END_TEST

START_TEST(core_bad_targets)
{
    uint64_t value[2];
    struct smccc_registers other = {{HV_CALL_GET_VP_REGISTERS | FAST | REPS(1), 1234, HV_VP_SELF,
                                     HV_REGISTER_VP_INDEX}};

    identify(0);
    vtl_hypercall(vp(0), HVC_HYPERCALL, &other);
    ck_assert_uint_eq(other.x[0], HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(get(0, MEMORY_PARTITION_VPS, 0, HV_REGISTER_VP_INDEX, value),
                      HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(get(0, 3, 0, HV_REGISTER_VP_INDEX, value), REPS(1));
    ck_assert_uint_eq(value[0], 3);
    ck_assert_uint_eq(get(0, HV_VP_SELF, 0, 0x12345, value), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set(0, HV_VP_SELF, 0, HV_REGISTER_VP_INDEX, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(get(0, HV_VP_SELF, 0x20, HV_REGISTER_VP_INDEX, value),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(get(0, HV_VP_SELF, 0x11, HV_REGISTER_VP_INDEX, value),
                      HV_STATUS_INVALID_PARAMETER); /* VTL1 does not exist */
    ck_assert_uint_eq(get(0, HV_VP_SELF, 0x13, HV_REGISTER_VP_INDEX, value),
                      HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(core_lower_vtl_sees_nothing_above)
{
    uint64_t value[2];

    identify(0);
    vp(0)->active = 0;
    identify(0);
    for (uint8_t vtl = 1; vtl < 16; vtl++) {
        ck_assert_uint_eq(get(0, HV_VP_SELF, HV_INPUT_VTL_USE | vtl, 0x20022, value),
                          HV_STATUS_ACCESS_DENIED);
        ck_assert_uint_eq(set(0, HV_VP_SELF, HV_INPUT_VTL_USE | vtl, 0x20022, 1),
                          HV_STATUS_ACCESS_DENIED);
    }
}
END_TEST

START_TEST(core_architectural_registers)
{
    uint64_t value[2];
    int pc = (int)(bank_find(0x20022) - bank_table), x5 = 5;

    identify(0);
    /* PC is private: VTL0's own. X5 is shared: the active VTL holds it. */
    ck_assert_uint_eq(set(0, HV_VP_SELF, HV_INPUT_VTL_USE | 0, 0x20022, 0x1234), REPS(1));
    ck_assert_uint_eq(set(0, HV_VP_SELF, HV_INPUT_VTL_USE | 0, 0x20005, 0x55), REPS(1));
    ck_assert_uint_eq(partition->registers[0][0][pc].low, 0x1234);
    ck_assert_uint_eq(partition->registers[0][2][x5].low, 0x55);
    ck_assert_uint_eq(partition->registers[0][0][x5].low, 0);
    ck_assert_uint_eq(get(0, HV_VP_SELF, HV_INPUT_VTL_USE | 0, 0x20022, value), REPS(1));
    ck_assert_uint_eq(value[0], 0x1234);
}
END_TEST

/* If a VTL return has a function id there, X0 is each VTL's own. */
START_TEST(core_private_x0)
{
    uint64_t value[2];

    identify(0);
    ck_assert_uint_eq(set(0, HV_VP_SELF, HV_INPUT_VTL_USE | 0, 0x20000, 0x50), REPS(1));
    ck_assert_uint_eq(partition->registers[0][2][0].low, 0x50);
    partition->core->x0_is_private = true;
    ck_assert_uint_eq(set(0, HV_VP_SELF, HV_INPUT_VTL_USE | 0, 0x20000, 0x51), REPS(1));
    ck_assert_uint_eq(set(0, HV_VP_SELF, HV_INPUT_VTL_USE | 0, 0x20001, 0x52), REPS(1));
    ck_assert_uint_eq(partition->registers[0][0][0].low, 0x51);
    ck_assert_uint_eq(partition->registers[0][2][0].low, 0x50);
    ck_assert_uint_eq(partition->registers[0][2][1].low, 0x52);
    ck_assert_uint_eq(get(0, HV_VP_SELF, HV_INPUT_VTL_USE | 0, 0x20000, value), REPS(1));
    ck_assert_uint_eq(value[0], 0x51);
    ck_assert_uint_eq(get(0, HV_VP_SELF, 0, 0x20000, value), REPS(1));
    ck_assert_uint_eq(value[0], 0x50);
}
END_TEST

/* Another VP is stopped for what is in a processor, and for nothing else. */
START_TEST(core_other_vps)
{
    const int pc = (int)(bank_find(0x20022) - bank_table), x5 = 5;
    uint64_t value[2];

    identify(0);
    vp(1)->active = 0;
    ck_assert_uint_eq(set(0, 1, 0, 0x20022, 0x1234), REPS(1));
    ck_assert_uint_eq(partition->registers[1][2][pc].low, 0x1234);
    ck_assert_uint_eq(set(0, 1, 0, 0x20005, 0x55), REPS(1)); /* shared: VTL0 has it there */
    ck_assert_uint_eq(partition->registers[1][0][x5].low, 0x55);
    ck_assert_uint_eq(get(0, 1, HV_INPUT_VTL_USE | 0, 0x20005, value), REPS(1));
    ck_assert_uint_eq(value[0], 0x55);
    ck_assert_uint_eq(set(0, 1, 0, HV_REGISTER_PENDING_EVENT0, 1), REPS(1));
    ck_assert_uint_eq(partition->stops, 4);
    ck_assert_uint_eq(get(0, 1, 0, HV_REGISTER_VP_INDEX, value), REPS(1));
    ck_assert_uint_eq(get(0, 1, 0, 0x12345, value), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(get(0, 0, 0, 0x20022, value), REPS(1)); /* by its own number */
    ck_assert_uint_eq(get(0, HV_VP_SELF, 0, 0x20022, value), REPS(1));
    ck_assert_uint_eq(partition->stops, 4);
    ck_assert_uint_eq(set(0, 1, 0, 0x22000, 0), HV_STATUS_INVALID_PARAMETER); /* read-only */
    ck_assert_int_eq(partition->stopped_vp, -1);
}
END_TEST

/* VTL0 is not let into what VTL2 works with, even though it may have left a value there. */
START_TEST(core_other_vp_is_above)
{
    uint64_t value[2];

    vp(0)->active = 0;
    identify(0);
    partition->registers[1][2][5].low = 0x5ec2e7;
    ck_assert_uint_eq(get(0, 1, 0, 0x20005, value), HV_STATUS_INVALID_VP_STATE);
    ck_assert_uint_eq(set(0, 1, 0, 0x20005, 1), HV_STATUS_INVALID_VP_STATE);
    ck_assert_uint_eq(partition->registers[1][2][5].low, 0x5ec2e7);
    ck_assert_uint_eq(set(0, 1, 0, 0x20022, 1), REPS(1)); /* PC is its own */
    vp(1)->active = 0;
    ck_assert_uint_eq(set(0, 1, 0, 0x20005, 1), REPS(1));
}
END_TEST

/* A policy shares registers that have other names, too: each of them leads to the same value. */
START_TEST(core_other_vp_is_above_by_views)
{
    static const struct {
        const char *name;
        uint32_t view;
    } rows[] = {
        {"ELR_EL1", 0x2100c},        {"SPSR_EL1", 0x2100d},  {"AFSR0_EL1", 0x40073},
        {"AFSR1_EL1", 0x40074},      {"AMAIR_EL1", 0x40075}, {"CONTEXTIDR_EL1", 0x40076},
        {"CPACR_EL1", 0x40077},      {"ESR_EL1", 0x40078},   {"FAR_EL1", 0x40079},
        {"MAIR_EL1", 0x4007a},       {"SCTLR_EL1", 0x4007b}, {"TCR_EL1", 0x4007c},
        {"TTBR0_EL1", 0x4007d},      {"TTBR1_EL1", 0x4007f}, {"VBAR_EL1", 0x40080},
        {"CNTKCTL_EL1", 0x58013},    {"SP_EL0", 0x2001f},    {"SP_EL1", 0x2001f},
    };
    uint64_t value[2];

    vp(0)->active = 0;
    identify(0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int row = bank_row_find(rows[i].name);
        struct hv_u128 *above = &partition->registers[1][2][row];
        bool sp = rows[i].view == 0x2001f;

        ck_assert_msg(set(0, 1, 0, rows[i].view, 1) == REPS(1), "%s is private", rows[i].name);
        partition->core->policy.class[row] = BANK_SHARED;
        above->low = 0x5ec2e7;
        ck_assert_msg(get(0, 1, 0, rows[i].view, value) == HV_STATUS_INVALID_VP_STATE, "%s%s",
                      rows[i].name, sp ? " by SP" : "");
        ck_assert_msg(set(0, 1, 0, rows[i].view, 1) == HV_STATUS_INVALID_VP_STATE, "%s",
                      rows[i].name);
        ck_assert_uint_eq(above->low, 0x5ec2e7);
        partition->core->policy.class[row] = BANK_PRIVATE;
    }
}
END_TEST

/* What is nobody's above is the caller's, though the policy calls it shared. */
START_TEST(core_other_vp_above_holds_nothing)
{
    vp(0)->active = 0;
    identify(0);
    partition->core->x0_is_private = true;
    ck_assert_uint_eq(set(0, 1, 0, 0x20000, 0x51), REPS(1));
    ck_assert_uint_eq(partition->registers[1][0][0].low, 0x51);
    ck_assert_uint_eq(set(0, 1, 0, 0x20005, 1), HV_STATUS_INVALID_VP_STATE);
    partition->suspended[1][2] = true;
    ck_assert_uint_eq(set(0, 1, 0, 0x20005, 0x55), REPS(1));
    ck_assert_uint_eq(partition->registers[1][0][5].low, 0x55);
    ck_assert_uint_eq(partition->registers[1][2][5].low, 0);
}
END_TEST

/* Where VTL2 does not run, nothing goes from it to VTL0, which starts with its own X5. */
START_TEST(core_other_vp_is_off)
{
    const int x5 = 5;
    uint64_t value[2];

    identify(0);
    ck_assert_uint_eq(set(0, 1, HV_INPUT_VTL_USE | 0, 0x20005, 0x22), REPS(1));
    ck_assert_uint_eq(partition->registers[1][2][x5].low, 0x22);
    partition->suspended[1][2] = true;
    ck_assert_uint_eq(set(0, 1, HV_INPUT_VTL_USE | 0, 0x20005, 0x55), REPS(1));
    ck_assert_uint_eq(partition->registers[1][0][x5].low, 0x55);
    ck_assert_uint_eq(partition->registers[1][2][x5].low, 0x22);
    ck_assert_uint_eq(get(0, 1, HV_INPUT_VTL_USE | 0, 0x20005, value), REPS(1));
    ck_assert_uint_eq(value[0], 0x55);
    ck_assert_uint_eq(get(0, 1, 0, 0x20005, value), REPS(1));
    ck_assert_uint_eq(value[0], 0x22);
}
END_TEST

START_TEST(core_other_vp_is_busy)
{
    struct smccc_registers registers = {{HV_CALL_GET_VP_REGISTERS | FAST | REPS(3),
                                         HV_PARTITION_SELF, 1, 0x0002000500020006, 0x20007}};
    struct smccc_registers expected = registers;

    identify(0);
    for (unsigned x = 5; x <= 7; x++)
        partition->registers[1][2][x].low = 0x100 + x;
    partition->busy = 2; /* at the second repetition */
    expected.x[0] |= START(1);
    expected.x[11] = 0x106;
    ck_assert_int_eq(vtl_hypercall(vp(0), HVC_HYPERCALL, &registers), SMCCC_RETRY);
    ck_assert_mem_eq(&registers, &expected, sizeof(expected));
    ck_assert_int_eq(vtl_hypercall(vp(0), HVC_HYPERCALL, &registers), SMCCC_DONE);
    ck_assert_uint_eq(registers.x[0], REPS(3));
    ck_assert_uint_eq(registers.x[11], 0x106);
    ck_assert_uint_eq(registers.x[13], 0x105);
    ck_assert_uint_eq(registers.x[15], 0x107);

    registers = (struct smccc_registers){{HV_CALL_SET_VP_REGISTERS | FAST | REPS(1),
                                          HV_PARTITION_SELF, 1, 0x20005, 0, 0x55}};
    expected = registers;
    partition->busy = 1;
    ck_assert_int_eq(vtl_hypercall(vp(0), HVC_HYPERCALL, &registers), SMCCC_RETRY);
    ck_assert_mem_eq(&registers, &expected, sizeof(expected));
    ck_assert_uint_eq(partition->registers[1][2][5].low, 0x105);
}
END_TEST

START_TEST(core_crash)
{
    for (unsigned i = 0; i < HV_CRASH_PARAMETERS; i++)
        ck_assert_uint_eq(set(1, HV_VP_SELF, 0, HV_REGISTER_GUEST_CRASH_P0 + i, 100 + i), REPS(1));
    ck_assert_uint_eq(partition->crashes, 0);
    ck_assert_uint_eq(set(1, HV_VP_SELF, 0, HV_REGISTER_GUEST_CRASH_CTL, HV_CRASH_NOTIFY), REPS(1));
    ck_assert_uint_eq(partition->crashes, 1);
    ck_assert_uint_eq(partition->crash_vtl, 2);
    ck_assert_uint_eq(partition->crash.parameter[4], 104);
}
END_TEST

START_TEST(core_memory_form)
{
    const struct {
        uint64_t target, vp;
        uint32_t names[3];
    } input = {HV_PARTITION_SELF, HV_VP_SELF,
               {HV_REGISTER_VP_INDEX, HV_REGISTER_VSM_VP_STATUS, 0x7777}};
    struct smccc_registers registers = {{HV_CALL_GET_VP_REGISTERS | REPS(3), 0x1000, 0x2000}};
    uint64_t output[6];

    identify(0);
    memset(partition->ram + 0x2000, 0xee, sizeof(output));
    memcpy(partition->ram + 0x1000, &input, sizeof(input));
    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    memcpy(output, partition->ram + 0x2000, sizeof(output));
    ck_assert_uint_eq(registers.x[0], HV_STATUS_INVALID_PARAMETER | REPS(2));
    ck_assert_uint_eq(output[0], 0);
    ck_assert_uint_eq(output[2], 2 | 0x5 << 16);
    ck_assert_uint_eq(output[4], 0xeeeeeeeeeeeeeeee);
}
END_TEST

START_TEST(core_names_calls)
{
    ck_assert_str_eq(vtl_hypercall_name(HV_CALL_SET_VP_REGISTERS | REPS(3) | 1u << 16),
                     "HvCallSetVpRegisters");
    ck_assert_str_eq(vtl_hypercall_name(0x7777), "?");
}
END_TEST

UNIT_MAIN_WITH("hypercall", set_up, tear_down, engine_fast_places, engine_memory,
               engine_bad_control, engine_bad_blocks, engine_repetitions,
               engine_continues_fast, engine_continues_in_memory, engine_repeats_a_simple_call,
               engine_survives_anything, core_smccc_services, core_before_guest_os_id,
               core_register_values, core_bad_targets, core_lower_vtl_sees_nothing_above,
               core_architectural_registers, core_private_x0, core_other_vps, core_other_vp_is_off,
               core_other_vp_is_busy, core_other_vp_is_above,
               core_other_vp_is_above_by_views, core_other_vp_above_holds_nothing, core_crash,
               core_memory_form, core_names_calls)
