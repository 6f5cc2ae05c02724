/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `vtlemu run`: emu/options.c, emu/error.c, emu/log.c. */
#include <glib/gstdio.h>
#include <string.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "emu/log.h"
#include "emu/option-table.h"
#include "emu/options.h"
#include "emu/trace.h"
#include "tests/unit/unit.h"

/* Parses a command line written as one string. */
static struct options *parse(const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    bool help;
    /* GOption moves the words about. */
    g_autofree char **argv = g_memdup2(words, (g_strv_length(words) + 1) * sizeof(*words));

    return options_parse((int)g_strv_length(words), argv, &help, error);
}

START_TEST(disabled_processor_features_add_up)
{
    g_autoptr(GError) error = NULL;
    struct options *options = parse("run --vtl0-kernel a --cpu -sha512,-rng --cpu -atomic "
                                    "--disabled-cpu-features bank0=0x1,bank1=0x4", &error);

    ck_assert_msg(!error, "%s", error ? error->message : "");
    ck_assert_uint_eq(options->disabled.bank[0], 1u | 1u << 24 | 1u << 26);
    ck_assert_uint_eq(options->disabled.bank[1], 4u | 1u << 13);
    options_free(options);
}
END_TEST

/* Of several, the one that an error is to name. */
START_TEST(who_disables_a_processor_feature)
{
    struct options *options = parse("run --vtl0-kernel a --cpu -sha512,-rng --cpu -atomic "
                                    "--disabled-cpu-features bank0=0x1,bank1=0x4", NULL);
    static const struct { size_t feature; const char *option; } rows[] = {
        {0, "--disabled-cpu-features bank0=0x1,bank1=0x4"},
        {24, "--cpu -sha512,-rng"},
        {26, "--cpu -atomic"},
        {66, "--disabled-cpu-features bank0=0x1,bank1=0x4"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *option = options_disabling(options, rows[i].feature);

        ck_assert_str_eq(option, rows[i].option);
    }
    options_free(options);
}
END_TEST

START_TEST(sizes)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t bytes;
    } rows[] = {
        {"1", true, 1},          {"64K", true, 64 * KIB},  {"512M", true, 512 * MIB},
        {"2g", true, 2 * GIB},   {"1T", true, 1024 * GIB}, {"", false, 0},
        {"M", false, 0},         {"12X", false, 0},        {"12MB", false, 0},
        {"-1", false, 0},        {" 1", false, 0},         {"0x10", false, 0},
        {"99999999999T", false, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t bytes = 0;

        ck_assert_msg(options_parse_size(rows[i].text, &bytes) == rows[i].good, "row %zu", i);
        ck_assert_uint_eq(bytes, rows[i].bytes);
    }
}
END_TEST

START_TEST(defaults)
{
    GError *error = NULL;
    struct options *options = parse("run --vtl2-kernel a --vtl0-kernel b", &error);

    ck_assert_ptr_null(error);
    ck_assert_int_eq(options->cpus, 1);
    ck_assert_int_eq(options->boot_vtl, 2);
    ck_assert_uint_eq(options->memory, 512 * MIB);
    ck_assert_uint_eq(options->level[0].memory, 384 * MIB);
    ck_assert_uint_eq(options->level[1].memory, 0);
    ck_assert_uint_eq(options->level[2].memory, 128 * MIB);
    ck_assert_str_eq(options->level[0].console, "stdio");
    ck_assert_str_eq(options->level[1].console, "null");
    ck_assert_uint_eq(options_vtls(options), 0x5);
    ck_assert_uint_eq(options->trace_kinds, TRACE_ALL);
    ck_assert_int_eq(options->sve, OPTIONS_SVE_OFF);
    ck_assert(!options->poison);
    ck_assert_uint_eq(options_vmbuses(options), 0x4);
    options_free(options);
    options = parse("run --vtl0-kernel b --vtl1-kernel c", &error);
    ck_assert_uint_eq(options_vmbuses(options), 0x1);
    options_free(options);
    options = parse("run --vtl0-kernel b --vtl2-kernel c --vtl0-vmbus on --vtl2-vmbus off", &error);
    ck_assert_uint_eq(options_vmbuses(options), 0x1);
    options_free(options);
}
END_TEST

