/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of fleet.h share. */
#ifndef FW_REGS_FLEET_PRIVATE_H
#define FW_REGS_FLEET_PRIVATE_H

#include "fw-regs/fleet.h"

/* Both take @what and @remedy over. */
void fleet_add(struct fleet_report *report, enum manifest_part part, char *what, char *remedy);

/* A remedy that is always there. */
char *fleet_start_there(const struct manifest *host);

/* fleet-registers.c: firmware registers. */
void fleet_registers_migrate(const struct manifest *guest, const struct manifest *host,
                             struct fleet_report *report);
void fleet_registers_diff(const struct manifest *one, const struct manifest *other,
                          struct fleet_report *report);
void fleet_registers_common(struct manifest *common, const struct manifest *const *hosts,
                            size_t count, struct fleet_report *report);

/* fleet-cpu.c: ID registers and lengths of SVE vectors. */
void fleet_cpu_migrate(const struct manifest *guest, const struct manifest *host,
                       struct fleet_report *report);
void fleet_cpu_diff(const struct manifest *one, const struct manifest *other,
                    struct fleet_report *report);
void fleet_cpu_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                      struct fleet_report *report);
void fleet_sve_migrate(const struct manifest *guest, const struct manifest *host,
                       struct fleet_report *report);
void fleet_sve_diff(const struct manifest *one, const struct manifest *other,
                    struct fleet_report *report);
void fleet_sve_common(struct manifest *common, const struct manifest *const *hosts, size_t count,
                      struct fleet_report *report);

#endif
