/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Enabling VTLs, for the partition and then for each VP, and starting VPs: who may, and when.
 * Source: TLFS, VSM, "VTL Enablement"; HvCallEnablePartitionVtl, HvCallEnableVpVtl,
 * HvCallStartVirtualProcessor, HvCallGetVpIndexFromApicId.
 */
#ifndef VTL_ENABLE_H
#define VTL_ENABLE_H

#include "smccc/hv-status.h"
#include "vtl/partition.h"

/*
 * Enables @vtl for the partition. A VTL may always enable a lower one, and a higher one if it is
 * itself the highest that is enabled below that. @flags ask for MBEC and the like, which there
 * is not.
 */
enum hv_status vtl_enable_for_partition(struct vtl_vp *caller, unsigned vtl, uint8_t flags);

/*
 * Enables @vtl on @target, whose first entry into it finds @context. The same rule holds; once
 * some VP has @vtl, only @vtl itself or a higher one may enable it on others.
 */
enum hv_status vtl_enable_for_vp(struct vtl_vp *caller, struct vtl_vp *target, unsigned vtl,
                                 const struct vtl_initial_context *context);

/*
 * Starts @target, which must not run, at @vtl with @context.
 * HV_STATUS_INTERCEPTED: @caller->intercept_owner is to see to it (vtl_judge_start()).
 */
enum hv_status vtl_start_vp(struct vtl_vp *caller, struct vtl_vp *target, unsigned vtl,
                            const struct vtl_initial_context *context);

/*
 * May @vtl start or reset VPs, by hypercall or PSCI? A higher VTL may have denied it
 * (VsmPartitionConfig.DenyLowerVtlStartup). The TLFS also says that PSCI CPU_ON of lower VTLs is
 * blocked as soon as a higher one is enabled; real paravisors rely on the contrary.
 */
bool vtl_may_start_vps(const struct vtl_partition *partition, unsigned vtl);

enum vtl_start_verdict {
    VTL_START_ALLOWED,
    VTL_START_DENIED,
    VTL_START_INTERCEPTED, /* a higher VTL gets the call that would start a VP: see intercept.h */
};

/*
 * What becomes of an attempt of the active VTL of @caller to start a VP. A higher VTL may have
 * denied it, or intercept it (VsmPartitionConfig.InterceptVpStartup): then *@owner is the one to
 * tell, the lowest if there are several. It is denied, too, if a VTL intercepts it that is not
 * enabled on @caller and so cannot be told.
 */
enum vtl_start_verdict vtl_judge_start(const struct vtl_vp *caller, unsigned *owner);

#endif
