/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels come in besides plain files: zboot, vmlinux, ELF notes; and what is told of them. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "tests/unit/image-samples.h"
#include "tests/unit/unit.h"

/* --- Packed ---------------------------------------------------------------------------------- */

static GByteArray *pack_by(const char *compression, const void *data, size_t size)
{
    return !strcmp(compression, "gzip") ? sample_gzip(data, size) : sample_zstd(data, size);
}

static GByteArray *zboot_by(const char *compression)
{
    struct sample_linux kernel = sample_linux();
    g_autoptr(GByteArray) packed = pack_by(compression, &kernel, sizeof(kernel));

    return sample_zboot(compression, packed);
}

static void assert_is_kernel(const GByteArray *file, const char *form)
{
    struct sample_linux kernel = sample_linux();
    struct image *image = sample_parse(file->data, file->len, NULL);

    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_LINUX);
    ck_assert_str_eq(image->form, form);
    ck_assert_uint_eq(image->entry, SAMPLE_BASE);
    ck_assert_mem_eq(sample_segment(image, 0)->data, &kernel, sizeof(kernel));
    image_free(image);
}

START_TEST(packed_kernels_are_unpacked)
{
    struct sample_linux kernel = sample_linux();
    g_autoptr(GByteArray) zstd = sample_zstd(&kernel, sizeof(kernel));
    g_autoptr(GByteArray) zboot_gzip = zboot_by("gzip");
    g_autoptr(GByteArray) zboot_zstd = zboot_by("zstd");
    g_autoptr(GByteArray) twice = sample_gzip(zboot_zstd->data, zboot_zstd->len);
    g_autoptr(GByteArray) thrice = sample_gzip(twice->data, twice->len);
    static const uint32_t size = sizeof(kernel);

    assert_is_kernel(zstd, "zstd, arm64 Image");
    assert_is_kernel(zboot_gzip, "EFI zboot image, arm64 Image");
    /* The size, which Linux appends. */
    g_byte_array_append(zboot_zstd, (const uint8_t *)&size, sizeof(size));
    assert_is_kernel(zboot_zstd, "EFI zboot image, arm64 Image");
    assert_is_kernel(twice, "gzip, EFI zboot image, arm64 Image");
    sample_refused(thrice->data, thrice->len, "packed more than 2 times");
}
END_TEST

START_TEST(bad_zboot_is_refused)
{
    static const char text[] = "this is no kernel, but a text that is long enough for one, I hope";
    g_autoptr(GByteArray) file = zboot_by("gzip"), bare = g_byte_array_new();
    g_autoptr(GByteArray) packed_text = sample_gzip(text, sizeof(text));
    g_autoptr(GByteArray) text_file = sample_zboot("gzip", packed_text);
    struct sample_zboot good, *head = (struct sample_zboot *)file->data;

    memcpy(&good, head, sizeof(good));
#define ROW(change, text)                                                                          \
    memcpy(head, &good, sizeof(good));                                                             \
    change;                                                                                        \
    sample_refused(file->data, file->len, text)

    ROW(head->offset = 0xffffffff, "truncated EFI zboot");
    ROW(head->size++, "truncated EFI zboot");
    ROW(head->size = 0, "no gzip data");
    ROW(head->size = 10, "truncated gzip");
    ROW(head->offset++; head->size--, "no gzip data");
    ROW(head->pe[0] = 0, "damaged");
    ROW(head->pe_offset = 0xfffffff0, "damaged");
    ROW(head->machine = 0x5064, "another machine (PE number 0x5064)");
    ROW(memcpy(head->compression, "zstd", 5), "no zstd data");
    ROW(memcpy(head->compression, "\033\n", 3), "'?" "?'");
    ROW(memcpy(head->compression, "lz4", 4), "'lz4'; vtlemu unpacks gzip and zstd");
    ROW(head->offset = 4096; head->size = 0; g_byte_array_set_size(file, 5000);
        head = (struct sample_zboot *)file->data; memcpy(head->compression, "xz", 3);
        head->offset = 4096; head->size = 500, "tail -c +4097 FILE | head -c 500 | xz -dc > Image");
#undef ROW
    sample_refused(text_file->data, text_file->len, "no arm64 Image");
    g_byte_array_append(bare, (const uint8_t *)&good, 10);
    sample_refused(bare->data, bare->len, "zboot");
}
END_TEST

