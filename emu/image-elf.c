/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest images in ELF (System V ABI; ELF for the Arm 64-bit Architecture): bare-metal payloads at
 * the physical addresses they are linked for, and Linux' vmlinux, which has only virtual ones and
 * goes to the base, as the Image that is made of it.
 */
#include <elf.h>
#include <string.h>

#include "emu/image-private.h"
#include "emu/layout.h"

/* Many more than a linker makes; keeps the search for overlaps, and for notes, short. */
#define SEGMENTS_MAX 256
#define NOTE_SEGMENTS_MAX 16
#define NOTES_TOLD_MAX 64

/* No processor has physical addresses of more than 52 bits (Arm ARM, FEAT_LPA). */
#define PHYSICAL_END (UINT64_C(1) << 52)
#define INSTRUCTION_SIZE 4

/* Architectures that people have kernels of. */
static const struct {
    unsigned machine;
    const char *name;
} machines[] = {
    {EM_X86_64, "x86-64"}, {EM_386, "x86"},     {EM_ARM, "32-bit Arm"}, {EM_RISCV, "RISC-V"},
    {EM_PPC64, "PowerPC"}, {EM_S390, "S/390"},  {EM_MIPS, "MIPS"},      {EM_IA_64, "Itanium"},
    {EM_PPC, "PowerPC"},   {EM_SPARCV9, "SPARC"}, {EM_BPF, "BPF"},
};

static bool refuse_machine(const struct image_file *file, unsigned machine, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(machines); i++)
        if (machines[i].machine == machine)
            return image_refuse(file, error, "an ELF file for %s; vtlemu runs AArch64 code",
                                machines[i].name);
    return image_refuse(file, error,
                        "an ELF file for another machine (number %u); vtlemu runs AArch64 code",
                        machine);
}

static bool check_header(const Elf64_Ehdr *header, const struct image_file *file, GError **error)
{
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return image_refuse(file, error,
                            "a big-endian ELF file; vtlemu runs little-endian code");
    if (header->e_ident[EI_CLASS] != ELFCLASS64)
        return image_refuse(file, error, "a 32-bit ELF file; vtlemu runs AArch64 code");
    if (header->e_machine != EM_AARCH64)
        return refuse_machine(file, header->e_machine, error);
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return image_refuse(file, error, "an ELF file that is not executable; link it first");
    if (header->e_phnum == 0)
        return image_refuse(file, error, "an ELF file with nothing to load; link it again");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff > file->size ||
        header->e_phnum > (file->size - header->e_phoff) / sizeof(Elf64_Phdr))
        return image_refuse(file, error,
                            "a damaged or truncated ELF file; copy or build it again");
    return true;
}

/* Checked by check_header(): there are e_phnum of these. */
static Elf64_Phdr read_program(const Elf64_Ehdr *header, const struct image_file *file, unsigned i)
{
    Elf64_Phdr program;

    memcpy(&program, file->data + header->e_phoff + i * sizeof(program), sizeof(program));
    return program;
}

static bool read_header(const struct image_file *file, Elf64_Ehdr *header, GError **error)
{
    if (file->size < sizeof(*header))
        return image_refuse(file, error, "a truncated ELF file; copy or build it again");
    memcpy(header, file->data, sizeof(*header));
    return check_header(header, file, error);
}

/* --- Segments -------------------------------------------------------------------------------- */

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

static bool add_program(struct image *image, const Elf64_Phdr *program,
                        const struct image_file *file, GError **error)
{
    if (program->p_offset > file->size || program->p_filesz > file->size - program->p_offset)
        return image_refuse(file, error,
                            "a truncated ELF file: a segment lies behind its end; copy it again");
    if (program->p_filesz > program->p_memsz || program->p_memsz > UINT64_MAX - program->p_paddr)
        return image_refuse(file, error,
                            "a damaged ELF file: a segment's size is impossible; build it again");
    if (image->segments->len == SEGMENTS_MAX)
        return image_refuse(file, error,
                            "an ELF file with more than %d segments; link it with fewer",
                            SEGMENTS_MAX);
    if (overlaps(image, program->p_paddr, program->p_memsz))
        return image_refuse(file, error,
                            "a damaged ELF file: two segments overlap; check its linker script");
    image_add_segment(image, program->p_paddr, program->p_memsz, file->data + program->p_offset,
                      program->p_filesz);
    return true;
}

