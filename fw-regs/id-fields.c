/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of ID registers and their order: see id-fields.h. */
#include "fw-regs/id-fields.h"

#include <glib.h>
#include <string.h>

/* Four bits, unsigned and signed; so many bits; higher is safe; exact; which processor it is. */
#define L(name, shift) {name, shift, 4, ID_LOWER_SAFE, false, 0}
#define S(name, shift) {name, shift, 4, ID_LOWER_SAFE, true, 0}
#define W(name, shift, width) {name, shift, width, ID_LOWER_SAFE, false, 0}
#define H(name, shift) {name, shift, 4, ID_HIGHER_SAFE, false, 0}
#define Z(name, shift) {name, shift, 4, ID_HIGHER_OR_ZERO_SAFE, false, 0}
#define E(name, shift, width) {name, shift, width, ID_EXACT, false, 0}
#define X(name, shift, width, safe) {name, shift, width, ID_EXACT, false, safe}
#define I(name, shift, width) {name, shift, width, ID_SAME, false, 0}

static const struct id_field midr[] = {
    I("Revision", 0, 4), I("PartNum", 4, 12), I("Architecture", 16, 4), I("Variant", 20, 4),
    I("Implementer", 24, 8),
};

static const struct id_field revidr[] = {
    I("REVIDR", 0, 64),
};

static const struct id_field aidr[] = {
    I("AIDR", 0, 64),
};

static const struct id_field ctr[] = {
    L("IminLine", 0), X("L1Ip", 14, 2, 2), L("DminLine", 16), Z("ERG", 20), Z("CWG", 24),
    W("IDC", 28, 1), W("DIC", 29, 1),
};

static const struct id_field dczid[] = {
    L("BS", 0), {"DZP", 4, 1, ID_LOWER_SAFE, true, 0}, /* 1: DC ZVA is prohibited */
};

static const struct id_field aa64pfr0[] = {
    L("EL0", 0), L("EL1", 4), L("EL2", 8), L("EL3", 12), S("FP", 16), S("AdvSIMD", 20),
    L("GIC", 24), L("RAS", 28), L("SVE", 32), L("SEL2", 36), L("MPAM", 40), L("AMU", 44),
    L("DIT", 48), L("CSV2", 56), L("CSV3", 60),
};

static const struct id_field aa64pfr1[] = {
    L("BT", 0), L("SSBS", 4), L("MTE", 8), L("RAS_frac", 12), L("MPAM_frac", 16), L("SME", 24),
    L("CSV2_frac", 32), S("MTE_frac", 40), L("GCS", 44), L("DF2", 56),
};

static const struct id_field aa64pfr2[] = {
    L("MTESTOREONLY", 4), L("MTEFAR", 8), L("GCIE", 12), L("FPMR", 32),
};

static const struct id_field aa64zfr0[] = {
    L("SVEver", 0), L("AES", 4), L("EltPerm", 12), L("BitPerm", 16), L("BF16", 20),
    L("B16B16", 24), L("SHA3", 32), L("SM4", 40), L("I8MM", 44), L("F16MM", 48), L("F32MM", 52),
    L("F64MM", 56),
};

static const struct id_field aa64smfr0[] = {
    E("SMOP4", 0, 1), E("STMOP", 16, 1), E("SFEXPA", 23, 1), E("AES", 24, 1), E("SBitPerm", 25, 1),
    E("SF8DP2", 28, 1), E("SF8DP4", 29, 1), E("SF8FMA", 30, 1), E("F32F32", 32, 1),
    E("BI32I32", 33, 1), E("B16F32", 34, 1), E("F16F32", 35, 1), E("I8I32", 36, 4),
    E("F8F32", 40, 1), E("F8F16", 41, 1), E("F16F16", 42, 1), E("B16B16", 43, 1),
    E("I16I32", 44, 4), E("F64F64", 48, 1), E("I16I64", 52, 4), E("SMEver", 56, 4),
    E("LUTv2", 60, 1), E("LUT6", 61, 1), E("FA64", 63, 1),
};

