/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rights of lower VTLs on pages: who sets them, what the back end is told, what it takes to copy,
 * and the registers of VSM that go with it.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"
#include "vtl/protection-call.h"

#define R HV_PAGE_READ
#define W HV_PAGE_WRITE
#define X HV_PAGE_EXECUTE
#define U HV_PAGE_USER_EXECUTE
#define ALL HV_PAGE_ALL

#define MODIFY HV_CALL_MODIFY_VTL_PROTECTION_MASK
#define CHECK HV_CALL_CHECK_SPARSE_GPA_PAGE_VTL_ACCESS
#define OWN_VTL 0u
#define VTL(n) (HV_INPUT_VTL_USE | (n))
/* EnableVtlProtection with all rights: what paravisors write. */
#define CONFIG_ON 0x1full

/* Pages of the fake's RAM for memory forms; tests protect others. */
#define INPUT 0xe000u
#define OUTPUT 0xf000u

/* Both conventions, and in each both forms. */
enum form { FORM_SMCCC_FAST, FORM_SMCCC_MEMORY, FORM_NATIVE_FAST, FORM_NATIVE_MEMORY, FORMS };
#define IS_FAST(form) ((form) % 2 == 0)

static struct memory_partition *partition;
static struct vtl_partition *core;
static struct vtl_vp *vp;

/* --- What is logged -------------------------------------------------------------------------- */

static char last_line[512];
static unsigned warnings, infos, criticals;

static void take_line(const char *domain, GLogLevelFlags level, const char *line, void *data)
{
    (void)domain;
    (void)data;
    warnings += !!(level & G_LOG_LEVEL_WARNING);
    infos += !!(level & G_LOG_LEVEL_INFO);
    criticals += !!(level & G_LOG_LEVEL_CRITICAL);
    g_strlcpy(last_line, line, sizeof(last_line));
}

/* --- Fixture --------------------------------------------------------------------------------- */

static enum hv_status set_register(unsigned vtl, uint32_t name, uint64_t value)
{
    return hv_register_set(vp, vtl, name, (struct hv_u128){value, 0});
}

