/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace file: a line an event, "SECONDS vpN vtlN EVENT DETAILS". Each line is of a kind, and
 * whoever reads the file chooses which kinds it has.
 */
#ifndef EMU_TRACE_H
#define EMU_TRACE_H

#include <glib.h>
#include <stdbool.h>

struct trace;

enum trace_kind {
    TRACE_EXIT,      /* exits from the guest, accesses where nothing is */
    TRACE_DEVICE,    /* accesses to our devices, and the exits for them */
    TRACE_CALL,      /* hypercalls and other SMCCC calls, their results; undefined HVCs */
    TRACE_SWITCH,    /* from one VTL to another */
    TRACE_INTERCEPT, /* messages to a higher VTL */
    TRACE_PROTECT,   /* accesses to protected pages: denied, stepped, carried out */
    TRACE_VISIT,     /* a VP at another one's registers */
    TRACE_INTERRUPT, /* for a VTL that does not run */
    TRACE_KINDS
};
#define TRACE_ALL ((1u << TRACE_KINDS) - 1)

/*
 * A list such as "switch,call" (these) or "-device" (all but this), as a set of 1u << kind. False
 * if it is none; then *@bad is the word that is wrong, to be freed.
 */
bool trace_parse_kinds(const char *text, unsigned *kinds, char **bad);
/* The words that such a list is made of, "exit, device, ..."; to be freed. */
char *trace_kind_names(void);

/* Of lines whose kind is in the set @kinds. NULL with @error if @path cannot be written. */
struct trace *trace_open(const char *path, unsigned kinds, GError **error);

/* Writes what is left, for which trace_close() need not wait any more then. NULL is fine. */
void trace_flush(struct trace *trace);

/* To ask whether there is room for more; -1 without a trace. */
int trace_descriptor(const struct trace *trace);

/* NULL is fine. False if lines were lost because writing failed. */
bool trace_close(struct trace *trace);

/* Will a line of that kind be written? For what costs something to find out. NULL is fine. */
bool trace_wants(const struct trace *trace, enum trace_kind kind);

/* Writes a line if trace_wants() it. From any thread. */
void trace_line(struct trace *trace, enum trace_kind kind, unsigned vp, unsigned vtl,
                const char *format, ...) G_GNUC_PRINTF(5, 6);

#endif
