/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands by the control socket: see control-command.h. */
#include "emu/control-command.h"

#include "emu/control.h"
#include "emu/error.h"
#include "emu/option-table.h"
#include "emu/socket.h"

/* A command and the one argument that it takes beside --control. */
struct command {
    const char *name;
    enum control_command command;
    const char *member; /* of the request, for the argument */
    const char *parameter;
    const char *summary;
    const char *description;
};

static const struct command snapshot_command = {
    .name = "snapshot",
    .command = CONTROL_SNAPSHOT,
    .member = "file",
    .parameter = "FILE - save the partition of a run to a file",
    .summary = "Saves all of a partition (every VTL, its memory and devices) to FILE. The guest stands\n"
               "still meanwhile, and goes on afterwards. FILE is complete, or it is not there.",
    .description = "Example:\n"
                   "    vtlemu run --control run.sock --vtl0-kernel Image ...\n"
                   "    vtlemu snapshot --control run.sock guest.snapshot\n"
                   "    vtlemu run --restore guest.snapshot\n"
                   "\n"
                   "Exit status: 0 the guest is saved, 1 it is not.",
};

static const struct command migrate_command = {
    .name = "migrate",
    .command = CONTROL_MIGRATE,
    .member = "to",
    .parameter = "unix:PATH|tcp:HOST:PORT - move the guest of a run to another one",
    .summary = "Moves a partition, while it runs, to a `vtlemu run --incoming` that listens at the\n"
               "address, on this host or on another. If that cannot be, or breaks, the guest goes on\n"
               "where it is. Nobody else should read the connection: it is not encrypted.",
    .description = "Example:\n"
                   "    vtlemu run --control run.sock --vtl0-kernel Image ...\n"
                   "    vtlemu run --incoming unix:guest.sock        (or on another host, tcp:)\n"
                   "    vtlemu migrate --control run.sock unix:guest.sock\n"
                   "\n"
                   "Exit status: 0 the guest runs at the target, 1 it goes on where it was,\n"
                   "or has ended with its run.",
};

struct arguments {
    char *control;
    int downtime;
    gboolean help;
    char **rest;
};

static void add_options(struct option_table *table, const struct command *command,
                        struct arguments *arguments)
{
    const GOptionEntry entries[] = {
        {"control", 0, 0, G_OPTION_ARG_FILENAME, &arguments->control,
         "the socket that the run has been given by its --control", "SOCKET"},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &arguments->help, "show this text", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->rest, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    const GOptionEntry of_migrate[] = {
        {"downtime", 0, 0, G_OPTION_ARG_INT, &arguments->downtime,
         "begin to stop the guest when what is left may be sent in so many milliseconds (300)",
         "MS"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };

    option_table_add(table, entries);
    if (command->command == CONTROL_MIGRATE)
        option_table_add(table, of_migrate);
}

static GOptionContext *make_context(const struct command *command)
{
    GOptionContext *context = g_option_context_new(command->parameter);

    g_option_context_set_summary(context, command->summary);
    g_option_context_set_description(context, command->description);
    g_option_context_set_help_enabled(context, FALSE);
    return context;
}

static bool usage(const struct command *command, GError **error, const char *what)
{
    emu_set_error(error, EMU_ERROR_USAGE, "%s (see vtlemu %s --help)", what, command->name);
    return false;
}

static bool check(const struct command *command, const struct arguments *arguments, GError **error)
{
    struct socket_address address;
    bool good;

    if (!arguments->control)
        return usage(command, error, "--control: give the socket of the run");
    if (!arguments->rest || !arguments->rest[0] || arguments->rest[1])
        return usage(command, error, command->command == CONTROL_MIGRATE
                                         ? "give one address, unix:PATH or tcp:HOST:PORT"
                                         : "give one file to write to");
    if (arguments->downtime < 0)
        return usage(command, error, "--downtime: give milliseconds, 1 or more");
    if (command->command != CONTROL_MIGRATE)
        return true;
    good = socket_address_parse("migrate", arguments->rest[0], &address, error);
    socket_address_clear(&address);
    return good;
}

/* The run may be in another folder. */
static char *absolute(const struct command *command, const char *text)
{
    static const char prefix[] = "unix:";

    if (command->command == CONTROL_SNAPSHOT)
        return g_canonicalize_filename(text, NULL);
    if (g_str_has_prefix(text, prefix)) {
        g_autofree char *path = g_canonicalize_filename(text + sizeof(prefix) - 1, NULL);

        return g_strconcat(prefix, path, NULL);
    }
    return g_strdup(text);
}

static bool perform(const struct command *command, const struct arguments *arguments,
                    GError **error)
{
    g_autoptr(JsonObject) request = control_new_request(command->command);
    g_autofree char *argument = absolute(command, arguments->rest[0]);
    g_autoptr(JsonNode) reply = NULL;

    json_object_set_string_member(request, command->member, argument);
    if (arguments->downtime)
        json_object_set_int_member(request, "downtime", arguments->downtime);
    reply = control_call(arguments->control, request, error);
    if (reply && json_node_get_value_type(reply) == G_TYPE_STRING)
        g_print("%s\n", json_node_get_string(reply));
    return reply != NULL;
}

static bool parse(const struct command *command, GOptionContext *context, int argc, char **argv,
                  struct arguments *arguments, GError **error)
{
    struct option_table *table = option_table_new(context);
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = NULL;
    bool good;

    add_options(table, command, arguments);
    good = option_table_parse(table, &argc, &argv, &cause);
    option_table_free(table);
    if (!good)
        return usage(command, error, cause->message);
    if (!arguments->help)
        return check(command, arguments, error);
    text = g_option_context_get_help(context, TRUE, NULL);
    g_print("%s", text);
    return true;
}

static int command_main(const struct command *command, int argc, char **argv)
{
    struct arguments arguments = {0};
    GOptionContext *context = make_context(command);
    g_autoptr(GError) error = NULL;

    if (parse(command, context, argc, argv, &arguments, &error) && !arguments.help)
        perform(command, &arguments, &error);
    if (error)
        g_printerr("vtlemu %s: %s\n", command->name, error->message);
    g_option_context_free(context);
    g_free(arguments.control);
    g_strfreev(arguments.rest);
    return error ? emu_error_exit_status(error) : EMU_EXIT_OK;
}

int snapshot_main(int argc, char **argv)
{
    return command_main(&snapshot_command, argc, argv);
}

int migrate_main(int argc, char **argv)
{
    return command_main(&migrate_command, argc, argv);
}
