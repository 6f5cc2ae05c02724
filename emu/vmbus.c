/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's side of VMBus: see vmbus.h. */
#include "emu/vmbus.h"

#include "vtl/codec.h"

#define REFERENCE_PER_US 10u
/* 1601 to 1970, in units of 100 ns (Linux, include/linux/hyperv.h, WLTIMEDELTA). */
#define UNIX_EPOCH UINT64_C(116444736000000000)
/* Reference time and the monotonic clock differ by little; they are compared this often. */
#define SLEEP_MAX_US G_USEC_PER_SEC
/*
 * A guest may fill its rings as fast as they are read. So a round is followed by a rest of as long
 * as it took, without any lock, as VPs that post and signal wait for those of the buses.
 */
#define REST_MIN_US 1000

void vmbuses_init(struct vmbuses *buses)
{
    *buses = (struct vmbuses){0};
    g_mutex_init(&buses->lock);
    g_cond_init(&buses->changed);
}

void vmbuses_clear(struct vmbuses *buses)
{
    vmbuses_close(buses);
    g_mutex_clear(&buses->lock);
    g_cond_clear(&buses->changed);
}

static uint64_t time_of_day(void *context)
{
    (void)context;
    return UNIX_EPOCH + (uint64_t)g_get_real_time() * REFERENCE_PER_US;
}

static void wake(void *context)
{
    struct vmbuses *buses = context;

    g_mutex_lock(&buses->lock);
    buses->again = true;
    g_cond_signal(&buses->changed);
    g_mutex_unlock(&buses->lock);
}

void vmbuses_open(struct vmbuses *buses, struct vtl_partition *partition, uint16_t vtls)
{
    const struct vmbus_host host = {.time_of_day = time_of_day, .wake = wake, .context = buses};

    buses->partition = partition;
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (vtls & 1u << vtl)
            buses->bus[vtl] = vmbus_new(partition, vtl, &host);
}

void vmbuses_close(struct vmbuses *buses)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        g_clear_pointer(&buses->bus[vtl], vmbus_free);
    buses->partition = NULL;
}

/* --- The thread ------------------------------------------------------------------------------- */

static void ask_to_shut_down(struct vmbuses *buses)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        if (!buses->bus[vtl] || !vmbus_shut_down(buses->bus[vtl]))
            continue;
        g_printerr("vtlemu: VTL%u is asked to shut down\n", vtl);
        return;
    }
    g_warning("no guest listens to a request to shut down (or it has been asked already)");
}

/* Without the lock, as this sends interrupts. Returns the reference time of the next time. */
static uint64_t speak(struct vmbuses *buses, bool shut_down)
{
    uint64_t next = VMBUS_IC_NEVER;

    if (shut_down)
        ask_to_shut_down(buses);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        if (buses->bus[vtl])
            next = MIN(next, vmbus_run(buses->bus[vtl]));
    return next;
}

/* With the lock held; ends early if there is something. */
static void sleep_until(struct vmbuses *buses, uint64_t when)
{
    const struct vtl_partition *partition = buses->partition;
    uint64_t now = partition->backend->reference_time(partition->machine), left;

    if (when == VMBUS_IC_NEVER) {
        g_cond_wait(&buses->changed, &buses->lock);
    } else if (when > now) {
        left = (when - now) / REFERENCE_PER_US + 1;
        g_cond_wait_until(&buses->changed, &buses->lock,
                          g_get_monotonic_time() + (gint64)MIN(left, SLEEP_MAX_US));
    }
}

/* With the lock held. */
static void rest(struct vmbuses *buses, gint64 begin)
{
    gint64 now = g_get_monotonic_time(), end = now + MAX(now - begin, REST_MIN_US);

    while (!buses->stop && g_cond_wait_until(&buses->changed, &buses->lock, end))
        continue;
}

static gpointer serve(gpointer context)
{
    struct vmbuses *buses = context;

    g_mutex_lock(&buses->lock);
    while (!buses->stop) {
        gint64 begin = g_get_monotonic_time();
        bool shut_down = buses->shut_down;
        uint64_t next;

        buses->again = buses->shut_down = false;
        g_mutex_unlock(&buses->lock);
        next = speak(buses, shut_down);
        g_mutex_lock(&buses->lock);
        rest(buses, begin);
        if (!buses->stop && !buses->again && !buses->shut_down)
            sleep_until(buses, next);
    }
    g_mutex_unlock(&buses->lock);
    return NULL;
}

bool vmbuses_start(struct vmbuses *buses)
{
    buses->stop = false;
    buses->thread = g_thread_try_new("vmbus", serve, buses, NULL);
    return buses->thread != NULL;
}

void vmbuses_stop(struct vmbuses *buses)
{
    g_mutex_lock(&buses->lock);
    buses->stop = true;
    g_cond_signal(&buses->changed);
    g_mutex_unlock(&buses->lock);
    if (buses->thread)
        g_thread_join(g_steal_pointer(&buses->thread));
}

void vmbuses_shut_down(struct vmbuses *buses)
{
    g_mutex_lock(&buses->lock);
    buses->shut_down = true;
    g_cond_signal(&buses->changed);
    g_mutex_unlock(&buses->lock);
}

/*
 * Of struct vmbuses, only what the user wants and has not got yet; what is due, a bus says when its
 * thread begins.
 */
void vmbuses_save(const struct vmbuses *buses, struct codec_writer *writer)
{
    codec_write_u8(writer, buses->shut_down);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        codec_write_u8(writer, buses->bus[vtl] != NULL);
        if (buses->bus[vtl])
            vmbus_save(buses->bus[vtl], writer);
    }
}

bool vmbuses_load(struct vmbuses *buses, struct codec_reader *reader)
{
    codec_at(reader, "VMBus");
    buses->shut_down = codec_read_bool(reader, "shut_down");
    for (unsigned vtl = 0; vtl < VTL_LEVELS && codec_is_good(reader); vtl++) {
        bool has = codec_read_bool(reader, "has a bus");

        codec_require(reader, has == (buses->bus[vtl] != NULL), "VTLs with a bus", vtl,
                      "here another set of VTLs has one");
        if (codec_is_good(reader) && has)
            vmbus_load(buses->bus[vtl], reader);
    }
    return codec_is_good(reader);
}

void vmbuses_count(struct vmbuses *buses, struct stats *stats)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        struct vmbus_counts counts = {0};

        if (buses->bus[vtl])
            counts = vmbus_count(buses->bus[vtl]);
        stats->heartbeats += counts.heartbeats;
        stats->heartbeats_missed += counts.missed;
    }
}
