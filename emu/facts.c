/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts, as text and as JSON: see facts.h. */
#include "emu/facts.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "emu/layout.h"

/* Column where the text of a line begins. */
#define LABEL_WIDTH 14

enum fact_type { FACT_TEXT, FACT_FLAG, FACT_NUMBER };

struct fact {
    const char *name;
    char *text; /* owned */
    enum fact_type type;
    uint64_t value;
};

struct group {
    const char *kind; /* NULL: about the whole */
    GArray *facts;    /* of struct fact */
};

struct facts {
    GArray *groups; /* of struct group; the first is about the whole */
    guint current;
};

static void clear_fact(gpointer data)
{
    g_free(((struct fact *)data)->text);
}

static void clear_group(gpointer data)
{
    g_array_unref(((struct group *)data)->facts);
}

void facts_group(struct facts *facts, const char *kind)
{
    struct group group = {kind, g_array_new(FALSE, FALSE, sizeof(struct fact))};

    g_array_set_clear_func(group.facts, clear_fact);
    g_array_append_val(facts->groups, group);
    facts->current = facts->groups->len - 1;
}

void facts_whole(struct facts *facts)
{
    facts->current = 0;
}

struct facts *facts_new(void)
{
    struct facts *facts = g_new0(struct facts, 1);

    facts->groups = g_array_new(FALSE, FALSE, sizeof(struct group));
    g_array_set_clear_func(facts->groups, clear_group);
    facts_group(facts, NULL);
    return facts;
}

void facts_free(struct facts *facts)
{
    g_array_unref(facts->groups);
    g_free(facts);
}

/* Takes @text over. */
static void add(struct facts *facts, const char *name, enum fact_type type, char *text,
                uint64_t value)
{
    struct fact fact = {name, text, type, value};

    g_array_append_val(g_array_index(facts->groups, struct group, facts->current).facts, fact);
}

void facts_text(struct facts *facts, const char *name, const char *text)
{
    char *copy = g_strdup(text);

    for (char *c = copy; *c; c++)
        if (!g_ascii_isprint(*c))
            *c = '?';
    add(facts, name, FACT_TEXT, copy, 0);
}

void facts_flag(struct facts *facts, const char *name, bool value)
{
    add(facts, name, FACT_FLAG, g_strdup(value ? "yes" : "no"), value);
}

void facts_number(struct facts *facts, const char *name, uint64_t value)
{
    add(facts, name, FACT_NUMBER, g_strdup_printf("%" G_GUINT64_FORMAT, value), value);
}

void facts_bytes(struct facts *facts, const char *name, uint64_t value)
{
    char *text = value >= MIB   ? g_strdup_printf("%.1f MiB", (double)value / (double)MIB)
                 : value >= KIB ? g_strdup_printf("%.1f KiB", (double)value / (double)KIB)
                                : g_strdup_printf("%" G_GUINT64_FORMAT " bytes", value);

    add(facts, name, FACT_NUMBER, text, value);
}

void facts_address(struct facts *facts, const char *name, uint64_t value)
{
    add(facts, name, FACT_TEXT, g_strdup_printf("0x%" G_GINT64_MODIFIER "x", value), value);
}

static const struct group *group_at(const struct facts *facts, guint i)
{
    return &g_array_index(facts->groups, struct group, i);
}

static const struct fact *fact_at(const struct group *group, guint i)
{
    return &g_array_index(group->facts, struct fact, i);
}

const char *facts_get(const struct facts *facts, const char *name)
{
    for (guint i = 0; i < facts->groups->len; i++)
        for (guint j = 0; j < group_at(facts, i)->facts->len; j++)
            if (!strcmp(fact_at(group_at(facts, i), j)->name, name))
                return fact_at(group_at(facts, i), j)->text;
    return NULL;
}

/* --- Text ------------------------------------------------------------------------------------ */

/* "form  EFI zboot image, size 12.0 MiB": a fact of the group's own name goes without it. */
static void append_group(GString *text, const struct group *group)
{
    g_string_append_printf(text, "%-*s", LABEL_WIDTH, group->kind);
    for (guint i = 0; i < group->facts->len; i++) {
        const struct fact *fact = fact_at(group, i);
        bool titled = !strcmp(fact->name, group->kind);

        g_string_append_printf(text, "%s%s%s%s", i ? ", " : "", titled ? "" : fact->name,
                               titled ? "" : " ", fact->text);
    }
    g_string_append_c(text, '\n');
}

char *facts_to_text(const struct facts *facts)
{
    GString *text = g_string_new(NULL);
    const struct group *whole = group_at(facts, 0);

    for (guint i = 1; i < facts->groups->len; i++)
        append_group(text, group_at(facts, i));
    for (guint i = 0; i < whole->facts->len; i++)
        g_string_append_printf(text, "%-*s%s\n", LABEL_WIDTH, fact_at(whole, i)->name,
                               fact_at(whole, i)->text);
    return g_string_free(text, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void set_name(JsonBuilder *builder, const char *name)
{
    g_autofree char *member = g_strdelimit(g_strdup(name), " ", '_');

    json_builder_set_member_name(builder, member);
}

static void build_facts(JsonBuilder *builder, const struct group *group)
{
    for (guint i = 0; i < group->facts->len; i++) {
        const struct fact *fact = fact_at(group, i);

        set_name(builder, fact->name);
        if (fact->type == FACT_TEXT)
            json_builder_add_string_value(builder, fact->text);
        else if (fact->type == FACT_FLAG)
            json_builder_add_boolean_value(builder, fact->value != 0);
        else
            json_builder_add_int_value(builder, (gint64)fact->value);
    }
}

static bool is_first_of_kind(const struct facts *facts, guint i)
{
    for (guint j = 1; j < i; j++)
        if (!strcmp(group_at(facts, j)->kind, group_at(facts, i)->kind))
            return false;
    return true;
}

static void build_kind(JsonBuilder *builder, const struct facts *facts, const char *kind)
{
    g_autofree char *plural = g_strconcat(kind, "s", NULL);

    set_name(builder, plural);
    json_builder_begin_array(builder);
    for (guint i = 1; i < facts->groups->len; i++) {
        if (strcmp(group_at(facts, i)->kind, kind))
            continue;
        json_builder_begin_object(builder);
        build_facts(builder, group_at(facts, i));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

char *facts_to_json(const struct facts *facts)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;

    json_builder_begin_object(builder);
    build_facts(builder, group_at(facts, 0));
    for (guint i = 1; i < facts->groups->len; i++)
        if (is_first_of_kind(facts, i))
            build_kind(builder, facts, group_at(facts, i)->kind);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    return json_to_string(root, TRUE);
}
