/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elections: wishes, limits, rules, files, other hosts, and writing to a vCPU. */
#include <glib.h>
#include <string.h>

#include "fw-regs/election.h"
#include "tests/unit/fw-vcpu.h"
#include "tests/unit/unit.h"
#include "vtl/hv-registers.h"
#include "vtl/hypercalls.h"
#include "vtl/services.h"

static struct fw_host host_of(struct fw_vcpu *vcpu)
{
    struct fw_access access = fw_vcpu_access(vcpu);
    struct fw_host host;

    ck_assert_int_eq(fw_host_discover(&access, &host), 0);
    return host;
}

static struct fw_host new_host(void)
{
    struct fw_vcpu vcpu = fw_vcpu_new();

    return host_of(&vcpu);
}

/* As Linux 6.12: PSCI 1.1, and no VENDOR_HYP_BMAP_2. */
static struct fw_host old_host(void)
{
    struct fw_vcpu vcpu = fw_vcpu_new();

    vcpu.reg[0].initial = vcpu.reg[0].value = vcpu.reg[0].limit = FW_PSCI(1, 1);
    vcpu.reg[7].error = -2; /* ENOENT */
    return host_of(&vcpu);
}

static struct fw_election defaults(const struct fw_host *host)
{
    struct fw_election election;

    fw_election_default(&election, host);
    return election;
}

static void expect_error(const GError *error, int code, const char *text)
{
    ck_assert_msg(error != NULL, "no error: %s", text);
    ck_assert(error->domain == FW_REGS_ERROR);
    ck_assert_msg(error->code == code, "%s", error->message);
    ck_assert_msg(strstr(error->message, text) != NULL, "%s", error->message);
}

START_TEST(good_wishes)
{
    static const struct { const char *wish; uint64_t id, value; } rows[] = {
        {"std=none", FW_ID_STD, 0},
        {"std=trng_v1_0", FW_ID_STD, 1},
        {"std=0x1", FW_ID_STD, 1},
        {"std=bit0", FW_ID_STD, 1},
        {"vendor-hyp=+ptp,-func_feat", FW_ID_VENDOR_HYP, 2},
        {"vendor-hyp=-ptp", FW_ID_VENDOR_HYP, 1},
        {"vendor-hyp=all,-ptp", FW_ID_VENDOR_HYP, 1},
        {"vendor-hyp=ptp,func_feat", FW_ID_VENDOR_HYP, 3},
        {"vendor-hyp-2=all", FW_ID_VENDOR_HYP_2, 3},
        {"vendor-hyp-2=+discover_impl_cpus", FW_ID_VENDOR_HYP_2, 2},
        {"psci-version=1.1", FW_ID_PSCI, 0x10001},
        {"psci-version=0.2", FW_ID_PSCI, 2},
        {"psci-version=0x10000", FW_ID_PSCI, 0x10000},
        {"workaround-1=available", FW_ID_WORKAROUND_1, 1},
        {"workaround-2=enabled", FW_ID_WORKAROUND_2, 0x12},
        {"workaround-3=2", FW_ID_WORKAROUND_3, 2},
        {"0x6030000000160000=0", FW_ID_STD, 0},
        {"hv-vmbus=bus,timesync", FW_ID_HV_VMBUS, 9},
        {"hv-features=-crash", FW_ID_HV_FEATURES, 0xbff},
        {"STD=NONE", FW_ID_STD, 0},
        {"Std=TRNG_v1_0", FW_ID_STD, 1},
        {"STD=0X1", FW_ID_STD, 1},
        {"STD=BIT0", FW_ID_STD, 1},
        {"VENDOR-HYP=ALL,-PTP", FW_ID_VENDOR_HYP, 1},
        {"Workaround-2=Enabled", FW_ID_WORKAROUND_2, 0x12},
        {"0X6030000000160000=0", FW_ID_STD, 0},
    };
    struct fw_host host = new_host();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fw_election election = defaults(&host);
        GError *error = NULL;

        ck_assert(fw_election_parse(rows[i].wish, NULL));
        ck_assert_msg(fw_election_wish(&election, &host, rows[i].wish, &error), "%s: %s",
                      rows[i].wish, error ? error->message : "");
        ck_assert_uint_eq(fw_election_value(&election, rows[i].id), rows[i].value);
        for (size_t j = 0; j < election.count; j++)
            ck_assert(election.reg[j].chosen == (election.reg[j].id == rows[i].id));
    }
}
END_TEST

