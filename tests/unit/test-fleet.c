/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where guests can go, what hosts have in common, and what differs. */
#include <string.h>

#include "fw-regs/fleet.h"
#include "tests/unit/fleet-samples.h"
#include "tests/unit/unit.h"

static struct manifest *guest, *host;

static void set_up(void)
{
    guest = sample_guest("guest.json");
    host = sample_host("b/host.json");
}

static void tear_down(void)
{
    manifest_free(guest);
    manifest_free(host);
}

/* The guest cannot go there, for this one reason and with that remedy. */
static void check_refused(enum manifest_part part, const char *what, const char *remedy)
{
    g_autoptr(fleet_report_auto) report = fleet_can_migrate(guest, host);
    g_autofree char *text = fleet_findings_text(report);
    const struct fleet_finding *finding;

    ck_assert_msg(report->findings->len == 1, "%s", text);
    finding = g_ptr_array_index(report->findings, 0);
    ck_assert_int_eq(finding->part, part);
    ck_assert_msg(strstr(finding->what, what), "%s", text);
    ck_assert_msg(strstr(finding->remedy, remedy), "%s", text);
}

static void check_accepted(void)
{
    g_autoptr(fleet_report_auto) report = fleet_can_migrate(guest, host);
    g_autofree char *text = fleet_findings_text(report);

    ck_assert_msg(report->findings->len == 0, "%s", text);
}

static void elect(uint64_t id, uint64_t value)
{
    ck_assert(fw_election_set(&guest->election, id, value));
}

/* --- can-migrate: firmware registers ----------------------------------------------------------- */

START_TEST(a_guest_goes_to_a_host_like_its_own)
{
    g_autoptr(fleet_report_auto) report = fleet_can_migrate(guest, host);

    check_accepted();
    ck_assert_uint_eq(report->compared, (1u << MANIFEST_PARTS) - 1);
    ck_assert_uint_eq(report->lacking[0] | report->lacking[1], 0);
}
END_TEST

START_TEST(a_service_that_the_host_lacks)
{
    sample_set_register(host, FW_ID_VENDOR_HYP, 1, 1);
    check_refused(MANIFEST_REGISTERS, "vendor-hyp: guest.json has func_feat,ptp; the most that "
                  "b/host.json can have is func_feat", "--fw-reg vendor-hyp=-ptp");
    elect(FW_ID_VENDOR_HYP, 1);
    check_accepted();
}
END_TEST

START_TEST(a_register_that_the_host_lacks)
{
    sample_drop_register(host, FW_ID_VENDOR_HYP_2);
    check_accepted(); /* 0 is how a host without it behaves */
    elect(FW_ID_VENDOR_HYP_2, 3);
    check_refused(MANIFEST_REGISTERS, "vendor-hyp-2: guest.json has discover_impl_ver,"
                  "discover_impl_cpus; b/host.json has no such register",
                  "--fw-reg vendor-hyp-2=-discover_impl_ver,-discover_impl_cpus");
}
END_TEST

START_TEST(a_register_that_no_guest_does_without)
{
    sample_drop_register(host, FW_ID_STD);
    check_refused(MANIFEST_REGISTERS, "std: guest.json has trng_v1_0; b/host.json has no such",
                  "have Linux 5.19 or newer there");
}
END_TEST

START_TEST(a_register_that_nobody_knows)
{
    elect(FW_ID_FEATURES | 9, 2);
    check_refused(MANIFEST_REGISTERS, "0x6030000000160009: guest.json has bit1; b/host.json has no "
                  "such", "have the same kernel or newer there");
    sample_set_register(host, FW_ID_FEATURES | 9, 1, 1);
    check_refused(MANIFEST_REGISTERS, "is bit0", "--fw-reg 0x6030000000160009=-bit1");
    sample_set_register(host, FW_ID_FEATURES | 9, 3, 3);
    check_accepted();
}
END_TEST

START_TEST(a_newer_psci)
{
    sample_set_register(host, FW_ID_PSCI, FW_PSCI(1, 1), FW_PSCI(1, 1));
    check_refused(MANIFEST_REGISTERS, "psci-version: guest.json has 1.3; the most that b/host.json "
                  "can have is 1.1", "--fw-reg psci-version=1.1");
    elect(FW_ID_PSCI, FW_PSCI(1, 0));
    check_accepted();
}
END_TEST

