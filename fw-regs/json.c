/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict reading of JSON: see json.h. */
#include "fw-regs/json.h"

#include <string.h>

#define DIGITS_MAX 18u /* decimal digits that every 64-bit number with a sign can hold */
#define QUOTED_MAX 64  /* characters of a file's text that an error repeats */

G_DEFINE_QUARK(strict-json-error, strict_json_error)

/* So much of @text as an error may repeat. The caller frees it. */
static char *quote(const char *text)
{
    g_autofree char *shown = printable(text);

    return g_utf8_strlen(shown, -1) > QUOTED_MAX ? g_utf8_substring(shown, 0, QUOTED_MAX)
                                                 : g_steal_pointer(&shown);
}

/* A text that is being parsed, from @next to @end. The first error stays. */
struct parser {
    const char *source, *text, *next, *end;
    unsigned depth;
    GError **error;
};

static JsonNode *parse_value(struct parser *parser);

static unsigned line_of(const struct parser *parser)
{
    unsigned line = 1;

    for (const char *c = parser->text; c < parser->next; c++)
        line += *c == '\n';
    return line;
}

static bool G_GNUC_PRINTF(2, 3) fail(struct parser *parser, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(parser->error, STRICT_JSON_ERROR, STRICT_JSON_ERROR_BAD, "%s: line %u: %s",
                parser->source, line_of(parser), message);
    return false;
}

static void skip_space(struct parser *parser)
{
    while (parser->next < parser->end && strchr(" \t\r\n", *parser->next))
        parser->next++;
}

/* Goes past @c, if it is next after space. */
static bool take(struct parser *parser, char c)
{
    skip_space(parser);
    if (parser->next == parser->end || *parser->next != c)
        return false;
    parser->next++;
    return true;
}

static bool need(struct parser *parser, char c)
{
    return take(parser, c) || fail(parser, "not JSON: '%c' is missing", c);
}

/* --- Strings ---------------------------------------------------------------------------------- */

/* Four hexadecimal digits. */
static bool parse_unit(struct parser *parser, gunichar *unit)
{
    *unit = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = parser->next < parser->end ? g_ascii_xdigit_value(*parser->next) : -1;

        if (digit < 0)
            return fail(parser, "not JSON: \\u needs four hexadecimal digits");
        *unit = *unit << 4 | (gunichar)digit;
        parser->next++;
    }
    return true;
}

/* Behind "\u": a character of the basic plane, or two surrogates that make one of another. */
static bool parse_escaped_unicode(struct parser *parser, GString *out)
{
    gunichar c, low;

    if (!parse_unit(parser, &c))
        return false;
    if (c >= 0xd800 && c < 0xdc00 && parser->end - parser->next >= 2 && parser->next[0] == '\\' &&
        parser->next[1] == 'u') {
        parser->next += 2;
        if (!parse_unit(parser, &low))
            return false;
        if (low < 0xdc00 || low >= 0xe000)
            return fail(parser, "half a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    if (c == 0 || (c >= 0xd800 && c < 0xe000))
        return fail(parser, "a character that text cannot have");
    g_string_append_unichar(out, c);
    return true;
}

static bool parse_escape(struct parser *parser, GString *out)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char c = parser->next < parser->end ? *parser->next++ : 0;
    const char *found = c ? strchr(names, c) : NULL;

    if (c == 'u')
        return parse_escaped_unicode(parser, out);
    if (!found)
        return fail(parser, "not JSON: an unknown escape in a string");
    g_string_append_c(out, meanings[found - names]);
    return true;
}

/* Behind the first quotation mark. NULL on error. */
static char *parse_string(struct parser *parser)
{
    g_autoptr(GString) out = g_string_new(NULL);

    while (parser->next < parser->end) {
        char c = *parser->next++;

        if (c == '"')
            return g_string_free(g_steal_pointer(&out), FALSE);
        if ((unsigned char)c < ' ') {
            fail(parser, "not JSON: a control character in a string");
            return NULL;
        }
        if (c != '\\')
            g_string_append_c(out, c);
        else if (!parse_escape(parser, out))
            return NULL;
    }
    fail(parser, "not JSON: a string has no end");
    return NULL;
}

/* --- Values ----------------------------------------------------------------------------------- */

static JsonNode *parse_string_value(struct parser *parser)
{
    g_autofree char *text = parse_string(parser);

    return text ? json_node_init_string(json_node_alloc(), text) : NULL;
}

static JsonNode *parse_number(struct parser *parser)
{
    bool negative = *parser->next == '-';
    const char *first = parser->next + negative, *c = first;
    gint64 value = 0;

    for (; c < parser->end && g_ascii_isdigit(*c); c++)
        value = (size_t)(c - first) < DIGITS_MAX ? value * 10 + (*c - '0') : 0;
    if (c == first || (*first == '0' && c - first > 1))
        fail(parser, "not JSON: a number begins with a digit, and with 0 only if it is 0");
    else if (c < parser->end && strchr(".eE", *c))
        fail(parser, "only whole numbers are taken; a version is a string, as \"1.1\"");
    else if ((size_t)(c - first) > DIGITS_MAX)
        fail(parser, "a number with more than %u digits: write it as a string", DIGITS_MAX);
    else {
        parser->next = c;
        return json_node_init_int(json_node_alloc(), negative ? -value : value);
    }
    return NULL;
}

static JsonNode *parse_word(struct parser *parser)
{
    static const char *const words[] = {"null", "false", "true"};
    size_t left = (size_t)(parser->end - parser->next);

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t length = strlen(words[i]);

        if (left < length || memcmp(parser->next, words[i], length))
            continue;
        parser->next += length;
        return i ? json_node_init_boolean(json_node_alloc(), i == 2)
                 : json_node_init_null(json_node_alloc());
    }
    fail(parser, "not JSON: a value is missing");
    return NULL;
}

