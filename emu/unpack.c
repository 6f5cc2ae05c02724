/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacking by zlib and libzstd: see unpack.h. */
#include "emu/unpack.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "emu/sandbox.h"

#define WINDOW (15 + 16)         /* zlib.h, inflateInit2: the largest window; 16 selects gzip */
#define CHUNK (64u * MIB)        /* zlib counts in 32 bits */
#define ARENA_SIZE (256u * 1024) /* inflate takes less than 64 KiB (zconf.h) */
#define ARENA_UNIT 64u           /* any alignment that one may want */
#define OUT_SIZE_MAX (64 * GIB)  /* as --memory */

enum outcome { OUTCOME_DAMAGED, OUTCOME_GOOD, OUTCOME_TOO_LARGE, OUTCOME_NO_MEMORY };

/* In sandbox memory: whatever the child writes here is checked before it is used. */
struct job {
    enum unpack_method method;
    const uint8_t *data; /* the parent's; the child has a copy */
    size_t size;
    size_t limit;
    ZSTD_DCtx *zstd;  /* likewise, so that the child need not allocate it */
    unsigned outcome; /* enum outcome; the child's */
    size_t length;    /* bytes in @out; the child's */
    size_t arena_used;
    uint8_t arena[ARENA_SIZE];
    uint8_t out[]; /* @limit bytes and one */
};

static size_t job_memory(uint64_t limit)
{
    return sizeof(struct job) + (size_t)limit + 1;
}

static const char *const names[] = {[UNPACK_GZIP] = "gzip", [UNPACK_ZSTD] = "zstd"};

/* --- In the sandbox: no system calls, hence no malloc() -------------------------------------- */

static voidpf take(voidpf context, uInt items, uInt size)
{
    struct job *job = context;
    size_t at = (job->arena_used + ARENA_UNIT - 1) / ARENA_UNIT * ARENA_UNIT;
    size_t wanted = (size_t)items * size;

    if (at > ARENA_SIZE || wanted > ARENA_SIZE - at)
        return NULL;
    job->arena_used = at + wanted;
    return job->arena + at;
}

static void give_back(voidpf context, voidpf memory)
{
    (void)context;
    (void)memory;
}

/* Stops right behind the limit, so that a bomb costs no more than that. */
static enum outcome unpack_gzip(struct job *job)
{
    z_stream stream = {.zalloc = take, .zfree = give_back, .opaque = job,
                       .next_in = (uint8_t *)job->data,
                       .avail_in = (uInt)MIN(job->size, G_MAXUINT)};
    int result = inflateInit2(&stream, WINDOW);

    while (result == Z_OK && job->length <= job->limit) {
        uInt room = (uInt)MIN(job->limit + 1 - job->length, CHUNK);

        stream.next_out = job->out + job->length;
        stream.avail_out = room;
        result = inflate(&stream, Z_NO_FLUSH);
        job->length += room - stream.avail_out;
    }
    if (result == Z_MEM_ERROR)
        return OUTCOME_NO_MEMORY;
    if (job->length > job->limit)
        return OUTCOME_TOO_LARGE;
    return result == Z_STREAM_END ? OUTCOME_GOOD : OUTCOME_DAMAGED;
}

/* Into one flat buffer, for which libzstd needs no window of its own. */
static enum outcome unpack_zstd(struct job *job)
{
    size_t frame = ZSTD_findFrameCompressedSize(job->data, job->size);
    size_t length = ZSTD_isError(frame) ? frame
                                        : ZSTD_decompressDCtx(job->zstd, job->out, job->limit,
                                                              job->data, frame);

    if (!ZSTD_isError(length)) {
        job->length = length;
        return OUTCOME_GOOD;
    }
    return ZSTD_getErrorCode(length) == ZSTD_error_dstSize_tooSmall ? OUTCOME_TOO_LARGE
                                                                    : OUTCOME_DAMAGED;
}

static void work(void *context)
{
    struct job *job = context;

    job->outcome = job->method == UNPACK_GZIP ? unpack_gzip(job) : unpack_zstd(job);
}

/* --- Outside --------------------------------------------------------------------------------- */

/* What has been unpacked stays where the child has put it: a copy would take as much again. */
struct result {
    struct job *job;
    size_t memory;
};

static void free_result(gpointer data)
{
    struct result *result = data;

    sandbox_memory_free(result->job, result->memory);
    g_free(result);
}

/* Takes @job over, of @memory bytes. No other child may change it. */
static GBytes *keep_result(struct job *job, size_t memory, size_t length)
{
    struct result *result = g_new(struct result, 1);

    *result = (struct result){job, memory};
    sandbox_memory_seal(job, memory);
    return g_bytes_new_with_free_func(job->out, length, free_result, result);
}

/* Takes @job over. The child may have written anything there; @method and @limit are our own. */
static GBytes *take_result(struct job *job, enum unpack_method method, uint64_t limit,
                           const char *name, GError **error)
{
    size_t memory = job_memory(limit), length = job->length;
    unsigned outcome = job->outcome;

    if (outcome == OUTCOME_GOOD && length <= limit)
        return keep_result(job, memory, length);
    sandbox_memory_free(job, memory);
    switch (outcome) {
    case OUTCOME_GOOD:
    case OUTCOME_TOO_LARGE:
        emu_set_error(error, EMU_ERROR_SETUP,
                      "%s: larger than %" G_GUINT64_FORMAT " MiB when unpacked; is this a kernel? If "
                      "so, give more --memory", name, limit / MIB);
        return NULL;
    case OUTCOME_NO_MEMORY:
        emu_set_error(error, EMU_ERROR_INTERNAL, "%s: cannot be unpacked: %s wants more memory than "
                      "it says", name, names[method]);
        return NULL;
    default:
        emu_set_error(error, EMU_ERROR_SETUP,
                      "%s: damaged or truncated %s data; copy or build it again", name,
                      names[method]);
        return NULL;
    }
}

/* Takes @job over. */
static GBytes *run_job(struct job *job, enum unpack_method method, uint64_t limit,
                       const char *name, GError **error)
{
    ZSTD_DCtx *zstd = method == UNPACK_ZSTD ? ZSTD_createDCtx() : NULL;
    bool done;

    job->zstd = zstd;
    done = sandbox_run(work, job, name, error);
    ZSTD_freeDCtx(zstd);
    if (done)
        return take_result(job, method, limit, name, error);
    sandbox_memory_free(job, job_memory(limit));
    return NULL;
}

GBytes *unpack(enum unpack_method method, const uint8_t *data, size_t size, uint64_t limit,
               const char *name, GError **error)
{
    size_t bounded = (size_t)MIN(limit, OUT_SIZE_MAX);
    struct job *job = sandbox_memory_new(job_memory(bounded), name, error);

    if (!job)
        return NULL;
    job->method = method;
    job->data = data;
    job->size = size;
    job->limit = bounded;
    return run_job(job, method, bounded, name, error);
}
