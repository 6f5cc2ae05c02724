/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connection and offers of a VMBus: see vmbus.h. */
#include "vtl/vmbus.h"

#include <stdarg.h>
#include <string.h>

#include "vtl/ports.h"
#include "vtl/synic.h"
#include "vtl/vmbus-private.h"
#include "vtl/vmbus-protocol.h"

/* The most messages that one of the guest is answered by: an offer a channel, and their end. */
#define ANSWERS_MAX (VMBUS_SERVICES + 1)

G_STATIC_ASSERT(sizeof(struct vmbus_initiate_contact) == 40);
G_STATIC_ASSERT(sizeof(struct vmbus_version_response) == 16);
G_STATIC_ASSERT(sizeof(struct vmbus_offer_channel) == 196);
G_STATIC_ASSERT(sizeof(struct vmbus_open_channel) == 148);
G_STATIC_ASSERT(sizeof(struct vmbus_gpadl_header) == 20);
G_STATIC_ASSERT(ANSWERS_MAX <= SYNIC_QUEUE_LENGTH);

static const uint32_t supported[] = {VMBUS_VERSION_4_0, VMBUS_VERSION_4_1, VMBUS_VERSION_5_0,
                                     VMBUS_VERSION_5_1, VMBUS_VERSION_5_2, VMBUS_VERSION_5_3};

void vmbus_complain(struct vmbus *bus, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_log(NULL, bus->complaints < VMBUS_COMPLAINTS_MAX ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG,
          "VTL%u, VMBus: %s%s", bus->vtl, text,
          bus->complaints == VMBUS_COMPLAINTS_MAX - 1 ? " (and no more of this)" : "");
    if (bus->complaints < VMBUS_COMPLAINTS_MAX)
        bus->complaints++;
}

void vmbus_send(struct vmbus *bus, const void *message, size_t size)
{
    struct hv_message wrapped = {
        .type = VMBUS_SYNIC_MESSAGE,
        .payload_size = (uint8_t)size,
        .sender = VMBUS_CONNECTION_5_0,
    };
    enum synic_result result;

    memcpy(wrapped.payload, message, size);
    result = synic_post_through(&bus->partition->vps[bus->vp], bus->vtl, bus->sint, &wrapped,
                                &bus->buffers);
    if (result == SYNIC_OFF || result == SYNIC_REFUSED)
        vmbus_complain(bus, "an answer is lost, as the SynIC of VP%u is off", bus->vp);
}

/* --- Connection ------------------------------------------------------------------------------- */

bool vmbus_is_supported(uint32_t version)
{
    for (size_t i = 0; i < G_N_ELEMENTS(supported); i++)
        if (supported[i] == version)
            return true;
    return false;
}

/* What an earlier connection has left, as that of a kernel before this one. */
static void disconnect(struct vmbus *bus)
{
    vmbus_channel_reset(bus);
    for (unsigned i = 0; i < VMBUS_SERVICES; i++)
        bus->channel[i].offered = false;
    synic_forget(&bus->partition->vps[bus->vp], bus->vtl, bus->sint, &bus->buffers);
    bus->version = 0;
    bus->requested = false;
}

/* Where the guest wants its messages; false if that is nowhere. */
static bool find_target(struct vmbus *bus, const struct vmbus_initiate_contact *contact,
                        unsigned *sint)
{
    *sint = contact->version >= VMBUS_VERSION_5_0 ? contact->sint : VMBUS_SINT;
    return contact->vp < bus->partition->vp_count && *sint > 0 && *sint < HV_SYNIC_SINTS;
}

static void answer_contact(struct vmbus *bus, const struct vmbus_initiate_contact *contact,
                           uint32_t connection)
{
    bool modern = contact->version >= VMBUS_VERSION_5_0;
    struct vmbus_version_response response = {
        .header = {.type = VMBUS_VERSION_RESPONSE},
        .supported = vmbus_is_supported(contact->version) && (!modern || contact->vtl == bus->vtl),
        .connection = modern ? connection : 0,
    };

    if (response.supported) {
        bus->version = contact->version;
        g_info("VTL%u connects to VMBus, version %u.%u", bus->vtl, contact->version >> 16,
               contact->version & 0xffff);
    }
    vmbus_send(bus, &response, sizeof(response));
}

static void initiate_contact(struct vmbus *bus, const struct hv_message *message,
                             uint32_t connection)
{
    struct vmbus_initiate_contact contact;
    unsigned sint;

    memcpy(&contact, message->payload, sizeof(contact));
    if (!find_target(bus, &contact, &sint)) {
        vmbus_complain(bus, "contact for VP %u and SINT %u, which are not there", contact.vp, sint);
        return;
    }
    disconnect(bus);
    bus->vp = contact.vp;
    bus->sint = sint;
    answer_contact(bus, &contact, connection);
}

static void unload(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_header response = {.type = VMBUS_UNLOAD_RESPONSE};

    (void)message;
    (void)size;
    disconnect(bus);
    vmbus_send(bus, &response, sizeof(response));
    g_info("VTL%u leaves VMBus", bus->vtl);
}

