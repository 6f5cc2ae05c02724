/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vtlemu probe`: what this host offers, what is missing, and how to get it.
 *
 * probe.c prints facts; probe-kvm.c finds those of KVM and is built for arm64 only.
 */
#ifndef EMU_PROBE_H
#define EMU_PROBE_H

#include <glib.h>
#include <stdbool.h>

enum probe_state {
    PROBE_OK,
    PROBE_MISSING, /* vtlemu does not run without it */
    PROBE_LACKING, /* vtlemu runs, but something is slower or less exact */
    PROBE_FACT,    /* neither good nor bad */
};

struct probe_result {
    enum probe_state state;
    const char *name;
    char *value;        /* owned; what was found */
    const char *remedy; /* NULL if there is none to give */
};

/* Adds a fact to @results, an array of struct probe_result. Takes @value over. */
void probe_add(GArray *results, enum probe_state state, const char *name, char *value,
               const char *remedy);

/* Facts about KVM, /dev/kvm included. */
void probe_kvm(GArray *results);

/* argv[0] is "probe". Returns 0 if vtlemu can run here, 1 if not. */
int probe_main(int argc, char **argv);

#endif
