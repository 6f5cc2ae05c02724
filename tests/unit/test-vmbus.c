/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMBus: messages, GPADLs, channels, rings, integration services, with good and hostile guests. */
#include <string.h>

#include "tests/unit/unit.h"
#include "tests/unit/vmbus-guest.h"
#include "vtl/vmbus-gpadl.h"
#include "vtl/vmbus-ring.h"
#include "vtl/vmbus.h"

#define RELID(service) ((service) + 1u)
#define SECOND VMBUS_IC_SECOND
#define PAGE 4096u

static struct vmbus_guest guest;
static unsigned warnings;

static void count_warning(const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
    (void)domain;
    (void)text;
    (void)data;
    warnings += (level & G_LOG_LEVEL_WARNING) != 0;
}

static void set_up(void)
{
    warnings = 0;
    g_log_set_default_handler(count_warning, NULL);
    vmbus_guest_init(&guest);
}

static void tear_down(void)
{
    vmbus_guest_clear(&guest);
}

/* Takes the next message, which is of this type. */
static void expect(enum vmbus_message_type type, struct hv_message *message)
{
    ck_assert_uint_eq(vmbus_guest_take(&guest, VMBUS_SINT, message), type);
    ck_assert_uint_eq(message->type, VMBUS_SYNIC_MESSAGE);
}

static void expect_nothing(void)
{
    struct hv_message message;

    ck_assert_uint_eq(vmbus_guest_take(&guest, VMBUS_SINT, &message), 0);
}

static void post(const void *message, size_t size)
{
    ck_assert_uint_eq(vmbus_guest_post(&guest, VMBUS_CONNECTION_5_0, message, size),
                      HV_STATUS_SUCCESS);
}

static void connect_version(uint32_t version)
{
    struct hv_message message;

    vmbus_guest_contact(&guest, VMBUS_CONNECTION_5_0, version);
    expect(VMBUS_VERSION_RESPONSE, &message);
    vmbus_guest_request_offers(&guest);
    for (unsigned i = 0; i < VMBUS_SERVICES; i++)
        expect(VMBUS_OFFER_CHANNEL, &message);
    expect(VMBUS_ALL_OFFERS_DELIVERED, &message);
}

static void set_up_connected(void)
{
    set_up();
    connect_version(VMBUS_VERSION_5_3);
}

/* Of which nobody notices anything. */
static void set_up_moving(void)
{
    set_up();
    guest.moves = true;
    connect_version(VMBUS_VERSION_5_3);
}

static uint32_t status_of(enum vmbus_message_type type)
{
    struct vmbus_open_result result; /* others have it in the same place, or before */
    struct hv_message message;

    expect(type, &message);
    memcpy(&result, message.payload, sizeof(result));
    return type == VMBUS_MODIFY_CHANNEL_RESPONSE ? result.open_id : result.status;
}

static void open_channel(uint32_t relid)
{
    memset(guest.partition->ram + vmbus_guest_ring(relid, false), 0, PAGE);
    memset(guest.partition->ram + vmbus_guest_ring(relid, true), 0, PAGE);
    vmbus_guest_lend(&guest, relid);
    ck_assert_uint_eq(status_of(VMBUS_GPADL_CREATED), 0);
    vmbus_guest_open(&guest, relid, 0);
    ck_assert_uint_eq(status_of(VMBUS_OPEN_CHANNEL_RESULT), 0);
}

static void close_channel(uint32_t relid)
{
    const struct vmbus_relid closing = {.header = {.type = VMBUS_CLOSE_CHANNEL}, .relid = relid};
    const struct vmbus_gpadl_teardown teardown = {
        .header = {.type = VMBUS_GPADL_TEARDOWN}, .relid = relid, .gpadl = GUEST_GPADL(relid)};
    struct hv_message message;

    post(&closing, sizeof(closing));
    post(&teardown, sizeof(teardown));
    expect(VMBUS_GPADL_TORNDOWN, &message);
}

/* --- Connection ------------------------------------------------------------------------------- */