START_TEST(everything)
{
    GError *error = NULL;
    struct options *options =
        parse("run --cpus 4 --memory 1G --vtl0-kernel a --vtl0-initrd i --vtl0-cmdline x "
              "--vtl0-console null --vtl1-kernel b --vtl1-memory 64M --boot-vtl 0 --timeout 7 "
              "--trace t --trace-filter -device --log-level debug --dump-dtb 0:a.dtb "
              "--dump-dtb 1:b.dtb --summary", &error);

    ck_assert_ptr_null(error);
    ck_assert_int_eq(options->cpus, 4);
    ck_assert_int_eq(options->boot_vtl, 0);
    ck_assert_uint_eq(options->level[1].memory, 64 * MIB);
    ck_assert_uint_eq(options->level[0].memory, 960 * MIB);
    ck_assert_str_eq(options->level[1].dump_dtb, "b.dtb");
    ck_assert_int_eq(options->timeout, 7);
    ck_assert_uint_eq(options->trace_kinds, TRACE_ALL & ~(1u << TRACE_DEVICE));
    ck_assert(options->summary);
    options_free(options);
}
END_TEST

START_TEST(strict_with_and_without_a_word)
{
    static const struct {
        const char *line;
        enum options_strict strict;
    } rows[] = {
        {"run --vtl0-kernel a", OPTIONS_STRICT_OFF},
        {"run --vtl0-kernel a --strict", OPTIONS_STRICT_WARN},
        {"run --strict --vtl0-kernel a", OPTIONS_STRICT_WARN},
        {"run --vtl0-kernel a --strict=warn", OPTIONS_STRICT_WARN},
        {"run --vtl0-kernel a --strict=stop --cpus 2", OPTIONS_STRICT_STOP},
        {"run --vtl0-kernel a --strict stop", OPTIONS_STRICT_STOP},
        {"run --restore a --strict=stop", OPTIONS_STRICT_STOP},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        struct options *options = parse(rows[i].line, &error);

        ck_assert_msg(options != NULL, "%s: %s", rows[i].line, error ? error->message : "");
        ck_assert_msg(options->strict == rows[i].strict, "%s", rows[i].line);
        options_free(options);
    }
}
END_TEST

START_TEST(one_file_of_firmware_registers)
{
    struct options *options = parse("run --vtl0-kernel a --fw-regs b --fw-reg std=none", NULL);

    ck_assert_str_eq(options->fw_regs, "b");
    options_free(options);
    options = parse("run --vtl0-kernel a", NULL);
    ck_assert_ptr_null(options->fw_regs);
    options_free(options);
}
END_TEST

START_TEST(whose_devices)
{
    struct options *options =
        parse("run --vtl0-kernel a --vtl2-kernel b --vtl0-devices higher", NULL);

    ck_assert(options->higher_has_devices);
    ck_assert_str_eq(options->level[0].console, "null");
    ck_assert_str_eq(options->level[2].console, "stdio");
    options_free(options);
    options = parse("run --vtl0-kernel a --vtl0-devices vtlemu", NULL);
    ck_assert(!options->higher_has_devices);
    ck_assert_str_eq(options->level[0].console, "stdio");
    options_free(options);
}
END_TEST

/* It is VTL2's kernel in all respects. */
START_TEST(igvm)
{
    GError *error = NULL;
    struct options *options = parse("run --igvm f --vtl2-memory 64M --vtl2-cmdline x "
                                    "--vtl0-kernel a --dump-dtb 2:b.dtb", &error);

    ck_assert_ptr_null(error);
    ck_assert_int_eq(options->boot_vtl, 2);
    ck_assert_int_eq(options->max_vtl, 2);
    ck_assert_uint_eq(options->level[2].memory, 64 * MIB);
    ck_assert_str_eq(options->level[2].console, "stdio");
    ck_assert_uint_eq(options_vtls(options), 0x5);
    ck_assert(options_has_kernel(options, 2) && !options_has_kernel(options, 1));
    options_free(options);
}
END_TEST

