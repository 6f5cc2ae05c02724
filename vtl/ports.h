/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the messages and events go that guests send: a connection leads to a port, and a port to a
 * SINT of a VTL of a VP. Source: TLFS, "Ports and Connections"; for what it leaves out (message and
 * event ports, statuses) the first edition of these calls, HvCreatePort and so on, in the Windows
 * Driver Kit of 2013, and Linux, include/hyperv/hvhdk.h.
 *
 * There are two kinds of ports:
 *  - Those of the VMM, which registers them before VPs run, together with their connection.
 *  - Those that a guest creates, to have its VTLs and VPs speak to each other.
 *
 * Where the specification leaves a choice:
 *  - The only partition is the guest's own. Message and event ports can be created; monitor ports
 *    belong to a page of the host, and doorbells to root partitions.
 *  - Port ids are the partition's. A port is deleted by its own VTL or a higher one.
 *  - Connection ids are those of the VTL that the connection is for, which alone uses and ends it:
 *    a lower VTL must not take a number away from a higher one. Numbers of the VMM's connections
 *    are in use for the VTLs that they are for.
 *  - A port takes connections of its MinConnectionVtl and those above.
 *  - SINT 0 is for the hypervisor (TLFS, HV_PORT_INFO).
 *  - A port for any VP prefers that of the sender.
 *  - Each VTL has VTL_PORTS_MAX ports and as many connections; then it is INSUFFICIENT_MEMORY.
 */
#ifndef VTL_PORTS_H
#define VTL_PORTS_H

#include <stdint.h>

#include "smccc/hv-status.h"
#include "vtl/partition.h"

struct codec_reader;
struct codec_writer;

#define HV_ANY_VP 0xffffffffu

/* Port and connection ids have 24 bits (HV_PORT_ID, HV_CONNECTION_ID). */
#define HV_PORT_ID_RESERVED 0xff000000u

#define VTL_PORTS_MAX 64

/* HV_PORT_TYPE. */
enum hv_port_type {
    HV_PORT_MESSAGE = 1,
    HV_PORT_EVENT = 2,
};

/* A port that a guest wants. */
struct vtl_port_settings {
    uint32_t id;
    enum hv_port_type type;
    unsigned vtl;                    /* whose SINT it leads to */
    unsigned min_connection_vtl;
    uint32_t vp;                     /* index, or HV_ANY_VP */
    uint32_t sint;
    uint16_t base_flag, flag_count;  /* of an event port */
};

/*
 * A port of the VMM. Handlers run on the sender's thread with no lock held, and may be called by
 * several at once; @vtl is the sender's. The message's type and size have been checked, the flag is
 * below @flag_count. Statuses are those of HvCallPostMessage and HvCallSignalEvent.
 */
struct vtl_port {
    uint32_t connection;
    uint16_t vtls;       /* set of those for which this connection is */
    uint16_t flag_count; /* of an event port */
    /* Of a message port, or of an event port; the other is NULL. */
    enum hv_status (*post)(void *context, struct vtl_vp *sender, unsigned vtl,
                           const struct hv_message *message);
    enum hv_status (*signal)(void *context, struct vtl_vp *sender, unsigned vtl, uint16_t flag);
    void *context;
    /* For what it posts to the VTLs of @vtls through buffers: these, so that it can be saved. */
    struct synic_buffers *buffers;
};

struct vtl_ports *vtl_ports_new(void);
void vtl_ports_free(struct vtl_ports *ports);

/* Before VPs run. *@port is copied, its context must outlive the partition. */
void vtl_port_register(struct vtl_partition *partition, const struct vtl_port *port);

/*
 * Hypercalls of a guest; HvCallCreatePort and so on say which statuses there are. @vtl is the
 * caller's, or in vtl_port_connect() the one that the connection is for.
 */
enum hv_status vtl_port_create(struct vtl_partition *partition,
                               const struct vtl_port_settings *settings);
enum hv_status vtl_port_delete(struct vtl_partition *partition, unsigned vtl, uint32_t port);
enum hv_status vtl_port_connect(struct vtl_partition *partition, unsigned vtl, uint32_t connection,
                                uint32_t port, enum hv_port_type type);
enum hv_status vtl_port_disconnect(struct vtl_partition *partition, unsigned vtl,
                                   uint32_t connection);

/* The active VTL of @sender sends by a connection of its own. */
enum hv_status vtl_port_post(struct vtl_vp *sender, uint32_t connection,
                             const struct hv_message *message);
enum hv_status vtl_port_signal(struct vtl_vp *sender, uint32_t connection, uint16_t flag);

/* The status of a guest's call that ended in this result of the SynIC. */
enum hv_status vtl_port_status(enum synic_result result);

/*
 * As vtl_partition_save() and vtl_partition_load() say, for what guests have created. The VMM's
 * ports are constant.
 */
void vtl_ports_save(const struct vtl_ports *ports, struct codec_writer *writer);
void vtl_ports_load(struct vtl_partition *partition, struct codec_reader *reader);

/*
 * Whose buffer a message takes that waits at @vtl, for SINT @sint of VP @vp: the hypervisor's own
 * (NULL), a guest's port, or one of the VMM's.
 */
void vtl_ports_save_buffers(const struct vtl_ports *ports, const struct synic_buffers *buffers,
                            unsigned vtl, struct codec_writer *writer);
struct synic_buffers *vtl_ports_load_buffers(const struct vtl_ports *ports, unsigned vp,
                                             unsigned vtl, unsigned sint,
                                             struct codec_reader *reader);

/* Ports and connections of guests; for tests. */
unsigned vtl_port_count(const struct vtl_partition *partition);
unsigned vtl_connection_count(const struct vtl_partition *partition);

#endif
