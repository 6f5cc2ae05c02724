/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does this VTL see the services that its arguments name, and no others? Calls every function id
 * where services live and every hypercall, and reads what tells of them. The arguments are the
 * values of firmware registers: psci=0x10001 std=1 std-hyp=0 vendor=3 vendor2=0 features=0xfff
 * calls=0x3ff vsm=0x1f convention=native. With reset=1 it begins anew for ever. What belongs to what stands here once
 * more, by the specifications, so that a mistake in vtlemu's tables is found.
 */
#include "tests/guest/guest.h"

static uint64_t psci_version, std, std_hyp, vendor, vendor2, features, calls, vsm;

#define HYPERCALL 0 /* bits of features */
#define VP_REGISTERS 11

static bool has(uint64_t set, unsigned bit)
{
    return set >> bit & 1;
}

/* --- Function ids ----------------------------------------------------------------------------- */

/* Beside those of PSCI: which bit of which register, and what to ask for a good answer. */
static const struct {
    uint32_t id;
    const uint64_t *set;
    unsigned bit;
    uint64_t argument;
} functions[] = {
    {0x84000050, &std, 0, 0},          {0x84000051, &std, 0, 0x84000050},
    {0x84000052, &std, 0, 0},          {0x84000053, &std, 0, 32},
    {0xc4000053, &std, 0, 64},         {0xc5000020, &std_hyp, 0, 0xc5000021},
    {0xc5000021, &std_hyp, 0, 0},      {0x86000000, &vendor, 0, 0},
    {0x86000001, &vendor, 1, 0},       {0xc6000040, &vendor2, 0, 0},
    {0xc6000041, &vendor2, 1, 0},      {0x8600ff01, &vendor, 0, 0},
    {0x8600ff01, &features, HYPERCALL, 0}, {0xc600ff01, &features, HYPERCALL, 0},
};

/* PSCI's, and since which version; those that would take this VP away are not called. */
static const struct {
    uint32_t id;
    uint32_t since;
    uint64_t argument; /* one that it refuses, or that does no harm */
    bool deadly;
} psci_functions[] = {
    {0x84000000, 2, 0, false},       {0x84000001, 2, 0, true},
    {0xc4000001, 2, 0, true},        {0x84000002, 2, 0, true},
    {0x84000003, 2, 0xffffff, false}, {0xc4000003, 2, 0xffffff, false},
    {0x84000004, 2, 0xffffff, false}, {0xc4000004, 2, 0xffffff, false},
    {0x84000006, 2, 0, false},       {0x84000008, 2, 0, true},
    {0x84000009, 2, 0, true},        {0x8400000a, 0x10000, 0x84000000, false},
    {0x84000012, 0x10001, 5, false}, {0xc4000012, 0x10001, 5, false},
    {0x84000015, 0x10003, 7, false}, {0xc4000015, 0x10003, 7, false},
};

static bool is_deadly(uint32_t id)
{
    for (size_t i = 0; i < ARRAY_SIZE(psci_functions); i++)
        if (psci_functions[i].id == id)
            return psci_functions[i].deadly;
    return false;
}

static bool is_expected(uint32_t id, uint64_t *argument)
{
    bool expected = false;

    *argument = 0;
    for (size_t i = 0; i < ARRAY_SIZE(psci_functions); i++)
        if (psci_functions[i].id == id) {
            *argument = psci_functions[i].argument;
            return psci_version >= psci_functions[i].since;
        }
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i].id == id) {
            *argument = functions[i].argument;
            expected |= has(*functions[i].set, functions[i].bit);
        }
    return expected;
}

static void try_range(uint32_t first, unsigned count)
{
    for (uint32_t id = first; id < first + count; id++) {
        uint64_t argument;
        bool expected = is_expected(id, &argument);
        bool served;

        if (is_deadly(id))
            continue;
        served = (int)smccc(id, argument, 0, 0) != -1;
        check(served == expected, "function 0x%x is %s", id, served ? "served" : "not served");
    }
}

/* PSCI_FEATURES tells the same, of those that cannot be called, too. */
static void ask_psci(void)
{
    uint64_t unused;

    check((uint32_t)smccc(0x84000000, 0, 0, 0) == psci_version, "PSCI version 0x%lx",
          smccc(0x84000000, 0, 0, 0));
    for (uint32_t id = 0x84000000; psci_version >= 0x10000 && id < 0x84000020; id++)
        for (unsigned wide = 0; wide < 2; wide++) {
            uint32_t asked = id | wide << 30;

            check((psci(0x8400000a, asked, 0, 0) >= 0) == is_expected(asked, &unused),
                  "PSCI_FEATURES of 0x%x: %d", asked, psci(0x8400000a, asked, 0, 0));
        }
}

