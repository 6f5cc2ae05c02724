/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTL calls and returns by immediates, or by functions of the SMC Calling Convention (--vtl-call-abi,
 * --vtl-return-abi; doc/vtl-abi.md). The arguments call=ID and return=ID, the same at all VTLs, tell
 * what this run has; without them it is `hvc #2` and `hvc #3`. rounds=N; alone: there is only VTL0.
 */
#include "tests/guest/paravisor.h"

#define VP_ASSIST_PAGE 0x00090013u
#define X0_NAME 0x00020000u
#define ENABLE 1ul
/* Of the lower VTL, in HV_INPUT_VTL beside the VP. */
#define USE_VTL0 (0x10ul << 32)
/* What is a function of nobody's, unless the arguments say otherwise. */
#define CALL_ID 0xc3000002ul
#define RETURN_ID 0xc3000003ul
#define SUCCESS 0ul
#define SHARED 28
#define UPPER_HALF 0xdeadbeef00000000ul /* of X0: no part of an id */
#define MARK 0x1122334455667788ul
#define ANSWER 0x5a5aul
#define DELAY_US 2000

/* In X1; X2 says where VTL0 wants to read what has arrived. */
enum command {
    COMMAND_ECHO = 1, /* come back with all registers from X3 on inverted, and ANSWER in X0 */
    COMMAND_SET_X0,   /* set VTL0's X0 by hypercall */
    COMMAND_TIMER,    /* set the timer */
};

struct seen {
    struct shared arrived;
    volatile uint64_t calls;
    volatile uint64_t interrupts;
    uint64_t own_x0; /* VTL0's, as a hypercall tells it */
};

static uint64_t call_id, return_id; /* 0: the immediates */

static void fill(struct shared *shared, uint64_t seed)
{
    struct random random;

    random_seed(&random, seed);
    for (unsigned i = 0; i < SHARED; i++)
        shared->x[i] = random_next(&random);
}

/* --- What is refused --------------------------------------------------------------------------- */

static void execute_hvc2(void *argument)
{
    vtl_run_higher(argument);
}

static void execute_hvc3(void *argument)
{
    vtl_run_lower(argument);
}

static void test_undefined(void (*execute)(void *argument), const char *what)
{
    struct exception exception;
    struct shared shared;

    fill(&shared, 1);
    report(exception_expect(execute, &shared, &exception) &&
               ESR_EC(exception.esr) == ESR_EC_UNKNOWN && exception.x[0] == shared.x[0],
           "%s is undefined", what);
}

/* Nothing but X0 changes, as with every function that nobody serves. */
static void test_not_supported(uint64_t id, const char *what)
{
    struct shared shared, before;

    fill(&shared, 2);
    shared.x[0] = UPPER_HALF | id;
    before = shared;
    vtl_run_other(&shared);
    report(shared.x[0] == SMCCC_NOT_SUPPORTED &&
               !memcmp(&shared.x[1], &before.x[1], sizeof(shared) - sizeof(shared.x[0])),
           "%s, function 0x%lx, is not supported", what, id);
}

static void test_refusals(bool highest, bool lowest)
{
    if (highest || call_id)
        test_undefined(execute_hvc2, "hvc #2");
    if (lowest || return_id)
        test_undefined(execute_hvc3, "hvc #3");
    if (highest || !call_id)
        test_not_supported(call_id ? call_id : CALL_ID, "a VTL call");
    if (lowest || !return_id)
        test_not_supported(return_id ? return_id : RETURN_ID, "a VTL return");
}

/* --- Higher VTLs ------------------------------------------------------------------------------- */

static uint8_t assist_page[PAGE] __attribute__((aligned(4096)));
static struct seen *seen_by_vtl0;

static void call(struct shared *shared)
{
    if (call_id) {
        shared->x[0] = UPPER_HALF | call_id;
        vtl_run_other(shared);
    } else {
        vtl_run_higher(shared);
    }
}

/* What is in X0 is VTL0's afterwards, unless it has to carry the id. */
static void run_lower(struct shared *shared)
{
    if (return_id) {
        shared->x[0] = UPPER_HALF | return_id;
        vtl_run_other(shared);
    } else {
        vtl_run_lower(shared);
    }
}

static uint64_t get_x0(void)
{
    uint64_t block[HV_FAST_QWORDS] = {HV_PARTITION_SELF, HV_VP_SELF | USE_VTL0, X0_NAME};

    hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
    return block[HV_NATIVE_OUTPUT];
}

static void set_x0(uint64_t value)
{
    uint64_t block[HV_FAST_QWORDS] = {HV_PARTITION_SELF, HV_VP_SELF | USE_VTL0, X0_NAME, 0, value};

    check(HV_STATUS(hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block)) == 0,
          "X0 of VTL0 cannot be set");
}

static void obey(struct shared *shared)
{
    seen_by_vtl0 = (struct seen *)shared->x[2];
    seen_by_vtl0->calls++;
    seen_by_vtl0->arrived = *shared;
    seen_by_vtl0->own_x0 = get_x0();
    switch ((enum command)shared->x[1]) {
    case COMMAND_ECHO:
        for (unsigned i = 3; i < SHARED; i++)
            shared->x[i] = ~shared->x[i];
        shared->x[0] = ANSWER;
        break;
    case COMMAND_SET_X0:
        set_x0(MARK);
        break;
    case COMMAND_TIMER:
        timer_start(DELAY_US);
        break;
    }
}

