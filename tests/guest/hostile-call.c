/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attacks by hypercalls, PSCI and MMIO: see hostile.h. */
#include "tests/guest/hostile.h"

#define HIGH MMU_HIGH_ALIAS
#define USE_VTL 0x10ul
#define CALL_MODIFY_PROTECTION 0x0cul
#define CALL_ENABLE_PARTITION_VTL 0x0dul
#define CALL_ENABLE_VP_VTL 0x0ful
#define CALL_TRANSLATE 0x52ul
#define CALL_START_VP 0x99ul
#define CALL_TRANSLATE_EX 0xacul
#define CALL_CHECK_ACCESS 0xd4ul
#define TRANSLATE_RWX 7ul
#define TRANSLATE_SET_BITS 0x10ul
#define VP_ASSIST_PAGE 0x00090013u
#define REFERENCE_TSC 0x00090017u
#define SIEFP 0x000a0012u
#define SIMP 0x000a0013u
#define SIRBP 0x000a0015u
#define PENDING_EVENT0 0x00010004u
#define PSTATE_NAME 0x00020023u
#define ENABLE 1ul

#define INTERCEPT_NOT_PRESENT (1ul << 14)
#define INTERCEPT_SYSTEM_RESET (1ul << 15)
#define FLOOD 500
#define PSCI_SYSTEM_RESET2 0x84000012u
#define PSCI_SYSTEM_RESET2_64 0xc4000012u

static uint64_t page_of_ours[PAGE / 8] __attribute__((aligned(4096)));

static uint64_t vault(void)
{
    return (uintptr_t)vault_address(VAULT_SECRET);
}

static uint64_t call_fast(uint64_t control, uint64_t a, uint64_t b, uint64_t c, uint64_t block[16])
{
    memset(block, 0, 16 * sizeof(block[0]));
    block[0] = a;
    block[1] = b;
    block[2] = c;
    return hv_call(HV_NATIVE, control | HV_FAST, block);
}

static uint64_t call_memory(uint64_t control, uint64_t input, uint64_t output)
{
    uint64_t block[16] = {input, output};

    return hv_call(HV_NATIVE, control, block);
}

/* --- Input and output in the vault --------------------------------------------------------- */

static const struct {
    uint64_t control;
    bool has_output;
} calls[] = {
    {CALL_MODIFY_PROTECTION | HV_REPS(4), false},
    {CALL_ENABLE_PARTITION_VTL, false},
    {CALL_ENABLE_VP_VTL, false},
    {HV_CALL_GET_VP_REGISTERS | HV_REPS(3), true},
    {HV_CALL_SET_VP_REGISTERS | HV_REPS(3), false},
    {CALL_TRANSLATE, true},
    {CALL_START_VP, false},
    {0x9aul | HV_REPS(2), true},
    {CALL_TRANSLATE_EX, true},
    {CALL_CHECK_ACCESS | HV_REPS(2), true},
};

static bool is_refused(uint64_t control, uint64_t input, uint64_t output)
{
    return HV_STATUS(call_memory(control, input, output)) != 0;
}

static bool input_in_vault(void)
{
    uint64_t ours = (uintptr_t)page_of_ours;
    bool good = true;

    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        good &= is_refused(calls[i].control, vault(), ours);
        good &= is_refused(calls[i].control, (uintptr_t)hostile_border + PAGE - 8, ours);
        good &= is_refused(calls[i].control, (uintptr_t)hostile_border + PAGE, ours);
        good &= is_refused(calls[i].control, (uintptr_t)hostile_border + 2 * PAGE - 8, ours);
    }
    return good;
}

/* Of calls that are as they should be otherwise. */
static void prepare_input(size_t call)
{
    memset(page_of_ours, 0, PAGE);
    page_of_ours[0] = HV_PARTITION_SELF;
    page_of_ours[1] = HV_VP_SELF;
    if (calls[call].control == CALL_TRANSLATE || calls[call].control == CALL_TRANSLATE_EX)
        page_of_ours[2] = TRANSLATE_RWX;
    else
        page_of_ours[2] = VP_ASSIST_PAGE | (uint64_t)VP_ASSIST_PAGE << 32;
    page_of_ours[3] = (uintptr_t)page_of_ours / PAGE;
}

