/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VTL2 and its vault: see hostile.h. */
#include "tests/guest/hostile.h"

#define MODIFY_VTL_PROTECTION_MASK 0x000cul
#define USE_VTL 0x10ul

#define PC_NAME 0x00020022u
#define PSTATE_NAME 0x00020023u
#define SCTLR_NAME 0x00040002u
#define TTBR0_NAME 0x00040005u
#define ESR_NAME 0x00040008u
#define VBAR_NAME 0x0004000cu
#define MDSCR_NAME 0x0005004du
#define VP_ASSIST_PAGE 0x00090013u
#define SINT0 0x000a0000u
#define SCONTROL 0x000a0010u
#define SIMP 0x000a0013u
#define EOM 0x000a0014u
#define VSM_PARTITION_CONFIG 0x000d0007u
#define PENDING_EVENT0 0x00010004u
#define ENABLE 1ul
#define ENABLE_PROTECTION 0x3ful
#define SINT_POLLING_VECTOR (1ul << 18 | 0x12ul)

#define ENTRY_CALL 1
#define ASSIST_REASON 8
#define FLAG_PENDING 1
#define SYNDROME_S1PTW (1ul << 7)
#define VTL2_BASE 0x58000000ul /* its memory, with --memory 512M */
#define VTL2_SIZE 0x08000000ul
#define VTL0_BASE 0x40200000ul /* the payload's */
#define STXR_W5_X3_X7 0xc8057ce3c8057ce3ul /* two of them */
#define HVC_3 0xd4000062d4000062ul
#define DESCRIPTOR (VTL0_BASE | 0x307ul) /* valid, inner shareable, normal memory, no access flag */

#define WORDS (PAGE / 8)
/* So many intercepts in one attack are a flood: VTL0 is thrown out of it. */
#define PATIENCE 20000

enum command {
    COMMAND_CHECK = 1,
    COMMAND_ADDRESS,
    COMMAND_RIGHTS,
    COMMAND_TAKE,
    COMMAND_WATCH,
    COMMAND_CONFIG,
};

/* Of each VP. */
static struct guard {
    struct shared shared;
    uint64_t intercepts, reported;
    unsigned wrong;     /* seen since the last check */
    uint64_t registers[8];
    uint64_t vbar, sctlr; /* of VTL0, for throwing it out */
} guards[GUEST_MAX_VPS];

static uint64_t vault[VAULT_PAGES][WORDS] __attribute__((aligned(0x4000)));
static uint64_t assist_pages[GUEST_MAX_VPS][WORDS] __attribute__((aligned(4096)));
static uint64_t message_pages[GUEST_MAX_VPS][WORDS] __attribute__((aligned(4096)));
static uint64_t protect_pages[GUEST_MAX_VPS][WORDS] __attribute__((aligned(4096)));
static uint64_t vectors[GUEST_MAX_VPS][64] __attribute__((aligned(16)));
static uint64_t watched_copy[WORDS];
static volatile uint64_t *taken, *watched;
static uint64_t secret;
static volatile uint64_t config = ENABLE_PROTECTION;
static volatile uint64_t up[GUEST_MAX_VPS];
static struct lock turn;

/* --- The vault ----------------------------------------------------------------------------- */

/* Begins with text, which would be readable in a log. */
static void fill_secret(volatile uint64_t *page)
{
    memcpy((void *)page, "TOP-SECRET-VTL2 ", 16);
    for (unsigned i = 2; i < WORDS; i++)
        page[i] = secret;
}

static bool is_secret(const volatile uint64_t *page)
{
    if (memcmp((const void *)page, "TOP-SECRET-VTL2 ", 16))
        return false;
    for (unsigned i = 2; i < WORDS; i++)
        if (page[i] != secret)
            return false;
    return true;
}

static bool is_full_of(const volatile uint64_t *page, uint64_t value)
{
    for (unsigned i = 0; i < WORDS; i++)
        if (page[i] != value)
            return false;
    return true;
}

static void fill(volatile uint64_t *page, uint64_t value)
{
    for (unsigned i = 0; i < WORDS; i++)
        page[i] = value;
}

static void fill_vault(void)
{
    secret = (counter() | 1) * 0x9e3779b97f4a7c15ul;
    fill_secret(vault[VAULT_SECRET]);
    fill(vault[VAULT_DESCRIPTORS], DESCRIPTOR);
    fill(vault[VAULT_STORES], STXR_W5_X3_X7);
    fill(vault[VAULT_CALLS], HVC_3);
}

