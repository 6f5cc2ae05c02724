/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages about what a lower VTL does, byte by byte (layouts: OpenVMM, hvdef; TLFS, HV_MESSAGE),
 * where they go, and events that the higher VTL answers with.
 */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"
#include "vtl/vp-registers.h"

#define R HV_PAGE_READ
#define W HV_PAGE_WRITE
#define X HV_PAGE_EXECUTE
#define ALL HV_PAGE_ALL

#define VP 3u
#define EL1H 0x3c5u
#define EL1T 0x3c4u
#define EL0 0x3c0u
#define CODE 0x8000u
#define SIM 0xa000u
#define ASSIST 0xb000u
#define ASSIST_MESSAGE (ASSIST + 0x70)
#define ASSIST_REASON (ASSIST + 8)
#define VECTOR 0x12u

#define LDR 0xf9400041u /* LDR X1, [X2] */
#define STR_W 0xb9000041u

static struct memory_partition *partition;
static struct vtl_partition *core;
static struct vtl_vp *vp;

/* --- Fixture --------------------------------------------------------------------------------- */

static void set_register(unsigned vtl, uint32_t name, uint64_t value)
{
    core->backend->set_register(partition, VP, vtl, name, (struct hv_u128){value, 0});
}

static void set_synthetic(unsigned vtl, uint32_t name, uint64_t value)
{
    ck_assert_uint_eq(hv_register_set(vp, vtl, name, (struct hv_u128){value, 0}),
                      HV_STATUS_SUCCESS);
}

static void allow(uint64_t page, unsigned rights)
{
    ck_assert_uint_eq(vtl_protection_set(core, 2, page, 1, rights), HV_STATUS_SUCCESS);
}

static void set_code(uint32_t word)
{
    memcpy(partition->ram + CODE, &word, sizeof(word));
}

static void prepare_sim(unsigned vtl, uint64_t page)
{
    set_synthetic(vtl, HV_REGISTER_SCONTROL, 1);
    set_synthetic(vtl, HV_REGISTER_SINT0, VECTOR);
    set_synthetic(vtl, HV_REGISTER_SIMP, page | 1);
}

static void set_up(void)
{
    partition = memory_partition_new(7, 0);
    core = partition->core;
    vp = &core->vps[VP];
    ck_assert_uint_eq(vtl_protection_enable(core, 2, ALL), HV_STATUS_SUCCESS);
    for (unsigned vtl = 0; vtl < 2; vtl++) {
        set_register(vtl, HV_REGISTER_PSTATE, EL1H);
        set_register(vtl, HV_REGISTER_PC, CODE);
        set_register(vtl, HV_REGISTER_X0 + 2, 0x5008);
    }
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static uint64_t number_at(uint64_t gpa, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, partition->ram + gpa, size);
    return GUINT64_FROM_LE(value);
}

static void clear(uint64_t gpa)
{
    memset(partition->ram + gpa, 0, HV_PAGE_SIZE);
}

/* --- Layouts --------------------------------------------------------------------------------- */

#define MESSAGE_SIZE 0x100

/* What a message should be: a number of @size bytes at @offset. */
struct field {
    unsigned offset, size;
    uint64_t value;
};

static void check_message(const char *what, uint64_t gpa, const struct field *fields, size_t count)
{
    uint8_t expected[MESSAGE_SIZE] = {0};

    for (size_t i = 0; i < count; i++) {
        uint64_t value = GUINT64_TO_LE(fields[i].value);

        memcpy(expected + fields[i].offset, &value, fields[i].size);
    }
    for (unsigned i = 0; i < MESSAGE_SIZE; i++)
        ck_assert_msg(partition->ram[gpa + i] == expected[i], "%s: byte 0x%x: 0x%x, not 0x%x", what,
                      i, partition->ram[gpa + i], expected[i]);
    /* And nothing behind it. */
    ck_assert_uint_eq(number_at(gpa + MESSAGE_SIZE, 8), 0);
}

/* Offsets into the message: its own header, 0x10 bytes, and the payload behind. */
#define MESSAGE(type, size, flags) {0x00, 4, type}, {0x04, 1, size}, {0x05, 1, flags}
#define HEADER(access, state, pstate)                                                              \
    {0x10, 4, VP}, {0x14, 1, 4}, {0x15, 1, access}, {0x16, 2, state}, {0x18, 8, CODE},             \
        {0x20, 8, pstate}
