/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of a run: see report.h. */
#include "emu/report.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "smccc/hv-status.h"
#include "vtl/hv-registers.h"
#include "vtl/hypercalls.h"

/* Where a list of names goes on in the next line. */
#define LINE_WIDTH 100
#define INDENT "    "
#define COUNT "%" G_GUINT64_FORMAT

static const char *const form_names[AUDIT_FORMS] = {
    [AUDIT_SMCCC_MEMORY] = "SMCCC memory", [AUDIT_SMCCC_FAST] = "SMCCC fast",
    [AUDIT_NATIVE_MEMORY] = "native memory", [AUDIT_NATIVE_FAST] = "native fast",
};

static const char *const intercept_names[AUDIT_INTERCEPTS] = {
    [AUDIT_MEMORY] = "memory",         [AUDIT_UNMAPPED] = "unmapped GPA",
    [AUDIT_HYPERCALL] = "hypercall",   [AUDIT_RESET] = "reset or power off",
    [AUDIT_DELIVERABLE] = "SINT deliverable",
};

static const char *const immediate_names[AUDIT_IMMEDIATES] = {"hvc #0", "hvc #1", "hvc #2",
                                                              "hvc #3", "others"};

/* What is counted under a list of names. */
struct counts {
    const char *const *names;
    const uint64_t *values;
    size_t count;
};

struct report {
    const struct vtl_audit *audit;
    const struct report_run *run;
    struct audit_vp *sum;
    struct counts switches, intercepts, immediates;
};

static struct report begin(const struct vtl_audit *audit, const struct report_run *run)
{
    struct audit_vp *sum = vtl_audit_sum(audit);

    return (struct report){
        .audit = audit,
        .run = run,
        .sum = sum,
        .switches = {run->switch_names, run->switches, run->switch_count},
        .intercepts = {intercept_names, sum->intercepts, AUDIT_INTERCEPTS},
        .immediates = {immediate_names, sum->immediates, AUDIT_IMMEDIATES},
    };
}

static uint64_t of_all_vtls(const uint64_t by_vtl[VTL_LEVELS])
{
    uint64_t sum = 0;

    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        sum += by_vtl[vtl];
    return sum;
}

static bool is_call_used(const struct report *report, size_t call)
{
    return of_all_vtls(report->sum->call[call].made);
}

static bool is_register_used(const struct report *report, size_t number)
{
    return of_all_vtls(report->sum->registers[number].reads) +
           of_all_vtls(report->sum->registers[number].writes);
}

static const char *register_text(const struct report *report, size_t number, uint32_t *name)
{
    const char *text;

    if (!audit_register_name(report->audit, number, name))
        return NULL;
    text = hv_register_text(*name);
    return text ? text : "?";
}

/* --- Text ------------------------------------------------------------------------------------- */

/* Names one after the other, in lines that are not too long. */
struct list {
    const char *title;
    GString *text;
    size_t line; /* bytes of the present one; 0: nothing yet */
};

static void list_name(struct list *list, const char *name)
{
    if (!list->line)
        g_string_append_printf(list->text, "  %s: %s", list->title, name);
    else if (list->line + strlen(name) + strlen(", ") <= LINE_WIDTH)
        g_string_append_printf(list->text, ", %s", name);
    else
        g_string_append_printf(list->text, ",\n" INDENT "%s", name);
    list->line = strlen(strrchr(list->text->str, '\n'));
}

static void list_end(struct list *list)
{
    if (list->line)
        g_string_append_c(list->text, '\n');
}

static void add_by_vtl(GString *text, const char *what, const uint64_t by_vtl[VTL_LEVELS])
{
    if (!of_all_vtls(by_vtl))
        return;
    g_string_append_printf(text, ", %s", what);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (by_vtl[vtl])
            g_string_append_printf(text, " VTL%u " COUNT, vtl, by_vtl[vtl]);
}

static void add_set_up(GString *text, const struct report_run *run)
{
    g_string_append_printf(text, "\nSet-up\n"
                           "  %-22s %s\n  %-22s %s\n  %-22s %s\n  %-22s %s\n",
                           "VTL call", run->call_abi, "VTL return", run->return_abi,
                           "bank policy", run->policy, "poison", run->poison);
}

