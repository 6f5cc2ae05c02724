/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bank policy: for each register the class that it has in a partition (bank.h). By itself that is
 * what bank_table says, the specification as written; a text changes it, to find out what would be
 * if the interface said otherwise. doc/register-banks.md has the format:
 *
 *   # comment
 *   NAME CLASS
 *
 * NAME is a register, a range of neighbours (X0-X17), or has * and ? for any characters; CLASS is
 * shared, private, corruptible or unspecified. Later lines change what earlier ones have said.
 */
#ifndef VTL_BANK_POLICY_H
#define VTL_BANK_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vtl/bank-rows.h"

/* A text may have so many bytes. */
#define BANK_POLICY_TEXT_MAX 65536u

struct bank_policy {
    uint8_t class[BANK_ROWS_MAX]; /* enum bank_class, by row of bank-rows.h */
};

/* The specification as written. */
void bank_policy_init(struct bank_policy *policy);

/*
 * Changes @policy by @text of @size bytes, which may be anything. False: *@what, to be freed, says
 * which line and word is wrong, and what would be right; the policy is as it was.
 */
bool bank_policy_parse(struct bank_policy *policy, const char *text, size_t size, char **what);

/* The text of the ready-made policy of that name, or NULL; all names, from 0 on until NULL. */
const char *bank_policy_ready(const char *name);
const char *bank_policy_ready_name(size_t index);

/* Why the row cannot have the class, whatever the host; NULL: it can. */
const char *bank_policy_problem(size_t row, enum bank_class class);

/*
 * Why the classes of two rows contradict each other, although each could be; then *@row is the one
 * that cannot have its class. NULL: they do not.
 */
const char *bank_policy_contradiction(const struct bank_policy *policy, size_t *row);

/*
 * May a VTL call or return be a function (smccc/vtl-abi.h)? Its id and its result are in X0, and
 * doc/vtl-abi.md says whose X0 that is; no other class than the specification's agrees with it.
 */
bool bank_policy_allows_functions(const struct bank_policy *policy);

static inline enum bank_class bank_policy_class(const struct bank_policy *policy, size_t row)
{
    return (enum bank_class)policy->class[row];
}

/* Of @reg, a row of bank_table: for who has no time to look it up. */
static inline bool bank_policy_shares(const struct bank_policy *policy,
                                      const struct bank_register *reg)
{
    return policy->class[reg - bank_table] == BANK_SHARED;
}

bool bank_policy_same(const struct bank_policy *a, const struct bank_policy *b);

/* Does the row have another class than the specification says? */
bool bank_policy_changes(const struct bank_policy *policy, size_t row);

#endif
