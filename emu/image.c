/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parser of guest images: see image.h. */
#include "emu/image.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "emu/error.h"
#include "emu/layout.h"

/* Larger than any kernel; stops decompression bombs. */
#define UNPACKED_MAX (1 * GIB)
#define UNPACK_CHUNK (1 * MIB)
#define GZIP_WINDOW (15 + 16) /* zlib.h: 16 selects gzip */

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

/* Formats that one might take for a kernel, and what to do about them. */
static const struct {
    size_t offset;
    const char *magic;
    size_t size;
    const char *what;
} foreign[] = {
    {4, "zimg", 4, "a compressed EFI image; unpack it first (it holds a gzip or zstd of the Image)"},
    {0x202, "HdrS", 4, "an x86 kernel; vtlemu runs arm64 kernels"},
    {0, "\xfd" "7zXZ", 5, "compressed with xz; unpack it first: xz -d"},
    {0, "\x28\xb5\x2f\xfd", 4, "compressed with zstd; unpack it first: zstd -d"},
    {0, "BZh", 3, "compressed with bzip2; unpack it first: bunzip2"},
    {0, "\x02\x21\x4c\x18", 4, "compressed with lz4; unpack it first: lz4 -d"},
    {0, "\x27\x05\x19\x56", 4, "a U-Boot image; extract the kernel first: dumpimage"},
    {0, "MZ", 2, "an EFI program, not an arm64 Linux Image"},
};

static bool refuse(GError **error, const char *name, const char *what)
{
    emu_set_error(error, EMU_ERROR_SETUP, "%s: %s", name, what);
    return false;
}

static bool has_magic(const uint8_t *data, size_t size, size_t offset, const char *magic,
                      size_t length)
{
    return size >= offset + length && !memcmp(data + offset, magic, length);
}

static uint64_t read_u64(const uint8_t *data)
{
    uint64_t value;

    memcpy(&value, data, sizeof(value));
    return GUINT64_FROM_LE(value);
}

static bool inflate_all(z_stream *stream, GByteArray *out)
{
    int result = Z_OK;

    while (result == Z_OK && out->len < UNPACKED_MAX) {
        guint done = out->len;

        g_byte_array_set_size(out, done + UNPACK_CHUNK);
        stream->next_out = out->data + done;
        stream->avail_out = UNPACK_CHUNK;
        result = inflate(stream, Z_NO_FLUSH);
        g_byte_array_set_size(out, done + UNPACK_CHUNK - stream->avail_out);
    }
    return result == Z_STREAM_END;
}

static GBytes *unpack(GBytes *file, const char *name, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(file, &size);
    z_stream stream = {.next_in = (uint8_t *)data, .avail_in = (uInt)MIN(size, G_MAXUINT)};
    GByteArray *out = g_byte_array_new();
    bool good;

    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
        g_byte_array_unref(out);
        refuse(error, name, "cannot be unpacked: zlib does not start");
        return NULL;
    }
    good = inflate_all(&stream, out);
    inflateEnd(&stream);
    if (!good) {
        bool large = out->len >= UNPACKED_MAX;

        g_byte_array_unref(out);
        refuse(error, name, large ? "larger than 1 GiB when unpacked"
                                  : "damaged or truncated gzip file; copy or build it again");
        return NULL;
    }
    return g_byte_array_free_to_bytes(out);
}

static void add_segment(struct image *image, uint64_t gpa, uint64_t mem_size, const uint8_t *data,
                        uint64_t data_size)
{
    struct image_segment segment = {gpa, mem_size, data, data_size};

    g_array_append_val(image->segments, segment);
}

static uint64_t read_number(const uint8_t *data, size_t size, uint64_t offset, unsigned length)
{
    uint64_t value = 0;

    if (offset <= size && length <= size - offset)
        memcpy(&value, data + offset, length);
    return GUINT64_FROM_LE(value);
}

/*
 * How long the file must be according to its PE sections. Most Images are EFI programs as well,
 * and only that header tells whether something is missing at the end. 0 without such a header.
 */
static uint64_t pe_extent(const uint8_t *data, size_t size)
{
    uint64_t header = read_number(data, size, PE_OFFSET, 4);
    uint64_t table = header + PE_OPTIONAL + read_number(data, size, header + PE_OPTIONAL_SIZE, 2);
    unsigned sections = (unsigned)read_number(data, size, header + PE_SECTIONS, 2);
    uint64_t extent = 0;

    if (!has_magic(data, size, 0, "MZ", 2) || !has_magic(data, size, header, "PE\0", 4))
        return 0;
    for (unsigned i = 0; i < sections; i++) {
        uint64_t section = table + i * PE_SECTION_SIZE;

        extent = MAX(extent, read_number(data, size, section + PE_RAW_SIZE, 4) +
                                 read_number(data, size, section + PE_RAW_OFFSET, 4));
    }
    return extent;
}

static bool parse_linux(struct image *image, const uint8_t *data, size_t size, const char *name,
                        uint64_t base, GError **error)
{
    uint64_t offset = read_u64(data + LINUX_TEXT_OFFSET);
    uint64_t image_size = read_u64(data + LINUX_IMAGE_SIZE);

    if (read_u64(data + LINUX_FLAGS) & LINUX_FLAG_BIG_ENDIAN)
        return refuse(error, name, "a big-endian kernel; vtlemu runs little-endian ones");
    /* Kernels before 3.17 leave the size out, with an offset of 512 KiB. */
    if (image_size == 0)
        return refuse(error, name, "an arm64 Image without its size; use Linux 3.17 or newer");
    if (offset >= 2 * MIB || image_size > UNPACKED_MAX)
        return refuse(error, name, "the header of this arm64 Image is damaged");
    if (pe_extent(data, size) > size)
        return refuse(error, name, "a truncated arm64 Image; copy or build it again");
    image->kind = IMAGE_LINUX;
    image->entry = base + offset;
    /* What lies behind the image, such as a signature, is not part of it. */
    add_segment(image, base + offset, image_size, data, MIN(size, image_size));
    return true;
}

