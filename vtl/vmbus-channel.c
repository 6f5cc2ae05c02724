/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Channels of a VMBus: GPADLs, opening and closing, packets. See vmbus.h. */
#include "smccc/hypercall.h"
#include "vtl/synic.h"
#include "vtl/vmbus-private.h"
#include "vtl/vmbus-protocol.h"

/* Header and data. */
#define RING_PAGES_MIN 2u
/* A guest may write as fast as we read, and does not signal what it adds to the rest: see below. */
#define PACKETS_AT_ONCE 64
/* When to try again if the guest has left no room. */
#define RETRY_PERIOD VMBUS_IC_SECOND

static uint64_t reference_time(const struct vmbus *bus)
{
    return bus->partition->backend->reference_time(bus->partition->machine);
}

static void wake_host(struct vmbus *bus)
{
    bus->host.wake(bus->host.context);
}

/* --- GPADLs ----------------------------------------------------------------------------------- */

static void answer_gpadl(struct vmbus *bus, enum vmbus_gpadl_result result, uint32_t relid,
                         uint32_t id)
{
    const struct vmbus_gpadl_created created = {
        .header = {.type = VMBUS_GPADL_CREATED},
        .relid = relid,
        .gpadl = id,
        .status = result == VMBUS_GPADL_COMPLETE ? VMBUS_SUCCESS : VMBUS_UNSUCCESSFUL,
    };

    if (result == VMBUS_GPADL_PARTIAL)
        return;
    if (result != VMBUS_GPADL_COMPLETE)
        vmbus_complain(bus, "GPADL 0x%x for channel %u is malformed, unknown, or one too many", id,
                       relid);
    vmbus_send(bus, &created, sizeof(created));
}

void vmbus_channel_gpadl(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_gpadl_header *header = message;
    enum vmbus_gpadl_result result = VMBUS_GPADL_REFUSED;

    if (vmbus_channel_find(bus, header->relid))
        result = vmbus_gpadl_begin(bus->gpadls, message, size);
    answer_gpadl(bus, result, header->relid, header->gpadl);
}

void vmbus_channel_gpadl_body(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_gpadl_body *body = message;
    const struct vmbus_gpadl *gpadl = vmbus_gpadl_find(bus->gpadls, body->gpadl);
    uint32_t relid = gpadl ? gpadl->relid : 0;
    enum vmbus_gpadl_result result = vmbus_gpadl_continue(bus->gpadls, message, size);

    if (result == VMBUS_GPADL_UNKNOWN)
        vmbus_complain(bus, "pages for GPADL 0x%x, which waits for none", body->gpadl);
    else
        answer_gpadl(bus, result, relid, body->gpadl);
}

static bool is_in_use(const struct vmbus *bus, uint32_t gpadl)
{
    for (unsigned i = 0; i < VMBUS_SERVICES; i++)
        if (bus->channel[i].open && bus->channel[i].gpadl == gpadl)
            return true;
    return false;
}

void vmbus_channel_gpadl_teardown(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_gpadl_teardown *teardown = message;
    struct vmbus_gpadl *gpadl = vmbus_gpadl_find(bus->gpadls, teardown->gpadl);
    const struct vmbus_gpadl_torndown torndown = {
        .header = {.type = VMBUS_GPADL_TORNDOWN},
        .gpadl = teardown->gpadl,
    };

    (void)size;
    if (!gpadl || gpadl->relid != teardown->relid || is_in_use(bus, gpadl->id)) {
        vmbus_complain(bus, "GPADL 0x%x of channel %u cannot be given back: unknown or in use",
                       teardown->gpadl, teardown->relid);
        return;
    }
    vmbus_gpadl_remove(bus->gpadls, gpadl);
    vmbus_send(bus, &torndown, sizeof(torndown));
}

/* --- Opening and closing ---------------------------------------------------------------------- */

bool vmbus_channel_fits(const struct vmbus_gpadl *gpadl, uint32_t relid, uint32_t guest_offset)
{
    return gpadl->relid == relid && gpadl->filled == gpadl->count &&
           guest_offset >= RING_PAGES_MIN && guest_offset <= gpadl->count &&
           gpadl->count - guest_offset >= RING_PAGES_MIN;
}

static bool open_rings(struct vmbus_channel *channel, const struct vmbus_gpadl *gpadl,
                       uint32_t guest_offset)
{
    struct vmbus *bus = channel->bus;

    channel->from_guest.partition = channel->to_guest.partition = bus->partition;
    channel->from_guest.vtl = channel->to_guest.vtl = bus->vtl;
    return vmbus_ring_open(&channel->from_guest, gpadl->pages, guest_offset, true) &&
           vmbus_ring_open(&channel->to_guest, gpadl->pages + guest_offset,
                           gpadl->count - guest_offset, false);
}

static bool open_channel(struct vmbus *bus, const struct vmbus_open_channel *request)
{
    struct vmbus_channel *channel = vmbus_channel_find(bus, request->relid);
    const struct vmbus_gpadl *gpadl = vmbus_gpadl_find(bus->gpadls, request->gpadl);

    if (!channel || channel->open || request->vp >= bus->partition->vp_count || !gpadl ||
        !vmbus_channel_fits(gpadl, request->relid, request->guest_offset) ||
        !open_rings(channel, gpadl, request->guest_offset))
        return false;
    channel->open = true;
    channel->broken = false;
    channel->gpadl = gpadl->id;
    channel->vp = request->vp;
    vmbus_ic_open(&channel->ic, reference_time(bus));
    wake_host(bus);
    return true;
}