static bool parse_member(struct parser *parser, JsonObject *object)
{
    g_autofree char *name = NULL, *shown = NULL;
    JsonNode *value;

    if (!need(parser, '"') || !(name = parse_string(parser)))
        return false;
    if (json_object_has_member(object, name)) {
        shown = quote(name);
        return fail(parser, "member \"%s\" comes twice", shown);
    }
    if (!need(parser, ':') || !(value = parse_value(parser)))
        return false;
    json_object_set_member(object, name, value);
    return true;
}

static JsonNode *parse_object(struct parser *parser)
{
    g_autoptr(JsonObject) object = json_object_new();

    if (!take(parser, '}')) {
        do
            if (!parse_member(parser, object))
                return NULL;
        while (take(parser, ','));
        if (!need(parser, '}'))
            return NULL;
    }
    return json_node_init_object(json_node_alloc(), object);
}

static JsonNode *parse_array(struct parser *parser)
{
    g_autoptr(JsonArray) array = json_array_new();
    JsonNode *value;

    if (!take(parser, ']')) {
        do {
            if (!(value = parse_value(parser)))
                return NULL;
            json_array_add_element(array, value);
        } while (take(parser, ','));
        if (!need(parser, ']'))
            return NULL;
    }
    return json_node_init_array(json_node_alloc(), array);
}

static JsonNode *parse_nested(struct parser *parser, JsonNode *(*parse)(struct parser *parser))
{
    JsonNode *node = NULL;

    if (parser->depth == STRICT_JSON_DEPTH_MAX) {
        fail(parser, "nested more than %u deep", STRICT_JSON_DEPTH_MAX);
        return NULL;
    }
    parser->depth++;
    node = parse(parser);
    parser->depth--;
    return node;
}

static JsonNode *parse_value(struct parser *parser)
{
    if (take(parser, '{'))
        return parse_nested(parser, parse_object);
    if (take(parser, '['))
        return parse_nested(parser, parse_array);
    if (take(parser, '"'))
        return parse_string_value(parser);
    if (parser->next < parser->end && (*parser->next == '-' || g_ascii_isdigit(*parser->next)))
        return parse_number(parser);
    return parse_word(parser);
}

JsonNode *strict_json_parse(const char *source, const char *text, size_t size, GError **error)
{
    struct parser parser = {source, text, text, text + size, 0, error};
    g_autoptr(JsonNode) root = NULL;

    if (size > STRICT_JSON_SIZE_MAX) {
        g_set_error(error, STRICT_JSON_ERROR, STRICT_JSON_ERROR_BAD,
                    "%s: more than %u bytes of JSON", source, STRICT_JSON_SIZE_MAX);
        return NULL;
    }
    if (!g_utf8_validate(text, (gssize)size, &parser.next)) {
        fail(&parser, "not text in UTF-8");
        return NULL;
    }
    parser.next = text;
    root = parse_value(&parser);
    skip_space(&parser);
    if (root && parser.next < parser.end) {
        fail(&parser, "something follows after the end of the JSON");
        return NULL;
    }
    return g_steal_pointer(&root);
}

/* --- Places ----------------------------------------------------------------------------------- */

struct json_at json_at_root(const char *source, JsonNode *root)
{
    return (struct json_at){.name = source, .node = root};
}

static void append_path(GString *path, const struct json_at *at)
{
    g_autofree char *name = at->name ? quote(at->name) : NULL;

    if (!at->parent)
        return;
    append_path(path, at->parent);
    if (!name)
        g_string_append_printf(path, "[%u]", at->index);
    else
        g_string_append_printf(path, "%s%s", path->len ? "." : "", name);
}

static const char *source_of(const struct json_at *at)
{
    while (at->parent)
        at = at->parent;
    return at->name;
}

bool json_at_fail(const struct json_at *at, GError **error, const char *format, ...)
{
    g_autoptr(GString) path = g_string_new(NULL);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    append_path(path, at);
    g_set_error(error, STRICT_JSON_ERROR, STRICT_JSON_ERROR_BAD, "%s: %s%s%s", source_of(at),
                path->str, path->len ? ": " : "", message);
    return false;
}

