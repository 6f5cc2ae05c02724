/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparisons of manifests, and the facts that are a number each: see fleet.h. */
#include "fw-regs/fleet-private.h"

#define GIC_REVISION_SHIFT 12 /* GICD_IIDR.Revision, Arm IHI 0069, 12.9.2 */
#define GIC_REVISION_MASK 0xfu
#define GIC_REVISION(iidr) ((iidr) >> GIC_REVISION_SHIFT & GIC_REVISION_MASK)

static void free_finding(gpointer data)
{
    struct fleet_finding *finding = data;

    g_free(finding->what);
    g_free(finding->remedy);
    g_free(finding);
}

static struct fleet_report *new_report(void)
{
    struct fleet_report *report = g_new0(struct fleet_report, 1);

    report->findings = g_ptr_array_new_with_free_func(free_finding);
    return report;
}

void fleet_report_free(struct fleet_report *report)
{
    if (!report)
        return;
    g_ptr_array_unref(report->findings);
    g_free(report);
}

void fleet_add(struct fleet_report *report, enum manifest_part part, char *what, char *remedy)
{
    struct fleet_finding *finding = g_new0(struct fleet_finding, 1);

    *finding = (struct fleet_finding){part, what, remedy};
    g_ptr_array_add(report->findings, finding);
}

char *fleet_start_there(const struct manifest *host)
{
    return g_strdup_printf("start the guest on %s, or with --fw-regs and what vtlemu fw-regs common "
                           "makes of both hosts", host->source);
}

/* --- The counter, the GIC and others: can a guest migrate? ------------------------------------ */

static void counter_migrate(const struct manifest *guest, const struct manifest *host,
                            struct fleet_report *report)
{
    if (guest->counter_hz != host->counter_hz)
        fleet_add(report, MANIFEST_COUNTER,
                  g_strdup_printf("%s has a counter of %" G_GUINT64_FORMAT " Hz; that of %s has %"
                                  G_GUINT64_FORMAT " Hz", guest->source, guest->counter_hz,
                                  host->source, host->counter_hz),
                  g_strdup("take a host whose counter has the same frequency: nothing can change "
                           "it for a guest"));
}

/* KVM refuses the state of a GIC that has more (arch/arm64/kvm/vgic-sys-reg-v3.c). */
static void gic_migrate(const struct manifest *guest, const struct manifest *host,
                        struct fleet_report *report)
{
    const struct manifest_gic *wanted = &guest->gic, *has = &host->gic;
    bool fits = wanted->priority_bits <= has->priority_bits && wanted->id_bits <= has->id_bits &&
                wanted->seis == has->seis && wanted->a3v == has->a3v &&
                GIC_REVISION(wanted->iidr) <= GIC_REVISION(has->iidr);

    if (fits)
        return;
    fleet_add(report, MANIFEST_GIC,
              g_strdup_printf("%s has %u bits of priority, %u of INTIDs, SEIS %d, A3V %d, revision "
                              "%u; %s has %u, %u, %d, %d, %u", guest->source,
                              wanted->priority_bits, wanted->id_bits, wanted->seis, wanted->a3v,
                              GIC_REVISION(wanted->iidr), host->source, has->priority_bits,
                              has->id_bits, has->seis, has->a3v, GIC_REVISION(has->iidr)),
              g_strdup("take a host with the same GIC, or start the guest on one with the lesser"));
}

static void ipa_migrate(const struct manifest *guest, const struct manifest *host,
                        struct fleet_report *report)
{
    if (guest->ipa_bits > host->ipa_bits)
        fleet_add(report, MANIFEST_IPA,
                  g_strdup_printf("%s has physical addresses of %u bits; %s can give %u",
                                  guest->source, guest->ipa_bits, host->source, host->ipa_bits),
                  fleet_start_there(host));
}

static void page_migrate(const struct manifest *guest, const struct manifest *host,
                         struct fleet_report *report)
{
    if (guest->page_size != host->page_size)
        fleet_add(report, MANIFEST_PAGE,
                  g_strdup_printf("%s runs on pages of %u bytes; %s has %u", guest->source,
                                  guest->page_size, host->source, host->page_size),
                  g_strdup_printf("boot a kernel with pages of %u bytes there",
                                  guest->page_size));
}

static void vps_migrate(const struct manifest *guest, const struct manifest *host,
                        struct fleet_report *report)
{
    if (guest->kind == MANIFEST_GUEST && guest->vps > host->vps)
        fleet_add(report, MANIFEST_VPS,
                  g_strdup_printf("%s has %u virtual processors; %s can have %u", guest->source,
                                  guest->vps, host->source, host->vps),
                  g_strdup_printf("start the guest with --cpus %u", host->vps));
}

static void runs_migrate(const struct manifest *guest, const struct manifest *host,
                         struct fleet_report *report)
{
    (void)guest;
    if (!host->runs)
        fleet_add(report, MANIFEST_RUNS,
                  g_strdup_printf("vtlemu cannot run guests on %s", host->source),
                  g_strdup("vtlemu probe tells there what is missing; it takes Linux 6.6 or newer"));
}

