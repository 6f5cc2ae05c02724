/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions: expected ones return to the test, interrupts are handled, others end the run. */
#include "tests/guest/guest.h"

#define VECTOR_KIND(vector) ((vector) & 0x180)
#define VECTOR_KIND_IRQ 0x080

/* ICC_IAR1_EL1 and ICC_EOIR1_EL1; INTIDs from here on are no interrupts. */
#define ICC_IAR1 S3_0_C12_C12_0
#define ICC_EOIR1 S3_0_C12_C12_1
#define INTID_SPECIAL 1020

/* What a function must find again: X19-X30 and SP; start.S knows this layout. */
struct context {
    uint64_t saved[13];
};

struct processor {
    struct context context;
    struct exception *seen; /* where to store an expected exception; NULL if none is */
    void (*interrupt)(unsigned intid);
    bool failing; /* an exception in the midst of reporting one */
};

static struct processor processors[GUEST_MAX_VPS];

int context_save(struct context *context) __attribute__((returns_twice));
noreturn void context_restore(struct context *context);
void exception_dispatch(const struct exception *exception);

_Static_assert(offsetof(struct exception, sp_el0) == EXCEPTION_SP_EL0, "start.S");
_Static_assert(offsetof(struct exception, elr) == EXCEPTION_ELR, "start.S");
_Static_assert(offsetof(struct exception, esr) == EXCEPTION_ESR, "start.S");
_Static_assert(offsetof(struct exception, vector) == EXCEPTION_VECTOR, "start.S");
_Static_assert(sizeof(struct exception) == EXCEPTION_SIZE, "start.S");

bool exception_expect(void (*body)(void *argument), void *argument, struct exception *seen)
{
    struct processor *processor = &processors[guest_vp()];

    if (context_save(&processor->context))
        return true;
    processor->seen = seen;
    body(argument);
    processor->seen = NULL;
    return false;
}

void interrupt_handle(void (*handler)(unsigned intid))
{
    processors[guest_vp()].interrupt = handler;
}

static void take_interrupt(const struct processor *processor)
{
    unsigned intid = (unsigned)sysreg_read(ICC_IAR1);

    if (intid >= INTID_SPECIAL)
        return;
    processor->interrupt(intid);
    sysreg_write(ICC_EOIR1, intid);
}

static noreturn void fail(struct processor *processor, const struct exception *exception)
{
    if (!processor->failing) {
        processor->failing = true;
        report(false, "unexpected exception, vector 0x%lx", exception->vector);
        print("  ESR 0x%lx ELR 0x%lx FAR 0x%lx SPSR 0x%lx\n", exception->esr, exception->elr,
              exception->far, exception->spsr);
        print("  X0 0x%lx X1 0x%lx X18 0x%lx X29 0x%lx X30 0x%lx\n", exception->x[0],
              exception->x[1], exception->x[18], exception->x[29], exception->x[30]);
    }
    finish();
}

void exception_dispatch(const struct exception *exception)
{
    struct processor *processor = &processors[guest_vp()];

    if (VECTOR_KIND(exception->vector) == VECTOR_KIND_IRQ && processor->interrupt) {
        take_interrupt(processor);
        return;
    }
    if (!processor->seen)
        fail(processor, exception);
    *processor->seen = *exception;
    processor->seen = NULL;
    context_restore(&processor->context);
}
