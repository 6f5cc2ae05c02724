/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private registers of a VTL that C can set, a row each: see bank.h. */
#include "tests/guest/bank.h"
#include "tests/guest/console.h"
#include "tests/guest/guest.h"

/* PSTATE fields, by encoding for assemblers that do not know their extension. */
#define PAN S3_0_C4_C2_3
#define UAO S3_0_C4_C2_4
#define DIT S3_3_C4_C2_5
#define SSBS S3_3_C4_C2_6
#define TCO S3_3_C4_C2_7

#define SCTLR_MMU 1

/* May its value be changed? */
enum change {
    CHANGE,
    CHANGE_WITHOUT_MMU,
    KEEP, /* the runtime lives on it */
};

static bool has_all(void)
{
    return true;
}

static bool has_pan(void)
{
    return sysreg_read(id_aa64mmfr1_el1) >> 20 & 0xf;
}

static bool has_uao(void)
{
    return sysreg_read(id_aa64mmfr2_el1) >> 4 & 0xf;
}

static bool has_dit(void)
{
    return sysreg_read(id_aa64pfr0_el1) >> 48 & 0xf;
}

/* 2: PSTATE.SSBS can be written by MSR */
static bool has_ssbs(void)
{
    return (sysreg_read(id_aa64pfr1_el1) >> 4 & 0xf) >= 2;
}

static bool has_tco(void)
{
    return sysreg_read(id_aa64pfr1_el1) >> 8 & 0xf;
}

/* Name, bits that tests may set, whether the value may be changed, whether it is there. */
#define REGISTERS(ROW)                                                                             \
    ROW(ELR_EL1, ~0ul, CHANGE, has_all)                                                            \
    ROW(SPSR_EL1, 0xf00003cf, CHANGE, has_all)                                                     \
    ROW(ESR_EL1, 0xffffffff, CHANGE, has_all)                                                      \
    ROW(FAR_EL1, ~0ul, CHANGE, has_all)                                                            \
    ROW(AFSR0_EL1, 0xffffffff, CHANGE, has_all)                                                    \
    ROW(AFSR1_EL1, 0xffffffff, CHANGE, has_all)                                                    \
    ROW(TTBR0_EL1, 0xffff0000fffff000, CHANGE_WITHOUT_MMU, has_all)                                \
    ROW(TTBR1_EL1, 0xffff0000fffff000, CHANGE_WITHOUT_MMU, has_all)                                \
    ROW(TCR_EL1, 0x00000007ffbfff3f, CHANGE_WITHOUT_MMU, has_all)                                  \
    ROW(MAIR_EL1, ~0ul, CHANGE_WITHOUT_MMU, has_all)                                               \
    ROW(AMAIR_EL1, ~0ul, CHANGE_WITHOUT_MMU, has_all)                                              \
    ROW(CONTEXTIDR_EL1, 0xffffffff, CHANGE, has_all)                                               \
    ROW(TPIDR_EL0, ~0ul, CHANGE, has_all)                                                          \
    ROW(TPIDR_EL1, ~0ul, CHANGE, has_all)                                                          \
    ROW(TPIDRRO_EL0, ~0ul, CHANGE, has_all)                                                        \
    ROW(CNTKCTL_EL1, 0x303, CHANGE, has_all)                                                       \
    ROW(CNTV_CVAL_EL0, ~0ul, CHANGE, has_all)                                                      \
    ROW(CNTV_CTL_EL0, 0x2, CHANGE, has_all)                                                        \
    ROW(MDSCR_EL1, 0x1000, CHANGE, has_all)                                                        \
    ROW(FPCR, 0x07c00000, CHANGE, has_all)                                                         \
    ROW(FPSR, 0xf800009f, CHANGE, has_all)                                                         \
    ROW(DAIF, 0x3c0, CHANGE, has_all)                                                              \
    ROW(PAN, 1ul << 22, CHANGE, has_pan)                                                           \
    ROW(UAO, 1ul << 23, CHANGE, has_uao)                                                           \
    ROW(DIT, 1ul << 24, CHANGE, has_dit)                                                           \
    ROW(SSBS, 1ul << 12, CHANGE, has_ssbs)                                                         \
    ROW(TCO, 1ul << 25, CHANGE, has_tco)                                                           \
    ROW(VBAR_EL1, 0, KEEP, has_all)                                                                \
    ROW(SCTLR_EL1, 0, KEEP, has_all)                                                               \
    ROW(CPACR_EL1, 0, KEEP, has_all)

#define ACCESS(register, mask, change, present)                                                    \
    static uint64_t read_##register(void)                                                          \
    {                                                                                              \
        return sysreg_read(register);                                                              \
    }                                                                                              \
    static void write_##register(uint64_t value)                                                   \
    {                                                                                              \
        sysreg_write(register, value);                                                             \
    }
REGISTERS(ACCESS)

/* Pasted names are not expanded, so that PAN is "PAN" here and its encoding in the accessors. */
#define TABLE_ROW(register, mask, change, present)                                                 \
    {#register, mask, change, present, read_##register, write_##register},
static const struct row {
    const char *name;
    uint64_t mask;
    enum change change;
    bool (*present)(void);
    uint64_t (*read)(void);
    void (*write)(uint64_t value);
} rows[] = {REGISTERS(TABLE_ROW)};

_Static_assert(ARRAY_SIZE(rows) <= PRIVATE_MAX, "PRIVATE_MAX");

static bool may_change(const struct row *row)
{
    return row->change == CHANGE ||
           (row->change == CHANGE_WITHOUT_MMU && !(sysreg_read(sctlr_el1) & SCTLR_MMU));
}

void private_scramble(struct random *random, struct private_state *state)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint64_t value = random_next(random) & rows[i].mask;

        if (!rows[i].present())
            continue;
        if (may_change(&rows[i]))
            rows[i].write(value);
        /* Some bits may be fixed on this processor. */
        state->value[i] = rows[i].read();
    }
}

bool private_compare(const struct private_state *state, uint64_t number)
{
    bool good = true;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint64_t value;

        if (!rows[i].present())
            continue;
        value = rows[i].read();
        good &= check(value == state->value[i], "switch %lu: %s was 0x%lx and comes back as 0x%lx",
                      number, rows[i].name, state->value[i], value);
    }
    return good;
}

void private_list(void)
{
    struct text text = {.length = 0};

    text_add(&text, "vtl%lu: private:", guest_vtl);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].present())
            text_add(&text, " %s", rows[i].name);
    text_add(&text, "\n");
    console_send(&text);
}
