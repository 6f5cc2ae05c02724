/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware registers of a host, for people and for scripts. */
#ifndef EMU_FW_REGS_LIST_H
#define EMU_FW_REGS_LIST_H

#include "fw-regs/fw-regs.h"

/* For the caller to free. */
char *fw_regs_list_text(const struct fw_host *host);
char *fw_regs_list_json(const struct fw_host *host);

#endif
