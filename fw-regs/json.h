/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict reading of JSON from elsewhere (RFC 8259), into json-glib's tree: members may not come
 * twice, numbers are whole ones, nesting and size are bounded, and nothing beyond JSON is accepted
 * (json-glib's own parser takes comments, hexadecimal numbers and the last of two members, wraps
 * long numbers, and nests as deep as the stack of its caller lasts).
 *
 * A struct json_at is a place in such a tree: its errors say which file and which member,
 * "host.json: registers.std.limit: ...". Whatever an error repeats of the text is printable.
 */
#ifndef FW_REGS_JSON_H
#define FW_REGS_JSON_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

#define STRICT_JSON_SIZE_MAX (4u << 20) /* bytes of text */
#define STRICT_JSON_DEPTH_MAX 16u       /* objects and arrays inside each other */
#define STRICT_JSON_STRING_MAX 4096u    /* bytes that json_at_string() takes, unless told less */

/* The only code of this domain: the text is not what it should be. */
#define STRICT_JSON_ERROR (strict_json_error_quark())
#define STRICT_JSON_ERROR_BAD 0
GQuark strict_json_error_quark(void);

/* Parses the whole of @text, @size bytes; @source names it in errors. NULL with @error. */
JsonNode *strict_json_parse(const char *source, const char *text, size_t size, GError **error);

/* A place in a tree, on the stack of whoever reads; what it points to must outlive it. */
struct json_at {
    const struct json_at *parent; /* NULL: the root */
    const char *name;             /* member of @parent; at the root the source */
    guint index;                  /* if @name is NULL: element of @parent */
    JsonNode *node;
};

struct json_at json_at_root(const char *source, JsonNode *root);

/* Sets @error to "SOURCE: PATH: MESSAGE"; returns false. */
bool json_at_fail(const struct json_at *at, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Is it an object with no other members than those in @allowed, which NULL ends? NULL: any. */
bool json_at_object(const struct json_at *at, const char *const *allowed, GError **error);
/* Finds member @name of an object, which must live as long as @member; false if it is not there. */
bool json_at_find(const struct json_at *object, const char *name, struct json_at *member);
/* The same where it must be there. */
bool json_at_need(const struct json_at *object, const char *name, struct json_at *member,
                  GError **error);
/* Is it an array of at most @limit elements? Stores how many. */
bool json_at_array(const struct json_at *at, guint limit, guint *length, GError **error);
struct json_at json_at_element(const struct json_at *array, guint index);

/* A number of at most @limit: a whole one, or a string of it, decimal or with 0x. */
bool json_at_u64(const struct json_at *at, uint64_t limit, uint64_t *value, GError **error);
/* A string of at most @limit bytes without control characters; it lives as long as the tree. */
bool json_at_string(const struct json_at *at, size_t limit, const char **text, GError **error);
bool json_at_bool(const struct json_at *at, bool *value, GError **error);

/*
 * "0x1f", "31": all of @text and nothing else, no sign, no space, at most 64 bits. False if it is
 * anything else.
 */
bool strict_number(const char *text, uint64_t *value);

/*
 * A copy of @text, valid UTF-8 or not, that a terminal can show: what is not printable is escaped.
 * The caller frees it.
 */
char *printable(const char *text);

/* --- Writing: members of the object that @builder is in ---------------------------------------- */

void json_put_string(JsonBuilder *builder, const char *name, const char *text);
/* As a string, "0x1f": not all readers of JSON keep 64 bits of a number. */
void json_put_hex(JsonBuilder *builder, const char *name, uint64_t value);
/* As a number; for values that fit 53 bits. */
void json_put_number(JsonBuilder *builder, const char *name, uint64_t value);
/* Indented text of what has been built, with a newline at its end; the caller frees it. */
char *json_text(JsonBuilder *builder);

#endif
