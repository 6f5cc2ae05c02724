/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports and connections: see ports.h. Their saved state is in ports-state.c. */
#include "vtl/ports-private.h"

static void unref_port(void *data)
{
    struct guest_port *port = data;

    if (--port->references == 0)
        g_free(port);
}

static void free_connection(void *data)
{
    struct port_connection *connection = data;

    unref_port(connection->port);
    g_free(connection);
}

struct vtl_ports *vtl_ports_new(void)
{
    struct vtl_ports *ports = g_new0(struct vtl_ports, 1);

    g_mutex_init(&ports->lock);
    ports->ports = g_ptr_array_new_with_free_func(unref_port);
    ports->connections = g_ptr_array_new_with_free_func(free_connection);
    ports->vmm = g_array_new(FALSE, FALSE, sizeof(struct vtl_port));
    return ports;
}

void vtl_ports_free(struct vtl_ports *ports)
{
    g_ptr_array_unref(ports->connections);
    g_ptr_array_unref(ports->ports);
    g_array_unref(ports->vmm);
    g_mutex_clear(&ports->lock);
    g_free(ports);
}

void vtl_port_register(struct vtl_partition *partition, const struct vtl_port *port)
{
    g_array_append_val(partition->ports->vmm, *port);
}

unsigned vtl_port_count(const struct vtl_partition *partition)
{
    return partition->ports->ports->len;
}

unsigned vtl_connection_count(const struct vtl_partition *partition)
{
    return partition->ports->connections->len;
}

/* --- Looking for them ------------------------------------------------------------------------- */

const struct vtl_port *ports_find_vmm(const struct vtl_ports *ports, unsigned vtl,
                                            uint32_t connection)
{
    for (guint i = 0; i < ports->vmm->len; i++) {
        const struct vtl_port *port = &g_array_index(ports->vmm, struct vtl_port, i);

        if (port->connection == connection && port->vtls & 1u << vtl)
            return port;
    }
    return NULL;
}

struct guest_port *ports_find(const struct vtl_ports *ports, uint32_t id)
{
    for (guint i = 0; i < ports->ports->len; i++) {
        struct guest_port *port = g_ptr_array_index(ports->ports, i);

        if (port->settings.id == id)
            return port;
    }
    return NULL;
}

static struct port_connection *find_connection(const struct vtl_ports *ports, unsigned vtl, uint32_t id)
{
    for (guint i = 0; i < ports->connections->len; i++) {
        struct port_connection *connection = g_ptr_array_index(ports->connections, i);

        if (connection->vtl == vtl && connection->id == id)
            return connection;
    }
    return NULL;
}

static unsigned count_ports(const struct vtl_ports *ports, unsigned vtl)
{
    unsigned count = 0;

    for (guint i = 0; i < ports->ports->len; i++)
        count += ((const struct guest_port *)g_ptr_array_index(ports->ports, i))->settings.vtl ==
                 vtl;
    return count;
}

static unsigned count_connections(const struct vtl_ports *ports, unsigned vtl)
{
    unsigned count = 0;

    for (guint i = 0; i < ports->connections->len; i++)
        count += ((const struct port_connection *)g_ptr_array_index(ports->connections, i))->vtl == vtl;
    return count;
}

/* --- Creating and deleting -------------------------------------------------------------------- */

