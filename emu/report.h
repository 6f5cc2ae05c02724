/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest has used of the interface, of all that there is, and which rules it has kept: text
 * for people, JSON for scripts. doc/strict.md describes both.
 */
#ifndef EMU_REPORT_H
#define EMU_REPORT_H

#include <glib.h>
#include <stdbool.h>

#include "vtl/audit.h"

/* What does not come from the audit. */
struct report_run {
    const char *call_abi, *return_abi; /* as --vtl-call-abi and --vtl-return-abi have them */
    const char *policy;   /* a bank policy's name, or its file */
    const char *poison;   /* poison_level_name() */
    const char *end;      /* why the run ended, in a few words */
    int status;           /* its exit status */
    const char *const *switch_names; /* of kinds of switches; */
    const uint64_t *switches;        /* how many there were of each, */
    size_t switch_count;             /* and so many kinds */
};

/* For the caller to free. */
char *report_to_text(const struct vtl_audit *audit, const struct report_run *run);
char *report_to_json(const struct vtl_audit *audit, const struct report_run *run);

/* Is a file of that name to be JSON? */
bool report_is_json(const char *path);

#endif
