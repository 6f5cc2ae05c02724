/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of VPs: see vp-set.h. */
#include "vtl/vp-set.h"

#define BANK_VPS 64u

uint64_t vp_set_all(const struct vtl_partition *partition)
{
    return partition->vp_count >= BANK_VPS ? UINT64_MAX : (1ull << partition->vp_count) - 1;
}

enum hv_status vp_set_find(const struct vtl_partition *partition, uint64_t format, uint64_t valid,
                           const uint64_t *banks, size_t count, uint64_t *vps)
{
    if (format > HV_VP_SET_ALL || count != (size_t)__builtin_popcountll(valid))
        return HV_STATUS_INVALID_PARAMETER;
    *vps = vp_set_all(partition);
    if (format == HV_VP_SET_SPARSE)
        *vps &= valid & 1 ? banks[0] : 0;
    return HV_STATUS_SUCCESS;
}
