/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for registers: see postmortem.h. */
#include "emu/postmortem.h"

#include <glib.h>
#include <stdbool.h>

#define HEX "0x%" G_GINT64_MODIFIER "x"

/* Arm ARM, "SPSR_EL1" and "SCTLR_EL1". */
#define PSTATE_MODE 0x1fu
#define PSTATE_I (1u << 7)
#define SCTLR_M 1u

/* Arm ARM, D19.2 "ESR_EL1". */
#define ESR_EC(esr) ((esr) >> 26 & 0x3f)
#define ESR_WNR (1u << 6)
#define ESR_FSC(esr) ((unsigned)(esr) & 0x3f)
#define FSC_LEVEL 3u

/* Arm ARM, "Exception vectors": four sources, each with four kinds. */
#define VECTORS_SIZE 0x800u
#define VECTOR_SOURCE_SHIFT 9
#define VECTOR_KIND_SHIFT 7
#define VECTOR_KINDS 4u

enum abort { NO_ABORT, FETCH, DATA };

static const struct {
    unsigned class;
    const char *name;
    enum abort abort; /* the syndrome has a fault status code */
} classes[] = {
    {0x00, "undefined instruction", NO_ABORT},
    {0x07, "SIMD, floating point or SVE, see CPACR_EL1", NO_ABORT},
    {0x0e, "illegal execution state", NO_ABORT},
    {0x15, "SVC", NO_ABORT},
    {0x18, "MSR, MRS or system instruction", NO_ABORT},
    {0x20, "instruction abort from EL0", FETCH},
    {0x21, "instruction abort", FETCH},
    {0x22, "PC not aligned", NO_ABORT},
    {0x24, "data abort from EL0", DATA},
    {0x25, "data abort", DATA},
    {0x26, "SP not aligned", NO_ABORT},
    {0x2f, "SError", NO_ABORT},
    {0x30, "breakpoint from EL0", NO_ABORT},
    {0x31, "breakpoint", NO_ABORT},
    {0x32, "single step from EL0", NO_ABORT},
    {0x33, "single step", NO_ABORT},
    {0x34, "watchpoint from EL0", NO_ABORT},
    {0x35, "watchpoint", NO_ABORT},
    {0x3c, "BRK", NO_ABORT},
};

static const struct {
    unsigned code;
    const char *name;
    bool has_level; /* in the two lowest bits of the code */
} faults[] = {
    {0x00, "address size fault", true},
    {0x04, "translation fault", true},
    {0x08, "access flag fault", true},
    {0x0c, "permission fault", true},
    {0x10, "external abort", false},
    {0x14, "external abort of a table walk", true},
    {0x21, "alignment fault", false},
};

static void add_fault(GString *text, uint64_t esr)
{
    unsigned code = ESR_FSC(esr);

    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++)
        if (faults[i].has_level && faults[i].code == (code & ~FSC_LEVEL))
            g_string_append_printf(text, ", %s, level %u", faults[i].name, code & FSC_LEVEL);
        else if (!faults[i].has_level && faults[i].code == code)
            g_string_append_printf(text, ", %s", faults[i].name);
}

static void add_class(GString *text, uint64_t esr)
{
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++) {
        if (classes[i].class != ESR_EC(esr))
            continue;
        g_string_append_printf(text, " (%s", classes[i].name);
        if (classes[i].abort == DATA)
            g_string_append(text, esr & ESR_WNR ? " at a write" : " at a read");
        if (classes[i].abort != NO_ABORT)
            add_fault(text, esr);
        g_string_append_c(text, ')');
    }
}

/* A VP that stays in its vectors is the commonest fault of all: they are missing, or at fault. */
static void add_vector(GString *text, const struct postmortem *registers)
{
    static const char *const kinds[] = {"synchronous exception", "IRQ", "FIQ", "SError"};
    static const char *const sources[] = {"EL1 with SP_EL0", "EL1", "EL0", "EL0 in AArch32"};
    uint64_t offset = registers->pc - registers->vbar;

    if (offset < VECTORS_SIZE)
        g_string_append_printf(text, ", in its vectors (VBAR_EL1+" HEX ": %s from %s)", offset,
                               kinds[offset >> VECTOR_KIND_SHIFT & (VECTOR_KINDS - 1)],
                               sources[offset >> VECTOR_SOURCE_SHIFT]);
}

static const char *mode_name(uint64_t pstate)
{
    switch (pstate & PSTATE_MODE) {
    case 0x0:
        return "EL0";
    case 0x4:
        return "EL1 with SP_EL0";
    case 0x5:
        return "EL1";
    }
    return "no mode of AArch64 at EL1";
}

static void add_state(GString *text, const struct postmortem *registers)
{
    g_string_append_printf(text, "PSTATE " HEX " (%s, IRQs %s), SCTLR_EL1 " HEX " (MMU %s), "
                           "VBAR_EL1 " HEX ", X30 " HEX, registers->pstate,
                           mode_name(registers->pstate),
                           registers->pstate & PSTATE_I ? "masked" : "on", registers->sctlr,
                           registers->sctlr & SCTLR_M ? "on" : "off", registers->vbar,
                           registers->x30);
}

static void add_register(GString *text, const char *name, uint64_t value)
{
    if (value == POSTMORTEM_UNSET)
        g_string_append_printf(text, "%s not set", name);
    else
        g_string_append_printf(text, "%s " HEX, name, value);
}

static void add_exception(GString *text, const struct postmortem *registers)
{
    add_register(text, "ESR_EL1", registers->esr);
    if (registers->esr != POSTMORTEM_UNSET)
        add_class(text, registers->esr);
    add_register(text, ", FAR_EL1", registers->far);
    add_register(text, ", ELR_EL1", registers->elr);
    add_register(text, ", SPSR_EL1", registers->spsr);
}

char *postmortem_text(unsigned vp, unsigned vtl, const struct postmortem *registers)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "vtlemu: VP%u was at VTL%u, PC " HEX, vp, vtl, registers->pc);
    add_vector(text, registers);
    g_string_append(text, "\nvtlemu:   ");
    add_state(text, registers);
    g_string_append(text, "\nvtlemu:   last exception: ");
    add_exception(text, registers);
    g_string_append_c(text, '\n');
    return g_string_free(text, FALSE);
}