static uint64_t get_register(unsigned vtl, uint32_t name)
{
    struct hv_u128 value = {UINT64_MAX, UINT64_MAX};

    ck_assert_uint_eq(hv_register_get(vp, vtl, name, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.high, 0);
    return value.low;
}

static enum hv_status set_config(unsigned vtl, uint64_t value)
{
    return set_register(vtl, HV_REGISTER_VSM_PARTITION_CONFIG, value);
}

static void enable(unsigned owner)
{
    ck_assert_uint_eq(set_config(owner, CONFIG_ON), HV_STATUS_SUCCESS);
    partition->protects = 0;
}

static void set_up(void)
{
    partition = memory_partition_new(7, 2);
    core = partition->core;
    vp = &core->vps[0];
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        core->guest_os_id[vtl] = 1;
    warnings = infos = criticals = 0;
    g_log_set_default_handler(take_line, NULL);
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

/* --- Calls ----------------------------------------------------------------------------------- */

struct call {
    uint16_t code;
    uint64_t partition, second; /* the header */
    size_t count, start;
    const uint64_t *pages;
    uint64_t result;
    uint64_t output[6]; /* of CHECK, which fast registers have no room for more of */
};

/* Where output is: behind the input (SMCCC), or in the last pairs of registers. */
static void take_output(struct call *call, enum form form, const uint64_t *blocks)
{
    size_t in = 2 + (call->count + 1) / 2 * 2, out = (call->count + 1) / 2 * 2;
    const void *output = partition->ram + OUTPUT;

    if (IS_FAST(form))
        output = blocks + (form == FORM_SMCCC_FAST ? in : HV_FAST_SIZE / 8 - out);
    memcpy(call->output, output, call->count * 8);
}

static void perform(struct call *call, enum form form)
{
    bool smccc = form < FORM_NATIVE_FAST;
    struct smccc_registers registers = {{HV_SMCCC_FUNCTION}};
    uint64_t block[HV_PAGE_SIZE / 8] = {call->partition, call->second}, *blocks;

    memcpy(block + 2, call->pages, call->count * sizeof(uint64_t));
    blocks = registers.x + (smccc ? 2 : 1);
    blocks[-1] = call->code | (uint64_t)IS_FAST(form) << 16 | (uint64_t)call->count << 32 |
                 (uint64_t)call->start << 48;
    if (IS_FAST(form)) {
        memcpy(blocks, block, (2 + call->count) * 8);
    } else {
        memcpy(partition->ram + INPUT, block, sizeof(block));
        blocks[0] = INPUT;
        blocks[1] = OUTPUT;
    }
    vtl_hypercall(vp, smccc ? HVC_SMCCC : HVC_HYPERCALL, &registers);
    call->result = registers.x[0];
    if (call->code == CHECK)
        take_output(call, form, blocks);
}

#define RESULT(status, done) ((uint64_t)HV_STATUS_##status | (uint64_t)(done) << 32)

/* HvCallModifyVtlProtectionMask by the active VTL. */
static uint64_t modify_in(enum form form, unsigned vtl, unsigned rights, const uint64_t *pages,
                          size_t count)
{
    struct call call = {MODIFY, HV_PARTITION_SELF, rights | (uint64_t)vtl << 32, count, 0, pages,
                        0, {0}};

    perform(&call, form);
    return call.result;
}

static uint64_t modify(unsigned rights, const uint64_t *pages, size_t count)
{
    return modify_in(FORM_SMCCC_MEMORY, OWN_VTL, rights, pages, count);
}

static void modify_page(unsigned owner, uint64_t page, unsigned rights)
{
    unsigned active = vp->active;

    vp->active = owner;
    ck_assert_uint_eq(modify(rights, &page, 1), RESULT(SUCCESS, 1));
    vp->active = active;
}

/* HvCallCheckSparseGpaPageVtlAccess of one page. */
static uint64_t check_in(enum form form, unsigned vtl, unsigned rights, uint64_t page,
                         uint64_t *output)
{
    struct call call = {CHECK, HV_PARTITION_SELF, vtl | (uint64_t)rights << 8, 1, 0, &page, 0, {0}};

    perform(&call, form);
    *output = call.output[0];
    return call.result;
}

static void check_rights(unsigned vtl, uint64_t page, unsigned rights)
{
    ck_assert_msg(vtl_protection_effective(core, vtl, page) == rights, "VTL%u, page %u: 0x%x", vtl,
                  (unsigned)page, vtl_protection_effective(core, vtl, page));
    ck_assert_msg(partition->rights[vtl][page] == rights, "back end: VTL%u, page %u: 0x%x", vtl,
                  (unsigned)page, partition->rights[vtl][page]);
}

static void check_told(const struct memory_protect *expected, unsigned count)
{
    ck_assert_uint_eq(partition->protects, count);
    for (unsigned i = 0; i < count; i++) {
        const struct memory_protect *told = &partition->told[i];

        ck_assert_msg(told->vtl == expected[i].vtl && told->page == expected[i].page &&
                          told->count == expected[i].count && told->rights == expected[i].rights,
                      "call %u: VTL%u, %u pages from %u on: 0x%x", i, told->vtl,
                      (unsigned)told->count, (unsigned)told->page, told->rights);
    }
    ck_assert_uint_eq(partition->stopped, 0);
    partition->protects = 0;
}
#define CHECK_TOLD(...)                                                                            \
    check_told((const struct memory_protect[]){__VA_ARGS__},                                       \
               sizeof((struct memory_protect[]){__VA_ARGS__}) / sizeof(struct memory_protect))

/* --- HvCallModifyVtlProtectionMask: who, and what -------------------------------------------- */

START_TEST(all_forms)
{
    const uint64_t pages[] = {5, 6};

    enable(2);
    for (enum form form = 0; form < FORMS; form++) {
        unsigned rights = form % 2 ? R : R | X;

        ck_assert_uint_eq(modify_in(form, VTL(2), rights, pages, 2), RESULT(SUCCESS, 2));
        for (unsigned vtl = 0; vtl < 2; vtl++) {
            check_rights(vtl, 4, ALL);
            check_rights(vtl, 5, rights);
            check_rights(vtl, 6, rights);
            check_rights(vtl, 7, ALL);
        }
        check_rights(2, 5, ALL);
    }
}
END_TEST

START_TEST(who_may)
{
    static const struct {
        unsigned active, vtl;
        enum hv_status status;
    } rows[] = {
        {2, OWN_VTL, HV_STATUS_SUCCESS},
        {2, VTL(2), HV_STATUS_SUCCESS},
        {2, VTL(1), HV_STATUS_SUCCESS}, /* on behalf of a lower one */
        {1, OWN_VTL, HV_STATUS_SUCCESS},
        {1, VTL(1), HV_STATUS_SUCCESS},
        {2, VTL(0), HV_STATUS_INVALID_PARAMETER}, /* nobody is below VTL0 */
        {1, VTL(0), HV_STATUS_INVALID_PARAMETER},
        {0, OWN_VTL, HV_STATUS_INVALID_PARAMETER},
        {0, VTL(0), HV_STATUS_INVALID_PARAMETER},
        {0, VTL(1), HV_STATUS_ACCESS_DENIED},
        {0, VTL(2), HV_STATUS_ACCESS_DENIED},
        {1, VTL(2), HV_STATUS_ACCESS_DENIED},
        {1, VTL(15), HV_STATUS_ACCESS_DENIED},
        {2, VTL(3), HV_STATUS_ACCESS_DENIED},
        {2, 2, HV_STATUS_INVALID_PARAMETER}, /* a VTL, but not "use it" */
        {2, 0x20 | VTL(2), HV_STATUS_INVALID_PARAMETER},
        {2, 0x40 | VTL(2), HV_STATUS_INVALID_PARAMETER},
        {2, 0x80, HV_STATUS_INVALID_PARAMETER},
    };
    const uint64_t page = 5;

    enable(1);
    enable(2);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (enum form form = 0; form < FORMS; form++) {
            bool done = rows[i].status == HV_STATUS_SUCCESS;
            uint64_t result;

            vp->active = 2;
            partition->protects = 0;
            modify_page(1, 5, ALL);
            modify_page(2, 5, ALL);
            vp->active = rows[i].active;
            result = modify_in(form, rows[i].vtl, R, &page, 1);
            ck_assert_msg(result == (rows[i].status | (uint64_t)done << 32), "row %zu: 0x%llx", i,
                          (unsigned long long)result);
            check_rights(0, 5, done ? R : ALL);
        }
}
END_TEST

START_TEST(header_mistakes)
{
    static const struct {
        uint64_t partition, second;
        enum hv_status status;
    } rows[] = {
        {1, R, HV_STATUS_INVALID_PARTITION_ID},
        {0, R, HV_STATUS_INVALID_PARTITION_ID},
        {HV_PARTITION_SELF, R | 1ull << 40, HV_STATUS_INVALID_PARAMETER},
        {HV_PARTITION_SELF, R | 1ull << 48, HV_STATUS_INVALID_PARAMETER},
        {HV_PARTITION_SELF, R | 1ull << 63, HV_STATUS_INVALID_PARAMETER},
        {HV_PARTITION_SELF, R, HV_STATUS_SUCCESS},
    };
    const uint64_t page = 5;

    enable(2);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct call call = {MODIFY, rows[i].partition, rows[i].second, 1, 0, &page, 0, {0}};

        perform(&call, FORM_NATIVE_FAST);
        ck_assert_msg((call.result & 0xffff) == rows[i].status, "row %zu", i);
        check_rights(0, 5, rows[i].status ? ALL : R);
    }
}
END_TEST

START_TEST(before_protections_are_on)
{
    const uint64_t page = 5;

    ck_assert_uint_eq(modify(R, &page, 1), RESULT(ACCESS_DENIED, 0));
    enable(1); /* of VTL1, not of VTL2 */
    ck_assert_uint_eq(modify(R, &page, 1), RESULT(ACCESS_DENIED, 0));
    check_rights(0, 5, ALL);
    enable(2);
    ck_assert_uint_eq(modify(R, &page, 1), RESULT(SUCCESS, 1));
}
END_TEST

START_TEST(before_those_of_a_lower_one_are_on)
{
    const uint64_t page = 5;

    enable(2);
    ck_assert_uint_eq(modify_in(FORM_NATIVE_FAST, VTL(1), R, &page, 1), RESULT(ACCESS_DENIED, 0));
    vp->active = 1;
    ck_assert_uint_eq(modify(R, &page, 1), RESULT(ACCESS_DENIED, 0));
    check_rights(0, 5, ALL);
}
END_TEST

START_TEST(absent_vtl)
{
    const uint64_t page = 5;

    core->enabled = 5;
    enable(2);
    ck_assert_uint_eq(modify_in(FORM_NATIVE_FAST, VTL(1), R, &page, 1),
                      RESULT(INVALID_PARAMETER, 0));
}
END_TEST

START_TEST(masks)
{
    static const unsigned valid[] = {
        0, R, R | W, R | X, R | U, R | W | X, R | W | U, R | X | U, ALL,
    };
    const uint64_t page = 5;
    unsigned accepted = 0;

    enable(2);
    for (unsigned rights = 0; rights < 0x40; rights++)
        accepted += modify(rights, &page, 1) == RESULT(SUCCESS, 1);
    ck_assert_uint_eq(accepted, G_N_ELEMENTS(valid));
    for (size_t i = 0; i < G_N_ELEMENTS(valid); i++) {
        ck_assert_uint_eq(modify(valid[i], &page, 1), RESULT(SUCCESS, 1));
        check_rights(0, 5, valid[i]);
    }
    ck_assert_uint_eq(modify(1u << 31 | R, &page, 1), RESULT(INVALID_PARAMETER, 0));
    ck_assert_uint_eq(modify(W, &page, 1), RESULT(INVALID_PARAMETER, 0));
    check_rights(0, 5, ALL);
}
END_TEST

/* --- Repetitions ----------------------------------------------------------------------------- */

START_TEST(limits_of_ram)
{
    static const struct {
        uint64_t pages[3];
        unsigned good; /* of them */
    } rows[] = {
        {{4, 5, 6}, 3},
        {{9, 10, 11}, 3},
        {{3, 4, 5}, 0},
        {{4, 3, 5}, 1},
        {{10, 11, 12}, 2}, /* one run, half of it RAM */
        {{11, 12, 4}, 1},
        {{12, 4, 5}, 0},
        {{4, 6, 12}, 2},
        {{UINT64_MAX, 0, 1}, 0},
        {{4, UINT64_MAX, 0}, 1},
        {{0, 4, 5}, 0},
        {{11, 1ull << 52 | 5, 5}, 1}, /* as an address page 5 again */
        {{1ull << 63, 4, 5}, 0},
    };

    vtl_partition_set_ram(core, 4, 8);
    enable(2);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (enum form form = 0; form < FORMS; form++) {
            uint64_t result = modify_in(form, OWN_VTL, R, rows[i].pages, 3);
            uint64_t status = rows[i].good == 3 ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;

            ck_assert_msg(result == (status | (uint64_t)rows[i].good << 32), "row %zu: 0x%llx", i,
                          (unsigned long long)result);
            for (uint64_t page = 0; page < 16; page++) {
                bool set = false;

                for (unsigned j = 0; j < rows[i].good; j++)
                    set |= rows[i].pages[j] == page;
                check_rights(0, page, set ? R : ALL);
            }
            ck_assert_uint_eq(vtl_protection_set(core, 2, 4, 8, ALL), HV_STATUS_SUCCESS);
        }
}
END_TEST

/* From the start index on only, and the count includes those before it. */
START_TEST(start_index)
{
    const uint64_t pages[] = {4, 5, 6, 99, 7};
    struct call call = {MODIFY, HV_PARTITION_SELF, R, 3, 2, pages, 0, {0}};

    enable(2);
    perform(&call, FORM_SMCCC_FAST);
    ck_assert_uint_eq(call.result, RESULT(SUCCESS, 3));
    check_rights(0, 5, ALL);
    check_rights(0, 6, R);
    call.count = 5;
    call.start = 3;
    perform(&call, FORM_SMCCC_FAST);
    ck_assert_uint_eq(call.result, RESULT(INVALID_PARAMETER, 3));
    check_rights(0, 7, ALL);
    call.start = 4;
    perform(&call, FORM_SMCCC_FAST);
    ck_assert_uint_eq(call.result, RESULT(SUCCESS, 5));
    check_rights(0, 7, R);
}
END_TEST

/* --- What the back end is told --------------------------------------------------------------- */

START_TEST(contiguous)
{
    const uint64_t pages[] = {5, 6, 7};

    enable(1);
    enable(2);
    modify(R, pages, 3);
    CHECK_TOLD({0, 5, 3, R}, {1, 5, 3, R});
    vp->active = 1;
    modify(0, pages, 3);
    CHECK_TOLD({0, 5, 3, 0}); /* only VTLs below */
}
END_TEST

START_TEST(scattered)
{
    const uint64_t pages[] = {9, 5, 6, 4};

    enable(2);
    ck_assert_uint_eq(modify(R, pages, 4), RESULT(SUCCESS, 4));
    CHECK_TOLD({0, 9, 1, R}, {1, 9, 1, R}, {0, 5, 2, R}, {1, 5, 2, R}, {0, 4, 1, R}, {1, 4, 1, R});
    check_rights(0, 7, ALL);
}
END_TEST

START_TEST(duplicates)
{
    const uint64_t pages[] = {5, 5, 6, 6, 5};

    enable(2);
    ck_assert_uint_eq(modify(R, pages, 5), RESULT(SUCCESS, 5));
    CHECK_TOLD({0, 5, 1, R}, {1, 5, 1, R}, {0, 6, 1, R}, {1, 6, 1, R});
    modify(R, pages, 5); /* no change: nothing to tell */
    ck_assert_uint_eq(partition->protects, 0);
}
END_TEST

/* As many as fit into a page of input. */
START_TEST(whole_input_page)
{
    enum { COUNT = (HV_PAGE_SIZE - sizeof(struct hv_modify_protection)) / 8 };
    uint64_t pages[COUNT];

    for (unsigned i = 0; i < COUNT; i++)
        pages[i] = 100 + i;
    vtl_partition_set_ram(core, 0, MEMORY_PARTITION_PROTECTABLE);
    enable(2);
    ck_assert_uint_eq(modify(R | X, pages, COUNT), RESULT(SUCCESS, COUNT));
    CHECK_TOLD({0, 100, COUNT, R | X}, {1, 100, COUNT, R | X});
    check_rights(0, 99, ALL);
    check_rights(0, 100 + COUNT - 1, R | X);
    check_rights(0, 100 + COUNT, ALL);
    for (unsigned i = 0; i < COUNT; i++)
        pages[i] = 2 * i;
    ck_assert_uint_eq(modify(0, pages, COUNT), RESULT(SUCCESS, COUNT));
    ck_assert_uint_eq(partition->protects, 2 * COUNT);
    check_rights(1, 2 * (COUNT - 1), 0);
    check_rights(1, 2 * (COUNT - 1) - 1, ALL);
}
END_TEST

/* One more does not. */
START_TEST(beyond_the_input_page)
{
    uint64_t pages[(HV_PAGE_SIZE - sizeof(struct hv_modify_protection)) / 8 + 1] = {5};
    struct smccc_registers registers = {
        {MODIFY | (uint64_t)G_N_ELEMENTS(pages) << 32, INPUT, 0}};

    enable(2);
    vtl_hypercall(vp, HVC_HYPERCALL, &registers);
    ck_assert_uint_eq(registers.x[0], HV_STATUS_INVALID_ALIGNMENT);
    ck_assert_uint_eq(partition->protects, 0);
}
END_TEST

/* Some of the pages have the rights already, some have others: no page is told in vain. */
START_TEST(different_before)
{
    const uint64_t pages[] = {4, 5, 6, 7, 8, 9};

    enable(2);
    modify_page(2, 5, R);
    modify_page(2, 8, 0);
    partition->protects = 0;
    modify(R, pages, 6);
    for (unsigned i = 0; i < partition->protects; i++)
        ck_assert(partition->told[i].page > 5 ||
                  partition->told[i].page + partition->told[i].count <= 5);
    ck_assert_uint_le(partition->protects, 8); /* 4, 6 and 7, 8, 9: of each VTL */
    for (uint64_t page = 4; page <= 9; page++)
        check_rights(1, page, R);
}
END_TEST

/* --- Two VTLs that protect ------------------------------------------------------------------- */

START_TEST(both_owners)
{
    enable(1);
    enable(2);
    modify_page(1, 5, R | X);
    modify_page(2, 5, R | W);
    check_rights(0, 5, R);
    check_rights(1, 5, R | W);
    check_rights(2, 5, ALL);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 0, 5, R), 0);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 0, 5, W), 1);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 0, 5, X), 2);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 0, 5, R | W | X), 1);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 1, 5, W), 0);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 1, 5, X), 2);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 2, 5, ALL), 0);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 0, 6, ALL), 0);
}
END_TEST

