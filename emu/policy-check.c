/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether KVM can obey a bank policy: see policy.h. */
#include <errno.h>

#include "emu/error.h"
#include "emu/machine.h"
#include "emu/policy.h"

static const char *explain(const struct machine *machine, const struct bank_row *row, int result)
{
    if (row->group == BANK_SVE && !machine->sve_lengths)
        return "guests have no SVE; give --sve on, or leave the register out";
    return result == -ENOENT ? "KVM has no such register for guests here; leave it out"
                             : "KVM does not let it be written here; leave it out";
}

static bool check_row(struct machine *machine, size_t index, GError **error)
{
    const struct bank_policy *policy = &machine->options->policy;
    enum bank_class class = bank_policy_class(policy, index);
    struct bank_row row = bank_row(index);
    int result;

    if (!bank_policy_changes(policy, index) ||
        (class != BANK_SHARED && class != BANK_CORRUPTIBLE))
        return true;
    result = vcpu_try_row(&machine->vps[0].level[0].vcpu, index);
    if (result < 0)
        emu_set_error(error, EMU_ERROR_SETUP, "--bank-policy: %s cannot be %s: %s", row.name,
                      bank_class_name(class), explain(machine, &row, result));
    return result == 0;
}

bool policy_check(struct machine *machine, GError **error)
{
    for (size_t i = 0; i < bank_row_count(); i++)
        if (!check_row(machine, i, error))
            return false;
    return true;
}
