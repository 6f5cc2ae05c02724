/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages and registers of the SynIC: see synic.h; its event flags are in synic-events.c. */
#include "vtl/synic.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "smccc/hypercall.h"
#include "vtl/hv-register-row.h"

#define SINT_KNOWN (HV_SINT_VECTOR | HV_SINT_MASKED | HV_SINT_POLLING)
#define PAGE_KNOWN (HV_PAGE_REGISTER_ADDRESS | HV_PAGE_REGISTER_ENABLE)

G_STATIC_ASSERT(sizeof(struct hv_message) * HV_SYNIC_SINTS == HV_PAGE_SIZE);

/* A message that waits, and in whose buffer; NULL: the hypervisor's own. */
struct entry {
    struct hv_message message;
    struct synic_buffers *buffers;
};

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

static struct entry *entry_new(const struct hv_message *message, struct synic_buffers *buffers)
{
    struct entry *entry = g_new(struct entry, 1);

    *entry = (struct entry){*message, buffers};
    entry->message.zero[0] = entry->message.zero[1] = 0;
    if (buffers)
        buffers->used++;
    return entry;
}

static void entry_free(void *data)
{
    struct entry *entry = data;

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

static bool has_page(const struct synic *synic)
{
    return synic->scontrol & HV_SCONTROL_ENABLE && synic->simp & HV_PAGE_REGISTER_ENABLE;
}

static bool is_enabled(const struct synic *synic, unsigned sint)
{
    return has_page(synic) && !(synic->sint[sint] & HV_SINT_MASKED);
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
    const struct entry *entry = g_queue_peek_head(&synic->queue[sint]);

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

static void scan_all(struct vtl_vp *vp, unsigned vtl)
{
    for (unsigned sint = 0; sint < HV_SYNIC_SINTS; sint++)
        scan(vp, vtl, sint);
}

static unsigned count_own(const GQueue *queue)
{
    unsigned count = 0;

    for (const GList *link = queue->head; link; link = link->next)
        count += !((const struct entry *)link->data)->buffers;
    return count;
}

static enum synic_result enqueue(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                                 struct entry *entry)
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
    result = enqueue(vp, vtl, sint, entry_new(message, NULL));
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
    if (has_page(&vp->level[vtl].synic))
        result = enqueue(vp, vtl, sint, entry_new(message, buffers));
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
        struct entry *entry = link->data;

        next = link->next;
        if (entry->buffers != buffers)
            continue;
        g_queue_delete_link(&synic->queue[sint], link);
        entry_free(entry);
    }
    g_mutex_unlock(&synic->lock);
}

/* With synic.lock held. */
static bool can_take(struct vtl_vp *vp, unsigned vtl, unsigned sint)
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
    if (!can_take(vp, vtl, sint))
        return SYNIC_BUSY;
    if (enqueue(vp, vtl, sint, entry_new(message, NULL)) == SYNIC_DELIVERED)
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

bool synic_takes_messages(struct vtl_vp *vp, unsigned vtl)
{
    struct synic *synic = &vp->level[vtl].synic;
    bool takes;

    g_mutex_lock(&synic->lock);
    takes = has_page(synic);
    g_mutex_unlock(&synic->lock);
    return takes;
}

/* --- Notices of deliverability ---------------------------------------------------------------- */

/* The SINTs of @set that can take a message. A busy slot is marked, so that EOM is written. */
static uint16_t find_ready(struct vtl_vp *vp, unsigned vtl, uint16_t set)
{
    uint16_t ready = 0;

    for (unsigned sint = 0; sint < HV_SYNIC_SINTS; sint++)
        if (set & 1u << sint && can_take(vp, vtl, sint))
            ready |= (uint16_t)(1u << sint);
    return ready;
}