#define MEMORY(instruction_size, info, word, gva, gpa, syndrome)                                   \
    {0x28, 4, 6}, {0x2c, 1, instruction_size}, {0x2d, 1, info}, {0x30, 4, word}, {0x38, 8, gva},   \
        {0x40, 8, gpa}, {0x48, 8, syndrome}
#define RESET(kind, code) {0x28, 4, kind}, {0x2c, 4, code}

#define CHECK_MESSAGE(gpa, ...)                                                                    \
    check_message(__func__, gpa, (const struct field[]){__VA_ARGS__},                              \
                  sizeof((struct field[]){__VA_ARGS__}) / sizeof(struct field))

#define LDR_MESSAGE(flags)                                                                         \
    MESSAGE(0x80000001, 0x40, flags), HEADER(0, 1, EL1H), MEMORY(4, 3, LDR, 0x5008, 0x5008,        \
                                                                 0x93c1800f)

static enum vtl_entry_reason send_found(unsigned owner, enum hv_intercept_message type)
{
    struct vtl_fault fault;

    vtl_fault_find(vp, VTL_FAULT_ANY_PAGE, &fault);
    return vtl_intercept_memory(vp, owner, type, &fault);
}

/* A load from a closed page, told to VTL2. */
static enum vtl_entry_reason send_load(void)
{
    set_code(LDR);
    allow(5, 0);
    return send_found(2, HV_MESSAGE_GPA_INTERCEPT);
}

START_TEST(memory_in_slot)
{
    prepare_sim(2, SIM);
    ck_assert_int_eq(send_load(), VTL_ENTRY_INTERRUPT);
    CHECK_MESSAGE(SIM, LDR_MESSAGE(0));
    ck_assert_uint_eq(partition->interrupt[VP][2].count, 1);
    ck_assert_uint_eq(partition->interrupt[VP][2].intid, VECTOR);
    ck_assert_uint_eq(partition->interrupt[VP][1].count, 0);
}
END_TEST

START_TEST(memory_in_assist_page)
{
    prepare_sim(2, SIM);
    set_synthetic(2, HV_REGISTER_VP_ASSIST_PAGE, ASSIST | 1);
    set_synthetic(2, HV_REGISTER_VSM_PARTITION_CONFIG, HV_VSM_INTERCEPT_PAGE);
    ck_assert_int_eq(send_load(), VTL_ENTRY_INTERCEPT);
    CHECK_MESSAGE(ASSIST_MESSAGE, LDR_MESSAGE(0));
    for (unsigned i = 0; i < 0x70; i++)
        ck_assert_uint_eq(partition->ram[ASSIST + i], 0);
    ck_assert_uint_eq(number_at(SIM, 4), 0);
    ck_assert_uint_eq(partition->interrupt[VP][2].count, 0);
    /* The next one, acknowledged or not, overwrites it. */
    set_code(STR_W);
    ck_assert_int_eq(send_found(2, HV_MESSAGE_GPA_INTERCEPT), VTL_ENTRY_INTERCEPT);
    CHECK_MESSAGE(ASSIST_MESSAGE, MESSAGE(0x80000001, 0x40, 0), HEADER(1, 1, EL1H),
                  MEMORY(4, 3, STR_W, 0x5008, 0x5008, 0x9381004f));
}
END_TEST

/* Without any of the three, the message goes into the slot. */
START_TEST(no_assist_page)
{
    static const struct {
        uint64_t config, assist;
        bool slot;
    } rows[] = {
        {0, ASSIST | 1, true},
        {HV_VSM_INTERCEPT_PAGE, ASSIST, true},
        {HV_VSM_INTERCEPT_PAGE, 0xffff0001, true}, /* no RAM */
        {HV_VSM_INTERCEPT_PAGE, ASSIST | 1, false},
    };

    prepare_sim(2, SIM);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        clear(SIM);
        set_synthetic(2, HV_REGISTER_VP_ASSIST_PAGE, rows[i].assist);
        set_synthetic(2, HV_REGISTER_VSM_PARTITION_CONFIG, rows[i].config);
        ck_assert_int_eq(send_load(), rows[i].slot ? VTL_ENTRY_INTERRUPT : VTL_ENTRY_INTERCEPT);
        ck_assert_msg(!number_at(SIM, 4) == !rows[i].slot, "row %zu", i);
        ck_assert_msg(!number_at(ASSIST_MESSAGE, 4) == rows[i].slot, "row %zu", i);
    }
}
END_TEST

