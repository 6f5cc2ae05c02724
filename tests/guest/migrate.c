/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that is moved while it runs: it goes on as if nothing had been. In laps, VTL0 and VTL2
 * each write to one page of many, and vtlemu does so for them in all of its own ways: the output of
 * a hypercall, a message, an event flag, the VP assist page. Each lap looks at all that the laps
 * before have left, so that a page that was not brought along, or was brought as it had been
 * earlier, is found. A line every REPORT laps; a 'q' on the console ends it.
 *
 * VTL2 also writes to two pages of VTL0's that it has protected: one that VTL0 may only read, one that
 * it may not access at all.
 *
 * `laps=N` ends it after so many, too; `alone` says that there is no VTL2; `wide=N` has N times as
 * many pages written.
 */
#include "tests/guest/guest.h"

#define MODIFY_VTL_PROTECTION_MASK 0x000cul
#define POST_MESSAGE 0x005cul
#define VSM_PARTITION_CONFIG 0x000d0007u
#define PROTECT_ALL_OPEN 0x1ful /* VSM_PARTITION_CONFIG: protections, and all rights at first */
#define RIGHTS_NONE 0ul
#define RIGHTS_READ 5ul /* and execute, for which the page need not be closed */
#define SIGNAL_EVENT 0x005dul
#define VP_ASSIST_PAGE 0x00090013u
#define SCONTROL 0x000a0010u
#define SIEFP 0x000a0012u
#define SIMP 0x000a0013u
#define EOM 0x000a0014u
#define SINT0 0x000a0000u
#define ENABLE 1ul
#define POLLING (1ul << 18) /* messages come without an interrupt */
#define PPI 0x13ul
#define GET (HV_CALL_GET_VP_REGISTERS | HV_REPS(1))
#define OS_ID (1ul << 40)
/* In the VP assist page: why the VTL was entered (TLFS, HV_VP_VTL_CONTROL). */
#define ENTRY_REASON_OFFSET 8u
#define ENTRY_REASON_VTL_CALL 1u

/* emu/echo.h */
#define ECHO_MESSAGES 0x00ec0001u
#define ECHO_EVENTS 0x00ec0002u
#define SINT 3u
#define EVENT_FLAGS 2048u

#define UART_DR 0x00
#define UART_FR 0x18
#define UART_FR_RXFE (1u << 4)
#define UART_CR 0x30
#define UART_CR_ON 0x301u /* UARTEN, TXE, RXE */
#define UART_IMSC 0x38
#define UART_IMSC_RX (1u << 4)

#define PAGE 4096u
#define PAGES 61u   /* no power of two, so that all meet all */
#define OUTPUTS 17u
#define REPORT 20u

/* Of VTL0's: where neither payload is, nor what `wide` writes. */
#define NOTE_PAGE (RAM_BASE + 8ul * 1024 * 1024) /* VTL0 may read it */
#define SECRET_PAGE (NOTE_PAGE + PAGE)           /* VTL0 may not */

struct message {
    uint32_t type;
    uint8_t size, flags, zero[2];
    uint64_t sender;
    uint64_t payload[30];
};

struct post {
    uint32_t connection, zero, type, size;
    uint64_t payload[30];
};

static volatile uint64_t own[PAGES][PAGE / 8] __attribute__((aligned(PAGE)));
static volatile uint64_t outputs[OUTPUTS][PAGE / 8] __attribute__((aligned(PAGE)));
static volatile uint8_t input[PAGE] __attribute__((aligned(PAGE)));
static volatile struct message slots[16] __attribute__((aligned(PAGE)));
static volatile uint64_t flags[16][EVENT_FLAGS / 64] __attribute__((aligned(PAGE)));
static volatile uint8_t assist[PAGE] __attribute__((aligned(PAGE)));

/* The last lap of 1 to @lap that has come to page @page of @pages; 0: none. */
static uint64_t last_at(uint64_t lap, uint64_t page, uint64_t pages)
{
    uint64_t back = (lap + pages - page) % pages;

    return back < lap ? lap - back : 0;
}

static uint64_t value_of(uint64_t lap)
{
    return lap ? lap * 0x9e3779b97f4a7c15ul + guest_vtl : 0;
}

