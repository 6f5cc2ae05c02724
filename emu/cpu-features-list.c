/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu cpu-features`: see cpu-features.h. */
#include <json-glib/json-glib.h>

#include "emu/cpu-features.h"
#include "emu/command.h"
#include "emu/error.h"

static const char *const verdicts[] = {
    [CPU_HIDEABLE] = "hideable",
    [CPU_FIXED] = "fixed",
    [CPU_ABSENT] = "absent",
};

static unsigned bank_of(size_t feature)
{
    return (unsigned)(feature / CPU_FEATURE_BANK_BITS);
}

static unsigned bit_of(size_t feature)
{
    return (unsigned)(feature % CPU_FEATURE_BANK_BITS);
}

static void print_text(const struct cpu_listing *rows)
{
    g_print("bank bit  %-20s for guests\n", "name");
    for (size_t i = 0; i < cpu_feature_count; i++)
        g_print("%4u %3u  %-20s %s%s%s\n", bank_of(i), bit_of(i), cpu_features[i].name,
                verdicts[rows[i].verdict], rows[i].reason ? ": " : "",
                rows[i].reason ? rows[i].reason : "");
}

static void add_json(JsonBuilder *builder, size_t feature, const struct cpu_listing *row)
{
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "bank");
    json_builder_add_int_value(builder, bank_of(feature));
    json_builder_set_member_name(builder, "bit");
    json_builder_add_int_value(builder, bit_of(feature));
    json_builder_set_member_name(builder, "name");
    json_builder_add_string_value(builder, cpu_features[feature].name);
    json_builder_set_member_name(builder, "state");
    json_builder_add_string_value(builder, verdicts[row->verdict]);
    if (row->reason) {
        json_builder_set_member_name(builder, "reason");
        json_builder_add_string_value(builder, row->reason);
    }
    json_builder_end_object(builder);
}

static void print_json(const struct cpu_listing *rows)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "features");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < cpu_feature_count; i++)
        add_json(builder, i, &rows[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    text = json_to_string(root, TRUE);
    g_print("%s\n", text);
}

static int list(bool json)
{
    g_autofree struct cpu_listing *rows = g_new0(struct cpu_listing, cpu_feature_count);
    g_autoptr(GError) error = NULL;
    bool good = cpu_judge(rows, &error);

    if (!good)
        g_printerr("vtlemu cpu-features: %s\n", error->message);
    else if (json)
        print_json(rows);
    else
        print_text(rows);
    for (size_t i = 0; i < cpu_feature_count; i++)
        g_free(rows[i].reason);
    return good ? EMU_EXIT_OK : EMU_EXIT_USAGE;
}

int cpu_features_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "cpu-features",
        .parameter = "- list processor features",
        .summary =
            "Lists the processor features by which Hyper-V creates partitions on arm64: two banks of\n"
            "bits. \"hideable\": guests see it here, unless they are run with --cpu -NAME, or with its\n"
            "bit set in --disabled-cpu-features; \"fixed\": guests see it, and it cannot be hidden;\n"
            "\"absent\": guests do not see it here, so that disabling it changes nothing.",
        .description =
            "Examples:\n"
            "  vtlemu cpu-features --json > host.json\n"
            "  vtlemu run --cpu -sha512,-rng --vtl0-kernel Image\n"
            "  vtlemu run --disabled-cpu-features bank0=0x1000000,bank1=0x2000 --vtl0-kernel Image\n"
            "\n"
            "A guest whose processor lacks a feature can go to a host that lacks it.",
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
