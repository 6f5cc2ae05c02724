/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where there is no KVM for arm64, there is no host to tell of; files can be compared anywhere. */
#include "emu/elect.h"
#include "emu/error.h"
#include "emu/manifest.h"

struct manifest *manifest_of_host(GError **error)
{
    emu_set_error(error, EMU_ERROR_SETUP, "this host is not arm64; scripts/bed -- vtlemu "
                  "fw-regs manifest tells it of a test bed");
    return NULL;
}

int elect_list_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    g_printerr("vtlemu fw-regs list: this host is not arm64; scripts/bed -- vtlemu fw-regs list "
               "tells it of a test bed\n");
    return EMU_EXIT_USAGE;
}
