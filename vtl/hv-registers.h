/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers as hypercalls see them: synthetic ones, a row each in hv-registers.c and the files
 * named *-registers.c, the architectural ones of bank.h through the back end, and views of these
 * (register-views.h).
 * Source: TLFS, HV_REGISTER_NAME and "Feature and Interface Discovery"; numbers of arm64 as in
 * Linux, hvgdk_mini.h.
 */
#ifndef VTL_HV_REGISTERS_H
#define VTL_HV_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "smccc/hv-status.h"
#include "vtl/partition.h"

enum hv_register_name {
    HV_REGISTER_INSTRUCTION_EMULATION_HINTS = 0x00000002,
    HV_REGISTER_INTERNAL_ACTIVITY_STATE = 0x00000004,
    HV_REGISTER_HYPERVISOR_VERSION = 0x00000100,
    HV_REGISTER_PRIVILEGES_AND_FEATURES = 0x00000200,
    HV_REGISTER_FEATURES = 0x00000201,
    HV_REGISTER_IMPLEMENTATION_LIMITS = 0x00000202,
    HV_REGISTER_HARDWARE_FEATURES = 0x00000203,
    HV_REGISTER_CPU_MANAGEMENT_FEATURES = 0x00000204,
    HV_REGISTER_PASID_FEATURES = 0x00000205,
    HV_REGISTER_SKIP_LEVEL_FEATURES = 0x00000206,
    HV_REGISTER_NESTED_VIRT_FEATURES = 0x00000207,
    HV_REGISTER_IPT_FEATURES = 0x00000208,
    HV_REGISTER_ISOLATION_CONFIGURATION = 0x00000209,
    HV_REGISTER_GUEST_CRASH_P0 = 0x00000210,
    HV_REGISTER_GUEST_CRASH_CTL = 0x00000215,
    HV_REGISTER_PENDING_EVENT0 = 0x00010004, /* and 1 */
    HV_REGISTER_DELIVERABILITY_NOTIFICATIONS = 0x00010006,
    HV_REGISTER_CNTFRQ_EL0 = 0x00058000,
    HV_REGISTER_GICR_BASE_GPA = 0x00063000,
    HV_REGISTER_VP_RUNTIME = 0x00090000,
    HV_REGISTER_GUEST_OS_ID = 0x00090002,
    HV_REGISTER_VP_INDEX = 0x00090003,
    HV_REGISTER_TIME_REF_COUNT = 0x00090004,
    HV_REGISTER_INTERFACE_VERSION = 0x00090006,
    HV_REGISTER_VP_ASSIST_PAGE = 0x00090013,
    HV_REGISTER_REFERENCE_TSC = 0x00090017,
    HV_REGISTER_SINT0 = 0x000a0000, /* to SINT15 */
    HV_REGISTER_SCONTROL = 0x000a0010,
    HV_REGISTER_SVERSION = 0x000a0011,
    HV_REGISTER_SIEFP = 0x000a0012,
    HV_REGISTER_SIMP = 0x000a0013,
    HV_REGISTER_EOM = 0x000a0014,
    HV_REGISTER_SIRBP = 0x000a0015,
    HV_REGISTER_STIMER0_CONFIG = 0x000b0000, /* and Count; those of timers 1 to 3 follow */
    HV_REGISTER_STIMER0_COUNT = 0x000b0001,
    HV_REGISTER_VSM_VP_STATUS = 0x000d0003,
    HV_REGISTER_VSM_PARTITION_STATUS = 0x000d0004,
    HV_REGISTER_VSM_VINA = 0x000d0005,
    HV_REGISTER_VSM_CAPABILITIES = 0x000d0006,
    HV_REGISTER_VSM_PARTITION_CONFIG = 0x000d0007,
    HV_REGISTER_GUEST_VSM_PARTITION_CONFIG = 0x000d0008,
    HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0 = 0x000d0010, /* VTL1's and so on follow */
    HV_REGISTER_VSM_VP_WAIT_FOR_TLB_LOCK = 0x000d0020,
    HV_REGISTER_ISOLATION_CAPABILITIES = 0x000d0100,
};

