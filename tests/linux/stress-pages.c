/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page that one thread takes away and replaces while one on each CPU reads it: what a system call
 * has changed is seen by all at once. Beside that, membarrier(2) interrupts all of them.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/linux/stress.h"

#define PAGES 64
#define READINGS 4096
#define CHANGES 16

/* The generation's low bits; above them is the number of the page that is there. */
enum { STABLE, BEING_TAKEN, TAKEN, BEING_PUT, STATES };

static _Atomic uint64_t generation;
static volatile uint64_t *window;
static int file = -1;

bool pages_fault(uintptr_t address)
{
    uintptr_t begin = (uintptr_t)window;

    if (!begin || address < begin || address >= begin + PAGE)
        return false;
    while (atomic_load(&generation) % STATES == TAKEN && !stopping())
        sched_yield();
    return true;
}

static uint64_t page_of(uint64_t gen) { return gen / STATES % PAGES; }

static bool put(uint64_t page)
{
    void *at = (void *)(uintptr_t)window;

    return mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
                (off_t)(page * PAGE)) == at;
}

/* Half of the times the page goes by mprotect(), else something else is mapped there. */
static bool take(struct worker *worker)
{
    void *at = (void *)(uintptr_t)window;

    if (draw(worker, 2))
        return mprotect(at, PAGE, PROT_NONE) == 0;
    return mmap(at, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at;
}

static void change(struct worker *worker)
{
    uint64_t gen = atomic_fetch_add(&generation, 1) + 1; /* BEING_TAKEN */
    bool skip = breaks("page");

    if (!skip && !take(worker))
        fail(worker, "taking a page away: %s", strerror(errno));
    gen = atomic_fetch_add(&generation, 1) + 1; /* TAKEN */
    if (draw(worker, 8) == 0)
        sched_yield();
    atomic_fetch_add(&generation, 1);
    if (!skip && !put(page_of(gen + 2)))
        fail(worker, "mapping a page: %s", strerror(errno));
    atomic_fetch_add(&generation, 1); /* STABLE, with the next page */
}

static void run_changer(struct worker *worker)
{
    bool barrier = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;

    for (unsigned i = 0; !stopping(); i++) {
        uint64_t begin = now();
        pin(cpu_at(i));
        for (unsigned k = 0; k < CHANGES && !stopping(); k++) {
            change(worker);
            alive(worker);
        }
        for (unsigned k = 0; barrier && k < CHANGES && !stopping(); k++) {
            if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
                fail(worker, "membarrier: %s", strerror(errno));
            alive(worker);
        }
        done(worker, TALLY_IPIS, CHANGES);
        pause_after(worker, begin);
    }
    /* Nobody shall wait for the page. */
    put(0);
}

static void look(struct worker *worker, unsigned word)
{
    uint64_t before = atomic_load(&generation), value = window[word], after;

    atomic_thread_fence(memory_order_acquire);
    after = atomic_load(&generation);
    if (before != after || stopping())
        return;
    if (before % STATES == TAKEN)
        fail(worker, "reads a page that was taken away (generation %" PRIu64 ")", before);
    else if (before % STATES == STABLE && value != page_of(before))
        fail(worker, "reads page %" PRIu64 ", although page %" PRIu64 " is there", value,
             page_of(before));
}

static void run_reader(struct worker *worker)
{
    while (!stopping()) {
        uint64_t begin = now();
        for (unsigned i = 0; i < READINGS; i++)
            look(worker, (unsigned)draw(worker, PAGE / 8));
        done(worker, TALLY_FAULTS, 1);
        pause_after(worker, begin);
    }
}

static bool make_file(void)
{
    uint64_t page[PAGE / 8];

    file = memfd_create("stress", MFD_CLOEXEC);
    for (uint64_t i = 0; file >= 0 && i < PAGES; i++) {
        for (unsigned k = 0; k < PAGE / 8; k++)
            page[k] = i;
        if (write(file, page, sizeof page) != sizeof page)
            return false;
    }
    window = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return file >= 0 && window != MAP_FAILED;
}

void add_pages(void)
{
    if (sysconf(_SC_PAGESIZE) != PAGE) {
        say("pages are of %ld bytes: nobody replaces any", sysconf(_SC_PAGESIZE));
        return;
    }
    if (!make_file()) {
        say("memfd: %s", strerror(errno));
        exit(EXIT_FAILURE);
    }
    worker_add("remap", -1, run_changer, NULL);
    for (unsigned i = 0; i < cpus(); i++)
        worker_add("reader", cpu_at(i), run_reader, NULL);
}