START_TEST(a_workaround_that_the_host_needs)
{
    elect(FW_ID_WORKAROUND_1, 2);
    check_refused(MANIFEST_REGISTERS, "workaround-1: guest.json has not-required", "lower");
    elect(FW_ID_WORKAROUND_1, 0);
    check_accepted();
}
END_TEST

START_TEST(our_own_services)
{
    sample_set_register(host, FW_ID_HV_VMBUS, 3, 3);
    check_refused(MANIFEST_REGISTERS, "hv-vmbus", "--fw-reg hv-vmbus=-shutdown,-timesync");
    sample_drop_register(host, FW_ID_HV_VMBUS);
    elect(FW_ID_HV_VMBUS, 0);
    check_accepted();
}
END_TEST

/* What the host has beside must stay away; a guest's file of an older vtlemu does not tell of it. */
START_TEST(a_register_that_the_guest_never_had)
{
    for (size_t i = 0; i < guest->election.count; i++)
        if (guest->election.reg[i].id == FW_ID_STD)
            guest->election.reg[i] = guest->election.reg[--guest->election.count];
    check_refused(MANIFEST_REGISTERS, "std: guest.json does not tell", "with the same vtlemu");
    for (size_t i = 0; i < guest->election.count; i++)
        if (guest->election.reg[i].id == FW_ID_VENDOR_HYP_2)
            guest->election.reg[i] = guest->election.reg[--guest->election.count];
    elect(FW_ID_STD, 1);
    check_accepted();
}
END_TEST

/* --- can-migrate: the processor ---------------------------------------------------------------- */

START_TEST(a_feature_that_the_host_lacks)
{
    sample_id(host, "ID_AA64ISAR0_EL1")->value &= ~UINT64_C(0xf00000); /* ATOMIC */
    check_refused(MANIFEST_CPU, "ID_AA64ISAR0_EL1.ATOMIC: guest.json has 2; b/host.json has 0",
                  "--cpu -atomic");
}
END_TEST

START_TEST(a_field_that_is_lowered)
{
    sample_id(guest, "ID_AA64ISAR0_EL1")->value &= ~UINT64_C(0xf00000);
    check_accepted();
    sample_id(host, "ID_AA64ISAR0_EL1")->writable = 0;
    check_refused(MANIFEST_CPU, "ID_AA64ISAR0_EL1.ATOMIC: guest.json has 0; b/host.json has 2, and "
                  "KVM there does not change it", "vtlemu fw-regs common");
}
END_TEST

START_TEST(another_processor)
{
    sample_id(host, "MIDR_EL1")->value = 0x410fd0c1;
    host->id[id_register_index(id_register_find("MIDR_EL1"))].writable = 0;
    {
        g_autoptr(fleet_report_auto) report = fleet_can_migrate(guest, host);
        g_autofree char *text = fleet_findings_text(report);

        ck_assert_uint_ge(report->findings->len, 1);
        ck_assert_msg(strstr(text, "MIDR_EL1.PartNum") && strstr(text, "the same processor"), "%s",
                      text);
    }
    sample_id(host, "MIDR_EL1")->present = false; /* an older kernel does not tell */
    check_accepted();
}
END_TEST

START_TEST(bits_without_a_name)
{
    uint64_t bit = UINT64_C(1) << 63;
    struct id_value *value = sample_id(host, "CTR_EL0");

    value->value |= bit;
    ck_assert(!(id_register_mask(id_register_find("CTR_EL0")) & bit));
    check_refused(MANIFEST_CPU, "in bits that this vtlemu does not know", "start the guest on");
    value->writable = bit;
    check_accepted();
}
END_TEST

START_TEST(a_register_that_one_kernel_does_not_show)
{
    sample_id(host, "ID_AA64ISAR2_EL1")->present = true;
    check_accepted(); /* it reads as 0 where it is not */
    sample_id(host, "ID_AA64ISAR2_EL1")->value = 1;
    check_refused(MANIFEST_CPU, "ID_AA64ISAR2_EL1.WFxT: guest.json has 0; b/host.json has 1",
                  "start the guest on");
}
END_TEST

