/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All registers of a processor, by name: see bank-rows.h. */
#include "vtl/bank-rows.h"

#include <glib.h>

/*
 * What bank_table does not have. The TLFS names SVE's and SME's state, the PMU's registers, SPE's,
 * debug registers and timers as groups (VSM, "Private and Shared State"); it is silent about all that
 * is BANK_UNSPECIFIED. SPE's are shared, as it stands there, but for PMBSR_EL1. Encodings: Arm ARM,
 * D19; Linux, arch/arm64/tools/sysreg.
 */
#define ROW(name, group, class, op0, op1, crn, crm, op2)                                           \
    {name, BANK_##class, BANK_##group, NULL, BANK_ENCODING(op0, op1, crn, crm, op2)}
#define NO_ENCODING(name, group, class) {name, BANK_##class, BANK_##group, NULL, 0}

static const struct bank_row others[] = {
    ROW("SVCR", SME, PRIVATE, 3, 3, 4, 2, 2),
    ROW("SMCR_EL1", SME, PRIVATE, 3, 0, 1, 2, 6),
    ROW("SMPRI_EL1", SME, UNSPECIFIED, 3, 0, 1, 2, 4),
    ROW("TPIDR2_EL0", SME, UNSPECIFIED, 3, 3, 13, 0, 5),
    ROW("SMIDR_EL1", SME, CONSTANT, 3, 1, 0, 0, 6),
    NO_ENCODING("ZA", SME, PRIVATE),
    NO_ENCODING("ZT0", SME, PRIVATE),
    ROW("SCTLR2_EL1", SYSTEM, UNSPECIFIED, 3, 0, 1, 0, 3),
    ROW("TCR2_EL1", SYSTEM, UNSPECIFIED, 3, 0, 2, 0, 3),
    ROW("PIRE0_EL1", SYSTEM, UNSPECIFIED, 3, 0, 10, 2, 2),
    ROW("PIR_EL1", SYSTEM, UNSPECIFIED, 3, 0, 10, 2, 3),
    ROW("POR_EL1", SYSTEM, UNSPECIFIED, 3, 0, 10, 2, 4),
    ROW("POR_EL0", SYSTEM, UNSPECIFIED, 3, 3, 10, 2, 4),
    ROW("S2POR_EL1", SYSTEM, UNSPECIFIED, 3, 0, 10, 2, 5),
    ROW("MAIR2_EL1", SYSTEM, UNSPECIFIED, 3, 0, 10, 2, 1),
    ROW("AMAIR2_EL1", SYSTEM, UNSPECIFIED, 3, 0, 10, 3, 1),
    ROW("PFAR_EL1", SYSTEM, UNSPECIFIED, 3, 0, 6, 0, 5),
    ROW("SCXTNUM_EL1", SYSTEM, UNSPECIFIED, 3, 0, 13, 0, 7),
    ROW("SCXTNUM_EL0", SYSTEM, UNSPECIFIED, 3, 3, 13, 0, 7),
    ROW("ACCDATA_EL1", SYSTEM, UNSPECIFIED, 3, 0, 13, 0, 5),
    ROW("RCWMASK_EL1", SYSTEM, UNSPECIFIED, 3, 0, 13, 0, 6),
    ROW("RCWSMASK_EL1", SYSTEM, UNSPECIFIED, 3, 0, 13, 0, 3),
    ROW("FPMR", SYSTEM, UNSPECIFIED, 3, 3, 4, 4, 2),
    ROW("CCSIDR2_EL1", PROCESSOR, CONSTANT, 3, 1, 0, 0, 2),
    ROW("GMID_EL1", PROCESSOR, CONSTANT, 3, 1, 0, 0, 4),
    ROW("RNDR", PROCESSOR, CONSTANT, 3, 3, 2, 4, 0),
    ROW("RNDRRS", PROCESSOR, CONSTANT, 3, 3, 2, 4, 1),
    ROW("OSDTRRX_EL1", DEBUG, PRIVATE, 2, 0, 0, 0, 2),
    ROW("OSDTRTX_EL1", DEBUG, PRIVATE, 2, 0, 0, 3, 2),
    ROW("OSECCR_EL1", DEBUG, PRIVATE, 2, 0, 0, 6, 2),
    ROW("OSLAR_EL1", DEBUG, PRIVATE, 2, 0, 1, 0, 4),
    ROW("OSDLR_EL1", DEBUG, PRIVATE, 2, 0, 1, 3, 4),
    ROW("DBGPRCR_EL1", DEBUG, PRIVATE, 2, 0, 1, 4, 4),
    ROW("DBGCLAIMSET_EL1", DEBUG, PRIVATE, 2, 0, 7, 8, 6),
    ROW("DBGCLAIMCLR_EL1", DEBUG, PRIVATE, 2, 0, 7, 9, 6),
    ROW("DBGAUTHSTATUS_EL1", DEBUG, CONSTANT, 2, 0, 7, 14, 6),
    ROW("MDRAR_EL1", DEBUG, CONSTANT, 2, 0, 1, 0, 0),
    ROW("MDCCSR_EL0", DEBUG, PRIVATE, 2, 3, 0, 1, 0),
    ROW("DBGDTR_EL0", DEBUG, PRIVATE, 2, 3, 0, 4, 0),
    ROW("DBGDTRRX_EL0", DEBUG, PRIVATE, 2, 3, 0, 5, 0),
    ROW("MDSELR_EL1", DEBUG, PRIVATE, 2, 0, 0, 4, 2),
    ROW("TRFCR_EL1", TRACE, UNSPECIFIED, 3, 0, 1, 2, 1),
    ROW("BRBCR_EL1", TRACE, UNSPECIFIED, 2, 1, 9, 0, 0),
    ROW("BRBFCR_EL1", TRACE, UNSPECIFIED, 2, 1, 9, 0, 1),
    ROW("BRBTS_EL1", TRACE, UNSPECIFIED, 2, 1, 9, 0, 2),
    ROW("BRBIDR0_EL1", TRACE, CONSTANT, 2, 1, 9, 2, 0),
    ROW("PMCR_EL0", PMU, PRIVATE, 3, 3, 9, 12, 0),
    ROW("PMCNTENSET_EL0", PMU, PRIVATE, 3, 3, 9, 12, 1),
    ROW("PMCNTENCLR_EL0", PMU, PRIVATE, 3, 3, 9, 12, 2),
    ROW("PMOVSCLR_EL0", PMU, PRIVATE, 3, 3, 9, 12, 3),
    ROW("PMSWINC_EL0", PMU, PRIVATE, 3, 3, 9, 12, 4),
    ROW("PMSELR_EL0", PMU, PRIVATE, 3, 3, 9, 12, 5),
    ROW("PMCEID0_EL0", PMU, CONSTANT, 3, 3, 9, 12, 6),
    ROW("PMCEID1_EL0", PMU, CONSTANT, 3, 3, 9, 12, 7),
    ROW("PMCCNTR_EL0", PMU, PRIVATE, 3, 3, 9, 13, 0),
    ROW("PMXEVTYPER_EL0", PMU, PRIVATE, 3, 3, 9, 13, 1),
    ROW("PMXEVCNTR_EL0", PMU, PRIVATE, 3, 3, 9, 13, 2),
    ROW("PMUSERENR_EL0", PMU, PRIVATE, 3, 3, 9, 14, 0),
    ROW("PMINTENSET_EL1", PMU, PRIVATE, 3, 0, 9, 14, 1),
    ROW("PMINTENCLR_EL1", PMU, PRIVATE, 3, 0, 9, 14, 2),
    ROW("PMOVSSET_EL0", PMU, PRIVATE, 3, 3, 9, 14, 3),
    ROW("PMMIR_EL1", PMU, CONSTANT, 3, 0, 9, 14, 6),
    ROW("PMCCFILTR_EL0", PMU, PRIVATE, 3, 3, 14, 15, 7),
    ROW("PMEVCNTR0_EL0", PMU, PRIVATE, 3, 3, 14, 8, 0),
    ROW("PMEVCNTR1_EL0", PMU, PRIVATE, 3, 3, 14, 8, 1),
    ROW("PMEVCNTR2_EL0", PMU, PRIVATE, 3, 3, 14, 8, 2),
    ROW("PMEVCNTR3_EL0", PMU, PRIVATE, 3, 3, 14, 8, 3),
    ROW("PMEVCNTR4_EL0", PMU, PRIVATE, 3, 3, 14, 8, 4),
    ROW("PMEVCNTR5_EL0", PMU, PRIVATE, 3, 3, 14, 8, 5),
    ROW("PMEVCNTR6_EL0", PMU, PRIVATE, 3, 3, 14, 8, 6),
    ROW("PMEVCNTR7_EL0", PMU, PRIVATE, 3, 3, 14, 8, 7),
    ROW("PMEVCNTR8_EL0", PMU, PRIVATE, 3, 3, 14, 9, 0),
    ROW("PMEVCNTR9_EL0", PMU, PRIVATE, 3, 3, 14, 9, 1),
    ROW("PMEVCNTR10_EL0", PMU, PRIVATE, 3, 3, 14, 9, 2),
    ROW("PMEVCNTR11_EL0", PMU, PRIVATE, 3, 3, 14, 9, 3),
    ROW("PMEVCNTR12_EL0", PMU, PRIVATE, 3, 3, 14, 9, 4),
    ROW("PMEVCNTR13_EL0", PMU, PRIVATE, 3, 3, 14, 9, 5),
    ROW("PMEVCNTR14_EL0", PMU, PRIVATE, 3, 3, 14, 9, 6),
    ROW("PMEVCNTR15_EL0", PMU, PRIVATE, 3, 3, 14, 9, 7),
    ROW("PMEVCNTR16_EL0", PMU, PRIVATE, 3, 3, 14, 10, 0),
    ROW("PMEVCNTR17_EL0", PMU, PRIVATE, 3, 3, 14, 10, 1),
    ROW("PMEVCNTR18_EL0", PMU, PRIVATE, 3, 3, 14, 10, 2),
    ROW("PMEVCNTR19_EL0", PMU, PRIVATE, 3, 3, 14, 10, 3),
    ROW("PMEVCNTR20_EL0", PMU, PRIVATE, 3, 3, 14, 10, 4),
    ROW("PMEVCNTR21_EL0", PMU, PRIVATE, 3, 3, 14, 10, 5),
    ROW("PMEVCNTR22_EL0", PMU, PRIVATE, 3, 3, 14, 10, 6),
    ROW("PMEVCNTR23_EL0", PMU, PRIVATE, 3, 3, 14, 10, 7),
    ROW("PMEVCNTR24_EL0", PMU, PRIVATE, 3, 3, 14, 11, 0),
    ROW("PMEVCNTR25_EL0", PMU, PRIVATE, 3, 3, 14, 11, 1),
    ROW("PMEVCNTR26_EL0", PMU, PRIVATE, 3, 3, 14, 11, 2),
    ROW("PMEVCNTR27_EL0", PMU, PRIVATE, 3, 3, 14, 11, 3),
    ROW("PMEVCNTR28_EL0", PMU, PRIVATE, 3, 3, 14, 11, 4),
    ROW("PMEVCNTR29_EL0", PMU, PRIVATE, 3, 3, 14, 11, 5),
    ROW("PMEVCNTR30_EL0", PMU, PRIVATE, 3, 3, 14, 11, 6),
    ROW("PMEVTYPER0_EL0", PMU, PRIVATE, 3, 3, 14, 12, 0),
    ROW("PMEVTYPER1_EL0", PMU, PRIVATE, 3, 3, 14, 12, 1),
    ROW("PMEVTYPER2_EL0", PMU, PRIVATE, 3, 3, 14, 12, 2),
    ROW("PMEVTYPER3_EL0", PMU, PRIVATE, 3, 3, 14, 12, 3),
    ROW("PMEVTYPER4_EL0", PMU, PRIVATE, 3, 3, 14, 12, 4),
    ROW("PMEVTYPER5_EL0", PMU, PRIVATE, 3, 3, 14, 12, 5),
    ROW("PMEVTYPER6_EL0", PMU, PRIVATE, 3, 3, 14, 12, 6),
    ROW("PMEVTYPER7_EL0", PMU, PRIVATE, 3, 3, 14, 12, 7),
    ROW("PMEVTYPER8_EL0", PMU, PRIVATE, 3, 3, 14, 13, 0),
    ROW("PMEVTYPER9_EL0", PMU, PRIVATE, 3, 3, 14, 13, 1),
    ROW("PMEVTYPER10_EL0", PMU, PRIVATE, 3, 3, 14, 13, 2),
    ROW("PMEVTYPER11_EL0", PMU, PRIVATE, 3, 3, 14, 13, 3),
    ROW("PMEVTYPER12_EL0", PMU, PRIVATE, 3, 3, 14, 13, 4),
    ROW("PMEVTYPER13_EL0", PMU, PRIVATE, 3, 3, 14, 13, 5),
    ROW("PMEVTYPER14_EL0", PMU, PRIVATE, 3, 3, 14, 13, 6),
    ROW("PMEVTYPER15_EL0", PMU, PRIVATE, 3, 3, 14, 13, 7),
    ROW("PMEVTYPER16_EL0", PMU, PRIVATE, 3, 3, 14, 14, 0),
    ROW("PMEVTYPER17_EL0", PMU, PRIVATE, 3, 3, 14, 14, 1),
    ROW("PMEVTYPER18_EL0", PMU, PRIVATE, 3, 3, 14, 14, 2),
    ROW("PMEVTYPER19_EL0", PMU, PRIVATE, 3, 3, 14, 14, 3),
    ROW("PMEVTYPER20_EL0", PMU, PRIVATE, 3, 3, 14, 14, 4),
    ROW("PMEVTYPER21_EL0", PMU, PRIVATE, 3, 3, 14, 14, 5),
    ROW("PMEVTYPER22_EL0", PMU, PRIVATE, 3, 3, 14, 14, 6),
    ROW("PMEVTYPER23_EL0", PMU, PRIVATE, 3, 3, 14, 14, 7),
    ROW("PMEVTYPER24_EL0", PMU, PRIVATE, 3, 3, 14, 15, 0),
    ROW("PMEVTYPER25_EL0", PMU, PRIVATE, 3, 3, 14, 15, 1),
    ROW("PMEVTYPER26_EL0", PMU, PRIVATE, 3, 3, 14, 15, 2),
    ROW("PMEVTYPER27_EL0", PMU, PRIVATE, 3, 3, 14, 15, 3),
    ROW("PMEVTYPER28_EL0", PMU, PRIVATE, 3, 3, 14, 15, 4),
    ROW("PMEVTYPER29_EL0", PMU, PRIVATE, 3, 3, 14, 15, 5),
    ROW("PMEVTYPER30_EL0", PMU, PRIVATE, 3, 3, 14, 15, 6),
    ROW("AMCR_EL0", AMU, UNSPECIFIED, 3, 3, 13, 2, 0),
    ROW("AMCFGR_EL0", AMU, UNSPECIFIED, 3, 3, 13, 2, 1),
    ROW("AMCGCR_EL0", AMU, UNSPECIFIED, 3, 3, 13, 2, 2),
    ROW("AMUSERENR_EL0", AMU, UNSPECIFIED, 3, 3, 13, 2, 3),
    ROW("AMCNTENCLR0_EL0", AMU, UNSPECIFIED, 3, 3, 13, 2, 4),
    ROW("AMCNTENSET0_EL0", AMU, UNSPECIFIED, 3, 3, 13, 2, 5),
    ROW("AMEVCNTR00_EL0", AMU, UNSPECIFIED, 3, 3, 13, 4, 0),
    ROW("AMEVCNTR01_EL0", AMU, UNSPECIFIED, 3, 3, 13, 4, 1),
    ROW("AMEVCNTR02_EL0", AMU, UNSPECIFIED, 3, 3, 13, 4, 2),
    ROW("AMEVCNTR03_EL0", AMU, UNSPECIFIED, 3, 3, 13, 4, 3),
    ROW("PMSCR_EL1", SPE, SHARED, 3, 0, 9, 9, 0),
    ROW("PMSNEVFR_EL1", SPE, SHARED, 3, 0, 9, 9, 1),
    ROW("PMSICR_EL1", SPE, SHARED, 3, 0, 9, 9, 2),
    ROW("PMSIRR_EL1", SPE, SHARED, 3, 0, 9, 9, 3),
    ROW("PMSFCR_EL1", SPE, SHARED, 3, 0, 9, 9, 4),
    ROW("PMSEVFR_EL1", SPE, SHARED, 3, 0, 9, 9, 5),
    ROW("PMSLATFR_EL1", SPE, SHARED, 3, 0, 9, 9, 6),
    ROW("PMSDSFR_EL1", SPE, SHARED, 3, 0, 9, 10, 4),
    ROW("PMBLIMITR_EL1", SPE, SHARED, 3, 0, 9, 10, 0),
    ROW("PMBPTR_EL1", SPE, SHARED, 3, 0, 9, 10, 1),
    ROW("PMBSR_EL1", SPE, PRIVATE, 3, 0, 9, 10, 3),
    ROW("PMSIDR_EL1", SPE, CONSTANT, 3, 0, 9, 9, 7),
    ROW("PMBIDR_EL1", SPE, CONSTANT, 3, 0, 9, 10, 7),
    ROW("TRBLIMITR_EL1", TRBE, UNSPECIFIED, 3, 0, 9, 11, 0),
    ROW("TRBPTR_EL1", TRBE, UNSPECIFIED, 3, 0, 9, 11, 1),
    ROW("TRBBASER_EL1", TRBE, UNSPECIFIED, 3, 0, 9, 11, 2),
    ROW("TRBSR_EL1", TRBE, UNSPECIFIED, 3, 0, 9, 11, 3),
    ROW("TRBMAR_EL1", TRBE, UNSPECIFIED, 3, 0, 9, 11, 4),
    ROW("TRBMPAM_EL1", TRBE, UNSPECIFIED, 3, 0, 9, 11, 5),
    ROW("TRBTRG_EL1", TRBE, UNSPECIFIED, 3, 0, 9, 11, 6),
    ROW("TRBIDR_EL1", TRBE, CONSTANT, 3, 0, 9, 11, 7),
    ROW("ERRIDR_EL1", RAS, CONSTANT, 3, 0, 5, 3, 0),
    ROW("ERRSELR_EL1", RAS, UNSPECIFIED, 3, 0, 5, 3, 1),
    ROW("ERXFR_EL1", RAS, CONSTANT, 3, 0, 5, 4, 0),
    ROW("ERXCTLR_EL1", RAS, UNSPECIFIED, 3, 0, 5, 4, 1),
    ROW("ERXSTATUS_EL1", RAS, UNSPECIFIED, 3, 0, 5, 4, 2),
    ROW("ERXADDR_EL1", RAS, UNSPECIFIED, 3, 0, 5, 4, 3),
    ROW("ERXPFGF_EL1", RAS, CONSTANT, 3, 0, 5, 4, 4),
    ROW("ERXPFGCTL_EL1", RAS, UNSPECIFIED, 3, 0, 5, 4, 5),
    ROW("ERXPFGCDN_EL1", RAS, UNSPECIFIED, 3, 0, 5, 4, 6),
    ROW("ERXMISC0_EL1", RAS, UNSPECIFIED, 3, 0, 5, 5, 0),
    ROW("ERXMISC1_EL1", RAS, UNSPECIFIED, 3, 0, 5, 5, 1),
    ROW("ERXMISC2_EL1", RAS, UNSPECIFIED, 3, 0, 5, 5, 2),
    ROW("ERXMISC3_EL1", RAS, UNSPECIFIED, 3, 0, 5, 5, 3),
    ROW("MPAM1_EL1", MPAM, UNSPECIFIED, 3, 0, 10, 5, 0),
    ROW("MPAM0_EL1", MPAM, UNSPECIFIED, 3, 0, 10, 5, 1),
    ROW("MPAMIDR_EL1", MPAM, CONSTANT, 3, 0, 10, 4, 4),
    ROW("MPAMSM_EL1", MPAM, UNSPECIFIED, 3, 0, 10, 5, 3),
    ROW("LORSA_EL1", LOR, UNSPECIFIED, 3, 0, 10, 4, 0),
    ROW("LOREA_EL1", LOR, UNSPECIFIED, 3, 0, 10, 4, 1),
    ROW("LORN_EL1", LOR, UNSPECIFIED, 3, 0, 10, 4, 2),
    ROW("LORC_EL1", LOR, UNSPECIFIED, 3, 0, 10, 4, 3),
    ROW("LORID_EL1", LOR, CONSTANT, 3, 0, 10, 4, 7),
    ROW("GCSCR_EL1", GCS, UNSPECIFIED, 3, 0, 2, 5, 0),
    ROW("GCSPR_EL1", GCS, UNSPECIFIED, 3, 0, 2, 5, 1),
    ROW("GCSCRE0_EL1", GCS, UNSPECIFIED, 3, 0, 2, 5, 2),
    ROW("GCSPR_EL0", GCS, UNSPECIFIED, 3, 3, 2, 5, 1),
    ROW("CNTV_TVAL_EL0", TIMER, PRIVATE, 3, 3, 14, 3, 0),
    ROW("CNTP_TVAL_EL0", TIMER, UNSPECIFIED, 3, 3, 14, 2, 0),
    ROW("CNTPCTSS_EL0", TIMER, CONSTANT, 3, 3, 14, 0, 5),
    ROW("CNTVCTSS_EL0", TIMER, CONSTANT, 3, 3, 14, 0, 6),
    ROW("ICC_IAR0_EL1", GIC, PRIVATE, 3, 0, 12, 8, 0),
    ROW("ICC_EOIR0_EL1", GIC, PRIVATE, 3, 0, 12, 8, 1),
    ROW("ICC_HPPIR0_EL1", GIC, PRIVATE, 3, 0, 12, 8, 2),
    ROW("ICC_BPR0_EL1", GIC, PRIVATE, 3, 0, 12, 8, 3),
    ROW("ICC_AP0R0_EL1", GIC, PRIVATE, 3, 0, 12, 8, 4),
    ROW("ICC_AP0R1_EL1", GIC, PRIVATE, 3, 0, 12, 8, 5),
    ROW("ICC_AP0R2_EL1", GIC, PRIVATE, 3, 0, 12, 8, 6),
    ROW("ICC_AP0R3_EL1", GIC, PRIVATE, 3, 0, 12, 8, 7),
    ROW("ICC_DIR_EL1", GIC, PRIVATE, 3, 0, 12, 11, 1),
    ROW("ICC_RPR_EL1", GIC, PRIVATE, 3, 0, 12, 11, 3),
    ROW("ICC_SGI1R_EL1", GIC, PRIVATE, 3, 0, 12, 11, 5),
    ROW("ICC_ASGI1R_EL1", GIC, PRIVATE, 3, 0, 12, 11, 6),
    ROW("ICC_SGI0R_EL1", GIC, PRIVATE, 3, 0, 12, 11, 7),
    ROW("ICC_IAR1_EL1", GIC, PRIVATE, 3, 0, 12, 12, 0),
    ROW("ICC_EOIR1_EL1", GIC, PRIVATE, 3, 0, 12, 12, 1),
    ROW("ICC_HPPIR1_EL1", GIC, PRIVATE, 3, 0, 12, 12, 2),
    ROW("ICC_IGRPEN0_EL1", GIC, PRIVATE, 3, 0, 12, 12, 6),
    ROW("ISR_EL1", GIC, PRIVATE, 3, 0, 12, 1, 0),
    ROW("DACR32_EL2", AARCH32, UNSPECIFIED, 3, 4, 3, 0, 0),
    ROW("IFSR32_EL2", AARCH32, UNSPECIFIED, 3, 4, 5, 0, 1),
    ROW("DBGVCR32_EL2", AARCH32, UNSPECIFIED, 2, 4, 0, 7, 0),
    ROW("FPEXC32_EL2", AARCH32, UNSPECIFIED, 3, 4, 5, 3, 0),
};

/* Groups of bank_table's rows, by the ranges of their numbers; the first that fits counts. */
static const struct {
    uint32_t first, last;
    enum bank_group group;
} ranges[] = {
    {0x00022000, 0x0002203f, BANK_PROCESSOR},
    {0x00020000, 0x0002ffff, BANK_GENERAL},
    {0x00030000, 0x0003001f, BANK_VECTORS},
    {0x00030100, 0x00030130, BANK_SVE},
    {0x00040026, 0x0004002f, BANK_KEYS},
    {0x0004003c, 0x0004003c, BANK_TAGS},
    {0x00040056, 0x00040056, BANK_TAGS},
    {0x00040063, 0x00040064, BANK_TAGS},
    {0x00040071, 0x00040071, BANK_SVE},
    {0x00040000, 0x0004ffff, BANK_SYSTEM},
    {0x00056000, 0x00056fff, BANK_RAS},
    {0x00058008, 0x00058008, BANK_SYSTEM}, /* CNTKCTL_EL1 says who may look, and is no timer */
    {0x00058000, 0x00058fff, BANK_TIMER},
    {0x00050000, 0x0005ffff, BANK_DEBUG},
    {0x00060000, 0x0006ffff, BANK_GIC},
};

static enum bank_group find_group(const struct bank_register *reg)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++)
        if (reg->hv_name >= ranges[i].first && reg->hv_name <= ranges[i].last)
            return ranges[i].group;
    return BANK_SYSTEM;
}