/* VTL1's own pages, which VTL2 may have closed. */
START_TEST(other_owner)
{
    prepare_sim(1, SIM);
    set_synthetic(1, HV_REGISTER_VP_ASSIST_PAGE, ASSIST | 1);
    set_synthetic(1, HV_REGISTER_VSM_PARTITION_CONFIG,
                  HV_VSM_ENABLE_PROTECTION | R << 1 | HV_VSM_INTERCEPT_PAGE);
    set_code(STR_W);
    ck_assert_uint_eq(vtl_protection_set(core, 1, 8, 1, ALL), HV_STATUS_SUCCESS);
    ck_assert_int_eq(send_found(1, HV_MESSAGE_GPA_INTERCEPT), VTL_ENTRY_INTERCEPT);
    ck_assert_uint_eq(number_at(ASSIST_MESSAGE, 4), 0x80000001);
    clear(ASSIST);
    allow(ASSIST / HV_PAGE_SIZE, R);
    ck_assert_int_eq(send_found(1, HV_MESSAGE_GPA_INTERCEPT), VTL_ENTRY_INTERRUPT);
    ck_assert_uint_eq(number_at(ASSIST_MESSAGE, 4), 0);
    ck_assert_uint_eq(number_at(SIM, 4), 0x80000001);
    ck_assert_uint_eq(partition->interrupt[VP][1].count, 1);
    ck_assert_uint_eq(vp->level[1].tlb_locked, 1);
    ck_assert_uint_eq(vp->level[2].tlb_locked, 0);
}
END_TEST

START_TEST(reset_message)
{
    prepare_sim(2, SIM);
    set_register(0, HV_REGISTER_PSTATE, EL0);
    ck_assert_int_eq(vtl_intercept_reset(vp, 2, HV_RESET_REBOOT, 0x84000009), VTL_ENTRY_INTERRUPT);
    CHECK_MESSAGE(SIM, MESSAGE(0x8001000c, 0x20, 0), HEADER(2, 0, EL0), RESET(1, 0x84000009));
    clear(SIM);
    ck_assert_int_eq(vtl_intercept_reset(vp, 2, HV_RESET_POWER_OFF, 0x84000008),
                     VTL_ENTRY_INTERRUPT);
    CHECK_MESSAGE(SIM, MESSAGE(0x8001000c, 0x20, 0), HEADER(2, 0, EL0), RESET(0, 0x84000008));
    ck_assert_uint_eq(vp->level[2].tlb_locked, 0);
    set_synthetic(2, HV_REGISTER_VP_ASSIST_PAGE, ASSIST | 1);
    set_synthetic(2, HV_REGISTER_VSM_PARTITION_CONFIG, HV_VSM_INTERCEPT_PAGE);
    vp->active = 1; /* its state, in bits 7:4 and 1:0 */
    set_register(1, HV_REGISTER_PSTATE, EL1T);
    ck_assert_int_eq(vtl_intercept_reset(vp, 2, HV_RESET_REBOOT, 5), VTL_ENTRY_INTERCEPT);
    CHECK_MESSAGE(ASSIST_MESSAGE, MESSAGE(0x8001000c, 0x20, 0), HEADER(2, 0x11, EL1T),
                  RESET(1, 5));
}
END_TEST

#define X_AT(n) (0x30 + 8 * (n))

START_TEST(hypercall_message)
{
    struct smccc_registers registers;

    for (unsigned i = 0; i < SMCCC_REGISTERS; i++)
        registers.x[i] = 0x1111111111111111ull * (i & 7) + i;
    prepare_sim(2, SIM);
    ck_assert_int_eq(vtl_intercept_hypercall(vp, 2, 1, &registers), VTL_ENTRY_INTERRUPT);
    for (unsigned i = 0; i < SMCCC_REGISTERS; i++) {
        ck_assert_uint_eq(number_at(SIM + X_AT(i), 8), registers.x[i]);
        memset(partition->ram + SIM + X_AT(i), 0, 8);
    }
    CHECK_MESSAGE(SIM, MESSAGE(0x80000050, 0xb0, 0), HEADER(2, 1, EL1H), {0x28, 2, 1});
}
END_TEST

