/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hyper-V status codes (TLFS, "Hypercall Status Codes"; numbers as in Linux, hvgdk_mini.h,
 * and OpenVMM, hvdef).
 */
#ifndef SMCCC_HV_STATUS_H
#define SMCCC_HV_STATUS_H

#include <stdint.h>

#define HV_STATUS_TABLE(ROW)                                                                       \
    ROW(SUCCESS, 0x00)                                                                             \
    ROW(INVALID_HYPERCALL_CODE, 0x02)                                                              \
    ROW(INVALID_HYPERCALL_INPUT, 0x03)                                                             \
    ROW(INVALID_ALIGNMENT, 0x04)                                                                   \
    ROW(INVALID_PARAMETER, 0x05)                                                                   \
    ROW(ACCESS_DENIED, 0x06)                                                                       \
    ROW(INVALID_PARTITION_STATE, 0x07)                                                             \
    ROW(OPERATION_DENIED, 0x08)                                                                    \
    ROW(INSUFFICIENT_MEMORY, 0x0b)                                                                 \
    ROW(INVALID_PARTITION_ID, 0x0d)                                                                \
    ROW(INVALID_VP_INDEX, 0x0e)                                                                    \
    ROW(INVALID_PORT_ID, 0x11)                                                                     \
    ROW(INVALID_CONNECTION_ID, 0x12)                                                               \
    ROW(INSUFFICIENT_BUFFERS, 0x13)                                                                \
    ROW(INVALID_VP_STATE, 0x15)                                                                    \
    ROW(INVALID_SYNIC_STATE, 0x18)                                                                 \
    ROW(OBJECT_IN_USE, 0x19)                                                                       \
    ROW(INVALID_REGISTER_VALUE, 0x50)                                                              \
    ROW(INVALID_VTL_STATE, 0x51)                                                                   \
    ROW(INVALID_DEVICE_ID, 0x57)                                                                   \
    ROW(OPERATION_FAILED, 0x71)                                                                    \
    ROW(VTL_ALREADY_ENABLED, 0x86)

enum hv_status {
#define HV_STATUS_ENUM(name, number) HV_STATUS_##name = number,
    HV_STATUS_TABLE(HV_STATUS_ENUM)
#undef HV_STATUS_ENUM
    /* No guest sees this one, a guest's have 16 bits: hv_call_dispatch() has the call repeated. */
    HV_STATUS_INTERRUPTED = 0x10000,
    /* Nor this: a higher VTL is to see to the call, which has done nothing. */
    HV_STATUS_INTERCEPTED = 0x10001,
};

/* The name of a code without its prefix, such as "ACCESS_DENIED"; "?" for an unknown one. */
const char *hv_status_name(uint16_t status);

#endif
