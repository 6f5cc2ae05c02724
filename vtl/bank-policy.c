/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bank policies and their text: see bank-policy.h. */
#include "vtl/bank-policy.h"

#include <glib.h>
#include <string.h>

#include "vtl/hv-registers.h"
#include "vtl/poison.h"
#include "vtl/vp-registers.h"

/* --- What there is ---------------------------------------------------------------------------- */

static const struct {
    const char *name, *text;
} ready[] = {
    {"tlfs", "# The specification as written.\n"},
    {"linux",
     "# Linux's posted VTL code for arm64 saves both around the VTL return, and loads VTL0's.\n"
     "X29 shared\n"
     "X30 shared\n"},
    {"spe-private",
     "# A shared buffer pointer would let a lower VTL aim the higher one's profiler at any memory.\n"
     "PMSCR_EL1-PMBSR_EL1 private\n"
     "TRBLIMITR_EL1-TRBTRG_EL1 private\n"},
};

const char *bank_policy_ready(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ready); i++)
        if (!strcmp(ready[i].name, name))
            return ready[i].text;
    return NULL;
}

const char *bank_policy_ready_name(size_t index)
{
    return index < G_N_ELEMENTS(ready) ? ready[index].name : NULL;
}

void bank_policy_init(struct bank_policy *policy)
{
    *policy = (struct bank_policy){{0}};
    for (size_t i = 0; i < bank_row_count(); i++)
        policy->class[i] = (uint8_t)bank_row(i).class;
}

bool bank_policy_same(const struct bank_policy *a, const struct bank_policy *b)
{
    return !memcmp(a->class, b->class, bank_row_count());
}

bool bank_policy_changes(const struct bank_policy *policy, size_t row)
{
    return bank_policy_class(policy, row) != bank_row(row).class;
}

/* --- What can be ------------------------------------------------------------------------------ */

/* Why registers of a group cannot be carried over; NULL: perhaps they can, the host decides. */
static const char *const unshareable[BANK_GROUPS] = {
    [BANK_SME] = "guests have no SME, so that there is nothing to carry over",
    [BANK_KEYS] = "guests have no pointer authentication, so that there is nothing to carry over",
    [BANK_TAGS] = "guests have no memory tagging, so that there is nothing to carry over",
    [BANK_TRACE] = "guests have no tracing, so that there is nothing to carry over",
    [BANK_PMU] = "guests have no PMU, so that there is nothing to carry over",
    [BANK_AMU] = "guests have no activity monitors, so that there is nothing to carry over",
    [BANK_SPE] = "guests have no SPE, so that there is nothing to carry over",
    [BANK_TRBE] = "guests have no TRBE, so that there is nothing to carry over",
    [BANK_MPAM] = "guests have no MPAM, so that there is nothing to carry over",
    [BANK_GCS] = "guests have no guarded control stack, so that there is nothing to carry over",
    [BANK_TIMER] = "a timer of KVM's, which runs on, and interrupts the VTL that it belongs to",
    [BANK_GIC] = "each VTL has a GIC of its own, which is a device of KVM's",
};

static bool is_place(const struct bank_row *row)
{
    return row->reg &&
           (row->reg->hv_name == HV_REGISTER_PC || row->reg->hv_name == HV_REGISTER_PSTATE);
}

static const char *judge_sharing(const struct bank_row *row)
{
    if (is_place(row))
        return "it says where the VTL goes on; leave it private";
    if (row->reg && row->reg->read_only)
        return "it is read-only, and follows from others; leave it out";
    return unshareable[row->group];
}

static const char *judge_corruption(const struct bank_row *row)
{
    return row->reg && poison_mask(row->reg)
               ? NULL
               : "vtlemu does not damage it; say unspecified, which leaves it private";
}

const char *bank_policy_problem(size_t index, enum bank_class class)
{
    const struct bank_row row = bank_row(index);

    if (class == row.class)
        return NULL;
    if (row.class == BANK_CONSTANT)
        return "it says what the processor is, which is the same for all and cannot be written; "
               "leave it out";
    if (class == BANK_CONSTANT)
        return "it can be written; say shared, private, corruptible or unspecified";
    if (class == BANK_SHARED)
        return judge_sharing(&row);
    return class == BANK_CORRUPTIBLE ? judge_corruption(&row) : NULL;
}

/* A vector cannot be carried over without its low part. */
const char *bank_policy_contradiction(const struct bank_policy *policy, size_t *row)
{
    for (size_t i = 0; i < bank_table_size; i++) {
        const struct bank_register *low = bank_find(bank_table[i].low_name);

        if (!low || policy->class[i] != BANK_SHARED || bank_policy_shares(policy, low))
            continue;
        *row = i;
        return "it cannot be shared while its low part, the Q register, is not; share both";
    }
    return NULL;
}

bool bank_policy_allows_functions(const struct bank_policy *policy)
{
    return bank_policy_shares(policy, bank_find(HV_REGISTER_X0));
}

/* --- The text --------------------------------------------------------------------------------- */

struct parser {
    struct bank_policy policy;
    unsigned line;
    unsigned set_at[BANK_ROWS_MAX]; /* the line that has changed the row last */
    char **what;
};

static bool fail(struct parser *parser, const char *word, const char *why)
{
    g_autofree char *shown = g_strescape(word, NULL);

    *parser->what = g_strdup_printf("line %u: %.80s: %s", parser->line, shown, why);
    return false;
}

