/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's side of a VMBus: see vmbus-guest.h. */
#include "tests/unit/vmbus-guest.h"

#include <string.h>

#include "vtl/vmbus.h"

#define FAST (1ull << 16)
#define REPS(count) ((uint64_t)(count) << 32)
#define PAGE 0x1000u

static struct vtl_vp *vp_of(const struct vmbus_guest *guest, unsigned vp)
{
    return &guest->partition->core->vps[vp];
}

static void set(struct vmbus_guest *guest, unsigned vp, uint32_t name, uint64_t value)
{
    struct smccc_registers registers = {
        {HV_CALL_SET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF,
         vp | (uint64_t)(HV_INPUT_VTL_USE | GUEST_VTL) << 32, name, 0, value, 0}};

    vtl_hypercall(vp_of(guest, 0), HVC_HYPERCALL, &registers);
}

static uint64_t time_of_day(void *context)
{
    return ((const struct vmbus_guest *)context)->host_time;
}

static void wake(void *context)
{
    ((struct vmbus_guest *)context)->wakes++;
}

static struct vmbus_host host_of(struct vmbus_guest *guest)
{
    return (struct vmbus_host){time_of_day, wake, guest};
}

void vmbus_guest_init(struct vmbus_guest *guest)
{
    const struct vmbus_host host = host_of(guest);

    *guest = (struct vmbus_guest){.partition = memory_partition_new(1 << 0 | 1 << GUEST_VTL,
                                                                    GUEST_VTL)};
    guest->partition->core->guest_os_id[GUEST_VTL] = 1;
    guest->bus = vmbus_new(guest->partition->core, GUEST_VTL, &host);
    for (unsigned vp = 0; vp < MEMORY_PARTITION_VPS; vp++) {
        set(guest, vp, HV_REGISTER_SCONTROL, HV_SCONTROL_ENABLE);
        set(guest, vp, HV_REGISTER_SINT0 + VMBUS_SINT, GUEST_PPI);
    }
    set(guest, 0, HV_REGISTER_SIMP, GUEST_SIMP | HV_PAGE_REGISTER_ENABLE);
    set(guest, 0, HV_REGISTER_SIEFP, GUEST_SIEFP | HV_PAGE_REGISTER_ENABLE);
    set(guest, 1, HV_REGISTER_SIEFP, (GUEST_SIEFP + PAGE) | HV_PAGE_REGISTER_ENABLE);
}

void vmbus_guest_clear(struct vmbus_guest *guest)
{
    memory_partition_free(guest->partition);
    vmbus_free(guest->bus);
}

void vmbus_guest_move(struct vmbus_guest *guest)
{
    const struct vmbus_host host = host_of(guest);

    memory_partition_move(guest->partition, &guest->bus, GUEST_VTL, &host);
}

static void may_move(struct vmbus_guest *guest)
{
    if (guest->moves)
        vmbus_guest_move(guest);
}

/* --- SynIC ------------------------------------------------------------------------------------ */

enum hv_status vmbus_guest_post(struct vmbus_guest *guest, uint32_t connection,
                                const void *message, size_t size)
{
    struct hv_message wrapped = {.type = VMBUS_SYNIC_MESSAGE, .payload_size = (uint8_t)size};

    memcpy(wrapped.payload, message, size);
    may_move(guest);
    return vtl_port_post(vp_of(guest, 0), connection, &wrapped);
}

uint32_t vmbus_guest_take(struct vmbus_guest *guest, unsigned sint, struct hv_message *message)
{
    struct hv_message *slot =
        (struct hv_message *)(void *)(guest->partition->ram + GUEST_SIMP) + sint;
    uint32_t type = 0;

    may_move(guest);
    *message = *slot;
    if (message->type != HV_MESSAGE_NONE)
        memcpy(&type, message->payload, sizeof(type));
    slot->type = HV_MESSAGE_NONE;
    set(guest, 0, HV_REGISTER_EOM, 0);
    return type;
}

bool vmbus_guest_take_flag(struct vmbus_guest *guest, unsigned vp, uint32_t relid)
{
    uint8_t *byte = guest->partition->ram + GUEST_SIEFP + vp * PAGE +
                    VMBUS_SINT * (HV_EVENT_FLAGS / 8) + relid / 8;
    bool is_set = *byte & 1u << relid % 8;

    *byte &= (uint8_t)~(1u << relid % 8);
    return is_set;
}

enum hv_status vmbus_guest_signal(struct vmbus_guest *guest, uint32_t relid)
{
    may_move(guest);
    return vtl_port_signal(vp_of(guest, 0), VMBUS_CHANNEL_CONNECTION(relid, GUEST_VTL), 0);
}

/* --- Messages --------------------------------------------------------------------------------- */

uint32_t vmbus_guest_ring(uint32_t relid, bool to_guest)
{
    return GUEST_RINGS + (2 * (relid - 1) + to_guest) * GUEST_RING_PAGES * PAGE;
}

