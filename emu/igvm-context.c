/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VP context of an IGVM file, which is a list of Hyper-V's registers: see igvm.h. */
#include <glib.h>

#include "emu/igvm-private.h"
#include "vtl/bank.h"

/* More than any sound file has; bank_table has fewer that can be written. */
#define REGISTERS_MAX 256
/* From here on: debug registers and timers, which nobody needs to start with. */
#define NAME_END 0x00050000u

/* PSTATE.M of EL1t and EL1h (Arm ARM, C5.2.19 SPSR_EL1), with M[4], which is AArch32. */
#define PSTATE_MODE 0x1f
#define PSTATE_EL1T 0x04
#define PSTATE_EL1H 0x05

static struct igvm_register *find(const struct igvm *igvm, uint32_t name)
{
    for (guint i = 0; i < igvm->registers->len; i++) {
        struct igvm_register *entry = &g_array_index(igvm->registers, struct igvm_register, i);

        if (entry->name == name)
            return entry;
    }
    return NULL;
}

bool igvm_find_register(const struct igvm *igvm, uint32_t name, uint64_t *value)
{
    const struct igvm_register *found = find(igvm, name);

    if (found)
        *value = found->value.low;
    return found != NULL;
}

bool igvm_set_register(struct igvm *igvm, uint32_t name, uint64_t value)
{
    struct igvm_register *found = find(igvm, name);

    if (found)
        found->value.low = value;
    return found != NULL;
}

/* Only what hypercalls may write, too, and only values that a processor at EL1 can have. */
static bool check_register(const struct igvm *igvm, const struct igvm_header *header,
                           const struct igvm_register *entry, GError **error)
{
    const struct bank_register *row = bank_find(entry->name);
    uint64_t mode = entry->value.low & PSTATE_MODE;

    if (!row || row->read_only || entry->name >= NAME_END)
        return igvm_refuse_header(igvm, header, error, "register 0x%08x%s%s %s; make the file anew",
                                  entry->name, row ? ", " : "", row ? row->name : "",
                                  row ? "is none that a file may set" : "is not known");
    if (find(igvm, entry->name))
        return igvm_refuse_header(igvm, header, error, "register 0x%08x, %s, is there twice; make "
                                  "the file anew", entry->name, row->name);
    if (row->size == sizeof(uint64_t) && entry->value.high)
        return igvm_refuse_header(igvm, header, error, "register 0x%08x, %s, has 64 bits, but the "
                                  "file has a value of more; make it anew", entry->name, row->name);
    if (entry->name == IGVM_REGISTER_PSTATE && mode != PSTATE_EL1H && mode != PSTATE_EL1T)
        return igvm_refuse_header(igvm, header, error, "PSTATE 0x%" G_GINT64_MODIFIER "x is not "
                                  "one of EL1; make the file anew", entry->value.low);
    if (entry->name == IGVM_REGISTER_PC && entry->value.low % 4)
        return igvm_refuse_header(igvm, header, error, "PC 0x%" G_GINT64_MODIFIER "x is not aligned"
                                  "; make the file anew", entry->value.low);
    return true;
}

static bool take_register(struct igvm *igvm, const struct igvm_header *header,
                          const uint8_t *bytes, GError **error)
{
    const uint8_t *value = bytes + offsetof(struct igvm_vbs_register, value);
    struct igvm_register entry = {
        .name = (uint32_t)igvm_number(bytes + offsetof(struct igvm_vbs_register, name), 4),
        .value = {.low = igvm_number(value, 8), .high = igvm_number(value + 8, 8)},
    };
    uint64_t vtl = IGVM_GET(bytes, struct igvm_vbs_register, vtl);

    if (vtl != IGVM_VTL)
        return igvm_refuse_header(igvm, header, error, "register 0x%08x is for VTL%"
                                  G_GUINT64_FORMAT "; vtlemu sets only VTL2's; give another file",
                                  entry.name, vtl);
    for (size_t i = 0; i < sizeof(((struct igvm_vbs_register *)0)->zero); i++)
        if (bytes[offsetof(struct igvm_vbs_register, zero) + i])
            return igvm_refuse_header(igvm, header, error, "what must be zero in register 0x%08x "
                                      "is not; make the file anew", entry.name);
    if (!check_register(igvm, header, &entry, error))
        return false;
    g_array_append_val(igvm->registers, entry);
    return true;
}

#define CONTEXT(field) IGVM_GET(header->body, struct igvm_vp_context, field)

static bool check_context(const struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    if (igvm->registers->len)
        return igvm_refuse_header(igvm, header, error, "is the second one; there can be only one");
    if (CONTEXT(vp_index))
        return igvm_refuse_header(igvm, header, error, "is for VP%" G_GUINT64_FORMAT ", but only "
                                  "VP0 starts by itself; make the file anew", CONTEXT(vp_index));
    if (CONTEXT(gpa) || CONTEXT(reserved))
        return igvm_refuse_header(igvm, header, error, "has a GPA, or a reserved field that is not "
                                  "zero; make the file anew");
    return true;
}

bool igvm_take_context(struct igvm *igvm, const struct igvm_header *header, GError **error)
{
    uint64_t offset = CONTEXT(file_offset), count;
    const uint8_t *data;

    if (!check_context(igvm, header, error))
        return false;
    data = igvm_file_data(igvm, header, offset, IGVM_REGISTER_COUNT_SIZE, error);
    if (!data)
        return false;
    count = igvm_number(data, IGVM_REGISTER_COUNT_SIZE);
    if (count == 0 || count > REGISTERS_MAX)
        return igvm_refuse_header(igvm, header, error, "has %" G_GUINT64_FORMAT " registers "
                                  "instead of 1 to %d; make the file anew", count, REGISTERS_MAX);
    data = igvm_file_data(igvm, header, offset + IGVM_REGISTER_COUNT_SIZE,
                          count * sizeof(struct igvm_vbs_register), error);
    if (!data)
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!take_register(igvm, header, data + i * sizeof(struct igvm_vbs_register), error))
            return false;
    return true;
}