static void ask_vendor(void)
{
    static const uint32_t kvm[] = {0xb66fb428, 0xe911c52e, 0x564bcaa9, 0x743a004d};
    static const uint32_t hyperv[] = {0x4d32ba58, 0xcd244764, 0x8eef6c75, 0x16597024};
    const uint32_t *expected = has(features, HYPERCALL) ? hyperv : kvm;
    struct registers registers = {.x = {0x8600ff01}};

    call_hvc0(&registers);
    for (unsigned i = 0; i < 4 && (has(features, HYPERCALL) || has(vendor, 0)); i++)
        check((uint32_t)registers.x[i] == expected[i], "vendor UID, word %u: 0x%lx", i,
              registers.x[i]);
    registers = (struct registers){.x = {0x86000000}};
    call_hvc0(&registers);
    check(!has(vendor, 0) || (registers.x[0] == vendor && registers.x[2] == vendor2),
          "KVM's features 0x%lx, 0x%lx", registers.x[0], registers.x[2]);
}

static void ask_implementations(void)
{
    struct registers registers = {.x = {0xc6000040}};
    uint64_t count;

    if (!has(vendor2, 0))
        return;
    call_hvc0(&registers);
    count = registers.x[2];
    check(registers.x[0] == 0 && registers.x[1] == 0x10000 && count > 0,
          "implementations: 0x%lx 0x%lx %lu", registers.x[0], registers.x[1], count);
    registers = (struct registers){.x = {0xc6000041}};
    call_hvc0(&registers);
    check(!has(vendor2, 1) || (registers.x[0] == 0 && registers.x[1] == sysreg_read(MIDR_EL1)),
          "implementation 0: 0x%lx, MIDR_EL1 0x%lx", registers.x[0], registers.x[1]);
    check(!has(vendor2, 1) || (int)smccc(0xc6000041, count, 0, 0) == -3, "one more than there are");
}

/* The record is where KVM says, and may be read. */
static void ask_stolen(void)
{
    uint64_t record = smccc(0xc5000021, 0, 0, 0);

    if (!has(std_hyp, 0))
        return;
    check(record % 64 == 0 && *(volatile uint32_t *)record == 0, "stolen time at 0x%lx", record);
    print("vtl%lu: stolen time: %lu ns\n", guest_vtl, *(volatile uint64_t *)(record + 8));
}

/* --- Hypercalls ------------------------------------------------------------------------------- */

#define INVALID_HYPERCALL_CODE 2 /* TLFS, "Hypercall Status Codes" */
#define INVALID_PARAMETER 5
#define ACCESS_DENIED 6

static const struct {
    uint16_t code;
    const uint64_t *set;
    unsigned bit;
} hypercalls[] = {
    {0x02, &calls, 0}, {0x13, &calls, 0}, {0x08, &calls, 1}, {0x0b, &calls, 2}, {0x15, &calls, 2},
    {0x52, &calls, 3}, {0xac, &calls, 3}, {0x5c, &calls, 4}, {0x5d, &calls, 5}, {0x58, &calls, 6},
    {0x5b, &calls, 6}, {0x95, &calls, 6}, {0x96, &calls, 6}, {0xc0, &calls, 7}, {0xc1, &calls, 7},
    {0x7e, &calls, 8}, {0x94, &calls, 8}, {0x99, &calls, 9}, {0x9a, &calls, 9}, {0x0d, &vsm, 0},
    {0x0f, &vsm, 0},   {0x0c, &vsm, 1},   {0xd4, &vsm, 1},   {0x4d, &vsm, 2},
    {0x50, &features, HYPERCALL}, {0x51, &features, HYPERCALL},
};

static void try_hypercalls(enum hv_convention convention)
{
    for (uint16_t code = 0; code < 0x100; code++) {
        uint64_t block[HV_FAST_QWORDS] = {0};
        bool expected = false, served;

        for (size_t i = 0; i < ARRAY_SIZE(hypercalls); i++)
            if (hypercalls[i].code == code)
                expected = has(*hypercalls[i].set, hypercalls[i].bit);
        served = HV_STATUS(hv_call(convention, code | HV_FAST, block)) != INVALID_HYPERCALL_CODE;
        check(served == expected, "hypercall 0x%x is %s", code, served ? "served" : "not served");
    }
}

static const struct {
    uint32_t name;
    const uint64_t *set;
    unsigned bit;
} synthetic[] = {
    {0x00000210, &features, 10}, {0x00000215, &features, 10}, {0x00010006, &features, 4},
    {0x00090000, &features, 1},  {0x00090003, &features, 9},  {0x00090004, &features, 2},
    {0x00090013, &features, 8},  {0x00090017, &features, 3},  {0x000a0000, &features, 4},
    {0x000a0015, &features, 4},  {0x000b0000, &features, 5},  {0x000b0007, &features, 5},
    {0x000d0003, &vsm, 0},       {0x000d0004, &vsm, 0},       {0x000d0006, &vsm, 0},
    {0x000d0005, &vsm, 3},       {0x000d0010, &vsm, 4},       {0x00000200, &features, HYPERCALL},
    {0x00090002, &features, HYPERCALL},
};

