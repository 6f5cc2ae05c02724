/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processor features as Hyper-V's partition creation names them, and the fields of ID registers by
 * which a guest learns of each.
 *
 * Two banks of 64 bits; a set bit disables a feature, a reserved one must be zero, and what is zero
 * leaves features on, those of processors to come included. Source: HV_PARTITION_PROCESSOR_FEATURES
 * for arm64 in Linux' and Microsoft's hvhdk.h; disabled_processor_features of partition creation.
 */
#ifndef FW_REGS_CPU_FEATURES_H
#define FW_REGS_CPU_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw-regs/id-fields.h"

#define CPU_FEATURE_BANKS 2
#define CPU_FEATURE_BANK_BITS 64
#define CPU_FEATURE_FIELDS 2

/* How a host hides a feature, or why it need not or cannot. */
enum cpu_means {
    CPU_BY_FIELDS,   /* by its ID registers */
    CPU_BY_SVE,      /* by them, and a vCPU has none of it without --sve */
    CPU_BY_PAUTH,    /* vtlemu's vCPUs have no pointer authentication */
    CPU_BY_PMU,      /* nor a PMU */
    CPU_BY_FIRMWARE, /* a workaround's firmware register says it */
    CPU_NEEDED,      /* vtlemu itself relies on it */
    CPU_NEVER,       /* KVM tells no guest of such a thing */
};

/* The feature is there if the field is at least @level; the highest value without it is @off. */
struct cpu_feature_field {
    const char *reg, *field;
    int8_t level, off;
};

struct cpu_feature {
    const char *name; /* as in hvhdk.h: "sha256" */
    enum cpu_means means;
    struct cpu_feature_field fields[CPU_FEATURE_FIELDS]; /* reg is NULL from the first unused on */
};

/* Feature i is bit i % 64 of bank i / 64; bits from cpu_feature_count on are reserved. */
extern const struct cpu_feature cpu_features[];
extern const size_t cpu_feature_count;

/* What a guest is not to have. */
struct cpu_disabled {
    uint64_t bank[CPU_FEATURE_BANKS];
};

bool cpu_is_disabled(const struct cpu_disabled *disabled, size_t feature);
bool cpu_has_disabled(const struct cpu_disabled *disabled, const char *name);
bool cpu_is_any_disabled(const struct cpu_disabled *disabled);

/*
 * Adds what "bank0=MASK,bank1=MASK" disables; or "-NAME,-NAME", where pauth stands for all of
 * pointer authentication. False: @what is a sentence that says what is wrong, for the caller to
 * free, and @disabled is as it was.
 */
bool cpu_disabled_parse_banks(const char *text, struct cpu_disabled *disabled, char **what);
bool cpu_disabled_parse_names(const char *text, struct cpu_disabled *disabled, char **what);

/* "bank0=0x..,bank1=0x..". The caller frees it. */
char *cpu_disabled_text(const struct cpu_disabled *disabled);

/* Does one who reads these values, in the order of id_registers, see the feature? */
bool cpu_feature_is_seen(const struct cpu_feature *feature, const struct id_value *values);

/*
 * Lowers the feature's fields in @values, as far as they are higher. False: some field cannot be
 * lowered on this host, which *@why says (for the caller to free); @values is then as it was.
 */
bool cpu_feature_hide(const struct cpu_feature *feature, struct id_value *values, char **why);

/* The same of all that @disabled says; *@feature is the first that stays; *@why names it, too. */
bool cpu_disabled_apply(const struct cpu_disabled *disabled, struct id_value *values,
                        size_t *feature, char **why);

#endif
