/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes from JSON, and an election as JSON: see election.h. */
#include "fw-regs/election.h"

#include <string.h>

#include "fw-regs/json.h"

#define SOURCE "JSON"
/* More services than a register has bits cannot be meant. */
#define SERVICES_MAX 64

/* An array of names; each of them one item of a list. */
static bool read_services(const struct json_at *at, char **text, GError **error)
{
    g_autoptr(GString) list = g_string_new(NULL);
    guint length;

    if (!json_at_array(at, SERVICES_MAX, &length, error))
        return false;
    for (guint i = 0; i < length; i++) {
        struct json_at element = json_at_element(at, i);
        const char *name;

        if (!json_at_string(&element, STRICT_JSON_STRING_MAX, &name, error))
            return false;
        if (!*name || strpbrk(name, ",+-"))
            return json_at_fail(&element, error, "give the name of one service, without a sign");
        g_string_append_printf(list, "%s%s", i ? "," : "", name);
    }
    *text = g_strdup(length ? list->str : "none");
    return true;
}

static bool read_value(const struct json_at *at, char **text, GError **error)
{
    const char *string;
    uint64_t number;

    if (JSON_NODE_HOLDS_ARRAY(at->node))
        return read_services(at, text, error);
    if (json_node_get_value_type(at->node) == G_TYPE_STRING) {
        if (!json_at_string(at, STRICT_JSON_STRING_MAX, &string, error))
            return false;
        *text = g_strdup(string);
        return true;
    }
    if (json_node_get_value_type(at->node) != G_TYPE_INT64)
        return json_at_fail(at, error, "give a name, an array of names, or a number");
    if (!json_at_u64(at, UINT64_MAX, &number, error))
        return false;
    *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", number);
    return true;
}

static bool read_wish(const struct json_at *object, const char *name, GPtrArray *wishes,
                      GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = NULL, *wish = NULL;
    struct json_at at;

    if (!json_at_need(object, name, &at, error) || !read_value(&at, &text, error))
        return false;
    wish = g_strdup_printf("%s=%s", name, text);
    if (!fw_election_parse(wish, &cause))
        return json_at_fail(object, error, "%s", cause->message);
    g_ptr_array_add(wishes, g_steal_pointer(&wish));
    return true;
}

/* What JSON takes for two names may be one register's: in small letters and in capitals. */
static bool comes_again(const GList *name)
{
    for (const GList *later = name->next; later; later = later->next)
        if (!g_ascii_strcasecmp(name->data, later->data))
            return true;
    return false;
}

static bool read_wishes(const struct json_at *object, GPtrArray *wishes, GError **error)
{
    g_autoptr(GList) names = NULL;

    if (!json_at_object(object, NULL, error))
        return false;
    names = json_object_get_members(json_node_get_object(object->node));
    if (g_list_length(names) > FW_REGS_MAX)
        return json_at_fail(object, error, "more than %d firmware registers", FW_REGS_MAX);
    for (const GList *name = names; name; name = name->next) {
        if (comes_again(name))
            return json_at_fail(object, error, "%s comes twice", (const char *)name->data);
        if (!read_wish(object, name->data, wishes, error))
            return false;
    }
    return true;
}

GPtrArray *fw_election_read(const char *text, size_t size, GError **error)
{
    g_autoptr(JsonNode) node = strict_json_parse(SOURCE, text, size, error);
    g_autoptr(GPtrArray) wishes = g_ptr_array_new_with_free_func(g_free);
    struct json_at root, part;

    if (!node)
        return NULL;
    root = json_at_root(SOURCE, node);
    if (!json_at_object(&root, NULL, error) ||
        !read_wishes(json_at_find(&root, "election", &part) ? &part : &root, wishes, error))
        return NULL;
    return g_steal_pointer(&wishes);
}

void fw_election_build_json(const struct fw_election *election, JsonBuilder *builder)
{
    json_builder_begin_object(builder);
    for (size_t i = 0; i < election->count; i++) {
        const struct fw_elected *elected = &election->reg[i];
        g_autofree char *title = fw_reg_title(elected->id);
        g_autofree char *text = fw_reg_text(elected->id, elected->value);

        json_put_string(builder, title, text);
    }
    json_builder_end_object(builder);
}

char *fw_election_to_json(const struct fw_election *election)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    fw_election_build_json(election, builder);
    return json_text(builder);
}
