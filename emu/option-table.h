/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that take one value, and may be given once: a second one is an error. GOption by itself
 * takes the last of several and forgets the others, of which nobody would learn.
 */
#ifndef EMU_OPTION_TABLE_H
#define EMU_OPTION_TABLE_H

#include <glib.h>
#include <stdbool.h>

struct option_table;

/* For what is to be added to @context, which stays the caller's and must live as long. */
struct option_table *option_table_new(GOptionContext *context);
void option_table_free(struct option_table *table);

/*
 * Adds main entries, as g_option_context_add_main_entries() does. Those with G_OPTION_ARG_STRING,
 * _FILENAME or _INT may be given once; the names of these must outlive the table. A _STRING with
 * G_OPTION_FLAG_OPTIONAL_ARG may be given without a value, which is "" then.
 */
void option_table_add(struct option_table *table, const GOptionEntry *entries);

/*
 * As g_option_context_parse(). The error about a second value names the option, that value, and what
 * to do.
 */
bool option_table_parse(struct option_table *table, int *argc, char ***argv, GError **error);

#endif
