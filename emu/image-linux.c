/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arm64 Image (Linux, Documentation/arch/arm64/booting.rst), and the PE header of many. */
#include <string.h>

#include "emu/image-private.h"
#include "emu/layout.h"

/* "Call the kernel image", little endian. */
#define HEADER_SIZE 64
#define TEXT_OFFSET 8
#define IMAGE_SIZE 16
#define FLAGS 24
#define MAGIC 56
#define FLAG_BIG_ENDIAN 1u
#define FLAG_PAGE_SIZE_SHIFT 1
#define FLAG_PAGE_SIZE_MASK 3u
#define FLAG_ANYWHERE 8u

/* Of a PE header (Microsoft PE format): offsets from the file, the header and a section. */
#define PE_OFFSET 0x3c
#define PE_MACHINE 4
#define PE_SECTIONS 6
#define PE_OPTIONAL_SIZE 20
#define PE_OPTIONAL 24
#define PE_SECTION_SIZE 40
#define PE_RAW_SIZE 16
#define PE_RAW_OFFSET 20

/* Where Linux says what it is (init/version.c), and how much of a file is searched for that. */
#define BANNER "Linux version "
#define BANNER_SIZE (sizeof(BANNER) - 1)
#define BANNER_REST_MAX 240u
#define BANNER_SEARCH_MAX (256 * MIB)

/* --- PE -------------------------------------------------------------------------------------- */

bool image_is_pe(const struct image_file *file)
{
    uint64_t header = image_number(file, PE_OFFSET, 4);

    return image_has_magic(file, 0, "MZ", 2) && image_has_magic(file, header, "PE\0", 4);
}

unsigned image_pe_machine(const struct image_file *file)
{
    return (unsigned)image_number(file, image_number(file, PE_OFFSET, 4) + PE_MACHINE, 2);
}

/*
 * How long the file must be according to its PE sections: only that header tells whether something
 * is missing at the end. 0 without such a header.
 */
static uint64_t pe_extent(const struct image_file *file)
{
    uint64_t header = image_number(file, PE_OFFSET, 4);
    uint64_t table = header + PE_OPTIONAL + image_number(file, header + PE_OPTIONAL_SIZE, 2);
    unsigned sections = (unsigned)image_number(file, header + PE_SECTIONS, 2);
    uint64_t extent = 0;

    if (!image_is_pe(file))
        return 0;
    for (unsigned i = 0; i < sections; i++) {
        uint64_t section = table + i * PE_SECTION_SIZE;

        extent = MAX(extent, image_number(file, section + PE_RAW_SIZE, 4) +
                                 image_number(file, section + PE_RAW_OFFSET, 4));
    }
    return extent;
}

/* --- Image ----------------------------------------------------------------------------------- */

static bool is_linux(const struct image_file *file)
{
    return file->size >= HEADER_SIZE && image_has_magic(file, MAGIC, "ARM\x64", 4);
}

bool image_read_linux(const struct image_file *file, struct image_linux *header, GError **error)
{
    header->text_offset = image_number(file, TEXT_OFFSET, 8);
    header->image_size = image_number(file, IMAGE_SIZE, 8);
    if (image_number(file, FLAGS, 8) & FLAG_BIG_ENDIAN)
        return image_refuse(file, error,
                            "a big-endian kernel; vtlemu runs little-endian ones");
    /* Kernels before 3.17 leave the size out, with an offset of 512 KiB. */
    if (header->image_size == 0)
        return image_refuse(file, error,
                            "an arm64 Image without its size; use Linux 3.17 or newer");
    if (header->text_offset >= 2 * MIB || header->image_size < HEADER_SIZE ||
        header->image_size > IMAGE_SIZE_MAX)
        return image_refuse(file, error,
                            "the header of this arm64 Image is damaged; copy or build it again");
    return true;
}

static bool parse(struct image *image, const struct image_file *file, uint64_t base,
                  GError **error)
{
    struct image_linux header;

    if (!image_read_linux(file, &header, error))
        return false;
    if (pe_extent(file) > file->size)
        return image_refuse(file, error, "a truncated arm64 Image; copy or build it again");
    image->kind = IMAGE_LINUX;
    image->entry = base + header.text_offset;
    image->entry_from = "the beginning of the Image";
    image->relocatable = true;
    /* What lies behind the image, such as a signature, is not part of it. */
    image_add_segment(image, base + header.text_offset, header.image_size, file->data,
                      MIN(file->size, header.image_size));
    return true;
}

static void tell(const struct image_file *file, struct facts *facts)
{
    static const char *const pages[] = {"unspecified", "4 KiB", "16 KiB", "64 KiB"};
    uint64_t flags = image_number(file, FLAGS, 8);

    facts_address(facts, "text offset", image_number(file, TEXT_OFFSET, 8));
    facts_bytes(facts, "size in memory", MIN(image_number(file, IMAGE_SIZE, 8), G_MAXINT64));
    facts_text(facts, "byte order", flags & FLAG_BIG_ENDIAN ? "big-endian" : "little-endian");
    facts_text(facts, "page size", pages[flags >> FLAG_PAGE_SIZE_SHIFT & FLAG_PAGE_SIZE_MASK]);
    facts_text(facts, "placement", flags & FLAG_ANYWHERE ? "anywhere"
                                                         : "near the beginning of memory");
    facts_flag(facts, "efi", image_is_pe(file));
}

const struct image_form image_form_linux = {
    .name = "arm64 Image", .is = is_linux, .tell = tell, .parse = parse};

/* --- Version --------------------------------------------------------------------------------- */

/* The digit tells the banner from formats and documentation that begin alike. */
void image_tell_version(const struct image_file *file, struct facts *facts)
{
    const uint8_t *at = file->data;
    const uint8_t *end = at + MIN(file->size, BANNER_SEARCH_MAX);

    while ((at = memmem(at, (size_t)(end - at), BANNER, BANNER_SIZE))) {
        g_autofree char *rest = NULL;

        at += BANNER_SIZE;
        if (at == end || !g_ascii_isdigit(*at))
            continue;
        rest = g_strndup((const char *)at, MIN((size_t)(end - at), BANNER_REST_MAX));
        rest[strcspn(rest, "\n")] = '\0';
        facts_whole(facts);
        facts_text(facts, "linux version", rest);
        return;
    }
}
