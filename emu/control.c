/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server's side of the control socket: see control.h. */
#include "emu/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/socket.h"

#define READ_SIZE 4096
#define US_PER_MS 1000
/* For clients to take what they have been answered, once the run has ended. */
#define FLUSH_US (1 * G_TIME_SPAN_SECOND)
/* Before the next attempt to accept somebody, after one has failed. */
#define REST_MS 100

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE };

/* Belongs to its client and, from being queued to being done, to the worker; under the lock. */
struct control_job {
    struct control_request request;
    enum job_state state;
    bool orphan;   /* its client has gone */
    char *reply;   /* once it is done */
    int cancel;    /* eventfd, of one that is queued; or -1 */
    gint cancelled; /* atomic */
};

/* Belongs to the thread of clients. */
struct client {
    int fd;
    GByteArray *in;
    GByteArray *out;
    struct control_job *job; /* what it waits for, or NULL */
    bool ended;              /* it has nothing more to say */
    bool broken;
    gint64 since;            /* when it last completed a line, or came */
};

struct control {
    int listener;
    char *path;
    struct stat own; /* of the socket's file */
    int wake;        /* eventfd, for the thread of clients */
    const control_handler *handlers;
    void *context;
    GThread *server, *worker;
    GPtrArray *clients; /* the server's */
    gint64 rest_end;    /* the server's: nobody is accepted before */

    GMutex lock;
    GCond changed;
    GQueue jobs; /* those that the worker has yet to do */
    struct control_job *current;
    bool started;  /* the worker may take one */
    bool closing;
};

/* --- Jobs ------------------------------------------------------------------------------------ */

bool control_job_is_cancelled(const struct control_job *job)
{
    return g_atomic_int_get(&job->cancelled);
}

int control_job_descriptor(const struct control_job *job)
{
    return job->cancel;
}

static void signal_event(int fd)
{
    static const uint64_t one = 1;

    if (write(fd, &one, sizeof(one)) < 0)
        g_critical("cannot wake a thread: %s", g_strerror(errno));
}

static void cancel(struct control_job *job)
{
    g_atomic_int_set(&job->cancelled, 1);
    signal_event(job->cancel);
}

static void job_free(struct control_job *job)
{
    control_request_clear(&job->request);
    if (job->cancel >= 0)
        close(job->cancel);
    g_free(job->reply);
    g_free(job);
}

/* {"NAME": NODE}, as a line. */
static char *make_line(const char *name, JsonNode *node)
{
    g_autoptr(JsonObject) object = json_object_new();
    g_autoptr(JsonNode) root = json_node_init_object(json_node_alloc(), object);
    g_autofree char *text = NULL;

    json_object_set_member(object, name, node);
    text = json_to_string(root, FALSE);
    return g_strconcat(text, "\n", NULL);
}

static char *make_error(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    return make_line("error", json_node_init_string(json_node_alloc(), valid));
}

static char *perform(struct control *control, struct control_job *job)
{
    control_handler handler = control->handlers[job->request.command];
    g_autoptr(GError) error = NULL;
    JsonNode *result;

    if (!handler)
        return make_error("this run cannot do that");
    result = handler(control->context, &job->request, job, &error);
    return result ? make_line("ok", result) : make_error(error->message);
}

/* With the lock held. */
static void finish_job(struct control *control, struct control_job *job, char *reply)
{
    job->reply = reply;
    job->state = JOB_DONE;
    if (job->orphan)
        job_free(job);
    else
        signal_event(control->wake);
    g_cond_broadcast(&control->changed);
}

/* With the lock held, which is released meanwhile. */
static void work(struct control *control, struct control_job *job)
{
    char *reply;

    if (job->orphan) {
        finish_job(control, job, NULL);
        return;
    }
    job->state = JOB_RUNNING;
    control->current = job;
    g_mutex_unlock(&control->lock);
    reply = perform(control, job);
    g_mutex_lock(&control->lock);
    control->current = NULL;
    finish_job(control, job, reply);
}

static gpointer worker_main(gpointer context)
{
    struct control *control = context;
    struct control_job *job;

    g_mutex_lock(&control->lock);
    while (!control->closing) {
        job = control->started ? g_queue_pop_head(&control->jobs) : NULL;
        if (job)
            work(control, job);
        else
            g_cond_wait(&control->changed, &control->lock);
    }
    while ((job = g_queue_pop_head(&control->jobs)))
        finish_job(control, job, make_error("the run has ended"));
    g_mutex_unlock(&control->lock);
    return NULL;
}

