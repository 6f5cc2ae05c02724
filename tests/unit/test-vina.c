/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VINA: its register, when a higher VTL is told, and when once more. */
#include <errno.h>

#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"
#include "vtl/vp-registers.h"

#define FAST (1ull << 16)
#define REPS(count) ((uint64_t)(count) << 32)
#define SUCCESS REPS(1)
#define PAGE 0x3000u
#define STATUS (PAGE + 12)
#define PPI 0x13u
#define HV_STATUS_OF(result) ((result) & 0xffff)

static struct memory_partition *partition;

static struct vtl_vp *vp(void)
{
    return &partition->core->vps[0];
}

static unsigned set(unsigned vtl, uint32_t name, uint64_t value)
{
    struct smccc_registers registers = {
        {HV_CALL_SET_VP_REGISTERS | FAST | REPS(1), HV_PARTITION_SELF,
         HV_VP_SELF | (uint64_t)(HV_INPUT_VTL_USE | vtl) << 32, name, 0, value, 0}};

    vtl_hypercall(vp(), HVC_HYPERCALL, &registers);
    return HV_STATUS_OF(registers.x[0]);
}

static unsigned interrupts(void)
{
    return partition->interrupt[0][2].count;
}

static void set_up(void)
{
    partition = memory_partition_new(1 << 0 | 1 << 1 | 1 << 2, 2);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        partition->core->guest_os_id[vtl] = 1;
    ck_assert_uint_eq(set(2, HV_REGISTER_VP_ASSIST_PAGE, PAGE | 1), HV_STATUS_SUCCESS);
}

static void tear_down(void)
{
    memory_partition_free(partition);
}

START_TEST(the_register)
{
    ck_assert_uint_eq(set(2, HV_REGISTER_VSM_VINA, PPI | HV_VINA_ENABLED | HV_VINA_AUTO_RESET),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(1, HV_REGISTER_VSM_VINA, PPI), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(0, HV_REGISTER_VSM_VINA, PPI), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set(2, HV_REGISTER_VSM_VINA, PPI | 1 << 10),
                      HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(set(2, HV_REGISTER_VSM_VINA, PPI | 1ull << 63),
                      HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(set(2, HV_REGISTER_VSM_VINA, 0xf | HV_VINA_ENABLED),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set(2, HV_REGISTER_VSM_VINA, 0), HV_STATUS_SUCCESS);
    ck_assert(!vtl_vina_watches(vp()));
}
END_TEST

START_TEST(tells_once)
{
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 0);
    set(2, HV_REGISTER_VSM_VINA, PPI | HV_VINA_ENABLED);
    ck_assert(vtl_vina_watches(vp()));
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 1);
    ck_assert_uint_eq(partition->interrupt[0][2].intid, PPI);
    ck_assert_uint_eq(partition->ram[STATUS], 1);
    vtl_vina_notify(vp(), 1);
    vtl_enter(vp(), 0, VTL_ENTRY_CALL);
    ck_assert(!vtl_vina_watches(vp()));
    vtl_enter(vp(), 2, VTL_ENTRY_CALL);
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 1);
    partition->ram[STATUS] = 0;
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 2);
}
END_TEST

static void enter_again(void)
{
    vtl_enter(vp(), 0, VTL_ENTRY_CALL);
    vtl_enter(vp(), 2, VTL_ENTRY_INTERRUPT);
}

START_TEST(auto_reset)
{
    set(2, HV_REGISTER_VSM_VINA, PPI | HV_VINA_ENABLED | HV_VINA_AUTO_RESET);
    vtl_vina_notify(vp(), 0);
    enter_again();
    ck_assert_uint_eq(partition->ram[STATUS], 0);
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 2);
}
END_TEST

START_TEST(without_an_assist_page)
{
    set(2, HV_REGISTER_VP_ASSIST_PAGE, 0);
    set(2, HV_REGISTER_VSM_VINA, PPI | HV_VINA_ENABLED | HV_VINA_AUTO_RESET);
    vtl_vina_notify(vp(), 0);
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 1);
    enter_again();
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 2);
    /* A page that is not there holds nothing back. */
    set(2, HV_REGISTER_VP_ASSIST_PAGE, (MEMORY_PARTITION_RAM << 4) | 1);
    enter_again();
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 3);
}
END_TEST

START_TEST(not_what_is_masked)
{
    set(2, HV_REGISTER_VSM_VINA, PPI | HV_VINA_ENABLED);
    ck_assert_uint_eq(set(0, HV_REGISTER_PSTATE, PSTATE_EL1H | PSTATE_I), HV_STATUS_SUCCESS);
    vtl_vina_notify(vp(), 0);
    ck_assert_uint_eq(interrupts(), 0);
    ck_assert_uint_eq(partition->ram[STATUS], 0);
    vtl_vina_notify(vp(), 1);
    ck_assert_uint_eq(interrupts(), 1);
}
END_TEST

static unsigned warnings;

static void count_warning(const char *domain, GLogLevelFlags level, const char *message,
                          void *data)
{
    (void)domain;
    (void)message;
    (void)data;
    warnings += (level & G_LOG_LEVEL_WARNING) != 0;
}

/* A hostile VTL1 can have it happen for ever: it clears VinaAsserted, and waits for the next one. */
START_TEST(tells_the_user_once)
{
    g_log_set_default_handler(count_warning, NULL);
    warnings = 0;
    partition->interrupt_error = -EINVAL;
    set(2, HV_REGISTER_VSM_VINA, 0xff | HV_VINA_ENABLED);
    for (unsigned i = 0; i < 5; i++) {
        vtl_vina_notify(vp(), 0);
        ck_assert_uint_eq(partition->ram[STATUS], 1);
        partition->ram[STATUS] = 0;
    }
    ck_assert_uint_eq(warnings, 1);
    g_log_set_default_handler(g_log_default_handler, NULL);
}
END_TEST

UNIT_MAIN_WITH("vina", set_up, tear_down, the_register, tells_once, auto_reset,
               without_an_assist_page, not_what_is_masked, tells_the_user_once)
