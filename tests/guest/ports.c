/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages and events by the SynIC: from and to the host, between VTL0 and VTL2, between VPs, and
 * what happens when the receiver is slow, masked or off. VTL0 drives VTL2, the small paravisor.
 * With the argument `reset` VTL0 does all of it twice, with a reset in between.
 */
#include "tests/guest/paravisor.h"

#define DELETE_PORT 0x0058ul
#define DISCONNECT_PORT 0x005bul
#define POST_MESSAGE 0x005cul
#define SIGNAL_EVENT 0x005dul
#define CREATE_PORT 0x0095ul
#define CONNECT_PORT 0x0096ul
#define SIGNAL_EVENT_DIRECT 0x00c0ul
#define POST_MESSAGE_DIRECT 0x00c1ul

#define INVALID_PARAMETER 0x05
#define ACCESS_DENIED 0x06
#define OPERATION_DENIED 0x08
#define INVALID_PORT_ID 0x11
#define INVALID_CONNECTION_ID 0x12
#define INSUFFICIENT_BUFFERS 0x13
#define INVALID_SYNIC_STATE 0x18
#define OBJECT_IN_USE 0x19

#define PRIVILEGES 0x00000200u
#define PRIVILEGE_BITS (0xful << 36) /* PostMessages, SignalEvents, CreatePort, ConnectPort */
#define VP_ASSIST_PAGE 0x00090013u
#define DELIVERABILITY_NOTIFICATIONS 0x00010006u
#define SINT0 0x000a0000u
#define SCONTROL 0x000a0010u
#define SIEFP 0x000a0012u
#define SIMP 0x000a0013u
#define EOM 0x000a0014u
#define ENABLE 1ul
#define MASKED (1ul << 16)
#define USE_VTL 0x10ul
#define RETURN_ACTIONS 0x170
#define INTERCEPT_TYPE_UNKNOWN_CONNECTION 13

/* emu/echo.h */
#define ECHO_MESSAGES 0x00ec0001u
#define ECHO_EVENTS 0x00ec0002u

#define SINT 3u
#define FLOOD_SINT 4u
#define PPI 0x13u          /* of VTL0's SINTs */
#define PARAVISOR_PPI 0x12 /* the one that it knows */
#define EVENT_FLAGS 2048u
#define BUFFERS 16u
#define TYPE(number) ((number) << 4 | SINT) /* the host takes the SINT from the type */
#define MESSAGE_PORT 1
#define EVENT_PORT 2
#define FLAG_PENDING 1
#define PATIENCE_US 5000000ul

struct message {
    uint32_t type;
    uint8_t size, flags, zero[2];
    uint64_t sender;
    uint64_t payload[30];
};

struct post {
    uint32_t connection, zero, type, size;
    uint64_t payload[30];
};

struct create {
    uint64_t partition;
    uint32_t port;
    uint8_t vtl, min_vtl, zero[2];
    uint64_t connecting;
    uint32_t type, zero2, sint, vp;
    uint16_t base, count;
    uint32_t zero3;
    uint64_t proximity;
};

struct connect {
    uint64_t partition;
    uint32_t connection;
    uint8_t vtl, zero[3];
    uint64_t port_partition;
    uint32_t port, zero2, type, zero3;
    uint64_t zero4[3], proximity;
};

struct direct_post {
    uint64_t partition;
    uint32_t vp;
    uint8_t vtl, zero[3], sint, zero2[3];
    uint8_t message[sizeof(struct message)];
    uint32_t padding;
};

struct direct_signal {
    uint64_t partition;
    uint32_t vp;
    uint8_t vtl, sint;
    uint16_t flag;
};

static uint8_t inputs[GUEST_MAX_VPS][PAGE] __attribute__((aligned(PAGE)));
static uint8_t outputs[GUEST_MAX_VPS][PAGE] __attribute__((aligned(PAGE)));
static struct message slots[GUEST_MAX_VPS][16] __attribute__((aligned(PAGE)));
static volatile uint64_t flags[GUEST_MAX_VPS][16][EVENT_FLAGS / 64] __attribute__((aligned(PAGE)));
static uint8_t paravisor_flags[PAGE] __attribute__((aligned(PAGE)));
static volatile uint64_t interrupts[GUEST_MAX_VPS];

static void barrier(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}

/* --- Calls, by this VTL or by VTL2 ------------------------------------------------------------ */

