/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTL0 enables a higher VTL, vtl=N on the command line, for the partition, for itself and for VP1,
 * and lends it some of its own code. That code runs with the initial context it was given; it starts
 * VP1, and VP1 comes down to VTL0; and changes a register of VP2, which VTL0 starts.
 */
#include "tests/guest/guest.h"

#define ENABLE_PARTITION_VTL (0x000dul | HV_FAST)
#define ENABLE_VP_VTL (0x000ful | HV_FAST)
#define START_VIRTUAL_PROCESSOR (0x0099ul | HV_FAST)
#define GET_VP_INDEX (0x009aul | HV_FAST | HV_REPS(1))
#define VSM_VP_STATUS 0x000d0003u
#define VSM_PARTITION_STATUS 0x000d0004u
#define VSM_PARTITION_CONFIG 0x000d0007u
#define DENY_LOWER_VTL_STARTUP (1ul << 6)

#define DENIED 0x6
#define BAD_PARAMETER 0x5
#define BAD_VP_STATE 0x15
#define BAD_VTL_STATE 0x51
#define BAD_REGISTER_VALUE 0x50
#define ALREADY_ENABLED 0x86

#define X18_VALUE 0x1818181818181818ul
#define TTBR0_VALUE 0x40a00000ul
#define TTBR1_VALUE 0x40b00000ul
#define MAIR_VALUE 0xfful
#define TCR_VALUE 0x3520ul
#define STACK 4096
#define TPIDR_EL1_NAME 0x0004000eu
#define WRITTEN 0x4321ul

struct context {
    uint64_t pc, sp, sctlr, mair, tcr, vbar, ttbr0, ttbr1, x18;
};

/* What the higher VTL found, for VTL0 to judge: its own console leads nowhere. */
static volatile struct {
    struct context context;
    uint64_t pstate, x0;
    uint64_t status_enable, status_start, status_again, status_index, index;
    uint64_t vp1_vtl;
    uint64_t status_prepare, status_write, vp2_thread;
} found;
static volatile uint64_t vp1_came_down;
static uint8_t stacks[3][STACK] __attribute__((aligned(16)));
static unsigned higher;

/* The first instructions at the higher VTL: X0 and X18 are still what they were. */
void enter_higher(void);
void enter_higher_on_vp1(void);
void enter_higher_on_vp2(void);
__asm__(".pushsection .text.enter_higher, \"ax\"\n"
        "enter_higher:\n"
        "    mov x1, x18\n"
        "    b run_higher\n"
        "enter_higher_on_vp1:\n"
        "    b run_higher_on_vp1\n"
        "enter_higher_on_vp2:\n"
        "    b run_higher_on_vp2\n"
        ".popsection\n");
noreturn void run_higher(uint64_t x0, uint64_t x18);
noreturn void run_higher_on_vp1(void);
noreturn void run_higher_on_vp2(void);

static uint64_t simple(uint64_t control, uint64_t second, const struct context *context)
{
    uint64_t block[16] = {HV_PARTITION_SELF, second};

    if (context)
        memcpy(&block[2], context, sizeof(*context));
    return HV_STATUS(hv_call(HV_NATIVE, control, block));
}

static uint64_t enable_partition(unsigned vtl, unsigned flags)
{
    return simple(ENABLE_PARTITION_VTL, vtl | flags << 8, NULL);
}

static uint64_t with_vp(uint64_t control, uint32_t vp, unsigned vtl, const struct context *context)
{
    return simple(control, vp | (uint64_t)vtl << 32, context);
}

static struct context make_context(void (*entry)(void), unsigned stack)
{
    return (struct context){
        .pc = (uintptr_t)entry,
        .sp = (uintptr_t)stacks[stack] + STACK,
        .mair = MAIR_VALUE,
        .tcr = TCR_VALUE,
        .vbar = sysreg_read(vbar_el1),
        .ttbr0 = TTBR0_VALUE,
        .ttbr1 = TTBR1_VALUE,
        .x18 = X18_VALUE,
    };
}

/* --- At the higher VTL ------------------------------------------------------------------------ */

static void note_state(uint64_t x0, uint64_t x18)
{
    found.x0 = x0;
    found.context.x18 = x18;
    found.context.sctlr = sysreg_read(sctlr_el1);
    found.context.mair = sysreg_read(mair_el1);
    found.context.tcr = sysreg_read(tcr_el1);
    found.context.vbar = sysreg_read(vbar_el1);
    found.context.ttbr0 = sysreg_read(ttbr0_el1);
    found.context.ttbr1 = sysreg_read(ttbr1_el1);
    found.pstate = sysreg_read(daif) | sysreg_read(CurrentEL) | sysreg_read(SPSel);
}

static void note_index(void)
{
    uint64_t block[16] = {HV_PARTITION_SELF, 0, sysreg_read(mpidr_el1) & 0xff00fffffful};

    found.status_index = hv_call(HV_NATIVE, GET_VP_INDEX, block);
    found.index = block[HV_NATIVE_OUTPUT];
}

/* Its initial context is there once the call has returned, and what is written then stays. */
static void prepare_vp2(void)
{
    struct context context = make_context(enter_higher_on_vp2, 2);
    uint64_t block[16] = {HV_PARTITION_SELF, 2, TPIDR_EL1_NAME, 0, WRITTEN};

    found.status_prepare = with_vp(ENABLE_VP_VTL, 2, higher, &context);
    found.status_write = hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
}