/* Anywhere in the page, so that parts of it would be missed, too. */
static uint64_t word_of(uint64_t lap)
{
    return lap * 37 % (PAGE / 8);
}

static void write_page(uint64_t lap)
{
    uint64_t page = lap % PAGES, before = last_at(lap - 1, page, PAGES);

    own[page][word_of(before)] = 0;
    own[page][word_of(lap)] = value_of(lap);
}

static void check_pages(uint64_t lap)
{
    for (uint64_t page = 0; page < PAGES; page++) {
        uint64_t last = last_at(lap, page, PAGES), found = own[page][word_of(last)];

        check(found == value_of(last), "lap %lu: page %lu holds 0x%lx instead of lap %lu's", lap,
              page, found, last);
    }
}

/* --- What vtlemu writes ----------------------------------------------------------------------- */

/* The OS id, which is another one each lap, by a hypercall with output in memory. */
static void call_out(uint64_t lap)
{
    volatile uint64_t *in = (volatile uint64_t *)(volatile void *)input;
    uint64_t block[16] = {(uintptr_t)input, (uintptr_t)outputs[lap % OUTPUTS]};

    check(hv_set(HV_NATIVE, HV_GUEST_OS_ID, OS_ID + lap) == 0, "lap %lu: no OS id", lap);
    in[0] = HV_PARTITION_SELF;
    in[1] = HV_VP_SELF;
    in[2] = HV_GUEST_OS_ID;
    __asm__ volatile("dsb sy" : : : "memory");
    check(HV_STATUS(hv_call(HV_NATIVE, GET, block)) == 0, "lap %lu: no output", lap);
}

static void check_outputs(uint64_t lap)
{
    for (uint64_t page = 0; page < OUTPUTS; page++) {
        uint64_t last = last_at(lap, page, OUTPUTS), found = outputs[page][0];

        check(found == (last ? OS_ID + last : 0),
              "lap %lu: output %lu is 0x%lx instead of lap %lu's", lap, page, found, last);
    }
}

static void post(uint64_t lap)
{
    volatile struct post *in = (volatile struct post *)(volatile void *)input;
    uint64_t block[16] = {(uintptr_t)input};

    *in = (struct post){.connection = ECHO_MESSAGES, .type = 1u << 4 | SINT, .size = 8};
    in->payload[0] = lap;
    __asm__ volatile("dsb sy" : : : "memory");
    check(HV_STATUS(hv_call(HV_NATIVE, POST_MESSAGE, block)) == 0, "lap %lu: not posted", lap);
    check(slots[SINT].type && slots[SINT].payload[0] == lap, "lap %lu: the message is %lu's", lap,
          slots[SINT].payload[0]);
    slots[SINT].type = 0;
    hv_set(HV_NATIVE, EOM, 0);
}

static void signal_flag(uint64_t lap)
{
    uint64_t flag = lap % EVENT_FLAGS;
    uint64_t block[16] = {ECHO_EVENTS | (flag + SINT * EVENT_FLAGS) << 32};

    check(HV_STATUS(hv_call(HV_NATIVE, SIGNAL_EVENT | HV_FAST, block)) == 0,
          "lap %lu: not signalled", lap);
}

/* Flags of all laps so far, as nobody clears them. */
static void check_flags(uint64_t lap)
{
    for (uint64_t i = 1; i <= lap && i < EVENT_FLAGS; i++)
        if (!check(flags[SINT][i / 64] >> i % 64 & 1, "lap %lu: flag %lu is lost", lap, i))
            return;
}

static void set_up(void)
{
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, OS_ID);
    check(hv_set(HV_NATIVE, SIMP, (uintptr_t)slots | ENABLE) == 0 &&
              hv_set(HV_NATIVE, SIEFP, (uintptr_t)flags | ENABLE) == 0 &&
              hv_set(HV_NATIVE, SINT0 + SINT, POLLING | PPI) == 0 &&
              hv_set(HV_NATIVE, SCONTROL, ENABLE) == 0,
          "there is no SynIC");
}

