/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bank table, switch rules, exception entry, stage-1 walk: vtl/{bank,switch,exception,translate,partition}.c. */
#include <errno.h>
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"
#include "vtl/poison.h"

#define HV_X0 0x00020000u
#define HV_Q0 0x00030000u
#define HV_Z0 0x00030100u
#define HV_P0 0x00030120u
#define HV_FFR 0x00030130u

START_TEST(bank_is_sorted)
{
    for (size_t i = 1; i < bank_table_size; i++)
        ck_assert_msg(bank_table[i - 1].hv_name < bank_table[i].hv_name, "row %s",
                      bank_table[i].name);
}
END_TEST

START_TEST(bank_find_finds_all)
{
    for (size_t i = 0; i < bank_table_size; i++)
        ck_assert_ptr_eq(bank_find(bank_table[i].hv_name), &bank_table[i]);
    ck_assert_ptr_null(bank_find(0));
    ck_assert_ptr_null(bank_find(UINT32_MAX));
    ck_assert_ptr_null(bank_find(0x0002001f));
}
END_TEST

/* TLFS, VSM, arm64: X0-X17, X19-X28 and Q0-Q31 are shared, and nothing else of the table. */
START_TEST(bank_shares_what_the_specification_shares)
{
    for (size_t i = 0; i < bank_table_size; i++) {
        uint32_t name = bank_table[i].hv_name, x = name - HV_X0;
        bool shared = x <= 17 || (x >= 19 && x <= 28) || name - HV_Q0 <= 31;

        ck_assert_msg((bank_table[i].class == BANK_SHARED) == shared, "%s", bank_table[i].name);
        if (!bank_table[i].scales)
            ck_assert_uint_eq(bank_table[i].size, name - HV_Q0 <= 31 ? 16 : 8);
    }
    ck_assert_str_eq(bank_class_name(BANK_SHARED), "shared");
}
END_TEST

/* The same: the rest of Z0-Z31 may be corrupted, and predicates with it; nothing else. */
START_TEST(bank_knows_what_may_be_corrupted)
{
    for (size_t i = 0; i < bank_table_size; i++) {
        const struct bank_register *reg = &bank_table[i];
        uint32_t z = reg->hv_name - HV_Z0;
        bool sve = z <= HV_FFR - HV_Z0;

        ck_assert_msg((reg->class == BANK_CORRUPTIBLE) == sve, "%s", reg->name);
        ck_assert_msg(reg->scales == sve, "%s", reg->name);
        ck_assert_msg(reg->low_name == (z <= 31 ? HV_Q0 + z : 0), "%s", reg->name);
        ck_assert_msg(reg->is_prefix == (reg->hv_name == HV_FFR), "%s", reg->name);
        /* No hypercall has room for it. */
        ck_assert_ptr_eq(bank_find_value(reg->hv_name), sve ? NULL : reg);
    }
    ck_assert_uint_eq(bank_size(bank_find(HV_Z0), 2048), 256);
    ck_assert_uint_eq(bank_size(bank_find(HV_Z0), 128), 16);
    ck_assert_uint_eq(bank_size(bank_find(HV_P0), 384), 6);
    ck_assert_uint_eq(bank_size(bank_find(HV_FFR), 0), 0);
    ck_assert_uint_eq(bank_size(bank_find(HV_X0), 0), 8);
}
END_TEST

