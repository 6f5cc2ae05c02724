/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * InterceptVpStartup: VTL2 is asked when VTL0 wants to start a VP, and does so for it, or refuses.
 * VTL2 runs on VP0 only.
 */
#include "tests/guest/paravisor.h"

#define START_VIRTUAL_PROCESSOR (0x0099ul | HV_FAST)
#define HV_SMCCC_FUNCTION 0x46000001u
#define PSCI_CPU_ON_32 0x84000003u
#define VSM_PARTITION_CONFIG 0x000d0007u
#define INTERNAL_ACTIVITY_STATE 0x00000004u
#define DENY_LOWER_VTL_STARTUP (1ul << 6)
#define INTERCEPT_VP_STARTUP (1ul << 9)
#define DENIED 6
#define MARK 0x123456789abcul
#define X18_MARK 0x1818ul

/* start.S: goes on with what the last vp_start() of this VP, refused or not, was to run. */
void vp_entry(void);

static volatile uint64_t came[GUEST_MAX_VPS]; /* what a VP got, plus 1 */
static volatile uint64_t vp3_result;

static void come(uint64_t context)
{
    signal_value(&came[guest_vp()], context + 1);
}

/* On VP3, whose VTL2 is off: there is nobody to ask. */
static void start_another(uint64_t context)
{
    int status = psci(PSCI_CPU_ON, 1, (uintptr_t)vp_entry, 0);

    signal_value(&vp3_result, context + (uint64_t)(10 + status));
}

static bool is_off(unsigned vp)
{
    return psci(PSCI_AFFINITY_INFO, vp, 0, 0) == PSCI_OFF;
}

static uint64_t start_by_hypercall(enum hv_convention convention, unsigned vp)
{
    uint64_t block[16] = {HV_PARTITION_SELF, vp, (uintptr_t)vp_entry};

    block[10] = X18_MARK;
    return hv_call(convention, START_VIRTUAL_PROCESSOR, block);
}

static uint64_t release(unsigned vp)
{
    uint64_t block[16] = {HV_PARTITION_SELF, vp, INTERNAL_ACTIVITY_STATE};

    return HV_STATUS(hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block));
}

static uint64_t x0_of(const struct intercept *seen)
{
    return seen->instruction | (uint64_t)seen->zero3 << 32;
}

/* One message since the policy was set, about an HVC with that immediate, X0 and X1. */
static bool is_told(unsigned immediate, uint64_t x0, uint64_t x1, struct intercept *seen)
{
    return paravisor_intercepts(seen) == 1 && seen->type == INTERCEPT_HYPERCALL &&
           (seen->cache_type & 0xffff) == immediate && x0_of(seen) == x0 && seen->gva == x1 &&
           seen->access == INTERCEPT_EXECUTE && (seen->state & 0xf3) == 1 &&
           *(const uint32_t *)seen->pc == (0xd4000002u | immediate << 5);
}

static void test_cpu_on_refused(void)
{
    struct intercept seen = {0};

    paravisor_policy(POLICY_REFUSE);
    report(vp_start(1, come, MARK) == PSCI_DENIED && is_off(1), "VTL2 refuses CPU_ON");
    report(is_told(0, PSCI_CPU_ON, 1, &seen) && seen.gpa == (uintptr_t)vp_entry &&
               seen.syndrome == MARK,
           "it was told: immediate %u X0 0x%lx X1 0x%lx X2 0x%lx X3 0x%lx", seen.cache_type,
           x0_of(&seen), seen.gva, seen.gpa, seen.syndrome);
    paravisor_policy(POLICY_REFUSE);
    report(psci(PSCI_CPU_ON_32, 1, 0, 0) == PSCI_DENIED && is_told(0, PSCI_CPU_ON_32, 1, &seen),
           "the 32-bit form, too");
    paravisor_policy(POLICY_REFUSE);
    report(psci(PSCI_CPU_ON, 99, 0, 0) == PSCI_INVALID_PARAMETERS && !paravisor_intercepts(NULL),
           "VP99 does not exist: nothing to ask");
}

