/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Synthetic timers, by their registers, with a clock that stands still until it is moved. */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define FAST (1ull << 16)
#define REPS(count) ((uint64_t)(count) << 32)
#define SUCCESS REPS(1)

#define PAGE 0x3000u
#define OTHER_PAGE 0x5000u
#define SINT 3
#define PPI 0x12u
#define DIRECT_PPI 0x14u
#define MS 10000u /* reference time */
#define BEGIN 1000000u

#define CONFIG(timer) (HV_REGISTER_STIMER0_CONFIG + 2 * (timer))
#define COUNT(timer) (HV_REGISTER_STIMER0_COUNT + 2 * (timer))
#define TO_SINT ((uint64_t)SINT << HV_STIMER_SINT_SHIFT)
#define DIRECT (HV_STIMER_DIRECT | (uint64_t)DIRECT_PPI << HV_STIMER_VECTOR_SHIFT)
#define ENABLE HV_STIMER_ENABLE
#define PERIODIC HV_STIMER_PERIODIC
#define LAZY HV_STIMER_LAZY
#define AUTO HV_STIMER_AUTO_ENABLE

static struct memory_partition *partition;

static uint64_t set(unsigned target, unsigned vtl, uint32_t name, uint64_t value)
{
    struct smccc_registers registers = {
        {HV_CALL_SET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF,
         target | (uint64_t)(HV_INPUT_VTL_USE | vtl) << 32, name, 0, value, 0}};

    vtl_hypercall(&partition->core->vps[0], HVC_HYPERCALL, &registers);
    return registers.x[0];
}

static void set_ok(unsigned target, unsigned vtl, uint32_t name, uint64_t value)
{
    ck_assert_uint_eq(set(target, vtl, name, value), SUCCESS);
}

static uint64_t get(unsigned target, unsigned vtl, uint32_t name)
{
    struct smccc_registers registers = {
        {HV_CALL_GET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF,
         target | (uint64_t)(HV_INPUT_VTL_USE | vtl) << 32, name}};

    vtl_hypercall(&partition->core->vps[0], HVC_HYPERCALL, &registers);
    ck_assert_uint_eq(registers.x[0], SUCCESS);
    return registers.x[15];
}

static void enable_synic(unsigned target, unsigned vtl, uint64_t page)
{
    set_ok(target, vtl, HV_REGISTER_SCONTROL, HV_SCONTROL_ENABLE);
    set_ok(target, vtl, HV_REGISTER_SIMP, page | HV_PAGE_REGISTER_ENABLE);
    set_ok(target, vtl, HV_REGISTER_SINT0 + SINT, PPI);
}