START_TEST(versions_are_negotiated)
{
    static const struct {
        uint32_t connection, version;
        bool supported;
        uint32_t further;
    } rows[] = {
        {VMBUS_CONNECTION, VMBUS_VERSION_4_0, true, 0},
        {VMBUS_CONNECTION, VMBUS_VERSION_4_1, true, 0},
        {VMBUS_CONNECTION_5_0, VMBUS_VERSION_5_0, true, VMBUS_CONNECTION_5_0},
        {VMBUS_CONNECTION_5_0, VMBUS_VERSION_5_3, true, VMBUS_CONNECTION_5_0},
        {VMBUS_CONNECTION_REDIRECT, VMBUS_VERSION_5_3, true, VMBUS_CONNECTION_REDIRECT},
        {VMBUS_CONNECTION_REDIRECT, VMBUS_VERSION(6, 0), false, VMBUS_CONNECTION_REDIRECT},
        {VMBUS_CONNECTION, VMBUS_VERSION(3, 0), false, 0},
        {VMBUS_CONNECTION, 0, false, 0},
        {VMBUS_CONNECTION_5_0, UINT32_MAX, false, VMBUS_CONNECTION_5_0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct vmbus_version_response response;
        struct hv_message message;

        vmbus_guest_contact(&guest, rows[i].connection, rows[i].version);
        expect(VMBUS_VERSION_RESPONSE, &message);
        ck_assert_uint_eq(message.payload_size, sizeof(response));
        memcpy(&response, message.payload, sizeof(response));
        ck_assert_msg(response.supported == rows[i].supported, "row %zu", i);
        ck_assert_uint_eq(response.connection, rows[i].further);
    }
    ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(contact_elsewhere)
{
    struct vmbus_initiate_contact contact = {
        .header = {.type = VMBUS_INITIATE_CONTACT}, .version = VMBUS_VERSION_5_3,
        .sint = VMBUS_SINT, .vtl = 0};
    struct vmbus_version_response response;
    struct hv_message message;

    /* Another VTL must not get them. */
    post(&contact, sizeof(contact));
    expect(VMBUS_VERSION_RESPONSE, &message);
    memcpy(&response, message.payload, sizeof(response));
    ck_assert(!response.supported);
    contact.vtl = GUEST_VTL;
    contact.sint = 0;
    post(&contact, sizeof(contact));
    contact.sint = HV_SYNIC_SINTS;
    post(&contact, sizeof(contact));
    contact.sint = VMBUS_SINT;
    contact.vp = MEMORY_PARTITION_VPS;
    post(&contact, sizeof(contact));
    expect_nothing();
    ck_assert_uint_eq(warnings, 3);
}
END_TEST

START_TEST(connections_are_the_bus_owners)
{
    struct hv_message message = {.type = VMBUS_SYNIC_MESSAGE, .payload_size = 8};
    struct vtl_vp *vp = &guest.partition->core->vps[0];

    vp->active = 0;
    ck_assert_uint_eq(vtl_port_post(vp, VMBUS_CONNECTION_5_0, &message),
                      HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(vtl_port_signal(vp, VMBUS_CHANNEL_CONNECTION(1, GUEST_VTL), 0),
                      HV_STATUS_INVALID_CONNECTION_ID);
    vp->active = GUEST_VTL;
    message.type = 2;
    ck_assert_uint_eq(vtl_port_post(vp, VMBUS_CONNECTION_5_0, &message),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(offers)
{
    static const uint8_t heartbeat[] = {0x39, 0x4f, 0x16, 0x57};
    struct vmbus_offer_channel offer;
    struct hv_message message;

    vmbus_guest_request_offers(&guest); /* too early */
    expect_nothing();
    vmbus_guest_contact(&guest, VMBUS_CONNECTION_5_0, VMBUS_VERSION_5_3);
    expect(VMBUS_VERSION_RESPONSE, &message);
    vmbus_guest_request_offers(&guest);
    for (unsigned i = 0; i < VMBUS_SERVICES; i++) {
        expect(VMBUS_OFFER_CHANNEL, &message);
        ck_assert_uint_eq(message.payload_size, 196);
        memcpy(&offer, message.payload, sizeof(offer));
        ck_assert_uint_eq(offer.relid, i + 1);
        ck_assert_uint_eq(offer.dedicated, 1);
        ck_assert_uint_eq(offer.connection, 0x22001 + i);
        if (i == VMBUS_HEARTBEAT)
            ck_assert_mem_eq(offer.type, heartbeat, sizeof(heartbeat));
    }
    expect(VMBUS_ALL_OFFERS_DELIVERED, &message);
    vmbus_guest_request_offers(&guest); /* once is enough */
    expect_nothing();
    ck_assert_uint_eq(warnings, 2);
}
END_TEST

/*
 * Messages of every type and length, with and without a connection: those too short do nothing.
 * To move takes much longer than a message. What one leaves behind is still there when the bus moves
 * with a later one, and of each type other lengths do that.
 */
#define MESSAGES_A_MOVE 13

START_TEST(malformed_messages)
{
    const bool moves = guest.moves;
    uint8_t message[HV_MESSAGE_PAYLOAD] = {0};
    struct hv_message answer;
    unsigned count = 0;

    for (uint32_t type = 0; type < VMBUS_MESSAGES + 8; type++) {
        memcpy(message, &type, sizeof(type));
        for (size_t size = 0; size <= sizeof(message); size++) {
            if (type == VMBUS_INITIATE_CONTACT || type == VMBUS_UNLOAD ||
                type == VMBUS_REQUEST_OFFERS)
                continue;
            guest.moves = moves && count++ % MESSAGES_A_MOVE == 0;
            if (vmbus_guest_post(&guest, VMBUS_CONNECTION_5_0, message, size) != HV_STATUS_SUCCESS)
                ck_abort_msg("message %u of %zu bytes: refused", type, size);
            while (vmbus_guest_take(&guest, VMBUS_SINT, &answer))
                if (answer.payload_size < 16)
                    ck_abort_msg("message %u of %zu bytes: short answer", type, size);
        }
    }
    guest.moves = moves;
    ck_assert_uint_eq(warnings, 10); /* and no more of them */
}
END_TEST

START_TEST(who_does_not_listen_must_not_speak)
{
    const struct vmbus_gpadl_header bad = {.header = {.type = VMBUS_GPADL_HEADER}, .relid = 1};
    struct hv_message message;
    unsigned sent = 0;

    while (vmbus_guest_post(&guest, VMBUS_CONNECTION_5_0, &bad, sizeof(bad)) == HV_STATUS_SUCCESS)
        sent++;
    ck_assert_uint_ge(sent, SYNIC_QUEUE_LENGTH - VMBUS_SERVICES - 1);
    ck_assert_uint_eq(vmbus_guest_post(&guest, VMBUS_CONNECTION_5_0, &bad, sizeof(bad)),
                      HV_STATUS_INSUFFICIENT_BUFFERS);
    for (unsigned i = 0; i < sent; i++)
        expect(VMBUS_GPADL_CREATED, &message);
    expect_nothing();
    post(&bad, sizeof(bad));
    expect(VMBUS_GPADL_CREATED, &message);
}
END_TEST

START_TEST(unload_clears)
{
    const struct vmbus_header unload = {.type = VMBUS_UNLOAD};
    struct hv_message message;

    open_channel(RELID(VMBUS_HEARTBEAT));
    post(&unload, sizeof(unload));
    expect(VMBUS_UNLOAD_RESPONSE, &message);
    ck_assert_uint_eq(vmbus_run(guest.bus), VMBUS_IC_NEVER);
    vmbus_guest_lend(&guest, RELID(VMBUS_HEARTBEAT));
    expect_nothing();
    connect_version(VMBUS_VERSION_4_0);
    open_channel(RELID(VMBUS_HEARTBEAT));
    /* A kernel that follows without a word finds nothing of the one before. */
    connect_version(VMBUS_VERSION_5_3);
    open_channel(RELID(VMBUS_HEARTBEAT));
}
END_TEST

/* What the kernel before has not taken is not for the next one. */
START_TEST(contact_drops_old_answers)
{
    struct hv_message message;

    for (unsigned i = 0; i < 5; i++)
        vmbus_guest_lend(&guest, 99);
    vmbus_guest_contact(&guest, VMBUS_CONNECTION_5_0, VMBUS_VERSION_5_3);
    expect(VMBUS_GPADL_CREATED, &message); /* was in the slot */
    expect(VMBUS_VERSION_RESPONSE, &message);
    expect_nothing();
}
END_TEST

/* --- GPADLs ----------------------------------------------------------------------------------- */

struct gpadl_message {
    struct vmbus_gpadl_header header;
    uint32_t range[2]; /* size, offset */
    uint32_t pages[40];
};

static struct gpadl_message make_gpadl(uint32_t relid, uint32_t id, uint32_t pages)
{
    return (struct gpadl_message){
        .header = {.header = {.type = VMBUS_GPADL_HEADER}, .relid = relid, .gpadl = id,
                   .size = (uint16_t)(8 + 8 * pages), .ranges = 1},
        .range = {pages * PAGE, 0},
    };
}

static uint32_t lend(const struct gpadl_message *message, unsigned pages)
{
    post(message, sizeof(message->header) + sizeof(message->range) + pages * sizeof(uint64_t));
    return status_of(VMBUS_GPADL_CREATED);
}

START_TEST(gpadls)
{
    struct gpadl_message message = make_gpadl(1, 5, 4);

    ck_assert_uint_eq(lend(&message, 4), 0);
    ck_assert_uint_ne(lend(&message, 4), 0); /* in use */
    message = make_gpadl(9, 6, 4);
    ck_assert_uint_ne(lend(&message, 4), 0); /* no such channel */
    message = make_gpadl(1, 0, 4);
    ck_assert_uint_ne(lend(&message, 4), 0); /* no number */
    message = make_gpadl(1, 6, 4);
    message.header.ranges = 2;
    ck_assert_uint_ne(lend(&message, 4), 0);
    message = make_gpadl(1, 6, 4);
    message.range[1] = 8; /* not whole pages */
    ck_assert_uint_ne(lend(&message, 4), 0);
    message = make_gpadl(1, 6, 4);
    message.header.size += 8; /* the sizes contradict each other */
    ck_assert_uint_ne(lend(&message, 4), 0);
    message = make_gpadl(1, 6, 4);
    ck_assert_uint_ne(lend(&message, 5), 0); /* more than there are */
    message = make_gpadl(1, 6, 4);
    message.pages[1] = 0x100000; /* page 2^52 */
    ck_assert_uint_ne(lend(&message, 4), 0);
    message = make_gpadl(1, 6, VMBUS_GPADL_PAGES_MAX + 1);
    ck_assert_uint_ne(lend(&message, 4), 0);
    message = make_gpadl(1, 6, 4);
    ck_assert_uint_eq(lend(&message, 4), 0); /* nothing is left of all these */
}
END_TEST

START_TEST(gpadls_have_a_limit)
{
    struct gpadl_message message;

    for (uint32_t id = 1; id <= VMBUS_GPADLS_MAX; id++) {
        message = make_gpadl(1, id, 1);
        ck_assert_uint_eq(lend(&message, 1), 0);
    }
    message = make_gpadl(1, VMBUS_GPADLS_MAX + 1, 1);
    ck_assert_uint_ne(lend(&message, 1), 0);
}
END_TEST

START_TEST(gpadls_in_parts)
{
    struct gpadl_message message = make_gpadl(1, 5, 6);
    struct {
        struct vmbus_gpadl_body body;
        uint64_t pages[4];
    } part = {.body = {.header = {.type = VMBUS_GPADL_BODY}, .gpadl = 5}};

    post(&message, sizeof(message.header) + sizeof(message.range) + 3 * sizeof(uint64_t));
    expect_nothing();
    vmbus_guest_open(&guest, 1, 0); /* not complete, and another number */
    ck_assert_uint_ne(status_of(VMBUS_OPEN_CHANNEL_RESULT), 0);
    post(&part, sizeof(part.body) + 2 * sizeof(uint64_t));
    expect_nothing();
    post(&part, sizeof(part.body) + 1 * sizeof(uint64_t));
    ck_assert_uint_eq(status_of(VMBUS_GPADL_CREATED), 0);
    post(&part, sizeof(part.body) + 1 * sizeof(uint64_t)); /* it is complete */
    expect_nothing();
    part.body.gpadl = 6; /* there is none */
    post(&part, sizeof(part.body) + 1 * sizeof(uint64_t));
    expect_nothing();
    message = make_gpadl(1, 6, 6);
    post(&message, sizeof(message.header) + sizeof(message.range) + 3 * sizeof(uint64_t));
    post(&part, sizeof(part)); /* more than there are */
    ck_assert_uint_ne(status_of(VMBUS_GPADL_CREATED), 0);
    post(&message, sizeof(message.header) + sizeof(message.range) + 3 * sizeof(uint64_t));
    post(&part, sizeof(part.body) + 4); /* half a number */
    ck_assert_uint_ne(status_of(VMBUS_GPADL_CREATED), 0);
}
END_TEST

START_TEST(pages_in_use_stay)
{
    struct vmbus_gpadl_teardown teardown = {
        .header = {.type = VMBUS_GPADL_TEARDOWN}, .relid = 1, .gpadl = GUEST_GPADL(1)};

    open_channel(1);
    post(&teardown, sizeof(teardown));
    expect_nothing();
    teardown.gpadl = 77;
    post(&teardown, sizeof(teardown));
    expect_nothing();
    ck_assert_uint_eq(warnings, 2);
    close_channel(1);
    open_channel(1);
}
END_TEST

/* --- Channels --------------------------------------------------------------------------------- */

START_TEST(channels_that_cannot_be_opened)
{
    struct vmbus_open_channel request = {
        .header = {.type = VMBUS_OPEN_CHANNEL}, .relid = 1, .gpadl = GUEST_GPADL(1)};
    static const uint32_t offsets[] = {0, 1, 3, 4, 5, UINT32_MAX};
    struct gpadl_message elsewhere = make_gpadl(1, 5, 4);

    vmbus_guest_lend(&guest, 1);
    ck_assert_uint_eq(status_of(VMBUS_GPADL_CREATED), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        request.guest_offset = offsets[i];
        post(&request, sizeof(request));
        ck_assert_uint_ne(status_of(VMBUS_OPEN_CHANNEL_RESULT), 0);
    }
    request.guest_offset = 2;
    request.vp = MEMORY_PARTITION_VPS;
    post(&request, sizeof(request));
    ck_assert_uint_ne(status_of(VMBUS_OPEN_CHANNEL_RESULT), 0);
    request.vp = 0;
    request.relid = 2; /* these pages are the other channel's */
    post(&request, sizeof(request));
    ck_assert_uint_ne(status_of(VMBUS_OPEN_CHANNEL_RESULT), 0);
    for (unsigned i = 0; i < 4; i++)
        elsewhere.pages[2 * i] = MEMORY_PARTITION_PAGES + i; /* where no memory is */
    ck_assert_uint_eq(lend(&elsewhere, 4), 0);
    request.relid = 1;
    request.gpadl = 5;
    post(&request, sizeof(request));
    ck_assert_uint_ne(status_of(VMBUS_OPEN_CHANNEL_RESULT), 0);
    request.gpadl = GUEST_GPADL(1);
    post(&request, sizeof(request));
    ck_assert_uint_eq(status_of(VMBUS_OPEN_CHANNEL_RESULT), 0);
    post(&request, sizeof(request)); /* twice */
    ck_assert_uint_ne(status_of(VMBUS_OPEN_CHANNEL_RESULT), 0);
}
END_TEST

START_TEST(channels_change_their_vp)
{
    struct vmbus_modify_channel modify = {
        .header = {.type = VMBUS_MODIFY_CHANNEL}, .relid = 1, .vp = 1};

    open_channel(1);
    post(&modify, sizeof(modify));
    ck_assert_uint_eq(status_of(VMBUS_MODIFY_CHANNEL_RESPONSE), 0);
    vmbus_run(guest.bus);
    ck_assert(vmbus_guest_take_flag(&guest, 1, 1));
    ck_assert(!vmbus_guest_take_flag(&guest, 0, 1));
    ck_assert_uint_eq(guest.partition->interrupt[1][GUEST_VTL].intid, GUEST_PPI);
    modify.vp = MEMORY_PARTITION_VPS;
    post(&modify, sizeof(modify));
    ck_assert_uint_ne(status_of(VMBUS_MODIFY_CHANNEL_RESPONSE), 0);
    connect_version(VMBUS_VERSION_5_2);
    open_channel(1);
    modify.vp = 1;
    post(&modify, sizeof(modify));
    expect_nothing(); /* that version has no answer */
}
END_TEST

START_TEST(channels_given_back)
{
    const struct vmbus_relid released = {.header = {.type = VMBUS_RELID_RELEASED}, .relid = 2};

    post(&released, sizeof(released));
    vmbus_guest_lend(&guest, 2);
    ck_assert_uint_ne(status_of(VMBUS_GPADL_CREATED), 0);
    post(&released, sizeof(released));
    ck_assert_uint_eq(warnings, 2);
    connect_version(VMBUS_VERSION_5_3);
    open_channel(2);
}
END_TEST

/* --- Integration services --------------------------------------------------------------------- */

#define IC_AT sizeof(struct vmbus_pipe_header)
#define BODY_AT (IC_AT + sizeof(struct vmbus_ic_header))

/* Takes the host's question, of this type; returns its size. */
static size_t hear(uint32_t relid, enum vmbus_ic_type type, uint8_t packet[VMBUS_IC_PACKET_MAX])
{
    struct vmbus_ic_header header;
    size_t size = vmbus_guest_read(&guest, relid, packet, VMBUS_IC_PACKET_MAX);

    ck_assert_uint_ge(size, BODY_AT);
    memcpy(&header, packet + IC_AT, sizeof(header));
    ck_assert_uint_eq(header.type, type);
    ck_assert_uint_eq(header.flags, VMBUS_IC_TRANSACTION | VMBUS_IC_REQUEST);
    ck_assert_uint_le(BODY_AT + header.size, size);
    return size;
}

static void answer(uint32_t relid, uint8_t *packet, size_t size, uint32_t status)
{
    struct vmbus_ic_header header;

    memcpy(&header, packet + IC_AT, sizeof(header));
    header.flags = VMBUS_IC_TRANSACTION | VMBUS_IC_RESPONSE;
    header.status = status;
    memcpy(packet + IC_AT, &header, sizeof(header));
    vmbus_guest_write(&guest, relid, packet, size);
}

static void answer_versions(uint32_t relid, struct vmbus_ic_version version)
{
    const struct vmbus_ic_negotiate chosen = {.frameworks = 1, .versions = 1};
    const struct vmbus_ic_version versions[] = {{3, 0}, version};
    uint8_t packet[VMBUS_IC_PACKET_MAX];
    size_t size;

    vmbus_run(guest.bus);
    size = hear(relid, VMBUS_IC_NEGOTIATE, packet);
    memcpy(packet + BODY_AT, &chosen, sizeof(chosen));
    memcpy(packet + BODY_AT + sizeof(chosen), versions, sizeof(versions));
    answer(relid, packet, size, 0);
}

static void start_service(enum vmbus_service service, uint16_t major)
{
    open_channel(RELID(service));
    ck_assert_uint_gt(guest.wakes, 0);
    answer_versions(RELID(service), (struct vmbus_ic_version){major, 0});
}

static uint64_t run_at(uint64_t time)
{
    guest.partition->time = time;
    return vmbus_run(guest.bus);
}

static void beat(uint64_t sequence)
{
    const uint32_t relid = RELID(VMBUS_HEARTBEAT);
    uint8_t packet[VMBUS_IC_PACKET_MAX];
    size_t size = hear(relid, VMBUS_IC_HEARTBEAT, packet);
    uint64_t found;

    memcpy(&found, packet + BODY_AT, sizeof(found));
    ck_assert_uint_eq(found, sequence);
    found++;
    memcpy(packet + BODY_AT, &found, sizeof(found));
    answer(relid, packet, size, 0);
}

/* As long as it takes the rings to wrap some times. */
START_TEST(heartbeats)
{
    uint64_t next;

    start_service(VMBUS_HEARTBEAT, 3);
    for (uint64_t i = 0; i < 500; i++) {
        next = run_at(i * VMBUS_HEARTBEAT_PERIOD);
        ck_assert_uint_eq(next, (i + 1) * VMBUS_HEARTBEAT_PERIOD);
        ck_assert(vmbus_guest_take_flag(&guest, 0, RELID(VMBUS_HEARTBEAT)));
        beat(i);
    }
    ck_assert_uint_eq(vmbus_count(guest.bus).heartbeats, 500);
    ck_assert_uint_eq(vmbus_count(guest.bus).missed, 0);
    ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(lost_heartbeats)
{
    unsigned i;

    start_service(VMBUS_HEARTBEAT, 3);
    for (i = 0; i <= VMBUS_HEARTBEATS_LOST; i++) {
        ck_assert_uint_eq(warnings, 0);
        run_at(i * VMBUS_HEARTBEAT_PERIOD);
    }
    ck_assert_uint_eq(warnings, 1);
    ck_assert_uint_eq(vmbus_count(guest.bus).missed, VMBUS_HEARTBEATS_LOST);
    beat(0); /* one question only has been asked */
    ck_assert_uint_eq(warnings, 2);
    run_at(++i * VMBUS_HEARTBEAT_PERIOD);
    beat(1);
    ck_assert_uint_eq(vmbus_count(guest.bus).heartbeats, 2);
}
END_TEST

START_TEST(wrong_answers)
{
    const uint32_t relid = RELID(VMBUS_HEARTBEAT);
    uint8_t packet[VMBUS_IC_PACKET_MAX];
    size_t size;

    start_service(VMBUS_HEARTBEAT, 3);
    run_at(0);
    size = hear(relid, VMBUS_IC_HEARTBEAT, packet);
    vmbus_guest_write(&guest, relid, packet, size); /* a request */
    answer(relid, packet, size, 0);                 /* the same number */
    answer(relid, packet, 16, 0);                   /* too short */
    packet[IC_AT + offsetof(struct vmbus_ic_header, type)] = VMBUS_IC_SHUTDOWN;
    answer(relid, packet, size, 0);
    packet[IC_AT + offsetof(struct vmbus_ic_header, type)] = VMBUS_IC_NEGOTIATE;
    answer(relid, packet, size, 0); /* once was enough */
    ck_assert_uint_eq(warnings, 5);
    ck_assert_uint_eq(vmbus_count(guest.bus).heartbeats, 0);
}
END_TEST

START_TEST(no_version_in_common)
{
    open_channel(RELID(VMBUS_HEARTBEAT));
    answer_versions(RELID(VMBUS_HEARTBEAT), (struct vmbus_ic_version){9, 9});
    ck_assert_uint_eq(warnings, 1);
    run_at(10 * SECOND);
    ck_assert_uint_eq(vmbus_guest_read(&guest, RELID(VMBUS_HEARTBEAT), NULL, 0), 0);
    close_channel(RELID(VMBUS_HEARTBEAT));
    start_service(VMBUS_HEARTBEAT, 1);
    run_at(20 * SECOND);
    beat(0);
}
END_TEST

START_TEST(time_is_told)
{
    const uint32_t relid = RELID(VMBUS_TIMESYNC);
    uint8_t packet[VMBUS_IC_PACKET_MAX];
    struct vmbus_ic_timesync_4 time;
    size_t size;

    guest.host_time = 0x123456789abcdef;
    guest.partition->time = 77;
    start_service(VMBUS_TIMESYNC, 4);
    ck_assert_uint_eq(run_at(88), 88 + VMBUS_TIMESYNC_PERIOD);
    size = hear(relid, VMBUS_IC_TIMESYNC, packet);
    memcpy(&time, packet + BODY_AT, sizeof(time));
    ck_assert_uint_eq(time.host_time, guest.host_time);
    ck_assert_uint_eq(time.reference_time, 88);
    ck_assert_uint_eq(time.flags, VMBUS_IC_TIME_SYNC);
    answer(relid, packet, size, 0);
    run_at(88 + VMBUS_TIMESYNC_PERIOD);
    size = hear(relid, VMBUS_IC_TIMESYNC, packet);
    memcpy(&time, packet + BODY_AT, sizeof(time));
    ck_assert_uint_eq(time.flags, VMBUS_IC_TIME_SAMPLE);
    run_at(88 + 2 * VMBUS_TIMESYNC_PERIOD); /* it has not answered: nothing */
    ck_assert_uint_eq(vmbus_guest_read(&guest, relid, packet, sizeof(packet)), 0);
    ck_assert_uint_eq(vmbus_count(guest.bus).missed, 0);
}
END_TEST

/* What it was told may be long ago, and is an order again. */
START_TEST(time_is_told_anew)
{
    const uint32_t relid = RELID(VMBUS_TIMESYNC);
    struct vmbus_ic_timesync_4 time;
    uint8_t packet[VMBUS_IC_PACKET_MAX];
    size_t size;

    guest.partition->time = 1000;
    start_service(VMBUS_TIMESYNC, 4);
    run_at(1000);
    size = hear(relid, VMBUS_IC_TIMESYNC, packet);
    answer(relid, packet, size, 0);
    guest.host_time = 1234567;
    vmbus_guest_move(&guest);
    run_at(1001);
    hear(relid, VMBUS_IC_TIMESYNC, packet);
    memcpy(&time, packet + BODY_AT, sizeof(time));
    ck_assert(time.host_time == 1234567 && time.flags == VMBUS_IC_TIME_SYNC);
}
END_TEST

START_TEST(time_as_it_was_told_before)
{
    uint8_t packet[VMBUS_IC_PACKET_MAX];
    struct vmbus_ic_timesync time;

    guest.host_time = 99;
    start_service(VMBUS_TIMESYNC, 3);
    run_at(1);
    hear(RELID(VMBUS_TIMESYNC), VMBUS_IC_TIMESYNC, packet);
    memcpy(&time, packet + BODY_AT, sizeof(time));
    ck_assert_uint_eq(time.host_time, 99);
    ck_assert_uint_eq(time.flags, VMBUS_IC_TIME_SYNC);
}
END_TEST

START_TEST(shutdown)
{
    const uint32_t relid = RELID(VMBUS_SHUTDOWN);
    uint8_t packet[VMBUS_IC_PACKET_MAX];
    size_t size;

    ck_assert(!vmbus_shut_down(guest.bus));
    open_channel(relid);
    ck_assert(!vmbus_shut_down(guest.bus)); /* versions come first */
    answer_versions(relid, (struct vmbus_ic_version){3, 2});
    ck_assert_uint_eq(run_at(SECOND), VMBUS_IC_NEVER);
    ck_assert(vmbus_shut_down(guest.bus));
    ck_assert(!vmbus_shut_down(guest.bus)); /* it has been asked */
    vmbus_run(guest.bus);
    size = hear(relid, VMBUS_IC_SHUTDOWN, packet);
    ck_assert_uint_ge(size, BODY_AT + sizeof(struct vmbus_ic_shutdown));
    ck_assert(!vmbus_shut_down(guest.bus));
    answer(relid, packet, size, 0x80004005);
    ck_assert_uint_eq(warnings, 1); /* it refuses, and may be asked again */
    ck_assert(vmbus_shut_down(guest.bus));
    vmbus_run(guest.bus);
    size = hear(relid, VMBUS_IC_SHUTDOWN, packet);
    answer(relid, packet, size, 0);
    ck_assert_uint_eq(warnings, 1);
}
END_TEST

/* --- Rings ------------------------------------------------------------------------------------ */

static uint32_t *ring_word(uint32_t relid, bool to_guest, uint32_t offset)
{
    return (uint32_t *)(void *)(guest.partition->ram + vmbus_guest_ring(relid, to_guest) + offset);
}

START_TEST(hostile_indices)
{
    static const uint32_t indices[] = {4, 8, 16, 4092, 4096, 4104, 0x7fffffff, UINT32_MAX};
    const uint32_t relid = RELID(VMBUS_HEARTBEAT);

    for (size_t i = 0; i < G_N_ELEMENTS(indices); i++) {
        open_channel(relid);
        *ring_word(relid, false, VMBUS_RING_WRITE) = indices[i];
        vmbus_guest_signal(&guest, relid);
        ck_assert_msg(vmbus_run(guest.bus) == VMBUS_IC_NEVER, "row %zu", i);
        close_channel(relid);
        open_channel(relid);
        *ring_word(relid, true, VMBUS_RING_READ) = indices[i];
        if (indices[i] > 16)
            ck_assert_msg(vmbus_run(guest.bus) == VMBUS_IC_NEVER, "row %zu", i);
        close_channel(relid);
    }
    start_service(VMBUS_HEARTBEAT, 3);
    run_at(SECOND);
    beat(0);
}
END_TEST

START_TEST(hostile_packets)
{
    static const struct vmbus_packet packets[] = {
        {.type = VMBUS_PACKET_INBAND, .offset = 2, .length = 0},
        {.type = VMBUS_PACKET_INBAND, .offset = 0, .length = 2},
        {.type = VMBUS_PACKET_INBAND, .offset = 1, .length = 2},
        {.type = VMBUS_PACKET_INBAND, .offset = 3, .length = 2},
        {.type = VMBUS_PACKET_INBAND, .offset = 2, .length = 12},
        {.type = VMBUS_PACKET_INBAND, .offset = 2, .length = UINT16_MAX},
        {.type = VMBUS_PACKET_INBAND, .offset = UINT16_MAX, .length = UINT16_MAX},
    };
    const uint32_t relid = RELID(VMBUS_HEARTBEAT);

    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++) {
        open_channel(relid);
        memcpy(guest.partition->ram + vmbus_guest_ring(relid, false) + PAGE, &packets[i],
               sizeof(packets[i]));
        *ring_word(relid, false, VMBUS_RING_WRITE) = 96;
        vmbus_guest_signal(&guest, relid);
        ck_assert_uint_eq(warnings, i + 1);
        ck_assert_uint_eq(*ring_word(relid, false, VMBUS_RING_READ), 0);
        ck_assert_uint_eq(vmbus_run(guest.bus), VMBUS_IC_NEVER);
        close_channel(relid);
    }
}
END_TEST

/* Completions and the like are skipped, one by one. */
START_TEST(other_packets)
{
    const uint32_t relid = RELID(VMBUS_HEARTBEAT);
    struct vmbus_packet packet = {.type = 11, .offset = 2, .length = 2};
    uint8_t *data = guest.partition->ram + vmbus_guest_ring(relid, false) + PAGE;

    open_channel(relid);
    memcpy(data, &packet, sizeof(packet));
    memcpy(data + 24, &packet, sizeof(packet));
    *ring_word(relid, false, VMBUS_RING_WRITE) = 48;
    vmbus_guest_signal(&guest, relid);
    ck_assert_uint_eq(*ring_word(relid, false, VMBUS_RING_READ), 48);
    ck_assert_uint_eq(warnings, 2);
    answer_versions(relid, (struct vmbus_ic_version){3, 0});
    run_at(SECOND);
    beat(0);
}
END_TEST

/* A guest that writes more than we read at once does not keep us. */
START_TEST(many_packets)
{
    const uint32_t relid = RELID(VMBUS_HEARTBEAT);
    struct vmbus_packet packet = {.type = 11, .offset = 2, .length = 2};
    uint8_t *data = guest.partition->ram + vmbus_guest_ring(relid, false) + PAGE;
    unsigned wakes;

    open_channel(relid);
    for (unsigned i = 0; i < 160; i++)
        memcpy(data + i * 24, &packet, sizeof(packet));
    *ring_word(relid, false, VMBUS_RING_WRITE) = 160 * 24;
    wakes = guest.wakes;
    vmbus_guest_signal(&guest, relid);
    ck_assert_uint_lt(*ring_word(relid, false, VMBUS_RING_READ), 160 * 24);
    ck_assert_uint_eq(guest.wakes, wakes + 1);
    for (unsigned i = 0; i < 4; i++)
        vmbus_run(guest.bus);
    ck_assert_uint_eq(*ring_word(relid, false, VMBUS_RING_READ), 160 * 24);
    ck_assert_uint_eq(warnings, 10);
}
END_TEST

START_TEST(guest_wants_no_signals)
{
    open_channel(1);
    *ring_word(1, true, VMBUS_RING_MASK) = 1;
    vmbus_run(guest.bus);
    ck_assert(!vmbus_guest_take_flag(&guest, 0, 1));
    ck_assert_uint_ne(*ring_word(1, true, VMBUS_RING_WRITE), 0);
}
END_TEST

START_TEST(no_room_to_the_guest)
{
    open_channel(1);
    *ring_word(1, true, VMBUS_RING_READ) = 64; /* 64 bytes are left */
    ck_assert_uint_eq(run_at(SECOND), 2 * SECOND);
    ck_assert_uint_eq(*ring_word(1, true, VMBUS_RING_WRITE), 0);
    ck_assert_uint_gt(*ring_word(1, true, VMBUS_RING_PENDING), 64);
    ck_assert(!vmbus_guest_take_flag(&guest, 0, 1));
    *ring_word(1, true, VMBUS_RING_READ) = 0;
    run_at(2 * SECOND);
    ck_assert_uint_eq(*ring_word(1, true, VMBUS_RING_PENDING), 0);
    ck_assert(vmbus_guest_take_flag(&guest, 0, 1));
    ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(guest_waits_for_room)
{
    const uint32_t relid = 1;
    struct vmbus_packet packet = {.type = 11, .offset = 2, .length = 10};

    open_channel(relid);
    memcpy(guest.partition->ram + vmbus_guest_ring(relid, false) + PAGE, &packet, sizeof(packet));
    *ring_word(relid, false, VMBUS_RING_WRITE) = 88;
    *ring_word(relid, false, VMBUS_RING_PENDING) = 4096 - 40; /* 4096 - 88 are there */
    vmbus_guest_signal(&guest, relid);
    ck_assert(!vmbus_guest_take_flag(&guest, 0, relid)); /* it has not said that it waits */
    memcpy(guest.partition->ram + vmbus_guest_ring(relid, false) + PAGE + 88, &packet,
           sizeof(packet));
    *ring_word(relid, false, VMBUS_RING_WRITE) = 176;
    *ring_word(relid, false, VMBUS_RING_FEATURES) = VMBUS_RING_HAS_PENDING;
    vmbus_guest_signal(&guest, relid);
    ck_assert(vmbus_guest_take_flag(&guest, 0, relid));
}
END_TEST

/* Rings of a lower VTL, on pages that a higher one has taken away from it. */
START_TEST(rings_need_rights)
{
    const uint64_t pages[] = {8, 9};
    struct vmbus_ring ring = {.partition = guest.partition->core, .vtl = 0};
    uint8_t untouched[PAGE];
    bool signal;

    ck_assert(vmbus_ring_open(&ring, pages, G_N_ELEMENTS(pages), false));
    ck_assert_uint_eq(vmbus_ring_write(&ring, "abc", 3, &signal), VMBUS_RING_DONE);
    ck_assert(signal);
    vtl_protection_enable(guest.partition->core, GUEST_VTL, HV_PAGE_ALL);
    ck_assert_uint_eq(vtl_protection_set(guest.partition->core, GUEST_VTL, 9, 1, HV_PAGE_READ),
                      HV_STATUS_SUCCESS);
    memset(guest.partition->ram + 9 * PAGE, 0xee, PAGE);
    ck_assert_uint_eq(vmbus_ring_write(&ring, "abc", 3, &signal), VMBUS_RING_BROKEN);
    memset(untouched, 0xee, sizeof(untouched));
    ck_assert_mem_eq(guest.partition->ram + 9 * PAGE, untouched, sizeof(untouched));
}
END_TEST

static void add(Suite *suite, void (*begin)(void), const TTest *const *tests, size_t count)
{
    unit_add(suite, begin, tear_down, tests, count);
}

int main(void)
{
    const TTest *const alone[] = {versions_are_negotiated, contact_elsewhere,
                                  connections_are_the_bus_owners, offers};
    const TTest *const connected[] = {
        malformed_messages, who_does_not_listen_must_not_speak, unload_clears,
        contact_drops_old_answers, gpadls, gpadls_have_a_limit, gpadls_in_parts, pages_in_use_stay,
        channels_that_cannot_be_opened, channels_change_their_vp, channels_given_back, heartbeats,
        lost_heartbeats, wrong_answers, no_version_in_common, time_is_told,
        time_is_told_anew, time_as_it_was_told_before, shutdown, hostile_indices, hostile_packets, other_packets,
        many_packets, guest_wants_no_signals, no_room_to_the_guest, guest_waits_for_room,
        rings_need_rights};
    /* But for the time, see above, and what is not done as a guest does it. */
    const TTest *const moving[] = {
        malformed_messages, who_does_not_listen_must_not_speak, unload_clears,
        contact_drops_old_answers, gpadls, gpadls_have_a_limit, gpadls_in_parts, pages_in_use_stay,
        channels_that_cannot_be_opened, channels_change_their_vp, channels_given_back, heartbeats,
        lost_heartbeats, wrong_answers, no_version_in_common, shutdown, hostile_indices,
        hostile_packets, other_packets, many_packets, guest_wants_no_signals, no_room_to_the_guest,
        guest_waits_for_room};
    Suite *suite = suite_create("vmbus");

    add(suite, set_up, alone, G_N_ELEMENTS(alone));
    add(suite, set_up_connected, connected, G_N_ELEMENTS(connected));
    add(suite, set_up_moving, moving, G_N_ELEMENTS(moving));
    return unit_run(suite);
}