/* --- Offers ----------------------------------------------------------------------------------- */

static bool is_elected(const struct vmbus *bus, unsigned service)
{
    return bus->partition->services.vmbus >> (VTL_VMBUS_SERVICE0 + service) & 1;
}

static void offer(struct vmbus *bus, struct vmbus_channel *channel)
{
    const struct vmbus_service_row *service = &vmbus_services[channel->ic.service];
    struct vmbus_offer_channel message = {
        .header = {.type = VMBUS_OFFER_CHANNEL},
        .flags = VMBUS_OFFER_ENUMERATE | VMBUS_OFFER_PIPE,
        .pipe_mode = VMBUS_PIPE_OF_MESSAGES,
        .relid = channel->relid,
        .monitor = UINT8_MAX,
        .dedicated = 1,
        .connection = VMBUS_CHANNEL_CONNECTION(channel->relid, bus->vtl),
    };

    memcpy(message.type, service->type, sizeof(message.type));
    memcpy(message.instance, service->instance, sizeof(message.instance));
    channel->offered = true;
    vmbus_send(bus, &message, sizeof(message));
}

static void request_offers(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_header delivered = {.type = VMBUS_ALL_OFFERS_DELIVERED};

    (void)message;
    (void)size;
    if (bus->requested) {
        vmbus_complain(bus, "offers are requested twice");
        return;
    }
    bus->requested = true;
    for (unsigned i = 0; i < VMBUS_SERVICES; i++)
        if (is_elected(bus, i))
            offer(bus, &bus->channel[i]);
    vmbus_send(bus, &delivered, sizeof(delivered));
}

struct vmbus_channel *vmbus_channel_find(struct vmbus *bus, uint32_t relid)
{
    for (unsigned i = 0; i < VMBUS_SERVICES; i++)
        if (bus->channel[i].relid == relid && bus->channel[i].offered)
            return &bus->channel[i];
    return NULL;
}

/* The guest gives a channel back that was rescinded, or that it does not want. */
static void release(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_relid *released = message;
    struct vmbus_channel *channel = vmbus_channel_find(bus, released->relid);

    (void)size;
    if (channel && !channel->open)
        channel->offered = false;
    else
        vmbus_complain(bus, "channel %u is given back, but is open or not offered",
                       released->relid);
}

/* --- Messages --------------------------------------------------------------------------------- */

static const struct {
    size_t size; /* 0: nobody sends this to a host */
    void (*handle)(struct vmbus *bus, const void *message, size_t size);
} messages[VMBUS_MESSAGES] = {
    [VMBUS_REQUEST_OFFERS] = {sizeof(struct vmbus_header), request_offers},
    [VMBUS_OPEN_CHANNEL] = {sizeof(struct vmbus_open_channel), vmbus_channel_open},
    [VMBUS_CLOSE_CHANNEL] = {sizeof(struct vmbus_relid), vmbus_channel_close},
    [VMBUS_GPADL_HEADER] = {sizeof(struct vmbus_gpadl_header), vmbus_channel_gpadl},
    [VMBUS_GPADL_BODY] = {sizeof(struct vmbus_gpadl_body), vmbus_channel_gpadl_body},
    [VMBUS_GPADL_TEARDOWN] = {sizeof(struct vmbus_gpadl_teardown), vmbus_channel_gpadl_teardown},
    [VMBUS_RELID_RELEASED] = {sizeof(struct vmbus_relid), release},
    [VMBUS_UNLOAD] = {sizeof(struct vmbus_header), unload},
    [VMBUS_MODIFY_CHANNEL] = {sizeof(struct vmbus_modify_channel), vmbus_channel_modify},
};

static void handle(struct vmbus *bus, const struct hv_message *message, uint32_t connection)
{
    struct vmbus_header header = {0};

    memcpy(&header, message->payload, MIN(sizeof(header), message->payload_size));
    if (header.type == VMBUS_INITIATE_CONTACT &&
        message->payload_size >= sizeof(struct vmbus_initiate_contact))
        initiate_contact(bus, message, connection);
    else if (header.type >= VMBUS_MESSAGES || !messages[header.type].handle ||
             message->payload_size < messages[header.type].size)
        vmbus_complain(bus, "message %u of %u bytes, which is none for a host", header.type,
                       message->payload_size);
    else if (!bus->version)
        vmbus_complain(bus, "message %u before there is a connection", header.type);
    else
        messages[header.type].handle(bus, message->payload, message->payload_size);
}

static enum hv_status post(struct vmbus *bus, unsigned vtl, const struct hv_message *message,
                           uint32_t connection)
{
    enum hv_status status = HV_STATUS_SUCCESS;

    if (vtl != bus->vtl || message->type != VMBUS_SYNIC_MESSAGE)
        return HV_STATUS_INVALID_PARAMETER;
    g_mutex_lock(&bus->lock);
    /* Only we fill buffers, with the lock. */
    if (bus->buffers.used + ANSWERS_MAX > SYNIC_QUEUE_LENGTH)
        status = HV_STATUS_INSUFFICIENT_BUFFERS;
    else
        handle(bus, message, connection);
    g_mutex_unlock(&bus->lock);
    return status;
}

