/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bank policies: vtl/bank-policy.c. The input is the file. */
#include "vtl/bank-policy.h"

#include <glib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* A policy as a text of its own, a line a register. */
static char *write_out(const struct bank_policy *policy)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < bank_row_count(); i++)
        g_string_append_printf(text, "%s %s\n", bank_row(i).name,
                               bank_class_name(bank_policy_class(policy, i)));
    return g_string_free(text, FALSE);
}

/* What was accepted can be, and is said again with the same effect. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *what = NULL, *text = NULL;
    struct bank_policy policy, plain, again;
    bool good;

    bank_policy_init(&policy);
    bank_policy_init(&plain);
    bank_policy_init(&again);
    good = bank_policy_parse(&policy, (const char *)data, size, &what);
    FUZZ_CHECK(good == !what);
    FUZZ_CHECK(good || bank_policy_same(&policy, &plain));
    for (size_t i = 0; i < bank_row_count(); i++)
        FUZZ_CHECK(!bank_policy_problem(i, bank_policy_class(&policy, i)));
    text = write_out(&policy);
    FUZZ_CHECK(bank_policy_parse(&again, text, strlen(text), &what));
    FUZZ_CHECK(bank_policy_same(&policy, &again));
    return 0;
}
