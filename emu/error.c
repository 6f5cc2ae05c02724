/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors and exit statuses: see error.h. */
#include "emu/error.h"

G_DEFINE_QUARK(vtlemu-error, emu_error)

int emu_error_exit_status(const GError *error)
{
    return g_error_matches(error, EMU_ERROR, EMU_ERROR_INTERNAL) ? EMU_EXIT_INTERNAL
                                                                 : EMU_EXIT_USAGE;
}