START_TEST(vtl_abi)
{
    static const struct {
        const char *line;
        uint32_t call, back;
    } rows[] = {
        {"run --vtl0-kernel a", 0, 0},
        {"run --vtl0-kernel a --vtl-call-abi hvc2 --vtl-return-abi hvc3", 0, 0},
        {"run --vtl0-kernel a --vtl-return-abi smccc:0xc3000003", 0, 0xc3000003},
        {"run --vtl0-kernel a --vtl-call-abi smccc:2197815296 --vtl-return-abi hvc3", 0x83000000, 0},
        {"run --vtl0-kernel a --vtl-call-abi smccc:0x86000080 --vtl-return-abi smccc:0xc600feff",
         0x86000080, 0xc600feff},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GError *error = NULL;
        struct options *options = parse(rows[i].line, &error);

        ck_assert_msg(!error && options->vtl_abi.call_id == rows[i].call &&
                      options->vtl_abi.return_id == rows[i].back, "row %zu", i);
        options_free(options);
    }
}
END_TEST

static void check_abi_text(char *text, const char *wanted)
{
    ck_assert_str_eq(text, wanted);
    g_free(text);
}

START_TEST(vtl_abi_text)
{
    check_abi_text(options_call_abi_text(0), "hvc2");
    check_abi_text(options_return_abi_text(0), "hvc3");
    check_abi_text(options_call_abi_text(0x83000000), "smccc:0x83000000");
    check_abi_text(options_return_abi_text(0xc3000003), "smccc:0xc3000003");
}
END_TEST

START_TEST(no_vtl_abi)
{
    static const struct {
        const char *line, *text;
    } rows[] = {
        {"--vtl-call-abi hvc3", "--vtl-call-abi hvc3: give hvc2"},
        {"--vtl-return-abi hvc2", "--vtl-return-abi hvc2: give hvc2 for a call, hvc3 for a return, "
                                  "or a function as in smccc:0xc3000002"},
        {"--vtl-call-abi smccc:", "ID is a function id of 32 bits"},
        {"--vtl-call-abi smccc:-1", "ID is a function id of 32 bits"},
        {"--vtl-call-abi smccc:0xc3000002x", "ID is a function id of 32 bits"},
        {"--vtl-call-abi smccc:0x1c3000002", "ID is a function id of 32 bits"},
        {"--vtl-call-abi smccc:0", "no fast call"},
        {"--vtl-call-abi smccc:0x46000001", "no fast call"}, /* Hyper-V's hypercalls */
        {"--vtl-return-abi smccc:0xc4000003", "its owner"},  /* PSCI's */
        {"--vtl-return-abi smccc:0x86000001",
         "--vtl-return-abi smccc:0x86000001: the vendor's numbers below 0x80 are KVM's own services; "
         "give one from 0xc3000000 to 0xc300feff or from 0xc6000080 to 0xc600feff, as in "
         "smccc:0xc3000002"},
        {"--vtl-return-abi smccc:0x8600ff01", "general queries"},
        {"--vtl-call-abi smccc:0xc3000002 --vtl-return-abi smccc:0xc3000002",
         "it is that of --vtl-call-abi, too; give each its own, as in smccc:0xc3000002 and smccc:0x"},
    };
    /* What the messages recommend. */
    static const uint32_t good[] = {0xc3000000, 0xc300feff, 0xc6000080, 0xc600feff, 0xc3000002};

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        ck_assert_msg(!vtl_abi_problem(good[i]), "0x%08x", good[i]);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *line = g_strconcat("run --vtl0-kernel a ", rows[i].line, NULL);
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(parse(line, &error));
        ck_assert_msg(strstr(error->message, rows[i].text) != NULL, "%s", error->message);
    }
}
END_TEST

START_TEST(vector_lengths)
{
    static const struct {
        const char *line;
        int sve;
    } rows[] = {
        {"run --vtl0-kernel a --sve on", OPTIONS_SVE_ON},
        {"run --vtl0-kernel a --sve off", OPTIONS_SVE_OFF},
        {"run --vtl0-kernel a --sve 128 --poison", 128},
        {"run --vtl0-kernel a --sve 384", 384},
        {"run --vtl0-kernel a --sve=2048", 2048},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GError *error = NULL;
        struct options *options = parse(rows[i].line, &error);

        ck_assert_msg(!error && options->sve == rows[i].sve, "row %zu", i);
        ck_assert_msg(options->poison == (strstr(rows[i].line, "--poison") != NULL), "row %zu", i);
        options_free(options);
    }
}
END_TEST

