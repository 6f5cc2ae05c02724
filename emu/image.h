/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest images, in the forms that a kernel build makes: arm64 Linux Image, gzip or zstd of one,
 * EFI zboot image, ELF (a vmlinux or a bare-metal payload), or flat binary. doc/images.md is for
 * users. Files are not trusted: what is compressed is unpacked in a sandbox (unpack.h), all the
 * rest is a pure parser.
 */
#ifndef EMU_IMAGE_H
#define EMU_IMAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/facts.h"

enum image_kind {
    IMAGE_LINUX, /* Linux, Documentation/arch/arm64/booting.rst; in an Image or its vmlinux */
    IMAGE_ELF,   /* ELF64 for AArch64, loaded at its physical addresses */
    IMAGE_FLAT,  /* anything else: loaded at the base, which is also its entry */
};

/* A part of memory to fill: @data_size bytes of @data, then zeroes up to @mem_size. */
struct image_segment {
    uint64_t gpa;
    uint64_t mem_size;
    const uint8_t *data; /* points into image.content */
    uint64_t data_size;
};

struct image {
    enum image_kind kind;
    uint64_t entry;         /* GPA */
    const char *entry_from; /* what has named it; static */
    bool relocatable;       /* has been placed at the base, and might be elsewhere */
    GArray *segments;       /* of struct image_segment */
    GBytes *content;        /* owned; unpacked if need be */
    char *form;             /* owned; for people: "EFI zboot image, arm64 Image" */
};

/*
 * Parses @file, which is called @name in errors; @base (a multiple of 2 MiB) is where a relocatable
 * image goes, @limit how many bytes a compressed one may become. No two segments overlap and none
 * wraps around; whether they lie in memory is for the caller to check. NULL with @error: not
 * usable; the text says why and what to do.
 */
struct image *image_parse(GBytes *file, const char *name, uint64_t base, uint64_t limit,
                          GError **error);

/* The same for the file that @option names. */
struct image *image_load(const char *option, const char *path, uint64_t base, uint64_t limit,
                         GError **error);

void image_free(struct image *image);

/*
 * Adds to @facts what there is to know of @file: a "form" for each layer of packing, then segments,
 * notes and the entry. False with @error, as image_parse(): not usable; what was found is there.
 */
bool image_tell(GBytes *file, const char *name, uint64_t limit, struct facts *facts,
                GError **error);

#endif
