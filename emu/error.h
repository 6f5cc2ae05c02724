/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors that reach the user, and the exit status each stands for.
 */
#ifndef EMU_ERROR_H
#define EMU_ERROR_H

#include <glib.h>

enum emu_exit_status {
    EMU_EXIT_OK = 0,            /* the guest powered off */
    EMU_EXIT_USAGE = 1,         /* usage or set-up error */
    EMU_EXIT_GUEST_CRASHED = 2, /* the guest crashed or reported a failure */
    EMU_EXIT_INTERNAL = 3,      /* vtlemu's own failure */
    EMU_EXIT_NO = 4,            /* fw-regs can-migrate: the guest cannot go there */
    EMU_EXIT_STRICT = 5,        /* run --strict: the guest has violated a rule */
    EMU_EXIT_TIMEOUT = 124,     /* as timeout(1) */
    EMU_EXIT_SIGNAL = 128,      /* plus the signal's number */
};

enum emu_error {
    EMU_ERROR_USAGE,    /* command line */
    EMU_ERROR_SETUP,    /* host or image not fit for what was asked */
    EMU_ERROR_INTERNAL, /* KVM or vtlemu failed */
};

#define EMU_ERROR (emu_error_quark())
GQuark emu_error_quark(void);

/* g_set_error() in our domain. */
#define emu_set_error(error, code, ...) g_set_error((error), EMU_ERROR, (code), __VA_ARGS__)

/* The exit status that an error stands for; errors of other domains are set-up errors. */
int emu_error_exit_status(const GError *error);

#endif