static const struct id_field aa64fpfr0[] = {
    E("F8E5M2", 0, 1), E("F8E4M3", 1, 1), E("F16MM2", 15, 1), E("F8MM4", 26, 1), E("F8MM8", 27, 1),
    E("F8DP2", 28, 1), E("F8DP4", 29, 1), E("F8FMA", 30, 1), E("F8CVT", 31, 1),
};

static const struct id_field aa64dfr0[] = {
    L("DebugVer", 0), L("PMUVer", 8), L("BRPs", 12), L("WRPs", 20), L("CTX_CMPs", 28),
    L("PMSVer", 32), S("DoubleLock", 36), S("MTPMU", 48),
};

static const struct id_field aa64isar0[] = {
    L("AES", 4), L("SHA1", 8), L("SHA2", 12), L("CRC32", 16), L("ATOMIC", 20), L("RDM", 28),
    L("SHA3", 32), L("SM3", 36), L("SM4", 40), L("DP", 44), L("FHM", 48), L("TS", 52),
    L("TLB", 56), L("RNDR", 60),
};

static const struct id_field aa64isar1[] = {
    L("DPB", 0), E("APA", 4, 4), E("API", 8, 4), L("JSCVT", 12), L("FCMA", 16), L("LRCPC", 20),
    L("GPA", 24), L("GPI", 28), L("FRINTTS", 32), L("SB", 36), L("SPECRES", 40), L("BF16", 44),
    L("DGH", 48), L("I8MM", 52), L("XS", 56), L("LS64", 60),
};

static const struct id_field aa64isar2[] = {
    L("WFxT", 0), L("RPRES", 4), L("GPA3", 8), E("APA3", 12, 4), L("MOPS", 16), L("BC", 20),
    L("PAC_frac", 24), L("CLRBHB", 28), L("RPRFM", 48), L("CSSC", 52), L("LUT", 56),
    L("ATS1A", 60),
};

static const struct id_field aa64isar3[] = {
    L("FAMINMAX", 4), L("LSFE", 16), L("LSUI", 24), L("FPRCVT", 28),
};

static const struct id_field aa64mmfr0[] = {
    L("PARANGE", 0), L("ASIDBITS", 4), L("BIGEND", 8), L("SNSMEM", 12), L("BIGENDEL0", 16),
    L("TGRAN16", 20), S("TGRAN64", 24), S("TGRAN4", 28), X("TGRAN16_2", 32, 4, 1),
    X("TGRAN64_2", 36, 4, 1), X("TGRAN4_2", 40, 4, 1), L("EXS", 44), L("FGT", 56), L("ECV", 60),
};

static const struct id_field aa64mmfr1[] = {
    L("HAFDBS", 0), L("VMIDBits", 4), L("VH", 8), L("HPDS", 12), L("LO", 16), L("PAN", 20),
    H("SpecSEI", 24), L("XNX", 28), L("TWED", 32), L("ETS", 36), L("HCX", 40), L("AFP", 44),
    L("TIDCP1", 52), L("ECBHB", 60),
};

static const struct id_field aa64mmfr2[] = {
    L("CnP", 0), L("UAO", 4), L("LSM", 8), L("IESB", 12), L("VARange", 16), L("CCIDX", 20),
    L("NV", 24), L("ST", 28), L("AT", 32), L("IDS", 36), L("FWB", 40), L("TTL", 48), L("BBM", 52),
    L("EVT", 56), L("E0PD", 60),
};

static const struct id_field aa64mmfr3[] = {
    L("TCRX", 0), L("SCTLRX", 4), L("S1PIE", 8), L("S1POE", 16), L("Spec_FPACC", 60),
};

static const struct id_field aa64mmfr4[] = {
    L("NV_frac", 20), S("E2H0", 24),
};

static const struct id_field pfr0[] = {
    L("State0", 0), L("State1", 4), L("State2", 8), L("State3", 12), L("CSV2", 16), L("DIT", 24),
    L("RAS", 28),
};

static const struct id_field pfr1[] = {
    L("ProgMod", 0), L("Security", 4), L("MProgMod", 8), L("Virtualization", 12),
    L("GenTimer", 16), L("Sec_frac", 20), L("Virt_frac", 24), L("GIC", 28),
};

