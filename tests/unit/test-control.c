/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: its lines, and a server with clients of all kinds. */
#include "emu/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "emu/socket.h"
#include "tests/unit/unit.h"

#define WAIT_MS 20000 /* for what must come; a test fails after it */
#define BUSY_US (1 * G_TIME_SPAN_SECOND) /* how long to look whether somebody is busy */

/* --- Lines ----------------------------------------------------------------------------------- */

static const struct {
    const char *line;
    const char *error; /* part of it; NULL: it is accepted */
} lines[] = {
    {"{\"command\":\"status\"}", NULL},
    {"{\"command\":\"guest\"}", NULL},
    {" {\"command\" : \"snapshot\", \"file\" : \"/a\"} ", NULL},
    {"{\"command\":\"migrate\",\"to\":\"tcp:h:1\",\"downtime\":20}", NULL},
    {"{\"command\":\"quit\"}", NULL},
    {"", "not a request"},
    {"null", "not a request"},
    {"[]", "not a request"},
    {"{", "not a request"},
    {"{\"command\":\"status\"", "not a request"},
    {"{\"command\":\"status\"}}", "not a request"},
    {"[[[[[[[[[[[[", "not a request"},
    {"{\"command\":\"snapshot\",\"file\":\"a\\u0000b\"}", "not a request"},
    {"{\"command\":\"snapshot\",\"file\":\"\xff\"}", "not a request"},
    {"{}", "\"command\""},
    {"{\"command\":null}", "\"command\""},
    {"{\"command\":1}", "\"command\""},
    {"{\"command\":{}}", "\"command\""},
    {"{\"command\":[]}", "\"command\""},
    {"{\"command\":\"fly\\n\"}", "\"fly\\n\""},
    {"{\"command\":\"status\",\"command\":\"quit\"}", "twice"},
    {"{\"command\":\"status\",\"x\":{\"y\":1}}", "twice"},
    {"{\"command\":\"status\",\"file\":\"a\"}", "\"file\": status takes no such member"},
    {"{\"command\":\"snapshot\"}", "\"file\""},
    {"{\"command\":\"snapshot\",\"file\":null}", "\"file\""},
    {"{\"command\":\"snapshot\",\"file\":\"\"}", "\"file\""},
    {"{\"command\":\"snapshot\",\"file\":1}", "\"file\""},
    {"{\"command\":\"snapshot\",\"file\":\"a\",\"to\":\"b\"}", "\"to\""},
    {"{\"command\":\"migrate\",\"to\":\"a\",\"downtime\":\"1\"}", "\"downtime\""},
    {"{\"command\":\"migrate\",\"to\":\"a\",\"downtime\":1.5}", "\"downtime\""},
    {"{\"command\":\"migrate\",\"to\":\"a\",\"downtime\":0}", "\"downtime\""},
    {"{\"command\":\"migrate\",\"to\":\"a\",\"downtime\":-1}", "\"downtime\""},
    {"{\"command\":\"migrate\",\"to\":\"a\",\"downtime\":600001}", "\"downtime\""},
};

START_TEST(every_line)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        struct control_request request;
        bool good = control_parse(lines[i].line, strlen(lines[i].line), &request, &error);

        ck_assert_msg(good == !lines[i].error && good == !error, "%s: %s", lines[i].line,
                      error ? error->message : "accepted");
        ck_assert_msg(good || strstr(error->message, lines[i].error), "%s: %s", lines[i].line,
                      error->message);
        if (good)
            control_request_clear(&request);
    }
}
END_TEST

START_TEST(what_lines_say)
{
    static const char line[] =
        "{\"command\":\"migrate\",\"downtime\":7,\"to\":\"unix:/a\\u00e4\"}";
    struct control_request request;

    ck_assert(control_parse(line, strlen(line), &request, NULL));
    ck_assert_int_eq(request.command, CONTROL_MIGRATE);
    ck_assert_str_eq(request.to, "unix:/a\xc3\xa4");
    ck_assert_int_eq(request.downtime, 7);
    ck_assert_ptr_null(request.file);
    control_request_clear(&request);
}
END_TEST

