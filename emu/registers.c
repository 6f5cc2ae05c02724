/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM register ids: see registers.h. */
#include "emu/registers.h"

#include <errno.h>
#include <glib.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>

#include "vtl/bank.h"

#define CORE(field) KVM_REG_ARM_CORE_REG(field)
#define CORE64(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | CORE(field))
#define CORE32(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_CORE | CORE(field))
#define CORE128(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE | CORE(field))
#define SYS(op0, op1, crn, crm, op2) ARM64_SYS_REG(op0, op1, crn, crm, op2)

#define HV_Z0 0x00030100u
#define HV_Z31 0x0003011fu
#define HV_P0 0x00030120u
#define HV_P15 0x0003012fu
#define HV_FFR 0x00030130u
/* op0 3, op1 0, CRn 0; bits 5:3 are CRm, bits 2:0 are op2. */
#define HV_ID_FIRST 0x00022000u
#define HV_ID_LAST 0x0002203fu
/* op0 2, op1 0, CRn 0; bits 5:4 choose op2, bits 3:0 are CRm. */
#define HV_DEBUG_FIRST 0x00050000u
#define HV_DEBUG_LAST 0x0005003fu
#define HV_DCZID_EL0 0x00040038u

/* Distance of neighbours in KVM's core register file, in its unit of 32 bits. */
#define X_STEP (sizeof(uint64_t) / sizeof(uint32_t))
#define Q_STEP (2 * X_STEP)

/* All that follow no rule. Encodings: Arm ARM, D19. */
static const struct {
    uint32_t hv_name;
    uint64_t kvm_id;
    bool moves; /* by itself, while the vCPU stands still, or with another register */
} irregular[] = {
    {REG_SP_EL0, CORE64(regs.sp), false},
    {REG_SP_EL1, CORE64(sp_el1), false},
    {REG_PC, CORE64(regs.pc), false},
    {REG_PSTATE, CORE64(regs.pstate), false},
    {REG_SCTLR_EL1, SYS(3, 0, 1, 0, 0), false},
    {0x00040003, SYS(3, 0, 1, 0, 1), false},  /* ACTLR_EL1 */
    {REG_CPACR_EL1, SYS(3, 0, 1, 0, 2), false},
    {REG_TTBR0_EL1, SYS(3, 0, 2, 0, 0), false},
    {REG_TTBR1_EL1, SYS(3, 0, 2, 0, 1), false},
    {REG_TCR_EL1, SYS(3, 0, 2, 0, 2), false},
    {REG_ESR_EL1, SYS(3, 0, 5, 2, 0), false},
    {REG_FAR_EL1, SYS(3, 0, 6, 0, 0), false},
    {0x0004000a, SYS(3, 0, 7, 4, 0), false},  /* PAR_EL1 */
    {REG_MAIR_EL1, SYS(3, 0, 10, 2, 0), false},
    {REG_VBAR_EL1, SYS(3, 0, 12, 0, 0), false},
    {0x0004000d, SYS(3, 0, 13, 0, 1), false}, /* CONTEXTIDR_EL1 */
    {0x0004000e, SYS(3, 0, 13, 0, 4), false}, /* TPIDR_EL1 */
    {0x00040010, SYS(3, 3, 13, 0, 3), false}, /* TPIDRRO_EL0 */
    {0x00040011, SYS(3, 3, 13, 0, 2), false}, /* TPIDR_EL0 */
    {0x00040012, CORE32(fp_regs.fpcr), false},
    {0x00040013, CORE32(fp_regs.fpsr), false},
    {REG_SPSR_EL1, CORE64(spsr[KVM_SPSR_EL1]), false},
    {REG_ELR_EL1, CORE64(elr_el1), false},
    {0x00040016, SYS(3, 0, 5, 1, 0), false},  /* AFSR0_EL1 */
    {0x00040017, SYS(3, 0, 5, 1, 1), false},  /* AFSR1_EL1 */
    {0x00040018, SYS(3, 0, 10, 3, 0), false}, /* AMAIR_EL1 */
    {REG_CSSELR_EL1, SYS(3, 2, 0, 0, 0), false},
    {0x0005004d, SYS(2, 0, 0, 2, 2), false},  /* MDSCR_EL1 */
    {0x00058008, SYS(3, 0, 14, 1, 0), false}, /* CNTKCTL_EL1 */
    {0x0005800e, KVM_REG_ARM_TIMER_CTL, true},
    {0x0005800f, KVM_REG_ARM_TIMER_CVAL, false},
    /* What the processor is, beside the ID registers. */
    {0x00040001, SYS(3, 0, 0, 0, 5), false}, /* MPIDR_EL1 */
    {0x00040024, SYS(3, 1, 0, 0, 7), false}, /* AIDR_EL1 */
    {0x00040030, REGISTER_CCSIDR, true},     /* CCSIDR_EL1 */
    {0x00040032, SYS(3, 1, 0, 0, 1), false}, /* CLIDR_EL1 */
    {0x00040036, SYS(3, 3, 0, 0, 1), false}, /* CTR_EL0 */
    /* Pointer authentication, memory tags, SVE: only if the vCPU has the feature. */
    {0x00040026, SYS(3, 0, 2, 2, 1), false}, /* APDAKeyHi_EL1 */
    {0x00040027, SYS(3, 0, 2, 2, 0), false}, /* APDAKeyLo_EL1 */
    {0x00040028, SYS(3, 0, 2, 2, 3), false}, /* APDBKeyHi_EL1 */
    {0x00040029, SYS(3, 0, 2, 2, 2), false}, /* APDBKeyLo_EL1 */
    {0x0004002a, SYS(3, 0, 2, 3, 1), false}, /* APGAKeyHi_EL1 */
    {0x0004002b, SYS(3, 0, 2, 3, 0), false}, /* APGAKeyLo_EL1 */
    {0x0004002c, SYS(3, 0, 2, 1, 1), false}, /* APIAKeyHi_EL1 */
    {0x0004002d, SYS(3, 0, 2, 1, 0), false}, /* APIAKeyLo_EL1 */
    {0x0004002e, SYS(3, 0, 2, 1, 3), false}, /* APIBKeyHi_EL1 */
    {0x0004002f, SYS(3, 0, 2, 1, 2), false}, /* APIBKeyLo_EL1 */
    {0x0004003c, SYS(3, 0, 1, 0, 6), false}, /* GCR_EL1 */
    {0x00040056, SYS(3, 0, 1, 0, 5), false}, /* RGSR_EL1 */
    {0x00040063, SYS(3, 0, 5, 6, 1), false}, /* TFSRE0_EL1 */
    {0x00040064, SYS(3, 0, 5, 6, 0), false}, /* TFSR_EL1 */
    {0x00040071, SYS(3, 0, 1, 2, 0), false}, /* ZCR_EL1 */
    {0x00050049, SYS(2, 0, 0, 2, 0), false}, /* MDCCINT_EL1 */
    {0x00050053, SYS(2, 0, 1, 1, 4), false}, /* OSLSR_EL1 */
    {0x00056000, SYS(3, 0, 12, 1, 1), false}, /* DISR_EL1 */
    {0x00058009, KVM_REG_ARM_PTIMER_CTL, true},
    {0x0005800a, KVM_REG_ARM_PTIMER_CVAL, false},
    {0x0005800c, KVM_REG_ARM_PTIMER_CNT, true},
    {0x00058011, KVM_REG_ARM_TIMER_CNT, true},
};

