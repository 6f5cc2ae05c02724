/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stream sockets: see socket.h. */
#include "emu/socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "emu/error.h"

static int fail(int fd, int error)
{
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

/* --- Paths ----------------------------------------------------------------------------------- */

static int new_unix(int flags)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

static bool fill_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path))
        return false;
    strcpy(address->sun_path, path);
    return true;
}

/* One that nobody listens on was left by a run that was killed. */
static void remove_stale(const struct sockaddr_un *address)
{
    int fd = new_unix(SOCK_NONBLOCK);
    struct stat status;

    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
        errno == ECONNREFUSED && lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(address->sun_path);
    close(fd);
}

/* The mode of the descriptor becomes that of the file (Linux, net/unix/af_unix.c, unix_bind()). */
int socket_listen_path(const char *path, mode_t mode, int backlog)
{
    struct sockaddr_un address;
    int fd;

    if (!fill_address(&address, path))
        return fail(-1, ENAMETOOLONG);
    remove_stale(&address);
    fd = new_unix(SOCK_NONBLOCK);
    if (fd < 0)
        return -1;
    if (fchmod(fd, mode) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, backlog) < 0)
        return fail(fd, errno);
    return fd;
}

/* A UNIX socket connects at once, unless its queue is full; only then a blocking one waits. */
int socket_connect_path(const char *path)
{
    struct sockaddr_un address;
    int fd;

    if (!fill_address(&address, path))
        return fail(-1, ENAMETOOLONG);
    fd = new_unix(0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return fail(fd, errno);
    return fd;
}

/* --- Addresses ------------------------------------------------------------------------------- */

static bool bad_address(GError **error, const char *option, const char *text, const char *what)
{
    emu_set_error(error, EMU_ERROR_USAGE, "%s %s: %s", option, text, what);
    return false;
}

static bool is_port(const char *text)
{
    guint64 number;

    return g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &number, NULL);
}

/* HOST:PORT, where an IPv6 address is in brackets. */
static bool split_host(const char *text, struct socket_address *address)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;

    if (!length || !is_port(colon + 1))
        return false;
    if (text[0] == '[' && text[length - 1] == ']' && length > 2)
        address->host = g_strndup(text + 1, length - 2);
    else if (!memchr(text, ':', length) && text[0] != '[')
        address->host = g_strndup(text, length);
    else
        return false;
    address->port = g_strdup(colon + 1);
    return true;
}

bool socket_address_parse(const char *option, const char *text, struct socket_address *address,
                          GError **error)
{
    static const char unix_prefix[] = "unix:", tcp_prefix[] = "tcp:";
    struct sockaddr_un fits;

    *address = (struct socket_address){0};
    if (g_str_has_prefix(text, unix_prefix)) {
        const char *path = text + strlen(unix_prefix);

        if (!*path)
            return bad_address(error, option, text, "give unix:PATH, the path of a socket");
        if (*path == '@')
            return bad_address(error, option, text, "anybody may use an abstract socket; give a "
                               "path (or ./@...)");
        if (!fill_address(&fits, path))
            return bad_address(error, option, text, "the path is too long for a socket; give a "
                               "shorter one, of at most 107 bytes");
        address->path = g_strdup(path);
        return true;
    }
    if (g_str_has_prefix(text, tcp_prefix) && split_host(text + strlen(tcp_prefix), address))
        return true;
    return bad_address(error, option, text, "give unix:PATH or tcp:HOST:PORT, with a port from 1 to "
                       "65535 and an IPv6 address in brackets");
}

void socket_address_clear(struct socket_address *address)
{
    g_free(address->path);
    g_free(address->host);
    g_free(address->port);
    *address = (struct socket_address){0};
}

static int bad_socket(GError **error, const char *option, const char *text, const char *what)
{
    emu_set_error(error, EMU_ERROR_SETUP, "%s %s: %s", option, text, what);
    return -1;
}

/* NULL with @error. Free with freeaddrinfo(). */
static struct addrinfo *resolve(const char *option, const char *text,
                                const struct socket_address *address, int flags, GError **error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *list = NULL;
    int result = getaddrinfo(address->host, address->port, &hints, &list);

    if (result)
        bad_socket(error, option, text, gai_strerror(result));
    return result ? NULL : list;
}

static int new_tcp(const struct addrinfo *info)
{
    return socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  info->ai_protocol);
}

static int listen_tcp(const struct addrinfo *info)
{
    static const int on = 1;
    int fd = new_tcp(info);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, 1) < 0)
        return fail(fd, errno);
    return fd;
}

int socket_listen(const char *option, const char *text, const struct socket_address *address,
                  GError **error)
{
    struct addrinfo *list = NULL;
    int fd = -1;

    if (address->path) {
        fd = socket_listen_path(address->path, S_IRUSR | S_IWUSR, 1);
    } else {
        list = resolve(option, text, address, AI_PASSIVE, error);
        if (!list)
            return -1;
        for (const struct addrinfo *info = list; info && fd < 0; info = info->ai_next)
            fd = listen_tcp(info);
    }
    if (fd < 0)
        bad_socket(error, option, text, errno == EADDRINUSE ? "somebody else listens there, or it "
                   "is a file; give another one" : g_strerror(errno));
    if (list)
        freeaddrinfo(list);
    return fd;
}

/* Waits for a connection that is being made. 0, or an errno. */
static int await_connection(int fd, int timeout_ms, int cancel)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLOUT}, {.fd = cancel, .events = POLLIN}};
    socklen_t size = sizeof(int);
    int error = 0, ready;

    do
        ready = poll(fds, G_N_ELEMENTS(fds), timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return errno;
    if (ready == 0)
        return ETIMEDOUT;
    if (fds[1].revents)
        return ECANCELED;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

static int connect_tcp(const struct addrinfo *info, int timeout_ms, int cancel)
{
    static const int on = 1;
    int fd = new_tcp(info), error = 0;

    if (fd < 0)
        return -1;
    if (connect(fd, info->ai_addr, info->ai_addrlen) < 0)
        error = errno == EINPROGRESS ? await_connection(fd, timeout_ms, cancel) : errno;
    if (error == 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
        error = errno;
    return error ? fail(fd, error) : fd;
}

/* Without waiting, for a full queue neither: EAGAIN. */
static int connect_unix(const char *path)
{
    struct sockaddr_un address;
    int fd = new_unix(SOCK_NONBLOCK);

    if (fd < 0)
        return -1;
    if (!fill_address(&address, path))
        return fail(fd, ENAMETOOLONG);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return fail(fd, errno == EAGAIN ? ECONNREFUSED : errno);
    return fd;
}

int socket_connect(const char *option, const char *text, const struct socket_address *address,
                   int timeout_ms, int cancel, GError **error)
{
    struct addrinfo *list = NULL;
    int fd = -1;

    if (address->path) {
        fd = connect_unix(address->path);
    } else {
        list = resolve(option, text, address, 0, error);
        if (!list)
            return -1;
        for (const struct addrinfo *info = list; info && fd < 0; info = info->ai_next)
            fd = connect_tcp(info, timeout_ms, cancel);
    }
    if (fd < 0)
        bad_socket(error, option, text, g_strerror(errno));
    if (list)
        freeaddrinfo(list);
    return fd;
}