/* What can be told without a host, and what only with one. */
START_TEST(wrong_wishes)
{
    static const struct {
        const char *wish;
        int code;
        bool needs_host;
        const char *text;
    } rows[] = {
        {"", FW_ERROR_SYNTAX, false, "REG=VALUE"},
        {"std", FW_ERROR_SYNTAX, false, "REG=VALUE"},
        {"std=", FW_ERROR_SYNTAX, false, "REG=VALUE"},
        {"=1", FW_ERROR_SYNTAX, false, "REG=VALUE"},
        {"stdd=1", FW_ERROR_UNKNOWN_REGISTER, false, "stdd: there is no such"},
        {"0x12345=1", FW_ERROR_UNKNOWN_REGISTER, true, "0x12345"},
        {"std=ptp", FW_ERROR_UNKNOWN_BIT, false, "give trng_v1_0, all"},
        {"std=trng_v1_0,", FW_ERROR_UNKNOWN_BIT, false, "no such service"},
        {"std=bit64", FW_ERROR_UNKNOWN_BIT, false, "no such service"},
        {"std=0x10000000000000000", FW_ERROR_UNKNOWN_BIT, false, "no such service"},
        {"std=2", FW_ERROR_UNKNOWN_BIT, true, "bit1: neither this host nor vtlemu knows it"},
        {"psci-version=0.1", FW_ERROR_RULE, true, "KVM_ARM_VCPU_PSCI_0_2"},
        {"psci-version=1", FW_ERROR_RULE, true, "the number 1 is 0.1"},
        {"psci-version=1.4", FW_ERROR_LIMIT, true, "limit is 1.3"},
        {"psci-version=0.9", FW_ERROR_UNKNOWN_BIT, true, "no such version"},
        {"psci-version=one", FW_ERROR_UNKNOWN_BIT, false, "1.0, 0.2, or a number"},
        {"workaround-1=3", FW_ERROR_LIMIT, true, "has not-required"},
        {"workaround-1=16", FW_ERROR_UNKNOWN_BIT, true, "no such level"},
        {"workaround-2=0x13", FW_ERROR_RULE, true, "\"available\" (2) only"},
        {"workaround-2=4", FW_ERROR_UNKNOWN_BIT, true, "no such level"},
        {"workaround-3=never", FW_ERROR_UNKNOWN_BIT, false, "no such level"},
    };
    struct fw_host host = new_host();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fw_election election = defaults(&host), before = election;
        g_autoptr(GError) error = NULL;

        ck_assert_msg(fw_election_parse(rows[i].wish, NULL) == rows[i].needs_host, "%s",
                      rows[i].wish);
        ck_assert_msg(!fw_election_wish(&election, &host, rows[i].wish, &error), "%s",
                      rows[i].wish);
        expect_error(error, rows[i].code, rows[i].text);
        ck_assert_mem_eq(&election, &before, sizeof(election));
    }
}
END_TEST

START_TEST(an_older_host)
{
    struct fw_host host = old_host();
    struct fw_election election = defaults(&host);
    static const char *const good[] = {"vendor-hyp-2=none", "vendor-hyp-2=0", "vendor-hyp-2=-all"};
    static const char *const wrong[] = {"vendor-hyp-2=all", "vendor-hyp-2=+discover_impl_ver"};
    struct fw_election before = election;
    g_autoptr(GError) limit = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        ck_assert_msg(fw_election_wish(&election, &host, good[i], NULL), "%s", good[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) absent = NULL;

        ck_assert(!fw_election_wish(&election, &host, wrong[i], &absent));
        expect_error(absent, FW_ERROR_ABSENT, "there is since Linux 6.15");
    }
    ck_assert_mem_eq(&election, &before, sizeof(election));
    ck_assert(!fw_election_wish(&election, &host, "psci-version=1.3", &limit));
    expect_error(limit, FW_ERROR_LIMIT, "limit is 1.1");
}
END_TEST

