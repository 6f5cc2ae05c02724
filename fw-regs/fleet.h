/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which hosts can a guest go to? Comparisons of manifests: what several hosts can all hold, what two
 * documents differ in, and what keeps a guest from a host. Pure functions.
 *
 * A document may not tell of everything: a report says what was compared, too.
 */
#ifndef FW_REGS_FLEET_H
#define FW_REGS_FLEET_H

#include <glib.h>
#include <stdbool.h>

#include "fw-regs/manifest.h"

/* Something that differs, or is in the way; texts are printable and owned. */
struct fleet_finding {
    enum manifest_part part;
    char *what;
    char *remedy; /* what can be done, naming the option if there is one; NULL: a mere difference */
};

struct fleet_report {
    GPtrArray *findings;  /* of struct fleet_finding */
    unsigned compared;    /* set of enum manifest_part */
    unsigned lacking[2];  /* of the others: those that the first, or the second, does not tell of */
};

void fleet_report_free(struct fleet_report *report);
typedef struct fleet_report fleet_report_auto; /* for g_autoptr() */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fleet_report_auto, fleet_report_free)

/*
 * What keeps a guest from a host: nothing, if there are no findings. @guest may be a host's document,
 * or a common one: then it is a guest that is started there with nothing else said, which has no
 * SVE; @host is not a guest's.
 */
struct fleet_report *fleet_can_migrate(const struct manifest *guest, const struct manifest *host);

/* What two documents differ in. */
struct fleet_report *fleet_diff(const struct manifest *one, const struct manifest *other);

/*
 * The most that a guest can have on each of @count hosts, 1 or more. A part that one of them does
 * not tell of is left out. @report, which the caller frees, has what no election makes equal, and
 * what was not compared, in lacking[0].
 */
struct manifest *fleet_common(const struct manifest *const *hosts, size_t count,
                              struct fleet_report **report);

/* For people, with a newline after each line; the caller frees it. */
char *fleet_findings_text(const struct fleet_report *report);
/* "firmware registers, GIC": the parts in the set, or "nothing". The caller frees it. */
char *fleet_parts_text(unsigned parts);

#endif
