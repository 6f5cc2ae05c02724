/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of registers (HV_REGISTER_NAME; TLFS, "Virtual Processor Register Names") that the VMM uses
 * itself. It includes no KVM header: what reads a window builds anywhere.
 */
#ifndef EMU_REGISTER_NAMES_H
#define EMU_REGISTER_NAMES_H

/* Rows of bank_table that a vCPU can cache. */
#define REGISTERS_MAX 384

enum {
    REG_X0 = 0x00020000,
    REG_X30 = 0x0002001e,
    REG_SP_EL0 = 0x00020020,
    REG_SP_EL1 = 0x00020021,
    REG_PC = 0x00020022,
    REG_PSTATE = 0x00020023,
    REG_Q0 = 0x00030000,
    REG_Q31 = 0x0003001f,
    REG_SCTLR_EL1 = 0x00040002,
    REG_CPACR_EL1 = 0x00040004,
    REG_TTBR0_EL1 = 0x00040005,
    REG_TTBR1_EL1 = 0x00040006,
    REG_TCR_EL1 = 0x00040007,
    REG_ESR_EL1 = 0x00040008,
    REG_FAR_EL1 = 0x00040009,
    REG_MAIR_EL1 = 0x0004000b,
    REG_VBAR_EL1 = 0x0004000c,
    REG_SPSR_EL1 = 0x00040014,
    REG_ELR_EL1 = 0x00040015,
    REG_CSSELR_EL1 = 0x00040035,
};

#endif
