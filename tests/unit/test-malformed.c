/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every hypercall with every malformed input that follows from its row in vtl_calls: it ends in the
 * status of the specification, with nothing changed but X0. A new row is tested as it stands.
 *
 * Statuses: TLFS, "Hypercall Interface". A GPA that leads nowhere is INVALID_HYPERCALL_INPUT, as in
 * OpenVMM; the TLFS has a message to the root partition there, and there is none.
 */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define IN_PAGE 0x4000u
#define OUT_PAGE 0x8000u
#define WORD sizeof(uint64_t)
#define FAST_UNIT 16u /* input and output are rounded up to register pairs */
#define REPS_MAX 0xfffu
#define REPS(n) ((uint64_t)(n) << 32)
#define START(n) ((uint64_t)(n) << 48)
#define FAST (1ull << 16)
#define VARIABLE_SHIFT 17
#define STATUS(result) ((result) & 0xffff)
#define PATTERN(n) (UINT64_C(0x5a5a0000a5a50000) + (n))
#define BANKS_MAX 3 /* qwords of a variable header */
#define RANDOM_INPUTS 500 /* of each call */
#define SEED UINT64_C(20240314)

/* A call on its way into registers; well-formed unless a row below has spoiled it. */
struct request {
    uint64_t control, in, out;
};

static struct memory_partition *partition;
static GArray *synthetic; /* names of the registers that the core itself holds */

/* --- All that a guest could see of the partition -------------------------------------------- */

struct snapshot {
    struct memory_partition machine; /* RAM, architectural registers, what the back end was told */
    struct vtl_partition core;
    struct vtl_vp vps[MEMORY_PARTITION_VPS];
    GArray *registers; /* of struct hv_u128: synthetic ones, by VP, VTL and name */
    unsigned ports, connections;
};

static struct snapshot before;

static GArray *read_synthetic_registers(void)
{
    GArray *values = g_array_new(FALSE, FALSE, sizeof(struct hv_u128));

    for (unsigned vp = 0; vp < MEMORY_PARTITION_VPS; vp++)
        for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
            for (guint i = 0; i < synthetic->len; i++) {
                struct hv_u128 value = {0};

                hv_register_get(&partition->core->vps[vp], vtl,
                                g_array_index(synthetic, uint32_t, i), &value);
                g_array_append_val(values, value);
            }
    return values;
}

static void copy_core(void)
{
    memcpy(&before.core, partition->core, sizeof(before.core));
    memcpy(before.vps, partition->core->vps, sizeof(before.vps));
}

static void take_snapshot(void)
{
    g_clear_pointer(&before.registers, g_array_unref);
    before.registers = read_synthetic_registers();
    before.ports = vtl_port_count(partition->core);
    before.connections = vtl_connection_count(partition->core);
    memcpy(&before.machine, partition, sizeof(*partition));
    copy_core();
}

static bool are_registers_unchanged(void)
{
    g_autoptr(GArray) now = read_synthetic_registers();

    return !memcmp(now->data, before.registers->data, now->len * sizeof(struct hv_u128));
}

/*
 * Since take_snapshot(). To read every register takes long; but what they show is in the core's own
 * structures and in the machine. While not even a bit of these has changed, neither have they.
 */
static bool is_unchanged(void)
{
    bool same_core = !memcmp(partition->core, &before.core, sizeof(before.core)) &&
                     !memcmp(partition->core->vps, before.vps, sizeof(before.vps));

    before.machine.stops = partition->stops; /* to look at a VP changes nothing */
    if (memcmp(partition, &before.machine, sizeof(*partition)) ||
        vtl_port_count(partition->core) != before.ports ||
        vtl_connection_count(partition->core) != before.connections)
        return false;
    if (same_core)
        return true;
    copy_core(); /* such as what counts refusals: nobody sees it */
    return are_registers_unchanged();
}

static void find_synthetic_registers(void)
{
    uint32_t name;

    synthetic = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (size_t i = 0; hv_register_nth(i, &name); i++)
        g_array_append_val(synthetic, name);
}

