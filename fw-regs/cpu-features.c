/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hyper-V's processor features as fields of ID registers: see cpu-features.h. */
#include "fw-regs/cpu-features.h"

#include <glib.h>
#include <string.h>

#define ID(reg, field, level, off) {reg, field, level, off}
#define A64(reg, field, level, off) ID("ID_AA64" reg "_EL1", field, level, off)
/* One field; the one for AArch32 as well, where the same is said once more. */
#define F(name, reg, field, level, off) {name, CPU_BY_FIELDS, {A64(reg, field, level, off)}}
#define F32(name, reg, field, level, off, reg32)                                                   \
    {name, CPU_BY_FIELDS, {A64(reg, field, level, off), ID("ID_" reg32 "_EL1", field, level, off)}}
#define CTR(name, field, level, off) {name, CPU_BY_FIELDS, {ID("CTR_EL0", field, level, off)}}
#define SVE(name, reg, field, level) {name, CPU_BY_SVE, {A64(reg, field, level, level - 1)}}
#define PMU(name, level, off) {name, CPU_BY_PMU, {A64("DFR0", "PMUVer", level, off)}}
/* Either algorithm, one of which a processor has. */
#define PAUTH(name, field, other, level)                                                           \
    {name, CPU_BY_PAUTH,                                                                           \
     {A64("ISAR1", field, level, level - 1), A64("ISAR1", other, level, level - 1)}}
#define PAUTH3(name, field, level) {name, CPU_BY_PAUTH, {A64("ISAR2", field, level, level - 1)}}
#define BARE(name, means) {name, means, {{NULL, NULL, 0, 0}}}