/* --- Clients --------------------------------------------------------------------------------- */

static void answer(struct client *client, const char *line)
{
    g_byte_array_append(client->out, (const guint8 *)line, (guint)strlen(line));
}

static void leave_job(struct control *control, struct client *client)
{
    struct control_job *job = g_steal_pointer(&client->job);

    if (!job)
        return;
    g_mutex_lock(&control->lock);
    job->orphan = true;
    cancel(job);
    if (job->state == JOB_DONE)
        job_free(job);
    g_mutex_unlock(&control->lock);
}

static void remove_client(struct control *control, struct client *client)
{
    leave_job(control, client);
    close(client->fd);
    g_byte_array_unref(client->in);
    g_byte_array_unref(client->out);
    g_ptr_array_remove_fast(control->clients, client);
    g_free(client);
}

/* The one that has been silent for the longest time; NULL if all wait for a command. */
static struct client *find_oldest(const struct control *control)
{
    struct client *oldest = NULL;

    for (unsigned i = 0; i < control->clients->len; i++) {
        struct client *client = g_ptr_array_index(control->clients, i);

        if (!client->job && (!oldest || client->since < oldest->since))
            oldest = client;
    }
    return oldest;
}

static bool is_resting(const struct control *control)
{
    return g_get_monotonic_time() < control->rest_end;
}

static bool can_accept(const struct control *control)
{
    return !is_resting(control) &&
           (control->clients->len < CONTROL_CLIENTS_MAX || find_oldest(control));
}

/* Who is silent keeps nobody out. */
static void make_room(struct control *control)
{
    struct client *oldest = find_oldest(control);

    if (oldest && control->clients->len >= CONTROL_CLIENTS_MAX)
        remove_client(control, oldest);
}

static void accept_client(struct control *control)
{
    struct client *client;
    int fd;

    make_room(control);
    if (control->clients->len >= CONTROL_CLIENTS_MAX)
        return;
    fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        /* Without a free descriptor, say, who wants to connect still does. */
        if (errno != EAGAIN)
            control->rest_end = g_get_monotonic_time() + REST_MS * G_TIME_SPAN_MILLISECOND;
        return;
    }
    client = g_new0(struct client, 1);
    client->fd = fd;
    client->in = g_byte_array_new();
    client->out = g_byte_array_new();
    client->since = g_get_monotonic_time();
    g_ptr_array_add(control->clients, client);
}

/* The run goes on as if nobody had asked: its descriptors are as scarce as ours. */
static void refuse_job(struct client *client, struct control_job *job, int error)
{
    g_autofree char *text = g_strdup_printf("vtlemu has no descriptor for this request: %s; try "
                                            "again later", g_strerror(error));
    g_autofree char *reply = make_error(text);

    answer(client, reply);
    job_free(job);
}

/* What takes time can be cancelled, which its worker may want to poll() for. */
static void queue_job(struct control *control, struct client *client, struct control_job *job)
{
    job->cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->cancel < 0) {
        refuse_job(client, job, errno);
        return;
    }
    client->job = job;
    g_mutex_lock(&control->lock);
    g_queue_push_tail(&control->jobs, job);
    g_cond_broadcast(&control->changed);
    g_mutex_unlock(&control->lock);
}

static void do_at_once(struct control *control, struct client *client, struct control_job *job)
{
    g_autofree char *reply = perform(control, job);

    answer(client, reply);
    job_free(job);
}

static void take_line(struct control *control, struct client *client, const char *line, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *reply = NULL;
    struct control_request request;
    struct control_job *job;

    client->since = g_get_monotonic_time();
    if (!control_parse(line, size, &request, &error)) {
        reply = make_error(error->message);
        answer(client, reply);
        return;
    }
    job = g_new0(struct control_job, 1);
    job->request = request;
    job->cancel = -1;
    if (request.command == CONTROL_STATUS || request.command == CONTROL_QUIT)
        do_at_once(control, client, job);
    else
        queue_job(control, client, job);
}