static enum hv_status post_old(void *context, struct vtl_vp *sender, unsigned vtl,
                               const struct hv_message *message)
{
    (void)sender;
    return post(context, vtl, message, VMBUS_CONNECTION);
}

static enum hv_status post_new(void *context, struct vtl_vp *sender, unsigned vtl,
                               const struct hv_message *message)
{
    (void)sender;
    return post(context, vtl, message, VMBUS_CONNECTION_5_0);
}

static enum hv_status post_redirected(void *context, struct vtl_vp *sender, unsigned vtl,
                                      const struct hv_message *message)
{
    (void)sender;
    return post(context, vtl, message, VMBUS_CONNECTION_REDIRECT);
}

static enum hv_status signal_channel(void *context, struct vtl_vp *sender, unsigned vtl,
                                     uint16_t flag)
{
    struct vmbus_channel *channel = context;

    (void)sender;
    (void)vtl;
    (void)flag;
    g_mutex_lock(&channel->bus->lock);
    vmbus_channel_read(channel);
    g_mutex_unlock(&channel->bus->lock);
    return HV_STATUS_SUCCESS;
}

/* --- Life ------------------------------------------------------------------------------------- */

static void register_ports(struct vmbus *bus)
{
    const uint16_t vtls = (uint16_t)(1u << bus->vtl);
    const struct vtl_port ports[] = {
        {.connection = VMBUS_CONNECTION, .vtls = vtls, .post = post_old, .context = bus,
         .buffers = &bus->buffers},
        {.connection = VMBUS_CONNECTION_5_0, .vtls = vtls, .post = post_new, .context = bus},
        {.connection = VMBUS_CONNECTION_REDIRECT,
         .vtls = vtls & 1u << VTL_PARAVISOR,
         .post = post_redirected,
         .context = bus},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++)
        vtl_port_register(bus->partition, &ports[i]);
    for (unsigned i = 0; i < VMBUS_SERVICES; i++) {
        const struct vtl_port port = {
            .connection = VMBUS_CHANNEL_CONNECTION(bus->channel[i].relid, bus->vtl),
            .vtls = vtls,
            .flag_count = 1,
            .signal = signal_channel,
            .context = &bus->channel[i],
        };

        if (is_elected(bus, i))
            vtl_port_register(bus->partition, &port);
    }
}

struct vmbus *vmbus_new(struct vtl_partition *partition, unsigned vtl,
                        const struct vmbus_host *host)
{
    struct vmbus *bus = g_new0(struct vmbus, 1);

    g_mutex_init(&bus->lock);
    bus->partition = partition;
    bus->vtl = vtl;
    bus->host = *host;
    bus->sint = VMBUS_SINT;
    bus->gpadls = vmbus_gpadls_new();
    for (unsigned i = 0; i < VMBUS_SERVICES; i++) {
        struct vmbus_channel *channel = &bus->channel[i];

        channel->bus = bus;
        channel->relid = VMBUS_FIRST_RELID + i;
        channel->ic.service = (enum vmbus_service)i;
        channel->ic.vtl = vtl;
    }
    register_ports(bus);
    return bus;
}

void vmbus_free(struct vmbus *bus)
{
    if (!bus)
        return;
    g_ptr_array_unref(bus->gpadls);
    g_mutex_clear(&bus->lock);
    g_free(bus);
}

uint64_t vmbus_run(struct vmbus *bus)
{
    uint64_t next = VMBUS_IC_NEVER;

    g_mutex_lock(&bus->lock);
    for (unsigned i = 0; i < VMBUS_SERVICES; i++)
        next = MIN(next, vmbus_channel_run(&bus->channel[i]));
    g_mutex_unlock(&bus->lock);
    return next;
}

bool vmbus_shut_down(struct vmbus *bus)
{
    const struct vtl_partition *partition = bus->partition;
    struct vmbus_channel *channel = &bus->channel[VMBUS_SHUTDOWN];
    bool asked;

    g_mutex_lock(&bus->lock);
    asked = channel->open && !channel->broken &&
            vmbus_ic_shut_down(&channel->ic,
                               partition->backend->reference_time(partition->machine));
    g_mutex_unlock(&bus->lock);
    return asked;
}

struct vmbus_counts vmbus_count(struct vmbus *bus)
{
    struct vmbus_counts counts;

    g_mutex_lock(&bus->lock);
    counts.heartbeats = bus->channel[VMBUS_HEARTBEAT].ic.answered;
    counts.missed = bus->channel[VMBUS_HEARTBEAT].ic.missed;
    g_mutex_unlock(&bus->lock);
    return counts;
}
