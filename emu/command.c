/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of small commands: see command.h. */
#include "emu/command.h"

#include "emu/error.h"
#include "emu/option-table.h"

int command_line_misuse(const char *name, const char *text)
{
    g_printerr("vtlemu %s: %s (see vtlemu %s --help)\n", name, text, name);
    return EMU_EXIT_USAGE;
}

bool command_line_parse(const struct command_line *command, const GOptionEntry *entries, int *argc,
                        char ***argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(command->parameter);
    struct option_table *table = option_table_new(context);
    g_autoptr(GError) error = NULL;
    bool good;

    g_option_context_set_summary(context, command->summary);
    g_option_context_set_description(context, command->description);
    if (entries)
        option_table_add(table, entries);
    good = option_table_parse(table, argc, argv, &error);
    option_table_free(table);
    if (good && *argc - 1 >= command->operands_min && *argc - 1 <= command->operands_max)
        return true;
    command_line_misuse(command->name, error ? error->message : command->wrong);
    return false;
}