/* --- Differences ------------------------------------------------------------------------------ */

static void diff_number(const struct manifest *one, const struct manifest *other, uint64_t first,
                        uint64_t second, enum manifest_part part, struct fleet_report *report)
{
    if (first != second)
        fleet_add(report, part,
                  g_strdup_printf("%s: %s: %" G_GUINT64_FORMAT "; %s: %" G_GUINT64_FORMAT,
                                  manifest_part_name(part), one->source, first, other->source,
                                  second), NULL);
}

static void counter_diff(const struct manifest *one, const struct manifest *other,
                         struct fleet_report *report)
{
    diff_number(one, other, one->counter_hz, other->counter_hz, MANIFEST_COUNTER, report);
}

static char *gic_text(const struct manifest_gic *gic)
{
    return g_strdup_printf("%u bits of priority, %u of INTIDs, SEIS %d, A3V %d, GICD_IIDR 0x%x",
                           gic->priority_bits, gic->id_bits, gic->seis, gic->a3v, gic->iidr);
}

static void gic_diff(const struct manifest *one, const struct manifest *other,
                     struct fleet_report *report)
{
    g_autofree char *first = gic_text(&one->gic), *second = gic_text(&other->gic);

    if (g_strcmp0(first, second))
        fleet_add(report, MANIFEST_GIC,
                  g_strdup_printf("GIC: %s: %s; %s: %s", one->source, first, other->source, second),
                  NULL);
}

static void ipa_diff(const struct manifest *one, const struct manifest *other,
                     struct fleet_report *report)
{
    diff_number(one, other, one->ipa_bits, other->ipa_bits, MANIFEST_IPA, report);
}

static void page_diff(const struct manifest *one, const struct manifest *other,
                      struct fleet_report *report)
{
    diff_number(one, other, one->page_size, other->page_size, MANIFEST_PAGE, report);
}

static void vps_diff(const struct manifest *one, const struct manifest *other,
                     struct fleet_report *report)
{
    diff_number(one, other, one->vps, other->vps, MANIFEST_VPS, report);
}

static void runs_diff(const struct manifest *one, const struct manifest *other,
                      struct fleet_report *report)
{
    if (one->runs != other->runs)
        fleet_add(report, MANIFEST_RUNS,
                  g_strdup_printf("vtlemu can run guests on %s only",
                                  one->runs ? one->source : other->source), NULL);
}

/* --- What all can have ------------------------------------------------------------------------ */

static void counter_common(struct manifest *common, const struct manifest *const *hosts,
                           size_t count, struct fleet_report *report)
{
    common->counter_hz = hosts[0]->counter_hz;
    for (size_t i = 1; i < count; i++)
        if (hosts[i]->counter_hz != hosts[0]->counter_hz)
            fleet_add(report, MANIFEST_COUNTER,
                      g_strdup_printf("%s has a counter of %" G_GUINT64_FORMAT " Hz, %s one of %"
                                      G_GUINT64_FORMAT " Hz", hosts[0]->source,
                                      hosts[0]->counter_hz, hosts[i]->source,
                                      hosts[i]->counter_hz),
                      g_strdup("nothing can: no guest goes from the one to the other"));
}

/* A guest has the GIC of where it starts; it goes where there is as much. */
static void gic_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                       struct fleet_report *report)
{
    common->gic = hosts[0]->gic;
    for (size_t i = 1; i < count; i++) {
        const struct manifest_gic *gic = &hosts[i]->gic;

        if (common->gic.priority_bits != gic->priority_bits ||
            common->gic.id_bits != gic->id_bits || common->gic.seis != gic->seis ||
            common->gic.a3v != gic->a3v || common->gic.iidr != gic->iidr)
            fleet_add(report, MANIFEST_GIC,
                      g_strdup_printf("the GICs of %s and %s differ", hosts[0]->source,
                                      hosts[i]->source),
                      g_strdup("start guests where it is the lesser one; can-migrate tells where "
                               "one may go"));
        common->gic.priority_bits = MIN(common->gic.priority_bits, gic->priority_bits);
        common->gic.id_bits = MIN(common->gic.id_bits, gic->id_bits);
        common->gic.iidr = MIN(common->gic.iidr, gic->iidr);
    }
}

static void ipa_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                       struct fleet_report *report)
{
    (void)report;
    common->ipa_bits = hosts[0]->ipa_bits;
    for (size_t i = 1; i < count; i++)
        common->ipa_bits = MIN(common->ipa_bits, hosts[i]->ipa_bits);
}

static void page_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                        struct fleet_report *report)
{
    common->page_size = hosts[0]->page_size;
    for (size_t i = 1; i < count; i++)
        if (hosts[i]->page_size != hosts[0]->page_size)
            fleet_add(report, MANIFEST_PAGE,
                      g_strdup_printf("%s has pages of %u bytes, %s of %u", hosts[0]->source,
                                      hosts[0]->page_size, hosts[i]->source,
                                      hosts[i]->page_size),
                      g_strdup("boot kernels with pages of the same size"));
}

