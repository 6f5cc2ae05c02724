/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A saved state that somebody has made: of a partition and its VMBus. The input: the state, then what
 * guests do with it.
 *
 * What must hold: it is an error, or a partition whose state can be saved, loaded again and is the
 * same; in which hypercalls, timers and buses work. Memory that VTL2 has closed stays as it is
 * whatever lower VTLs do.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/state-sample.h"

#define ACTIONS_MAX 64
#define TIME_STEP_MAX (64 * (uint64_t)STIMER_SERVICE_MIN)

static struct vmbus_guest guest;

static struct vtl_vp *choose_vp(struct fuzz_input *input)
{
    return &guest.partition->core->vps[fuzz_u8(input) % SAMPLE_VPS];
}

static void hypercall(struct fuzz_input *input)
{
    struct smccc_registers registers;

    for (size_t i = 0; i < G_N_ELEMENTS(registers.x); i++)
        registers.x[i] = i == 0 ? fuzz_u64(input) : fuzz_u16(input);
    vtl_hypercall(choose_vp(input), HVC_HYPERCALL, &registers);
}

static void post_own(struct fuzz_input *input)
{
    const struct hv_message message = {.type = 1, .payload_size = fuzz_u8(input) % 64};
    struct vtl_vp *vp = choose_vp(input);

    synic_post(vp, fuzz_u8(input) % VTL_LEVELS, fuzz_u8(input) % HV_SYNIC_SINTS, &message);
}

static void post(struct fuzz_input *input)
{
    const struct hv_message message = {.type = 1, .payload_size = fuzz_u8(input) % 64};

    vtl_port_post(choose_vp(input), fuzz_u16(input), &message);
}

static void signal_port(struct fuzz_input *input)
{
    vtl_port_signal(choose_vp(input), fuzz_u16(input), fuzz_u8(input));
}

static void delete_port(struct fuzz_input *input)
{
    vtl_port_delete(guest.partition->core, GUEST_VTL, fuzz_u16(input));
    vtl_port_disconnect(guest.partition->core, fuzz_u8(input) % VTL_LEVELS, fuzz_u16(input));
}

static void end_of_messages(struct fuzz_input *input)
{
    struct vtl_vp *vp = choose_vp(input);

    hv_register_set(vp, fuzz_u8(input) % VTL_LEVELS, HV_REGISTER_EOM, (struct hv_u128){0});
}

static void change_vtl(struct fuzz_input *input)
{
    struct vtl_vp *vp = choose_vp(input);
    unsigned target;

    if (fuzz_u8(input) & 1 ? vtl_call_target(vp, &target) : vtl_return_target(vp, &target))
        vtl_enter(vp, target, VTL_ENTRY_CALL);
}

/* At most as many services as a guest may have. */
static void pass_time(struct fuzz_input *input)
{
    uint64_t span = fuzz_u64(input) % TIME_STEP_MAX;

    if (span <= UINT64_MAX - guest.partition->time)
        memory_partition_pass_time(guest.partition, guest.partition->time + span);
}

static void run_bus(struct fuzz_input *input)
{
    (void)input;
    vmbus_run(guest.bus);
    vmbus_shut_down(guest.bus);
}

static void move(struct fuzz_input *input)
{
    (void)input;
    vmbus_guest_move(&guest);
}

static void (*const actions[])(struct fuzz_input *input) = {
    hypercall, post_own, post, signal_port, delete_port, end_of_messages, change_vtl, pass_time,
    run_bus, move,
};

static void ignore_log(const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
    (void)domain;
    (void)level;
    (void)text;
    (void)data;
}

static void act(struct fuzz_input *input)
{
    FUZZ_CHECK(vtl_partition_tell(guest.partition->core) == 0);
    vmbus_guest_move(&guest);
    for (unsigned i = 0; i < ACTIONS_MAX && input->size; i++)
        actions[fuzz_u8(input) % G_N_ELEMENTS(actions)](input);
    for (unsigned i = 0; i < SAMPLE_VPS; i++) {
        const struct vtl_vp *vp = &guest.partition->core->vps[i];

        FUZZ_CHECK(vp->enabled & 1u << vp->active && !(vp->idle & 1u << vp->active));
    }
    vmbus_guest_move(&guest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    size_t left;

    g_log_set_default_handler(ignore_log, NULL);
    state_sample_empty(&guest);
    if (state_sample_load(&guest, data, size, &left, &error)) {
        struct fuzz_input input = {data + size - left, left};

        FUZZ_CHECK(!error);
        act(&input);
    } else {
        FUZZ_CHECK(error && *error->message);
    }
    g_clear_error(&error);
    vmbus_guest_clear(&guest);
    return 0;
}
