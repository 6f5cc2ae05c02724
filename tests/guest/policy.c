/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VTL finds in each register after a switch: what it had itself (private), what the other
 * VTL had (shared), or the pattern of vtl/poison.h (damaged). Both VTLs fill all registers with
 * values of their own, switch after switch, and look.
 *
 * Command line, the same for both:
 *   NAME=shared, private or damaged   what is expected of a register (X5=private); without, it is
 *                                     what the specification says
 *   spe=none                          there must be neither SPE nor TRBE
 *   rounds=N                          round trips (20)
 *   seconds=N                         and so long, at least (0)
 */
#include "tests/guest/bank.h"
#include "tests/guest/guest.h"

#define PATTERN 0xbadc0de000000000ul /* vtl/poison.h */
#define NAME_MAX 16
/* X0 is left alone: KVM takes some values of it for calls of its own. */
#define FIRST_X 1

enum finding {
    PRIVATE,
    SHARED,
    DAMAGED,
    OTHER,
    FINDINGS
};

static const char *const findings[FINDINGS] = {"private", "shared", "damaged", "something else"};

static bool has_all(void)
{
    return true;
}

/* Permission indirection, which changes nothing while the MMU is off (FEAT_S1PIE). */
#define PIR_EL1 S3_0_C10_C2_3
static bool has_pir(void)
{
    return sysreg_read(S3_0_C0_C7_3) >> 8 & 0xf;
}

/* Name, the low byte of its number, bits that may be set, whether it is there. */
#define REGISTERS(ROW)                                                                             \
    ROW(TPIDR_EL0, 0x11, ~0ul, has_all)                                                            \
    ROW(TPIDRRO_EL0, 0x10, ~0ul, has_all)                                                          \
    ROW(TPIDR_EL1, 0x0e, ~0ul, has_all)                                                            \
    ROW(CONTEXTIDR_EL1, 0x0d, 0xffffffff, has_all)                                                 \
    ROW(TTBR0_EL1, 0x05, 0xffff0000fffff000, has_all)                                              \
    ROW(FAR_EL1, 0x09, ~0ul, has_all)                                                              \
    ROW(ELR_EL1, 0x15, ~0ul, has_all)                                                              \
    ROW(PAR_EL1, 0x0a, ~0ul, has_all)                                                              \
    ROW(FPSR, 0x13, 0xf800009f, has_all)                                                           \
    ROW(CNTP_CVAL_EL0, 0x0a, ~0ul, has_all)                                                        \
    ROW(PIR_EL1, 0, ~0ul, has_pir)

#define ACCESS(register, number, mask, present)                                                    \
    static uint64_t read_##register(void)                                                          \
    {                                                                                              \
        return sysreg_read(register);                                                              \
    }                                                                                              \
    static void write_##register(uint64_t value)                                                   \
    {                                                                                              \
        sysreg_write(register, value);                                                             \
    }
REGISTERS(ACCESS)

#define TABLE_ROW(register, number, mask, present)                                                 \
    {#register, number, mask, present, read_##register, write_##register},
static const struct row {
    const char *name;
    uint8_t number;
    uint64_t mask;
    bool (*present)(void);
    uint64_t (*read)(void);
    void (*write)(uint64_t value);
} rows[] = {REGISTERS(TABLE_ROW)};

static struct bank_frame frame;
static bool good = true;
static bool told; /* what has been found, once */

/* What @vtl has in the register of that name at switch @round. */
static uint64_t value_of(const char *name, uint64_t vtl, uint64_t round)
{
    struct random random;
    uint64_t seed = (vtl + 1) << 32 | round << 40;

    for (; *name; name++)
        seed = seed * 31 + (uint8_t)*name;
    random_seed(&random, seed);
    return random_next(&random) | 1;
}

static uint64_t pattern_of(uint8_t number)
{
    return PATTERN | (uint64_t)guest_vp() << 16 | guest_vtl << 8 | number;
}

static enum finding judge(const char *name, uint64_t seen, uint8_t number, uint64_t mask,
                          uint64_t round)
{
    uint64_t other = guest_vtl ? 0 : 2, theirs = guest_vtl ? round : round - 1;

    if (seen == (value_of(name, guest_vtl, round - 1) & mask))
        return PRIVATE;
    if (seen == (value_of(name, other, theirs) & mask))
        return SHARED;
    return seen == (pattern_of(number) & mask) ? DAMAGED : OTHER;
}

/* Compares with what is expected, and tells of it if the command line has a word on it. */
static void expect(const char *name, enum finding seen, enum finding otherwise)
{
    enum finding expected = otherwise;
    bool asked = false;

    for (int i = PRIVATE; i < OTHER; i++)
        if (argument_is(name, findings[i])) {
            expected = (enum finding)i;
            asked = true;
        }
    if (asked && !told)
        report(seen == expected, "%s is %s", name, findings[seen]);
    else
        good &= check(seen == expected, "%s is %s", name, findings[seen]);
}

/* "X5", "Q17" */
static void make_name(char name[NAME_MAX], char letter, unsigned number)
{
    unsigned length = 0;

    name[length++] = letter;
    if (number >= 10)
        name[length++] = (char)('0' + number / 10);
    name[length++] = (char)('0' + number % 10);
    name[length] = '\0';
}

static void fill(uint64_t round)
{
    char name[NAME_MAX];

    frame.out = (struct bank){{0}, 0, {{0}}};
    for (unsigned i = FIRST_X; i < BANK_X; i++) {
        make_name(name, 'X', i);
        frame.out.x[i] = value_of(name, guest_vtl, round);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(frame.out.q); i++) {
        make_name(name, 'Q', i);
        frame.out.q[i][0] = frame.out.q[i][1] = value_of(name, guest_vtl, round);
    }
    /* With SPSel 1 nothing is read by way of it. */
    frame.out_control = (struct bank_control){
        .spsel = 1, .sp_el0 = value_of("SP_EL0", guest_vtl, round)};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].present())
            rows[i].write(value_of(rows[i].name, guest_vtl, round) & rows[i].mask);
}

