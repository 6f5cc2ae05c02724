/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/hv_vtl, and the hypercalls that the paravisor makes through it. What fails for a reason that
 * a paravisor cannot do anything about ends the program with a message (die()).
 */
#ifndef PARAVISOR_VTL_H
#define PARAVISOR_VTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/paravisor/module/hv_vtl.h"

/* HV_STATUS_*. */
#define STATUS_SUCCESS 0u

/* Registers (TLFS, HV_REGISTER_NAME). */
#define REGISTER_INTERNAL_ACTIVITY_STATE 0x00000004u
#define REGISTER_PENDING_EVENT0 0x00010004u
#define REGISTER_PENDING_EVENT1 0x00010005u
#define REGISTER_X0 0x00020000u
#define REGISTER_PC 0x00020022u
#define REGISTER_VP_INDEX 0x00090003u
#define REGISTER_VSM_CAPABILITIES 0x000d0006u
#define REGISTER_VSM_PARTITION_CONFIG 0x000d0007u

/* VsmPartitionConfig, and which of its bits need a capability. */
#define CONFIG_ENABLE_PROTECTION (1ull << 0)
#define CONFIG_DEFAULT_RIGHTS_ALL (0xfull << 1)
#define CONFIG_ZERO_MEMORY_ON_RESET (1ull << 5)
#define CONFIG_INTERCEPT_VP_STARTUP (1ull << 9)
#define CONFIG_INTERCEPT_NOT_PRESENT (1ull << 14)
#define CONFIG_INTERCEPT_SYSTEM_RESET (1ull << 15)
#define CAPABILITY_INTERCEPT_NOT_PRESENT (1ull << 30)
#define CAPABILITY_INTERCEPT_SYSTEM_RESET (1ull << 32)

#define ACTIVITY_STARTUP_SUSPEND 1ull

#define HV_PAGE 4096ull

/* HV_MAP_GPA_FLAGS */
#define RIGHTS_NONE 0u

/* Opens the device; -v of the program tells what it is. */
void vtl_open(void);
unsigned vtl_range_count(void);
/* VTL0's RAM, range @index. */
struct hv_vtl_range vtl_range(unsigned index);
/* The run page of a CPU. */
struct hv_vtl_run *vtl_map_run(unsigned cpu);
/* HV_VTL_RUN: 0 or an errno. */
int vtl_run(void);

/* Registers of VTL0 that are not shared, of the caller's own VP. */
uint64_t vtl_get(uint32_t name);
void vtl_set(uint32_t name, uint64_t value);
void vtl_set2(uint32_t name, uint64_t low, uint64_t high);
/* The same of another VP: the status. */
uint32_t vtl_get_of(uint32_t vp, uint32_t name, uint64_t *value);
/* Registers of VTL2 itself. */
uint64_t vtl_get_own(uint32_t name);
/* The status. */
uint32_t vtl_set_own(uint32_t name, uint64_t value);

/* The result value of a hypercall. */
uint64_t vtl_hypercall(uint64_t control, const void *input, size_t input_size, void *output,
                       size_t output_size);

/* HvCallModifyVtlProtectionMask: what VTL0 may do with pages. The status. */
uint32_t vtl_protect(uint64_t base, uint64_t size, uint32_t rights);
/* HvCallAssertVirtualInterrupt: the line of an SPI of VTL0. */
void vtl_set_line(uint32_t intid, bool level);
/* HvCallGetVpIndexFromApicId: false if there is none. */
bool vtl_find_vp(uint64_t mpidr, uint32_t *vp);
/* HvCallStartVirtualProcessor: VTL0 of that VP, at @pc with its MMU off. The status. */
uint32_t vtl_start_vp(uint32_t vp, uint64_t pc);

#endif