/* A host whose workarounds are of no use: KVM's rules of each. */
START_TEST(levels_of_a_vulnerable_host)
{
    static const struct { const char *wish; bool good; } rows[] = {
        {"workaround-1=0", true}, {"workaround-1=1", false}, {"workaround-2=0", true},
        {"workaround-2=1", true}, {"workaround-2=2", false}, {"workaround-2=0x12", false},
        {"workaround-2=3", false}, {"workaround-3=0", true}, {"workaround-3=1", false},
    };
    struct fw_vcpu vcpu = fw_vcpu_new();
    struct fw_host host;

    for (unsigned i = 1; i <= 3; i++)
        vcpu.reg[i].initial = vcpu.reg[i].value = vcpu.reg[i].limit = 0;
    host = host_of(&vcpu);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fw_election election = defaults(&host);
        struct fw_access access = fw_vcpu_access(&vcpu);
        g_autoptr(GError) error = NULL;

        ck_assert_msg(fw_election_wish(&election, &host, rows[i].wish, &error) == rows[i].good,
                      "%s", rows[i].wish);
        /* The host agrees with the rules. */
        if (rows[i].good)
            ck_assert(fw_election_write(&election, &access, NULL));
        else
            expect_error(error, FW_ERROR_LIMIT, "not-available");
    }
}
END_TEST

START_TEST(own_services)
{
    struct fw_host host = new_host();
    static const struct { const char *list; uint64_t features, calls, vsm, vmbus; } rows[] = {
        {"none", 0, 0, 0, 0},
        {"all", 0xfff, 0x3ff, 0x1f, 0xf},
        {"all,-vmbus", 0xfff, 0x3ff, 0x1f, 0},
        {"-vmbus,-vina", 0xfff, 0x3ff, 0x17, 0},
        {"hypercall,synic,flush", 0x11, 1, 0, 0},
        {"features,-synic", 0xfef, 0, 0, 0},
        {"Hypercall,SYNIC,flush", 0x11, 1, 0, 0},
        {"ALL,-VMBus", 0xfff, 0x3ff, 0x1f, 0},
        {"NONE", 0, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fw_election election = defaults(&host);

        ck_assert(fw_election_wish_services(&election, &host, rows[i].list, NULL));
        ck_assert_uint_eq(fw_election_value(&election, FW_ID_HV_FEATURES), rows[i].features);
        ck_assert_uint_eq(fw_election_value(&election, FW_ID_HV_CALLS), rows[i].calls);
        ck_assert_uint_eq(fw_election_value(&election, FW_ID_HV_VSM), rows[i].vsm);
        ck_assert_uint_eq(fw_election_value(&election, FW_ID_HV_VMBUS), rows[i].vmbus);
    }
    for (size_t i = 0; i < 4; i++) {
        static const char *const wrong[] = {"", "sinic", "synic,", "hv-vmbus"};
        g_autoptr(GError) error = NULL;

        ck_assert(!fw_election_parse_services(wrong[i], &error));
        ck_assert(error->code == FW_ERROR_SYNTAX || error->code == FW_ERROR_UNKNOWN_BIT);
    }
}
END_TEST

START_TEST(services_need_each_other)
{
    static const struct { const char *wish, *text; } rows[] = {
        {"hv-features=-hypercall", "needs hv-features=hypercall"},
        {"hv-features=none", "--hv-services none leaves out all of Hyper-V's"},
        {"hv-features=-synic", "needs hv-features=synic"},
        {"hv-vmbus=timesync", "needs hv-vmbus=bus"},
        {"hv-vsm=-vtls", "needs hv-vsm=vtls"},
        {"hv-calls=-messages", "hv-vmbus=bus needs hv-calls=messages"},
        {"vendor-hyp-2=discover_impl_cpus", "needs vendor-hyp-2=discover_impl_ver"},
    };
    struct fw_host host = new_host();
    struct fw_election whole = defaults(&host);

    ck_assert(fw_election_check(&whole, &host, NULL));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fw_election election = defaults(&host);
        g_autoptr(GError) error = NULL;

        ck_assert(fw_election_wish(&election, &host, rows[i].wish, NULL));
        ck_assert(!fw_election_check(&election, &host, &error));
        expect_error(error, FW_ERROR_COMBINATION, rows[i].text);
    }
}
END_TEST

static bool read_into(struct fw_election *election, const struct fw_host *host, const char *text)
{
    g_autoptr(GPtrArray) wishes = fw_election_read(text, strlen(text), NULL);

    for (guint i = 0; wishes && i < wishes->len; i++)
        if (!fw_election_wish(election, host, wishes->pdata[i], NULL))
            return false;
    return wishes != NULL;
}