START_TEST(other_owner_forbids_anyway)
{
    enable(1);
    enable(2);
    modify_page(2, 5, 0);
    partition->protects = 0;
    modify_page(1, 5, R);
    modify_page(1, 5, R | X);
    ck_assert_uint_eq(partition->protects, 0);
    modify_page(2, 5, ALL);
    CHECK_TOLD({0, 5, 1, R | X}, {1, 5, 1, ALL});
    modify_page(2, 5, R | X | U);
    CHECK_TOLD({1, 5, 1, R | X | U});
    check_rights(0, 5, R | X);
}
END_TEST

START_TEST(beyond_ram)
{
    vtl_partition_set_ram(core, 4, 8);
    ck_assert_uint_eq(set_config(2, HV_VSM_ENABLE_PROTECTION), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vtl_protection_effective(core, 0, 4), 0);
    ck_assert_uint_eq(vtl_protection_effective(core, 0, 11), 0);
    ck_assert_uint_eq(vtl_protection_effective(core, 0, 3), ALL);
    ck_assert_uint_eq(vtl_protection_effective(core, 0, 12), ALL);
    ck_assert_uint_eq(vtl_protection_effective(core, 0, UINT64_MAX), ALL);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 0, 3, R), 0);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 0, 4, R), 2);
    ck_assert_uint_eq(vtl_protection_denied_by(core, 0, 12, R), 0);
}
END_TEST

