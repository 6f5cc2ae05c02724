/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device tree that a VTL boots with.
 */
#ifndef EMU_FDT_H
#define EMU_FDT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Room for a tree; Linux allows 2 MiB (Documentation/arch/arm64/booting.rst). */
#define FDT_MAX_SIZE (64u * 1024)

struct fdt_config {
    unsigned vtl;
    unsigned cpus;
    const uint64_t *mpidr;      /* affinity fields, one per VP */
    uint64_t memory_base;       /* the RAM that this VTL may use */
    uint64_t memory_size;
    const char *command_line;   /* may be NULL */
    uint64_t initrd_base;
    uint64_t initrd_size;       /* 0: none */
    bool vmbus;                 /* it has a VMBus */
    bool psci_0_2;              /* PSCI is of that version, not 1.x */
    bool no_hypervisor;         /* Hyper-V is not to be seen */
    bool no_synic;              /* nor a bus, which is where guests look for its interrupt */
    bool has_rtc;               /* a higher VTL gives it a clock */
    uint64_t lower_base;        /* RAM of VTL0, for a higher VTL to know */
    uint64_t lower_size;        /* 0: it is not told */
};

/* Builds the tree. Fails only if it does not fit (a very long command line). */
GBytes *fdt_build(const struct fdt_config *config, GError **error);

#endif
