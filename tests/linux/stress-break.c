/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damage on purpose, to see that it is found. Registers are damaged in what the kernel saved for a
 * signal (once more for the next signal: that must not undo it); the rest by a thread that has no
 * business with it, or, where that would have to hit the right moment, by the checker itself.
 */
#include <asm/sigcontext.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "tests/linux/spin.h"
#include "tests/linux/stress.h"

#define MARK 0xa5ull
#define JUNK 0xdeadull
#define FPCR_ALL 0x07c00000u
#define FPSR_ALL 0x0800009fu
#define PSTATE_NZCV 0xf0000000u

static struct _aarch64_ctx *find_record(ucontext_t *context, uint32_t magic)
{
    struct _aarch64_ctx *record = (void *)context->uc_mcontext.__reserved;

    while (record->magic && record->magic != magic) {
        if (record->magic == EXTRA_MAGIC) /* the others have no room here */
            record = (void *)(uintptr_t)((struct extra_context *)record)->datap;
        else
            record = (void *)((uint8_t *)record + record->size);
    }
    return record->magic ? record : NULL;
}

static bool inside(const ucontext_t *context, const char *begin, const char *end)
{
    return context->uc_mcontext.pc >= (uintptr_t)begin && context->uc_mcontext.pc < (uintptr_t)end;
}

/* X0 counts in the first half, X1 in the second. */
static void break_x(ucontext_t *context, unsigned number)
{
    if (number < 31 && number != inside(context, spin_half, spin_end))
        context->uc_mcontext.regs[number] = JUNK;
}

static void break_q(ucontext_t *context, unsigned number)
{
    struct fpsimd_context *fp = (void *)find_record(context, FPSIMD_MAGIC);

    if (fp && number < 32)
        fp->vregs[number] = (__uint128_t)JUNK << 64;
}

static void break_fpcr(ucontext_t *context, unsigned number)
{
    struct fpsimd_context *fp = (void *)find_record(context, FPSIMD_MAGIC);

    (void)number;
    if (fp)
        fp->fpcr = FPCR_ALL;
}

static void break_fpsr(ucontext_t *context, unsigned number)
{
    struct fpsimd_context *fp = (void *)find_record(context, FPSIMD_MAGIC);

    (void)number;
    if (fp)
        fp->fpsr = FPSR_ALL;
}

static void break_nzcv(ucontext_t *context, unsigned number)
{
    (void)number;
    context->uc_mcontext.pstate |= PSTATE_NZCV;
}

static struct sve_context *sve_record(ucontext_t *context)
{
    struct sve_context *sve = (void *)find_record(context, SVE_MAGIC);

    return sve && sve->head.size > sizeof *sve ? sve : NULL;
}

/* The low 16 bytes come from the record of V registers. */
static void break_z(ucontext_t *context, unsigned number)
{
    struct sve_context *sve = sve_record(context);

    if (number >= 32)
        return;
    if (sve && sve->vl > 16)
        *((uint8_t *)sve + SVE_SIG_ZREG_OFFSET(sve->vl / 16, number) + sve->vl - 1) = 0xff;
    else
        break_q(context, number);
}

static void break_p(ucontext_t *context, unsigned number)
{
    struct sve_context *sve = sve_record(context);

    if (sve && number < 16)
        *((uint8_t *)sve + SVE_SIG_PREG_OFFSET(sve->vl / 16, number)) = 0xff;
}

/* It has to be ones, then zeroes. */
static void break_ffr(ucontext_t *context, unsigned number)
{
    struct sve_context *sve = sve_record(context);
    uint8_t *ffr;

    (void)number;
    if (!sve)
        return;
    ffr = (uint8_t *)sve + SVE_SIG_FFR_OFFSET(sve->vl / 16);
    memset(ffr, 0, sve->vl / 8);
    *ffr = 1;
}

static void break_tpidr(ucontext_t *context, unsigned number)
{
    uint64_t value;

    (void)context;
    (void)number;
    __asm__ volatile("mrs %0, tpidr_el0\n\torr %0, %0, #8\n\tmsr tpidr_el0, %0" : "=&r"(value));
}

static const struct {
    const char *prefix;
    bool sve;
    void (*function)(ucontext_t *context, unsigned number);
} registers[] = {
    {"fpcr", false, break_fpcr}, {"fpsr", false, break_fpsr}, {"nzcv", false, break_nzcv},
    {"tpidr", false, break_tpidr}, {"ffr", true, break_ffr},   {"x", false, break_x},
    {"q", false, break_q},         {"z", true, break_z},       {"p", true, break_p},
};

static const struct {
    const char *name;
    void (*function)(void); /* NULL: whoever it is asks breaks() */
} others[] = {
    {"ipi", break_ipi}, {"clock", break_clock}, {"dmesg", break_kernel},
    {"timer", NULL},    {"memory", NULL},       {"page", NULL},          {"stall", NULL},
};

bool breaks(const char *what) { return options.breaks && strcmp(options.breaks, what) == 0; }

/* An index into the table, or -1; a name may have a number behind it. */
static int find_register(unsigned *number)
{
    for (unsigned i = 0; options.breaks && i < sizeof registers / sizeof registers[0]; i++) {
        size_t length = strlen(registers[i].prefix);
        if (strncmp(options.breaks, registers[i].prefix, length) == 0 &&
            strspn(options.breaks + length, "0123456789") == strlen(options.breaks + length)) {
            *number = (unsigned)strtoul(options.breaks + length, NULL, 10);
            return (int)i;
        }
    }
    return -1;
}

void break_registers(void *context)
{
    static _Atomic int found = -2;
    static unsigned number;
    int index = atomic_load(&found);

    if (index == -2)
        atomic_store(&found, index = find_register(&number));
    if (index < 0)
        return;
    if (registers[index].sve ? inside(context, spin_sve_begin, spin_sve_end)
                             : inside(context, spin_begin, spin_end))
        registers[index].function(context, number);
}

void break_check(void)
{
    unsigned number;

    if (!options.breaks || find_register(&number) >= 0)
        return;
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (breaks(others[i].name))
            return;
    say("break=%s: not known", options.breaks);
    exit(EXIT_FAILURE);
}

void break_something(void)
{
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i].function && breaks(others[i].name))
            others[i].function();
}

/* --- Patterns ------------------------------------------------------------------------------ */

uint64_t pattern(unsigned worker, uint64_t round, unsigned kind, unsigned number)
{
    return (uint64_t)worker << 52 | (round & 0xfffffff) << 24 | MARK << 16 | (kind & 0xf) << 12 |
           (number & 0xfff);
}

const char *pattern_text(uint64_t value, char text[64])
{
    static const char *const kinds[] = {"x", "q low ", "q high ", "other ", "z", "p"};
    unsigned kind = value >> 12 & 0xf;

    text[0] = '\0';
    if ((value >> 16 & 0xff) == MARK)
        snprintf(text, 64, " (worker %u's of round %u: %s%u)", (unsigned)(value >> 52),
                 (unsigned)(value >> 24 & 0xfffffff),
                 kind < sizeof kinds / sizeof kinds[0] ? kinds[kind] : "word ",
                 (unsigned)(value & 0xfff));
    return text;
}
