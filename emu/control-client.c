/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's side of the control socket: see control.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emu/control.h"
#include "emu/error.h"
#include "emu/socket.h"

#define READ_SIZE 4096

static bool fail(GError **error, const char *path, const char *what)
{
    emu_set_error(error, EMU_ERROR_SETUP, "--control %s: %s", path, what);
    return false;
}

static bool send_line(int fd, const char *path, JsonObject *request, GError **error)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), request);
    g_autofree char *text = json_to_string(node, FALSE);
    g_autofree char *line = g_strconcat(text, "\n", NULL);
    size_t size = strlen(line), done = 0;

    if (size > CONTROL_REQUEST_MAX)
        return fail(error, path, "the request is too long; give shorter names");
    while (done < size) {
        ssize_t part = send(fd, line + done, size - done, MSG_NOSIGNAL);

        if (part < 0 && errno != EINTR)
            return fail(error, path, g_strerror(errno));
        done += part > 0 ? (size_t)part : 0;
    }
    return true;
}

/* A line without its newline; NULL with @error. */
static char *receive_line(int fd, const char *path, GError **error)
{
    g_autoptr(GString) line = g_string_new(NULL);
    char bytes[READ_SIZE];

    while (!strchr(line->str, '\n')) {
        ssize_t part = read(fd, bytes, sizeof(bytes));

        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0 || line->len + (size_t)part > CONTROL_REPLY_MAX ||
            memchr(bytes, '\0', (size_t)part)) {
            fail(error, path, part < 0 ? g_strerror(errno)
                              : part == 0 ? "the run has ended, or does not want to talk"
                                          : "that is not the answer of a run of vtlemu");
            return NULL;
        }
        g_string_append_len(line, bytes, part);
    }
    *strchr(line->str, '\n') = '\0';
    return g_strdup(line->str);
}

static JsonNode *read_reply(const char *path, const char *line, GError **error)
{
    g_autoptr(JsonNode) root = json_from_string(line, NULL);
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    JsonNode *what = object ? json_object_get_member(object, "error") : NULL;
    const char *text = what && json_node_get_value_type(what) == G_TYPE_STRING
                           ? json_node_get_string(what) : NULL;

    if (text) {
        emu_set_error(error, EMU_ERROR_SETUP, "%s", text);
        return NULL;
    }
    if (object && json_object_has_member(object, "ok"))
        return json_object_dup_member(object, "ok");
    fail(error, path, "that is not the answer of a run of vtlemu");
    return NULL;
}

JsonNode *control_call(const char *path, JsonObject *request, GError **error)
{
    int fd = socket_connect_path(path);
    g_autofree char *line = NULL;

    if (fd < 0) {
        fail(error, path, errno == ECONNREFUSED || errno == ENOENT
                              ? "no run listens there; give it the same --control"
                              : g_strerror(errno));
        return NULL;
    }
    if (send_line(fd, path, request, error))
        line = receive_line(fd, path, error);
    close(fd);
    return line ? read_reply(path, line, error) : NULL;
}
