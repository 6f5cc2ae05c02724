/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of an audit: emu/report.c, emu/strict.c. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "emu/report.h"
#include "emu/strict.h"
#include "smccc/hv-status.h"
#include "tests/unit/unit.h"
#include "vtl/hv-registers.h"
#include "vtl/hypercalls.h"

/* --- The report ------------------------------------------------------------------------------- */

static struct vtl_audit *audit;

static const char *const kinds[] = {"VTL call", "VTL return"};
static const uint64_t switches[] = {4, 5};
static const struct report_run run = {
    .call_abi = "hvc2", .return_abi = "smccc:0xc3000003", .policy = "linux", .poison = "unspecified",
    .end = "the guest powered off", .status = 5,
    .switch_names = kinds, .switches = switches, .switch_count = 2,
};

static void set_up(void)
{
    audit = vtl_audit_new(2);
    audit->vps[0].rule[STRICT_INPUT_VTL] = (struct audit_rule){.checked = 7, .violated = 2};
    audit->vps[1].rule[STRICT_INPUT_VTL] = (struct audit_rule){.checked = 3};
    audit->vps[1].call[0] = (struct audit_call){
        .made = {1, 0, 2}, .forms[AUDIT_NATIVE_FAST] = 3, .status[HV_STATUS_SUCCESS] = 2,
        .status[HV_STATUS_ACCESS_DENIED] = 1};
    audit->vps[0].registers[0] = (struct audit_register){.reads = {0, 0, 6}, .refused = 1};
    audit->vps[0].intercepts[AUDIT_MEMORY] = 9;
    audit->vps[0].immediates[2] = 11;
    audit->vps[0].unknown_calls = 12;
}

static void tear_down(void)
{
    vtl_audit_free(audit);
}

START_TEST(text)
{
    static const char *const lines[] = {
        "The run ended: the guest powered off (exit status 5)\n",
        "\nSet-up\n"
        "  VTL call               hvc2\n"
        "  VTL return             smccc:0xc3000003\n"
        "  bank policy            linux\n"
        "  poison                 unspecified\n",
        "\nRules: 1 of 20 looked at, 1 violated\n",
        "  input-vtl              looked at 10, violated 2\n",
        "  not looked at: control-reserved, control-shape,",
        "used, 12 calls with codes that nobody serves\n",
        "  0x0002 HvCallFlushVirtualAddressSpace, by VTL0 1 VTL2 2, native fast 3, SUCCESS 2, "
        "ACCESS_DENIED 1\n",
        "  0x00000002 InstructionEmulationHints, read by VTL2 6, refused 1\n",
        "  not used: HypervisorVersion,",
        "  VTL return             5\n",
        "  memory                 9\n",
        "  hvc #2                 11\n",
    };
    g_autofree char *all = report_to_text(audit, &run);
    g_auto(GStrv) every = g_strsplit(all, "\n", -1);

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        ck_assert_msg(strstr(all, lines[i]) != NULL, "%s\nis not in\n%s", lines[i], all);
    for (char **line = every; *line; line++)
        ck_assert_msg(strlen(*line) <= 110, "%s", *line);
}
END_TEST

/* The member of that name of the object in the array that has @key = @value. */
static JsonObject *find(JsonObject *root, const char *array, const char *key, const char *value)
{
    JsonArray *rows = json_object_get_array_member(root, array);

    for (guint i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *row = json_array_get_object_element(rows, i);

        if (!strcmp(json_object_get_string_member(row, key), value))
            return row;
    }
    ck_abort_msg("no %s of %s %s", array, key, value);
}

static gint64 element(JsonObject *row, const char *array, guint i)
{
    return json_array_get_int_element(json_object_get_array_member(row, array), i);
}

START_TEST(json)
{
    g_autofree char *all = report_to_json(audit, &run);
    g_autoptr(JsonNode) node = json_from_string(all, NULL);
    JsonObject *root = json_node_get_object(node), *row;

    ck_assert_str_eq(json_object_get_string_member(root, "end"), "the guest powered off");
    ck_assert_int_eq(json_object_get_int_member(root, "status"), 5);
    row = json_object_get_object_member(root, "setup");
    ck_assert_str_eq(json_object_get_string_member(row, "vtl_call_abi"), "hvc2");
    ck_assert_str_eq(json_object_get_string_member(row, "vtl_return_abi"), "smccc:0xc3000003");
    ck_assert_str_eq(json_object_get_string_member(row, "bank_policy"), "linux");
    ck_assert_str_eq(json_object_get_string_member(row, "poison"), "unspecified");
    ck_assert_uint_eq(json_array_get_length(json_object_get_array_member(root, "rules")),
                      STRICT_RULES);
    row = find(root, "rules", "id", "input-vtl");
    ck_assert_int_eq(json_object_get_int_member(row, "checked"), 10);
    ck_assert_int_eq(json_object_get_int_member(row, "violated"), 2);
    ck_assert_uint_eq(json_array_get_length(json_object_get_array_member(root, "hypercalls")),
                      vtl_call_count);
    row = find(root, "hypercalls", "code", "0x0002");
    ck_assert_int_eq(element(row, "calls", 2), 2);
    ck_assert_int_eq(json_object_get_int_member(json_object_get_object_member(row, "statuses"),
                                                "ACCESS_DENIED"), 1);
    row = find(root, "registers", "name", "InstructionEmulationHints");
    ck_assert_int_eq(element(row, "reads", 2), 6);
    ck_assert_int_eq(json_object_get_int_member(row, "refused"), 1);
    row = find(root, "registers", "number", "0x00020022");
    ck_assert_str_eq(json_object_get_string_member(row, "name"), "PC");
    ck_assert_int_eq(json_object_get_int_member(root, "unknown_hypercalls"), 12);
    row = json_object_get_object_member(root, "switches");
    ck_assert_int_eq(json_object_get_int_member(row, "VTL call"), 4);
}
END_TEST

