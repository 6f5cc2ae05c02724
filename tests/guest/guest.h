/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest runtime: all that a bare-metal test needs, in one header.
 *
 *   the test          guest_main(), which VTL and VP this is, the command line
 *   console           print()
 *   verdicts          report(), check(), finish()
 *   exceptions        exception_expect(), registers at the time, interrupts
 *   calls             hvc and smc with X0-X17, PSCI, Hyper-V hypercalls, VTL call and return
 *   processors        vp_start(), lock, wait_for()
 *   memory            page tables, code written at run time
 *   interrupts, time  GICv3, virtual timer, counter
 *   odds and ends     random numbers, strings, system registers
 *
 * A payload is one C file with guest_main() in it; doc/writing-a-guest-test.md says how to add
 * one. All code runs at EL1h with interrupts masked and, until mmu_on(), without MMU, which is
 * why it is compiled with -mstrict-align. No C code uses floating point registers: what a test
 * puts there stays.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/guest/layout.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define noreturn __attribute__((noreturn))

/* --- The test ------------------------------------------------------------------------------ */

/* Written by the payload; runs on the boot VP. Returning from it is finish(). */
void guest_main(void);

extern const uint64_t guest_vtl; /* the VTL this payload was linked for */
unsigned guest_vp(void);         /* the VP this runs on */

/* The command line (--vtlN-cmdline) is words of the form name or name=value. */
bool argument_is(const char *name, const char *value);
/* Decimal, or hexadecimal with 0x; anything else counts as a failure. */
uint64_t argument_number(const char *name, uint64_t fallback);

/* --- Console ------------------------------------------------------------------------------- */

/* As printf(), for %s %c %d %u %x with width, 0 and l, and %%. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- Verdicts ------------------------------------------------------------------------------ */

