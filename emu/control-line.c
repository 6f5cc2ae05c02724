/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of the control socket: see control.h. */
#include <string.h>

#include "emu/control.h"
#include "emu/error.h"

/* A request is flat; more would only be work for the parser. */
#define DEPTH_MAX 2
#define DOWNTIME_MAX_MS 600000

struct member {
    const char *name;
    GType type; /* of its value, as json-glib has it */
    bool needed;
};

#define MEMBERS_MAX 2

static const struct {
    const char *name;
    struct member members[MEMBERS_MAX];
} commands[CONTROL_COMMANDS] = {
    [CONTROL_STATUS] = {"status", {{0}}},
    [CONTROL_GUEST] = {"guest", {{0}}},
    [CONTROL_SNAPSHOT] = {"snapshot", {{"file", G_TYPE_STRING, true}}},
    [CONTROL_MIGRATE] = {"migrate", {{"to", G_TYPE_STRING, true},
                                     {"downtime", G_TYPE_INT64, false}}},
    [CONTROL_QUIT] = {"quit", {{0}}},
};

static bool refuse(GError **error, const char *what)
{
    emu_set_error(error, EMU_ERROR_USAGE, "%s", what);
    return false;
}

/* Are brackets outside of strings nested no deeper than DEPTH_MAX? */
static bool is_shallow(const char *line, size_t size)
{
    bool in_string = false;
    int depth = 0;

    for (size_t i = 0; i < size; i++) {
        if (in_string && line[i] == '\\')
            i++;
        else if (line[i] == '"')
            in_string = !in_string;
        else if (!in_string && strchr("[{", line[i]) && ++depth > DEPTH_MAX)
            return false;
        else if (!in_string && strchr("]}", line[i]))
            depth--;
    }
    return true;
}

static void note_member(JsonParser *parser, JsonObject *object, const char *name, gpointer context)
{
    unsigned *count = context;

    (void)parser;
    (void)object;
    (void)name;
    ++*count;
}

/* The only object of the line; NULL with @error. A member given twice counts twice. */
static JsonNode *parse_object(const char *line, size_t size, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    unsigned members = 0;

    if (size > CONTROL_REQUEST_MAX || memchr(line, '\0', size) ||
        g_strstr_len(line, (gssize)size, "\\u0000") ||
        !g_utf8_validate(line, (gssize)size, NULL) || !is_shallow(line, size)) {
        refuse(error, "not a request; write one JSON object a line");
        return NULL;
    }
    g_signal_connect(parser, "object-member", G_CALLBACK(note_member), &members);
    if (!json_parser_load_from_data(parser, line, (gssize)size, NULL) ||
        !json_parser_get_root(parser) || !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        refuse(error, "not a request; write one JSON object a line");
        return NULL;
    }
    if (members != json_object_get_size(json_node_get_object(json_parser_get_root(parser)))) {
        refuse(error, "a member is there twice, or has members itself; give each once");
        return NULL;
    }
    return json_parser_steal_root(parser);
}

static bool find_command(JsonObject *object, enum control_command *command, GError **error)
{
    JsonNode *node = json_object_get_member(object, "command");
    const char *name;
    g_autofree char *safe = NULL;

    if (!node || json_node_get_value_type(node) != G_TYPE_STRING)
        return refuse(error, "\"command\": a string has to be there: status, guest, snapshot, "
                      "migrate or quit");
    name = json_node_get_string(node);
    for (unsigned i = 0; i < CONTROL_COMMANDS; i++) {
        if (strcmp(name, commands[i].name))
            continue;
        *command = i;
        return true;
    }
    safe = g_strescape(name, NULL);
    emu_set_error(error, EMU_ERROR_USAGE, "\"command\": \"%s\": there is status, guest, snapshot, "
                  "migrate and quit", safe);
    return false;
}

static const struct member *find_member(enum control_command command, const char *name)
{
    for (unsigned i = 0; i < MEMBERS_MAX; i++)
        if (commands[command].members[i].name && !strcmp(commands[command].members[i].name, name))
            return &commands[command].members[i];
    return NULL;
}

static bool check_known(enum control_command command, JsonObject *object, GError **error)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *value;

    json_object_iter_init(&iter, object);
    while (json_object_iter_next(&iter, &name, &value)) {
        g_autofree char *safe = g_strescape(name, NULL);

        if (!strcmp(name, "command") || find_member(command, name))
            continue;
        emu_set_error(error, EMU_ERROR_USAGE, "\"%s\": %s takes no such member; leave it out", safe,
                      commands[command].name);
        return false;
    }
    return true;
}

static bool check_member(enum control_command command, const struct member *member,
                         JsonObject *object, GError **error)
{
    JsonNode *node = json_object_get_member(object, member->name);

    if (!node && !member->needed)
        return true;
    if (node && json_node_get_value_type(node) == member->type &&
        (member->type != G_TYPE_STRING || *json_node_get_string(node)))
        return true;
    emu_set_error(error, EMU_ERROR_USAGE, "\"%s\": %s takes a %s here; give it", member->name,
                  commands[command].name,
                  member->type == G_TYPE_STRING ? "string that is not empty" : "whole number");
    return false;
}

static bool check_members(enum control_command command, JsonObject *object, GError **error)
{
    if (!check_known(command, object, error))
        return false;
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        const struct member *member = &commands[command].members[i];

        if (member->name && !check_member(command, member, object, error))
            return false;
    }
    return true;
}

static bool take_members(struct control_request *request, JsonObject *object, GError **error)
{
    int64_t downtime = json_object_get_int_member_with_default(object, "downtime", 1);

    if (downtime < 1 || downtime > DOWNTIME_MAX_MS)
        return refuse(error, "\"downtime\": give milliseconds from 1 to 600000");
    request->downtime = json_object_has_member(object, "downtime") ? downtime : 0;
    request->file = g_strdup(json_object_get_string_member_with_default(object, "file", NULL));
    request->to = g_strdup(json_object_get_string_member_with_default(object, "to", NULL));
    return true;
}

bool control_parse(const char *line, size_t size, struct control_request *request, GError **error)
{
    g_autoptr(JsonNode) root = parse_object(line, size, error);

    *request = (struct control_request){0};
    return root && find_command(json_node_get_object(root), &request->command, error) &&
           check_members(request->command, json_node_get_object(root), error) &&
           take_members(request, json_node_get_object(root), error);
}

void control_request_clear(struct control_request *request)
{
    g_free(request->file);
    g_free(request->to);
    *request = (struct control_request){0};
}

JsonObject *control_new_request(enum control_command command)
{
    JsonObject *request = json_object_new();

    json_object_set_string_member(request, "command", commands[command].name);
    return request;
}
