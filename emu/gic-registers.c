/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GIC CPU interface: see gic-registers.h. */
#include "emu/gic-registers.h"

#include <errno.h>
#include <glib.h>
#include <linux/kvm.h>
#include <stddef.h>

#include "emu/kvm.h"

#define INSTRUCTION(op0, op1, crn, crm, op2)                                                       \
    (ARM64_SYS_REG(op0, op1, crn, crm, op2) & KVM_DEV_ARM_VGIC_SYSREG_INSTR_MASK)

/* Encodings: GIC architecture (Arm IHI 0069), 12.2. */
static const struct {
    uint32_t name;
    uint32_t instruction;
} rows[] = {
    {0x00060000, INSTRUCTION(3, 0, 12, 9, 0)},  /* ICC_AP1R0_EL1 */
    {0x00060001, INSTRUCTION(3, 0, 12, 9, 1)},  /* ICC_AP1R1_EL1 */
    {0x00060002, INSTRUCTION(3, 0, 12, 9, 2)},  /* ICC_AP1R2_EL1 */
    {0x00060003, INSTRUCTION(3, 0, 12, 9, 3)},  /* ICC_AP1R3_EL1 */
    {0x00060005, INSTRUCTION(3, 0, 12, 12, 3)}, /* ICC_BPR1_EL1 */
    {0x00060006, INSTRUCTION(3, 0, 12, 12, 4)}, /* ICC_CTLR_EL1 */
    {0x0006000b, INSTRUCTION(3, 0, 12, 12, 7)}, /* ICC_IGRPEN1_EL1 */
    {0x0006000c, INSTRUCTION(3, 0, 4, 6, 0)},   /* ICC_PMR_EL1 */
    {0x0006000f, INSTRUCTION(3, 0, 12, 12, 5)}, /* ICC_SRE_EL1 */
};

static int find(uint32_t name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].name == name)
            return (int)i;
    return -1;
}

bool gic_register_is(uint32_t name)
{
    return find(name) >= 0;
}

int gic_register_get(int gic, uint64_t mpidr, uint32_t name, uint64_t *value)
{
    int row = find(name);
    int error = row < 0 ? -ENOENT
                        : kvm_access_gic(gic, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, mpidr,
                                         rows[row].instruction, false, value);

    /* So KVM says of active priority registers beyond the GIC's priority bits. */
    return error == -EINVAL ? -ENOENT : error;
}

int gic_register_set(int gic, uint64_t mpidr, uint32_t name, uint64_t value)
{
    uint64_t before;
    int error = gic_register_get(gic, mpidr, name, &before);

    if (error < 0)
        return error;
    return kvm_access_gic(gic, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, mpidr,
                          rows[find(name)].instruction, true, &value);
}
