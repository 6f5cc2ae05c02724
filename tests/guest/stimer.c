/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic timers: one-shot and periodic ones, by message and by interrupt, on this VP and with
 * vps=2 on another one, too. With a VTL2 (VTL0 has `alone` on its command line if there is none)
 * that does the same first: timers of a VTL that does not run, and a VTL's timers set by a higher
 * one. With `reset` it is reset again and again, with timers that run. No absolute time is
 * expected, as machines may be slow.
 */
#include "tests/guest/guest.h"

#define PRIVILEGES 0x00000200u
#define PRIVILEGE_STIMER (1ul << 3)
#define FEATURE_DIRECT (1ul << 13)
#define TIME_REF_COUNT 0x00090004u
#define SINT0 0x000a0000u
#define SCONTROL 0x000a0010u
#define SIMP 0x000a0013u
#define EOM 0x000a0014u
#define CONFIG(timer) (0x000b0000u + 2 * (timer))
#define COUNT(timer) (0x000b0001u + 2 * (timer))

#define ENABLE 1ul
#define PERIODIC 2ul
#define LAZY 4ul
#define AUTO_ENABLE 8ul
#define DIRECT(intid) (1ul << 12 | (uint64_t)(intid) << 4)
#define TO_SINT(sint) ((uint64_t)(sint) << 16)

#define SINT 3
#define SINT_POLLED 4
#define POLLING (1ul << 18)
#define PPI_MESSAGE 0x12u
#define PPI_DIRECT 0x14u
#define PPI_LATE 0x16u  /* enabled only when its interrupt waits already */
#define PPI_ABOVE 0x17u /* what VTL2 has VTL0's timer raise */
#define GICR_ISPENDR0 0x10200ul

#define TIMERS 4
#define TIMER_EXPIRED 0x80000010u
#define PAYLOAD_SIZE 24
#define FLAG_PENDING 1
#define MS 10000ul
#define DELAY (10 * MS)
#define PERIOD (20 * MS)
#define TICKS 20
#define FLOOD_CALLS 200

#define PAGE 4096
#define OS_ID (1ul << 40)
#define BAD_PARAMETER 0x5
#define BAD_VALUE 0x50
#define VTL(n) ((0x10ul | (n)) << 32)

struct message {
    uint32_t type;
    uint8_t size, flags, zero[2];
    uint64_t sender;
    uint32_t timer, reserved;
    uint64_t expiration, delivery;
    uint8_t rest[256 - 40];
};

static volatile struct message pages[GUEST_MAX_VPS][PAGE / sizeof(struct message)]
    __attribute__((aligned(PAGE)));

/* What a VP's interrupts have brought. */
static struct seen {
    volatile uint64_t direct, messages, late, above;
    volatile uint64_t wrong;            /* messages that are not as they should be */
    volatile uint64_t ticks[TIMERS];    /* messages of each timer */
    volatile uint64_t first[TIMERS], last[TIMERS]; /* when they were due */
} seen[GUEST_MAX_VPS];

static uint64_t now(void)
{
    struct hv_value value;

    hv_get(HV_NATIVE, TIME_REF_COUNT, &value);
    return value.low;
}

static uint64_t get(uint32_t name)
{
    struct hv_value value = {0};

    check(hv_get(HV_NATIVE, name, &value) == 0, "register 0x%x cannot be read", name);
    return value.low;
}

static void set(uint32_t name, uint64_t value)
{
    check(hv_set(HV_NATIVE, name, value) == 0, "register 0x%x does not take 0x%lx", name, value);
}

/* --- Interrupts ------------------------------------------------------------------------------- */

static bool is_sound(const volatile struct message *message)
{
    return message->type == TIMER_EXPIRED && message->size == PAYLOAD_SIZE && !message->sender &&
           message->timer < TIMERS && !message->reserved &&
           message->delivery >= message->expiration;
}

