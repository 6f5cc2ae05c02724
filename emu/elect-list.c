/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu fw-regs list`: see elect.h. */
#include <unistd.h>

#include "emu/elect.h"
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
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "print JSON instead of text", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("- tell which services guests can see on this host");
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(context,
        "Lists the firmware registers of this host: KVM's, and vtlemu's own (hv-...). Each\n"
        "service is a bit; it is on or off unless elected, or not here. After it: since when it\n"
        "can be elected, what it is, and the functions, hypercalls or registers that it serves.");
    g_option_context_set_description(context,
        "vtlemu run --fw-reg REG=VALUE elects, up to the limit. This works on old kernels that\n"
        "cannot run guests, too.\n\nExit status: 0, or 1 if there is no KVM here.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
        g_printerr("vtlemu fw-regs list: %s (see vtlemu fw-regs list --help)\n",
                   error ? error->message : "it takes no arguments");
        return EMU_EXIT_USAGE;
    }
    return list(json);
}