static void try_registers(void)
{
    struct hv_value value;

    for (size_t i = 0; i < ARRAY_SIZE(synthetic); i++) {
        unsigned status = hv_get(HV_SMCCC, synthetic[i].name, &value);

        check((status == 0) == has(*synthetic[i].set, synthetic[i].bit) &&
                  (status == 0 || status == INVALID_PARAMETER),
              "register 0x%x: status %u", synthetic[i].name, status);
    }
    check(hv_get(HV_SMCCC, 0x00020000, &value) == (has(features, VP_REGISTERS) ? 0 : ACCESS_DENIED),
          "X0 by hypercall");
}

/* Bits of PrivilegesAndFeatures (TLFS, "Partition Privilege Flags"), 64 and up in the high half. */
static const struct {
    unsigned flag;
    const uint64_t *set;
    unsigned bit;
} privileges[] = {
    {0, &features, 1},  {1, &features, 2},  {2, &features, 4},  {3, &features, 5},
    {4, &features, 8},  {5, &features, 0},  {6, &features, 9},  {9, &features, 3},
    {36, &calls, 4},    {37, &calls, 5},    {38, &calls, 6},    {39, &calls, 6},
    {49, &features, 11}, {53, &calls, 9},   {72, &features, 10}, {76, &features, 7},
    {77, &features, 6},
};

static void try_privileges(void)
{
    struct hv_value expected = {0}, value = {0};

    for (size_t i = 0; i < ARRAY_SIZE(privileges); i++) {
        uint64_t bit = (uint64_t)has(*privileges[i].set, privileges[i].bit)
                       << (privileges[i].flag & 63);

        if (privileges[i].flag < 64)
            expected.low |= bit;
        else
            expected.high |= bit;
    }
    hv_get(HV_SMCCC, 0x00000200, &value);
    value.low &= ~(1ul << 48); /* VSM: if there may be VTLs */
    check(value.low == expected.low && value.high == expected.high,
          "privileges 0x%lx 0x%lx instead of 0x%lx 0x%lx", value.low, value.high, expected.low,
          expected.high);
}

#define SINT_POLLING (1ul << 18)
#define SINT_MASKED (1ul << 16)
#define STIMER_DIRECT (1ul << 12)

static void try_parts(void)
{
    if (has(features, 4))
        check((hv_set(HV_SMCCC, 0x000a0004, SINT_POLLING | SINT_MASKED) == 0) == has(features, 7),
              "SINT polling");
    if (has(features, 5))
        check((hv_set(HV_SMCCC, 0x000b0000, STIMER_DIRECT) == 0) == has(features, 6),
              "direct timers");
}

static void call_natively(void *argument)
{
    call_hvc1(argument);
}

static void try_without(void)
{
    struct registers native = {.x = {HV_CALL_GET_VP_REGISTERS | HV_FAST}};
    struct exception seen;

    check((int)smccc(0x46000001, 0x50, 0, 0) == -1, "hypercalls by SMCCC are served");
    check(exception_expect(call_natively, &native, &seen) && ESR_EC(seen.esr) == ESR_EC_UNKNOWN,
          "`hvc #1` is no undefined instruction");
}

static void try_hyperv(void)
{
    if (!has(features, HYPERCALL)) {
        try_without();
        return;
    }
    check(hv_set(HV_SMCCC, HV_GUEST_OS_ID, 1) == 0, "the guest OS id");
    try_registers();
    try_privileges();
    try_parts();
    try_hypercalls(argument_is("convention", "native") ? HV_NATIVE : HV_SMCCC);
}

void guest_main(void)
{
    psci_version = argument_number("psci", 0x10003);
    std = argument_number("std", 1);
    std_hyp = argument_number("std-hyp", 1);
    vendor = argument_number("vendor", 3);
    vendor2 = argument_number("vendor2", 0);
    features = argument_number("features", 0xfff);
    calls = argument_number("calls", 0x3ff);
    vsm = argument_number("vsm", 0x1f);
    for (uint32_t owner = 0x84000000; owner <= 0x86000000; owner += 0x01000000) {
        try_range(owner, 0x100);
        try_range(owner | 0x40000000, 0x100);
    }
    try_range(0x8600ff00, 0x10);
    try_range(0xc600ff00, 0x10);
    ask_psci();
    ask_vendor();
    ask_implementations();
    ask_stolen();
    try_hyperv();
    report(report_failures() == 0, "what is elected is there, and nothing else");
    if (!report_failures() && argument_number("reset", 0))
        psci(PSCI_SYSTEM_RESET, 0, 0, 0);
    check(!argument_number("reset", 0), "SYSTEM_RESET has come back");
}