/* One request at a time: the next one when the client has taken the answer. */
static void take_lines(struct control *control, struct client *client)
{
    while (!client->job && !client->out->len) {
        const guint8 *end = client->in->len ? memchr(client->in->data, '\n', client->in->len) : NULL;
        size_t size = end ? (size_t)(end - client->in->data) : 0;

        if (!end)
            break;
        take_line(control, client, (const char *)client->in->data, size);
        g_byte_array_remove_range(client->in, 0, (guint)size + 1);
    }
    if (client->in->len > CONTROL_REQUEST_MAX && !client->job && !client->out->len) {
        g_autofree char *reply = make_error("the line is too long; write one of 8192 bytes at most");

        answer(client, reply);
        g_byte_array_set_size(client->in, 0);
        client->ended = true;
    }
}

static void receive(struct client *client)
{
    guint8 bytes[READ_SIZE];
    ssize_t part = read(client->fd, bytes, sizeof(bytes));

    if (part > 0)
        g_byte_array_append(client->in, bytes, (guint)part);
    else if (part == 0)
        client->ended = true;
    else if (errno != EAGAIN && errno != EINTR)
        client->broken = true;
}

static void transmit(struct client *client)
{
    ssize_t part = send(client->fd, client->out->data, client->out->len, MSG_NOSIGNAL);

    if (part > 0)
        g_byte_array_remove_range(client->out, 0, (guint)part);
    else if (part < 0 && errno != EAGAIN && errno != EINTR)
        client->broken = true;
}

static void take_reply(struct control *control, struct client *client)
{
    g_mutex_lock(&control->lock);
    if (client->job && client->job->state == JOB_DONE) {
        answer(client, client->job->reply);
        job_free(g_steal_pointer(&client->job));
    }
    g_mutex_unlock(&control->lock);
}

static bool wants_input(const struct client *client)
{
    return !client->ended && !client->job && !client->out->len;
}

static void serve_client(struct control *control, struct client *client, short events)
{
    if (events & (POLLERR | POLLHUP | POLLNVAL))
        client->broken = true;
    else if (events & POLLIN)
        receive(client);
    take_reply(control, client);
    take_lines(control, client);
    if (client->out->len && !client->broken) {
        transmit(client);
        take_lines(control, client);
    }
    if (client->broken || (client->ended && !client->job && !client->out->len))
        remove_client(control, client);
}

/* --- The thread of clients ------------------------------------------------------------------- */

static bool has_answers(const struct control *control)
{
    for (unsigned i = 0; i < control->clients->len; i++) {
        const struct client *client = g_ptr_array_index(control->clients, i);

        if (client->job || client->out->len)
            return true;
    }
    return false;
}

/* Before those of clients: being woken, and somebody who wants to connect. */
#define FIXED_EVENTS 2u

/*
 * A client that has closed its side for writing only shows no POLLHUP. Who wants to connect is not
 * looked for while nobody can be accepted, or poll() would return at once until somebody can.
 */
static GArray *list_events(const struct control *control, bool closing)
{
    GArray *fds = g_array_new(FALSE, TRUE, sizeof(struct pollfd));
    bool open = !closing && can_accept(control);
    struct pollfd fixed[FIXED_EVENTS] = {{.fd = control->wake, .events = POLLIN},
                             {.fd = open ? control->listener : -1, .events = POLLIN}};

    g_array_append_vals(fds, fixed, G_N_ELEMENTS(fixed));
    for (unsigned i = 0; i < control->clients->len; i++) {
        const struct client *client = g_ptr_array_index(control->clients, i);
        struct pollfd one = {.fd = client->fd};

        one.events = (short)((wants_input(client) && !closing ? POLLIN : 0) |
                             (client->out->len ? POLLOUT : 0));
        g_array_append_val(fds, one);
    }
    return fds;
}

/*
 * Serving one may remove it, which puts the last one in its place; so they are served from the last
 * to the first, in the order in which they are in @fds.
 */
static void serve_clients(struct control *control, const GArray *fds)
{
    for (unsigned i = control->clients->len; i-- > 0;)
        serve_client(control, g_ptr_array_index(control->clients, i),
                     g_array_index(fds, struct pollfd, FIXED_EVENTS + i).revents);
}

