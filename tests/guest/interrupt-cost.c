/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it costs to interrupt a VTL2 that does not run on its VP, from VTL0 or from itself: until
 * its handler has run and VTL0 goes on.
 */
#include "tests/guest/measure.h"
#include "tests/guest/paravisor.h"

#define VP_ASSIST_PAGE 0x00090013u
#define SINT2 0x000a0002u
#define SCONTROL 0x000a0010u
#define SIEFP 0x000a0012u
#define ENABLE 1ul
#define PPI 0x12u
#define SPI 0x28u
#define SGI 6u
#define CREATE_PORT 0x0095ul
#define CONNECT_PORT 0x0096ul
#define SIGNAL_EVENT 0x005dul
#define EVENT_PORT 2
#define NUMBER 7 /* of port and connection */
#define FLAGS 8

enum command { COMMAND_NOTHING, COMMAND_SGI, COMMAND_SINT };

static volatile uint64_t own_count;
static volatile uint64_t *count = &own_count; /* VTL0's, for VTL2 */
static uint8_t assist_page[PAGE] __attribute__((aligned(4096)));
static uint64_t input[PAGE / 8] __attribute__((aligned(4096)));
static volatile uint64_t flags[PAGE / 8] __attribute__((aligned(4096)));

static uint64_t call_with_input(uint64_t code)
{
    uint64_t block[16] = {(uintptr_t)input};

    return HV_STATUS(hv_call(HV_NATIVE, code, block));
}

/* --- VTL2 ------------------------------------------------------------------------------------- */

static void handler(unsigned intid)
{
    (void)intid;
    flags[2 * 32] = 0;
    *count += 1;
}

static void prepare(void)
{
    static const unsigned intids[] = {PPI, SPI, SGI};

    gic_init();
    for (unsigned i = 0; i < ARRAY_SIZE(intids); i++)
        gic_enable(intids[i]);
    interrupt_handle(handler);
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_page | ENABLE);
    hv_set(HV_NATIVE, SIEFP, (uintptr_t)flags | ENABLE);
    hv_set(HV_NATIVE, SCONTROL, ENABLE);
    input[0] = input[2] = HV_PARTITION_SELF;
    input[1] = NUMBER | 2ul << 32;
    input[3] = EVENT_PORT;
    input[4] = 2; /* SINT, and VP 0 */
    input[5] = FLAGS << 16;
    check(call_with_input(CREATE_PORT) == 0, "no port");
}

static noreturn void serve(void)
{
    static struct shared shared;
    const volatile uint32_t *reason = (uint32_t *)(assist_page + ASSIST_REASON);

    prepare();
    for (;;) {
        vtl_run_lower(&shared);
        if (*reason == ENTRY_INTERRUPT) {
            unmask();
            mask();
            continue;
        }
        count = (volatile uint64_t *)shared.x[2];
        if (shared.x[1] == COMMAND_SGI)
            gic_send(0, SGI);
        if (shared.x[1] == COMMAND_SINT)
            hv_set(HV_NATIVE, SINT2, shared.x[3]);
    }
}

/* --- VTL0 ------------------------------------------------------------------------------------- */

static __attribute__((noinline)) void command(enum command what, uint64_t value)
{
    register uint64_t x0 __asm__("x0") = 0;
    register uint64_t x1 __asm__("x1") = what;
    register uint64_t x2 __asm__("x2") = (uintptr_t)&own_count;
    register uint64_t x3 __asm__("x3") = value;

    __asm__ volatile("hvc #2" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
}

static void call(void)
{
    command(COMMAND_NOTHING, 0);
}

static void leave_pending(void)
{
    uint64_t before = own_count;

    command(COMMAND_SGI, 0);
    while (own_count == before)
        continue;
}

static void signal_event(void)
{
    uint64_t block[16] = {NUMBER}, before = own_count;

    hv_call(HV_NATIVE, SIGNAL_EVENT | HV_FAST, block);
    while (own_count == before)
        continue;
}

static void connect(void)
{
    input[0] = input[2] = HV_PARTITION_SELF;
    input[1] = input[3] = NUMBER;
    input[4] = EVENT_PORT;
    check(call_with_input(CONNECT_PORT) == 0, "no connection");
}

void guest_main(void)
{
    if (guest_vtl == 2)
        serve();
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    connect();
    measure_unit("a VTL call and its return", call);
    measure("a call that leaves an SGI pending, entry for it, and return", NULL, leave_pending);
    command(COMMAND_SINT, PPI);
    measure("an event for VTL2 whose SINT has a PPI                     ", NULL, signal_event);
    command(COMMAND_SINT, SPI);
    measure("the same with an SPI                                       ", NULL, signal_event);
    report(true, "measured");
}