static void give_sve(uint16_t lengths)
{
    guest->sve_lengths = lengths;
    *sample_id(guest, "ID_AA64ZFR0_EL1") = *sample_id(host, "ID_AA64ZFR0_EL1");
    sample_id(guest, "ID_AA64PFR0_EL1")->value = sample_id(host, "ID_AA64PFR0_EL1")->value;
}

START_TEST(lengths_of_vectors)
{
    give_sve(3);
    check_accepted();
    host->sve_lengths = 0xb; /* and 512 */
    check_accepted();
    host->sve_lengths = 1;
    check_refused(MANIFEST_SVE, "guest.json has vectors of 128, 256 bits; b/host.json can give 128 "
                  "bits", "--sve 128");
    give_sve(0xb);
    host->sve_lengths = 0xf; /* 384 comes in between */
    check_refused(MANIFEST_SVE, "128, 256, 512 bits", "--sve 256");
    host->sve_lengths = 0;
    check_refused(MANIFEST_SVE, "can give none", "--sve off");
}
END_TEST

/* --- can-migrate: the rest --------------------------------------------------------------------- */

START_TEST(the_counter)
{
    host->counter_hz = 1000000000;
    check_refused(MANIFEST_COUNTER, "guest.json has a counter of 62500000 Hz; that of b/host.json "
                  "has 1000000000 Hz", "the same frequency");
}
END_TEST

START_TEST(the_gic)
{
    static const struct manifest_gic bad[] = {
        {4, 16, false, true, 0x4b00343b}, {5, 15, false, true, 0x4b00343b},
        {5, 16, true, true, 0x4b00343b},  {5, 16, false, false, 0x4b00343b},
        {5, 16, false, true, 0x4b00243b},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        host->gic = bad[i];
        check_refused(MANIFEST_GIC, "bits of priority", "the same GIC");
    }
    host->gic = (struct manifest_gic){7, 24, false, true, 0x4b00443b};
    check_accepted();
}
END_TEST

START_TEST(limits)
{
    host->ipa_bits = 36;
    check_refused(MANIFEST_IPA, "of 40 bits; b/host.json can give 36", "start the guest on");
    host->ipa_bits = 48;
    host->page_size = 65536;
    check_refused(MANIFEST_PAGE, "pages of 4096 bytes; b/host.json has 65536",
                  "a kernel with pages of 4096");
    host->page_size = 4096;
    host->vps = 1;
    check_refused(MANIFEST_VPS, "2 virtual processors; b/host.json can have 1", "--cpus 1");
    host->vps = 2;
    host->runs = false;
    check_refused(MANIFEST_RUNS, "cannot run guests on b/host.json", "vtlemu probe");
}
END_TEST

START_TEST(each_obstacle_is_told)
{
    g_autoptr(fleet_report_auto) report = NULL;

    sample_set_register(host, FW_ID_VENDOR_HYP, 1, 1);
    sample_set_register(host, FW_ID_STD, 0, 0);
    host->counter_hz = 1;
    host->runs = false;
    report = fleet_can_migrate(guest, host);
    ck_assert_uint_eq(report->findings->len, 4);
}
END_TEST

START_TEST(what_a_file_does_not_tell_is_said)
{
    for (unsigned part = 0; part < MANIFEST_PARTS; part++) {
        g_autoptr(manifest_auto) silent = sample_host("silent");
        g_autoptr(fleet_report_auto) to = NULL, from = NULL;

        silent->parts &= ~(1u << part);
        to = fleet_can_migrate(guest, silent);
        ck_assert(!(to->compared >> part & 1));
        ck_assert_uint_eq(to->lacking[0], 0);
        ck_assert_uint_eq(to->lacking[1], 1u << part);
        from = fleet_can_migrate(silent, host);
        ck_assert_uint_eq(from->lacking[0], part == MANIFEST_RUNS ? 0 : 1u << part);
        ck_assert_uint_eq(from->lacking[1], 0);
    }
}
END_TEST

