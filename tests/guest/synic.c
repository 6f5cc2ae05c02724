/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of the SynIC: what they hold at first, what they take, and that each VTL has its
 * own. At VTL2 it then lets VTL0 do the same, and reaches for VTL0's registers; `alone` on the
 * command line says that there is no VTL2.
 */
#include "tests/guest/guest.h"

#define PRIVILEGES 0x00000200u
#define PRIVILEGE_SYNIC (1ul << 2)
#define SINT0 0x000a0000u
#define SINTS 16
#define SCONTROL 0x000a0010u
#define SVERSION 0x000a0011u
#define SIEFP 0x000a0012u
#define SIMP 0x000a0013u
#define EOM 0x000a0014u
#define SIRBP 0x000a0015u

#define MASKED 0x10000ul
#define POLLING 0x40000ul
#define PPI 0x12ul
#define ENABLE 1ul
#define OS_ID (1ul << 40)

#define BAD_PARAMETER 0x5
#define DENIED 0x6
#define BAD_VALUE 0x50

#define VTL(n) ((0x10ul | (n)) << 32) /* HV_INPUT_VTL in the header's second qword */
#define GET (HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1))
#define SET (HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1))
#define NATIVE_OUTPUT 14 /* qword of the block */

#define PAGE 4096
static uint8_t page[PAGE] __attribute__((aligned(PAGE)));

static const struct initial {
    const char *name;
    uint32_t number;
    uint64_t value;
} initials[] = {
    {"SCONTROL", SCONTROL, 0}, {"SVERSION", SVERSION, 1}, {"SIEFP", SIEFP, 0},
    {"SIMP", SIMP, 0},         {"EOM", EOM, 0},           {"SIRBP", SIRBP, 0},
};

/* What is written, the status, and what is read then if it was good. */
static const struct write {
    const char *name;
    uint32_t number;
    uint64_t value;
    unsigned status;
    uint64_t after;
} writes[] = {
    {"SINT2 gets a vector", SINT0 + 2, PPI, 0, PPI},
    {"SINT2 is masked", SINT0 + 2, MASKED, 0, MASKED},
    {"SINT15 gets the last vector", SINT0 + 15, 0xff, 0, 0xff},
    {"SINT3 is polled", SINT0 + 3, POLLING | PPI, 0, POLLING | PPI},
    {"SINT4 without a vector", SINT0 + 4, 0, BAD_PARAMETER, 0},
    {"SINT4 with the vector of an SGI", SINT0 + 4, 0xf, BAD_PARAMETER, 0},
    {"SINT4 with a vector of nine bits", SINT0 + 4, 0x112, BAD_VALUE, 0},
    {"SINT4 with auto-EOI", SINT0 + 4, 1ul << 17 | PPI, BAD_VALUE, 0},
    {"SINT4 with a reserved bit", SINT0 + 4, 1ul << 63 | PPI, BAD_VALUE, 0},
    {"SCONTROL is enabled", SCONTROL, ENABLE, 0, ENABLE},
    {"SCONTROL with a reserved bit", SCONTROL, 2, BAD_VALUE, 0},
    {"SVERSION is read-only", SVERSION, 1, BAD_PARAMETER, 0},
    {"SIEFP is set", SIEFP, 0x40400000 | ENABLE, 0, 0x40400000 | ENABLE},
    {"SIEFP is disabled", SIEFP, 0, 0, 0},
    {"SIEFP with a reserved bit", SIEFP, 0x800, BAD_VALUE, 0},
    {"SIMP with a reserved bit", SIMP, 0x40400002, BAD_VALUE, 0},
    {"SIMP where no memory is", SIMP, HOLE_BASE | ENABLE, 0, HOLE_BASE | ENABLE},
    {"SIMP beyond all addresses", SIMP, ~0xffful | ENABLE, 0, ~0xffful | ENABLE},
    {"EOM takes anything", EOM, 0x1234, 0, 0},
};

