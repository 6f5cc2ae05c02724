/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hyper-V's processor features: banks, names, and what becomes of the ID registers. */
#include <glib.h>
#include <string.h>

#include "fw-regs/cpu-features.h"
#include "tests/unit/unit.h"

enum { MANY = 64 }; /* registers; more than there are */

static struct id_value values[MANY];

/* A processor that has everything, of which KVM lets guests have less. */
static void set_up(void)
{
    ck_assert_uint_le(id_register_count, MANY);
    for (size_t i = 0; i < id_register_count; i++) {
        values[i] = (struct id_value){true, 0, UINT64_MAX};
        for (size_t j = 0; j < id_registers[i].field_count; j++) {
            const struct id_field *field = &id_registers[i].fields[j];
            int64_t most = INT64_MAX >> (64 - field->width); /* the highest signed value */

            values[i].value = id_field_set(field, values[i].value,
                                           field->is_signed ? most : (1 << field->width % 32) - 1);
        }
    }
}

static size_t find(const char *name)
{
    for (size_t i = 0; i < cpu_feature_count; i++)
        if (!strcmp(cpu_features[i].name, name))
            return i;
    ck_abort_msg("no %s", name);
}

static int64_t field(const char *reg, const char *name)
{
    const struct id_register *found = id_register_find(reg);

    return id_field_get(id_field_find(found, name), values[id_register_index(found)].value);
}

/* hvhdk.h: two banks, of which the second has four reserved bits; some by hand. */
START_TEST(bits_are_those_of_hyperv)
{
    static const struct {
        const char *name;
        size_t bit;
    } rows[] = {
        {"asid16", 0}, {"gic_v3v4", 13}, {"aes", 20}, {"sha256", 23}, {"atomic", 26},
        {"apa_base", 35}, {"gpa", 44}, {"csv2", 53}, {"tlbi_os", 58}, {"ebf16", 63},
        {"sve_bf16", 64}, {"rng", 64 + 13}, {"amu_v1", 64 + 19}, {"clrbhb", 64 + 31},
        {"sve", 64 + 37}, {"e0_pd", 64 + 45}, {"lrcpc3", 64 + 52}, {"sme_i16_i64", 64 + 59},
    };

    ck_assert_uint_eq(cpu_feature_count, 124);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(find(rows[i].name) == rows[i].bit, "%s", rows[i].name);
}
END_TEST

/* Less of it would promise more, or be another algorithm's value. */
static bool has_no_less(const char *name)
{
    return !strcmp(name, "spec_sei") || g_str_has_prefix(name, "apa_ep") ||
           g_str_has_prefix(name, "apa3_ep");
}

/* Each by itself, on a processor that has everything: it is seen, and then it is not. */
START_TEST(every_feature_can_be_lowered)
{
    for (size_t i = 0; i < cpu_feature_count; i++) {
        const struct cpu_feature *feature = &cpu_features[i];
        bool fixed = feature->means == CPU_NEEDED || feature->means == CPU_BY_FIRMWARE ||
                     has_no_less(feature->name);
        g_autofree char *why = NULL;

        set_up();
        ck_assert_msg(find(feature->name) == i, "%s is there twice", feature->name);
        ck_assert_msg(cpu_feature_is_seen(feature, values) == (feature->fields[0].reg != NULL), "%s",
                      feature->name);
        ck_assert_msg(cpu_feature_hide(feature, values, &why) == !fixed, "%s: %s", feature->name,
                      why ? why : "");
        ck_assert_msg(cpu_feature_is_seen(feature, values) == (fixed && feature->fields[0].reg),
                      "%s", feature->name);
    }
}
END_TEST

/* What is disabled says nothing about what it builds on. */
START_TEST(a_better_version_goes_and_the_plain_one_stays)
{
    g_autofree char *why = NULL;

    ck_assert(cpu_feature_hide(&cpu_features[find("sha512")], values, &why));
    ck_assert_int_eq(field("ID_AA64ISAR0_EL1", "SHA2"), 1);
    ck_assert(cpu_feature_is_seen(&cpu_features[find("sha256")], values));
    ck_assert(cpu_feature_hide(&cpu_features[find("sha256")], values, &why));
    ck_assert_int_eq(field("ID_AA64ISAR0_EL1", "SHA2"), 0);
    ck_assert_int_eq(field("ID_ISAR5_EL1", "SHA2"), 0);
    ck_assert(!cpu_feature_is_seen(&cpu_features[find("sha512")], values));
}
END_TEST

START_TEST(what_kvm_keeps_cannot_be_hidden)
{
    size_t isar5 = id_register_index(id_register_find("ID_ISAR5_EL1"));
    struct id_value before[MANY];
    g_autofree char *why = NULL, *whole = NULL;
    struct cpu_disabled disabled = {{1 << 20, 0}};
    size_t feature;

    values[isar5].writable = 0;
    memcpy(before, values, sizeof(before));
    ck_assert(!cpu_feature_hide(&cpu_features[find("aes")], values, &why));
    ck_assert_ptr_nonnull(strstr(why, "ID_ISAR5_EL1.AES"));
    ck_assert_msg(!memcmp(before, values, sizeof(before)), "half of it has been hidden");
    ck_assert(!cpu_disabled_apply(&disabled, values, &feature, &whole));
    ck_assert_uint_eq(feature, find("aes"));
    ck_assert_ptr_nonnull(strstr(whole, "aes (bit 20 of bank0)"));
}
END_TEST

