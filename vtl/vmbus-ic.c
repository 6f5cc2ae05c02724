/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Integration services: see vmbus-ic.h. */
#include "vtl/vmbus-ic.h"

#include <glib.h>
#include <string.h>

#include "vtl/codec.h"

#define VERSIONS_MAX 4

G_STATIC_ASSERT(sizeof(struct vmbus_ic_header) == 20);
G_STATIC_ASSERT(sizeof(struct vmbus_ic_shutdown) == 2060);

/* GUIDs in memory: the first three parts are little-endian. */
const struct vmbus_service_row vmbus_services[VMBUS_SERVICES] = {
    [VMBUS_HEARTBEAT] = {
        "heartbeat",
        /* 57164f39-9115-4e78-ab55-382f3bd5422d */
        {0x39, 0x4f, 0x16, 0x57, 0x15, 0x91, 0x78, 0x4e, 0xab, 0x55, 0x38, 0x2f, 0x3b, 0xd5, 0x42,
         0x2d},
        /* fd149e91-82e0-4a7d-afa6-2a4166cbd7c0 */
        {0x91, 0x9e, 0x14, 0xfd, 0xe0, 0x82, 0x7d, 0x4a, 0xaf, 0xa6, 0x2a, 0x41, 0x66, 0xcb, 0xd7,
         0xc0},
    },
    [VMBUS_SHUTDOWN] = {
        "shutdown",
        /* 0e0b6031-5213-4934-818b-38d90ced39db */
        {0x31, 0x60, 0x0b, 0x0e, 0x13, 0x52, 0x34, 0x49, 0x81, 0x8b, 0x38, 0xd9, 0x0c, 0xed, 0x39,
         0xdb},
        /* b6650ff7-33bc-4840-8048-e0676786f393 */
        {0xf7, 0x0f, 0x65, 0xb6, 0xbc, 0x33, 0x40, 0x48, 0x80, 0x48, 0xe0, 0x67, 0x67, 0x86, 0xf3,
         0x93},
    },
    [VMBUS_TIMESYNC] = {
        "time synchronisation",
        /* 9527e630-d0ae-497b-adce-e80ab0175caf */
        {0x30, 0xe6, 0x27, 0x95, 0xae, 0xd0, 0x7b, 0x49, 0xad, 0xce, 0xe8, 0x0a, 0xb0, 0x17, 0x5c,
         0xaf},
        /* 2dd1ce17-079e-403c-b352-a1921ee207ee */
        {0x17, 0xce, 0xd1, 0x2d, 0x9e, 0x07, 0x3c, 0x40, 0xb3, 0x52, 0xa1, 0x92, 0x1e, 0xe2, 0x07,
         0xee},
    },
};

static const struct vmbus_ic_version frameworks[] = {{3, 0}, {1, 0}};

/* The best one first. */
static const struct {
    uint16_t count;
    struct vmbus_ic_version version[VERSIONS_MAX];
} versions[VMBUS_SERVICES] = {
    [VMBUS_HEARTBEAT] = {2, {{3, 0}, {1, 0}}},
    [VMBUS_SHUTDOWN] = {4, {{3, 2}, {3, 1}, {3, 0}, {1, 0}}},
    [VMBUS_TIMESYNC] = {3, {{4, 0}, {3, 0}, {1, 0}}},
};

/* A question in the making. */
struct writer {
    uint8_t *packet;
    size_t size;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
    memcpy(writer->packet + writer->size, bytes, size);
    writer->size += size;
}

/* --- Questions -------------------------------------------------------------------------------- */

static uint16_t ask_versions(struct vmbus_ic *ic, const struct vmbus_time *now,
                             struct writer *writer)
{
    const struct vmbus_ic_negotiate negotiate = {
        .frameworks = G_N_ELEMENTS(frameworks),
        .versions = versions[ic->service].count,
    };

    (void)now;
    put(writer, &negotiate, sizeof(negotiate));
    put(writer, frameworks, sizeof(frameworks));
    put(writer, versions[ic->service].version,
        versions[ic->service].count * sizeof(versions[ic->service].version[0]));
    return VMBUS_IC_NEGOTIATE;
}

