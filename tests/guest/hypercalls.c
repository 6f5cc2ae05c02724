/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hyper-V hypercalls in both conventions: Get and SetVpRegisters, fast and in memory, and what
 * must be refused. At VTL2 it then lets VTL0 do the same, and shows that VTL2 reaches VTL0's
 * registers; `alone` on the command line says that there is no VTL2.
 */
#include "tests/guest/guest.h"

#define VENDOR_UID 0x8600ff01u
#define VENDOR_UID_64 0xc600ff01u
#define HV_SMCCC_FUNCTION 0x46000001u

#define HYPERVISOR_VERSION 0x00000100u
#define PRIVILEGES 0x00000200u
#define FEATURES 0x00000201u
#define LIMITS 0x00000202u
#define VP_INDEX 0x00090003u
#define TIME_REF_COUNT 0x00090004u
#define VSM_VP_STATUS 0x000d0003u
#define X0_REGISTER 0x00020000u
#define TPIDR_EL1_REGISTER 0x0004000eu
#define NO_REGISTER 0x00ffff00u

#define PRIVILEGE_BITS (1ul << 1 | 1ul << 5 | 1ul << 6 | 1ul << 49)
#define OS_ID (1ul << 40)
#define REFERENCE_HZ 10000000ul

/* HV_INPUT_VTL in the header's second qword. */
#define VTL(n) ((0x10ul | (n)) << 32)
#define SELF HV_VP_SELF
#define GET(reps) (HV_CALL_GET_VP_REGISTERS | HV_REPS(reps))
#define SET(reps) (HV_CALL_SET_VP_REGISTERS | HV_REPS(reps))
#define NAMES(a, b) ((uint64_t)(b) << 32 | (a))

#define PAGE 4096
#define VALUE_SIZE 16
static uint8_t input[PAGE] __attribute__((aligned(PAGE)));
static uint8_t output[PAGE] __attribute__((aligned(PAGE)));

static const char *const convention_names[] = {[HV_SMCCC] = "smccc", [HV_NATIVE] = "native"};

/* Calls by registers that must be refused. */
static const struct refusal {
    const char *name;
    uint64_t control;
    uint64_t block[6];
    unsigned status, completed;
} refusals[] = {
    {"unknown code", 0x7fff | HV_FAST, {HV_PARTITION_SELF, SELF, VP_INDEX}, 0x2, 0},
    {"reserved bit 27", GET(1) | HV_FAST | 1ul << 27, {HV_PARTITION_SELF, SELF, VP_INDEX}, 0x3, 0},
    {"nested call", GET(1) | HV_FAST | 1ul << 31, {HV_PARTITION_SELF, SELF, VP_INDEX}, 0x3, 0},
    {"reserved bit 44", GET(1) | HV_FAST | 1ul << 44, {HV_PARTITION_SELF, SELF, VP_INDEX}, 0x3, 0},
    {"reserved bit 60", GET(1) | HV_FAST | 1ul << 60, {HV_PARTITION_SELF, SELF, VP_INDEX}, 0x3, 0},
    {"no repetition", GET(0) | HV_FAST, {HV_PARTITION_SELF, SELF, VP_INDEX}, 0x3, 0},
    {"start behind count", GET(1) | HV_FAST | HV_START(1), {HV_PARTITION_SELF, SELF}, 0x3, 0},
    {"variable header", GET(1) | HV_FAST | 1ul << 17, {HV_PARTITION_SELF, SELF, VP_INDEX}, 0x3, 0},
    {"too big for registers", GET(6) | HV_FAST, {HV_PARTITION_SELF, SELF}, 0x3, 0},
    {"another partition", GET(1) | HV_FAST, {1, SELF, VP_INDEX}, 0xd, 0},
    {"unknown VP", GET(1) | HV_FAST, {HV_PARTITION_SELF, 999, VP_INDEX}, 0xe, 0},
    {"higher VTL", GET(1) | HV_FAST, {HV_PARTITION_SELF, SELF | VTL(3), VP_INDEX}, 0x6, 0},
    {"odd VTL", GET(1) | HV_FAST, {HV_PARTITION_SELF, SELF | 0x20ul << 32, VP_INDEX}, 0x5, 0},
    {"unknown register", GET(1) | HV_FAST, {HV_PARTITION_SELF, SELF, NO_REGISTER}, 0x5, 0},
    {"unknown second register", GET(2) | HV_FAST,
     {HV_PARTITION_SELF, SELF, NAMES(VP_INDEX, NO_REGISTER)}, 0x5, 1},
    {"read-only register", SET(1) | HV_FAST, {HV_PARTITION_SELF, SELF, VP_INDEX, 0, 1}, 0x5, 0},
    {"read-only time", SET(1) | HV_FAST, {HV_PARTITION_SELF, SELF, TIME_REF_COUNT, 0, 1}, 0x5, 0},
};

