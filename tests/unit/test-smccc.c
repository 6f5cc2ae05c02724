/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HVC decode, SMCCC lookup, PSCI: smccc/hvc.c, smccc/function.c, smccc/psci.c, smccc/hv-status.c. */
#include <string.h>

#include "smccc/smccc.h"
#include "tests/unit/unit.h"

START_TEST(hvc_immediates)
{
    static const struct {
        uint32_t instruction;
        bool is_hvc;
        uint16_t immediate;
        enum hvc_convention convention;
    } rows[] = {
        {0xd4000002, true, 0, HVC_SMCCC},          {0xd4000022, true, 1, HVC_HYPERCALL},
        {0xd4000042, true, 2, HVC_VTL_CALL},       {0xd4000062, true, 3, HVC_VTL_RETURN},
        {0xd4000082, true, 4, HVC_UNDEFINED},      {0xd41fffe2, true, 0xffff, HVC_UNDEFINED},
        {0xd4000003, false, 0, HVC_UNDEFINED}, /* smc #0 */
        {0xd4000001, false, 0, HVC_UNDEFINED}, /* svc #0 */
        {0x00000000, false, 0, HVC_UNDEFINED},     {0xffffffff, false, 0, HVC_UNDEFINED},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint16_t immediate = 0;

        ck_assert_msg(hvc_decode(rows[i].instruction, &immediate) == rows[i].is_hvc, "row %zu", i);
        if (!rows[i].is_hvc)
            continue;
        ck_assert_uint_eq(immediate, rows[i].immediate);
        ck_assert_int_eq(hvc_convention(immediate), rows[i].convention);
        ck_assert_uint_eq(hvc_encode(immediate), rows[i].instruction);
    }
}
END_TEST

START_TEST(hvc_names)
{
    ck_assert_str_eq(hvc_convention_name(HVC_VTL_CALL), "vtl-call");
    ck_assert_ptr_null(hvc_convention_name(HVC_CONVENTIONS));
    ck_assert_str_eq(hv_status_name(HV_STATUS_ACCESS_DENIED), "ACCESS_DENIED");
    ck_assert_str_eq(hv_status_name(0xfff0), "?");
}
END_TEST

START_TEST(vtl_abi)
{
    const struct vtl_abi plain = {0}, both = {0xc3000002, 0xc3000003}, call = {0xc3000002, 0};

    ck_assert_int_eq(vtl_abi_convention(&plain, HVC_VTL_CALL, 0xc3000002), HVC_VTL_CALL);
    ck_assert_int_eq(vtl_abi_convention(&plain, HVC_SMCCC, 0xc3000002), HVC_SMCCC);
    ck_assert_int_eq(vtl_abi_convention(&plain, HVC_SMCCC, 0), HVC_SMCCC);
    ck_assert_int_eq(vtl_abi_convention(&both, HVC_SMCCC, 0xffffffffc3000002), HVC_VTL_CALL);
    ck_assert_int_eq(vtl_abi_convention(&both, HVC_SMCCC, 0xc3000003), HVC_VTL_RETURN);
    ck_assert_int_eq(vtl_abi_convention(&both, HVC_SMCCC, 0), HVC_SMCCC);
    ck_assert_int_eq(vtl_abi_convention(&both, HVC_HYPERCALL, 0xc3000003), HVC_HYPERCALL);
    ck_assert_int_eq(vtl_abi_convention(&both, HVC_VTL_CALL, 0xc3000002), HVC_UNDEFINED);
    ck_assert_int_eq(vtl_abi_convention(&both, HVC_VTL_RETURN, 0), HVC_UNDEFINED);
    ck_assert_int_eq(vtl_abi_convention(&call, HVC_VTL_RETURN, 0), HVC_VTL_RETURN);
    ck_assert_int_eq(vtl_abi_convention(&call, HVC_UNDEFINED, 0xc3000002), HVC_UNDEFINED);
}
END_TEST