START_TEST(poison_says_whose_it_is)
{
    static const struct {
        uint32_t name;
        unsigned bits, vp, vtl;
        size_t count;
        uint8_t seen[32]; /* those of 0x55 are as before */
    } rows[] = {
        {HV_Z0 + 5, 256, 3, 2, 16,
         {0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
          0x55, 5, 2, 3, 0, 0xe0, 0x0d, 0xdc, 0xba, 5, 2, 3, 0, 0xe0, 0x0d, 0xdc, 0xba}},
        {HV_Z0 + 5, 128, 3, 2, 0, {0x55, 0x55}},
        {HV_P0 + 1, 256, 3, 0, 4, {0x21, 0, 3, 0, 0x55}},
        {HV_P0 + 1, 128, 3, 1, 2, {0x21, 1, 0x55}},
        {HV_FFR, 256, 3, 0, 4, {1, 0, 0, 0, 0x55}},
        {HV_FFR, 1024, 0, 2, 16, {0x1f}},
        {HV_P0, 0, 0, 0, 0, {0x55}},  /* no SVE */
        {HV_X0 + 16, 0, 3, 2, 8, {0x10, 2, 3, 0, 0xe0, 0x0d, 0xdc, 0xba}},
        {HV_Q0 + 1, 256, 0, 1, 16, {1, 1, 0, 0, 0xe0, 0x0d, 0xdc, 0xba,
                                    1, 1, 0, 0, 0xe0, 0x0d, 0xdc, 0xba}},
        {0x00040014, 0, 0, 0, 8, {0x55, 0x55, 0x55, 0x05, 0x55, 0x55, 0x55, 0x55}}, /* SPSR_EL1 */
        {0x00020022, 0, 0, 0, 0, {0x55}}, /* PC: none of it */
    };

    struct bank_policy policy;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct bank_register *reg = bank_find(rows[i].name);
        size_t size = bank_size(reg, rows[i].bits), look = rows[i].count ? size : 1;
        uint8_t value[256];

        memset(value, 0x55, sizeof(value));
        ck_assert_msg(poison(reg, rows[i].vp, rows[i].vtl, value, size) == rows[i].count,
                      "row %zu", i);
        ck_assert_msg(!memcmp(value, rows[i].seen, look), "row %zu", i);
        ck_assert_msg(value[size] == 0x55, "row %zu", i);
    }
    ck_assert_uint_eq(poison_word(bank_find(HV_Z0 + 31), 63, 2), 0xbadc0de0003f021f);
    bank_policy_init(&policy);
    ck_assert_uint_eq(poison_count(&policy, POISON_CORRUPTIBLE, 0), 0);
    ck_assert_uint_eq(poison_count(&policy, POISON_CORRUPTIBLE, 128), 17);
    ck_assert_uint_eq(poison_count(&policy, POISON_CORRUPTIBLE, 256), 49);
    ck_assert_uint_eq(poison_count(&policy, POISON_OFF, 256), 0);
    /* PAR_EL1, ten keys, CNTP_CVAL_EL0 */
    ck_assert_uint_eq(poison_count(&policy, POISON_UNSPECIFIED, 0), 12);
}
END_TEST