/* Registers that hold a page: bit 0 enables, bits 63:12 are the page. */
#define HV_PAGE_REGISTER_ENABLE 1ull
#define HV_PAGE_REGISTER_ADDRESS (~0xfffull)
#define HV_PAGE_REGISTER_KNOWN (HV_PAGE_REGISTER_ADDRESS | HV_PAGE_REGISTER_ENABLE)

/* VsmPartitionConfig (TLFS, VSM, "Partition Configuration"). */
#define HV_VSM_ENABLE_PROTECTION (1ull << 0)
#define HV_VSM_DEFAULT_RIGHTS_SHIFT 1
#define HV_VSM_DEFAULT_RIGHTS (0xfull << HV_VSM_DEFAULT_RIGHTS_SHIFT)
#define HV_VSM_ZERO_MEMORY_ON_RESET (1ull << 5)
#define HV_VSM_DENY_LOWER_VTL_STARTUP (1ull << 6)
#define HV_VSM_INTERCEPT_VP_STARTUP (1ull << 9)
/* What x64 intercepts by these does not exist here; a paravisor sets them all the same. */
#define HV_VSM_INTERCEPT_CPUID_UNIMPLEMENTED (1ull << 10)
#define HV_VSM_INTERCEPT_UNRECOVERABLE_EXCEPTION (1ull << 11)
/* These need the capability of the same name (OpenVMM, hvdef). */
#define HV_VSM_INTERCEPT_PAGE (1ull << 12)
#define HV_VSM_INTERCEPT_NOT_PRESENT (1ull << 14)
#define HV_VSM_INTERCEPT_SYSTEM_RESET (1ull << 15)

/* May VsmPartitionConfig become @value, where it is @before? */
bool hv_vsm_config_is_valid(uint64_t before, uint64_t value);

/* GuestCrashCtl (TLFS, "Guest Crash Enlightenment"). */
#define HV_CRASH_NOTIFY (1ull << 63)
#define HV_CRASH_MESSAGE (1ull << 62)

/* Does any row, bank register or view have this name? For tests and documentation. */
bool hv_register_exists(uint32_t name);

/* The names of all rows, for tests that go through them: from 0 on, until it returns false. */
bool hv_register_nth(size_t index, uint32_t *name);

/* The register's name as text, or NULL. */
const char *hv_register_text(uint32_t name);

/*
 * Reads or writes a register of @vtl on the VP. If the register needs it, another VP than the
 * caller's must be stopped.
 * INVALID_PARAMETER: unknown name, one that this processor does not have, a write to a read-only
 * register or a read of a write-only one. INVALID_REGISTER_VALUE: bits that do not exist.
 */
enum hv_status hv_register_get(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                               struct hv_u128 *value);
enum hv_status hv_register_set(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                               struct hv_u128 value);

/* The same when VTL @by writes it: one register asks who does. */
enum hv_status hv_register_set_by(struct vtl_vp *vp, unsigned vtl, unsigned by, uint32_t name,
                                  struct hv_u128 value);

/* May the register be read (or written) while the caller has not set its guest OS id? */
bool hv_register_is_early(uint32_t name, bool write);

/*
 * May the active VTL of @caller write that to a register of some VP, which lets a VTL there go if
 * it is InternalActivityState? Not if it may not start VPs (vtl_judge_start()).
 */
bool hv_register_may_start(const struct vtl_vp *caller, uint32_t name, struct hv_u128 value);

/*
 * The VTL whose bank an access to that register of @vtl would reach: @vtl, or the active one, which
 * holds what is shared, be it by a view. Of a view of two it is the higher one.
 */
unsigned hv_register_holder(const struct vtl_vp *vp, unsigned vtl, uint32_t name);

/* Does the register live in the back end? */
bool hv_register_is_architectural(uint32_t name);

/* Must another VP be stopped for it? Those in the back end are in a processor else. */
bool hv_register_needs_stop(uint32_t name);

#endif
