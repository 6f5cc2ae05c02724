/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of all registers: see banks.h. */
#include "emu/banks.h"

#include <json-glib/json-glib.h>

#include "emu/command.h"
#include "emu/error.h"
#include "emu/policy.h"
#include "vtl/bank-synthetic.h"
#include "vtl/hv-registers.h"
#include "vtl/poison.h"

static const char *const verdicts[] = {
    [BANKS_YES] = "yes",
    [BANKS_NONE] = "none",
    [BANKS_NO] = "no",
    [BANKS_UNKNOWN] = "unknown",
};

void banks_host_clear(struct banks_host *host)
{
    g_clear_pointer(&host->more, g_free);
    host->more_count = 0;
}

/* --- Judging ---------------------------------------------------------------------------------- */

/* Of groups that KVM could give to guests, or not, as one: why they have nothing of it. */
static const char *const absent[BANK_GROUPS] = {
    [BANK_SVE] = "this host's KVM has no SVE for guests",
    [BANK_SME] = "KVM gives SME to no guest",
    [BANK_KEYS] = "vtlemu's guests have no pointer authentication",
    [BANK_TAGS] = "vtlemu's guests have no memory tagging",
    [BANK_TRACE] = "KVM gives trace filters and branch records to no guest",
    [BANK_PMU] = "vtlemu's guests have no PMU",
    [BANK_AMU] = "KVM gives activity monitors to no guest",
    [BANK_SPE] = "KVM gives SPE to no guest",
    [BANK_TRBE] = "KVM gives TRBE to no guest",
    [BANK_MPAM] = "KVM gives MPAM to no guest",
    [BANK_GCS] = "this host's KVM has no guarded control stack for guests",
};

/* Kept by devices of KVM's, whatever its list of registers says. */
static const char *const devices[BANK_GROUPS] = {
    [BANK_TIMER] = "KVM's timers: each VTL has its own, and all have one counter",
    [BANK_GIC] = "each VTL has a GIC of its own",
};

static const char *explain(const struct bank_row *row, enum bank_class class)
{
    bool damaged = row->reg && poison_mask(row->reg);

    switch (class) {
    case BANK_SHARED:
        return "copied at each switch";
    case BANK_PRIVATE:
        return "each VTL has a vCPU of its own";
    case BANK_CORRUPTIBLE:
        return "each VTL has a vCPU of its own, and --poison damages it";
    case BANK_UNSPECIFIED:
        return damaged ? "private here, and --poison=unspecified damages it" : "private here";
    case BANK_CONSTANT:
        break;
    }
    return "the same in all vCPUs";
}

static enum banks_verdict judge_absent(const struct bank_policy *policy, size_t index,
                                       const char **how)
{
    struct bank_row row = bank_row(index);
    enum bank_class class = bank_policy_class(policy, index);

    *how = absent[row.group] ? absent[row.group] : "KVM keeps nothing of it for guests";
    return bank_policy_changes(policy, index) &&
                   (class == BANK_SHARED || class == BANK_CORRUPTIBLE)
               ? BANKS_NO
               : BANKS_NONE;
}

enum banks_verdict banks_judge(const struct banks_host *host, const struct bank_policy *policy,
                               size_t index, const char **how)
{
    enum bank_class class = bank_policy_class(policy, index);
    struct bank_row row = bank_row(index);

    *how = "not known here: no KVM";
    if (!host->known)
        return BANKS_UNKNOWN;
    if (devices[row.group]) {
        *how = devices[row.group];
        return BANKS_YES;
    }
    if (host->state[index] == BANKS_NOTHING)
        return judge_absent(policy, index, how);
    *how = explain(&row, class);
    if (class != BANK_SHARED || host->state[index] == BANKS_WRITABLE)
        return BANKS_YES;
    *how = "KVM does not let it be written";
    return BANKS_NO;
}

/* --- Rows ------------------------------------------------------------------------------------- */

/* One line, whatever kind of register it is about; texts that are not owned live long enough. */
struct line {
    const char *name, *group, *class, *here, *how, *source;
    char may_be[BANK_CONSTANT + 2]; /* letters of the classes that a policy can give it */
};

typedef void (*line_function)(const struct line *line, void *context);

struct list {
    const struct banks_host *host;
    const struct bank_policy *policy;
    const char *which; /* the policy as given, or NULL */
    line_function each;
    void *context;
};

/* Where the host is known, only what it can do. */
static bool can_be(const struct banks_host *host, size_t row, enum bank_class class)
{
    bool takes_writing = class == BANK_SHARED || class == BANK_CORRUPTIBLE;

    if (bank_policy_problem(row, class))
        return false;
    return class == bank_row(row).class || !takes_writing || !host->known ||
           host->state[row] == BANKS_WRITABLE;
}

static void list_row(const struct list *list, size_t index)
{
    enum bank_class class = bank_policy_class(list->policy, index);
    struct bank_row row = bank_row(index);
    struct line line = {
        .name = row.name,
        .group = bank_group_name(row.group),
        .class = bank_class_name(class),
        .source = bank_policy_changes(list->policy, index) ? "--bank-policy"
                                                           : bank_row_source(&row),
    };
    size_t length = 0;

    line.here = verdicts[banks_judge(list->host, list->policy, index, &line.how)];
    for (int i = BANK_SHARED; i < BANK_CONSTANT; i++)
        if (row.class != BANK_CONSTANT && can_be(list->host, index, (enum bank_class)i))
            line.may_be[length++] = *bank_class_name((enum bank_class)i);
    list->each(&line, list->context);
}