/* --- Access types and syndromes -------------------------------------------------------------- */

START_TEST(syndromes)
{
    static const struct {
        uint32_t word;
        unsigned left; /* of page 5's rights */
        uint8_t access;
        uint64_t syndrome;
    } rows[] = {
        {LDR, 0, 0, 0x93c1800f},
        {0xb9400041, 0, 0, 0x9381000f},   /* ldr w1, [x2] */
        {0x39400041, 0, 0, 0x9301000f},   /* ldrb w1, [x2] */
        {0x39800041, 0, 0, 0x9321800f},   /* ldrsb x1, [x2] */
        {0x79c00041, 0, 0, 0x9361000f},   /* ldrsh w1, [x2] */
        {0xb9800041, 0, 0, 0x93a1800f},   /* ldrsw x1, [x2] */
        {0xf940005f, 0, 0, 0x93df800f},   /* ldr xzr, [x2] */
        {0xc8dffc41, 0, 0, 0x93c1c00f},   /* ldar x1, [x2] */
        {0xf8408441, 0, 0, 0x9200000f},   /* ldr x1, [x2], #8: no ISV */
        {0xa9400c41, 0, 0, 0x9200000f},   /* ldp x1, x3, [x2] */
        {0x3dc00041, 0, 0, 0x9200000f},   /* ldr q1, [x2] */
        {0xc85f7c41, 0, 0, 0x9200000f},   /* ldxr x1, [x2] */
        {0xf9000041, R, 1, 0x93c1804f},   /* str x1, [x2] */
        {0xf9000041, 0, 1, 0x93c1804f},
        {STR_W, R | X, 1, 0x9381004f},
        {0xf900005f, R, 1, 0x93df804f},   /* str xzr, [x2] */
        {0xc89ffc41, R, 1, 0x93c1c04f},   /* stlr x1, [x2] */
        {0xa9000c41, R, 1, 0x9200004f},   /* stp x1, x3, [x2] */
        {0xc8037c41, R, 1, 0x9200004f},   /* stxr w3, x1, [x2] */
        {0xf8210043, R, 1, 0x9200004f},   /* ldadd x1, x3, [x2]: it may read */
        {0xf8210043, 0, 0, 0x9200000f},   /* not even that */
        {0xd50b7a22, 0, 0, 0x9200014f},   /* dc cvac, x2 */
        {0xd5087622, R, 1, 0x9200014f},   /* dc ivac, x2 */
        {0xd50b7422, R, 1, 0x9200004f},   /* dc zva, x2 */
    };

    core->zero_size = 4;
    prepare_sim(2, SIM);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char what[32];

        clear(SIM);
        set_code(rows[i].word);
        allow(5, rows[i].left);
        send_found(2, HV_MESSAGE_GPA_INTERCEPT);
        g_snprintf(what, sizeof(what), "row %zu", i);
        check_message(what, SIM,
                      (const struct field[]){
                          MESSAGE(0x80000001, 0x40, 0), HEADER(rows[i].access, 1, EL1H),
                          MEMORY(4, 3, rows[i].word, 0x5008, 0x5008, rows[i].syndrome)},
                      3 + 6 + 7);
    }
}
END_TEST

START_TEST(fetch)
{
    prepare_sim(2, SIM);
    set_code(LDR);
    allow(8, R);
    send_found(2, HV_MESSAGE_GPA_INTERCEPT);
    CHECK_MESSAGE(SIM, MESSAGE(0x80000001, 0x40, 0), HEADER(2, 1, EL1H),
                  MEMORY(0, 3, 0, CODE, CODE, 0x8200000f));
}
END_TEST

/* No RAM there: a translation fault, whatever the rights. */
START_TEST(unmapped)
{
    struct vtl_fault fault;

    prepare_sim(2, SIM);
    set_code(STR_W);
    set_register(0, HV_REGISTER_X0 + 2, 0x9000000);
    ck_assert_int_eq(vtl_fault_find(vp, 0x9000, &fault), VTL_FAULT_PERMITTED);
    ck_assert_int_eq(vtl_intercept_memory(vp, 2, HV_MESSAGE_UNMAPPED_GPA, &fault),
                     VTL_ENTRY_INTERRUPT);
    CHECK_MESSAGE(SIM, MESSAGE(0x80000000, 0x40, 0), HEADER(1, 1, EL1H),
                  MEMORY(4, 3, STR_W, 0x9000000, 0x9000000, 0x93810047));
}
END_TEST

