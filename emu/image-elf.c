/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest images in ELF (System V ABI; ELF for the Arm 64-bit Architecture): see image.h. */
#include <elf.h>
#include <string.h>

#include "emu/image-private.h"

/* Many more than a linker makes; keeps the search for overlaps short. */
#define SEGMENTS_MAX 256

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

bool image_parse_elf(struct image *image, const struct image_file *file, GError **error)
{
    Elf64_Ehdr header;
    bool entered = false;

    if (file->size < sizeof(header))
        return image_refuse(file, error, "a truncated ELF file; copy or build it again");
    memcpy(&header, file->data, sizeof(header));
    if (!check_header(&header, file, error))
        return false;
    image->kind = IMAGE_ELF;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program;

        memcpy(&program, file->data + header.e_phoff + i * sizeof(program), sizeof(program));
        if (program.p_type == PT_INTERP)
            return image_refuse(file, error, "a program for Linux (dynamically linked), not a "
                                "kernel; give a kernel or a bare-metal payload");
        if (program.p_type != PT_LOAD || program.p_memsz == 0)
            continue;
        if (!add_program(image, &program, file, error))
            return false;
        /* The entry is a virtual address; the MMU is off, so its physical one is wanted. */
        if (header.e_entry - program.p_vaddr < program.p_memsz) {
            image->entry = program.p_paddr + (header.e_entry - program.p_vaddr);
            entered = true;
        }
    }
    return entered || image_refuse(file, error, "an ELF file whose entry lies in none of its "
                                                "segments; check its linker script");
}
