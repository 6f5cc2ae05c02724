/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `vtlemu inspect`: see inspect.h; what there is to tell is found by image.c. */
#include "emu/inspect.h"

#include <string.h>

#include "emu/command.h"
#include "emu/error.h"
#include "emu/facts.h"
#include "emu/file.h"
#include "emu/image.h"
#include "emu/layout.h"

/* Of a file, packed or not: the largest kernels with debug information are half of that. */
#define SIZE_LIMIT (2 * GIB)

static const char summary_text[] =
    "Tells what a kernel file is: its form, layer by layer of packing, what its headers say, where it\n"
    "is entered, and the version of Linux in it. Reads the file as vtlemu run does, but runs nothing.";

static const char description_text[] =
    "Forms: arm64 Image; gzip or zstd of one; EFI zboot image (vmlinuz of Fedora and others); ELF, as\n"
    "Linux' vmlinux and bare-metal payloads; IGVM; flat binary, which is anything else. What looks like\n"
    "a kernel and is none for vtlemu is named, too.\n"
    "\n"
    "An \"entry offset\" counts from where vtlemu loads the kernel; an \"entry\" is a physical address.\n"
    "\n"
    "Examples:\n"
    "  vtlemu inspect /boot/vmlinuz\n"
    "  vtlemu inspect --json Image | jq -r .linux_version\n"
    "\n"
    "Exit status: 0 vtlemu can boot it, 1 it cannot, and says why.";

/* The reason without the file's name, which is said anyway. */
static const char *reason(const GError *error, const char *path)
{
    const char *text = error->message;
    size_t length = strlen(path);

    return g_str_has_prefix(text, path) && g_str_has_prefix(text + length, ": ")
               ? text + length + strlen(": ")
               : text;
}

static void print(const struct facts *facts, bool json)
{
    g_autofree char *text = json ? facts_to_json(facts) : facts_to_text(facts);

    g_print(json ? "%s\n" : "%s", text);
}

static int inspect(const char *path, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) file = file_read("", path, SIZE_LIMIT, &error);
    struct facts *facts;
    bool boots;

    if (!file) {
        g_printerr("vtlemu inspect: %s\n", error->message);
        return EMU_EXIT_USAGE;
    }
    facts = facts_new();
    facts_text(facts, "file", path);
    boots = image_tell(file, path, SIZE_LIMIT, facts, &error);
    facts_whole(facts);
    facts_flag(facts, "boots", boots);
    if (!boots)
        facts_text(facts, "because", reason(error, path));
    print(facts, json);
    facts_free(facts);
    return boots ? EMU_EXIT_OK : EMU_EXIT_USAGE;
}

int inspect_main(int argc, char **argv)
{
    static const struct command_line line = {
        .name = "inspect",
        .parameter = "FILE - tell what a kernel file is",
        .summary = summary_text,
        .description = description_text,
        .operands_min = 1,
        .operands_max = 1,
        .wrong = "give one file",
    };
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        COMMAND_JSON(&json),
        COMMAND_END,
    };

    if (!command_line_parse(&line, entries, &argc, &argv))
        return EMU_EXIT_USAGE;
    return inspect(argv[1], json);
}