START_TEST(files)
{
    struct fw_host host = new_host();
    struct fw_election election = defaults(&host), again = defaults(&host);
    g_autofree char *text = NULL;

    ck_assert(read_into(&election, &host,
                        "{\"std\": [], \"vendor-hyp\": [\"ptp\"], \"psci-version\": \"1.0\","
                        " \"hv-vmbus\": 0, \"vendor-hyp-2\": \"all\"}"));
    ck_assert_uint_eq(fw_election_value(&election, FW_ID_STD), 0);
    ck_assert_uint_eq(fw_election_value(&election, FW_ID_VENDOR_HYP), 2);
    ck_assert_uint_eq(fw_election_value(&election, FW_ID_PSCI), 0x10000);
    ck_assert_uint_eq(fw_election_value(&election, FW_ID_HV_VMBUS), 0);
    ck_assert_uint_eq(fw_election_value(&election, FW_ID_VENDOR_HYP_2), 3);
    /* What is written is read, as a part of something greater, too. */
    text = fw_election_to_json(&election);
    ck_assert(read_into(&again, &host, text));
    for (size_t i = 0; i < election.count; i++)
        ck_assert_uint_eq(fw_election_value(&again, election.reg[i].id), election.reg[i].value);
    election = defaults(&host);
    ck_assert(read_into(&election, &host, "{\"name\": 1, \"election\": {\"std\": \"0x0\"}}"));
    ck_assert_uint_eq(fw_election_value(&election, FW_ID_STD), 0);
}
END_TEST

START_TEST(wrong_files)
{
    static const char *const wrong[] = {
        "", "[]", "{", "1", "{\"std\": 0, \"std\": 1}", "{\"stdd\": 0}", "{\"std\": -1}",
        "{\"std\": 0, \"STD\": 1}",
        "{\"std\": 1.5}", "{\"std\": null}", "{\"std\": true}", "{\"std\": [1]}",
        "{\"std\": [\"trng_v1_0,trng_v1_0\"]}", "{\"std\": [\"-trng_v1_0\"]}", "{\"std\": \"\"}",
        "{\"election\": []}", "{\"election\": {\"x\": 0}}", "{\"std\": {\"a\": 1}}",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) wishes = fw_election_read(wrong[i], strlen(wrong[i]), &error);

        ck_assert_msg(!wishes && error, "%s", wrong[i]);
    }
}
END_TEST

/* A guest of a new host on an old one, and the other way round. */
START_TEST(adoption)
{
    struct fw_host young = new_host(), old = old_host();
    struct fw_election guest = defaults(&young), here;
    g_autoptr(GError) limit = NULL, absent = NULL;

    ck_assert(!fw_election_adopt(&here, &old, &guest, &limit));
    expect_error(limit, FW_ERROR_LIMIT, "psci-version=1.3: this host's limit is 1.1");
    ck_assert(fw_election_wish(&guest, &young, "psci-version=1.1", NULL));
    ck_assert(fw_election_adopt(&here, &old, &guest, NULL));
    ck_assert_uint_eq(here.count, defaults(&old).count);
    ck_assert(fw_election_wish(&guest, &young, "vendor-hyp-2=discover_impl_ver", NULL));
    ck_assert(!fw_election_adopt(&here, &old, &guest, &absent));
    expect_error(absent, FW_ERROR_ABSENT, "behaves as with none");
    /* What is new is not shown to an old guest. */
    guest = defaults(&old);
    guest.count--; /* hv-vmbus: an older vtlemu without it */
    ck_assert(fw_election_adopt(&here, &young, &guest, NULL));
    ck_assert_uint_eq(fw_election_value(&here, FW_ID_VENDOR_HYP_2), 0);
    ck_assert_uint_eq(fw_election_value(&here, FW_ID_HV_VMBUS), 0);
    ck_assert_uint_eq(fw_election_value(&here, FW_ID_PSCI), FW_PSCI(1, 1));
}
END_TEST

START_TEST(an_unknown_register_of_another_host)
{
    struct fw_host host = new_host();
    struct fw_election guest = defaults(&host), here;
    g_autoptr(GError) error = NULL;

    ck_assert(fw_election_set(&guest, FW_ID_FEATURES | 9, 0));
    ck_assert(!fw_election_adopt(&here, &host, &guest, &error));
    expect_error(error, FW_ERROR_ABSENT, "0x6030000000160009");
}
END_TEST

