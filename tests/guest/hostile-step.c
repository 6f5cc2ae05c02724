/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attacks on what the VMM does by itself for VTL0: it looks at instructions and tables, carries
 * out exclusives, opens a page without the right to execute for one instruction. See hostile.h.
 */
#include "tests/guest/hostile.h"

#define ALIAS MMU_LOW_ALIAS
#define TABLE_ADDRESS 0x0000fffffffff000ul
#define TABLE 3ul
#define ENTRY_PAGE 0x707ul /* normal memory, inner shareable, accessed */
#define ENTRY_READ_ONLY (1ul << 7)
#define PENDING_EVENT0 0x00010004u
#define MDSCR_SS 1ul
#define SGI 5
#define SECONDS 2 /* that a race lasts */

/* Instructions, as code that is written. */
#define NOP 0xd503201fu
#define RET 0xd65f03c0u
#define ERET 0xd69f03e0u
#define WFI 0xd503207fu
#define WFE 0xd503205fu
#define ISB 0xd5033fdfu
#define BRK 0xd4200000u
#define HVC_0 0xd4000002u
#define SVC_0 0xd4000001u
#define MOV_X27_42 0xd280055bu /* mov x27, #42 */
#define LDR_X1_X2 0xf9400041u  /* ldr x1, [x2] */
#define STR_X1_X2 0xf9000041u
#define LDXR_X3_X7 0xc85f7ce3u
#define MARK 42

static uint32_t code[PAGE / 4] __attribute__((aligned(4096)));
static uint64_t tables[PAGE / 8] __attribute__((aligned(4096)));

static void write_code(uint32_t *where, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        where[i] = words[i];
    code_written(where, count * sizeof(*where));
}

static void forget_translations(void)
{
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
}

/* X0 to X7 as given, X27 0; what X5 and X27 are then, if it comes back. */
struct call {
    uint64_t x[8];
    uint64_t x5, x27;
};