static bool check_elf_header(const Elf64_Ehdr *header, size_t size, const char *name,
                             GError **error)
{
    g_autofree char *text = NULL;

    if (header->e_ident[EI_CLASS] != ELFCLASS64)
        return refuse(error, name, "a 32-bit ELF file; vtlemu runs AArch64 code");
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return refuse(error, name, "a big-endian ELF file; vtlemu runs little-endian code");
    if (header->e_machine != EM_AARCH64) {
        text = g_strdup_printf("an ELF file for another architecture (machine %u, not AArch64)",
                               header->e_machine);
        return refuse(error, name, text);
    }
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return refuse(error, name, "an ELF file that is not executable; link it first");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff > size ||
        header->e_phnum > (size - header->e_phoff) / sizeof(Elf64_Phdr))
        return refuse(error, name, "a damaged or truncated ELF file");
    return true;
}

static bool overlaps(const struct image *image, uint64_t gpa, uint64_t size)
{
    for (guint i = 0; i < image->segments->len; i++) {
        const struct image_segment *other =
            &g_array_index(image->segments, struct image_segment, i);

        if (gpa < other->gpa + other->mem_size && other->gpa < gpa + size)
            return true;
    }
    return false;
}

static bool add_program(struct image *image, const Elf64_Phdr *program, const uint8_t *data,
                        size_t size, const char *name, GError **error)
{
    if (program->p_offset > size || program->p_filesz > size - program->p_offset)
        return refuse(error, name, "a truncated ELF file: a segment lies behind its end");
    if (program->p_filesz > program->p_memsz || program->p_paddr + program->p_memsz < program->p_paddr)
        return refuse(error, name, "a damaged ELF file: a segment's size is impossible");
    if (overlaps(image, program->p_paddr, program->p_memsz))
        return refuse(error, name, "a damaged ELF file: two segments overlap");
    add_segment(image, program->p_paddr, program->p_memsz, data + program->p_offset,
                program->p_filesz);
    return true;
}

static bool parse_elf(struct image *image, const uint8_t *data, size_t size, const char *name,
                      GError **error)
{
    Elf64_Ehdr header;
    bool entered = false;

    if (size < sizeof(header))
        return refuse(error, name, "a truncated ELF file");
    memcpy(&header, data, sizeof(header));
    if (!check_elf_header(&header, size, name, error))
        return false;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program;

        memcpy(&program, data + header.e_phoff + i * sizeof(program), sizeof(program));
        if (program.p_type != PT_LOAD || program.p_memsz == 0)
            continue;
        if (!add_program(image, &program, data, size, name, error))
            return false;
        /* The entry is a virtual address; the MMU is off, so its physical one is wanted. */
        if (header.e_entry - program.p_vaddr < program.p_memsz) {
            image->entry = program.p_paddr + (header.e_entry - program.p_vaddr);
            entered = true;
        }
    }
    image->kind = IMAGE_ELF;
    return entered || refuse(error, name, "an ELF file whose entry lies in none of its segments");
}

static bool parse_other(struct image *image, const uint8_t *data, size_t size, const char *name,
                        uint64_t base, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++)
        if (has_magic(data, size, foreign[i].offset, foreign[i].magic, foreign[i].size))
            return refuse(error, name, foreign[i].what);
    image->kind = IMAGE_FLAT;
    image->entry = base;
    add_segment(image, base, size, data, size);
    return true;
}

static bool parse_content(struct image *image, const char *name, uint64_t base, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(image->content, &size);

    if (size == 0)
        return refuse(error, name, "the file is empty");
    if (size >= LINUX_HEADER_SIZE && has_magic(data, size, LINUX_MAGIC, "ARM\x64", 4))
        return parse_linux(image, data, size, name, base, error);
    if (has_magic(data, size, 0, ELFMAG, SELFMAG))
        return parse_elf(image, data, size, name, error);
    return parse_other(image, data, size, name, base, error);
}

struct image *image_parse(GBytes *file, const char *name, uint64_t base, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(file, &size);
    struct image *image = g_new0(struct image, 1);

    image->segments = g_array_new(FALSE, FALSE, sizeof(struct image_segment));
    image->content = size && has_magic(data, size, 0, "\x1f\x8b", 2) ? unpack(file, name, error)
                                                                     : g_bytes_ref(file);
    if (image->content && parse_content(image, name, base, error))
        return image;
    image_free(image);
    return NULL;
}

struct image *image_load(const char *path, uint64_t base, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &cause);
    g_autoptr(GBytes) bytes = NULL;

    if (!file) {
        emu_set_error(error, EMU_ERROR_SETUP, "%s: cannot be read: %s", path, cause->message);
        return NULL;
    }
    bytes = g_mapped_file_get_bytes(file);
    return image_parse(bytes, path, base, error);
}

void image_free(struct image *image)
{
    if (!image)
        return;
    g_array_unref(image->segments);
    g_clear_pointer(&image->content, g_bytes_unref);
    g_free(image);
}
