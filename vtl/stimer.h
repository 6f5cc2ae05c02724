/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic timers: each VTL of a VP has four. At its time a timer sends a message to a SINT or, in
 * direct mode, raises a PPI. Times are reference time, in units of 100 ns.
 * Source: TLFS, "Timers", "Synthetic Timers".
 *
 * Where the TLFS leaves a choice:
 *  - Reserved bits are INVALID_REGISTER_VALUE, as in the SynIC's registers; of the vector those are
 *    the upper three on arm64. An enabled timer in direct mode needs the INTID of a PPI (16-31), or
 *    else INVALID_PARAMETER: others do not belong to the VP.
 *  - Every write to either register of a timer begins it anew: its period starts now, and what it
 *    has not delivered yet is dropped (as Linux, arch/x86/kvm/hyperv.c, stimer_cleanup()).
 *  - A timer that is enabled while its Count is 0 starts when that is written.
 *  - A message has a buffer of its own, one a timer (synic.h). A one-shot timer is disabled at its
 *    expiration, although its message may have to wait for an empty slot.
 *  - Periods begin at the start, so that lateness does not add up. A period is missed when the
 *    timer was served too late for it, or when its last message still waits. What a lazy timer has
 *    missed is skipped. Others catch up, one message each with the time when it was due, at half
 *    the period; of what they have missed, the last STIMER_ARREARS_MAX count and all before are
 *    skipped.
 *  - A periodic timer is served every STIMER_SERVICE_MIN at most, and what that misses is missed as
 *    above, so that the shortest period costs no more than that.
 */
#ifndef VTL_STIMER_H
#define VTL_STIMER_H

#include <glib.h>
#include <stdint.h>

#include "vtl/synic.h"

struct vtl_vp;

/* StimerNConfig. */
#define HV_STIMER_ENABLE (1ull << 0)
#define HV_STIMER_PERIODIC (1ull << 1)
#define HV_STIMER_LAZY (1ull << 2)
#define HV_STIMER_AUTO_ENABLE (1ull << 3) /* a write to Count enables it */
#define HV_STIMER_VECTOR_SHIFT 4
#define HV_STIMER_VECTOR 0x1full
#define HV_STIMER_VECTOR_MIN 16u
#define HV_STIMER_DIRECT (1ull << 12)
#define HV_STIMER_SINT_SHIFT 16
#define HV_STIMER_SINT 0xfull

#define STIMER_NEVER UINT64_MAX
#define STIMER_ARREARS_MAX 8u
/* 200 us, as little as Linux lets a guest's periodic APIC timer have (kvm.min_timer_period_us). */
#define STIMER_SERVICE_MIN 2000u

struct stimer {
    _Atomic uint64_t config; /* written under @lock of struct stimers, read by its owner */
    uint64_t count;          /* written under that and vtl_partition.lock */
    uint64_t due;  /* when the expiration is due that it signals next, or STIMER_NEVER */
    uint64_t when; /* when it is served next, @due at the earliest, or STIMER_NEVER */
};

/*
 * The timers of one VTL of a VP. @lock comes after vtl_partition.lock and before synic.lock; with
 * it held, the back end's time, timer, memory and interrupt functions are called.
 */
struct stimers {
    GMutex lock;
    struct stimer timer[HV_STIMERS];
};

/* Reset values. */
void stimers_init(struct stimers *stimers);
void stimers_clear(struct stimers *stimers);

/* As vtl_partition_save(), vtl_partition_load() and vtl_partition_tell() say. */
void stimers_save(const struct stimers *stimers, struct codec_writer *writer);
void stimers_load(struct stimers *stimers, struct codec_reader *reader);
void stimers_tell(struct vtl_vp *vp, unsigned vtl);

/*
 * To be called once the time has come that the back end's set_timer() was told; called earlier, it
 * does no more than tell it again. From any thread, with or without vtl_partition.lock.
 */
void vtl_stimer_run(struct vtl_vp *vp, unsigned vtl, unsigned timer);

#endif