/* What somebody waits for may have come true; with synic.lock held. */
static void look_for_ready(struct vtl_vp *vp, unsigned vtl)
{
    struct synic *synic = &vp->level[vtl].synic;

    for (unsigned by = vtl + 1; by < VTL_LEVELS; by++) {
        uint16_t ready = find_ready(vp, vtl, synic->awaited[by]);

        synic->awaited[by] &= (uint16_t)~ready;
        synic->ready[by] |= ready;
        if (ready) {
            vp->has_notices = true;
            vp->partition->backend->kick_vp(vp->partition->machine, vp->index);
        }
    }
}

enum hv_status synic_await(struct vtl_vp *vp, unsigned vtl, unsigned by, uint64_t value)
{
    struct synic *synic = &vp->level[vtl].synic;

    if (by <= vtl)
        return HV_STATUS_INVALID_PARAMETER;
    if (value & ((1ull << HV_NOTIFY_SINTS_SHIFT) - 1))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    g_mutex_lock(&synic->lock);
    synic->awaited[by] = (uint16_t)(value >> HV_NOTIFY_SINTS_SHIFT);
    synic->ready[by] = 0;
    look_for_ready(vp, vtl);
    g_mutex_unlock(&synic->lock);
    return HV_STATUS_SUCCESS;
}

static bool has_notice(struct synic *synic, unsigned by)
{
    bool has;

    g_mutex_lock(&synic->lock);
    has = synic->ready[by];
    g_mutex_unlock(&synic->lock);
    return has;
}

static bool find_notice(struct vtl_vp *vp, unsigned above, unsigned *vtl, unsigned *by)
{
    for (*by = VTL_LEVELS - 1; *by > above; (*by)--)
        for (*vtl = 0; *vtl < *by; (*vtl)++)
            if (has_notice(&vp->level[*vtl].synic, *by))
                return true;
    return false;
}

bool synic_next_notice(struct vtl_vp *vp, unsigned above, unsigned *vtl, unsigned *by)
{
    unsigned any_vtl, any_by;

    if (!vp->has_notices)
        return false;
    if (find_notice(vp, above, vtl, by))
        return true;
    /* Cleared first: one that comes now is either found here, or sets it again. */
    vp->has_notices = false;
    if (find_notice(vp, 0, &any_vtl, &any_by))
        vp->has_notices = true;
    return false;
}

uint16_t synic_take_notice(struct vtl_vp *vp, unsigned vtl, unsigned by)
{
    struct synic *synic = &vp->level[vtl].synic;
    uint16_t sints;

    g_mutex_lock(&synic->lock);
    sints = synic->ready[by];
    synic->ready[by] = 0;
    g_mutex_unlock(&synic->lock);
    return sints;
}

/* --- Registers -------------------------------------------------------------------------------- */

/* Every write may be what a message has waited for. */
static void store_and_scan(struct vtl_vp *vp, unsigned vtl, uint64_t *reg, uint64_t value)
{
    struct synic *synic = &vp->level[vtl].synic;

    g_mutex_lock(&synic->lock);
    *reg = value;
    scan_all(vp, vtl);
    look_for_ready(vp, vtl);
    g_mutex_unlock(&synic->lock);
}

static struct hv_u128 get_sint(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    return (struct hv_u128){.low = vp->level[vtl].synic.sint[name - HV_REGISTER_SINT0]};
}

static enum hv_status set_sint(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    if (value.low & ~SINT_KNOWN)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (!(value.low & HV_SINT_MASKED) && (value.low & HV_SINT_VECTOR) < HV_SINT_VECTOR_MIN)
        return HV_STATUS_INVALID_PARAMETER;
    store_and_scan(vp, vtl, &vp->level[vtl].synic.sint[name - HV_REGISTER_SINT0], value.low);
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_scontrol(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)name;
    return (struct hv_u128){.low = vp->level[vtl].synic.scontrol};
}