START_TEST(vtl_abi_ids)
{
    static const uint32_t good[] = {0x83000000, 0xc3000002, 0x8600feff, 0xc6000100};
    static const uint32_t bad[] = {0,          0x03000002, 0xc3010002, 0xc4000003,
                                   0x80000000, 0xc600ff01, 0xc3ff0000, 0x86000001,
                                   0xc600007f, 0x46000001};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_msg(!vtl_abi_problem(good[i]), "0x%08x", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(vtl_abi_problem(bad[i]) != NULL, "0x%08x", bad[i]);
}
END_TEST

/* A machine that only notes what PSCI asks of it. */
struct note {
    uint32_t version; /* of PSCI; 0: 1.1 */
    uint64_t mpidr, entry, context_id, level;
    unsigned cpu_off, suspend, off, reset;
    enum psci_status status;
};

static enum psci_status note_cpu_on(void *context, uint64_t mpidr, uint64_t entry, uint64_t id)
{
    struct note *note = context;

    note->mpidr = mpidr;
    note->entry = entry;
    note->context_id = id;
    return note->status;
}

static int note_affinity_info(void *context, uint64_t mpidr, uint64_t level)
{
    struct note *note = context;

    note->mpidr = mpidr;
    note->level = level;
    return PSCI_AFFINITY_OFF;
}

static enum psci_status note_cpu_off(void *context)
{
    struct note *note = context;

    note->cpu_off++;
    return note->status;
}

static void note_suspend(void *context)
{
    ((struct note *)context)->suspend++;
}

static void note_event(void *context, enum psci_system_event event)
{
    struct note *note = context;

    note->off += event == PSCI_SYSTEM_OFF;
    note->reset += event == PSCI_SYSTEM_RESET;
}

static uint32_t note_version(void *context)
{
    const struct note *note = context;

    return note->version ? note->version : PSCI_VERSION_OF(1, 1);
}

static const struct psci_ops note_ops = {
    .version = note_version,
    .cpu_on = note_cpu_on,
    .affinity_info = note_affinity_info,
    .cpu_off = note_cpu_off,
    .cpu_suspend = note_suspend,
    .system_event = note_event,
};

static const struct smccc_service services[] = {PSCI_SERVICE(&note_ops)};

static enum smccc_outcome call(struct note *note, struct smccc_registers *registers)
{
    return smccc_dispatch(services, 1, note, registers);
}

static int64_t psci(struct note *note, uint64_t id, uint64_t a, uint64_t b, uint64_t c)
{
    struct smccc_registers registers = {{id, a, b, c}};

    ck_assert_int_eq(call(note, &registers), SMCCC_DONE);
    return (int64_t)registers.x[0];
}

START_TEST(unknown_functions)
{
    static const uint64_t ids[] = {0,          0x84000005, 0x8400001f, 0x84000050, 0x86000000,
                                   0xffffffff, 0x46000001, 0xc4000002, 0x1234567884ffffff};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct note note = {0};
        struct smccc_registers registers, before;

        memset(&registers, 0x5a, sizeof(registers));
        registers.x[0] = ids[i];
        before = registers;
        before.x[0] = SMCCC_NOT_SUPPORTED;
        ck_assert_int_eq(call(&note, &registers), SMCCC_DONE);
        ck_assert_mem_eq(&registers, &before, sizeof(registers));
    }
}
END_TEST

START_TEST(psci_answers)
{
    struct note note = {0};

    ck_assert_int_eq(psci(&note, 0x84000000, 0, 0, 0), PSCI_VERSION_OF(1, 1));
    ck_assert_int_eq(psci(&note, 0x84000006, 0, 0, 0), PSCI_MIGRATE_NOT_NEEDED);
    ck_assert_int_eq(psci(&note, 0x8400000a, 0x80000000, 0, 0), PSCI_SUCCESS);
    ck_assert_int_eq(psci(&note, 0x8400000a, 0xc4000003, 0, 0), PSCI_SUCCESS);
    ck_assert_int_eq(psci(&note, 0x8400000a, 0x84000005, 0, 0), PSCI_NOT_SUPPORTED);
    ck_assert_int_eq(psci(&note, 0xc4000001, 0, 0, 0), PSCI_SUCCESS);
    ck_assert_uint_eq(note.suspend, 1);
    ck_assert_int_eq(psci(&note, 0x84000012, 5, 0, 0), PSCI_INVALID_PARAMETERS);
    ck_assert_uint_eq(note.reset, 0);
}
END_TEST

