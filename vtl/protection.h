/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lower VTLs may do with each page of guest RAM (TLFS, VSM, "Memory Access Protections").
 *
 * Every VTL above 0 may restrict the VTLs below it, page by page, once it has turned that on
 * (VsmPartitionConfig.EnableVtlProtection). What a VTL may do is what all VTLs above it allow.
 *
 * Changes are made under vtl_partition.lock; reading needs no lock.
 */
#ifndef VTL_PROTECTION_H
#define VTL_PROTECTION_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smccc/hv-status.h"

/* Three VTLs: VTL0 the ordinary guest, VTL1 a secure kernel, VTL2 a paravisor. */
#define VTL_LEVELS 3

struct codec_reader;
struct codec_writer;
struct vtl_partition;

/*
 * Rights (HV_MAP_GPA_PERMISSIONS). There is no MBEC, so that kernel execute stands for user
 * execute as well, which is stored and otherwise ignored.
 */
#define HV_PAGE_READ 0x1u
#define HV_PAGE_WRITE 0x2u
#define HV_PAGE_EXECUTE 0x4u
#define HV_PAGE_USER_EXECUTE 0x8u
#define HV_PAGE_ALL 0xfu

/* The first three as "r-x"; returns @text. */
#define VTL_RIGHTS_TEXT 4
const char *vtl_rights_text(unsigned rights, char text[VTL_RIGHTS_TEXT]);

struct vtl_protection {
    GRWLock lock;                 /* read while the VMM accesses memory for a VTL */
    uint64_t first_page;          /* of RAM, in pages of 4 KiB */
    uint64_t page_count;          /* 0: there is no RAM that could be protected */
    uint8_t *allowed[VTL_LEVELS]; /* what that VTL allows those below it, a page each; or NULL */
};

void vtl_protection_free(struct vtl_protection *protection);

/* Is it something that hardware could enforce? No writing or executing without reading. */
bool vtl_protection_is_valid(unsigned rights);

/* What all VTLs above @vtl together allow it. Pages that are no RAM are nobody's to protect. */
unsigned vtl_protection_effective(const struct vtl_partition *partition, unsigned vtl,
                                  uint64_t page);

/* The VTL that denies @vtl one of @rights, the lowest one if several do; 0 if none does. */
unsigned vtl_protection_denied_by(const struct vtl_partition *partition, unsigned vtl,
                                  uint64_t page, unsigned rights);

/* May @vtl do all of @rights with every byte of [gpa, gpa + size)? */
bool vtl_protection_permits(const struct vtl_partition *partition, unsigned vtl, uint64_t gpa,
                            size_t size, unsigned rights);

/* Turns protections of @owner on: from now on it allows lower VTLs @rights on every page. */
enum hv_status vtl_protection_enable(struct vtl_partition *partition, unsigned owner,
                                     unsigned rights);

/*
 * @owner, which has turned protections on, allows lower VTLs @rights on @count pages from @page
 * on, all of them RAM. All or nothing.
 */
enum hv_status vtl_protection_set(struct vtl_partition *partition, unsigned owner, uint64_t page,
                                  uint64_t count, unsigned rights);

/* As vtl_partition_save(), vtl_partition_load() and vtl_partition_tell() say. */
void vtl_protection_save(const struct vtl_protection *protection, struct codec_writer *writer);
void vtl_protection_load(struct vtl_protection *protection, struct codec_reader *reader);
int vtl_protection_tell(struct vtl_partition *partition);

#endif
