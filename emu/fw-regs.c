/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu fw-regs`: see fw-regs.h. */
#include "emu/fw-regs.h"

#include <string.h>

#include "emu/command.h"
#include "emu/control.h"
#include "emu/elect.h"
#include "emu/error.h"
#include "emu/file.h"
#include "emu/manifest.h"
#include "emu/manifest-snapshot.h"
#include "fw-regs/fleet.h"

#define FILES_MAX 1024 /* hosts that are compared at once */

static const char exit_text[] = "Exit status: 0, or 1 if a file cannot be read or understood.";

/* --- What the commands share ------------------------------------------------------------------- */

/* Says what went wrong; returns the exit status. */
static int complain(const char *command, const GError *error)
{
    g_printerr("vtlemu fw-regs %s: %s\n", command, error->message);
    return emu_error_exit_status(error);
}

static struct manifest *read_manifest(const char *option, const char *path, GError **error)
{
    g_autoptr(GBytes) file = file_read(option, path, MANIFEST_FILE_MAX, error);
    g_autofree char *source = printable(path);
    const char *text;
    gsize size;

    if (!file)
        return NULL;
    text = g_bytes_get_data(file, &size);
    return manifest_parse(source, text ? text : "", size, error);
}

static void print_manifest(const struct manifest *manifest)
{
    g_autofree char *text = manifest_to_text(manifest);

    g_print("%s", text);
}

/* "not compared: GIC: a.json does not tell", a line for each. */
static void append_lacking(GString *text, const struct fleet_report *report, const char *first,
                           const char *second)
{
    for (unsigned part = 0; part < MANIFEST_PARTS; part++) {
        bool one = report->lacking[0] >> part & 1, other = report->lacking[1] >> part & 1;

        if (one && other)
            g_string_append_printf(text, "not compared: %s: neither file tells\n",
                                   manifest_part_name(part));
        else if (one || other)
            g_string_append_printf(text, "not compared: %s: %s does not tell\n",
                                   manifest_part_name(part), one ? first : second);
    }
}

static void add_parts(JsonBuilder *builder, const char *member, unsigned parts)
{
    json_builder_set_member_name(builder, member);
    json_builder_begin_array(builder);
    for (unsigned part = 0; part < MANIFEST_PARTS; part++)
        if (parts >> part & 1)
            json_builder_add_string_value(builder, manifest_part_name(part));
    json_builder_end_array(builder);
}

static void add_findings(JsonBuilder *builder, const struct fleet_report *report)
{
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->findings->len; i++) {
        const struct fleet_finding *finding = g_ptr_array_index(report->findings, i);

        json_builder_begin_object(builder);
        json_put_string(builder, "part", manifest_part_name(finding->part));
        json_put_string(builder, "what", finding->what);
        if (finding->remedy)
            json_put_string(builder, "remedy", finding->remedy);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

/* @answer, a member with whether there are no findings, may be NULL. */
static void print_json(const struct fleet_report *report, const char *answer, const char *findings)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    if (answer) {
        json_builder_set_member_name(builder, answer);
        json_builder_add_boolean_value(builder, report->findings->len == 0);
    }
    json_builder_set_member_name(builder, findings);
    add_findings(builder, report);
    add_parts(builder, "compared", report->compared);
    add_parts(builder, "not-compared", report->lacking[0] | report->lacking[1]);
    json_builder_end_object(builder);
    text = json_text(builder);
    g_print("%s", text);
}

/* --- manifest ---------------------------------------------------------------------------------- */

static int manifest_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "fw-regs manifest",
        .parameter = "- describe this host, as JSON",
        .summary =
            "Writes down what guests can be given here: firmware registers with their limits, ID\n"
            "registers and what KVM can change of them, lengths of SVE vectors, GIC, counter. What this\n"
            "kernel does not tell is left out. Keep a file of each host that a guest may go to:\n\n"
            "  vtlemu fw-regs manifest > hostA.json",
        .description = "Exit status: 0, or 1 if there is no KVM here.",
        .wrong = "it takes no arguments",
    };
    g_autofree char *name = NULL;
    const GOptionEntry entries[] = {
        {"name", 0, 0, G_OPTION_ARG_STRING, &name, "what to call this host (its own name)", "NAME"},
        COMMAND_END,
    };
    g_autoptr(manifest_auto) manifest = NULL;
    g_autoptr(GError) error = NULL;

    if (!command_line_parse(&line, entries, &argc, &argv))
        return EMU_EXIT_USAGE;
    if (name && (strlen(name) > MANIFEST_NAME_MAX || !*name))
        return command_line_misuse(line.name, "--name: give 1 to 255 bytes");
    manifest = manifest_of_host(&error);
    if (!manifest)
        return complain("manifest", error);
    if (name) {
        g_free(manifest->name);
        manifest->name = printable(name);
    }
    print_manifest(manifest);
    return EMU_EXIT_OK;
}

/* --- common ------------------------------------------------------------------------------------ */

static bool read_hosts(char **paths, int count, GPtrArray *hosts, GError **error)
{
    for (int i = 0; i < count; i++) {
        struct manifest *host = read_manifest("", paths[i], error);

        if (!host)
            return false;
        g_ptr_array_add(hosts, host);
        if (host->kind == MANIFEST_GUEST) {
            emu_set_error(error, EMU_ERROR_USAGE, "%s: it tells of a guest; give hosts' files, "
                          "which vtlemu fw-regs manifest makes", host->source);
            return false;
        }
    }
    return true;
}

/* To stderr, so that stdout is the file. */
static void tell_uncommon(const struct fleet_report *report)
{
    g_autofree char *findings = fleet_findings_text(report);
    g_autofree char *lacking = fleet_parts_text(report->lacking[0]);

    if (report->findings->len)
        g_printerr("vtlemu fw-regs common: no election makes these equal:\n%s", findings);
    if (report->lacking[0])
        g_printerr("vtlemu fw-regs common: not every file tells of: %s\n", lacking);
}

static int common_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "fw-regs common",
        .parameter = "FILE... - what a guest can have on each of these hosts, as JSON",
        .summary =
            "Makes the largest election that all hosts can hold, of files that vtlemu fw-regs manifest\n"
            "has written there. Guests that start with it can go from any of them to any other:\n\n"
            "  vtlemu fw-regs common hostA.json hostB.json > fleet.json\n"
            "  vtlemu run --fw-regs fleet.json ...\n\n"
            "Services that are off unless asked for stay off. What no election makes equal is told on\n"
            "stderr.",
        .description = exit_text,
        .operands_min = 1,
        .operands_max = FILES_MAX - 1,
        .wrong = "give the file of one host or more",
    };
    g_autoptr(GPtrArray) hosts = g_ptr_array_new_with_free_func((GDestroyNotify)manifest_free);
    g_autoptr(fleet_report_auto) report = NULL;
    g_autoptr(manifest_auto) common = NULL;
    g_autoptr(GError) error = NULL;

    if (!command_line_parse(&line, NULL, &argc, &argv))
        return EMU_EXIT_USAGE;
    if (!read_hosts(argv + 1, argc - 1, hosts, &error))
        return complain("common", error);
    common = fleet_common((const struct manifest *const *)hosts->pdata, hosts->len, &report);
    tell_uncommon(report);
    print_manifest(common);
    return EMU_EXIT_OK;
}

/* --- diff -------------------------------------------------------------------------------------- */

static void print_diff(const struct fleet_report *report, const struct manifest *one,
                       const struct manifest *other)
{
    g_autofree char *findings = fleet_findings_text(report);
    g_autofree char *compared = fleet_parts_text(report->compared);
    GString *text = g_string_new(findings);

    if (!report->findings->len && report->compared)
        g_string_append_printf(text, "no differences in: %s\n", compared);
    else if (!report->compared)
        g_string_append(text, "nothing could be compared\n");
    append_lacking(text, report, one->source, other->source);
    g_print("%s", text->str);
    g_string_free(text, TRUE);
}

static int diff_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "fw-regs diff",
        .parameter = "FILE FILE - what two hosts or guests differ in",
        .summary =
            "Compares two files of vtlemu fw-regs manifest, guest or common, and tells what was not\n"
            "compared because a file does not tell of it.",
        .description = exit_text,
        .operands_min = 2,
        .operands_max = 2,
        .wrong = "give two files",
    };
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        COMMAND_JSON(&json),
        COMMAND_END,
    };
    g_autoptr(manifest_auto) one = NULL, other = NULL;
    g_autoptr(fleet_report_auto) report = NULL;
    g_autoptr(GError) error = NULL;

    if (!command_line_parse(&line, entries, &argc, &argv))
        return EMU_EXIT_USAGE;
    if (!(one = read_manifest("", argv[1], &error)) ||
        !(other = read_manifest("", argv[2], &error)))
        return complain("diff", error);
    report = fleet_diff(one, other);
    if (json)
        print_json(report, NULL, "differences");
    else
        print_diff(report, one, other);
    return EMU_EXIT_OK;
}

/* --- can-migrate ------------------------------------------------------------------------------- */

static void print_verdict(const struct fleet_report *report, const struct manifest *guest,
                          const struct manifest *host)
{
    g_autofree char *findings = fleet_findings_text(report);
    g_autofree char *compared = fleet_parts_text(report->compared);
    bool partly = report->lacking[0] | report->lacking[1];
    GString *text = g_string_new(NULL);

    if (report->findings->len)
        g_string_append_printf(text, "no: %s cannot go to %s:\n%s", guest->source, host->source,
                               findings);
    else
        g_string_append_printf(text, "yes%s: %s can go to %s\n",
                               partly ? ", as far as the files tell" : "", guest->source,
                               host->source);
    g_string_append_printf(text, "compared: %s\n", compared);
    append_lacking(text, report, guest->source, host->source);
    g_print("%s", text->str);
    g_string_free(text, TRUE);
}

static int judge(const char *guest_path, const char *host_path, bool json)
{
    g_autoptr(manifest_auto) guest = NULL, host = NULL;
    g_autoptr(fleet_report_auto) report = NULL;
    g_autoptr(GError) error = NULL;

    if (!(guest = manifest_is_snapshot(guest_path)
                      ? manifest_of_snapshot("--guest ", guest_path, &error)
                      : read_manifest("--guest ", guest_path, &error)) ||
        !(host = read_manifest("--to ", host_path, &error)))
        return complain("can-migrate", error);
    if (host->kind == MANIFEST_GUEST)
        return command_line_misuse("fw-regs can-migrate", "--to: that file tells of a guest; give a "
                                   "host's, which vtlemu fw-regs manifest makes");
    report = fleet_can_migrate(guest, host);
    if (!(report->compared & ~(1u << MANIFEST_RUNS)))
        return command_line_misuse("fw-regs can-migrate",
                                   "the two files have nothing that could be compared");
    if (json)
        print_json(report, "can-migrate", "obstacles");
    else
        print_verdict(report, guest, host);
    return report->findings->len ? EMU_EXIT_NO : EMU_EXIT_OK;
}

static int can_migrate_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "fw-regs can-migrate",
        .parameter = "- tell whether a guest can go to a host, and what is in the way",
        .summary =
            "--guest is a file of vtlemu fw-regs guest, or a snapshot; or a file of manifest or common:\n"
            "a guest that is started there, or with that, and nothing else said. --to is a file of\n"
            "vtlemu fw-regs manifest, or of common: all of those hosts. Each obstacle comes with its\n"
            "remedy.\n\n"
            "  vtlemu fw-regs guest --control run.sock > g.json\n"
            "  vtlemu fw-regs can-migrate --guest g.json --to hostB.json",
        .description =
            "Exit status: 0 yes, 4 no, 1 if a file cannot be read or understood. A yes says what was\n"
            "not compared because a file does not tell of it.",
        .wrong = "it takes options only",
    };
    g_autofree char *guest = NULL, *host = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"guest", 0, 0, G_OPTION_ARG_FILENAME, &guest, "what the guest has been given", "FILE"},
        {"to", 0, 0, G_OPTION_ARG_FILENAME, &host, "the host that it is to go to", "FILE"},
        COMMAND_JSON(&json),
        COMMAND_END,
    };

    if (!command_line_parse(&line, entries, &argc, &argv))
        return EMU_EXIT_USAGE;
    if (!guest || !host)
        return command_line_misuse(line.name, "give --guest FILE and --to FILE");
    return judge(guest, host, json);
}

/* --- guest ------------------------------------------------------------------------------------- */

/* What the run says is checked as any file is: it may be another vtlemu, or none. */
static struct manifest *ask_run(const char *path, GError **error)
{
    g_autoptr(JsonObject) request = control_new_request(CONTROL_GUEST);
    g_autofree char *text = NULL, *source = printable(path);
    g_autoptr(JsonNode) reply = control_call(path, request, error);

    if (!reply)
        return NULL;
    text = json_to_string(reply, FALSE);
    return manifest_parse(source, text, strlen(text), error);
}

static int guest_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "fw-regs guest",
        .parameter = "- describe what a running guest has been given, as JSON",
        .summary =
            "Asks a vtlemu run --control SOCKET for all that its guest has come to know of its host:\n\n"
            "  vtlemu fw-regs guest --control run.sock > g.json",
        .description = "Exit status: 0, or 1 if there is no such run.",
        .wrong = "it takes options only",
    };
    g_autofree char *control = NULL;
    const GOptionEntry entries[] = {
        {"control", 0, 0, G_OPTION_ARG_FILENAME, &control, "what the run was given as --control",
         "SOCKET"},
        COMMAND_END,
    };
    g_autoptr(manifest_auto) manifest = NULL;
    g_autoptr(GError) error = NULL;

    if (!command_line_parse(&line, entries, &argc, &argv))
        return EMU_EXIT_USAGE;
    if (!control)
        return command_line_misuse(line.name, "give --control SOCKET");
    manifest = ask_run(control, &error);
    if (!manifest)
        return complain("guest", error);
    print_manifest(manifest);
    return EMU_EXIT_OK;
}

/* --- The commands ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"list", elect_list_main, "what this host's KVM and vtlemu have, service by service"},
    {"manifest", manifest_main, "the same and more for other hosts, as JSON"},
    {"common", common_main, "the most that a guest can have on each of some hosts"},
    {"diff", diff_main, "what two hosts or guests differ in"},
    {"guest", guest_main, "what a running guest has been given"},
    {"can-migrate", can_migrate_main, "whether a guest can go to a host, and what is in the way"},
};

static int help(void)
{
    g_print("Usage: vtlemu fw-regs COMMAND [OPTION...]\n\n"
            "Firmware registers say which services of its hypervisor a guest sees. KVM adds services\n"
            "as it grows: a guest that has seen one cannot go to an older host.\n\nCommands:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        g_print("  %-11s %s\n", commands[i].name, commands[i].help);
    g_print("\nvtlemu fw-regs COMMAND --help tells more. vtlemu run --fw-reg and --fw-regs elect.\n");
    return EMU_EXIT_OK;
}

int fw_regs_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))
        return help();
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *program = g_strconcat("vtlemu fw-regs ", name, NULL);

        if (strcmp(name, commands[i].name))
            continue;
        g_set_prgname(program); /* for its help */
        return commands[i].main(argc - 1, argv + 1);
    }
    g_printerr(*name ? "vtlemu fw-regs: %s: no such command; see vtlemu fw-regs --help\n"
                     : "vtlemu fw-regs: %sgive a command; see vtlemu fw-regs --help\n", name);
    return EMU_EXIT_USAGE;
}
