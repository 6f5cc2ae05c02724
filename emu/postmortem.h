/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a VP has got stuck: its registers, with what they mean, for who looks for the fault.
 */
#ifndef EMU_POSTMORTEM_H
#define EMU_POSTMORTEM_H

#include <stdint.h>

/* What KVM has in an EL1 register that nobody has written (Linux, arch/arm64/kvm/sys_regs.h). */
#define POSTMORTEM_UNSET UINT64_C(0x1de7ec7edbadc0de)

/* Of the VTL that was active; all of EL1 but PC, PSTATE and X30. */
struct postmortem {
    uint64_t pc, pstate, x30;
    uint64_t vbar, sctlr;
    uint64_t esr, far, elr, spsr;
};

/* Lines for stderr, each with its newline; to be freed. */
char *postmortem_text(unsigned vp, unsigned vtl, const struct postmortem *registers);

#endif
