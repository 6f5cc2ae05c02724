/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A synthetic register as a row: what it is called, who may access it, and how. Each file of
 * registers has a table of its own; hv-registers.c looks in all of them.
 */
#ifndef VTL_HV_REGISTER_ROW_H
#define VTL_HV_REGISTER_ROW_H

#include "vtl/hv-registers.h"

enum hv_register_access {
    HV_READ = 1 << 0,
    HV_WRITE = 1 << 1,
    /* Even before the guest has told its OS id (TLFS, "Establishing the Hypercall Interface"). */
    HV_EARLY_READ = 1 << 2,
    HV_EARLY_WRITE = 1 << 3,
    HV_OF_STOPPED = 1 << 4, /* of another VP only while that is stopped */
};

/*
 * Handlers run under vtl_partition.lock. @vtl is an equal or lower VTL than the caller's.
 */
struct hv_register {
    uint32_t name;
    const char *text;
    unsigned access;
    struct hv_u128 (*get)(const struct vtl_vp *vp, unsigned vtl, uint32_t name);
    enum hv_status (*set)(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                          struct hv_u128 value);
};

struct hv_register_table {
    const struct hv_register *rows;
    size_t count;
};

extern const struct hv_register_table hv_activity_registers; /* activity.c */
extern const struct hv_register_table hv_event_registers; /* event.c */
extern const struct hv_register_table hv_stimer_registers; /* stimer.c */
extern const struct hv_register_table hv_synic_registers; /* synic-registers.c */
extern const struct hv_register_table hv_time_registers;  /* time-registers.c */
extern const struct hv_register_table hv_vina_registers;  /* vina.c */
extern const struct hv_register_table hv_vsm_registers;   /* vsm-registers.c */

/* architectural-registers.c: those of bank_table and views, as hypercalls may access them. */
enum hv_status hv_architectural_get(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                    struct hv_u128 *value);
enum hv_status hv_architectural_set(struct vtl_vp *vp, unsigned vtl, uint32_t name,
                                    struct hv_u128 value);

/*
 * A register of bank_table, read-only or not, in @vtl; names that are not in the table are
 * INVALID_PARAMETER.
 */
enum hv_status hv_bank_get(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 *value);
enum hv_status hv_bank_set(struct vtl_vp *vp, unsigned vtl, uint32_t name, struct hv_u128 value);

/* For registers that are always zero. */
struct hv_u128 hv_register_get_zero(const struct vtl_vp *vp, unsigned vtl, uint32_t name);

#endif
