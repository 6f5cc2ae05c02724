/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VTL2 from an IGVM file: see igvm.h. */
#include "emu/error.h"
#include "emu/file.h"
#include "emu/igvm.h"
#include "emu/layout.h"
#include "emu/machine.h"
#include "vtl/bank.h"

#define OPTION "--igvm "
/* What is in a file may be in it twice, for several platforms. */
#define FILE_SIZE_MIN (512 * MIB)

/* Memory is zero when a guest starts, unless a reset has left it as it was. */
static void write_page(void *context, uint64_t gpa, const uint8_t *data, uint64_t size)
{
    static const uint8_t zeroes[IGVM_PAGE_SIZE];
    struct machine *machine = context;

    if (data)
        memory_write(&machine->memory, gpa, data, size);
    for (uint64_t done = 0; !data && done < size; done += IGVM_PAGE_SIZE)
        memory_write(&machine->memory, gpa + done, zeroes, IGVM_PAGE_SIZE);
}

static bool deposit(struct machine *machine, const struct igvm *igvm, const struct igvm_room *room,
                    GError **error)
{
    g_autoptr(GBytes) tree = load_tree(machine, IGVM_VTL, error);
    struct igvm_facts facts = {
        .room = room,
        .vp_count = machine->vp_count,
        .command_line = machine->options->level[IGVM_VTL].command_line,
        .device_tree = tree,
    };

    return tree && igvm_deposit(igvm, &facts, write_page, machine, error);
}

/* Does this host take the registers? They are set again when the VP starts, which resets it. */
static bool try_registers(struct machine *machine, const struct igvm *igvm, GError **error)
{
    struct vcpu *vcpu = &machine->vps[0].level[IGVM_VTL].vcpu;

    for (guint i = 0; i < igvm->registers->len; i++) {
        const struct igvm_register *entry =
            &g_array_index(igvm->registers, struct igvm_register, i);
        int result = vcpu_set(vcpu, entry->name, entry->value);

        if (result < 0) {
            emu_set_error(error, EMU_ERROR_SETUP, "%s: KVM on this host does not set %s to 0x%"
                          G_GINT64_MODIFIER "x: %s; make the file without it", igvm->name,
                          bank_find(entry->name)->name, entry->value.low, g_strerror(-result));
            return false;
        }
    }
    return true;
}

static void set_start(struct level *level, const struct igvm *igvm)
{
    level->registers = g_array_ref(igvm->registers);
    level->entry = level->device_tree = 0;
    igvm_find_register(igvm, IGVM_REGISTER_PC, &level->entry);
    igvm_find_register(igvm, IGVM_REGISTER_X0, &level->device_tree);
}

static bool place(struct machine *machine, struct igvm *igvm, GError **error)
{
    struct level *level = &machine->level[IGVM_VTL];
    struct igvm_room room = {
        .ram = {machine->memory.base, machine->memory.size},
        .vtl2 = {level->base, level->size},
        .only_vtl2 = machine->level[0].has_kernel || machine->level[1].has_kernel,
    };

    if (!igvm_place(igvm, &room, error) || !deposit(machine, igvm, &room, error) ||
        !try_registers(machine, igvm, error))
        return false;
    set_start(level, igvm);
    g_info("VTL2: %s: an IGVM file, moved by 0x%" G_GINT64_MODIFIER "x, entry 0x%"
           G_GINT64_MODIFIER "x", igvm->name, igvm->moved_by, level->entry);
    return true;
}

bool load_igvm(struct machine *machine, GError **error)
{
    const char *path = machine->options->igvm;
    uint64_t limit = MAX(machine->options->memory, FILE_SIZE_MIN);
    g_autoptr(GBytes) file = file_read(OPTION, path, limit, error);
    g_autofree char *name = g_strconcat(OPTION, path, NULL);
    struct igvm *igvm = file ? igvm_parse(file, name, error) : NULL;
    bool good = igvm && place(machine, igvm, error);

    igvm_free(igvm);
    return good;
}
