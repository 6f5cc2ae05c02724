/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest RAM in sections of a snapshot: see snapshot-pages.h. */
#include "emu/snapshot-pages.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "emu/error.h"
#include "vtl/codec.h"
#include "vtl/guest-copy.h"

enum content {
    CONTENT_ZERO, /* nothing follows */
    CONTENT_DATA,
    CONTENTS
};

static bool is_zero(const uint8_t *page)
{
    uint64_t words[4];

    for (size_t i = 0; i < SNAPSHOT_PAGE_SIZE; i += sizeof(words)) {
        memcpy(words, page + i, sizeof(words));
        if (words[0] | words[1] | words[2] | words[3])
            return false;
    }
    return true;
}

static bool write_run(struct snapshot_writer *writer, uint64_t first, uint32_t count,
                      enum content content, const uint8_t *bytes, GError **error)
{
    g_autoptr(GByteArray) header = g_byte_array_new();
    struct codec_writer codec = {header};

    codec_write_u64(&codec, first);
    codec_write_u32(&codec, count);
    codec_write_u32(&codec, content);
    return snapshot_write_two(writer, SNAPSHOT_PAGES, header->data, header->len, bytes,
                              content == CONTENT_DATA ? (size_t)count * SNAPSHOT_PAGE_SIZE : 0,
                              error);
}

/* Of @count pages, how many from @first on are like that one? */
static uint32_t count_alike(const uint8_t *bytes, uint32_t first, uint32_t count, bool zero)
{
    uint32_t end = first + 1;

    while (end < count && is_zero(bytes + (size_t)end * SNAPSHOT_PAGE_SIZE) == zero)
        end++;
    return end - first;
}

/* A copy, as the guest may change it between looking and writing. */
static bool write_chunk(struct snapshot_writer *writer, uint64_t first, const uint8_t *bytes,
                        uint32_t count, bool all, GError **error)
{
    for (uint32_t i = 0, run; i < count; i += run) {
        const uint8_t *page = bytes + (size_t)i * SNAPSHOT_PAGE_SIZE;
        bool zero = is_zero(page);

        run = count_alike(bytes, i, count, zero);
        if ((!zero || all) &&
            !write_run(writer, first + i, run, zero ? CONTENT_ZERO : CONTENT_DATA, page, error))
            return false;
    }
    return true;
}

bool snapshot_write_pages(struct snapshot_writer *writer, const struct memory *memory,
                          uint64_t first, uint64_t count, bool all, GError **error)
{
    g_autofree uint8_t *copy = g_malloc((size_t)SNAPSHOT_PAGES_MAX * SNAPSHOT_PAGE_SIZE);

    while (count > 0) {
        uint32_t chunk = (uint32_t)MIN(count, SNAPSHOT_PAGES_MAX);

        guest_copy_in(copy, memory->host + first * SNAPSHOT_PAGE_SIZE,
                      (size_t)chunk * SNAPSHOT_PAGE_SIZE);
        if (!write_chunk(writer, first, copy, chunk, all, error))
            return false;
        first += chunk;
        count -= chunk;
    }
    return true;
}

/* The next stretch of the file from @offset on that is no hole; false: there is none. */
static bool find_data(const struct memory *memory, uint64_t offset, uint64_t *begin, uint64_t *end)
{
    off_t data = lseek(memory->fd, (off_t)offset, SEEK_DATA), hole;

    if (data < 0 && errno == ENXIO)
        return false;
    /* Files that know no holes are all data. */
    hole = data < 0 ? -1 : lseek(memory->fd, data, SEEK_HOLE);
    *begin = data < 0 ? offset : (uint64_t)data;
    *end = hole < 0 ? memory->size : MIN((uint64_t)hole, memory->size);
    return *begin < memory->size;
}

bool snapshot_write_ram(struct snapshot_writer *writer, const struct memory *memory,
                        bool (*is_over)(void *context), void *context, GError **error)
{
    const uint64_t chunk = (uint64_t)SNAPSHOT_PAGES_MAX * SNAPSHOT_PAGE_SIZE;
    uint64_t begin, end = 0;

    while (end < memory->size && find_data(memory, end, &begin, &end)) {
        begin -= begin % SNAPSHOT_PAGE_SIZE;
        for (; begin < end; begin += chunk) {
            uint64_t size = MIN(chunk, end - begin);

            if (is_over && is_over(context)) {
                emu_set_error(error, EMU_ERROR_SETUP, "given up: the run has ended, or nobody waits for it any more");
                return false;
            }
            if (!snapshot_write_pages(writer, memory, begin / SNAPSHOT_PAGE_SIZE,
                                      (size + SNAPSHOT_PAGE_SIZE - 1) / SNAPSHOT_PAGE_SIZE, false,
                                      error))
                return false;
        }
    }
    return true;
}

/* Pages that are zero may be holes, and stay so. */
static void clear_pages(uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!is_zero(bytes + (size_t)i * SNAPSHOT_PAGE_SIZE))
            memset(bytes + (size_t)i * SNAPSHOT_PAGE_SIZE, 0, SNAPSHOT_PAGE_SIZE);
}

bool snapshot_take_pages(const struct snapshot_section *section, struct memory *memory,
                         GError **error)
{
    uint64_t pages = memory->size / SNAPSHOT_PAGE_SIZE, first;
    struct codec_reader codec;
    const uint8_t *bytes = NULL;
    uint32_t count, content;

    codec_begin(&codec, section->bytes, section->size);
    codec_at(&codec, "guest memory");
    first = codec_read_u64(&codec, "first page");
    codec_require(&codec, first < pages, "first page", first, "must be in RAM");
    count = codec_read_count(&codec, "number of pages", SNAPSHOT_PAGES_MAX);
    codec_require(&codec, first >= pages || count <= pages - first, "number of pages", count,
                  "must end in RAM");
    content = codec_read_count(&codec, "content", CONTENTS - 1);
    if (codec_is_good(&codec) && content == CONTENT_DATA)
        bytes = codec_take(&codec, "content", (size_t)count * SNAPSHOT_PAGE_SIZE);
    if (!codec_end(&codec, error))
        return false;
    if (bytes)
        memcpy(memory->host + first * SNAPSHOT_PAGE_SIZE, bytes, (size_t)count * SNAPSHOT_PAGE_SIZE);
    else
        clear_pages(memory->host + first * SNAPSHOT_PAGE_SIZE, count);
    return true;
}
