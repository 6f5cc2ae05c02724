/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HvCallTranslateVirtualAddress and ...Ex: what an address of an equal or lower VTL leads to, by
 * that VTL's own tables. Both calls are the same on arm64.
 * Source: TLFS, HvCallTranslateVirtualAddress(Ex); flags and codes as in Linux, hvgdk_mini.h.
 */
#ifndef VTL_TRANSLATE_CALL_H
#define VTL_TRANSLATE_CALL_H

#include "smccc/hv-status.h"
#include "vtl/partition.h"

/* Control flags. Without AS_SUPERVISOR or AS_USER the VP's present exception level counts. */
#define HV_TRANSLATE_READ (1ull << 0)
#define HV_TRANSLATE_WRITE (1ull << 1)
#define HV_TRANSLATE_EXECUTE (1ull << 2)
#define HV_TRANSLATE_SET_BITS (1ull << 4) /* access flag and dirty state; see hv_translate() */
#define HV_TRANSLATE_NO_FLUSH (1ull << 5) /* keep lower VTLs from flushing (TLB lock) */
#define HV_TRANSLATE_AS_SUPERVISOR (1ull << 6)
#define HV_TRANSLATE_AS_USER (1ull << 7)
#define HV_TRANSLATE_PAN_SET (1ull << 8)
#define HV_TRANSLATE_PAN_CLEAR (1ull << 9)
#define HV_TRANSLATE_VTL_SHIFT 56 /* HV_INPUT_VTL */

enum hv_translate_code {
    HV_TRANSLATE_SUCCESS = 0,
    HV_TRANSLATE_PAGE_NOT_PRESENT = 1,
    HV_TRANSLATE_PRIVILEGE_VIOLATION = 2,
    HV_TRANSLATE_INVALID_TABLES = 3,
    HV_TRANSLATE_GPA_UNMAPPED = 4, /* of the page, or of a table on the way to it */
    HV_TRANSLATE_GPA_NO_WRITE = 6, /* of a descriptor that SET_BITS would have to write */
};

struct hv_translate_input {
    uint64_t partition;
    uint32_t vp;
    uint8_t zero[4];
    uint64_t flags;
    uint64_t page; /* of the virtual address: bits 63:12 */
};

struct hv_translate_output {
    uint32_t code;
    uint8_t cache_type; /* 0 uncached, 1 write-combining, 4 write-through, 6 write-back */
    uint8_t overlay;
    uint8_t zero[2];
    uint64_t page; /* of the GPA; with the GPA_ codes of the one that cannot be accessed */
};

/*
 * @vp must be stopped, or in its own call. INVALID_PARAMETER: flags that contradict each other or do
 * not exist.
 *
 * With SET_BITS the call leaves the tables as the access would: if that is permitted, and the VTL
 * has turned on hardware updates (TCR_EL1.HA, HD; ID_AA64MMFR1_EL1.HAFDBS), the descriptor's access
 * flag is set, and with WRITE the dirty state, although the GPA may be unmapped, as an emulated
 * device's is. Without hardware updates nothing is written: an access flag of 0 is then a fault for
 * the VTL's own kernel to handle (PAGE_NOT_PRESENT, if a kind of access is asked about), and so is
 * a write to what is not yet dirty (PRIVILEGE_VIOLATION). The specification says no more than "set
 * page table bits during translation".
 */
enum hv_status hv_translate(struct vtl_vp *vp, unsigned vtl, const struct hv_translate_input *input,
                            struct hv_translate_output *output);

#endif
