/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rights of VTLs on pages: see protection.h. */
#include "vtl/protection.h"

#include <string.h>

#include "smccc/hypercall.h"
#include "vtl/codec.h"
#include "vtl/partition.h"

/* Pages in a row whose rights change in the same way. */
struct stretch {
    uint64_t begin, end; /* indices into allowed[] */
    unsigned before, after;
};

void vtl_protection_free(struct vtl_protection *protection)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++)
        g_free(protection->allowed[vtl]);
    g_rw_lock_clear(&protection->lock);
}

const char *vtl_rights_text(unsigned rights, char text[VTL_RIGHTS_TEXT])
{
    text[0] = rights & HV_PAGE_READ ? 'r' : '-';
    text[1] = rights & HV_PAGE_WRITE ? 'w' : '-';
    text[2] = rights & HV_PAGE_EXECUTE ? 'x' : '-';
    text[3] = 0;
    return text;
}

bool vtl_protection_is_valid(unsigned rights)
{
    return !(rights & ~HV_PAGE_ALL) && (!rights || rights & HV_PAGE_READ);
}

static bool is_ram(const struct vtl_protection *protection, uint64_t page)
{
    return page >= protection->first_page &&
           page - protection->first_page < protection->page_count;
}

/* What @owner alone allows; @index counts pages of RAM. */
static unsigned allowed_by(const struct vtl_protection *protection, unsigned owner, uint64_t index)
{
    const uint8_t *allowed = __atomic_load_n(&protection->allowed[owner], __ATOMIC_ACQUIRE);

    return allowed ? __atomic_load_n(&allowed[index], __ATOMIC_RELAXED) : HV_PAGE_ALL;
}

/* What all VTLs above @vtl allow, where @owner allows @rights instead of what it allows now. */
static unsigned effective_with(const struct vtl_protection *protection, unsigned vtl,
                               uint64_t index, unsigned owner, unsigned rights)
{
    unsigned effective = HV_PAGE_ALL;

    for (unsigned higher = vtl + 1; higher < VTL_LEVELS; higher++)
        effective &= higher == owner ? rights : allowed_by(protection, higher, index);
    return effective;
}

unsigned vtl_protection_effective(const struct vtl_partition *partition, unsigned vtl,
                                  uint64_t page)
{
    const struct vtl_protection *protection = &partition->protection;

    if (!is_ram(protection, page))
        return HV_PAGE_ALL;
    return effective_with(protection, vtl, page - protection->first_page, 0, HV_PAGE_ALL);
}

unsigned vtl_protection_denied_by(const struct vtl_partition *partition, unsigned vtl,
                                  uint64_t page, unsigned rights)
{
    const struct vtl_protection *protection = &partition->protection;

    if (!is_ram(protection, page))
        return 0;
    for (unsigned higher = vtl + 1; higher < VTL_LEVELS; higher++)
        if (rights & ~allowed_by(protection, higher, page - protection->first_page))
            return higher;
    return 0;
}

bool vtl_protection_permits(const struct vtl_partition *partition, unsigned vtl, uint64_t gpa,
                            size_t size, unsigned rights)
{
    uint64_t last = (gpa + (size ? size - 1 : 0)) / HV_PAGE_SIZE;

    for (uint64_t page = gpa / HV_PAGE_SIZE; page <= last; page++)
        if (rights & ~vtl_protection_effective(partition, vtl, page))
            return false;
    return true;
}

static int apply_stretch(struct vtl_partition *partition, unsigned vtl,
                         const struct stretch *stretch)
{
    if (stretch->begin == stretch->end || stretch->before == stretch->after)
        return 0;
    return partition->backend->protect(partition->machine, vtl,
                                       partition->protection.first_page + stretch->begin,
                                       stretch->end - stretch->begin, stretch->after);
}