START_TEST(unknown)
{
    struct vtl_fault fault;

    prepare_sim(2, SIM);
    allow(5, R);
    fault = vtl_fault_unknown(vp, 5);
    vtl_intercept_memory(vp, 2, HV_MESSAGE_GPA_INTERCEPT, &fault);
    CHECK_MESSAGE(SIM, MESSAGE(0x80000001, 0x40, 0), HEADER(1, 1, EL1H),
                  MEMORY(0, 0, 0, 0, 0x5000, 0x9200044f));
    ck_assert_uint_eq(vp->level[2].tlb_locked, 0); /* it leads nowhere */
}
END_TEST

/* A walk for data, for its update of the table, and for a fetch: the GPA is not the GVA's. */
START_TEST(walks)
{
    static const struct {
        bool is_data;
        unsigned rights, left;
        uint8_t access;
        uint64_t syndrome;
    } rows[] = {
        {true, R, 0, 0, 0x9200008f},
        {true, R | W, R, 1, 0x920000cf},
        {true, R | W, 0, 0, 0x9200008f},
        {false, R, 0, 0, 0x8200008f},
        {false, R | W, R, 1, 0x8200008f},
    };

    prepare_sim(2, SIM);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct vtl_fault fault = {
            .rights = rows[i].rights,
            .gpa = 0x5018,
            .gva = 0xffff800000001234,
            .gva_valid = true,
            .in_walk = true,
            .is_data = rows[i].is_data,
            .has_word = rows[i].is_data,
            .word = rows[i].is_data ? LDR : 0,
            .decoded = {.iss_valid = true, .sas = 3, .srt = 1, .sf = true},
        };

        clear(SIM);
        allow(5, rows[i].left);
        vtl_intercept_memory(vp, 2, HV_MESSAGE_GPA_INTERCEPT, &fault);
        CHECK_MESSAGE(SIM, MESSAGE(0x80000001, 0x40, 0), HEADER(rows[i].access, 1, EL1H),
                      MEMORY(rows[i].is_data ? 4 : 0, 1, fault.word, fault.gva, 0x5018,
                             rows[i].syndrome));
        ck_assert_uint_eq(vp->level[2].tlb_locked, 0);
    }
}
END_TEST

START_TEST(tlb_lock)
{
    struct hv_u128 value;

    prepare_sim(2, SIM);
    send_load();
    ck_assert_uint_eq(vp->level[2].tlb_locked, 1);
    hv_register_get(vp, 2, HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0, &value);
    ck_assert_uint_eq(value.low, 2);
    vp->active = 1;
    send_load();
    ck_assert_uint_eq(vp->level[2].tlb_locked, 3);
    ck_assert_uint_eq(number_at(SIM + 0x16, 2), 1); /* the first one is there still */
    ck_assert_uint_eq(core->vps[0].level[2].tlb_locked, 0);
    vp->active = 2;
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    ck_assert_uint_eq(vp->level[2].tlb_locked, 0);
}
END_TEST

/* Another VP has changed the mapping between the access and the lock, and flushed: no promise. */
START_TEST(no_tlb_lock_for_a_mapping_that_has_gone)
{
    struct vtl_fault fault;

    prepare_sim(2, SIM);
    set_code(LDR);
    allow(5, 0);
    vtl_fault_find(vp, VTL_FAULT_ANY_PAGE, &fault);
    ck_assert(fault.gva_valid && !fault.in_walk);
    fault.gva += HV_PAGE_SIZE;
    vtl_intercept_memory(vp, 2, HV_MESSAGE_GPA_INTERCEPT, &fault);
    ck_assert_uint_eq(partition->ram[SIM + 0x2d], HV_MEMORY_GVA_VALID);
    ck_assert_uint_eq(vp->level[2].tlb_locked, 0);
}
END_TEST

/* --- Delivery -------------------------------------------------------------------------------- */

