/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Life of a partition: see partition.h. */
#include "vtl/partition.h"

unsigned vtl_highest(uint16_t set)
{
    return set ? (unsigned)g_bit_nth_msf(set, -1) : 0;
}

static void init_vp(struct vtl_vp *vp, struct vtl_partition *partition, unsigned index,
                    unsigned boot_vtl)
{
    vp->partition = partition;
    vp->index = index;
    vp->active = boot_vtl;
    vp->enabled = partition->enabled;
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        synic_init(&vp->level[vtl].synic);
}

static void clear_vp(struct vtl_vp *vp)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        synic_clear(&vp->level[vtl].synic);
}

struct vtl_partition *vtl_partition_new(unsigned vp_count, uint16_t enabled, unsigned maximum,
                                        unsigned boot_vtl, const struct vtl_backend *backend,
                                        void *machine)
{
    struct vtl_partition *partition = g_new0(struct vtl_partition, 1);

    partition->backend = backend;
    partition->machine = machine;
    partition->enabled = enabled | 1;
    partition->maximum = maximum;
    partition->vp_count = vp_count;
    partition->vps = g_new0(struct vtl_vp, vp_count);
    g_mutex_init(&partition->lock);
    for (unsigned i = 0; i < vp_count; i++)
        init_vp(&partition->vps[i], partition, i, boot_vtl);
    return partition;
}

void vtl_partition_free(struct vtl_partition *partition)
{
    if (!partition)
        return;
    for (unsigned i = 0; i < partition->vp_count; i++)
        clear_vp(&partition->vps[i]);
    g_mutex_clear(&partition->lock);
    g_free(partition->vps);
    g_free(partition);
}
