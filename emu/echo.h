/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports that send back what they get, to the VP and VTL that sent it. They come with the test
 * device (devices.h) and are for guest tests. The connections, which all VTLs have:
 *
 * ECHO_MESSAGES: type and payload come back by the SINT in the lowest four bits of the type, 1-15;
 *     the sender is the connection.
 * ECHO_EVENTS: flag n comes back as flag n % 2048 of SINT n / 2048, 1-15.
 */
#ifndef EMU_ECHO_H
#define EMU_ECHO_H

#include "vtl/partition.h"

#define ECHO_MESSAGES 0x00ec0001u
#define ECHO_EVENTS 0x00ec0002u

/* Before VPs run. */
void echo_register(struct vtl_partition *partition);

#endif
