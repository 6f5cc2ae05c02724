/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A partition in which much has happened: see state-sample.h. */
#include "tests/unit/state-sample.h"

#define FAST_PERIODIC (HV_STIMER_ENABLE | HV_STIMER_PERIODIC)
#define ON HV_PAGE_REGISTER_ENABLE

static struct vtl_vp *vp_of(const struct vmbus_guest *guest, unsigned vp)
{
    return &guest->partition->core->vps[vp];
}

static void set(const struct vmbus_guest *guest, unsigned vp, unsigned vtl, uint32_t name,
                uint64_t value)
{
    enum hv_status status =
        hv_register_set_by(vp_of(guest, vp), vtl, GUEST_VTL, name, (struct hv_u128){.low = value});

    g_assert(status == HV_STATUS_SUCCESS);
}

void state_sample_empty(struct vmbus_guest *guest)
{
    vmbus_guest_init(guest);
    guest->partition->core->vp_count = SAMPLE_VPS;
    guest->partition->time = SAMPLE_TIME;
}

/* VTL1 is enabled, and waits for its first entry; VP1 runs in VTL0. */
static void set_up_vtls(const struct vmbus_guest *guest)
{
    const struct vtl_initial_context context = {.pc = 0x1000};
    struct vtl_vp *vp0 = vp_of(guest, 0), *vp1 = vp_of(guest, 1);
    bool good = vtl_enable_for_partition(vp0, 1, 0) == HV_STATUS_SUCCESS &&
                vtl_enable_for_vp(vp0, vp0, 1, &context) == HV_STATUS_SUCCESS;

    g_assert(good);
    vtl_enter(vp1, 0, VTL_ENTRY_CALL);
    set(guest, 0, 2, HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0, 1ull << 1);
}

static void set_up_registers(const struct vmbus_guest *guest)
{
    set(guest, 0, 2, HV_REGISTER_VP_ASSIST_PAGE, 0xe000 | ON);
    set(guest, 0, 2, HV_REGISTER_GUEST_CRASH_P0 + 2, 0x1234);
    set(guest, 0, 0, HV_REGISTER_GUEST_OS_ID, UINT64_C(0x8100000000000000));
    set(guest, 0, 0, HV_REGISTER_REFERENCE_TSC, 0xb000 | ON);
    set(guest, 0, 1, HV_REGISTER_VSM_VINA, 0x17 | HV_VINA_ENABLED);
    set(guest, 1, 0, HV_REGISTER_PENDING_EVENT0, 1);
    set(guest, 0, 2, HV_REGISTER_GUEST_VSM_PARTITION_CONFIG, 0);
}

static void set_up_protections(const struct vmbus_guest *guest)
{
    const uint64_t on = HV_VSM_ENABLE_PROTECTION | HV_VSM_DEFAULT_RIGHTS;
    enum hv_status status;

    set(guest, 0, 1, HV_REGISTER_VSM_PARTITION_CONFIG, on);
    set(guest, 0, 2, HV_REGISTER_VSM_PARTITION_CONFIG, on | HV_VSM_DENY_LOWER_VTL_STARTUP);
    status = vtl_protection_set(guest->partition->core, 2, SAMPLE_PAGE, 1, 0);
    g_assert(status == HV_STATUS_SUCCESS);
    status = vtl_protection_set(guest->partition->core, 1, SAMPLE_PAGE + 1, 2, HV_PAGE_READ);
    g_assert(status == HV_STATUS_SUCCESS);
}

/* Messages wait, as their SINTs are masked. */
static void set_up_ports(const struct vmbus_guest *guest)
{
    struct vtl_partition *core = guest->partition->core;
    const struct hv_message message = {.type = 7, .payload_size = 3, .payload = {1, 2, 3}};
    struct vtl_port_settings port = {
        .id = SAMPLE_PORT, .type = HV_PORT_MESSAGE, .vtl = 2, .vp = 1, .sint = SAMPLE_PORT_SINT};
    bool good = vtl_port_create(core, &port) == HV_STATUS_SUCCESS &&
                vtl_port_connect(core, 0, SAMPLE_CONNECTION, SAMPLE_PORT, HV_PORT_MESSAGE) ==
                    HV_STATUS_SUCCESS;

    port = (struct vtl_port_settings){.id = SAMPLE_PORT + 1,
                                      .type = HV_PORT_EVENT,
                                      .vp = HV_ANY_VP,
                                      .sint = 2,
                                      .base_flag = 100,
                                      .flag_count = 10};
    good = good && vtl_port_create(core, &port) == HV_STATUS_SUCCESS;
    port.id++;
    good = good && vtl_port_create(core, &port) == HV_STATUS_SUCCESS &&
           vtl_port_connect(core, 0, SAMPLE_DEAD_CONNECTION, port.id, HV_PORT_EVENT) ==
               HV_STATUS_SUCCESS &&
           vtl_port_delete(core, 2, port.id) == HV_STATUS_SUCCESS;
    set(guest, 1, 2, HV_REGISTER_SIMP, 0xc000 | ON);
    good = good && vtl_port_post(vp_of(guest, 1), SAMPLE_CONNECTION, &message) == HV_STATUS_SUCCESS;
    g_assert(good);
}

