/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMBus with a guest that does what it likes: sends messages, good, bad or anything, writes into
 * its rings, signals, and lets time pass. Whatever it does: lists and indices stay in their bounds, and
 * the host changes no memory but the SynIC's pages and the rings of open channels.
 *
 * The input is a list of actions: a byte for which, then what it needs.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/vmbus-guest.h"
#include "vtl/vmbus-private.h"

#define ACTIONS_MAX 300
#define MOVE_EVERY 16 /* so many actions the partition is saved and loaded */
#define PAGE 4096u
#define PAGES MEMORY_PARTITION_PAGES
#define ANSWER_MAX 2200u /* more than any question */
#define TIME_STEP_MAX (10u * VMBUS_IC_SECOND)

static struct vmbus_guest guest;
static uint8_t before[MEMORY_PARTITION_RAM];
static bool may_change[PAGES];

/* --- What must hold --------------------------------------------------------------------------- */

static void allow(uint64_t page)
{
    if (page < PAGES)
        may_change[page] = true;
}

/* Those of channels that are open now, too, as an action may open or close one. */
static void allow_rings(void)
{
    for (unsigned i = 0; i < VMBUS_SERVICES; i++) {
        const struct vmbus_channel *channel = &guest.bus->channel[i];
        const struct vmbus_gpadl *gpadl =
            channel->open ? vmbus_gpadl_find(guest.bus->gpadls, channel->gpadl) : NULL;

        for (uint32_t j = 0; gpadl && j < gpadl->count; j++)
            allow(gpadl->pages[j]);
    }
}

static void begin(void)
{
    memcpy(before, guest.partition->ram, sizeof(before));
    memset(may_change, 0, sizeof(may_change));
    allow(GUEST_SIMP / PAGE);
    allow(GUEST_SIEFP / PAGE);
    allow(GUEST_SIEFP / PAGE + 1);
    allow_rings();
}

static void check_ring(const struct vmbus_ring *ring)
{
    FUZZ_CHECK(ring->own < ring->size && ring->own % VMBUS_PACKET_UNIT == 0);
}

static void check_channel(const struct vmbus_channel *channel)
{
    const struct vmbus_gpadl *gpadl;

    if (!channel->open)
        return;
    gpadl = vmbus_gpadl_find(guest.bus->gpadls, channel->gpadl);
    FUZZ_CHECK(channel->offered && gpadl && gpadl->relid == channel->relid);
    FUZZ_CHECK(gpadl->filled == gpadl->count && channel->vp < MEMORY_PARTITION_VPS);
    FUZZ_CHECK(channel->from_guest.pages == gpadl->pages);
    FUZZ_CHECK(channel->from_guest.size + channel->to_guest.size == (gpadl->count - 2) * PAGE);
    check_ring(&channel->from_guest);
    check_ring(&channel->to_guest);
}

static void end(void)
{
    const GPtrArray *gpadls = guest.bus->gpadls;

    allow_rings();
    for (unsigned i = 0; i < PAGES; i++)
        FUZZ_CHECK(may_change[i] ||
                   !memcmp(before + i * PAGE, guest.partition->ram + i * PAGE, PAGE));
    FUZZ_CHECK(gpadls->len <= VMBUS_GPADLS_MAX && guest.bus->buffers.used <= SYNIC_QUEUE_LENGTH);
    for (guint i = 0; i < gpadls->len; i++) {
        const struct vmbus_gpadl *gpadl = g_ptr_array_index(gpadls, i);

        FUZZ_CHECK(gpadl->id && gpadl->filled <= gpadl->count &&
                   gpadl->count <= VMBUS_GPADL_PAGES_MAX);
    }
    for (unsigned i = 0; i < VMBUS_SERVICES; i++)
        check_channel(&guest.bus->channel[i]);
}

/* --- Actions ---------------------------------------------------------------------------------- */

static uint32_t take_u32(struct fuzz_input *input)
{
    uint32_t value;

    fuzz_take(input, &value, sizeof(value));
    return value;
}

static uint32_t take_relid(struct fuzz_input *input)
{
    return 1 + fuzz_u8(input) % VMBUS_SERVICES;
}

static void connect_bus(struct fuzz_input *input)
{
    static const uint32_t versions[] = {VMBUS_VERSION_5_3, VMBUS_VERSION_4_0, VMBUS_VERSION_5_0,
                                        VMBUS_VERSION(6, 0)};

    vmbus_guest_contact(&guest, VMBUS_CONNECTION_5_0,
                        versions[fuzz_u8(input) % G_N_ELEMENTS(versions)]);
    vmbus_guest_request_offers(&guest);
}

static void open_channel(struct fuzz_input *input)
{
    uint32_t relid = take_relid(input);

    vmbus_guest_lend(&guest, relid);
    vmbus_guest_open(&guest, relid, fuzz_u8(input) % 2);
}

/* Any message, or one that is right in its type and channel. */
static void any_message(struct fuzz_input *input)
{
    static const uint32_t connections[] = {VMBUS_CONNECTION_5_0, VMBUS_CONNECTION,
                                           VMBUS_CONNECTION_REDIRECT};
    uint32_t connection = connections[fuzz_u8(input) % G_N_ELEMENTS(connections)];
    uint8_t message[HV_MESSAGE_PAYLOAD] = {0};
    size_t size = fuzz_u8(input) % (sizeof(message) + 1);

    message[0] = fuzz_u8(input) % (VMBUS_MESSAGES + 2);
    if (size > sizeof(struct vmbus_header))
        fuzz_take(input, message + sizeof(struct vmbus_header),
                  size - sizeof(struct vmbus_header));
    vmbus_guest_post(&guest, connection, message, size);
}

