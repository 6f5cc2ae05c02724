/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Architectural registers by hypercall: what the processor is reads as MRS reads it and cannot be
 * written; the VTL's own registers read as they are, and hold what is written.
 */
#include "tests/guest/guest.h"

#define BAD_PARAMETER 0x5
#define ID(crm, op2) (0x00022000u + 8 * (crm) + (op2))

#define READER(number, name)                                                                       \
    static uint64_t read_##number(void)                                                            \
    {                                                                                              \
        return sysreg_read(name);                                                                  \
    }
READER(midr, midr_el1)
READER(revidr, revidr_el1)
READER(pfr0, id_aa64pfr0_el1)
READER(pfr1, id_aa64pfr1_el1)
READER(zfr0, S3_0_C0_C4_4)
READER(dfr0, id_aa64dfr0_el1)
READER(isar0, id_aa64isar0_el1)
READER(isar1, id_aa64isar1_el1)
READER(isar2, S3_0_C0_C6_2)
READER(mmfr0, id_aa64mmfr0_el1)
READER(mmfr1, id_aa64mmfr1_el1)
READER(mmfr2, S3_0_C0_C7_2)
READER(mmfr3, S3_0_C0_C7_3)
READER(mpidr, mpidr_el1)
READER(clidr, clidr_el1)
/* But for TminLine: KVM tells of no tags to a VM without them, the processor always does. */
static uint64_t read_ctr(void)
{
    return sysreg_read(ctr_el0) & 0xffffffff;
}

static const struct constant {
    const char *name;
    uint32_t number;
    uint64_t (*read)(void);
} constants[] = {
    {"MIDR_EL1", ID(0, 0), read_midr},          {"REVIDR_EL1", ID(0, 6), read_revidr},
    {"ID_AA64PFR0_EL1", ID(4, 0), read_pfr0},   {"ID_AA64PFR1_EL1", ID(4, 1), read_pfr1},
    {"ID_AA64ZFR0_EL1", ID(4, 4), read_zfr0},   {"ID_AA64DFR0_EL1", ID(5, 0), read_dfr0},
    {"ID_AA64ISAR0_EL1", ID(6, 0), read_isar0}, {"ID_AA64ISAR1_EL1", ID(6, 1), read_isar1},
    {"ID_AA64ISAR2_EL1", ID(6, 2), read_isar2}, {"ID_AA64MMFR0_EL1", ID(7, 0), read_mmfr0},
    {"ID_AA64MMFR1_EL1", ID(7, 1), read_mmfr1}, {"ID_AA64MMFR2_EL1", ID(7, 2), read_mmfr2},
    {"ID_AA64MMFR3_EL1", ID(7, 3), read_mmfr3}, {"MPIDR_EL1", 0x00040001, read_mpidr},
    {"CLIDR_EL1", 0x00040032, read_clidr},      {"CTR_EL0", 0x00040036, read_ctr},
};

/* Registers of the VTL that may hold anything while the MMU is off. */
#define OWN(name)                                                                                  \
    static uint64_t read_own_##name(void)                                                          \
    {                                                                                              \
        return sysreg_read(name);                                                                  \
    }                                                                                              \
    static void write_own_##name(uint64_t value)                                                   \
    {                                                                                              \
        sysreg_write(name, value);                                                                 \
    }
OWN(contextidr_el1)
OWN(tpidr_el1)
OWN(tpidr_el0)
OWN(tpidrro_el0)
OWN(ttbr0_el1)
OWN(ttbr1_el1)
OWN(mair_el1)
OWN(far_el1)
OWN(elr_el1)
OWN(par_el1)
OWN(sp_el0)
OWN(cntv_cval_el0)

static const struct own {
    const char *name;
    uint32_t number;
    uint64_t mask; /* bits that exist */
    uint64_t (*read)(void);
    void (*write)(uint64_t value);
} owns[] = {
#define ROW(name, number, mask) {#name, number, mask, read_own_##name, write_own_##name}
    ROW(contextidr_el1, 0x0004000d, 0xffffffff), ROW(tpidr_el1, 0x0004000e, UINT64_MAX),
    ROW(tpidr_el0, 0x00040011, UINT64_MAX),      ROW(tpidrro_el0, 0x00040010, UINT64_MAX),
    ROW(ttbr0_el1, 0x00040005, 0xfffffffff000),  ROW(ttbr1_el1, 0x00040006, 0xfffffffff000),
    ROW(mair_el1, 0x0004000b, UINT64_MAX),       ROW(far_el1, 0x00040009, UINT64_MAX),
    ROW(elr_el1, 0x00040015, UINT64_MAX),        ROW(par_el1, 0x0004000a, 0xfffffffff001),
    ROW(sp_el0, 0x00020020, UINT64_MAX),         ROW(cntv_cval_el0, 0x0005800f, UINT64_MAX),
};

static void test_constant(const struct constant *row)
{
    struct hv_value value = {0};
    unsigned status = hv_get(HV_NATIVE, row->number, &value);

    report(status == 0 && value.low == row->read() && value.high == 0,
           "%s 0x%lx, the processor says 0x%lx", row->name, value.low, row->read());
    report(hv_set(HV_NATIVE, row->number, value.low) == BAD_PARAMETER, "%s is read-only",
           row->name);
}

static void test_own(const struct own *row, struct random *random)
{
    struct hv_value value = {0};
    uint64_t mine = random_next(random) & row->mask, set = random_next(random) & row->mask;
    bool good;

    row->write(mine);
    good = hv_get(HV_NATIVE, row->number, &value) == 0 && value.low == mine;
    report(good, "%s reads 0x%lx", row->name, value.low);
    good = hv_set(HV_NATIVE, row->number, set) == 0 && row->read() == set;
    report(good, "%s is set to 0x%lx", row->name, row->read());
}

void guest_main(void)
{
    struct random random;

    random_seed(&random, argument_number("seed", 1));
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
        test_constant(&constants[i]);
    for (size_t i = 0; i < ARRAY_SIZE(owns); i++)
        test_own(&owns[i], &random);
}