static void take(unsigned intid)
{
    check(intid == INTID_TIMER_VIRTUAL, "interrupt %u", intid);
    timer_stop();
    seen_by_vtl0->interrupts++;
}

noreturn static void serve_vtl2(void)
{
    const volatile uint32_t *reason = (uint32_t *)(assist_page + ASSIST_REASON);
    static struct shared shared;

    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    interrupt_handle(take);
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_page | ENABLE);
    for (;;) {
        run_lower(&shared);
        if (*reason == ENTRY_CALL) {
            obey(&shared);
        } else {
            unmask();
            mask();
        }
    }
}

/* Hands calls on, with all registers. */
noreturn static void serve_vtl1(void)
{
    static struct shared shared;

    for (;;) {
        run_lower(&shared);
        call(&shared);
        if (call_id && return_id)
            check(shared.x[0] == SUCCESS, "VTL1: X0 is 0x%lx after a call", shared.x[0]);
    }
}

/* --- VTL0 -------------------------------------------------------------------------------------- */

static struct seen seen;

/* X0 when a call with @before there is over. */
static uint64_t x0_after(uint64_t before)
{
    if (!return_id)
        return ANSWER;
    return call_id ? SUCCESS : before;
}

static bool echo(uint64_t round)
{
    struct shared shared, sent;
    bool good = true;

    fill(&shared, round);
    shared.x[0] = call_id ? UPPER_HALF | call_id : MARK + round;
    shared.x[1] = COMMAND_ECHO;
    shared.x[2] = (uintptr_t)&seen;
    sent = shared;
    call(&shared);
    for (unsigned i = 0; i < SHARED; i++)
        good &= check(seen.arrived.x[i] == sent.x[i], "shared register %u arrives as 0x%lx", i,
                      seen.arrived.x[i]);
    for (unsigned i = 3; i < SHARED; i++)
        good &= check(shared.x[i] == ~sent.x[i], "shared register %u comes back as 0x%lx", i,
                      shared.x[i]);
    return check(shared.x[0] == x0_after(sent.x[0]), "X0 is 0x%lx after a call", shared.x[0]) &&
           check(!return_id || seen.own_x0 == x0_after(sent.x[0]), "a hypercall tells X0 as 0x%lx",
                 seen.own_x0) && good;
}

static void test_echo(void)
{
    uint64_t rounds = argument_number("rounds", 100);
    bool good = true;

    for (uint64_t i = 1; i <= rounds; i++)
        good &= echo(i);
    report(good && seen.calls == rounds, "%lu calls carry X0-X17 and X19-X28 up and X1-X28 down",
           rounds);
    report(good, "X0 is then %s", !return_id ? "what VTL2 had there" :
                                  call_id ? "success" : "what it was");
}

/* The only way to have a result in X0, if the return has its id there. */
static void test_set_x0(void)
{
    struct shared shared = {.x = {MARK + 1, COMMAND_SET_X0, (uintptr_t)&seen}};

    call(&shared);
    report(shared.x[0] == MARK, "VTL2 sets X0 by hypercall");
}

/* Until VTL2 has had an interrupt; @x0 stays in X0 meanwhile, and what is found there is returned. */
static __attribute__((noinline)) uint64_t spin(uint64_t x0, volatile uint64_t *interrupts)
{
    register uint64_t r0 __asm__("x0") = x0;
    register volatile uint64_t *r1 __asm__("x1") = interrupts;
    register uint64_t r2 __asm__("x2");

    __asm__ volatile("1: ldr %1, [%2]\n"
                     "cbz %1, 1b\n" : "+r"(r0), "=&r"(r2) : "r"(r1) : "memory");
    return r0;
}

static void test_preemption(void)
{
    uint64_t rounds = argument_number("interrupts", 20);
    bool good = true;

    for (uint64_t i = 0; i < rounds; i++) {
        struct shared shared = {.x = {0, COMMAND_TIMER, (uintptr_t)&seen}};
        uint64_t x0;

        seen.interrupts = 0;
        call(&shared);
        x0 = spin(MARK + i, &seen.interrupts);
        good &= check(x0 == MARK + i, "X0 is 0x%lx after an interrupt", x0);
    }
    report(good, "X0 stays while VTL2's timer pre-empts VTL0");
}

static void run_vtl0(void)
{
    test_echo();
    if (return_id)
        test_set_x0();
    test_preemption();
}

void guest_main(void)
{
    uint64_t calls;

    call_id = argument_number("call", 0);
    return_id = argument_number("return", 0);
    calls = seen.calls;
    if (guest_vtl != 1)
        test_refusals(guest_vtl == 2 || argument_is("alone", ""), guest_vtl == 0);
    report(seen.calls == calls, "nobody has been called by that");
    if (guest_vtl == 1)
        serve_vtl1();
    if (guest_vtl == 2)
        serve_vtl2();
    if (!argument_is("alone", ""))
        run_vtl0();
}
