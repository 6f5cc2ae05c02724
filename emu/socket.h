/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stream sockets that a user names: paths, and addresses unix:PATH or tcp:HOST:PORT.
 *
 * Descriptors are close-on-exec and do not block. Functions without GError return -1 with errno.
 */
#ifndef EMU_SOCKET_H
#define EMU_SOCKET_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Listens on @path, which gets @mode less the umask. A socket there that nobody listens on any more
 * is removed first; any other file stays (EADDRINUSE). ENAMETOOLONG: it does not fit an address.
 */
int socket_listen_path(const char *path, mode_t mode, int backlog);

/* Connects to a socket that listens on @path; may wait for it to accept. */
int socket_connect_path(const char *path);

/* A place to listen at, or to connect to. */
struct socket_address {
    char *path; /* of unix:PATH; owned */
    char *host, *port; /* of tcp:HOST:PORT, brackets around an IPv6 address taken away; owned */
};

/*
 * Takes @text apart. False with @error, which begins with @option and @text, if it is neither form.
 * An abstract socket (unix:@NAME) is refused, as anybody may connect to one.
 */
bool socket_address_parse(const char *option, const char *text, struct socket_address *address,
                          GError **error);
void socket_address_clear(struct socket_address *address);

/* Listens there for one connection. -1 with @error. */
int socket_listen(const char *option, const char *text, const struct socket_address *address,
                  GError **error);

/*
 * Connects there within @timeout_ms. Gives up when @cancel, a descriptor or -1, becomes readable. -1
 * with @error.
 */
int socket_connect(const char *option, const char *text, const struct socket_address *address,
                   int timeout_ms, int cancel, GError **error);

#endif