/* Values of fields: Arm ARM (DDI 0487), D24.2, "AArch64 system register descriptions". */
const struct cpu_feature cpu_features[] = {
    /* Bank 0. */
    F("asid16", "MMFR0", "ASIDBITS", 2, 0),
    F("t_gran16", "MMFR0", "TGRAN16", 1, 0),
    F("t_gran64", "MMFR0", "TGRAN64", 0, -1),
    F("haf", "MMFR1", "HAFDBS", 1, 0),
    F("hdbs", "MMFR1", "HAFDBS", 2, 1),
    F("pan", "MMFR1", "PAN", 1, 0),
    F("at_s1e1", "MMFR1", "PAN", 2, 1),
    F("uao", "MMFR2", "UAO", 1, 0),
    F("el0_aarch32", "PFR0", "EL0", 2, 1),
    F("fp", "PFR0", "FP", 0, -1),
    F("fp_hp", "PFR0", "FP", 1, 0),
    F("adv_simd", "PFR0", "AdvSIMD", 0, -1),
    F("adv_simd_hp", "PFR0", "AdvSIMD", 1, 0),
    {"gic_v3v4", CPU_NEEDED, {A64("PFR0", "GIC", 1, 0)}},
    F("gic_v4p1", "PFR0", "GIC", 3, 1),
    F("ras", "PFR0", "RAS", 1, 0),
    PMU("pmu_v3", 1, 0),
    PMU("pmu_v3_arm_v81", 4, 1),
    PMU("pmu_v3_arm_v84", 5, 4),
    PMU("pmu_v3_arm_v85", 6, 5),
    F32("aes", "ISAR0", "AES", 1, 0, "ISAR5"),
    F32("poly_mul", "ISAR0", "AES", 2, 1, "ISAR5"),
    F32("sha1", "ISAR0", "SHA1", 1, 0, "ISAR5"),
    F32("sha256", "ISAR0", "SHA2", 1, 0, "ISAR5"),
    F("sha512", "ISAR0", "SHA2", 2, 1),
    F32("crc32", "ISAR0", "CRC32", 1, 0, "ISAR5"),
    F("atomic", "ISAR0", "ATOMIC", 2, 0),
    F32("rdm", "ISAR0", "RDM", 1, 0, "ISAR5"),
    F("sha3", "ISAR0", "SHA3", 1, 0),
    F("sm3", "ISAR0", "SM3", 1, 0),
    F("sm4", "ISAR0", "SM4", 1, 0),
    F32("dp", "ISAR0", "DP", 1, 0, "ISAR6"),
    F32("fhm", "ISAR0", "FHM", 1, 0, "ISAR6"),
    F("dc_cvap", "ISAR1", "DPB", 1, 0),
    F("dc_cvadp", "ISAR1", "DPB", 2, 1),
    PAUTH("apa_base", "APA", "API", 1),
    PAUTH("apa_ep", "APA", "API", 2),
    PAUTH("apa_ep2", "APA", "API", 3),
    PAUTH("apa_ep2_fp", "APA", "API", 4),
    PAUTH("apa_ep2_fpc", "APA", "API", 5),
    F32("jscvt", "ISAR1", "JSCVT", 1, 0, "ISAR6"),
    F("fcma", "ISAR1", "FCMA", 1, 0),
    F("rcpc_v83", "ISAR1", "LRCPC", 1, 0),
    F("rcpc_v84", "ISAR1", "LRCPC", 2, 1),
    PAUTH("gpa", "GPA", "GPI", 1),
    CTR("l1ip_pipt", "L1Ip", 3, 2),
    {"dz_permitted", CPU_BY_FIELDS, {ID("DCZID_EL0", "DZP", 0, -1)}},
    F32("ssbs", "PFR1", "SSBS", 1, 0, "PFR2"),
    F("ssbs_rw", "PFR1", "SSBS", 2, 1),
    BARE("smccc_w1_supported", CPU_BY_FIRMWARE),
    BARE("smccc_w1_mitigated", CPU_BY_FIRMWARE),
    BARE("smccc_w2_supported", CPU_BY_FIRMWARE),
    BARE("smccc_w2_mitigated", CPU_BY_FIRMWARE),
    F32("csv2", "PFR0", "CSV2", 1, 0, "PFR0"),
    F32("csv3", "PFR0", "CSV3", 1, 0, "PFR2"),
    F32("sb", "ISAR1", "SB", 1, 0, "ISAR6"),
    CTR("idc", "IDC", 1, 0),
    CTR("dic", "DIC", 1, 0),
    F("tlbi_os", "ISAR0", "TLB", 1, 0),
    F("tlbi_os_range", "ISAR0", "TLB", 2, 1),
    F("flags_m", "ISAR0", "TS", 1, 0),
    F("flags_m2", "ISAR0", "TS", 2, 1),
    F32("bf16", "ISAR1", "BF16", 1, 0, "ISAR6"),
    F("ebf16", "ISAR1", "BF16", 2, 1),
    /* Bank 1. */
    SVE("sve_bf16", "ZFR0", "BF16", 1),
    SVE("sve_ebf16", "ZFR0", "BF16", 2),
    F32("i8mm", "ISAR1", "I8MM", 1, 0, "ISAR6"),
    SVE("sve_i8mm", "ZFR0", "I8MM", 1),
    F("frintts", "ISAR1", "FRINTTS", 1, 0),
    F32("specres", "ISAR1", "SPECRES", 1, 0, "ISAR6"),
    F("mtpmu", "DFR0", "MTPMU", 1, 0),
    F("rpres", "ISAR2", "RPRES", 1, 0),
    F("exs", "MMFR0", "EXS", 1, 0),
    F("spec_sei", "MMFR1", "SpecSEI", 1, 0),
    F("ets", "MMFR1", "ETS", 1, 0),
    F("afp", "MMFR1", "AFP", 1, 0),
    F("iesb", "MMFR2", "IESB", 1, 0),
    F("rng", "ISAR0", "RNDR", 1, 0),
    F("lse2", "MMFR2", "AT", 1, 0),
    F("idst", "MMFR2", "IDS", 1, 0),
    F("ras_v1p1", "PFR0", "RAS", 2, 1),
    F("ras_frac_v1p1", "PFR1", "RAS_frac", 1, 0),
    F("sel2", "PFR0", "SEL2", 1, 0),
    F("amu_v1", "PFR0", "AMU", 1, 0),
    F("amu_v1p1", "PFR0", "AMU", 2, 1),
    F32("dit", "PFR0", "DIT", 1, 0, "PFR0"),
    F("ccidx", "MMFR2", "CCIDX", 1, 0),
    F("fgt_for_intercepts", "MMFR0", "FGT", 1, 0),
    BARE("l1ip_vpipt", CPU_NEVER),
    F("ecv", "MMFR0", "ECV", 1, 0),
    F("ecv_poff", "MMFR0", "ECV", 2, 1),
    F("nested_virt_support", "MMFR2", "NV", 1, 0),
    F("debug_v8p4", "DFR0", "DebugVer", 9, 8),
    PMU("pmu_v3_arm_v87", 7, 6),
    F("double_lock", "DFR0", "DoubleLock", 0, -1),
    F("clrbhb", "ISAR2", "CLRBHB", 1, 0),
    F("spe", "DFR0", "PMSVer", 1, 0),
    F("spe_v1p1", "DFR0", "PMSVer", 2, 1),
    F("spe_v1p2", "DFR0", "PMSVer", 3, 2),
    F("tt_cnp", "MMFR2", "CnP", 1, 0),
    F("hpds", "MMFR1", "HPDS", 1, 0),
    SVE("sve", "PFR0", "SVE", 1),
    SVE("sve_v2", "ZFR0", "SVEver", 1),
    SVE("sve_v2p1", "ZFR0", "SVEver", 2),
    F("spec_fpacc", "MMFR3", "Spec_FPACC", 1, 0),
    SVE("sve_aes", "ZFR0", "AES", 1),
    SVE("sve_bit_perm", "ZFR0", "BitPerm", 1),
    SVE("sve_sha3", "ZFR0", "SHA3", 1),
    SVE("sve_sm4", "ZFR0", "SM4", 1),
    F("e0_pd", "MMFR2", "E0PD", 1, 0),
    PAUTH3("gpa3", "GPA3", 1),
    PAUTH3("apa3_base", "APA3", 1),
    PAUTH3("apa3_ep", "APA3", 2),
    PAUTH3("apa3_ep2", "APA3", 3),
    PAUTH3("apa3_ep2_fp", "APA3", 4),
    PAUTH3("apa3_ep2_fpc", "APA3", 5),
    F("lrcpc3", "ISAR1", "LRCPC", 3, 2),
    F("sme", "PFR1", "SME", 1, 0),
    F("sme_f32_f32", "SMFR0", "F32F32", 1, 0),
    F("sme_b16_f32", "SMFR0", "B16F32", 1, 0),
    F("sme_f16_f32", "SMFR0", "F16F32", 1, 0),
    F("sme_i8_i32", "SMFR0", "I8I32", 15, 0),
    F("sme_f64_f64", "SMFR0", "F64F64", 1, 0),
    F("sme_i16_i64", "SMFR0", "I16I64", 15, 0),
};