static bool output_in_vault(void)
{
    uint64_t targets[] = {vault(), (uintptr_t)hostile_border + PAGE,
                          (uintptr_t)hostile_border + PAGE - 8, (uintptr_t)hostile_code};
    bool good = true;

    for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
        for (size_t j = 0; j < ARRAY_SIZE(targets); j++) {
            prepare_input(i);
            if (calls[i].has_output)
                good &= is_refused(calls[i].control, (uintptr_t)page_of_ours, targets[j]);
        }
    return good;
}

/* The VMM writes on VTL0's behalf where VTL0 says: with its rights. */
static bool pages_in_vault(void)
{
    static const uint32_t names[] = {VP_ASSIST_PAGE, REFERENCE_TSC, SIEFP, SIMP, SIRBP};
    uint64_t targets[] = {vault(), (uintptr_t)hostile_border + PAGE, (uintptr_t)hostile_code};
    bool good = true;

    for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
        for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
            unsigned status = hv_set(HV_NATIVE, names[j], targets[i] | ENABLE);

            good &= names[j] != REFERENCE_TSC || status != 0;
            vault_check(); /* a VTL switch, should it want to write */
            hv_set(HV_NATIVE, names[j], 0);
        }
    return good;
}

/* --- Translation --------------------------------------------------------------------------- */

static bool translate_vault(void)
{
    uint64_t block[16];
    uint64_t result = call_fast(CALL_TRANSLATE, HV_PARTITION_SELF, HV_VP_SELF,
                                TRANSLATE_RWX | TRANSLATE_SET_BITS, block);

    block[0] = HV_PARTITION_SELF;
    block[1] = HV_VP_SELF;
    block[2] = TRANSLATE_RWX | TRANSLATE_SET_BITS;
    block[3] = vault() / PAGE;
    result = hv_call(HV_NATIVE, CALL_TRANSLATE | HV_FAST, block);
    /* Not SUCCESS: VTL0 has no such page. */
    return HV_STATUS(result) != 0 || (uint32_t)block[HV_NATIVE_OUTPUT] != 0;
}

/* Nothing of what the tables in the vault say may come back. */
static bool translate_by_vault(void)
{
    uint64_t tables = (uintptr_t)vault_address(VAULT_DESCRIPTORS);
    bool good = true;

    for (uint64_t code = 0; code < 2; code++) {
        uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF, TRANSLATE_RWX | TRANSLATE_SET_BITS,
                              HIGH / PAGE};
        uint64_t page;

        mmu_on();
        sysreg_write(tcr_el1, sysreg_read(tcr_el1) | 3ul << 39);
        sysreg_write(ttbr1_el1, tables);
        hv_call(HV_NATIVE, (code ? CALL_TRANSLATE_EX : CALL_TRANSLATE) | HV_FAST, block);
        hostile_mmu_off();
        page = block[HV_NATIVE_OUTPUT + 1];
        good &= (uint32_t)block[HV_NATIVE_OUTPUT] != 0 && (page == tables / PAGE || page == 0);
    }
    return good;
}

/* --- Registers of higher VTLs -------------------------------------------------------------- */

static const struct {
    uint32_t first, last;
} registers[] = {
    {0x00000000, 0x00000006}, {0x00000200, 0x00000215}, {0x00010000, 0x00010008},
    {0x00020000, 0x00020023}, {0x00021000, 0x0002100d}, {0x00030000, 0x0003001f},
    {0x00040000, 0x00040081}, {0x00050000, 0x00050057}, {0x00058000, 0x00058019},
    {0x00060000, 0x0006000f}, {0x00090000, 0x0009001a}, {0x000a0000, 0x000a0016},
    {0x000d0000, 0x000d0012},
};

static bool try_register(uint32_t name, uint64_t vp, uint64_t vtl)
{
    uint64_t block[16];
    uint64_t where = vp | (USE_VTL | vtl) << 32;
    bool good = HV_STATUS(call_fast(HV_CALL_GET_VP_REGISTERS | HV_REPS(1), HV_PARTITION_SELF,
                                    where, name, block)) != 0;

    memset(block, 0, sizeof(block));
    block[0] = HV_PARTITION_SELF;
    block[1] = where;
    block[2] = name;
    block[4] = 1;
    return good & (HV_STATUS(hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1),
                                     block)) != 0);
}

