/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents of hosts and guests: what is read, what is refused, and what is written. */
#include <string.h>

#include "tests/unit/fleet-samples.h"
#include "tests/unit/unit.h"

#define HEAD "{\"vtlemu-manifest\": 1, \"kind\": "

static struct manifest *parse(const char *text, GError **error)
{
    return manifest_parse("file", text, strlen(text), error);
}

START_TEST(documents_that_are_refused)
{
    static const struct { const char *text, *message; } rows[] = {
        {"[]", "file: an object is expected"},
        {"{}", "member \"vtlemu-manifest\" is missing"},
        {"{\"vtlemu-manifest\": 0}", "file: vtlemu-manifest: there is no version 0"},
        {"{\"vtlemu-manifest\": 2, \"news\": 1}",
         "file: vtlemu-manifest: version 2 is newer than 1, the newest that this vtlemu reads"},
        {"{\"vtlemu-manifest\": 1}", "file: member \"kind\" is missing"},
        {HEAD "\"goat\"}", "file: kind: \"goat\" is none of"},
        {HEAD "\"host\", \"what\": 1}", "file: unknown member \"what\""},
        {HEAD "\"guest\", \"registers\": {}}", "file: unknown member \"registers\""},
        {HEAD "\"guest\", \"runs-guests\": true}", "file: unknown member \"runs-guests\""},
        {HEAD "\"host\", \"registers\": {}}", "file: member \"election\" is missing"},
        {HEAD "\"host\", \"election\": {}}", "file: member \"registers\" is missing"},
        {HEAD "\"host\", \"name\": \"\\u001b[2J\"}", "file: name: characters that cannot"},
        {HEAD "\"host\", \"registers\": {\"stdd\": {}}, \"election\": {}}",
         "file: registers.stdd: no such firmware register"},
        {HEAD "\"host\", \"registers\": {\"0x6030000000160000\": {}}, \"election\": {}}",
         "this register is called std"},
        {HEAD "\"host\", \"registers\": {\"std\": {\"default\": 1}}, \"election\": {}}",
         "file: registers.std: member \"limit\" is missing"},
        {HEAD "\"host\", \"registers\": {\"std\": {\"default\": -1, \"limit\": 1}}}",
         "file: registers.std.default: a number is expected"},
        {HEAD "\"host\", \"registers\": {\"0x10\": {\"default\": 1, \"limit\": 1}, "
         "\"16\": {\"default\": 1, \"limit\": 1}}, \"election\": {}}",
         "file: registers.16: this register comes twice"},
        {HEAD "\"guest\", \"election\": {\"0x10\": 1, \"16\": 1}}",
         "file: election.16: this register comes twice"},
        {HEAD "\"guest\", \"election\": {\"std\": \"trng_v1_0\"}}",
         "file: election.std: a number is expected"},
        {HEAD "\"guest\", \"cpu\": {\"ID_GOAT\": {\"value\": 1}}}",
         "file: cpu.ID_GOAT: no ID register"},
        {HEAD "\"guest\", \"cpu\": {\"MIDR_EL1\": {\"value\": 1, \"writable\": 1}}}",
         "file: cpu.MIDR_EL1: unknown member \"writable\""},
        {HEAD "\"guest\", \"cpu\": {\"MIDR_EL1\": {}}}", "member \"value\" is missing"},
        {HEAD "\"guest\", \"sve\": [256, 128]}", "file: sve[1]: lengths are multiples of 128"},
        {HEAD "\"guest\", \"sve\": [128, 128]}", "file: sve[1]: lengths are multiples of 128"},
        {HEAD "\"guest\", \"sve\": [64]}", "file: sve[0]: lengths are multiples of 128"},
        {HEAD "\"guest\", \"sve\": [0]}", "file: sve[0]: lengths are multiples of 128"},
        {HEAD "\"guest\", \"sve\": [4096]}", "file: sve[0]: 0x1000 is more than 0x800"},
        {HEAD "\"guest\", \"sve\": 128}", "file: sve: an array is expected"},
        {HEAD "\"guest\", \"counter-hz\": 0}", "file: counter-hz: 0 is less than 1"},
        {HEAD "\"guest\", \"counter-hz\": \"0xffffffffffffffff\"}", "file: counter-hz: 0xff"},
        {HEAD "\"guest\", \"gic\": {\"priority-bits\": 5}}",
         "file: gic: member \"id-bits\" is missing"},
        {HEAD "\"guest\", \"gic\": {\"priority-bits\": 9, \"id-bits\": 16, \"seis\": false, "
         "\"a3v\": true, \"iidr\": 1}}", "file: gic.priority-bits: 0x9 is more than 0x8"},
        {HEAD "\"guest\", \"ipa-bits\": 64}", "file: ipa-bits: 0x40 is more than"},
        {HEAD "\"guest\", \"page-size\": 5000}", "file: page-size: 5000 is no power of two"},
        {HEAD "\"guest\", \"vps\": 0}", "file: vps: 0 is less than 1"},
        {HEAD "\"host\", \"runs-guests\": 1}", "file: runs-guests: true or false"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_msg(!parse(rows[i].text, &error), "%s is taken", rows[i].text);
        ck_assert_msg(strstr(error->message, rows[i].message), "%s: %s", rows[i].text,
                      error->message);
    }
}
END_TEST

START_TEST(too_many_registers_are_refused)
{
    g_autoptr(GString) text = g_string_new(HEAD "\"guest\", \"election\": {");
    g_autoptr(GError) error = NULL;

    for (int i = 0; i <= FW_REGS_MAX; i++)
        g_string_append_printf(text, "%s\"0x%x\": 1", i ? "," : "", 0x1000 + i);
    g_string_append(text, "}}");
    ck_assert(!parse(text->str, &error));
    ck_assert_msg(strstr(error->message, "more than"), "%s", error->message);
}
END_TEST

/* All that is in a document is in what is read of it. */
static void check_round_trip(const struct manifest *manifest)
{
    g_autofree char *text = manifest_to_text(manifest), *again = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(manifest_auto) copy = parse(text, &error);

    ck_assert_msg(copy, "%s", error ? error->message : "");
    again = manifest_to_text(copy);
    ck_assert_str_eq(text, again);
    ck_assert_int_eq(copy->kind, manifest->kind);
    ck_assert_uint_eq(copy->parts, manifest->parts);
    ck_assert_str_eq(copy->name, manifest->name);
    ck_assert_uint_eq(copy->election.count, manifest->election.count);
    for (size_t i = 0; i < id_register_count; i++) {
        ck_assert(copy->id[i].present == manifest->id[i].present);
        ck_assert_uint_eq(copy->id[i].value, manifest->id[i].value);
        ck_assert_uint_eq(copy->id[i].writable, manifest->id[i].writable);
    }
}

START_TEST(what_is_written_is_read)
{
    g_autoptr(manifest_auto) host = sample_host("a"), guest = sample_guest("b");
    uint64_t value;

    sample_set_register(host, FW_ID_FEATURES | 9, 5, UINT64_MAX); /* of a kernel to come */
    check_round_trip(host);
    check_round_trip(guest);
    ck_assert(fw_election_get(&host->election, FW_ID_FEATURES | 9, &value));
    ck_assert_uint_eq(value, 5);
}
END_TEST

START_TEST(parts_may_be_missing)
{
    for (unsigned part = 0; part < MANIFEST_PARTS; part++) {
        g_autoptr(manifest_auto) host = sample_host("a");

        host->parts &= ~(1u << part);
        if (part == MANIFEST_REGISTERS)
            host->election.count = 0;
        for (size_t i = 0; part == MANIFEST_CPU && i < id_register_count; i++)
            host->id[i] = (struct id_value){0};
        check_round_trip(host);
    }
}
END_TEST

START_TEST(a_document_that_says_nothing_is_one)
{
    g_autoptr(manifest_auto) manifest = parse(HEAD "\"host\"}", NULL);

    ck_assert(manifest);
    ck_assert_uint_eq(manifest->parts, 0);
    ck_assert_str_eq(manifest->name, "");
}
END_TEST

START_TEST(a_source_can_be_shown)
{
    g_autoptr(manifest_auto) manifest = manifest_new(MANIFEST_HOST, "a\033[2Jb", "");

    ck_assert_str_eq(manifest->source, "a\\u001b[2Jb");
}
END_TEST

UNIT_MAIN("manifest", documents_that_are_refused, too_many_registers_are_refused,
          what_is_written_is_read, parts_may_be_missing, a_document_that_says_nothing_is_one,
          a_source_can_be_shown)