/* --- vmlinux --------------------------------------------------------------------------------- */

START_TEST(vmlinux_goes_where_its_image_would)
{
    struct sample_vmlinux elf = sample_vmlinux();
    struct image *image;

    elf.head.text_offset = 0x80000;
    elf.header.e_entry += 16;
    image = sample_parse(&elf, sizeof(elf), NULL);
    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_LINUX);
    ck_assert(image->relocatable);
    ck_assert_uint_eq(image->entry, SAMPLE_BASE + 0x80010);
    ck_assert_uint_eq(image->segments->len, 3);
    ck_assert_uint_eq(sample_segment(image, 0)->gpa, SAMPLE_BASE + 0x80000);
    ck_assert_uint_eq(sample_segment(image, 1)->gpa, SAMPLE_BASE + 0x81000);
    /* What the header's size reserves and no segment does. */
    ck_assert_uint_eq(sample_segment(image, 2)->gpa, SAMPLE_BASE + 0x82000);
    ck_assert_uint_eq(sample_segment(image, 2)->mem_size, 0x2000);
    ck_assert_uint_eq(sample_segment(image, 2)->data_size, 0);
    image_free(image);
}
END_TEST

START_TEST(virtual_elf_without_header_goes_to_the_base)
{
    struct sample_vmlinux elf = sample_vmlinux();
    struct image *image;

    elf.head.magic = 0;
    for (unsigned i = 0; i < 2; i++) {
        elf.program[i].p_vaddr += 0x10000;
        elf.program[i].p_paddr += 0x10000;
    }
    elf.header.e_entry += 0x10000;
    image = sample_parse(&elf, sizeof(elf), NULL);
    ck_assert_ptr_nonnull(image);
    ck_assert_int_eq(image->kind, IMAGE_ELF);
    ck_assert_uint_eq(image->entry, SAMPLE_BASE + 0x10000);
    ck_assert_uint_eq(image->segments->len, 2);
    image_free(image);
}
END_TEST

START_TEST(bad_vmlinux_is_refused)
{
    struct sample_vmlinux elf;

#define ROW(change, text)                                                                          \
    elf = sample_vmlinux();                                                                        \
    change;                                                                                        \
    sample_refused(&elf, sizeof(elf), text)

    ROW(elf.head.flags = 1, "big-endian kernel");
    ROW(elf.head.image_size = 0, "3.17");
    ROW(elf.head.text_offset = 2 * MIB, "header of this arm64 Image is damaged");
    ROW(elf.program[1].p_paddr += 2 * GIB, "1 GiB apart");
    ROW(elf.program[1].p_memsz = 2 * GIB, "1 GiB apart");
    ROW(elf.header.e_entry = 0, "entry lies in none");
#undef ROW
}
END_TEST

/* --- Notes ----------------------------------------------------------------------------------- */

struct note32 {
    Elf64_Nhdr header;
    char name[4];
    uint32_t desc[2];
};

static struct note32 note_of(uint32_t type, uint32_t size, uint64_t entry)
{
    struct note32 note = {{4, size, type}, "Xen", {(uint32_t)entry, (uint32_t)(entry >> 32)}};

    return note;
}

static void assert_entry(const void *notes, size_t size, uint64_t entry, const char *from)
{
    g_autoptr(GByteArray) file = sample_noted(notes, size);
    struct image *image = sample_parse(file->data, file->len, NULL);

    ck_assert_ptr_nonnull(image);
    ck_assert_uint_eq(image->entry, entry);
    ck_assert_str_eq(image->entry_from, from);
    image_free(image);
}