START_TEST(switch_targets)
{
    static const struct {
        uint16_t enabled;
        unsigned active;
        int call, back; /* -1: undefined instruction */
    } rows[] = {
        {0x1, 0, -1, -1}, {0x5, 0, 2, -1}, {0x5, 2, -1, 0}, {0x7, 0, 1, -1},
        {0x7, 1, 2, 0},   {0x7, 2, -1, 1}, {0x3, 1, -1, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct vtl_vp vp = {.active = rows[i].active, .enabled = rows[i].enabled};
        unsigned target = 99;

        ck_assert_msg(vtl_call_target(&vp, &target) == (rows[i].call >= 0), "row %zu", i);
        ck_assert_msg(rows[i].call < 0 || target == (unsigned)rows[i].call, "row %zu", i);
        ck_assert_msg(vtl_return_target(&vp, &target) == (rows[i].back >= 0), "row %zu", i);
        ck_assert_msg(rows[i].back < 0 || target == (unsigned)rows[i].back, "row %zu", i);
    }
}
END_TEST

static unsigned return_target(const struct vtl_vp *vp)
{
    unsigned target = VTL_LEVELS;

    ck_assert(vtl_return_target(vp, &target));
    return target;
}

/* VTL2 sees to what VTL0 did, while VTL1 waits to be called: back to VTL0. */
START_TEST(return_passes_those_that_wait)
{
    struct memory_partition *partition = memory_partition_new(7, 2);
    struct vtl_vp *vp = &partition->core->vps[0];

    ck_assert_uint_eq(return_target(vp), 1); /* it has yet to run */
    vtl_enter(vp, 1, VTL_ENTRY_CALL);
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    vtl_enter(vp, 2, VTL_ENTRY_INTERRUPT);
    ck_assert_uint_eq(return_target(vp), 0);
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    vtl_enter(vp, 1, VTL_ENTRY_CALL); /* VTL0 calls, VTL1 calls */
    vtl_enter(vp, 2, VTL_ENTRY_CALL);
    ck_assert_uint_eq(return_target(vp), 1);
    vtl_start(vp, 0);
    vtl_enter(vp, 2, VTL_ENTRY_INTERRUPT);
    ck_assert_uint_eq(return_target(vp), 1); /* stopped in the midst of it */
    memory_partition_free(partition);
}
END_TEST

/* Who called or returned could prepare for what a switch corrupts; who was stopped could not. */
START_TEST(giving_up_is_not_being_stopped)
{
    struct memory_partition *partition = memory_partition_new(7, 2);
    struct vtl_vp *vp = &partition->core->vps[0];

    vtl_enter(vp, 0, VTL_ENTRY_CALL); /* VTL return */
    ck_assert(vtl_gave_up(vp, 2) && !vtl_gave_up(vp, 0));
    vtl_enter(vp, 2, VTL_ENTRY_INTERRUPT);
    ck_assert(!vtl_gave_up(vp, 2) && !vtl_gave_up(vp, 0));
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    ck_assert(vtl_gave_up(vp, 2) && !vtl_gave_up(vp, 0));
    vtl_enter(vp, 1, VTL_ENTRY_INTERCEPT);
    ck_assert(vtl_gave_up(vp, 2) && !vtl_gave_up(vp, 1) && !vtl_gave_up(vp, 0));
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    vtl_enter(vp, 1, VTL_ENTRY_CALL);
    ck_assert(vtl_gave_up(vp, 0) && !vtl_gave_up(vp, 1));
    vtl_enter(vp, 2, VTL_ENTRY_INTERRUPT); /* in the midst of VTL1, which has been called */
    ck_assert(vtl_gave_up(vp, 0) && !vtl_gave_up(vp, 1));
    vtl_enter(vp, 1, VTL_ENTRY_CALL);
    ck_assert(vtl_gave_up(vp, 0));
    vtl_renew(vp, 0);
    ck_assert(!vtl_gave_up(vp, 0));
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    ck_assert(vtl_gave_up(vp, 1));
    vtl_start(vp, 1); /* it runs */
    ck_assert(!vtl_gave_up(vp, 1));
    memory_partition_free(partition);
}
END_TEST

START_TEST(switch_tells_the_reason)
{
    struct memory_partition *partition = memory_partition_new(1 << 2, 0);
    struct vtl_vp *vp = &partition->core->vps[0];

    vp->level[2].assist_page = 0x3000 | HV_PAGE_REGISTER_ENABLE;
    vtl_enter(vp, 2, VTL_ENTRY_CALL);
    ck_assert_uint_eq(vp->active, 2);
    ck_assert_uint_eq(partition->ram[0x3008], VTL_ENTRY_CALL);
    partition->ram[0x3008] = 0;
    vtl_enter(vp, 0, VTL_ENTRY_CALL); /* downwards there is none */
    ck_assert_uint_eq(vp->active, 0);
    ck_assert_uint_eq(partition->ram[0x3008], 0);
    vp->level[2].assist_page = 0x3000;
    vtl_enter(vp, 2, VTL_ENTRY_CALL);
    ck_assert_uint_eq(partition->ram[0x3008], 0);
    vtl_enter(vp, 0, VTL_ENTRY_CALL);
    vp->level[2].assist_page = 0xffffffff000 | HV_PAGE_REGISTER_ENABLE; /* not memory */
    vtl_enter(vp, 2, VTL_ENTRY_CALL);
    ck_assert_uint_eq(vp->active, 2);
    memory_partition_free(partition);
}
END_TEST

START_TEST(partition_basics)
{
    struct memory_partition *partition = memory_partition_new(1 << 2, 2);

    ck_assert_uint_eq(partition->core->enabled, 0x5);
    ck_assert_uint_eq(partition->core->vps[3].index, 3);
    ck_assert_uint_eq(partition->core->vps[3].active, 2);
    ck_assert_uint_eq(vtl_highest(0x5), 2);
    ck_assert_uint_eq(vtl_highest(0x1), 0);
    memory_partition_free(partition);
    vtl_partition_free(NULL);
}
END_TEST

START_TEST(exception_vectors)
{
    static const struct {
        uint64_t pstate, sctlr, pc, after;
    } rows[] = {
        {0x3c5, 1 << 23, 0x1200, 0x3c5},
        {0x004, 1 << 23, 0x1000, 0x3c5},
        {0x000, 1 << 23, 0x1400, 0x3c5},
        {0xf0000005, 1 << 23, 0x1200, 0xf00003c5},          /* flags stay */
        {0x005, 0, 0x1200, 0x4003c5},                       /* SPAN 0 sets PAN */
        {0x400005, 1 << 23, 0x1200, 0x4003c5},              /* PAN stays */
        {0x005, 1ull << 44 | 1 << 23, 0x1200, 0x13c5},      /* DSSBS */
        {0x200005, 1 << 23, 0x1200, 0x3c5},                 /* software step is cleared */
        {0x1000005, 1 << 23, 0x1200, 0x10003c5},            /* DIT stays */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct exception_state state = {
            .pc = 0x8888, .pstate = rows[i].pstate, .sctlr = rows[i].sctlr, .vbar = 0x1000};
        struct exception_entry entry = exception_enter(&state);

        ck_assert_msg(entry.pc == rows[i].pc && entry.pstate == rows[i].after, "row %zu", i);
        ck_assert_uint_eq(entry.elr, 0x8888);
        ck_assert_uint_eq(entry.spsr, rows[i].pstate);
    }
}
END_TEST

/* Tables for the walker. */
#define TABLES 8
#define TABLE_WORDS 8192 /* of a 64 KiB granule */
static uint64_t tables[TABLES * TABLE_WORDS];

static int read_table(void *context, uint64_t gpa, uint64_t *descriptor)
{
    uint64_t index = gpa / sizeof(uint64_t);

    (void)context;
    if (gpa % sizeof(uint64_t) || index >= TABLES * TABLE_WORDS)
        return -ENXIO;
    *descriptor = tables[index];
    return 0;
}

static uint64_t table_at(unsigned n)
{
    return (uint64_t)n * TABLE_WORDS * sizeof(uint64_t);
}

/* Maps @va to @gpa by one page (@block_level 3) or a block further up, from the start level on. */
static void map(uint64_t va, uint64_t gpa, unsigned granule, unsigned bits, unsigned block_level)
{
    unsigned stride = granule - 3, levels = (bits - granule + stride - 1) / stride;
    unsigned shift = granule + (levels - 1) * stride, table = 0;

    va &= (1ull << bits) - 1;
    for (unsigned level = 4 - levels; level <= block_level; level++, shift -= stride) {
        unsigned index_bits = level == 4 - levels ? bits - shift : stride;
        uint64_t *entry = &tables[table * TABLE_WORDS + (va >> shift & ((1ull << index_bits) - 1))];

        if (level == block_level)
            *entry = gpa | (level == 3 ? 3 : 1) | 1ull << 10 | 1ull << 54;
        else
            *entry = table_at(++table) | 3;
    }
}

START_TEST(translate_granules)
{
    static const struct {
        unsigned granule, tg0, bits, block_level;
    } rows[] = {
        {12, 0, 48, 3}, {12, 0, 48, 2}, {12, 0, 48, 1}, {12, 0, 39, 3}, {12, 0, 39, 1},
        {12, 0, 36, 2}, {12, 0, 25, 3}, {14, 2, 48, 3}, {14, 2, 47, 2}, {14, 2, 36, 3},
        {16, 1, 48, 3}, {16, 1, 42, 2}, {16, 1, 36, 3},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned page_shift = rows[i].granule + (3 - rows[i].block_level) * (rows[i].granule - 3);
        uint64_t offset = 0x1234 & ((1ull << page_shift) - 1), gpa = 0;
        uint64_t frame = 3ull << page_shift;
        uint64_t va = (1ull << (rows[i].bits - 1)) + offset;
        struct translate_regime regime = {
            .sctlr = 1, .tcr = (64 - rows[i].bits) | rows[i].tg0 << 14 | 1ull << 23};

        memset(tables, 0, sizeof(tables));
        map(va, frame, rows[i].granule, rows[i].bits, rows[i].block_level);
        ck_assert_msg(translate_address(&regime, va, read_table, NULL, &gpa) == 0, "row %zu", i);
        ck_assert_msg(gpa == frame + offset, "row %zu: 0x%llx", i, (unsigned long long)gpa);
        /* Its neighbour is not mapped, nor is an address beyond the size. */
        ck_assert_int_eq(translate_address(&regime, 0, read_table, NULL, &gpa), -EFAULT);
        ck_assert_int_eq(translate_address(&regime, va + (1ull << rows[i].bits), read_table, NULL,
                                           &gpa), -EFAULT);
    }
}
END_TEST

START_TEST(translate_upper_half)
{
    /* As Linux has it: 48 bits, TG1 = 4 KiB (2), kernel text in TTBR1. */
    struct translate_regime regime = {
        .sctlr = 1, .tcr = 16 | 16ull << 16 | 2ull << 30, .ttbr0 = 0xdead0000, .ttbr1 = 0};
    uint64_t va = 0xffff800080010abc, gpa;

    memset(tables, 0, sizeof(tables));
    map(va, 0x40210000, 12, 48, 3);
    ck_assert_int_eq(translate_address(&regime, va, read_table, NULL, &gpa), 0);
    ck_assert_uint_eq(gpa, 0x40210abc);
    regime.tcr |= 1ull << 23; /* EPD1 */
    ck_assert_int_eq(translate_address(&regime, va, read_table, NULL, &gpa), -EFAULT);
}
END_TEST

START_TEST(translate_wide_addresses)
{
    struct translate_regime regime = {.sctlr = 1, .tcr = 16 | 1 << 14 | 6ull << 32};
    uint64_t va = 0x7fff12345678, gpa;

    /* FEAT_LPA: bits 51:48 of a 64 KiB page's address are bits 15:12 of its descriptor. */
    memset(tables, 0, sizeof(tables));
    map(va, 0x50000 | 0xa000, 16, 48, 3);
    ck_assert_int_eq(translate_address(&regime, va, read_table, NULL, &gpa), 0);
    ck_assert_uint_eq(gpa, 0xa000000055678);
    /* FEAT_LPA2: bits 51:50 are bits 9:8. */
    regime.tcr = 16 | 6ull << 32 | 1ull << 59;
    memset(tables, 0, sizeof(tables));
    map(va, 0x50000 | 0x200, 12, 48, 3);
    ck_assert_int_eq(translate_address(&regime, va, read_table, NULL, &gpa), 0);
    ck_assert_uint_eq(gpa, 0x8000000050678);
}
END_TEST

START_TEST(translate_bad_regimes)
{
    struct translate_regime regime = {.tcr = 16};
    uint64_t gpa = 0;

    ck_assert_int_eq(translate_address(&regime, 0x1234, read_table, NULL, &gpa), 0);
    ck_assert_uint_eq(gpa, 0x1234); /* MMU off */
    regime.sctlr = 1;
    regime.tcr = 16 | 3 << 14; /* reserved granule */
    ck_assert_int_eq(translate_address(&regime, 0, read_table, NULL, &gpa), -EINVAL);
    regime.tcr = 0x3f; /* one bit of address */
    ck_assert_int_eq(translate_address(&regime, 0, read_table, NULL, &gpa), -EINVAL);
    regime.tcr = 0; /* 64 bits of address */
    ck_assert_int_eq(translate_address(&regime, 0, read_table, NULL, &gpa), -EINVAL);
    regime.tcr = 16 | 5ull << 32;
    regime.ttbr0 = 0x7fffffff0000; /* tables that are not memory */
    ck_assert_int_eq(translate_address(&regime, 0, read_table, NULL, &gpa), -ENXIO);
}
END_TEST

START_TEST(translate_survives_anything)
{
    uint64_t state = 7, gpa;

    for (size_t i = 0; i < TABLES * TABLE_WORDS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        tables[i] = state & 0xff00000000ffffffull;
    }
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t words[4];

        for (unsigned j = 0; j < 4; j++)
            words[j] = state = state * 6364136223846793005u + 1442695040888963407u;
        struct translate_regime regime = {.sctlr = 1, .tcr = words[0], .ttbr0 = words[1] & 0x7ffff,
                                          .ttbr1 = words[2] & 0x7ffff};

        translate_address(&regime, words[3], read_table, NULL, &gpa);
    }
}
END_TEST

UNIT_MAIN("vtl", bank_is_sorted, bank_find_finds_all, bank_shares_what_the_specification_shares,
          bank_knows_what_may_be_corrupted, poison_says_whose_it_is,
          switch_targets, return_passes_those_that_wait, giving_up_is_not_being_stopped,
          switch_tells_the_reason,
          partition_basics, exception_vectors,
          translate_granules, translate_upper_half, translate_wide_addresses,
          translate_bad_regimes, translate_survives_anything)