static bool add_programs(struct image *image, const Elf64_Ehdr *header,
                         const struct image_file *file, GError **error)
{
    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr program = read_program(header, file, i);

        if (program.p_type == PT_INTERP)
            return image_refuse(file, error, "a program for Linux (dynamically linked), not a "
                                "kernel; give a kernel or a bare-metal payload");
        if (program.p_type == PT_LOAD && program.p_memsz > 0 &&
            !add_program(image, &program, file, error))
            return false;
    }
    return true;
}

/* --- The entry, as a physical address in the file's own terms -------------------------------- */

/* From the header: a virtual address. The MMU is off, so its physical one is wanted. */
static bool find_header_entry(struct image *image, const Elf64_Ehdr *header,
                              const struct image_file *file, GError **error)
{
    bool found = false;

    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr program = read_program(header, file, i);

        if (program.p_type != PT_LOAD || header->e_entry - program.p_vaddr >= program.p_memsz)
            continue;
        image->entry = program.p_paddr + (header->e_entry - program.p_vaddr);
        found = true;
    }
    image->entry_from = "the ELF header";
    return found || image_refuse(file, error, "an ELF file whose entry lies in none of its "
                                              "segments; check its linker script");
}

/* Code that is not in the file would be zeroes. */
static bool is_code(const struct image *image, uint64_t address)
{
    for (guint i = 0; i < image->segments->len; i++) {
        const struct image_segment *segment =
            &g_array_index(image->segments, struct image_segment, i);

        if (address >= segment->gpa && segment->data_size >= INSTRUCTION_SIZE &&
            address - segment->gpa <= segment->data_size - INSTRUCTION_SIZE)
            return true;
    }
    return false;
}

static bool take_note(struct image *image, const struct image_note *note,
                      const struct image_file *file, GError **error)
{
    static const char from[] = "an ELF note (Xen, 18)";
    uint64_t entry;

    if (!image_note_is_entry(note))
        return true;
    if (!image_note_entry(note, &entry))
        return image_refuse(file, error, "an ELF note for the entry of %u bytes; 4 or 8 are right",
                            note->desc_size);
    if (image->entry_from && image->entry != entry)
        return image_refuse(file, error, "two ELF notes for the entry, which differ; leave out one");
    if (entry % INSTRUCTION_SIZE)
        return image_refuse(file, error, "an ELF note for the entry: 0x%" G_GINT64_MODIFIER
                            "x is no multiple of 4; check how it is made", entry);
    if (!is_code(image, entry))
        return image_refuse(file, error, "an ELF note for the entry: 0x%" G_GINT64_MODIFIER "x lies "
                            "in none of the segments; give a physical address", entry);
    image->entry = entry;
    image->entry_from = from;
    return true;
}

static bool search_notes(struct image *image, const Elf64_Phdr *segment,
                         const struct image_file *file, GError **error)
{
    struct image_notes notes = image_notes_begin(file, segment);
    struct image_note note;
    enum image_note_step step;

    while ((step = image_notes_next(&notes, &note)) == IMAGE_NOTE_FOUND)
        if (!take_note(image, &note, file, error))
            return false;
    return step == IMAGE_NOTE_END ||
           image_refuse(file, error, "a damaged ELF file: a note is cut off; build it again");
}

static bool find_entry(struct image *image, const Elf64_Ehdr *header,
                       const struct image_file *file, GError **error)
{
    unsigned searched = 0;

    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr program = read_program(header, file, i);

        if (program.p_type != PT_NOTE)
            continue;
        if (searched++ == NOTE_SEGMENTS_MAX)
            return image_refuse(file, error, "an ELF file with more than %d segments of notes; "
                                "link it with fewer", NOTE_SEGMENTS_MAX);
        if (!search_notes(image, &program, file, error))
            return false;
    }
    return image->entry_from || find_header_entry(image, header, file, error);
}

/* --- Placement ------------------------------------------------------------------------------- */

static struct image_segment *segment_at(const struct image *image, guint i)
{
    return &g_array_index(image->segments, struct image_segment, i);
}

static const struct image_segment *lowest_segment(const struct image *image)
{
    const struct image_segment *lowest = segment_at(image, 0);

    for (guint i = 1; i < image->segments->len; i++)
        if (segment_at(image, i)->gpa < lowest->gpa)
            lowest = segment_at(image, i);
    return lowest;
}

static uint64_t segments_end(const struct image *image)
{
    uint64_t end = 0;

    for (guint i = 0; i < image->segments->len; i++)
        end = MAX(end, segment_at(image, i)->gpa + segment_at(image, i)->mem_size);
    return end;
}

