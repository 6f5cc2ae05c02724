/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypercalls of the core: see hypercalls.h. Layouts: TLFS, "Hypercall Reference". */
#include "vtl/hypercalls.h"

#include "vtl/audit.h"
#include "vtl/bank.h"
#include "vtl/enable.h"
#include "vtl/flush-calls.h"
#include "vtl/hv-registers.h"
#include "vtl/interrupt-calls.h"
#include "vtl/intercept.h"
#include "vtl/port-call.h"
#include "vtl/protection-call.h"
#include "vtl/translate-call.h"

/* "MsHyperV" as four words (Linux, include/linux/arm-smccc.h, ARM_SMCCC_VENDOR_HYP_UID_HYPERV). */
static const uint32_t hyperv_uid[] = {0x4d32ba58, 0xcd244764, 0x8eef6c75, 0x16597024};

/* Common header of HvCallGetVpRegisters and HvCallSetVpRegisters. */
struct registers_header {
    uint64_t partition;
    uint32_t vp;
    uint8_t vtl; /* HV_INPUT_VTL */
    uint8_t zero[3];
};

/* HvCallEnablePartitionVtl. */
struct enable_partition_vtl {
    uint64_t partition;
    uint8_t vtl; /* here and below a plain number, no HV_INPUT_VTL */
    uint8_t flags;
    uint8_t zero[6];
};

/* HvCallEnableVpVtl and HvCallStartVirtualProcessor. */
struct vp_and_context {
    uint64_t partition;
    uint32_t vp;
    uint8_t vtl;
    uint8_t zero[3];
    struct vtl_initial_context context;
};

/* HvCallGetVpIndexFromApicId; its elements are values of MPIDR_EL1 on arm64. */
struct get_vp_index {
    uint64_t partition;
    uint8_t vtl;
    uint8_t zero[7];
};

struct set_register {
    uint32_t name;
    uint32_t zero[3];
    struct hv_u128 value;
};

/* Whose registers a call is about. */
struct target {
    struct vtl_vp *vp;
    unsigned vtl;
};