static uint64_t call_at(unsigned vtl, uint64_t code, const void *input, size_t size)
{
    uint64_t block[16] = {(uintptr_t)inputs[guest_vp()], (uintptr_t)outputs[guest_vp()]};

    memcpy(inputs[guest_vp()], input, size);
    barrier();
    return vtl == 0 ? hv_call(HV_NATIVE, code, block)
                    : paravisor_call(code, inputs[guest_vp()], outputs[guest_vp()]);
}

static uint64_t create_at(unsigned vtl, unsigned port, unsigned type, unsigned sint, unsigned vp)
{
    struct create input = {.partition = HV_PARTITION_SELF, .port = port, .vtl = (uint8_t)vtl,
                           .connecting = HV_PARTITION_SELF, .type = type, .sint = sint, .vp = vp,
                           .count = type == EVENT_PORT ? 1000 : 0};

    return call_at(vtl, CREATE_PORT, &input, sizeof(input));
}

static uint64_t connect_at(unsigned vtl, unsigned connection, unsigned port, unsigned type)
{
    struct connect input = {.partition = HV_PARTITION_SELF, .connection = connection,
                            .vtl = (uint8_t)vtl, .port_partition = HV_PARTITION_SELF,
                            .port = port, .type = type};

    return call_at(vtl, CONNECT_PORT, &input, sizeof(input));
}

static uint64_t post_at(unsigned vtl, uint32_t connection, uint32_t type, uint64_t payload)
{
    struct post input = {.connection = connection, .type = type, .size = 8, .payload = {payload}};

    return call_at(vtl, POST_MESSAGE, &input, sizeof(input));
}

static uint64_t signal_at(unsigned vtl, uint32_t connection, unsigned flag)
{
    uint64_t input = connection | (uint64_t)flag << 32;

    return call_at(vtl, SIGNAL_EVENT, &input, sizeof(input));
}

static uint64_t post_direct_at(unsigned vtl, unsigned sint, uint64_t payload)
{
    struct direct_post input = {
        .partition = HV_PARTITION_SELF, .vp = guest_vp(), .sint = (uint8_t)sint};
    struct message message = {.type = 0x80000010, .size = 8, .payload = {payload}};

    memcpy(input.message, &message, sizeof(message));
    return call_at(vtl, POST_MESSAGE_DIRECT, &input, sizeof(input));
}

static uint64_t signal_direct_at(unsigned vtl, unsigned sint, unsigned flag)
{
    struct direct_signal input = {.partition = HV_PARTITION_SELF, .vp = guest_vp(),
                                  .sint = (uint8_t)sint, .flag = (uint16_t)flag};

    return call_at(vtl, SIGNAL_EVENT_DIRECT, &input, sizeof(input));
}

/* --- The receiving side ----------------------------------------------------------------------- */

static void count_interrupt(unsigned intid)
{
    if (check(intid == PPI, "interrupt %u", intid))
        interrupts[guest_vp()]++;
}

static void set(uint32_t name, uint64_t value)
{
    unsigned status = hv_set(HV_NATIVE, name, value);

    check(status == 0, "register 0x%x: status 0x%x", name, status);
}

static void prepare_vp(void)
{
    unsigned vp = guest_vp();

    set(SIMP, (uintptr_t)slots[vp] | ENABLE);
    set(SIEFP, (uintptr_t)flags[vp] | ENABLE);
    set(SINT0 + SINT, PPI);
    set(SINT0 + FLOOD_SINT, PPI);
    set(SCONTROL, ENABLE);
    gic_init();
    gic_enable(PPI);
    interrupt_handle(count_interrupt);
    unmask();
}

/* The message that is in a slot, if one comes in time; the slot is empty then. */
static bool take(unsigned sint, struct message *message)
{
    struct message *slot = &slots[guest_vp()][sint];
    uint64_t end = counter() + counter_hz() / 1000000 * PATIENCE_US;

    while (!*(volatile uint32_t *)&slot->type)
        if (counter() > end)
            return false;
    barrier();
    memcpy(message, slot, sizeof(*message));
    barrier();
    *(volatile uint32_t *)&slot->type = 0;
    barrier();
    if (*(volatile uint8_t *)&slot->flags & FLAG_PENDING)
        set(EOM, 0);
    return true;
}

static bool takes(unsigned sint, uint32_t type, uint64_t sender, uint64_t payload)
{
    struct message message = {0};

    return check(take(sint, &message), "nothing comes by SINT %u", sint) &&
           check(message.type == type && message.sender == sender && message.size == 8 &&
                     message.payload[0] == payload,
                 "type 0x%x sender 0x%lx size %u payload 0x%lx", message.type, message.sender,
                 message.size, message.payload[0]);
}

