/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a window: see vcpu-window.h. */
#include "emu/vcpu-window.h"

#include <glib.h>
#include <string.h>

#include "emu/register-names.h"
#include "smccc/hypercall.h"
#include "vtl/bank.h"

#define GENERAL(field) (uint16_t)offsetof(struct window, general.field)
#define SYSTEM(name) (uint16_t)offsetof(struct window, system[WINDOW_##name])

static const struct {
    uint32_t name, count;
    uint16_t offset, size;
} parts[] = {
    {REG_X0, 31, GENERAL(x), sizeof(uint64_t)},
    {REG_Q0, WINDOW_VECTORS, offsetof(struct window, vector), sizeof(struct hv_u128)},
    {REG_SP_EL0, 1, GENERAL(sp), sizeof(uint64_t)},
    {REG_PC, 1, GENERAL(pc), sizeof(uint64_t)},
    {REG_PSTATE, 1, GENERAL(pstate), sizeof(uint64_t)},
    {REG_SP_EL1, 1, SYSTEM(SP_EL1), sizeof(uint64_t)},
    {REG_SCTLR_EL1, 1, SYSTEM(SCTLR_EL1), sizeof(uint64_t)},
    {REG_CPACR_EL1, 1, SYSTEM(CPACR_EL1), sizeof(uint64_t)},
    {REG_TTBR0_EL1, 1, SYSTEM(TTBR0_EL1), sizeof(uint64_t)},
    {REG_TTBR1_EL1, 1, SYSTEM(TTBR1_EL1), sizeof(uint64_t)},
    {REG_TCR_EL1, 1, SYSTEM(TCR_EL1), sizeof(uint64_t)},
    {REG_ESR_EL1, 1, SYSTEM(ESR_EL1), sizeof(uint64_t)},
    {REG_FAR_EL1, 1, SYSTEM(FAR_EL1), sizeof(uint64_t)},
    {REG_MAIR_EL1, 1, SYSTEM(MAIR_EL1), sizeof(uint64_t)},
    {REG_VBAR_EL1, 1, SYSTEM(VBAR_EL1), sizeof(uint64_t)},
    {REG_SPSR_EL1, 1, SYSTEM(SPSR_EL1), sizeof(uint64_t)},
    {REG_ELR_EL1, 1, SYSTEM(ELR_EL1), sizeof(uint64_t)},
};

#define NOT_THERE 0

/* Offset plus one, by row of bank_table. */
static uint16_t places[REGISTERS_MAX];

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
    g_assert(bank_table_size <= REGISTERS_MAX);
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

const uint8_t *vcpu_window_show(const struct vcpu_window *window, size_t row, size_t count)
{
    if (!window->open || !are_there(row, count))
        return NULL;
    return (const uint8_t *)window->now + places[row] - 1;
}

bool vcpu_window_read(const struct vcpu_window *window, size_t row, size_t count,
                      struct hv_u128 *values)
{
    const uint8_t *place = vcpu_window_show(window, row, count);

    if (!place)
        return false;
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

/* ESR_EL2 of aborts from a lower EL, and HPFAR_EL2 (Arm ARM, D19.2). */
#define ESR_EC(esr) ((esr) >> 26 & 0x3f)
#define ESR_EC_FETCH 0x20
#define ESR_EC_DATA 0x24
#define ESR_FNV (1u << 10)
#define ESR_CM (1u << 8)
#define ESR_S1PTW (1u << 7)
#define ESR_WNR (1u << 6)
#define ESR_FSC_TYPE(esr) ((esr) >> 2 & 0xf)
#define FSC_TRANSLATION 1
#define FSC_PERMISSION 3
#define HPFAR_FIPA 0x0000fffffffffff0ull
#define HPFAR_SHIFT 8

bool vcpu_window_fault(const struct vcpu_window *window, struct vtl_fault_report *report)
{
    const struct window *now = window->now;
    unsigned type = window->open ? ESR_FSC_TYPE(now->esr) : 0;
    bool fetch;

    if (type < FSC_TRANSLATION || type > FSC_PERMISSION ||
        (ESR_EC(now->esr) != ESR_EC_FETCH && ESR_EC(now->esr) != ESR_EC_DATA))
        return false;
    fetch = ESR_EC(now->esr) == ESR_EC_FETCH;
    *report = (struct vtl_fault_report){
        .gpa = (now->hpfar & HPFAR_FIPA) << HPFAR_SHIFT,
        .gva = now->far,
        .gva_valid = !(now->esr & ESR_FNV),
        .fetch = fetch,
        /* Cache maintenance counts as a write, and is none. */
        .write = !fetch && now->esr & ESR_WNR && !(now->esr & ESR_CM),
        .in_walk = now->esr & ESR_S1PTW,
    };
    if (report->gva_valid && !report->in_walk)
        report->gpa |= now->far % HV_PAGE_SIZE;
    return true;
}
