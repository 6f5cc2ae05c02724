/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms that a kernel is packed in: gzip, zstd, EFI zboot. */
#include <string.h>

#include "emu/image-private.h"
#include "emu/unpack.h"

/* --- Compressed files ------------------------------------------------------------------------ */

static bool is_gzip(const struct image_file *file)
{
    return image_has_magic(file, 0, "\x1f\x8b", 2); /* RFC 1952, 2.3.1 */
}

static GBytes *unpack_gzip(const struct image_file *file, uint64_t limit, GError **error)
{
    return unpack(UNPACK_GZIP, file->data, file->size, limit, file->name, error);
}

static bool is_zstd(const struct image_file *file)
{
    return image_has_magic(file, 0, "\x28\xb5\x2f\xfd", 4); /* RFC 8878, 3.1.1 */
}

static GBytes *unpack_zstd(const struct image_file *file, uint64_t limit, GError **error)
{
    return unpack(UNPACK_ZSTD, file->data, file->size, limit, file->name, error);
}

const struct image_form image_form_gzip = {.name = "gzip", .is = is_gzip, .unpack = unpack_gzip};
const struct image_form image_form_zstd = {.name = "zstd", .is = is_zstd, .unpack = unpack_zstd};

/* --- EFI zboot (Linux, drivers/firmware/efi/libstub/zboot-header.S) -------------------------- */

#define ZBOOT_OFFSET 8
#define ZBOOT_SIZE 12
#define ZBOOT_COMPRESSION 24
#define ZBOOT_COMPRESSION_SIZE 32 /* up to the next field */

struct zboot {
    uint64_t offset, size; /* of what is packed, in the file */
    char compression[ZBOOT_COMPRESSION_SIZE + 1];
};

/*
 * How zboot names its compressions, by prefix, and what undoes them. Since Linux 6.14 there are the
 * first two only.
 */
static const struct {
    const char *name;
    const struct image_form *form; /* NULL: not by vtlemu */
    const char *command;
} compressions[] = {
    {"gzip", &image_form_gzip, "gzip -dc"}, {"zstd", &image_form_zstd, "zstd -dc"},
    {"xz", NULL, "xz -dc"},                 {"lzma", NULL, "xz -dc --format=lzma"},
    {"lz4", NULL, "lz4 -dc"},               {"lzo", NULL, "lzop -dc"},
};

static bool is_zboot(const struct image_file *file)
{
    return image_has_magic(file, 0, "MZ", 2) && image_has_magic(file, 4, "zimg", 4);
}

/* Nothing of a header that ends early is missing: it reads as zeroes. */
static struct zboot read_zboot(const struct image_file *file)
{
    struct zboot zboot = {image_number(file, ZBOOT_OFFSET, 4), image_number(file, ZBOOT_SIZE, 4),
                          ""};

    for (unsigned i = 0; i < ZBOOT_COMPRESSION_SIZE; i++) {
        char c = (char)image_number(file, ZBOOT_COMPRESSION + i, 1);

        zboot.compression[i] = c && !g_ascii_isprint(c) ? '?' : c;
    }
    return zboot;
}

static GBytes *refuse_compression(const struct image_file *file, const struct zboot *zboot,
                                  const char *command, GError **error)
{
    /* tail counts from 1. */
    image_refuse(file, error,
                 "an EFI zboot image whose kernel is compressed with '%s'; vtlemu unpacks gzip and "
                 "zstd. Unpack it first: tail -c +%" G_GUINT64_FORMAT " FILE | head -c %"
                 G_GUINT64_FORMAT " | %s > Image", zboot->compression, zboot->offset + 1,
                 zboot->size, command ? command : "the tool for that");
    return NULL;
}

static GBytes *unpack_payload(const struct image_file *file, const struct zboot *zboot,
                              uint64_t limit, GError **error)
{
    const struct image_file payload = {file->data + zboot->offset, zboot->size, file->name};

    for (size_t i = 0; i < G_N_ELEMENTS(compressions); i++) {
        if (!g_str_has_prefix(zboot->compression, compressions[i].name))
            continue;
        if (!compressions[i].form)
            return refuse_compression(file, zboot, compressions[i].command, error);
        if (compressions[i].form->is(&payload))
            return compressions[i].form->unpack(&payload, limit, error);
        image_refuse(file, error, "a damaged EFI zboot image: no %s data where its header says; "
                     "copy or build it again", compressions[i].name);
        return NULL;
    }
    return refuse_compression(file, zboot, NULL, error);
}

/* It packs an Image and nothing else (Linux, arch/arm64/boot/Makefile). */
static GBytes *unpack_zboot(const struct image_file *file, uint64_t limit, GError **error)
{
    struct zboot zboot = read_zboot(file);
    struct image_file kernel = {.name = file->name};
    g_autoptr(GBytes) content = NULL;

    if (!image_is_pe(file) || zboot.offset > file->size || zboot.size > file->size - zboot.offset)
        image_refuse(file, error, "a damaged or truncated EFI zboot image; copy or build it again");
    else if (image_pe_machine(file) != IMAGE_PE_ARM64)
        image_refuse(file, error, "an EFI zboot image for another machine (PE number 0x%x); vtlemu "
                     "runs arm64 kernels", image_pe_machine(file));
    else
        content = unpack_payload(file, &zboot, limit, error);
    if (!content)
        return NULL;
    kernel.data = g_bytes_get_data(content, &kernel.size);
    if (image_form_linux.is(&kernel))
        return g_steal_pointer(&content);
    image_refuse(file, error, "a damaged EFI zboot image: what is packed in it is no arm64 Image; "
                 "copy or build it again");
    return NULL;
}

static void tell_zboot(const struct image_file *file, struct facts *facts)
{
    struct zboot zboot = read_zboot(file);

    facts_text(facts, "compression", zboot.compression);
    facts_address(facts, "packed at", zboot.offset);
    facts_bytes(facts, "packed size", zboot.size);
}

const struct image_form image_form_zboot = {
    .name = "EFI zboot image", .is = is_zboot, .tell = tell_zboot, .unpack = unpack_zboot};
