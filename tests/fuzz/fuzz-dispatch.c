/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core as a whole, on the in-memory partition: VPs that make hypercalls by both conventions and
 * VTL calls and returns, with registers and memory of any content. The input: how the partition
 * starts, then actions.
 *
 * What must hold after every action: what belongs to a VTL above the one that acted is as it was; a
 * call completes no more repetitions than there are; no register changes but those documented.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/memory-partition.h"

#define VPS 2
#define ACTIONS_MAX 32
#define MOVE_EVERY 8 /* so many actions the partition is saved and loaded */
#define BANKS_FILLED 24u /* bytes of a variable header */
#define POKE_MAX 64u /* bytes */
/* VTL1 owns the third quarter of RAM, VTL2 the last; they keep all lower ones out. */
#define QUARTER (MEMORY_PARTITION_RAM / 4)
#define OWNER_OF(gpa) (MAX((gpa) / QUARTER, 1u) - 1)
#define FIRST_OF(vtl) (((vtl) + 1) * QUARTER) /* not for VTL0 */
#define FAST (1ull << 16)
#define FAST_UNIT 16u
#define VARIABLE_SHIFT 17
#define REPS_SHIFT 32
#define START_SHIFT 48
#define REPS_MASK 0xfffu
#define STATUS_MASK 0xffffu
#define ENTRY_REASON_OFFSET 8u /* in the VP assist page (TLFS, HV_VP_ASSIST_PAGE) */
#define ENTRY_REASON_SIZE 4u

/* Registers of which each VTL has its own: a lower VTL must not change them. */
static const uint32_t private_names[] = {
    HV_REGISTER_GUEST_CRASH_P0,     HV_REGISTER_GUEST_CRASH_P0 + 1, HV_REGISTER_GUEST_CRASH_P0 + 2,
    HV_REGISTER_GUEST_CRASH_P0 + 3, HV_REGISTER_GUEST_CRASH_P0 + 4, HV_REGISTER_GUEST_OS_ID,
    HV_REGISTER_VP_ASSIST_PAGE,     HV_REGISTER_VSM_PARTITION_CONFIG,
    HV_REGISTER_PENDING_EVENT0,     HV_REGISTER_PENDING_EVENT0 + 1, HV_REGISTER_REFERENCE_TSC,
    HV_REGISTER_SINT0,              HV_REGISTER_SINT0 + 1,          HV_REGISTER_SINT0 + 15,
    HV_REGISTER_SCONTROL,           HV_REGISTER_SIEFP,              HV_REGISTER_SIMP,
    HV_REGISTER_SIRBP,              HV_REGISTER_STIMER0_CONFIG,     HV_REGISTER_STIMER0_COUNT,
    HV_REGISTER_STIMER0_COUNT + 6,
};

/* What belongs to one VTL. */
struct belongings {
    uint8_t ram[QUARTER];
    struct hv_u128 registers[VPS][MEMORY_PARTITION_REGISTERS];
    struct hv_u128 synthetic[VPS][G_N_ELEMENTS(private_names)];
    unsigned lines, flushes; /* changes of its interrupt lines, flushes of its TLB */
};

static GArray *synthetic; /* names of all registers that the core itself holds */
static GArray *others;    /* of those that the back end holds, which hypercalls can name */
static struct memory_partition *partition;

/* --- The partition ---------------------------------------------------------------------------- */

/* What the hypercalls do, in fewer inputs. */
static void protect(unsigned vtl)
{
    struct vtl_partition *core = partition->core;

    core->config[vtl] |= HV_VSM_ENABLE_PROTECTION | HV_VSM_DEFAULT_RIGHTS;
    FUZZ_CHECK(vtl_protection_enable(core, vtl, HV_PAGE_ALL) == HV_STATUS_SUCCESS);
    FUZZ_CHECK(vtl_protection_set(core, vtl, FIRST_OF(vtl) / HV_PAGE_SIZE, QUARTER / HV_PAGE_SIZE,
                                  0) == HV_STATUS_SUCCESS);
}

