/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts by hypercall: who may interrupt whom, what is an interrupt, sets of VPs
 * (vtl/vp-set.c); and the calls that come to nothing.
 */
#include <string.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"

#define FAST (1ull << 16)
#define BANKS(count) ((uint64_t)(count) << 17)
#define ASSERTED HV_INTERRUPT_ASSERTED
#define RES1 (1ull << 31) /* of MPIDR_EL1 */
#define USE(vtl) ((uint64_t)(HV_INPUT_VTL_USE | (vtl)) << 32)
#define PPI 0x12u
#define SPI 40u
#define FIELDS 8
/* memory-partition.c makes affinities of this form. */
#define MPIDR(vp) ((uint64_t)(vp) << 8)

static struct memory_partition *partition;

static void set_up(void)
{
    partition = memory_partition_new(7, 2);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        partition->core->guest_os_id[vtl] = 1;
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

static uint64_t call(unsigned vtl, uint64_t control, const uint64_t *words, size_t count)
{
    struct smccc_registers registers = {{control | FAST}};

    memcpy(&registers.x[1], words, count * sizeof(*words));
    partition->core->vps[0].active = vtl;
    ck_assert_int_eq(vtl_hypercall(&partition->core->vps[0], HVC_HYPERCALL, &registers),
                     SMCCC_DONE);
    return registers.x[0];
}

static unsigned interrupts(unsigned vtl)
{
    unsigned count = 0;

    for (unsigned vp = 0; vp < MEMORY_PARTITION_VPS; vp++)
        count += partition->interrupt[vp][vtl].count;
    return count;
}

/* --- HvCallAssertVirtualInterrupt ------------------------------------------------------------ */

static uint64_t assert_line(unsigned vtl, uint64_t control, uint64_t mpidr, uint32_t intid,
                            unsigned target)
{
    const uint64_t words[] = {HV_PARTITION_SELF, control, mpidr, intid | (uint64_t)target << 32};

    return call(vtl, HV_CALL_ASSERT_VIRTUAL_INTERRUPT, words, G_N_ELEMENTS(words));
}

START_TEST(lines)
{
    static const struct {
        uint64_t control, mpidr;
        uint32_t intid;
        unsigned vp;
        bool asserted;
    } rows[] = {
        {ASSERTED, MPIDR(0), PPI, 0, true},
        {ASSERTED, MPIDR(3), PPI, 3, true},
        {0, MPIDR(3), PPI, 3, false},
        {ASSERTED, MPIDR(1) | RES1, 16, 1, true},
        {ASSERTED, MPIDR(1), 31, 1, true},
        {ASSERTED, 0, 32, 0, true},
        {0, 0, SPI, 0, false},
        {ASSERTED, UINT64_MAX, SPI, 0, true}, /* the GIC knows where it goes */
        {ASSERTED, 0, MEMORY_PARTITION_INTIDS - 1, 0, true},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        ck_assert_uint_eq(assert_line(2, rows[i].control, rows[i].mpidr, rows[i].intid, 0),
                          HV_STATUS_SUCCESS);
        ck_assert_uint_eq(partition->line[0].count, i + 1);
        ck_assert_uint_eq(partition->line[0].intid, rows[i].intid);
        ck_assert(partition->line[0].asserted == rows[i].asserted);
        ck_assert(rows[i].intid >= 32 || partition->line[0].vp == rows[i].vp);
    }
    ck_assert_uint_eq(partition->line[1].count + partition->line[2].count, 0);
    ck_assert_uint_eq(interrupts(0), 0); /* no edges of ours */
}
END_TEST

START_TEST(no_such_interrupt)
{
    static const struct {
        uint64_t control, mpidr;
        uint32_t intid;
    } rows[] = {
        {ASSERTED, 0, 0},       {ASSERTED, 0, 15}, /* SGIs */
        {ASSERTED, 0, MEMORY_PARTITION_TIMER},
        {ASSERTED, 0, MEMORY_PARTITION_INTIDS},
        {ASSERTED, 0, 1020},    {ASSERTED, 0, 1056}, {ASSERTED, 0, 8192},
        {ASSERTED, 0, 0x10000 + SPI}, {ASSERTED, 0, UINT32_MAX},
        {ASSERTED, MPIDR(4), PPI}, {ASSERTED, 1, PPI}, {ASSERTED, 1ull << 32, PPI},
        {ASSERTED | 1, 0, PPI}, {ASSERTED | 1ull << 31, 0, PPI}, /* types */
        {1ull << 32, 0, PPI},   {1ull << 33, 0, PPI}, {1ull << 35, 0, PPI}, {1ull << 63, 0, PPI},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(assert_line(2, rows[i].control, rows[i].mpidr, rows[i].intid, 0) ==
                          HV_STATUS_INVALID_PARAMETER, "row %u", i);
    ck_assert_uint_eq(partition->line[0].count, 0);
}
END_TEST

START_TEST(whose_interrupt)
{
    static const struct {
        unsigned caller, target;
        enum hv_status status;
    } rows[] = {
        {2, 0, HV_STATUS_SUCCESS},       {2, 1, HV_STATUS_SUCCESS},
        {1, 0, HV_STATUS_SUCCESS},       {2, 2, HV_STATUS_ACCESS_DENIED},
        {1, 1, HV_STATUS_ACCESS_DENIED}, {0, 0, HV_STATUS_ACCESS_DENIED},
        {1, 2, HV_STATUS_ACCESS_DENIED}, {0, 1, HV_STATUS_ACCESS_DENIED},
        {2, 3, HV_STATUS_INVALID_PARAMETER}, {0, 16, HV_STATUS_INVALID_PARAMETER},
        {2, 0x100, HV_STATUS_INVALID_PARAMETER}, /* reserved bytes */
        {2, 0x1000000, HV_STATUS_INVALID_PARAMETER},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(assert_line(rows[i].caller, ASSERTED, 0, PPI, rows[i].target) ==
                          rows[i].status, "row %u", i);
    ck_assert_uint_eq(partition->line[0].count, 2);
    ck_assert_uint_eq(partition->line[1].count, 1);
    ck_assert_uint_eq(partition->line[2].count, 0);
}
END_TEST

START_TEST(lines_of_absent_vtls)
{
    uint64_t words[] = {1, ASSERTED, 0, PPI};

    partition->core->vps[2].enabled = 1 | 4;
    ck_assert_uint_eq(assert_line(2, ASSERTED, MPIDR(2), PPI, 1), HV_STATUS_INVALID_VTL_STATE);
    ck_assert_uint_eq(assert_line(2, ASSERTED, MPIDR(2), SPI, 1), HV_STATUS_SUCCESS);
    partition->core->enabled = 1 | 4;
    ck_assert_uint_eq(assert_line(2, ASSERTED, 0, SPI, 1), HV_STATUS_INVALID_VTL_STATE);
    ck_assert_uint_eq(call(2, HV_CALL_ASSERT_VIRTUAL_INTERRUPT, words, G_N_ELEMENTS(words)),
                      HV_STATUS_INVALID_PARTITION_ID);
}
END_TEST

/* --- HvCallSendSyntheticClusterIpi and Ex ---------------------------------------------------- */

static uint64_t send(unsigned vtl, uint64_t first, uint64_t mask)
{
    const uint64_t words[] = {first, mask};

    return call(vtl, HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI, words, G_N_ELEMENTS(words));
}

/* To which VPs have the interrupts gone, of which there has been one each? */
static uint64_t receivers(unsigned vtl)
{
    uint64_t mask = 0;

    for (unsigned vp = 0; vp < MEMORY_PARTITION_VPS; vp++) {
        ck_assert_uint_le(partition->interrupt[vp][vtl].count, 1);
        mask |= (uint64_t)partition->interrupt[vp][vtl].count << vp;
    }
    memset(partition->interrupt, 0, sizeof(partition->interrupt));
    return mask;
}

START_TEST(ipis)
{
    ck_assert_uint_eq(send(0, PPI, 0xb), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(partition->interrupt[3][0].intid, PPI);
    ck_assert_uint_eq(receivers(0), 0xb);
    ck_assert_uint_eq(send(2, 31 | USE(0), 6), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(receivers(0), 6);
    ck_assert_uint_eq(send(2, 16, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(receivers(2), 1);
    ck_assert_uint_eq(send(2, PPI | USE(1), UINT64_MAX), HV_STATUS_SUCCESS); /* those there are */
    ck_assert_uint_eq(receivers(1), 0xf);
    ck_assert_uint_eq(send(0, PPI, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(send(0, PPI, 0x10), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(receivers(0), 0);
}
END_TEST

START_TEST(ipis_refused)
{
    static const struct {
        unsigned caller;
        uint64_t first;
        enum hv_status status;
    } rows[] = {
        {0, 0, HV_STATUS_INVALID_PARAMETER},    {0, 15, HV_STATUS_INVALID_PARAMETER},
        {0, SPI, HV_STATUS_INVALID_PARAMETER},  {0, 0xff, HV_STATUS_INVALID_PARAMETER},
        {0, 0x100, HV_STATUS_INVALID_PARAMETER},
        {0, MEMORY_PARTITION_TIMER, HV_STATUS_INVALID_PARAMETER},
        {0, PPI | 1ull << 40, HV_STATUS_INVALID_PARAMETER}, /* flags */
        {0, PPI | 1ull << 48, HV_STATUS_INVALID_PARAMETER},
        {0, PPI | 1ull << 63, HV_STATUS_INVALID_PARAMETER},
        {0, PPI | 1ull << 32, HV_STATUS_INVALID_PARAMETER}, /* a VTL without "use it" */
        {0, PPI | USE(1), HV_STATUS_ACCESS_DENIED},
        {1, PPI | USE(2), HV_STATUS_ACCESS_DENIED},
        {2, PPI | USE(3), HV_STATUS_ACCESS_DENIED},
        {2, PPI | USE(0) | 1ull << 37, HV_STATUS_INVALID_PARAMETER},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(send(rows[i].caller, rows[i].first, 0xf) == rows[i].status, "row %u", i);
    partition->core->vps[2].enabled = 1 | 4;
    ck_assert_uint_eq(send(2, PPI | USE(1), 0xf), HV_STATUS_INVALID_VTL_STATE);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        ck_assert_uint_eq(interrupts(vtl), 0);
    ck_assert_uint_eq(send(2, PPI | USE(1), 0xb), HV_STATUS_SUCCESS);
    partition->core->enabled = 1 | 4;
    ck_assert_uint_eq(send(2, PPI | USE(1), 1), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

/* A set: its format, the banks that it says are there, and those that are. */
static const struct {
    uint64_t format, valid;
    unsigned count;
    uint64_t banks[3];
    enum hv_status status;
    uint64_t vps;
} sets[] = {
    {0, 1, 1, {5}, HV_STATUS_SUCCESS, 5},
    {0, 0, 0, {0}, HV_STATUS_SUCCESS, 0},
    {0, 1, 1, {0}, HV_STATUS_SUCCESS, 0},
    {0, 5, 2, {0xa, 0xf}, HV_STATUS_SUCCESS, 0xa},
    {0, 4, 1, {0xf}, HV_STATUS_SUCCESS, 0}, /* VPs from 128 on */
    {0, 1ull << 63, 1, {UINT64_MAX}, HV_STATUS_SUCCESS, 0},
    {0, 7, 3, {UINT64_MAX, UINT64_MAX, UINT64_MAX}, HV_STATUS_SUCCESS, 0xf},
    {1, 0, 0, {0}, HV_STATUS_SUCCESS, 0xf},
    {1, 1, 1, {0}, HV_STATUS_SUCCESS, 0xf},
    {0, 1, 0, {0}, HV_STATUS_INVALID_PARAMETER, 0},
    {0, 0, 1, {5}, HV_STATUS_INVALID_PARAMETER, 0},
    {0, 1, 2, {5}, HV_STATUS_INVALID_PARAMETER, 0},
    {0, 3, 1, {5}, HV_STATUS_INVALID_PARAMETER, 0},
    {0, UINT64_MAX, 3, {5}, HV_STATUS_INVALID_PARAMETER, 0},
    {1, 1, 0, {0}, HV_STATUS_INVALID_PARAMETER, 0},
    {1, 0, 1, {5}, HV_STATUS_INVALID_PARAMETER, 0},
    {2, 1, 1, {5}, HV_STATUS_INVALID_PARAMETER, 0},
    {1ull << 63, 1, 1, {5}, HV_STATUS_INVALID_PARAMETER, 0},
};

START_TEST(ipis_to_sets)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
        uint64_t words[FIELDS] = {PPI | USE(0), sets[i].format, sets[i].valid};

        memcpy(&words[3], sets[i].banks, sizeof(sets[i].banks));
        ck_assert_msg(call(2, HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX | BANKS(sets[i].count), words,
                           FIELDS) == sets[i].status, "row %u", i);
        ck_assert_msg(receivers(0) == sets[i].vps, "row %u", i);
    }
}
END_TEST

START_TEST(ipis_to_sets_refused)
{
    static const uint64_t first[] = {SPI, 15, PPI | 1ull << 40, PPI | 1ull << 56, PPI | USE(0x20)};
    uint64_t words[] = {PPI | USE(1), 1, 0};

    ck_assert_uint_eq(call(0, HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX, words, G_N_ELEMENTS(words)),
                      HV_STATUS_ACCESS_DENIED);
    for (unsigned i = 0; i < G_N_ELEMENTS(first); i++) {
        words[0] = first[i];
        ck_assert_uint_eq(call(0, HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX, words,
                               G_N_ELEMENTS(words)), HV_STATUS_INVALID_PARAMETER);
    }
    ck_assert_uint_eq(interrupts(0) + interrupts(1), 0);
}
END_TEST

/* --- Those that come to nothing -------------------------------------------------------------- */

static const uint64_t good_retarget[] = {HV_PARTITION_SELF, 0x1234, HV_INTERRUPT_SOURCE_MSI,
                                         UINT64_C(40) << 32 | 0x08000040, 0, SPI, 1};

static uint64_t retarget(unsigned field, uint64_t bits, unsigned count)
{
    uint64_t words[G_N_ELEMENTS(good_retarget) + 3] = {0};

    memcpy(words, good_retarget, sizeof(good_retarget));
    words[field] ^= bits;
    words[7] = 1; /* a bank, and it */
    words[8] = 3;
    return call(0, HV_CALL_RETARGET_DEVICE_INTERRUPT | BANKS(count), words, G_N_ELEMENTS(words));
}

START_TEST(retarget_knows_no_device)
{
    static const struct {
        unsigned field;
        uint64_t bits;
        unsigned count;
        enum hv_status status;
    } rows[] = {
        {1, 0, 0, HV_STATUS_INVALID_DEVICE_ID},
        {1, 0xffff, 0, HV_STATUS_INVALID_DEVICE_ID},
        {3, UINT64_MAX, 0, HV_STATUS_INVALID_DEVICE_ID},
        {5, 1ull << 32, 0, HV_STATUS_INVALID_DEVICE_ID}, /* multicast */
        {0, 1, 0, HV_STATUS_INVALID_PARTITION_ID},
        {2, 3, 0, HV_STATUS_INVALID_PARAMETER}, /* another source */
        {2, 1ull << 32, 0, HV_STATUS_INVALID_PARAMETER},
        {4, 1, 0, HV_STATUS_INVALID_PARAMETER},
        {5, 4ull << 32, 0, HV_STATUS_INVALID_PARAMETER},
        {6, 0, 1, HV_STATUS_INVALID_PARAMETER}, /* a mask needs no more */
        {5, 2ull << 32, 0, HV_STATUS_INVALID_PARAMETER}, /* a set does */
        {5, 2ull << 32, 2, HV_STATUS_INVALID_DEVICE_ID}, /* of format 1 */
        {5, 2ull << 32, 1, HV_STATUS_INVALID_PARAMETER},
        {5, 2ull << 32, 3, HV_STATUS_INVALID_PARAMETER},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(retarget(rows[i].field, rows[i].bits, rows[i].count) == rows[i].status,
                      "row %u", i);
}
END_TEST

/* "Only HV_STATUS_SUCCESS will be returned" (TLFS). */
START_TEST(long_spin_wait)
{
    static const uint64_t words[] = {0, 1, UINT32_MAX, UINT64_MAX};

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
        ck_assert_uint_eq(call(0, HV_CALL_NOTIFY_LONG_SPIN_WAIT, &words[i], 1),
                          HV_STATUS_SUCCESS);
}
END_TEST

UNIT_MAIN_WITH("interrupt-calls", set_up, tear_down, lines, no_such_interrupt, whose_interrupt,
               lines_of_absent_vtls, ipis, ipis_refused, ipis_to_sets, ipis_to_sets_refused,
               retarget_knows_no_device, long_spin_wait)
