/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `vtlemu run` and every number in it: emu/options.c. The input: words, each on
 * a line.
 */
#include "emu/options.h"

#include "emu/layout.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 64

/* What options.h promises of a command line that is accepted. */
static void check_options(const struct options *options)
{
    uint64_t sum = 0;

    FUZZ_CHECK(options->cpus >= 1 && options->cpus <= LAYOUT_MAX_VPS && options->timeout >= 0);
    FUZZ_CHECK(options->boot_vtl >= 0 && options->boot_vtl < VTL_LEVELS);
    /* The rest comes with the snapshot, or with the guest: options_complete(). */
    if (options_are_restored(options))
        return;
    FUZZ_CHECK(options_has_kernel(options, (unsigned)options->boot_vtl));
    FUZZ_CHECK(options->max_vtl >= (int)vtl_highest(options_vtls(options)));
    FUZZ_CHECK(options->max_vtl < VTL_LEVELS);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        FUZZ_CHECK(options->level[vtl].console);
        sum += options->level[vtl].memory;
    }
    FUZZ_CHECK(!(options->disabled.bank[1] >> (cpu_feature_count - CPU_FEATURE_BANK_BITS)));
    FUZZ_CHECK(sum == options->memory && options->level[0].memory > 0);
}

static void check_size(const char *word)
{
    uint64_t bytes = 0;

    FUZZ_CHECK(options_parse_size(word, &bytes) || bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) words = g_strsplit(text, "\n", WORDS_MAX);
    char *argv[WORDS_MAX + 2] = {(char *)"run"};
    g_autoptr(GError) error = NULL;
    struct options *options;
    bool help;
    int argc = 1;

    g_set_print_handler(fuzz_hush);
    for (char **word = words; *word; word++) {
        check_size(*word);
        argv[argc++] = *word;
    }
    options = options_parse(argc, argv, &help, &error);
    FUZZ_CHECK(!options == (help || error));
    if (options)
        check_options(options);
    options_free(options);
    return 0;
}
