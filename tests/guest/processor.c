/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ID registers say at EL1, on every VP and at every VTL, and by hypercall.
 *
 * Arguments: isar0_mask= and isar0_is= say what the bits in a mask of ID_AA64ISAR0_EL1 must be, and
 * so for the other registers in the table; vps=; undefined=tlbi_os: that instruction is one no more.
 */
#include "tests/guest/guest.h"

#define HV_ID_AA64(crm, op2) (0x00022000u | (crm) << 3 | (op2))

static uint64_t read_pfr0(void) { return sysreg_read(id_aa64pfr0_el1); }
static uint64_t read_pfr1(void) { return sysreg_read(id_aa64pfr1_el1); }
static uint64_t read_zfr0(void) { return sysreg_read(S3_0_C0_C4_4); }
static uint64_t read_isar0(void) { return sysreg_read(id_aa64isar0_el1); }
static uint64_t read_isar1(void) { return sysreg_read(id_aa64isar1_el1); }
static uint64_t read_mmfr0(void) { return sysreg_read(id_aa64mmfr0_el1); }
static uint64_t read_mmfr1(void) { return sysreg_read(id_aa64mmfr1_el1); }
static uint64_t read_mmfr2(void) { return sysreg_read(S3_0_C0_C7_2); }

static const struct {
    const char *name, *mask, *value;
    uint32_t hv_name;
    uint64_t (*read)(void);
} rows[] = {
    {"ID_AA64PFR0_EL1", "pfr0_mask", "pfr0_is", HV_ID_AA64(4, 0), read_pfr0},
    {"ID_AA64PFR1_EL1", "pfr1_mask", "pfr1_is", HV_ID_AA64(4, 1), read_pfr1},
    {"ID_AA64ZFR0_EL1", "zfr0_mask", "zfr0_is", HV_ID_AA64(4, 4), read_zfr0},
    {"ID_AA64ISAR0_EL1", "isar0_mask", "isar0_is", HV_ID_AA64(6, 0), read_isar0},
    {"ID_AA64ISAR1_EL1", "isar1_mask", "isar1_is", HV_ID_AA64(6, 1), read_isar1},
    {"ID_AA64MMFR0_EL1", "mmfr0_mask", "mmfr0_is", HV_ID_AA64(7, 0), read_mmfr0},
    {"ID_AA64MMFR1_EL1", "mmfr1_mask", "mmfr1_is", HV_ID_AA64(7, 1), read_mmfr1},
    {"ID_AA64MMFR2_EL1", "mmfr2_mask", "mmfr2_is", HV_ID_AA64(7, 2), read_mmfr2},
};

static volatile uint64_t done;

static void check_processor(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        uint64_t mask = argument_number(rows[i].mask, 0), is = argument_number(rows[i].value, 0);
        uint64_t value = rows[i].read();
        struct hv_value called = {0, 0};

        check((value & mask) == is, "VP%u: %s is 0x%lx, not 0x%lx in 0x%lx", guest_vp(),
              rows[i].name, value, is, mask);
        check(hv_get(HV_SMCCC, rows[i].hv_name, &called) == 0 && called.low == value,
              "VP%u: by hypercall %s is 0x%lx, not 0x%lx", guest_vp(), rows[i].name, called.low,
              value);
    }
}

/* TLBI VMALLE1OS: FEAT_TLBIOS. */
static void invalidate(void *nothing)
{
    (void)nothing;
    __asm__ volatile("sys #0, c8, c1, #0" : : : "memory");
}

static void check_instruction(void)
{
    struct exception seen;

    if (!argument_is("undefined", "tlbi_os"))
        return;
    report(exception_expect(invalidate, NULL, &seen) && ESR_EC(seen.esr) == ESR_EC_UNKNOWN,
           "TLBI VMALLE1OS is undefined");
}

static void other(uint64_t vp)
{
    check_processor();
    signal_value(&done, vp);
    vp_is_up();
    vp_stop();
}

void guest_main(void)
{
    unsigned vps = (unsigned)argument_number("vps", 1);

    check(hv_set(HV_SMCCC, HV_GUEST_OS_ID, 1) == 0, "HV_REGISTER_GUEST_OS_ID");
    check_processor();
    check_instruction();
    if (vps > 1)
        vp_start_others(vps, other);
    report(report_failures() == 0, "ID registers are as they were asked for");
    if (guest_vtl)
        vtl_return(0);
}