/* Prints `vtlN: PASS: ...` or `vtlN: FAIL: ...` and counts; returns @good. */
bool report(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for what is checked a thousand times: silent if good. */
bool check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* How many have failed so far. */
unsigned report_failures(void);
/* Ends the run, all VTLs of it: exit status 0 of vtlemu if nothing has failed here, or else 2. */
noreturn void finish(void);

/* --- Exceptions ---------------------------------------------------------------------------- */

/* Registers at an exception; start.S knows this layout. */
struct exception {
    uint64_t x[31];
    uint64_t sp_el0;
    uint64_t elr;
    uint64_t spsr;
    uint64_t esr;
    uint64_t far;
    uint64_t vector; /* offset from VBAR_EL1 */
    uint64_t pstate; /* DAIF, as the handler found it */
};

#define ESR_EC(esr) ((esr) >> 26 & 0x3f)
#define ESR_EC_UNKNOWN 0x00
#define ESR_EC_IABT 0x21
#define ESR_EC_DABT 0x25
#define ESR_FSC(esr) ((esr) & 0x3f)
#define ESR_FSC_EXTERNAL 0x10
#define VECTOR_EL1T 0x000
#define VECTOR_EL1H 0x200
#define VECTOR_EL0 0x400
#define PSTATE_NZCV 0xf0000000ul
#define PSTATE_DAIF 0x3c0ul
#define PSTATE_I 0x080ul
#define PSTATE_EL0T 0x0ul
#define PSTATE_EL1T 0x4ul
#define PSTATE_EL1H 0x5ul

/*
 * Runs body(argument). If it causes a synchronous exception or an SError, stores the state of
 * that time and returns true; the rest of the body is not executed. Any exception that nobody
 * expects is printed and ends the run as a failure.
 */
bool exception_expect(void (*body)(void *argument), void *argument, struct exception *seen);

/* Called for every IRQ on this VP; the interrupt is acknowledged before and completed after. */
void interrupt_handle(void (*handler)(unsigned intid));

/* --- Calls --------------------------------------------------------------------------------- */

struct registers {
    uint64_t x[18];
};

/* Load X0-X17, execute the instruction, store X0-X17. */
void call_hvc0(struct registers *registers); /* SMCCC */
void call_hvc1(struct registers *registers); /* Hyper-V's own convention */
void call_smc0(struct registers *registers);
void call_smc1(struct registers *registers);

#define SMCCC_NOT_SUPPORTED UINT64_MAX
/* `hvc #0` with a function id and three arguments; returns X0. */
uint64_t smccc(uint32_t function, uint64_t a, uint64_t b, uint64_t c);

/*
 * VTL call and VTL return that keep the caller's own registers. @message travels in X1, X0 is 0;
 * the result is what X1 holds when this VTL runs again.
 */
uint64_t vtl_call(uint64_t message);
uint64_t vtl_return(uint64_t message);

#define PSCI_VERSION 0x84000000u
#define PSCI_CPU_SUSPEND 0xc4000001u
#define PSCI_CPU_OFF 0x84000002u
#define PSCI_CPU_ON 0xc4000003u
#define PSCI_AFFINITY_INFO 0xc4000004u
#define PSCI_MIGRATE_INFO_TYPE 0x84000006u
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define PSCI_FEATURES 0x8400000au

#define PSCI_SUCCESS 0
#define PSCI_NOT_SUPPORTED (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_DENIED (-3)
#define PSCI_ALREADY_ON (-4)
#define PSCI_ON_PENDING (-5)
#define PSCI_ON 0 /* answers of AFFINITY_INFO */
#define PSCI_OFF 1

/* A PSCI call with three arguments; returns X0 as PSCI means it. */
int psci(uint32_t function, uint64_t a, uint64_t b, uint64_t c);

enum hv_convention {
    HV_SMCCC,  /* hvc #0, function id 0x46000001 in X0 */
    HV_NATIVE, /* hvc #1 */
};

struct hv_value {
    uint64_t low, high;
};

#define HV_CALL_GET_VP_REGISTERS 0x50ul
#define HV_CALL_SET_VP_REGISTERS 0x51ul
#define HV_FAST (1ul << 16)
#define HV_REPS(count) ((uint64_t)(count) << 32)
#define HV_START(index) ((uint64_t)(index) << 48)
#define HV_STATUS(result) ((result) & 0xffff)
#define HV_COMPLETED(result) ((result) >> 32 & 0xfff)
#define HV_PARTITION_SELF UINT64_MAX
#define HV_VP_SELF 0xfffffffeu

#define HV_GUEST_OS_ID 0x00090002u

#define HV_FAST_QWORDS 16
/* Where fast output of up to 16 bytes is in the block of a native call, whatever the input. */
#define HV_NATIVE_OUTPUT (HV_FAST_QWORDS - 2)

/*
 * A hypercall. @block holds what follows the control word: input registers of a fast call, or
 * the two GPAs of the memory form; afterwards it holds the same registers again, with fast
 * output in them, at hv_fast_output(). Returns the result value.
 */
uint64_t hv_call(enum hv_convention convention, uint64_t control, uint64_t block[HV_FAST_QWORDS]);
/*
 * The index in that block at which fast output begins, of a call with so many 8-byte words of input
 * (all repetitions) and output: HV_SMCCC: behind the input, HV_NATIVE: in the last registers; both
 * in whole pairs of registers. So it is block[14] for a native call with 16 bytes or less.
 */
unsigned hv_fast_output(enum hv_convention convention, unsigned input_qwords,
                        unsigned output_qwords);
/* One register of this VP at this VTL, by fast calls; they return the status. */
unsigned hv_get(enum hv_convention convention, uint32_t name, struct hv_value *value);
unsigned hv_set(enum hv_convention convention, uint32_t name, uint64_t value);

/* --- Processors ---------------------------------------------------------------------------- */

/* Starts @vp at this VTL by CPU_ON; it runs entry(context) with a stack of its own. */
int vp_start(unsigned vp, void (*entry)(uint64_t context), uint64_t context);
noreturn void vp_stop(void);
/*
 * Starts VPs 1 to @vps - 1 at this VTL, one after another: each runs entry(its number), and the next
 * one follows when it has called vp_is_up().
 */
void vp_start_others(unsigned vps, void (*entry)(uint64_t vp));
void vp_is_up(void);

/* Waits until *flag is at least @value; another VP of this VTL stores there. */
void wait_for(const volatile uint64_t *flag, uint64_t value);
/* A store that is seen after all that was stored before. */
void signal_value(volatile uint64_t *flag, uint64_t value);

/* Mutual exclusion that works without MMU, where exclusive loads need not (Lamport's bakery). */
struct lock {
    volatile uint8_t choosing[GUEST_MAX_VPS];
    volatile uint64_t ticket[GUEST_MAX_VPS];
};

void lock_take(struct lock *lock);
void lock_give(struct lock *lock);

/* --- Memory -------------------------------------------------------------------------------- */

enum granule {
    GRANULE_4K = 12, /* page shift */
    GRANULE_16K = 14,
    GRANULE_64K = 16,
};

/* Addresses of 36 bits fit every granule's tables here: those with bit 35 set are free to use. */
#define MMU_LOW_ALIAS 0x800000000ul
#define MMU_HIGH_ALIAS 0xfffffff000000000ul /* in TTBR1's half */

/* Does this processor have the granule? */
bool mmu_has(enum granule granule);
/* Builds tables for the payload and its devices at their own addresses; on the boot VP. */
void mmu_prepare(enum granule granule);
/* Maps [pa, pa + size) at @va as normal memory; after mmu_prepare(). Multiples of 64 KiB. */
void mmu_map(uint64_t va, uint64_t pa, uint64_t size);
/* The descriptor of the page at @va, in the table of the last level. */
uint64_t *mmu_entry(uint64_t va);
/* Has the page at @va lie at @to, without telling the processor: it may go on as before. */
void mmu_remap_silently(uint64_t va, const void *to);
/* Turns MMU and caches on with those tables; on every VP that is to use them. */
void mmu_on(void);

/* Makes instructions that were just written visible to instruction fetch. */
void code_written(const void *code, size_t size);

/* --- Interrupts and time ------------------------------------------------------------------- */

#define INTID_TIMER_VIRTUAL 27
#define INTID_UART 33

/* Whether this VP takes interrupts (PSTATE.I); at first it does not. */
static inline void unmask(void)
{
    __asm__ volatile("msr daifclr, #2\n\tisb" : : : "memory");
}

static inline void mask(void)
{
    __asm__ volatile("msr daifset, #2" : : : "memory");
}

/* Readies distributor, this VP's redistributor and CPU interface. */
void gic_init(void);
void gic_enable(unsigned intid);
/* Sends SGI @intid (0-15) to @vp. */
void gic_send(unsigned vp, unsigned intid);

uint64_t counter(void); /* CNTVCT_EL0 */
uint64_t counter_hz(void);
/* The virtual timer fires after so many microseconds. */
void timer_start(uint64_t microseconds);
void timer_stop(void);

/* --- Odds and ends ------------------------------------------------------------------------- */

/* xorshift64*: the same numbers for the same seed, everywhere. */
struct random {
    uint64_t state;
};

void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* @name may be a macro for a register that the assembler does not know. */
#define SYSREG_STRING(name) #name
#define SYSREG_NAME(name) SYSREG_STRING(name)
#define sysreg_read(name)                                                                          \
    ({                                                                                             \
        uint64_t sysreg_value;                                                                     \
        __asm__ volatile("mrs %0, " SYSREG_NAME(name) : "=r"(sysreg_value) : : "memory");          \
        sysreg_value;                                                                              \
    })
#define sysreg_write(name, value)                                                                  \
    __asm__ volatile("msr " SYSREG_NAME(name) ", %0\n\tisb" : : "r"((uint64_t)(value)) : "memory")

static inline void wait_for_interrupt(void)
{
    __asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

#endif