static void make_partition(void)
{
    partition = memory_partition_new(1 << 0 | 1 << 2, 2);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        partition->core->guest_os_id[vtl] = 1;
    for (size_t i = 0; i < sizeof(partition->ram); i++)
        partition->ram[i] = (uint8_t)(i * 7);
}

static void set_up(void)
{
    find_synthetic_registers();
    make_partition();
}

static void tear_down(void)
{
    g_clear_pointer(&before.registers, g_array_unref);
    g_array_unref(synthetic);
    memory_partition_free(partition);
}

/* --- Making calls ---------------------------------------------------------------------------- */

static size_t input_size(const struct hv_call *call, unsigned reps)
{
    return call->header_size + (size_t)call->element_size * reps;
}

static size_t output_size(const struct hv_call *call, unsigned reps)
{
    return (size_t)call->output_size * (call->flags & HV_CALL_REP ? reps : 1);
}

static struct request good_request(const struct hv_call *call)
{
    uint64_t reps = call->flags & HV_CALL_REP ? REPS(1) : 0;

    return (struct request){call->code | reps, IN_PAGE, OUT_PAGE};
}

static struct smccc_registers load(const struct request *request, enum hvc_convention convention)
{
    struct smccc_registers registers;
    unsigned first = convention == HVC_SMCCC ? 1 : 0;

    for (unsigned i = 0; i < SMCCC_REGISTERS; i++)
        registers.x[i] = PATTERN(i);
    if (convention == HVC_SMCCC)
        registers.x[0] = HV_SMCCC_FUNCTION;
    registers.x[first] = request->control;
    if (request->control & FAST)
        return registers;
    registers.x[first + 1] = request->in;
    registers.x[first + 2] = request->out;
    return registers;
}

static uint64_t perform(const struct request *request, enum hvc_convention convention)
{
    struct smccc_registers registers = load(request, convention);

    vtl_hypercall(&partition->core->vps[0], convention, &registers);
    return registers.x[0];
}

/* --- What can be wrong: each spoils a good request, or says that it cannot be wrong there ---- */

static bool set_reserved_bit(const struct hv_call *call, unsigned variant, struct request *request)
{
    static const uint8_t bits[] = {27, 28, 29, 30, 31, 44, 45, 46, 47, 60, 61, 62, 63};

    (void)call;
    if (variant >= G_N_ELEMENTS(bits))
        return false;
    request->control |= 1ull << bits[variant];
    return true;
}

static bool add_variable_header(const struct hv_call *call, unsigned variant,
                                struct request *request)
{
    request->control |= 1ull << (VARIABLE_SHIFT + variant);
    return !(call->flags & HV_CALL_VARIABLE) && variant < 10;
}

/* A simple call that repeats, a rep call that does not. */
static bool mistake_class(const struct hv_call *call, unsigned variant, struct request *request)
{
    if (call->flags & HV_CALL_REP) {
        request->control = call->code;
        return variant == 0;
    }
    request->control |= REPS(1) << variant;
    return variant < 12;
}

/* There is at most one repetition, number 0. */
static bool start_behind_end(const struct hv_call *call, unsigned variant, struct request *request)
{
    (void)call;
    request->control |= START(1) << variant;
    return variant < 12;
}

static bool misalign_input(const struct hv_call *call, unsigned variant, struct request *request)
{
    request->in += variant + 1;
    return input_size(call, 1) && variant < WORD - 1;
}

static bool misalign_output(const struct hv_call *call, unsigned variant, struct request *request)
{
    request->out += variant + 1;
    return output_size(call, 1) && variant < WORD - 1;
}

/* The first words lie in one page, the rest in the next. */
static bool cross_input(const struct hv_call *call, unsigned variant, struct request *request)
{
    size_t inside = (variant + 1) * WORD;

    request->in += HV_PAGE_SIZE - inside;
    return inside < input_size(call, 1);
}

static bool cross_output(const struct hv_call *call, unsigned variant, struct request *request)
{
    size_t inside = (variant + 1) * WORD;

    request->out += HV_PAGE_SIZE - inside;
    return inside < output_size(call, 1);
}

