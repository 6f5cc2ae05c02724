/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the SynIC: see synic.h. Its event flags are in synic-events.c, its notices in
 * synic-notices.c, its registers in synic-registers.c, its saved state in synic-state.c.
 */
#include "vtl/synic.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "smccc/hypercall.h"
#include "vtl/hv-registers.h"

G_STATIC_ASSERT(sizeof(struct hv_message) * HV_SYNIC_SINTS == HV_PAGE_SIZE);

/* Where a message is to go. */
struct slot {
    struct vtl_vp *vp;
    unsigned vtl;
    uint64_t gpa;
};

void synic_init(struct synic *synic)
{
    *synic = (struct synic){0};
    g_mutex_init(&synic->lock);
    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++) {
        synic->sint[i] = HV_SINT_MASKED;
        g_queue_init(&synic->queue[i]);
    }
}

struct synic_entry *synic_entry_new(const struct hv_message *message,
                                    struct synic_buffers *buffers)
{
    struct synic_entry *entry = g_new(struct synic_entry, 1);

    *entry = (struct synic_entry){*message, buffers};
    entry->message.zero[0] = entry->message.zero[1] = 0;
    if (buffers)
        buffers->used++;
    return entry;
}

static void entry_free(void *data)
{
    struct synic_entry *entry = data;

    if (entry->buffers)
        entry->buffers->used--;
    g_free(entry);
}

void synic_clear(struct synic *synic)
{
    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++)
        g_queue_clear_full(&synic->queue[i], entry_free);
    g_mutex_clear(&synic->lock);
}

/* --- Messages --------------------------------------------------------------------------------- */

static bool read_slot(const struct slot *slot, size_t offset, void *buffer, size_t size)
{
    return vtl_memory_read(slot->vp->partition, slot->vtl, slot->gpa + offset, buffer, size) == 0;
}

static bool write_slot(const struct slot *slot, size_t offset, const void *buffer, size_t size)
{
    return vtl_memory_write(slot->vp->partition, slot->vtl, slot->gpa + offset, buffer, size) == 0;
}

static bool has_no_message(const struct slot *slot)
{
    uint32_t type;

    return read_slot(slot, offsetof(struct hv_message, type), &type, sizeof(type)) &&
           type == HV_MESSAGE_NONE;
}

/*
 * A busy slot is marked, so that the guest writes EOM when it has emptied it. The guest empties
 * first and looks for the mark then (Linux, drivers/hv, vmbus_signal_eom()): who marks must look
 * once more, or both might miss each other.
 */
static bool claim(const struct slot *slot)
{
    uint8_t flags;

    if (has_no_message(slot))
        return true;
    if (!read_slot(slot, offsetof(struct hv_message, flags), &flags, sizeof(flags)))
        return false;
    flags |= HV_MESSAGE_FLAG_PENDING;
    if (!write_slot(slot, offsetof(struct hv_message, flags), &flags, sizeof(flags)))
        return false;
    atomic_thread_fence(memory_order_seq_cst);
    return has_no_message(slot);
}

/* The type comes last: with it the message is there. */
static bool fill(const struct slot *slot, const struct hv_message *message)
{
    const size_t rest = sizeof(message->type);
    const size_t size = offsetof(struct hv_message, payload) - rest + message->payload_size;

    /* What the guest did before it emptied the slot comes before what is written here. */
    atomic_thread_fence(memory_order_acquire);
    if (!write_slot(slot, rest, (const uint8_t *)message + rest, size))
        return false;
    atomic_thread_fence(memory_order_release);
    return write_slot(slot, offsetof(struct hv_message, type), &message->type,
                      sizeof(message->type));
}

void synic_interrupt(struct vtl_vp *vp, unsigned vtl, unsigned sint)
{
    uint64_t value = vp->level[vtl].synic.sint[sint];

    if (!(value & HV_SINT_POLLING))
        vtl_raise(vp, vtl, (uint32_t)(value & HV_SINT_VECTOR), "a SINT");
}

bool synic_has_page(const struct synic *synic, uint64_t page)
{
    return synic->scontrol & HV_SCONTROL_ENABLE && page & HV_PAGE_REGISTER_ENABLE;
}

static bool is_enabled(const struct synic *synic, unsigned sint)
{
    return synic_has_page(synic, synic->simp) && !(synic->sint[sint] & HV_SINT_MASKED);
}

