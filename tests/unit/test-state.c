/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a partition, saved and loaded: it comes back whole, goes on as if nothing had
 * happened, and whatever has been done to it, loading it is an error or leads to a partition whose
 * invariants hold. That any state can be saved and loaded, test-vmbus and the fuzz targets show.
 */
#include <string.h>

#include "tests/unit/state-sample.h"
#include "tests/unit/unit.h"

static struct vmbus_guest sample, copy;
static GByteArray *bytes;

static void ignore_log(const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
    (void)domain;
    (void)level;
    (void)text;
    (void)data;
}

/* The copy's memory is the sample's, as it would be. */
static void set_up(void)
{
    g_log_set_default_handler(ignore_log, NULL);
    state_sample_init(&sample);
    bytes = state_sample_save(&sample);
    state_sample_empty(&copy);
    memcpy(copy.partition->ram, sample.partition->ram, MEMORY_PARTITION_RAM);
    copy.partition->time = sample.partition->time;
}

static void tear_down(void)
{
    g_byte_array_unref(bytes);
    vmbus_guest_clear(&sample);
    vmbus_guest_clear(&copy);
}

/* The empty one has pages of its own set; what is loaded replaces them. */
static void load(void)
{
    GError *error = NULL;
    size_t left;

    state_sample_load(&copy, bytes->data, bytes->len, &left, &error);
    ck_assert_msg(!error, "%s", error ? error->message : "");
    ck_assert_uint_eq(left, 0);
    ck_assert_int_eq(vtl_partition_tell(copy.partition->core), 0);
}

START_TEST(comes_back_whole)
{
    GByteArray *again;

    load();
    again = state_sample_save(&copy);
    ck_assert_uint_eq(again->len, bytes->len);
    ck_assert_mem_eq(again->data, bytes->data, bytes->len);
    g_byte_array_unref(again);
}
END_TEST

START_TEST(back_end_is_told)
{
    load();
    ck_assert_mem_eq(copy.partition->rights, sample.partition->rights,
                     sizeof(sample.partition->rights));
    ck_assert_mem_eq(copy.partition->timer, sample.partition->timer,
                     sizeof(sample.partition->timer));
    ck_assert_uint_eq(copy.partition->rights[0][SAMPLE_PAGE], 0);
    ck_assert_uint_eq(copy.partition->rights[0][SAMPLE_PAGE + 1], HV_PAGE_READ);
    ck_assert_uint_ne(copy.partition->timer[0][GUEST_VTL][1], STIMER_NEVER);
}
END_TEST

START_TEST(back_end_may_refuse)
{
    load();
    copy.partition->protect_fails = 1;
    ck_assert_int_lt(vtl_partition_tell(copy.partition->core), 0);
}
END_TEST

/* Registers that are there, and what is not in one. */
START_TEST(registers_are_the_same)
{
    uint32_t name;

    load();
    for (size_t i = 0; hv_register_nth(i, &name); i++)
        for (unsigned vp = 0; vp < SAMPLE_VPS; vp++)
            for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
                struct hv_u128 before = {0}, after = {0};

                hv_register_get(&sample.partition->core->vps[vp], vtl, name, &before);
                hv_register_get(&copy.partition->core->vps[vp], vtl, name, &after);
                ck_assert_msg(before.low == after.low && before.high == after.high, "%s",
                              hv_register_text(name));
            }
    ck_assert_uint_eq(copy.partition->core->vps[1].active, 0);
    ck_assert(vtl_gave_up(&copy.partition->core->vps[1], 2));
}
END_TEST

/* --- Going on --------------------------------------------------------------------------------- */

static struct hv_message *slot(const struct vmbus_guest *guest, uint64_t page, unsigned sint)
{
    return (struct hv_message *)(void *)(guest->partition->ram + page) + sint;
}

