/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Synthetic timers and their registers: see stimer.h. */
#include "vtl/stimer.h"

#include <stdbool.h>

#include "vtl/codec.h"
#include "vtl/hv-register-row.h"

#define CONFIG_KNOWN                                                                               \
    (HV_STIMER_ENABLE | HV_STIMER_PERIODIC | HV_STIMER_LAZY | HV_STIMER_AUTO_ENABLE |              \
     HV_STIMER_VECTOR << HV_STIMER_VECTOR_SHIFT | HV_STIMER_DIRECT |                               \
     HV_STIMER_SINT << HV_STIMER_SINT_SHIFT)

/* One timer, and whose it is. */
struct place {
    struct vtl_vp *vp;
    unsigned vtl;
    unsigned index;
    struct stimer *timer;
};

void stimers_init(struct stimers *stimers)
{
    *stimers = (struct stimers){0};
    g_mutex_init(&stimers->lock);
    for (unsigned i = 0; i < HV_STIMERS; i++)
        stimers->timer[i].due = stimers->timer[i].when = STIMER_NEVER;
}

void stimers_clear(struct stimers *stimers)
{
    g_mutex_clear(&stimers->lock);
}

/* --- Expiration ------------------------------------------------------------------------------- */

static uint64_t time_now(const struct place *place)
{
    const struct vtl_partition *partition = place->vp->partition;

    return partition->backend->reference_time(partition->machine);
}

/* What lies beyond all time is never. */
static uint64_t later(uint64_t time, uint64_t by)
{
    return by > STIMER_NEVER - time ? STIMER_NEVER : time + by;
}

static uint32_t vector_of(uint64_t config)
{
    return (uint32_t)(config >> HV_STIMER_VECTOR_SHIFT & HV_STIMER_VECTOR);
}

static unsigned sint_of(uint64_t config)
{
    return (unsigned)(config >> HV_STIMER_SINT_SHIFT & HV_STIMER_SINT);
}

/* False if its last message still waits. An INTID that there is not is the guest's mistake. */
static bool tell_expiration(const struct place *place)
{
    uint64_t config = place->timer->config;

    if (!(config & HV_STIMER_DIRECT))
        return synic_post_timer(place->vp, place->vtl, sint_of(config), place->index,
                                place->timer->due) != SYNIC_REFUSED;
    vtl_raise(place->vp, place->vtl, vector_of(config), "a synthetic timer");
    return true;
}

/* Of the expirations that were due until @now, and that nobody has been told of, forgets some. */
static void forget_missed(struct stimer *timer, uint64_t now)
{
    unsigned kept = timer->config & HV_STIMER_LAZY ? 0 : STIMER_ARREARS_MAX;
    uint64_t period = timer->count, last;

    if (timer->due > now || (now - timer->due) / period < kept)
        return;
    last = now - (now - timer->due) % period;
    timer->due = kept ? last - (kept - 1) * period : later(last, period);
}

/* The time that this has taken is the guest's: it does not count against the next service. */
static uint64_t next_service(const struct place *place)
{
    const struct stimer *timer = place->timer;
    uint64_t now = time_now(place);
    uint64_t pause = timer->due <= now ? MAX(timer->count / 2, STIMER_SERVICE_MIN)
                                       : STIMER_SERVICE_MIN;

    return MAX(timer->due, later(now, pause));
}

/* Another thread's guest that has seen the interrupt or the message finds the timer disabled. */
static void expire_once(const struct place *place)
{
    struct stimer expired = *place->timer;
    struct place told = {place->vp, place->vtl, place->index, &expired};

    place->timer->config &= ~HV_STIMER_ENABLE;
    place->timer->due = place->timer->when = STIMER_NEVER;
    tell_expiration(&told);
}

static void expire_periodic(const struct place *place, uint64_t now)
{
    struct stimer *timer = place->timer;

    if (tell_expiration(place))
        timer->due = later(timer->due, timer->count);
    forget_missed(timer, now);
    timer->when = next_service(place);
}

static void expire(const struct place *place, uint64_t now)
{
    if (place->timer->config & HV_STIMER_PERIODIC)
        expire_periodic(place, now);
    else
        expire_once(place);
}

static void serve(const struct place *place)
{
    const struct vtl_partition *partition = place->vp->partition;
    struct stimer *timer = place->timer;
    uint64_t now = time_now(place);

    if (timer->when != STIMER_NEVER && now >= timer->when)
        expire(place, now);
    partition->backend->set_timer(partition->machine, place->vp->index, place->vtl, place->index,
                                  timer->when);
}

static struct place find(struct vtl_vp *vp, unsigned vtl, unsigned index)
{
    return (struct place){vp, vtl, index, &vp->level[vtl].stimers.timer[index]};
}

void vtl_stimer_run(struct vtl_vp *vp, unsigned vtl, unsigned timer)
{
    struct place place = find(vp, vtl, timer);

    g_mutex_lock(&vp->level[vtl].stimers.lock);
    serve(&place);
    g_mutex_unlock(&vp->level[vtl].stimers.lock);
}

/* --- Registers -------------------------------------------------------------------------------- */

/* Each timer has two registers, Config and Count. */
static unsigned index_of(uint32_t name)
{
    return (name - HV_REGISTER_STIMER0_CONFIG) / 2;
}

/* TLFS: SINT 0 is not for timers; such a timer is disabled at once. */
static uint64_t without_illegal_enable(uint64_t config)
{
    bool legal = config & HV_STIMER_DIRECT || sint_of(config);

    return legal ? config : config & ~HV_STIMER_ENABLE;
}