static bool has_message(unsigned sint)
{
    return *(volatile uint32_t *)&slots[guest_vp()][sint].type;
}

/* So many interrupts since *@before, which is now; they come at once. */
static bool interrupted(uint64_t *before, unsigned times)
{
    uint64_t old = *before;

    barrier();
    *before = interrupts[guest_vp()];
    return check(*before - old == times, "%lu interrupts instead of %u", *before - old, times);
}

/* Takes one interrupt at least since it was asked last. */
static bool paravisor_interrupted(unsigned *before)
{
    unsigned old = *before;

    *before = paravisor_interrupts();
    return *before != old;
}

/* --- Tests ------------------------------------------------------------------------------------ */

static void test_privileges(void)
{
    struct hv_value value;

    report(hv_get(HV_NATIVE, PRIVILEGES, &value) == 0 &&
               (value.low & PRIVILEGE_BITS) == PRIVILEGE_BITS,
           "messages, events and ports are offered: privileges 0x%lx", value.low);
}

static void test_echo(void)
{
    uint64_t before = interrupts[0];
    bool good;

    good = post_at(0, ECHO_MESSAGES, TYPE(5), 0x1234) == 0 &&
           takes(SINT, TYPE(5), ECHO_MESSAGES, 0x1234) && interrupted(&before, 1);
    report(good, "the host echoes a message");
    good = signal_at(0, ECHO_EVENTS, SINT * EVENT_FLAGS + 2047) == 0 &&
           flags[0][SINT][31] == 1ul << 63 && interrupted(&before, 1);
    report(good, "and an event");
    good = signal_at(0, ECHO_EVENTS, SINT * EVENT_FLAGS + 2047) == 0 && interrupted(&before, 0);
    report(good, "an event that is there already does not interrupt");
    flags[0][SINT][31] = 0;
}

static const struct refusal {
    const char *what;
    struct post post;
    unsigned status;
} refusals[] = {
    {"an unknown connection", {ECHO_MESSAGES + 100, 0, TYPE(1), 8, {0}}, INVALID_CONNECTION_ID},
    {"a connection of 32 bits", {ECHO_MESSAGES | 1u << 31, 0, TYPE(1), 8, {0}},
     INVALID_CONNECTION_ID},
    {"a message without a type", {ECHO_MESSAGES, 0, 0, 8, {0}}, INVALID_PARAMETER},
    {"a message of the hypervisor's", {ECHO_MESSAGES, 0, 0x80000003, 8, {0}}, INVALID_PARAMETER},
    {"241 bytes", {ECHO_MESSAGES, 0, TYPE(1), 241, {0}}, INVALID_PARAMETER},
    {"4 GiB", {ECHO_MESSAGES, 0, TYPE(1), 0xffffffff, {0}}, INVALID_PARAMETER},
    {"a message to an event port", {ECHO_EVENTS, 0, TYPE(1), 8, {0}}, INVALID_PORT_ID},
};

static void test_refusals(void)
{
    uint64_t result;

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        result = call_at(0, POST_MESSAGE, &refusals[i].post, sizeof(refusals[i].post));
        report(result == refusals[i].status, "%s: status 0x%lx", refusals[i].what, result);
    }
    report(post_direct_at(0, SINT, 0) == OPERATION_DENIED &&
               signal_direct_at(0, SINT, 0) == OPERATION_DENIED,
           "direct calls are not for VTL0");
    report(create_at(0, 99, MESSAGE_PORT, 0, 0) == INVALID_PARAMETER, "nor is SINT 0");
    report(!has_message(SINT), "nothing came of it");
}

static struct message *paravisor_slot(unsigned sint)
{
    return (struct message *)(paravisor_get(SIMP) & ~(PAGE - 1)) + sint;
}

