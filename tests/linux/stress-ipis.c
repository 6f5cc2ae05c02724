/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairs of threads on different CPUs that wake each other: by a futex, and by pipes. They are more
 * urgent than what keeps the CPUs busy, so that the kernel has to interrupt the other CPU for each
 * wake-up.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/linux/stress.h"

#define BATCH 8 /* messages a round */
#define WORDS 8
#define LAST UINT32_MAX /* the pair is to end */

enum kind { KIND_PING = 6, KIND_PONG };

struct message {
    uint64_t sequence, words[WORDS];
};

/* The word is odd when it is the answering thread's turn. */
struct futex_pair {
    _Atomic uint32_t word;
    struct message message;
};

struct pipe_pair {
    int there[2], back[2];
};

static _Atomic int pipe_to_steal = -1;

static void compose(struct message *message, enum kind kind, uint64_t sequence)
{
    message->sequence = sequence;
    for (unsigned i = 0; i < WORDS; i++)
        message->words[i] = pattern(0, sequence, kind, i);
}

static void check_message(struct worker *worker, const struct message *message, enum kind kind,
                          uint64_t sequence)
{
    struct message expected;

    compose(&expected, kind, sequence);
    if (message->sequence != sequence)
        fail(worker, "message %" PRIu64 " came instead of %" PRIu64, message->sequence, sequence);
    else if (memcmp(message, &expected, sizeof expected))
        fail(worker, "message %" PRIu64 " is damaged", sequence);
}

/* --- By a futex ----------------------------------------------------------------------------- */

static void futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
    syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void pass_on(struct futex_pair *pair, uint32_t value)
{
    atomic_store(&pair->word, value);
    futex(&pair->word, FUTEX_WAKE, 1);
}

/* Without a limit: the watchdog sees a wake-up that is lost. Returns the new value. */
static uint32_t wait_while(struct futex_pair *pair, uint32_t value)
{
    uint32_t found;

    while ((found = atomic_load(&pair->word)) == value)
        futex(&pair->word, FUTEX_WAIT, value);
    return found;
}

static void futex_ping(struct worker *worker)
{
    struct futex_pair *pair = worker->state;
    uint32_t sequence = 0;

    be_urgent();
    while (!stopping()) {
        uint64_t begin = now();
        for (unsigned i = 0; i < BATCH; i++, sequence += 2) {
            compose(&pair->message, KIND_PING, sequence);
            pass_on(pair, sequence + 1);
            wait_while(pair, sequence + 1);
            check_message(worker, &pair->message, KIND_PONG, sequence);
        }
        done(worker, TALLY_IPIS, BATCH);
        pause_after(worker, begin);
    }
    pass_on(pair, LAST);
}

static void futex_pong(struct worker *worker)
{
    struct futex_pair *pair = worker->state;
    uint32_t sequence = 0;

    be_urgent();
    for (; wait_while(pair, sequence) != LAST; sequence += 2) {
        check_message(worker, &pair->message, KIND_PING, sequence);
        compose(&pair->message, KIND_PONG, sequence);
        pass_on(pair, sequence + 2);
        done(worker, TALLY_IPIS, 1);
    }
}

/* --- By pipes ------------------------------------------------------------------------------- */

static bool send_message(struct worker *worker, int fd, enum kind kind, uint64_t sequence)
{
    struct message message;

    compose(&message, kind, sequence);
    if (write(fd, &message, sizeof message) == sizeof message)
        return true;
    fail(worker, "writing to a pipe: %s", strerror(errno));
    return false;
}

/* False at the end. */
static bool receive_message(struct worker *worker, int fd, enum kind kind, uint64_t sequence)
{
    struct message message;
    ssize_t size = read(fd, &message, sizeof message);

    if (size == 0)
        return false;
    if (size != sizeof message)
        fail(worker, "reading from a pipe: %zd bytes", size);
    else
        check_message(worker, &message, kind, sequence);
    return size == sizeof message;
}

static void pipe_ping(struct worker *worker)
{
    struct pipe_pair *pair = worker->state;
    uint64_t sequence = 0, begin = now();
    bool good = true;

    be_urgent();
    atomic_store(&pipe_to_steal, pair->back[0]);
    for (; good && !stopping(); sequence++) {
        good = send_message(worker, pair->there[1], KIND_PING, sequence) &&
               receive_message(worker, pair->back[0], KIND_PONG, sequence);
        done(worker, TALLY_IPIS, 1);
        if (sequence % BATCH == 0) {
            pause_after(worker, begin);
            begin = now();
        }
    }
    atomic_store(&pipe_to_steal, -1);
    close(pair->there[1]);
}

static void pipe_pong(struct worker *worker)
{
    struct pipe_pair *pair = worker->state;
    uint64_t sequence = 0;

    be_urgent();
    while (receive_message(worker, pair->there[0], KIND_PING, sequence) &&
           send_message(worker, pair->back[1], KIND_PONG, sequence)) {
        sequence++;
        done(worker, TALLY_IPIS, 1);
    }
    close(pair->back[1]);
}

/* Takes a message away, so that somebody waits for ever. */
void break_ipi(void)
{
    static bool stolen;
    struct message message;
    int fd = stolen ? -1 : atomic_load(&pipe_to_steal);

    if (fd >= 0 && read(fd, &message, sizeof message) == sizeof message)
        stolen = true;
}

/* --- Both --------------------------------------------------------------------------------- */

static void add_pair(unsigned from, unsigned to)
{
    struct futex_pair *futexes = calloc(1, sizeof *futexes);
    struct pipe_pair *pipes = calloc(1, sizeof *pipes);

    if (!futexes || !pipes || pipe(pipes->there) || pipe(pipes->back)) {
        say("no memory or files for pairs of threads");
        exit(EXIT_FAILURE);
    }
    worker_add("futex-ping", cpu_at(from), futex_ping, futexes);
    worker_add("futex-pong", cpu_at(to), futex_pong, futexes);
    worker_add("pipe-ping", cpu_at(to), pipe_ping, pipes);
    worker_add("pipe-pong", cpu_at(from), pipe_pong, pipes);
}

void add_ipis(void)
{
    for (unsigned i = 0; i < cpus(); i++)
        add_pair(i, i + 1);
}