static bool registers_above(void)
{
    bool good = true;

    for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
        for (uint32_t name = registers[i].first; name <= registers[i].last; name++)
            for (uint64_t vtl = 1; vtl < 4; vtl++)
                good &= try_register(name, HV_VP_SELF, vtl) & try_register(name, 1, vtl);
    return good;
}

/* What would take VTL2's grip off VTL0. */
static bool configuration(void)
{
    static const uint32_t names[] = {0x000d0007, 0x000d0010, 0x000d0011, 0x000d0003, 0x000d0004,
                                     0x000d0006};
    bool good = true;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        for (uint64_t value = 0; value < 0x100; value += 0x11)
            good &= hv_set(HV_NATIVE, names[i], value) != 0;
    return good;
}

/* --- Protections --------------------------------------------------------------------------- */

static bool protections(void)
{
    bool good = true;

    for (uint64_t vtl = 0; vtl < 0x20; vtl++)
        for (uint64_t rights = 0; rights < 0x20; rights += 0xf) {
            uint64_t block[16];

            good &= HV_STATUS(call_fast(CALL_MODIFY_PROTECTION | HV_REPS(1), HV_PARTITION_SELF,
                                        rights | vtl << 32, vault() / PAGE, block)) != 0;
        }
    return good;
}

/* A flood of refusals: the log has an end. */
static bool refusals(void)
{
    for (unsigned i = 0; i < 20; i++)
        protections();
    return true;
}

/* That VTL0 may not have it, it may know; of which other VTLs, it may not. */
static bool asking(void)
{
    uint64_t block[16];
    bool good = HV_STATUS(call_fast(CALL_CHECK_ACCESS | HV_REPS(1), HV_PARTITION_SELF,
                                    (USE_VTL | 2) | 7ul << 8, vault() / PAGE, block)) != 0;

    call_fast(CALL_CHECK_ACCESS | HV_REPS(1), HV_PARTITION_SELF, USE_VTL | 7ul << 8,
              vault() / PAGE, block);
    return good & ((block[HV_NATIVE_OUTPUT] & 0xff) != 0);
}

/* --- VTLs and VPs -------------------------------------------------------------------------- */

static bool with_context(uint64_t code, uint64_t vp, uint64_t vtl)
{
    memset(page_of_ours, 0, PAGE);
    page_of_ours[0] = HV_PARTITION_SELF;
    page_of_ours[1] = vp | vtl << 32;
    page_of_ours[2] = (uintptr_t)with_context;
    return HV_STATUS(call_memory(code, (uintptr_t)page_of_ours, 0)) != 0;
}

static bool enabling(void)
{
    uint64_t block[16];
    bool good = HV_STATUS(call_fast(CALL_ENABLE_PARTITION_VTL, HV_PARTITION_SELF, 2, 0, block));

    for (uint64_t vp = 0; vp < 4; vp++)
        for (uint64_t vtl = 2; vtl < 16; vtl++)
            good &= with_context(CALL_ENABLE_VP_VTL, vp, vtl) &
                    with_context(CALL_START_VP, vp, vtl);
    return good & with_context(CALL_START_VP, 0, 0);
}

/* Vectors for a VP that is to come nowhere: CPU_OFF. */
__asm__(".section .text.hostile_off, \"ax\"\n\t.balign 0x800\nhostile_off:\n\t"
        ".rept 16\n\tmov w0, #2\n\tmovk w0, #0x8400, lsl #16\n\thvc #0\n\tb .\n\t.balign 0x80\n\t"
        ".endr\n\t.text");
extern const uint8_t hostile_off[];

static bool wait_until_off(unsigned vp)
{
    uint64_t until = counter() + 5 * counter_hz();

    while (psci(PSCI_AFFINITY_INFO, vp, 0, 0) != PSCI_OFF)
        if (counter() > until)
            return false;
    return true;
}

