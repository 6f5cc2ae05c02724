/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attacks by instructions and by translation tables: see hostile.h. */
#include "tests/guest/hostile.h"

#define HIGH MMU_HIGH_ALIAS
#define TCR_HA (1ul << 39)
#define TCR_HD (1ul << 40)
#define TABLE 3ul
#define PAGE_ENTRY 0x707ul /* normal memory, inner shareable, accessed */
#define TABLE_ADDRESS 0x0000fffffffff000ul
#define PAR_FAILED 1ul

static const uint8_t *secret(void)
{
    return (const uint8_t *)vault_address(VAULT_SECRET);
}

/* --- Instructions -------------------------------------------------------------------------- */

/* X0 is the address; X1 to X3 come back as they were unless something came into them. */
#define ACCESS(name, instruction)                                                                  \
    static __attribute__((noipa)) uint64_t name(volatile void *address)                            \
    {                                                                                              \
        register volatile void *x0 __asm__("x0") = address;                                        \
        register uint64_t x1 __asm__("x1") = POISON;                                               \
        __asm__ volatile(".arch_extension lse\n\t.arch_extension rcpc\n\t"                         \
                         "mov x2, x1\n\tmov x3, x1\n\tdup v0.2d, x1\n\t" instruction               \
                         "\n\teor x2, x2, x3\n\tadd x1, x1, x2"                                    \
                         : "+r"(x0), "+r"(x1)                                                      \
                         :                                                                         \
                         : "x2", "x3", "x4", "x5", "memory");                                      \
        return x1;                                                                                 \
    }

/* Behind it, X1 is what it was if nothing was read. */
#define ROWS(ROW)                                                                                  \
    ROW(load_byte, "ldrb w1, [x0]")                                                               \
    ROW(load_word, "ldr w1, [x0]")                                                                \
    ROW(load_double, "ldr x1, [x0]")                                                               \
    ROW(load_unprivileged, "ldtr x1, [x0]")                                                        \
    ROW(load_acquire, "ldar x1, [x0]")                                                             \
    ROW(load_pair, "ldp x1, x2, [x0]")                                                             \
    ROW(load_pair_not_temporal, "ldnp x1, x2, [x0]")                                               \
    ROW(load_vector, "ldr q0, [x0]\n\tmov x1, v0.d[0]")                                            \
    ROW(load_vectors, "ldp q0, q1, [x0]\n\tmov x1, v0.d[0]")                                       \
    ROW(load_lane, "ld1 {v0.d}[0], [x0]\n\tmov x1, v0.d[0]")                                       \
    ROW(load_structure, "ld2 {v0.2d, v1.2d}, [x0]\n\tmov x1, v0.d[0]")                             \
    ROW(load_exclusive, "ldxr x1, [x0]\n\tclrex")                                                  \
    ROW(load_exclusive_pair, "ldaxp x1, x2, [x0]\n\tclrex")                                        \
    ROW(store_byte, "strb w1, [x0]")                                                               \
    ROW(store_double, "str x1, [x0]")                                                              \
    ROW(store_post, "str x1, [x0], #8")                                                            \
    ROW(store_unprivileged, "sttr x1, [x0]")                                                       \
    ROW(store_release, "stlr x1, [x0]")                                                            \
    ROW(store_pair, "stp x1, x1, [x0]")                                                            \
    ROW(store_vector, "str q0, [x0]")                                                              \
    ROW(store_structure, "st4 {v0.2d-v3.2d}, [x0]")                                                \
    ROW(store_exclusive, "ldxr x4, [sp]\n\tstxr w5, x1, [x0]")                                     \
    ROW(store_exclusive_alone, "clrex\n\tstxr w5, x1, [x0]")                                       \
    ROW(zero_block, "dc zva, x0")                                                                  \
    ROW(atomic_add, "ldadd x1, x2, [x0]")                                                          \
    ROW(atomic_add_unread, "stadd x1, [x0]")                                                       \
    ROW(atomic_swap, "swpal x1, x2, [x0]")                                                         \
    ROW(compare_and_swap, "cas x2, x1, [x0]")                                                      \
    ROW(invalidate, "dc ivac, x0")                                                                 \
    ROW(clean, "dc cvac, x0")                                                                      \
    ROW(clean_invalidate, "dc civac, x0")                                                          \
    ROW(clean_to_unification, "dc cvau, x0")                                                       \
    ROW(invalidate_instructions, "ic ivau, x0")                                                    \
    ROW(prefetch, "prfm pldl1keep, [x0]\n\tprfm pstl1keep, [x0]\n\tprfm plil1keep, [x0]")
ROWS(ACCESS)

static void return_from_el0(void)
{
    __asm__ volatile("svc #0");
}