void vmbus_channel_open(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_open_channel *request = message;
    bool opened = open_channel(bus, request);
    const struct vmbus_open_result result = {
        .header = {.type = VMBUS_OPEN_CHANNEL_RESULT},
        .relid = request->relid,
        .open_id = request->open_id,
        .status = opened ? VMBUS_SUCCESS : VMBUS_UNSUCCESSFUL,
    };

    (void)size;
    if (!opened)
        vmbus_complain(bus, "channel %u cannot be opened with GPADL 0x%x, its second ring at page "
                       "%u, for VP %u", request->relid, request->gpadl, request->guest_offset,
                       request->vp);
    vmbus_send(bus, &result, sizeof(result));
}

void vmbus_channel_close(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_relid *closed = message;
    struct vmbus_channel *channel = vmbus_channel_find(bus, closed->relid);

    (void)size;
    if (channel && channel->open)
        channel->open = false;
    else
        vmbus_complain(bus, "channel %u is closed, but is not open", closed->relid);
}

/* Before 5.3 there is no answer to this. */
void vmbus_channel_modify(struct vmbus *bus, const void *message, size_t size)
{
    const struct vmbus_modify_channel *request = message;
    struct vmbus_channel *channel = vmbus_channel_find(bus, request->relid);
    bool good = channel && channel->open && request->vp < bus->partition->vp_count;
    const struct vmbus_modify_response response = {
        .header = {.type = VMBUS_MODIFY_CHANNEL_RESPONSE},
        .relid = request->relid,
        .status = good ? VMBUS_SUCCESS : VMBUS_UNSUCCESSFUL,
    };

    (void)size;
    if (good)
        channel->vp = request->vp;
    else
        vmbus_complain(bus, "channel %u cannot signal VP %u", request->relid, request->vp);
    if (bus->version >= VMBUS_VERSION_5_3)
        vmbus_send(bus, &response, sizeof(response));
}

void vmbus_channel_reset(struct vmbus *bus)
{
    for (unsigned i = 0; i < VMBUS_SERVICES; i++)
        bus->channel[i].open = false;
    g_ptr_array_set_size(bus->gpadls, 0);
}

/* --- Packets ---------------------------------------------------------------------------------- */

/* Its SynIC may be off; then it misses this, as on Hyper-V. */
static void signal_guest(const struct vmbus_channel *channel)
{
    const struct vmbus *bus = channel->bus;
    bool newly;

    synic_signal(&bus->partition->vps[channel->vp], bus->vtl, bus->sint, channel->relid, &newly);
}

static void give_up(struct vmbus_channel *channel, const char *which)
{
    channel->broken = true;
    vmbus_complain(channel->bus, "the ring %s the guest of channel %u makes no sense; it is left "
                   "alone", which, channel->relid);
}

static enum vmbus_ring_result read_packet(struct vmbus_channel *channel)
{
    struct vmbus *bus = channel->bus;
    size_t size = sizeof(bus->packet);
    bool signal;
    enum vmbus_ring_result result =
        vmbus_ring_read(&channel->from_guest, bus->packet, &size, &signal);

    if (result == VMBUS_RING_SKIPPED ||
        (result == VMBUS_RING_DONE &&
         !vmbus_ic_answer(&channel->ic, reference_time(bus), bus->packet, size)))
        vmbus_complain(bus, "a packet in channel %u that answers no question", channel->relid);
    if (signal)
        signal_guest(channel);
    return result;
}

void vmbus_channel_read(struct vmbus_channel *channel)
{
    enum vmbus_ring_result result = VMBUS_RING_EMPTY;
    uint64_t due = channel->ic.due;

    if (!channel->open || channel->broken)
        return;
    for (unsigned i = 0; i < PACKETS_AT_ONCE; i++) {
        result = read_packet(channel);
        if (result == VMBUS_RING_EMPTY || result == VMBUS_RING_BROKEN)
            break;
    }
    if (result == VMBUS_RING_BROKEN)
        give_up(channel, "from");
    /* The host's thread reads what is left. */
    if (channel->ic.due != due || (result != VMBUS_RING_EMPTY && !channel->broken))
        wake_host(channel->bus);
}

static void ask(struct vmbus_channel *channel)
{
    struct vmbus *bus = channel->bus;
    const struct vmbus_time now = {reference_time(bus), bus->host.time_of_day(bus->host.context)};
    size_t size = vmbus_ic_question(&channel->ic, &now, bus->packet);
    enum vmbus_ring_result result;
    bool signal;

    if (!size)
        return;
    result = vmbus_ring_write(&channel->to_guest, bus->packet, size, &signal);
    if (result == VMBUS_RING_DONE)
        vmbus_ic_asked(&channel->ic, now.reference);
    else if (result == VMBUS_RING_FULL)
        channel->ic.due = now.reference + RETRY_PERIOD;
    else
        give_up(channel, "to");
    if (signal)
        signal_guest(channel);
}

uint64_t vmbus_channel_run(struct vmbus_channel *channel)
{
    if (!channel->open || channel->broken)
        return VMBUS_IC_NEVER;
    vmbus_channel_read(channel);
    if (!channel->broken)
        ask(channel);
    return channel->broken ? VMBUS_IC_NEVER : channel->ic.due;
}
