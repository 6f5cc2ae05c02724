/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to addresses where nothing is, by every kind of instruction: an external abort for the
 * guest, whether KVM can decode the access or not.
 */
#include "tests/guest/guest.h"

#define HOLE(offset) ((void *)(uintptr_t)(HOLE_BASE + (offset)))

/* A function for each instruction; X0 is the address. */
#define ACCESS(name, instruction)                                                                  \
    static void name(void *address)                                                                \
    {                                                                                              \
        register void *x0 __asm__("x0") = address;                                                 \
        __asm__ volatile(".arch_extension lse\n\t" instruction                                     \
                         : "+r"(x0)                                                                \
                         :                                                                         \
                         : "x1", "x2", "x3", "memory");                                            \
    }
ACCESS(load_byte, "ldrb w1, [x0]")
ACCESS(load_half, "ldrsh x1, [x0]")
ACCESS(load_word, "ldr w1, [x0]")
ACCESS(load_double, "ldr x1, [x0]")
ACCESS(store_byte, "strb w1, [x0]")
ACCESS(store_word, "str w1, [x0]")
ACCESS(store_double, "str xzr, [x0]")
ACCESS(load_acquire, "ldar x1, [x0]")
ACCESS(load_writeback, "ldr x1, [x0], #8")
ACCESS(load_pair, "ldp x1, x2, [x0]")
ACCESS(store_pair, "stp x1, x2, [x0]")
ACCESS(load_vector, "ldr q0, [x0]")
ACCESS(store_vector, "str q0, [x0]")
ACCESS(load_exclusive, "ldxr x1, [x0]")
ACCESS(atomic_add, "ldadd x1, x2, [x0]")
ACCESS(compare_and_swap, "cas x1, x2, [x0]")

static const struct row {
    const char *name;
    void (*access)(void *address);
    bool lse;
} rows[] = {
    {"ldrb", load_byte, false},         {"ldrsh", load_half, false},
    {"ldr w", load_word, false},        {"ldr x", load_double, false},
    {"strb", store_byte, false},        {"str w", store_word, false},
    {"str x", store_double, false},     {"ldar", load_acquire, false},
    {"ldr post", load_writeback, false}, {"ldp", load_pair, false},
    {"stp", store_pair, false},         {"ldr q", load_vector, false},
    {"str q", store_vector, false},     {"ldxr", load_exclusive, false},
    {"ldadd", atomic_add, true},        {"cas", compare_and_swap, true},
};

static bool has_lse(void)
{
    return sysreg_read(id_aa64isar0_el1) >> 20 & 0xf;
}

static void test_row(const struct row *row, uint64_t offset)
{
    struct exception seen = {0};
    bool taken = exception_expect(row->access, HOLE(offset), &seen);

    report(taken && ESR_EC(seen.esr) == ESR_EC_DABT && ESR_FSC(seen.esr) == ESR_FSC_EXTERNAL &&
               seen.far == HOLE_BASE + offset,
           "%s aborts: ESR 0x%lx FAR 0x%lx", row->name, seen.esr, seen.far);
}

static void jump(void *address)
{
    ((void (*)(void))address)();
}

static void test_fetch(void)
{
    struct exception seen = {0};
    bool taken = exception_expect(jump, HOLE(0x40), &seen);

    report(taken && ESR_EC(seen.esr) == ESR_EC_IABT && seen.elr == HOLE_BASE + 0x40,
           "instruction fetch aborts: ESR 0x%lx ELR 0x%lx", seen.esr, seen.elr);
}

/* Between two devices, and behind the registers of one. */
static void test_neighbours(void)
{
    static const struct row load = {"ldr w between devices", load_word, false};

    test_row(&load, UART_BASE + 0x8000 - HOLE_BASE);
}

void guest_main(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (!rows[i].lse || has_lse())
            test_row(&rows[i], i * 0x1000);
    test_neighbours();
    test_fetch();
}
