/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the files of the rules: pages that registers of a VTL name. */
#ifndef VTL_STRICT_PAGES_H
#define VTL_STRICT_PAGES_H

#include "vtl/partition.h"

/*
 * The register by which @page is one of @vtl's, of any VP: "Simp", say; or NULL. Takes locks of
 * SynICs.
 */
const char *strict_page_at(struct vtl_partition *partition, unsigned vtl, uint64_t page);

#endif
