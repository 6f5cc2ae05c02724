/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that may be given once: see option-table.h. */
#include "emu/option-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* To GOption such an option is one that may be repeated, so that all values are seen. */
struct once {
    const char *name;
    GOptionArg type; /* what it is to us */
    gpointer value;  /* where it goes */
    char **given;
};

struct option_table {
    GOptionContext *context;
    GPtrArray *once;
};

static void free_once(gpointer pointer)
{
    struct once *once = pointer;

    g_strfreev(once->given);
    g_free(once);
}

/* A callback knows its group's data only, which therefore is the table. */
struct option_table *option_table_new(GOptionContext *context)
{
    struct option_table *table = g_new0(struct option_table, 1);

    table->context = context;
    /* As GOption makes it, but the callback finds us. */
    g_option_context_set_main_group(context, g_option_group_new("main", "", "", table, NULL));
    table->once = g_ptr_array_new_with_free_func(free_once);
    return table;
}

void option_table_free(struct option_table *table)
{
    if (!table)
        return;
    g_ptr_array_free(table->once, TRUE);
    g_free(table);
}

static bool takes_one(const GOptionEntry *entry)
{
    return entry->arg == G_OPTION_ARG_STRING || entry->arg == G_OPTION_ARG_FILENAME ||
           entry->arg == G_OPTION_ARG_INT;
}

static struct once *find(const struct option_table *table, const char *name)
{
    for (guint i = 0; i < table->once->len; i++) {
        struct once *once = g_ptr_array_index(table->once, i);

        if (!strcmp(once->name, name))
            return once;
    }
    return NULL;
}

/* Of options whose value is optional: only these take a callback. */
static gboolean take_optional(const char *option, const char *value, gpointer data, GError **error)
{
    struct once *once = find(data, option + strlen("--"));
    guint count = once->given ? g_strv_length(once->given) : 0;

    (void)error;
    once->given = g_renew(char *, once->given, count + 2);
    once->given[count] = g_strdup(value ? value : "");
    once->given[count + 1] = NULL;
    return TRUE;
}

static void note(struct option_table *table, GOptionEntry *entry)
{
    struct once *once = g_new0(struct once, 1);

    *once = (struct once){.name = entry->long_name, .type = entry->arg, .value = entry->arg_data};
    if (entry->flags & G_OPTION_FLAG_OPTIONAL_ARG) {
        entry->arg = G_OPTION_ARG_CALLBACK;
        entry->arg_data = (gpointer)take_optional;
    } else {
        entry->arg = entry->arg == G_OPTION_ARG_FILENAME ? G_OPTION_ARG_FILENAME_ARRAY
                                                         : G_OPTION_ARG_STRING_ARRAY;
        entry->arg_data = &once->given;
    }
    g_ptr_array_add(table->once, once);
}

void option_table_add(struct option_table *table, const GOptionEntry *entries)
{
    for (; entries->long_name; entries++) {
        GOptionEntry pair[] = {*entries, {0}};

        if (takes_one(entries))
            note(table, pair);
        g_option_group_add_entries(g_option_context_get_main_group(table->context), pair);
    }
}

static bool is_given_once(const struct once *once, GError **error)
{
    if (!once->given || !once->given[1])
        return true;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "--%s %s: there is another one before it, but only one can count; leave one of them "
                "out, or put into one what both say", once->name, once->given[1]);
    return false;
}

/* With base 0, as GOption does. */
static bool hand_out_number(const struct once *once, GError **error)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(once->given[0], &end, 0);
    if (!*once->given[0] || *end || errno || number < G_MININT || number > G_MAXINT) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s %s: give a number",
                    once->name, once->given[0]);
        return false;
    }
    *(int *)once->value = (int)number;
    return true;
}

static bool hand_out(struct once *once, GError **error)
{
    if (!once->given)
        return true;
    if (once->type == G_OPTION_ARG_INT)
        return hand_out_number(once, error);
    *(char **)once->value = g_steal_pointer(&once->given[0]);
    return true;
}

bool option_table_parse(struct option_table *table, int *argc, char ***argv, GError **error)
{
    if (!g_option_context_parse(table->context, argc, argv, error))
        return false;
    for (guint i = 0; i < table->once->len; i++)
        if (!is_given_once(g_ptr_array_index(table->once, i), error))
            return false;
    for (guint i = 0; i < table->once->len; i++)
        if (!hand_out(g_ptr_array_index(table->once, i), error))
            return false;
    return true;
}
