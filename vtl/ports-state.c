/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports and connections of guests, saved and loaded: see ports.h and state.h. */
#include "vtl/codec.h"
#include "vtl/ports-private.h"

/* All of struct vtl_port_settings; ports_check() sees to the rest. */
static const struct codec_field settings_fields[] = {
    CODEC_ANY(struct vtl_port_settings, id),
    CODEC_ANY(struct vtl_port_settings, type),
    CODEC_UPTO(struct vtl_port_settings, vtl, VTL_LEVELS - 1),
    CODEC_ANY(struct vtl_port_settings, min_connection_vtl),
    CODEC_ANY(struct vtl_port_settings, vp),
    CODEC_ANY(struct vtl_port_settings, sint),
    CODEC_ANY(struct vtl_port_settings, base_flag),
    CODEC_ANY(struct vtl_port_settings, flag_count),
};

G_STATIC_ASSERT(sizeof(struct vtl_port_settings) == 28);
/* Of a port, references and used buffers are counted anew; of ports, those of the VMM constant. */
G_STATIC_ASSERT(sizeof(struct guest_port) == 40);
G_STATIC_ASSERT(sizeof(void *) != 8 || sizeof(struct port_connection) == 16);
G_STATIC_ASSERT(sizeof(void *) != 8 || sizeof(struct vtl_ports) == 32);

enum buffers_kind {
    BUFFERS_OWN,   /* the hypervisor's */
    BUFFERS_GUEST, /* of a guest's port, by its id */
    BUFFERS_VMM,   /* of the VMM's port to which this connection of the VTL leads */
    BUFFERS_KINDS,
};

/* --- Saving ----------------------------------------------------------------------------------- */

/* A deleted port is as good as any other: only that there is none any more can be seen. */
static void save_connection(const struct port_connection *connection, struct codec_writer *writer)
{
    codec_write_u32(writer, connection->id);
    codec_write_u32(writer, connection->vtl);
    codec_write_u8(writer, connection->port->deleted);
    codec_write_u32(writer, connection->port->deleted ? 0 : connection->port->settings.id);
}

void vtl_ports_save(const struct vtl_ports *ports, struct codec_writer *writer)
{
    codec_write_u32(writer, ports->ports->len);
    for (guint i = 0; i < ports->ports->len; i++) {
        const struct guest_port *port = g_ptr_array_index(ports->ports, i);

        codec_write_fields(writer, &port->settings, settings_fields,
                           G_N_ELEMENTS(settings_fields));
    }
    codec_write_u32(writer, ports->connections->len);
    for (guint i = 0; i < ports->connections->len; i++)
        save_connection(g_ptr_array_index(ports->connections, i), writer);
}

static const struct guest_port *find_owner(const struct vtl_ports *ports,
                                           const struct synic_buffers *buffers)
{
    for (guint i = 0; i < ports->ports->len; i++) {
        const struct guest_port *port = g_ptr_array_index(ports->ports, i);

        if (&port->buffers == buffers)
            return port;
    }
    return NULL;
}

static const struct vtl_port *find_vmm_owner(const struct vtl_ports *ports, unsigned vtl,
                                             const struct synic_buffers *buffers)
{
    for (guint i = 0; i < ports->vmm->len; i++) {
        const struct vtl_port *port = &g_array_index(ports->vmm, struct vtl_port, i);

        if (port->buffers == buffers && port->vtls & 1u << vtl)
            return port;
    }
    return NULL;
}

static void write_name(struct codec_writer *writer, enum buffers_kind kind, uint32_t id)
{
    codec_write_u8(writer, (uint8_t)kind);
    codec_write_u32(writer, id);
}

void vtl_ports_save_buffers(const struct vtl_ports *ports, const struct synic_buffers *buffers,
                            unsigned vtl, struct codec_writer *writer)
{
    const struct guest_port *guest = buffers ? find_owner(ports, buffers) : NULL;
    const struct vtl_port *vmm = buffers ? find_vmm_owner(ports, vtl, buffers) : NULL;

    g_assert(!buffers || guest || vmm); /* whoever posts through buffers has a port */
    if (guest)
        write_name(writer, BUFFERS_GUEST, guest->settings.id);
    else if (vmm)
        write_name(writer, BUFFERS_VMM, vmm->connection);
    else
        write_name(writer, BUFFERS_OWN, 0);
}