size_t bank_row_count(void)
{
    G_STATIC_ASSERT(G_N_ELEMENTS(others) < BANK_ROWS_MAX);
    return bank_table_size + G_N_ELEMENTS(others);
}

struct bank_row bank_row(size_t index)
{
    const struct bank_register *reg = &bank_table[index];

    if (index >= bank_table_size)
        return others[index - bank_table_size];
    return (struct bank_row){.name = reg->name, .class = reg->class, .group = find_group(reg),
                             .reg = reg};
}

int bank_row_find(const char *name)
{
    for (size_t i = 0; i < bank_row_count(); i++)
        if (!g_ascii_strcasecmp(bank_row(i).name, name))
            return (int)i;
    return -1;
}

const char *bank_group_name(enum bank_group group)
{
    static const char *const names[BANK_GROUPS] = {
        [BANK_GENERAL] = "general",     [BANK_VECTORS] = "vectors",
        [BANK_SVE] = "SVE",             [BANK_SME] = "SME",
        [BANK_PROCESSOR] = "processor", [BANK_SYSTEM] = "system",
        [BANK_KEYS] = "keys",           [BANK_TAGS] = "tags",
        [BANK_DEBUG] = "debug",         [BANK_TRACE] = "trace",
        [BANK_PMU] = "PMU",             [BANK_AMU] = "AMU",
        [BANK_SPE] = "SPE",             [BANK_TRBE] = "TRBE",
        [BANK_RAS] = "RAS",             [BANK_MPAM] = "MPAM",
        [BANK_LOR] = "LOR",             [BANK_GCS] = "GCS",
        [BANK_TIMER] = "timer",         [BANK_GIC] = "GIC",
        [BANK_AARCH32] = "AArch32",
    };

    return names[group];
}

const char *bank_row_source(const struct bank_row *row)
{
    switch (row->class) {
    case BANK_SHARED:
    case BANK_PRIVATE:
        return "TLFS, VSM, \"Private and Shared State\"";
    case BANK_CORRUPTIBLE:
        return row->reg && row->reg->low_name
                   ? "TLFS, VSM: private, the upper bits may be corrupted"
                   : "TLFS, VSM: private; ours: damaged with the vectors that they are for";
    case BANK_CONSTANT:
        return "Arm ARM: read-only";
    case BANK_UNSPECIFIED:
        break;
    }
    return "ours: the TLFS is silent";
}