enum hv_status hv_find_vtl(const struct vtl_vp *caller, uint8_t input, unsigned *vtl)
{
    if (input & HV_INPUT_VTL_RESERVED || (!(input & HV_INPUT_VTL_USE) && input))
        return HV_STATUS_INVALID_PARAMETER;
    *vtl = input & HV_INPUT_VTL_USE ? input & HV_INPUT_VTL_MASK : caller->active;
    /* A higher VTL's registers are none of the caller's business, whether it exists or not. */
    if (*vtl > caller->active)
        return HV_STATUS_ACCESS_DENIED;
    return caller->partition->enabled & 1u << *vtl ? HV_STATUS_SUCCESS
                                                   : HV_STATUS_INVALID_PARAMETER;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

/* What most calls begin with; @zero are the three bytes that must be. */
static enum hv_status find_vp(struct vtl_vp *caller, uint64_t partition, uint32_t index,
                              const uint8_t zero[3], struct vtl_vp **vp)
{
    if (partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (!is_zero(zero, 3))
        return HV_STATUS_INVALID_PARAMETER;
    if (index != HV_VP_SELF && index >= caller->partition->vp_count)
        return HV_STATUS_INVALID_VP_INDEX;
    *vp = index == HV_VP_SELF ? caller : &caller->partition->vps[index];
    return HV_STATUS_SUCCESS;
}

static enum hv_status find_target(struct vtl_vp *caller, const struct registers_header *header,
                                  struct target *target)
{
    enum hv_status status =
        find_vp(caller, header->partition, header->vp, header->zero, &target->vp);

    return status == HV_STATUS_SUCCESS ? hv_find_vtl(caller, header->vtl, &target->vtl) : status;
}

/* The registers of another VP are in a processor until it is stopped. */
static enum hv_status stop(const struct vtl_vp *caller, const struct vtl_vp *vp)
{
    const struct vtl_partition *partition = caller->partition;

    return vp == caller || partition->backend->stop_vp(partition->machine, caller->index,
                                                       vp->index) == 0
               ? HV_STATUS_SUCCESS
               : HV_STATUS_INTERRUPTED;
}

static void resume(const struct vtl_vp *caller, const struct vtl_vp *vp)
{
    const struct vtl_partition *partition = caller->partition;

    if (vp != caller)
        partition->backend->resume_vp(partition->machine, vp->index);
}

/* The VP does not run, or the register does not mind. */
static enum hv_status access_now(const struct vtl_vp *caller, const struct target *target,
                                 uint32_t name, bool write, struct hv_u128 *value)
{
    /* A shared register is in the hands of the VTL that runs, on another VP perhaps a higher one. */
    if (hv_register_holder(target->vp, target->vtl, name) > caller->active)
        return HV_STATUS_INVALID_VP_STATE;
    if (write && !hv_register_may_start(caller, name, *value))
        return HV_STATUS_ACCESS_DENIED;
    return write ? hv_register_set_by(target->vp, target->vtl, caller->active, name, *value)
                 : hv_register_get(target->vp, target->vtl, name, value);
}

/* AccessVpRegisters is about all but the synthetic registers of the VTL that asks. */
static bool may_access(const struct vtl_vp *caller, const struct target *target, uint32_t name)
{
    return vtl_has_feature(&caller->partition->services, VTL_FEATURE_VP_REGISTERS) ||
           (target->vp == caller && target->vtl == caller->active &&
            !hv_register_is_architectural(name));
}

/* What both calls do for a register. */
static enum hv_status perform_access(struct vtl_vp *caller, const struct target *target,
                                     uint32_t name, bool write, struct hv_u128 *value)
{
    bool early = !caller->partition->guest_os_id[caller->active];
    bool offered = vtl_offers_register(&caller->partition->services, name);
    enum hv_status status;

    if ((early && !(offered && hv_register_is_early(name, write))) ||
        !may_access(caller, target, name))
        return HV_STATUS_ACCESS_DENIED;
    if (!offered)
        return HV_STATUS_INVALID_PARAMETER;
    if (!hv_register_needs_stop(name))
        return access_now(caller, target, name, write, value);
    status = stop(caller, target->vp);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = access_now(caller, target, name, write, value);
    resume(caller, target->vp);
    return status;
}

static enum hv_status audit_access(struct vtl_vp *caller, const struct target *target,
                                   uint32_t name, bool write, struct hv_u128 *value)
{
    const char *text = hv_register_text(name);
    bool early = hv_register_is_early(name, write);
    enum hv_status status;

    strict_check(caller, STRICT_GUEST_OS_ID,
                 early || caller->partition->guest_os_id[caller->active],
                 "%s (0x%x) is %s while GuestOsId of VTL%u is 0", text ? text : "a register", name,
                 write ? "written" : "read", caller->active);
    if (write)
        strict_register(caller, target->vp, target->vtl, name, *value);
    status = perform_access(caller, target, name, write, value);
    audit_register(caller, target->vp, target->vtl, name, write, status);
    return status;
}

static enum hv_status access_register(struct vtl_vp *caller, const struct target *target,
                                      uint32_t name, bool write, struct hv_u128 *value)
{
    return G_UNLIKELY(caller->audit) ? audit_access(caller, target, name, write, value)
                                     : perform_access(caller, target, name, write, value);
}

static enum hv_status get_vp_register(void *context, const void *header, const void *element,
                                      void *output)
{
    struct vtl_vp *caller = context;
    const uint32_t *name = element;
    struct target target;
    enum hv_status status = find_target(caller, header, &target);

    return status == HV_STATUS_SUCCESS ? access_register(caller, &target, *name, false, output)
                                       : status;
}

static enum hv_status set_vp_register(void *context, const void *header, const void *element,
                                      void *output)
{
    struct vtl_vp *caller = context;
    const struct set_register *set = element;
    struct hv_u128 value = set->value;
    struct target target;
    enum hv_status status = find_target(caller, header, &target);

    (void)output;
    return status == HV_STATUS_SUCCESS ? access_register(caller, &target, set->name, true, &value)
                                       : status;
}

static enum hv_status enable_partition_vtl(void *context, const void *header, const void *element,
                                           void *output)
{
    const struct enable_partition_vtl *input = header;

    (void)element;
    (void)output;
    if (input->partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (!is_zero(input->zero, sizeof(input->zero)) || input->vtl >= VTL_LEVELS)
        return HV_STATUS_INVALID_PARAMETER;
    return vtl_enable_for_partition(context, input->vtl, input->flags);
}

/* The two calls with a context differ in what they do with it. */
static enum hv_status with_context(void *context, const struct vp_and_context *input,
                                   enum hv_status (*act)(struct vtl_vp *caller,
                                                         struct vtl_vp *target, unsigned vtl,
                                                         const struct vtl_initial_context *state))
{
    struct vtl_vp *target;
    enum hv_status status =
        find_vp(context, input->partition, input->vp, input->zero, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->vtl >= VTL_LEVELS)
        return HV_STATUS_INVALID_PARAMETER;
    return act(context, target, input->vtl, &input->context);
}

static enum hv_status enable_vp_vtl(void *context, const void *header, const void *element,
                                    void *output)
{
    (void)element;
    (void)output;
    return with_context(context, header, vtl_enable_for_vp);
}

static enum hv_status start_virtual_processor(void *context, const void *header,
                                              const void *element, void *output)
{
    (void)element;
    (void)output;
    return with_context(context, header, vtl_start_vp);
}

static enum hv_status get_vp_index(void *context, const void *header, const void *element,
                                   void *output)
{
    const struct vtl_vp *caller = context;
    const struct vtl_partition *partition = caller->partition;
    const struct get_vp_index *input = header;
    const uint64_t *mpidr = element;

    if (input->partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (!is_zero(input->zero, sizeof(input->zero)) || input->vtl >= VTL_LEVELS)
        return HV_STATUS_INVALID_PARAMETER;
    if (input->vtl > caller->active)
        return HV_STATUS_ACCESS_DENIED;
    if (!(partition->enabled & 1u << input->vtl))
        return HV_STATUS_INVALID_VTL_STATE;
    for (uint32_t i = 0; i < partition->vp_count; i++)
        if (partition->vps[i].mpidr == *mpidr) {
            *(uint32_t *)output = i;
            return HV_STATUS_SUCCESS;
        }
    return HV_STATUS_INVALID_PARAMETER;
}

/*
 * TLFS, TlbFlushInhibit: of a lower VTL's TLB, if the translation succeeds. The walk comes second:
 * what changes afterwards is not flushed. @vp is stopped.
 */
static enum hv_status translate_with_lock(const struct vtl_vp *caller, const struct target *target,
                                          const struct hv_translate_input *input,
                                          struct hv_translate_output *output)
{
    _Atomic uint16_t *locked = &target->vp->level[caller->active].tlb_locked;
    uint16_t bit = (uint16_t)(1u << target->vtl), before = *locked;
    bool lock = input->flags & HV_TRANSLATE_NO_FLUSH && target->vtl < caller->active;
    enum hv_status status;

    if (lock)
        *locked |= bit;
    status = hv_translate(target->vp, target->vtl, input, output);
    if (lock && !(before & bit) &&
        (status != HV_STATUS_SUCCESS || output->code != HV_TRANSLATE_SUCCESS))
        *locked &= (uint16_t)~bit;
    return status;
}

static enum hv_status translate_virtual_address(void *context, const void *header,
                                                const void *element, void *output)
{
    struct vtl_vp *caller = context;
    const struct hv_translate_input *input = header;
    uint8_t input_vtl = (uint8_t)(input->flags >> HV_TRANSLATE_VTL_SHIFT);
    struct target target;
    enum hv_status status =
        find_vp(caller, input->partition, input->vp, input->zero, &target.vp);

    (void)element;
    if (status == HV_STATUS_SUCCESS)
        status = hv_find_vtl(caller, input_vtl, &target.vtl);
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->zero[3] ||
        (input->flags & HV_TRANSLATE_NO_FLUSH &&
         !vtl_has_vsm(&caller->partition->services, VTL_VSM_TLB_LOCK)))
        return HV_STATUS_INVALID_PARAMETER;
    status = stop(caller, target.vp);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = translate_with_lock(caller, &target, input, output);
    resume(caller, target.vp);
    return status;
}

static enum hv_status install_intercept(void *context, const void *header, const void *element,
                                        void *output)
{
    const struct hv_install_intercept *input = header;

    (void)element;
    (void)output;
    if (input->partition != HV_PARTITION_SELF)
        return HV_STATUS_INVALID_PARTITION_ID;
    return vtl_intercept_install(context, input);
}

const struct hv_call vtl_calls[] = {
    {HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, "HvCallFlushVirtualAddressSpace", 0,
     sizeof(struct hv_flush), 0, 0, hv_flush, NULL},
    {HV_CALL_NOTIFY_LONG_SPIN_WAIT, "HvCallNotifyLongSpinWait", 0,
     sizeof(struct hv_long_spin_wait), 0, 0, hv_long_spin_wait, NULL},
    {HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI, "HvCallSendSyntheticClusterIpi", 0,
     sizeof(struct hv_cluster_ipi), 0, 0, hv_cluster_ipi, NULL},
    {HV_CALL_MODIFY_VTL_PROTECTION_MASK, "HvCallModifyVtlProtectionMask", HV_CALL_REP,
     sizeof(struct hv_modify_protection), sizeof(uint64_t), 0, NULL, hv_modify_protection},
    {HV_CALL_ENABLE_PARTITION_VTL, "HvCallEnablePartitionVtl", 0,
     sizeof(struct enable_partition_vtl), 0, 0, enable_partition_vtl, NULL},
    {HV_CALL_ENABLE_VP_VTL, "HvCallEnableVpVtl", 0, sizeof(struct vp_and_context), 0, 0,
     enable_vp_vtl, NULL},
    {HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX, "HvCallFlushVirtualAddressSpaceEx", HV_CALL_VARIABLE,
     sizeof(struct hv_flush_ex), 0, 0, hv_flush_ex, NULL},
    {HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX, "HvCallSendSyntheticClusterIpiEx", HV_CALL_VARIABLE,
     sizeof(struct hv_cluster_ipi_ex), 0, 0, hv_cluster_ipi_ex, NULL},
    {HV_CALL_INSTALL_INTERCEPT, "HvCallInstallIntercept", 0, sizeof(struct hv_install_intercept), 0,
     0, install_intercept, NULL},
    {HV_CALL_GET_VP_REGISTERS, "HvCallGetVpRegisters", HV_CALL_REP | HV_CALL_EARLY,
     sizeof(struct registers_header), sizeof(uint32_t), sizeof(struct hv_u128), get_vp_register,
     NULL},
    {HV_CALL_SET_VP_REGISTERS, "HvCallSetVpRegisters", HV_CALL_REP | HV_CALL_EARLY,
     sizeof(struct registers_header), sizeof(struct set_register), 0, set_vp_register, NULL},
    {HV_CALL_TRANSLATE_VIRTUAL_ADDRESS, "HvCallTranslateVirtualAddress", 0,
     sizeof(struct hv_translate_input), 0, sizeof(struct hv_translate_output),
     translate_virtual_address, NULL},
    {HV_CALL_DELETE_PORT, "HvCallDeletePort", 0, sizeof(struct hv_delete_port), 0, 0,
     hv_delete_port, NULL},
    {HV_CALL_DISCONNECT_PORT, "HvCallDisconnectPort", 0, sizeof(struct hv_delete_port), 0, 0,
     hv_disconnect_port, NULL},
    {HV_CALL_POST_MESSAGE, "HvCallPostMessage", 0, sizeof(struct hv_post_message), 0, 0,
     hv_post_message, NULL},
    {HV_CALL_SIGNAL_EVENT, "HvCallSignalEvent", 0, sizeof(struct hv_signal_event), 0, 0,
     hv_signal_event, NULL},
    {HV_CALL_RETARGET_DEVICE_INTERRUPT, "HvCallRetargetDeviceInterrupt", HV_CALL_VARIABLE,
     sizeof(struct hv_retarget_interrupt), 0, 0, hv_retarget_interrupt, NULL},
    {HV_CALL_ASSERT_VIRTUAL_INTERRUPT, "HvCallAssertVirtualInterrupt", 0,
     sizeof(struct hv_assert_interrupt), 0, 0, hv_assert_interrupt, NULL},
    {HV_CALL_CREATE_PORT, "HvCallCreatePort", 0, sizeof(struct hv_create_port), 0, 0,
     hv_create_port, NULL},
    {HV_CALL_CONNECT_PORT, "HvCallConnectPort", 0, sizeof(struct hv_connect_port), 0, 0,
     hv_connect_port, NULL},
    {HV_CALL_START_VIRTUAL_PROCESSOR, "HvCallStartVirtualProcessor", 0,
     sizeof(struct vp_and_context), 0, 0, start_virtual_processor, NULL},
    {HV_CALL_GET_VP_INDEX_FROM_APIC_ID, "HvCallGetVpIndexFromApicId", HV_CALL_REP,
     sizeof(struct get_vp_index), sizeof(uint64_t), sizeof(uint32_t), get_vp_index, NULL},
    {HV_CALL_TRANSLATE_VIRTUAL_ADDRESS_EX, "HvCallTranslateVirtualAddressEx", 0,
     sizeof(struct hv_translate_input), 0, sizeof(struct hv_translate_output),
     translate_virtual_address, NULL},
    {HV_CALL_SIGNAL_EVENT_DIRECT, "HvCallSignalEventDirect", 0,
     sizeof(struct hv_signal_event_direct), 0, sizeof(struct hv_signal_event_direct_output),
     hv_signal_event_direct, NULL},
    {HV_CALL_POST_MESSAGE_DIRECT, "HvCallPostMessageDirect", 0,
     sizeof(struct hv_post_message_direct), 0, 0, hv_post_message_direct, NULL},
    {HV_CALL_CHECK_SPARSE_GPA_PAGE_VTL_ACCESS, "HvCallCheckSparseGpaPageVtlAccess", HV_CALL_REP,
     sizeof(struct hv_check_access), sizeof(uint64_t), sizeof(uint64_t), hv_check_access, NULL},
};

const size_t vtl_call_count = G_N_ELEMENTS(vtl_calls);

/* TLFS, "Establishing the Hypercall Interface": first the guest says who it is. */
static enum hv_status admit(void *context, const struct hv_call *call)
{
    const struct vtl_vp *vp = context;
    bool identified = vp->partition->guest_os_id[vp->active];

    return identified || call->flags & HV_CALL_EARLY ? HV_STATUS_SUCCESS : HV_STATUS_ACCESS_DENIED;
}

static int read_memory(void *context, uint64_t gpa, void *buffer, size_t size)
{
    const struct vtl_vp *vp = context;

    return vtl_memory_read(vp->partition, vp->active, gpa, buffer, size);
}

static int write_memory(void *context, uint64_t gpa, const void *buffer, size_t size)
{
    const struct vtl_vp *vp = context;

    return vtl_memory_write(vp->partition, vp->active, gpa, buffer, size);
}

static void inspect(void *context, const struct hv_call *call, const struct hv_control *control,
                    const void *input)
{
    strict_input(context, call, control, input);
}

static const struct hv_call_environment environment = {
    .calls = vtl_calls,
    .count = G_N_ELEMENTS(vtl_calls),
    .admit = admit,
    .read = read_memory,
    .write = write_memory,
};

/* Of VPs that are audited. */
static const struct hv_call_environment audited_environment = {
    .calls = vtl_calls,
    .count = G_N_ELEMENTS(vtl_calls),
    .admit = admit,
    .read = read_memory,
    .write = write_memory,
    .inspect = inspect,
};

const char *vtl_hypercall_name(uint64_t control)
{
    const struct hv_call *call = hv_call_find(&environment, hv_control_decode(control).code);

    return call ? call->name : "?";
}

static bool is_served(const struct vtl_vp *vp, uint64_t word)
{
    uint16_t code = hv_control_decode(word).code;

    return hv_call_find(&environment, code) && vtl_offers_call(&vp->partition->services, code);
}

/* Only what an identified guest asks for, and nobody here serves. */
static bool is_intercepted(const struct vtl_vp *vp, uint64_t word, unsigned *owner)
{
    *owner = vtl_intercept_hypercalls(vp);
    return *owner && vp->partition->guest_os_id[vp->active] && !is_served(vp, word);
}

static enum smccc_outcome refuse(struct smccc_registers *registers)
{
    registers->x[0] = HV_STATUS_INVALID_HYPERCALL_CODE;
    return SMCCC_DONE;
}

static enum smccc_outcome perform(const struct hv_call_environment *with, struct vtl_vp *vp,
                                  enum hvc_convention convention,
                                  struct smccc_registers *registers)
{
    enum smccc_outcome outcome = SMCCC_INTERCEPTED;
    uint64_t word = registers->x[hv_control_register(convention)];
    unsigned owner;

    if (is_intercepted(vp, word, &owner))
        vtl_intercept_call(vp, owner, HV_STATUS_INVALID_HYPERCALL_CODE);
    else if (!is_served(vp, word))
        outcome = refuse(registers);
    else
        outcome = hv_call_dispatch(with, vp, convention, registers);
    if (outcome == SMCCC_INTERCEPTED)
        registers->x[0] = vp->intercept_otherwise;
    return outcome;
}

static enum smccc_outcome perform_audited(struct vtl_vp *vp, enum hvc_convention convention,
                                          struct smccc_registers *registers)
{
    uint64_t word = registers->x[hv_control_register(convention)];
    enum smccc_outcome outcome;

    strict_call(vp, convention, registers);
    outcome = perform(&audited_environment, vp, convention, registers);
    audit_call(vp, word, convention, outcome, registers->x[0]);
    return outcome;
}

enum smccc_outcome vtl_hypercall(struct vtl_vp *vp, enum hvc_convention convention,
                                 struct smccc_registers *registers)
{
    return G_UNLIKELY(vp->audit) ? perform_audited(vp, convention, registers)
                                 : perform(&environment, vp, convention, registers);
}

static enum smccc_outcome answer_uid(const struct smccc_service *service, void *context,
                                     struct smccc_registers *registers)
{
    (void)service;
    (void)context;
    for (size_t i = 0; i < G_N_ELEMENTS(hyperv_uid); i++)
        registers->x[i] = hyperv_uid[i];
    return SMCCC_DONE;
}

static enum smccc_outcome answer_hypercall(const struct smccc_service *service, void *context,
                                           struct smccc_registers *registers)
{
    (void)service;
    return vtl_hypercall(context, HVC_SMCCC, registers);
}

bool vtl_offers_functions(const struct smccc_service *service, void *context, uint32_t id)
{
    const struct vtl_vp *vp = context;

    (void)service;
    (void)id;
    return vtl_has_feature(&vp->partition->services, VTL_FEATURE_HYPERCALL);
}

/* The TLFS prints the UID's id with a digit missing; both widths are answered. */
const struct smccc_function vtl_functions[VTL_FUNCTION_COUNT] = {
    {SMCCC_VENDOR_UID, "VendorHypervisorUid", answer_uid},
    {SMCCC_VENDOR_UID | SMCCC_64BIT, "VendorHypervisorUid", answer_uid},
    {HV_SMCCC_FUNCTION, "HypervisorCall", answer_hypercall},
};