enum hv_status ports_check(const struct vtl_partition *partition,
                                     const struct vtl_port_settings *settings)
{
    bool event = settings->type == HV_PORT_EVENT;

    if (settings->id & HV_PORT_ID_RESERVED)
        return HV_STATUS_INVALID_PORT_ID;
    if (settings->vp != HV_ANY_VP && settings->vp >= partition->vp_count)
        return HV_STATUS_INVALID_VP_INDEX;
    if ((settings->type != HV_PORT_MESSAGE && !event) || settings->sint == 0 ||
        settings->sint >= HV_SYNIC_SINTS || settings->min_connection_vtl >= VTL_LEVELS)
        return HV_STATUS_INVALID_PARAMETER;
    if (event && (settings->flag_count == 0 ||
                  settings->base_flag + settings->flag_count > (int)HV_EVENT_FLAGS))
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

enum hv_status ports_add(struct vtl_ports *ports, const struct vtl_port_settings *settings)
{
    struct guest_port *port;

    if (ports_find(ports, settings->id))
        return HV_STATUS_INVALID_PORT_ID;
    if (count_ports(ports, settings->vtl) >= VTL_PORTS_MAX)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    port = g_new0(struct guest_port, 1);
    port->settings = *settings;
    port->references = 1;
    g_ptr_array_add(ports->ports, port);
    return HV_STATUS_SUCCESS;
}

enum hv_status vtl_port_create(struct vtl_partition *partition,
                               const struct vtl_port_settings *settings)
{
    enum hv_status status = ports_check(partition, settings);

    if (status != HV_STATUS_SUCCESS)
        return status;
    g_mutex_lock(&partition->ports->lock);
    status = ports_add(partition->ports, settings);
    g_mutex_unlock(&partition->ports->lock);
    return status;
}

/* "Deletion of the target port will always free all of the port's message buffers" (TLFS). */
static void forget_messages(struct vtl_partition *partition, const struct guest_port *port)
{
    for (unsigned i = 0; i < partition->vp_count; i++)
        synic_forget(&partition->vps[i], port->settings.vtl, port->settings.sint, &port->buffers);
}

enum hv_status vtl_port_delete(struct vtl_partition *partition, unsigned vtl, uint32_t id)
{
    struct vtl_ports *ports = partition->ports;
    enum hv_status status = HV_STATUS_SUCCESS;
    struct guest_port *port;

    g_mutex_lock(&ports->lock);
    port = ports_find(ports, id);
    if (!port) {
        status = HV_STATUS_INVALID_PORT_ID;
    } else if (port->settings.vtl > vtl) {
        status = HV_STATUS_ACCESS_DENIED;
    } else {
        port->deleted = true;
        forget_messages(partition, port);
        g_ptr_array_remove(ports->ports, port);
    }
    g_mutex_unlock(&ports->lock);
    return status;
}

enum hv_status ports_check_connection(const struct vtl_ports *ports, unsigned vtl, uint32_t id,
                                       const struct guest_port *port, enum hv_port_type type)
{
    if (id & HV_PORT_ID_RESERVED || ports_find_vmm(ports, vtl, id) ||
        find_connection(ports, vtl, id))
        return HV_STATUS_INVALID_CONNECTION_ID;
    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    if (vtl < port->settings.min_connection_vtl)
        return HV_STATUS_ACCESS_DENIED;
    if (type != port->settings.type)
        return HV_STATUS_INVALID_PARAMETER;
    return count_connections(ports, vtl) < VTL_PORTS_MAX ? HV_STATUS_SUCCESS
                                                         : HV_STATUS_INSUFFICIENT_MEMORY;
}

void ports_add_connection(struct vtl_ports *ports, unsigned vtl, uint32_t id,
                          struct guest_port *port)
{
    struct port_connection *connection = g_new(struct port_connection, 1);

    *connection = (struct port_connection){id, vtl, port};
    g_ptr_array_add(ports->connections, connection);
}

enum hv_status vtl_port_connect(struct vtl_partition *partition, unsigned vtl, uint32_t id,
                                uint32_t port_id, enum hv_port_type type)
{
    struct vtl_ports *ports = partition->ports;
    struct guest_port *port;
    enum hv_status status;

    g_mutex_lock(&ports->lock);
    port = ports_find(ports, port_id);
    status = ports_check_connection(ports, vtl, id, port, type);
    if (status == HV_STATUS_SUCCESS) {
        port->references++;
        ports_add_connection(ports, vtl, id, port);
    }
    g_mutex_unlock(&ports->lock);
    return status;
}

enum hv_status vtl_port_disconnect(struct vtl_partition *partition, unsigned vtl, uint32_t id)
{
    struct vtl_ports *ports = partition->ports;
    struct port_connection *connection;

    g_mutex_lock(&ports->lock);
    connection = find_connection(ports, vtl, id);
    if (connection)
        g_ptr_array_remove(ports->connections, connection);
    g_mutex_unlock(&ports->lock);
    return connection ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_CONNECTION_ID;
}

/* --- Sending ---------------------------------------------------------------------------------- */

enum hv_status vtl_port_status(enum synic_result result)
{
    static const enum hv_status statuses[] = {
        [SYNIC_DELIVERED] = HV_STATUS_SUCCESS,
        [SYNIC_QUEUED] = HV_STATUS_SUCCESS,
        [SYNIC_REFUSED] = HV_STATUS_INSUFFICIENT_BUFFERS,
        [SYNIC_OFF] = HV_STATUS_INVALID_SYNIC_STATE,
        [SYNIC_BUSY] = HV_STATUS_OBJECT_IN_USE,
    };

    return statuses[result];
}

/* NULL: there is none whose SynIC @takes this. */
static struct vtl_vp *choose_vp(struct vtl_vp *sender, const struct vtl_port_settings *settings,
                                bool (*takes)(struct vtl_vp *vp, unsigned vtl))
{
    struct vtl_partition *partition = sender->partition;

    if (settings->vp != HV_ANY_VP)
        return &partition->vps[settings->vp];
    if (takes(sender, settings->vtl))
        return sender;
    for (unsigned i = 0; i < partition->vp_count; i++)
        if (takes(&partition->vps[i], settings->vtl))
            return &partition->vps[i];
    return NULL;
}

/* The guest's port that the connection leads to, for @type; with the lock held. */
static enum hv_status find_target(const struct vtl_ports *ports, unsigned vtl, uint32_t id,
                                  enum hv_port_type type, struct guest_port **port)
{
    const struct port_connection *connection = find_connection(ports, vtl, id);

    if (!connection)
        return HV_STATUS_INVALID_CONNECTION_ID;
    *port = connection->port;
    return (*port)->deleted || (*port)->settings.type != type ? HV_STATUS_INVALID_PORT_ID
                                                              : HV_STATUS_SUCCESS;
}

static enum hv_status post_to_guest(struct vtl_vp *sender, uint32_t connection,
                                    const struct hv_message *message)
{
    struct hv_message copy = *message;
    struct guest_port *port;
    struct vtl_vp *vp;
    enum hv_status status = find_target(sender->partition->ports, sender->active, connection,
                                        HV_PORT_MESSAGE, &port);

    if (status != HV_STATUS_SUCCESS)
        return status;
    vp = choose_vp(sender, &port->settings, synic_takes_messages);
    if (!vp)
        return HV_STATUS_INVALID_VP_INDEX;
    copy.sender = port->settings.id;
    return vtl_port_status(synic_post_through(vp, port->settings.vtl, port->settings.sint, &copy,
                                              &port->buffers));
}

enum hv_status vtl_port_post(struct vtl_vp *sender, uint32_t connection,
                             const struct hv_message *message)
{
    struct vtl_ports *ports = sender->partition->ports;
    const struct vtl_port *port = ports_find_vmm(ports, sender->active, connection);
    enum hv_status status;

    if (port)
        return port->post ? port->post(port->context, sender, sender->active, message)
                          : HV_STATUS_INVALID_PORT_ID;
    g_mutex_lock(&ports->lock);
    status = post_to_guest(sender, connection, message);
    g_mutex_unlock(&ports->lock);
    return status;
}

static enum hv_status signal_guest(struct vtl_vp *sender, uint32_t connection, uint16_t flag)
{
    const struct vtl_port_settings *settings;
    struct guest_port *port;
    struct vtl_vp *vp;
    bool newly;
    enum hv_status status = find_target(sender->partition->ports, sender->active, connection,
                                        HV_PORT_EVENT, &port);

    if (status != HV_STATUS_SUCCESS)
        return status;
    settings = &port->settings;
    if (flag >= settings->flag_count)
        return HV_STATUS_INVALID_PARAMETER;
    vp = choose_vp(sender, settings, synic_takes_events);
    if (!vp)
        return HV_STATUS_INVALID_VP_INDEX;
    return vtl_port_status(synic_signal(vp, settings->vtl, settings->sint,
                                        (unsigned)settings->base_flag + flag, &newly));
}

static enum hv_status signal_vmm(const struct vtl_port *port, struct vtl_vp *sender, uint16_t flag)
{
    if (!port->signal)
        return HV_STATUS_INVALID_PORT_ID;
    if (flag >= port->flag_count)
        return HV_STATUS_INVALID_PARAMETER;
    return port->signal(port->context, sender, sender->active, flag);
}

enum hv_status vtl_port_signal(struct vtl_vp *sender, uint32_t connection, uint16_t flag)
{
    struct vtl_ports *ports = sender->partition->ports;
    const struct vtl_port *port = ports_find_vmm(ports, sender->active, connection);
    enum hv_status status;

    if (port)
        return signal_vmm(port, sender, flag);
    g_mutex_lock(&ports->lock);
    status = signal_guest(sender, connection, flag);
    g_mutex_unlock(&ports->lock);
    return status;
}