/* A guest that starts there with nothing said: without SVE, and with as few processors as may be. */
START_TEST(a_host_as_a_guest)
{
    g_autoptr(manifest_auto) from = sample_host("a");
    g_autoptr(fleet_report_auto) report = NULL;

    host->sve_lengths = 0;
    sample_id(host, "ID_AA64PFR0_EL1")->value &= ~UINT64_C(0xf00000000);
    *sample_id(host, "ID_AA64ZFR0_EL1") = (struct id_value){true, 0, 0};
    host->vps = 1;
    report = fleet_can_migrate(from, host);
    ck_assert_uint_eq(report->findings->len, 0);
}
END_TEST

/* --- common ------------------------------------------------------------------------------------ */

static struct manifest *join(struct manifest *one, struct manifest *other,
                             struct fleet_report **report)
{
    const struct manifest *hosts[] = {one, other};

    return fleet_common(hosts, 2, report);
}

static void check_elected(const struct manifest *common, uint64_t id, uint64_t value)
{
    uint64_t elected;

    ck_assert(fw_election_get(&common->election, id, &elected));
    ck_assert_uint_eq(elected, value);
}

/* An older host, which differs in all that an election makes equal. */
static struct manifest *older_host(void)
{
    struct manifest *older = sample_host("older");

    sample_set_register(older, FW_ID_PSCI, FW_PSCI(1, 1), FW_PSCI(1, 1));
    sample_set_register(older, FW_ID_VENDOR_HYP, 1, 1);
    sample_set_register(older, FW_ID_HV_VMBUS, 7, 7);
    sample_drop_register(older, FW_ID_VENDOR_HYP_2);
    sample_id(older, "ID_AA64ISAR0_EL1")->value &= ~UINT64_C(0xf00000);
    older->sve_lengths = 9;
    older->ipa_bits = 40;
    older->vps = 16;
    return older;
}

START_TEST(what_two_hosts_have_in_common)
{
    g_autoptr(manifest_auto) older = older_host(), common = NULL;
    g_autoptr(fleet_report_auto) report = NULL, to_new = NULL, to_old = NULL;

    common = join(host, older, &report);
    ck_assert_uint_eq(report->findings->len, 0);
    check_elected(common, FW_ID_PSCI, FW_PSCI(1, 1));
    check_elected(common, FW_ID_VENDOR_HYP, 1);
    check_elected(common, FW_ID_VENDOR_HYP_2, 0);
    check_elected(common, FW_ID_STD, 1);
    check_elected(common, FW_ID_HV_VMBUS, 7);
    check_elected(common, FW_ID_WORKAROUND_1, 1);
    ck_assert_uint_eq(sample_id(common, "ID_AA64ISAR0_EL1")->value,
                      sample_id(older, "ID_AA64ISAR0_EL1")->value);
    ck_assert_uint_eq(common->sve_lengths, 1);
    ck_assert_uint_eq(common->ipa_bits, 40);
    ck_assert_uint_eq(common->vps, 16);
    /* And that is what it is for. */
    to_new = fleet_can_migrate(common, host);
    to_old = fleet_can_migrate(common, older);
    ck_assert_uint_eq(to_new->findings->len, 0);
    ck_assert_uint_eq(to_old->findings->len, 0);
}
END_TEST

START_TEST(the_order_of_hosts_does_not_matter)
{
    g_autoptr(manifest_auto) older = older_host(), one = NULL, other = NULL;
    g_autoptr(fleet_report_auto) first = NULL, second = NULL;
    g_autoptr(fleet_report_auto) difference = NULL;

    one = join(host, older, &first);
    other = join(older, host, &second);
    difference = fleet_diff(one, other);
    ck_assert_uint_eq(difference->findings->len, 0);
}
END_TEST

START_TEST(one_host_has_itself_in_common)
{
    const struct manifest *hosts[] = {host};
    g_autoptr(fleet_report_auto) report = NULL, difference = NULL;
    g_autoptr(manifest_auto) common = fleet_common(hosts, 1, &report);

    difference = fleet_diff(common, host);
    ck_assert_uint_eq(report->findings->len, 0);
    ck_assert_uint_eq(difference->findings->len, 0);
    ck_assert_uint_eq(difference->compared, (1u << MANIFEST_PARTS) - 1);
}
END_TEST