/* VP2's VTL2 sleeps; its VTL0 starts in VTL2's code, with vectors of ours. */
static bool start_in_vault(void)
{
    memset(page_of_ours, 0, PAGE);
    page_of_ours[0] = HV_PARTITION_SELF;
    page_of_ours[1] = 2;
    page_of_ours[2] = vault();
    page_of_ours[3] = (uintptr_t)hostile_border + PAGE; /* SP */
    page_of_ours[7] = (uintptr_t)hostile_off;           /* VBAR */
    return HV_STATUS(call_memory(CALL_START_VP, (uintptr_t)page_of_ours, 0)) == 0 &&
           wait_until_off(2);
}

static bool cpu_on_tricks(void)
{
    bool good = psci(PSCI_CPU_ON, 0, vault(), 0) == PSCI_ALREADY_ON;

    for (unsigned i = 0; i < 20; i++) {
        psci(PSCI_CPU_ON, 2, vault(), (uintptr_t)hostile_off);
        psci(PSCI_CPU_ON, 2, vault() + 8, (uintptr_t)hostile_off);
        good &= wait_until_off(2);
    }
    return good;
}

static volatile uint64_t checked[GUEST_MAX_VPS];

static void ask_vault(uint64_t vp)
{
    checked[vp] = 1 + vault_check();
}

/* VP2's VTL0 goes while its VTL2 sleeps, and comes back: VTL2 is where it was. */
static bool off_and_on(void)
{
    bool good = true;

    for (unsigned i = 0; i < 10; i++) {
        checked[2] = 0;
        good &= vp_start(2, ask_vault, 2) == PSCI_SUCCESS;
        wait_for(&checked[2], 1);
        good &= checked[2] == 1 && wait_until_off(2);
    }
    return good;
}

static bool reset_intercepted(void)
{
    vault_config(INTERCEPT_SYSTEM_RESET);
    vault_intercepts();
    psci(PSCI_SYSTEM_RESET, 0, 0, 0);
    psci(PSCI_SYSTEM_OFF, 0, 0, 0);
    psci(PSCI_SYSTEM_RESET2, 0, 0, 0);
    psci(PSCI_SYSTEM_RESET2_64, 0, 0, 0);
    return vault_intercepts() == 4;
}

/* --- Events and own registers -------------------------------------------------------------- */

/* VTL0 may do to itself what it likes; the VMM must live with it. */
static bool own_registers(void)
{
    static const uint64_t values[] = {0, UINT64_MAX, POISON, 1ul << 63, 0x55};

    for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
        for (uint32_t name = registers[i].first; name <= registers[i].last; name++) {
            struct hv_value before;

            /* Not those that end the run, or that this very code runs on. */
            if ((name >= 0x210 && name <= 0x215) || name == 0x00090002 ||
                (name >= 0x20000 && name <= 0x2100d) || name == 0x40002 || name == 0x4007b ||
                name == 0x4000c || name == 0x40080 || hv_get(HV_NATIVE, name, &before))
                continue;
            for (size_t j = 0; j < ARRAY_SIZE(values); j++)
                hv_set(HV_NATIVE, name, values[j]);
            hv_set(HV_NATIVE, name, before.low);
        }
    hv_set(HV_NATIVE, PENDING_EVENT0, 0);
    return true;
}

static void try_state(void *argument)
{
    hv_set(HV_NATIVE, PSTATE_NAME, *(uint64_t *)argument);
    sysreg_write(spsel, 1);
    __asm__ volatile("msr daifset, #0xf");
}

static bool own_state(void)
{
    struct random random;

    random_seed(&random, counter());
    for (unsigned i = 0; i < 200; i++) {
        uint64_t state = random_next(&random) & 0xffffffff;
        struct exception seen;

        /* All modes but EL0t and EL1t, whose stack is another; all else at EL1h. */
        if (i < 16 && i != PSTATE_EL0T && i != PSTATE_EL1T)
            state = i;
        else
            state = (state & ~0x1ful) | PSTATE_EL1H;
        exception_expect(try_state, &state, &seen);
    }
    return true;
}

/* --- MMIO ---------------------------------------------------------------------------------- */