static enum hv_status set_scontrol(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                   struct hv_u128 value)
{
    (void)name;
    if (value.low & ~HV_SCONTROL_ENABLE)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    store_and_scan(vp, vtl, &vp->level[vtl].synic.scontrol, value.low);
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_version(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    (void)vp;
    (void)vtl;
    (void)name;
    return (struct hv_u128){.low = HV_SYNIC_VERSION};
}

static const uint64_t *find_page(const struct synic *synic, uint32_t name)
{
    return name == HV_REGISTER_SIMP ? &synic->simp : name == HV_REGISTER_SIEFP ? &synic->siefp
                                                                               : &synic->sirbp;
}

static struct hv_u128 get_page(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    return (struct hv_u128){.low = *find_page(&vp->level[vtl].synic, name)};
}

/* Clears what is to become a page of the SynIC; it need not be memory. */
static void clear_page(const struct vtl_vp *vp, unsigned vtl, uint64_t page)
{
    static const uint8_t zeroes[HV_PAGE_SIZE];

    vtl_memory_write(vp->partition, vtl, page & HV_PAGE_REGISTER_ADDRESS, zeroes, sizeof(zeroes));
}

static enum hv_status set_page(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    struct synic *synic = &vp->level[vtl].synic;
    uint64_t *page = name == HV_REGISTER_SIMP ? &synic->simp : &synic->siefp;

    if (value.low & ~PAGE_KNOWN)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (value.low & HV_PAGE_REGISTER_ENABLE && value.low != *page)
        clear_page(vp, vtl, value.low);
    store_and_scan(vp, vtl, page, value.low);
    return HV_STATUS_SUCCESS;
}

/* Remembered, without effect. */
static enum hv_status set_ring(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    (void)name;
    if (value.low & ~PAGE_KNOWN)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    store_and_scan(vp, vtl, &vp->level[vtl].synic.sirbp, value.low);
    return HV_STATUS_SUCCESS;
}

/* The guest has emptied slots; the value does not matter. */
static enum hv_status set_eom(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    struct synic *synic = &vp->level[vtl].synic;

    (void)name;
    (void)value.low;
    g_mutex_lock(&synic->lock);
    scan_all(vp, vtl);
    look_for_ready(vp, vtl);
    g_mutex_unlock(&synic->lock);
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_notifications(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    uint64_t awaited = 0;

    (void)name;
    for (unsigned by = 0; by < VTL_LEVELS; by++)
        awaited |= vp->level[vtl].synic.awaited[by];
    return (struct hv_u128){.low = awaited << HV_NOTIFY_SINTS_SHIFT};
}

/* hv_register_set_by() knows who asks; a VTL does not ask for itself. */
static enum hv_status set_notifications(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                        struct hv_u128 value)
{
    (void)name;
    return synic_await(vp, vtl, vtl, value.low);
}

#define READ_WRITE (HV_READ | HV_WRITE)
#define SINT(n) {HV_REGISTER_SINT0 + (n), "Sint" #n, READ_WRITE, get_sint, set_sint}

static const struct hv_register registers[] = {
    SINT(0),
    SINT(1),
    SINT(2),
    SINT(3),
    SINT(4),
    SINT(5),
    SINT(6),
    SINT(7),
    SINT(8),
    SINT(9),
    SINT(10),
    SINT(11),
    SINT(12),
    SINT(13),
    SINT(14),
    SINT(15),
    /* A VP looks for notices before it enters the guest: it must come back for one. */
    {HV_REGISTER_DELIVERABILITY_NOTIFICATIONS, "DeliverabilityNotifications",
     READ_WRITE | HV_OF_STOPPED, get_notifications, set_notifications},
    {HV_REGISTER_SCONTROL, "Scontrol", READ_WRITE, get_scontrol, set_scontrol},
    {HV_REGISTER_SVERSION, "Sversion", HV_READ, get_version, NULL},
    {HV_REGISTER_SIEFP, "Siefp", READ_WRITE, get_page, set_page},
    {HV_REGISTER_SIMP, "Simp", READ_WRITE, get_page, set_page},
    {HV_REGISTER_EOM, "Eom", READ_WRITE, hv_register_get_zero, set_eom},
    {HV_REGISTER_SIRBP, "Sirbp", READ_WRITE, get_page, set_ring},
};

const struct hv_register_table hv_synic_registers = {registers, G_N_ELEMENTS(registers)};
