/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that a VTL may not access: how the rights that the VTL core has given are enforced, and
 * what happens when a guest is stopped at one.
 *
 * A page that a VTL may not execute must be closed to it altogether (view.h). What it may do
 * with such a page it does one instruction at a time: all other VPs are kept out of that VTL, the
 * page is opened, the instruction executes, the page is closed again. That is exact, and slow.
 * A step loses the exclusive monitor, so that load-exclusive and store-exclusive on such a page are
 * carried out here instead, by compare-and-swap (exclusive.h).
 */
#ifndef EMU_PROTECT_H
#define EMU_PROTECT_H

#include <stdbool.h>
#include <stdint.h>

struct vp;

/*
 * An instruction that touches more pages than this at once does not get through. A gather of 32
 * elements that all cross a page touches 64.
 */
#define PROTECT_STEP_PAGES 96

/* An instruction on its way through closed pages. */
struct protect_step {
    bool active;       /* a pause is on */
    unsigned vtl;      /* whose pages */
    unsigned count;
    uint64_t page[PROTECT_STEP_PAGES]; /* indices into the view, opened for it */
};

/* What a load-exclusive from a closed page has seen. */
struct protect_monitor {
    unsigned left; /* instructions that the store may still be away; 0: there is none to come */
    unsigned vtl;
    uint64_t gpa;
    unsigned size; /* bytes */
    uint64_t value[2];
};

/* Faults that KVM could not explain in a row, before the guest gets an abort for it. */
#define PROTECT_RIDDLES_MAX 1000

struct protect {
    struct protect_step step;
    struct protect_monitor monitor;
    unsigned riddles;
};

/* Catches the signals by which KVM tells of a closed page. Once a process. */
void protect_catch_faults(void);

/* For the VTL core: see struct vtl_backend. */
void protect_stop(void *machine, uint16_t vtls);
void protect_resume(void *machine);
int protect_pages(void *machine, unsigned vtl, uint64_t page, uint64_t count, unsigned rights);

/*
 * After KVM_RUN has returned @error: sees to it if that was because of a page. False: it was not,
 * and the caller goes on as ever, the step being over.
 */
bool protect_fault(struct vp *vp, int error);

/*
 * KVM_RUN has made an exit, so that the instruction has come to its end; or it has been
 * interrupted, and an instruction that has not come to its end will ask for its pages anew.
 */
void protect_end_step(struct vp *vp);

/* It was because of the step. */
void protect_stepped(struct vp *vp);

#endif