static void post_own(const struct vmbus_guest *guest, uint64_t sender)
{
    const struct hv_message message = {
        .type = 9, .sender = sender, .payload_size = SAMPLE_OWN_SIZE, .payload = {9}};

    synic_post(vp_of(guest, 0), GUEST_VTL, SAMPLE_OWN_SINT, &message);
}

/* One message is in its slot, two wait; VTL2 waits for a SINT of VTL0. */
static void set_up_synic(const struct vmbus_guest *guest)
{
    set(guest, 0, GUEST_VTL, HV_REGISTER_SINT0 + SAMPLE_OWN_SINT, GUEST_PPI | HV_SINT_POLLING);
    for (uint64_t sender = 1; sender <= 3; sender++)
        post_own(guest, sender);
    set(guest, 0, 0, HV_REGISTER_DELIVERABILITY_NOTIFICATIONS, 6ull << HV_NOTIFY_SINTS_SHIFT);
}

/* A periodic one, of which a message is in its slot and one waits; a direct one; one that is off. */
static void set_up_timers(const struct vmbus_guest *guest)
{
    const uint32_t timer1 = HV_REGISTER_STIMER0_CONFIG + 2, timer2 = timer1 + 2;

    set(guest, 0, GUEST_VTL, HV_REGISTER_SINT0 + SAMPLE_TIMER_SINT, GUEST_PPI);
    set(guest, 0, GUEST_VTL, timer1 + 1, SAMPLE_PERIOD);
    set(guest, 0, GUEST_VTL, timer1,
        FAST_PERIODIC | (uint64_t)SAMPLE_TIMER_SINT << HV_STIMER_SINT_SHIFT);
    memory_partition_pass_time(guest->partition, SAMPLE_TIME + 2 * SAMPLE_PERIOD + 1);
    set(guest, 1, 0, timer2, HV_STIMER_AUTO_ENABLE | HV_STIMER_DIRECT |
                                 (uint64_t)HV_STIMER_VECTOR_MIN << HV_STIMER_VECTOR_SHIFT);
    set(guest, 1, 0, timer2 + 1, guest->partition->time + SAMPLE_PERIOD);
}

/* The first channel is open, and the host has asked for versions; answers wait, too. */
static void set_up_bus(struct vmbus_guest *guest)
{
    struct hv_message message;

    vmbus_guest_contact(guest, VMBUS_CONNECTION_5_0, VMBUS_VERSION_5_3);
    vmbus_guest_request_offers(guest);
    while (vmbus_guest_take(guest, VMBUS_SINT, &message))
        continue;
    vmbus_guest_lend(guest, 1);
    vmbus_guest_open(guest, 1, 1);
    vmbus_run(guest->bus);
    vmbus_guest_lend(guest, 2);
}

void state_sample_init(struct vmbus_guest *guest)
{
    state_sample_empty(guest);
    set_up_vtls(guest);
    set_up_registers(guest);
    set_up_ports(guest);
    set_up_synic(guest);
    set_up_bus(guest);
    set_up_timers(guest);
    set_up_protections(guest);
}

GByteArray *state_sample_save(const struct vmbus_guest *guest)
{
    struct codec_writer writer = {g_byte_array_new()};

    vtl_partition_save(guest->partition->core, &writer);
    vmbus_save(guest->bus, &writer);
    return writer.bytes;
}

bool state_sample_load(struct vmbus_guest *guest, const void *bytes, size_t size, size_t *left,
                       GError **error)
{
    struct codec_reader reader;

    codec_begin(&reader, bytes, size);
    if (vtl_partition_load(guest->partition->core, &reader, NULL))
        vmbus_load(guest->bus, &reader);
    *left = reader.left;
    reader.left = 0;
    return codec_end(&reader, error);
}