/* What VTL2 has left there. */
static void check_protected(uint64_t at, uint64_t lap)
{
    uint64_t found = *(volatile uint64_t *)(uintptr_t)at;

    check(found == lap, "lap %lu: a protected page holds %lu", lap, found);
}

/* --- VTL0 ------------------------------------------------------------------------------------- */

static volatile uint32_t *const uart = (volatile uint32_t *)(uintptr_t)UART_BASE;

/* vtlemu gives input to who wants the interrupt; that the GIC does not deliver it does not matter. */
static void listen(void)
{
    uart[UART_CR / 4] = UART_CR_ON;
    uart[UART_IMSC / 4] = UART_IMSC_RX;
}

static bool is_asked_to_end(void)
{
    return !(uart[UART_FR / 4] & UART_FR_RXFE) && (uart[UART_DR / 4] & 0xff) == 'q';
}

/* More to send than fits into a moment. */
static void write_widely(uint64_t lap, uint64_t wide)
{
    volatile uint64_t *area = (volatile uint64_t *)(uintptr_t)(RAM_BASE + 16 * 1024 * 1024);

    for (uint64_t i = 0; i < wide * PAGES; i++)
        area[i * (PAGE / 8)] = lap;
}

static void go_round(uint64_t lap, bool alone)
{
    check_pages(lap - 1);
    check_outputs(lap - 1);
    write_page(lap);
    call_out(lap);
    post(lap);
    signal_flag(lap);
    check_flags(lap);
    if (alone)
        return;
    check_protected(NOTE_PAGE, lap - 1);
    check(vtl_call(lap) == lap, "lap %lu: VTL2 is elsewhere", lap);
    check_protected(NOTE_PAGE, lap);
}

static void run(void)
{
    uint64_t laps = argument_number("laps", UINT64_MAX), wide = argument_number("wide", 0);
    uint64_t lap = 0, before = counter(), now;
    bool alone = argument_is("alone", "");

    set_up();
    listen();
    while (lap < laps && !is_asked_to_end() && !report_failures()) {
        go_round(++lap, alone);
        write_widely(lap, wide);
        now = counter();
        check(now >= before, "lap %lu: the counter goes back from %lu to %lu", lap, before, now);
        before = now;
        if (lap % REPORT == 0)
            print("vtl0: lap %lu\n", lap);
    }
    report(report_failures() == 0, "%lu laps, nothing is lost", lap);
}

/* --- VTL2 ------------------------------------------------------------------------------------- */

static void protect(uint64_t page, uint64_t rights)
{
    uint64_t block[16] = {HV_PARTITION_SELF, rights, page / PAGE};

    check(HV_STATUS(hv_call(HV_NATIVE, MODIFY_VTL_PROTECTION_MASK | HV_FAST | HV_REPS(1), block)) ==
              0, "0x%lx is not protected", page);
}

static void write_protected(uint64_t lap)
{
    check_protected(SECRET_PAGE, lap - 1);
    *(volatile uint64_t *)NOTE_PAGE = lap;
    *(volatile uint64_t *)SECRET_PAGE = lap;
}

static void answer(void)
{
    uint64_t lap;

    set_up();
    check(hv_set(HV_NATIVE, VSM_PARTITION_CONFIG, PROTECT_ALL_OPEN) == 0, "no protections");
    protect(NOTE_PAGE, RIGHTS_READ);
    protect(SECRET_PAGE, RIGHTS_NONE);
    check(hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist | ENABLE) == 0, "no assist page");
    lap = vtl_return(0);
    for (uint64_t expected = 1;; expected++) {
        volatile uint32_t *reason = (volatile uint32_t *)(volatile void *)&assist[ENTRY_REASON_OFFSET];

        check(lap == expected, "lap %lu comes instead of %lu", lap, expected);
        check(*reason == ENTRY_REASON_VTL_CALL, "lap %lu: entered because of %u", lap, *reason);
        *reason = 0;
        check_pages(lap - 1);
        check_outputs(lap - 1);
        write_page(lap);
        write_protected(lap);
        call_out(lap);
        post(lap);
        lap = vtl_return(report_failures() ? 0 : lap);
    }
}

void guest_main(void)
{
    if (guest_vtl == 0)
        run();
    else
        answer();
}