const size_t cpu_feature_count = G_N_ELEMENTS(cpu_features);

static uint64_t reserved_bits(unsigned bank)
{
    size_t named = cpu_feature_count - bank * CPU_FEATURE_BANK_BITS;

    return named >= CPU_FEATURE_BANK_BITS ? 0 : UINT64_MAX << named;
}

static void disable(struct cpu_disabled *disabled, size_t feature)
{
    disabled->bank[feature / CPU_FEATURE_BANK_BITS] |=
        UINT64_C(1) << feature % CPU_FEATURE_BANK_BITS;
}

bool cpu_is_disabled(const struct cpu_disabled *disabled, size_t feature)
{
    return disabled->bank[feature / CPU_FEATURE_BANK_BITS] >> feature % CPU_FEATURE_BANK_BITS & 1;
}

bool cpu_has_disabled(const struct cpu_disabled *disabled, const char *name)
{
    for (size_t i = 0; i < cpu_feature_count; i++)
        if (!strcmp(cpu_features[i].name, name))
            return cpu_is_disabled(disabled, i);
    return false;
}

bool cpu_is_any_disabled(const struct cpu_disabled *disabled)
{
    return disabled->bank[0] || disabled->bank[1];
}

/* --- What the user writes ---------------------------------------------------------------------- */