static void add_rules(GString *text, const struct report *report)
{
    const struct audit_rule *rules = report->sum->rule;
    struct list list = {.title = "not looked at", .text = text};
    unsigned looked = 0, violated = 0;

    for (unsigned i = 0; i < STRICT_RULES; i++) {
        looked += rules[i].checked > 0;
        violated += rules[i].violated > 0;
    }
    g_string_append_printf(text, "\nRules: %u of %u looked at, %u violated\n", looked,
                           (unsigned)STRICT_RULES, violated);
    for (unsigned i = 0; i < STRICT_RULES; i++)
        if (rules[i].checked)
            g_string_append_printf(text, "  %-22s looked at " COUNT ", violated " COUNT "\n",
                                   strict_rows[i].id, rules[i].checked, rules[i].violated);
    for (unsigned i = 0; i < STRICT_RULES; i++)
        if (!rules[i].checked)
            list_name(&list, strict_rows[i].id);
    list_end(&list);
}

static void add_call(GString *text, const struct hv_call *row, const struct audit_call *call)
{
    g_string_append_printf(text, "  0x%04x %s", row->code, row->name);
    add_by_vtl(text, "by", call->made);
    for (unsigned i = 0; i < AUDIT_FORMS; i++)
        if (call->forms[i])
            g_string_append_printf(text, ", %s " COUNT, form_names[i], call->forms[i]);
    if (call->intercepted)
        g_string_append_printf(text, ", intercepted " COUNT, call->intercepted);
    for (unsigned i = 0; i < AUDIT_STATUSES; i++)
        if (call->status[i])
            g_string_append_printf(text, ", %s " COUNT, hv_status_name((uint16_t)i),
                                   call->status[i]);
    g_string_append_c(text, '\n');
}

static void add_calls(GString *text, const struct report *report)
{
    struct list list = {.title = "not used", .text = text};
    unsigned used = 0;

    for (size_t i = 0; i < vtl_call_count; i++)
        used += is_call_used(report, i);
    g_string_append_printf(text, "\nHypercalls: %u of %zu used, " COUNT
                           " calls with codes that nobody serves\n", used, vtl_call_count,
                           report->sum->unknown_calls);
    for (size_t i = 0; i < vtl_call_count; i++)
        if (is_call_used(report, i))
            add_call(text, &vtl_calls[i], &report->sum->call[i]);
    for (size_t i = 0; i < vtl_call_count; i++)
        if (!is_call_used(report, i))
            list_name(&list, vtl_calls[i].name);
    list_end(&list);
}

static void add_register(GString *text, const char *name, uint32_t number,
                         const struct audit_register *reg)
{
    g_string_append_printf(text, "  0x%08x %s", number, name);
    add_by_vtl(text, "read by", reg->reads);
    add_by_vtl(text, "written by", reg->writes);
    if (reg->refused)
        g_string_append_printf(text, ", refused " COUNT, reg->refused);
    g_string_append_c(text, '\n');
}

/* The processor's are too many to be named; JSON has them. */
static void add_unused(GString *text, const struct report *report)
{
    struct list list = {.title = "not used", .text = text};
    unsigned others = 0;
    const char *name;
    uint32_t number;

    for (size_t i = 0; (name = register_text(report, i, &number)); i++) {
        if (is_register_used(report, i))
            continue;
        if (hv_register_is_architectural(number))
            others++;
        else
            list_name(&list, name);
    }
    list_end(&list);
    g_string_append_printf(text, "  and %u of the processor's own\n", others);
}

static void add_registers(GString *text, const struct report *report)
{
    unsigned used = 0, count = 0;
    const char *name;
    uint32_t number;

    for (; register_text(report, count, &number); count++)
        used += is_register_used(report, count);
    g_string_append_printf(text, "\nRegisters by hypercall: %u of %u used, " COUNT
                           " accesses to names that nobody has\n", used, count,
                           report->sum->unknown_registers);
    for (size_t i = 0; (name = register_text(report, i, &number)); i++)
        if (is_register_used(report, i))
            add_register(text, name, number, &report->sum->registers[i]);
    add_unused(text, report);
}

static void add_counts(GString *text, const char *title, const struct counts *counts)
{
    g_string_append_printf(text, "\n%s\n", title);
    for (size_t i = 0; i < counts->count; i++)
        g_string_append_printf(text, "  %-22s " COUNT "\n", counts->names[i], counts->values[i]);
}