static unsigned look_after_memory(void)
{
    unsigned wrong = 0;

    if (!is_secret(vault[VAULT_SECRET]) ||
        !is_full_of(vault[VAULT_DESCRIPTORS], DESCRIPTOR) ||
        !is_full_of(vault[VAULT_STORES], STXR_W5_X3_X7) || !is_full_of(vault[VAULT_CALLS], HVC_3))
        wrong |= WRONG_VAULT;
    if ((taken && !is_secret(taken)) ||
        (watched && memcmp((const void *)watched, watched_copy, PAGE)))
        wrong |= WRONG_BORDER;
    return wrong;
}

/* --- VTL2's own state ---------------------------------------------------------------------- */

static void read_registers(uint64_t registers[8])
{
    registers[0] = sysreg_read(sctlr_el1);
    registers[1] = sysreg_read(ttbr0_el1);
    registers[2] = sysreg_read(tcr_el1);
    registers[3] = sysreg_read(vbar_el1);
    registers[4] = sysreg_read(tpidr_el1);
    registers[5] = sysreg_read(sp_el0);
    registers[6] = sysreg_read(daif);
    registers[7] = sysreg_read(elr_el1);
}

static bool reads_as(uint32_t name, uint64_t value)
{
    struct hv_value now = {0};

    return hv_get(HV_NATIVE, name, &now) == 0 && now.low == value;
}

static unsigned look_after_registers(const struct guard *guard)
{
    uint64_t now[8];
    unsigned vp = guest_vp(), wrong = 0;

    read_registers(now);
    if (memcmp(now, guard->registers, sizeof(now)))
        wrong |= WRONG_REGISTERS;
    if (!reads_as(VP_ASSIST_PAGE, (uintptr_t)assist_pages[vp] | ENABLE) ||
        !reads_as(SIMP, (uintptr_t)message_pages[vp] | ENABLE) ||
        !reads_as(SINT0, SINT_POLLING_VECTOR) || !reads_as(SCONTROL, ENABLE) ||
        !reads_as(VSM_PARTITION_CONFIG, config) || !reads_as(PENDING_EVENT0, 0))
        wrong |= WRONG_SYNTHETIC;
    return wrong;
}

/* --- The secret at VTL0 -------------------------------------------------------------------- */

static void read_vectors(uint64_t *values)
{
    __asm__ volatile(".arch_extension simd\n\t"
                     "st1 {v0.2d-v3.2d}, [%0], #64\n\tst1 {v4.2d-v7.2d}, [%0], #64\n\t"
                     "st1 {v8.2d-v11.2d}, [%0], #64\n\tst1 {v12.2d-v15.2d}, [%0], #64\n\t"
                     "st1 {v16.2d-v19.2d}, [%0], #64\n\tst1 {v20.2d-v23.2d}, [%0], #64\n\t"
                     "st1 {v24.2d-v27.2d}, [%0], #64\n\tst1 {v28.2d-v31.2d}, [%0], #64"
                     : "+r"(values)
                     :
                     : "memory");
}

static bool holds_secret(const volatile uint64_t *words, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (words[i] == secret)
            return true;
    return false;
}

static void search_registers(struct guard *guard)
{
    uint64_t *values = vectors[guest_vp()];

    read_vectors(values);
    if (holds_secret(guard->shared.x, ARRAY_SIZE(guard->shared.x)) || holds_secret(values, 64))
        guard->wrong |= WRONG_LEAK;
}

static unsigned search_memory(void)
{
    for (uint64_t page = VTL0_BASE; page < VTL0_BASE + GUEST_SIZE; page += PAGE)
        if (page != (uintptr_t)taken && holds_secret((const volatile uint64_t *)page, WORDS))
            return WRONG_LEAK;
    return 0;
}

/* --- Services ------------------------------------------------------------------------------ */