START_TEST(a_note_names_the_entry)
{
    static const char by_note[] = "an ELF note (Xen, 18)", by_header[] = "the ELF header";
    struct note32 notes[3] = {note_of(6, 8, 0), note_of(18, 8, SAMPLE_PHYSICAL + 16),
                              note_of(18, 8, SAMPLE_PHYSICAL + 16)};
    struct note32 small = note_of(18, 4, SAMPLE_PHYSICAL + SAMPLE_CODE - 4);
    struct note32 other = note_of(18, 8, SAMPLE_PHYSICAL + 16);

    memcpy(other.name, "GNU", 4);
    assert_entry(notes, sizeof(notes), SAMPLE_PHYSICAL + 16, by_note); /* twice the same */
    assert_entry(&small, sizeof(small) - 4, SAMPLE_PHYSICAL + SAMPLE_CODE - 4, by_note);
    assert_entry(&other, sizeof(other), SAMPLE_PHYSICAL + 8, by_header);
    assert_entry(notes, sizeof(notes[0]), SAMPLE_PHYSICAL + 8, by_header);
    assert_entry(NULL, 0, SAMPLE_PHYSICAL + 8, by_header);
}
END_TEST

/* Where addresses are virtual, so is the note's: those of the file count. */
START_TEST(a_note_moves_with_its_segment)
{
    struct sample_vmlinux elf = sample_vmlinux();
    struct note32 note = note_of(18, 8, elf.header.e_entry + 0x40);
    struct image *image;

    memcpy(elf.head.text, &note, sizeof(note));
    elf.program[1] = (Elf64_Phdr){.p_type = PT_NOTE, .p_filesz = sizeof(note), .p_align = 4,
                                  .p_offset = offsetof(struct sample_vmlinux, head.text)};
    image = sample_parse(&elf, sizeof(elf), NULL);
    ck_assert_ptr_nonnull(image);
    ck_assert_uint_eq(image->entry, SAMPLE_BASE + 0x40);
    image_free(image);
}
END_TEST

START_TEST(wide_notes_are_aligned_to_8)
{
    /* Two with names of 4 bytes, which the descriptors and the next note are aligned behind. */
    struct {
        Elf64_Nhdr header;
        char name[4];
        uint64_t desc;
    } notes[2] = {{{4, 4, 5}, "GNU", 0}, {{4, 8, 18}, "Xen", SAMPLE_PHYSICAL + 16}};
    g_autoptr(GByteArray) file = sample_noted(notes, sizeof(notes));
    struct sample_elf *elf = (struct sample_elf *)file->data;
    struct image *image;

    elf->program[2].p_align = 8;
    image = sample_parse(file->data, file->len, NULL);
    ck_assert_ptr_nonnull(image);
    ck_assert_uint_eq(image->entry, SAMPLE_PHYSICAL + 16);
    image_free(image);
}
END_TEST

static void assert_note_refused(const void *notes, size_t size, const char *text)
{
    g_autoptr(GByteArray) file = sample_noted(notes, size);

    sample_refused(file->data, file->len, text);
}

START_TEST(bad_notes_are_refused)
{
    struct note32 good = note_of(18, 8, SAMPLE_PHYSICAL), note;
    struct note32 two[2] = {good, note_of(18, 8, SAMPLE_PHYSICAL + 4)};
    g_autoptr(GByteArray) file = sample_noted(&good, sizeof(good));
    struct sample_elf *elf = (struct sample_elf *)file->data;

    for (size_t size = 1; size < sizeof(good); size++)
        assert_note_refused(&good, size, "cut off");
#define ROW(entry, text)                                                                           \
    note = note_of(18, 8, entry);                                                                  \
    assert_note_refused(&note, sizeof(note), text)

    ROW(0, "in none of the segments");
    ROW(UINT64_MAX - 3, "in none of the segments");
    ROW(SAMPLE_VIRTUAL, "in none of the segments");
    ROW(SAMPLE_PHYSICAL + SAMPLE_CODE, "in none of the segments");
    ROW(SAMPLE_PHYSICAL + 0x1000 + SAMPLE_CODE, "in none of the segments"); /* zeroes */
    ROW(SAMPLE_PHYSICAL + 2, "no multiple of 4");
#undef ROW
    note = note_of(18, 6, SAMPLE_PHYSICAL);
    assert_note_refused(&note, sizeof(note), "of 6 bytes");
    note = note_of(18, 0xffffffff, SAMPLE_PHYSICAL);
    assert_note_refused(&note, sizeof(note), "cut off");
    note.header.n_namesz = 0xfffffff0;
    assert_note_refused(&note, sizeof(note), "cut off");
    assert_note_refused(two, sizeof(two), "which differ");
    elf->program[2].p_filesz = UINT64_MAX;
    sample_refused(file->data, file->len, "cut off");
    elf->program[2].p_offset = UINT64_MAX;
    sample_refused(file->data, file->len, "cut off");
}
END_TEST