/* Calls by memory: offsets into the two pages, or whole addresses. */
static const struct memory_case {
    const char *name;
    uint64_t control;
    uint64_t in, out;
    unsigned status, other_status, completed;
} memory_cases[] = {
    {"three registers", GET(3), 0, 0, 0, 0, 3},
    {"the last two of three", GET(3) | HV_START(1), 0, 0, 0, 0, 3},
    {"input not aligned", GET(1), 4, 0, 0x4, 0x4, 0},
    {"output not aligned", GET(1), 0, 4, 0x4, 0x4, 0},
    {"input across pages", GET(3), PAGE - 16, 0, 0x4, 0x4, 0},
    {"output across pages", GET(3), 0, PAGE - 16, 0x4, 0x4, 0},
    {"input in a hole", GET(1), HOLE_BASE, 0, 0x3, 0x4, 0},
    {"output in a hole", GET(1), 0, HOLE_BASE, 0x3, 0x4, 0},
    {"input beyond all addresses", GET(1), 1ul << 60, 0, 0x3, 0x4, 0},
    {"output at the very end", GET(1), 0, UINT64_MAX - 15, 0x3, 0x4, 0},
};

static const uint32_t memory_names[] = {VP_INDEX, VSM_VP_STATUS, HYPERVISOR_VERSION};

static void test_uid(void)
{
    static const uint64_t uid[] = {0x4d32ba58, 0xcd244764, 0x8eef6c75, 0x16597024};
    static const uint32_t ids[] = {VENDOR_UID, VENDOR_UID_64};

    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct registers registers = {.x = {ids[i], 1, 2, 3, 4}};

        call_hvc0(&registers);
        report(!memcmp(registers.x, uid, sizeof(uid)) && registers.x[4] == 4,
               "0x%x says Hyper-V", ids[i]);
    }
}

static void test_before_os_id(enum hv_convention convention)
{
    const char *name = convention_names[convention];
    struct hv_value value;
    uint64_t block[16] = {0};

    report(hv_get(convention, HYPERVISOR_VERSION, &value) == 0, "%s: version at once", name);
    report(hv_get(convention, VP_INDEX, &value) != 0, "%s: VP index not before the OS id", name);
    report(hv_call(convention, 0x0008 | HV_FAST, block) != 0, "%s: nor any other call", name);
}

static void test_os_id(enum hv_convention convention)
{
    struct hv_value value = {0};
    uint64_t id = OS_ID + convention;

    report(hv_set(convention, HV_GUEST_OS_ID, id) == 0 &&
               hv_get(convention, HV_GUEST_OS_ID, &value) == 0 && value.low == id && !value.high,
           "%s: the OS id is kept", convention_names[convention]);
}

static void test_registers(enum hv_convention convention)
{
    const char *name = convention_names[convention];
    struct hv_value value = {0};

    report(hv_get(convention, PRIVILEGES, &value) == 0 &&
               (value.low & PRIVILEGE_BITS) == PRIVILEGE_BITS,
           "%s: privileges 0x%lx, features 0x%lx", name, value.low, value.high);
    report(hv_get(convention, FEATURES, &value) == 0, "%s: hints 0x%lx", name, value.low);
    report(hv_get(convention, LIMITS, &value) == 0 && (uint32_t)value.low > 0,
           "%s: at most %u VPs", name, (uint32_t)value.low);
    report(hv_get(convention, VP_INDEX, &value) == 0 && value.low == guest_vp(),
           "%s: VP index %lu", name, value.low);
    report(hv_get(convention, VSM_VP_STATUS, &value) == 0 && (value.low & 0xf) == guest_vtl &&
               value.low >> (16 + guest_vtl) & 1,
           "%s: VSM status 0x%lx", name, value.low);
}

