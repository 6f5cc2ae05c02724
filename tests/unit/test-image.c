/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest images: good ones, each kind of bad one, and hostile ones. */
#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "emu/error.h"
#include "emu/gzip.h"
#include "emu/image.h"
#include "emu/layout.h"
#include "tests/unit/unit.h"

#define UNPACKED_MAX (64 * MIB)
#define BASE (LAYOUT_RAM_BASE + 2 * MIB)
#define ELF_CODE 64 /* bytes in each segment of the sample */
#define ELF_VIRTUAL UINT64_C(0xffff800000000000)
#define ELF_PHYSICAL UINT64_C(0x40200000)
#define MUTATIONS 20000
#define SEED 20240229

/* --- Samples --------------------------------------------------------------------------------- */

struct sample_elf {
    Elf64_Ehdr header;
    Elf64_Phdr program[3];
    uint8_t code[2][ELF_CODE];
};

/* Text, data with zeroes behind it, and an empty segment. */
static struct sample_elf sample_elf(void)
{
    struct sample_elf elf = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
                   .e_type = ET_EXEC, .e_machine = EM_AARCH64, .e_entry = ELF_VIRTUAL + 8,
                   .e_phoff = offsetof(struct sample_elf, program),
                   .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3},
        .program = {{.p_type = PT_LOAD, .p_offset = offsetof(struct sample_elf, code[0]),
                     .p_vaddr = ELF_VIRTUAL, .p_paddr = ELF_PHYSICAL, .p_filesz = ELF_CODE,
                     .p_memsz = ELF_CODE},
                    {.p_type = PT_LOAD, .p_offset = offsetof(struct sample_elf, code[1]),
                     .p_vaddr = ELF_VIRTUAL + 0x1000, .p_paddr = ELF_PHYSICAL + 0x1000,
                     .p_filesz = ELF_CODE, .p_memsz = 0x1000},
                    {.p_type = PT_LOAD, .p_vaddr = 8, .p_paddr = ELF_PHYSICAL}},
    };

    memset(elf.code, 0xa5, sizeof(elf.code));
    return elf;
}

/* Linux, Documentation/arch/arm64/booting.rst; with the PE header that EFI wants. */
struct sample_linux {
    uint32_t code[2];
    uint64_t text_offset, image_size, flags, reserved[3];
    uint32_t magic, pe_offset;
    char pe[4];
    uint16_t machine, sections;
    uint32_t unused[3];
    uint16_t optional_size, characteristics;
    struct {
        char name[8];
        uint32_t virtual_size, virtual_address, raw_size, raw_offset, rest[4];
    } section;
    uint8_t text[64];
};

static struct sample_linux sample_linux(void)
{
    struct sample_linux image = {
        .code = {0xfa405a4d}, /* "MZ" and still an instruction */
        .image_size = 4096, .magic = 0x644d5241, .pe_offset = offsetof(struct sample_linux, pe),
        .pe = "PE", .sections = 1,
        .section = {.name = ".text", .raw_size = sizeof(image.text),
                    .raw_offset = offsetof(struct sample_linux, text)},
    };

    G_STATIC_ASSERT(offsetof(struct sample_linux, magic) == 56);
    return image;
}

