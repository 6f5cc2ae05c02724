/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vtlemu inspect`: what a kernel file is. Needs no KVM. */
#ifndef EMU_INSPECT_H
#define EMU_INSPECT_H

/* argv[0] is "inspect". Returns 0 if vtlemu can boot the file, 1 if not. */
int inspect_main(int argc, char **argv);

#endif