START_TEST(forms_by_name)
{
    ck_assert(report_is_json("a.json"));
    ck_assert(!report_is_json("a.txt"));
    ck_assert(!report_is_json("json"));
}
END_TEST

/* --- Violations ------------------------------------------------------------------------------- */

static GString *told;

static void keep(const char *line)
{
    g_string_append(told, line);
}

static unsigned count(const char *part)
{
    unsigned found = 0;

    for (const char *at = strstr(told->str, part); at; at = strstr(at + 1, part))
        found++;
    return found;
}

static GPrintFunc begin_telling(void)
{
    told = g_string_new(NULL);
    return g_set_printerr_handler(keep);
}

static void end_telling(GPrintFunc before)
{
    g_set_printerr_handler(before);
    g_string_free(told, TRUE);
}

START_TEST(each_place_once)
{
    GPrintFunc before = begin_telling();
    struct strict_log *log = strict_log_new();

    strict_log_print(log);
    ck_assert_str_eq(told->str, "");
    ck_assert(strict_log_tell(log, STRICT_INPUT_VTL, 1, 2, 0x1000, "PC 0x1000", "a call"));
    ck_assert(!strict_log_tell(log, STRICT_INPUT_VTL, 0, 2, 0x1000, "PC 0x1000", "a call"));
    ck_assert_uint_eq(count("strict: input-vtl: VP1 at VTL2, PC 0x1000: a call\n"), 1);
    ck_assert_uint_eq(count("strict: input-vtl"), 1);
    ck_assert_uint_eq(count(strict_rows[STRICT_INPUT_VTL].hint), 1);
    strict_log_tell(log, STRICT_INPUT_VTL, 0, 0, 0x1000, "PC 0x1000", "a call");
    strict_log_tell(log, STRICT_INPUT_VTL, 0, 2, 0x1004, "PC 0x1004", "a call");
    strict_log_tell(log, STRICT_BLOCK_PLACE, 0, 2, 0x1000, "PC 0x1000", "a call");
    ck_assert_uint_eq(count("strict: "), 4);
    ck_assert_uint_eq(strict_log_count(log), 5);
    strict_log_print(log);
    ck_assert_uint_eq(count("strict: 5 violations of 2 rules at 4 places"), 1);
    strict_log_free(log);
    end_telling(before);
}
END_TEST

/* Of each rule and VTL; one that floods hides no other. */
START_TEST(a_flood_is_bounded)
{
    GPrintFunc before = begin_telling();
    struct strict_log *log = strict_log_new();

    for (unsigned i = 0; i < 3 * STRICT_TOLD_MAX; i++)
        ck_assert_int_eq(strict_log_tell(log, STRICT_INPUT_VTL, 0, 0, 4 * i, "PC", "a call"), !i);
    ck_assert_uint_eq(STRICT_TOLD_MAX, 50);
    ck_assert_uint_eq(count("strict: input-vtl: VP0 at VTL0"), STRICT_TOLD_MAX);
    ck_assert_uint_eq(count("strict: input-vtl at VTL0: that was the 50th place; further ones are "
                            "only counted\n"), 1);
    strict_log_tell(log, STRICT_INPUT_VTL, 0, 2, 0, "PC", "a call");
    strict_log_tell(log, STRICT_BLOCK_PLACE, 0, 0, 0, "PC", "a call");
    ck_assert_uint_eq(count("strict: input-vtl: VP0 at VTL2"), 1);
    ck_assert_uint_eq(count("strict: block-place: VP0 at VTL0"), 1);
    ck_assert_uint_eq(count("only counted"), 1);
    ck_assert_uint_eq(strict_log_count(log), 3 * STRICT_TOLD_MAX + 2);
    strict_log_print(log);
    ck_assert_uint_eq(count("strict: 152 violations of 2 rules at more than 52 places"), 1);
    strict_log_free(log);
    end_telling(before);
}
END_TEST

/* What comes again and again from as many places as are told is all told. */
START_TEST(as_many_as_are_told)
{
    GPrintFunc before = begin_telling();
    struct strict_log *log = strict_log_new();

    for (unsigned i = 0; i < 3 * STRICT_TOLD_MAX; i++)
        strict_log_tell(log, STRICT_INPUT_VTL, 0, 0, 4 * (i % STRICT_TOLD_MAX), "PC", "a call");
    strict_log_print(log);
    ck_assert_uint_eq(count("strict: 150 violations of 1 rule at 50 places"), 1);
    strict_log_free(log);
    end_telling(before);
}
END_TEST

UNIT_MAIN_WITH("report", set_up, tear_down, text, json, forms_by_name, each_place_once,
               a_flood_is_bounded, as_many_as_are_told)