static const struct id_field pfr2[] = {
    L("CSV3", 0), L("SSBS", 4),
};

static const struct id_field dfr0[] = {
    L("CopDbg", 0), L("CopSDbg", 4), L("MMapDbg", 8), L("CopTrc", 12), L("MMapTrc", 16),
    L("MProfDbg", 20), L("PerfMon", 24),
};

static const struct id_field dfr1[] = {
    S("MTPMU", 0),
};

static const struct id_field mmfr0[] = {
    L("VMSA", 0), L("PMSA", 4), S("OuterShr", 8), L("ShareLvl", 12), L("TCM", 16), L("AuxReg", 20),
    L("FCSE", 24), S("InnerShr", 28),
};

static const struct id_field mmfr1[] = {
    L("L1HvdVA", 0), L("L1UniVA", 4), L("L1HvdSW", 8), L("L1UniSW", 12), L("L1Hvd", 16),
    L("L1Uni", 20), L("L1TstCln", 24), L("BPred", 28),
};

static const struct id_field mmfr2[] = {
    L("L1HvdFG", 0), L("L1HvdBG", 4), L("L1HvdRng", 8), L("HvdTLB", 12), L("UniTLB", 16),
    L("MemBarr", 20), L("WFIStall", 24), L("HWAccFlg", 28),
};

static const struct id_field mmfr3[] = {
    L("CMaintVA", 0), L("CMaintSW", 4), L("BPMaint", 8), L("MaintBcst", 12), L("PAN", 16),
    L("CohWalk", 20), L("CMemSz", 24), L("Supersec", 28),
};

static const struct id_field mmfr4[] = {
    H("SpecSEI", 0), L("AC2", 4), L("XNX", 8), L("CnP", 12), L("HPDS", 16), L("LSM", 20),
    L("CCIDX", 24), L("EVT", 28),
};

static const struct id_field mmfr5[] = {
    L("ETS", 0),
};

static const struct id_field isar0[] = {
    L("Swap", 0), L("BitCount", 4), L("BitField", 8), L("CmpBranch", 12), L("Coproc", 16),
    L("Debug", 20), L("Divide", 24),
};

static const struct id_field isar1[] = {
    L("Endian", 0), L("Except", 4), L("Except_AR", 8), L("Extend", 12), L("IfThen", 16),
    L("Immediate", 20), L("Interwork", 24), L("Jazelle", 28),
};

static const struct id_field isar2[] = {
    L("LoadStore", 0), L("MemHint", 4), L("MultiAccessInt", 8), L("Mult", 12), L("MultS", 16),
    L("MultU", 20), L("PSR_AR", 24), L("Reversal", 28),
};

static const struct id_field isar3[] = {
    L("Saturate", 0), L("SIMD", 4), L("SVC", 8), L("SynchPrim", 12), L("TabBranch", 16),
    L("T32Copy", 20), L("TrueNOP", 24), L("T32EE", 28),
};

static const struct id_field isar4[] = {
    L("Unpriv", 0), L("WithShifts", 4), L("Writeback", 8), L("SMC", 12), L("Barrier", 16),
    L("SynchPrim_frac", 20), L("PSR_M", 24), L("SWP_frac", 28),
};

static const struct id_field isar5[] = {
    L("SEVL", 0), L("AES", 4), L("SHA1", 8), L("SHA2", 12), L("CRC32", 16), L("RDM", 24),
};

static const struct id_field isar6[] = {
    L("JSCVT", 0), L("DP", 4), L("FHM", 8), L("SB", 12), L("SPECRES", 16), L("BF16", 20),
    L("I8MM", 24),
};

static const struct id_field mvfr0[] = {
    L("SIMDReg", 0), L("FPSP", 4), L("FPDP", 8), L("FPTrap", 12), L("FPDivide", 16),
    L("FPSqrt", 20), L("FPShVec", 24), L("FPRound", 28),
};