/* --- What is told ---------------------------------------------------------------------------- */

static struct facts *tell(const GByteArray *data, bool good)
{
    g_autoptr(GBytes) file = g_bytes_new(data->data, data->len);
    g_autoptr(GError) error = NULL;
    struct facts *facts = facts_new();

    ck_assert(image_tell(file, "FILE", SAMPLE_LIMIT, facts, &error) == good);
    ck_assert(good == !error);
    return facts;
}

static void assert_fact(const struct facts *facts, const char *name, const char *text)
{
    const char *found = facts_get(facts, name);

    ck_assert_msg(found && !strcmp(found, text), "%s is '%s'", name, found ? found : "not there");
}

START_TEST(zboot_is_told)
{
    g_autoptr(GByteArray) file = zboot_by("zstd");
    struct facts *facts = tell(file, true);
    g_autofree char *text = facts_to_text(facts), *json = facts_to_json(facts);
    g_autoptr(JsonNode) root = json_from_string(json, NULL);
    JsonObject *object = json_node_get_object(root);
    JsonArray *forms = json_object_get_array_member(object, "forms");

    assert_fact(facts, "compression", "zstd");
    assert_fact(facts, "packed at", "0x48");
    assert_fact(facts, "byte order", "little-endian");
    assert_fact(facts, "size in memory", "4.0 KiB");
    assert_fact(facts, "entry offset", "0x0");
    /* Not the format before it, and nothing that a terminal would obey. */
    assert_fact(facts, "linux version", "7.0.1?[2J (a@b) #1");
    ck_assert_msg(strstr(text, "form          EFI zboot image, size ") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "form          arm64 Image, size ") != NULL, "%s", text);
    ck_assert_uint_eq(json_array_get_length(forms), 2);
    ck_assert_int_eq(json_object_get_int_member(json_array_get_object_element(forms, 1),
                                                "size_in_memory"), 4096);
    facts_free(facts);
}
END_TEST

START_TEST(elf_and_its_notes_are_told)
{
    struct note32 note = note_of(18, 8, SAMPLE_PHYSICAL + 16);
    g_autoptr(GByteArray) file = sample_noted(&note, sizeof(note));
    struct facts *facts = tell(file, true);
    g_autofree char *text = facts_to_text(facts);

    assert_fact(facts, "entry in header", "0xffff800000000008");
    assert_fact(facts, "owner", "Xen");
    assert_fact(facts, "type", "18");
    assert_fact(facts, "entry from", "an ELF note (Xen, 18)");
    ck_assert_msg(strstr(text, "segment       address 0x40200000, virtual address "
                               "0xffff800000000000, size 64 bytes, size in memory 64 bytes, "
                               "access ---\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "entry         0x40200010\n") != NULL, "%s", text);
    facts_free(facts);
}
END_TEST

/* What is bad inside is told as far as it was understood. */
START_TEST(bad_ones_are_told_as_far_as_they_go)
{
    g_autoptr(GByteArray) file = zboot_by("gzip"), x86 = g_byte_array_new();
    struct facts *facts;

    g_byte_array_set_size(file, file->len - 1);
    facts = tell(file, false);
    assert_fact(facts, "form", "EFI zboot image");
    ck_assert_ptr_null(facts_get(facts, "entry offset"));
    facts_free(facts);
    g_byte_array_append(x86, (const uint8_t *)"BZh91", 5);
    facts = tell(x86, false);
    assert_fact(facts, "form", "no kernel for vtlemu");
    facts_free(facts);
}
END_TEST

UNIT_MAIN("forms", packed_kernels_are_unpacked, bad_zboot_is_refused,
          vmlinux_goes_where_its_image_would, virtual_elf_without_header_goes_to_the_base,
          bad_vmlinux_is_refused, a_note_names_the_entry, a_note_moves_with_its_segment,
          wide_notes_are_aligned_to_8, bad_notes_are_refused, zboot_is_told,
          elf_and_its_notes_are_told, bad_ones_are_told_as_far_as_they_go)
