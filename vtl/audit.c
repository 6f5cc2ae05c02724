/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guests use, counted: see audit.h. */
#include "vtl/audit.h"

#include "vtl/bank.h"
#include "vtl/hv-registers.h"
#include "vtl/hypercalls.h"
#include "vtl/register-views.h"
#include "vtl/vp-registers.h"

/* ELR_EL2, a view of PC (register-views.c). */
#define REGISTER_ELR_EL2 0x00021001u

/* --- Life ------------------------------------------------------------------------------------- */

static void add_name(struct vtl_audit *audit, uint32_t name)
{
    g_hash_table_insert(audit->numbers, GUINT_TO_POINTER(name),
                        GUINT_TO_POINTER(audit->names->len + 1));
    g_array_append_val(audit->names, name);
}

/* Synthetic ones first, then views, then what the processor has. */
static void name_registers(struct vtl_audit *audit)
{
    uint32_t name;

    audit->names = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    audit->numbers = g_hash_table_new(NULL, NULL);
    for (size_t i = 0; hv_register_nth(i, &name); i++)
        add_name(audit, name);
    for (size_t i = 0; register_view_nth(i, &name); i++)
        add_name(audit, name);
    for (size_t i = 0; i < bank_table_size; i++)
        if (bank_find_value(bank_table[i].hv_name))
            add_name(audit, bank_table[i].hv_name);
}

struct vtl_audit *vtl_audit_new(unsigned vp_count)
{
    struct vtl_audit *audit = g_new0(struct vtl_audit, 1);

    name_registers(audit);
    audit->vp_count = vp_count;
    audit->vps = g_new0(struct audit_vp, vp_count);
    for (unsigned i = 0; i < vp_count; i++) {
        audit->vps[i].whole = audit;
        audit->vps[i].registers = g_new0(struct audit_register, audit->names->len);
    }
    return audit;
}

void vtl_audit_free(struct vtl_audit *audit)
{
    if (!audit)
        return;
    for (unsigned i = 0; i < audit->vp_count; i++)
        g_free(audit->vps[i].registers);
    g_free(audit->vps);
    g_array_unref(audit->names);
    g_hash_table_unref(audit->numbers);
    g_free(audit);
}

void vtl_audit_continue(struct vtl_audit *audit, struct vtl_partition *partition)
{
    for (unsigned i = 0; i < partition->vp_count; i++)
        partition->vps[i].audit = &audit->vps[i];
}

void vtl_audit_begin(struct vtl_audit *audit, struct vtl_partition *partition, bool loaded)
{
    vtl_audit_continue(audit, partition);
    audit->ran = 0;
    for (unsigned i = 0; i < partition->vp_count; i++)
        audit->vps[i].prepared = loaded ? (1u << VTL_LEVELS) - 1 : 0;
    /* The boot VTL runs without being entered. */
    audit->ran |= (uint16_t)(1u << partition->vps[0].active);
}

/* --- The sum ---------------------------------------------------------------------------------- */

/* All counters of struct audit_call and struct audit_register are 64 bits wide, and nothing else. */
static void add_counters(void *to, const void *from, size_t size)
{
    uint64_t *sum = to;
    const uint64_t *more = from;

    for (size_t i = 0; i < size / sizeof(uint64_t); i++)
        sum[i] += more[i];
}

static void add_vp(const struct vtl_audit *audit, struct audit_vp *sum, const struct audit_vp *vp)
{
    add_counters(sum->rule, vp->rule, sizeof(sum->rule));
    add_counters(sum->call, vp->call, sizeof(sum->call));
    add_counters(sum->registers, vp->registers,
                 audit->names->len * sizeof(struct audit_register));
    add_counters(sum->immediates, vp->immediates, sizeof(sum->immediates));
    add_counters(sum->intercepts, vp->intercepts, sizeof(sum->intercepts));
    sum->unknown_calls += vp->unknown_calls;
    sum->unknown_registers += vp->unknown_registers;
}

struct audit_vp *vtl_audit_sum(const struct vtl_audit *audit)
{
    struct audit_vp *sum = g_new0(struct audit_vp, 1);

    sum->registers = g_new0(struct audit_register, audit->names->len);
    for (unsigned i = 0; i < audit->vp_count; i++)
        add_vp(audit, sum, &audit->vps[i]);
    return sum;
}

void vtl_audit_vp_free(struct audit_vp *vp)
{
    g_free(vp->registers);
    g_free(vp);
}

