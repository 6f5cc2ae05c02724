/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A partition in which much has happened, with a VMBus, and what it is when it is saved: for the
 * unit test and the fuzz target of saved states.
 */
#ifndef TESTS_UNIT_STATE_SAMPLE_H
#define TESTS_UNIT_STATE_SAMPLE_H

#include "tests/unit/vmbus-guest.h"

/* What the sample has, for those who look for it. */
#define SAMPLE_VPS 2
#define SAMPLE_TIME 5000u
#define SAMPLE_PORT 0x11u           /* of VTL2, whose messages wait at SINT 5 of VP1 */
#define SAMPLE_PORT_SINT 5u
#define SAMPLE_CONNECTION 0x21u     /* to it, of VTL0 */
#define SAMPLE_DEAD_CONNECTION 0x22u /* to a port that has been deleted */
#define SAMPLE_OWN_SINT 3u          /* where two of the hypervisor's own messages wait at VTL2 of VP0 */
#define SAMPLE_OWN_SIZE 24u
#define SAMPLE_PAGE 13u             /* of VTL2, closed to lower ones */
#define SAMPLE_PERIOD 40000u        /* of timer 1 of VTL2 of VP0 */
#define SAMPLE_TIMER_SINT 4u

/* Another partition of the same shape, with a bus, in which nothing has happened. */
void state_sample_empty(struct vmbus_guest *guest);
/* A partition with all that. Both end with vmbus_guest_clear(). */
void state_sample_init(struct vmbus_guest *guest);

/* The state of partition and bus; to be given back by g_byte_array_unref(). */
GByteArray *state_sample_save(const struct vmbus_guest *guest);
/*
 * Loads that into an empty one; takes its part of @size bytes and tells how much is left. False
 * with the error.
 */
bool state_sample_load(struct vmbus_guest *guest, const void *bytes, size_t size, size_t *left,
                       GError **error);

#endif
