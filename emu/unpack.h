/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacking of compressed data that is not trusted, in a sandbox (sandbox.h): neither a fault of
 * zlib or libzstd nor a decompression bomb hurts this process.
 */
#ifndef EMU_UNPACK_H
#define EMU_UNPACK_H

#include <glib.h>
#include <stdint.h>

enum unpack_method {
    UNPACK_GZIP, /* RFC 1952 */
    UNPACK_ZSTD, /* RFC 8878 */
};

/*
 * What is packed in @data, at most @limit bytes. What follows the first gzip member or zstd frame
 * is ignored. NULL with @error, which begins with @name: damaged, truncated or too large.
 */
GBytes *unpack(enum unpack_method method, const uint8_t *data, size_t size, uint64_t limit,
               const char *name, GError **error);

#endif
