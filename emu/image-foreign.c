/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are no kernel for vtlemu, but look like one to their user: what they are, and what
 * to do about them. Without these, they would run as flat binaries and crash.
 */
#include <string.h>

#include "emu/image-private.h"

/* EFI zboot (Linux, drivers/firmware/efi/libstub/zboot-header.S): where the payload is. */
#define ZBOOT_OFFSET 8
#define ZBOOT_SIZE 12
#define ZBOOT_COMPRESSION 24
#define ZBOOT_COMPRESSION_MAX 32

static const struct {
    size_t offset;
    const char *magic;
    size_t size;
    const char *what;
} foreign[] = {
    /* Linux, Documentation/arch/x86/boot.rst */
    {0x202, "HdrS", 4, "an x86 kernel; vtlemu runs arm64 kernels"},
    {0, "\xfd" "7zXZ", 5, "compressed with xz; unpack it first: xz -d"},
    {0, "\x28\xb5\x2f\xfd", 4, "compressed with zstd; unpack it first: zstd -d"},
    {0, "BZh", 3, "compressed with bzip2; unpack it first: bunzip2"},
    {0, "\x04\x22\x4d\x18", 4, "compressed with lz4; unpack it first: lz4 -d"},
    {0, "\x02\x21\x4c\x18", 4, "compressed with lz4; unpack it first: lz4 -d"}, /* lz4 -l */
    {0, "\x89LZO", 4, "compressed with lzop; unpack it first: lzop -d"},
    {0, "\x5d\0\0", 3, "compressed with lzma; unpack it first: xz -d --format=lzma"},
    {0, "\x27\x05\x19\x56", 4, "a U-Boot image; extract the kernel first: dumpimage"},
    {0, "\xd0\x0d\xfe\xed", 4, "a device tree or FIT image; give the kernel itself"},
    {0, "ANDROID!", 8, "an Android boot image; extract the kernel first: unpack_bootimg"},
    {0, "070701", 6, "a cpio archive; an initial RAM disk goes to --vtlN-initrd"},
    {0, "!<arch>\n", 8, "a library or package; give the kernel in it"},
    {0, "MZ", 2, "an EFI program, not an arm64 Linux Image"},
};

/* How zboot names its compressions, by prefix, and what undoes them. */
static const struct {
    const char *name;
    const char *command;
} zboot_tools[] = {
    {"gzip", "gzip -dc"}, {"zstd", "zstd -dc"}, {"xz", "xz -dc"},
    {"lzma", "xz -dc --format=lzma"}, {"lz4", "lz4 -dc"}, {"lzo", "lzop -dc"},
};

static bool refuse_zboot(const struct image_file *file, GError **error)
{
    char name[ZBOOT_COMPRESSION_MAX + 1] = "";
    const char *command = "the tool for its compression";

    for (unsigned i = 0; i < ZBOOT_COMPRESSION_MAX; i++)
        name[i] = (char)image_number(file, ZBOOT_COMPRESSION + i, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(zboot_tools); i++)
        if (g_str_has_prefix(name, zboot_tools[i].name))
            command = zboot_tools[i].command;
    /* tail counts from 1. */
    return image_refuse(file, error,
                        "a compressed EFI image (zboot); unpack the kernel in it first: "
                        "tail -c +%" G_GUINT64_FORMAT " FILE | head -c %" G_GUINT64_FORMAT
                        " | %s > Image",
                        image_number(file, ZBOOT_OFFSET, 4) + 1, image_number(file, ZBOOT_SIZE, 4),
                        command);
}

bool image_check_foreign(const struct image_file *file, GError **error)
{
    if (image_has_magic(file, 0, "MZ", 2) && image_has_magic(file, 4, "zimg", 4))
        return refuse_zboot(file, error);
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++)
        if (image_has_magic(file, foreign[i].offset, foreign[i].magic, foreign[i].size))
            return image_refuse(file, error, "%s", foreign[i].what);
    return true;
}