static uint64_t protect(uint64_t page, uint64_t count, uint64_t rights)
{
    uint64_t *input = protect_pages[guest_vp()];
    uint64_t result = 0;

    while (count && HV_STATUS(result) == 0) {
        uint64_t part = count < WORDS - 2 ? count : WORDS - 2;
        uint64_t block[16] = {(uintptr_t)input};

        input[0] = HV_PARTITION_SELF;
        input[1] = rights;
        for (uint64_t i = 0; i < part; i++)
            input[2 + i] = page + i;
        result = hv_call(HV_NATIVE, MODIFY_VTL_PROTECTION_MASK | HV_REPS(part), block);
        page += part;
        count -= part;
    }
    return result;
}

static uint64_t lower_get(unsigned vtl, uint32_t name)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF | (USE_VTL | vtl) << 32, name};

    hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
    return block[HV_NATIVE_OUTPUT];
}

static void lower_set(unsigned vtl, uint32_t name, uint64_t value)
{
    uint64_t block[16] = {HV_PARTITION_SELF, HV_VP_SELF | (USE_VTL | vtl) << 32, name, 0, value};
    uint64_t result = hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);

    check(HV_STATUS(result) == 0, "vault: setting 0x%x of VTL%u: 0x%lx", name, vtl, result);
}

static unsigned look_after_all(struct guard *guard)
{
    unsigned wrong = guard->wrong | look_after_memory() | look_after_registers(guard) |
                     search_memory();

    guard->wrong = 0;
    guard->reported = guard->intercepts;
    guard->intercepts = 0;
    return wrong;
}

static bool is_own(uint64_t address)
{
    return address - VTL2_BASE < VTL2_SIZE || address == (uintptr_t)taken;
}

static void take(uint64_t page)
{
    taken = (volatile uint64_t *)page;
    fill_secret(taken);
    protect(page / PAGE, 1, 0);
}

static void watch(uint64_t page)
{
    memcpy(watched_copy, (const void *)page, PAGE);
    watched = (volatile uint64_t *)page;
}

static uint64_t configure(uint64_t bits)
{
    config |= bits;
    return hv_set(HV_NATIVE, VSM_PARTITION_CONFIG, config);
}

static uint64_t obey(struct guard *guard, uint64_t *x)
{
    switch (x[1]) {
    case COMMAND_CHECK:
        x[1] = look_after_all(guard);
        x[2] = guard->reported;
        return x[1];
    case COMMAND_ADDRESS:
        if (!guard->vbar) {
            guard->vbar = lower_get(0, VBAR_NAME);
            guard->sctlr = lower_get(0, SCTLR_NAME);
        }
        return x[2] < VAULT_PAGES ? (uintptr_t)vault[x[2]] : 0;
    case COMMAND_RIGHTS:
        return is_own(x[2]) ? UINT64_MAX : protect(x[2] / PAGE, 1, x[3]);
    case COMMAND_TAKE:
        take(x[2]);
        return 0;
    case COMMAND_WATCH:
        watch(x[2]);
        return 0;
    case COMMAND_CONFIG:
        return configure(x[2]);
    default:
        return UINT64_MAX;
    }
}

/* --- Intercepts ---------------------------------------------------------------------------- */

static bool take_message(struct intercept *message)
{
    struct intercept *slot = (struct intercept *)message_pages[guest_vp()];

    if (!slot->type)
        return false;
    memcpy(message, slot, sizeof(*message));
    __asm__ volatile("dmb sy" : : : "memory");
    *(volatile uint32_t *)&slot->type = 0;
    __asm__ volatile("dmb sy" : : : "memory");
    if (message->flags & FLAG_PENDING)
        hv_set(HV_NATIVE, EOM, 0);
    return true;
}

/*
 * To VTL0's vectors, as they and SCTLR_EL1 were at first; X18 is where it was. A VP that has none
 * goes on where X0 says, its argument from CPU_ON.
 */
static void throw_out(const struct guard *guard, unsigned vtl, const struct intercept *message)
{
    uint64_t vbar = guard->vbar ? guard->vbar : lower_get(vtl, VBAR_NAME);

    lower_set(vtl, SCTLR_NAME, guard->vbar ? guard->sctlr : lower_get(vtl, SCTLR_NAME) & ~1ul);
    lower_set(vtl, VBAR_NAME, vbar);
    lower_set(vtl, ESR_NAME, THROWN_OUT);
    lower_set(vtl, MDSCR_NAME, 0);
    lower_set(vtl, 0x00020012u, message->pc);
    lower_set(vtl, PSTATE_NAME, PSTATE_DAIF | PSTATE_EL1H);
    lower_set(vtl, PC_NAME, vbar ? vbar + VECTOR_EL1H : guard->shared.x[0]);
}