static void note(struct seen *own, unsigned timer, uint64_t expiration)
{
    if (!own->ticks[timer])
        own->first[timer] = expiration;
    own->wrong += own->ticks[timer] && expiration <= own->last[timer];
    own->last[timer] = expiration;
    own->ticks[timer]++;
}

static void take_message(unsigned vp)
{
    volatile struct message *slot = &pages[vp][SINT];
    struct seen *own = &seen[vp];

    if (!slot->type)
        return;
    if (is_sound(slot))
        note(own, slot->timer, slot->expiration);
    else
        own->wrong++;
    slot->type = 0;
    __asm__ volatile("dmb sy" : : : "memory");
    if (slot->flags & FLAG_PENDING)
        set(EOM, 0);
    own->messages++;
}

static void handler(unsigned intid)
{
    unsigned vp = guest_vp();

    if (intid == PPI_MESSAGE)
        take_message(vp);
    seen[vp].direct += intid == PPI_DIRECT;
    seen[vp].late += intid == PPI_LATE;
    seen[vp].above += intid == PPI_ABOVE;
}

static void prepare(void)
{
    gic_init();
    gic_enable(PPI_MESSAGE);
    gic_enable(PPI_DIRECT);
    set(SCONTROL, ENABLE);
    set(SIMP, (uintptr_t)pages[guest_vp()] | ENABLE);
    set(SINT0 + SINT, PPI_MESSAGE);
    set(SINT0 + SINT_POLLED, POLLING | PPI_MESSAGE);
}

static void begin(unsigned timer, uint64_t config, uint64_t count)
{
    struct seen *own = &seen[guest_vp()];

    own->ticks[timer] = 0;
    set(COUNT(timer), count);
    set(CONFIG(timer), config | ENABLE);
}

/* --- The tests of a VTL ----------------------------------------------------------------------- */

static void test_registers(void)
{
    struct hv_value value;

    hv_get(HV_NATIVE, PRIVILEGES, &value);
    report(value.low & PRIVILEGE_STIMER && value.high & FEATURE_DIRECT,
           "timers are offered: privileges 0x%lx, features 0x%lx", value.low, value.high);
    report(!get(CONFIG(0)) && !get(COUNT(0)) && !get(CONFIG(3)) && !get(COUNT(3)),
           "they are off at first");
    report(hv_set(HV_NATIVE, CONFIG(1), TO_SINT(SINT) | 1ul << 20) == BAD_VALUE &&
               hv_set(HV_NATIVE, CONFIG(1), DIRECT(32)) == BAD_VALUE &&
               hv_set(HV_NATIVE, CONFIG(1), DIRECT(15) | ENABLE) == BAD_PARAMETER,
           "reserved bits and the vector of an SGI are refused");
    set(CONFIG(1), ENABLE | PERIODIC);
    report(get(CONFIG(1)) == PERIODIC, "without a SINT it is disabled at once");
    set(CONFIG(1), 0);
}

static void test_one_shot(void)
{
    struct seen *own = &seen[guest_vp()];
    uint64_t due = now() + DELAY, before = own->messages;

    begin(0, TO_SINT(SINT), due);
    unmask();
    wait_for(&own->messages, before + 1);
    mask();
    report(now() >= due && own->ticks[0] == 1 && own->last[0] == due && !own->wrong &&
               get(CONFIG(0)) == TO_SINT(SINT), "one-shot: a message, not before its time");
    own->ticks[0] = 0;
    set(CONFIG(0), TO_SINT(SINT) | AUTO_ENABLE);
    set(COUNT(0), 1);
    unmask();
    wait_for(&own->messages, before + 2);
    mask();
    report(own->last[0] == 1 && !own->wrong, "one in the past comes at once");
}