/* Tells the back end what changes for @vtl, in as few stretches as possible. */
static int apply(struct vtl_partition *partition, unsigned vtl, unsigned owner, uint64_t begin,
                 uint64_t end, unsigned rights)
{
    const struct vtl_protection *protection = &partition->protection;
    struct stretch stretch = {.begin = begin, .end = begin};

    for (uint64_t index = begin; index < end; index++) {
        unsigned before = effective_with(protection, vtl, index, 0, 0);
        unsigned after = effective_with(protection, vtl, index, owner, rights);

        if (before != stretch.before || after != stretch.after) {
            int error = apply_stretch(partition, vtl, &stretch);

            if (error < 0)
                return error;
            stretch = (struct stretch){index, index, before, after};
        }
        stretch.end = index + 1;
    }
    return apply_stretch(partition, vtl, &stretch);
}

/* Puts the back end back to what allowed[] says, after a change that went wrong half-way. */
static void restore(struct vtl_partition *partition, unsigned vtl, uint64_t begin, uint64_t end)
{
    for (uint64_t index = begin; index < end; index++)
        partition->backend->protect(partition->machine, vtl,
                                    partition->protection.first_page + index, 1,
                                    effective_with(&partition->protection, vtl, index, 0, 0));
}

/*
 * Nobody sees the back end and allowed[] disagree: neither the guest, nor a VP that looks why it
 * has been stopped, nor the VMM on behalf of a VTL.
 */
static void begin_change(struct vtl_partition *partition, unsigned owner)
{
    partition->backend->stop_vtls(partition->machine, (uint16_t)((1u << owner) - 1));
    g_rw_lock_writer_lock(&partition->protection.lock);
}

static void end_change(struct vtl_partition *partition)
{
    g_rw_lock_writer_unlock(&partition->protection.lock);
    partition->backend->resume_vtls(partition->machine);
}

static enum hv_status change(struct vtl_partition *partition, unsigned owner, uint64_t begin,
                             uint64_t end, unsigned rights)
{
    int error = 0;

    for (unsigned vtl = 0; vtl < owner && error == 0; vtl++)
        error = apply(partition, vtl, owner, begin, end, rights);
    if (error == 0)
        return HV_STATUS_SUCCESS;
    g_critical("cannot protect %" G_GUINT64_FORMAT " pages: %s", end - begin, g_strerror(-error));
    for (unsigned vtl = 0; vtl < owner; vtl++)
        restore(partition, vtl, begin, end);
    return HV_STATUS_INSUFFICIENT_MEMORY;
}

enum hv_status vtl_protection_enable(struct vtl_partition *partition, unsigned owner,
                                     unsigned rights)
{
    struct vtl_protection *protection = &partition->protection;
    g_autofree uint8_t *allowed = g_try_malloc(protection->page_count + 1);
    enum hv_status status;

    if (!allowed)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    memset(allowed, (int)rights, protection->page_count);
    begin_change(partition, owner);
    status = change(partition, owner, 0, protection->page_count, rights);
    if (status == HV_STATUS_SUCCESS)
        __atomic_store_n(&protection->allowed[owner], g_steal_pointer(&allowed), __ATOMIC_RELEASE);
    end_change(partition);
    return status;
}

enum hv_status vtl_protection_set(struct vtl_partition *partition, unsigned owner, uint64_t page,
                                  uint64_t count, unsigned rights)
{
    struct vtl_protection *protection = &partition->protection;
    uint64_t begin = page - protection->first_page;
    enum hv_status status;

    begin_change(partition, owner);
    status = change(partition, owner, begin, begin + count, rights);
    for (uint64_t i = begin; i < begin + count && status == HV_STATUS_SUCCESS; i++)
        __atomic_store_n(&protection->allowed[owner][i], (uint8_t)rights, __ATOMIC_RELAXED);
    end_change(partition);
    return status;
}

/* --- State ------------------------------------------------------------------------------------ */

/*
 * Rights are saved as runs of pages with the same ones. Of struct vtl_protection, @lock is not
 * saved; which pages are RAM is constant, and compared.
 */
static uint64_t run_length(const uint8_t *allowed, uint64_t begin, uint64_t end)
{
    uint64_t next = begin + 1;

    while (next < end && allowed[next] == allowed[begin])
        next++;
    return next - begin;
}