START_TEST(poison_levels)
{
    static const struct {
        const char *line, *what; /* NULL: it is good */
        enum poison_level level;
    } rows[] = {
        {"run --vtl0-kernel a", NULL, POISON_OFF},
        {"run --vtl0-kernel a --poison", NULL, POISON_CORRUPTIBLE},
        {"run --poison --vtl0-kernel a", NULL, POISON_CORRUPTIBLE},
        {"run --poison=off --vtl0-kernel a", NULL, POISON_OFF},
        {"run --poison=corruptible --vtl0-kernel a", NULL, POISON_CORRUPTIBLE},
        {"run --poison unspecified --vtl0-kernel a", NULL, POISON_UNSPECIFIED},
        {"run --vtl0-kernel a --poison=unspecified", NULL, POISON_UNSPECIFIED},
        {"run --poison=all --vtl0-kernel a", "--poison all: give off, corruptible, or", POISON_OFF},
        {"run --poison --poison --vtl0-kernel a", "--poison : there is another one", POISON_OFF},
        {"run --poison --poison=off --vtl0-kernel a", "--poison off: there is another one",
         POISON_OFF},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        struct options *options = parse(rows[i].line, &error);

        ck_assert_msg(!error == !rows[i].what, "row %zu", i);
        ck_assert_msg(!options || options->poison == rows[i].level, "row %zu", i);
        ck_assert_msg(!error || g_str_has_prefix(error->message, rows[i].what), "%s",
                      error ? error->message : "");
        options_free(options);
    }
}
END_TEST

START_TEST(bank_policies)
{
    static const char *const lines[] = {"run --vtl0-kernel a", "run --vtl0-kernel a --bank-policy tlfs",
                                        "run --vtl0-kernel a --bank-policy linux"};
    int x29 = bank_row_find("X29");

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        struct options *options = parse(lines[i], NULL);

        ck_assert_int_eq(options->policy.class[x29], BANK_PRIVATE); /* no file has been read yet */
        ck_assert(options_choose_policy(options, NULL));
        ck_assert_int_eq(options->policy.class[x29], i == 2 ? BANK_SHARED : BANK_PRIVATE);
        options_free(options);
    }
}
END_TEST

/* A function's id and result are in X0: doc/vtl-abi.md says whose. */
START_TEST(bank_policies_and_functions)
{
    static const struct {
        const char *text, *abi, *what; /* NULL: good */
    } rows[] = {
        {"X0 private", "", NULL},
        {"X0 private", "--vtl-call-abi hvc2 --vtl-return-abi hvc3", NULL},
        {"X0 shared", "--vtl-return-abi smccc:0xc3000003", NULL},
        {"X0-X5 private\nX0 shared", "--vtl-call-abi smccc:0xc3000002", NULL},
        {"X0 private", "--vtl-call-abi smccc:0xc3000002",
         ": X0 can only be shared with --vtl-call-abi smccc:0xc3000002: "},
        {"X0-X5 corruptible", "--vtl-return-abi smccc:0xc3000003",
         ": X0 can only be shared with --vtl-return-abi smccc:0xc3000003: "},
        {"X? unspecified", "--vtl-call-abi hvc2 --vtl-return-abi smccc:0xc3000003",
         "leave X0 out of the policy, or leave --vtl-return-abi out"},
    };
    g_autofree char *folder = g_dir_make_tmp("options-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "p", NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *line = g_strdup_printf("run --vtl0-kernel a --bank-policy %s %s", path,
                                                rows[i].abi);
        g_autofree char *named = g_strdup_printf("--bank-policy %s", path);
        g_autoptr(GError) error = NULL;
        struct options *options = parse(g_strchomp(line), NULL);

        ck_assert(g_file_set_contents(path, rows[i].text, -1, NULL));
        ck_assert_msg(options_choose_policy(options, &error) == !rows[i].what, "row %zu", i);
        ck_assert_msg(!rows[i].what || (g_str_has_prefix(error->message, named) &&
                                        strstr(error->message, rows[i].what)),
                      "row %zu: %s", i, error ? error->message : "");
        options_free(options);
    }
    g_unlink(path);
    g_rmdir(folder);
}
END_TEST

static GString *help_text;

static void keep_help(const char *text)
{
    g_string_append(help_text, text);
}

/* "--name" of a line of the help, if it takes a value. */
static char *option_of(const char *line)
{
    const char *name = strstr(line, "--"), *sign = name ? strchr(name, '=') : NULL;

    return sign && !memchr(name, ' ', (size_t)(sign - name)) ? g_strndup(name, (size_t)(sign - name))
                                                             : NULL;
}

