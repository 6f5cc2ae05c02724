/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VTL0's devices: a PL011 (INTID 33) and a PL031 (INTID 34), where VTL0's device tree has them. */
#ifndef PARAVISOR_DEVICES_H
#define PARAVISOR_DEVICES_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* @seconds: what the clock says now, since 1970. */
void devices_init(uint64_t seconds);

/*
 * An access of 1, 2, 4 or 8 bytes; *@kind becomes enum intercept_kind. False if nothing is there.
 */
bool devices_access(uint64_t gpa, unsigned size, bool write, uint64_t *value, unsigned *kind);

/* For the main thread: what to poll of standard input (0: nothing) and for how long, in ms. */
short devices_poll_input(void);
int devices_timeout(void);
/* Afterwards: reads, writes and rings. */
void devices_serve(short input_events);
/* What VTL0 has written and nobody has seen yet. */
void devices_flush(void);

#endif
