/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of a bank policy: see policy.h. */
#include "emu/policy.h"

#include <string.h>

#include "emu/error.h"
#include "emu/file.h"

#define OPTION "--bank-policy "

static char *ready_names(void)
{
    GString *names = g_string_new(NULL);
    const char *name;

    for (size_t i = 0; (name = bank_policy_ready_name(i)); i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "", name);
    return g_string_free(names, FALSE);
}

static bool parse(const char *which, const char *text, size_t size, struct bank_policy *policy,
                  GError **error)
{
    g_autofree char *what = NULL;

    if (bank_policy_parse(policy, text, size, &what))
        return true;
    emu_set_error(error, EMU_ERROR_USAGE, OPTION "%s: %s", which, what);
    return false;
}

static bool parse_file(const char *path, struct bank_policy *policy, GError **error)
{
    g_autofree char *names = ready_names();
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) file = file_read(OPTION, path, BANK_POLICY_TEXT_MAX, &cause);
    const char *text;
    gsize size;

    if (!file) {
        emu_set_error(error, EMU_ERROR_USAGE, "%s, and no policy has that name; give a file, or one of "
                      "%s", cause->message, names);
        return false;
    }
    text = g_bytes_get_data(file, &size);
    return parse(path, text ? text : "", size, policy, error);
}

bool policy_choose(const char *which, struct bank_policy *policy, GError **error)
{
    const char *ready = which ? bank_policy_ready(which) : "";

    bank_policy_init(policy);
    return ready ? parse(which, ready, strlen(ready), policy, error)
                 : parse_file(which, policy, error);
}

static bool is_ready(const char *name, const struct bank_policy *policy)
{
    struct bank_policy ready;

    return policy_choose(name, &ready, NULL) && bank_policy_same(&ready, policy);
}

char *policy_text(const char *which, const struct bank_policy *policy)
{
    const char *name;

    if (which)
        return g_filename_display_name(which);
    for (size_t i = 0; (name = bank_policy_ready_name(i)); i++)
        if (is_ready(name, policy))
            return g_strdup(name);
    return g_strdup("of the machine that goes on");
}