void vmbus_guest_contact(struct vmbus_guest *guest, uint32_t connection, uint32_t version)
{
    struct vmbus_initiate_contact contact = {
        .header = {.type = VMBUS_INITIATE_CONTACT},
        .version = version,
        .sint = VMBUS_SINT,
        .vtl = GUEST_VTL,
    };

    vmbus_guest_post(guest, connection, &contact, sizeof(contact));
}

void vmbus_guest_request_offers(struct vmbus_guest *guest)
{
    const struct vmbus_header request = {.type = VMBUS_REQUEST_OFFERS};

    vmbus_guest_post(guest, VMBUS_CONNECTION_5_0, &request, sizeof(request));
}

void vmbus_guest_lend(struct vmbus_guest *guest, uint32_t relid)
{
    enum { PAGES = 2 * GUEST_RING_PAGES };
    const struct vmbus_gpadl_header header = {
        .header = {.type = VMBUS_GPADL_HEADER},
        .relid = relid,
        .gpadl = GUEST_GPADL(relid),
        .size = sizeof(struct vmbus_gpa_range) + PAGES * sizeof(uint64_t),
        .ranges = 1,
    };
    const struct vmbus_gpa_range range = {.size = PAGES * PAGE};
    uint8_t message[sizeof(header) + sizeof(range) + PAGES * sizeof(uint64_t)];
    uint64_t pages[PAGES];

    for (unsigned i = 0; i < PAGES; i++)
        pages[i] = vmbus_guest_ring(relid, false) / PAGE + i;
    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), &range, sizeof(range));
    memcpy(message + sizeof(header) + sizeof(range), pages, sizeof(pages));
    vmbus_guest_post(guest, VMBUS_CONNECTION_5_0, message, sizeof(message));
}

void vmbus_guest_open(struct vmbus_guest *guest, uint32_t relid, uint32_t vp)
{
    const struct vmbus_open_channel request = {
        .header = {.type = VMBUS_OPEN_CHANNEL},
        .relid = relid,
        .open_id = 7,
        .gpadl = GUEST_GPADL(relid),
        .vp = vp,
        .guest_offset = GUEST_RING_PAGES,
    };

    vmbus_guest_post(guest, VMBUS_CONNECTION_5_0, &request, sizeof(request));
}

/* --- Rings: the guest's half, simple and trusting ------------------------------------------- */

#define DATA_SIZE ((GUEST_RING_PAGES - 1) * PAGE)

static uint32_t *word(struct vmbus_guest *guest, uint32_t ring, uint32_t offset)
{
    return (uint32_t *)(void *)(guest->partition->ram + ring + offset);
}

static void put(struct vmbus_guest *guest, uint32_t ring, uint32_t *index, const void *bytes,
                size_t size)
{
    for (size_t i = 0; i < size; i++, *index = (*index + 1) % DATA_SIZE)
        guest->partition->ram[ring + PAGE + *index] = ((const uint8_t *)bytes)[i];
}

static void get(struct vmbus_guest *guest, uint32_t ring, uint32_t index, void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++, index = (index + 1) % DATA_SIZE)
        ((uint8_t *)bytes)[i] = guest->partition->ram[ring + PAGE + index];
}

void vmbus_guest_write(struct vmbus_guest *guest, uint32_t relid, const void *payload, size_t size)
{
    uint32_t ring = vmbus_guest_ring(relid, false);
    uint32_t index = *word(guest, ring, VMBUS_RING_WRITE);
    uint64_t trailer = (uint64_t)index << 32;
    const struct vmbus_packet packet = {
        .type = VMBUS_PACKET_INBAND,
        .offset = sizeof(packet) / VMBUS_PACKET_UNIT,
        .length = (uint16_t)((sizeof(packet) + size) / VMBUS_PACKET_UNIT),
    };

    put(guest, ring, &index, &packet, sizeof(packet));
    put(guest, ring, &index, payload, size);
    put(guest, ring, &index, &trailer, sizeof(trailer));
    *word(guest, ring, VMBUS_RING_WRITE) = index;
    vmbus_guest_signal(guest, relid);
}

size_t vmbus_guest_read(struct vmbus_guest *guest, uint32_t relid, void *payload, size_t room)
{
    uint32_t ring = vmbus_guest_ring(relid, true);
    uint32_t index = *word(guest, ring, VMBUS_RING_READ);
    struct vmbus_packet packet;
    size_t size;

    if (index == *word(guest, ring, VMBUS_RING_WRITE))
        return 0;
    get(guest, ring, index, &packet, sizeof(packet));
    size = packet.length * VMBUS_PACKET_UNIT - sizeof(packet);
    get(guest, ring, (index + sizeof(packet)) % DATA_SIZE, payload, MIN(size, room));
    *word(guest, ring, VMBUS_RING_READ) =
        (uint32_t)((index + sizeof(packet) + size + VMBUS_PACKET_TRAILER) % DATA_SIZE);
    return size;
}
