/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests send through the SynIC: ports, connections, direct calls (vtl/ports.c, port-call.c),
 * event flags (synic-events.c), notices (synic-notices.c).
 */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define INPUT 0x1000u
#define OUTPUT 0x2000u
#define MESSAGES(vtl) (0x3000u + (vtl) * 0x1000u) /* SIMP of VP0 */
#define FLAGS(vtl) (0x6000u + (vtl) * 0x1000u)    /* SIEFP of VP0 */
#define MESSAGES_VP1 0x9000u
#define FLAGS_VP1 0xa000u
#define ASSIST 0xb000u
#define RETURN_ACTIONS (ASSIST + 0x170)
#define SINT 3
#define OTHER_SINT 4
#define PPI 0x12u
#define PORT 7u
#define CONNECTION 9u
#define TYPE 0x77u
#define VMM_CONNECTION 1u
#define ENABLED 1u

static struct memory_partition *partition;

static struct vtl_vp *vp(unsigned index)
{
    return &partition->core->vps[index];
}

static uint64_t call(uint16_t code, const void *input, size_t size)
{
    struct smccc_registers registers = {{code, INPUT, OUTPUT}};

    memcpy(partition->ram + INPUT, input, size);
    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    return registers.x[0];
}

#define CALL(code, ...) call(HV_CALL_##code, &__VA_ARGS__, sizeof(__VA_ARGS__))

static enum hv_status set_register(unsigned target, unsigned vtl, uint32_t name, uint64_t value)
{
    return hv_register_set(vp(target), vtl, name, (struct hv_u128){.low = value});
}

static void enable(unsigned target, unsigned vtl, uint64_t messages, uint64_t flags)
{
    set_register(target, vtl, HV_REGISTER_SCONTROL, HV_SCONTROL_ENABLE);
    set_register(target, vtl, HV_REGISTER_SIMP, messages | ENABLED);
    set_register(target, vtl, HV_REGISTER_SIEFP, flags | ENABLED);
    set_register(target, vtl, HV_REGISTER_SINT0, PPI);
    set_register(target, vtl, HV_REGISTER_SINT0 + SINT, PPI);
    set_register(target, vtl, HV_REGISTER_SINT0 + OTHER_SINT, PPI + 1);
}

static void set_up(void)
{
    partition = memory_partition_new(1 << 0 | 1 << 1 | 1 << 2, 0);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        partition->core->guest_os_id[vtl] = 1;
        enable(0, vtl, MESSAGES(vtl), FLAGS(vtl));
    }
    enable(1, 0, MESSAGES_VP1, FLAGS_VP1);
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static void run_at(unsigned vtl)
{
    vp(0)->active = vtl;
}

static struct hv_message *slot(uint64_t page, unsigned sint)
{
    return (struct hv_message *)(void *)(partition->ram + page) + sint;
}

static bool flag_is_set(uint64_t page, unsigned sint, unsigned flag)
{
    return partition->ram[page + sint * 256 + flag / 8] >> flag % 8 & 1;
}

static unsigned interrupts(unsigned target, unsigned vtl)
{
    return partition->interrupt[target][vtl].count;
}

static void empty(uint64_t page, unsigned target, unsigned vtl)
{
    slot(page, SINT)->type = HV_MESSAGE_NONE;
    set_register(target, vtl, HV_REGISTER_EOM, 0);
}

/* --- Making ports ----------------------------------------------------------------------------- */

static struct hv_create_port message_port(unsigned vtl, unsigned min_connection_vtl)
{
    return (struct hv_create_port){
        .partition = HV_PARTITION_SELF,
        .port = PORT,
        .vtl = (uint8_t)vtl,
        .min_connection_vtl = (uint8_t)min_connection_vtl,
        .connection_partition = HV_PARTITION_SELF,
        .type = HV_PORT_MESSAGE,
        .sint = SINT,
        .vp = 0,
    };
}

static struct hv_create_port event_port(unsigned vtl)
{
    struct hv_create_port input = message_port(vtl, 0);

    input.type = HV_PORT_EVENT;
    input.base_flag = 100;
    input.flag_count = 10;
    return input;
}

static struct hv_connect_port connection(unsigned vtl, uint32_t type)
{
    return (struct hv_connect_port){
        .connection_partition = HV_PARTITION_SELF,
        .connection = CONNECTION,
        .vtl = (uint8_t)vtl,
        .port_partition = HV_PARTITION_SELF,
        .port = PORT,
        .type = type,
    };
}

static uint64_t connect_port(unsigned vtl, uint32_t type)
{
    struct hv_connect_port input = connection(vtl, type);

    return CALL(CONNECT_PORT, input);
}

static uint64_t end_port(uint16_t code, uint32_t id)
{
    struct hv_delete_port input = {HV_PARTITION_SELF, id, 0};

    return call(code, &input, sizeof(input));
}

