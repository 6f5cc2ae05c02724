/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about a file, to be shown to people or to scripts: what `vtlemu inspect` prints.
 *
 * They come in groups. A group of a kind is one of several, such as segments: a line of text, an
 * object in JSON's array "KINDs". Names are in lower case; in JSON, spaces become underscores.
 * Texts may come from files that are not trusted: what is no printable ASCII becomes '?'.
 */
#ifndef EMU_FACTS_H
#define EMU_FACTS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct facts;

struct facts *facts_new(void);
void facts_free(struct facts *facts);

/* Facts that follow belong to a new group of @kind, which is a static string. */
void facts_group(struct facts *facts, const char *kind);
/* Facts that follow are about the whole. It begins like this. */
void facts_whole(struct facts *facts);

/* @name is a static string. */
void facts_text(struct facts *facts, const char *name, const char *text);
void facts_flag(struct facts *facts, const char *name, bool value);
void facts_number(struct facts *facts, const char *name, uint64_t value); /* at most INT64_MAX */
void facts_bytes(struct facts *facts, const char *name, uint64_t value);  /* likewise: a size */
void facts_address(struct facts *facts, const char *name, uint64_t value); /* a string in JSON */

/* What the text form of a fact is, or NULL; for tests. The first one of that name. */
const char *facts_get(const struct facts *facts, const char *name);

/* For the caller to free. */
char *facts_to_text(const struct facts *facts);
char *facts_to_json(const struct facts *facts);

#endif