static void expect_refused(const char *line, const char *option)
{
    g_autofree char *what = g_strdup_printf("%s b: there is another one before it", option);
    g_autoptr(GError) error = NULL;

    ck_assert_msg(!parse(line, &error) && error, "%s", line);
    ck_assert_msg(!strncmp(error->message, what, strlen(what)), "%s: %s", line, error->message);
    ck_assert_int_eq(emu_error_exit_status(error), EMU_EXIT_USAGE);
}

static char *get_help(void)
{
    GPrintFunc before;

    help_text = g_string_new(NULL);
    before = g_set_print_handler(keep_help);
    ck_assert_ptr_null(parse("run --help", NULL));
    g_set_print_handler(before);
    return g_string_free(help_text, FALSE);
}

/* What the help shows can be done as it stands, and shows what is hard to guess. */
START_TEST(examples_can_be_run)
{
    static const char *const shown[] = {
        " --bank-policy linux", " --bank-policy mine.txt", " --poison=unspecified", " --strict ",
        " --strict=stop", " --report used.json", " --vtl-call-abi smccc:",
        " --vtl-return-abi smccc:",
    };
    static const char program[] = "    vtlemu ";
    g_autofree char *help = get_help(), *examples = g_strdup(strstr(help, "\nExamples:\n"));
    g_auto(GStrv) lines = g_strsplit(examples, "\n", -1);

    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        ck_assert_msg(strstr(examples, shown[i]) != NULL, "no %s", shown[i]);
    for (char **line = lines; *line; line++) {
        g_autoptr(GError) error = NULL;

        if (g_str_has_prefix(*line, program))
            options_free(parse(*line + strlen(program), &error));
        ck_assert_msg(!error, "%s: %s", *line, error ? error->message : "");
    }
}
END_TEST

/* Every option that the help knows, but for those that may be repeated. */
START_TEST(one_value_each)
{
    static const char *const repeatable[] = {"--cpu", "--fw-reg", "--dump-dtb", NULL};
    g_autofree char *help = get_help();
    g_auto(GStrv) lines = g_strsplit(help, "\n", -1);
    unsigned count = 0;

    for (char **line = lines; *line; line++) {
        g_autofree char *option = g_str_has_prefix(*line, "  -") ? option_of(*line) : NULL;
        g_autofree char *text = NULL;

        if (!option || g_strv_contains(repeatable, option))
            continue;
        text = g_strdup_printf("run %s=a --summary %s b --vtl0-kernel=x", option, option);
        if (strcmp(option, "--vtl0-kernel"))
            expect_refused(text, option);
        count++;
    }
    ck_assert_uint_ge(count, 36); /* the help is understood */
    expect_refused("run --vtl0-kernel a --vtl0-kernel b", "--vtl0-kernel");
    expect_refused("run -c a -c b", "--cpus");
    expect_refused("run -m a --memory b", "--memory");
}
END_TEST

START_TEST(what_may_be_repeated)
{
    g_autoptr(GError) error = NULL;
    struct options *options =
        parse("run --vtl0-kernel a --vtl2-kernel b --cpu -sha512 --cpu -rng --fw-reg std=none --fw-reg "
              "psci-version=1.1 --dump-dtb 0:a --dump-dtb 2:b --summary --summary", &error);

    ck_assert_msg(options != NULL, "%s", error ? error->message : "");
    ck_assert_str_eq(options->level[0].dump_dtb, "a");
    ck_assert_str_eq(options->level[2].dump_dtb, "b");
    ck_assert_uint_eq(g_strv_length(options->fw_reg), 2);
    options_free(options);
}
END_TEST

