/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the core serves can be elected: a partition has a set of services from its creation on, and
 * what is not in it is to its guest as if it had never been made.
 *
 * The bits are those of the firmware registers hv-features, hv-calls, hv-vsm and hv-vmbus
 * (fw-regs/fw-regs.c), which saved machines hold: none ever changes its place or its meaning, and
 * new ones come at the end. Who needs whom is checked there, too.
 */
#ifndef VTL_SERVICES_H
#define VTL_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

/* hv-features */
enum vtl_feature {
    VTL_FEATURE_HYPERCALL,
    VTL_FEATURE_VP_RUNTIME,
    VTL_FEATURE_TIME_REF_COUNT,
    VTL_FEATURE_REFERENCE_TSC,
    VTL_FEATURE_SYNIC,
    VTL_FEATURE_STIMER,
    VTL_FEATURE_DIRECT_STIMER,
    VTL_FEATURE_SINT_POLLING,
    VTL_FEATURE_ASSIST_PAGE,
    VTL_FEATURE_VP_INDEX,
    VTL_FEATURE_CRASH,
    VTL_FEATURE_VP_REGISTERS,
    VTL_FEATURES,
};

/* hv-calls */
enum vtl_call_group {
    VTL_CALLS_FLUSH,
    VTL_CALLS_SPIN_WAIT,
    VTL_CALLS_IPI,
    VTL_CALLS_TRANSLATE,
    VTL_CALLS_MESSAGES,
    VTL_CALLS_EVENTS,
    VTL_CALLS_PORTS,
    VTL_CALLS_DIRECT,
    VTL_CALLS_INTERRUPTS,
    VTL_CALLS_START_VP,
    VTL_CALL_GROUPS,
};

/* hv-vsm */
enum vtl_vsm_part {
    VTL_VSM_VTLS,
    VTL_VSM_PROTECTIONS,
    VTL_VSM_INTERCEPTS,
    VTL_VSM_VINA,
    VTL_VSM_TLB_LOCK,
    VTL_VSM_PARTS,
};

/* hv-vmbus; services follow in the order of enum vmbus_service. */
enum vtl_vmbus_part {
    VTL_VMBUS_BUS,
    VTL_VMBUS_SERVICE0,
    VTL_VMBUS_PARTS = VTL_VMBUS_SERVICE0 + 3,
};

/* Sets of the bits above. */
struct vtl_services {
    uint64_t features, calls, vsm, vmbus;
};

/* What this core has. */
extern const struct vtl_services vtl_all_services;

static inline bool vtl_has_feature(const struct vtl_services *services, enum vtl_feature feature)
{
    return services->features >> feature & 1;
}

static inline bool vtl_has_calls(const struct vtl_services *services, enum vtl_call_group group)
{
    return services->calls >> group & 1;
}

static inline bool vtl_has_vsm(const struct vtl_services *services, enum vtl_vsm_part part)
{
    return services->vsm >> part & 1;
}

/* Is there a hypercall of that code, or a synthetic register of that name, if the core has it? */
bool vtl_offers_call(const struct vtl_services *services, uint16_t code);
bool vtl_offers_register(const struct vtl_services *services, uint32_t name);

#endif
