/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts, and the end of the run. */
#include "tests/guest/console.h"
#include "tests/guest/guest.h"

/* A check in a loop that always fails must not fill the console for minutes. */
#define MAX_FAILURES_SHOWN 20

static volatile unsigned failures[GUEST_MAX_VPS]; /* each VP counts its own */

unsigned report_failures(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < GUEST_MAX_VPS; i++)
        sum += failures[i];
    return sum;
}

static void send_verdict(const char *verdict, const char *format, va_list arguments)
{
    struct text text = {.length = 0};

    text_add(&text, "vtl%lu", guest_vtl);
    if (guest_vp())
        text_add(&text, " vp%u", guest_vp());
    text_add(&text, ": %s: ", verdict);
    text_add_list(&text, format, arguments);
    text_add(&text, "\n");
    console_send(&text);
}

static void fail(const char *format, va_list arguments)
{
    if (failures[guest_vp()]++ < MAX_FAILURES_SHOWN)
        send_verdict("FAIL", format, arguments);
}

bool report(bool good, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (good)
        send_verdict("PASS", format, arguments);
    else
        fail(format, arguments);
    va_end(arguments);
    return good;
}

bool check(bool good, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (!good)
        fail(format, arguments);
    va_end(arguments);
    return good;
}

void finish(void)
{
    volatile uint32_t *exit_register = (volatile uint32_t *)(uintptr_t)TEST_DEVICE_BASE;
    unsigned failed = report_failures();

    if (failed)
        print("vtl%lu: %u failed\n", guest_vtl, failed);
    else
        print("vtl%lu: all good\n", guest_vtl);
    *exit_register = failed;
    /* A machine without the test device ends here. */
    psci(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;)
        wait_for_interrupt();
}
