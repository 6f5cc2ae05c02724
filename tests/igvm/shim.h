/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What make-igvm tells the shim, which is what runs first from its files: it makes Linux a device
 * tree of the host's and starts it. Linux, Documentation/arch/arm64/booting.rst.
 */
#ifndef TESTS_IGVM_SHIM_H
#define TESTS_IGVM_SHIM_H

#define SHIM_PARAMETERS 8 /* offset in the shim */
#define SHIM_KERNEL 16    /* and of .kernel */

#ifndef __ASSEMBLER__
#include <stdint.h>

#define SHIM_MAGIC UINT64_C(0x4d4948534d564749) /* "IGVMSHIM" */

/*
 * Little endian. Places are distances from the beginning of the shim, modulo 2^64: wherever a
 * loader moves all this, they stay what they are.
 */
struct shim_parameters {
    uint64_t magic;
    uint64_t kernel;       /* its entry */
    uint64_t tree;         /* the host's device tree */
    uint64_t new_tree;     /* room for Linux's */
    uint64_t new_tree_size;
    uint64_t initrd;
    uint64_t initrd_size;  /* 0: none */
    uint64_t command_line; /* comes before the host's */
};
#endif

#endif
