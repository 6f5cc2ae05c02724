/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu fw-regs`: what hosts offer, what they have in common, and where a guest can go. */
#ifndef EMU_FW_REGS_H
#define EMU_FW_REGS_H

/* argv[0] is "fw-regs". Returns an exit status of emu/error.h. */
int fw_regs_main(int argc, char **argv);

#endif