static struct slot find_slot(struct vtl_vp *vp, unsigned vtl, unsigned sint)
{
    struct synic *synic = &vp->level[vtl].synic;

    return (struct slot){vp, vtl, (synic->simp & HV_PAGE_REGISTER_ADDRESS) +
                                      sint * sizeof(struct hv_message)};
}

/* Timers come after the queue: they are the ones that may be late. */
static struct synic_timer *find_timer(struct synic *synic, unsigned sint)
{
    for (unsigned i = 0; i < HV_STIMERS && !synic->queue[sint].length; i++)
        if (synic->timer[i].waits && synic->timer[i].sint == sint)
            return &synic->timer[i];
    return NULL;
}

static unsigned count_waiting(const struct synic *synic, unsigned sint)
{
    unsigned count = synic->queue[sint].length;

    for (unsigned i = 0; i < HV_STIMERS; i++)
        count += synic->timer[i].waits && synic->timer[i].sint == sint;
    return count;
}

static struct hv_message timer_message(const struct vtl_vp *vp, const struct synic *synic,
                                       const struct synic_timer *timer)
{
    const struct vtl_partition *partition = vp->partition;
    struct hv_timer_payload payload = {
        .timer = (uint32_t)(timer - synic->timer),
        .expiration = timer->expiration,
        .delivery = partition->backend->reference_time(partition->machine),
    };
    struct hv_message message = {.type = HV_MESSAGE_TIMER_EXPIRED, .payload_size = sizeof(payload)};

    memcpy(message.payload, &payload, sizeof(payload));
    return message;
}

static struct hv_message first_message(struct synic *synic, unsigned sint)
{
    const struct synic_entry *entry = g_queue_peek_head(&synic->queue[sint]);

    return entry->message;
}

static void remove_first(struct synic *synic, unsigned sint, struct synic_timer *timer)
{
    if (timer)
        timer->waits = false;
    else
        entry_free(g_queue_pop_head(&synic->queue[sint]));
}

/* Delivers the first message that waits for the SINT, if that is possible; with synic.lock held. */
static void scan(struct vtl_vp *vp, unsigned vtl, unsigned sint)
{
    struct synic *synic = &vp->level[vtl].synic;
    struct synic_timer *timer = find_timer(synic, sint);
    struct slot slot = find_slot(vp, vtl, sint);
    unsigned waiting = count_waiting(synic, sint);
    struct hv_message message;

    if (!waiting || !is_enabled(synic, sint) || !claim(&slot))
        return;
    message = timer ? timer_message(vp, synic, timer) : first_message(synic, sint);
    message.flags = waiting > 1 ? HV_MESSAGE_FLAG_PENDING : 0;
    if (!fill(&slot, &message))
        return;
    remove_first(synic, sint, timer);
    synic_interrupt(vp, vtl, sint);
}

void synic_scan_all(struct vtl_vp *vp, unsigned vtl)
{
    for (unsigned sint = 0; sint < HV_SYNIC_SINTS; sint++)
        scan(vp, vtl, sint);
}

static unsigned count_own(const GQueue *queue)
{
    unsigned count = 0;

    for (const GList *link = queue->head; link; link = link->next)
        count += !((const struct synic_entry *)link->data)->buffers;
    return count;
}

static enum synic_result enqueue(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                                 struct synic_entry *entry)
{
    GQueue *queue = &vp->level[vtl].synic.queue[sint];
    const struct synic_buffers *buffers = entry->buffers;

    g_queue_push_tail(queue, entry);
    scan(vp, vtl, sint);
    if (!queue->length)
        return SYNIC_DELIVERED;
    /* It is the last one, as what came before it would go first. */
    if ((buffers ? buffers->used : count_own(queue)) > SYNIC_QUEUE_LENGTH) {
        entry_free(g_queue_pop_tail(queue));
        return SYNIC_REFUSED;
    }
    return SYNIC_QUEUED;
}

static bool is_well_formed(unsigned vtl, unsigned sint, const struct hv_message *message)
{
    return vtl < VTL_LEVELS && sint < HV_SYNIC_SINTS && message->type != HV_MESSAGE_NONE &&
           message->payload_size <= HV_MESSAGE_PAYLOAD;
}

enum synic_result synic_post(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                             const struct hv_message *message)
{
    enum synic_result result;

