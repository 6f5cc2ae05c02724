/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SynIC of a VTL of a VP, saved and loaded: see synic.h and state.h. */
#include "vtl/codec.h"
#include "vtl/hv-registers.h"
#include "vtl/ports.h"
#include "vtl/synic.h"

/* Of struct synic; timer[] and queue[] are below, lock is not saved. */
static const struct codec_field fields[] = {
    CODEC_BITS(struct synic, scontrol, HV_SCONTROL_ENABLE),
    CODEC_BITS(struct synic, siefp, HV_PAGE_REGISTER_KNOWN),
    CODEC_BITS(struct synic, simp, HV_PAGE_REGISTER_KNOWN),
    CODEC_BITS(struct synic, sirbp, HV_PAGE_REGISTER_KNOWN),
    CODEC_ARRAY_BITS(struct synic, sint, HV_SINT_KNOWN),
    CODEC_ARRAY_ANY(struct synic, awaited),
    CODEC_ARRAY_ANY(struct synic, ready),
};

/* All of struct synic_timer. */
static const struct codec_field timer_fields[] = {
    CODEC_BOOL(struct synic_timer, waits),
    CODEC_UPTO(struct synic_timer, sint, HV_SYNIC_SINTS - 1),
    CODEC_ANY(struct synic_timer, expiration),
};

/* Of struct hv_message; as much of payload[] as there is comes then, and zero[] is 0. */
static const struct codec_field message_fields[] = {
    CODEC_ANY(struct hv_message, type),
    CODEC_UPTO(struct hv_message, payload_size, HV_MESSAGE_PAYLOAD),
    CODEC_ANY(struct hv_message, flags),
    CODEC_ANY(struct hv_message, sender),
};

G_STATIC_ASSERT(sizeof(struct synic_timer) == 16);
G_STATIC_ASSERT(sizeof(void *) != 8 || sizeof(struct synic) == 632);

/* --- Saving ----------------------------------------------------------------------------------- */

static void save_queue(const struct vtl_vp *vp, unsigned vtl, const GQueue *queue,
                       struct codec_writer *writer)
{
    codec_write_u32(writer, queue->length);
    for (const GList *link = queue->head; link; link = link->next) {
        const struct synic_entry *entry = link->data;

        codec_write_fields(writer, &entry->message, message_fields, G_N_ELEMENTS(message_fields));
        codec_write_bytes(writer, entry->message.payload, entry->message.payload_size);
        vtl_ports_save_buffers(vp->partition->ports, entry->buffers, vtl, writer);
    }
}

void synic_save(const struct vtl_vp *vp, unsigned vtl, struct codec_writer *writer)
{
    const struct synic *synic = &vp->level[vtl].synic;

    codec_write_fields(writer, synic, fields, G_N_ELEMENTS(fields));
    for (unsigned i = 0; i < HV_STIMERS; i++)
        codec_write_fields(writer, &synic->timer[i], timer_fields, G_N_ELEMENTS(timer_fields));
    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++)
        save_queue(vp, vtl, &synic->queue[i], writer);
}

/* --- Loading ---------------------------------------------------------------------------------- */

static void check_registers(const struct synic *synic, unsigned vtl, struct codec_reader *reader)
{
    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++)
        codec_require(reader, synic_sint_has_vector(synic->sint[i]), "sint", synic->sint[i],
                      "it has no vector of those that may be");
    for (unsigned by = 0; by <= vtl; by++)
        codec_require(reader, !synic->awaited[by] && !synic->ready[by], "awaited",
                      synic->awaited[by] | synic->ready[by], "only higher VTLs wait for a SINT");
}

/* A SINT's own messages are bounded by their number, others by what their port has. */
static void load_message(struct vtl_vp *vp, unsigned vtl, unsigned sint, unsigned *own,
                         struct codec_reader *reader)
{
    struct hv_message message = {0};
    struct synic_buffers *buffers;

    codec_read_fields(reader, &message, message_fields, G_N_ELEMENTS(message_fields));
    codec_read_bytes(reader, "payload", message.payload, message.payload_size);
    codec_require(reader, message.type != HV_MESSAGE_NONE, "type", message.type,
                  "that is none of a message");
    buffers = vtl_ports_load_buffers(vp->partition->ports, vp->index, vtl, sint, reader);
    *own += !buffers;
    codec_require(reader, (buffers ? buffers->used : *own - 1) < SYNIC_QUEUE_LENGTH,
                  "messages that wait", SYNIC_QUEUE_LENGTH + 1, "so many may not");
    if (codec_is_good(reader))
        g_queue_push_tail(&vp->level[vtl].synic.queue[sint], synic_entry_new(&message, buffers));
}

static void load_queue(struct vtl_vp *vp, unsigned vtl, unsigned sint, struct codec_reader *reader)
{
    uint32_t count = codec_read_u32(reader, "messages that wait");
    unsigned own = 0;

    for (uint32_t i = 0; i < count && codec_is_good(reader); i++)
        load_message(vp, vtl, sint, &own, reader);
}

void synic_load(struct vtl_vp *vp, unsigned vtl, struct codec_reader *reader)
{
    struct synic *synic = &vp->level[vtl].synic;

    codec_read_fields(reader, synic, fields, G_N_ELEMENTS(fields));
    check_registers(synic, vtl, reader);
    for (unsigned i = 0; i < HV_STIMERS; i++)
        codec_read_fields(reader, &synic->timer[i], timer_fields, G_N_ELEMENTS(timer_fields));
    for (unsigned i = 0; i < HV_SYNIC_SINTS && codec_is_good(reader); i++)
        load_queue(vp, vtl, i, reader);
    for (unsigned by = 0; by < VTL_LEVELS; by++)
        if (synic->ready[by])
            vp->has_notices = true;
}
