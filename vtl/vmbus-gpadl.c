/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPADLs: see vmbus-gpadl.h. */
#include "vtl/vmbus-gpadl.h"

#include <string.h>

#include "smccc/hypercall.h"
#include "vtl/codec.h"
#include "vtl/vmbus-protocol.h"

/* An address has 64 bits. */
#define PAGE_NUMBER_MAX (UINT64_MAX / HV_PAGE_SIZE)

static void gpadl_free(void *data)
{
    struct vmbus_gpadl *gpadl = data;

    g_free(gpadl->pages);
    g_free(gpadl);
}

GPtrArray *vmbus_gpadls_new(void)
{
    return g_ptr_array_new_with_free_func(gpadl_free);
}

struct vmbus_gpadl *vmbus_gpadl_find(const GPtrArray *gpadls, uint32_t id)
{
    for (guint i = 0; i < gpadls->len; i++) {
        struct vmbus_gpadl *gpadl = g_ptr_array_index(gpadls, i);

        if (gpadl->id == id)
            return gpadl;
    }
    return NULL;
}

void vmbus_gpadl_remove(GPtrArray *gpadls, struct vmbus_gpadl *gpadl)
{
    g_ptr_array_remove(gpadls, gpadl);
}

/* Adds what pages there are in @bytes; numbers of pages are not aligned there. */
static enum vmbus_gpadl_result fill(GPtrArray *gpadls, struct vmbus_gpadl *gpadl,
                                    const uint8_t *bytes, size_t size)
{
    size_t count = size / sizeof(uint64_t);
    bool good = size % sizeof(uint64_t) == 0 && count && count <= gpadl->count - gpadl->filled;

    if (good) {
        memcpy(&gpadl->pages[gpadl->filled], bytes, size);
        for (size_t i = 0; i < count; i++)
            good = good && gpadl->pages[gpadl->filled + i] <= PAGE_NUMBER_MAX;
    }
    if (!good) {
        vmbus_gpadl_remove(gpadls, gpadl);
        return VMBUS_GPADL_REFUSED;
    }
    gpadl->filled += (uint32_t)count;
    return gpadl->filled == gpadl->count ? VMBUS_GPADL_COMPLETE : VMBUS_GPADL_PARTIAL;
}

static bool is_whole_pages(const struct vmbus_gpa_range *range)
{
    return range->offset == 0 && range->size && range->size % HV_PAGE_SIZE == 0 &&
           range->size / HV_PAGE_SIZE <= VMBUS_GPADL_PAGES_MAX;
}

enum vmbus_gpadl_result vmbus_gpadl_begin(GPtrArray *gpadls, const void *message, size_t size)
{
    const struct vmbus_gpadl_header *header = message;
    const uint8_t *range_bytes = (const uint8_t *)message + sizeof(*header);
    struct vmbus_gpa_range range;
    struct vmbus_gpadl *gpadl;
    uint32_t count;

    if (header->gpadl == 0 || vmbus_gpadl_find(gpadls, header->gpadl))
        return VMBUS_GPADL_UNKNOWN;
    if (header->ranges != 1 || size < sizeof(*header) + sizeof(range) ||
        gpadls->len >= VMBUS_GPADLS_MAX)
        return VMBUS_GPADL_REFUSED;
    memcpy(&range, range_bytes, sizeof(range));
    count = range.size / HV_PAGE_SIZE;
    if (!is_whole_pages(&range) || header->size != sizeof(range) + count * sizeof(uint64_t))
        return VMBUS_GPADL_REFUSED;
    gpadl = g_new0(struct vmbus_gpadl, 1);
    *gpadl = (struct vmbus_gpadl){.id = header->gpadl, .relid = header->relid, .count = count};
    gpadl->pages = g_new0(uint64_t, count);
    g_ptr_array_add(gpadls, gpadl);
    return fill(gpadls, gpadl, range_bytes + sizeof(range),
                size - sizeof(*header) - sizeof(range));
}

enum vmbus_gpadl_result vmbus_gpadl_continue(GPtrArray *gpadls, const void *message, size_t size)
{
    const struct vmbus_gpadl_body *body = message;
    struct vmbus_gpadl *gpadl = vmbus_gpadl_find(gpadls, body->gpadl);

    if (!gpadl || gpadl->filled == gpadl->count)
        return VMBUS_GPADL_UNKNOWN;
    return fill(gpadls, gpadl, (const uint8_t *)(body + 1), size - sizeof(*body));
}

/* --- State ------------------------------------------------------------------------------------ */

/* Of struct vmbus_gpadl; of pages[], those that are filled come then. */
static const struct codec_field fields[] = {
    CODEC_ANY(struct vmbus_gpadl, id),
    CODEC_ANY(struct vmbus_gpadl, relid),
    CODEC_UPTO(struct vmbus_gpadl, count, VMBUS_GPADL_PAGES_MAX),
    CODEC_UPTO(struct vmbus_gpadl, filled, VMBUS_GPADL_PAGES_MAX),
};

G_STATIC_ASSERT(sizeof(void *) != 8 || sizeof(struct vmbus_gpadl) == 24);

void vmbus_gpadls_save(const GPtrArray *gpadls, struct codec_writer *writer)
{
    codec_write_u32(writer, gpadls->len);
    for (guint i = 0; i < gpadls->len; i++) {
        const struct vmbus_gpadl *gpadl = g_ptr_array_index(gpadls, i);

        codec_write_fields(writer, gpadl, fields, G_N_ELEMENTS(fields));
        for (uint32_t page = 0; page < gpadl->filled; page++)
            codec_write_u64(writer, gpadl->pages[page]);
    }
}

static void load_pages(struct vmbus_gpadl *gpadl, struct codec_reader *reader)
{
    gpadl->pages = g_new0(uint64_t, gpadl->count);
    for (uint32_t i = 0; i < gpadl->filled; i++) {
        gpadl->pages[i] = codec_read_u64(reader, "page");
        codec_require(reader, gpadl->pages[i] <= PAGE_NUMBER_MAX, "page", gpadl->pages[i],
                      "there are not so many");
    }
}

static void load_gpadl(GPtrArray *gpadls, struct codec_reader *reader)
{
    struct vmbus_gpadl *gpadl = g_new0(struct vmbus_gpadl, 1);

    codec_read_fields(reader, gpadl, fields, G_N_ELEMENTS(fields));
    codec_require(reader, gpadl->id && !vmbus_gpadl_find(gpadls, gpadl->id), "id", gpadl->id,
                  "it must be a number of its own");
    codec_require(reader, gpadl->filled && gpadl->filled <= gpadl->count, "filled", gpadl->filled,
                  "it must be some, and not more than count");
    if (codec_is_good(reader))
        load_pages(gpadl, reader);
    g_ptr_array_add(gpadls, gpadl);
}

void vmbus_gpadls_load(GPtrArray *gpadls, struct codec_reader *reader)
{
    uint32_t count = codec_read_count(reader, "GPADLs", VMBUS_GPADLS_MAX);

    for (uint32_t i = 0; i < count && codec_is_good(reader); i++)
        load_gpadl(gpadls, reader);
}
