/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages written to: see dirty.h. */
#include "emu/dirty.h"

#include <errno.h>
#include <string.h>

#include "emu/error.h"
#include "emu/machine.h"
#include "emu/page-set.h"

static bool fail(GError **error, unsigned vtl, const char *what, int number)
{
    emu_set_error(error, EMU_ERROR_INTERNAL, "VTL%u: KVM does not %s: %s", vtl, what,
                  g_strerror(-number));
    return false;
}

/* All VTLs, or none. */
static bool track_guest(struct machine *machine, GError **error)
{
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        int result = machine->vtls & 1u << vtl
                         ? vm_track(&machine->level[vtl].vm, vtl, &machine->memory, true) : 0;

        if (result < 0)
            return fail(error, vtl, "note which pages are written to", result);
    }
    return true;
}

bool dirty_begin(struct dirty *dirty, struct machine *machine, GError **error)
{
    int result = memory_track(&machine->memory);

    *dirty = (struct dirty){.machine = machine, .words = memory_set_words(&machine->memory)};
    dirty->set = g_try_new0(uint64_t, dirty->words);
    if (result < 0 || !dirty->set) {
        emu_set_error(error, EMU_ERROR_INTERNAL, "no memory to note which pages are written to");
    } else if (track_guest(machine, error) && dirty_take(dirty, error)) {
        /* KVM begins with all pages written; to be told of those that are, it wants them clean. */
        return true;
    }
    dirty_end(dirty);
    return false;
}

bool dirty_take(struct dirty *dirty, GError **error)
{
    struct machine *machine = dirty->machine;

    memset(dirty->set, 0, dirty->words * sizeof(*dirty->set));
    memory_take_written(&machine->memory, dirty->set);
    for (unsigned vtl = 0; vtl < VTL_LEVELS; vtl++) {
        int result = machine->vtls & 1u << vtl
                         ? vm_take_written(&machine->level[vtl].vm, &machine->memory, dirty->set)
                         : 0;

        if (result < 0)
            return fail(error, vtl, "tell which pages have been written to", result);
    }
    dirty->count = page_set_count(dirty->set, dirty->words);
    return true;
}

void dirty_end(struct dirty *dirty)
{
    struct machine *machine = dirty->machine;

    for (unsigned vtl = 0; machine && vtl < VTL_LEVELS; vtl++) {
        int result = machine->vtls & 1u << vtl
                         ? vm_track(&machine->level[vtl].vm, vtl, &machine->memory, false) : 0;

        if (result < 0)
            g_warning("VTL%u: KVM does not stop to note which pages are written to: %s", vtl,
                      g_strerror(-result));
    }
    if (machine)
        memory_untrack(&machine->memory);
    g_free(dirty->set);
    *dirty = (struct dirty){0};
}
