/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu run` where there is no KVM for arm64: the command line is checked all the same. */
#include "emu/error.h"
#include "emu/options.h"
#include "emu/run.h"

int run_main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    bool help;
    struct options *options = options_parse(argc, argv, &help, &error);

    if (help)
        return EMU_EXIT_OK;
    if (options && !options_choose_policy(options, &error))
        g_clear_pointer(&options, options_free);
    g_printerr("vtlemu run: %s\n",
               options ? "this host is not arm64; scripts/bed -- vtlemu run ... runs it in a test bed"
                       : error->message);
    options_free(options);
    return EMU_EXIT_USAGE;
}
