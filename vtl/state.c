/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a partition, saved and loaded: see state.h. */
#include "vtl/state.h"

#include "vtl/event.h"
#include "vtl/hv-registers.h"
#include "vtl/ports.h"
#include "vtl/vina.h"

#define ALL_VTLS ((1u << VTL_LEVELS) - 1)

/*
 * Of struct vtl_partition. Constant: backend, machine, lock; maximum, vp_count, which are compared;
 * zero_size and vector_lengths, which the processor has; services and policy, which are chosen
 * before. With tables of their own: protection, ports, vps.
 */
static const struct codec_field partition_fields[] = {
    CODEC_BITS(struct vtl_partition, enabled, ALL_VTLS),
    CODEC_UPTO(struct vtl_partition, offered, VTL_PARAVISOR - 1),
    CODEC_ARRAY_ANY(struct vtl_partition, config),
    CODEC_ARRAY_ANY(struct vtl_partition, guest_os_id),
    CODEC_ARRAY_BITS(struct vtl_partition, reference_tsc, HV_PAGE_REGISTER_KNOWN),
    CODEC_BITS(struct vtl_partition, hypercall_intercepts, ALL_VTLS & ~1u),
    CODEC_BITS(struct vtl_partition, connection_intercepts, ALL_VTLS & ~1u),
};

/*
 * Of struct vtl_vp. Constant: partition, index, mpidr. Derived: has_notices, from its SynICs. For
 * the length of a call only: intercept_owner, intercept_otherwise. Of who looks: audit.
 */
static const struct codec_field vp_fields[] = {
    CODEC_UPTO(struct vtl_vp, active, VTL_LEVELS - 1),
    CODEC_BITS(struct vtl_vp, enabled, ALL_VTLS),
    CODEC_BITS(struct vtl_vp, idle, ALL_VTLS),
    CODEC_ANY(struct vtl_vp, refusals),
};

/* Of struct vtl_vp_level; synic and stimers have tables of their own. */
static const struct codec_field level_fields[] = {
    CODEC_BITS(struct vtl_vp_level, assist_page, HV_PAGE_REGISTER_KNOWN),
    CODEC_ANY(struct vtl_vp_level, crash.control),
    CODEC_ARRAY_ANY(struct vtl_vp_level, crash.parameter),
    CODEC_BOOL(struct vtl_vp_level, told_undelivered),
    CODEC_BOOL(struct vtl_vp_level, told_no_vector),
    CODEC_BITS(struct vtl_vp_level, event[0].low, HV_EVENT_PENDING),
    CODEC_ANY(struct vtl_vp_level, event[0].high),
    CODEC_ANY(struct vtl_vp_level, event[1].low),
    CODEC_ANY(struct vtl_vp_level, event[1].high),
    CODEC_BITS(struct vtl_vp_level, vina, HV_VINA_KNOWN),
    CODEC_BOOL(struct vtl_vp_level, vina_asserted),
    CODEC_BITS(struct vtl_vp_level, tlb_locked, ALL_VTLS),
    CODEC_BOOL(struct vtl_vp_level, gave_up),
};

/* Who adds a member says in these tables what becomes of it. */
G_STATIC_ASSERT(sizeof(void *) != 8 ||
                sizeof(struct vtl_partition) == 240 + sizeof(struct bank_policy));
G_STATIC_ASSERT(sizeof(void *) != 8 ||
                sizeof(struct vtl_vp) == 56 + VTL_LEVELS * sizeof(struct vtl_vp_level));
G_STATIC_ASSERT(sizeof(void *) != 8 ||
                sizeof(struct vtl_vp_level) ==
                    112 + sizeof(struct synic) + sizeof(struct stimers));

/* --- Saving ----------------------------------------------------------------------------------- */

static void save_vp(const struct vtl_vp *vp, struct codec_writer *writer)
{
    codec_write_fields(writer, vp, vp_fields, G_N_ELEMENTS(vp_fields));
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        codec_write_fields(writer, &vp->level[vtl], level_fields, G_N_ELEMENTS(level_fields));
        synic_save(vp, vtl, writer);
        stimers_save(&vp->level[vtl].stimers, writer);
    }
}

void vtl_partition_save(const struct vtl_partition *partition, struct codec_writer *writer)
{
    codec_write_u32(writer, partition->vp_count);
    codec_write_u32(writer, partition->maximum);
    codec_write_fields(writer, partition, partition_fields, G_N_ELEMENTS(partition_fields));
    vtl_protection_save(&partition->protection, writer);
    vtl_ports_save(partition->ports, writer);
    for (unsigned i = 0; i < partition->vp_count; i++)
        save_vp(&partition->vps[i], writer);
}