static void test_direct(void)
{
    struct seen *own = &seen[guest_vp()];
    uint64_t due = now() + DELAY, before = own->direct;

    begin(1, DIRECT(PPI_DIRECT), due);
    unmask();
    wait_for(&own->direct, before + 1);
    mask();
    report(now() >= due && get(CONFIG(1)) == DIRECT(PPI_DIRECT),
           "direct: an interrupt, not before its time");
    due = now();
    begin(1, DIRECT(PPI_DIRECT) | PERIODIC, PERIOD);
    unmask();
    wait_for(&own->direct, before + 1 + TICKS);
    mask();
    report(now() >= due + TICKS * PERIOD, "direct and periodic: %u interrupts", TICKS);
    set(COUNT(1), 0);
    report(get(CONFIG(1)) == (DIRECT(PPI_DIRECT) | PERIODIC), "a count of 0 stops it");
}

/* Whatever is skipped, what comes is due a multiple of the period after the start. */
static void run_periodic(unsigned timer, uint64_t config, struct seen *own)
{
    begin(timer, config | PERIODIC, PERIOD);
    unmask();
    wait_for(&own->ticks[timer], TICKS);
    mask();
    set(CONFIG(timer), 0);
}

static bool is_regular(const struct seen *own, unsigned timer)
{
    uint64_t span = own->last[timer] - own->first[timer];

    return span % PERIOD == 0 && span >= (own->ticks[timer] - 1) * PERIOD && !own->wrong;
}

static void test_periodic(void)
{
    struct seen *own = &seen[guest_vp()];
    uint64_t start = now();

    run_periodic(2, TO_SINT(SINT), own);
    report(is_regular(own, 2) && now() >= start + TICKS * PERIOD && own->last[2] <= now(),
           "periodic: %lu messages over %lu periods, %lu periods went by", own->ticks[2],
           (own->last[2] - own->first[2]) / PERIOD + 1, (now() - start) / PERIOD);
    run_periodic(3, TO_SINT(SINT) | LAZY, own);
    report(is_regular(own, 3), "periodic and lazy: %lu messages", own->ticks[3]);
}

/* Nobody empties the slot meanwhile: the message waits, and EOM brings it. */
static void test_busy(void)
{
    volatile struct message *slot = &pages[guest_vp()][SINT_POLLED];
    uint64_t due = now() + DELAY;

    begin(0, TO_SINT(SINT_POLLED), 1);
    report(slot->type == TIMER_EXPIRED && slot->timer == 0, "a polled message is there");
    begin(1, TO_SINT(SINT_POLLED), due);
    while (get(CONFIG(1)) & ENABLE)
        continue;
    report(slot->timer == 0 && slot->flags & FLAG_PENDING, "the next one waits");
    slot->type = 0;
    set(EOM, 0);
    report(slot->type == TIMER_EXPIRED && slot->timer == 1 && slot->expiration == due,
           "EOM brings it");
    slot->type = 0;
}

static void begin_flood(void)
{
    for (unsigned timer = 0; timer < TIMERS; timer++)
        begin(timer, PERIODIC | (timer & 1 ? DIRECT(PPI_DIRECT) : TO_SINT(SINT)), 1 + timer);
}

/* The shortest periods there are leave the guest alive. */
static void test_flood(void)
{
    begin_flood();
    unmask();
    for (unsigned i = 0; i < FLOOD_CALLS; i++)
        now();
    mask();
    for (unsigned timer = 0; timer < TIMERS; timer++)
        set(CONFIG(timer), 0);
    report(seen[guest_vp()].direct > 0, "four timers with the shortest periods do not stop it");
    unmask(); /* what is still on its way */
    now();
    mask();
}

/* --- Other VPs -------------------------------------------------------------------------------- */

static volatile uint64_t ready, done;

static void secondary(uint64_t context)
{
    struct seen *own = &seen[guest_vp()];

    (void)context;
    interrupt_handle(handler);
    prepare();
    unmask();
    signal_value(&ready, 1);
    wait_for(&own->direct, 1);
    run_periodic(2, TO_SINT(SINT), own);
    signal_value(&done, 1);
}

