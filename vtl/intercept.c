/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages to the higher VTL: see intercept.h. */
#include "vtl/intercept.h"

#include <string.h>

#include "smccc/hypercall.h"
#include "vtl/audit.h"
#include "vtl/exception.h"
#include "vtl/fetch.h"
#include "vtl/hv-registers.h"
#include "vtl/synic.h"
#include "vtl/vp-registers.h"

#define STATE_VTL_SHIFT 4
#define PSTATE_EL_SHIFT 2
#define PSTATE_EL_MASK 3
#define A64_INSTRUCTION 4

#define CACHE_WRITE_BACK 6

/* ESR_EL2 of an abort from a lower exception level (Arm ARM, D19.2 "ESR_EL2"). */
#define ESR_INSTRUCTION_ABORT (0x20ull << 26)
#define ESR_DATA_ABORT (0x24ull << 26)
#define ESR_IL (1ull << 25)
#define ESR_ISV (1ull << 24)
#define ESR_SAS_SHIFT 22
#define ESR_SSE (1ull << 21)
#define ESR_SRT_SHIFT 16
#define ESR_SF (1ull << 15)
#define ESR_AR (1ull << 14)
#define ESR_FNV (1ull << 10)
#define ESR_CM (1ull << 8)
#define ESR_S1PTW (1ull << 7)
#define ESR_WNR (1ull << 6)
#define ESR_TRANSLATION_FAULT 0x07u /* level 3 */
#define ESR_PERMISSION_FAULT 0x0fu  /* level 3 */

/* Of the message in the VP assist page (OpenVMM, hvdef, HvVpAssistPage). */
#define ASSIST_MESSAGE 0x70

unsigned vtl_intercept_owner(const struct vtl_vp *vp, const struct vtl_fault *fault)
{
    return vtl_protection_denied_by(vp->partition, vp->active, fault->gpa / HV_PAGE_SIZE,
                                    fault->rights);
}

unsigned vtl_intercept_wanted(const struct vtl_vp *vp, uint64_t bit)
{
    for (unsigned vtl = vp->active + 1; vtl < VTL_LEVELS; vtl++)
        if (vp->partition->config[vtl] & bit)
            return vtl;
    return 0;
}

/* The set of VTLs that want this type, or NULL. */
static _Atomic uint16_t *find_type(struct vtl_partition *partition, uint32_t type)
{
    if (type == HV_INTERCEPT_TYPE_HYPERCALL)
        return &partition->hypercall_intercepts;
    if (type == HV_INTERCEPT_TYPE_UNKNOWN_CONNECTION)
        return &partition->connection_intercepts;
    return NULL;
}

enum hv_status vtl_intercept_install(struct vtl_vp *caller,
                                     const struct hv_install_intercept *input)
{
    _Atomic uint16_t *set = find_type(caller->partition, input->type);
    uint16_t self = (uint16_t)(1u << caller->active);

    if (caller->active == 0)
        return HV_STATUS_ACCESS_DENIED;
    if (!set || input->access & ~HV_INTERCEPT_ACCESS_EXECUTE)
        return HV_STATUS_INVALID_PARAMETER;
    if (input->access)
        *set |= self;
    else
        *set &= (uint16_t)~self;
    return HV_STATUS_SUCCESS;
}

static unsigned lowest_above(uint16_t set, unsigned vtl)
{
    uint16_t higher = set & (uint16_t)~((2u << vtl) - 1);

    return higher ? (unsigned)g_bit_nth_lsf(higher, -1) : 0;
}

enum hv_status vtl_intercept_call(struct vtl_vp *vp, unsigned owner, enum hv_status otherwise)
{
    vp->intercept_owner = owner;
    vp->intercept_otherwise = otherwise;
    return HV_STATUS_INTERCEPTED;
}

unsigned vtl_intercept_hypercalls(const struct vtl_vp *vp)
{
    return lowest_above(vp->partition->hypercall_intercepts, vp->active);
}

unsigned vtl_intercept_connections(const struct vtl_vp *vp)
{
    return lowest_above(vp->partition->connection_intercepts, vp->active);
}

static struct hv_intercept_header make_header_of(const struct vtl_vp *vp, unsigned vtl,
                                                 uint8_t access)
{
    uint64_t pstate = vp_register(vp, vtl, HV_REGISTER_PSTATE);
    uint16_t level = pstate >> PSTATE_EL_SHIFT & PSTATE_EL_MASK;

    return (struct hv_intercept_header){
        .vp = vp->index,
        .instruction_length = A64_INSTRUCTION,
        .access = access,
        .state = level | (uint16_t)(vtl << STATE_VTL_SHIFT),
        .pc = vp_register(vp, vtl, HV_REGISTER_PC),
        .pstate = pstate,
    };
}

