/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stage-1 walk over hostile tables: vtl/translate.c. The input: a way to look up descriptors,
 * the registers, an address, and words of memory.
 */
#include "vtl/translate.h"

#include <errno.h>

#include "tests/fuzz/fuzz.h"

#define WORDS 64
#define LEVELS_MAX 5     /* -1 to 3 (Arm ARM, D8.2) */
#define ADDRESS_BITS 52  /* of physical addresses, at most */
#define OFFSET_MASK 0xfffull
#define NOT_MAPPED (-ENXIO) /* none of the walk's own errors */

struct tables {
    bool everywhere; /* every address leads to some word; otherwise only the first ones */
    unsigned reads;
    bool failed;
    uint64_t words[WORDS];
};

static int read_descriptor(void *context, uint64_t gpa, uint64_t *descriptor)
{
    struct tables *tables = context;
    uint64_t index = gpa / sizeof(uint64_t);

    FUZZ_CHECK(!tables->failed && ++tables->reads <= LEVELS_MAX);
    FUZZ_CHECK(gpa % sizeof(uint64_t) == 0 && gpa >> ADDRESS_BITS == 0);
    tables->failed = !tables->everywhere && index >= WORDS;
    if (tables->failed)
        return NOT_MAPPED;
    *descriptor = tables->words[(index ^ index >> 9 ^ index >> 18) % WORDS];
    return 0;
}

/* Whoever may write may read; what may be done does not depend on being asked before. */
static void check_rights(const struct translate_regime *regime, const struct translate_page *page)
{
    for (unsigned i = 0; i < 4; i++) {
        struct translate_access read = {.user = i & 1, .pan = i & 2}, write = read, fetch = read;

        write.write = true;
        fetch.execute = true;
        FUZZ_CHECK(translate_permits(regime, page, &write) != TRANSLATE_PERMITTED ||
                   translate_permits(regime, page, &read) == TRANSLATE_PERMITTED);
        FUZZ_CHECK(translate_permits(regime, page, &fetch) != TRANSLATE_NO_WRITE);
    }
    translate_memory_type(regime, page);
}

static void check_walk(const struct translate_regime *regime, uint64_t va, struct tables *tables)
{
    struct translate_page page;
    int error = translate_page(regime, va, read_descriptor, tables, &page);
    bool on = regime->sctlr & TRANSLATE_SCTLR_M;

    FUZZ_CHECK(error == 0 || error == -EFAULT || error == -EINVAL || error == NOT_MAPPED);
    FUZZ_CHECK(tables->failed == (error == NOT_MAPPED) && (on || (!tables->reads && !error)));
    if (error < 0)
        return;
    FUZZ_CHECK((page.gpa & OFFSET_MASK) == (va & OFFSET_MASK));
    FUZZ_CHECK(on ? page.gpa >> ADDRESS_BITS == 0 : page.gpa == va);
    check_rights(regime, &page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct tables tables = {.everywhere = fuzz_u8(&input) & 1};
    struct translate_regime regime = {
        .sctlr = fuzz_u64(&input), .tcr = fuzz_u64(&input), .ttbr0 = fuzz_u64(&input),
        .ttbr1 = fuzz_u64(&input), .mair = fuzz_u64(&input),
    };
    uint64_t va = fuzz_u64(&input), bare = translate_untag(&regime, va);

    fuzz_take(&input, tables.words, sizeof(tables.words));
    FUZZ_CHECK(translate_untag(&regime, bare) == bare && (bare ^ va) << 8 == 0);
    check_walk(&regime, va, &tables);
    return 0;
}