    if (!is_well_formed(vtl, sint, message))
        return SYNIC_REFUSED;
    g_mutex_lock(&vp->level[vtl].synic.lock);
    result = enqueue(vp, vtl, sint, synic_entry_new(message, NULL));
    g_mutex_unlock(&vp->level[vtl].synic.lock);
    return result;
}

enum synic_result synic_post_timer(struct vtl_vp *vp, unsigned vtl, unsigned sint, unsigned index,
                                   uint64_t expiration)
{
    struct synic *synic = &vp->level[vtl].synic;
    struct synic_timer *timer = &synic->timer[index];
    enum synic_result result = SYNIC_REFUSED;

    g_mutex_lock(&synic->lock);
    if (timer->waits)
        scan(vp, vtl, timer->sint);
    if (!timer->waits) {
        *timer = (struct synic_timer){true, sint, expiration};
        scan(vp, vtl, sint);
        result = timer->waits ? SYNIC_QUEUED : SYNIC_DELIVERED;
    }
    g_mutex_unlock(&synic->lock);
    return result;
}

void synic_cancel_timer(struct vtl_vp *vp, unsigned vtl, unsigned timer)
{
    struct synic *synic = &vp->level[vtl].synic;

    g_mutex_lock(&synic->lock);
    synic->timer[timer].waits = false;
    g_mutex_unlock(&synic->lock);
}

enum synic_result synic_post_through(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                                     const struct hv_message *message,
                                     struct synic_buffers *buffers)
{
    enum synic_result result = SYNIC_OFF;

    if (!is_well_formed(vtl, sint, message))
        return SYNIC_REFUSED;
    g_mutex_lock(&vp->level[vtl].synic.lock);
    if (synic_has_page(&vp->level[vtl].synic, vp->level[vtl].synic.simp))
        result = enqueue(vp, vtl, sint, synic_entry_new(message, buffers));
    g_mutex_unlock(&vp->level[vtl].synic.lock);
    return result;
}

void synic_forget(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                  const struct synic_buffers *buffers)
{
    struct synic *synic = &vp->level[vtl].synic;
    GList *next;

    g_mutex_lock(&synic->lock);
    for (GList *link = synic->queue[sint].head; link; link = next) {
        struct synic_entry *entry = link->data;

        next = link->next;
        if (entry->buffers != buffers)
            continue;
        g_queue_delete_link(&synic->queue[sint], link);
        entry_free(entry);
    }
    g_mutex_unlock(&synic->lock);
}

/* With synic.lock held. */
bool synic_can_take(struct vtl_vp *vp, unsigned vtl, unsigned sint)
{
    struct synic *synic = &vp->level[vtl].synic;
    struct slot slot = find_slot(vp, vtl, sint);

    return !count_waiting(synic, sint) && is_enabled(synic, sint) && claim(&slot);
}

static enum synic_result post_direct(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                                     const struct hv_message *message)
{
    if (!is_enabled(&vp->level[vtl].synic, sint))
        return SYNIC_OFF;
    scan(vp, vtl, sint);
    if (!synic_can_take(vp, vtl, sint))
        return SYNIC_BUSY;
    if (enqueue(vp, vtl, sint, synic_entry_new(message, NULL)) == SYNIC_DELIVERED)
        return SYNIC_DELIVERED;
    /* The owner has put something into the slot meanwhile, or taken its page away. */
    entry_free(g_queue_pop_tail(&vp->level[vtl].synic.queue[sint]));
    return SYNIC_BUSY;
}

enum synic_result synic_post_direct(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                                    const struct hv_message *message)
{
    enum synic_result result;

    if (!is_well_formed(vtl, sint, message))
        return SYNIC_REFUSED;
    g_mutex_lock(&vp->level[vtl].synic.lock);
    result = post_direct(vp, vtl, sint, message);
    g_mutex_unlock(&vp->level[vtl].synic.lock);
    return result;
}

/* @page is one of the registers of @synic. */
static bool takes(struct synic *synic, const uint64_t *page)
{
    bool yes;

    g_mutex_lock(&synic->lock);
    yes = synic_has_page(synic, *page);
    g_mutex_unlock(&synic->lock);
    return yes;
}

bool synic_takes_messages(struct vtl_vp *vp, unsigned vtl)
{
    return takes(&vp->level[vtl].synic, &vp->level[vtl].synic.simp);
}

bool synic_takes_events(struct vtl_vp *vp, unsigned vtl)
{
    return takes(&vp->level[vtl].synic, &vp->level[vtl].synic.siefp);
}