/* By VTL2, for a connection of @vtl. */
static void make_port(struct hv_create_port input, unsigned vtl)
{
    run_at(2);
    ck_assert_uint_eq(CALL(CREATE_PORT, input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect_port(vtl, input.type), HV_STATUS_SUCCESS);
    run_at(vtl);
}

static struct hv_post_message message_of(uint32_t number, uint32_t size)
{
    struct hv_post_message input = {.connection = CONNECTION, .type = number, .size = size};

    memset(input.payload, (uint8_t)number, sizeof(input.payload));
    return input;
}

static uint64_t post(uint32_t number)
{
    struct hv_post_message input = message_of(number, number % 241);

    return CALL(POST_MESSAGE, input);
}

static uint64_t signal_flag(uint16_t flag)
{
    struct hv_signal_event input = {CONNECTION, flag, 0};

    return CALL(SIGNAL_EVENT, input);
}

/* --- Creating and connecting ------------------------------------------------------------------ */

/* VTL1 creates a port with one field changed. */
static const struct {
    size_t offset, size;
    uint64_t value;
    enum hv_status status;
} port_rows[] = {
#define ROW(field, value, status)                                                                  \
    {offsetof(struct hv_create_port, field), sizeof(((struct hv_create_port *)0)->field), value,   \
     HV_STATUS_##status}
    ROW(zero, 0, SUCCESS),
    ROW(partition, 5, INVALID_PARTITION_ID),
    ROW(port, 0xffffff, SUCCESS),
    ROW(port, 0x1000000, INVALID_PORT_ID),
    ROW(vtl, 0, SUCCESS),
    ROW(vtl, 2, ACCESS_DENIED),
    ROW(vtl, 3, INVALID_PARAMETER),
    ROW(vtl, 0xff, INVALID_PARAMETER),
    ROW(min_connection_vtl, 2, SUCCESS),
    ROW(min_connection_vtl, 3, INVALID_PARAMETER),
    ROW(zero, 1, INVALID_PARAMETER),
    ROW(connection_partition, 0, SUCCESS),
    ROW(connection_partition, 1, INVALID_PARTITION_ID),
    ROW(type, 0, INVALID_PARAMETER),
    ROW(type, 3, INVALID_PARAMETER),
    ROW(type, 4, INVALID_PARAMETER),
    ROW(type, 0x80000001, INVALID_PARAMETER),
    ROW(zero2, 1, INVALID_PARAMETER),
    ROW(sint, 0, INVALID_PARAMETER),
    ROW(sint, 15, SUCCESS),
    ROW(sint, 16, INVALID_PARAMETER),
    ROW(sint, 0x103, INVALID_PARAMETER),
    ROW(vp, 3, SUCCESS),
    ROW(vp, 4, INVALID_VP_INDEX),
    ROW(vp, HV_VP_SELF, SUCCESS),
    ROW(vp, HV_ANY_VP, SUCCESS),
    ROW(base_flag, 1, INVALID_PARAMETER),
    ROW(zero3, 1, INVALID_PARAMETER),
    ROW(proximity, ~0ull, SUCCESS),
#undef ROW
};

START_TEST(create)
{
    struct hv_create_port input = message_port(1, 0);

    run_at(1);
    memcpy((uint8_t *)&input + port_rows[_i].offset, &port_rows[_i].value, port_rows[_i].size);
    ck_assert_uint_eq(CALL(CREATE_PORT, input), port_rows[_i].status);
    ck_assert_uint_eq(vtl_port_count(partition->core), port_rows[_i].status == HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(create_event_port)
{
    static const struct {
        uint16_t base, count;
        enum hv_status status;
    } rows[] = {
        {0, 2048, HV_STATUS_SUCCESS},           {2047, 1, HV_STATUS_SUCCESS},
        {0, 0, HV_STATUS_INVALID_PARAMETER},    {0, 2049, HV_STATUS_INVALID_PARAMETER},
        {2048, 1, HV_STATUS_INVALID_PARAMETER}, {65535, 65535, HV_STATUS_INVALID_PARAMETER},
    };

    run_at(2);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hv_create_port input = event_port(2);

        input.base_flag = rows[i].base;
        input.flag_count = rows[i].count;
        ck_assert_uint_eq(CALL(CREATE_PORT, input), rows[i].status);
        end_port(HV_CALL_DELETE_PORT, PORT);
    }
}
END_TEST

static const struct {
    size_t offset, size;
    uint64_t value;
    enum hv_status status;
} connect_rows[] = {
#define ROW(field, value, status)                                                                  \
    {offsetof(struct hv_connect_port, field), sizeof(((struct hv_connect_port *)0)->field), value, \
     HV_STATUS_##status}
    ROW(zero2, 0, SUCCESS),
    ROW(connection_partition, 1, INVALID_PARTITION_ID),
    ROW(connection, 0x1000000, INVALID_CONNECTION_ID),
    ROW(connection, VMM_CONNECTION, INVALID_CONNECTION_ID),
    ROW(vtl, 0, ACCESS_DENIED), /* the port does not let it */
    ROW(vtl, 2, ACCESS_DENIED), /* the caller is below */
    ROW(vtl, 3, INVALID_PARAMETER),
    ROW(zero[0], 1, INVALID_PARAMETER),
    ROW(zero[2], 1, INVALID_PARAMETER),
    ROW(port_partition, 0, INVALID_PARTITION_ID),
    ROW(port, PORT + 1, INVALID_PORT_ID),
    ROW(zero2, 1, INVALID_PARAMETER),
    ROW(type, HV_PORT_EVENT, INVALID_PARAMETER),
    ROW(type, 4, INVALID_PARAMETER),
    ROW(zero3, 1, INVALID_PARAMETER),
    ROW(zero4[0], 1, INVALID_PARAMETER),
    ROW(zero4[2], 1, INVALID_PARAMETER),
    ROW(proximity, ~0ull, SUCCESS),
#undef ROW
};

static enum hv_status vmm_post(void *context, struct vtl_vp *sender, unsigned vtl,
                               const struct hv_message *message)
{
    *(struct hv_message *)context = *message;
    return sender->index == 0 && vtl == sender->active ? HV_STATUS_SUCCESS
                                                       : HV_STATUS_OPERATION_FAILED;
}

static enum hv_status vmm_signal(void *context, struct vtl_vp *sender, unsigned vtl, uint16_t flag)
{
    (void)sender;
    (void)vtl;
    *(uint16_t *)context = flag;
    return HV_STATUS_SUCCESS;
}

static struct hv_message vmm_message;
static uint16_t vmm_flag;

static void register_vmm_ports(void)
{
    const struct vtl_port messages = {VMM_CONNECTION, 1 << 1 | 1 << 2, 0, vmm_post, NULL,
                                      &vmm_message, NULL};
    const struct vtl_port events = {VMM_CONNECTION + 1, 1 << 1, 8, NULL, vmm_signal, &vmm_flag,
                                    NULL};

    vtl_port_register(partition->core, &messages);
    vtl_port_register(partition->core, &events);
}

START_TEST(connect_row)
{
    struct hv_create_port port = message_port(1, 1);
    struct hv_connect_port input = connection(1, HV_PORT_MESSAGE);

    register_vmm_ports();
    run_at(1);
    ck_assert_uint_eq(CALL(CREATE_PORT, port), HV_STATUS_SUCCESS);
    memcpy((uint8_t *)&input + connect_rows[_i].offset, &connect_rows[_i].value,
           connect_rows[_i].size);
    ck_assert_uint_eq(CALL(CONNECT_PORT, input), connect_rows[_i].status);
    ck_assert_uint_eq(vtl_connection_count(partition->core),
                      connect_rows[_i].status == HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(ids_are_taken_once)
{
    struct hv_create_port port = message_port(0, 0);

    ck_assert_uint_eq(CALL(CREATE_PORT, port), HV_STATUS_SUCCESS);
    run_at(2);
    ck_assert_uint_eq(CALL(CREATE_PORT, port), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(connect_port(0, HV_PORT_MESSAGE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect_port(0, HV_PORT_MESSAGE), HV_STATUS_INVALID_CONNECTION_ID);
    /* Another VTL has numbers of its own. */
    ck_assert_uint_eq(connect_port(2, HV_PORT_MESSAGE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(end_port(HV_CALL_DISCONNECT_PORT, CONNECTION), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(end_port(HV_CALL_DISCONNECT_PORT, CONNECTION),
                      HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(post(TYPE), HV_STATUS_INVALID_CONNECTION_ID);
    run_at(0);
    ck_assert_uint_eq(post(TYPE), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(deleting)
{
    struct hv_delete_port wrong[] = {{1, PORT, 0}, {HV_PARTITION_SELF, PORT, 1}};
    struct hv_create_port again = message_port(1, 0);

    make_port(message_port(1, 0), 0);
    ck_assert_uint_eq(CALL(DELETE_PORT, wrong[0]), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(CALL(DELETE_PORT, wrong[1]), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(end_port(HV_CALL_DELETE_PORT, PORT + 1), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(end_port(HV_CALL_DELETE_PORT, PORT), HV_STATUS_ACCESS_DENIED);
    run_at(1);
    ck_assert_uint_eq(end_port(HV_CALL_DELETE_PORT, PORT), HV_STATUS_SUCCESS);
    run_at(0);
    ck_assert_uint_eq(post(TYPE), HV_STATUS_INVALID_PORT_ID);
    /* A new port of the same name is another one. */
    run_at(1);
    ck_assert_uint_eq(CALL(CREATE_PORT, again), HV_STATUS_SUCCESS);
    run_at(0);
    ck_assert_uint_eq(post(TYPE), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(end_port(HV_CALL_DISCONNECT_PORT, CONNECTION), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vtl_connection_count(partition->core), 0);
}
END_TEST

/* What a lower VTL uses up, a higher one does not lack. */
START_TEST(limits)
{
    struct hv_create_port port = message_port(0, 0);
    struct hv_connect_port input = connection(0, HV_PORT_MESSAGE);

    for (port.port = 0; port.port < VTL_PORTS_MAX; port.port++)
        ck_assert_uint_eq(CALL(CREATE_PORT, port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(CREATE_PORT, port), HV_STATUS_INSUFFICIENT_MEMORY);
    for (input.connection = 0; input.connection < VTL_PORTS_MAX; input.connection++)
        ck_assert_uint_eq(CALL(CONNECT_PORT, input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(CONNECT_PORT, input), HV_STATUS_INSUFFICIENT_MEMORY);
    run_at(2);
    port.vtl = 2;
    ck_assert_uint_eq(CALL(CREATE_PORT, port), HV_STATUS_SUCCESS);
    input.vtl = 2;
    ck_assert_uint_eq(CALL(CONNECT_PORT, input), HV_STATUS_SUCCESS);
}
END_TEST

/* --- Messages --------------------------------------------------------------------------------- */

START_TEST(posted)
{
    uint8_t payload[100];

    memset(payload, 100, sizeof(payload));
    make_port(message_port(2, 0), 0);
    memset(slot(MESSAGES(2), SINT)->payload, 0xee, HV_MESSAGE_PAYLOAD);
    ck_assert_uint_eq(post(100), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->type, 100);
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->payload_size, 100);
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->sender, PORT);
    ck_assert_mem_eq(slot(MESSAGES(2), SINT)->payload, payload, 100);
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->payload[100], 0xee);
    ck_assert_uint_eq(interrupts(0, 2), 1);
    ck_assert_uint_eq(interrupts(0, 0), 0);
}
END_TEST

START_TEST(malformed_messages)
{
    struct hv_post_message input = message_of(TYPE, 241);

    make_port(message_port(2, 0), 0);
    ck_assert_uint_eq(CALL(POST_MESSAGE, input), HV_STATUS_INVALID_PARAMETER);
    input.size = 0x100;
    ck_assert_uint_eq(CALL(POST_MESSAGE, input), HV_STATUS_INVALID_PARAMETER);
    input = message_of(HV_MESSAGE_NONE, 8);
    ck_assert_uint_eq(CALL(POST_MESSAGE, input), HV_STATUS_INVALID_PARAMETER);
    input = message_of(HV_MESSAGE_GPA_INTERCEPT, 8);
    ck_assert_uint_eq(CALL(POST_MESSAGE, input), HV_STATUS_INVALID_PARAMETER);
    input = message_of(TYPE, 8);
    input.zero = 1;
    ck_assert_uint_eq(CALL(POST_MESSAGE, input), HV_STATUS_INVALID_PARAMETER);
    input = message_of(TYPE, 8);
    input.connection = CONNECTION | 1u << 24;
    ck_assert_uint_eq(CALL(POST_MESSAGE, input), HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(signal_flag(0), HV_STATUS_INVALID_PORT_ID); /* another type */
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->type, 0);
    ck_assert_uint_eq(interrupts(0, 2), 0);
}
END_TEST

START_TEST(fast_form)
{
    struct smccc_registers registers = {{HV_CALL_SIGNAL_EVENT | 1u << 16, CONNECTION | 3ull << 32}};

    make_port(event_port(2), 0);
    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_SUCCESS);
    ck_assert(flag_is_set(FLAGS(2), SINT, 103));
    registers.x[0] = HV_CALL_POST_MESSAGE | 1u << 16; /* does not fit */
    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

/* What is off refuses, what is masked or busy has the message wait. */
static const struct {
    uint32_t name;
    uint64_t value;
    enum hv_status post, signal;
} states[] = {
    {HV_REGISTER_SCONTROL, 0, HV_STATUS_INVALID_SYNIC_STATE, HV_STATUS_INVALID_SYNIC_STATE},
    {HV_REGISTER_SIMP, MESSAGES(2), HV_STATUS_INVALID_SYNIC_STATE, HV_STATUS_SUCCESS},
    {HV_REGISTER_SIEFP, FLAGS(2), HV_STATUS_SUCCESS, HV_STATUS_INVALID_SYNIC_STATE},
    {HV_REGISTER_SINT0 + SINT, HV_SINT_MASKED | PPI, HV_STATUS_SUCCESS,
     HV_STATUS_INVALID_SYNIC_STATE},
    {HV_REGISTER_SINT0 + SINT, HV_SINT_POLLING | PPI, HV_STATUS_SUCCESS, HV_STATUS_SUCCESS},
    {HV_REGISTER_SIMP, MEMORY_PARTITION_RAM | ENABLED, HV_STATUS_SUCCESS, HV_STATUS_SUCCESS},
    {HV_REGISTER_SIEFP, MEMORY_PARTITION_RAM | ENABLED, HV_STATUS_SUCCESS,
     HV_STATUS_INVALID_SYNIC_STATE},
    {HV_REGISTER_SIEFP, ~0xfffull | ENABLED, HV_STATUS_SUCCESS, HV_STATUS_INVALID_SYNIC_STATE},
};

START_TEST(receiver_state)
{
    struct hv_create_port events = event_port(2);
    struct hv_connect_port second = connection(0, HV_PORT_EVENT);
    struct hv_signal_event event = {CONNECTION + 1, 0, 0};

    make_port(message_port(2, 0), 0);
    events.port = second.port = PORT + 1;
    second.connection = CONNECTION + 1;
    run_at(2);
    ck_assert_uint_eq(CALL(CREATE_PORT, events), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(CONNECT_PORT, second), HV_STATUS_SUCCESS);
    run_at(0);
    ck_assert_uint_eq(set_register(0, 2, states[_i].name, states[_i].value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post(TYPE), states[_i].post);
    ck_assert_uint_eq(CALL(SIGNAL_EVENT, event), states[_i].signal);
    if (states[_i].post != HV_STATUS_SUCCESS) {
        enable(0, 2, MESSAGES(2), FLAGS(2)); /* nothing was queued */
        ck_assert_uint_eq(slot(MESSAGES(2), SINT)->type, 0);
    }
}
END_TEST

/* Every message that was accepted arrives, in order. */
START_TEST(flood)
{
    uint32_t accepted = 0, seen = 0;

    make_port(message_port(2, 0), 0);
    while (post(accepted + 1) == HV_STATUS_SUCCESS)
        accepted++;
    ck_assert_uint_eq(accepted, 1 + SYNIC_QUEUE_LENGTH); /* one is in the slot */
    ck_assert_uint_eq(post(1000), HV_STATUS_INSUFFICIENT_BUFFERS);
    ck_assert_uint_eq(interrupts(0, 2), 1);
    while (slot(MESSAGES(2), SINT)->type) {
        ck_assert_uint_eq(slot(MESSAGES(2), SINT)->type, ++seen);
        empty(MESSAGES(2), 0, 2);
    }
    ck_assert_uint_eq(seen, accepted);
    ck_assert_uint_eq(post(TYPE), HV_STATUS_SUCCESS);
}
END_TEST

/* Buffers are a port's: neither another port nor the hypervisor itself lacks them. */
START_TEST(flood_harms_nobody_else)
{
    struct hv_create_port other = message_port(2, 0);
    struct hv_connect_port way = connection(2, HV_PORT_MESSAGE);
    struct hv_message own = {.type = HV_MESSAGE_GPA_INTERCEPT};

    make_port(message_port(2, 0), 0);
    while (post(TYPE) == HV_STATUS_SUCCESS)
        continue;
    run_at(2);
    other.port = way.port = PORT + 1;
    CALL(CREATE_PORT, other);
    CALL(CONNECT_PORT, way);
    for (unsigned i = 0; i < SYNIC_QUEUE_LENGTH; i++) {
        ck_assert_uint_eq(post(TYPE), HV_STATUS_SUCCESS);
        ck_assert_int_eq(synic_post(vp(0), 2, SINT, &own), SYNIC_QUEUED);
    }
    ck_assert_uint_eq(post(TYPE), HV_STATUS_INSUFFICIENT_BUFFERS);
    ck_assert_int_eq(synic_post(vp(0), 2, SINT, &own), SYNIC_REFUSED);
}
END_TEST

START_TEST(deleted_port_loses_its_messages)
{
    struct hv_message own = {.type = 0x80000123};

    make_port(message_port(2, 0), 0);
    post(1);
    post(2);
    synic_post(vp(0), 2, SINT, &own);
    post(3);
    run_at(2);
    ck_assert_uint_eq(end_port(HV_CALL_DELETE_PORT, PORT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->type, 1); /* has been delivered before */
    empty(MESSAGES(2), 0, 2);
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->type, 0x80000123);
    empty(MESSAGES(2), 0, 2);
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->type, 0);
}
END_TEST

START_TEST(disconnecting_keeps_messages)
{
    make_port(message_port(2, 0), 0);
    post(1);
    post(2);
    ck_assert_uint_eq(end_port(HV_CALL_DISCONNECT_PORT, CONNECTION), HV_STATUS_SUCCESS);
    empty(MESSAGES(2), 0, 2);
    ck_assert_uint_eq(slot(MESSAGES(2), SINT)->type, 2);
}
END_TEST

START_TEST(any_vp)
{
    struct hv_create_port port = message_port(0, 0);

    port.vp = HV_ANY_VP;
    make_port(port, 0);
    ck_assert_uint_eq(post(1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(MESSAGES(0), SINT)->type, 1);
    set_register(0, 0, HV_REGISTER_SIMP, 0);
    ck_assert_uint_eq(post(2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(MESSAGES_VP1, SINT)->type, 2);
    set_register(1, 0, HV_REGISTER_SCONTROL, 0);
    ck_assert_uint_eq(post(3), HV_STATUS_INVALID_VP_INDEX);
}
END_TEST

START_TEST(to_another_vp)
{
    struct hv_create_port port = message_port(0, 0);

    port.vp = 1;
    make_port(port, 0);
    ck_assert_uint_eq(post(1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(MESSAGES_VP1, SINT)->type, 1);
    ck_assert_uint_eq(interrupts(1, 0), 1);
    ck_assert_uint_eq(interrupts(0, 0), 0);
}
END_TEST

START_TEST(ports_of_the_vmm)
{
    struct hv_post_message message = message_of(TYPE, 5);
    struct hv_signal_event event = {VMM_CONNECTION + 1, 7, 0};

    register_vmm_ports();
    message.connection = VMM_CONNECTION;
    ck_assert_uint_eq(CALL(POST_MESSAGE, message), HV_STATUS_INVALID_CONNECTION_ID); /* not VTL0 */
    run_at(1);
    ck_assert_uint_eq(CALL(POST_MESSAGE, message), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vmm_message.type, TYPE);
    ck_assert_uint_eq(vmm_message.payload_size, 5);
    ck_assert_uint_eq(vmm_message.payload[4], TYPE);
    ck_assert_uint_eq(vmm_message.payload[5], 0); /* no more than the payload */
    ck_assert_uint_eq(CALL(SIGNAL_EVENT, event), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vmm_flag, 7);
    event.flag = 8;
    ck_assert_uint_eq(CALL(SIGNAL_EVENT, event), HV_STATUS_INVALID_PARAMETER);
    event.connection = VMM_CONNECTION;
    ck_assert_uint_eq(CALL(SIGNAL_EVENT, event), HV_STATUS_INVALID_PORT_ID);
    message.connection = VMM_CONNECTION + 1;
    ck_assert_uint_eq(CALL(POST_MESSAGE, message), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(end_port(HV_CALL_DISCONNECT_PORT, VMM_CONNECTION),
                      HV_STATUS_INVALID_CONNECTION_ID);
}
END_TEST

/* A paravisor may have what the hypervisor does not know. */
START_TEST(unknown_connection_is_intercepted)
{
    struct hv_install_intercept install = {HV_PARTITION_SELF, HV_INTERCEPT_ACCESS_EXECUTE,
                                           HV_INTERCEPT_TYPE_UNKNOWN_CONNECTION, 0};
    struct smccc_registers registers = {{HV_CALL_SIGNAL_EVENT | 1u << 16, CONNECTION}};
    struct smccc_registers after = registers;

    ck_assert_uint_eq(CALL(INSTALL_INTERCEPT, install), HV_STATUS_ACCESS_DENIED);
    run_at(2);
    install.access = 1;
    ck_assert_uint_eq(CALL(INSTALL_INTERCEPT, install), HV_STATUS_INVALID_PARAMETER);
    install.access = HV_INTERCEPT_ACCESS_EXECUTE;
    ck_assert_uint_eq(CALL(INSTALL_INTERCEPT, install), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(signal_flag(0), HV_STATUS_INVALID_CONNECTION_ID); /* its own */
    run_at(1);
    ck_assert_int_eq(vtl_hypercall(vp(0), HVC_HYPERCALL, &registers), SMCCC_INTERCEPTED);
    after.x[0] = HV_STATUS_INVALID_CONNECTION_ID;
    ck_assert_mem_eq(&registers, &after, sizeof(after));
    ck_assert_uint_eq(vp(0)->intercept_owner, 2);
    registers.x[0] = 0x7777;
    ck_assert_int_eq(vtl_hypercall(vp(0), HVC_HYPERCALL, &registers), SMCCC_DONE);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_INVALID_HYPERCALL_CODE);
    make_port(event_port(2), 0); /* known */
    ck_assert_uint_eq(signal_flag(0), HV_STATUS_SUCCESS);
    run_at(2);
    install.access = 0;
    ck_assert_uint_eq(CALL(INSTALL_INTERCEPT, install), HV_STATUS_SUCCESS);
    run_at(1);
    ck_assert_uint_eq(signal_flag(0), HV_STATUS_INVALID_CONNECTION_ID);
}
END_TEST

START_TEST(privileges)
{
    struct hv_u128 value;

    hv_register_get(vp(0), 0, HV_REGISTER_PRIVILEGES_AND_FEATURES, &value);
    ck_assert_uint_eq(value.low >> 36 & 0xf, 0xf);
    hv_register_get(vp(0), 2, HV_REGISTER_VSM_CAPABILITIES, &value);
    ck_assert_uint_eq(value.low >> 28 & 1, 1);
}
END_TEST

/* --- Events ----------------------------------------------------------------------------------- */

START_TEST(signalled_once)
{
    make_port(event_port(2), 0);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(signal_flag(9), HV_STATUS_SUCCESS);
    ck_assert(flag_is_set(FLAGS(2), SINT, 109));
    ck_assert_uint_eq(interrupts(0, 2), 1);
    ck_assert_uint_eq(signal_flag(8), HV_STATUS_SUCCESS); /* in the same word */
    ck_assert_uint_eq(interrupts(0, 2), 2);
    memset(partition->ram + FLAGS(2), 0, 0x1000);
    ck_assert_uint_eq(signal_flag(9), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(interrupts(0, 2), 3);
    ck_assert_uint_eq(signal_flag(10), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(signal_flag(0xffff), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(post(TYPE), HV_STATUS_INVALID_PORT_ID);
}
END_TEST

START_TEST(every_flag)
{
    static uint8_t full[256], none[256];
    bool newly;

    memset(full, 0xff, sizeof(full));
    for (unsigned flag = 0; flag < HV_EVENT_FLAGS; flag++) {
        ck_assert(!flag_is_set(FLAGS(0), SINT, flag));
        ck_assert_int_eq(synic_signal(vp(0), 0, SINT, flag, &newly), SYNIC_DELIVERED);
        ck_assert(newly && flag_is_set(FLAGS(0), SINT, flag));
        ck_assert_int_eq(synic_signal(vp(0), 0, SINT, flag, &newly), SYNIC_DELIVERED);
        ck_assert(!newly);
    }
    ck_assert_mem_eq(partition->ram + FLAGS(0) + SINT * 256, full, 256);
    ck_assert_mem_eq(partition->ram + FLAGS(0) + (SINT - 1) * 256, none, 256);
    ck_assert_mem_eq(partition->ram + FLAGS(0) + (SINT + 1) * 256, none, 256);
    ck_assert_int_eq(synic_signal(vp(0), 0, SINT, HV_EVENT_FLAGS, &newly), SYNIC_REFUSED);
    ck_assert_int_eq(synic_signal(vp(0), 0, HV_SYNIC_SINTS, 0, &newly), SYNIC_REFUSED);
    ck_assert_int_eq(synic_signal(vp(0), VTL_LEVELS, SINT, 0, &newly), SYNIC_REFUSED);
}
END_TEST

START_TEST(polled_events_do_not_interrupt)
{
    bool newly;

    set_register(0, 0, HV_REGISTER_SINT0 + SINT, HV_SINT_POLLING | PPI);
    ck_assert_int_eq(synic_signal(vp(0), 0, SINT, 1, &newly), SYNIC_DELIVERED);
    ck_assert(newly && flag_is_set(FLAGS(0), SINT, 1));
    ck_assert_uint_eq(interrupts(0, 0), 0);
}
END_TEST

START_TEST(flag_page_is_cleared)
{
    static const uint8_t zeroes[0x1000];

    memset(partition->ram + ASSIST, 0xee, 0x1000);
    set_register(0, 0, HV_REGISTER_SIEFP, ASSIST);
    ck_assert_uint_eq(partition->ram[ASSIST], 0xee);
    set_register(0, 0, HV_REGISTER_SIEFP, ASSIST | ENABLED);
    ck_assert_mem_eq(partition->ram + ASSIST, zeroes, sizeof(zeroes));
}
END_TEST

/* A page that a higher VTL has closed takes no flags. */
START_TEST(rights_are_the_receivers)
{
    bool newly;

    set_register(0, 2, HV_REGISTER_VSM_PARTITION_CONFIG,
                 HV_VSM_ENABLE_PROTECTION | HV_VSM_DEFAULT_RIGHTS);
    vtl_protection_set(partition->core, 2, FLAGS(0) / HV_PAGE_SIZE, 1, HV_PAGE_READ);
    ck_assert_int_eq(synic_signal(vp(0), 0, SINT, 5, &newly), SYNIC_OFF);
    ck_assert(!flag_is_set(FLAGS(0), SINT, 5));
    ck_assert_uint_eq(interrupts(0, 0), 0);
    ck_assert_int_eq(synic_signal(vp(0), 2, SINT, 5, &newly), SYNIC_DELIVERED);
}
END_TEST

/* --- Direct calls ----------------------------------------------------------------------------- */

static struct hv_post_message_direct direct_message(unsigned vtl)
{
    struct hv_post_message_direct input = {
        .partition = HV_PARTITION_SELF, .vp = HV_VP_SELF, .vtl = (uint8_t)vtl, .sint = SINT};
    struct hv_message message = {.type = 0x80000010, .payload_size = 4, .payload = {1, 2, 3, 4}};

    memcpy(input.message, &message, sizeof(message));
    return input;
}

static uint64_t post_direct(unsigned vtl)
{
    struct hv_post_message_direct input = direct_message(vtl);

    return CALL(POST_MESSAGE_DIRECT, input);
}

START_TEST(direct_post)
{
    struct hv_post_message_direct input = direct_message(0);

    ck_assert_uint_eq(post_direct(0), HV_STATUS_OPERATION_DENIED);
    run_at(2);
    ck_assert_uint_eq(post_direct(0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(MESSAGES(0), SINT)->type, 0x80000010);
    ck_assert_uint_eq(slot(MESSAGES(0), SINT)->payload[3], 4);
    ck_assert_uint_eq(post_direct(0), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(slot(MESSAGES(0), SINT)->flags, HV_MESSAGE_FLAG_PENDING);
    empty(MESSAGES(0), 0, 0);
    ck_assert_uint_eq(slot(MESSAGES(0), SINT)->type, 0); /* it was not queued */
    ck_assert_uint_eq(post_direct(2), HV_STATUS_SUCCESS);
    input.vp = 1;
    ck_assert_uint_eq(CALL(POST_MESSAGE_DIRECT, input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(MESSAGES_VP1, SINT)->type, 0x80000010);
    run_at(1);
    ck_assert_uint_eq(post_direct(2), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(post_direct(0), HV_STATUS_SUCCESS);
}
END_TEST

/* Messages of ports that wait go first. */
START_TEST(direct_post_does_not_overtake)
{
    make_port(message_port(0, 0), 0);
    post(1);
    post(2);
    slot(MESSAGES(0), SINT)->type = 0;
    run_at(2);
    ck_assert_uint_eq(post_direct(0), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(slot(MESSAGES(0), SINT)->type, 2);
}
END_TEST

#define MESSAGE_AT(field)                                                                          \
    (offsetof(struct hv_post_message_direct, message) + offsetof(struct hv_message, field))

static const struct {
    size_t offset;
    uint8_t value;
    enum hv_status status;
} direct_rows[] = {
    {offsetof(struct hv_post_message_direct, partition), 0, HV_STATUS_INVALID_PARTITION_ID},
    {offsetof(struct hv_post_message_direct, vp), 4, HV_STATUS_INVALID_VP_INDEX},
    {offsetof(struct hv_post_message_direct, vtl), 3, HV_STATUS_INVALID_PARAMETER},
    {offsetof(struct hv_post_message_direct, vtl), 0x10, HV_STATUS_INVALID_PARAMETER},
    {offsetof(struct hv_post_message_direct, zero), 1, HV_STATUS_INVALID_PARAMETER},
    {offsetof(struct hv_post_message_direct, zero2), 1, HV_STATUS_INVALID_PARAMETER},
    {offsetof(struct hv_post_message_direct, sint), 16, HV_STATUS_INVALID_PARAMETER},
    {offsetof(struct hv_post_message_direct, sint), 5, HV_STATUS_INVALID_SYNIC_STATE}, /* masked */
    {MESSAGE_AT(payload_size), 241, HV_STATUS_INVALID_PARAMETER},
};

START_TEST(direct_post_malformed)
{
    struct hv_post_message_direct input = direct_message(0);

    run_at(2);
    ((uint8_t *)&input)[direct_rows[_i].offset] = direct_rows[_i].value;
    ck_assert_uint_eq(CALL(POST_MESSAGE_DIRECT, input), direct_rows[_i].status);
    ck_assert_uint_eq(slot(MESSAGES(0), SINT)->type, 0);
    memset(input.message, 0, sizeof(uint32_t));
    ck_assert_uint_ne(CALL(POST_MESSAGE_DIRECT, input), HV_STATUS_SUCCESS);
}
END_TEST

static uint64_t signal_direct(unsigned target, unsigned vtl, unsigned sint, unsigned flag)
{
    struct hv_signal_event_direct input = {HV_PARTITION_SELF, target, (uint8_t)vtl, (uint8_t)sint,
                                           (uint16_t)flag};

    return CALL(SIGNAL_EVENT_DIRECT, input);
}

START_TEST(direct_signal)
{
    ck_assert_uint_eq(signal_direct(0, 0, SINT, 1), HV_STATUS_OPERATION_DENIED);
    run_at(2);
    ck_assert_uint_eq(signal_direct(1, 0, SINT, 2047), HV_STATUS_SUCCESS);
    ck_assert(flag_is_set(FLAGS_VP1, SINT, 2047));
    ck_assert_uint_eq(partition->ram[OUTPUT], 1);
    ck_assert_uint_eq(signal_direct(1, 0, SINT, 2047), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(partition->ram[OUTPUT], 0);
    ck_assert_uint_eq(interrupts(1, 0), 1);
    ck_assert_uint_eq(signal_direct(HV_VP_SELF, 2, OTHER_SINT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(partition->interrupt[0][2].intid, PPI + 1);
    ck_assert_uint_eq(signal_direct(0, 0, SINT, 2048), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(signal_direct(0, 0, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(signal_direct(0, 0, 16, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(signal_direct(4, 0, SINT, 1), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(signal_direct(0, 3, SINT, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(signal_direct(0, 0, 5, 1), HV_STATUS_INVALID_SYNIC_STATE);
    run_at(1);
    ck_assert_uint_eq(signal_direct(0, 2, SINT, 1), HV_STATUS_ACCESS_DENIED);
}
END_TEST

/* --- Notices of deliverability ---------------------------------------------------------------- */

#define NOTIFY HV_REGISTER_DELIVERABILITY_NOTIFICATIONS
#define BIT(sint) (1ull << (48 + (sint)))

static uint64_t await(unsigned vtl, uint64_t value)
{
    struct smccc_registers registers = {
        {HV_CALL_SET_VP_REGISTERS | 1u << 16 | 1ull << 32, HV_PARTITION_SELF,
         HV_VP_SELF | (uint64_t)(HV_INPUT_VTL_USE | vtl) << 32, NOTIFY, 0, value, 0}};

    vtl_hypercall(vp(0), HVC_HYPERCALL, &registers);
    return registers.x[0] & 0xffff;
}

static uint64_t awaited(unsigned vtl)
{
    struct hv_u128 value;

    ck_assert_uint_eq(hv_register_get(vp(0), vtl, NOTIFY, &value), HV_STATUS_SUCCESS);
    return value.low;
}

/* VTL @by is told of VTL0's SINTs @sints, in its SINT 0. */
static void expect_notice(unsigned by, uint16_t sints)
{
    struct hv_deliverable_notice notice;
    unsigned vtl, owner;

    ck_assert(synic_next_notice(vp(0), 0, &vtl, &owner));
    ck_assert_uint_eq(vtl, 0);
    ck_assert_uint_eq(owner, by);
    ck_assert_int_eq(vtl_intercept_deliverable(vp(0), vtl, owner), VTL_ENTRY_INTERRUPT);
    ck_assert_uint_eq(slot(MESSAGES(by), 0)->type, HV_MESSAGE_SINT_DELIVERABLE);
    ck_assert_uint_eq(slot(MESSAGES(by), 0)->payload_size, 0x20);
    memcpy(&notice, slot(MESSAGES(by), 0)->payload, sizeof(notice));
    ck_assert_uint_eq(notice.sints, sints);
    ck_assert_uint_eq(notice.header.vp, 0);
    ck_assert_uint_eq(notice.header.state >> 4, 0);
    slot(MESSAGES(by), 0)->type = 0;
}

static void expect_no_notice(void)
{
    unsigned vtl, owner;

    ck_assert(!synic_next_notice(vp(0), 0, &vtl, &owner));
}

START_TEST(notice_at_once)
{
    run_at(2);
    ck_assert_uint_eq(await(0, BIT(SINT) | BIT(5)), HV_STATUS_SUCCESS); /* SINT 5 is masked */
    ck_assert_uint_eq(awaited(0), BIT(5));
    expect_notice(2, 1 << SINT);
    expect_no_notice();
    set_register(0, 0, HV_REGISTER_SINT0 + 5, PPI);
    ck_assert_uint_eq(awaited(0), 0);
    expect_notice(2, 1 << 5);
    expect_no_notice();
}
END_TEST

START_TEST(notice_of_a_busy_slot)
{
    run_at(2);
    post_direct(0);
    ck_assert_uint_eq(await(0, BIT(SINT)), HV_STATUS_SUCCESS);
    expect_no_notice();
    ck_assert_uint_eq(slot(MESSAGES(0), SINT)->flags, HV_MESSAGE_FLAG_PENDING);
    set_register(0, 0, HV_REGISTER_EOM, 0); /* too early */
    expect_no_notice();
    empty(MESSAGES(0), 0, 0);
    expect_notice(2, 1 << SINT);
    ck_assert_uint_eq(awaited(0), 0);
    ck_assert_uint_eq(post_direct(0), HV_STATUS_SUCCESS);
}
END_TEST

/* Not while others wait for the slot. */
START_TEST(notice_after_a_queue)
{
    make_port(message_port(0, 0), 0);
    post(1);
    post(2);
    run_at(2);
    await(0, BIT(SINT));
    empty(MESSAGES(0), 0, 0);
    expect_no_notice();
    empty(MESSAGES(0), 0, 0);
    expect_notice(2, 1 << SINT);
}
END_TEST

START_TEST(notice_is_taken_back)
{
    run_at(2);
    await(0, BIT(SINT));
    await(0, 0);
    expect_no_notice();
    ck_assert_uint_eq(awaited(0), 0);
}
END_TEST

/* Each higher VTL has its own; the highest is told first. */
START_TEST(notices_of_two_vtls)
{
    run_at(1);
    await(0, BIT(SINT));
    run_at(2);
    await(0, BIT(OTHER_SINT));
    expect_notice(2, 1 << OTHER_SINT);
    expect_notice(1, 1 << SINT);
    expect_no_notice();
}
END_TEST

START_TEST(notice_for_a_vtl_that_runs)
{
    unsigned vtl, owner;

    run_at(1);
    await(0, BIT(SINT));
    ck_assert(!synic_next_notice(vp(0), 1, &vtl, &owner));
    ck_assert(!synic_next_notice(vp(0), 2, &vtl, &owner));
    expect_notice(1, 1 << SINT);
}
END_TEST

START_TEST(notices_refused)
{
    run_at(2);
    ck_assert_uint_eq(await(2, BIT(SINT)), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(await(0, BIT(SINT) | 1), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(await(0, 1ull << 47), HV_STATUS_INVALID_REGISTER_VALUE);
    run_at(0);
    ck_assert_uint_eq(await(0, BIT(SINT)), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(await(1, BIT(SINT)), HV_STATUS_ACCESS_DENIED);
    expect_no_notice();
}
END_TEST

/* A VTL that has intercepts in its assist page is told there. */
START_TEST(notice_in_the_assist_page)
{
    unsigned vtl, owner;
    uint32_t type;

    set_register(0, 2, HV_REGISTER_VSM_PARTITION_CONFIG, HV_VSM_INTERCEPT_PAGE);
    set_register(0, 2, HV_REGISTER_VP_ASSIST_PAGE, ASSIST | ENABLED);
    run_at(2);
    await(0, BIT(SINT));
    run_at(0);
    ck_assert(synic_next_notice(vp(0), 0, &vtl, &owner));
    ck_assert_int_eq(vtl_intercept_deliverable(vp(0), vtl, owner), VTL_ENTRY_INTERCEPT);
    memcpy(&type, partition->ram + ASSIST + 0x70, sizeof(type));
    ck_assert_uint_eq(type, HV_MESSAGE_SINT_DELIVERABLE);
}
END_TEST

/* --- Actions of a VTL return ------------------------------------------------------------------ */

struct action {
    uint64_t type;
    uint32_t vp;
    uint8_t vtl, sint;
    uint16_t flag;
};

static struct action *actions(void)
{
    return (struct action *)(void *)(partition->ram + RETURN_ACTIONS);
}

static void return_to_vtl0(void)
{
    run_at(2);
    vtl_enter(vp(0), 0, VTL_ENTRY_CALL);
}

START_TEST(return_actions)
{
    static const uint8_t zeroes[256];

    set_register(0, 2, HV_REGISTER_VP_ASSIST_PAGE, ASSIST | ENABLED);
    for (unsigned i = 0; i < 16; i++)
        actions()[i] = (struct action){1, i % 2, 0, SINT, (uint16_t)i};
    actions()[3].sint = 0;       /* refused, like the next ones */
    actions()[4].vp = 99;
    actions()[5].vtl = 77;
    actions()[6].flag = 0xffff;
    actions()[7].sint = 9;
    partition->ram[RETURN_ACTIONS + 256] = 0xee;
    return_to_vtl0();
    ck_assert_uint_eq(partition->ram[FLAGS(0) + SINT * 256], 1 << 0 | 1 << 2);
    ck_assert_uint_eq(partition->ram[FLAGS(0) + SINT * 256 + 1], 0x55);
    ck_assert_uint_eq(partition->ram[FLAGS_VP1 + SINT * 256], 1 << 1);
    ck_assert_uint_eq(partition->ram[FLAGS_VP1 + SINT * 256 + 1], 0xaa);
    ck_assert_mem_eq(actions(), zeroes, sizeof(zeroes));
    ck_assert_uint_eq(partition->ram[RETURN_ACTIONS + 256], 0xee);
    ck_assert_uint_eq(interrupts(0, 0), 6);
    return_to_vtl0();
    ck_assert_uint_eq(interrupts(0, 0), 6);
}
END_TEST

START_TEST(unknown_action_ends_all)
{
    set_register(0, 2, HV_REGISTER_VP_ASSIST_PAGE, ASSIST | ENABLED);
    actions()[0] = (struct action){1, 0, 0, SINT, 0};
    actions()[1] = (struct action){1ull << 32 | 1, 0, 0, SINT, 1};
    actions()[2] = (struct action){1, 0, 0, SINT, 2};
    return_to_vtl0();
    ck_assert_uint_eq(partition->ram[FLAGS(0) + SINT * 256], 1);
    ck_assert_uint_eq(actions()[2].type, 0);
}
END_TEST

/* No page, a page that is no memory, one that cannot be cleared; and a VTL that is called. */
START_TEST(no_return_actions)
{
    actions()[0] = (struct action){1, 0, 0, SINT, 0};
    return_to_vtl0();
    set_register(0, 2, HV_REGISTER_VP_ASSIST_PAGE, ~0xfffull | ENABLED);
    return_to_vtl0();
    set_register(0, 1, HV_REGISTER_VP_ASSIST_PAGE, ASSIST | ENABLED);
    set_register(0, 2, HV_REGISTER_VSM_PARTITION_CONFIG,
                 HV_VSM_ENABLE_PROTECTION | HV_VSM_DEFAULT_RIGHTS);
    vtl_protection_set(partition->core, 2, ASSIST / HV_PAGE_SIZE, 1, HV_PAGE_READ);
    run_at(1);
    vtl_enter(vp(0), 0, VTL_ENTRY_CALL);
    vtl_enter(vp(0), 1, VTL_ENTRY_CALL);
    ck_assert(!flag_is_set(FLAGS(0), SINT, 0));
}
END_TEST

/* --- Several at once -------------------------------------------------------------------------- */

#define SIGNALS 20000u
#define LIVES 500u

static struct {
    _Atomic bool stop;
    unsigned seen; /* flags that the guest has found and cleared */
} stress;

/* What a guest does to its flags, from its own thread. */
static void *clear_flags(void *unused)
{
    uint64_t *word = (uint64_t *)(void *)(partition->ram + FLAGS(0) + SINT * 256);
    bool last;

    (void)unused;
    do {
        last = stress.stop;
        stress.seen += (unsigned)__builtin_popcountll(
            __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST));
        g_thread_yield();
    } while (!last);
    return NULL;
}

/* No flag is lost, none is seen twice, and there are as many interrupts. */
START_TEST(signal_while_clearing)
{
    GThread *thread = g_thread_new("guest", clear_flags, NULL);
    unsigned sent = 0;
    bool newly;

    for (unsigned i = 0; i < SIGNALS; i++) {
        synic_signal(vp(0), 0, SINT, i % 64, &newly);
        sent += newly;
    }
    stress.stop = true;
    g_thread_join(thread);
    ck_assert_uint_eq(stress.seen, sent);
    ck_assert_uint_eq(interrupts(0, 0), sent);
}
END_TEST

static void *post_for_ever(void *unused)
{
    struct hv_message message = {.type = TYPE};

    (void)unused;
    while (!stress.stop) {
        enum hv_status status = vtl_port_post(vp(1), CONNECTION, &message);

        if (status != HV_STATUS_SUCCESS && status != HV_STATUS_INSUFFICIENT_BUFFERS &&
            status != HV_STATUS_INVALID_CONNECTION_ID && status != HV_STATUS_INVALID_PORT_ID)
            stress.seen++;
        g_thread_yield();
    }
    return NULL;
}

/* VP1 posts while the port comes and goes (the sanitizers look for what is used after its end). */
START_TEST(delete_while_posting)
{
    GThread *thread = g_thread_new("sender", post_for_ever, NULL);
    const struct vtl_port_settings settings = {
        .id = PORT, .type = HV_PORT_MESSAGE, .vtl = 2, .vp = HV_ANY_VP, .sint = SINT};

    for (unsigned i = 0; i < LIVES; i++) {
        ck_assert_int_eq(vtl_port_create(partition->core, &settings), HV_STATUS_SUCCESS);
        ck_assert_int_eq(
            vtl_port_connect(partition->core, 0, CONNECTION, PORT, HV_PORT_MESSAGE),
            HV_STATUS_SUCCESS);
        g_thread_yield();
        ck_assert_int_eq(vtl_port_delete(partition->core, 0, PORT), HV_STATUS_ACCESS_DENIED);
        ck_assert_int_eq(vtl_port_delete(partition->core, 2, PORT), HV_STATUS_SUCCESS);
        ck_assert_int_eq(vtl_port_disconnect(partition->core, 0, CONNECTION), HV_STATUS_SUCCESS);
    }
    stress.stop = true;
    g_thread_join(thread);
    ck_assert_uint_eq(stress.seen, 0);
    ck_assert_uint_eq(vtl_port_count(partition->core) + vtl_connection_count(partition->core), 0);
}
END_TEST

/* A partition may end with ports, connections and messages. */
START_TEST(end_with_ports)
{
    make_port(message_port(2, 0), 0);
    post(1);
    post(2);
    run_at(2);
    ck_assert_uint_eq(connect_port(2, HV_PORT_MESSAGE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(end_port(HV_CALL_DELETE_PORT, PORT), HV_STATUS_SUCCESS);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *cases = tcase_create(name);

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, UNIT_TIMEOUT_S);
    suite_add_tcase(suite, cases);
    return cases;
}

int main(void)
{
    static const TTest *const *const tests[] = {
        &create_event_port, &ids_are_taken_once, &deleting, &limits, &posted, &malformed_messages,
        &fast_form, &flood, &flood_harms_nobody_else, &deleted_port_loses_its_messages,
        &disconnecting_keeps_messages, &any_vp, &to_another_vp, &ports_of_the_vmm,
        &unknown_connection_is_intercepted, &privileges,
        &signalled_once, &every_flag, &polled_events_do_not_interrupt, &flag_page_is_cleared,
        &rights_are_the_receivers, &direct_post, &direct_post_does_not_overtake, &direct_signal,
        &notice_at_once, &notice_of_a_busy_slot, &notice_after_a_queue, &notice_is_taken_back,
        &notices_of_two_vtls, &notice_for_a_vtl_that_runs, &notices_refused,
        &notice_in_the_assist_page, &return_actions, &unknown_action_ends_all, &no_return_actions,
        &signal_while_clearing, &delete_while_posting, &end_with_ports};
    Suite *suite = suite_create("ports");
    TCase *cases = add_case(suite, "ports");

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        tcase_add_test(cases, *tests[i]);
    tcase_add_loop_test(cases, create, 0, G_N_ELEMENTS(port_rows));
    tcase_add_loop_test(cases, connect_row, 0, G_N_ELEMENTS(connect_rows));
    tcase_add_loop_test(cases, receiver_state, 0, G_N_ELEMENTS(states));
    tcase_add_loop_test(cases, direct_post_malformed, 0, G_N_ELEMENTS(direct_rows));
    return unit_run(suite);
}