START_TEST(long_lines)
{
    g_autofree char *line = g_malloc0(CONTROL_REQUEST_MAX + 2);
    struct control_request request;
    int size;

    memset(line, ' ', CONTROL_REQUEST_MAX + 1);
    size = sprintf(line, "{\"command\":\"quit\"}");
    line[size] = ' ';
    ck_assert(control_parse(line, CONTROL_REQUEST_MAX, &request, NULL));
    ck_assert(!control_parse(line, CONTROL_REQUEST_MAX + 1, &request, NULL));
}
END_TEST

/* --- A server -------------------------------------------------------------------------------- */

static char *folder, *path;
static struct control *control;

/* What the worker does: */
static GMutex lock;
static GCond changed;
static unsigned begun, ended, cancelled;
static bool hold; /* snapshots wait until this is false, or they are cancelled */

static JsonNode *text(const char *what)
{
    return json_node_init_string(json_node_alloc(), what);
}

static JsonNode *status(void *context, const struct control_request *request,
                        struct control_job *job, GError **error)
{
    (void)request;
    (void)job;
    (void)error;
    ck_assert_ptr_eq(context, &folder);
    return text("fine");
}

static JsonNode *snapshot(void *context, const struct control_request *request,
                          struct control_job *job, GError **error)
{
    JsonNode *result = NULL;

    (void)context;
    g_mutex_lock(&lock);
    begun++;
    g_cond_broadcast(&changed);
    while (hold && !control_job_is_cancelled(job))
        g_cond_wait_until(&changed, &lock, g_get_monotonic_time() + 50 * G_TIME_SPAN_MILLISECOND);
    ended++;
    if (control_job_is_cancelled(job)) {
        struct pollfd cancel = {.fd = control_job_descriptor(job), .events = POLLIN};

        ck_assert_int_eq(poll(&cancel, 1, WAIT_MS), 1);
        cancelled++;
        g_set_error(error, g_quark_from_static_string("test"), 0, "cancelled");
    } else {
        result = text(request->file);
    }
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
    return result;
}

static const control_handler handlers[CONTROL_COMMANDS] = {
    [CONTROL_STATUS] = status,
    [CONTROL_SNAPSHOT] = snapshot,
};

/* With the lock held. */
static void await(const unsigned *count, unsigned value)
{
    gint64 end = g_get_monotonic_time() + WAIT_MS * G_TIME_SPAN_MILLISECOND;

    while (*count < value)
        ck_assert(g_cond_wait_until(&changed, &lock, end));
}

static void await_count(const unsigned *count, unsigned value)
{
    g_mutex_lock(&lock);
    await(count, value);
    g_mutex_unlock(&lock);
}

