/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest RAM: see memory.h. */
#include "emu/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/layout.h"
#include "emu/ram-file.h"
#include "vtl/guest-copy.h"

static bool map_views(struct memory *memory, uint16_t vtls)
{
    memory->host = ram_file_map(NULL, memory->fd, memory->size);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        if (!(vtls & 1u << vtl))
            continue;
        if (view_open(&memory->view[vtl], memory->fd, memory->size) < 0)
            return false;
    }
    return memory->host != NULL;
}

bool memory_open(struct memory *memory, uint64_t size, uint16_t vtls, GError **error)
{
    *memory = (struct memory){.base = LAYOUT_RAM_BASE, .size = size};
    memory->fd = ram_file_open(size, NULL);
    if (memory->fd < 0)
        errno = -memory->fd;
    if (memory->fd < 0 || !map_views(memory, vtls)) {
        emu_set_error(error, EMU_ERROR_SETUP, "cannot get %" G_GUINT64_FORMAT
                      " MiB of guest memory (--memory): %s", size / MIB, g_strerror(errno));
        memory_close(memory);
        return false;
    }
    return true;
}

void memory_close(struct memory *memory)
{
    if (memory->host)
        munmap(memory->host, memory->size);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        view_close(&memory->view[vtl]);
    if (memory->fd > 0)
        close(memory->fd);
    g_free(memory->written);
    *memory = (struct memory){0};
}

/* --- What has been written ------------------------------------------------------------------- */

#define WORD_BITS 64u

size_t memory_set_words(const struct memory *memory)
{
    uint64_t unit = (uint64_t)MEMORY_PAGE_SIZE * WORD_BITS;

    return (size_t)((memory->size + unit - 1) / unit);
}

/* The set stays once it is there, so that nobody can be writing to one that has gone. */
int memory_track(struct memory *memory)
{
    size_t words = memory_set_words(memory);

    if (!memory->written)
        memory->written = g_try_new0(uint64_t, words);
    if (!memory->written)
        return -ENOMEM;
    for (size_t i = 0; i < words; i++)
        __atomic_store_n(&memory->written[i], 0, __ATOMIC_RELAXED);
    g_atomic_int_set(&memory->tracking, 1);
    return 0;
}

void memory_untrack(struct memory *memory)
{
    g_atomic_int_set(&memory->tracking, 0);
}

void memory_take_written(struct memory *memory, uint64_t *set)
{
    size_t words = memory_set_words(memory);

    for (size_t i = 0; i < words; i++)
        if (__atomic_load_n(&memory->written[i], __ATOMIC_RELAXED))
            set[i] |= __atomic_exchange_n(&memory->written[i], 0, __ATOMIC_SEQ_CST);
}

/*
 * After the write, so that who has taken the note finds what was written. Either this sees that it
 * is to take notes, or the write came before that, as both are sequentially consistent.
 */
void memory_note_written(struct memory *memory, uint64_t gpa, size_t size)
{
    uint64_t first, last;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!g_atomic_int_get(&memory->tracking) || size == 0)
        return;
    first = (gpa - memory->base) / MEMORY_PAGE_SIZE;
    last = (gpa - memory->base + size - 1) / MEMORY_PAGE_SIZE;
    for (uint64_t page = first; page <= last; page++)
        __atomic_fetch_or(&memory->written[page / WORD_BITS], UINT64_C(1) << page % WORD_BITS,
                          __ATOMIC_SEQ_CST);
}

void memory_clear(struct memory *memory)
{
    /* Giving the pages back is cheaper than writing them; a hole reads as zeroes. */
    if (fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  (off_t)memory->size) < 0)
        memset(memory->host, 0, memory->size);
    memory_note_written(memory, memory->base, memory->size);
}

int memory_open_views(struct memory *memory)
{
    int error = 0;

    for (unsigned vtl = 0; vtl < VTL_LEVELS && error == 0; vtl++)
        error = view_reset(&memory->view[vtl], memory->fd);
    return error;
}

/* Where the VMM sees [gpa, gpa + size), or NULL if that is not all RAM. */
static uint8_t *find(const struct memory *memory, uint64_t gpa, size_t size)
{
    uint64_t offset = gpa - memory->base;

    if (gpa < memory->base || offset > memory->size || size > memory->size - offset)
        return NULL;
    return memory->host + offset;
}

int memory_read(const struct memory *memory, uint64_t gpa, void *buffer, size_t size)
{
    const uint8_t *host = find(memory, gpa, size);

    if (!host)
        return -EFAULT;
    guest_copy_in(buffer, host, size);
    return 0;
}

int memory_write(struct memory *memory, uint64_t gpa, const void *buffer, size_t size)
{
    uint8_t *host = find(memory, gpa, size);

    if (!host)
        return -EFAULT;
    guest_copy_out(host, buffer, size);
    memory_note_written(memory, gpa, size);
    return 0;
}

static uint64_t *find_word(const struct memory *memory, uint64_t gpa)
{
    return gpa % sizeof(uint64_t) ? NULL : (void *)find(memory, gpa, sizeof(uint64_t));
}

int memory_read_word(void *memory, uint64_t gpa, uint64_t *word)
{
    const uint64_t *host = find_word(memory, gpa);

    if (!host)
        return -EFAULT;
    *word = __atomic_load_n(host, __ATOMIC_RELAXED);
    return 0;
}

int memory_set_bits(struct memory *memory, uint64_t gpa, uint64_t bits, uint64_t *before)
{
    uint64_t *host = find_word(memory, gpa);

    if (!host)
        return -EFAULT;
    *before = __atomic_fetch_or(host, bits, __ATOMIC_SEQ_CST);
    memory_note_written(memory, gpa, sizeof(*host));
    return 0;
}

int memory_compare_exchange(struct memory *memory, uint64_t gpa, uint64_t expected,
                            uint64_t desired)
{
    uint64_t *host = find_word(memory, gpa);

    if (!host)
        return -EFAULT;
    if (!__atomic_compare_exchange_n(host, &expected, desired, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_RELAXED))
        return -EAGAIN;
    memory_note_written(memory, gpa, sizeof(*host));
    return 0;
}