static const uint64_t nowhere[] = {
    MEMORY_PARTITION_RAM, MEMORY_PARTITION_RAM + HV_PAGE_SIZE, 1ull << 32, 1ull << 48, 1ull << 52,
    1ull << 63, ~(uint64_t)(HV_PAGE_SIZE - 1),
};

static bool unmap_input(const struct hv_call *call, unsigned variant, struct request *request)
{
    if (!input_size(call, 1) || variant >= G_N_ELEMENTS(nowhere))
        return false;
    request->in = nowhere[variant];
    return true;
}

static bool unmap_output(const struct hv_call *call, unsigned variant, struct request *request)
{
    if (!output_size(call, 1) || variant >= G_N_ELEMENTS(nowhere))
        return false;
    request->out = nowhere[variant];
    return true;
}

/* The same address; then the last word of one is the first of the other. */
static bool overlap(const struct hv_call *call, unsigned variant, struct request *request)
{
    size_t in = input_size(call, 1), out = output_size(call, 1);

    if (!in || !out || variant > 2)
        return false;
    request->out = request->in;
    if (variant == 1)
        request->out += (in - 1) / WORD * WORD;
    if (variant == 2)
        request->in += (out - 1) / WORD * WORD;
    return true;
}

/* The least number of repetitions that is too much for a page, or for the registers; or 0. */
static unsigned too_many(const struct hv_call *call, bool fast)
{
    for (unsigned reps = 1; call->flags & HV_CALL_REP && reps <= REPS_MAX; reps++) {
        size_t in = input_size(call, reps), out = output_size(call, reps);
        size_t in_fast = (in + FAST_UNIT - 1) / FAST_UNIT * FAST_UNIT;
        size_t out_fast = (out + FAST_UNIT - 1) / FAST_UNIT * FAST_UNIT;

        if (fast ? in_fast + out_fast > HV_FAST_SIZE : MAX(in, out) > HV_PAGE_SIZE)
            return reps;
    }
    return 0;
}

static bool overfill_page(const struct hv_call *call, unsigned variant, struct request *request)
{
    unsigned reps = variant ? REPS_MAX : too_many(call, false);

    request->control = call->code | REPS(reps);
    return too_many(call, false) && variant < 2;
}

static bool overfill_registers(const struct hv_call *call, unsigned variant,
                               struct request *request)
{
    unsigned reps = variant ? REPS_MAX : too_many(call, true);

    request->control = call->code | FAST | REPS(reps);
    return too_many(call, true) && variant < 2;
}

static bool overfill_by_header(const struct hv_call *call, unsigned variant,
                               struct request *request)
{
    request->control |= HV_PAGE_SIZE / WORD << VARIABLE_SHIFT;
    return call->flags & HV_CALL_VARIABLE && input_size(call, 1) && variant == 0;
}

static const struct malformation {
    const char *what;
    bool (*spoil)(const struct hv_call *call, unsigned variant, struct request *request);
    enum hv_status status;
    bool in_both_forms; /* fast as well */
} malformations[] = {
    {"reserved bit", set_reserved_bit, HV_STATUS_INVALID_HYPERCALL_INPUT, true},
    {"variable header", add_variable_header, HV_STATUS_INVALID_HYPERCALL_INPUT, true},
    {"wrong class", mistake_class, HV_STATUS_INVALID_HYPERCALL_INPUT, true},
    {"start index", start_behind_end, HV_STATUS_INVALID_HYPERCALL_INPUT, true},
    {"misaligned input", misalign_input, HV_STATUS_INVALID_ALIGNMENT, false},
    {"misaligned output", misalign_output, HV_STATUS_INVALID_ALIGNMENT, false},
    {"input crosses page", cross_input, HV_STATUS_INVALID_ALIGNMENT, false},
    {"output crosses page", cross_output, HV_STATUS_INVALID_ALIGNMENT, false},
    {"unmapped input", unmap_input, HV_STATUS_INVALID_HYPERCALL_INPUT, false},
    {"unmapped output", unmap_output, HV_STATUS_INVALID_HYPERCALL_INPUT, false},
    {"overlap", overlap, HV_STATUS_INVALID_HYPERCALL_INPUT, false},
    {"too much for a page", overfill_page, HV_STATUS_INVALID_ALIGNMENT, false},
    {"too much for registers", overfill_registers, HV_STATUS_INVALID_HYPERCALL_INPUT, false},
    {"header fills page", overfill_by_header, HV_STATUS_INVALID_ALIGNMENT, false},
};

