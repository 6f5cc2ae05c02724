/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State that a switch may corrupt: see poison.h. */
#include "vtl/poison.h"

#include <glib.h>
#include <string.h>

#define MARK 0xbadc0de000000000ull
#define VP_SHIFT 16
#define VTL_SHIFT 8

#define ALL UINT64_MAX
#define LOW_32 0xffffffffull
/* Fields that do not enable anything, of PSTATE and FPCR, FPSR (Arm ARM, C5.2). */
#define NZCV 0xf0000000ull
#define FPCR_ROUNDING 0x07c00000ull /* AHP, DN, FZ, RMode */
#define FPSR_STATUS 0xf800009full

/*
 * What can be damaged so that the VTL notices, and not at once but when it uses it. Not here: what
 * the next instruction lives on (PC, PSTATE, SP_EL1, the registers of address translation, VBAR_EL1,
 * CPACR_EL1); what would enable something (debug registers, the timers' controls), or tell of an
 * error that never was (DISR_EL1, TFSR_EL1); CSSELR_EL1, in which most numbers are no selection.
 */
static const struct {
    uint32_t first, last;
    uint64_t mask;
} masks[] = {
    {0x00020000, 0x0002001e, ALL},           /* X0-X30 */
    {0x00020020, 0x00020020, ALL},           /* SP_EL0 */
    {0x00030000, 0x0003001f, ALL},           /* Q0-Q31 */
    {0x00030100, 0x00030130, ALL},           /* Z, P, FFR */
    {0x00040008, 0x00040008, LOW_32},        /* ESR_EL1 */
    {0x00040009, 0x0004000a, ALL},           /* FAR_EL1, PAR_EL1 */
    {0x0004000d, 0x0004000d, LOW_32},        /* CONTEXTIDR_EL1 */
    {0x0004000e, 0x0004000e, ALL},           /* TPIDR_EL1 */
    {0x00040010, 0x00040011, ALL},           /* TPIDRRO_EL0, TPIDR_EL0 */
    {0x00040012, 0x00040012, FPCR_ROUNDING}, /* FPCR */
    {0x00040013, 0x00040013, FPSR_STATUS},   /* FPSR */
    {0x00040014, 0x00040014, NZCV},          /* SPSR_EL1 */
    {0x00040015, 0x00040015, ALL},           /* ELR_EL1 */
    {0x00040016, 0x00040017, LOW_32},        /* AFSR0_EL1, AFSR1_EL1 */
    {0x00040026, 0x0004002f, ALL},           /* keys of pointer authentication */
    {0x0005800a, 0x0005800a, ALL},           /* CNTP_CVAL_EL0: the timer fires in a far future */
};

const char *poison_level_name(enum poison_level level)
{
    static const char *const names[POISON_LEVELS] = {
        [POISON_OFF] = "off",
        [POISON_CORRUPTIBLE] = "corruptible",
        [POISON_UNSPECIFIED] = "unspecified",
    };

    return names[level];
}

uint64_t poison_mask(const struct bank_register *reg)
{
    for (size_t i = 0; i < G_N_ELEMENTS(masks); i++)
        if (reg->hv_name >= masks[i].first && reg->hv_name <= masks[i].last)
            return masks[i].mask;
    return 0;
}

bool poison_wants(const struct bank_policy *policy, enum poison_level level, size_t row)
{
    enum bank_class class = bank_policy_class(policy, row);

    return poison_mask(&bank_table[row]) &&
           ((class == BANK_CORRUPTIBLE && level >= POISON_CORRUPTIBLE) ||
            (class == BANK_UNSPECIFIED && level >= POISON_UNSPECIFIED));
}

uint64_t poison_word(const struct bank_register *reg, unsigned vp, unsigned vtl)
{
    return MARK | (uint64_t)(vp & 0xff) << VP_SHIFT | (uint64_t)(vtl & 0xff) << VTL_SHIFT |
           (reg->hv_name & 0xff);
}

/* Where it begins: behind what is another register's. */
static size_t first_byte(const struct bank_register *reg)
{
    return reg->low_name ? bank_find(reg->low_name)->size : 0;
}

size_t poison_size(const struct bank_register *reg, size_t size)
{
    size_t first = first_byte(reg);

    return poison_mask(reg) && size > first ? size - first : 0;
}

size_t poison(const struct bank_register *reg, unsigned vp, unsigned vtl, uint8_t *value,
              size_t size)
{
    uint64_t word = reg->is_prefix ? (2ull << 2 * vtl) - 1 : poison_word(reg, vp, vtl);
    uint64_t mask = poison_mask(reg);
    size_t count = poison_size(reg, size);

    for (size_t i = size - count; i < size; i++) {
        unsigned shift = i % sizeof(word) * 8;
        uint64_t pattern = reg->is_prefix && i >= sizeof(word) ? 0 : word;

        value[i] = (uint8_t)((value[i] & ~(mask >> shift)) | (pattern & mask) >> shift);
    }
    return count;
}

unsigned poison_count(const struct bank_policy *policy, enum poison_level level,
                      unsigned vector_bits)
{
    unsigned count = 0;

    for (size_t i = 0; i < bank_table_size; i++)
        if (poison_wants(policy, level, i))
            count += poison_size(&bank_table[i], bank_size(&bank_table[i], vector_bits)) > 0;
    return count;
}
