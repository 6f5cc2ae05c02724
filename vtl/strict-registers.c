/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of registers, and of the pages that they name: see strict.h. */
#include "vtl/audit.h"
#include "vtl/hv-registers.h"
#include "vtl/stimer.h"
#include "vtl/strict-pages.h"
#include "vtl/vina.h"

/* All that the TLFS or OpenVMM (hvdef) give a meaning, whether it is here or not. */
#define PAGE_RESERVED 0xffeull
#define SINT_RESERVED 0xfffffffffff8ff00ull /* 63:19 and 15:8 */
#define STIMER_RESERVED 0xfffffffffff0e000ull /* 63:20 and 15:13 */
#define VINA_RESERVED (~0x7ffull)
#define PARTITION_CONFIG_RESERVED (~0x1ffffull)
#define SECURE_CONFIG_RESERVED (~0x7ull)
#define GUEST_CONFIG_RESERVED (~0xffull)

const struct strict_bits strict_bits[] = {
    {HV_REGISTER_INTERNAL_ACTIVITY_STATE, HV_REGISTER_INTERNAL_ACTIVITY_STATE, ~0x7ull},
    {HV_REGISTER_VP_ASSIST_PAGE, HV_REGISTER_VP_ASSIST_PAGE, PAGE_RESERVED},
    {HV_REGISTER_REFERENCE_TSC, HV_REGISTER_REFERENCE_TSC, PAGE_RESERVED},
    {HV_REGISTER_SINT0, HV_REGISTER_SINT0 + HV_SYNIC_SINTS - 1, SINT_RESERVED},
    {HV_REGISTER_SCONTROL, HV_REGISTER_SCONTROL, ~HV_SCONTROL_ENABLE},
    {HV_REGISTER_SIEFP, HV_REGISTER_SIMP, PAGE_RESERVED},
    {HV_REGISTER_SIRBP, HV_REGISTER_SIRBP, PAGE_RESERVED},
    {HV_REGISTER_VSM_VINA, HV_REGISTER_VSM_VINA, VINA_RESERVED},
    {HV_REGISTER_VSM_PARTITION_CONFIG, HV_REGISTER_VSM_PARTITION_CONFIG,
     PARTITION_CONFIG_RESERVED},
    {HV_REGISTER_GUEST_VSM_PARTITION_CONFIG, HV_REGISTER_GUEST_VSM_PARTITION_CONFIG,
     GUEST_CONFIG_RESERVED},
    {HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0, HV_REGISTER_VSM_VP_SECURE_CONFIG_VTL0 + VTL_LEVELS - 2,
     SECURE_CONFIG_RESERVED},
    {HV_REGISTER_VSM_VP_WAIT_FOR_TLB_LOCK, HV_REGISTER_VSM_VP_WAIT_FOR_TLB_LOCK, ~1ull},
    /* Counts are between the configurations; they have no reserved bits. */
    {HV_REGISTER_STIMER0_CONFIG, HV_REGISTER_STIMER0_CONFIG, STIMER_RESERVED},
    {HV_REGISTER_STIMER0_CONFIG + 2, HV_REGISTER_STIMER0_CONFIG + 2, STIMER_RESERVED},
    {HV_REGISTER_STIMER0_CONFIG + 4, HV_REGISTER_STIMER0_CONFIG + 4, STIMER_RESERVED},
    {HV_REGISTER_STIMER0_CONFIG + 6, HV_REGISTER_STIMER0_CONFIG + 6, STIMER_RESERVED},
};

const size_t strict_bits_count = G_N_ELEMENTS(strict_bits);

/* --- Pages ------------------------------------------------------------------------------------ */

/* Registers of a VTL of a VP that name a page, as they are. */
struct pages {
    uint64_t simp, siefp, assist, tsc;
    bool synic_is_used; /* it is on, and a SINT is unmasked */
};

