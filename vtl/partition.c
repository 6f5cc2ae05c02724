/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Life of a partition: see partition.h. */
#include "vtl/partition.h"

#include <errno.h>

#include "vtl/hv-registers.h"
#include "vtl/ports.h"

void vtl_raise(struct vtl_vp *vp, unsigned vtl, uint32_t vector, const char *what)
{
    const struct vtl_partition *partition = vp->partition;

    if (partition->backend->assert_interrupt(partition->machine, vp->index, vtl, vector) == 0)
        return;
    g_log(NULL, vp->level[vtl].told_no_vector ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_WARNING,
          "VP%u at VTL%u: nothing comes of vector %u of %s; its GIC has no such interrupt, or it is "
          "a timer's", vp->index, vtl, vector, what);
    vp->level[vtl].told_no_vector = true;
}

unsigned vtl_highest(uint16_t set)
{
    return set ? (unsigned)g_bit_nth_msf(set, -1) : 0;
}

static void init_level(struct vtl_vp_level *level)
{
    synic_init(&level->synic);
    stimers_init(&level->stimers);
}

static void clear_level(struct vtl_vp_level *level)
{
    stimers_clear(&level->stimers);
    synic_clear(&level->synic);
}

static void init_vp(struct vtl_vp *vp, struct vtl_partition *partition, unsigned index,
                    unsigned boot_vtl)
{
    vp->partition = partition;
    vp->index = index;
    vp->active = boot_vtl;
    vp->enabled = partition->enabled;
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        init_level(&vp->level[vtl]);
}

static void clear_vp(struct vtl_vp *vp)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        clear_level(&vp->level[vtl]);
}

struct vtl_partition *vtl_partition_new(unsigned vp_count, uint16_t enabled, unsigned maximum,
                                        unsigned boot_vtl, const struct vtl_backend *backend,
                                        void *machine)
{
    struct vtl_partition *partition = g_new0(struct vtl_partition, 1);

    partition->backend = backend;
    partition->machine = machine;
    partition->services = vtl_all_services;
    bank_policy_init(&partition->policy);
    partition->enabled = enabled | 1;
    partition->maximum = maximum;
    partition->offered = VTL_PARAVISOR - 1;
    partition->vp_count = vp_count;
    partition->vps = g_new0(struct vtl_vp, vp_count);
    /* TLFS, VSM, "Zero Memory on Reset": on by default. */
    for (unsigned vtl = 1; vtl < VTL_LEVELS; vtl++)
        partition->config[vtl] = HV_VSM_ZERO_MEMORY_ON_RESET;
    g_mutex_init(&partition->lock);
    g_rw_lock_init(&partition->protection.lock);
    partition->ports = vtl_ports_new();
    for (unsigned i = 0; i < vp_count; i++)
        init_vp(&partition->vps[i], partition, i, boot_vtl);
    return partition;
}

unsigned vtl_offered(const struct vtl_partition *partition, unsigned vtl)
{
    if (vtl >= VTL_PARAVISOR || !(partition->enabled & 1u << VTL_PARAVISOR))
        return partition->maximum;
    return MIN(partition->maximum, partition->offered);
}

void vtl_partition_free(struct vtl_partition *partition)
{
    if (!partition)
        return;
    vtl_protection_free(&partition->protection);
    for (unsigned i = 0; i < partition->vp_count; i++)
        clear_vp(&partition->vps[i]);
    vtl_ports_free(partition->ports);
    g_mutex_clear(&partition->lock);
    g_free(partition->vps);
    g_free(partition);
}

void vtl_partition_set_ram(struct vtl_partition *partition, uint64_t first_page, uint64_t count)
{
    partition->protection.first_page = first_page;
    partition->protection.page_count = count;
}

int vtl_memory_read(struct vtl_partition *partition, unsigned vtl, uint64_t gpa, void *buffer,
                    size_t size)
{
    int error = -EACCES;

    g_rw_lock_reader_lock(&partition->protection.lock);
    if (vtl_protection_permits(partition, vtl, gpa, size, HV_PAGE_READ))
        error = partition->backend->read_memory(partition->machine, gpa, buffer, size);
    g_rw_lock_reader_unlock(&partition->protection.lock);
    return error;
}

int vtl_memory_write(struct vtl_partition *partition, unsigned vtl, uint64_t gpa,
                     const void *buffer, size_t size)
{
    int error = -EACCES;

    g_rw_lock_reader_lock(&partition->protection.lock);
    if (vtl_protection_permits(partition, vtl, gpa, size, HV_PAGE_WRITE))
        error = partition->backend->write_memory(partition->machine, gpa, buffer, size);
    g_rw_lock_reader_unlock(&partition->protection.lock);
    return error;
}

int vtl_memory_exchange(struct vtl_partition *partition, unsigned vtl, uint64_t gpa,
                        uint64_t expected, uint64_t desired)
{
    int error = -EACCES;

    g_rw_lock_reader_lock(&partition->protection.lock);
    if (vtl_protection_permits(partition, vtl, gpa, sizeof(desired),
                               HV_PAGE_READ | HV_PAGE_WRITE))
        error = partition->backend->compare_exchange(partition->machine, gpa, expected, desired);
    g_rw_lock_reader_unlock(&partition->protection.lock);
    return error;
}

int vtl_memory_set_bits(struct vtl_partition *partition, unsigned vtl, uint64_t gpa, uint64_t bits,
                        uint64_t *before)
{
    int error = -EACCES;

    g_rw_lock_reader_lock(&partition->protection.lock);
    if (vtl_protection_permits(partition, vtl, gpa, sizeof(bits), HV_PAGE_READ | HV_PAGE_WRITE))
        error = partition->backend->set_bits(partition->machine, gpa, bits, before);
    g_rw_lock_reader_unlock(&partition->protection.lock);
    return error;
}

bool vtl_zeroes_memory_on_reset(const struct vtl_partition *partition)
{
    uint16_t higher = partition->enabled & ~1u;

    for (unsigned vtl = 1; vtl < VTL_LEVELS; vtl++)
        if (higher & 1u << vtl && partition->config[vtl] & HV_VSM_ZERO_MEMORY_ON_RESET)
            return true;
    return !higher;
}