static void move(struct image *image, uint64_t from, uint64_t to)
{
    for (guint i = 0; i < image->segments->len; i++)
        segment_at(image, i)->gpa = segment_at(image, i)->gpa - from + to;
    image->entry = image->entry - from + to;
    image->relocatable = true;
}

/*
 * The vmlinux begins with the header of the Image (Linux, arch/arm64/kernel/head.S), whose size
 * counts what no segment does: early page tables and a stack.
 */
static bool place_linux(struct image *image, const struct image_file *head, uint64_t from,
                        uint64_t base, GError **error)
{
    struct image_linux header;
    uint64_t begin, end;

    if (!image_read_linux(head, &header, error))
        return false;
    begin = base + header.text_offset;
    move(image, from, begin);
    image->kind = IMAGE_LINUX;
    end = segments_end(image);
    if (end < begin + header.image_size)
        image_add_segment(image, end, begin + header.image_size - end, head->data, 0);
    return true;
}

/* Without physical addresses, it goes to the base. */
static bool place(struct image *image, const struct image_file *file, uint64_t base,
                  GError **error)
{
    const struct image_segment *lowest = lowest_segment(image);
    const struct image_file head = {lowest->data, lowest->data_size, file->name};
    uint64_t from = lowest->gpa;

    if (from < PHYSICAL_END)
        return true;
    if (segments_end(image) - from > IMAGE_SIZE_MAX)
        return image_refuse(file, error, "a damaged ELF file: its segments lie more than 1 GiB "
                            "apart; check its linker script");
    if (image_form_linux.is(&head))
        return place_linux(image, &head, from, base, error);
    move(image, from, base + from % (2 * MIB));
    return true;
}

/* --- The form -------------------------------------------------------------------------------- */

static bool is_elf(const struct image_file *file)
{
    return image_has_magic(file, 0, ELFMAG, SELFMAG);
}

static bool parse(struct image *image, const struct image_file *file, uint64_t base,
                  GError **error)
{
    Elf64_Ehdr header;

    image->kind = IMAGE_ELF;
    return read_header(file, &header, error) && add_programs(image, &header, file, error) &&
           find_entry(image, &header, file, error) && place(image, file, base, error);
}

static void tell_segment(const Elf64_Phdr *program, struct facts *facts)
{
    const char access[] = {program->p_flags & PF_R ? 'r' : '-', program->p_flags & PF_W ? 'w' : '-',
                           program->p_flags & PF_X ? 'x' : '-', '\0'};

    facts_group(facts, "segment");
    facts_address(facts, "address", program->p_paddr);
    if (program->p_vaddr != program->p_paddr)
        facts_address(facts, "virtual address", program->p_vaddr);
    facts_bytes(facts, "size", MIN(program->p_filesz, G_MAXINT64));
    facts_bytes(facts, "size in memory", MIN(program->p_memsz, G_MAXINT64));
    facts_text(facts, "access", access);
}

static void tell_note(const struct image_note *note, struct facts *facts)
{
    g_autofree char *owner = g_strndup(note->name, note->name_size);
    uint64_t entry;

    facts_group(facts, "note");
    facts_text(facts, "owner", owner);
    facts_number(facts, "type", note->type);
    facts_bytes(facts, "size", note->desc_size);
    if (image_note_is_entry(note) && image_note_entry(note, &entry))
        facts_address(facts, "entry", entry);
}

static void tell_notes(const struct image_file *file, const Elf64_Phdr *program,
                       struct facts *facts)
{
    struct image_notes notes = image_notes_begin(file, program);
    struct image_note note;

    for (unsigned i = 0; i < NOTES_TOLD_MAX; i++) {
        if (image_notes_next(&notes, &note) != IMAGE_NOTE_FOUND)
            return;
        tell_note(&note, facts);
    }
}

/* As much of it as image_parse() would look at. */
static void tell(const struct image_file *file, struct facts *facts)
{
    unsigned segments = 0, notes = 0;
    Elf64_Ehdr header;

    if (!read_header(file, &header, NULL))
        return;
    facts_address(facts, "entry in header", header.e_entry);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program = read_program(&header, file, i);

        if (program.p_type == PT_LOAD && segments++ < SEGMENTS_MAX)
            tell_segment(&program, facts);
        else if (program.p_type == PT_NOTE && notes++ < NOTE_SEGMENTS_MAX)
            tell_notes(file, &program, facts);
    }
}

const struct image_form image_form_elf = {
    .name = "ELF", .is = is_elf, .tell = tell, .parse = parse};