static __attribute__((noipa)) void call_with(struct call *call, const volatile void *address)
{
    register struct call *x8 __asm__("x8") = call;
    register const volatile void *x9 __asm__("x9") = address;

    __asm__ volatile("stp x29, x30, [sp, #-32]!\n\tstr x8, [sp, #16]\n\tmov x27, #0\n\t"
                     "ldp x0, x1, [x8]\n\tldp x2, x3, [x8, #16]\n\t"
                     "ldp x4, x5, [x8, #32]\n\tldp x6, x7, [x8, #48]\n\t"
                     "blr x9\n\t"
                     "ldr x8, [sp, #16]\n\tstp x5, x27, [x8, #64]\n\tldp x29, x30, [sp], #32"
                     : "+r"(x8), "+r"(x9)
                     :
                     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17", "x27", "memory");
}

struct try {
    struct call call;
    const volatile void *address;
};

static void begin_try(void *argument)
{
    struct try *try = argument;

    call_with(&try->call, try->address);
}

/* True if it was not allowed to come to its end. */
static bool is_stopped(struct try *try, struct exception *seen)
{
    bool stopped = exception_expect(begin_try, try, seen);

    if (stopped) {
        try->call.x5 = seen->x[5];
        try->call.x27 = seen->x[27];
    }
    return stopped;
}

/* Maps ALIAS, a page of @pa, by a table that is @last. */
static volatile uint64_t *map_alias(uint64_t *last, uint64_t entry)
{
    uint64_t *root, *middle;

    mmu_map(ALIAS, (uintptr_t)code & -0x10000ul, 0x10000);
    mmu_on();
    root = (uint64_t *)(sysreg_read(ttbr0_el1) & TABLE_ADDRESS);
    middle = (uint64_t *)(root[ALIAS >> 30 & 0x1ff] & TABLE_ADDRESS);
    middle[ALIAS >> 21 & 0x1ff] = (uintptr_t)last | TABLE;
    last[ALIAS >> 12 & 0x1ff] = entry;
    forget_translations();
    return &last[ALIAS >> 12 & 0x1ff];
}

/* --- Looking at code ----------------------------------------------------------------------- */

/*
 * After a load-exclusive from a page rw- the VMM looks at each instruction, whether it is a
 * store-exclusive. VTL0 goes on in the vault, where such are.
 */
static bool vault_executed_for_exclusive(void)
{
    static const uint32_t jump[] = {LDXR_X3_X7, 0xd61f0020 /* br x1 */};
    struct try try = {.address = code};
    struct exception seen;

    write_code(code, jump, 2);
    try.call.x[5] = POISON;
    try.call.x[7] = (uintptr_t)hostile_data;
    for (unsigned offset = 0; offset < 4; offset += 2) {
        try.call.x[1] = (uintptr_t)vault_address(VAULT_STORES) + offset;
        if (!is_stopped(&try, &seen) || try.call.x5 != POISON ||
            (offset == 0 && seen.x[18] != try.call.x[1]))
            return false;
    }
    return true;
}

/* The same by tables in the vault: what do they lead to? */
static bool vault_tables_for_exclusive(void)
{
    static const uint32_t words[] = {LDXR_X3_X7, 0xd5182022 /* msr ttbr1_el1, x2 */,
                                     0xc8057c26 /* stxr w5, x6, [x1] */, RET};
    struct try try = {.address = code};
    struct exception seen;

    mmu_on();
    write_code(code, words, 4);
    try.call.x[1] = MMU_HIGH_ALIAS;
    try.call.x[2] = (uintptr_t)vault_address(VAULT_DESCRIPTORS);
    try.call.x[5] = POISON;
    try.call.x[7] = (uintptr_t)hostile_data;
    is_stopped(&try, &seen);
    return try.call.x5 == POISON || try.call.x5 == 1;
}

/* A store-exclusive that the tables of VTL0 do not allow is not carried out. */
static bool read_only_exclusive(void)
{
    static const uint32_t words[] = {LDXR_X3_X7, 0xc8057ce6 /* stxr w5, x6, [x7] */, RET};
    struct try try = {.address = code};
    struct exception seen;
    volatile uint64_t *data = (volatile uint64_t *)hostile_data;

    write_code(code, words, 3);
    data[0] = 1;
    map_alias(tables, (uintptr_t)hostile_data | ENTRY_PAGE | ENTRY_READ_ONLY);
    try.call.x[6] = POISON;
    try.call.x[7] = ALIAS;
    /* It faults, or fails as one does that has lost its monitor. */
    return (is_stopped(&try, &seen) || try.call.x5 == 1) && data[0] == 1;
}

/*
 * The VMM reads the immediate of an HVC from memory. Code changes its own mapping to the vault,
 * without telling the processor, before it calls.
 */
static bool vault_read_for_call(void)
{
    static const uint32_t words[] = {STR_X1_X2, HVC_0, HVC_0, RET};
    struct try try = {.address = (void *)ALIAS};
    struct exception seen;
    volatile uint64_t *entry = map_alias(tables, (uintptr_t)code | ENTRY_PAGE);

    write_code(code, words, 4);
    try.call.x[0] = PSCI_VERSION;
    try.call.x[1] = (uintptr_t)vault_address(VAULT_CALLS) | ENTRY_PAGE;
    try.call.x[2] = (uintptr_t)entry;
    /* What is in the vault, VTL returns, would be an undefined instruction. */
    return !is_stopped(&try, &seen) || ESR_EC(seen.esr) != ESR_EC_UNKNOWN;
}

/* --- The stepped instruction --------------------------------------------------------------- */

static void use_stepped_code(void)
{
    map_alias((uint64_t *)hostile_data, (uintptr_t)code | ENTRY_PAGE);
}

/* Its fetch needs a walk through a page rw-, which is opened for it. */
static bool step_odd_instructions(void)
{
    static const uint32_t odd[] = {NOP, ISB, WFE, BRK, SVC_0, HVC_0, ERET, 0x00000000 /* udf */,
                                   0xd4600000 /* hlt */, 0xd503203f /* yield */,
                                   0xd4000003 /* smc */, 0xd4000042 /* hvc #2 */,
                                   0xd4000062 /* hvc #3 */, 0xd508871f /* tlbi vmalle1 */};
    struct exception seen;

    use_stepped_code();
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        uint32_t words[] = {odd[i], RET};
        struct try try = {.address = (void *)ALIAS};

        write_code(code, words, 2);
        sysreg_write(elr_el1, (uintptr_t)hostile_data + 0x800);
        sysreg_write(spsr_el1, PSTATE_DAIF | PSTATE_EL1H);
        forget_translations();
        is_stopped(&try, &seen);
        if (!(sysreg_read(sctlr_el1) & 1))
            use_stepped_code();
    }
    return true;
}

/* With software step and breakpoints of VTL0's own. */
static bool step_while_stepping(void)
{
    struct try try = {.address = code};
    static const uint32_t words[] = {LDR_X1_X2, LDR_X1_X2, STR_X1_X2, RET};
    struct exception seen;

    write_code(code, words, 4);
    sysreg_write(mdscr_el1, MDSCR_SS | 1ul << 13 | 1ul << 15);
    __asm__ volatile("msr daifclr, #8");
    try.call.x[2] = (uintptr_t)hostile_data;
    for (unsigned i = 0; i < 20; i++)
        is_stopped(&try, &seen);
    __asm__ volatile("msr daifset, #15");
    sysreg_write(mdscr_el1, 0);
    return true;
}

