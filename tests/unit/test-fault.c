/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest wanted on a page: instructions and tables are put into the fake's RAM, VTL2 takes
 * rights away, and the first access of VTL0 that lacks one is to be found.
 */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"
#include "vtl/vp-registers.h"

#define R HV_PAGE_READ
#define W HV_PAGE_WRITE
#define X HV_PAGE_EXECUTE
#define ALL HV_PAGE_ALL
#define ANY VTL_FAULT_ANY_PAGE

#define NOT_FOUND VTL_FAULT_NOT_FOUND
#define PERMITTED VTL_FAULT_PERMITTED
#define DENIED VTL_FAULT_DENIED

#define EL1H 0x3c5u
#define EL1T 0x3c4u
#define PSTATE_C (1ull << 29)
#define PSTATE_N (1ull << 31)

/* Instructions; those with a base have X2, and data in X1 and X3. */
#define NOP 0xd503201fu
#define LDR 0xf9400041u
#define STR 0xf9000041u
#define LDP 0xa9400c41u
#define STP 0xa9000c41u
#define LDADD 0xf8210043u
#define CAS 0xc8a17c43u
#define LDXR 0xc85f7c41u
#define STXR 0xc8037c41u
#define LDR_SP 0xf94003e1u
#define LDR_LITERAL 0x58ffffe1u /* 4 bytes before PC */
#define PRFM 0xf9800040u
#define DC_CVAC 0xd50b7a22u
#define DC_IVAC 0xd5087622u
#define DC_ZVA 0xd50b7422u
#define IC_IVAU 0xd50b7522u
/* [X1]!, [X2]!, X3! */
#define CPYFP 0x19020461u
#define CPYFM 0x19420461u
#define CPYP 0x1d020461u
#define CPYM 0x1d420461u
/* [X2]!, X3!, X1 */
#define SETP 0x19c10462u
#define UNKNOWN 0xa5000000u /* an SVE load: not decoded where there is no SVE */
#define LDR_Z 0x85804041u
#define ST1D 0xe5e0e041u
#define GATHER 0xc5e3c041u
#define SCATTER 0xe5a3a041u

/* Stage 1 off: addresses are those of RAM. */
#define CODE 0x8000u

static struct memory_partition *partition;
static struct vtl_partition *core;
static struct vtl_vp *vp;

/* --- Fixture --------------------------------------------------------------------------------- */

static void set_register(uint32_t name, uint64_t value)
{
    core->backend->set_register(partition, 0, 0, name, (struct hv_u128){value, 0});
}

static void set_x(unsigned reg, uint64_t value)
{
    set_register(HV_REGISTER_X0 + reg, value);
}

static void allow(uint64_t page, unsigned rights)
{
    ck_assert_uint_eq(vtl_protection_set(core, 2, page, 1, rights), HV_STATUS_SUCCESS);
}

static void allow_all(void)
{
    ck_assert_uint_eq(vtl_protection_set(core, 2, 0, MEMORY_PARTITION_PAGES, ALL),
                      HV_STATUS_SUCCESS);
}

static void set_code(uint64_t pc, uint64_t gpa, uint32_t word)
{
    set_register(HV_REGISTER_PC, pc);
    memcpy(partition->ram + gpa, &word, sizeof(word));
}