static uint16_t ask_heartbeat(struct vmbus_ic *ic, const struct vmbus_time *now,
                              struct writer *writer)
{
    const struct vmbus_ic_heartbeat heartbeat = {.sequence = ic->sequence};

    (void)now;
    put(writer, &heartbeat, sizeof(heartbeat));
    return VMBUS_IC_HEARTBEAT;
}

static uint16_t ask_shutdown(struct vmbus_ic *ic, const struct vmbus_time *now,
                             struct writer *writer)
{
    static const struct vmbus_ic_shutdown shutdown = {.reason = VMBUS_IC_SHUTDOWN_PLANNED};

    (void)ic;
    (void)now;
    put(writer, &shutdown, sizeof(shutdown));
    return VMBUS_IC_SHUTDOWN;
}

/* The first time is an order, further ones are hints. */
static uint16_t tell_time(struct vmbus_ic *ic, const struct vmbus_time *now, struct writer *writer)
{
    const uint8_t flags = ic->told_time ? VMBUS_IC_TIME_SAMPLE : VMBUS_IC_TIME_SYNC;
    const struct vmbus_ic_timesync_4 time_4 = {
        .host_time = now->host, .reference_time = now->reference, .flags = flags};
    const struct vmbus_ic_timesync time = {.host_time = now->host, .flags = flags};

    if (ic->version.major >= 4)
        put(writer, &time_4, sizeof(time_4));
    else
        put(writer, &time, sizeof(time));
    return VMBUS_IC_TIMESYNC;
}

static uint16_t (*const questions[VMBUS_SERVICES])(struct vmbus_ic *ic,
                                                   const struct vmbus_time *now,
                                                   struct writer *writer) = {
    [VMBUS_HEARTBEAT] = ask_heartbeat,
    [VMBUS_SHUTDOWN] = ask_shutdown,
    [VMBUS_TIMESYNC] = tell_time,
};

/* A question without an answer, though the next is due. */
static void miss(struct vmbus_ic *ic, uint64_t period, uint64_t reference)
{
    ic->due = reference + period;
    if (ic->service != VMBUS_HEARTBEAT)
        return;
    ic->missed++;
    if (++ic->lost == VMBUS_HEARTBEATS_LOST)
        g_warning("VTL%u has answered none of the last %u heartbeats", ic->vtl, ic->lost);
}

static const uint64_t periods[VMBUS_SERVICES] = {
    [VMBUS_HEARTBEAT] = VMBUS_HEARTBEAT_PERIOD,
    [VMBUS_SHUTDOWN] = 0, /* it is asked once */
    [VMBUS_TIMESYNC] = VMBUS_TIMESYNC_PERIOD,
};

static bool is_due(struct vmbus_ic *ic, uint64_t reference)
{
    if (ic->due > reference || ic->state == VMBUS_IC_USELESS || ic->state == VMBUS_IC_WAITS)
        return false;
    if (ic->open)
        miss(ic, periods[ic->service], reference);
    return !ic->open;
}

size_t vmbus_ic_question(struct vmbus_ic *ic, const struct vmbus_time *now,
                         uint8_t packet[VMBUS_IC_PACKET_MAX])
{
    struct vmbus_pipe_header pipe = {.type = VMBUS_PIPE_DATA};
    struct vmbus_ic_header header = {
        .framework = ic->framework,
        .version = ic->version,
        .flags = VMBUS_IC_TRANSACTION | VMBUS_IC_REQUEST,
    };
    struct writer writer = {packet, sizeof(pipe) + sizeof(header)};

    if (!is_due(ic, now->reference))
        return 0;
    header.type = (ic->state == VMBUS_IC_BEGINS ? ask_versions : questions[ic->service])(ic, now,
                                                                                      &writer);
    header.size = (uint16_t)(writer.size - sizeof(pipe) - sizeof(header));
    pipe.size = (uint32_t)(writer.size - sizeof(pipe));
    memcpy(packet, &pipe, sizeof(pipe));
    memcpy(packet + sizeof(pipe), &header, sizeof(header));
    return writer.size;
}

