/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parsers of image formats share. Only image*.c include it. */
#ifndef EMU_IMAGE_PRIVATE_H
#define EMU_IMAGE_PRIVATE_H

#include <elf.h>
#include <stdbool.h>

#include "emu/image.h"

/* Larger than any kernel. */
#define IMAGE_SIZE_MAX (1 * GIB)

/* A file's bytes and its name in errors. */
struct image_file {
    const uint8_t *data;
    size_t size;
    const char *name;
};

/* --- Forms: a row each in the table of image.c ----------------------------------------------- */

struct image_form {
    const char *name; /* for people */
    /* Does @file look like it? */
    bool (*is)(const struct image_file *file);
    /* Tells what its header says, checked or not; NULL: nothing. */
    void (*tell)(const struct image_file *file, struct facts *facts);
    /* For what is packed: its content, of at most @limit bytes; NULL with @error. */
    GBytes *(*unpack)(const struct image_file *file, uint64_t limit, GError **error);
    /* For anything else: fills @image but for its content and form. False with @error. */
    bool (*parse)(struct image *image, const struct image_file *file, uint64_t base,
                  GError **error);
    /* For what some other option takes, whose parse() refuses: is it sound? NULL otherwise. */
    bool (*check)(const struct image_file *file, GError **error);
};

extern const struct image_form image_form_linux;   /* image-linux.c */
extern const struct image_form image_form_elf;     /* image-elf.c */
extern const struct image_form image_form_zboot;   /* image-packed.c */
extern const struct image_form image_form_gzip;    /* image-packed.c */
extern const struct image_form image_form_zstd;    /* image-packed.c */
extern const struct image_form image_form_igvm;    /* image-igvm.c; parse() always refuses */
extern const struct image_form image_form_foreign; /* image-foreign.c; parse() always refuses */

/* --- Helpers --------------------------------------------------------------------------------- */

/* Sets @error to "NAME: WHAT" and returns false. */
bool image_refuse(const struct image_file *file, GError **error, const char *what, ...)
    G_GNUC_PRINTF(3, 4);

/* Are the @length bytes of @magic at @offset? */
bool image_has_magic(const struct image_file *file, size_t offset, const char *magic,
                     size_t length);

/* Little-endian number of @length bytes (at most 8) at @offset; 0 if that is behind the end. */
uint64_t image_number(const struct image_file *file, uint64_t offset, unsigned length);

/* Adds a segment that is known to be sound. */
void image_add_segment(struct image *image, uint64_t gpa, uint64_t mem_size, const uint8_t *data,
                       uint64_t data_size);

/* --- arm64 Image (image-linux.c) ------------------------------------------------------------- */

struct image_linux {
    uint64_t text_offset; /* from a 2 MiB boundary */
    uint64_t image_size;  /* in memory */
};

/* The header at the beginning of @file, which is() one. False with @error: not fit for vtlemu. */
bool image_read_linux(const struct image_file *file, struct image_linux *header, GError **error);

/* Adds "linux version" to @facts if there is one in @file. */
void image_tell_version(const struct image_file *file, struct facts *facts);

/* --- PE headers (image-linux.c): most Images are EFI programs as well ------------------------ */

bool image_is_pe(const struct image_file *file);
/* The machine type (Microsoft PE format), of a file that is PE. */
unsigned image_pe_machine(const struct image_file *file);
#define IMAGE_PE_ARM64 0xaa64u

/* --- ELF notes (image-note.c) ---------------------------------------------------------------- */

/* A walk through a note segment. */
struct image_notes {
    const struct image_file *file;
    uint64_t at, end; /* offsets in the file */
    uint64_t align;
};

struct image_note {
    uint32_t type;
    const char *name; /* not terminated */
    uint32_t name_size;
    const uint8_t *desc;
    uint32_t desc_size;
};

enum image_note_step { IMAGE_NOTE_END, IMAGE_NOTE_FOUND, IMAGE_NOTE_BROKEN };

struct image_notes image_notes_begin(const struct image_file *file, const Elf64_Phdr *segment);
enum image_note_step image_notes_next(struct image_notes *notes, struct image_note *note);

/* Does it name the entry (doc/images.md)? Then *@entry is that, if the size of it is sound. */
bool image_note_is_entry(const struct image_note *note);
bool image_note_entry(const struct image_note *note, uint64_t *entry);

#endif