/* Port and connection 20: messages for VTL2; 21: events for it. */
static void test_to_vtl2(void)
{
    volatile struct message *slot = paravisor_slot(SINT);
    unsigned count = paravisor_interrupts();
    bool good;

    paravisor_set(SIEFP, (uintptr_t)paravisor_flags | ENABLE);
    paravisor_set(SINT0 + SINT, PARAVISOR_PPI);
    good = create_at(2, 20, MESSAGE_PORT, SINT, 0) == 0 &&
           connect_at(0, 20, 20, MESSAGE_PORT) == 0 && post_at(0, 20, 0x2000, 0xabc) == 0 &&
           slot->type == 0x2000 && slot->sender == 20 &&
           slot->payload[0] == 0xabc && paravisor_interrupted(&count);
    report(good, "VTL0 posts to VTL2");
    good = create_at(2, 21, EVENT_PORT, SINT, 0) == 0 && connect_at(0, 21, 21, EVENT_PORT) == 0 &&
           signal_at(0, 21, 9) == 0 && paravisor_flags[SINT * 256 + 1] == 2 &&
           paravisor_interrupted(&count);
    report(good && signal_at(0, 21, 9) == 0 && !paravisor_interrupted(&count),
           "and signals events, with an interrupt for a new one");
    slot->type = 0;
    report(call_at(0, DELETE_PORT, &(uint64_t[]){HV_PARTITION_SELF, 20}, 16) == ACCESS_DENIED,
           "the port is VTL2's");
    report(call_at(2, DELETE_PORT, &(uint64_t[]){HV_PARTITION_SELF, 20}, 16) == 0 &&
               post_at(0, 20, 0x2000, 0) == INVALID_PORT_ID && !slot->type,
           "which deletes it");
    report(call_at(0, DISCONNECT_PORT, &(uint64_t[]){HV_PARTITION_SELF, 20}, 16) == 0 &&
               post_at(0, 20, 0x2000, 0) == INVALID_CONNECTION_ID,
           "and then the connection ends");
}

/* Port 30, connection 20 of VTL2; 31 and 21 for events. */
static void test_from_vtl2(void)
{
    uint64_t before = interrupts[0];
    bool good;

    good = create_at(0, 30, MESSAGE_PORT, SINT, 0) == 0 &&
           connect_at(2, 20, 30, MESSAGE_PORT) == 0 && post_at(2, 20, 0x3000, 0xdef) == 0 &&
           takes(SINT, 0x3000, 30, 0xdef) && interrupted(&before, 1);
    report(good, "VTL2 posts to VTL0");
    good = create_at(0, 31, EVENT_PORT, SINT, 0) == 0 && connect_at(2, 21, 31, EVENT_PORT) == 0 &&
           signal_at(2, 21, 999) == 0 && flags[0][SINT][999 / 64] == 1ul << 999 % 64 &&
           interrupted(&before, 1);
    report(good, "and signals events");
    report(signal_at(2, 21, 1000) == INVALID_PARAMETER, "the port has 1000 flags");
    flags[0][SINT][999 / 64] = 0;
}

static void test_closed(void)
{
    uint64_t before = interrupts[0];

    set(SINT0 + SINT, MASKED | PPI);
    report(signal_at(2, 21, 1) == INVALID_SYNIC_STATE && post_at(2, 20, 0x3001, 1) == 0 &&
               !has_message(SINT) && interrupted(&before, 0),
           "a masked SINT takes no event, and its message waits");
    set(SINT0 + SINT, PPI);
    report(takes(SINT, 0x3001, 30, 1) && interrupted(&before, 1), "until it is unmasked");
    set(SCONTROL, 0);
    report(signal_at(2, 21, 1) == INVALID_SYNIC_STATE &&
               post_at(2, 20, 0x3002, 2) == INVALID_SYNIC_STATE,
           "a SynIC that is off takes neither");
    set(SCONTROL, ENABLE);
    set(SIEFP, HOLE_BASE | ENABLE);
    report(signal_at(2, 21, 1) == INVALID_SYNIC_STATE, "nor do flags where no memory is");
    set(SIEFP, (uintptr_t)flags[0] | ENABLE);
    report(!has_message(SINT) && signal_at(2, 21, 1) == 0 && flags[0][SINT][0] == 2,
           "and then it goes on");
    interrupted(&before, 1);
    flags[0][SINT][0] = 0;
}

static void test_flood(void)
{
    uint64_t before = interrupts[0];
    unsigned sent = 0;
    bool good = true;

    create_at(0, 40, MESSAGE_PORT, FLOOD_SINT, 0);
    connect_at(0, 40, 40, MESSAGE_PORT);
    while (sent < 100 && post_at(0, 40, 0x4000, sent) == 0)
        sent++;
    report(sent == BUFFERS + 1 && post_at(0, 40, 0x4000, 0) == INSUFFICIENT_BUFFERS,
           "%u messages are taken, then none", sent);
    report(post_at(0, ECHO_MESSAGES, TYPE(6), 6) == 0 && takes(SINT, TYPE(6), ECHO_MESSAGES, 6),
           "other SINTs go on");
    for (unsigned i = 0; i < sent; i++)
        good &= takes(FLOOD_SINT, 0x4000, 40, i);
    report(good && !has_message(FLOOD_SINT), "all come, in order");
    interrupted(&before, sent + 1);
}

