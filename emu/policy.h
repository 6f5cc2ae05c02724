/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bank policy (vtl/bank-policy.h) the user has chosen, and whether this host can obey it. */
#ifndef EMU_POLICY_H
#define EMU_POLICY_H

#include <glib.h>
#include <stdbool.h>

#include "vtl/bank-policy.h"

struct machine;

/*
 * @which is the name of a ready-made policy, or a file; NULL: the specification as written. False
 * with @error, which names the option, the file, the line and what would be right; @policy is what
 * the specification says then.
 */
bool policy_choose(const char *which, struct bank_policy *policy, GError **error);

/*
 * What to call @policy, which @which has chosen, as above. Without, a machine that goes on has
 * brought it: the name of a ready-made one, or words. For the caller to free.
 */
char *policy_text(const char *which, const struct bank_policy *policy);

/*
 * Can the machine, which has its vCPUs and has not run, carry over what its policy shares beside
 * what the specification does, and damage what it has damaged? False with @error, which names a
 * register that KVM does not have here.
 */
bool policy_check(struct machine *machine, GError **error);

#endif