bool json_at_object(const struct json_at *at, const char *const *allowed, GError **error)
{
    g_autoptr(GList) names = NULL;

    if (!JSON_NODE_HOLDS_OBJECT(at->node))
        return json_at_fail(at, error, "an object is expected");
    names = json_object_get_members(json_node_get_object(at->node));
    for (GList *name = allowed ? names : NULL; name; name = name->next) {
        g_autofree char *shown = quote(name->data);

        if (!g_strv_contains(allowed, name->data))
            return json_at_fail(at, error, "unknown member \"%s\"", shown);
    }
    return true;
}

bool json_at_find(const struct json_at *object, const char *name, struct json_at *member)
{
    JsonNode *node = json_object_get_member(json_node_get_object(object->node), name);

    *member = (struct json_at){.parent = object, .name = name, .node = node};
    return node;
}

bool json_at_need(const struct json_at *object, const char *name, struct json_at *member,
                  GError **error)
{
    return json_at_find(object, name, member) ||
           json_at_fail(object, error, "member \"%s\" is missing", name);
}

bool json_at_array(const struct json_at *at, guint limit, guint *length, GError **error)
{
    if (!JSON_NODE_HOLDS_ARRAY(at->node))
        return json_at_fail(at, error, "an array is expected");
    *length = json_array_get_length(json_node_get_array(at->node));
    return *length <= limit ||
           json_at_fail(at, error, "%u elements; %u are the most", *length, limit);
}

struct json_at json_at_element(const struct json_at *array, guint index)
{
    JsonNode *node = json_array_get_element(json_node_get_array(array->node), index);

    return (struct json_at){.parent = array, .index = index, .node = node};
}

static bool holds(const struct json_at *at, GType type)
{
    return JSON_NODE_HOLDS_VALUE(at->node) && json_node_get_value_type(at->node) == type;
}

bool json_at_u64(const struct json_at *at, uint64_t limit, uint64_t *value, GError **error)
{
    gint64 number = holds(at, G_TYPE_INT64) ? json_node_get_int(at->node) : -1;

    *value = (uint64_t)number;
    if (number < 0 && !(holds(at, G_TYPE_STRING) &&
                        strict_number(json_node_get_string(at->node), value)))
        return json_at_fail(at, error, "a number is expected: 31, \"31\" or \"0x1f\"");
    return *value <= limit ||
           json_at_fail(at, error, "0x%" G_GINT64_MODIFIER "x is more than 0x%" G_GINT64_MODIFIER
                        "x, the most there can be", *value, limit);
}

static bool has_control(const char *text)
{
    for (; *text; text = g_utf8_next_char(text))
        if (!g_unichar_isprint(g_utf8_get_char(text)))
            return true;
    return false;
}

bool json_at_string(const struct json_at *at, size_t limit, const char **text, GError **error)
{
    if (!holds(at, G_TYPE_STRING))
        return json_at_fail(at, error, "a string is expected");
    *text = json_node_get_string(at->node);
    if (strlen(*text) > limit)
        return json_at_fail(at, error, "more than %zu bytes of text", limit);
    return !has_control(*text) || json_at_fail(at, error, "characters that cannot be printed");
}

bool json_at_bool(const struct json_at *at, bool *value, GError **error)
{
    if (!holds(at, G_TYPE_BOOLEAN))
        return json_at_fail(at, error, "true or false is expected");
    *value = json_node_get_boolean(at->node);
    return true;
}

/* --- Text ------------------------------------------------------------------------------------- */

bool strict_number(const char *text, uint64_t *value)
{
    bool hex = g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X");
    guint64 number;

    /* GLib's parser takes signs and "0x" itself; a digit must come first. */
    text += hex ? 2 : 0;
    if (!(hex ? g_ascii_isxdigit(*text) : g_ascii_isdigit(*text)) ||
        (hex && (text[1] == 'x' || text[1] == 'X')))
        return false;
    if (!g_ascii_string_to_unsigned(text, hex ? 16 : 10, 0, G_MAXUINT64, &number, NULL))
        return false;
    *value = number;
    return true;
}

char *printable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);

    for (const char *next = valid; *next; next = g_utf8_next_char(next)) {
        gunichar c = g_utf8_get_char(next);

        if (g_unichar_isprint(c))
            g_string_append_unichar(out, c);
        else
            g_string_append_printf(out, "\\u%04x", (unsigned)c);
    }
    return g_string_free(out, FALSE);
}

/* --- Writing ---------------------------------------------------------------------------------- */

void json_put_string(JsonBuilder *builder, const char *name, const char *text)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, text);
}

void json_put_hex(JsonBuilder *builder, const char *name, uint64_t value)
{
    g_autofree char *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", value);

    json_put_string(builder, name, text);
}

void json_put_number(JsonBuilder *builder, const char *name, uint64_t value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, (gint64)value);
}

char *json_text(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = json_to_string(root, TRUE);

    return g_strconcat(text, "\n", NULL);
}