/* Things other than a store after a load-exclusive. */
static bool exclusive_without_store(void)
{
    static const uint32_t odd[] = {NOP, BRK, SVC_0, HVC_0, WFE, 0xd4000042 /* hvc #2 */};
    struct exception seen;

    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        uint32_t words[] = {LDXR_X3_X7, odd[i], LDXR_X3_X7, odd[i], RET};
        struct try try = {.address = code};

        write_code(code, words, 5);
        try.call.x[1] = 1; /* the vault's check, for hvc #2 */
        try.call.x[7] = (uintptr_t)hostile_data;
        is_stopped(&try, &seen);
    }
    return true;
}

const struct attack step_attacks[] = {
    {"code of the vault, after a load-exclusive", vault_executed_for_exclusive},
    {"tables in the vault, after a load-exclusive", vault_tables_for_exclusive},
    {"store-exclusive to a page that stage 1 has read-only", read_only_exclusive},
    {"an HVC whose code is the vault by now", vault_read_for_call},
    {"odd instructions, stepped", step_odd_instructions},
    {"software step of VTL0's own", step_while_stepping},
    {"load-exclusive, and then no store", exclusive_without_store},
};
const size_t step_attack_count = ARRAY_SIZE(step_attacks);

/* --- Races --------------------------------------------------------------------------------- */

static uint64_t race_end;

static void begin_race(void)
{
    race_end = counter() + SECONDS * counter_hz();
}

static bool race_goes_on(void)
{
    return counter() < race_end;
}

static uint8_t other_page[PAGE] __attribute__((aligned(4096)));

/* VTL2 changes protections all the time, on VP2. */
static void change_protections(void)
{
    while (helper_goes_on())
        for (unsigned rights = 0; rights < 8; rights += 7)
            check(HV_STATUS(vault_rights(other_page, rights)) == 0, "VTL2 protects");
}

/* VP1 makes an exception happen to VP0 each time that it is ready. */
static volatile uint64_t ready;

static void send_events(void)
{
    uint64_t block[16];

    while (helper_goes_on()) {
        if (!ready)
            continue;
        ready = 0;
        memset(block, 0, sizeof(block));
        block[0] = HV_PARTITION_SELF;
        block[1] = 0; /* VP0 */
        block[2] = PENDING_EVENT0;
        block[4] = 1;
        block[5] = 0x25ul << 26;
        hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
    }
}

/*
 * VP0's vectors are in a page rw-, which the VMM opens for each load from it: if an exception comes
 * in that moment, is its handler executed?
 */
static bool vectors_in_data(void)
{
    static const uint32_t handler[] = {MOV_X27_42, RET};
    static const uint32_t loads[] = {LDR_X1_X2, 0x17ffffff /* b .-4 */};
    uint64_t ours = sysreg_read(vbar_el1);
    unsigned stopped = 0;
    bool good = true;

    for (unsigned i = 0; i < 16; i++)
        write_code((uint32_t *)(hostile_data + 0x80 * i), handler, 2);
    write_code(code, loads, 2);
    helper_start(1, send_events);
    helper_start(2, change_protections);
    begin_race();
    while (race_goes_on() && good) {
        struct try try = {.address = code};
        struct exception seen;

        try.call.x[2] = (uintptr_t)hostile_data + 0x800;
        sysreg_write(vbar_el1, (uintptr_t)hostile_data);
        ready = 1;
        good = is_stopped(&try, &seen) && try.call.x27 != MARK;
        stopped++;
        sysreg_write(vbar_el1, ours);
    }
    good &= helper_stop();
    print("%u exceptions\n", stopped);
    hv_set(HV_NATIVE, PENDING_EVENT0, 0);
    return good;
}

/* VP1, at VTL2, must get through while VP0 waits for an interrupt in the middle of a step. */
static volatile uint64_t changes;

static void change_and_wake(void)
{
    uint64_t until = counter() + counter_hz() / 5;

    while (counter() < until)
        continue;
    for (unsigned i = 0; i < 20; i++) {
        vault_rights(other_page, i & 1 ? RWX : R | X);
        changes++;
    }
    gic_send(0, SGI);
    while (helper_goes_on())
        continue;
}

static bool sleep_in_step(void)
{
    static const uint32_t words[] = {WFI, RET};
    struct try try = {.address = (void *)ALIAS};
    struct exception seen;

    gic_init();
    gic_enable(SGI);
    use_stepped_code();
    write_code(code, words, 2);
    changes = 0;
    helper_start(1, change_and_wake);
    forget_translations();
    is_stopped(&try, &seen);
    wait_for(&changes, 20);
    return helper_stop();
}

static volatile uint64_t *flipped;
static uint64_t flips[2];

static void flip_mapping(void)
{
    while (helper_goes_on()) {
        *flipped = flips[0];
        *flipped = flips[1];
    }
}