/* Reference time and counter must run at the same speed. */
static void test_time(enum hv_convention convention)
{
    struct hv_value first, last;
    uint64_t begin = counter(), before, after, ticks, reference;

    hv_get(convention, TIME_REF_COUNT, &first);
    before = counter();
    while (counter() - before < counter_hz() / 50)
        continue;
    after = counter();
    hv_get(convention, TIME_REF_COUNT, &last);
    reference = last.low - first.low;
    ticks = REFERENCE_HZ / 1000 * (after - before) / (counter_hz() / 1000);
    report(reference >= ticks && reference <= REFERENCE_HZ / 1000 * (counter() - begin) /
                                                  (counter_hz() / 1000) + 1,
           "%s: %lu units of reference time in 20 ms", convention_names[convention], reference);
}

/* Only X0 and the registers of the output may change. */
static void test_fast_registers(enum hv_convention convention)
{
    unsigned first = convention == HV_SMCCC ? 1 : 0;
    unsigned result = convention == HV_SMCCC ? 6 : 15;
    struct registers before, after;
    bool good = true;

    for (unsigned i = 0; i < ARRAY_SIZE(before.x); i++)
        before.x[i] = 0xabcd000000000000 + i;
    /* The upper half of X0 does not count. */
    before.x[0] = 0x1234567800000000 | HV_SMCCC_FUNCTION;
    before.x[first] = GET(1) | HV_FAST;
    before.x[first + 1] = HV_PARTITION_SELF;
    before.x[first + 2] = HV_VP_SELF;
    before.x[first + 3] = VP_INDEX;
    after = before;
    if (convention == HV_SMCCC)
        call_hvc0(&after);
    else
        call_hvc1(&after);
    good &= check(HV_STATUS(after.x[0]) == 0 && HV_COMPLETED(after.x[0]) == 1, "X0 0x%lx",
                  after.x[0]);
    good &= check(after.x[result] == guest_vp() && !after.x[result + 1], "result 0x%lx",
                  after.x[result]);
    for (unsigned i = 1; i < ARRAY_SIZE(before.x); i++)
        if (i != result && i != result + 1)
            good &= check(after.x[i] == before.x[i], "X%u 0x%lx -> 0x%lx", i, before.x[i],
                          after.x[i]);
    report(good, "%s: a fast call changes its output registers only",
           convention_names[convention]);
}

static void test_refusals(enum hv_convention convention)
{
    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        const struct refusal *row = &refusals[i];
        uint64_t block[16] = {0}, result;

        memcpy(block, row->block, sizeof(row->block));
        result = hv_call(convention, row->control, block);
        report(HV_STATUS(result) == row->status && HV_COMPLETED(result) == row->completed,
               "%s: %s: status 0x%lx, %lu completed", convention_names[convention], row->name,
               HV_STATUS(result), HV_COMPLETED(result));
    }
}

static void write_names(uint64_t offset)
{
    uint64_t header[] = {HV_PARTITION_SELF, HV_VP_SELF};

    if (offset + sizeof(header) + sizeof(memory_names) > PAGE)
        return;
    memcpy(input + offset, header, sizeof(header));
    memcpy(input + offset + sizeof(header), memory_names, sizeof(memory_names));
}

static uint64_t address_of(uint8_t *page, uint64_t offset)
{
    return offset < PAGE ? (uintptr_t)page + offset : offset;
}

/* Elements [from, to) are written, and nothing else. */
static bool output_is_right(unsigned from, unsigned to)
{
    static const uint8_t untouched = 0xee;
    bool good = true;

    for (unsigned i = 0; i < PAGE; i++) {
        bool written = i >= from * VALUE_SIZE && i < to * VALUE_SIZE;

        if (!written)
            good &= check(output[i] == untouched, "byte %u of the output is written", i);
    }
    if (from == 0 && to > 0)
        good &= check(*(uint64_t *)output == guest_vp(), "VP index 0x%lx", *(uint64_t *)output);
    if (from <= 1 && to > 1)
        good &= check((output[VALUE_SIZE] & 0xf) == guest_vtl, "VSM status 0x%x",
                      output[VALUE_SIZE]);
    return good;
}