static void look(struct control *control, bool closing, int timeout_ms)
{
    g_autoptr(GArray) fds = list_events(control, closing);
    uint64_t count;

    if (timeout_ms < 0 && is_resting(control))
        timeout_ms = REST_MS;
    if (poll((struct pollfd *)(void *)fds->data, fds->len, timeout_ms) < 0)
        return;
    if (g_array_index(fds, struct pollfd, 0).revents &&
        read(control->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
        g_warning("cannot read the wake-up: %s", g_strerror(errno));
    serve_clients(control, fds);
    if (g_array_index(fds, struct pollfd, 1).revents)
        accept_client(control);
}

static bool is_closing(struct control *control)
{
    bool closing;

    g_mutex_lock(&control->lock);
    closing = control->closing;
    g_mutex_unlock(&control->lock);
    return closing;
}

static gpointer server_main(gpointer context)
{
    struct control *control = context;
    gint64 end;

    while (!is_closing(control))
        look(control, false, -1);
    end = g_get_monotonic_time() + FLUSH_US;
    while (has_answers(control) && g_get_monotonic_time() < end)
        look(control, true, (int)(FLUSH_US / US_PER_MS / 10));
    while (control->clients->len)
        remove_client(control, g_ptr_array_index(control->clients, 0));
    return NULL;
}

/* --- Opening and closing --------------------------------------------------------------------- */

static bool fail(GError **error, const char *path, const char *what)
{
    emu_set_error(error, EMU_ERROR_SETUP, "--control %s: %s", path, what);
    return false;
}

static bool listen_on(struct control *control, const char *path, GError **error)
{
    if (*path == '@' || !*path)
        return fail(error, path, "anybody may use an abstract socket; give a path (or ./@...)");
    control->listener = socket_listen_path(path, S_IRUSR | S_IWUSR, (int)CONTROL_CLIENTS_MAX);
    if (control->listener < 0)
        return fail(error, path, errno == EADDRINUSE
                                     ? "another run listens there, or it is a file; give another "
                                       "path" : g_strerror(errno));
    control->path = g_strdup(path);
    return lstat(path, &control->own) == 0 || fail(error, path, g_strerror(errno));
}

static bool open_parts(struct control *control, const char *path, GError **error)
{
    if (!listen_on(control, path, error))
        return false;
    control->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (control->wake < 0)
        return fail(error, path, g_strerror(errno));
    control->worker = g_thread_try_new("control-worker", worker_main, control, NULL);
    control->server = g_thread_try_new("control", server_main, control, NULL);
    return (control->worker && control->server) || fail(error, path, "no thread for it");
}

struct control *control_open(const char *path, const control_handler handlers[CONTROL_COMMANDS],
                             void *context, GError **error)
{
    struct control *control = g_new0(struct control, 1);

    control->listener = control->wake = -1;
    control->handlers = handlers;
    control->context = context;
    control->clients = g_ptr_array_new();
    g_mutex_init(&control->lock);
    g_cond_init(&control->changed);
    g_queue_init(&control->jobs);
    if (open_parts(control, path, error))
        return control;
    control_close(control);
    return NULL;
}

void control_start(struct control *control)
{
    g_mutex_lock(&control->lock);
    control->started = true;
    g_cond_broadcast(&control->changed);
    g_mutex_unlock(&control->lock);
}

void control_stop(struct control *control)
{
    g_mutex_lock(&control->lock);
    control->started = false;
    if (control->current)
        cancel(control->current);
    while (control->current)
        g_cond_wait(&control->changed, &control->lock);
    g_mutex_unlock(&control->lock);
}

/* Unless somebody has put another one in its place. */
static void remove_socket(const struct control *control)
{
    struct stat status;

    if (control->path && lstat(control->path, &status) == 0 &&
        status.st_dev == control->own.st_dev && status.st_ino == control->own.st_ino)
        unlink(control->path);
}

static void stop_threads(struct control *control)
{
    g_mutex_lock(&control->lock);
    control->closing = true;
    if (control->current)
        cancel(control->current);
    g_cond_broadcast(&control->changed);
    g_mutex_unlock(&control->lock);
    if (control->worker)
        g_thread_join(control->worker);
    if (control->wake >= 0)
        signal_event(control->wake);
    if (control->server)
        g_thread_join(control->server);
}

void control_close(struct control *control)
{
    if (!control)
        return;
    stop_threads(control);
    remove_socket(control);
    if (control->listener >= 0)
        close(control->listener);
    if (control->wake >= 0)
        close(control->wake);
    g_ptr_array_free(control->clients, TRUE);
    g_mutex_clear(&control->lock);
    g_cond_clear(&control->changed);
    g_free(control->path);
    g_free(control);
}

void control_abandon(const struct control *control)
{
    if (control)
        remove_socket(control);
}
