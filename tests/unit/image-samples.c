/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of kernels: see image-samples.h. */
#include "tests/unit/image-samples.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "emu/error.h"
#include "tests/unit/unit.h"

/* --- Samples --------------------------------------------------------------------------------- */

static Elf64_Ehdr elf_header(uint16_t type, uint64_t entry, uint64_t programs, uint16_t count)
{
    return (Elf64_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
        .e_type = type, .e_machine = EM_AARCH64, .e_entry = entry, .e_phoff = programs,
        .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = count,
    };
}

struct sample_elf sample_elf(void)
{
    struct sample_elf elf = {
        .header = elf_header(ET_EXEC, SAMPLE_VIRTUAL + 8, offsetof(struct sample_elf, program), 3),
        .program = {{.p_type = PT_LOAD, .p_offset = offsetof(struct sample_elf, code[0]),
                     .p_vaddr = SAMPLE_VIRTUAL, .p_paddr = SAMPLE_PHYSICAL,
                     .p_filesz = SAMPLE_CODE, .p_memsz = SAMPLE_CODE},
                    {.p_type = PT_LOAD, .p_offset = offsetof(struct sample_elf, code[1]),
                     .p_vaddr = SAMPLE_VIRTUAL + 0x1000, .p_paddr = SAMPLE_PHYSICAL + 0x1000,
                     .p_filesz = SAMPLE_CODE, .p_memsz = 0x1000},
                    {.p_type = PT_LOAD, .p_vaddr = 8, .p_paddr = SAMPLE_PHYSICAL}},
    };

    memset(elf.code, 0xa5, sizeof(elf.code));
    return elf;
}

struct sample_linux sample_linux(void)
{
    struct sample_linux image = {
        .code = {0xfa405a4d}, /* "MZ" and still an instruction */
        .image_size = 4096, .magic = 0x644d5241, .pe_offset = offsetof(struct sample_linux, pe),
        .pe = "PE", .sections = 1,
        .section = {.name = ".text", .raw_size = sizeof(image.text),
                    .raw_offset = offsetof(struct sample_linux, text)},
        .text = "Linux version %s, Linux version 7.0.1\033[2J (a@b) #1\nnot this",
    };

    G_STATIC_ASSERT(offsetof(struct sample_linux, magic) == 56);
    return image;
}

struct sample_vmlinux sample_vmlinux(void)
{
    uint64_t text = SAMPLE_VIRTUAL + UINT64_C(0x80000000);
    struct sample_vmlinux elf = {
        .header = elf_header(ET_DYN, text, offsetof(struct sample_vmlinux, program), 2),
        .program = {{.p_type = PT_LOAD, .p_offset = offsetof(struct sample_vmlinux, head),
                     .p_vaddr = text, .p_paddr = text, .p_filesz = sizeof(struct sample_linux),
                     .p_memsz = sizeof(struct sample_linux)},
                    {.p_type = PT_LOAD, .p_vaddr = text + 0x1000, .p_paddr = text + 0x1000,
                     .p_memsz = 0x1000}},
        .head = sample_linux(),
    };

    elf.head.image_size = 0x4000;
    return elf;
}

GByteArray *sample_noted(const void *notes, size_t size)
{
    struct sample_elf elf = sample_elf();
    GByteArray *file = g_byte_array_new();

    elf.program[2] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = sizeof(elf), .p_filesz = size,
                                  .p_align = 4};
    g_byte_array_append(file, (const uint8_t *)&elf, sizeof(elf));
    return g_byte_array_append(file, notes, (guint)size);
}

GByteArray *sample_gzip(const void *data, size_t size)
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

GByteArray *sample_zstd(const void *data, size_t size)
{
    GByteArray *out = g_byte_array_new();

    g_byte_array_set_size(out, (guint)ZSTD_compressBound(size));
    g_byte_array_set_size(out, (guint)ZSTD_compress(out->data, out->len, data, size, 3));
    return out;
}

GByteArray *sample_zboot(const char *compression, const GByteArray *packed)
{
    struct sample_zboot head = {.mz = "MZ", .zimg = {'z', 'i', 'm', 'g'}, .offset = sizeof(head),
                                .size = packed->len, .linux_pe_magic = 0x818223cd,
                                .pe_offset = offsetof(struct sample_zboot, pe), .pe = "PE",
                                .machine = 0xaa64};
    GByteArray *file = g_byte_array_new();

    G_STATIC_ASSERT(offsetof(struct sample_zboot, pe_offset) == 0x3c);
    g_strlcpy(head.compression, compression, sizeof(head.compression));
    g_byte_array_append(file, (const uint8_t *)&head, sizeof(head));
    return g_byte_array_append(file, packed->data, packed->len);
}

/* --- What is to hold ------------------------------------------------------------------------- */

struct image *sample_parse(const void *data, size_t size, GError **error)
{
    g_autoptr(GBytes) file = g_bytes_new(data, size);

    return image_parse(file, "FILE", SAMPLE_BASE, SAMPLE_LIMIT, error);
}

const struct image_segment *sample_segment(const struct image *image, guint i)
{
    ck_assert_uint_lt(i, image->segments->len);
    return &g_array_index(image->segments, struct image_segment, i);
}

void sample_refused(const void *data, size_t size, const char *text)
{
    g_autoptr(GError) error = NULL;
    struct image *image = sample_parse(data, size, &error);

    ck_assert_msg(!image, "accepted, but should say: %s", text);
    ck_assert_msg(g_str_has_prefix(error->message, "FILE: "), "%s", error->message);
    ck_assert_msg(strstr(error->message, text) != NULL, "'%s' lacks '%s'", error->message, text);
    ck_assert_msg(!strchr(error->message, '\n'), "'%s': more than a line", error->message);
    ck_assert_int_eq(emu_error_exit_status(error), EMU_EXIT_USAGE);
}

static bool is_apart(const struct image *image, guint i)
{
    const struct image_segment *segments = (const void *)image->segments->data;
    const struct image_segment *a = &segments[i];

    for (guint j = 0; j < i; j++) {
        const struct image_segment *b = &segments[j];

        if (a->gpa < b->gpa + b->mem_size && b->gpa < a->gpa + a->mem_size)
            return false;
    }
    return true;
}

/*
 * What image.h promises of every image, whatever the file: NULL, or what does not hold. As every
 * assertion is a system call, and mutations are tens of thousands, only failures are asserted.
 */
static const char *find_unsound(const struct image *image)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(image->content, &size);
    const struct image_segment *segments = (const void *)image->segments->data;

    if (!image->entry_from)
        return "nothing says where the entry is from";
    for (guint i = 0; i < image->segments->len; i++) {
        const struct image_segment *a = &segments[i];

        if (!a->mem_size || a->data_size > a->mem_size || a->mem_size > UINT64_MAX - a->gpa)
            return "a segment's sizes";
        if (a->data < data || a->data_size > (size_t)(data + size - a->data))
            return "a segment's data";
        if (!is_apart(image, i))
            return "segments overlap";
    }
    return NULL;
}

void sample_hostile(const void *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL, told_error = NULL;
    struct image *image = sample_parse(data, size, &error);
    struct facts *facts = facts_new();
    const char *unsound = NULL;

    if (!image != !!error)
        unsound = "an image and an error, or neither";
    else if (image)
        unsound = find_unsound(image);
    if (!unsound && image_tell(file, "FILE", SAMPLE_LIMIT, facts, &told_error) != !told_error)
        unsound = "facts and an error, or neither";
    if (unsound)
        ck_abort_msg("%zu bytes: %s", size, unsound);
    facts_free(facts);
    image_free(image);
}