static GByteArray *pack(const void *data, size_t size)
{
    z_stream stream = {.next_in = (uint8_t *)data, .avail_in = (uInt)size};
    GByteArray *out = g_byte_array_new();

    deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    g_byte_array_set_size(out, (guint)deflateBound(&stream, size));
    stream.next_out = out->data;
    stream.avail_out = out->len;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    g_byte_array_set_size(out, out->len - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

/* --- Helpers --------------------------------------------------------------------------------- */

/* Bytes in memory of exactly that size, so that AddressSanitizer sees a step too far. */
static struct image *parse(const void *data, size_t size, GError **error)
{
    g_autoptr(GBytes) file = g_bytes_new(data, size);

    return image_parse(file, "FILE", BASE, UNPACKED_MAX, error);
}

static const struct image_segment *segment(const struct image *image, guint i)
{
    ck_assert_uint_lt(i, image->segments->len);
    return &g_array_index(image->segments, struct image_segment, i);
}

/* It is refused with one line that names the file and has @text in it. */
static void assert_refused(const void *data, size_t size, const char *text)
{
    g_autoptr(GError) error = NULL;
    struct image *image = parse(data, size, &error);

    ck_assert_msg(!image, "accepted, but should say: %s", text);
    ck_assert_msg(g_str_has_prefix(error->message, "FILE: "), "%s", error->message);
    ck_assert_msg(strstr(error->message, text) != NULL, "'%s' lacks '%s'", error->message, text);
    ck_assert_msg(!strchr(error->message, '\n'), "'%s': more than a line", error->message);
    ck_assert_int_eq(emu_error_exit_status(error), EMU_EXIT_USAGE);
}

/* What image.h promises of every image, whatever the file. */
static void assert_sound(const struct image *image)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(image->content, &size);

    for (guint i = 0; i < image->segments->len; i++) {
        const struct image_segment *a = segment(image, i);

        ck_assert_uint_gt(a->mem_size, 0);
        ck_assert_uint_le(a->data_size, a->mem_size);
        ck_assert_uint_le(a->mem_size, UINT64_MAX - a->gpa);
        ck_assert(a->data >= data && a->data_size <= (size_t)(data + size - a->data));
        for (guint j = 0; j < i; j++) {
            const struct image_segment *b = segment(image, j);

            ck_assert(a->gpa >= b->gpa + b->mem_size || b->gpa >= a->gpa + a->mem_size);
        }
    }
}

/* Either an image or an error, never both or none. */
static void parse_hostile(const void *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    struct image *image = parse(data, size, &error);

    ck_assert(!image == !!error);
    if (image)
        assert_sound(image);
    image_free(image);
}

/* --- Good images ----------------------------------------------------------------------------- */

START_TEST(elf_is_loaded_at_physical_addresses)
{
    struct sample_elf elf = sample_elf();
    struct image *image = parse(&elf, sizeof(elf), NULL);

    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_ELF);
    ck_assert_uint_eq(image->entry, ELF_PHYSICAL + 8);
    ck_assert_uint_eq(image->segments->len, 2); /* not the empty one */
    ck_assert_uint_eq(segment(image, 1)->gpa, ELF_PHYSICAL + 0x1000);
    ck_assert_uint_eq(segment(image, 1)->mem_size, 0x1000);
    ck_assert_uint_eq(segment(image, 1)->data_size, ELF_CODE);
    ck_assert_uint_eq(segment(image, 1)->data[0], 0xa5);
    image_free(image);
}
END_TEST

START_TEST(linux_goes_to_the_base)
{
    struct sample_linux file = sample_linux();
    struct image *image;

    file.text_offset = 0x80000;
    image = parse(&file, sizeof(file), NULL);
    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_LINUX);
    ck_assert_uint_eq(image->entry, BASE + 0x80000);
    ck_assert_uint_eq(segment(image, 0)->gpa, BASE + 0x80000);
    ck_assert_uint_eq(segment(image, 0)->mem_size, 4096);
    ck_assert_uint_eq(segment(image, 0)->data_size, sizeof(file));
    image_free(image);
}
END_TEST

START_TEST(gzip_is_unpacked)
{
    struct sample_linux file = sample_linux();
    g_autoptr(GByteArray) packed = pack(&file, sizeof(file));
    struct image *image = parse(packed->data, packed->len, NULL);

    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_LINUX);
    ck_assert_mem_eq(segment(image, 0)->data, &file, sizeof(file));
    image_free(image);
}
END_TEST

START_TEST(anything_else_is_flat)
{
    static const uint8_t code[] = {0x42, 0x00, 0x00, 0xd4, 0xff};
    struct image *image = parse(code, sizeof(code), NULL);

    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_FLAT);
    ck_assert_uint_eq(image->entry, BASE);
    ck_assert_uint_eq(segment(image, 0)->gpa, BASE);
    ck_assert_uint_eq(segment(image, 0)->mem_size, sizeof(code));
    image_free(image);
}
END_TEST

/* --- Bad images ------------------------------------------------------------------------------ */