/* Rows by name, hashed: looked for at every exit. Half of it stays empty. */
#define PLACES (2 * 512u)
#define EMPTY (-1)
static int16_t places[PLACES];
static uint64_t kvm_ids[REGISTERS_MAX];
static bool moves[REGISTERS_MAX];
static uint64_t wide_ids[REGISTERS_MAX];
static int whole[REGISTERS_MAX];

static uint64_t find_debug_id(uint32_t number)
{
    static const unsigned op2[] = {5, 7, 4, 6}; /* DBGBCR, DBGWCR, DBGBVR, DBGWVR */

    return SYS(2, 0, 0, number & 0xf, op2[number >> 4]);
}

static uint64_t find_regular(uint32_t name)
{
    if (name >= REG_X0 && name <= REG_X30)
        return CORE64(regs.regs[0]) + (name - REG_X0) * X_STEP;
    if (name >= REG_Q0 && name <= REG_Q31)
        return CORE128(fp_regs.vregs[0]) + (name - REG_Q0) * Q_STEP;
    if (name >= HV_ID_FIRST && name <= HV_ID_LAST)
        return SYS(3, 0, 0, (name - HV_ID_FIRST) >> 3, name & 7);
    if (name >= HV_DEBUG_FIRST && name <= HV_DEBUG_LAST)
        return find_debug_id(name - HV_DEBUG_FIRST);
    return 0;
}

/* The first slice, which is all there is. */
static uint64_t find_wide(uint32_t name)
{
    if (name >= HV_Z0 && name <= HV_Z31)
        return KVM_REG_ARM64_SVE_ZREG(name - HV_Z0, 0);
    if (name >= HV_P0 && name <= HV_P15)
        return KVM_REG_ARM64_SVE_PREG(name - HV_P0, 0);
    return name == HV_FFR ? KVM_REG_ARM64_SVE_FFR(0) : 0;
}

