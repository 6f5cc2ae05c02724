/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SynIC and the synthetic timers: registers, messages, EOM and a clock that is moved, on the
 * in-memory partition; a guest that takes messages, or does what it likes to its message page. The
 * input: actions.
 *
 * What must hold: no more waits than may; what was accepted comes, in order and once, and a VTL
 * gets nothing of another one; nothing expires early; what a timer does costs what it may and no
 * more.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/memory-partition.h"

#define VPS 2
#define VTLS 2
#define ACTIONS_MAX 200
#define MOVE_EVERY 8 /* so many actions the partition is saved and loaded */
#define FIRST_TYPE 1u
#define TIME_STEP_MAX (64 * (uint64_t)STIMER_SERVICE_MIN)
/* Each VTL of each VP has a message page that nobody else writes to. */
#define PAGE_OF(vp, vtl) (HV_PAGE_SIZE * (1 + (vp) * VTLS + (vtl)))

/* What the guest of one VTL of a VP should see. */
struct expected {
    struct {
        uint64_t posted, taken; /* messages by number: from @taken to @posted are to come */
        bool stale;             /* what is in the slot is of a timer as it was before a write */
    } sint[HV_SYNIC_SINTS];
    uint64_t last[HV_STIMERS]; /* expiration that the timer has told of last */
    bool spoilt; /* the guest has written to its page: what is in there is anybody's guess */
};

static struct memory_partition *partition;
static struct expected expected[VPS][VTLS];

static struct vtl_vp *vp_of(unsigned vp)
{
    return &partition->core->vps[vp];
}

static enum hv_status set(unsigned vp, unsigned vtl, uint32_t name, uint64_t value)
{
    return hv_register_set(vp_of(vp), vtl, name, (struct hv_u128){.low = value});
}

static uint64_t get(unsigned vp, unsigned vtl, uint32_t name)
{
    struct hv_u128 value;

    FUZZ_CHECK(hv_register_get(vp_of(vp), vtl, name, &value) == HV_STATUS_SUCCESS);
    return value.low;
}

static struct hv_message *slot_of(unsigned vp, unsigned vtl, unsigned sint)
{
    return (struct hv_message *)(void *)(partition->ram + PAGE_OF(vp, vtl) +
                                         sint * sizeof(struct hv_message));
}

/* Enabling the page clears it: what the guest has not taken is its own loss. */
static void set_simp(unsigned vp, unsigned vtl, uint64_t enable)
{
    uint64_t simp = PAGE_OF(vp, vtl) | enable;
    bool clears = enable && get(vp, vtl, HV_REGISTER_SIMP) != simp;

    for (unsigned sint = 0; clears && sint < HV_SYNIC_SINTS; sint++) {
        expected[vp][vtl].sint[sint].taken += slot_of(vp, vtl, sint)->type == FIRST_TYPE + sint;
        expected[vp][vtl].sint[sint].stale = false;
    }
    FUZZ_CHECK(set(vp, vtl, HV_REGISTER_SIMP, simp) == HV_STATUS_SUCCESS);
}

static void enable_all(unsigned vp, unsigned vtl)
{
    set(vp, vtl, HV_REGISTER_SCONTROL, HV_SCONTROL_ENABLE);
    set_simp(vp, vtl, HV_PAGE_REGISTER_ENABLE);
    for (unsigned sint = 0; sint < HV_SYNIC_SINTS; sint++)
        set(vp, vtl, HV_REGISTER_SINT0 + sint, HV_SINT_VECTOR_MIN);
}

static void start_partition(void)
{
    partition = memory_partition_new(1 << 0 | 1 << 1, 1);
    partition->core->vp_count = VPS;
    partition->time = 1;
    memset(expected, 0, sizeof(expected));
    for (unsigned vp = 0; vp < VPS; vp++)
        for (unsigned vtl = 0; vtl < VTLS; vtl++)
            enable_all(vp, vtl);
}

/* --- What must hold --------------------------------------------------------------------------- */

static void check_queues(unsigned vp, unsigned vtl)
{
    const struct synic *synic = &vp_of(vp)->level[vtl].synic;

    const struct expected *own = &expected[vp][vtl];

    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++) {
        FUZZ_CHECK(synic->queue[i].length <= SYNIC_QUEUE_LENGTH);
        FUZZ_CHECK(own->spoilt ||
                   own->sint[i].posted - own->sint[i].taken >= synic->queue[i].length);
    }
}

static void check_timers(unsigned vp, unsigned vtl)
{
    const struct vtl_vp_level *level = &vp_of(vp)->level[vtl];

    for (unsigned i = 0; i < HV_STIMERS; i++) {
        const struct stimer *timer = &level->stimers.timer[i];
        bool runs = timer->config & HV_STIMER_ENABLE && timer->count;
        bool legal = timer->config & HV_STIMER_DIRECT ||
                     timer->config >> HV_STIMER_SINT_SHIFT & HV_STIMER_SINT;

        FUZZ_CHECK(legal || !(timer->config & HV_STIMER_ENABLE));
        FUZZ_CHECK(runs || timer->when == STIMER_NEVER);
        FUZZ_CHECK(partition->timer[vp][vtl][i] == timer->when);
        FUZZ_CHECK(timer->when == STIMER_NEVER || timer->when > partition->time);
        FUZZ_CHECK(timer->when >= timer->due || timer->due == STIMER_NEVER);
    }
}

