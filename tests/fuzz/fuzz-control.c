/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of the control socket: emu/control-line.c. The input: the line. */
#include "emu/control.h"
#include "tests/fuzz/fuzz.h"

/* What control.h promises of a request that is accepted. */
static void check_request(const struct control_request *request)
{
    FUZZ_CHECK(request->command < CONTROL_COMMANDS);
    FUZZ_CHECK(!request->file == (request->command != CONTROL_SNAPSHOT));
    FUZZ_CHECK(!request->to == (request->command != CONTROL_MIGRATE));
    FUZZ_CHECK(request->downtime >= 0 &&
               (!request->downtime || request->command == CONTROL_MIGRATE));
    FUZZ_CHECK(!request->file || (*request->file && g_utf8_validate(request->file, -1, NULL)));
    FUZZ_CHECK(!request->to || (*request->to && g_utf8_validate(request->to, -1, NULL)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *line = g_memdup2(size ? (const void *)data : "", size ? size : 1);
    g_autoptr(GError) error = NULL;
    struct control_request request;
    bool good = control_parse(line, size, &request, &error);

    FUZZ_CHECK(good == !error);
    FUZZ_CHECK(good || g_utf8_validate(error->message, -1, NULL));
    if (!good)
        return 0;
    check_request(&request);
    control_request_clear(&request);
    return 0;
}