static int find_whole(uint32_t name)
{
    for (size_t i = 0; i < bank_table_size; i++)
        if (bank_table[i].low_name == name)
            return (int)i;
    return -1;
}

static void fill_row(size_t row, uint32_t name)
{
    wide_ids[row] = find_wide(name);
    whole[row] = find_whole(name);
    kvm_ids[row] = find_regular(name);
    for (size_t i = 0; i < G_N_ELEMENTS(irregular); i++)
        if (irregular[i].hv_name == name) {
            kvm_ids[row] = irregular[i].kvm_id;
            moves[row] = irregular[i].moves;
        }
}

/* Names that follow each other, as most do, have places that do. */
static unsigned place_of(uint32_t name)
{
    return (name + (name >> 16) * 61) % PLACES;
}

static void add_place(size_t row)
{
    unsigned place = place_of(bank_table[row].hv_name);

    while (places[place] != EMPTY)
        place = (place + 1) % PLACES;
    places[place] = (int16_t)row;
}

/* The tables follow from bank_table, once. */
static void prepare(void)
{
    static gsize done;

    if (!g_once_init_enter(&done))
        return;
    g_assert(bank_table_size <= REGISTERS_MAX && 2 * REGISTERS_MAX <= PLACES);
    memset(places, EMPTY, sizeof(places));
    for (size_t i = 0; i < bank_table_size; i++) {
        add_place(i);
        fill_row(i, bank_table[i].hv_name);
    }
    g_once_init_leave(&done, 1);
}

int register_index(uint32_t hv_name)
{
    unsigned place = place_of(hv_name);

    prepare();
    while (places[place] != EMPTY && bank_table[places[place]].hv_name != hv_name)
        place = (place + 1) % PLACES;
    return places[place];
}

uint64_t register_kvm_id(size_t index)
{
    prepare();
    return kvm_ids[index];
}

uint64_t register_wide_id(size_t index)
{
    prepare();
    return wide_ids[index];
}

int register_whole(size_t index)
{
    prepare();
    return whole[index];
}

bool register_moves(size_t index)
{
    prepare();
    return moves[index];
}

int register_read_host(size_t index, uint64_t *value)
{
    if (bank_table[index].hv_name != HV_DCZID_EL0)
        return -ENOENT;
    __asm__("mrs %0, dczid_el0" : "=r"(*value));
    return 0;
}

bool register_is_kept_whole(size_t index)
{
    uint32_t name = bank_table[index].hv_name;

    return (name >= REG_X0 && name <= REG_X30) || (name >= REG_Q0 && name <= REG_Q31);
}

uint64_t register_other_id(size_t bank_row_index)
{
    struct bank_row row = bank_row(bank_row_index);

    return row.encoding ? KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | row.encoding
                        : 0;
}

/* --- What a switch has to do ------------------------------------------------------------------ */

/*
 * Rows come in order. Those that a window shows side by side are in one span, to be read at once:
 * X0-X30, and Q0-Q31.
 */
static void add_shared(struct register_plan *plan, size_t row)
{
    struct register_span *last = plan->shared_count ? &plan->shared[plan->shared_count - 1] : NULL;

    if (last && last->first + last->count == row && register_is_kept_whole(row) &&
        register_is_kept_whole(row - 1) && bank_table[row].size == bank_table[row - 1].size)
        last->count++;
    else
        plan->shared[plan->shared_count++] = (struct register_span){row, 1};
}

static void plan_row(struct register_plan *plan, const struct bank_policy *policy, size_t row,
                     enum poison_level poison, unsigned vector_bits)
{
    const struct bank_register *reg = &bank_table[row];
    size_t size = bank_size(reg, vector_bits);

    if (!size)
        return;
    if (bank_policy_shares(policy, reg) && reg->scales)
        plan->wide[plan->wide_count++] = (uint16_t)row;
    else if (bank_policy_shares(policy, reg))
        add_shared(plan, row);
    if (poison_wants(policy, poison, row) && poison_size(reg, size))
        plan->damaged[plan->damaged_count++] = (uint16_t)row;
}

void register_plan_make(struct register_plan *plan, const struct bank_policy *policy,
                        enum poison_level poison, unsigned vector_bits)
{
    *plan = (struct register_plan){0};
    prepare();
    for (size_t i = 0; i < bank_table_size; i++)
        plan_row(plan, policy, i, poison, vector_bits);
    for (size_t i = bank_table_size; i < bank_row_count(); i++)
        if (bank_policy_class(policy, i) == BANK_SHARED && bank_policy_changes(policy, i))
            plan->other[plan->other_count++] = register_other_id(i);
}