static void start_partition(struct fuzz_input *input)
{
    uint8_t choice = fuzz_u8(input);
    uint16_t enabled = 1 | (choice & 7);

    partition = memory_partition_new(enabled, vtl_highest(enabled));
    partition->core->vector_lengths = 0xb; /* 128, 256 and 512 bits */
    partition->core->vp_count = VPS;
    for (unsigned vtl = 1; vtl < VTL_LEVELS; vtl++)
        protect(vtl);
    /* Saying who it is takes a guest one call; most inputs are about the others. */
    for (unsigned vtl = 0; vtl < VTL_LEVELS && !(choice & 8); vtl++)
        partition->core->guest_os_id[vtl] = 1;
}

static void note_belongings(struct belongings *own, unsigned vtl)
{
    memcpy(own->ram, partition->ram + FIRST_OF(vtl), QUARTER);
    own->lines = partition->line[vtl].count;
    own->flushes = partition->flushes[vtl];
    for (unsigned vp = 0; vp < VPS; vp++) {
        memcpy(own->registers[vp], partition->registers[vp][vtl], sizeof(own->registers[vp]));
        for (size_t i = 0; i < G_N_ELEMENTS(private_names); i++)
            hv_register_get(&partition->core->vps[vp], vtl, private_names[i],
                            &own->synthetic[vp][i]);
    }
}

/* A VTL above @actor takes messages and events there, which may be from the actor. */
static bool is_page_of_synic(uint64_t gpa, unsigned actor)
{
    for (unsigned vp = 0; vp < VPS; vp++)
        for (unsigned vtl = actor + 1; vtl < VTL_LEVELS; vtl++) {
            const struct synic *synic = &partition->core->vps[vp].level[vtl].synic;

            if ((synic->simp & HV_PAGE_REGISTER_ADDRESS) == gpa ||
                (synic->siefp & HV_PAGE_REGISTER_ADDRESS) == gpa)
                return true;
        }
    return false;
}

/* Memory is @vtl's own as long as it does not let @actor write there. */
static bool ram_is_as_before(const struct belongings *now, const struct belongings *before,
                             unsigned vtl, unsigned actor)
{
    for (size_t offset = 0; offset < QUARTER; offset += HV_PAGE_SIZE) {
        uint64_t page = (FIRST_OF(vtl) + offset) / HV_PAGE_SIZE;

        if (!(vtl_protection_effective(partition->core, actor, page) & HV_PAGE_WRITE) &&
            !is_page_of_synic(page * HV_PAGE_SIZE, actor) &&
            memcmp(now->ram + offset, before->ram + offset, HV_PAGE_SIZE) != 0)
            return false;
    }
    return true;
}

static void check_belongings(const struct belongings *before, unsigned vtl, unsigned actor)
{
    static struct belongings now;

    note_belongings(&now, vtl);
    FUZZ_CHECK(ram_is_as_before(&now, before, vtl, actor));
    FUZZ_CHECK(now.lines == before->lines && now.flushes == before->flushes);
    FUZZ_CHECK(!memcmp(now.registers, before->registers, sizeof(now.registers)));
    FUZZ_CHECK(!memcmp(now.synthetic, before->synthetic, sizeof(now.synthetic)));
}

static void check_vps(void)
{
    const struct vtl_partition *core = partition->core;

    for (unsigned i = 0; i < VPS; i++) {
        FUZZ_CHECK(core->vps[i].active < VTL_LEVELS);
        FUZZ_CHECK(core->vps[i].enabled & 1u << core->vps[i].active);
        FUZZ_CHECK(!(core->vps[i].enabled & ~core->enabled));
    }
}

/* --- Hypercalls ------------------------------------------------------------------------------- */

static void find_synthetic_registers(void)
{
    uint32_t name;

    if (synthetic)
        return;
    synthetic = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (size_t i = 0; hv_register_nth(i, &name); i++)
        g_array_append_val(synthetic, name);
}

static void find_other_registers(void)
{
    if (others)
        return;
    others = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (size_t i = 0; i < bank_table_size; i++)
        if (bank_find_value(bank_table[i].hv_name))
            g_array_append_val(others, bank_table[i].hv_name);
}

static uint32_t take_other(struct fuzz_input *input)
{
    return g_array_index(others, uint32_t, fuzz_u8(input) % others->len);
}