static void set_up(void)
{
    partition = memory_partition_new(1 << 0 | 1 << 2, 2);
    partition->time = BEGIN;
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        partition->core->guest_os_id[vtl] = 1;
    enable_synic(0, 0, PAGE);
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static void pass(uint64_t time)
{
    memory_partition_pass_time(partition, partition->time + time);
}

static unsigned interrupts(void)
{
    return partition->interrupt[0][0].count;
}

static struct hv_message *slot(uint64_t page)
{
    return (struct hv_message *)(void *)(partition->ram + page + SINT * sizeof(struct hv_message));
}

/* The message of the timer is there; takes it. */
static void expect_at(uint64_t page, unsigned timer, uint64_t expiration, uint64_t delivery)
{
    struct hv_timer_payload payload;

    ck_assert_uint_eq(slot(page)->type, HV_MESSAGE_TIMER_EXPIRED);
    ck_assert_uint_eq(slot(page)->payload_size, 0x18);
    ck_assert_uint_eq(slot(page)->sender, 0);
    memcpy(&payload, slot(page)->payload, sizeof(payload));
    ck_assert_uint_eq(payload.timer, timer);
    ck_assert_uint_eq(payload.zero, 0);
    ck_assert_uint_eq(payload.expiration, expiration);
    ck_assert_uint_eq(payload.delivery, delivery);
    slot(page)->type = HV_MESSAGE_NONE;
}

static void expect(unsigned timer, uint64_t expiration)
{
    expect_at(PAGE, timer, expiration, partition->time);
}

static void expect_none(void)
{
    ck_assert_uint_eq(slot(PAGE)->type, HV_MESSAGE_NONE);
}

static void eom(void)
{
    set_ok(0, 0, HV_REGISTER_EOM, 0);
}

static bool more_wait(void)
{
    return slot(PAGE)->flags & HV_MESSAGE_FLAG_PENDING;
}

static void start(unsigned timer, uint64_t config, uint64_t count)
{
    set_ok(0, 0, COUNT(timer), count);
    set_ok(0, 0, CONFIG(timer), config | ENABLE);
}

/* --- Registers -------------------------------------------------------------------------------- */

START_TEST(reset_values)
{
    for (unsigned timer = 0; timer < HV_STIMERS; timer++) {
        ck_assert_uint_eq(get(0, 0, CONFIG(timer)), 0);
        ck_assert_uint_eq(get(0, 0, COUNT(timer)), 0);
    }
    ck_assert_uint_eq(get(0, 0, HV_REGISTER_PRIVILEGES_AND_FEATURES) >> 3 & 1, 1);
    ck_assert_str_eq(hv_register_text(CONFIG(2)), "Stimer2Config");
    ck_assert_str_eq(hv_register_text(COUNT(3)), "Stimer3Count");
    ck_assert_ptr_null(hv_register_text(COUNT(3) + 1));
}
END_TEST

/* The other half of PrivilegesAndFeaturesInfo. */
START_TEST(direct_mode_is_offered)
{
    struct hv_u128 value;

    ck_assert_int_eq(hv_register_get(&partition->core->vps[0], 0,
                                     HV_REGISTER_PRIVILEGES_AND_FEATURES, &value),
                     HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.high >> (77 - 64) & 1, 1);
}
END_TEST

/* Of timer 1, whose Config is a periodic one's before. */
#define BEFORE (PERIODIC | TO_SINT)
static const struct {
    uint64_t value;
    uint64_t result;
    uint64_t after;
} writes[] = {
    {0, SUCCESS, 0},
    {TO_SINT, SUCCESS, TO_SINT},
    {0xf0000, SUCCESS, 0xf0000},
    {TO_SINT | 0xe, SUCCESS, TO_SINT | 0xe},
    {TO_SINT | ENABLE, SUCCESS, TO_SINT | ENABLE}, /* Count is 0: waits for that */
    {TO_SINT | ENABLE | 1 << 4, SUCCESS, TO_SINT | ENABLE | 1 << 4}, /* a vector of no use */
    {ENABLE, SUCCESS, 0},                          /* no SINT: disabled at once */
    {ENABLE | PERIODIC | AUTO, SUCCESS, PERIODIC | AUTO},
    {DIRECT | ENABLE, SUCCESS, DIRECT | ENABLE},
    {DIRECT | TO_SINT | ENABLE, SUCCESS, DIRECT | TO_SINT | ENABLE},
    {HV_STIMER_DIRECT | 31 << 4 | ENABLE, SUCCESS, HV_STIMER_DIRECT | 31 << 4 | ENABLE},
    {HV_STIMER_DIRECT | 15 << 4 | ENABLE, HV_STATUS_INVALID_PARAMETER, BEFORE},
    {HV_STIMER_DIRECT | 15 << 4 | AUTO, HV_STATUS_INVALID_PARAMETER, BEFORE},
    {HV_STIMER_DIRECT | 15 << 4, SUCCESS, HV_STIMER_DIRECT | 15 << 4},
    {DIRECT | 1 << 9, HV_STATUS_INVALID_REGISTER_VALUE, BEFORE}, /* vectors of arm64: 5 bits */
    {DIRECT | 1 << 11, HV_STATUS_INVALID_REGISTER_VALUE, BEFORE},
    {TO_SINT | 1 << 9, HV_STATUS_INVALID_REGISTER_VALUE, BEFORE},
    {TO_SINT | 1 << 13, HV_STATUS_INVALID_REGISTER_VALUE, BEFORE},
    {TO_SINT | 1 << 15, HV_STATUS_INVALID_REGISTER_VALUE, BEFORE},
    {TO_SINT | 1 << 20, HV_STATUS_INVALID_REGISTER_VALUE, BEFORE},
    {TO_SINT | 1ull << 63, HV_STATUS_INVALID_REGISTER_VALUE, BEFORE},
};

START_TEST(written)
{
    set_ok(0, 0, CONFIG(1), BEFORE);
    ck_assert_uint_eq(set(0, 0, CONFIG(1), writes[_i].value), writes[_i].result);
    ck_assert_uint_eq(get(0, 0, CONFIG(1)), writes[_i].after);
    pass(100 * MS);
    ck_assert_uint_eq(interrupts(), 0);
}
END_TEST

START_TEST(upper_halves_are_reserved)
{
    static const uint32_t names[] = {CONFIG(0), COUNT(0)};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        ck_assert_int_eq(hv_register_set(&partition->core->vps[0], 0, names[i],
                                         (struct hv_u128){.low = MS, .high = 1}),
                         HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(get(0, 0, COUNT(0)), 0);
}
END_TEST

/* --- One-shot --------------------------------------------------------------------------------- */

START_TEST(one_shot)
{
    start(0, TO_SINT, BEGIN + MS);
    ck_assert_uint_eq(partition->timer[0][0][0], BEGIN + MS);
    pass(MS - 1);
    expect_none();
    ck_assert_uint_eq(get(0, 0, CONFIG(0)), TO_SINT | ENABLE);
    pass(1);
    expect(0, BEGIN + MS);
    ck_assert_uint_eq(interrupts(), 1);
    ck_assert_uint_eq(partition->interrupt[0][0].intid, PPI);
    ck_assert_uint_eq(get(0, 0, CONFIG(0)), TO_SINT);
    ck_assert_uint_eq(get(0, 0, COUNT(0)), BEGIN + MS);
    ck_assert_uint_eq(partition->timer[0][0][0], STIMER_NEVER);
    pass(100 * MS);
    eom();
    expect_none();
    ck_assert_uint_eq(interrupts(), 1);
}
END_TEST

START_TEST(in_the_past)
{
    static const uint64_t past[] = {1, BEGIN - 1, BEGIN};

    for (unsigned i = 0; i < G_N_ELEMENTS(past); i++) {
        start(i, TO_SINT, past[i]);
        expect(i, past[i]);
        ck_assert_uint_eq(get(0, 0, CONFIG(i)), TO_SINT);
    }
    ck_assert_uint_eq(interrupts(), 3);
}
END_TEST

START_TEST(late_service)
{
    start(0, TO_SINT, BEGIN + MS);
    partition->time = BEGIN + 7 * MS;
    vtl_stimer_run(&partition->core->vps[0], 0, 0);
    expect(0, BEGIN + MS);
}
END_TEST

/* A machine that calls too early is told again; nothing expires before its time. */
START_TEST(early_service)
{
    start(0, TO_SINT, BEGIN + MS);
    partition->timer[0][0][0] = STIMER_NEVER;
    vtl_stimer_run(&partition->core->vps[0], 0, 0);
    ck_assert_uint_eq(partition->timer[0][0][0], BEGIN + MS);
    vtl_stimer_run(&partition->core->vps[0], 0, 1);
    ck_assert_uint_eq(partition->timer[0][0][1], STIMER_NEVER);
    expect_none();
}
END_TEST

START_TEST(direct)
{
    set_ok(0, 0, HV_REGISTER_SCONTROL, 0); /* direct mode needs no SynIC */
    start(0, DIRECT, BEGIN + MS);
    pass(MS);
    expect_none();
    ck_assert_uint_eq(interrupts(), 1);
    ck_assert_uint_eq(partition->interrupt[0][0].intid, DIRECT_PPI);
    ck_assert_uint_eq(get(0, 0, CONFIG(0)), DIRECT);
}
END_TEST

/* The service is another thread's: whoever the interrupt comes to may ask at once. */
START_TEST(disabled_before_it_is_told)
{
    start(0, TO_SINT, BEGIN + MS);
    pass(MS);
    ck_assert_uint_eq(interrupts(), 1);
    ck_assert_uint_eq(partition->interrupt[0][0].timer, TO_SINT);
    expect(0, BEGIN + MS);
    start(0, DIRECT, BEGIN + 2 * MS);
    pass(MS);
    ck_assert_uint_eq(interrupts(), 2);
    ck_assert_uint_eq(partition->interrupt[0][0].timer, DIRECT);
}
END_TEST

START_TEST(auto_enable)
{
    set_ok(0, 0, CONFIG(0), TO_SINT | AUTO);
    pass(MS);
    expect_none();
    for (unsigned i = 0; i < 3; i++) {
        set_ok(0, 0, COUNT(0), partition->time + MS);
        ck_assert_uint_eq(get(0, 0, CONFIG(0)), TO_SINT | AUTO | ENABLE);
        pass(MS);
        expect(0, partition->time);
        ck_assert_uint_eq(get(0, 0, CONFIG(0)), TO_SINT | AUTO);
    }
    set_ok(0, 0, CONFIG(0), AUTO); /* no SINT: not even so */
    set_ok(0, 0, COUNT(0), partition->time + MS);
    ck_assert_uint_eq(get(0, 0, CONFIG(0)), AUTO);
    pass(MS);
    expect_none();
}
END_TEST

START_TEST(count_after_enable)
{
    set_ok(0, 0, CONFIG(0), TO_SINT | ENABLE);
    set_ok(0, 0, COUNT(0), BEGIN + MS);
    pass(MS);
    expect(0, BEGIN + MS);
}
END_TEST

/* What stops a timer for good. */
static const struct {
    uint32_t name;
    uint64_t value;
    uint64_t config;
} stops[] = {
    {COUNT(0), 0, TO_SINT | PERIODIC | AUTO},
    {CONFIG(0), TO_SINT | PERIODIC | AUTO, TO_SINT | PERIODIC | AUTO},
    {CONFIG(0), ENABLE | PERIODIC | AUTO, PERIODIC | AUTO},
    {CONFIG(0), 0, 0},
};

START_TEST(stopped)
{
    start(0, TO_SINT | PERIODIC | AUTO, MS);
    pass(MS);
    expect(0, BEGIN + MS);
    set_ok(0, 0, stops[_i].name, stops[_i].value);
    ck_assert_uint_eq(get(0, 0, CONFIG(0)), stops[_i].config);
    ck_assert_uint_eq(partition->timer[0][0][0], STIMER_NEVER);
    pass(100 * MS);
    expect_none();
}
END_TEST

START_TEST(refused_write_changes_nothing)
{
    start(0, TO_SINT, BEGIN + MS);
    ck_assert_uint_eq(set(0, 0, CONFIG(0), 1ull << 40), HV_STATUS_INVALID_REGISTER_VALUE);
    pass(MS);
    expect(0, BEGIN + MS);
}
END_TEST

START_TEST(moved)
{
    start(0, TO_SINT, BEGIN + MS);
    set_ok(0, 0, COUNT(0), BEGIN + 3 * MS);
    pass(2 * MS);
    expect_none();
    pass(MS);
    expect(0, BEGIN + 3 * MS);
}
END_TEST

/* Never comes, and nothing overflows on the way. */
START_TEST(end_of_time)
{
    start(0, TO_SINT, UINT64_MAX);
    start(1, TO_SINT | PERIODIC, UINT64_MAX);
    start(2, TO_SINT | PERIODIC, UINT64_MAX - BEGIN - 1);
    pass(UINT64_MAX / 2);
    expect_none();
    partition->time = UINT64_MAX - 1;
    memory_partition_pass_time(partition, UINT64_MAX);
    expect_at(PAGE, 2, UINT64_MAX - 1, UINT64_MAX - 1);
    eom();
    expect_none();
}
END_TEST

/* --- Periodic --------------------------------------------------------------------------------- */

/* However late each service is, as long as that is less than a period. */
START_TEST(no_drift)
{
    start(0, TO_SINT | PERIODIC, MS);
    for (unsigned i = 1; i <= 10000; i++) {
        partition->time = BEGIN + i * MS + i * 37 % (MS / 2);
        vtl_stimer_run(&partition->core->vps[0], 0, 0);
        expect(0, BEGIN + (uint64_t)i * MS);
    }
    ck_assert_uint_eq(interrupts(), 10000);
    ck_assert_uint_eq(get(0, 0, CONFIG(0)), TO_SINT | PERIODIC | ENABLE);
}
END_TEST

START_TEST(direct_periodic)
{
    start(0, DIRECT | PERIODIC, MS);
    pass(1000 * MS);
    ck_assert_uint_eq(interrupts(), 1000);
}
END_TEST

/* Served too late by some periods: each is told of, with its own time, and faster than usual. */
START_TEST(catches_up)
{
    uint64_t due = BEGIN + MS;

    start(0, TO_SINT | PERIODIC, MS);
    partition->time = BEGIN + 5 * MS + 10;
    vtl_stimer_run(&partition->core->vps[0], 0, 0);
    for (unsigned i = 0; i < 7; i++, due += MS) {
        expect(0, due);
        ck_assert_uint_ge(partition->timer[0][0][0], partition->time + MS / 2);
        pass(partition->timer[0][0][0] - partition->time);
    }
    expect(0, due);
    ck_assert_uint_eq(partition->timer[0][0][0], due + MS); /* back in time */
}
END_TEST

/* So many are missed that the older ones are given up. */
START_TEST(skips_what_is_too_much)
{
    uint64_t late = BEGIN + 1000 * MS + 10;

    start(0, TO_SINT | PERIODIC, MS);
    partition->time = late;
    vtl_stimer_run(&partition->core->vps[0], 0, 0);
    expect(0, BEGIN + MS);
    for (unsigned i = 0; i < STIMER_ARREARS_MAX; i++) {
        pass(MS / 2);
        expect(0, BEGIN + (1000ull - STIMER_ARREARS_MAX + 1 + i) * MS);
    }
    ck_assert_uint_eq(interrupts(), 1 + STIMER_ARREARS_MAX);
}
END_TEST

START_TEST(lazy_skips_all)
{
    start(0, TO_SINT | PERIODIC | LAZY, MS);
    partition->time = BEGIN + 1000 * MS + 10;
    vtl_stimer_run(&partition->core->vps[0], 0, 0);
    expect(0, BEGIN + MS);
    ck_assert_uint_eq(partition->timer[0][0][0], BEGIN + 1001 * MS);
    pass(MS);
    expect_at(PAGE, 0, BEGIN + 1001 * MS, BEGIN + 1001 * MS);
    ck_assert_uint_eq(interrupts(), 2);
}
END_TEST

/* The shortest period is served every STIMER_SERVICE_MIN. */
START_TEST(shortest_period)
{
    unsigned calls;

    start(0, DIRECT | PERIODIC, 1);
    start(1, DIRECT | PERIODIC | LAZY, 1);
    calls = memory_partition_pass_time(partition, BEGIN + 1000 * STIMER_SERVICE_MIN);
    ck_assert_uint_le(calls, 2 * 1001);
    ck_assert_uint_ge(calls, 2 * 999);
    ck_assert_uint_eq(interrupts(), calls);
    ck_assert_uint_eq(get(0, 0, COUNT(0)), 1);
}
END_TEST

/* Beginning anew begins a period. */
START_TEST(begun_anew)
{
    start(0, TO_SINT | PERIODIC, MS);
    pass(MS - 1);
    set_ok(0, 0, COUNT(0), 2 * MS);
    pass(2 * MS - 1);
    expect_none();
    pass(1);
    expect(0, BEGIN + 3 * MS - 1);
}
END_TEST

/* --- Busy slots ------------------------------------------------------------------------------- */

START_TEST(busy_one_shot)
{
    start(0, TO_SINT, BEGIN + MS);
    start(1, TO_SINT, BEGIN + 2 * MS);
    pass(2 * MS);
    ck_assert_uint_eq(get(0, 0, CONFIG(1)), TO_SINT); /* expired, although nobody knows */
    ck_assert(more_wait());
    expect_at(PAGE, 0, BEGIN + MS, BEGIN + MS);
    pass(MS);
    eom();
    ck_assert(!more_wait());
    expect_at(PAGE, 1, BEGIN + 2 * MS, BEGIN + 3 * MS); /* delivered later than due */
    ck_assert_uint_eq(interrupts(), 2);
}
END_TEST

/* What the queue holds goes first; EOM by EOM all comes. */
START_TEST(behind_the_queue)
{
    struct hv_message message = {.type = 7};

    for (unsigned i = 0; i < 3; i++)
        synic_post(&partition->core->vps[0], 0, SINT, &message);
    for (unsigned timer = 0; timer < HV_STIMERS; timer++)
        start(timer, TO_SINT, BEGIN + timer);
    pass(MS);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(slot(PAGE)->type, 7);
        ck_assert(more_wait());
        slot(PAGE)->type = HV_MESSAGE_NONE;
        eom();
    }
    for (unsigned timer = 0; timer < HV_STIMERS; timer++) {
        ck_assert_int_eq(more_wait(), timer + 1 < HV_STIMERS);
        expect(timer, BEGIN + timer);
        eom();
    }
    expect_none();
}
END_TEST

/* A guest that never looks: one message a timer waits, whatever happens. */
START_TEST(busy_periodic)
{
    start(0, TO_SINT | PERIODIC, MS);
    pass(1000 * MS);
    expect_at(PAGE, 0, BEGIN + MS, BEGIN + MS);
    eom();
    expect(0, BEGIN + 2 * MS);
    eom();
    expect_none();
    ck_assert_uint_eq(interrupts(), 2);
    pass(MS / 2); /* and then the last ones, in their order */
    expect(0, partition->time - partition->time % MS - (STIMER_ARREARS_MAX - 1) * MS);
}
END_TEST

START_TEST(busy_lazy)
{
    start(0, TO_SINT | PERIODIC | LAZY, MS);
    pass(1000 * MS + 10);
    expect_at(PAGE, 0, BEGIN + MS, BEGIN + MS);
    eom();
    expect(0, BEGIN + 2 * MS);
    eom();
    expect_none();
    pass(MS);
    expect_at(PAGE, 0, BEGIN + 1001 * MS, BEGIN + 1001 * MS);
    ck_assert_uint_eq(interrupts(), 3);
}
END_TEST

/* A guest that empties its slot without EOM: the next expiration helps. */
START_TEST(without_eom)
{
    start(0, TO_SINT | PERIODIC, MS);
    pass(2 * MS);
    expect_at(PAGE, 0, BEGIN + MS, BEGIN + MS);
    pass(MS);
    expect(0, BEGIN + 2 * MS);
}
END_TEST

START_TEST(dropped_when_stopped)
{
    start(0, TO_SINT, BEGIN);
    start(1, TO_SINT, BEGIN);
    set_ok(0, 0, stops[_i].name + 2, stops[_i].value);
    expect(0, BEGIN);
    eom();
    expect_none();
    start(1, TO_SINT, BEGIN);
    expect(1, BEGIN);
}
END_TEST

/* What holds messages back, and what lets them go. */
static const struct {
    uint32_t name;
    uint64_t off, on;
} switches[] = {
    {HV_REGISTER_SCONTROL, 0, 1},
    {HV_REGISTER_SIMP, PAGE, PAGE | 1},
    {HV_REGISTER_SINT0 + SINT, HV_SINT_MASKED | PPI, PPI},
};

START_TEST(held_back)
{
    set_ok(0, 0, switches[_i].name, switches[_i].off);
    start(0, TO_SINT, BEGIN);
    start(1, TO_SINT | PERIODIC, MS);
    pass(5 * MS);
    expect_none();
    ck_assert_uint_eq(interrupts(), 0);
    set_ok(0, 0, switches[_i].name, switches[_i].on);
    expect(0, BEGIN);
    eom();
    expect(1, BEGIN + MS);
}
END_TEST

/* The message is lost only to its owner: what the page's rights refuse waits. */
START_TEST(page_without_memory)
{
    set_ok(0, 0, HV_REGISTER_SIMP, MEMORY_PARTITION_RAM | HV_PAGE_REGISTER_ENABLE);
    start(0, TO_SINT, BEGIN);
    pass(MS);
    set_ok(0, 0, HV_REGISTER_SIMP, PAGE | HV_PAGE_REGISTER_ENABLE);
    expect(0, BEGIN);
}
END_TEST

/* --- Others ----------------------------------------------------------------------------------- */

/* VTL2 of VP0 sets timers of all; each VTL of each VP has its own. */
START_TEST(others)
{
    enable_synic(1, 2, OTHER_PAGE);
    set_ok(1, 2, COUNT(3), BEGIN + MS);
    set_ok(1, 2, CONFIG(3), TO_SINT | ENABLE);
    ck_assert_uint_eq(get(1, 2, COUNT(3)), BEGIN + MS);
    ck_assert_uint_eq(get(1, 0, COUNT(3)), 0);
    ck_assert_uint_eq(get(0, 2, COUNT(3)), 0);
    set_ok(2, 0, COUNT(0), BEGIN + MS);
    set_ok(2, 0, CONFIG(0), DIRECT | ENABLE);
    pass(MS);
    expect_none();
    expect_at(OTHER_PAGE, 3, BEGIN + MS, BEGIN + MS);
    ck_assert_uint_eq(partition->interrupt[1][2].count, 1);
    ck_assert_uint_eq(partition->interrupt[2][0].count, 1);
    ck_assert_uint_eq(partition->interrupt[2][0].intid, DIRECT_PPI);
    ck_assert_uint_eq(interrupts(), 0);
    partition->core->vps[0].active = 0;
    ck_assert_uint_eq(set(1, 2, CONFIG(3), 0), HV_STATUS_ACCESS_DENIED);
}
END_TEST

/* All timers of all VPs and VTLs with a period that nobody can serve: no more than the bound. */
START_TEST(flood)
{
    enum { TIMERS = MEMORY_PARTITION_VPS * 2 * HV_STIMERS, ROUNDS = 100 };
    unsigned calls;

    for (unsigned i = 0; i < MEMORY_PARTITION_VPS; i++)
        for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl += 2) {
            enable_synic(i, vtl, PAGE);
            for (unsigned timer = 0; timer < HV_STIMERS; timer++) {
                set_ok(i, vtl, COUNT(timer), 1 + timer);
                set_ok(i, vtl, CONFIG(timer), TO_SINT | PERIODIC | ENABLE | (i & 1 ? LAZY : 0));
            }
        }
    calls = memory_partition_pass_time(partition, BEGIN + ROUNDS * STIMER_SERVICE_MIN);
    ck_assert_uint_le(calls, TIMERS * (ROUNDS + 1));
    for (unsigned i = 0; i < MEMORY_PARTITION_VPS; i++)
        for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
            ck_assert_uint_eq(partition->core->vps[i].level[vtl].synic.queue[SINT].length, 0);
}
END_TEST