/* What KVM has, and we have no name for. */
static void list_more(const struct list *list, uint16_t encoding)
{
    g_autofree char *name =
        g_strdup_printf("S%u_%u_C%u_C%u_%u", encoding >> 14 & 3, encoding >> 11 & 7,
                        encoding >> 7 & 15, encoding >> 3 & 15, encoding & 7);
    const struct line line = {
        .name = name,
        .group = "unnamed",
        .class = bank_class_name(BANK_UNSPECIFIED),
        .here = verdicts[BANKS_YES],
        .how = "private here",
        .source = "ours: the TLFS is silent",
    };

    list->each(&line, list->context);
}

static void list_synthetic(const struct list *list, uint32_t number)
{
    const struct bank_synthetic *synthetic = bank_synthetic_find(number);
    const struct line line = {
        .name = hv_register_text(number),
        .group = "synthetic",
        .class = bank_class_name(synthetic->class),
        .here = verdicts[BANKS_YES],
        .how = synthetic->scope,
        .source = synthetic->source,
    };

    list->each(&line, list->context);
}

static void list_all(const struct list *list)
{
    uint32_t number;

    for (size_t i = 0; i < bank_row_count(); i++)
        list_row(list, i);
    for (size_t i = 0; i < list->host->more_count; i++)
        list_more(list, list->host->more[i]);
    for (size_t i = 0; hv_register_nth(i, &number); i++)
        list_synthetic(list, number);
}

/* --- Printing --------------------------------------------------------------------------------- */

static void print_line(const struct line *line, void *context)
{
    (void)context;
    g_print("%-28s %-10s %-12s %-8s %-7s%s; %s\n", line->name, line->group, line->class, line->here,
            line->may_be, line->how, line->source);
}

static void print_text(struct list *list)
{
    g_print("%-28s %-10s %-12s %-8s %-7s%s\n", "register", "group", "class", "here", "may be",
            "how it is here; who says what the class is");
    list->each = print_line;
    list_all(list);
}

static void add_member(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void add_json(const struct line *line, void *context)
{
    JsonBuilder *builder = context;

    json_builder_begin_object(builder);
    add_member(builder, "name", line->name);
    add_member(builder, "group", line->group);
    add_member(builder, "class", line->class);
    add_member(builder, "here", line->here);
    add_member(builder, "may_be", line->may_be);
    add_member(builder, "how", line->how);
    add_member(builder, "source", line->source);
    json_builder_end_object(builder);
}

static void print_json(struct list *list)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    list->each = add_json;
    list->context = builder;
    json_builder_begin_object(builder);
    add_member(builder, "policy", list->which ? list->which : "tlfs");
    json_builder_set_member_name(builder, "registers");
    json_builder_begin_array(builder);
    list_all(list);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    text = json_to_string(root, TRUE);
    g_print("%s\n", text);
}

static int list(const char *which, bool json)
{
    struct banks_host host = {0};
    struct bank_policy policy;
    struct list list = {.host = &host, .policy = &policy, .which = which};
    g_autoptr(GError) error = NULL;

    if (!policy_choose(which, &policy, &error) || !banks_probe(&host, &error)) {
        g_printerr("vtlemu banks: %s\n", error->message);
        return EMU_EXIT_USAGE;
    }
    if (json)
        print_json(&list);
    else
        print_text(&list);
    banks_host_clear(&host);
    return EMU_EXIT_OK;
}

int banks_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "banks",
        .parameter = "- list registers, and who shares them",
        .summary =
            "Lists every register: whether the VTLs of a VP share it, who says so, and whether this\n"
            "host sees to that. Classes: \"shared\": a switch carries it over; \"private\": each VTL has\n"
            "its own; \"corruptible\": private, but a switch may corrupt it; \"unspecified\": the\n"
            "specification is silent, and it is private here; \"constant\": the same for all.\n"
            "Here: \"yes\": it is so; \"none\": no guest has anything of it, so that it cannot be\n"
            "otherwise; \"no\": a run with this policy is refused; \"unknown\": there is no KVM here.\n"
            "May be: the classes (s, p, c, u) that a bank policy can give it.",
        .description =
            "Examples:\n"
            "  What of the profiler is shared, as the specification has it, and with a policy:\n"
            "    vtlemu banks | grep -w SPE\n"
            "    vtlemu banks --bank-policy spe-private | grep -w SPE\n"
            "  The same for programs:\n"
            "    vtlemu banks --bank-policy linux --json > linux.json\n"
            "  A policy of your own: does this host see to it? then run with it:\n"
            "    echo 'TPIDR_EL0 shared' > mine.txt\n"
            "    vtlemu banks --bank-policy mine.txt | grep -w TPIDR_EL0\n"
            "    vtlemu run --bank-policy mine.txt --vtl2-kernel a.elf --vtl0-kernel b.elf\n"
            "  Find who relies on what no specification promises:\n"
            "    vtlemu run --poison=unspecified --vtl2-kernel a.elf --vtl0-kernel b.elf\n"
            "\n"
            "A policy is a name or a file. tlfs: the specification as written. linux: X29 and X30\n"
            "shared, as Linux's posted VTL code has them. spe-private: buffers of the profiler and of\n"
            "traces private. A file has lines such as\n"
            "  X29-X30 shared      # a register, a range or a pattern, and a class\n"
            "which change what the specification says; doc/register-banks.md tells all.",
        .wrong = "it takes no arguments",
    };
    g_autofree char *which = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"bank-policy", 0, 0, G_OPTION_ARG_FILENAME, &which,
         "show what this policy makes of them (tlfs)", "WHICH"},
        COMMAND_JSON(&json),
        COMMAND_END,
    };

    if (!command_line_parse(&line, entries, &argc, &argv))
        return EMU_EXIT_USAGE;
    return list(which, json);
}