static const struct id_field mvfr1[] = {
    L("FPFtZ", 0), L("FPDNaN", 4), L("SIMDLS", 8), L("SIMDInt", 12), L("SIMDSP", 16),
    L("SIMDHP", 20), L("FPHP", 24), L("SIMDFMAC", 28),
};

static const struct id_field mvfr2[] = {
    L("SIMDMisc", 0), L("FPMisc", 4),
};

/* KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG, op0 3, CRn 0 (asm/kvm.h). */
#define KVM_ID(op1, crm, op2)                                                                      \
    (UINT64_C(0x603000000013c000) | (op1) << 11 | (crm) << 3 | (op2))
#define REGISTER(name, op1, crm, op2, fields)                                                      \
    {name, KVM_ID(op1, crm, op2), op1, crm, op2, fields, G_N_ELEMENTS(fields)}

const struct id_register id_registers[] = {
    REGISTER("MIDR_EL1", 0, 0, 0, midr),
    REGISTER("REVIDR_EL1", 0, 0, 6, revidr),
    REGISTER("AIDR_EL1", 1, 0, 7, aidr),
    REGISTER("CTR_EL0", 3, 0, 1, ctr),
    REGISTER("DCZID_EL0", 3, 0, 7, dczid),
    REGISTER("ID_AA64PFR0_EL1", 0, 4, 0, aa64pfr0),
    REGISTER("ID_AA64PFR1_EL1", 0, 4, 1, aa64pfr1),
    REGISTER("ID_AA64PFR2_EL1", 0, 4, 2, aa64pfr2),
    REGISTER("ID_AA64ZFR0_EL1", 0, 4, 4, aa64zfr0),
    REGISTER("ID_AA64SMFR0_EL1", 0, 4, 5, aa64smfr0),
    REGISTER("ID_AA64FPFR0_EL1", 0, 4, 7, aa64fpfr0),
    REGISTER("ID_AA64DFR0_EL1", 0, 5, 0, aa64dfr0),
    REGISTER("ID_AA64ISAR0_EL1", 0, 6, 0, aa64isar0),
    REGISTER("ID_AA64ISAR1_EL1", 0, 6, 1, aa64isar1),
    REGISTER("ID_AA64ISAR2_EL1", 0, 6, 2, aa64isar2),
    REGISTER("ID_AA64ISAR3_EL1", 0, 6, 3, aa64isar3),
    REGISTER("ID_AA64MMFR0_EL1", 0, 7, 0, aa64mmfr0),
    REGISTER("ID_AA64MMFR1_EL1", 0, 7, 1, aa64mmfr1),
    REGISTER("ID_AA64MMFR2_EL1", 0, 7, 2, aa64mmfr2),
    REGISTER("ID_AA64MMFR3_EL1", 0, 7, 3, aa64mmfr3),
    REGISTER("ID_AA64MMFR4_EL1", 0, 7, 4, aa64mmfr4),
    REGISTER("ID_PFR0_EL1", 0, 1, 0, pfr0),
    REGISTER("ID_PFR1_EL1", 0, 1, 1, pfr1),
    REGISTER("ID_PFR2_EL1", 0, 3, 4, pfr2),
    REGISTER("ID_DFR0_EL1", 0, 1, 2, dfr0),
    REGISTER("ID_DFR1_EL1", 0, 3, 5, dfr1),
    REGISTER("ID_MMFR0_EL1", 0, 1, 4, mmfr0),
    REGISTER("ID_MMFR1_EL1", 0, 1, 5, mmfr1),
    REGISTER("ID_MMFR2_EL1", 0, 1, 6, mmfr2),
    REGISTER("ID_MMFR3_EL1", 0, 1, 7, mmfr3),
    REGISTER("ID_MMFR4_EL1", 0, 2, 6, mmfr4),
    REGISTER("ID_MMFR5_EL1", 0, 3, 6, mmfr5),
    REGISTER("ID_ISAR0_EL1", 0, 2, 0, isar0),
    REGISTER("ID_ISAR1_EL1", 0, 2, 1, isar1),
    REGISTER("ID_ISAR2_EL1", 0, 2, 2, isar2),
    REGISTER("ID_ISAR3_EL1", 0, 2, 3, isar3),
    REGISTER("ID_ISAR4_EL1", 0, 2, 4, isar4),
    REGISTER("ID_ISAR5_EL1", 0, 2, 5, isar5),
    REGISTER("ID_ISAR6_EL1", 0, 2, 7, isar6),
    REGISTER("MVFR0_EL1", 0, 3, 0, mvfr0),
    REGISTER("MVFR1_EL1", 0, 3, 1, mvfr1),
    REGISTER("MVFR2_EL1", 0, 3, 2, mvfr2),
};

