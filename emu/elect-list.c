/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu fw-regs list`: see elect.h. */
#include <unistd.h>

#include "emu/elect.h"
#include "emu/command.h"
#include "emu/error.h"
#include "emu/fw-regs-list.h"
#include "emu/kvm.h"

static int discover(struct fw_host *host)
{
    int kvm = kvm_open(), error = kvm < 0 ? kvm : elect_discover(kvm, host);

    if (kvm >= 0)
        close(kvm);
    return error;
}

static int list(bool json)
{
    g_autofree char *text = NULL;
    struct fw_host host;
    int error = discover(&host);

    if (error < 0) {
        g_printerr("vtlemu fw-regs list: KVM does not tell: %s; see vtlemu probe\n",
                   g_strerror(-error));
        return EMU_EXIT_USAGE;
    }
    text = json ? fw_regs_list_json(&host) : fw_regs_list_text(&host);
    g_print("%s", text);
    return EMU_EXIT_OK;
}

int elect_list_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "fw-regs list",
        .parameter = "- tell which services guests can see on this host",
        .summary =
            "Lists the firmware registers of this host: KVM's, and vtlemu's own (hv-...). Each\n"
            "service is a bit; it is on or off unless elected, or not here. After it: since when it\n"
            "can be elected, what it is, and the functions, hypercalls or registers that it serves.",
        .description =
            "vtlemu run --fw-reg REG=VALUE elects, up to the limit. This works on old kernels that\n"
            "cannot run guests, too.\n\nExit status: 0, or 1 if there is no KVM here.",
        .wrong = "it takes no arguments",
    };
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        COMMAND_JSON(&json),
        COMMAND_END,
    };

    if (!command_line_parse(&line, entries, &argc, &argv))
        return EMU_EXIT_USAGE;
    return list(json);
}
