/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM register ids: see registers.h. */
#include "emu/registers.h"

#include <glib.h>
#include <linux/kvm.h>
#include <stddef.h>

#include "vtl/bank.h"

#define CORE(field) KVM_REG_ARM_CORE_REG(field)
#define CORE64(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | CORE(field))
#define CORE32(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_CORE | CORE(field))
#define CORE128(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE | CORE(field))
#define SYS(op0, op1, crn, crm, op2) ARM64_SYS_REG(op0, op1, crn, crm, op2)

#define HV_X0 0x00020000u
#define HV_X30 0x0002001eu
#define HV_Q0 0x00030000u
#define HV_Q31 0x0003001fu

/* Distance of neighbours in KVM's core register file, in its unit of 32 bits. */
#define X_STEP (sizeof(uint64_t) / sizeof(uint32_t))
#define Q_STEP (2 * X_STEP)

/* All but X0-X30 and Q0-Q31, which are regular. Encodings: Arm ARM, D19. */
static const struct {
    uint32_t hv_name;
    uint64_t kvm_id;
} irregular[] = {
    {0x00020020, CORE64(regs.sp)},     /* SP_EL0 */
    {0x00020021, CORE64(sp_el1)},      /* SP_EL1 */
    {REG_PC, CORE64(regs.pc)},
    {REG_PSTATE, CORE64(regs.pstate)},
    {REG_SCTLR_EL1, SYS(3, 0, 1, 0, 0)},
    {0x00040003, SYS(3, 0, 1, 0, 1)},  /* ACTLR_EL1 */
    {0x00040004, SYS(3, 0, 1, 0, 2)},  /* CPACR_EL1 */
    {REG_TTBR0_EL1, SYS(3, 0, 2, 0, 0)},
    {REG_TTBR1_EL1, SYS(3, 0, 2, 0, 1)},
    {REG_TCR_EL1, SYS(3, 0, 2, 0, 2)},
    {REG_ESR_EL1, SYS(3, 0, 5, 2, 0)},
    {0x00040009, SYS(3, 0, 6, 0, 0)},  /* FAR_EL1 */
    {0x0004000a, SYS(3, 0, 7, 4, 0)},  /* PAR_EL1 */
    {0x0004000b, SYS(3, 0, 10, 2, 0)}, /* MAIR_EL1 */
    {REG_VBAR_EL1, SYS(3, 0, 12, 0, 0)},
    {0x0004000d, SYS(3, 0, 13, 0, 1)}, /* CONTEXTIDR_EL1 */
    {0x0004000e, SYS(3, 0, 13, 0, 4)}, /* TPIDR_EL1 */
    {0x00040010, SYS(3, 3, 13, 0, 3)}, /* TPIDRRO_EL0 */
    {0x00040011, SYS(3, 3, 13, 0, 2)}, /* TPIDR_EL0 */
    {0x00040012, CORE32(fp_regs.fpcr)},
    {0x00040013, CORE32(fp_regs.fpsr)},
    {REG_SPSR_EL1, CORE64(spsr[KVM_SPSR_EL1])},
    {REG_ELR_EL1, CORE64(elr_el1)},
    {0x00040016, SYS(3, 0, 5, 1, 0)},  /* AFSR0_EL1 */
    {0x00040017, SYS(3, 0, 5, 1, 1)},  /* AFSR1_EL1 */
    {0x00040018, SYS(3, 0, 10, 3, 0)}, /* AMAIR_EL1 */
    {0x00040035, SYS(3, 2, 0, 0, 0)},  /* CSSELR_EL1 */
    {0x0005004d, SYS(2, 0, 0, 2, 2)},  /* MDSCR_EL1 */
    {0x00058008, SYS(3, 0, 14, 1, 0)}, /* CNTKCTL_EL1 */
    {0x0005800e, KVM_REG_ARM_TIMER_CTL},
    {0x0005800f, KVM_REG_ARM_TIMER_CVAL},
    /* What the processor is. */
    {0x00022000, SYS(3, 0, 0, 0, 0)}, /* MIDR_EL1 */
    {0x00022006, SYS(3, 0, 0, 0, 6)}, /* REVIDR_EL1 */
    {0x00022020, SYS(3, 0, 0, 4, 0)}, /* ID_AA64PFR0_EL1 */
    {0x00022021, SYS(3, 0, 0, 4, 1)}, /* ID_AA64PFR1_EL1 */
    {0x00022024, SYS(3, 0, 0, 4, 4)}, /* ID_AA64ZFR0_EL1 */
    {0x00022025, SYS(3, 0, 0, 4, 5)}, /* ID_AA64SMFR0_EL1 */
    {0x00022028, SYS(3, 0, 0, 5, 0)}, /* ID_AA64DFR0_EL1 */
    {0x00022029, SYS(3, 0, 0, 5, 1)}, /* ID_AA64DFR1_EL1 */
    {0x00022030, SYS(3, 0, 0, 6, 0)}, /* ID_AA64ISAR0_EL1 */
    {0x00022031, SYS(3, 0, 0, 6, 1)}, /* ID_AA64ISAR1_EL1 */
    {0x00022032, SYS(3, 0, 0, 6, 2)}, /* ID_AA64ISAR2_EL1 */
    {0x00022038, SYS(3, 0, 0, 7, 0)}, /* ID_AA64MMFR0_EL1 */
    {0x00022039, SYS(3, 0, 0, 7, 1)}, /* ID_AA64MMFR1_EL1 */
    {0x0002203a, SYS(3, 0, 0, 7, 2)}, /* ID_AA64MMFR2_EL1 */
    {0x0002203b, SYS(3, 0, 0, 7, 3)}, /* ID_AA64MMFR3_EL1 */
    {0x0002203c, SYS(3, 0, 0, 7, 4)}, /* ID_AA64MMFR4_EL1 */
    {0x00040001, SYS(3, 0, 0, 0, 5)}, /* MPIDR_EL1 */
    {0x00040032, SYS(3, 1, 0, 0, 1)}, /* CLIDR_EL1 */
    {0x00040036, SYS(3, 3, 0, 0, 1)}, /* CTR_EL0 */
};