const size_t id_register_count = G_N_ELEMENTS(id_registers);

const struct id_register *id_register_find(const char *name)
{
    for (size_t i = 0; i < id_register_count; i++)
        if (!strcmp(id_registers[i].name, name))
            return &id_registers[i];
    return NULL;
}

const struct id_register *id_register_find_kvm(uint64_t kvm_id)
{
    for (size_t i = 0; i < id_register_count; i++)
        if (id_registers[i].kvm_id == kvm_id)
            return &id_registers[i];
    return NULL;
}

size_t id_register_index(const struct id_register *reg)
{
    return (size_t)(reg - id_registers);
}

const struct id_field *id_field_find(const struct id_register *reg, const char *name)
{
    for (size_t i = 0; i < reg->field_count; i++)
        if (!strcmp(reg->fields[i].name, name))
            return &reg->fields[i];
    return NULL;
}

uint64_t id_field_mask(const struct id_field *field)
{
    return UINT64_MAX >> (64 - field->width) << field->shift;
}

uint64_t id_register_mask(const struct id_register *reg)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < reg->field_count; i++)
        mask |= id_field_mask(&reg->fields[i]);
    return mask;
}

uint64_t id_register_mistakes(const struct id_register *reg)
{
    return reg->fields == aa64mmfr2 ? id_field_mask(id_field_find(reg, "NV")) : 0;
}

int64_t id_field_get(const struct id_field *field, uint64_t value)
{
    uint64_t bits = (value & id_field_mask(field)) >> field->shift;

    if (field->is_signed && bits >> (field->width - 1))
        return (int64_t)(bits | UINT64_MAX << (field->width - 1));
    return (int64_t)bits;
}

uint64_t id_field_set(const struct id_field *field, uint64_t value, int64_t number)
{
    uint64_t mask = id_field_mask(field);

    return (value & ~mask) | ((uint64_t)number << field->shift & mask);
}

/* Of values that differ; arm64_ftr_safe_value() in Linux' arch/arm64/kernel/cpufeature.c. */
static int64_t safe_value(const struct id_field *field, int64_t one, int64_t other)
{
    switch (field->rule) {
    case ID_LOWER_SAFE:
        return MIN(one, other);
    case ID_HIGHER_OR_ZERO_SAFE:
        return one && other ? MAX(one, other) : 0;
    case ID_HIGHER_SAFE:
        return MAX(one, other);
    case ID_EXACT:
    case ID_SAME:
        break;
    }
    return field->safe;
}

bool id_field_common(const struct id_field *field, int64_t one, int64_t other, int64_t *common)
{
    *common = one;
    if (one == other)
        return true;
    *common = safe_value(field, one, other);
    return field->rule != ID_SAME;
}

bool id_field_fits(const struct id_field *field, int64_t host, int64_t guest)
{
    int64_t common;

    return id_field_common(field, host, guest, &common) && common == guest;
}

bool id_register_fits(const struct id_register *reg, const struct id_value *host, uint64_t guest,
                      const struct id_field **obstacle)
{
    uint64_t judged = 0;

    for (size_t i = 0; i < reg->field_count; i++) {
        const struct id_field *field = &reg->fields[i];
        uint64_t mask = id_field_mask(field), differs = (host->value ^ guest) & mask;

        *obstacle = field;
        judged |= mask;
        if (differs && ((host->writable & mask) != mask ||
                        !id_field_fits(field, id_field_get(field, host->value),
                                       id_field_get(field, guest))))
            return false;
    }
    *obstacle = NULL;
    return !((host->value ^ guest) & ~judged);
}