/* Numbers that mean something, or any. */
static uint64_t take_number(struct fuzz_input *input)
{
    uint8_t choice = fuzz_u8(input);

    switch (choice % 8) {
    case 0:
        return HV_PARTITION_SELF;
    case 1:
        return HV_VP_SELF | (uint64_t)(choice >> 3) << 32;
    case 2:
        return choice >> 3;
    case 3:
        return g_array_index(synthetic, uint32_t, fuzz_u8(input) % synthetic->len);
    case 4:
        return take_other(input);
    case 5:
        return fuzz_u16(input) * (uint64_t)sizeof(uint64_t);
    case 6:
        return (choice >> 3 & 1) | (uint64_t)(choice >> 4) << 32; /* a VP and a VTL */
    default:
        return fuzz_u64(input);
    }
}

/* By code, so that the corpus outlives new rows; other codes are rows as well, or none. */
static const struct hv_call *take_call(struct fuzz_input *input)
{
    uint8_t choice = fuzz_u8(input);
    size_t index = choice % (vtl_call_count + 1);

    for (size_t i = 0; i < vtl_call_count; i++)
        if ((uint8_t)vtl_calls[i].code == choice)
            return &vtl_calls[i];
    return index < vtl_call_count ? &vtl_calls[index] : NULL;
}

static uint64_t take_control(struct fuzz_input *input, const struct hv_call **call)
{
    uint8_t shape;
    uint64_t word;

    *call = take_call(input);
    shape = fuzz_u8(input);
    word = shape & 1 ? FAST : 0;
    word |= *call ? (*call)->code : fuzz_u16(input);
    if (*call && (*call)->flags & HV_CALL_REP)
        word |= (uint64_t)(1 + (shape >> 1 & 7)) << REPS_SHIFT;
    if (*call && (*call)->flags & HV_CALL_VARIABLE)
        word |= (uint64_t)(shape >> 1 & 7) << VARIABLE_SHIFT;
    if (shape & 0x40)
        word |= (uint64_t)(fuzz_u8(input) & 7) << START_SHIFT;
    if (shape & 0x80)
        word ^= fuzz_u64(input);
    return word;
}

static size_t round_up(size_t size)
{
    return (size + FAST_UNIT - 1) / FAST_UNIT * FAST_UNIT;
}

/* May register @n hold output (smccc/hypercall.h)? */
static bool is_output(const struct hv_call *call, enum hvc_convention convention,
                      const struct hv_control *control, unsigned n)
{
    unsigned first = convention == HVC_SMCCC ? 2 : 1;
    size_t reps = call && call->flags & HV_CALL_REP ? control->rep_count : 1;
    size_t in, out, begin;

    if (!call || !control->fast)
        return false;
    in = round_up(call->header_size + control->variable_size + call->element_size * reps);
    out = round_up(call->output_size * reps);
    if (in + out > HV_FAST_SIZE)
        return false;
    begin = first + (convention == HVC_SMCCC ? in : HV_FAST_SIZE - out) / sizeof(uint64_t);
    return n >= begin && n < begin + out / sizeof(uint64_t);
}

static void check_result(const struct hv_call *call, enum hvc_convention convention,
                         const struct smccc_registers *before, const struct smccc_registers *after)
{
    struct hv_control control = hv_control_decode(before->x[convention == HVC_SMCCC ? 1 : 0]);
    uint64_t completed = after->x[0] >> REPS_SHIFT;
    uint16_t status = after->x[0] & STATUS_MASK;

    FUZZ_CHECK(*hv_status_name(status) != '?' && completed <= control.rep_count);
    FUZZ_CHECK(status != HV_STATUS_SUCCESS || completed == control.rep_count);
    FUZZ_CHECK(!(after->x[0] & 0xffff0000u));
    for (unsigned i = 1; i < SMCCC_REGISTERS; i++)
        FUZZ_CHECK(after->x[i] == before->x[i] || is_output(call, convention, &control, i));
}

/* The code may be another one than was meant. */
static const struct hv_call *find_call(uint64_t control)
{
    for (size_t i = 0; i < vtl_call_count; i++)
        if (vtl_calls[i].code == (uint16_t)control)
            return &vtl_calls[i];
    return NULL;
}