static void set_up(void)
{
    partition = memory_partition_new(5, 0);
    core = partition->core;
    core->zero_size = 64;
    vp = &core->vps[0];
    set_register(HV_REGISTER_PSTATE, EL1H);
    ck_assert_uint_eq(vtl_protection_enable(core, 2, ALL), HV_STATUS_SUCCESS);
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static void check_found(size_t row, uint64_t page, enum vtl_fault_verdict verdict, uint64_t gva,
                        uint64_t gpa, unsigned rights, struct vtl_fault *fault)
{
    enum vtl_fault_verdict found;

    memset(fault, 0xee, sizeof(*fault));
    found = vtl_fault_find(vp, page, fault);
    ck_assert_msg(found == verdict, "row %zu: verdict %d", row, found);
    ck_assert_msg(fault->gpa == gpa && fault->rights == rights && fault->gva == gva,
                  "row %zu: GVA 0x%llx, GPA 0x%llx, rights 0x%x", row,
                  (unsigned long long)fault->gva, (unsigned long long)fault->gpa, fault->rights);
    ck_assert_msg(fault->gva_valid == (verdict != NOT_FOUND), "row %zu", row);
}

/* --- Stage 1 off ----------------------------------------------------------------------------- */

/* Page @closed has @left of its rights; so has a second one, if there is one. */
struct data_row {
    uint32_t word;
    uint64_t base;
    uint64_t closed, second;
    unsigned left;
    uint64_t page; /* that is asked about */
    enum vtl_fault_verdict verdict;
    uint64_t gpa;
    unsigned rights;
};

static void check_data(size_t i, const struct data_row *row)
{
    struct vtl_fault fault;

    allow_all();
    set_code(CODE, CODE, row->word);
    set_x(2, row->base);
    if (row->closed)
        allow(row->closed, row->left);
    if (row->second)
        allow(row->second, row->left);
    check_found(i, row->page, row->verdict, row->gpa, row->gpa, row->rights, &fault);
    ck_assert_msg(!fault.in_walk, "row %zu", i);
    ck_assert_msg(fault.is_data == (row->verdict != NOT_FOUND), "row %zu", i);
    ck_assert_msg(!fault.is_data || (fault.has_word && fault.word == row->word), "row %zu", i);
}

static void check_rows(const struct data_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_data(i, &rows[i]);
}

START_TEST(loads_and_stores)
{
    static const struct data_row rows[] = {
        {LDR, 0x5008, 5, 0, 0, 5, DENIED, 0x5008, R},
        {LDR, 0x5008, 5, 0, 0, ANY, DENIED, 0x5008, R},
        {LDR, 0x5008, 5, 0, R, 5, PERMITTED, 0x5008, R},
        {LDR, 0x5008, 5, 0, R, ANY, NOT_FOUND, 0, 0},
        {LDR, 0x5008, 5, 0, 0, 6, NOT_FOUND, 0, 0}, /* another page than it was stopped on */
        {LDR, 0x5008, 6, 0, 0, ANY, NOT_FOUND, 0, 0},
        {STR, 0x5010, 5, 0, R | X, 5, DENIED, 0x5010, W},
        {STR, 0x5010, 5, 0, R | X, ANY, DENIED, 0x5010, W},
        {STR, 0x5010, 5, 0, R | W, 5, PERMITTED, 0x5010, W},
        {STR, 0x5ffc, 5, 6, R, 5, DENIED, 0x5ffc, W}, /* unaligned, over two pages */
        {STR, 0x5ffc, 5, 6, R, 6, DENIED, 0x6000, W},
        {STR, 0x5ffc, 5, 6, R, ANY, DENIED, 0x5ffc, W},
        {STR, 0x5ffc, 6, 0, R, ANY, DENIED, 0x6000, W},
        {STR, 0x5ffc, 6, 0, R, 5, PERMITTED, 0x5ffc, W},
        {STR, 0x5ff8, 6, 0, 0, ANY, NOT_FOUND, 0, 0}, /* just not */
        {LDR_LITERAL, 0, 7, 0, 0, 7, DENIED, 0x7ffc, R},
        {NOP, 0x5000, 5, 0, 0, 5, NOT_FOUND, 0, 0},
        {PRFM, 0x5000, 5, 0, 0, ANY, NOT_FOUND, 0, 0},
        {UNKNOWN, 0x5000, 5, 0, 0, 5, NOT_FOUND, 0, 0},
        {LDR, 0x20000, 0, 0, 0, 0x20, PERMITTED, 0x20000, R}, /* no RAM: nobody protects it */
        {LDR, 0x20000, 0, 0, 0, ANY, NOT_FOUND, 0, 0},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

/* Vectors of 128, 256 and 512 bits; 384 become 256. */
START_TEST(vectors)
{
    static const struct data_row rows[] = {
        {LDR_Z, 0x5fe0, 6, 0, 0, ANY, NOT_FOUND, 0, 0}, /* just not */
        {LDR_Z, 0x5fe1, 6, 0, 0, ANY, DENIED, 0x6000, R},
        {LDR_Z, 0x5fe1, 6, 0, R, 6, PERMITTED, 0x6000, R},
        {ST1D, 0x5fe8, 6, 0, R | X, ANY, DENIED, 0x6000, W},
        {ST1D, 0x5fe8, 5, 6, R | X, ANY, DENIED, 0x5fe8, W},
        {ST1D, 0x5fe8, 5, 6, R | W, 6, PERMITTED, 0x6000, W},
    };

    core->vector_lengths = 0xb;
    set_register(HV_REGISTER_ZCR_EL1, 2);
    check_rows(rows, G_N_ELEMENTS(rows));
    ck_assert_uint_eq(vp_vector_size(vp, 0), 32);
    set_register(HV_REGISTER_ZCR_EL1, 0xffff);
    ck_assert_uint_eq(vp_vector_size(vp, 0), 64);
    set_register(HV_REGISTER_ZCR_EL1, 0);
    ck_assert_uint_eq(vp_vector_size(vp, 0), 16);
    core->vector_lengths = 0;
    ck_assert_uint_eq(vp_vector_size(vp, 0), 0);
}
END_TEST

/* Nothing is known of them but the page. */
START_TEST(gathers)
{
    static const struct {
        uint32_t word;
        unsigned left;
        uint64_t page;
        enum vtl_fault_verdict verdict;
        unsigned rights;
    } rows[] = {
        {GATHER, 0, 5, DENIED, R},
        {GATHER, R, 5, PERMITTED, R},
        {GATHER, R, ANY, NOT_FOUND, 0},
        {SCATTER, 0, 5, DENIED, W},
        {SCATTER, R | X, 5, DENIED, W},
        {SCATTER, R | W, 5, PERMITTED, W},
        {SCATTER, R | X, ANY, NOT_FOUND, 0},
    };

    core->vector_lengths = 1;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct vtl_fault fault;

        allow_all();
        allow(5, rows[i].left);
        set_code(CODE, CODE, rows[i].word);
        ck_assert_msg(vtl_fault_find(vp, rows[i].page, &fault) == rows[i].verdict, "row %zu", i);
        ck_assert_msg(!fault.gva_valid && fault.rights == rows[i].rights, "row %zu", i);
        ck_assert_msg(rows[i].verdict == NOT_FOUND || (fault.is_data && fault.gpa == 0x5000),
                      "row %zu", i);
    }
}
END_TEST

START_TEST(pairs)
{
    static const struct data_row rows[] = {
        {LDP, 0x5ff8, 6, 0, 0, ANY, DENIED, 0x6000, R},
        {LDP, 0x5ff8, 6, 0, 0, 6, DENIED, 0x6000, R},
        {LDP, 0x5ff8, 6, 0, 0, 5, PERMITTED, 0x5ff8, R},
        {LDP, 0x5ff8, 5, 6, 0, ANY, DENIED, 0x5ff8, R},
        {LDP, 0x5ff8, 5, 6, 0, 6, DENIED, 0x6000, R},
        {STP, 0x5ff8, 5, 0, R, ANY, DENIED, 0x5ff8, W},
        {STP, 0x5ff8, 6, 0, R, ANY, DENIED, 0x6000, W},
        {STP, 0x5ff8, 6, 0, R, 7, NOT_FOUND, 0, 0},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

START_TEST(atomics)
{
    static const struct data_row rows[] = {
        {LDADD, 0x5000, 5, 0, 0, 5, DENIED, 0x5000, R | W},
        {LDADD, 0x5000, 5, 0, R, 5, DENIED, 0x5000, R | W},
        {LDADD, 0x5000, 5, 0, R | W, 5, PERMITTED, 0x5000, R | W},
        {CAS, 0x5000, 5, 0, R | X, ANY, DENIED, 0x5000, R | W},
        {LDXR, 0x5000, 5, 0, R, ANY, NOT_FOUND, 0, 0},
        {LDXR, 0x5000, 5, 0, 0, ANY, DENIED, 0x5000, R},
        {STXR, 0x5000, 5, 0, R, ANY, DENIED, 0x5000, W},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

START_TEST(cache_maintenance)
{
    static const struct data_row rows[] = {
        {DC_CVAC, 0x5123, 5, 0, 0, 5, DENIED, 0x5123, R},
        {DC_CVAC, 0x5123, 5, 0, R, ANY, NOT_FOUND, 0, 0},
        {IC_IVAU, 0x5123, 5, 0, 0, ANY, DENIED, 0x5123, R},
        {DC_IVAC, 0x5123, 5, 0, R, 5, DENIED, 0x5123, W},
        {DC_IVAC, 0x5123, 5, 0, R | W, ANY, NOT_FOUND, 0, 0},
        {DC_ZVA, 0x5fff, 5, 0, R, ANY, DENIED, 0x5fc0, W},
        {DC_ZVA, 0x5fff, 6, 0, R, ANY, NOT_FOUND, 0, 0},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}
END_TEST

START_TEST(stack_pointers)
{
    struct vtl_fault fault;

    set_code(CODE, CODE, LDR_SP);
    set_register(HV_REGISTER_SP_EL0, 0x5000);
    set_register(HV_REGISTER_SP_EL1, 0x6000);
    allow(5, 0);
    allow(6, 0);
    check_found(0, ANY, DENIED, 0x6000, 0x6000, R, &fault);
    set_register(HV_REGISTER_PSTATE, EL1T);
    check_found(1, ANY, DENIED, 0x5000, 0x5000, R, &fault);
}
END_TEST

START_TEST(fetches)
{
    struct vtl_fault fault;

    set_code(CODE, CODE, LDR);
    set_x(2, 0x5000);
    allow(5, 0);
    allow(8, R | W);
    check_found(0, ANY, DENIED, CODE, CODE, X, &fault);
    ck_assert(!fault.is_data && !fault.in_walk && !fault.has_word);
    check_found(1, 8, DENIED, CODE, CODE, X, &fault);
    /* What it cannot execute has not stopped it, and is not looked at. */
    ck_assert_int_eq(vtl_fault_find(vp, 5, &fault), NOT_FOUND);
    allow(8, R | X);
    check_found(3, 8, PERMITTED, CODE, CODE, X, &fault);
    ck_assert(!fault.is_data && !fault.has_word);
    check_found(4, ANY, DENIED, 0x5000, 0x5000, R, &fault);
}
END_TEST

/* The page that was asked about: a fetch and a store, of which the store is denied. */
START_TEST(denied_before_permitted)
{
    struct vtl_fault fault;

    set_code(CODE, CODE, STR);
    set_x(2, CODE + 0x800);
    allow(8, R | X);
    check_found(0, 8, DENIED, CODE + 0x800, CODE + 0x800, W, &fault);
    ck_assert(fault.is_data);
    allow(8, ALL);
    check_found(1, 8, PERMITTED, CODE, CODE, X, &fault);
}
END_TEST

START_TEST(no_code)
{
    struct vtl_fault fault;

    set_register(HV_REGISTER_PC, 0x20000);
    check_found(0, ANY, NOT_FOUND, 0, 0, 0, &fault);
    check_found(1, 0x20, PERMITTED, 0x20000, 0x20000, X, &fault);
    check_found(2, 5, NOT_FOUND, 0, 0, 0, &fault);
}
END_TEST

/* --- Copies and fills ------------------------------------------------------------------------ */

struct copy_row {
    uint32_t word;
    uint64_t pstate;
    uint64_t to, from, size; /* X1, X2, X3 */
    uint64_t closed, second;
    unsigned left;
    uint64_t page;
    enum vtl_fault_verdict verdict;
    uint64_t gpa;
    unsigned rights;
};

static void check_copy(size_t i, const struct copy_row *row)
{
    struct vtl_fault fault;

    allow_all();
    set_code(CODE, CODE, row->word);
    set_register(HV_REGISTER_PSTATE, EL1H | row->pstate);
    set_x(1, row->to);
    set_x(2, row->from);
    set_x(3, row->size);
    allow(row->closed, row->left);
    if (row->second)
        allow(row->second, row->left);
    check_found(i, row->page, row->verdict, row->gpa, row->gpa, row->rights, &fault);
}

START_TEST(copies)
{
    static const struct copy_row rows[] = {
        {CPYFP, 0, 0x9800, 0x4800, 0x1800, 4, 0, 0, ANY, DENIED, 0x4800, R},
        {CPYFP, 0, 0x9800, 0x4800, 0x1800, 5, 0, 0, ANY, DENIED, 0x5000, R},
        {CPYFP, 0, 0x9800, 0x4800, 0x1800, 6, 0, 0, ANY, NOT_FOUND, 0, 0},
        {CPYFP, 0, 0x9800, 0x4800, 0x1800, 9, 0, R, ANY, DENIED, 0x9800, W},
        {CPYFP, 0, 0x9800, 0x4800, 0x1800, 10, 0, R, 10, DENIED, 0xa000, W},
        {CPYFP, 0, 0x9800, 0x4800, 0x1800, 4, 0, R, ANY, NOT_FOUND, 0, 0},
        /* Nearer than its length: from the end. */
        {CPYP, 0, 0x4c00, 0x4800, 0x1800, 6, 0, R, ANY, DENIED, 0x63ff, W},
        {CPYP, 0, 0x4c00, 0x4800, 0x1800, 5, 0, 0, ANY, DENIED, 0x5fff, R},
        {CPYP, 0, 0x4c00, 0x4800, 0x1800, 4, 0, 0, 4, DENIED, 0x4fff, R},
        {CPYP, 0, 0x4c00, 0x4800, 0x1800, 4, 5, 0, ANY, DENIED, 0x5fff, R},
        {CPYP, 0, 0x4800, 0x4c00, 0x1800, 4, 5, 0, ANY, DENIED, 0x4c00, R}, /* downwards */
        /* What is left of one, forwards (A: the addresses are the ends) and backwards (B). */
        {CPYFM, 0, 0xa000, 0x5000, -0x1000ull, 4, 0, 0, ANY, DENIED, 0x4000, R},
        {CPYFM, 0, 0xa000, 0x5000, -0x1000ull, 5, 0, 0, ANY, NOT_FOUND, 0, 0},
        {CPYM, PSTATE_C | PSTATE_N, 0xa000, 0x5000, 0x1000, 4, 0, 0, ANY, DENIED, 0x4fff, R},
        {CPYM, PSTATE_C | PSTATE_N, 0xa000, 0x5000, 0x1000, 9, 0, R, ANY, DENIED, 0x9fff, W},
        {CPYM, PSTATE_C | PSTATE_N, 0xa000, 0x5000, 0x1000, 10, 0, R, ANY, NOT_FOUND, 0, 0},
        /* Of several denied accesses the first one. */
        {CPYFP, 0, 0x9800, 0x4800, 0x1800, 5, 9, 0, ANY, DENIED, 0x9800, W},
        {CPYFP, 0, 0x9000, 0x4800, 0x1800, 5, 10, 0, ANY, DENIED, 0x5000, R},
        {CPYFP, 0, 0x9c00, 0x4800, 0x1800, 5, 10, 0, ANY, DENIED, 0xa000, W},
        {CPYFP, 0, 0x9800, 0x4800, 0x1800, 4, 9, 0, ANY, DENIED, 0x4800, R},
        {CPYP, 0, 0x5000, 0x4800, 0x1000, 4, 5, 0, ANY, DENIED, 0x57ff, R},
        {CPYM, PSTATE_C | PSTATE_N, 0xa800, 0x5800, 0x1000, 4, 10, 0, ANY, DENIED, 0xa7ff, W},
        {CPYM, PSTATE_C | PSTATE_N, 0xac00, 0x5800, 0x1000, 4, 9, 0, ANY, DENIED, 0x4fff, R},
        {CPYM, PSTATE_C | PSTATE_N, 0xa400, 0x5800, 0x1000, 4, 9, 0, ANY, DENIED, 0x9fff, W},
        /* Nothing left, and as much as there can be. */
        {CPYFP, 0, 0x9000, 0x4000, 0, 4, 9, 0, ANY, NOT_FOUND, 0, 0},
        {CPYFP, 0, 0x9000, 0x4000, -1ull, 5, 0, 0, ANY, DENIED, 0x5000, R},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        check_copy(i, &rows[i]);
}
END_TEST

START_TEST(fills)
{
    static const struct copy_row rows[] = {
        {SETP, 0, 0, 0x4800, 0x1800, 4, 0, R, ANY, DENIED, 0x4800, W},
        {SETP, 0, 0, 0x4800, 0x1800, 5, 0, R, ANY, DENIED, 0x5000, W},
        {SETP, 0, 0, 0x4800, 0x1800, 4, 5, R, 5, DENIED, 0x5000, W},
        {SETP, 0, 0, 0x4800, 0x1800, 6, 0, R, ANY, NOT_FOUND, 0, 0},
        {SETP, 0, 0, 0x4800, -1ull, 5, 0, R, 5, DENIED, 0x5000, W},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        check_copy(i, &rows[i]);
}
END_TEST

/* --- Stage 1 on ------------------------------------------------------------------------------ */

/*
 * 48 bits of address in pages of 4 KiB. Code is in the first 2 MiB of the address space, data in
 * the second, so that they have a table of level 3 each.
 */
#define TCR_48_BITS 16u
#define TCR_TBI0 (1ull << 37)
#define TCR_HA (1ull << 39)
#define TCR_HD (1ull << 40)
#define LEVEL0 0x1000u
#define LEVEL1 0x2000u
#define LEVEL2 0x3000u
#define CODE_TABLE 0x4000u
#define DATA_TABLE 0x9000u
#define CODE_VA 0x10000u
#define DATA_VA 0x210000ull
#define ENTRY(table, va) ((table) + ((va) >> 12 & 0x1ff) * 8)
#define DATA_ENTRY ENTRY(DATA_TABLE, DATA_VA)
#define TABLE 3u
#define ACCESSED (1u << 10)
#define PAGE(gpa) ((gpa) | ACCESSED | 3u)
#define READ_ONLY (1ull << 7)
#define DBM (1ull << 51)

static void set_descriptor(uint64_t gpa, uint64_t descriptor)
{
    memcpy(partition->ram + gpa, &descriptor, sizeof(descriptor));
}

/* The code is in page 8, of two pages of data the first is in page 6 and the second in page 5. */
static void set_tables(void)
{
    set_register(HV_REGISTER_SCTLR_EL1, 1);
    set_register(HV_REGISTER_TCR_EL1, TCR_48_BITS);
    set_register(HV_REGISTER_TTBR0_EL1, LEVEL0);
    set_descriptor(LEVEL0, LEVEL1 | TABLE);
    set_descriptor(LEVEL1, LEVEL2 | TABLE);
    set_descriptor(LEVEL2, CODE_TABLE | TABLE);
    set_descriptor(LEVEL2 + 8, DATA_TABLE | TABLE);
    set_descriptor(ENTRY(CODE_TABLE, CODE_VA), PAGE(CODE));
    set_descriptor(DATA_ENTRY, PAGE(0x6000));
    set_descriptor(DATA_ENTRY + 8, PAGE(0x5000));
}

START_TEST(mapped_data)
{
    static const struct {
        uint32_t word;
        uint64_t base, closed, page;
        enum vtl_fault_verdict verdict;
        uint64_t gva, gpa;
        unsigned rights;
    } rows[] = {
        {LDR, DATA_VA + 8, 6, 6, DENIED, DATA_VA + 8, 0x6008, R},
        {LDR, DATA_VA + 8, 6, ANY, DENIED, DATA_VA + 8, 0x6008, R},
        {LDR, DATA_VA + 8, 5, ANY, NOT_FOUND, 0, 0, 0},
        {STP, DATA_VA + 0xff8, 5, ANY, DENIED, DATA_VA + 0x1000, 0x5000, W},
        {STP, DATA_VA + 0xff8, 6, ANY, DENIED, DATA_VA + 0xff8, 0x6ff8, W},
        {LDR, DATA_VA + 0x1008, 5, 5, DENIED, DATA_VA + 0x1008, 0x5008, R},
        {LDR, DATA_VA + 0x2000, 6, 6, NOT_FOUND, 0, 0, 0}, /* not mapped: stage 1 has it */
        {LDR, DATA_VA + 0x2000, 0, ANY, NOT_FOUND, 0, 0, 0},
        {LDR, DATA_VA | 1ull << 50, 6, 6, NOT_FOUND, 0, 0, 0}, /* no address at all */
        {LDR, 0x5008, 5, 5, NOT_FOUND, 0, 0, 0},
        {NOP, DATA_VA, 8, 8, DENIED, CODE_VA, CODE, X},
    };
    struct vtl_fault fault;

    set_tables();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        allow_all();
        set_code(CODE_VA, CODE, rows[i].word);
        set_x(2, rows[i].base);
        allow(rows[i].closed, 0);
        check_found(i, rows[i].page, rows[i].verdict, rows[i].gva, rows[i].gpa, rows[i].rights,
                    &fault);
        ck_assert_msg(!fault.in_walk, "row %zu", i);
    }
}
END_TEST

START_TEST(tagged_addresses)
{
    struct vtl_fault fault;

    set_tables();
    set_code(CODE_VA, CODE, STR);
    set_x(2, DATA_VA | 0xabull << 56);
    allow(6, R);
    check_found(0, 6, NOT_FOUND, 0, 0, 0, &fault);
    set_register(HV_REGISTER_TCR_EL1, TCR_48_BITS | TCR_TBI0);
    check_found(1, 6, DENIED, DATA_VA, 0x6000, W, &fault);
}
END_TEST

START_TEST(walks)
{
    static const struct {
        uint64_t closed, page;
        uint64_t gva, gpa;
        bool is_data;
    } rows[] = {
        {1, 1, CODE_VA, LEVEL0, false},
        {2, 2, CODE_VA, LEVEL1, false},
        {3, 3, CODE_VA, LEVEL2, false},
        {4, 4, CODE_VA, ENTRY(CODE_TABLE, CODE_VA), false},
        {9, 9, DATA_VA + 0x18, DATA_ENTRY, true},
        {1, ANY, CODE_VA, LEVEL0, false},
        {4, ANY, CODE_VA, ENTRY(CODE_TABLE, CODE_VA), false},
        {9, ANY, DATA_VA + 0x18, DATA_ENTRY, true},
    };
    struct vtl_fault fault;

    set_tables();
    set_code(CODE_VA, CODE, LDR);
    set_x(2, DATA_VA + 0x18);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        allow_all();
        allow(rows[i].closed, 0);
        check_found(i, rows[i].page, DENIED, rows[i].gva, rows[i].gpa, R, &fault);
        ck_assert_msg(fault.in_walk, "row %zu", i);
        ck_assert_msg(fault.is_data == rows[i].is_data && fault.has_word == rows[i].is_data,
                      "row %zu", i);
        allow(rows[i].closed, R);
        ck_assert_int_eq(vtl_fault_find(vp, rows[i].page, &fault),
                         rows[i].page == ANY ? NOT_FOUND : PERMITTED);
    }
}
END_TEST

/* Tables that lead nowhere are read up to where they end. */
START_TEST(walks_that_fail)
{
    struct vtl_fault fault;

    set_tables();
    set_code(CODE_VA, CODE, LDR);
    set_x(2, DATA_VA);
    set_descriptor(DATA_ENTRY, 0);
    allow(9, 0);
    check_found(0, ANY, DENIED, DATA_VA, DATA_ENTRY, R, &fault);
    ck_assert(fault.in_walk && fault.is_data);
    allow(9, R);
    check_found(1, ANY, NOT_FOUND, 0, 0, 0, &fault);
    check_found(2, 9, PERMITTED, DATA_VA, DATA_ENTRY, R, &fault);
    set_descriptor(LEVEL2, 0); /* the code is gone */
    allow(9, 0);
    check_found(3, ANY, NOT_FOUND, 0, 0, 0, &fault);
    check_found(4, 3, PERMITTED, CODE_VA, LEVEL2, R, &fault);
    set_register(HV_REGISTER_TTBR0_EL1, 0x20000); /* tables where no RAM is */
    check_found(5, 0x20, PERMITTED, CODE_VA, 0x20000, R, &fault);
    check_found(6, ANY, NOT_FOUND, 0, 0, 0, &fault);
}
END_TEST

/* The processor writes the descriptor of data, whose table is read-only. */
START_TEST(updates_of_tables)
{
    static const uint64_t old = PAGE(0x6000) & ~(uint64_t)ACCESSED;
    static const uint64_t clean = PAGE(0x6000) | READ_ONLY | DBM;
    static const struct {
        uint64_t tcr, hafdbs, descriptor;
        uint32_t word;
        bool updates;
    } rows[] = {
        {TCR_HA, 1, old, LDR, true},
        {TCR_HA, 1, old, STR, true},
        {TCR_HA, 2, old, LDR, true},
        {TCR_HA, 1, PAGE(0x6000), LDR, false}, /* set already */
        {0, 1, old, LDR, false},
        {TCR_HA, 0, old, LDR, false}, /* the processor has no such thing */
        {TCR_HA | TCR_HD, 2, clean, STR, true},
        {TCR_HA | TCR_HD, 2, clean, LDADD, true},
        {TCR_HA | TCR_HD, 2, clean, LDR, false},
        {TCR_HA | TCR_HD, 1, clean, STR, false},
        {TCR_HA, 2, clean, STR, false},
        {TCR_HA | TCR_HD, 2, PAGE(0x6000) | DBM, STR, false}, /* dirty already */
        {TCR_HA, 1, 0, LDR, false},
    };
    struct vtl_fault fault;

    set_tables();
    set_x(2, DATA_VA);
    allow(9, R | X);
    for (uint64_t page = LEVEL0 >> 12; page <= CODE_TABLE >> 12; page++)
        allow(page, R); /* tables of tables are never written */
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool updates = rows[i].updates;

        set_register(HV_REGISTER_TCR_EL1, TCR_48_BITS | rows[i].tcr);
        set_register(HV_REGISTER_ID_AA64MMFR1_EL1, rows[i].hafdbs);
        set_code(CODE_VA, CODE, rows[i].word);
        set_descriptor(DATA_ENTRY, rows[i].descriptor);
        check_found(i, 9, updates ? DENIED : PERMITTED, DATA_VA, DATA_ENTRY, updates ? R | W : R,
                    &fault);
        ck_assert_msg(fault.in_walk && fault.is_data, "row %zu", i);
        check_found(i, ANY, updates ? DENIED : NOT_FOUND, updates ? DATA_VA : 0,
                    updates ? DATA_ENTRY : 0, updates ? R | W : 0, &fault);
    }
}
END_TEST

/* Fetches set the access flag, too. */
START_TEST(updates_by_fetches)
{
    struct vtl_fault fault;

    set_tables();
    set_code(CODE_VA, CODE, NOP);
    set_register(HV_REGISTER_TCR_EL1, TCR_48_BITS | TCR_HA);
    set_register(HV_REGISTER_ID_AA64MMFR1_EL1, 1);
    set_descriptor(ENTRY(CODE_TABLE, CODE_VA), PAGE(CODE) & ~(uint64_t)ACCESSED);
    allow(4, R);
    check_found(0, 4, DENIED, CODE_VA, ENTRY(CODE_TABLE, CODE_VA), R | W, &fault);
    ck_assert(fault.in_walk && !fault.is_data);
}
END_TEST

/* --- Whose ----------------------------------------------------------------------------------- */

/* VTL1's registers, and VTL2's rights only; a VTL above all is never denied anything. */
START_TEST(active_vtl)
{
    struct vtl_fault fault;

    core->backend->set_register(partition, 0, 1, HV_REGISTER_PC, (struct hv_u128){CODE + 8, 0});
    core->backend->set_register(partition, 0, 2, HV_REGISTER_PC, (struct hv_u128){CODE + 16, 0});
    set_code(CODE, CODE, NOP);
    allow(8, R);
    check_found(0, ANY, DENIED, CODE, CODE, X, &fault);
    vp->active = 1;
    check_found(1, ANY, DENIED, CODE + 8, CODE + 8, X, &fault);
    ck_assert_uint_eq(vtl_protection_enable(core, 1, 0), HV_STATUS_SUCCESS);
    allow(8, ALL);
    check_found(2, ANY, NOT_FOUND, 0, 0, 0, &fault);
    vp->active = 2;
    allow(8, R);
    check_found(3, ANY, NOT_FOUND, 0, 0, 0, &fault);
    check_found(4, 8, PERMITTED, CODE + 16, CODE + 16, X, &fault);
}
END_TEST

/* At least such an access as could not have been done. */
START_TEST(unknown_access)
{
    static const struct {
        unsigned left, rights;
    } rows[] = {{0, R}, {R, W}, {R | X, W}, {R | W, W}, {ALL, W}};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct vtl_fault fault;

        allow(5, rows[i].left);
        fault = vtl_fault_unknown(vp, 5);
        ck_assert_uint_eq(fault.gpa, 0x5000);
        ck_assert_msg(fault.rights == rows[i].rights, "row %zu: 0x%x", i, fault.rights);
        ck_assert(!fault.gva_valid && !fault.has_word && !fault.is_data && !fault.in_walk);
    }
}
END_TEST

#define READ {.gpa = 0x5010, .gva = 0x5010, .gva_valid = true}
#define WRITE {.gpa = 0x5010, .gva = 0x5010, .gva_valid = true, .write = true}
#define FETCH {.gpa = 0x5010, .gva = 0x5010, .gva_valid = true, .fetch = true}
#define WALK {.gpa = 0x5000, .gva = 0x777010, .gva_valid = true, .in_walk = true}
#define UPDATE {.gpa = 0x5000, .gva = 0x777010, .gva_valid = true, .in_walk = true, .write = true}

/* The processor's report, of page 5, decides what nothing else explains. */
START_TEST(reports)
{
    static const struct {
        uint32_t word; /* X2 is 0x5008 */
        unsigned left;
        struct vtl_fault_report report;
        enum vtl_fault_verdict verdict;
        unsigned rights;
        uint64_t gva;
        bool decoded;
    } rows[] = {
        {UNKNOWN, R | X, WRITE, DENIED, W, 0x5010, false},
        {UNKNOWN, 0, READ, DENIED, R, 0x5010, false},
        {UNKNOWN, R, READ, PERMITTED, R, 0x5010, false},
        {UNKNOWN, R | W, FETCH, DENIED, X, 0x5010, false},
        {UNKNOWN, R | W, WALK, PERMITTED, R, 0x777010, false},
        {UNKNOWN, 0, WALK, DENIED, R, 0x777010, false},
        {UNKNOWN, R, UPDATE, DENIED, W, 0x777010, false},
        /* The instruction says more, or it has changed since. */
        {LDR, R, READ, PERMITTED, R, 0x5008, true},
        {LDR, 0, READ, DENIED, R, 0x5008, true},
        {LDR, R, WRITE, DENIED, W, 0x5010, true},
        {CAS, R, READ, DENIED, R | W, 0x5008, true},
        {STR, R, READ, DENIED, W, 0x5008, true},
        /* Addresses in a vector: the report has the one. */
        {GATHER, 0, READ, DENIED, R, 0x5010, true},
        {SCATTER, R | X, WRITE, DENIED, W, 0x5010, true},
        {SCATTER, R | W, WRITE, PERMITTED, W, 0x5010, true},
        {SCATTER, R | W, WALK, PERMITTED, R, 0x777010, true},
        {SCATTER, R | X, WALK, PERMITTED, R, 0x777010, true},
        {SCATTER, 0, WALK, DENIED, R, 0x777010, true},
    };

    set_x(2, 0x5008);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct vtl_fault fault;

        core->vector_lengths = rows[i].word == GATHER || rows[i].word == SCATTER;
        set_code(CODE, CODE, rows[i].word);
        allow_all();
        allow(5, rows[i].left);
        ck_assert_msg(vtl_fault_explain(vp, &rows[i].report, &fault) == rows[i].verdict, "row %zu",
                      i);
        ck_assert_msg(fault.rights == rows[i].rights && fault.gva == rows[i].gva &&
                          fault.gpa / HV_PAGE_SIZE == 5 && fault.has_word == rows[i].decoded,
                      "row %zu: rights 0x%x GVA 0x%llx", i, fault.rights,
                      (unsigned long long)fault.gva);
    }
}
END_TEST

/* Without an address, and where no RAM is. */
START_TEST(reports_of_little)
{
    struct vtl_fault_report report = {.gpa = 0x5000, .write = true};
    struct vtl_fault fault;

    set_code(CODE, CODE, UNKNOWN);
    allow(5, R);
    ck_assert_int_eq(vtl_fault_explain(vp, &report, &fault), DENIED);
    ck_assert(!fault.gva_valid && fault.gpa == 0x5000 && fault.is_data);
    report.gpa = UINT64_C(1) << 40;
    ck_assert_int_eq(vtl_fault_explain(vp, &report, &fault), PERMITTED);
}
END_TEST

UNIT_MAIN_WITH("fault", set_up, tear_down, loads_and_stores, vectors, gathers, pairs, atomics,
               cache_maintenance, stack_pointers, fetches, denied_before_permitted, no_code,
               copies, fills, mapped_data, tagged_addresses, walks, walks_that_fail,
               updates_of_tables, updates_by_fetches, active_vtl, unknown_access, reports,
               reports_of_little)