static void test_initial(void)
{
    struct hv_value value;
    bool good = true;

    report(hv_get(HV_NATIVE, PRIVILEGES, &value) == 0 && value.low & PRIVILEGE_SYNIC,
           "the SynIC is offered: privileges 0x%lx", value.low);
    for (unsigned i = 0; i < SINTS; i++)
        good &= check(hv_get(HV_NATIVE, SINT0 + i, &value) == 0 && value.low == MASKED &&
                          !value.high, "SINT%u is 0x%lx", i, value.low);
    report(good, "%u SINTs are masked at first", SINTS);
    for (size_t i = 0; i < ARRAY_SIZE(initials); i++)
        report(hv_get(HV_NATIVE, initials[i].number, &value) == 0 &&
                   value.low == initials[i].value && !value.high,
               "%s is 0x%lx at first", initials[i].name, value.low);
}

/* A refused write changes nothing. */
static void test_writes(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
        const struct write *row = &writes[i];
        struct hv_value before = {0}, after = {0};
        unsigned status;

        hv_get(HV_NATIVE, row->number, &before);
        status = hv_set(HV_NATIVE, row->number, row->value);
        hv_get(HV_NATIVE, row->number, &after);
        report(status == row->status && after.low == (status ? before.low : row->after),
               "%s: status 0x%x, now 0x%lx", row->name, status, after.low);
    }
}

/* The message page is an overlay on Hyper-V: empty when it appears. */
static void test_page(void)
{
    bool good = true;

    memset(page, 0xee, sizeof(page));
    report(hv_set(HV_NATIVE, SIMP, (uintptr_t)page | ENABLE) == 0, "SIMP is set to a page");
    for (unsigned i = 0; i < PAGE; i++)
        good &= check(page[i] == 0, "byte %u is 0x%x", i, page[i]);
    report(good, "which is empty then");
}

static unsigned get_of(unsigned vtl, uint32_t name, uint64_t *value)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF | VTL(vtl), name};
    uint64_t result = hv_call(HV_NATIVE, GET, block);

    *value = block[NATIVE_OUTPUT];
    return HV_STATUS(result);
}

static unsigned set_of(unsigned vtl, uint32_t name, uint64_t value)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF | VTL(vtl), name, 0, value};

    return HV_STATUS(hv_call(HV_NATIVE, SET, block));
}

static void test_all(void)
{
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, OS_ID);
    test_initial();
    test_writes();
    test_page();
}

/* VTL0 has been through the same meanwhile, with a page of its own. */
static void look_at_vtl0(uint64_t vtl0_page)
{
    struct hv_value own;
    uint64_t value;

    hv_get(HV_NATIVE, SIMP, &own);
    report(own.low == ((uintptr_t)page | ENABLE), "SIMP is still 0x%lx", own.low);
    report(get_of(0, SIMP, &value) == 0 && value == (vtl0_page | ENABLE),
           "that of VTL0 is 0x%lx", value);
    report(set_of(0, SINT0 + 7, PPI) == 0, "SINT7 of VTL0 is set");
    hv_get(HV_NATIVE, SINT0 + 7, &own);
    report(own.low == MASKED, "its own is 0x%lx", own.low);
}

static void ask_vtl2(void)
{
    struct hv_value value;
    uint64_t none;

    report(get_of(2, SIMP, &none) == DENIED && set_of(2, SIMP, 0) == DENIED,
           "the registers of VTL2 are out of reach");
    vtl_call((uintptr_t)page);
    hv_get(HV_NATIVE, SINT0 + 7, &value);
    report(value.low == PPI, "VTL2 has set SINT7 to 0x%lx", value.low);
}

void guest_main(void)
{
    test_all();
    if (report_failures())
        finish();
    if (guest_vtl == 2) {
        look_at_vtl0(vtl_return(0));
        if (!report_failures())
            vtl_return(0);
    } else if (!argument_is("alone", "")) {
        ask_vtl2();
    }
}
