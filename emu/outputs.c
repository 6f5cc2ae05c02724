/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outputs spare inputs: see outputs.h. */
#include "emu/outputs.h"

#include <glib/gstdio.h>
#include <string.h>

#include "emu/error.h"
#include "vtl/bank-policy.h"

#define CONSOLE_FILE "file:"
/* For each VTL 4, and at most 4 without a VTL. */
#define PLACES_MAX (4 * VTL_LEVELS + 4)

struct place {
    char option[sizeof("--vtl0-console file")];
    const char *path;
    bool whole; /* worthless with something else in it; other outputs only add lines */
};

struct places {
    struct place row[PLACES_MAX];
    size_t count;
};

static struct place *add(struct places *places, const char *option, const char *path)
{
    struct place *place = &places->row[places->count];

    if (!path)
        return NULL;
    g_strlcpy(place->option, option, sizeof(place->option));
    place->path = path;
    places->count++;
    return place;
}

static struct place *add_of_vtl(struct places *places, unsigned vtl, const char *what,
                                const char *path)
{
    g_autofree char *option = g_strdup_printf("--vtl%u-%s", vtl, what);

    return add(places, option, path);
}

/* What is read at a reset again, or by its name. */
static void list_inputs(const struct options *options, struct places *inputs)
{
    const char *policy = options->bank_policy;

    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        add_of_vtl(inputs, vtl, "kernel", options->level[vtl].kernel);
        add_of_vtl(inputs, vtl, "initrd", options->level[vtl].initrd);
        add_of_vtl(inputs, vtl, "symbols", options->level[vtl].symbols);
    }
    add(inputs, "--igvm", options->igvm);
    add(inputs, "--bank-policy", policy && !bank_policy_ready(policy) ? policy : NULL);
    add(inputs, "--fw-regs", options->fw_regs);
}

static void list_outputs(const struct options *options, struct places *outputs)
{
    struct place *report;

    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        const char *console = options->level[vtl].console;
        struct place *tree;

        if (console && g_str_has_prefix(console, CONSOLE_FILE))
            add_of_vtl(outputs, vtl, "console", console + strlen(CONSOLE_FILE));
        tree = add(outputs, "--dump-dtb", options->level[vtl].dump_dtb);
        if (tree)
            tree->whole = true;
    }
    add(outputs, "--trace", options->trace);
    report = add(outputs, "--report", options->report);
    if (report)
        report->whole = true;
}

static bool is_same_node(const GStatBuf *one, const GStatBuf *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Of what is not there yet, but would be made: the same name in the same folder. */
static bool will_be_same(const char *a, const char *b)
{
    g_autofree char *a_name = g_path_get_basename(a), *b_name = g_path_get_basename(b);
    g_autofree char *a_folder = g_path_get_dirname(a), *b_folder = g_path_get_dirname(b);
    GStatBuf one, other;

    return !strcmp(a_name, b_name) && g_stat(a_folder, &one) == 0 &&
           g_stat(b_folder, &other) == 0 && is_same_node(&one, &other);
}

/* Devices and FIFOs may have as many uses as one likes; they lose nothing. */
static bool is_same_file(const char *a, const char *b)
{
    GStatBuf one, other;
    bool there = g_stat(a, &one) == 0;

    if (there != (g_stat(b, &other) == 0))
        return false;
    return there ? S_ISREG(one.st_mode) && is_same_node(&one, &other) : will_be_same(a, b);
}

static const struct place *find(const struct places *places, const char *path)
{
    for (size_t i = 0; i < places->count; i++)
        if (is_same_file(places->row[i].path, path))
            return &places->row[i];
    return NULL;
}

static bool spare(const struct places *places, const char *path, GError **error)
{
    const struct place *place = find(places, path);

    if (place)
        emu_set_error(error, EMU_ERROR_USAGE, "%s would be overwritten, but it is the file of %s; "
                      "write to another one", path, place->option);
    return !place;
}

static bool is_alone(const struct places *outputs, size_t index, GError **error)
{
    const struct place *one = &outputs->row[index];

    for (size_t i = 0; i < index; i++) {
        const struct place *other = &outputs->row[i];

        if ((!one->whole && !other->whole) || !is_same_file(one->path, other->path))
            continue;
        emu_set_error(error, EMU_ERROR_USAGE, "%s %s: %s writes to the same file; give each its "
                      "own", one->option, one->path, other->option);
        return false;
    }
    return true;
}

bool outputs_check(const struct options *options, GError **error)
{
    struct places inputs = {.count = 0}, outputs = {.count = 0};

    list_inputs(options, &inputs);
    add(&inputs, "--restore", options->restore);
    list_outputs(options, &outputs);
    for (size_t i = 0; i < outputs.count; i++)
        if (!spare(&inputs, outputs.row[i].path, error) || !is_alone(&outputs, i, error))
            return false;
    return true;
}

bool outputs_spare(const struct options *options, const char *path, GError **error)
{
    struct places places = {.count = 0}, outputs = {.count = 0};

    list_inputs(options, &places);
    list_outputs(options, &outputs);
    return spare(&places, path, error) && spare(&outputs, path, error);
}