/* A call that nobody serves, one that would start a VP, one to a connection that nobody has. */
static void check_intercepted(const struct vtl_vp *vp, const struct hv_call *call,
                              const struct smccc_registers *before,
                              const struct smccc_registers *after)
{
    FUZZ_CHECK(vp->intercept_owner > vp->active && vp->intercept_owner < VTL_LEVELS);
    if (!call)
        FUZZ_CHECK(after->x[0] == HV_STATUS_INVALID_HYPERCALL_CODE);
    else if (call->code == HV_CALL_START_VIRTUAL_PROCESSOR)
        FUZZ_CHECK(after->x[0] == HV_STATUS_ACCESS_DENIED);
    else
        FUZZ_CHECK((call->code == HV_CALL_POST_MESSAGE || call->code == HV_CALL_SIGNAL_EVENT) &&
                   after->x[0] == HV_STATUS_INVALID_CONNECTION_ID);
    for (unsigned i = 1; i < SMCCC_REGISTERS; i++)
        FUZZ_CHECK(after->x[i] == before->x[i]);
}

/* The guest prepares a block: memory that it may write, in words. */
static void fill_block(struct vtl_vp *vp, struct fuzz_input *input, uint64_t gpa, size_t size)
{
    for (size_t i = 0; i < size && input->size; i += sizeof(uint64_t)) {
        uint64_t word = take_number(input);

        vtl_memory_write(partition->core, vp->active, gpa + i, &word, sizeof(word));
    }
}

static void take_registers(struct fuzz_input *input, uint64_t *x, unsigned count)
{
    for (unsigned i = 0; i < count && input->size; i++)
        x[i] = take_number(input);
}

/* Addresses in RAM, mostly: the input's, then the output's. */
static void take_blocks(struct vtl_vp *vp, struct fuzz_input *input, const struct hv_call *call,
                        uint64_t x[2])
{
    for (unsigned i = 0; i < 2; i++) {
        uint16_t place = fuzz_u16(input);

        x[i] = place & 1 ? take_number(input) : place / 2 * (uint64_t)sizeof(uint64_t);
    }
    fill_block(vp, input, x[0], call->header_size + 2 * call->element_size +
                                    (call->flags & HV_CALL_VARIABLE ? BANKS_FILLED : 0));
}

static void hypercall(struct vtl_vp *vp, struct fuzz_input *input, enum hvc_convention convention)
{
    static const struct smccc_service services[] = {VTL_SERVICE};
    unsigned first = convention == HVC_SMCCC ? 1 : 0;
    struct smccc_registers before = {{HV_SMCCC_FUNCTION}}, after;
    const struct hv_call *call;
    enum smccc_outcome outcome;

    before.x[first] = take_control(input, &call);
    if (!call || before.x[first] & FAST)
        take_registers(input, &before.x[first + 1], SMCCC_REGISTERS - first - 1);
    else
        take_blocks(vp, input, call, &before.x[first + 1]);
    after = before;
    outcome = convention == HVC_SMCCC
                  ? smccc_dispatch(services, G_N_ELEMENTS(services), vp, &after)
                  : vtl_hypercall(vp, convention, &after);
    if (outcome == SMCCC_INTERCEPTED)
        check_intercepted(vp, find_call(before.x[first]), &before, &after);
    /* To be made again (the call waits for another VP), or for another VTL to see to. */
    if (outcome != SMCCC_DONE)
        return;
    check_result(find_call(before.x[first]), convention, &before, &after);
}

/* --- Other actions ---------------------------------------------------------------------------- */

static void by_smccc(struct vtl_vp *vp, struct fuzz_input *input)
{
    hypercall(vp, input, HVC_SMCCC);
}

static void by_native_convention(struct vtl_vp *vp, struct fuzz_input *input)
{
    hypercall(vp, input, HVC_HYPERCALL);
}

static void vtl_call(struct vtl_vp *vp, struct fuzz_input *input)
{
    unsigned target, source = vp->active;

    (void)input;
    if (!vtl_call_target(vp, &target))
        return;
    FUZZ_CHECK(target > source && vp->enabled & 1u << target);
    vtl_enter(vp, target, VTL_ENTRY_CALL);
    FUZZ_CHECK(vp->active == target);
}

static void vtl_return(struct vtl_vp *vp, struct fuzz_input *input)
{
    unsigned target, source = vp->active;

    (void)input;
    if (!vtl_return_target(vp, &target))
        return;
    FUZZ_CHECK(target < source && vp->enabled & 1u << target);
    vtl_enter(vp, target, VTL_ENTRY_CALL);
    FUZZ_CHECK(vp->active == target);
}