static void set_hold(bool value)
{
    g_mutex_lock(&lock);
    hold = value;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

static void set_up(void)
{
    folder = g_dir_make_tmp("control-XXXXXX", NULL);
    ck_assert_ptr_nonnull(folder);
    path = g_build_filename(folder, "socket", NULL);
    begun = ended = cancelled = 0;
    hold = false;
    control = control_open(path, handlers, &folder, NULL);
    ck_assert_ptr_nonnull(control);
    control_start(control);
}

static void tear_down(void)
{
    control_close(control);
    control = NULL;
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(rmdir(folder), 0);
    g_free(path);
    g_free(folder);
}

static int client(void)
{
    int fd = socket_connect_path(path);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static void say(int fd, const char *what)
{
    ck_assert_int_eq(send(fd, what, strlen(what), MSG_NOSIGNAL), (ssize_t)strlen(what));
}

/* The next line, or "" at the end. */
static const char *hear(int fd)
{
    static char line[4096];
    size_t size = 0;

    while (size < sizeof(line) - 1) {
        struct pollfd one = {.fd = fd, .events = POLLIN};

        ck_assert_int_eq(poll(&one, 1, WAIT_MS), 1);
        if (read(fd, line + size, 1) != 1 || line[size] == '\n')
            break;
        size++;
    }
    line[size] = '\0';
    return line;
}

#define STATUS "{\"command\":\"status\"}\n"
#define SNAPSHOT "{\"command\":\"snapshot\",\"file\":\"f\"}\n"
#define FINE "{\"ok\":\"fine\"}"

START_TEST(questions_and_answers)
{
    int fd = client();

    say(fd, STATUS);
    ck_assert_str_eq(hear(fd), FINE);
    say(fd, "nonsense\n");
    ck_assert_ptr_nonnull(strstr(hear(fd), "\"error\""));
    say(fd, "{\"command\":\"guest\"}\n");
    ck_assert_str_eq(hear(fd), "{\"error\":\"this run cannot do that\"}");
    say(fd, SNAPSHOT STATUS SNAPSHOT); /* all at once */
    ck_assert_str_eq(hear(fd), "{\"ok\":\"f\"}");
    ck_assert_str_eq(hear(fd), FINE);
    ck_assert_str_eq(hear(fd), "{\"ok\":\"f\"}");
    close(fd);
}
END_TEST

START_TEST(by_our_own_client)
{
    g_autoptr(JsonObject) good = control_new_request(CONTROL_SNAPSHOT);
    g_autoptr(JsonObject) bad = control_new_request(CONTROL_SNAPSHOT);
    g_autoptr(JsonNode) reply = NULL;
    g_autoptr(GError) error = NULL;

    json_object_set_string_member(good, "file", "a \"b\"\n");
    reply = control_call(path, good, &error);
    ck_assert_ptr_nonnull(reply);
    ck_assert_str_eq(json_node_get_string(reply), "a \"b\"\n");
    ck_assert_ptr_null(control_call(path, bad, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "\"file\""));
    g_clear_error(&error);
    ck_assert_ptr_null(control_call("/nowhere/at/all", good, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "no run listens there"));
}
END_TEST

/* One that writes its line byte by byte, one that says nothing, one that does not read. */
START_TEST(slow_clients)
{
    int slow = client(), silent = client(), deaf = client(), fd;

    for (unsigned i = 0; i < 3000; i++)
        if (send(deaf, STATUS, strlen(STATUS), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
    for (const char *byte = STATUS; *byte; byte++) {
        ck_assert_int_eq(send(slow, byte, 1, MSG_NOSIGNAL), 1);
        fd = client();
        say(fd, STATUS);
        ck_assert_str_eq(hear(fd), FINE);
        close(fd);
    }
    ck_assert_str_eq(hear(slow), FINE);
    close(slow);
    close(silent);
    close(deaf);
}
END_TEST

START_TEST(many_silent_clients)
{
    int fds[3 * CONTROL_CLIENTS_MAX], fd;

    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        fds[i] = client();
    fd = client();
    say(fd, STATUS);
    ck_assert_str_eq(hear(fd), FINE);
    close(fd);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]);
}
END_TEST

START_TEST(too_long)
{
    g_autofree char *line = g_malloc0(3 * CONTROL_REQUEST_MAX + 1);
    int fd = client();

    memset(line, 'x', 3 * CONTROL_REQUEST_MAX);
    if (send(fd, line, 3 * CONTROL_REQUEST_MAX, MSG_NOSIGNAL) < 0)
        ck_assert_int_eq(errno, EPIPE);
    ck_assert_ptr_nonnull(strstr(hear(fd), "too long"));
    close(fd);
}
END_TEST

/* `echo REQUEST | socat` closes its side for writing, and wants the answer all the same. */
START_TEST(half_closed)
{
    int fd = client();

    say(fd, SNAPSHOT);
    shutdown(fd, SHUT_WR);
    ck_assert_str_eq(hear(fd), "{\"ok\":\"f\"}");
    ck_assert_str_eq(hear(fd), "");
    close(fd);
}
END_TEST

START_TEST(others_wait_their_turn)
{
    int first = client(), second = client(), third = client();

    set_hold(true);
    say(first, SNAPSHOT);
    await_count(&begun, 1);
    say(second, SNAPSHOT);
    say(third, STATUS); /* that does not wait */
    ck_assert_str_eq(hear(third), FINE);
    ck_assert_uint_eq(begun, 1);
    set_hold(false);
    ck_assert_str_eq(hear(first), "{\"ok\":\"f\"}");
    ck_assert_str_eq(hear(second), "{\"ok\":\"f\"}");
    close(first);
    close(second);
    close(third);
}
END_TEST

/* What it has asked for is given up, also what has not begun yet. */
START_TEST(client_goes)
{
    int first = client(), second = client(), third = client();

    set_hold(true);
    say(first, SNAPSHOT);
    await_count(&begun, 1);
    say(second, SNAPSHOT);
    say(second, STATUS); /* not read before the snapshot is done */
    say(third, STATUS);
    ck_assert_str_eq(hear(third), FINE);
    close(second);
    close(first);
    await_count(&cancelled, 1);
    say(third, SNAPSHOT);
    await_count(&begun, 2);
    set_hold(false);
    ck_assert_str_eq(hear(third), "{\"ok\":\"f\"}");
    ck_assert_uint_eq(begun, 2); /* the second one's never did */
    close(third);
}
END_TEST

/* Somebody who has to wait to be accepted costs no processor time meanwhile. */
static bool is_idle(void)
{
    clock_t before = clock();

    g_usleep(BUSY_US);
    return clock() - before < (clock_t)(BUSY_US / G_USEC_PER_SEC * CLOCKS_PER_SEC / 5);
}

/* On a busy machine a short time is not charged as it should be: a loop is busy each time. */
static void expect_idle(void)
{
    unsigned looks = 0;

    while (!is_idle())
        ck_assert_uint_lt(++looks, 10);
}

START_TEST(all_wait)
{
    int fds[CONTROL_CLIENTS_MAX], fd;

    set_hold(true);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        say(fds[i] = client(), SNAPSHOT);
    await_count(&begun, 1);
    fd = client();
    say(fd, STATUS);
    g_usleep(BUSY_US); /* until all have been read */
    expect_idle();
    set_hold(false);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        ck_assert_str_eq(hear(fds[i]), "{\"ok\":\"f\"}");
    ck_assert_str_eq(hear(fd), FINE);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]);
    close(fd);
}
END_TEST

