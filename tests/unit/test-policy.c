/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bank policies: rows, their text, the ready-made ones, and what `vtlemu banks` makes of them. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/banks.h"
#include "emu/policy.h"
#include "tests/unit/memory-partition.h"
#include "tests/unit/unit.h"
#include "vtl/bank-synthetic.h"
#include "vtl/hv-registers.h"
#include "vtl/vtl.h"

static enum bank_class class_of(const struct bank_policy *policy, const char *name)
{
    int row = bank_row_find(name);

    ck_assert_msg(row >= 0, "%s", name);
    return bank_policy_class(policy, (size_t)row);
}

START_TEST(rows_have_one_name_and_one_encoding)
{
    for (size_t i = 0; i < bank_row_count(); i++) {
        struct bank_row row = bank_row(i);

        ck_assert_msg(bank_row_find(row.name) == (int)i, "%s", row.name);
        ck_assert_msg(!strpbrk(row.name, "-*?# "), "%s", row.name);
        ck_assert_msg(strlen(row.name) < 24, "%s", row.name); /* machine-facts.c */
        ck_assert_ptr_nonnull(bank_group_name(row.group));
        ck_assert_ptr_nonnull(bank_row_source(&row));
        for (size_t j = 0; j < i && row.encoding; j++)
            ck_assert_msg(bank_row(j).encoding != row.encoding, "%s", row.name);
    }
    ck_assert_int_eq(bank_row_find("x29"), bank_row_find("X29"));
    ck_assert_int_eq(bank_row_find(""), -1);
    ck_assert_int_eq(bank_row_find("X2"), 2);
    ck_assert_uint_eq(bank_row(bank_row_find("PMBPTR_EL1")).encoding,
                      0xc000 | 9 << 7 | 10 << 3 | 1);
}
END_TEST

START_TEST(synthetic_registers_have_scopes)
{
    uint32_t number;

    for (size_t i = 0; hv_register_nth(i, &number); i++) {
        const struct bank_synthetic *row = bank_synthetic_find(number);

        ck_assert_msg(row && row->scope && row->source, "%s", hv_register_text(number));
    }
    ck_assert_ptr_null(bank_synthetic_find(0x20000));
    ck_assert_int_eq(bank_synthetic_find(HV_REGISTER_VP_INDEX)->class, BANK_SHARED);
    ck_assert_int_eq(bank_synthetic_find(HV_REGISTER_SINT0 + 3)->class, BANK_PRIVATE);
}
END_TEST

START_TEST(ready_made_policies)
{
    struct bank_policy tlfs, linux_policy, spe, plain;

    bank_policy_init(&plain);
    ck_assert(policy_choose(NULL, &tlfs, NULL) && bank_policy_same(&tlfs, &plain));
    ck_assert(policy_choose("tlfs", &tlfs, NULL) && bank_policy_same(&tlfs, &plain));
    ck_assert(policy_choose("linux", &linux_policy, NULL));
    ck_assert(policy_choose("spe-private", &spe, NULL));
    for (size_t i = 0; i < bank_row_count(); i++) {
        struct bank_row row = bank_row(i);
        bool frame = !strcmp(row.name, "X29") || !strcmp(row.name, "X30");
        bool buffer = (row.group == BANK_SPE || row.group == BANK_TRBE) &&
                      row.class != BANK_CONSTANT;

        ck_assert_msg(tlfs.class[i] == row.class, "%s", row.name);
        ck_assert_msg(linux_policy.class[i] == (frame ? BANK_SHARED : row.class), "%s", row.name);
        ck_assert_msg(spe.class[i] == (buffer ? BANK_PRIVATE : row.class), "%s", row.name);
        ck_assert(bank_policy_changes(&linux_policy, i) == frame);
    }
    ck_assert_int_eq(class_of(&tlfs, "PMBPTR_EL1"), BANK_SHARED);
    ck_assert_int_eq(class_of(&tlfs, "PMBSR_EL1"), BANK_PRIVATE);
    for (size_t i = 0; bank_policy_ready_name(i); i++)
        ck_assert_ptr_nonnull(bank_policy_ready(bank_policy_ready_name(i)));
    ck_assert_ptr_null(bank_policy_ready("none"));
}
END_TEST

static bool parse(struct bank_policy *policy, const char *text, char **what)
{
    bank_policy_init(policy);
    return bank_policy_parse(policy, text, strlen(text), what);
}

