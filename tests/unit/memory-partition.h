/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A partition in plain memory: the back end that the unit tests give to the VTL core.
 */
#ifndef TESTS_UNIT_MEMORY_PARTITION_H
#define TESTS_UNIT_MEMORY_PARTITION_H

#include "vtl/vtl.h"

#define MEMORY_PARTITION_VPS 4
#define MEMORY_PARTITION_RAM 0x10000u /* bytes, from GPA 0 */
#define MEMORY_PARTITION_PAGES (MEMORY_PARTITION_RAM / 4096)
#define MEMORY_PARTITION_PROTECTABLE 1024u /* pages that protect() may be told of */
#define MEMORY_PARTITION_TOLD 16
#define MEMORY_PARTITION_GICR 0x80a0000ull /* redistributor of VP 0 */
#define MEMORY_PARTITION_REGISTERS 384
#define MEMORY_PARTITION_TIMER 27u /* the GIC keeps this INTID for itself */
#define MEMORY_PARTITION_INTIDS 128u

/* A call of protect(). */
struct memory_protect {
    unsigned vtl;
    uint64_t page, count;
    unsigned rights;
};

struct memory_partition {
    struct vtl_partition *core;
    uint64_t time;     /* what reference_time() says */
    uint64_t timer[MEMORY_PARTITION_VPS][VTL_LEVELS][HV_STIMERS]; /* as set_timer() was told */
    uint64_t runtime;  /* what vp_runtime() says, more by the VP's index */
    uint64_t counter_hz;
    uint32_t missing;  /* a register that this processor does not have */
    unsigned prepared, started; /* calls of prepare_vp() and start_vp() */
    unsigned last_vp, last_vtl; /* of the last such call */
    struct vtl_initial_context context;
    bool running[MEMORY_PARTITION_VPS]; /* start_vp() fails */
    struct {
        unsigned count; /* calls of assert_interrupt() */
        uint32_t intid; /* of the last */
        uint64_t timer; /* what Stimer0Config was then */
    } interrupt[MEMORY_PARTITION_VPS][VTL_LEVELS];
    struct {
        unsigned count; /* calls of set_interrupt_line() */
        unsigned vp;    /* of the last */
        uint32_t intid;
        bool asserted;
    } line[VTL_LEVELS];
    unsigned flushes[VTL_LEVELS]; /* calls of flush_tlb() that did not fail */
    bool flush_fails;
    int interrupt_error; /* what assert_interrupt() returns */
    bool suspended[MEMORY_PARTITION_VPS][VTL_LEVELS]; /* as suspend() was told */
    unsigned kicks[MEMORY_PARTITION_VPS]; /* calls of kick_vp() */
    unsigned crashes;  /* calls of crashed() */
    unsigned crash_vtl;
    struct vtl_crash crash;
    bool tables_fixed;     /* compare_exchange() fails */
    unsigned exchanges;    /* calls of it that did not */
    unsigned rivals;       /* so many find that another processor has just ... */
    uint64_t rival_bits;   /* ... flipped these bits */
    int stopped_vp; /* between stop_vp() and resume_vp(), or -1 */
    unsigned stops; /* calls of stop_vp() that succeeded */
    unsigned busy;  /* n: the nth call from now on says -EBUSY */
    uint16_t stopped;       /* VTLs, between stop_vtls() and resume_vtls() */
    unsigned protects;      /* calls of protect() that succeeded */
    unsigned protect_fails; /* n: the nth call from now on fails */
    struct memory_protect told[MEMORY_PARTITION_TOLD]; /* the first of these, see protects */
    uint8_t rights[VTL_LEVELS][MEMORY_PARTITION_PROTECTABLE]; /* what they amount to */
    _Alignas(uint64_t) uint8_t ram[MEMORY_PARTITION_RAM];
    struct hv_u128 registers[MEMORY_PARTITION_VPS][VTL_LEVELS][MEMORY_PARTITION_REGISTERS];
};

/* VTLs in the set @enabled; every VP starts in @boot_vtl. All VTLs may be enabled. */
struct memory_partition *memory_partition_new(uint16_t enabled, unsigned boot_vtl);
void memory_partition_free(struct memory_partition *partition);

/*
 * Saves the core, and puts one that has loaded that in its place; so that nothing but time seems to
 * stand still. If @bus is not NULL, *@bus, which is @vtl's, moves, too, with the host @host. Whatever the state is, it
 * must be possible, and the same when it is saved again.
 */
void memory_partition_move(struct memory_partition *partition, struct vmbus **bus,
                           unsigned vtl, const struct vmbus_host *host);

/*
 * Lets time pass until @time, with vtl_stimer_run() at every time that set_timer() was told, in
 * their order. Returns how many calls that took.
 */
unsigned memory_partition_pass_time(struct memory_partition *partition, uint64_t time);

#endif