static void check_all(void)
{
    for (unsigned vp = 0; vp < VPS; vp++)
        for (unsigned vtl = 0; vtl < VTLS; vtl++) {
            check_queues(vp, vtl);
            check_timers(vp, vtl);
        }
}

/* Timers' messages: with their times in order, and none before its time. */
static void check_timer_message(struct expected *own, unsigned sint,
                                const struct hv_message *message)
{
    struct hv_timer_payload payload;

    memcpy(&payload, message->payload, sizeof(payload));
    FUZZ_CHECK(message->payload_size == sizeof(payload) && !message->sender && !payload.zero);
    FUZZ_CHECK(payload.timer < HV_STIMERS && payload.delivery <= partition->time);
    FUZZ_CHECK(payload.expiration <= payload.delivery);
    if (!own->sint[sint].stale) {
        FUZZ_CHECK(payload.expiration > own->last[payload.timer]);
        own->last[payload.timer] = payload.expiration;
    }
    own->sint[sint].stale = false;
}

static void check_posted_message(unsigned vp, unsigned vtl, unsigned sint,
                                 const struct hv_message *message)
{
    struct expected *own = &expected[vp][vtl];

    FUZZ_CHECK(own->sint[sint].taken < own->sint[sint].posted);
    FUZZ_CHECK(message->sender == own->sint[sint].taken++);
    FUZZ_CHECK(message->type == FIRST_TYPE + sint && message->payload[0] == vp * VTLS + vtl);
}

/* --- The guest -------------------------------------------------------------------------------- */

/* Takes a message as a guest does; false if there is none. */
static bool take_message(unsigned vp, unsigned vtl, unsigned sint)
{
    struct hv_message *slot = slot_of(vp, vtl, sint);

    if (slot->type == HV_MESSAGE_NONE)
        return false;
    if (!expected[vp][vtl].spoilt && slot->type == HV_MESSAGE_TIMER_EXPIRED)
        check_timer_message(&expected[vp][vtl], sint, slot);
    else if (!expected[vp][vtl].spoilt)
        check_posted_message(vp, vtl, sint, slot);
    slot->type = HV_MESSAGE_NONE;
    if (slot->flags & HV_MESSAGE_FLAG_PENDING)
        FUZZ_CHECK(set(vp, vtl, HV_REGISTER_EOM, 0) == HV_STATUS_SUCCESS);
    return true;
}

static void take(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    take_message(vp, vtl, fuzz_u8(input) % HV_SYNIC_SINTS);
}

static void scribble(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    uint16_t offset = fuzz_u16(input) % HV_PAGE_SIZE;

    expected[vp][vtl].spoilt = true;
    partition->ram[PAGE_OF(vp, vtl) + offset] = fuzz_u8(input);
}

/* --- Actions ---------------------------------------------------------------------------------- */

static void post(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    unsigned sint = fuzz_u8(input) % HV_SYNIC_SINTS;
    uint64_t *posted = &expected[vp][vtl].sint[sint].posted;
    struct hv_message message = {.type = FIRST_TYPE + sint};
    unsigned times = 1 + fuzz_u8(input) % (2 * SYNIC_QUEUE_LENGTH);

    message.payload_size = fuzz_u8(input) % HV_MESSAGE_PAYLOAD + 1;
    message.payload[0] = (uint8_t)(vp * VTLS + vtl);
    for (unsigned i = 0; i < times; i++) {
        message.sender = *posted;
        *posted += synic_post(vp_of(vp), vtl, sint, &message) != SYNIC_REFUSED;
    }
}

static void any_synic_register(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    uint32_t name = HV_REGISTER_SINT0 + fuzz_u8(input) % 0x18;
    uint64_t value = fuzz_u64(input);

    /* Pages elsewhere would be the guest's own fault. */
    if (name == HV_REGISTER_SIMP)
        set_simp(vp, vtl, value & HV_PAGE_REGISTER_ENABLE);
    else if (name == HV_REGISTER_SIEFP || name == HV_REGISTER_SIRBP)
        set(vp, vtl, name, value & ~HV_PAGE_REGISTER_ENABLE);
    else if (hv_register_exists(name))
        set(vp, vtl, name, value);
}

static void likely_sint(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    uint8_t sint = fuzz_u8(input), bits = fuzz_u8(input);

    set(vp, vtl, HV_REGISTER_SINT0 + sint % HV_SYNIC_SINTS,
        HV_SINT_VECTOR_MIN | (bits & 1 ? HV_SINT_MASKED : 0) | (bits & 2 ? HV_SINT_POLLING : 0));
}