/* One descriptor is left, which is the client's: none for the server to accept it with. */
START_TEST(no_descriptors)
{
    int early = client(), late, next;
    struct rlimit limit, less;

    say(early, STATUS);
    ck_assert_str_eq(hear(early), FINE);
    next = dup(early);
    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    less = limit;
    less.rlim_cur = (rlim_t)next + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &less), 0);
    late = client();
    ck_assert_int_eq(late, next);
    say(late, STATUS);
    expect_idle();
    say(early, STATUS);
    ck_assert_str_eq(hear(early), FINE);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_str_eq(hear(late), FINE);
    close(early);
    close(late);
}
END_TEST

/* A request that has to wait takes a descriptor; without one only it fails. */
START_TEST(no_descriptor_for_a_request)
{
    int fd = client(), next;
    struct rlimit limit, less;

    say(fd, STATUS);
    ck_assert_str_eq(hear(fd), FINE);
    next = dup(fd);
    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    less = limit;
    less.rlim_cur = (rlim_t)next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &less), 0);
    say(fd, SNAPSHOT);
    ck_assert_str_eq(hear(fd), "{\"error\":\"vtlemu has no descriptor for this request: Too many open "
                     "files; try again later\"}");
    say(fd, STATUS);
    ck_assert_str_eq(hear(fd), FINE);
    ck_assert_uint_eq(begun, 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    say(fd, SNAPSHOT);
    ck_assert_str_eq(hear(fd), "{\"ok\":\"f\"}");
    close(fd);
}
END_TEST

START_TEST(stopping)
{
    int fd = client(), other;

    set_hold(true);
    say(fd, SNAPSHOT);
    await_count(&begun, 1);
    control_stop(control);
    ck_assert_uint_eq(cancelled, 1);
    ck_assert_str_eq(hear(fd), "{\"error\":\"cancelled\"}");
    say(fd, SNAPSHOT);
    set_hold(false);
    ck_assert_uint_eq(begun, 1);
    control_start(control);
    ck_assert_str_eq(hear(fd), "{\"ok\":\"f\"}");
    control_stop(control);
    say(fd, SNAPSHOT);
    other = client();
    say(other, STATUS);
    ck_assert_str_eq(hear(other), FINE); /* so that the request before it has been read, too */
    control_close(control);
    ck_assert_str_eq(hear(fd), "{\"error\":\"the run has ended\"}");
    close(fd);
    close(other);
    control = control_open(path, handlers, &folder, NULL);
    ck_assert_ptr_nonnull(control);
}
END_TEST

