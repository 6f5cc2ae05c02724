/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vtlemu banks`: every register, whether the VTLs of a VP share it, who says so, and whether this
 * host can see to that.
 *
 * banks.c judges and prints; banks-kvm.c finds what KVM has and is built for arm64 only.
 */
#ifndef EMU_BANKS_H
#define EMU_BANKS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "vtl/bank-policy.h"

/* What this host's KVM has of a row of bank-rows.h. */
enum banks_state {
    BANKS_NOTHING,
    BANKS_READ_ONLY,
    BANKS_WRITABLE,
};

struct banks_host {
    bool known; /* false: there is no KVM, and nothing below says anything */
    uint8_t state[BANK_ROWS_MAX]; /* enum banks_state */
    uint16_t *more;    /* owned: BANK_ENCODING()s of system registers that KVM has, and no row */
    size_t more_count;
};

/*
 * Asks KVM, with SVE if it has that. False with @error if there is one, but it does not answer;
 * where there is none, @host says so. @host is to be cleared.
 */
bool banks_probe(struct banks_host *host, GError **error);
void banks_host_clear(struct banks_host *host);

/* Can the host do what a policy says of a row? */
enum banks_verdict {
    BANKS_YES,
    BANKS_NONE, /* no guest here has anything of it, so that no policy could be broken */
    BANKS_NO,   /* a run with this policy is refused */
    BANKS_UNKNOWN,
};

/* @how, constant text, tells why; by row of bank-rows.h. */
enum banks_verdict banks_judge(const struct banks_host *host, const struct bank_policy *policy,
                               size_t row, const char **how);

/* argv[0] is "banks". Returns an exit status of emu/error.h. */
int banks_main(int argc, char **argv);

#endif
