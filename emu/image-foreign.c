/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are no kernel for vtlemu, but look like one to their user: what they are, and what
 * to do about them. Without these, they would run as flat binaries and crash.
 */
#include <string.h>

#include "emu/image-private.h"

static const struct {
    size_t offset;
    const char *magic;
    size_t size;
    const char *what;
} foreign[] = {
    /* Linux, Documentation/arch/x86/boot.rst */
    {0x202, "HdrS", 4, "an x86 kernel; vtlemu runs arm64 kernels"},
    {0, "\xfd" "7zXZ", 5, "compressed with xz; unpack it first: xz -d"},
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

static const char *find(const struct image_file *file)
{
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++)
        if (image_has_magic(file, foreign[i].offset, foreign[i].magic, foreign[i].size))
            return foreign[i].what;
    return NULL;
}

static bool is_foreign(const struct image_file *file)
{
    return find(file) != NULL;
}

static bool refuse(struct image *image, const struct image_file *file, uint64_t base,
                   GError **error)
{
    (void)image;
    (void)base;
    return image_refuse(file, error, "%s", find(file));
}

const struct image_form image_form_foreign = {
    .name = "no kernel for vtlemu", .is = is_foreign, .parse = refuse};
