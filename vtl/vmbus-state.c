/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VMBus, saved and loaded: see vmbus.h and state.h. */
#include "smccc/hypercall.h"
#include "vtl/codec.h"
#include "vtl/synic.h"
#include "vtl/vmbus-private.h"
#include "vtl/vmbus.h"

/*
 * Of struct vmbus. Constant: lock, partition, vtl, host. Derived: buffers, from the messages that
 * wait. Scratch: packet. With tables of their own: gpadls, channel.
 */
static const struct codec_field fields[] = {
    CODEC_ANY(struct vmbus, version),
    CODEC_ANY(struct vmbus, vp),
    CODEC_UPTO(struct vmbus, sint, HV_SYNIC_SINTS - 1),
    CODEC_BOOL(struct vmbus, requested),
    CODEC_UPTO(struct vmbus, complaints, VMBUS_COMPLAINTS_MAX),
};

/* Of struct vmbus_channel; bus and relid are constant, rings and ic come then. */
static const struct codec_field channel_fields[] = {
    CODEC_BOOL(struct vmbus_channel, offered), CODEC_BOOL(struct vmbus_channel, open),
    CODEC_BOOL(struct vmbus_channel, broken),  CODEC_ANY(struct vmbus_channel, gpadl),
    CODEC_ANY(struct vmbus_channel, vp),
};

G_STATIC_ASSERT(sizeof(void *) != 8 || sizeof(struct vmbus_ring) == 40);
G_STATIC_ASSERT(sizeof(void *) != 8 ||
                sizeof(struct vmbus_channel) ==
                    24 + 2 * sizeof(struct vmbus_ring) + sizeof(struct vmbus_ic));
G_STATIC_ASSERT(sizeof(void *) != 8 ||
                sizeof(struct vmbus) == 80 + VMBUS_SERVICES * sizeof(struct vmbus_channel) +
                                            VMBUS_IC_PACKET_MAX);

/* --- Saving ----------------------------------------------------------------------------------- */

static void save_ring(const struct vmbus_ring *ring, struct codec_writer *writer)
{
    codec_write_u32(writer, ring->own);
    codec_write_u8(writer, ring->waits);
}

/* Rings there are in open channels only; where the second begins follows from the first. */
static void save_rings(const struct vmbus_channel *channel, struct codec_writer *writer)
{
    codec_write_u32(writer, channel->from_guest.size / HV_PAGE_SIZE + 1);
    save_ring(&channel->from_guest, writer);
    save_ring(&channel->to_guest, writer);
}

void vmbus_save(const struct vmbus *bus, struct codec_writer *writer)
{
    codec_write_fields(writer, bus, fields, G_N_ELEMENTS(fields));
    vmbus_gpadls_save(bus->gpadls, writer);
    for (unsigned i = 0; i < VMBUS_SERVICES; i++) {
        const struct vmbus_channel *channel = &bus->channel[i];

        codec_write_fields(writer, channel, channel_fields, G_N_ELEMENTS(channel_fields));
        vmbus_ic_save(&channel->ic, writer);
        if (channel->open)
            save_rings(channel, writer);
    }
}

/* --- Loading ---------------------------------------------------------------------------------- */

static void load_ring(struct vmbus_channel *channel, struct vmbus_ring *ring, const uint64_t *pages,
                      uint32_t count, struct codec_reader *reader)
{
    uint32_t own = codec_read_u32(reader, "index of a ring");
    bool waits = codec_read_bool(reader, "waits");

    ring->partition = channel->bus->partition;
    ring->vtl = channel->bus->vtl;
    codec_require(reader, vmbus_ring_reopen(ring, pages, count, own, waits), "index of a ring",
                  own, "it cannot be that");
}

static void load_rings(struct vmbus_channel *channel, struct codec_reader *reader)
{
    uint32_t offset = codec_read_u32(reader, "page of the second ring");
    const struct vmbus_gpadl *gpadl = vmbus_gpadl_find(channel->bus->gpadls, channel->gpadl);

    if (!gpadl || !vmbus_channel_fits(gpadl, channel->relid, offset)) {
        codec_fail(reader, "it is open with rings that are not lent, the second from page %u of "
                   "GPADL 0x%x on", offset, channel->gpadl);
        return;
    }
    load_ring(channel, &channel->from_guest, gpadl->pages, offset, reader);
    load_ring(channel, &channel->to_guest, gpadl->pages + offset, gpadl->count - offset, reader);
}

static void load_channel(struct vmbus_channel *channel, struct codec_reader *reader)
{
    const struct vmbus *bus = channel->bus;

    codec_at(reader, "VMBus of VTL%u, channel %u", bus->vtl, channel->relid);
    codec_read_fields(reader, channel, channel_fields, G_N_ELEMENTS(channel_fields));
    codec_require(reader, !channel->offered || bus->requested, "offered", channel->offered,
                  "nobody has asked for offers");
    codec_require(reader, !channel->open || channel->offered, "open", channel->open,
                  "it has not been offered");
    codec_require(reader, channel->vp < bus->partition->vp_count, "vp", channel->vp,
                  "there is no such VP");
    vmbus_ic_load(&channel->ic, reader);
    if (channel->open)
        load_rings(channel, reader);
}

static void check(const struct vmbus *bus, struct codec_reader *reader)
{
    codec_require(reader, !bus->version || vmbus_is_supported(bus->version), "version",
                  bus->version, "that is none of ours");
    codec_require(reader, bus->vp < bus->partition->vp_count, "vp", bus->vp, "there is no such VP");
    codec_require(reader, bus->sint > 0, "sint", bus->sint, "that is the hypervisor's");
    codec_require(reader, !bus->requested || bus->version, "requested", bus->requested,
                  "there is no connection");
}

bool vmbus_load(struct vmbus *bus, struct codec_reader *reader)
{
    codec_at(reader, "VMBus of VTL%u", bus->vtl);
    codec_read_fields(reader, bus, fields, G_N_ELEMENTS(fields));
    check(bus, reader);
    vmbus_gpadls_load(bus->gpadls, reader);
    for (unsigned i = 0; i < VMBUS_SERVICES && codec_is_good(reader); i++)
        load_channel(&bus->channel[i], reader);
    return codec_is_good(reader);
}
