/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest images: good ones, each kind of bad one, and hostile ones. */
#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/error.h"
#include "emu/sandbox.h"
#include "tests/unit/image-samples.h"
#include "tests/unit/unit.h"

#define MUTATIONS 20000
#define SEED 20240229

/* --- Good images ----------------------------------------------------------------------------- */

START_TEST(elf_is_loaded_at_physical_addresses)
{
    struct sample_elf elf = sample_elf();
    struct image *image = sample_parse(&elf, sizeof(elf), NULL);

    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_ELF);
    ck_assert_uint_eq(image->entry, SAMPLE_PHYSICAL + 8);
    ck_assert_uint_eq(image->segments->len, 2); /* not the empty one */
    ck_assert_uint_eq(sample_segment(image, 1)->gpa, SAMPLE_PHYSICAL + 0x1000);
    ck_assert_uint_eq(sample_segment(image, 1)->mem_size, 0x1000);
    ck_assert_uint_eq(sample_segment(image, 1)->data_size, SAMPLE_CODE);
    ck_assert_uint_eq(sample_segment(image, 1)->data[0], 0xa5);
    image_free(image);
}
END_TEST

START_TEST(linux_goes_to_the_base)
{
    struct sample_linux file = sample_linux();
    struct image *image;

    file.text_offset = 0x80000;
    image = sample_parse(&file, sizeof(file), NULL);
    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_LINUX);
    ck_assert_uint_eq(image->entry, SAMPLE_BASE + 0x80000);
    ck_assert_uint_eq(sample_segment(image, 0)->gpa, SAMPLE_BASE + 0x80000);
    ck_assert_uint_eq(sample_segment(image, 0)->mem_size, 4096);
    ck_assert_uint_eq(sample_segment(image, 0)->data_size, sizeof(file));
    image_free(image);
}
END_TEST

START_TEST(gzip_is_unpacked)
{
    struct sample_linux file = sample_linux();
    g_autoptr(GByteArray) packed = sample_gzip(&file, sizeof(file));
    struct image *image = sample_parse(packed->data, packed->len, NULL);

    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_LINUX);
    ck_assert_mem_eq(sample_segment(image, 0)->data, &file, sizeof(file));
    image_free(image);
}
END_TEST

START_TEST(anything_else_is_flat)
{
    static const uint8_t code[] = {0x42, 0x00, 0x00, 0xd4, 0xff};
    struct image *image = sample_parse(code, sizeof(code), NULL);

    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_FLAT);
    ck_assert_uint_eq(image->entry, SAMPLE_BASE);
    ck_assert_uint_eq(sample_segment(image, 0)->gpa, SAMPLE_BASE);
    ck_assert_uint_eq(sample_segment(image, 0)->mem_size, sizeof(code));
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
        {0, "\x28\xb5\x2f\xfd", 4, "damaged or truncated zstd"},
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
        sample_refused(file, sizeof(file), rows[i].text);
    }
    sample_refused("", 0, "empty");
}
END_TEST

START_TEST(bad_elf_is_refused)
{
    struct sample_elf elf;

#define ROW(change, text)                                                                          \
    elf = sample_elf();                                                                            \
    change;                                                                                        \
    sample_refused(&elf, sizeof(elf), text)

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
    ROW(elf.program[0].p_memsz = SAMPLE_CODE - 1, "impossible");
    ROW(elf.program[0].p_memsz = UINT64_MAX - 8, "impossible");
    ROW(elf.program[0].p_paddr = UINT64_MAX - 8, "impossible");
    ROW(elf.program[1].p_paddr = SAMPLE_PHYSICAL + SAMPLE_CODE - 1, "overlap");
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
    sample_refused(file->data, file->len, "more than 256 segments");
}
END_TEST

START_TEST(bad_linux_is_refused)
{
    struct sample_linux file;

#define ROW(change, text)                                                                          \
    file = sample_linux();                                                                         \
    change;                                                                                        \
    sample_refused(&file, sizeof(file), text)

    ROW(file.flags = 1, "big-endian");
    ROW(file.image_size = 0, "3.17");
    ROW(file.image_size = UINT64_MAX, "damaged");
    ROW(file.text_offset = 2 * MIB, "damaged");
    ROW(file.section.raw_size = 4096, "truncated arm64 Image");
#undef ROW
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
    image = image_load("--option ", path, SAMPLE_BASE, SAMPLE_LIMIT, NULL);
    ck_assert_ptr_nonnull(image);
    image_free(image);
    g_unlink(path);
    ck_assert_ptr_null(image_load("--option ", path, SAMPLE_BASE, SAMPLE_LIMIT, &missing));
    ck_assert_msg(g_str_has_prefix(missing->message, "--option /"), "%s", missing->message);
    ck_assert_ptr_null(image_load("--option ", "/", SAMPLE_BASE, SAMPLE_LIMIT, &directory));
    ck_assert_str_eq(directory->message, "--option /: not a regular file; give a file");
}
END_TEST

/* --- Hostile images -------------------------------------------------------------------------- */

START_TEST(every_truncation_is_harmless)
{
    struct sample_elf elf = sample_elf();
    struct sample_linux kernel = sample_linux();
    g_autoptr(GByteArray) packed = sample_gzip(&kernel, sizeof(kernel));

    for (size_t size = 0; size < sizeof(elf); size++)
        sample_hostile(&elf, size);
    for (size_t size = 0; size < sizeof(kernel); size++)
        sample_hostile(&kernel, size);
    for (size_t size = 2; size < packed->len; size++)
        sample_refused(packed->data, size, "gzip");
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
        sample_hostile(data, size);
    }
}

START_TEST(mutations_are_harmless)
{
    struct sample_elf elf = sample_elf();
    struct sample_linux kernel = sample_linux();
    g_autoptr(GByteArray) packed = sample_gzip(&kernel, sizeof(kernel));

    mutate_often(&elf, offsetof(struct sample_elf, code), MUTATIONS);
    mutate_often(&kernel, sizeof(kernel), MUTATIONS);
    sandbox_disable(); /* thousands of processes take long where processors are emulated */
    mutate_often(packed->data, packed->len, MUTATIONS / 10);
}
END_TEST

UNIT_MAIN("image", elf_is_loaded_at_physical_addresses, linux_goes_to_the_base, gzip_is_unpacked,
          anything_else_is_flat, foreign_formats_are_named, bad_elf_is_refused,
          too_many_segments_are_refused, bad_linux_is_refused, files_are_loaded,
          every_truncation_is_harmless, mutations_are_harmless)