void vmbus_ic_asked(struct vmbus_ic *ic, uint64_t reference)
{
    ic->open = true;
    ic->due = VMBUS_IC_NEVER;
    if (ic->state == VMBUS_IC_BEGINS)
        ic->state = VMBUS_IC_WAITS;
    else if (periods[ic->service])
        ic->due = reference + periods[ic->service];
    ic->wanted = false;
    ic->told_time = ic->state == VMBUS_IC_READY;
}

/* --- Answers ---------------------------------------------------------------------------------- */

static bool is_offered(const struct vmbus_ic_version *offered, size_t count,
                       const struct vmbus_ic_version *version)
{
    for (size_t i = 0; i < count; i++)
        if (offered[i].major == version->major && offered[i].minor == version->minor)
            return true;
    return false;
}

static void tell_useless(struct vmbus_ic *ic)
{
    ic->state = VMBUS_IC_USELESS;
    if (!ic->told_useless)
        g_warning("VTL%u: no version of its %s service is one of ours", ic->vtl,
                  vmbus_services[ic->service].name);
    ic->told_useless = true;
}

static bool hear_versions(struct vmbus_ic *ic, uint64_t reference, const uint8_t *body, size_t size)
{
    struct vmbus_ic_negotiate negotiate;
    struct vmbus_ic_version chosen[2];

    if (ic->state != VMBUS_IC_WAITS || size < sizeof(negotiate) + sizeof(chosen))
        return false;
    memcpy(&negotiate, body, sizeof(negotiate));
    memcpy(chosen, body + sizeof(negotiate), sizeof(chosen));
    ic->open = false;
    if (negotiate.frameworks != 1 || negotiate.versions != 1 ||
        !is_offered(frameworks, G_N_ELEMENTS(frameworks), &chosen[0]) ||
        !is_offered(versions[ic->service].version, versions[ic->service].count, &chosen[1])) {
        tell_useless(ic);
        return true;
    }
    ic->framework = chosen[0];
    ic->version = chosen[1];
    ic->state = VMBUS_IC_READY;
    ic->due = ic->service == VMBUS_SHUTDOWN ? VMBUS_IC_NEVER : reference;
    g_info("VTL%u: %s service, version %u.%u", ic->vtl, vmbus_services[ic->service].name,
           ic->version.major, ic->version.minor);
    return true;
}

static bool hear_heartbeat(struct vmbus_ic *ic, uint32_t status, const uint8_t *body, size_t size)
{
    uint64_t sequence;

    (void)status;
    if (size < sizeof(sequence))
        return false;
    memcpy(&sequence, body, sizeof(sequence));
    if (sequence != ic->sequence + 1)
        return false;
    ic->sequence = sequence;
    if (ic->lost >= VMBUS_HEARTBEATS_LOST)
        g_warning("VTL%u answers heartbeats again, after %u lost ones", ic->vtl, ic->lost);
    else if (ic->answered == 0)
        g_info("VTL%u answers heartbeats", ic->vtl);
    ic->answered++;
    ic->lost = 0;
    return true;
}

static bool hear_shutdown(struct vmbus_ic *ic, uint32_t status, const uint8_t *body, size_t size)
{
    (void)body;
    (void)size;
    if (status)
        g_warning("VTL%u refuses to shut down, status 0x%x", ic->vtl, status);
    else
        g_info("VTL%u shuts down as asked", ic->vtl);
    return true;
}

static bool hear_time(struct vmbus_ic *ic, uint32_t status, const uint8_t *body, size_t size)
{
    (void)status;
    (void)body;
    (void)size;
    g_debug("VTL%u has been told the time", ic->vtl);
    return true;
}