bool audit_register_name(const struct vtl_audit *audit, size_t number, uint32_t *name)
{
    if (number >= audit->names->len)
        return false;
    *name = g_array_index(audit->names, uint32_t, number);
    return true;
}

/* --- What happens ----------------------------------------------------------------------------- */

void audit_prepare(struct vtl_vp *vp, unsigned vtl)
{
    vp->audit->prepared |= (uint16_t)(1u << vtl);
}

bool audit_is_prepared(const struct vtl_vp *vp, unsigned vtl)
{
    return vp->audit->prepared & 1u << vtl;
}

void audit_enter(struct vtl_vp *vp, unsigned vtl)
{
    uint16_t bit = (uint16_t)(1u << vtl);

    if (!(vp->audit->whole->ran & bit))
        vp->audit->whole->ran |= bit;
}

void audit_hvc(struct vtl_vp *vp, uint16_t immediate)
{
    bool known = immediate < AUDIT_IMMEDIATES - 1;

    vp->audit->immediates[known ? immediate : AUDIT_IMMEDIATES - 1]++;
    strict_check(vp, STRICT_HVC_IMMEDIATE, known, "`hvc #%u`", immediate);
}

void audit_swallowed(struct vtl_vp *vp, uint16_t immediate, uint64_t x0)
{
    audit_hvc(vp, immediate);
    if (hvc_convention(immediate) == HVC_HYPERCALL &&
        vtl_has_feature(&vp->partition->services, VTL_FEATURE_HYPERCALL))
        strict_control(vp, x0);
}

static struct audit_call *find_call(struct audit_vp *audit, uint16_t code)
{
    for (size_t i = 0; i < vtl_call_count && i < AUDIT_CALLS; i++)
        if (vtl_calls[i].code == code)
            return &audit->call[i];
    return NULL;
}

static enum audit_form form_of(enum hvc_convention convention, bool fast)
{
    if (convention == HVC_SMCCC)
        return fast ? AUDIT_SMCCC_FAST : AUDIT_SMCCC_MEMORY;
    return fast ? AUDIT_NATIVE_FAST : AUDIT_NATIVE_MEMORY;
}

void audit_call(struct vtl_vp *vp, uint64_t word, enum hvc_convention convention,
                enum smccc_outcome outcome, uint64_t result)
{
    struct hv_control control = hv_control_decode(word);
    struct audit_call *call = vtl_offers_call(&vp->partition->services, control.code)
                                  ? find_call(vp->audit, control.code)
                                  : NULL;

    if (outcome == SMCCC_RETRY)
        return;
    if (!call) {
        vp->audit->unknown_calls++;
        return;
    }
    call->made[vp->active]++;
    call->forms[form_of(convention, control.fast)]++;
    if (outcome == SMCCC_INTERCEPTED)
        call->intercepted++;
    else
        call->status[result & (AUDIT_STATUSES - 1)]++;
}

static bool is_pc(uint32_t name)
{
    return name == HV_REGISTER_PC || name == REGISTER_ELR_EL2;
}

void audit_register(struct vtl_vp *caller, struct vtl_vp *target, unsigned vtl, uint32_t name,
                    bool write, enum hv_status status)
{
    struct audit_vp *audit = caller->audit;
    gpointer number = g_hash_table_lookup(audit->whole->numbers, GUINT_TO_POINTER(name));
    struct audit_register *reg;

    if (write && is_pc(name) && status == HV_STATUS_SUCCESS)
        audit_prepare(target, vtl);
    if (status == HV_STATUS_INTERRUPTED)
        return;
    if (!number) {
        audit->unknown_registers++;
        return;
    }
    reg = &audit->registers[GPOINTER_TO_UINT(number) - 1];
    (write ? reg->writes : reg->reads)[caller->active]++;
    reg->refused += status != HV_STATUS_SUCCESS;
}

void audit_intercept(struct vtl_vp *vp, enum hv_intercept_message type)
{
    static const enum hv_intercept_message types[AUDIT_INTERCEPTS] = {
        [AUDIT_MEMORY] = HV_MESSAGE_GPA_INTERCEPT,
        [AUDIT_UNMAPPED] = HV_MESSAGE_UNMAPPED_GPA,
        [AUDIT_HYPERCALL] = HV_MESSAGE_HYPERCALL_INTERCEPT,
        [AUDIT_RESET] = HV_MESSAGE_ARM64_RESET,
        [AUDIT_DELIVERABLE] = HV_MESSAGE_SINT_DELIVERABLE,
    };

    for (size_t i = 0; i < AUDIT_INTERCEPTS; i++)
        vp->audit->intercepts[i] += types[i] == type;
}