/* --- Loading ---------------------------------------------------------------------------------- */

static void load_shape(const struct vtl_partition *partition, struct codec_reader *reader)
{
    uint32_t vp_count = codec_read_u32(reader, "number of VPs");
    uint32_t maximum = codec_read_u32(reader, "highest VTL");

    codec_require(reader, vp_count == partition->vp_count, "number of VPs", vp_count,
                  "here it is another one");
    codec_require(reader, maximum == partition->maximum, "highest VTL", maximum,
                  "here it is another one");
}

/* Protections are on where the configuration says so (vsm-registers.c). */
static void check_config(const struct vtl_partition *partition, unsigned vtl,
                         struct codec_reader *reader)
{
    uint64_t config = partition->config[vtl];
    bool on = config & HV_VSM_ENABLE_PROTECTION;

    codec_at(reader, "VTL%u", vtl);
    codec_require(reader, vtl ? hv_vsm_config_is_valid(0, config) : !config, "VsmPartitionConfig",
                  config, "it cannot be that");
    codec_require(reader, on == (partition->protection.allowed[vtl] != NULL),
                  "VsmPartitionConfig", config, "its protections say something else");
}

static void check_partition(const struct vtl_partition *partition, struct codec_reader *reader)
{
    uint16_t enabled = partition->enabled;
    uint16_t intercepts = partition->hypercall_intercepts | partition->connection_intercepts;

    codec_at(reader, "partition");
    codec_require(reader, enabled & 1 && vtl_highest(enabled) <= partition->maximum, "enabled",
                  enabled, "that needs VTL0, and none above the highest that there may be");
    codec_require(reader, !(intercepts & ~enabled), "intercepts", intercepts,
                  "they are of VTLs that are not enabled");
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        check_config(partition, vtl, reader);
}

/* switch.c and enable.c: the active VTL is enabled, and does not wait to be called. */
static void check_vp(const struct vtl_vp *vp, struct codec_reader *reader)
{
    uint16_t enabled = vp->enabled, idle = vp->idle;

    codec_require(reader, enabled & 1 && !(enabled & ~vp->partition->enabled), "enabled", enabled,
                  "that needs VTL0, and others that the partition has enabled");
    codec_require(reader, enabled & 1u << vp->active, "active", vp->active,
                  "that VTL is not enabled");
    codec_require(reader, !(idle & (~enabled | 1u << vp->active)), "idle", idle,
                  "those are VTLs that are enabled, and do not run");
}

/* VTL0 has no lower ones that it could be told of, or whose TLB it could lock. */
static void check_level(const struct vtl_vp_level *level, unsigned vtl,
                        struct codec_reader *reader)
{
    codec_require(reader, vtl ? vtl_vina_has_vector(level->vina) : !level->vina, "vina",
                  level->vina, "it has no vector of those that may be");
    codec_require(reader, !(level->tlb_locked >> vtl), "tlb_locked", level->tlb_locked,
                  "a VTL locks the TLB of lower ones only");
}

static void load_vp(struct vtl_vp *vp, struct codec_reader *reader)
{
    codec_at(reader, "VP%u", vp->index);
    codec_read_fields(reader, vp, vp_fields, G_N_ELEMENTS(vp_fields));
    check_vp(vp, reader);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        codec_at(reader, "VP%u, VTL%u", vp->index, vtl);
        codec_read_fields(reader, &vp->level[vtl], level_fields, G_N_ELEMENTS(level_fields));
        check_level(&vp->level[vtl], vtl, reader);
        synic_load(vp, vtl, reader);
        stimers_load(&vp->level[vtl].stimers, reader);
    }
}

bool vtl_partition_load(struct vtl_partition *partition, struct codec_reader *reader,
                        GError **error)
{
    codec_at(reader, "partition");
    load_shape(partition, reader);
    codec_read_fields(reader, partition, partition_fields, G_N_ELEMENTS(partition_fields));
    vtl_protection_load(&partition->protection, reader);
    check_partition(partition, reader);
    vtl_ports_load(partition, reader);
    for (unsigned i = 0; i < partition->vp_count && codec_is_good(reader); i++)
        load_vp(&partition->vps[i], reader);
    codec_at(reader, "%s", "");
    if (!codec_is_good(reader) && error)
        *error = g_error_copy(reader->error);
    return codec_is_good(reader);
}

int vtl_partition_tell(struct vtl_partition *partition)
{
    int error = vtl_protection_tell(partition);

    for (unsigned i = 0; i < partition->vp_count && error == 0; i++)
        for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
            stimers_tell(&partition->vps[i], vtl);
    return error;
}
