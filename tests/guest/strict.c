/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of vtlemu --strict (doc/strict.md), a row each: VTL2 does what a rule is about as it
 * should be done, and then, if the command line says so (break=RULE, or break=all), as it should
 * not; all of that `rounds=N` times. With `return=early` it returns to a VTL0 that nobody has
 * prepared; with `hvc4=kept` it makes an HVC that KVM answers itself, if it is not taken back. VTL0
 * only runs.
 */
#include "tests/guest/guest.h"

#define CALL_SPIN_WAIT 0x08ul /* simple, eight bytes of input, always a success */
#define CALL_MODIFY_PROTECTION 0x0cul
#define CONTROL_RESERVED (1ul << 27)

#define VSM_PARTITION_CONFIG 0x000d0007u
#define CONFIG_PROTECTION (1ul << 0 | 0xful << 1 | 1ul << 5) /* all rights at first */
#define CONFIG_INTERCEPT_PAGE (1ul << 12)
#define VP_ASSIST_PAGE 0x00090013u
#define SINT2 0x000a0002u
#define SINT_MASKED (1ul << 16)
#define SINT_VECTOR 18
#define SCONTROL 0x000a0010u
#define SIEFP 0x000a0012u
#define SIMP 0x000a0013u
#define ENABLE 1ul

#define RIGHTS_ALL 0xfu
#define RIGHTS_READ 0x1u
#define RIGHTS_WRITE 0x3u
#define RIGHTS_RESERVED 0x100u
#define INPUT_VTL_RESERVED 0xe0ul

#define PAGE 4096
#define GUEST_OS_ID 0x8100000000000000ul

/* VTL0 may write to the first one only. */
static uint8_t open_page[PAGE] __attribute__((aligned(PAGE)));
static uint8_t closed_page[PAGE] __attribute__((aligned(PAGE)));
static uint8_t simp[PAGE] __attribute__((aligned(PAGE)));
static uint8_t siefp[PAGE] __attribute__((aligned(PAGE)));
static uint8_t assist[PAGE] __attribute__((aligned(PAGE)));

struct trial {
    const char *rule;
    void (*keep)(void);
    void (*violate)(void);
};

static uint64_t gpa(const void *of)
{
    return (uintptr_t)of;
}

static void set(uint32_t name, uint64_t value)
{
    check(hv_set(HV_NATIVE, name, value) == 0, "register 0x%x takes 0x%lx", name, value);
}

static unsigned spin_wait(uint64_t flags, uint64_t input)
{
    uint64_t block[HV_FAST_QWORDS] = {input};

    return HV_STATUS(hv_call(HV_NATIVE, CALL_SPIN_WAIT | HV_FAST | flags, block));
}

/* The same with its input in memory. */
static unsigned spin_wait_at(uint64_t address)
{
    uint64_t block[HV_FAST_QWORDS] = {address};

    return HV_STATUS(hv_call(HV_NATIVE, CALL_SPIN_WAIT, block));
}

static unsigned protect(const void *page, unsigned rights)
{
    uint64_t block[HV_FAST_QWORDS] = {HV_PARTITION_SELF, rights, gpa(page) / PAGE};

    return HV_STATUS(
        hv_call(HV_NATIVE, CALL_MODIFY_PROTECTION | HV_FAST | HV_REPS(1), block));
}

static void change(const void *page, unsigned rights)
{
    check(protect(page, rights) == 0, "page 0x%lx gets the rights 0x%x", gpa(page), rights);
}

/* --- Calls ------------------------------------------------------------------------------------ */

static void call_well(void)
{
    check(spin_wait(0, 1) == 0, "a fast call");
}

static void reserved_bit(void)
{
    spin_wait(CONTROL_RESERVED, 1);
}

static void rep_count(void)
{
    spin_wait(HV_REPS(1), 1);
}

static void reserved_field(void)
{
    spin_wait(0, 1ul << 32);
}

static void call_by_memory(void)
{
    check(spin_wait_at(gpa(closed_page)) == 0, "a call with its input in memory");
}

static void misaligned(void)
{
    spin_wait_at(gpa(closed_page) + 4);
}

static void in_overlay(void)
{
    spin_wait_at(gpa(simp));
}

static void in_open_page(void)
{
    spin_wait_at(gpa(open_page));
}

static void input_vtl(uint64_t vtl)
{
    uint64_t block[HV_FAST_QWORDS] = {HV_PARTITION_SELF, HV_VP_SELF | vtl << 32, HV_GUEST_OS_ID};

    hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
}

static void own_vtl(void)
{
    input_vtl(0);
}

static void strange_vtl(void)
{
    input_vtl(INPUT_VTL_RESERVED);
}

/* --- Protections ------------------------------------------------------------------------------ */

static void protect_well(void)
{
    change(closed_page, RIGHTS_WRITE);
    change(closed_page, RIGHTS_READ);
}

static void strange_rights(void)
{
    protect(closed_page, RIGHTS_RESERVED | RIGHTS_READ);
}

static void change_nothing(void)
{
    protect(closed_page, RIGHTS_READ);
}

static void release_well(void)
{
    set(SIMP, 0);
    change(simp, RIGHTS_ALL);
    change(simp, RIGHTS_READ);
    set(SIMP, gpa(simp) | ENABLE);
}

static void release_in_use(void)
{
    protect(simp, RIGHTS_ALL);
    protect(simp, RIGHTS_READ);
}

/* --- Registers -------------------------------------------------------------------------------- */

static void identify(void)
{
    set(HV_GUEST_OS_ID, GUEST_OS_ID);
}

static void anonymous_call(void)
{
    spin_wait(0, 1);
}