START_TEST(texts_that_are_good)
{
    static const char text[] = "# all kinds of lines\n"
                               "\n"
                               "  TPIDR_EL0\tshared   # EL0's\r\n"
                               "x0-x3 private\n"
                               "X2 shared\n"
                               "DBGB?R1*_EL1 shared\n"
                               "q0 private\n"
                               "X17 corruptible\n"
                               "pir_EL1 shared\n"
                               "P* private\n"
                               "PC private";
    struct bank_policy policy;
    char *what = NULL;

    ck_assert_msg(!parse(&policy, text, &what), "P* is PSTATE and PC, too");
    ck_assert_str_eq(what, "line 10: PMCEID0_EL0: it cannot be private: it says what the processor "
                     "is, which is the same for all and cannot be written; leave it out");
    ck_assert_msg(class_of(&policy, "TPIDR_EL0") == BANK_PRIVATE, "nothing of it counts");
    g_clear_pointer(&what, g_free);
    ck_assert_msg(bank_policy_parse(&policy, text, (size_t)(strstr(text, "P*") - text), &what),
                  "%s", what);
    ck_assert_int_eq(class_of(&policy, "TPIDR_EL0"), BANK_SHARED);
    ck_assert_int_eq(class_of(&policy, "X0"), BANK_PRIVATE);
    ck_assert_int_eq(class_of(&policy, "X1"), BANK_PRIVATE);
    ck_assert_int_eq(class_of(&policy, "X2"), BANK_SHARED);
    ck_assert_int_eq(class_of(&policy, "X3"), BANK_PRIVATE);
    ck_assert_int_eq(class_of(&policy, "X4"), BANK_SHARED);
    ck_assert_int_eq(class_of(&policy, "X17"), BANK_CORRUPTIBLE);
    ck_assert_int_eq(class_of(&policy, "DBGBCR1_EL1"), BANK_SHARED);
    ck_assert_int_eq(class_of(&policy, "DBGBVR15_EL1"), BANK_SHARED);
    ck_assert_int_eq(class_of(&policy, "DBGBCR2_EL1"), BANK_PRIVATE);
    ck_assert_int_eq(class_of(&policy, "DBGWCR1_EL1"), BANK_PRIVATE);
    ck_assert_int_eq(class_of(&policy, "PIR_EL1"), BANK_SHARED);
}
END_TEST