static bool has_unmasked(const struct synic *synic)
{
    for (unsigned i = 0; i < HV_SYNIC_SINTS; i++)
        if (!(synic->sint[i] & HV_SINT_MASKED))
            return true;
    return false;
}

static struct pages look(struct vtl_vp *vp, unsigned vtl)
{
    struct synic *synic = &vp->level[vtl].synic;
    struct pages pages = {.assist = vp->level[vtl].assist_page};

    g_mutex_lock(&synic->lock);
    pages.simp = synic->simp;
    pages.siefp = synic->siefp;
    pages.synic_is_used = synic->scontrol & HV_SCONTROL_ENABLE && has_unmasked(synic);
    g_mutex_unlock(&synic->lock);
    return pages;
}

static bool is_enabled_at(uint64_t value, uint64_t page)
{
    return value & HV_PAGE_REGISTER_ENABLE && value / HV_PAGE_SIZE == page;
}

static const char *page_of_vp(struct vtl_vp *vp, unsigned vtl, uint64_t page, uint32_t except)
{
    struct pages pages = look(vp, vtl);
    const struct {
        uint32_t name;
        uint64_t value;
    } rows[] = {
        {HV_REGISTER_SIMP, pages.simp},
        {HV_REGISTER_SIEFP, pages.siefp},
        {HV_REGISTER_VP_ASSIST_PAGE, pages.assist},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].name != except && is_enabled_at(rows[i].value, page))
            return hv_register_text(rows[i].name);
    return NULL;
}

/* Of @vtl on all VPs; but for the register @except of @vp. */
static const char *find_page(struct vtl_partition *partition, unsigned vtl, uint64_t page,
                             const struct vtl_vp *vp, uint32_t except)
{
    for (unsigned i = 0; i < partition->vp_count; i++) {
        struct vtl_vp *other = &partition->vps[i];
        const char *text = page_of_vp(other, vtl, page, other == vp ? except : 0);

        if (text)
            return text;
    }
    /* Of one machine word, which another VP may write at this moment. */
    if (except != HV_REGISTER_REFERENCE_TSC &&
        is_enabled_at(__atomic_load_n(&partition->reference_tsc[vtl], __ATOMIC_RELAXED), page))
        return hv_register_text(HV_REGISTER_REFERENCE_TSC);
    return NULL;
}

const char *strict_page_at(struct vtl_partition *partition, unsigned vtl, uint64_t page)
{
    return find_page(partition, vtl, page, NULL, 0);
}

/* --- What is written -------------------------------------------------------------------------- */

/* A write on its way. */
struct change {
    struct vtl_vp *caller, *vp;
    unsigned vtl;
    uint32_t name;
    uint64_t value;
};

static const char *text_of(const struct change *change)
{
    const char *text = hv_register_text(change->name);

    return text ? text : "?";
}

static const struct strict_bits *find_bits(uint32_t name)
{
    for (size_t i = 0; i < strict_bits_count; i++)
        if (name >= strict_bits[i].first && name <= strict_bits[i].last)
            return &strict_bits[i];
    return NULL;
}

static bool check_bits(const struct change *change, uint64_t high)
{
    const struct strict_bits *bits = find_bits(change->name);
    bool good = !bits || !(change->value & bits->reserved || high);

    if (bits)
        strict_check(change->caller, STRICT_REGISTER_RESERVED, good,
                     "%s of VTL%u is to be 0x%" G_GINT64_MODIFIER "x%s; 0x%" G_GINT64_MODIFIER
                     "x and all above bit 63 are reserved", text_of(change), change->vtl,
                     change->value, high ? ", with bits above bit 63" : "", bits->reserved);
    return good;
}

/* Disabled, or moved. */
static bool goes_away(uint64_t before, uint64_t value)
{
    return before & HV_PAGE_REGISTER_ENABLE && before != value;
}

