/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is touched, given back, copied on write and mapped from files keeps what it holds. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/linux/stress.h"

#define MOST_PAGES 128
#define WORDS (PAGE / 8)
#define KIND 8
#define JUNK 0xbad

/* Two words of each page tell whose it is: that is enough to see a wrong page. */
static void write_pages(uint64_t *memory, unsigned pages, unsigned who, uint64_t round)
{
    for (unsigned i = 0; i < pages; i++) {
        memory[i * WORDS] = pattern(who, round, KIND, i);
        memory[i * WORDS + WORDS - 1] = ~pattern(who, round, KIND, i);
        alive(self);
    }
}

/* The first page that is wrong, or PAGES. */
static unsigned check_pages(const uint64_t *memory, unsigned pages, unsigned who, uint64_t round)
{
    unsigned i = 0;

    while (i < pages && memory[i * WORDS] == pattern(who, round, KIND, i) &&
           memory[i * WORDS + WORDS - 1] == ~pattern(who, round, KIND, i)) {
        alive(self);
        i++;
    }
    return i;
}

static void need_pages(struct worker *worker, const char *what, const uint64_t *memory,
                       unsigned pages, uint64_t round)
{
    unsigned bad = check_pages(memory, pages, worker->number, round);
    char text[64];

    if (bad < pages)
        fail(worker, "%s: page %u of %u begins with %016" PRIx64 "%s", what, bad, pages,
             memory[bad * WORDS], pattern_text(memory[bad * WORDS], text));
}

static uint64_t *map(struct worker *worker, unsigned pages, int flags, int fd)
{
    void *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (memory != MAP_FAILED)
        return memory;
    fail(worker, "mmap: %s", strerror(errno));
    return NULL;
}

static void anonymous_round(struct worker *worker, unsigned pages, uint64_t round)
{
    uint64_t *memory = map(worker, pages, MAP_PRIVATE | MAP_ANONYMOUS, -1);

    if (!memory)
        return;
    write_pages(memory, pages, worker->number, round);
    sleep_for(draw(worker, NS_PER_MS));
    if (breaks("memory"))
        memory[0] = JUNK;
    need_pages(worker, "anonymous memory", memory, pages, round);
    madvise(memory, pages * PAGE, MADV_DONTNEED);
    for (unsigned i = 0; i < pages * WORDS; i += WORDS / 2)
        if (memory[i] != 0) {
            fail(worker, "memory given back is not zero: word %u is %016" PRIx64, i, memory[i]);
            break;
        }
    munmap(memory, pages * PAGE);
}

/* Only what is safe in the child of a program with threads. */
static int child(uint64_t *memory, unsigned pages, unsigned who, uint64_t round)
{
    if (check_pages(memory, pages, who, round) < pages)
        return 1;
    write_pages(memory, pages, who, round + 1);
    return check_pages(memory, pages, who, round + 1) < pages ? 2 : 0;
}

static void fork_round(struct worker *worker, unsigned pages, uint64_t round)
{
    uint64_t *memory = map(worker, pages, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    int status = 0;
    pid_t pid;

    if (!memory)
        return;
    write_pages(memory, pages, worker->number, round);
    pid = fork();
    if (pid == 0)
        _exit(child(memory, pages, worker->number, round));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        fail(worker, "fork: %s", strerror(errno));
    else if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail(worker, "a child found damaged memory (wait status %#x)", (unsigned)status);
    need_pages(worker, "memory after a fork", memory, pages, round);
    munmap(memory, pages * PAGE);
}

static int make_file(void)
{
    char name[] = "/tmp/stress-XXXXXX";
    int fd = mkstemp(name);

    if (fd >= 0)
        unlink(name);
    else
        fd = memfd_create("stress", MFD_CLOEXEC); /* tmpfs, too */
    return fd;
}

/* By write(), by a shared mapping and by a private one, which the file must not see. */
static void check_file(struct worker *worker, int fd, uint64_t *buffer, unsigned pages,
                       uint64_t round)
{
    uint64_t *shared = map(worker, pages, MAP_SHARED, fd);
    uint64_t *private = map(worker, pages, MAP_PRIVATE, fd);

    if (!shared || !private)
        return;
    need_pages(worker, "a mapped file", shared, pages, round);
    need_pages(worker, "a privately mapped file", private, pages, round);
    write_pages(private, pages, worker->number, round + 1);
    need_pages(worker, "a file whose private copy changed", shared, pages, round);
    write_pages(shared, pages, worker->number, round + 2);
    if (pread(fd, buffer, pages * PAGE, 0) != (ssize_t)(pages * PAGE))
        fail(worker, "pread: %s", strerror(errno));
    need_pages(worker, "a file written by a mapping", buffer, pages, round + 2);
    need_pages(worker, "a private copy", private, pages, round + 1);
    munmap(shared, pages * PAGE);
    munmap(private, pages * PAGE);
}

static void file_round(struct worker *worker, unsigned pages, uint64_t round)
{
    uint64_t *buffer = map(worker, pages, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    int fd = make_file();

    if (!buffer)
        return;
    write_pages(buffer, pages, worker->number, round);
    if (fd < 0 || pwrite(fd, buffer, pages * PAGE, 0) != (ssize_t)(pages * PAGE))
        fail(worker, "a temporary file: %s", strerror(errno));
    else
        check_file(worker, fd, buffer, pages, round);
    close(fd);
    munmap(buffer, pages * PAGE);
}

static void run(struct worker *worker)
{
    static void (*const rounds[])(struct worker *, unsigned, uint64_t) = {
        anonymous_round, anonymous_round, file_round, fork_round,
    };

    for (uint64_t round = 1; !stopping(); round += 4) {
        uint64_t begin = now();
        unsigned pages = 1 + (unsigned)draw(worker, MOST_PAGES);
        /* Damage is done in the first kind, which chance may not draw in a short run. */
        size_t kind = breaks("memory") ? 0 : draw(worker, sizeof rounds / sizeof rounds[0]);
        rounds[kind](worker, pages, round);
        done(worker, TALLY_FAULTS, pages);
        pause_after(worker, begin);
    }
}

void add_faults(void)
{
    for (unsigned i = 0; i < cpus(); i++)
        worker_add("faults", cpu_at(i), run, NULL);
}