static void test_direct(void)
{
    uint64_t before = interrupts[0];

    report(post_direct_at(2, SINT, 77) == 0 && post_direct_at(2, SINT, 78) == OBJECT_IN_USE &&
               takes(SINT, 0x80000010, 0, 77) && !has_message(SINT) && interrupted(&before, 1),
           "VTL2 posts directly, one at a time");
    report(signal_direct_at(2, SINT, 70) == 0 && outputs[0][0] == 1 &&
               flags[0][SINT][1] == 1 << 6 && signal_direct_at(2, SINT, 70) == 0 &&
               outputs[0][0] == 0 && interrupted(&before, 1),
           "and signals events, and knows whether they are new");
    report(signal_direct_at(2, 0, 70) == INVALID_PARAMETER &&
               signal_direct_at(2, SINT, 2048) == INVALID_PARAMETER &&
               signal_direct_at(2, 9, 70) == INVALID_SYNIC_STATE,
           "but not by any SINT");
    flags[0][SINT][1] = 0;
}

static uint64_t await(unsigned sint)
{
    uint64_t input[] = {HV_PARTITION_SELF, HV_VP_SELF | USE_VTL << 32,
                        DELIVERABILITY_NOTIFICATIONS, 0, 1ul << (48 + sint), 0};

    return HV_STATUS(call_at(2, HV_CALL_SET_VP_REGISTERS | HV_REPS(1), input, sizeof(input)));
}

static bool is_told(const char *when)
{
    struct intercept seen = {0};
    unsigned count = paravisor_intercepts(&seen);

    return check(count == 1 && seen.type == INTERCEPT_DELIVERABLE &&
                     (seen.cache_type & 0xffff) == 1u << SINT,
                 "%s: %u messages, type 0x%x SINTs 0x%x", when, count, seen.type, seen.cache_type);
}

static void test_deliverability(void)
{
    struct message message;
    bool good;

    paravisor_policy(POLICY_WATCH);
    post_direct_at(2, SINT, 1);
    good = await(SINT) == 0 && paravisor_intercepts(NULL) == 0;
    report(good && take(SINT, &message) && is_told("after EOM"),
           "VTL2 is told that the SINT can take a message");
    report(post_direct_at(2, SINT, 2) == 0 && takes(SINT, 0x80000010, 0, 2), "which it then does");
    paravisor_policy(POLICY_WATCH);
    report(await(SINT) == 0 && is_told("at once"), "if it can already, it is told at once");
    paravisor_policy(POLICY_WATCH);
    set(SINT0 + SINT, MASKED | PPI);
    good = await(SINT) == 0 && paravisor_intercepts(NULL) == 0;
    set(SINT0 + SINT, PPI);
    report(good && is_told("unmasked"), "or when the SINT is unmasked");
}

/* What VTL2 would write into its own page, VTL0 writes here: nothing protects it. */
static void test_return_actions(void)
{
    uint64_t page = paravisor_get(VP_ASSIST_PAGE) & ~(PAGE - 1);
    struct action {
        uint64_t type;
        struct {
            uint32_t vp;
            uint8_t vtl, sint;
            uint16_t flag;
        };
    } *actions = (struct action *)(page + RETURN_ACTIONS);
    uint64_t before = interrupts[0];

    actions[0] = (struct action){1, {guest_vp(), 0, SINT, 3}};
    actions[1] = (struct action){1, {12345, 77, 200, 65535}};
    actions[2] = (struct action){1, {guest_vp(), 0, SINT, 5}};
    actions[3] = (struct action){0x5555555555555555, {guest_vp(), 0, SINT, 7}};
    actions[4] = (struct action){1, {guest_vp(), 0, SINT, 9}};
    barrier();
    paravisor_interrupts();
    barrier();
    report(flags[0][SINT][0] == (1 << 3 | 1 << 5) && !actions[0].type && !actions[4].type,
           "events noted in the assist page: flags 0x%lx", flags[0][SINT][0]);
    interrupted(&before, 1); /* one is pending when the VTL is entered */
    flags[0][SINT][0] = 0;
}