/* What is wrong with a word that is no "bankN=" of ours. */
static char *explain_bank(const char *word)
{
    if (strstr(word, "xsave"))
        return g_strdup_printf("'%s': xsave features are x86's, an arm64 partition has no such "
                               "bank; leave it out", word);
    if (g_str_has_prefix(word, "bank") && g_ascii_isdigit(word[strlen("bank")]) &&
        strchr(word, '='))
        return g_strdup_printf("'%s': creation takes exactly two banks, bank0 and bank1; more are "
                               "early properties, set between a partition's creation and its "
                               "initialisation, of which vtlemu has none; leave it out", word);
    return g_strdup_printf("'%s' is no bank with its mask; give bank0=MASK,bank1=MASK, in "
                           "hexadecimal with 0x", word);
}

static char *parse_bank(const char *word, struct cpu_disabled *disabled, unsigned *seen)
{
    static const char *const names[CPU_FEATURE_BANKS] = {"bank0=", "bank1="};
    unsigned bank = g_str_has_prefix(word, names[1]) ? 1 : 0;
    const char *digits = word + strlen(names[bank]);
    bool hex = g_str_has_prefix(word, names[bank]) && g_str_has_prefix(digits, "0x");
    guint64 mask;

    if (!g_str_has_prefix(word, names[bank]))
        return explain_bank(word);
    if (!g_ascii_string_to_unsigned(hex ? digits + 2 : digits, hex ? 16 : 10, 0, G_MAXUINT64, &mask,
                                    NULL))
        return g_strdup_printf("'%s': not a number of 64 bits, as in bank%u=0x10", word, bank);
    if (*seen & 1u << bank)
        return g_strdup_printf("bank%u is there twice; give each of bank0 and bank1 once", bank);
    if (mask & reserved_bits(bank))
        return g_strdup_printf("bank%u has reserved bits set (0x%" G_GINT64_MODIFIER "x), which "
                               "must be zero", bank, mask & reserved_bits(bank));
    *seen |= 1u << bank;
    disabled->bank[bank] |= mask;
    return NULL;
}

bool cpu_disabled_parse_banks(const char *text, struct cpu_disabled *disabled, char **what)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    struct cpu_disabled parsed = *disabled;
    unsigned seen = 0;

    *what = NULL;
    for (char **word = words; *word && !*what; word++)
        *what = parse_bank(*word, &parsed, &seen);
    if (!*what && seen != (1u << CPU_FEATURE_BANKS) - 1)
        *what = g_strdup("there are exactly two banks; give bank0=MASK,bank1=MASK, with 0 for one "
                         "that disables nothing");
    if (!*what)
        *disabled = parsed;
    return !*what;
}

/* Hyphens are underscores, and capitals are small letters, as in names of registers and bits. */
static bool is_name(const char *name, const char *word)
{
    for (; *name && (*name == g_ascii_tolower(*word) || (*name == '_' && *word == '-')); name++)
        word++;
    return !*name && !*word;
}

static char *parse_name(const char *word, struct cpu_disabled *disabled)
{
    bool pauth = !g_ascii_strcasecmp(word, "-pauth"), found = false;

    if (*word == '+')
        return g_strdup_printf("'%s': features are on unless they are disabled; leave it out",
                               word);
    if (*word != '-')
        return g_strdup_printf("'%s': put a minus before the name of a feature to disable", word);
    for (size_t i = 0; i < cpu_feature_count; i++)
        if (pauth ? cpu_features[i].means == CPU_BY_PAUTH
                  : is_name(cpu_features[i].name, word + 1)) {
            disable(disabled, i);
            found = true;
        }
    return found ? NULL : g_strdup_printf("'%s' is no feature; vtlemu cpu-features lists them",
                                          word + 1);
}

bool cpu_disabled_parse_names(const char *text, struct cpu_disabled *disabled, char **what)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    struct cpu_disabled parsed = *disabled;

    *what = *words ? NULL : g_strdup("no feature is named; give -NAME,-NAME");
    for (char **word = words; *word && !*what; word++)
        *what = parse_name(*word, &parsed);
    if (!*what)
        *disabled = parsed;
    return !*what;
}

