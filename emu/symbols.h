/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for addresses of a guest's code: from the symbol table of an ELF file, or from text as in
 * Linux' System.map and /proc/kallsyms. The files are not trusted.
 */
#ifndef EMU_SYMBOLS_H
#define EMU_SYMBOLS_H

#include <glib.h>
#include <stdint.h>

/* More than Linux has with debugging information, and than vtlemu would like to sort. */
#define SYMBOLS_FILE_MAX (UINT64_C(1) << 30)
#define SYMBOLS_MAX 4000000u

struct symbols;

/*
 * Those of functions in @content; addresses are those of the file, so that the guest's code must
 * lie where it was linked for. NULL with @error, which begins with @name, if there are none.
 */
struct symbols *symbols_parse(GBytes *content, const char *name, GError **error);
/* The same of a file; errors begin with @option and the path. */
struct symbols *symbols_read(const char *option, const char *path, GError **error);
void symbols_free(struct symbols *symbols);

size_t symbols_count(const struct symbols *symbols);

/*
 * "name+0x10", of printable ASCII, for the caller to free. NULL: the address is in no function, or
 * @symbols is NULL.
 */
char *symbols_at(const struct symbols *symbols, uint64_t address);

#endif
