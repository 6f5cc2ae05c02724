/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device tree that emu/fdt.c makes of what the user says: it is sound, and holds the command
 * line as it was given. The input: a few numbers, then the command line.
 */
#include "emu/fdt.h"

#include <libfdt.h>

#include "emu/layout.h"
#include "tests/fuzz/fuzz.h"

static void check_tree(GBytes *tree, const char *command_line)
{
    gsize size;
    const void *data = g_bytes_get_data(tree, &size);
    int length = 0;
    const char *arguments;

    FUZZ_CHECK(size <= FDT_MAX_SIZE && fdt_check_full(data, size) == 0);
    arguments = fdt_getprop(data, fdt_path_offset(data, "/chosen"), "bootargs", &length);
    FUZZ_CHECK(arguments && length == (int)strlen(command_line) + 1);
    FUZZ_CHECK(!strcmp(arguments, command_line));
}

/* Lines that do not fit must be tried, too. */
static char *take_command_line(struct fuzz_input *input)
{
    unsigned times = 1u << fuzz_u8(input) % 12;
    g_autofree char *once = g_strndup((const char *)input->data, input->size);
    GString *line = g_string_new(NULL);

    while (times-- && line->len <= FDT_MAX_SIZE)
        g_string_append(line, once);
    return g_string_free(line, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint64_t mpidr[LAYOUT_MAX_VPS];
    g_autoptr(GError) error = NULL;
    struct fdt_config config = {
        .cpus = 1 + fuzz_u8(&input) % LAYOUT_MAX_VPS,
        .mpidr = mpidr,
        .memory_base = fuzz_u64(&input),
        .memory_size = fuzz_u64(&input),
        .initrd_base = fuzz_u64(&input),
        .initrd_size = fuzz_u64(&input),
    };
    g_autofree char *line = take_command_line(&input);
    g_autoptr(GBytes) tree = NULL;

    for (unsigned i = 0; i < LAYOUT_MAX_VPS; i++)
        mpidr[i] = i;
    config.command_line = line;
    tree = fdt_build(&config, &error);
    FUZZ_CHECK(!tree == (error != NULL));
    FUZZ_CHECK(tree || strlen(line) > FDT_MAX_SIZE / 4);
    if (tree)
        check_tree(tree, line);
    return 0;
}