static void check_synic_page(const struct change *change, uint64_t before)
{
    bool used = look(change->vp, change->vtl).synic_is_used;

    strict_check(change->caller, STRICT_SYNIC_IN_USE, !(used && goes_away(before, change->value)),
                 "%s of VTL%u on VP%u goes from 0x%" G_GINT64_MODIFIER "x to 0x%" G_GINT64_MODIFIER
                 "x", text_of(change), change->vtl, change->vp->index, before, change->value);
}

static void check_simp(const struct change *change)
{
    check_synic_page(change, look(change->vp, change->vtl).simp);
}

static void check_siefp(const struct change *change)
{
    check_synic_page(change, look(change->vp, change->vtl).siefp);
}

static void check_assist(const struct change *change)
{
    const struct vtl_vp_level *level = &change->vp->level[change->vtl];
    uint64_t before = level->assist_page;
    bool used = change->vp->partition->config[change->vtl] & HV_VSM_INTERCEPT_PAGE ||
                level->vina & HV_VINA_ENABLED;

    strict_check(change->caller, STRICT_ASSIST_IN_USE, !(used && goes_away(before, change->value)),
                 "%s of VTL%u on VP%u goes from 0x%" G_GINT64_MODIFIER "x to 0x%" G_GINT64_MODIFIER
                 "x", text_of(change), change->vtl, change->vp->index, before, change->value);
}

static void check_nothing(const struct change *change)
{
    (void)change;
}

static void check_place(const struct change *change)
{
    struct vtl_partition *partition = change->vp->partition;
    const struct vtl_protection *protection = &partition->protection;
    uint64_t page = change->value / HV_PAGE_SIZE;
    bool is_ram = page >= protection->first_page &&
                  page - protection->first_page < protection->page_count;
    const char *other = find_page(partition, change->vtl, page, change->vp, change->name);

    strict_check(change->caller, STRICT_PAGE_PLACE,
                 is_ram && vtl_protection_effective(partition, change->vtl, page) & HV_PAGE_WRITE,
                 "%s of VTL%u is to be at GPA 0x%" G_GINT64_MODIFIER "x000, %s", text_of(change),
                 change->vtl, page, is_ram ? "which the VTL may not write" : "which is no memory");
    strict_check(change->caller, STRICT_PAGE_OVERLAP, !other,
                 "%s of VTL%u on VP%u is to be at GPA 0x%" G_GINT64_MODIFIER "x000, where %s is",
                 text_of(change), change->vtl, change->vp->index, page, other);
}

static void check_sint(const struct change *change)
{
    strict_check(change->caller, STRICT_SINT_VECTOR, synic_sint_has_vector(change->value),
                 "%s of VTL%u is to be 0x%" G_GINT64_MODIFIER "x", text_of(change), change->vtl,
                 change->value);
}

/* Registers that name a page, and what else is to be seen when they change. */
static const struct {
    uint32_t name;
    void (*check)(const struct change *change);
} page_registers[] = {
    {HV_REGISTER_SIMP, check_simp},
    {HV_REGISTER_SIEFP, check_siefp},
    {HV_REGISTER_VP_ASSIST_PAGE, check_assist},
    {HV_REGISTER_REFERENCE_TSC, check_nothing},
};

static void check_page(const struct change *change)
{
    for (size_t i = 0; i < G_N_ELEMENTS(page_registers); i++) {
        if (page_registers[i].name != change->name)
            continue;
        page_registers[i].check(change);
        if (change->value & HV_PAGE_REGISTER_ENABLE)
            check_place(change);
    }
}

void strict_register(struct vtl_vp *caller, struct vtl_vp *target, unsigned vtl, uint32_t name,
                     struct hv_u128 value)
{
    const struct change change = {caller, target, vtl, name, value.low};

    /* What has such bits is refused, or means something else: nothing more is to be said of it. */
    if (!check_bits(&change, value.high))
        return;
    check_page(&change);
    if (name >= HV_REGISTER_SINT0 && name < HV_REGISTER_SINT0 + HV_SYNIC_SINTS)
        check_sint(&change);
}
