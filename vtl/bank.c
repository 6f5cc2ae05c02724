/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register bank table: see bank.h.
 *
 * X29 and X30 are the sharpest case. The TLFS calls them private; OpenHCL and the kernel it runs
 * on treat them as shared (they save and restore both around the VTL return). We follow the
 * TLFS; the other choice is the policy "linux" of bank-policy.h.
 */
#include "vtl/bank.h"

#define HV_VALUE_SIZE 16

#define ROW(name, number, size, class, read_only)                                                  \
    {name, number, size, class, read_only, false, false, 0}
#define SHARED(name, number, size) ROW(name, number, size, BANK_SHARED, false)
#define PRIVATE(name, number, size) ROW(name, number, size, BANK_PRIVATE, false)
#define CONSTANT(name, number, size) ROW(name, number, size, BANK_CONSTANT, true)
#define UNSPECIFIED(name, number, size) ROW(name, number, size, BANK_UNSPECIFIED, false)
/* Follows from a register that can be written, or from what the VTL does. */
#define PRIVATE_READ_ONLY(name, number, size) ROW(name, number, size, BANK_PRIVATE, true)
#define UNSPECIFIED_READ_ONLY(name, number, size) ROW(name, number, size, BANK_UNSPECIFIED, true)

/*
 * SVE. "SVE state (Z0-Z31, P0-P15, FFR) and SME state are VTL-private. The lower 128-bit portion (Q
 * registers) is shared, but the upper bits of Z registers may be corrupted on VTL transitions.
 * Software should not rely on Z register contents being preserved across VTL switches." Predicates
 * are counted in with the vectors that they are for: who has to save those saves them as well.
 */
#define Q 0x00030000u
#define VECTOR(name, number)                                                                       \
    {name, number, BANK_VECTOR_BITS_MAX / 8, BANK_CORRUPTIBLE, false, true, false,                 \
     Q + ((number) & 0x1f)}
#define PREDICATE(name, number)                                                                    \
    {name, number, BANK_VECTOR_BITS_MAX / 64, BANK_CORRUPTIBLE, false, true, false, 0}
#define FIRST_FAULT(name, number)                                                                  \
    {name, number, BANK_VECTOR_BITS_MAX / 64, BANK_CORRUPTIBLE, false, true, true, 0}

/* A debug register that is there up to sixteen times. */
#define PRIVATE_16(name, number)                                                                   \
    PRIVATE(name "0_EL1", (number) + 0, 8), PRIVATE(name "1_EL1", (number) + 1, 8),                \
    PRIVATE(name "2_EL1", (number) + 2, 8), PRIVATE(name "3_EL1", (number) + 3, 8),                \
    PRIVATE(name "4_EL1", (number) + 4, 8), PRIVATE(name "5_EL1", (number) + 5, 8),                \
    PRIVATE(name "6_EL1", (number) + 6, 8), PRIVATE(name "7_EL1", (number) + 7, 8),                \
    PRIVATE(name "8_EL1", (number) + 8, 8), PRIVATE(name "9_EL1", (number) + 9, 8),                \
    PRIVATE(name "10_EL1", (number) + 10, 8), PRIVATE(name "11_EL1", (number) + 11, 8),            \
    PRIVATE(name "12_EL1", (number) + 12, 8), PRIVATE(name "13_EL1", (number) + 13, 8),            \
    PRIVATE(name "14_EL1", (number) + 14, 8), PRIVATE(name "15_EL1", (number) + 15, 8)

