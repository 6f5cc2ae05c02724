/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code and tables of a VTL: see fetch.h. */
#include "vtl/fetch.h"

#include "smccc/hvc.h"

int vtl_read_table(void *context, uint64_t gpa, uint64_t *descriptor)
{
    const struct vtl_tables *tables = context;

    return vtl_memory_read(tables->partition, tables->vtl, gpa, descriptor, sizeof(*descriptor));
}

bool vtl_fetch(struct vtl_tables tables, const struct translate_regime *regime, uint64_t pc,
               uint32_t *word)
{
    uint64_t gpa;

    if (pc % A64_INSN_SIZE ||
        translate_address(regime, pc, vtl_read_table, &tables, &gpa) < 0 ||
        !vtl_protection_permits(tables.partition, tables.vtl, gpa, sizeof(*word),
                                HV_PAGE_EXECUTE) ||
        vtl_memory_read(tables.partition, tables.vtl, gpa, word, sizeof(*word)) < 0)
        return false;
    *word = GUINT32_FROM_LE(*word);
    return true;
}
