/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPADLs (guest physical address descriptor lists): pages of the guest that it lends to a channel,
 * by messages. Only rings need them here, so that one has a single range of whole pages.
 */
#ifndef VTL_VMBUS_GPADL_H
#define VTL_VMBUS_GPADL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec_reader;
struct codec_writer;

#define VMBUS_GPADLS_MAX 64
#define VMBUS_GPADL_PAGES_MAX 1024u

struct vmbus_gpadl {
    uint32_t id; /* the guest's choice */
    uint32_t relid;
    uint32_t count;  /* of pages that there will be */
    uint32_t filled; /* of those that are there */
    uint64_t *pages; /* their numbers, each below 2^52 */
};

enum vmbus_gpadl_result {
    VMBUS_GPADL_COMPLETE,
    VMBUS_GPADL_PARTIAL,
    VMBUS_GPADL_REFUSED, /* malformed, or too many; nothing of it is left */
    VMBUS_GPADL_UNKNOWN, /* not of one that is waited for; nothing has changed */
};

/* A list of them; g_ptr_array_unref() frees it. */
GPtrArray *vmbus_gpadls_new(void);

/* NULL if there is none. */
struct vmbus_gpadl *vmbus_gpadl_find(const GPtrArray *gpadls, uint32_t id);
void vmbus_gpadl_remove(GPtrArray *gpadls, struct vmbus_gpadl *gpadl);

/*
 * The messages that make one: @message of @size bytes, which are at least its struct. If the id is
 * in use, that one stays as it is (UNKNOWN).
 */
enum vmbus_gpadl_result vmbus_gpadl_begin(GPtrArray *gpadls, const void *message, size_t size);
enum vmbus_gpadl_result vmbus_gpadl_continue(GPtrArray *gpadls, const void *message, size_t size);

/* As vmbus_save() and vmbus_load() say. */
void vmbus_gpadls_save(const GPtrArray *gpadls, struct codec_writer *writer);
void vmbus_gpadls_load(GPtrArray *gpadls, struct codec_reader *reader);

#endif
