/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small kernels in every form, and what is to hold for the parsers of them. */
#ifndef TESTS_UNIT_IMAGE_SAMPLES_H
#define TESTS_UNIT_IMAGE_SAMPLES_H

#include <elf.h>
#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/image.h"
#include "emu/layout.h"

#define SAMPLE_BASE (LAYOUT_RAM_BASE + 2 * MIB)
#define SAMPLE_LIMIT (64 * MIB) /* what a packed one may become */
#define SAMPLE_CODE 64          /* bytes in each segment of the ELF file */
#define SAMPLE_VIRTUAL UINT64_C(0xffff800000000000)
#define SAMPLE_PHYSICAL UINT64_C(0x40200000)

/* Text, data with zeroes behind it, and an empty segment. */
struct sample_elf {
    Elf64_Ehdr header;
    Elf64_Phdr program[3];
    uint8_t code[2][SAMPLE_CODE];
};

struct sample_elf sample_elf(void);

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

struct sample_linux sample_linux(void);

/* As Linux, drivers/firmware/efi/libstub/zboot-header.S. The packed kernel follows. */
struct sample_zboot {
    char mz[4], zimg[4];
    uint32_t offset, size, reserved[2];
    char compression[32];
    uint32_t linux_pe_magic, pe_offset;
    char pe[4];
    uint16_t machine, sections;
};

/* A vmlinux, whose addresses are all virtual: arch/arm64/kernel/vmlinux.lds.S. */
struct sample_vmlinux {
    Elf64_Ehdr header;
    Elf64_Phdr program[2];
    struct sample_linux head; /* the first segment; the second is only in memory */
};

struct sample_vmlinux sample_vmlinux(void);

/* Two segments and a third one for notes: as many bytes as @notes has. */
GByteArray *sample_noted(const void *notes, size_t size);

/* gzip and zstd of @data. */
GByteArray *sample_gzip(const void *data, size_t size);
GByteArray *sample_zstd(const void *data, size_t size);
/* A zboot image of @packed, which is compressed as @compression says. */
GByteArray *sample_zboot(const char *compression, const GByteArray *packed);

/* Parses @data in memory of exactly that size, so that AddressSanitizer sees a step too far. */
struct image *sample_parse(const void *data, size_t size, GError **error);

const struct image_segment *sample_segment(const struct image *image, guint i);

/* It is refused with one line that names the file and has @text in it. */
void sample_refused(const void *data, size_t size, const char *text);

/* Either a sound image or an error, never both or none. */
void sample_hostile(const void *data, size_t size);

#endif