static void each_access(uint64_t address)
{
    uint64_t low, high;

    __asm__ volatile("ldr %0, [%1]" : "=r"(low) : "r"(address) : "memory");
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(low) : "r"(address) : "memory");
    __asm__ volatile("ldp %0, %1, [%2]" : "=&r"(low), "=&r"(high) : "r"(address) : "memory");
    __asm__ volatile("str %0, [%1]" : : "r"(POISON), "r"(address) : "memory");
    __asm__ volatile("stp %0, %0, [%1], #16" : : "r"(POISON), "r"(address) : "memory");
    __asm__ volatile("ldr q0, [%0]" : : "r"(address) : "memory");
    __asm__ volatile("str q0, [%0]" : : "r"(address) : "memory");
    __asm__ volatile("ld1 {v0.2d}, [%0]" : : "r"(address) : "memory");
    __asm__ volatile("st4 {v0.2d-v3.2d}, [%0]" : : "r"(address) : "memory");
    __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
}

static bool holes(void)
{
    vault_config(INTERCEPT_NOT_PRESENT);
    for (unsigned i = 0; i < FLOOD / 10; i++)
        each_access(HOLE_BASE + i * 0x1238);
    return true;
}

static bool exclusive_hole(void)
{
    uint64_t value;

    __asm__ volatile("ldxr %0, [%1]" : "=r"(value) : "r"((uint64_t)HOLE_BASE) : "memory");
    __asm__ volatile("stxr %w0, %1, [%2]"
                     : "=&r"(value)
                     : "r"(1ul), "r"((uint64_t)HOLE_BASE)
                     : "memory");
    return true;
}

static bool zero_hole(void)
{
    __asm__ volatile("dc zva, %0" : : "r"((uint64_t)HOLE_BASE) : "memory");
    return true;
}

static bool fetch_hole(void)
{
    ((void (*)(void))HOLE_BASE)();
    return false;
}

static bool end_of_memory(void)
{
    each_access(0x60000000 - 8);
    each_access(0x60000000);
    each_access(0x40000000 - 8);
    return true;
}

/* Registers of the GIC as nobody should access them. */
static void odd_gic(void *address)
{
    each_access((uintptr_t)address);
}

static bool gic(void)
{
    struct exception seen;

    for (uint64_t offset = 0; offset < 0x10000; offset += 0x804)
        exception_expect(odd_gic, (void *)(GICD_BASE + offset), &seen);
    for (uint64_t offset = 0; offset < 0x20000; offset += 0x1008)
        exception_expect(odd_gic, (void *)(GICR_BASE + offset), &seen);
    for (uint64_t offset = 0; offset < 0x20000; offset += 0x1008)
        exception_expect(odd_gic, (void *)(GICR_BASE + 7 * GICR_SIZE + offset), &seen);
    return true;
}

static bool flood(void)
{
    const volatile uint64_t *secret = vault_address(VAULT_SECRET);

    vault_intercepts();
    for (unsigned i = 0; i < FLOOD; i++)
        (void)secret[9]; /* no writeback, which would be skipped */
    return vault_intercepts() == FLOOD;
}

const struct attack call_attacks[] = {
    {"hypercall input in the vault", input_in_vault},
    {"hypercall output in the vault", output_in_vault},
    {"assist, message and reference pages in the vault", pages_in_vault},
    {"translating the vault", translate_vault},
    {"translating by tables in the vault", translate_by_vault},
    {"registers of higher VTLs", registers_above},
    {"VSM's configuration", configuration},
    {"protections", protections},
    {"asking about protections", asking},
    {"enabling and starting VTL2", enabling},
    {"starting VTL0 in the vault", start_in_vault},
    {"CPU_ON while VTL2 sleeps", cpu_on_tricks},
    {"CPU_OFF while VTL2 sleeps", off_and_on},
    {"reset and power off are VTL2's", reset_intercepted},
    {"own registers, any value", own_registers},
    {"own PSTATE, any value", own_state},
    {"the GIC, in odd ways", gic},
    {"holes in memory", holes},
    {"exclusives on a hole", exclusive_hole},
    {"DC ZVA on a hole", zero_hole},
    {"fetch from a hole", fetch_hole},
    {"around the end of memory", end_of_memory},
    {"a flood of intercepts", flood},
    {"a flood of refusals", refusals},
};
const size_t call_attack_count = ARRAY_SIZE(call_attacks);