/* --- A back end that fails ------------------------------------------------------------------- */

START_TEST(back_end_fails)
{
    const uint64_t pages[] = {5, 6, 8, 9};

    enable(1);
    enable(2);
    modify_page(1, 6, R);
    modify_page(2, 9, R | X);
    partition->protect_fails = 2; /* VTL0 has been done */
    ck_assert_uint_eq(modify(0, pages, 1), RESULT(INSUFFICIENT_MEMORY, 0));
    check_rights(0, 5, ALL);
    check_rights(1, 5, ALL);
    ck_assert_uint_eq(partition->stopped, 0);
    ck_assert_uint_eq(criticals, 1);
    /* The first run takes three calls, as VTL0 had less on page 6. */
    partition->protect_fails = 5;
    ck_assert_uint_eq(modify(0, pages, 4), RESULT(INSUFFICIENT_MEMORY, 2));
    check_rights(0, 5, 0);
    check_rights(1, 6, 0);
    check_rights(0, 8, ALL);
    check_rights(0, 9, R | X);
    check_rights(1, 9, R | X);
    ck_assert_uint_eq(modify(0, pages, 4), RESULT(SUCCESS, 4));
    check_rights(1, 9, 0);
}
END_TEST

START_TEST(enabling_fails)
{
    const uint64_t before = get_register(2, HV_REGISTER_VSM_PARTITION_CONFIG), page = 5;

    for (unsigned nth = 1; nth <= 2; nth++) {
        partition->protect_fails = nth;
        ck_assert_uint_eq(set_config(2, HV_VSM_ENABLE_PROTECTION), HV_STATUS_INSUFFICIENT_MEMORY);
        ck_assert_uint_eq(get_register(2, HV_REGISTER_VSM_PARTITION_CONFIG), before);
        check_rights(0, 5, ALL);
        check_rights(1, 15, ALL);
        ck_assert_uint_eq(modify(R, &page, 1), RESULT(ACCESS_DENIED, 0));
    }
    ck_assert_uint_eq(set_config(2, HV_VSM_ENABLE_PROTECTION), HV_STATUS_SUCCESS);
    check_rights(0, 5, 0);
}
END_TEST

