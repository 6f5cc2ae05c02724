/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of VPs, as hypercalls name them (TLFS, HV_VP_SET). Here a set is a mask of VP indices, as a
 * partition has no more than 64 VPs. What a guest names beyond the VPs that there are is left out.
 */
#ifndef VTL_VP_SET_H
#define VTL_VP_SET_H

#include "smccc/hv-status.h"
#include "vtl/partition.h"

#define HV_VP_SET_SPARSE 0u
#define HV_VP_SET_ALL 1u

/* All VPs of the partition. */
uint64_t vp_set_all(const struct vtl_partition *partition);

/*
 * Stores in *@vps the set of @format whose @count banks, of 64 VPs each, are those in @valid.
 * INVALID_PARAMETER: no such format, or more or fewer banks than @valid says, whatever the format.
 */
enum hv_status vp_set_find(const struct vtl_partition *partition, uint64_t format, uint64_t valid,
                           const uint64_t *banks, size_t count, uint64_t *vps);

#endif
