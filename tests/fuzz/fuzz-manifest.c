/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Documents of hosts and guests: fw-regs/json.c, manifest.c and fleet.c. The input: the text of one,
 * or of two with a byte of 0 between them, which are compared.
 *
 * What must hold: what is read can be written, and is the same when it is read again; nothing that
 * is said of it harms a terminal; a document has no differences from itself; a guest can go where it
 * comes from, with what all have in common.
 */
#include "fw-regs/fleet.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
    FUZZ_CHECK(g_utf8_validate(text, -1, NULL));
    for (; *text; text = g_utf8_next_char(text))
        FUZZ_CHECK(*text == '\n' || g_unichar_isprint(g_utf8_get_char(text)));
}

static void check_report(const struct fleet_report *report)
{
    g_autofree char *findings = fleet_findings_text(report);
    g_autofree char *compared = fleet_parts_text(report->compared);

    check_text(findings);
    check_text(compared);
}

static struct manifest *read_one(const char *source, const char *text, size_t size)
{
    g_autoptr(GError) error = NULL;
    struct manifest *manifest = manifest_parse(source, text, size, &error);

    FUZZ_CHECK(!manifest == !!error);
    if (error)
        check_text(error->message);
    return manifest;
}

static void check_copy(const struct manifest *manifest)
{
    g_autofree char *text = manifest_to_text(manifest), *again = NULL;
    g_autoptr(manifest_auto) copy = read_one("copy", text, strlen(text));
    g_autoptr(fleet_report_auto) report = NULL;

    FUZZ_CHECK(copy);
    again = manifest_to_text(copy);
    FUZZ_CHECK(!strcmp(text, again));
    report = fleet_diff(manifest, copy);
    FUZZ_CHECK(!(report->findings->len && report->compared == 0));
}

static void compare(const struct manifest *one, const struct manifest *other)
{
    const struct manifest *hosts[] = {one, other};
    g_autoptr(fleet_report_auto) difference = fleet_diff(one, other);
    g_autoptr(fleet_report_auto) verdict = NULL, uncommon = NULL;
    g_autoptr(manifest_auto) common = NULL;

    check_report(difference);
    if (other->kind == MANIFEST_GUEST)
        return;
    verdict = fleet_can_migrate(one, other);
    check_report(verdict);
    if (one->kind == MANIFEST_GUEST)
        return;
    common = fleet_common(hosts, G_N_ELEMENTS(hosts), &uncommon);
    check_report(uncommon);
    check_copy(common);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t first = end ? (size_t)(end - data) : size;
    g_autoptr(manifest_auto) one = read_one("one", (const char *)data, first), other = NULL;

    if (end)
        other = read_one("other", (const char *)end + 1, size - first - 1);
    if (one) {
        check_copy(one);
        compare(one, one);
    }
    if (one && other)
        compare(one, other);
    return 0;
}