void run_higher(uint64_t x0, uint64_t x18)
{
    struct context context = make_context(enter_higher_on_vp1, 1);

    note_state(x0, x18);
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    note_index();
    found.status_enable = with_vp(ENABLE_VP_VTL, 1, higher, &context);
    found.status_start = with_vp(START_VIRTUAL_PROCESSOR, 1, higher, &context);
    found.status_again = with_vp(START_VIRTUAL_PROCESSOR, 1, higher, &context);
    prepare_vp2();
    for (;;) {
        uint64_t wish = vtl_return(0);

        hv_set(HV_NATIVE, VSM_PARTITION_CONFIG, wish);
    }
}

void run_higher_on_vp1(void)
{
    struct hv_value value = {0};

    hv_get(HV_NATIVE, VSM_VP_STATUS, &value);
    found.vp1_vtl = value.low;
    for (;;)
        vtl_return(0);
}

void run_higher_on_vp2(void)
{
    found.vp2_thread = sysreg_read(tpidr_el1);
    for (;;)
        vtl_return(0);
}

/* --- At VTL0 ---------------------------------------------------------------------------------- */

static void test_partition(void)
{
    struct hv_value value = {0};

    report(enable_partition(higher, 1) == BAD_PARAMETER, "MBEC is not available");
    report(enable_partition(higher, 0) == 0, "VTL%u is enabled for the partition", higher);
    report(enable_partition(higher, 0) == ALREADY_ENABLED, "but not twice");
    report(enable_partition(7, 0) == BAD_PARAMETER, "VTL7 does not exist");
    report(hv_get(HV_NATIVE, VSM_PARTITION_STATUS, &value) == 0 &&
               value.low == (1ul | 1ul << higher | 2ul << 16),
           "VsmPartitionStatus 0x%lx", value.low);
}

static void call(void *argument)
{
    (void)argument;
    vtl_call(0);
}

static void test_vp(void)
{
    struct context context = make_context(enter_higher, 0), odd = context;
    struct exception seen;

    odd.pc += 2;
    report(exception_expect(call, NULL, &seen), "a call is undefined before it is enabled here");
    report(with_vp(ENABLE_VP_VTL, HV_VP_SELF, higher, &odd) == BAD_REGISTER_VALUE, "an odd PC");
    report(with_vp(ENABLE_VP_VTL, 99, higher, &context) == 0xe, "VP99 does not exist");
    report(with_vp(ENABLE_VP_VTL, HV_VP_SELF, higher, &context) == 0, "VTL%u is enabled here",
           higher);
    report(with_vp(ENABLE_VP_VTL, HV_VP_SELF, higher, &context) == DENIED,
           "from now on VTL0 may not");
    report(with_vp(ENABLE_VP_VTL, 1, higher, &context) == DENIED, "nor on VP1");
    report(with_vp(START_VIRTUAL_PROCESSOR, 1, higher, &context) == DENIED,
           "nor start VP1 up there");
}

static void test_context(void)
{
    struct context expected = make_context(enter_higher, 0);

    vtl_call(0);
    expected.pc = expected.sp = 0; /* it would not have come this far */
    report(!memcmp((const void *)&found.context, &expected, sizeof(expected)),
           "the first entry finds its context");
    report(found.pstate == (PSTATE_DAIF | 0x4 | 0x1), "at EL1h with all masked: 0x%lx",
           found.pstate);
    report(found.x0 == 0, "and the shared X0: 0x%lx", found.x0);
    report(found.status_index == HV_REPS(1) && found.index == 0, "MPIDR to VP index: 0x%lx, %lu",
           found.status_index, found.index);
}

static void come_down(uint64_t context)
{
    (void)context;
    signal_value(&vp1_came_down, 1);
}

static void test_vp1(void)
{
    report(found.status_enable == 0 && found.status_start == 0, "VTL%u starts VP1", higher);
    report(found.status_again == BAD_VP_STATE, "but not twice: 0x%lx", found.status_again);
    wait_for(&found.vp1_vtl, 1);
    report(found.vp1_vtl == (higher | (1ul | 1ul << higher) << 16), "VP1's VsmVpStatus 0x%lx",
           found.vp1_vtl);
    report(vp_start(1, come_down, 0) == PSCI_SUCCESS, "VTL0 starts its part of VP1");
    wait_for(&vp1_came_down, 1);
    report(true, "and VP1 has come down to it");
}

static void go_up(uint64_t context)
{
    (void)context;
    vtl_call(0);
    signal_value(&vp1_came_down, 1);
}

static void test_deny(void)
{
    struct context context = make_context(enter_higher, 0);

    vtl_call(DENY_LOWER_VTL_STARTUP);
    report(vp_start(2, come_down, 0) == PSCI_DENIED, "VTL%u forbids VTL0 to start VP2", higher);
    report(with_vp(START_VIRTUAL_PROCESSOR, 2, 0, &context) == DENIED, "by hypercall, too");
    vtl_call(0);
    vp1_came_down = 0;
    report(vp_start(2, go_up, 0) == PSCI_SUCCESS, "and allows it again");
    wait_for(&vp1_came_down, 1);
    report(found.status_prepare == 0 && found.status_write == HV_REPS(1) &&
               found.vp2_thread == WRITTEN,
           "VTL%u's first entry on VP2 finds what was written: 0x%lx", higher, found.vp2_thread);
}

void guest_main(void)
{
    higher = (unsigned)argument_number("vtl", 2);
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    test_partition();
    test_vp();
    test_context();
    test_vp1();
    test_deny();
}