START_TEST(entry_reasons)
{
    enum vtl_entry_reason reason;

    prepare_sim(2, SIM);
    set_synthetic(2, HV_REGISTER_VP_ASSIST_PAGE, ASSIST | 1);
    reason = send_load();
    vtl_enter(vp, 2, reason);
    ck_assert_uint_eq(number_at(ASSIST_REASON, 4), 2);
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    set_synthetic(2, HV_REGISTER_VSM_PARTITION_CONFIG, HV_VSM_INTERCEPT_PAGE);
    reason = send_load();
    vtl_enter(vp, 2, reason);
    ck_assert_uint_eq(number_at(ASSIST_REASON, 4), 3);
    CHECK_MESSAGE(ASSIST_MESSAGE, LDR_MESSAGE(0)); /* that is behind */
}
END_TEST

/* The slot says that more waits; EOM brings it. */
START_TEST(busy_slot)
{
    prepare_sim(2, SIM);
    send_load();
    set_code(STR_W);
    ck_assert_int_eq(send_found(2, HV_MESSAGE_GPA_INTERCEPT), VTL_ENTRY_INTERRUPT);
    CHECK_MESSAGE(SIM, LDR_MESSAGE(1));
    ck_assert_uint_eq(vp->level[2].synic.queue[0].length, 1);
    ck_assert_uint_eq(partition->interrupt[VP][2].count, 1);
    set_synthetic(2, HV_REGISTER_EOM, 0); /* too early */
    CHECK_MESSAGE(SIM, LDR_MESSAGE(1));
    clear(SIM);
    set_synthetic(2, HV_REGISTER_EOM, 0);
    CHECK_MESSAGE(SIM, MESSAGE(0x80000001, 0x40, 0), HEADER(1, 1, EL1H),
                  MEMORY(4, 3, STR_W, 0x5008, 0x5008, 0x9381004f));
    ck_assert_uint_eq(partition->interrupt[VP][2].count, 2);
    ck_assert_uint_eq(vp->level[2].synic.queue[0].length, 0);
}
END_TEST

/* It is entered all the same, and finds the message once it has prepared its page. */
START_TEST(nobody_prepared)
{
    ck_assert_int_eq(send_load(), VTL_ENTRY_INTERRUPT);
    ck_assert_uint_eq(vp->level[2].synic.queue[0].length, 1);
    ck_assert_uint_eq(vp->level[2].tlb_locked, 1);
    ck_assert_uint_eq(partition->interrupt[VP][2].count, 0);
    prepare_sim(2, SIM);
    CHECK_MESSAGE(SIM, LDR_MESSAGE(0));
    ck_assert_uint_eq(partition->interrupt[VP][2].count, 1);
    clear(SIM);
    for (unsigned i = 0; i < 100; i++) /* nor is there an end to its memory */
        ck_assert_int_eq(send_load(), VTL_ENTRY_INTERRUPT);
    ck_assert_uint_eq(vp->level[2].synic.queue[0].length, SYNIC_QUEUE_LENGTH);
}
END_TEST

/* --- Whose ----------------------------------------------------------------------------------- */

START_TEST(owners)
{
    struct vtl_fault fault = {.gpa = 0x5fff, .rights = W};

    ck_assert_uint_eq(vtl_protection_enable(core, 1, ALL), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vtl_intercept_owner(vp, &fault), 0);
    allow(5, R);
    ck_assert_uint_eq(vtl_intercept_owner(vp, &fault), 2);
    ck_assert_uint_eq(vtl_protection_set(core, 1, 5, 1, R), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vtl_intercept_owner(vp, &fault), 1);
    fault.rights = R;
    ck_assert_uint_eq(vtl_intercept_owner(vp, &fault), 0);
    fault = (struct vtl_fault){.gpa = 0x6000, .rights = W};
    ck_assert_uint_eq(vtl_intercept_owner(vp, &fault), 0);
    fault.gpa = 0x5000;
    vp->active = 1;
    ck_assert_uint_eq(vtl_intercept_owner(vp, &fault), 2);
    vp->active = 2;
    ck_assert_uint_eq(vtl_intercept_owner(vp, &fault), 0);
}
END_TEST