/* Ends in an exception. */
static noreturn void run_at_el0(uint64_t (*body)(volatile void *address), volatile void *address)
{
    sysreg_write(elr_el1, (uintptr_t)body);
    sysreg_write(spsr_el1, PSTATE_DAIF | PSTATE_EL0T);
    sysreg_write(sp_el0, (uintptr_t)hostile_border + PAGE / 2);
    __asm__ volatile("mov x0, %0\n\tmov x30, %1\n\teret"
                     :
                     : "r"(address), "r"(return_from_el0)
                     : "x0", "x30", "memory");
    __builtin_unreachable();
}

struct at_el0 {
    uint64_t (*body)(volatile void *address);
    volatile void *address;
};

static void begin_el0(void *argument)
{
    const struct at_el0 *at_el0 = argument;

    run_at_el0(at_el0->body, at_el0->address);
}

static bool reads_nothing_at_el0(uint64_t (*body)(volatile void *address), volatile void *address)
{
    struct exception seen = {0};
    struct at_el0 at_el0 = {body, address};

    exception_expect(begin_el0, &at_el0, &seen);
    /* Unless it came to an exception of its own it has returned, by SVC, what it found. */
    return ESR_EC(seen.esr) != 0x15 || seen.x[0] == POISON;
}

/* What it does near the border with an alignment fault is none of ours. */
struct one_access {
    uint64_t (*body)(volatile void *address);
    volatile void *address;
    uint64_t result;
};

static void perform(void *argument)
{
    struct one_access *access = argument;

    access->result = access->body(access->address);
}

static bool reads_nothing(uint64_t (*body)(volatile void *address), const volatile void *address)
{
    struct one_access access = {body, (volatile void *)address, POISON};
    struct exception seen;

    return exception_expect(perform, &access, &seen) || access.result == POISON;
}

/* Before the border there are zeroes; with them comes nothing else. */
static bool reads_zeroes(uint64_t (*body)(volatile void *address), unsigned before)
{
    uint8_t *address = hostile_border + PAGE - before;
    struct one_access access = {body, address, POISON};
    struct exception seen;

    memset(hostile_border + PAGE - 64, 0, 64);
    return exception_expect(perform, &access, &seen) || access.result == POISON ||
           access.result == 0 || access.result == 2 * POISON;
}

/* Before the border, on it, at its end: none of the bytes behind it may come or change. */
static bool crosses_nothing(uint64_t (*body)(volatile void *address))
{
    bool good = true;

    for (unsigned before = 1; before < 16; before += 2) {
        good &= reads_zeroes(body, before);
        good &= reads_nothing(body, hostile_border + 2 * PAGE - before);
    }
    good &= reads_zeroes(body, 8);
    return good & reads_nothing(body, hostile_border + PAGE);
}

static bool try_everywhere(uint64_t (*body)(volatile void *address))
{
    bool good = reads_nothing(body, secret() + 64) & reads_nothing(body, secret() + 65) &
                crosses_nothing(body);

    if (!(sysreg_read(sctlr_el1) & 1))
        good &= reads_nothing_at_el0(body, (volatile void *)(secret() + 64));
    return good;
}

#define ATTACK(name, instruction)                                                                  \
    static bool attack_##name(void)                                                                \
    {                                                                                              \
        return try_everywhere(name);                                                               \
    }
ROWS(ATTACK)

/* --- Fetches ------------------------------------------------------------------------------- */

static void call(const volatile void *address)
{
    ((void (*)(void))(uintptr_t)address)();
}

static bool fetch_secret(void)
{
    call(secret());
    return false;
}

static bool fetch_misaligned(void)
{
    call(secret() + 2);
    return false;
}

static bool fetch_calls(void)
{
    call(vault_address(VAULT_CALLS));
    return false;
}

/* The last instruction before the border does nothing, and on it goes. */
static bool fetch_across(void)
{
    uint32_t *last = (uint32_t *)(hostile_border + PAGE) - 1;

    *last = 0xd503201f; /* nop */
    code_written(last, sizeof(*last));
    call(last);
    return false;
}

static uint64_t fetch_body(volatile void *address)
{
    call(address);
    return 0;
}

static bool fetch_at_el0(void)
{
    return sysreg_read(sctlr_el1) & 1 ||
           reads_nothing_at_el0(fetch_body, (volatile void *)secret());
}

/* --- Writing where reading is allowed ------------------------------------------------------ */

static bool write_code_page(void)
{
    static uint64_t (*const writers[])(volatile void *address) = {
        store_byte, store_double, store_release, store_pair, store_vector, store_structure,
        store_exclusive, store_exclusive_alone, zero_block, atomic_add, atomic_add_unread,
        atomic_swap, compare_and_swap, invalidate,
    };

    for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
        reads_nothing(writers[i], hostile_code + 64);
    return true;
}

static bool execute_data_page(void)
{
    uint32_t *code = (uint32_t *)hostile_data;

    code[0] = 0xd65f03c0; /* ret */
    code_written(code, sizeof(code[0]));
    call(code);
    return false;
}