/* --- Loading ---------------------------------------------------------------------------------- */

static void load_port(struct vtl_partition *partition, struct codec_reader *reader)
{
    struct vtl_port_settings settings;

    codec_read_fields(reader, &settings, settings_fields, G_N_ELEMENTS(settings_fields));
    if (!codec_is_good(reader))
        return;
    codec_require(reader, ports_check(partition, &settings) == HV_STATUS_SUCCESS, "id",
                  settings.id, "there cannot be such a port");
    codec_require(reader,
                  !codec_is_good(reader) ||
                      ports_add(partition->ports, &settings) == HV_STATUS_SUCCESS,
                  "id", settings.id, "it is there twice, or one too many");
}

static struct guest_port *new_deleted(void)
{
    struct guest_port *port = g_new0(struct guest_port, 1);

    port->deleted = true;
    return port;
}

static void load_connection(struct vtl_ports *ports, struct codec_reader *reader)
{
    uint32_t id = codec_read_u32(reader, "id");
    unsigned vtl = codec_read_count(reader, "vtl", VTL_LEVELS - 1);
    bool deleted = codec_read_bool(reader, "deleted");
    uint32_t port_id = codec_read_u32(reader, "port");
    struct guest_port *port;

    if (!codec_is_good(reader))
        return;
    port = deleted ? new_deleted() : ports_find(ports, port_id);
    if (ports_check_connection(ports, vtl, id, port, port ? port->settings.type : 0) ==
        HV_STATUS_SUCCESS) {
        port->references++;
        ports_add_connection(ports, vtl, id, port);
        return;
    }
    if (deleted)
        g_free(port);
    codec_fail(reader, "id is 0x%x, but there cannot be such a connection to port 0x%x", id,
               port_id);
}

void vtl_ports_load(struct vtl_partition *partition, struct codec_reader *reader)
{
    const uint32_t max = VTL_PORTS_MAX * VTL_LEVELS;
    uint32_t count;

    codec_at(reader, "ports");
    count = codec_read_count(reader, "number of ports", max);
    for (uint32_t i = 0; i < count && codec_is_good(reader); i++)
        load_port(partition, reader);
    codec_at(reader, "connections");
    count = codec_read_count(reader, "number of connections", max);
    for (uint32_t i = 0; i < count && codec_is_good(reader); i++)
        load_connection(partition->ports, reader);
}

/*
 * Messages of a guest's port wait where it leads to, where its deletion looks for them; those of
 * the VMM at a VTL that it is for.
 */
static struct synic_buffers *find_guest(const struct vtl_ports *ports, unsigned vp, unsigned vtl,
                                        unsigned sint, uint32_t id)
{
    struct guest_port *port = ports_find(ports, id);
    bool fits = port && port->settings.type == HV_PORT_MESSAGE && port->settings.vtl == vtl &&
                port->settings.sint == sint &&
                (port->settings.vp == HV_ANY_VP || port->settings.vp == vp);

    return fits ? &port->buffers : NULL;
}

struct synic_buffers *vtl_ports_load_buffers(const struct vtl_ports *ports, unsigned vp,
                                             unsigned vtl, unsigned sint,
                                             struct codec_reader *reader)
{
    uint8_t kind = codec_read_u8(reader, "kind of a message's port");
    uint32_t id = codec_read_u32(reader, "message's port");
    const struct vtl_port *vmm = ports_find_vmm(ports, vtl, id);
    struct synic_buffers *buffers = NULL;

    codec_require(reader, kind < BUFFERS_KINDS, "kind of a message's port", kind,
                  "there is no such kind");
    if (kind == BUFFERS_GUEST)
        buffers = find_guest(ports, vp, vtl, sint, id);
    else if (kind == BUFFERS_VMM && vmm)
        buffers = vmm->buffers;
    codec_require(reader, kind == BUFFERS_OWN || buffers, "message's port", id,
                  "its messages cannot wait there");
    return codec_is_good(reader) ? buffers : NULL;
}
