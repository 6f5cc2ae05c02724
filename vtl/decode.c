/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups of instructions, and what all of them need: see decode.h. */
#include "vtl/decode-parts.h"

#include <errno.h>

#define PSTATE_UAO (1ull << 23)

static int unknown(const struct decode_state *state)
{
    (void)state;
    return -ENOTSUP;
}

/* Arm ARM, C4.1, from the special to the general; what matches no row accesses no memory. */
static const struct decode_row groups[] = {
    {0xbe000000, 0x0c000000, decode_structures},
    {0x3f000000, 0x08000000, decode_exclusive},
    {0x3b200c00, 0x19000400, decode_mops},
    {0x3f200c00, 0x38200000, decode_atomic},
    {0x3f200000, 0x19200000, decode_atomic},  /* of 128 bits, or checked */
    {0x0a000000, 0x08000000, decode_general}, /* all other loads and stores */
    {0xffc00000, 0xd5000000, decode_system},
    {0x9e000000, 0x84000000, decode_sve},
    {0xfe800000, 0xa0000000, unknown}, /* SME2, of several vectors */
    {0xfe000000, 0xe0000000, unknown}, /* SME */
};

static const struct {
    bool read, write;
} directions[] = {
    [DECODE_LOAD] = {true, false},
    [DECODE_STORE] = {false, true},
    [DECODE_UPDATE] = {true, true},
    [DECODE_SET] = {false, true},
    [DECODE_CACHE_CLEAN] = {true, false},
    [DECODE_CACHE_INVALIDATE] = {false, true},
    [DECODE_ZERO] = {false, true},
    [DECODE_PREFETCH] = {false, false},
};

int decode_rows(const struct decode_row *rows, size_t count, const struct decode_state *state,
                int otherwise)
{
    for (size_t i = 0; i < count; i++)
        if ((state->insn & rows[i].mask) == rows[i].value)
            return rows[i].decode(state);
    return otherwise;
}

uint64_t decode_register(const struct decode_state *state, unsigned reg)
{
    return reg == 31 ? 0 : state->env->read(state->env->context, reg);
}

uint64_t decode_base(const struct decode_state *state)
{
    return state->env->read(state->env->context, DECODE_RN(state));
}

void decode_add(const struct decode_state *state, uint64_t va, uint64_t size)
{
    struct decode_insn *out = state->out;

    out->access[out->count++] = (struct decode_access){
        .va = va,
        .size = size,
        .read = directions[out->kind].read,
        .write = directions[out->kind].write,
    };
}

void decode_transfer(const struct decode_state *state, uint64_t va)
{
    struct decode_insn *out = state->out;

    out->rt = (uint8_t)DECODE_RT(state);
    out->rn = (uint8_t)DECODE_RN(state);
    decode_add(state, va, out->pair ? 2u * out->element_size : out->element_size);
}

void decode_write_back(const struct decode_state *state, uint64_t base)
{
    state->out->writeback = true;
    state->out->new_base = base;
}

bool decode_is_unprivileged(const struct decode_state *state)
{
    return !(state->env->pstate & PSTATE_UAO);
}

void decode_syndrome(const struct decode_state *state, bool sse, bool sf)
{
    struct decode_insn *out = state->out;

    out->iss_valid = true;
    out->sas = (uint8_t)__builtin_ctz(out->element_size);
    out->sse = sse;
    out->srt = out->rt;
    out->sf = sf;
}

int decode(uint32_t insn, const struct decode_environment *env, struct decode_insn *out)
{
    struct decode_state state = {insn, env, out};

    *out = (struct decode_insn){0};
    return decode_rows(DECODE_ROWS(groups), &state, -ENOENT);
}