START_TEST(places)
{
    g_autofree char *longer = g_strnfill(200, 'x'), *file = g_build_filename(folder, "file", NULL);
    const char *const bad[] = {path, longer, file, "@abstract", "", "/nowhere/at/all"};
    struct stat info;

    ck_assert(g_file_set_contents(file, "mine", -1, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(control_open(bad[i], handlers, &folder, &error));
        ck_assert_msg(g_str_has_prefix(error->message, "--control "), "%s", error->message);
    }
    ck_assert_int_eq(stat(path, &info), 0); /* the one that is refused is still ours */
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_int_eq(unlink(file), 0);
}
END_TEST

START_TEST(stale_socket)
{
    g_autofree char *other = g_build_filename(folder, "other", NULL);
    struct control *second;

    close(socket_listen_path(other, 0700, 1)); /* nobody listens, but the file is there */
    ck_assert_int_eq(access(other, F_OK), 0);
    second = control_open(other, handlers, &folder, NULL);
    ck_assert_ptr_nonnull(second);
    ck_assert_int_eq(unlink(other), 0);
    ck_assert(g_file_set_contents(other, "somebody else's", -1, NULL));
    control_close(second);
    ck_assert_int_eq(unlink(other), 0); /* that has been left alone */
}
END_TEST

/* --- Addresses ------------------------------------------------------------------------------- */

static const struct {
    const char *text, *path, *host, *port;
} addresses[] = {
    {"unix:a", "a", NULL, NULL},
    {"unix:/b/c", "/b/c", NULL, NULL},
    {"tcp:host:1", NULL, "host", "1"},
    {"tcp:10.0.0.1:65535", NULL, "10.0.0.1", "65535"},
    {"tcp:[::1]:4000", NULL, "::1", "4000"},
    {"", NULL, NULL, NULL},
    {"a", NULL, NULL, NULL},
    {"unix:", NULL, NULL, NULL},
    {"unix:@a", NULL, NULL, NULL},
    {"tcp:", NULL, NULL, NULL},
    {"tcp:host", NULL, NULL, NULL},
    {"tcp:host:", NULL, NULL, NULL},
    {"tcp::1", NULL, NULL, NULL},
    {"tcp:host:0", NULL, NULL, NULL},
    {"tcp:host:65536", NULL, NULL, NULL},
    {"tcp:host:-1", NULL, NULL, NULL},
    {"tcp:host:1x", NULL, NULL, NULL},
    {"tcp:::1:4000", NULL, NULL, NULL},
    {"tcp:[]:1", NULL, NULL, NULL},
    {"tcp:[::1:1", NULL, NULL, NULL},
};

START_TEST(every_address)
{
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_autoptr(GError) error = NULL;
        struct socket_address address;
        bool good = socket_address_parse("--incoming", addresses[i].text, &address, &error);

        ck_assert_msg(good == (addresses[i].path || addresses[i].host), "%s", addresses[i].text);
        ck_assert(good || g_str_has_prefix(error->message, "--incoming "));
        ck_assert_pstr_eq(address.path, addresses[i].path);
        ck_assert_pstr_eq(address.host, addresses[i].host);
        ck_assert_pstr_eq(address.port, addresses[i].port);
        socket_address_clear(&address);
    }
}
END_TEST

START_TEST(connections)
{
    g_autofree char *where = g_strdup_printf("unix:%s/listener", folder);
    struct socket_address address;
    int listener, one;

    ck_assert(socket_address_parse("x", where, &address, NULL));
    ck_assert_int_eq(socket_connect("x", where, &address, WAIT_MS, -1, NULL), -1);
    listener = socket_listen("x", where, &address, NULL);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(socket_listen("x", where, &address, NULL), -1);
    one = socket_connect("x", where, &address, WAIT_MS, -1, NULL);
    ck_assert_int_ge(one, 0);
    ck_assert(fcntl(one, F_GETFL) & O_NONBLOCK);
    close(one);
    close(listener);
    ck_assert_int_eq(unlink(address.path), 0);
    socket_address_clear(&address);
}
END_TEST

UNIT_MAIN_WITH("control", set_up, tear_down, every_line, what_lines_say, long_lines,
               questions_and_answers, by_our_own_client, slow_clients, many_silent_clients,
               too_long, half_closed, others_wait_their_turn, client_goes, all_wait, no_descriptors,
               no_descriptor_for_a_request, stopping, places, stale_socket, every_address, connections)
