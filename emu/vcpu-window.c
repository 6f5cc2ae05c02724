/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a window: see vcpu-window.h. */
#include "emu/vcpu-window.h"

#include <glib.h>
#include <string.h>

#include "vtl/bank.h"

/* HV_REGISTER_NAME (TLFS, "Virtual Processor Register Names"). */
#define HV_X0 0x00020000u
#define HV_Q0 0x00030000u

#define GENERAL(field) (uint16_t)offsetof(struct window, general.field)
#define SYSTEM(name) (uint16_t)offsetof(struct window, system[WINDOW_##name])

static const struct {
    uint32_t name, count;
    uint16_t offset, size;
} parts[] = {
    {HV_X0, 31, GENERAL(x), sizeof(uint64_t)},
    {HV_Q0, WINDOW_VECTORS, offsetof(struct window, vector), sizeof(struct hv_u128)},
    {0x00020020, 1, GENERAL(sp), sizeof(uint64_t)}, /* SP_EL0 */
    {0x00020022, 1, GENERAL(pc), sizeof(uint64_t)},
    {0x00020023, 1, GENERAL(pstate), sizeof(uint64_t)},
    {0x00020021, 1, SYSTEM(SP_EL1), sizeof(uint64_t)},
    {0x00040002, 1, SYSTEM(SCTLR_EL1), sizeof(uint64_t)},
    {0x00040004, 1, SYSTEM(CPACR_EL1), sizeof(uint64_t)},
    {0x00040005, 1, SYSTEM(TTBR0_EL1), sizeof(uint64_t)},
    {0x00040006, 1, SYSTEM(TTBR1_EL1), sizeof(uint64_t)},
    {0x00040007, 1, SYSTEM(TCR_EL1), sizeof(uint64_t)},
    {0x00040008, 1, SYSTEM(ESR_EL1), sizeof(uint64_t)},
    {0x00040009, 1, SYSTEM(FAR_EL1), sizeof(uint64_t)},
    {0x0004000b, 1, SYSTEM(MAIR_EL1), sizeof(uint64_t)},
    {0x0004000c, 1, SYSTEM(VBAR_EL1), sizeof(uint64_t)},
    {0x00040014, 1, SYSTEM(SPSR_EL1), sizeof(uint64_t)},
    {0x00040015, 1, SYSTEM(ELR_EL1), sizeof(uint64_t)},
};

#define NOT_THERE 0
#define ROWS_MAX 384

/* Offset plus one, by row of bank_table. */
static uint16_t places[ROWS_MAX];

static uint16_t find_place(uint32_t name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (name - parts[i].name < parts[i].count)
            return (uint16_t)(parts[i].offset + (name - parts[i].name) * parts[i].size + 1);
    return NOT_THERE;
}

static void prepare(void)
{
    static gsize done;

    if (!g_once_init_enter(&done))
        return;
    g_assert(bank_table_size <= ROWS_MAX);
    for (size_t i = 0; i < bank_table_size; i++)
        places[i] = find_place(bank_table[i].hv_name);
    g_once_init_leave(&done, 1);
}

/* Registers with neighbouring names have neighbouring places. */
static bool are_there(size_t row, size_t count)
{
    prepare();
    return places[row] != NOT_THERE &&
           places[row + count - 1] == places[row] + (count - 1) * bank_table[row].size;
}

bool vcpu_window_read(const struct vcpu_window *window, size_t row, size_t count,
                      struct hv_u128 *values)
{
    const uint8_t *place;

    if (!window->open || !are_there(row, count))
        return false;
    place = (const uint8_t *)window->now + places[row] - 1;
    if (bank_table[row].size == sizeof(*values)) {
        memcpy(values, place, count * sizeof(*values));
        return true;
    }
    for (size_t i = 0; i < count; i++)
        values[i] = (struct hv_u128){.low = ((const uint64_t *)(const void *)place)[i]};
    return true;
}

static bool is_last(const struct vcpu_window *window, const __u64 *run)
{
    return __atomic_load_n(run, __ATOMIC_RELAXED) == *window->run;
}

void vcpu_window_begin(struct vcpu_window *window)
{
    window->open = false;
    if (window->now)
        ++*window->run;
}

void vcpu_window_end(struct vcpu_window *window)
{
    window->open = window->now && is_last(window, &window->now->run);
}

const struct window_call *vcpu_window_call(const struct vcpu_window *window)
{
    return window->now && is_last(window, &window->now->call.run) ? &window->now->call : NULL;
}
