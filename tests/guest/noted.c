/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A payload whose entry is named by an ELF note (doc/images.md). The ELF header names another one,
 * guest_start, where everything works but for the verdict.
 */
#include "tests/guest/guest.h"

/* Not in .bss, which guest_start clears. */
uint64_t noted_entered __attribute__((section(".data"), used)) = 0x5eed;

#define ENTERED 0x900d /* below, too */

__asm__(".pushsection .text.noted, \"ax\"\n"
        "noted_start:\n"
        "    adrp    x1, noted_entered\n"
        "    add     x1, x1, :lo12:noted_entered\n"
        "    mov     x2, #0x900d\n"
        "    str     x2, [x1]\n"
        "    b       guest_start\n"
        ".popsection\n"
        /* As ELFNOTE(Xen, XEN_ELFNOTE_PHYS32_ENTRY, .long ...) of Linux. */
        ".pushsection .note.Xen, \"a\", @note\n"
        "    .balign 4\n"
        "    .long   4, 4, 18\n"
        "    .asciz  \"Xen\"\n"
        "    .long   noted_start\n"
        ".popsection\n");

void guest_main(void)
{
    report(*(volatile uint64_t *)&noted_entered == ENTERED, "entered where the ELF note says");
}