static const struct {
    enum vmbus_ic_type type;
    bool (*hear)(struct vmbus_ic *ic, uint32_t status, const uint8_t *body, size_t size);
} answers[VMBUS_SERVICES] = {
    [VMBUS_HEARTBEAT] = {VMBUS_IC_HEARTBEAT, hear_heartbeat},
    [VMBUS_SHUTDOWN] = {VMBUS_IC_SHUTDOWN, hear_shutdown},
    [VMBUS_TIMESYNC] = {VMBUS_IC_TIMESYNC, hear_time},
};

bool vmbus_ic_answer(struct vmbus_ic *ic, uint64_t reference, const uint8_t *packet, size_t size)
{
    struct vmbus_ic_header header;

    if (size < sizeof(struct vmbus_pipe_header) + sizeof(header))
        return false;
    packet += sizeof(struct vmbus_pipe_header);
    size -= sizeof(struct vmbus_pipe_header) + sizeof(header);
    memcpy(&header, packet, sizeof(header));
    packet += sizeof(header);
    if (!ic->open || !(header.flags & VMBUS_IC_RESPONSE))
        return false;
    if (header.type == VMBUS_IC_NEGOTIATE)
        return hear_versions(ic, reference, packet, size);
    if (ic->state != VMBUS_IC_READY || header.type != answers[ic->service].type ||
        !answers[ic->service].hear(ic, header.status, packet, size))
        return false;
    ic->open = false;
    return true;
}

/* --- Life ------------------------------------------------------------------------------------- */

void vmbus_ic_open(struct vmbus_ic *ic, uint64_t reference)
{
    *ic = (struct vmbus_ic){
        .service = ic->service,
        .vtl = ic->vtl,
        .due = reference,
        .answered = ic->answered,
        .missed = ic->missed,
        .told_useless = ic->told_useless,
    };
}

bool vmbus_ic_shut_down(struct vmbus_ic *ic, uint64_t reference)
{
    if (ic->service != VMBUS_SHUTDOWN || ic->state != VMBUS_IC_READY || ic->open || ic->wanted)
        return false;
    ic->wanted = true;
    ic->due = reference;
    return true;
}

/* --- State ------------------------------------------------------------------------------------ */

/* Of struct vmbus_ic; service and vtl are constant. */
static const struct codec_field fields[] = {
    CODEC_UPTO(struct vmbus_ic, state, VMBUS_IC_USELESS),
    CODEC_ANY(struct vmbus_ic, framework.major),
    CODEC_ANY(struct vmbus_ic, framework.minor),
    CODEC_ANY(struct vmbus_ic, version.major),
    CODEC_ANY(struct vmbus_ic, version.minor),
    CODEC_ANY(struct vmbus_ic, due),
    CODEC_BOOL(struct vmbus_ic, open),
    CODEC_ANY(struct vmbus_ic, sequence),
    CODEC_ANY(struct vmbus_ic, lost),
    CODEC_ANY(struct vmbus_ic, answered),
    CODEC_ANY(struct vmbus_ic, missed),
    CODEC_BOOL(struct vmbus_ic, told_time),
    CODEC_BOOL(struct vmbus_ic, told_useless),
    CODEC_BOOL(struct vmbus_ic, wanted),
};

G_STATIC_ASSERT(sizeof(struct vmbus_ic) == 80);

void vmbus_ic_save(const struct vmbus_ic *ic, struct codec_writer *writer)
{
    codec_write_fields(writer, ic, fields, G_N_ELEMENTS(fields));
}

void vmbus_ic_load(struct vmbus_ic *ic, struct codec_reader *reader)
{
    codec_read_fields(reader, ic, fields, G_N_ELEMENTS(fields));
    if (ic->state == VMBUS_IC_READY &&
        (!is_offered(frameworks, G_N_ELEMENTS(frameworks), &ic->framework) ||
         !is_offered(versions[ic->service].version, versions[ic->service].count, &ic->version)))
        codec_fail(reader, "version is %u.%u, which has never been offered", ic->version.major,
                   ic->version.minor);
    if (ic->told_time && ic->service == VMBUS_TIMESYNC) {
        ic->told_time = false;
        ic->due = 0;
    }
}