START_TEST(who_wants)
{
    static const struct {
        unsigned active;
        bool vtl1, vtl2;
        unsigned wanted;
    } rows[] = {
        {0, false, false, 0}, {0, true, false, 1}, {0, false, true, 2}, {0, true, true, 1},
        {1, true, false, 0},  {1, true, true, 2},  {2, true, true, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const uint64_t other = HV_VSM_INTERCEPT_NOT_PRESENT;

        vp->active = rows[i].active;
        set_synthetic(1, HV_REGISTER_VSM_PARTITION_CONFIG,
                      rows[i].vtl1 ? HV_VSM_INTERCEPT_SYSTEM_RESET : other);
        set_synthetic(2, HV_REGISTER_VSM_PARTITION_CONFIG,
                      rows[i].vtl2 ? HV_VSM_INTERCEPT_SYSTEM_RESET : other);
        ck_assert_msg(vtl_intercept_wanted(vp, HV_VSM_INTERCEPT_SYSTEM_RESET) == rows[i].wanted,
                      "row %zu", i);
    }
}
END_TEST

/* --- Pending events -------------------------------------------------------------------------- */

#define EVENT(n) (HV_REGISTER_PENDING_EVENT0 + (n))
#define PENDING 1ull

static enum hv_status set_event(unsigned vtl, unsigned n, uint64_t low, uint64_t high)
{
    return hv_register_set(vp, vtl, EVENT(n), (struct hv_u128){low, high});
}

static void check_event(unsigned vtl, unsigned n, uint64_t low, uint64_t high)
{
    struct hv_u128 value;

    ck_assert_uint_eq(hv_register_get(vp, vtl, EVENT(n), &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, low);
    ck_assert_uint_eq(value.high, high);
}

START_TEST(event_is_taken_once)
{
    uint64_t syndrome = 0, address = 0;

    ck_assert(!vtl_event_take(vp, &syndrome, &address));
    ck_assert_uint_eq(set_event(0, 1, 0x5008, 0), HV_STATUS_SUCCESS);
    ck_assert(!vtl_event_take(vp, &syndrome, &address)); /* the address alone is none */
    ck_assert_uint_eq(set_event(0, 0, PENDING, 0x96000010), HV_STATUS_SUCCESS);
    check_event(0, 0, PENDING, 0x96000010);
    check_event(0, 1, 0x5008, 0);
    ck_assert(vtl_event_take(vp, &syndrome, &address));
    ck_assert_uint_eq(syndrome, 0x96000010);
    ck_assert_uint_eq(address, 0x5008);
    check_event(0, 0, 0, 0);
    check_event(0, 1, 0, 0);
    ck_assert(!vtl_event_take(vp, &syndrome, &address));
}
END_TEST

START_TEST(event_of_active_vtl)
{
    uint64_t syndrome, address;

    set_event(1, 0, PENDING, 1);
    ck_assert(!vtl_event_take(vp, &syndrome, &address));
    check_event(0, 0, 0, 0);
    vp->active = 1;
    ck_assert(vtl_event_take(vp, &syndrome, &address));
    ck_assert_uint_eq(syndrome, 1);
    ck_assert_uint_eq(address, 0);
    set_event(1, 0, PENDING, 2);
    vp = &core->vps[0];
    vp->active = 1;
    ck_assert(!vtl_event_take(vp, &syndrome, &address)); /* each VP's own */
}
END_TEST

START_TEST(event_is_taken_back)
{
    uint64_t syndrome, address;

    set_event(0, 0, PENDING, 7);
    ck_assert_uint_eq(set_event(0, 0, 0, 7), HV_STATUS_SUCCESS);
    check_event(0, 0, 0, 7);
    ck_assert(!vtl_event_take(vp, &syndrome, &address));
}
END_TEST

START_TEST(event_bits)
{
    set_event(0, 0, PENDING, 7);
    for (unsigned bit = 1; bit < 64; bit++)
        ck_assert_msg(set_event(0, 0, 1ull << bit | PENDING, 8) == HV_STATUS_INVALID_REGISTER_VALUE,
                      "bit %u", bit);
    check_event(0, 0, PENDING, 7);
    ck_assert_uint_eq(set_event(0, 0, PENDING, UINT64_MAX), HV_STATUS_SUCCESS);
    check_event(0, 0, PENDING, UINT64_MAX);
}
END_TEST

UNIT_MAIN_WITH("intercept", set_up, tear_down, memory_in_slot, memory_in_assist_page,
               no_assist_page, other_owner, reset_message, hypercall_message, syndromes, fetch,
               unmapped, unknown, walks, tlb_lock,
               no_tlb_lock_for_a_mapping_that_has_gone, entry_reasons, busy_slot, nobody_prepared,
               owners, who_wants, event_is_taken_once, event_of_active_vtl, event_is_taken_back,
               event_bits)