#define ENTRY(name, instruction) {#name, attack_##name},

const struct attack access_attacks[] = {
    ROWS(ENTRY)
    {"fetch", fetch_secret},
    {"fetch at an odd place", fetch_misaligned},
    {"fetch of VTL returns", fetch_calls},
    {"fetch across the border", fetch_across},
    {"fetch at EL0", fetch_at_el0},
    {"writing to a page r-x", write_code_page},
    {"executing a page rw-", execute_data_page},
};
const size_t access_attack_count = ARRAY_SIZE(access_attacks);

/* --- Translation tables -------------------------------------------------------------------- */

static uint64_t own_tables[2][PAGE / 8] __attribute__((aligned(4096)));

static void forget_translations(void)
{
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
}

/* The upper half's tables, from level 1 on, are in the vault from @level on. */
static void use_vault_tables(unsigned level, bool updates, enum vault_page page)
{
    uint64_t vault = (uintptr_t)vault_address(page);

    mmu_on();
    if (updates)
        sysreg_write(tcr_el1, sysreg_read(tcr_el1) | TCR_HA | TCR_HD);
    memset(own_tables, 0, sizeof(own_tables));
    own_tables[0][0] = (level == 2 ? vault : (uintptr_t)own_tables[1]) | TABLE;
    own_tables[1][0] = vault | TABLE;
    sysreg_write(ttbr1_el1, level == 1 ? vault : (uintptr_t)own_tables[0]);
    forget_translations();
}

static uint64_t ask_processor(bool write)
{
    if (write)
        __asm__ volatile("at s1e1w, %0\n\tisb" : : "r"(HIGH) : "memory");
    else
        __asm__ volatile("at s1e1r, %0\n\tisb" : : "r"(HIGH) : "memory");
    return sysreg_read(par_el1);
}

static void load_high(void *result)
{
    *(uint64_t *)result = *(volatile uint64_t *)HIGH;
}

static void store_high(void *unused)
{
    (void)unused;
    *(volatile uint64_t *)HIGH = POISON;
}

static void fetch_high(void *unused)
{
    (void)unused;
    call((void *)HIGH);
}

static void at_high(void *result)
{
    *(uint64_t *)result = ask_processor(false);
}

static void at_high_write(void *result)
{
    *(uint64_t *)result = ask_processor(true);
}

/* None of them may come to its end, but for AT, which may fail. */
static bool walk_in_vault(unsigned level, bool updates, enum vault_page page)
{
    static void (*const bodies[])(void *) = {load_high, store_high, fetch_high, at_high,
                                             at_high_write};
    bool good = true;

    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        uint64_t result = PAR_FAILED;
        struct exception seen;

        use_vault_tables(level, updates, page);
        if (!exception_expect(bodies[i], &result, &seen))
            good &= i >= 3 && result & PAR_FAILED;
        hostile_mmu_off();
    }
    return good;
}

#define WALK(level)                                                                                \
    static bool walk_##level(void)                                                                 \
    {                                                                                              \
        return walk_in_vault(level, false, VAULT_SECRET) &                                         \
               walk_in_vault(level, false, VAULT_DESCRIPTORS) &                                    \
               walk_in_vault(level, true, VAULT_DESCRIPTORS);                                      \
    }
WALK(1)
WALK(2)
WALK(3)

/* A table that may be read but not written: the processor may not set access flags in it. */
static bool walk_read_only(void)
{
    uint64_t *entry = (uint64_t *)hostile_code;
    static void (*const bodies[])(void *) = {load_high, store_high, fetch_high, at_high,
                                             at_high_write};

    vault_rights(hostile_code, R | W | X);
    entry[0] = (uintptr_t)hostile_border | (PAGE_ENTRY & ~0x400ul) | 1ul << 51 | 1ul << 7;
    vault_watch(hostile_code);
    vault_rights(hostile_code, R | X);
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        uint64_t result;
        struct exception seen;

        use_vault_tables(3, true, VAULT_SECRET);
        own_tables[1][0] = (uintptr_t)hostile_code | TABLE;
        forget_translations();
        exception_expect(bodies[i], &result, &seen);
        hostile_mmu_off();
    }
    return true;
}

static bool lower_half_in_vault(void)
{
    mmu_on();
    sysreg_write(ttbr0_el1, vault_address(VAULT_DESCRIPTORS));
    forget_translations();
    return false;
}

const struct attack walk_attacks[] = {
    {"the root table is in the vault", walk_1},
    {"a middle table is in the vault", walk_2},
    {"the last table is in the vault", walk_3},
    {"access flag and dirty state in a table r-x", walk_read_only},
    {"all of VTL0's tables are in the vault", lower_half_in_vault},
};
const size_t walk_attack_count = ARRAY_SIZE(walk_attacks);
