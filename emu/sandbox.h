/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work on data that is not trusted, in a child process that can do nothing but compute: whatever
 * goes wrong there, this process gets a result or an error.
 *
 * The child has a seccomp filter that lets it end and nothing else, no open files, no new
 * privileges, and 120 seconds of processor time. It dies with the thread that waits for it. It
 * sees a copy of this process's memory; of what it writes, only sandbox memory is seen here.
 * Guest memory and KVM's are mapped with MADV_DONTFORK, so that they are not there at all.
 */
#ifndef EMU_SANDBOX_H
#define EMU_SANDBOX_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Zeroed memory that a child shares; costs what of it is touched. NULL with @error, which begins
 * with @name. For sandbox_memory_free().
 */
void *sandbox_memory_new(size_t size, const char *name, GError **error);
void sandbox_memory_free(void *memory, size_t size);
/* From now on nobody can change it, nor can children to come. */
void sandbox_memory_seal(void *memory, size_t size);

/*
 * Calls @work(@context) in a child and waits for its end; any thread may. @work makes no system
 * calls and takes no locks, hence allocates nothing. True: it has come to its end, but what it has
 * written is still not trusted. False with @error, which begins with @name.
 */
bool sandbox_run(void (*work)(void *context), void *context, const char *name, GError **error);

/*
 * Ends the child that runs, and from now on every one that is started, so that whoever waits for
 * one gets an error soon: for the end of a run. From any thread; needs Linux 5.3, and does nothing
 * without.
 */
void sandbox_cancel(void);

/*
 * From now on sandbox_run() calls @work in this process: for fuzzers, which see only their own.
 */
void sandbox_disable(void);

#endif
