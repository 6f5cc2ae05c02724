/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers that are views of others, one row each: see register-views.h.
 *
 * A guest has EL1 and EL0. Hence a name that means "of EL1 or EL2, by the current EL" is EL1's;
 * and ELR_EL2 and SPSR_EL2, in which a hypervisor at EL2 finds a stopped VP's PC and PSTATE, show
 * these: paravisors read SPSR_EL2 to learn at which EL the VTL below runs.
 * The pieces of PSTATE lie at the same bits in SPSR_ELx and in the register that MRS reads
 * (Arm ARM, C5.2).
 */
#include "vtl/register-views.h"

#include <glib.h>

#include "vtl/hv-register-row.h"

#define PC 0x00020022u
#define PSTATE 0x00020023u
#define SP_EL0 0x00020020u
#define SP_EL1 0x00020021u

#define PSTATE_SP (1ull << 0)
#define PSTATE_EL (3ull << 2)
#define ALL UINT64_MAX
#define LOW_32 UINT32_MAX

/* OSLAR_EL1.OSLK becomes OSLSR_EL1.OSLK (Arm ARM, D24.3). */
#define OSLAR_OSLK (1ull << 0)
#define OSLSR_OSLK (1ull << 1)

static enum hv_status get_bits(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                               struct hv_u128 *value)
{
    enum hv_status status = hv_bank_get(vp, vtl, view->source, value);

    if (status == HV_STATUS_SUCCESS)
        value->low &= view->mask;
    return status;
}

static enum hv_status set_bits(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                               uint64_t value)
{
    struct hv_u128 whole;
    enum hv_status status = hv_bank_get(vp, vtl, view->source, &whole);

    if (status != HV_STATUS_SUCCESS)
        return status;
    whole.low = (whole.low & ~view->mask) | value;
    return hv_bank_set(vp, vtl, view->source, whole);
}

/* SP is the stack pointer that PSTATE.SP selects in that VTL. */
static enum hv_status select_sp(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                                uint32_t *name)
{
    struct hv_u128 pstate = {0};
    enum hv_status status = hv_bank_get(vp, vtl, PSTATE, &pstate);

    *name = pstate.low & PSTATE_SP ? view->other : view->source;
    return status;
}

static enum hv_status get_sp(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                             struct hv_u128 *value)
{
    uint32_t name;
    enum hv_status status = select_sp(view, vp, vtl, &name);

    return status == HV_STATUS_SUCCESS ? hv_bank_get(vp, vtl, name, value) : status;
}

static enum hv_status set_sp(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                             uint64_t value)
{
    uint32_t name;
    enum hv_status status = select_sp(view, vp, vtl, &name);

    return status == HV_STATUS_SUCCESS
               ? hv_bank_set(vp, vtl, name, (struct hv_u128){.low = value})
               : status;
}

/* TimerValue views (Arm ARM, D11.2.4): signed 32 bits from the counter to the compare value. */
static enum hv_status get_timer_value(const struct register_view *view, struct vtl_vp *vp,
                                      unsigned vtl, struct hv_u128 *value)
{
    struct hv_u128 counter;
    enum hv_status status = hv_bank_get(vp, vtl, view->source, value);

    if (status == HV_STATUS_SUCCESS)
        status = hv_bank_get(vp, vtl, view->other, &counter);
    if (status == HV_STATUS_SUCCESS)
        value->low = (value->low - counter.low) & LOW_32;
    return status;
}

static enum hv_status set_timer_value(const struct register_view *view, struct vtl_vp *vp,
                                      unsigned vtl, uint64_t value)
{
    struct hv_u128 counter;
    enum hv_status status = hv_bank_get(vp, vtl, view->other, &counter);

    if (status != HV_STATUS_SUCCESS)
        return status;
    counter.low += (uint64_t)(int32_t)(uint32_t)value;
    return hv_bank_set(vp, vtl, view->source, counter);
}

static enum hv_status set_os_lock(const struct register_view *view, struct vtl_vp *vp,
                                  unsigned vtl, uint64_t value)
{
    struct hv_u128 status_register;
    enum hv_status status = hv_bank_get(vp, vtl, view->source, &status_register);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status_register.low &= ~OSLSR_OSLK;
    status_register.low |= value & OSLAR_OSLK ? OSLSR_OSLK : 0;
    return hv_bank_set(vp, vtl, view->source, status_register);
}

static enum hv_status get_zero(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                               struct hv_u128 *value)
{
    (void)view;
    (void)vp;
    (void)vtl;
    *value = (struct hv_u128){0};
    return HV_STATUS_SUCCESS;
}

static enum hv_status ignore(const struct register_view *view, struct vtl_vp *vp, unsigned vtl,
                             uint64_t value)
{
    (void)view;
    (void)vp;
    (void)vtl;
    (void)value;
    return HV_STATUS_SUCCESS;
}

#define BITS(name, text, source, mask) {name, text, source, 0, mask, get_bits, set_bits}
#define READ_ONLY(name, text, source, mask) {name, text, source, 0, mask, get_bits, NULL}
#define ZERO(name, text) {name, text, 0, 0, ALL, get_zero, ignore}
#define ZERO_READ_ONLY(name, text) {name, text, 0, 0, ALL, get_zero, NULL}
#define TIMER_VALUE(name, text, compare, counter)                                                  \
    {name, text, compare, counter, LOW_32, get_timer_value, set_timer_value}