static void test_hypercall_refused(void)
{
    struct intercept seen = {0};

    vp_start(2, come, 0); /* refused, but now VP2 knows what to run */
    paravisor_policy(POLICY_REFUSE);
    report(start_by_hypercall(HV_NATIVE, 2) == DENIED && is_off(2) &&
               is_told(1, START_VIRTUAL_PROCESSOR, HV_PARTITION_SELF, &seen) && seen.gpa == 2 &&
               seen.syndrome == (uintptr_t)vp_entry && seen.x4[7] == X18_MARK,
           "VTL2 refuses HvCallStartVirtualProcessor: X2 0x%lx X3 0x%lx X11 0x%lx", seen.gpa,
           seen.syndrome, seen.x4[7]);
    paravisor_policy(POLICY_REFUSE);
    report(start_by_hypercall(HV_SMCCC, 2) == DENIED && is_off(2) &&
               is_told(0, HV_SMCCC_FUNCTION, START_VIRTUAL_PROCESSOR, &seen),
           "made by SMCCC, too");
    paravisor_policy(POLICY_REFUSE);
    report(release(2) == DENIED && is_off(2) && !paravisor_intercepts(NULL),
           "a release by register is denied");
}

static void wait_until_off(unsigned vp)
{
    while (!is_off(vp))
        __asm__ volatile("yield");
}

static void test_started(void)
{
    paravisor_policy(POLICY_START);
    report(vp_start(1, come, MARK) == PSCI_SUCCESS, "VTL2 allows CPU_ON");
    wait_for(&came[1], 1);
    report(came[1] == MARK + 1, "VTL2 starts VP1 for it: X0 0x%lx", came[1] - 1);
    wait_until_off(1);
    report(paravisor_intercepts(NULL) == 1, "and is not asked about CPU_OFF and AFFINITY_INFO");
    paravisor_policy(POLICY_START);
    report(start_by_hypercall(HV_NATIVE, 2) == 0, "VTL2 allows HvCallStartVirtualProcessor");
    wait_for(&came[2], 1);
    report(came[2] == 1 && paravisor_intercepts(NULL) == 1, "VTL2 starts VP2 for it: X0 0x%lx",
           came[2] - 1);
    wait_until_off(2);
    came[2] = 0;
    report(start_by_hypercall(HV_SMCCC, 2) == 0, "once more, by SMCCC");
    wait_for(&came[2], 1);
    report(vp_start(0, come, 0) == PSCI_ALREADY_ON && paravisor_intercepts(NULL) == 3,
           "VP0 runs already, as VTL2 says");
}

/* VP3's VTL2 is off. */
static void test_nobody_to_ask(void)
{
    paravisor_policy(POLICY_START);
    report(vp_start(3, start_another, 0) == PSCI_SUCCESS, "VP3 starts");
    wait_for(&vp3_result, 1);
    report(vp3_result == 10 + PSCI_DENIED && is_off(1) && paravisor_intercepts(NULL) == 1,
           "a VP without VTL2 may not start any: %ld", (long)vp3_result - 10);
    wait_until_off(3);
}

static void test_denied(void)
{
    paravisor_set(VSM_PARTITION_CONFIG, INTERCEPT_VP_STARTUP | DENY_LOWER_VTL_STARTUP);
    paravisor_policy(POLICY_START);
    report(vp_start(1, come, 0) == PSCI_DENIED && start_by_hypercall(HV_NATIVE, 2) == DENIED &&
               !paravisor_intercepts(NULL),
           "who denies is not asked");
    report(release(1) == DENIED && is_off(1), "a release by register is denied, too");
    paravisor_set(VSM_PARTITION_CONFIG, 0);
    came[1] = 0;
    report(vp_start(1, come, 5) == PSCI_SUCCESS, "both are over");
    wait_for(&came[1], 1);
    report(came[1] == 6 && !paravisor_intercepts(NULL), "nobody minds any more");
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    report(paravisor_set(VSM_PARTITION_CONFIG, INTERCEPT_VP_STARTUP) == 0, "VTL2 wants to know");
    test_cpu_on_refused();
    test_hypercall_refused();
    test_started();
    test_nobody_to_ask();
    test_denied();
}
