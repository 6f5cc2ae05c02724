/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outputs spare inputs: emu/outputs.c. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/outputs.h"
#include "tests/unit/unit.h"

#define KERNELS "run --vtl0-kernel k --vtl2-kernel k2 "

static char *folder;

static const char *const files[] = {"k", "k2", "i", "s", "p", "r", "old", "linux", "igvm"};

static void set_up(void)
{
    folder = g_dir_make_tmp("outputs-XXXXXX", NULL);
    ck_assert_int_eq(chdir(folder), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        ck_assert(g_file_set_contents(files[i], files[i], -1, NULL));
    ck_assert_int_eq(link("k", "hard"), 0);
    ck_assert_int_eq(symlink("k2", "soft"), 0);
    ck_assert_int_eq(mkdir("d", 0700), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
}

static void tear_down(void)
{
    static const char *const others[] = {"hard", "soft", "fifo"};

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        g_unlink(files[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        g_unlink(others[i]);
    g_rmdir("d");
    g_rmdir(folder);
    g_free(folder);
}

static struct options *parse(const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char **argv = g_memdup2(words, (g_strv_length(words) + 1) * sizeof(*words));
    g_autoptr(GError) error = NULL;
    bool help;
    struct options *options = options_parse((int)g_strv_length(words), argv, &help, &error);

    ck_assert_msg(options != NULL, "%s: %s", line, error ? error->message : "");
    return options;
}

/* The message, to be freed; NULL: there is nothing to be said. */
static char *judge(const char *line)
{
    struct options *options = parse(line);
    GError *error = NULL;
    char *message = outputs_check(options, &error) ? NULL : g_strdup(error->message);

    ck_assert(!message == !error);
    g_clear_error(&error);
    options_free(options);
    return message;
}

START_TEST(inputs_are_spared)
{
    static const struct {
        const char *line, *output, *input;
    } rows[] = {
        {KERNELS "--trace k", "k", "--vtl0-kernel"},
        {KERNELS "--trace ./hard", "./hard", "--vtl0-kernel"},
        {KERNELS "--report soft", "soft", "--vtl2-kernel"},
        {KERNELS "--dump-dtb 0:k2", "k2", "--vtl2-kernel"},
        {KERNELS "--vtl2-console file:d/../k", "d/../k", "--vtl0-kernel"},
        {KERNELS "--vtl0-initrd i --report i", "i", "--vtl0-initrd"},
        {KERNELS "--vtl2-symbols s --report s", "s", "--vtl2-symbols"},
        {KERNELS "--vtl0-symbols s --vtl0-console file:s", "s", "--vtl0-symbols"},
        {KERNELS "--bank-policy p --report p", "p", "--bank-policy"},
        {KERNELS "--fw-regs r --trace r", "r", "--fw-regs"},
        {"run --igvm igvm --report igvm", "igvm", "--igvm"},
        {"run --restore old --report old", "old", "--restore"},
        {"run --restore old --vtl0-console file:old", "old", "--restore"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *message = judge(rows[i].line);
        g_autofree char *start = g_strdup_printf(
            "%s would be overwritten, but it is the file of %s; write", rows[i].output,
            rows[i].input);

        ck_assert_msg(message && g_str_has_prefix(message, start), "%s: %s", rows[i].line,
                      message ? message : "nothing is said");
    }
}
END_TEST

START_TEST(whole_ones_are_alone)
{
    static const struct {
        const char *line, *text;
    } rows[] = {
        {KERNELS "--report x --trace x", "--report x: --trace writes to the same file; give each"},
        {KERNELS "--report d/x --trace d/../d/x", "--report d/x: --trace writes"},
        {KERNELS "--report s --trace s", "--report s: --trace writes"},
        {KERNELS "--report x --vtl2-console file:x", "--report x: --vtl2-console writes"},
        {KERNELS "--dump-dtb 0:x --dump-dtb 2:x", "--dump-dtb x: --dump-dtb writes"},
        {KERNELS "--dump-dtb 2:x --report x", "--report x: --dump-dtb writes"},
        {KERNELS "--dump-dtb 2:x --trace x", "--trace x: --dump-dtb writes"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *message = judge(rows[i].line);

        ck_assert_msg(message && strstr(message, rows[i].text), "%s: %s", rows[i].line,
                      message ? message : "nothing is said");
    }
}
END_TEST

START_TEST(others_are_left_in_peace)
{
    static const char *const lines[] = {
        KERNELS,
        KERNELS "--report x --trace y --dump-dtb 0:z",
        KERNELS "--report x --trace d/x",
        KERNELS "--report /dev/null --trace /dev/null --dump-dtb 0:/dev/null",
        KERNELS "--report fifo --trace fifo",
        KERNELS "--vtl0-console file:x --vtl2-console file:x --trace x", /* lines only */
        KERNELS "--bank-policy linux --report linux", /* that is no file */
        KERNELS "--bank-policy nowhere --report k3",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *line = g_strchomp(g_strdup(lines[i])), *message = judge(line);

        ck_assert_msg(!message, "%s: %s", line, message);
    }
}
END_TEST

START_TEST(snapshots_spare_what_is_used)
{
    static const struct {
        const char *path, *option;
    } rows[] = {
        {"k", "--vtl0-kernel"}, {"hard", "--vtl0-kernel"}, {"t", "--trace"}, {"i", "--report"},
        {"old", NULL}, {"fresh", NULL},
    };
    struct options *options =
        parse("run --restore old --vtl0-kernel k --trace t --report i");

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        bool spares = outputs_spare(options, rows[i].path, &error);

        ck_assert_msg(spares == !rows[i].option, "%s", rows[i].path);
        ck_assert(spares || strstr(error->message, rows[i].option));
    }
    options_free(options);
}
END_TEST

UNIT_MAIN_WITH("outputs", set_up, tear_down, inputs_are_spared, whole_ones_are_alone,
               others_are_left_in_peace, snapshots_spare_what_is_used)
