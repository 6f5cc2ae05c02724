/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parser of guest images: see image.h. */
#include "emu/image.h"

#include <elf.h>
#include <string.h>

#include "emu/error.h"
#include "emu/file.h"
#include "emu/gzip.h"
#include "emu/image-private.h"
#include "emu/layout.h"

/* Larger than any kernel. */
#define IMAGE_SIZE_MAX (1 * GIB)

/* The head of an arm64 Image (booting.rst, "Call the kernel image"), little endian. */
#define LINUX_HEADER_SIZE 64
#define LINUX_TEXT_OFFSET 8
#define LINUX_IMAGE_SIZE 16
#define LINUX_FLAGS 24
#define LINUX_MAGIC 56
#define LINUX_FLAG_BIG_ENDIAN 1

/* Of a PE header (Microsoft PE format): offsets from the file, the header and a section. */
#define PE_OFFSET 0x3c
#define PE_SECTIONS 6
#define PE_OPTIONAL_SIZE 20
#define PE_OPTIONAL 24
#define PE_SECTION_SIZE 40
#define PE_RAW_SIZE 16
#define PE_RAW_OFFSET 20

bool image_refuse(const struct image_file *file, GError **error, const char *what, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, what);
    text = g_strdup_vprintf(what, arguments);
    va_end(arguments);
    emu_set_error(error, EMU_ERROR_SETUP, "%s: %s", file->name, text);
    return false;
}

bool image_has_magic(const struct image_file *file, size_t offset, const char *magic,
                     size_t length)
{
    return file->size >= offset + length && !memcmp(file->data + offset, magic, length);
}

uint64_t image_number(const struct image_file *file, uint64_t offset, unsigned length)
{
    uint64_t value = 0;

    if (offset <= file->size && length <= file->size - offset)
        memcpy(&value, file->data + offset, length);
    return GUINT64_FROM_LE(value);
}

void image_add_segment(struct image *image, uint64_t gpa, uint64_t mem_size, const uint8_t *data,
                       uint64_t data_size)
{
    struct image_segment segment = {gpa, mem_size, data, data_size};

    g_array_append_val(image->segments, segment);
}

/*
 * How long the file must be according to its PE sections. Most Images are EFI programs as well,
 * and only that header tells whether something is missing at the end. 0 without such a header.
 */
static uint64_t pe_extent(const struct image_file *file)
{
    uint64_t header = image_number(file, PE_OFFSET, 4);
    uint64_t table = header + PE_OPTIONAL + image_number(file, header + PE_OPTIONAL_SIZE, 2);
    unsigned sections = (unsigned)image_number(file, header + PE_SECTIONS, 2);
    uint64_t extent = 0;

    if (!image_has_magic(file, 0, "MZ", 2) || !image_has_magic(file, header, "PE\0", 4))
        return 0;
    for (unsigned i = 0; i < sections; i++) {
        uint64_t section = table + i * PE_SECTION_SIZE;

        extent = MAX(extent, image_number(file, section + PE_RAW_SIZE, 4) +
                                 image_number(file, section + PE_RAW_OFFSET, 4));
    }
    return extent;
}

static bool parse_linux(struct image *image, const struct image_file *file, uint64_t base,
                        GError **error)
{
    uint64_t offset = image_number(file, LINUX_TEXT_OFFSET, 8);
    uint64_t image_size = image_number(file, LINUX_IMAGE_SIZE, 8);

    if (image_number(file, LINUX_FLAGS, 8) & LINUX_FLAG_BIG_ENDIAN)
        return image_refuse(file, error,
                            "a big-endian kernel; vtlemu runs little-endian ones");
    /* Kernels before 3.17 leave the size out, with an offset of 512 KiB. */
    if (image_size == 0)
        return image_refuse(file, error,
                            "an arm64 Image without its size; use Linux 3.17 or newer");
    if (offset >= 2 * MIB || image_size < LINUX_HEADER_SIZE || image_size > IMAGE_SIZE_MAX)
        return image_refuse(file, error,
                            "the header of this arm64 Image is damaged; copy or build it again");
    if (pe_extent(file) > file->size)
        return image_refuse(file, error, "a truncated arm64 Image; copy or build it again");
    image->kind = IMAGE_LINUX;
    image->entry = base + offset;
    /* What lies behind the image, such as a signature, is not part of it. */
    image_add_segment(image, base + offset, image_size, file->data, MIN(file->size, image_size));
    return true;
}

static bool parse_flat(struct image *image, const struct image_file *file, uint64_t base,
                       GError **error)
{
    if (!image_check_foreign(file, error))
        return false;
    image->kind = IMAGE_FLAT;
    image->entry = base;
    image_add_segment(image, base, file->size, file->data, file->size);
    return true;
}

static bool parse_content(struct image *image, const char *name, uint64_t base, GError **error)
{
    struct image_file file = {.name = name};

    file.data = g_bytes_get_data(image->content, &file.size);
    if (file.size == 0)
        return image_refuse(&file, error, "the file is empty; copy or build it again");
    if (file.size >= LINUX_HEADER_SIZE && image_has_magic(&file, LINUX_MAGIC, "ARM\x64", 4))
        return parse_linux(image, &file, base, error);
    if (image_has_magic(&file, 0, ELFMAG, SELFMAG))
        return image_parse_elf(image, &file, error);
    return parse_flat(image, &file, base, error);
}

struct image *image_parse(GBytes *file, const char *name, uint64_t base, uint64_t limit,
                          GError **error)
{
    struct image *image = g_new0(struct image, 1);

    image->segments = g_array_new(FALSE, FALSE, sizeof(struct image_segment));
    image->content =
        gzip_is(file) ? gzip_unpack(file, name, limit, error) : g_bytes_ref(file);
    if (image->content && parse_content(image, name, base, error))
        return image;
    image_free(image);
    return NULL;
}

struct image *image_load(const char *option, const char *path, uint64_t base, uint64_t limit,
                         GError **error)
{
    g_autoptr(GBytes) bytes = file_read(option, path, limit, error);
    g_autofree char *name = g_strconcat(option, path, NULL);

    return bytes ? image_parse(bytes, name, base, limit, error) : NULL;
}

void image_free(struct image *image)
{
    if (!image)
        return;
    g_array_unref(image->segments);
    g_clear_pointer(&image->content, g_bytes_unref);
    g_free(image);
}