/* In direct mode it needs the INTID of a PPI, as soon as it is or may be enabled. */
static bool has_vector(uint64_t config)
{
    return !(config & HV_STIMER_DIRECT) ||
           !(config & (HV_STIMER_ENABLE | HV_STIMER_AUTO_ENABLE)) ||
           vector_of(config) >= HV_STIMER_VECTOR_MIN;
}

/* With the lock held. */
static void start(const struct place *place, uint64_t config, uint64_t count)
{
    struct stimer *timer = place->timer;

    synic_cancel_timer(place->vp, place->vtl, place->index);
    timer->config = config = without_illegal_enable(config);
    timer->count = count;
    timer->due = STIMER_NEVER;
    if (config & HV_STIMER_ENABLE && count)
        timer->due = config & HV_STIMER_PERIODIC ? later(time_now(place), count) : count;
    timer->when = timer->due;
    serve(place);
}

static struct hv_u128 get_config(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    return (struct hv_u128){.low = vp->level[vtl].stimers.timer[index_of(name)].config};
}

static uint64_t known_config(const struct vtl_partition *partition)
{
    return vtl_has_feature(&partition->services, VTL_FEATURE_DIRECT_STIMER)
               ? CONFIG_KNOWN
               : CONFIG_KNOWN & ~(HV_STIMER_DIRECT | HV_STIMER_VECTOR << HV_STIMER_VECTOR_SHIFT);
}

static enum hv_status set_config(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                 struct hv_u128 value)
{
    struct place place = find(vp, vtl, index_of(name));

    if (value.low & ~known_config(vp->partition) || value.high)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    if (!has_vector(value.low))
        return HV_STATUS_INVALID_PARAMETER;
    g_mutex_lock(&vp->level[vtl].stimers.lock);
    start(&place, value.low, place.timer->count);
    g_mutex_unlock(&vp->level[vtl].stimers.lock);
    return HV_STATUS_SUCCESS;
}

static struct hv_u128 get_count(const struct vtl_vp *vp, unsigned vtl, uint32_t name)
{
    return (struct hv_u128){.low = vp->level[vtl].stimers.timer[index_of(name)].count};
}

static uint64_t config_with_count(uint64_t config, uint64_t count)
{
    if (!count)
        return config & ~HV_STIMER_ENABLE;
    return config & HV_STIMER_AUTO_ENABLE ? config | HV_STIMER_ENABLE : config;
}

static enum hv_status set_count(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                struct hv_u128 value)
{
    struct place place = find(vp, vtl, index_of(name));

    if (value.high)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    g_mutex_lock(&vp->level[vtl].stimers.lock);
    start(&place, config_with_count(place.timer->config, value.low), value.low);
    g_mutex_unlock(&vp->level[vtl].stimers.lock);
    return HV_STATUS_SUCCESS;
}

#define READ_WRITE (HV_READ | HV_WRITE)
#define CONFIG_AND_COUNT(n)                                                                        \
    {HV_REGISTER_STIMER0_CONFIG + 2 * (n), "Stimer" #n "Config", READ_WRITE, get_config,           \
     set_config},                                                                                  \
    {                                                                                              \
        HV_REGISTER_STIMER0_COUNT + 2 * (n), "Stimer" #n "Count", READ_WRITE, get_count, set_count \
    }

static const struct hv_register registers[] = {
    CONFIG_AND_COUNT(0),
    CONFIG_AND_COUNT(1),
    CONFIG_AND_COUNT(2),
    CONFIG_AND_COUNT(3),
};

G_STATIC_ASSERT(G_N_ELEMENTS(registers) == 2 * HV_STIMERS);

const struct hv_register_table hv_stimer_registers = {registers, G_N_ELEMENTS(registers)};

/* --- State ------------------------------------------------------------------------------------ */

/* All of struct stimer. */
static const struct codec_field fields[] = {
    CODEC_BITS(struct stimer, config, CONFIG_KNOWN),
    CODEC_ANY(struct stimer, count),
    CODEC_ANY(struct stimer, due),
    CODEC_ANY(struct stimer, when),
};

void stimers_save(const struct stimers *stimers, struct codec_writer *writer)
{
    for (unsigned i = 0; i < HV_STIMERS; i++)
        codec_write_fields(writer, &stimers->timer[i], fields, G_N_ELEMENTS(fields));
}

/* One that runs has a period, or expire_periodic() would divide by 0; one that does not has no time. */
static void check(struct codec_reader *reader, const struct stimer *timer)
{
    bool runs = timer->config & HV_STIMER_ENABLE && timer->count;

    codec_require(reader,
                  has_vector(timer->config) &&
                      without_illegal_enable(timer->config) == timer->config,
                  "StimerConfig", timer->config, "such a timer cannot be enabled");
    codec_require(reader, runs || (timer->due == STIMER_NEVER && timer->when == STIMER_NEVER),
                  "when", timer->when, "the timer does not run");
    codec_require(reader, timer->when >= timer->due, "when", timer->when,
                  "a timer is not served before it is due");
}

void stimers_load(struct stimers *stimers, struct codec_reader *reader)
{
    for (unsigned i = 0; i < HV_STIMERS; i++) {
        codec_read_fields(reader, &stimers->timer[i], fields, G_N_ELEMENTS(fields));
        check(reader, &stimers->timer[i]);
    }
}

void stimers_tell(struct vtl_vp *vp, unsigned vtl)
{
    const struct vtl_partition *partition = vp->partition;

    for (unsigned i = 0; i < HV_STIMERS; i++)
        partition->backend->set_timer(partition->machine, vp->index, vtl, i,
                                      vp->level[vtl].stimers.timer[i].when);
}
