/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of ports and connections share: see ports.h. */
#ifndef VTL_PORTS_PRIVATE_H
#define VTL_PORTS_PRIVATE_H

#include <glib.h>

#include "vtl/ports.h"
#include "vtl/synic.h"

/* A guest's port. It lives as long as there are connections to it; once deleted it is useless. */
struct guest_port {
    struct vtl_port_settings settings;
    bool deleted;
    unsigned references;
    struct synic_buffers buffers;
};

struct port_connection {
    uint32_t id;
    unsigned vtl;
    struct guest_port *port; /* a reference */
};

/*
 * The lock comes before synic.lock, and no other is taken with it. The VMM's ports do not change
 * while VPs run.
 */
struct vtl_ports {
    GMutex lock;
    GPtrArray *ports;       /* of struct guest_port */
    GPtrArray *connections; /* of struct port_connection */
    GArray *vmm;            /* of struct vtl_port */
};

/* With the lock held, all of these. NULL: there is none. */
const struct vtl_port *ports_find_vmm(const struct vtl_ports *ports, unsigned vtl,
                                      uint32_t connection);
struct guest_port *ports_find(const struct vtl_ports *ports, uint32_t id);

/* May there be such a port, or such a connection to @port, which may be NULL? */
enum hv_status ports_check(const struct vtl_partition *partition,
                           const struct vtl_port_settings *settings);
enum hv_status ports_check_connection(const struct vtl_ports *ports, unsigned vtl, uint32_t id,
                                      const struct guest_port *port, enum hv_port_type type);

/* Adds a port that has been checked, if there is room and no other of its id. */
enum hv_status ports_add(struct vtl_ports *ports, const struct vtl_port_settings *settings);
/* Adds a connection that has been checked; a reference to @port goes over to it. */
void ports_add_connection(struct vtl_ports *ports, unsigned vtl, uint32_t id,
                          struct guest_port *port);

#endif