static void check_uncommon(const struct manifest *common, const struct fleet_report *report,
                           const char *what)
{
    g_autofree char *text = fleet_findings_text(report);

    ck_assert_int_eq(common->kind, MANIFEST_COMMON);
    ck_assert_msg(strstr(text, what), "%s", text);
}

START_TEST(what_no_election_makes_equal)
{
    g_autoptr(manifest_auto) other = sample_host("other"), common = NULL;
    g_autoptr(fleet_report_auto) report = NULL;
    uint64_t value;

    sample_set_register(other, FW_ID_WORKAROUND_1, 2, 2);
    sample_drop_register(other, FW_ID_STD);
    sample_id(other, "MIDR_EL1")->value = 0x410fd0c1;
    sample_id(other, "CTR_EL0")->value ^= 1;
    other->counter_hz = 1;
    other->gic.priority_bits = 7;
    other->page_size = 16384;
    other->runs = false;
    common = join(host, other, &report);
    check_uncommon(common, report, "workaround-1: other has not-required");
    check_uncommon(common, report, "std: some hosts have no such register");
    check_uncommon(common, report, "MIDR_EL1.PartNum: b/host.json and other differ");
    check_uncommon(common, report, "CTR_EL0.IminLine: other has");
    check_uncommon(common, report, "a counter of 62500000 Hz, other one of 1 Hz");
    check_uncommon(common, report, "the GICs of b/host.json and other differ");
    check_uncommon(common, report, "other of 16384");
    check_uncommon(common, report, "cannot run guests on other");
    ck_assert(!fw_election_get(&common->election, FW_ID_WORKAROUND_1, &value));
    ck_assert(!fw_election_get(&common->election, FW_ID_STD, &value));
    ck_assert(!common->runs);
}
END_TEST

START_TEST(a_part_that_one_host_does_not_tell_of)
{
    g_autoptr(manifest_auto) other = sample_host("other"), common = NULL;
    g_autoptr(fleet_report_auto) report = NULL;

    other->parts &= ~(1u << MANIFEST_CPU);
    common = join(host, other, &report);
    ck_assert(!manifest_has(common, MANIFEST_CPU));
    ck_assert_uint_eq(report->lacking[0], 1u << MANIFEST_CPU);
}
END_TEST

/* --- diff -------------------------------------------------------------------------------------- */

START_TEST(differences)
{
    g_autoptr(manifest_auto) older = older_host();
    g_autoptr(fleet_report_auto) report = NULL;
    g_autofree char *text = NULL;

    older->counter_hz = 1;
    older->gic.seis = true;
    older->page_size = 16384;
    older->runs = false;
    sample_id(older, "MIDR_EL1")->writable = UINT64_MAX;
    sample_id(older, "ID_AA64ZFR0_EL1")->present = false;
    report = fleet_diff(host, older);
    text = fleet_findings_text(report);
    ck_assert_msg(strstr(text, "psci-version: b/host.json: 1.3; older: 1.1\n"), "%s", text);
    ck_assert(strstr(text, "vendor-hyp: b/host.json: func_feat,ptp; older: func_feat\n"));
    ck_assert(strstr(text, "vendor-hyp-2: b/host.json: none, at most discover_impl_ver,"
                     "discover_impl_cpus; older: not there\n"));
    ck_assert(strstr(text, "ID_AA64ISAR0_EL1.ATOMIC: b/host.json: 2; older: 0\n"));
    ck_assert(strstr(text, "MIDR_EL1: bits that KVM can change"));
    ck_assert(strstr(text, "ID_AA64ZFR0_EL1: only b/host.json has it"));
    ck_assert(strstr(text, "vectors: b/host.json: 128, 256 bits; older: 128, 512 bits\n"));
    ck_assert(strstr(text, "frequency of the counter: b/host.json: 62500000; older: 1\n"));
    ck_assert(strstr(text, "GIC: b/host.json"));
    ck_assert(strstr(text, "size of the host's pages"));
    ck_assert(strstr(text, "number of virtual processors: b/host.json: 64; older: 16\n"));
    ck_assert(strstr(text, "bits of guest physical addresses: b/host.json: 44; older: 40\n"));
    ck_assert(strstr(text, "vtlemu can run guests on b/host.json only\n"));
}
END_TEST