static void look(uint64_t round)
{
    char name[NAME_MAX];

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].present())
            expect(rows[i].name,
                   judge(rows[i].name, rows[i].read(), rows[i].number, rows[i].mask, round),
                   PRIVATE);
    expect("SP_EL0", judge("SP_EL0", frame.in_control.sp_el0, 0x20, ~0ul, round), PRIVATE);
    for (unsigned i = FIRST_X; i < BANK_X; i++) {
        make_name(name, 'X', i);
        expect(name, judge(name, frame.in.x[i], (uint8_t)i, ~0ul, round),
               bank_is_shared(i) ? SHARED : PRIVATE);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(frame.in.q); i++) {
        make_name(name, 'Q', i);
        expect(name, frame.in.q[i][0] == frame.in.q[i][1]
                         ? judge(name, frame.in.q[i][0], (uint8_t)i, ~0ul, round)
                         : OTHER, SHARED);
    }
    told = true;
}

/*
 * Switch @round of this VTL. VTL2's first one is its return after boot, before VTL0 has run: what
 * comes then from there is VTL0's switch 1.
 */
static void exchange(uint64_t round)
{
    const struct bank_site *site = guest_vtl ? &bank_return_a : &bank_call_a;

    fill(round);
    site->run(&frame);
    look(round + 1);
}

/* PMBPTR_EL1, TRBPTR_EL1 */
#define SPE_POINTER S3_0_C9_C10_1
#define TRBE_POINTER S3_0_C9_C11_1

static void read_spe(void *unused)
{
    (void)unused;
    sysreg_read(SPE_POINTER);
}

static void read_trbe(void *unused)
{
    (void)unused;
    sysreg_read(TRBE_POINTER);
}

static void aim_spe(void *unused)
{
    (void)unused;
    sysreg_write(SPE_POINTER, RAM_BASE);
}

/* ID_AA64DFR0_EL1: PMSVer in bits 35:32, TraceBuffer in 47:44. */
static void check_spe(void)
{
    static void (*const accesses[])(void *) = {read_spe, read_trbe, aim_spe};
    uint64_t features = sysreg_read(id_aa64dfr0_el1);
    bool undefined = true;

    for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
        struct exception seen;

        undefined &= exception_expect(accesses[i], NULL, &seen) &&
                     ESR_EC(seen.esr) == ESR_EC_UNKNOWN;
    }
    report(!(features >> 32 & 0xf) && !(features >> 44 & 0xf),
           "no profiling buffer is there, and no trace buffer");
    report(undefined, "PMBPTR_EL1 and TRBPTR_EL1 are undefined");
}

void guest_main(void)
{
    uint64_t rounds = argument_number("rounds", 20);
    uint64_t end = counter() + argument_number("seconds", 0) * counter_hz();
    uint64_t round = 0;

    if (argument_is("spe", "none"))
        check_spe();
    if (guest_vtl)
        for (;;)
            exchange(round++);
    /* VTL2's values that come with switch n's answer are those of its number n. */
    for (round = 1; round <= rounds || counter() < end; round++)
        exchange(round);
    report(good, "%s", "the other registers are as the specification says");
    finish();
}