static uint64_t kvm_ids[REGISTERS_MAX];
static uint8_t shared[REGISTERS_MAX];
static size_t shared_count;

static uint64_t find_kvm_id(uint32_t hv_name)
{
    if (hv_name >= HV_X0 && hv_name <= HV_X30)
        return CORE64(regs.regs[0]) + (hv_name - HV_X0) * X_STEP;
    if (hv_name >= HV_Q0 && hv_name <= HV_Q31)
        return CORE128(fp_regs.vregs[0]) + (hv_name - HV_Q0) * Q_STEP;
    for (size_t i = 0; i < G_N_ELEMENTS(irregular); i++)
        if (irregular[i].hv_name == hv_name)
            return irregular[i].kvm_id;
    return 0;
}

/* Both tables follow from bank_table, once. */
static void prepare(void)
{
    static gsize done;

    if (!g_once_init_enter(&done))
        return;
    g_assert(bank_table_size <= REGISTERS_MAX);
    for (size_t i = 0; i < bank_table_size; i++) {
        kvm_ids[i] = find_kvm_id(bank_table[i].hv_name);
        if (bank_table[i].class == BANK_SHARED)
            shared[shared_count++] = (uint8_t)i;
    }
    g_once_init_leave(&done, 1);
}

int register_index(uint32_t hv_name)
{
    const struct bank_register *row = bank_find(hv_name);

    return row ? (int)(row - bank_table) : -1;
}

uint64_t register_kvm_id(size_t index)
{
    prepare();
    return kvm_ids[index];
}

const uint8_t *register_shared(size_t *count)
{
    prepare();
    *count = shared_count;
    return shared;
}