static void short_message(struct fuzz_input *input)
{
    static const uint8_t types[] = {VMBUS_CLOSE_CHANNEL, VMBUS_GPADL_TEARDOWN, VMBUS_UNLOAD,
                                    VMBUS_MODIFY_CHANNEL, VMBUS_RELID_RELEASED};
    const uint8_t type = types[fuzz_u8(input) % G_N_ELEMENTS(types)];
    uint32_t relid = take_relid(input);
    const uint32_t message[] = {type, 0, relid,
                                type == VMBUS_GPADL_TEARDOWN ? GUEST_GPADL(relid) : fuzz_u8(input)};

    vmbus_guest_post(&guest, VMBUS_CONNECTION_5_0, message, sizeof(message));
}

static void take_messages(struct fuzz_input *input)
{
    unsigned times = fuzz_u8(input) % 20;
    struct hv_message message;

    for (unsigned i = 0; i < times; i++) {
        vmbus_guest_take(&guest, VMBUS_SINT, &message);
        FUZZ_CHECK(message.payload_size <= HV_MESSAGE_PAYLOAD);
    }
}

static void any_ring_word(struct fuzz_input *input)
{
    uint32_t ring = vmbus_guest_ring(take_relid(input), fuzz_u8(input) & 1);
    uint32_t offset = fuzz_u8(input) % 17 * 4, value = take_u32(input);

    memcpy(guest.partition->ram + ring + offset, &value, sizeof(value));
}

static void likely_ring_index(struct fuzz_input *input)
{
    uint32_t ring = vmbus_guest_ring(take_relid(input), fuzz_u8(input) & 1);
    uint32_t offset = fuzz_u8(input) % 4 * 4, value = fuzz_u16(input) % 513 * 8;

    memcpy(guest.partition->ram + ring + offset, &value, sizeof(value));
}

static void ring_data(struct fuzz_input *input)
{
    uint32_t ring = vmbus_guest_ring(take_relid(input), fuzz_u8(input) & 1);
    uint32_t offset = fuzz_u16(input) % PAGE / 8 * 8, size = fuzz_u8(input) % 64;

    fuzz_take(input, guest.partition->ram + ring + PAGE + offset, MIN(size, PAGE - offset));
}

/* The host's question comes back as an answer, more or less. */
static void reply(struct fuzz_input *input)
{
    uint8_t packet[VMBUS_IC_PACKET_MAX] = {0};
    uint32_t relid = take_relid(input), own = vmbus_guest_ring(relid, false);
    uint32_t *index = (uint32_t *)(void *)(guest.partition->ram + own + VMBUS_RING_WRITE);
    uint32_t *theirs = (uint32_t *)(void *)(guest.partition->ram + vmbus_guest_ring(relid, true));
    uint8_t at = fuzz_u8(input), bits = fuzz_u8(input);
    size_t size;

    /* The guest's half of the fixture trusts its own indices. */
    if (*index >= PAGE || theirs[0] >= PAGE || theirs[1] >= PAGE)
        return;
    size = vmbus_guest_read(&guest, relid, packet, sizeof(packet));
    size = MIN(size, ANSWER_MAX) / VMBUS_PACKET_UNIT * VMBUS_PACKET_UNIT;
    packet[sizeof(struct vmbus_pipe_header) + offsetof(struct vmbus_ic_header, flags)] =
        VMBUS_IC_TRANSACTION | VMBUS_IC_RESPONSE;
    packet[at] ^= bits;
    vmbus_guest_write(&guest, relid, packet, size);
}

static void signal_host(struct fuzz_input *input)
{
    vmbus_guest_signal(&guest, take_relid(input));
}

static void pass_time(struct fuzz_input *input)
{
    uint64_t next;

    guest.partition->time += take_u32(input) % TIME_STEP_MAX;
    next = vmbus_run(guest.bus);
    /* Unless something is left to be read, nothing is due at once: the host would never sleep. */
    FUZZ_CHECK(next > guest.partition->time || guest.wakes);
    guest.wakes = 0;
}

static void shut_down(struct fuzz_input *input)
{
    (void)input;
    vmbus_shut_down(guest.bus);
}

static const struct {
    void (*act)(struct fuzz_input *input);
    bool scribbles; /* into the guest's own memory */
} actions[] = {
    {open_channel, false},      {any_message, false}, {short_message, false}, {take_messages, true},
    {any_ring_word, true},      {ring_data, true},    {reply, true},          {signal_host, false},
    {likely_ring_index, true},  {pass_time, false},   {shut_down, false},     {connect_bus, false},
};

static void ignore_log(const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
    (void)domain;
    (void)level;
    (void)text;
    (void)data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};

    g_log_set_default_handler(ignore_log, NULL);
    vmbus_guest_init(&guest);
    connect_bus(&input);
    for (unsigned i = 0; i < ACTIONS_MAX && input.size; i++) {
        unsigned choice = fuzz_u8(&input) % G_N_ELEMENTS(actions);

        begin();
        for (unsigned page = 0; page < PAGES && actions[choice].scribbles; page++)
            may_change[page] = true;
        actions[choice].act(&input);
        if (i % MOVE_EVERY == MOVE_EVERY - 1)
            vmbus_guest_move(&guest);
        end();
    }
    vmbus_guest_clear(&guest);
    return 0;
}
