/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Hyper-V hypercalls that the core answers, as a table for smccc/hypercall.h, and the vendor
 * services of the SMC Calling Convention that Hyper-V defines.
 */
#ifndef VTL_HYPERCALLS_H
#define VTL_HYPERCALLS_H

#include "smccc/smccc.h"
#include "vtl/partition.h"

enum hv_call_code {
    HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE = 0x0002,
    HV_CALL_NOTIFY_LONG_SPIN_WAIT = 0x0008,
    HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI = 0x000b,
    HV_CALL_MODIFY_VTL_PROTECTION_MASK = 0x000c,
    HV_CALL_ENABLE_PARTITION_VTL = 0x000d,
    HV_CALL_ENABLE_VP_VTL = 0x000f,
    HV_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX = 0x0013,
    HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX = 0x0015,
    HV_CALL_INSTALL_INTERCEPT = 0x004d,
    HV_CALL_GET_VP_REGISTERS = 0x0050,
    HV_CALL_SET_VP_REGISTERS = 0x0051,
    HV_CALL_TRANSLATE_VIRTUAL_ADDRESS = 0x0052,
    HV_CALL_DELETE_PORT = 0x0058,
    HV_CALL_DISCONNECT_PORT = 0x005b,
    HV_CALL_POST_MESSAGE = 0x005c,
    HV_CALL_SIGNAL_EVENT = 0x005d,
    HV_CALL_RETARGET_DEVICE_INTERRUPT = 0x007e,
    HV_CALL_ASSERT_VIRTUAL_INTERRUPT = 0x0094,
    HV_CALL_CREATE_PORT = 0x0095,
    HV_CALL_CONNECT_PORT = 0x0096,
    HV_CALL_START_VIRTUAL_PROCESSOR = 0x0099,
    HV_CALL_GET_VP_INDEX_FROM_APIC_ID = 0x009a,
    HV_CALL_TRANSLATE_VIRTUAL_ADDRESS_EX = 0x00ac,
    HV_CALL_SIGNAL_EVENT_DIRECT = 0x00c0,
    HV_CALL_POST_MESSAGE_DIRECT = 0x00c1,
    HV_CALL_CHECK_SPARSE_GPA_PAGE_VTL_ACCESS = 0x00d4,
};

/* HV_INPUT_VTL: bits 3:0 a VTL, bit 4 "use it"; 0 means the caller's own. */
#define HV_INPUT_VTL_MASK 0x0fu
#define HV_INPUT_VTL_USE 0x10u
#define HV_INPUT_VTL_RESERVED 0xe0u

/* What there is, a row each; for tests, which derive their inputs from the rows. */
extern const struct hv_call vtl_calls[];
extern const size_t vtl_call_count;
/* The name of the call in a control word, for people; "?": nobody serves it. */
const char *vtl_hypercall_name(uint64_t control);

/*
 * The VTL that an HV_INPUT_VTL of @caller means. ACCESS_DENIED: a higher one, whether it exists or
 * not; INVALID_PARAMETER: reserved bits, or a VTL that is not enabled.
 */
enum hv_status hv_find_vtl(const struct vtl_vp *caller, uint8_t input, unsigned *vtl);

/*
 * Performs the hypercall of @vp in @registers, made by HVC_SMCCC or HVC_HYPERCALL.
 * SMCCC_INTERCEPTED: a higher VTL wants to see to it: nobody serves it, or nobody has the
 * connection that it names, or it would start a VP. That VTL is in @vp->intercept_owner; X0 is what
 * the caller finds if it cannot be told, and nothing else changes.
 */
enum smccc_outcome vtl_hypercall(struct vtl_vp *vp, enum hvc_convention convention,
                                 struct smccc_registers *registers);

/* Rows for the vendor hypervisor owner: the UID and the hypercall; the context is a vtl_vp. */
#define VTL_FUNCTION_COUNT 3
extern const struct smccc_function vtl_functions[VTL_FUNCTION_COUNT];
bool vtl_offers_functions(const struct smccc_service *service, void *context, uint32_t id);
#define VTL_SERVICE                                                                                \
    {                                                                                              \
        .owner = SMCCC_OWNER_VENDOR_HYP, .name = "Hyper-V", .functions = vtl_functions,            \
        .count = VTL_FUNCTION_COUNT, .offers = vtl_offers_functions                                \
    }

#endif