START_TEST(a_register_that_the_other_has)
{
    g_autoptr(manifest_auto) older = older_host();
    g_autoptr(fleet_report_auto) report = fleet_diff(older, host);
    g_autofree char *text = fleet_findings_text(report);

    ck_assert_msg(strstr(text, "vendor-hyp-2: older: not there; b/host.json: none"), "%s", text);
}
END_TEST

START_TEST(nothing_in_common_to_compare)
{
    g_autoptr(fleet_report_auto) report = NULL;
    g_autofree char *text = NULL;

    guest->parts = 0;
    host->parts = 0;
    report = fleet_diff(guest, host);
    text = fleet_parts_text(report->compared);
    ck_assert_uint_eq(report->compared, 0);
    ck_assert_str_eq(text, "nothing");
    ck_assert_uint_eq(report->lacking[1], (1u << MANIFEST_PARTS) - 1);
}
END_TEST

/* --- Real hosts: tests/manifests --------------------------------------------------------------- */

/* Programs that run on another machine than they were built on are told where the files are. */
static struct manifest *read_real(const char *name)
{
    const char *told = g_getenv("MANIFESTS"), *folder = told ? told : MANIFESTS;
    g_autofree char *path = g_strdup_printf("%s/%s.json", folder, name), *text = NULL;
    g_autoptr(GError) error = NULL;
    struct manifest *manifest = NULL;
    gsize size;

    if (g_file_get_contents(path, &text, &size, &error))
        manifest = manifest_parse(name, text, size, &error);
    ck_assert_msg(manifest, "%s", error ? error->message : "");
    ck_assert_uint_eq(manifest->parts, (1u << MANIFEST_PARTS) - 1);
    return manifest;
}

START_TEST(guests_of_real_kernels)
{
    g_autoptr(manifest_auto) new = read_real("debian-7"), old = read_real("debian-6.12");
    g_autoptr(manifest_auto) oldest = read_real("debian-6.1"), common = NULL;
    g_autoptr(fleet_report_auto) down = fleet_can_migrate(new, old);
    g_autoptr(fleet_report_auto) up = fleet_can_migrate(old, new);
    g_autoptr(fleet_report_auto) nowhere = fleet_can_migrate(old, oldest), report = NULL;
    g_autoptr(fleet_report_auto) to_new = NULL, to_old = NULL;
    g_autofree char *text = fleet_findings_text(down), *none = fleet_findings_text(nowhere);

    ck_assert_msg(down->findings->len == 1, "%s", text);
    ck_assert_msg(strstr(text, "--fw-reg psci-version=1.1"), "%s", text);
    ck_assert_uint_eq(up->findings->len, 0);
    ck_assert_msg(strstr(none, "vtlemu cannot run guests on debian-6.1"), "%s", none);
    common = join(new, old, &report);
    ck_assert_uint_eq(report->findings->len, 0);
    check_elected(common, FW_ID_PSCI, FW_PSCI(1, 1));
    check_elected(common, FW_ID_VENDOR_HYP, 3);
    check_elected(common, FW_ID_STD, 1);
    to_new = fleet_can_migrate(common, new);
    to_old = fleet_can_migrate(common, old);
    ck_assert_uint_eq(to_new->findings->len + to_old->findings->len, 0);
}
END_TEST

UNIT_MAIN_WITH("fleet", set_up, tear_down, a_guest_goes_to_a_host_like_its_own,
               a_service_that_the_host_lacks, a_register_that_the_host_lacks,
               a_register_that_no_guest_does_without, a_register_that_nobody_knows, a_newer_psci,
               a_workaround_that_the_host_needs, our_own_services,
               a_register_that_the_guest_never_had, a_feature_that_the_host_lacks,
               a_field_that_is_lowered, another_processor, bits_without_a_name,
               a_register_that_one_kernel_does_not_show, lengths_of_vectors, the_counter, the_gic,
               limits, each_obstacle_is_told, what_a_file_does_not_tell_is_said, a_host_as_a_guest,
               what_two_hosts_have_in_common, the_order_of_hosts_does_not_matter,
               one_host_has_itself_in_common, what_no_election_makes_equal,
               a_part_that_one_host_does_not_tell_of, differences, a_register_that_the_other_has,
               nothing_in_common_to_compare, guests_of_real_kernels)