static void save_owner(const struct vtl_protection *protection, unsigned owner,
                       struct codec_writer *writer)
{
    const uint8_t *allowed = protection->allowed[owner];
    uint64_t length;

    codec_write_u8(writer, allowed != NULL);
    for (uint64_t index = 0; allowed && index < protection->page_count; index += length) {
        length = run_length(allowed, index, protection->page_count);
        codec_write_u64(writer, length);
        codec_write_u8(writer, allowed[index]);
    }
}

void vtl_protection_save(const struct vtl_protection *protection, struct codec_writer *writer)
{
    codec_write_u64(writer, protection->first_page);
    codec_write_u64(writer, protection->page_count);
    for (unsigned owner = 1; owner < VTL_LEVELS; owner++)
        save_owner(protection, owner, writer);
}

/* Each run is of one page at least, so that this comes to an end. */
static void load_runs(uint8_t *allowed, uint64_t page_count, struct codec_reader *reader)
{
    for (uint64_t index = 0; index < page_count && codec_is_good(reader);) {
        uint64_t length = codec_read_u64(reader, "pages of the same rights");
        uint8_t rights = codec_read_u8(reader, "rights");

        codec_require(reader, length && length <= page_count - index, "pages of the same rights",
                      length, "so many are not left");
        codec_require(reader, vtl_protection_is_valid(rights), "rights", rights,
                      "nothing can enforce them");
        if (!codec_is_good(reader))
            return;
        memset(allowed + index, rights, length);
        index += length;
    }
}

static void load_owner(struct vtl_protection *protection, unsigned owner,
                       struct codec_reader *reader)
{
    uint8_t *allowed;

    codec_at(reader, "protections of VTL%u", owner);
    if (!codec_read_bool(reader, "there are any"))
        return;
    allowed = g_try_malloc0(protection->page_count + 1);
    if (!allowed) {
        codec_fail(reader, "no memory for the rights of %" G_GUINT64_FORMAT " pages",
                   protection->page_count);
        return;
    }
    load_runs(allowed, protection->page_count, reader);
    g_free(protection->allowed[owner]);
    protection->allowed[owner] = allowed;
}

void vtl_protection_load(struct vtl_protection *protection, struct codec_reader *reader)
{
    uint64_t first_page, page_count;

    codec_at(reader, "protections");
    first_page = codec_read_u64(reader, "first page");
    page_count = codec_read_u64(reader, "pages");
    codec_require(reader, first_page == protection->first_page, "first page", first_page,
                  "RAM begins elsewhere here");
    codec_require(reader, page_count == protection->page_count, "pages", page_count,
                  "there is another size of RAM here");
    for (unsigned owner = 1; owner < VTL_LEVELS; owner++)
        load_owner(protection, owner, reader);
}

/* What is less than all rights, in as few stretches as possible. */
static int tell_vtl(struct vtl_partition *partition, unsigned vtl)
{
    const struct vtl_protection *protection = &partition->protection;
    struct stretch stretch = {.before = HV_PAGE_ALL, .after = HV_PAGE_ALL};

    for (uint64_t index = 0; index < protection->page_count; index++) {
        unsigned rights = effective_with(protection, vtl, index, 0, HV_PAGE_ALL);

        if (rights != stretch.after) {
            int error = apply_stretch(partition, vtl, &stretch);

            if (error < 0)
                return error;
            stretch = (struct stretch){index, index, HV_PAGE_ALL, rights};
        }
        stretch.end = index + 1;
    }
    return apply_stretch(partition, vtl, &stretch);
}

int vtl_protection_tell(struct vtl_partition *partition)
{
    int error = 0;

    begin_change(partition, VTL_LEVELS - 1);
    for (unsigned vtl = 0; vtl < VTL_LEVELS - 1 && error == 0; vtl++)
        error = tell_vtl(partition, vtl);
    end_change(partition);
    return error;
}