/* What the guest's own instructions do. */
static void write_own_memory(struct vtl_vp *vp, struct fuzz_input *input)
{
    uint64_t gpa = take_number(input);

    fill_block(vp, input, gpa, fuzz_u8(input) % POKE_MAX);
}

static void write_own_register(struct vtl_vp *vp, struct fuzz_input *input)
{
    uint32_t name = take_other(input);

    partition->core->backend->set_register(partition, vp->index, vp->active, name,
                                           (struct hv_u128){.low = take_number(input)});
}

/* The VP has been stopped at some page: what for? Code, registers and tables are any. */
static void explain_fault(struct vtl_vp *vp, struct fuzz_input *input)
{
    uint64_t page = fuzz_u8(input) & 1 ? VTL_FAULT_ANY_PAGE : fuzz_u8(input);
    struct vtl_fault fault;

    if (vtl_fault_find(vp, page, &fault) == VTL_FAULT_DENIED)
        FUZZ_CHECK(vtl_intercept_owner(vp, &fault) > vp->active);
}

static void (*const actions[])(struct vtl_vp *vp, struct fuzz_input *input) = {
    by_smccc, by_native_convention, vtl_call, vtl_return, write_own_memory, write_own_register,
    explain_fault,
};

/* The VTL that is entered is told why, in a place of its own choice; the lower one has no say. */
static void note_entry_reason(const struct vtl_vp *vp, struct belongings owned[VTL_LEVELS])
{
    uint64_t page = vp->level[vp->active].assist_page;
    uint64_t gpa = (page & HV_PAGE_REGISTER_ADDRESS) + ENTRY_REASON_OFFSET;
    unsigned owner = gpa < MEMORY_PARTITION_RAM ? OWNER_OF(gpa) : 0;

    if (page & HV_PAGE_REGISTER_ENABLE && owner > 0)
        memcpy(owned[owner].ram + (gpa - FIRST_OF(owner)), partition->ram + gpa, ENTRY_REASON_SIZE);
}

static void act(struct fuzz_input *input)
{
    static struct belongings before[VTL_LEVELS];
    uint8_t choice = fuzz_u8(input);
    struct vtl_vp *vp = &partition->core->vps[choice >> 7], *other = vp->index ? vp - 1 : vp + 1;
    unsigned actor = vp->active, bystander = other->active;

    for (unsigned vtl = actor + 1; vtl < VTL_LEVELS; vtl++)
        note_belongings(&before[vtl], vtl);
    actions[choice % G_N_ELEMENTS(actions)](vp, input);
    if (vp->active > actor)
        note_entry_reason(vp, before);
    for (unsigned vtl = actor + 1; vtl < VTL_LEVELS; vtl++)
        check_belongings(&before[vtl], vtl, actor);
    check_vps();
    FUZZ_CHECK(other->active == bystander);
}

static void take_violation(void *context, struct vtl_vp *vp, enum strict_rule rule,
                           const char *what)
{
    (void)context;
    FUZZ_CHECK(vp->audit->rule[rule].violated > 0 && strlen(what) < STRICT_TEXT);
}

/* Half of the inputs are looked at by the rules, which must not change a thing. */
static struct vtl_audit *start_audit(void)
{
    struct vtl_audit *audit = vtl_audit_new(MEMORY_PARTITION_VPS);

    audit->violated = take_violation;
    vtl_audit_begin(audit, partition->core, false);
    return audit;
}

static void check_audit(struct vtl_audit *audit)
{
    struct audit_vp *sum = vtl_audit_sum(audit);

    for (unsigned i = 0; i < STRICT_RULES; i++)
        FUZZ_CHECK(sum->rule[i].violated <= sum->rule[i].checked);
    vtl_audit_vp_free(sum);
    vtl_audit_free(audit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct vtl_audit *audit;

    find_synthetic_registers();
    find_other_registers();
    start_partition(&input);
    audit = size % 2 ? start_audit() : NULL;
    for (unsigned i = 0; i < ACTIONS_MAX && input.size; i++) {
        act(&input);
        if (i % MOVE_EVERY != MOVE_EVERY - 1)
            continue;
        memory_partition_move(partition, NULL, 0, NULL);
        if (audit && size % 4 == 1)
            vtl_audit_begin(audit, partition->core, true);
        else if (audit)
            vtl_audit_continue(audit, partition->core);
    }
    memory_partition_free(partition);
    if (audit)
        check_audit(audit);
    return 0;
}