/* What a version does not have is as unknown as any id. */
START_TEST(psci_versions)
{
    static const struct { uint32_t version; bool features, reset2, off2; } rows[] = {
        {PSCI_VERSION_OF(0, 2), false, false, false}, {PSCI_VERSION_OF(1, 0), true, false, false},
        {PSCI_VERSION_OF(1, 1), true, true, false},   {PSCI_VERSION_OF(1, 2), true, true, false},
        {PSCI_VERSION_OF(1, 3), true, true, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct note note = {.version = rows[i].version};
        int64_t none = PSCI_NOT_SUPPORTED, bad = PSCI_INVALID_PARAMETERS;

        ck_assert_int_eq(psci(&note, 0x84000000, 0, 0, 0), rows[i].version);
        ck_assert_int_eq(psci(&note, 0x8400000a, 0x84000002, 0, 0), rows[i].features ? 0 : none);
        ck_assert_int_eq(psci(&note, 0x84000012, 5, 0, 0), rows[i].reset2 ? bad : none);
        ck_assert_int_eq(psci(&note, 0xc4000012, 5, 0, 0), rows[i].reset2 ? bad : none);
        ck_assert_int_eq(psci(&note, 0x84000015, 2, 0, 0), rows[i].off2 ? bad : none);
        ck_assert_int_eq(psci(&note, 0xc4000015, 1, 1, 0), rows[i].off2 ? bad : none);
        if (rows[i].features)
            ck_assert_int_eq(psci(&note, 0x8400000a, 0xc4000015, 0, 0),
                             rows[i].off2 ? PSCI_HIBERNATE_OFF : none);
        ck_assert_uint_eq(note.off + note.reset, 0);
    }
}
END_TEST

START_TEST(psci_argument_widths)
{
    struct note note = {0};
    uint64_t wide = 0x1122334455667788;

    /* The upper half of X0 is ignored, too. */
    ck_assert_int_eq(psci(&note, 0xffffffffc4000003, 1, wide, wide + 1), PSCI_SUCCESS);
    ck_assert_uint_eq(note.entry, wide);
    ck_assert_uint_eq(note.context_id, wide + 1);
    ck_assert_int_eq(psci(&note, 0x84000003, wide, wide, wide), PSCI_SUCCESS);
    ck_assert_uint_eq(note.mpidr, 0x55667788);
    ck_assert_uint_eq(note.entry, 0x55667788);
    ck_assert_uint_eq(note.context_id, 0x55667788);
    ck_assert_int_eq(psci(&note, 0xc4000004, 7, 2, 0), PSCI_AFFINITY_OFF);
    ck_assert_uint_eq(note.level, 2);
    note.status = PSCI_ALREADY_ON;
    ck_assert_int_eq(psci(&note, 0xc4000003, 1, 0, 0), PSCI_ALREADY_ON);
}
END_TEST

START_TEST(psci_calls_that_do_not_return)
{
    static const struct {
        uint64_t id;
        struct note after;
    } rows[] = {
        {0x84000002, {.cpu_off = 1}},
        {0x84000008, {.off = 1}},
        {0x84000009, {.reset = 1}},
        {0xc4000012, {.reset = 1}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct note note = {0};
        struct smccc_registers registers = {{rows[i].id}};

        ck_assert_msg(call(&note, &registers) == SMCCC_STOP, "row %zu", i);
        ck_assert_mem_eq(&note, &rows[i].after, sizeof(note));
    }
}
END_TEST

START_TEST(psci_cpu_off_denied)
{
    struct note note = {.status = PSCI_DENIED};

    ck_assert_int_eq(psci(&note, 0x84000002, 0, 0, 0), PSCI_DENIED);
}
END_TEST

/* A higher VTL answers; DENIED is for the case that it cannot be told. */
START_TEST(psci_cpu_on_intercepted)
{
    static const uint64_t ids[] = {0x84000003, 0xc4000003};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct note note = {.status = PSCI_INTERCEPTED};
        struct smccc_registers registers = {{ids[i], 1, 2, 3, 4}};
        struct smccc_registers expected = registers;

        expected.x[0] = (uint64_t)PSCI_DENIED;
        ck_assert_int_eq(call(&note, &registers), SMCCC_INTERCEPTED);
        ck_assert_mem_eq(&registers, &expected, sizeof(registers));
    }
}
END_TEST

UNIT_MAIN("smccc", hvc_immediates, vtl_abi, vtl_abi_ids, hvc_names, unknown_functions, psci_answers,
          psci_versions, psci_argument_widths, psci_calls_that_do_not_return, psci_cpu_off_denied,
          psci_cpu_on_intercepted)