/* --- HvCallCheckSparseGpaPageVtlAccess ------------------------------------------------------- */

#define DENIED(rights, vtl) (1u | (rights) << 8 | (vtl) << 16)

START_TEST(check_access)
{
    static const struct {
        unsigned active, vtl, rights;
        uint64_t page;
        enum hv_status status;
        uint64_t output;
    } rows[] = {
        {2, VTL(0), R, 5, HV_STATUS_SUCCESS, 0},
        {2, VTL(0), R | W, 5, HV_STATUS_SUCCESS, DENIED(W, 1)},
        {2, VTL(0), R | X, 5, HV_STATUS_SUCCESS, DENIED(X, 2)},
        {2, VTL(0), ALL, 5, HV_STATUS_SUCCESS, DENIED(W | X, 1)},
        {2, VTL(0), U, 5, HV_STATUS_SUCCESS, 0}, /* no MBEC */
        {2, VTL(1), R | W, 5, HV_STATUS_SUCCESS, 0},
        {2, VTL(1), X, 5, HV_STATUS_SUCCESS, DENIED(X, 2)},
        {2, VTL(2), ALL, 5, HV_STATUS_SUCCESS, 0},
        {2, OWN_VTL, ALL, 6, HV_STATUS_SUCCESS, 0},
        {2, VTL(1), ALL, 6, HV_STATUS_SUCCESS, DENIED(R | W | X, 2)},
        {1, VTL(0), W, 6, HV_STATUS_SUCCESS, DENIED(W, 2)},
        {0, OWN_VTL, W, 7, HV_STATUS_SUCCESS, 0},
        {0, OWN_VTL, W, 6, HV_STATUS_SUCCESS, DENIED(W, 2)},
        {2, VTL(0), 0, 6, HV_STATUS_SUCCESS, 0},
        {0, VTL(2), R, 5, HV_STATUS_ACCESS_DENIED, 0},
        {1, VTL(2), R, 5, HV_STATUS_ACCESS_DENIED, 0},
        {2, 1, R, 5, HV_STATUS_INVALID_PARAMETER, 0},
        {2, VTL(0), 0x10, 5, HV_STATUS_INVALID_PARAMETER, 0},
        {2, VTL(0), 0x100, 5, HV_STATUS_INVALID_PARAMETER, 0}, /* a byte that must be zero */
        {2, VTL(0), R, 16, HV_STATUS_INVALID_PARAMETER, 0},
        {2, VTL(0), R, UINT64_MAX, HV_STATUS_INVALID_PARAMETER, 0},
    };
    uint64_t output;

    enable(1);
    enable(2);
    modify_page(1, 5, R | X);
    modify_page(2, 5, R | W);
    modify_page(2, 6, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (enum form form = 0; form < FORMS; form++) {
            uint64_t done = rows[i].status == HV_STATUS_SUCCESS;
            uint64_t result;

            memset(partition->ram + OUTPUT, 0, HV_PAGE_SIZE);
            vp->active = rows[i].active;
            result = check_in(form, rows[i].vtl, rows[i].rights, rows[i].page, &output);
            ck_assert_msg(result == (rows[i].status | done << 32), "row %zu: 0x%llx", i,
                          (unsigned long long)result);
            ck_assert_msg(!done || output == rows[i].output, "row %zu, form %d: 0x%llx", i, form,
                          (unsigned long long)output);
        }
    vp->active = 2;
}
END_TEST

/* The nth page is bad: those before it are answered, and counted. */
START_TEST(check_repetitions)
{
    const uint64_t pages[] = {5, 6, 16, 7};
    struct call call = {CHECK, HV_PARTITION_SELF, VTL(0) | R << 8, 4, 0, pages, 0, {0}};

    enable(2);
    modify_page(2, 6, 0);
    memset(partition->ram + OUTPUT, 0xee, 64);
    perform(&call, FORM_SMCCC_MEMORY);
    ck_assert_uint_eq(call.result, RESULT(INVALID_PARAMETER, 2));
    ck_assert_uint_eq(call.output[0], 0);
    ck_assert_uint_eq(call.output[1], DENIED(R, 2));
    ck_assert_uint_eq(call.output[2], 0xeeeeeeeeeeeeeeee);
    call.partition = 5;
    perform(&call, FORM_SMCCC_MEMORY);
    ck_assert_uint_eq(call.result, RESULT(INVALID_PARTITION_ID, 0));
}
END_TEST

/* --- Copies ---------------------------------------------------------------------------------- */

START_TEST(copies)
{
    static const struct {
        unsigned vtl;
        uint64_t gpa;
        size_t size;
        int read, write;
    } rows[] = {
        /* 5 all, 6 read-only, 7 nothing, 8 all */
        {0, 0x5000, 16, 0, 0},
        {0, 0x5ff0, 16, 0, 0},
        {0, 0x5ff8, 16, 0, -EACCES},
        {0, 0x5fff, 2, 0, -EACCES},
        {0, 0x6000, 1, 0, -EACCES},
        {0, 0x6fff, 1, 0, -EACCES},
        {0, 0x6fff, 2, -EACCES, -EACCES},
        {0, 0x7000, 1, -EACCES, -EACCES},
        {0, 0x7fff, 2, -EACCES, -EACCES},
        {0, 0x8000, 16, 0, 0},
        {0, 0x5ff0, 0x3020, -EACCES, -EACCES}, /* over all of them */
        {1, 0x6ff8, 16, -EACCES, -EACCES},
        {2, 0x5ff0, 0x3020, 0, 0},
        {0, 0xfff8, 16, -EFAULT, -EFAULT},
        {0, 0x10000, 1, -EFAULT, -EFAULT},
        {0, UINT64_MAX, 1, -EFAULT, -EFAULT},
        {0, UINT64_MAX - 7, 16, -EFAULT, -EFAULT},
    };
    static uint8_t before[MEMORY_PARTITION_RAM], buffer[0x4000], untouched[0x4000];

    enable(2);
    modify_page(2, 6, R);
    modify_page(2, 7, 0);
    memset(partition->ram, 0x11, sizeof(partition->ram));
    memset(untouched, 0x22, sizeof(untouched));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int error;

        memcpy(before, partition->ram, sizeof(before));
        memset(buffer, 0x22, sizeof(buffer));
        error = vtl_memory_read(core, rows[i].vtl, rows[i].gpa, buffer, rows[i].size);
        ck_assert_msg(error == rows[i].read, "row %zu: read %d", i, error);
        ck_assert_msg(!memcmp(buffer, untouched, rows[i].size) == (error < 0), "row %zu", i);
        memset(buffer, (int)(0x40 + i), sizeof(buffer));
        error = vtl_memory_write(core, rows[i].vtl, rows[i].gpa, buffer, rows[i].size);
        ck_assert_msg(error == rows[i].write, "row %zu: write %d", i, error);
        ck_assert_msg(!memcmp(partition->ram, before, sizeof(before)) == (error < 0), "row %zu", i);
    }
}
END_TEST