static bool parse_class(struct parser *parser, const char *word, enum bank_class *class)
{
    for (int i = BANK_SHARED; i <= BANK_CONSTANT; i++)
        if (!strcmp(word, bank_class_name((enum bank_class)i))) {
            *class = (enum bank_class)i;
            return true;
        }
    return fail(parser, word, "no class; say shared, private, corruptible or unspecified");
}

static bool set(struct parser *parser, size_t row, enum bank_class class)
{
    const char *problem = bank_policy_problem(row, class);
    g_autofree char *why = problem ? g_strdup_printf("it cannot be %s: %s", bank_class_name(class),
                                                     problem)
                                   : NULL;

    if (problem)
        return fail(parser, bank_row(row).name, why);
    parser->policy.class[row] = (uint8_t)class;
    parser->set_at[row] = parser->line;
    return true;
}

static bool is_synthetic(const char *name)
{
    uint32_t number;

    for (size_t i = 0; hv_register_nth(i, &number); i++)
        if (!g_ascii_strcasecmp(name, hv_register_text(number)))
            return true;
    return false;
}

static bool find(struct parser *parser, const char *name, size_t *row)
{
    int index = bank_row_find(name);

    *row = (size_t)MAX(index, 0);
    if (index < 0)
        return fail(parser, name,
                    is_synthetic(name)
                        ? "a synthetic register, whose scope the specification says; leave it out"
                        : "no register; vtlemu banks lists them");
    return true;
}

static bool set_range(struct parser *parser, const char *first, const char *last,
                      enum bank_class class)
{
    size_t from, to;

    if (!find(parser, first, &from) || !find(parser, last, &to))
        return false;
    if (from > to)
        return fail(parser, first, "vtlemu banks lists it behind the other end of the range; "
                    "exchange them");
    for (size_t i = from; i <= to; i++)
        if (!set(parser, i, class))
            return false;
    return true;
}

static bool set_pattern(struct parser *parser, const char *pattern, enum bank_class class)
{
    g_autofree char *folded = g_ascii_strup(pattern, -1);
    bool any = false;

    for (size_t i = 0; i < bank_row_count(); i++) {
        g_autofree char *name = g_ascii_strup(bank_row(i).name, -1);

        if (!g_pattern_match_simple(folded, name))
            continue;
        any = true;
        if (!set(parser, i, class))
            return false;
    }
    return any || fail(parser, pattern, "matches no register; vtlemu banks lists them");
}

static bool set_names(struct parser *parser, const char *names, enum bank_class class)
{
    g_auto(GStrv) ends = g_strsplit(names, "-", 3);
    size_t row;

    if (strpbrk(names, "*?"))
        return set_pattern(parser, names, class);
    if (g_strv_length(ends) == 1)
        return find(parser, names, &row) && set(parser, row, class);
    if (g_strv_length(ends) != 2)
        return fail(parser, names, "a range has two ends, as in X0-X17");
    return set_range(parser, ends[0], ends[1], class);
}

/* Splits @line, without its comment, at white space; returns how many words there are. */
static unsigned split(char *line, char *words[3])
{
    unsigned count = 0;

    line[strcspn(line, "#")] = '\0';
    for (char *word = strtok_r(line, " \t\r", &line); word && count < 3;
         word = strtok_r(NULL, " \t\r", &line))
        words[count++] = word;
    return count;
}

/*
 * Names are ASCII. What is not may look like it (a no-break space), or be invisible (a byte order
 * mark), and GLib's patterns take it for UTF-8, whatever it is.
 */
static bool is_ascii(struct parser *parser, const char *word)
{
    for (const char *byte = word; *byte; byte++)
        if (!g_ascii_isprint(*byte))
            return fail(parser, word, "only comments may have other characters than ASCII's, "
                        "shown here as \\ and the bytes in octal");
    return true;
}

static bool parse_line(struct parser *parser, char *line)
{
    enum bank_class class;
    char *words[3];
    unsigned count = split(line, words);

    for (unsigned i = 0; i < count; i++)
        if (!is_ascii(parser, words[i]))
            return false;
    switch (count) {
    case 0:
        return true;
    case 2:
        return parse_class(parser, words[1], &class) && set_names(parser, words[0], class);
    default:
        return fail(parser, words[0], "give a register and its class, as in X29 shared");
    }
}

/* What one line cannot know of another. */
static bool check(struct parser *parser)
{
    size_t row;
    const char *why = bank_policy_contradiction(&parser->policy, &row);

    if (!why)
        return true;
    parser->line = parser->set_at[row];
    return fail(parser, bank_row(row).name, why);
}

static bool parse_lines(struct parser *parser, char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        parser->line++;
        if (!parse_line(parser, *line))
            return false;
    }
    return check(parser);
}

bool bank_policy_parse(struct bank_policy *policy, const char *text, size_t size, char **what)
{
    struct parser parser = {.policy = *policy, .what = what};
    g_autofree char *copy = g_strndup(text, size);

    if (size > BANK_POLICY_TEXT_MAX || memchr(text, '\0', size)) {
        *what = g_strdup_printf("this is no policy, which is text of at most %u bytes; see "
                                "doc/register-banks.md", BANK_POLICY_TEXT_MAX);
        return false;
    }
    if (!parse_lines(&parser, copy))
        return false;
    *policy = parser.policy;
    return true;
}