static struct hv_intercept_header make_header(const struct vtl_vp *vp, uint8_t access)
{
    return make_header_of(vp, vp->active, access);
}

static bool post_to_assist_page(struct vtl_vp *vp, unsigned owner,
                                const struct hv_message *message)
{
    uint64_t page = vp->level[owner].assist_page;
    uint64_t gpa = (page & HV_PAGE_REGISTER_ADDRESS) + ASSIST_MESSAGE;

    return vp->partition->config[owner] & HV_VSM_INTERCEPT_PAGE && page & HV_PAGE_REGISTER_ENABLE &&
           vtl_memory_write(vp->partition, owner, gpa, message, sizeof(*message)) == 0;
}

/* With the lock held. */
static const char *find_obstacle(const struct synic *synic)
{
    if (!(synic->scontrol & HV_SCONTROL_ENABLE))
        return "its SynIC is off: set Scontrol (0xa0010)";
    if (!(synic->simp & HV_PAGE_REGISTER_ENABLE))
        return "it has no message page: set Simp (0xa0013)";
    if (synic->sint[HV_INTERCEPT_SINT] & HV_SINT_MASKED)
        return "SINT 0 is masked: set Sint0 (0xa0000)";
    return "slot 0 of its message page is not empty, or the page is no memory of its own";
}

static const char *obstacle(struct synic *synic)
{
    const char *text;

    g_mutex_lock(&synic->lock);
    text = find_obstacle(synic);
    g_mutex_unlock(&synic->lock);
    return text;
}

/* Once for each VTL of a VP: it is what a paravisor forgets first, and it would go on for ever. */
static void tell_undelivered(struct vtl_vp *vp, unsigned owner, enum hv_intercept_message type)
{
    struct vtl_vp_level *level = &vp->level[owner];

    g_log(NULL, level->told_undelivered ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_WARNING,
          "VP%u: VTL%u does not get its intercept message (type 0x%x), %s", vp->index, owner, type,
          obstacle(&level->synic));
    level->told_undelivered = true;
}

static enum vtl_entry_reason send(struct vtl_vp *vp, unsigned owner,
                                  enum hv_intercept_message type, const void *payload, size_t size)
{
    struct hv_message message = {.type = type, .payload_size = (uint8_t)size};

    memcpy(message.payload, payload, size);
    if (G_UNLIKELY(vp->audit))
        audit_intercept(vp, type);
    if (post_to_assist_page(vp, owner, &message))
        return VTL_ENTRY_INTERCEPT;
    /* A VTL that has not prepared its message page is entered all the same: it may find out. */
    if (synic_post(vp, owner, HV_INTERCEPT_SINT, &message) != SYNIC_DELIVERED)
        tell_undelivered(vp, owner, type);
    return VTL_ENTRY_INTERRUPT;
}

enum hv_access vtl_intercept_access(const struct vtl_vp *vp, const struct vtl_fault *fault)
{
    unsigned has = vtl_protection_effective(vp->partition, vp->active, fault->gpa / HV_PAGE_SIZE);
    unsigned denied = fault->rights & ~has;

    if (fault->rights & HV_PAGE_EXECUTE)
        return HV_ACCESS_EXECUTE;
    if (denied)
        return denied & HV_PAGE_READ ? HV_ACCESS_READ : HV_ACCESS_WRITE;
    return fault->rights & HV_PAGE_WRITE ? HV_ACCESS_WRITE : HV_ACCESS_READ;
}

static uint64_t describe_instruction(const struct vtl_fault *fault)
{
    const struct decode_insn *insn = &fault->decoded;
    uint64_t iss = 0;

    if (!fault->is_data || fault->in_walk)
        return 0;
    if (insn->kind == DECODE_CACHE_CLEAN || insn->kind == DECODE_CACHE_INVALIDATE)
        iss |= ESR_CM;
    if (!insn->iss_valid)
        return iss;
    return iss | ESR_ISV | (uint64_t)insn->sas << ESR_SAS_SHIFT | (insn->sse ? ESR_SSE : 0) |
           (uint64_t)insn->srt << ESR_SRT_SHIFT | (insn->sf ? ESR_SF : 0) |
           (insn->ar ? ESR_AR : 0);
}

