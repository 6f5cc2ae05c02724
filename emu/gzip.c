/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacking by zlib: see gzip.h. */
#include "emu/gzip.h"

#include <zlib.h>

#include "emu/error.h"
#include "emu/layout.h"

#define CHUNK (1u * MIB)
#define WINDOW (15 + 16) /* zlib.h, inflateInit2: the largest window; 16 selects gzip */
#define MAGIC_0 0x1f     /* RFC 1952, 2.3.1 */
#define MAGIC_1 0x8b

bool gzip_is(GBytes *file)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    return size >= 2 && data[0] == MAGIC_0 && data[1] == MAGIC_1;
}

/* Stops right behind @limit, so that a decompression bomb costs no more than that. */
static bool inflate_all(z_stream *stream, GByteArray *out, gsize limit)
{
    int result = Z_OK;

    while (result == Z_OK && out->len <= limit) {
        guint done = out->len;

        g_byte_array_set_size(out, done + CHUNK);
        stream->next_out = out->data + done;
        stream->avail_out = CHUNK;
        result = inflate(stream, Z_NO_FLUSH);
        g_byte_array_set_size(out, done + CHUNK - stream->avail_out);
    }
    return result == Z_STREAM_END;
}

GBytes *gzip_unpack(GBytes *file, const char *name, gsize limit, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(file, &size);
    z_stream stream = {.next_in = (uint8_t *)data, .avail_in = (uInt)MIN(size, G_MAXUINT)};
    g_autoptr(GByteArray) out = g_byte_array_new();
    bool whole;

    if (inflateInit2(&stream, WINDOW) != Z_OK) {
        emu_set_error(error, EMU_ERROR_INTERNAL, "%s: cannot be unpacked: zlib does not start",
                      name);
        return NULL;
    }
    whole = inflate_all(&stream, out, limit);
    inflateEnd(&stream);
    if (whole && out->len <= limit)
        return g_byte_array_free_to_bytes(g_steal_pointer(&out));
    if (out->len > limit)
        emu_set_error(error, EMU_ERROR_SETUP,
                      "%s: larger than %" G_GSIZE_FORMAT " MiB when unpacked; is this a kernel? If so, give "
                      "more --memory",
                      name, limit / (gsize)MIB);
    else
        emu_set_error(error, EMU_ERROR_SETUP,
                      "%s: a damaged or truncated gzip file; copy or build it again", name);
    return NULL;
}