START_TEST(writing)
{
    struct fw_vcpu vcpu = fw_vcpu_new();
    struct fw_access access = fw_vcpu_access(&vcpu);
    struct fw_host host = host_of(&vcpu);
    struct fw_election election = defaults(&host);
    g_autoptr(GError) late = NULL, forgot = NULL;

    ck_assert(fw_election_wish(&election, &host, "vendor-hyp=ptp", NULL));
    ck_assert(fw_election_wish(&election, &host, "workaround-1=available", NULL));
    ck_assert(fw_election_write(&election, &access, NULL));
    ck_assert_uint_eq(vcpu.reg[6].value, 2);
    /* Once more is no change, and so goes on when the VM has run. */
    vcpu.has_run = true;
    ck_assert(fw_election_write(&election, &access, NULL));
    ck_assert(fw_election_wish(&election, &host, "vendor-hyp=none", NULL));
    ck_assert(!fw_election_write(&election, &access, &late));
    expect_error(late, FW_ERROR_LATE, "vendor-hyp=none: too late");
    vcpu = fw_vcpu_new();
    vcpu.forgetful = true;
    ck_assert(!fw_election_write(&election, &access, &forgot));
    expect_error(forgot, FW_ERROR_RULE, "has func_feat,ptp");
}
END_TEST

/* --- The VTL core agrees ---------------------------------------------------------------------- */

START_TEST(the_core_has_as_many_services)
{
    ck_assert_uint_eq(vtl_all_services.features, fw_reg_known(fw_reg_find(FW_ID_HV_FEATURES)));
    ck_assert_uint_eq(vtl_all_services.calls, fw_reg_known(fw_reg_find(FW_ID_HV_CALLS)));
    ck_assert_uint_eq(vtl_all_services.vsm, fw_reg_known(fw_reg_find(FW_ID_HV_VSM)));
    ck_assert_uint_eq(vtl_all_services.vmbus, fw_reg_known(fw_reg_find(FW_ID_HV_VMBUS)));
    ck_assert_int_eq(fw_reg_find_bit(fw_reg_find(FW_ID_HV_FEATURES), "vp_registers"),
                     VTL_FEATURE_VP_REGISTERS);
    ck_assert_int_eq(fw_reg_find_bit(fw_reg_find(FW_ID_HV_CALLS), "start_vp"), VTL_CALLS_START_VP);
    ck_assert_int_eq(fw_reg_find_bit(fw_reg_find(FW_ID_HV_VSM), "tlb_lock"), VTL_VSM_TLB_LOCK);
    ck_assert_int_eq(fw_reg_find_bit(fw_reg_find(FW_ID_HV_VMBUS), "heartbeat"), VTL_VMBUS_SERVICE0);
}
END_TEST

static void remove_service(struct vtl_services *services, uint64_t id, unsigned bit)
{
    uint64_t mask = ~(UINT64_C(1) << bit);

    if (id == FW_ID_HV_FEATURES)
        services->features &= mask;
    else if (id == FW_ID_HV_CALLS)
        services->calls &= mask;
    else
        services->vsm &= mask;
}

/* Without one service, exactly what the table says of it is missing. */
static void check_service(const struct fw_reg *reg, unsigned bit)
{
    struct vtl_services services = vtl_all_services;
    bool of_registers = !strcmp(reg->functions_are, "registers");

    remove_service(&services, reg->id, bit);
    for (unsigned i = 0; i < FW_FUNCTIONS_MAX && reg->bits[bit].functions[i]; i++) {
        uint32_t function = reg->bits[bit].functions[i];

        ck_assert_msg(of_registers ? !vtl_offers_register(&services, function)
                                   : !vtl_offers_call(&services, (uint16_t)function),
                      "%s: 0x%x", reg->bits[bit].name, function);
    }
    for (size_t i = 0; i < vtl_call_count && reg->id != FW_ID_HV_FEATURES; i++) {
        bool named = false;

        for (unsigned j = 0; j < FW_FUNCTIONS_MAX; j++)
            named |= reg->bits[bit].functions[j] == vtl_calls[i].code;
        ck_assert_msg(vtl_offers_call(&services, vtl_calls[i].code) == !named, "%s",
                      vtl_calls[i].name);
    }
}

START_TEST(the_core_serves_what_the_table_says)
{
    static const uint64_t ids[] = {FW_ID_HV_FEATURES, FW_ID_HV_CALLS, FW_ID_HV_VSM};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        for (unsigned bit = 0; bit < fw_reg_find(ids[i])->bit_count; bit++)
            check_service(fw_reg_find(ids[i]), bit);
    for (size_t i = 0; i < vtl_call_count; i++)
        ck_assert(vtl_offers_call(&vtl_all_services, vtl_calls[i].code));
}
END_TEST

UNIT_MAIN("election", good_wishes, wrong_wishes, an_older_host, levels_of_a_vulnerable_host,
          own_services, services_need_each_other, files, wrong_files, adoption,
          an_unknown_register_of_another_host, writing, the_core_has_as_many_services,
          the_core_serves_what_the_table_says)