/* The timer begins anew; what it has delivered may still be in a slot. */
static void set_timer(unsigned vp, unsigned vtl, unsigned timer, bool count, uint64_t value)
{
    struct expected *own = &expected[vp][vtl];

    for (unsigned sint = 0; sint < HV_SYNIC_SINTS; sint++)
        own->sint[sint].stale |= slot_of(vp, vtl, sint)->type == HV_MESSAGE_TIMER_EXPIRED;
    own->last[timer] = 0;
    set(vp, vtl, HV_REGISTER_STIMER0_CONFIG + 2 * timer + count, value);
}

static void any_timer_register(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    uint8_t choice = fuzz_u8(input);

    set_timer(vp, vtl, choice / 2 % HV_STIMERS, choice & 1, fuzz_u64(input));
}

static void likely_timer(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    uint8_t timer = fuzz_u8(input) % HV_STIMERS, flags = fuzz_u8(input), sint = fuzz_u8(input);
    uint64_t count = fuzz_u16(input), shift = fuzz_u8(input) % 20;
    uint64_t config = flags & 0xf;

    config |= (uint64_t)(sint % HV_SYNIC_SINTS) << HV_STIMER_SINT_SHIFT;
    if (flags & 0x10)
        config |= HV_STIMER_DIRECT | HV_STIMER_VECTOR_MIN << HV_STIMER_VECTOR_SHIFT;
    count <<= shift;
    if (!(flags & HV_STIMER_PERIODIC) && flags & 0x20)
        count += partition->time;
    set_timer(vp, vtl, timer, false, 0);
    set_timer(vp, vtl, timer, true, count);
    set_timer(vp, vtl, timer, false, config);
}

static void pass_time(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    uint64_t span = fuzz_u64(input) % TIME_STEP_MAX;
    unsigned calls;

    (void)vp;
    (void)vtl;
    if (span > UINT64_MAX - partition->time)
        return;
    calls = memory_partition_pass_time(partition, partition->time + span);
    FUZZ_CHECK(calls <= VPS * VTLS * HV_STIMERS * (2 + span / STIMER_SERVICE_MIN));
}

/* A machine that was away for long, or a clock near its end. */
static void jump(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    uint64_t span = fuzz_u64(input) >> (fuzz_u8(input) % 64);

    (void)vp;
    (void)vtl;
    if (span > UINT64_MAX - partition->time)
        return;
    partition->time += span;
    FUZZ_CHECK(memory_partition_pass_time(partition, partition->time) <= VPS * VTLS * HV_STIMERS);
}

static void run_early(unsigned vp, unsigned vtl, struct fuzz_input *input)
{
    vtl_stimer_run(vp_of(vp), vtl, fuzz_u8(input) % HV_STIMERS);
}

static void (*const actions[])(unsigned vp, unsigned vtl, struct fuzz_input *input) = {
    take, post, likely_sint, likely_timer, pass_time, any_synic_register, any_timer_register, jump,
    run_early, scribble,
};

/* --- The end ---------------------------------------------------------------------------------- */

static void stop_timers(unsigned vp, unsigned vtl)
{
    for (unsigned i = 0; i < HV_STIMERS; i++) {
        uint32_t name = HV_REGISTER_STIMER0_CONFIG + 2 * i;

        set(vp, vtl, name + 1, 0);
        FUZZ_CHECK(!(get(vp, vtl, name) & HV_STIMER_ENABLE));
        FUZZ_CHECK(partition->timer[vp][vtl][i] == STIMER_NEVER);
    }
}

static void drain_sint(unsigned vp, unsigned vtl, unsigned sint)
{
    const struct synic *synic = &vp_of(vp)->level[vtl].synic;
    const struct expected *own = &expected[vp][vtl];

    set(vp, vtl, HV_REGISTER_EOM, 0);
    for (unsigned i = 0; take_message(vp, vtl, sint); i++)
        FUZZ_CHECK(i <= SYNIC_QUEUE_LENGTH + HV_STIMERS);
    FUZZ_CHECK(!synic->queue[sint].length);
    FUZZ_CHECK(own->spoilt || own->sint[sint].taken == own->sint[sint].posted);
}

/* Once all is enabled, a guest that does as it is told gets everything, and then nothing more. */
static void drain(unsigned vp, unsigned vtl)
{
    enable_all(vp, vtl);
    for (unsigned sint = 0; sint < HV_SYNIC_SINTS; sint++)
        drain_sint(vp, vtl, sint);
    for (unsigned i = 0; i < HV_STIMERS; i++)
        FUZZ_CHECK(!vp_of(vp)->level[vtl].synic.timer[i].waits);
    stop_timers(vp, vtl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};

    start_partition();
    for (unsigned i = 0; i < ACTIONS_MAX && input.size; i++) {
        uint8_t choice = fuzz_u8(&input);

        actions[choice % G_N_ELEMENTS(actions)](choice >> 7, choice >> 6 & 1, &input);
        if (i % MOVE_EVERY == MOVE_EVERY - 1)
            memory_partition_move(partition, NULL, 0, NULL);
        check_all();
    }
    for (unsigned vp = 0; vp < VPS; vp++)
        for (unsigned vtl = 0; vtl < VTLS; vtl++)
            drain(vp, vtl);
    memory_partition_free(partition);
    return 0;
}