static void test_memory(enum hv_convention convention)
{
    for (size_t i = 0; i < ARRAY_SIZE(memory_cases); i++) {
        const struct memory_case *row = &memory_cases[i];
        uint64_t block[16] = {address_of(input, row->in), address_of(output, row->out)}, result;
        unsigned status;

        memset(output, 0xee, sizeof(output));
        write_names(row->in);
        result = hv_call(convention, row->control, block);
        status = HV_STATUS(result);
        report((status == row->status || status == row->other_status) &&
                   HV_COMPLETED(result) == row->completed &&
                   output_is_right(row->control >> 48 & 0xfff, row->completed),
               "%s: memory: %s: status 0x%x, %lu completed", convention_names[convention],
               row->name, status, HV_COMPLETED(result));
    }
}

/* Input and output in one place. */
static void test_overlap(enum hv_convention convention)
{
    uint64_t block[16] = {(uintptr_t)input, (uintptr_t)input + 16};

    write_names(0);
    report(HV_STATUS(hv_call(convention, GET(1), block)) == 0x3, "%s: overlapping blocks",
           convention_names[convention]);
}

/* Elements before the one that fails are written. */
static void test_partial(enum hv_convention convention)
{
    uint64_t block[16] = {(uintptr_t)input, (uintptr_t)output}, result;

    memset(output, 0xee, sizeof(output));
    write_names(0);
    *(uint32_t *)(input + 20) = NO_REGISTER;
    result = hv_call(convention, GET(3), block);
    report(HV_STATUS(result) == 0x5 && HV_COMPLETED(result) == 1 && output_is_right(0, 1),
           "%s: memory: a failing element stops the call: status 0x%lx, %lu completed",
           convention_names[convention], HV_STATUS(result), HV_COMPLETED(result));
}

/* A call may change a register of its caller that is none of the call's own. */
static void test_own_register(enum hv_convention convention)
{
    uint64_t block[16] = {HV_PARTITION_SELF, SELF, X0_REGISTER + 15, 0, 0x1234};
    unsigned index = convention == HV_SMCCC ? 13 : 14; /* of X15 in the block */

    report(HV_STATUS(hv_call(convention, SET(1) | HV_FAST, block)) == 0 && block[index] == 0x1234,
           "%s: X15 is set: 0x%lx", convention_names[convention], block[index]);
}

static void test_convention(enum hv_convention convention)
{
    test_os_id(convention);
    test_registers(convention);
    test_time(convention);
    test_fast_registers(convention);
    test_refusals(convention);
    test_memory(convention);
    test_overlap(convention);
    test_partial(convention);
    test_own_register(convention);
}

/* VTL2's view of VTL0: a private register is VTL0's own, a shared one is the only one. */
static void touch_vtl0(void)
{
    uint64_t set[16] = {HV_PARTITION_SELF, SELF | VTL(0), TPIDR_EL1_REGISTER, 0, OS_ID};
    uint64_t get[16] = {HV_PARTITION_SELF, SELF | VTL(0), TPIDR_EL1_REGISTER};

    sysreg_write(tpidr_el1, 0);
    report(HV_STATUS(hv_call(HV_NATIVE, SET(1) | HV_FAST, set)) == 0, "TPIDR_EL1 of VTL0 is set");
    report(HV_STATUS(hv_call(HV_NATIVE, GET(1) | HV_FAST, get)) == 0 &&
               get[HV_NATIVE_OUTPUT] == OS_ID,
           "TPIDR_EL1 of VTL0 reads 0x%lx", get[HV_NATIVE_OUTPUT]);
    report(sysreg_read(tpidr_el1) == 0, "VTL2's own is another");
    get[2] = X0_REGISTER;
    report(HV_STATUS(hv_call(HV_NATIVE, GET(1) | HV_FAST, get)) == 0 &&
               get[HV_NATIVE_OUTPUT] == (GET(1) | HV_FAST),
           "X0 is shared: 0x%lx", get[HV_NATIVE_OUTPUT]);
}

void guest_main(void)
{
    test_uid();
    for (unsigned i = HV_SMCCC; i <= HV_NATIVE; i++)
        test_before_os_id(i);
    for (unsigned i = HV_SMCCC; i <= HV_NATIVE; i++)
        test_convention(i);
    if (report_failures())
        finish();
    if (guest_vtl == 2) {
        vtl_return(0);
        touch_vtl0();
        if (!report_failures())
            vtl_return(0);
    } else if (!argument_is("alone", "")) {
        vtl_call(0);
        report(sysreg_read(tpidr_el1) == OS_ID, "VTL2 has set TPIDR_EL1 to 0x%lx",
               sysreg_read(tpidr_el1));
    }
}