/* Timers that are set when the partition ends are no more. */
START_TEST(end_with_timers)
{
    start(0, TO_SINT | PERIODIC, MS);
    start(1, TO_SINT, BEGIN);
    start(2, TO_SINT, BEGIN);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        reset_values, direct_mode_is_offered, upper_halves_are_reserved, one_shot,
        disabled_before_it_is_told,
        in_the_past, late_service, early_service, direct, auto_enable, count_after_enable,
        refused_write_changes_nothing, moved, end_of_time, no_drift, direct_periodic,
        catches_up, skips_what_is_too_much, lazy_skips_all, shortest_period, begun_anew,
        busy_one_shot, behind_the_queue, busy_periodic, busy_lazy, without_eom,
        page_without_memory, others, flood, end_with_timers};
    Suite *suite = suite_create("stimer");
    TCase *loops = tcase_create("tables");

    unit_add(suite, set_up, tear_down, tests, G_N_ELEMENTS(tests));
    tcase_add_checked_fixture(loops, set_up, tear_down);
    tcase_add_loop_test(loops, written, 0, G_N_ELEMENTS(writes));
    tcase_add_loop_test(loops, stopped, 0, G_N_ELEMENTS(stops));
    tcase_add_loop_test(loops, dropped_when_stopped, 0, G_N_ELEMENTS(stops));
    tcase_add_loop_test(loops, held_back, 0, G_N_ELEMENTS(switches));
    suite_add_tcase(suite, loops);
    return unit_run(suite);
}
