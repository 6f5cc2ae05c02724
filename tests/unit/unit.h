/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all unit tests share: each is a table of test functions and this main(). */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

/* A test that hangs ends by this; a busy, emulated machine with sanitizers must not. */
#define UNIT_TIMEOUT_S 30

/* Runs @suite; returns main()'s status. */
static inline int unit_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Adds @tests to @suite; each runs between @set_up and @tear_down, which may be NULL. */
static inline void unit_add(Suite *suite, void (*set_up)(void), void (*tear_down)(void),
                            const TTest *const *tests, size_t count)
{
    TCase *cases = tcase_create("tests");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(cases, tests[i]);
    tcase_set_timeout(cases, UNIT_TIMEOUT_S);
    suite_add_tcase(suite, cases);
}

#define UNIT_MAIN_WITH(name, set_up, tear_down, ...)                                               \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        Suite *suite = suite_create(name);                                                         \
                                                                                                   \
        unit_add(suite, set_up, tear_down, tests, sizeof(tests) / sizeof(tests[0]));               \
        return unit_run(suite);                                                                    \
    }

#define UNIT_MAIN(name, ...) UNIT_MAIN_WITH(name, NULL, NULL, __VA_ARGS__)

#endif