static void synic_on(void)
{
    set(SIMP, gpa(simp) | ENABLE);
    set(SIEFP, gpa(siefp) | ENABLE);
    set(SINT2, SINT_VECTOR);
    set(SCONTROL, ENABLE);
}

static void synic_off(void)
{
    set(SINT2, SINT_MASKED | SINT_VECTOR);
    set(SIMP, 0);
    set(SIEFP, 0);
    set(SCONTROL, 0);
}

static void synic_well(void)
{
    synic_on();
    synic_off();
    set(SIMP, gpa(simp) | ENABLE);
}

static void synic_in_use(void)
{
    synic_on();
    set(SIMP, 0);
    synic_off();
    set(SIMP, gpa(simp) | ENABLE);
}

static void reserved_register_bit(void)
{
    hv_set(HV_NATIVE, SCONTROL, 2);
}

static void assist_well(void)
{
    set(VP_ASSIST_PAGE, gpa(assist) | ENABLE);
    set(VSM_PARTITION_CONFIG, CONFIG_PROTECTION | CONFIG_INTERCEPT_PAGE);
    set(VSM_PARTITION_CONFIG, CONFIG_PROTECTION);
    set(VP_ASSIST_PAGE, 0);
}

static void assist_in_use(void)
{
    set(VP_ASSIST_PAGE, gpa(assist) | ENABLE);
    set(VSM_PARTITION_CONFIG, CONFIG_PROTECTION | CONFIG_INTERCEPT_PAGE);
    set(VP_ASSIST_PAGE, 0);
    set(VSM_PARTITION_CONFIG, CONFIG_PROTECTION);
}

static void page_nowhere(void)
{
    set(SIEFP, HOLE_BASE | ENABLE);
    set(SIEFP, 0);
}

static void pages_overlap(void)
{
    set(SIEFP, gpa(simp) | ENABLE);
    set(SIEFP, 0);
}

static void low_vector(void)
{
    hv_set(HV_NATIVE, SINT2, 5);
}

/* --- HVC -------------------------------------------------------------------------------------- */

static void hvc4(void *unused)
{
    (void)unused;
    __asm__ volatile("hvc #4" : : : "x0", "x1", "x2", "x3", "memory");
}

static void hvc2(void *unused)
{
    (void)unused;
    __asm__ volatile("hvc #2" : : : "x0", "x1", "x2", "x3", "memory");
}

static void unknown_immediate(void)
{
    struct exception seen;

    check(exception_expect(hvc4, NULL, &seen), "hvc #4 is undefined");
}

/* KVM looks at X0 alone, and takes it for SMCCC_VERSION. */
static void kept_hvc4(void *unused)
{
    register uint64_t x0 __asm__("x0") = 0x80000000u;

    (void)unused;
    __asm__ volatile("hvc #4" : "+r"(x0) : : "x1", "x2", "x3", "memory");
}

static void unknown_immediate_kept(void)
{
    struct exception seen;

    exception_expect(kept_hvc4, NULL, &seen);
    report(true, "hvc #4 that KVM keeps");
}

static void call_from_the_top(void)
{
    struct exception seen;

    check(exception_expect(hvc2, NULL, &seen), "a VTL call from VTL2 is undefined");
}

static void switch_well(void)
{
    vtl_return(0);
}

static const struct trial trials[] = {
    {"guest-os-id", identify, NULL}, /* is broken before */
    {"control-reserved", call_well, reserved_bit},
    {"control-shape", call_well, rep_count},
    {"block-place", call_by_memory, misaligned},
    {"block-overlay", call_by_memory, in_overlay},
    {"input-writable", call_by_memory, in_open_page},
    {"input-reserved", call_well, reserved_field},
    {"input-vtl", own_vtl, strange_vtl},
    {"protection-flags", protect_well, strange_rights},
    {"protection-unchanged", protect_well, change_nothing},
    {"protection-releases", release_well, release_in_use},
    {"register-reserved", synic_well, reserved_register_bit},
    {"synic-in-use", synic_well, synic_in_use},
    {"assist-in-use", assist_well, assist_in_use},
    {"page-place", synic_well, page_nowhere},
    {"page-overlap", synic_well, pages_overlap},
    {"sint-vector", synic_well, low_vector},
    {"hvc-immediate", call_well, unknown_immediate},
    {"switch-nowhere", switch_well, call_from_the_top},
};

static bool is_broken(const char *rule)
{
    return argument_is("break", rule) || argument_is("break", "all");
}

/* What the rules are about; none of it breaks one. */
static void prepare(void)
{
    identify();
    set(VSM_PARTITION_CONFIG, CONFIG_PROTECTION);
    change(closed_page, RIGHTS_READ);
    change(simp, RIGHTS_READ);
    set(SIMP, gpa(simp) | ENABLE);
    vtl_return(0); /* from now on, VTL0 may be in the way */
}

static void try(const struct trial *trial)
{
    trial->keep();
    if (is_broken(trial->rule) && trial->violate)
        trial->violate();
}

void guest_main(void)
{
    uint64_t rounds = argument_number("rounds", 1);

    for (; guest_vtl == 0;)
        vtl_call(0);
    if (argument_is("return", "early"))
        vtl_return(0);
    if (is_broken("guest-os-id"))
        anonymous_call();
    prepare();
    if (argument_is("hvc4", "kept"))
        unknown_immediate_kept();
    for (unsigned i = 0; i < rounds * ARRAY_SIZE(trials); i++)
        try(&trials[i % ARRAY_SIZE(trials)]);
    report(report_failures() == 0, "%lu rules", ARRAY_SIZE(trials));
}
