/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts and guests for tests of manifests and fleets. */
#ifndef TESTS_UNIT_FLEET_SAMPLES_H
#define TESTS_UNIT_FLEET_SAMPLES_H

#include "fw-regs/manifest.h"

/* A host that tells of everything, like a Linux 7.2 on a processor with SVE of 128 and 256 bits. */
struct manifest *sample_host(const char *source);
/* A guest that was started there with nothing said. */
struct manifest *sample_guest(const char *source);

/* Sets, or adds, a register of a host, and what guests have by default. */
void sample_set_register(struct manifest *host, uint64_t id, uint64_t value, uint64_t limit);
/* The host's kernel does not have it. */
void sample_drop_register(struct manifest *host, uint64_t id);
/* An ID register by its name. */
struct id_value *sample_id(struct manifest *manifest, const char *name);

#endif