START_TEST(texts_that_are_bad)
{
    static const struct {
        const char *text, *what;
    } rows[] = {
        {"X31 shared", "line 1: X31: no register"},
        {"\n#\nX1", "line 3: X1: give a register and its class"},
        {"X1 shared private", "line 1: X1: give a register and its class"},
        {"X1 Shared", "line 1: Shared: no class"},
        {"X1 constant", "line 1: X1: it cannot be constant: it can be written"},
        {"X5-X1 private", "line 1: X5: vtlemu banks lists it behind"},
        {"X1-X2-X3 private", "line 1: X1-X2-X3: a range has two ends"},
        {"- private", "line 1: : no register"},
        {"Y* private", "line 1: Y*: matches no register"},
        {"\x01\xff shared", "line 1: \\001\\377: only comments may have other characters"},
        {"#\nX5\xc2\xa0private", "line 2: X5\\302\\240private: only comments"},
        {"\xef\xbb\xbfX5 private", "line 1: \\357\\273\\277X5: only comments"},
        {"X5 priv\xc3\xa1te", "line 1: priv\\303\\241te: only comments"},
        {"X5 \x1b[31mprivate", "line 1: \\033[31mprivate: only comments"},
        {"*?\xfc private", "line 1: *?\\374: only comments"}, /* GLib's patterns abort */
        {"PC shared", "line 1: PC: it cannot be shared: it says where"},
        {"PSTATE corruptible", "line 1: PSTATE: it cannot be corruptible"},
        {"MIDR_EL1 shared", "line 1: MIDR_EL1: it cannot be shared: it says what the processor is"},
        {"CCSIDR_EL1 shared", "line 1: CCSIDR_EL1: it cannot be shared: it is read-only"},
        {"CNTV_CTL_EL0 shared", "line 1: CNTV_CTL_EL0: it cannot be shared: a timer of KVM's"},
        {"ICC_PMR_EL1 shared", "line 1: ICC_PMR_EL1: it cannot be shared: each VTL has a GIC"},
        {"PMCR_EL0 shared", "line 1: PMCR_EL0: it cannot be shared: guests have no PMU"},
        {"TRBPTR_EL1 shared", "line 1: TRBPTR_EL1: it cannot be shared: guests have no TRBE"},
        {"TPIDR2_EL0 shared", "line 1: TPIDR2_EL0: it cannot be shared: guests have no SME"},
        {"PMBPTR_EL1 corruptible", "line 1: PMBPTR_EL1: it cannot be corruptible"},
        {"SCTLR_EL1 corruptible", "line 1: SCTLR_EL1: it cannot be corruptible"},
        {"GuestOsId shared", "line 1: GuestOsId: a synthetic register"},
        {"Z3 shared\nQ3 private\nX0 private", "line 1: Z3: it cannot be shared while its low part"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *what = NULL;
        struct bank_policy policy, plain;

        bank_policy_init(&plain);
        ck_assert_msg(!parse(&policy, rows[i].text, &what), "%s", rows[i].text);
        ck_assert_msg(g_str_has_prefix(what, rows[i].what), "%s", what);
        ck_assert_msg(g_str_is_ascii(what) && !strpbrk(what, "\x1b\x7f\n"), "row %zu", i);
        ck_assert(bank_policy_same(&policy, &plain));
    }
}
END_TEST

START_TEST(texts_that_are_none)
{
    g_autofree char *large = g_strnfill(BANK_POLICY_TEXT_MAX + 1, '\n');
    g_autofree char *what = NULL, *again = NULL;
    struct bank_policy policy;

    bank_policy_init(&policy);
    ck_assert(!bank_policy_parse(&policy, large, BANK_POLICY_TEXT_MAX + 1, &what));
    ck_assert(bank_policy_parse(&policy, large, BANK_POLICY_TEXT_MAX, &what));
    ck_assert(!bank_policy_parse(&policy, "X1\0shared", 9, &again));
    ck_assert_msg(strstr(again, "no policy") != NULL, "%s", again);
}
END_TEST

/* What the specification says of a register may always be said, whether it can be seen to or not. */
START_TEST(what_is_so_anyway_may_be_said)
{
    for (size_t i = 0; i < bank_row_count(); i++) {
        struct bank_row row = bank_row(i);

        ck_assert_ptr_null(bank_policy_problem(i, row.class));
        if (row.class != BANK_CONSTANT)
            ck_assert_msg(!bank_policy_problem(i, BANK_PRIVATE), "%s", row.name);
        else
            ck_assert_msg(bank_policy_problem(i, BANK_PRIVATE) != NULL, "%s", row.name);
    }
}
END_TEST

START_TEST(files)
{
    g_autofree char *folder = g_dir_make_tmp("policy-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "p", NULL);
    g_autoptr(GError) missing = NULL, wrong = NULL;
    struct bank_policy policy;

    ck_assert(!policy_choose(path, &policy, &missing));
    ck_assert_msg(g_str_has_prefix(missing->message, "--bank-policy /") &&
                      strstr(missing->message, ", and no policy has that name; give a file, or one "
                                               "of tlfs, linux, spe-private"),
                  "%s", missing->message);
    ck_assert(g_file_set_contents(path, "X5 private\nX6 prviate\n", -1, NULL));
    ck_assert(!policy_choose(path, &policy, &wrong));
    ck_assert_msg(g_str_has_prefix(wrong->message, "--bank-policy /") &&
                      strstr(wrong->message, "/p: line 2: prviate: no class; say shared"),
                  "%s", wrong->message);
    ck_assert(g_file_set_contents(path, "# T\xc3\xbcr, \xff\nX5 private\n", -1, NULL));
    ck_assert(policy_choose(path, &policy, NULL));
    ck_assert_int_eq(class_of(&policy, "X5"), BANK_PRIVATE);
    ck_assert(g_file_set_contents(path, "", 0, NULL));
    ck_assert(policy_choose(path, &policy, NULL));
    g_unlink(path);
    g_rmdir(folder);
}
END_TEST

/* Exits with 9 if the help lacks one. */
static void look_at_help(const char *text)
{
    static const char *const shown[] = {
        "vtlemu banks --bank-policy spe-private", "echo 'TPIDR_EL0 shared' > mine.txt",
        "vtlemu run --bank-policy mine.txt", "--poison=unspecified", "tlfs: ", "linux: ",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        if (!strstr(text, shown[i]))
            _exit(9);
}

/* It ends the program. */
START_TEST(help_teaches)
{
    char *argv[] = {"banks", "--help", NULL};
    pid_t child = fork();
    int status;

    if (child == 0) {
        g_set_print_handler(look_at_help);
        _exit(banks_main(2, argv));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

static void check_text(const char *which, const struct bank_policy *policy, const char *text)
{
    g_autofree char *is = policy_text(which, policy);

    ck_assert_str_eq(is, text);
}

/* For who wants to know later which one it was. */
START_TEST(names)
{
    struct bank_policy policy;
    char *what = NULL;

    for (size_t i = 0; bank_policy_ready_name(i); i++) {
        const char *name = bank_policy_ready_name(i);

        ck_assert(policy_choose(name, &policy, NULL));
        check_text(name, &policy, name);
        check_text(NULL, &policy, name);
    }
    ck_assert(policy_choose(NULL, &policy, NULL));
    check_text(NULL, &policy, "tlfs");
    ck_assert(parse(&policy, "X5 private", &what));
    check_text("some/file", &policy, "some/file");
    check_text(NULL, &policy, "of the machine that goes on");
}
END_TEST

/* Hypercalls see the bank as the policy has it: a shared register is in the hands of who runs. */
START_TEST(hypercalls_obey)
{
    const uint32_t x29 = 0x0002001d, x5 = 0x00020005;
    struct memory_partition *machine = memory_partition_new(0x5, 2);
    struct vtl_vp *vp = &machine->core->vps[0];
    struct hv_u128 value;

    for (unsigned vtl = 0; vtl <= 2; vtl += 2) {
        machine->registers[0][vtl][bank_row_find("X29")].low = 100 + vtl;
        machine->registers[0][vtl][bank_row_find("X5")].low = 200 + vtl;
    }
    ck_assert_int_eq(hv_register_get(vp, 0, x29, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, 100);
    ck_assert_int_eq(hv_register_get(vp, 0, x5, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, 202);
    vp->partition->policy.class[bank_row_find("X29")] = BANK_SHARED;
    vp->partition->policy.class[bank_row_find("X5")] = BANK_PRIVATE;
    ck_assert_int_eq(hv_register_get(vp, 0, x29, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, 102);
    ck_assert_int_eq(hv_register_get(vp, 0, x5, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, 200);
    memory_partition_free(machine);
}
END_TEST

START_TEST(verdicts)
{
    static const struct {
        const char *name, *text;
        enum banks_state state;
        enum banks_verdict verdict;
    } rows[] = {
        {"X29", "X29 shared", BANKS_WRITABLE, BANKS_YES},
        {"X29", "", BANKS_WRITABLE, BANKS_YES},
        {"PIR_EL1", "PIR_EL1 shared", BANKS_NOTHING, BANKS_NO},
        {"PIR_EL1", "PIR_EL1 shared", BANKS_READ_ONLY, BANKS_NO},
        {"PIR_EL1", "PIR_EL1 private", BANKS_NOTHING, BANKS_NONE},
        {"PMBPTR_EL1", "", BANKS_NOTHING, BANKS_NONE},
        {"PMBPTR_EL1", "PMBPTR_EL1 private", BANKS_NOTHING, BANKS_NONE},
        {"MIDR_EL1", "", BANKS_READ_ONLY, BANKS_YES},
        {"ICC_PMR_EL1", "", BANKS_NOTHING, BANKS_YES},
        {"Z1", "Z1 shared", BANKS_NOTHING, BANKS_NO},
        {"Z1", "", BANKS_NOTHING, BANKS_NONE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct banks_host host = {.known = true};
        int row = bank_row_find(rows[i].name);
        struct bank_policy policy;
        const char *how;

        bank_policy_init(&policy);
        ck_assert(bank_policy_parse(&policy, rows[i].text, strlen(rows[i].text), NULL));
        host.state[row] = (uint8_t)rows[i].state;
        ck_assert_msg(banks_judge(&host, &policy, (size_t)row, &how) == rows[i].verdict, "row %zu",
                      i);
        ck_assert_ptr_nonnull(how);
        host.known = false;
        ck_assert_int_eq(banks_judge(&host, &policy, (size_t)row, &how), BANKS_UNKNOWN);
    }
}
END_TEST

UNIT_MAIN("policy", rows_have_one_name_and_one_encoding, synthetic_registers_have_scopes,
          ready_made_policies, texts_that_are_good, texts_that_are_bad, texts_that_are_none,
          what_is_so_anyway_may_be_said, files, names, help_teaches, hypercalls_obey, verdicts)