static void take(struct vmbus_guest *guest, unsigned vp, uint64_t page, unsigned sint,
                 struct hv_message *message)
{
    *message = *slot(guest, page, sint);
    slot(guest, page, sint)->type = HV_MESSAGE_NONE;
    hv_register_set(&guest->partition->core->vps[vp], GUEST_VTL, HV_REGISTER_EOM,
                    (struct hv_u128){0});
}

START_TEST(messages_come_in_order)
{
    load();
    for (uint64_t sender = 1; sender <= 3; sender++) {
        struct hv_message message;

        take(&copy, 0, GUEST_SIMP, SAMPLE_OWN_SINT, &message);
        ck_assert_uint_eq(message.type, 9);
        ck_assert_uint_eq(message.sender, sender);
        ck_assert_uint_eq(message.payload_size, SAMPLE_OWN_SIZE);
    }
    ck_assert_uint_eq(slot(&copy, GUEST_SIMP, SAMPLE_OWN_SINT)->type, HV_MESSAGE_NONE);
}
END_TEST

/* The one that waits comes when its SINT is unmasked; the buffer was the port's, and is free then. */
START_TEST(ports_have_their_buffers)
{
    const struct hv_message message = {.type = 7, .payload_size = 1};
    struct vtl_vp *vp;
    unsigned waiting = 1;

    load();
    vp = &copy.partition->core->vps[1];
    while (vtl_port_post(vp, SAMPLE_CONNECTION, &message) == HV_STATUS_SUCCESS)
        waiting++;
    ck_assert_uint_eq(waiting, SYNIC_QUEUE_LENGTH);
    hv_register_set(vp, GUEST_VTL, HV_REGISTER_SINT0 + SAMPLE_PORT_SINT,
                    (struct hv_u128){.low = GUEST_PPI});
    ck_assert_uint_eq(slot(&copy, 0xc000, SAMPLE_PORT_SINT)->sender, SAMPLE_PORT);
    ck_assert_uint_eq(slot(&copy, 0xc000, SAMPLE_PORT_SINT)->payload[2], 3);
    ck_assert_uint_eq(vtl_port_post(vp, SAMPLE_CONNECTION, &message), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vtl_port_post(vp, SAMPLE_DEAD_CONNECTION, &message),
                      HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(vtl_port_delete(copy.partition->core, 2, SAMPLE_PORT), HV_STATUS_SUCCESS);
}
END_TEST

/* The message in the slot, the one that waits, and the next ones at their times. */
START_TEST(timers_go_on)
{
    const uint64_t first = SAMPLE_TIME + SAMPLE_PERIOD;

    load();
    for (unsigned i = 0; i < 5; i++) {
        struct hv_timer_payload timer;
        struct hv_message message;

        take(&copy, 0, GUEST_SIMP, SAMPLE_TIMER_SINT, &message);
        ck_assert_uint_eq(message.type, HV_MESSAGE_TIMER_EXPIRED);
        memcpy(&timer, message.payload, sizeof(timer));
        ck_assert_uint_eq(timer.timer, 1);
        ck_assert_uint_eq(timer.expiration, first + i * SAMPLE_PERIOD);
        memory_partition_pass_time(copy.partition, first + (i + 2) * SAMPLE_PERIOD);
    }
    ck_assert_uint_eq(copy.partition->interrupt[1][0].intid, HV_STIMER_VECTOR_MIN);
}
END_TEST

START_TEST(protections_hold)
{
    uint64_t word = 0;

    load();
    ck_assert_int_eq(vtl_memory_read(copy.partition->core, 0, SAMPLE_PAGE * 4096, &word, 8),
                     -EACCES);
    ck_assert_int_eq(vtl_memory_write(copy.partition->core, 0, (SAMPLE_PAGE + 1) * 4096, &word, 8),
                     -EACCES);
    ck_assert_int_eq(vtl_memory_read(copy.partition->core, 2, SAMPLE_PAGE * 4096, &word, 8), 0);
}
END_TEST

/* What the host asked before is read after. */
START_TEST(rings_go_on)
{
    uint8_t packet[VMBUS_IC_PACKET_MAX];

    load();
    ck_assert_uint_gt(vmbus_guest_read(&copy, 1, packet, sizeof(packet)), 0);
    ck_assert_uint_eq(vmbus_guest_signal(&copy, 1), HV_STATUS_SUCCESS);
}
END_TEST

/* --- What is not a state ---------------------------------------------------------------------- */

/* Done thousands of times: so nothing is asserted but failures, as each is a system call. */
static bool try(const void *data, size_t size, size_t *left, char **text)
{
    struct vmbus_guest guest;
    GError *error = NULL;
    bool good;

    state_sample_empty(&guest);
    good = state_sample_load(&guest, data, size, left, &error);
    if (good != !error)
        ck_abort_msg("loaded with an error, or neither");
    if (good) {
        GByteArray *again = state_sample_save(&guest);

        /* It is believed then: it can be saved, told, and given back. */
        if (again->len + *left != size)
            ck_abort_msg("of %zu bytes, %zu left, %u saved again", size, *left, again->len);
        if (vtl_partition_tell(guest.partition->core))
            ck_abort_msg("the back end cannot be told");
        g_byte_array_unref(again);
    }
    if (text)
        *text = error ? g_strdup(error->message) : NULL;
    g_clear_error(&error);
    vmbus_guest_clear(&guest);
    return good;
}

START_TEST(too_short)
{
    size_t left;

    for (guint size = 0; size < bytes->len; size++)
        if (try(bytes->data, size, &left, NULL))
            ck_abort_msg("%u bytes of %u", size, bytes->len);
}
END_TEST

/* Most flips are of values that may be anything, such as contents of messages. */
START_TEST(flipped)
{
    unsigned refused = 0;
    size_t left;

    for (guint i = 0; i < bytes->len; i++) {
        static const uint8_t flips[] = {0xff, 0x80, 1, 4};
        uint8_t flip = flips[i % G_N_ELEMENTS(flips)];

        bytes->data[i] ^= flip;
        refused += !try(bytes->data, bytes->len, &left, NULL);
        bytes->data[i] ^= flip;
    }
    ck_assert_uint_gt(refused, bytes->len / 4);
}
END_TEST

/* One member of the sample that cannot be, and what is said of it. */
struct forgery {
    void (*forge)(void);
    const char *error;
};

#define FORGERY(name, statement)                                                                   \
    static void forge_##name(void)                                                                 \
    {                                                                                              \
        struct vtl_partition *core = sample.partition->core;                                       \
        struct vtl_vp *vp = &core->vps[0];                                                         \
                                                                                                   \
        (void)vp;                                                                                  \
        statement;                                                                                 \
    }

FORGERY(active, core->vps[1].active = 1)
FORGERY(no_vtl, vp->active = VTL_LEVELS)
FORGERY(idle, vp->idle |= 1 << 2)
FORGERY(vp_enabled, vp->enabled = 1 << 2)
FORGERY(enabled, core->enabled = 1 << 3 | 1)
FORGERY(config_of_vtl0, core->config[0] = HV_VSM_ENABLE_PROTECTION)
FORGERY(config, core->config[2] |= 1ull << 63)
FORGERY(not_protected, core->config[2] &= ~HV_VSM_ENABLE_PROTECTION)
FORGERY(rights, core->protection.allowed[2][0] = HV_PAGE_WRITE)
FORGERY(other_ram, core->protection.first_page = 1)
FORGERY(intercepts, core->hypercall_intercepts = 1)
FORGERY(offered, core->offered = 2)
FORGERY(sint, vp->level[2].synic.sint[9] = 5)
FORGERY(scontrol, vp->level[2].synic.scontrol = 2)
FORGERY(awaited, vp->level[2].synic.awaited[0] = 1)
FORGERY(timer_sint, vp->level[2].synic.timer[0].sint = 16)
FORGERY(vina, vp->level[1].vina = HV_VINA_ENABLED)
FORGERY(vina_of_vtl0, vp->level[0].vina = 0x17)
FORGERY(tlb, vp->level[1].tlb_locked = 1 << 1)
FORGERY(event, vp->level[0].event[0].low = 2)
FORGERY(period, vp->level[2].stimers.timer[1].count = 0)
FORGERY(due, vp->level[2].stimers.timer[1].due = STIMER_NEVER)
FORGERY(illegal_timer, vp->level[2].stimers.timer[0].config = HV_STIMER_ENABLE)

static const struct forgery forgeries[] = {
    {forge_active, "VP1: active is 0x1"},
    {forge_no_vtl, "VP0: active is 3, above 2"},
    {forge_idle, "VP0: idle is"},
    {forge_vp_enabled, "VP0: enabled is"},
    {forge_enabled, "enabled is"},
    {forge_config_of_vtl0, "VTL0: VsmPartitionConfig is 0x1"},
    {forge_config, "VTL2: VsmPartitionConfig is"},
    {forge_not_protected, "its protections say something else"},
    {forge_rights, "protections of VTL2: rights is 0x2"},
    {forge_other_ram, "first page is 0x1, but RAM begins elsewhere here"},
    {forge_intercepts, "hypercall_intercepts is 0x1"},
    {forge_offered, "offered is 2, above 1"},
    {forge_sint, "VP0, VTL2: sint is 0x5"},
    {forge_scontrol, "VP0, VTL2: scontrol is 0x2"},
    {forge_awaited, "VP0, VTL2: awaited is 0x1"},
    {forge_timer_sint, "VP0, VTL2: sint is 16, above 15"},
    {forge_vina, "VP0, VTL1: vina is 0x100"},
    {forge_vina_of_vtl0, "VP0, VTL0: vina is 0x17"},
    {forge_tlb, "VP0, VTL1: tlb_locked is 0x2"},
    {forge_event, "VP0, VTL0: event[0].low is 0x2"},
    {forge_period, "VP0, VTL2: when is"},
    {forge_due, "VP0, VTL2: when is"},
    {forge_illegal_timer, "VP0, VTL2: StimerConfig is 0x1"},
};

START_TEST(members_that_cannot_be)
{
    g_autofree char *text = NULL;
    GByteArray *forged;
    size_t left;

    forgeries[_i].forge();
    forged = state_sample_save(&sample);
    ck_assert(!try(forged->data, forged->len, &left, &text));
    ck_assert_msg(strstr(text, forgeries[_i].error) != NULL, "'%s' instead of '%s'", text,
                  forgeries[_i].error);
    g_byte_array_unref(forged);
}
END_TEST

/* A state of another shape. */
START_TEST(another_shape)
{
    struct memory_partition *other = memory_partition_new(1, 0);
    struct codec_reader reader;
    GError *error = NULL;

    other->core->vp_count = 1;
    codec_begin(&reader, bytes->data, bytes->len);
    ck_assert(!vtl_partition_load(other->core, &reader, &error));
    ck_assert(strstr(error->message, "number of VPs is 0x2") != NULL);
    g_error_free(error);
    codec_end(&reader, NULL);
    memory_partition_free(other);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        comes_back_whole, back_end_is_told, back_end_may_refuse, registers_are_the_same,
        messages_come_in_order, ports_have_their_buffers, timers_go_on, protections_hold,
        rings_go_on, too_short, flipped, another_shape};
    Suite *suite = suite_create("state");
    TCase *loop = tcase_create("forgeries");

    unit_add(suite, set_up, tear_down, tests, G_N_ELEMENTS(tests));
    tcase_add_checked_fixture(loop, set_up, tear_down);
    tcase_add_loop_test(loop, members_that_cannot_be, 0, G_N_ELEMENTS(forgeries));
    suite_add_tcase(suite, loop);
    return unit_run(suite);
}