/* --- Tests ----------------------------------------------------------------------------------- */

/* Refused with @status, and nothing else has changed since take_snapshot(). */
static void assert_refused(const struct request *request, enum hvc_convention convention,
                           enum hv_status status, const char *call, const char *what,
                           unsigned variant)
{
    struct smccc_registers old = load(request, convention), new = old;
    enum smccc_outcome outcome = vtl_hypercall(&partition->core->vps[0], convention, &new);
    const char *wrong = NULL;

    if (outcome != SMCCC_DONE || new.x[0] != status)
        wrong = "another status";
    else if (memcmp(&new.x[1], &old.x[1], sizeof(old) - sizeof(old.x[0])))
        wrong = "a register changed";
    else if (!is_unchanged())
        wrong = "the partition changed";
    /* Every assertion is a system call, and these are tens of thousands. */
    if (wrong)
        ck_abort_msg("%s, %s %u, %s: 0x%llx: %s", call, what, variant,
                     hvc_convention_name(convention), (unsigned long long)new.x[0], wrong);
}

static void try_all_variants(const struct hv_call *call, const struct malformation *malformation,
                             uint64_t form)
{
    for (unsigned variant = 0;; variant++) {
        struct request request = good_request(call);

        if (!malformation->spoil(call, variant, &request))
            return;
        request.control |= form;
        for (enum hvc_convention by = HVC_SMCCC; by <= HVC_HYPERCALL; by++)
            assert_refused(&request, by, malformation->status, call->name, malformation->what,
                           variant);
    }
}

/* VTL2 may do more than VTL0, but neither may make mistakes. */
START_TEST(every_mistake)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl += 2) {
        partition->core->vps[0].active = vtl;
        take_snapshot();
        for (size_t i = 0; i < vtl_call_count; i++) {
            for (size_t j = 0; j < G_N_ELEMENTS(malformations); j++) {
                try_all_variants(&vtl_calls[i], &malformations[j], 0);
                if (malformations[j].in_both_forms)
                    try_all_variants(&vtl_calls[i], &malformations[j], FAST);
            }
            ck_assert_msg(are_registers_unchanged(), "%s", vtl_calls[i].name);
        }
    }
}
END_TEST

START_TEST(before_guest_os_id)
{
    partition->core->guest_os_id[2] = 0;
    take_snapshot();
    for (size_t i = 0; i < vtl_call_count; i++) {
        struct request request = good_request(&vtl_calls[i]);

        if (vtl_calls[i].flags & HV_CALL_EARLY)
            continue;
        for (enum hvc_convention by = HVC_SMCCC; by <= HVC_HYPERCALL; by++)
            assert_refused(&request, by, HV_STATUS_ACCESS_DENIED, vtl_calls[i].name, "early", 0);
    }
    ck_assert(are_registers_unchanged());
}
END_TEST

static bool is_known(uint32_t code)
{
    for (size_t i = 0; i < vtl_call_count; i++)
        if (vtl_calls[i].code == code)
            return true;
    return false;
}

START_TEST(unknown_codes)
{
    uint32_t code = 0;

    take_snapshot();
    for (; code <= UINT16_MAX; code++) {
        struct request request = {code, IN_PAGE, OUT_PAGE};

        if (!is_known(code) &&
            perform(&request, HVC_HYPERCALL) != HV_STATUS_INVALID_HYPERCALL_CODE)
            break;
    }
    ck_assert_msg(code > UINT16_MAX, "0x%x", code);
    ck_assert(is_unchanged() && are_registers_unchanged());
}
END_TEST

static bool reached_its_handler(const struct request *request)
{
    uint64_t status = STATUS(perform(request, HVC_SMCCC));

    return status != HV_STATUS_INVALID_HYPERCALL_CODE &&
           status != HV_STATUS_INVALID_HYPERCALL_INPUT && status != HV_STATUS_INVALID_ALIGNMENT;
}