START_TEST(what_the_host_lacks_may_be_disabled)
{
    struct cpu_disabled all = {{UINT64_MAX, UINT64_MAX >> 4}};
    g_autofree char *why = NULL;
    size_t feature;

    for (size_t i = 0; i < id_register_count; i++)
        values[i] = (struct id_value){false, UINT64_MAX, 0};
    all.bank[0] &= ~(UINT64_C(0xf) << find("smccc_w1_supported"));
    all.bank[0] &= ~(UINT64_C(1) << find("gic_v3v4"));
    ck_assert_msg(cpu_disabled_apply(&all, values, &feature, &why), "%s", why);
    for (size_t i = 0; i < id_register_count; i++)
        ck_assert_uint_eq(values[i].value, UINT64_MAX);
}
END_TEST

START_TEST(banks_are_two)
{
    static const struct {
        const char *text, *what;
    } wrong[] = {
        {"", "exactly two banks"},
        {"bank0=0", "exactly two banks"},
        {"bank1=0", "exactly two banks"},
        {"bank0=0,bank0=0", "twice"},
        {"bank0=0,bank1=0,bank2=0", "early properties"},
        {"bank0", "'bank0' is no bank with its mask"},
        {"bank0=0,bank1=0,xsave=0", "x86"},
        {"bank0=0,bank1=0x1000000000000000", "reserved bits set (0x1000000000000000)"},
        {"bank0=0,bank1=0x10000000000000000", "not a number"},
        {"bank0=,bank1=0", "not a number"},
        {"bank0=0x,bank1=0", "not a number"},
        {"bank0=-1,bank1=0", "not a number"},
        {"bank0=0,bank1=0,", "no bank"},
        {"sha1", "no bank"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        struct cpu_disabled disabled = {{4, 2}};
        g_autofree char *what = NULL;

        ck_assert_msg(!cpu_disabled_parse_banks(wrong[i].text, &disabled, &what), "%s",
                      wrong[i].text);
        ck_assert_msg(strstr(what, wrong[i].what) != NULL, "%s: %s", wrong[i].text, what);
        ck_assert(disabled.bank[0] == 4 && disabled.bank[1] == 2);
    }
}
END_TEST

START_TEST(masks_and_names_add_up)
{
    struct cpu_disabled disabled = {{0, 0}};
    g_autofree char *what = NULL, *text = NULL;

    ck_assert(!cpu_is_any_disabled(&disabled));
    ck_assert(cpu_disabled_parse_banks("bank1=0x0fffffffffffffff,bank0=16", &disabled, &what));
    ck_assert(disabled.bank[0] == 16 && disabled.bank[1] == UINT64_MAX >> 4);
    disabled.bank[1] = 0;
    ck_assert(cpu_disabled_parse_names("-sve,-sve-bit-perm,-sve_sha3", &disabled, &what));
    text = cpu_disabled_text(&disabled);
    ck_assert_str_eq(text, "bank0=0x10,bank1=0xc2000000000");
    ck_assert(cpu_is_disabled(&disabled, find("sve")));
    ck_assert(!cpu_is_disabled(&disabled, find("sve_v2")));
    disabled = (struct cpu_disabled){{0, 0}};
    ck_assert(cpu_disabled_parse_names("-pauth", &disabled, &what));
    ck_assert_uint_eq(disabled.bank[0], UINT64_C(0x1f) << 35 | UINT64_C(1) << 44);
    ck_assert_uint_eq(disabled.bank[1], UINT64_C(0x3f) << 46);
}
END_TEST

/* As names of registers and bits: whoever copies one from a manual may have it in capitals. */
START_TEST(names_in_capitals)
{
    for (size_t i = 0; i < cpu_feature_count; i++) {
        g_autofree char *name = g_ascii_strup(cpu_features[i].name, -1), *what = NULL;
        g_autofree char *word = g_strconcat("-", name, NULL);
        struct cpu_disabled disabled = {{0, 0}};

        ck_assert_msg(cpu_disabled_parse_names(word, &disabled, &what), "%s: %s", word, what);
        ck_assert_msg(cpu_is_disabled(&disabled, i), "%s", word);
    }
}
END_TEST

START_TEST(capitals_of_more)
{
    struct cpu_disabled disabled = {{0, 0}};
    char *what;

    ck_assert(cpu_disabled_parse_names("-PAuth,-Sve-Bit_Perm", &disabled, &what));
    ck_assert(cpu_is_disabled(&disabled, find("apa_base")));
    ck_assert(cpu_is_disabled(&disabled, find("sve_bit_perm")));
}
END_TEST

START_TEST(names_are_checked)
{
    static const char *const wrong[] = {"",     "sve",  "+sve",   "-",      "-sv",
                                        "-sve,", "-svex", "-sve -x", "-pauth,,", ",-sve"};

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        struct cpu_disabled disabled = {{0, 0}};
        g_autofree char *what = NULL;

        ck_assert_msg(!cpu_disabled_parse_names(wrong[i], &disabled, &what), "%s", wrong[i]);
        ck_assert_ptr_nonnull(what);
        ck_assert(!cpu_is_any_disabled(&disabled));
    }
}
END_TEST

UNIT_MAIN_WITH("cpu-features", set_up, NULL, bits_are_those_of_hyperv, every_feature_can_be_lowered,
               a_better_version_goes_and_the_plain_one_stays, what_kvm_keeps_cannot_be_hidden,
               what_the_host_lacks_may_be_disabled, banks_are_two, masks_and_names_add_up,
               names_in_capitals, capitals_of_more, names_are_checked)