static void flip_code(void)
{
    static const uint32_t words[] = {LDR_X1_X2, RET, STR_X1_X2, RET, LDXR_X3_X7, RET, NOP, RET};

    while (helper_goes_on())
        for (unsigned i = 0; i < 8; i += 2)
            write_code(code, words + i, 2);
}

/* One runs through a page whose code, or mapping, another changes; one of them is rw-. */
static bool run_flipped(const volatile void *address)
{
    static const uint32_t mark[] = {MOV_X27_42, RET};
    bool good = true;

    write_code((uint32_t *)hostile_data, mark, 2);
    begin_race();
    while (race_goes_on() && good) {
        struct try try = {.address = address};
        struct exception seen;

        if (!(sysreg_read(sctlr_el1) & 1))
            mmu_on();
        forget_translations();
        try.call.x[2] = try.call.x[7] = (uintptr_t)hostile_data + 0x800;
        is_stopped(&try, &seen);
        good = try.call.x27 != MARK;
    }
    return good & helper_stop();
}

static bool remapped_code(void)
{
    static const uint32_t words[] = {LDR_X1_X2, RET};

    flips[0] = (uintptr_t)code | ENTRY_PAGE;
    flips[1] = (uintptr_t)hostile_data | ENTRY_PAGE;
    flipped = map_alias(tables, flips[0]);
    write_code(code, words, 2);
    helper_start(1, flip_mapping);
    helper_start(2, change_protections);
    return run_flipped((void *)ALIAS);
}

static bool remapped_to_vault(void)
{
    flips[0] = (uintptr_t)code | ENTRY_PAGE;
    flips[1] = (uintptr_t)vault_address(VAULT_STORES) | ENTRY_PAGE;
    flipped = map_alias(tables, flips[0]);
    helper_start(1, flip_mapping);
    helper_start(2, flip_code);
    return run_flipped((void *)ALIAS);
}

static bool changed_code(void)
{
    mmu_on();
    helper_start(1, flip_code);
    helper_start(2, change_protections);
    return run_flipped(code);
}

/* The input page of a hypercall, and what VTL0 may do with it, change meanwhile. */
static void flip_rights(void)
{
    while (helper_goes_on())
        for (unsigned rights = 0; rights < 8; rights += 7)
            vault_rights(other_page, rights);
}

static bool changing_input(void)
{
    helper_start(1, flip_rights);
    begin_race();
    while (race_goes_on()) {
        uint64_t block[16] = {(uintptr_t)other_page, (uintptr_t)other_page + 256};

        hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_REPS(4), block);
        hv_set(HV_NATIVE, 0x000a0013u, (uintptr_t)other_page | 1);
        hv_set(HV_NATIVE, 0x00090017u, (uintptr_t)other_page | 1);
    }
    hv_set(HV_NATIVE, 0x000a0013u, 0);
    return helper_stop();
}

/* All VPs write to a page r-x while pages are being stepped on. */
static void write_read_only(void)
{
    volatile uint64_t *word = (volatile uint64_t *)hostile_code;

    while (helper_goes_on()) {
        word[9] = POISON;
        __asm__ volatile(".arch_extension lse\n\tstadd %0, [%1]"
                         :
                         : "r"(1ul), "r"(word + 17)
                         : "memory");
        __asm__ volatile("dc zva, %0" : : "r"(word + 64) : "memory");
        (void)*(volatile uint64_t *)hostile_data;
    }
}

static bool write_read_only_together(void)
{
    mmu_on();
    helper_start(1, write_read_only);
    helper_start(2, write_read_only);
    begin_race();
    while (race_goes_on()) {
        volatile uint64_t *data = (volatile uint64_t *)hostile_data;

        data[3]++;
        ((volatile uint64_t *)hostile_code)[5] = data[3];
    }
    return helper_stop();
}

/* They all fall over the border at once. */
static void hammer_vault(void)
{
    const volatile uint64_t *vault = vault_address(VAULT_SECRET);

    while (helper_goes_on()) {
        (void)vault[3];
        (void)((volatile uint64_t *)hostile_data)[5];
    }
}

static bool all_together(void)
{
    const volatile uint64_t *vault = vault_address(VAULT_SECRET);

    helper_start(1, hammer_vault);
    helper_start(2, change_protections);
    begin_race();
    while (race_goes_on())
        (void)vault[7];
    return helper_stop();
}

const struct attack race_attacks[] = {
    {"vectors in a page rw-, and events", vectors_in_data},
    {"WFI in the middle of a step", sleep_in_step},
    {"code remapped to a page rw-", remapped_code},
    {"code remapped to the vault", remapped_to_vault},
    {"code that changes", changed_code},
    {"hypercall pages whose rights change", changing_input},
    {"writes to a page r-x by all VPs", write_read_only_together},
    {"intercepts, steps and changes at once", all_together},
};
const size_t race_attack_count = ARRAY_SIZE(race_attacks);