/* Numbers, too: an option of another command than run. */
START_TEST(one_number)
{
    static const struct {
        const char *line, *error;
        int value;
    } rows[] = {
        {"x --number 5", NULL, 5},
        {"x --number=-0x10", NULL, -16},
        {"x", NULL, 7},
        {"x --number 1 --number 1", "--number 1: there is another one before it", 7},
        {"x --number ", "--number : give a number", 7},
        {"x --number 5s", "--number 5s: give a number", 7},
        {"x --number 99999999999", "--number 99999999999: give a number", 7},
        {"x --number 99999999999999999999", "give a number", 7},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int value = 7, argc;
        const GOptionEntry entries[] = {
            {"number", 'n', 0, G_OPTION_ARG_INT, &value, "a number", "N"},
            {NULL, 0, 0, 0, NULL, NULL, NULL},
        };
        g_auto(GStrv) words = g_strsplit(rows[i].line, " ", -1);
        g_autofree char **argv = g_memdup2(words, (g_strv_length(words) + 1) * sizeof(*words));
        char **left = argv;
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        struct option_table *table = option_table_new(context);
        g_autoptr(GError) error = NULL;

        argc = (int)g_strv_length(words);
        option_table_add(table, entries);
        ck_assert_msg(option_table_parse(table, &argc, &left, &error) == !rows[i].error, "row %zu", i);
        ck_assert_msg(!rows[i].error || strstr(error->message, rows[i].error), "row %zu: %s", i,
                      error ? error->message : "");
        ck_assert_int_eq(value, rows[i].value);
        option_table_free(table);
    }
}
END_TEST

