/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vtlemu: the commands. */
#include <fcntl.h>
#include <glib.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "emu/banks.h"
#include "emu/control-command.h"
#include "emu/cpu-features.h"
#include "emu/error.h"
#include "emu/fw-regs.h"
#include "emu/inspect.h"
#include "emu/log.h"
#include "emu/probe.h"
#include "emu/run.h"

static int help_main(int argc, char **argv);
static int version_main(int argc, char **argv);

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", run_main, "run a guest with Virtual Trust Levels"},
    {"snapshot", snapshot_main, "save the partition of a run to a file"},
    {"migrate", migrate_main, "move the guest of a run to another host"},
    {"probe", probe_main, "tell what this host offers, and what is missing"},
    {"cpu-features", cpu_features_main, "list what guests see of the processor, and can be hidden"},
    {"banks", banks_main, "list all registers, and which the VTLs of a VP share"},
    {"fw-regs", fw_regs_main, "tell which services guests can see here, and where a guest can go"},
    {"inspect", inspect_main, "tell what a kernel file is, and whether vtlemu can boot it"},
    {"help", help_main, "show this text"},
    {"version", version_main, "show the version"},
};

static int help_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    g_print("Usage: vtlemu COMMAND [OPTION...]\n\n"
            "vtlemu runs a guest with Hyper-V's Virtual Trust Levels on Linux KVM for arm64:\n"
            "an ordinary kernel at VTL0 and a paravisor at VTL2, on the same processors.\n\n"
            "Commands:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        g_print("  %-13s %s\n", commands[i].name, commands[i].help);
    g_print("\nvtlemu COMMAND --help tells more. Start with: vtlemu probe\n");
    return EMU_EXIT_OK;
}

static int version_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    g_print("%s\n", PACKAGE_STRING);
    return EMU_EXIT_OK;
}

/* A closed standard stream would become whatever we open first, and be written to. */
static void fill_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    fill_standard_streams();
    setlocale(LC_ALL, "");
    log_init();
    if (!strcmp(name, "--help") || !strcmp(name, "-h"))
        name = "help";
    if (!strcmp(name, "--version"))
        name = "version";
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *program = g_strconcat("vtlemu ", name, NULL);

        if (strcmp(name, commands[i].name))
            continue;
        g_set_prgname(program); /* for its help */
        return commands[i].main(argc - 1, argv + 1);
    }
    g_printerr(*name ? "vtlemu: %s: no such command; see vtlemu --help\n"
                     : "vtlemu: %sgive a command; see vtlemu --help\n", name);
    return EMU_EXIT_USAGE;
}