/* The tests above would prove nothing of calls that are refused for another reason. */
START_TEST(limits_are_not_mistakes)
{
    memset(partition->ram + IN_PAGE, 0, HV_PAGE_SIZE);
    for (size_t i = 0; i < vtl_call_count; i++) {
        const struct hv_call *call = &vtl_calls[i];
        struct request request = good_request(call);

        ck_assert_msg(reached_its_handler(&request), "%s", call->name);
        if (!too_many(call, false))
            continue;
        request.control = call->code | REPS(too_many(call, false) - 1);
        ck_assert_msg(reached_its_handler(&request), "%s, a full page", call->name);
        request.control = call->code | FAST | REPS(too_many(call, true) - 1);
        ck_assert_msg(too_many(call, true) == 1 || reached_its_handler(&request),
                      "%s, all registers", call->name);
    }
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 16;
}

/* What calls are about: partitions, VPs with VTLs, register names, and nonsense. */
static uint64_t random_word(uint64_t *state)
{
    uint64_t choice = next_random(state), vp = next_random(state) % (MEMORY_PARTITION_VPS + 2);

    switch (choice % 8) {
    case 0:
        return HV_PARTITION_SELF;
    case 1:
        return HV_VP_SELF | (choice >> 8 & 0x1f) << 32;
    case 2:
        return vp | (choice >> 8 & 3) << 32;
    case 3:
        return g_array_index(synthetic, uint32_t, (choice >> 8) % synthetic->len);
    case 4:
        return bank_table[(choice >> 8) % bank_table_size].hv_name;
    case 5:
        return vp | 1ull << (choice >> 8) % 64;
    case 6:
        return choice >> (choice >> 8) % 48;
    default:
        return 0;
    }
}

static void fill_input(const struct hv_call *call, uint64_t *state)
{
    uint64_t words[HV_PAGE_SIZE / WORD];
    size_t count = (input_size(call, 1) + WORD - 1) / WORD + BANKS_MAX;

    for (size_t i = 0; i < count; i++)
        words[i] = random_word(state);
    if (next_random(state) % 8)
        words[0] = HV_PARTITION_SELF;
    memcpy(partition->ram + IN_PAGE, words, count * WORD);
    memcpy(before.machine.ram + IN_PAGE, words, count * WORD); /* it is no change of the call's */
}

/* What has succeeded may have done anything. */
static void start_anew(unsigned vtl)
{
    memory_partition_free(partition);
    make_partition();
    partition->core->vps[0].active = vtl;
    take_snapshot();
}

/* Blocks of the right shape, with anything in them: every call in turn, by one VTL and another. */
START_TEST(refusal_changes_nothing)
{
    uint64_t state = SEED;

    for (unsigned i = 0; i < vtl_call_count * RANDOM_INPUTS; i++) {
        const struct hv_call *call = &vtl_calls[i % vtl_call_count];
        struct request request = good_request(call);
        uint64_t result;

        if (i % vtl_call_count == 0) {
            ck_assert(i == 0 || are_registers_unchanged());
            partition->core->vps[0].active = next_random(&state) % 2 ? 2 : 0;
            take_snapshot();
        }
        fill_input(call, &state);
        if (call->flags & HV_CALL_VARIABLE)
            request.control |= next_random(&state) % (BANKS_MAX + 1) << VARIABLE_SHIFT;
        result = perform(&request, HVC_HYPERCALL);
        if (STATUS(result) == HV_STATUS_SUCCESS) {
            ck_assert_uint_eq(result, request.control & REPS(REPS_MAX));
            start_anew(before.vps[0].active);
            continue;
        }
        if (result != STATUS(result) || *hv_status_name((uint16_t)result) == '?' ||
            !is_unchanged())
            ck_abort_msg("%s: 0x%llx, or something changed", call->name,
                         (unsigned long long)result);
    }
}
END_TEST

UNIT_MAIN_WITH("malformed", set_up, tear_down, every_mistake, before_guest_os_id, unknown_codes,
               limits_are_not_mistakes, refusal_changes_nothing)