/* Each mistake is refused with a text that names the option. */
START_TEST(mistakes)
{
    static const struct {
        const char *line;
        const char *names;
    } rows[] = {
        {"run", "--vtl0-kernel"},
        {"run --vtl0-kernel a --strict=loud", "--strict loud: give warn, which is the default, or"},
        {"run --vtl0-kernel a --strict --strict", "--strict : there is another one before it"},
        {"run --vtl0-kernel a --strict=stop --cpus 1 --strict warn",
         "--strict warn: there is another one before it"},
        {"run --vtl0-kernel a --report b --report c", "--report c: there is another one"},
        {"run --vtl0-kernel a --vtl2-symbols b", "--vtl2-symbols is given without --vtl2-kernel"},
        {"run --vtl0-kernel a --cpus 0", "--cpus 0"},
        {"run --vtl0-kernel a --cpus 65", "--cpus 65"},
        {"run --vtl0-kernel a --cpus many", "many"},
        {"run --vtl0-kernel a --memory 12X", "--memory 12X"},
        {"run --vtl0-kernel a --memory 1M", "--memory 1M"},
        {"run --vtl0-kernel a --memory 33M", "--memory 33M"},
        {"run --vtl0-kernel a --memory 1T", "--memory 1T"},
        {"run --vtl2-kernel a --memory 128M", "--vtl2-memory"},
        {"run --vtl0-kernel a --boot-vtl 2", "--vtl2-kernel"},
        {"run --vtl0-kernel a --boot-vtl 3", "--boot-vtl 3"},
        {"run --vtl0-kernel a --boot-vtl -7", "--boot-vtl -7: give a number from 0 to 2"},
        {"run --vtl0-kernel a --vtl2-memory 64M", "--vtl2-memory"},
        {"run --vtl0-kernel a --vtl1-console null", "--vtl1-console"},
        {"run --vtl0-kernel a --cpus 99999999999999999999", "give a number from 1 to 64"},
        {"run --vtl0-kernel a --vtl0-cmdline -h --cpus 0", "--cpus 0"}, /* -h is a value */
        {"run --vtl2-kernel a --max-vtl 1", "--max-vtl 1: VTL2 has a kernel"},
        {"run --vtl0-kernel a --max-vtl 3", "--max-vtl 3"},
        {"run --vtl0-initrd a --vtl2-kernel b", "--vtl0-initrd"},
        {"run --vtl2-cmdline a --vtl0-kernel b", "--vtl2-cmdline"},
        {"run --igvm f --vtl2-kernel a", "--igvm f: there is --vtl2-kernel, too"},
        {"run --igvm f --vtl2-initrd a", "--igvm f: such a file brings its own"},
        {"run --igvm f --vtl0-kernel a --boot-vtl 0", "--boot-vtl 0: an IGVM file starts"},
        {"run --igvm f --max-vtl 1", "--max-vtl 1: VTL2 has a kernel"},
        {"run --igvm f --memory 128M", "--memory 128M: too small"},
        {"run --vtl2-vmbus on --vtl0-kernel b", "--vtl2-vmbus is given without"},
        {"run --vtl0-kernel a --vtl0-vmbus yes", "--vtl0-vmbus yes: give on or off"},
        {"run --vtl0-kernel a --timeout -1", "--timeout -1"},
        {"run --vtl0-kernel a --log-level loud", "--log-level loud"},
        {"run --vtl0-kernel a --trace-filter exit", "--trace-filter exit: there is no --trace"},
        {"run --vtl0-kernel a --trace t --trace-filter mmio,call",
         "--trace-filter mmio,call: 'mmio' is no kind of line"},
        {"run --vtl0-kernel a --trace t --trace-filter -", "of exit, device, call"},
        {"run --vtl0-kernel a --trace t --trace-filter ", "'' is no kind of line"},
        {"run --vtl0-kernel a --trace t --trace-filter exit,", "'' is no kind of line"},
        {"run --vtl0-kernel a --trace t --trace-filter -exit,call",
         "'call' is no kind of line, or not of one"},
        {"run --vtl0-kernel a --dump-dtb x", "--dump-dtb x"},
        {"run --vtl0-kernel a --dump-dtb 2:x", "--dump-dtb 2:x"},
        {"run --vtl0-kernel a --dump-dtb 0:", "--dump-dtb 0:"},
        {"run --vtl0-kernel a --dump-dtb 0:b --dump-dtb 0:c",
         "--dump-dtb 0:c: there is another one of this VTL before it; leave one"},
        {"run --vtl0-kernel a --vtl2-kernel b --vtl0-devices none", "--vtl0-devices none: give"},
        {"run --vtl0-kernel a --vtl0-devices higher", "--vtl0-devices higher: that takes"},
        {"run --vtl2-kernel a --vtl0-devices higher", "--vtl0-devices higher: that takes"},
        {"run --vtl0-kernel a --vtl2-kernel b --vtl0-devices higher --vtl0-console pty",
         "--vtl0-console pty: with --vtl0-devices higher"},
        {"run --vtl0-kernel a --sve yes", "--sve yes: give on, off, or the longest"},
        {"run --vtl0-kernel a --sve 0", "--sve 0: give on, off"},
        {"run --vtl0-kernel a --sve 200", "--sve 200: give on, off"},
        {"run --vtl0-kernel a --sve 2176", "--sve 2176: give on, off"},
        {"run --vtl0-kernel a --cpu sve", "--cpu sve: 'sve': put a minus before"},
        {"run --vtl0-kernel a --cpu -sha1 --cpu -sha0", "--cpu -sha0: 'sha0' is no feature"},
        {"run --vtl0-kernel a --sve on --cpu -sve", "--sve on: SVE is disabled by --cpu"},
        {"run --vtl0-kernel a --disabled-cpu-features bank0=0",
         "--disabled-cpu-features bank0=0: there are exactly two banks"},
        {"run --vtl0-kernel a --disabled-cpu-features bank0=0,bank1=0,xsave=1",
         "xsave features are x86's"},
        {"run --restore s --cpu -sha1", "--cpu -sha1: a restored machine has the processor"},
        {"run --vtl0-kernel a --fw-regs b --fw-reg std=none --fw-regs c",
         "--fw-regs c: there is another one before it"},
        {"run --restore s --fw-regs b", "--fw-regs b: a restored guest keeps the services"},
        {"run --vtl0-kernel a --wrong", "--wrong"},
        {"run --vtl0-kernel a extra", "extra"},
        {"run --vtl0-kernel", "--vtl0-kernel"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GError *error = NULL;

        ck_assert_msg(!parse(rows[i].line, &error) && error, "row %zu: %s", i, rows[i].line);
        ck_assert_msg(strstr(error->message, rows[i].names) != NULL, "row %zu: %s", i,
                      error->message);
        ck_assert_int_eq(emu_error_exit_status(error), EMU_EXIT_USAGE);
        g_error_free(error);
    }
}
END_TEST

START_TEST(exit_statuses)
{
    GError *internal = g_error_new(EMU_ERROR, EMU_ERROR_INTERNAL, "x");

    ck_assert_int_eq(emu_error_exit_status(internal), EMU_EXIT_INTERNAL);
    g_error_free(internal);
    ck_assert(log_level_is_valid("warning"));
    ck_assert(!log_level_is_valid("WARNING"));
}
END_TEST

UNIT_MAIN("options", disabled_processor_features_add_up, who_disables_a_processor_feature, sizes,
          defaults, everything, strict_with_and_without_a_word, one_file_of_firmware_registers, igvm,
          whose_devices, vector_lengths, poison_levels, bank_policies,
          bank_policies_and_functions, vtl_abi, vtl_abi_text, no_vtl_abi, one_value_each,
          examples_can_be_run, what_may_be_repeated, one_number, mistakes, exit_statuses)