char *cpu_disabled_text(const struct cpu_disabled *disabled)
{
    return g_strdup_printf("bank0=0x%" G_GINT64_MODIFIER "x,bank1=0x%" G_GINT64_MODIFIER "x",
                           disabled->bank[0], disabled->bank[1]);
}

/* --- ID registers ------------------------------------------------------------------------------ */

/* A row of the table with all that belongs to it. */
struct place {
    const struct id_register *reg;
    const struct id_field *field;
    size_t index;
};

static struct place find_place(const struct cpu_feature_field *row)
{
    struct place place = {.reg = id_register_find(row->reg)};

    g_assert(place.reg); /* the table is ours */
    place.field = id_field_find(place.reg, row->field);
    g_assert(place.field);
    place.index = id_register_index(place.reg);
    return place;
}

static bool is_high(const struct cpu_feature_field *row, const struct id_value *values)
{
    struct place place = find_place(row);

    return values[place.index].present &&
           id_field_get(place.field, values[place.index].value) >= row->level;
}

bool cpu_feature_is_seen(const struct cpu_feature *feature, const struct id_value *values)
{
    for (size_t i = 0; i < CPU_FEATURE_FIELDS && feature->fields[i].reg; i++)
        if (is_high(&feature->fields[i], values))
            return true;
    return false;
}

/* Does KVM let a guest have less of the field than the host? */
static bool can_lower(const struct place *place, const struct cpu_feature_field *row,
                      const struct id_value *value)
{
    uint64_t mask = id_field_mask(place->field);

    return (value->writable & mask) == mask &&
           id_field_fits(place->field, id_field_get(place->field, value->value), row->off);
}

static char *lower(const struct cpu_feature_field *row, struct id_value *values)
{
    struct place place = find_place(row);
    struct id_value *value = &values[place.index];

    if (!is_high(row, values))
        return NULL;
    if (!can_lower(&place, row, value))
        return g_strdup_printf("KVM on this host does not let %s.%s be less", row->reg, row->field);
    value->value = id_field_set(place.field, value->value, row->off);
    return NULL;
}

/* Why it stays although its fields might be lowered; NULL: it need not. */
static const char *obstacle(const struct cpu_feature *feature)
{
    switch (feature->means) {
    case CPU_NEEDED:
        return "vtlemu gives each VTL such an interrupt controller";
    case CPU_BY_FIRMWARE:
        return "a firmware register says it; elect its level with --fw-reg instead";
    case CPU_BY_FIELDS:
    case CPU_BY_SVE:
    case CPU_BY_PAUTH:
    case CPU_BY_PMU:
    case CPU_NEVER:
        break;
    }
    return NULL;
}

bool cpu_feature_hide(const struct cpu_feature *feature, struct id_value *values, char **why)
{
    struct id_value before[CPU_FEATURE_FIELDS];
    size_t i;

    *why = g_strdup(obstacle(feature));
    for (i = 0; i < CPU_FEATURE_FIELDS && feature->fields[i].reg && !*why; i++) {
        before[i] = values[find_place(&feature->fields[i]).index];
        *why = lower(&feature->fields[i], values);
    }
    while (*why && i-- > 0)
        values[find_place(&feature->fields[i]).index] = before[i];
    return !*why;
}

bool cpu_disabled_apply(const struct cpu_disabled *disabled, struct id_value *values,
                        size_t *feature, char **why)
{
    for (size_t i = 0; i < cpu_feature_count; i++) {
        g_autofree char *reason = NULL;

        if (!cpu_is_disabled(disabled, i) ||
            cpu_feature_hide(&cpu_features[i], values, &reason))
            continue;
        *feature = i;
        *why = g_strdup_printf("%s (bit %zu of bank%zu) cannot be hidden: %s", cpu_features[i].name,
                               i % CPU_FEATURE_BANK_BITS, i / CPU_FEATURE_BANK_BITS, reason);
        return false;
    }
    *why = NULL;
    return true;
}
