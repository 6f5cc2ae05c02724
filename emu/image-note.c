/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF notes (System V ABI, "Note Section"), and the one that names the entry: Xen's PHYS32_ENTRY
 * (Linux, include/xen/interface/elfnote.h), as for direct boot on x86 by Xen, KVM and QEMU.
 */
#include <string.h>

#include "emu/image-private.h"

#define ENTRY_OWNER "Xen" /* with its end: 4 bytes */
#define ENTRY_TYPE 18     /* XEN_ELFNOTE_PHYS32_ENTRY */

#define NOTE_ALIGN 4u
#define NOTE_ALIGN_WIDE 8u /* of segments that ask for it */

struct image_notes image_notes_begin(const struct image_file *file, const Elf64_Phdr *segment)
{
    bool inside =
        segment->p_offset <= file->size && segment->p_filesz <= file->size - segment->p_offset;

    return (struct image_notes){
        .file = file,
        /* One that is not in the file has a note that is cut off. */
        .at = inside ? segment->p_offset : 0,
        .end = inside ? segment->p_offset + segment->p_filesz : 1,
        .align = segment->p_align == NOTE_ALIGN_WIDE ? NOTE_ALIGN_WIDE : NOTE_ALIGN,
    };
}

static uint64_t align_up(const struct image_notes *notes, uint64_t offset)
{
    return (offset + notes->align - 1) / notes->align * notes->align;
}

enum image_note_step image_notes_next(struct image_notes *notes, struct image_note *note)
{
    uint64_t left = notes->end - notes->at, name_end, desc, end;
    const uint8_t *begin = notes->file->data + notes->at;
    Elf64_Nhdr header;

    if (left == 0)
        return IMAGE_NOTE_END;
    if (left < sizeof(header))
        return IMAGE_NOTE_BROKEN;
    memcpy(&header, begin, sizeof(header));
    name_end = sizeof(header) + (uint64_t)header.n_namesz;
    desc = align_up(notes, name_end);
    end = header.n_descsz ? desc + header.n_descsz : name_end;
    if (end > left)
        return IMAGE_NOTE_BROKEN;
    *note = (struct image_note){header.n_type, (const char *)begin + sizeof(header),
                                header.n_namesz, header.n_descsz ? begin + desc : begin,
                                header.n_descsz};
    notes->at += MIN(align_up(notes, end), left); /* the last one needs no padding */
    return IMAGE_NOTE_FOUND;
}

bool image_note_is_entry(const struct image_note *note)
{
    return note->type == ENTRY_TYPE && note->name_size == sizeof(ENTRY_OWNER) &&
           !memcmp(note->name, ENTRY_OWNER, sizeof(ENTRY_OWNER));
}

bool image_note_entry(const struct image_note *note, uint64_t *entry)
{
    const struct image_file desc = {note->desc, note->desc_size, NULL};

    if (desc.size != sizeof(uint32_t) && desc.size != sizeof(uint64_t))
        return false;
    *entry = image_number(&desc, 0, (unsigned)desc.size);
    return true;
}