START_TEST(exchanges)
{
    static const struct {
        uint64_t gpa;
        int error;
    } rows[] = {{0x5000, 0}, {0x5ff8, 0}, {0x6000, -EACCES}, {0x7000, -EACCES}, {0x10000, -EFAULT}};

    enable(2);
    modify_page(2, 6, R);
    modify_page(2, 7, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned before = partition->exchanges;

        ck_assert_int_eq(vtl_memory_exchange(core, 0, rows[i].gpa, 0, 7), rows[i].error);
        ck_assert_uint_eq(partition->exchanges, before + !rows[i].error);
    }
    ck_assert_int_eq(vtl_memory_exchange(core, 0, 0x5000, 0, 8), -EAGAIN);
    ck_assert_int_eq(vtl_memory_exchange(core, 2, 0x7000, 0, 7), 0);
}
END_TEST

/* A VTL's own hypercalls read and write with its rights. */
START_TEST(hypercall_blocks)
{
    uint64_t output;

    enable(2);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        bool free = vtl == 2;

        modify_page(2, INPUT / HV_PAGE_SIZE, ALL);
        modify_page(2, OUTPUT / HV_PAGE_SIZE, ALL);
        vp->active = vtl;
        ck_assert_uint_eq(check_in(FORM_SMCCC_MEMORY, OWN_VTL, R, 5, &output), RESULT(SUCCESS, 1));
        modify_page(2, INPUT / HV_PAGE_SIZE, R);
        ck_assert_uint_eq(check_in(FORM_SMCCC_MEMORY, OWN_VTL, R, 5, &output), RESULT(SUCCESS, 1));
        modify_page(2, INPUT / HV_PAGE_SIZE, 0);
        ck_assert_uint_eq(check_in(FORM_SMCCC_MEMORY, OWN_VTL, R, 5, &output),
                          free ? RESULT(SUCCESS, 1) : RESULT(INVALID_HYPERCALL_INPUT, 0));
        modify_page(2, INPUT / HV_PAGE_SIZE, ALL);
        modify_page(2, OUTPUT / HV_PAGE_SIZE, 0);
        ck_assert_uint_eq(check_in(FORM_SMCCC_MEMORY, OWN_VTL, R, 5, &output),
                          free ? RESULT(SUCCESS, 1) : RESULT(INVALID_HYPERCALL_INPUT, 0));
        modify_page(2, OUTPUT / HV_PAGE_SIZE, R);
        memset(partition->ram + OUTPUT, 0xee, 8);
        ck_assert_uint_eq(check_in(FORM_SMCCC_MEMORY, OWN_VTL, R, 5, &output) & 0xffff,
                          free ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_HYPERCALL_INPUT);
        ck_assert_uint_eq(output, free ? 0 : 0xeeeeeeeeeeeeeeee);
        vp->active = 2;
    }
}
END_TEST

/* --- The log --------------------------------------------------------------------------------- */