char *report_to_text(const struct vtl_audit *audit, const struct report_run *run)
{
    GString *text = g_string_new(NULL);
    struct report report = begin(audit, run);

    g_string_append_printf(text, "The run ended: %s (exit status %d)\n", run->end, run->status);
    add_set_up(text, run);
    add_rules(text, &report);
    add_calls(text, &report);
    add_registers(text, &report);
    add_counts(text, "Switches between VTLs", &report.switches);
    add_counts(text, "Intercepts", &report.intercepts);
    add_counts(text, "HVC by immediate", &report.immediates);
    vtl_audit_vp_free(report.sum);
    return g_string_free(text, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void set_number(JsonBuilder *builder, const char *name, uint64_t value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, (gint64)MIN(value, (uint64_t)G_MAXINT64));
}

static void set_text(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void set_hex(JsonBuilder *builder, const char *name, uint32_t value, int digits)
{
    g_autofree char *text = g_strdup_printf("0x%0*x", digits, value);

    set_text(builder, name, text);
}

static void begin_array(JsonBuilder *builder, const char *name)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_array(builder);
}

/* [VTL0's, VTL1's, VTL2's] */
static void set_by_vtl(JsonBuilder *builder, const char *name, const uint64_t by_vtl[VTL_LEVELS])
{
    begin_array(builder, name);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        json_builder_add_int_value(builder, (gint64)by_vtl[vtl]);
    json_builder_end_array(builder);
}

static void set_counts(JsonBuilder *builder, const char *name, const struct counts *counts)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
    for (size_t i = 0; i < counts->count; i++)
        set_number(builder, counts->names[i], counts->values[i]);
    json_builder_end_object(builder);
}

static void build_set_up(JsonBuilder *builder, const struct report_run *run)
{
    json_builder_set_member_name(builder, "setup");
    json_builder_begin_object(builder);
    set_text(builder, "vtl_call_abi", run->call_abi);
    set_text(builder, "vtl_return_abi", run->return_abi);
    set_text(builder, "bank_policy", run->policy);
    set_text(builder, "poison", run->poison);
    json_builder_end_object(builder);
}

static void build_rules(JsonBuilder *builder, const struct report *report)
{
    begin_array(builder, "rules");
    for (unsigned i = 0; i < STRICT_RULES; i++) {
        json_builder_begin_object(builder);
        set_text(builder, "id", strict_rows[i].id);
        set_number(builder, "checked", report->sum->rule[i].checked);
        set_number(builder, "violated", report->sum->rule[i].violated);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void build_call(JsonBuilder *builder, const struct hv_call *row,
                       const struct audit_call *call)
{
    const struct counts forms = {form_names, call->forms, AUDIT_FORMS};

    json_builder_begin_object(builder);
    set_hex(builder, "code", row->code, 4);
    set_text(builder, "name", row->name);
    set_by_vtl(builder, "calls", call->made);
    set_counts(builder, "forms", &forms);
    set_number(builder, "intercepted", call->intercepted);
    json_builder_set_member_name(builder, "statuses");
    json_builder_begin_object(builder);
    for (unsigned i = 0; i < AUDIT_STATUSES; i++)
        if (call->status[i])
            set_number(builder, hv_status_name((uint16_t)i), call->status[i]);
    json_builder_end_object(builder);
    json_builder_end_object(builder);
}

static void build_calls(JsonBuilder *builder, const struct report *report)
{
    begin_array(builder, "hypercalls");
    for (size_t i = 0; i < vtl_call_count; i++)
        build_call(builder, &vtl_calls[i], &report->sum->call[i]);
    json_builder_end_array(builder);
}

static void build_registers(JsonBuilder *builder, const struct report *report)
{
    const char *name;
    uint32_t number;

    begin_array(builder, "registers");
    for (size_t i = 0; (name = register_text(report, i, &number)); i++) {
        const struct audit_register *reg = &report->sum->registers[i];

        json_builder_begin_object(builder);
        set_hex(builder, "number", number, 8);
        set_text(builder, "name", name);
        set_by_vtl(builder, "reads", reg->reads);
        set_by_vtl(builder, "writes", reg->writes);
        set_number(builder, "refused", reg->refused);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

char *report_to_json(const struct vtl_audit *audit, const struct report_run *run)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    struct report report = begin(audit, run);

    json_builder_begin_object(builder);
    set_text(builder, "end", run->end);
    set_number(builder, "status", (uint64_t)run->status);
    build_set_up(builder, run);
    build_rules(builder, &report);
    build_calls(builder, &report);
    set_number(builder, "unknown_hypercalls", report.sum->unknown_calls);
    build_registers(builder, &report);
    set_number(builder, "unknown_registers", report.sum->unknown_registers);
    set_counts(builder, "switches", &report.switches);
    set_counts(builder, "intercepts", &report.intercepts);
    set_counts(builder, "hvc", &report.immediates);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    vtl_audit_vp_free(report.sum);
    return json_to_string(root, TRUE);
}

bool report_is_json(const char *path)
{
    return g_str_has_suffix(path, ".json");
}