static void deal_with(struct guard *guard, const struct intercept *message)
{
    unsigned vtl = message->state >> 4;
    bool fetch = message->type != INTERCEPT_RESET && message->access == INTERCEPT_EXECUTE;
    bool walk = message->type == INTERCEPT_PROTECTION && message->syndrome & SYNDROME_S1PTW;

    guard->intercepts++;
    if (fetch || walk || guard->intercepts % PATIENCE == 0 || !message->info)
        throw_out(guard, vtl, message);
    else
        lower_set(vtl, PC_NAME, message->pc + 4);
}

static void skip_reset(struct guard *guard, const struct intercept *message)
{
    guard->intercepts++;
    lower_set(message->state >> 4, PC_NAME, message->pc + 4);
}

static void prepare(struct guard *guard)
{
    unsigned vp = guest_vp();

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_pages[vp] | ENABLE);
    hv_set(HV_NATIVE, SIMP, (uintptr_t)message_pages[vp] | ENABLE);
    hv_set(HV_NATIVE, SINT0, SINT_POLLING_VECTOR);
    hv_set(HV_NATIVE, SCONTROL, ENABLE);
    sysreg_write(tpidr_el1, secret ^ vp);
    read_registers(guard->registers);
}

static noreturn void serve(void)
{
    struct guard *guard = &guards[guest_vp()];
    const volatile uint32_t *reason =
        (const volatile uint32_t *)((uint8_t *)assist_pages[guest_vp()] + ASSIST_REASON);

    prepare(guard);
    signal_value(&up[guest_vp()], 1);
    for (;;) {
        struct intercept message;

        vtl_run_lower(&guard->shared);
        search_registers(guard);
        if (*reason == ENTRY_CALL) {
            lock_take(&turn);
            guard->shared.x[1] = obey(guard, guard->shared.x);
            lock_give(&turn);
        } else if (take_message(&message)) {
            if (message.type == INTERCEPT_RESET)
                skip_reset(guard, &message);
            else
                deal_with(guard, &message);
        }
    }
}

static void serve_on_others(uint64_t context)
{
    (void)context;
    serve();
}

void vault_serve(void)
{
    uint64_t vps = argument_number("vps", 3);

    fill_vault();
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    hv_set(HV_NATIVE, VSM_PARTITION_CONFIG, config);
    check(HV_STATUS(protect(VTL2_BASE / PAGE, VTL2_SIZE / PAGE, 0)) == 0, "closing the vault");
    for (unsigned vp = 1; vp < vps; vp++) {
        vp_start(vp, serve_on_others, 0);
        wait_for(&up[vp], 1);
    }
    serve();
}

/* --- At VTL0 ------------------------------------------------------------------------------- */

static __attribute__((noinline)) uint64_t command(enum command what, uint64_t a, uint64_t b,
                                                  uint64_t *out)
{
    register uint64_t x0 __asm__("x0") = 0;
    register uint64_t x1 __asm__("x1") = what;
    register uint64_t x2 __asm__("x2") = a;
    register uint64_t x3 __asm__("x3") = b;

    __asm__ volatile("hvc #2" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    if (out)
        *out = x2;
    return x1;
}

static uint64_t intercepts[GUEST_MAX_VPS];

unsigned vault_check(void)
{
    return (unsigned)command(COMMAND_CHECK, 0, 0, &intercepts[guest_vp()]);
}

uint64_t vault_intercepts(void)
{
    vault_check();
    return intercepts[guest_vp()];
}

uint64_t *vault_address(enum vault_page page)
{
    return (uint64_t *)command(COMMAND_ADDRESS, page, 0, NULL);
}

uint64_t vault_rights(const volatile void *address, unsigned rights)
{
    return command(COMMAND_RIGHTS, (uintptr_t)address, rights, NULL);
}

void vault_take(const volatile void *page)
{
    command(COMMAND_TAKE, (uintptr_t)page, 0, NULL);
}

void vault_watch(const volatile void *page)
{
    command(COMMAND_WATCH, (uintptr_t)page, 0, NULL);
}

uint64_t vault_config(uint64_t bits)
{
    return command(COMMAND_CONFIG, bits, 0, NULL);
}