static void check_line(const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strstr(last_line, words[i]), "no '%s' in: %s", words[i], last_line);
}
#define CHECK_LINE(...)                                                                            \
    check_line((const char *const[]){__VA_ARGS__},                                                 \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

START_TEST(log_of_changes)
{
    const uint64_t pages[] = {5, 6, 7};

    enable(1);
    enable(2);
    infos = 0;
    modify(R | X, pages, 3);
    ck_assert_uint_eq(infos, 1);
    CHECK_LINE("VP0 at VTL2", "GPA 0x5000-0x7fff", "VTL2 now allows r-x", "rwx before");
    modify_in(FORM_NATIVE_FAST, VTL(1), 0, pages + 1, 1);
    ck_assert_uint_eq(infos, 2);
    CHECK_LINE("VP0 at VTL2", "GPA 0x6000-0x6fff", "VTL1 now allows ---", "rwx before");
    modify(R | W, pages + 2, 1);
    CHECK_LINE("GPA 0x7000-0x7fff", "VTL2 now allows rw-", "r-x before");
    ck_assert_uint_eq(infos, 3);
    ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(log_of_refusals)
{
    const uint64_t pages[] = {5, 99};

    enable(2);
    modify(R | X, pages, 2);
    ck_assert_uint_eq(warnings, 1);
    CHECK_LINE("VP0 at VTL2", "GPA 0x63000", "r-x (0x5)", "INVALID_PARAMETER",
               "no RAM", "VTL0 has rwx");
    modify(W, pages, 1);
    CHECK_LINE("VP0 at VTL2", "GPA 0x5000", "-w- (0x2)", "INVALID_PARAMETER",
               "no writing or executing without reading", "VTL0 has r-x");
    vp->active = 0;
    modify(R | W | X, pages, 1);
    CHECK_LINE("VP0 at VTL0", "GPA 0x5000", "rwx (0x7)", "INVALID_PARAMETER",
               "not a VTL whose protections it could set", "VTL0 has r-x");
    modify_in(FORM_NATIVE_FAST, VTL(2), R, pages, 1);
    CHECK_LINE("ACCESS_DENIED", "r-- (0x1)");
    ck_assert_uint_eq(warnings, 4);
}
END_TEST

/* What a guest takes for a page number may be an address: it is told as it came. */
START_TEST(log_of_absurd_pages)
{
    const uint64_t page = 0xffff800080001000;

    enable(2);
    modify(R, &page, 1);
    CHECK_LINE("GPA 0xffff800080001000000 ");
}
END_TEST

/* A guest must not fill the disk; each VP has its share. */
START_TEST(log_is_limited)
{
    const uint64_t page = 99;

    enable(2);
    for (unsigned i = 0; i < 20; i++)
        modify(R, &page, 1);
    ck_assert_uint_eq(warnings, 21);
    CHECK_LINE("VP0: and so on", "--log-level debug");
    for (unsigned i = 0; i < 30; i++)
        modify(R, &page, 1);
    ck_assert_uint_eq(warnings, 21);
    vp = &core->vps[1];
    for (unsigned i = 0; i < 50; i++)
        modify(R, &page, 1);
    ck_assert_uint_eq(warnings, 42);
    CHECK_LINE("VP1 at VTL2"); /* at a lower level */
}
END_TEST

/* --- VsmPartitionConfig ---------------------------------------------------------------------- */

START_TEST(config_of_each_vtl)
{
    for (unsigned vtl = 1; vtl < VTL_LEVELS; vtl++) {
        ck_assert_uint_eq(get_register(vtl, HV_REGISTER_VSM_PARTITION_CONFIG),
                          HV_VSM_ZERO_MEMORY_ON_RESET);
        ck_assert_uint_eq(set_config(vtl, vtl << 10), HV_STATUS_SUCCESS);
    }
    for (unsigned vtl = 1; vtl < VTL_LEVELS; vtl++)
        ck_assert_uint_eq(get_register(vtl, HV_REGISTER_VSM_PARTITION_CONFIG), vtl << 10);
    ck_assert_uint_eq(get_register(0, HV_REGISTER_VSM_PARTITION_CONFIG), 0);
    ck_assert_uint_eq(set_config(0, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set_config(0, CONFIG_ON), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(partition->protects, 0);
}
END_TEST

START_TEST(config_bits)
{
    /* See hv-registers.h; 7, 8 and 13 exist on Hyper-V, but not here. */
    const uint64_t known =
        0x1f | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 14 | 1 << 15;

    for (unsigned bit = 5; bit < 64; bit++) {
        enum hv_status expected = known >> bit & 1 ? HV_STATUS_SUCCESS
                                                   : HV_STATUS_INVALID_REGISTER_VALUE;

        ck_assert_msg(set_config(2, 1ull << bit) == expected, "bit %u", bit);
    }
    ck_assert_uint_eq(get_register(2, HV_REGISTER_VSM_PARTITION_CONFIG), 1 << 15);
}
END_TEST

/* What paravisors write, and what may change afterwards. */
START_TEST(config_write_once)
{
    static const struct {
        uint64_t value;
        enum hv_status status;
    } rows[] = {
        {0x1e, HV_STATUS_SUCCESS}, /* the mask alone: nothing is on yet */
        {0x02, HV_STATUS_SUCCESS},
        {0x04, HV_STATUS_INVALID_REGISTER_VALUE}, /* write without read */
        {0x05, HV_STATUS_INVALID_REGISTER_VALUE},
        {0x1f, HV_STATUS_SUCCESS},
        {0x1f, HV_STATUS_SUCCESS}, /* again */
        {0x1f | HV_VSM_INTERCEPT_PAGE | HV_VSM_DENY_LOWER_VTL_STARTUP, HV_STATUS_SUCCESS},
        {0x1e, HV_STATUS_INVALID_REGISTER_VALUE}, /* off */
        {0, HV_STATUS_INVALID_REGISTER_VALUE},
        {0x01, HV_STATUS_INVALID_REGISTER_VALUE}, /* another mask */
        {0x0f, HV_STATUS_INVALID_REGISTER_VALUE},
        {0x1f | 1 << 7, HV_STATUS_INVALID_REGISTER_VALUE},
        {0x1f, HV_STATUS_SUCCESS},
    };
    const uint64_t page = 5;
    uint64_t now = HV_VSM_ZERO_MEMORY_ON_RESET;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        ck_assert_msg(set_config(2, rows[i].value) == rows[i].status, "row %zu", i);
        if (rows[i].status == HV_STATUS_SUCCESS)
            now = rows[i].value;
        ck_assert_uint_eq(get_register(2, HV_REGISTER_VSM_PARTITION_CONFIG), now);
        if (now == 0x1f) /* protections that have been made survive a second write */
            ck_assert_uint_eq(modify(R, &page, 1), RESULT(SUCCESS, 1));
        ck_assert_uint_eq(vtl_protection_effective(core, 0, 5), now & 1 ? R : ALL);
    }
    ck_assert_uint_eq(get_register(1, HV_REGISTER_VSM_PARTITION_CONFIG),
                      HV_VSM_ZERO_MEMORY_ON_RESET); /* VTL1's is its own */
}
END_TEST

START_TEST(default_mask)
{
    const uint64_t page = 15;

    enable(1);
    ck_assert_uint_eq(partition->protects, 0); /* all rights: nothing to tell */
    ck_assert_uint_eq(set_config(2, HV_VSM_ENABLE_PROTECTION | R << 1), HV_STATUS_SUCCESS);
    CHECK_TOLD({0, 0, MEMORY_PARTITION_PAGES, R}, {1, 0, MEMORY_PARTITION_PAGES, R});
    check_rights(2, 0, ALL);
    ck_assert_uint_eq(modify(R | W, &page, 1), RESULT(SUCCESS, 1));
    check_rights(0, 15, R | W);
    check_rights(1, 0, R);
}
END_TEST

START_TEST(zero_memory_on_reset)
{
    static const struct {
        uint16_t enabled;
        bool vtl1, vtl2, zeroes;
    } rows[] = {
        {1, false, false, true}, /* nobody who could say otherwise */
        {3, true, false, true},  {3, false, true, false}, {5, false, true, true},
        {5, true, false, false}, {7, false, false, false}, {7, true, false, true},
        {7, false, true, true},  {7, true, true, true},
    };

    ck_assert(vtl_zeroes_memory_on_reset(core)); /* the default */
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        core->enabled = rows[i].enabled;
        set_config(1, rows[i].vtl1 ? HV_VSM_ZERO_MEMORY_ON_RESET : 0);
        set_config(2, rows[i].vtl2 ? HV_VSM_ZERO_MEMORY_ON_RESET : 0);
        ck_assert_msg(vtl_zeroes_memory_on_reset(core) == rows[i].zeroes, "row %zu", i);
    }
}
END_TEST

/* --- VsmVpSecureConfigVtln ------------------------------------------------------------------- */

#define SECURE(n) (HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0 + (n))
#define TLB_LOCKED 2ull

START_TEST(tlb_locks)
{
    static const uint64_t bad[] = {1, 3, 4, 8, 1ull << 63};

    ck_assert_uint_eq(set_register(2, SECURE(0), TLB_LOCKED), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(get_register(2, SECURE(0)), TLB_LOCKED);
    ck_assert_uint_eq(get_register(2, SECURE(1)), 0);
    ck_assert_uint_eq(get_register(1, SECURE(0)), 0); /* VTL1 holds none */
    ck_assert_uint_eq(set_register(2, SECURE(1), TLB_LOCKED), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vp->level[2].tlb_locked, 3);
    ck_assert_uint_eq(set_register(2, SECURE(0), 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(get_register(2, SECURE(0)), 0);
    ck_assert_uint_eq(get_register(2, SECURE(1)), TLB_LOCKED);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        ck_assert_uint_eq(set_register(2, SECURE(1), bad[i]), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(get_register(2, SECURE(1)), TLB_LOCKED);
    /* Of lower VTLs only. */
    ck_assert_uint_eq(set_register(1, SECURE(1), TLB_LOCKED), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set_register(0, SECURE(0), TLB_LOCKED), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set_register(0, SECURE(1), 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(core->vps[1].level[2].tlb_locked, 0);
}
END_TEST

START_TEST(tlb_locks_end_with_return)
{
    set_register(2, SECURE(0), TLB_LOCKED);
    set_register(2, SECURE(1), TLB_LOCKED);
    set_register(1, SECURE(0), TLB_LOCKED);
    vtl_enter(vp, 1, VTL_ENTRY_CALL); /* back to VTL1, which has a lock of its own */
    ck_assert_uint_eq(vp->level[2].tlb_locked, 0);
    ck_assert_uint_eq(get_register(1, SECURE(0)), TLB_LOCKED);
    set_register(1, SECURE(0), TLB_LOCKED);
    vtl_enter(vp, 2, VTL_ENTRY_CALL); /* upwards nothing ends */
    ck_assert_uint_eq(get_register(1, SECURE(0)), TLB_LOCKED);
    vtl_enter(vp, 1, VTL_ENTRY_CALL);
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    ck_assert_uint_eq(get_register(1, SECURE(0)), 0);
}
END_TEST

static uint64_t wait_for_tlb_lock(unsigned vtl, uint64_t value)
{
    return set_register(vtl, HV_REGISTER_VSM_VP_WAIT_FOR_TLB_LOCK, value);
}

/* The hypercall is to be made again until no other VP holds one. */
START_TEST(tlb_locks_of_others)
{
    ck_assert_uint_eq(wait_for_tlb_lock(2, 1), HV_STATUS_SUCCESS);
    set_register(2, SECURE(0), TLB_LOCKED); /* its own does not count */
    ck_assert_uint_eq(wait_for_tlb_lock(2, 1), HV_STATUS_SUCCESS);
    core->vps[1].level[2].tlb_locked = 1;
    ck_assert_uint_eq(wait_for_tlb_lock(2, 1), HV_STATUS_INTERRUPTED);
    ck_assert_uint_eq(wait_for_tlb_lock(2, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(wait_for_tlb_lock(1, 1), HV_STATUS_SUCCESS);
    core->vps[1].level[2].tlb_locked = 0;
    ck_assert_uint_eq(wait_for_tlb_lock(2, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(wait_for_tlb_lock(2, 2), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(wait_for_tlb_lock(0, 1), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

UNIT_MAIN_WITH("protection", set_up, tear_down, all_forms, who_may, header_mistakes,
               before_protections_are_on, before_those_of_a_lower_one_are_on, absent_vtl, masks,
               limits_of_ram, start_index, contiguous, scattered, duplicates, whole_input_page,
               beyond_the_input_page, different_before, both_owners, other_owner_forbids_anyway,
               beyond_ram, back_end_fails, enabling_fails, check_access, check_repetitions, copies,
               exchanges, hypercall_blocks, log_of_changes, log_of_refusals, log_of_absurd_pages,
               log_is_limited, config_of_each_vtl, config_bits, config_write_once, default_mask,
               zero_memory_on_reset, tlb_locks, tlb_locks_end_with_return,
               tlb_locks_of_others)