const struct bank_register bank_table[] = {
    SHARED("X0", 0x00020000, 8),
    SHARED("X1", 0x00020001, 8),
    SHARED("X2", 0x00020002, 8),
    SHARED("X3", 0x00020003, 8),
    SHARED("X4", 0x00020004, 8),
    SHARED("X5", 0x00020005, 8),
    SHARED("X6", 0x00020006, 8),
    SHARED("X7", 0x00020007, 8),
    SHARED("X8", 0x00020008, 8),
    SHARED("X9", 0x00020009, 8),
    SHARED("X10", 0x0002000a, 8),
    SHARED("X11", 0x0002000b, 8),
    SHARED("X12", 0x0002000c, 8),
    SHARED("X13", 0x0002000d, 8),
    SHARED("X14", 0x0002000e, 8),
    SHARED("X15", 0x0002000f, 8),
    SHARED("X16", 0x00020010, 8),
    SHARED("X17", 0x00020011, 8),
    PRIVATE("X18", 0x00020012, 8),
    SHARED("X19", 0x00020013, 8),
    SHARED("X20", 0x00020014, 8),
    SHARED("X21", 0x00020015, 8),
    SHARED("X22", 0x00020016, 8),
    SHARED("X23", 0x00020017, 8),
    SHARED("X24", 0x00020018, 8),
    SHARED("X25", 0x00020019, 8),
    SHARED("X26", 0x0002001a, 8),
    SHARED("X27", 0x0002001b, 8),
    SHARED("X28", 0x0002001c, 8),
    PRIVATE("X29", 0x0002001d, 8),
    PRIVATE("X30", 0x0002001e, 8),
    PRIVATE("SP_EL0", 0x00020020, 8),
    PRIVATE("SP_EL1", 0x00020021, 8),
    PRIVATE("PC", 0x00020022, 8),
    PRIVATE("PSTATE", 0x00020023, 8),
    CONSTANT("MIDR_EL1", 0x00022000, 8),
    CONSTANT("REVIDR_EL1", 0x00022006, 8),
    /* Encodings that have no register yet read as zero (Arm ARM, D23.3, ID registers). */
    CONSTANT("ID_PFR0_EL1", 0x00022008, 8),
    CONSTANT("ID_PFR1_EL1", 0x00022009, 8),
    CONSTANT("ID_DFR0_EL1", 0x0002200a, 8),
    CONSTANT("ID_AFR0_EL1", 0x0002200b, 8),
    CONSTANT("ID_MMFR0_EL1", 0x0002200c, 8),
    CONSTANT("ID_MMFR1_EL1", 0x0002200d, 8),
    CONSTANT("ID_MMFR2_EL1", 0x0002200e, 8),
    CONSTANT("ID_MMFR3_EL1", 0x0002200f, 8),
    CONSTANT("ID_ISAR0_EL1", 0x00022010, 8),
    CONSTANT("ID_ISAR1_EL1", 0x00022011, 8),
    CONSTANT("ID_ISAR2_EL1", 0x00022012, 8),
    CONSTANT("ID_ISAR3_EL1", 0x00022013, 8),
    CONSTANT("ID_ISAR4_EL1", 0x00022014, 8),
    CONSTANT("ID_ISAR5_EL1", 0x00022015, 8),
    CONSTANT("ID_MMFR4_EL1", 0x00022016, 8),
    CONSTANT("ID_ISAR6_EL1", 0x00022017, 8),
    CONSTANT("MVFR0_EL1", 0x00022018, 8),
    CONSTANT("MVFR1_EL1", 0x00022019, 8),
    CONSTANT("MVFR2_EL1", 0x0002201a, 8),
    CONSTANT("ID_RES33_EL1", 0x0002201b, 8),
    CONSTANT("ID_PFR2_EL1", 0x0002201c, 8),
    CONSTANT("ID_DFR1_EL1", 0x0002201d, 8),
    CONSTANT("ID_MMFR5_EL1", 0x0002201e, 8),
    CONSTANT("ID_RES37_EL1", 0x0002201f, 8),
    CONSTANT("ID_AA64PFR0_EL1", 0x00022020, 8),
    CONSTANT("ID_AA64PFR1_EL1", 0x00022021, 8),
    CONSTANT("ID_AA64PFR2_EL1", 0x00022022, 8),
    CONSTANT("ID_RES43_EL1", 0x00022023, 8),
    CONSTANT("ID_AA64ZFR0_EL1", 0x00022024, 8),
    CONSTANT("ID_AA64SMFR0_EL1", 0x00022025, 8),
    CONSTANT("ID_RES46_EL1", 0x00022026, 8),
    CONSTANT("ID_AA64FPFR0_EL1", 0x00022027, 8),
    CONSTANT("ID_AA64DFR0_EL1", 0x00022028, 8),
    CONSTANT("ID_AA64DFR1_EL1", 0x00022029, 8),
    CONSTANT("ID_AA64DFR2_EL1", 0x0002202a, 8),
    CONSTANT("ID_RES53_EL1", 0x0002202b, 8),
    CONSTANT("ID_AA64AFR0_EL1", 0x0002202c, 8),
    CONSTANT("ID_AA64AFR1_EL1", 0x0002202d, 8),
    CONSTANT("ID_RES56_EL1", 0x0002202e, 8),
    CONSTANT("ID_RES57_EL1", 0x0002202f, 8),
    CONSTANT("ID_AA64ISAR0_EL1", 0x00022030, 8),
    CONSTANT("ID_AA64ISAR1_EL1", 0x00022031, 8),
    CONSTANT("ID_AA64ISAR2_EL1", 0x00022032, 8),
    CONSTANT("ID_AA64ISAR3_EL1", 0x00022033, 8),
    CONSTANT("ID_RES64_EL1", 0x00022034, 8),
    CONSTANT("ID_RES65_EL1", 0x00022035, 8),
    CONSTANT("ID_RES66_EL1", 0x00022036, 8),
    CONSTANT("ID_RES67_EL1", 0x00022037, 8),
    CONSTANT("ID_AA64MMFR0_EL1", 0x00022038, 8),
    CONSTANT("ID_AA64MMFR1_EL1", 0x00022039, 8),
    CONSTANT("ID_AA64MMFR2_EL1", 0x0002203a, 8),
    CONSTANT("ID_AA64MMFR3_EL1", 0x0002203b, 8),
    CONSTANT("ID_AA64MMFR4_EL1", 0x0002203c, 8),
    CONSTANT("ID_RES75_EL1", 0x0002203d, 8),
    CONSTANT("ID_RES76_EL1", 0x0002203e, 8),
    CONSTANT("ID_RES77_EL1", 0x0002203f, 8),
    SHARED("Q0", 0x00030000, 16),
    SHARED("Q1", 0x00030001, 16),
    SHARED("Q2", 0x00030002, 16),
    SHARED("Q3", 0x00030003, 16),
    SHARED("Q4", 0x00030004, 16),
    SHARED("Q5", 0x00030005, 16),
    SHARED("Q6", 0x00030006, 16),
    SHARED("Q7", 0x00030007, 16),
    SHARED("Q8", 0x00030008, 16),
    SHARED("Q9", 0x00030009, 16),
    SHARED("Q10", 0x0003000a, 16),
    SHARED("Q11", 0x0003000b, 16),
    SHARED("Q12", 0x0003000c, 16),
    SHARED("Q13", 0x0003000d, 16),
    SHARED("Q14", 0x0003000e, 16),
    SHARED("Q15", 0x0003000f, 16),
    SHARED("Q16", 0x00030010, 16),
    SHARED("Q17", 0x00030011, 16),
    SHARED("Q18", 0x00030012, 16),
    SHARED("Q19", 0x00030013, 16),
    SHARED("Q20", 0x00030014, 16),
    SHARED("Q21", 0x00030015, 16),
    SHARED("Q22", 0x00030016, 16),
    SHARED("Q23", 0x00030017, 16),
    SHARED("Q24", 0x00030018, 16),
    SHARED("Q25", 0x00030019, 16),
    SHARED("Q26", 0x0003001a, 16),
    SHARED("Q27", 0x0003001b, 16),
    SHARED("Q28", 0x0003001c, 16),
    SHARED("Q29", 0x0003001d, 16),
    SHARED("Q30", 0x0003001e, 16),
    SHARED("Q31", 0x0003001f, 16),
    VECTOR("Z0", 0x00030100),
    VECTOR("Z1", 0x00030101),
    VECTOR("Z2", 0x00030102),
    VECTOR("Z3", 0x00030103),
    VECTOR("Z4", 0x00030104),
    VECTOR("Z5", 0x00030105),
    VECTOR("Z6", 0x00030106),
    VECTOR("Z7", 0x00030107),
    VECTOR("Z8", 0x00030108),
    VECTOR("Z9", 0x00030109),
    VECTOR("Z10", 0x0003010a),
    VECTOR("Z11", 0x0003010b),
    VECTOR("Z12", 0x0003010c),
    VECTOR("Z13", 0x0003010d),
    VECTOR("Z14", 0x0003010e),
    VECTOR("Z15", 0x0003010f),
    VECTOR("Z16", 0x00030110),
    VECTOR("Z17", 0x00030111),
    VECTOR("Z18", 0x00030112),
    VECTOR("Z19", 0x00030113),
    VECTOR("Z20", 0x00030114),
    VECTOR("Z21", 0x00030115),
    VECTOR("Z22", 0x00030116),
    VECTOR("Z23", 0x00030117),
    VECTOR("Z24", 0x00030118),
    VECTOR("Z25", 0x00030119),
    VECTOR("Z26", 0x0003011a),
    VECTOR("Z27", 0x0003011b),
    VECTOR("Z28", 0x0003011c),
    VECTOR("Z29", 0x0003011d),
    VECTOR("Z30", 0x0003011e),
    VECTOR("Z31", 0x0003011f),
    PREDICATE("P0", 0x00030120),
    PREDICATE("P1", 0x00030121),
    PREDICATE("P2", 0x00030122),
    PREDICATE("P3", 0x00030123),
    PREDICATE("P4", 0x00030124),
    PREDICATE("P5", 0x00030125),
    PREDICATE("P6", 0x00030126),
    PREDICATE("P7", 0x00030127),
    PREDICATE("P8", 0x00030128),
    PREDICATE("P9", 0x00030129),
    PREDICATE("P10", 0x0003012a),
    PREDICATE("P11", 0x0003012b),
    PREDICATE("P12", 0x0003012c),
    PREDICATE("P13", 0x0003012d),
    PREDICATE("P14", 0x0003012e),
    PREDICATE("P15", 0x0003012f),
    FIRST_FAULT("FFR", 0x00030130),
    CONSTANT("MPIDR_EL1", 0x00040001, 8),
    PRIVATE("SCTLR_EL1", 0x00040002, 8),
    PRIVATE("ACTLR_EL1", 0x00040003, 8),
    PRIVATE("CPACR_EL1", 0x00040004, 8),
    PRIVATE("TTBR0_EL1", 0x00040005, 8),
    PRIVATE("TTBR1_EL1", 0x00040006, 8),
    PRIVATE("TCR_EL1", 0x00040007, 8),
    PRIVATE("ESR_EL1", 0x00040008, 8),
    PRIVATE("FAR_EL1", 0x00040009, 8),
    UNSPECIFIED("PAR_EL1", 0x0004000a, 8),
    PRIVATE("MAIR_EL1", 0x0004000b, 8),
    PRIVATE("VBAR_EL1", 0x0004000c, 8),
    PRIVATE("CONTEXTIDR_EL1", 0x0004000d, 8),
    PRIVATE("TPIDR_EL1", 0x0004000e, 8),
    PRIVATE("TPIDRRO_EL0", 0x00040010, 8),
    PRIVATE("TPIDR_EL0", 0x00040011, 8),
    PRIVATE("FPCR", 0x00040012, 8),
    PRIVATE("FPSR", 0x00040013, 8),
    PRIVATE("SPSR_EL1", 0x00040014, 8),
    PRIVATE("ELR_EL1", 0x00040015, 8),
    PRIVATE("AFSR0_EL1", 0x00040016, 8),
    PRIVATE("AFSR1_EL1", 0x00040017, 8),
    PRIVATE("AMAIR_EL1", 0x00040018, 8),
    CONSTANT("AIDR_EL1", 0x00040024, 8),
    UNSPECIFIED("APDAKeyHi_EL1", 0x00040026, 8),
    UNSPECIFIED("APDAKeyLo_EL1", 0x00040027, 8),
    UNSPECIFIED("APDBKeyHi_EL1", 0x00040028, 8),
    UNSPECIFIED("APDBKeyLo_EL1", 0x00040029, 8),
    UNSPECIFIED("APGAKeyHi_EL1", 0x0004002a, 8),
    UNSPECIFIED("APGAKeyLo_EL1", 0x0004002b, 8),
    UNSPECIFIED("APIAKeyHi_EL1", 0x0004002c, 8),
    UNSPECIFIED("APIAKeyLo_EL1", 0x0004002d, 8),
    UNSPECIFIED("APIBKeyHi_EL1", 0x0004002e, 8),
    UNSPECIFIED("APIBKeyLo_EL1", 0x0004002f, 8),
    UNSPECIFIED_READ_ONLY("CCSIDR_EL1", 0x00040030, 8), /* by CSSELR_EL1 */
    CONSTANT("CLIDR_EL1", 0x00040032, 8),
    UNSPECIFIED("CSSELR_EL1", 0x00040035, 8),
    CONSTANT("CTR_EL0", 0x00040036, 8),
    CONSTANT("DCZID_EL0", 0x00040038, 8),
    UNSPECIFIED("GCR_EL1", 0x0004003c, 8),
    UNSPECIFIED("RGSR_EL1", 0x00040056, 8),
    UNSPECIFIED("TFSRE0_EL1", 0x00040063, 8),
    UNSPECIFIED("TFSR_EL1", 0x00040064, 8),
    PRIVATE("ZCR_EL1", 0x00040071, 8),
    PRIVATE_16("DBGBCR", 0x00050000),
    PRIVATE_16("DBGWCR", 0x00050010),
    PRIVATE_16("DBGBVR", 0x00050020),
    PRIVATE_16("DBGWVR", 0x00050030),
    PRIVATE("MDCCINT_EL1", 0x00050049, 8),
    PRIVATE("MDSCR_EL1", 0x0005004d, 8),
    PRIVATE_READ_ONLY("OSLSR_EL1", 0x00050053, 8),
    UNSPECIFIED("DISR_EL1", 0x00056000, 8),
    PRIVATE("CNTKCTL_EL1", 0x00058008, 8),
    UNSPECIFIED("CNTP_CTL_EL0", 0x00058009, 8),
    UNSPECIFIED("CNTP_CVAL_EL0", 0x0005800a, 8),
    CONSTANT("CNTPCT_EL0", 0x0005800c, 8), /* all VTLs have one time */
    PRIVATE("CNTV_CTL_EL0", 0x0005800e, 8),
    PRIVATE("CNTV_CVAL_EL0", 0x0005800f, 8),
    CONSTANT("CNTVCT_EL0", 0x00058011, 8),
    PRIVATE("ICC_AP1R0_EL1", 0x00060000, 8),
    PRIVATE("ICC_AP1R1_EL1", 0x00060001, 8),
    PRIVATE("ICC_AP1R2_EL1", 0x00060002, 8),
    PRIVATE("ICC_AP1R3_EL1", 0x00060003, 8),
    PRIVATE("ICC_BPR1_EL1", 0x00060005, 8),
    PRIVATE("ICC_CTLR_EL1", 0x00060006, 8),
    PRIVATE("ICC_IGRPEN1_EL1", 0x0006000b, 8),
    PRIVATE("ICC_PMR_EL1", 0x0006000c, 8),
    PRIVATE("ICC_SRE_EL1", 0x0006000f, 8),
};

const size_t bank_table_size = sizeof(bank_table) / sizeof(bank_table[0]);

const struct bank_register *bank_find(uint32_t hv_name)
{
    size_t low = 0, high = bank_table_size;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (bank_table[middle].hv_name == hv_name)
            return &bank_table[middle];
        if (bank_table[middle].hv_name < hv_name)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct bank_register *bank_find_value(uint32_t hv_name)
{
    const struct bank_register *reg = bank_find(hv_name);

    return reg && reg->size <= HV_VALUE_SIZE ? reg : NULL;
}

size_t bank_size(const struct bank_register *reg, unsigned vector_bits)
{
    return reg->scales ? (size_t)reg->size * vector_bits / BANK_VECTOR_BITS_MAX : reg->size;
}

const char *bank_class_name(enum bank_class class)
{
    static const char *const names[] = {
        [BANK_SHARED] = "shared",
        [BANK_PRIVATE] = "private",
        [BANK_CORRUPTIBLE] = "corruptible",
        [BANK_UNSPECIFIED] = "unspecified",
        [BANK_CONSTANT] = "constant",
    };

    return names[class];
}