static unsigned set_of(unsigned vp, unsigned vtl, uint32_t name, uint64_t value)
{
    uint64_t block[16] = {HV_PARTITION_SELF, vp | VTL(vtl), name, 0, value};

    return HV_STATUS(
        hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block));
}

static void test_other_vp(void)
{
    check(vp_start(1, secondary, 0) == PSCI_SUCCESS, "CPU_ON of VP1");
    wait_for(&ready, 1);
    report(set_of(1, guest_vtl, COUNT(1), now() + DELAY) == 0 &&
               set_of(1, guest_vtl, CONFIG(1), DIRECT(PPI_DIRECT) | ENABLE) == 0,
           "a timer of VP1 is set");
    run_periodic(2, TO_SINT(SINT), &seen[0]);
    wait_for(&done, 1);
    report(seen[1].direct == 1, "and interrupts that one");
    report(is_regular(&seen[0], 2) && is_regular(&seen[1], 2),
           "periodic on two VPs: %lu and %lu messages", seen[0].ticks[2], seen[1].ticks[2]);
}

/* --- Two VTLs --------------------------------------------------------------------------------- */

static bool is_pending(unsigned intid)
{
    volatile uint32_t *pending =
        (volatile uint32_t *)(GICR_BASE + (uint64_t)guest_vp() * GICR_SIZE + GICR_ISPENDR0);

    return *pending >> intid & 1;
}

static void take_late(unsigned intid, const volatile uint64_t *count, const char *what)
{
    bool pending = is_pending(intid);

    gic_enable(intid);
    unmask();
    wait_for(count, 1);
    mask();
    report(pending, "%s", what);
}

/* VTL2: its timers run while VTL0 does, which says when the message is there. */
static void sleep_with_timers(void)
{
    volatile struct message *slot = &pages[0][SINT_POLLED];
    uint64_t due = now() + DELAY;

    report(set_of(HV_VP_SELF, 0, COUNT(3), due) == 0 &&
               set_of(HV_VP_SELF, 0, CONFIG(3), DIRECT(PPI_ABOVE) | ENABLE) == 0,
           "a timer of VTL0 is set");
    begin(0, DIRECT(PPI_LATE), due);
    begin(1, TO_SINT(SINT_POLLED), due + 1);
    vtl_return((uintptr_t)slot);
    report(slot->timer == 1 && slot->expiration == due + 1 && slot->delivery > due,
           "a message has come meanwhile");
    take_late(PPI_LATE, &seen[0].late, "an interrupt has come meanwhile");
}

static void wait_for_vtl2(const volatile struct message *slot)
{
    while (!slot->type)
        continue;
    report(true, "VTL2's timer has expired");
    take_late(PPI_ABOVE, &seen[0].above, "the timer that VTL2 has set interrupts");
}

/* Timers run at the end of each life: they must not hold it up, nor be there in the next one. */
static noreturn void reset_for_ever(void)
{
    begin_flood();
    psci(PSCI_SYSTEM_RESET, 0, 0, 0);
    check(false, "SYSTEM_RESET returned");
    finish();
}

static void test_all(void)
{
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, OS_ID);
    interrupt_handle(handler);
    prepare();
    test_registers();
    if (argument_is("reset", ""))
        reset_for_ever();
    test_one_shot();
    test_direct();
    test_periodic();
    test_busy();
    test_flood();
    if (argument_number("vps", 1) > 1)
        test_other_vp();
}

/* VTL2 goes first, then VTL0 comes up and calls it when it has been through the same. */
void guest_main(void)
{
    test_all();
    if (argument_is("alone", "") || report_failures()) {
        begin_flood();
        finish();
    }
    if (guest_vtl == 2) {
        vtl_return(0);
        sleep_with_timers();
        if (report_failures())
            finish();
        vtl_return(0);
    } else {
        wait_for_vtl2((const volatile struct message *)vtl_call(0));
        vtl_call(0);
    }
}