static void vps_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                       struct fleet_report *report)
{
    (void)report;
    common->vps = hosts[0]->vps;
    for (size_t i = 1; i < count; i++)
        common->vps = MIN(common->vps, hosts[i]->vps);
}

static void runs_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                        struct fleet_report *report)
{
    common->runs = true;
    for (size_t i = 0; i < count; i++) {
        common->runs &= hosts[i]->runs;
        runs_migrate(common, hosts[i], report);
    }
}

/* --- The whole -------------------------------------------------------------------------------- */

static const struct {
    void (*migrate)(const struct manifest *guest, const struct manifest *host,
                    struct fleet_report *report);
    void (*diff)(const struct manifest *one, const struct manifest *other,
                 struct fleet_report *report);
    void (*common)(struct manifest *common, const struct manifest *const *hosts, size_t count,
                   struct fleet_report *report);
} parts[] = {
    [MANIFEST_REGISTERS] = {fleet_registers_migrate, fleet_registers_diff, fleet_registers_common},
    [MANIFEST_CPU] = {fleet_cpu_migrate, fleet_cpu_diff, fleet_cpu_common},
    [MANIFEST_SVE] = {fleet_sve_migrate, fleet_sve_diff, fleet_sve_common},
    [MANIFEST_COUNTER] = {counter_migrate, counter_diff, counter_common},
    [MANIFEST_GIC] = {gic_migrate, gic_diff, gic_common},
    [MANIFEST_IPA] = {ipa_migrate, ipa_diff, ipa_common},
    [MANIFEST_PAGE] = {page_migrate, page_diff, page_common},
    [MANIFEST_VPS] = {vps_migrate, vps_diff, vps_common},
    [MANIFEST_RUNS] = {runs_migrate, runs_diff, runs_common},
};
G_STATIC_ASSERT(G_N_ELEMENTS(parts) == MANIFEST_PARTS);

/* A guest's document does not tell where guests can run. */
static bool is_expected(const struct manifest *manifest, enum manifest_part part)
{
    return part != MANIFEST_RUNS || manifest->kind != MANIFEST_GUEST;
}

/* Can the part be compared? Notes it, or who does not tell. */
static bool note_part(const struct manifest *one, const struct manifest *other,
                      enum manifest_part part, struct fleet_report *report)
{
    bool first = manifest_has(one, part), second = manifest_has(other, part);

    if (first && second) {
        report->compared |= 1u << part;
        return true;
    }
    if (!first && is_expected(one, part))
        report->lacking[0] |= 1u << part;
    if (!second && is_expected(other, part))
        report->lacking[1] |= 1u << part;
    return false;
}

struct fleet_report *fleet_can_migrate(const struct manifest *guest, const struct manifest *host)
{
    struct fleet_report *report = new_report();

    for (unsigned part = 0; part < MANIFEST_PARTS; part++) {
        /* Whether guests can run there is the host's alone. */
        if (part == MANIFEST_RUNS ? note_part(host, host, part, report)
                                  : note_part(guest, host, part, report))
            parts[part].migrate(guest, host, report);
    }
    report->lacking[0] &= ~(1u << MANIFEST_RUNS);
    return report;
}

struct fleet_report *fleet_diff(const struct manifest *one, const struct manifest *other)
{
    struct fleet_report *report = new_report();

    for (unsigned part = 0; part < MANIFEST_PARTS; part++)
        if (note_part(one, other, part, report))
            parts[part].diff(one, other, report);
    return report;
}

struct manifest *fleet_common(const struct manifest *const *hosts, size_t count,
                              struct fleet_report **report)
{
    struct manifest *common = manifest_new(MANIFEST_COMMON, "common", "");

    *report = new_report();
    for (unsigned part = 0; part < MANIFEST_PARTS; part++) {
        bool all = true;

        for (size_t i = 0; i < count; i++)
            all &= manifest_has(hosts[i], part);
        if (!all) {
            (*report)->lacking[0] |= 1u << part;
            continue;
        }
        (*report)->compared |= 1u << part;
        manifest_add(common, part);
        parts[part].common(common, hosts, count, *report);
    }
    return common;
}

/* --- For people ------------------------------------------------------------------------------- */

char *fleet_findings_text(const struct fleet_report *report)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < report->findings->len; i++) {
        const struct fleet_finding *finding = g_ptr_array_index(report->findings, i);

        g_string_append_printf(text, "  %s\n", finding->what);
        if (finding->remedy)
            g_string_append_printf(text, "    -> %s\n", finding->remedy);
    }
    return g_string_free(text, FALSE);
}

char *fleet_parts_text(unsigned set)
{
    GString *text = g_string_new(NULL);

    for (unsigned part = 0; part < MANIFEST_PARTS; part++)
        if (set >> part & 1)
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", manifest_part_name(part));
    if (!text->len)
        g_string_append(text, "nothing");
    return g_string_free(text, FALSE);
}