START_TEST(foreign_formats_are_named)
{
    static const struct {
        size_t offset;
        const char *magic;
        size_t size;
        const char *text;
    } rows[] = {
        {0x202, "HdrS", 4, "x86 kernel"},
        {0, "\xfd" "7zXZ\0", 6, "xz -d"},
        {0, "\x28\xb5\x2f\xfd", 4, "zstd -d"},
        {0, "BZh9", 4, "bunzip2"},
        {0, "\x04\x22\x4d\x18", 4, "lz4 -d"},
        {0, "\x02\x21\x4c\x18", 4, "lz4 -d"},
        {0, "070701", 6, "initrd"},
        {0, "\xd0\x0d\xfe\xed", 4, "device tree"},
        {0, "MZ", 2, "EFI program"},
        {0, "\x1f\x8b", 2, "damaged or truncated gzip"},
        {0, "\x7f" "ELF", 4, "big-endian"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t file[1024] = {0};

        memcpy(file + rows[i].offset, rows[i].magic, rows[i].size);
        assert_refused(file, sizeof(file), rows[i].text);
    }
    assert_refused("", 0, "empty");
}
END_TEST

START_TEST(zboot_says_how_to_unpack)
{
    static const uint8_t file[64] = "MZ\0\0zimg\x00\x10\0\0\x34\x12\0\0\0\0\0\0\0\0\0\0zstd22";

    assert_refused(file, sizeof(file), "tail -c +4097 FILE | head -c 4660 | zstd -dc");
    assert_refused(file, 10, "zboot");
}
END_TEST

START_TEST(bad_elf_is_refused)
{
    struct sample_elf elf;

#define ROW(change, text)                                                                          \
    elf = sample_elf();                                                                            \
    change;                                                                                        \
    assert_refused(&elf, sizeof(elf), text)

    ROW(elf.header.e_ident[EI_DATA] = ELFDATA2MSB, "big-endian");
    ROW(elf.header.e_ident[EI_CLASS] = ELFCLASS32, "32-bit");
    ROW(elf.header.e_machine = EM_X86_64, "x86-64");
    ROW(elf.header.e_machine = 0xbeef, "48879");
    ROW(elf.header.e_type = ET_REL, "not executable");
    ROW(elf.header.e_phnum = 0, "nothing to load");
    ROW(elf.header.e_phnum = 0xffff, "truncated");
    ROW(elf.header.e_phoff = UINT64_MAX - 8, "truncated");
    ROW(elf.header.e_phentsize = 1, "damaged");
    ROW(elf.header.e_entry = 1, "entry");
    ROW(elf.program[0].p_offset = UINT64_MAX - 4, "truncated");
    ROW(elf.program[0].p_filesz = UINT64_MAX, "truncated");
    ROW(elf.program[0].p_memsz = ELF_CODE - 1, "impossible");
    ROW(elf.program[0].p_memsz = UINT64_MAX - 8, "impossible");
    ROW(elf.program[0].p_paddr = UINT64_MAX - 8, "impossible");
    ROW(elf.program[1].p_paddr = ELF_PHYSICAL + ELF_CODE - 1, "overlap");
#undef ROW
}
END_TEST

START_TEST(too_many_segments_are_refused)
{
    enum { COUNT = 257 };
    struct sample_elf elf = sample_elf();
    g_autoptr(GByteArray) file = g_byte_array_new();

    elf.header.e_phnum = COUNT;
    elf.header.e_phoff = sizeof(elf.header);
    g_byte_array_append(file, (uint8_t *)&elf.header, sizeof(elf.header));
    for (unsigned i = 0; i < COUNT; i++) {
        Elf64_Phdr program = {.p_type = PT_LOAD, .p_paddr = i * 16, .p_memsz = 16};

        g_byte_array_append(file, (uint8_t *)&program, sizeof(program));
    }
    assert_refused(file->data, file->len, "more than 256 segments");
}
END_TEST

START_TEST(bad_linux_is_refused)
{
    struct sample_linux file;

#define ROW(change, text)                                                                          \
    file = sample_linux();                                                                         \
    change;                                                                                        \
    assert_refused(&file, sizeof(file), text)

    ROW(file.flags = 1, "big-endian");
    ROW(file.image_size = 0, "3.17");
    ROW(file.image_size = UINT64_MAX, "damaged");
    ROW(file.text_offset = 2 * MIB, "damaged");
    ROW(file.section.raw_size = 4096, "truncated arm64 Image");
#undef ROW
}
END_TEST

START_TEST(bombs_are_refused)
{
    static uint8_t zeroes[4096];
    g_autoptr(GByteArray) packed = pack(zeroes, sizeof(zeroes));
    g_autoptr(GBytes) file = g_bytes_new(packed->data, packed->len);
    g_autoptr(GBytes) good = gzip_unpack(file, "FILE", sizeof(zeroes), NULL);
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_nonnull(good);
    ck_assert_ptr_null(gzip_unpack(file, "FILE", sizeof(zeroes) - 1, &error));
    ck_assert_msg(strstr(error->message, "larger than") != NULL, "%s", error->message);
}
END_TEST

START_TEST(files_are_loaded)
{
    struct sample_elf elf = sample_elf();
    g_autofree char *path = NULL;
    g_autoptr(GError) missing = NULL, directory = NULL;
    int fd = g_file_open_tmp("image-XXXXXX", &path, NULL);
    struct image *image;

    ck_assert_int_eq(write(fd, &elf, sizeof(elf)), sizeof(elf));
    close(fd);
    image = image_load("--option ", path, BASE, UNPACKED_MAX, NULL);
    ck_assert_ptr_nonnull(image);
    image_free(image);
    g_unlink(path);
    ck_assert_ptr_null(image_load("--option ", path, BASE, UNPACKED_MAX, &missing));
    ck_assert_msg(g_str_has_prefix(missing->message, "--option /"), "%s", missing->message);
    ck_assert_ptr_null(image_load("--option ", "/", BASE, UNPACKED_MAX, &directory));
    ck_assert_str_eq(directory->message, "--option /: not a regular file; give a file");
}
END_TEST

/* --- Hostile images -------------------------------------------------------------------------- */

START_TEST(every_truncation_is_harmless)
{
    struct sample_elf elf = sample_elf();
    struct sample_linux kernel = sample_linux();
    g_autoptr(GByteArray) packed = pack(&kernel, sizeof(kernel));

    for (size_t size = 0; size < sizeof(elf); size++)
        parse_hostile(&elf, size);
    for (size_t size = 0; size < sizeof(kernel); size++)
        parse_hostile(&kernel, size);
    for (size_t size = 2; size < packed->len; size++)
        assert_refused(packed->data, size, "gzip");
}
END_TEST

/* Changes a few bytes: to anything, or to the edges of ranges. */
static void mutate(GRand *rand, uint8_t *data, size_t size)
{
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    unsigned changes = (unsigned)g_rand_int_range(rand, 1, 8);

    while (changes--) {
        size_t at = (size_t)g_rand_int_range(rand, 0, (gint32)size);
        bool edge = g_rand_boolean(rand);

        data[at] = edge ? edges[g_rand_int_range(rand, 0, G_N_ELEMENTS(edges))]
                        : (uint8_t)g_rand_int(rand);
    }
}

static void mutate_often(const void *sample, size_t size, unsigned times)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);
    g_autofree uint8_t *data = g_malloc(size);

    for (unsigned i = 0; i < times; i++) {
        memcpy(data, sample, size);
        mutate(rand, data, size);
        parse_hostile(data, size);
    }
}

START_TEST(mutations_are_harmless)
{
    struct sample_elf elf = sample_elf();
    struct sample_linux kernel = sample_linux();
    g_autoptr(GByteArray) packed = pack(&kernel, sizeof(kernel));

    mutate_often(&elf, offsetof(struct sample_elf, code), MUTATIONS);
    mutate_often(&kernel, sizeof(kernel), MUTATIONS);
    mutate_often(packed->data, packed->len, MUTATIONS / 10);
}
END_TEST

UNIT_MAIN("image", elf_is_loaded_at_physical_addresses, linux_goes_to_the_base, gzip_is_unpacked,
          anything_else_is_flat, foreign_formats_are_named, zboot_says_how_to_unpack,
          bad_elf_is_refused, too_many_segments_are_refused, bad_linux_is_refused,
          bombs_are_refused, files_are_loaded, every_truncation_is_harmless,
          mutations_are_harmless)