static const struct register_view views[] = {
    {0x0002001f, "SP", SP_EL0, SP_EL1, ALL, get_sp, set_sp},
    /* The zero register reads as zero and discards what is written (Arm ARM, C1.2.5). */
    ZERO(0x0002fffe, "XZR"),
    BITS(0x00021001, "ELR_EL2", PC, ALL),
    BITS(0x00021002, "SPSR_EL2", PSTATE, ALL),
    READ_ONLY(0x00021003, "CurrentEL", PSTATE, PSTATE_EL),
    BITS(0x00021004, "DAIF", PSTATE, 0xfull << 6),
    BITS(0x00021005, "DIT", PSTATE, 1ull << 24),
    BITS(0x00021006, "NZCV", PSTATE, 0xfull << 28),
    BITS(0x00021007, "PAN", PSTATE, 1ull << 22),
    BITS(0x00021008, "SPSel", PSTATE, PSTATE_SP),
    BITS(0x00021009, "SSBS", PSTATE, 1ull << 12),
    BITS(0x0002100a, "TCO", PSTATE, 1ull << 25),
    BITS(0x0002100b, "UAO", PSTATE, 1ull << 23),
    BITS(0x0002100c, "ELR_ELx", 0x00040015, ALL),
    BITS(0x0002100d, "SPSR_ELx", 0x00040014, ALL),
    /* Two numbers for one register. */
    READ_ONLY(0x00022005, "MPIDR_EL1", 0x00040001, ALL),
    READ_ONLY(0x00040051, "MIDR_EL1", 0x00022000, ALL),
    READ_ONLY(0x00040052, "MVFR0_EL1", 0x00022018, ALL),
    READ_ONLY(0x00040053, "MVFR1_EL1", 0x00022019, ALL),
    READ_ONLY(0x00040054, "MVFR2_EL1", 0x0002201a, ALL),
    READ_ONLY(0x00040055, "REVIDR_EL1", 0x00022006, ALL),
    BITS(0x00040073, "AFSR0_ELx", 0x00040016, ALL),
    BITS(0x00040074, "AFSR1_ELx", 0x00040017, ALL),
    BITS(0x00040075, "AMAIR_ELx", 0x00040018, ALL),
    BITS(0x00040076, "CONTEXTIDR_ELx", 0x0004000d, ALL),
    BITS(0x00040077, "CPACR_ELx", 0x00040004, ALL),
    BITS(0x00040078, "ESR_ELx", 0x00040008, ALL),
    BITS(0x00040079, "FAR_ELx", 0x00040009, ALL),
    BITS(0x0004007a, "MAIR_ELx", 0x0004000b, ALL),
    BITS(0x0004007b, "SCTLR_ELx", 0x00040002, ALL),
    BITS(0x0004007c, "TCR_ELx", 0x00040007, ALL),
    BITS(0x0004007d, "TTBR0_ELx", 0x00040005, ALL),
    BITS(0x0004007f, "TTBR1_ELx", 0x00040006, ALL),
    BITS(0x00040080, "VBAR_ELx", 0x0004000c, ALL),
    BITS(0x00040081, "ZCR_ELx", 0x00040071, ALL),
    /* No external debugger is there; KVM has these read as zero, too (sys_regs.c, trap_raz_wi). */
    ZERO(0x00050041, "DBGCLAIMCLR_EL1"),
    ZERO(0x00050042, "DBGCLAIMSET_EL1"),
    ZERO_READ_ONLY(0x00050043, "DBGDTRRX_EL0"),
    ZERO(0x00050044, "DBGDTRTX_EL0"),
    ZERO(0x00050045, "DBGPRCR_EL1"),
    ZERO_READ_ONLY(0x0005004a, "MDCCSR_EL0"),
    ZERO_READ_ONLY(0x0005004c, "MDRAR_EL1"),
    ZERO(0x0005004e, "OSDLR_EL1"),
    {0x00050052, "OSLAR_EL1", 0x00050053, 0, OSLAR_OSLK, NULL, set_os_lock},
    TIMER_VALUE(0x0005800b, "CNTP_TVAL_EL0", 0x0005800a, 0x0005800c),
    TIMER_VALUE(0x00058010, "CNTV_TVAL_EL0", 0x0005800f, 0x00058011),
    BITS(0x00058013, "CNTKCTL_ELx", 0x00058008, ALL),
    BITS(0x00058014, "CNTP_CTL_ELx", 0x00058009, ALL),
    BITS(0x00058015, "CNTP_CVAL_ELx", 0x0005800a, ALL),
    TIMER_VALUE(0x00058016, "CNTP_TVAL_ELx", 0x0005800a, 0x0005800c),
    BITS(0x00058017, "CNTV_CTL_ELx", 0x0005800e, ALL),
    BITS(0x00058018, "CNTV_CVAL_ELx", 0x0005800f, ALL),
    TIMER_VALUE(0x00058019, "CNTV_TVAL_ELx", 0x0005800f, 0x00058011),
};

const struct register_view *register_view_find(uint32_t name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++)
        if (views[i].name == name)
            return &views[i];
    return NULL;
}

bool register_view_nth(size_t index, uint32_t *name)
{
    if (index >= G_N_ELEMENTS(views))
        return false;
    *name = views[index].name;
    return true;
}
