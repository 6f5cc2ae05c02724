/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads whose SVE registers must stay, with every vector length that there is. */
#include <asm/hwcap.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "tests/linux/spin.h"
#include "tests/linux/stress.h"

#ifndef HWCAP_SVE
#define HWCAP_SVE (1 << 22)
#endif
#define MOST_LENGTH 256 /* bytes: the architecture's most */
#define QUAD 16         /* lengths are multiples of this many bytes */
#define PREDICATES 17   /* P0-P15 and FFR */
#define BLOCK_WORDS ((32 * MOST_LENGTH + PREDICATES * MOST_LENGTH / 8) / 8)
#define MOST_TURNS (1u << 18)
#define KIND_Z 4
#define KIND_P 5

struct blocks {
    uint64_t in[BLOCK_WORDS], out[BLOCK_WORDS];
};

static unsigned lengths[MOST_LENGTH / QUAD], length_count;
static char lengths_text[128] = "none";

const char *sve_lengths(void) { return lengths_text; }

/* Bytes, or 0 when this thread cannot have them. */
static bool set_length(unsigned length)
{
    int result = prctl(PR_SVE_SET_VL, length);

    return result >= 0 && (unsigned)(result & PR_SVE_VL_LEN_MASK) == length;
}

static void find_lengths(void)
{
    size_t used = 0;

    for (unsigned length = QUAD; length <= MOST_LENGTH; length += QUAD) {
        if (!set_length(length))
            continue;
        lengths[length_count++] = length;
        used += (size_t)snprintf(lengths_text + used, sizeof lengths_text - used, "%s%u",
                                 used ? "/" : "", length);
    }
}

/* What becomes of FFR has to be ones, then zeroes: others must not be written to it. */
static void fill_ffr(struct worker *worker, uint8_t *ffr, unsigned bytes)
{
    unsigned ones = (unsigned)draw(worker, bytes * 8 + 1);

    for (unsigned i = 0; i < bytes; i++, ones -= ones > 8 ? 8 : ones)
        ffr[i] = ones >= 8 ? 0xff : (uint8_t)((1u << ones) - 1);
}

static void fill(struct worker *worker, struct blocks *blocks, unsigned length)
{
    uint64_t round = atomic_load(&worker->progress) + 1;
    uint8_t *bytes = (uint8_t *)blocks->in;

    memset(blocks->out, 0, sizeof blocks->out);
    for (unsigned i = 0; i < BLOCK_WORDS; i++)
        blocks->in[i] = pattern(worker->number, round, i < 32 * length / 8 ? KIND_Z : KIND_P,
                                i * 8 / length);
    fill_ffr(worker, bytes + 32 * length + 16 * length / 8, length / 8);
}

static void compare_bytes(struct worker *worker, const char *how, const char *name, unsigned length,
                          const uint8_t *in, const uint8_t *out, unsigned count)
{
    uint64_t expected = 0, found = 0;
    char text[64];

    for (unsigned i = 0; i < count; i += 8) {
        unsigned bytes = count - i < 8 ? count - i : 8;
        memcpy(&expected, in + i, bytes);
        memcpy(&found, out + i, bytes);
        if (expected != found) {
            fail(worker, "%s, vl %u: %s, byte %u: expected %016" PRIx64 ", found %016" PRIx64 "%s",
                 how, length, name, i, expected, found, pattern_text(found, text));
            return;
        }
    }
}

static void compare_z(struct worker *worker, const char *how, const struct blocks *blocks,
                      unsigned length, unsigned bytes)
{
    const uint8_t *in = (const uint8_t *)blocks->in, *out = (const uint8_t *)blocks->out;
    char name[8];

    for (unsigned i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "z%u", i);
        compare_bytes(worker, how, name, length, in + i * length, out + i * length, bytes);
    }
}

static void compare_p(struct worker *worker, const char *how, const struct blocks *blocks,
                      unsigned length)
{
    unsigned bytes = length / 8;
    const uint8_t *in = (const uint8_t *)blocks->in + 32 * length;
    const uint8_t *out = (const uint8_t *)blocks->out + 32 * length;
    char name[8];

    for (unsigned i = 0; i < PREDICATES; i++) {
        snprintf(name, sizeof name, i < 16 ? "p%u" : "ffr", i);
        compare_bytes(worker, how, name, length, in + i * bytes, out + i * bytes, bytes);
    }
}

/* System calls keep what V registers have; of the rest nobody else's values may be there. */
static void call_round(struct worker *worker, struct blocks *blocks, unsigned length)
{
    const uint8_t *in = (const uint8_t *)blocks->in, *out = (const uint8_t *)blocks->out;

    spin_sve_call(blocks->in, blocks->out);
    compare_z(worker, "across getpid", blocks, length, QUAD);
    for (unsigned i = 0; i < 32 * length; i++)
        if (i % length >= QUAD && out[i] != 0 && out[i] != in[i]) {
            fail(worker, "across getpid, vl %u: z%u, byte %u: neither kept nor zero", length,
                 i / length, i % length);
            return;
        }
}

static void round_of(struct worker *worker, struct blocks *blocks)
{
    unsigned length = lengths[draw(worker, length_count)];

    if (draw(worker, 4) == 0 && !set_length(length))
        fail(worker, "cannot get vector length %u", length);
    length = (unsigned)prctl(PR_SVE_GET_VL) & PR_SVE_VL_LEN_MASK;
    fill(worker, blocks, length);
    if (draw(worker, 8) == 0) {
        call_round(worker, blocks, length);
    } else {
        spin_sve(blocks->in, blocks->out, 1 + draw(worker, MOST_TURNS));
        compare_z(worker, "while it spun", blocks, length, length);
        compare_p(worker, "while it spun", blocks, length);
    }
    if (spin_sve_length() != length)
        fail(worker, "vector length is %" PRIu64 " instead of %u", spin_sve_length(), length);
}

static void run(struct worker *worker)
{
    struct blocks *blocks = calloc(1, sizeof *blocks);

    if (!blocks)
        fail(worker, "out of memory");
    else if (!set_length(lengths[worker->number % length_count]))
        fail(worker, "cannot get its first vector length");
    while (!stopping()) {
        round_of(worker, blocks);
        done(worker, TALLY_SVE, 1);
    }
    free(blocks);
}

void add_sve(void)
{
    if (!(getauxval(AT_HWCAP) & HWCAP_SVE)) {
        say("no SVE here");
        return;
    }
    find_lengths();
    for (unsigned i = 0; i < cpus(); i++)
        for (unsigned k = 0; k < options.sve; k++)
            worker_add("sve", cpu_at(i), run, NULL)->wants_signals = true;
}