static uint64_t make_syndrome(const struct vtl_fault *fault, enum hv_intercept_message type,
                              uint8_t access)
{
    uint64_t syndrome = ESR_IL | describe_instruction(fault);

    /* Cache maintenance counts as a write (Arm ARM, ISS encoding for Data Aborts, WnR). */
    if (access == HV_ACCESS_WRITE || syndrome & ESR_CM)
        syndrome |= ESR_WNR;
    if (fault->in_walk)
        syndrome |= ESR_S1PTW;
    if (!fault->gva_valid)
        syndrome |= ESR_FNV;
    syndrome |= type == HV_MESSAGE_UNMAPPED_GPA ? ESR_TRANSLATION_FAULT : ESR_PERMISSION_FAULT;
    /* A fetch has no ISS of a data abort; a walk for one is an instruction abort, too. */
    if (fault->is_data || !fault->gva_valid)
        return syndrome | ESR_DATA_ABORT;
    return (syndrome & ~ESR_WNR) | ESR_INSTRUCTION_ABORT;
}

/* TLFS, VSM: whoever is told which address led where may rely on it until the VP returns. */
static void lock_tlb(struct vtl_vp *vp, unsigned owner)
{
    vp->level[owner].tlb_locked |= (uint16_t)(1u << vp->active);
}

/* Is the page still where the access has found it? */
static bool maps_still(const struct vtl_vp *vp, const struct vtl_fault *fault)
{
    struct translate_regime regime = vp_translation_regime(vp, vp->active);
    struct vtl_tables tables = {vp->partition, vp->active};
    uint64_t gpa;

    return translate_address(&regime, fault->gva, vtl_read_table, &tables, &gpa) == 0 &&
           gpa == fault->gpa;
}

/*
 * What the owner is told of the mapping holds until it returns, if all flush as they should: the
 * lock comes first, then the look. A VP that has changed the mapping before may have flushed
 * already.
 */
static bool lock_mapping(struct vtl_vp *vp, unsigned owner, const struct vtl_fault *fault)
{
    uint16_t before = vp->level[owner].tlb_locked;
    bool holds;

    lock_tlb(vp, owner);
    holds = maps_still(vp, fault);
    if (!holds && !(before & 1u << vp->active))
        vp->level[owner].tlb_locked &= (uint16_t)~(1u << vp->active);
    return holds;
}

enum vtl_entry_reason vtl_intercept_memory(struct vtl_vp *vp, unsigned owner,
                                           enum hv_intercept_message type,
                                           const struct vtl_fault *fault)
{
    uint8_t access = (uint8_t)vtl_intercept_access(vp, fault);
    struct hv_memory_intercept memory = {
        .header = make_header(vp, access),
        .cache_type = CACHE_WRITE_BACK,
        .instruction_size = fault->has_word ? sizeof(fault->word) : 0,
        .instruction = fault->word,
        .gva = fault->gva,
        .gpa = fault->gpa,
        .syndrome = make_syndrome(fault, type, access),
    };

    if (fault->gva_valid)
        memory.info |= HV_MEMORY_GVA_VALID;
    if (fault->gva_valid && !fault->in_walk && lock_mapping(vp, owner, fault))
        memory.info |= HV_MEMORY_GVA_GPA_VALID;
    return send(vp, owner, type, &memory, sizeof(memory));
}

enum vtl_entry_reason vtl_intercept_reset(struct vtl_vp *vp, unsigned owner,
                                          enum hv_reset_kind kind, uint32_t psci_code)
{
    struct hv_reset_intercept reset = {
        .header = make_header(vp, HV_ACCESS_EXECUTE),
        .kind = kind,
        .psci_code = psci_code,
    };

    return send(vp, owner, HV_MESSAGE_ARM64_RESET, &reset, sizeof(reset));
}

enum vtl_entry_reason vtl_intercept_hypercall(struct vtl_vp *vp, unsigned owner,
                                              uint16_t immediate,
                                              const struct smccc_registers *registers)
{
    struct hv_hypercall_intercept hypercall = {
        .header = make_header(vp, HV_ACCESS_EXECUTE),
        .immediate = immediate,
    };

    memcpy(hypercall.x, registers->x, sizeof(hypercall.x));
    return send(vp, owner, HV_MESSAGE_HYPERCALL_INTERCEPT, &hypercall, sizeof(hypercall));
}

enum vtl_entry_reason vtl_intercept_deliverable(struct vtl_vp *vp, unsigned vtl, unsigned owner)
{
    struct hv_deliverable_notice notice = {
        .header = make_header_of(vp, vtl, HV_ACCESS_READ),
        .sints = synic_take_notice(vp, vtl, owner),
    };

    /* It is not about an instruction. */
    notice.header.instruction_length = 0;
    return send(vp, owner, HV_MESSAGE_SINT_DELIVERABLE, &notice, sizeof(notice));
}