/* Posts to connections that nobody has are VTL2's to answer, if it likes. */
static void test_unknown_connections(void)
{
    struct intercept seen = {0};

    report(paravisor_install(INTERCEPT_TYPE_UNKNOWN_CONNECTION, 4) == 0,
           "VTL2 wants posts to unknown connections");
    paravisor_policy(POLICY_ANSWER);
    report(post_at(0, 12345, 0x6000, 0) == (uintptr_t)inputs[0] + 1 &&
               paravisor_intercepts(&seen) == 1 && seen.type == INTERCEPT_HYPERCALL &&
               seen.instruction == POST_MESSAGE,
           "and answers them: type 0x%x, control word 0x%x", seen.type, seen.instruction);
    report(post_at(0, ECHO_MESSAGES, TYPE(8), 8) == 0 && takes(SINT, TYPE(8), ECHO_MESSAGES, 8),
           "others go on");
    report(paravisor_install(INTERCEPT_TYPE_UNKNOWN_CONNECTION, 0) == 0 &&
               post_at(0, 12345, 0x6000, 0) == INVALID_CONNECTION_ID,
           "until it has had enough");
}

/* --- Two VPs ---------------------------------------------------------------------------------- */

#define MANY 500u
#define EVENTS 200u
static volatile uint64_t ready, refused, got;

/* Sends to VP0 until all has been taken; then waits for events of its own. */
static void run_vp1(uint64_t context)
{
    (void)context;
    prepare_vp();
    signal_value(&ready, 1);
    for (unsigned i = 0; i < MANY;) {
        uint64_t status = post_at(0, 50, 0x5000, i);

        if (!check(status == 0 || status == INSUFFICIENT_BUFFERS, "post: 0x%lx", status))
            return;
        i += status == 0;
        refused += status != 0;
    }
    for (unsigned i = 0; i < EVENTS; i++) {
        check(signal_at(0, 51, i % 128) == 0, "signal %u", i);
        wait_for(&got, i + 1);
    }
    wait_for(&interrupts[1], 1);
    signal_value(&ready, 2);
}

static void test_vps(void)
{
    bool good = true;
    uint64_t before;

    create_at(0, 50, MESSAGE_PORT, FLOOD_SINT, 0);
    connect_at(0, 50, 50, MESSAGE_PORT);
    create_at(0, 51, EVENT_PORT, FLOOD_SINT, 0);
    connect_at(0, 51, 51, EVENT_PORT);
    create_at(0, 52, EVENT_PORT, SINT, 1);
    connect_at(0, 52, 52, EVENT_PORT);
    vp_start(1, run_vp1, 0);
    wait_for(&ready, 1);
    for (unsigned i = 0; good && i < MANY; i++)
        good &= takes(FLOOD_SINT, 0x5000, 50, i);
    report(good, "%u messages of VP1 arrive in order (%lu were refused first)", MANY, refused);
    before = interrupts[0];
    for (unsigned i = 0; good && i < EVENTS; i++) {
        volatile uint64_t *word = &flags[0][FLOOD_SINT][i % 128 / 64];

        while (*word != 1ul << i % 64)
            barrier();
        *word = 0;
        signal_value(&got, i + 1);
    }
    report(good && interrupts[0] > before, "%u events of VP1, and %lu interrupts", EVENTS,
           interrupts[0] - before);
    good = signal_at(0, 52, 0) == 0;
    wait_for(&ready, 2);
    report(good, "and one for VP1, which wakes up");
}

/* Outside of all that is loaded, whose contents a reset renews. */
static bool is_second_life(void)
{
    volatile uint64_t *mark = (volatile uint64_t *)(RAM_BASE + 0x2000000ul);
    bool second = *mark == 1;

    *mark = 1;
    return second;
}

void guest_main(void)
{
    if (guest_vtl != 0)
        paravisor_serve();
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    prepare_vp();
    test_privileges();
    test_echo();
    test_refusals();
    test_to_vtl2();
    test_from_vtl2();
    test_closed();
    test_flood();
    test_direct();
    test_deliverability();
    test_return_actions();
    test_unknown_connections();
    test_vps();
    if (argument_is("reset", "") && !is_second_life() && !report_failures()) {
        paravisor_set(0x000d0007u, 0); /* VsmPartitionConfig: memory is kept */
        psci(PSCI_SYSTEM_RESET, 0, 0, 0);
    }
}
