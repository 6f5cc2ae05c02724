/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages and registers of the SynIC: see synic.h. */
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

/* Where a message is to go. */
struct slot {
    struct vtl_vp *vp;
    unsigned vtl;
    struct synic *synic;
    unsigned sint;
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

void synic_clear(struct synic *synic)
{
    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++)
        g_queue_clear_full(&synic->queue[i], g_free);
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

/* An INTID that the guest's GIC does not have is the guest's mistake: nothing comes. */
static void interrupt(const struct slot *slot)
{
    const struct vtl_partition *partition = slot->vp->partition;
    uint64_t sint = slot->synic->sint[slot->sint];

    if (!(sint & HV_SINT_POLLING))
        partition->backend->assert_interrupt(partition->machine, slot->vp->index, slot->vtl,
                                             (uint32_t)(sint & HV_SINT_VECTOR));
}

static bool is_enabled(const struct synic *synic, unsigned sint)
{
    return synic->scontrol & HV_SCONTROL_ENABLE && synic->simp & HV_PAGE_REGISTER_ENABLE &&
           !(synic->sint[sint] & HV_SINT_MASKED);
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

static void remove_first(struct synic *synic, unsigned sint, struct synic_timer *timer)
{
    if (timer)
        timer->waits = false;
    else
        g_free(g_queue_pop_head(&synic->queue[sint]));
}

/* Delivers the first message that waits for the SINT, if that is possible; with synic.lock held. */
static void scan(struct vtl_vp *vp, unsigned vtl, unsigned sint)
{
    struct synic *synic = &vp->level[vtl].synic;
    struct synic_timer *timer = find_timer(synic, sint);
    struct slot slot = {vp, vtl, synic, sint,
                        (synic->simp & HV_PAGE_REGISTER_ADDRESS) +
                            sint * sizeof(struct hv_message)};
    unsigned waiting = count_waiting(synic, sint);
    struct hv_message message;

    if (!waiting || !is_enabled(synic, sint) || !claim(&slot))
        return;
    message = timer ? timer_message(vp, synic, timer)
                    : *(const struct hv_message *)g_queue_peek_head(&synic->queue[sint]);
    message.flags = waiting > 1 ? HV_MESSAGE_FLAG_PENDING : 0;
    if (!fill(&slot, &message))
        return;
    remove_first(synic, sint, timer);
    interrupt(&slot);
}

static void scan_all(struct vtl_vp *vp, unsigned vtl)
{
    for (unsigned sint = 0; sint < HV_SYNIC_SINTS; sint++)
        scan(vp, vtl, sint);
}

static struct hv_message *copy_of(const struct hv_message *message)
{
    struct hv_message *copy = g_new(struct hv_message, 1);

    *copy = *message;
    copy->zero[0] = copy->zero[1] = 0;
    return copy;
}

static enum synic_result enqueue(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                                 const struct hv_message *message)
{
    GQueue *queue = &vp->level[vtl].synic.queue[sint];

    g_queue_push_tail(queue, copy_of(message));
    scan(vp, vtl, sint);
    if (queue->length > SYNIC_QUEUE_LENGTH) {
        g_free(g_queue_pop_tail(queue));
        return SYNIC_REFUSED;
    }
    return queue->length ? SYNIC_QUEUED : SYNIC_DELIVERED;
}

enum synic_result synic_post(struct vtl_vp *vp, unsigned vtl, unsigned sint,
                             const struct hv_message *message)
{
    enum synic_result result;

    if (vtl >= VTL_LEVELS || sint >= HV_SYNIC_SINTS || message->type == HV_MESSAGE_NONE ||
        message->payload_size > HV_MESSAGE_PAYLOAD)
        return SYNIC_REFUSED;
    g_mutex_lock(&vp->level[vtl].synic.lock);
    result = enqueue(vp, vtl, sint, message);
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

/* --- Registers -------------------------------------------------------------------------------- */

/* Every write may be what a message has waited for. */
static void store_and_scan(struct vtl_vp *vp, unsigned vtl, uint64_t *reg, uint64_t value)
{
    struct synic *synic = &vp->level[vtl].synic;

    g_mutex_lock(&synic->lock);
    *reg = value;
    scan_all(vp, vtl);
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

/* Clears what is to become the message page; where there is no memory, messages wait for ever. */
static void clear_page(const struct vtl_vp *vp, unsigned vtl, uint64_t page)
{
    static const uint8_t zeroes[HV_PAGE_SIZE];

    vtl_memory_write(vp->partition, vtl, page & HV_PAGE_REGISTER_ADDRESS, zeroes, sizeof(zeroes));
}

static enum hv_status set_simp(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    uint64_t *simp = &vp->level[vtl].synic.simp;

    (void)name;
    if (value.low & ~PAGE_KNOWN)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (value.low & HV_PAGE_REGISTER_ENABLE && value.low != *simp)
        clear_page(vp, vtl, value.low);
    store_and_scan(vp, vtl, simp, value.low);
    return HV_STATUS_SUCCESS;
}

/* SIEFP and SIRBP: remembered, without effect. */
static enum hv_status set_page(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value)
{
    struct synic *synic = &vp->level[vtl].synic;

    if (value.low & ~PAGE_KNOWN)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    store_and_scan(vp, vtl, name == HV_REGISTER_SIEFP ? &synic->siefp : &synic->sirbp, value.low);
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
    g_mutex_unlock(&synic->lock);
    return HV_STATUS_SUCCESS;
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
    {HV_REGISTER_SCONTROL, "Scontrol", READ_WRITE, get_scontrol, set_scontrol},
    {HV_REGISTER_SVERSION, "Sversion", HV_READ, get_version, NULL},
    {HV_REGISTER_SIEFP, "Siefp", READ_WRITE, get_page, set_page},
    {HV_REGISTER_SIMP, "Simp", READ_WRITE, get_page, set_simp},
    {HV_REGISTER_EOM, "Eom", READ_WRITE, hv_register_get_zero, set_eom},
    {HV_REGISTER_SIRBP, "Sirbp", READ_WRITE, get_page, set_page},
};

const struct hv_register_table hv_synic_registers = {registers, G_N_ELEMENTS(registers)};
