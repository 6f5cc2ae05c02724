/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbol tables, ELF and text: emu/symbols.c. The input is eight bytes of an address, and the file. */
#include "emu/symbols.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint64_t address = fuzz_u64(&input);
    g_autoptr(GBytes) file = g_bytes_new(input.data, input.size);
    g_autoptr(GError) error = NULL;
    struct symbols *symbols = symbols_parse(file, "FILE", &error);
    g_autofree char *text = symbols_at(symbols, address);

    FUZZ_CHECK(!symbols == (error != NULL));
    FUZZ_CHECK(!symbols || symbols_count(symbols) > 0);
    FUZZ_CHECK(symbols || !text);
    for (const char *c = text; c && *c; c++)
        FUZZ_CHECK(g_ascii_isgraph(*c));
    symbols_free(symbols);
    return 0;
}
